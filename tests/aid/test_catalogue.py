"""docs/classes.md is what the rows say."""

import re
from pathlib import Path

from httpdlite.aid.catalogue import catalogue
from httpdlite.conf.directives import registry
from httpdlite.conf.directives.mod_version import APACHE_VERSION
from httpdlite.conf.standing import Class

PAGE = Path(__file__).parents[2] / "docs" / "classes.md"


def test_the_page_is_made_from_the_rows() -> None:
    """`make docs` makes it anew."""
    assert catalogue(".".join(map(str, APACHE_VERSION))) == PAGE.read_text(encoding="utf-8")


def test_every_directive_is_on_the_page() -> None:
    known = {entry.row.name for entry in registry().rows.values()}
    page = PAGE.read_text("utf-8")
    named = {name.removesuffix(">") for name in re.findall(r"`(<?[^`>]+>?)`", page)}
    assert known - named == set()


def test_every_class_but_same_has_its_sentence() -> None:
    rows = [entry.row for entry in registry().rows.values()]
    silent = [
        row.name
        for row in rows
        if row.standing.kind is not Class.SAME and not row.standing.sentence
    ]
    assert silent == []
