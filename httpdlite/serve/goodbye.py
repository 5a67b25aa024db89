"""The goodbye: a WebSocket's tunnel which, when it is the server that ends it, tells both ends so
by a close frame (1001, going away) before it closes (HttpdliteTunnelGoodbye).

Comes in: what the relay gets. Goes out: the same ``Ending``. Hides whether a frame of ours may
stand somewhere, and what is waited for. Until the end it is the relay, which does its work first;
then the bytes that passed are followed by a ``FrameTrack`` per direction.

The rules of the end, once ``end`` was called or the idle limit has passed:

1.  A direction is finished at its next boundary between two frames: what comes before still goes
    out, then our close frame, then a FIN; what comes behind is read and dropped. A boundary that
    does not come within PATIENCE is not waited for.
2.  A direction in which a close frame has passed, which has ended, or of which the frames are not
    known gets no close frame, only the FIN.
3.  A side is waited for until it has answered with a close frame or has ended, at most PATIENCE
    since the last close frame of ours. So it is over after twice PATIENCE at most.
4.  The reason is the one that began it, whatever else happens meanwhile; an error on one side is
    the end of that side.

Sources: RFC 6455 §5.5.1 and §7.1.1; ``frames.py``.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from httpdlite.proxy.frames import GOING_AWAY, FrameTrack, close_frame
from httpdlite.proxy.tunnel import Ending, Reason, Side, TunnelLimits
from httpdlite.serve.endpoint import VIEW
from httpdlite.serve.engine import GONE, READ, WRITE
from httpdlite.serve.relay import Tunnel
from httpdlite.serve.tls_relay import TlsTunnel

if TYPE_CHECKING:
    from httpdlite.serve.endpoint import Endpoint

PATIENCE: Final = 1.0  # seconds


def new_tracks() -> dict[Side, FrameTrack]:
    """For a tunnel that begins. A client masks its frames, a worker does not (RFC 6455 §5.1)."""
    return {side: FrameTrack(masked=side is Side.CLIENT) for side in Side}


def relay_tunnel(  # noqa: PLR0917 - all that a tunnel is
    client: "Endpoint",
    worker: "Endpoint",
    limits: TunnelLimits,
    on_end: Callable[[Ending], None],
    key: object = None,
    tracks: Mapping[Side, FrameTrack] | None = None,
) -> Tunnel:
    """A tunnel of the relay, of the kind that its limits ask for. ``tracks``: of what has passed
    before it came here.
    """
    is_tls = client.is_tls or worker.is_tls
    if not limits.says_goodbye:
        kind = TlsTunnel if is_tls else Tunnel
        return kind(client, worker, limits, on_end, key)
    saying = TlsGoodbyeTunnel if is_tls else GoodbyeTunnel
    return saying(client, worker, limits, on_end, key, tracks or new_tracks())


@dataclass(slots=True)
class _Leave:
    """How far the end has got, by side."""

    told: "set[Endpoint]" = field(default_factory=set)  # gets no more of the other side
    heard: "set[Endpoint]" = field(default_factory=set)  # is not waited for any more


class GoodbyeTunnel(Tunnel):
    """One such tunnel."""

    __slots__ = ("_client_track", "_leave", "_worker_track")

    says_goodbye = True

    def __init__(  # noqa: PLR0917 - all that a tunnel is
        self,
        client: "Endpoint",
        worker: "Endpoint",
        limits: TunnelLimits,
        on_end: Callable[[Ending], None],
        key: object,
        tracks: Mapping[Side, FrameTrack],
    ) -> None:
        super().__init__(client, worker, limits, on_end, key)
        self._client_track = tracks[Side.CLIENT]
        self._worker_track = tracks[Side.WORKER]
        self._leave: _Leave | None = None  # once the end has begun

    def start(self, to_client: bytes, to_worker: bytes, *, counted: bool = False) -> None:
        """See Tunnel."""
        if not counted:
            self._worker_track.feed(memoryview(to_client))
            self._client_track.feed(memoryview(to_worker))
        super().start(to_client, to_worker, counted=counted)

    def on_ready(self, endpoint: "Endpoint", events: int) -> None:
        """See engine.Flow. What the relay has read is in the buffer still."""
        if self._leave is not None:
            self._part(self._leave, endpoint, events)
            return
        before = endpoint.received
        super().on_ready(endpoint, events)
        if count := endpoint.received - before:
            self._track_of(endpoint).feed(VIEW[:count])

    def _track_of(self, endpoint: "Endpoint") -> FrameTrack:
        return self._client_track if endpoint is self.client else self._worker_track

    # --- its end ---

    def on_deadline(self, endpoint: "Endpoint") -> None:
        """The idle limit, or the end of the patience."""
        if self._leave is not None:
            self._close()
        else:
            self.end(Reason.IDLE)

    def end(self, reason: Reason) -> None:
        """Tell both sides, unless that has been done; then close them."""
        if self._leave is not None or self.is_over:
            return
        self._reason, self._side = reason, None
        leave = self._leave = _Leave()
        self.client.expire_at(self.client.engine.now + PATIENCE)
        sides = self.client, self.worker
        leave.heard.update(
            side for side in sides if self._has_ended(side) or self._track_of(side).has_closed
        )
        for side in sides:
            if side in leave.heard or not self._is_within_frame(side):
                self._finish(leave, side)
        self._look(leave)

    def abandon(self) -> None:
        """See Tunnel; the child may end before the goodbye is over."""
        if self._leave is not None and self.client.engine.is_closed and not self.is_over:
            self._close()
        else:
            super().abandon()

    def _is_within_frame(self, near: "Endpoint") -> bool:
        track = self._track_of(near)
        return track.is_valid and not track.at_boundary

    def _finish(self, leave: "_Leave", near: "Endpoint") -> None:
        """Rules 1 and 2: nothing more of ``near`` goes to the other side."""
        far = _peer(near)
        if far in leave.told:
            return
        leave.told.add(far)
        if near not in leave.heard:
            near.resume()
        track, drained = self._track_of(near), not far.queue
        if track.at_boundary and not track.has_closed and not self._has_ended(near):
            mask = os.urandom(4) if far is self.worker else b""
            try:
                drained = far.send(close_frame(GOING_AWAY, mask))
            except OSError:
                self._lose(leave, far)
                return
            self.client.expire_at(self.client.engine.now + PATIENCE)
        if drained:
            far.finish_sending()

    def _lose(self, leave: "_Leave", endpoint: "Endpoint") -> None:
        """Rule 4: this side has gone."""
        endpoint.queue = None
        endpoint.watch(0)
        leave.told.add(endpoint)
        leave.heard.add(endpoint)
        self._finish(leave, endpoint)

    def _look(self, leave: "_Leave") -> None:
        """Is it over?"""
        has_queue = self.client.queue or self.worker.queue
        if len(leave.told) == len(leave.heard) == 2 and not has_queue and not self.is_over:
            self._close()

    def _part(self, leave: "_Leave", endpoint: "Endpoint", events: int) -> None:
        """An event after the end has begun."""
        if events & WRITE:
            self._send_rest(leave, endpoint)
        if endpoint.interest & READ:
            if events & ~WRITE:
                self._read(leave, endpoint)
        elif events & GONE:
            self._lose(leave, endpoint)
        self._look(leave)

    def _send_rest(self, leave: "_Leave", endpoint: "Endpoint") -> None:
        try:
            drained = endpoint.flush()
        except OSError:
            self._lose(leave, endpoint)
            return
        if drained and endpoint in leave.told:
            endpoint.finish_sending()
        elif drained:
            _peer(endpoint).resume()

    def _read(self, leave: "_Leave", endpoint: "Endpoint") -> None:
        try:
            data = endpoint.receive_view()
        except OSError:
            self._lose(leave, endpoint)
            return
        if data is None:
            return
        track, passed = self._track_of(endpoint), 0
        if data and _peer(endpoint) not in leave.told:
            passed = self._pass_on(leave, endpoint, data)
        track.feed(data[passed:])
        if not data or track.has_closed:
            leave.heard.add(endpoint)
            endpoint.pause()
            self._finish(leave, endpoint)

    def _pass_on(self, leave: "_Leave", near: "Endpoint", data: memoryview) -> int:
        """The rest of a frame, and no more; how much that was."""
        far = _peer(near)
        count = self._track_of(near).advance(data)
        try:
            drained = far.send(data[:count])
        except OSError:
            self._lose(leave, far)
            return count
        if not drained:
            near.pause()
        if not self._is_within_frame(near):
            self._finish(leave, near)
        return count


class TlsGoodbyeTunnel(GoodbyeTunnel, TlsTunnel):
    """One of which a side speaks TLS."""

    __slots__ = ()


def _peer(endpoint: "Endpoint") -> "Endpoint":
    peer = endpoint.peer
    assert peer is not None
    return peer
