"""mod_rewrite's values: what lines say, put together, merged; and what of it is refused."""

import pytest

from httpdlite.conf.directives.mod_rewrite import REWRITING, find_test
from httpdlite.conf.directives.rewrite_flags import read_flags, split_flags
from httpdlite.conf.directives.rewriting import (
    MOST_ROUNDS,
    CondTest,
    Flags,
    MapKind,
    Part,
    RewriteRule,
    Rewriting,
    merge,
)
from httpdlite.conf.scope import Scope
from tests.conf.reading import errors, read

LOADS = (
    "LoadModule rewrite_module modules/mod_rewrite.so\nLoadModule ssl_module modules/mod_ssl.so\n"
)


def scope_of(text: str) -> Scope:
    return read(LOADS + text, {"m.txt": ""}).tree.main.scope


def rules_of(text: str) -> tuple[RewriteRule, ...]:
    part = scope_of(text)[REWRITING].server
    assert part is not None
    return part.rules


def flags_of(text: str) -> Flags:
    flags = split_flags(text)
    assert flags is not None
    return read_flags(tuple((name.lower(), value) for name, value in flags))


def test_conditions_belong_to_the_next_rule() -> None:
    one, two, three = rules_of(
        "RewriteCond a b\nRewriteCond c d [OR,NC]\nRewriteRule !x y\nRewriteRule z -\n"
        "RewriteCond e -f\nRewriteMap m txt:m.txt\nRewriteRule w -\nRewriteCond left over\n"
    )
    assert [condition.subject for condition in one.conditions] == ["a", "c"]
    assert [condition.or_next for condition in one.conditions] == [False, True]
    assert (one.negated, one.pattern, one.substitution) == (True, "x", "y")
    assert two.conditions == ()
    assert [condition.test for condition in three.conditions] == [CondTest.FILE]


def test_conditions_do_not_leave_their_section() -> None:
    config = read(
        f"{LOADS}RewriteCond a b\n<Location /x>\nRewriteRule c -\n</Location>\nRewriteRule d -\n"
    ).tree
    part = config.main.scope[REWRITING].server
    assert part is not None
    assert len(part.rules[0].conditions) == 1
    [section] = config.main.sections
    assert section.scope[REWRITING].section.rules[0].conditions == ()
    assert section.scope[REWRITING].section.place == "/x"


def test_what_a_server_says_counts_for_its_sections() -> None:
    scope = scope_of("RewriteEngine On\nRewriteOptions Inherit AllowAnyURI\nRewriteRule a -")
    value = scope[REWRITING]
    assert value.server is not None
    assert value.section.engine is value.server.engine is True
    assert value.section.options == value.server.options == frozenset({"inherit", "allowanyuri"})
    assert value.section.rules == ()


def test_maps() -> None:
    part = scope_of(
        "RewriteMap a rnd:m.txt\nRewriteMap b int:escape\nRewriteMap c \"prg:m.txt x 'y z'\" u:g\n"
    )[REWRITING].server
    assert part is not None
    assert [each.kind for each in part.maps] == [MapKind.RANDOM, MapKind.INTERNAL, MapKind.PROGRAM]
    assert part.maps[2].command == ("/root/m.txt", "x", "y z")
    assert part.maps[2].user == "u:g"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", Flags()),
        ("[L,NC , QSA]", Flags(last=True, ignore_case=True, query_append=True)),
        ("[R]", Flags(redirect=True)),
        ("[R=permanent]", Flags(redirect=True, status=301)),
        ("[R=404]", Flags(redirect=True, status=404, only_status=True)),
        ("[R=x]", Flags(redirect=True, status=0)),
        ("[F,R=302]", Flags(redirect=True, status=302, only_status=True)),
        ("[E=a:b,E=c]", Flags(variables=("a:b", "c"))),
        ("[N]", Flags(rounds=MOST_ROUNDS)),
        ("[N=0]", Flags(rounds=0)),
        ("[S=2]", Flags(skip=2)),
        ("[B]", Flags(escapes=True)),
        ("[B=#x]", Flags(escapes=True, escaped="#x")),
        ("[BNE=/]", Flags(not_escaped="/")),
        ("[BCTLS]", Flags(escapes=True, escapes_controls=True)),
        ("[H=a,T=b]", Flags(handler="a", type="b")),
        ("[danything]", Flags()),
        ("[DPI,UNC]", Flags(discard_path_info=True)),
    ],
)
def test_flags(text: str, expected: Flags) -> None:
    assert flags_of(text) == expected


