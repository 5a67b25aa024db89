"""mod_headers where a server as a whole counts: `early`, merging, pages for errors, connections."""

from typing import Final

from tests.peers.behaviour.headers import (
    BROKEN,
    ENDLESS,
    HINTED,
    NOT_FOUND,
    POOR,
    RICH,
    UPGRADE,
    Row,
    table,
)
from tests.peers.behaviour.language import (
    BODY,
    CLOSE,
    CONTINUE,
    END,
    Case,
    Configuration,
    Do,
    Until,
    case,
    get,
    post,
    raw,
    request,
    response,
)

PLAIN: Final = "ProxyPass / http://WORKER/\n"
BIG: Final = response("200 OK", "X-A: one", body=b"f" * 100000)
_CLOSED: Final = "Connection: close"
_CONTINUED: Final = (Do.EARLY, CONTINUE, BODY, RICH, CLOSE)
_KEPT: Final = "Connection: keep-alive"


def _all_kinds(target: str = "/x") -> tuple[Case, ...]:
    return (
        case("200", get(target, "X-Q: a"), (RICH, CLOSE)),
        case("a poor 200", get(target), (POOR, CLOSE)),
        case("404 of the worker", get(target, "X-Q: a"), (NOT_FOUND, CLOSE)),
        case("500 of the worker", get(target), (BROKEN, CLOSE)),
        case("103", get(target), (HINTED, CLOSE)),
        case("HEAD", request(f"HEAD {target}"), (RICH, CLOSE)),
        case("POST", post(target, "X-Q: a"), (RICH, CLOSE)),
        case("OPTIONS", request(f"OPTIONS {target}"), (RICH, CLOSE)),
        case("OPTIONS *", request("OPTIONS *")),
        case("TRACE", request(f"TRACE {target}", "X-Q: a")),
        case("a path that is wrong", get("/%zz")),
        case("an encoded slash", get("/a%2fb", "X-Q: a")),
        case("no Host", get(target, host=None)),
        case("a Host that is wrong", get(target, host="a b")),
        case("a field that is wrong", raw(f"GET {target} HTTP/1.1", "Host: a.test", "X Q: a")),
        case("an expectation", post(target, "Expect: 100-continue", "X-Q: a"), _CONTINUED),
        case("a method that is wrong", request(f"G<T {target}")),
        case("no page", get("/none/x", "X-Q: a")),
        case("TRACE of no page", request("TRACE /none/x", "X-Q: a")),
        case("POST to no page", post("/none/x", "X-Q: a")),
        case("HEAD of no page", request("HEAD /none/x", "X-Q: a")),
        case("two requests", get(target, "X-Q: a") + get(target), RICH, (POOR, CLOSE), answers=2),
    )


SERVER: Final = Configuration(
    "Header, a server's lines",
    "ProxyPass /none !\n" + PLAIN + "Header set X-S v\nHeader always set X-T v\n"
    "RequestHeader set X-Q new\nHeader append Vary X-V\n",
    _all_kinds(),
)
EARLY: Final = Configuration(
    "Header, early",
    "ProxyPass /none !\n" + PLAIN + "Header set X-S v early\nHeader always set X-T v early\n"
    "RequestHeader set X-N v early\nRequestHeader edit X-Q a b early\n"
    "Header always echo ^X-Q early\nHeader always append X-T w\nHeader append X-S w\n",
    _all_kinds(),
)
EXPECT: Final = Configuration(
    "Header, early and Expect",
    PLAIN + "RequestHeader unset Expect early\n",
    (
        case("an expectation", post("/x", "Expect: 100-Continue"), _CONTINUED),
        case("none", post("/x"), (RICH, CLOSE)),
    ),
)
HOSTS: Final = Configuration(
    "Header, early and Upgrade",
    PLAIN + "RequestHeader unset Upgrade early\nRequestHeader set Host c.test early\n",
    (
        case("GET", get("/x"), (RICH, CLOSE)),
        case("an upgrade", get("/x", "Connection: Upgrade", "Upgrade: foo"), (RICH, CLOSE)),
    ),
)


MERGING: Final = Configuration(
    "Header, sections",
    PLAIN
    + """\
Header append X-M server
Header always append X-L server
RequestHeader append X-R server
<Location /a>
Header append X-M a
Header always append X-L a
RequestHeader append X-R a
</Location>
<Location /a/b>
Header append X-M b
Header unset X-A
RequestHeader append X-R b
</Location>
<LocationMatch "^/(?<one>[^/]+)/b/c">
Header append X-M "c %{MATCH_ONE}e"
Header always unset X-L
</LocationMatch>
<Proxy http://WORKER/>
Header append X-M proxy
RequestHeader append X-R proxy
</Proxy>
""",
    tuple(
        case(f"{target} {value}", get(target, f"X-Q: {value}"), (RICH, CLOSE))
        for target in ("/x", "/a", "/a/b", "/a/b/c", "/d/b/c")
        for value in ("", "if")
    ),
)


CONDITIONAL: Final = Configuration(
    "Header, <If>",
    PLAIN
    + """\
Header append X-M server
<If "%{HTTP:X-Q} == 'if'">
Header append X-M if
RequestHeader append X-R if
</If>
<Else>
Header append X-M else
</Else>
""",
    tuple(case(value, get("/x", f"X-Q: {value}"), (RICH, CLOSE)) for value in ("", "if")),
)


def _pages(*rows: tuple[str, ...]) -> tuple[Row, ...]:
    return tuple(Row(row, route="!") for row in rows)


