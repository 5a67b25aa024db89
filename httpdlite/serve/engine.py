"""The engine: an inner epoll and deadlines, in one trio task. It calls flows and never awaits
inside one.

Comes in: endpoints (``endpoint.py``), each with the flow that is to be called. Goes out: calls of
``flow.on_ready(endpoint, events)`` and ``flow.on_deadline(endpoint)``. Hides epoll, the order of
work within a turn, and when trio gets its share. It knows nothing of HTTP, TLS, routes or logs.
Linux only.

The contract:

1.  One turn: poll; for each (fd, events) the endpoint in the table by fd, its flow's one method
    called. After the batch, in this order: endpoints asked to run again, the clock is read, expired
    deadlines, ``after_batch`` calls (log lines), deferred closes. Then poll again, until nothing is
    ready or about 3 ms have passed; then trio gets its turn.
2.  Level-triggered. Interest changes only when back-pressure begins or ends. Interest in reading
    ends at EOF. HUP and ERR are reported even with no interest, on every poll: an endpoint without
    interest that gets one is unregistered until it wants something again. HUP is not a reset: what
    is still to be read is read first.
3.  A closed fd stays open until its batch is over: otherwise a socket made in the same batch can
    get the number and a stale event.
4.  A flow works on a bounded amount per call; one that stops early asks to run again
    (``run_again``).
5.  Deadlines: the truth is ``endpoint.deadline``; the heap holds hints (when, fd, serial). A later
    deadline costs one assignment; a hint is pushed only if it is earlier than the endpoint's own
    ``hint``; a popped entry that is not the hint is dropped, and one whose endpoint has moved on is
    pushed again. A small clock task sleeps until the heap's top.
6.  An exception out of a flow is a bug: it is reported (``report``) with its traceback, the flow is
    told to abandon its connections, the engine goes on.
7.  Tasks talk to flows by calling them in this thread, within ``engine.call``; an answer to a
    closed flow is a no-op.
8.  Closing: ``close()`` abandons every flow and ends ``run``; the table is empty afterwards.
9.  Lingering: before the engine goes back to sleep in trio, it waits ``LINGER`` for the next event
    itself, since waking a trio task costs as much as two messages. trio is late by as much, and so
    are deadlines; so it does not linger while ``tasks`` says that some task waits for something
    (a name, a tunnel's sockets). A silent child lingers once and then sleeps.
10. What one call of a flow may cost that depends on texts of clients is limited as a whole: before
    each call ``WORK`` is told that something new begins, and after a batch that it is over.
"""

import heapq
import math
import select
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

import trio

from httpdlite.conf.patterns.budget import NEW, OVER, WORK

if TYPE_CHECKING:
    from httpdlite.serve.endpoint import Endpoint

READ: Final = select.EPOLLIN
WRITE: Final = select.EPOLLOUT
GONE: Final = select.EPOLLHUP | select.EPOLLERR
BATCH: Final = 64  # events per poll
TURN_SECONDS: Final = 0.003  # then trio gets its share
LINGER: Final = 0.01  # seconds; below a timer tick (4 ms) every wait would set the CPU's own timer
NEVER: Final = math.inf


class Abandonable(Protocol):
    """What can be told that its connections are no good any more."""

    def abandon(self) -> None:
        """Reset every connection of this flow; it has failed or the child ends. Must not raise."""


class Flow(Abandonable, Protocol):
    """What owns an endpoint. Its methods never await, never block, and work on a bounded amount per
    call.
    """

    def on_ready(self, endpoint: "Endpoint", events: int) -> None:
        """The socket is readable, writable or gone (epoll events); 0: the flow had asked to run
        again.
        """

    def on_deadline(self, endpoint: "Endpoint") -> None:
        """``endpoint.deadline`` has passed."""


