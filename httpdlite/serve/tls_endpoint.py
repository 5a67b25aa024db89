"""An endpoint that speaks TLS: the same methods as a plain one, between which lies what ``ssl``
knows.

Comes in: a socket of the engine and, with ``begin``, the context that was chosen for it. Goes out:
what ``Endpoint`` gives, of the bytes within TLS. The library never has the socket: what arrives is
put into one of its buffers in memory, what it has to send is taken from another, and goes the way
of any bytes (one ``recv`` of many records, one ``send``; the queue holds what is encrypted
already). So want-read, want-write and a retry with the same bytes do not exist here, a key update
or a late alert needs no attention, and no decrypted byte ever waits where epoll does not see it.

The rules:

1.  Until ``begin`` it is a plain endpoint (the ClientHello is read so); until ``handshake`` is True
    only ``handshake``, ``flush`` and the endings may be called.
2.  All that has arrived is decrypted at once: ``receive`` gives what was within ``size`` bytes of
    the wire, and up to a record (16 KiB) more, of which the first part had come before. After a
    handshake something may be there without an event: ``has_more``.
3.  No slice that is encrypted is larger than SLICE, since the library's buffers never shrink. They
    keep what the largest took: at most 28 KiB and 43 KiB.
4.  The end of the stream is the peer's close_notify, or a FIN without: then ``is_truncated``, and
    ``note`` is told, once. Both are ``b""``. A record that is not of the peer, or a fatal alert of
    the peer's, is an OSError (``ssl.SSLError``); our alert goes out before. What came before any of
    these is given first.
5.  ``finish_sending`` sends close_notify and FIN; reading goes on. ``close`` sends close_notify if
    nothing is queued, and does not wait for the peer's. ``reset`` sends neither.
6.  What the library has to say by itself (the answer to a key update, or to who wants to
    renegotiate) goes out once ANSWERS bytes of it are there, or nothing else comes. A peer that
    asks for it and does not read it is lost (OSError): otherwise it could fill this memory.
7.  ``sent`` and ``received`` count bytes within TLS; those of a handshake count nowhere.

Sources: RFC 8446 §6.1 (closure), OpenSSL's BIO_s_mem and SSL_read.
"""

import errno
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from httpdlite.serve.endpoint import (
    BUFFER,
    BUFFER_SIZE,
    RECEIVE_SIZE,
    SHORT_SIZE,
    SHORT_VIEWS,
    VIEW,
    Endpoint,
)
from httpdlite.serve.engine import READ

if TYPE_CHECKING:
    import socket

    from httpdlite.serve.engine import Engine, Flow

WIRE_SIZE: Final = 20480  # a record of 16 KiB and a small one
RECORD: Final = 16384
SLICE: Final = 2 * RECORD
ANSWERS: Final = 1024  # some 30 answers
MOST_ANSWERS: Final = 16384  # waiting to be sent
_WIRE: Final = bytearray(WIRE_SIZE)  # one per child, as BUFFER
_WIRE_VIEW: Final = memoryview(_WIRE)
_SHORT_WIRES: Final = tuple(_WIRE_VIEW[:size] for size in range(SHORT_SIZE))


class Session(ssl.SSLObject):
    """What the library knows of one connection. ``expected``: the server name by which its context
    was chosen; ``None``: none.
    """

    expected: str | None = None
    sent_name: str | None = None
    """The server name in the letters that came, where they are others."""


class _Failing:
    """Instead of ``Session.read``, once that has failed behind good data."""

    __slots__ = ("_failed",)

    def __init__(self, failed: ssl.SSLError) -> None:
        self._failed = failed

    def __call__(self, size: int, buffer: object = None) -> int:
        raise self._failed


