"""What httpdlite is held to, beside its peers and by itself.

In: the figures of a run. Out: one `Verdict` per goal whose figures are there. A goal with a peer
bounds httpdlite's figure divided by the peer's, one without a peer bounds the figure itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.cases import (
    GET,
    GET_1M,
    GET_RULED,
    GET_RULED_DIFFER,
    IDLE_1000,
    IDLE_8000,
    PING_1,
    PING_50,
    PING_256K,
    PING_500,
    TLS_FULL,
    TLS_GET,
    TLS_PING_16K,
    TLS_PING_50,
    TLS_RESUMED,
    UPGRADE,
)
from benchmarks.figures import REFERENCE, Figures, Measure, Spread


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound: at most, or for a rate at least."""

    case: str
    measure: Measure
    bound: float
    peer: str | None = None

    @property
    def is_met_by_more(self) -> bool:
        """Whether a higher figure is the better one."""
        return self.measure is Measure.RATE


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal, what was measured, and whether its median keeps the bound."""

    goal: Goal
    found: Spread
    is_met: bool


def busy_goals(case: str) -> list[Goal]:
    """The goals where many tunnels are busy at once."""
    return [
        Goal(case, Measure.CPU, 0.55, "apache2"),
        Goal(case, Measure.CPU, 1.05, "haproxy"),
        Goal(case, Measure.CPU, 1.1, "nginx"),
        Goal(case, Measure.P99, 1.0, "haproxy"),
    ]


GOALS: Final = (
    Goal(PING_1.title, Measure.CPU, 1.6, "haproxy"),
    *busy_goals(PING_50.title),
    *busy_goals(PING_500.title),
    Goal(PING_256K.title, Measure.CPU, 0.5, "haproxy"),
    Goal(UPGRADE.title, Measure.RATE, 1.0, "apache2"),
    Goal(GET.title, Measure.CPU, 0.55, "apache2"),
    Goal(GET.title, Measure.CPU, 2.0, "haproxy"),
    Goal(GET_1M.title, Measure.CPU, 0.5, "apache2"),
    Goal(GET_RULED.title, Measure.CPU, 1.0, "apache2"),
    Goal(GET_RULED_DIFFER.title, Measure.CPU, 1.0, "apache2"),
    Goal(TLS_PING_50.title, Measure.CPU, 0.45, "apache2"),
    Goal(TLS_PING_50.title, Measure.CPU, 1.05, "nginx"),
    Goal(TLS_PING_16K.title, Measure.CPU, 0.35, "apache2"),
    Goal(TLS_PING_16K.title, Measure.CPU, 0.6, "nginx"),
    Goal(TLS_GET.title, Measure.CPU, 0.6, "apache2"),
    Goal(TLS_FULL.title, Measure.RATE, 0.8, "apache2"),
    Goal(TLS_RESUMED.title, Measure.RATE, 0.8, "apache2"),
    Goal(IDLE_1000.title, Measure.MEMORY, 2.0),
    Goal(IDLE_8000.title, Measure.MEMORY, 2.0),
)


def judge(figures: Figures) -> Iterator[Verdict]:
    """The verdicts on all goals that could be measured."""
    for goal in GOALS:
        if goal.peer is None:
            found = figures.figure(goal.case, REFERENCE, goal.measure)
        else:
            found = figures.ratio(goal.case, goal.peer, goal.measure)
        if found is not None:
            is_more = found.median >= goal.bound
            is_met = is_more if goal.is_met_by_more else found.median <= goal.bound
            yield Verdict(goal, found, is_met)
