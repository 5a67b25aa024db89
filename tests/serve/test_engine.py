"""The engine's contract (engine.py), rule by rule, on socketpairs and a fake clock."""

import select
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import trio
import trio.testing

from httpdlite.serve import engine as engine_module
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import LINGER, NEVER, READ, WRITE, Engine, Flow


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Recorder:
    """A flow that notes its calls and does what it was told to."""

    on_data: Callable[[Endpoint, bytes], None] | None = None
    calls: list[tuple[str, object]] = field(default_factory=list)

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        if not events:
            self.calls.append(("again", endpoint))
            return
        data = endpoint.receive() if events & READ else None
        self.calls.append(("ready", data if events & READ else events))
        if data == b"":
            endpoint.pause()  # rule 2: interest in reading ends at the end of the stream
        if data is not None and self.on_data is not None:
            self.on_data(endpoint, data)

    def on_deadline(self, endpoint: Endpoint) -> None:
        self.calls.append(("deadline", endpoint))

    def abandon(self) -> None:
        self.calls.append(("abandon", None))


@dataclass
class World:
    clock: Clock
    engine: Engine
    bugs: list[BaseException]
    sockets: list[socket.socket] = field(default_factory=list)

    def endpoint(self, flow: Flow, interest: int = READ) -> tuple[Endpoint, socket.socket]:
        near, far = socket.socketpair()
        near.setblocking(False)
        far.setblocking(False)
        self.sockets += [near, far]
        return Endpoint(self.engine, near, flow, interest), far


@pytest.fixture
def world() -> Iterator[World]:
    bugs: list[BaseException] = []
    clock = Clock()
    world = World(clock, Engine(clock, lambda bug, flow: bugs.append(bug)), bugs)
    yield world
    world.engine.release()
    for sock in world.sockets:
        sock.close()


def test_a_ready_endpoint_s_flow_is_called(world: World) -> None:
    flow = Recorder()
    _, far = world.endpoint(flow)
    far.send(b"hello")
    assert world.engine.turn() is False
    assert flow.calls == [("ready", b"hello")]


def test_a_socket_closed_within_a_batch_gets_no_stale_event_and_its_number_is_not_reused(
    world: World,
) -> None:
    made: list[Endpoint] = []
    second = Recorder()

    def close_the_other(endpoint: Endpoint, data: bytes) -> None:
        other.close()
        made.append(world.endpoint(Recorder())[0])

    first = Recorder(on_data=close_the_other)
    third = Recorder(on_data=lambda endpoint, data: None)
    a, far_a = world.endpoint(first)
    other, far_b = world.endpoint(second)
    _, far_c = world.endpoint(third)
    for far in (far_a, far_b, far_c):
        far.send(b"x")
    number = other.fd
    world.engine.turn()
    if second.calls:  # the kernel reported it first: then nothing was stale
        assert second.calls == [("ready", b"x")]
    assert made[0].fd != number
    assert other.is_closed
    assert not a.is_closed
    assert third.calls == [("ready", b"x")]


def test_what_a_flow_lets_escape_is_reported_and_its_connection_abandoned(world: World) -> None:
    def fail(endpoint: Endpoint, data: bytes) -> None:
        raise KeyError("a bug")

    bad, good = Recorder(on_data=fail), Recorder()
    _, far_bad = world.endpoint(bad)
    _, far_good = world.endpoint(good)
    far_bad.send(b"x")
    far_good.send(b"y")
    world.engine.turn()
    assert [type(bug) for bug in world.bugs] == [KeyError]
    assert ("abandon", None) in bad.calls
    assert good.calls == [("ready", b"y")]


def test_run_again_calls_the_flow_once_more_without_events(world: World) -> None:
    flow = Recorder(on_data=lambda endpoint, data: world.engine.run_again(endpoint))
    endpoint, far = world.endpoint(flow)
    far.send(b"x")
    world.engine.turn()
    assert flow.calls == [("ready", b"x"), ("again", endpoint)]


