"""Endings that take their time: tunnels closed one after the other, a child that drains.

Comes in: tunnels that are to end, or the order to drain. Goes out: closed connections. Hides that
closings are spread evenly over the time there is, the last at its end, so that thousands of clients
do not all come back at once. Source: GracefulShutdownTimeout (mpm_common), where Apache waits and
then cuts all at once.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import trio

from httpdlite.proxy.tunnel import Reason
from httpdlite.serve.client import ClientConnection
from httpdlite.serve.goodbye import PATIENCE
from httpdlite.serve.preface import Preface
from httpdlite.serve.relay import Tunnel
from httpdlite.serve.synchronous import SynchronousTunnel

if TYPE_CHECKING:
    from httpdlite.serve.child import Child

AnyTunnel = Tunnel | SynchronousTunnel

TICK: Final = 0.02  # seconds between two closings at least; several at once if they are many
_LOOKS: Final = (0.02, 0.05, 0.1, 0.25, 0.5)  # seconds until the next look whether all have gone


async def close_spread(
    child: "Child", tunnels: Sequence[AnyTunnel], seconds: float, reason: Reason
) -> None:
    """Close all of them within so many seconds."""
    begun = trio.current_time()
    closed = 0
    while closed < len(tunnels):
        share = (trio.current_time() - begun) / seconds if seconds > 0 else 1.0
        due = min(len(tunnels), int(len(tunnels) * share + 1e-9))
        for tunnel in tunnels[closed:due]:
            _end(child, tunnel, reason)
        closed = due
        if closed < len(tunnels):
            await trio.sleep(max(TICK, min(1.0, seconds / len(tunnels))))


async def _close_all(child: "Child", tunnels: Sequence[AnyTunnel], seconds: float) -> None:
    """Close these, and at the end those that have begun meanwhile."""
    await close_spread(child, tunnels, seconds, Reason.DRAINED)
    for tunnel in child.tunnels:
        _end(child, tunnel, Reason.DRAINED)


def _end(child: "Child", tunnel: AnyTunnel, reason: Reason) -> None:
    if isinstance(tunnel, Tunnel):
        child.engine.call(tunnel, partial(tunnel.end, reason))
    else:
        tunnel.end(reason)


async def drain(child: "Child", seconds: float | None) -> None:
    """Accept no more, let end what is there; return when nothing is left. Tunnels have ``seconds``,
    None: as long as they like.
    """
    child.is_draining = True
    for listener in tuple(child.listeners):
        child.engine.call(listener, listener.stop)
    for endpoint in tuple(child.engine.table.values()):
        flow = endpoint.flow
        if isinstance(flow, ClientConnection | Preface):
            child.engine.call(flow, flow.drain)
    if seconds is not None:
        tunnels = child.tunnels
        if any(tunnel.says_goodbye for tunnel in tunnels):
            seconds = max(seconds - PATIENCE, seconds / 2)  # the last of them needs some, too
        child.start_task(_close_all, child, tunnels, seconds, is_patient=True)
    looks = 0
    while child.has_clients:
        await trio.sleep(_LOOKS[min(looks, len(_LOOKS) - 1)])
        looks += 1
