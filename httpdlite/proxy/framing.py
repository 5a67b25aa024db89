"""Message framing of HTTP/1.x: bytes in, heads and body pieces out. Pure.

Comes in: what a client or a worker sent. Goes out: ``RequestHead``, ``ResponseHead`` and the
decoded pieces of a body, or ``FramingError`` with the status that answers it. How field lines are
split is the business of ``fields.py``.

The rules, each with its source (RFC 9110/9112; Apache is `HttpProtocolOptions Strict`):

1.  A head ends at the first empty line; requests end their lines with CRLF, a bare LF or CR is
    refused (9112 §2.2). Workers may use bare LF, as in Apache.
2.  Request line: ``method SP target SP HTTP/d.d``, one blank each (9112 §3). No version (HTTP/0.9)
    is refused.
3.  A field line is ``name ":" OWS value OWS``; the name is a token, nothing may stand before the
    colon (9112 §5.1); no control byte but the tab in a value (9110 §5.5). A folded line is joined
    with one blank (9112 §5.2).
4.  Repeated request fields are joined with ", " (9110 §5.3), at the place of the first.
5.  Content-Length is 1*DIGIT, once (9112 §6.3); "5, 5" is refused too, as in Apache.
6.  Transfer-Encoding ends in chunked or the request is refused with 400; any coding besides chunked
    is a 500 (Apache AH01093). With HTTP/1.0 it is refused (9112 §6.1). With Content-Length it wins,
    the length is dropped, the connection closes afterwards.
7.  A chunk size is 1*HEXDIG below 2**63; extensions are dropped, they hold no control byte but the
    tab; each chunk ends in CRLF (9112 §7.1). Trailer fields are checked and dropped.
8.  Responses: chunked if Transfer-Encoding ends in it, else until close if it names another coding,
    else Content-Length (the first, if several agree; different ones are refused), else until close;
    none for HEAD, 1xx, 204, 304 (9112 §6.3).
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from httpdlite.proxy.fields import (
    OF_RESPONSES,
    Field,
    FieldLine,
    field_line,
    keys_of,
    split_fields,
    split_fields_carefully,
)
from httpdlite.proxy.fields import FramingError as FramingError  # noqa: PLC0414 - raised here

LIMIT_REQUEST_LINE: Final = 8190  # Apache's LimitRequestLine; one byte more still passes
LIMIT_REQUEST_FIELD_SIZE: Final = 8190  # after unfolding and merging
LIMIT_REQUEST_FIELDS: Final = 100
SHORT_LINE: Final = 200  # of such start lines the last ones are remembered
LIMIT_CHUNK_LINE: Final = 4096
LIMIT_TRAILERS: Final = 65536
LIMIT_RESPONSE_FIELD: Final = 8192  # the worker parameter responsefieldsize

_REQUEST_LINE = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([^\x00-\x20\x7f]+) HTTP/([0-9])\.([0-9])\Z"
)
_STATUS_LINE = re.compile(rb"HTTP/([0-9])\.([0-9]) ([0-9]{3})(?: ([^\x00-\x08\x0a-\x1f\x7f]*))?\Z")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_LENGTH = re.compile(rb"[0-9]{1,18}\Z")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\Z")
_MAX_CHUNK: Final = 1 << 63


# --- requests -------------------------------------------------------------------------------------
# --------------------


class Limits(NamedTuple):
    """How large a request may be: LimitRequestLine, LimitRequestFields, LimitRequestFieldSize, in
    bytes and fields; the defaults are Apache's.
    """

    line: int = LIMIT_REQUEST_LINE
    fields: int = LIMIT_REQUEST_FIELDS
    field_size: int = LIMIT_REQUEST_FIELD_SIZE


LIMITS: Final = Limits()


class RequestHead:
    """A request's head. ``lines`` are its fields in order, repeated ones joined; ``fields`` maps
    the lower-case name to (name as sent, value).

    ``minor`` is that of HTTP/1.minor, a higher major counts as 1.1; ``content_length`` and
    ``chunked`` say how the client framed its body; ``must_close``: it sent both lengths; ``raw`` is
    the head on the wire.
    """

    __slots__ = (
        "body",
        "chunked",
        "content_length",
        "fields",
        "lines",
        "method",
        "minor",
        "must_close",
        "raw",
        "target",
    )

    def __init__(
        self, method: bytes, target: bytes, minor: int, lines: list[FieldLine], raw: bytes
    ) -> None:
        self.method = method
        self.target = target
        self.minor = minor
        self.fields: dict[bytes, Field] = {key: field for key, field, _ in lines}
        self.lines = lines if len(self.fields) == len(lines) else self._joined(lines)
        self.raw = raw
        self.body: Body | None = None
        self.content_length: int | None = None
        self.chunked = False
        self.must_close = False

    def _joined(self, lines: list[FieldLine]) -> list[FieldLine]:
        """Rule 4."""
        joined: dict[bytes, FieldLine] = {}
        for new in lines:
            first = joined.get(new.key)
            if first is None:
                joined[new.key] = new
            else:
                name, value = first.field
                joined[new.key] = field_line(name, value + b", " + new.field[1])
        self.fields = {key: field for key, field, _ in joined.values()}
        return list(joined.values())

    @property
    def line(self) -> bytes:
        """The request line."""
        return self.raw.partition(b"\r\n")[0]

    def get(self, name: bytes) -> bytes | None:
        """The value of the field with that lower-case name."""
        field = self.fields.get(name)
        return field[1] if field is not None else None

    def replace(self, name: bytes, value: bytes | None) -> None:
        """Give a field another value, where it stands or last; None takes it out."""
        key = name.lower()
        new = field_line(name, value) if value is not None else None
        kept = [new if line.key == key else line for line in self.lines]
        if key not in self.fields:
            kept.append(new)
        self.lines = [line for line in kept if line is not None]
        self.fields = {key: field for key, field, _ in self.lines}


def find_head_end(buffer: bytes, scanned: int = 0, limits: Limits = LIMITS) -> int:
    """The offset just after a request head's empty line, or -1 while it is incomplete; ``scanned``
    bytes were looked at before.

    Raises FramingError for what can no longer become a head: 414 or 400 (limits), 400 (a bare LF,
    which would never end).
    """
    end = buffer.find(b"\r\n\r\n", scanned - 3 if scanned > 3 else 0)
    if end >= 0:
        return end + 4
    newline = buffer.find(b"\n")
    if (newline if newline >= 0 else len(buffer)) > limits.line + 2:
        raise FramingError(414, "the request line is longer than LimitRequestLine", "AH00565")
    if newline < 0:
        return -1
    until = len(buffer) - 1 if buffer.endswith(b"\r") else len(buffer)
    if _BARE.search(buffer, max(0, scanned - 1), until):
        raise FramingError(400, "a line of the head ends in a bare CR or LF", "AH02418")
    if len(buffer) > (limits.fields + 1) * (limits.field_size + 4) + limits.line:
        raise FramingError(400, "the head is longer than its fields may be", "AH00563")
    return -1


def parse_request_line(line: bytes, limits: Limits = LIMITS) -> tuple[bytes, bytes, int]:
    """(method, target, minor version). Raises FramingError 400 or 414. RFC 9112 §3."""
    if len(line) <= SHORT_LINE <= limits.line:
        return _split_request_line(line)
    if len(line) > limits.line + 1:
        raise FramingError(414, "the request line is longer than LimitRequestLine", "AH00565")
    return _split_request_line.__wrapped__(line)


@lru_cache(maxsize=1024)
def _split_request_line(line: bytes) -> tuple[bytes, bytes, int]:
    match = _REQUEST_LINE.match(line)
    if match is None:
        raise FramingError(400, "the request line is not `method target HTTP/1.x`", "AH03448")
    method, target, major, minor = match.groups()
    if major == b"1":
        return method, target, 0 if minor == b"0" else 1
    if major == b"0":
        raise FramingError(400, "HTTP/0.x is not served", "AH02419")
    return method, target, 1


def parse_request_head(head: bytes, limits: Limits = LIMITS) -> RequestHead:
    """A whole head, its empty line included (leading CRLF already taken off).

    Raises FramingError with Apache's status: 400, 414, or 500 for a transfer coding we do not know.
    """
    end = head.find(b"\r\n")
    method, target, minor = parse_request_line(head[:end], limits)
    lines = split_fields(head[end + 2 : -2])
    if len(lines) > limits.fields > 0:
        raise FramingError(400, "more header fields than LimitRequestFields", "AH00563")
    parsed = RequestHead(method, target, minor, lines, head)
    if len(head) > limits.field_size:
        _check_field_sizes(parsed.lines, limits.field_size)
    fields = parsed.fields
    if b"content-length" in fields or b"transfer-encoding" in fields:
        _frame_request(parsed)
    return parsed


def _check_field_sizes(lines: list[FieldLine], limit: int) -> None:
    for _, (name, value), _ in lines:
        if len(name) + len(value) + 2 > limit + 1:
            raise FramingError(
                400, "a header field is longer than LimitRequestFieldSize", "AH00561"
            )


def _frame_request(head: RequestHead) -> None:
    coding = head.get(b"transfer-encoding")
    length = head.get(b"content-length")
    if length is not None and not _LENGTH.match(length):
        raise FramingError(400, "Content-Length is not one number", "AH01587")
    if coding is not None:
        codings = [c.strip(b" \t").lower() for c in coding.split(b",")]
        if codings[-1] != b"chunked":
            raise FramingError(400, "Transfer-Encoding does not end in chunked", "AH01585")
        if len(codings) > 1:
            raise FramingError(
                500, f"Transfer-Encoding {coding.decode('latin-1')} is not supported", "AH01093"
            )
        if head.minor == 0:
            raise FramingError(400, "Transfer-Encoding in an HTTP/1.0 request", "AH01585")
        head.chunked = True
        head.must_close = length is not None
        head.replace(b"Content-Length", None)
        head.body = ChunkedBody()
        return
    assert length is not None
    head.content_length = int(length)
    if head.content_length:
        head.body = SizedBody(head.content_length)


# --- responses ------------------------------------------------------------------------------------
# --------------------


class ResponseHead:
    """A worker's response head; ``lines`` are its fields in order, repeated ones apart.

    ``length``, ``coding`` and ``connection`` are what its fields say of the framing, see
    ``response_body``.
    """

    __slots__ = ("coding", "connection", "keys", "length", "lines", "minor", "reason", "status")

    def __init__(self, status: int, reason: bytes, minor: int, lines: list[FieldLine]) -> None:
        self.status = status
        self.reason = reason
        self.minor = minor
        self.lines = lines
        self.keys = keys_of(lines)
        self.length: int | None = None
        self.coding: bytes | None = None
        self.connection: bytes | None = None

    @property
    def fields(self) -> list[Field]:
        """(name as sent, value) of each."""
        return [field for _, field, _ in self.lines]

    def values(self, key: bytes) -> list[bytes]:
        """The values of the fields with that lower-case name."""
        return [field[1] for found, field, _ in self.lines if found == key]


def find_response_end(buffer: bytes) -> int:
    """The offset just after a response head's empty line (lines may end in a bare LF), or -1."""
    end = buffer.find(b"\r\n\r\n")
    if (
        end >= 0
        and buffer.find(b"\n\r\n", 0, end + 4) == end + 1
        and buffer.find(b"\n\n", 0, end) < 0
    ):
        return end + 4
    empty = _EMPTY_LINE.search(buffer)
    return empty.end() if empty is not None else -1