class TlsEndpoint(Endpoint):
    """See the module. ``tls`` says protocol, cipher and certificates once the handshake is done;
    ``note`` gets a sentence for the log.
    """

    __slots__ = (
        "_at_end",
        "_decrypt",
        "_encrypt",
        "_feed",
        "_incoming",
        "_outgoing",
        "_take",
        "_unread_answers",
        "has_said_goodbye",
        "is_secured",
        "is_truncated",
        "note",
        "tls",
    )

    is_tls = True

    def __init__(
        self,
        engine: "Engine",
        sock: "socket.socket",
        flow: "Flow",
        interest: int = READ,
        note: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(engine, sock, flow, interest)
        self.tls: Session | None = None
        self.note = note
        self._at_end = False  # an end, or a failure, has come behind data that was given first
        self._unread_answers = 0  # bytes
        self.is_secured = False
        self.is_truncated = False
        self.has_said_goodbye = False

    def begin(
        self,
        context: ssl.SSLContext,
        *,
        is_server: bool,
        server_name: str | None = None,
        received: bytes = b"",
    ) -> None:
        """Begin with TLS. ``server_name``: as a server, by which the context was chosen; as a
        client, to be sent. ``received``: what was read of the ClientHello. Raises ValueError: a
        name that cannot be sent.
        """
        self._incoming = incoming = ssl.MemoryBIO()
        self._outgoing = outgoing = ssl.MemoryBIO()
        name = None if is_server else server_name
        tls = context.wrap_bio(incoming, outgoing, server_side=is_server, server_hostname=name)
        assert isinstance(tls, Session)
        tls.expected = server_name
        self.tls = tls
        self._feed, self._take = incoming.write, outgoing.read
        inner: ssl.SSLObject = getattr(tls, "_sslobj", tls)  # the same without a frame of Python
        self._decrypt: Callable[..., int] = inner.read  # type: ignore[assignment] # into a buffer
        self._encrypt = inner.write
        if received:
            incoming.write(received)

    def handshake(self) -> bool:
        """Read what has come and go on with the handshake; True when it is done. Raises OSError:
        it has failed (``ssl.SSLError``: an alert was sent or received), or the peer has gone.
        """
        assert self.tls is not None
        try:
            count = self.sock.recv_into(_WIRE)
        except BlockingIOError:
            pass
        else:
            if count:
                self._feed(_WIRE_VIEW[:count])
            else:
                self._incoming.write_eof()
        try:
            self.tls.do_handshake()
            self.is_secured = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self._send_last()
            raise
        self._send_wire()
        return self.is_secured

    def drop(self) -> bool:
        """Throw away what has come, undeciphered; True at the end of the stream."""
        try:
            return not self.sock.recv_into(_WIRE)
        except BlockingIOError:
            return False
        except OSError:
            return True

    @property
    def has_more(self) -> bool:
        """Has something come that was not looked at yet? (Rule 2.)"""
        return self.is_secured and bool(self._incoming.pending)

    # --- bytes ---

    def receive(self, size: int = RECEIVE_SIZE) -> bytes | None:
        """See Endpoint and rule 2."""
        if self.tls is None:
            return super().receive(size)
        view = self.receive_view(size)
        return None if view is None else bytes(view)

    def receive_view(self, size: int = BUFFER_SIZE) -> memoryview | None:
        """See Endpoint and rule 2."""
        incoming = self._incoming
        try:
            count = self.sock.recv_into(_WIRE if size >= WIRE_SIZE else _WIRE_VIEW[:size])
        except BlockingIOError:
            if not (incoming.pending or self._at_end):
                return None
        else:
            if count:
                self._feed(_SHORT_WIRES[count] if count < SHORT_SIZE else _WIRE_VIEW[:count])
            elif not (incoming.pending or self._at_end):
                return self._end_of_wire()
        try:
            got = self._decrypt(BUFFER_SIZE, BUFFER)
        except ssl.SSLWantReadError:
            self._nothing_yet()
            return None
        except ssl.SSLZeroReturnError:  # instead of 0, once we have said close_notify ourselves
            return VIEW[:0]
        except ssl.SSLError:
            self._send_last()
            raise
        if not got:
            return VIEW[:0]  # the peer's close_notify
        if incoming.pending:
            got = self._receive_more(got)
        if self._outgoing.pending > ANSWERS:
            self._answer()
        self.received += got
        return SHORT_VIEWS[got] if got < SHORT_SIZE else VIEW[:got]

    def _receive_more(self, got: int) -> int:
        """The records behind the first; how much there is of all."""
        incoming = self._incoming
        while incoming.pending:
            try:
                count = self._decrypt(BUFFER_SIZE - got, VIEW[got:])
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                count = 0
            except ssl.SSLError as failed:
                self._send_last()
                self._decrypt = _Failing(failed)
                count = 0
            if not count:
                self._at_end = True
                self.engine.run_again(self, READ)
                break
            got += count
        return got

    def watch(self, interest: int) -> None:
        """See Endpoint. Who reads again after a pause hears of an end that came before it."""
        super().watch(interest)
        if self._at_end and interest & READ:
            self.engine.run_again(self, READ)

    def _nothing_yet(self) -> None:
        """A part of a record, or one that is for the library alone, which may have an answer."""
        if self._outgoing.pending:
            self._answer()

    def _answer(self) -> None:
        """Rule 6."""
        wire = self._take()
        if self._send(wire):
            self._unread_answers = 0
            return
        self._unread_answers += len(wire)
        if self._unread_answers > MOST_ANSWERS:
            raise OSError(errno.ECONNABORTED, "the peer does not read the answers that it asks for")

    def _end_of_wire(self) -> memoryview:
        """FIN. Nothing is left to be decrypted but the part of a record."""
        if not self.is_truncated:
            self._incoming.write_eof()
            try:
                self._decrypt(1)
            except ssl.SSLZeroReturnError:
                pass
            except ssl.SSLError:
                self.is_truncated = True
                if self.note is not None:
                    self.note("the TLS stream was truncated: it ended without close_notify")
        return VIEW[:0]

    def send(self, data: bytes | memoryview) -> bool:
        """See Endpoint: send, or queue."""
        if self.tls is None:
            return super().send(data)
        size = len(data)
        if size <= RECORD:
            if not size:
                return not self.queue
            count = self._encrypt(data)
            wire = self._take()
            if count != size:  # the peer wants short records (RFC 6066 §4)
                wire += self._encrypt_all(memoryview(data)[count:])
        else:
            wire = self._encrypt_all(data)
        if self.queue:
            self.queue.append(wire)
            is_sent = False
        else:  # as _send, which would be one call more per message
            try:
                count = self.sock.send(wire)
            except BlockingIOError:
                count = 0
            is_sent = count == len(wire)
            if not is_sent:
                super().queue_rest(wire[count:])
        self.sent += size
        return is_sent

    def _encrypt_all(self, data: bytes | memoryview) -> bytes:
        """Rule 3. The library encrypts a record per call."""
        view = memoryview(data)
        pieces: list[bytes] = []
        while view:
            written = 0
            while view and written < SLICE:
                count = self._encrypt(view[:RECORD])
                written += count
                view = view[count:]
            pieces.append(self._take())
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _send(self, wire: bytes) -> bool:
        if self.queue:
            self.queue.append(wire)
            return False
        try:
            count = self.sock.send(wire)
        except BlockingIOError:
            count = 0
        if count == len(wire):
            return True
        super().queue_rest(wire[count:])
        return False

    def _send_wire(self) -> None:
        """What the library has to say."""
        wire = self._take()
        if wire:
            self._send(wire)

    def _send_last(self) -> None:
        """An alert, if there is one; whether it arrives is no matter any more."""
        try:
            self._send_wire()
        except OSError:
            pass

    def queue_rest(self, data: bytes) -> None:
        """See Endpoint: it goes out when the socket is writable."""
        if self.tls is None:
            super().queue_rest(data)
        elif data:
            self.sent += len(data)
            super().queue_rest(self._encrypt_all(data))

    def flush(self) -> bool:
        """See Endpoint. What is sent here has been counted (rule 7)."""
        sent = self.sent
        try:
            return super().flush()
        finally:
            if self.tls is not None:
                self.sent = sent

    # --- endings ---

    def _say_goodbye(self) -> None:
        if not self.is_secured or self.has_said_goodbye or self.queue:
            return
        assert self.tls is not None
        self.has_said_goodbye = True
        try:
            self.tls.unwrap()
        except (ssl.SSLError, ValueError):
            pass  # the peer's close_notify has not come; or something failed before
        self._send_last()

    def finish_sending(self) -> None:
        """See Endpoint and rule 5."""
        self._say_goodbye()
        if self.queue:
            return  # flush() sends the rest, see there
        super().finish_sending()

    def close(self) -> None:
        """See Endpoint and rule 5."""
        if not self.is_closed:
            self._say_goodbye()
        super().close()

    def reset(self) -> None:
        """See Endpoint."""
        self.has_said_goodbye = True
        super().reset()
