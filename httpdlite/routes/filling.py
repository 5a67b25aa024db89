"""Values that are filled in, and how long they may get: what doubles and doubles ends here. Pure.

In: the pieces of a value. Out: the value, or ``TooLong``. Every part that makes texts of texts asks
this: rules, variables, edits of fields, expressions. Hides what one request may have in all.
Source: ap_pregsub; as observed with 2.4.71:

1. What `$1` and its like are put into must stay below 64 KiB: else there is a 500 (SetEnvIf,
   RedirectMatch, ProxyPassMatch), or the value stays as it was (Header edit; httpd leaves out the
   lines behind it, too).
2. Nothing else has a limit in httpd, whose child then dies of it. Here it is 1 MiB for a value,
   and 32 MiB for those of a request together, for which short ones do not count.
3. To escape a value takes time besides, which counts as that of searches does.
"""

from collections.abc import Sequence
from typing import Final

from httpdlite.conf.patterns.budget import MOST_OF_VALUE, WORK

SHORT: Final = 1024
MOST_REPLACED: Final = 65_536
_FEW: Final = 8
_PER_CHARACTER: Final = 4  # steps of 10 ns


class TooLong(Exception):  # noqa: N818 - it says what a value is
    """A value would be longer than a value may be."""

    def __init__(self) -> None:
        super().__init__("a value would be too long")


def fits(length: int) -> bool:
    """May a value have so many characters?"""
    return length <= SHORT or WORK.fill(length)


def filled(text: str) -> str:
    """The text, if it may be so long. Raises TooLong."""
    if len(text) > SHORT and not WORK.fill(len(text)):
        raise TooLong
    return text


def workable(text: str) -> bool:
    """May a text be escaped, or the like (rule 3)?"""
    return may_work(_PER_CHARACTER * len(text))


def may_work(steps: int) -> bool:
    """May something be done that takes so many steps? Little always may."""
    return steps <= SHORT or WORK.count(steps)


def joined(pieces: Sequence[str]) -> str:
    """The pieces as one value. Raises TooLong."""
    if len(pieces) > _FEW and sum(map(len, pieces)) > MOST_OF_VALUE:
        raise TooLong
    return filled("".join(pieces))


def replaced(pieces: Sequence[str]) -> str:
    """The same of what groups were put into (rule 1)."""
    if len(pieces) > _FEW and sum(map(len, pieces)) >= MOST_REPLACED:
        raise TooLong
    text = "".join(pieces)
    if len(text) >= MOST_REPLACED:
        raise TooLong
    return filled(text)
