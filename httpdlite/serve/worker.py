"""A connection to a worker: connect, send one request, read its response, go back to the pool.

Comes in: a request's bytes from a ``Serving``. Goes out: calls on it (``respond``,
``respond_more``, ``switch``, ``worker_failed``, ``cut``). Hides connecting (several addresses,
EINPROGRESS on loopback, a full backlog of a unix socket), response heads and body framing, and when
the connection may serve another request. A flow of the engine. Source: mod_proxy_http; RFC 9112 §9.

State and what an event does to it:

==========  =============================  ==========================================
state       readable                       deadline
==========  =============================  ==========================================
CONNECTING  (writable: connected)          next address, or 503
IDLE        closed or unread bytes: close  ``ttl``: close
AWAITING    a head, or the end: 502        502 (Apache: a read timeout is no 504)
RECEIVING   body pieces, or the end        the client's connection is cut
==========  =============================  ==========================================
"""

import errno
import os
import select
import socket
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from httpdlite.proxy.exchange import connection_options
from httpdlite.proxy.fault import CLOSED, TIMED_OUT, ProxyFault
from httpdlite.proxy.fields import FramingError
from httpdlite.proxy.framing import (
    LIMIT_RESPONSE_FIELD,
    Body,
    ResponseHead,
    UntilClose,
    find_response_end,
    parse_response_head,
    response_body,
)
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import NEVER, READ, WRITE

if TYPE_CHECKING:
    from httpdlite.serve.pool import Pool
    from httpdlite.serve.serving import Serving

Address = tuple[int, Any]  # family and what connect() takes

LIMIT_HEAD: Final = 262144
MOST_INTERIM: Final = (
    9  # nine 1xx may precede the answer; the tenth is passed on and then it is a 502
)
UNIX_RETRY: Final = 0.01  # a unix worker with a full backlog answers EAGAIN: try again


class State(Enum):
    """See the module's table."""

    CONNECTING = auto()
    IDLE = auto()
    AWAITING = auto()
    RECEIVING = auto()
    CLOSED = auto()


# Enum members are looked up through the class each time, which costs as much as a call.
_CONNECTING: Final = State.CONNECTING
_IDLE: Final = State.IDLE
_AWAITING: Final = State.AWAITING
_RECEIVING: Final = State.RECEIVING
_CLOSED: Final = State.CLOSED


