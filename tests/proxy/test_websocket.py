"""Which 101 is the one that was asked for, and what the client gets of it (websocket.py)."""

import pytest

from httpdlite.proxy.fields import field_line
from httpdlite.proxy.framing import FramingError, ResponseHead, parse_response_head
from httpdlite.proxy.websocket import check_switch, switch_head, switch_lines


def answer(*fields: str) -> ResponseHead:
    lines = ["HTTP/1.1 101 Fine With Me", *fields, "", ""]
    return parse_response_head("\r\n".join(lines).encode("latin-1"))


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        (b"websocket", ["Upgrade: WebSocket", "Connection: Upgrade"]),
        (b"WebSocket", ["upgrade: WebSocket"]),
        (b"websocket", ["Upgrade: WebSocket", "Upgrade: websocket"]),
    ],
)
def test_the_protocol_that_was_asked_for_in_the_worker_s_spelling(
    asked: bytes, fields: list[str]
) -> None:
    assert check_switch(answer(*fields), asked) == b"WebSocket"


@pytest.mark.parametrize(
    ("asked", "fields", "reason"),
    [
        (b"websocket", [], "Unexpected Upgrade: n/a (expecting websocket)"),
        (b"websocket", ["Upgrade: h2c"], "Unexpected Upgrade: h2c (expecting websocket)"),
        (
            b"websocket",
            ["Upgrade: websocket", "Upgrade: h2c"],
            "Unexpected Upgrade: websocket, h2c (expecting websocket)",
        ),
        (b"h2c", ["Upgrade: h2c, h2c"], "Unexpected Upgrade: h2c, h2c (expecting h2c)"),
        (None, ["Upgrade: websocket"], "Unexpected Upgrade: websocket (expecting n/a)"),
        (None, [], "Unexpected Upgrade: n/a (expecting n/a)"),
    ],
)
def test_anything_else_is_refused(asked: bytes | None, fields: list[str], reason: str) -> None:
    with pytest.raises(FramingError) as refused:
        check_switch(answer(*fields), asked)
    assert (refused.value.status, refused.value.reason) == (502, reason)
    assert refused.value.code == "AH00898"


def test_what_was_for_us_and_what_tells_of_a_body_is_left_out() -> None:
    kept = [(b"Sec-WebSocket-Accept", b"s3pP"), (b"Set-Cookie", b"a"), (b"Set-Cookie", b"b")]
    dropped = [(b"content-LENGTH", b"5"), (b"X-Hop", b"1"), (b"x-too", b"2")]
    head = answer("Connection: Upgrade, x-hop", "Connection: X-TOO", "Upgrade: websocket")
    lines = [field_line(*field) for field in (*kept, *dropped)]
    assert [line.field for line in switch_lines(head, lines)] == kept


def test_the_head_for_the_client() -> None:
    head = switch_head(
        b"Fine With Me", [field_line(b"A", b"1"), field_line(b"A", b"2")], b"WebSocket"
    )
    assert head == (
        b"HTTP/1.1 101 Fine With Me\r\nA: 1\r\nA: 2\r\n"
        b"Connection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n"
    )
