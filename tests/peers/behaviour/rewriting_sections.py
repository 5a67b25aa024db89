"""mod_rewrite in sections and vhosts: prefixes, RewriteBase, internal redirects, what is inherited.

Most of these speak of the main server or of virtual hosts themselves, so each has a server alone.
"""

from typing import Final

from tests.peers.behaviour.language import Case, Configuration, case, get
from tests.peers.behaviour.rewriting import ON, targets

LOCATIONS: Final = Configuration(
    "rules in <Location>",
    ON
    + """\
<Location />
RewriteRule ^ - [E=root:yes]
</Location>
<Location /proxy>
RewriteRule /proxy/(.*)$ http://WORKER/p/$1 [P]
</Location>
<Location /ne>
RewriteRule /ne/(.*)$ http://WORKER/p/$1 [P,NE]
</Location>
<Location /all>
RewriteRule ^ http://WORKER%{REQUEST_URI} [P]
</Location>
<Location /ws>
RewriteCond %{HTTP:Upgrade} =websocket [NC]
RewriteRule .* ws://WORKER%{REQUEST_URI} [P,L]
RewriteRule .* http://WORKER%{REQUEST_URI} [P,L]
</Location>
<Location /moved>
RewriteRule /moved/(.*)$ /there/$1 [R=301,L]
RewriteRule ^ - [F]
</Location>
<Location /rel>
RewriteRule /rel/(.*)$ other/$1 [R]
</Location>
<Location /rel2>
RewriteRule /rel2/(.*)$ other/$1
</Location>
<Location /off>
RewriteEngine Off
RewriteRule ^ - [F]
</Location>
<Location /off/on>
RewriteEngine On
</Location>
<Location /gone>
RewriteRule ^ - [G]
</Location>
<Location /chain>
RewriteRule one$ /chain/two
RewriteRule two$ http://WORKER/2 [P]
</Location>
<Location /last>
RewriteRule one$ /last/two [L]
RewriteRule two$ http://WORKER/2 [P]
</Location>
<Location /end>
RewriteRule one$ /end/two [END]
RewriteRule two$ http://WORKER/2 [P]
</Location>
<Location /loop>
RewriteRule ^(.*)$ /loop/x$1
</Location>
<Location /same>
RewriteRule ^(.*)$ $1
</Location>
<Location /pt>
RewriteRule one$ /all/pt [PT]
</Location>
<Location /noslash>
RewriteRule ^ - [F]
</Location>
<Location /slash/>
RewriteRule ^ - [F]
</Location>
<Location /query>
RewriteRule one$ /all/q?new [QSA]
RewriteRule two$ /all/q?new
RewriteRule three$ /all/q?
RewriteRule four$ /all/q [QSD]
RewriteRule five$ /all/q
RewriteRule six$ /moved/q?a\\ b
RewriteRule seven$ /moved/q?a\\ b [R]
RewriteRule eight$ /moved/q?a\\ b [R,NE]
</Location>
<Location /self>
RewriteRule one$ http://a.test:PORT/all/x
RewriteRule two$ http://a.test/all/x
</Location>
<Location /dpi>
RewriteRule one$ /dpi/two
RewriteRule (.*)two(.*)$ - [E=found:$0]
RewriteRule ^ http://WORKER/?%{ENV:found} [P]
</Location>
<Location /dpi2>
RewriteRule one$ /dpi2/two [DPI]
RewriteRule (.*)two(.*)$ - [E=found:$0]
RewriteRule ^ http://WORKER/?%{ENV:found} [P]
</Location>
<Location /vary>
RewriteCond %{HTTP:X-A} .
RewriteRule one$ /all/varies
</Location>
<Location /names>
RewriteRule ^ http://WORKER/?%{REQUEST_FILENAME}|%{PATH_INFO}|%{ENV:root} [P]
</Location>
<Location /bad>
RewriteRule ^ what:ever
</Location>
<Location /abs>
RewriteRule ^ https://other.test%{REQUEST_URI} [L]
</Location>
<LocationMatch ^/match/\\d+>
RewriteRule ^ http://WORKER/match [P]
</LocationMatch>
<LocationMatch "^/named/(?<id>\\d+)">
RewriteRule (.*) http://WORKER/named [P]
</LocationMatch>
""".replace("\\\\", "\\"),
    (
        *targets(
            *("/proxy/x", "/proxy/x/y?q", "/proxy/a%20b", "/proxy/", "/proxy", "/ne/a%20b?q"),
            *("/all", "/all/", "/all/x/y/z?q", "/all/a%20b", "/moved/x", "/moved/x?q", "/moved"),
            *("/rel/x", "/rel2/x", "/off/x", "/off/on/x", "/gone/x", "/chain/one", "/chain/two"),
            *("/last/one", "/last/two", "/end/one", "/end/two", "/loop/x", "/same/x", "/pt/one"),
            *("/noslash", "/noslash/", "/noslash/x", "/slash", "/slash/", "/slash/x", "/x"),
            *(f"/query/{n}?old" for n in ("one", "two", "three", "four", "five", "six", "seven")),
            *("/query/eight?old", "/query/one", "/query/five", "/self/one", "/self/two"),
            *("/dpi/one", "/dpi2/one", "/names/x/y", "/names", "/names/", "/bad", "/bad/x"),
            *("/abs/x?q", "/match/12/x", "/match/a", "/named/12", "/index.html/x", "/dpi/a/one"),
        ),
        case("WebSocket", get("/ws/x?q", "Upgrade: websocket", "Connection: Upgrade")),
        case("no WebSocket", get("/ws/x?q")),
        case("Vary", get("/vary/one", "X-A: a")),
    ),
)

