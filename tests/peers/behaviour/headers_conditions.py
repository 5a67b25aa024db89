"""mod_headers: kinds of answers, conditions and values, requests, the server's own pages."""

from typing import Final

from tests.peers.behaviour.headers import Row, each, table

STATUSES: Final = table(
    "Header, kinds of answers",
    (
        *(
            Row((line,), answer)
            for line in ("Header set X-A v", "Header always set X-A v", "Header add X-A v")
            for answer in ("404", "500", "302", "304", "204", "103", "426")
        ),
        *each("Header unset X-A / Header unset Link", "103"),
        *each(
            """
Header edit Location ^/ /x/
Header unset Location
Header always set Location /y
Header set Location /y
Header always edit Location ^/ /x/
Header set Content-Type a/b
""",
            "302",
        ),
        *each(
            """
Header set Content-Type a/b
Header unset ETag
Header set Last-Modified x
Header append Cache-Control x
Header set Allow x
Header set Content-Encoding gzip
""",
            "304",
        ),
        *each("Header set Content-Type a/b", "204"),
        *each("Header unset Upgrade\nHeader set Upgrade x\nHeader unset Connection", "426"),
        Row(("Header set X-N v", "Header unset X-A"), method="HEAD"),
        Row(("Header unset Content-Length",), method="HEAD"),
        Row(("Header set Content-Type a/b",), method="HEAD"),
        Row(("Header set X-N v",), method="OPTIONS"),
    ),
)


CONDITIONS: Final = table(
    "Header, conditions and values",
    (
        *each(
            r"""
Header set X-N v env=there
Header set X-N v env=THERE
Header set X-N v env=!there
Header set X-N v env=missing
Header set X-N v env=!missing
Header set X-N v ENV=there
Header unset X-A env=missing
Header unset X-A env=there
Header edit X-A o 0 env=missing
Header edit X-A o 0 env=there
Header set X-N v "expr=%{REQUEST_METHOD} == 'GET'"
Header set X-N v "expr=%{REQUEST_METHOD} == 'PUT'"
Header set X-N v "expr=%{REQUEST_STATUS} -eq 200"
Header set X-N v "expr=%{resp:X-A} == 'one'"
Header set X-N v "expr=resp('X-B') =~ /three/"
Header set X-N v "expr=-n %{resp:X-Z}"
Header set X-Z a / Header set X-N v "expr=-n %{resp:X-Z}"
Header always set X-Z a / Header set X-N v "expr=-n %{resp:X-Z}"
Header always set X-N v "expr=%{resp:X-A} == 'one'"
Header set X-N v "expr=%{HTTP:X-Q} == 'a, b, c'"
Header set X-N v "expr=req('x-q') == 'a'"
Header set X-N v "expr=env('there') == 'yes'"
Header set X-N v "expr=reqenv('THERE') == 'yes'"
Header set X-N v "expr=file('/nowhere') == 'x'"
Header edit X-A o 0 "expr=%{REQUEST_METHOD} == 'GET'"
Header unset X-A "expr=%{REQUEST_URI} =~ m#^/[0-9]+/x$#"
Header set X-N "%{there}e"
Header set X-N "%{THERE}e and %{missing}e"
Header set X-N "%{UNIQUE_ID}e"
Header set X-N "100%% %%{there}e"
Header set X-N "%{SSL_PROTOCOL}s"
Header set X-N "a%"
Header set X-N "%{lines}e"
Header set X-N "expr=%{REQUEST_METHOD} %{HTTP_HOST}"
Header set X-N "expr=%{HTTP:Accept}"
Header set X-N "expr=%{REQUEST_URI}?%{QUERY_STRING}"
Header set X-N "expr=%{req:nothing}"
Header set X-N "expr=%{file:/nowhere}"
Header set X-N "expr=%{tolower:%{REQUEST_METHOD}}"
Header set X-N "expr=%{unbase64:YQpi}"
Header set X-N "expr=%{unescape:a%%0ab}"
Header set X-N "expr=%{unescape:a%00b}"
Header set X-N "expr=%{HANDLER}|%{REQUEST_FILENAME}|%{SCRIPT_FILENAME}"
Header set X-N "expr=%{REMOTE_ADDR}|%{SERVER_NAME}|%{REQUEST_SCHEME}|%{HTTPS}"
Header set X-N "expr=%{REQUEST_STATUS}"
Header set X-N "expr=%{env:there}"
Header set X-N "Expr=x"
Header edit X-B two "%{there}e"
Header edit X-B (two) "$1%{there}e"
Header edit X-B (two) "%{dollar}e"
Header edit X-B two "expr=%{REQUEST_METHOD}"
Header edit X-B (two) "expr=$1%{REQUEST_METHOD}"
Header append X-A "%{there}e"
Header append X-A "expr=%{REQUEST_METHOD}"
Header merge X-A "expr=o%{tolower:N}e"
Header setifempty X-N "expr=%{REQUEST_METHOD}"
Header setifempty X-A "%{there}e"
Header set X-N v early
Header always set X-N v early
Header unset X-A early
Header echo ^X-Q env=there
Header set X-N "a b"
"""
        ),
        *(
            Row((line,), "404")
            for line in (
                'Header set X-N v "expr=%{REQUEST_STATUS} -eq 404"',
                'Header always set X-N v "expr=%{REQUEST_STATUS} >= 400"',
                'Header set X-N "expr=%{REQUEST_STATUS}"',
            )
        ),
    ),
    before='SetEnv there yes\nSetEnv dollar $0$1\nSetEnv lines "a\\nb"\n',
)