def test_run_again_of_a_closed_endpoint_is_nothing(world: World) -> None:
    def close(endpoint: Endpoint, data: bytes) -> None:
        world.engine.run_again(endpoint)
        endpoint.close()

    flow = Recorder(on_data=close)
    _, far = world.endpoint(flow)
    far.send(b"x")
    world.engine.turn()
    assert flow.calls == [("ready", b"x")]


def test_a_deadline_fires_once_and_not_before_its_time(world: World) -> None:
    flow = Recorder()
    endpoint, _ = world.endpoint(flow)
    endpoint.expire_at(110.0)
    world.clock.now = 109.9
    world.engine.turn()
    assert flow.calls == []
    world.clock.now = 110.0
    world.engine.turn()
    world.engine.turn()
    assert flow.calls == [("deadline", endpoint)]


def test_a_later_deadline_is_one_assignment_and_the_old_hint_is_harmless(world: World) -> None:
    flow = Recorder()
    endpoint, _ = world.endpoint(flow)
    endpoint.expire_at(110.0)
    endpoint.deadline = 120.0
    world.clock.now = 115.0
    world.engine.turn()
    assert flow.calls == []
    world.clock.now = 120.0
    world.engine.turn()
    assert flow.calls == [("deadline", endpoint)]


def test_an_earlier_deadline_overrules_the_hint(world: World) -> None:
    flow = Recorder()
    endpoint, _ = world.endpoint(flow)
    endpoint.expire_at(200.0)
    endpoint.expire_at(101.0)
    world.clock.now = 101.0
    world.engine.turn()
    assert flow.calls == [("deadline", endpoint)]
    world.clock.now = 200.0
    world.engine.turn()
    assert len(flow.calls) == 1


def test_a_hint_of_a_closed_endpoint_does_not_hit_the_next_owner_of_its_number(
    world: World,
) -> None:
    endpoint, _ = world.endpoint(Recorder())
    endpoint.expire_at(110.0)
    number = endpoint.fd
    endpoint.close()
    world.engine.turn()
    heirs = [Recorder() for _ in range(4)]
    fds = [world.endpoint(heir)[0].fd for heir in heirs]
    assert number in fds
    world.clock.now = 110.0
    world.engine.turn()
    assert all(heir.calls == [] for heir in heirs)


def test_hang_up_without_interest_unregisters_and_resuming_still_reads_what_is_there(
    world: World,
) -> None:
    flow = Recorder()
    endpoint, far = world.endpoint(flow)
    endpoint.pause()
    far.send(b"last words")
    far.close()
    world.engine.turn()
    assert flow.calls == []
    assert not endpoint.registered
    endpoint.resume()
    world.engine.turn()
    assert flow.calls[0] == ("ready", b"last words")


def test_what_the_socket_does_not_take_is_queued_and_goes_out_when_it_can(world: World) -> None:
    flow = Recorder()
    endpoint, far = world.endpoint(flow)
    endpoint.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    data = bytes(range(256)) * 2000
    assert endpoint.send(data) is False
    assert endpoint.interest & WRITE
    received = bytearray()
    while endpoint.queue:
        received += far.recv(65536)
        endpoint.flush()
    assert not endpoint.interest & WRITE
    while len(received) < len(data):
        received += far.recv(65536)
    assert bytes(received) == data


def test_closing_the_engine_abandons_every_flow_once_each(world: World) -> None:
    class Closing(Recorder):
        def abandon(self) -> None:
            super().abandon()
            mine.close()

    flow = Closing()
    mine, _ = world.endpoint(flow)
    world.engine.close()
    assert flow.calls == [("abandon", None)]
    assert mine.is_closed
    assert not world.engine.table


def test_the_task_turns_and_keeps_deadlines_on_the_real_clock() -> None:
    trio.run(_drive_the_task)


