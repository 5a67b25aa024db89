"""Bodies as they arrive: in pieces, slowly, expected, pipelined; how long connections are kept."""

import itertools
from typing import Final

from tests.peers.behaviour.language import (
    BODY,
    CLOSE,
    CONTINUE,
    CUE,
    EARLY,
    END,
    FINE,
    NEXT,
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
OK: Final = Until(b"fine")


def _split(name: str, data: bytes, *at: int) -> Case:
    """The same bytes in pieces, cut at these places."""
    cuts = [0, *at, len(data)]
    pieces = [data[begin:end] for begin, end in itertools.pairwise(cuts)]
    steps = [step for piece in pieces for step in (piece, SPLIT)][:-1]
    return case(name, tuple(steps))


GET: Final = get("/x", "A: 1", "B: 2")
CHUNKS: Final = chunked("/x", b"4\r\nbody\r\n3;e=1\r\nxyz\r\n0\r\nT: 1\r\n\r\n")
HEAD_END: Final = CHUNKS.index(b"\r\n\r\n") + 4

PACKETS: Final = Configuration(
    "packets",
    PLAIN,
    (
        _split("in the method", GET, 2),
        _split("in the target", GET, 5),
        _split("in the version", GET, 12),
        _split("between CR and LF", GET, GET.index(b"\r") + 1),
        _split("in a name", GET, GET.index(b"ost")),
        _split("before the last LF", GET, len(GET) - 1),
        _split("before the last CRLF", GET, len(GET) - 2),
        _split("CRLF before it alone", b"\r\n" + GET, 1, 2),
        _split("every chunk byte", CHUNKS, *range(HEAD_END, len(CHUNKS), 3)),
        _split("head and body", post("/x"), len(post("/x")) - 4),
        _split("in the body", post("/x"), len(post("/x")) - 2),
        _split("in the chunk size", CHUNKS, HEAD_END + 1),
        _split("in the CRLF of a chunk", CHUNKS, HEAD_END + 8),
        _split("in the trailer", CHUNKS, len(CHUNKS) - 5),
        _split("before the very end", CHUNKS, len(CHUNKS) - 1),
        case("before two requests' border", (GET[:-1], SPLIT, GET[-1:] + GET), answers=2),
        case("two requests at once", GET + GET, answers=2),
        case("a request and a half", (GET + GET[:20], OK, GET[20:]), answers=2),
    ),
)

SIZES: Final = Configuration(
    "sizes of bodies",
    PLAIN,
    (
        *(
            case(f"{size} bytes", post("/x", body=b"b" * size))
            for size in (1, 8000, 16303, 16304, 16384, 16385, 40000, 300000)
        ),
        *(
            case(
                f"{size} bytes in a chunk",
                chunked("/x", b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"b" * size)),
            )
            for size in (1, 8000, 16000, 40000, 300000)
        ),
        case(
            "many chunks",
            chunked(
                "/x", b"3e8\r\n" + b"b" * 1000 + b"\r\n" + b"64\r\n" + b"b" * 100 + b"\r\n0\r\n\r\n"
            ),
        ),
        case(
            "40000 in pieces",
            (request("POST /x", "Content-Length: 40000"), *(b"b" * 10000, SPLIT) * 4),
        ),
        case(
            "40000 in pieces of chunks",
            (chunked("/x", b""), *(b"2710\r\n" + b"b" * 10000 + b"\r\n", SPLIT) * 4, b"0\r\n\r\n"),
        ),
        case(
            "the worker waits for the body",
            (request("POST /x", "Content-Length: 8"), SPLIT, b"half", SPLIT, b"half"),
        ),
        case(
            "20000, the rest later",
            (request("POST /x", "Content-Length: 20004", body=b"b" * 20000), SPLIT, b"last"),
        ),
        case("an answer of 300000", get("/x"), response("200 OK", body=b"a" * 300000)),
        case(
            "PUT of 300000 and back",
            post("/x", body=b"b" * 300000),
            response("200 OK", body=b"a" * 300000),
        ),
    ),
)

EXPECT_HEAD: Final = request("POST /x", "Expect: 100-continue", "Content-Length: 4")
ANSWER_IT: Final = (EARLY, CONTINUE, BODY, FINE)

