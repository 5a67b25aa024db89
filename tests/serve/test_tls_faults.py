"""What only a peer with bad manners or bad luck does to a connection with TLS: faults behind good
data, answers that are asked for and not read, garbage instead of a handshake.
"""

import errno
import os
import random
import socket
import ssl
import sys
from collections.abc import Iterator

import pytest

from httpdlite.conf.directives.ssl_values import Version
from httpdlite.serve.tls_endpoint import ANSWERS, TlsEndpoint
from httpdlite.serve.tls_handshake import SHOWN, hide_strange_names
from tests.serve.test_tls_s_client import Connect, Popen, command, s_client
from tests.serve.tls_world import (
    VERSIONS,
    House,
    Nobody,
    Peer,
    Reader,
    World,
    client_context,
    wait_readable,
)

__all__ = ["s_client"]
each_version = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS.keys())


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.close()


# --- faults ---------------------------------------------------------------------------------------


def send_and_break(world: World, peer: Peer, endpoint: TlsEndpoint) -> None:
    """Two good records and one that is not, at once."""
    peer.tls.write(b"last ")
    peer.tls.write(b"words")
    wire = peer.take_wire()
    peer.tls.write(b"hello")
    broken = bytearray(peer.take_wire())
    broken[-1] ^= 1
    peer.sock.send(wire + broken)
    wait_readable(endpoint.sock, len(wire) + len(broken))


@each_version
def test_what_came_before_a_broken_record_is_given_first(world: World, version: Version) -> None:
    flow = Reader()
    endpoint, peer = world.secured(client=client_context(version), flow=flow)
    send_and_break(world, peer, endpoint)
    world.until(lambda: flow.lost)
    assert flow.data == b"last words"
    assert isinstance(flow.lost, ssl.SSLError)
    with pytest.raises(ssl.SSLError, match=r"(?i)bad record mac"):
        peer.read(1)


@pytest.mark.parametrize("then", [b"", b"more", b"the end"])
def test_the_error_stays_whatever_follows(world: World, then: bytes) -> None:
    endpoint, peer = world.secured(flow=Nobody())
    endpoint.pause()
    send_and_break(world, peer, endpoint)
    assert endpoint.receive() == b"last words"
    if then == b"more":
        peer.sock.send(b"more of it")
        wait_readable(endpoint.sock)
    elif then:
        peer.sock.shutdown(socket.SHUT_WR)
        wait_readable(endpoint.sock)
    for _ in range(2):
        with pytest.raises(ssl.SSLError, match=r"(?i)bad record mac"):
            endpoint.receive()
    assert not endpoint.is_truncated


def test_a_fatal_alert_behind_data_is_an_error_after_it(world: World) -> None:
    """A client that does not like what it is told."""
    flow = Reader()
    endpoint, peer = world.secured(client=client_context(Version.TLS1_3), flow=flow)
    peer.tls.write(b"data")
    wire = peer.take_wire()
    peer.incoming.write(b"\x17\x03\x03\x00\x20" + bytes(32))  # not from us: it sends an alert
    with pytest.raises(ssl.SSLError):
        peer.tls.read(1)
    wire += peer.take_wire()
    peer.sock.send(wire)
    wait_readable(endpoint.sock, len(wire))
    world.until(lambda: flow.lost)
    assert flow.data == b"data"
    assert "alert" in str(flow.lost).lower()


# --- answers --------------------------------------------------------------------------------------


UPDATE, RECORD = 27, 22  # bytes of a key update, and of a record besides what is in it


def ask_for_an_answer(client: Popen, line: bytes = b"") -> None:
    """A key update of both sides, and data."""
    command(client, b"K\n", b"KEYUPDATE\n")
    if line:
        command(client, line)


def test_answers_go_out_although_nothing_is_sent(world: World, s_client: Connect) -> None:
    """An upload with a key update before each piece."""
    endpoint, flow, client = s_client("-tls1_3")
    for number in range(60):
        line = b"%d\n" % number
        ask_for_an_answer(client, line)
        wait_readable(endpoint.sock, UPDATE + RECORD + len(line))
        world.until(lambda: flow.data.endswith(line))  # noqa: B023 - called at once
        assert endpoint._outgoing.pending <= ANSWERS + 64


