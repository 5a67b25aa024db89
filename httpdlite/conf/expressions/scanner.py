r"""The tokens of an expression, one by one, as httpd's scanner sees them.

In: the text of an expression. Out: tokens of grammar/expr.lark, with their offsets. Hides the modes
in which the terminals of the grammar count, and what httpd says where none of them fits.

1. What cannot be read is an ERROR token whose value is httpd's message, and the last token; pieces
   of text before it, in the same string, are not handed out.
2. A pattern without an end is the end of the text, silently.
3. Where a backslash ends the text within a string, and at a quote in an argument (`%{HTTP:a"b}`),
   httpd has no rule at all: it ends at once, with status 2.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from lark import Token

LONGEST: Final = 8191  # bytes of a piece of text or of a pattern: HUGE_STRING_LEN less one
JAMMED: Final = "flex scanner jammed"
UNTERMINATED: Final = "Unterminated string or variable"

EXPRESSION: Final = "expression"
VARIABLE: Final = "variable"

_TERMINALS: Final = {
    EXPRESSION: """
        BLANK REGEX VAR_BEGIN OP_REG OP_STR_EQ OP_NRE OP_STR_NE OP_STR_LE OP_STR_LT OP_STR_GE
        OP_STR_GT OP_OR OP_AND OP_NOT OP_CONCAT OP_IN OP_EQ OP_NE OP_LT OP_LE OP_GT OP_GE OP_BINARY
        OP_UNARY TRUE FALSE DIGIT ID REGEX_BACKREF STR_BEGIN LPAR RPAR LBRACE RBRACE COMMA COLON""",
    "SINGLE_TEXT": "SINGLE_TEXT VAR_BEGIN REGEX_BACKREF STR_END",
    "DOUBLE_TEXT": "DOUBLE_TEXT VAR_BEGIN REGEX_BACKREF STR_END",
    "PLAIN_TEXT": "PLAIN_TEXT VAR_BEGIN REGEX_BACKREF",
    "ARGUMENT_TEXT": "ARGUMENT_TEXT VAR_BEGIN REGEX_BACKREF VAR_END",
    VARIABLE: "ID COLON VAR_END",
}
"""The terminals of each mode; a mode of text is named after its own terminal."""

PIECES: Final = frozenset(_TERMINALS) - {EXPRESSION, VARIABLE}
START: Final = {"condition": EXPRESSION, "value": "PLAIN_TEXT"}


class ScannerJammed(Exception):  # noqa: N818
    """httpd's scanner has no rule for what stands here (rule 3)."""

    def __init__(self, at: int) -> None:
        super().__init__(JAMMED)
        self.at = at


class Scanner:
    """Makes the tokens of a text; `expression_of` gives the pattern of a terminal."""

    def __init__(self, expression_of: Callable[[str], str]) -> None:
        self._patterns = {
            mode: re.compile("|".join(f"(?P<{n}>{expression_of(n)})" for n in names.split()))
            for mode, names in _TERMINALS.items()
        }

    def scan(self, text: str, mode: str) -> Iterator[Token]:
        """The tokens of `text`, which begins in `mode`."""
        modes, at = [mode], 0
        while True:
            mode = modes[-1]
            found = self._patterns[mode].match(text, at)
            if found is None:
                yield from _stop(text, at, mode)
                return
            kind = str(found.lastgroup)
            if kind in PIECES:
                error = self._judge_piece(found, mode)
                if error is not None:
                    yield error
                    return
            at = found.end()
            if kind != "BLANK":
                yield _too_long(found) or _token(kind, found[0], found.start())
            if kind == "STR_BEGIN":
                modes.append("SINGLE_TEXT" if found[0] == "'" else "DOUBLE_TEXT")
            elif kind == "VAR_BEGIN":
                modes.append(VARIABLE)
            elif kind == "COLON" and mode == VARIABLE:
                modes[-1] = "ARGUMENT_TEXT"
            elif kind in {"STR_END", "VAR_END"}:
                modes.pop()

    def _judge_piece(self, found: re.Match[str], mode: str) -> Token | None:
        """What is wrong with a piece of text or right behind it: then it is not handed out."""
        text, end = found.string, found.end()
        if _is_long(unescape(found[0])):
            return _error("String too long", text, found.start())
        if self._patterns[mode].match(text, end):
            return None
        error = next(_stop(text, end, mode), None)
        return error if error is not None and error.type == "ERROR" else None


def _too_long(found: re.Match[str]) -> Token | None:
    if found.lastgroup == "REGEX" and _is_long(found["pattern"]):
        return _error("Regexp too long", found.string, found.start())
    return None


def _is_long(text: str) -> bool:
    if len(text) * 4 <= LONGEST:
        return False
    return len(text.encode("utf-8", "surrogateescape")) > LONGEST


def _token(kind: str, value: str, at: int) -> Token:
    return Token(kind, value, start_pos=at, end_pos=at + len(value))


def _error(message: str, text: str, at: int) -> Token:
    return Token("ERROR", message, start_pos=at, end_pos=min(at + 1, len(text)))


def _stop(text: str, at: int, mode: str) -> Iterator[Token]:
    """What comes where no terminal fits: an ERROR, or nothing more where a text may end."""
    if mode == "PLAIN_TEXT" and at == len(text):
        yield _token(mode, "", at)
    elif mode != EXPRESSION:
        yield _error(_unreadable(text, at, mode), text, at)
    elif text[at : at + 1] in {"m", "/"}:
        if _is_long(text[at:].removeprefix("m")[1:]):
            yield _error("Regexp too long", text, at)
    elif at < len(text):
        yield _error(f"Parse error near '{first_byte(text[at])}'", text, at)


def _unreadable(text: str, at: int, mode: str) -> str:
    """httpd's words for what stands at `at` within a string or a variable."""
    if at == len(text) or text[at] == "\n":
        return UNTERMINATED
    if mode == VARIABLE:
        return f"Invalid character in variable name '{first_byte(text[at])}'"
    number = _DIGITS.match(text, at)
    if number is None:
        raise ScannerJammed(at)
    octal = re.fullmatch(r"[0-7]{3}", number[1])
    return "Escape sequence out of bound" if octal else "Bad escape sequence"


def first_byte(char: str) -> str:
    """What C's %c shows of a character: its first byte."""
    return char.encode("utf-8", "surrogateescape")[:1].decode("utf-8", "surrogateescape")


_DIGITS: Final = re.compile(r"\\([0-9]+)")
_ESCAPE: Final = re.compile(r"\\([0-7]{1,3}|.)", re.DOTALL)
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def unescape(text: str) -> str:
    """A piece of text without its backslashes."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    escaped = found[1]
    if escaped[0].isdigit() and escaped.isascii():
        return bytes([int(escaped, 8)]).decode("utf-8", "surrogateescape")
    return _CONTROLS.get(escaped, escaped)
