"""What clients try to get past access control and rules: paths that are written otherwise, other
methods, upgrades, bytes that would end a field, and vhosts of real applications.
"""

import base64
from typing import Final

from tests.peers.behaviour.language import (
    CLOSE,
    END,
    Case,
    Configuration,
    case,
    get,
    request,
    response,
)

JOE: Final = "Authorization: Basic " + base64.b64encode(b"joe:secret").decode()
USERS: Final = (("users", b"joe:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"),)
UPGRADE: Final = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
)
SWITCH: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
)
BASIC: Final = "AuthType Basic\nAuthName a\nAuthUserFile ROOT/users\nRequire valid-user\n"

PATHS: Final = tuple(
    """
/admin /admin/ /admin/x /ADMIN/x //admin/x /./admin/x /x/../admin/x /admin;a=b /admin;a=b/x
/%61dmin/x /admin%2Fx /admin%2fx /%2Fadmin/x /admin%00 /admin%00/x /admin/%2e%2e/pub
/pub/%2e%2e/admin/x /pub/..%2fadmin/x /pub/..;/admin/x /admin%5cx /admin?x /?/admin
http://a.test/admin/x http://other.test/admin/x http://a.test//admin/x HTTP://A.TEST/admin/x
http://a.test * /admin%0a /admin%0d%0aX:y /admin%20 /admin#x /pub//../admin/x
/pub/%252e%252e/admin/x admin/x /.//admin /admin/. /admin/.. /admin// /adm%69n /%C0%AFadmin
/admin% /admin%zz /a%64min%2F..%2Fpub
""".split()
)
METHODS: Final = ("GET", "OPTIONS", "TRACE", "POST", "PROPFIND", "FOO", "get", "CONNECT")


def _ask(*targets: str, more: tuple[str, ...] = (), said: str = "") -> tuple[Case, ...]:
    """GETs with some fields, called as is `said`."""
    return tuple(case(f"{said}{target}", get(target, *more)) for target in targets)


def _by_all_means(target: str) -> tuple[Case, ...]:
    """By other methods, in HTTP/1.0, as an upgrade."""
    return (
        *(
            case(f"{method} {target} HTTP/1.{minor}", request(f"{method} {target} HTTP/1.{minor}"))
            for method in METHODS
            for minor in (0, 1)
        ),
        *_ask(target, more=UPGRADE, said="upgrade "),
    )


DENIED: Final = Configuration(
    "a denied location",
    "ErrorDocument 403 /err/403\n<Location /admin>\nRequire all denied\n</Location>\n"
    "ProxyPass / http://WORKER/\n",
    (*_ask(*PATHS), *_by_all_means("/admin/y"), *_by_all_means("/pub")),
)
LOCKED: Final = Configuration(
    "a location for users",
    f'ErrorDocument 401 /admin/401\n<LocationMatch "^/admin(/|$)">\n{BASIC}</LocationMatch>\n'
    "ProxyPass / http://WORKER/\n",
    (
        *_ask(*PATHS),
        *_ask(*PATHS, more=(JOE,), said="joe "),
        *_by_all_means("/admin/y"),
        *_ask("/admin/x", more=(JOE, *UPGRADE), said="joe upgrade "),
    ),
    USERS,
)
FORBIDDEN: Final = Configuration(
    "a forbidding rule",
    "RewriteEngine On\nRewriteRule ^/admin - [F]\nProxyPass / http://WORKER/\n",
    (*_ask(*PATHS), *_by_all_means("/admin/y")),
)

