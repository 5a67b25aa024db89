"""Which engine searches with a pattern: Python's `re`, PCRE, or both by the text's length.

In: a pattern in latin-1, as everything in it is a byte. Out: a `Regex`, whose `search` takes
latin-1 text and gives a match or None. Hides the choice.

1. What `portable` can read means the same to both, and is `re`'s: it costs a tenth of a call to the
   package. Everything else is PCRE's.
2. What may take more than `STEPS` steps of a text (`costs`) goes to PCRE, too, if the text is so
   long: PCRE has a limit of steps and `re` has none. So no search takes more than about 30 ms.
3. A search that is given up raises `MatchLimit`. httpd's would have failed, too, but after five
   times as many steps; whoever asks treats that as no match.
4. Many searches of one request are no more than a few (`budget`): what may take more than
   `EVERYDAY` steps is `re`'s only as long as all of it together may take little.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, Protocol, cast, overload

from httpdlite.conf.patterns.budget import WORK, MatchLimit
from httpdlite.conf.patterns.costs import Cost, begins_once, find_cost
from httpdlite.conf.patterns.library import LibraryRegex, Pattern
from httpdlite.conf.patterns.pcre import find_edits
from httpdlite.conf.patterns.portable import Node, read_portable, to_python
from httpdlite.conf.patterns.regex import ForeignRegex

STEPS: Final = 2_500_000  # of about 10 ns
EVERYDAY: Final = 2_000
DOUBTFUL: Final = 200  # shorter texts are those of every day
UNLIMITED: Final = 65_536  # texts are no longer, so a pattern that can do as much needs no guard


class Found(Protocol):
    """A match: `re.Match`, or PCRE's with the same methods."""

    @property
    def string(self) -> str:
        """The text that was searched."""
        ...

    @property
    def re(self) -> Pattern:
        """The pattern: how many groups, which names."""
        ...

    @overload
    def group(self, group: Literal[0] = 0, /) -> str: ...
    @overload
    def group(self, group: int | str, /) -> str | None: ...
    def group(self, group: int | str = 0, /) -> str | None:
        """The text of a group, None if it took no part. IndexError if there is no such group."""
        ...

    def start(self, group: int | str = 0, /) -> int:
        """Where the group begins, -1 if it took no part."""
        ...

    def end(self, group: int | str = 0, /) -> int:
        """Where it ends, -1 if it took no part."""
        ...

    def span(self, group: int | str = 0, /) -> tuple[int, int]:
        """Both."""
        ...

    def groupdict(self) -> Mapping[str, str | None]:
        """The texts of the groups that have names."""
        ...


class Search(Protocol):
    """Finds the first match in a text, from a position on. May raise MatchLimit."""

    def __call__(self, subject: str, position: int = 0, /) -> Found | None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Regex:
    """A compiled pattern."""

    pattern: str
    search: Search
    groups: int
    groupindex: Mapping[str, int]
    plan: "Plan"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done with a pattern: the tree if `re` can be trusted with it, for texts how long."""

    node: Node | None
    longest: int
    cost: Cost | None
    reason: str
    """Why it is PCRE's."""

    def __str__(self) -> str:
        if self.node is None:
            return f"pcre2 ({self.reason})"
        if self.longest >= UNLIMITED:
            return "re"
        assert self.cost is not None
        power = "exponential" if self.cost.power is None else f"power {self.cost.power}"
        return f"re for up to {self.longest} characters, then pcre2 ({power})"


@lru_cache(4096)
def plan_regex(pattern: str, *, ignore_case: bool = False, not_bol: bool = False) -> Plan:
    """What would be done with a pattern; compiles nothing. Raises BadRegex."""
    find_edits(pattern)
    try:
        node = read_portable(pattern, ignore_case=ignore_case, not_bol=not_bol)
    except ForeignRegex as why:
        return Plan(None, 0, None, str(why))
    cost = find_cost(node)
    return Plan(node, cost.longest(STEPS), cost, "")


@lru_cache(4096)
def compile_regex(pattern: str, *, ignore_case: bool = False, not_bol: bool = False) -> Regex:
    """Compiles a pattern as httpd would. With `not_bol` the text's beginning is none of a line.

    Raises BadRegex for what PCRE refuses, ForeignRegex for the little that cannot be done here.
    """
    plan = plan_regex(pattern, ignore_case=ignore_case, not_bol=not_bol)
    if plan.node is None:
        library = LibraryRegex(pattern, ignore_case=ignore_case, not_bol=not_bol)
        return Regex(pattern, library.search, library.groups, library.groupindex, plan)
    python = re.compile(to_python(plan.node), re.DOTALL | re.ASCII)
    search = cast(Search, python.match if begins_once(plan.node) else python.search)
    if plan.longest < UNLIMITED:
        library = LibraryRegex(pattern, ignore_case=ignore_case, not_bol=not_bol)
        assert plan.cost is not None
        search = _by_length(search, library.search, plan.longest, plan.cost)
    return Regex(pattern, search, python.groups, python.groupindex, plan)


def find_doubt(pattern: str) -> str | None:
    """What a reader should know of a pattern that PCRE takes: that searches may be given up, for
    texts as long as those of requests often are. Raises ForeignRegex if it cannot be compiled.
    """
    plan = plan_regex(pattern)
    if plan.cost is None:
        LibraryRegex(pattern)
        return None
    if plan.longest >= DOUBTFUL:
        return None
    if plan.cost.power is None:
        growth = "grows exponentially with"
    elif plan.cost.power > 1:
        growth = f"grows with the power of {plan.cost.power} of"
    else:
        growth = "is large whatever"
    return f"the time of a search with this expression {growth} the text's length"


def searcher(regex: Regex) -> Search:
    """The search of a pattern for those who take one that was given up for no match; it is noted in
    `WORK`.
    """
    search = regex.search
    if regex.plan.longest >= UNLIMITED:
        return search

    def find(subject: str, position: int = 0, /) -> Found | None:
        try:
            return search(subject, position)
        except MatchLimit:
            WORK.give_up(regex.pattern)
            return None

    return find


def _by_length(short: Search, long: Search, longest: int, cost: Cost) -> Search:
    everyday = cost.longest(EVERYDAY)

    def search(subject: str, position: int = 0, /) -> Found | None:
        length = len(subject) - position
        if length <= everyday or (length <= longest and WORK.guess(cost.steps(length))):
            return short(subject, position)
        return long(subject, position)

    return search
