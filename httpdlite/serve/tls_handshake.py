"""From an accepted connection to one that speaks TLS: which vhost's certificate, and the handshake.

Comes in: a socket's endpoint, and from whom it came. Goes out, by one call on the ``Owner``: an
endpoint with a finished handshake, a plain endpoint whose client speaks HTTP, or why it failed.
Hides the ClientHello, alerts, and that handshakes are dear (0.3 to 1 ms of CPU): ``Turns`` gives
one of them at a time its turn between the batches of the engine, so that others do not wait longer
than that. A flow of the engine. Sources: mod_ssl, as observed; mod_reqtimeout (handshake=).

========  ==============================================  ==================
state     readable                                        deadline
========  ==============================================  ==================
HELLO     the ClientHello, or plain HTTP, or the end      close
SECURING  a step of the handshake, when it is its turn    close
FAILED    thrown away until the end                       close
========  ==============================================  ==================

The rules:

1.  The context is chosen by the server name before the library sees a byte (why: ``tls_contexts``).
    What is no ClientHello that we read goes to the library all the same, with the context of who
    sends no name: it answers with the alert that is due.
2.  The whole handshake has ``Timeout``, or what RequestReadTimeout says of it.
3.  A client whose certificate is not acceptable after all (``is_client_acceptable``) is closed.
4.  After an alert a connection lingers: a close with something unread would be a reset, and the
    client might not get to read the alert.
"""

import socket
import ssl
import sys
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from httpdlite.proxy.clienthello import ClientHello, NeedMore, PlainHttp, read_client_hello
from httpdlite.routes.readtimeout import ReadClock
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import READ, WRITE
from httpdlite.serve.tls_contexts import is_client_acceptable, reason_of
from httpdlite.serve.tls_endpoint import TlsEndpoint

if TYPE_CHECKING:
    from httpdlite.conf.directives.mod_reqtimeout import Stage
    from httpdlite.serve.engine import Engine

Choose = Callable[[str | None], ssl.SSLContext]
"""The context for a server name, None: none was sent."""

LINGER_SECONDS: Final = 2.0
SHOWN: Final = {
    "wrong version number": "the other side does not speak TLS here (wrong version number)",
    "http request": "plain HTTP was spoken to a TLS port",
    "callback failed": "the server name is none, or not the one that the vhost was chosen by",
}


class Owner(Protocol):
    """Who gets what becomes of a connection. One call, in which the endpoint's flow is set."""

    def secured(self, endpoint: TlsEndpoint, hello: ClientHello | None) -> None:
        """TLS is spoken: the next bytes are a request. ``hello`` None: we could not read it."""

    def is_plain(self, endpoint: Endpoint, data: bytes) -> None:
        """The client speaks HTTP without TLS, and has sent this so far: tell it in the clear."""

    def failed(self, why: str) -> None:
        """There is no connection any more."""


class Turns:
    """Lets one costly step happen per batch of the engine; the others wait in a line, unread.
    Whoever was told to wait is called (``on_ready`` without events) when it is his turn, and must
    ask again; who ends before should ``leave``.

    The gate is a socket that is always readable, watched while somebody waits: so the line moves
    by one with every batch, and the engine does not sleep.
    """

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._line: deque[Endpoint] = deque()
        self._waiting: set[Endpoint] = set()  # those of the line that still want to
        self._called: Endpoint | None = None
        self._last = -1.0
        self._gate: Endpoint | None = None
        self._far: socket.socket | None = None

    def take(self, endpoint: Endpoint) -> bool:
        """May it do a step now?"""
        if endpoint is self._called:
            self._called = None
            self._last = self._engine.now
            endpoint.resume()
            return True
        if not self._waiting and self._last != self._engine.now:
            self._last = self._engine.now
            return True
        if endpoint not in self._waiting:
            endpoint.pause()
            self._waiting.add(endpoint)
            self._line.append(endpoint)
            self._open_gate().watch(READ)
        return False

    def leave(self, endpoint: Endpoint) -> None:
        """It needs no turn any more."""
        self._waiting.discard(endpoint)
        if endpoint is self._called:
            self._called = None

    def _open_gate(self) -> Endpoint:
        if self._gate is None:
            near, self._far = socket.socketpair()
            self._far.send(b"!")
            self._gate = Endpoint(self._engine, near, self, 0)
        return self._gate

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        """Call the next one. See engine.Flow."""
        while self._line:
            following = self._line.popleft()
            if following in self._waiting:
                self._waiting.discard(following)
                self._called = following
                self._engine.run_again(following)
                break
        if not self._waiting:
            self._line.clear()
            endpoint.watch(0)

    def on_deadline(self, endpoint: Endpoint) -> None:
        """It has none. See engine.Flow."""

    def abandon(self) -> None:
        """The child ends. See engine.Flow."""
        if self._gate is not None:
            self._gate.close()
            self._gate = None
        if self._far is not None:
            self._far.close()
            self._far = None


