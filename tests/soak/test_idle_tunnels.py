"""Thousands of tunnels that say nothing, and a few that are busy: by hand, since it takes minutes.

HTTPDLITE_SOAK_TUNNELS says how many (8,000 is the real thing), HTTPDLITE_SOAK_SECONDS how long
(300 is). The first tenth of that time nobody speaks: that is what silent tunnels cost. Then the
busy ones begin; half-way, every second of the silent ones says one thing. At the end the idle
limit, six tenths of the time, must have closed those that never spoke, and nobody else.
"""

import os
import resource
import selectors
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.peers.harness import Server, running_httpdlite
from tests.peers.test_tunnel_faults import HANDSHAKE, mortal_worker, resident

TUNNELS = int(os.environ.get("HTTPDLITE_SOAK_TUNNELS", "0"))
SECONDS = float(os.environ.get("HTTPDLITE_SOAK_SECONDS", "300"))
BUSY = 50
MESSAGE = b"x" * 64
ALLOWED_GROWTH = 1024 * 1024  # bytes of resident memory while the busy ones talk
ALLOWED_CPU = 0.005  # of one processor, while nobody speaks
TICKS = os.sysconf("SC_CLK_TCK")
RULES = """
ProxyWebsocketIdleTimeout {idle}ms
ProxyPass "/" "ws://127.0.0.1:{port}/"
"""

pytestmark = pytest.mark.skipif(
    not TUNNELS, reason="takes minutes; HTTPDLITE_SOAK_TUNNELS says how many tunnels"
)


@pytest.fixture(autouse=True)
def many_descriptors() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * TUNNELS + 1000  # the proxy's
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[1], needed),) * 2)
    except (ValueError, PermissionError):  # only root may raise the hard limit
        pytest.skip(f"needs {needed} descriptors, and may have {before[1]}")
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[0], max(before[1], needed)))


def cpu_seconds(server: Server) -> float:
    """User and system time so far."""
    text = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2]
    return sum(map(int, text.split()[11:13])) / TICKS


def tunnel(server: Server) -> socket.socket:
    """A client's end of a new tunnel."""
    sock = server.connect()
    sock.sendall(HANDSHAKE % b"")
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1024)
    assert head.startswith(b"HTTP/1.1 101 "), head
    return sock


def talk(busy: Sequence[socket.socket], until: float) -> int:
    """Messages to and fro in every tunnel; how many came back."""
    count = 0
    with selectors.DefaultSelector() as selector:
        for sock in busy:
            selector.register(sock, selectors.EVENT_READ)
            sock.sendall(MESSAGE)
        while time.monotonic() < until:
            for key, _ in selector.select(0.1):
                assert isinstance(key.fileobj, socket.socket)
                data = key.fileobj.recv(65536)
                assert data, "a busy tunnel was closed"
                count += len(data)
                key.fileobj.sendall(data)
    return count // len(MESSAGE)


def is_open(sock: socket.socket) -> bool:
    """Whether its tunnel is; what has come is taken."""
    sock.setblocking(False)
    try:
        while sock.recv(65536):
            pass
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False
    return False


def test_silent_tunnels_cost_nothing_and_the_limit_finds_those_that_never_spoke() -> None:
    with (
        mortal_worker() as (port, _),
        running_httpdlite(RULES.format(port=port, idle=int(SECONDS * 600))) as server,
    ):
        empty = resident(server)
        idle = [tunnel(server) for _ in range(TUNNELS)]
        began = time.monotonic()
        full, cpu = resident(server), cpu_seconds(server)
        time.sleep(SECONDS / 10)
        share = (cpu_seconds(server) - cpu) / (SECONDS / 10)
        busy = [tunnel(server) for _ in range(BUSY)]
        count = talk(busy, began + SECONDS / 4)
        warm = resident(server)
        count += talk(busy, began + SECONDS / 2)
        for sock in idle[::2]:
            sock.sendall(b"still here")
        count += talk(busy, began + SECONDS)
        growth = resident(server) - warm
        still = [sock for sock in idle if is_open(sock)]
        sys.stdout.write(
            f"{TUNNELS} tunnels, {(full - empty) / TUNNELS:.0f} B each; {share:.2%} of a CPU while "
            f"silent; {count} messages, {growth} B of growth meanwhile; {len(still)} still open\n"
        )
        assert still == idle[::2]
        assert growth <= ALLOWED_GROWTH
        assert share <= ALLOWED_CPU
        for sock in (*idle, *busy):
            sock.close()
