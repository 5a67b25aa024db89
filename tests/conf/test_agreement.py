"""Verdicts: read from httpd's lines, and what counts as the same."""

import pytest

from tests.conf.agreement import Verdict, difference, plain, read_verdict

WRONG = Verdict("W", ((3, "a.conf"),), "Timeout takes one argument, seconds")


def test_a_verdict_of_the_read_phase_has_every_place() -> None:
    line = (
        "apache2: Syntax error on line 2 of a.conf: Syntax error on line 5 of macro 'm' (defined "
        'on line 1 of "b.conf") used on line 9 of "b.conf": Invalid command \'x\''
    )
    macro = 'macro \'m\' (defined on line 1 of "b.conf") used on line 9 of "b.conf"'
    expected = Verdict("R", ((2, "a.conf"), (5, macro)), "Invalid command 'x'")
    assert read_verdict([line]) == expected
    assert expected.line == 5
    assert expected.within("a.conf").places == ((5, macro),)


def test_a_verdict_of_the_walk_has_its_message_on_the_next_line() -> None:
    logged = "[Sun Nov 22 20:00:00.000000 2026] [core:warn] [pid 1:tid 1] AH00111: Config variable"
    lines = [logged, "AH00526: Syntax error on line 3 of a.conf:", "Not so.", ""]
    assert read_verdict(lines) == Verdict("W", ((3, "a.conf"),), "Not so.")


def test_a_verdict_of_the_checks_has_no_place() -> None:
    assert read_verdict(["AH00543: apache2: bad user name x"]) == Verdict(
        "C", (), "AH00543: bad user name x"
    )
    assert read_verdict(["AH00558: apache2: whatever", "Syntax OK"], accepted=True).accepted


@pytest.mark.parametrize(
    "message,rest",
    [
        ("Alias takes 1-2 arguments, a fakename", "Alias takes 1-2 arguments"),
        ("X takes one, two or three arguments, a, b", "X takes one, two or three arguments"),
        ("Options requires at least one argument, x", "Options requires at least one argument"),
        ("SSLEngine must be On or Off", "SSLEngine must be On or Off"),
        ("bad arguments, all of them", "bad arguments, all of them"),
    ],
)
def test_the_help_of_a_message_is_not_compared(message: str, rest: str) -> None:
    assert plain(message) == rest


@pytest.mark.parametrize(
    "other,kind",
    [
        (Verdict(), "refused here"),
        (Verdict("W", ((4, "a.conf"),), WRONG.message), "place"),
        (Verdict("R", WRONG.places, WRONG.message), "phase"),
        (Verdict("W", WRONG.places, "Timeout takes two arguments"), "message"),
        (Verdict("W", WRONG.places, "Timeout takes one argument, other help"), None),
        (Verdict("W", WRONG.places, "Timeout takes", cut=True), None),
    ],
)
def test_the_first_thing_that_differs(other: Verdict, kind: str | None) -> None:
    assert difference(WRONG, other) == kind
