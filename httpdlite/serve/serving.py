"""One request on its way: to a worker, and the worker's response to the client.

Comes in: a request's head with the route chosen for it, body pieces from the client's connection,
calls from the worker's connection. Goes out: the request to the worker; the response, or one of our
own pages, to the client; lines for the logs; a tunnel when the worker switches protocols. Hides
what settings make of both, and when it is over for either side. The request's body is the affair of
``forwarding.py``. Sources: mod_proxy_http (2.4), RFC 9110, RFC 9112.
"""

from typing import TYPE_CHECKING, Final

from httpdlite.proxy import exchange, onward
from httpdlite.proxy.answers import Problem
from httpdlite.proxy.bodies import Body
from httpdlite.proxy.edits import edit_response
from httpdlite.proxy.exchange import (
    CLOSES,
    DELIMITED_BY_CHUNKED,
    DELIMITED_BY_CLOSE,
    DELIMITED_BY_LENGTH,
    STAYS,
)
from httpdlite.proxy.fault import INCOMPLETE, ProxyFault
from httpdlite.proxy.fields import FieldBlock, FieldLine, field_line
from httpdlite.proxy.framing import ResponseHead
from httpdlite.proxy.pages import REASONS
from httpdlite.routes.decide import host_name
from httpdlite.routes.environment import Interim
from httpdlite.routes.logline import LogLine
from httpdlite.routes.outcomes import Outcomes
from httpdlite.routes.route import Refusal, Route
from httpdlite.routes.settings import Settings
from httpdlite.serve.answering import ENDS_CONNECTION
from httpdlite.serve.engine import NEVER
from httpdlite.serve.ruling import Ruling
from httpdlite.serve.spool import Spool
from httpdlite.serve.switching import Switch

if TYPE_CHECKING:
    from httpdlite.serve.pool import Pool
    from httpdlite.serve.worker import WorkerConnection

_CONTINUE: Final = b"100-continue"
_NO_LENGTH: Final = field_line(b"Content-Length", b"0")


