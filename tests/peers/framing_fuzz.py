"""Damaged requests and damaged answers through a running httpdlite, for as long as one likes.

`python -m tests.peers.framing_fuzz --seconds 600 [--seed 1]` prints every fault with the seed that
makes it, and the process's memory and descriptors before and after; its exit status is 1 if there
is a fault. Each message is one of `framing_messages.py`; `framing_bench.py` says what must never
be. Besides, some connections are left open in the middle of a message, on either side: each must be
closed by a timeout. Every tenth message also goes through apache2, where it is installed, and a
difference that `framing_apache.py` does not judge is a fault.
"""

import argparse
import socket
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tests.peers.framing_apache import REQUESTS_APACHE, RESPONSES_APACHE
from tests.peers.framing_bench import Bench, StrictWorker, requests_beside, responses_beside
from tests.peers.framing_judged import Judged, judge, verdict
from tests.peers.framing_messages import request, response
from tests.peers.framing_readers import Read, ours_response
from tests.peers.harness import LOOPBACK, Server, running_apache, running_httpdlite

CONFIGURATION: Final = """\
LogLevel info
Timeout 3
KeepAliveTimeout 2
ProxyTimeout 2
ProxyPass / http://{authority}/
"""
HANGS: Final = 20.0  # seconds; all of the above, one after the other, end sooner
HOLD_EVERY: Final = 50
BESIDE_EVERY: Final = 10
SHOWN: Final = 20
GROWTH: Final = 8 << 20
METHODS: Final = (b"GET", b"GET", b"HEAD")


@dataclass(slots=True)
class Tally:
    """What came of it."""

    messages: int = 0
    beside: int = 0
    held: int = 0
    faults: list[str] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)


class Held:
    """Connections that are left open in the middle of a message; each must end by itself."""

    def __init__(self, bench: Bench, tally: Tally) -> None:
        self._bench = bench
        self._tally = tally
        self._open: list[tuple[float, socket.socket, bytes]] = []

    def add(self, rng: Random) -> None:
        """Send a part of a request, or a whole one that gets a part of an answer."""
        stream = request(rng)
        stream = stream[: rng.randint(1, len(stream))]
        if rng.random() < 0.5:
            self._tally.held += 1
            target = b"/hold%d" % self._tally.held
            answer = response(rng)
            answer = answer[: rng.randint(0, len(answer))]
            if isinstance(ours_response(answer, b"GET", ended=False), Read):
                answer = answer[:10]  # a whole one, and its connection would be used again
            self._bench.worker.held[target] = answer
            stream = b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % target
        elif b"/" in stream:  # else it may be noted as some message's request
            stream = stream[: stream.index(b"/")]
        sock = socket.create_connection((LOOPBACK, self._bench.server.port))
        sock.sendall(stream)
        self._open.append((time.monotonic() + HANGS, sock, stream))

    def check(self) -> None:
        """Those whose time is over must have ended."""
        now = time.monotonic()
        while self._open and self._open[0][0] < now:
            _, sock, stream = self._open.pop(0)
            with sock:
                sock.setblocking(False)
                try:
                    while sock.recv(65536):
                        pass
                except BlockingIOError:
                    self._tally.faults.append(f"open after {HANGS} s: {stream!r}")
                except OSError:
                    pass

    def finish(self) -> None:
        """Wait for all of them."""
        while self._open:
            time.sleep(max(0.0, self._open[0][0] - time.monotonic() + 0.01))
            self.check()


def beside(ours: Bench, apache: Bench, seed: int) -> list[str]:
    """The differences from Apache on one seed that nobody has judged."""
    rng = Random(seed)
    if rng.random() < 0.5:
        stream = request(Random(seed))
        found, table = requests_beside(ours, apache, stream), REQUESTS_APACHE
        if found is not None and not judge(table, *found, stream):
            found = requests_beside(ours, apache, stream)  # a late answer of the last one, perhaps
    else:
        rng = Random(seed)
        stream, method = response(rng), rng.choice(METHODS)
        found = verdict(*responses_beside(apache, stream, method), "Apache")
        table = RESPONSES_APACHE
    row: Judged | None = judge(table, *found, stream) if found is not None else None
    return [] if found is None or row is not None else [f"not judged: {found}: {stream!r}"]


def one(ours: Bench, seed: int) -> list[str]:
    """The faults of one request and of one answer."""
    rng = Random(seed)
    faults = ours.ask(request(rng)).faults
    rng = Random(seed)
    return faults + ours.answer(response(rng), rng.choice(METHODS)).faults


def fuzz(seconds: float, first: int, *, holds: bool, with_apache: bool) -> Tally:
    """Run for that long, from that seed on."""
    tally = Tally()
    with ExitStack() as stack:
        worker = stack.enter_context(StrictWorker().running())
        text = CONFIGURATION.format(authority=worker.authority)
        ours = Bench(stack.enter_context(running_httpdlite(text)), worker, is_ours=True)
        apache = _apache(stack) if with_apache else None
        held = Held(ours, tally)
        end = time.monotonic() + seconds
        seed = first
        while time.monotonic() < end:
            found = one(ours, seed)
            if apache is not None and seed % BESIDE_EVERY == 0:
                found += beside(ours, apache, seed)
                tally.beside += 1
            tally.faults += [f"seed {seed}: {text}" for text in found]
            tally.messages += 2
            if holds and seed % HOLD_EVERY == 0:
                held.add(Random(seed))
                held.check()
            if tally.messages == 4000:
                _measure(ours.server, tally)
            seed += 1
        held.finish()
        _measure(ours.server, tally)
        if "internal fault" in ours.server.error_log or "Traceback" in ours.server.output:
            tally.faults.append(f"a traceback: {ours.server.root}: {ours.server.error_log[-3000:]}")
    if max(tally.resident) - tally.resident[0] > GROWTH:
        tally.faults.append(f"memory grew: {tally.resident}")
    if tally.descriptors[-1] > tally.descriptors[0] + 5:
        tally.faults.append(f"descriptors stay open: {tally.descriptors}")
    return tally


def _apache(stack: ExitStack) -> Bench | None:
    worker = stack.enter_context(StrictWorker().running())
    text = CONFIGURATION.format(authority=worker.authority)
    try:
        server = stack.enter_context(running_apache(text))
    except pytest.skip.Exception as missing:
        print(f"not beside Apache: {missing}")  # noqa: T201 - a program of its own
        return None
    return Bench(server, worker, is_ours=False)


def _measure(server: Server, tally: Tally) -> None:
    process = Path(f"/proc/{server.process.pid}")
    status = (process / "status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    tally.resident.append(int(line.split()[1]) * 1024)
    tally.descriptors.append(len(list((process / "fd").iterdir())))


def main() -> int:
    """Read the arguments and run; see the module."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.framing_fuzz")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    first = options.seed if options.seed is not None else Random().randrange(1 << 40)
    tally = fuzz(options.seconds, first, holds=True, with_apache=True)
    for text in tally.faults[:SHOWN]:
        print(text)  # noqa: T201
    print(  # noqa: T201
        f"from seed {first}: {tally.messages} messages, {tally.beside} of them beside Apache, "
        f"{tally.held} answers left open; {len(tally.faults)} faults; resident bytes "
        f"{tally.resident}, descriptors {tally.descriptors}"
    )
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
