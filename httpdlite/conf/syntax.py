"""The grammar of grammar/httpd.lark, loaded, as functions from a text to its parts.

In: the text of a logical line or of a part of it. Out: words with their offsets. Hides Lark; knows
nothing of files, lines or directives. The grammar says what the syntax is; here only the trees it
gives are turned into values. Results are kept, since configurations repeat themselves.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

from lark import Lark, Token

from httpdlite.conf.lines import BLANKS

GRAMMAR: Final = "httpd.lark"
KEPT: Final = 1 << 14  # results kept per function


class Part(NamedTuple):
    """A word: its value, and where it stands in the text that was parsed."""

    value: str
    start: int
    end: int


class Head(NamedTuple):
    """A line: its first word, and where the rest begins (at the end if there is none)."""

    name: Part
    rest: int


class Condition(NamedTuple):
    """The argument of a conditional section."""

    negated: bool
    word: Part | None


class Reference(NamedTuple):
    """A `${NAME}` in a text."""

    name: str
    start: int
    end: int


def read_grammar(name: str) -> str:
    """The text of a grammar: from the installed package, else from the checkout around it."""
    packaged = files("httpdlite") / "grammar" / name
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(__file__).parents[2] / "grammar" / name).read_text(encoding="utf-8")


@cache
def parser() -> Lark:
    """The parser of all start rules, built on first use and kept in memory only."""
    starts = ["text", "line", "words", "argument", "condition"]
    return Lark(read_grammar(GRAMMAR), parser="lalr", start=starts, maybe_placeholders=False)


def _tokens(text: str, start: str) -> Iterator[Token]:
    for child in parser().parse(text, start=start).children:
        assert isinstance(child, Token)
        yield child


def split_line(text: str) -> Head | None:
    """The line's first word and its rest; None if the line is empty (out of a `${NAME}`).

    `line` and `words` are plain sequences of terminals, so scanning for these gives what parsing
    would (tests hold the two against each other) at a tenth of the cost, which large
    configurations notice.
    """
    found = _line_scanner().match(text)
    if found is None:
        return None
    kind = str(found.lastgroup)
    value = found[kind]
    if kind in {"DOUBLE", "SINGLE"} or "\\" in value:
        value = _unquoted(kind, value)
    return Head(Part(value, found.start(kind), found.end(kind)), found.end())


@cache
def _line_scanner() -> re.Pattern[str]:
    """The grammar's terminals of `line` up to the rest, blanks before it skipped."""
    blank = _pattern("_BLANK")
    return re.compile(f"(?:{blank})?(?:{_alternatives(_NAMES)})(?:{blank})?")


_NAMES: Final = ("CLOSING", "OPENING", "BARE", "DOUBLE", "SINGLE")
_WORDS: Final = ("BARE", "DOUBLE", "SINGLE")


def _pattern(name: str) -> str:
    return parser().get_terminal(name).pattern.to_regexp()


def _alternatives(names: tuple[str, ...]) -> str:
    """Terminals of the grammar as one expression: one group for each."""
    return "|".join(f"(?P<{name}>{_pattern(name)})" for name in names)


def parse_line(text: str) -> Head | None:
    """The same by the grammar's rule."""
    lead = len(text) - len(text.lstrip(BLANKS))
    if lead == len(text):
        return None
    name, *rest = _tokens(text[lead:] if lead else text, "line")
    start, end = _offsets(name)
    rest_at = _offsets(rest[0])[0] + lead if rest else len(text)
    return Head(Part(_value(name), start + lead, end + lead), rest_at)


@cache
def _word_scanner() -> re.Pattern[str]:
    """The grammar's own terminals of `words`."""
    return re.compile(_alternatives(_WORDS))


@lru_cache(KEPT)
def split_words(text: str) -> tuple[Part, ...]:
    """The words of an argument text, unquoted."""
    return tuple(
        Part(_unquoted(str(found.lastgroup), found[0]), *found.span())
        for found in _word_scanner().finditer(text)
    )


def parse_words(text: str) -> tuple[Part, ...]:
    """The same by the grammar's rule."""
    return tuple(map(_part, _tokens(text, "words")))


def section_argument(text: str) -> str | None:
    """What stands before the last `>` of an opening tag's argument; None if there is no `>`."""
    if ">" not in text:
        return None
    found = _argument_scanner().match(text)
    return found[0] if found else ""


@cache
def _argument_scanner() -> re.Pattern[str]:
    """The grammar's terminal of what is inside a tag."""
    return re.compile(_pattern("INSIDE"))


def parse_argument(text: str) -> str:
    """The same by the grammar's rule, for a text with a `>`."""
    inside = list(_tokens(text, "argument"))
    return str(inside[0]) if inside else ""


def split_condition(text: str) -> Condition:
    """The first word of a conditional section's argument, and whether a `!` negates it."""
    tokens = list(_tokens(text.strip(BLANKS), "condition"))
    lead = len(text) - len(text.lstrip(BLANKS))
    negated = bool(tokens) and tokens[0].type == "NOT"
    words = tokens[1:] if negated else tokens
    if not words:
        return Condition(negated, None)
    start, end = _offsets(words[0])
    return Condition(negated, Part(_value(words[0]), start + lead, end + lead))


def references(text: str) -> list[Reference]:
    """The `${NAME}` of a line."""
    if "${" not in text:
        return []
    return [
        Reference(token[2:-1], *_offsets(token))
        for token in _tokens(text, "text")
        if token.type == "REFERENCE"
    ]


def _offsets(token: Token) -> tuple[int, int]:
    assert token.start_pos is not None
    assert token.end_pos is not None
    return token.start_pos, token.end_pos


def _part(token: Token) -> Part:
    return Part(_value(token), *_offsets(token))


_ESCAPED: Final = {
    "CLOSING": re.compile(r"\\(\\)"),
    "OPENING": re.compile(r"\\(\\)"),
    "BARE": re.compile(r"\\(\\)"),
    "DOUBLE": re.compile(r'\\([\\"])'),
    "SINGLE": re.compile(r"\\([\\'])"),
}


def _value(token: Token) -> str:
    return _unquoted(token.type, str(token))


def _unquoted(kind: str, text: str) -> str:
    """The text that a word stands for: without quotes and the backslashes that protect."""
    if kind in {"DOUBLE", "SINGLE"}:
        text = text[1:]
        if _closed(text, kind):
            text = text[:-1]
    return _ESCAPED[kind].sub(r"\1", text) if "\\" in text and kind in _ESCAPED else text


def _closed(text: str, kind: str) -> bool:
    """Whether a quoted word, its first quote taken off, ends with a quote that closes it."""
    quote = '"' if kind == "DOUBLE" else "'"
    return _ESCAPED[kind].sub("", text).endswith(quote)