class WorkerConnection:
    """One connection of a pool. ``client`` is the flow it serves, None while idle."""

    __slots__ = (
        "_addresses",
        "_begun",
        "_body",
        "_buffer",
        "_connect_by",
        "_connect_seconds",
        "_connecting",
        "_head",
        "_interim",
        "_is_reused",
        "_probe",
        "_request",
        "_send_failed",
        "_state",
        "_timeout",
        "client",
        "endpoint",
        "pool",
    )

    def __init__(self, pool: "Pool", addresses: tuple[Address, ...]) -> None:
        self.pool = pool
        self.client: Serving | None = None
        self.endpoint: Endpoint | None = None
        self._addresses = list(addresses)
        self._connecting: Address | None = None
        self._state = _CONNECTING
        self._buffer = b""
        self._request = b""
        self._body: Body | None = None
        self._head: ResponseHead | None = None
        self._interim = 0
        self._begun = 0
        self._is_reused = False
        self._probe: select.poll | None = None
        self._send_failed = False
        self._connect_by = NEVER
        self._connect_seconds = 0.0

    @property
    def shown(self) -> str:
        """As messages name it."""
        if self.pool.worker.unix_path is not None:
            return f"httpd-UDS:0 ({self.pool.worker.unix_path})"
        return f"{self.pool.authority.host}:{self.pool.authority.port}"

    # --- a request ---

    def begin(self, client: "Serving", request: bytes) -> None:
        """Send a request (its head and what is there of its body), once connected."""
        self.client = client
        self._request = request
        self._timeout = client.settings.worker_timeout(self.pool.worker)
        self._interim = 0
        self._send_failed = False
        if self.endpoint is None:
            self._connect_seconds = client.settings.connect_timeout(self.pool.worker)
            self._connect_by = self._now + self._connect_seconds
            self._connect_next("")
            return
        self._is_reused = True
        self._begun = self.endpoint.sent
        self._state = _AWAITING
        self._watch_reading()
        try:
            self.endpoint.send(request)
        except OSError as lost:
            self._retry_fresh(lost)

    def _retry_fresh(self, lost: OSError) -> None:
        """The pooled connection turned out closed before a byte of the request went out: take a
        fresh one (as Apache).
        """
        client, request = self.client, self._request
        endpoint = self.endpoint
        assert client is not None
        assert endpoint is not None
        if endpoint.sent != self._begun:
            self._fail(ProxyFault.no_response(self.shown, describe(lost)))
            return
        self.client = None
        fresh = WorkerConnection(self.pool, self.pool.addresses)  # in our place in the pool
        self._state = _CLOSED
        self._drop_endpoint()
        client.worker = fresh
        fresh.begin(client, request)

    @property
    def _now(self) -> float:
        return self.pool.child.engine.now

    def _watch_reading(self) -> None:
        endpoint = self.endpoint
        assert endpoint is not None
        endpoint.expire_at(endpoint.engine.now + self._timeout)

    def send_body(self, data: bytes) -> bool:
        """Send more of the request's body. False: queued, wait for ``worker_drained``. A lost
        connection is noticed on reading.
        """
        if self._state is _CONNECTING:
            self._request += data
            return len(self._request) < 65536
        if self._send_failed or self.endpoint is None:
            return True
        self._watch_reading()
        try:
            return self.endpoint.send(data)
        except OSError:
            # The worker may have answered before it closed: read that first.
            self._send_failed = True
            return True

    # --- connecting ---

    def _connect_next(self, why: str) -> None:
        while self._addresses:
            self._connecting = family, address = self._addresses.pop(0)
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
            except OSError as failed:
                why = describe(failed)
                continue
            self._prepare(sock, family)
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
        sock.setblocking(False)
        if family == socket.AF_UNIX:
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        parameters = self.pool.worker.parameters
        if parameters.keepalive:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if parameters.receivebuffersize:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, parameters.receivebuffersize)

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
        self._state = _AWAITING
        self.pool.reached(self._connecting)
        self._watch_reading()
        self._request = b""
        if rest:
            self.send_body(rest)

    def _connecting_ready(self) -> None:
        assert self.endpoint is not None
        code = self.endpoint.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._drop_endpoint()
            self._connect_next(describe(OSError(code, os.strerror(code))))
            return
        self.endpoint.watch(READ)
        self._connected(self._request)
        if self.client is not None and not self.endpoint.queue:
            self.client.worker_drained()

    def _drop_endpoint(self) -> None:
        if self.endpoint is not None:
            self.endpoint.close()
            self.endpoint = None

    def _fail_connecting(self, why: str) -> None:
        path = self.pool.worker.unix_path
        if path is not None:
            self._fail(ProxyFault.unix_failed(path, why))
            return
        ip = self._connecting[1][0] if self._connecting is not None else "?"
        shown = f"{ip}:{self.pool.authority.port} ({self.shown})"
        self._fail(ProxyFault.connect_failed(shown, self.pool.authority.host, why))

    # --- events ---

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        """See engine.Flow."""
        if self._state is _CONNECTING:
            if events & ~READ:
                self._connecting_ready()
            return
        if events & WRITE:
            self._flush(endpoint)
        if events & ~WRITE and self.endpoint is endpoint:
            self._read(endpoint)

    def _flush(self, endpoint: Endpoint) -> None:
        try:
            drained = endpoint.flush()
        except OSError:
            self._send_failed = True
            endpoint.queue = None
            endpoint.watch(READ)
            drained = True
        if self.client is not None:
            self._watch_reading()
            if drained:
                self.client.worker_drained()

    def _read(self, endpoint: Endpoint) -> None:
        try:
            data = endpoint.receive()
        except OSError as lost:
            self._ended(describe(lost))
            return
        if data is None:
            return
        if self._state is _IDLE:
            self.discard()
        elif not data:
            self._ended(CLOSED)
        elif self._state is _AWAITING:
            self._watch_reading()
            self._take_head(data)
        else:
            self._watch_reading()
            self._take_body(data)

    def _ended(self, why: str) -> None:
        """End of stream or a reset."""
        client, body = self.client, self._body
        if self._state is _IDLE or client is None:
            self.discard()
        elif self._state is _RECEIVING and isinstance(body, UntilClose) and why == CLOSED:
            self.client = None
            self.discard()
            client.respond_more(b"", done=True)
        elif self._state is _RECEIVING:
            self.client = None
            self.discard()
            client.cut(self.shown, why)
        else:
            self._fail(ProxyFault.no_response(self.shown, why), unanswered=not self._buffer)

    def on_deadline(self, endpoint: Endpoint) -> None:
        """See engine.Flow and the module's table."""
        if self._state is _IDLE or self.client is None:
            self.discard()
        elif self._state is _CONNECTING:
            unix_retry = endpoint.interest == 0 and self._now < self._connect_by
            self._drop_endpoint()
            if not unix_retry and self.pool.worker.unix_path is not None:
                self._addresses.clear()
            self._connect_next(TIMED_OUT)
        elif endpoint.interest & READ:
            if self.client.sends_body and not endpoint.queue:
                self._watch_reading()  # the wait is for the client, which has a limit of its own
            elif self._state is _RECEIVING:
                client, self.client = self.client, None
                self.discard()
                client.cut(self.shown, TIMED_OUT)
            elif self.client.awaits_continue:
                self._fail(ProxyFault.no_continue(self.shown))
            else:
                self._fail(ProxyFault.no_response(self.shown, TIMED_OUT))

    # --- the response ---

    def _take_head(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        elif data.startswith(b"\r\n"):
            data = data[2:]  # Apache skips one empty line
        self._buffer = data
        if not data.startswith(b"HTTP/"[: len(data)]):
            text = "Corrupt status line returned by remote server"
            self._refuse(FramingError(502, text, "AH00898"))
            return
        end = find_response_end(data)
        if end < 0:
            if len(data) > LIMIT_HEAD:
                self._refuse(FramingError(502, "the response head is too long", "AH10124"))
            return
        limit = self.pool.worker.parameters.responsefieldsize or LIMIT_RESPONSE_FIELD
        if end > limit and any(len(line) >= limit for line in data[:end].split(b"\n")):
            text = "a line of the response head is longer than responsefieldsize"
            self._refuse(FramingError(502, text, "AH10124"))
            return
        self._buffer = b""
        try:
            self._answer(parse_response_head(data[:end]), data[end:])
        except FramingError as bad:
            self._refuse(bad)

    def _answer(self, head: ResponseHead, rest: bytes) -> None:
        client = self.client
        assert client is not None
        if head.status == 101:
            client.switch(head, rest)
            return
        if head.status < 200:
            client.interim(head)
            self._interim += 1
            if self._interim > MOST_INTERIM:
                raise FramingError(
                    502, "Too many (10) interim responses from origin server", "AH00898"
                )
            if rest and self.client is client:
                self._take_head(rest)
            return
        self._head = head
        self._body = body = response_body(head, client.method)
        self._state = _RECEIVING
        if body is None:
            self._finish(client, rest)
            client.respond(head, None, b"", done=True)
            return
        payload = body.feed(rest) if rest else b""
        if body.done:
            self._finish(client, body.rest)
        client.respond(head, body, payload, done=body.done)

    def _take_body(self, data: bytes) -> None:
        client, body = self.client, self._body
        assert client is not None
        assert body is not None
        try:
            payload = body.feed(data)
        except FramingError as bad:
            self.client = None
            self.discard()
            client.cut(self.shown, bad.reason)
            return
        if body.done:
            self._finish(client, body.rest)
        if payload or body.done:
            client.respond_more(payload, done=body.done)

    def _refuse(self, bad: FramingError) -> None:
        self._fail(
            ProxyFault.bad_response(
                502 if bad.status == 400 else bad.status, bad.reason, bad.code, self.shown
            )
        )

    # --- afterwards ---

    def _finish(self, client: "Serving", rest: bytes) -> None:
        """The response is complete: back to the pool, or closed. The client no longer has a
        worker.
        """
        assert self.endpoint is not None
        self.client = None
        client.worker = None
        if rest or client.reads_body or not self._may_stay():
            self.discard()
            return
        self._state = _IDLE
        self._body = self._head = None
        lifetime = self.pool.idle_lifetime
        self.endpoint.deadline = NEVER
        if lifetime is not None:
            self.endpoint.expire_at(self._now + lifetime)
        self.pool.release(self)

    def _may_stay(self) -> bool:
        head, body = self._head, self._body
        if head is None or self._send_failed or isinstance(body, UntilClose):
            return False
        if not self.pool.worker.reuses_connections:
            return False
        if head.coding is not None and (head.length is not None or not head.minor):
            return False  # AH01107
        if head.connection is None:
            return head.minor > 0
        options = connection_options(head.connection)
        return b"close" not in options and (head.minor > 0 or b"keep-alive" in options)

    def _fail(self, fault: ProxyFault, *, unanswered: bool = False) -> None:
        client, self.client = self.client, None
        reused = self._is_reused
        self.discard()
        if client is not None:
            client.worker = None
            client.worker_failed(fault, unanswered=unanswered, reused=reused)

    def is_alive(self) -> bool:
        """Has an idle connection stayed open, with nothing unread? Bytes that nobody asked for
        would be taken for the next answer (Apache: ap_proxy_is_socket_connected, AH03408).
        """
        if self._probe is None:  # asks without an exception for "nothing", as a peek would raise
            assert self.endpoint is not None
            self._probe = select.poll()
            self._probe.register(self.endpoint.fd, select.POLLIN)
        return not self._probe.poll(0)

    def pause(self) -> None:
        """Stop reading the response: the client does not take it."""
        if self.endpoint is not None:
            self.endpoint.pause()
            self.endpoint.deadline = NEVER

    def resume(self) -> None:
        """Read on."""
        if self.endpoint is not None and self.client is not None:
            self._watch_reading()
            self.endpoint.resume()

    def hand_over(self) -> Endpoint:
        """Give the endpoint to a tunnel: it is never used again. Its place in the pool stays taken
        until somebody calls ``pool.leave``.
        """
        endpoint = self.endpoint
        assert endpoint is not None
        self.endpoint = None
        self.client = None
        self._state = _CLOSED
        return endpoint

    def discard(self) -> None:
        """Close and forget."""
        if self._state is not _CLOSED:
            self._state = _CLOSED
            self._drop_endpoint()
            self.pool.forget(self)

    def abandon(self) -> None:
        """See engine.Flow."""
        client, self.client = self.client, None
        self.discard()
        if client is not None:
            client.abandon()


def describe(error: OSError) -> str:
    """(errno)text, as Apache's log lines have it."""
    return f"({error.errno}){os.strerror(error.errno)}" if error.errno else str(error)
