"""Heads that are slow, too large, or break off; targets that name a host; their log lines."""

import re
from functools import partial
from pathlib import Path

import pytest

from tests.serve.front import Front, Worker
from tests.serve.test_http import GET, OK, Notes, serve

READ = "LogLevel info\nRequestReadTimeout header=10-20,MinRate=10 body=10\nTimeout 60\nProxyPass / http://WORKER/"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"


async def later(served: Front, seconds: float) -> None:
    """Move the child's clock, and make it look."""
    engine = served.child.engine
    clock = engine.clock
    engine.clock = lambda: clock() + seconds
    await served.ask(GET)


def _plain(log: str) -> str:
    """Without processes and clients."""
    return re.sub(r"\[(pid|client) [^]]*\] ", "", log)


def lines_of(served: Front) -> list[str]:
    return [line for line in served.access if not line.endswith("GET /a HTTP/1.1")]


@pytest.mark.parametrize(
    ("sent", "status", "line"),
    [
        (b"GET /slow", None, "408 - -"),
        (b"GET /slow HTTP/1.1\r\nHost: x\r\n", 408, "408 261 GET /slow HTTP/1.1"),
        (POST + b"abc", 408, "408 261 POST / HTTP/1.1"),
    ],
)
def test_what_does_not_come_in_time(
    tmp_path: Path, sent: bytes, status: int | None, line: str
) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(sent)
        await served.ask(GET)
        await later(served, 9)
        assert not lines_of(served)
        await later(served, 15)
        if status is None:
            assert not await connection.rest()
        else:
            answer = await connection.response()
            assert (answer.status, answer.get("Connection")) == (status, "close")
        assert lines_of(served) == [line]
        part = "body" if sent.startswith(b"POST") else "header"
        assert f"[reqtimeout:info] AH01382: Request {part} read timeout" in _plain(served.log)

    serve(tmp_path, Notes(), test, READ)


