"""The Autobahn test suite (its fuzzing client) against an echo worker, directly and through
proxies: the verdicts must be the same, case by case.

In: the program `wstest` of the package autobahntestsuite, and which cases and fronts. Out: per
front the cases whose verdict differs from the direct one. Hides wstest's files and its flips: some
verdicts change with the way TCP cuts the bytes, without any proxy, so OK and NON-STRICT count as
equal, and a case that still differs is run again a few times, directly and through the front; it
counts only if the front then shows a verdict that the direct runs never showed.

By hand, since 517 cases take minutes per front (half of them, all but 9, 12 and 13, a few seconds):

    python -m tests.peers.autobahn --wstest PATH [--cases '6.*' ...] [--fronts apache2 ...]

Our worker, the `websockets` library, refuses messages of very many fragments (9.3.1 to 9.3.3, 9.4.1
to 9.4.3); with --worker another one may be asked.

wstest needs Python 2.7; an environment for it, where that is installed:

    python3 -m venv tools && tools/bin/pip install 'virtualenv<20.22'
    tools/bin/virtualenv -p python2.7 wstest && wstest/bin/pip install autobahntestsuite
"""

import argparse
import asyncio
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.peers.harness import LOOPBACK, PATIENCE, running_apache, running_httpdlite

DIRECT: Final = "direct"
FRONTS: Final = {
    "httpdlite": (running_httpdlite, ""),
    "httpdlite-async-off": (running_httpdlite, "ProxyWebsocketAsync Off\n"),
    "httpdlite-delay": (running_httpdlite, "ProxyWebsocketAsyncDelay 5ms\n"),
    "httpdlite-upgrade": (running_httpdlite, ""),
    "apache2": (running_apache, ""),
}
"""Proxies by name: how one is run, and its configuration beside the rule."""

RULE: Final = 'ProxyPass "/" "ws://{authority}/"\n'
UPGRADE_RULE: Final = 'ProxyPass "/" "http://{authority}/" upgrade=websocket\n'
AGAIN: Final = 5
"""How often a case that differs is run again on either way."""

LARGEST: Final = 32 * 1024 * 1024  # the suite's largest message is 16 MiB
DEADLINE: Final = 3600.0

Verdict = tuple[str, str]
"""What wstest says of a case's behavior, and of the way its connection was closed."""

Verdicts = Mapping[str, Verdict]


@dataclass(frozen=True, slots=True)
class Difference:
    """A case for which a front has verdicts that the direct way never had."""

    case: str
    direct: frozenset[Verdict]
    proxied: frozenset[Verdict]


def find_wstest() -> str | None:
    """The program: $HTTPDLITE_WSTEST, else what PATH has."""
    return os.environ.get("HTTPDLITE_WSTEST") or shutil.which("wstest")


def read_verdicts(index: str, agent: str) -> dict[str, Verdict]:
    """The verdicts of one agent in wstest's `index.json`; NON-STRICT reads as OK."""
    cases = json.loads(index)[agent]
    return {
        case: (_plain(verdict["behavior"]), _plain(verdict["behaviorClose"]))
        for case, verdict in cases.items()
    }


def _plain(word: str) -> str:
    return "OK" if word == "NON-STRICT" else word


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


def run_wstest(program: str, authority: str, cases: Sequence[str], agent: str) -> Verdicts:
    """The verdicts of the fuzzing client on the echo application behind `authority`."""
    with tempfile.TemporaryDirectory() as folder:
        specification = {
            "outdir": f"{folder}/reports",
            "servers": [{"agent": agent, "url": f"ws://{authority}/echo"}],
            "cases": list(cases),
            "exclude-cases": [],
            "exclude-agent-cases": {},
        }
        file = Path(folder, "spec.json")
        file.write_text(json.dumps(specification))
        command = [program, "--mode", "fuzzingclient", "--spec", str(file)]
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=DEADLINE,
            check=False,
        )
        index = Path(folder, "reports", "index.json")
        if done.returncode or not index.exists():
            said = done.stdout.decode(errors="replace")[-4000:]
            raise RuntimeError(f"wstest ended with status {done.returncode}:\n{said}")
        return read_verdicts(index.read_text(), agent)


@contextmanager
def running_echo() -> Iterator[str]:
    """The echo worker: messages of every size, permessage-deflate. Its authority."""
    started: queue.Queue[tuple[asyncio.AbstractEventLoop, asyncio.Event, str]] = queue.Queue()

    async def serve_until_told() -> None:
        async with serve(_echo, LOOPBACK, 0, max_size=LARGEST, ping_interval=None) as server:
            port = server.sockets[0].getsockname()[1]
            end = asyncio.Event()
            started.put((asyncio.get_running_loop(), end, f"{LOOPBACK}:{port}"))
            await end.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve_until_told(),))
    thread.start()
    loop, end, authority = started.get(timeout=PATIENCE)
    try:
        yield authority
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()


async def _echo(connection: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        async for message in connection:
            await connection.send(message)


def compare(
    program: str, worker: str, direct: Verdicts, front: str, cases: Sequence[str]
) -> tuple[Verdicts, list[Difference]]:
    """A front's verdicts, and its differences from the direct ones that running again leaves."""
    running, settings = FRONTS[front]
    rule = UPGRADE_RULE if front == "httpdlite-upgrade" else RULE
    with running(settings + rule.format(authority=worker)) as server:
        authority = f"{LOOPBACK}:{server.port}"
        proxied = run_wstest(program, authority, cases, front)
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
    parser.add_argument("--cases", nargs="+", default=["*"], metavar="CASE")
    parser.add_argument("--worker", metavar="HOST:PORT", help="another echo worker than ours")
    parser.add_argument("--fronts", nargs="+", default=list(FRONTS), choices=list(FRONTS))
    options = parser.parse_args(arguments)
    if options.wstest is None:
        parser.error("no wstest on PATH; name it with --wstest or HTTPDLITE_WSTEST")
    failed = False
    echo = nullcontext(options.worker) if options.worker else running_echo()
    with echo as worker:
        begun = time.monotonic()
        direct = run_wstest(options.wstest, worker, options.cases, DIRECT)
        _say(DIRECT, direct, time.monotonic() - begun)
        for front in options.fronts:
            begun = time.monotonic()
            proxied, found = compare(options.wstest, worker, direct, front, options.cases)
            _say(front, proxied, time.monotonic() - begun)
            first = differing(direct, proxied)
            say(f"  first run differs in {len(first)} cases; running again leaves {len(found)}")
            for one in found:
                say(f"  {one.case}: direct {sorted(one.direct)}, here {sorted(one.proxied)}")
            failed = failed or bool(found)
    return int(failed)


def _say(name: str, verdicts: Verdicts, seconds: float) -> None:
    counts = Counter(behavior for behavior, _ in verdicts.values())
    text = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    say(f"{name}: {len(verdicts)} cases in {seconds:.0f} s: {text}")


def say(line: str) -> None:
    """One line of output, at once: a front takes minutes."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
