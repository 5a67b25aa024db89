"""ProxyPassReverse, ProxyPassReverseCookie*, and what a server calls itself in them."""

from typing import Final

from tests.peers.behaviour.language import (
    Case,
    Configuration,
    case,
    get,
    raw,
    response,
)


def _located(*values: str, path: str = "/a/x", host: str = "a.test") -> tuple[Case, ...]:
    """Answers with this Location."""
    return tuple(
        case(value or "empty", get(path, host=host), response("302 Found", f"Location: {value}"))
        for value in values
    )


REVERSE: Final = Configuration(
    "ProxyPassReverse",
    """\
ProxyPass /a/ http://WORKER/A/
ProxyPassReverse /a/ http://WORKER/A/
ProxyPassReverse /b http://worker.test
ProxyPassReverse /c/ http://worker.test:8080/C/
ProxyPassReverse /d/ /local/
ProxyPassReverse /e/ https://secure.test/
ProxyPassReverse /a/ http://worker.test/
ProxyPassReverse /ws/ ws://WORKER/ws/
<Location /loc/>
  ProxyPass http://WORKER/L/
  ProxyPassReverse http://WORKER/L/
  ProxyPassReverse http://loc.test/
</Location>
""",
    (
        *_located(
            *("http://WORKER/A/y", "http://WORKER/A", "http://WORKER/B", "http://worker.test"),
            *("http://worker.test/", "http://worker.test/y?q#f", "http://worker.test:80/y"),
            *("HTTP://Worker.Test/y", "http://worker.testing/y", "https://worker.test/y"),
            *("http://worker.test:8080/C/y", "http://worker.test:8080/D", "https://secure.test/y"),
            *("/local/y", "/local", "/other", "y", "", "//worker.test/y", "http:///y"),
            *("http://user@worker.test/y", "http://worker.test/a b", "http://worker.test//y"),
            *("ws://WORKER/ws/y", "http://loc.test/y", "http://WORKER/L/y", "?q", "#f"),
        ),
        *(
            case(
                f"{name} for {host}",
                get("/a/x", host=host),
                response("302 Found", "Location: http://worker.test/y"),
            )
            for name, host in (
                ("a port", "a.test:8080"),
                ("port 80", "a.test:80"),
                ("capitals", "A.Test"),
                ("v6", "[::1]:80"),
            )
        ),
        case(
            "HTTP/1.0 without Host",
            get("/a/x", host=None, version="HTTP/1.0"),
            response("302 Found", "Location: http://worker.test/y"),
        ),
        case("in the section", get("/loc/x"), response("302 Found", "Location: http://WORKER/L/y")),
        case(
            "in the section, another's",
            get("/loc/x"),
            response("302 Found", "Location: http://worker.test/y"),
        ),
        case(
            "in the section, its second",
            get("/loc/x"),
            response("302 Found", "Location: http://loc.test/y"),
        ),
        *(
            case(
                field,
                get("/a/x"),
                response("200 OK", f"{field}: http://worker.test/y", body=b"fine"),
            )
            for field in (
                "Content-Location",
                "URI",
                "Destination",
                "Refresh",
                "Link",
                "X-Location",
                "location",
            )
        ),
        case(
            "two fields",
            get("/a/x"),
            response("302 Found", "Location: http://worker.test/1", "URI: http://worker.test/2"),
        ),
        case(
            "two Locations",
            get("/a/x"),
            response(
                "302 Found", "Location: http://worker.test/1", "Location: http://worker.test/2"
            ),
        ),
        case(
            "Refresh with url",
            get("/a/x"),
            response("200 OK", "Refresh: 1; url=http://worker.test/y"),
        ),
        case("a 201", get("/a/x"), response("201 Created", "Location: http://worker.test/y")),
        case(
            "a 103",
            get("/a/x"),
            raw("HTTP/1.1 103 Early", "Location: http://worker.test/y") + response("200 OK"),
        ),
    ),
)

NAMED: Final = Configuration(
    "UseCanonicalName On",
    "UseCanonicalName On\nServerName canon.test:8888\nProxyPass /a/ http://WORKER/A/\n"
    "ProxyPassReverse /a/ http://worker.test/\n",
    (
        case("Location", get("/a/x"), response("302 Found", "Location: http://worker.test/y")),
        case(
            "Location, a port",
            get("/a/x", host="a.test:99"),
            response("302 Found", "Location: http://worker.test/y"),
        ),
        case(
            "no Host",
            get("/a/x", host=None, version="HTTP/1.0"),
            response("302 Found", "Location: http://worker.test/y"),
        ),
    ),
)
NAMED_PORTS: Final = Configuration(
    "UseCanonicalPhysicalPort On",
    "UseCanonicalPhysicalPort On\nProxyPass /a/ http://WORKER/A/\nProxyPassReverse /a/ http://worker.test/\n",
    NAMED.cases,
)
NAMED_BOTH: Final = Configuration(
    "UseCanonicalName and PhysicalPort On",
    "UseCanonicalName On\nUseCanonicalPhysicalPort On\nServerName canon.test\n"
    "ProxyPass /a/ http://WORKER/A/\nProxyPassReverse /a/ http://worker.test/\n",
    NAMED.cases,
)
NAMED_DNS: Final = Configuration(
    "ServerName with a scheme",
    "UseCanonicalName On\nServerName https://canon.test\n"
    "ProxyPass /a/ http://WORKER/A/\nProxyPassReverse /a/ http://worker.test/\n",
    NAMED.cases,
)


