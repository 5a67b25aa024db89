"""How much a failing search may cost: what a backtracking matcher has to try, as a power.

In: the tree of a pattern (`portable`). Out: a `Cost`: the number of steps for a text of n
characters is about `factor` * n ** `power`; `power` None is exponential, or not worked out. Hides
automata.

1. The pattern becomes an automaton of its characters (Glushkov's), repetitions written out; long
   ones count as endless. A search that may begin anywhere is one more loop, before it.
2. Two ways around a loop that take the same text: exponential. Two loops with one text that goes
   around the first, from the first to the second, and around the second: one power more
   (Weber and Seidl; "ambiguity of finite automata").
3. What stands at the end and cannot fail is left out: nothing goes back into it.
4. Lookarounds are tried wherever they stand, so their power is added.
All of it errs on the side of more: assertions are taken to hold, failure is taken to be possible.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from httpdlite.conf.patterns import sets
from httpdlite.conf.patterns.portable import (
    NOTHING,
    Capture,
    Chars,
    Choice,
    Edge,
    Look,
    Node,
    Repeat,
    Sequence,
    can_be_empty,
)

MOST_COPIES: Final = 8  # of a repeated item; more count as endless
MOST_PLACES: Final = 3000
MOST_STEPS: Final = 100_000  # of the search for a power
MOST_COMPARED: Final = 64  # branches
LARGEST_FACTOR: Final = 10**9


class Cost(NamedTuple):
    """Steps for a text of n characters: about factor * n ** power."""

    power: int | None
    factor: int

    def longest(self, steps: int) -> int:
        """The longest text that costs no more than so many steps."""
        room = steps // self.factor
        if self.power is None:
            return min(room.bit_length() // 2, 12)
        return room if self.power <= 1 else int(room ** (1 / self.power))

    def steps(self, length: int) -> int:
        """What a text costs at most."""
        if self.power is None:
            return self.factor << 2 * length
        return int(self.factor * length**self.power)


class _TooLarge(Exception):  # noqa: N818 - no error of anybody's
    """The automaton or the search grows too large."""


@lru_cache(1024)
def find_cost(node: Node) -> Cost:
    """The cost of a search with the pattern."""
    factor = min(_ways(node), LARGEST_FACTOR)
    try:
        return Cost(_power(node), factor)
    except _TooLarge:
        return Cost(None, factor)


def begins_once(node: Node, *, is_first: bool = True) -> bool:
    """Whether a search that fails at its beginning need not be tried further on: all that may
    stand first is `^`, or takes any text.
    """
    match node:
        case Edge():
            return node is Edge.START
        case Capture():
            return begins_once(node.item, is_first=is_first)
        case Choice():
            return all(begins_once(branch, is_first=is_first) for branch in node.branches)
        case Repeat(Chars(chars=sets.ALL), _, None):
            return is_first
        case Repeat():
            return node.least > 0 and begins_once(node.item, is_first=is_first)
        case Sequence():
            for index, item in enumerate(node.items):
                if begins_once(item, is_first=is_first and not index):
                    return True
                if not isinstance(item, Edge | Look):
                    return False
    return False


# --- powers ---------------------------------------------------------------------------------------


def _power(node: Node) -> int | None:
    """The power of a search; None is exponential."""
    once = begins_once(node)
    power = _power_from(_without_end(node), anywhere=not once)
    looking = _power_of_looks(node)
    if power is None or not looking:
        return power if looking is not None else None
    if once and _looks_first(node):
        return max(power, looking)
    return max(power, 1) + looking


def _power_of_looks(node: Node) -> int | None:
    """The highest power of trying one of the lookarounds, those within it included."""
    highest = 0
    for look in _looks(node):
        own, inner = _power_from(look.item, anywhere=False), _power_of_looks(look.item)
        if own is None or inner is None:
            return None
        highest = max(highest, own + inner)
    return highest


def _power_from(node: Node, *, anywhere: bool) -> int | None:
    automaton = _Automaton()
    part = automaton.add(node)
    if anywhere:
        everywhere = automaton.place(sets.ALL)
        automaton.join([everywhere], {everywhere: 1, **part.first})
    return automaton.power()


def _looks(node: Node) -> Iterator[Look]:
    """The lookarounds of a tree, without those in others."""
    match node:
        case Look():
            yield node
        case Sequence():
            for item in node.items:
                yield from _looks(item)
        case Choice():
            for branch in node.branches:
                yield from _looks(branch)
        case Repeat() | Capture():
            yield from _looks(node.item)


def _looks_first(node: Node) -> bool:
    """Whether all lookarounds stand before anything that may be tried more than once."""
    items = node.items if isinstance(node, Sequence) else (node,)
    for index, item in enumerate(items):
        if not isinstance(item, Edge | Look | Chars):
            return not any(True for rest in items[index:] for _ in _looks(rest))
    return True


# --- the end --------------------------------------------------------------------------------------


def _without_end(node: Node) -> Node:
    """The pattern without what cannot fail at its end."""
    match node:
        case Sequence():
            items = list(node.items)
            if len(items) > 1 and items[-1] in {Edge.END, Edge.LAST} and _takes_all(items[-2]):
                items.pop()
            while items:
                last = _without_end(items.pop())
                if last != NOTHING:
                    return Sequence((*items, last)) if items else last
            return NOTHING
        case Choice():
            branches = tuple(map(_without_end, node.branches))
            return NOTHING if all(one == NOTHING for one in branches) else Choice(branches)
        case Capture():
            item = _without_end(node.item)
            return NOTHING if item == NOTHING else Capture(item)
        case Repeat(Chars(), _, None):
            return Repeat(node.item, node.least, node.least) if node.least else NOTHING
        case Repeat(_, 0, 1):
            item = _without_end(node.item)
            return NOTHING if item == NOTHING else Repeat(item, 0, 1)
    return node


def _takes_all(node: Node) -> bool:
    """Whether nothing is left behind it: `.*`."""
    match node:
        case Capture():
            return _takes_all(node.item)
        case Sequence():
            return bool(node.items) and _takes_all(node.items[-1])
        case Repeat(Chars(chars=sets.ALL), _, None):
            return True
    return False


# --- the automaton --------------------------------------------------------------------------------


class _Part(NamedTuple):
    """A part of the pattern: places it begins and ends with; ways of being empty. Counts: 1, 2."""

    first: dict[int, int]
    last: dict[int, int]
    empty: int


_EMPTY: Final = _Part({}, {}, 1)


@dataclass(slots=True)
class _Automaton:
    """Places, each with its set; `follow` says how many ways lead from one to another (2: more)."""

    chars: list[int] = field(default_factory=list)
    follow: defaultdict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    steps: int = 0

    def place(self, chars: int) -> int:
        if len(self.chars) >= MOST_PLACES:
            raise _TooLarge
        self.chars.append(chars)
        return len(self.chars) - 1

    def join(self, before: Iterable[int], after: dict[int, int], ways: int = 1) -> None:
        for one in before:
            following = self.follow[one]
            self._count(len(after))
            for other, count in after.items():
                following[other] = min(2, following.get(other, 0) + count * ways)

    def _count(self, steps: int) -> None:
        self.steps += steps
        if self.steps > MOST_STEPS:
            raise _TooLarge

    def add(self, node: Node) -> _Part:
        match node:
            case Chars():
                place = self.place(node.chars)
                return _Part({place: 1}, {place: 1}, 0)
            case Sequence():
                return self._sequence(self.add(item) for item in node.items)
            case Choice():
                parts = [self.add(branch) for branch in node.branches]
                first = {place: n for part in parts for place, n in part.first.items()}
                last = {place: n for part in parts for place, n in part.last.items()}
                return _Part(first, last, min(2, sum(part.empty for part in parts)))
            case Capture():
                return self.add(node.item)
            case Repeat():
                return self._repeat(node)
        return _EMPTY

    def _sequence(self, parts: Iterable[_Part]) -> _Part:
        whole = _EMPTY
        for part in parts:
            for place, ways in whole.last.items():
                self.join([place], part.first, ways)
            first = whole.first | _times(part.first, whole.empty)
            last = part.last | _times(whole.last, part.empty)
            whole = _Part(first, last, min(2, whole.empty * part.empty))
        return whole

    def _repeat(self, node: Repeat) -> _Part:
        if node.most == 0:
            return _EMPTY
        if node.most is None or node.most > MOST_COPIES:
            least = min(node.least, MOST_COPIES)
            heads = [self.add(node.item) for _ in range(least - 1)]
            loop = self.add(node.item)
            for place, ways in loop.last.items():
                self.join([place], loop.first, ways)
            if not least:
                loop = loop._replace(empty=min(2, loop.empty + 1))
            return self._sequence([*heads, loop])
        heads = [self.add(node.item) for _ in range(node.least)]
        rest = _EMPTY
        for _ in range(node.most - node.least):
            rest = self._sequence([self.add(node.item), rest])
            rest = rest._replace(empty=min(2, rest.empty + 1))
        return self._sequence([*heads, rest])

    # --- loops --------------------------------------------------------------------------------

    def power(self) -> int | None:
        """The highest power of n; None if it is exponential."""
        loops = [loop for loop in self._components() if self._is_loop(loop)]
        if any(map(self._has_two_ways, loops)):
            return None
        return self._chain(loops)

    def _is_loop(self, places: list[int]) -> bool:
        return len(places) > 1 or places[0] in self.follow[places[0]]

    def _components(self) -> list[list[int]]:
        """Strongly connected places (Tarjan), those that come later in the pattern first."""
        index: dict[int, int] = {}
        low: dict[int, int] = {}
        stack: list[int] = []
        on_stack: set[int] = set()
        found: list[list[int]] = []
        for root in range(len(self.chars)):
            if root in index:
                continue
            work = [(root, iter(self.follow[root]))]
            index[root] = low[root] = len(index)
            stack.append(root)
            on_stack.add(root)
            while work:
                place, following = work[-1]
                for other in following:
                    if not self.chars[other]:
                        continue
                    if other not in index:
                        index[other] = low[other] = len(index)
                        stack.append(other)
                        on_stack.add(other)
                        work.append((other, iter(self.follow[other])))
                        break
                    if other in on_stack:
                        low[place] = min(low[place], index[other])
                else:
                    work.pop()
                    if work:
                        low[work[-1][0]] = min(low[work[-1][0]], low[place])
                    if low[place] == index[place]:
                        at = stack.index(place)
                        found.append(stack[at:])
                        on_stack.difference_update(stack[at:])
                        del stack[at:]
        return found

    def _has_two_ways(self, loop: list[int]) -> bool:
        """Whether a text may go around the loop in two ways."""
        within = set(loop)
        if any(self.follow[a].get(b, 0) > 1 for a in loop for b in within):
            return True
        same = {(place, place) for place in loop}
        forward: defaultdict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        queue, seen = list(same), set(same)
        while queue:
            pair = queue.pop()
            for a in self.follow[pair[0]].keys() & within:
                for b in self.follow[pair[1]].keys() & within:
                    self._count(1)
                    if self.chars[a] & self.chars[b]:
                        forward[a, b].append(pair)
                        if (a, b) not in seen:
                            seen.add((a, b))
                            queue.append((a, b))
        queue, back = list(same), set(same)
        while queue:
            for pair in forward[queue.pop()]:
                if pair not in back:
                    back.add(pair)
                    queue.append(pair)
        return len(back) > len(same)

    def _chain(self, loops: list[list[int]]) -> int:
        """The longest chain of loops of which each doubles what the one before has."""
        reach = [self._reachable(loop) for loop in loops]
        highest: list[int] = []  # for the loops, beginning with the last of the pattern
        for index, loop in enumerate(loops):
            power = 1
            for later in range(index):
                if loops[later][0] in reach[index]:
                    more = power < highest[later] + 1 and self._are_doubling(loop, loops[later])
                    power = max(power, highest[later] + more)
            highest.append(power)
        return max(highest, default=0)

    def _reachable(self, loop: list[int]) -> set[int]:
        seen, queue = set(loop), list(loop)
        while queue:
            for other in self.follow[queue.pop()]:
                if other not in seen and self.chars[other]:
                    seen.add(other)
                    queue.append(other)
        return seen

    def _are_doubling(self, loop: list[int], later: list[int]) -> bool:
        return any(self._doubles(a, b, set(loop), set(later)) for a in loop for b in later)

    def _doubles(self, start: int, end: int, loop: set[int], later: set[int]) -> bool:
        """Whether one text goes from start to start, from start to end and from end to end."""
        seen: set[tuple[int, int, int]] = set()
        queue = [(start, start, end)]
        while queue:
            x, y, z = queue.pop()
            for a in self.follow[x].keys() & loop:
                for c in self.follow[z].keys() & later:
                    both = self.chars[a] & self.chars[c]
                    if not both:
                        continue
                    self._count(len(self.follow[y]))
                    for b in self.follow[y]:
                        if both & self.chars[b] and (a, b, c) not in seen:
                            if (a, b, c) == (start, end, end):
                                return True
                            seen.add((a, b, c))
                            queue.append((a, b, c))
        return False


def _times(places: dict[int, int], ways: int) -> dict[int, int]:
    return {place: min(2, n * ways) for place, n in places.items()} if ways else {}


# --- factors --------------------------------------------------------------------------------------


def _ways(node: Node) -> int:
    """At most so many ways lead through the pattern with one text, loops apart."""
    match node:
        case Sequence():
            product = 1
            for item in node.items:
                product = min(product * _ways(item), LARGEST_FACTOR)
            return product
        case Choice():
            return _ways_of_choice(node)
        case Capture() | Look():
            return _ways(node.item)
        case Repeat(_, _, most):
            return _ways(node.item) if most is None or most > MOST_COPIES else _ways_of_copies(node)
    return 1


def _ways_of_copies(node: Repeat) -> int:
    """A few copies of an item: no more ways than lengths if copies can be told apart."""
    assert node.most is not None
    lengths = node.most - node.least + 1
    if node.most <= 1:
        return _ways(node.item) * lengths
    automaton = _Automaton()
    automaton.add(Repeat(node.item, 0, None))
    try:
        are_alike = automaton.power() != 1
    except _TooLarge:
        are_alike = True
    return min(_ways(node.item) ** node.most * lengths, LARGEST_FACTOR) if are_alike else lengths


def _ways_of_choice(node: Choice) -> int:
    """The sum over the branches that the same text may take."""
    ways = [_ways(branch) for branch in node.branches]
    if len(ways) > MOST_COMPARED:
        return min(sum(ways), LARGEST_FACTOR)
    heads = [_head(branch) for branch in node.branches]
    sums = (
        sum(n for n, other in zip(ways, heads, strict=True) if _are_alike(head, other))
        for head in heads
    )
    return min(max(sums), LARGEST_FACTOR)


def _head(node: Node) -> list[int]:
    """The sets of the characters that a branch begins with, as far as they are certain."""
    found: list[int] = []
    for item in node.items if isinstance(node, Sequence) else (node,):
        if isinstance(item, Repeat) and isinstance(item.item, Chars) and item.least:
            return [*found, item.item.chars]
        if isinstance(item, Chars):
            found.append(item.chars)
        elif not isinstance(item, Edge | Look):
            return [*found, _first(item)]
    return found


def _first(node: Node) -> int:
    """The characters that the node may begin with; all if it may be empty."""
    if can_be_empty(node):
        return sets.ALL
    match node:
        case Chars():
            return node.chars
        case Capture() | Repeat():
            return _first(node.item)
        case Choice():
            chars = 0
            for branch in node.branches:
                chars |= _first(branch)
            return chars
        case Sequence():
            return next((_first(one) for one in node.items if not can_be_empty(one)), sets.ALL)
    return sets.ALL


def _are_alike(head: list[int], other: list[int]) -> bool:
    return all(a & b for a, b in zip(head, other, strict=False))
