"""httpdlite and the real httpd on damaged configurations: same verdict, same line, same message.

The suite judges a few, always the same; `python -m tests.peers.mutations` as many as one likes.
"""

import random
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conf.agreement import Verdict
from tests.peers.damage import mutated
from tests.peers.mutations import minimised, on_purpose
from tests.peers.slices import Bases, balanced
from tests.peers.verdicts import Bench, Disagreement, bench

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def at() -> Iterator[Bench]:
    with bench() as one:
        yield one


@cache
def bases() -> Bases:
    return Bases()


@settings(
    max_examples=150,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # what is found is minimised line by line instead
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.integers(0, 2**32))
def test_damaged_configurations_get_the_same_verdict(at: Bench, seed: int) -> None:
    found = at.disagreement(mutated(random.Random(seed), bases(), at))
    assert found is None or on_purpose(found), f"\n{minimised(found, at)}"


def test_the_oracle_reads_what_it_is_given(at: Bench) -> None:
    assert at.theirs("Listen 80\n").verdict.accepted
    judged = at.theirs("Listen 80\nTimeout ${nope} 2\n")
    assert judged.verdict.phase == "W"
    assert judged.verdict.places == ((2, "CONF"),)
    assert [module for module, _ in judged.logged] == ["core:warn"]


def test_a_disagreement_is_minimised(at: Bench) -> None:
    text = "Listen 80\n<Location /a>\nProxyPreserveHost On\n</Location>\nProxyWebsocketAsync On\n"
    found = at.disagreement(text)
    assert found is not None
    assert found.ours == Verdict()
    assert minimised(found, at).text.split() == ["ProxyWebsocketAsync", "On"]
    assert on_purpose(found)


def test_what_is_not_meant_is_no_difference_on_purpose() -> None:
    wrong = Verdict("W", ((1, "CONF"),), "no such thing")
    assert on_purpose(Disagreement("refused here", "Listen 80\n", wrong, Verdict())) is None


def test_slices_are_balanced() -> None:
    lines = ["</If>", "<Location /a>", "<Limit GET>", "</Location>", "Listen 80"]
    assert balanced(lines) == [*lines[1:3], "Listen 80", "</Limit>", "</Location>"]
