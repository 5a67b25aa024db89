"""A tunnel that says goodbye (goodbye.py), in the relay and from its two tasks, on a clock that the
test moves; the sockets are real TCP, the ends are the test's.
"""

import select
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import pytest
import trio
import trio.testing

from httpdlite.proxy.frames import GOING_AWAY, close_frame
from httpdlite.proxy.tunnel import Ending, Reason, Side, TunnelLimits
from httpdlite.serve.draining import AnyTunnel
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import Engine
from httpdlite.serve.goodbye import PATIENCE, relay_tunnel
from httpdlite.serve.relay import Tunnel
from httpdlite.serve.synchronous import SynchronousTunnel
from tests.serve.test_tunnel import Owner, tcp_pair

IDLE = 10.0
KERNEL_SECONDS = 10.0
RELAY = TunnelLimits(IDLE, is_async=True, async_delay=0.0, says_goodbye=True)
KINDS = {"relay": RELAY, "tasks": replace(RELAY, is_async=False)}
MASK = b"mask"
FRAMES = {Side.CLIENT: b"\x81\x86" + MASK + b"abcdef", Side.WORKER: b"\x81\x06abcdef"}
GOODBYE = close_frame(GOING_AWAY)
ANSWERS = {Side.CLIENT: close_frame(GOING_AWAY, MASK), Side.WORKER: GOODBYE}
PART = 4  # bytes of a frame
at_rest = trio.testing.wait_all_tasks_blocked
kinds = pytest.mark.parametrize("limits", KINDS.values(), ids=KINDS.keys())
sides = pytest.mark.parametrize("side", Side)


def other(side: Side) -> Side:
    return Side.WORKER if side is Side.CLIENT else Side.CLIENT


def unmasked(data: bytes) -> bytes:
    """A masked close frame without its mask."""
    mask = data[2:6]
    return bytes((data[0], data[1] & 0x7F, *(a ^ b for a, b in zip(data[6:], mask, strict=False))))


@dataclass
class Scene:
    """A tunnel that has begun, and what can be seen of it."""

    apps: dict[Side, socket.socket]
    endings: list[Ending]
    clock: trio.testing.MockClock
    engine: Engine
    tunnel: AnyTunnel

    async def end(self, reason: Reason = Reason.DRAINED) -> None:
        """As a child that drains does it."""
        if isinstance(self.tunnel, Tunnel):
            self.engine.call(self.tunnel, partial(self.tunnel.end, reason))
        else:
            self.tunnel.end(reason)
        await at_rest()

    async def wait(self, seconds: float) -> None:
        self.clock.jump(seconds)
        await at_rest()

    async def send(self, side: Side, data: bytes) -> None:
        assert self.apps[side].send(data) == len(data)
        await at_rest()

    async def pass_frames(self) -> None:
        for side in Side:
            await self.send(side, FRAMES[side])
            assert self.take(other(side)) == FRAMES[side]

    def take(self, side: Side) -> bytes:
        """What is there, or will be as soon as the kernel has carried it over; b"": the end."""
        select.select([self.apps[side]], [], [], KERNEL_SECONDS)
        return self.apps[side].recv(1 << 20)

    def is_silent(self, side: Side) -> bool:
        """Is nothing there, not even an end?"""
        return not select.select([self.apps[side]], [], [], 0)[0]

    def take_goodbye(self, side: Side) -> None:
        """Exactly our close frame, then the end."""
        data = self.take(side)
        if side is Side.WORKER:
            assert len(data) == len(GOODBYE) + len(MASK)
            data = unmasked(data)
        assert data == GOODBYE
        assert self.take(side) == b""

    async def close(self, *ends: Side) -> None:
        for side in ends:
            self.apps[side].close()
        await at_rest()


Script = Callable[[Scene], Awaitable[None]]


def act(script: Script, limits: TunnelLimits, early: tuple[bytes, bytes] = (b"", b"")) -> Ending:
    clock = trio.testing.MockClock()
    return trio.run(_act, script, limits, early, clock, clock=clock)


