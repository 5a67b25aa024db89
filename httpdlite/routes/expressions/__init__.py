"""Expressions that can be evaluated: a tree of `conf.expressions` in, a function out. Pure.

``compile_condition`` gives a function from a ``View`` to yes or no, ``compile_text`` one from a
``View`` to a text; ``compile_outcome`` is for those who need more than yes or no: the groups that
`$1` and `%1` stand for (RewriteCond, SetEnvIfExpr) or the fields for Vary (<If>, RewriteCond).
Everything is worked out once; an evaluation reads no expression. Hides words (``words``,
``functions``), tests (``conditions``), globs and networks. Texts are latin-1, see ``View``.

What httpd refuses to evaluate raises ``EvaluationError`` with its reason. When compiling:
``CannotCompile`` for what is not done (PeerExtList, mod_proxy_hcheck's names), ``ForeignRegex`` of
`conf.patterns`. Each evaluation stands alone: it knows nothing of an earlier one's groups.
"""

from collections.abc import Callable
from typing import NamedTuple

from httpdlite.conf.expressions.tree import Concat, Condition, Text, Word
from httpdlite.routes.expressions.conditions import compile_test
from httpdlite.routes.expressions.files import DiskFiles
from httpdlite.routes.expressions.view import (
    NOTHING_OUTSIDE,
    EvaluationError,
    Files,
    FileStatus,
    Outside,
    View,
)
from httpdlite.routes.expressions.words import CannotCompile, Course, Found, compile_word
from httpdlite.routes.pattern import as_bytes_text

__all__ = [
    "CannotCompile",
    "DiskFiles",
    "EvaluationError",
    "FileStatus",
    "Files",
    "Outcome",
    "Outside",
    "View",
    "compile_condition",
    "compile_outcome",
    "compile_text",
]


class Outcome(NamedTuple):
    """What an evaluation has found."""

    holds: bool
    groups: Found | None
    """Gives a group by its number, None or IndexError if it has no text; None if none counts."""
    vary: tuple[str, ...]
    """The request's fields that were asked for, in order, as the expression names them."""


def compile_condition(
    condition: Condition, outside: Outside = NOTHING_OUTSIDE
) -> Callable[[View], bool]:
    """A function that says whether the condition holds; it may raise EvaluationError."""
    test = compile_test(condition, outside)
    return lambda view: test(view, Course())


def compile_outcome(
    condition: Condition, outside: Outside = NOTHING_OUTSIDE
) -> Callable[[View], Outcome]:
    """The same, with what was found on the way."""
    test = compile_test(condition, outside)

    def evaluate(view: View) -> Outcome:
        course = Course()
        holds = test(view, course)
        return Outcome(holds, course.groups, tuple(course.vary))

    return evaluate


def compile_text(word: Word, outside: Outside = NOTHING_OUTSIDE) -> Callable[[View], str]:
    """A function that gives the text of a value; it may raise EvaluationError.

    httpd ends a value with an empty piece, so whatever is not a constant stands one level deeper.
    """
    if isinstance(word, Text):
        constant = as_bytes_text(word.value)
        return lambda _view: constant
    say = compile_word(word, outside, 1 if isinstance(word, Concat) else 2)
    return lambda view: say(view, Course())
