"""How findings are shown to people: Apache's lines, excerpts with a caret, folds, the order."""

import re

import pytest

from httpdlite.diagnostics import (
    COMMAND_LINE_FILE,
    Diagnostic,
    Note,
    Phase,
    Severity,
    Span,
    apache_lines,
    escape,
    first_error,
    render_text,
)
from httpdlite.diagnostics.text import in_order

SPAN = Span("/c", 3, 5, 3, 8)
SOURCE = {("/c", 3): "abc\tdéf\x1b[1m", ("/c", 1): "first", ("/c", 9): "日本 x"}


def source(file: str, line: int) -> str | None:
    return SOURCE.get((file, line))


def error(message: str, span: Span | None = SPAN, **more: object) -> Diagnostic:
    return Diagnostic(Severity.ERROR, "bad-value", message, span, **more)  # type: ignore[arg-type]


def at(line: int, file: str = "/c", included_from: Span | None = None) -> Span:
    return Span(file, line, 1, line, 2, included_from)


def nothing(file: str, line: int) -> str | None:
    return None


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
    ours = Diagnostic(Severity.ERROR, "not-supported", "a", SPAN, phase=Phase.READ)
    walk, read = error("b"), error("c", phase=Phase.READ)
    warning = Diagnostic(Severity.WARNING, "w", "d", SPAN, phase=Phase.READ)
    assert first_error([ours, warning, walk, read]) is read
    assert first_error([ours, warning]) is None


# --- one finding ----------------------------------------------------------------------------------


def test_an_excerpt_shows_the_place_and_nothing_a_terminal_obeys() -> None:
    notes = (Note("n", Span("/c", 1, 1, 1, 6)), Note("alone"))
    assert render_text([error("m", notes=notes, hint="h")], source) == (
        "error[bad-value]: m\n"
        "     --> /c:3:5\n"
        "    3 | abc déf·[1m\n"
        "      |     ^^^\n"
        "      = note: alone\n"
        "      = help: h\n"
        "note: n\n"
        "     --> /c:1:1\n"
        "    1 | first\n"
        "      | ^^^^^\n"
        "\n"
    )


def test_the_includes_that_led_there_are_named() -> None:
    text = render_text([error("m", at(2, "/d", at(7)))], nothing)
    assert text.endswith("     --> /d:2:1\n      = note: included from /c:7:1\n\n")


def test_a_caret_stands_right_below_wide_characters() -> None:
    line, caret = render_text([error("m", Span("/c", 9, 4, 9, 5))], source).splitlines()[2:4]
    assert line == "    9 | 日本 x"
    assert caret == "      |      ^"  # 2 + 2 + 1 columns


def test_colour_is_for_those_who_ask() -> None:
    assert "\x1b[1;31m^^^\x1b[0m" in render_text([error("m")], source, colour=True)
    assert "\x1b" not in render_text([error("m")], source)


def test_a_long_source_line_is_cut_around_the_caret() -> None:
    span = Span("/c", 1, 1001, 1, 1002)
    text = render_text([error("m", span)], lambda *_: "x" * 1000 + "Y" + "z" * 1000)
    excerpt, caret = text.splitlines()[2:4]
    assert len(excerpt) < 200
    assert excerpt[caret.index("^")] == "Y"


# --- many findings --------------------------------------------------------------------------------


def test_findings_come_as_their_lines_were_read() -> None:
    inner = [error("b4", at(4, "/b", at(2))), error("a9", at(9, "/a", at(2)))]
    command_line = error("C", at(1, COMMAND_LINE_FILE))
    found = [error("3"), *inner, error("1", at(1)), error("none", None), command_line]
    assert [one.message for one in in_order(found)] == ["C", "1", "a9", "b4", "3", "none"]


def test_the_error_that_apache_names_comes_first() -> None:
    found = [error("1", at(1)), error("9", at(9)), error("5", at(5))]
    assert [one.message for one in in_order(found, found[1])] == ["9", "1", "5"]


def test_many_of_a_kind_are_folded_below_the_first() -> None:
    lines = [3, 5, 6, 7, 11]
    found = [*(error("m", at(line), hint="h") for line in lines), error("other", at(4))]
    found.append(error("m", at(2, "/d"), hint="h"))
    text = render_text(found, nothing)
    assert text == (
        "error[bad-value]: m\n"
        "     --> /c:3:1\n"
        "      = help: h\n"
        "      = ... and 5 more of these: lines 5-7, 11; line 2 of /d\n"
        "\n"
        "error[bad-value]: other\n"
        "     --> /c:4:1\n"
        "\n"
    )


def test_different_hints_are_different_kinds_but_none_joins_any() -> None:
    hints = ["h", "g", None, "h"]
    found = [error("m", at(line), hint=hint) for line, hint in enumerate(hints, 1)]
    text = render_text(found, nothing)
    assert re.findall(r"--> .*|= .*", text) == [
        "--> /c:1:1",
        "= help: h",
        "= ... and 2 more of these: lines 3-4",
        "--> /c:2:1",
        "= help: g",
    ]


def test_modules_that_are_missing_are_one_kind() -> None:
    found = [
        Diagnostic(Severity.WARNING, "module-not-implemented", f"no module {number}", at(number))
        for number in range(1, 4)
    ]
    assert render_text(found, nothing) == (
        "warning[module-not-implemented]: no module 1\n"
        "     --> /c:1:1\n"
        "      = ... and 2 more of these: lines 2-3\n"
        "\n"
    )


def test_a_fold_of_scattered_lines_is_cut() -> None:
    text = render_text([error("m", at(line)) for line in range(1, 2001, 2)], nothing)
    assert "and 999 more of these: lines 3, 5, 7" in text
    assert len(text) < 400
    text = render_text([error("m", at(1, f"/{number}")) for number in range(1000)], nothing)
    assert "more files" in text
    assert len(text) < 800


def test_a_long_hint_is_given_once() -> None:
    hint = "x" * 61
    text = render_text([error("a", at(1), hint=hint), error("b", at(2), hint=hint)], nothing)
    assert text.count(hint) == 1
    assert "= help: as for /c:1:1" in text


def test_what_is_too_much_is_counted() -> None:
    found = [error(f"m{line}", at(line)) for line in range(5)]
    text = render_text(found, nothing, most=2)
    assert text.count("error[") == 2
    assert text.endswith("... and 3 more findings; --format json shows them all\n\n")
