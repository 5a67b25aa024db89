"""A worker that records what it is sent, byte for byte, and answers as told.

In: an `Answer`, a function of the request and its connection. Out: `Recorder.seen`, in order of
arrival. It runs in threads of the test's own process, on a TCP port chosen by the kernel or on a
unix socket; leaving its context closes every connection and ends every thread.
"""

import base64
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.peers.harness import LOOPBACK
from tests.peers.messages import Message, Wire

Answer = Callable[[Message, Wire], bool]
"""Answers one request on its connection; True if the connection can carry another request."""

WEBSOCKET_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


def accept_value(key: str) -> str:
    """The Sec-WebSocket-Accept of a key (RFC 6455 section 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key.encode() + WEBSOCKET_GUID).digest()).decode()


def response(status: str, *fields: str, body: bytes = b"") -> bytes:
    """A response with a length; `status` is code and reason, a field is `Name: value`."""
    head = "\r\n".join([f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "", ""])
    return head.encode("latin-1") + body


def switching(request: Message, *fields: str) -> bytes:
    """The 101 that a WebSocket request asks for."""
    accept = accept_value(request.value("sec-websocket-key") or "")
    lines = [
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept}",
        *fields,
    ]
    return "\r\n".join(["HTTP/1.1 101 Switching Protocols", *lines, "", ""]).encode()


def echo_bytes(wire: Wire) -> None:
    """Sends back whatever arrives, until the peer ends its side; then ends ours."""
    while data := wire.receive():
        wire.send(data)
    with suppress(OSError):
        wire.sock.shutdown(socket.SHUT_WR)


def answer_plainly(request: Message, wire: Wire) -> bool:
    """200 with a small body, or 101 and an echo for a WebSocket request."""
    if (request.value("upgrade") or "").lower() == "websocket":
        wire.send(switching(request))
        echo_bytes(wire)
        return False
    wire.send(response("200 OK", "Content-Type: text/plain", body=b"recorded\n"))
    return True


def say(data: bytes, *, stay: bool = False) -> Answer:
    """Answers every request with exactly these bytes, and closes unless told to stay."""

    def answer(_request: Message, wire: Wire) -> bool:
        wire.send(data)
        return stay

    return answer


class Recorder:
    """A worker with its own listening socket; use it as a context manager."""

    def __init__(self, answer: Answer = answer_plainly, unix: Path | None = None) -> None:
        self.seen: list[Message] = []
        self.connections = 0
        self._answer = answer
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._closing = False
        self._listener = self._listen(unix)
        self.port = 0 if unix else int(self._listener.getsockname()[1])

    @staticmethod
    def _listen(unix: Path | None) -> socket.socket:
        if unix is None:
            return socket.create_server((LOOPBACK, 0), backlog=512)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(unix))
        unix.chmod(0o777)
        listener.listen(512)
        return listener

    @property
    def authority(self) -> str:
        """`127.0.0.1:port`, of a worker on TCP."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def open_connections(self) -> int:
        """Connections that neither side has closed."""
        with self._lock:
            return len(self._open)

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()  # after it nothing more is accepted
        self.reset_connections()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def reset_connections(self) -> None:
        """Ends every connection at once, in both directions."""
        with self._lock:
            for sock in self._open:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _spawn(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(sock)
                self.connections += 1
            self._spawn(lambda sock=sock: self._serve(sock))  # type: ignore[misc]

    def _serve(self, sock: socket.socket) -> None:
        wire = Wire(sock)
        with suppress(OSError), sock:
            while (request := wire.receive_request()) is not None:
                self.seen.append(request)
                if not self._answer(request, wire):
                    break
        with self._lock:
            self._open.discard(sock)


class TlsRecorder(Recorder):
    """A worker that speaks TLS; `pair` has its certificate and key."""

    def __init__(self, answer: Answer, pair: Path) -> None:
        super().__init__(answer)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pair)

    def _serve(self, sock: socket.socket) -> None:
        with self._lock:
            self._open.discard(sock)
        with suppress(OSError):
            secure = self._context.wrap_socket(sock, server_side=True)
            with self._lock:
                self._open.add(secure)
            super()._serve(secure)
