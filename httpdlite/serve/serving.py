"""One request on its way: its body to a worker, the worker's response to the client.

Comes in: a request's head with the route chosen for it, body pieces from the client's connection,
calls from the worker's connection. Goes out: the request to the worker; the response, or one of our
own pages, to the client; lines for the logs; a tunnel when the worker switches protocols. Hides
when a request body is read (16 KiB are collected before the worker is asked, as Apache does) and
the back-pressure between the two sides. Sources: mod_proxy_http (2.4), RFC 9110, RFC 9112.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from httpdlite.proxy import exchange, pages
from httpdlite.proxy.exchange import (
    CLOSES,
    DELIMITED_BY_CHUNKED,
    DELIMITED_BY_CLOSE,
    DELIMITED_BY_LENGTH,
    UNDELIMITED,
    Delimiter,
    KeepAlive,
)
from httpdlite.proxy.fault import LogLine, ProxyFault
from httpdlite.proxy.fields import FieldLine, FramingError, field_line
from httpdlite.proxy.framing import Body, RequestHead, ResponseHead
from httpdlite.proxy.tunnel import Ending, Reason, Side, TunnelLimits
from httpdlite.proxy.websocket import check_switch, switch_head, switch_lines
from httpdlite.routes.settings import Settings
from httpdlite.routes.site import Vhost
from httpdlite.routes.table import Refusal, Route
from httpdlite.serve.engine import NEVER
from httpdlite.serve.record import RequestRecord, TunnelRecord

if TYPE_CHECKING:
    from httpdlite.serve.client import ClientConnection
    from httpdlite.serve.pool import Pool
    from httpdlite.serve.worker import WorkerConnection

PREFETCH: Final = 16384  # the worker is not asked before that much of the body is there, or all
LAST_CHUNK: Final = b"0\r\n\r\n"
_CONTINUE: Final = b"100-continue"
_RARE: Final = frozenset((b"max-forwards", b"expect"))
_ENDS_CONNECTION: Final = frozenset(  # ap_status_drops_connection
    (400, 408, 411, 413, 414, 500, 501, 503)
)
_CLIENT_S_FAULT: Final = frozenset((400, 404, 408, 414))  # said at level info


class Serving:
    """A request from its head to the end of its response. ``keep_alive``: may others follow it?"""

    # What a request begins with; one that is not served by a worker changes little of it.
    keep_alive: KeepAlive = CLOSES
    worker: "WorkerConnection | None" = None
    awaits_continue = False  # the client sends its body after the worker's 100
    _route: Route | None = None
    _pool: "Pool | None" = None
    _collected: list[bytes] | None = None
    _asked = False
    _is_over = False
    _chunked_out = False
    _has_answered = False  # the response's head has been sent
    _lines: Sequence[FieldLine] = ()
    _delimiter: Delimiter = UNDELIMITED
    _status = 0
    _size = 0
    _is_logged = False

    def __init__(
        self,
        connection: "ClientConnection",
        request: RequestHead,
        vhost: Vhost,
        started: float,
        path: str | None = None,
    ) -> None:
        endpoint = connection.endpoint
        self._connection = connection
        self._request = request
        self._vhost = vhost
        self._path = (
            path if path is not None else request.target.partition(b"?")[0].decode("latin-1")
        )
        self._started = started
        self._received_before = endpoint.received - connection.unread - len(request.raw)
        self._sent_before = endpoint.sent
        self._body: Body | None = request.body

    # --- what others ask ---

    @property
    def settings(self) -> Settings:
        """The settings of this request."""
        return self._route.settings if self._route is not None else self._vhost.table.settings

    @property
    def method(self) -> bytes:
        """The request's method."""
        return self._request.method

    @property
    def reads_body(self) -> bool:
        """Do the client's bytes still belong to this request?"""
        return self._body is not None and not self._body.done

    @property
    def is_waiting(self) -> bool:
        """Does it wait for a connection to its worker?"""
        if self._has_answered or self._is_over:
            return False
        return self._asked and self.worker is None

    @property
    def sends_body(self) -> bool:
        """Is the client on its way to send (more of) the body?"""
        return self.reads_body and not self.awaits_continue

    @property
    def _now(self) -> float:
        return self._connection.child.engine.now

    # --- the request ---

    def start(self, route: Route | Refusal, early: bytes) -> None:
        """Begin; ``early`` is what is there of the body."""
        request, body = self._request, self._body
        expect = None
        if not _RARE.isdisjoint(request.fields):
            if b"max-forwards" in request.fields and not isinstance(route, Refusal):
                route = exchange.count_forwards(request) or route
            expect = request.get(b"expect") if request.minor else None
            if expect is not None and expect.lower() != _CONTINUE:
                route = Refusal(417, f"Expect: {expect.decode('latin-1')}", "AH00570")
        if isinstance(route, Refusal):
            if body is not None:
                self._refuse_unread(route, early, announced=expect is not None)
            else:
                self.refuse(route)
            return
        self._route = route
        if route.nocanon_ignored:
            text = f"Unescaped URL path matched ProxyPass; ignoring unsafe nocanon for {route.url}"
            self._log_error(LogLine("proxy", 4, "AH01136", text))
        if body is None or (expect is not None and not early):
            self.awaits_continue = body is not None
            self._ask_worker()
            return
        self._connection.endpoint.expire_at(self._now + route.settings.timeout)
        self.read_body(early)

    def _refuse_unread(self, refusal: Refusal, early: bytes, *, announced: bool) -> None:
        """Refuse a request whose body is not read yet: it is skipped if it surely comes."""
        self._connection.body_read(early)
        if announced:
            self.keep_alive = CLOSES
        self.refuse(refusal)

    def read_body(self, data: bytes) -> None:
        """More of the request's body, from the client."""
        body, endpoint = self._body, self._connection.endpoint
        assert body is not None
        self.awaits_continue = False
        try:
            payload = body.feed(data) if data else b""
        except FramingError as bad:
            self._drop_worker()
            self.refuse(Refusal(bad.status, bad.reason, bad.code))
            return
        if body.done:
            self._connection.body_read(body.rest)
            endpoint.deadline = NEVER
        elif endpoint.deadline != NEVER:
            endpoint.deadline = self._now + self.settings.timeout
        if self._asked:
            self._pass_on(payload, body)
            return
        collected = self._collect(payload)
        if body.done or sum(map(len, collected)) >= PREFETCH:
            self._ask_worker()

    def _collect(self, payload: bytes) -> list[bytes]:
        """Keep a piece of the body until the worker can have it; all of them."""
        if self._collected is None:
            self._collected = []
        if payload:
            self._collected.append(payload)
        return self._collected

    def _pass_on(self, payload: bytes, body: Body) -> None:
        endpoint = self._connection.endpoint
        if self.worker is None:  # its name is being resolved, or the pool is full
            self._collect(payload)
            endpoint.pause()
            return
        if self._chunked_out:
            payload = encode_chunk(payload) + (LAST_CHUNK if body.done else b"")
        if payload and not self.worker.send_body(payload):
            endpoint.pause()
            endpoint.deadline = NEVER

    # --- the worker ---

    def _ask_worker(self) -> None:
        assert self._route is not None
        self._asked = True
        self._pool = pool = self._connection.child.pool_of(self._route)
        pool.acquire(self)
        if self.worker is None and self.is_waiting:
            limit = pool.worker.parameters.acquire
            if limit is not None:
                self._connection.endpoint.expire_at(self._now + limit)

    def worker_ready(self, connection: "WorkerConnection") -> None:
        """A connection for this request: send it what there is."""
        request, route, body = self._request, self._route, self._body
        assert route is not None
        self.worker = connection
        endpoint = self._connection.endpoint
        endpoint.deadline = NEVER
        collected = b"".join(self._collected) if self._collected is not None else b""
        self._collected = None
        length = request.content_length
        if body is not None and request.chunked:
            self._chunked_out = not body.done or len(collected) >= PREFETCH
            if self._chunked_out:
                collected = encode_chunk(collected) + (LAST_CHUNK if body.done else b"")
            else:
                length = len(collected)
        head = exchange.request_head(
            request,
            route,
            self._vhost,
            self._connection.client,
            keep_alive=connection.pool.worker.reuses_connections,
            length=length,
            chunked=self._chunked_out,
        )
        if body is not None and not body.done:
            endpoint.resume()
            if not self.awaits_continue:
                endpoint.expire_at(self._now + route.settings.timeout)
        connection.begin(self, head + collected if collected else head)

    def worker_drained(self) -> None:
        """The worker has taken what was queued: read on."""
        if self.reads_body and not self._connection.at_eof:
            endpoint = self._connection.endpoint
            endpoint.resume()
            endpoint.expire_at(self._now + self.settings.timeout)

    def worker_failed(
        self, fault: ProxyFault, *, unanswered: bool = False, reused: bool = False
    ) -> None:
        """There is no response. On a kept-alive connection an unanswered request just closes it, so
        that the client tries again.
        """
        self.worker = None
        for line in fault.lines:
            self._log_error(line)
        if unanswered and reused and self._connection.requests:
            text = "closing connection to client because the worker did not answer"
            self._log_error(LogLine("proxy_http", 7, "AH01104", text))
            self._status = 502
            self._connection.close()
            return
        self.refuse(Refusal(fault.status, ""), page_reason=fault.reason)

    def on_deadline(self, *, has_backlog: bool) -> None:
        """The client is too slow in sending or taking (``has_backlog``), or no worker was free."""
        if has_backlog or self._has_answered:
            self._connection.abandon()
        elif self.is_waiting:
            self._give_up_waiting()
        else:
            self._drop_worker()
            self.refuse(Refusal(408, "the request's body did not arrive in time", "AH01382"))

    def _give_up_waiting(self) -> None:
        pool = self._pool
        if pool is not None and pool.withdraw(self):
            self.worker_failed(ProxyFault.pool_exhausted(pool.authority.host))
        else:
            self._connection.abandon()

    def _drop_worker(self) -> None:
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.client = None
            worker.discard()
        elif self._pool is not None:
            self._pool.withdraw(self)

    # --- the response ---

    def interim(self, head: ResponseHead) -> None:
        """A 1xx: passed on, but not to HTTP/1.0 and no 100 that was not asked for."""
        asked = head.status != 100 or self._request.get(b"expect") is not None
        if head.status == 100 and self.awaits_continue:
            self.awaits_continue = False
            self._connection.endpoint.expire_at(self._now + self.settings.timeout)
        if asked and self._request.minor:
            self._send(exchange.interim_head(head))

    def respond(self, head: ResponseHead, body: Body | None, payload: bytes, *, done: bool) -> None:
        """The response's head, with the first of its body."""
        request, route, connection = self._request, self._route, self._connection
        assert route is not None
        self._delimiter = exchange.delimiter_of(head, request, body is not None)
        lines = exchange.response_lines(head, request, route, self._vhost, connection.client)
        if (
            self.reads_body
            or self._delimiter is DELIMITED_BY_CLOSE
            or (connection.at_eof and not connection.unread)
            or head.status in _ENDS_CONNECTION
        ):
            self.keep_alive = CLOSES
        if route.worker.parameters.upgrade or route.authority.scheme != "http":
            lines = exchange.upgrade_offer(head, route, lines)
        self._send_response(head.status, head.reason, lines, payload, done=done)

    def respond_more(self, payload: bytes, *, done: bool) -> None:
        """More of the response's body."""
        if done:
            self.worker = None
        self._send_body(b"", payload, done=done)

    def cut(self, shown: str, why: str) -> None:
        """The response broke off: the client must see that, so its connection ends without an end
        of the body.
        """
        self.worker = None
        text = f"error reading response from {shown}"
        self._log_error(LogLine("proxy_http", 3, "AH01110", text, why))
        self._connection.send_off()

    def _send_response(
        self, status: int, reason: bytes, lines: list[FieldLine], payload: bytes, *, done: bool
    ) -> None:
        out = exchange.response_head(
            status,
            reason,
            lines,
            date=self._connection.child.http_date(),
            keep_alive=self.keep_alive,
            delimiter=self._delimiter,
        )
        self._status = status
        self._lines = lines
        self._has_answered = True
        self._send_body(out, payload, done=done)

    def _send_body(self, head: bytes, payload: bytes, *, done: bool) -> None:
        self._size += len(payload)
        if self._delimiter is DELIMITED_BY_CHUNKED:
            payload = encode_chunk(payload) + LAST_CHUNK if done else encode_chunk(payload)
        if self._send(head + payload if head else payload) and done:
            self._finish()

    def _send(self, data: bytes) -> bool:
        """True when all was sent; else the worker waits until the client has taken it."""
        endpoint = self._connection.endpoint
        if not data:
            return not endpoint.queue
        try:
            if endpoint.send(data):
                return True
        except OSError:
            self._connection.abandon()
            return False
        endpoint.expire_at(self._now + self.settings.timeout)
        if self.worker is not None:
            self.worker.pause()
        return False

    def client_drained(self) -> None:
        """The client has taken what was queued."""
        if self.worker is not None:
            self.worker.resume()
        elif self._has_answered:
            self._finish()

    def client_ended(self) -> None:
        """The client sends no more. Without the whole request there is nothing to wait for."""
        if not self.reads_body:
            return
        if self._has_answered:
            self._connection.abandon()
            return
        text = "read request body failed: the client closed the connection"
        self._log_error(LogLine("proxy_http", 3, "AH02608", text))
        self._status = 400
        self._connection.close()

    def _finish(self) -> None:
        self._is_over = True
        self._log_access(complete=True)
        unread = self._body if self.reads_body else None
        self._connection.served(self.keep_alive, self._vhost, unread)

    def give_up(self) -> None:
        """The connection ends before the response did; called by the connection."""
        self._is_over = True
        self._drop_worker()
        self._log_access()

    def abandon(self) -> None:
        """Drop the connection: called when a fault was met on this request's behalf."""
        self._connection.abandon()

    # --- a switch of protocols ---

    def switch(self, head: ResponseHead, rest: bytes) -> None:
        """The worker's 101: check it, pass it on, make the tunnel. Raises FramingError(502)."""
        request, route, worker, connection = (
            self._request,
            self._route,
            self.worker,
            self._connection,
        )
        assert route is not None
        assert worker is not None
        protocol = check_switch(head, route.upgrade)
        if self.reads_body:
            reason = "the worker switched protocols before it had the request's body"
            raise FramingError(502, reason, "AH00898")
        lines = exchange.response_lines(head, request, route, self._vhost, connection.client)
        lines = switch_lines(head, lines)
        early = connection.switched()
        self.worker = None
        pool = worker.pool
        far = worker.hand_over()
        out = switch_head(head.reason, lines, protocol)
        record = TunnelRecord(
            connection.child,
            request,
            connection.client,
            self._vhost.key,
            lines=lines,
            route=route,
            path=self._path,
            started=self._started,
            requests=connection.requests,
            head_out=len(out),
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
        connection.child.start_tunnel(
            connection.endpoint,
            far,
            to_client=rest,
            to_worker=early,
            limits=TunnelLimits(
                settings.tunnel_idle_timeout(route.worker),
                settings.websocket_async,
                settings.websocket_async_delay,
            ),
            on_end=on_end,
        )

    # --- our own answers ---

    def refuse(self, refusal: Refusal, *, page_reason: str | None = None) -> None:
        """Answer with one of our own pages; if a response has begun, it can only be cut."""
        if refusal.reason:
            level = 6 if refusal.status in _CLIENT_S_FAULT else 3
            self._log_error(LogLine("core", level, refusal.code, refusal.reason))
        if self._has_answered:
            self._connection.close()
            return
        if refusal.status in _ENDS_CONNECTION:
            self.keep_alive = CLOSES
        self._send_page(refusal, page_reason)

    def _send_page(self, refusal: Refusal, page_reason: str | None) -> None:
        request, status = self._request, refusal.status
        reason, page = b"OK", b""
        lines = [field_line(b"Allow", b"GET,HEAD,POST,OPTIONS,TRACE")]
        if status >= 400:
            reason, page = pages.error_page(
                status,
                reason=page_reason,
                method=request.method,
                uri=request.target,
                expect=request.get(b"expect"),
                admin=self.settings.server_admin,
            )
            lines = [field_line(*field) for field in pages.extra_fields(status, refusal.upgrade)]
            lines.append(field_line(b"Content-Type", pages.CONTENT_TYPE))
        if request.method != b"HEAD":
            lines.append(field_line(b"Content-Length", b"%d" % len(page)))
        self._delimiter = DELIMITED_BY_LENGTH
        payload = b"" if request.method == b"HEAD" else page
        self._send_response(status, reason, lines, payload, done=True)

    # --- logs ---

    def _log_error(self, line: LogLine) -> None:
        uri = self._request.target.decode("latin-1")
        levels = self.settings.log_levels
        self._connection.child.log_error(line, uri, self._connection.client, self._vhost, levels)

    def _log_access(self, *, complete: bool = False) -> None:
        """One line per request; a second call is a no-op."""
        if self._is_logged or not self._vhost.access_logs:
            return
        self._is_logged = True
        connection = self._connection
        child, endpoint = connection.child, connection.endpoint
        record = RequestRecord(
            child,
            self._request,
            connection.client,
            self._vhost,
            self._path,
            self._route,
            self._status,  # 0, that is `-`: none was sent
            self._lines,
            self._started,
            connection.requests,
        )
        record.body_bytes = self._size
        record.bytes_in = endpoint.received - connection.unread - self._received_before
        record.bytes_out = endpoint.sent - self._sent_before
        if not complete:
            record.connection_status = "X"
        elif self.keep_alive.stays:
            record.connection_status = "+"
        child.log_access(record, self._vhost)


def _end_in_pool(pool: "Pool", record: TunnelRecord, ending: Ending) -> None:
    record.end(ending)
    pool.leave()


def encode_chunk(data: bytes) -> bytes:
    """One chunk of RFC 9112 §7.1; nothing for no data, which would be the last chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
