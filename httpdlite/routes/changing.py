"""What phases read that is no part of a request: whether it is the same the next time. Pure.

Comes in: a word of whoever looks at a clock, a file, or anything else of that kind. Goes out: for
who remembers what came of a request (``outcomes.py``), what was looked at and can be looked at
again; or that something was asked that nobody can ask beforehand. There is one ``CHANGING`` for a
process, which does one thing at a time.
"""

from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Look(Protocol[T_co]):
    """Looks at something, and is equal to any other look at the same; what it says is hashable."""

    def __call__(self) -> T_co: ...


class Changing:
    """``was_asked``: for something else than ``look`` gives. ``seen``: where looks are noted, if
    anybody wants to know.
    """

    __slots__ = ("seen", "was_asked")

    def __init__(self) -> None:
        self.was_asked = False
        self.seen: dict[Any, Any] | None = None

    def look(self, at: Look[T]) -> T:
        """What a look says."""
        found = at()
        if self.seen is not None:
            self.seen.setdefault(at, found)
        return found


CHANGING: Final = Changing()