class FullSocket(socket.socket):
    """Takes nothing."""

    def send(self, *_: object) -> int:
        raise BlockingIOError


def test_a_peer_that_does_not_read_the_answers_is_lost(world: World, s_client: Connect) -> None:
    endpoint, flow, client = s_client("-tls1_3")
    endpoint.sock = FullSocket(fileno=endpoint.sock.detach())
    world.sockets.append(endpoint.sock)
    asked = 0
    while not flow.lost:
        assert asked < 1000
        ask_for_an_answer(client)
        asked += 1
        wait_readable(endpoint.sock)
        world.turn()
    assert flow.lost.errno == errno.ECONNABORTED
    assert endpoint.queued < 20000
    assert asked > 300


# --- garbage --------------------------------------------------------------------------------------


def hello(version: Version | None = None) -> bytes:
    """What a client says first."""
    near, far = socket.socketpair()
    with near, far:
        peer = Peer(near, client_context(version))
        with pytest.raises(ssl.SSLWantReadError):
            peer.tls.do_handshake()
        return peer.take_wire()


def damaged(wire: bytes, chance: random.Random) -> list[bytes]:
    """Pieces of something that resembles it."""
    data = bytearray(wire)
    for _ in range(chance.choice((0, 1, 1, 2, 8))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    how = chance.randrange(6)
    at = chance.randrange(len(data))
    if how == 0:
        del data[at : at + chance.randrange(1, 40)]
    elif how == 1:
        data[at:at] = chance.randbytes(chance.randrange(1, 40))
    elif how == 2:
        data = data[:at] + data[chance.randrange(len(data)) :]
    elif how == 3:
        data += chance.randbytes(chance.choice((1, 100, 20000)))
    elif how == 4:
        data[3:5] = chance.randbytes(2)
    cut = chance.randrange(len(data) + 1)
    return [bytes(data[:cut]), bytes(data[cut:])]


def test_a_name_that_is_not_ascii_is_no_traceback(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "unraisablehook", hide_strange_names)
    owner, far = house.accept()
    far.send(hello().replace(b"a.example", b"a.ex\xa5mple"))
    house.until(lambda: owner.calls)
    assert owner.why == SHOWN["callback failed"]
    assert capsys.readouterr().err == ""
    Ill()
    assert "ValueError: something else" in capsys.readouterr().err


class Ill:
    """Whose end is an exception."""

    def __del__(self) -> None:
        raise ValueError("something else")


@pytest.mark.parametrize("seed", range(8))
def test_damaged_hellos_end_in_a_handshake_or_in_nothing(
    house: House, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No bug (the world looks), nothing is left, and the next client is served."""
    monkeypatch.setattr(sys, "unraisablehook", hide_strange_names)
    chance = random.Random(seed)
    good = [hello(version) for version in (None, *VERSIONS.values())]
    for _ in range(40):
        owner, far = house.accept()
        far.setblocking(True)
        for piece in damaged(chance.choice(good), chance):
            try:
                far.sendall(piece)
            except OSError:
                break  # it has been told enough
            house.engine.turn()
        far.close()
        house.until(lambda: owner.calls)  # noqa: B023 - called at once
        assert owner.calls == 1
        if owner.plain_endpoint is not None:
            owner.plain_endpoint.close()
        assert owner.endpoint is None
    house.until(lambda: not house.connections)
    owner, peer = house.connect()
    house.meet(owner, peer)
    assert owner.endpoint is not None


def test_random_bytes_within_a_connection_end_it(world: World) -> None:
    for size in (1, 5, 6, 100, 20000):
        flow = Reader()
        endpoint, peer = world.secured(flow=flow)
        peer.sock.setblocking(True)
        peer.sock.sendall(os.urandom(size))
        peer.sock.shutdown(socket.SHUT_WR)
        world.until(lambda: flow.lost or flow.is_at_end)  # noqa: B023 - called at once
        assert flow.data == b""
        assert isinstance(flow.lost, ssl.SSLError) or endpoint.is_truncated
