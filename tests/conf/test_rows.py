"""Rows that are alike: what they have in common, and what one may have of its own."""

from typing import Final

from httpdlite.conf.call import DIRECTORY, SERVERS, Module
from httpdlite.conf.rows import Alike, Arity, judged_module
from httpdlite.conf.standing import later, moot

NOTHING_THERE: Final = moot("there is nothing like it")
ALIKE: Final = Alike(NOTHING_THERE, SERVERS)


def test_rows_have_standing_and_contexts_in_common() -> None:
    rows = (ALIKE.one("A", "a"), ALIKE.flag("B", "b"), *ALIKE.each("C D", Arity.EACH, "each"))
    assert {(row.standing, row.contexts) for row in rows} == {(NOTHING_THERE, SERVERS)}
    assert [row.name for row in rows] == ["A", "B", "C", "D"]
    arities = [row.takes.arity for row in rows]
    assert arities == [Arity.ONE, Arity.FLAG, Arity.EACH, Arity.EACH]


def test_a_row_may_have_its_own() -> None:
    refused = later(protects=True)
    row = ALIKE.row("A", Arity.RAW, "a", usual="x", contexts=DIRECTORY, standing=refused)
    assert (row.contexts, row.standing, row.usual) == (DIRECTORY, refused, "x")


def test_a_judged_module_is_not_implemented() -> None:
    assert judged_module("dav") == Module("dav_module", "mod_dav.c", implemented=False)
    assert judged_module("ldap", "util_ldap.c").file == "util_ldap.c"
