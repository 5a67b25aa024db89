"""A client's connection: request heads in, one ``Serving`` after the other, keep-alive, endings.

Comes in: an accepted socket. Goes out: a ``Serving`` for each request (``serving.py``), in order.
Hides pipelining, how long the client may take, and how a connection ends so that its last response
is not lost (lingering close). A flow of the engine.

How long a request may take: each read has Timeout, between requests KeepAliveTimeout; the head and
the body each have a clock of RequestReadTimeout besides, made only for what does not come at once.

State and what an event does to it:

========  ===========================================  ======================================
state     readable                                     deadline
========  ===========================================  ======================================
READING   a request's head, or the end: close          idle or within a request line: close;
                                                       within the fields: 408
SERVING   the request's body, else kept for the next   the serving's own, see there
          request; the end: no more requests
DISCARD   a body nobody wants, then the next request   close
LINGER    thrown away until the end                    close
SWITCHED  (the tunnel has the socket)
========  ===========================================  ======================================
"""

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar, Final

from httpdlite.conf.patterns.budget import BEGUN, NEW, WORK
from httpdlite.proxy import exchange
from httpdlite.proxy.bodies import Body
from httpdlite.proxy.exchange import CLOSES, KeepAlive
from httpdlite.proxy.fields import NO_FIELDS, Field, FramingError
from httpdlite.proxy.framing import (
    RequestHead,
    find_head_end,
    parse_request_head,
    seen_request_line,
)
from httpdlite.proxy.own_name import Client
from httpdlite.routes.decide import target_host
from httpdlite.routes.logline import LogLine
from httpdlite.routes.readtimeout import ReadClock
from httpdlite.routes.route import Refusal
from httpdlite.routes.site import Vhost
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import NEVER, READ, WRITE
from httpdlite.serve.reception import Reception
from httpdlite.serve.serving import Serving

if TYPE_CHECKING:
    from httpdlite.serve.child import Child

PIPELINED: Final = 65536  # bytes kept for later requests before reading pauses
EMPTY_LINES: Final = 10  # that Apache skips before a request; RFC 9112 §2.2 asks for one at least
FIRST_MOMENT: Final = 1.0  # seconds for the first request of a connection, while draining
LINGER_SECONDS: Final = 30.0  # MAX_SECS_TO_LINGER of Apache
LINGER_SILENCE: Final = 2.0  # SECONDS_TO_LINGER
_PASSWORD: Final = re.compile(rb"(?<=://)([^/?#@ ]*?:)[^/?#@ ]*(?=@)")


class State(Enum):
    """See the module's table."""

    READING = auto()
    SERVING = auto()
    DISCARD = auto()
    LINGER = auto()
    SWITCHED = auto()
    CLOSED = auto()


# Enum members are looked up through the class each time, which costs as much as a call.
_READING: Final = State.READING
_SERVING: Final = State.SERVING
_DISCARD: Final = State.DISCARD
_LINGER: Final = State.LINGER
_SWITCHED: Final = State.SWITCHED
_CLOSED: Final = State.CLOSED


_OVER: Final = (_SWITCHED, _CLOSED)