async def _drive_the_task() -> None:
    engine = Engine()
    near, far = socket.socketpair()
    near.setblocking(False)
    fired = trio.Event()

    class Timed(Recorder):
        def on_deadline(self, endpoint: Endpoint) -> None:
            super().on_deadline(endpoint)
            fired.set()
            endpoint.close()

    flow = Timed()
    endpoint = Endpoint(engine, near, flow)
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(engine.run)
            await trio.testing.wait_all_tasks_blocked()
            far.send(b"x")
            endpoint.expire_at(engine.clock() + 60)
            endpoint.expire_at(engine.clock() + 0.01)
            await fired.wait()
            engine.close()
            nursery.cancel_scope.cancel()
    engine.release()
    far.close()
    assert ("ready", b"x") in flow.calls
    assert endpoint.deadline == NEVER


def test_gone_events_reach_a_flow_that_reads(world: World) -> None:
    flow = Recorder()
    _, far = world.endpoint(flow)
    far.close()
    world.engine.turn(seconds=0)
    assert flow.calls[0] == ("ready", b"")


def test_who_asks_to_run_again_on_a_deadline_is_not_left_waiting() -> None:
    trio.run(_run_again_from_a_deadline)


async def _run_again_from_a_deadline() -> None:
    engine = Engine()
    again = trio.Event()

    class Asking(Recorder):
        def on_deadline(self, endpoint: Endpoint) -> None:
            engine.run_again(endpoint)

        def on_ready(self, endpoint: Endpoint, events: int) -> None:
            assert not events
            again.set()

    near, far = socket.socketpair()
    with near, far, trio.fail_after(10):
        endpoint = Endpoint(engine, near, Asking())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(engine.run)
            await trio.testing.wait_all_tasks_blocked()
            endpoint.expire_at(engine.clock() + 0.01)
            await again.wait()
            endpoint.close()
            engine.close()
            nursery.cancel_scope.cancel()
    engine.release()


# --- rule 9: lingering ---------------------------------------------------------------------------


REAL_EPOLL = select.epoll


class NotingPoll:
    """An epoll that notes how long it was to wait, and never waits."""

    def __init__(self) -> None:
        self._epoll = REAL_EPOLL()
        self.waits: list[float] = []
        self.register, self.close = self._epoll.register, self._epoll.close

    def poll(self, timeout: float, most: int) -> list[tuple[int, int]]:
        self.waits.append(timeout)
        return self._epoll.poll(0, most)


@pytest.mark.parametrize("lingers,tasks,waits", [(True, 0, LINGER), (True, 1, 0), (False, 0, 0)])
def test_it_waits_itself_unless_a_task_would_wait_with_it(
    monkeypatch: pytest.MonkeyPatch, lingers: bool, tasks: int, waits: float
) -> None:
    poll = NotingPoll()
    monkeypatch.setattr(select, "epoll", lambda: poll)
    engine = Engine(Clock())
    engine.tasks = tasks
    assert engine.turn(lingers=lingers) is False
    assert poll.waits == [waits]
    engine.release()


def test_who_wants_to_run_again_is_not_kept_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    poll = NotingPoll()
    monkeypatch.setattr(select, "epoll", lambda: poll)
    engine = Engine(Clock())
    near, far = socket.socketpair()
    with near, far:
        endpoint = Endpoint(engine, near, Recorder())
        engine.run_again(endpoint)
        engine.turn(lingers=True)
        endpoint.close()
    assert poll.waits == [0]
    engine.release()


def test_a_signal_while_it_waits_is_handled_and_the_wait_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(endpoint: Endpoint, data: bytes) -> None:
        world.clock.now += 1  # the turn is over

    def wake(_number: int, _frame: object) -> None:
        far.send(b"from the handler")

    monkeypatch.setattr(engine_module, "LINGER", 60.0)
    flow = Recorder(on_data=stop)
    _, far = world.endpoint(flow)
    far.send(b"first")
    before = signal.signal(signal.SIGALRM, wake)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        world.engine.turn(seconds=0.5, lingers=True)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert flow.calls == [("ready", b"first"), ("ready", b"from the handler")]
