"""Tunnels over TLS (tls_relay.py): the model of test_tunnel_model.py, with TLS at either side or
both; then back-pressure and what only TLS has.
"""

import fcntl
import os
import socket
import struct
import termios
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings

from httpdlite.conf.directives.ssl_values import Version
from httpdlite.proxy.tunnel import Ending, Reason, Side, State, TunnelLimits
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import READ
from httpdlite.serve.goodbye import TlsGoodbyeTunnel, relay_tunnel
from httpdlite.serve.relay import Tunnel
from httpdlite.serve.tls_endpoint import TlsEndpoint
from httpdlite.serve.tls_relay import TlsTunnel
from tests.serve.test_tunnel_model import STEPS, Model, Seen, Step, all_of, other
from tests.serve.tls_world import (
    Nobody,
    Peer,
    World,
    client_context,
    server_context,
    shake,
    wait_readable,
)

IDLE = 10.0
LIMITS = TunnelLimits(IDLE, is_async=True, async_delay=0.0)
AT_ONCE = TunnelLimits(IDLE, is_async=True, async_delay=0.0, no_half_close=True)
KINDS = {
    "client": frozenset((Side.CLIENT,)),
    "worker": frozenset((Side.WORKER,)),
    "both": frozenset(Side),
}
LINGER = struct.pack("ii", 1, 0)
SERVERS = {version: server_context(maximum=version) for version in Version if version >= 0x303}


