"""HTTP through a child: client and worker are real sockets, what the worker was sent and what the
client got are compared.
"""

import socket
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
import trio
import trio.testing

from httpdlite.serve.endpoint import BUFFER_SIZE
from tests.serve.front import Connection, Front, Script, Worker, front, worker

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"


class Notes:
    """A worker's script that notes each request's head and answers in turn."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers) or [OK]
        self.heads: list[str] = []

    async def __call__(self, connection: Connection) -> None:
        while head := await connection.head():
            self.heads.append(head)
            at = min(len(self.heads), len(self.answers)) - 1
            await connection.send(self.answers[at])


def serve(
    tmp_path: Path, script: Script, test: Callable[[Front, Worker], Awaitable[None]], text: str = ""
) -> None:
    """Run `test` against a front whose `text` (default: ProxyPass / to the worker) may name the
    worker as WORKER.
    """

    async def main() -> None:
        async with worker(script) as made:
            where = f"127.0.0.1:{made.port}"
            async with front(
                tmp_path, (text or "ProxyPass / http://WORKER/").replace("WORKER", where)
            ) as served:
                await test(served, made)

    trio.run(main)


def test_a_request_reaches_the_worker_with_the_fields_that_apache_sends(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(
            "GET /a%20b?c=d HTTP/1.1\r\nHost: Front:81\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: 5\r\nTE: trailers\r\nX-Hop: 1\r\nAccept: */*\r\n\r\n"
        )
        assert response.body == b"ok"
        sent = (
            f"GET /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:{made.port}\r\nAccept: */*\r\nX-Forwarded-For: 127.0.0.1\r\n"
            "X-Forwarded-Host: Front:81\r\nX-Forwarded-Server: front.test\r\nConnection: Keep-Alive\r\n\r\n"
        )
        assert notes.heads == [sent]

    serve(tmp_path, notes, test)


def test_forwarded_fields_are_appended_to_the_client_s_and_may_be_off(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        await served.ask("GET /a HTTP/1.1\r\nX-Forwarded-For: 10.0.0.1\r\nHost: x\r\n\r\n")
        await served.ask("GET /off/a HTTP/1.1\r\nX-Forwarded-For: 10.0.0.1\r\nHost: x\r\n\r\n")
        assert "X-Forwarded-For: 10.0.0.1, 127.0.0.1\r\n" in notes.heads[0]
        assert "X-Forwarded-For: 10.0.0.1\r\n" in notes.heads[1]
        assert "X-Forwarded-Host" not in notes.heads[1]

    serve(
        tmp_path,
        notes,
        test,
        "ProxyPass / http://WORKER/\n<Location /off>\nProxyAddHeaders Off\n</Location>",
    )


def test_preserve_host_and_via(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask("GET /a HTTP/1.1\r\nHost: Some.Name:99\r\n\r\n")
        assert "\r\nHost: Some.Name:99\r\n" in notes.heads[0]
        assert "\r\nVia: 1.1 front.test:99\r\n" in notes.heads[0]
        assert response.get("Via") == "1.1 front.test:99"

    serve(tmp_path, notes, test, "ProxyPreserveHost On\nProxyVia On\nProxyPass / http://WORKER/")


def test_connections_to_the_worker_are_used_again(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        for _ in range(5):
            assert (await served.ask(GET)).status == 200
        assert made.connections == 1
        connection = await served.connect()
        for _ in range(5):
            await connection.send(GET)
            assert (await connection.response()).body == b"ok"
        await connection.close()
        assert made.connections == 1

    serve(tmp_path, notes, test)


def test_disablereuse_opens_a_connection_for_each_request(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        for _ in range(3):
            await served.ask(GET)
        assert made.connections == 3
        assert all(head.endswith("Connection: close\r\n\r\n") for head in notes.heads)

    serve(tmp_path, notes, test, "ProxyPass / http://WORKER/ disablereuse=On")


def test_a_pooled_connection_found_closed_is_replaced(tmp_path: Path) -> None:
    async def once(connection: Connection) -> None:
        await connection.head()
        await connection.send(OK)

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        for _ in range(5):
            await connection.send(GET)
            assert (await connection.response()).status == 200
        await connection.close()
        assert made.connections == 5

    serve(tmp_path, once, test)


def test_pipelined_requests_are_answered_in_order(tmp_path: Path) -> None:
    async def echo_path(connection: Connection) -> None:
        while head := await connection.head():
            path = head.split(" ")[1]
            await connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(path)}\r\n\r\n{path}")

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("".join(f"GET /{i} HTTP/1.1\r\nHost: x\r\n\r\n" for i in range(50)))
        assert [(await connection.response()).body for _ in range(50)] == [
            f"/{i}".encode() for i in range(50)
        ]
        await connection.close()

    serve(tmp_path, echo_path, test)


async def echo_body(connection: Connection) -> None:
    """Answers with the request's framing fields and its body as it came on the wire."""
    while head := await connection.head():
        lines = [
            line
            for line in head.split("\r\n")
            if line.lower().startswith(("content-length", "transfer-encoding"))
        ]
        if "Transfer-Encoding" in head:
            raw = await connection.until(b"0\r\n\r\n")
        else:
            raw = await connection.exactly(int(lines[0].split(": ")[1])) if lines else b""
        body = "|".join(lines).encode() + b"|" + raw
        await connection.send(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )


