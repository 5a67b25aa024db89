"""Message bodies: what comes in on the wire, their payload out, and what came after them. Pure.

Comes in: pieces as they were read. Goes out: the payload within each, and ``rest`` when the body is
over; ``FramingError`` for chunks that are none. Hides the three ways a body ends. The rules are
those of ``framing.py``, by number.
"""

import re
from typing import Final, NamedTuple, Protocol

from httpdlite.proxy.fields import FieldLine, FramingError, split_fields_carefully

LIMIT_TRAILERS: Final = 65536  # bytes

_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\Z")
_MAX_CHUNK: Final = 1 << 63
_MOST_DIGITS: Final = 16

TOO_LONG: Final = "Size of a request header field exceeds server limit."
TOO_MANY: Final = "The number of request header fields exceeds this server's limit."


class Limits(NamedTuple):
    """How large a request may be: LimitRequestLine, LimitRequestFields (0: any number),
    LimitRequestFieldSize, in bytes and fields; the defaults are Apache's.
    """

    line: int = 8190  # one byte more still passes
    fields: int = 100
    field_size: int = 8190  # likewise; after unfolding and merging none more


LIMITS: Final = Limits()


def check_fields(block: bytes, lines: list[FieldLine], limits: Limits) -> None:
    """Rule 30, for field lines as they came and what they say, repeated ones still apart.

    Raises FramingError(400).
    """
    if len(lines) > limits.fields > 0:
        text = "more header fields than LimitRequestFields"
        raise FramingError(400, text, "AH00563", TOO_MANY)
    if len(block) > limits.field_size:
        _check_sizes(block, lines, limits.field_size)


def _check_sizes(block: bytes, lines: list[FieldLine], limit: int) -> None:
    merged: dict[bytes, int] = {}
    for key, (_, value), _ in lines:
        merged[key] = merged.get(key, -2) + 2 + len(value)
    longest = max(merged.values(), default=0)
    unfolded = 0
    for line in block.split(b"\r\n"):
        if line[:1] in (b" ", b"\t"):
            unfolded += 1 + len(line.lstrip(b" \t"))
            longest = max(longest, unfolded + 2 if unfolded + 1 >= limit else 0)
        else:
            unfolded = len(line)
            longest = max(longest, unfolded - 1)
    if longest > limit:
        text = "a header field is longer than LimitRequestFieldSize"
        raise FramingError(400, text, "AH00561", TOO_LONG)


class Body(Protocol):
    """A body being read. ``done`` turns True at its end; ``rest`` is then what came after it."""

    done: bool
    rest: bytes

    def feed(self, data: bytes) -> bytes:
        """The payload within ``data``. Raises FramingError: 400, 413."""


class SizedBody:
    """Content-Length."""

    __slots__ = ("done", "left", "rest")

    def __init__(self, length: int) -> None:
        self.left = length
        self.done = length == 0
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        if len(data) < self.left:
            self.left -= len(data)
            return data
        self.done = True
        if len(data) > self.left:
            self.rest = data[self.left :]
            data = data[: self.left]
        self.left = 0
        return data


class UntilClose:
    """A response that ends where the connection does."""

    __slots__ = ("done", "rest")

    def __init__(self) -> None:
        self.done = False
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        return data


class ChunkedBody:
    """chunked: rules 25 to 29. ``left`` > 0 inside a chunk; -1 where a size line is due, -2 its
    data's CRLF, -3 in the trailers.
    """

    __slots__ = ("done", "held", "left", "limits", "rest", "trailers")

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.left = -1
        self.held = b""
        self.trailers = b""
        self.done = False
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        if self.held:
            data = self.held + data
            self.held = b""
        out: list[bytes] = []
        at = 0
        while not self.done:
            if self.left > 0:
                piece = data[at : at + self.left]
                at += len(piece)
                self.left -= len(piece)
                if piece:
                    out.append(piece)
                if self.left:
                    break
                self.left = -2
            end = data.find(b"\n", at)
            if end < 0:
                self._hold(data[at:])
                break
            self._line(data[at : end + 1])
            at = end + 1
        if self.done:
            self.rest = data[at:]
        return out[0] if len(out) == 1 else b"".join(out)

    def _hold(self, partial: bytes) -> None:
        if self.left == -2 and partial not in (b"", b"\r"):
            raise FramingError(400, "a chunk does not end where its size says", "AH01590")
        if len(partial) > self.limits.field_size + 2:
            if self.left == -1:
                raise FramingError(413, "the line of a chunk's size is too long", "AH01590")
            text = "a trailer field is longer than LimitRequestFieldSize"
            raise FramingError(400, text, "AH00561", TOO_LONG)
        self.held = partial

    def _line(self, line: bytes) -> None:
        if not line.endswith(b"\r\n"):
            code = "AH02418" if self.left == -3 else "AH01590"
            raise FramingError(400, "a bare LF in the chunked framing", code)
        if self.left == -2:
            if line != b"\r\n":
                raise FramingError(400, "a chunk does not end where its size says", "AH01590")
            self.left = -1
        elif self.left == -1:
            self._size(line[:-2])
        elif line == b"\r\n":
            if self.trailers:
                lines = split_fields_carefully(self.trailers)
                check_fields(self.trailers, lines, self.limits)
            self.done = True
        else:
            is_folded = self.trailers and line[:1] in (b" ", b"\t")
            split_fields_carefully(b"x:\r\n" + line if is_folded else line)
            self.trailers += line
            if len(self.trailers) > LIMIT_TRAILERS:
                raise FramingError(400, "trailer fields are too long", "AH01590")

    def _size(self, line: bytes) -> None:
        match = _CHUNK_LINE.match(line)
        if match is None:
            raise FramingError(400, "a chunk size that is no hexadecimal number", "AH01590")
        if (
            len(match[1]) > _MOST_DIGITS
            or len(line) > self.limits.field_size
            or int(match[1], 16) >= _MAX_CHUNK
        ):
            raise FramingError(413, "a chunk size that is too large", "AH01590")
        self.left = int(match[1], 16) or -3
