"""framing.py, rule by rule. Every body is also fed one byte at a time and with bytes behind it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.proxy.bodies import Body, ChunkedBody, SizedBody, UntilClose
from httpdlite.proxy.fields import split_fields, split_fields_carefully
from httpdlite.proxy.framing import (
    FramingError,
    RequestHead,
    find_head_end,
    find_response_end,
    parse_request_head,
    parse_response_head,
    response_body,
)


def request(fields: str, line: str = "GET / HTTP/1.1") -> RequestHead:
    text = "".join(f"{field}\r\n" for field in fields.split("|") if field)
    return parse_request_head(f"{line}\r\n{text}\r\n".encode("latin-1"))


def status_of(fields: str, line: str = "GET / HTTP/1.1") -> int:
    with pytest.raises(FramingError) as refused:
        request(fields, line)
    return refused.value.status


def test_a_head_is_read() -> None:
    head = request("Host: a|X-One:  two words |x-Empty:")
    assert (head.method, head.target, head.minor) == (b"GET", b"/", 1)
    assert head.fields == {
        b"host": (b"Host", b"a"),
        b"x-one": (b"X-One", b"two words"),
        b"x-empty": (b"x-Empty", b""),
    }
    assert head.body is None


@pytest.mark.parametrize(
    "line",
    [
        "GET  / HTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET /",
        "GET / http/1.1",
        "G@T / HTTP/1.1",
        "GET /a b HTTP/1.1",
        "GET / HTTP/11",
        "GET / HTTP/0.9",
    ],
)
def test_request_lines_that_are_refused(line: str) -> None:
    assert status_of("Host: a", line) == 400


@pytest.mark.parametrize(
    ("line", "minor"), [("M-SEARCH * HTTP/1.0", 0), ("GET / HTTP/1.2", 1), ("GET / HTTP/2.0", 1)]
)
def test_request_lines_that_pass(line: str, minor: int) -> None:
    assert request("Host: a", line).minor == minor


def test_a_request_line_may_be_one_byte_longer_than_its_limit() -> None:
    assert request("Host: a", f"GET /{'x' * (8191 - 14)} HTTP/1.1").target
    assert status_of("Host: a", f"GET /{'x' * (8192 - 14)} HTTP/1.1") == 414


@pytest.mark.parametrize(
    "field", ["A : b", "A", ": b", "A b: c", "A: \x01", "A: b\x00", "A: \x7f", "\xe9: b", " A: b"]
)
def test_field_lines_that_are_refused(field: str) -> None:
    assert status_of(field) == 400


def test_folded_lines_are_joined_with_one_blank() -> None:
    assert request("A: b|\t  c|Host: x").get(b"a") == b"b c"


def test_repeated_fields_are_joined_at_the_first_one_s_place() -> None:
    head = request("Cookie: a=1|Host: x|cookie: b=2")
    assert next(iter(head.fields.items())) == (b"cookie", (b"Cookie", b"a=1, b=2"))


def test_limits_of_fields() -> None:
    assert len(request("|".join(f"A{i}: b" for i in range(100))).fields) == 100
    assert status_of("|".join(f"A{i}: b" for i in range(101))) == 400
    assert status_of(f"A: {'x' * 8190}") == 400


@pytest.mark.parametrize("length", ["5, 5", "+5", "-1", "0x5", "5 5", "", "five", "9" * 19])
def test_lengths_that_are_refused(length: str) -> None:
    assert status_of(f"Content-Length: {length}") == 400


def test_two_equal_lengths_are_refused() -> None:
    assert status_of("Content-Length: 5|Content-Length: 5") == 400


@pytest.mark.parametrize(
    ("coding", "status"),
    [
        ("gzip", 400),
        ("chunked, gzip", 400),
        ("gzip, chunked", 500),
        ("x, chunked", 500),
        ("chunked, chunked", 500),
        ("", 400),
    ],
)
def test_transfer_codings_that_are_refused(coding: str, status: int) -> None:
    assert status_of(f"Transfer-Encoding: {coding}") == status


def test_chunked_beats_a_length_and_closes() -> None:
    head = request("Content-Length: 3|Transfer-Encoding: Chunked", "POST / HTTP/1.1")
    assert head.chunked
    assert head.must_close
    assert head.get(b"content-length") is None
    assert isinstance(head.body, ChunkedBody)


def test_http_1_0_has_no_transfer_encoding() -> None:
    assert status_of("Transfer-Encoding: chunked", "POST / HTTP/1.0") == 400


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nA: b\nC: d\r\n",
        b"GET / HTTP/1.1\r\nA: b\rc\r\n",
    ],
)
def test_bare_line_ends_are_refused_at_once(head: bytes) -> None:
    with pytest.raises(FramingError) as refused:
        find_head_end(head)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "head",
    [b"", b"G", b"GET / HTTP/1.1\r", b"GET / HTTP/1.1\r\nA: b", b"GET / HTTP/1.1\r\nA: b\r\n\r"],
)
def test_an_incomplete_head_is_waited_for(head: bytes) -> None:
    assert find_head_end(head) == -1


def test_endless_heads_are_refused() -> None:
    with pytest.raises(FramingError) as refused:
        find_head_end(b"x" * 9000)
    assert refused.value.status == 414
    with pytest.raises(FramingError) as refused:
        find_head_end(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200_000)
    assert refused.value.status == 400


# --- responses ---


@pytest.mark.parametrize(
    "line",
    [
        b"HTTP/1.1 20x OK",
        b"HTTP/1 200",
        b"http/1.1 200 OK",
        b"HTTP/2.0 200 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 099 X",
        b"HTTP/1.1 600 X",
        b"200 OK",
        b"",
    ],
)
def test_status_lines_that_are_refused(line: bytes) -> None:
    with pytest.raises(FramingError) as refused:
        parse_response_head(line + b"\r\nA: b\r\n\r\n")
    assert refused.value.status == 502


@pytest.mark.parametrize(
    ("line", "reason"),
    [(b"HTTP/1.1 200", b""), (b"HTTP/1.0 404 Not here", b"Not here"), (b"HTTP/1.1 200 ", b"")],
)
def test_status_lines_that_pass(line: bytes, reason: bytes) -> None:
    assert parse_response_head(line + b"\r\n\r\n").reason == reason


def test_a_worker_may_use_bare_line_feeds() -> None:
    raw = b"HTTP/1.1 200 OK\nA: b\nC: d\n\nbody"
    end = find_response_end(raw)
    assert raw[end:] == b"body"
    assert parse_response_head(raw[:end]).fields == [(b"A", b"b"), (b"C", b"d")]


@pytest.mark.parametrize(
    ("field", "status"), [(b"no colon", 502), (b"A b: c", 500), (b"A : c", 500), (b"A: \x01", 500)]
)
def test_response_fields_that_are_refused(field: bytes, status: int) -> None:
    with pytest.raises(FramingError) as refused:
        parse_response_head(b"HTTP/1.1 200 OK\r\n" + field + b"\r\n\r\n")
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("head", "method", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", b"GET", SizedBody),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n", b"GET", SizedBody),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", b"GET", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", b"HEAD", None),
        (b"HTTP/1.1 204 No\r\n", b"GET", None),
        (b"HTTP/1.1 304 No\r\nContent-Length: 5\r\n", b"GET", None),
        (b"HTTP/1.1 200 OK\r\n", b"GET", UntilClose),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            b"GET",
            ChunkedBody,
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n", b"GET", ChunkedBody),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n", b"GET", UntilClose),
    ],
)
def test_how_responses_end(head: bytes, method: bytes, kind: type[Body] | None) -> None:
    body = response_body(parse_response_head(head + b"\r\n"), method)
    assert body is None if kind is None else isinstance(body, kind)


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: x\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 1\r\nContent-Length: 2\r\n",
    ],
)
def test_response_lengths_that_are_refused(fields: bytes) -> None:
    with pytest.raises(FramingError) as refused:
        response_body(parse_response_head(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n"), b"GET")
    assert refused.value.status == 502


# --- bodies ---


def read(body: Body, pieces: list[bytes]) -> bytes:
    out = b""
    for at, piece in enumerate(pieces):
        out += body.feed(piece)
        if body.done:
            body.rest += b"".join(pieces[at + 1 :])
            break
    return out


CHUNKED = b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nTrailer: x\r\n\r\n"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_chunks_in_any_pieces(size: int) -> None:
    raw = CHUNKED + b"GET /next"
    body = ChunkedBody()
    assert read(body, [raw[i : i + size] for i in range(0, len(raw), size)]) == b"hello world"
    assert body.done
    assert body.rest == b"GET /next"


@pytest.mark.parametrize(
    "raw",
    [
        b"x\r\n",
        b"-1\r\n",
        b"+1\r\n",
        b"0x1\r\n",
        b" 1\r\n",
        b"\r\n",
        b"1\n",
        b"1\r\naX\r\n",
        b"1\r\na\n",
        b"5\r\nhelloX",
        b"10000000000000000\r\n",
        b"8000000000000000\r\n",
        b"1;a\x00b\r\n",
        b"1 a\r\n",
        b"0\r\nbad trailer\r\n",
        b"0\r\nA : b\r\n",
        b"0\r\n\n",
        b"1" * 9000,
        b"0\r\n" + b"A: b\r\n" * 20_000,
    ],
)
def test_chunked_framing_that_is_refused(raw: bytes) -> None:
    with pytest.raises(FramingError):
        ChunkedBody().feed(raw)
    body = ChunkedBody()
    pieces = [raw[at : at + 1] for at in range(len(raw))]
    with pytest.raises(FramingError):
        read(body, pieces)


@given(
    st.lists(st.binary(min_size=1, max_size=40)),
    st.lists(st.integers(1, 30)),
    st.binary(max_size=10),
)
def test_what_was_chunked_comes_out_whole(
    chunks: list[bytes], cuts: list[int], rest: bytes
) -> None:
    raw = b"".join(b"%X\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n" + rest
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(raw[at : at + cut])
        at += cut
    body = ChunkedBody()
    assert read(body, [*pieces, raw[at:]]) == b"".join(chunks)
    assert body.done
    assert body.rest == rest


@given(st.integers(1, 100), st.lists(st.binary(min_size=1, max_size=30), min_size=1))
def test_sized_bodies(length: int, pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    body = SizedBody(length)
    assert read(body, pieces) == raw[:length]
    assert body.done is (len(raw) >= length)
    assert body.rest == raw[length:]


# --- the two splitters agree ---

_PIECES = st.sampled_from(
    [
        b"A",
        b"-",
        b":",
        b" ",
        b"\t",
        b"\r\n",
        b"\n",
        b"\r",
        b"\x00",
        b"\x7f",
        b"\xe9",
        b"a: b\r\n",
        b"Content-Length: 3\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
        b"\r\n\r\n",
        b"(",
        b"@",
        b"Host: x\r\n",
    ]
)


@given(st.lists(_PIECES, max_size=12))
def test_what_the_fast_splitter_takes_the_careful_one_takes_alike(pieces: list[bytes]) -> None:
    block = b"".join(pieces)
    if b"\r\n\r\n" in block or not block.endswith(b"\r\n") or block.startswith(b"\r\n"):
        return  # find_head_end ends a head there
    try:
        fast: object = list(split_fields(block))
    except FramingError as refused:
        fast = refused.status
    try:
        careful: object = split_fields_carefully(block)
    except FramingError as refused:
        careful = refused.status
    assert fast == careful
