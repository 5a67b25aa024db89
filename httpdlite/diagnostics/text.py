"""Findings as text for people: each with its source line, a caret, notes and help.

In: findings, and a way to get source lines. Out: lines. Hides the layout, the order (Apache's first
error, then as the files were read), and the folding: what is said about many lines is said once.

1. Nothing a terminal obeys gets out: messages are escaped as Apache does, source lines shown with a
   dot for each character that is not printable.
2. Nothing is lost without a word: what is folded or left out is counted, and its lines are named.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from httpdlite.diagnostics.finding import (
    COMMAND_LINE_FILE,
    LONGEST_LINE,
    Diagnostic,
    Severity,
    Span,
    escape,
)

SourceLine = Callable[[str, int], str | None]
"""Gives a line of a file that was read, without its end; None if it is not known."""

WIDEST_EXCERPT: Final = 160  # characters of a source line that are shown
MOST_RANGES: Final = 24  # line numbers that a fold names
LONGEST_HINT_REPEATED: Final = 60  # a longer one is not said twice

_COLOURS: Final = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}
_FRAME: Final = "1;34"
_HELP: Final = "1;32"
_BOLD: Final = "1"


def render_text(
    diagnostics: Iterable[Diagnostic],
    source: SourceLine,
    *,
    colour: bool = False,
    first: Diagnostic | None = None,
    most: int | None = None,
) -> str:
    """Every finding with its source line and a caret, for a terminal.

    `first` comes before all others. No more than `most` kinds are shown, the rest is counted.
    """
    kinds = _kinds(in_order(diagnostics, first))
    page = _Page(source, colour)
    blocks = ["".join(f"{line}\n" for line in page.kind(kind)) + "\n" for kind in kinds[:most]]
    left = sum(len(kind) for kind in kinds[most:]) if most is not None else 0
    if left:
        blocks.append(f"... and {left} more findings; --format json shows them all\n\n")
    return "".join(blocks)


def in_order(
    diagnostics: Iterable[Diagnostic], first: Diagnostic | None = None
) -> list[Diagnostic]:
    """`first`, then all others as their lines were read; those without a place come last."""

    def key(found: Diagnostic) -> tuple[bool, bool, tuple[_Step, ...]]:
        return found is not first, found.span is None, _reading_order(found.span)

    return sorted(diagnostics, key=key)


_Step = tuple[tuple[str, ...], int, int]


def _reading_order(span: Span | None) -> tuple[_Step, ...]:
    """The places of the Includes and Uses that led to a span, and its own: outermost first."""
    if span is None:
        return ()
    chain = [span, *span.uses()]
    chain.extend(chain[-1].includes())
    return tuple(_step(one) for one in reversed(chain))


def _step(span: Span) -> _Step:
    """Several files of one Include come in the order of their names, folder by folder."""
    name = "" if span.file == COMMAND_LINE_FILE else span.file
    return tuple(name.split("/")), span.line, span.column


def _kinds(found: Iterable[Diagnostic]) -> list[list[Diagnostic]]:
    """The findings that say the same, together, where the first of them stands.

    One without a hint joins any others: hints are given to the first of very many only.
    """
    kinds: dict[object, list[Diagnostic]] = {}
    any_hint: dict[object, list[Diagnostic]] = {}
    for one in found:
        said = (one.severity, one.code, "" if one.code in _ALIKE else one.message)
        if one.hint is None and said in any_hint:
            any_hint[said].append(one)
            continue
        kind = kinds.setdefault((said, one.hint), [])
        kind.append(one)
        any_hint.setdefault(said, kind)
    return list(kinds.values())


_ALIKE: Final = frozenset({"module-not-implemented"})
"""Codes whose messages differ only in a name that the line has, too."""


@dataclass(slots=True)
class _Page:
    """What a page remembers: the hints that were given."""

    source: SourceLine
    colour: bool
    hints: dict[str, str] = field(default_factory=dict)

    def kind(self, kind: Sequence[Diagnostic]) -> Iterator[str]:
        """The lines about one kind of finding: the first in full, the others by their lines."""
        found, *others = kind
        yield from self._head(found)
        for note in found.notes:
            if note.span is None:
                yield self._remark("note", escape(note.message), _BOLD)
        for outer in islice(found.span.includes() if found.span else (), 3):
            yield self._remark("note", f"included from {_place(outer)}", _BOLD)
        if found.hint:
            yield self._remark("help", self._help(found), _HELP)
        if others:
            what = f"and {len(others)} more of these: {_lines_of(others, found.span)}"
            yield self._remark("...", what, "")
        for note in found.notes:
            if note.span is not None:
                yield from self._note(note.message, note.span)
        for use in islice(found.span.uses() if found.span else (), 3):
            yield from self._note("this is where the macro is used", use)

    def _head(self, found: Diagnostic) -> Iterator[str]:
        kind = self._paint(f"{found.severity.value}[{found.code}]", _COLOURS[found.severity])
        message = escape(found.message)[:LONGEST_LINE]
        yield kind + self._paint(f": {message}", _BOLD)
        if found.span is not None:
            yield from self._excerpt(found.span, _COLOURS[found.severity])

    def _note(self, message: str, span: Span) -> Iterator[str]:
        yield self._paint("note", _COLOURS[Severity.NOTE]) + f": {escape(message)}"
        yield from self._excerpt(span, _COLOURS[Severity.NOTE])

    def _help(self, found: Diagnostic) -> str:
        """The hint, or where it was given before."""
        assert found.hint is not None
        where = _place(found.span) if found.span else "above"
        before = self.hints.setdefault(found.hint, where)
        if before == where or len(found.hint) <= LONGEST_HINT_REPEATED:
            return escape(found.hint)
        return f"as for {before}"

    def _remark(self, word: str, text: str, style: str) -> str:
        sign = self._paint("=", _FRAME)
        name = f"{self._paint(word, style)}: " if word != "..." else "... "
        return f"      {sign} {name}{text}"

    def _excerpt(self, span: Span, style: str) -> Iterator[str]:
        yield f"     {self._paint('-->', _FRAME)} {_place(span)}"
        text = self.source(span.file, span.line)
        if text is None:
            return
        start = min(max(span.column - 1, 0), len(text))
        end = span.end_column - 1 if span.end_line == span.line else len(text)
        cut = max(0, start - WIDEST_EXCERPT // 2)
        end = max(start + 1, min(end, cut + WIDEST_EXCERPT))
        shown = _visible(text[cut : cut + WIDEST_EXCERPT])
        yield self._paint(f"{span.line:>5} |", _FRAME) + f" {shown}".rstrip()
        before, under = shown[: start - cut], shown[start - cut : end - cut]
        caret = self._paint("^" * max(1, _width(under)), style)
        yield self._paint("      |", _FRAME) + " " * (1 + _width(before)) + caret

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.colour and style else text


def _place(span: Span) -> str:
    return f"{escape(span.file)}:{span.line}:{span.column}"


def _lines_of(found: Iterable[Diagnostic], here: Span | None) -> str:
    """`lines 3, 5-9; lines 2, 4 of OTHER`, cut if it gets long; the file of `here` is not named."""
    by_file: dict[str, set[int]] = {}
    for one in found:
        if one.span is not None:
            place = (one.span, *one.span.uses())[-1]
            by_file.setdefault(place.file, set()).add(place.line)
    left = MOST_RANGES
    parts: list[str] = []
    for file, lines in by_file.items():
        ranges = list(_ranges(sorted(lines)))
        if left <= 0:
            parts.append(f"and {len(by_file) - len(parts)} more files")
            break
        named = ", ".join(ranges[:left]) + (", ..." if len(ranges) > left else "")
        word = "line" if len(lines) == 1 else "lines"
        where = "" if here is not None and here.file == file else f" of {escape(file)}"
        parts.append(f"{word} {named}{where}")
        left -= len(ranges)
    return "; ".join(parts)


def _ranges(lines: Sequence[int]) -> Iterator[str]:
    start = 0
    for index in range(1, len(lines) + 1):
        if index == len(lines) or lines[index] != lines[index - 1] + 1:
            first, last = lines[start], lines[index - 1]
            yield str(first) if first == last else f"{first}-{last}"
            start = index


def _visible(text: str) -> str:
    """What can be printed; nothing a terminal obeys."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char.isprintable() else "·" if char != "\t" else " " for char in text)


def _width(text: str) -> int:
    """How many columns a terminal needs, so that the caret stands right."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width  # noqa: PLC0415 - rarely needed

    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text
    )