async def _act(
    script: Script, limits: TunnelLimits, early: tuple[bytes, bytes], clock: trio.testing.MockClock
) -> Ending:
    bugs: list[BaseException] = []
    endings: list[Ending] = []
    engine = Engine(trio.current_time, lambda bug, flow: bugs.append(bug))
    engine.tasks = 1  # the script is in this thread too
    (client_app, client), (worker_app, worker) = tcp_pair(), tcp_pair()
    apps = {Side.CLIENT: client_app, Side.WORKER: worker_app}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(engine.run)
        ends = [Endpoint(engine, sock, Owner()) for sock in (client, worker)]
        tunnel: AnyTunnel
        if limits.is_async and not limits.async_delay:
            tunnel = relay_tunnel(ends[0], ends[1], limits, endings.append)
            tunnel.start(*early)
        else:
            tunnel = SynchronousTunnel(engine, ends[0], ends[1], limits, endings.append)
            nursery.start_soon(tunnel.run, *early)
        await at_rest()
        await script(Scene(apps, endings, clock, engine, tunnel))
        assert not engine.table
        engine.close()
        await at_rest()
        nursery.cancel_scope.cancel()
    engine.release()
    assert bugs == []
    assert [client.fileno(), worker.fileno()] == [-1, -1]
    for app in apps.values():
        app.close()
    (ending,) = endings
    return ending


@kinds
@pytest.mark.parametrize("reason", [Reason.DRAINED, Reason.UNROUTED])
def test_both_sides_are_told_and_waited_for(limits: TunnelLimits, reason: Reason) -> None:
    async def script(scene: Scene) -> None:
        await scene.pass_frames()
        await scene.end(reason)
        for side in Side:
            scene.take_goodbye(side)
        await scene.send(Side.CLIENT, ANSWERS[Side.CLIENT])
        assert not scene.endings
        await scene.send(Side.WORKER, FRAMES[Side.WORKER] + ANSWERS[Side.WORKER])
        assert scene.endings

    ending = act(script, limits)
    assert (ending.reason, ending.side, ending.seconds) == (reason, None, 0.0)
    passed, answers = list(map(len, FRAMES.values())), list(map(len, ANSWERS.values()))
    assert ending.client_bytes == passed[0] + answers[0]
    assert ending.worker_bytes == 2 * passed[1] + answers[1]


@kinds
def test_the_idle_limit_is_told_as_well(limits: TunnelLimits) -> None:
    async def script(scene: Scene) -> None:
        await scene.wait(IDLE / 2)
        await scene.pass_frames()
        await scene.wait(IDLE - 1)
        assert scene.is_silent(Side.CLIENT)
        await scene.wait(1)
        for side in Side:
            scene.take_goodbye(side)
        await scene.close(*Side)
        assert scene.endings

    assert act(script, limits).reason is Reason.IDLE


@kinds
@sides
def test_who_does_not_answer_is_not_waited_for_long(limits: TunnelLimits, side: Side) -> None:
    async def script(scene: Scene) -> None:
        await scene.end()
        await scene.close(side)
        await scene.wait(PATIENCE - 0.1)
        assert not scene.endings
        scene.take_goodbye(other(side))
        await scene.wait(0.1)

    assert act(script, limits).seconds == pytest.approx(PATIENCE)


@kinds
@sides
def test_a_frame_that_has_begun_is_passed_on_to_its_end(limits: TunnelLimits, side: Side) -> None:
    data = FRAMES[side]

    async def script(scene: Scene) -> None:
        await scene.send(side, data + data[:PART])
        await scene.end()
        scene.take_goodbye(side)
        assert scene.take(other(side)) == data + data[:PART]
        assert scene.is_silent(other(side))
        await scene.wait(PATIENCE - 0.1)
        await scene.send(side, data[PART : PART + 1])
        assert scene.take(other(side)) == data[PART : PART + 1]
        await scene.send(side, data[PART + 1 :] + data + ANSWERS[side])
        rest = scene.take(other(side))
        assert rest.startswith(data[PART + 1 :])
        close = rest[len(data) - PART - 1 :]
        assert (unmasked(close) if side is Side.CLIENT else close) == GOODBYE
        await scene.wait(PATIENCE - 0.1)
        assert not scene.endings
        await scene.send(other(side), ANSWERS[other(side)])

    assert act(script, limits).reason is Reason.DRAINED


