"""Answers that are made here: error pages, ErrorDocument, ProxyErrorOverride, TRACE, OPTIONS."""

from pathlib import Path

import pytest

from tests.serve.front import Connection, Front, Worker
from tests.serve.test_http import GET, OK, Notes, serve

DEAD = "ProxyPass /dead http://127.0.0.1:1/\nProxyPass / http://WORKER/\n"
FAILED = b"HTTP/1.1 503 Later\r\nContent-Length: 4\r\nX: y\r\n\r\nlate"
FINE = b"HTTP/1.1 200 Fine\r\nContent-Length: 5\r\n\r\nsorry"


def names(head: str) -> list[str]:
    return [line.partition(":")[0] for line in head.split("\r\n")[1:-2]]


def test_the_order_of_a_page_s_fields(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask("GET /dead HTTP/1.1\r\nHost: x\r\n\r\n")
        wanted = ["Date", "Server", "Content-Length", "Connection", "Content-Type"]
        assert names(response.head) == wanted

    serve(tmp_path, Notes(), test, DEAD)


@pytest.mark.parametrize(
    ("document", "line", "location", "body"),
    [
        ('"no luck"', "HTTP/1.1 503 Service Unavailable", None, b"no luck"),
        ("http://other.test/x?a&b", "HTTP/1.1 302 Found", "http://other.test/x?a&b", b"a&amp;b"),
    ],
)
def test_error_documents(
    tmp_path: Path, document: str, line: str, location: str | None, body: bytes
) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask("GET /dead HTTP/1.1\r\nHost: x\r\n\r\n")
        assert response.head.split("\r\n")[0] == line
        assert response.get("Location") == location
        assert body in response.body
        assert names(response.head)[-1] == "Content-Type"

    serve(tmp_path, Notes(), test, f"ErrorDocument 503 {document}\n{DEAD}")


def test_an_error_document_of_a_worker(tmp_path: Path) -> None:
    notes = Notes(FINE)

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(
            "POST /dead HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nA: b\r\n\r\n", body=b"body"
        )
        assert (response.status, response.body) == (200, b"sorry")
        assert response.get("Connection") == "close"
        assert notes.heads[0].startswith("GET /sorry?x HTTP/1.1\r\n")
        assert "\r\nA: b\r\n" in notes.heads[0]
        assert "\r\nContent-Length: 0\r\n" in notes.heads[0]
        assert served.access == ["200 5 POST /dead HTTP/1.1"]

    serve(tmp_path, notes, test, f"ErrorDocument 503 /sorry?x\n{DEAD}")


def test_an_error_document_for_head_has_no_body(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("HEAD /dead HTTP/1.1\r\nHost: x\r\n\r\n")
        assert "\r\nContent-Length: 5\r\n" in await connection.head()
        assert not await connection.rest()

    serve(tmp_path, Notes(FINE), test, f"ErrorDocument 503 /sorry\n{DEAD}")


def test_the_body_of_an_error_document_for_head_is_not_waited_for(tmp_path: Path) -> None:
    notes = Notes(b"HTTP/1.1 200 Fine\r\nContent-Length: 5\r\n\r\n", OK)

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("HEAD /%2f HTTP/1.1\r\nHost: x\r\n\r\n")
        assert "\r\nContent-Length: 5\r\n" in await connection.head()
        await connection.send(GET)
        assert (await connection.response()).body == b"ok"
        await connection.close()

    serve(tmp_path, notes, test, f"ErrorDocument 404 /sorry\n{DEAD}")


def test_an_error_document_that_fails(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask("GET /dead HTTP/1.1\r\nHost: x\r\n\r\n")
        assert response.status == 503
        assert b"Additionally, a 503 Service Unavailable\nerror was enc" in response.body
        assert made.connections == 0

    serve(tmp_path, Notes(), test, f"ErrorDocument 503 /dead/too\n{DEAD}")


def test_a_body_that_comes_during_an_error_document_is_skipped(tmp_path: Path) -> None:
    notes = Notes(FINE, OK)

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(
            b"POST /none/%2f HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n" + b"x" * 9000
        )
        assert (await connection.response()).body == b"sorry"
        await connection.send(b"x" * 11000 + GET.encode())
        assert (await connection.response()).body == b"ok"
        assert len(notes.heads) == 2
        await connection.close()

    serve(tmp_path, notes, test, f"ErrorDocument 404 /sorry\n{DEAD}")


def test_error_override_sends_our_page_with_the_worker_s_reason(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        for _ in range(2):
            await connection.send(GET)
            response = await connection.response()
            assert response.head.startswith("HTTP/1.1 404 Gone Fishing\r\n")
            assert response.get("X") is None
            assert b"<h1>Gone Fishing</h1>" in response.body
        assert made.connections == 2  # of such an answer nothing is read
        await connection.close()

    answer = b"HTTP/1.1 404 Gone Fishing\r\nX: y\r\nContent-Length: 2\r\n\r\nno"
    serve(tmp_path, Notes(answer), test, f"ProxyErrorOverride On\n{DEAD}")


def test_error_override_for_some_statuses(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(GET)
        assert (response.status, response.body) == (503, b"late")

    serve(tmp_path, Notes(FAILED), test, f"ProxyErrorOverride On 404 500\n{DEAD}")


def test_a_document_for_an_overridden_answer_has_the_status_of_the_error(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(GET)
        assert response.head.startswith("HTTP/1.1 503 Service Unavailable\r\n")
        assert response.body == b"sorry"

    text = f"ProxyErrorOverride On\nErrorDocument 503 /sorry\n{DEAD}"
    serve(tmp_path, Notes(FAILED, FINE), test, text)


def test_a_document_that_errs_is_not_asked_for_again(tmp_path: Path) -> None:
    notes = Notes(FAILED)

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(GET)
        assert response.head.startswith("HTTP/1.1 503 Later\r\n")
        assert b"Additionally, a 503 Service Unavailable" in response.body
        assert len(notes.heads) == 2

    text = f"ProxyErrorOverride On\nErrorDocument 503 /sorry\n{DEAD}"
    serve(tmp_path, notes, test, text)


def test_trace_that_goes_no_further(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("TRACE /x HTTP/1.1\r\nHost: x\r\nA:  b\r\nMax-Forwards: 0\r\n\r\n")
        head = await connection.head()
        assert "\r\nTransfer-Encoding: chunked\r\nContent-Type: message/http\r\n" in head
        echoed = b"TRACE /x HTTP/1.1\r\nHost: x\r\nA: b\r\nMax-Forwards: 0\r\n\r\n"
        assert echoed in await connection.until(b"\r\n0\r\n\r\n")
        await connection.send(GET)
        assert (await connection.response()).body == b"ok"
        await connection.close()

    serve(tmp_path, Notes(), test)


def test_trace_extended_sends_the_body_back(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("TRACE /none HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nbod")
        await connection.send("y.\n")
        assert b"\r\n\r\nbody.\n" in await connection.until(b"0\r\n\r\n")
        response = await served.ask("TRACE /none HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nb")
        assert response.status == 200
        await connection.close()

    serve(tmp_path, Notes(), test, "TraceEnable extended\nProxyPass /a http://WORKER/")


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_trace_extended_has_a_limit(
    tmp_path: Path, is_chunked: bool, more: int, status: int
) -> None:
    size = 65536 + more

    async def test(served: Front, made: Worker) -> None:
        if is_chunked:
            field, body = "Transfer-Encoding: chunked", b"%x\r\n%b\r\n" % (size, b"b" * size)
        else:
            field, body = f"Content-Length: {size}", b"b" * size
        connection = await served.connect()
        await connection.send(f"TRACE /none HTTP/1.1\r\nHost: x\r\n{field}\r\n\r\n".encode() + body)
        await connection.send(b"0\r\n\r\n" if is_chunked else b"")
        assert (await connection.head()).startswith(f"HTTP/1.1 {status} ")
        await connection.close()

    serve(tmp_path, Notes(), test, "TraceEnable extended\nProxyPass /a http://WORKER/")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("0", b"Max-Forwards has reached zero - proxy loop?"),
        ("x", b"Max-Forwards request header could not be parsed"),
    ],
)
def test_max_forwards_at_its_end(tmp_path: Path, value: str, reason: bytes) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(f"GET / HTTP/1.1\r\nHost: x\r\nMax-Forwards: {value}\r\n\r\n")
        assert response.head.startswith("HTTP/1.1 400 Proxy Error\r\n")
        assert reason in response.body
        response = await served.ask("OPTIONS / HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n")
        assert (response.status, response.get("Allow")) == (200, "TRACE")
        assert made.connections == 0

    serve(tmp_path, Notes(), test)


def test_requests_behind_one_whose_max_forwards_is_at_its_end(tmp_path: Path) -> None:
    async def test(served: Front, _: Worker) -> None:
        connection = await served.connect()
        await connection.send(
            "OPTIONS / HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n"
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        assert (await connection.response()).get("Allow") == "TRACE"
        assert (await connection.response()).body == b"ok"
        await connection.close()

    serve(tmp_path, Notes(), test)


def test_a_signature(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask("GET /none HTTP/1.1\r\nHost: A.test:81\r\n\r\n")
        assert (
            b'<address>httpdlite Server at <a href="mailto:me@x">a.test</a> Port 81<'
            in response.body
        )
        assert response.get("Server") == "httpdlite"

    text = "ServerSignature EMail\nServerAdmin me@x\nServerTokens Prod\nProxyPass /a http://WORKER/"
    serve(tmp_path, Notes(), test, text)


def test_a_broken_body_ends_the_connection_and_its_page(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"
        )
        head = await connection.head()
        assert head.startswith("HTTP/1.1 400 Bad Request\r\n")
        assert names(head) == ["Date", "Server", "Connection", "Content-Type"]
        assert (await connection.rest()).endswith(b"</body></html>\n")

    serve(tmp_path, Notes(), test)


def test_variables_are_in_the_log(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        await served.ask(GET)
        await served.ask("GET /none HTTP/1.1\r\nHost: x\r\n\r\n")
        served.child.logs.flush()
        assert (tmp_path / "env.log").read_text().splitlines() == ["200 one -", "404 - two"]

    text = (
        f'CustomLog {tmp_path}/env.log "%>s %{{Where}}e %{{NONE}}e"\n'
        "<Location /a>\nSetEnv WHERE one\nProxyPass http://WORKER/\n</Location>\n"
        "<Location /none>\nSetEnv None two\n</Location>\n"
    )
    serve(tmp_path, Notes(), test, text)


def test_a_client_that_ends_within_its_body_gets_a_page(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nbody")
        connection.finish()
        assert (await connection.response()).status == 400
        assert made.connections == 0

    serve(tmp_path, Notes(), test)


def test_expect_of_a_worker_that_dies_closes_the_connection(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
        )
        response = await connection.response()
        assert (response.status, response.get("Connection")) == (502, "close")
        await connection.close()

    serve(tmp_path, script, test)
