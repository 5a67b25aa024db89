"""`python -m benchmarks.run [proxy ...]`: httpdlite beside Apache, nginx and HAProxy.

In: the proxies to measure (default: all that are installed), BENCH_SECONDS per measurement
(default 2) and BENCH_ROUNDS (default 5). Out: tables on standard output and, when all four were
measured, benchmarks/RESULTS.md. Every round measures all proxies one after the other, in an order
that rotates; a figure is the median over the rounds. The load and the worker are `load.c`, compiled
here: the reason is at its top.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.proxies import KINDS, Kind, Proxy, find, running
from benchmarks.report import Figure, Sample, describe_machine, write_report

HERE = Path(__file__).resolve().parent
LOAD = HERE / ".build" / "load"
SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
IDLE_TUNNELS = 1000


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of load: what the tables call it, and the words for `load`."""

    title: str
    mode: str
    count: int
    size: int | None = None

    def command(self, port: int) -> list[str]:
        """The command line that puts this load on a port."""
        size = [] if self.size is None else [str(self.size)]
        return [str(LOAD), self.mode, str(port), str(self.count), *size, str(SECONDS)]


SCENARIOS = (
    Scenario("64 B ping-pong, 1 tunnel", "tunnel", 1, 64),
    Scenario("64 B ping-pong, 50 tunnels", "tunnel", 50, 64),
    Scenario("64 B ping-pong, 300 tunnels", "tunnel", 300, 64),
    Scenario("16 KiB ping-pong, 8 tunnels", "tunnel", 8, 16 * 1024),
    Scenario("256 KiB ping-pong, 8 tunnels", "tunnel", 8, 256 * 1024),
    Scenario("HTTP GET, 12 B, keep-alive, 50 connections", "http", 50),
)


def main(arguments: Sequence[str]) -> int:
    """Measures, prints, writes; returns the exit status."""
    unknown = set(arguments) - {kind.name for kind in KINDS}
    if unknown:
        print(f"unknown proxy: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    if not compile_load():
        print("the benchmark's load needs a C compiler (cc)", file=sys.stderr)
        return 1
    allow_many_descriptors()
    kinds = [kind for kind in KINDS if not arguments or kind.name in arguments]
    for kind in kinds:
        if not kind.is_installed:
            print(f"{kind.name} is not installed and left out", file=sys.stderr)
    kinds = [kind for kind in kinds if kind.is_installed]
    figures = [*measure_memory(kinds), *measure_loads(kinds)]
    text = write_report(figures, describe_machine(kinds), SECONDS, ROUNDS)
    print(text)
    if len(kinds) == len(KINDS):
        (HERE / "RESULTS.md").write_text(text)
    return 0


def compile_load() -> bool:
    """Compiles the load if its source is newer; False without a compiler."""
    source = HERE / "load.c"
    if LOAD.exists() and LOAD.stat().st_mtime > source.stat().st_mtime:
        return True
    compiler = find("cc") or find("gcc")
    if compiler is None:
        return False
    LOAD.parent.mkdir(exist_ok=True)
    subprocess.run([compiler, "-O2", "-Wall", "-o", str(LOAD), str(source)], check=True)
    return True


def allow_many_descriptors() -> None:
    """Raises the soft limit as far as it goes; the proxies inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def measure_loads(kinds: Sequence[Kind]) -> list[Figure]:
    """Every scenario with every proxy, in rounds."""
    samples: dict[tuple[str, str], list[Sample]] = {}
    most = max(scenario.count for scenario in SCENARIOS)
    with running_worker() as worker, ExitStack() as stack:
        proxies = [stack.enter_context(running(kind, worker, most)) for kind in kinds]
        for scenario in SCENARIOS:
            for number in range(ROUNDS):
                for proxy in rotated(proxies, number):
                    sample = measure(proxy, scenario)
                    samples.setdefault((scenario.title, proxy.kind.name), []).append(sample)
            print(f"measured: {scenario.title}", file=sys.stderr)
    return [Figure(title, name, median(found)) for (title, name), found in samples.items()]


def rotated(proxies: Sequence[Proxy], by: int) -> list[Proxy]:
    """The same proxies, another one first."""
    by %= len(proxies)
    return [*proxies[by:], *proxies[:by]]


def median(samples: Sequence[Sample]) -> Sample:
    """The median of every figure by itself."""
    return Sample(
        cpu=statistics.median(sample.cpu for sample in samples),
        rate=statistics.median(sample.rate for sample in samples),
        p50=statistics.median(sample.p50 for sample in samples),
        p99=statistics.median(sample.p99 for sample in samples),
    )


def measure(proxy: Proxy, scenario: Scenario) -> Sample:
    """One scenario with one proxy: CPU of all the proxy's processes between two looks."""
    with loading(scenario.command(proxy.server.port)) as load:
        before = proxy.cpu_seconds()
        say(load, "go\n")
        result = json.loads(hear(load))
        spent = proxy.cpu_seconds() - before
    count = max(result["count"], 1)
    return Sample(
        cpu=spent / count * 1e6,
        rate=result["count"] / result["seconds"],
        p50=result["p50"],
        p99=result["p99"],
    )


def measure_memory(kinds: Sequence[Kind]) -> list[Figure]:
    """Memory per tunnel that says nothing, each proxy freshly started."""
    figures = []
    with running_worker() as worker:
        for kind in kinds:
            with running(kind, worker, IDLE_TUNNELS) as proxy:
                before = proxy.memory()
                with loading([str(LOAD), "idle", str(proxy.server.port), str(IDLE_TUNNELS)]):
                    grown = proxy.memory() - before
            title = f"memory per idle tunnel, {IDLE_TUNNELS:,} tunnels"
            figures.append(Figure(title, kind.name, memory=grown / IDLE_TUNNELS))
    return figures


@contextmanager
def running_worker() -> Iterator[int]:
    """The echo worker; yields its port."""
    with started([str(LOAD), "worker"]) as worker:
        yield int(hear(worker))


@contextmanager
def loading(command: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    """A load whose connections are all open."""
    with started(command) as load:
        if hear(load) != "ready\n":
            raise RuntimeError(f"{' '.join(command)} did not get ready")
        yield load


@contextmanager
def started(command: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    """A program that ends when its standard input does."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        yield process


def say(process: "subprocess.Popen[str]", text: str) -> None:
    """Writes to a program's standard input."""
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.flush()


def hear(process: "subprocess.Popen[str]") -> str:
    """The next line that a program prints."""
    assert process.stdout is not None
    return process.stdout.readline()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
