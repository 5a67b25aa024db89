"""Pages in place of errors: ProxyErrorOverride, ErrorDocument; TRACE; signatures."""

from typing import Final

from tests.peers.behaviour.language import (
    CLOSE,
    EARLY,
    NEXT,
    Case,
    Configuration,
    case,
    get,
    post,
    raw,
    request,
    response,
    slow,
)

PLAIN: Final = "Timeout 1\nProxyPass / http://WORKER/ disablereuse=On\n"


def _statuses(*statuses: str, path: str = "/x") -> tuple[Case, ...]:
    return tuple(
        case(
            f"{status}",
            get(path),
            response(
                status, "X: 1", "Set-Cookie: a=b", "Content-Type: text/x", body=b"the worker's page"
            ),
        )
        for status in statuses
    )


STATUSES: Final = (
    *(
        "400 Bad",
        "401 No",
        "403 Forbidden",
        "404 Not Here",
        "404",
        "405 Not Allowed",
        "410 Gone",
        "418 Teapot",
    ),
    *("429 Slow", "451 Law", "499 Odd", "500 Oops", "502 Bad", "503 Later", "504 Late", "599 Odd"),
    *("200 OK", "302 Found", "304 Not Modified", "299 Odd"),
)


OTHER_ERRORS: Final = (
    *_statuses(*STATUSES),
    case(
        "401 with a challenge",
        get("/x"),
        response("401 No", 'WWW-Authenticate: Basic realm="x"', "X: 1", body=b"page"),
    ),
    case(
        "403 with a challenge",
        get("/x"),
        response("403 No", 'WWW-Authenticate: Basic realm="x"', body=b"page"),
    ),
    case("503 with Retry-After", get("/x"), response("503 Later", "Retry-After: 5", body=b"page")),
    case(
        "404 in chunks",
        get("/x"),
        raw("HTTP/1.1 404 Not Found", "Transfer-Encoding: chunked", body=b"4\r\npage\r\n0\r\n\r\n"),
    ),
    case("404 and the end", get("/x"), (raw("HTTP/1.1 404 Not Found", body=b"page"), CLOSE)),
    case("404 to HEAD", request("HEAD /x"), raw("HTTP/1.1 404 Not Found", "Content-Length: 4")),
    case("404 to POST", post("/x"), response("404 Not Found", body=b"page")),
    case("404 to HTTP/1.0", get("/x", version="HTTP/1.0"), response("404 Not Found", body=b"page")),
    case(
        "404 to an early POST",
        request("POST /x", "Content-Length: 4", body=b"body"),
        (EARLY, response("404 Not Found", body=b"page")),
    ),
    case("405 with Allow", get("/x"), response("405 No", "Allow: GET", body=b"page")),
    case(
        "416 with a range", get("/x"), response("416 No", "Content-Range: bytes */4", body=b"page")
    ),
    case("worker closes", get("/x"), CLOSE),
    case("a bad head", get("/x"), (b"HTTP/1.1 200 OK\r\nbad\r\n\r\n", CLOSE)),
    case("a local 404", get("/a%2fb")),
    case("a local 400", get("/x", host="a b")),
    case("twice", (get("/x"), NEXT, get("/y")), response("404 Not Found", body=b"page")),
    case("a 404 with a long body", get("/x"), response("404 Not Found", body=b"p" * 100000)),
)


OVERRIDE: Final = Configuration(
    "ProxyErrorOverride On", "ProxyErrorOverride On\n" + PLAIN, OTHER_ERRORS
)


OVERRIDE_SOME: Final = Configuration(
    "ProxyErrorOverride On 404 503", "ProxyErrorOverride On 404 503\n" + PLAIN, OTHER_ERRORS
)


