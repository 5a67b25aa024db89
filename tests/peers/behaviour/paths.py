"""Which rule takes a path, and what the worker is asked for: slashes, mapping=, nocanon."""

from typing import Final

from tests.peers.behaviour.language import Case, Configuration, case, get


def _paths(*targets: str) -> tuple[Case, ...]:
    return tuple(case(target, get(target)) for target in targets)


SHAPES: Final = Configuration(
    "rules",
    """\
ProxyPass /deep/no !
ProxyPass /deep/ http://WORKER/D/
ProxyPass /flat http://WORKER/F
ProxyPass /more http://WORKER/M/
ProxyPass /less/ http://WORKER/L
ProxyPass /q http://WORKER/x?y=
ProxyPass /%7Eme http://WORKER/me
ProxyPass "/with blank" http://WORKER/b
ProxyPass /Case http://WORKER/case
ProxyPass /dots/../up http://WORKER/up
ProxyPassMatch ^/(m[ab])/([^/]*)(.*)$ http://WORKER/$2/$1$3
ProxyPassMatch ^/whole/ http://WORKER/base
ProxyPassMatch \\.php$ http://WORKER
ProxyPassMatch (?i)^/any(case)?$ http://WORKER/c$1
ProxyPassMatch ^/dollar$ http://WORKER/\\$1
ProxyPassMatch ^/stop !
ProxyPass /dead http://DEAD/
""",
    _paths(
        *("/deep/x", "/deep/", "/deep", "/deep/no", "/deep/no/x", "/deep/nox", "/deep//no/x"),
        *("/flat", "/flat/", "/flat/x", "/flatx", "/flat//x", "//flat/x", "/flat?q", "/flat;a/x"),
        *("/more", "/more/", "/more/x", "/less/", "/less/x", "/less", "/lessx"),
        *("/q", "/q1", "/q/1?z", "/~me/x", "/%7eme", "/with%20blank/x", "/Case", "/case"),
        *("/up", "/dots/../up", "/ma/x/y", "/mb/%2e%2e/x", "/ma/x%20y/z%3fq", "/mc/x", "/ma/"),
        *("/whole/x", "/whole/", "/x/y.php", "/x.php5", "/anycase", "/ANYCASE", "/any", "/dollar"),
        *("/stop", "/none", "/flat/a%26b%3D", "/flat/%e4", "/ma/$1/$0", "/ma/a%24b/c", "/dead"),
    ),
)

SECTIONS: Final = Configuration(
    "rules in sections",
    """\
ProxyPass /list http://WORKER/list
<Location /list/sub>
  ProxyPass http://WORKER/section
</Location>
<Location /a/>
  ProxyPass http://WORKER/A/
</Location>
<Location /a/b>
  ProxyPass http://WORKER/B
</Location>
<Location /a/b/no>
  ProxyPass !
</Location>
<LocationMatch ^/m/(\\w+)/(.*)$>
  ProxyPassMatch http://WORKER/$2/$1
</LocationMatch>
<Location ~ "^/tilde/">
  ProxyPassMatch http://WORKER/T
</Location>
<Location /wild*>
  ProxyPass http://WORKER/W
</Location>
<Location /pre>
  ProxyPass http://WORKER/pre
  ProxyPassReverse http://WORKER/pre
</Location>
""",
    _paths(
        *("/list/x", "/list/sub", "/list/sub/x", "/list/subx", "/a/x", "/a", "/a/", "/a/b/x"),
        *("/a/bx", "/a/b/no", "/a/b/no/x", "/a//b/x", "/m/one/two/three", "/m/-/x", "/tilde/x"),
        *("/wild", "/wildx", "/wild/x", "/pre", "/pre/", "/prex", "/pre/a%2fb", "/none"),
    ),
)

