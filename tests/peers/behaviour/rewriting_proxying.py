"""Rules beside ProxyPass, <If> and other modules: who comes first, what the others make of it."""

from typing import Final

from tests.peers.behaviour.language import Configuration, case, get, post, raw, request, response
from tests.peers.behaviour.rewriting import ON, targets

_UPGRADE: Final = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")  # fmt: skip
_SWITCH: Final = raw(
    "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", body=b"hello"
)

BESIDE: Final = Configuration(
    "rules beside ProxyPass",
    ON
    + """\
RewriteRule ^/pt/(.*)$ /passed/$1 [PT]
RewriteRule ^/local/(.*)$ /passed/$1
RewriteRule ^/own/(.*)$ http://WORKER/by-rule/$1 [P]
RewriteRule ^/passed/moved/(.*)$ /else/$1 [R,L]
RewriteRule ^/passed/forbidden - [F]
RewriteRule ^/passed/query$ - [QSD]
RewriteRule ^/passed/env - [E=no-proxy]
RewriteCond %{HTTP:Upgrade} websocket [NC]
RewriteRule ^/passed/ws/(.*)$ ws://WORKER/socket/$1 [P,L]
RewriteRule ^/unix/(.*)$ unix:UNIX|http://some.test/by-unix/$1 [P]
RewriteRule ^/dead/(.*)$ http://DEAD/$1 [P]
RewriteRule ^/noport/(.*)$ http://WORKER [P]
RewriteRule ^/cased/(.*)$ HTTP://WORKER/x [P]
RewriteRule ^/user/(.*)$ http://a:b@WORKER/x [P]
RewriteRule ^/fragment/(.*)$ http://WORKER/x#y [P]
RewriteRule ^/fragments/(.*)$ http://WORKER/x#y [P,NE]
RewriteRule ^/odd/(.*)$ http://WORKER/<>"{}|\\\\^`$1 [P]
RewriteRule ^/odds/(.*)$ http://WORKER/<>"{}|\\\\^`$1 [P,NE]
RewriteRule ^/ne/(.*)$ http://WORKER/%25/%2f/$1 [P,NE]
RewriteRule ^/canon/(.*)$ http://WORKER/%25/%2f/$1 [P]
RewriteRule ^/semi/(.*)$ http://WORKER/;x=$1 [P]
RewriteRule ^/dots/(.*)$ http://WORKER/a/../$1 [P]
RewriteRule ^/slashes/(.*)$ http://WORKER//$1// [P]
RewriteRule ^/nohost/(.*)$ http:///$1 [P]
RewriteRule ^/badport/(.*)$ http://127.0.0.1:x/$1 [P]
RewriteRule ^/scheme/(.*)$ $1 [P]
RewriteRule ^/url/1 http://:80/x [P]
RewriteRule ^/url/2 http://127.0.0.1:99999/x [P]
RewriteRule ^/url/3 http://127.0.0.1:0/x [P]
RewriteRule ^/url/4 http://a@WORKER/x [P]
RewriteRule ^/url/5 http://a@b@WORKER/x [P]
RewriteRule ^/url/6 http:x [P]
RewriteRule ^/url/7 http://WORKER [P]
RewriteRule ^/url/8 http://WORKER? [P]
RewriteRule ^/url/9 http://WORKER?x [P]
ProxyPass /passed/ http://WORKER/by-pass/
ProxyPassReverse /passed/ http://WORKER/by-pass/
ProxyPassReverse /own/ http://WORKER/by-rule/
<Location /section>
ProxyPass http://WORKER/by-section
RewriteRule moved/(.*)$ /else/$1 [R,L]
RewriteRule own/(.*)$ http://WORKER/by-rule/$1 [P,L]
RewriteRule local/(.*)$ /passed/$1 [L]
RewriteRule gone - [G]
RewriteRule appended$ appended-by-rule
RewriteRule changed/(.*)$ proxy:http://WORKER/changed/$1
RewriteRule query$ - [QSD]
</Location>
<Proxy http://WORKER/by-rule/>
ProxyPreserveHost On
</Proxy>
""",
    (
        *targets(
            *("/pt/x", "/pt/x?q", "/local/x", "/own/x", "/own/a%20b?c=%20", "/passed/x"),
            *("/passed/moved/x", "/passed/forbidden", "/passed/query?x", "/passed/env"),
            *("/passed/ws/x", "/unix/x", "/dead/x", "/noport/x", "/cased/x", "/user/x"),
            *(
                "/fragment/x",
                "/fragments/x",
                "/odd/x",
                "/odds/x",
                "/ne/a%20b",
                "/ne/ab",
                "/canon/x",
            ),
            *("/semi/x", "/dots/x", "/slashes/x", "/nohost/x", "/badport/x", "/own/%e4%25"),
            *("/scheme/x", "/scheme/http://WORKER.test/", "/section/x", "/section/moved/x"),
            *("/section/own/x", "/section/own/a%20b?q", "/section/local/x", "/section/gone"),
            *(f"/url/{n}?q" for n in range(1, 10)),
            *("/section/appended", "/section/changed/x", "/section/query?x", "/else", "/own/"),
        ),
        case("POST", post("/own/x")),
        case("HEAD", request("HEAD /own/x")),
        case("Location", get("/own/x"), response("302 Found", "Location: http://WORKER/by-rule/y")),
        case("Upgrade", (get("/passed/ws/x?q", *_UPGRADE),), _SWITCH),
        case("Upgrade refused", get("/passed/ws/x", *_UPGRADE), response("400 Bad Request")),
        case("Upgrade elsewhere", get("/own/x", *_UPGRADE)),
        case("Connection of a rule", get("/own/x", "Connection: X-A", "X-A: b")),
    ),
)

