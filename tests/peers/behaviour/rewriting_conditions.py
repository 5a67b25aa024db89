"""RewriteCond: kinds of tests, flags, back-references, Vary; and the variables that are asked."""

from typing import Final

from tests.peers.behaviour.language import (
    Case,
    Configuration,
    case,
    get,
    post,
    response,
)
from tests.peers.behaviour.rewriting import ON, each, targets

Fields = tuple[str, ...]


def tried(*rows: tuple[str, tuple[Fields, ...]]) -> tuple[str, tuple[Case, ...]]:
    """Conditions of one rule each, and the fields of the requests that try them."""
    text, cases = ON, list[Case]()
    for number, (conditions, requests) in enumerate(rows):
        lines = "".join(f"RewriteCond {line}\n" for line in conditions.split("\n"))
        text += f"{lines}RewriteRule ^/n{number}$ /yes/%0/%1/%2 [R,L]\n"
        cases += [case(f"{number} {fields}", get(f"/n{number}", *fields)) for fields in requests]
    return text, tuple(cases)


def _fields(*values: str) -> tuple[Fields, ...]:
    return ((), *((f"X-A: {value}",) for value in values))


_WEBSOCKET: Final = (
    (),
    ("Upgrade: websocket", "Connection: Upgrade"),
    ("Upgrade: WebSocket", "Connection: keep-alive, Upgrade"),
    ("Upgrade: h2c", "Connection: upgrade"),
)

