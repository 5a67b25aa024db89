"""Our framing beside h11's: whatever both accept, both must read alike, to the last byte.

h11 is stricter in some places (Host is its business, HTTP/1.x only, ASCII targets) and more lenient
in others (bare LF, equal lengths twice, control characters in values); these are no disagreement.
What must never be: two different messages in the same bytes.
"""

import re
from dataclasses import dataclass

import h11
from hypothesis import strategies as st

from httpdlite.proxy.framing import FramingError, find_head_end, parse_request_head
from tests.fuzz.budget import fuzz


@dataclass(frozen=True, slots=True)
class Message:
    """A request as somebody has read it."""

    method: bytes
    target: bytes
    fields: dict[bytes, bytes]
    payload: bytes
    rest: bytes


def read_ours(stream: bytes, step: int) -> Message | None:
    """None if refused or incomplete; the body is fed `step` bytes at a time."""
    try:
        end = find_head_end(stream)
        if end < 0:
            return None
        head = parse_request_head(stream[:end])
        payload, rest = b"", stream[end:]
        if (body := head.body) is not None:
            at = 0
            while not body.done:
                if at >= len(rest):
                    return None
                payload += body.feed(rest[at : at + step])
                at += step
            rest = body.rest + rest[at:]
    except FramingError:
        return None
    fields = {name: joined_as_ours(value) for name, (_, value) in head.fields.items()}
    return Message(head.method, head.target, fields, payload, rest)


def read_h11(stream: bytes) -> Message | None:
    """None if refused or incomplete."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(stream)
    try:
        request = connection.next_event()
        if not isinstance(request, h11.Request):
            return None
        payload = b""
        while isinstance(event := connection.next_event(), h11.Data):
            payload += event.data
        if not isinstance(event, h11.EndOfMessage):
            return None
    except h11.RemoteProtocolError:
        return None
    fields: dict[bytes, bytes] = {}
    for name, value in request.headers:
        fields[name] = fields[name] + b", " + value if name in fields else value
    if b"transfer-encoding" in fields:
        fields.pop(b"content-length", None)
    fields = {name: joined_as_ours(value) for name, value in fields.items()}
    return Message(
        request.method, request.target, fields, payload, bytes(connection.trailing_data[0])
    )


def joined_as_ours(value: bytes) -> bytes:
    """h11 keeps the blanks before a folded line; how many join it is free (RFC 9112 §5.2)."""
    return re.sub(rb"[ \t]+", b" ", value)


METHODS = st.sampled_from([b"GET", b"POST", b"HEAD", b"M-SEARCH", b"G@T", b""])
TARGETS = st.sampled_from([b"/", b"/a?b", b"*", b"http://a/", b"", b"/ b", b"/\xff", b"a:1"])
ENDS = st.sampled_from([b"\r\n"] * 12 + [b"\n", b"\r", b"\r\r\n", b"\r\n "])
NAMES = st.sampled_from(
    b"A|a|X-Y|Host|Content-Length|Transfer-Encoding|Upgrade|Connection|content-length"
    b"|TRANSFER-ENCODING|A | A||A\x00|\xe9|Expect".split(b"|")
)
VALUES = st.sampled_from(
    b"|x| y |\tz\t|5|0|05|+5|5, 5|5,6|-1|0x5|5 |chunked|Chunked|gzip, chunked|chunked, gzip"
    b"|identity|chunked,|\x0b|websocket|upgrade|close|a\x00b|a\x7f|\xff|99999999999999999999".split(
        b"|"
    )
)
FIELD = st.tuples(NAMES, st.sampled_from([b":", b": ", b":\t", b" :", b""]), VALUES, ENDS)
CHUNKS = st.lists(
    st.sampled_from(
        b"5\r\nhello\r\n|0\r\n|0\r\n\r\n|05;a=b\r\nhello\r\n|5 \r\nhello\r\n|1\r\nx\n|1\nx\r\n"
        b"|-1\r\n|+1\r\nx\r\n|0x1\r\nx\r\n|1;\r\nx\r\n|A\r\n0123456789\r\n|T: x\r\n|\r\n|hello"
        b"|000\r\n|\r|\n|_1\r\n".split(b"|")
    ),
    max_size=6,
).map(b"".join)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Request streams of which many are nearly right."""
    version = draw(
        st.sampled_from([b"HTTP/1.1"] * 6 + [b"HTTP/1.0", b"HTTP/1.2", b"http/1.1", b""])
    )
    line = b" ".join([draw(METHODS), draw(TARGETS), version])
    fields = [b"Host: a\r\n", *(b"".join(field) for field in draw(st.lists(FIELD, max_size=4)))]
    body = draw(st.one_of(CHUNKS, st.sampled_from([b"", b"hello", b"hello, world"])))
    stream = line + draw(ENDS) + b"".join(draw(st.permutations(fields))) + draw(ENDS) + body
    for _ in range(draw(st.integers(0, 2)) * draw(st.integers(0, 1))):
        at = draw(st.integers(0, len(stream)))
        stream = stream[:at] + draw(st.binary(max_size=2)) + stream[at + draw(st.integers(0, 2)) :]
    return stream


@fuzz(requests(), st.integers(1, 9), examples=400)
def test_no_two_readings(stream: bytes, step: int) -> None:
    """The same message, payload and remainder for us, in one piece or many, and for h11."""
    ours = read_ours(stream, len(stream) or 1)
    assert ours == read_ours(stream, step)
    theirs = read_h11(stream)
    if ours is not None and theirs is not None:
        assert ours == theirs


@fuzz(st.binary(max_size=200), examples=100)
def test_any_bytes_are_read_or_refused(stream: bytes) -> None:
    """Nothing but FramingError comes out."""
    read_ours(stream, 1)
    read_ours(stream + b"\r\n\r\n", 3)


def test_the_comparison_sees_something() -> None:
    """Ordinary requests are accepted by both, and alike."""
    head = b"POST /a HTTP/1.1\r\nHost: a\r\nX: 1\r\nx:2\r\n"
    for rest, payload in (
        (b"Content-Length: 5\r\n\r\nhelloGET", b"hello"),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: x\r\n\r\nGET", b"hello"),
        (b"\r\nGET", b""),
    ):
        ours = read_ours(head + rest, 2)
        assert ours is not None
        assert ours == read_h11(head + rest)
        assert (ours.payload, ours.rest, ours.fields[b"x"]) == (payload, b"GET", b"1, 2")