def parse_response_head(head: bytes) -> ResponseHead:
    """A worker's head, its empty line included.

    Raises FramingError(502) for what is no HTTP/1.x head or a line without a colon (ProxyBadHeader
    IsError), 500 for a bad field name or value (Apache AH02429, AH02430).
    """
    line, _, block = head.partition(b"\n")
    if len(line) <= SHORT_LINE:
        status, reason, minor = _split_status_line(line)
    else:
        status, reason, minor = _split_status_line.__wrapped__(line)
    block = block[:-2] if block.endswith(b"\r\n") else block[:-1]  # the empty line
    return ResponseHead(status, reason, minor, split_fields(block, OF_RESPONSES))


@lru_cache(maxsize=256)
def _split_status_line(line: bytes) -> tuple[int, bytes, int]:
    match = _STATUS_LINE.match(line.removesuffix(b"\r"))
    if match is None or match[1] != b"1" or not 100 <= int(match[3]) <= 599:
        raise FramingError(502, "Corrupt status line returned by remote server", "AH00898")
    return int(match[3]), match[4] or b"", int(match[2])


def response_body(head: ResponseHead, method: bytes) -> "Body | None":
    """How the body of this response is framed; None when it has none; ``head`` then knows its
    ``length``, ``coding`` and ``connection``. RFC 9112 §6.3.

    Raises FramingError(502): Content-Length that is no number, or several that differ.
    """
    _note_framing(head)
    if method == b"HEAD" or head.status < 200 or head.status in _WITHOUT_BODY:
        return None
    if head.coding is not None:
        last = head.coding.rsplit(b",", 1)[-1].strip(b" \t").lower()
        return ChunkedBody() if last == b"chunked" else UntilClose()
    if head.length is None:
        return UntilClose()
    return SizedBody(head.length) if head.length else None


