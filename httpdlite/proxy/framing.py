"""Message framing of HTTP/1.x: bytes in, heads and body pieces out. Pure.

Comes in: what a client or a worker sent. Goes out: ``RequestHead``, ``ResponseHead`` and the
decoded pieces of a body, or ``FramingError`` with the status that answers it. Hides how field lines
are split: httptools does it (one C call), and whatever it refuses is judged again by the careful
splitter below, which knows what Apache takes (folded fields) and why the rest is refused.

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
from dataclasses import dataclass
from typing import Final, Protocol

import httptools

LIMIT_REQUEST_LINE: Final = 8190  # Apache's LimitRequestLine; one byte more still passes
LIMIT_REQUEST_FIELD_SIZE: Final = 8190  # after unfolding and merging
LIMIT_REQUEST_FIELDS: Final = 100
LIMIT_CHUNK_LINE: Final = 4096
LIMIT_TRAILERS: Final = 65536
LIMIT_RESPONSE_FIELD: Final = 8192  # the worker parameter responsefieldsize

Field = tuple[bytes, bytes]

_REQUEST_LINE = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([^\x00-\x20\x7f]+) HTTP/([0-9])\.([0-9])\Z"
)
_STATUS_LINE = re.compile(rb"HTTP/([0-9])\.([0-9]) ([0-9]{3})(?: ([^\x00-\x08\x0a-\x1f\x7f]*))?\Z")
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_LENGTH = re.compile(rb"[0-9]{1,18}\Z")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\Z")
_FIXED_LINE: Final = b"GET / HTTP/1.1\r\n"
_MAX_CHUNK: Final = 1 << 63


class FramingError(Exception):
    """A message that cannot be taken. ``status`` answers a client; for a worker's message it is
    what the client gets instead.
    """

    def __init__(self, status: int, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.code = code


class _Fields(list[Field]):
    """What httptools calls with each field."""

    __slots__ = ()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.append((name, value))


def split_fields(block: bytes) -> list[Field]:
    """Field lines, each ended by CRLF, to (name, value) in order.

    Raises FramingError(400). RFC 9112 §5; Apache HttpProtocolOptions Strict.
    """
    fields = _Fields()
    parser = httptools.HttpRequestParser(fields)
    try:
        parser.feed_data(_FIXED_LINE + block + b"\r\n")
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError:
        return split_fields_carefully(block)
    if len(fields) != block.count(b"\n") or b" \r" in block or b"\t\r" in block:
        return split_fields_carefully(
            block
        )  # it saw an end that we do not see, or keeps a last blank
    return fields


def split_fields_carefully(block: bytes) -> list[Field]:
    """As split_fields, by our own rules alone: folded lines are joined, each refusal has its
    reason.
    """
    if _BARE.search(block):
        raise FramingError(400, "a line of the head ends in a bare CR or LF", "AH02418")
    return _split_lines(block.split(b"\r\n"), _OF_REQUESTS)


@dataclass(frozen=True, slots=True)
class _Blame:
    """How a bad field line is answered and which of Apache's messages names it."""

    no_colon: tuple[int, str]
    name: tuple[int, str]
    value: tuple[int, str]


_OF_REQUESTS: Final = _Blame((400, "AH00561"), (400, "AH02426"), (400, "AH02427"))
_OF_RESPONSES: Final = _Blame((502, "AH01106"), (500, "AH02429"), (500, "AH02430"))


def _refuse(blame: tuple[int, str], reason: str) -> FramingError:
    return FramingError(blame[0], reason, blame[1])


def _split_lines(lines: list[bytes], blame: _Blame) -> list[Field]:
    fields: list[Field] = []
    for line in lines:
        if not line:
            continue
        if line[0] in b" \t":
            if not fields:
                raise _refuse(blame.no_colon, "the first field line begins with a blank")
            name, value = fields[-1]
            fields[-1] = (name, (value + b" " + line.strip(b" \t")).strip(b" \t"))
            continue
        name, colon, value = line.partition(b":")
        if not colon:
            raise _refuse(blame.no_colon, "a field line without a colon")
        if not _TOKEN.match(name):
            raise _refuse(blame.name, "a field name contains invalid characters")
        if _CONTROL.search(value):
            raise _refuse(blame.value, "a field value contains invalid characters")
        fields.append((name, value.strip(b" \t")))
    return fields


