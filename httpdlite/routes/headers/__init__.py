"""mod_headers, compiled: the lines of a scope in; what changes requests and answers out. Pure.

``compile_request_edits`` and ``compile_response_edits`` are for the settings of a request,
``compile_early_edits`` for a server, whose `early` lines count as soon as a request has been read.
Hides what each action does (``tables``), and what its words say (``values``). Source: mod_headers;
as observed with 2.4.71:

1. An answer has two tables: `always` (err_headers_out) goes out before `onsuccess` (headers_out),
   which has all that a worker sent, whatever its status. One never sees the other.
2. The lines of `always` are carried out first. A page of the server's own for an error has only
   those: what was set for the answer before them is in the other table by then.
3. The type of an answer is kept besides: `set`, `setifempty`, `edit` and `unset` change it, `add`,
   `append` and `merge` only count if there is none.
4. Expect is the server's own affair; to change it changes nothing.
5. `echo` adds to `onsuccess`, even with `always`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from httpdlite.conf.directives.mod_headers import HEADER, REQUEST_HEADER, Action, HeaderEdit
from httpdlite.conf.scope import Scope
from httpdlite.routes.changing import CHANGING
from httpdlite.routes.fieldlines import FieldLine, field_line
from httpdlite.routes.headers import tables
from httpdlite.routes.headers.values import (
    Condition,
    Value,
    clean,
    compile_condition,
    compile_search,
    compile_value,
    substituted,
)
from httpdlite.routes.logline import LogLine
from httpdlite.routes.pattern import as_bytes_text
from httpdlite.routes.regex import WORK, Search
from httpdlite.routes.request import Field, Head, Request

__all__ = [
    "Answer",
    "EarlyEdits",
    "RequestEdits",
    "ResponseEdits",
    "compile_early_edits",
    "compile_request_edits",
    "compile_response_edits",
]

_TYPE: Final = b"content-type"
_VARY: Final = b"Vary"
_PLAIN: Final[dict[Action, Callable[[list[FieldLine], FieldLine], None]]] = {
    Action.ADD: tables.add_field,
    Action.SET: tables.set_field,
    Action.SET_IF_EMPTY: tables.set_if_empty,
    Action.APPEND: tables.append_field,
    Action.MERGE: tables.merge_field,
    Action.UNSET: tables.unset_field,
}


@dataclass(slots=True)
class Answer:
    """An answer on its way to the client: its tables, and its type."""

    status: int
    success: list[FieldLine]
    always: list[FieldLine]
    content_type: bytes | None = None

    def values(self, key: bytes) -> list[bytes]:
        """Of all fields of that name."""
        return [line[1][1] for line in (*self.success, *self.always) if line[0] == key]


# --- one line of configuration --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """A line, compiled. ``line`` is the field it is about, with its value if that is always the
    same; ``say`` gives it otherwise.
    """

    edit: HeaderEdit
    key: bytes
    line: FieldLine
    act: Callable[[list[FieldLine], FieldLine], None] | None  # None: see _do_more
    holds: Condition | None
    say: Value | None
    search: Search | None
    is_known: bool  # from the variables alone it can be said what it does
    is_varying: bool  # it depends on the request
    is_plain: bool  # `act` does all that is to be done, and always the same

    def resolve(self, request: Request | None, vary: list[str]) -> FieldLine | None:
        """The field with its value; None if nothing is to be done."""
        holds, say = self.holds, self.say
        if holds is None and say is None:
            return self.line
        if request is None or (holds is not None and not holds(request, vary)):
            return None
        if say is None:
            return self.line
        return field_line(self.line[1][0], say(request).encode("latin-1", "replace"))


@lru_cache(4096)
def _compile(edit: HeaderEdit) -> _Step:
    value = compile_value(edit)
    name = as_bytes_text(edit.name).encode("latin-1")
    constant = clean(value).encode("latin-1") if isinstance(value, str) else b""
    pattern = {Action.ECHO: edit.name, Action.EDIT: edit.pattern, Action.EDIT_ALL: edit.pattern}
    search, act = pattern.get(edit.action), _PLAIN.get(edit.action)
    holds = compile_condition(edit)
    is_varying = holds is not None or not isinstance(value, str)
    return _Step(
        edit=edit,
        key=name.lower(),
        line=field_line(name, constant),
        act=act,
        holds=holds,
        say=None if isinstance(value, str) else value,
        search=None if search is None else compile_search(search),
        is_known=_is_known(edit),
        is_varying=is_varying,
        is_plain=act is not None and not is_varying and name.lower() != _TYPE,
    )


def _is_known(edit: HeaderEdit) -> bool:
    """Expressions may ask for anything; times never come again."""
    items = [piece for piece in edit.pieces if not isinstance(piece, str)]
    return (
        edit.action not in (Action.ECHO, Action.NOTE)
        and edit.condition is None
        and (edit.expression is None or isinstance(edit.expression, str))
        and all(item.letter in "es" for item in items)
    )


def _edit(step: _Step, lines: list[FieldLine], new: FieldLine) -> None:
    search, template = step.search, new[1][1].decode("latin-1")
    assert search is not None
    tables.edit_fields(
        lines, step.key, lambda value: substituted(step.edit, search, template, value)
    )


# --- requests -------------------------------------------------------------------------------------


class RequestEdits:
    """What RequestHeader makes of a request's fields. ``touches``: names, in lower case, of those
    that may change. ``is_constant``: it is the same for all requests with the same fields.
    """

    __slots__ = ("_is_known", "_steps", "_varying", "is_constant", "touches")

    def __init__(self, steps: tuple[_Step, ...]) -> None:
        self._steps = steps
        self._varying = tuple([step for step in steps if step.is_varying])
        self._is_known = all(step.is_known for step in steps)
        self.touches = frozenset(step.key for step in steps)
        self.is_constant = self._is_known and not self._varying

    def apply(self, request: Request | None, head: Head) -> list[LogLine]:
        """Changes the fields of the head; lines for the log are with the request, which is not
        needed for what ``is_constant``.
        """
        if self._is_known:
            self._apply_known(request, head)
            return []
        assert request is not None
        lines = list(head.lines)
        vary: list[str] = []
        for step in self._steps:
            new = step.resolve(request, vary)
            if new is not None:
                _change(step, lines, new)
                head.replace_all(list(lines))  # the next one may ask for it
        return []

    def _apply_known(self, request: Request | None, head: Head) -> None:
        """What is known beforehand is done once for fields that come again."""
        values = [step.resolve(request, []) for step in self._varying]
        before: Any = head.save()
        kept = before.edited
        if kept is not None and kept[0] is self and kept[1] == values:
            head.restore(kept[2])
            return
        lines = list(head.lines)
        for step in self._steps:
            new = step.line if step.is_plain else step.resolve(request, [])
            if new is not None:
                _change(step, lines, new)
        head.replace_all(lines)
        if not WORK.has_given_up:
            before.edited = (self, values, head.save())


def _change(step: _Step, lines: list[FieldLine], new: FieldLine) -> None:
    if step.act is not None:
        step.act(lines, new)
    else:
        _edit(step, lines, new)


# --- answers --------------------------------------------------------------------------------------


class ResponseEdits:
    """What Header makes of an answer. ``is_constant``: the same of all with the same fields."""

    __slots__ = ("_always", "_is_known", "_success", "_varying", "is_constant")

    def __init__(self, steps: tuple[_Step, ...]) -> None:
        self._always = tuple([step for step in steps if step.edit.always])
        self._success = tuple([step for step in steps if not step.edit.always])
        self._is_known = all(step.is_known for step in steps)
        self._varying = tuple([step for step in steps if step.is_varying])
        self.is_constant = self._is_known and not self._varying

    def values(self, request: Request | None) -> list[FieldLine | None] | None:
        """All that its effect depends on, but for the answer's own fields; None if nobody knows
        that before it is carried out.
        """
        if not self._is_known:
            return None
        return [step.resolve(request, []) for step in self._varying]

    def apply(self, answer: Answer, request: Request | None, *, is_error: bool = False) -> None:
        """Changes an answer; of one of the server's own pages for an error (``is_error``) as far
        as `always` goes. Without a request (there was none that could be read) only what depends
        on nothing is done.
        """
        if request is not None:
            request.answer = answer
        for step in self._always:
            if step.is_plain and step.act is not None:
                step.act(answer.always, step.line)
            else:
                _do(step, answer.always, answer, request)
        if is_error:
            return
        for step in self._success:
            if step.is_plain and step.act is not None:
                step.act(answer.success, step.line)
            else:
                _do(step, answer.success, answer, request)


def _do(step: _Step, lines: list[FieldLine], answer: Answer, request: Request | None) -> None:
    vary: list[str] = []
    new = step.resolve(request, vary)
    if vary:
        value = ", ".join(vary).encode("latin-1", "replace")
        tables.append_field(answer.success, field_line(_VARY, value))
    if new is None:
        return
    if step.key == _TYPE:
        _change_type(step, answer, lines, new)
    if step.act is not None:
        step.act(lines, new)
    elif step.edit.action not in (Action.NOTE, Action.ECHO):
        _edit(step, lines, new)
    elif request is None:
        return
    elif step.edit.action is Action.NOTE:
        _note(lines, step.key, new, request)
    else:
        _echo(step, answer, request)


def _change_type(step: _Step, answer: Answer, lines: list[FieldLine], new: FieldLine) -> None:
    action = step.edit.action
    if action is Action.UNSET:
        answer.content_type = None
    elif action is Action.SET or (
        action is Action.SET_IF_EMPTY and not tables.has_field(lines, _TYPE)
    ):
        answer.content_type = new[1][1]
    elif step.search is not None and answer.content_type is not None:
        template, value = new[1][1].decode("latin-1"), answer.content_type.decode("latin-1")
        answer.content_type = substituted(step.edit, step.search, template, value).encode("latin-1")


def _note(lines: list[FieldLine], key: bytes, new: FieldLine, request: Request) -> None:
    name = new[1][1].decode("latin-1").lower()
    value = tables.first_value(lines, key)
    if value is None:
        request.notes.pop(name, None)
    else:
        request.notes[name] = value.decode("latin-1")


def _echo(step: _Step, answer: Answer, request: Request) -> None:
    search = step.search
    assert search is not None
    answer.success += [
        line for line in request.head.lines if search(line[1][0].decode("latin-1")) is not None
    ]


# --- early ----------------------------------------------------------------------------------------


class EarlyEdits:
    """What the `early` lines of a server make of a request, and of an answer before it is made."""

    __slots__ = ("_request", "_response")

    def __init__(self, request: RequestEdits | None, response: ResponseEdits | None) -> None:
        self._request = request
        self._response = response

    def apply(self, request: Request, head: Head) -> list[LogLine]:
        """See ``RequestEdits.apply``."""
        CHANGING.was_asked = True  # they may read and change all
        if self._request is not None:
            self._request.apply(request, head)
        if self._response is not None:
            success = [field_line(*field) for field in request.fields]
            always = [field_line(*field) for field in request.error_fields]
            answer = Answer(request.status, success, always)
            self._response.apply(answer, request)
            request.answer = None
            request.fields[:] = [Field(*line[1]) for line in answer.success]
            request.error_fields[:] = [Field(*line[1]) for line in answer.always]
        return []


# --- scopes ---------------------------------------------------------------------------------------


def compile_request_edits(scope: Scope) -> RequestEdits | None:
    """RequestHeader for the requests of a scope; None if there is nothing to do."""
    return _request_edits(scope[REQUEST_HEADER], early=False)


def compile_response_edits(scope: Scope) -> ResponseEdits | None:
    """Header for the answers of a scope."""
    return _response_edits(scope[HEADER], early=False)


def compile_early_edits(scope: Scope) -> EarlyEdits | None:
    """The `early` lines of a server; ``scope`` is its own, without sections."""
    of_request = _request_edits(scope[REQUEST_HEADER], early=True)
    of_response = _response_edits(scope[HEADER], early=True)
    if of_request is None and of_response is None:
        return None
    return EarlyEdits(of_request, of_response)


def _request_edits(edits: tuple[HeaderEdit, ...], *, early: bool) -> RequestEdits | None:
    found = tuple([edit for edit in edits if edit.early is early and edit.name.lower() != "expect"])
    return _requests(found) if found else None


def _response_edits(edits: tuple[HeaderEdit, ...], *, early: bool) -> ResponseEdits | None:
    found = tuple([edit for edit in edits if edit.early is early])
    return _responses(found) if found else None


@lru_cache(1024)
def _requests(edits: tuple[HeaderEdit, ...]) -> RequestEdits:
    return RequestEdits(tuple([_compile(edit) for edit in edits]))


@lru_cache(1024)
def _responses(edits: tuple[HeaderEdit, ...]) -> ResponseEdits:
    return ResponseEdits(tuple([_compile(edit) for edit in edits]))
