"""How a relay tunnel begins and ends when not all is well at that moment (relay.py): queues that
are there already, sides that have gone, limits that another owner had set.
"""

import itertools
import socket
from collections.abc import Iterator

import pytest

from httpdlite.proxy.tunnel import Ending, Reason, Side, State, TunnelLimits
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import NEVER, READ
from httpdlite.serve.relay import SLOW_SIZE, Tunnel
from tests.serve.test_relay import IDLE, Line, Nobody, World, drain, fill, reset, tcp_pair


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.engine.close()
    world.engine.release()
    for sock in world.sockets:
        sock.close()
    assert world.bugs == []


def unstarted(world: World, idle: float | None = IDLE) -> tuple[Line, Endpoint, Endpoint]:
    """Two endpoints that a handshake has left behind, and a tunnel that has not begun."""
    client, worker, near, far = pair(world)
    endings: list[Ending] = []
    limits = TunnelLimits(idle=idle, is_async=True, async_delay=0.0)
    return Line(Tunnel(near, far, limits, endings.append), client, worker, endings), near, far


def pair(world: World) -> tuple[socket.socket, socket.socket, Endpoint, Endpoint]:
    (client, near), (far, worker) = tcp_pair(), tcp_pair()
    for sock in (client, near, far, worker):
        sock.setblocking(False)
        world.sockets.append(sock)
    ends = [Endpoint(world.engine, sock, Nobody()) for sock in (near, far)]
    return client, worker, ends[0], ends[1]


def ending_of(line: Line) -> tuple[Reason, Side | None]:
    (ending,) = line.endings
    return ending.reason, ending.side


def read(sock: socket.socket, world: World, count: int) -> bytes:
    """So many bytes, however long the tunnel takes."""
    got = bytearray()
    while len(got) < count:
        got += drain(sock)
        world.engine.turn()
    return bytes(got)


# --- the beginning --------------------------------------------------------------------------------


@pytest.mark.parametrize("early", [b"", b"came with the heads "])
@pytest.mark.parametrize("stalled", list(Side))
def test_what_is_queued_already_goes_first_and_its_source_is_not_read(
    world: World, stalled: Side, early: bytes
) -> None:
    line, near, far = unstarted(world)
    ends = {Side.CLIENT: (near, line.client), Side.WORKER: (far, line.worker)}
    endpoint, app = ends.pop(stalled)
    ((source, source_app),) = ends.values()
    filled = fill(endpoint.sock)
    endpoint.send(b"queued ")
    line.tunnel.start(*((early, b"") if stalled is Side.CLIENT else (b"", early)))
    assert not source.interest & READ
    source_app.send(b"sent later")
    world.engine.turn()
    assert endpoint.queued == len(b"queued " + early)
    got = read(app, world, filled + len(b"queued " + early + b"sent later"))
    assert got.endswith(b"queued " + early + b"sent later")
    assert source.interest == READ


@pytest.mark.parametrize("gone", list(Side))
def test_who_has_gone_before_the_tunnel_begins_ends_it(world: World, gone: Side) -> None:
    line, near, far = unstarted(world)
    reset(line.client if gone is Side.CLIENT else line.worker)
    line.tunnel.start(b"for the client", b"for the worker")
    world.engine.turn()
    assert ending_of(line) == (Reason.RESET, gone)
    with pytest.raises(ConnectionResetError):
        drain(line.worker if gone is Side.CLIENT else line.client)
    assert near.sock.fileno() == far.sock.fileno() == -1


def test_neither_count_nor_deadline_of_the_handshake_is_left(world: World) -> None:
    client, worker, near, far = pair(world)
    near.received = far.received = 1000
    near.expire_at(world.clock.now + 1)
    far.expire_at(world.clock.now + 1)
    endings: list[Ending] = []
    limits = TunnelLimits(idle=IDLE, is_async=True, async_delay=0.0)
    line = Line(Tunnel(near, far, limits, endings.append), client, worker, endings)
    line.tunnel.start(b"four", b"seven!!")
    world.clock.now += IDLE - 1
    world.engine.turn()
    assert line.is_open
    world.clock.now += 1
    world.engine.turn()
    assert ending_of(line) == (Reason.IDLE, None)
    assert (endings[0].client_bytes, endings[0].worker_bytes) == (7, 4)
    assert endings[0].seconds == IDLE


def test_no_limit_is_none(world: World) -> None:
    line, near, far = unstarted(world, idle=None)
    line.tunnel.start(b"", b"")
    line.client.send(b"x")
    world.engine.turn()
    world.clock.now += 1e9
    world.engine.turn()
    assert line.is_open
    assert near.deadline == far.deadline == NEVER


