"""One side floods, the other does not read: what lies between is bounded, and nothing is lost.

Bounded by the socket buffers that the kernel grants plus one relay buffer per direction. The flood
stops when nothing more is taken for a while; what the kernel then holds in its four queues is
known, and the rest is what the proxy holds itself. A machine that is merely slow cannot fail this.
Then the reader reads, and everything arrives, in order.
"""

import hashlib
import itertools
import queue
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from tests.peers.harness import LOOPBACK, PATIENCE, Server, running_apache, running_httpdlite
from tests.peers.messages import Message, Wire
from tests.peers.recorder import Answer, Recorder, switching

RELAY_BUFFER = 256 * 1024
SMALL = 32 * 1024  # asked of the kernel for the test's own sockets, which grants twice of it
SEGMENT = 4096  # loopback's own, 64 KiB, fit no small window, and the kernel then waits
QUIET = 0.5  # seconds without progress after which the way counts as full
TOTAL = 24 * 1024 * 1024  # what a flood sends in the end
ENDLESS = 16 * TOTAL  # more than the kernel's queues on the way may grow to
LARGE = 4 * 1024 * 1024  # asked of the kernel once the reader reads; it grants what it likes
MANY = 16
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
DOWNLOAD = b"GET /http HTTP/1.1\r\nHost: a.test\r\n\r\n"
DOWNLOAD_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % TOTAL
UPLOAD = b"POST /http HTTP/1.1\r\nHost: a.test\r\nContent-Length: %d\r\n\r\n" % TOTAL

RULES = """
ProxyTimeout 600
Timeout 600
ProxyPass "/ws" "ws://{worker}/ws"
ProxyPass "/http" "http://{worker}/http"
"""
MODES = {
    "apache2": "",
    "httpdlite": "",
    "httpdlite, Async Off": "ProxyWebsocketAsync Off\n",
}


def queued(local: int, remote: int) -> int:
    """Bytes in the kernel at one end of a connection: sent but not acknowledged, and not read."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, here, there, _, queues, *_ = line.split()
        if (int(here[-4:], 16), int(there[-4:], 16)) == (local, remote):
            return sum(int(part, 16) for part in queues.split(":"))
    raise LookupError(f"no connection between ports {local} and {remote}")


def queued_along(sock: socket.socket) -> int:
    """Bytes in the kernel at both ends of this socket's connection."""
    ours, theirs = sock.getsockname()[1], sock.getpeername()[1]
    return queued(ours, theirs) + queued(theirs, ours)


@lru_cache(512)
def block(number: int) -> bytes:
    """64 KiB of a flood: every flood is the same."""
    return b"".join(b"%015d\n" % line for line in range(number << 12, (number + 1) << 12))


class Flood:
    """Endless numbered bytes into one socket; knows how many went, and their digest."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sent = 0
        self._hash = hashlib.sha256()
        self._rest = b""
        self._blocks = itertools.count()

    @property
    def digest(self) -> str:
        """The digest of everything sent."""
        return self._hash.hexdigest()

    def run(self, most: int, patience: float) -> None:
        """Sends until `most` bytes have gone in all, or nothing more for `patience` seconds."""
        self.sock.setblocking(False)
        while self.sent < most:
            _, writable, _ = select.select([], [self.sock], [], patience)
            if not writable:
                return
            self._send_some(most)

    def _send_some(self, most: int) -> None:
        if not self._rest:
            self._rest = block(next(self._blocks))
        count = self.sock.send(self._rest[: most - self.sent])
        self._hash.update(self._rest[:count])
        self._rest = self._rest[count:]
        self.sent += count


def drain(wire: Wire, total: int) -> str:
    """Reads `total` bytes; their digest."""
    wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LARGE)
    seen = hashlib.sha256()
    while total:
        data = wire.receive(min(total, 65536))
        assert data, f"{total} bytes are missing"
        seen.update(data)
        total -= len(data)
    return seen.hexdigest()


def resident(server: Server) -> int:
    """The resident memory of a server's process, in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


class Worker:
    """A worker whose connections are handed to the test after the request's head."""

    def __init__(self) -> None:
        self.arrived: queue.Queue[Wire] = queue.Queue()
        self.done = threading.Event()

    def __call__(self, request: Message, wire: Wire) -> bool:
        if request.value("upgrade"):
            wire.send(switching(request))
        self._hand_over(wire)
        return False

    def _hand_over(self, wire: Wire) -> None:
        wire.sock.settimeout(PATIENCE)
        wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
        self.arrived.put(wire)
        self.done.wait()


