"""Log formats: items, and the complaints of the real apache2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf.logformat import (
    DEFAULT_FORMAT,
    DIRECTIVES,
    Field,
    FormatError,
    Literal,
    check_format,
    find_format,
    parse_format,
)
from tests.peers.apache import check_syntax

PRINTABLE = [chr(code) for code in range(33, 127)]

DOUBTFUL = [
    "%",
    "100%",
    "%{",
    "%{a",
    "%{a}",
    "%{}}i",
    "%{a}}}i",
    "%{a%h",
    "%400,!501{a}i",
    "%4,0,0,{x},,h",
    "% h",
    "%%",
    "%!%",
    "%{x}%",
    "%>%",
    "%h%Z",
    "%<>!<h",
    "x%-h",
    "%^ti",
    "%{a}^to",
    "%^FB",
    "%^FBx",
    "%^tx",
    "%^t",
    "%^",
    "%^%",
    "%99999999999999999999h",
    "%{a}{b}i%c",
    "plain",
    r"\%h",
    r"%\h",
]


@pytest.mark.peer
@pytest.mark.parametrize("text", ["%" + char for char in PRINTABLE] + DOUBTFUL)
def test_complaint_as_apache(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    said = check_syntax(f'LogFormat "{quoted}" name\n').splitlines()[-1]
    ours = check_format(text)
    assert said == ("Syntax OK" if ours is None else ours.replace("\\", "\\\\"))


def test_items_of_a_format() -> None:
    assert parse_format('%h "%r" %>s%{Referer}i') == (
        Field("h"),
        Literal(' "'),
        Field("r", original=True),
        Literal('" '),
        Field("s"),
        Field("i", "Referer"),
    )


def test_modifiers_in_any_order() -> None:
    assert parse_format("%400,!501{x}<i") == (Field("i", "x", (400, 501), True, True),)
    assert parse_format("%!{y}404!{x}h") == (Field("h", "x", (404,), False),)
    assert parse_format("%>U%<m") == (Field("U"), Field("m", original=True))


def test_escapes_and_literals_are_joined() -> None:
    assert parse_format(r"a\n\t\r\\\x\"%%\h\%%") == (Literal('a\n\t\r\\\\x\\"%\\h\\%'),)
    assert parse_format("") == ()


def test_long_numbers_are_no_status() -> None:
    assert parse_format("%" + "4" * 5000 + "h") == (Field("h", statuses=(0,)),)


def test_error_carries_apaches_words() -> None:
    with pytest.raises(FormatError, match=r"^Unrecognized LogFormat directive %Z$"):
        parse_format("%h %Z")


def test_nicknames() -> None:
    formats = [("%h", "One"), ("%a", None), ("%b", "one"), ("%r", None)]
    assert find_format("ONE", formats) == "%b"
    assert find_format(None, formats) == "%r"
    assert find_format("%m %U", formats) == "%m %U"
    assert find_format("clf", []) == DEFAULT_FORMAT
    assert find_format(None, []) == DEFAULT_FORMAT


@given(st.text())
def test_any_text_has_items_or_a_complaint(text: str) -> None:
    complaint = check_format(text)
    if complaint is None:
        fields = [item for item in parse_format(text) if isinstance(item, Field)]
        assert {field.name for field in fields} <= DIRECTIVES
        assert len(fields) <= text.count("%")
    else:
        assert "%" in text
