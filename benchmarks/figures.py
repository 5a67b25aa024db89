"""The figures of a run: what every proxy did in every case, round by round.

In: one value per case, proxy, measure and round. Out: medians with their spread, and httpdlite's
figure divided by another proxy's. A ratio is taken within a round, where both were measured one
after the other, and its median is over the rounds: what a busy machine does to both cancels out.
"""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

REFERENCE: Final = "httpdlite"


class Measure(Enum):
    """What can be compared; the value is the heading of its table."""

    CPU = "CPU of all the proxy's processes, µs per message, request or connection"
    RATE = "Messages, requests or connections per second"
    P50 = "Latency, median, µs"
    P99 = "Latency, 99th percentile, µs"
    MEMORY = "Memory per tunnel, KiB"


Sample = Mapping[Measure, float]


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several rounds, and the lowest and the highest."""

    median: float
    low: float
    high: float


class Figures:
    """All figures of a run."""

    def __init__(self) -> None:
        self._rounds: dict[tuple[str, str, Measure], dict[int, float]] = {}

    def add(self, case: str, proxy: str, number: int, sample: Sample) -> None:
        """Takes what a proxy did in one round of a case."""
        for measure, value in sample.items():
            self._rounds.setdefault((case, proxy, measure), {})[number] = value

    @property
    def proxies(self) -> list[str]:
        """Who was measured; the reference first, so that tables begin with it."""
        names = dict.fromkeys(proxy for _, proxy, _ in self._rounds)
        return sorted(names, key=lambda name: name != REFERENCE)

    def cases(self, measure: Measure) -> list[str]:
        """The titles of the cases that have this measure."""
        return list(dict.fromkeys(case for case, _, found in self._rounds if found is measure))

    def figure(self, case: str, proxy: str, measure: Measure) -> Spread | None:
        """A proxy's own figure; None if it was not measured."""
        return spread(self._rounds.get((case, proxy, measure), {}).values())

    def ratio(self, case: str, peer: str, measure: Measure) -> Spread | None:
        """httpdlite's figure divided by a peer's, over the rounds that have both."""
        ours = self._rounds.get((case, REFERENCE, measure), {})
        theirs = self._rounds.get((case, peer, measure), {})
        return spread(ours[number] / theirs[number] for number in ours if theirs.get(number))

    def growth(self, case: str, base: str, proxy: str, measure: Measure) -> Spread | None:
        """A proxy's figure in a case divided by its own in another, over the rounds with both."""
        more = self._rounds.get((case, proxy, measure), {})
        less = self._rounds.get((base, proxy, measure), {})
        return spread(more[number] / less[number] for number in more if less.get(number))


def spread(values: Iterable[float]) -> Spread | None:
    """The spread of some values; None without any."""
    found = list(values)
    return Spread(statistics.median(found), min(found), max(found)) if found else None
