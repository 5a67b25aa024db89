"""Values and conditions of mod_headers: what was written in, functions of a request out. Pure.

Hides the formats (`%D`, `%{name}e` …), expressions and what becomes of one that fails, and the
substitutions of edits. Source: mod_headers; as observed with 2.4.71:

1. A variable that is not there is `(null)`. A condition that cannot be evaluated holds (AH01501), a
   value is empty (AH02557).
2. Which fields of the request a condition has looked at, goes to Vary.
3. No control byte but the tab is in a value: a blank stands for a run of them, where httpd answers
   with a 500 or sends them on. Idle and busy are those of a server that is never busy: no request
   holds a thread of its own here.
4. What is put together, or edited, has a limit (`filling`): beyond it a value is empty, as one that
   cannot be evaluated, and one that is edited stays as it was. httpd leaves out the lines behind
   such an edit, too, without a word.
"""

import os
import re
from collections.abc import Callable
from typing import Final

from httpdlite.conf.directives.mod_headers import Action, HeaderEdit, Item
from httpdlite.conf.expressions.tree import Variable
from httpdlite.conf.patterns.budget import MOST_OF_VALUE
from httpdlite.routes.conditionals import outside
from httpdlite.routes.expressions import (
    EvaluationError,
    compile_outcome,
    compile_text,
)
from httpdlite.routes.filling import TooLong, fits, joined
from httpdlite.routes.pattern import as_bytes_text, expand, parse_template
from httpdlite.routes.regex import WORK, Search, compile_regex, searcher
from httpdlite.routes.request import Request

Value = Callable[[Request], str]
Condition = Callable[[Request, list[str]], bool]
"""The names of fields for Vary are added to the list."""

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]+")
_NULL: Final = "(null)"


# --- values ---------------------------------------------------------------------------------------


def compile_value(edit: HeaderEdit) -> Value | str:
    """The text of a value, or what gives it."""
    if edit.expression is not None:
        return _compile_expression(edit)
    if not edit.pieces:
        return ""
    if len(edit.pieces) == 1 and isinstance(edit.pieces[0], str):
        return as_bytes_text(edit.pieces[0])
    parts = [
        as_bytes_text(piece) if isinstance(piece, str) else _ITEMS[piece.letter](piece)
        for piece in edit.pieces
    ]

    def say(request: Request) -> str:
        try:
            return joined([part if isinstance(part, str) else part(request) for part in parts])
        except TooLong as why:
            WORK.note(f"{_name(edit)}: {why}")
            return ""

    return say


def _name(edit: HeaderEdit) -> str:
    return f"{edit.action.value} of the field {edit.name} ({edit.span.file}:{edit.span.line})"


def _compile_expression(edit: HeaderEdit) -> Value | str:
    if isinstance(edit.expression, str):
        return as_bytes_text(edit.expression)
    assert edit.expression is not None
    text = compile_text(edit.expression, outside())

    def say(request: Request) -> str:
        try:
            value = clean(text(request))
            if fits(len(value)):
                return value
            raise EvaluationError("a value would be too long")
        except EvaluationError as why:
            note_failure(request, edit, why, "AH02557", f"Can't evaluate value expression: {why}")
            return ""

    return say


def note_failure(
    request: Request, edit: HeaderEdit, why: EvaluationError, code: str, text: str
) -> None:
    """The lines for an expression that has no value."""
    place = f"{edit.span.file}:{edit.span.line}"
    request.log("headers", 3, "", f"Evaluation of expression from {place} failed: {why}")
    request.log("headers", 3, code, text)


def clean(text: str) -> str:
    """Fit to be a value."""
    return _CONTROLS.sub(" ", text).strip(" ") if _CONTROLS.search(text) else text


def _variable(item: Item) -> Value:
    key = as_bytes_text(item.name).lower()
    return lambda request: clean(request.environment.get(key, _NULL))