class Engine:
    """See the module's contract. ``clock``: seconds, monotonic; ``report``: gets what a flow let
    escape, and the flow.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        report: Callable[[BaseException, Abandonable], None] | None = None,
    ) -> None:
        self.table: dict[int, Endpoint] = {}
        self.clock = clock
        self.now = clock()
        self.after_batch: list[Callable[[], None]] = []
        self.tasks = 0  # trio tasks in this thread that must not be kept waiting (rule 9)
        self._report = report
        self._epoll = select.epoll()
        self._heap: list[tuple[float, int, int]] = []
        self._again: list[tuple[Endpoint, int]] = []
        self._closing: list[socket.socket] = []
        self._serial = 0
        self.is_closed = False
        self._clock_scope: trio.CancelScope | None = None

    # --- what endpoints call ---

    def next_serial(self) -> int:
        """A number that no other endpoint of this engine had."""
        self._serial += 1
        return self._serial

    def register(self, endpoint: "Endpoint") -> None:
        """Tell epoll of an endpoint, with its present interest."""
        self._epoll.register(endpoint.fd, endpoint.interest)
        endpoint.registered = True

    def modify(self, endpoint: "Endpoint") -> None:
        """Tell epoll of an endpoint's new interest."""
        self._epoll.modify(endpoint.fd, endpoint.interest)

    def unregister(self, endpoint: "Endpoint") -> None:
        """Take an endpoint out of epoll; it stays in the table."""
        self._epoll.unregister(endpoint.fd)
        endpoint.registered = False

    def run_again(self, endpoint: "Endpoint", events: int = 0) -> None:
        """Call the endpoint's flow again in this turn, with no events (rule 4), or with those that
        epoll cannot know of.
        """
        self._again.append((endpoint, events))

    def discard(self, sock: socket.socket) -> None:
        """Close a socket when the batch is over (rule 3)."""
        self._closing.append(sock)

    def push_hint(self, endpoint: "Endpoint", when: float) -> None:
        """Rule 5: ``when`` is earlier than the endpoint's hint."""
        endpoint.hint = when
        if self._clock_scope is not None and (not self._heap or when < self._heap[0][0]):
            self._wake_clock_at(when)
        heapq.heappush(self._heap, (when, endpoint.fd, endpoint.serial))

    # --- turns ---

    def turn(self, seconds: float = TURN_SECONDS, *, lingers: bool = False) -> bool:
        """Work until nothing is ready (False) or ``seconds`` have passed (True). The tests call it
        themselves.
        """
        table, work = self.table, WORK
        end = 0.0
        self.now = self.clock()
        while True:
            wait = LINGER if lingers and not (self.tasks or self._again) else 0
            batch = self._epoll.poll(wait, BATCH)
            for fd, events in batch:
                endpoint = table.get(fd)
                if endpoint is None:
                    continue
                try:
                    if events == READ or endpoint.interest or not events & GONE:
                        work.state = NEW
                        endpoint.flow.on_ready(endpoint, events)
                    else:
                        self.unregister(endpoint)
                except Exception as bug:
                    self._abandon(endpoint.flow, bug)
            self._finish_batch()
            if not batch:
                return False
            if not end:
                end = self.now + seconds
            elif self.now >= end:
                return True

    def _finish_batch(self) -> None:
        if self._again:
            self._run_again()
        self.now = now = self.clock()
        if self._heap and self._heap[0][0] <= now:
            self._expire(now)
        WORK.state = OVER
        for call in self.after_batch:
            call()
        if self._closing:
            for sock in self._closing:
                sock.close()
            self._closing.clear()

    def _run_again(self) -> None:
        again, self._again = self._again, []
        for endpoint, events in again:
            if self.table.get(endpoint.fd) is endpoint:
                WORK.state = NEW
                try:
                    endpoint.flow.on_ready(endpoint, events)
                except Exception as bug:
                    self._abandon(endpoint.flow, bug)

    def _expire(self, now: float) -> None:
        heap = self._heap
        while heap and heap[0][0] <= now:
            when, fd, serial = heapq.heappop(heap)
            endpoint = self.table.get(fd)
            if endpoint is None or endpoint.serial != serial or endpoint.hint != when:
                continue
            endpoint.hint = NEVER
            if endpoint.deadline > now:
                if endpoint.deadline < NEVER:
                    self.push_hint(endpoint, endpoint.deadline)
                continue
            endpoint.deadline = NEVER
            WORK.state = NEW
            try:
                endpoint.flow.on_deadline(endpoint)
            except Exception as bug:
                self._abandon(endpoint.flow, bug)

    def call(self, flow: Abandonable, function: Callable[[], None]) -> None:
        """Run a task's answer to a flow (rule 7), with rule 6 for what escapes; closes what it
        closed.
        """
        self.now = self.clock()
        WORK.state = NEW
        try:
            function()
        except Exception as bug:
            self._abandon(flow, bug)
        self._finish_all()

    def finish_batch(self) -> None:
        """For a task that has closed many endpoints: their sockets are closed."""
        self.now = self.clock()
        self._finish_all()

    def _finish_all(self) -> None:
        """Outside of a turn: until nobody has asked to run again, since no turn may come for long.
        What is run again has only what it holds already, so this ends.
        """
        self._finish_batch()
        while self._again:
            self._finish_batch()

    def _abandon(self, flow: Abandonable, bug: BaseException | None) -> None:
        if bug is not None and self._report is not None:
            self._report(bug, flow)
        try:
            flow.abandon()
        except Exception as second:
            if self._report is not None:
                self._report(second, flow)

    # --- the task ---

    async def run(self) -> None:
        """Turn until closed. One task per engine; its clock task lives in a nursery of its own."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._run_clock)
            while not self.is_closed:
                if self.turn(lingers=True):
                    await trio.lowlevel.checkpoint()
                elif not self.is_closed:
                    if self._again:
                        await trio.lowlevel.checkpoint()
                    else:
                        await trio.lowlevel.wait_readable(self._epoll.fileno())
            nursery.cancel_scope.cancel()

    async def _run_clock(self) -> None:
        """Sleep until the heap's top; ``push_hint`` moves the scope's deadline."""
        while True:
            with trio.CancelScope() as scope:
                self._clock_scope = scope
                if self._heap:
                    self._wake_clock_at(self._heap[0][0])
                await trio.sleep_forever()
            self._clock_scope = None
            self._finish_all()

    def _wake_clock_at(self, when: float) -> None:
        if self._clock_scope is not None:
            deadline = trio.current_time() + max(0.0, when - self.clock())
            self._clock_scope.deadline = min(self._clock_scope.deadline, deadline)

    def close(self) -> None:
        """Abandon every flow and end ``run`` (rule 8)."""
        self.is_closed = True
        for endpoint in list(self.table.values()):
            if self.table.get(endpoint.fd) is endpoint:
                self._abandon(endpoint.flow, None)
        self._finish_batch()

    def release(self) -> None:
        """Close the epoll itself, after ``run`` has ended."""
        self._epoll.close()
