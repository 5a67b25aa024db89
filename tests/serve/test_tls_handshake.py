"""From an accepted connection to TLS (tls_handshake.py): names, alerts, turns, limits."""

import socket
import ssl
from collections.abc import Iterator

import pytest

from httpdlite.conf.directives.mod_reqtimeout import Stage
from httpdlite.conf.directives.ssl_values import Version
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import READ
from httpdlite.serve.tls_endpoint import TlsEndpoint
from httpdlite.serve.tls_handshake import Turns
from tests.serve.tls_world import (
    AUTHORITY,
    TIMEOUT,
    VERSIONS,
    House,
    Nobody,
    Peer,
    client_context,
    server_context,
    session_of,
    wait_readable,
)

each_version = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS.keys())


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.close()


def served_by(peer: Peer) -> str:
    """The name in the certificate that the client has got."""
    certificate = peer.tls.getpeercert()
    assert certificate is not None
    return dict(part for parts in certificate["subject"] for part in parts)["commonName"]  # type: ignore[misc]


# --- the vhost's context --------------------------------------------------------------------------


@each_version
def test_the_context_is_that_of_the_name(house: House, version: Version) -> None:
    house.contexts["b.example"] = server_context(AUTHORITY.issue("b.example"))
    for name in ("a.example", "b.example"):
        owner, peer = house.connect(client_context(version), name)
        house.meet(owner, peer)
        assert owner.endpoint is not None
        assert owner.hello is not None
        assert owner.hello.server_name == name
        assert served_by(peer) == name


def test_without_a_name_it_is_the_default(house: House) -> None:
    context = client_context()
    context.check_hostname = False
    owner, peer = house.connect(context, None)
    house.meet(owner, peer)
    assert owner.endpoint is not None
    assert house.asked == [None]


def test_a_hello_in_single_bytes_and_data_right_behind_the_handshake(house: House) -> None:
    owner, peer = house.connect()
    with pytest.raises(ssl.SSLWantReadError):
        peer.tls.do_handshake()
    for number in peer.take_wire():
        peer.sock.send(bytes([number]))
        house.engine.turn()
    house.until(lambda: _has_heard(peer))
    peer.tls.do_handshake()
    peer.tls.write(b"GET / HTTP/1.1\r\n")
    peer.send_wire()
    house.until(lambda: owner.calls)
    house.until(lambda: owner.flow.data)
    assert owner.flow.data == b"GET / HTTP/1.1\r\n"


def _has_heard(peer: Peer) -> bool:
    peer.hear()
    return peer.incoming.pending > 0


def test_a_minimum_version_of_the_chosen_vhost_is_enforced(house: House) -> None:
    house.contexts["a.example"] = server_context(minimum=Version.TLS1_3)
    owner, peer = house.connect(client_context(Version.TLS1_2))
    assert "PROTOCOL_VERSION" in str(house.refuse(owner, peer).reason)
    assert owner.why == "unsupported protocol"


def test_a_client_without_common_ciphers(house: House) -> None:
    house.default = server_context(ciphers="ECDHE-ECDSA-AES256-GCM-SHA384", maximum=Version.TLS1_2)
    context = client_context(Version.TLS1_2)
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    owner, peer = house.connect(context)
    assert "HANDSHAKE_FAILURE" in str(house.refuse(owner, peer).reason)
    assert owner.why == "no shared cipher"


def test_a_name_that_the_library_reads_otherwise_fails(house: House) -> None:
    """What would happen if our reading were wrong."""
    house.contexts["a.example"] = server_context()
    far = house.accept()[1]
    peer = Peer(far, client_context())
    with pytest.raises(ssl.SSLWantReadError):
        peer.tls.do_handshake()
    wire = peer.take_wire()
    far.send(wire)
    endpoint = owner_endpoint(house, far)
    wait_readable(endpoint.sock, len(wire))
    assert endpoint.receive() == wire
    endpoint.begin(server_context(), is_server=True, server_name="b.example", received=wire)
    with pytest.raises(ssl.SSLError):
        endpoint.handshake()
    peer.wait()
    with pytest.raises(ssl.SSLError, match=r"(?i)alert internal error"):
        peer.step()


