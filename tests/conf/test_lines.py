"""Physical lines to logical ones: joins, blanks, comments, and every character's place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf.lines import Line, read_lines

ALPHABET = st.text(alphabet="ab# \t\r\n\\\0\v", max_size=40)


def lines(text: str) -> list[tuple[str, int]]:
    return [(line.text, line.number) for line in read_lines(text, "f")]


@pytest.mark.parametrize(
    "text,expected",
    [
        ("", []),
        ("a", [("a", 1)]),
        (" a \n\n\tb\v\n", [("a", 1), ("b", 3)]),
        ("# a\na # b", [("a # b", 2)]),
        ("a\\\nb", [("ab", 2)]),
        ("a \\\r\n  b\r\nc\r\n", [("a   b", 2), ("c", 3)]),
        ("# a \\\nb\nc", [("c", 3)]),
        ("a\\ \nb", [("a\\", 1), ("b", 2)]),
        ("a\\\\\nb", [("a\\b", 2)]),
        ("a\\\\\n\nb", [("ab", 3)]),  # httpd looks at all it has joined, not at the empty line
        ("a\\", [("a\\", 1)]),
        ("a\\\n", [("a", 2)]),  # the end of the file counts as a line
        ("a\0b\\\nc", [("a", 1), ("c", 2)]),
        ("\\\n\\\na", [("a", 3)]),
        ("a\rb", [("a\rb", 1)]),
        ("\ufeffa", [("\ufeffa", 1)]),
    ],
)
def test_joins_and_trims_as_httpd(text: str, expected: list[tuple[str, int]]) -> None:
    assert lines(text) == expected


def place(line: Line, offset: int) -> tuple[int, int]:
    span = line.span(offset, offset + 1)
    return span.line, span.column


@given(ALPHABET)
def test_every_character_stands_where_its_span_says(text: str) -> None:
    physical = text.split("\n")
    for line in read_lines(text, "f"):
        for offset, char in enumerate(line.text):
            at_line, column = place(line, offset)
            assert physical[at_line - 1][column - 1] == char
        assert line.number >= line.span(0, len(line.text)).end_line


@given(st.lists(st.text(alphabet="ab c", min_size=1, max_size=8), min_size=1, max_size=6))
def test_joined_lines_are_the_pieces_put_together(pieces: list[str]) -> None:
    joined = "".join(pieces).strip(" ")
    expected = [(joined, len(pieces))] if joined else []
    assert lines("\\\n".join(pieces)) == expected


def test_a_substituted_text_points_at_its_reference() -> None:
    (line,) = read_lines("Name ${HOST}:80", "f")
    changed = line.substituted([(0, 5, None), (5, 12, "long.example"), (12, 15, None)])
    assert changed.text == "Name long.example:80"
    inside = changed.span(8, 10)
    assert (inside.column, inside.end_column) == (6, 13)
    after = changed.span(17, 20)
    assert (after.column, after.end_column) == (13, 16)


def test_a_reference_that_is_split_over_two_lines_covers_both() -> None:
    (line,) = read_lines("A ${B\\\nC} d", "f")
    changed = line.substituted([(0, 2, None), (2, 7, "x"), (7, 9, None)])
    span = changed.span(2, 3)
    assert (span.line, span.column, span.end_line, span.end_column) == (1, 3, 2, 3)
    assert place(changed, 4) == (2, 4)
