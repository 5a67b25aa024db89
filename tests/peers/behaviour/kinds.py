"""Requests and answers of all kinds, in one plain configuration."""

from typing import Final

from tests.peers.behaviour.language import (
    BODY,
    CLOSE,
    CONTINUE,
    CUE,
    EARLY,
    END,
    FINE,
    RESET,
    SILENT,
    SPLIT,
    Case,
    Configuration,
    Pause,
    Reached,
    Until,
    case,
    chunked,
    get,
    post,
    raw,
    request,
    response,
    slow,
)

PLAIN: Final = "Timeout 1\nProxyPass / http://WORKER/\n"


CHUNKS: Final = b"4\r\nfine\r\n0\r\n\r\n"


def _field(*lines: str) -> Case:
    return case(" / ".join(lines)[:70], raw("GET /x HTTP/1.1", "Host: a.test", *lines))


def _answered(name: str, *acts: bytes) -> Case:
    return case(name, get("/x"), (*acts, CLOSE))


def _pieces(data: bytes, size: int) -> tuple[bytes | Pause, ...]:
    return tuple(
        step for at in range(0, len(data), size) for step in (data[at : at + size], Pause(0.003))
    )


REQUESTS: Final = Configuration(
    "requests of all kinds",
    PLAIN,
    (
        _field("Connection: keep-alive, Upgrade", "Upgrade: websocket"),
        _field("Connection: X-Forwarded-For", "X-Forwarded-For: 1.2.3.4"),
        _field("Connection: X-Forwarded-Host, X-Forwarded-Server, Via", "Via: 1.1 x"),
        _field("Connection: Content-Type, Accept", "Accept: a", "Content-Type: b", "accept: c"),
        _field("Connection: close", "Connection: keep-alive"),
        _field("Connection: keep-alive", "Connection: close"),
        _field("Connection: CLOSE"),
        _field("Connection: close;x"),
        _field("Connection: Expect", "Expect: 100-continue"),
        _field("Connection: Max-Forwards", "Max-Forwards: 5"),
        _field("KEEP-ALIVE: 1", "te: gzip", "PROXY-connection: close", "upgrade: x"),
        _field("Max-Forwards: +5"),
        _field("Max-Forwards: 5, 6"),
        _field("Max-Forwards: 99999999999999999999"),
        _field("Max-Forwards: 5x"),
        _field("Max-Forwards:  7 "),
        _field("X-Forwarded-For: 1.2.3.4", "A: 1", "X-Forwarded-For: 5.6.7.8", "B: 2"),
        _field("x-forwarded-for: unknown", "X-FORWARDED-HOST: x, y"),
        _field("Cookie: a=1", "A: 1", "Cookie: b=2", "Cookie:"),
        _field("Authorization: Basic YTpi", "Proxy-Authorization: Basic YTpi"),
        _field("If-Range: x", "Range: bytes=0-", "Range: bytes=1-2"),
        _field("Trailer: X", "TE: trailers, deflate"),
        _field("Content-Length: 0", "Content-Type: x/y", "Content-Encoding: gzip"),
        _field("Host-: x", "Hos: y", "HostHost: z"),
        _field("A:1", "A :2"),
        _field("A: 1", "\tB: 2", "C: 3"),
        _field("\x80: x"),
        _field("A\x00: x"),
        _field("A: x\x0b"),
        _field("A: \x0c"),
        _field("A: =?utf-8?q?x?=", "B: ", "C:\t"),
        case("Host last", raw("GET /x HTTP/1.1", "A: 1", "B: 2", "Host: a.test")),
        case("Host in the middle", raw("GET /x HTTP/1.1", "A: 1", "HOST:\ta.test\t", "B: 2")),
        case(
            "a length with tabs",
            raw("POST /x HTTP/1.1", "Host: a.test", "Content-Length:\t4\t", body=b"body"),
        ),
        case(
            "chunked with tabs",
            raw("POST /x HTTP/1.1", "Host: a.test", "Transfer-Encoding:\tchunked\t", body=CHUNKS),
        ),
        case("a length of 00", request("POST /x", "Content-Length: 00")),
        case("a length of -0", request("POST /x", "Content-Length: -0")),
        case("PUT without a length", request("PUT /x") + get("/2"), answers=2),
        case("PATCH in chunks", request("PATCH /x", "Transfer-Encoding: chunked", body=CHUNKS)),
        case("OPTIONS with a body", request("OPTIONS /x", "Content-Length: 4", body=b"body")),
        case("BREW with a body", request("BREW /x", "Content-Length: 4", body=b"body")),
        case(
            "HEAD, then GET",
            request("HEAD /x") + get("/2"),
            raw("HTTP/1.1 200 OK", "Content-Length: 4"),
            FINE,
            answers=2,
            bodiless=(0,),
        ),
        case("HEAD *", request("HEAD *")),
        case("TRACE *", request("TRACE *")),
        case("OPTIONS, absolute", request("OPTIONS http://a.test HTTP/1.1")),
        case("OPTIONS /, HTTP/1.0", request("OPTIONS * HTTP/1.0")),
        case("CONNECT, HTTP/1.0", request("CONNECT a.test:80 HTTP/1.0")),
        case("CONNECT with a bad port", request("CONNECT a.test:x")),
        case("CONNECT v6", request("CONNECT [::1]:80")),
        case("HTTP/1.0, POST without a length", request("POST /x HTTP/1.0")),
        case("HTTP/1.0, two Hosts", request("GET /x HTTP/1.0", "Host: b.test")),
        case("HTTP/1.0, an empty Host", get("/x", host="", version="HTTP/1.0")),
        case("HTTP/0.9 with fields", b"GET /x\r\nHost: a.test\r\n\r\n"),
        case("HTTP/1.1 lower case method", request("post /x", "Content-Length: 4", body=b"body")),
        case("only a method and a blank", b"GET \r\n\r\n"),
        case("a query of 7000", get("/x?" + "q" * 7000)),
        case("a path of 7000 escapes", get("/" + "%41" * 2300)),
        case("a path of 7000 high escapes", get("/" + "%e4" * 2300)),
        case("a thousand segments", get("/a" * 1000)),
        case("a thousand dots", get("/a/.." * 1000)),
        case(
            "4 requests, the third bad",
            get("/1") * 2 + get("/x", host="a b") + get("/4"),
            answers=4,
        ),
        case("a request after a 404 with a body", post("/a%2fb") + get("/2"), answers=2),
        case("a request after a 404 with chunks", chunked("/a%2fb", CHUNKS) + get("/2"), answers=2),
        case(
            "a request after a 404 with bad chunks",
            chunked("/a%2fb", b"zz\r\n") + get("/2"),
            answers=2,
        ),
        case("a long body to a 404", post("/a%2fb", body=b"b" * 100000) + get("/2"), answers=2),
        case(
            "Expect to a 404, with its body",
            request("POST /a%2fb", "Expect: 100-continue", "Content-Length: 4", body=b"body")
            + get("/2"),
            answers=2,
        ),
        case(
            "Expect and chunks at once",
            request("POST /x", "Expect: 100-continue", "Transfer-Encoding: chunked", body=CHUNKS),
            (EARLY, CONTINUE, BODY, FINE),
        ),
        case(
            "a body of chunks byte by byte",
            (
                request("POST /x", "Transfer-Encoding: chunked"),
                *_pieces(CHUNKS, 1),
            ),
        ),
        case(
            "a head byte by byte",
            _pieces(get("/x"), 1),
        ),
    ),
)