@kinds
@sides
def test_a_frame_that_does_not_end_is_given_up(limits: TunnelLimits, side: Side) -> None:
    async def script(scene: Scene) -> None:
        await scene.send(side, FRAMES[side][:PART])
        await scene.end()
        scene.take_goodbye(side)
        await scene.wait(PATIENCE)
        assert scene.take(other(side)) == FRAMES[side][:PART]
        assert scene.take(other(side)) == b""

    assert act(script, limits).reason is Reason.DRAINED


@kinds
@sides
def test_an_end_within_a_frame_gets_no_goodbye(limits: TunnelLimits, side: Side) -> None:
    async def script(scene: Scene) -> None:
        await scene.send(side, FRAMES[side][:PART])
        await scene.end()
        await scene.close(side)
        assert scene.take(other(side)) == FRAMES[side][:PART]
        assert scene.take(other(side)) == b""
        await scene.close(other(side))

    assert act(script, limits).seconds == 0.0


@kinds
def test_nobody_is_told_twice(limits: TunnelLimits) -> None:
    """The client has said that it closes, the worker has not answered yet."""

    async def script(scene: Scene) -> None:
        await scene.send(Side.CLIENT, ANSWERS[Side.CLIENT])
        assert scene.take(Side.WORKER) == ANSWERS[Side.CLIENT]
        await scene.end()
        assert scene.take(Side.WORKER) == b""
        scene.take_goodbye(Side.CLIENT)
        await scene.send(Side.WORKER, ANSWERS[Side.WORKER])

    assert act(script, limits).seconds == 0.0


@kinds
def test_where_both_have_closed_nothing_is_waited_for(limits: TunnelLimits) -> None:
    async def script(scene: Scene) -> None:
        for side in Side:
            await scene.send(side, ANSWERS[side])
            assert scene.take(other(side)) == ANSWERS[side]
        await scene.end()
        assert [scene.take(side) for side in Side] == [b"", b""]

    assert act(script, limits).seconds == 0.0


@kinds
@sides
def test_what_is_no_frame_is_closed_plainly(limits: TunnelLimits, side: Side) -> None:
    async def script(scene: Scene) -> None:
        await scene.send(side, b"GET /")
        await scene.end()
        assert scene.take(other(side)) == b"GET /"
        assert scene.take(other(side)) == b""
        scene.take_goodbye(side)
        await scene.close(*Side)

    act(script, limits)


@kinds
@sides
def test_a_side_that_has_ended_is_told_and_not_waited_for(limits: TunnelLimits, side: Side) -> None:
    """The other one has had its end of the stream already."""

    async def script(scene: Scene) -> None:
        scene.apps[side].shutdown(socket.SHUT_WR)
        await at_rest()
        assert scene.take(other(side)) == b""
        await scene.end()
        scene.take_goodbye(side)
        await scene.close(other(side))

    ending = act(script, limits)
    assert (ending.reason, ending.side, ending.seconds) == (Reason.DRAINED, None, 0.0)


@kinds
def test_bytes_that_came_with_the_heads_are_followed(limits: TunnelLimits) -> None:
    early = FRAMES[Side.WORKER][:PART], FRAMES[Side.CLIENT]

    async def script(scene: Scene) -> None:
        assert scene.take(Side.WORKER) == FRAMES[Side.CLIENT]
        await scene.end()
        scene.take_goodbye(Side.WORKER)
        await scene.send(Side.WORKER, FRAMES[Side.WORKER][PART:])
        assert scene.take(Side.CLIENT) == FRAMES[Side.WORKER] + GOODBYE
        await scene.close(*Side)

    act(script, limits, early)


