"""mod_rewrite in a server: flags, substitutions, queries, redirects, chains and rounds.

What a rule makes of a request is seen by a worker, or in Location; which steps lead there, beside
apache2's trace, `tests/peers/test_rewriting.py` compares.
"""

from typing import Final

from tests.peers.behaviour.language import Case, Configuration, case, get, request

ON: Final = "RewriteEngine On\n"


def targets(*given: str) -> tuple[Case, ...]:
    """A GET for each."""
    return tuple(case(each, get(each)) for each in given)


def each(*rows: tuple[str, tuple[str, ...]], before: str = ON) -> tuple[str, tuple[Case, ...]]:
    """Lines of rules, and what is asked to try them. @ in both is a path of their own."""
    text, cases = before, list[Case]()
    for number, (lines, asked) in enumerate(rows):
        own = f"/n{number}"
        text += lines.replace("@", own) + "\n"
        cases += targets(*(target.replace("@", own) for target in asked))
    return text, tuple(cases)


_FLAGS: Final = each(
    ("RewriteRule ^@/(.*)$ http://WORKER/$1 [P]", ("@/x", "@/x?q", "@/", "@", "@/a%20b", "@/%e4")),
    ("RewriteRule ^@/(.*)$ http://WORKER/$1 [P,NE]", ("@/x", "@/x?q=%20", "@/a%41", "@/a+b")),
    ("RewriteRule ^@/(.*)$ http://WORKER/$1 [proxy,last]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved/$1 [R]", ("@/x", "@/x?q", "@/a%20b?c%20d", "@/%e4?%e4")),
    ("RewriteRule ^@/(.*)$ /moved/$1 [R=301]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved/$1 [R=permanent,L]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved/$1 [redirect=temp,L]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved/$1 [R=seeother,L]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved/$1 [R=307,L]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved/$1 [R=308,L]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved/$1 [R=300,L]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved/$1 [R=304,L]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved/$1 [R=404,L]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved/$1 [R=500]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved/$1 [R=418x]".replace("418x", "451"), ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved/$1 [R=abc]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ - [F]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /x$1 [forbidden,E=a:b]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ - [G]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ - [F,G]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ - [G,R=301]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved$1 [R=301,NE]", ("@/x%3ay", "@/a%20b", "@/a%23b", "@/x?%20")),
    ("RewriteRule ^@/(.*)$ /moved#$1 [R,NE]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /moved#$1 [R]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ http://other.test/$1 [L]", ("@/x?q", "@/")),
    ("RewriteRule ^@/(.*)$ http://other.test [L]", ("@/x?q",)),
    ("RewriteRule ^@/(.*)$ https://other.test:8443/$1 [R=301]", ("@/x?q",)),
    ("RewriteRule ^@/(.*)$ HTTPS://Other.Test/$1", ("@/x",)),
    ("RewriteRule ^@/(.*)$ ws://other.test/$1 [R]", ("@/x?a",)),
    ("RewriteRule ^@/(.*)$ mailto:a@b.test", ("@/x", "@/x?q")),
    ("RewriteRule ^@/(.*)$ ftp://other.test/$1?y [L]", ("@/x?q",)),
    ("RewriteRule ^@/(.*)$ ldap://other.test/$1?y?z [L]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ news:some.$1?y [L]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ gopher://other.test/$1 [L]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ what://other.test/$1 [L]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ what://other.test/$1 [R]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ $1 [R]", ("@/x", "@//x", "@/http://evil.test/", "@/")),
    ("RewriteRule ^@/(.*)$ $1 [L]", ("@/x", "@/http://evil.test/x")),
    ("RewriteRule ^@(/.*)$ $1 [R]", ("@//evil.test/x", "@/x")),
    ("RewriteRule ^@(.*)$ /$1 [R]", ("@//evil.test/x", "@/x")),
    ("RewriteRule ^@/(.*)$ $1 [P]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ http://front.test/$1", ("@/x", "@/x?q")),
    ("RewriteRule ^@/(.*)$ http://front.test:PORT/$1", ("@/x", "@/x?q")),
    ("RewriteRule ^@/(.*)$ http://FRONT.test:PORT", ("@/x",)),
    ("RewriteRule ^@/(.*)$ http://front.test:PORT/$1 [R]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ http://a.test:PORT/$1", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /passed/$1 [PT]", ("@/x", "@/x?q")),
    ("RewriteRule ^@/(.*)$ /passed/$1?new [passthrough]", ("@/x", "@/x?q")),
    ("RewriteRule ^@/(.*)$ /passed/$1 [PT,R]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /file/$1", ("@/x", "@/x?q")),
    ("RewriteRule ^@/(.*)$ /etc/$1", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /$1", ("@/etc/x", "@/tmp", "@/nowhere/x")),
    ("RewriteRule ^@/(.*)$ /$1 [UnsafePrefixStat]", ("@/etc/x", "@/nowhere/x")),
    ("RewriteRule ^@/(.*)$ ROOT/htdocs/$1", ("@/x",)),
    ("RewriteRule ^@/(.*)$ %{DOCUMENT_ROOT}/$1", ("@/x", "@/x/../y")),
    ("RewriteRule ^@/(.*)$ //etc//$1", ("@/x", "@/x//y")),
    ("RewriteRule ^@/(.*)$ /../$1", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /~root/$1", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /~nobodyatall/$1", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /~root", ("@/x",)),
)
FLAGS: Final = Configuration("RewriteRule, flags", *_FLAGS)

_QUERIES: Final = each(
    ("RewriteRule ^@/(.*)$ http://WORKER/x?new=$1 [P]", ("@/a", "@/a?old", "@/a%26b", "@/a%20b")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x?new=$1 [P,QSA]", ("@/a", "@/a?old", "@/a?", "@/?a")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x? [P]", ("@/a", "@/a?old")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x? [P,QSA]", ("@/a", "@/a?old")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x [P,QSA]", ("@/a", "@/a?old")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x [P,QSD]", ("@/a", "@/a?old")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x?n [P,QSD]", ("@/a", "@/a?old")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x?n [P,QSD,QSA]", ("@/a", "@/a?old")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x? [P,QSD]", ("@/a?old",)),
    ("RewriteRule ^@/(.*)$ http://WORKER/x?a?b=$1 [P]", ("@/a", "@/a?old")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x?a?b=$1 [P,QSL]", ("@/a", "@/a?old")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x?a& [P]", ("@/a", "@/a?old")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x?& [P]", ("@/a", "@/a?old")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x?& [P,QSA]", ("@/a", "@/a?old&")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x?a& [P,QSA]", ("@/a", "@/a?old")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x?%{QUERY_STRING}&n [P]", ("@/a", "@/a?o=%20")),
    ("RewriteRule ^@/(.*)$ /moved?new=$1 [R]", ("@/a", "@/a?old", "@/a%20b", "@/%e4%26%3d%25")),
    ("RewriteRule ^@/(.*)$ /moved?new=$1 [R,QSA]", ("@/a?old", "@/a?o%20d", "@/a%20b?x")),
    ("RewriteRule ^@/(.*)$ /moved?new=$1 [R,NE]", ("@/a%20b", "@/a%25b")),
    ("RewriteRule ^@/(.*)$ /moved? [R]", ("@/a?old",)),
    ("RewriteRule ^@/(.*)$ /moved [R,QSD]", ("@/a?old",)),
    ("RewriteRule ^@/(.*)$ /moved?& [R]", ("@/a?old",)),
    ("RewriteRule ^@/(.*)$ /moved?%{QUERY_STRING} [R]", ("@/a?o%20d", "@/a")),
    ("RewriteRule ^@/(.*)$ /file?x=$1", ("@/a%20b", "@/a%0ab", "@/a%7fb", "@/a%e4b")),
    ("RewriteRule ^@/(.*)$ /pt?x=$1 [PT]", ("@/a%20b", "@/ab")),
    (
        "RewriteRule ^@/(.*)$ http://WORKER/$1 [P,B]",
        ("@/a%20b", "@/a/b", "@/a_b-c.d~e", "@/%e4%25"),
    ),
    ("RewriteRule ^@/(.*)$ http://WORKER/?$1 [P,B]", ("@/a%20b%26c", "@/a+b")),
    ("RewriteRule ^@/(.*)$ http://WORKER/?$1 [P,B,BNP]", ("@/a%20b%26c",)),
    (
        "RewriteRule ^@/(.*)$ http://WORKER/?$1 [P,B=\\ &,NE]".replace("\\ ", "#"),
        ("@/a%23b%26c/d",),
    ),
    ('RewriteRule ^@/(.*)$ http://WORKER/?$1 "[P,B= ?]"', ("@/a%20b%26c",)),
    ('RewriteRule ^@/(.*)$ http://WORKER/?$1 "[P,B= ?,BNP]"', ("@/a%20b%26c",)),
    ("RewriteRule ^@/(.*)$ http://WORKER/?$1 [P,BNP]", ("@/a%2bb%26c",)),
    ("RewriteRule ^@/(.*)$ http://WORKER/?$1 [P,B,BNE=/:]", ("@/a/b:c%20d",)),
    ("RewriteRule ^@/(.*)$ http://WORKER/?$1 [P,BNE=/]", ("@/a/b%20c",)),
    ("RewriteRule ^@/(.*)$ http://WORKER/?$1 [P,BCTLS]", ("@/a%20b%01c/d%7f%e4",)),
    ('RewriteRule ^@/(.*)$ "http://WORKER/?$1" [P,BCTLS,BNE=+]', ("@/a%01b",)),
    ("RewriteRule ^@/(.*)$ http://WORKER/?$1 [P,BCTLS,BNP]", ("@/a%20b%01c/d",)),
    ("RewriteRule ^@/(.*)$ http://WORKER/?$1 [P,BCTLS,B=/]", ("@/a%20b%01c/d",)),
    ("RewriteRule ^@/(.*)$ http://WORKER/$1 [P,UnsafeAllow3F]", ("@/a%3fb", "@/a%3Fb?c")),
    ("RewriteRule ^@/(.*)$ http://WORKER/$1 [P]", ("@/a%3fb", "@/a%3Fb?c", "@/ab?%3f")),
    ("RewriteRule ^@/(.*)/(.*)$ http://WORKER/$1?$2 [P]", ("@/a/b%3f", "@/a%3f/b")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x?y?$1 [P,QSL]", ("@/b%3fc", "@/b")),
    ("RewriteRule ^@/(.*)$ http://WORKER/$1?y [P,QSL]", ("@/b%3fc", "@/b")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x/$1? [P]", ("@/b%3fc", "@/b")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x/$1? [P,QSA]", ("@/b%3fc", "@/b?d")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x/$1 [P,QSD]", ("@/b%3fc", "@/b?d")),
    ("RewriteRule ^@/(.*)$ http://WORKER/x\\?$1 [P]", ("@/b%3fc", "@/b?d")),
    ("RewriteRule ^@/(.*)$ http://WORKER/%{REQUEST_URI} [P]", ("@/b%3fc",)),
    ("RewriteRule ^@/ http://WORKER/?%{REQUEST_URI} [P]", ("@/b%3fc",)),
    ("RewriteRule ^@/(.*)$ /moved/$1 [R]", ("@/b%3fc",)),
    ("RewriteRule ^@/(.*)$ - [E=x:$1]", ("@/b%3fc",)),
    ("RewriteRule ^@/(.*)$ /x [R]", ("@/b%3fc",)),
)
QUERIES: Final = Configuration("RewriteRule, queries", *_QUERIES)

_FLOW: Final = each(
    ("RewriteRule ^@/a @/b\nRewriteRule ^@/b http://WORKER/b [P]", ("@/a", "@/b", "@/c")),
    ("RewriteRule ^@/a @/b [L]\nRewriteRule ^@/b http://WORKER/b [P]", ("@/a", "@/b")),
    ("RewriteRule ^@/a @/b [END]\nRewriteRule ^@/b http://WORKER/b [P]", ("@/a", "@/b")),
    ("RewriteRule ^@/a @/b [C]\nRewriteRule ^@/ http://WORKER/c [P]", ("@/a", "@/b")),
    (
        (
            "RewriteRule ^@/a - [C]\nRewriteRule ^@/a/b - [C]\nRewriteRule ^@/ /c [R]\n"
            "RewriteRule ^@/ /d [R]"
        ),
        ("@/a", "@/a/b", "@/x"),
    ),
    (
        "RewriteRule ^@/a - [S=1]\nRewriteRule ^@/ /one [R,L]\nRewriteRule ^@/ /two [R,L]",
        ("@/a", "@/b"),
    ),
    ("RewriteRule ^@/a - [skip=9]\nRewriteRule ^@/ /one [R,L]", ("@/a", "@/b")),
    ("RewriteRule ^@/a - [S=-1]\nRewriteRule ^@/ /one [R,L]", ("@/a",)),
    (
        "RewriteRule ^@/(.*)a(.*)$ @/$1b$2 [N]\nRewriteRule ^@/(.*)$ http://WORKER/$1 [P]",
        ("@/aaa", "@/xay", "@/x"),
    ),
    ("RewriteRule ^@/(.*)$ @/x$1 [N=5]", ("@/a",)),
    ("RewriteRule ^@/(.*)$ @/x$1 [N=0]", ("@/a",)),
    ("RewriteRule ^@/(.*)$ @/x$1x$1 [N]", ("@/abcdefgh",)),
    ("RewriteRule ^@/a @/b [N=1]", ("@/a", "@/b")),
    ("RewriteRule ^@/A(.*) http://WORKER/$1 [NC,P]", ("@/ab", "@/AB")),
    ("RewriteRule ^@/A(.*) http://WORKER/$1 [P]", ("@/ab", "@/AB")),
    ("RewriteRule !^@/x - [E=not:x]\nRewriteRule ^@/ http://WORKER/%{ENV:not} [P]", ("@/x", "@/y")),
    (
        (
            "RewriteCond %{REQUEST_URI} ^@/\nRewriteRule !^/(?!n) /never$1 [S=1]\n"
            "RewriteRule ^@/ /moved$0 [R]"
        ),
        ("@/x",),
    ),
    (
        (
            "RewriteRule ^@/(.*) - [E=a:$1,E=b:%{ENV:a},E=c]\n"
            "RewriteRule ^@/ http://WORKER/?%{ENV:a}-%{ENV:b}-%{ENV:c}-%{ENV:d} [P]"
        ),
        ("@/x", "@/a:b"),
    ),
    (
        (
            "RewriteRule ^@/ - [E=a:1]\nRewriteRule ^@/x - [E=!a]\n"
            "RewriteRule ^@/ http://WORKER/?%{ENV:a} [P]"
        ),
        ("@/x", "@/y"),
    ),
    ("RewriteRule ^@/ - [E=A:1]\nRewriteRule ^@/ http://WORKER/?%{ENV:a}%{env:A} [P]", ("@/x",)),
    ("RewriteRule ^@/ - [E=]\nRewriteRule ^@/ - [E=:x]\nRewriteRule ^@/ /moved [R]", ("@/x",)),
    ("RewriteRule ^@/ /moved [R,CO=name:value:.a.test]", ("@/x",)),
    ("RewriteRule ^@/ /moved [R,CO=n:%{REQUEST_URI}:a.test:0:/p:secure:httponly:Lax]", ("@/x",)),
    ("RewriteRule ^@/ /moved [R,CO=n:v:a.test:0:/p:1:1:0]", ("@/x",)),
    ("RewriteRule ^@/ /moved [R,CO=n:v:a.test::/p:true:TRUE:false]", ("@/x",)),
    ("RewriteRule ^@/ /moved [R,CO=n:v:a.test:x:/p:no:no:strict]", ("@/x",)),
    ("RewriteRule ^@/ /moved [R,CO=;n;a:b;a.test;0;/p]", ("@/x",)),
    ("RewriteRule ^@/ /moved [R,CO=n:v]", ("@/x",)),
    (
        "RewriteRule ^@/ - [CO=n:v:a.test]\nRewriteRule ^@/ /moved [R,CO=n:w:a.test,CO=m:x:a.test]",
        ("@/x",),
    ),
    ("RewriteRule ^@/ - [F,CO=n:v:a.test]", ("@/x",)),
    ("RewriteRule ^@/ - [NS,F]", ("@/x",)),
    ("RewriteRule ^@/(a)?(b)? http://WORKER/[$0][$1][$2][$3][$9] [P]", ("@/", "@/a", "@/b")),
    ('RewriteRule ^@/ "http://WORKER/\\$1 $ % \\% $a %a \\\\ $" [P]', ("@/x",)),
    ("RewriteRule ^@/ http://WORKER/%{nope}%{ab}${nope}%{unclosed [P]", ("@/x",)),
    ("RewriteRule ^@/ http://WORKER/$1%1$0 [P]", ("@/x",)),
    ("RewriteRule ^@/ http://WORKER/a\\ b [P]", ("@/x",)),
    ('RewriteRule "^@/a b$" "http://WORKER/a b" [P]', ("@/a%20b",)),
    ("RewriteRule ^@/a\\ b$ http://WORKER/a\\ b [P]", ("@/a%20b",)),
    ("RewriteRule ^@/\\.$ http://WORKER/ [P]", ("@/.", "@/x")),
    ("RewriteRule ^@//b http://WORKER/ [P]", ("@//b", "@/b")),
    ("RewriteRule ^@/a @/b [R]\nRewriteRule ^http://a.test:PORT@/b @/c", ("@/a",)),
    ("RewriteRule ^@/a @/b [R]\nRewriteRule ^h.*@/b$ http://WORKER/c [P]", ("@/a",)),
    ("RewriteRule ^@/a @/b [R=301]\nRewriteRule ^h.*@/b$ /c [R=302]", ("@/a",)),
    ("RewriteRule ^@/a @/b [R=301]\nRewriteRule ^h.*@/b$ - [R=404]", ("@/a",)),
    ("RewriteRule ^@/a @/b [R=301]\nRewriteRule ^h.*@/b$ - [F]", ("@/a",)),
    ("RewriteRule ^@/a @/b [R=301,NE]\nRewriteRule ^h.*@/b$ /c%20d [R=302]", ("@/a",)),
    ("RewriteRule ^@/a @/x\nRewriteRule ^@/x - [PT]", ("@/a",)),
    ("RewriteRule ^@/a - [PT]", ("@/a",)),
    ("RewriteRule ^@/a - [P]", ("@/a",)),
    ("RewriteRule ^@/a - [L]\nRewriteRule ^@/a /b [R]", ("@/a",)),
    ("RewriteRule ^@/a - [R]", ("@/a",)),
    ("RewriteRule ^@/a @/a", ("@/a",)),
    ('RewriteRule ^@/a "" [R]', ("@/a",)),
    ('RewriteRule ^@/a "?x" [R]', ("@/a",)),
    ("RewriteRule ^@/a ?x [P]", ("@/a",)),
)
FLOW: Final = Configuration("RewriteRule, the order of things", *_FLOW)

_HANDLERS: Final = each(
    ("RewriteRule ^@/ - [H=proxy:http://WORKER/h,T=text/Plain]", ("@/x",)),
    ("RewriteRule ^@/ /file [H=$0,L]", ("@/x",)),
    ("RewriteRule ^@/ - [T=text/$0]", ("@/x",)),
    ("RewriteRule ^@/ - [H=Default-Handler]", ("@/x",)),
)
HANDLERS: Final = Configuration("RewriteRule, handlers", *_HANDLERS)
"""httpdlite does not start with the first two."""

METHODS: Final = Configuration(
    "RewriteRule, what it is tried on",
    ON + "RewriteRule ^/(.*)$ /moved/$1 [R]\nRewriteRule . - [F]\n",
    (
        case("OPTIONS *", request("OPTIONS *")),
        case("POST", request("POST /x", "Content-Length: 1", body=b"x")),
        case("HEAD", request("HEAD /x")),
        case("absolute", request("GET http://b.test/x")),
        case("no path", request("GET http://b.test")),
        case("port", get("/x", host="a.test:81")),
        case("IPv6", get("/x", host="[::1]:81")),
        case("HTTP/1.0", get("/x", host=None, version="HTTP/1.0")),
        *targets("/", "//x", "/a/../b", "/a;b", "/a%5cb", "/a%22b%3c%3e"),
    ),
)
ANY_URI: Final = Configuration(
    "RewriteOptions AllowAnyURI",
    ON + "RewriteOptions AllowAnyURI\nRewriteRule ^(.*)$ /moved/$1 [R]\n",
    (case("OPTIONS *", request("OPTIONS *")), *targets("/x")),
)
OFF: Final = Configuration(
    "RewriteEngine Off", "RewriteRule ^ - [F]\nRewriteEngine Off\n", targets("/x")
)
UNSAFE: Final = Configuration(
    "RewriteOptions UnsafePrefixStat",
    ON + "RewriteOptions UnsafePrefixStat\nRewriteRule ^/x/(.*)$ /$1\n",
    targets("/x/etc/x", "/x/nowhere"),
)
LEGACY: Final = Configuration(
    "RewriteOptions LegacyPrefixDocRoot",
    ON
    + "RewriteOptions LegacyPrefixDocRoot\nRewriteRule ^/x/(.*)$ http://front.test:PORT/etc/$1\n",
    targets("/x/y"),
)
REDUCED: Final = Configuration(
    "RewriteRule to this very server",
    ON + "RewriteRule ^/x/(.*)$ http://front.test:PORT/etc/$1\n",
    targets("/x/y"),
)

TABLES: Final = (FLAGS, QUERIES, FLOW, METHODS, ANY_URI, OFF, UNSAFE, LEGACY, REDUCED)
