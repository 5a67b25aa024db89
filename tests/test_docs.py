"""The pages of docs/ and the tree agree.

Each directive that is carried out is on directives.md, or, of mod_ssl, on tls.md, and no other is;
the tests that differences.md names are there; examples are right.
"""

import re
from pathlib import Path

import pytest

from httpdlite.conf.directives import registry
from httpdlite.conf.directives.worker_parameters import WorkerParameters
from httpdlite.conf.standing import Class
from tests.conf.reading import read

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"
PAGE = (DOCS / "directives.md").read_text("utf-8")
TLS_PAGE = (DOCS / "tls.md").read_text("utf-8")


def implemented(*kinds: Class) -> set[str]:
    """The keys of the rows of these classes, of the implemented modules but for mod_ssl."""
    return {
        entry.row.key
        for entry in registry().rows.values()
        if entry.modules[0].implemented and entry.row.standing.kind in kinds
        if entry.modules[0].identifier != "ssl_module"
    }


def documented() -> set[str]:
    """The names in the first column of the page's tables that are directives or sections."""
    cells = [line.split(" | ")[0] for line in PAGE.splitlines() if line.startswith("| `")]
    codes = [code for cell in cells for code in re.findall(r"`([^`]+)`", cell)]
    return {
        name.lower()
        for code in codes
        if (name := code.split()[0].rstrip(">"))[:1].isupper() or name[0] == "<"
    }


def test_every_implemented_directive_is_on_the_page() -> None:
    sections = {f"<{name.lower()}" for name in re.findall(r"`<(\w+)>`", PAGE)}
    assert implemented(Class.SAME) - documented() - sections == set()


def test_the_page_has_nothing_else() -> None:
    assert documented() - implemented(Class.SAME, Class.DIFFERENT) == set()


def test_what_is_as_in_mod_ssl_is_on_a_page_of_its_own() -> None:
    rows = [e.row for e in registry().rows.values() if e.modules[0].identifier == "ssl_module"]
    same = {row.name for row in rows if row.standing.kind is Class.SAME}
    removed = {"SSLLog", "SSLLogLevel"}  # by Apache itself: an error
    assert {name for name in same - removed if f"`{name}" not in TLS_PAGE} == set()


def test_worker_parameters_are_spelled_as_in_the_rows() -> None:
    keys = set(re.findall(r"^\| .*`([a-z]+)=", PAGE, re.MULTILINE))
    known = set(WorkerParameters.__dataclass_fields__) | {"enablereuse"}
    assert keys
    assert keys <= known


def test_tests_named_as_evidence_exist() -> None:
    page = (DOCS / "differences.md").read_text("utf-8")
    named = set(re.findall(r"`((?:\w+/)+test_\w+\.py)`", page))
    assert named
    assert [name for name in named if not (TESTS / name).exists()] == []


@pytest.mark.parametrize(("name", "least"), [("websocket.md", 4), ("rules.md", 3)])
def test_examples_have_no_fault(name: str, least: int) -> None:
    page = (DOCS / name).read_text("utf-8")
    examples = re.findall(r"```apache\n(.*?)```", page, re.DOTALL)
    assert len(examples) >= least
    for example in examples:
        reading = read(example)
        assert reading.config is not None
        assert [found.message for found in reading.diagnostics] == []
