"""What PCRE takes and refuses, where that is not what one would guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf.patterns import BadRegex
from httpdlite.conf.patterns.pcre import check_regex

TAKEN = (
    r"a{,3} a{1, x{ x{a} a|b| () (|) a?? a++ a{2}+ (?=a)* (?:a|b){2,3} (*ACCEPT)* \Qa.*",
    r"(a)\1 \1(a) \12 \18 (a)\g1 (a)\g{-1} \g{+1}(a) \g<0> \g'1'(a) (?<n>a)\k<n> (?P=n)(?P<n>a)",
    r"(?<n>a)(?<n>b) (?|(a)|(b)(c))\2 (?R) (?1)(a) (a)(?-1) (?&n)(?'n'a)",
    r"(?(1)a|b)(c) (?(R)a) (?(DEFINE)(?<n>a))(?&n) (?(?=a)b|c) (?(VERSION>=10)a) (?(?C9)(?!a)b)",
    r"(?i)a (?i-s:a) (?^i)a (?xx)a (?n)(?<a>b)\1 (?#a)b a(?#)* (?C1) (?C'a')a (?C{a}) (?C) ",
    r"(?<=a|bc) (?<=a{3}) (?<=(ab)) (?<!(?:ab){2}) (?<=(?=a*)) (a)(?<=\1) (?<=\Qab\E) (?<=(?1))(a)",
    r"[]] [^]] [a-] [-a] [a-z-9] [\d-] [[:alpha:]] [[:^digit:]] [:alpha] [\Q]\E] [\b] [\8] [a\E-z]",
    r"[[:<:]]a \x{41} \x41 \x \o{101} \cA \0 \377 \p{L} \PL \p{Greek} \X \R \C \N \N{3} \K \h \v",
    r"(*UTF8)a (*UTF)\x{100} (*CRLF)(*UCP)a (*LIMIT_MATCH=5)a (*COMMIT) (*MARK:a) (*:a) (*pla:a)",
)
REFUSED = (
    r"( ) a) ((a) [ [a [] [^] * +a a|* (* (*) ^* $* \b+ \K* (?i)* (*FAIL)* a** a{2}{3} a{1}* a+++",
    r"a{2,1} a{65536} a{1,99999} \ a\ (?<a (?<1>a) (?<>a) (?P<a-b>c) (?'a>b) (?z) (?i (?^-i) (?Pa)",
    r"\1 (a)\2 \g{2}(a) \g{-1} \g \g{ \gx \k \ka \k{1} \k<n> (?1) (?-1) (?+0) (?&n) (?P>n)",
    r"(?(1)a) (a)(?(1)b|c|d) (?(DEFINE)a|b) (?(n)a) (?(?:a)b) (?(VERSION>10)a) (?(1a)b)(c) (?()a)",
    r"(?<=a*) (?<=a?b) (?<!a{2,3}) (?<=(a|bc)) (?<=\R) (?<=(?R)) (a*)(?<=\1) (?<=a{65535}b)",
    r"[a-[:alpha:]] \g{a \g{0} (?<=\K)",
    r"[z-a] [a-\d] [\d-z] [[:foo:]] [[.a.]] [:alpha:] [\B] [\R] [\N] [\i] [\400] [\x{100}]",
    r"\i \q \y \L \u \N{U+41} \N{x} \c \x{} \x{100} \x{zz} \o{} \o{8} \o1 \400 \p \p{L \pQ \p{} \8",
    r"(*MARK) (*:) (*FOO) (*foo:a) a(*UTF) (*UTF16) (?# (?C256) (?C'a (?Cx) (?|(?<n>a)|(?<m>b))",
)


@pytest.mark.parametrize("pattern", " ".join(TAKEN).split())
def test_taken(pattern: str) -> None:
    check_regex(pattern)


@pytest.mark.parametrize("pattern", " ".join(REFUSED).split())
def test_refused(pattern: str) -> None:
    with pytest.raises(BadRegex):
        check_regex(pattern)


@pytest.mark.parametrize(
    "pattern", ["(?x)a # )\n*", "(?x) a *", "(?xx)[a ]", '(?C"a""b")', "a\n*", "[\n]"]
)
def test_blanks_that_count_and_blanks_that_do_not(pattern: str) -> None:
    check_regex(pattern)


@pytest.mark.parametrize("pattern", ["(?x) *", "(?xx)[ ]", "# (", "(?x)(?-x:# ()"])
def test_blanks_in_what_is_refused(pattern: str) -> None:
    with pytest.raises(BadRegex):
        check_regex(pattern)


def test_extended_from_outside() -> None:
    check_regex("a # (", extended=True)


def test_limits() -> None:
    check_regex("(" * 250 + ")" * 250)
    check_regex("(a){5000}")
    check_regex("?:a"[2:] * 20_000)
    for pattern in ("(" * 251 + ")" * 251, "(a){60000}", "a" * 40_000, "(((a{9}){99}){99}){99}"):
        with pytest.raises(BadRegex):
            check_regex(pattern)


@pytest.mark.parametrize(
    "pattern", ["(?1)" * 5_000 + "(a)", "(?:" * 100_000, "[" * 100_000, "\\Q" * 50_000, "(?<=" * 90]
)
def test_hostile_patterns_are_judged_all_the_same(pattern: str) -> None:
    try:
        check_regex(pattern)
    except BadRegex:
        pass


def test_a_chain_of_calls_in_a_lookbehind() -> None:
    chain = "".join(f"((?{number}))" for number in range(2, 2_000)) + "(a)"
    try:
        check_regex(f"(?<=(?1)){chain}")
    except BadRegex:
        pass


@given(st.text(alphabet="ab()[]{}\\|?*+^$.:<>=!-QEdwxRCPkg&#01'\n ", max_size=24))
def test_any_text_is_judged(pattern: str) -> None:
    try:
        check_regex(pattern)
    except BadRegex:
        pass
