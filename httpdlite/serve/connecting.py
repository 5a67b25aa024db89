"""The first part of a connection to a worker: to be made.

Comes in: the worker's addresses and the first bytes of a request. Goes out: a connected endpoint
with these bytes sent, or the fault that says why not. Hides that there may be several addresses,
EINPROGRESS on loopback, a full backlog of a unix socket, and what is set on a socket before.
``worker.py`` builds on it. Source: ap_proxy_connect_backend.
"""

import errno
import os
import socket
import ssl
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from httpdlite.proxy.fault import ProxyFault
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import NEVER, READ, WRITE
from httpdlite.serve.tls_handshake import explain

if TYPE_CHECKING:
    from httpdlite.serve.pool import Pool
    from httpdlite.serve.serving import Serving

Address = tuple[int, Any]  # family and what connect() takes

UNIX_RETRY: Final = 0.01  # a unix worker with a full backlog answers EAGAIN: try again
_STREAM: Final = socket.SOCK_STREAM | socket.SOCK_NONBLOCK


class State(Enum):
    """Of a connection to a worker; see the table in worker.py."""

    CONNECTING = auto()
    IDLE = auto()
    AWAITING = auto()
    RECEIVING = auto()
    SWITCHING = auto()
    CLOSED = auto()


# Enum members are looked up through the class each time, which costs as much as a call.
CONNECTING: Final = State.CONNECTING
IDLE: Final = State.IDLE
AWAITING: Final = State.AWAITING
RECEIVING: Final = State.RECEIVING
SWITCHING: Final = State.SWITCHING
CLOSED_STATE: Final = State.CLOSED


