"""The switch of protocols, beside the real httpd: the same configuration, the same bytes.

What the client gets, what the worker was sent and the line in the access log must be the same; what
httpdlite does otherwise on purpose (docs/differences.md) is in `OURS` and `OURS_WITHOUT_FALLBACK`,
with what it answers.
"""

import re
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, NamedTuple

import pytest

from tests.peers.handshakes import PROBES, RULES, Probe, answer, ask, outcome
from tests.peers.harness import PATIENCE, Server, require_program, running_apache, running_httpdlite
from tests.peers.recorder import Recorder

pytestmark = pytest.mark.peer

OURS: Final = {
    "version: up": 200,  # httpd looks at as many letters as the token has
    "list: h2c, websocket": 200,
    "spaced: h2c, websocket": 200,
    "worker: two": 502,
    "not asked: two": 502,  # both name both
    "not asked: twice": 502,
    "worker: length": 101,
    "worker: coded": 101,
    "worker: rubbish": 502,
    "not asked: rubbish": 502,
    "HTTP/1.0": 200,
    "expect": 101,
}
"""Probes that get something else here, and what."""


class Outcome(NamedTuple):
    """What can be seen of a handshake, without what differs from run to run."""

    client: tuple[str, ...]
    worker: tuple[tuple[str, ...], ...]
    log: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stand:
    """A proxy and its worker."""

    server: Server
    worker: Recorder

    def try_out(self, probe: Probe) -> Outcome:
        """Does it, and waits for the line in the log."""
        self.worker.seen.clear()
        written = len(self.server.access_log)
        with self.server.connect() as sock:
            client = outcome(sock, probe)
        answers = len(re.findall(rb"HTTP/1\.1 (?!10[03])", client))
        wait_until(lambda: self.server.access_log.count("\n", written) >= (answers or 1))
        log = self.server.access_log[written:]
        seen = [self.tidy(request.head + request.body) for request in self.worker.seen]
        return Outcome(self.tidy(client), tuple(seen), tuple(log.splitlines()))

    def tidy(self, message: bytes) -> tuple[str, ...]:
        """Lines, fields in alphabetical order, without dates, products, ports."""
        text = message.decode("latin-1").replace(str(self.worker.port), "PORT")
        text = re.sub(r"Date: \w+, .* GMT", "Date: now", text)
        text = re.sub(r"Server: (Apache|httpdlite)\S*( \(\w+\))?", "Server: this", text)
        messages = re.split(r"(?=HTTP/1\.1 \d)", text)
        lines: list[str] = []
        for head, _, body in (each.partition("\r\n\r\n") for each in messages if each):
            first, *fields = head.split("\r\n")
            lines += [first, *sorted(fields), body]
        return tuple(lines)


@dataclass(frozen=True, slots=True)
class Pair:
    """httpd and httpdlite with the same rules."""

    theirs: Stand
    ours: Stand


def paired(rules: str) -> Iterator[Pair]:
    require_program("apache2")
    with ExitStack() as stack:
        stands = []
        for running in (running_apache, running_httpdlite):
            worker = stack.enter_context(Recorder(answer))
            server = running(rules.replace("WORKER", worker.authority))
            stands.append(Stand(stack.enter_context(server), worker))
        yield Pair(*stands)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    yield from paired(RULES)


@pytest.fixture(scope="module")
def pair_without_fallback() -> Iterator[Pair]:
    yield from paired("ProxyWebsocketFallbackToProxyHttp Off\n" + RULES)


def status(outcome: Outcome) -> int:
    return int(outcome.client[0].split(" ")[1])


@pytest.mark.parametrize("name", [name for name in PROBES if name not in OURS])
def test_the_same_as_httpd(pair: Pair, name: str) -> None:
    theirs = pair.theirs.try_out(PROBES[name])
    assert pair.ours.try_out(PROBES[name]) == theirs


@pytest.mark.parametrize("name", OURS)
def test_otherwise_on_purpose(pair: Pair, name: str) -> None:
    ours = pair.ours.try_out(PROBES[name])
    assert status(ours) == OURS[name]
    assert ours != pair.theirs.try_out(PROBES[name])


# --- ProxyWebsocketFallbackToProxyHttp Off --------------------------------------------------------

TUNNELS: Final = ("ws: websocket", "wsfoo: foo", "wslist: foo", "wsany: foo", "worker: case")
REFUSED: Final = [
    *(f"{path}: {value}" for path in ("ws", "wsfoo", "wsnone") for value in ("h2c", "nothing")),
    *("wslist: h2c", "wslist: nothing", "up: h2c", "up: websocket", "http: websocket"),
    *("two Upgrades", "Upgrade is empty", "wsfoo: websocket", "wsnone: websocket"),
]


@pytest.mark.parametrize("name", REFUSED)
def test_without_fallback_the_same_as_httpd(pair_without_fallback: Pair, name: str) -> None:
    theirs = pair_without_fallback.theirs.try_out(PROBES[name])
    assert pair_without_fallback.ours.try_out(PROBES[name]) == theirs


@pytest.mark.parametrize("name", TUNNELS)
def test_without_fallback_a_tunnel_is_as_with_it(
    pair: Pair, pair_without_fallback: Pair, name: str
) -> None:
    ours = pair_without_fallback.ours.try_out(PROBES[name])
    assert ours == pair.ours.try_out(PROBES[name])
    assert status(ours) == status(pair_without_fallback.theirs.try_out(PROBES[name])) == 101


OURS_WITHOUT_FALLBACK: Final = {
    "worker: no-upgrade": 502,
    "worker: other": 502,
    "worker: 400": 400,
}


@pytest.mark.parametrize("name", OURS_WITHOUT_FALLBACK)
def test_without_fallback_a_101_is_demanded(pair_without_fallback: Pair, name: str) -> None:
    """httpd sends the worker's bytes on without a look, and logs a 200."""
    ours = pair_without_fallback.ours.try_out(PROBES[name])
    assert status(ours) == OURS_WITHOUT_FALLBACK[name]
    assert ours != pair_without_fallback.theirs.try_out(PROBES[name])


# --- a client that does not wait ------------------------------------------------------------------


def test_a_reset_during_the_handshake_frees_the_worker(pair: Pair) -> None:
    worker = pair.ours.worker
    worker.seen.clear()
    with pair.ours.server.connect() as sock:
        sock.sendall(ask("/ws/silent").data)
        wait_until(lambda: bool(worker.seen))
        served = worker.open_connections
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: worker.open_connections < served)
    assert pair.ours.try_out(PROBES["ws: websocket"]).client[0].endswith("101 Switching Protocols")


def wait_until(holds: Callable[[], bool]) -> None:
    """Looks again and again; fails after a while."""
    for _ in range(int(PATIENCE / 0.01)):
        if holds():
            return
        signal.sigtimedwait([], 0.01)
    pytest.fail("it never came to that")