_BEHIND_ENC: Final = tuple(
    """
/secret /%73ecret /x/../secret /x/%2e%2e/secret /x%2f..%2fsecret //secret /./secret /secret%2f
/secret;x /secret;x/y ;/secret /nope /%6eope /no%70e /a%2fb%20c /%zz /%
""".split()
)
_BEHIND_SRV: Final = tuple(
    """
/admin /%61dmin /x;p/../admin /x/..;/admin /;/admin /admin;x /Admin //admin /nope /nope;a /no;a/pe
;x/nope ;x/admin ;admin
""".split()
)
MAPPED: Final = Configuration(
    "sections and mapping=",
    """\
<Location /enc/secret>
Require all denied
</Location>
<LocationMatch "(?i)^/srv/admin">
Require all denied
</LocationMatch>
RewriteEngine On
RewriteRule ^/enc/nope - [F]
RewriteRule ^/srv/nope - [F]
ProxyPass /enc http://WORKER/enc mapping=encoded
ProxyPass /srv http://WORKER/srv mapping=servlet
ProxyPass / http://WORKER/
""",
    (
        *_ask(*(f"/enc{each}" for each in _BEHIND_ENC), *(f"/srv{each}" for each in _BEHIND_SRV)),
        *_ask("/enc/secret", "/srv;x/admin", "/enc/nope", more=UPGRADE, said="upgrade "),
        case("TRACE", request("TRACE /enc/secret")),
    ),
)
INTERNAL: Final = Configuration(
    "sections and internal redirects",
    f"""\
DocumentRoot ROOT
<Directory ROOT>
Require all granted
RewriteEngine On
RewriteCond %{{REQUEST_URI}} ^/app
RewriteRule ^app/(.*)$ http://WORKER/app/$1 [P]
RewriteRule ^go/(.*)$ /deny/$1 [L]
RewriteRule ^self$ /self [L]
RewriteRule ^open/(.*)$ /px/$1 [L]
</Directory>
<Directory ROOT/deny>
Require all denied
</Directory>
<Files "*.secret">
Require all denied
</Files>
<Location /locked>
{BASIC}</Location>
<Location /admin>
Require all denied
</Location>
<Location /b>
RewriteEngine On
RewriteRule ^x/(.*)$ /admin/$1
RewriteRule ^y/(.*)$ http://WORKER/secret/$1 [P]
</Location>
<ProxyMatch "secret">
Require all denied
</ProxyMatch>
ErrorDocument 404 /px/404
ErrorDocument 403 /px/403
ErrorDocument 401 /locked/401
ProxyPass /px http://WORKER/px
ProxyPass /b http://WORKER/b
ProxyPass /locked http://WORKER/locked
""",
    (
        *_ask("/app/x", "/app/x.secret", "/app", "/go/x", "/self", "/open/x", "/open/x.secret"),
        *_ask("/x.secret", "/deny/x", "/px/x", "/px/secret", "/px/%73ecret", "/locked/x", "/none"),
        *_ask("/none.secret", "//app//x", "/APP/x", "/app%2fx", "/app/%2e%2e/go/x", "/go/../app/y"),
        *_ask("/b/x/1", "/b/y/1", "/b/z"),
        *_ask("/locked/x", "/app/x", more=(JOE,), said="joe "),
        *_ask("/app/x", "/b/y/1", "/px/secret", more=UPGRADE, said="upgrade "),
        case("POST /app/x", request("POST /app/x")),
        case("POST /go/x", request("POST /go/x")),
        case("OPTIONS /app/x", request("OPTIONS /app/x")),
        case("TRACE /app/x", request("TRACE /app/x")),
        case("TRACE /none", request("TRACE /none")),
    ),
    USERS,
)

