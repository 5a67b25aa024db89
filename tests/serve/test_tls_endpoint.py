"""The rules of TLS endpoints (tls_endpoint.py), on real sockets with real TLS at both ends."""

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf.directives.ssl_values import Version
from httpdlite.serve.endpoint import BUFFER_SIZE, Endpoint
from httpdlite.serve.engine import READ, WRITE
from httpdlite.serve.tls_endpoint import SLICE, WIRE_SIZE, TlsEndpoint
from tests.serve.tls_world import (
    VERSIONS,
    Nobody,
    Peer,
    Reader,
    World,
    client_context,
    server_context,
    shake,
    wait_readable,
)

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

each_version = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS.keys())
Made = tuple[TlsEndpoint, Peer]


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def of_version(world: World, version: Version, flow: Nobody | None = None) -> Made:
    return world.secured(client=client_context(version), flow=flow)


def both_ways(world: World, version: Version, flow: Nobody) -> Iterator[Made]:
    """As a server, and as a client."""
    yield of_version(world, version, flow)
    server = server_context(minimum=version, maximum=version)
    yield world.secured_client(server, flow)


def read_all(world: World, peer: Peer, endpoint: Endpoint, count: int) -> bytes:
    """So many bytes, while the endpoint's queue empties."""
    got = bytearray()

    def has_come() -> bool:
        if endpoint.queue:
            endpoint.flush()
        got.extend(peer.read())
        return len(got) >= count

    world.until(has_come)
    return bytes(got)


# --- bytes ----------------------------------------------------------------------------------------


@each_version
@pytest.mark.parametrize("size", [1, 1023, 1024, 16384, 16385, SLICE, SLICE + 1, 262144])
def test_bytes_of_any_number_arrive_both_ways(world: World, version: Version, size: int) -> None:
    data = os.urandom(size)
    for endpoint, peer in both_ways(world, version, flow := Reader()):
        flow.data = b""
        endpoint.send(data)
        assert read_all(world, peer, endpoint, size) == data
        peer.send(data)
        world.until(lambda: len(flow.data) >= size)
        assert flow.data == data
        assert endpoint.received == endpoint.sent == size


def test_everything_that_has_come_is_given_at_once(world: World) -> None:
    endpoint, peer = world.secured()
    for number in range(50):
        peer.tls.write(b"%d," % number)
    wire = peer.take_wire()
    peer.sock.send(wire)
    wait_readable(endpoint.sock, len(wire))
    view = endpoint.receive_view()
    assert view is not None
    assert bytes(view) == b"".join(b"%d," % number for number in range(50))
    assert endpoint.receive() is None
    assert not endpoint.has_more


def test_a_record_in_single_bytes_is_given_when_it_is_whole(world: World) -> None:
    endpoint, peer = world.secured()
    peer.tls.write(b"hello")
    wire = peer.take_wire()
    for number in wire[:-1]:
        peer.sock.send(bytes([number]))
        wait_readable(endpoint.sock)
        assert endpoint.receive() is None
    peer.sock.send(wire[-1:])
    wait_readable(endpoint.sock)
    assert endpoint.receive() == b"hello"


def test_a_small_read_gives_at_most_a_record_more(world: World) -> None:
    endpoint, peer = world.secured()
    data = os.urandom(60000)
    peer.send(data)
    got = b""
    while len(got) < len(data):
        piece = endpoint.receive(1000)
        assert piece != b""
        assert len(piece or b"") <= 1000 + 16384
        got += piece or b""
    assert got == data