@pytest.mark.parametrize(
    ("text", "test", "pattern"),
    [
        ("abc", CondTest.REGEX, "abc"), ("=abc", CondTest.TEXT_EQ, "abc"),
        ("=", CondTest.REGEX, "="),
        ('=""', CondTest.TEXT_EQ, ""), ("<=", CondTest.TEXT_LE, ""), (">=a", CondTest.TEXT_GE, "a"),
        ("<", CondTest.REGEX, "<"), ("-eq1", CondTest.INT_EQ, "1"), ("-eq", CondTest.REGEX, "-eq"),
        ("-f", CondTest.FILE, "-f"), ("-ff", CondTest.REGEX, "-ff"), ("-e", CondTest.REGEX, "-e"),
    ],
)  # fmt: skip
def test_kinds_of_tests(text: str, test: CondTest, pattern: str) -> None:
    assert find_test(text) == (test, pattern)


OUTER = Part("/a", rules=(RewriteRule("outer", False, "-"),), base="/b")


@pytest.mark.parametrize(
    ("outer", "inner", "rules"),
    [
        (None, None, ["inner"]),
        (None, {"inherit"}, ["inner", "outer"]),
        (None, {"inheritbefore"}, ["outer", "inner"]),
        ({"inheritdown"}, None, ["inner", "outer"]),
        ({"inheritdownbefore"}, None, ["outer", "inner"]),
        ({"inheritdown"}, {"ignoreinherit"}, ["inner"]),
        ({"inherit"}, {"allownoslash"}, ["inner"]),
        ({"inherit"}, None, ["inner", "outer"]),
    ],
)
def test_inheritance(outer: set[str] | None, inner: set[str] | None, rules: list[str]) -> None:
    def part(name: str, options: set[str] | None) -> Part:
        given = None if options is None else frozenset(options)
        return Part(name, options=given, rules=(RewriteRule(name, False, "-"),))

    merged = merge(Rewriting(section=part("outer", outer)), Rewriting(section=part("inner", inner)))
    assert [rule.pattern for rule in merged.section.rules] == rules
    servers = merge(Rewriting(part("outer", outer)), Rewriting(part("inner", inner)))
    assert servers.server is not None
    assert [rule.pattern for rule in servers.server.rules] == rules


def test_a_base_is_merged_only_if_that_is_said() -> None:
    for options, base in ((None, None), (frozenset({"mergebase"}), "/b")):
        merged = merge(Rewriting(section=OUTER), Rewriting(section=Part("/c", options=options)))
        assert merged.section.base == base


REFUSED = {
    "RewriteMap a dbm=gdbm:m.txt": "RewriteMap of the kind dbm=gdbm is not supported",
    "RewriteRule a - [H=proxy:fcgi://b]": "RewriteRule with [H=proxy:...] is not supported yet",
    "RewriteRule a - [H=server-status]": "the handler server-status is not supported yet",
    "RewriteRule a balancer://b/ [P]": "balancers are not supported yet",
    "RewriteRule a fcgi://b/ [P]": "workers of scheme fcgi:// are not supported yet",
    "RewriteCond expr \"'x' in PeerExtList('y')\"": "PeerExtList() in an expression is not "
    "supported",
    "RewriteRule a unix:/x|ajp://b/ [P]": "workers of scheme ajp:// are not supported yet",
}
PASSES = """\
RewriteCond expr "%{SSL_PROTOCOL} == 'x' || -n req('y')"
RewriteRule a ftp://b/ [R]
RewriteRule a unix:/x|http://b/ [P]
RewriteRule a %{REQUEST_SCHEME}://b/ [P]
RewriteRule a wss://b/ [P]
RewriteRule a /b [P]
RewriteRule a - [H=default-handler]
RewriteMap a txt:m.txt
"""


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_not_done_is_refused(line: str) -> None:
    found = errors(read(f"{LOADS}{line}\n", {"m.txt": ""}))
    assert [each.message for each in found] == [REFUSED[line]]


@pytest.mark.parametrize("line", PASSES.splitlines())
def test_what_is_done(line: str) -> None:
    assert errors(read(f"{LOADS}{line}\n", {"m.txt": ""})) == []
