"""The grammar: words and their quotes, tags, conditions, references."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from httpdlite.conf.lines import BLANKS
from httpdlite.conf.syntax import (
    parse_argument,
    parse_line,
    parse_words,
    references,
    section_argument,
    split_condition,
    split_line,
    split_words,
)

TEXT = st.text(alphabet="ab \t\v\"'\\<>#!${}/\u00a0é", max_size=24)


def values(text: str) -> list[str]:
    return [part.value for part in split_words(text)]


@pytest.mark.parametrize(
    "text,words",
    [
        ("", []),
        ("a b", ["a", "b"]),
        ('"a b" c', ["a b", "c"]),
        ("'a b'", ["a b"]),
        ('"a""b"x', ["a", "b", "x"]),
        ('a"b c"', ['a"b', 'c"']),
        ('"a b', ["a b"]),
        ('""', [""]),
        (r'"a\"b \\ \n \' c"', [r"a" + '"' + r"b \ \n \' c"]),
        (r"'a\"b \\ \' c'", [r"a\"b \ ' c"]),
        (r"a\\b\"c\d", [r"a\b\"c\d"]),
        (r"a\ b", ["a\\", "b"]),
        ("a\u00a0b", ["a\u00a0b"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert values(text) == words


@given(TEXT)
@example('"')
@example("'\\'")
def test_scanning_for_words_is_parsing_them(text: str) -> None:
    assert split_words(text) == parse_words(text)


@given(TEXT)
def test_words_stand_in_order_and_leave_only_blanks_out(text: str) -> None:
    at = 0
    for part in split_words(text):
        assert text[at : part.start].strip(BLANKS) == ""
        assert part.end > part.start
        at = part.end
    assert text[at:].strip(BLANKS) == ""


@given(st.lists(st.text(alphabet="ab \"'\\é", max_size=6), max_size=5))
def test_quoted_words_come_back(words: list[str]) -> None:
    quoted = ['"' + w.replace("\\", "\\\\").replace('"', '\\"') + '"' for w in words]
    assert values(" ".join(quoted)) == words
    assert values("".join(quoted)) == words


@given(TEXT)
@example("<\\\\")
def test_a_line_is_its_first_word_and_the_rest(text: str) -> None:
    head = split_line(text)
    words = split_words(text)
    if head is None:
        assert not words
        return
    if not head.name.value.startswith("<"):  # a tag's name keeps its backslashes
        assert head.name == words[0]
    assert text[head.name.end : head.rest].strip(BLANKS) == ""


@given(TEXT)
def test_the_last_bracket_ends_an_argument(text: str) -> None:
    expected = text[: text.rindex(">")] if ">" in text else None
    assert section_argument(text) == expected


@pytest.mark.parametrize(
    "text,negated,word",
    [
        ("X", False, "X"),
        ("X Y", False, "X"),
        ("!X", True, "X"),
        ("! X", True, "X"),
        ('!"X y"', True, "X y"),
        ('"!X"', False, "!X"),
        ("!!X", True, "!X"),
        ("", False, None),
        (" ! ", True, None),
    ],
)
def test_conditions(text: str, negated: bool, word: str | None) -> None:
    condition = split_condition(text)
    assert condition.negated is negated
    assert (condition.word.value if condition.word else None) == word


@given(TEXT, TEXT)
def test_the_scanner_of_tags_gives_what_the_grammar_gives(before: str, after: str) -> None:
    assert section_argument(f"{before}>{after}") == parse_argument(f"{before}>{after}")


@given(TEXT)
def test_the_scanner_of_lines_gives_what_the_grammar_gives(text: str) -> None:
    assert split_line(text) == parse_line(text)


@pytest.mark.parametrize(
    "text,names",
    [
        ("a", []),
        ("${A}-${b}", ["A", "b"]),
        ("$A ${A $${A} ${} ${", ["A $${A", ""]),
        ("\\${A}", ["A"]),
    ],
)
def test_references(text: str, names: list[str]) -> None:
    assert [reference.name for reference in references(text)] == names


@given(TEXT)
def test_references_are_cut_out_exactly(text: str) -> None:
    for reference in references(text):
        assert text[reference.start : reference.end] == "${" + reference.name + "}"
