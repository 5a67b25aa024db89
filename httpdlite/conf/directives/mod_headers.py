"""mod_headers.c: Header and RequestHeader, judged as httpd does; not carried out yet.

In: the words of one directive. Out: httpd's message for what it does not take. Hides the actions
and their numbers of words, the clause at the end (`early`, `env=`, `expr=`), the formats `%{…}e`.
Rules: mod_headers' documentation; wordings and the order of checks as observed with 2.4.71.

1. Words after the value: an action that takes no value (unset, echo) has one more at most, others
   the same, edit has its substitution before it.
2. A percent sign at the very end is itself; before anything else a known letter must stand.
"""

from typing import Final

from httpdlite.conf.call import EVERYWHERE, Call, ConfigError
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.rows import Arity, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import later
from httpdlite.conf.values import expression, pattern

MODULE: Final = judged_module("headers")

_ACTIONS: Final = frozenset("add set setifempty append merge unset echo note edit edit*".split())
_BAD_ACTION: Final = (
    "first argument must be 'add', 'set', 'setifempty', 'append', 'merge', 'unset', 'echo', "
    "'note', 'edit', or 'edit*'."
)
_NO_VARIABLE: Final = (
    "error: missing environment variable name. envclause should be in the form env=envar "
)
_LETTERS: Final = "Dtliebs"  # of the formats: time, load and so on


def _check(call: Call) -> None:
    words = [word.text for word in words_of(call)]
    of_request = call.name == "RequestHeader"
    if not of_request and words and lower(words[0]) in {"always", "onsuccess"}:
        del words[0]
    if len(words) > 5:
        raise call.error(f"{call.name} has too many arguments")
    action = lower(words[0]) if words else ""
    given: list[str | None] = [*words[1:], *[None] * 4]
    name, value, more, clause = given[0] or "", given[1], given[2], given[3]
    if action not in _ACTIONS:
        raise call.error(_BAD_ACTION)
    if action in {"edit", "edit*"}:
        _check_edit(call, value, more)
        value = more
    else:
        if of_request and action == "note":
            raise call.error("RequestHeader does not support the 'note' action")
        if clause is not None:
            raise call.error("Too many arguments to directive")
        clause = more
        if action in {"unset", "echo"}:
            clause = _clause_of_bare(call, action, name, value, more)
            value = None
        elif value is None:
            raise call.error("Header requires three arguments")
    _check_clause(call, clause)
    if value is not None:
        _check_value(call, value)


def _check_edit(call: Call, expression: str | None, replacement: str | None) -> None:
    if expression is None or replacement is None:
        raise call.error("Header edit requires a match and a substitution")
    pattern(call, expression, None, "Header edit regex could not be compiled")


def _clause_of_bare(
    call: Call, action: str, name: str, value: str | None, more: str | None
) -> str | None:
    """The clause of an action without a value; httpd checks the echo's expression first."""
    if action == "echo":
        _check_echo(call, name, more)
    if more is not None:
        raise call.error("header unset takes two arguments")
    return value


def _check_echo(call: Call, name: str, more: str | None) -> None:
    if more is not None:
        raise call.error("Header echo takes two arguments")
    if call.name == "RequestHeader":
        raise call.error("Header echo only valid on Header directives")
    pattern(call, name, None, "Header echo regex could not be compiled")


def _check_clause(call: Call, clause: str | None) -> None:
    if clause is None or lower(clause) == "early":
        return
    kind, equals, rest = clause.partition("=")
    if equals and lower(kind) == "env":
        if rest in {"", "!"}:
            raise call.error(_NO_VARIABLE)
    elif equals and lower(kind) == "expr":
        expression(call, rest, None, "Can't parse envclause/expression: {}")
    else:
        raise call.error(f"Unknown parameter: {clause}")


def _check_value(call: Call, value: str) -> None:
    if value.startswith("expr="):
        text = value.removeprefix("expr=")
        expression(call, text, None, "Can't parse value expression : {}", string=True)
        return
    letter = _unknown_format(value)
    if letter is not None:
        raise _bad_format(call, letter)


def _bad_format(call: Call, letter: str) -> ConfigError:
    hint = "A percent sign that is meant as itself is written %%."
    return call.error(f"Unrecognized header format %{letter}", hint=hint)


def _unknown_format(value: str) -> str | None:
    """The letter of a format that httpd does not know, "" at the end; None if all are known."""
    at = value.find("%")
    while 0 <= at < len(value) - 1:
        at += 1
        if value[at] == "{":
            end = value.find("}", at)
            at = end + 1 if end >= 0 else len(value)
            while value[at : at + 1] == "}":  # httpd skips them all
                at += 1
            if value[at : at + 1] not in set(_LETTERS):
                return value[at : at + 1]
        elif value[at] not in "%" + _LETTERS:
            return value[at]
        at = value.find("%", at + 1)
    return None


MODULES: Final = (
    (
        MODULE,
        (
            judged(
                "Header",
                Arity.RAW,
                EVERYWHERE,
                later("Let the worker send the header.", protects=True),
                "Changes a header of the response.",
                check=_check,
            ),
            judged(
                "RequestHeader",
                Arity.RAW,
                EVERYWHERE,
                later(
                    "Let the worker do without: X-Forwarded-For is sent anyhow, -Proto is not.",
                    protects=True,
                ),
                "Changes a header of the request before it is sent on.",
                check=_check,
            ),
        ),
    ),
)
