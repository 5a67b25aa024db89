"""How findings are shown: Apache's lines, excerpts with a caret, JSON."""

import json

import pytest

from httpdlite.diagnostics import (
    Diagnostic,
    Note,
    Phase,
    Severity,
    Span,
    apache_lines,
    escape,
    first_error,
    render_json,
    render_text,
)

SPAN = Span("/c", 3, 5, 3, 8)
SOURCE = {("/c", 3): "abc\tdéf\x1b[1m", ("/c", 1): "first"}


def source(file: str, line: int) -> str | None:
    return SOURCE.get((file, line))


def error(message: str, span: Span | None = SPAN, **more: object) -> Diagnostic:
    return Diagnostic(Severity.ERROR, "bad-value", message, span, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text,shown",
    [
        ("a\\b\n\t\r", r"a\\b\n\t\r"),
        ("\x00\x1b\x7f", r"\x00\x1b\x7f"),
        ("é\udcff", r"\xc3\xa9\xff"),
        ("\"'", "\"'"),
    ],
)
def test_user_text_is_escaped_as_apache_does(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_walk_errors_take_two_lines_and_read_errors_one() -> None:
    assert apache_lines(error("m\nn", line=4), "p") == [
        "AH00526: Syntax error on line 4 of /c:",
        r"m\nn",
    ]
    included = Span("/d", 1, 1, 2, 1, included_from=SPAN)
    assert apache_lines(error("m", included, phase=Phase.READ), "p") == [
        "p: Syntax error on line 3 of /c: Syntax error on line 2 of /d: m"
    ]
    assert apache_lines(error("m", None, phase=Phase.READ), "p") == ["p: m"]


def test_long_lines_are_cut() -> None:
    assert max(map(len, apache_lines(error("x" * 20_000), "p"))) == 8190


def test_the_first_error_is_of_the_earliest_phase_and_not_ours_alone() -> None:
    ours = Diagnostic(Severity.ERROR, "not-supported-yet", "a", SPAN, phase=Phase.READ)
    walk, read = error("b"), error("c", phase=Phase.READ)
    warning = Diagnostic(Severity.WARNING, "w", "d", SPAN, phase=Phase.READ)
    assert first_error([ours, warning, walk, read]) is read
    assert first_error([ours, warning]) is None


def test_an_excerpt_shows_the_place_and_nothing_a_terminal_obeys() -> None:
    found = error("m", notes=(Note("n", Span("/c", 1, 1, 1, 6)),), hint="h")
    assert render_text([found], source) == (
        "/c:3:5: error[bad-value]: m\n"
        "    3 | abc déf·[1m\n"
        "      |     ^^^\n"
        "  note: /c:1:1: n\n"
        "    1 | first\n"
        "      | ^^^^^\n"
        "  help: h\n"
    )


def test_colour_is_for_those_who_ask() -> None:
    assert "\x1b[1;31m^^^\x1b[0m" in render_text([error("m")], source, colour=True)


def test_a_long_source_line_is_cut_around_the_caret() -> None:
    span = Span("/c", 1, 1001, 1, 1002)
    text = render_text([error("m", span)], lambda *_: "x" * 1000 + "Y" + "z" * 1000)
    excerpt, caret = text.splitlines()[1:3]
    assert len(excerpt) < 200
    assert excerpt[caret.index("^")] == "Y"


def test_json_is_json() -> None:
    (shown,) = json.loads(render_json([error("é", hint="h", notes=(Note("n"),))]))
    assert shown["message"] == r"\xc3\xa9"
    assert shown["span"]["column"] == 5
    assert shown["notes"] == [{"message": "n", "span": None}]
    assert shown["phase"] == "walk"
