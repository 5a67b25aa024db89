"""<If> and expressions of Header where they may stand: what is asked first, what counts then."""

from typing import Final

from tests.peers.behaviour.language import Configuration, case, get, raw, request

BEFORE: Final = """\
DocumentRoot ROOT
ServerAdmin admin@front.test
SetEnvIf Request_URI ^/ there=yes
SetEnv late yes
"""

CHAINS: Final = Configuration(
    "<If> in all places",
    r"""
DocumentRoot ROOT
SetEnvIf Request_URI /early A=early
<If "%{HTTP:X-K} == '1'">
  RequestHeader append X-N s1
  <If "%{HTTP:X-L} == '1'">
    RequestHeader append X-N s1.1
    <If "%{HTTP:X-M} == '1'">
      RequestHeader append X-N s1.1.1
    </If>
    <Else>
      RequestHeader append X-N s1.1.e
    </Else>
  </If>
  <ElseIf "%{HTTP:X-L} == '2'">
    RequestHeader append X-N s1.2
  </ElseIf>
  <Else>
    RequestHeader append X-N s1.e
  </Else>
</If>
<ElseIf "%{HTTP:X-K} in {'2','3'}">
  RequestHeader append X-N s2
</ElseIf>
<ElseIf "%{HTTP:X-K} in {'3','4'}">
  RequestHeader append X-N s3
</ElseIf>
<Else>
  RequestHeader append X-N se
</Else>
<If "%{HTTP:X-L} == '2'">
  RequestHeader append X-N t
</If>
<Location /in>
  RequestHeader append X-N in
  <If "%{HTTP:X-K} == '1'">
    RequestHeader append X-N in1
    ErrorDocument 404 "in1"
  </If>
  <Else>
    RequestHeader append X-N ine
  </Else>
</Location>
<Location /in/deep>
  RequestHeader append X-N deep
  <If "%{HTTP:X-K} == '1'">
    RequestHeader append X-N deep1
    ProxyPreserveHost On
  </If>
</Location>
<LocationMatch ^/(in|out)/(?<part>[a-z]+)>
  <If "env('MATCH_PART') == 'deep'">
    RequestHeader append X-N part
  </If>
  <ElseIf "%{env:MATCH_PART} == 'other'">
    Redirect 303 / /seen
  </ElseIf>
</LocationMatch>
<Proxy http://WORKER/P>
  RequestHeader append X-N proxy
  <If "%{REQUEST_FILENAME} =~ m#/P/deep#">
    RequestHeader append X-N pif
  </If>
</Proxy>
<ProxyMatch ^http://[^/]*/P/d>
  RequestHeader append X-N match
  <If "%{HTTP:X-K} == '1'">
    RequestHeader append X-N match1
  </If>
</ProxyMatch>
<Directory ROOT/files>
  Header always append X-D dir
  <If "%{HTTP:X-K} == '1'">
    Header always append X-D dir1
    ErrorDocument 404 "dir1"
  </If>
  <Else>
    Header always append X-D dire
  </Else>
</Directory>
<Files "*.txt">
  Header always append X-D txt
  <If "%{REQUEST_FILENAME} =~ m#/b[.]#">
    Header always append X-D b
  </If>
</Files>
<If "-n env('A')">
  RequestHeader append X-N early
  SetEnv B early
</If>
<If "-n env('B')">
  RequestHeader append X-N late
</If>
<Else>
  RequestHeader append X-N notlate
</Else>
ProxyPass /in http://WORKER/P
ProxyPass /out http://WORKER/P
ProxyPass /early http://WORKER/early
ProxyPass /p http://WORKER/
""",
    tuple(
        case(
            f"{target} {' '.join(fields) or '-'}",
            get(target, *(f"X-{each[0]}: {each[1]}" for each in fields)),
        )
        for target in (
            *("/p/x", "/in/x", "/in/deep/x", "/out/deep/x", "/out/other", "/early/x"),
            *("/files/a.txt", "/files/b.txt", "/files/c", "/none.txt", "/in/other/x"),
        )
        for fields in ((), ("K1",), ("K1", "L1"), ("K3", "L2"))
    )
    + tuple(
        case(f"/p {' '.join(fields)}", get("/p", *(f"X-{each[0]}: {each[1]}" for each in fields)))
        for fields in (("K1", "L1", "M1"), ("K1", "L2"), ("K2",), ("K4",), ("K5",), ("K1", "L3"))
    ),
)