_BYTES: Final = ("%0d%0aX:%20y", "%0a", "%7f", "%01")
SPLIT: Final = Configuration(
    "bytes that would end a field",
    """\
RewriteEngine On
RewriteRule ^/n/(.*)$ http://other.test/$1 [R,NE,L]
RewriteRule ^/e/(.*)$ http://other.test/$1 [R,L]
RewriteRule ^/c/(.*)$ - [CO=a:$1:.x.test]
RedirectMatch ^/m/(.*) http://other.test/#$1
<LocationMatch "^/s/(?<REST>.*)$">
Redirect 302 "http://other.test/?%{env:MATCH_REST}"
</LocationMatch>
ProxyPass /c http://WORKER/
""",
    tuple(
        found
        for kind in "necms"
        for byte in (*_BYTES, "b", "%09b", "%ffb")
        for found in _ask(f"/{kind}/a{byte}")
    ),
)
MADE: Final = Configuration(
    "URLs made of what a request says",
    """\
RewriteEngine On
RewriteMap m txt:ROOT/map
SetEnvIf X-T (.*) FOO=$1
RewriteRule ^/t1/(.*)$ http://WORKER$1 [P,L]
RewriteRule ^/t2/(.*)$ http://WORKER/$1 [P,NE,L]
RewriteRule ^/t6/(.*)$ http://WORKER/?$1 [P,L]
RewriteRule ^/t8/(.*)$ http://WORKER/$1 [P,B,L]
RewriteRule ^/t9/(.*)$ http://WORKER/%{HTTP:X-T} [P,L]
RewriteRule ^/ta/(.*)$ http://WORKER/a?b=%{HTTP:X-T} [P,NE,L]
RewriteRule ^/m/(.*)$ http://WORKER${m:$1} [P,L]
RewriteRule ^/md/(.*)$ http://WORKER${m:zz|/d?e} [P,L]
RewriteRule ^/e/(.*)$ http://WORKER/%{ENV:FOO} [P,L]
RewriteRule ^/lit/(.*)$ http://WORKER/x?%{ENV:FOO} [P,L]
RewriteRule ^/lit2/(.*)$ http://WORKER/%{ENV:FOO}?z [P,L]
RewriteRule ^/qsl/(.*)$ http://WORKER/x?a?%{ENV:FOO} [P,L,QSL]
RewriteRule ^/esc/(.*)$ http://WORKER/x\\?$1 [P,L]
RewriteCond %{THE_REQUEST} "^GET (\\S+)"
RewriteRule ^/tr/(.*)$ http://WORKER/%1 [P,L]
RewriteCond %{REQUEST_URI}?%{QUERY_STRING} "^(.*)$"
RewriteRule ^/rq/(.*)$ http://WORKER%1 [P,L]
ProxyPass / http://WORKER/
""",
    (
        *(
            found
            for rule in ("t2", "t6", "t8")
            for found in _ask(
                *(f"/{rule}/{made}" for made in ("%0d%0aX:y", "a%20b", "%23", "%3f", "%09", "%ff")),
                *(f"/{rule}/{made}" for made in ("%20HTTP/1.1%0d%0aX:y", "?a%20b", "/../../x")),
            )
        ),
        *_ask("/t1/@127.0.0.1:1/", "/t1/%23", "/t1/%23x", "/t1/%3f", "/t1/%20"),
        *(
            found
            for rule in "t9 ta m md e lit lit2 qsl esc tr rq".split()
            for found in _ask(
                *(f"/{rule}/{made}" for made in ("k", "k?q", "q%3fr")), more=("X-T: a?b",)
            )
        ),
        *_ask("/t9/x", "/ta/x", more=("X-T: a b",), said="a blank "),
        *_ask("/t9/x", "/ta/x", more=("X-T: a\tb",), said="a tab "),
        *_ask("/t9/x", "/ta/x", more=("X-T: \xff#",), said="a hash "),
        *_ask("/tr/x", "/rq/x", "/e/x"),
    ),
    (("map", b"k /v?w=1\nq /n\n"),),
)

_MOVED: Final = response(
    "302 Found", "Location: http://127.0.0.1:1/w/x", "Set-Cookie: a=b; path=/w", body=b"moved"
)
FILLED_IN: Final = Configuration(
    "rules for answers with variables",
    """\
ProxyPassInterpolateEnv On
SetEnvIf X-Pre (.*) PRE=$1
ProxyPass /a/ http://WORKER/w/
ProxyPassReverse /${PRE}/ http://127.0.0.1:1/w/ interpolate
ProxyPassReverseCookiePath /w /${PRE} interpolate
""",
    (
        case("none", get("/a/b"), _MOVED),
        case("one", get("/a/b", "X-Pre: front"), _MOVED),
        case("one that looks like one", get("/a/b", "X-Pre: ${PRE}"), _MOVED),
    ),
)