def owner_endpoint(house: House, far: socket.socket) -> TlsEndpoint:
    """The one at the other end."""
    (endpoint,) = [
        endpoint
        for endpoint in house.engine.table.values()
        if endpoint.sock.getsockname() == far.getpeername()
    ]
    assert isinstance(endpoint, TlsEndpoint)
    return endpoint


# --- what is no TLS -------------------------------------------------------------------------------


def test_plain_http_is_handed_over_as_such(house: House) -> None:
    owner, far = house.accept()
    far.send(b"GET / HTTP/1.1\r\nHost: a.example\r\n")
    house.until(lambda: owner.calls)
    assert owner.plain == b"GET / HTTP/1.1\r\nHost: a.example\r\n"
    assert owner.plain_endpoint is not None
    assert not owner.plain_endpoint.is_tls
    owner.plain_endpoint.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    wait_readable(far)
    assert far.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "garbage, alert",
    [
        (b"\x16\x03\x01\0\x05hello", b"\x15\x03"),
        (b"\x16\x03\x01\xff\xff" * 9, b"\x15\x03"),
        (b"OPTIONS * HTTP/1.1\r\n\r\n", b""),  # the library says nothing to who speaks no TLS
        (b"\0" * 40, b""),
    ],
)
def test_garbage_gets_what_the_library_says_and_the_end(
    house: House, garbage: bytes, alert: bytes
) -> None:
    owner, far = house.accept()
    far.send(garbage)
    house.until(lambda: owner.calls)
    assert owner.why
    wait_readable(far)
    assert far.recv(100)[:2] == alert
    far.close()
    house.until(lambda: not house.connections)


def test_a_client_that_leaves_is_no_bug(house: House) -> None:
    for sent in (b"", b"\x16", b"\x16\x03\x01\x02\0"):
        owner, far = house.accept()
        far.send(sent)
        far.close()
        house.until(lambda: owner.calls)  # noqa: B023 - called at once
        assert owner.why == "the client has closed the connection"
    owner, peer = house.connect()
    peer.step()
    house.engine.turn()
    peer.sock.close()
    house.until(lambda: owner.calls)
    assert owner.why
    assert not house.connections


# --- time -----------------------------------------------------------------------------------------


def test_a_stalled_handshake_is_cut_by_timeout(house: House) -> None:
    owner, far = house.accept()
    far.send(b"\x16\x03\x01")
    house.turn()
    house.clock.now += TIMEOUT - 1
    house.turn()
    assert not owner.calls
    house.clock.now += 1
    house.turn()
    assert owner.why == "the handshake took too long"
    assert not house.connections


def test_a_stage_of_requestreadtimeout_counts_instead(house: House) -> None:
    owner, far = house.accept(Stage(5, 20, 1))
    far.send(b"\x16\x03\x01")
    wait_readable(owner_endpoint(house, far).sock)
    house.turn()
    house.clock.now += 6  # three bytes have given three seconds more
    house.turn()
    assert not owner.calls
    house.clock.now += 2
    house.turn()
    assert owner.why