@pytest.mark.parametrize(
    ("request_body", "seen"),
    [
        ("Content-Length: 3\r\n\r\nabc", b"Content-Length: 3|abc"),
        ("Content-Length: 0\r\n\r\n", b"Content-Length: 0|"),
        (
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            b"Content-Length: 5|abcde",
        ),
        (
            "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            b"Content-Length: 3|abc",
        ),
    ],
)
def test_small_bodies_are_sent_with_a_length(
    tmp_path: Path, request_body: str, seen: bytes
) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(f"POST / HTTP/1.1\r\nHost: x\r\n{request_body}")
        assert response.body == seen

    serve(tmp_path, echo_body, test)


def test_large_chunked_bodies_are_sent_chunked(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(40):
            await connection.send(b"400\r\n" + b"x" * 1024 + b"\r\n")
        await connection.send("0\r\n\r\n")
        response = await connection.response()
        assert response.body.startswith(b"Transfer-Encoding: chunked|")
        assert response.body.count(b"x") == 40 * 1024
        await connection.close()

    serve(tmp_path, echo_body, test)


@pytest.mark.parametrize("size", [1, 16383, 16384, 16385, 3_000_000])
def test_sized_bodies_of_any_size_arrive_whole(tmp_path: Path, size: int) -> None:
    async def test(served: Front, made: Worker) -> None:
        body = bytes(i % 251 for i in range(1000)) * (size // 1000 + 1)
        connection = await served.connect()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(
                connection.send,
                b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (size, body[:size]),
            )
            response = await connection.response()
        assert response.body == b"Content-Length: %d|%b" % (size, body[:size])
        await connection.close()

    serve(tmp_path, echo_body, test)


RESPONSES = {
    "sized": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
    "chunked": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nT: x\r\n\r\n",
        b"hello",
    ),
    "until close": (b"HTTP/1.1 200 OK\r\n\r\nhello", b"hello"),
    "1.0": (b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello"),
    "bare line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", b"hello"),
}


@pytest.mark.parametrize(("sent", "body"), RESPONSES.values(), ids=RESPONSES.keys())
@pytest.mark.parametrize("piece", [1, 1000])
@pytest.mark.parametrize("minor", [0, 1])
def test_responses_in_every_framing(
    tmp_path: Path, sent: bytes, body: bytes, piece: int, minor: int
) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        for at in range(0, len(sent), piece):
            await connection.send(sent[at : at + piece])
            await trio.lowlevel.checkpoint()

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(f"GET / HTTP/1.{minor}\r\nHost: x\r\nConnection: close\r\n\r\n")
        head = await connection.head()
        got = await connection.rest()
        assert head.startswith("HTTP/1.1 200 OK\r\n")
        if "Transfer-Encoding: chunked" in head:
            assert minor == 1
            pieces = got.split(b"\r\n")
            got = b"".join(pieces[1:-3:2])
            assert pieces[-3:] == [b"0", b"", b""]
        assert got == body

    serve(tmp_path, script, test)


def test_a_response_without_a_body(tmp_path: Path) -> None:
    notes = Notes(
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        OK,
    )

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        for method in ("GET", "GET", "HEAD"):
            await connection.send(f"{method} / HTTP/1.1\r\nHost: x\r\n\r\n")
            await connection.head()
        await connection.send(GET)
        assert (await connection.response()).body == b"ok"
        await connection.close()
        assert made.connections == 1

    serve(tmp_path, notes, test)


def test_fields_of_the_response(tmp_path: Path) -> None:
    notes = Notes(
        b"HTTP/1.1 302 Gone Elsewhere\r\nSet-Cookie: a=1\r\nLocation: http://worker.test/app/x?y\r\nConnection: X-Hop\r\nX-Hop: 1\r\nVary: A\r\nVary: B\r\n"
        b"Keep-Alive: timeout=9\r\nX: y\r\nServer: its own\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n"
    )

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask("GET /front/ HTTP/1.1\r\nHost: front.test:8000\r\n\r\n")
        lines = response.head.split("\r\n")
        assert lines[0] == "HTTP/1.1 302 Gone Elsewhere"
        assert lines[1].startswith("Date: ")
        assert lines[2:-2] == [
            "Server: its own", "Location: http://front.test:8000/front/x?y", "Vary: A,B", "X: y", "Content-Length: 0", "Set-Cookie: a=1", "Set-Cookie: b=2",
        ]  # fmt: skip

    serve(
        tmp_path,
        notes,
        test,
        "ProxyPass /front/ http://WORKER/app/\nProxyPassReverse /front/ http://WORKER/app/\nProxyPassReverse /front/ http://Worker.test/app/",
    )


@pytest.mark.parametrize(
    ("sent", "status", "logged"),
    [
        (b"", 502, "AH01102"),
        (b"rubbish\r\n\r\n", 502, "AH00898"),
        (b"HTTP/1.1 20x OK\r\n\r\n", 502, "AH00898"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", 502, "AH01106"),
        (b"HTTP/1.1 200 OK\r\nA b: c\r\n\r\n", 500, "AH02429"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 502, "AH01106"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, 502, "AH10124"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
            502,
            "Unexpected Upgrade: websocket (expecting n/a)",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Len", 502, "AH10404"),
        (b"HTTP/1.1 200", 502, "AH01102"),
        (b"HTTP/1.1 102 P\r\n\r\n" * 11, 502, "Too many (10) interim responses"),
    ],
)
def test_a_worker_that_answers_badly(tmp_path: Path, sent: bytes, status: int, logged: str) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(sent)

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(GET)
        response = await connection.response()
        while response.status < 200:
            response = await connection.response()
        assert response.status == status
        assert logged in served.log
        await connection.close()

    serve(tmp_path, script, test)


def test_a_worker_that_is_down(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        port = taken.getsockname()[1]
        serve(
            tmp_path, Notes(), _ask_a_worker_that_is_down, f"ProxyPass / http://127.0.0.1:{port}/"
        )


async def _ask_a_worker_that_is_down(served: Front, made: Worker) -> None:
    response = await served.ask(GET)
    assert response.status == 503
    assert "AH00957" in served.log
    assert "AH01114" in served.log
    assert "Connection refused" in served.log


def test_a_response_cut_short_cuts_the_client(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
        )

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(GET)
        assert (await connection.rest()).endswith(b"\r\n\r\n5\r\nhello\r\n")
        assert "AH01110" in served.log

    serve(tmp_path, script, test)


def test_a_silent_worker_is_a_502_after_its_timeout(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.rest()

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(GET)
        assert response.status == 502
        assert "(70007)The timeout specified has expired" in served.log

    serve(tmp_path, script, test, "ProxyPass / http://WORKER/ timeout=1")


def test_an_unanswered_request_on_a_kept_alive_connection_just_closes_it(tmp_path: Path) -> None:
    answered = 0

    async def script(connection: Connection) -> None:
        nonlocal answered
        while await connection.head():
            answered += 1
            if answered > 1:
                return
            await connection.send(OK)

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(GET)
        assert (await connection.response()).status == 200
        await connection.send(GET)
        assert await connection.rest() == b""

    serve(tmp_path, script, test)


BAD_REQUESTS = {
    "no host": ("GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "bad host": ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "rubbish": ("\x16\x03\x01\x02\r\n\r\n", 400),
    "bare LF": ("GET / HTTP/1.1\nHost: a\n\n", 400),
    "blank before colon": ("GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", 400),
    "long line": (f"GET /{'x' * 9000} HTTP/1.1\r\n", 414),
    "expectation": ("GET / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n", 417),
    "encoded slash": ("GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    "NUL": ("GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    "above the root": ("GET /../a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "connect": ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "gzip, chunked": (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        500,
    ),
    "bad chunk": ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    "excluded": ("GET /no/x HTTP/1.1\r\nHost: a\r\n\r\n", 404),
}


@pytest.mark.parametrize(("sent", "status"), BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_requests_that_are_refused(tmp_path: Path, sent: str, status: int) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        bystander = await served.connect()
        await bystander.send(GET)
        assert (await bystander.response()).status == 200
        assert (await served.ask(sent)).status == status
        await bystander.send(GET)
        assert (await bystander.response()).status == 200
        await bystander.close()
        assert len(notes.heads) == 2
        assert served.access[1].startswith(f"{status} ")

    serve(tmp_path, notes, test, "ProxyPass /no !\nProxyPass / http://WORKER/")


def test_an_error_answer_keeps_the_connection_where_apache_does(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
        assert (await connection.response()).status == 404
        await connection.send(GET)
        assert (await connection.response()).status == 200
        await connection.close()

    serve(tmp_path, Notes(), test, "ProxyPass /no !\nProxyPass / http://WORKER/")


def test_expect_100_continue_is_forwarded(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        head = await connection.head()
        assert "Expect: 100-continue" in head
        await connection.send("HTTP/1.1 100 Continue\r\n\r\n")
        assert await connection.exactly(5) == b"hello"
        await connection.send(OK)

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        )
        assert (await connection.head()).startswith("HTTP/1.1 100 ")
        await connection.send("hello")
        assert (await connection.response()).body == b"ok"
        await connection.close()

    serve(tmp_path, script, test)


def test_an_early_answer_to_an_upload_reaches_the_client(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(
            "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig"
        )

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        async with trio.open_nursery() as nursery:

            async def upload() -> None:
                try:
                    await connection.send(
                        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n"
                    )
                    for _ in range(50):
                        await connection.send(b"x" * 1_000_000)
                except trio.BrokenResourceError:
                    pass

            nursery.start_soon(upload)
            response = await connection.response()
            assert (response.status, response.body) == (413, b"big")
            assert response.get("Connection") == "close"
            nursery.cancel_scope.cancel()
        await connection.close()

    serve(tmp_path, script, test)


def test_a_half_closed_client_still_gets_its_response(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(GET + GET)
        connection.finish()
        got = await connection.rest()
        assert got.count(b"HTTP/1.1 200 OK") == 2

    serve(tmp_path, Notes(), test)


def test_keep_alive_fields_and_limits(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        ask = "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"
        await connection.send(ask)
        for left in (2, 1):
            response = await connection.response()
            assert response.get("Connection") == "Keep-Alive"
            assert response.get("Keep-Alive") == f"timeout=7, max={left}"
            await connection.send(ask)
        assert (await connection.response()).get("Connection") == "close"
        assert await connection.rest() == b""

    serve(
        tmp_path,
        Notes(),
        test,
        "MaxKeepAliveRequests 2\nKeepAliveTimeout 7\nProxyPass / http://WORKER/",
    )


def test_a_pool_with_a_limit_makes_requests_wait_and_acquire_ends_the_wait(tmp_path: Path) -> None:
    gate = trio.Event()

    async def script(connection: Connection) -> None:
        while await connection.head():
            await gate.wait()
            await connection.send(OK)

    async def test(served: Front, made: Worker) -> None:
        first, second, third = [await served.connect() for _ in range(3)]
        await first.send(GET)
        while not made.open:
            await trio.lowlevel.checkpoint()
        await second.send(GET)
        assert (await second.response()).status == 503
        assert "AH00941" in served.log
        await third.send(GET)
        gate.set()
        assert (await first.response()).status == 200
        assert (await third.response()).status == 200
        assert made.connections == 1
        for connection in (first, second, third):
            await connection.close()

    serve(tmp_path, script, test, "ProxyPass / http://WORKER/ max=1 acquire=300")


def test_a_unix_socket_as_worker(tmp_path: Path) -> None:
    notes = Notes()

    async def main() -> None:
        path = f"{tmp_path}/s"
        async with (
            worker(notes, path=path),
            front(tmp_path, f'ProxyPass / "unix:{path}|http://app.test/base/"') as served,
        ):
            for _ in range(2):
                assert (await served.ask(GET)).body == b"ok"
            assert notes.heads[0].startswith("GET /base/a HTTP/1.1\r\nHost: app.test\r\n")
        async with front(
            tmp_path, f'ProxyPass / "unix:{tmp_path}/none|http://app.test/"'
        ) as served:
            assert (await served.ask(GET)).status == 503
            assert "AH02454" in served.log

    trio.run(main)


def test_a_name_is_resolved_by_a_task_and_one_that_is_not_known_is_a_500(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask("GET /good/ HTTP/1.1\r\nHost: x\r\n\r\n")).body == b"ok"
        response = await served.ask("GET /bad/ HTTP/1.1\r\nHost: x\r\n\r\n")
        assert response.status == 500
        assert "DNS lookup failure for: no.such.name.invalid returned by /bad/" in served.log

    async def main() -> None:
        async with worker(Notes()) as made:
            text = f"ProxyPass /good/ http://localhost:{made.port}/\nProxyPass /bad/ http://no.such.name.invalid/"
            async with front(tmp_path, text) as served:
                await test(served, made)

    trio.run(main)


def test_a_slow_client_holds_the_worker_back_and_gets_everything(tmp_path: Path) -> None:
    sent = 0
    size = 80_000_000  # more than the kernel keeps in two connections, whose buffers grow

    async def script(connection: Connection) -> None:
        nonlocal sent
        await connection.head()
        await connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n")
        while sent < size:
            await connection.send(b"x" * 100_000)
            sent += 100_000

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        connection.stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        await connection.send(GET)
        await connection.head()
        before = -1
        while before != sent:  # until the worker is stopped by back-pressure
            before = sent
            await trio.sleep(0.1)
        assert sent < size
        flows = [
            endpoint.queued
            for endpoint in served.child.engine.table.values()
            if hasattr(endpoint, "queued")
        ]
        assert 0 < max(flows) <= BUFFER_SIZE  # one piece, and nothing more is read
        left = size - len(await connection.exactly(len(connection.held)))
        while left:
            data = await connection.stream.receive_some(left)
            assert data
            assert data == b"x" * len(data)
            left -= len(data)
        await connection.close()

    serve(tmp_path, script, test)


def test_the_access_log_has_a_line_per_request_in_order(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        for path in ("/1", "/2?x"):
            await connection.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
            await connection.response()
        await connection.close()
        assert served.access == ["200 2 GET /1 HTTP/1.1", "200 2 GET /2?x HTTP/1.1"]

    serve(tmp_path, Notes(), test)


def test_many_at_once_each_get_their_own_answer(tmp_path: Path) -> None:
    async def echo_path(connection: Connection) -> None:
        while head := await connection.head():
            path = head.split(" ")[1]
            await connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(path)}\r\n\r\n{path}")

    async def test(served: Front, made: Worker) -> None:
        async def client(number: int) -> None:
            connection = await served.connect()
            for turn in range(10):
                await connection.send(f"GET /{number}/{turn} HTTP/1.1\r\nHost: x\r\n\r\n")
                assert (await connection.response()).body == f"/{number}/{turn}".encode()
            await connection.close()

        async with trio.open_nursery() as nursery:
            for number in range(50):
                nursery.start_soon(partial(client, number))

    serve(tmp_path, echo_path, test)


def test_an_absolute_target_replaces_the_host(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        await served.ask("GET http://other.test:81/a?b HTTP/1.1\r\nHost: x\r\n\r\n")
        assert notes.heads[0].startswith("GET /a?b HTTP/1.1\r\nHost: other.test:81\r\n")
        assert "X-Forwarded-Host: other.test:81\r\n" in notes.heads[0]

    serve(tmp_path, notes, test, "ProxyPreserveHost On\nProxyPass / http://WORKER/")


def test_max_forwards_is_counted(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        statuses = []
        for method, value in (("GET", "5"), ("GET", "0"), ("GET", "x"), ("OPTIONS", "0")):
            ask = f"{method} / HTTP/1.1\r\nHost: x\r\nMax-Forwards: {value}\r\n\r\n"
            statuses.append((await served.ask(ask)).status)
        assert statuses == [200, 400, 400, 200]
        assert len(notes.heads) == 1
        assert "Max-Forwards: 4\r\n" in notes.heads[0]

    serve(tmp_path, notes, test)


def test_a_204_has_no_length(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(GET)).get("Content-Length") is None

    serve(tmp_path, Notes(b"HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n"), test)


def test_empty_lines_before_a_request_are_skipped_up_to_ten(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask("\r\n" * 10 + GET)).status == 200
        assert (await served.ask("\r\n" * 11 + GET)).status == 400

    serve(tmp_path, Notes(), test)


def test_a_head_that_comes_byte_by_byte(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        for byte in GET.encode():
            await connection.send(bytes([byte]))
            await trio.testing.wait_all_tasks_blocked()
        assert (await connection.response()).body == b"ok"

    serve(tmp_path, Notes(), test)


def test_a_client_that_gives_up_its_upload_is_logged_and_leaves_no_worker(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        assert await connection.rest() is not None

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n" + b"x" * 20000
        )
        while not made.open:
            await trio.lowlevel.checkpoint()
        await connection.close()
        while made.open:
            await trio.lowlevel.checkpoint()
        assert served.access == ["400 266 POST / HTTP/1.1"]
        assert "AH02608" in served.log

    serve(tmp_path, script, test)


def test_the_log_level_of_a_location_counts(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        await served.ask("GET /loud/%2F HTTP/1.1\r\nHost: x\r\n\r\n")
        for path in ("/quiet", "/loud"):
            await served.ask(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
        assert served.log.count("AH01114") == 1
        assert served.log.count("AH00957") == 2, "is about no request: the server's level counts"

    text = "ProxyPass / http://127.0.0.1:1/\n<Location /quiet>\nLogLevel crit\n</Location>"
    serve(tmp_path, Notes(), test, text)


# --- found by a review beside the real Apache


def test_two_vhosts_with_the_same_worker_keep_their_connections(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        for _ in range(5):
            for name in ("a.test", "b.test"):
                assert (await served.ask(f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n")).status == 200
        assert made.connections == 2

    vhost = "<VirtualHost *>\nServerName {}\nProxyPass / http://WORKER/\n</VirtualHost>\n"
    serve(tmp_path, notes, test, vhost.format("a.test") + vhost.format("b.test"))


def test_an_upload_may_take_longer_than_the_worker_s_timeout(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20016\r\n\r\n")
        await connection.send(b"x" * 20000)
        for _ in range(16):
            await trio.sleep(0.1)
            await connection.send(b"x")
        assert (await connection.response()).status == 200

    serve(tmp_path, echo_body, test, "ProxyPass / http://WORKER/ timeout=1")


def test_a_pipelined_request_behind_a_timeout_is_answered(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        while head := await connection.head():
            if "/slow" in head:
                await connection.rest()
                return
            await connection.send(OK)

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + GET)
        assert (await connection.response()).status == 502
        assert (await connection.response()).status == 200

    serve(tmp_path, script, test, "ProxyPass / http://WORKER/ timeout=1")


def test_a_length_named_in_connection_does_not_leave_the_body_without_an_end(
    tmp_path: Path,
) -> None:
    sent = b"HTTP/1.1 200 OK\r\nConnection: content-length, date, set-cookie\r\nDate: x\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok"

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(GET)
        head = await connection.head()
        assert "Transfer-Encoding: chunked\r\n" in head
        assert "Content-Length" not in head
        assert "Set-Cookie" not in head
        assert await connection.until(b"0\r\n\r\n") == b"2\r\nok\r\n0\r\n\r\n"

    serve(tmp_path, Notes(sent), test)


def test_an_answer_to_an_endless_head_is_not_lost_to_a_reset(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(b"GET /" + b"a" * 200_000)
        assert (await connection.rest()).startswith(b"HTTP/1.1 414 ")

    serve(tmp_path, Notes(), test)


def test_the_limit_of_a_pool_counts_those_that_wait_for_the_name(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(served.ask, GET)
        assert made.connections == 1

    async def main() -> None:
        async with worker(Notes()) as made:
            text = f"ProxyPass / http://localhost:{made.port}/ max=1"
            async with front(tmp_path, text) as served:
                await test(served, made)

    trio.run(main)


def test_no_100_from_the_worker_is_a_503_and_not_the_client_s_fault(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.rest()

    async def test(served: Front, made: Worker) -> None:
        ask = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        assert (await served.ask(ask)).status == 503
        assert "Timeout on 100-Continue" in served.log

    serve(tmp_path, script, test, "Timeout 1\nProxyPass / http://WORKER/ timeout=2")


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
    ],
)
def test_odd_but_clear_answers(tmp_path: Path, sent: bytes, body: bytes) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("GET / HTTP/1.0\r\n\r\n")
        await connection.head()
        assert await connection.rest() == body

    serve(tmp_path, Notes(sent), test)


def test_a_smaller_responsefieldsize_counts(tmp_path: Path) -> None:
    sent = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2000 + b"\r\nContent-Length: 0\r\n\r\n"

    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(GET)).head.startswith("HTTP/1.1 502 Bad Gateway\r\n")

    serve(tmp_path, Notes(sent), test, "ProxyPass / http://WORKER/ responsefieldsize=1000")
