"""The relay's rules (relay.py), turn by turn, on real sockets and a fake clock."""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from httpdlite.proxy.tunnel import Ending, Reason, Side, TunnelLimits
from httpdlite.serve.endpoint import BUFFER_SIZE, SHORT_SIZE, Endpoint
from httpdlite.serve.engine import BATCH, READ, WRITE, Engine
from httpdlite.serve.relay import SLOW_SIZE, Tunnel

IDLE = 10.0


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


class Nobody:
    """Owns an endpoint until the tunnel does."""

    def on_ready(self, endpoint: Endpoint, events: int) -> None: ...
    def on_deadline(self, endpoint: Endpoint) -> None: ...
    def abandon(self) -> None: ...


@dataclass
class Line:
    """A tunnel, and the two applications at its ends."""

    tunnel: Tunnel
    client: socket.socket
    worker: socket.socket
    endings: list[Ending]

    @property
    def is_open(self) -> bool:
        return not self.endings


@dataclass
class World:
    clock: Clock = field(default_factory=Clock)
    bugs: list[BaseException] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = Engine(self.clock, lambda bug, flow: self.bugs.append(bug))

    def line(self, *, over_tcp: bool = False) -> Line:
        pair = tcp_pair if over_tcp else socket.socketpair
        (client, near), (far, worker) = pair(), pair()
        for sock in (client, near, far, worker):
            sock.setblocking(False)
            self.sockets.append(sock)
        endpoints = [Endpoint(self.engine, sock, Nobody()) for sock in (near, far)]
        endings: list[Ending] = []
        limits = TunnelLimits(idle=IDLE, is_async=True, async_delay=0.0)
        tunnel = Tunnel(endpoints[0], endpoints[1], limits, endings.append)
        tunnel.start(b"", b"")
        return Line(tunnel, client, worker, endings)


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = socket.create_connection(listener.getsockname())
        return one, listener.accept()[0]


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def fill(sock: socket.socket) -> int:
    """Send until the socket takes no more, nor when asked again; how much that was."""
    sent, refused = 0, 0
    while refused < 100:
        try:
            sent += sock.send(bytes(65536))
        except BlockingIOError:
            refused += 1
    return sent


def drain(sock: socket.socket) -> bytes:
    """All that is there now."""
    got = bytearray()
    while True:
        try:
            data = sock.recv(1 << 20)
        except BlockingIOError:
            return bytes(got)
        if not data:
            return bytes(got)
        got += data


def drain_for_ever(sock: socket.socket, engine: Engine) -> None:
    while True:
        drain(sock)
        engine.turn()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.engine.close()
    world.engine.release()
    for sock in world.sockets:
        sock.close()
    assert world.bugs == []


@pytest.mark.parametrize("size", [1, SHORT_SIZE - 1, SHORT_SIZE, SHORT_SIZE + 1, 65536])
def test_a_message_of_any_size_arrives_as_it_was(world: World, size: int) -> None:
    line = world.line()
    message = bytes(number % 251 for number in range(size))
    line.client.sendall(message)
    world.engine.turn()
    assert drain(line.worker) == message


# --- fairness: rule 2 ---------------------------------------------------------------------------


