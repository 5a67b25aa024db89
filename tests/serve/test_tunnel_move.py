"""The move of a tunnel from its two tasks to the relay (synchronous.py, rule 4) while bytes are on
their way, on a clock that the test moves; the sockets are real TCP.
"""

import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
import trio
import trio.testing

from httpdlite.proxy.tunnel import Ending, Reason, Side, TunnelLimits
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import Engine
from httpdlite.serve.synchronous import SynchronousTunnel
from tests.serve.test_tunnel import Owner, tcp_pair

DELAY, IDLE = 1.0, 10.0
at_rest = trio.testing.wait_all_tasks_blocked


@dataclass
class Scene:
    """A tunnel on tasks, which has begun, and what can be seen of it."""

    engine: Engine
    apps: dict[Side, socket.socket]
    endings: list[Ending]
    clock: trio.testing.MockClock

    def has_moved(self) -> bool:
        return len(self.engine.table) == 2

    async def wait(self, seconds: float) -> None:
        self.clock.jump(seconds)
        await at_rest()

    async def read(self, side: Side, count: int) -> bytes:
        """So many bytes, while the tunnel goes on."""
        got = bytearray()
        while len(got) < count:
            got += self.take(side)
            await trio.lowlevel.checkpoint()
        return bytes(got)

    def take(self, side: Side) -> bytes:
        try:
            return self.apps[side].recv(1 << 20)
        except BlockingIOError:
            return b""

    async def stall(self, side: Side) -> bytes:
        """Send from this side until nothing on the way takes any more; what that was."""
        sent = b""
        while True:
            data = bytes([len(sent) // 65536 % 251]) * 65536
            try:
                sent += data[: self.apps[side].send(data)]
            except BlockingIOError:
                await at_rest()
                try:
                    sent += data[: self.apps[side].send(data)]
                except BlockingIOError:
                    return sent


def act(
    script: Callable[[Scene], Awaitable[None]],
    *,
    early: tuple[bytes, bytes] = (b"", b""),
    queued: bytes = b"",
    delay: float = DELAY,
) -> Ending:
    clock = trio.testing.MockClock()
    limits = TunnelLimits(IDLE, is_async=True, async_delay=delay)
    return trio.run(_act, script, early, queued, limits, clock, clock=clock)


async def _act(
    script: Callable[[Scene], Awaitable[None]],
    early: tuple[bytes, bytes],
    queued: bytes,
    limits: TunnelLimits,
    clock: trio.testing.MockClock,
) -> Ending:
    bugs: list[BaseException] = []
    engine = Engine(trio.current_time, lambda bug, flow: bugs.append(bug))
    engine.tasks = 1  # the script is in this thread too
    (client_app, client), (worker_app, worker) = tcp_pair(), tcp_pair()
    scene = Scene(engine, {Side.CLIENT: client_app, Side.WORKER: worker_app}, [], clock)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(engine.run)
        ends = [Endpoint(engine, sock, Owner()) for sock in (client, worker)]
        if queued:
            ends[0].queue_rest(queued)
        tunnel = SynchronousTunnel(engine, ends[0], ends[1], limits, scene.endings.append)
        nursery.start_soon(tunnel.run, *early)
        await at_rest()
        await script(scene)
        engine.close()
        await at_rest()
        nursery.cancel_scope.cancel()
    engine.release()
    for app in scene.apps.values():
        app.close()
    assert bugs == []
    (ending,) = scene.endings
    return ending


@pytest.mark.parametrize("stalled", list(Side))
def test_what_a_task_held_is_sent_by_the_relay_and_counted_once(stalled: Side) -> None:
    source = Side.WORKER if stalled is Side.CLIENT else Side.CLIENT

    async def script(scene: Scene) -> None:
        sent = await scene.stall(source)
        await scene.wait(DELAY)
        assert scene.has_moved()
        assert await scene.read(stalled, len(sent)) == sent
        scene.apps[source].send(b"and on")
        assert await scene.read(stalled, 6) == b"and on"
        totals.append(len(sent) + 6)
        scene.apps[source].shutdown(socket.SHUT_WR)
        scene.apps[stalled].shutdown(socket.SHUT_WR)
        await at_rest()

    totals: list[int] = []
    ending = act(script)
    received = {Side.CLIENT: ending.client_bytes, Side.WORKER: ending.worker_bytes}
    assert received == {source: totals[0], stalled: 0}
    assert ending.reason is Reason.END


def test_what_was_queued_before_the_tunnel_goes_first_and_is_not_counted() -> None:
    async def script(scene: Scene) -> None:
        assert await scene.read(Side.CLIENT, 17) == b"the 101 and early"
        assert await scene.read(Side.WORKER, 3) == b"too"

    ending = act(script, early=(b" and early", b"too"), queued=b"the 101")
    assert (ending.worker_bytes, ending.client_bytes) == (10, 3)


def test_silence_and_duration_go_on_where_they_were() -> None:
    async def script(scene: Scene) -> None:
        await scene.wait(0.5)
        scene.apps[Side.CLIENT].send(b"x")
        await at_rest()
        await scene.wait(DELAY - 0.25)
        assert not scene.has_moved()
        await scene.wait(0.25)
        assert scene.has_moved()
        await scene.wait(IDLE - DELAY - 0.25)
        assert not scene.endings
        await scene.wait(0.25)
        assert scene.endings

    ending = act(script)
    assert (ending.reason, ending.seconds) == (Reason.IDLE, 0.5 + IDLE)


def test_who_has_ended_a_side_stays_on_tasks() -> None:
    async def script(scene: Scene) -> None:
        scene.apps[Side.WORKER].shutdown(socket.SHUT_WR)
        await at_rest()
        await scene.wait(DELAY)
        await scene.wait(DELAY)
        assert not scene.engine.table
        scene.apps[Side.CLIENT].send(b"still")
        assert await scene.read(Side.WORKER, 5) == b"still"
        scene.apps[Side.CLIENT].shutdown(socket.SHUT_WR)
        await at_rest()

    ending = act(script)
    assert (ending.reason, ending.side) == (Reason.END, Side.WORKER)


def test_nothing_moves_to_an_engine_that_has_been_closed() -> None:
    async def script(scene: Scene) -> None:
        scene.engine.close()
        await scene.wait(DELAY)
        assert scene.endings
        assert not scene.engine.table

    assert act(script).reason is Reason.SHUTDOWN


@pytest.mark.parametrize("delay", [DELAY, IDLE * 2], ids=["moved", "on tasks"])
def test_who_takes_a_part_of_what_waits_for_him_is_no_silence(delay: float) -> None:
    early = bytes(32_000_000)  # more than the sockets hold, and nothing comes after it

    async def script(scene: Scene) -> None:
        for _ in range(3):
            await scene.wait(IDLE - 1.0)
            assert not scene.endings
            assert await scene.read(Side.WORKER, 8_000_000)
            await at_rest()
        await scene.wait(IDLE - 1.0)
        assert not scene.endings
        await scene.wait(1.0)
        assert scene.endings

    ending = act(script, early=(b"", early), delay=delay)
    assert ending.reason is Reason.IDLE