OVERRIDE_REUSE: Final = Configuration(
    "ProxyErrorOverride and pools",
    "ProxyErrorOverride On\nProxyPass / http://WORKER/\n",
    (
        case("a 404", (get("/x"), NEXT, get("/y")), response("404 Not Found", body=b"page")),
        case("a long 404", (get("/x"), NEXT, get("/y")), response("404 No", body=b"p" * 100000)),
    ),
)
OVERRIDE_DOCUMENTS: Final = Configuration(
    "ProxyErrorOverride and ErrorDocument",
    """\
ProxyErrorOverride On
ErrorDocument 404 "not found here, <b>sorry</b>"
ErrorDocument 503 /errors/503.html?x=1
ErrorDocument 502 /errors/502
ErrorDocument 500 http://other.test/oops
ErrorDocument 403 default
ErrorDocument 401 http://other.test/login
ErrorDocument 410 /dead/
ErrorDocument 400 "bad"
ProxyPass /dead/ http://DEAD/
"""
    + PLAIN,
    (
        *_statuses(*STATUSES),
        case(
            "503, its page is a 404",
            get("/x"),
            response("503 Later", body=b"page"),
            response("404 No", body=b"other"),
        ),
        case("503, its page is a 503", get("/x"), response("503 Later", body=b"page")),
        case(
            "503, its page is fine",
            get("/x?q", "Cookie: c=d"),
            response("503 Later", "X: 1", "Set-Cookie: a=b", body=b"page"),
            response("200 OK", "X: 2", "Content-Type: text/html", body=b"an error page"),
        ),
        case(
            "503 to POST, its page is fine",
            post("/x"),
            response("503 Later", body=b"page"),
            response("200 OK", body=b"an error page"),
        ),
        case(
            "503 to HEAD, its page is fine",
            request("HEAD /x"),
            raw("HTTP/1.1 503 Later", "Content-Length: 4"),
            raw("HTTP/1.1 200 OK", "Content-Length: 13"),
        ),
        case(
            "503, its page is a redirect",
            get("/x"),
            response("503 Later", body=b"page"),
            response("302 Found", "Location: /y"),
        ),
        case("503, its page dies", get("/x"), response("503 Later", body=b"page"), CLOSE),
        case(
            "502 of a worker that closes",
            get("/x"),
            CLOSE,
            response("200 OK", body=b"an error page"),
        ),
        case("a local 404", get("/a%2fb")),
        case("a local 400", get("/x", host="a b")),
        case(
            "401 with a challenge",
            get("/x"),
            response("401 No", 'WWW-Authenticate: Basic realm="x"', body=b"page"),
        ),
    ),
)


DOCUMENTS: Final = Configuration(
    "ErrorDocument",
    """\
ErrorDocument 404 "no such thing"
ErrorDocument 503 /sorry/503?why=dead
ErrorDocument 502 "http://other.test/502?from=here"
ErrorDocument 400 /sorry/400
ErrorDocument 500 /loop/
ErrorDocument 405 "/sorry/with blank"
ErrorDocument 414 "too long"
ErrorDocument 408 "too slow"
ErrorDocument 417 "not expected"
TraceEnable Off
ProxyPass /dead http://DEAD/
ProxyPass /closes http://WORKER/closes
ProxyPass /sorry/ http://WORKER/errors/
ProxyPass /loop/ balancer://nowhere/
ProxyPass /ok/ http://WORKER/
Timeout 1
<Location /ok/own/>
  ErrorDocument 404 "the section's own"
  ErrorDocument 502 default
</Location>
""".replace("ProxyPass /loop/ balancer://nowhere/\n", ""),
    (
        case("a text", get("/none")),
        case("a text to HEAD", request("HEAD /none")),
        case("a text to HTTP/1.0", get("/none", version="HTTP/1.0")),
        case("a text, %2F", get("/ok/a%2fb")),
        case(
            "a path",
            get("/dead?q=1", "X: 1"),
            response("200 OK", "X: 2", "Content-Type: text/html", body=b"sorry"),
        ),
        case("a path, POST", post("/dead"), response("200 OK", body=b"sorry")),
        case("a path, HEAD", request("HEAD /dead"), raw("HTTP/1.1 200 OK", "Content-Length: 5")),
        case(
            "a path, chunks",
            get("/dead"),
            raw("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", body=b"5\r\nsorry\r\n0\r\n\r\n"),
        ),
        case("a path, a 404", get("/dead"), response("404 No", body=b"not even this")),
        case("a path, a 500", get("/dead"), response("500 No", body=b"not even this")),
        case("a path, a 302", get("/dead"), response("302 Found", "Location: /y", body=b"go")),
        case("a path, it closes", get("/dead"), CLOSE),
        case(
            "a path, then a second request",
            get("/dead") + get("/ok/1"),
            response("200 OK", body=b"sorry"),
            answers=2,
        ),
        case("a URL", get("/closes"), CLOSE),
        case("a URL, HEAD", request("HEAD /closes"), CLOSE),
        case("a URL, POST", post("/closes"), CLOSE),
        case("a bad request, a path", get("/ok/x", host="a b")),
        case("a bad method, a path", request("G{T /ok/")),
        case("a bad escape, a path", get("/ok/%zz")),
        case("TRACE, a path with a blank", request("TRACE /ok/x")),
        case("too long", get("/ok/" + "x" * 9000)),
        slow("too slow", b"GET /ok/x HTTP/1.1\r\nHost: a.test\r\n"),
        case("Expect", get("/ok/x", "Expect: 200")),
        case("a worker's own 404", get("/ok/x"), response("404 No", body=b"page")),
        case("a section's", get("/ok/own/a%2fb")),
        case("a section's, default", get("/ok/own/x"), CLOSE),
    ),
)