@given(
    pieces=st.lists(st.binary(min_size=1, max_size=40_000), max_size=8),
    cuts=st.lists(st.integers(1, 30_000), min_size=1, max_size=20),
)
def test_the_wire_may_be_cut_anywhere(pieces: list[bytes], cuts: list[int]) -> None:
    world = World()
    endpoint, peer = world.secured()
    wire = b""
    for piece in pieces:
        view = memoryview(piece)
        while view:
            view = view[peer.tls.write(view) :]
        wire += peer.take_wire()
    got, at, number = b"", 0, 0
    while at < len(wire):
        size = cuts[number % len(cuts)]
        number += 1
        peer.sock.sendall(wire[at : at + size])
        at += size
        wait_readable(endpoint.sock)
        while piece := endpoint.receive() or b"":
            got += piece
    peer.say_goodbye()
    while (last := endpoint.receive()) != b"":
        got += last or b""
    assert got == b"".join(pieces)
    world.close()


def test_a_peer_that_wants_short_records_gets_them_all(world: World) -> None:
    """max_fragment_length, by a hello that asks for 512 bytes; ``ssl`` cannot ask for it."""
    sizes: list[int] = []

    endpoint, peer = world.secured()
    write = endpoint._encrypt

    def write_a_little(data: "Buffer") -> int:
        piece = memoryview(data)[:512]
        sizes.append(len(piece))
        return write(piece)

    endpoint._encrypt = write_a_little
    data = os.urandom(5000)
    assert endpoint.send(data)
    assert peer.read(5000) == data
    assert max(sizes) == 512


# --- the queue ------------------------------------------------------------------------------------


@each_version
def test_a_slow_peer_gets_everything_in_order(world: World, version: Version) -> None:
    endpoint, peer = of_version(world, version)
    endpoint.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4608)
    data = os.urandom(262144)
    more = os.urandom(70000)
    assert endpoint.send(data) is False
    assert endpoint.interest == READ | WRITE
    assert endpoint.send(b"between") is False
    endpoint.queue_rest(more)
    assert read_all(world, peer, endpoint, len(data) + 7 + len(more)) == data + b"between" + more
    assert not endpoint.queue
    assert endpoint.interest == READ
    assert endpoint.sent == len(data) + 7 + len(more)


def test_reading_goes_on_while_sending_waits(world: World) -> None:
    endpoint, peer = world.secured(flow=(flow := Reader()))
    while endpoint.send(bytes(100_000)):
        pass
    peer.send(b"still here")
    world.until(lambda: flow.data)
    assert flow.data == b"still here"


def test_nothing_is_sent_for_nothing(world: World) -> None:
    endpoint, peer = world.secured()
    assert endpoint.send(b"")
    peer.hear()
    assert not peer.incoming.pending


def test_who_has_gone_is_found_on_sending(world: World) -> None:
    endpoint, peer = world.secured()
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    peer.sock.close()
    wait_readable(endpoint.sock)
    for _ in range(2):
        with pytest.raises(OSError, match=r"reset|pipe"):
            endpoint.send(b"x")
    assert endpoint.sent == 0


# --- endings --------------------------------------------------------------------------------------


@each_version
@pytest.mark.parametrize("closes", [True, False])
def test_an_end_with_close_notify_is_an_end(world: World, version: Version, closes: bool) -> None:
    endpoint, peer = of_version(world, version, flow := Reader())
    peer.say_goodbye()
    if closes:
        peer.sock.shutdown(socket.SHUT_WR)
    world.until(lambda: flow.is_at_end)
    assert not endpoint.is_truncated
    assert not world.notes
    assert endpoint.send(b"we may still say something")  # half-closed
    peer.wait()


@each_version
@pytest.mark.parametrize("closes", [True, False])
def test_an_end_right_behind_the_data_is_not_lost(
    world: World, version: Version, closes: bool
) -> None:
    endpoint, peer = of_version(world, version, flow := Reader())
    peer.tls.write(b"last words")
    peer.say_goodbye()
    if closes:
        peer.sock.shutdown(socket.SHUT_WR)
    world.until(lambda: flow.is_at_end)
    assert flow.data == b"last words"
    assert not endpoint.is_truncated


