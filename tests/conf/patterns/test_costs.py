"""What a search may cost: powers that are known, and never fewer than PCRE takes steps.

PCRE's interpreter counts; without its optimisations it tries what any backtracking matcher does.
"""

from random import Random
from typing import Final

import pytest

from httpdlite.conf.patterns.costs import Cost, begins_once, find_cost
from httpdlite.conf.patterns.portable import Node, read_portable
from httpdlite.conf.patterns.regex import BadRegex, ForeignRegex, check_regex


@pytest.mark.parametrize(
    ("pattern", "power"),
    [
        ("^/foo$", 0),
        ("^/(.*)$", 0),  # takes all there is, and cannot fail
        ("^/([^/]+)", 0),
        ("foo", 1),
        ("foo.*", 1),
        (".*foo", 1),  # tried at the beginning only
        (r"\.(gif|jpg|png)$", 1),
        ("^/foo/(.*)/bar", 1),
        ("^/(.*)/(.*)$", 1),
        ("^([^/]*)/([^/]*)/x", 1),
        ("^(?:[^/]+/)*x", 1),
        ("(?:foo|far)+x", 2),
        (r"\b.*x", 2),  # the boundary may be elsewhere
        ("^(.*)/(.*)x", 2),
        (r"\w+x", 2),
        (r"^\s+|\s+$", 2),
        ("(.*)/(.*)/(.*)x", 3),
        (r"\w+\w+x", 3),
        ("^a*b*a*x", 2),
        ("^a*-a*x", 1),
        ("^(a+)+$", None),
        ("^(a|a)*$", None),
        ("^(?:a|ab|b)*x", None),
        ("^(?:a(?:b?|c?))*x", None),
        ("^(?:a{1,20}){1,20}x", None),
        ("^(?:ab|ac)*x", 1),
        (r"^(?!.*\.php$).*x", 1),
        (r"a(?!.*\.php$).*x", 3),
        ("^(?=(?!a+b))x", 1),
        ("x(?=a(?!a+b))y", 2),
        ("^a{2,3}b{0,200}b{0,200}c", 2),
    ],
)
def test_the_power(pattern: str, power: int | None) -> None:
    assert find_cost(read_portable(pattern)).power == power


@pytest.mark.parametrize(
    ("pattern", "factor"),
    [
        ("^/foo/(a|b|c)", 1),
        ("^(?:a|ab|b)c", 2),
        ("^(?:foo|far|fab)", 1),
        ("^(?:a|a){2}x", 4),
        ("^a?a?a?x", 8),
        ("^(?:[0-9a-f]{0,4}:){2,7}x", 6),
        ("(?:a|a){9}", 2),
        ("(?:a|a){8}(?:a|a){8}(?:a|a){8}(?:a|a){8}(?:a|a){8}", 10**9),
    ],
)
def test_the_factor(pattern: str, factor: int) -> None:
    assert find_cost(read_portable(pattern)).factor == factor


def test_a_list_of_names_is_quick() -> None:
    names = "|".join(f"bot{number}" for number in range(400))
    assert find_cost(read_portable(f".*(?:{names}).*")) == Cost(1, 400)


def test_what_is_too_large_to_be_worked_out_counts_as_the_worst() -> None:
    names = "|".join(f"bot{number}.*x{number}" for number in range(400))
    assert find_cost(read_portable(f"(?:{names})+y")).power is None


@pytest.mark.parametrize(
    ("cost", "longest"),
    [
        (Cost(0, 1), 1_000_000),
        (Cost(1, 10), 100_000),
        (Cost(2, 1), 1000),
        (Cost(3, 1), 99),
        (Cost(None, 1), 10),
        (Cost(None, 10**7), 0),
    ],
)
def test_the_longest_text(cost: Cost, longest: int) -> None:
    assert cost.longest(1_000_000) == longest


@pytest.mark.parametrize("pattern", ["^a", ".*a", "(.+)a|^b", "(?=a)^b", "(?:^a)+"])
def test_what_need_be_tried_once(pattern: str) -> None:
    assert begins_once(read_portable(pattern))


@pytest.mark.parametrize(
    "pattern", ["a", r"\b.*a", "a?^b", "(?:^a)?b", "^a|b", "(?-s).*a", "(?m)^a"]
)
def test_what_is_tried_everywhere(pattern: str) -> None:
    assert not begins_once(read_portable(pattern))


# --- beside PCRE's count --------------------------------------------------------------------------

ITEMS: Final = r"a b / . [ab] [^/] \w [^a] a b (?:aa) (?:ab)".split()
QUANTIFIERS: Final = "* + * + ? *? +? {2,} {0,3} {1,20} {2}".split()
LENGTHS: Final = {0: 400, 1: 400, 2: 100, 3: 40, 4: 20}
PER_ITEM: Final = 1.5  # steps that PCRE counts, for a character of the pattern


def make_pattern(chance: Random, depth: int) -> str:
    kind = chance.random()
    if depth <= 0 or kind < 0.45:
        return chance.choice(ITEMS) + (chance.choice(QUANTIFIERS) if chance.random() < 0.5 else "")
    if kind < 0.75:
        return "".join(make_pattern(chance, depth - 1) for _ in range(chance.randint(2, 4)))
    if kind < 0.86:
        return f"(?:{make_pattern(chance, depth - 1)}|{make_pattern(chance, depth - 1)})"
    if kind < 0.96:
        return f"({make_pattern(chance, depth - 1)}){chance.choice(QUANTIFIERS)}"
    return f"{chance.choice(['(?=', '(?!'])}{make_pattern(chance, depth - 1)})"


def takes_more(pattern: str, node: Node, text: str, steps: int) -> bool:
    """Whether PCRE takes more than so many steps."""
    pcre2 = pytest.importorskip("pcre2")
    text_of_pattern = rf"\A(?:{pattern})" if begins_once(node) else pattern
    head = f"(*NO_AUTO_POSSESS)(*NO_START_OPT)(*LIMIT_MATCH={min(steps, 10**9)})"
    try:
        pcre2.compile((head + text_of_pattern).encode(), 0x70, jit=False).search(text.encode())
    except pcre2.LibraryError:
        return True
    return False


@pytest.mark.parametrize("seed", range(3))
def test_pcre_never_takes_more_steps(seed: int) -> None:
    chance, found, powers = Random(seed), [], set()
    for _ in range(400):
        anchor = "^" if chance.random() < 0.5 else ""
        end = chance.choice(["", "$", "x", "b$", "[xy]"])
        pattern = anchor + make_pattern(chance, 3) + end
        try:
            check_regex(pattern)
            node = read_portable(pattern)
        except (BadRegex, ForeignRegex):
            continue
        power, factor = find_cost(node)
        powers.add(power)
        if power is None:
            continue
        for _ in range(4):
            word = "".join(chance.choices("ab/.", k=chance.choice([1, 1, 2, 3])))
            length = LENGTHS.get(power, 12)
            text = (chance.choice(["", "a", "/"]) + word * length)[:length]
            text += chance.choice(["", "x", "/", "-"])
            steps = factor * len(text) ** max(power, 1) * PER_ITEM * len(pattern) + 100
            if takes_more(pattern, node, text, int(steps)):
                found.append((pattern, text, power, factor))
    assert found == []
    assert {None, 0, 1, 2, 3} <= powers
