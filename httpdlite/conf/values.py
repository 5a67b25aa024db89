"""Checks of values that several directives share, as httpd makes them and words them.

In: a `Call` (the words of one directive). Out: nothing, or Call.error with httpd's message. What
only one directive does stands beside its row. Rules: httpd 2.4.71, as observed.
"""

from collections.abc import Callable, Iterable

from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.registry import Call, lower

Check = Callable[[Call], object]


def one_of(values: str, message: str, *, index: int = 0, any_case: bool = True) -> Check:
    """The word at `index` is one of `values` (separated by blanks)."""
    known = frozenset(values.split())

    def check(call: Call) -> None:
        word = call.words[index].text if index < len(call.words) else ""
        if (lower(word) if any_case else word) not in known:
            raise call.error(message.format(word), index)

    return check


def each_of(checks: Iterable[Check]) -> Check:
    """All of several checks, in order."""
    in_order = tuple(checks)

    def check(call: Call) -> None:
        for one in in_order:
            one(call)

    return check


def file_exists(message: str, *, index: int = 0) -> Check:
    """The word at `index` is a path, seen from ServerRoot, at which a file is."""

    def check(call: Call) -> None:
        word = call.words[index].text
        path = absolute(call.place.server_root, word)
        if call.place.files.kind(path) is not Kind.FILE:
            raise call.error(message.format(path), index)

    return check