class Serving(Ruling):
    """A request from its head to the end of its response."""

    # --- the request ---

    def start(self, route: Route | Refusal | Outcomes | None, early: bytes) -> None:
        """Begin; ``early`` is what is there of the body. Without a route its phases say where it
        goes, or what they have said before.
        """
        request, body = self._request, self._body
        expect = None
        if b"expect" in request.fields and request.minor:
            expect, unmet = self._expectation()
            route = unmet or route
        route = self._ruled(route, early)
        if route is None:
            return
        if b"max-forwards" in request.fields and isinstance(route, Route):
            self._route = route
            if not self._may_forward(early):
                return
        if isinstance(route, Refusal):
            self._start_refused(route, early, announced=bool(expect))
            return
        self._route = route
        if route.nocanon_ignored:
            text = f"Unescaped URL path matched ProxyPass; ignoring unsafe nocanon for {route.url}"
            self._log_error(LogLine("proxy", 4, "AH01136", text))
        if route.settings.is_special:
            forbidden = self._without_tls(route.settings)
            if forbidden is not None:
                self._start_refused(forbidden, early, announced=bool(expect))
                return
            expect = self._prepare(route, expect)
            if expect and self._spool is not None:
                if not early:
                    self._has_continued = True
                    self._send(exchange.CONTINUE)
                expect = None
        if body is None or (expect and not early):
            self.awaits_continue = body is not None
            self._ask_worker()
            return
        self._connection.await_body(route.settings.timeout)
        self.read_body(early)

    def _expectation(self) -> tuple[bytes | None, Refusal | None]:
        """What the client expects, and a refusal if it is anything but a 100."""
        request = self._request
        expect = request.get(b"expect")
        if not expect:
            request.replace(b"Expect", None)
        elif expect.lower() != _CONTINUE:
            return expect, Refusal(417, f"Expect: {expect.decode('latin-1')}", "AH00570")
        return expect, None

    def _prepare(self, route: Route, expect: bytes | None) -> bytes | None:
        """What settings make of a request before it goes to the worker; ``expect`` as it is from
        then on.
        """
        request, body, settings = self._request, self._body, route.settings
        toggles = settings.toggles
        if settings.max_forwards is not None and b"max-forwards" not in request.fields:
            request.replace(b"Max-Forwards", b"%d" % settings.max_forwards)
        if expect and (toggles.request_1_0 or not settings.continue_by_worker):
            request.replace(b"Expect", None)
            expect = None
            if body is not None:
                self._has_continued = True
                self._send(exchange.CONTINUE)
        if toggles.request_1_0:
            self._route = route._replace(upgrade=None)
            self._ending = onward.AS_HTTP_1_0
        elif toggles.close_worker:
            self._ending = onward.CLOSES_WORKER
        if request.chunked and (toggles.request_1_0 or toggles.send_length):
            self._spool = Spool()
        self._speaks_1_0 = toggles.answers_as_1_0(request.minor)
        if toggles.extra_crlf:
            self._tail = b"\r\n"
        if toggles.close_client or (
            (toggles.request_as_1_0 or self._speaks_1_0) and self.keep_alive is STAYS
        ):
            self.keep_alive = CLOSES
        return expect

    # --- the worker ---

    def _ask_worker(self) -> None:
        route = self._route
        assert route is not None
        self._asked = True
        self._pool = pool = self._connection.child.pool_of(route)
        if route.settings.is_special and not self._may_ask(pool, route.settings):
            return
        pool.acquire(self)
        if self.worker is None and self.is_waiting:
            limit = pool.worker.parameters.acquire
            if limit is not None:
                self._connection.endpoint.expire_at(self._now + limit)

    def _may_ask(self, pool: "Pool", settings: Settings) -> bool:
        """ProxyBlock, and the toggles that are about connections to workers."""
        if settings.blocked and pool.addresses:  # a name is resolved first
            fault = pool.blocked_by(settings.blocked)
            if fault is not None:
                self.worker_failed(fault)
                return False
        if settings.toggles.initial_not_pooled and not self._connection.requests:
            pool.acquire_fresh(self)
            return False
        return True

    def worker_ready(self, connection: "WorkerConnection") -> None:
        """A connection for this request: send it what there is."""
        request, route, body = self._request, self._route, self._body
        assert route is not None
        pool = connection.pool
        if route.settings.blocked and not self._may_use(connection, route.settings):
            return
        self.worker = connection
        if self._vhost.logs_more:
            self._used = connection
        endpoint = self._connection.endpoint
        endpoint.deadline = NEVER
        first, length = b"", request.content_length
        if body is not None:
            first, length = self._first_of_body(body)
        if self._tail and (body is None or body.done) and self._spool is None:
            first += self._tail
        if body is not None and self._must_hold(pool):
            first = self._hold(first)
        head = onward.request_head(
            request,
            route,
            self._vhost,
            self._client,
            ending=self._ending or pool.ending,
            length=length,
            chunked=self._chunked_out,
        )
        if body is not None and not body.done and self._held is None:
            endpoint.resume()
            if not self.awaits_continue:
                self._connection.await_body(route.settings.timeout)
        if self._ending is not None:
            connection.keep_out()
        connection.begin(self, head + first if first else head)
        if self._spool is not None:
            self._send_spooled(self._spool)

    @property
    def worker_name(self) -> str:
        """What the worker is called in TLS: as the server name that is sent, and what its
        certificate must be for. With ProxyPreserveHost the client's name for us.
        """
        route = self._route
        assert route is not None
        if route.settings.preserve_host:
            host = self._request.host
            name = host_name(host) if host else None
            if name:
                return name.strip("[]")
        return route.authority.host

    def _may_use(self, connection: "WorkerConnection", settings: Settings) -> bool:
        """ProxyBlock, now that the worker's addresses are known."""
        fault = connection.pool.blocked_by(settings.blocked)
        if fault is None:
            return True
        connection.discard()
        self.worker_failed(fault)
        return False

    def worker_failed(self, fault: ProxyFault, *, unanswered: bool = False) -> None:
        """There is no response. On a kept-alive connection an unanswered request just closes it, so
        that the client tries again.
        """
        self.worker = None
        for line in fault.lines:
            self._log_error(line)
        if unanswered and self._connection.requests:
            text = "closing connection to client because the worker did not answer"
            self._log_error(LogLine("proxy_http", 7, "AH01104", text))
            self._status = 502
            self._connection.close()
            return
        if fault.closes:
            self.keep_alive = CLOSES
        self.refuse(Refusal(fault.status, ""), page_reason=fault.reason)

    def on_deadline(self, *, has_backlog: bool) -> None:
        """The client is too slow in sending or taking (``has_backlog``), or no worker was free."""
        if has_backlog or self._has_answered:
            self._connection.abandon()
        elif self.is_waiting:
            self._give_up_waiting()
        else:
            self._drop_worker()
            text = "the request's body did not arrive in time"
            code = "AH01382" if self._connection.is_late else ""
            self.refuse(Refusal(408, "Request body read timeout" if code else text, code))

    def _give_up_waiting(self) -> None:
        pool = self._pool
        if pool is not None and pool.withdraw(self):
            shown, scheme = pool.authority.host, pool.authority.scheme
            self.worker_failed(ProxyFault.pool_exhausted(shown, scheme=scheme))
        else:
            self._connection.abandon()

    def _drop_worker(self) -> None:
        if self.worker is not None:
            self._leave_worker()
        elif self._pool is not None:
            self._pool.withdraw(self)

    # --- the response ---

    def interim(self, head: ResponseHead) -> None:
        """A 1xx: passed on, but not to HTTP/1.0 and no 100 that was not asked for, or twice."""
        if head.status == 100:
            if self.awaits_continue:
                self.awaits_continue = False
                self._connection.await_body(self.settings.timeout)
            if self._held is not None:
                self._let_go()
            if not self._is_continue_wanted():
                return
            self._has_continued = True
        route = self._route
        assert route is not None
        policy = route.settings.toggles.interim
        if policy is Interim.UNKNOWN:
            text = "undefined proxy interim response policy"
            self._log_error(LogLine("proxy_http", 4, "AH01108", text))
        elif self._request.minor and policy is not Interim.SUPPRESS:
            request, client = self._request, self._connection.client
            self._send(exchange.interim_head(head, request, route, self._vhost, client))

    def _is_continue_wanted(self) -> bool:
        if self._request.get(b"expect") is None:
            return self.settings.toggles.interim is Interim.PASS
        return not self._has_continued

    def respond(self, head: ResponseHead, body: Body | None, payload: bytes, *, done: bool) -> None:
        """The response's head, with the first of its body."""
        request, route, connection = self._request, self._route, self._connection
        assert route is not None
        self._delimiter = exchange.delimiter_of(head, request, body is not None)
        if done and not payload and self._delimiter is DELIMITED_BY_CLOSE:
            self._delimiter = DELIMITED_BY_CHUNKED  # of empty chunks a length is made below
        lines = exchange.response_lines(head, request, route, self._vhost, connection.client)
        if (
            self.reads_body
            or self._delimiter is DELIMITED_BY_CLOSE
            or head.status in ENDS_CONNECTION
        ):
            self.keep_alive = CLOSES
        if route.worker.parameters.upgrade or route.authority.scheme != "http":
            lines = exchange.upgrade_offer(head, route, lines)
        if route.settings.is_special:
            lines = self._adapt(route.settings, lines)
        if done and not payload:
            lines = self._without_body(lines)
        if self._vhost.logs_more:
            self._note_answer(head.status, body)
        block: FieldBlock | None = head.block.passed or head.block
        edits = route.settings.response_edits
        if edits is not None or self._has_fields:
            needs_request = edits is not None and not edits.is_constant
            edited = edit_response(
                edits,
                self._as_request() if needs_request else self._phased,
                head,
                lines,
                keep_alive=self.keep_alive,
                delimiter=self._delimiter,
                minor=request.minor,
                length=len(payload) if done else None,
            )
            lines, block, self.keep_alive, self._delimiter = edited
            if self._phased is not None:
                self._log_phases(self._phased)
            else:
                self.log_given_up()
        self._send_response(head, lines, payload, block, done=done)

    def _without_body(self, lines: list[FieldLine]) -> list[FieldLine]:
        """Empty chunks become a length; to HEAD a length of 0 would say more than is known."""
        if self._delimiter is DELIMITED_BY_CHUNKED:
            self._delimiter = DELIMITED_BY_LENGTH
            return [*lines, _NO_LENGTH]
        if self._request.method == b"HEAD":
            return [
                line for line in lines if line.key != b"content-length" or line.field[1] != b"0"
            ]
        return lines

    def overrides(self, head: ResponseHead) -> bool:
        """ProxyErrorOverride: the worker's page is not wanted, ours is sent. One that is asked for
        as an ErrorDocument comes with the status of the error.
        """
        assert self._route is not None
        override = self._route.settings.error_override
        if not override.covers(head.status):
            if override.is_on and self._problem is not None and not self._drops_body:
                head.status = self._problem.status
                head.reason = REASONS.get(head.status, "").encode()
            return False
        self._worker_status = head.status
        self._drop_worker()
        kept = tuple(line for line in head.lines if line.key == b"www-authenticate")
        problem = Problem(
            head.status,
            own_reason=head.reason,
            fields=kept if head.status == 401 else (),
        )
        self._answer(problem)
        return True

    def _adapt(self, settings: Settings, lines: list[FieldLine]) -> list[FieldLine]:
        """What toggles make of a response."""
        toggles = settings.toggles
        if toggles.request_as_1_0 and self._delimiter is DELIMITED_BY_CHUNKED:
            self._delimiter = DELIMITED_BY_CLOSE
            self.keep_alive = CLOSES
        if toggles.no_vary:
            return [line for line in lines if line.key != b"vary"]
        return lines

    def respond_more(self, payload: bytes, *, done: bool) -> None:
        """More of the response's body."""
        if done:
            self.worker = None
        self._send_body(b"", payload, done=done)

    def cut(self, why: str) -> None:
        """The response broke off: the client must see that, so its connection ends without an end
        of the body.
        """
        self.worker = None
        self._log_error(LogLine("proxy_http", 3, "AH01110", "error reading response", why))
        self._connection.send_off()

    # --- the client ---

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
        self._drop_worker()
        text = "read request body failed: the client closed the connection"
        self._log_error(LogLine("proxy", 3, "AH02608", text, INCOMPLETE))
        self.refuse(Refusal(400, ""))

    def give_up(self) -> None:
        """The connection ends before the response did; called by the connection."""
        self._is_over = True
        self._drop_spool()
        self._drop_worker()
        self._log_access()

    def abandon(self) -> None:
        """Drop the connection: called when a fault was met on this request's behalf."""
        self._connection.abandon()

    # --- a switch of protocols ---

    def switch(self, head: ResponseHead, rest: bytes) -> None:
        """The worker's 101. Raises FramingError(502) if it is not what was asked for. As in Apache,
        the worker gets the whole of the request's body first.
        """
        worker, route = self.worker, self._route
        assert worker is not None
        assert route is not None
        self._switch = Switch(head, rest, route, self._request, self._phased)
        if not self.is_sending:
            self._switch_now()
            return
        worker.await_body()
        if self._held is not None:
            self._let_go()
        if self.awaits_continue:
            self.awaits_continue = False
            self._send(exchange.CONTINUE)

    def _switch_now(self) -> None:
        switch, worker = self._switch, self.worker
        assert switch is not None
        assert worker is not None
        self.worker = None
        switch.make(self._connection, worker, self._vhost, self._path, self._started)
