"""<If>, <ElseIf> and <Else>, compiled: which of them a request falls under. Pure.

Comes in: the sections of the tree; then a request. Goes out: those that hold. Source: ap_if_walk;
as observed with 2.4.71:

1. All of one level are asked first, in the order of the file, then what stands in those that held.
2. An <ElseIf> or <Else> holds only if none before it did, back to the <If>.
3. A condition that cannot be evaluated does not hold (AH00039).
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from httpdlite.conf.scope import Scope
from httpdlite.conf.tree import Conditional
from httpdlite.routes.expressions import (
    DiskFiles,
    EvaluationError,
    Outside,
    View,
    compile_condition,
)
from httpdlite.routes.request import Request


@cache
def outside() -> Outside:
    """The files and the environment that expressions see."""
    return Outside(files=DiskFiles(), environment=dict(os.environ))


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalSection:
    """One of them; `holds` is None for <Else>."""

    holds: Callable[[View], bool] | None
    is_else: bool
    scope: Scope
    place: str
    inner: tuple["ConditionalSection", ...]


def compile_conditionals(found: Iterable[Conditional]) -> tuple[ConditionalSection, ...]:
    """Compile the sections of a place, and what stands in them."""
    return tuple([_compile(section) for section in found])


def _compile(section: Conditional) -> ConditionalSection:
    condition = section.condition
    return ConditionalSection(
        compile_condition(condition, outside()) if condition is not None else None,
        section.is_else,
        section.scope,
        f"{section.span.file}:{section.span.line}",
        compile_conditionals(section.inner),
    )


def those_that_hold(
    sections: tuple[ConditionalSection, ...], request: Request
) -> tuple[ConditionalSection, ...]:
    """The sections whose settings count for a request, in the order of merging."""
    found: list[ConditionalSection] = []
    level = sections
    while level:
        held = _of_level(level, request)
        found += held
        level = tuple([inner for section in held for inner in section.inner])
    return tuple(found)


def _of_level(
    sections: tuple[ConditionalSection, ...], request: Request
) -> list[ConditionalSection]:
    held = []
    has_held = False
    for section in sections:
        if section.is_else and has_held:
            continue
        holds = section.holds
        if holds is None:
            held.append(section)
            continue
        try:
            has_held = holds(request)
        except EvaluationError as why:
            has_held = False
            text = f"Evaluation of expression from {section.place} failed: {why}"
            request.log("core", 3, "", text)
            request.log("core", 3, "AH00039", f"Failed to evaluate <If > condition: {why}")
        if has_held:
            held.append(section)
    return held
