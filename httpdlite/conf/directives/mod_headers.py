"""mod_headers.c: Header and RequestHeader.

In: the words of one directive. Out: a `HeaderEdit`, or httpd's message for what it does not take.
Hides the actions and their numbers of words, the clause at the end (`early`, `env=`, `expr=`), the
formats `%{…}e`. A section's edits follow those of the sections around it, a vhost's those of the
main server. Rules: mod_headers' documentation; wordings and the order of checks as observed with
2.4.71.

1. Words after the value: an action that takes no value (unset, echo) has one more at most, others
   the same, edit has its substitution before it.
2. A percent sign at the very end is itself; before anything else a known letter must stand. In the
   text between, `\\n`, `\\r`, `\\t` and `\\\\` are what they are in C.
3. A name ends at its first colon. `early` counts at server level only.
4. What is no field name, and a line end in a value, httpd takes, and then answers with a 500 or
   sends it to the worker; so it does with a length of its own for a message. Here they are refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from httpdlite.conf.call import EVERYWHERE, Call, ConfigError, Module
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.rows import Arity, Refusal, Takes, repeated
from httpdlite.conf.spelling import lower
from httpdlite.conf.values import condition, pattern, text_tree
from httpdlite.diagnostics import Span

if TYPE_CHECKING:
    from httpdlite.conf.expressions.tree import Condition, Word

MODULE: Final = Module("headers_module", "mod_headers.c")


class Action(Enum):
    """What is done to the fields of a name."""

    ADD = "add"
    SET = "set"
    SET_IF_EMPTY = "setifempty"
    APPEND = "append"
    MERGE = "merge"
    UNSET = "unset"
    ECHO = "echo"
    NOTE = "note"
    EDIT = "edit"
    EDIT_ALL = "edit*"


class Item(NamedTuple):
    """A format: `%D`, or `%{name}e`."""

    letter: str
    name: str


@dataclass(frozen=True, slots=True)
class HeaderEdit:
    """One line. `name` is a field's, of an echo a regular expression, which `pattern` is of an
    edit. The value is `pieces`, or a text with expressions; of an edit it is the substitution, of
    a note the note's name. `variable` is that of `env=`, in lower case, and `is_unset`: it must
    not be there.
    """

    action: Action
    name: str
    words: tuple[str, ...]  # as it was written: expressions are not compared, they can be deep
    span: Span
    pieces: tuple[str | Item, ...] = ()
    expression: "Word | str | None" = field(default=None, compare=False)
    pattern: str = ""
    always: bool = False
    early: bool = False
    variable: str | None = None
    is_unset: bool = False
    condition: "Condition | None" = field(default=None, compare=False)


_ACTIONS: Final = {action.value: action for action in Action}
_EDITS: Final = (Action.EDIT, Action.EDIT_ALL)
_BARE: Final = (Action.UNSET, Action.ECHO)
_BAD_ACTION: Final = (
    "first argument must be 'add', 'set', 'setifempty', 'append', 'merge', 'unset', 'echo', "
    "'note', 'edit', or 'edit*'."
)
_NO_VARIABLE: Final = (
    "error: missing environment variable name. envclause should be in the form env=envar "
)
_LETTERS: Final = "Dtliebs"  # of the formats: time, load and so on


class _Clause(NamedTuple):
    """What stands at the end."""

    early: bool = False
    variable: str | None = None
    is_unset: bool = False
    condition: "Condition | None" = None


class _Value(NamedTuple):
    """A value as it was written."""

    pieces: tuple[str | Item, ...] = ()
    expression: "Word | str | None" = None


def _read(call: Call) -> HeaderEdit:
    words = [word.text for word in words_of(call)]
    written = tuple(words)
    of_request = call.name == "RequestHeader"
    always = False
    if not of_request and words and lower(words[0]) in {"always", "onsuccess"}:
        always = lower(words.pop(0)) == "always"
    if len(words) > 5:
        raise call.error(f"{call.name} has too many arguments")
    action = _ACTIONS.get(lower(words[0])) if words else None
    given: list[str | None] = [*words[1:], *[None] * 4]
    name, value, more, clause = given[0] or "", given[1], given[2], given[3]
    if action is None:
        raise call.error(_BAD_ACTION)
    matched = ""
    if action in _EDITS:
        matched, value = _check_edit(call, value, more), more
    else:
        if of_request and action is Action.NOTE:
            raise call.error("RequestHeader does not support the 'note' action")
        if clause is not None:
            raise call.error("Too many arguments to directive")
        clause = more
        if action in _BARE:
            clause = _clause_of_bare(call, action, name, value, more)
            value = None
        elif value is None:
            raise call.error("Header requires three arguments")
    end = _read_clause(call, clause)
    read = _read_value(call, value) if value is not None else _Value()
    if action is not Action.ECHO:
        name = name.partition(":")[0]
    return HeaderEdit(
        action=action,
        name=name,
        words=written,
        span=call.span,
        pieces=read.pieces,
        expression=read.expression,
        pattern=matched,
        always=always,
        early=end.early,
        variable=end.variable,
        is_unset=end.is_unset,
        condition=end.condition,
    )


def _check_edit(call: Call, expression: str | None, replacement: str | None) -> str:
    if expression is None or replacement is None:
        raise call.error("Header edit requires a match and a substitution")
    pattern(call, expression, None, "Header edit regex could not be compiled")
    return expression


def _clause_of_bare(
    call: Call, action: Action, name: str, value: str | None, more: str | None
) -> str | None:
    """The clause of an action without a value; httpd checks the echo's expression first."""
    if action is Action.ECHO:
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