class HeadOnlyRecorder(Recorder):
    """A recorder that does not read bodies: the test does."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)

    def _serve(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        wire = Wire(sock)
        with sock:
            head = wire.receive_until(b"\r\n\r\n")
            if head is not None:
                self._answer(Message(head), wire)


@dataclass(frozen=True, slots=True)
class Stage:
    server: Server
    worker: Worker

    def open(self, request: bytes) -> Wire:
        """A client connection with small buffers that has sent `request`."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        sock.settimeout(PATIENCE)
        sock.connect((LOOPBACK, self.server.port))
        wire = Wire(sock)
        wire.send(request)
        return wire

    def worker_end(self) -> Wire:
        """The worker's end of the connection that comes next."""
        return self.worker.arrived.get(timeout=PATIENCE)


@contextmanager
def staged(mode: str) -> Iterator[Stage]:
    running = running_apache if mode == "apache2" else running_httpdlite
    worker = Worker()
    with (
        HeadOnlyRecorder(worker) as recorder,
        running(MODES[mode] + RULES.format(worker=recorder.authority)) as server,
    ):
        try:
            yield Stage(server, worker)
        finally:
            worker.done.set()


@pytest.fixture(params=MODES)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with staged(str(request.param)) as found:
        yield found


def hold_and_release(source: Wire, sink: Wire) -> None:
    """Floods from `source` while `sink` is not read, then reads: bounded, and whole."""
    finish_together(flood_against(source, sink), sink)


def flood_against(source: Wire, sink: Wire, flood: Flood | None = None) -> Flood:
    """Floods until nothing more is taken; the proxy itself may hold one relay buffer then."""
    flood = flood or Flood(source.sock)
    flood.run(TOTAL, QUIET)
    held = flood.sent - queued_along(source.sock) - queued_along(sink.sock)
    assert flood.sent < TOTAL
    assert held <= RELAY_BUFFER
    return flood


def finish_together(flood: Flood, sink: Wire) -> None:
    flood.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGE)
    rest = threading.Thread(target=flood.run, args=(TOTAL, PATIENCE))
    rest.start()
    digest = drain(sink, TOTAL)
    rest.join()
    assert flood.sent == TOTAL
    assert digest == flood.digest


def test_worker_floods_a_tunnel(stage: Stage) -> None:
    client = stage.open(HANDSHAKE)
    assert client.receive_response().status == 101
    hold_and_release(stage.worker_end(), client)
    client.sock.close()


def test_client_floods_a_tunnel(stage: Stage) -> None:
    client = stage.open(HANDSHAKE)
    assert client.receive_response().status == 101
    hold_and_release(client, stage.worker_end())
    client.sock.close()


def test_worker_floods_a_response(stage: Stage) -> None:
    client = stage.open(DOWNLOAD)
    worker = stage.worker_end()
    worker.send(DOWNLOAD_HEAD)
    flood = flood_against(worker, client)
    head = client.receive_until(b"\r\n\r\n")
    assert head is not None
    assert head.startswith(b"HTTP/1.1 200 ")
    finish_together(flood, client)
    client.sock.close()


def test_client_floods_a_request_body(stage: Stage) -> None:
    client = stage.open(UPLOAD)
    flood = Flood(client.sock)
    flood.run(SMALL, PATIENCE)  # httpd reads some of a body before it connects to the worker
    worker = stage.worker_end()
    flood_against(client, worker, flood)
    finish_together(flood, worker)
    worker.sock.settimeout(PATIENCE)
    worker.send(b"HTTP/1.1 204 No Content\r\n\r\n")
    client.sock.settimeout(PATIENCE)
    assert client.receive_response().status == 204
    client.sock.close()


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "apache2"])
def test_many_slow_readers_cost_one_relay_buffer_each_at_most(mode: str) -> None:
    with staged(mode) as stage:
        warm = flooded(stage, 2)
        before = resident(stage.server)
        more = flooded(stage, MANY)
        grown = resident(stage.server) - before
        for wire in [*warm, *more]:
            wire.sock.close()
    assert grown <= MANY * RELAY_BUFFER + 2 * 1024 * 1024


def flooded(stage: Stage, count: int) -> list[Wire]:
    """Opens tunnels whose workers have filled all that lies between; the clients' ends."""
    clients = [stage.open(HANDSHAKE) for _ in range(count)]
    for client in clients:
        assert client.receive_response().status == 101
    floods = [Flood(stage.worker_end().sock) for _ in clients]
    for flood in floods:
        flood.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGE)
    threads = [threading.Thread(target=flood.run, args=(ENDLESS, QUIET)) for flood in floods]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(flood.sent < ENDLESS for flood in floods)
    return clients
