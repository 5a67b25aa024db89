"""How large requests may be, and what of a refused one is shown: as observed with httpd 2.4.71."""

import pytest

from httpdlite.conf.directives.proxy_exchange import BadHeader
from httpdlite.proxy.bodies import TOO_LONG, TOO_MANY, ChunkedBody, Limits
from httpdlite.proxy.framing import (
    FramingError,
    find_head_end,
    parse_impaired_head,
    parse_request_head,
    seen_request_line,
)

SMALL = Limits(line=40, fields=4, field_size=50)


def verdict(head: bytes, limits: Limits = SMALL) -> tuple[int, str]:
    """(200, "") or the status and the notes of the refusal; a head in pieces must get the same
    status.
    """
    try:
        end = find_head_end(head, 0, limits)
        assert end == len(head)
        parse_request_head(head, limits)
    except FramingError as bad:
        return bad.status, bad.notes
    for cut in range(len(head)):
        assert find_head_end(head[:cut], 0, limits) == -1
    return 200, ""


def request(*lines: str, target: str = "/x") -> bytes:
    return "\r\n".join((f"GET {target} HTTP/1.1", "Host: a", *lines, "", "")).encode()


@pytest.mark.parametrize(("size", "status"), [(40, 200), (41, 200), (42, 414), (90, 414)])
def test_a_request_line(size: int, status: int) -> None:
    head = request(target="/" + "x" * (size - 14))
    assert head.index(b"\r\n") == size
    assert verdict(head)[0] == status


def test_a_request_line_of_no_bytes() -> None:
    assert verdict(request(), Limits(line=0))[0] == 414


@pytest.mark.parametrize(("size", "status"), [(50, 200), (51, 200), (52, 400)])
def test_a_field_line(size: int, status: int) -> None:
    line = "X: " + "v" * (size - 3)
    assert verdict(request(line)) == (status, TOO_LONG if status == 400 else "")


@pytest.mark.parametrize("line", ["X:" + " " * 49 + "y", "X" * 50 + ": y"])
def test_blanks_and_names_count(line: str) -> None:
    assert verdict(request(line)) == (400, TOO_LONG)


@pytest.mark.parametrize(("size", "status"), [(48, 200), (49, 400), (52, 400)])
def test_a_folded_line(size: int, status: int) -> None:
    lines = "X: " + "v" * 27, "   " + "v" * (size - 31)
    assert verdict(request(*lines))[0] == status


@pytest.mark.parametrize(("size", "status"), [(50, 200), (51, 400)])
def test_repeated_fields_are_measured_by_their_joined_value(size: int, status: int) -> None:
    assert verdict(request("X: " + "v" * 30, "x: " + "v" * (size - 32)))[0] == status


def test_the_number_of_lines_counts_before_they_are_joined() -> None:
    assert verdict(request("X: 1", "X: 2", "X: 3"))[0] == 200
    assert verdict(request("X: 1", "X: 2", "X: 3", " folded"))[0] == 200
    assert verdict(request("X: 1", "X: 2", "X: 3", "X: 4")) == (400, TOO_MANY)


def test_any_number() -> None:
    limits = Limits(fields=0)
    assert verdict(request(*(f"X{at}: 1" for at in range(300))), limits)[0] == 200


def test_an_endless_line_is_refused_before_it_ends() -> None:
    with pytest.raises(FramingError) as refused:
        find_head_end(b"GET / HTTP/1.1\r\nX: " + b"x" * 60, 0, SMALL)
    assert (refused.value.status, refused.value.notes) == (400, TOO_LONG)
    with pytest.raises(FramingError) as refused:
        find_head_end(b"GET /" + b"x" * 60, 0, SMALL)
    assert refused.value.status == 414


# --- chunks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "notes"),
    [
        (b"1;" + b"x" * 40 + b"\r\nx\r\n0\r\n\r\n", 200, ""),
        (b"1;" + b"x" * 60 + b"\r\nx\r\n0\r\n\r\n", 413, ""),
        (b"F" * 16 + b"\r\n", 413, ""),
        (b"1" + b"0" * 16 + b"\r\n", 413, ""),
        (b"0\r\nA: b\r\n c\r\n\r\n", 200, ""),
        (b"0\r\n c\r\n\r\n", 400, ""),
        (b"0\r\nA: b\r\n \x00\r\n\r\n", 400, ""),
        (b"0\r\n" + b"A: b\r\n" * 4 + b"\r\n", 200, ""),
        (b"0\r\n" + b"A: b\r\n" * 5 + b"\r\n", 400, TOO_MANY),
        (b"0\r\nA: " + b"b" * 60 + b"\r\n\r\n", 400, TOO_LONG),
        (b"0\r\nA: " + b"b" * 60, 400, TOO_LONG),
    ],
)
def test_chunks(body: bytes, status: int, notes: str) -> None:
    for step in (1, len(body)):
        reader = ChunkedBody(SMALL)
        found = (200, "")
        try:
            for at in range(0, len(body), step):
                reader.feed(body[at : at + step])
        except FramingError as bad:
            found = (bad.status, bad.notes)
        assert found == (status, notes)
        assert reader.done == (status == 200)


# --- what is shown of a refused request -----------------------------------------------------------


@pytest.mark.parametrize(
    ("buffer", "shown"),
    [
        (b"GET /x HTTP/1.1\r\nX y\r\n\r\n", b"GET /x HTTP/1.1"),
        (b"  GET \t /x  HTTP/1.1 \r\n", b"GET /x HTTP/1.1"),
        (b"GET /x HTTP /1.1\r\n", b"GET /x HTTP"),
        (b"GET /a\x00b HTTP/1.1\r\n", b"GET /a"),
        (b"GET /a\rb HTTP/1.1\r\n", b"GET /a b"),
        (b"GET /x HTTP/1.1\nHost: a\n", b"GET /x HTTP/1.1\n"),
        (b"\nGET /x HTTP/1.1\r\n", b"\n"),
        (b"\r\nGET /x HTTP/1.1\r\n", b""),
        (b"\x00\x01\r\n", b""),
        (b"GET /" + b"x" * 99 + b" HTTP/1.1\r\n", b"GET /" + b"x" * 36),
    ],
)
def test_the_request_line_in_logs(buffer: bytes, shown: bytes) -> None:
    assert seen_request_line(buffer, SMALL) == shown


# --- ProxyBadHeader -------------------------------------------------------------------------------

BAD = b"HTTP/1.1 200 OK\r\nA: 1\r\nno field\r\n folded\r\nB: 2\r\nnor this\r\n\r\n"


def test_bad_lines_of_a_worker_are_ignored() -> None:
    head, dropped, rest = parse_impaired_head(BAD, BadHeader.IGNORE)
    assert (head.fields, rest) == ([(b"A", b"1"), (b"B", b"2")], None)
    assert dropped == [b"no field", b"nor this"]


def test_a_bad_line_of_a_worker_begins_the_body() -> None:
    head, dropped, rest = parse_impaired_head(BAD, BadHeader.START_BODY)
    assert (head.fields, dropped) == ([(b"A", b"1")], [b"no field"])
    assert rest == b" folded\r\nB: 2\r\nnor this\r\n\r\n"
