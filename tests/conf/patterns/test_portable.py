"""Patterns as trees, and written for `re`. What they match is compared with PCRE in tests/peers."""

import re
from collections.abc import Callable
from random import Random

import pytest

from httpdlite.conf.patterns import sets
from httpdlite.conf.patterns.pcre import check_regex
from httpdlite.conf.patterns.portable import (
    Capture,
    Chars,
    Choice,
    Edge,
    Look,
    Repeat,
    Sequence,
    can_be_empty,
    read_portable,
    to_python,
)
from httpdlite.conf.patterns.regex import BadRegex, ForeignRegex
from tests.conf.patterns.making import make_portable

A, B = Chars(1 << ord("a")), Chars(1 << ord("b"))


def test_a_tree() -> None:
    assert read_portable("^a(?<n>b|a+?)$") == Sequence(
        (
            Edge.START,
            A,
            Capture(Choice((B, Repeat(A, 1, None, is_lazy=True))), "n"),
            Edge.END,
        )
    )
    assert read_portable("(?<!a)b{2}") == Sequence(
        (Look(A, is_behind=True, is_negative=True), Repeat(B, 2, 2))
    )


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        (r"^/(.*)$", r"\A/(.*)\Z"),
        (r"(?i)a[b-d\d]+?", r"[Aa][0-9B-Db-d]+?"),
        (r"[^/]", r"[^\x2f]"),
        (r"[]a-]", r"[\x2d\x5da]"),
        (r"[^\x00-\xff]", r"[^\x00-\xff]"),
        (r"(?<=a|bc)x", r"(?:(?<=a)|(?<=bc))x"),
        (r"(?<!a|bc)x", r"(?<!a)(?<!bc)x"),
        (r"a(?i:b)c", r"a[Bb]c"),
        (r"(?:ab|c){2,}d{3}", r"(?:ab|c){2,}d{3,3}"),
        (r"(?:a+){2}", r"(?:a+){2,2}"),
        (r"a|b(?-s:.)", r"a|b[^\x0a]"),
        (r"\Bx\Z", r"(?!\b)x(?=\n?\Z)"),
        (r"(?x) a b # c", "ab"),
    ],
)
def test_what_is_written(pattern: str, written: str) -> None:
    assert to_python(read_portable(pattern)) == written


def test_case_and_beginning_from_without() -> None:
    assert to_python(read_portable("a^", ignore_case=True)) == r"[Aa]\A"
    assert to_python(read_portable("a^", not_bol=True)) == "a(?!)"


@pytest.mark.parametrize("name", ["alpha", "digit", "punct", "print", "cntrl", "word", "ascii"])
def test_classes_are_those_of_the_c_locale(name: str) -> None:
    inside = {chr(n) for n in range(256) if sets.CLASSES[name] >> n & 1}
    same: dict[str, Callable[[str], bool]] = {
        "alpha": str.isalpha,
        "digit": str.isdigit,
        "punct": lambda c: c.isprintable() and not c.isalnum() and c != " ",
        "print": str.isprintable,
        "cntrl": lambda c: not c.isprintable(),
        "word": lambda c: c.isalnum() or c == "_",
        "ascii": str.isascii,
    }
    assert inside == {chr(n) for n in range(128) if same[name](chr(n))}


def test_every_set_is_written_as_it_is() -> None:
    chance = Random(1)
    for bits in (0, 1, 1 << 255, sets.ALL, *(chance.getrandbits(256) for _ in range(50))):
        pattern = re.compile(sets.written(bits), re.DOTALL)
        found = [n for n in range(256) if pattern.fullmatch(chr(n))]
        assert sets.of(found) == bits


@pytest.mark.parametrize(
    ("pattern", "empty"),
    [
        ("a*", True),
        ("a+", False),
        ("(a|)", True),
        ("a|b", False),
        ("^(?=a)", True),
        ("(a?)b", False),
    ],
)
def test_what_may_match_nothing(pattern: str, empty: bool) -> None:
    assert can_be_empty(read_portable(pattern)) is empty


def test_whatever_can_be_read_python_compiles() -> None:
    chance, read = Random(2), 0
    for _ in range(500):
        pattern = make_portable(chance)
        try:
            check_regex(pattern)
            node = read_portable(pattern.encode().decode("latin-1"))
        except (BadRegex, ForeignRegex):
            continue
        re.compile(to_python(node), re.DOTALL | re.ASCII)
        read += 1
    assert read > 300