REQUESTS: Final = table(
    "RequestHeader",
    each(
        r"""
RequestHeader set X-N v
RequestHeader set X-Q v
RequestHeader set x-q: v
RequestHeader setifempty X-N v
RequestHeader setifempty X-Q v
RequestHeader append X-N v
RequestHeader append X-Q v
RequestHeader add X-N v
RequestHeader add X-Q v
RequestHeader add X-Q v / RequestHeader append X-Q w
RequestHeader add X-Q v / RequestHeader set X-Q w
RequestHeader add X-Q v / RequestHeader unset X-Q
RequestHeader add X-Q v / RequestHeader edit X-Q . Q
RequestHeader merge X-N v
RequestHeader merge X-Q b
RequestHeader merge X-Q d
RequestHeader unset X-Q
RequestHeader unset Accept
RequestHeader unset X-N
RequestHeader edit X-Q a A
RequestHeader edit* X-Q [abc] <$0>
RequestHeader edit X-N a b
RequestHeader edit X-Q .* ""
RequestHeader set Host b.test
RequestHeader unset Host
RequestHeader append Host b.test
RequestHeader set Host b.test / ProxyPreserveHost On
RequestHeader unset Host / ProxyPreserveHost On
RequestHeader add Host b.test / ProxyPreserveHost On
RequestHeader set Connection close
RequestHeader set Connection X-Q
RequestHeader set Connection upgrade / RequestHeader set Upgrade foo
RequestHeader set X-Forwarded-For 1.2.3.4
RequestHeader append X-Forwarded-For 1.2.3.4
RequestHeader unset X-Forwarded-For
RequestHeader set X-Forwarded-Host x.test
RequestHeader set X-Forwarded-Server x.test
RequestHeader set X-Forwarded-Proto https
RequestHeader set Via "1.1 x"
RequestHeader set TE trailers
RequestHeader set Keep-Alive x
RequestHeader set Proxy-Connection x
RequestHeader set Expect 100-continue
RequestHeader set Expect x
RequestHeader set Max-Forwards 4
RequestHeader set Max-Forwards 0
RequestHeader set Max-Forwards x
RequestHeader set Content-Type a/b
RequestHeader edit Content-Type a b
RequestHeader set Authorization "Basic %{there}e"
RequestHeader set X-N "%{there}e" env=there
RequestHeader set X-N "%{there}e" env=missing
RequestHeader set X-N v env=!missing
RequestHeader set X-N v "expr=%{HTTP:X-Q} == 'a, b, c'"
RequestHeader set X-N "expr=%{REQUEST_URI} %{REMOTE_ADDR} %{SERVER_NAME}"
RequestHeader set X-N "expr=%{HTTP:X-Q}"
RequestHeader set X-N "expr=%{req:X-N}" / RequestHeader set X-N "expr=%{REQUEST_FILENAME}"
RequestHeader set X-N "expr=%{HANDLER}"
RequestHeader set X-N a / RequestHeader set X-M "expr=[%{req:X-N}]"
RequestHeader set X-N "expr=%{unbase64:YQpiDQpjOiBk}"
RequestHeader set X-N "expr=%{unbase64:YQBi}"
RequestHeader set X-N "expr=%{file:/nowhere}"
RequestHeader set X-N v "expr=file('/nowhere') == 'x'"
RequestHeader set X-N ""
RequestHeader append X-N ""
RequestHeader unset X-Q early
RequestHeader set X-N v early
RequestHeader set X-N "%{UNSET}e"
RequestHeader set Cookie "a=b; c=d"
RequestHeader edit Accept x/ "é/"
RequestHeader set If-None-Match x
RequestHeader set If-Modified-Since "Sat, 01 Jan 2000 00:00:00 GMT"
RequestHeader unset X-Q / Header echo ^X-Q
RequestHeader set X-Q new / Header echo ^X-Q
RequestHeader set Content-Type a/b / Header set X-M "expr=[%{CONTENT_TYPE}]"
"""
    ),
    before="SetEnv there yes\n",
)


OWN: Final = table(
    "Header, our own pages",
    tuple(
        Row((line,), route=route)
        for route in ("!", "http://DEAD/")
        for line in (
            "Header set X-N v",
            "Header always set X-N v",
            "Header always set X-N v env=there",
            'Header always set X-N "expr=%{REQUEST_STATUS}"',
            'Header always set X-N "expr=[%{resp:Content-Type}][%{CONTENT_TYPE}]"',
            "Header always set Content-Type a/b",
            "Header always unset Content-Type",
            "Header always edit Content-Type html plain",
            "Header always append Content-Type x",
            "Header always set Server x",
            "Header always set Date x",
            "Header always set Allow x",
            "Header always set Vary X-Q",
            "Header always set Connection close",
            "Header always set Location /x",
            "Header always echo ^X-Q",
            "Header always merge X-N v",
            "RequestHeader set X-N v",
        )
    ),
    before="SetEnv there yes\n",
)


TABLES: Final = (STATUSES, CONDITIONS, REQUESTS, OWN)