EXPRESSIONS: Final = Configuration(
    "ErrorDocument with expressions",
    """\
ErrorDocument 404 "no %{REQUEST_URI} on %{SERVER_NAME}: %{REQUEST_STATUS} %{REQUEST_FILENAME}"
ErrorDocument 503 /errors%{REQUEST_URI}?%{QUERY_STRING}&m=%{REQUEST_METHOD}%{REQUEST_STATUS}
ErrorDocument 502 "http://other.test%{REQUEST_URI}?x=%{req:X-A}%{REQUEST_STATUS}"
ErrorDocument 403 %{REQUEST_URI}
ErrorDocument 410 "%{HTTP:X-A}, %{req:x-b} and %{env:seen} \\\\ %{tolower:%{HTTP:X-A}} $0 $1"
ErrorDocument 400 "bad: %{REQUEST_URI} %{THE_REQUEST} %{REQUEST_STATUS}"
ErrorDocument 413 "%{REQUEST_STATUS} %{REQUEST_URI}"
ErrorDocument 501 "%{REQUEST_STATUS} %{REQUEST_URI}"
ErrorDocument 401 "%{REQUEST_STATUS} %{REQUEST_URI}"
ErrorDocument 405 /errors/405?%{THE_REQUEST}
ErrorDocument 414 "%{REQUEST_URI}!"
ErrorDocument 500 "%{unescape:%zz}%{file:/none}"
SetEnvIf Request_URI ^/gone seen=yes
RewriteEngine On
RewriteRule ^/gone - [G]
RewriteRule ^/no - [F]
RewriteRule ^/own - [R=500]
TraceEnable Off
ProxyPass /dead http://DEAD/
ProxyPass /cut http://WORKER/cut
ProxyPass /errors http://WORKER/errors
ProxyPass /wrong !
<Location /wrong>
  ErrorDocument 404 "section %{REQUEST_URI} %{REQUEST_STATUS}"
  ErrorDocument 403 "section %{REQUEST_URI} %{REQUEST_STATUS}"
</Location>
<Location /wrong/no>
  Require all denied
</Location>
<Location /wrong/who>
  AuthType Basic
  AuthName a
  AuthUserFile ROOT/users
  Require valid-user
</Location>
<Location /wrong/so>
  ErrorDocument 404 default
</Location>
<If "%{QUERY_STRING} == 'if'">
  ErrorDocument 404 "if %{QUERY_STRING}"
</If>
""",
    (
        case("a text", get("/a%2fb")),
        case("a text, decoded", get("/a%20%3cb%3e%c3%a4")),
        case("a text, a line end", get("/a%0ab")),
        case("HEAD", request("HEAD /none")),
        case("POST", post("/none")),
        case("a path", get("/dead/x")),
        case("a path and a query", get("/dead/x?a=b%20c")),
        case("a path with a blank", get("/dead/x%20y")),
        case("a path with a percent sign", get("/dead/x%2541")),
        case("a path with a question mark", get("/dead/x%3fy")),
        case("a path with dots", get("/dead/..%2e/x")),
        case("a path with a line end", get("/dead/x%0ay")),
        case("a URL", get("/cut/x", "X-A: b"), CLOSE),
        case("a URL with a blank", get("/cut/x%20y", "X-A: b c"), CLOSE),
        case("a URL with quotes", get("/cut/x%22%3c", 'X-A: "<>'), CLOSE),
        case("a URL with a line end", get("/cut/x%0d%0aX:%20y"), CLOSE),
        case("a URL with a control byte", get("/cut/x%01"), CLOSE),
        case("a URL without a value", get("/cut/x"), CLOSE),
        case("no kind", get("/no/x")),
        case("fields", get("/gone", "X-A: Some", "X-B: other")),
        case("no fields", get("/gone")),
        case("a bad host", get("/x", host="a b")),
        case("no host", raw("GET /x?y HTTP/1.1")),
        case("TRACE", request("TRACE /x")),
        case("a request line that is too long", get("/" + "x" * 8200)),
        case("it cannot be said", get("/own")),
        case("a section's", get("/wrong/x")),
        case("a section's 403", get("/wrong/no")),
        case("a section's 401", get("/wrong/who")),
        case("a path with a hash", get("/dead/x%23y")),
        case("a bad method", request("G{T /ok/")),
        case("a bad escape", get("/ok/%zz")),
        case("an encoded slash", get("/none%2fx")),
        case("an unknown method", request("XYZ /none")),
        case("DELETE", request("DELETE /none")),
        case("a section's default", get("/wrong/so")),
        case("a condition's", get("/none?if")),
    ),
    files=(("users", b""),),
)


