"""mod_alias: Redirect in servers and sections, and what of it comes before a ProxyPass."""

from typing import Final

from tests.peers.behaviour.language import Case, Configuration, case, get, request


def _targets(*targets: str) -> tuple[Case, ...]:
    return tuple(case(target, get(target)) for target in targets)


SERVER: Final = Configuration(
    "Redirect",
    """\
Redirect /a http://other.test/A
Redirect permanent /b/ http://other.test/B/
Redirect 303 /c /C
Redirect seeother /d http://other.test/d?x=1
Redirect 307 /e http://other.test:8080
Redirect 308 /f http://other.test/f#part
Redirect gone /g
Redirect 404 /h
Redirect 403 /i
Redirect 503 /j
Redirect 299 /k
Redirect 304 /l http://other.test/
Redirect 300 /m http://other.test/
RedirectTemp /n http://other.test/n
RedirectPermanent /o http://other.test/o
RedirectMatch ^/p/(.*)\\.html$ http://other.test/$1.htm
RedirectMatch 301 ^/q(/.*)?$ /Q$1
RedirectMatch 410 ^/r[0-9]$
RedirectMatch ^/s/(.*)$ http://other.test/$1?q=$1
RedirectMatch ^/t/(.*)$ "http://other.test/a b/$1#f r"
RedirectMatch /anywhere http://other.test/any
Redirect /a/never http://other.test/never
Redirect /u//v http://other.test/u
Redirect "/with blank" "http://other.test/a b"
Redirect /% http://other.test/percent
ProxyPass /proxied http://WORKER/P
Redirect /proxied http://other.test/P
""",
    (
        *_targets("/a", "/a/", "/a/x", "/ax", "/a?q", "/a/x?q=1&r", "/a/never", "/a/x%20y%3f%25"),
        *_targets("/b", "/b/", "/b/x", "/c", "/c/x?q", "/d", "/d?y", "/d/z", "/e", "/e/x", "/f/x"),
        *_targets("/g", "/g/x", "/h", "/i", "/j", "/k", "/l", "/m", "/n/1", "/o/1", "/p/a/b.html"),
        *_targets("/p/a%20b.html?q", "/p/a", "/q", "/q/x", "/qx", "/r1", "/r11", "/s/a%20b?z"),
        *_targets("/t/x%26", "/x/anywhere/y", "/u/v", "/u//v/w", "/with%20blank/x", "/proxied/x"),
        *_targets("/%25x", "/none", "//a//x", "/a/%e4%c3%a4", "/a/x;y=1,2", "/a/(x)!*'~"),
        case("HEAD", request("HEAD /a")),
        case("POST", request("POST /a", "Content-Length: 3", body=b"abc")),
        case("1.0", get("/c", version="HTTP/1.0")),
        case("1.0 without Host", get("/c", host=None, version="HTTP/1.0")),
        case("a Host with a port", get("/c", host="b.test:8080")),
        case("OPTIONS", request("OPTIONS /a")),
        case("an upgrade", get("/a", "Connection: Upgrade", "Upgrade: websocket")),
    ),
)

RELATIVE: Final = Configuration(
    "RedirectRelative",
    """\
RedirectRelative On
Redirect /a /A
Redirect /b http://other.test/
RedirectMatch ^/c/(.*) /C/$1
<Location /d>
  Redirect /D
</Location>
<Location /e>
  RedirectRelative Off
  Redirect /E
</Location>
""",
    _targets("/a/x", "/b/x", "/c/x y".replace(" ", "%20"), "/d/x", "/e/x"),
)

SECTIONS: Final = Configuration(
    "Redirect in sections",
    """\
ProxyPass / http://WORKER/
<Location /a>
  Redirect http://other.test/A
</Location>
<Location /b>
  Redirect 301 http://other.test/B
</Location>
<Location /c>
  Redirect 410
</Location>
<Location /d>
  Redirect /d/x http://other.test/X
  Redirect /d http://other.test/D
</Location>
<Location /d/inner>
  Redirect /d/inner/y http://other.test/Y
  Redirect /d http://other.test/inner
</Location>
<Location /e>
  Redirect "http://%{HTTP_HOST}/e%{REQUEST_URI}?%{QUERY_STRING}#f"
</Location>
<LocationMatch ^/f/(?<name>[^/]+)>
  Redirect 307 "http://other.test/%{env:MATCH_NAME}/x"
</LocationMatch>
<Location /g>
  RedirectMatch ^/g/(.*)$ http://other.test/$1
</Location>
<Location /h>
  Redirect /H
</Location>
<Location /h/inner>
  Redirect 404
</Location>
<If "%{QUERY_STRING} == 'if'">
  Redirect http://other.test/if
</If>
<Location /i>
  Redirect "http://other.test/%{escape:%{HTTP:X-Y}}"
</Location>
<Location /j>
  Redirect permanent
</Location>
""".replace("<Location /j>\n  Redirect permanent\n</Location>\n", ""),
    (
        *_targets("/", "/a", "/a/x?q", "/b/x", "/c", "/d", "/d/x/y?q", "/d/z", "/d/inner/y"),
        *_targets("/d/inner/z", "/e/x%20y", "/e/x?q%20=1", "/f/abc/d", "/g/x%20y?q", "/h/x"),
        *_targets("/h/inner", "/?if", "/a?if", "/h?if", "/i"),
        case("a field", get("/i", "X-Y: a b/c?d")),
    ),
)

TIMES: Final = "$1" * 70
LONG: Final = Configuration(
    "results of 64 KiB",
    f"""\
RedirectMatch ^/r/(.*) http://other.test/{TIMES}
ProxyPassMatch ^/p/(.*) http://WORKER/{TIMES}
ProxyPassMatch ^/n/(.*) http://WORKER/{TIMES} nocanon
<Location /in/>
  RedirectMatch ^/in/(.*) http://other.test/{TIMES}
</Location>
RequestHeader edit X-A ^(.*)$ {TIMES}
ProxyPass /in/ http://WORKER/
ProxyPass /f http://WORKER/
""",
    (
        *_targets(*[f"/{path}/{'a' * 1000}" for path in ("r", "p", "n", "in")]),
        *_targets("/r/x", "/p/x", "/in/x"),
        case("a field", get("/f", "X-A: x")),
        case("a long field", get("/f", f"X-A: {'a' * 1000}")),
    ),
)

TABLES: Final = (SERVER, RELATIVE, SECTIONS, LONG)