# --- requests -------------------------------------------------------------------------------------
# --------------------


@dataclass(slots=True)
class RequestHead:
    """A request's head. ``fields`` maps the lower-case name to (name as sent, value), in order,
    repeated ones joined.
    """

    method: bytes
    target: bytes
    minor: int  # HTTP/1.minor; a higher major counts as 1.1
    line: bytes
    fields: dict[bytes, Field]
    body: "Body | None" = None
    content_length: int | None = None  # of the body as the client framed it
    chunked: bool = False
    must_close: bool = False  # Transfer-Encoding and Content-Length together
    raw: bytes = b""  # the head on the wire

    def get(self, name: bytes) -> bytes | None:
        """The value of the field with that lower-case name."""
        field = self.fields.get(name)
        return field[1] if field is not None else None


def find_head_end(buffer: bytes, scanned: int = 0) -> int:
    """The offset just after a request head's empty line, or -1 while it is incomplete; ``scanned``
    bytes were looked at before.

    Raises FramingError for what can no longer become a head: 414 or 400 (limits), 400 (a bare LF,
    which would never end).
    """
    end = buffer.find(b"\r\n\r\n", max(0, scanned - 3))
    if end >= 0:
        return end + 4
    newline = buffer.find(b"\n")
    if (newline if newline >= 0 else len(buffer)) > LIMIT_REQUEST_LINE + 2:
        raise FramingError(414, "the request line is longer than LimitRequestLine", "AH00565")
    if newline < 0:
        return -1
    until = len(buffer) - 1 if buffer.endswith(b"\r") else len(buffer)
    if _BARE.search(buffer, max(0, scanned - 1), until):
        raise FramingError(400, "a line of the head ends in a bare CR or LF", "AH02418")
    if len(buffer) > (LIMIT_REQUEST_FIELDS + 1) * (LIMIT_REQUEST_FIELD_SIZE + 4):
        raise FramingError(400, "the head is longer than its fields may be", "AH00563")
    return -1


def parse_request_line(line: bytes) -> tuple[bytes, bytes, int]:
    """(method, target, minor version). Raises FramingError 400 or 414. RFC 9112 §3."""
    if len(line) > LIMIT_REQUEST_LINE + 1:
        raise FramingError(414, "the request line is longer than LimitRequestLine", "AH00565")
    match = _REQUEST_LINE.match(line)
    if match is None:
        raise FramingError(400, "the request line is not `method target HTTP/1.x`", "AH03448")
    method, target, major, minor = match.groups()
    if major == b"1":
        return method, target, 0 if minor == b"0" else 1
    if major == b"0":
        raise FramingError(400, "HTTP/0.x is not served", "AH02419")
    return method, target, 1


def parse_request_head(head: bytes) -> RequestHead:
    """A whole head, its empty line included (leading CRLF already taken off).

    Raises FramingError with Apache's status: 400, 414, or 500 for a transfer coding we do not know.
    """
    end = head.find(b"\r\n")
    line = head[:end]
    method, target, minor = parse_request_line(line)
    listed = split_fields(head[end + 2 : -2]) if len(head) > end + 4 else []
    if len(listed) > LIMIT_REQUEST_FIELDS:
        raise FramingError(400, "more header fields than LimitRequestFields", "AH00563")
    fields: dict[bytes, Field] = {}
    for name, value in listed:
        key = name.lower()
        if key in fields:
            first, before = fields[key]
            fields[key] = (first, before + b", " + value)
        else:
            fields[key] = (name, value)
    if len(head) > LIMIT_REQUEST_FIELD_SIZE:
        _check_field_sizes(fields)
    parsed = RequestHead(method, target, minor, line, fields, raw=head)
    if b"content-length" in fields or b"transfer-encoding" in fields:
        _frame_request(parsed)
    return parsed