def test_bytes_give_time_but_no_more_than_the_most(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("GET /slow HTTP/1.1\r\nX: " + "x" * 200)
        await served.ask(GET)
        await later(served, 18)
        assert not lines_of(served)
        await later(served, 3)
        assert (await connection.response()).status == 408

    serve(tmp_path, Notes(), test, READ)


def test_a_kept_connection_is_closed_in_silence(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(GET)
        await connection.response()
        await connection.send("GET /slow")
        await served.ask(GET)
        await later(served, 30)
        assert not await connection.rest()
        assert not lines_of(served)

    serve(tmp_path, Notes(), test, READ)


def test_the_clock_of_a_head_ends_with_it(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        for _ in range(2):
            await connection.send(GET[:20])
            await served.ask(GET)
            await later(served, 9)
            await connection.send(GET[20:])
            assert (await connection.response()).status == 200

    serve(tmp_path, Notes(), test, READ)


BODIES = """LogLevel info
Timeout 400
<VirtualHost *:*>
ServerName a
RequestReadTimeout header=10 body=400
ProxyPass / http://WORKER/
</VirtualHost>
<VirtualHost *:*>
ServerName b
RequestReadTimeout header=40 body=10
ProxyPass / http://WORKER/
</VirtualHost>
"""


@pytest.mark.parametrize(("host", "is_cut"), [("a", False), ("b", True)])
def test_the_clock_of_a_body_is_that_of_the_request_s_vhost(
    tmp_path: Path, host: str, is_cut: bool
) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(POST.replace(b"Host: x", f"Host: {host}".encode()))
        await served.ask(GET)
        await later(served, 20)
        if not is_cut:
            await connection.send(b"body")
        assert (await connection.response()).status == (408 if is_cut else 200)

    serve(tmp_path, Notes(), test, BODIES)


LIMITS = "LimitRequestLine 40\nLimitRequestFieldSize 50\nLimitRequestFields 3\nProxyPass / http://WORKER/"
LARGE = {
    "line": (f"GET /{'x' * 40} HTTP/1.1\r\nHost: x\r\n\r\n", 414, ""),
    "field": (
        GET.replace("\r\n\r\n", f"\r\nX: {'x' * 60}\r\n\r\n"),
        400,
        "Size of a request header",
    ),
    "fields": (GET.replace("\r\n\r\n", "\r\nA: 1" * 3 + "\r\n\r\n"), 400, "The number of request"),
}


@pytest.mark.parametrize(("sent", "status", "notes"), LARGE.values(), ids=LARGE.keys())
def test_limits_are_those_of_the_first_vhost_of_the_address(
    tmp_path: Path, sent: str, status: int, notes: str
) -> None:
    async def test(served: Front, made: Worker) -> None:
        answer = await served.ask(sent)
        assert answer.status == status
        assert notes.encode() in answer.body

    wide = "LimitRequestLine 8000\nLimitRequestFields 99\nLimitRequestFieldSize 8000"
    other = f"<VirtualHost *>\nServerName x\n{wide}\nProxyPass / http://WORKER/\n</VirtualHost>"
    text = f"<VirtualHost *>\nServerName first\n{LIMITS}\n</VirtualHost>\n{other}"
    serve(tmp_path, Notes(), test, text)


def test_a_refused_request_is_logged_as_it_was_read(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        await served.ask("GET  /x\tHTTP/1.1\r\n\r\n")
        await served.ask("GET http://u:secret@a.test/x HTTP/1.1\r\nHost: x\r\n\r\n")
        await served.ask("HEAD /x HTTP/1.1\r\nX y\r\n\r\n")
        assert served.access == [
            "400 266 GET /x HTTP/1.1",
            "400 266 GET http://u:XXXXXXXX@a.test/x HTTP/1.1",
            "400 - HEAD /x HTTP/1.1",
        ]

    serve(tmp_path, Notes(), test)


@pytest.mark.parametrize(
    ("head", "status", "forwarded"),
    [
        ("GET http://B.test/x HTTP/1.1\r\nHost: a.test", 200, "b.test"),
        ("GET http://b.test/x HTTP/1.1", 400, None),
        ("GET http://b.test/x HTTP/1.0", 200, None),
        ("GET http://b.test:/x HTTP/1.1\r\nHost: a.test", 200, "b.test:"),
        ("GET http:///x HTTP/1.1\r\nHost: a.test", 400, None),
    ],
)
def test_targets_that_name_the_host(
    tmp_path: Path, head: str, status: int, forwarded: str | None
) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        answer = await served.ask(f"{head}\r\n\r\n")
        assert answer.status == status
        assert len(notes.heads) == (status == 200)
        sent = [
            line for line in "".join(notes.heads).split("\r\n") if line.startswith("X-Forwarded-H")
        ]
        assert sent == ([f"X-Forwarded-Host: {forwarded}"] if forwarded else [])

    text = "<VirtualHost *>\nServerName a.test\nProxyPass / http://127.0.0.1:1/\n</VirtualHost>\n"
    text += "<VirtualHost *>\nServerName b.test\nProxyPass / http://WORKER/\n</VirtualHost>"
    serve(tmp_path, notes, test, text)


def test_an_unregistered_method(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        answer = await served.ask("BREW / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (answer.status, answer.get("Allow"), answer.get("Connection")) == (
            501,
            "TRACE",
            "close",
        )
        assert (await served.ask(GET)).status == 200

    text = "HttpProtocolOptions RegisteredMethods\nProxyPass / http://WORKER/"
    serve(tmp_path, Notes(), test, text)


@pytest.mark.parametrize("sent", [POST + b"abc", POST.replace(b"4", b"40000") + b"a" * 20000])
def test_a_client_that_ends_within_the_body_gets_an_answer(tmp_path: Path, sent: bytes) -> None:
    async def script(connection: object) -> None:
        await connection.head()  # type: ignore[attr-defined]
        await connection.rest()  # type: ignore[attr-defined]

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(sent)
        await connection.stream.send_eof()
        answer = await connection.response()
        assert (answer.status, answer.get("Connection")) == (400, "close")
        assert lines_of(served) == ["400 266 POST / HTTP/1.1"]

    serve(tmp_path, partial(script), test)


def test_a_half_closed_client_is_told_nothing_of_an_end(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(GET)
        await connection.stream.send_eof()
        answer = await connection.response()
        assert (answer.status, answer.body, answer.get("Connection")) == (200, b"ok", None)
        assert not await connection.rest()

    serve(tmp_path, Notes(OK), test)


def test_a_slow_body_that_nobody_wants_has_its_time_for_each_piece(tmp_path: Path) -> None:
    rules = "Timeout 10\nProxyPass /no !\nProxyPass / http://WORKER/"

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
        assert (await connection.response()).status == 404
        for piece in "abc":
            await later(served, 6)
            await connection.send(piece)
            await served.ask(GET)  # it has been read
        await connection.send(GET)
        assert (await connection.response()).status == 200

    serve(tmp_path, Notes(), test, rules)
