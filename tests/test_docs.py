"""The pages of docs/ and the tree agree.

Each implemented directive is on directives.md and no other is; the tests that differences.md names
are there.
"""

import re
from pathlib import Path

from httpdlite.conf.directives import TABLES
from httpdlite.conf.directives.worker_parameters import WorkerParameters
from httpdlite.conf.rows import Directive, Section
from httpdlite.conf.standing import Class
from tests.conf.reading import read

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"
PAGE = (DOCS / "directives.md").read_text("utf-8")


def implemented() -> dict[str, Directive[object] | Section]:
    """The rows of the implemented modules by name, a section's with its bracket."""
    rows = [row for table in TABLES for row in vars(table).values()]
    return {
        row.name: row
        for row in rows
        if isinstance(row, Directive | Section) and row.standing.kind is Class.SAME
    }


def documented() -> set[str]:
    """The names in the first column of the page's tables that are directives or sections."""
    cells = [line.split(" | ")[0] for line in PAGE.splitlines() if line.startswith("| `")]
    codes = [code for cell in cells for code in re.findall(r"`([^`]+)`", cell)]
    return {
        name
        for code in codes
        if (name := code.split()[0].rstrip(">"))[:1].isupper() or name[0] == "<"
    }


def test_every_implemented_directive_is_on_the_page() -> None:
    sections = {f"<{name}" for name in re.findall(r"`<(\w+)>`", PAGE)}
    assert set(implemented()) - documented() - sections == set()


def test_the_page_has_nothing_else() -> None:
    assert documented() - set(implemented()) == set()


def test_worker_parameters_are_spelled_as_in_the_rows() -> None:
    keys = set(re.findall(r"^\| .*`([a-z]+)=", PAGE, re.MULTILINE))
    known = set(WorkerParameters.__dataclass_fields__) | {"enablereuse"}
    assert keys
    assert keys <= known


def test_tests_named_as_evidence_exist() -> None:
    page = (DOCS / "differences.md").read_text("utf-8")
    named = set(re.findall(r"`(\w+/test_\w+\.py)`", page))
    assert named
    assert [name for name in named if not (TESTS / name).exists()] == []


def test_examples_around_websockets_have_no_fault() -> None:
    page = (DOCS / "websocket.md").read_text("utf-8")
    examples = re.findall(r"```apache\n(.*?)```", page, re.DOTALL)
    assert len(examples) > 3
    for example in examples:
        reading = read(example)
        assert reading.config is not None
        assert [found.message for found in reading.diagnostics] == []
