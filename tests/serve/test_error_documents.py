"""ErrorDocument with a path: who may have the document, and what its worker is told
(error_documents.py, answering.py). As httpd does it, which makes a request of its own of it.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest

from tests.serve.front import Connection, Front, Worker
from tests.serve.test_http import serve as serve_with

RULES: Final = "ProxyPass / http://WORKER/\n<Location /x>\nSSLRequireSSL\n</Location>\n"
"""Over a plain connection, /x is a 403."""

PHASES: Final = "SetEnvIf Host . seen\n<If \"%{HTTP_HOST} == 'none'\">\nRequire all denied\n</If>\n"
"""With these, requests go through all phases."""


async def answer(connection: Connection) -> None:
    """A worker: what it was asked for is its answer."""
    while head := await connection.head():
        await connection.send(
            f"HTTP/1.1 200 OK\r\nContent-Length: {len(head.encode('latin-1'))}\r\n\r\n{head}"
        )


def serve(tmp_path: Path, text: str, test: Callable[[Front, Worker], Awaitable[None]]) -> None:
    serve_with(tmp_path, answer, test, text)


async def get(served: Front, target: str, more: str = "") -> tuple[int, str]:
    connection = await served.connect()
    fields = f"Host: a\r\nX-By: the client\r\n{more}"
    await connection.send(f"GET {target} HTTP/1.1\r\n{fields}\r\n")
    response = await connection.response()
    return response.status, response.body.decode("latin-1")


@pytest.mark.parametrize("more", ["", PHASES])
def test_a_document_that_needs_tls_is_not_for_who_has_none(tmp_path: Path, more: str) -> None:
    async def test(served: Front, made: Worker) -> None:
        status, body = await get(served, "/x")
        assert status == 403
        assert "GET " not in body
        assert made.connections == 0

    serve(tmp_path, f"{more}{RULES}ErrorDocument 403 /x/sorry\n", test)


@pytest.mark.parametrize(
    ("rule", "target", "said"),
    [
        ("RequestHeader set X-By 'the proxy'", "/x", "the proxy"),
        ("RequestHeader set X-By 'the proxy'", "/y", "the proxy"),
        ("RequestHeader append X-By 'the proxy'", "/x", "the client, the proxy"),
        ("RequestHeader append X-By 'the proxy'", "/y", "the client, the proxy"),
        (
            "<Location /sorry>\nRequestHeader set X-By 'the proxy'\n</Location>",
            "/x",
            "the proxy",
        ),
        (f"{PHASES}RequestHeader set X-By 'the proxy'", "/x", "the proxy"),
    ],
)
def test_fields_are_set_for_a_document_as_for_every_request(
    tmp_path: Path, rule: str, target: str, said: str
) -> None:
    """/x is refused when the fields have been set, /y (for its Expect) before."""

    async def test(served: Front, _: Worker) -> None:
        status, body = await get(served, target, "Expect: wonders\r\n" if target == "/y" else "")
        assert status == 200  # it is the worker that answers
        assert body.startswith("GET /sorry ")
        assert f"X-By: {said}\r\n" in body
        assert body.count("X-By") == 1

    documents = "ErrorDocument 403 /sorry\nErrorDocument 417 /sorry\n"
    serve(tmp_path, f"{RULES}{documents}{rule}\n", test)
