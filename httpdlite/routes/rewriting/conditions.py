"""RewriteCond: compiled into functions that say yes or no.

Comes in: a ``RewriteCond``. Goes out: a ``Condition``, asked with a ``Course``. Hides the kinds of
tests. Source: RewriteCond; as observed with 2.4.71:

1. `<` and `>` compare lengths first, then bytes; without case they compare as C's strcasecmp().
2. Integers are what C's atoi() reads.
3. A pattern that has matched, and an expression that holds, set `%0` to `%9`; those that are
   negated never do. An expression without a match of its own empties them.
4. What is to be looked for on the disk must not have a NUL, which no text here has.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.directives.rewriting import CondTest, RewriteCond
from httpdlite.conf.numbers import atoi
from httpdlite.routes.expressions import EvaluationError, compile_outcome
from httpdlite.routes.expressions.functions import to_lower
from httpdlite.routes.expressions.view import FileStatus, Outside
from httpdlite.routes.pattern import as_bytes_text
from httpdlite.routes.regex import compile_regex, searcher
from httpdlite.routes.rewriting.course import Course, merge_vary
from httpdlite.routes.rewriting.words import Words, compile_words

Holds = Callable[[Course], bool]
Asks = Callable[[Course, str], bool]
"""Given the subject, filled in."""


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A condition, compiled. ``holds`` is after a possible exclamation mark."""

    holds: Holds
    or_next: bool
    no_vary: bool


def compile_condition(condition: RewriteCond, outside: Outside) -> Condition:
    """Compile one."""
    holds = (
        _expression(condition, outside)
        if condition.test is CondTest.EXPRESSION
        else _test(condition, compile_words(condition.subject))
    )
    return Condition(holds, condition.or_next, condition.no_vary)


def _test(condition: RewriteCond, subject: Words) -> Holds:
    fill, asks, negated = subject.fill, _asks(condition), condition.negated
    shown = as_bytes_text(condition.shown)
    case = " [NC]" if condition.ignore_case else ""

    def holds(course: Course) -> bool:
        text = fill(course)
        answer = asks(course, text) is not negated
        if course.traces:
            _say_result(course, text, shown + "'" + case, answer)
        return answer

    return holds


def _say_result(course: Course, text: str, shown: str, answer: bool) -> None:
    result = "matched" if answer else "not-matched"
    course.say(4, f"RewriteCond: input='{text}' pattern='{shown} => {result}")


def _asks(condition: RewriteCond) -> Asks:
    test, pattern = condition.test, as_bytes_text(condition.pattern)
    if test is CondTest.REGEX:
        return _regex(pattern, condition)
    if test in _OF_STATUS:
        return _status(*_OF_STATUS[test])
    if test in _OF_NUMBERS:
        compare, number = _OF_NUMBERS[test], atoi(pattern)
        return lambda _course, text: compare(atoi(text), number)
    if test is CondTest.TEXT_EQ:
        return _equals(pattern, ignore_case=condition.ignore_case)
    if test in _OF_TEXTS:
        return _order(_OF_TEXTS[test], pattern, ignore_case=condition.ignore_case)
    return _may_ask if test is CondTest.URL else _may_open


def _regex(pattern: str, condition: RewriteCond) -> Asks:
    search = searcher(compile_regex(pattern, ignore_case=condition.ignore_case))
    keeps = not condition.negated

    def asks(course: Course, text: str) -> bool:
        found = search(text)
        if found is None:
            return False
        if keeps:
            course.condition = found
        return True

    return asks


# --- comparisons ----------------------------------------------------------------------------------

_OF_NUMBERS: Final[dict[CondTest, Callable[[int, int], bool]]] = {
    CondTest.INT_EQ: operator.eq,
    CondTest.INT_NE: operator.ne,
    CondTest.INT_LT: operator.lt,
    CondTest.INT_LE: operator.le,
    CondTest.INT_GT: operator.gt,
    CondTest.INT_GE: operator.ge,
}
_OF_TEXTS: Final[dict[CondTest, Callable[[int], bool]]] = {
    CondTest.TEXT_LT: lambda order: order < 0,
    CondTest.TEXT_LE: lambda order: order <= 0,
    CondTest.TEXT_GT: lambda order: order > 0,
    CondTest.TEXT_GE: lambda order: order >= 0,
}
"""Given the order of two texts: -1, 0 or 1."""


