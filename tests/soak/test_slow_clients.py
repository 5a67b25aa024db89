"""Clients that send their heads a byte a second are cut off, and the others do not notice.

HTTPDLITE_SOAK_SLOW says how many there are (2,000 is the real thing). One half begins with nothing,
the other with a whole request line: RequestReadTimeout ends the former without a word, the latter
with a 408. All the while 50 others send one small request after another.
"""

import os
import resource
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from benchmarks.programs import own_memory
from tests.peers.harness import PATIENCE, Server, running_httpdlite
from tests.peers.test_tunnel_faults import descriptors, falls_to, mortal_worker

SLOW = int(os.environ.get("HTTPDLITE_SOAK_SLOW", "100"))
FAST = 50
REQUEST = b"GET /fast HTTP/1.1\r\nHost: front.test\r\nUser-Agent: fast\r\n\r\n"
ENDINGS = {b"": b"", b"GET /slow HTTP/1.1\r\n": b"HTTP/1.1 408 "}  # by what was sent at once
REST = b"Host: front.test and more of it than there is time for\r\n"
RULES = """
RequestReadTimeout header=3-6,MinRate=500
MaxKeepAliveRequests 0
ProxyPass "/" "http://127.0.0.1:{port}/"
"""


@dataclass(eq=False, slots=True)
class Fast:
    """A client with a request on its way, always."""

    sock: socket.socket
    began: float = 0.0
    received: bytes = b""
    times: list[float] = field(default_factory=list)
    is_over: bool = False  # asks for nothing more

    def ask(self) -> None:
        """Sends the next request."""
        self.received = b""
        self.began = time.monotonic()
        self.sock.sendall(REQUEST)

    def take(self) -> None:
        """Takes what has come; after a whole response asks again."""
        data = self.sock.recv(65536)
        assert data, f"a fast client was cut off after {len(self.times)} responses"
        self.received += data
        if is_whole(self.received):
            assert self.received.startswith(b"HTTP/1.1 200 "), self.received
            self.times.append(time.monotonic() - self.began)
            if not self.is_over:
                self.ask()


@dataclass(eq=False, slots=True)
class Slow:
    """A client that sends a byte of its head at a time."""

    sock: socket.socket
    beginning: bytes
    began: float = field(default_factory=time.monotonic)
    sent: int = 0
    received: bytes = b""
    lasted: float | None = None  # seconds, once it was cut off

    def nag(self) -> None:
        """Sends the next byte, if anyone still listens."""
        try:
            self.sock.send(REST[self.sent : self.sent + 1])
        except ConnectionError:  # its end is seen by the next read
            return
        self.sent += 1

    def take(self) -> None:
        """Takes what has come, or the end."""
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            data = b""
        self.received += data
        if not data:
            self.lasted = time.monotonic() - self.began


def is_whole(response: bytes) -> bool:
    """Whether it is a response with all of its body."""
    head, mark, body = response.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(mark) and len(body) >= int(lengths[0].partition(b":")[2])


@pytest.fixture(autouse=True)
def enough_descriptors() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = SLOW + 3 * FAST + 200
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], needed), max(before[1], needed)))
    except (ValueError, PermissionError):  # only root may raise the hard limit
        pytest.skip(f"needs {needed} descriptors, and may have {before[1]}")
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[0], max(before[1], needed)))


def serve_all(server: Server) -> tuple[list[Fast], list[Slow]]:
    """Fast and slow clients at once, until every slow one is cut off or that takes too long."""
    fast = [Fast(server.connect()) for _ in range(FAST)]
    slow: list[Slow] = []
    with selectors.DefaultSelector() as selector:
        for one in fast:
            selector.register(one.sock, selectors.EVENT_READ, one)
            one.ask()
        for number in range(SLOW):
            another = Slow(server.connect(), list(ENDINGS)[number % len(ENDINGS)])
            another.sock.sendall(another.beginning)
            selector.register(another.sock, selectors.EVENT_READ, another)
            slow.append(another)
            take_ready(selector, PATIENCE)  # else the listen queue overflows, which costs a second
        next_byte = began = time.monotonic()
        while time.monotonic() < began + PATIENCE and any(one.lasted is None for one in slow):
            if time.monotonic() >= next_byte:
                for another in slow:
                    if another.lasted is None:
                        another.nag()
                next_byte += 1
            take_ready(selector, 0.1)
        for one in fast:
            one.is_over = True
        while not all(is_whole(one.received) for one in fast):
            assert take_ready(selector, PATIENCE), "a fast client has no answer"
    return fast, slow


def take_ready(selector: selectors.BaseSelector, patience: float) -> int:
    """Everybody who has something takes it; how many that were."""
    ready = selector.select(patience)
    for key, _ in ready:
        key.data.take()
        if isinstance(key.data, Slow) and key.data.lasted is not None:
            selector.unregister(key.data.sock)
            key.data.sock.close()
    return len(ready)


def descriptors_alone(server: Server) -> int:
    """How many it has open without clients and workers, once all is set up."""
    one = Fast(server.connect())
    one.ask()
    one.is_over = True
    while not one.times:
        one.take()
    found = descriptors(server) - 2
    one.sock.close()
    return found


def test_slow_heads_are_cut_off_while_others_get_their_answers() -> None:
    with mortal_worker() as (port, _), running_httpdlite(RULES.format(port=port)) as server:
        before, memory = descriptors_alone(server), own_memory(server.process.pid)
        fast, slow = serve_all(server)
        memory = own_memory(server.process.pid) - memory
        for one in fast:
            one.sock.close()
        times = sorted(taken for one in fast for taken in one.times)
        lasted = sorted(one.lasted for one in slow if one.lasted is not None)
        sys.stdout.write(
            f"{SLOW} slow clients, cut off after {lasted[:1]} to {lasted[-1:]} s; {memory} bytes "
            f"more; {len(times)} answers to {FAST} others, median {times[len(times) // 2]:.4f} s, "
            f"99 % {times[len(times) * 99 // 100]:.4f} s, longest {times[-1]:.4f} s\n"
        )
        assert len(lasted) == SLOW
        answers = Counter((one.beginning, one.received[:13]) for one in slow)
        assert answers == Counter((one.beginning, ENDINGS[one.beginning]) for one in slow)
        assert all(one.times for one in fast)
        assert falls_to(server, before + FAST)  # what is left are connections to the worker
