"""A tree of requirements, compiled: requests in, granted or denied out (mod_authz_core). Pure.

Comes in: the ``Group`` of an ``Authorization``. Goes out: a tree of the same shape that judges
requests and says in their log what each part came to. Hides how outcomes combine, and what is
limited to some methods. As observed with 2.4.71:

1. What is limited to other methods is granted where all must hold, else neutral. A group is about
   the methods that one of its members is about.
2. Where all must hold the first that is denied decides; where one must, the first that is granted.
   What could still change with a user (NO_USER) goes before what is otherwise known.
3. `not` makes granted denied, and denied neutral: nobody comes in for what he is not.
4. What cannot be found out ends all of it (500).
"""

from dataclasses import dataclass
from typing import Protocol

from httpdlite.conf.directives.authorization import Group, Member, Needs
from httpdlite.conf.directives.core_sections import ALL_METHODS, Methods
from httpdlite.conf.spelling import lower
from httpdlite.routes.access.outcomes import Outcome
from httpdlite.routes.access.providers import Check, Surroundings, compile_requirement
from httpdlite.routes.pattern import as_bytes_text
from httpdlite.routes.request import Request

_GRANTED, _DENIED, _NO_USER = Outcome.GRANTED, Outcome.DENIED, Outcome.NO_USER
_NEUTRAL, _FAILED = Outcome.NEUTRAL, Outcome.FAILED
_DEBUG = 7
MODULE = "authz_core"


class Node(Protocol):
    """A part of the tree."""

    def is_about(self, method: str, /) -> bool: ...
    def judge(self, request: Request, method: str, /, *, within_all: bool) -> Outcome: ...


def is_limited_to(methods: Methods, method: str) -> bool:
    """Is a method, HEAD being GET, among those of <Limit> or <LimitExcept>?"""
    names, others = methods
    return (method in names) is not others


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One Require."""

    check: Check
    says: str
    is_negative: bool
    methods: Methods

    def is_about(self, method: str) -> bool:
        return is_limited_to(self.methods, method)

    def judge(self, request: Request, method: str, *, within_all: bool) -> Outcome:
        if not self.is_about(method):
            return _of_others(request, self.says, within_all=within_all)
        outcome = self.check(request)
        return _said(request, self.says, _negated(outcome) if self.is_negative else outcome)


@dataclass(frozen=True, slots=True)
class _Group:
    """A section of requirements."""

    members: tuple[Node, ...]
    needs_all: bool
    says: str
    is_negative: bool

    def is_about(self, method: str) -> bool:
        return any(member.is_about(method) for member in self.members)

    def judge(self, request: Request, method: str, *, within_all: bool) -> Outcome:
        if not self.is_about(method):
            return _of_others(request, self.says, within_all=within_all)
        outcome = _NEUTRAL
        needs_all = self.needs_all
        decides, weak = (_DENIED, _GRANTED) if needs_all else (_GRANTED, _DENIED)
        for member in self.members:
            found = member.judge(request, method, within_all=needs_all)
            if found is _FAILED:
                return _FAILED
            if found is decides:
                outcome = found
                break
            if found is _NO_USER or (found is weak and outcome is _NEUTRAL):
                outcome = found
        return _said(request, self.says, _negated(outcome) if self.is_negative else outcome)


def _negated(outcome: Outcome) -> Outcome:
    if outcome is _GRANTED:
        return _DENIED
    return _NEUTRAL if outcome in (_DENIED, _NO_USER) else outcome


def _said(request: Request, what: str, outcome: Outcome) -> Outcome:
    if request.wants(MODULE, _DEBUG):
        text = f"authorization result of {what}: {outcome.value.rstrip()}"
        request.log(MODULE, _DEBUG, "AH01626", text)
    return outcome


def _of_others(request: Request, what: str, *, within_all: bool) -> Outcome:
    outcome = _GRANTED if within_all else _NEUTRAL
    if request.wants(MODULE, _DEBUG):
        text = f"{what}: {outcome.value} (directive limited to other methods)"
        request.log(MODULE, _DEBUG, "AH01625", f"authorization result of {text}")
    return outcome


# --- compiling ------------------------------------------------------------------------------------


def compile_member(member: Member, around: Surroundings) -> Node:
    """A tree that judges."""
    if isinstance(member, Group):
        members = tuple([compile_member(each, around) for each in member.members])
        needs_all = member.needs is Needs.ALL
        return _Group(members, needs_all, _name_of(member), member.is_negative)
    negation = "not " if member.is_negative else ""
    says = as_bytes_text(f"Require {negation}{member.provider} {member.argument}")
    check = compile_requirement(member, around)
    return _Leaf(check, says, member.is_negative, member.methods)


def _name_of(group: Group) -> str:
    if group.merges:
        return f"AuthMerging {group.needs.value}"
    if not group.is_negative:
        return f"<Require{group.needs.value}>"
    return "<RequireNotAll>" if group.needs is Needs.ALL else "<RequireNone>"


def lets_everybody_in(group: Group) -> bool:
    """Is it plain that all requests are granted? The first member decides, if it is."""
    if group.needs is not Needs.ANY or group.is_negative:
        return False
    first = group.members[0]
    if isinstance(first, Group):
        return lets_everybody_in(first)
    what = (first.provider, lower(first.argument), first.is_negative, first.methods)
    return what == ("all", "granted", False, ALL_METHODS)
