"""Directives in all kinds of sections: whose word counts; <Limit>; what named groups set."""

from collections.abc import Iterable
from typing import Final

from tests.peers.behaviour.language import (
    Case,
    Configuration,
    case,
    get,
    raw,
    request,
    response,
)

NOT_FOUND: Final = response("404 Not Found", "X-A: worker", body=b"worker")


def _targets(targets: Iterable[str]) -> tuple[Case, ...]:
    return tuple(case(target, get(target)) for target in targets)


SAYS: Final = Configuration(
    "directives in all kinds of sections",
    """\
<Location /1>
ProxyPreserveHost On
</Location>
<Proxy http://WORKER/1/>
ProxyPreserveHost Off
</Proxy>
<Location /2>
ProxyPreserveHost Off
</Location>
<If "%{REQUEST_URI} =~ m#^/2#">
ProxyPreserveHost On
</If>
<Proxy http://WORKER/3>
ProxyPreserveHost On
<If "%{HTTP:X-Y} == '1'">
ProxyPreserveHost Off
</If>
</Proxy>
<LocationMatch ^/4>
ProxyAddHeaders Off
<If "%{HTTP:X-Y} == '1'">
ProxyAddHeaders On
</If>
<ElseIf "%{HTTP:X-Y} == '2'">
ProxyPreserveHost On
</ElseIf>
</LocationMatch>
<Location /5>
ErrorDocument 404 "location"
ProxyErrorOverride On
<If "%{HTTP:X-Y} == '1'">
ErrorDocument 404 "if"
</If>
<If "%{HTTP:X-Y} == '2'">
ProxyErrorOverride Off
</If>
<If "%{HTTP:X-Y} == '3'">
ErrorDocument 404 default
</If>
</Location>
<Proxy http://WORKER/6>
ErrorDocument 404 "proxy"
ProxyErrorOverride On 404 410
</Proxy>
<Location /6/in>
ErrorDocument 404 "in"
</Location>
<Location /6/off>
ProxyErrorOverride Off
</Location>
<Location /7>
Redirect 302 http://other.test/seven
</Location>
<Location /7/deep>
Redirect 303 http://other.test/deep
</Location>
<Location /8>
<If "%{HTTP:X-Y} == '1'">
Redirect 302 http://other.test/eight
</If>
<ElseIf "%{HTTP:X-Y} == '2'">
Redirect gone
</ElseIf>
<Else>
RedirectMatch 307 ^/8/(.*)$ http://other.test/$1
</Else>
</Location>
<Location /9>
ProxyPassReverse http://WORKER/9
ProxyPassReverseCookiePath /9 /nine
<If "%{HTTP:X-Y} == '1'">
Header set Location /if
</If>
</Location>
<Proxy http://WORKER/10>
SetEnv proxy-nokeepalive 1
SetEnv X proxy
RequestHeader set X-X "%{X}e"
Redirect 307 /10/r http://other.test/
</Proxy>
<Location /10/loc>
SetEnv X location
UnsetEnv proxy-nokeepalive
</Location>
<Location /11>
SetEnvIf X-Y (.+) X=$1
SetEnvIfExpr "%{HTTP:X-Y} == '1'" no-proxy Y
RequestHeader set X-X "%{X}e" env=X
Header set X-X "%{X}e" env=X
</Location>
<Location /12>
Header set X-A location
Header always set X-B location
<If "%{HTTP:X-Y} == '1'">
Header unset X-A
Header always unset X-B
Header edit X-C worker if
</If>
</Location>
<If "%{REQUEST_URI} =~ m#^/12#">
Header append X-A if
</If>
<Location /13>
ProxyPass http://WORKER/thirteen
</Location>
<Location /13/deep>
ProxyPass http://WORKER/deep nocanon
</Location>
<Location /13/none>
ProxyPass !
</Location>
ProxyPass / http://WORKER/
""",
    (
        *(
            case(f"{target} {value}", get(target, *([f"X-Y: {value}"] if value else [])))
            for target in (
                *("/1/x", "/2/x", "/3/x", "/4/x", "/7/x", "/7/deep/y", "/8/x", "/10/x"),
                *("/10/loc", "/10/r/x", "/11/x", "/12/x", "/13/x", "/13/deep/x", "/13/none/x"),
            )
            for value in ("", "1", "2")
        ),
        *(
            case(
                f"{target} {value}, 404 of the worker",
                get(target, *([f"X-Y: {value}"] if value else [])),
                NOT_FOUND,
            )
            for target in ("/5/x", "/6/x", "/6/in/x", "/6/off/x", "/12/x")
            for value in ("", "1", "2", "3")
        ),
        *(
            case(
                f"/9/x {value}, with a Location",
                get("/9/x", *([f"X-Y: {value}"] if value else [])),
                raw(
                    "HTTP/1.1 302 Found",
                    "Location: http://WORKER/9/y",
                    "Set-Cookie: a=b; Path=/9/y",
                    "Content-Length: 0",
                ),
            )
            for value in ("", "1")
        ),
    ),
)