_TESTS: Final = tried(
    ("%{HTTP:X-A} abc", _fields("abc", "ABC", "xabcx", "")),
    ("%{HTTP:X-A} abc [NC]", _fields("abc", "ABC")),
    ("%{HTTP:X-A} !abc", _fields("abc", "x")),
    ("%{HTTP:X-A} !^$", _fields("abc")),
    ("%{HTTP:X-A} ^(a+)(b*)$", _fields("aab", "a", "b")),
    ("%{HTTP:X-A} =abc", _fields("abc", "ABC", "abcd")),
    ("%{HTTP:X-A} =abc [NC]", _fields("abc", "ABC")),
    ("%{HTTP:X-A} !=abc [NC]", _fields("ABC", "x")),
    ("%{HTTP:X-A} =", _fields("=", "x=y")),
    ('%{HTTP:X-A} =""', _fields("x", '""')),
    ('%{HTTP:X-A} !=""', _fields("x")),
    ("%{HTTP:X-A} <abc", _fields("abb", "abc", "abd", "zz", "aaaa", "\xe9bc")),
    ("%{HTTP:X-A} <=abc", _fields("abb", "abc", "abd", "aaaa")),
    ("%{HTTP:X-A} >abc", _fields("abb", "abc", "abd", "zz", "aaaa")),
    ("%{HTTP:X-A} >=abc", _fields("abb", "abc", "abd", "zz")),
    ("%{HTTP:X-A} <abc [NC]", _fields("ABB", "ABC", "ABD", "ZZ", "AAAA", "[")),
    ("%{HTTP:X-A} >abc [NC]", _fields("ABB", "ABC", "ABD", "ZZ", "AAAA")),
    ("%{HTTP:X-A} !>abc", _fields("abb", "abd")),
    ("%{HTTP:X-A} >", _fields(">", "x")),
    ("%{HTTP:X-A} <", _fields("<", "x")),
    ("%{HTTP:X-A} >=", _fields("=", ">=", "x", "<")),
    ("%{HTTP:X-A} <=", _fields("=", "<=", "x", "<")),
    ("%{HTTP:X-A} -eq10", _fields("10", "010", "10x", " 10", "11", "+10", "4294967306")),
    ("%{HTTP:X-A} -eq", _fields("-eq", "0")),
    ("%{HTTP:X-A} -ne10", _fields("10", "11")),
    ("%{HTTP:X-A} -lt10", _fields("9", "10", "x", "-1")),
    ("%{HTTP:X-A} -le10", _fields("10", "11")),
    ("%{HTTP:X-A} -gt10", _fields("10", "11", "99999999999")),
    ("%{HTTP:X-A} -ge10", _fields("10", "9")),
    ("%{HTTP:X-A} !-gt10", _fields("10", "11")),
    ('%{HTTP:X-A} "-gt 10"', _fields("10", "11")),
    ("%{HTTP:X-A} -f", _fields("/etc/passwd", "/etc", "/nowhere")),
    ("%{HTTP:X-A} !-f", _fields("/etc/passwd", "/etc", "/nowhere")),
    ("%{HTTP:X-A} -d", _fields("/etc/passwd", "/etc", "/etc/", "/nowhere", "/etc/passwd/")),
    ("%{HTTP:X-A} -s", _fields("/etc/passwd", "/etc", "/dev/null")),
    ("%{HTTP:X-A} -l", _fields("/etc/passwd", "/proc/self/exe", "/bin")),
    ("%{HTTP:X-A} -L", _fields("/proc/self/exe")),
    ("%{HTTP:X-A} -h", _fields("/proc/self/exe")),
    ("%{HTTP:X-A} -x", _fields("/bin/sh", "/etc/passwd", "/etc", "/nowhere")),
    ("%{HTTP:X-A} -F", _fields("/etc/passwd", "/etc", "/etc/", "/nowhere", "index.html")),
    ("%{HTTP:X-A} -ff", _fields("-ff", "x-ffy")),
    ("%{HTTP:X-A} -e", _fields("-e", "/etc")),
    ("%{DOCUMENT_ROOT}/index.html -f", ((),)),
    ("%{DOCUMENT_ROOT}%{REQUEST_URI} !-f\n%{DOCUMENT_ROOT}%{REQUEST_URI} !-d", ((),)),
    ("%{HTTP:Upgrade} websocket [NC]", _WEBSOCKET),
    ("%{HTTP:Upgrade} =websocket [NC]", _WEBSOCKET),
    ("%{HTTP:Upgrade} websocket [NC]\n%{HTTP:Connection} upgrade [NC]", _WEBSOCKET),
    ("%{HTTP:Upgrade} ^websocket$ [NC,OR]\n%{HTTP:Connection} ^upgrade$ [NC]", _WEBSOCKET),
    ("%{HTTP:UPGRADE} !websocket [NC]\n%{HTTP:X-B} ^$", _WEBSOCKET),
    (
        "%{HTTP:X-A} ^a [OR]\n%{HTTP:X-B} ^b [OR]\n%{HTTP:X-C} ^c",
        ((), ("X-A: a",), ("X-B: b",), ("X-C: c",), ("X-A: x", "X-C: c")),
    ),
    (
        "%{HTTP:X-A} ^a [OR]\n%{HTTP:X-B} ^b\n%{HTTP:X-C} ^(c)",
        ((), ("X-A: a",), ("X-B: b", "X-C: c"), ("X-A: a", "X-C: c")),
    ),
    ("%{HTTP:X-A} ^a\n%{HTTP:X-B} ^b [OR]", ((), ("X-A: a",), ("X-A: a", "X-B: b"), ("X-B: b",))),
    ("%{HTTP:X-A} ^a [OR]\n%{HTTP:X-B} ^b [OR]", (("X-A: a",), ("X-B: b",))),
    ("%{HTTP:X-A} (.) [NV]\n%{HTTP:X-B} .", (("X-A: a", "X-B: b"),)),
    (
        "%{HTTP:X-A}%{HTTP:X-B}%{HTTP_USER_AGENT}%{HTTP_HOST}%{HTTP:host} (.)",
        (("X-A: a", "X-B: b", "User-Agent: c"), ("X-B: b",), ("User-Agent:",)),
    ),
    ("%{HTTP:X-A} (.*)\n%1-%{HTTP:X-B} ^(..)-(.*)$", (("X-A: ab", "X-B: c"), ("X-A: a",))),
    ("%{HTTP:X-A} (.*)\n%{HTTP:X-B} !x", (("X-A: ab", "X-B: c"),)),
    ("%{HTTP:X-A} (.*)\n%{HTTP:X-B} =b", (("X-A: ab", "X-B: b"),)),
    ("$0 ^/n\n%{REQUEST_URI} =$0", ((),)),
    ("%{HTTP:X-A} (a)|(b)", _fields("a", "b")),
    ("expr \"%{HTTP:X-A} == 'a'\"", _fields("a", "b")),
    ('expr "%{HTTP:X-A} =~ /^(a)(.)/"', _fields("ab", "b")),
    ('EXPR "! %{HTTP:X-A} =~ /^(a)(.)/"', _fields("ab", "b")),
    ("expr \"!%{HTTP:X-A} == 'a'\"", _fields("a", "b")),
    ("expr \"-n req('X-A')\" [NV]", _fields("a")),
    ("expr \"-n req('X-A')\"\n%{HTTP:X-B} .", (("X-A: a", "X-B: b"), ("X-A: a",))),
    ("expr \"file('/nowhere') == 'a'\"", _fields("a")),
    ("expr \"%{HTTP:X-A} -ipmatch '10.0.0.0/8'\"", _fields("10.1.1.1", "11.1.1.1")),
    ("expr \"%{REQUEST_URI} -strmatch '/n*'\"", _fields()),
    ("%{REMOTE_ADDR} !^127\\.\n%{HTTP:X-A} .", _fields("a")),
    ("%{HTTP:X-A} (\\d+)\n%1 -gt10", _fields("a5", "a50b")),
    ('%{HTTP:X-A} "a b"', _fields("a b", "ab")),
    ("%{HTTP:X-A} a\\ b", _fields("a b", "ab")),
    ('"%{HTTP:X-A} %{HTTP:X-B}" "^a b$"', (("X-A: a", "X-B: b"),)),
    ("%{HTTP:X-A} 'a'", _fields("a", "'a'")),
    ("%{ENV:PYTHONWARNINGS} .", ((),)),
    ("%{HTTP_COOKIE} (?:^|;\\s*)k=([^;]*)", (("Cookie: a=1; k=v",), ("Cookie: k=w; a=2",), ())),
    (
        "%{HTTP_REFERER} !^$\n%{HTTP_REFERER} !^https?://(www\\.)?a\\.test [NC]",
        ((), ("Referer: http://evil.test/",), ("Referer: http://www.a.test/",)),
    ),
    ("%{HTTP_HOST} ^(www\\.)?a\\.test$ [NC]", ((),)),
    ("%{HTTPS} off", ((),)),
    ("%{HTTPS} !=on", ((),)),
    ("%{REQUEST_METHOD} ^(TRACE|TRACK)$", ((),)),
)
TESTS: Final = Configuration("RewriteCond, tests", *_TESTS)

