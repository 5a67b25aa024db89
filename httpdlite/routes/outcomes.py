"""What came of the phases of requests, for those of which they would read the same. Pure.

Comes in: a request that is about to go through its phases; one that has, and what they have read of
it. Goes out: an ``Outcome``, which makes the request what its phases would have made it. Hides how
it is known what they would read: phases are functions of what they read, so what they read next
depends on nothing but what they have read before. That makes a tree: at each node one thing to be
read, for each of its values the next node, or in the end what came of it. The request line and the
names are the same for all requests of one ``Outcomes``, see ``decide.py``.

1. What is read is noted by ``Witness``, which stands between a request and its phases, and by
   ``CHANGING`` for all that is no part of a request. Whether a file is there, or has changed, is
   looked at again. An outcome which has asked for the time, a file's content, an answer to a
   question is never remembered; nor one with lines for the error log, with an internal redirect in
   it, or for which a pattern was given up.
2. RequestHeader lines are carried out for each request, since they may read anything; a field that
   they have changed is not to be read afterwards.
3. At most ``MOST`` outcomes are kept of an ``Outcomes``. When many requests had none, because there
   is no room or nothing can be remembered, all are forgotten and it begins again.
4. Clients choose what is read, and what is made of it: what takes more than ``LONGEST`` bytes is
   not remembered, and all of a Site together have a ``Room``.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from httpdlite.conf.patterns.budget import WORK
from httpdlite.routes.changing import CHANGING
from httpdlite.routes.fieldlines import FieldLine
from httpdlite.routes.request import Connection, Edits, Head, Request
from httpdlite.routes.route import Refusal, Route

if TYPE_CHECKING:
    from httpdlite.routes.phases import Result

MOST: Final = 8
MOST_FAILED: Final = 4  # runs that were watched in vain
PATIENCE: Final = 64  # requests without an outcome, then it begins again
LONGEST: Final = 1 << 15
ROOM: Final = 1 << 24
_OF_OUTCOME: Final = 2048  # bytes, besides its texts
_OF_TEXT: Final = 64  # besides its characters

Read = Callable[[Head, Connection], Hashable]
Key = bytes | Read
"""The name of a field, or a function that reads something else."""
Replaced = tuple[tuple[bytes, bytes | None], ...]
"""Fields by their names, with their new values, None for those that are taken out."""

_NOTHING: Final[Any] = None


class Outcome(NamedTuple):
    """What came of the phases. ``replaced``: fields that they have given another value."""

    found: Route | Refusal
    request: Request
    replaced: Replaced
    is_edited: bool  # RequestHeader was due

    def of(self, head: Head, connection: Connection) -> Request:
        """The request with that head as its phases would have left it; the head is changed, too.
        Raises Unanswered: RequestHeader lines may ask what takes time.
        """
        request = self.request.again(head, connection)
        for name, value in self.replaced:
            head.replace(name, value)
        edits = request.settings.request_edits
        if self.is_edited and edits is not None:
            request.may_wait = True
            edits.apply(request, head)
            request.may_wait = False
        return request


class _Node:
    """Something to be read, and what follows its values."""

    __slots__ = ("following", "key")

    def __init__(self, key: Key) -> None:
        self.key = key
        self.following: dict[Hashable, _Node | Outcome] = {}


class Room:
    """How many bytes some ``Outcomes`` may still take together, about."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = ROOM

    @property
    def is_full(self) -> bool:
        """Is there none left, but for a few small ones?"""
        return self.left < 2 * LONGEST


class Outcomes:
    """Of requests with the same request line and names."""

    __slots__ = ("_failed", "_kept", "_missed", "_room", "_root", "_taken")

    def __init__(self, room: Room) -> None:
        self._room = room
        self._taken = 0
        self._begin()

    def _begin(self) -> None:
        self._root: _Node | Outcome | None = None
        self._missed = self._kept = self._failed = 0
        self._room.left += self._taken
        self._taken = 0

    def find(self, head: Head, connection: Connection) -> Outcome | None:
        """What would come of the phases of a request; None if they have to be asked."""
        node = self._root
        while isinstance(node, _Node):
            key = node.key
            value = head.get(key) if isinstance(key, bytes) else key(head, connection)
            node = node.following.get(value)
        if node is None:
            self._missed += 1
        return node

    def wants(self) -> bool:
        """Is a request without an outcome to be watched?"""
        if self._missed > PATIENCE:
            self._begin()
        return self._kept < MOST and self._failed < MOST_FAILED

    def fail(self) -> None:
        """A request that was watched has to wait for something."""
        self._failed += 1

    def keep(self, witness: "Witness", result: "Result") -> None:
        """Remember what came of a request that was watched, if possible (rules 1 and 4)."""
        request = result.request
        size = witness.size_with(result)
        if (
            CHANGING.was_asked
            or request.lines
            or request.came_from is not None
            or WORK.has_given_up
            or size > min(LONGEST, self._room.left)
            or not self._add(witness.read, witness.outcome(result))
        ):
            self._failed += 1
        else:
            self._kept += 1
            self._taken += size
            self._room.left -= size

    def _add(self, read: Mapping[Key, Hashable], outcome: Outcome) -> bool:
        """False if there is something else already, which cannot be if rule 1 holds."""
        if not read:
            self._root = outcome
            return True
        steps = list(read.items())
        if self._root is None:
            self._root = _Node(steps[0][0])
        node = self._root
        for at, (key, value) in enumerate(steps):
            if not isinstance(node, _Node) or node.key != key:
                return False
            if at + 1 == len(steps):
                return node.following.setdefault(value, outcome) is outcome
            following = node.following.get(value)
            if following is None:
                following = node.following[value] = _Node(steps[at + 1][0])
            node = following
        return False