class PlainApp:
    """What is at one end."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.seen = Seen()

    def send(self, data: bytes) -> None:
        assert self.sock.send(data) == len(data)

    def finish(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
        self.sock.close()

    def look(self) -> None:
        """Read what has come."""
        try:
            while data := self.sock.recv(1 << 20):
                self.seen.data += data
        except BlockingIOError:
            pass
        except ConnectionResetError:
            self.seen.was_reset = True


class TlsApp(PlainApp):
    """One that speaks TLS."""

    def __init__(self, peer: Peer) -> None:
        super().__init__(peer.sock)
        self.peer = peer

    def send(self, data: bytes) -> None:
        self.peer.send(data)

    def finish(self) -> None:
        self.peer.say_goodbye()
        super().finish()

    def look(self) -> None:
        if self.seen.was_reset:
            return
        try:
            self.seen.data += self.peer.read()
        except ConnectionResetError:
            self.seen.was_reset = True


@dataclass
class Line:
    """A tunnel, and who is at its ends."""

    tunnel: Tunnel
    apps: dict[Side, PlainApp]
    endings: list[Ending]


class House(World):
    """Tunnels of which some sides speak TLS."""

    def end(self, side: Side, version: Version, *, is_tls: bool) -> tuple[Endpoint, PlainApp]:
        near, far = self.pair()
        if not is_tls:
            return Endpoint(self.engine, near, Nobody()), PlainApp(far)
        endpoint = TlsEndpoint(self.engine, near, Nobody(), READ, self.notes.append)
        if side is Side.CLIENT:
            peer = Peer(far, client_context())
            endpoint.begin(SERVERS[version], is_server=True, server_name="a.example")
        else:
            peer = Peer(far, SERVERS[version], is_server=True)
            peer.tls.expected = "a.example"  # type: ignore[attr-defined]
            context = client_context()
            context.sslobject_class = type(peer.tls)
            endpoint.begin(context, is_server=False, server_name="a.example")
        shake(endpoint, peer)
        if side is Side.WORKER and version is Version.TLS1_3:
            wait_readable(near)  # tickets: unread, they would make a reset of a close
            assert endpoint.receive() is None
        return endpoint, TlsApp(peer)

    def line(
        self,
        kind: frozenset[Side],
        limits: TunnelLimits = LIMITS,
        version: Version = Version.TLS1_3,
        buffer: int = 0,
    ) -> Line:
        ends = {side: self.end(side, version, is_tls=side in kind) for side in Side}
        if buffer:
            for endpoint, _ in ends.values():
                endpoint.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        endings: list[Ending] = []
        client, worker = ends[Side.CLIENT][0], ends[Side.WORKER][0]
        tunnel = relay_tunnel(client, worker, limits, endings.append)
        tunnel.start(b"", b"")
        return Line(tunnel, {side: app for side, (_, app) in ends.items()}, endings)


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.close()


# --- the model ------------------------------------------------------------------------------------


def play(house: House, line: Line, steps: list[Step], *, no_half_close: bool = False) -> None:
    """Do the steps; whatever is open at the end is finished. All is as the model has it."""
    model = Model(no_half_close)
    begun = house.clock.now
    tunnel = line.tunnel

    def at_rest() -> bool:
        """Has the tunnel done what the model has?"""
        for side, app in line.apps.items():
            if side not in model.gone:
                app.look()
        if model.state is State.CLOSED:
            return bool(line.endings)
        received = {Side.CLIENT: tunnel.client.received, Side.WORKER: tunnel.worker.received}
        return tunnel._state is model.state and all(
            received[side] == len(data) and len(line.apps[other(side)].seen.data) == len(data)
            for side, data in model.sent.items()
        )

    for what, side, amount in [*steps, *(("finish", side, 0) for side in Side)]:
        app = line.apps[side]
        if what == "pause":
            model.pause(amount)
            house.clock.now += amount
            house.engine.turn()
        elif not model.can(side):
            continue
        elif what == "send":
            app.send(model.send(side, int(amount)))
        elif what == "finish":
            model.finish(side)
            app.finish()
        else:
            model.reset(side)
            app.reset()
        house.until(at_rest)
        assert bool(line.endings) == (model.state is State.CLOSED)
    assert not house.engine.table
    outcome = model.outcome()
    (ending,) = line.endings
    assert (ending.reason, ending.side) == (outcome.reason, outcome.side)
    assert ending.client_bytes == outcome.received[Side.CLIENT]
    assert ending.worker_bytes == outcome.received[Side.WORKER]
    assert ending.seconds == pytest.approx(outcome.seconds, abs=0.1)
    assert house.clock.now - begun < outcome.seconds + sum(step[2] for step in steps) + 0.1
    for side in outcome.seen:
        seen = whole(line.apps[side])
        assert seen == outcome.seen[side]


def whole(app: PlainApp) -> Seen:
    """What has come in the end, and how the stream ended: with close_notify, where it is TLS."""
    if isinstance(app, TlsApp):
        while not app.seen.was_reset and not app.peer.at_eof:
            app.peer.wait()
            app.look()
        if not app.seen.was_reset:
            assert app.peer.is_at_end()
        return app.seen
    app.sock.setblocking(True)
    rest = all_of(app.sock)
    return Seen(app.seen.data + rest.data, app.seen.was_reset or rest.was_reset)


@pytest.mark.parametrize("version", SERVERS)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@given(steps=STEPS)
@settings(max_examples=40)
def test_tls_does_what_the_model_does(
    kind: frozenset[Side], version: Version, steps: list[Step]
) -> None:
    house = House()
    house.clock.tick = 1e-6
    play(house, house.line(kind, version=version), steps)
    house.close()


@given(steps=STEPS)
@settings(max_examples=40)
def test_tls_does_what_the_model_does_without_half_closes(steps: list[Step]) -> None:
    house = House()
    house.clock.tick = 1e-6
    play(house, house.line(KINDS["both"], AT_ONCE), steps, no_half_close=True)
    house.close()


# --- much data ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", SERVERS)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("buffer", [0, 4608])
def test_much_data_both_ways_at_once(
    house: House, kind: frozenset[Side], version: Version, buffer: int
) -> None:
    line = house.line(kind, version=version, buffer=buffer)
    data = {side: os.urandom(1_500_000) for side in Side}
    rest = {side: memoryview(content) for side, content in data.items()}

    def push() -> bool:
        for side, app in line.apps.items():
            app.look()
            while rest[side] and _has_room(app):
                app.send(bytes(rest[side][:8000]))
                rest[side] = rest[side][8000:]
        return all(len(app.seen.data) == len(data[other(side)]) for side, app in line.apps.items())

    house.until(push)
    assert all(app.seen.data == data[other(side)] for side, app in line.apps.items())
    assert not line.endings


def _has_room(app: PlainApp) -> bool:
    """So that a whole piece is taken."""
    outq = struct.unpack("i", fcntl.ioctl(app.sock, termios.TIOCOUTQ, bytes(4)))[0]
    return bool(outq < 20_000)


def test_a_slow_reader_stops_its_source_and_nothing_more_is_held(house: House) -> None:
    line = house.line(KINDS["both"], buffer=4608)
    sent = 0
    client = line.tunnel.client
    while client.interest & READ:
        if _has_room(line.apps[Side.CLIENT]):
            line.apps[Side.CLIENT].send(bytes(20_000))
            sent += 20_000
        house.engine.turn()
    assert line.tunnel.worker.queued < 64_000
    before = client.received
    house.turn()
    assert client.received == before

    def has_come() -> bool:
        line.apps[Side.WORKER].look()
        return len(line.apps[Side.WORKER].seen.data) == sent

    house.until(has_come)
    assert client.interest & READ


# --- what only TLS has ----------------------------------------------------------------------------


def test_a_truncated_stream_ends_its_side_and_is_noted(house: House) -> None:
    line = house.line(KINDS["client"])
    line.apps[Side.CLIENT].send(b"hello")
    line.apps[Side.CLIENT].sock.shutdown(socket.SHUT_WR)
    worker = line.apps[Side.WORKER].sock
    house.until(lambda: house.notes)
    worker.setblocking(True)
    assert all_of(worker) == Seen(b"hello")
    assert not line.endings
    worker.close()
    house.until(lambda: line.endings)
    assert line.endings[0].reason is Reason.END
    assert line.endings[0].side is Side.CLIENT


def test_a_damaged_record_is_a_reset(house: House) -> None:
    line = house.line(KINDS["client"])
    line.apps[Side.CLIENT].sock.send(b"\x17\x03\x03\0\x20" + bytes(32))
    house.until(lambda: line.endings)
    assert (line.endings[0].reason, line.endings[0].side) == (Reason.RESET, Side.CLIENT)
    house.turn()
    assert whole(line.apps[Side.WORKER]).was_reset


def test_what_was_read_with_the_heads_is_sent_first(house: House) -> None:
    ends = {side: house.end(side, Version.TLS1_3, is_tls=True) for side in Side}
    endings: list[Ending] = []
    tunnel = relay_tunnel(ends[Side.CLIENT][0], ends[Side.WORKER][0], LIMITS, endings.append)
    ends[Side.WORKER][1].send(b", and the rest")
    tunnel.start(b"early", b"")

    def has_come() -> bool:
        ends[Side.CLIENT][1].look()
        return len(ends[Side.CLIENT][1].seen.data) >= 19

    house.until(has_come)
    assert ends[Side.CLIENT][1].seen.data == b"early, and the rest"


def test_the_kind_of_tunnel(house: House) -> None:
    saying = TunnelLimits(IDLE, is_async=True, async_delay=0.0, says_goodbye=True)
    assert type(house.line(KINDS["worker"]).tunnel) is TlsTunnel
    assert type(house.line(frozenset()).tunnel) is Tunnel
    assert type(house.line(KINDS["client"], saying).tunnel) is TlsGoodbyeTunnel


def test_a_goodbye_over_tls(house: House) -> None:
    saying = TunnelLimits(IDLE, is_async=True, async_delay=0.0, says_goodbye=True)
    line = house.line(KINDS["both"], saying)
    line.tunnel.end(Reason.DRAINED)

    def is_told() -> bool:
        for app in line.apps.values():
            app.look()
        return all(app.seen.data for app in line.apps.values())

    house.until(is_told)
    assert line.apps[Side.CLIENT].seen.data == b"\x88\x02\x03\xe9"
    assert line.apps[Side.WORKER].seen.data[:2] == b"\x88\x82"
    for app in line.apps.values():
        app.finish()
    house.until(lambda: line.endings)
    assert line.endings[0].reason is Reason.DRAINED
