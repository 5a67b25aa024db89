"""The synchronous tunnel: two trio tasks over the two sockets, for ``ProxyWebsocketAsync Off`` and
for the first part of a tunnel with a ``ProxyWebsocketAsyncDelay``.

Comes in: two endpoints with a finished handshake. Goes out: one ``Ending``, or, once the tunnel has
been silent for the delay, a relay ``Tunnel`` on the same sockets. What the two ends see is the same
as with the relay. Hides waiting, half-close, the idle limit.

The rules (those of ``relay.py``, kept by tasks):

1.  One task per direction: it receives once, then sends all of that before it receives again. That
    is the back-pressure. A flood does not have to wait, so it lets the others run after a read.
2.  End of stream: what was received has gone out, then a FIN. The tunnel ends when both have
    ended; with ``no_half_close`` when the first has and the other task has sent what it has.
3.  An error on either side ends both tasks, and both sockets are reset.
4.  A third task, the caller's, waits for silence: at the idle limit both sockets are closed; at the
    delay, if neither side has ended, the tasks are cancelled and the relay goes on with what was
    received and not sent, the counters and the time of the last byte.
5.  Cancelled from outside (the child ends), both sockets are closed.
6.  A tunnel that says goodbye (``goodbye.py``) moves to the relay for its end: its bytes are
    followed here as they are there.
"""

import socket
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import trio

from httpdlite.proxy.tunnel import Ending, Reason, Side, State, TunnelLimits
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.goodbye import new_tracks, relay_tunnel

if TYPE_CHECKING:
    from httpdlite.serve.engine import Engine
    from httpdlite.serve.relay import Tunnel

READ_SIZE: Final = 65536
_RESET: Final = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # struct linger: on, 0 seconds