def _read_clause(call: Call, clause: str | None) -> _Clause:
    if clause is None:
        return _Clause()
    if lower(clause) == "early":
        return _Clause(early=True)
    kind, equals, rest = clause.partition("=")
    if equals and lower(kind) == "env":
        if rest in {"", "!"}:
            raise call.error(_NO_VARIABLE)
        return _Clause(variable=lower(rest.removeprefix("!")), is_unset=rest.startswith("!"))
    if equals and lower(kind) == "expr":
        message = "Can't parse envclause/expression: {}"
        return _Clause(condition=condition(call, rest, None, message))
    raise call.error(f"Unknown parameter: {clause}")


# --- values ---------------------------------------------------------------------------------------


def _read_value(call: Call, value: str) -> _Value:
    if value.startswith("expr="):
        text = value.removeprefix("expr=")
        return _Value(expression=text_tree(call, text, None, "Can't parse value expression : {}"))
    pieces: list[str | Item] = []
    at = 0
    while 0 <= (mark := value.find("%", at)) < len(value) - 1:
        pieces.append(_unescaped(value[at:mark]))
        piece, at = _read_item(call, value, mark + 1)
        pieces.append(piece)
    rest = value[at:]
    pieces.append(_unescaped(rest.removesuffix("%")) + ("%" if rest.endswith("%") else ""))
    return _Value(_joined(pieces))


def _read_item(call: Call, value: str, at: int) -> tuple[str | Item, int]:
    """A format whose letter, or brace, is at `at`; and where it ends."""
    name = ""
    if value[at] == "{":
        end = value.find("}", at)
        name = value[at + 1 : end]
        at = end + 1 if end >= 0 else len(value)
        while value[at : at + 1] == "}":  # httpd skips them all
            at += 1
    elif value[at] == "%":
        return "%", at + 1
    letter = value[at : at + 1]
    if not letter or letter not in _LETTERS:
        raise _bad_format(call, letter)
    return Item(letter, name), at + 1


def _bad_format(call: Call, letter: str) -> ConfigError:
    hint = "A percent sign that is meant as itself is written %%."
    return call.error(f"Unrecognized header format %{letter}", hint=hint)


_ESCAPE: Final = re.compile(r"\\([\\nrt])")
_ESCAPED: Final = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPED[found[1]], text) if "\\" in text else text


def _joined(pieces: list[str | Item]) -> tuple[str | Item, ...]:
    """With texts that follow each other as one, and without empty ones."""
    joined: list[str | Item] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(piece, str) and isinstance(last, str):
            joined[-1] = last + piece
        elif piece != "":
            joined.append(piece)
    return tuple(joined)


# --- what is taken, and yet not done --------------------------------------------------------------

_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NAMED: Final = frozenset(
    (Action.ADD, Action.SET, Action.SET_IF_EMPTY, Action.APPEND, Action.MERGE)
)
_HARMLESS: Final = (Action.UNSET, Action.NOTE)
_FRAMING: Final = {"content-length": "Content-Length", "transfer-encoding": "Transfer-Encoding"}


def _refuse(edits: tuple[HeaderEdit, ...], *, of_request: bool) -> Iterator[Refusal]:
    for edit in edits:
        reason = _why_not(edit, of_request=of_request)
        if reason is not None:
            yield Refusal(reason, edit.span)


def _why_not(edit: HeaderEdit, *, of_request: bool) -> str | None:
    framing = _FRAMING.get(lower(edit.name))
    if framing is not None and (of_request or edit.action not in _HARMLESS):
        return f"{framing} says where the message ends, and cannot be edited"
    if edit.action in _NAMED and not _NAME.fullmatch(edit.name):
        return f"{edit.name!r} is no name of a field"
    texts = [piece for piece in edit.pieces if isinstance(piece, str)]
    if any(_CONTROLS.search(text) for text in texts):
        return f"the value for {edit.name} has a control character in it"
    return None


def _refuse_answers(edits: tuple[HeaderEdit, ...]) -> Iterator[Refusal]:
    return _refuse(edits, of_request=False)


def _refuse_requests(edits: tuple[HeaderEdit, ...]) -> Iterator[Refusal]:
    return _refuse(edits, of_request=True)


HEADER: Final = repeated(
    "Header",
    Takes(Arity.RAW, _read),
    contexts=EVERYWHERE,
    refuse=_refuse_answers,
    doc="Changes a header of the response.",
)
REQUEST_HEADER: Final = repeated(
    "RequestHeader",
    Takes(Arity.RAW, _read),
    contexts=EVERYWHERE,
    refuse=_refuse_requests,
    doc="Changes a header of the request before it is sent on.",
)
MODULES: Final = ((MODULE, (HEADER, REQUEST_HEADER)),)
