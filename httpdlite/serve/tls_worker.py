"""Workers of https:// and wss://: their connections, which make TLS before a request is sent, and
their pools.

Comes in and goes out: as with ``worker.py`` and ``pool.py``. Hides the handshake with its turns,
what the worker is called in it, which connection may serve whom, and how a stream of TLS ends. A
worker without TLS pays for nothing of it. Sources: mod_ssl and mod_proxy, as observed with 2.4.71.

The rules:

1.  While TLS is being made, the connection counts as connecting: what is to be sent is collected,
    and ``Securing`` has the endpoint. It has the worker's timeout; other addresses are not tried.
2.  A connection serves requests with the same name (``Serving.worker_name``) and settings of TLS
    only. After a reload no connection from before it is used again, from the very moment that the
    new Site is served by: certificates may be new.
3.  An answer without a length that ends without close_notify is not complete: it is cut.
4.  A readable idle connection is alive if what has come is for the library alone (tickets). How an
    idle one ends matters to nobody, and is not logged; Apache does not hear of it either.
"""

import socket
from typing import TYPE_CHECKING, Final

from httpdlite.proxy.bodies import UntilClose
from httpdlite.proxy.fault import CLOSED, TIMED_OUT, ProxyFault
from httpdlite.routes.logline import LogLine
from httpdlite.serve.connecting import IDLE, RECEIVING, Address, describe
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import READ, WRITE
from httpdlite.serve.pool import Asker, Pool
from httpdlite.serve.tls_contexts import ContextError
from httpdlite.serve.tls_endpoint import TlsEndpoint
from httpdlite.serve.tls_peer import Checks, PeerError, PeerHandshake
from httpdlite.serve.worker import WorkerConnection

if TYPE_CHECKING:
    from httpdlite.routes.tls import WorkerTls
    from httpdlite.serve.serving import Serving
    from httpdlite.serve.tls_sites import SiteTls

TLS_SCHEMES: Final = frozenset(("https", "wss"))
_TRUNCATED: Final = "the TLS stream was truncated: it ended without close_notify"


class Securing:
    """The flow of a connection whose handshake is under way."""

    __slots__ = ("_connection", "_handshake")

    def __init__(self, connection: "TlsWorkerConnection", handshake: PeerHandshake) -> None:
        self._connection = connection
        self._handshake = handshake

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        """See engine.Flow."""
        try:
            if events & WRITE:
                endpoint.flush()
            if events == WRITE or not self._handshake.step():
                return
        except PeerError as why:
            self._connection.not_secured(str(why), why.code)
        except OSError as lost:
            self._connection.not_secured(describe(lost))
        else:
            self._connection.secured()

    def on_deadline(self, endpoint: Endpoint) -> None:
        """See engine.Flow; rule 1."""
        self._connection.not_secured(TIMED_OUT)

    def abandon(self) -> None:
        """See engine.Flow."""
        self._connection.abandon()


