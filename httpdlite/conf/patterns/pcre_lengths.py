"""What a pattern is made of, and whether a lookbehind has the fixed lengths that PCRE asks for.

In: the groups of a pattern as `pcre` reads them. Out: yes or no. Each alternative of a lookbehind
must have a length; those of a group within it the same one. Rules: PCRE2 10.42 as observed.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

LONGEST: Final = 65535
DEEPEST: Final = 2000  # groups and calls within each other: PCRE gives up, too


class Mark(Enum):
    """Items without a length."""

    VARIABLE = "matches texts of several lengths"
    END = "ends the alternative: ACCEPT, FAIL"


@dataclass(slots=True, eq=False)
class Group:
    """A group, or the pattern as a whole. An item that is an int has that length."""

    branches: "list[list[Item]]" = field(default_factory=lambda: [[]])
    is_assertion: bool = False
    skipped: bool = False  # DEFINE: nothing of it is matched where it stands
    size: int = 0  # of what it is compiled to, roughly
    around: "list[Group]" = field(default_factory=list)  # of a lookbehind: the groups it stands in


@dataclass(slots=True, eq=False)
class Call:
    """A group meant by number or name: called, or with `is_back` what it matched."""

    number: int = 0
    name: str | None = None
    is_back: bool = False
    groups: list[Group] = field(default_factory=list)


@dataclass(slots=True)
class Repeat:
    """An item with a quantifier; `most` None is without limit."""

    item: "Item"
    least: int
    most: int | None


Item: TypeAlias = int | Mark | Group | Call | Repeat


def has_fixed_length(behind: Group, *, has_twins: bool) -> bool:
    """Whether every alternative of a lookbehind has a length; `has_twins`: numbers are shared."""
    lengths = _Lengths(has_twins, {id(group) for group in behind.around})
    found = (_run(lengths.of_branch(branch)) for branch in behind.branches)
    return all(length is not None and length <= LONGEST for length in found)


def _run(work: "_Work") -> int | None:
    """Runs work that yields further work and gets its result: recursion without Python's limit."""
    stack, result = [work], None
    while stack:
        try:
            stack.append(stack[-1].send(result))
            result = None
        except StopIteration as done:
            stack.pop()
            result = done.value
    return result


@dataclass(slots=True)
class _Lengths:
    """Lengths of groups, each found once. None is not fixed."""

    has_twins: bool
    around: set[int]  # meaning one of them would be a recursion
    known: dict[int, int | None] = field(default_factory=dict)
    within: set[int] = field(default_factory=set)

    def of_branch(self, branch: list[Item]) -> "_Work":
        total = 0
        for item in branch:
            if item is Mark.END:
                break
            length = item if isinstance(item, int) else (yield self._of(item))
            if length is None:
                return None
            total += length
        return total

    def _of(self, item: Item) -> "_Work":
        if isinstance(item, Repeat):
            inner = item.item
            length = inner if isinstance(inner, int) else (yield self._of(inner))
            return length * item.least if length is not None and item.least == item.most else None
        if isinstance(item, Group):
            return (yield self._of_group(item))
        if isinstance(item, Call) and self._has_length(item):
            return (yield self._of_group(item.groups[0]))
        return None

    def _of_group(self, group: Group) -> "_Work":
        if group.is_assertion or group.skipped:
            return 0
        key = id(group)
        if key not in self.known:
            if key in self.within or len(self.within) > DEEPEST:
                return None
            self.within.add(key)
            lengths = set()
            for branch in group.branches:
                lengths.add((yield self.of_branch(branch)))
            self.within.discard(key)
            self.known[key] = lengths.pop() if len(lengths) == 1 else None
        return self.known[key]

    def _has_length(self, call: Call) -> bool:
        if len(call.groups) != 1 or (call.number == 0 and call.name is None):
            return False
        if call.is_back and self.has_twins:
            return False
        return id(call.groups[0]) not in self.around


_Work: TypeAlias = Generator["_Work", int | None, int | None]