BASES: Final = Configuration(
    "RewriteBase",
    ON
    + """\
<Location /base>
RewriteBase /new
RewriteRule one$ two
RewriteRule three$ four [R]
RewriteRule five$ http://other.test/base/x
RewriteRule six$ http://other.test/y/x
RewriteRule seven$ /base/seventh
RewriteRule eight$ /else [R]
RewriteRule nine$ /base/x?y
</Location>
<Location /slash>
RewriteBase /new/
RewriteRule one$ two
RewriteRule three$ four [R]
</Location>
<Location /root>
RewriteBase /
RewriteRule one$ two
RewriteRule three$ four [R]
</Location>
<Location /new>
RewriteRule ^ http://WORKER%{REQUEST_URI} [P]
</Location>
<Location /base/inner>
RewriteRule seven$ inner
</Location>
<Location /base/merged>
RewriteOptions MergeBase
RewriteRule seven$ inner
</Location>
<Directory ROOT/htdocs>
RewriteRule ^dir/one$ new/two
RewriteRule ^dir/three$ new/four [R]
RewriteRule ^dir/five$ /new/six
RewriteRule ^dir/(.*)7$ http://WORKER/$1 [P]
RewriteRule ^dir/8$ - [F]
</Directory>
""",
    targets(
        *(f"/base/{n}" for n in ("one", "three", "five", "six", "seven", "eight", "nine", "x")),
        *("/slash/one", "/slash/three", "/root/one", "/root/three", "/base/inner/seven"),
        *("/base/merged/seven", "/dir/one", "/dir/three", "/dir/five", "/dir/xx7", "/dir/8"),
        *("/dir/none", "/base"),
    ),
)

_INHERITED: Final = """\
<Location /in>
{outer}
RewriteRule (outer|both)$ /by-outer [R,L]
</Location>
<Location /in/side>
{inner}
RewriteRule (inner|both)$ /by-inner [R,L]
</Location>
<Location /in/side/deep>
RewriteRule deep$ /by-deep [R,L]
</Location>
<Location /in/bare>
</Location>
"""


def _inheritance(name: str, *, outer: str = "", inner: str = "", server: str = "") -> Configuration:
    text = _INHERITED.format(outer=outer, inner=inner)
    return Configuration(
        f"sections: {name}",
        f"{ON}{server}\n{text}",
        targets(
            *("/in/outer", "/in/side/outer", "/in/side/inner", "/in/side/both"),
            *("/in/side/deep/outer", "/in/side/deep/inner", "/in/side/deep/both"),
            *("/in/side/deep/deep", "/in/bare/outer"),
        ),
    )


_OPTION: Final = "RewriteOptions "
INHERITANCE: Final = (
    _inheritance("nothing inherited"),
    _inheritance("Inherit within", inner=_OPTION + "Inherit"),
    _inheritance("InheritBefore within", inner=_OPTION + "InheritBefore"),
    _inheritance("InheritDown around", outer=_OPTION + "InheritDown"),
    _inheritance("InheritDownBefore around", outer=_OPTION + "InheritDownBefore"),
    _inheritance("IgnoreInherit", outer=_OPTION + "InheritDown", inner=_OPTION + "IgnoreInherit"),
    _inheritance("Inherit of the server", server=_OPTION + "Inherit"),
    _inheritance("InheritDown of the server", server=_OPTION + "InheritDown"),
    _inheritance("Inherit, ignored", inner=_OPTION + "Inherit IgnoreInherit"),
    _inheritance("both", inner=_OPTION + "Inherit InheritBefore"),
    _inheritance("given twice", inner=f"{_OPTION}Inherit\n{_OPTION}AllowNoSlash"),
    _inheritance("AllowNoSlash", outer=_OPTION + "AllowNoSlash"),
    _inheritance("engine off within", inner="RewriteEngine Off"),
    _inheritance("engine off around", outer="RewriteEngine Off", inner="RewriteEngine On"),
)