CONDITIONAL: Final = Configuration(
    "rules in <If> and elsewhere",
    """\
<If "%{HTTP:X-A} == 'on'">
RewriteEngine On
RewriteRule ^ /by-if [R,L]
</If>
<If "%{HTTP:X-A} == 'f'">
RewriteEngine On
RewriteRule one$ - [F]
RewriteRule rel$ there [R]
</If>
<Location /in>
RewriteEngine On
RewriteRule two$ /by-location [R,L]
<If "%{HTTP:X-A} == 'in'">
RewriteRule two$ /by-inner [R,L]
</If>
</Location>
<LocationMatch ^/m/(\\d+)>
RewriteEngine On
RewriteRule (.*)/m/(\\d+)$ /by-match/$2 [R,L]
</LocationMatch>
<Location /limited>
<Limit POST>
RewriteEngine On
RewriteRule ^ /by-limit [R]
</Limit>
</Location>
""",
    (
        *targets("/x", "/in/two", "/m/12", "/m/x", "/one", "/rel", "/limited"),
        *(case(f"{path} {on}", get(path, f"X-A: {on}"))
          for path in ("/x", "/one", "/rel", "/in/two") for on in ("on", "f", "in")),
    ),
)  # fmt: skip

OTHERS: Final = Configuration(
    "rules beside other modules",
    ON
    + """\
SetEnvIf X-A (.+) seen=$1
SetEnv late value
RewriteRule ^/seen http://WORKER/?%{ENV:seen}-%{ENV:late} [P]
RewriteRule ^/set - [E=by-rule:yes]
RewriteRule ^/set http://WORKER/set [P]
RequestHeader set X-By-Rule %{by-rule}e
RequestHeader set X-Script-Url %{SCRIPT_URL}e
RequestHeader set X-Script-Uri %{SCRIPT_URI}e
Redirect /redirected /moved
RewriteRule ^/redirected/pt /redirected/passed [PT]
RewriteRule ^/to-redirect /redirected/x [PT]
ErrorDocument 403 "told by a document"
RewriteRule ^/forbidden - [F]
<Location /closed>
Require all denied
RewriteRule ^ /open [R]
</Location>
RewriteRule ^/closed/server /open [R]
Header always set X-Late %{by-rule}e
Header set X-Note %{REDIRECT_STATUS}e
""",
    (
        *targets(
            *("/seen", "/set", "/redirected/x", "/redirected/pt", "/to-redirect", "/forbidden"),
            *("/closed/x", "/closed/server", "/x"),
        ),
        case("seen", get("/seen", "X-A: me")),
    ),
)

ASKING: Final = Configuration(
    "rules that ask for other requests",
    ON
    + """\
RewriteCond %{REQUEST_URI} -U
RewriteRule ^/u/ /yes [R,L]
RewriteCond beside -U
RewriteRule ^/rel.*/x /yes [R,L]
RewriteCond secret -U
RewriteRule ^/s(/a)?x /yes [R,L]
RewriteRule ^/secret - [F]
""",
    targets("/u/a%20b", "/u/a%09b?c", "/u/%e4%23", "/rel/x", "/rel/a%20b/x", "/sx", "/s/ax"),
)

AHEAD: Final = Configuration(
    "rules of <Proxy> that ask for other requests",
    """\
ProxyPass / http://WORKER/
<Proxy *>
RewriteEngine On
RewriteRule . - [E=ahead:%{LA-U:REQUEST_URI},NS]
RequestHeader set X-Ahead %{ahead}e
</Proxy>
""",
    targets("/", "/x", "/a%20b/c?d"),
)

_CROSS = ("Origin: http://b.test", "Access-Control-Request-Method: PUT")
SUCCESSES: Final = Configuration(
    "rules with statuses that are no errors",
    ON
    + """\
RewriteCond %{HTTP:Access-Control-Request-Method} .
RewriteRule ^/200/(.*)$ $1 [R=200,L]
RewriteCond %{HTTP:Access-Control-Request-Method} .
RewriteRule ^/204/ - [R=204,L]
RewriteCond %{HTTP:Access-Control-Request-Method} .
RewriteRule ^/304/ - [R=304,L,E=seen:yes]
<Location /in/>
RewriteEngine On
RewriteRule . - [R=204]
</Location>
Header set X-A success
Header always set X-B always
Header always set X-Seen %{seen}e env=seen
""",
    tuple(
        case(f"{method} {path}", request(f"{method} {path}", *_CROSS))
        for path in ("/200/x", "/204/x", "/304/x", "/in/x", "/200/")
        for method in ("OPTIONS", "GET", "HEAD")
        if not (method == "OPTIONS" and path == "/304/x")  # whose Allow has no order
    ),
)

TABLES: Final = (BESIDE, CONDITIONAL, OTHERS, ASKING, AHEAD, SUCCESSES)
