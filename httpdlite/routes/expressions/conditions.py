"""Conditions of expressions, compiled: a tree in, a function that says yes or no out.

Comes in: a ``Condition`` of `conf.expressions.tree`. Goes out: a closure over a ``View`` and the
``Course`` of one evaluation. Hides what operators compare and how. Source: "Expressions in Apache
HTTP Server" (operators), as observed with httpd 2.4.71.

1. Comparisons of strings are those of bytes; of integers, of what C's strtoll() reads: leading
   digits, 0 if there are none, no more than 64 bits.
2. `$0` to `$9` are set by a pattern that has groups; if it does not match they are empty from then
   on. A pattern without groups leaves them alone.
3. The right side of a comparison is worked out first, and the last word of a list: it shows in the
   order of the names in Vary.
4. Levels (see ``words``): an operand of `||` or `&&` is one level deeper, but for the last one,
   which may go on for ever; `!` and parentheses cost nothing. So conditions are ladders here: steps
   that may decide, then one last test.
"""

import operator
from collections.abc import Callable
from typing import Final

from httpdlite.conf.expressions.tree import (
    And,
    BinaryTest,
    Compare,
    Condition,
    Constant,
    Contained,
    ListCall,
    Match,
    Not,
    Number,
    Or,
    Text,
    UnaryTest,
    Word,
)
from httpdlite.conf.numbers import atol
from httpdlite.routes.expressions.globs import compile_given, compile_glob
from httpdlite.routes.expressions.networks import compile_network
from httpdlite.routes.expressions.view import Files, FileStatus, Outside, View
from httpdlite.routes.expressions.words import (
    DEEPEST,
    CannotCompile,
    Course,
    Say,
    compile_word,
    too_deep,
)
from httpdlite.routes.pattern import as_bytes_text
from httpdlite.routes.regex import compile_regex, searcher

Test = Callable[[View, Course], bool]
Step = tuple[Test, bool, bool]
"""A test, the result that decides, and what it decides."""


def compile_test(condition: Condition, outside: Outside, level: int = 1) -> Test:
    """A function that says whether it holds. Raises CannotCompile, and ForeignRegex."""
    if level > DEEPEST:
        return too_deep
    steps: list[Step] = []
    negated = False
    while True:
        if isinstance(condition, Not):
            negated = not negated
            condition = condition.operand
        elif isinstance(condition, And | Or):
            decides = isinstance(condition, Or)
            for operand in condition.operands[:-1]:
                test = compile_test(operand, outside, level + 1)
                steps.append((test, decides, decides is not negated))
            condition = condition.operands[-1]
        else:
            return _ladder(steps, _leaf(condition, outside, level + 1), negated)


def _ladder(steps: list[Step], last: Test, negated: bool) -> Test:
    if not steps:
        return _negation(last) if negated else last

    def holds(view: View, course: Course) -> bool:
        for test, decides, answer in steps:
            if test(view, course) is decides:
                return answer
        return last(view, course) is not negated

    return holds


def _negation(test: Test) -> Test:
    return lambda view, course: not test(view, course)


def _leaf(condition: Condition, outside: Outside, level: int) -> Test:
    """`level` is that of its words."""
    if isinstance(condition, Constant):
        value = condition.value
        return lambda _view, _course: value
    if level > DEEPEST:
        return too_deep
    match condition:
        case Compare():
            return _comparison(condition, outside, level)
        case Match():
            return _match(condition, compile_word(condition.word, outside, level))
        case Contained():
            return _contained(condition, outside, level)
        case UnaryTest():
            return _unary(condition, outside, level)
        case BinaryTest():
            return _binary(condition, outside, level)
    raise AssertionError(condition)


# --- comparisons ----------------------------------------------------------------------------------

