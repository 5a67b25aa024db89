"""PCRE2 itself on generated patterns: what it refuses is refused here, and nothing else.

The library is asked through ctypes, with the options that httpd sets. Another version than 10.42
has other rules (10.43 takes lookbehinds of several lengths), so with another one this is skipped.
"""

import ctypes
import ctypes.util
import os
import random
from collections.abc import Callable
from typing import Final

import pytest

from httpdlite.conf.patterns import BadRegex
from httpdlite.conf.patterns.pcre import check_regex

pytestmark = pytest.mark.peer

VERSION: Final = b"10.42"
OPTIONS: Final = 0x10 | 0x20 | 0x40  # DOLLAR_ENDONLY, DOTALL, DUPNAMES
CONFIG_VERSION: Final = 11

_WORDS: Final = (
    r"( ) [ ] { } | * + ? ^ $ . a b c x - , 1 2 0 8 = ! < > ' # : \ & R (?: (?= (?! (?<= (?<! (?> "
    r"(?| (?<n> (?P<m> (?'n' (?i) (?x) (?xx) (?n) (?-x) (?i: (?^) (?J) (?# (?R) (?1) (?-1) (?+1) "
    r"(?&n) (?P>m) (?P=n) (?(1) (?(n) (?(<n>) (?(R) (?(R1) (?(DEFINE) (?(?= (?( (?C) (?C1) (?C'a') "
    r"(*COMMIT) (*MARK:a) (*:x) (*pla: (*plb: (*atomic: (*sr: (*UTF) (?* \d \w \s \b \B \A \z \Z "
    r"\G \K \R \X \C \N \h \v \Q \E \Qa\E \1 \2 \10 \12 \0 \377 \400 \x41 \x{41} \x{100} \x{ "
    r"\o{101} \cA \c \g1 \g{1} \g{-1} \g<1> \g{n} \k<n> \k{n} \p{L} \pL \pQ \p{^Lu} \i \q \L \u \- "
    r"\/ [a [^ [a-z] [:alpha:] [[:alpha:]] [[:^digit:]] [\d [a-\d] [\d-a] [.a.] [[=a=]] ]] [] [^] "
    r"{1} {2,3} {,3} {2,} {3,2} {65536} a+ a* a?? a++ (a) (b|c) (a|bc) (?<n>a)"
)
PIECES: Final = (*_WORDS.split(), " ", "\n")


@pytest.fixture(scope="module")
def takes() -> Callable[[str], bool]:
    """Whether PCRE2 compiles a pattern."""
    name = ctypes.util.find_library("pcre2-8")
    if name is None:
        if os.environ.get("HTTPDLITE_REQUIRE_PEERS") == "1":
            pytest.fail("HTTPDLITE_REQUIRE_PEERS=1, and there is no libpcre2-8 here")
        pytest.skip("no libpcre2-8 on this machine")
    library = ctypes.CDLL(name)
    version = ctypes.create_string_buffer(64)
    library.pcre2_config_8(CONFIG_VERSION, version)
    if not version.value.startswith(VERSION):
        pytest.skip(f"libpcre2-8 is {version.value.decode()}, with rules of its own")
    library.pcre2_compile_8.restype = ctypes.c_void_p
    library.pcre2_code_free_8.argtypes = [ctypes.c_void_p]

    def compiles(pattern: str) -> bool:
        data = pattern.encode()
        number, offset = ctypes.c_int(), ctypes.c_size_t()
        code = library.pcre2_compile_8(
            data,
            ctypes.c_size_t(len(data)),
            ctypes.c_uint32(OPTIONS),
            ctypes.byref(number),
            ctypes.byref(offset),
            None,
        )
        library.pcre2_code_free_8(code)
        return code is not None

    return compiles


def is_taken(pattern: str) -> bool:
    try:
        check_regex(pattern)
    except BadRegex:
        return False
    return True


def make_pattern(chance: random.Random) -> str:
    longest = chance.choice([3, 6, 12])
    pattern = "".join(chance.choices(PIECES, k=chance.randint(1, longest)))
    return pattern + ")" * chance.choice([0, max(0, pattern.count("(") - pattern.count(")"))])


@pytest.mark.parametrize("seed", range(4))
def test_the_same_patterns_are_taken(takes: Callable[[str], bool], seed: int) -> None:
    chance = random.Random(seed)
    patterns = [make_pattern(chance) for _ in range(2_500)]
    assert [pattern for pattern in patterns if is_taken(pattern) != takes(pattern)] == []
    assert 500 < sum(map(is_taken, patterns)) < 2_000