LIMITED: Final = Configuration(
    "<Limit> and <LimitExcept>",
    """\
<Location /1>
<Limit GET>
Require all denied
</Limit>
</Location>
<Location /2>
<LimitExcept GET HEAD>
Require all denied
</LimitExcept>
</Location>
<Location /3>
<Limit POST PUT DELETE>
Require ip 10.0.0.0/8
</Limit>
</Location>
<Location /4>
Require all denied
<Limit GET>
Require all granted
</Limit>
</Location>
<Location /5>
<LimitExcept POST>
Require all denied
</LimitExcept>
<Limit POST>
Require all granted
</Limit>
</Location>
<Location /6>
<Limit GET>
Order deny,allow
Deny from all
</Limit>
</Location>
<Location /7>
<LimitExcept PROPFIND>
Order allow,deny
</LimitExcept>
</Location>
<Location /8>
<Limit OPTIONS>
Require all denied
</Limit>
</Location>
ProxyPass / http://WORKER/
""",
    tuple(
        case(f"{method} /{at}", request(f"{method} /{at}/x", "Content-Length: 0"))
        for at in range(1, 9)
        for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS", "PROPFIND", "FOO")
    ),
)

# --- variables of expressions in sections ---------------------------------------------------------

NAMED: Final = Configuration(
    "<LocationMatch>, its named groups",
    """\
<LocationMatch "^/(?<one>[^/]+)/(?<two>[^/]+)">
RequestHeader set X-One "%{MATCH_ONE}e"
RequestHeader set X-Two "expr=%{env:MATCH_TWO}"
Header set X-One "%{MATCH_ONE}e" env=MATCH_ONE
</LocationMatch>
<LocationMatch "^/a/(?<two>.*)$">
RequestHeader set X-Three "%{MATCH_TWO}e"
<If "%{env:MATCH_TWO} == 'if'">
RequestHeader set X-If yes
</If>
</LocationMatch>
<LocationMatch "^/(?<Mixed>m)(?<none>x)?">
RequestHeader set X-Mixed "%{MATCH_Mixed}e %{MATCH_MIXED}e %{MATCH_NONE}e"
SetEnvIf MATCH_MIXED m SEEN=yes
RequestHeader set X-Seen "%{SEEN}e"
</LocationMatch>
<DirectoryMatch "/(?<dir>d[^/]*)">
Header always set X-Dir "%{MATCH_DIR}e"
</DirectoryMatch>
<FilesMatch "^(?<file>f[^/]*)">
Header always set X-File "%{MATCH_FILE}e"
</FilesMatch>
<DirectoryMatch "^/usr/(?<dir>[a-z]+)/(?<more>doc)?">
Header always set X-Dir "%{MATCH_DIR}e %{MATCH_MORE}e"
<FilesMatch "(?<end>.)$">
Header always set X-End "%{MATCH_END}e"
</FilesMatch>
</DirectoryMatch>
<ProxyMatch "/(?<last>[^/]+)$">
RequestHeader set X-Worker "%{MATCH_LAST}e"
SetEnvIf MATCH_LAST ^b$ SEEN=$0
</ProxyMatch>
DocumentRoot ROOT
Alias /usr /usr
ProxyPass /a http://WORKER/a
ProxyPass /m http://WORKER/m
ProxyPass /b http://WORKER/b
""",
    _targets(
        (
            *("/a/b", "/a/b/c", "/a/if", "/a", "/m", "/mx", "/m/y", "/b/x%20y", "/b/%c3%a4"),
            *("/file.txt", "/f", "/x/file", "/usr/share/none", "/usr/share/doc/none", "/usr/no"),
            *("/usr/share/none/doc/x", "/usr/lib/f.txt"),
        )
    ),
)

TABLES: Final = (SAYS, LIMITED, NAMED)