_WITHOUT_BODY: Final = frozenset((204, 304))


def _note_framing(head: ResponseHead) -> None:
    for at in _framing_fields(head.keys):
        key, (_, value), _ = head.lines[at]
        if key == b"content-length":
            if not _LENGTH.match(value):
                raise FramingError(502, "Content-Length of the response is not a number", "AH01106")
            if head.length is not None and head.length != int(value):
                raise FramingError(502, "several Content-Length fields that differ", "AH01106")
            head.length = int(value)
        elif key == b"transfer-encoding":
            if head.coding is not None and head.coding.lower() != value.lower():
                raise FramingError(502, "several Transfer-Encoding fields that differ", "AH01106")
            head.coding = value
        else:
            head.connection = value if head.connection is None else head.connection + b"," + value


_FRAMING: Final = frozenset((b"content-length", b"transfer-encoding", b"connection"))


@lru_cache(maxsize=256)
def _framing_fields(keys: tuple[bytes, ...]) -> tuple[int, ...]:
    """Where the fields stand that say how a response is framed."""
    return tuple(at for at, key in enumerate(keys) if key in _FRAMING)


# --- bodies ---------------------------------------------------------------------------------------
# --------------------


class Body(Protocol):
    """A body being read. ``done`` turns True at its end; ``rest`` is then what came after it."""

    done: bool
    rest: bytes

    def feed(self, data: bytes) -> bytes:
        """The payload within ``data``. Raises FramingError(400)."""


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
    """chunked: rule 7. ``left`` > 0 inside a chunk; -1 where a size line is due, -2 its data's
    CRLF, -3 in the trailers.
    """

    __slots__ = ("done", "held", "left", "rest", "trailers")

    def __init__(self) -> None:
        self.left = -1
        self.held = b""
        self.trailers = 0
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
        limit = LIMIT_REQUEST_FIELD_SIZE if self.left == -3 else LIMIT_CHUNK_LINE
        if len(partial) > limit or (self.left == -2 and partial not in (b"", b"\r")):
            raise FramingError(400, "a chunk does not end where its size says", "AH01590")
        self.held = partial

    def _line(self, line: bytes) -> None:
        if not line.endswith(b"\r\n"):
            raise FramingError(400, "a bare LF in the chunked framing", "AH01590")
        if self.left == -2:
            if line != b"\r\n":
                raise FramingError(400, "a chunk does not end where its size says", "AH01590")
            self.left = -1
        elif self.left == -1:
            self._size(line[:-2])
        elif line == b"\r\n":
            self.done = True
        else:
            self.trailers += len(line)
            if self.trailers > LIMIT_TRAILERS:
                raise FramingError(400, "trailer fields are too long", "AH01590")
            split_fields_carefully(line)

    def _size(self, line: bytes) -> None:
        match = _CHUNK_LINE.match(line)
        if match is None or len(line) > LIMIT_CHUNK_LINE or int(match[1], 16) >= _MAX_CHUNK:
            raise FramingError(400, "a chunk size that is no hexadecimal number", "AH01590")
        self.left = int(match[1], 16) or -3