class Handshake:
    """One connection's. It begins at once."""

    __slots__ = (
        "_choose",
        "_clock",
        "_endpoint",
        "_hello",
        "_is_over",
        "_owner",
        "_seen",
        "_turns",
        "_wanted",
    )

    def __init__(  # noqa: PLR0917 - all that it needs
        self,
        turns: Turns,
        endpoint: TlsEndpoint,
        choose: Choose,
        owner: Owner,
        timeout: float,
        stage: "Stage | None" = None,
    ) -> None:
        self._turns = turns
        self._endpoint = endpoint
        self._choose = choose
        self._owner = owner
        self._seen = b""
        self._wanted = 0  # bytes before which it need not be read again
        self._hello: ClientHello | None = None
        self._is_over = False
        now = endpoint.engine.now
        self._clock: ReadClock | None = None
        if stage is not None and stage.seconds:
            self._clock = ReadClock.begin(stage, now)
            timeout = stage.seconds
        endpoint.flow = self
        endpoint.expire_at(now + timeout)

    # --- events ---

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        """See engine.Flow and the module's table."""
        assert isinstance(endpoint, TlsEndpoint)
        if self._is_over:
            self._linger(endpoint, events)
            return
        try:
            if events & WRITE:
                endpoint.flush()
            if endpoint.tls is None:
                self._read_hello(endpoint)
            elif events != WRITE:
                self._step(endpoint)
        except ssl.SSLEOFError as lost:
            self._fail(explain(lost))
        except OSError as lost:
            self._fail(explain(lost), lingers=isinstance(lost, ssl.SSLError))

    def _linger(self, endpoint: TlsEndpoint, events: int) -> None:
        """Rule 4."""
        try:
            if events & WRITE and endpoint.flush():
                endpoint.finish_sending()
        except OSError:
            endpoint.close()
            return
        if endpoint.drop():
            endpoint.close()

    def on_deadline(self, endpoint: Endpoint) -> None:
        """See engine.Flow; rule 2."""
        if self._is_over:
            endpoint.close()
        else:
            self._fail("the handshake took too long")

    def abandon(self) -> None:
        """See engine.Flow."""
        self._is_over = True
        self._turns.leave(self._endpoint)
        self._endpoint.reset()

    # --- the ClientHello ---

    def _read_hello(self, endpoint: TlsEndpoint) -> None:
        data = endpoint.receive()
        if data is None:
            return
        if not data:
            self._fail("the client has closed the connection")
            return
        self._count(len(data))
        self._seen += data
        if len(self._seen) < self._wanted:
            return
        seen = read_client_hello(self._seen)
        if isinstance(seen, NeedMore):
            self._wanted = len(self._seen) + seen.count
            return
        if isinstance(seen, PlainHttp):
            self._hand_over_plain(endpoint)
            return
        self._hello = seen if isinstance(seen, ClientHello) else None
        name = self._hello.server_name if self._hello is not None else None
        received, self._seen = self._seen, b""
        endpoint.begin(self._choose(name), is_server=True, server_name=name, received=received)
        self._step(endpoint)

    def _count(self, count: int) -> None:
        if self._clock is not None and self._clock.deadline is not None:
            self._clock.received(count)
            self._endpoint.expire_at(self._clock.deadline)

    def _hand_over_plain(self, endpoint: TlsEndpoint) -> None:
        self._is_over = True
        plain = Endpoint(endpoint.engine, endpoint.detach(), self)
        self._owner.is_plain(plain, self._seen)

    # --- the handshake ---

    def _step(self, endpoint: TlsEndpoint) -> None:
        if not self._turns.take(endpoint):
            return
        is_done = endpoint.handshake()
        if not is_done:
            return
        assert endpoint.tls is not None
        if not is_client_acceptable(endpoint.tls):
            self._fail("the client's certificate chain is too long (SSLVerifyDepth)", lingers=True)
            return
        self._is_over = True
        self._owner.secured(endpoint, self._hello)
        if endpoint.has_more and not endpoint.is_closed:
            endpoint.flow.on_ready(endpoint, READ)

    def _fail(self, why: str, *, lingers: bool = False) -> None:
        self._is_over = True
        endpoint = self._endpoint
        self._turns.leave(endpoint)
        if lingers:
            if not endpoint.queue:
                endpoint.finish_sending()
            endpoint.resume()
            endpoint.expire_at(endpoint.engine.now + LINGER_SECONDS)
        else:
            endpoint.close()
        self._owner.failed(why)


def hide_strange_names(unraisable: "sys.UnraisableHookArgs") -> None:
    """A hook of ``sys``: says nothing of server names that are not ASCII. ``ssl`` would print a
    traceback for each, although such a handshake fails and is in the log; all else it prints.
    """
    is_name = isinstance(unraisable.object, bytes)
    if not (is_name and isinstance(unraisable.exc_value, UnicodeDecodeError)):
        sys.__unraisablehook__(unraisable)


def explain(failed: OSError) -> str:
    """Why a handshake has failed, or a certificate was not accepted."""
    if isinstance(failed, ssl.SSLCertVerificationError):
        return f"certificate verification failed: {failed.verify_message}"
    if isinstance(failed, ssl.SSLEOFError):
        return "the other side has closed the connection within the handshake"
    if isinstance(failed, ssl.SSLError):
        reason = reason_of(failed)
        return SHOWN.get(reason, reason)
    return failed.strerror or str(failed)
