"""The Autobahn test suite (its fuzzing client) against an echo worker, directly and through
proxies: the verdicts must be the same, case by case.

In: the program `wstest` of the package autobahntestsuite, and which cases and fronts. Out: per
front the cases whose verdict differs from the direct one. Hides wstest's flips: some verdicts
change with the way TCP cuts the bytes, without any proxy, so OK and NON-STRICT count as equal, and
a case that still differs is run again a few times, directly and through the front; it counts only
if the front then shows a verdict that the direct runs never showed, or none at all.

By hand, since 517 cases take minutes per front (all but 12 and 13 half a minute):

    make autobahn
    make autobahn AUTOBAHN="--fronts httpdlite apache2 --cases '6.*' 9.1.6"

The last results are in docs/websocket.md. wstest needs Python 2.7. `make autobahn` installs it
where a Python 2.7 is found (PATH, pyenv, or $PYTHON27); $HTTPDLITE_WSTEST names one that is there.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.peers import echo
from tests.peers.harness import (
    LOOPBACK,
    kill,
    reserved_port,
    running_apache,
    running_httpdlite,
    server_directory,
    start,
)
from tests.peers.wstest import (
    NoWstestError,
    Verdict,
    Verdicts,
    find_wstest,
    installed,
    run_parts,
    run_wstest,
)

DIRECT: Final = "direct"
WS_RULE: Final = 'ProxyPass "/" "ws://{authority}/"\n'
UPGRADE_RULE: Final = 'ProxyPass "/" "http://{authority}/" upgrade=websocket\n'
FRONTS: Final = {
    "httpdlite": (running_httpdlite, WS_RULE),
    "httpdlite-async-off": (running_httpdlite, "ProxyWebsocketAsync Off\n" + WS_RULE),
    "httpdlite-delay": (running_httpdlite, "ProxyWebsocketAsyncDelay 1ms\n" + WS_RULE),
    "httpdlite-upgrade": (running_httpdlite, UPGRADE_RULE),
    "apache2": (running_apache, WS_RULE),
}
"""Proxies by name: how one is run, and its configuration."""

PARTS: Final = (
    *(f"12.{group}.*" for group in range(1, 6)),
    *(f"13.{group}.*" for group in range(1, 8)),
    *(f"{group}.*" for group in (9, 6, 5, 7, 10, 1, 2, 3, 4)),
)
"""All cases, the slowest first, so that none of them is alone at the end."""

JOBS: Final = 3  # wstest and the worker are often waiting; two processors are then about full
AGAIN: Final = 5
"""How often a case that differs is run again on either way."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A case for which a front has verdicts that the direct way never had."""

    case: str
    direct: frozenset[Verdict]
    proxied: frozenset[Verdict]


def differing(direct: Verdicts, proxied: Verdicts) -> list[str]:
    """Cases that do not have the same verdict on both ways, those that one lacks included."""
    cases = sorted(direct.keys() | proxied.keys(), key=_numbers)
    return [case for case in cases if direct.get(case) != proxied.get(case)]


def _numbers(case: str) -> list[int]:
    return [int(part) for part in case.split(".")]


def unexplained(
    cases: Sequence[str], direct: Sequence[Verdicts], proxied: Sequence[Verdicts]
) -> list[Difference]:
    """Of `cases`, those with a proxied verdict that none of the direct runs has shown."""
    found = []
    for case in cases:
        seen = frozenset(run[case] for run in direct if case in run)
        through = frozenset(run[case] for run in proxied if case in run)
        if not through <= seen or not through:
            found.append(Difference(case, seen, through))
    return found


@contextmanager
def running_echo() -> Iterator[str]:
    """The echo worker as a process of its own. Its authority."""
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        port = stack.enter_context(reserved_port())
        server = start("echo", echo.command(port), root, port)
        stack.callback(kill, server.process)
        yield f"{LOOPBACK}:{port}"


def compare(
    program: str,
    worker: str,
    direct: Verdicts,
    front: str,
    parts: Sequence[str],
    *,
    jobs: int = JOBS,
) -> tuple[Verdicts, list[Difference]]:
    """A front's verdicts, and its differences from the direct ones that running again leaves."""
    running, configuration = FRONTS[front]
    with running(configuration.format(authority=worker)) as server:
        authority = f"{LOOPBACK}:{server.port}"
        proxied = run_parts(program, authority, parts, front, jobs)
        suspects = differing(direct, proxied)
        if not suspects:
            return proxied, []
        again_direct = [direct]
        again_proxied = [proxied]
        for _ in range(AGAIN):
            again_direct.append(run_wstest(program, worker, suspects, DIRECT))
            again_proxied.append(run_wstest(program, authority, suspects, front))
    return proxied, unexplained(suspects, again_direct, again_proxied)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the cases directly, then through each front; 1 if a front differs."""
    parser = argparse.ArgumentParser(description="Autobahn's verdicts, directly and proxied.")
    parser.add_argument("--wstest", default=find_wstest(), help="the program of autobahntestsuite")
    parser.add_argument("--install", type=Path, metavar="FOLDER", help="where, if there is none")
    parser.add_argument("--cases", nargs="+", default=list(PARTS), metavar="CASE")
    parser.add_argument("--worker", metavar="HOST:PORT", help="another echo worker than ours")
    parser.add_argument("--jobs", type=int, default=JOBS, help="how many wstest run at a time")
    fronts = [front for front in FRONTS if front != "apache2"]
    parser.add_argument("--fronts", nargs="+", default=fronts, choices=list(FRONTS))
    options = parser.parse_args(arguments)
    if not options.wstest and not options.install:
        parser.error("no wstest on PATH; name it with --wstest or HTTPDLITE_WSTEST, or --install")
    try:
        program = options.wstest or installed(options.install)
    except NoWstestError as reason:
        parser.exit(2, f"autobahn: {reason}\n")
    with nullcontext(options.worker) if options.worker else running_echo() as worker:
        return _measure(program, worker, options.cases, options.fronts, options.jobs)


def _measure(
    program: str, worker: str, parts: Sequence[str], fronts: Sequence[str], jobs: int
) -> int:
    begun = time.monotonic()
    direct = run_parts(program, worker, parts, DIRECT, jobs)
    _say(DIRECT, direct, begun)
    failed = False
    for front in fronts:
        begun = time.monotonic()
        proxied, found = compare(program, worker, direct, front, parts, jobs=jobs)
        _say(front, proxied, begun)
        first = differing(direct, proxied)
        say(f"  first run differs in {len(first)} cases; running again leaves {len(found)}")
        for one in found:
            say(f"  {one.case}: direct {sorted(one.direct)}, here {sorted(one.proxied)}")
        failed = failed or bool(found)
    return int(failed)


def _say(name: str, verdicts: Verdicts, begun: float) -> None:
    counts = Counter(behavior for behavior, _ in verdicts.values())
    text = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    others = [case for case, verdict in verdicts.items() if verdict != ("OK", "OK")]
    say(f"{name}: {len(verdicts)} cases in {time.monotonic() - begun:.0f} s: {text}")
    if others:
        say(f"  other than OK: {', '.join(sorted(others, key=_numbers))}")


def say(line: str) -> None:
    """One line of output, at once: a front takes minutes."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