_NAMES: Final = (
    "HTTP_USER_AGENT HTTP_REFERER HTTP_COOKIE HTTP_FORWARDED HTTP_HOST HTTP_PROXY_CONNECTION "
    "HTTP_ACCEPT REMOTE_ADDR REMOTE_HOST REMOTE_USER REMOTE_IDENT REQUEST_METHOD SCRIPT_FILENAME "
    "PATH_INFO QUERY_STRING AUTH_TYPE SERVER_NAME SERVER_ADDR SERVER_PORT SERVER_PROTOCOL "
    "SCRIPT_USER SCRIPT_GROUP SERVER_ADMIN API_VERSION THE_REQUEST REQUEST_URI REQUEST_FILENAME "
    "IS_SUBREQ HTTPS REQUEST_SCHEME IPV6 CONN_REMOTE_ADDR CONTEXT_PREFIX CONTEXT_DOCUMENT_ROOT "
    "DOCUMENT_ROOT HTTP:X-A HTTP:x-a HTTP:Host HTTP:nope ENV:nope ENV:SET ENV:PYTHONWARNINGS "
    "ENV:SCRIPT_URL ENV:SCRIPT_URI SSL:SSL_PROTOCOL ssl:x env:set http:x-a Request_Uri HTTP_X_A "
    "NOPE A ABC ABCD TIME_ X:Y ENV: HTTP: XYZ:abc WXYZ:abc HTTP_CONNECTION ENV:a:b HTTP:a:b HANDLER"
).split()
_VARIABLES: Final = each(
    *((f"RewriteRule ^@/(.*)$ http://WORKER/?[%{{{name}}}] [P]", ("@/x",)) for name in _NAMES),
    before=ON + "RewriteRule ^ - [E=SET:value]\n",
)
_ALL: Final = (
    "User-Agent: agent",
    "Referer: http://r.test/",
    "Cookie: c=1",
    "Forwarded: for=x",
    "Proxy-Connection: close",
    "Accept: a/b",
    "Accept: c/d",
    "X-A: first",
    "X-A: second",
)
VARIABLES: Final = Configuration(
    "RewriteRule, variables",
    _VARIABLES[0],
    (
        *_VARIABLES[1],
        *(case(f"{n} with fields", get(f"/n{n}/y?query", *_ALL)) for n in range(12)),
        case("SERVER_PORT", get("/n18/x", host="a.test:8080")),
        case("SERVER_NAME", get("/n16/x", host="A.Test:8080")),
        case("REQUEST_METHOD of a POST", post("/n11/x")),
    ),
)

