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
from dataclasses import dataclass, replace
from typing import Final

from httpdlite.diagnostics import COMMAND_LINE_FILE, ENCODING, Expansion, Span

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
    """A logical line. `number` is what Apache names: its last physical line, or, if a macro brought
    it, that of the macro's body; `file` and the spans are where it was written in any case.
    """

    text: str
    file: str
    number: int
    pieces: tuple[Piece, ...]
    included_from: Span | None = None
    expansion: Expansion | None = None

    def span(self, start: int, end: int) -> Span:
        """Where the characters from `start` to before `end` stand in the file."""
        line, column = self._start(start)
        end_line, end_column = self._end(end - 1) if end > start else (line, column)
        return Span(
            self.file, line, column, end_line, end_column, self.included_from, self.expansion
        )

    @property
    def whole(self) -> Span:
        """The line as a whole, reaching to the last physical line."""
        span = self.span(0, len(self.text))
        if self.expansion is not None or span.end_line == self.number:
            return span
        return Span(self.file, span.line, span.column, self.number, 1, self.included_from)

    @property
    def apache_file(self) -> str:
        """What Apache calls the file: for the lines of a macro, the macro and its Use."""
        return self.expansion.name if self.expansion else self.file

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
        return replace(self, text=text, pieces=(*pieces, end_piece))

    def moved(self, start: int, end: int, to: int) -> Iterator[Piece]:
        """The pieces of text[start:end], as they are when that text begins at offset `to`."""
        first = self._piece(start)
        yield Piece(to, *self._start(start), end=first.end)
        for piece in self.pieces:
            if start < piece.offset < end:
                yield Piece(piece.offset - start + to, piece.line, piece.column, piece.end)


def size_of(text: str) -> int:
    """How many bytes a text was read from."""
    return len(text) if text.isascii() else len(text.encode(*ENCODING))


def read_lines(text: str, file: str, included_from: Span | None = None) -> Iterator[Line]:
    """The logical lines of a file that are neither empty nor comments."""
    return FileLines(text, file, included_from).lines


class FileLines:
    """A text as its logical lines, and what mod_macro does with it besides.

    `lines` is the iterator to read from. While `keeps_empty` is set it gives empty lines, too. It
    ends early at a line that httpd finds too long: `too_long` is its number then.
    """

    def __init__(self, text: str, file: str, included_from: Span | None = None) -> None:
        self.file = file
        self.included_from = included_from
        self.physical = text.split("\n")
        self.index = 0  # of the next physical line
        self.keeps_empty = False
        self.too_long: int | None = None
        self.may_be_too_long = 4 * len(text) >= LONGEST_LINE  # in bytes
        self.lines = self._read()

    def _read(self) -> Iterator[Line]:
        file, included_from, physical = self.file, self.included_from, self.physical
        final = len(physical) - 1
        last = final - 1 if physical[final] == "" else final
        joiner: _Joiner | None = None
        while (index := self.index) <= last:
            raw = physical[index]
            ended = index < final  # by a line end, not by the end of the file
            self.index = number = index + 1
            joins = ended and raw.rstrip("\r").endswith("\\")
            if self.may_be_too_long and self._is_too_long(raw, joiner, joins=joins, ended=ended):
                self.too_long = number
                return
            if joiner is None and not joins and "\0" not in raw:
                stripped = raw.strip(BLANKS)
                if stripped[0] != "#" if stripped else self.keeps_empty:
                    column = len(raw) - len(raw.lstrip(BLANKS)) + 1
                    yield Line(stripped, file, number, (Piece(0, number, column),), included_from)
                continue
            joiner = joiner or _Joiner(self)
            if joiner.add(raw, number, ended):
                continue
            yield from joiner.lines(number)
            joiner = None
        if joiner is not None:
            yield from joiner.lines(last + 2)  # httpd has counted the end of the file, too

    def _is_too_long(self, raw: str, joiner: "_Joiner | None", *, joins: bool, ended: bool) -> bool:
        """Whether a line, with what it is joined to, is more than httpd reads."""
        before = joiner.bytes if joiner else 0
        return not joins and before + size_of(raw) + ended > LONGEST_LINE

    def lose_unended(self) -> Span | None:
        """What httpd never sees of the file once a macro's lines are read: a last line that no line
        end follows, if it comes next or is joined to what does. Gives its place.
        """
        at, last = self.index, len(self.physical) - 1
        while at < last and self.physical[at].rstrip("\r").endswith("\\"):
            at += 1
        if at != last or not self.physical[at].strip(BLANKS):
            return None
        length = len(self.physical[at])
        self.physical[at] = ""
        return Span(self.file, at + 1, 1, at + 1, length + 1, self.included_from)

    def complete(self, line: Line) -> Line:
        r"""`line`, the last one of a macro, ends in a `\`: what comes next here belongs to it."""
        text = line.text
        number = self.index
        while text.endswith("\\") and number < len(self.physical):
            text = text[:-1] + self.physical[number].partition("\0")[0].rstrip("\r")
            number += 1
        if number == self.index:
            return line
        self.index = number
        whole = Piece(0, number, 1, (number, len(self.physical[number - 1]) + 1))
        return Line(text.strip(BLANKS), self.file, number, (whole,), self.included_from)


class ArgumentLines(FileLines):
    """The arguments of -C or -c: each is a line by itself, whatever stands at its end."""

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__("", COMMAND_LINE_FILE)
        self.arguments = arguments

    def _read(self) -> Iterator[Line]:
        for number, argument in enumerate(self.arguments, 1):
            text = argument.strip(BLANKS)
            column = len(argument) - len(argument.lstrip(BLANKS)) + 1
            if text[0] != "#" if text else self.keeps_empty:
                yield Line(text, self.file, number, (Piece(0, number, column),))


class _Joiner:
    """The physical lines of one logical line, as they come."""

    def __init__(self, source: FileLines) -> None:
        self.source = source
        self.parts: list[str] = []  # none is empty, so that the last one ends the text
        self.size = 0
        self.bytes = 0
        self.pieces: list[Piece] = []

    def add(self, raw: str, number: int, ended: bool) -> bool:
        """Takes one physical line; true if the next one belongs to it as well."""
        content, nul, _ = raw.partition("\0")
        if self.source.may_be_too_long:
            self.bytes += size_of(raw) - 1
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
        source = self.source
        if not stripped:
            if source.keeps_empty:
                yield Line("", source.file, number, (Piece(0, number, 1),), source.included_from)
            return
        if stripped[0] == "#":
            return
        whole = Line(text, source.file, number, tuple(_ordered(self.pieces)))
        pieces = tuple(whole.moved(cut, cut + len(stripped), 0))
        yield Line(stripped, source.file, number, pieces, source.included_from)


def _ordered(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Without those that hold no character any more, because later joins took it away."""
    for piece, following in zip(pieces, (*pieces[1:], None), strict=True):
        if following is None or following.offset > piece.offset:
            yield piece
