"""The findings themselves: where (`Span`), what (`Diagnostic`), and which of them Apache prints.

In: nothing. Out: frozen values that every stage passes on. Hides how Apache chooses its first error
and how it writes user text into messages (server/config.c and main.c, as observed with 2.4.71).
"""

from collections.abc import Iterable, Iterator
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
class Expansion:
    """What Apache calls a line that a macro brought: line `line` of `name`. `used` is the Use."""

    name: str
    line: int
    used: "Span"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a file: lines and columns from 1, in characters; the end column is exclusive.

    `included_from` is the Include directive that made httpd read the file, None for a top file.
    What came out of a macro has the place in the macro's body, and its `expansion`.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    included_from: "Span | None" = None
    expansion: Expansion | None = None

    @property
    def apache_file(self) -> str:
        """What Apache calls the file in its messages."""
        return self.expansion.name if self.expansion else self.file

    @property
    def apache_line(self) -> int:
        """The line number in Apache's messages, which is the last physical line's."""
        return self.expansion.line if self.expansion else self.end_line

    def uses(self) -> "Iterator[Span]":
        """The Use directives of macros that led here, the innermost first."""
        expansion = self.expansion
        while expansion is not None:
            yield expansion.used
            expansion = expansion.used.expansion

    def includes(self) -> "Iterator[Span]":
        """The Includes that led here, the innermost first."""
        outer = self.included_from
        while outer is not None:
            yield outer
            outer = outer.included_from


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that explains the first, such as an earlier definition."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `message` is Apache's own text where Apache has one, not escaped. `code` is a stable kebab-case
    word, explained in codes.py. `line` is the line number that Apache names (the last physical line
    of a joined one, the opening tag of a section), the span's last line if None. `logged` marks
    what Apache writes in the form of the error log: "module:level". `apache` holds the lines as a
    whole where Apache uses neither that nor its "Syntax error" form. `subject` is the directive or
    section that is refused as a whole, by the name that a waiver gives.
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
    subject: str = ""

    @property
    def apache_line(self) -> int:
        """The line number for Apache's form of the message; 0 without a position."""
        if self.line is not None:
            return self.line
        return self.span.apache_line if self.span else 0


NOT_SUPPORTED: Final = "not-supported"
"""The code of what Apache accepts and httpdlite refuses, with the reason in the message."""

WOULD_FAIL: Final = "would-fail"
"""The code of what Apache's `-t` accepts although its start, or every request, would fail."""

OURS: Final = frozenset((NOT_SUPPORTED, WOULD_FAIL))
"""The codes of errors that are httpdlite's alone."""


def first_error(diagnostics: Iterable[Diagnostic]) -> Diagnostic | None:
    """The error that Apache's `-t` would print: what httpdlite alone finds does not count."""
    order = {phase: number for number, phase in enumerate(Phase)}
    errors = [d for d in diagnostics if d.severity is Severity.ERROR and d.code not in OURS]
    return min(errors, key=lambda found: order[found.phase], default=None)


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
