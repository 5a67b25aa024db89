"""An upload in chunks that a worker is to get with a length (`proxy-sendcl`): the whole of it waits
on disk, and memory does not grow with it.

HTTPDLITE_SOAK_BYTES says how large it is, as in test_big_transfers.py.
"""

import socket
import sys
import zlib
from contextlib import closing

from benchmarks.programs import own_memory
from tests.peers.harness import Server, running_httpdlite
from tests.soak.test_big_transfers import (
    ALLOWED_GROWTH,
    BYTES,
    LOOKS,
    LUMP,
    PATTERN,
    PIECE,
    WARM_UP,
    accept,
    connect,
    listener,
    pattern_sum,
)

RULES = """\
SetEnv proxy-sendcl 1
ProxyPass "/" "http://127.0.0.1:{port}/"
"""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

__all__ = ["listener"]


def upload(server: Server, listener: socket.socket, total: int, memory: list[int]) -> None:
    """One upload; the worker takes it as slowly as looking at the memory makes it."""
    step = total // LOOKS + 1
    with closing(connect(server, is_slow=False)) as client:
        client.sendall(b"PUT /up HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent = 0
        while sent < total:
            at = sent % len(PATTERN)
            piece = PATTERN[at : at + min(PIECE, total - sent)]
            client.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
            if sent // step != (sent + len(piece)) // step:
                memory.append(own_memory(server.process.pid))
            sent += len(piece)
        client.sendall(b"0\r\n\r\n")
        worker = accept(listener)
        with closing(worker.sock):
            received, seen = len(worker.rest), zlib.crc32(worker.rest)
            while received < total:
                data = worker.sock.recv(LUMP)
                assert data, f"ended after {received} of {total} bytes"
                if received // step != (received + len(data)) // step:
                    memory.append(own_memory(server.process.pid))
                received, seen = received + len(data), zlib.crc32(data, seen)
            assert (received, seen) == (total, pattern_sum(total))
            worker.sock.sendall(OK)
            assert client.recv(LUMP).startswith(b"HTTP/1.1 200 ")


def test_a_spooled_body_costs_no_memory(listener: socket.socket) -> None:
    memory: list[int] = []
    with running_httpdlite(RULES.format(port=listener.getsockname()[1])) as server:
        upload(server, listener, WARM_UP, memory)
        warm = max(memory)
        memory.clear()
        upload(server, listener, BYTES, memory)
    growth = max(memory) - warm
    sys.stdout.write(f"{BYTES} bytes; {len(memory)} looks: {warm}, at most {growth} more\n")
    assert growth <= ALLOWED_GROWTH
