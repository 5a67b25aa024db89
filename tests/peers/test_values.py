"""The tables of values again, by the real httpd: what they say of it is true.

What httpd takes stands in one configuration per table; what it refuses costs a start each.
"""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conf.agreement import plain
from tests.conf.value_table import FILES, Case, expected, refused, taken
from tests.peers.verdicts import Bench, bench

pytestmark = pytest.mark.peer

AREAS = sorted(path.stem for path in (Path(__file__).parents[1] / "conf").glob("test_values_*.py"))


def cases_of(area: str) -> tuple[Case, ...]:
    found = getattr(importlib.import_module(f"tests.conf.{area}"), "CASES", ())
    return tuple(case for case in found if isinstance(case, Case))


@pytest.fixture(scope="module")
def at() -> Iterator[Bench]:
    with bench() as one:
        for name, text in FILES.items():
            path = one.root / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        yield one


@pytest.mark.parametrize("area", AREAS)
def test_httpd_takes_what_the_table_says(at: Bench, area: str) -> None:
    text = taken(cases_of(area))
    verdict = at.theirs(text).verdict
    assert verdict.accepted, f"{verdict}, which is {text.splitlines()[verdict.line - 1]}"


@pytest.mark.parametrize("area", AREAS)
def test_httpd_refuses_what_the_table_says(at: Bench, area: str) -> None:
    wrong = []
    for case in refused(cases_of(area)):
        said = plain(at.theirs(case.text + "\n").verdict.message).replace(str(at.root), "ROOT")
        if said != expected(case):
            wrong.append((case.text, said))
    assert not wrong
