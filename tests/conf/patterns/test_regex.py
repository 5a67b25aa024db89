"""Patterns compiled: which engine searches, and what a match gives. What matches is compared with
PCRE itself in tests/peers/test_pcre_matches.py.
"""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf.patterns import as_bytes, check_regex, find_doubt, searches
from httpdlite.conf.patterns.engine import plan_regex
from httpdlite.routes.regex import (
    BadRegex,
    ForeignRegex,
    MatchLimit,
    Regex,
    compile_regex,
    searcher,
)

PYTHONS = r"""
^/(.*)$ a$ a\Z a\z [[:alpha:]_]+ [^[:^space:]] \Qa.b\E+ \x{41}\x42 a\h+b \d (?i)AB a(?i)b (?m)^a$
(?<!x)a(?=b) (?<=a|bc)d [$.] []a] ab{,2} (?:a|b)+ (?<n>a+) ^(?!a)b \bws\b a(?#c)b (a?)? .{2,3}?x
"""
PCRES = r"""
(a)\1 (?<n>a)\k<n> a\Kb (?R)? (?|a|b) (*UTF8)a \p{L} a++b (?>a) (a?)* (?=(a)) \Ga \R \X \C (?1)(a)
(?<n>a)(?<n>b) (?(?=a)b) [\Qa\E] (?xx)[a·b] (?n)(a) (?C)a (*COMMIT)a (?=a)* [[:<:]]a (?^)a
"""


@pytest.mark.parametrize("pattern", PYTHONS.split())
def test_what_python_searches(pattern: str) -> None:
    assert str(compile_regex(pattern).plan).startswith("re")


@pytest.mark.parametrize("pattern", PCRES.split())
def test_what_pcre_searches(pattern: str) -> None:
    assert str(compile_regex(as_bytes(pattern)).plan).startswith("pcre2 (")


@pytest.mark.parametrize(
    "pattern", ["(", ")", "*", "[a", "a{2,1}", "(?<n>a", "(?<1>a)", "a{2}{3}", r"[a-\d]"]
)
def test_what_is_refused(pattern: str) -> None:
    with pytest.raises(BadRegex):
        compile_regex(pattern)
    with pytest.raises(BadRegex):
        check_regex(pattern)


@pytest.mark.parametrize(
    ("pattern", "ignore_case"),
    [(r"(?i)[\p{Lu}]", False), (r"[\p{Lu}]", True), (r"(*UTF)\x{10000}", False)],
)
def test_what_cannot_be_done(pattern: str, ignore_case: bool) -> None:
    check_regex(pattern)
    with pytest.raises(ForeignRegex):
        compile_regex(pattern, ignore_case=ignore_case)


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from httpdlite.conf.patterns import library  # noqa: PLC0415

    monkeypatch.setitem(sys.modules, "pcre2", None)
    library._package.cache_clear()
    with pytest.raises(ForeignRegex, match="pcre2"):
        library.LibraryRegex(r"(a)\1")
    library._package.cache_clear()


@pytest.mark.parametrize("pattern", ["(?<x>a)(?<y>b)?(c)", "(?<x>a)(?<y>b)?+(c)"])
def test_a_match_is_the_same_from_both(pattern: str) -> None:
    regex = compile_regex(pattern)
    found = regex.search("__ac", 1)
    assert found is not None
    assert (found.string, found.group(), found.group(0)) == ("__ac", "ac", "ac")
    assert [found.span(n) for n in range(4)] == [(2, 4), (2, 3), (-1, -1), (3, 4)]
    assert (found.start(), found.end(3), found.start(2)) == (2, 4, -1)
    assert [found.group(n) for n in (1, "y", 3)] == ["a", None, "c"]
    assert found.groupdict() == {"x": "a", "y": None}
    assert (regex.groups, found.re.groups, dict(regex.groupindex)) == (3, 3, {"x": 1, "y": 2})
    with pytest.raises(IndexError):
        found.group(4)
    with pytest.raises(IndexError):
        found.span("z")
    assert regex.search("__ac", 3) is None


