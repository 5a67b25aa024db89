"""The relay: tunnels as flows of the engine. Bytes from either side go to the other; that is all it
does with them.

Comes in: two endpoints with a finished handshake, the limits of the route. Goes out: one
``Ending``, when both sides are done. Hides back-pressure, half-close and the idle limit. No task,
no buffer and no timer per tunnel.

The rules:

1.  All tunnels of an engine share one buffer of 256 KiB; what a ``send`` leaves over is copied and
    queued, and its source is not read until the queue has drained.
2.  One ``recv`` per call: a flooding tunnel gets one buffer's work per batch, then the others have
    theirs. After a stall the first read is one of 16 KiB; large ones come back when it went through
    whole.
3.  End of stream on one side: what is queued for the other goes out, then a FIN. The tunnel ends
    when both have ended; with ``no_half_close`` when the first has: neither is read any more, and
    what is queued for either goes out.
4.  An error on one side resets the other: a reset is not an ordinary end.
5.  Any byte either way moves the idle deadline; when it passes both sides are closed. What was
    queued is lost, as in Apache.

Source: mod_proxy's tunnel (2.4.53 and later); architecture of the engine in ``engine.py``.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from httpdlite.proxy.tunnel import Ending, Reason, Side, State, TunnelLimits
from httpdlite.serve.endpoint import BUFFER, SHORT_SIZE, SHORT_VIEWS, VIEW
from httpdlite.serve.engine import GONE, NEVER, READ, WRITE

if TYPE_CHECKING:
    from httpdlite.serve.endpoint import Endpoint

SLOW_SIZE: Final = 16384
_SLOW_VIEW: Final = VIEW[:SLOW_SIZE]


class Tunnel:
    """One tunnel. ``on_end`` is called once, with how it ended; ``key`` is its owner's."""

    __slots__ = (
        "_endings",
        "_idle",
        "_is_slow",
        "_on_end",
        "_reason",
        "_side",
        "_started",
        "_state",
        "client",
        "key",
        "worker",
    )

    says_goodbye = False  # see goodbye.py, where there is one that does

    def __init__(
        self,
        client: "Endpoint",
        worker: "Endpoint",
        limits: TunnelLimits,
        on_end: Callable[[Ending], None],
        key: object = None,
    ) -> None:
        self.key = key
        self.client = client
        self.worker = worker
        client.peer = worker
        worker.peer = client
        client.flow = worker.flow = self
        client.received = worker.received = 0  # the relay does not count what is sent
        self._idle = limits.idle if limits.idle is not None else NEVER
        self._endings = limits.endings
        self._on_end = on_end
        self._state = State.OPEN
        self._is_slow = False
        self._reason: Reason | None = None
        self._side: Side | None = None
        self._started = client.engine.now
        worker.deadline = NEVER
        client.expire_at(client.engine.now + self._idle)

    def began_before(  # noqa: PLR0917 - all that a tunnel is
        self,
        seconds: float,
        silence: float,
        received: dict[Side, int],
        state: State,
        reason: Reason | None,
        side: Side | None,
    ) -> None:
        """Take over what the tunnel was before it came here (ProxyWebsocketAsyncDelay)."""
        self._started -= seconds
        self.client.expire_at(self.client.engine.now + self._idle - silence)
        self.client.received = received[Side.CLIENT]
        self.worker.received = received[Side.WORKER]
        self._state, self._reason, self._side = state, reason, side

    def start(self, to_client: bytes, to_worker: bytes, *, counted: bool = False) -> None:
        """Send what was read with the heads (``counted``: is in the counters already), then
        relay.
        """
        if not counted:
            self.worker.received += len(to_client)
            self.client.received += len(to_worker)
        for endpoint, data in ((self.client, to_client), (self.worker, to_worker)):
            try:
                drained = endpoint.send(data) if data else not endpoint.queue
            except OSError:
                self._broken(endpoint)
                return
            assert endpoint.peer is not None
            if drained and not self._has_ended(endpoint.peer):
                endpoint.peer.resume()
            else:
                endpoint.peer.pause()

    def on_ready(self, endpoint: "Endpoint", events: int) -> None:
        """See engine.Flow; rules 1 and 2."""
        if (events != READ or not endpoint.interest & READ) and not self._is_readable(
            endpoint, events
        ):
            return
        far = endpoint.peer
        try:
            count = endpoint.sock.recv_into(_SLOW_VIEW if self._is_slow else BUFFER)
        except BlockingIOError:
            return
        except OSError:
            self._broken(endpoint)
            return
        self.client.deadline = endpoint.engine.now + self._idle
        if not count:
            self._end_of_stream(endpoint)
            return
        endpoint.received += count
        try:
            sent = far.sock.send(  # type: ignore[union-attr]
                SHORT_VIEWS[count] if count < SHORT_SIZE else VIEW[:count]
            )
        except BlockingIOError:
            sent = 0
        except OSError:
            self._broken(far)  # type: ignore[arg-type]
            return
        if sent != count:
            endpoint.pause()
            self._is_slow = True
            far.queue_rest(bytes(VIEW[sent:count]))  # type: ignore[union-attr]
        elif self._is_slow:
            self._is_slow = False

    def _is_readable(self, endpoint: "Endpoint", events: int) -> bool:
        """What is not plain readiness: sends what is queued, notes who has gone. True if the
        endpoint is to be read all the same.
        """
        if events & WRITE:
            self._flush(endpoint)
            if not events & ~WRITE or self._state is State.CLOSED:
                return False
        if not endpoint.interest & READ:  # READ alone: from before it was paused, in this batch
            if events & GONE:
                self._gone(endpoint)
            return False
        return True

    def _flush(self, endpoint: "Endpoint") -> None:
        try:
            drained = endpoint.flush()
        except OSError:
            self._broken(endpoint)
            return
        client = self.client
        client.deadline = client.engine.now + self._idle
        if not drained:
            return
        near = endpoint.peer
        assert near is not None
        if self._has_ended(near):
            endpoint.finish_sending()
            if self._state is State.CLOSED and not near.queue:
                self._close()
        else:
            near.resume()

    def _side_of(self, endpoint: "Endpoint") -> Side:
        return Side.CLIENT if endpoint is self.client else Side.WORKER

    def _has_ended(self, endpoint: "Endpoint") -> bool:
        ended = State.CLIENT_DONE if endpoint is self.client else State.WORKER_DONE
        return self._state in (ended, State.CLOSED)

    def _end_of_stream(self, endpoint: "Endpoint") -> None:
        """Rule 3."""
        side = self._side_of(endpoint)
        if self._reason is None:
            self._reason, self._side = Reason.END, side
        self._state = self._endings[self._state, side]
        far = endpoint.peer
        assert far is not None
        if self._state is State.CLOSED and not far.queue and not endpoint.queue:
            self._close()  # which ends both streams
            return
        endpoint.pause()
        if self._state is State.CLOSED:
            far.pause()
        if not far.queue:
            far.finish_sending()

    def _gone(self, endpoint: "Endpoint") -> None:
        """ERR or HUP on an endpoint that is not read: with bytes queued for it, they cannot arrive
        any more.
        """
        if endpoint.queue:
            self._broken(endpoint)
        else:
            endpoint.engine.unregister(endpoint)

    def _broken(self, endpoint: "Endpoint") -> None:
        """Rule 4."""
        self._reason, self._side = Reason.RESET, self._side_of(endpoint)
        self._state = State.CLOSED
        self.client.reset()
        self.worker.reset()
        self._report()

    def on_deadline(self, endpoint: "Endpoint") -> None:
        """Rule 5."""
        self._reason, self._side = Reason.IDLE, None
        self._close()

    @property
    def is_over(self) -> bool:
        """Has it been said how it ended?"""
        return self._on_end is _nothing

    def end(self, reason: Reason) -> None:
        """Close both sides, unless that has been done."""
        if not self.is_over:
            self._reason, self._side = reason, None
            self._close()

    def abandon(self) -> None:
        """See engine.Flow: the child ends, or this flow has failed."""
        if self.is_over:
            return
        ends = self.client.engine.is_closed
        self._reason, self._side = Reason.SHUTDOWN if ends else Reason.FAULT, None
        self._close()

    def _close(self) -> None:
        self._state = State.CLOSED
        self.client.close()
        self.worker.close()
        self._report()

    def _report(self) -> None:
        on_end, self._on_end = self._on_end, _nothing
        client = self.client
        assert self._reason is not None
        on_end(
            Ending(
                self._reason,
                self._side,
                client.received,
                self.worker.received,
                client.engine.now - self._started,
            )
        )
        client.peer = self.worker.peer = None


def _nothing(ending: Ending) -> None:
    """Stands in for on_end once it was called."""
