"""Fields of requests: Host, odd names and values, repeated and folded ones, sizes at the limits."""

from typing import Final

from tests.peers.behaviour.language import Case, Configuration, case, get, post, raw, request

PLAIN: Final = "ProxyPass / http://WORKER/\n"


def _field(name: str, *lines: str) -> Case:
    """A GET with these lines after Host."""
    return case(name, raw("GET /x HTTP/1.1", "Host: a.test", *lines))


HOST_VALUES: Final = (
    *("a.test", "A.TEST", "a.test:80", "a.test:8080", "a.test.", "a.test.:80", "a.test:", "a"),
    *("", " ", ":80", "a.test:0", "a.test:65535", "a.test:65536", "a.test:x", "a.test:-1"),
    *("a_b.test", "-a.test", "a..test", ".a.test", "a.test,b.test", "a.test, b.test", "a/b"),
    *("a%20b", "user@a.test", "127.0.0.1", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "123"),
    *("[::1]", "[::1]:80", "[::1", "[zz]", "[::1%25eth0]", "::1", "a b", "a\tb", "a.test#x"),
    *("a.test?x", "a!b", "a*b", "a~b", "\xe4.test", "a.test:80:80", "http://a.test", "a.test\\b"),
    *("x" * 300, "a.test:080", "a.test: 80", "a.1x", "1.2.3.4x"),
)

HOSTS: Final = Configuration(
    "Host",
    PLAIN,
    (
        *(case(f"Host: {value}"[:60], get("/x", host=value)) for value in HOST_VALUES),
        case("no Host", get("/x", host=None)),
        case("no Host, HTTP/1.0", get("/x", host=None, version="HTTP/1.0")),
        case("two equal Hosts", get("/x", "Host: a.test")),
        case("two Hosts", get("/x", "Host: b.test")),
        case("two Hosts, one empty", get("/x", "Host:")),
        case("HTTP/1.0, a bad Host", get("/x", host="a b", version="HTTP/1.0")),
        case("host in lower case", raw("GET /x HTTP/1.1", "host: a.test")),
        case("HOST without a blank", raw("GET /x HTTP/1.1", "HOST:a.test")),
        case("a blank before the colon of Host", raw("GET /x HTTP/1.1", "Host : a.test")),
        case("Host folded", raw("GET /x HTTP/1.1", "Host: a.test", " b")),
    ),
)