class Connecting:
    """``client`` is the flow that it serves, None while idle."""

    __slots__ = (
        "_addresses",
        "_connect_by",
        "_connect_seconds",
        "_connecting",
        "_request",
        "_state",
        "_timeout",
        "client",
        "endpoint",
        "pool",
        "source_port",
    )

    def __init__(self, pool: "Pool", addresses: tuple[Address, ...]) -> None:
        self.pool = pool
        self.client: Serving | None = None
        self.endpoint: Endpoint | None = None
        self._addresses = list(addresses)
        self._connecting: Address | None = None
        self._state = CONNECTING
        self._request = b""
        self._timeout = 0.0
        self._connect_by = NEVER
        self._connect_seconds = 0.0
        self.source_port = 0
        """This side's, for logs; 0 of a unix socket, or before there is one."""

    @property
    def shown(self) -> str:
        """As messages name it."""
        if self.pool.worker.unix_path is not None:
            return f"httpd-UDS:0 ({self.pool.worker.unix_path})"
        return f"{self.pool.authority.host}:{self.pool.authority.port}"

    @property
    def has_backlog(self) -> bool:
        """Has it bytes that are still to be sent?"""
        endpoint = self.endpoint
        return self._state is CONNECTING or (endpoint is not None and bool(endpoint.queue))

    @property
    def _now(self) -> float:
        return self.pool.child.engine.now

    def _watch_reading(self) -> None:
        endpoint = self.endpoint
        assert endpoint is not None
        endpoint.expire_at(endpoint.engine.now + self._timeout)

    def _connect_next(self, why: str) -> None:
        while self._addresses:
            self._connecting = family, address = self._addresses.pop(0)
            try:
                sock = socket.socket(family, _STREAM)
            except OSError as failed:
                why = describe(failed)
                continue
            try:
                self._prepare(sock, family)
            except OSError as failed:  # ProxySourceAddress is not ours, or of another family
                sock.close()
                why = describe(failed)
                continue
            code = sock.connect_ex(address)
            if code in (0, errno.EINPROGRESS):
                code = self._try_first_send(sock)
                if not code:
                    return
            if code == errno.EAGAIN and family == socket.AF_UNIX:
                self._addresses.insert(0, self._connecting)
                self.endpoint = Endpoint(self.pool.child.engine, sock, self, 0)
                self.endpoint.expire_at(min(self._connect_by, self._now + UNIX_RETRY))
                return
            sock.close()
            why = describe(OSError(code, os.strerror(code)))
        self._fail_connecting(why)

    def _prepare(self, sock: socket.socket, family: int) -> None:
        if family == socket.AF_UNIX:
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        parameters = self.pool.worker.parameters
        if parameters.keepalive:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        assert self.client is not None
        settings = self.client.settings
        buffer = settings.receive_buffer_of(self.pool.worker)
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        if settings.source_address:
            sock.bind((settings.source_address, 0))

    def _try_first_send(self, sock: socket.socket) -> int:
        """On loopback the connection is often made although connect says EINPROGRESS, and a send
        tells. 0, or why it failed (errno).
        """
        try:
            count = sock.send(self._request)
        except BlockingIOError:
            self.endpoint = Endpoint(self.pool.child.engine, sock, self, WRITE)
            self.endpoint.expire_at(self._now + self._connect_seconds)  # each address has its time
            return 0
        except OSError as failed:  # it takes the error off the socket: SO_ERROR would say 0 now
            return failed.errno or errno.ECONNREFUSED
        self.endpoint = Endpoint(self.pool.child.engine, sock, self, READ)
        self.endpoint.sent = count
        self._connected(self._request[count:])
        return 0

    def _connected(self, rest: bytes) -> None:
        assert self.endpoint is not None
        assert self._connecting is not None
        self._state = AWAITING
        name = self.endpoint.sock.getsockname()
        if isinstance(name, tuple):
            self.source_port = name[1]
        self.pool.reached(self._connecting)
        self._watch_reading()
        self._request = b""
        if rest:
            self.send_body(rest)
        if self.client is not None and not self.has_backlog:
            self.client.worker_drained()

    def _connecting_ready(self) -> None:
        assert self.endpoint is not None
        code = self.endpoint.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._drop_endpoint()
            self._connect_next(describe(OSError(code, os.strerror(code))))
            return
        self.endpoint.watch(READ)
        self._connected(self._request)

    def _drop_endpoint(self) -> None:
        if self.endpoint is not None:
            self.endpoint.close()
            self.endpoint = None

    def _fail_connecting(self, why: str) -> None:
        path, authority = self.pool.worker.unix_path, self.pool.authority
        scheme = authority.scheme
        if path is not None:
            self._fail(
                ProxyFault.unix_failed(path, authority.host, authority.port, why, scheme=scheme)
            )
            return
        ip = self._connecting[1][0] if self._connecting is not None else "?"
        shown = f"{ip}:{self.pool.authority.port} ({self.shown})"
        by_tunnel, host = self._is_by_tunnel, self.pool.authority.host
        self._fail(ProxyFault.connect_failed(shown, host, why, scheme=scheme, by_tunnel=by_tunnel))

    @property
    def _is_by_tunnel(self) -> bool:
        """Is it a request that mod_proxy_wstunnel has without mod_proxy_http's help?"""
        assert self.client is not None
        by_http = self.client.settings.websocket_fallback
        return self.pool.authority.scheme in ("ws", "wss") and not by_http

    # --- see worker.py ---

    def send_body(self, data: bytes, *, later: bool = False) -> bool:
        """Send more of the request's body."""
        raise NotImplementedError

    def _fail(self, fault: ProxyFault, *, unanswered: bool = False) -> None:
        raise NotImplementedError

    # --- a flow of the engine ---

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        """See engine.Flow."""
        raise NotImplementedError

    def on_deadline(self, endpoint: Endpoint) -> None:
        """See engine.Flow."""
        raise NotImplementedError

    def abandon(self) -> None:
        """See engine.Flow."""
        raise NotImplementedError


def describe(error: OSError) -> str:
    """(errno)text, as Apache's log lines have it; of TLS what the library says."""
    if isinstance(error, ssl.SSLError):
        return explain(error)
    return f"({error.errno}){os.strerror(error.errno)}" if error.errno else str(error)
