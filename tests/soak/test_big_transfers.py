"""Bodies far larger than any buffer, up and down: all of it arrives, and memory does not grow.

The sink reads as fast as it can, or only when the source has been stuck for a moment, a lump at a
time: then all that lies between is full, again and again. HTTPDLITE_SOAK_BYTES says how large the
bodies are (1073741824 is the real thing). Both ends are sockets of this test, driven by one loop.
"""

import os
import select
import socket
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from benchmarks.programs import own_memory
from tests.peers.harness import LOOPBACK, PATIENCE, Server, running_httpdlite
from tests.peers.messages import Wire

BYTES = int(os.environ.get("HTTPDLITE_SOAK_BYTES", str(64 << 20)))
WARM_UP = 8 << 20
ALLOWED_GROWTH = 2 << 20  # bytes of private memory, at any moment, after the same in small
FIRST = 64 << 10  # sent with the head, since a worker is asked only when some of a body is there
PIECE = 256 << 10
LUMP = 1 << 20  # what a slow sink reads at once
STUCK = 0.01  # seconds in which the source could send nothing
SMALL = 32 << 10  # asked of the kernel for a slow sink's socket
LOOKS = 64  # at the memory, in the course of a transfer
PATTERN = b"".join(b"%015d\n" % number for number in range(65521))  # a prime: no buffer's multiple
RULES = 'ProxyPass "/" "http://127.0.0.1:{port}/" disablereuse=On\n'

Begin = Callable[[Server, socket.socket, int, bool], tuple[socket.socket, Wire]]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server((LOOPBACK, 0)) as sock:
        sock.settimeout(PATIENCE)
        yield sock


def connect(server: Server, is_slow: bool) -> socket.socket:
    """A client's socket; a slow one with a small buffer, which counts from the first packet."""
    sock = socket.socket()
    if is_slow:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    sock.settimeout(PATIENCE)
    sock.connect((LOOPBACK, server.port))
    return sock


def accept(listener: socket.socket) -> Wire:
    """The worker's end, after the head of the request."""
    sock, _ = listener.accept()
    sock.settimeout(PATIENCE)
    wire = Wire(sock)
    assert wire.receive_until(b"\r\n\r\n") is not None
    return wire


def begin_download(
    server: Server, listener: socket.socket, total: int, is_slow: bool
) -> tuple[socket.socket, Wire]:
    client = connect(server, is_slow)
    client.sendall(b"GET /down HTTP/1.1\r\nHost: front.test\r\n\r\n")
    worker = accept(listener).sock
    worker.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % total + PATTERN[:FIRST])
    sink = Wire(client)
    head = sink.receive_until(b"\r\n\r\n")
    assert head is not None
    assert head.startswith(b"HTTP/1.1 200 ")
    return worker, sink


def begin_upload(
    server: Server, listener: socket.socket, total: int, is_slow: bool
) -> tuple[socket.socket, Wire]:
    if is_slow:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    client = connect(server, is_slow=False)
    head = b"PUT /up HTTP/1.1\r\nHost: front.test\r\nContent-Length: %d\r\n\r\n" % total
    client.sendall(head + PATTERN[:FIRST])
    return client, accept(listener)


def transfer(
    source: socket.socket, sink: Wire, total: int, is_slow: bool, look: Callable[[], None]
) -> None:
    """The rest of a body from source to sink, which must be what was sent."""
    source.setblocking(False)
    sink.sock.setblocking(False)
    piece = bytearray(PIECE)
    sent, received = FIRST, len(sink.rest)
    seen, next_look, moved = zlib.crc32(sink.rest), 0, time.monotonic()
    allowed = 0 if is_slow else total  # so much the sink may read now
    while received < total:
        readers = [sink.sock] if allowed else []
        readable, writable, _ = select.select(readers, [source] if sent < total else [], [], STUCK)
        if writable:
            at = sent % len(PATTERN)
            sent += source.send(memoryview(PATTERN)[at : at + min(PIECE, total - sent)])
        if readable:
            count = sink.sock.recv_into(piece, min(PIECE, allowed))
            assert count, f"ended after {received} of {total} bytes"
            seen = zlib.crc32(memoryview(piece)[:count], seen)
            received += count
            allowed -= count
        if readable or writable:
            moved = time.monotonic()
        elif not allowed:
            look()  # everything between is full
            allowed = LUMP if sent < total else total
        assert time.monotonic() - moved < PATIENCE, f"stuck after {received} of {total} bytes"
        if received >= next_look:
            look()
            next_look += total // LOOKS
    assert seen == pattern_sum(total)


def pattern_sum(total: int) -> int:
    """The checksum of so many bytes of the pattern, again and again."""
    value = 0
    for _ in range(total // len(PATTERN)):
        value = zlib.crc32(PATTERN, value)
    return zlib.crc32(PATTERN[: total % len(PATTERN)], value)


@pytest.mark.parametrize("is_slow", [False, True], ids=["fast reader", "slow reader"])
@pytest.mark.parametrize("begin", [begin_download, begin_upload], ids=["download", "upload"])
def test_a_body_of_any_size_costs_no_memory(
    listener: socket.socket, begin: Begin, is_slow: bool
) -> None:
    memory: list[int] = []
    with running_httpdlite(RULES.format(port=listener.getsockname()[1])) as server:

        def look() -> None:
            memory.append(own_memory(server.process.pid))

        def move(total: int) -> float:
            began = time.monotonic()
            source, sink = begin(server, listener, total, is_slow)
            with closing(source), closing(sink.sock):
                transfer(source, sink, total, is_slow, look)
            return time.monotonic() - began

        move(WARM_UP)
        warm = max(memory)
        memory.clear()
        took = move(BYTES)
    growth = max(memory) - warm
    sys.stdout.write(
        f"{BYTES} bytes in {took:.1f} s, {BYTES / took / 1e6:.0f} MB/s; {len(memory)} looks: "
        f"{warm} bytes after the warm-up, at most {growth} more\n"
    )
    assert growth <= ALLOWED_GROWTH