def test_500_stalled_handshakes_do_not_stop_one_that_works(house: House) -> None:
    stalled = [house.connect() for _ in range(170)]
    for _, peer in stalled:
        peer.step()  # its hello is sent, and nothing more
    halves = [house.connect() for _ in range(170)]
    for _, peer in halves:
        with pytest.raises(ssl.SSLWantReadError):
            peer.tls.do_handshake()
        wire = peer.take_wire()
        peer.sock.send(wire[: len(wire) // 2])
    silent = [house.accept() for _ in range(170)]
    owner, peer = house.connect()
    house.meet(owner, peer)
    assert owner.endpoint is not None
    peer.send(b"hello")
    house.until(lambda: owner.flow.data)
    house.turn()
    house.clock.now += TIMEOUT
    house.turn()
    assert all(other.why for other, _ in (*stalled, *halves, *silent))
    assert house.connections == [owner.endpoint]


def test_one_step_per_batch_and_others_are_not_kept_waiting(house: House) -> None:
    """200 hellos are there at once; a plain connection has its answer after a few steps."""
    done: list[int] = []  # steps until the answer
    steps = count_steps(house)

    class Echo(Nobody):
        def on_ready(self, endpoint: Endpoint, events: int) -> None:
            data = endpoint.receive()
            if data:
                endpoint.send(data)
                done.append(len(steps))

    near, far = house.pair()
    Endpoint(house.engine, near, Echo())
    peers = [house.connect() for _ in range(200)]
    for _, peer in peers:
        with pytest.raises(ssl.SSLWantReadError):
            peer.tls.do_handshake()
        peer.send_wire()
    house.engine.turn(seconds=-1.0)
    far.send(b"ping")
    wait_readable(near)
    before = len(steps)
    house.until(lambda: done)
    assert done[0] - before <= 2 * (len(peers) // 64 + 2)
    for owner, peer in peers:
        house.meet(owner, peer)
    assert all(owner.endpoint for owner, _ in peers)


def count_steps(house: House) -> list[object]:
    """Notes every turn that is given."""
    steps: list[object] = []
    take = house.turns.take

    def noting(endpoint: Endpoint) -> bool:
        is_its = take(endpoint)
        if is_its:
            steps.append(endpoint)
        return is_its

    house.turns.take = noting  # type: ignore[method-assign]
    return steps


@pytest.mark.parametrize("leaves", [True, False])
def test_one_that_ends_while_it_waits_does_not_stop_the_line(house: House, leaves: bool) -> None:
    turns = house.turns
    ends = [Endpoint(house.engine, house.pair()[0], Asker(turns)) for _ in range(5)]
    assert turns.take(ends[0])
    assert not any(turns.take(end) for end in ends[1:])
    assert not turns.take(ends[1])  # he stands in the line once
    for end in ends[1:4:2]:
        end.close()
        if leaves:
            turns.leave(end)
    house.until(lambda: ends[4].flow.had)  # type: ignore[attr-defined]
    assert [len(end.flow.had) for end in ends[1:]] == [0, 1, 0, 1]  # type: ignore[attr-defined]
    assert ends[2].flow.had != ends[4].flow.had  # type: ignore[attr-defined] # a batch each
    assert ends[2].interest == READ
    assert not house.engine.turn()  # nobody keeps the engine awake


class Asker(Nobody):
    """Notes when it has had its turn."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.had: list[float] = []

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        if self.turns.take(endpoint):
            self.had.append(endpoint.engine.now)


def test_a_call_from_a_task_does_not_run_the_whole_line(house: House) -> None:
    """Outside of turns the engine goes on until nobody wants to run again."""
    turns = house.turns
    ends = [Endpoint(house.engine, house.pair()[0], Asker(turns)) for _ in range(20)]
    for end in ends:
        turns.take(end)
    house.engine.call(ends[0].flow, lambda: None)
    assert len([end for end in ends if end.flow.had]) <= 1  # type: ignore[attr-defined]


# --- sessions ------------------------------------------------------------------------------------


@each_version
@pytest.mark.parametrize("tickets", [True, False])
def test_sessions_are_resumed(house: House, version: Version, tickets: bool) -> None:
    house.default = server_context(tickets=tickets)
    context = client_context(version)
    owner, peer = house.connect(context)
    house.meet(owner, peer)
    owner, peer = house.connect(context, session=session_of(house, peer))
    house.meet(owner, peer)
    assert owner.endpoint is not None
    assert owner.endpoint.tls is not None
    assert owner.endpoint.tls.session_reused
