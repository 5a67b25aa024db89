"""PCRE2 itself on generated patterns: what it refuses is refused here, and nothing else.

The library is asked through ctypes, with the options that httpd sets (`pcre_oracle`).
"""

import random
from collections.abc import Callable

import pytest

from httpdlite.conf.patterns import BadRegex
from httpdlite.conf.patterns.pcre import check_regex
from tests.conf.patterns.making import make_any
from tests.peers.pcre_oracle import find_oracle

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def takes() -> Callable[[str], bool]:
    """Whether PCRE2 compiles a pattern."""
    oracle = find_oracle()
    return lambda pattern: oracle.takes(pattern.encode())


def is_taken(pattern: str) -> bool:
    try:
        check_regex(pattern)
    except BadRegex:
        return False
    return True


@pytest.mark.parametrize("seed", range(4))
def test_the_same_patterns_are_taken(takes: Callable[[str], bool], seed: int) -> None:
    chance = random.Random(seed)
    patterns = [make_any(chance) for _ in range(2_500)]
    assert [pattern for pattern in patterns if is_taken(pattern) != takes(pattern)] == []
    assert 500 < sum(map(is_taken, patterns)) < 2_000
