"""PCRE patterns in Python's dress: the same matches, the same refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf.patterns import BadRegex, ForeignRegex, compile_regex


@pytest.mark.parametrize(
    "pattern,text,found",
    [
        (r"^/(.*)$", "/a\nb", "/a\nb"),  # DOTALL
        (r"a$", "a\n", None),  # DOLLAR_ENDONLY
        (r"a\Z", "a\n", "a"),
        (r"a\z", "a\n", None),
        (r"[[:alpha:]_]+", "12ab_c", "ab_c"),
        (r"[^[:space:]]+", " ab", "ab"),
        (r"(?<n>a)\k<n>", "aa", "aa"),
        (r"(?'n'a)\g{n}", "aa", "aa"),
        (r"(?P<n>a)", "a", "a"),
        (r"(a)\g1", "aa", "aa"),
        (r"\Qa.b\E+", "a.bb", "a.bb"),
        (r"\x{41}\x42", "AB", "AB"),
        (r"a\h+b", "a \tb", "a \tb"),
        (r"\d", "٣", None),  # ASCII
        (r"(?i)AB", "ab", "ab"),
        (r"(?<!x)a(?=b)", "ab", "a"),
        (r"(?>a+)b", "aab", "aab"),
        (r"a++b", "aab", "aab"),
        (r"[$.]", "$", "$"),
        (r"[]a]", "]", "]"),
        (r"[^]]", "]b", "b"),
        (r"\/\-\_\%", "/-_%", "/-_%"),
        (r"[\w.-]+", "a.b-c", "a.b-c"),
        (r"\.(?:js|css)\z", "/x.css", ".css"),
        (r"ab{,2}", "ab{,2}", "ab{,2}"),
        (r"ab{,2}", "abb", None),
    ],
)
def test_meaning(pattern: str, text: str, found: str | None) -> None:
    match = compile_regex(pattern).search(text)
    assert (match[0] if match else None) == found


def test_named_groups_keep_their_names() -> None:
    assert compile_regex("^/(?<site>[^/]+)").match("/a/b")["site"] == "a"  # type: ignore[index]


def test_case_can_be_ignored() -> None:
    assert compile_regex("ab", ignore_case=True).search("AB")


@pytest.mark.parametrize(
    "pattern", ["(", ")", "*", "[a", "a{2,1}", "(?<n>a", "(?<1>a)", "a{2}{3}", r"[a-\d]"]
)
def test_what_pcre_refuses(pattern: str) -> None:
    with pytest.raises(BadRegex):
        compile_regex(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"a\Kb",
        "(?R)",
        "(?|a|b)",
        "(*UTF8)a",
        r"\p{L}",
        "[[:^alpha:]]",
        "a(?i)b",
        "(?m)a$",
        "(?x)a b",
    ],
)
def test_what_python_cannot_do(pattern: str) -> None:
    with pytest.raises(ForeignRegex):
        compile_regex(pattern)


@given(st.text(alphabet="ab()[]{}\\|?*+^$.:<>=!-QEdwx0,19'", max_size=16))
def test_any_text_is_compiled_or_refused(pattern: str) -> None:
    try:
        compile_regex(pattern).search("a")
    except (BadRegex, ForeignRegex):
        pass
