"""RewriteMap: text files, choices, functions, programs; keys and defaults that are filled in."""

from typing import Final

from tests.peers.behaviour.language import Configuration
from tests.peers.behaviour.rewriting import ON, each

TEXT: Final = """\
# a comment
one 1
two\t2 and more
  indented 3
three

four 4
four 5
five\t \t5#x
#six 6
caf\xe9 latin
a:b colon
a|b bar
$1 dollar
seven 7\r
{ brace
"""
CHOICES: Final = "one a|a|a\ntwo x\nempty |\n"
PROGRAM: Final = """\
import sys
for line in sys.stdin:
    key = line.rstrip("\\n")
    sys.stdout.write(("NULL" if key == "none" else key[::-1]) + "\\n")
    sys.stdout.flush()
"""


FILES: Final = tuple(
    (name, text.encode("latin-1"))
    for name, text in (("map.txt", TEXT), ("choices.txt", CHOICES), ("program", PROGRAM))
)

_MAPS: Final = """\
RewriteMap text txt:ROOT/map.txt
RewriteMap bare ROOT/map.txt
RewriteMap choices rnd:ROOT/choices.txt
RewriteMap lower int:tolower
RewriteMap upper int:toupper
RewriteMap escape int:escape
RewriteMap unescape int:unescape
RewriteMap program "prg:/usr/bin/env python3 ROOT/program"
"""

_KEYS: Final = (
    *("@/one", "@/two", "@/three", "@/four", "@/five", "@/six", "@/%23six", "@/indented"),
    *("@/caf%e9", "@/a:b", "@/a%7cb", "@/$1", "@/seven", "@/", "@/ONE", "@/%7b", "@/one%20"),
)

_LOOKED_UP: Final = each(
    ("RewriteRule ^@/(.*)$ /[${text:$1}] [R]", _KEYS),
    ("RewriteRule ^@/(.*)$ /[${bare:$1|none}] [R]", _KEYS),
    ("RewriteRule ^@/(.*)$ /[${choices:$1|none}] [R]", ("@/one", "@/two", "@/three", "@/empty")),
    ("RewriteRule ^@/(.*)$ /[${lower:$1}${upper:$1}] [R]", ("@/aB%c3%84", "@/", "@/x%20Y")),
    ("RewriteRule ^@/(.*)$ /[${escape:$1}] [R,NE]", ("@/aB", "@/a%20b%25%e4%22", "@/a/b?c")),
    ("RewriteRule ^@/(.*)$ /[${unescape:$1}] [R]", ("@/a%2541", "@/a%252f%25zz%25", "@/%2500x")),
    ("RewriteRule ^@/(.*)$ /[${program:$1|none}] [R]", ("@/abc", "@/none", "@/", "@/a%0ab")),
    ("RewriteRule ^@/(.*)$ /[${nope:$1|none}] [R]", ("@/abc",)),
    ("RewriteRule ^@/(.*)$ /[${nope:$1}] [R]", ("@/abc",)),
    ("RewriteRule ^@/(.*)$ /[${text:$1|${upper:$1}}] [R]", ("@/one", "@/other")),
    ("RewriteRule ^@/(.*)$ /[${text:${lower:$1}|x$1y}] [R]", ("@/ONE", "@/OTHER")),
    ("RewriteRule ^@/(.*)$ /[${upper:%{QUERY_STRING}}] [R]", ("@/x?abc",)),
    ("RewriteRule ^@/(.*)$ /[${upper:a\\}b}] [R]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /[${upper:a{b}c|d}e] [R]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /[${upper}] [R]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /[${:x}] [R]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /[${text:one|}${text:nope|}] [R]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /[${text:{|z}] [R]", ("@/x",)),
    ("RewriteRule ^@/(.*)$ /[${upper:$1}] [R,B]", ("@/a%20b",)),
    ("RewriteCond ${text:$1} ^(.)\nRewriteRule ^@/(.*)$ /[%1] [R]", ("@/one", "@/nope")),
    ("RewriteCond ${text:$1|NONE} !NONE\nRewriteRule ^@/(.*)$ /found [R]", ("@/one", "@/nope")),
    (
        "RewriteCond ${program:$1} ^(.)\nRewriteRule ^@/(.*)$ /[%1${program:x$1}] [R,E=a:b]",
        ("@/abc", "@/none"),
    ),
    ("RewriteRule ^@/(.*)$ /[%{ENV:v}] [R,E=v:${text:$1}]", ("@/one",)),
    before=ON + _MAPS,
)
LOOKED_UP: Final = Configuration("RewriteMap", *_LOOKED_UP, files=FILES)

IN_SECTIONS: Final = Configuration(
    "RewriteMap, asked in sections",
    _MAPS
    + """\
<Location /in>
RewriteEngine On
RewriteRule in/(.*)$ /[${text:$1}${program:$1|off}] [R]
</Location>
""",
    each(("", ("/in/one", "/in/none")))[1],
    files=FILES,
)

TABLES: Final = (LOOKED_UP, IN_SECTIONS)
