"""Where httpdlite and Apache, as proxies, make something else of the same bytes, and why that is
safe.

As framing_judged.py, with apache2 itself: who forwards less of a client's stream is the stricter;
of a worker's answer, who gives the client an error (or what h11 does not read) instead of it.
"""

from typing import Final

from tests.peers.framing_judged import CONTROL, Judged, Table
from tests.peers.framing_messages import NEXT

REQUESTS_APACHE: Final[Table] = (
    Judged(
        "httpdlite",
        "no version: HTTP/0.9",
        "the request line is not|bare CR or LF",
        rb"(\A|\n)[A-Z]+ [^ \r\n]* *\r\n",
        b"GET /\r\nHost: a\r\n\r\n",
        "nobody needs it, and what follows would be read as what?",
    ),
    Judged(
        "httpdlite",
        "a bare LF as an empty line before a request",
        "bare CR or LF|the request line is not",
        rb"(\A|\r\n)\n",
        NEXT + b"\n\r\n" + NEXT,
        "9112 §2.2 has an empty line (CRLF) there",
    ),
    Judged(
        "httpdlite",
        "a Content-Length of more than 18 digits",
        "Content-Length is not one number",
        rb"content-length:\s*[0-9]{19,}\s",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0000000000000000001\r\n\r\nx",
        "where others overflow; zeros in front, so many that others may cut them",
    ),
    Judged(
        "httpdlite",
        "Transfer-Encoding with HTTP/1.0",
        "Transfer-Encoding in an HTTP/1.0 request",
        rb"HTTP/1\.0\r\n.*transfer-encoding",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "9112 §6.1: faulty framing",
    ),
    Judged(
        "httpdlite",
        "a chunk size of many zeros",
        "a chunk size that is too large",
        rb"\r\n0{4,}[0-9a-f]*\W",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"00000000000000001\r\nx\r\n0\r\n\r\n",
        "as above",
    ),
    Judged(
        "httpdlite",
        "several codings of a request that the server answers itself",
        "is not supported",
        rb"transfer-encoding:",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"
        + NEXT,
        "we do not know where it ends, so the connection does; Apache says so of proxied ones only",
    ),
    Judged(
        "httpdlite",
        "CONNECT",
        "status 40[05]",
        rb"CONNECT ",
        b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "a reverse proxy makes no tunnel to where the client says",
    ),
    Judged(
        "Apache",
        "many blanks behind a chunk size",
        "status",
        rb"\n[0-9a-f]+[ \t]{20}",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"1" + b" " * 40 + b"\r\nx\r\n0\r\n\r\n",
        "9112 §7.1.1: blanks end no line; chunks are made anew",
    ),
    Judged(
        "Apache",
        "Connection: close, and another word in the same option",
        "status",
        rb"connection:[ \t]*close[^,]* ",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close more\r\n\r\n" + NEXT,
        "9110 §7.6.1: that is no option `close`; the next request is read where it begins",
    ),
    Judged(
        "Apache",
        "Expect: 100-continue to a worker that sends no 100",
        "status",
        rb"expect:[ \t]*100-continue",
        b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
        "no matter of framing: the body is here already, so we send it",
    ),
)

_OK: Final = b"HTTP/1.1 200 OK\r\n"
_CHUNKED: Final = _OK + b"Transfer-Encoding: chunked\r\n\r\n"

RESPONSES_APACHE: Final[Table] = (
    Judged(
        "httpdlite",
        "what is no status line",
        "Corrupt status line|incomplete",
        rb"",
        b"HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n",
        "Apache makes a 200 of anything (HTTP/0.9), and passes on any number as a status",
    ),
    Judged(
        "httpdlite",
        "a Content-Length that is no number, or several that differ",
        "Content-Length",
        rb"content-length:",
        b"HTTP/1.1 304 Same\r\nContent-Length: x\r\n\r\n",
        "9112 §6.3; Apache looks at it only where it counts",
    ),
    Judged(
        "httpdlite",
        "a control byte in a field",
        "a field (value|name) contains invalid characters",
        CONTROL + rb"|\r(?!\n)",
        _OK + b"Content-Length: 1\x0b\r\n\r\nx",
        "9110 §5.5; Apache refuses it where it is passed on, not in what it reads itself",
    ),
    Judged(
        "httpdlite",
        "a head that begins within a head",
        "a field line without a colon",
        rb"\nHTTP/",
        b"HTTP/1.1 103 X\r\nLink: a\r\n" + _OK + b"Content-Length: 7\r\n\r\nhello\r\n",
        "9112 §5: no field line has that form; Apache forgives it, as old scripts sent it",
    ),
    Judged(
        "httpdlite",
        "several Transfer-Encoding fields that differ",
        "several Transfer-Encoding",
        rb"transfer-encoding:.*transfer-encoding:",
        _OK + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Apache looks at the first alone: two readings, so it is refused",
    ),
    Judged(
        "httpdlite",
        "a chunk size of many zeros",
        "a chunk size that is too large",
        rb"\n0{4,}[0-9a-f]*\W",
        _CHUNKED + b"00000000000000000\r\n\r\n",
        "9112 §7.1: a reader must guard against overflow",
    ),
    Judged(
        "Apache",
        "many blanks behind a chunk size",
        "status",
        rb"\n[0-9a-f]+[ \t]{20}",
        _CHUNKED + b"1" + b" " * 40 + b"\r\nx\r\n0\r\n\r\n",
        "9112 §7.1.1: blanks end no line; chunks are made anew",
    ),
    Judged(
        "Apache",
        "an answer to HEAD that has a Transfer-Encoding not ending in chunked",
        "status 500",
        rb"transfer-encoding",
        _OK + b"Transfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\n",
        "there is no body to misread; the field is not passed on",
        method=b"HEAD",
    ),
    Judged(
        "Apache",
        "passes a Transfer-Encoding on where there is no body",
        "Transfer-Encoding",
        rb"transfer-encoding",
        b"HTTP/1.1 103 X\r\nTransfer-Encoding: gzip\r\n\r\n" + _OK + b"Content-Length: 0\r\n\r\n",
        "we never do",
    ),
    Judged(
        "Apache",
        "passes a Content-Length on in a 1xx, or several where there is no body",
        "Content-Length",
        rb"content-length",
        b"HTTP/1.1 103 X\r\nContent-Length: x\r\n\r\n" + _OK + b"Content-Length: 0\r\n\r\n",
        "9110 §8.6: we never do",
    ),
    Judged(
        "Apache",
        "loses the length that the worker's Connection names, and cuts the body short",
        "peer closed connection",
        rb"connection:[^\n]*content-length",
        _OK + b"Connection: Content-Length\r\nContent-Length: 1\r\n\r\nx",
        "we send it in chunks instead",
    ),
)