class SynchronousTunnel:
    """One tunnel on two tasks. ``on_end`` is called once, unless the relay takes over and calls
    it.
    """

    def __init__(  # noqa: PLR0917 - all that a tunnel is
        self,
        engine: "Engine",
        client: Endpoint,
        worker: Endpoint,
        limits: TunnelLimits,
        on_end: Callable[[Ending], None],
        key: object = None,
    ) -> None:
        self.key = key
        self._engine = engine
        self._limits = limits
        self._endings = limits.endings
        self._on_end = on_end
        queued = {Side.CLIENT: client.queue or (), Side.WORKER: worker.queue or ()}
        self._socks = {Side.CLIENT: client.detach(), Side.WORKER: worker.detach()}
        # Bytes for that side, not sent yet.
        self._pending = {side: b"".join(pieces) for side, pieces in queued.items()}
        self._received = {Side.CLIENT: 0, Side.WORKER: 0}
        self._state = State.OPEN
        self._reason: Reason | None = None
        self._side: Side | None = None
        self._tracks = new_tracks() if limits.says_goodbye else None
        self._parting: Reason | None = None  # why it is to say goodbye
        self._moved: Tunnel | None = None  # what goes on in the relay
        self._started = self._last = trio.current_time()
        self._scope = trio.CancelScope()

    async def run(self, to_client: bytes, to_worker: bytes) -> None:
        """Carry bytes until both sides are done, the idle limit, or the move to the relay."""
        self._pending[Side.CLIENT] += to_client
        self._pending[Side.WORKER] += to_worker
        self._received[Side.WORKER] += len(to_client)
        self._received[Side.CLIENT] += len(to_worker)
        if self._tracks:
            self._tracks[Side.WORKER].feed(memoryview(to_client))
            self._tracks[Side.CLIENT].feed(memoryview(to_worker))
        is_silent = moves = False
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._pump, Side.CLIENT, Side.WORKER)
                    nursery.start_soon(self._pump, Side.WORKER, Side.CLIENT)
                    is_silent = await self._watch()
                    nursery.cancel_scope.cancel()
            is_open = self._state is not State.CLOSED and not self._engine.is_closed
            moves = is_open and (is_silent or self._parting is not None)
        finally:
            for sock in self._socks.values():
                trio.lowlevel.notify_closing(sock)
            if moves:
                self._move()
            else:
                self._finish()

    async def _watch(self) -> bool:
        """Wait for silence: True when it has lasted the delay (go on in the relay), False when the
        idle limit or the end is reached.
        """
        delay = self._limits.async_delay if self._limits.is_async else None
        idle = self._limits.idle
        while True:
            waits = [
                limit
                for limit in (delay if self._state is State.OPEN else None, idle)
                if limit is not None
            ]
            if not waits:
                await trio.sleep_forever()
            await trio.sleep_until(self._last + min(waits))
            silence = trio.current_time() - self._last
            if idle is not None and silence >= idle:
                self.end(Reason.IDLE)
                return False
            if delay is not None and self._state is State.OPEN and silence >= delay:
                return True

    async def _pump(self, near: Side, far: Side) -> None:
        """Bytes from ``near`` to ``far`` until the end of the stream; an error ends the tunnel."""
        failing = far
        try:
            await self._send(far)
            failing = near
            while self._state is not State.CLOSED and await self._receive(near, far):
                failing = far
                await self._send(far)
                failing = near
        except OSError:
            self._end(Reason.RESET, failing)
            self._scope.cancel()
            return
        if self._state is State.CLOSED:  # by the other task, which perhaps waits for this one
            self._scope.cancel()
            return
        if self._reason is None:
            self._reason, self._side = Reason.END, near
        self._state = self._endings[self._state, near]
        try:
            self._socks[far].shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has gone already
        if self._state is State.CLOSED and not self._pending[near]:
            self._scope.cancel()

    async def _receive(self, near: Side, far: Side) -> bool:
        """Read once, for ``far``; False at the end of the stream. Who need not wait lets the others
        go first (rule 1): only after the bytes are in ``_pending``, since this may be cancelled.
        """
        sock = self._socks[near]
        waited = False
        while True:
            try:
                data = sock.recv(READ_SIZE)
            except BlockingIOError:
                await trio.lowlevel.wait_readable(sock)
                waited = True
                continue
            self._last = trio.current_time()
            self._received[near] += len(data)
            self._pending[far] = data
            if self._tracks:
                self._tracks[near].feed(memoryview(data))
            if data and not waited:
                await trio.lowlevel.checkpoint()
            return bool(data)

    async def _send(self, side: Side) -> None:
        sock = self._socks[side]
        while self._pending[side]:
            try:
                count = sock.send(self._pending[side])
            except BlockingIOError:
                await trio.lowlevel.wait_writable(sock)
            else:
                self._pending[side] = self._pending[side][count:]
                self._last = trio.current_time()

    def end(self, reason: Reason) -> None:
        """Close both sides, unless that has been done; also once it has moved to the relay."""
        if self._moved is not None:
            self._engine.call(self._moved, partial(self._moved.end, reason))
            return
        if self._state is State.CLOSED or self._parting is not None:
            return
        if self.says_goodbye:
            self._parting = reason
        else:
            self._end(reason, None)
        self._scope.cancel()

    @property
    def says_goodbye(self) -> bool:
        """Does it end with close frames?"""
        return self._limits.says_goodbye

    def _end(self, reason: Reason, side: Side | None) -> None:
        self._reason, self._side = reason, side
        self._state = State.CLOSED

    def _finish(self) -> None:
        is_cut = self._state is not State.CLOSED or any(self._pending.values())
        if is_cut and self._reason not in _CUTS:
            self._end(Reason.SHUTDOWN if self._engine.is_closed else Reason.FAULT, None)
        for sock in self._socks.values():
            if self._reason is Reason.RESET:
                try:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                except OSError:
                    pass
            sock.close()
        assert self._reason is not None
        seconds = trio.current_time() - self._started
        self._on_end(
            Ending(
                self._reason,
                self._side,
                self._received[Side.CLIENT],
                self._received[Side.WORKER],
                seconds,
            )
        )

    def _move(self) -> None:
        """Rules 4 and 6."""
        engine = self._engine
        engine.now = engine.clock()
        ends = [Endpoint(engine, sock, _NOBODY) for sock in self._socks.values()]
        limits, tracks = self._limits, self._tracks
        tunnel = relay_tunnel(ends[0], ends[1], limits, self._on_end, self.key, tracks)
        self._moved = tunnel
        seconds = trio.current_time() - self._started
        silence = trio.current_time() - self._last
        tunnel.began_before(seconds, silence, self._received, self._state, self._reason, self._side)
        tunnel.start(self._pending[Side.CLIENT], self._pending[Side.WORKER], counted=True)
        if self._parting is not None:
            engine.call(tunnel, partial(tunnel.end, self._parting))


_CUTS: Final = (Reason.IDLE, Reason.RESET, Reason.DRAINED, Reason.UNROUTED)


class _Nobody:
    """Owns an endpoint for the moment before its flow is set."""

    def on_ready(self, endpoint: Endpoint, events: int) -> None: ...
    def on_deadline(self, endpoint: Endpoint) -> None: ...
    def abandon(self) -> None: ...


_NOBODY: Final = _Nobody()
