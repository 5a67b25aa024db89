"""Message framing of HTTP/1.x: bytes in, heads and body pieces out. Pure.

Comes in: what a client or a worker sent. Goes out: ``RequestHead``, ``ResponseHead`` and the
decoded pieces of a body, or ``FramingError`` with the status that answers it. Heads are read here,
field lines in ``fields.py`` (rules 2 to 4, 10), bodies in ``bodies.py`` (rules 25 to 30).

The rules. A section stands for RFC 9112 (§6.3.5: the fifth item of its §6.3), or 9110 where that is
said; Apache: as 2.4 with `HttpProtocolOptions Strict`; own: stricter than both. What is refused is
never forwarded, and what is sent on is made anew, in one form (rule 24), so nobody behind us reads
other boundaries.

==  ======================  =====================================================  ==============
no  of                      rule                                                   source
==  ======================  =====================================================  ==============
    *both directions*
1   head                    ends at the first empty line                           §2.1
2   field line              ``name ":" OWS value OWS``, the name a token; nothing  §5.1
                            between name and colon; no line without a colon
3   field value             no control byte but the tab: no NUL, CR, LF, VT; the   9110 §5.5
                            same in a folded line
4   folded line             joined to the line before with one blank; not first    §5.2, Apache
                            in a head or in trailers
5   version                 ``HTTP/`` in upper case, one digit, dot, one digit     §2.3

    *requests*
6   line end                CRLF; a bare LF or a bare CR: 400                      §2.2, Apache
7   empty lines             ten CRLF before a request line are skipped             §2.2, Apache
8   request line            ``method SP target SP version``, one blank each, the   §3
                            method a token, no blank or control byte in the target
9   version                 none or 0.x: 400; 2.0 and more count as 1.1            own, Apache
10  folded line             of blanks only: 400                                    Apache
11  repeated field          joined with ", " where the first stands (so two Host   9110 §5.3,
                            or two Content-Length become what rule 12 and the      §3.2
                            Host's rules, routes/decide.py, refuse)
12  Content-Length          1 to 18 digits, once; a list, a sign, ``0x``, blanks   §6.2, §6.3.5,
                            within: 400, even where rule 14 drops it               Apache
13  Transfer-Encoding       last coding ``chunked`` (any case), else 400; another  §6.1, §6.3.4,
                            coding before it, ``chunked`` twice or an empty one:   Apache
                            500. A parameter or quotes make it another coding
14  both of them            chunked counts, the length is dropped, the connection  §6.1, §6.3.3,
                            is closed behind the response                          Apache
15  HTTP/1.0                with Transfer-Encoding: 400                            §6.1
16  no 12, no 13            no body, whatever the method                           §6.3.7

    *responses*
17  line end                CRLF or a bare LF, also mixed; a bare CR: 500, in the  §2.2, Apache
                            status line 502
18  status line             ``HTTP/1.d SP 3DIGIT [SP reason]``, 100 to 599, no     §4, 9110 §15,
                            control byte in the reason; else 502 (no HTTP/0.9)     own
19  interim                 1xx: no body; its length and codings are not passed    9110 §15.2,
                            on; at most ten; a 101 only if it was asked for        §8.6
20  no body                 to HEAD, with 204, 304, whatever the fields say        §6.3.1
21  Transfer-Encoding       counts before Content-Length; last coding chunked:     §6.3.3, §6.3.4
                            chunks; else to the end of the connection. Several
                            fields that differ: 502
22  Content-Length          1 to 18 digits; several: only if they agree; else 502  §6.3.5
23  neither                 to the end of the connection                           §6.3.8
24  what is sent on         CRLF, no folding, one of Content-Length, ``chunked``   §6.1, §6.3,
                            or (to HTTP/1.0) the end of the connection; for a      §7.1.1, §7.1.2
                            request or a response that is cut short, no end

    *chunks, both directions*
25  size                    1*HEXDIG: no sign, no ``0x``; more than 16 digits, or  §7.1, own
                            2**63: 413
26  extension               blanks, ";" and no control byte but the tab; dropped.  §7.1.1, Apache
                            A size line above LimitRequestFieldSize: 413
27  line end                CRLF behind size, data and trailers; nothing else      §7.1, own
28  trailer                 checked by rules 2 to 4 and 30, 64 KiB at most;        §7.1.2, own
                            dropped
29  broken                  of a request: 400 and the worker's connection closed;  §8
                            of a response that has begun: both connections closed

    *limits of requests* (no rule of an RFC)
30  line, field, fields     LimitRequestLine: 414; LimitRequestFieldSize, of a     Apache
                            line, a folded line, a value after joining (rule 11),
                            and LimitRequestFields, before it: 400
==  ======================  =====================================================  ==============

`tests/peers/framing_judged.py` and `framing_apache.py` list where h11 and Apache do otherwise.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from httpdlite.conf.directives.proxy_exchange import BadHeader
from httpdlite.proxy.bodies import (
    LIMITS,
    TOO_LONG,
    Body,
    ChunkedBody,
    Limits,
    SizedBody,
    UntilClose,
    check_fields,
)
from httpdlite.proxy.fields import (
    OF_RESPONSES,
    Field,
    FieldBlock,
    FieldLine,
    field_line,
    read_block,
)
from httpdlite.proxy.fields import FramingError as FramingError  # noqa: PLC0414 - raised here
from httpdlite.routes.memory import Memory

if TYPE_CHECKING:
    from httpdlite.routes.request import Edits, Request

MOST_FIELDS: Final = 1000  # that a head has room for with LimitRequestFields 0
SHORT_LINE: Final = 200  # of such start lines the last ones are remembered
LIMIT_RESPONSE_FIELD: Final = 8192  # the worker parameter responsefieldsize

_REQUEST_LINE = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([^\x00-\x20\x7f]+) HTTP/([0-9])\.([0-9])\Z"
)
_STATUS_LINE = re.compile(rb"HTTP/([0-9])\.([0-9]) ([0-9]{3})(?: ([^\x00-\x08\x0a-\x1f\x7f]*))?\Z")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_BLANKS = re.compile(rb"[ \t\r\v\f]+")
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_LENGTH = re.compile(rb"[0-9]{1,18}\Z")


# --- requests -------------------------------------------------------------------------------------
# --------------------


class RequestHead:
    """A request's head. ``fields`` maps the lower-case name to (name as sent, value).

    ``minor`` is that of HTTP/1.minor, a higher major counts as 1.1; ``content_length`` and
    ``chunked`` say how the client framed its body; ``must_close``: it sent both lengths; ``raw`` is
    the head on the wire. ``received``: the fields as they came, whatever has been done to them.
    """

    __slots__ = (
        "block",
        "body",
        "chunked",
        "content_length",
        "fields",
        "method",
        "minor",
        "must_close",
        "raw",
        "received",
        "target",
    )

    def __init__(
        self, method: bytes, target: bytes, minor: int, block: FieldBlock, raw: bytes
    ) -> None:
        self.method = method
        self.target = target
        self.minor = minor
        self.block = self.received = block
        self.fields = block.fields
        self.raw = raw
        self.body: Body | None = None
        self.content_length: int | None = None
        self.chunked = False
        self.must_close = False

    @property
    def host(self) -> bytes | None:
        """Which host the client has asked for, whatever RequestHeader makes of the field."""
        field = self.received.fields.get(b"host")
        return field[1] if field is not None else None

    @property
    def lines(self) -> list[FieldLine]:
        """Its fields in order, repeated ones joined (rule 11)."""
        return self.block.joined

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
        kept = [line for line in self.lines if line.key != key]
        if value is not None:
            keys = [line.key for line in self.lines]
            at = keys.index(key) if key in keys else len(kept)
            kept.insert(at, field_line(name, value))
        self.replace_all(kept)

    def replace_all(self, lines: list[FieldLine]) -> None:
        """Give it other fields; repeated ones stay apart."""
        self.restore(FieldBlock(lines, join=False))

    def named_fields(self) -> list[tuple[bytes, bytes]]:
        """Names as they were sent, and values, in order; repeated ones joined."""
        return [line.field for line in self.lines]

    def edit(self, edits: "Edits", request: "Request") -> None:
        """Carry out RequestHeader lines."""
        edits.apply(request, self)

    def save(self) -> FieldBlock:
        """Its fields as they are now."""
        return self.block

    def restore(self, saved: FieldBlock) -> None:
        """The fields as they were when they were saved."""
        self.block = saved
        self.fields = saved.fields


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
    most = (limits.fields or MOST_FIELDS) + 1
    if (
        len(buffer) - buffer.rfind(b"\n") > limits.field_size + 3
        or len(buffer) > most * (limits.field_size + 4) + limits.line
    ):
        text = "a header field is longer than LimitRequestFieldSize"
        raise FramingError(400, text, "AH00561", TOO_LONG)
    return -1


def seen_request_line(buffer: bytes, limits: Limits) -> bytes:
    """The request line of what is refused, as httpd shows it in logs: one blank between words,
    nothing from a NUL on, no more than LimitRequestLine allows; a bare LF at its end stays.
    """
    line, newline, _ = buffer.partition(b"\n")
    line = line[:-1] if line.endswith(b"\r") else line + newline
    words = _BLANKS.split(line[: limits.line + 1].partition(b"\0")[0].strip(b" \t\r\v\f"))
    return b" ".join(words[:3])


def parse_request_line(line: bytes, limits: Limits = LIMITS) -> tuple[bytes, bytes, int]:
    """(method, target, minor version). Raises FramingError 400 or 414. RFC 9112 §3."""
    found = _REQUEST_LINES.get(line)
    if len(line) > limits.line + 1:
        raise FramingError(414, "the request line is longer than LimitRequestLine", "AH00565")
    if found is None:
        found = _split_request_line(line)
        if len(line) <= SHORT_LINE:
            _REQUEST_LINES.offer(line, found)
    return found


_REQUEST_LINES: Final[Memory[bytes, tuple[bytes, bytes, int]]] = Memory(512)


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
    block = head[end + 2 : -2]
    fields = read_block(block)
    if len(block) > limits.field_size or len(fields.lines) > limits.fields:
        check_fields(block, fields.lines, limits)
    parsed = RequestHead(method, target, minor, fields, head)
    if b"content-length" in parsed.fields or b"transfer-encoding" in parsed.fields:
        _frame_request(parsed, limits)
    return parsed


def _frame_request(head: RequestHead, limits: Limits) -> None:
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
        head.body = ChunkedBody(limits)
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

    __slots__ = ("block", "coding", "connection", "length", "lines", "minor", "reason", "status")

    def __init__(self, status: int, reason: bytes, minor: int, block: FieldBlock) -> None:
        self.status = status
        self.reason = reason
        self.minor = minor
        self.block = block
        self.lines = block.lines
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
    found = _STATUS_LINES.get(line)
    if found is None:
        found = _split_status_line(line)
        if len(line) <= SHORT_LINE:
            _STATUS_LINES.offer(line, found)
    block = block[:-2] if block.endswith(b"\r\n") else block[:-1]  # the empty line
    return ResponseHead(*found, read_block(block, OF_RESPONSES))


def parse_impaired_head(
    head: bytes, bad_header: BadHeader
) -> tuple[ResponseHead, list[bytes], bytes | None]:
    """As parse_response_head with ProxyBadHeader Ignore or StartBody; the lines without a colon
    that were dropped; and, where one begins the body, what the head has of it.
    """
    start, newline, block = head.partition(b"\n")
    good, dropped, is_dropping = [start + newline], list[bytes](), False
    lines = block.splitlines(keepends=True)
    for at, line in enumerate(lines):
        is_folded = line[:1] in (b" ", b"\t")
        if b":" in line or not line.strip(b"\r\n") or is_folded:
            if not (is_folded and is_dropping):
                good.append(line)
                is_dropping = False
            continue
        is_dropping = True
        dropped.append(line.rstrip(b"\r\n"))
        if bad_header is BadHeader.START_BODY:
            rest = b"".join(lines[at + 1 :])
            return parse_response_head(b"".join(good) + b"\r\n"), dropped, rest
    return parse_response_head(b"".join(good)), dropped, None


_STATUS_LINES: Final[Memory[bytes, tuple[int, bytes, int]]] = Memory(256)


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
    if head.block.framing is None:
        _note_framing(head)
        head.block.framing = (head.length, head.coding, head.connection)
    else:
        head.length, head.coding, head.connection = head.block.framing
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
    for at in _framing_fields(head.block.keys):
        key, (_, value), _ = head.lines[at]
        if key == b"content-length":
            if not _LENGTH.match(value):
                raise FramingError(502, "Content-Length of the response is not a number", "AH01106")
            if head.length is not None and head.length != int(value):
                raise FramingError(502, "several Content-Length fields that differ", "AH01106")
            head.length = int(value)
            if value < b"1" and len(value) > 1:
                lines = list(head.lines)
                lines[at] = field_line(b"Content-Length", b"%d" % head.length)
                head.block = FieldBlock(lines)
                head.lines = lines
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
