"""What a client reads from its connection, answer by answer, as lenient as it can be.

In: a socket. Out: everything that came, and how many answers it holds by RFC 9112's rules of
length; `lines` makes it readable: heads as they are, bodies without their chunks.
"""

import hashlib
import re
import socket
import time
from dataclasses import dataclass
from typing import Final

SHORT: Final = 1000


@dataclass(slots=True)
class Answer:
    """One final or interim response."""

    head: bytes
    body: bytes = b""
    ending: str = ""


class Answers:
    """The answers on one connection. `ended` says how it ended, "" while it has not."""

    def __init__(self, sock: socket.socket, bodiless: frozenset[int]) -> None:
        self.sock = sock
        self.bodiless = bodiless
        self.data = b""
        self.ended = ""

    def more(self, until: float) -> bool:
        """Reads once; False when nothing comes any more, or not in time."""
        left = until - time.monotonic()
        if self.ended or left <= 0:
            return False
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            self.ended = "reset"
            return False
        if not data:
            self.ended = "closed"
            return False
        self.data += data
        return True

    def read(self, count: int, until: float) -> bool:
        """Reads until `count` final answers are there, or the end; False if time ran out."""
        while len(self.finals(whole=True)) < count:
            if not self.more(until):
                return bool(self.ended)
        return True

    def finals(self, *, whole: bool = False) -> list[Answer]:
        """The answers that are no interim ones."""
        found = [each for each in self.split()[0] if not is_interim(each.head)]
        return [each for each in found if each.ending == "whole"] if whole else found

    def split(self) -> tuple[list[Answer], bytes]:
        """Answers, and what is left over after the last whole one."""
        found: list[Answer] = []
        data = self.data
        finals = 0
        while data.startswith(b"HTTP/") and b"\r\n\r\n" in data:
            head, mark, data = data.partition(b"\r\n\r\n")
            answer = Answer(head + mark)
            found.append(answer)
            if is_interim(head):
                answer.ending = "whole"
                continue
            data = take_body(answer, data, is_bodiless=finals in self.bodiless)
            finals += 1
            if answer.ending != "whole":
                break
        return found, data

    def lines(self) -> list[str]:
        """All that came, readably."""
        found, rest = self.split()
        lines: list[str] = []
        for answer in found:
            lines += answer.head.decode("latin-1").split("\r\n")[:-2]
            lines += [f"| {readable(answer.body)}"] if answer.body else []
            lines += [f"({answer.ending})"] if answer.ending != "whole" else []
        return [*lines, f"| {readable(rest)}"] if rest else lines


def is_interim(head: bytes) -> bool:
    """A 1xx that is not the last word."""
    return bool(re.match(rb"HTTP/1\.[01] 1(?!01)[0-9][0-9]\b", head))


def take_body(answer: Answer, data: bytes, *, is_bodiless: bool) -> bytes:
    """Takes the body of an answer from what follows its head; returns the rest."""
    status = answer.head.split(b" ", 2)[1][:3]
    if is_bodiless or status in {b"204", b"304"}:
        answer.ending = "whole"
        return data
    if re.search(rb"\r\nTransfer-Encoding:[^\r]*chunked\r", answer.head, re.IGNORECASE):
        return _take_chunks(answer, data)
    length = re.search(rb"\r\nContent-Length: *([0-9]+)\r", answer.head, re.IGNORECASE)
    if length is None:
        answer.body, answer.ending = data, "until the end"
        return b""
    size = int(length[1])
    answer.body = data[:size]
    answer.ending = "whole" if len(data) >= size else "cut"
    return data[size:]


def _take_chunks(answer: Answer, data: bytes) -> bytes:
    answer.ending = "chunks cut"
    while b"\r\n" in data:
        line, _, rest = data.partition(b"\r\n")
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError:
            answer.ending = f"bad chunk {readable(data)}"
            return b""
        if size == 0:
            while b"\r\n" in rest:
                trailer, _, rest = rest.partition(b"\r\n")
                if not trailer:
                    answer.ending = "whole"
                    return rest
                answer.body += b"(trailer) " + trailer
            return rest
        answer.body += rest[:size]
        if len(rest) < size + 2:
            return b""
        data = rest[size + 2 :]
    return data


def readable(data: bytes) -> str:
    """Bytes as text on one line; long ones by their length and a digest."""
    if len(data) > SHORT:
        return f"{len(data)} bytes {hashlib.sha1(data).hexdigest()[:8]} {data[:20]!r}"
    return repr(data.decode("latin-1"))[1:-1]