_BOTH: Final = ("Header always set X-T v", "Header set X-S w")
PAGES: Final = table(
    "Header, documents for errors",
    (
        *_pages(
            ('ErrorDocument 404 "text"', *_BOTH),
            ("ErrorDocument 404 http://x.test/y", *_BOTH),
            ("ErrorDocument 404 http://x.test/y", "Header always edit Location y z"),
            ("ErrorDocument 404 http://x.test/y", "Header always unset Location"),
            ("ErrorDocument 404 http://x.test/y", "Header always set Location /z"),
            ("ErrorDocument 404 http://x.test/y", "Header always append Location z"),
            (
                "ErrorDocument 404 http://x.test/y",
                'Header always set X "expr=%{resp:Location} %{REQUEST_STATUS}"',
            ),
            ("ErrorDocument 404 /10/page", *_BOTH),
            ("Header always set X-T v \"expr=%{HTTP:X-Q} == 'z'\"",),
        ),
        Row(("ProxyErrorOverride On", *_BOTH, "Header always unset X-A"), "404"),
        Row(("ProxyErrorOverride On", *_BOTH, "Header always unset X-A"), "RICH"),
        Row(("ProxyErrorOverride On", "Header set X-S v env=there"), "500"),
        Row((*_BOTH, "Header unset X-A"), method="TRACE"),
        Row((*_BOTH, "Header set Allow x"), method="OPTIONS", route="!"),
        Row((*_BOTH, "Header set Allow x", "Header set Server x"), method="OPTIONS", route="!"),
    ),
    before="SetEnv there yes\n",
)


REDIRECTS: Final = table(
    "Header, redirects",
    (
        Row(("Redirect 301 / http://x.test/", *_BOTH)),
        Row(("Redirect 302 / http://x.test/", "Header edit Location x y")),
        Row(("Redirect 302 / http://x.test/", "Header always edit Location x y")),
        Row(("Redirect 302 / http://x.test/", "Header always set Location /y")),
        Row(("Redirect 302 / http://x.test/", "Header always set Content-Type a/b")),
        Row(("Redirect 302 / http://x.test/", "Header always set Cache-Control no-store")),
        Row(("Redirect gone /", *_BOTH)),
    ),
)
DENIED: Final = table(
    "Header, denied requests",
    (
        Row(("Require all denied", *_BOTH)),
        Row(("Require all denied", "Header always set X-R %{there}e")),
    ),
    before="SetEnv there yes\n",
)


CONNECTIONS: Final = table(
    "Header, connections",
    (
        *(
            Row((line,), answer, (field,))
            for line in (
                "Header set Connection X",
                "Header set Connection close",
                "Header set Connection keep-alive",
                "Header set Connection X,CLOSE",
                "Header always set Connection X",
                "Header set Keep-Alive x",
                "Header set X-N v",
            )
            for field in (_CLOSED, _KEPT)
            for answer in ("RICH", "500")
        ),
        *(
            Row((line,), "RICH", (field,))
            for line in (
                "RequestHeader set Connection close",
                "RequestHeader set Connection keep-alive",
                "RequestHeader unset Connection",
                "RequestHeader set Connection X-Q",
            )
            for field in (_CLOSED, _KEPT)
        ),
    ),
)


def _lengths(version: str) -> tuple[Case, ...]:
    return tuple(
        case(f"{name}, {version}", get("/x", version=version), (answer, CLOSE))
        for name, answer in (
            ("a long body", BIG),
            ("a short body", RICH),
            ("no length", ENDLESS),
            ("no body", response("200 OK", "X-A: one")),
            ("404", NOT_FOUND),
        )
    )


LENGTHS: Final = Configuration(
    "Header unset Content-Length",
    PLAIN + "Header unset Content-Length\n",
    (
        *_lengths("HTTP/1.1"),
        *_lengths("HTTP/1.0"),
        case("HEAD", request("HEAD /x"), (RICH, CLOSE)),
    ),
)

_WANTS: Final = get("/x", "Connection: Upgrade", "Upgrade: foo", "X-Q: a")
_SWITCHED: Final = raw(
    "HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: foo", "X-A: one"
)
TUNNELS: Final = Configuration(
    "Header, tunnels",
    "ProxyPass / http://WORKER/ upgrade=foo\n"
    "Header set X-S v\nHeader always set X-T v\nHeader unset X-A\nRequestHeader set X-N v\n"
    "RequestHeader edit X-Q a b\n",
    (
        case("a tunnel", (_WANTS, Until(b"\r\n\r\n"), END), (_SWITCHED, CLOSE)),
        case("no tunnel", _WANTS, (RICH, CLOSE)),
        case("426", get("/x"), (UPGRADE, CLOSE)),
        case("426 to who wants", _WANTS, (UPGRADE, CLOSE)),
    ),
)
ASKING: Final = Configuration(
    "RequestHeader, upgrades",
    "ProxyPass / http://WORKER/ upgrade=foo\n"
    "RequestHeader set Upgrade foo\nRequestHeader set Connection Upgrade\n",
    (
        case("no tunnel", get("/x"), (RICH, CLOSE)),
        case("426", get("/x"), (UPGRADE, CLOSE)),
    ),
)
NOT_ASKING: Final = Configuration(
    "RequestHeader, no upgrades",
    "ProxyPass / http://WORKER/ upgrade=foo\nRequestHeader unset Upgrade\n",
    (case("no tunnel", _WANTS, (RICH, CLOSE)),),
)


TABLES: Final = (
    *(SERVER, EARLY, EXPECT, HOSTS, MERGING, PAGES, CONNECTIONS, LENGTHS, TUNNELS, ASKING),
    *(NOT_ASKING, CONDITIONAL, REDIRECTS),
)