TRACE_OFF: Final = Configuration(
    "TraceEnable Off",
    "TraceEnable Off\n" + PLAIN,
    (
        case("TRACE", request("TRACE /x")),
        case("TRACE *", request("TRACE *")),
        case("OPTIONS", request("OPTIONS /x")),
        case("OPTIONS *", request("OPTIONS *")),
        case("TRACE, Max-Forwards 0", request("TRACE /x", "Max-Forwards: 0")),
    ),
)


TRACE_EXTENDED: Final = Configuration(
    "TraceEnable extended",
    "TraceEnable extended\n" + PLAIN,
    (
        case("TRACE", request("TRACE /x")),
        case("TRACE with a body", request("TRACE /x", "Content-Length: 4", body=b"body")),
    ),
)
TRACE_BACK: Final = Configuration(
    "TraceEnable extended, answered here",
    "TraceEnable extended\nProxyPass /none !\n" + PLAIN,
    (
        case("a body", request("TRACE /none", "Content-Length: 4", body=b"body")),
        case("65536", request("TRACE /none", "Content-Length: 65536", body=b"b" * 65536)),
        case("65537", request("TRACE /none", "Content-Length: 65537", body=b"b" * 65537)),
        case(
            "200000 in chunks",
            request(
                "TRACE /none",
                "Transfer-Encoding: chunked",
                body=b"%x\r\n%b\r\n" % (9, b"b" * 9) * 20000 + b"0\r\n\r\n",
            ),
        ),
    ),
)


SIGNED: Final = Configuration(
    "ServerSignature, ServerAdmin, ServerTokens",
    "ServerSignature EMail\nServerAdmin webmaster@a.test\nServerTokens Prod\n"
    "ProxyPass /ok http://WORKER/\nProxyPass /dead http://DEAD/\n",
    (
        case("404", get("/none")),
        case("503", get("/dead")),
        case("200", get("/ok")),
        case("400", get("/", host="a b")),
    ),
)

TABLES: Final = (
    *(OVERRIDE, OVERRIDE_SOME, OVERRIDE_REUSE, OVERRIDE_DOCUMENTS, DOCUMENTS, EXPRESSIONS),
    *(TRACE_OFF, TRACE_EXTENDED, TRACE_BACK, SIGNED),
)
