"""Both kinds of tunnel against an exact model, with time: after every step the tunnel comes to
rest, so the model knows what it must have done, and all kinds must have done the same.

Time is a clock that the steps move; the sockets are real TCP. What stalls and races is in
test_tunnel.py.
"""

import socket
import struct
from dataclasses import dataclass, field, replace

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.proxy.tunnel import Ending, Reason, Side, State, TunnelLimits
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import Engine
from httpdlite.serve.relay import Tunnel
from httpdlite.serve.synchronous import SynchronousTunnel
from tests.serve.test_tunnel import Owner, tcp_pair

IDLE = 10.0
KINDS = {
    "relay": TunnelLimits(IDLE, is_async=True, async_delay=0.0),
    "tasks": TunnelLimits(IDLE, is_async=False, async_delay=0.0),
    "tasks, then relay": TunnelLimits(IDLE, is_async=True, async_delay=1.0),
}
AT_ONCE = {name: replace(limits, no_half_close=True) for name, limits in KINDS.items()}
Step = tuple[str, Side, float]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from(Side), st.integers(1, 20_000)),
        st.tuples(st.just("pause"), st.just(Side.CLIENT), st.sampled_from([0.5, 1.0, 4.0, 9.75])),
        st.tuples(st.just("pause"), st.just(Side.CLIENT), st.sampled_from([IDLE, 25.0])),
        st.tuples(
            st.sampled_from(["finish", "finish", "reset"]), st.sampled_from(Side), st.just(0)
        ),
    ),
    max_size=12,
)


def other(side: Side) -> Side:
    return Side.WORKER if side is Side.CLIENT else Side.CLIENT


@dataclass
class Seen:
    """What one end has received in the end, and whether its stream ended in a reset."""

    data: bytes = b""
    was_reset: bool = False


@dataclass
class Outcome:
    """All that can be observed of a tunnel."""

    reason: Reason
    side: Side | None
    received: dict[Side, int]  # by the tunnel, from that side
    seconds: float
    seen: dict[Side, Seen]


@dataclass
class Model:
    """What a tunnel must do. A step of an end that has ended is none."""

    no_half_close: bool = False
    state: State = State.OPEN
    reason: Reason | None = None
    side: Side | None = None
    now: float = 0.0
    last: float = 0.0
    gone: set[Side] = field(default_factory=set)  # who has reset
    finished: set[Side] = field(default_factory=set)
    sent: dict[Side, bytes] = field(default_factory=lambda: dict.fromkeys(Side, b""))

    def can(self, side: Side) -> bool:
        return self.state is not State.CLOSED and side not in self.finished

    def send(self, side: Side, size: int) -> bytes:
        data = bytes([len(self.sent[side]) % 251]) * size
        self.sent[side] += data
        self.last = self.now
        return data

    def finish(self, side: Side) -> None:
        self.finished.add(side)
        self.last = self.now
        if self.no_half_close or self.state is not State.OPEN:
            self.state = State.CLOSED
        else:
            self.state = State.CLIENT_DONE if side is Side.CLIENT else State.WORKER_DONE
        if self.reason is None:
            self.reason, self.side = Reason.END, side

    def reset(self, side: Side) -> None:
        self.gone.add(side)
        self.state, self.reason, self.side = State.CLOSED, Reason.RESET, side

    def pause(self, seconds: float) -> None:
        if self.state is State.CLOSED:
            return
        self.now += seconds
        if self.now - self.last >= IDLE:
            self.state, self.reason, self.side = State.CLOSED, Reason.IDLE, None

    def outcome(self) -> Outcome:
        assert self.reason is not None
        was_reset = self.reason is Reason.RESET
        return Outcome(
            self.reason,
            self.side,
            {side: len(data) for side, data in self.sent.items()},
            self.now,
            {
                side: Seen(self.sent[other(side)], was_reset)
                for side in Side
                if side not in self.gone
            },
        )


async def at_rest() -> None:
    await trio.testing.wait_all_tasks_blocked()


async def play(limits: TunnelLimits, steps: list[Step], clock: trio.testing.MockClock) -> Outcome:
    """Do the steps with a tunnel of this kind; whatever is open at the end is finished."""
    bugs: list[BaseException] = []
    endings: list[Ending] = []
    engine = Engine(trio.current_time, lambda bug, flow: bugs.append(bug))
    engine.tasks = 1  # the steps are in this thread too
    client_app, client_near = tcp_pair()
    worker_app, worker_near = tcp_pair()
    apps = {Side.CLIENT: client_app, Side.WORKER: worker_app}
    model = Model(limits.no_half_close)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(engine.run)
        ends = [Endpoint(engine, sock, Owner()) for sock in (client_near, worker_near)]
        if limits.is_async and not limits.async_delay:
            Tunnel(ends[0], ends[1], limits, endings.append).start(b"", b"")
        else:
            tunnel = SynchronousTunnel(engine, ends[0], ends[1], limits, endings.append)
            nursery.start_soon(tunnel.run, b"", b"")
        await at_rest()
        for what, side, amount in [*steps, *(("finish", side, 0) for side in Side)]:
            if what == "pause":
                model.pause(amount)
                clock.jump(amount)
            elif not model.can(side):
                continue
            elif what == "send":
                data = model.send(side, int(amount))
                assert apps[side].send(data) == len(data)
            elif what == "finish":
                model.finish(side)
                apps[side].shutdown(socket.SHUT_WR)
            else:
                model.reset(side)
                linger = struct.pack("ii", 1, 0)
                apps[side].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                apps[side].close()
            await at_rest()
            assert bool(endings) == (model.state is State.CLOSED)
        assert not engine.table
        nursery.cancel_scope.cancel()
    engine.release()
    assert bugs == []
    assert [client_near.fileno(), worker_near.fileno()] == [-1, -1]
    (ending,) = endings
    received = {Side.CLIENT: ending.client_bytes, Side.WORKER: ending.worker_bytes}
    seen = {side: all_of(apps[side]) for side in Side if side not in model.gone}
    for app in apps.values():
        app.close()
    found = Outcome(ending.reason, ending.side, received, ending.seconds, seen)
    assert found == model.outcome()
    return found


def all_of(app: socket.socket) -> Seen:
    """What lies in a socket whose stream has ended."""
    seen = Seen()
    try:
        while data := app.recv(65536):
            seen.data += data
    except ConnectionResetError:
        seen.was_reset = True
    return seen


def run(limits: TunnelLimits, steps: list[Step]) -> Outcome:
    clock = trio.testing.MockClock()
    return trio.run(play, limits, steps, clock, clock=clock)


@given(steps=STEPS)
def test_every_kind_does_what_the_model_does(steps: list[Step]) -> None:
    for limits in KINDS.values():
        run(limits, steps)


@given(steps=STEPS)
def test_every_kind_does_what_the_model_does_without_half_closes(steps: list[Step]) -> None:
    for limits in AT_ONCE.values():
        run(limits, steps)


@pytest.mark.parametrize("limits", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("what", ["send", "finish"])
def test_the_limit_counts_from_the_last_sign_of_life(limits: TunnelLimits, what: str) -> None:
    steps: list[Step] = [
        ("pause", Side.CLIENT, 9.75),
        (what, Side.WORKER, 5),
        ("pause", Side.CLIENT, 9.75),
        ("pause", Side.CLIENT, 0.25),
    ]
    outcome = run(limits, steps)
    assert outcome.reason is Reason.IDLE
    assert outcome.seconds == 19.75