_OF_REQUEST: Final = frozenset(
    """
    API_VERSION AUTH_TYPE DOCUMENT_ROOT HTTP_ACCEPT HTTP_COOKIE HTTP_FORWARDED HTTP_HOST
    HTTP_PROXY_CONNECTION HTTP_REFERER HTTP_USER_AGENT IS_SUBREQ PATH_INFO QUERY_STRING REMOTE_ADDR
    REMOTE_HOST REMOTE_IDENT REMOTE_USER REQUEST_FILENAME REQUEST_METHOD REQUEST_SCHEME REQUEST_URI
    SCRIPT_FILENAME SERVER_ADMIN SERVER_NAME SERVER_PORT SERVER_PROTOCOL SERVER_SOFTWARE THE_REQUEST
    TIME TIME_DAY TIME_HOUR TIME_MIN TIME_MON TIME_SEC TIME_WDAY TIME_YEAR
    """.split()
)
"""What mod_ssl knows by its name besides TLS, with TLS or without."""


def _of_tls(item: Item) -> Value:
    name = item.name
    kind, mark, rest = name.partition(":")
    if mark and kind.upper() == "HTTP":
        key = rest.lower().encode("latin-1", "replace")
        return lambda request: clean((request.head.get(key) or b"").decode("latin-1")) or _NULL
    if mark and kind.upper() == "ENV":
        variable = as_bytes_text(rest).lower()
        return lambda request: clean(request.environment.get(variable) or "") or _NULL
    if name.upper() in _OF_REQUEST:
        say = compile_text(Variable(name.upper()))
        return lambda request: clean(say(request)) or _NULL
    return lambda request: clean(request.ssl(name) or "") or _NULL


def _duration(_: Item) -> Value:
    return lambda request: f"D={max(0, int((request.now - request.received) * 1e6))}"


def _time(_: Item) -> Value:
    return lambda request: f"t={int(request.received * 1e6)}"


def _load(_: Item) -> Value:
    return lambda _request: "l=" + "/".join([f"{load:.2f}" for load in os.getloadavg()])


def _idle(_: Item) -> Value:
    return lambda _request: "i=100"


def _busy(_: Item) -> Value:
    return lambda _request: "b=0"


_ITEMS: Final[dict[str, Callable[[Item], Value]]] = {
    "e": _variable,
    "s": _of_tls,
    "D": _duration,
    "t": _time,
    "l": _load,
    "i": _idle,
    "b": _busy,
}


# --- conditions -----------------------------------------------------------------------------------


def compile_condition(edit: HeaderEdit) -> Condition | None:
    """What says whether an edit is made; None: always."""
    if edit.variable is not None:
        return _of_variable(as_bytes_text(edit.variable), is_unset=edit.is_unset)
    if edit.condition is None:
        return None
    evaluate = compile_outcome(edit.condition, outside())

    def holds(request: Request, vary: list[str]) -> bool:
        try:
            outcome = evaluate(request)
        except EvaluationError as why:
            text = f"Failed to evaluate expression ({why}) - ignoring"
            note_failure(request, edit, why, "AH01501", text)
            return True
        vary += outcome.vary
        return outcome.holds

    return holds


def _of_variable(key: str, *, is_unset: bool) -> Condition:
    if is_unset:
        return lambda request, _vary: key not in request.environment
    return lambda request, _vary: key in request.environment


# --- substitutions --------------------------------------------------------------------------------


def compile_search(pattern: str) -> Search:
    """What finds a pattern in a value."""
    return searcher(compile_regex(as_bytes_text(pattern)))


def substituted(edit: HeaderEdit, search: Search, template: str, value: str) -> str:
    """A value with what a pattern finds in it replaced."""
    try:
        return _substituted(edit, search, template, value)
    except TooLong as why:
        WORK.note(f"{_name(edit)}: {why}")
        return value


def _substituted(edit: HeaderEdit, search: Search, template: str, value: str) -> str:
    done: list[str] = []
    length = 0
    while (found := search(value)) is not None:
        text = expand(parse_template(template), found)
        length += found.start() + len(text)
        if length > MOST_OF_VALUE:
            raise TooLong
        done += (value[: found.start()], text)
        value = value[found.end() :]
        if edit.action is Action.EDIT or found.end() == found.start():
            break
        if not WORK.count(_OF_EDIT + len(value) // _PER_STEP):
            WORK.give_up(edit.pattern)
            break
    return clean(joined((*done, value))) if done else value


_OF_EDIT: Final = 50
_PER_STEP: Final = 64
"""What each substitution of edit* counts for in what one request may cost: steps of 10 ns."""
