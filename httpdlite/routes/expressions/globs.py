r"""The globs of -fnmatch, -strmatch and -strcmatch. Pure.

Comes in: a glob. Goes out: a function that says whether it fits all of a text. Source: apr_fnmatch
(APR 1.7), as observed with httpd 2.4.71.

1. `*` fits anything, `?` one character, `[a-z]` one of a set, `[!a]` and `[^a]` one of no set; a
   backslash protects a character. Within a set a leading `]` is itself, and so is a `-` at the end.
2. `[` without a right end is itself. So is a backslash at the end of all.
3. With `by_segment` (-fnmatch) neither `*`, `?` nor a set fits a slash, and a set whose text has
   one is no set (but as the upper end of a range it is let in).
4. Bytes are ordered as C's plain `char`: those above 0x7f come first.
5. Each `*` but the last of a segment takes as little as it can and never reconsiders, which is
   enough, since what stands behind it has a fixed length. So a text of length n and a glob of
   length m cost n × m steps at most. What is beyond a request's budget does not fit.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from httpdlite.routes.regex import WORK

Fits = Callable[[str], bool]

_BYTES: Final = tuple(map(chr, range(256)))


@lru_cache(256)
def compile_glob(text: str, *, by_segment: bool = False, any_case: bool = False) -> Fits:
    """A function that says whether the glob fits."""
    source = "".join(_translate(text, by_segment=by_segment, any_case=any_case))
    fullmatch = re.compile(source, re.DOTALL).fullmatch
    if "*" not in text:
        return lambda subject: fullmatch(subject) is not None
    size = len(text)

    def fits(subject: str) -> bool:
        steps = len(subject) * size // _PER_STEP
        if steps > _FREE and not WORK.count(steps):
            WORK.give_up(text)
            return False
        return fullmatch(subject) is not None

    return fits


def compile_given(text: str, *, by_segment: bool = False, any_case: bool = False) -> Fits:
    """The same of a glob that a request brings along: to compile it costs something, too."""
    if len(text) > _SHORT and not WORK.count(len(text) * _TO_COMPILE):
        WORK.give_up(text)
        return lambda _subject: False
    return compile_glob(text, by_segment=by_segment, any_case=any_case)


_PER_STEP: Final = 16  # characters compared in one step
_FREE: Final = 1000
_SHORT: Final = 64
_TO_COMPILE: Final = 170  # steps for a character


def _translate(text: str, *, by_segment: bool, any_case: bool) -> list[str]:
    """The pieces of the regular expression; `fixed` holds those since the last star."""
    any_one = "[^/]" if by_segment else "."
    done: list[str] = []
    fixed: list[str] = []
    after_star = False
    at = 0
    while at < len(text):
        char = text[at]
        if char in "*?":
            end = _end_of_wildcards(text, at)
            wildcards = text[at:end]
            ones = [any_one] * wildcards.count("?")
            if "*" in wildcards:
                done += [*_behind_star(fixed, any_one, after_star), *ones]
                fixed, after_star = [], True
            else:
                fixed += ones
            at = end
            continue
        piece, at = _one(text, at, by_segment=by_segment, any_case=any_case)
        if by_segment and piece == "/":
            done += [*_last_of_segment(fixed, any_one, after_star), piece]
            fixed, after_star = [], False
        else:
            fixed.append(piece)
    return [*done, *_last_of_segment(fixed, any_one, after_star)]


def _end_of_wildcards(text: str, at: int) -> int:
    while at < len(text) and text[at] in "*?":
        at += 1
    return at


def _behind_star(fixed: list[str], any_one: str, after_star: bool) -> list[str]:
    return ["(?>", any_one, "*?", *fixed, ")"] if after_star else fixed


def _last_of_segment(fixed: list[str], any_one: str, after_star: bool) -> list[str]:
    return [any_one, "*", *fixed] if after_star else fixed


def _one(text: str, at: int, *, by_segment: bool, any_case: bool) -> tuple[str, int]:
    """What fits one character, and where it ends."""
    if text[at] == "[":
        found = _set(text, at, by_segment=by_segment, any_case=any_case)
        if found is not None:
            return found
    elif text[at] == "\\" and at + 1 < len(text):
        at += 1
    char = text[at]
    if any_case and char.isascii() and char.isalpha():
        return f"[{char.lower()}{char.upper()}]", at + 1
    return char if char == "/" else re.escape(char), at + 1


def _set(text: str, at: int, *, by_segment: bool, any_case: bool) -> tuple[str, int] | None:
    """A set that begins at `at`, and where it ends; None if it has no right end."""
    at += 1
    negated = text[at : at + 1] in {"!", "^"}
    at += negated
    first = at
    members: set[str] = set()
    while at < len(text):
        if text[at] == "]" and at > first:
            return _members(members, negated=negated, by_segment=by_segment), at + 1
        if text[at] == "\\":
            at += 1
            if at == len(text):
                return None
        if by_segment and text[at] == "/":
            return None
        low = high = text[at]
        if text[at + 1 : at + 2] == "-" and text[at + 2 : at + 3] != "]":
            at += 3 if text[at + 2 : at + 3] == "\\" else 2
            if at >= len(text) or (by_segment and text[at] == "\\"):
                return None
            high = text[at]
        members |= _range(low, high, any_case)
        at += 1
    return None


def _members(members: set[str], *, negated: bool, by_segment: bool) -> str:
    slash = "(?!/)" if by_segment else ""
    if not members:
        return slash + "." if negated else "(?!)"
    return f"{slash}[{'^' if negated else ''}{''.join(map(re.escape, sorted(members)))}]"


@lru_cache(1024)
def _range(low: str, high: str, any_case: bool) -> frozenset[str]:
    within = {char for char in _BYTES if _order(low) <= _order(char) <= _order(high)}
    if any_case:
        by_bounds = _is_upper(low) or _is_upper(high)
        bottom, top = _order(_lower(low)), _order(_lower(high))
        within |= {
            char
            for char in _BYTES
            if (by_bounds or _is_upper(char)) and bottom <= _order(_lower(char)) <= top
        }
    return frozenset(within)


def _order(char: str) -> int:
    return (ord(char) + 128) % 256


def _is_upper(char: str) -> bool:
    return "A" <= char <= "Z"


def _lower(char: str) -> str:
    return char.lower() if char.isascii() else char