class ClientConnection:
    """One client's connection, over all of its requests. ``requests`` counts those that ended."""

    __slots__ = (
        "_body",
        "_buffer",
        "_clock",
        "_connected",
        "_is_last",
        "_linger_until",
        "_reception",
        "_scanned",
        "_serving",
        "_started",
        "_state",
        "at_eof",
        "child",
        "client",
        "endpoint",
        "is_in_error_log",
        "requests",
    )

    serving_kind: ClassVar[type[Serving]] = Serving

    def __init__(self, child: "Child", endpoint: Endpoint, client: Client) -> None:
        self.child = child
        self.endpoint = endpoint
        self.client = client
        self.requests = 0
        self._is_last = False  # the request that is being served
        self.is_in_error_log = False  # has a message been about one of its requests?
        self.at_eof = False
        self._state = _READING
        self._buffer = b""
        self._scanned = 0  # bytes of the buffer in which no end of a head was found
        self._started = 0.0  # when the head's first byte came; 0: not yet
        self._clock: ReadClock | None = None  # of a head or a body that is on its way
        self._serving: Serving | None = None
        self._body: Body | None = None  # what is to be discarded
        self._linger_until = 0.0
        self._connected = child.engine.now
        self._reception: Reception = child.reception(client.local_ip, client.local_port)
        endpoint.flow = self
        endpoint.expire_at(child.engine.now + self._reception.first_head)

    # --- events ---

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        """See engine.Flow."""
        try:
            if not events:
                self._read_on()
            if events & WRITE:
                self._flush(endpoint)
            if events == READ or (events & ~WRITE and self._state not in _OVER):
                data = endpoint.receive()
                if data is not None:
                    self._received(data)
        except OSError:
            self.abandon()

    def _flush(self, endpoint: Endpoint) -> None:
        if not endpoint.flush():
            endpoint.expire_at(self.child.engine.now + self._reception.timeout)
            return
        endpoint.deadline = NEVER
        if self._state is _LINGER:
            self._linger()
        elif self._serving is not None:
            self._serving.client_drained()

    def _received(self, data: bytes) -> None:
        if not data:
            self._end_of_stream()
        elif self._state is _READING:
            self._buffer = self._buffer + data if self._buffer else data
            self._read_head()
        elif self._state is _SERVING:
            assert self._serving is not None
            if self._serving.reads_body:
                if self._clock is not None:
                    self._clock.received(len(data))
                self._serving.read_body(data)
                return
            self._buffer += data
            if len(self._buffer) > PIPELINED:
                self.endpoint.pause()
        elif self._state is _DISCARD:
            if self._clock is not None:
                self._clock.received(len(data))
            self.await_body(self._reception.timeout)
            self._discard(data)
        elif self._state is _LINGER:
            silence = self.child.engine.now + LINGER_SILENCE
            self.endpoint.expire_at(min(self._linger_until, silence))

    def _end_of_stream(self) -> None:
        self.at_eof = True
        if self._state is _READING and self._buffer:
            kept = len(self._buffer)
            self._read_head()  # a request that was kept may be whole
            if self._serving is None and 0 < len(self._buffer) < kept:
                self.endpoint.pause()  # the next is read by _read_on
                return
        if self._state is _SERVING:
            assert self._serving is not None
            self.endpoint.pause()  # a half-closed client still gets its response
            self._serving.client_ended()
        elif self._state is _READING and b"\r\n" in self._buffer:
            self._refuse_head(FramingError(400, "the client ended within the head", "AH02420"))
        else:
            self.close()

    def on_deadline(self, endpoint: Endpoint) -> None:
        """See engine.Flow and the module's table."""
        if self._state is _SERVING and self._serving is not None:
            self._serving.on_deadline(has_backlog=bool(endpoint.queue))
        elif self._state is _READING and self._buffer:
            self._give_up_reading()
        else:
            self.close()

    def _give_up_reading(self) -> None:
        """A head that is too slow is answered as soon as its first line is there. Of a kept
        connection's next request nothing is said before that.
        """
        reason = "Request header read timeout" if self.is_late else ""
        if b"\n" in self._buffer:
            self._refuse_head(FramingError(408, reason, "AH01382"))
            return
        vhost = self._reception.vhost
        if reason:
            self.child.log_error(LogLine("reqtimeout", 6, "AH01382", reason), self.client, vhost)
        if not self.requests:
            request = RequestHead(b"-", b"-", 1, NO_FIELDS, b"-")
            Serving(self, request, vhost, self._started).note_unanswered(408)
        self.close()

    # --- a request's head ---

    def _read_head(self) -> None:
        buffer = self._buffer
        if not self._started:
            self._started = self.child.engine.now
        if buffer.startswith(b"\r\n"):
            for _ in range(EMPTY_LINES):
                buffer = buffer.removeprefix(b"\r\n")
            self._buffer = buffer
        limits = self._reception.limits
        try:
            end = find_head_end(buffer, self._scanned, limits)
            if end < 0:
                self._await_head()
                return
            request = parse_request_head(buffer[:end], limits)
        except FramingError as bad:
            self._refuse_head(bad)
            return
        self._buffer = buffer[end:]
        if self._clock is not None:
            self._clock = None
            self._scanned = 0
        self._serve(request)

    def _await_head(self) -> None:
        """The head is not complete. The clock of the first one has begun with the connection."""
        now, clock = self.child.engine.now, self._clock
        if clock is None:
            begun = self._started if self.requests else self._connected
            clock = self._clock = ReadClock.begin(self._reception.header, begun)
        clock.received(max(0, len(self._buffer) - self._scanned))
        self._scanned = len(self._buffer)
        self._expire(now + self._reception.timeout)

    def _expire(self, moment: float) -> None:
        """No later than the clock says."""
        clock = self._clock
        if clock is not None and clock.deadline is not None:
            moment = min(moment, clock.deadline)
        self.endpoint.expire_at(moment)

    def _serve(self, request: RequestHead) -> None:
        client = self.client
        target = request.target
        fields = request.fields
        host, upgrade = fields.get(b"host"), fields.get(b"upgrade")
        if not target.startswith(b"/"):
            host = _take_host(request)
        WORK.state = NEW
        decision = self.child.decider.decide(
            request.method,
            target,
            request.minor,
            host[1] if host is not None else None,
            upgrade[1] if upgrade is not None else None,
            client.local_ip,
            client.local_port,
        )
        self._state = _SERVING
        self.endpoint.deadline = NEVER
        serving = self.serving_kind(self, request, decision.vhost, self._started, decision.path)
        self._serving = serving
        serving.keep_alive = self.offer_keep_alive(request, decision.vhost)
        if WORK.state == BEGUN:
            serving.log_given_up()
        early = b""
        if request.body is not None:
            early, self._buffer = self._buffer, b""
            stage = decision.vhost.table.settings.read_timeouts.body
            is_partial = len(early) < (request.content_length or len(early) + 1)
            if stage is not None and stage.seconds and is_partial:
                self._clock = ReadClock.begin(stage, self.child.engine.now)
                self._clock.received(len(early))
        serving.start(decision.route, early)

    def offer_keep_alive(self, request: RequestHead, vhost: Vhost) -> KeepAlive:
        """Whether the connection stays after a request, as far as that can be said before it."""
        settings = vhost.table.settings
        most = settings.max_keep_alive_requests
        left = most - self.requests if most else None  # as in Apache, one more than one thinks
        if not settings.keep_alive or request.must_close or (left is not None and left <= 0):
            return CLOSES
        if self.child.is_draining:
            return CLOSES
        return exchange.keep_alive_of(request, left, settings.keep_alive_timeout)

    def _refuse_head(self, bad: FramingError) -> None:
        """Answer what is no request, and read no more from this client."""
        line = seen_request_line(self._buffer, self._reception.limits)
        method, target, *_ = *line.split(b" "), b"-", b"-"
        self._buffer = b""
        self._clock = None
        self._state = _SERVING
        started = self._started or self.child.engine.now
        request = RequestHead(method, target, 1, NO_FIELDS, line)
        self._serving = serving = Serving(self, request, self._reception.vhost, started)
        serving.refuse(Refusal(bad.status, bad.reason, bad.code), notes=bad.notes)

    def refuse(self, data: bytes, bad: FramingError) -> None:
        """Answer a new connection, from which this has come, and read no more from it."""
        self._buffer = data
        self._refuse_head(bad)

    # --- what a serving says ---

    @property
    def unread(self) -> int:
        """Bytes of later requests that are here already."""
        return len(self._buffer)

    @property
    def is_late(self) -> bool:
        """Has RequestReadTimeout run out, for the head or the body?"""
        limit = self._clock.deadline if self._clock is not None else None
        return limit is not None and limit <= self.child.engine.now

    def await_body(self, seconds: float) -> None:
        """More of the body must come within so many seconds, and within RequestReadTimeout."""
        self._expire(self.child.engine.now + seconds)

    def body_read(self, rest: bytes) -> None:
        """The request's body is complete; ``rest`` came after it."""
        self._buffer = rest

    def served(self, keep_alive: KeepAlive, vhost: Vhost, unread_body: Body | None) -> None:
        """The response is out. The next request, or the end."""
        self.requests += 1
        self._serving = None
        if not keep_alive.stays or self._is_last or (self.child.is_draining and not self._buffer):
            if self.at_eof:
                self.close()
            else:
                self._linger()
        elif unread_body is not None:
            self._state = _DISCARD
            self._body = unread_body
            self.endpoint.resume()
            self.await_body(vhost.table.settings.timeout)
            data, self._buffer = self._buffer, b""
            self._discard(data)
        else:
            self._next_request(vhost)

    # --- what the child says ---

    def renew(self) -> None:
        """Another Site is served by: its limits and times count from the next request on. Where it
        speaks TLS now, a connection without has no next one.
        """
        self._reception = self.child.reception(self.client.local_ip, self.client.local_port)
        if self._reception.vhost.tls is not None and not self.endpoint.is_tls:
            self._is_last = True
            if self._state is _READING:
                self.close()

    @property
    def vhost(self) -> Vhost | None:
        """Of the request that is being served."""
        return self._serving.vhost if self._serving is not None else None

    def drain(self) -> None:
        """The child accepts no more: a connection that only waits for another request ends; one
        from which nothing has come has a moment left, since its first may be on the way.
        """
        if self._state is _READING and not self._buffer:
            if self.requests:
                self.close()
            else:
                self.endpoint.expire_at(self.child.engine.now + FIRST_MOMENT)

    @property
    def since(self) -> float:
        """When it was accepted, by the engine's clock."""
        return self._connected

    def switched(self) -> bytes:
        """The socket is a tunnel's from now on; what came after the request's head."""
        self._state = _SWITCHED
        self._serving = None
        early, self._buffer = self._buffer, b""
        return early

    def send_off(self) -> None:
        """Close as soon as what is queued for the client has gone out."""
        if not self.endpoint.queue:
            self.close()
            return
        self._finish_serving()
        self._state = _LINGER
        self._linger_until = self.child.engine.now + LINGER_SECONDS
        self.endpoint.expire_at(self.child.engine.now + self._reception.timeout)

    # --- between requests, and endings ---

    def _next_request(self, vhost: Vhost) -> None:
        self._state = _READING
        self._started = 0.0
        if self._clock is not None:
            self._clock = None
        endpoint = self.endpoint
        if self._buffer:
            self.child.engine.run_again(endpoint)  # so that pipelined requests do not nest
        elif self.at_eof:
            self.close()
        else:
            if not endpoint.interest & READ:
                endpoint.resume()
            seconds = vhost.table.settings.keep_alive_timeout
            endpoint.expire_at(self.child.engine.now + seconds)

    def _read_on(self) -> None:
        """Go on with what was kept of the next request."""
        if self._state is not _READING or not self._buffer:
            return
        if not self.at_eof:
            self.endpoint.resume()
        self._read_head()
        if self.at_eof and self._state is _READING:
            self.close()

    def _discard(self, data: bytes) -> None:
        body = self._body
        assert body is not None
        try:
            body.feed(data)
        except FramingError:
            self.close()
            return
        if body.done:
            self._buffer, self._body = body.rest, None
            self._next_request(self._reception.vhost)

    def _linger(self) -> None:
        """The last response is out, and the client may still be sending: a close now would reset
        the connection, and the response could be lost to it.
        """
        self._state = _LINGER
        self._buffer = b""
        self._linger_until = self.child.engine.now + LINGER_SECONDS
        self.endpoint.finish_sending()
        self.endpoint.resume()
        self.endpoint.expire_at(self.child.engine.now + LINGER_SILENCE)

    def _finish_serving(self) -> None:
        serving, self._serving = self._serving, None
        if serving is not None:
            serving.give_up()

    def close(self) -> None:
        """Close; a request that is being served is given up."""
        self._finish_serving()
        self._state = _CLOSED
        self.endpoint.close()

    def abandon(self) -> None:
        """Drop the connection and its worker: lost, or the child ends. See engine.Flow."""
        if self._state not in _OVER:
            self._finish_serving()
            self._state = _CLOSED
            self.endpoint.reset()


def _take_host(request: RequestHead) -> Field | None:
    """A target that does not begin with a slash may name the host, which counts before the Host
    field (RFC 9112 §3.2.2); HTTP/1.1 must have one all the same. A password goes to no log.
    """
    host = request.fields.get(b"host")
    named = target_host(request.target)
    if named is None or (host is None and request.minor):
        return host
    if b"@" in request.target:
        line = request.line
        request.raw = _PASSWORD.sub(rb"\1XXXXXXXX", line, 1) + request.raw[len(line) :]
    if host is not None:
        request.replace(b"Host", named)
        request.received = request.block
    return b"Host", named.removesuffix(b":")
