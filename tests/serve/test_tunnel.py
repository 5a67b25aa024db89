"""Both kinds of tunnel, held against a model and against each other, over real TCP connections.

The model: what one end sent is what the other receives, in order and whole, unless there was a
reset (then a prefix of it); an end of stream arrives after the last byte, and the other direction
goes on until it ends too.
"""

import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.proxy.tunnel import Ending, Reason, Side, TunnelLimits
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import Engine
from httpdlite.serve.goodbye import relay_tunnel
from httpdlite.serve.synchronous import READ_SIZE, SynchronousTunnel

RELAY = TunnelLimits(idle=None, is_async=True, async_delay=0.0)
TASKS = TunnelLimits(idle=None, is_async=False, async_delay=0.0)
MOVING = TunnelLimits(idle=None, is_async=True, async_delay=0.001)
MODES = {
    "relay": RELAY,
    "tasks": TASKS,
    "tasks, then relay": MOVING,
    "relay, with goodbyes": replace(RELAY, says_goodbye=True),
    "tasks, then relay, with goodbyes": replace(MOVING, says_goodbye=True),
}


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    listener = socket.create_server(("127.0.0.1", 0))
    one = socket.create_connection(listener.getsockname())
    two, _ = listener.accept()
    listener.close()
    for sock in (one, two):
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return one, two


@dataclass
class Owner:
    """Owns the endpoints until the tunnel does."""

    bugs: list[BaseException] = field(default_factory=list)

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        raise AssertionError("an event before the tunnel began")

    def on_deadline(self, endpoint: Endpoint) -> None:
        raise AssertionError("a deadline before the tunnel began")

    def abandon(self) -> None:
        return


class Bench:
    """A tunnel of one kind between two applications, `ends`."""

    def __init__(
        self, limits: TunnelLimits, to_client: bytes = b"", to_worker: bytes = b""
    ) -> None:
        self.bugs: list[BaseException] = []
        self.engine = Engine(report=lambda bug, flow: self.bugs.append(bug))
        self.engine.tasks = 1  # the applications are in this thread too: it must not linger
        self.limits = limits
        self.early = to_client, to_worker
        self.endings: list[Ending] = []
        client_app, client_proxy = tcp_pair()
        worker_app, worker_proxy = tcp_pair()
        self.ends = {Side.CLIENT: client_app, Side.WORKER: worker_app}
        self.inner = client_proxy, worker_proxy

    async def run(self, script: Callable[["Bench"], object]) -> None:
        """Run an async script beside the engine; fails rather than hangs."""
        with trio.fail_after(30):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.engine.run)
                client, worker = (Endpoint(self.engine, sock, Owner()) for sock in self.inner)
                if self.limits.is_async and not self.limits.async_delay:
                    tunnel = relay_tunnel(client, worker, self.limits, self.endings.append)
                    tunnel.start(*self.early)
                else:
                    on_tasks = SynchronousTunnel(
                        self.engine, client, worker, self.limits, self.endings.append
                    )
                    nursery.start_soon(on_tasks.run, *self.early)
                await script(self)  # type: ignore[misc]
                self.engine.close()
                nursery.cancel_scope.cancel()
        self.engine.release()
        for sock in self.ends.values():
            sock.close()
        assert self.bugs == []
        assert len(self.endings) == 1
        assert all(sock.fileno() == -1 for sock in self.inner)

    async def send(self, side: Side, data: bytes) -> None:
        sock = self.ends[side]
        while data:
            try:
                data = data[sock.send(data) :]
            except BlockingIOError:
                await trio.lowlevel.wait_writable(sock)

    async def receive(self, side: Side, most: int = 1 << 30) -> bytes:
        """Up to `most` bytes, fewer only at the end of the stream; a reset ends it too."""
        sock, got = self.ends[side], bytearray()
        while len(got) < most:
            try:
                data = sock.recv(min(65536, most - len(got)))
            except BlockingIOError:
                await trio.lowlevel.wait_readable(sock)
                continue
            except ConnectionResetError:
                got += b""
                self.was_reset = True
                break
            if not data:
                break
            got += data
        return bytes(got)

    was_reset = False

    def finish(self, side: Side) -> None:
        self.ends[side].shutdown(socket.SHUT_WR)

    def reset(self, side: Side) -> None:
        self.ends[side].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.ends[side].close()


def run(limits: TunnelLimits, script: Callable[[Bench], object], *early: bytes) -> Bench:
    bench = Bench(limits, *early)
    trio.run(bench.run, script)
    return bench


kinds = pytest.mark.parametrize("limits", MODES.values(), ids=MODES.keys())


@kinds
def test_bytes_pass_both_ways_and_are_counted(limits: TunnelLimits) -> None:
    async def script(bench: Bench) -> None:
        await bench.send(Side.CLIENT, b"ping")
        assert await bench.receive(Side.WORKER, 4) == b"ping"
        await bench.send(Side.WORKER, b"pong!")
        assert await bench.receive(Side.CLIENT, 5) == b"pong!"
        bench.finish(Side.CLIENT)
        assert await bench.receive(Side.WORKER) == b""
        bench.finish(Side.WORKER)
        assert await bench.receive(Side.CLIENT) == b""

    ending = run(limits, script).endings[0]
    assert (ending.reason, ending.side) == (Reason.END, Side.CLIENT)
    assert (ending.client_bytes, ending.worker_bytes) == (4, 5)


