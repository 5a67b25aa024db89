"""What parameters of workers and variables make of requests and answers."""

import socket
from pathlib import Path

import pytest
import trio

from tests.serve.front import Connection, Front, Worker
from tests.serve.test_http import GET, OK, Notes, serve

POST = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
CHUNKED = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PLAIN = "ProxyPass / http://WORKER/"


# --- workers ---


def test_ping_holds_the_body_back(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        head = await connection.head()
        assert "\r\nExpect: 100-Continue\r\nX-Forwarded-For: " in head
        with trio.move_on_after(0.05) as early:
            await connection.exactly(1)
        assert early.cancelled_caught
        await connection.send(CONTINUE)
        assert await connection.exactly(4) == b"body"
        await connection.send(OK)

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(POST, body=b"body")
        assert (response.status, response.body) == (200, b"ok")

    serve(tmp_path, script, test, f"{PLAIN} ping=5")


def test_ping_of_a_long_body(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(CONTINUE)
        assert len(await connection.exactly(300000)) == 300000
        await connection.send(OK)

    async def test(served: Front, made: Worker) -> None:
        head = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n"
        assert (await served.ask(head, body=b"b" * 300000)).body == b"ok"

    serve(tmp_path, script, test, f"{PLAIN} ping=5")


def test_ping_without_an_answer(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        assert not await connection.rest()

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(POST, body=b"body")
        assert (response.status, response.get("Connection")) == (503, "close")
        assert "AH00898: Timeout on 100-Continue returned by /a" in served.log

    serve(tmp_path, script, test, f"Timeout 60\n{PLAIN} ping=50ms")


def test_ping_and_a_final_answer_at_once(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        while await connection.head():
            await connection.send(OK)

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        for _ in range(2):
            await connection.send(POST + "body")
            assert (await connection.response()).body == b"ok"
        assert made.connections == 2  # the worker still waits for the first body
        await connection.close()

    serve(tmp_path, script, test, f"{PLAIN} ping=5")


def test_a_disabled_worker(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(GET)
        assert (response.status, response.get("Connection")) == (503, "close")
        assert f"AH00940: http: disabled connection for (127.0.0.1:{made.port})" in served.log
        assert made.connections == 0

    serve(tmp_path, Notes(), test, f"{PLAIN} status=D")


@pytest.mark.parametrize("word", ["127.0.0.1", "*", "27.0"])
def test_a_blocked_worker(tmp_path: Path, word: str) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(GET)
        assert response.head.startswith("HTTP/1.1 403 Proxy Error\r\n")
        assert b"Connect to remote machine blocked" in response.body
        assert "AH00898: Connect to remote machine blocked returned by /a" in served.log
        assert made.connections == 0

    serve(tmp_path, Notes(), test, f"ProxyBlock {word}\n{PLAIN}")


def test_a_worker_that_is_not_blocked(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(GET)).body == b"ok"

    serve(tmp_path, Notes(), test, f"ProxyBlock other.test\n{PLAIN}")


def test_the_source_address(tmp_path: Path) -> None:
    peers: list[str] = []

    async def script(connection: Connection) -> None:
        peers.append(connection.stream.socket.getpeername()[0])
        await connection.head()
        await connection.send(OK)

    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(GET)).body == b"ok"
        assert peers == ["127.0.0.77"]

    serve(tmp_path, script, test, f"ProxySourceAddress 127.0.0.77\n{PLAIN}")


def test_a_source_address_of_another_family(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(GET)).status == 503
        assert "AH00957" in served.log

    serve(tmp_path, Notes(), test, f"ProxySourceAddress ::1\n{PLAIN}")


def test_buffers(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"a" * 100000

    async def test(served: Front, made: Worker) -> None:
        assert len((await served.ask(GET)).body) == 100000
        (pool,) = served.child.pools
        assert pool.read_size == 512
        connection = pool.idle[0]
        assert connection.endpoint is not None
        size = connection.endpoint.sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        assert size == 8192  # the kernel doubles it

    serve(tmp_path, Notes(answer), test, f"{PLAIN} iobuffersize=512 receivebuffersize=4096")


def test_a_worker_of_http_1_0_is_not_used_again(tmp_path: Path) -> None:
    answer = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"

    async def test(served: Front, made: Worker) -> None:
        for _ in range(2):
            assert (await served.ask(GET)).body == b"ok"
        assert made.connections == 2

    serve(tmp_path, Notes(answer), test)


@pytest.mark.parametrize(
    ("how", "body"), [("Ignore", b"ok"), ("StartBody", b"Content-Length: 2\r\n\r\nok")]
)
def test_bad_header(tmp_path: Path, how: str, body: bytes) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(b"HTTP/1.1 200 OK\r\nX: y\r\nbad\r\nContent-Length: 2\r\n\r\nok")

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("GET /a?b HTTP/1.0\r\nHost: x\r\n\r\n")
        assert "\r\nX: y\r\n" in await connection.head()
        assert await connection.rest() == body
        assert "returned by /a (GET)" in served.log

    serve(tmp_path, script, test, f"ProxyBadHeader {how}\n{PLAIN}")


@pytest.mark.parametrize(("size", "status"), [(99, 200), (100, 502)])
def test_response_field_size_is_without_the_line_s_end(
    tmp_path: Path, size: int, status: int
) -> None:
    folded = b"X: " + b"v" * 40 + b"\r\n " + b"v" * (size - 44)
    answer = b"HTTP/1.1 200 OK\r\n" + folded + b"\r\nContent-Length: 2\r\n\r\nok"

    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(GET)).status == status

    serve(tmp_path, Notes(answer), test, f"{PLAIN} responsefieldsize=100")


# --- variables ---


def test_force_proxy_request_1_0(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        await served.ask(
            "GET /a HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"
        )
        await served.ask(CHUNKED, body=b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n")
        assert made.connections == 2
        assert all(head.partition("\r\n")[0].endswith(" /a HTTP/1.0") for head in notes.heads[:2])
        assert not any("Connection:" in head or "Upgrade:" in head for head in notes.heads[:2])
        assert notes.heads[1].endswith("\r\nContent-Length: 4\r\n\r\n")

    text = f"SetEnv force-proxy-request-1.0 1\n{PLAIN} upgrade=websocket"
    serve(tmp_path, notes, test, text)


def test_expect_is_not_sent_to_a_worker_of_http_1_0(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(CHUNKED.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n"))
        assert await connection.head() == CONTINUE.decode()
        await connection.send(b"2\r\nab\r\n0\r\n\r\n")
        assert (await connection.response()).body == b"ok"
        assert "Expect" not in notes.heads[0]
        await connection.close()

    serve(tmp_path, notes, test, f"SetEnv force-proxy-request-1.0 1\n{PLAIN}")


def test_sendcl_collects_the_body(tmp_path: Path) -> None:
    got: list[bytes] = []

    async def script(connection: Connection) -> None:
        assert "\r\nContent-Length: 40000\r\n" in await connection.head()
        got.append(await connection.exactly(40000))
        await connection.send(OK)

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(CHUNKED)
        for _ in range(2):
            await connection.send(b"4e20\r\n" + b"b" * 20000 + b"\r\n")
        await connection.send(b"0\r\n\r\n")
        assert (await connection.response()).body == b"ok"
        assert got == [b"b" * 40000]
        await connection.close()

    serve(tmp_path, script, test, f"SetEnv proxy-sendcl 1\n{PLAIN}")


def test_nokeepalive_towards_the_worker(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        for _ in range(2):
            assert (await served.ask(GET)).get("Connection") is None
        assert made.connections == 2
        assert all(head.endswith("\r\nConnection: close\r\n\r\n") for head in notes.heads)

    serve(tmp_path, notes, test, f"SetEnv proxy-nokeepalive 1\n{PLAIN}")


def test_initial_not_pooled(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        await served.ask(GET)
        connection = await served.connect()
        for wanted in (2, 2):
            await connection.send(GET)
            assert (await connection.response()).body == b"ok"
            assert made.connections == wanted
        await connection.close()

    serve(tmp_path, Notes(), test, f"SetEnv proxy-initial-not-pooled 1\n{PLAIN}")


def test_extra_crlf(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        for _ in range(2):
            await connection.send(GET)
            assert (await connection.response()).body == b"ok"
        assert notes.heads[1].startswith("\r\nGET /a HTTP/1.1\r\n")
        await connection.close()

    serve(tmp_path, notes, test, f"SetEnv proxy-sendextracrlf 1\n{PLAIN}")


@pytest.mark.parametrize(
    ("value", "shown"),
    [("RFC", ["100", "103", "200"]), ("Suppress", ["200"]), (None, ["103", "200"])],
)
def test_interim_answers(tmp_path: Path, value: str | None, shown: list[str]) -> None:
    answer = CONTINUE + b"HTTP/1.1 103 Early\r\nLink: a\r\nContent-Length: 9\r\n\r\n" + OK

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(GET)
        for status in shown:
            head = await connection.head()
            assert head.startswith(f"HTTP/1.1 {status} ")
            assert ("Content-Length" in head) is (status == "200")
        await connection.close()

    setting = f"SetEnv proxy-interim-response {value}\n" if value else ""
    serve(tmp_path, Notes(answer), test, setting + PLAIN)


def test_location_of_an_interim_answer_is_reversed(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        port = connection.stream.socket.getsockname()[1]
        head = f"HTTP/1.1 103 Early\r\nLocation: http://127.0.0.1:{port}/y\r\n\r\n"
        await connection.send(head.encode() + OK)

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("GET /a/x HTTP/1.1\r\nHost: x\r\n\r\n")
        assert "\r\nLocation: http://x/a/y\r\n" in await connection.head()
        await connection.close()

    text = "ProxyPass /a/ http://WORKER/\nProxyPassReverse /a/ http://WORKER/"
    serve(tmp_path, script, test, text)


CHUNKS_BACK = (
    b"HTTP/1.1 200 OK\r\nVary: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
)


def test_downgrade(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(GET)
        head = await connection.head()
        assert head.startswith("HTTP/1.1 200 OK\r\n")
        assert "\r\nConnection: close\r\n" in head
        assert "Transfer-Encoding" not in head
        assert await connection.rest() == b"ok"

    serve(tmp_path, Notes(CHUNKS_BACK), test, f"SetEnv downgrade-1.0 1\n{PLAIN}")


@pytest.mark.parametrize(("version", "spoken"), [("1.0", "1.0"), ("1.1", "1.1")])
def test_force_no_vary(tmp_path: Path, version: str, spoken: str) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(f"GET /a HTTP/{version}\r\nHost: x\r\nConnection: close\r\n\r\n")
        head = await connection.head()
        assert head.startswith(f"HTTP/{spoken} 200 OK\r\n")
        assert "Vary" not in head
        await connection.close()

    serve(tmp_path, Notes(CHUNKS_BACK), test, f"SetEnv force-no-vary 1\n{PLAIN}")


def test_nokeepalive_towards_the_client(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask("GET /a HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n")
        assert response.get("Connection") == "close"

    serve(tmp_path, Notes(), test, f"SetEnv nokeepalive 1\n{PLAIN}")


# --- heads ---


def test_proxy_max_forwards(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        await served.ask("GET /a HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n")
        await served.ask("GET /a HTTP/1.1\r\nHost: x\r\nMax-Forwards: 3\r\n\r\n")
        assert "\r\nA: b\r\nMax-Forwards: 5\r\nX-Forwarded-For: " in notes.heads[0]
        assert "\r\nMax-Forwards: 2\r\n" in notes.heads[1]

    serve(tmp_path, notes, test, f"ProxyMaxForwards 5\n{PLAIN}")


def test_continue_is_said_here(tmp_path: Path) -> None:
    notes = Notes()

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(POST.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n"))
        assert await connection.head() == CONTINUE.decode()
        await connection.send("body")
        assert (await connection.response()).body == b"ok"
        assert "Expect" not in notes.heads[0]
        await connection.close()

    serve(tmp_path, notes, test, f"Proxy100Continue Off\n{PLAIN}")


def test_cookies_vary_and_repeated_fields(tmp_path: Path) -> None:
    answer = (
        b"HTTP/1.1 200 OK\r\nServer: w\r\nSet-Cookie: a=b; Path=/app; Domain=in.test\r\n"
        b"Vary: a\r\nVary: b, a\r\nContent-Type: x/y\r\nContent-Type: text/html\r\n"
        b"Date: d\r\nDate: e\r\nVia: 1.1 w\r\nContent-Length: 02\r\n\r\nok"
    )

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask("GET /a HTTP/1.1\r\nHost: x:8080\r\n\r\n")
        assert response.head.split("\r\n")[1:-2] == [
            "Date: d",
            "Server: w",
            "Vary: a,b",
            "Content-Type: x/y",
            "Via: 1.1 w",
            "Content-Length: 2",
            "Set-Cookie: a=b; Path=/; Domain=out.test",
            "Via: 1.1 front.test:8080",
        ]

    text = (
        "ProxyVia On\nProxyPassReverseCookiePath /app /\n"
        f"ProxyPassReverseCookieDomain in.test out.test\n{PLAIN}"
    )
    serve(tmp_path, Notes(answer), test, text)


def test_an_empty_body_in_chunks_has_a_length(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(GET)
        assert response.get("Content-Length") == "0"
        assert response.get("Transfer-Encoding") is None

    serve(tmp_path, Notes(answer), test)


def test_an_empty_body_in_chunks_has_a_length_for_http_1_0_too(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert response.get("Content-Length") == "0"
        assert response.get("Connection") == "Keep-Alive"

    serve(tmp_path, Notes(answer), test)


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("Vary: A, B", "Vary: A,B"),
        ("vary: A , B,a", "vary: A,B"),
        ("Vary: *", "Vary: *"),
    ],
)
def test_a_single_vary_is_made_short(tmp_path: Path, sent: str, seen: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\n{sent}\r\nContent-Length: 0\r\n\r\n".encode()

    async def test(served: Front, made: Worker) -> None:
        assert seen in (await served.ask(GET)).head.split("\r\n")

    serve(tmp_path, Notes(answer), test)


@pytest.mark.parametrize("name", ["Content-Length", "content-length"])
def test_head_is_not_told_a_length_of_nothing(tmp_path: Path, name: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\n{name}: 0\r\n\r\n".encode()

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n")
        assert response.get("Content-Length") is None
        assert (await served.ask(GET)).get("Content-Length") == "0"

    serve(tmp_path, Notes(answer), test)


def test_an_unknown_policy_for_interim_answers_is_warned_of(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(GET)).status == 200
        assert "[proxy_http:warn]" in served.log
        assert "AH01108: undefined proxy interim response policy" in served.log

    answer = b"HTTP/1.1 103 Early\r\n\r\n" + OK
    serve(tmp_path, Notes(answer), test, f"SetEnv proxy-interim-response bogus\n{PLAIN}")


def test_a_vhosts_own_buffer_counts_for_its_own_workers(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(GET)).status == 200
        assert [pool.read_size for pool in served.child.pools] == [700]

    text = f"ProxyIOBufferSize 600\n<VirtualHost *>\nProxyIOBufferSize 700\n{PLAIN}\n</VirtualHost>"
    serve(tmp_path, Notes(), test, text)