def test_a_flood_gets_one_buffer_per_batch_and_delays_nobody_longer(world: World) -> None:
    flooded = world.line(over_tcp=True)
    quiet = [world.line() for _ in range(BATCH * 2)]
    moved: list[int] = []
    served: list[int] = []

    def look() -> None:
        moved.append(flooded.tunnel.client.received)
        served.append(sum(line.tunnel.client.received for line in quiet))
        drain(flooded.worker)
        fill(flooded.client)

    assert fill(flooded.client) > BUFFER_SIZE
    for line in quiet:
        line.client.send(b"x")
    world.engine.after_batch.append(look)
    for _ in range(4):
        world.engine.turn(seconds=-1.0)  # two batches
    world.engine.after_batch.clear()
    steps = [after - before for before, after in zip([0, *moved], moved, strict=False)]
    assert max(steps) <= BUFFER_SIZE
    assert moved[-1] > BUFFER_SIZE  # it was a flood all the time
    batches = -(-(len(quiet) + 2) // BATCH)  # all that are ready, and one turn of the flood
    assert served[batches] == len(quiet)


def test_after_a_stall_the_first_read_is_a_small_one(world: World) -> None:
    line = world.line(over_tcp=True)
    client, worker = line.tunnel.client, line.tunnel.worker
    fill(line.client)
    while not worker.queue:
        world.engine.turn()
        fill(line.client)
    assert not client.interest & READ
    assert 0 < worker.queued <= BUFFER_SIZE
    after_each: list[int] = []
    world.engine.after_batch.append(lambda: after_each.append(client.received))
    stalled_at = client.received
    while not after_each or after_each[-1] == stalled_at:
        drain(line.worker)
        world.engine.turn(seconds=-1.0)
    first = next(count for count in after_each if count > stalled_at)
    assert first - stalled_at <= SLOW_SIZE


# --- readiness that is none, and endings ---------------------------------------------------------


def test_readiness_without_data_changes_nothing(world: World) -> None:
    line = world.line()
    line.tunnel.on_ready(line.tunnel.client, READ)
    line.tunnel.on_ready(line.tunnel.worker, READ | WRITE)
    assert line.is_open
    assert line.tunnel.client.interest == READ
    line.client.send(b"x")
    world.engine.turn()
    assert drain(line.worker) == b"x"


def test_a_send_that_takes_nothing_queues_the_message_and_stops_reading(world: World) -> None:
    line = world.line()
    filled = fill(line.tunnel.worker.sock)
    line.client.send(b"kept")
    world.engine.turn()
    assert line.tunnel.worker.queued == 4
    assert not line.tunnel.client.interest & READ
    got = b""
    while len(got) < filled + 4:
        got += drain(line.worker)
        world.engine.turn()
    assert got.endswith(b"kept")
    assert line.tunnel.client.interest == READ
    assert not line.tunnel.worker.interest & WRITE


def test_a_reset_with_both_directions_stalled_ends_the_tunnel_at_once(world: World) -> None:
    line = world.line(over_tcp=True)
    while not line.tunnel.client.interest == line.tunnel.worker.interest == WRITE:
        fill(line.client)
        fill(line.worker)
        world.engine.turn()
    reset(line.worker)
    world.engine.turn()
    assert [(ending.reason, ending.side) for ending in line.endings] == [
        (Reason.RESET, Side.WORKER)
    ]
    with pytest.raises(ConnectionResetError):
        drain(line.client)


def test_a_reset_of_a_side_that_is_not_read_is_found_once_the_queue_is_empty(world: World) -> None:
    line = world.line(over_tcp=True)
    while not line.tunnel.worker.queue:
        fill(line.client)
        world.engine.turn()
    reset(line.client)
    world.engine.turn()
    assert line.is_open
    assert not line.tunnel.client.registered  # else ERR and HUP would wake the engine for ever
    with pytest.raises(ConnectionResetError):
        drain_for_ever(line.worker, world.engine)
    assert [(ending.reason, ending.side) for ending in line.endings] == [
        (Reason.RESET, Side.CLIENT)
    ]


def test_a_hang_up_with_unread_bytes_is_no_reset(world: World) -> None:
    line = world.line()
    line.client.send(b"bye")
    line.client.close()  # a unix socket's HUP; the bytes come with it
    world.engine.turn()
    assert drain(line.worker) == b"bye"
    assert line.is_open  # the worker may still have something to say
    line.worker.close()
    world.engine.turn()
    assert line.endings[0].side is Side.CLIENT
    assert not world.engine.table


def test_half_of_the_tunnels_reset_in_one_batch_and_the_others_go_on(world: World) -> None:
    lines = [world.line(over_tcp=True) for _ in range(40)]
    for line in lines[::2]:
        reset(line.client)
    for line in lines[1::2]:
        line.client.send(b"x")
    world.engine.turn()
    assert all(line.endings[0].reason is Reason.RESET for line in lines[::2])
    assert all(drain(line.worker) == b"x" and line.is_open for line in lines[1::2])
    assert len(world.engine.table) == len(lines)  # two endpoints for each of the other half


def test_both_sides_reset_in_one_batch_are_one_ending(world: World) -> None:
    line = world.line(over_tcp=True)
    reset(line.client)
    reset(line.worker)
    world.engine.turn()
    assert [ending.reason for ending in line.endings] == [Reason.RESET]
    assert not world.engine.table


# --- the idle limit: rule 5 -----------------------------------------------------------------------


def test_exactly_those_that_were_silent_are_closed(world: World) -> None:
    lines = [world.line() for _ in range(30)]
    world.clock.now += IDLE - 1
    for line in lines[::3]:
        line.client.send(b"x")
    for line in lines[1::3]:
        line.worker.send(b"y")
    world.engine.turn()
    world.clock.now += 0.9
    world.engine.turn()
    assert all(line.is_open for line in lines)
    world.clock.now += 0.1
    world.engine.turn()
    silent = lines[2::3]
    assert [line for line in lines if not line.is_open] == silent
    assert {line.endings[0].reason for line in silent} == {Reason.IDLE}
    world.clock.now += IDLE
    world.engine.turn()
    assert not any(line.is_open for line in lines)


def test_bytes_that_leave_a_queue_count_as_a_sign_of_life(world: World) -> None:
    line = world.line()
    fill(line.tunnel.worker.sock)
    line.client.send(b"queued")
    world.engine.turn()
    world.clock.now += IDLE - 1
    drain(line.worker)
    world.engine.turn()
    assert not line.tunnel.worker.queue
    world.clock.now += IDLE - 1
    world.engine.turn()
    assert line.is_open
    world.clock.now += 1
    world.engine.turn()
    assert line.endings[0].reason is Reason.IDLE