def test_an_end_that_came_before_a_pause_is_heard_after_it(world: World) -> None:
    class Pausing(Reader):
        def on_ready(self, endpoint: Endpoint, events: int) -> None:
            if endpoint.interest & READ or events != READ:
                super().on_ready(endpoint, events)
                endpoint.pause()

    endpoint, peer = world.secured(flow=(flow := Pausing()))
    peer.tls.write(b"last words")
    peer.say_goodbye()
    world.until(lambda: flow.data)
    world.turn()
    assert not flow.is_at_end
    endpoint.resume()
    world.until(lambda: flow.is_at_end)


@each_version
def test_an_end_without_close_notify_is_known_as_such(world: World, version: Version) -> None:
    endpoint, peer = of_version(world, version, flow := Reader())
    peer.send(b"whole")
    peer.tls.write(b"half")
    peer.sock.send(peer.take_wire()[:10])
    peer.sock.shutdown(socket.SHUT_WR)
    world.until(lambda: flow.is_at_end)
    assert flow.data == b"whole"
    assert endpoint.is_truncated
    assert len(world.notes) == 1
    assert endpoint.receive() == b""
    assert len(world.notes) == 1


def test_a_record_that_was_tampered_with_is_an_error_and_the_peer_hears_of_it(
    world: World,
) -> None:
    _, peer = world.secured(flow=(flow := Reader()))
    peer.tls.write(b"hello")
    wire = bytearray(peer.take_wire())
    wire[-1] ^= 1
    peer.sock.send(wire)
    world.until(lambda: flow.lost)
    assert isinstance(flow.lost, ssl.SSLError)
    assert not flow.data
    with pytest.raises(ssl.SSLError, match=r"(?i)bad record mac"):
        peer.read(1)


@each_version
def test_finishing_leaves_the_other_direction_open(world: World, version: Version) -> None:
    endpoint, peer = of_version(world, version, flow := Reader())
    peer.tls.write(b"x" * 20000)
    wire = peer.take_wire()
    peer.sock.send(wire[:17000])
    world.turn()  # a record and a part of another
    endpoint.send(b"the end")
    endpoint.finish_sending()
    assert peer.read(7) == b"the end"
    assert peer.is_at_end()
    peer.sock.send(wire[17000:])
    peer.send(b"y" * 20000)
    world.until(lambda: len(flow.data) == 40000)
    peer.say_goodbye()
    world.until(lambda: flow.is_at_end)
    assert not endpoint.is_truncated


@each_version
def test_closing_says_close_notify_and_waits_for_nothing(world: World, version: Version) -> None:
    endpoint, peer = of_version(world, version)
    endpoint.close()
    world.turn()
    assert peer.is_at_end()
    assert endpoint.is_closed


def test_closing_with_something_queued_is_a_truncation(world: World) -> None:
    endpoint, peer = world.secured()
    while endpoint.send(bytes(100_000)):
        pass
    endpoint.close()
    world.turn()
    with pytest.raises(ssl.SSLEOFError):
        peer.read(1 << 30)


def test_a_reset_is_no_goodbye(world: World) -> None:
    endpoint, peer = world.secured()
    endpoint.reset()
    world.turn()
    peer.wait()
    with pytest.raises(ConnectionResetError):
        peer.hear()


def test_what_ends_twice_has_ended_once(world: World) -> None:
    endpoint, peer = world.secured()
    endpoint.finish_sending()
    endpoint.finish_sending()
    endpoint.close()
    endpoint.close()
    endpoint.reset()
    world.turn()
    assert peer.is_at_end()


def test_a_goodbye_that_does_not_fit_goes_out_later_and_the_end_behind_it(world: World) -> None:
    endpoint, peer = world.secured()
    while endpoint.send(bytes(50_000)):
        pass
    sent = endpoint.sent
    assert len(read_all(world, peer, endpoint, sent)) == sent
    full = FullSocket(endpoint.sock)
    endpoint.sock = full  # type: ignore[assignment]
    endpoint.finish_sending()
    assert endpoint.queue
    full.is_full = False
    assert endpoint.flush()
    endpoint.finish_sending()  # as flows do when the queue is empty
    assert peer.is_at_end()
    peer.wait()
    peer.hear()
    assert peer.at_eof


