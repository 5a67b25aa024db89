"""A client's connection: heads in, the exchange decides, responses out, keep-alive, pipelining. A flow of the engine.

Comes in: an accepted socket. Goes out: requests to worker connections, responses and error pages to the client, lines to the logs, and a
tunnel when a worker switches protocols. Hides when a request body is read (16 KiB are collected before the worker is asked, as Apache
does), back-pressure between the two sides, and how a connection ends so that its last response is not lost (lingering close).

State and what an event does to it:

=========  ===========================================  =======================================
state      readable                                     deadline
=========  ===========================================  =======================================
READING    a request's head, or the end: close          idle: close; within a head: 408
BODY       the request's body (collected or passed on)  408
WAITING    kept for the next request; end: no more      the client does not take its response: cut
DISCARD    a body nobody wants, then the next request   close
LINGER     thrown away until the end                    close
SWITCHED   (the tunnel has the socket)
=========  ===========================================  =======================================
"""

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from httpdlite.proxy import exchange, pages
from httpdlite.proxy.exchange import CLOSES, Client, Delimiter, KeepAlive
from httpdlite.proxy.fault import LogLine, ProxyFault
from httpdlite.proxy.framing import (
    Body,
    Field,
    FramingError,
    RequestHead,
    ResponseHead,
    find_head_end,
    parse_request_head,
)
from httpdlite.proxy.tunnel import Ending, Reason, Side, TunnelLimits
from httpdlite.proxy.websocket import check_switch, switch_head
from httpdlite.routes.decide import decide
from httpdlite.routes.settings import Settings
from httpdlite.routes.site import Vhost
from httpdlite.routes.table import Refusal, Route
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import NEVER, WRITE
from httpdlite.serve.record import RequestRecord, TunnelRecord

if TYPE_CHECKING:
    from httpdlite.serve.child import Child
    from httpdlite.serve.pool import Pool
    from httpdlite.serve.worker import WorkerConnection

PREFETCH: Final = (
    16384  # the worker is not asked before that much of the body is there, or all of it
)
PIPELINED: Final = 65536  # bytes kept for later requests before reading pauses
EMPTY_LINES: Final = (
    10  # that may stand before a request (read_request_line; RFC 9112 §2.2 asks for one at least)
)
LINGER_SECONDS: Final = 30.0
LINGER_SILENCE: Final = 2.0
_CONTINUE: Final = b"100-continue"
_ENDS_CONNECTION: Final = frozenset(
    (400, 408, 411, 413, 414, 500, 501, 503)
)  # ap_status_drops_connection


class State(Enum):
    """See the module's table."""

    READING = auto()
    BODY = auto()
    WAITING = auto()
    DISCARD = auto()
    LINGER = auto()
    SWITCHED = auto()
    CLOSED = auto()


_OVER: Final = frozenset((State.SWITCHED, State.CLOSED))