EXPECT: Final = Configuration(
    "Expect",
    "Timeout 1\nProxyPass / http://WORKER/\n",
    (
        case("waits for it", (EXPECT_HEAD, Until(b"100"), b"body"), ANSWER_IT),
        case(
            "in upper case",
            (EXPECT_HEAD.replace(b"100-c", b"100-C"), Until(b"100"), b"body"),
            ANSWER_IT,
        ),
        case("does not wait", EXPECT_HEAD + b"body", ANSWER_IT),
        case("the body a bit later", (EXPECT_HEAD, SPLIT, b"body"), ANSWER_IT),
        case(
            "the worker says 200 instead",
            (EXPECT_HEAD, Until(b"100"), b"body"),
            (EARLY, FINE, BODY),
        ),
        case(
            "the worker says 200 and closes",
            EXPECT_HEAD,
            (EARLY, response("200 OK", "Connection: close", body=b"fine"), CLOSE),
        ),
        case("the worker says 417", EXPECT_HEAD, (EARLY, response("417 No", body=b"no"))),
        case(
            "the worker says 401 and closes",
            EXPECT_HEAD,
            (EARLY, response("401 No", "Connection: close", body=b"no"), CLOSE),
        ),
        case(
            "the worker says 302",
            EXPECT_HEAD,
            (EARLY, response("302 Found", "Location: /y", "Connection: close"), CLOSE),
        ),
        case("the worker closes", EXPECT_HEAD, (EARLY, CLOSE)),
        slow("the worker is silent", EXPECT_HEAD, (EARLY, SILENT)),
        case(
            "the worker says 100 twice",
            (EXPECT_HEAD, Until(b"100"), b"body"),
            (EARLY, CONTINUE, CONTINUE, BODY, FINE),
        ),
        case(
            "100 with fields",
            (EXPECT_HEAD, Until(b"100"), b"body"),
            (EARLY, raw("HTTP/1.1 100 Go on", "X: 1", "Connection: X"), BODY, FINE),
        ),
        case(
            "102, then 100",
            (EXPECT_HEAD, Until(b"100 "), b"body"),
            (EARLY, raw("HTTP/1.1 102 Processing"), CONTINUE, BODY, FINE),
        ),
        case(
            "103, then 100",
            (EXPECT_HEAD, Until(b"100 "), b"body"),
            (EARLY, raw("HTTP/1.1 103 Early Hints", "Link: </a>"), CONTINUE, BODY, FINE),
        ),
        case("without a body", get("/x", "Expect: 100-continue")),
        case("a length of 0", request("POST /x", "Expect: 100-continue", "Content-Length: 0")),
        case(
            "chunked",
            (
                request("POST /x", "Expect: 100-continue", "Transfer-Encoding: chunked"),
                Until(b"100"),
                b"4\r\nbody\r\n0\r\n\r\n",
            ),
            ANSWER_IT,
        ),
        case(
            "HTTP/1.0",
            request("POST /x HTTP/1.0", "Expect: 100-continue", "Content-Length: 4", body=b"body"),
        ),
        case(
            "a long body",
            (
                request("POST /x", "Expect: 100-continue", "Content-Length: 40000"),
                Until(b"100"),
                b"b" * 40000,
            ),
            ANSWER_IT,
        ),
        case(
            "two values",
            request("POST /x", "Expect: 100-continue, x", "Content-Length: 4", body=b"body"),
        ),
        case(
            "to a path that nobody has",
            request("POST /a%2fb", "Expect: 100-continue", "Content-Length: 4"),
        ),
        case(
            "and a second request",
            (EXPECT_HEAD, Until(b"100"), b"body" + GET),
            ANSWER_IT,
            FINE,
            answers=2,
        ),
    ),
)
EXPECT_HERE: Final = Configuration(
    "Proxy100Continue Off",
    "Proxy100Continue Off\n" + EXPECT.text,
    (
        case("waits for it", (EXPECT_HEAD, Until(b"100"), b"body")),
        case("does not wait", EXPECT_HEAD + b"body"),
        case(
            "chunked",
            (
                request("POST /x", "Expect: 100-continue", "Transfer-Encoding: chunked"),
                Until(b"100"),
                b"4\r\nbody\r\n0\r\n\r\n",
            ),
        ),
        case(
            "the worker says 100 too",
            (EXPECT_HEAD, Until(b"100"), b"body"),
            (EARLY, CONTINUE, BODY, FINE),
        ),
        case(
            "a long body",
            (
                request("POST /x", "Expect: 100-continue", "Content-Length: 40000"),
                Until(b"100"),
                b"b" * 40000,
            ),
        ),
        case("without a body", get("/x", "Expect: 100-continue")),
        case(
            "to a path that nobody has",
            request("POST /a%2fb", "Expect: 100-continue", "Content-Length: 4"),
        ),
    ),
)