class FullSocket:
    """Takes nothing for a while."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.is_full = True

    def send(self, data: bytes) -> int:
        if self.is_full:
            raise BlockingIOError
        return self._sock.send(data)

    def shutdown(self, how: int) -> None:
        assert not self.is_full
        self._sock.shutdown(how)

    def close(self) -> None:
        self._sock.close()


# --- what only TLS has ----------------------------------------------------------------------------


def test_tickets_are_no_data(world: World) -> None:
    flow = Reader()
    near, far = world.pair()
    endpoint = TlsEndpoint(world.engine, near, flow, READ, world.notes.append)
    server = Peer(far, server_context(), None, is_server=True)
    server.tls.expected = "a.example"  # type: ignore[attr-defined]
    context = client_context(Version.TLS1_3)
    context.sslobject_class = type(server.tls)
    endpoint.begin(context, is_server=False, server_name="a.example")
    shake(endpoint, server)
    world.until(lambda: _has_ticket(endpoint))
    assert flow.data == b""
    assert not flow.is_at_end


def _has_ticket(endpoint: TlsEndpoint) -> bool:
    session = endpoint.tls.session if endpoint.tls is not None else None
    return session is not None and session.has_ticket


def test_what_came_with_the_end_of_a_handshake_is_not_forgotten(world: World) -> None:
    near, far = world.pair()
    endpoint = TlsEndpoint(world.engine, near, Nobody())
    peer = Peer(far, client_context(Version.TLS1_3))
    endpoint.begin(server_context(), is_server=True, server_name="a.example")
    assert not peer.step()
    wait_readable(endpoint.sock)
    assert not endpoint.handshake()
    peer.wait()
    peer.hear()
    peer.tls.do_handshake()
    peer.tls.write(b"GET /")
    with pytest.raises(ssl.SSLError):
        peer.tls.unwrap()
    wire = peer.take_wire()
    peer.sock.send(wire)
    peer.sock.shutdown(socket.SHUT_WR)
    wait_readable(endpoint.sock, len(wire) + 1)
    assert endpoint.handshake()
    assert endpoint.has_more
    assert endpoint.receive() == b"GET /"
    assert endpoint.receive() == b""
    assert not endpoint.is_truncated


def test_before_tls_begins_it_is_a_plain_endpoint(world: World) -> None:
    near, far = world.pair()
    endpoint = TlsEndpoint(world.engine, near, Nobody())
    far.send(b"plain")
    wait_readable(near)
    assert endpoint.receive() == b"plain"
    assert endpoint.send(b"too")
    wait_readable(far)
    assert far.recv(10) == b"too"
    endpoint.close()
    world.turn()
    wait_readable(far)
    assert far.recv(10) == b""


def test_the_library_s_buffers_stay_small(world: World) -> None:
    """Rule 3: what was taken in one go, since they keep that size."""
    endpoint, peer = world.secured()
    fed: list[int] = []
    taken: list[int] = []
    _note(endpoint, "_feed", lambda data: fed.append(len(data)))
    take = endpoint._take

    def note_taken() -> bytes:
        wire = take()
        taken.append(len(wire))
        return wire

    endpoint._take = note_taken  # type: ignore[assignment]
    peer.send(os.urandom(100_000))
    while endpoint.received < 100_000:
        endpoint.receive_view(BUFFER_SIZE)
    endpoint.send(os.urandom(300_000))
    assert max(fed) <= WIRE_SIZE
    assert max(taken) <= SLICE + 1024


def _note(endpoint: TlsEndpoint, name: str, note: Callable[[memoryview], None]) -> None:
    method = getattr(endpoint, name)

    def noting(data: memoryview) -> object:
        note(data)
        return method(data)

    setattr(endpoint, name, noting)
