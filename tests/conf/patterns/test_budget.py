"""What searches of one piece of work may cost together: counted in steps, never in time."""

from collections.abc import Iterator

import pytest

from httpdlite.conf.patterns import library
from httpdlite.conf.patterns.budget import MOST_COUNTED, NEW, OVER, WORK, MatchLimit, Work
from httpdlite.conf.patterns.engine import EVERYDAY, compile_regex, searcher
from httpdlite.routes.regex import given_up_line

HOSTILE = r"^(?:(a+)+|(b)\2)$"  # PCRE's, and exponential
BACKWARDS = r"(a)\1"  # PCRE's, and quick


@pytest.fixture
def work() -> Iterator[Work]:
    WORK.state = NEW
    yield WORK
    WORK.state = OVER


def left(work: Work) -> tuple[int, int]:
    """What there is left, in steps of 100."""
    guessed = next(n for n in range(0, 10**7, 100) if not Probe(work).guess(n + 100))
    counted = next(n for n in range(0, 10**7, 100) if not Probe(work).count(n + 100))
    return guessed, counted


class Probe:
    """Asks and gives back."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def guess(self, steps: int) -> bool:
        return self.work.guess(steps) and self.work.guess(-steps)

    def count(self, steps: int) -> bool:
        return self.work.count(steps) and self.work.count(-steps)


def test_steps_are_gone_until_something_new_begins(work: Work) -> None:
    assert work.count(MOST_COUNTED)
    assert not work.count(1)
    work.state = NEW
    assert work.count(1)


def test_without_work_nothing_is_limited() -> None:
    work = Work()
    assert work.count(MOST_COUNTED + 1)
    assert work.guess(10**9)
    work.give_up("x")
    assert work.take_given_up() is None
    assert not work.has_given_up


def test_what_is_too_much_leaves_the_rest_for_others(work: Work) -> None:
    assert not work.count(MOST_COUNTED + 1)
    assert work.count(MOST_COUNTED)


def test_one_hostile_search_leaves_enough_for_many_quick_ones(work: Work) -> None:
    with pytest.raises(MatchLimit):
        compile_regex(HOSTILE).search("a" * 40 + "-")
    quick = compile_regex(BACKWARDS)
    for _ in range(100):
        assert quick.search("/path/to/somewhere/aa") is not None


def test_many_hostile_searches_take_no_more_than_one(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = 0
    compiled = library.LibraryRegex._compiled

    def counted(self: library.LibraryRegex, limit: int) -> object:
        nonlocal taken
        taken += limit
        found = compiled(self, limit)
        self._by_limit.clear()
        return found

    regex = compile_regex(HOSTILE + "|zz")
    monkeypatch.setattr(library.LibraryRegex, "_compiled", counted)
    regex.search.__self__._by_limit.clear()  # type: ignore[attr-defined]
    for _ in range(20):
        with pytest.raises(MatchLimit):
            regex.search("a" * 40 + "-")
    assert library.step_limit(41, is_shared=False) <= taken <= MOST_COUNTED


def test_everyday_searches_cost_nothing(work: Work) -> None:
    regex = compile_regex(r"(.*)/(.*)x$")
    assert regex.plan.cost is not None
    before = left(work)
    for _ in range(10_000):
        regex.search("/a/b/cx")
    assert left(work) == before


def test_what_python_may_not_search_any_more_pcre_does(work: Work) -> None:
    regex = compile_regex(r"(.*)/(.*)/(.*)x$")
    cost = regex.plan.cost
    assert cost is not None
    text = "/" * regex.plan.longest + "x"
    while work.guess(EVERYDAY):
        pass
    text = text[-regex.plan.longest :]
    assert cost.steps(len(text)) > EVERYDAY
    found = regex.search(text)
    assert found is not None
    assert type(found) is library.Found


@pytest.mark.parametrize("pattern", ["a", "^/(.*)$", "(a+)+$", ".*.*x", r"\w+x"])
def test_the_longest_text_is_the_one_that_costs_as_much(pattern: str) -> None:
    cost = compile_regex(pattern).plan.cost
    assert cost is not None
    longest = cost.longest(10**6)
    assert cost.steps(longest) <= 2 * 10**6


def test_what_was_given_up_is_said_once(work: Work) -> None:
    find = searcher(compile_regex(HOSTILE))
    other = searcher(compile_regex(HOSTILE + "|y"))
    assert find("a" * 40 + "-") is None
    assert other("a" * 40 + "-") is None
    assert work.has_given_up
    line = given_up_line()
    assert line is not None
    assert f"the expression '{HOSTILE}' took too long" in line.text
    assert find("a" * 40 + "-") is None
    assert given_up_line() is None
    assert work.has_given_up
    work.state = NEW
    assert not work.has_given_up


def test_a_text_with_too_many_places_is_not_searched() -> None:
    regex = compile_regex("(?R)?a")
    assert regex.search("b" * library.MOST_PLACES) is None
    with pytest.raises(MatchLimit):
        regex.search("b" * (library.MOST_PLACES + 1))
