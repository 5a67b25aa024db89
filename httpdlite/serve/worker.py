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
SWITCHING   (not read: the tunnel's)       502, unless the client is still sending
==========  =============================  ==========================================
"""

import re
import select
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from httpdlite.conf.directives.proxy_exchange import BadHeader
from httpdlite.proxy.bodies import Body, ChunkedBody, UntilClose
from httpdlite.proxy.fault import CLOSED, ENDED, INCOMPLETE, TIMED_OUT, ProxyFault
from httpdlite.proxy.fields import FramingError
from httpdlite.proxy.framing import (
    ResponseHead,
    find_response_end,
    parse_impaired_head,
    parse_response_head,
    response_body,
)
from httpdlite.proxy.hopbyhop import connection_options
from httpdlite.routes.logline import LogLine
from httpdlite.serve.connecting import (
    AWAITING,
    CLOSED_STATE,
    CONNECTING,
    IDLE,
    RECEIVING,
    SWITCHING,
    Address,
    Connecting,
    describe,
)
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import NEVER, READ, WRITE

if TYPE_CHECKING:
    from httpdlite.serve.pool import Pool
    from httpdlite.serve.serving import Serving


LIMIT_HEAD: Final = 262144
MOST_INTERIM: Final = (
    9  # nine 1xx may precede the answer; the tenth is passed on and then it is a 502
)


class WorkerConnection(Connecting):
    """One connection of a pool. ``client`` is the flow it serves, None while idle."""

    __slots__ = (
        "_begun",
        "_body",
        "_buffer",
        "_head",
        "_interim",
        "_is_kept",
        "_is_slow",
        "_is_special",
        "_probe",
        "_send_failed",
    )

    def __init__(self, pool: "Pool", addresses: tuple[Address, ...]) -> None:
        super().__init__(pool, addresses)
        self._buffer = b""
        self._body: Body | None = None
        self._head: ResponseHead | None = None
        self._interim = 0
        self._begun = 0
        self._is_slow = True  # the client has not taken a whole piece yet, or has stalled
        self._is_special = False
        self._is_kept = pool.reuses  # unless the request said otherwise
        self._probe: select.poll | None = None
        self._send_failed = False

    # --- a request ---

    def begin(self, client: "Serving", request: bytes) -> None:
        """Send a request (its head and what is there of its body), once connected."""
        self.client = client
        self._request = request
        settings = client.settings
        self._is_special = settings.is_special
        self._timeout = settings.worker_timeout(self.pool.worker)
        if self.pool.ping is not None:
            self._timeout = client.patience(self._timeout)
        self._interim = 0
        self._is_slow = True
        self._send_failed = False
        if self.endpoint is None:
            self._connect_seconds = settings.connect_timeout(self.pool.worker)
            self._connect_by = self._now + self._connect_seconds
            self._connect_next("")
            return
        self._begun = self.endpoint.sent
        self._state = AWAITING
        self._watch_reading()
        try:
            self.endpoint.send(request)
        except OSError as lost:
            self._retry_fresh(lost)

    def keep_out(self) -> None:
        """The request asks the worker to close: the pool does not get the connection back."""
        self._is_kept = False

    def begin_waiting(self) -> None:
        """The worker has said that it goes on (``ping``): from now on its timeout counts."""
        assert self.client is not None
        self._timeout = self.client.settings.worker_timeout(self.pool.worker)
        self._watch_reading()

    def await_body(self) -> None:
        """The worker has switched protocols and still gets the request's body: read no more."""
        assert self.endpoint is not None
        self._state = SWITCHING
        self.endpoint.pause()
        self.endpoint.deadline = NEVER

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
        fresh = type(self)(self.pool, self.pool.addresses)  # in our place in the pool
        self._state = CLOSED_STATE
        self._drop_endpoint()
        client.worker = fresh
        fresh.begin(client, request)

    def send_body(self, data: bytes, *, later: bool = False) -> bool:
        """Send more of the request's body, ``later``: when it is this socket's turn. False: queued,
        wait for ``worker_drained``. A lost connection is noticed on reading.
        """
        if self._state is CONNECTING:
            self._request += data
            return len(self._request) < 65536
        if self._send_failed or self.endpoint is None:
            return True
        self._watch_reading()
        if later:
            self.endpoint.queue_rest(data)
            return False
        try:
            return self.endpoint.send(data)
        except OSError:
            # The worker may have answered before it closed: read that first.
            self._send_failed = True
            return True

    # --- events ---

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        """See engine.Flow."""
        if self._state is CONNECTING:
            if events & ~READ:
                self._connecting_ready()
            return
        if events & WRITE:
            self._flush(endpoint)
        if events & ~WRITE and self.endpoint is endpoint:
            if self._state is SWITCHING:
                if endpoint.registered:
                    endpoint.engine.unregister(endpoint)  # it has ended, which the tunnel will find
            else:
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
        if self._state is RECEIVING and not isinstance(self._body, ChunkedBody):
            self._relay(endpoint)
            return
        try:
            data = endpoint.receive(self.pool.read_size)
        except OSError as lost:
            self._ended(describe(lost))
            return
        if data is None:
            return
        if self._state is IDLE:
            self.discard()
        elif not data:
            self._ended(CLOSED)
        elif self._state is AWAITING:
            self._watch_reading()
            self._take_head(data)
        else:
            self._watch_reading()
            self._take_body(data)

    def _relay(self, endpoint: Endpoint) -> None:
        """More of a body that goes on as it comes, without a copy; in large pieces once the client
        has taken one whole, since what it does not take is kept.
        """
        size = self.pool.read_size if self._is_slow else self.pool.relay_size
        self._is_slow = False
        try:
            data = endpoint.receive_view(size)
        except OSError as lost:
            self._ended(describe(lost))
            return
        if data is None:
            return
        if not data:
            self._ended(CLOSED)
        else:
            self._watch_reading()
            self._take_body(cast("bytes", data))  # it is only sliced and sent

    def _ended(self, why: str) -> None:
        """End of stream or a reset."""
        client, body = self.client, self._body
        if self._state is IDLE or client is None:
            self.discard()
        elif self._state is RECEIVING and isinstance(body, UntilClose) and why == CLOSED:
            self.client = None
            self.discard()
            client.respond_more(b"", done=True)
        elif self._state is RECEIVING:
            self.client = None
            self.discard()
            client.cut(INCOMPLETE if why == CLOSED else why)
        else:
            self._fail_reading(why)

    def _fail_reading(self, why: str) -> None:
        """There is no whole head. Without even a status line the request counts as unanswered."""
        if b"\n" in self._buffer:
            self._fail(ProxyFault.head_not_read(ENDED if why == CLOSED else why))
        else:
            unanswered = why != TIMED_OUT
            self._fail(ProxyFault.no_response(self.shown, why), unanswered=unanswered)

    def on_deadline(self, endpoint: Endpoint) -> None:
        """See engine.Flow and the module's table."""
        if self._state is IDLE or self.client is None:
            self.discard()
        elif self._state is CONNECTING:
            unix_retry = endpoint.interest == 0 and self._now < self._connect_by
            self._drop_endpoint()
            if not unix_retry and self.pool.worker.unix_path is not None:
                self._addresses.clear()
            self._connect_next(TIMED_OUT)
        elif self._state is SWITCHING:
            if endpoint.queue or not self.client.sends_body:
                self._fail(ProxyFault.no_response(self.shown, TIMED_OUT))
        elif endpoint.interest & READ:
            if self.client.sends_body and not endpoint.queue:
                self._watch_reading()  # the wait is for the client, which has a limit of its own
            elif self._state is RECEIVING:
                client, self.client = self.client, None
                self.discard()
                client.cut(TIMED_OUT)
            elif self.client.awaits_continue:
                self._fail(ProxyFault.no_continue(self.shown))
            elif self.client.is_pinging:
                self._fail(replace(ProxyFault.no_continue(self.shown), closes=True))
            else:
                self._fail_reading(TIMED_OUT)

    # --- the response ---

    def _take_head(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        elif data.startswith(b"\r\n"):
            data = data[2:]  # Apache skips one empty line
        self._buffer = data
        if not data.startswith(b"HTTP/"[: len(data)]):
            self._fail(ProxyFault.no_response(self.shown, CLOSED))
            return
        end = find_response_end(data)
        if end < 0:
            if len(data) > LIMIT_HEAD:
                self._fail(ProxyFault.line_too_long(data, LIMIT_HEAD))
            elif len(data) > self.pool.line_limit:
                self._check_lines(data)
            return
        if end > self.pool.line_limit and not self._check_lines(data[:end]):
            return
        self._buffer = b""
        try:
            self._answer(parse_response_head(data[:end]), data[end:])
        except FramingError as bad:
            self._impaired(bad, data, end)

    def _check_lines(self, head: bytes) -> bool:
        """Are all lines within responsefieldsize, folded ones as a whole? Else the response is
        refused.
        """
        limit = self.pool.line_limit
        for at, line in enumerate(_FOLDED.sub(b" ", head).split(b"\n")):
            if len(line.removesuffix(b"\r")) >= limit:
                if at:
                    self._fail(ProxyFault.line_too_long(line, limit))
                else:
                    self._fail(ProxyFault.corrupt_status(line[: limit - 1]))
                return False
        return True

    def _impaired(self, bad: FramingError, data: bytes, end: int) -> None:
        """A head that cannot be taken as it is; ProxyBadHeader may help."""
        client = self.client
        if client is None:
            return  # it has been answered
        if bad.code == "AH00898" and bad.reason.startswith("Corrupt status line"):
            line = data.split(b"\n", 1)[0].rstrip(b"\r")
            if b"\0" in line:
                self._fail(ProxyFault.no_response(self.shown, CLOSED))
            else:
                self._fail(ProxyFault.corrupt_status(line))
            return
        how = client.settings.bad_header
        if bad.code != "AH01106" or how is BadHeader.IS_ERROR or self._state is not AWAITING:
            self._refuse(bad)
            return
        try:
            head, dropped, rest = parse_impaired_head(data[:end], how)
            if not dropped:
                self._refuse(bad)
            elif rest is None:
                client.note(LogLine("proxy_http", 4, "AH01100", _IGNORED))
                self._answer(head, data[end:])
            else:
                client.note(LogLine("proxy_http", 4, "AH01098", _STARTED))
                self._answer(head, rest + data[end:])
        except FramingError as worse:
            self._refuse(worse)

    def _answer(self, head: ResponseHead, rest: bytes) -> None:
        client = self.client
        assert client is not None
        if head.status == 101:
            client.switch(head, rest)
            return
        if head.status < 200:
            client.interim(head)
            self._interim += 1
            if not head.minor:
                self._is_kept = False
            if self._interim > MOST_INTERIM:
                raise FramingError(
                    502, "Too many (10) interim responses from origin server", "AH00898"
                )
            if rest and self.client is client:
                self._take_head(rest)
            return
        if self._is_special and client.overrides(head):
            return
        self._head = head
        self._body = body = response_body(head, client.method)
        self._state = RECEIVING
        if body is None:
            self._finish(client, rest)
            client.respond(head, None, b"", done=True)
            return
        if not rest:
            client.respond(head, body, b"", done=False)
            return
        payload = body.feed(rest)
        done = body.done
        if done:
            self._finish(client, body.rest)
        client.respond(head, body, payload, done=done)

    def _take_body(self, data: bytes) -> None:
        client, body = self.client, self._body
        assert client is not None
        assert body is not None
        try:
            payload = body.feed(data)
        except FramingError as bad:
            self.client = None
            self.discard()
            client.cut(bad.reason)
            return
        if body.done:
            self._finish(client, body.rest)
        if payload or body.done:
            client.respond_more(payload, done=body.done)

    def _refuse(self, bad: FramingError) -> None:
        if self._state is RECEIVING:  # the first bytes of the body
            self._fail(ProxyFault.body_broken(502, bad.reason, bad.code))
            return
        self._fail(ProxyFault.bad_response(bad.status, bad.reason, bad.code))

    # --- afterwards ---

    def _finish(self, client: "Serving", rest: bytes) -> None:
        """The response is complete: back to the pool, or closed. The client no longer has a
        worker.
        """
        assert self.endpoint is not None
        self.client = None
        client.worker = None
        if rest or client.is_sending or not self._may_stay():
            self.discard()
            return
        self._state = IDLE
        self._body = self._head = None
        lifetime = self.pool.idle_lifetime
        self.endpoint.deadline = NEVER
        if lifetime is not None:
            self.endpoint.expire_at(self._now + lifetime)
        self.pool.release(self)

    def _may_stay(self) -> bool:
        head, body = self._head, self._body
        if head is None or not head.minor or self._send_failed or isinstance(body, UntilClose):
            return False  # HTTP/1.0: never, as in Apache
        if not self._is_kept:
            return False
        if head.coding is not None and head.length is not None:
            return False  # AH01107
        return head.connection is None or b"close" not in connection_options(head.connection)

    def _fail(self, fault: ProxyFault, *, unanswered: bool = False) -> None:
        client, self.client = self.client, None
        self.discard()
        if client is not None:
            client.worker = None
            client.worker_failed(fault, unanswered=unanswered)

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
        self._is_slow = True
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
        self._state = CLOSED_STATE
        return endpoint

    def discard(self) -> None:
        """Close and forget."""
        if self._state is not CLOSED_STATE:
            self._state = CLOSED_STATE
            self._drop_endpoint()
            self.pool.forget(self)

    def abandon(self) -> None:
        """See engine.Flow."""
        client, self.client = self.client, None
        self.discard()
        if client is not None:
            client.abandon()


_FOLDED: Final = re.compile(rb"\r?\n[ \t]+")
_IGNORED: Final = "Ignoring bogus HTTP header returned by {uri} ({method})"
_STARTED: Final = "Starting body due to bogus non-header in headers returned by {uri} ({method})"
