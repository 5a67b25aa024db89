r"""What stands after a backslash in a PCRE pattern, and what stands in [ ].

In: a `Reader` at the backslash or the bracket. Out: what the escape is; the reader is behind it.
Hides octal and hexadecimal numbers, \g and \k, properties, POSIX classes, ranges. BadRegex is a
pattern that PCRE refuses. Rules: pcre2pattern(3), PCRE2 10.42 as observed. The names of scripts are
not known here: \p{Anything} with three or more letters passes, which PCRE may refuse.
"""

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, NoReturn

from httpdlite.conf.patterns.regex import BadRegex


@dataclass(slots=True)
class Reader:
    """A pattern and how far it has been read."""

    text: str
    at: int = 0
    largest: int = 255  # character code; more after (*UTF)
    edits: list[tuple[int, int, str]] = field(default_factory=list)
    """What `library` writes differently: from, to, the text instead."""

    @property
    def is_done(self) -> bool:
        return self.at >= len(self.text)


CASED_IN_SET: Final = ""
"""Marks a property of one case within a set, which later versions take for both with (?i)."""


TOO_LARGE: Final = "\\u"
"""Stands for a character whose code has more than four hexadecimal digits."""


class Escape(Enum):
    """What an escape comes to."""

    CHARACTER = auto()
    TYPE = auto()  # a set of characters such as \d
    VARIABLE = auto()  # \R and \X match more than one character
    ASSERTION = auto()
    REFERENCE = auto()
    CALL = auto()


@dataclass(frozen=True, slots=True)
class Escaped:
    """An escape: its kind, the character's code, or the text that names it."""

    kind: Escape
    code: int = 0
    text: str = ""


_PLAIN: Final = {"a": 7, "e": 27, "f": 12, "n": 10, "r": 13, "t": 9}
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_G: Final = re.compile(
    rf"\\g(?:\{{([+-]?[0-9]+|{_NAME})\}}|([+-]?[0-9]+)|<([+-]?[0-9]+|{_NAME})>|'([+-]?[0-9]+|{_NAME})')"
)
_K: Final = re.compile(rf"\\k(?:\{{({_NAME})\}}|<({_NAME})>|'({_NAME})')")
_NUMBER: Final = re.compile(r"\\([1-9][0-9]*)")
_OCTAL: Final = re.compile(r"\\(0[0-7]{0,2}|[1-7][0-7]{0,2})")
_HEX: Final = re.compile(r"\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{0,2}))")
_BRACED_OCTAL: Final = re.compile(r"\\o\{([0-7]+)\}")
_PROPERTY: Final = re.compile(r"\\[pP](?:\{([^}]*)\}|([A-Za-z]))")
_COUNT: Final = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")
_CATEGORIES: Final = frozenset(
    "c cc cf cn co cs l l& lc ll lm lo lt lu m mc me mn n nd nl no p pc pd pe pf pi po ps s sc sk "
    "sm so z zl zp zs".split()
)
_POSIX: Final = re.compile(r"\[([:.=])((?:\\[\]\\]|(?!\[\1|\]|\1\]).)*)\1\]", re.DOTALL)
_CLASSES: Final = frozenset(
    "alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit".split()
)


def _fail(message: str) -> NoReturn:
    raise BadRegex(message)


def read_escape(reader: Reader, groups: int) -> Escaped:
    """The escape outside of a set; `groups` have been opened before it."""
    char = _escaped_char(reader)
    if char.isdigit() and char != "0":
        return _back_reference(reader, groups)
    if char == "g":
        return _g(reader)
    if char == "k":
        found = _K.match(reader.text, reader.at)
        if found is None:
            _fail(r"\k is not followed by a braced, angle-bracketed, or quoted name")
        return _taken(
            reader, found, Escaped(Escape.REFERENCE, text=str(found[found.lastindex or 1]))
        )
    if char == "N" and _is_named(reader):
        _fail(r"PCRE2 does not support \N{name}")
    if char in "RX":
        return _plain(reader, Escape.VARIABLE)
    if char in "CN":
        return _plain(reader, Escape.TYPE)
    if char in "AbBGzZK":
        return _plain(reader, Escape.ASSERTION)
    return _common(reader, char)


