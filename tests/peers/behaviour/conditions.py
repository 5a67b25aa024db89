"""Expressions as requests show them: values in fields, conditions of sections and of variables.

What the language means is tried in `test_expression_values.py`; here it is which phase sees what:
RequestHeader in the last one before the worker, <If> when the sections are chosen, SetEnvIfExpr
before them, Header after the answer.
"""

from typing import Final

from tests.peers.behaviour import conditions_places
from tests.peers.behaviour.conditions_places import BEFORE
from tests.peers.behaviour.language import Configuration, case, raw

FIELDS: Final = (
    "X-Q: a",
    "Accept: x/y",
    "x-q: b, c",
    "User-Agent: agent/1.2 (X11)",
    "Referer: http://from.test/a%20b",
    "Cookie: sid=17; theme=dark",
    "X-Number: 42",
    "X-Path: /a/../b",
    "X-Address: 10.1.2.3",
    "X-Codes: YWJj",
    "X-Empty:",
)


def _requests(prefix: str, lines: str, shape: str, fields: tuple[str, ...]) -> Configuration:
    """A `<Location>` for each line, and a request for each."""
    rows = [line for line in lines.strip().split("\n") if line]
    sections = "".join(
        f"<Location /{at}/>\nProxyPass http://WORKER/{at}/\n{shape.replace('THIS', row)}\n"
        "</Location>\n"
        for at, row in enumerate(rows)
    )
    cases = tuple(
        case(row, raw(f"GET /{at}/x%20y/z?a=1&b=%2F HTTP/1.1", "Host: a.test:81", *fields))
        for at, row in enumerate(rows)
    )
    return Configuration(prefix, BEFORE + sections, cases)


# --- values ---------------------------------------------------------------------------------------

VALUES: Final = r"""
%{REQUEST_METHOD}
%{REQUEST_SCHEME}
%{REQUEST_URI}
%{DOCUMENT_URI}
%{REQUEST_FILENAME}
%{SCRIPT_FILENAME}
%{QUERY_STRING}
%{PATH_INFO}
%{THE_REQUEST}
%{SERVER_PROTOCOL}
%{SERVER_NAME}
%{SERVER_PORT}
%{SERVER_ADMIN}
%{REMOTE_ADDR}
%{REMOTE_HOST}
%{REMOTE_USER}
%{REMOTE_IDENT}
%{CONN_REMOTE_ADDR}
%{AUTH_TYPE}
%{HTTPS}|%{HTTP2}|%{IPV6}|%{IS_SUBREQ}
%{HANDLER}
%{CONTENT_TYPE}
%{LAST_MODIFIED}
%{CONTEXT_PREFIX}|%{DOCUMENT_ROOT}
%{REQUEST_STATUS}
%{HTTP_HOST}|%{HTTP_ACCEPT}|%{HTTP_USER_AGENT}
%{HTTP_REFERER}|%{HTTP_COOKIE}|%{HTTP_FORWARDED}|%{HTTP_PROXY_CONNECTION}
%{HTTP:X-Q}|%{http:x-q}|%{req:X-Q}|%{HTTP:None}
%{HTTP:X-Empty}|%{HTTP:Content-Length}|%{HTTP:Host}
%{resp:X-Q}|%{resp:Content-Type}
%{env:there}|%{reqenv:there}|%{ENV:there}|%{env:late}
%{reqenv:late}|%{note:there}|%{osenv:NOTHING_OF_THE_KIND}
%{tolower:A%{HTTP:Accept}B}%{toupper:%{HTTP:X-Q}}
%{escape:%{REQUEST_URI} ?&=\{\}~}
%{unescape:a%2Fb}|%{unescape:%41%20}
%{unescape:%{QUERY_STRING}}
%{base64:%{HTTP:X-Number}}|%{unbase64:%{HTTP:X-Codes}}
%{md5:%{HTTP:X-Number}}
%{sha1:%{HTTP:X-Number}}
%{ldap:(*)\\\\}
%{filesize:ROOT/seven.txt}|%{filesize:/nowhere}
%{file:ROOT/seven.txt}
plain text
a%%b 100%
$0$1
%{TIME_YEAR}-%{TIME_MON}
a%{REQUEST_METHOD}b%{REQUEST_METHOD}c
\\%{REQUEST_METHOD}
'%{REQUEST_METHOD}'
"""

