"""The benchmark's figures as text: tables in Markdown, which are readable on a terminal too.

In: one `Figure` per scenario and proxy. Out: a document that says where and with what it was
measured, and next to every figure its ratio to httpdlite's.
"""

import datetime as dt
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.proxies import Kind

REFERENCE = "httpdlite"

Read = Callable[["Figure"], float | None]


@dataclass(frozen=True, slots=True)
class Sample:
    """CPU in microseconds per message, messages per second, latencies in microseconds."""

    cpu: float
    rate: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Figure:
    """What one proxy did in one scenario; `memory` in bytes per tunnel."""

    title: str
    proxy: str
    sample: Sample | None = None
    memory: float | None = None


def describe_machine(kinds: Sequence[Kind]) -> list[str]:
    """The machine and the versions, one line each."""
    text = Path("/proc/cpuinfo").read_text()
    models = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    cores = len(os.sched_getaffinity(0))
    kernel = ".".join(platform.release().split(".")[:2])
    return [
        f"{models[0] if models else platform.machine()}, {cores} cores shared by everything",
        f"Linux {kernel}, Python {platform.python_version()} ({sys.implementation.name})",
        *(f"{kind.name}: {kind.read_version()}" for kind in kinds),
    ]


def write_report(
    figures: Sequence[Figure], machine: Sequence[str], seconds: float, rounds: int
) -> str:
    """The whole document."""
    today = dt.datetime.now(tz=dt.UTC).date()
    proxies = list(dict.fromkeys(figure.proxy for figure in figures))
    how = (
        f"Written by `make bench` on {today}: {rounds} rounds of {seconds:g} s, alternating; "
        "medians. Load generator, worker and proxy share the machine, so rates are no limits; CPU "
        f"per message is the figure to compare. In brackets: the ratio to {REFERENCE}."
    )
    parts = ["# Measurements", how, "\n".join(f"- {line}" for line in machine)]
    for heading, read in COLUMNS:
        parts.append(f"## {heading}\n\n{table(figures, proxies, read)}")
    return "\n\n".join(parts) + "\n"


def read_cpu(figure: Figure) -> float | None:
    """CPU per message, µs."""
    return figure.sample.cpu if figure.sample else None


def read_rate(figure: Figure) -> float | None:
    """Messages per second."""
    return figure.sample.rate if figure.sample else None


def read_p50(figure: Figure) -> float | None:
    """Median latency, µs."""
    return figure.sample.p50 if figure.sample else None


def read_p99(figure: Figure) -> float | None:
    """99th percentile of latency, µs."""
    return figure.sample.p99 if figure.sample else None


def read_memory(figure: Figure) -> float | None:
    """Memory per tunnel, KiB."""
    return None if figure.memory is None else figure.memory / 1024


COLUMNS: tuple[tuple[str, Read], ...] = (
    ("CPU of all the proxy's processes, µs per message or request", read_cpu),
    ("Messages or requests per second", read_rate),
    ("Latency, median, µs", read_p50),
    ("Latency, 99th percentile, µs", read_p99),
    ("Private memory, KiB", read_memory),
)


def table(figures: Sequence[Figure], proxies: Sequence[str], read: Read) -> str:
    """One table: a row per scenario, a column per proxy."""
    values: dict[str, dict[str, float]] = {}
    for figure in figures:
        if (value := read(figure)) is not None:
            values.setdefault(figure.title, {})[figure.proxy] = value
    rows = [["", *proxies], ["---"] + ["---:"] * len(proxies)]
    for title, row in values.items():
        rows.append([title, *(cell(row, proxy) for proxy in proxies)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def cell(row: dict[str, float], proxy: str) -> str:
    """A value, with its ratio to the reference's where both are known."""
    if proxy not in row:
        return "–"
    text = f"{row[proxy]:,.1f}" if row[proxy] < 1000 else f"{row[proxy]:,.0f}"
    if proxy == REFERENCE or not row.get(REFERENCE):
        return text
    return f"{text} ({row[proxy] / row[REFERENCE]:.2f})"
