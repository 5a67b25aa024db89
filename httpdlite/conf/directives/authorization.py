"""What is required of who comes in, as values: the tree that Require and its sections make.

In: requirements and groups, in the order of the file; AuthMerging. Out: an ``Authorization`` per
section, and what two of them come to. Rules: mod_authz_core documentation (Require, AuthMerging);
how sections are merged as observed with 2.4.71:

1. What stands beside each other is one <RequireAny>. A group within one of its kind adds its
   members to that one; so do those of a <RequireNone> in a <RequireAll>, each negated.
2. AuthMerging counts for the section it stands in, and only that: without it, or with Off, the
   inner section's requirements count alone. Off without any requirement lets everybody in.
3. A section that says nothing of it has the outer one's.
"""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from httpdlite.conf.directives.core_sections import ALL_METHODS, Methods
from httpdlite.diagnostics import Span

if TYPE_CHECKING:
    from httpdlite.conf.expressions.tree import Condition, Word


class Needs(Enum):
    """How many members of a group must hold."""

    ANY = "Any"
    ALL = "All"


class Merging(Enum):
    """AuthMerging."""

    OFF = "off"
    AND = "and"
    OR = "or"


@dataclass(frozen=True, slots=True)
class Alias:
    """<AuthzProviderAlias>: the requirement that a name stands for. ``group_file`` is the one set
    within.
    """

    provider: str
    argument: str
    tree: "Condition | Word | str | None"
    group_file: str | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """One Require. ``tree``: the argument where it is an expression; where it may have some, a text
    without any is itself. ``place``: file and line.
    """

    provider: str
    argument: str
    tree: "Condition | Word | str | None" = None
    is_negative: bool = False
    methods: Methods = ALL_METHODS
    alias: Alias | None = None
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Group:
    """Members of which some must hold. ``merges``: made by AuthMerging out of two sections."""

    needs: Needs
    members: tuple["Requirement | Group", ...]
    is_negative: bool = False
    merges: bool = False


Member = Requirement | Group


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a section requires; None if it says nothing."""

    group: Group | None = None
    merging: Merging | None = None


NOTHING: Final = Authorization()


def required(*members: Member) -> Authorization:
    """Of a section in which they stand."""
    return Authorization(Group(Needs.ANY, members))


def members_added(member: Member, needs: Needs) -> tuple[Member, ...]:
    """What a member adds to a group of that kind (rule 1)."""
    if not isinstance(member, Group):
        return (member,)
    if not member.is_negative and member.needs is needs:
        return member.members
    if member.is_negative and member.needs is not needs:
        return tuple(replace(each, is_negative=not each.is_negative) for each in member.members)
    return (member,)


def combine(first: Authorization, second: Authorization) -> Authorization:
    """Two lines of one section."""
    groups = [each.group.members for each in (first, second) if each.group is not None]
    members = tuple(member for group in groups for member in group)
    group = Group(Needs.ANY, members) if groups else None
    return Authorization(group, second.merging or first.merging)


def merge(outer: Authorization, inner: Authorization) -> Authorization:
    """An outer section's and an inner one's (rules 2 and 3)."""
    if inner.merging is None and inner.group is None:
        return outer
    if inner.merging in (None, Merging.OFF):
        return inner
    if outer.group is None or inner.group is None:
        return Authorization(inner.group or outer.group, inner.merging)
    needs = Needs.ALL if inner.merging is Merging.AND else Needs.ANY
    both = Group(needs, (outer.group, inner.group), merges=True)
    return Authorization(both, inner.merging)
