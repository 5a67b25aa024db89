"""The engine's order of work and what it does with bugs (engine.py, rules 1, 5 to 8), on
socketpairs and a fake clock.
"""

import socket
from collections.abc import Iterator

import pytest
import trio

from httpdlite.conf.patterns.budget import MOST_COUNTED, OVER, WORK
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import Engine
from tests.serve.test_engine import Clock, Recorder, World


@pytest.fixture
def world() -> Iterator[World]:
    bugs: list[BaseException] = []
    clock = Clock()
    world = World(clock, Engine(clock, lambda bug, flow: bugs.append(bug)), bugs)
    yield world
    world.engine.release()
    for sock in world.sockets:
        sock.close()


def test_a_deadline_that_is_set_again_when_it_fires_fires_again(world: World) -> None:
    class Renewing(Recorder):
        def on_deadline(self, endpoint: Endpoint) -> None:
            super().on_deadline(endpoint)
            endpoint.expire_at(world.clock.now + 10.0)

    flow = Renewing()
    endpoint, _ = world.endpoint(flow)
    endpoint.expire_at(110.0)
    for now, times in ((110.0, 1), (119.9, 1), (120.0, 2), (130.0, 3)):
        world.clock.now = now
        world.engine.turn()
        assert len(flow.calls) == times


def test_what_escapes_from_a_deadline_is_reported_and_the_other_deadlines_come(
    world: World,
) -> None:
    class Failing(Recorder):
        def on_deadline(self, endpoint: Endpoint) -> None:
            raise KeyError("a bug")

    bad, good = Failing(), Recorder()
    first, _ = world.endpoint(bad)
    second, _ = world.endpoint(good)
    first.expire_at(110.0)
    second.expire_at(111.0)
    world.clock.now = 111.0
    world.engine.turn()
    assert [type(bug) for bug in world.bugs] == [KeyError]
    assert bad.calls == [("abandon", None)]
    assert good.calls == [("deadline", second)]


def test_a_flow_that_fails_at_being_abandoned_is_reported_twice_and_no_more(world: World) -> None:
    class Hopeless(Recorder):
        def abandon(self) -> None:
            raise ValueError("a second bug")

    def fail(endpoint: Endpoint, data: bytes) -> None:
        raise KeyError("a bug")

    good = Recorder()
    _, far_bad = world.endpoint(Hopeless(on_data=fail))
    _, far_good = world.endpoint(good)
    far_bad.send(b"x")
    far_good.send(b"y")
    world.engine.turn()
    assert [type(bug) for bug in world.bugs] == [KeyError, ValueError]
    assert good.calls == [("ready", b"y")]


def test_the_answer_of_a_task_is_a_turn_of_its_own(world: World) -> None:
    flow = Recorder()
    endpoint, far = world.endpoint(Recorder())
    asking, _ = world.endpoint(flow)
    closed_at: list[int] = []

    def answer() -> None:
        assert world.engine.now == world.clock.now
        endpoint.close()
        world.engine.run_again(asking)
        closed_at.append(endpoint.sock.fileno())

    world.clock.now += 5.0
    world.engine.call(flow, answer)
    assert closed_at == [endpoint.fd]  # rule 3: still open then
    assert endpoint.sock.fileno() == -1
    assert far.recv(1) == b""
    assert flow.calls == [("again", asking)]


def test_what_escapes_from_a_task_s_answer_is_the_flow_s_bug(world: World) -> None:
    def answer() -> None:
        raise KeyError("a bug")

    flow = Recorder()
    world.engine.call(flow, answer)
    assert [type(bug) for bug in world.bugs] == [KeyError]
    assert flow.calls == [("abandon", None)]


def test_a_flow_of_two_endpoints_is_abandoned_once_at_the_end(world: World) -> None:
    class Pair(Recorder):
        def abandon(self) -> None:
            super().abandon()
            for endpoint in both:
                endpoint.close()

    flow = Pair()
    both = [world.endpoint(flow)[0] for _ in range(2)]
    world.engine.close()
    assert flow.calls == [("abandon", None)]
    assert all(endpoint.sock.fileno() == -1 for endpoint in both)


def test_who_runs_again_does_so_before_the_clock_is_read(world: World) -> None:
    class Slow(Recorder):
        def on_ready(self, endpoint: Endpoint, events: int) -> None:
            super().on_ready(endpoint, events)
            if not events:
                world.clock.now = 110.0

    flow = Slow(on_data=lambda endpoint, data: world.engine.run_again(endpoint))
    endpoint, far = world.endpoint(flow)
    endpoint.expire_at(110.0)
    after_each: list[list[str]] = []
    world.engine.after_batch.append(lambda: after_each.append([name for name, _ in flow.calls]))
    far.send(b"x")
    world.engine.turn()
    assert after_each[0] == ["ready", "again", "deadline"]


def test_who_asks_to_run_again_after_the_last_batch_is_not_left_waiting() -> None:
    trio.run(_run_again_after_the_last_batch)


async def _run_again_after_the_last_batch() -> None:
    engine = Engine()
    again = trio.Event()

    class Asking(Recorder):
        def on_ready(self, endpoint: Endpoint, events: int) -> None:
            again.set()

    def ask() -> None:
        if not again.is_set():
            engine.run_again(endpoint)

    near, far = socket.socketpair()
    with near, far, trio.fail_after(10):
        endpoint = Endpoint(engine, near, Asking())
        engine.after_batch.append(ask)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(engine.run)
            await again.wait()
            endpoint.close()
            engine.close()
            nursery.cancel_scope.cancel()
    engine.release()


def test_each_call_of_a_flow_is_new_work(world: World) -> None:
    class Costly(Recorder):
        def on_ready(self, endpoint: Endpoint, events: int) -> None:
            self.spend()
            super().on_ready(endpoint, events)
            if len(self.calls) == 1:
                world.engine.run_again(endpoint)

        def on_deadline(self, endpoint: Endpoint) -> None:
            self.spend()

        def spend(self) -> None:
            spent.append(WORK.count(MOST_COUNTED))
            assert not WORK.count(1)

    spent: list[bool] = []
    after: list[int] = []
    world.engine.after_batch.append(lambda: after.append(WORK.state))
    flows = [Costly(), Costly()]
    for flow in flows:
        endpoint, peer = world.endpoint(flow)
        peer.send(b"x")
        endpoint.expire_at(110.0)
    world.clock.now = 110.0
    world.engine.turn()
    world.engine.call(flows[0], flows[0].spend)
    assert len(spent) >= 7
    assert all(spent)
    assert set(after) == {OVER}