EARLIER: Final = Configuration(
    "early answers",
    PLAIN,
    (
        slow(
            "before any body, and it reads on",
            (
                request("POST /x", "Content-Length: 20004", body=b"b" * 20000),
                Until(b"fine"),
                b"last",
            ),
            (EARLY, FINE, BODY),
        ),
        slow(
            "before any body, and it closes",
            request("POST /x", "Content-Length: 40004", body=b"b" * 20000),
            (EARLY, response("413 No", "Connection: close", body=b"no"), CLOSE),
        ),
        case("a short body, early answer", post("/x"), (EARLY, FINE, BODY)),
        case(
            "early, then a second request",
            (post("/x", body=b"b" * 20000) + GET),
            (EARLY, FINE, BODY),
            FINE,
            answers=2,
        ),
        case("an early 100 unasked", post("/x"), (EARLY, CONTINUE, BODY, FINE)),
        slow(
            "in chunks",
            (chunked("/x", b"5000\r\n" + b"b" * 0x5000 + b"\r\n"), Until(b"fine"), b"0\r\n\r\n"),
            (EARLY, FINE, BODY),
        ),
        case(
            "closes in the middle of a body",
            request("POST /x", "Content-Length: 400000", body=b"b" * 400000),
            (EARLY, CLOSE),
        ),
    ),
)

SLOW_BODY: Final = Configuration(
    "slow clients",
    "Timeout 1\nRequestReadTimeout header=0 body=0\nProxyPass / http://WORKER/\n",
    (
        slow("never a byte", ()),
        slow("half a request line", b"GET /x"),
        slow("half a head", GET[:30]),
        slow("no body", request("POST /x", "Content-Length: 4")),
        slow("half a body", request("POST /x", "Content-Length: 8", body=b"half")),
        slow("half a long body", request("POST /x", "Content-Length: 40000", body=b"b" * 20000)),
        slow("half a chunk", chunked("/x", b"8\r\nhalf")),
        slow("half a long chunk", chunked("/x", b"8000\r\n" + b"b" * 20000)),
        slow(
            "a body in time",
            (request("POST /x", "Content-Length: 8"), Pause(0.6), b"half", Pause(0.6), b"half"),
        ),
        slow(
            "a long body in time",
            (
                request("POST /x", "Content-Length: 20008", body=b"b" * 20000),
                Pause(0.6),
                b"half",
                Pause(0.6),
                b"half",
            ),
        ),
        slow("a head in time", (GET[:20], Pause(0.5), GET[20:30], Pause(0.5), GET[30:])),
        slow("an expected body that never comes", EXPECT_HEAD, ANSWER_IT),
        slow(
            "resets in the body",
            (request("POST /x", "Content-Length: 8", body=b"half"), SPLIT, RESET),
        ),
        slow("ends in the body", (request("POST /x", "Content-Length: 8", body=b"half"), END)),
        slow(
            "ends in a long body",
            (request("POST /x", "Content-Length: 40000", body=b"b" * 20000), END),
        ),
        slow("ends in the head", (GET[:20], END)),
        slow("ends after the head", (GET, END)),
        slow("ends before anything", (END,)),
    ),
)

TWICE: Final = get("/1") + get("/2")

PIPELINES: Final = Configuration(
    "pipelining",
    PLAIN,
    (
        case("two", TWICE, answers=2),
        case("ten", b"".join(get(f"/{at}") for at in range(10)), answers=10),
        case(
            "posts",
            post("/1") + post("/2", body=b"") + chunked("/3", b"3\r\nabc\r\n0\r\n\r\n") + get("/4"),
            answers=4,
        ),
        case("HEAD and GET", request("HEAD /1") + get("/2"), answers=2, bodiless=(0,)),
        case("close first", get("/1", "Connection: close") + get("/2"), answers=2),
        case("a bad one second", get("/1") + b"G{T / HTTP/1.1\r\n\r\n" + get("/3"), answers=3),
        case("a bad one first", b"G{T / HTTP/1.1\r\n\r\n" + get("/2"), answers=2),
        case("a local answer between", get("/1") + get("/a%2fb") + get("/3"), answers=3),
        case("the first waits", (TWICE, Reached(1), CUE), (CUE, FINE), FINE, answers=2),
        case("empty lines between", get("/1") + b"\r\n" + get("/2"), answers=2),
        case("a bare LF between", get("/1") + b"\n" + get("/2"), answers=2),
        case("two empty lines between", get("/1") + b"\r\n\r\n" + get("/2"), answers=2),
        case("then the end", (TWICE, END), answers=2),
        case(
            "the worker closes after each",
            TWICE,
            response("200 OK", "Connection: close", body=b"fine"),
            answers=2,
        ),
        case(
            "an unsized answer first",
            TWICE,
            (raw("HTTP/1.1 200 OK", body=b"fine"), CLOSE),
            FINE,
            answers=2,
        ),
        case("HTTP/1.0 first", get("/1", version="HTTP/1.0") + get("/2"), answers=2),
        case("another Host", get("/1") + get("/2", host="b.test"), answers=2),
    ),
)