def _equals(pattern: str, *, ignore_case: bool) -> Asks:
    if not ignore_case:
        return lambda _course, text: text == pattern
    lower = to_lower(pattern)
    return lambda _course, text: to_lower(text) == lower


def _order(fits: Callable[[int], bool], pattern: str, *, ignore_case: bool) -> Asks:
    if ignore_case:
        lower = to_lower(pattern)

        def without_case(_course: Course, text: str) -> bool:
            given = to_lower(text)
            return fits((given > lower) - (given < lower))

        return without_case
    key = (len(pattern), pattern)

    def asks(_course: Course, text: str) -> bool:
        given = (len(text), text)
        return fits((given > key) - (given < key))

    return asks


# --- files and other requests ---------------------------------------------------------------------

_EXECUTABLE: Final = 0o111
_OF_STATUS: Final[dict[CondTest, tuple[Callable[[FileStatus], bool], bool]]] = {
    CondTest.FILE: (lambda status: status.kind == "file", True),
    CondTest.SIZE: (lambda status: status.kind == "file" and status.size > 0, True),
    CondTest.DIRECTORY: (lambda status: status.kind == "directory", True),
    CondTest.LINK: (lambda status: status.kind == "link", False),
    CondTest.EXECUTABLE: (lambda status: status.mode & _EXECUTABLE != 0, True),
}
"""What must be so, and are links followed."""


def _status(judge: Callable[[FileStatus], bool], follow: bool) -> Asks:
    def asks(course: Course, text: str) -> bool:
        status = course.files.status(text, follow=follow) if text else None
        return status is not None and judge(status)

    return asks


def _may_ask(course: Course, text: str) -> bool:
    request = course.request
    if not text or request.is_subrequest:
        return False
    found = request.look_up(text)
    if found is None:
        return False
    if course.traces:
        course.say_bare(5, f"RewriteCond URI (-U check: path={text} -> status={found.status}")
    return found.status < _BAD


_BAD: Final = 400


def _may_open(course: Course, text: str) -> bool:
    """A subrequest for a file, as far as files matter here: is it there?"""
    request = course.request
    if not text or request.is_subrequest:
        return False
    directory = (request.filename or "").rpartition("/")[0]
    path = text if text.startswith("/") else f"{directory}/{text}"
    found = course.files.status(path, follow=True)
    is_moved = found is not None and found.kind == "directory"
    if course.traces:
        status = 301 if is_moved else 200
        course.say_bare(
            5, f"RewriteCond file (-F check: path={text} -> file={path} status={status}"
        )
    return found is not None and not is_moved


# --- expressions ----------------------------------------------------------------------------------


def _expression(condition: RewriteCond, outside: Outside) -> Holds:
    assert condition.expression is not None
    evaluate = compile_outcome(condition.expression, outside)
    negated, no_vary = condition.negated, condition.no_vary
    shown = as_bytes_text(condition.shown)
    case = " [NC]" if condition.ignore_case else ""

    def holds(course: Course) -> bool:
        try:
            found = evaluate(course.request)
        except EvaluationError as why:
            course.say(1, f"RewriteCond: expr='{shown}' evaluation failed: {why}")
            answer = negated
        else:
            if found.vary and not no_vary:
                merge_vary(course.request, ", ".join(found.vary))
            if found.holds and not negated:
                groups = found.groups
                course.condition = _Groups(groups) if groups is not None else None
            answer = found.holds is not negated
        if course.traces:
            _say_result(course, "(null)", shown + "'" + case, answer)
        return answer

    return holds


class _Groups:
    """The groups of an expression's last match."""

    __slots__ = ("group",)

    def __init__(self, group: Callable[[int], str | None]) -> None:
        self.group = group