@kinds
def test_bytes_that_came_with_the_heads_go_first(limits: TunnelLimits) -> None:
    async def script(bench: Bench) -> None:
        await bench.send(Side.CLIENT, b" more")
        bench.finish(Side.CLIENT)
        assert await bench.receive(Side.WORKER) == b"early more"
        bench.finish(Side.WORKER)
        assert await bench.receive(Side.CLIENT) == b"with the 101"

    ending = run(limits, script, b"with the 101", b"early").endings[0]
    assert (ending.client_bytes, ending.worker_bytes) == (10, 12)


@kinds
@pytest.mark.parametrize("first", list(Side))
def test_a_half_close_leaves_the_other_direction_open(limits: TunnelLimits, first: Side) -> None:
    other = Side.WORKER if first is Side.CLIENT else Side.CLIENT

    async def script(bench: Bench) -> None:
        bench.finish(first)
        assert await bench.receive(other) == b""
        await bench.send(other, b"x" * 300_000)
        bench.finish(other)
        assert await bench.receive(first) == b"x" * 300_000

    assert run(limits, script).endings[0].side is first


@kinds
@pytest.mark.parametrize("first", list(Side))
def test_a_reset_on_one_side_resets_the_other(limits: TunnelLimits, first: Side) -> None:
    other = Side.WORKER if first is Side.CLIENT else Side.CLIENT

    async def script(bench: Bench) -> None:
        await bench.send(first, b"x")
        assert await bench.receive(other, 1) == b"x"
        bench.reset(first)
        assert await bench.receive(other) == b""
        assert bench.was_reset

    ending = run(limits, script).endings[0]
    assert (ending.reason, ending.side) == (Reason.RESET, first)


@kinds
@pytest.mark.parametrize("first", list(Side))
def test_a_reset_after_a_half_close_is_found_by_what_is_sent_there(
    limits: TunnelLimits, first: Side
) -> None:
    other = Side.WORKER if first is Side.CLIENT else Side.CLIENT

    async def script(bench: Bench) -> None:
        bench.finish(first)
        assert await bench.receive(other) == b""
        bench.reset(first)
        await bench.send(other, b"anybody there?")
        while not bench.endings:
            await trio.lowlevel.checkpoint()

    ending = run(limits, script).endings[0]
    assert (ending.reason, ending.side) == (Reason.RESET, first)


@kinds
def test_a_flood_towards_a_reader_that_stalls_stops_and_arrives_whole(limits: TunnelLimits) -> None:
    flood = bytes(range(256)) * 40_000  # 10 MB, more than the socket buffers hold

    async def script(bench: Bench) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(bench.send, Side.WORKER, flood)
            await bench.send(Side.CLIENT, b"the other way goes on")
            assert await bench.receive(Side.WORKER, 21) == b"the other way goes on"
            got = await bench.receive(Side.CLIENT, len(flood))
        assert got == flood

    run(limits, script)


def test_a_flood_between_two_tasks_lets_others_run_after_each_read() -> None:
    steps: list[int] = []

    async def script(bench: Bench) -> None:
        app = bench.ends[Side.WORKER]
        with suppress(BlockingIOError):
            while True:
                bench.ends[Side.CLIENT].send(bytes(65536))
        for _ in range(40):
            await trio.lowlevel.checkpoint()
            try:
                steps.append(len(app.recv(1 << 22)))
            except BlockingIOError:
                steps.append(0)

    run(TASKS, script)
    assert sum(steps) > 4 * READ_SIZE  # it was a flood
    assert max(steps) <= 2 * READ_SIZE, steps  # the first comes with the end of a wait


@kinds
def test_an_end_behind_a_backlog_comes_after_the_last_byte(limits: TunnelLimits) -> None:
    flood = b"y" * 8_000_000

    async def script(bench: Bench) -> None:
        async def sender() -> None:
            await bench.send(Side.WORKER, flood)
            bench.finish(Side.WORKER)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(sender)
            bench.finish(Side.CLIENT)
            assert await bench.receive(Side.WORKER) == b""
            assert await bench.receive(Side.CLIENT) == flood

    run(limits, script)


async def fill(bench: Bench, side: Side) -> None:
    """Send until nothing between this end and the other has room any more."""
    sock, is_full = bench.ends[side], False
    while not is_full:
        try:
            while True:
                sock.send(b"z" * 65536)
        except BlockingIOError:
            with trio.move_on_after(0.05) as waited:
                await trio.lowlevel.wait_writable(sock)
            is_full = waited.cancelled_caught


