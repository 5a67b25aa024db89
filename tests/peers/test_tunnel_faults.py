"""Tunnels whose other end fails: a worker killed, clients that reset, half of all at once. The
other tunnels go on, and the proxy keeps nothing: no descriptor, no task, no memory.

The proxy and the worker that dies are processes of their own; the clients are blocking sockets.
"""

import resource
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.peers.harness import PATIENCE, Server, environment, kill, running_httpdlite
from tests.peers.recorder import Recorder

HANDSHAKE = (
    b"GET /%s HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
RULES = """
ProxyPass "/one" "ws://127.0.0.1:{one}/"
ProxyPass "/two" "ws://127.0.0.1:{two}/"
"""
WORKER = """
import sys
from tests.peers.recorder import Recorder
with Recorder() as worker:
    print(worker.port, flush=True)
    sys.stdin.read()
"""
TUNNELS = 100
ROUNDS = 6
ALLOWED_GROWTH = 2 * 1024 * 1024  # bytes, between the second round and the last
modes = pytest.mark.parametrize("mode", ["", "ProxyWebsocketAsync Off\n"], ids=["relay", "tasks"])


@pytest.fixture(autouse=True)
def enough_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096 if hard == resource.RLIM_INFINITY else min(hard, 4096)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def mortal_worker() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """An echo in a process that may be killed; its port and the process."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process
        finally:
            kill(process)


def tunnel(server: Server, path: bytes) -> socket.socket:
    """A client's end of a new tunnel."""
    sock = server.connect()
    sock.sendall(HANDSHAKE % path)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        data = sock.recv(1)
        assert data, head
        head += data
    assert head.startswith(b"HTTP/1.1 101 "), head
    return sock


def echo(sock: socket.socket, message: bytes = b"are you there?") -> bool:
    """Whether a message comes back."""
    sock.sendall(message)
    got = b""
    while len(got) < len(message) and (data := sock.recv(len(message) - len(got))):
        got += data
    return got == message


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def descriptors(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def descriptors_alone(server: Server) -> int:
    """How many it has open without tunnels, once all is set up."""
    with tunnel(server, b"two") as sock:
        assert echo(sock)
        return descriptors(server) - 2


def resident(server: Server) -> int:
    pages = Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def falls_to(server: Server, expected: int) -> bool:
    """Whether the descriptors become as few as expected; waits long before it says no."""
    for _ in range(int(PATIENCE / 0.02)):
        if descriptors(server) <= expected:
            return True
        time.sleep(0.02)
    return False


@modes
def test_a_worker_killed_takes_its_own_tunnels_and_no_others(mode: str) -> None:
    with (
        Recorder() as other,
        mortal_worker() as (port, process),
        running_httpdlite(mode + RULES.format(one=port, two=other.port)) as server,
    ):
        before = descriptors_alone(server)
        staying = [tunnel(server, b"two") for _ in range(10)]
        dying = [tunnel(server, b"one") for _ in range(TUNNELS)]
        assert all(map(echo, dying))
        with_both = descriptors(server)
        kill(process)
        for sock in dying:
            with suppress(ConnectionResetError):
                assert sock.recv(1) == b""
            with suppress(ConnectionError):
                sock.sendall(b"nobody is there")  # a half-closed tunnel still carries this way
            sock.close()
        assert falls_to(server, with_both - 2 * TUNNELS)
        assert all(map(echo, staying))
        for sock in staying:
            sock.close()
        assert falls_to(server, before)


@modes
def test_half_of_the_tunnels_reset_at_once_again_and_again(mode: str) -> None:
    memory = []
    with (
        Recorder() as worker,
        running_httpdlite(mode + RULES.format(one=worker.port, two=worker.port)) as server,
    ):
        before = descriptors_alone(server)
        staying = [tunnel(server, b"one") for _ in range(TUNNELS // 2)]
        with_them = descriptors(server)
        for _ in range(ROUNDS):
            leaving = [tunnel(server, b"two") for _ in range(TUNNELS // 2)]
            for number, sock in enumerate(leaving):
                if number % 2:
                    sock.sendall(b"on its way while the client resets")
            for sock in leaving:
                reset(sock)
            assert all(map(echo, staying))
            assert falls_to(server, with_them)
            memory.append(resident(server))
        for sock in staying:
            sock.close()
        assert falls_to(server, before)
    assert memory[-1] - memory[1] <= ALLOWED_GROWTH


@modes
def test_a_client_that_stops_reading_and_resets_leaves_nothing_behind(mode: str) -> None:
    """As a cable that is pulled while the worker sends: the queue is dropped with its reader."""
    with (
        Recorder() as worker,
        running_httpdlite(mode + RULES.format(one=worker.port, two=worker.port)) as server,
    ):
        before = descriptors_alone(server)
        stalled = tunnel(server, b"one")
        stalled.setblocking(False)
        with pytest.raises(BlockingIOError):
            send_for_ever(stalled)
        with tunnel(server, b"two") as lively:
            assert echo(lively)
            reset(stalled)
            assert echo(lively)
        assert falls_to(server, before)


def send_for_ever(sock: socket.socket) -> None:
    """Send what comes back and is not read, until nothing on the way takes any more."""
    while True:
        sock.send(bytes(65536))