def _is_named(reader: Reader) -> bool:
    following = reader.at + 2
    is_braced = reader.text[following : following + 1] == "{"
    return is_braced and not _COUNT.match(reader.text, following)


def _escaped_char(reader: Reader) -> str:
    if reader.at + 1 >= len(reader.text):
        _fail(r"\ at end of pattern")
    return reader.text[reader.at + 1]


def _plain(reader: Reader, kind: Escape, code: int = 0) -> Escaped:
    char = reader.text[reader.at + 1]
    reader.at += 2
    return Escaped(kind, code, char)


def _taken(reader: Reader, found: re.Match[str], escaped: Escaped) -> Escaped:
    reader.at = found.end()
    return escaped


def _back_reference(reader: Reader, groups: int) -> Escaped:
    found = _NUMBER.match(reader.text, reader.at)
    assert found is not None
    digits = found[1]
    if len(digits) > 10 or int(digits) > 2**31 - 1:
        _fail("number is too big")
    if int(digits) < 10 or digits[0] in "89" or int(digits) <= groups:
        return _taken(reader, found, Escaped(Escape.REFERENCE, text=digits))
    return _octal(reader)


def _octal(reader: Reader) -> Escaped:
    found = _OCTAL.match(reader.text, reader.at)
    assert found is not None
    code = int(found[1], 8)
    if code > reader.largest:
        _fail(r"octal value is greater than \377 in 8-bit non-UTF-8 mode")
    return _taken(reader, found, Escaped(Escape.CHARACTER, code))


def _g(reader: Reader) -> Escaped:
    found = _G.match(reader.text, reader.at)
    if found is None:
        _fail(r"\g is not followed by a name or a number")
    kind = Escape.REFERENCE if found[1] or found[2] else Escape.CALL
    return _taken(reader, found, Escaped(kind, text=str(found[found.lastindex or 1])))


def _common(reader: Reader, char: str) -> Escaped:
    """The escapes that mean the same within a set and outside."""
    if char in _PLAIN:
        return _plain(reader, Escape.CHARACTER, _PLAIN[char])
    if char in "dDhHsSvVwW":
        return _plain(reader, Escape.TYPE)
    if char == "0":
        return _octal(reader)
    if char in "pP":
        return _property(reader)
    if char in "xo":
        return _numeric(reader, char)
    if char == "c":
        return _control(reader)
    if char in "LlUuF":
        _fail(r"PCRE2 does not support \F, \L, \l, \N{name}, \U, or \u")
    if char.isascii() and char.isalnum():
        _fail("unrecognized character follows \\")
    return _plain(reader, Escape.CHARACTER, ord(char))


def _property(reader: Reader) -> Escaped:
    found = _PROPERTY.match(reader.text, reader.at)
    if found is None:
        _fail(r"malformed \P or \p sequence")
    name = re.sub(r"[\s_-]", "", (found[1] or found[2] or "").lstrip(" ^")).lower()
    kind, _, value = name.rpartition(":")
    if not re.fullmatch(r"[a-z0-9&]+(?:[:=][a-z0-9]+)?", name):
        _fail(r"unknown property after \P or \p")
    if len(name) < 3 and name not in _CATEGORIES:
        _fail(r"unknown property after \P or \p")
    if value in {"lu", "ll", "lt"} and not kind:
        reader.edits.append((reader.at, found.end(), f"(?-i:{found[0]})"))
    return _taken(reader, found, Escaped(Escape.TYPE, text=f"{kind}{value}"))


def _numeric(reader: Reader, char: str) -> Escaped:
    found = (_HEX if char == "x" else _BRACED_OCTAL).match(reader.text, reader.at)
    is_braced = reader.text[reader.at + 2 : reader.at + 3] == "{"
    if found is None or (char == "x" and is_braced and not found[1]):
        _fail(rf"digits missing in \{char}{{}}, or a brace")
    digits = found[1] or (found[2] if char == "x" else "0") or "0"
    code = int(digits.lstrip("0")[:8] or "0", 16 if char == "x" else 8)
    if code > reader.largest:
        _fail(r"character code point value in \x{} or \o{} is too large")
    if char == "x":
        text = f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else TOO_LARGE
        reader.edits.append((reader.at, found.end(), text))
    return _taken(reader, found, Escaped(Escape.CHARACTER, code))


