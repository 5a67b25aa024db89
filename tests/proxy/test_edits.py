"""What becomes of an answer once mod_headers has had its say: order, length, connection, pages."""

import pytest

from httpdlite.proxy.answers import OwnAnswer
from httpdlite.proxy.edits import Edited, edit_answer, edit_response
from httpdlite.proxy.exchange import (
    CLOSES,
    DELIMITED_BY_CHUNKED,
    DELIMITED_BY_CLOSE,
    DELIMITED_BY_LENGTH,
    STAYS,
    UNDELIMITED,
    Delimiter,
    KeepAlive,
)
from httpdlite.proxy.fields import FieldBlock
from httpdlite.proxy.framing import ResponseHead, parse_response_head
from httpdlite.routes.headers import ResponseEdits, compile_response_edits
from httpdlite.routes.request import Field, Request
from tests.routes.header_stand import fields_of, request_of, scope_of, shown

ASKED = KeepAlive(stays=True, fields=b"Keep-Alive: timeout=5\r\nConnection: Keep-Alive\r\n")
PLAIN = ("Date: d", "Server: s", "X-A: one", "Content-Type: a/b", "Content-Length: 4")


def edits_of(*lines: str) -> ResponseEdits | None:
    return compile_response_edits(scope_of(*lines))


def head_of(*lines: str, status: str = "200 OK") -> ResponseHead:
    text = "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""])
    return parse_response_head(text.encode("latin-1"))


def edited(
    *lines: str,
    answer: tuple[str, ...] = PLAIN,
    status: str = "200 OK",
    keep_alive: KeepAlive = STAYS,
    delimiter: Delimiter = DELIMITED_BY_LENGTH,
    minor: int = 1,
    length: int | None = 4,
    request: Request | None = None,
) -> Edited:
    head = head_of(*answer, status=status)
    return edit_response(
        edits_of(*lines),
        request,
        head,
        head.lines,
        keep_alive=keep_alive,
        delimiter=delimiter,
        minor=minor,
        length=length,
    )


def test_always_goes_before_the_worker_s_fields_but_behind_date_and_server() -> None:
    found = edited("Header set X-N v", "Header always set X-A two")
    assert shown(found.lines) == [*PLAIN[:2], "X-A: two", *PLAIN[2:], "X-N: v"]


def test_date_and_server_can_be_edited() -> None:
    found = edited("Header set Date x", "Header always set Server y", "Header add Server z")
    assert shown(found.lines)[:3] == ["Date: x", "Server: y", "X-A: one"]
    found = edited("Header unset Server", "Header unset Date")
    assert shown(found.lines) == [*PLAIN[2:]]


def test_vary_is_one_field() -> None:
    found = edited("Header append Vary b", "Header always add Vary 'A, c'", "Header add Vary C")
    assert [line for line in shown(found.lines) if line.startswith("Vary")] == ["Vary: A,c,b"]


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("Header set Content-Type c/d", ["X-A: one", "Content-Type: c/d", "Content-Length: 4"]),
        ("Header append Content-Type c", [*PLAIN[2:]]),
        ("Header edit Content-Type a c", ["X-A: one", "Content-Length: 4", "Content-Type: c/b"]),
        ("Header always set Content-Type c", ["Content-Type: c", "X-A: one", "Content-Length: 4"]),
        ("Header unset Content-Type", ["X-A: one", "Content-Length: 4"]),
        ("Header add Content-Type c", [*PLAIN[2:]]),
    ],
)
def test_the_type_that_counts(line: str, fields: list[str]) -> None:
    assert shown(edited(line).lines)[2:] == fields


def test_a_length_that_was_taken_away() -> None:
    whole = edited("Header unset Content-Length")
    assert shown(whole.lines)[-1] == "Content-Length: 4"
    assert whole.delimiter is DELIMITED_BY_LENGTH
    more = edited("Header unset Content-Length", length=None)
    assert (more.delimiter, more.keep_alive) == (DELIMITED_BY_CHUNKED, STAYS)
    old = edited("Header unset Content-Length", length=None, minor=0)
    assert (old.delimiter, old.keep_alive) == (DELIMITED_BY_CLOSE, CLOSES)
    head = edited("Header unset Content-Length", delimiter=UNDELIMITED, length=0)
    for found in (more, old, head):
        assert shown(found.lines) == [*PLAIN[:4]]


@pytest.mark.parametrize(
    ("line", "keep_alive", "fields", "left"),
    [
        ("Header set Connection x", STAYS, ["Connection: x"], STAYS),
        ("Header set Connection x", CLOSES, ["Connection: x, close"], KeepAlive(False, b"")),
        (
            "Header set Connection x",
            ASKED,
            ["Connection: x, Keep-Alive"],
            KeepAlive(True, b"Keep-Alive: timeout=5\r\n"),
        ),
        (
            "Header set Connection 'x, Close'",
            ASKED,
            ["Connection: x, Close"],
            KeepAlive(False, b""),
        ),
        ("Header set Connection close", CLOSES, ["Connection: close"], KeepAlive(False, b"")),
        (
            "Header set Keep-Alive x",
            ASKED,
            ["Keep-Alive: timeout=5"],
            KeepAlive(True, b"Connection: Keep-Alive\r\n"),
        ),
        ("Header set Keep-Alive x", STAYS, ["Keep-Alive: x"], STAYS),
    ],
)
def test_connections(line: str, keep_alive: KeepAlive, fields: list[str], left: KeepAlive) -> None:
    found = edited(line, keep_alive=keep_alive)
    assert shown(found.lines) == [*PLAIN, *fields]
    assert found.keep_alive == left