EFFECTS: Final = Configuration(
    "<If>, what stands in it",
    r"""
DocumentRoot ROOT
ErrorDocument 404 "server"
Header set X-S server
<If "%{REQUEST_URI} == '/redirect'">
  Redirect / http://other.test/
</If>
<If "%{REQUEST_URI} == '/redirect-code'">
  Redirect 308 http://other.test/%{REQUEST_METHOD}
</If>
<If "%{REQUEST_URI} == '/gone'">
  Redirect gone
</If>
<If "%{REQUEST_URI} =~ m#^/match/(.*)#">
  RedirectMatch ^/match/(.*)$ http://other.test/$1
</If>
<If "%{REQUEST_URI} == '/none'">
  ErrorDocument 404 "if"
</If>
<If "%{REQUEST_URI} =~ m#^/host#">
  ProxyPreserveHost On
</If>
<If "%{REQUEST_URI} =~ m#^/add#">
  ProxyAddHeaders Off
</If>
<If "%{REQUEST_URI} =~ m#^/env#">
  SetEnv proxy-nokeepalive 1
  SetEnv X yes
  RequestHeader set X-X "%{X}e"
</If>
<If "%{REQUEST_URI} =~ m#^/setenvif#">
  SetEnvIf Request_Method GET Y=$0
  RequestHeader set X-Y "%{Y}e"
</If>
<If "%{REQUEST_URI} =~ m#^/header#">
  Header unset X-S
  Header always set X-A always
  Header set X-V "expr=%{REQUEST_STATUS}"
</If>
<If "%{REQUEST_METHOD} == 'TRACE' || %{REQUEST_METHOD} == 'DELETE'">
  Redirect 405 /
</If>
<If "%{HTTP_HOST} == 'c.test'">
  Redirect permanent / http://a.test/
</If>
<If "%{HTTP:Upgrade} == 'websocket'">
  RequestHeader set X-Upgrade seen
</If>
<If "%{REQUEST_URI} =~ m#^/override#">
  ProxyErrorOverride On 404
  ErrorDocument 404 "overridden"
</If>
<If "%{REQUEST_URI} =~ m#^/type#">
  RequestHeader unset Accept
  RequestHeader edit X-Q a A
</If>
<Location /twice>
  RequestHeader set X-W location
</Location>
<If "%{REQUEST_URI} =~ m#^/twice#">
  RequestHeader set X-W if
</If>
ProxyPass /p http://WORKER/
ProxyPass /host http://WORKER/
ProxyPass /add http://WORKER/
ProxyPass /env http://WORKER/
ProxyPass /setenvif http://WORKER/
ProxyPass /header http://WORKER/
ProxyPass /override http://WORKER/
ProxyPass /type http://WORKER/
ProxyPass /twice http://WORKER/
ProxyPass /redirect http://WORKER/
""",
    (
        *(
            case(target, get(target, "X-Q: a", "Accept: b"))
            for target in (
                *("/redirect", "/redirect-code", "/gone", "/match/a/b?c", "/none", "/other"),
                *("/host", "/add", "/env", "/setenvif", "/header", "/type", "/twice", "/p/x"),
            )
        ),
        case("a 404 of the worker", get("/override"), raw("HTTP/1.1 404 No", "Content-Length: 0")),
        case("a 410 of the worker", get("/override"), raw("HTTP/1.1 410 No", "Content-Length: 0")),
        case("another host", get("/p/x", host="c.test")),
        case("DELETE", request("DELETE /p/x")),
        case("HEAD", request("HEAD /redirect")),
        case("POST with a body", request("POST /redirect", "Content-Length: 2", body=b"ab")),
        case(
            "an upgrade",
            get("/p/x", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
        ),
    ),
)

ANSWERS: Final = Configuration(
    "Header, values of expressions",
    BEFORE
    + r"""
Header always set X-1 "expr=%{REQUEST_STATUS}|%{CONTENT_TYPE}|%{HANDLER}"
Header set X-2 "expr=%{resp:X-A}|%{resp:Content-Type}|%{resp:X-1}"
Header set X-3 yes "expr=%{REQUEST_STATUS} -ge 400"
Header always set X-4 yes "expr=%{REQUEST_STATUS} -ge 400"
Header set X-5 "expr=%{REQUEST_FILENAME}"
Header always set X-6 "expr=%{REQUEST_URI}|%{QUERY_STRING}|%{REMOTE_ADDR}|%{PATH_INFO}"
Header set X-7 "expr=%{tolower:%{HTTP:X-Q}}" "expr=-n %{HTTP:X-Q}"
Header always set X-8 "expr=%{env:there}|%{env:late}|%{env:REDIRECT_STATUS}"
Header always set X-9 "expr=%{IS_SUBREQ}|%{THE_REQUEST}|%{REQUEST_METHOD}"
ErrorDocument 404 /page/404
ErrorDocument 403 "text"
Redirect 403 /closed
ProxyPass /page http://WORKER/page
ProxyPass /p http://WORKER/
""",
    (
        case("200", get("/p/x?y", "X-Q: A")),
        case("404 of the worker", get("/p"), raw("HTTP/1.1 404 No", "Content-Length: 0")),
        case("403", get("/closed", "X-Q: A")),
        case("a page of its own", get("/none?q", "X-Q: A")),
        case("HEAD", request("HEAD /p/x")),
        case("HEAD, a page of its own", request("HEAD /none")),
        case("POST, a page of its own", request("POST /none", "Content-Length: 0")),
    ),
)

NO_PHASES: Final = Configuration(
    "Header, expressions where nothing else is",
    """\
Header set X-1 "expr=%{REQUEST_FILENAME}|%{REQUEST_URI}|%{HANDLER}|%{REQUEST_STATUS}"
Header set X-2 "expr=%{QUERY_STRING}|%{PATH_INFO}|%{IS_SUBREQ}|%{SERVER_PORT}"
RequestHeader set X-3 "expr=%{REQUEST_FILENAME}|%{REQUEST_URI}|%{HANDLER}|%{REQUEST_STATUS}"
ProxyPass / http://WORKER/a/
""",
    (case("a blank", get("/x%20y?q=1")), case("a path", get("/x/../y//z"))),
)

TABLES: Final = (CHAINS, EFFECTS, ANSWERS, NO_PHASES)
