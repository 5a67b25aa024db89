r"""Patterns that PCRE itself searches with, through the `pcre2` package.

In: a pattern that `pcre` has found right, latin-1 text. Out: `Search` functions; `MatchLimit` when
one has taken too many steps, or cannot be done with this text. Hides what the package sets
(ALT_BSUX, NEVER_BACKSLASH_C), what PCRE2 has learned since 10.42, and limits. Rules: pcre2api(3).

1. The package knows some options by names of its own and passes the others on: DOLLAR_ENDONLY and
   DUPNAMES are given as PCRE2's numbers.
2. PCRE2's interpreter, as in httpd, never its compiler: there the limit counts other things, and a
   text of some thousand characters exhausts its stack.
3. The interpreter counts steps of about 11 ns. A step may run over the text where a pattern throws
   away what it has matched (atomic groups, lookarounds) or compares (references): half a ns for a
   character. So there the limit depends on the text's length. Automatic possessive repetition would
   make such steps, too, and is off.
4. PCRE counts anew wherever a search begins, so the way there is made part of the pattern: `.*?`
   and `\K`. Where that would mean something else (calls of the whole pattern, verbs), the limit is
   shared out among the places.
5. All searches of one piece of work share `MOST_COUNTED` steps (`budget`). PCRE does not say how
   many it has taken, so a search begins with a low limit, and again with four times as much.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Final, Literal, Protocol, cast, overload

from httpdlite.conf.patterns.budget import WORK, MatchLimit
from httpdlite.conf.patterns.pcre import CARET, find_edits
from httpdlite.conf.patterns.pcre_escapes import CASED_IN_SET, TOO_LARGE
from httpdlite.conf.patterns.regex import ForeignRegex

MOST_STEPS: Final = 1_000_000  # 11 ms, up to 50 where groups are nested deeply
MOST_READ: Final = 40_000_000  # characters, by steps that run over the text: 20 ms
LEAST_STEPS: Final = 50
MOST_PLACES: Final = 65_536  # characters, where a limit is shared out; those of files can have more
FIRST_SHARE: Final = 4096  # of the limit; a power of four
OF_CALL: Final = 64  # steps that a call takes besides
MOST_MEMORY: Final = 65_536  # KiB
OPTIONS: Final = 0x10 | 0x20 | 0x40  # DOLLAR_ENDONLY, DOTALL, DUPNAMES
IGNORE_CASE: Final = 0x8


class Pattern(Protocol):
    """What a match knows of its pattern."""

    @property
    def groups(self) -> int:
        """How many groups there are."""
        ...

    @property
    def groupindex(self) -> Mapping[str, int]:
        """The numbers of those that have names."""
        ...


class _PackageMatch(Protocol):
    def span(self, group: int | str) -> tuple[int, int]: ...


class _PackagePattern(Protocol):
    @property
    def groups(self) -> int: ...

    @property
    def groupindex(self) -> Mapping[str, int]: ...

    def search(self, string: bytes, pos: int) -> _PackageMatch | None: ...


class _Package(Protocol):
    """The parts of the package that are used."""

    LibraryError: type[Exception]

    def compile(self, pattern: bytes, flags: int, *, jit: bool) -> _PackagePattern: ...


class Found:
    """A match, with the methods of `re.Match` that are needed here."""

    __slots__ = ("_found", "re", "string")

    def __init__(self, found: _PackageMatch, pattern: Pattern, string: str) -> None:
        self._found = found
        self.re = pattern
        self.string = string

    def span(self, group: int | str = 0, /) -> tuple[int, int]:
        """Where the group is, (-1, -1) if it took no part. IndexError if there is none."""
        return self._found.span(group)

    def start(self, group: int | str = 0, /) -> int:
        """Where the group begins."""
        return self.span(group)[0]

    def end(self, group: int | str = 0, /) -> int:
        """Where the group ends."""
        return self.span(group)[1]

    @overload
    def group(self, group: Literal[0] = 0, /) -> str: ...
    @overload
    def group(self, group: int | str, /) -> str | None: ...
    def group(self, group: int | str = 0, /) -> str | None:
        """The text of a group, None if it took no part."""
        start, end = self.span(group)
        return self.string[start:end] if start >= 0 else None

    def groupdict(self) -> dict[str, str | None]:
        """The texts of the groups that have names."""
        return {name: self.group(name) for name in self.re.groupindex}


class LibraryRegex:
    """A pattern of PCRE's; `search` as that of `re.Pattern`, but that it may raise MatchLimit."""

    __slots__ = (
        "_by_limit",
        "_options",
        "_text",
        "begins_within",
        "groupindex",
        "groups",
        "is_costly",
    )

    def __init__(self, pattern: str, *, ignore_case: bool = False, not_bol: bool = False) -> None:
        """Raises ForeignRegex if the package is missing, or cannot do what the pattern says."""
        text = _rewrite(pattern, ignore_case=ignore_case, not_bol=not_bol)
        self.begins_within = _OF_THE_WHOLE.search(pattern) is None
        if self.begins_within:
            text = rf"\G(?s:.*?)\K(?:{text})"
        self._text = text.encode("latin-1")
        self._options = OPTIONS | (IGNORE_CASE if ignore_case else 0)
        self.is_costly = _COSTLY.search(pattern) is not None
        self._by_limit: dict[int, _PackagePattern] = {}
        found = self._compiled(MOST_STEPS)
        self.groups: int = found.groups
        self.groupindex: Mapping[str, int] = found.groupindex

    def search(self, subject: str, position: int = 0, /) -> Found | None:
        """The first match from a position on."""
        most = MOST_STEPS
        if self.is_costly or not self.begins_within:
            most = step_limit(len(subject), is_shared=not self.begins_within)
            if not self.begins_within and len(subject) > MOST_PLACES:
                raise MatchLimit("too long a text for this expression")
        data = subject.encode("latin-1")
        share = FIRST_SHARE
        while True:
            if not WORK.count(OF_CALL + MOST_STEPS // share):
                raise MatchLimit("too many steps for one request")
            limit = max(most // share, LEAST_STEPS)
            pattern = self._by_limit.get(limit) or self._compiled(limit)
            try:
                found = pattern.search(data, position)
            except _package().LibraryError as why:
                if share == 1:
                    raise MatchLimit(str(why)) from None
            else:
                return Found(found, self, subject) if found is not None else None
            share >>= 2

    def _compiled(self, limit: int) -> _PackagePattern:
        package = _package()
        head = f"(*NO_AUTO_POSSESS)(*LIMIT_MATCH={limit})(*LIMIT_HEAP={MOST_MEMORY})"
        try:
            found = package.compile(head.encode() + self._text, self._options, jit=False)
        except package.LibraryError as why:
            raise ForeignRegex(f"{why} (of PCRE2's package)") from None
        self._by_limit[limit] = found
        return found


def step_limit(length: int, *, is_shared: bool) -> int:
    """How many steps a text may cost that each of them may run over, for each place a search may
    begin at if `is_shared`; few different numbers.
    """
    rounded = 1 << max(length - 1, 0).bit_length()
    steps = min(MOST_STEPS, MOST_READ // rounded)
    return max(LEAST_STEPS, steps // rounded if is_shared else steps)


_COSTLY: Final = re.compile(
    r"\(\?<?[=!*]|\(\?>|\(\*|\(\?\(|[*+?}]\+|\\[1-9gkXR]|\(\?P=|\{[0-9]{3}|\(\?[R0-9+&P-]"
)
"""Whether a step may run over the text; some that cannot are taken for such."""

_OF_THE_WHOLE: Final = re.compile(r"\(\?(?:R|[+-]?0|\(R)|\\g[<']0|\(\*|\\Q|\(\?\^?[a-zJU]*x")
"""What would mean something else, or swallow the end, within a larger pattern."""


@lru_cache(1)
def _package() -> _Package:
    try:
        return cast(_Package, import_module("pcre2"))
    except ImportError as why:
        raise ForeignRegex(f"{why}, which searches with the expression") from None


def _rewrite(pattern: str, *, ignore_case: bool, not_bol: bool) -> str:
    """The pattern as the package reads it: `\\x` always has two digits, a brace that is no
    quantifier is escaped, `\\p{Lu}` is one case even with (?i), `^` never matches with `not_bol`.
    """
    parts, end = [], 0
    for start, stop, text in find_edits(pattern):
        parts += [pattern[end:start], text]
        if text == CARET and not_bol:
            if _LINES.search(pattern):
                raise ForeignRegex("(?m) within a text")
            parts[-1] = "(?!)"
        elif text == TOO_LARGE:
            raise ForeignRegex(f"{pattern[start:stop]} in a regular expression")
        elif text == CASED_IN_SET:
            if ignore_case or _CASES.search(pattern):
                raise ForeignRegex(f"{pattern[start:stop]} in a set without case")
            parts[-1] = pattern[start:stop]
        end = stop
    return "".join(parts) + pattern[end:]


_CASES: Final = re.compile(r"\(\?[\^a-zJU]*i")
_LINES: Final = re.compile(r"\(\?[\^a-zJU]*m")