SLASHES: Final = (
    "/a%2Fb",
    "/a%2fb",
    "/p%2Fa",
    "/%2Fp/a",
    "/p/..%2Fa",
    "/p/%2e%2e%2fa",
    "/p/a%2F..%2Fb",
    "/p/a%252Fb",
    "/p/100%25",
    "/p/a%00",
    "/p//a",
    "/p/a%2F%2Fb",
    "/p/a%5Cb",
    "/p/a?b%2Fc",
)
RULES: Final = "ProxyPass /p http://WORKER/P\nProxyPass / http://WORKER/R/\n"

ENCODED_OFF: Final = Configuration(
    "AllowEncodedSlashes Off", "AllowEncodedSlashes Off\n" + RULES, _paths(*SLASHES)
)
ENCODED_ON: Final = Configuration(
    "AllowEncodedSlashes On", "AllowEncodedSlashes On\n" + RULES, _paths(*SLASHES)
)
ENCODED_KEPT: Final = Configuration(
    "AllowEncodedSlashes NoDecode", "AllowEncodedSlashes NoDecode\n" + RULES, _paths(*SLASHES)
)
ENCODED_RAW: Final = Configuration(
    "AllowEncodedSlashes NoDecode and nocanon",
    "AllowEncodedSlashes NoDecode\nProxyPass /p http://WORKER/P nocanon\n",
    _paths(*SLASHES, "/p/%41%7e", "/p/{}|^", "/%70/x"),
)

UNMERGED: Final = Configuration(
    "MergeSlashes Off",
    "MergeSlashes Off\n" + RULES,
    _paths("//p/a", "/p//a", "/p//..//a", "///", "//", "/p/a//", "/p/./a", "/p/..//..//x", "/P//p"),
)

NOCANON: Final = Configuration(
    "nocanon",
    "ProxyPass /p/ http://WORKER/P/ nocanon\nProxyPass / http://WORKER/R/ nocanon\n",
    _paths(
        *("/p/a%20b", "/p/%41%7e", "/p/a;b", "/p/{}|^", "/p/%e4", "/p/\xe4", '/p/"x"', "/p/a/../b"),
        *("/p/./a", "/p//a", "//p/a", "/%70/a", "/p/?q=%zz", "/p/%25", "/x/%2e%2e/y", "/p/%3f"),
        *("/p/%23", "http://a.test/p/%41", "/a%2fb", "/p/%0d%0aX", "/p/%01", "/p/a+b"),
    ),
)

MAPPING: Final = Configuration(
    "mapping=",
    """\
ProxyPass /enc/ http://WORKER/E/ mapping=encoded
ProxyPass /e%20x http://WORKER/EX mapping=encoded
ProxyPass /srv http://WORKER/S mapping=servlet
ProxyPass /s;v http://WORKER/SV mapping=servlet
ProxyPass / http://WORKER/R/
""",
    _paths(
        *("/enc/a%2Fb", "/enc/a%20b", "/enc/%41%7E", "/enc/a/../b", "/enc//a", "/%65nc/a", "/enc"),
        *("/enc/a;x/b", "/enc/%zz", "/enc/a%00", "/enc/{}", "/e%20x/1", "/e x/1", "/enc/%3f?q"),
        *("/srv", "/srv/x", "/srv;a=b", "/srv;a/x;b/y", "/srv;/x", "/srvx", "/srv/../x", "/s;v/1"),
        *("/srv/..;/x", "/srv/.;/x", "/srv/a%3Bb", "/sr;x/v", "/;x/srv", "/srv/%2F", "/srv//x"),
    ),
)

QUERY: Final = Configuration(
    "noquery",
    "ProxyPass /n http://WORKER/N noquery\nProxyPass / http://WORKER/\n",
    _paths("/n?x", "/n/?", "/n", "/x?y"),
)

BARE: Final = Configuration(
    "a target without a path",
    "ProxyPass /w http://WORKER\nProxyPass / http://WORKER\n",
    _paths("/w", "/w/", "/w/x", "/", "/x", "/1"),
)

TABLES: Final = (
    *(SHAPES, SECTIONS, ENCODED_OFF, ENCODED_ON, ENCODED_KEPT, ENCODED_RAW),
    *(UNMERGED, NOCANON, MAPPING, QUERY, BARE),
)
