"""`python -m benchmarks.run [proxy ...]`: httpdlite beside Apache, nginx and HAProxy.

In: the proxies to measure (default: all that are installed) and the environment: BENCH_SECONDS per
load (default 2), BENCH_ROUNDS (default 5), BENCH_ONLY, a part of a case's title (default: all
cases), BENCH_OUTPUT, the folder for the results (default: this one). Out: tables on standard output
and, when every case was measured with all four proxies, RESULTS.md and ratios.svg.

Every round measures all cases, and in each all proxies one after the other, in an order that
rotates. For the loads all of them run all the time, one for each site, and only one has something
to do; for memory each is freshly started. Each has a worker of its own, so that their connections
do not share ports. The load and the worker are C (`building.py`) because in Python they would use
more CPU than the proxy between them, and a proxy that waits for its load is woken for every single
message. Without OpenSSL's headers the cases with TLS are left out.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from benchmarks.building import build_load, find_compiler, has_openssl
from benchmarks.cases import CASES, Case, choose
from benchmarks.configurations import descriptors_for
from benchmarks.figures import Figures, Measure, Sample
from benchmarks.plot import write_plot
from benchmarks.proxies import KINDS, Kind, Proxy, running
from benchmarks.report import describe_machine, write_report
from benchmarks.sites import Site

HERE = Path(__file__).resolve().parent

T = TypeVar("T")

FIRST_TUNNELS = 16


class LoadError(Exception):
    """A proxy that did not start, or a load that did not get through it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, for how long, and where the results go."""

    cases: Sequence[Case]
    kinds: Sequence[Kind]
    seconds: float
    rounds: int
    output: Path
    load: Path

    @property
    def is_whole(self) -> bool:
        """Whether its results may replace the last ones."""
        return len(self.cases) == len(CASES) and len(self.kinds) == len(KINDS)


def main(arguments: Sequence[str]) -> int:
    """Measures, prints, writes; returns the exit status."""
    unknown = set(arguments) - {kind.name for kind in KINDS}
    part = os.environ.get("BENCH_ONLY", "")
    if unknown:
        return complain(f"unknown proxy: {', '.join(sorted(unknown))}", 2)
    if not choose(part):
        return complain(f"no case has {part!r} in its title:\n{titles(CASES)}", 2)
    compiler = find_compiler()
    if compiler is None:
        return complain("the benchmark's load needs a C compiler (cc)", 1)
    with_tls = has_openssl(compiler)
    descriptors = allow_descriptors(descriptors_for(most_connections(CASES)))
    plan = Plan(
        cases=speakable(within_limits(choose(part), descriptors), with_tls=with_tls),
        kinds=installed([kind for kind in KINDS if not arguments or kind.name in arguments]),
        seconds=float(os.environ.get("BENCH_SECONDS", "2")),
        rounds=int(os.environ.get("BENCH_ROUNDS", "5")),
        output=Path(os.environ.get("BENCH_OUTPUT", HERE)),
        load=build_load(compiler, with_tls=with_tls),
    )
    machine = describe_machine(plan.kinds)
    figures = Figures()
    measure_loads(plan, figures)
    measure_memories(plan, figures)
    text = write_report(figures, machine, plan.seconds, plan.rounds)
    print(text)
    if plan.is_whole:
        plan.output.mkdir(parents=True, exist_ok=True)
        (plan.output / "RESULTS.md").write_text(text)
        (plan.output / "ratios.svg").write_text(write_plot(figures))
    return 0


def complain(text: str, status: int = 0) -> int:
    """A line for whoever watches; returns the status."""
    print(text, file=sys.stderr, flush=True)
    return status


def titles(cases: Sequence[Case]) -> str:
    """The titles of the cases, a line each."""
    return "\n".join(f"  {case.title}" for case in cases)


# --- what can be measured here -------------------------------------------------------------------


def allow_descriptors(wanted: int) -> int:
    """Raises the limit as far as it goes, which the proxies inherit; returns what it is then."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < wanted:
        with suppress(ValueError, PermissionError):  # only root may
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def within_limits(cases: Sequence[Case], descriptors: int) -> list[Case]:
    """The cases that fit into so many descriptors; says which do not."""
    fitting = [case for case in cases if descriptors_for(case.count) <= descriptors]
    for case in cases:
        if case not in fitting:
            needed = descriptors_for(case.count)
            complain(f"left out, {descriptors} descriptors are fewer than {needed}: {case.title}")
    return fitting


def speakable(cases: Sequence[Case], *, with_tls: bool) -> list[Case]:
    """The cases whose language the load speaks; says which it does not."""
    spoken = [case for case in cases if with_tls or not case.site.is_secure]
    for case in cases:
        if case not in spoken:
            complain(f"left out, OpenSSL's headers (libssl-dev) are missing: {case.title}")
    return spoken