def send_some(sock: socket.socket, data: bytes) -> int:
    """How much of it went out."""
    try:
        return sock.send(data)
    except BlockingIOError:
        return 0


async def fill(scene: Scene, side: Side, piece: bytes) -> bytes:
    """Send until nothing on the way takes any more; what that was."""
    sent, is_full = b"", False
    while not is_full:
        is_full = True
        data = piece
        while data:
            data = piece[len(sent) % len(piece) :]
            data = data[: send_some(scene.apps[side], data)]
            sent += data
            is_full = is_full and not data
        await at_rest()
    return sent


def all_that_comes(scene: Scene, side: Side) -> Iterator[bytes]:
    while not scene.is_silent(side) and (data := scene.take(side)):
        yield data


@kinds
def test_the_goodbye_goes_behind_what_is_queued(limits: TunnelLimits) -> None:
    piece = b"\x82\x7f" + (200_000).to_bytes(8, "big") + bytes(200_000)

    async def script(scene: Scene) -> None:
        sent = await fill(scene, Side.WORKER, piece)
        await scene.end()
        scene.take_goodbye(Side.WORKER)
        rest = piece[len(sent) % len(piece) :]
        got = bytearray()
        while not got.endswith(GOODBYE):
            got += b"".join(all_that_comes(scene, Side.CLIENT))
            rest = rest[send_some(scene.apps[Side.WORKER], rest) :]
            await at_rest()
        whole = (len(got) - len(GOODBYE)) // len(piece)
        assert got == piece * whole + GOODBYE
        assert whole
        await scene.close(*Side)

    assert act(script, limits).reason is Reason.DRAINED


@kinds
@sides
def test_a_reset_meanwhile_changes_no_reason(limits: TunnelLimits, side: Side) -> None:
    async def script(scene: Scene) -> None:
        await scene.end()
        app = scene.apps[side]
        app.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        await scene.close(side)
        scene.take_goodbye(other(side))
        await scene.close(other(side))

    ending = act(script, limits)
    assert (ending.reason, ending.side, ending.seconds) == (Reason.DRAINED, None, 0.0)


@kinds
def test_the_child_s_end_does_not_wait(limits: TunnelLimits) -> None:
    async def script(scene: Scene) -> None:
        await scene.end(Reason.UNROUTED)
        assert not scene.endings
        scene.engine.close()
        assert scene.endings

    assert act(script, limits).reason is Reason.UNROUTED


def test_without_the_option_nobody_is_told() -> None:
    async def script(scene: Scene) -> None:
        await scene.pass_frames()
        await scene.end()
        assert [scene.take(side) for side in Side] == [b"", b""]

    act(script, replace(RELAY, says_goodbye=False))


@pytest.mark.parametrize("says_goodbye", [True, False])
def test_who_knew_the_tunnel_on_tasks_can_end_it_in_the_relay(says_goodbye: bool) -> None:
    """A list of tunnels may be older than the move."""

    async def script(scene: Scene) -> None:
        await scene.send(Side.CLIENT, FRAMES[Side.CLIENT][:PART])
        await scene.wait(1.0)
        await scene.send(Side.CLIENT, FRAMES[Side.CLIENT][PART:])
        assert len(scene.engine.table) == 2  # it has moved
        assert scene.take(Side.WORKER) == FRAMES[Side.CLIENT]
        await scene.end()
        if says_goodbye:
            for side in Side:
                scene.take_goodbye(side)
        else:
            assert [scene.take(side) for side in Side] == [b"", b""]
        await scene.close(*Side)

    limits = replace(RELAY, async_delay=1.0, says_goodbye=says_goodbye)
    assert act(script, limits).reason is Reason.DRAINED
