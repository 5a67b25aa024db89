"""Clients of vhosts that speak TLS: from the accepted socket to a connection whose requests know by
which vhost's certificate they came.

Comes in: an accepted socket of an address whose first vhost speaks TLS. Goes out: a
``SecureConnection``; or a client that speaks plain HTTP there is told so; or a line in the log.
Hides the choice of the context by the server name, and which requests a connection may carry:

1.  The name that the client sent (SNI) chooses the vhost as a Host field does; without one, and if
    that vhost speaks no TLS, it is the first vhost of the address.
2.  A request without a host, where a name was sent: 400. Without a name, where the vhost of the
    handshake or of the request wants one (SSLStrictSNIVHostCheck): 403.
3.  A request for another vhost is served if that one asks no more of clients, as SSLVHostSNIPolicy
    has it; else 421. A vhost that a reload has changed counts as another one.

Sources: mod_ssl (ssl_hook_ReadReq, ssl_io_filter), as observed with 2.4.71.
"""

import ssl
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from httpdlite.conf.directives.ssl_values import SniPolicy
from httpdlite.proxy.clienthello import ClientHello
from httpdlite.proxy.fields import FramingError
from httpdlite.proxy.own_name import Client
from httpdlite.routes.logline import LogLine
from httpdlite.routes.outcomes import Outcomes
from httpdlite.routes.route import Refusal, Route
from httpdlite.routes.site import Vhost
from httpdlite.routes.tls import ServerTls, may_serve
from httpdlite.routes.tlsvariables import TlsVariables
from httpdlite.serve.client import ClientConnection, State
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.serving import Serving
from httpdlite.serve.tls_endpoint import TlsEndpoint
from httpdlite.serve.tls_facts import SessionFacts
from httpdlite.serve.tls_handshake import Handshake

if TYPE_CHECKING:
    import socket

    from httpdlite.serve.child import Child
    from httpdlite.serve.engine import Flow

_INFO: Final = 6
_DEBUG: Final = 7
_OF_READING: Final = frozenset(("AH00550", "AH00569", "AH10156", "AH10157"))
_SPOKEN: Final = "SSL handshake failed: HTTP spoken on HTTPS port; trying to send HTML error page"
_AS_REQUEST: Final = b"GET / HTTP/1.0\r\n"  # in the access log, whatever it was
_GONE: Final = "the client has closed the connection"


class Chosen(NamedTuple):
    """What a handshake was made for: ``tls`` is that of the context. ``name``: what the client
    sent.
    """

    vhost: str  # its key
    host: str
    tls: ServerTls
    name: str | None
    is_plain: bool  # does the vhost speak no TLS itself?
    context: ssl.SSLContext


class Greeting:
    """A client until its handshake is over; the ``Owner`` of that."""

    __slots__ = ("_child", "_chosen", "_client", "_first")

    def __init__(self, child: "Child", client: Client, first: Vhost) -> None:
        self._child = child
        self._client = client
        self._first = first  # vhost of the address
        self._chosen: Chosen | None = None

    def begin(self, sock: "socket.socket", flow: "Flow") -> None:
        """``flow``: whose the endpoint is for a moment."""
        child, settings = self._child, self._first.table.settings
        endpoint = TlsEndpoint(child.engine, sock, flow, note=self._note)
        stage = settings.read_timeouts.handshake
        Handshake(child.turns, endpoint, self._choose, self, settings.timeout, stage)

    def _choose(self, name: str | None) -> ssl.SSLContext:
        """Rule 1. Raises OSError."""
        child, client = self._child, self._client
        found = child.site.vhost_set(client.local_ip, client.local_port)
        vhost = first = found.vhosts[0]
        if name is not None:
            vhost = found.select(name)
        tls, context = vhost.tls, child.tls.context_of(vhost)
        if context is None:
            tls, context = first.tls, child.tls.context_of(first)
        if context is None or tls is None:
            raise ConnectionError("TLS is not spoken here any more")
        self._first = vhost
        is_plain = vhost.tls is None
        self._chosen = Chosen(vhost.key, vhost.server_name, tls, name, is_plain, context)
        return context

    def _note(self, text: str) -> None:
        self._child.log_error(LogLine("ssl", _DEBUG, "", text), self._client, self._first)

    # --- what becomes of it, see tls_handshake.Owner ---

    def secured(self, endpoint: TlsEndpoint, hello: ClientHello | None) -> None:
        """Requests follow."""
        client, chosen = self._client, self._chosen
        assert chosen is not None
        assert endpoint.tls is not None
        variables = TlsVariables(SessionFacts(endpoint.tls, hello))
        by_tls = replace(client, scheme="https", tls=variables)
        connection = SecureConnection(self._child, endpoint, by_tls, chosen)
        if self._child.is_draining:
            connection.drain()

    def is_plain(self, endpoint: Endpoint, data: bytes) -> None:
        """Tell it in the clear."""
        connection = ClientConnection(self._child, endpoint, self._client)
        connection.refuse(_AS_REQUEST, FramingError(400, _SPOKEN, "AH01996"))

    def failed(self, why: str) -> None:
        """Only the log hears of it."""
        vhost = self._first
        name = f"{vhost.server_name}:{vhost.port or 443}"
        line = LogLine(
            "ssl", _INFO, "AH02008", f"SSL library error 1 in handshake (server {name}): {why}"
        )
        if why == _GONE:
            text = "SSL handshake stopped: connection was closed"
            line = LogLine("ssl", _INFO, "AH02006", text)
        self._child.log_error(line, self._client, vhost)