def test_what_a_tunnel_was_before_it_came_here_counts(world: World) -> None:
    line, near, _ = unstarted(world)
    before = {Side.CLIENT: 5, Side.WORKER: 6}
    line.tunnel.began_before(100.0, 4.0, before, State.CLIENT_DONE, Reason.END, Side.CLIENT)
    line.tunnel.start(b"", b"rest", counted=True)
    world.engine.turn()
    assert drain(line.worker) == b"rest"
    assert not near.interest & READ  # it has ended, and is not asked again
    world.clock.now += IDLE - 4.0
    world.engine.turn()
    assert ending_of(line) == (Reason.IDLE, None)
    (ending,) = line.endings
    assert (ending.client_bytes, ending.worker_bytes) == (5, 6)
    assert ending.seconds == 100.0 + IDLE - 4.0


def test_readiness_from_before_a_pause_does_not_let_bytes_overtake_the_queue(world: World) -> None:
    """The worker's 101 and the client's bytes in one batch: the tunnel begins in the middle of it,
    pauses the client, and the client's event is still to come.
    """
    line, near, far = unstarted(world)
    filled = fill(far.sock)
    line.tunnel.start(b"", b"early ")
    got = len(drain(line.worker))  # the worker reads: there is room again
    line.client.send(b"late")
    line.tunnel.on_ready(near, READ)
    rest = read(line.worker, world, filled + len(b"early late") - got)
    assert rest.endswith(b"early late")


# --- while something is queued --------------------------------------------------------------------


def test_two_floods_that_meet_arrive_whole(world: World) -> None:
    line = world.line(over_tcp=True)
    for endpoint in (line.tunnel.client, line.tunnel.worker):  # queues are to drain in parts
        endpoint.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    sent = {Side.CLIENT: 0, Side.WORKER: 0}
    while not (line.tunnel.client.queue and line.tunnel.worker.queue):
        sent[Side.CLIENT] += fill(line.client)
        sent[Side.WORKER] += fill(line.worker)
        world.engine.turn()
    got = {Side.CLIENT: 0, Side.WORKER: 0}
    while got[Side.CLIENT] < sent[Side.WORKER] or got[Side.WORKER] < sent[Side.CLIENT]:
        got[Side.CLIENT] += take(line.client)
        got[Side.WORKER] += take(line.worker)
        world.engine.turn(seconds=-1.0)
    assert line.is_open
    assert line.tunnel.client.interest == line.tunnel.worker.interest == READ


def take(sock: socket.socket) -> int:
    try:
        return len(sock.recv(100_000))
    except BlockingIOError:
        return 0


def test_reads_grow_again_after_a_stall(world: World) -> None:
    line = world.line(over_tcp=True)
    client = line.tunnel.client
    while not line.tunnel.worker.queue:
        fill(line.client)
        world.engine.turn()
    counts = [client.received]
    world.engine.after_batch.append(lambda: counts.append(client.received))
    while not any(b - a > SLOW_SIZE for a, b in itertools.pairwise(counts[1:])):
        drain(line.worker)
        world.engine.turn(seconds=-1.0)
        fill(line.client)
        assert len(counts) < 10_000
    world.engine.after_batch.clear()


def test_a_side_that_speaks_and_resets_over_a_queue_is_one_reset(world: World) -> None:
    line = world.line(over_tcp=True)
    while not line.tunnel.worker.queue:
        fill(line.client)
        world.engine.turn()
    line.worker.send(b"last words")
    reset(line.worker)
    world.engine.turn()
    assert ending_of(line) == (Reason.RESET, Side.WORKER)
    with pytest.raises(ConnectionResetError):
        drain(line.client)


# --- the end --------------------------------------------------------------------------------------


def test_a_reset_after_a_half_close_is_found_by_the_next_bytes_and_has_its_own_side(
    world: World,
) -> None:
    line = world.line(over_tcp=True)
    line.worker.shutdown(socket.SHUT_WR)
    world.engine.turn()
    reset(line.worker)
    world.engine.turn()
    assert line.is_open
    assert not line.tunnel.worker.registered  # nothing wakes the engine meanwhile
    line.client.send(b"anybody there?")
    world.engine.turn()
    assert ending_of(line) == (Reason.RESET, Side.WORKER)


def test_an_ended_tunnel_is_no_cycle(world: World) -> None:
    line = world.line()
    client, worker = line.tunnel.client, line.tunnel.worker
    line.client.shutdown(socket.SHUT_WR)
    line.worker.shutdown(socket.SHUT_WR)
    world.engine.turn()
    assert ending_of(line)[0] is Reason.END
    assert client.peer is worker.peer is None


def test_the_end_of_the_child_is_one_ending(world: World) -> None:
    line = world.line()
    world.engine.close()
    line.tunnel.abandon()
    assert ending_of(line) == (Reason.SHUTDOWN, None)


# --- faults ---------------------------------------------------------------------------------------


def test_a_fault_of_our_own_is_not_called_a_shutdown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, near, _ = unstarted(world)
    line.tunnel.start(b"", b"")

    def fail(endpoint: Endpoint) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Tunnel, "_end_of_stream", lambda self, endpoint: fail(endpoint))
    line.client.shutdown(socket.SHUT_WR)
    world.engine.turn()
    assert ending_of(line) == (Reason.FAULT, None)
    assert [str(bug) for bug in world.bugs] == ["a bug"]
    world.bugs.clear()
    assert near.is_closed