NEXTCLOUD: Final = Configuration(
    "an application with push",
    """\
RewriteEngine On
RewriteRule ^/\\.well-known/carddav https://%{HTTP_HOST}/remote.php/dav/ [R=301,L]
RewriteCond %{HTTP:Upgrade} =websocket [NC]
RewriteRule ^/push/ws(.*) ws://WORKER/ws$1 [P,L]
RewriteCond %{REQUEST_METHOD} ^(TRACE|TRACK)
RewriteRule .* - [F]
RequestHeader set X-Forwarded-Proto "https"
Header always set Strict-Transport-Security "max-age=15552000; includeSubDomains"
Header onsuccess unset X-Powered-By
Header always unset X-Powered-By
Header edit Set-Cookie ^(.*)$ $1;Secure;SameSite=Lax
<LocationMatch "^/(?:config|data|3rdparty)(?:$|/)">
Require all denied
</LocationMatch>
ProxyPass /push/ws ws://WORKER/ws
ProxyPassReverse / http://WORKER/
AllowEncodedSlashes NoDecode
ProxyPass / http://WORKER/ nocanon
""",
    (
        *_ask("/", "/.well-known/carddav", "/config", "/config/x", "/configs", "/CONFIG"),
        *_ask("//data/x", "/%64ata/", "/data%2Fx", "/data%2f..%2fx", "/3rdparty/../index"),
        *_ask("/push/ws", "/push/ws%2Fx", "/push/x", "/remote.php/dav/a%2Fb", "/core/a%20b?x=%20y"),
        *_ask("/", "/push/other", "/config/x", more=UPGRADE, said="upgrade "),
        case("a tunnel", (get("/push/ws", *UPGRADE), END), (SWITCH, CLOSE)),
        case("TRACE", request("TRACE /")),
        case(
            "cookies",
            get("/c"),
            response("200 OK", "Set-Cookie: a=b", "Set-Cookie: c=d", "X-Powered-By: x"),
        ),
        case("a 404", get("/c"), response("404 Not Found", "X-Powered-By: x", "Set-Cookie: a=b")),
    ),
)
NOTEBOOKS: Final = Configuration(
    "notebooks, dashboards, a vault",
    f"""\
RewriteEngine on
ProxyPreserveHost On
<Location /jupyter>
AuthType Basic
AuthName "J"
AuthUserFile ROOT/users
<RequireAny>
Require ip 10.0.0.0/8
Require valid-user
</RequireAny>
RequestHeader unset Authorization
RequestHeader set X-Remote-User "expr=%{{REMOTE_USER}}"
ProxyPass http://WORKER/jupyter
ProxyPassReverse http://WORKER/jupyter
</Location>
<LocationMatch "/jupyter/(user/[^/]*)/(api/kernels/[^/]+/channels|terminals/websocket)(.*)">
ProxyPassMatch ws://WORKER/jupyter/$1/$2$3
</LocationMatch>
RewriteCond %{{HTTP:Connection}} upgrade [NC]
RewriteCond %{{HTTP:Upgrade}} websocket [NC]
RewriteRule /grafana/(.*) ws://WORKER/$1 [P,L]
<Location /grafana>
<If "%{{HTTP:X-Auth}} != 'yes' && ! %{{REQUEST_URI}} =~ m#^/grafana/public/#">
Require all denied
</If>
<Else>
RequestHeader set X-WEBAUTH-USER admin
</Else>
</Location>
ProxyPass /grafana http://WORKER
<Location /ha>
<Limit GET>
Require valid-user
</Limit>
<LimitExcept GET POST>
Require all denied
</LimitExcept>
AuthType Basic
AuthName H
AuthUserFile ROOT/users
</Location>
ProxyPass /ha http://WORKER/ha
<Location /vault/admin>
Order deny,allow
Deny from all
Allow from 10.
</Location>
<Location /vault/hub>
Satisfy any
{BASIC}Order allow,deny
Allow from env=trusted
</Location>
SetEnvIf X-Token ^sesame$ trusted
RewriteCond %{{HTTP:Upgrade}} websocket [NC]
RewriteRule ^/vault/hub(.*) ws://WORKER/hub$1 [P]
ProxyPass /vault http://WORKER/vault upgrade=websocket
""",
    (
        *_ask("/jupyter", "/jupyter/x", "/jupyter/user/a/api/kernels/1/channels", "/grafana/"),
        *_ask("/grafana/public/x", "/grafana//x", "/grafana/public/../x", "/grafana/public/..%2fx"),
        *_ask("/grafana/public/%2e%2e/x", "/ha", "/vault/admin", "/vault//admin", "/vault/Admin"),
        *_ask("/vault/hub", "/vault/x"),
        *_ask("/jupyter/x", "/ha", "/vault/hub", more=(JOE,), said="joe "),
        *_ask("/jupyter/x", "/jupyter/user/a/api/kernels/1/channels", more=UPGRADE, said="ws "),
        *_ask("/grafana/x", "/grafana/public/x", "/ha", "/vault/hub", more=UPGRADE, said="ws "),
        *_ask("/vault/x", "/vault/admin", more=UPGRADE, said="ws "),
        *_ask("/jupyter/user/a/api/kernels/1/channels", more=(JOE, *UPGRADE), said="joe ws "),
        *_ask("/ha", "/vault/hub", more=(JOE, *UPGRADE), said="joe ws "),
        *_ask("/grafana/x", more=("X-Auth: yes",), said="yes "),
        *_ask("/grafana/x", more=("X-Auth: yes", *UPGRADE), said="yes ws "),
        *_ask("/vault/hub", more=("X-Token: sesame", *UPGRADE), said="sesame ws "),
        *(case(f"{method} /ha", request(f"{method} /ha")) for method in METHODS[1:7]),
        case("GET /ha HTTP/1.0", get("/ha", version="HTTP/1.0")),
    ),
    USERS,
)

TABLES: Final = (
    *(DENIED, LOCKED, FORBIDDEN, MAPPED, INTERNAL, SPLIT, MADE, FILLED_IN, NEXTCLOUD, NOTEBOOKS),
)
