"""Error pages beside the real apache2's: the same bytes."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from httpdlite.proxy.pages import CONTENT_TYPE, REASONS, error_page, extra_fields
from tests.peers.apache import Apache, running_apache

STATUSES = [status for status in REASONS if status not in (417, 506)]


@contextlib.contextmanager
def worker_that_closes() -> Iterator[int]:
    """A worker that reads a request and closes; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(65536)

        threading.Thread(target=run, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def apache() -> Iterator[Apache]:
    redirects = "".join(f"Redirect {status} /{status}\n" for status in STATUSES)
    with worker_that_closes() as port:
        rules = f"ProxyPass /dead http://127.0.0.1:{port}/\nProxyPass /dns http://a.invalid/\n"
        rules += "ProxyPass /forwards http://127.0.0.1:1/\n"
        with running_apache(redirects + rules, modules=("alias",)) as server:
            yield server


def ask(apache: Apache, line: bytes, *fields: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """Status line, fields and body of apache's answer."""
    request = b"\r\n".join(
        [line + b" HTTP/1.1", b"Host: x", b"Connection: close", *fields, b"", b""]
    )
    head, _, body = apache.send(request).partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    return first, dict(line.split(b": ", 1) for line in lines), body


@pytest.mark.peer
@pytest.mark.parametrize("status", STATUSES)
def test_page_as_apache(apache: Apache, status: int) -> None:
    line, fields, body = ask(apache, b"GET /%d" % status)
    assert (line[9:], body) == (b"%d " % status + error_page(status)[0], error_page(status)[1])
    assert fields[b"Content-Type"] == CONTENT_TYPE


@pytest.mark.peer
@pytest.mark.parametrize(
    "line, status, reason",
    [
        (b"GET /dead", 502, "Error reading from remote server"),
        (b"GET /dns/", 500, "DNS lookup failure for: a.invalid"),
        (b"GET /forwards/", 400, "Max-Forwards has reached zero - proxy loop?"),
    ],
)
def test_proxy_error_as_apache(apache: Apache, line: bytes, status: int, reason: str) -> None:
    fields = [b"Max-Forwards: 0"] if status == 400 else []
    first, _, body = ask(apache, line, *fields)
    phrase, page = error_page(status, reason=reason)
    assert (first[9:], body) == (b"%d " % status + phrase, page)


@pytest.mark.peer
def test_notes_methods_and_expectations_as_apache(apache: Apache) -> None:
    _, _, body = ask(apache, b"F<O /405")
    assert body == error_page(400, method=b"F<O")[1]
    _, _, body = ask(apache, b"PATCH /405")
    assert body == error_page(405, method=b"PATCH")[1]
    _, _, body = ask(apache, b"GET /", b'Expect: a<b&"c"')
    assert body == error_page(417, expect=b'a<b&"c"')[1]
    _, _, body = ask(apache, b"GET /", b"A: " + b"a" * 9000)
    note = "Size of a request header field exceeds server limit."
    assert body == error_page(400, notes=note)[1]


def test_reasons_are_escaped() -> None:
    phrase, page = error_page(502, reason='<script>&"\u20ac\xe9')
    assert phrase == b"Proxy Error"
    assert b"<strong>&lt;script&gt;&amp;&quot;&#8364;\xe9</strong>" in page


def test_braces_are_only_text() -> None:
    assert b"<strong>{admin}{0}</strong>" in error_page(502, reason="{admin}{0}")[1]
    assert b"method {uri} is" in error_page(405, method=b"{uri}")[1]


def test_unknown_status_has_the_page_of_500() -> None:
    phrase, page = error_page(499)
    assert phrase == b"Internal Server Error"
    assert b"<p>The server encountered an internal error" in page


def test_fields_that_go_with_a_status() -> None:
    assert extra_fields(404) == []
    assert (b"Upgrade", b"WebSocket") in extra_fields(426, "WebSocket")
    assert [name for name, _ in extra_fields(405)] == [b"Allow"]
    extra_fields(405).clear()
    assert extra_fields(405) != []