def _control(reader: Reader) -> Escaped:
    char = reader.text[reader.at + 2 : reader.at + 3]
    if not char:
        _fail(r"\c at end of pattern")
    if not " " <= char <= "~":
        _fail(r"\c must be followed by a printable ASCII character")
    reader.at += 3
    return Escaped(Escape.CHARACTER, ord(char.upper()) ^ 64)


# --- sets -----------------------------------------------------------------------------------------


def read_set(reader: Reader, *, ignores_blanks: bool) -> None:
    """Reads from `[` to its `]`."""
    reader.at += 1
    if reader.text.startswith("^", reader.at):
        reader.at += 1
    _Set(reader, ignores_blanks).read()


@dataclass(slots=True)
class _Set:
    """The inside of a set: `low` is what a hyphen would make the beginning of a range."""

    reader: Reader
    ignores_blanks: bool
    low: int | None = None
    is_range: bool = False
    is_literal: bool = False  # within \Q…\E
    is_empty: bool = True
    after_type: bool = False

    def read(self) -> None:
        reader = self.reader
        while not reader.is_done:
            char = reader.text[reader.at]
            if not self.is_literal and char == "]" and not self.is_empty:
                reader.at += 1
                return
            self._step(char)
        _fail("missing terminating ] for character class")

    def _step(self, char: str) -> None:
        reader = self.reader
        text, at = reader.text, reader.at
        if text.startswith("\\E", at) or (text.startswith("\\Q", at) and not self.is_literal):
            self.is_literal = text[at + 1] == "Q"
            reader.at += 2
        elif self.is_literal:
            reader.at += 1
            self._character(ord(char))
        elif self.ignores_blanks and char in " \t":
            reader.at += 1
        elif char == "[" and (found := _POSIX.match(text, at)):
            self._posix(found)
        elif char == "-" and (self.low is not None or self.after_type) and not self.is_range:
            self._hyphen()
        elif char == "\\":
            self._escape()
        else:
            reader.at += 1
            self._character(ord(char))

    def _character(self, code: int) -> None:
        self.is_empty = False
        self.after_type = False
        if self.is_range:
            assert self.low is not None
            if code < self.low:
                _fail("range out of order in character class")
            self.low, self.is_range = None, False
        else:
            self.low = code

    def _hyphen(self) -> None:
        self.reader.at += 1
        if self._next_closes():
            self.low, self.after_type = None, False
        elif self.after_type:
            _fail("invalid range in character class")
        else:
            self.is_range = True

    def _next_closes(self) -> bool:
        """Whether a hyphen is the last of the set, and so itself."""
        text, at = self.reader.text, self.reader.at
        while text.startswith(("\\E", "\\Q\\E"), at):
            at += 2 if text.startswith("\\E", at) else 4
        while self.ignores_blanks and text[at : at + 1] in {" ", "\t"}:
            at += 1
        return text.startswith("]", at)

    def _type(self) -> None:
        if self.is_range:
            _fail("invalid range in character class")
        self.is_empty = False
        self.low, self.after_type = None, True

    def _posix(self, found: re.Match[str]) -> None:
        if found[1] != ":":
            _fail("POSIX collating elements are not supported")
        if found[2].removeprefix("^") not in _CLASSES:
            _fail("unknown POSIX class name")
        self.reader.at = found.end()
        self._type()

    def _escape(self) -> None:
        reader = self.reader
        char = _escaped_char(reader)
        if char in "ABCGKNRXkzZ":
            _fail("escape sequence is invalid in character class")
        if char == "b":
            escaped = _plain(reader, Escape.CHARACTER, 8)
        elif char in "g89":
            escaped = _plain(reader, Escape.CHARACTER, ord(char))
        elif char.isascii() and char.isdigit():
            escaped = _octal(reader)
        else:
            escaped = _common(reader, char)
        if escaped.kind is Escape.TYPE:
            if reader.edits and reader.edits[-1][2].startswith("(?-i"):
                reader.edits[-1] = (*reader.edits[-1][:2], CASED_IN_SET)
            self._type()
        else:
            self._character(escaped.code)