# --- what is read ---------------------------------------------------------------------------------


class Witness:
    """A request's head, for its phases: notes what they read of it. ``connection`` does the same
    for its connection.
    """

    def __init__(self, head: Head, connection: Connection) -> None:
        self.method, self.target, self.minor = head.method, head.target, head.minor
        self.read: dict[Key, Hashable] = {}
        self.connection = WitnessedConnection(self.read, connection)
        self._head = head
        self._below = connection
        self._replaced: Replaced = ()
        self._states: list[tuple[object, Replaced]] = [(head.save(), ())]  # before RequestHeader
        self._is_edited = False
        CHANGING.was_asked, CHANGING.seen = False, self.read

    def outcome(self, result: "Result") -> Outcome:
        """What came of it."""
        template = result.request.again(_NOTHING, _NOTHING)
        return Outcome(result.found, template, self._replaced, self._is_edited)

    def size_with(self, result: "Result") -> int:
        """About how many bytes it takes to remember what came of it, and what was read."""
        found, request = result
        of_found = (found.reason, *found.fields) if isinstance(found, Refusal) else found[:4]
        texts = (request.path, request.query, request.filename, request.path_info, request.user)
        pairs = (*request.environment.items(), *request.notes.items())
        fields = (*request.fields, *request.error_fields, *self._replaced)
        read = (*self.read, *self.read.values())
        return _OF_OUTCOME + _size((*read, of_found, texts, pairs, fields))

    def end(self, request: Request | None = None) -> None:
        """From now on nothing is noted. ``request``: as its phases have left it."""
        CHANGING.seen = None
        if request is not None:
            request.head, request.connection = self._head, self._below

    # --- see Head ---

    @property
    def line(self) -> bytes:
        line = self._head.line
        self.read.setdefault(_line, line)
        return line

    @property
    def host(self) -> bytes | None:
        host = self._head.host
        self.read.setdefault(_host, host)
        return host

    def get(self, name: bytes) -> bytes | None:
        value = self._head.get(name)
        if self._is_edited:
            CHANGING.was_asked = True
        elif not any(name == replaced.lower() for replaced, _ in self._replaced):
            self.read.setdefault(name, value)
        return value

    def named_fields(self) -> Iterable[tuple[bytes, bytes]]:
        CHANGING.was_asked = True
        return self._head.named_fields()

    @property
    def lines(self) -> Sequence[FieldLine]:
        CHANGING.was_asked = True
        return self._head.lines

    def replace(self, name: bytes, value: bytes | None) -> None:
        if self._is_edited:
            CHANGING.was_asked = True
        self._head.replace(name, value)
        self._replaced = (*self._replaced, (name, value))
        self._states.append((self._head.save(), self._replaced))

    def replace_all(self, lines: list[FieldLine]) -> None:
        CHANGING.was_asked = True
        self._head.replace_all(lines)

    def edit(self, edits: Edits, request: Request) -> None:
        """Rule 2."""
        was_asked = CHANGING.was_asked
        self.end(request)
        self._head.edit(edits, request)
        request.head, request.connection = self, self.connection
        CHANGING.was_asked, CHANGING.seen = was_asked, self.read
        self._is_edited = True

    def save(self) -> object:
        return self._head.save()

    def restore(self, saved: object) -> None:
        self._head.restore(saved)
        for state, replaced in self._states:
            if state is saved:
                self._replaced, self._is_edited = replaced, False
                return
        CHANGING.was_asked = True


def _noted(name: str) -> Any:
    """A property of a connection that is noted when it is read."""
    value: Callable[[Connection], Hashable] = attrgetter(name)

    def key(_: Head, connection: Connection) -> Hashable:
        return value(connection)

    return property(lambda witnessed: witnessed._note(key))


class WitnessedConnection:
    """See ``Witness``; ``local_ip`` and ``local_port`` are the same for all of an ``Outcomes``."""

    def __init__(self, read: dict[Key, Hashable], connection: Connection) -> None:
        self.local_ip, self.local_port = connection.local_ip, connection.local_port
        self._read = read
        self._below = connection

    def _note(self, key: Read) -> Any:
        value = key(_NOTHING, self._below)
        self._read.setdefault(key, value)
        return value

    ip = _noted("ip")
    port = _noted("port")
    peer_ip = _noted("peer_ip")
    peer_port = _noted("peer_port")
    is_announced = _noted("is_announced")
    scheme = _noted("scheme")
    default_port = _noted("default_port")

    def ssl(self, name: str, *, is_legacy: bool = False) -> str | None:
        return cast("str | None", self._note(_ssl(name, is_legacy=is_legacy)))

    def tls_variables(self, options: frozenset[str]) -> Mapping[str, str]:
        return dict(self._note(_tls_variables(options)))


def _line(head: Head, _: Connection) -> bytes:
    return head.line


def _host(head: Head, _: Connection) -> bytes | None:
    return head.host


@lru_cache(256)
def _ssl(name: str, *, is_legacy: bool) -> Read:
    return lambda _, connection: connection.ssl(name, is_legacy=is_legacy)


@lru_cache(64)
def _tls_variables(options: frozenset[str]) -> Read:
    return lambda _, connection: tuple(connection.tls_variables(options).items())


def _size(value: object) -> int:
    """Of texts, and of tuples of them."""
    if isinstance(value, bytes | str):
        return _OF_TEXT + len(value)
    return sum(map(_size, value)) if isinstance(value, tuple) else 0
