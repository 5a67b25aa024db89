"""The endpoint's rules (endpoint.py), one by one, on socketpairs."""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import READ, WRITE, Engine


class Nobody:
    """A flow for which nothing is done."""

    def on_ready(self, endpoint: Endpoint, events: int) -> None: ...
    def on_deadline(self, endpoint: Endpoint) -> None: ...
    def abandon(self) -> None: ...


class Reader(Nobody):
    """Notes what it receives."""

    def __init__(self) -> None:
        self.got: list[bytes | None] = []

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        self.got.append(endpoint.receive())


@dataclass
class World:
    engine: Engine = field(default_factory=Engine)
    sockets: list[socket.socket] = field(default_factory=list)

    def endpoint(self, flow: Nobody | None = None) -> tuple[Endpoint, socket.socket]:
        near, far = socket.socketpair()
        for sock in (near, far):
            sock.setblocking(False)
            self.sockets.append(sock)
        return Endpoint(self.engine, near, flow or Nobody()), far


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.engine.release()
    for sock in world.sockets:
        sock.close()


def fill(endpoint: Endpoint) -> int:
    """Send past the endpoint until the socket takes no more, also not a byte; how much that was."""
    sent, size = 0, 65536
    while size:
        try:
            sent += endpoint.sock.send(bytes(size))
        except BlockingIOError:
            size //= 2
    return sent


def read(far: socket.socket, endpoint: Endpoint, count: int) -> bytes:
    """So many bytes, while the endpoint flushes what it has."""
    got = b""
    while len(got) < count:
        got += far.recv(count - len(got))
        if endpoint.queue:
            endpoint.flush()
    return got


# --- closed: rule 1 -------------------------------------------------------------------------------


def test_a_closed_endpoint_does_not_touch_the_next_owner_of_its_number(world: World) -> None:
    endpoint, _ = world.endpoint()
    endpoint.close()
    world.engine.turn()
    flow = Reader()
    pairs = [world.endpoint(flow) for _ in range(4)]
    ((heir, far),) = [pair for pair in pairs if pair[0].fd == endpoint.fd]
    endpoint.pause()
    endpoint.watch(READ | WRITE)
    endpoint.watch(0)
    endpoint.close()
    endpoint.reset()
    far.send(b"for the heir")
    world.engine.turn()
    assert flow.got == [b"for the heir"]
    assert not heir.is_closed
    assert heir.sock.fileno() == endpoint.fd


def test_closing_twice_is_closing_once(world: World) -> None:
    endpoint, far = world.endpoint()
    endpoint.close()
    endpoint.close()
    endpoint.reset()
    world.engine.turn()
    assert far.recv(1) == b""


# --- the queue: rules 2 to 4 ----------------------------------------------------------------------


def test_what_is_sent_behind_a_queue_does_not_overtake_it(world: World) -> None:
    endpoint, far = world.endpoint()
    filled = fill(endpoint)
    assert endpoint.send(b"first ") is False
    assert far.recv(filled)  # there is room now
    assert endpoint.send(b"second ") is False
    endpoint.queue_rest(b"third")
    assert endpoint.queued == len(b"first second third")
    assert endpoint.interest == READ | WRITE
    while endpoint.queue:
        endpoint.flush()
    got = b""
    while not got.endswith(b"third"):
        got += far.recv(filled)
    assert got.endswith(b"\0first second third") or got == b"first second third"
    assert endpoint.interest == READ
    assert endpoint.queued == 0
    assert endpoint.sent == len(b"first second third")


def test_pieces_that_are_taken_in_parts_arrive_once_and_are_counted(world: World) -> None:
    endpoint, far = world.endpoint()
    data = bytes(range(256)) * 8000
    assert endpoint.send(data[:1_500_000]) is False
    assert endpoint.send(data[1_500_000:]) is False
    assert read(far, endpoint, len(data)) == data
    assert endpoint.sent == len(data)


def test_a_flush_that_can_send_nothing_changes_nothing(world: World) -> None:
    endpoint, _ = world.endpoint()
    fill(endpoint)
    assert endpoint.send(b"kept") is False
    assert endpoint.flush() is False
    assert endpoint.queued == 4
    assert endpoint.interest == READ | WRITE


def test_nothing_to_receive_is_no_end(world: World) -> None:
    endpoint, far = world.endpoint()
    assert endpoint.receive() is None
    far.send(b"abc")
    assert endpoint.receive(2) == b"ab"
    assert endpoint.receive() == b"c"
    assert endpoint.received == 3
    far.close()
    assert endpoint.receive() == b""


# --- endings: rule 5 ------------------------------------------------------------------------------


def test_who_has_gone_needs_no_end_of_stream(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    world.sockets.append(near)
    endpoint = Endpoint(world.engine, near, Nobody())
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()
    with pytest.raises(ConnectionResetError):
        near.recv(1)
    with pytest.raises(OSError, match="not connected"):
        near.shutdown(socket.SHUT_WR)
    endpoint.finish_sending()
    assert not endpoint.is_closed


def test_a_detached_socket_is_the_caller_s_alone(world: World) -> None:
    flow = Reader()
    endpoint, far = world.endpoint(flow)
    sock = endpoint.detach()
    far.send(b"x")
    world.engine.turn()
    assert flow.got == []
    assert not world.engine.table
    assert sock.recv(1) == b"x"


def test_an_endpoint_that_is_out_of_epoll_can_be_detached(world: World) -> None:
    endpoint, far = world.endpoint()
    endpoint.pause()
    far.close()
    world.engine.turn()
    assert not endpoint.registered
    assert endpoint.detach().recv(1) == b""
