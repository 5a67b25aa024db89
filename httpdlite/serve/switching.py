"""A switch of protocols: the worker's 101 becomes the client's, and two endpoints a tunnel.

Comes in: a worker's head with what came behind it, and the connections of both sides. Goes out: the
101 and a running tunnel with its log record. Hides what a tunnel keeps of its request. Sources:
mod_proxy_http (2.4.47 and later); `websocket.py` for the heads.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from httpdlite.proxy import exchange
from httpdlite.proxy.framing import RequestHead, ResponseHead
from httpdlite.proxy.tunnel import Ending, Reason, Side, TunnelLimits
from httpdlite.proxy.websocket import check_switch, switch_head, switch_lines
from httpdlite.routes.request import Request
from httpdlite.routes.route import Route
from httpdlite.routes.site import Vhost
from httpdlite.serve.phasing import client_of
from httpdlite.serve.record import TunnelRecord

if TYPE_CHECKING:
    from httpdlite.serve.client import ClientConnection
    from httpdlite.serve.pool import Pool
    from httpdlite.serve.worker import WorkerConnection


class Switch:
    """A 101 that was found to be the one asked for. Raises FramingError(502) if it is not."""

    __slots__ = ("_head", "_phased", "_protocol", "_request", "_rest", "_route")

    def __init__(
        self,
        head: ResponseHead,
        rest: bytes,
        route: Route,
        request: RequestHead,
        phased: Request | None = None,
    ) -> None:
        """``phased``: the request as its phases have left it, if there was anything to do."""
        self._protocol = check_switch(head, route.upgrade)
        self._head = head
        self._rest = rest
        self._route = route
        self._request = request
        self._phased = phased

    def make(
        self,
        connection: "ClientConnection",
        worker: "WorkerConnection",
        vhost: Vhost,
        path: str,
        started: float,
    ) -> None:
        """Pass the 101 on and start the tunnel; the sockets are no longer the connections'."""
        head, route, request, child = self._head, self._route, self._request, connection.child
        lines = exchange.response_lines(head, request, route, vhost, connection.client)
        lines = switch_lines(head, lines)
        early = connection.switched()
        pool = worker.pool
        source_port = worker.source_port if vhost.logs_more else 0
        far = worker.hand_over()
        out = switch_head(head.reason, lines, self._protocol)
        record = TunnelRecord(
            child,
            request,
            client_of(connection.client, self._phased),
            vhost.key,
            lines=lines,
            route=route,
            path=path,
            started=started,
            requests=max(connection.requests - 1, 0),  # as Apache counts here
            head_out=len(out),
            source_port=source_port,
            phased=self._phased,
        )
        on_end: Callable[[Ending], None] = record.end
        if pool.worker.parameters.max:
            on_end = partial(_end_in_pool, pool, record)  # as in Apache, tunnels count
        else:
            pool.leave()
        try:
            connection.endpoint.send(out)
        except OSError:
            connection.endpoint.reset()
            far.reset()
            on_end(Ending(Reason.RESET, Side.CLIENT, 0, 0, 0.0))
            return
        settings = route.settings
        if settings.logs_tunnel_start:
            record.begin(vhost)
        limits = TunnelLimits(
            settings.tunnel_idle_timeout(route.worker),
            settings.websocket_async,
            settings.websocket_async_delay,
            settings.toggles.no_half_close,
            settings.tunnel_goodbye and self._protocol.lower() == b"websocket",
        )
        child.start_tunnel(
            connection.endpoint,
            far,
            to_client=self._rest,
            to_worker=early,
            limits=limits,
            on_end=on_end,
            key=child.tunnel_key(connection.client, vhost.key, route.key),
        )


def _end_in_pool(pool: "Pool", record: TunnelRecord, ending: Ending) -> None:
    record.end(ending)
    pool.leave()