OTHER_HOST: Final = Configuration(
    "ProxyPassReverse and another Host",
    "RequestHeader set Host other.test:81\nServerSignature EMail\nServerAdmin me@a.test\n"
    "ProxyPass /a/ http://WORKER/A/\nProxyPassReverse /a/ http://worker.test/\n",
    (
        *NAMED.cases,
        case(
            "absolute",
            get("http://b.test:99/a/x"),
            response("302 Found", "Location: http://worker.test/y"),
        ),
    ),
)


EARLIER_HOST: Final = Configuration(
    "another Host from the beginning",
    "RequestHeader set Host other.test:81 early\nRewriteEngine On\n"
    "RewriteCond %{SERVER_NAME}:%{SERVER_PORT}:%{HTTP_HOST} (.*)\n"
    "RewriteRule ^/r /s?%1 [R,L]\nRewriteRule ^/e - [E=seen:%{SERVER_NAME}]\n"
    "Header always set X-Seen %{seen}e\nRedirect /go /gone\n"
    "ProxyPass /a/ http://WORKER/A/\nProxyPassReverse /a/ http://worker.test/\n",
    (
        case("a rule", get("/r")),
        case("a variable", get("/e")),
        case("a redirect", get("/go/x")),
        case("absolute", get("http://b.test:99/r")),
        case("a worker", get("/a/x"), response("302 Found", "Location: http://worker.test/y")),
    ),
)
VIA: Final = Configuration(
    "Via and cookies",
    "ProxyVia On\nProxyPass / http://WORKER/\n",
    (
        case("a cookie", get("/"), response("200 OK", "Set-Cookie: a=b", "X: y", body=b"fine")),
        case("two cookies", get("/"), response("200 OK", "Set-Cookie: a", "Set-Cookie: b")),
        case("a worker's own", get("/"), response("200 OK", "Via: 1.1 w", "Set-Cookie: a")),
    ),
)


def _cookies(*values: str) -> tuple[Case, ...]:
    return tuple(
        case(value, get("/a/x"), response("200 OK", f"Set-Cookie: {value}", body=b"fine"))
        for value in values
    )


COOKIES: Final = Configuration(
    "ProxyPassReverseCookie*",
    """\
ProxyPass /a/ http://WORKER/A/
ProxyPassReverseCookiePath /app /
ProxyPassReverseCookiePath /app2/ /second/
ProxyPassReverseCookiePath / /root/
ProxyPassReverseCookieDomain inner.test outer.test
ProxyPassReverseCookieDomain .dot.test .outer.test
<Location /loc>
ProxyPass http://WORKER/L
ProxyPassReverseCookiePath /L /loc
</Location>
""",
    (
        *_cookies(
            *(
                "a=b",
                "a=b; Path=/app",
                "a=b; path=/app/",
                "a=b; PATH=/app/deep; Secure",
                "a=b;path=/App",
            ),
            *(
                "a=b; path=/app2/x; HttpOnly",
                "a=b; path=/",
                "a=b; path=",
                "a=b; path",
                "a=b; path=x",
            ),
            *('a=b; path="/app"', "a=b; Domain=inner.test", "a=b; domain=INNER.test; Path=/app"),
            *("a=b; domain=.inner.test", "a=b; domain=sub.inner.test", "a=b; domain=inner.testing"),
            *(
                "a=b; domain=.dot.test",
                "a=b; domain=",
                "a=b; domain=other.test; path=/app; Max-Age=1",
            ),
            *(
                "path=/app",
                "a=b; xpath=/app",
                "a=b; path = /app",
                "a=b; path= /app",
                "a=b; Path=/app; Path=/app2/",
            ),
            *(
                "a=b; path=/app;;",
                "a=b;Path=/app;Domain=inner.test",
                'a="x; path=/app"; path=/app',
                "",
            ),
        ),
        case(
            "two",
            get("/a/x"),
            response(
                "200 OK",
                "Set-Cookie: a=b; path=/app",
                "X: 1",
                "Set-Cookie: c=d; path=/app2/",
                "Set-Cookie2: e=f; path=/app",
            ),
        ),
        case("in a section", get("/loc"), response("200 OK", "Set-Cookie: a=b; path=/L/x")),
        case(
            "in a section, the server's",
            get("/loc"),
            response("200 OK", "Set-Cookie: a=b; path=/app"),
        ),
        case(
            "with a 304",
            get("/a/x"),
            raw("HTTP/1.1 304 Not Modified", "Set-Cookie: a=b; path=/app"),
        ),
    ),
)


TABLES: Final = (
    *(REVERSE, NAMED, NAMED_PORTS, NAMED_BOTH, NAMED_DNS, OTHER_HOST, EARLIER_HOST),
    *(VIA, COOKIES),
)
