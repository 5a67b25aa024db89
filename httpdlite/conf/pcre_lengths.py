"""What a pattern is made of, and whether a lookbehind has the fixed lengths that PCRE asks for.

In: the groups of a pattern as `pcre` reads them. Out: yes or no. Each alternative of a lookbehind
must have a length; those of a group within it the same one. Rules: PCRE2 10.42 as observed.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

LONGEST: Final = 65535
DEEPEST: Final = 300  # groups and calls within each other; PCRE gives up, too


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
    found = (lengths.of_branch(branch) for branch in behind.branches)
    return all(length is not None and length <= LONGEST for length in found)


@dataclass(slots=True)
class _Lengths:
    """Lengths of groups, each found once. None is not fixed."""

    has_twins: bool
    around: set[int]  # meaning one of them would be a recursion
    known: dict[int, int | None] = field(default_factory=dict)
    within: list[int] = field(default_factory=list)

    def of_branch(self, branch: list[Item]) -> int | None:
        total = 0
        for item in branch:
            if item is Mark.END:
                break
            length = self._of(item)
            if length is None:
                return None
            total += length
        return total

    def _of(self, item: Item) -> int | None:
        if isinstance(item, int):
            return item
        if isinstance(item, Group):
            return self._of_group(item)
        if isinstance(item, Call):
            return self._of_call(item)
        if isinstance(item, Repeat):
            length = self._of(item.item)
            return length * item.least if length is not None and item.least == item.most else None
        return None

    def _of_group(self, group: Group) -> int | None:
        if group.is_assertion or group.skipped:
            return 0
        key = id(group)
        if key not in self.known:
            if key in self.within or len(self.within) > DEEPEST:
                return None
            self.within.append(key)
            lengths = {self.of_branch(branch) for branch in group.branches}
            self.within.pop()
            self.known[key] = lengths.pop() if len(lengths) == 1 else None
        return self.known[key]

    def _of_call(self, call: Call) -> int | None:
        if len(call.groups) != 1 or (call.number == 0 and call.name is None):
            return None
        if call.is_back and self.has_twins:
            return None
        if id(call.groups[0]) in self.around:
            return None
        return self._of_group(call.groups[0])
