"""A tunnel's states and endings, sans-IO: which side has ended, what that means for the other, and
what to say of it afterwards. Pure.

Comes in: endings of the two sides. Goes out: what to do, and at last an ``Ending``. Both kinds of
tunnel (relay and synchronous) use it, so that what the two ends see is the same.

The rules:

1.  A side ends once: ``ENDED`` says what the tunnel is then. The other side may go on.
2.  The reason and the side of an ordinary end are those of the side that ended first.
3.  With ``no_half_close`` the first end is the end of both, once what is queued has gone out.
4.  Whatever else ends the tunnel (a reset, the idle limit, the child's end) closes it at once, and
    then that is its reason, also after one side had ended.

Source: mod_proxy's tunnel (2.4.47 and later): half-close is honoured; an error ends both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Side(Enum):
    """One end of a tunnel."""

    CLIENT = "client"
    WORKER = "worker"


class State(Enum):
    """Which sides may still send."""

    OPEN = "open"
    CLIENT_DONE = "client done"
    WORKER_DONE = "worker done"
    CLOSED = "closed"


ENDED: Final = {
    (State.OPEN, Side.CLIENT): State.CLIENT_DONE,
    (State.CLIENT_DONE, Side.WORKER): State.CLOSED,
    (State.OPEN, Side.WORKER): State.WORKER_DONE,
    (State.WORKER_DONE, Side.CLIENT): State.CLOSED,
}
ENDED_AT_ONCE: Final = dict.fromkeys(((State.OPEN, side) for side in Side), State.CLOSED)


class Reason(Enum):
    """Why a tunnel ended."""

    END = "end of stream"
    RESET = "connection reset"
    IDLE = "idle timeout"
    SHUTDOWN = "shutdown"
    DRAINED = "graceful stop"
    UNROUTED = "its route or listener is gone"
    FAULT = "internal fault"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a tunnel ended: the reason, and the side that began it (None: neither, as with a
    timeout).
    """

    reason: Reason
    side: Side | None
    client_bytes: int  # received from the client after the handshake
    worker_bytes: int  # received from the worker after the handshake
    seconds: float


@dataclass(frozen=True, slots=True)
class TunnelLimits:
    """What a tunnel keeps of its route's settings. Seconds; idle None: no limit."""

    idle: float | None
    is_async: bool
    async_delay: float
    no_half_close: bool = False  # proxy-nohalfclose
    says_goodbye: bool = False  # a WebSocket with HttpdliteTunnelGoodbye

    @property
    def endings(self) -> Mapping[tuple[State, Side], State]:
        """What the tunnel is once a side has ended."""
        return ENDED_AT_ONCE if self.no_half_close else ENDED
