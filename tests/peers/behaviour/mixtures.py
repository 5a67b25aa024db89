"""Where one directive meets another: sections, rules, parameters, pages."""

from typing import Final

from tests.peers.behaviour.language import (
    BODY,
    CLOSE,
    CONTINUE,
    EARLY,
    FINE,
    NEXT,
    SILENT,
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


DOCUMENTS: Final = Configuration(
    "ErrorDocument, its forms",
    """\
ErrorDocument 404 "she said \\"no\\" & <i>left</i>"
ErrorDocument 503 unquoted-text
ErrorDocument 502 https://other.test/%{x}
ErrorDocument 400 ' single '
ErrorDocument 405 " "
TraceEnable Off
ProxyPass /dead http://DEAD/
ProxyPass /closes http://WORKER/closes
ProxyPass /page http://WORKER/page
<Location /closes/text>
  ErrorDocument 502 "a section's text"
</Location>
<Location /closes/text/none>
  ErrorDocument 502 default
</Location>
<LocationMatch "path$">
  ErrorDocument 502 /page?from=path
</LocationMatch>
""".replace(
        "ErrorDocument 502 https://other.test/%{x}",
        "ErrorDocument 502 https://other.test/x?a=b&c=d",
    ),
    (
        case("quotes", get("/none")),
        case("no quotes", get("/dead")),
        case("a URL with a query", get("/closes"), CLOSE),
        case("single quotes", get("/%zz")),
        case("empty", request("TRACE /closes")),
        case("a section's", get("/closes/text"), CLOSE),
        case("a section's default", get("/closes/text/none"), CLOSE),
        case("a section's path", get("/closes/path?q=1", "Cookie: a=b"), CLOSE, FINE),
        case("a section's path to POST", post("/closes/path"), CLOSE, FINE),
        case(
            "a section's path to HEAD",
            request("HEAD /closes/path"),
            CLOSE,
            raw("HTTP/1.1 200 OK", "Content-Length: 4"),
        ),
        case(
            "a section's path, 206",
            get("/closes/path", "Range: bytes=0-1"),
            CLOSE,
            response("206 Part", "Content-Range: bytes 0-1/4", body=b"fi"),
        ),
        case("a section's path, HTTP/1.0", get("/closes/path", version="HTTP/1.0"), CLOSE, FINE),
        case("a section's path, kept", get("/closes/path") + get("/none"), CLOSE, FINE, answers=2),
    ),
)


SECTIONS: Final = Configuration(
    "sections that overlap",
    """\
ProxyVia Off
ProxyPass / http://WORKER/root/
ProxyPassReverse / http://w.test/
<Location />
  ProxyPreserveHost On
</Location>
<Location /a>
  ProxyPreserveHost Off
  ProxyErrorOverride On
  SetEnv proxy-nokeepalive 1
</Location>
<LocationMatch "^/a/(b|c)">
  ProxyPass http://WORKER/match/
  ProxyAddHeaders Off
</LocationMatch>
<Location "/a/b/*">
  ProxyPreserveHost On
</Location>
<Location ~ "\\.html$">
  ProxyErrorOverride Off
  UnsetEnv proxy-nokeepalive
  ErrorDocument 404 "no html"
</Location>
<Location /a/b/deep/>
  ProxyPass !
</Location>
<Location /rev>
  ProxyPassReverse http://rev.test/
</Location>
""",
    (
        *(
            case(path, get(path))
            for path in (
                "/",
                "/x",
                "/a",
                "/a/",
                "/a/b",
                "/a/b/x",
                "/a/c/x",
                "/a/b/deep",
                "/a/b/deep/x",
                "/ab",
                "/x.html",
                "/a/x.html",
                "/A/b",
            )
        ),
        *(
            case(f"{path}, 404", get(path), response("404 No", body=b"page"))
            for path in ("/x", "/a/x", "/a/x.html", "/a/b/x", "/x.html")
        ),
        *(
            case(
                f"{path}, Location {name}",
                get(path),
                response("302 Found", f"Location: http://{name}.test/y"),
            )
            for path in ("/x", "/rev/x", "/a/x")
            for name in ("w", "rev")
        ),
    ),
)


TARGETS: Final = Configuration(
    "rules of all forms",
    """\
ProxyPass /one http://WORKER/1 disablereuse=On
ProxyPass /one/two http://WORKER/2
ProxyPass /upper HTTP://WORKER/Up
ProxyPass "/quoted path/" "http://WORKER/quoted path/"
ProxyPass /pct%20x/ http://WORKER/pct%20y/
ProxyPass /semi;x http://WORKER/semi
ProxyPass /frag http://WORKER/frag#x
ProxyPass /dot. http://WORKER/dot.
ProxyPass /tilde~ http://WORKER/tilde~
ProxyPassMatch ^/i(\\d+)-(\\d+)(?:/(.*))?$ http://WORKER/$2/$1/$3?n=$1
ProxyPassMatch ^/amp/(.*)$ http://WORKER/&/$1
ProxyPassMatch "^/q uoted/(.*)$" "http://WORKER/q/$1"
ProxyPassMatch ^(/.*\\.gif)$ http://WORKER/img$1
ProxyPassMatch ^/(?<name>[a-z]+)\\.txt$ http://WORKER/$1
ProxyPassMatch /anywhere/ http://WORKER/any
ProxyPass /un/ unix:UNIX|http://localhost/u/
ProxyPass /unix2 unix:UNIX|http://h.test:81
""",
    tuple(
        case(path, get(path))
        for path in (
            *("/one", "/one/two", "/one/two/x", "/upper/x", "/quoted%20path/a"),
            *(
                "/pct%20x/a",
                "/pct%2520x/a",
                "/semi;x/y",
                "/semi",
                "/frag/x",
                "/frag",
                "/dot./x",
                "/dot",
            ),
            *(
                "/tilde~/x",
                "/tilde%7E/x",
                "/i12-34",
                "/i12-34/",
                "/i12-34/a/b?c=d",
                "/i12-",
                "/amp/x",
            ),
            *(
                "/q%20uoted/x",
                "/a/b.gif",
                "/a/b.gif?x",
                "/a.gif/x",
                "/abc.txt",
                "/ABC.txt",
                "/x/anywhere/y",
            ),
            *(
                "/x/anywhere/?q",
                "/un/x",
                "/un/",
                "/un",
                "/unix2",
                "/unix2/x",
                "/i1-2/%2e%2e/x",
                "/i1-2/%3F",
            ),
            *(
                "/a%0ab.gif",
                "/a%25b.gif",
                "/one/%E2%82%AC",
                "/one/a%20b%20?c%20d",
                "/one/a|b",
                "/one/a^b",
            ),
        )
    ),
)


SHARED: Final = Configuration(
    "a worker above all others",
    """\
ProxyPass /first http://WORKER/1
ProxyPass /slash/ http://WORKER
ProxyPass /later http://WORKER/2
ProxyPassMatch ^/(\\d+)$ http://WORKER/$1
""",
    tuple(
        case(path, (get(path), NEXT, get(path)))
        for path in ("/first", "/slash/x", "/later", "/1234")
    ),
)


TIMES: Final = Configuration(
    "parameters that meet",
    """\
Timeout 3
ProxyTimeout 2
ProxyPass /t http://WORKER/t timeout=1
ProxyPass /off http://WORKER/off status=+D
ProxyPass /i http://WORKER/i status=+I
ProxyPass /k http://WORKER/k keepalive=On ping=1 disablereuse=On
ProxyPass /m http://WORKER/m max=1 acquire=200 timeout=1
ProxyPass /e http://WORKER/e enablereuse=On max=2 smax=1 ttl=5
ProxyPass / http://WORKER/r connectiontimeout=1 retry=5 flushpackets=on iobuffersize=1024
""",
    (
        slow("/t, silent", get("/t"), SILENT),
        slow(
            "/t, slow",
            get("/t"),
            (raw("HTTP/1.1 200 OK", "Content-Length: 4"), Pause(0.7), b"fi", Pause(0.7), b"ne"),
        ),
        slow("/, silent", get("/x"), SILENT),
        slow("/m, held", (get("/m"), Reached(1), NEXT, get("/m")), SILENT, FINE),
        case("/off", get("/off")),
        case("/off, POST", post("/off")),
        case("/i", get("/i")),
        case("/k", get("/k")),
        case("/k, POST", post("/k"), (EARLY, CONTINUE, BODY, FINE)),
        case("/k, POST in chunks", chunked("/k", CHUNKS), (EARLY, CONTINUE, BODY, FINE)),
        case(
            "/k, POST, refused",
            post("/k"),
            (EARLY, response("403 No", "Connection: close", body=b"no"), CLOSE),
        ),
        case("/k, an empty POST", post("/k", body=b"")),
        case("/e", (get("/e"), NEXT, get("/e"), NEXT, get("/e"))),
        case("/e and /", (get("/e"), NEXT, get("/x"), NEXT, get("/e"))),
        case("/x, 100 kB", get("/x"), response("200 OK", body=b"a" * 100000)),
    ),
)


SHORT: Final = Configuration(
    "short lives",
    "MaxKeepAliveRequests 1\nKeepAliveTimeout 300ms\nHttpProtocolOptions RegisteredMethods\n"
    "LimitRequestLine 9000\nLimitRequestFieldSize 9000\n" + PLAIN,
    (
        case("three", get("/1") * 3, answers=3),
        case("1.0", get("/1", "Connection: keep-alive", version="HTTP/1.0") * 3, answers=3),
        slow("too late", (get("/1"), Until(b"fine"), Pause(0.6), get("/2")), answers=2),
        case("a line of 9000", get("/" + "x" * (9000 - 14))),
        case("a line of 9002", get("/" + "x" * (9002 - 14))),
        case("a field of 9000", get("/x", "X: " + "y" * 8997)),
        case("a field of 9002", get("/x", "X: " + "y" * 8999)),
        *(
            case(method, request(f"{method} /x"))
            for method in ("GET", "PATCH", "BREW", "get", "MKCALENDAR", "LOCK")
        ),
    ),
)


HEADS: Final = Configuration(
    "all that is added",
    "ProxyVia Full\nProxyMaxForwards 3\nProxyPreserveHost On\nUseCanonicalName On\n"
    "ServerName canon.test:8443\nServerAdmin me@a.test\n"
    'ProxyErrorOverride On 404\nErrorDocument 404 "gone"\n' + PLAIN,
    (
        case("GET", get("/x")),
        case("a port", get("/x", host="b.test:81")),
        case("v6", get("/x", host="[2001:db8::1]:81")),
        case("no Host", get("/x", host=None, version="HTTP/1.0")),
        case("Max-Forwards", get("/x", "Max-Forwards: 1", "Via: 1.1 y")),
        case("a 404", get("/x"), response("404 No", "Via: 1.1 w", body=b"page")),
        case(
            "a 302",
            get("/x"),
            response("302 Found", "Location: http://WORKER.test/y", "Via: 1.1 w"),
        ),
        case("a 103", get("/x"), raw("HTTP/1.1 103 Early", "Link: a") + FINE),
        case("a 304", get("/x"), raw("HTTP/1.1 304 Not Modified", "ETag: x")),
        case("closes", get("/x"), CLOSE),
        case("an absolute target", get("http://c.test:82/x", host="b.test")),
    ),
)

TABLES: Final = (DOCUMENTS, SECTIONS, TARGETS, SHARED, TIMES, SHORT, HEADS)