def installed(kinds: Sequence[Kind]) -> list[Kind]:
    """The proxies that are installed; says which are not."""
    for kind in kinds:
        if not kind.is_installed:
            complain(f"{kind.name} is not installed and left out")
    return [kind for kind in kinds if kind.is_installed]


def most_connections(cases: Sequence[Case]) -> int:
    """How many connections the greatest of the cases has."""
    return max(case.count for case in cases)


# --- measuring -----------------------------------------------------------------------------------


def measure_loads(plan: Plan, figures: Figures) -> None:
    """Every load with every proxy, in rounds."""
    cases = [case for case in plan.cases if not case.is_memory]
    if not cases:
        return
    with ExitStack() as stack:
        fronts = {site: start_fronts(stack, plan, cases, site) for site in sites_of(cases)}
        for number in range(plan.rounds):
            for case in cases:
                for proxy in rotated(fronts[case.site], number):
                    with reporting(case, proxy.kind):
                        sample = measure_load(plan.load, proxy, case, plan.seconds)
                        figures.add(case.title, proxy.kind.name, number, sample)
            complain(f"measured: round {number + 1} of {plan.rounds}")


def sites_of(cases: Sequence[Case]) -> list[Site]:
    """The sites that the cases need."""
    return list(dict.fromkeys(case.site for case in cases))


def start_fronts(stack: ExitStack, plan: Plan, cases: Sequence[Case], site: Site) -> list[Proxy]:
    """All proxies for one site, with room for its greatest case."""
    count = most_connections([case for case in cases if case.site is site])
    kinds = [kind for kind in plan.kinds if kind.reads_httpd or not site.is_ruled]
    return [stack.enter_context(front(plan.load, kind, site, count)) for kind in kinds]


def measure_memories(plan: Plan, figures: Figures) -> None:
    """Every memory case with every proxy, freshly started, in rounds."""
    for case in plan.cases:
        if not case.is_memory:
            continue
        for number in range(plan.rounds):
            for kind in rotated(plan.kinds, number):
                with reporting(case, kind), front(plan.load, kind, case.site, case.count) as proxy:
                    sample = measure_memory(plan.load, proxy, case)
                    figures.add(case.title, kind.name, number, sample)
        complain(f"measured: {case.title}")


def rotated(items: Sequence[T], by: int) -> list[T]:
    """The same items, another one first."""
    by %= len(items)
    return [*items[by:], *items[:by]]


@contextmanager
def reporting(case: Case, kind: Kind) -> Iterator[None]:
    """A load that fails costs one round of one figure, not the run."""
    try:
        yield
    except LoadError as error:
        complain(f"failed: {case.title}, {kind.name}: {error}")


def measure_load(program: Path, proxy: Proxy, case: Case, seconds: float) -> Sample:
    """One load on one proxy: CPU of all the proxy's processes between two looks."""
    with loading(program, case.words(proxy.server.port, seconds)) as load:
        before = proxy.cpu_seconds()
        say(load, "go\n")
        result = hear(load)
        spent = proxy.cpu_seconds() - before
    proxy.empty_log()
    return read_result(result, spent)


def read_result(result: str, spent: float) -> Sample:
    """What a load prints, and the CPU seconds that a proxy spent on it, as a sample."""
    if not result:
        raise LoadError("ended early")
    found = json.loads(result)
    if not found["count"]:
        raise LoadError("nothing came back")
    return {
        Measure.CPU: spent / found["count"] * 1e6,
        Measure.RATE: found["count"] / found["seconds"],
        Measure.P50: found["p50"],
        Measure.P99: found["p99"],
    }


def measure_memory(program: Path, proxy: Proxy, case: Case) -> Sample:
    """Memory (Pss) that silent tunnels add, per tunnel. A few have come and gone before: what the
    first ones make a process copy or load is no matter of their number.
    """
    with loading(program, replace(case, count=FIRST_TUNNELS).words(proxy.server.port, 0)):
        pass
    before = proxy.memory()
    with loading(program, case.words(proxy.server.port, 0)):
        grown = proxy.memory() - before
    return {Measure.MEMORY: grown / case.count / 1024}


# --- programs ------------------------------------------------------------------------------------


@contextmanager
def front(program: Path, kind: Kind, site: Site, connections: int) -> Iterator[Proxy]:
    """A proxy in front of a worker of its own."""
    with ExitStack() as stack:
        worker = stack.enter_context(started([str(program), "worker"]))
        try:
            proxy = stack.enter_context(running(kind, site, int(hear(worker)), connections))
        except pytest.fail.Exception as failure:
            raise LoadError(str(failure)) from None
        yield proxy


@contextmanager
def loading(program: Path, words: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    """A load whose connections are all open."""
    with started([str(program), *words]) as load:
        if hear(load) != "ready\n":
            raise LoadError("could not connect")
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
    """The next line that a program prints; empty at its end."""
    assert process.stdout is not None
    return process.stdout.readline()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