@kinds
@pytest.mark.parametrize("first", Side)
def test_without_half_closes_the_first_end_is_the_end_of_both(
    limits: TunnelLimits, first: Side
) -> None:
    second = Side.WORKER if first is Side.CLIENT else Side.CLIENT

    async def script(bench: Bench) -> None:
        await bench.send(second, b"before")
        assert await bench.receive(first, 6) == b"before"
        await bench.send(first, b"last")
        bench.finish(first)
        assert await bench.receive(second) == b"last"
        assert await bench.receive(first) == b""
        assert not bench.was_reset

    ending = run(replace(limits, no_half_close=True), script).endings[0]
    assert (ending.reason, ending.side) == (Reason.END, first)


@kinds
@pytest.mark.parametrize("ends", Side)
def test_without_half_closes_what_was_read_still_goes_out(limits: TunnelLimits, ends: Side) -> None:
    """The worker floods a client that does not read, then one of them ends."""
    arrived = []

    async def script(bench: Bench) -> None:
        await fill(bench, Side.WORKER)
        bench.finish(ends)
        if ends is Side.CLIENT:
            await trio.testing.wait_all_tasks_blocked(0.01)
            assert not bench.endings
        arrived.append(len(await bench.receive(Side.CLIENT)))
        await bench.receive(Side.WORKER)
        await trio.testing.wait_all_tasks_blocked()

    ending = run(replace(limits, no_half_close=True), script).endings[0]
    assert (ending.reason, ending.side) == (Reason.END, ends)
    assert arrived == [ending.worker_bytes]


@kinds
def test_without_half_closes_the_child_s_end_is_the_end(limits: TunnelLimits) -> None:
    """A backlog that nobody takes does not hold it up."""

    async def script(bench: Bench) -> None:
        await fill(bench, Side.WORKER)
        bench.finish(Side.CLIENT)
        await trio.testing.wait_all_tasks_blocked(0.01)

    ending = run(replace(limits, no_half_close=True), script).endings[0]
    assert (ending.reason, ending.side) == (Reason.SHUTDOWN, None)


@kinds
def test_silence_closes_both_sides(limits: TunnelLimits) -> None:
    async def script(bench: Bench) -> None:
        assert await bench.receive(Side.CLIENT) == b""
        assert await bench.receive(Side.WORKER) == b""
        assert not bench.was_reset

    ending = run(TunnelLimits(0.05, limits.is_async, limits.async_delay), script).endings[0]
    assert (ending.reason, ending.side) == (Reason.IDLE, None)


@kinds
def test_the_end_of_the_child_closes_both_sides(limits: TunnelLimits) -> None:
    async def script(bench: Bench) -> None:
        await bench.send(Side.CLIENT, b"x")
        assert await bench.receive(Side.WORKER, 1) == b"x"

    assert run(limits, script).endings[0].reason is Reason.SHUTDOWN


def test_tasks_that_end_while_the_child_goes_on_are_a_fault() -> None:
    endings: list[Ending] = []

    async def main() -> None:
        engine = Engine()
        apps, inner = zip(tcp_pair(), tcp_pair(), strict=True)
        client, worker = (Endpoint(engine, sock, Owner()) for sock in inner)
        tunnel = SynchronousTunnel(engine, client, worker, TASKS, endings.append)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tunnel.run, b"", b"")
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        assert all(app.recv(1) == b"" for app in apps)
        engine.close()
        engine.release()
        for app in apps:
            app.close()

    trio.run(main)
    assert [(each.reason, each.side) for each in endings] == [(Reason.FAULT, None)]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(list(Side)),
        st.one_of(st.integers(1, 200_000), st.just("read"), st.just("finish"), st.just("reset")),
    ),
    max_size=25,
)


@kinds
@given(steps=STEPS)
def test_any_interleaving_agrees_with_the_model(  # noqa: C901 - a step is one of five
    limits: TunnelLimits, steps: list[tuple[Side, int | str]]
) -> None:
    sent = {side: bytearray() for side in Side}
    got = {side: bytearray() for side in Side}
    finished: set[Side] = set()
    was_reset: list[Side] = []

    async def script(bench: Bench) -> None:
        for side, step in steps:
            if was_reset:
                break
            sock = bench.ends[side]
            if step == "reset":
                bench.reset(side)
                was_reset.append(side)
            elif step == "finish" and side not in finished:
                bench.finish(side)
                finished.add(side)
            elif step == "read":
                try:
                    got[side] += sock.recv(65536)
                except BlockingIOError:
                    await trio.lowlevel.checkpoint()
            elif isinstance(step, int) and side not in finished:
                data = bytes([len(sent[side]) % 251]) * step
                try:
                    sent[side] += data[: sock.send(data)]
                except BlockingIOError:
                    await trio.lowlevel.checkpoint()
        for side in set(Side) - finished - set(was_reset):
            bench.finish(side)

        async def drain(side: Side) -> None:
            got[side] += await bench.receive(side)

        async with trio.open_nursery() as nursery:
            for side in set(Side) - set(was_reset):
                nursery.start_soon(drain, side)

    run(limits, script)
    for side, other in ((Side.CLIENT, Side.WORKER), (Side.WORKER, Side.CLIENT)):
        if side in was_reset:
            continue
        if was_reset:
            assert sent[other].startswith(got[side])
        else:
            assert got[side] == sent[other]
