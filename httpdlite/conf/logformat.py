r"""A log format string, read: the text of LogFormat or CustomLog in, a tuple of items out.

Hides the syntax of mod_log_config's formats ("Custom Log Formats"): literal text with its escapes,
and `%` items with modifiers. A regular expression and not a Lark grammar: a format is flat and
regular, every configtest reads a few, and the messages say nothing about positions.

Rules, as in httpd 2.4.71:
1. `%%` is a per cent sign; `\\ \n \r \t` in literal text are the characters, any other backslash
   stays (the quotes of `\"` are the configuration reader's).
2. Between `%` and the directive's letter any modifiers may stand, in any order: status numbers,
   commas, `!` (an even number of them cancels out), `<` and `>`, `{argument}` (the last one counts;
   several closing braces in a row are one).
3. `%s %U %T %D %r %R` mean the original request unless `>` is given, all others the final one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

DEFAULT_FORMAT: Final = '%h %l %u %t "%r" %>s %b'
"""The format of a log without one; also the nickname CLF (mod_log_config)."""

DIRECTIVES: Final = frozenset("aAbBCDefhHiklLmnopPqrRstTuUvVXIOS") | {"^ti", "^to", "^FB"}
"""mod_log_config's and mod_logio's."""

SSL_DIRECTIVES: Final = frozenset("cx")
"""What mod_ssl adds where it is loaded."""

OF_ORIGINAL_REQUEST: Final = frozenset("sUTDrR")

RAN_OFF_END: Final = "Ran off end of LogFormat parsing args to some directive"
UNRECOGNIZED: Final = "Unrecognized LogFormat directive %"

_ESCAPES: Final = {"\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t"}
_ESCAPE: Final = re.compile(r"\\[\\nrt]")
_MODIFIER: Final = re.compile(r"(?P<number>[0-9]+)|\{(?P<argument>[^}]*)\}+|[!<>,]")
_ITEM: Final = re.compile(
    r"(?P<percent>%%)|(?P<text>[^%]+)"
    r"|%(?P<modifiers>(?:[0-9]+|\{[^}]*\}+|[!<>,])*+)(?P<name>\^(?:ti|to|FB)|.)?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that is the same in every line."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """One `%` directive. `name` is its letter, or `^` and two letters."""

    name: str
    argument: str = ""
    statuses: tuple[int, ...] = ()
    negated: bool = False
    """Logged for every status but those of `statuses`, which are required otherwise."""
    original: bool = False
    """About the request as it came, not as internal redirects have left it."""


Item = Literal | Field


class FormatError(ValueError):
    """The format cannot be read; `args[0]` is Apache's message."""


def parse_format(text: str, *, has_ssl: bool = True) -> tuple[Item, ...]:
    """The items of a format, adjacent literals joined; raises FormatError with Apache's message.
    `has_ssl`: is mod_ssl loaded?
    """
    items: list[Item] = []
    for match in _ITEM.finditer(text):
        if match["name"] is not None:
            if match["name"] in SSL_DIRECTIVES and not has_ssl:
                raise FormatError(UNRECOGNIZED + match["name"])
            items.append(_field(match["name"], match["modifiers"]))
        elif match["modifiers"] is not None:
            raise FormatError(RAN_OFF_END)
        else:
            _append_text(items, "%" if match["percent"] else _unescape(match["text"]))
    return tuple(items)


def check_format(text: str, *, has_ssl: bool = False) -> str | None:
    """Apache's complaint about a format, None if it has none."""
    try:
        parse_format(text, has_ssl=has_ssl)
    except FormatError as error:
        return str(error)
    return None


def find_format(wanted: str | None, formats: Iterable[tuple[str, str | None]]) -> str:
    """The format text of a log, from what its directive names and the LogFormats in their order.

    `wanted` is CustomLog's second word, a nickname or a format itself, or None for TransferLog;
    `formats` are pairs of a format and its nickname. Nicknames are case-insensitive and the last
    definition counts, also one after the CustomLog. Without a nickname LogFormat sets the default.
    """
    named = {"clf": DEFAULT_FORMAT}
    default = DEFAULT_FORMAT
    for text, nickname in formats:
        if nickname is None:
            default = text
        else:
            named[nickname.lower()] = text
    return default if wanted is None else named.get(wanted.lower(), wanted)


def _field(name: str, modifiers: str) -> Field:
    if name == "{":  # an argument without its closing brace
        raise FormatError(RAN_OFF_END)
    if name not in DIRECTIVES and name not in SSL_DIRECTIVES:
        raise FormatError(UNRECOGNIZED + name)
    argument, statuses, negated, original = "", [], False, name in OF_ORIGINAL_REQUEST
    for modifier in _MODIFIER.finditer(modifiers):
        if (number := modifier["number"]) is not None:
            statuses.append(int(number) if len(number) < 10 else 0)  # 0: no status has ten digits
        elif modifier["argument"] is not None:
            argument = modifier["argument"]
        elif modifier[0] == "!":
            negated = not negated
        elif modifier[0] != ",":
            original = modifier[0] == "<"
    return Field(name, argument, tuple(statuses), negated, original)


def _append_text(items: list[Item], text: str) -> None:
    if items and isinstance(last := items[-1], Literal):
        items[-1] = Literal(last.text + text)
    else:
        items.append(Literal(text))


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPES[match[0]], text)