LOOKAHEADS: Final = Configuration(
    "RewriteCond, other requests",
    ON
    + """\
RewriteCond %{REQUEST_URI} -U
RewriteRule ^/u/ /yes [R,L]
RewriteCond %{HTTP:X-A} -U
RewriteRule ^/v/ /yes [R,L]
RewriteCond %{LA-U:REQUEST_URI} (.*)
RewriteRule ^/la/ /yes%1 [R,L]
RewriteCond %{LA-U:ENV:inside} (.*)
RewriteRule ^/env/ /yes%1 [R,L]
RewriteCond %{LA-U:IS_SUBREQ}%{IS_SUBREQ} (.*)
RewriteRule ^/sub/ /yes%1 [R,L]
RewriteCond %{LA-U:LA-U:REQUEST_URI} (.*)
RewriteRule ^/twice/ /yes%1 [R,L]
RewriteRule ^/secret - [F]
RewriteRule ^/ns - [F,NS]
RewriteRule ^ - [E=inside:%{IS_SUBREQ}]
""",
    (
        *targets("/u/x", "/la/x", "/env/x", "/sub/x", "/twice/x", "/v/x"),
        case("forbidden", get("/v/x", "X-A: /secret")),
        case("not on subrequests", get("/v/x", "X-A: /ns")),
        case("redirected", get("/v/x", "X-A: /u/y")),
    ),
)

VARYING: Final = Configuration(
    "RewriteCond, Vary",
    ON
    + """\
RewriteCond %{HTTP:X-A} a [OR]
RewriteCond %{HTTP:X-B} b
RewriteCond %{HTTP:x-c} .
RewriteRule ^/or http://WORKER/or [P]
RewriteCond %{HTTP_USER_AGENT}%{HTTP_ACCEPT}%{HTTP_HOST} .
RewriteCond %{HTTP:X-A} . [NV]
RewriteRule ^/two http://WORKER/two [P]
RewriteCond expr "%{HTTP:X-A} == 'a' && req('X-B') == 'b'"
RewriteRule ^/expr http://WORKER/expr [P]
RewriteCond expr "%{HTTP:X-A} == 'a'" [NV]
RewriteRule ^/novary http://WORKER/novary [P]
RewriteRule ^/e http://WORKER/e%{HTTP:X-A} [P]
RewriteCond %{HTTP:X-A} !a
RewriteRule ^ - [E=x:y]
RewriteCond %{HTTP:X-B} .
RewriteRule ^ - [E=x:y]
RewriteRule ^ http://WORKER/rest [P]
""",
    (
        *(
            case(f"{path} {fields}", get(path, *fields))
            for path in ("/or", "/two", "/expr", "/novary", "/rest")
            for fields in ((), ("X-A: a",), ("X-A: a", "X-B: b"), ("X-B: b", "X-C: c", "Accept: d"))
        ),
        case("merged", get("/or", "X-A: a", "X-C: c"), response("200 OK", "Vary: Cookie")),
    ),
)

TABLES: Final = (TESTS, VARIABLES, LOOKAHEADS, VARYING)