REPLIES: Final = Configuration(
    "answers of all kinds",
    PLAIN,
    (
        *(
            case(
                f"{status} to {method}, {len(fields)} fields",
                request(f"{method} /x"),
                (raw(f"HTTP/1.1 {status} R", *fields), CLOSE),
            )
            for method in ("GET", "HEAD", "POST")
            for status, fields in (
                ("204", ()),
                ("204", ("Content-Length: 0", "X: 1")),
                ("304", ("Content-Length: 0", "Etag: x")),
                (
                    "304",
                    (
                        "Last-Modified: Sat, 01 Jan 2000 00:00:00 GMT",
                        "Content-Type: a/b",
                        "Allow: GET",
                    ),
                ),
                ("205", ("Content-Length: 0",)),
                ("200", ("Content-Length: 0",)),
                ("404", ("Content-Length: 0", "Content-Type: text/plain")),
                ("303", ("Content-Length: 0", "Location: /y")),
            )[:: 1 if method == "GET" else 2]
        ),
        _answered("no Content-Type", response("200 OK", body=b"fine")),
        _answered("a Date without a day", response("200 OK", "Date: 01 Jan 2000 00:00:00 GMT")),
        _answered("a Date of asctime", response("200 OK", "Date: Sat Jan  1 00:00:00 2000")),
        _answered("an empty Date", response("200 OK", "Date:")),
        _answered(
            "many cookies",
            response("200 OK", *(f"Set-Cookie: c{at}={at}; Path=/" for at in range(30))),
        ),
        _answered(
            "Connection: close and chunked",
            raw("HTTP/1.1 200 OK", "Connection: close", "Transfer-Encoding: chunked", body=CHUNKS),
        ),
        _answered(
            "Connection: keep-alive and until the end",
            raw("HTTP/1.1 200 OK", "Connection: keep-alive", body=b"fine"),
        ),
        _answered(
            "Connection: Transfer-Encoding",
            raw(
                "HTTP/1.1 200 OK",
                "Connection: Transfer-Encoding",
                "Transfer-Encoding: chunked",
                body=CHUNKS,
            ),
        ),
        _answered(
            "Connection: Location", response("302 Found", "Connection: Location", "Location: /y")
        ),
        _answered(
            "Connection: Date",
            response("200 OK", "Connection: date", "Date: Sat, 01 Jan 2000 00:00:00 GMT"),
        ),
        _answered(
            "Upgrade unasked",
            response("200 OK", "Upgrade: h2c", "Connection: Upgrade", body=b"fine"),
        ),
        _answered(
            "426",
            response(
                "426 Upgrade Required", "Upgrade: websocket", "Connection: Upgrade", body=b"fine"
            ),
        ),
        _answered("407", response("407 Auth", "Proxy-Authenticate: Basic realm=x", body=b"fine")),
        _answered(
            "401 twice",
            response(
                "401 Auth", "WWW-Authenticate: Basic", "WWW-Authenticate: Digest", body=b"fine"
            ),
        ),
        _answered("417", response("417 No", body=b"fine")),
        _answered("416", response("416 No", "Content-Range: bytes */9", body=b"fine")),
        _answered("300", response("300 Many", "Alternates: x", body=b"fine")),
        _answered("414, 413", response("414 Long", body=b"fine")),
        _answered("408", response("408 Timeout", "Connection: close", body=b"fine")),
        _answered("400", response("400 Bad", body=b"fine")),
        _answered("500", response("500 Bad", body=b"fine")),
        _answered("501", response("501 Bad", body=b"fine")),
        _answered("503", response("503 Bad", body=b"fine")),
        _answered(
            "an extra 200 in one packet",
            response("200 OK", body=b"fine"),
            response("200 OK", body=b"evil"),
        ),
        case("HTTP/1.0 103", get("/x"), raw("HTTP/1.0 103 Early") + FINE),
        case("103 in pieces", get("/x"), _pieces(raw("HTTP/1.1 103 Early", "Link: a") + FINE, 5)),
        case(
            "100, 102, 103",
            get("/x"),
            CONTINUE + raw("HTTP/1.1 102 P") + raw("HTTP/1.1 103 E") + FINE,
        ),
        case(
            "a head byte by byte", get("/x"), _pieces(response("200 OK", "X: y", body=b"fine"), 1)
        ),
        case(
            "chunks byte by byte",
            get("/x"),
            _pieces(
                raw(
                    "HTTP/1.1 200 OK",
                    "Transfer-Encoding: chunked",
                    body=b"4;a=b\r\nfine\r\n0\r\nT: 1\r\n\r\n",
                ),
                1,
            ),
        ),
        case(
            "a body byte by byte to HTTP/1.0",
            get("/x", version="HTTP/1.0"),
            (*_pieces(raw("HTTP/1.1 200 OK", body=b"fine"), 3), CLOSE),
        ),
        case(
            "chunks to HTTP/1.0, kept",
            get("/x", "Connection: keep-alive", version="HTTP/1.0") + get("/2"),
            raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=CHUNKS),
            FINE,
            answers=2,
        ),
        case(
            "300 kB in chunks",
            get("/x"),
            raw(
                "HTTP/1.1 200 OK",
                "Transfer-Encoding: chunked",
                body=b"%x\r\n%b\r\n0\r\n\r\n" % (300000, b"c" * 300000),
            ),
        ),
        case(
            "300 kB until the end", get("/x"), (raw("HTTP/1.1 200 OK", body=b"c" * 300000), CLOSE)
        ),
        case(
            "300 kB to HEAD", request("HEAD /x"), raw("HTTP/1.1 200 OK", "Content-Length: 300000")
        ),
        case(
            "resets after an unsized body",
            get("/x"),
            (raw("HTTP/1.1 200 OK", body=b"fine"), SPLIT, RESET),
        ),
        case(
            "the client goes in the middle",
            (get("/x"), Until(b"half"), RESET),
            (raw("HTTP/1.1 200 OK", "Content-Length: 9", body=b"half"), SILENT),
        ),
        case(
            "the client ends in the middle",
            (get("/x"), Until(b"half"), END, CUE),
            (raw("HTTP/1.1 200 OK", "Content-Length: 8", body=b"half"), CUE, b"half"),
        ),
        case("the client ends before the answer", (get("/x"), Reached(1), END, CUE), (CUE, FINE)),
        slow("the client goes before the answer", (get("/x"), Reached(1), RESET, CUE), (CUE, FINE)),
    ),
)

TABLES: Final = (REQUESTS, REPLIES)
