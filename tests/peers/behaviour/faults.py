"""Workers that fail: close early, reset, never answer; interim answers; pooled connections."""

from typing import Final

from tests.peers.behaviour.language import (
    CLOSE,
    CUE,
    EARLY,
    FINE,
    NEXT,
    RESET,
    SILENT,
    SPLIT,
    Configuration,
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


def _head(*lines: str, body: bytes = b"") -> bytes:
    return raw("HTTP/1.1 200 OK", *lines, body=body)


ENDINGS: Final = Configuration(
    "workers that end",
    PLAIN,
    (
        *(
            each
            for name, how in (("closes", CLOSE), ("resets", RESET))
            for each in (
                case(f"{name} at once", get("/x"), how),
                case(f"{name} at once, POST", post("/x"), how),
                case(f"{name} at once, chunked", chunked("/x", b"4\r\nbody\r\n0\r\n\r\n"), how),
                case(f"{name} in the status line", get("/x"), (b"HTTP/1.1 20", SPLIT, how)),
                case(
                    f"{name} in the head", get("/x"), (b"HTTP/1.1 200 OK\r\nX: y\r\n", SPLIT, how)
                ),
                case(f"{name} in a field", get("/x"), (b"HTTP/1.1 200 OK\r\nX: y", SPLIT, how)),
                case(f"{name} after the head", get("/x"), (_head("Content-Length: 4"), SPLIT, how)),
                case(
                    f"{name} in the body",
                    get("/x"),
                    (_head("Content-Length: 8", body=b"half"), SPLIT, how),
                ),
                case(
                    f"{name} in a long body",
                    get("/x"),
                    (_head("Content-Length: 100000", body=b"a" * 50000), SPLIT, how),
                ),
                case(
                    f"{name} after a chunk",
                    get("/x"),
                    (_head("Transfer-Encoding: chunked", body=b"4\r\nhalf\r\n"), SPLIT, how),
                ),
                case(
                    f"{name} in a chunk",
                    get("/x"),
                    (_head("Transfer-Encoding: chunked", body=b"8\r\nhalf"), SPLIT, how),
                ),
                case(
                    f"{name} in a chunk size",
                    get("/x"),
                    (_head("Transfer-Encoding: chunked", body=b"4\r\nhalf\r\n8"), SPLIT, how),
                ),
                case(
                    f"{name} before the trailer",
                    get("/x"),
                    (_head("Transfer-Encoding: chunked", body=b"4\r\nhalf\r\n0\r\n"), SPLIT, how),
                ),
                case(
                    f"{name} an unsized body", get("/x"), (_head("X: y", body=b"half"), SPLIT, how)
                ),
                case(
                    f"{name} after a 100", get("/x"), (b"HTTP/1.1 100 Continue\r\n\r\n", SPLIT, how)
                ),
                case(f"{name} after a 103", get("/x"), (b"HTTP/1.1 103 Early\r\n\r\n", SPLIT, how)),
            )
        ),
        case(
            "a body cut, HTTP/1.0",
            get("/x", version="HTTP/1.0"),
            (_head("Content-Length: 8", body=b"half"), CLOSE),
        ),
        case(
            "chunks cut, HTTP/1.0",
            get("/x", version="HTTP/1.0"),
            (_head("Transfer-Encoding: chunked", body=b"4\r\nhalf\r\n"), CLOSE),
        ),
        case(
            "HEAD, closes after the head", request("HEAD /x"), (_head("Content-Length: 4"), CLOSE)
        ),
    ),
)

POOLED: Final = Configuration(
    "pooled connections that die",
    PLAIN,
    (
        case(
            "closed while idle",
            (get("/1"), Until(b"fine"), CUE, SPLIT, get("/2")),
            (FINE, CUE, CLOSE),
            FINE,
            answers=2,
        ),
        case(
            "reset while idle",
            (get("/1"), Until(b"fine"), CUE, SPLIT, get("/2")),
            (FINE, CUE, RESET),
            FINE,
            answers=2,
        ),
        case(
            "closed while idle, POST",
            (get("/1"), Until(b"fine"), CUE, SPLIT, post("/2")),
            (FINE, CUE, CLOSE),
            FINE,
            answers=2,
        ),
        case(
            "data while idle",
            (get("/1"), Until(b"fine"), CUE, SPLIT, get("/2")),
            (FINE, CUE, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
            FINE,
            answers=2,
        ),
        case(
            "data with the answer",
            (get("/1"), Until(b"fine"), SPLIT, get("/2")),
            FINE + response("200 OK", body=b"evil"),
            FINE,
            answers=2,
        ),
        case(
            "a byte too many",
            (get("/1"), Until(b"fine"), SPLIT, get("/2")),
            FINE + b"x",
            FINE,
            answers=2,
        ),
        case(
            "dies with the request",
            (get("/1"), Until(b"fine"), get("/2")),
            FINE,
            CLOSE,
            FINE,
            answers=2,
        ),
        case(
            "reset with the request",
            (get("/1"), Until(b"fine"), get("/2")),
            FINE,
            RESET,
            FINE,
            answers=2,
        ),
        case(
            "dies with the request, POST",
            (get("/1"), Until(b"fine"), post("/2")),
            FINE,
            CLOSE,
            FINE,
            answers=2,
        ),
        case(
            "dies with the request, a new client", (get("/1"), NEXT, get("/2")), FINE, CLOSE, FINE
        ),
        case(
            "reset with the request, a new client", (get("/1"), NEXT, get("/2")), FINE, RESET, FINE
        ),
        case("dies with the POST, a new client", (get("/1"), NEXT, post("/2")), FINE, CLOSE, FINE),
        case(
            "dies in the head",
            (get("/1"), Until(b"fine"), get("/2")),
            FINE,
            (b"HTTP/1.1 2", CLOSE),
            FINE,
            answers=2,
        ),
        case(
            "dies in the body",
            (get("/1"), Until(b"fine"), get("/2")),
            FINE,
            (_head("Content-Length: 8", body=b"half"), CLOSE),
            FINE,
            answers=2,
        ),
        case(
            "refused by a 502 later",
            (get("/1"), NEXT, get("/2"), NEXT, get("/3")),
            CLOSE,
            FINE,
            FINE,
        ),
        case(
            "after an error, the next one",
            (get("/1"), NEXT, get("/2")),
            (b"garbage\r\n\r\n", CLOSE),
            FINE,
        ),
        case(
            "reused after HEAD",
            (request("HEAD /1"), NEXT, request("HEAD /2")),
            raw("HTTP/1.1 200 OK", "Content-Length: 4"),
        ),
        case(
            "reused after 204", (get("/1"), NEXT, get("/2")), raw("HTTP/1.1 204 No Content"), FINE
        ),
        case(
            "reused after 304", (get("/1"), NEXT, get("/2")), raw("HTTP/1.1 304 Not Modified"), FINE
        ),
        case(
            "reused after chunks",
            (get("/1"), NEXT, get("/2")),
            _head("Transfer-Encoding: chunked", body=b"1\r\na\r\n0\r\n\r\n"),
            FINE,
        ),
        case(
            "not after Connection: close",
            (get("/1"), NEXT, get("/2")),
            response("200 OK", "Connection: close", body=b"fine"),
            FINE,
        ),
        case(
            "not after HTTP/1.0",
            (get("/1"), NEXT, get("/2")),
            response("200 OK", version="HTTP/1.0", body=b"fine"),
            FINE,
        ),
        case(
            "HTTP/1.0 with keep-alive",
            (get("/1"), NEXT, get("/2")),
            response("200 OK", "Connection: keep-alive", version="HTTP/1.0", body=b"fine"),
            FINE,
        ),
        case(
            "after a client that went",
            (get("/1"), Until(b"HTTP"), RESET),
            (_head("Content-Length: 8", body=b"half"), CUE),
        ),
    ),
)


def _interim(count: int, *fields: str, status: str = "103 Early Hints") -> bytes:
    return raw(f"HTTP/1.1 {status}", *fields) * count


INTERIM: Final = Configuration(
    "interim answers",
    PLAIN,
    (
        case("100", get("/x"), _interim(1, status="100 Continue") + FINE),
        case("102", get("/x"), _interim(1, status="102 Processing") + FINE),
        case("103", get("/x"), _interim(1, "Link: </a>") + FINE),
        case(
            "103 with hop-by-hop fields",
            get("/x"),
            _interim(
                1,
                "Link: </a>",
                "Connection: X",
                "X: 1",
                "Keep-Alive: 3",
                "Server: w",
                "Date: Sat, 01 Jan 2000 00:00:00 GMT",
            )
            + FINE,
        ),
        case("103 in its own packet", get("/x"), (_interim(1, "Link: </a>"), SPLIT, FINE)),
        case("199", get("/x"), _interim(1, status="199 Odd") + FINE),
        case(
            "101 unasked",
            get("/x"),
            (_interim(1, "Upgrade: x", status="101 Switching Protocols"), CLOSE),
        ),
        case("nine", get("/x"), _interim(9) + FINE),
        case("ten", get("/x"), _interim(10) + FINE),
        case("twenty", get("/x"), _interim(20) + FINE),
        case("103, then the end", get("/x"), (_interim(1), CLOSE)),
        case("103 to HTTP/1.0", get("/x", version="HTTP/1.0"), _interim(1) + FINE),
        case(
            "103 to HEAD",
            request("HEAD /x"),
            _interim(1) + raw("HTTP/1.1 200 OK", "Content-Length: 4"),
        ),
        case("103 with a length", get("/x"), _interim(1, "Content-Length: 4") + FINE),
        case("103 and garbage", get("/x"), (_interim(1) + b"garbage\r\n\r\n", CLOSE)),
        case("103 with a bad field", get("/x"), (_interim(1, "X y") + FINE, CLOSE)),
        case(
            "100 before a POST is read",
            post("/x"),
            (EARLY, _interim(1, status="100 Continue"), FINE),
        ),
    ),
)


TIMED: Final = Configuration(
    "silent workers",
    PLAIN,
    (
        slow("never an answer", get("/x"), SILENT),
        slow("never an answer to POST", post("/x"), SILENT),
        slow("half a status line", get("/x"), (b"HTTP/1.1 2", SILENT)),
        slow("half a head", get("/x"), (b"HTTP/1.1 200 OK\r\nX: y\r\n", SILENT)),
        slow("no body", get("/x"), (_head("Content-Length: 4"), SILENT)),
        slow("half a body", get("/x"), (_head("Content-Length: 8", body=b"half"), SILENT)),
        slow(
            "half of the chunks",
            get("/x"),
            (_head("Transfer-Encoding: chunked", body=b"4\r\nhalf\r\n"), SILENT),
        ),
        slow("an unsized body", get("/x"), (_head("X: y", body=b"half"), SILENT)),
        slow("only a 100", get("/x"), (raw("HTTP/1.1 100 Continue"), SILENT)),
        slow("only a 103", get("/x"), (raw("HTTP/1.1 103 Early"), SILENT)),
        slow("the second request", (get("/1"), Until(b"fine"), get("/2")), FINE, SILENT, answers=2),
        slow("HEAD", request("HEAD /x"), SILENT),
        slow("HTTP/1.0", get("/x", version="HTTP/1.0"), SILENT),
    ),
)

TABLES: Final = (ENDINGS, POOLED, INTERIM, TIMED)
