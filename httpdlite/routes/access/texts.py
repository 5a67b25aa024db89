"""Texts and conditions of access directives, compiled. Pure.

Comes in: the tree of a text or a condition, or a text without any expression. Goes out: a function
from a request to its value, or None where it has none: then httpd's lines are in the request's log.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import TypeVar

from httpdlite.conf.expressions.tree import Condition, Text, Variable, Word
from httpdlite.diagnostics import Span
from httpdlite.routes.expressions import (
    EvaluationError,
    Outside,
    View,
    compile_condition,
    compile_text,
)
from httpdlite.routes.pattern import as_bytes_text
from httpdlite.routes.request import Request

T = TypeVar("T")
ERROR = 3


class Complaint:
    """How an expression's failure is logged: who says so, and in which words."""

    __slots__ = ("code", "module", "place", "text")

    def __init__(self, module: str, code: str, text: str, span: Span | None) -> None:
        self.module = module
        self.code = code
        self.text = text
        self.place = f"{span.file}:{span.line}" if span is not None else "the configuration"

    def log(self, request: Request, why: EvaluationError) -> None:
        text = f"Evaluation of expression from {self.place} failed: {why}"
        request.log(self.module, ERROR, "", text)
        request.log(self.module, ERROR, self.code, f"{self.text}{why}")


def constant_of(tree: Word | str) -> str | None:
    """What a text without expressions says, latin-1 of its bytes; None if it has any."""
    if isinstance(tree, str):
        return as_bytes_text(tree)
    return as_bytes_text(tree.value) if isinstance(tree, Text) else None


def compile_phrase(
    tree: Word | str, outside: Outside, complaint: Complaint
) -> Callable[[Request], str | None]:
    """A function that gives a text; None if it cannot be evaluated."""
    constant = constant_of(tree)
    if constant is not None or isinstance(tree, str):
        return lambda _request: constant
    return _guarded(compile_text(tree, outside), complaint)


def compile_test(
    tree: Condition, outside: Outside, complaint: Complaint
) -> Callable[[Request], bool | None]:
    """A function that says whether a condition holds; None if it cannot be evaluated."""
    return _guarded(compile_condition(tree, outside), complaint)


def _guarded(evaluate: Callable[[View], T], complaint: Complaint) -> Callable[[Request], T | None]:
    def value(request: Request) -> T | None:
        try:
            return evaluate(request)
        except EvaluationError as why:
            complaint.log(request, why)
            return None

    return value


def mentions(tree: object, variable: str) -> bool:
    """Does a variable occur in a tree, evaluated or not? Trees may be deep."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Variable) and node.name == variable:
            return True
        if isinstance(node, tuple):
            waiting.extend(node)
        elif is_dataclass(node):
            waiting.extend(getattr(node, field.name) for field in fields(node))
    return False
