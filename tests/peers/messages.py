"""HTTP/1.1 messages as bytes, for tests that must see exactly what went over the wire.

In: a socket. Out: heads and bodies as they arrived, with their fields also by name. Deliberately
not the code under test, and not a library that would tidy what it reads (RFC 9112).
"""

import socket
from dataclasses import dataclass

END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its head's exact bytes, and the bytes of its body as framed on the wire."""

    head: bytes
    body: bytes = b""

    @property
    def start_line(self) -> str:
        """The request line or the status line."""
        return self.head.split(b"\r\n", 1)[0].decode("latin-1")

    @property
    def status(self) -> int:
        """The status of a response."""
        return int(self.start_line.split(" ")[1])

    @property
    def target(self) -> str:
        """The target of a request."""
        return self.start_line.split(" ")[1]

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The fields in order, names in lower case."""
        lines = self.head.decode("latin-1").split("\r\n")[1:-2]
        pairs = (line.partition(":") for line in lines)
        return tuple((name.lower(), value.strip()) for name, _, value in pairs)

    def values(self, name: str) -> list[str]:
        """The values of every field with this name (lower case)."""
        return [value for known, value in self.fields if known == name]

    def value(self, name: str) -> str | None:
        """The value of a field, repeated ones joined; None without one."""
        return ", ".join(self.values(name)) if self.values(name) else None


class Wire:
    """One end of a connection, read message by message; what is left over waits for the next."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.rest = b""

    def send(self, data: bytes) -> None:
        """Sends all of `data`."""
        self.sock.sendall(data)

    def receive(self, most: int = 65536) -> bytes:
        """What is left over, else what arrives next; b"" at the end."""
        if self.rest:
            data, self.rest = self.rest[:most], self.rest[most:]
            return data
        return self.sock.recv(most)

    def receive_until(self, mark: bytes) -> bytes | None:
        """Everything up to and with `mark`; None if the connection ends before its first byte."""
        while (at := self.rest.find(mark)) < 0:
            data = self.sock.recv(65536)
            if not data:
                if self.rest:
                    raise ConnectionError(f"ended in the middle of {self.rest!r}")
                return None
            self.rest += data
        at += len(mark)
        data, self.rest = self.rest[:at], self.rest[at:]
        return data

    def receive_exactly(self, count: int) -> bytes:
        """The next `count` bytes."""
        while len(self.rest) < count:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError(f"ended after {len(self.rest)} of {count} bytes")
            self.rest += data
        data, self.rest = self.rest[:count], self.rest[count:]
        return data

    def receive_to_end(self) -> bytes:
        """Everything until the peer ends its side."""
        parts = [self.rest]
        self.rest = b""
        while data := self.sock.recv(65536):
            parts.append(data)
        return b"".join(parts)

    def receive_request(self) -> Message | None:
        """The next request; None when the peer has ended its side instead."""
        head = self.receive_until(END)
        return None if head is None else Message(head, self._sized_body(Message(head)))

    def receive_response(self, method: str = "GET") -> Message:
        """The next response; without a length its body is everything to the end."""
        head = self.receive_until(END)
        if head is None:
            raise ConnectionError("the connection ended instead of a response")
        message = Message(head)
        if method == "HEAD" or message.status in {101, 204, 304}:
            return message
        if message.value("transfer-encoding") is None and message.value("content-length") is None:
            return Message(head, self.receive_to_end())
        return Message(head, self._sized_body(message))

    def _sized_body(self, message: Message) -> bytes:
        if "chunked" in (message.value("transfer-encoding") or ""):
            return self._chunked_body()
        return self.receive_exactly(int(message.value("content-length") or 0))

    def _chunked_body(self) -> bytes:
        parts: list[bytes] = []
        while True:
            line = self.receive_until(b"\r\n")
            if line is None:
                raise ConnectionError("ended between chunks")
            size = int(line.split(b";")[0], 16)
            if size == 0:
                break
            parts += [line, self.receive_exactly(size + 2)]
        trailer = b""
        while not trailer.endswith(b"\r\n\r\n") and trailer != b"\r\n":
            trailer += self.receive_until(b"\r\n") or b"\r\n"
        return b"".join([*parts, line, trailer])


def unchunked(body: bytes) -> bytes:
    """The content of a body in chunks."""
    parts: list[bytes] = []
    while True:
        line, _, body = body.partition(b"\r\n")
        size = int(line.split(b";")[0], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(body[:size])
        body = body[size + 2 :]
