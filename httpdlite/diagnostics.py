"""What is wrong with a configuration, and where; as text for people and as JSON for programs.

In: `Diagnostic` values, as the conf stage collects them. Out: Apache's own lines (the fixed strings
that scripts look for), below them each finding with its source line and a caret, or JSON. Hides the
layout of both. Wordings and escapes: httpd's main.c and config.c as observed with 2.4.71.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

COMMAND_LINE_FILE: Final = "-c/-C directives"
"""The name in spans for the directives given by the options -C and -c."""

LONGEST_LINE: Final = 8190  # bytes of a message, as httpd cuts them


class Severity(Enum):
    """How bad it is. Only an ERROR keeps a configuration from being started."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Phase(Enum):
    """When Apache would have found it: the first of the earliest phase is the one it prints."""

    READ = "read"
    WALK = "walk"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a file: lines and columns from 1, in characters; the end column is exclusive.

    `included_from` is the Include directive that made httpd read the file, None for a top file.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    included_from: "Span | None" = None


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that explains the first, such as an earlier definition."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `message` is Apache's own text where Apache has one, not escaped. `code` is a stable kebab-case
    word. `line` is the line number that Apache names (the last physical line of a joined one, the
    opening tag of a section), the span's last line if None. `logged` marks what Apache writes in
    the form of the error log: "module:level". `apache` holds the lines as a whole where Apache
    uses neither that nor its "Syntax error" form.
    """

    severity: Severity
    code: str
    message: str
    span: Span | None = None
    notes: tuple[Note, ...] = ()
    hint: str | None = None
    phase: Phase = Phase.WALK
    line: int | None = None
    logged: str | None = None
    apache: tuple[str, ...] = ()

    @property
    def apache_line(self) -> int:
        """The line number for Apache's form of the message; 0 without a position."""
        if self.line is not None:
            return self.line
        return self.span.end_line if self.span else 0


def first_error(diagnostics: Iterable[Diagnostic]) -> Diagnostic | None:
    """The error that Apache would print: what httpdlite alone refuses does not count."""
    order = {phase: number for number, phase in enumerate(Phase)}
    errors = [d for d in diagnostics if d.severity is Severity.ERROR and d.code != NOT_SUPPORTED]
    return min(errors, key=lambda found: order[found.phase], default=None)


NOT_SUPPORTED: Final = "not-supported-yet"
"""The code of what Apache accepts and httpdlite refuses, with the reason in the message."""


def escape(text: str) -> str:
    r"""`text` as Apache writes user text into messages: `\\`, `\n`, `\xhh`; ASCII only."""
    return "".join(_ESCAPES.get(byte) or chr(byte) for byte in text.encode(*ENCODING))


ENCODING: Final = ("utf-8", "surrogateescape")
"""How configuration files are read, so that any bytes survive."""

_ESCAPES: Final = {
    **{byte: f"\\x{byte:02x}" for byte in (*range(32), *range(127, 256))},
    **{ord(char): repr(char)[1:-1] for char in "\n\t\r\\"},
    8: "\\b",
    11: "\\v",
}


def apache_lines(found: Diagnostic, program: str) -> list[str]:
    """The line or lines that Apache prints for its first error (not for logged warnings)."""
    if found.apache:
        return [escape(line)[:LONGEST_LINE] for line in found.apache]
    if found.phase is Phase.READ:
        return [_read_line(found, program)[:LONGEST_LINE]]
    message = escape(found.message)[:LONGEST_LINE]
    if found.span is None:
        return [message]
    where = f"line {found.apache_line} of {escape(found.span.file)}"
    return [f"AH00526: Syntax error on {where}:", message]


def _read_line(found: Diagnostic, program: str) -> str:
    if found.span is None:
        return f"{program}: {escape(found.message)}"
    text = _position(found.span, found.apache_line) + escape(found.message)
    outer = found.span.included_from
    while outer is not None:
        text = _position(outer, outer.end_line) + text
        outer = outer.included_from
    return f"{program}: {text}"


def _position(span: Span, line: int) -> str:
    if span.file == COMMAND_LINE_FILE:
        return "Syntax error in -C/-c directive: "
    return f"Syntax error on line {line} of {escape(span.file)}: "


SourceLine = Callable[[str, int], str | None]
"""Gives a line of a file that was read, without its end; None if it is not known."""

_COLOURS: Final = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}


def render_text(
    diagnostics: Iterable[Diagnostic], source: SourceLine, *, colour: bool = False
) -> str:
    """Every finding with its source line and a caret, for a terminal."""
    return "".join(f"{line}\n" for d in diagnostics for line in _lines(d, source, colour))


def _lines(found: Diagnostic, source: SourceLine, colour: bool) -> Iterator[str]:
    kind = _paint(f"{found.severity.value}[{found.code}]", _COLOURS[found.severity], colour)
    message = escape(found.message)[:LONGEST_LINE]
    if found.span is None:
        yield f"{kind}: {message}"
    else:
        yield f"{_place(found.span)}: {kind}: {message}"
        yield from _excerpt(found.span, source, colour)
    for note in found.notes:
        where = f"{_place(note.span)}: " if note.span else ""
        yield f"  note: {where}{escape(note.message)}"
        if note.span:
            yield from _excerpt(note.span, source, colour)
    if found.hint:
        yield f"  {_paint('help', '1;32', colour)}: {escape(found.hint)}"
    outer = found.span.included_from if found.span else None
    while outer is not None:
        yield f"  included from {_place(outer)}"
        outer = outer.included_from


def _place(span: Span) -> str:
    return f"{escape(span.file)}:{span.line}:{span.column}"


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


WIDEST_EXCERPT: Final = 160  # characters of a source line that are shown


def _excerpt(span: Span, source: SourceLine, colour: bool) -> Iterator[str]:
    text = source(span.file, span.line)
    if text is None:
        return
    start = max(span.column - 1, 0)
    end = span.end_column - 1 if span.end_line == span.line else len(text)
    cut = max(0, start - WIDEST_EXCERPT // 2)
    shown = _visible(text[cut : cut + WIDEST_EXCERPT])
    width = max(1, min(end, cut + WIDEST_EXCERPT) - start)
    gutter = f"{span.line:>5} | "
    yield gutter + shown
    caret = _paint("^" * width, "1;31", colour)
    yield " " * (len(gutter) - 2) + "| " + " " * (start - cut) + caret


def _visible(text: str) -> str:
    """One column per character, so that the caret stands right; nothing a terminal obeys."""
    return "".join(char if char.isprintable() else "·" if char != "\t" else " " for char in text)


def render_json(diagnostics: Sequence[Diagnostic]) -> str:
    """The findings as a JSON array, one object each, in the order found."""
    return json.dumps([_as_object(found) for found in diagnostics], indent=2)


def _as_object(found: Diagnostic) -> dict[str, object]:
    return {
        "severity": found.severity.value,
        "code": found.code,
        "phase": found.phase.value,
        "message": escape(found.message),
        "span": _span_object(found.span),
        "notes": [
            {"message": escape(note.message), "span": _span_object(note.span)}
            for note in found.notes
        ],
        "hint": found.hint,
    }


def _span_object(span: Span | None) -> dict[str, object] | None:
    if span is None:
        return None
    return {
        "file": escape(span.file),
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "included_from": _span_object(span.included_from),
    }