def test_what_phases_have_set_goes_out_without_edits_too() -> None:
    request = request_of()
    request.error_fields.append(Field(b"Set-Cookie", b"a=1"))
    found = edited(request=request)
    assert shown(found.lines) == [*PLAIN[:2], "Set-Cookie: a=1", *PLAIN[2:]]


def test_fields_that_come_again_are_edited_once() -> None:
    edits = edits_of("Header set X-N %{v}e env=w", "Header unset X-A")
    block = FieldBlock(fields_of(PLAIN))

    def once(environment: dict[str, str], status: int = 200) -> tuple[list[str], FieldBlock | None]:
        head = head_of(status=f"{status} X")
        head.block = block
        found = edit_response(
            edits,
            request_of(environment=environment),
            head,
            block.lines,
            keep_alive=STAYS,
            delimiter=UNDELIMITED,
            minor=1,
            length=0,
        )
        return shown(found.lines), found.block

    rest = [*PLAIN[:2], *PLAIN[3:]]
    first, second, third = once({}), once({}), once({})
    assert first == (rest, None)
    assert second[0] == third[0] == rest
    assert second[1] is third[1] is not None
    assert once({"w": "", "v": "1"})[0] == [*rest, "X-N: 1"]
    assert once({"w": "", "v": "2"})[0] == [*rest, "X-N: 2"]
    assert once({"v": "2"})[0] == rest
    assert once({"v": "2"}, status=304)[0] == rest[:-1]


# --- the server's own answers ---------------------------------------------------------------------


def page(
    *lines: str,
    answer: tuple[str, ...] = ("Content-Length: 4", "Content-Type: text/html"),
    status: int = 404,
    keep_alive: KeepAlive = STAYS,
    is_proxied: bool = False,
    request: Request | None = None,
) -> list[str]:
    out, sent, _ = edit_answer(
        edits_of(*lines),
        request,
        OwnAnswer(status, b"R", fields_of(answer), b"page"),
        keep_alive=keep_alive,
        is_proxied=is_proxied,
        date=b"Date: d\r\n",
        server=b"Server: s\r\n",
    )
    head, end = out.decode("latin-1").split("\r\n", 1)
    assert head == f"HTTP/1.1 {status} R"
    assert end.endswith("\r\n\r\n")
    fields = end.split("\r\n")[:-2]
    logged = [line for line in shown(sent.lines) if line in fields]
    assert sorted(logged) == sorted(shown(sent.lines))
    return fields


OWN = ["Date: d", "Server: s"]


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("Header set X v", [*OWN, "Content-Length: 4", "Content-Type: text/html"]),
        ("Header always set X v", [*OWN, "X: v", "Content-Length: 4", "Content-Type: text/html"]),
        ("Header always set Content-Type a", [*OWN, "Content-Type: a", "Content-Length: 4"]),
        ("Header always unset Content-Type", [*OWN, "Content-Length: 4"]),
        (
            "Header always edit Content-Type html plain",
            [*OWN, "Content-Length: 4", "Content-Type: text/plain"],
        ),
        ("Header always set Date x", [*OWN, "Content-Length: 4", "Content-Type: text/html"]),
        (
            "Header always set Connection close",
            [*OWN, "Connection: close", "Content-Length: 4", "Content-Type: text/html"],
        ),
    ],
)
def test_pages(line: str, fields: list[str]) -> None:
    assert page(line) == fields


def test_the_connection_is_said_before_the_type() -> None:
    found = page("Header always set X v", keep_alive=CLOSES)
    assert found[3:] == ["Content-Length: 4", "Connection: close", "Content-Type: text/html"]


def test_a_page_in_place_of_a_worker_s_has_the_server_that_was_set() -> None:
    lines = ("Header always set Server x", "Header always set Date y")
    assert page(*lines, is_proxied=True)[:2] == ["Date: y", "Server: x"]


def test_always_does_not_see_what_the_page_has() -> None:
    answer = ("Location: /x", "Content-Length: 4", "Content-Type: text/html")
    found = page(
        "Header always unset Location", "Header always set Location /y", answer=answer, status=302
    )
    assert found[2:4] == ["Location: /y", "Location: /x"]


def test_an_answer_that_is_no_error_has_both() -> None:
    request = request_of()
    request.error_fields.append(Field(b"X-E", b"e"))
    request.fields.append(Field(b"X-F", b"f"))
    answer = ("Allow: GET", "Content-Length: 0")
    lines = ("Header always set X v", "Header set Y w")
    found = page(*lines, answer=answer, status=200, request=request)
    assert found[2:] == ["X-E: e", "X: v", "X-F: f", "Allow: GET", "Y: w", "Content-Length: 0"]


@pytest.mark.parametrize("target", [b"*", b"/x"])
def test_options_of_the_server_are_not_edited(target: bytes) -> None:
    request = request_of()
    request.head.target = target
    found = page("Header set X v", answer=("Content-Length: 0",), status=200, request=request)
    assert ("X: v" in found) is (target != b"*")


def test_trace_is_not_edited() -> None:
    answer = ("Content-Length: 4", "Content-Type: message/http")
    assert "X: v" not in page("Header set X v", answer=answer, status=200)


def test_without_a_request_what_depends_on_one_is_left_out() -> None:
    lines = ("Header always set X %{v}e", "Header always set Y w env=!v", "Header always set Z z")
    assert page(*lines, status=400)[2] == "Z: z"
