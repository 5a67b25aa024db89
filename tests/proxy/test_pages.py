"""Error pages beside the real apache2's: the same bytes."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from httpdlite.conf.directives.core_requests import Signature, Trace
from httpdlite.proxy.pages import (
    CONTENT_TYPE,
    REASONS,
    TRACE_TYPE,
    allowed,
    error_page,
    extra_fields,
    moved_page,
    signature,
    text_page,
    trace_page,
)
from httpdlite.routes.selfname import SelfName
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


DOCUMENTS = """
ServerTokens Prod
ServerSignature On
ServerAdmin a<b>@x.test
ErrorDocument 403 http://x.test/%20?a=b&c#d
ErrorDocument 404 "h\u00e4tt <b> \\"q\\""
ErrorDocument 503 /no/such
TraceEnable extended
Redirect 403 /403
Redirect 503 /503
Redirect 500 /500
<Location /500>
ServerSignature EMail
UseCanonicalName On
</Location>
<Location /no>
ErrorDocument 404 default
</Location>
"""


@pytest.fixture(scope="module")
def documents() -> Iterator[Apache]:
    with running_apache(DOCUMENTS, modules=("alias",)) as server:
        yield server


@pytest.mark.peer
def test_pages_of_documents_as_apache(documents: Apache) -> None:
    name = SelfName("x", 80)
    footer = signature(Signature.ON, "Apache", name, "")
    first, fields, body = ask(documents, b"GET /403")
    assert (first, body) == (
        b"HTTP/1.1 302 Found",
        moved_page("http://x.test/%20?a=b&c#d", footer=footer)[1],
    )
    assert fields[b"Location"] == b"http://x.test/%20?a=b&c#d"
    first, fields, body = ask(documents, b"GET /none")
    assert (first, body) == (b"HTTP/1.1 404 Not Found", text_page('h\u00e4tt <b> "q"'))
    assert fields[b"Content-Type"] == CONTENT_TYPE
    _, _, body = ask(documents, b"GET /503")
    assert body == error_page(503, failed_document=True, footer=footer)[1]
    _, _, body = ask(documents, b"GET /500")
    assert b'Server at <a href="mailto:a&lt;b&gt;@x.test">' in body
    shown = body.partition(b'@x.test">')[2].partition(b"</a> Port ")
    canonical = SelfName(shown[0].decode(), int(shown[2].partition(b"<")[0]))
    admin = "a<b>@x.test"
    footer = signature(Signature.EMAIL, "Apache", canonical, admin)
    assert body == error_page(500, admin=admin, footer=footer)[1]


@pytest.mark.peer
def test_trace_as_apache(documents: Apache) -> None:
    fields = [(b"Host", b"x"), (b"Connection", b"close"), (b"Content-Length", b"3")]
    request = trace_page(b"TRACE /q?a HTTP/1.1", fields, b"abc")
    answer = documents.send(request)
    assert TRACE_TYPE in answer
    assert request in answer  # in one chunk


def test_a_worker_s_own_reason_is_the_title() -> None:
    phrase, page = error_page(404, own_reason=b"Not <here>")
    assert phrase == b"Not <here>"
    assert b"<title>404 Not &lt;here&gt;</title>" in page
    assert b"<p>The requested URL was not found on this server.</p>" in page


def test_methods_that_are_allowed() -> None:
    assert extra_fields(405, allow=allowed(Trace.OFF)) == [(b"Allow", b"")]
    assert extra_fields(501, allow=allowed(Trace.ON)) == [(b"Allow", b"TRACE")]
    assert extra_fields(404, allow=b"") == []
    assert signature(Signature.OFF, "x", SelfName("a", 1), "") == ""


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