def _check_field_sizes(fields: dict[bytes, Field]) -> None:
    for name, value in fields.values():
        if len(name) + len(value) + 2 > LIMIT_REQUEST_FIELD_SIZE + 1:
            raise FramingError(
                400, "a header field is longer than LimitRequestFieldSize", "AH00561"
            )


def _frame_request(head: RequestHead) -> None:
    coding = head.get(b"transfer-encoding")
    length = head.get(b"content-length")
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
        head.fields.pop(b"content-length", None)
        head.body = ChunkedBody()
        return
    if length is None or not _LENGTH.match(length):
        raise FramingError(400, "Content-Length is not one number", "AH01587")
    head.content_length = int(length)
    if head.content_length:
        head.body = SizedBody(head.content_length)


# --- responses ------------------------------------------------------------------------------------
# --------------------


@dataclass(slots=True)
class ResponseHead:
    """A worker's response head; ``fields`` in order, repeated ones apart.

    ``length``, ``coding`` and ``connection`` are what its fields say of the framing, see
    ``response_body``.
    """

    status: int
    reason: bytes
    minor: int
    fields: list[Field]
    length: int | None = None
    coding: bytes | None = None
    connection: bytes | None = None


def find_response_end(buffer: bytes) -> int:
    """The offset just after a response head's empty line (lines may end in a bare LF), or -1."""
    end = buffer.find(b"\r\n\r\n")
    bare = buffer.find(b"\n\n")
    if end >= 0 and (bare < 0 or end < bare):
        return end + 4
    if bare >= 0:
        return bare + 2
    mixed = buffer.find(b"\n\r\n")
    return mixed + 3 if mixed >= 0 else -1


def parse_response_head(head: bytes) -> ResponseHead:
    """A worker's head, its empty line included.

    Raises FramingError(502) for what is no HTTP/1.x head or a line without a colon (ProxyBadHeader
    IsError), 500 for a bad field name or value (Apache AH02429, AH02430).
    """
    line, _, block = head.partition(b"\n")
    match = _STATUS_LINE.match(line.removesuffix(b"\r"))
    if match is None:
        raise FramingError(502, "Corrupt status line returned by remote server", "AH00898")
    if match[1] != b"1" or not 100 <= int(match[3]) <= 599:
        raise FramingError(502, "Corrupt status line returned by remote server", "AH00898")
    return ResponseHead(int(match[3]), match[4] or b"", int(match[2]), _response_fields(block))


def _response_fields(block: bytes) -> list[Field]:
    fields = _Fields()
    block = block.removesuffix(b"\n").removesuffix(b"\r")
    try:
        httptools.HttpRequestParser(fields).feed_data(_FIXED_LINE + block + b"\r\n")
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError:
        return _response_fields_carefully(block)
    if len(fields) != block.count(b"\n") or b" \r" in block or b"\t\r" in block:
        return _response_fields_carefully(block)
    return fields


def _response_fields_carefully(block: bytes) -> list[Field]:
    return _split_lines([line.removesuffix(b"\r") for line in block.split(b"\n")], _OF_RESPONSES)


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
    for name, value in head.fields:
        size = len(name)
        if size == 14 and name.lower() == b"content-length":
            if not _LENGTH.match(value):
                raise FramingError(502, "Content-Length of the response is not a number", "AH01106")
            if head.length is not None and head.length != int(value):
                raise FramingError(502, "several Content-Length fields that differ", "AH01106")
            head.length = int(value)
        elif size == 17 and name.lower() == b"transfer-encoding":
            head.coding = value if head.coding is None else head.coding + b"," + value
        elif size == 10 and name.lower() == b"connection":
            head.connection = value if head.connection is None else head.connection + b"," + value


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
