"""A small sample of the reload soak: nothing is lost, refused configurations included.

`python -m tests.soak.reloads` is the real thing, with apache2 and nginx beside it; what it found
stands in `benchmarks/RELOADS.md`.
"""

import pytest

from tests.soak.reloads import KINDS, Amount, Result, soak

SAMPLE = Amount(reloads=6, busy=10, idle=40, http=10, pace=0.01, pause=0.02, settle=0.1)
ALLOWED_GROWTH = 6 * 1024 * 1024


def assert_nothing_is_lost(result: Result) -> None:
    found = result.found
    assert (found.busy_lost, found.idle_lost) == (0, 0)
    assert (len(result.seconds), result.refused) == (4, 2)
    assert found.messages > SAMPLE.busy
    assert found.requests > SAMPLE.http


def test_httpdlite_loses_nothing() -> None:
    result = soak(KINDS["httpdlite"], SAMPLE)
    assert_nothing_is_lost(result)
    assert result.found.failed == []
    assert result.found.closed_between == 0
    assert result.after.processes == result.before.processes
    assert result.after.descriptors <= result.before.descriptors + SAMPLE.http
    assert result.after.memory - result.before.memory < ALLOWED_GROWTH


@pytest.mark.peer
@pytest.mark.parametrize("name", ["apache2", "nginx"])
def test_the_same_program_measures_the_others(name: str) -> None:
    assert_nothing_is_lost(soak(KINDS[name], SAMPLE))