class TlsWorkerConnection(WorkerConnection):
    """One that speaks TLS. ``name``, ``tls`` and ``made_by``: see rule 2."""

    __slots__ = ("made_by", "name", "tls")

    def __init__(self, pool: Pool, addresses: tuple[Address, ...]) -> None:
        super().__init__(pool, addresses)
        self.name = ""
        self.tls: WorkerTls | None = None
        self.made_by: SiteTls = pool.child.tls

    def begin(self, client: "Serving", request: bytes) -> None:
        """See WorkerConnection."""
        if self.endpoint is None:
            self.name = client.worker_name
            self.tls = client.settings.worker_tls
        super().begin(client, request)

    # --- the handshake ---

    def _try_first_send(self, sock: socket.socket) -> int:
        """Nothing is sent before it."""
        self.endpoint = TlsEndpoint(self.pool.child.engine, sock, self, WRITE, self._note)
        self.endpoint.expire_at(self._now + self._connect_seconds)
        return 0

    def _connected(self, rest: bytes) -> None:
        endpoint, child, tls = self.endpoint, self.pool.child, self.tls
        self.made_by = child.tls
        assert isinstance(endpoint, TlsEndpoint)
        assert tls is not None  # else the pool has refused
        endpoint.expire_at(self._now + self._timeout)
        try:
            context = child.worker_context(tls)
            checks = Checks.of(tls)
            handshake = PeerHandshake(child.turns, endpoint, context, self.name, checks)
        except PeerError as why:
            self.not_secured(str(why), why.code)
            return
        except ContextError as why:
            self.not_secured(str(why))
            return
        endpoint.flow = Securing(self, handshake)
        endpoint.flow.on_ready(endpoint, 0)

    def secured(self) -> None:
        """The handshake is done: send the request."""
        endpoint = self.endpoint
        assert isinstance(endpoint, TlsEndpoint)
        endpoint.flow = self
        super()._connected(self._request)
        if endpoint.has_more and not endpoint.is_closed:
            endpoint.flow.on_ready(endpoint, READ)

    def not_secured(self, why: str, code: str = "") -> None:
        """There is no TLS with this worker. ``code``: AHnnnnn, if that is known."""
        authority, shown = self.pool.authority, self.shown
        if self.pool.worker.unix_path is None and self._connecting is not None:
            shown = f"{self._connecting[1][0]}:{authority.port} ({authority.host})"
        by_tunnel = self._is_by_tunnel
        self._fail(ProxyFault.not_secured(shown, why, code or "AH02003", by_tunnel=by_tunnel))

    def _drop_endpoint(self) -> None:
        if self.endpoint is not None:
            self.pool.child.turns.leave(self.endpoint)
        super()._drop_endpoint()

    def _note(self, text: str) -> None:
        """Rule 4."""
        if self._state is IDLE:
            return
        self.pool.child.log_error(LogLine("ssl", 6, "", f"worker {self.shown}: {text}"))

    # --- endings ---

    def _ended(self, why: str) -> None:
        endpoint = self.endpoint
        if (
            why == CLOSED
            and self._state is RECEIVING
            and isinstance(self._body, UntilClose)
            and isinstance(endpoint, TlsEndpoint)
            and endpoint.is_truncated
        ):
            why = _TRUNCATED
        super()._ended(why)

    def is_alive(self) -> bool:
        """See WorkerConnection and rule 4."""
        if super().is_alive():
            return True
        assert self.endpoint is not None
        try:
            return self.endpoint.receive() is None
        except OSError:
            return False


class TlsPool(Pool):
    """Of a worker that speaks TLS."""

    makes = TlsWorkerConnection

    def renew(self) -> None:
        """See Pool and rule 2."""
        super().renew()
        self.drop_idle()

    def acquire(self, asker: Asker) -> None:
        """See Pool."""
        if asker.settings.worker_tls is None:
            self._refuse(asker)
            return
        for connection in reversed(self.idle):  # which may become shorter
            if self._suits(connection, asker):
                self.idle.remove(connection)
                if connection.is_alive():
                    asker.worker_ready(connection)
                    return
                connection.discard()
        if self.idle:  # of other names: as in Apache, this one takes the place of one of them
            self.idle[-1].discard()
        self._acquire_new(asker)

    def acquire_fresh(self, asker: Asker) -> None:
        """See Pool."""
        if asker.settings.worker_tls is None:
            self._refuse(asker)
            return
        super().acquire_fresh(asker)

    def release(self, connection: WorkerConnection) -> None:
        """See Pool."""
        assert isinstance(connection, TlsWorkerConnection)
        is_old = connection.made_by is not self.child.tls
        if is_old or (self.waiting and not self._suits(connection, self.waiting[0])):
            connection.discard()
            return
        super().release(connection)

    def _suits(self, connection: WorkerConnection, asker: Asker) -> bool:
        assert isinstance(connection, TlsWorkerConnection)
        tls = asker.settings.worker_tls
        return (
            connection.made_by is self.child.tls
            and connection.name == asker.worker_name
            and (connection.tls is tls or connection.tls == tls)
        )

    def _refuse(self, asker: Asker) -> None:
        authority = self.authority
        shown = f"{authority.host}:{authority.port} ({authority.host})"
        asker.worker_failed(ProxyFault.tls_not_enabled(shown, authority.scheme))
