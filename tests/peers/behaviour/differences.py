"""What httpdlite does otherwise on purpose: by configuration and case, with the reason.

docs/differences.md says the same to its readers. `*` and `?` stand for any letters, as in a shell.
"""

from fnmatch import fnmatchcase
from typing import Final

REFUSED: Final[dict[str, str]] = {
    "HttpProtocolOptions Unsafe": "what it lets through can be read in two ways",
    "ftp://WORKER/": "no such workers",
    "https://WORKER/": "without SSLProxyEngine every request would be a 500",
}
"""Configurations that httpdlite does not start with, and why."""

Row = tuple[str, str, str]

_PREFACED: Final = "RemoteIPProxyProtocol On"
_LOOSE: Final = "a PROXY line must be as its specification has it"
_GARBAGE: Final = "garbage of a worker must not look like success"

ON_PURPOSE: Final[tuple[Row, ...]] = (
    *(
        (
            "bytes that would end a field",
            f"/[ncms]/a{byte}",
            "a simple 500, before a worker is asked",
        )
        for byte in ("%0d*", "%0a", "%7f", "%01")
    ),
    ("methods", "CONNECT host:port", "a worker cannot mean anything by it"),
    ("request lines", "HTTP/0.9", "nobody sends it but attackers; its answer has no status"),
    ("Transfer-Encoding", "HTTP/1.0*", "RFC 9112 6.1: a classic way to smuggle a request"),
    ("Expect", "the worker says 200 instead", "the worker's answer is the truth"),
    ("Expect", "the worker says 417", "the worker's answer is the truth"),
    ("Expect", "HTTP/1.0", "RFC 9110 10.1.1: there is no Expect in HTTP/1.0"),
    ("early answers", "before any body, and it *", "the worker's answer is passed on at once"),
    ("early answers", "in chunks", "the worker's answer is passed on at once"),
    ("fields", "Range", "the worker decides what is a part"),
    ("pooled connections that die", "after an error, the next one", _GARBAGE),
    *(
        ("status lines", f"HTTP/1.1{line}", "no HTTP/1 status line: 502")
        for line in (" 200\tOK", "0 200 OK", "  200 OK", " 20 OK", " 2000 OK", " 20x OK")
    ),
    *(
        ("status lines", f"HTTP/1.1{line}", "no HTTP/1 status line: 502")
        for line in (" -20 OK", " 200OK", "200 OK", " 200 a\x01b", "", " ")
    ),
    *(
        ("status lines", line, _GARBAGE)
        for line in ("HTTP/1 200 OK", "http/1.1 200 OK", " HTTP/1.1 200 OK", "SIP/2.0 200 OK")
    ),
    *(("status lines", line, _GARBAGE) for line in ("ICY 200 OK", "HTTP", "garbage", "empty")),
    *(
        ("status lines", f"HTTP/1.1 {status} OK", "no client knows what it is")
        for status in ("099", "000", "600", "999")
    ),
    ("interim answers", "103 and garbage", _GARBAGE),
    ("interim answers", "103 with a length", "RFC 9110 8.6: not in a 1xx"),
    ("lengths of answers", "two", "RFC 9112 6.3: the end of the message is unknown"),
    ("lengths of answers", "a bad chunk size later", "known before anything was sent: 502"),
    ("lengths of answers", "a chunk of minus one", "known before anything was sent: 502"),
    ("lengths of answers", "a huge chunk", "known before anything was sent: 502"),
    ("lengths of answers", "no CRLF after a chunk", "known before anything was sent: 502"),
    ("lengths of answers", "HEAD: chunk*", "there is no body to frame"),
    ("heads of answers", "NUL", "told apart by what is wrong"),
    ("heads of answers", "folded first", "told apart by what is wrong"),
    ("heads of answers", "dates in old formats", "every client reads all three formats"),
    ("heads of answers", "folded", "RFC 9112 5.2: joined with one blank"),
    ("heads of answers", "a CR at the end", "a bare CR is refused wherever it stands"),
    ("heads of answers", "CR CR LF", "a bare CR is refused wherever it stands"),
    *(
        ("heads of answers", name, "httpd's page has four bytes of the answer behind it")
        for name in (
            *("a blank in the name", "a blank before the colon", "no name", "a brace in the name"),
            *("a high byte in the name", "a control byte", "DEL", "a bare CR"),
        )
    ),
    *(
        ("ProxyBadHeader *", name, "httpd's page has four bytes of the answer behind it")
        for name in ("a blank in the name", "no name", "a control byte")
    ),
    ("ProxyBadHeader *", "folded first", "told apart by what is wrong"),
    *(
        ("lengths of answers", f"Content-Length: {value}", "the page's length is given")
        for value in ("[+-]4", "4.0", "0x4", "x", "", "4 4", "4,4", "4, 4", "999*")
    ),
    ("lengths of answers", "chunk with bare LF", "the page's length is given"),
    ("status lines", "a reason of 9000", "the page's length is given"),
    ("chunks", "twenty leading zeros", "a size has 16 digits at most"),
    ("targets", "http:///x", "a target's host may not be empty"),
    ("targets", "http://a.test:99999/x", "no such port"),
    ("mapping=", "/enc/a%00", "NUL is in no path"),
    ("Expect", "two values", "who is not kept is told so (RFC 9112 9.6)"),
    ("Expect", "without a body", "nothing is expected: the connection can stay"),
    ("Expect", "a length of 0", "nothing is expected: the connection can stay"),
    ("Proxy100Continue Off", "without a body", "nothing is expected: the connection can stay"),
    ("fields", "Expect: 200-ok", "nothing is left of the request: the connection can stay"),
    (
        "ErrorDocument with expressions",
        "a URL with a line end",
        "the error itself is answered, no other one",
    ),
    (
        "ErrorDocument with expressions",
        "a URL with a control byte",
        "the error itself is answered, no other one",
    ),
    ("ErrorDocument with expressions", "TRACE", "the page and the log have what was sent"),
    (
        "ErrorDocument with expressions",
        "a request line that is too long",
        "the document has what was sent",
    ),
    ("ErrorDocument", "Expect", "nothing is left of the request: the connection can stay"),
    ("SetEnv proxy-interim-response Suppress", "Expect*", "the client's body does not come: 408"),
    ("slow clients", "resets in the body", "nothing was sent: the log says so"),
    *(
        ("ProxyErrorOverride and ErrorDocument", name, "an error page's error has no page")
        for name in ("50[23] [BL]*", "410 Gone", "503, its page is a 503", "503, its page dies")
    ),
    ("Header, values of *", "HEAD, a page of its own", "the page is read: its connection stays"),
    ("ErrorDocument", "a path, POST", "a page is asked for without the request's body"),
    ("ErrorDocument", "a path, chunks", "a body in chunks to an HTTP/1.1 client"),
    ("ErrorDocument", "a path, it closes", "the log has what was sent"),
    ("ServerSignature, ServerAdmin, ServerTokens", "[45]*", "the name is longer"),
    ("requests of all kinds", "CONNECT, HTTP/1.0", "a worker cannot mean anything by it"),
    ("requests of all kinds", "CONNECT v6", "a worker cannot mean anything by it"),
    ("requests of all kinds", "HTTP/0.9 with fields", "nobody sends it but attackers"),
    ("requests of all kinds", "Max-Forwards: +5", "no number"),
    ("requests of all kinds", "Connection: close;x", "no close: another word"),
    ("requests of all kinds", "Connection: Expect /*", "nothing is expected"),
    ("requests of all kinds", "a request after a 404 with bad chunks", "the 404 comes at once"),
    ("answers of all kinds", "a Date of asctime", "every client reads all three formats"),
    ("answers of all kinds", "the client goes before the answer", "nothing was sent"),
    ("pipelining", "a bare LF between", "a line ends in CRLF"),
    ("heads of answers", "the status line twice", "a field line has a colon"),
    ("ErrorDocument", "a bad method, a path", "the log has what was sent"),
    *(
        (_PREFACED, f"PROXY {line}", _LOOSE)
        for line in (
            *("TCP4 8.8.8.8 9.9.9.9 1234", "TCP4 8.8.8.8 9.9.9.9 1234 ", "TCP4 8.8.8.8 x 1 2"),
            *("TCP4 8.8.8.8 9.9.9.9 1234 80 ", "TCP4 8.8.8.8 9.9.9.9 1 2 3"),
            *("TCP4 8.8.8.8 9.9.9.9 65536 80", "TCP4 8.8.8.8 9.9.9.9 -1 80"),
            *("TCP4 8.8.8.8 9.9.9.9 12x 80", "TCP4 8.8.8.8 9.9.9.9  1 2"),
            *("TCP4 8.8.8.8 9.9.9.9 1 99999", "TCP4 8.8 9.9.9.9 1 2", "TCP4 010.8.8.8 9.9.9.9 1 2"),
            " TCP4 8.8.8.8 9.9.9.9 1 2",
        )
    ),
    (_PREFACED, "PROXY TCP6 ::ffff:8.8.8.8 ::1 1 2", "addresses are written in one way"),
    (_PREFACED, "PROXY TCP6 2001:DB8:0::1 ::1 1 2", "addresses are written in one way"),
    (_PREFACED, "none, in TLS", "httpd waits for 16 bytes before it looks"),
    (_PREFACED, "two headers", "the log has the announced address also of what is no request"),
    (_PREFACED, "UNKNOWN alone", "httpd waits for 16 bytes, and then says internal error"),
    ("slow clients", "never a byte", "the kernel holds a silent connection back from httpd"),
    ("Header, conditions and values", "*unbase64*", "a blank for a line end, no 500"),
    ("RequestHeader", "*unbase64:YQpiDQ*", "a line end would begin another field"),
)
"""Configuration, case, reason."""


def is_meant(row: Row, configuration: str, case: str) -> bool:
    """Whether a row of the table speaks of a case."""
    return fnmatchcase(configuration, row[0]) and fnmatchcase(case, row[1])


def reason(configuration: str, case: str) -> str:
    """Why a case may come out differently; empty if it may not."""
    return next((row[2] for row in ON_PURPOSE if is_meant(row, configuration, case)), "")