_VHOSTS: Final = """\
{main}
RewriteRule ^/main /by-main [R,L]
RewriteRule ^/both /by-main [R,L]
RewriteRule ^/map/(.*) /${{m:$1|no}} [R,L]
RewriteMap m int:toupper
RewriteMap n int:tolower
RewriteCond %{{REQUEST_URI}} x
<VirtualHost *:PORT>
ServerName first.test
</VirtualHost>
<VirtualHost *:PORT>
ServerName own.test
{own}
RewriteMap m int:escape
RewriteRule ^/own /by-own [R,L]
RewriteRule ^/both /by-own [R,L]
RewriteRule ^/low/(.*) /${{n:$1|no}} [R,L]
</VirtualHost>
<VirtualHost *:PORT>
ServerName in.test
<Location /in>
RewriteRule in$ /by-in [R,L]
</Location>
</VirtualHost>
<VirtualHost *:PORT>
ServerName on.test
RewriteEngine On
</VirtualHost>
<VirtualHost *:PORT>
ServerName option.test
RewriteOptions AllowAnyURI
</VirtualHost>
"""


def _vhosts(name: str, *, main: str = "RewriteEngine On", own: str = "") -> Configuration:
    asked = ("/main", "/own", "/both", "/map/aB%20", "/low/aB", "/in/in")
    hosts = ("first", "own", "in", "on", "option")
    cases: tuple[Case, ...] = tuple(
        case(f"{host}{path}", get(path, host=f"{host}.test")) for host in hosts for path in asked
    )
    return Configuration(f"vhosts: {name}", _VHOSTS.format(main=main, own=own), cases)


VHOSTS: Final = (
    _vhosts("nothing inherited"),
    _vhosts("engine on", own="RewriteEngine On"),
    _vhosts("engine off in main", main="", own="RewriteEngine On"),
    _vhosts("Inherit", own="RewriteEngine On\nRewriteOptions Inherit"),
    _vhosts("InheritBefore", own="RewriteEngine On\nRewriteOptions InheritBefore"),
    _vhosts("InheritDown", main="RewriteEngine On\nRewriteOptions InheritDown"),
    _vhosts("InheritDownBefore", main="RewriteEngine On\nRewriteOptions InheritDownBefore"),
    _vhosts("Inherit of main", main="RewriteEngine On\nRewriteOptions Inherit"),
    _vhosts(
        "IgnoreInherit",
        main="RewriteEngine On\nRewriteOptions InheritDown",
        own="RewriteOptions IgnoreInherit",
    ),
)

SWITCHED: Final = Configuration(
    "RewriteEngine in sections, rules in the server",
    """\
RewriteRule ^/(.*)$ /by-server/$1 [R,L]
<Location /on>
RewriteEngine On
</Location>
<Location /on/off>
RewriteEngine Off
</Location>
<Location /on/any>
RewriteOptions AllowAnyURI
</Location>
""",
    targets("/x", "/on/x", "/on/off/x", "/on/any/x", "/on"),
)

LINKS: Final = Configuration(
    "rules where links are not followed",
    ON
    + "".join(
        f"""<Location /{number}>
Options {options}
RewriteRule one$ http://WORKER/1 [P]
</Location>
<Location /{number}/in>
Options {inner}
RewriteRule one$ http://WORKER/1 [P]
</Location>
"""
        for number, (options, inner) in enumerate(
            (
                ("None", "+FollowSymLinks"),
                ("Indexes", "+Indexes"),
                ("SymLinksIfOwnerMatch", "-SymLinksIfOwnerMatch"),
                ("-FollowSymLinks", "Indexes FollowSymLinks"),
                ("All", "-FollowSymLinks"),
                ("+Indexes", "None"),
                ("None +FollowSymLinks", "-FollowSymLinks"),
                ("-Indexes", "All -FollowSymLinks"),
            )
        )
    )
    + "ProxyPass / http://WORKER/p/\n",
    targets(*(f"/{number}{inner}/one" for number in range(8) for inner in ("", "/in"))),
)

TABLES: Final = (LOCATIONS, LINKS, BASES, SWITCHED, *INHERITANCE, *VHOSTS)
