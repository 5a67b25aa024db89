r"""Physical lines in, logical lines out: joined, trimmed, and every character knows its place.

In: the text of one file. Out: `Line` values without comments and empty lines. Hides how httpd joins
and trims (server/util.c, ap_cfg_getline), and how an offset in a joined or substituted text is
turned back into a line and a column.

1. A backslash right before LF or CR LF joins; exactly it and the line end vanish. httpd looks at
   all that it has joined so far, so an empty line after `a\\` joins once more.
2. Joining comes before comments; then blanks at both ends are dropped, then `#` lines.
3. NUL ends the text of its physical line, the line end included: such a line never joins.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from httpdlite.diagnostics import Span

BLANKS: Final = " \t\n\r\f\v"  # C's isspace(); Python's strip() alone takes more

LONGEST_LINE: Final = 16 * 1024 * 1024  # bytes; httpd's VARBUF_MAX_LEN


@dataclass(frozen=True, slots=True)
class Piece:
    """From `offset` of a line's text on, characters stand at `line`, `column` of the file.

    For text out of a `${NAME}` all of them stand for the whole reference, which ends at
    `end_line`, `end_column` (exclusive); else that pair is None.
    """

    offset: int
    line: int
    column: int
    end: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line. `number` is its last physical line, which is what Apache names."""

    text: str
    file: str
    number: int
    pieces: tuple[Piece, ...]
    included_from: Span | None = None

    def span(self, start: int, end: int) -> Span:
        """Where the characters from `start` to before `end` stand in the file."""
        line, column = self._start(start)
        end_line, end_column = self._end(end - 1) if end > start else (line, column)
        return Span(self.file, line, column, end_line, end_column, self.included_from)

    @property
    def whole(self) -> Span:
        """The line as a whole, reaching to the last physical line."""
        span = self.span(0, len(self.text))
        if span.end_line == self.number:
            return span
        return Span(self.file, span.line, span.column, self.number, 1, self.included_from)

    def _piece(self, offset: int) -> Piece:
        if len(self.pieces) == 1:
            return self.pieces[0]
        return self.pieces[bisect_right(self.pieces, offset, key=lambda p: p.offset) - 1]

    def _start(self, offset: int) -> tuple[int, int]:
        piece = self._piece(offset)
        return piece.line, piece.column + (0 if piece.end else offset - piece.offset)

    def _end(self, offset: int) -> tuple[int, int]:
        piece = self._piece(offset)
        return piece.end or (piece.line, piece.column + offset - piece.offset + 1)

    def substituted(self, parts: Sequence[tuple[int, int, str | None]]) -> "Line":
        """The line made of `parts`: (start, end, None) keeps text, (start, end, text) replaces."""
        pieces: list[Piece] = []
        text = ""
        for start, end, value in parts:
            if value is None:
                pieces.extend(self.moved(start, end, len(text)))
                text += self.text[start:end]
            elif value:
                pieces.append(Piece(len(text), *self._start(start), end=self._end(end - 1)))
                text += value
        end_piece = Piece(len(text), *self._end(len(self.text) - 1))
        return Line(text, self.file, self.number, (*pieces, end_piece), self.included_from)

    def moved(self, start: int, end: int, to: int) -> Iterator[Piece]:
        """The pieces of text[start:end], as they are when that text begins at offset `to`."""
        first = self._piece(start)
        yield Piece(to, *self._start(start), end=first.end)
        for piece in self.pieces:
            if start < piece.offset < end:
                yield Piece(piece.offset - start + to, piece.line, piece.column, piece.end)


def read_lines(text: str, file: str, included_from: Span | None = None) -> Iterator[Line]:
    """The logical lines of a file that are neither empty nor comments."""
    physical = text.split("\n")
    last = len(physical) - 1
    if physical[last] == "":
        last -= 1
    joiner: _Joiner | None = None
    for index in range(last + 1):
        raw = physical[index]
        ended = index < len(physical) - 1  # by a line end, not by the end of the file
        if joiner is None and not (ended and raw.rstrip("\r").endswith("\\")) and "\0" not in raw:
            stripped = raw.strip(BLANKS)
            if stripped and stripped[0] != "#":
                column = len(raw) - len(raw.lstrip(BLANKS)) + 1
                piece = Piece(0, index + 1, column)
                yield Line(stripped, file, index + 1, (piece,), included_from)
            continue
        joiner = joiner or _Joiner(file, included_from)
        if joiner.add(raw, index + 1, ended):
            continue
        yield from joiner.lines(index + 1)
        joiner = None
    if joiner is not None:
        yield from joiner.lines(last + 2)  # httpd has counted the end of the file, too


class _Joiner:
    """The physical lines of one logical line, as they come."""

    def __init__(self, file: str, included_from: Span | None) -> None:
        self.file = file
        self.included_from = included_from
        self.parts: list[str] = []  # none is empty, so that the last one ends the text
        self.size = 0
        self.pieces: list[Piece] = []

    def add(self, raw: str, number: int, ended: bool) -> bool:
        """Takes one physical line; true if the next one belongs to it as well."""
        content, nul, _ = raw.partition("\0")
        self.pieces.append(Piece(self.size, number, 1))
        # Rule 1: the end of all the text so far counts; two characters are all that is looked at.
        before = self.parts.pop() if self.parts and len(content) < 2 else ""
        tail = before + content
        end = tail.removesuffix("\r")
        joins = ended and not nul and end.endswith("\\")
        self._push(end[:-1] if joins else tail, len(before))
        return joins

    def _push(self, part: str, replaced: int) -> None:
        self.size += len(part) - replaced
        if part:
            self.parts.append(part)

    def lines(self, number: int) -> Iterator[Line]:
        """The logical line, unless it is empty or a comment."""
        text = "".join(self.parts)
        stripped = text.lstrip(BLANKS)
        cut = len(text) - len(stripped)
        stripped = stripped.rstrip(BLANKS)
        if not stripped or stripped[0] == "#":
            return
        whole = Line(text, self.file, number, tuple(_ordered(self.pieces)))
        pieces = tuple(whole.moved(cut, cut + len(stripped), 0))
        yield Line(stripped, self.file, number, pieces, self.included_from)


def _ordered(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Without those that hold no character any more, because later joins took it away."""
    for piece, following in zip(pieces, (*pieces[1:], None), strict=True):
        if following is None or following.offset > piece.offset:
            yield piece