OF_REQUESTS: Final = _requests(
    "RequestHeader, values of expressions",
    VALUES,
    'RequestHeader set X-N "expr=THIS"\nRequestHeader append X-N "expr=<THIS>"',
    FIELDS,
)
OF_VARIABLES: Final = _requests(
    "SetEnvIfExpr, values",
    r"""
"%{REQUEST_URI} =~ m#^/(\\d+)/(.*?)/(z)$#" A=$1-$2-$3-$0
"%{QUERY_STRING} =~ /a=(\\d)/ && %{QUERY_STRING} =~ /b=(.*)/" A=$0-$1
"%{QUERY_STRING} =~ /a=(\\d)/ || %{QUERY_STRING} =~ /b=(.*)/" A=$0-$1
"! %{QUERY_STRING} =~ /c=(\\d)/" A=$0-$1
"%{HTTP:X-Q} =~ /(?<name>b)/" A=$1
"%{HANDLER} == ''" A=%{HANDLER}
"%{HANDLER} =~ /proxy/" A
"%{REQUEST_FILENAME} =~ /^proxy:(.*)/" A=$1
"%{REQUEST_FILENAME} =~ /(.*)/" A=$1
"%{env:there} == 'yes'" A there=no B
"%{reqenv:late} == 'yes'" A
"-T env('there') && -T %{HTTP:X-Number}" A
"%{HTTP:X-Number} -ge 42 && %{HTTP:X-Number} -lt 43" A=42
"true" A=1 A=2 !B
"false" A=1
"%{REMOTE_USER} == ''" A=nobody
"%{IS_SUBREQ} == 'false'" A
"-f '%{DOCUMENT_ROOT}/seven.txt'" A=there
"-R '127.0.0.0/8'" A=here
"%{HTTP:X-Address} -ipmatch '10.0.0.0/8'" A=ten
"%{HTTP_USER_AGENT} =~ m#agent/(\\d+)\\.(\\d+)#i" A=$1.$2 B=$0
""",
    'SetEnvIfExpr THIS\nRequestHeader set X-A "%{A}e" env=A\nRequestHeader set X-B "%{B}e" env=B\n'
    'RequestHeader set X-there "%{there}e"',
    FIELDS,
)

# --- conditions -----------------------------------------------------------------------------------

