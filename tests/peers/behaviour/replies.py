"""Heads and lengths of a worker's answer, right and wrong."""

from typing import Final

from tests.peers.behaviour.language import (
    CLOSE,
    FINE,
    Case,
    Configuration,
    case,
    get,
    raw,
    request,
    response,
)

PLAIN: Final = "Timeout 1\nProxyPass / http://WORKER/\n"


def _head(*lines: str, body: bytes = b"") -> bytes:
    return raw("HTTP/1.1 200 OK", *lines, body=body)


def _answers(*rows: tuple[str, bytes]) -> tuple[Case, ...]:
    """A GET, these bytes, and the worker's end."""
    return tuple(case(name, get("/x"), (data, CLOSE)) for name, data in rows)


FIRST_LINES: Final = Configuration(
    "status lines",
    PLAIN,
    _answers(
        *(
            (line or "empty", f"{line}\r\nContent-Length: 4\r\n\r\nfine".encode("latin-1"))
            for line in (
                *("HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 200 Very good", "HTTP/1.1 200\tOK"),
                *("HTTP/1.0 200 OK", "HTTP/1.2 200 OK", "HTTP/1.9 200 OK", "HTTP/2.0 200 OK"),
                *("HTTP/0.9 200 OK", "HTTP/1.10 200 OK", "HTTP/1 200 OK", "HTTP/1.1  200 OK"),
                *("http/1.1 200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 20x OK"),
                *("HTTP/1.1 -20 OK", "HTTP/1.1 099 OK", "HTTP/1.1 000 OK", "HTTP/1.1 600 OK"),
                *("HTTP/1.1 999 OK", "HTTP/1.1 200OK", "HTTP/1.1200 OK", " HTTP/1.1 200 OK"),
                *(
                    "HTTP/1.1 200 \xe4\xff",
                    "HTTP/1.1 200 a\tb",
                    "HTTP/1.1 200 a\x01b",
                    "SIP/2.0 200 OK",
                ),
                *("ICY 200 OK", "HTTP/1.1", "HTTP/1.1 ", "HTTP", "garbage", "", "HTTP/1.1 299 Odd"),
                *("HTTP/1.1 418 Teapot", "HTTP/1.1 599 Odd", "HTTP/1.1 451", "HTTP/1.1 404"),
            )
        ),
        ("a reason of 8000", b"HTTP/1.1 200 " + b"r" * 8000 + b"\r\nContent-Length: 4\r\n\r\nfine"),
        ("a reason of 9000", b"HTTP/1.1 200 " + b"r" * 9000 + b"\r\nContent-Length: 4\r\n\r\nfine"),
        ("CRLF first", b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"),
        ("bare LF", b"HTTP/1.1 200 OK\nContent-Length: 4\n\nfine"),
        ("bare CR", b"HTTP/1.1 200 OK\rContent-Length: 4\r\rfine"),
        ("NUL", b"HTTP/1.1 200 O\x00K\r\nContent-Length: 4\r\n\r\nfine"),
        ("only LF LF", b"\n\n"),
        ("binary", bytes(range(256))),
    ),
)


LENGTHS: Final = Configuration(
    "lengths of answers",
    PLAIN,
    (
        *(
            case(
                f"Content-Length: {value}",
                get("/x"),
                (_head(f"Content-Length: {value}", body=b"fine"), CLOSE),
            )
            for value in (
                *("4", "3", "04", "+4", "-4", "4.0", "0x4", "x", "", "4 4", "4,4", "4, 4"),
                "9" * 19,
                "9" * 25,
            )
        ),
        case("too long", get("/x"), (_head("Content-Length: 2", body=b"fine"), CLOSE)),
        *_answers(
            ("twice the same", _head("Content-Length: 4", "Content-Length: 4", body=b"fine")),
            ("two", _head("Content-Length: 4", "Content-Length: 2", body=b"fine")),
            ("none", _head("X: y", body=b"fine")),
            ("none, empty", _head("X: y")),
            (
                "both",
                _head(
                    "Content-Length: 2",
                    "Transfer-Encoding: chunked",
                    body=b"4\r\nfine\r\n0\r\n\r\n",
                ),
            ),
            ("chunked", _head("Transfer-Encoding: chunked", body=b"4\r\nfine\r\n0\r\n\r\n")),
            ("Chunked", _head("Transfer-Encoding: Chunked", body=b"4\r\nfine\r\n0\r\n\r\n")),
            (
                "gzip, chunked",
                _head("Transfer-Encoding: gzip, chunked", body=b"4\r\nfine\r\n0\r\n\r\n"),
            ),
            (
                "chunked twice",
                _head(
                    "Transfer-Encoding: chunked",
                    "Transfer-Encoding: chunked",
                    body=b"4\r\nfine\r\n0\r\n\r\n",
                ),
            ),
            (
                "chunked, gzip",
                _head("Transfer-Encoding: chunked, gzip", body=b"4\r\nfine\r\n0\r\n\r\n"),
            ),
            ("gzip", _head("Transfer-Encoding: gzip", body=b"fine")),
            (
                "gzip with a length",
                _head("Transfer-Encoding: gzip", "Content-Length: 4", body=b"fine"),
            ),
            ("identity", _head("Transfer-Encoding: identity", "Content-Length: 4", body=b"fine")),
            (
                "chunked in HTTP/1.0",
                raw(
                    "HTTP/1.0 200 OK", "Transfer-Encoding: chunked", body=b"4\r\nfine\r\n0\r\n\r\n"
                ),
            ),
            (
                "extensions",
                _head("Transfer-Encoding: chunked", body=b'4;a="b"\r\nfine\r\n0;c\r\n\r\n'),
            ),
            (
                "trailers",
                _head(
                    "Transfer-Encoding: chunked",
                    "Trailer: X-T",
                    body=b"4\r\nfine\r\n0\r\nX-T: 1\r\n\r\n",
                ),
            ),
            (
                "bytes after the last chunk",
                _head("Transfer-Encoding: chunked", body=b"4\r\nfine\r\n0\r\n\r\nmore"),
            ),
            (
                "chunk size with a blank",
                _head("Transfer-Encoding: chunked", body=b"4 \r\nfine\r\n0\r\n\r\n"),
            ),
            ("chunk with bare LF", _head("Transfer-Encoding: chunked", body=b"4\nfine\n0\n\n")),
            (
                "a bad chunk size later",
                _head("Transfer-Encoding: chunked", body=b"4\r\nfine\r\nzz\r\n"),
            ),
            (
                "a chunk of minus one",
                _head("Transfer-Encoding: chunked", body=b"4\r\nfine\r\n-1\r\n"),
            ),
            (
                "a huge chunk",
                _head("Transfer-Encoding: chunked", body=b"4\r\nfine\r\nFFFFFFFFFFFFFFFFF\r\n"),
            ),
            (
                "no CRLF after a chunk",
                _head("Transfer-Encoding: chunked", body=b"4\r\nfine0\r\n\r\n"),
            ),
            ("204 with a body", raw("HTTP/1.1 204 No Content", "Content-Length: 4", body=b"fine")),
            (
                "204 in chunks",
                raw(
                    "HTTP/1.1 204 No Content",
                    "Transfer-Encoding: chunked",
                    body=b"4\r\nfine\r\n0\r\n\r\n",
                ),
            ),
            ("204 without a length, with a body", raw("HTTP/1.1 204 No Content", body=b"fine")),
            (
                "304 with a length",
                raw("HTTP/1.1 304 Not Modified", "Content-Length: 4", 'ETag: "x"'),
            ),
            (
                "304 with a body",
                raw("HTTP/1.1 304 Not Modified", "Content-Length: 4", body=b"fine"),
            ),
            ("205 with a body", response("205 Reset", body=b"fine")),
            ("206", response("206 Partial", "Content-Range: bytes 0-3/9", body=b"fine")),
            ("an empty 200", response("200 OK")),
            ("an empty chunked 200", _head("Transfer-Encoding: chunked", body=b"0\r\n\r\n")),
            ("an empty 404 without a length", raw("HTTP/1.1 404 Not Found")),
        ),
        *(
            case(f"HEAD: {name}", request("HEAD /x"), (data, CLOSE))
            for name, data in (
                ("a length", raw("HTTP/1.1 200 OK", "Content-Length: 4")),
                ("no length", raw("HTTP/1.1 200 OK")),
                ("chunked", raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")),
                ("a body all the same", response("200 OK", body=b"fine")),
                (
                    "chunks all the same",
                    raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
                ),
                ("204", raw("HTTP/1.1 204 No Content")),
                ("404", response("404 Not Found")),
                ("length 0", raw("HTTP/1.1 200 OK", "Content-Length: 0")),
            )
        ),
        *(
            case(f"HTTP/1.0: {name}", get("/x", version="HTTP/1.0"), (data, CLOSE))
            for name, data in (
                ("chunked", _head("Transfer-Encoding: chunked", body=b"4\r\nfine\r\n0\r\n\r\n")),
                ("no length", _head("X: y", body=b"fine")),
                ("204", raw("HTTP/1.1 204 No Content")),
                ("100 first", raw("HTTP/1.1 100 Continue") + FINE),
            )
        ),
    ),
)


HEADS: Final = Configuration(
    "heads of answers",
    PLAIN,
    _answers(
        *(
            (name, _head(*lines, "Content-Length: 4", body=b"fine"))
            for name, lines in {
                "no colon": ("X y",),
                "no colon first": ("X y", "X: 1"),
                "the status line twice": ("HTTP/1.1 200 OK",),
                "a blank in the name": ("X y: z",),
                "a blank before the colon": ("X : y",),
                "no name": (": y",),
                "a brace in the name": ("X{: y",),
                "a high byte in the name": ("X\xe4: y",),
                "a control byte": ("X: a\x01b",),
                "DEL": ("X: a\x7fb",),
                "NUL": ("X: a\x00b",),
                "a high byte": ("X: \xe4\xff",),
                "a tab": ("X: a\tb",),
                "a bare CR": ("X: a\rb",),
                "a CR at the end": ("X: a\r",),
                "folded": ("X: a", "  b"),
                "folded first": (" a: b", "X: y"),
                "empty": ("X:", "Y:  "),
                "repeated": ("X: a", "Y: 1", "X: b"),
                "repeated Vary": ("Vary: a", "X: 1", "Vary: b, a"),
                "repeated Set-Cookie": ("Set-Cookie: a=1", "X: 1", "Set-Cookie: b=2"),
                "repeated Cache-Control": ("Cache-Control: no-store", "Cache-Control: private"),
                "repeated Content-Type": ("Content-Type: a/b", "Content-Type: c/d"),
                "repeated Location": ("Location: /a", "Location: /b"),
                "repeated Date": (
                    "Date: Sat, 01 Jan 2000 00:00:00 GMT",
                    "Date: Sun, 02 Jan 2000 00:00:00 GMT",
                ),
                "Server and Date": (
                    "X: 1",
                    "Server: mine",
                    "Date: Sat, 01 Jan 2000 00:00:00 GMT",
                    "Y: 2",
                ),
                "Server empty": ("Server:",),
                "a bad Date": ("Date: today", "Last-Modified: x", "Expires: 0"),
                "dates in old formats": (
                    "Last-Modified: Saturday, 01-Jan-00 00:00:00 GMT",
                    "Expires: Sat Jan  1 00:00:00 2000",
                ),
                "dates": (
                    "Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT",
                    "Expires: Sat, 01 Jan 2000 00:00:00 GMT",
                ),
                "hop by hop": (
                    "Connection: X-Mine",
                    "X-Mine: 1",
                    "Keep-Alive: 5",
                    "TE: x",
                    "Proxy-Connection: x",
                    "Upgrade: h2c",
                    "Trailer: T",
                ),
                "Connection: close": ("Connection: close",),
                "Connection names Server": (
                    "Connection: Server, Set-Cookie",
                    "Server: x",
                    "Set-Cookie: a=b",
                ),
                "Connection names Content-Length": ("Connection: Content-Length",),
                "Proxy-Authenticate": (
                    "Proxy-Authenticate: Basic",
                    "Proxy-Authentication-Info: x",
                    "WWW-Authenticate: Basic realm=x",
                ),
                "Content-Encoding": ("Content-Encoding: gzip", 'ETag: "x"', "Accept-Ranges: bytes"),
                "Content-Type of many words": ("Content-Type: text/html ;charset = utf-8",),
                "Content-Type empty": ("Content-Type:",),
                "Via": ("Via: 1.1 other",),
                "Location": ("Location: http://elsewhere.test/x",),
                "Alt-Svc, HSTS": ('Alt-Svc: h3=":443"', "Strict-Transport-Security: max-age=1"),
                "Content-Range, MD5": (
                    "Content-Location: /x",
                    "Content-MD5: x",
                    "Content-Language: en",
                ),
                "X-Accel and Status": ("Status: 404 Not Found", "X-Sendfile: /etc/passwd"),
            }.items()
        ),
        *(
            (
                f"a line of {size}",
                _head("X: " + "v" * (size - 3), "Content-Length: 4", body=b"fine"),
            )
            for size in (8180, 8188, 8189, 8190, 8191, 8192, 8193, 20000)
        ),
        *(
            (
                f"{count} fields",
                _head(*(f"X{at}: y" for at in range(count)), "Content-Length: 4", body=b"fine"),
            )
            for count in (99, 101, 300)
        ),
        (
            "a head of 200 kB",
            _head(
                *(f"X{at}: {'v' * 2000}" for at in range(100)), "Content-Length: 4", body=b"fine"
            ),
        ),
        (
            "a head of 200 kB, equal names",
            _head(*(f"X: {'v' * 2000}" for at in range(100)), "Content-Length: 4", body=b"fine"),
        ),
        ("bare LF", b"HTTP/1.1 200 OK\nX: y\nContent-Length: 4\n\nfine"),
        ("mixed line ends", b"HTTP/1.1 200 OK\r\nX: y\nContent-Length: 4\r\n\nfine"),
        ("CR CR LF", b"HTTP/1.1 200 OK\r\r\nX: y\r\nContent-Length: 4\r\n\r\nfine"),
        (
            "splitting",
            response("200 OK", "X: a") + response("200 OK", body=b"evil"),
        ),
        ("an endless line", b"HTTP/1.1 200 OK\r\nX: " + b"v" * 100000),
    ),
)


BAD_LINES: Final = {
    "no colon": ("X: 1", "bad line", "Y: 2"),
    "no colon first": ("bad line", "X: 1"),
    "a blank in the name": ("X: 1", "bad line: z", "Y: 2"),
    "no name": ("X: 1", ": z", "Y: 2"),
    "a control byte": ("X: a\x01b", "Y: 2"),
    "folded first": (" a: b", "X: y"),
    "two bad lines": ("bad", "X: 1", "worse", "Y: 2"),
}


def _bad_header(value: str) -> Configuration:
    return Configuration(
        f"ProxyBadHeader {value}",
        f"ProxyBadHeader {value}\n{PLAIN}",
        tuple(
            case(name, get("/x"), (_head(*lines, "Content-Length: 4", body=b"fine"), CLOSE))
            for name, lines in BAD_LINES.items()
        ),
    )


BAD_HEADERS: Final = tuple(_bad_header(value) for value in ("IsError", "Ignore", "StartBody"))

TABLES: Final = (FIRST_LINES, LENGTHS, HEADS, *BAD_HEADERS)