@pytest.mark.parametrize("pattern", ["^a|[é]", "^a|(?>[é])"])
def test_bytes_are_characters(pattern: str) -> None:
    regex = compile_regex(as_bytes(pattern))
    assert regex.search("\xc3") is not None
    assert regex.search("\xe9") is None


@pytest.mark.parametrize("pattern", ["^a", "(?>^a)", "(?m)^a"])
def test_a_beginning_that_is_none_of_a_line(pattern: str) -> None:
    assert compile_regex(pattern).search("a")
    if "?m" not in pattern:
        assert compile_regex(pattern, not_bol=True).search("a") is None
    else:
        assert compile_regex(pattern, not_bol=True).search("a\na").span() == (2, 3)  # type: ignore[union-attr]


def test_case_can_be_ignored() -> None:
    assert compile_regex("ab", ignore_case=True).search("AB")
    assert compile_regex("(?>ab)", ignore_case=True).search("AB")
    assert compile_regex("\xe9", ignore_case=True).search("\xc9") is None  # only ASCII has cases


def gives_up(regex: Regex, text: str) -> bool:
    try:
        regex.search(text)
    except MatchLimit:
        assert searcher(regex)(text) is None
        assert not searches(regex, text)
        return True
    return False


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(?:a?a?)+$", r"^(a+)\1*+b|(a+)+$"])
def test_an_exponential_search_is_given_up(pattern: str) -> None:
    regex = compile_regex(pattern)
    assert gives_up(regex, "a" * 40 + "!")
    assert not gives_up(regex, "a" * 10 + "!")


@pytest.mark.parametrize(
    "pattern", ["(.*)/(.*)/(.*)x", r"\w+\s*x", r"(?=(\w*))-?[xy]", r"(.+)\1[xy]", r"\w*+[-=]"]
)
def test_a_long_text_is_given_up_or_searched_with_pcre(pattern: str) -> None:
    regex = compile_regex(pattern)
    assert gives_up(regex, "a/" * 4000) or regex.plan.longest < 8000
    assert not gives_up(regex, "a/" * 40)


def test_short_texts_are_searched_by_python_and_long_ones_by_pcre() -> None:
    regex = compile_regex("(a+)+b")
    assert 0 < regex.plan.longest < 20
    short = regex.search("aab")
    long = regex.search("a" * 30 + "b")
    assert short is not None
    assert long is not None
    assert type(short) is not type(long)
    assert (short.group(), long.group(1)) == ("aab", "a" * 30)


@pytest.mark.parametrize(
    ("pattern", "doubt"),
    [
        ("^/(.*)$", None),
        ("^/(.*)/(.*)$", None),
        (r"^(.*)/(.*)x$", None),
        (r"(?<n>a)\k<n>", None),
        ("(.*)/(.*)/(.*)x", "power of 3"),
        ("(a+)+b", "exponentially"),
        ("(?:a|a){8}(?:a|a){8}(?:a|a){8}b", "whatever"),
    ],
)
def test_what_a_reader_is_told(pattern: str, doubt: str | None) -> None:
    found = find_doubt(pattern)
    assert (found is None) if doubt is None else (found is not None and doubt in found)


def test_a_reader_is_told_what_cannot_be_done() -> None:
    with pytest.raises(ForeignRegex):
        find_doubt(r"(?i)[\p{Lu}]")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^/(.*)$", "re"),
        ("(a+)+b", "re for up to 11 characters, then pcre2 (exponential)"),
        ("(.*)/(.*)x", "re for up to 1581 characters, then pcre2 (power 2)"),
        (r"(a)\1", r"pcre2 (\1 in a regular expression)"),
    ],
)
def test_what_a_plan_says(pattern: str, text: str) -> None:
    assert str(plan_regex(pattern)) == text


@given(st.text(alphabet="ab()[]{}\\|?*+^$.:<>=!-QEdwx0,19'", max_size=16))
def test_any_text_is_compiled_or_refused(pattern: str) -> None:
    try:
        searcher(compile_regex(pattern))("a")
    except (BadRegex, ForeignRegex):
        pass