CONDITIONS: Final = r"""
true
false
! true
true || false && false
(true || false) && false
!(true && false)
%{REQUEST_METHOD} == 'GET'
%{REQUEST_METHOD} != 'GET'
%{REQUEST_METHOD} = 'GET'
%{REQUEST_METHOD} < 'POST'
%{REQUEST_METHOD} >= 'GET'
%{REQUEST_METHOD} > 'GET'
%{REQUEST_METHOD} in {'PUT','GET'}
%{REQUEST_METHOD} -in {'PUT','POST'}
%{REQUEST_METHOD} in { %{HTTP:X-Method} , 'GE' . 'T' }
%{HTTP:X-Number} -eq 42
%{HTTP:X-Number} eq '42'
%{HTTP:X-Number} -ne 42
%{HTTP:X-Number} -lt 100
%{HTTP:X-Number} lt 100
%{HTTP:X-Number} < 100
%{HTTP:X-Number} -eq %{HTTP:X-Address}
%{HTTP:X-Number} -lt %{HTTP:X-Address}
%{HTTP:X-Q} < %{HTTP:X-Number}
%{HTTP:X-Number} -le 42 && %{HTTP:X-Number} -ge 42
%{HTTP:X-Number} -gt 41.9
%{HTTP:X-Number} le '5'
%{HTTP:X-None} -eq 0
%{HTTP:X-Q} -lt 3
%{HTTP:Accept} -gt 1
-n %{HTTP:X-Q}
-z %{HTTP:X-Q}
-n %{HTTP:X-Empty}
-z %{HTTP:X-Empty}
-z %{HTTP:X-None}
-T %{HTTP:X-Number}
-T %{HTTP:X-Empty}
-T 'off' || -T 'No' || -T 'FALSE' || -T '0'
-T 'on'
-e 'ROOT/seven.txt'
-f 'ROOT/seven.txt'
-d 'ROOT'
-s 'ROOT/seven.txt'
-s 'ROOT/empty.txt'
-f 'ROOT'
-L 'ROOT/seven.txt'
-h 'ROOT/seven.txt'
-x 'ROOT/seven.txt'
-x 'ROOT'
-d %{DOCUMENT_ROOT}
-f %{REQUEST_FILENAME}
-R '127.0.0.1'
-R '127.0.0.0/255.0.0.0'
-R '10.0.0.0/8'
-R '::1'
%{REMOTE_ADDR} -ipmatch '127.0.0.0/8'
%{HTTP:X-Address} -ipmatch '10.1.0.0/16'
%{HTTP:X-Address} -ipmatch '10.2.0.0/16'
%{HTTP:X-Q} -ipmatch '10.2.0.0/16'
%{HTTP_USER_AGENT} -strmatch 'agent/*'
%{HTTP_USER_AGENT} -strmatch 'AGENT/*'
%{HTTP_USER_AGENT} -strcmatch 'AGENT/*'
%{HTTP_USER_AGENT} -fnmatch 'agent*'
%{HTTP_USER_AGENT} -fnmatch 'agent/*'
%{REQUEST_URI} -fnmatch '/*/x y/z'
%{REQUEST_URI} =~ /x y/
%{REQUEST_URI} =~ /x%20y/
%{REQUEST_URI} !~ /x y/
%{REQUEST_URI} =~ m#^/\\d+/#
%{REQUEST_URI} =~ m|/X Y/|i
%{THE_REQUEST} =~ m,^GET .* HTTP/1\\.1$,
%{REQUEST_URI} =~ m#^/(\\d+)/# && $1 -gt 5
%{REQUEST_URI} =~ m#^/(\\d+)/# && '$1' == '$1'
%{QUERY_STRING} =~ /a=(\\d)&b=(.*)/ && $2 == '%2F'
%{HTTP:X-Q} =~ /^a, b, c$/
%{HTTP_HOST} == 'a.test:81'
%{HTTP_HOST} =~ /^A\\.TEST/
%{HTTP_HOST} =~ /^A\\.TEST/i
%{SERVER_NAME} == 'a.test'
%{SERVER_NAME} == 'front.test'
%{SERVER_PORT} -eq 81
%{HTTPS} == 'off'
%{HTTPS} == 'on'
%{REQUEST_SCHEME} == 'http'
%{SERVER_PROTOCOL} == 'HTTP/1.1'
%{SERVER_PROTOCOL} -strmatch 'HTTP/1.*'
%{HANDLER} == 'proxy-server'
%{HANDLER} == ''
%{REQUEST_FILENAME} =~ /^proxy:/
%{REQUEST_FILENAME} =~ m#^proxy:http://[^/]*/\\d+/x y/z#
%{REQUEST_FILENAME} =~ m#^proxy:http://[^/]*/\\d+/x%20y/z#
%{PATH_INFO} == ''
%{REMOTE_USER} == ''
%{AUTH_TYPE} == ''
%{REQUEST_STATUS} -eq 200
%{REQUEST_STATUS} == ''
%{CONTENT_TYPE} == ''
%{IS_SUBREQ} == 'false'
%{env:there} == 'yes'
reqenv('there') == 'yes'
env('late') == 'yes'
osenv('HOME') == 'nowhere at all'
note('x') == ''
req('X-Q') == http('x-q')
req_novary('X-Q') == %{HTTP:X-Q}
resp('X-Q') == ''
tolower(%{REQUEST_METHOD}) == 'get'
toupper('a') . tolower('B') == 'Ab'
'%{tolower:%{REQUEST_METHOD}}%{HTTP:X-Number}' == 'get42'
md5('a') == '0cc175b9c0f1b6a831c399e269772661'
sha1('a') == '86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'
base64(%{HTTP:X-Number}) == 'NDI='
unbase64(%{HTTP:X-Codes}) == 'abc'
escape('a b/?') == 'a%20b/%3f'
unescape('%41%2f') == 'A/'
file('ROOT/seven.txt') == 'seven..'
filesize('ROOT/seven.txt') -eq 7
file('/nowhere') == ''
filesize('/nowhere') -eq 0
'x' . %{REQUEST_METHOD} . 'y' == 'xGETy'
"it's" =~ /'/
%{HTTP_COOKIE} =~ /(?:^|; )theme=([a-z]+)/ && $1 == 'dark'
%{HTTP:Cookie} =~ /sid=(\\d+)/ && $1 -in {'16','17'}
%{HTTP:Upgrade} == 'websocket' || %{HTTP:Connection} =~ /upgrade/i
%{TIME_YEAR} -gt 2000 && %{TIME_MON} -le 12 && %{TIME_HOUR} -lt 24
%{TIME} =~ /^\\d{14}$/
"""


def _escaped(lines: str) -> str:
    """As words of a configuration."""
    return lines.replace('"', '\\"')


OF_SECTIONS: Final = _requests(
    "<If>, conditions",
    _escaped(CONDITIONS),
    '<If "THIS">\nRequestHeader set X-N yes\nHeader set X-M yes\n</If>\n'
    "<Else>\nRequestHeader set X-N no\n</Else>",
    FIELDS,
)
OF_FIELDS: Final = _requests(
    "RequestHeader, conditions",
    _escaped(CONDITIONS),
    'RequestHeader set X-N yes "expr=THIS"\nRequestHeader set X-M no "expr=!(THIS)"\n'
    'Header set X-R yes "expr=THIS"',
    FIELDS,
)

FILES: Final = (("seven.txt", b"seven.."), ("empty.txt", b""))


def _with_files(configuration: Configuration) -> Configuration:
    return Configuration(configuration.name, configuration.text, configuration.cases, FILES)


TABLES: Final = (
    *map(_with_files, (OF_REQUESTS, OF_VARIABLES, OF_SECTIONS, OF_FIELDS)),
    *conditions_places.TABLES,
)
