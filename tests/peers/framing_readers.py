"""Who reads a stream how: httpdlite's framing, h11, and a plain rule for what may go out.

In: bytes of one direction of a connection, complete. Out: a `Read` message with what stands behind
it, or `Unread` with the reason. Ours is read in pieces of any size. h11 is the strict reader: what
httpdlite sends on must be one message to it, with the same end. `check_canonical` asks for more:
what goes out has only the one form that nobody can read in two ways.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import h11

from httpdlite.proxy.bodies import Body, UntilClose
from httpdlite.proxy.framing import (
    FramingError,
    find_head_end,
    find_response_end,
    parse_request_head,
    parse_response_head,
    response_body,
)

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Read:
    """A message somebody has read: method and target, or the statuses; the fields by lower-case
    name, repeated ones joined; its payload, and what came behind it.
    """

    start: tuple[object, ...]
    fields: Fields
    payload: bytes
    rest: bytes

    @property
    def target(self) -> bytes:
        """Of a request."""
        assert isinstance(self.start[1], bytes)
        return self.start[1]


@dataclass(frozen=True, slots=True)
class Unread:
    """No message, and why."""

    why: str


Reading = Read | Unread
INCOMPLETE: Final = Unread("incomplete")
EMPTY_LINES: Final = 10  # before a request: as many as Apache skips


def _joined(listed: list[tuple[bytes, bytes]]) -> Fields:
    fields: dict[bytes, bytes] = {}
    for name, value in listed:
        key = name.lower()
        fields[key] = fields[key] + b", " + value if key in fields else value
    return tuple(sorted(fields.items()))


def _without_framing(fields: Fields) -> Fields:
    """Each library keeps what it likes of the two; what they mean shows in the payload."""
    return tuple(f for f in fields if f[0] not in (b"content-length", b"transfer-encoding"))


# --- ours -----------------------------------------------------------------------------------------


def _feed(body: Body | None, data: bytes, step: int, *, ended: bool) -> tuple[bytes, bytes] | None:
    """Payload and remainder; None if the body is not complete."""
    if body is None:
        return b"", data
    out, at = [], 0
    while not body.done and at < len(data):
        out.append(body.feed(data[at : at + step]))
        at += step
    if body.done:
        return b"".join(out), body.rest + data[at:]
    return (b"".join(out), b"") if ended and isinstance(body, UntilClose) else None


def ours_request(stream: bytes, step: int = 1 << 30) -> Reading:
    """The first request of a client's stream as httpdlite reads it."""
    for _ in range(EMPTY_LINES):
        stream = stream.removeprefix(b"\r\n")
    try:
        end = find_head_end(stream)
        if end < 0:
            return INCOMPLETE
        head = parse_request_head(stream[:end])
        fed = _feed(head.body, stream[end:], step, ended=False)
    except FramingError as bad:
        return Unread(bad.reason)
    if fed is None:
        return INCOMPLETE
    fields = _joined(list(head.fields.values()))
    return Read((head.method, head.target), _without_framing(fields), *fed)


def ours_response(
    stream: bytes, method: bytes, step: int = 1 << 30, *, ended: bool = True
) -> Reading:
    """A worker's whole answer as httpdlite reads it; `ended`: the connection ends behind it."""
    statuses: list[int] = []
    try:
        while True:
            stream = stream.removeprefix(b"\r\n")  # one empty line before a head, as in Apache
            end = find_response_end(stream)
            if end < 0:
                return INCOMPLETE
            head = parse_response_head(stream[:end])
            statuses.append(head.status)
            stream = stream[end:]
            if head.status == 101:
                return Unread("a 101 that nobody asked for")
            if head.status >= 200:
                break
        fed = _feed(response_body(head, method), stream, step, ended=ended)
    except FramingError as bad:
        return Unread(bad.reason)
    if fed is None:
        return INCOMPLETE
    return Read(tuple(statuses), _without_framing(_joined(head.fields)), *fed)


# --- h11 ------------------------------------------------------------------------------------------


def _events(connection: h11.Connection) -> Iterator[h11.Event]:
    """The events of one message, up to its end; fewer if it is not complete."""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA or event is h11.PAUSED:
            return
        assert not isinstance(event, type)
        yield event
        if isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
            return


def h11_request(stream: bytes) -> Reading:
    """The first request of a client's stream as h11 reads it."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(stream)
    try:
        events = list(_events(connection))
    except h11.RemoteProtocolError as bad:
        return Unread(str(bad))
    if not events or not isinstance(events[-1], h11.EndOfMessage):
        return INCOMPLETE
    request = events[0]
    assert isinstance(request, h11.Request)
    payload = b"".join(bytes(event.data) for event in events if isinstance(event, h11.Data))
    return Read(
        (request.method, request.target),
        _without_framing(_joined(list(request.headers))),
        payload,
        bytes(connection.trailing_data[0]),
    )


def h11_response(stream: bytes, method: bytes, *, ended: bool = True) -> Reading:
    """A whole answer to a request with that method as h11 reads it; `ended`: the connection ends
    behind it.
    """
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=method, target=b"/", headers=[(b"Host", b"a")]))
    connection.send(h11.EndOfMessage())
    statuses: list[int] = []
    try:
        connection.receive_data(stream)
        if ended:
            connection.receive_data(b"")
        events = list(_events(connection))
    except h11.RemoteProtocolError as bad:
        return Unread(str(bad))
    if not events or not isinstance(events[-1], h11.EndOfMessage):
        return INCOMPLETE
    fields: Fields = ()
    for event in events:
        if isinstance(event, (h11.InformationalResponse, h11.Response)):
            statuses.append(event.status_code)
            fields = _without_framing(_joined(list(event.headers)))
    payload = b"".join(bytes(event.data) for event in events if isinstance(event, h11.Data))
    return Read(tuple(statuses), fields, payload, bytes(connection.trailing_data[0]))


# --- what may go out ------------------------------------------------------------------------------

_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_FIELD: Final = _TOKEN + rb": [^\x00-\x08\x0a-\x1f\x7f]*\r\n"
_REQUEST_HEAD: Final = re.compile(
    _TOKEN + rb" [^\x00-\x20\x7f]+ HTTP/1\.[01]\r\n((?:" + _FIELD + rb")*)\r\n"
)
_RESPONSE_HEAD: Final = re.compile(
    rb"HTTP/1\.1 ([1-5][0-9]{2}) [^\x00-\x08\x0a-\x1f\x7f]*\r\n((?:" + _FIELD + rb")*)\r\n"
)
_LENGTH: Final = re.compile(rb"(?im)^content-length: (.*)\r$")
_CODING: Final = re.compile(rb"(?im)^transfer-encoding: (.*)\r$")


def check_canonical(stream: bytes, *, is_request: bool) -> str | None:
    """What is wrong with the first head of what httpdlite has sent; None if it has the one form:
    CRLF, no folding, no control bytes, at most one of a plain Content-Length and `chunked`.
    """
    head = (_REQUEST_HEAD if is_request else _RESPONSE_HEAD).match(stream)
    if head is None:
        return "the head is not in its one form"
    lines = head[head.re.groups]
    lengths, codings = _LENGTH.findall(lines), _CODING.findall(lines)
    if len(lengths) + len(codings) > 1:
        return "more than one field says where the body ends"
    if any(not length.isdigit() or len(length) > 18 for length in lengths):
        return "a Content-Length that is not a plain number"
    if any(coding != b"chunked" for coding in codings):
        return "a Transfer-Encoding other than chunked"
    if not is_request and (head[1][:1] == b"1" or head[1] == b"204") and (lengths or codings):
        return "a length with a status that has no body"
    return None