class SecureServing(Serving):
    """A request that came over TLS."""

    def start(self, route: Route | Refusal | Outcomes | None, early: bytes) -> None:
        """See Serving, and the module's rules."""
        if not isinstance(route, Refusal) or route.code not in _OF_READING:
            route = self._misdirected() or route
        super().start(route, early)

    def _misdirected(self) -> Refusal | None:
        connection, vhost = self._connection, self._vhost
        assert isinstance(connection, SecureConnection)
        chosen = connection.chosen
        host = self._request.get(b"host")
        if chosen.name is not None:
            if not host:
                text = (
                    f"Hostname {chosen.name} provided via SNI, but no hostname provided in HTTP "
                    "request"
                )
                return Refusal(400, text, "AH02031")
        elif chosen.tls.strict_sni or (vhost.tls is not None and vhost.tls.strict_sni):
            text = "No hostname was provided via SNI for a name based virtual host"
            return Refusal(403, text, "AH02033")
        policy = connection.child.site.sni_policy
        if _is_current(chosen, vhost, connection.child) and _may_carry(chosen, vhost, policy):
            return None
        shown = host.decode("latin-1") if host else ""
        told = f"{chosen.host} (default host as no SNI was provided)"
        if chosen.name is not None:
            told = f"{chosen.name} provided via SNI"
        text = (
            f"Hostname {told} and hostname {shown} provided via HTTP have no compatible SSL setup "
            f"for policy '{policy.value}'"
        )
        return Refusal(421, text, "AH02032")


def _is_current(chosen: Chosen, vhost: Vhost, child: "Child") -> bool:
    """A client's certificate was judged by the files of the handshake: where one is asked for, a
    reload that has read others (a new CRL, say) ends what a kept connection may ask.
    """
    if vhost.tls is None or not vhost.tls.asks_clients:
        return True
    made_for = child.site.vhosts.get(chosen.vhost)
    return made_for is not None and child.tls.context_of(made_for) is chosen.context


def _may_carry(chosen: Chosen, vhost: Vhost, policy: SniPolicy) -> bool:
    """Rule 3."""
    if vhost.key == chosen.vhost:
        asked = vhost.tls
        if asked is None or asked is chosen.tls or asked == chosen.tls:  # `in {…}` would hash both
            return True
    if chosen.is_plain:
        return policy is SniPolicy.INSECURE and (vhost.tls is None or not vhost.tls.asks_clients)
    return may_serve(chosen.tls, vhost.tls, policy, is_same=False)


class SecureConnection(ClientConnection):
    """A client's connection after a handshake, ``chosen`` for it. What is no request is answered by
    the first vhost of the address all the same, with its limits and in its logs.
    """

    __slots__ = ("chosen",)

    serving_kind: ClassVar[type[Serving]] = SecureServing

    def __init__(
        self, child: "Child", endpoint: TlsEndpoint, client: Client, chosen: Chosen
    ) -> None:
        super().__init__(child, endpoint, client)
        self.chosen = chosen

    def on_deadline(self, endpoint: Endpoint) -> None:
        """See ClientConnection. Who has made a handshake and asks for nothing is a 408 in the logs,
        as in Apache, which sees no connection without TLS before something has come.
        """
        is_unused = self._state is State.READING and not (self._buffer or self.requests)
        if is_unused and not self.child.is_draining:
            self._await_head()
            self._give_up_reading()
        else:
            super().on_deadline(endpoint)
