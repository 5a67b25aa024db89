"""The relay for tunnels of which a side speaks TLS (or both): the relay's rules, over the methods
of endpoints instead of their sockets.

Comes in and goes out: as with ``relay.py``. What costs a tunnel without TLS nothing is here: two
calls more per message. ``ProxyWebsocketAsync Off`` and a delay make no difference to these tunnels:
they are in the relay from the start, which their ends cannot tell from tasks.
"""

from typing import TYPE_CHECKING

from httpdlite.serve.endpoint import BUFFER_SIZE
from httpdlite.serve.engine import READ
from httpdlite.serve.relay import SLOW_SIZE, Tunnel

if TYPE_CHECKING:
    from httpdlite.serve.endpoint import Endpoint


class TlsTunnel(Tunnel):
    """One such tunnel."""

    __slots__ = ()

    def on_ready(self, endpoint: "Endpoint", events: int) -> None:
        """See Tunnel."""
        if (events != READ or not endpoint.interest & READ) and not self._is_readable(
            endpoint, events
        ):
            return
        try:
            data = endpoint.receive_view(SLOW_SIZE if self._is_slow else BUFFER_SIZE)
        except OSError:
            self._broken(endpoint)
            return
        if data is None:
            return
        self.client.deadline = endpoint.engine.now + self._idle
        if not data:
            self._end_of_stream(endpoint)
            return
        far = endpoint.peer
        try:
            is_sent = far.send(data)  # type: ignore[union-attr]
        except OSError:
            self._broken(far)  # type: ignore[arg-type]
            return
        if not is_sent:
            endpoint.pause()
            self._is_slow = True
        elif self._is_slow:
            self._is_slow = False