def _keeping() -> tuple[Case, ...]:
    """What keeps a connection, and what the head says of it."""
    lines = ("keep-alive", "Keep-Alive", "close", "keep-alive, close", "x", "close, x", "")
    return (
        *(case(f"1.1, {line}", get("/1", f"Connection: {line}")) for line in lines),
        *(
            case(f"1.0, {line}", get("/1", f"Connection: {line}", version="HTTP/1.0"))
            for line in lines
        ),
        case("1.1", get("/1")),
        case("1.0", get("/1", version="HTTP/1.0")),
        case(
            "1.0, Proxy-Connection", get("/1", "Proxy-Connection: keep-alive", version="HTTP/1.0")
        ),
        case("1.0 twice", get("/1", "Connection: keep-alive", version="HTTP/1.0") * 2, answers=2),
        case("1.0 HEAD", request("HEAD /1 HTTP/1.0", "Connection: keep-alive")),
        case(
            "1.0, an unsized answer",
            get("/1", "Connection: keep-alive", version="HTTP/1.0"),
            (raw("HTTP/1.1 200 OK", body=b"fine"), CLOSE),
        ),
        case(
            "1.0, a chunked answer",
            get("/1", "Connection: keep-alive", version="HTTP/1.0"),
            raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"4\r\nfine\r\n0\r\n\r\n"),
        ),
        case(
            "1.0, an answer in HTTP/1.0",
            get("/1", "Connection: keep-alive", version="HTTP/1.0"),
            (response("200 OK", version="HTTP/1.0", body=b"fine"), CLOSE),
        ),
        case(
            "1.0 POST",
            request(
                "POST /1 HTTP/1.0", "Connection: keep-alive", "Content-Length: 4", body=b"body"
            ),
        ),
        case("four", get("/1") * 4, answers=4),
        case("four 1.0", get("/1", "Connection: keep-alive", version="HTTP/1.0") * 4, answers=4),
        case("a local 404", get("/a%2fb")),
        case("a local 404, 1.0", get("/a%2fb", "Connection: keep-alive", version="HTTP/1.0")),
        case("a 400", get("/x", host="a b")),
        case("a 502", get("/x"), CLOSE),
        case("a 502 to POST", post("/x"), CLOSE),
        case("another connection", (get("/1"), NEXT, get("/2"))),
    )


KEEPING: Final = Configuration("KeepAlive", PLAIN, _keeping())
NOT_KEEPING: Final = Configuration("KeepAlive Off", "KeepAlive Off\n" + PLAIN, _keeping())
KEEPING_TWO: Final = Configuration(
    "MaxKeepAliveRequests 2", "MaxKeepAliveRequests 2\n" + PLAIN, _keeping()
)
KEEPING_ALL: Final = Configuration(
    "MaxKeepAliveRequests 0", "MaxKeepAliveRequests 0\nKeepAliveTimeout 7\n" + PLAIN, _keeping()
)
KEEPING_SHORT: Final = Configuration(
    "KeepAliveTimeout",
    "KeepAliveTimeout 700ms\nTimeout 2\nProxyPass / http://WORKER/\n",
    (
        slow("too late", (GET, OK, Pause(1.1), GET), answers=2),
        slow("in time", (GET, OK, Pause(0.2), GET), answers=2),
        slow("half a second request", (GET, OK, GET[:9]), answers=2),
        slow("half of it in time", (GET, OK, GET[:9], Pause(0.4), GET[9:]), answers=2),
        slow("half of it, the rest later", (GET, OK, GET[:9], Pause(1.1), GET[9:]), answers=2),
        slow(
            "1.0",
            (get("/x", "Connection: keep-alive", version="HTTP/1.0"), OK, Pause(1.1), GET),
            answers=2,
        ),
    ),
)

TABLES: Final = (PACKETS, SIZES, EXPECT, EXPECT_HERE, EARLIER, SLOW_BODY, PIPELINES)
KEEPING_TABLES: Final = (KEEPING, NOT_KEEPING, KEEPING_TWO, KEEPING_ALL, KEEPING_SHORT)