class ClientConnection:
    """One client's connection, over all of its requests."""

    __slots__ = (
        "_at_eof", "_body", "_buffer", "_chunked_out", "_collected", "_delimiter", "_head_seen", "_keep_alive", "_linger_until", "_pool",
        "_request", "_response", "_response_fields", "_response_size", "_route", "_sent", "_started", "_state", "_status", "_taken", "_vhost", "_worker_asked",
        "child", "client", "endpoint", "requests", "worker",
    )  # fmt: skip

    def __init__(self, child: "Child", endpoint: Endpoint, client: Client) -> None:
        self.child = child
        self.endpoint = endpoint
        self.client = client
        self.requests = 0
        self._taken = self._sent = 0  # bytes of this connection that earlier requests had
        self.worker: WorkerConnection | None = None
        self._state = State.READING
        self._buffer = b""
        self._at_eof = False
        self._request: RequestHead | None = None
        self._reset_exchange()
        endpoint.flow = self
        endpoint.expire_at(
            child.engine.now
            + child.site.default_vhost(client.local_ip, client.local_port).table.settings.timeout
        )

    def _reset_exchange(self) -> None:
        self._request = None
        self._route: Route | None = None
        self._vhost: Vhost | None = None
        self._pool: Pool | None = None
        self._body: Body | None = None
        self._collected: list[bytes] = []
        self._worker_asked = False
        self._chunked_out = False
        self._head_seen = False  # the response's head has been sent
        self._response: ResponseHead | None = None
        self._response_fields: list[Field] = []
        self._delimiter = Delimiter.NONE
        self._keep_alive = CLOSES
        self._status = 0
        self._response_size = 0
        self._started = 0.0

    # --- what others ask ---

    @property
    def settings(self) -> Settings:
        """The settings of the present request."""
        assert self._route is not None
        return self._route.settings

    @property
    def method(self) -> bytes:
        """The present request's method."""
        assert self._request is not None
        return self._request.method

    @property
    def is_waiting(self) -> bool:
        """Does a request wait for a worker?"""
        return (
            self._worker_asked
            and self.worker is None
            and not self._head_seen
            and not self.endpoint.is_closed
        )

    @property
    def request_is_sent(self) -> bool:
        """Is the whole request with the worker?"""
        return self._body is None or self._body.done

    # --- events ---

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        """See engine.Flow."""
        try:
            if not events:
                self._read_on()
            if events & WRITE:
                if endpoint.flush():
                    self._drained()
                else:
                    endpoint.deadline = self.child.engine.now + self._vhost_timeout()
            if events & ~WRITE and self._state not in _OVER:
                data = endpoint.receive()
                if data is not None:
                    self._received(data)
        except OSError:
            self.abandon()

    def _received(self, data: bytes) -> None:
        if not data:
            self._end_of_stream()
        elif self._state is State.READING:
            self._buffer = self._buffer + data if self._buffer else data
            self._read_head()
        elif self._state is State.BODY:
            self._read_body(data)
        elif self._state is State.WAITING:
            self._buffer += data
            if len(self._buffer) > PIPELINED:
                self.endpoint.pause()
        elif self._state is State.DISCARD:
            self._discard(data)
        elif self._state is State.LINGER:
            until = min(self._linger_until, self.child.engine.now + LINGER_SILENCE)
            self.endpoint.deadline = until

    def _end_of_stream(self) -> None:
        self._at_eof = True
        if self._state is State.WAITING:
            self.endpoint.pause()  # a half-closed client still gets its response
        elif self._state is State.READING and b"\r\n" in self._buffer:
            self._buffer = b""
            self._refuse(Refusal(400, "the client ended within the request's head", "AH02420"))
        elif self._state is not State.BODY:
            self._close()
        elif not self._head_seen:
            self._log_error(
                LogLine(
                    "proxy_http",
                    3,
                    "AH02608",
                    "read request body failed: the client closed the connection",
                )
            )
            self._status = 400
            self._drop_worker()
            self._close()
        else:
            self.abandon()

    def on_deadline(self, endpoint: Endpoint) -> None:
        """See engine.Flow and the module's table."""
        if self._state is State.READING and self._buffer:
            self._refuse(Refusal(408, "the request's head did not arrive in time", "AH01382"))
        elif self._state is State.BODY and endpoint.queue is None and not self._head_seen:
            if self._worker_asked and self.worker is None:
                self._worker_slot_missing()
            else:
                self._drop_worker()
                self._refuse(Refusal(408, "the request's body did not arrive in time", "AH01382"))
        elif (
            self._state is State.WAITING
            and self.worker is None
            and self._pool is not None
            and not self._head_seen
        ):
            self._worker_slot_missing()
        elif self._request is None:
            self._close()
        else:
            self.abandon()

    def _vhost_timeout(self) -> float:
        if self._route is not None:
            return self._route.settings.timeout
        vhost = self._vhost or self.child.site.default_vhost(
            self.client.local_ip, self.client.local_port
        )
        return vhost.table.settings.timeout

    # --- a request's head ---

    def _read_head(self) -> None:
        buffer = self._buffer
        if not self._started:
            self._started = self.child.engine.now
            self.endpoint.expire_at(self._started + self._vhost_timeout())  # for the whole head
        if (
            buffer[:2] == b"\r\n"
        ):  # empty lines before a request are skipped, as in Apache (RFC 9112 §2.2)
            for _ in range(EMPTY_LINES):
                buffer = buffer.removeprefix(b"\r\n")
            self._buffer = buffer
            if not buffer:
                return
        try:
            end = find_head_end(buffer)
            if end < 0:
                return
            self._buffer = buffer[end:]
            self._request = request = parse_request_head(buffer[:end])
        except FramingError as bad:
            self._buffer = b""
            self._refuse(
                Refusal(bad.status, bad.reason, bad.code),
                line=buffer.split(b"\n", 1)[0].rstrip(b"\r"),
            )
            return
        self._decide(request)

    def _decide(self, request: RequestHead) -> None:
        client = self.client
        decision = decide(
            self.child.site, method=request.method, target=request.target, minor=request.minor, host=request.get(b"host"),
            upgrade=request.get(b"upgrade"), local_ip=client.local_ip, local_port=client.local_port,
        )  # fmt: skip
        self._vhost = decision.vhost
        self._body = request.body
        self._keep_alive = self._offer_keep_alive(request, decision.vhost)
        route = decision.route
        self.endpoint.deadline = NEVER
        expect = request.get(b"expect") if request.minor else None
        if expect is not None and expect.lower() != _CONTINUE:
            route = Refusal(417, f"Expect: {expect.decode('latin-1')}", "AH00570")
        if isinstance(route, Refusal):
            if expect is not None and self._body is not None:
                self._keep_alive = CLOSES  # whether the body comes at all is not known
            self._refuse(route)
            return
        self._route = route
        if route.nocanon_ignored:
            self._log_error(
                LogLine(
                    "proxy",
                    4,
                    "AH01136",
                    f"Unescaped URL path matched ProxyPass; ignoring unsafe nocanon for {route.url}",
                )
            )
        if expect is not None and self._body is not None and not self._buffer:
            self._state = State.BODY
            self._ask_worker()
            return
        if self._body is None:
            self._state = State.WAITING
            self._ask_worker()
            return
        self._state = State.BODY
        self.endpoint.expire_at(self.child.engine.now + route.settings.timeout)
        data, self._buffer = self._buffer, b""
        self._read_body(data)

    def _offer_keep_alive(self, request: RequestHead, vhost: Vhost) -> KeepAlive:
        settings = vhost.table.settings
        most = settings.max_keep_alive_requests
        left = most - self.requests - 1 if most else None
        if not settings.keep_alive or request.must_close or (left is not None and left <= 0):
            return CLOSES
        if self._at_eof and not self._buffer:
            return CLOSES
        return exchange.keep_alive_of(request, left, settings.keep_alive_timeout)

    # --- a request's body ---

    def _read_body(self, data: bytes) -> None:
        body = self._body
        assert body is not None
        if data:
            if self.endpoint.deadline != NEVER:
                self.endpoint.deadline = self.child.engine.now + self._vhost_timeout()
            try:
                payload = body.feed(data)
            except FramingError as bad:
                self._drop_worker()
                self._refuse(Refusal(bad.status, bad.reason, bad.code))
                return
        else:
            payload = b""
        if body.done:
            self._buffer = body.rest
            self._state = State.WAITING
            self.endpoint.deadline = NEVER
        if self._worker_asked:
            self._pass_on(payload, body.done)
            return
        if payload:
            self._collected.append(payload)
        if body.done or sum(map(len, self._collected)) >= PREFETCH:
            self._ask_worker()

    def _pass_on(self, payload: bytes, done: bool) -> None:
        """More of the body for the worker; kept while it connects or a slot is awaited, dropped
        when it has answered already.
        """
        if self.worker is None:
            self._collected.append(payload)
            self.endpoint.pause()
            return
        if self._chunked_out:
            payload = encode_chunk(payload) + (LAST_CHUNK if done else b"")
        if payload and not self.worker.send_body(payload):
            self.endpoint.pause()
            self.endpoint.deadline = NEVER

    # --- the worker ---

    def _ask_worker(self) -> None:
        assert self._route is not None
        self._worker_asked = True
        self._pool = pool = self.child.pool_of(self._route)
        pool.acquire(self)
        limit = pool.worker.parameters.acquire
        if limit is not None and self.is_waiting:
            self.endpoint.expire_at(self.child.engine.now + limit)

    def worker_ready(self, connection: "WorkerConnection") -> None:
        """A connection for this request: send it what there is."""
        request, route, vhost = self._request, self._route, self._vhost
        assert request is not None
        assert route is not None
        assert vhost is not None
        self.worker = connection
        self.endpoint.deadline = NEVER
        body = self._body
        collected = b"".join(self._collected)
        self._collected = []
        length = request.content_length
        if body is not None and request.chunked:
            self._chunked_out = not body.done or len(collected) >= PREFETCH
            if self._chunked_out:
                collected = encode_chunk(collected) + (LAST_CHUNK if body.done else b"")
            else:
                length = len(collected)
        head = exchange.request_head(
            request, route, vhost, self.client,
            keep_alive=connection.pool.worker.reuses_connections, length=length, chunked=self._chunked_out,
        )  # fmt: skip
        if body is not None and not body.done:
            self.endpoint.resume()
            self.endpoint.expire_at(self.child.engine.now + route.settings.timeout)
        connection.begin(self, head + collected)

    def worker_drained(self) -> None:
        """The worker has taken what was queued: read on."""
        if self._state is State.BODY:
            self.endpoint.resume()
            self.endpoint.expire_at(self.child.engine.now + self._vhost_timeout())

    def worker_failed(
        self, fault: ProxyFault, *, unanswered: bool = False, reused: bool = False
    ) -> None:
        """There is no response. On a kept-alive connection an unanswered request just closes it, so
        that the client tries again.
        """
        self.worker = None
        for line in fault.lines:
            self._log_error(line)
        if unanswered and reused and self.requests:
            self._log_error(
                LogLine(
                    "proxy_http",
                    7,
                    "AH01104",
                    "closing connection to client because the worker did not answer",
                )
            )
            self._status = 502
            self._close()
            return
        self._refuse(
            Refusal(
                fault.status, fault.reason or "", "", self._route.settings if self._route else None
            ),
            page_reason=fault.reason,
        )

    def _worker_slot_missing(self) -> None:
        pool = self._pool
        if pool is not None and pool.withdraw(self):
            self.worker_failed(ProxyFault.pool_exhausted(pool.authority.host))
        else:
            self.abandon()

    def _drop_worker(self) -> None:
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.client = None
            worker.discard()
        elif self._pool is not None:
            self._pool.withdraw(self)

    def cut(self, shown: str, why: str) -> None:
        """The response broke off: the client must see that, so its connection is reset without an
        end.
        """
        self.worker = None
        self._log_error(
            LogLine("proxy_http", 3, "AH01110", f"error reading response from {shown}", why)
        )
        if self.endpoint.queue:
            self._log_access()
            self._state = State.LINGER
            self._linger_until = self.child.engine.now + LINGER_SECONDS
            self.endpoint.expire_at(self.child.engine.now + self._vhost_timeout())
        else:
            self._close()

    # --- the response ---

    def interim(self, head: ResponseHead) -> None:
        """A 1xx: passed on, but not to HTTP/1.0 and no 100 that was not asked for."""
        request = self._request
        assert request is not None
        if head.status == 100 and request.get(b"expect") is None:
            return
        if request.minor:
            self._send(exchange.interim_head(head))

    def respond(self, head: ResponseHead, body: Body | None, payload: bytes, done: bool) -> None:
        """The response's head, with the first of its body."""
        request, route, vhost = self._request, self._route, self._vhost
        assert request is not None
        assert route is not None
        assert vhost is not None
        self._response = head
        self._delimiter = delimiter = exchange.delimiter_of(head, request, body is not None)
        fields = exchange.response_fields(head, request, route, vhost, self.client)
        if (
            self._state is State.BODY
            or delimiter is Delimiter.CLOSE
            or (self._at_eof and not self._buffer)
        ):
            self._keep_alive = CLOSES
        if route.upgrade is not None:
            fields = exchange.upgrade_offer(head, route.upgrade, fields)
        self._send_response(head.status, head.reason, fields, payload, done=done)

    def _send_response(
        self, status: int, reason: bytes, fields: list[Field], payload: bytes, *, done: bool
    ) -> None:
        out = exchange.response_head(
            status,
            reason,
            fields,
            date=self.child.http_date(),
            keep_alive=self._keep_alive,
            delimiter=self._delimiter,
        )
        self._status = status
        self._response_fields = fields
        self._head_seen = True
        self._send_body(out, payload, done)

    def respond_more(self, payload: bytes, done: bool) -> None:
        """More of the response's body."""
        if done:
            self.worker = None
        self._send_body(b"", payload, done)

    def _send_body(self, head: bytes, payload: bytes, done: bool) -> None:
        self._response_size += len(payload)
        if self._delimiter is Delimiter.CHUNKED:
            payload = encode_chunk(payload) + LAST_CHUNK if done else encode_chunk(payload)
        if not self._send(head + payload if head else payload):
            return
        if done:
            self._response_passed()

    def _send(self, data: bytes) -> bool:
        """True when all was sent; otherwise the worker's response waits until the client has taken
        it.
        """
        if not data:
            return not self.endpoint.queue
        try:
            if self.endpoint.send(data):
                return True
        except OSError:
            self.abandon()
            return False
        self.endpoint.expire_at(self.child.engine.now + self._vhost_timeout())
        if self.worker is not None:
            self.worker.pause()
        return False

    def _drained(self) -> None:
        self.endpoint.deadline = NEVER
        if self._state is State.LINGER:
            self._linger()
        elif self.worker is not None:
            self.worker.resume()
        elif self._head_seen:
            self._response_passed()

    def _response_passed(self) -> None:
        """The response is out: log it; then the next request, or the end."""
        if self._state is State.CLOSED:
            return
        self._log_access()
        self.requests += 1
        if self._body is not None and not self._body.done:
            if self._state is State.BODY:
                self._keep_alive = CLOSES
            self._state = State.DISCARD
        if not self._keep_alive.stays:
            self._finish()
        elif self._state is State.DISCARD:
            self.endpoint.resume()
            self.endpoint.expire_at(self.child.engine.now + self._vhost_timeout())
            data, self._buffer = self._buffer, b""
            self._discard(data)
        else:
            self._next_request()

    def _next_request(self) -> None:
        vhost = self._vhost
        assert vhost is not None
        seconds = vhost.table.settings.keep_alive_timeout
        self._reset_exchange()
        self._state = State.READING
        endpoint = self.endpoint
        endpoint.resume()
        if self._buffer:
            self.child.engine.run_again(endpoint)
        elif self._at_eof:
            self._close()
        else:
            endpoint.expire_at(self.child.engine.now + seconds)

    def _read_on(self) -> None:
        """Bytes of the next request are here already (pipelining); the engine runs us again, so
        that requests do not nest.
        """
        if self._state is State.READING and self._buffer:
            self._read_head()
            if self._at_eof and self._state is State.READING:
                self._close()

    # --- a switch of protocols ---

    def switch(self, head: ResponseHead, rest: bytes) -> None:
        """The worker's 101: check it, pass it on, make the tunnel. Raises FramingError(502)."""
        request, route, vhost, worker = self._request, self._route, self._vhost, self.worker
        assert request is not None
        assert route is not None
        assert vhost is not None
        assert worker is not None
        protocol = check_switch(head, route.upgrade)
        if not self.request_is_sent:
            raise FramingError(
                502, "the worker switched protocols before it had the request's body", "AH00898"
            )
        fields = exchange.response_fields(head, request, route, vhost, self.client)
        self._response_fields = fields
        self._status = 101
        self._response = head
        self._state = State.SWITCHED
        settings = route.settings
        limits = TunnelLimits(
            settings.tunnel_idle_timeout(worker.pool.worker),
            settings.websocket_async,
            settings.websocket_async_delay,
        )
        early, self._buffer = self._buffer, b""
        far = worker.hand_over()
        self.worker = None
        sent = switch_head(head, fields, protocol)
        record = TunnelRecord(
            self.child,
            request,
            self.client,
            vhost.key,
            fields=fields,
            filename=f"proxy:{route.url}",
            started=self._started,
            requests=self.requests,
            head_out=len(sent),
        )
        self._request = None
        try:
            self.endpoint.send(sent)
        except OSError:
            self.endpoint.reset()
            far.reset()
            record.end(Ending(Reason.RESET, Side.CLIENT, 0, 0, 0.0))
            return
        self.child.start_tunnel(
            self.endpoint, far, to_client=rest, to_worker=early, limits=limits, on_end=record.end
        )

    # --- errors and endings ---

    def _refuse(
        self, refusal: Refusal, *, line: bytes = b"", page_reason: str | None = None
    ) -> None:
        """Answer with one of our own pages."""
        if refusal.reason and page_reason is None:
            level = 6 if refusal.status in (404, 408, 414, 400) else 3
            self._log_error(LogLine("core", level, refusal.code, refusal.reason))
        if self._head_seen:
            self._drop_worker()
            self._close()
            return
        self._vhost = self._vhost or self.child.site.default_vhost(
            self.client.local_ip, self.client.local_port
        )
        if self._request is None:
            self._request = RequestHead(b"-", b"-", 1, line or b"-", {})
        if refusal.status in _ENDS_CONNECTION:
            self._keep_alive = CLOSES
        self._send_page(refusal, page_reason)

    def _send_page(self, refusal: Refusal, page_reason: str | None) -> None:
        request = self._request
        assert request is not None
        reason, body = b"OK", b""
        fields = [(b"Allow", b"GET,HEAD,POST,OPTIONS,TRACE")]
        if refusal.status >= 400:
            reason, body = pages.error_page(
                refusal.status,
                reason=page_reason,
                method=request.method,
                uri=request.target,
                expect=request.get(b"expect"),
            )
            fields = [*pages.extra_fields(refusal.status), (b"Content-Type", pages.CONTENT_TYPE)]
        fields.append((b"Content-Length", b"%d" % len(body)))
        self._delimiter = Delimiter.LENGTH
        payload = b"" if request.method == b"HEAD" else body
        self._send_response(refusal.status, reason, fields, payload, done=True)

    def _discard(self, data: bytes) -> None:
        body = self._body
        assert body is not None
        try:
            body.feed(data)
        except FramingError:
            self._close()
            return
        if body.done:
            self._buffer = body.rest
            self._next_request()

    def _finish(self) -> None:
        """The last response is out. Linger while the client may still be sending, so that it is not
        lost to a reset.
        """
        if self._buffer or self._state is State.DISCARD:
            self._linger()
        else:
            self._close()

    def _linger(self) -> None:
        self._state = State.LINGER
        self._buffer = b""
        self._linger_until = self.child.engine.now + LINGER_SECONDS
        self.endpoint.finish_sending()
        self.endpoint.resume()
        self.endpoint.expire_at(self.child.engine.now + LINGER_SILENCE)

    def _close(self) -> None:
        self._log_access()
        self._state = State.CLOSED
        self.endpoint.close()

    def abandon(self) -> None:
        """Drop the connection and its worker: lost, or the child ends. See engine.Flow."""
        if self._state in (State.CLOSED, State.SWITCHED):
            return
        self._drop_worker()
        self._log_access()
        self._state = State.CLOSED
        self.endpoint.reset()

    # --- logs ---

    def _log_error(self, line: LogLine) -> None:
        uri = self._request.target.decode("latin-1") if self._request is not None else "-"
        self.child.log_error(line, uri, self.client, self._vhost)

    def _log_access(self) -> None:
        """One line per request; a second call is a no-op."""
        request, vhost = self._request, self._vhost
        if request is None:
            return
        self._request = None
        if vhost is None or not vhost.access_logs:
            return
        child, endpoint = self.child, self.endpoint
        record = RequestRecord(child, request, self.client, vhost)
        record.response_fields = self._response_fields
        record.started_wall = child.wall_clock(self._started)
        record.duration_ns = int((child.engine.clock() - self._started) * 1e9)
        record.keepalive_count = self.requests
        record.status = record.status_original = self._status or 400
        record.body_bytes = self._response_size
        taken = endpoint.received - len(self._buffer)
        record.bytes_in, self._taken = taken - self._taken, taken
        record.bytes_out, self._sent = endpoint.sent - self._sent, endpoint.sent
        if self._route is not None:
            record.filename = f"proxy:{self._route.url}"
        if not self._head_seen:
            record.connection_status = "X"
        elif self._keep_alive.stays:
            record.connection_status = "+"
        child.log_access(record, vhost)


LAST_CHUNK: Final = b"0\r\n\r\n"


def encode_chunk(data: bytes) -> bytes:
    """One chunk of RFC 9112 §7.1; nothing for no data, which would be the last chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
