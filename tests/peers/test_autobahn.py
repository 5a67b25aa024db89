"""Autobahn's verdicts through httpdlite: a selection of cases where wstest is at hand, and the rule
by which verdicts are compared.

All cases, and more fronts: `make autobahn`.
"""

import json
import sys
from pathlib import Path

import pytest

from tests.peers import wstest
from tests.peers.autobahn import (
    DIRECT,
    Difference,
    compare,
    differing,
    running_echo,
    unexplained,
)
from tests.peers.wstest import NoWstestError, find_wstest, installed, read_verdicts, run_wstest

OK = ("OK", "OK")
FAILED = ("FAILED", "OK")
SELECTION = ("1.1.6", "2.10", "3.2", "4.1.3", "5.15", "5.19", "6.4.1", "7.5.1", "9.3.5", "12.1.3")


def test_non_strict_counts_as_ok() -> None:
    verdict = {"behavior": "NON-STRICT", "behaviorClose": "OK", "duration": 2}
    index = json.dumps({"front": {"6.4.1": verdict}})
    assert read_verdicts(index, "front") == {"6.4.1": OK}


def test_other_verdicts_and_lacking_cases_differ_in_the_suite_s_order() -> None:
    direct = {"1.1.10": OK, "1.1.9": OK, "2.1": OK}
    assert differing(direct, {"1.1.9": FAILED, "2.1": OK}) == ["1.1.9", "1.1.10"]


def test_a_verdict_is_explained_once_the_direct_way_has_shown_it() -> None:
    direct = [{"2.1": OK, "2.2": OK}, {"2.1": FAILED, "2.2": OK}]
    proxied = [{"2.1": FAILED, "2.2": FAILED}]
    difference = Difference("2.2", frozenset({OK}), frozenset({FAILED}))
    assert unexplained(["2.1", "2.2"], direct, proxied) == [difference]


def test_a_case_that_a_front_never_finished_is_not_explained() -> None:
    difference = Difference("2.1", frozenset({OK}), frozenset())
    assert unexplained(["2.1"], [{"2.1": OK}], [{}]) == [difference]


def test_without_python_2_7_the_text_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wstest, "_pythons", lambda: iter([sys.executable]))
    with pytest.raises(NoWstestError, match=r"no Python 2\.7.*PYTHON27.*HTTPDLITE_WSTEST"):
        installed(tmp_path / "environment")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("front", ["httpdlite", "httpdlite-async-off"])
def test_verdicts_of_a_selection_are_the_direct_ones(front: str) -> None:
    program = find_wstest()
    if program is None:
        pytest.skip("no wstest (autobahntestsuite, Python 2.7) on PATH or in HTTPDLITE_WSTEST")
    with running_echo() as worker:
        direct = run_wstest(program, worker, SELECTION, DIRECT)
        assert direct == dict.fromkeys(SELECTION, OK)
        _, found = compare(program, worker, direct, front, SELECTION)
    assert found == []