_OF_TEXTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
_OF_NUMBERS: Final[dict[str, Callable[[int, int], bool]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


def _constant(word: Word) -> str | None:
    return as_bytes_text(word.value) if isinstance(word, Text | Number) else None


def _comparison(condition: Compare, outside: Outside, level: int) -> Test:
    left = compile_word(condition.left, outside, level)
    right = compile_word(condition.right, outside, level)
    constant = _constant(condition.right)
    if condition.numbers:
        return _number_comparison(_OF_NUMBERS[condition.operator], left, right, constant)
    compare = _OF_TEXTS[condition.operator]
    if constant is not None and compare is operator.eq:
        return lambda view, course: left(view, course) == constant
    if constant is not None:
        return lambda view, course: compare(left(view, course), constant)

    def holds(view: View, course: Course) -> bool:
        text = right(view, course)
        return compare(left(view, course), text)

    return holds


def _number_comparison(
    compare: Callable[[int, int], bool], left: Say, right: Say, constant: str | None
) -> Test:
    if constant is not None:
        number = atol(constant)
        return lambda view, course: compare(_integer(left(view, course)), number)

    def holds(view: View, course: Course) -> bool:
        number = _integer(right(view, course))
        return compare(_integer(left(view, course)), number)

    return holds


def _integer(text: str) -> int:
    is_plain = len(text) < _DIGITS_OF_LONG and text.isascii() and text.isdecimal()
    return int(text) if is_plain else atol(text)


_DIGITS_OF_LONG: Final = 19


def _match(condition: Match, subject: Say) -> Test:
    text, negated = as_bytes_text(condition.pattern.text), condition.negated
    pattern = compile_regex(text, ignore_case=condition.pattern.any_case)
    search = searcher(pattern)
    if not pattern.groups:
        return lambda view, course: (search(subject(view, course)) is None) is negated

    def holds(view: View, course: Course) -> bool:
        found = search(subject(view, course))
        course.groups = found.group if found is not None else None
        return (found is None) is negated

    return holds


def _contained(condition: Contained, outside: Outside, level: int) -> Test:
    word = compile_word(condition.word, outside, level)
    if isinstance(condition.among, ListCall):
        raise CannotCompile(f"{condition.among.name}()")
    constants = [_constant(each) for each in condition.among]
    if None not in constants:
        known = frozenset(constants)
        return lambda view, course: word(view, course) in known
    among = [compile_word(each, outside, level) for each in reversed(condition.among)]

    def holds(view: View, course: Course) -> bool:
        needle = word(view, course)
        return any(needle == each(view, course) for each in among)

    return holds


# --- operators with a hyphen ----------------------------------------------------------------------


def _unary(condition: UnaryTest, outside: Outside, level: int) -> Test:
    name, word = condition.name, compile_word(condition.word, outside, level)
    if name in _OF_STATUS:
        follow, judge = _OF_STATUS[name]
        return _status_test(outside.files, word, judge, follow=follow)
    match name:
        case "n":
            return lambda view, course: word(view, course) != ""
        case "z":
            return lambda view, course: word(view, course) == ""
        case "T":
            return lambda view, course: word(view, course).lower() not in _NOT_TRUE
        case "R":
            has = compile_network(_constant(condition.word) or "")
            return lambda view, _course: has(view.client_ip)
        case "U" | "A":
            return lambda view, course: view.may_ask(word(view, course))
        case "F":
            return lambda view, course: view.may_open(word(view, course))
    raise CannotCompile(f"-{name}")


_NOT_TRUE: Final = frozenset({"", "0", "off", "no", "false"})


def _status_test(
    files: Files, word: Say, judge: Callable[[FileStatus], bool], *, follow: bool
) -> Test:
    def holds(view: View, course: Course) -> bool:
        status = files.status(word(view, course), follow=follow)
        return status is not None and judge(status)

    return holds


_EXECUTABLE: Final = 0o111
_OF_STATUS: Final[dict[str, tuple[bool, Callable[[FileStatus], bool]]]] = {
    "d": (True, lambda status: status.kind == "directory"),
    "e": (True, lambda _: True),
    "f": (True, lambda status: status.kind == "file"),
    "s": (True, lambda status: status.kind == "file" and status.size > 0),
    "L": (False, lambda status: status.kind == "link"),
    "h": (False, lambda status: status.kind == "link"),
    "x": (False, lambda status: status.mode & _EXECUTABLE != 0),
}
"""Are links followed, and what must be so. -x is about the link itself."""

_OF_GLOBS: Final = {
    "fnmatch": {"by_segment": True},
    "strmatch": {},
    "strcmatch": {"any_case": True},
}


def _binary(condition: BinaryTest, outside: Outside, level: int) -> Test:
    left = compile_word(condition.left, outside, level)
    constant = _constant(condition.right)
    if condition.name == "ipmatch":
        has = compile_network(constant or "")
        return lambda view, course: has(left(view, course))
    options = _OF_GLOBS[condition.name]
    if constant is not None:
        fits = compile_glob(constant, **options)
        return lambda view, course: fits(left(view, course))
    right = compile_word(condition.right, outside, level)
    return lambda view, course: compile_given(right(view, course), **options)(left(view, course))
