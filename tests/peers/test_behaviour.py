"""httpdlite beside the real httpd: the same configuration, the same bytes, the same behaviour.

The tables are in `behaviour/`; `python -m tests.peers.behaviour` shows what differs. What differs
on purpose is listed in `behaviour/differences.py`.
"""

from typing import Final

import pytest

from tests.peers.behaviour.comparison import compare_surely, unexplained, unfounded
from tests.peers.behaviour.differences import ON_PURPOSE, is_meant
from tests.peers.behaviour.language import Configuration
from tests.peers.behaviour.stand import transcribe
from tests.peers.behaviour.tables import GROUPS, UNSERVED
from tests.peers.harness import require_program

pytestmark = pytest.mark.peer


def _weight(group: str) -> tuple[bool, int]:
    """What takes longest comes first."""
    cases = [case for each in GROUPS[group] for case in each.cases]
    return (not any(case.slow for case in cases), -len(cases))


IN_ORDER: Final = sorted(GROUPS, key=_weight)


@pytest.mark.parametrize("group", IN_ORDER)
def test_the_same_as_httpd(group: str) -> None:
    require_program("apache2")
    differing: list[str] = []
    for name, findings in compare_surely(GROUPS[group]).items():
        differing += [each.text(name) for each in unexplained(findings)]
        differing += [
            f"== {name}: {each.case.name}: no difference, but a reason for one"
            for each in unfounded(findings)
        ]
    assert not differing, "\n".join([f"{len(differing)} differ", *differing[:20]])


@pytest.mark.parametrize("configuration", UNSERVED, ids=lambda each: each.name)
def test_refused_on_purpose(configuration: Configuration) -> None:
    require_program("apache2")
    transcribe("apache2", (configuration,))
    with pytest.raises(pytest.fail.Exception, match=r"not supported|SSLProxyEngine"):
        transcribe("httpdlite", (configuration,))


def test_every_name_is_there_once() -> None:
    configurations = [each for family in GROUPS.values() for each in family]
    names = [each.name for each in configurations]
    assert len(set(names)) == len(names)
    for each in configurations:
        cases = [case.name for case in each.cases]
        assert len(set(cases)) == len(cases), each.name


def test_every_declared_difference_is_of_a_case() -> None:
    cases = [
        (each.name, case.name)
        for family in GROUPS.values()
        for each in family
        for case in each.cases
    ]
    strays = [row for row in ON_PURPOSE if not any(is_meant(row, *case) for case in cases)]
    assert strays == []
