"""The benchmark's figures as text: tables in Markdown, which are readable on a terminal too.

In: the `Figures` of a run. Out: a document that says where, with what and how it was measured; next
to every figure stand its spread and httpdlite's ratio to it, and at the end what httpdlite is held
to.
"""

import datetime as dt
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cases import GROWTHS
from benchmarks.figures import REFERENCE, Figures, Measure, Spread
from benchmarks.goals import Verdict, judge
from benchmarks.proxies import Kind

HOW = """\
Written by `make bench` on {today}: {rounds} rounds, {seconds:g} s for each load, all proxies one \
after the other in every round. A cell is the median of the rounds, (the lowest–the highest), and \
after × the median of {reference}'s figure divided by this one's in the same round: ×0.50 beside a \
CPU figure says that {reference} takes half of it. The load, the worker behind the proxies and the \
proxies share the machine, so rates are no limits; CPU per message is the figure to compare. It is \
user and system time of all processes of a proxy. In a broadcast every delivery is a message. \
Memory is what smaps calls private (the kernel's socket buffers are not in it), against the same \
proxy before its first connection. In the HTTP cases all of them write access logs to a file, and \
of an HTTP case's 50 connections each has one request on its way. With TLS it ends at the proxy; \
a handshake costs the load more than any proxy, so its rate says less than its CPU. \
Configurations: `benchmarks/configurations.py`.\
"""
GROWTH = "What a longer configuration costs: CPU per request, divided by that with the short one"


def describe_machine(kinds: Sequence[Kind]) -> list[str]:
    """The machine and the versions, one line each."""
    text = Path("/proc/cpuinfo").read_text()
    models = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    cores = len(os.sched_getaffinity(0))
    kernel = ".".join(platform.release().split(".")[:2])
    return [
        f"{models[0] if models else platform.machine()}, {cores} cores shared by everything",
        f"load average before the run: {os.getloadavg()[0]:.1f}",
        f"Linux {kernel}, Python {platform.python_version()} ({sys.implementation.name})",
        *(f"{kind.name}: {kind.read_version()}" for kind in kinds),
    ]


def write_report(figures: Figures, machine: Sequence[str], seconds: float, rounds: int) -> str:
    """The whole document."""
    today = dt.datetime.now(tz=dt.UTC).date()
    how = HOW.format(today=today, rounds=rounds, seconds=seconds, reference=REFERENCE)
    parts = ["# Measurements", how, "\n".join(f"- {line}" for line in machine)]
    parts += [
        f"## {measure.value}\n\n{measure_table(figures, measure)}"
        for measure in Measure
        if figures.cases(measure)
    ]
    if growth := growth_rows(figures):
        parts.append(f"## {GROWTH}\n\n{table([*heading(figures), *growth])}")
    if verdicts := list(judge(figures)):
        parts.append(f"## What {REFERENCE} is held to\n\n{goal_table(verdicts)}")
    return "\n\n".join(parts) + "\n"


def measure_table(figures: Figures, measure: Measure) -> str:
    """One table: a row per case, a column per proxy."""
    rows = [
        [case, *(cell(figures, case, proxy, measure) for proxy in figures.proxies)]
        for case in figures.cases(measure)
    ]
    return table([*heading(figures), *rows])


def heading(figures: Figures) -> list[list[str]]:
    """The first two rows of a table with a column per proxy."""
    return [["", *figures.proxies], ["---"] + ["---:"] * len(figures.proxies)]


def growth_rows(figures: Figures) -> list[list[str]]:
    """A row per long configuration that was measured beside its short one."""
    rows = []
    for long, short in GROWTHS:
        found = [
            figures.growth(long.title, short.title, proxy, Measure.CPU) for proxy in figures.proxies
        ]
        if any(found):
            name = f"{long.site.name} ÷ {short.site.name}"
            rows.append([name, *map(growth_cell, found)])
    return rows


def growth_cell(growth: Spread | None) -> str:
    """How much more it is, and its spread."""
    return f"×{growth.median:.2f} ({growth.low:.2f}–{growth.high:.2f})" if growth else "–"


def cell(figures: Figures, case: str, proxy: str, measure: Measure) -> str:
    """A median, its spread, and the reference's ratio to it where both are known."""
    figure = figures.figure(case, proxy, measure)
    if figure is None:
        return "–"
    text = f"{number(figure.median)} ({number(figure.low)}–{number(figure.high)})"
    ratio = figures.ratio(case, proxy, measure)
    return text if proxy == REFERENCE or ratio is None else f"{text} ×{ratio.median:.2f}"


def goal_table(verdicts: Sequence[Verdict]) -> str:
    """Every goal, what was found, and whether it is enough."""
    rows = [["", "", "goal", "found", ""], ["---", "---", "---:", "---:", "---"]]
    for verdict in verdicts:
        goal, found = verdict.goal, verdict.found
        sign = "≥" if goal.is_met_by_more else "≤"
        goal_text = f"{sign} {goal.bound:g}" + (f" × {goal.peer}" if goal.peer else " KiB")
        found_text = f"{found.median:.2f} ({found.low:.2f}–{found.high:.2f})"
        name = goal.measure.name.lower()
        rows.append([goal.case, name, goal_text, found_text, "met" if verdict.is_met else "missed"])
    return table(rows)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def number(value: float) -> str:
    """A figure with as many digits as it is worth."""
    return f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"