FIELDS: Final = Configuration(
    "fields",
    PLAIN,
    (
        _field("no blank after the colon", "X:y"),
        _field("many blanks", "X:   \t y \t "),
        _field("empty", "X:"),
        _field("only blanks", "X:   "),
        _field("a blank before the colon", "X : y"),
        _field("a tab before the colon", "X\t: y"),
        _field("no colon", "X y"),
        _field("no name", ": y"),
        _field("only a colon", ":"),
        _field("a brace in the name", "X{: y"),
        _field("a high byte in the name", "X\xe4: y"),
        _field("a slash in the name", "X/y: z"),
        _field("punctuation in the name", "!#$%&'*+-.^_`|~09: y"),
        _field("an underscore in the name", "X_y: z"),
        _field("NUL in the value", "X: a\x00b"),
        _field("a control byte in the value", "X: a\x01b"),
        _field("DEL in the value", "X: a\x7fb"),
        _field("a tab in the value", "X: a\tb"),
        _field("high bytes in the value", "X: \xe4\xff\x80"),
        _field("a bare CR in the value", "X: a\rb"),
        _field("a bare CR at the end", "X: a\r"),
        _field("a bare LF in the value", "X: a\nY: b"),
        _field("a bare LF and a blank", "X: a\n b"),
        _field("folded", "X: a", " b"),
        _field("folded with a tab", "X: a", "\t\tb"),
        _field("folded twice", "X: a", " b", "  c"),
        _field("folded, an empty piece", "X: a", "  ", " c"),
        _field("folded, empty before", "X:", " b"),
        _field("folded first", " X: a"),
        case(
            "folded right after the request line", raw("GET /x HTTP/1.1", " folded", "Host: a.test")
        ),
        _field("repeated", "X: a", "X: b"),
        _field("repeated with others between", "X: a", "Y: 1", "x: b", "Z: 2", "X:"),
        _field("repeated Cookie", "Cookie: a=1", "Cookie: b=2"),
        _field("repeated Authorization", "Authorization: Basic a", "Authorization: Basic b"),
        _field("an empty line of blanks", "  ", "X: y"),
        _field("a Cookie of everything", 'Cookie: a="b,c"; d=\\"; $Version=1;;=;'),
        _field("hop by hop", "Keep-Alive: 5", "Proxy-Connection: x", "TE: trailers", "Trailer: X"),
        _field("Proxy-Authorization", "Proxy-Authorization: Basic x", "Proxy-Authenticate: y"),
        _field("Connection names a field", "Connection: X-Mine, keep-alive", "X-Mine: 1", "X: 2"),
        _field("Connection names Host", "Connection: Host, X-Forwarded-For"),
        _field("Connection names Cookie", "Connection: cookie", "Cookie: a=b"),
        _field(
            "Connection names Content-Length", "Connection: Content-Length", "Content-Length: 0"
        ),
        _field("Connection: close", "Connection: close"),
        _field("Connection: Close, x", "Connection: Close, x"),
        _field("two Connections", "Connection: a", "Connection: b, close", "A: 1", "B: 2"),
        _field("Connection with quotes", 'Connection: "a", ;, ,,b', "a: 1", "b: 2"),
        _field("Connection empty", "Connection:"),
        _field("Upgrade unasked", "Upgrade: foo", "Connection: Upgrade"),
        _field("TE with a Connection", "TE: trailers", "Connection: TE"),
        _field(
            "X-Forwarded fields",
            "X-Forwarded-For: 1.2.3.4",
            "X-Forwarded-Host: h",
            "Y: 1",
            "X-Forwarded-Server: s",
        ),
        _field("X-Forwarded-For twice", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 5.6.7.8"),
        _field("X-Forwarded-For empty", "X-Forwarded-For:"),
        _field("Forwarded", "Forwarded: for=1.2.3.4"),
        _field("Via", "Via: 1.0 other", "Via: 1.1 another"),
        _field(
            "conditional", "If-None-Match: *", "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT"
        ),
        _field("If-Match", 'If-Match: "x"'),
        _field("Range", "Range: bytes=0-1"),
        _field("Accept-Encoding", "Accept-Encoding: gzip", "Accept: */*"),
        _field("Expect: 200-ok", "Expect: 200-ok"),
        _field("Expect empty", "Expect:"),
        _field("Content-Type without a body", "Content-Type: text/plain"),
        _field("Date, Server", "Date: now", "Server: mine"),
        _field("Max-Forwards twice", "Max-Forwards: 5", "Max-Forwards: 6"),
        _field("Front-End-Https and Proxy", "Front-End-Https: on", "Proxy: http://evil.test/"),
        case("POST keeps order", post("/x", "B: 1", "A: 2", "Content-Type: x/y", "C: 3")),
        case(
            "Content-Length first",
            raw("POST /x HTTP/1.1", "Content-Length: 4", "Host: a.test", "X: 1", body=b"body"),
        ),
    ),
)

NAME: Final = len("X: ")


def _sized(size: int) -> str:
    return "X: " + "v" * (size - NAME)


LIMITS: Final = Configuration(
    "limits by default",
    PLAIN,
    (
        *(
            _field(f"a line of {size}", _sized(size))
            for size in (8189, 8190, 8191, 8192, 8193, 16384)
        ),
        _field("a name of 8190", "X" * 8190 + ": y"),
        *(
            _field(f"folded to {size}", _sized(4000), " " + "v" * (size - 4001))
            for size in (8190, 8191, 8192)
        ),
        *(
            _field(f"merged to {size}", _sized(4003), _sized(size - 4000 - 2 + NAME))
            for size in (8190, 8191, 9000)
        ),
        *(
            _field(f"{count} fields", *(f"X{at}: y" for at in range(count - 1)))
            for count in (99, 100, 101, 150)
        ),
        _field("101 lines, equal names", *("X: y",) * 100),
        _field("80 folded lines", "X: y", *(" z",) * 120),
        _field("a head of 60 kB", *(f"X{at}: {'v' * 700}" for at in range(88))),
        _field("blanks up to the limit", "X:" + " " * 8190 + "y"),
    ),
)

SMALL_LIMITS: Final = Configuration(
    "LimitRequest*",
    "LimitRequestLine 40\nLimitRequestFieldSize 50\nLimitRequestFields 4\n" + PLAIN,
    (
        *(
            case(f"a request line of {size}", get("/" + "x" * (size - 14)))
            for size in (39, 40, 41, 42, 43, 100)
        ),
        *(_field(f"a field line of {size}", _sized(size)) for size in (49, 50, 51, 52, 53, 90)),
        *(
            _field(f"{count} fields", *(f"X{at}: y" for at in range(count - 1)))
            for count in (3, 4, 5)
        ),
        _field("folded to 52", _sized(30), " " + "v" * 21),
        _field("folded to 49", _sized(30), " " + "v" * 18),
        _field("merged to 60", _sized(33), _sized(31)),
        case("a long Host", get("/x", host="h" * 60)),
    ),
)
NO_LIMITS: Final = Configuration(
    "LimitRequest* 0",
    "LimitRequestFields 0\nLimitRequestBody 5\n" + PLAIN,
    (
        _field("300 fields", *(f"X{at}: y" for at in range(300))),
        case("a body above LimitRequestBody", post("/x", body=b"1234567890")),
        case(
            "chunks above it",
            request("POST /x", "Transfer-Encoding: chunked", body=b"a\r\n1234567890\r\n0\r\n\r\n"),
        ),
    ),
)
LIMIT_BODY: Final = Configuration(
    "LimitRequestBody in a Location",
    "<Location />\nLimitRequestBody 5\n</Location>\n" + PLAIN,
    (
        case("above", post("/x", body=b"1234567890")),
        case("below", post("/x", body=b"1234")),
        case(
            "chunks above",
            request("POST /x", "Transfer-Encoding: chunked", body=b"a\r\n1234567890\r\n0\r\n\r\n"),
        ),
    ),
)

ODD_HEADS: Final = (
    case("bare LF", b"GET /x HTTP/1.1\nHost: a.test\n\n"),
    case("two blanks", b"GET  /x  HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    case("a tab", b"GET\t/x HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    case("a blank before the colon", raw("GET /x HTTP/1.1", "Host: a.test", "X : y")),
    case("a control byte", raw("GET /x HTTP/1.1", "Host: a.test", "X: a\x01b")),
    case("no colon", raw("GET /x HTTP/1.1", "Host: a.test", "X")),
    case("an unknown method", request("BREW /x")),
    case("a bad method", request("G{T /x")),
    case("HTTP/0.9", b"GET /x\r\n\r\n"),
    case("HTTP/1.0", get("/x", version="HTTP/1.0")),
    case("HTTP/1.1", get("/x")),
    case("http/1.1", get("/x", version="http/1.1")),
    case("a bad Host", get("/x", host="a b")),
    case("a high byte in the target", request("GET /\xe4 HTTP/1.1")),
    case("a control byte in the target", request("GET /\x01 HTTP/1.1")),
    case("two lengths", request("POST /x", "Content-Length: 4", "Content-Length: 4", body=b"body")),
)
UNSAFE: Final = Configuration(
    "HttpProtocolOptions Unsafe", "HttpProtocolOptions Unsafe\n" + PLAIN, ODD_HEADS
)
REGISTERED: Final = Configuration(
    "HttpProtocolOptions RegisteredMethods Require1.0",
    "HttpProtocolOptions Strict RegisteredMethods Require1.0\n" + PLAIN,
    (
        *ODD_HEADS,
        *(case(method, request(f"{method} /x")) for method in "PATCH PROPFIND MKCOL get".split()),
    ),
)

TABLES: Final = (HOSTS, FIELDS, LIMITS, SMALL_LIMITS, NO_LIMITS, LIMIT_BODY, UNSAFE, REGISTERED)
