"""A client's connection: request heads in, one ``Serving`` after the other, keep-alive, endings.

Comes in: an accepted socket. Goes out: a ``Serving`` for each request (``serving.py``), in order.
Hides pipelining, how long the client may take, and how a connection ends so that its last response
is not lost (lingering close). A flow of the engine.

State and what an event does to it:

========  ===========================================  ======================================
state     readable                                     deadline
========  ===========================================  ======================================
READING   a request's head, or the end: close          idle: close; within a head: 408
SERVING   the request's body, else kept for the next   the serving's own, see there
          request; the end: no more requests
DISCARD   a body nobody wants, then the next request   close
LINGER    thrown away until the end                    close
SWITCHED  (the tunnel has the socket)
========  ===========================================  ======================================
"""

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from httpdlite.proxy import exchange
from httpdlite.proxy.exchange import CLOSES, Client, KeepAlive
from httpdlite.proxy.fields import FramingError
from httpdlite.proxy.framing import (
    Body,
    RequestHead,
    find_head_end,
    parse_request_head,
)
from httpdlite.routes.decide import target_host
from httpdlite.routes.site import Vhost
from httpdlite.routes.table import Refusal
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import NEVER, READ, WRITE
from httpdlite.serve.serving import Serving

if TYPE_CHECKING:
    from httpdlite.serve.child import Child

PIPELINED: Final = 65536  # bytes kept for later requests before reading pauses
EMPTY_LINES: Final = 10  # that Apache skips before a request; RFC 9112 §2.2 asks for one at least
LINGER_SECONDS: Final = 30.0  # MAX_SECS_TO_LINGER of Apache
LINGER_SILENCE: Final = 2.0  # SECONDS_TO_LINGER


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
        "_linger_until",
        "_scanned",
        "_serving",
        "_started",
        "_state",
        "at_eof",
        "child",
        "client",
        "endpoint",
        "requests",
    )

    def __init__(self, child: "Child", endpoint: Endpoint, client: Client) -> None:
        self.child = child
        self.endpoint = endpoint
        self.client = client
        self.requests = 0
        self.at_eof = False
        self._state = _READING
        self._buffer = b""
        self._scanned = 0  # bytes of the buffer in which no end of a head was found
        self._started = 0.0  # when the head's first byte came; 0: not yet
        self._serving: Serving | None = None
        self._body: Body | None = None  # what is to be discarded
        self._linger_until = 0.0
        endpoint.flow = self
        endpoint.expire_at(child.engine.now + self._default_vhost().table.settings.timeout)

    def _default_vhost(self) -> Vhost:
        return self.child.site.default_vhost(self.client.local_ip, self.client.local_port)

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
            seconds = self._default_vhost().table.settings.timeout
            endpoint.expire_at(self.child.engine.now + seconds)
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
                self._serving.read_body(data)
                return
            self._buffer += data
            if len(self._buffer) > PIPELINED:
                self.endpoint.pause()
        elif self._state is _DISCARD:
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
            self._refuse_head(FramingError(408, "the head did not arrive in time", "AH01382"))
        else:
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
        try:
            end = find_head_end(buffer, self._scanned)
            if end < 0:
                self._await_head()
                return
            request = parse_request_head(buffer[:end])
        except FramingError as bad:
            self._refuse_head(bad)
            return
        self._buffer = buffer[end:]
        self._scanned = 0
        self._serve(request)

    def _await_head(self) -> None:
        """The head is not complete; its limit counts from its first byte."""
        self._scanned = len(self._buffer)
        seconds = self._default_vhost().table.settings.timeout
        self.endpoint.expire_at(self._started + seconds)

    def _serve(self, request: RequestHead) -> None:
        client = self.client
        target = request.target
        if not target.startswith(b"/"):
            named = target_host(target)
            if named is not None:
                request.replace(b"Host", named)
        fields = request.fields
        host, upgrade = fields.get(b"host"), fields.get(b"upgrade")
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
        serving = Serving(self, request, decision.vhost, self._started, decision.path)
        self._serving = serving
        serving.keep_alive = self._offer_keep_alive(request, decision.vhost)
        early = b""
        if request.body is not None:
            early, self._buffer = self._buffer, b""
        serving.start(decision.route, early)

    def _offer_keep_alive(self, request: RequestHead, vhost: Vhost) -> KeepAlive:
        settings = vhost.table.settings
        most = settings.max_keep_alive_requests
        left = most - self.requests if most else None  # as in Apache, one more than one thinks
        if not settings.keep_alive or request.must_close or (left is not None and left <= 0):
            return CLOSES
        if self.at_eof and not self._buffer:
            return CLOSES
        return exchange.keep_alive_of(request, left, settings.keep_alive_timeout)

    def _refuse_head(self, bad: FramingError) -> None:
        """Answer what is no request, and read no more from this client."""
        line = self._buffer.split(b"\n", 1)[0].rstrip(b"\r")
        self._buffer = b""
        self._state = _SERVING
        started = self._started or self.child.engine.now
        request = RequestHead(b"-", b"-", 1, [], line or b"-")
        self._serving = serving = Serving(self, request, self._default_vhost(), started)
        serving.refuse(Refusal(bad.status, bad.reason, bad.code))

    # --- what a serving says ---

    @property
    def unread(self) -> int:
        """Bytes of later requests that are here already."""
        return len(self._buffer)

    def body_read(self, rest: bytes) -> None:
        """The request's body is complete; ``rest`` came after it."""
        self._buffer = rest

    def served(self, keep_alive: KeepAlive, vhost: Vhost, unread_body: Body | None) -> None:
        """The response is out. The next request, or the end."""
        self.requests += 1
        self._serving = None
        if not keep_alive.stays:
            if self.at_eof:
                self.close()
            else:
                self._linger()
        elif unread_body is not None:
            self._state = _DISCARD
            self._body = unread_body
            self.endpoint.resume()
            self.endpoint.expire_at(self.child.engine.now + vhost.table.settings.timeout)
            data, self._buffer = self._buffer, b""
            self._discard(data)
        else:
            self._next_request(vhost)

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
        seconds = self._default_vhost().table.settings.timeout
        self.endpoint.expire_at(self.child.engine.now + seconds)

    # --- between requests, and endings ---

    def _next_request(self, vhost: Vhost) -> None:
        self._state = _READING
        self._started = 0.0
        endpoint = self.endpoint
        if self._buffer:
            self.child.engine.run_again(endpoint)  # so that pipelined requests do not nest
        elif self.at_eof:
            self.close()
        else:
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
            self._next_request(self._default_vhost())

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
