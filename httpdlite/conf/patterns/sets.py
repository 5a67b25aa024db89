r"""Sets of bytes, as numbers: bit n stands for the character with the code n.

In: the names that PCRE has for sets (`\d`, `[:alpha:]`), or codes. Out: a set, and what Python's
`re` calls it. Hides the C locale, in which httpd compiles: letters are those of ASCII, `\h` has the
no-break space of latin-1 and `\v` its next line. Rules: pcre2pattern(3), PCRE2 10.42 as observed.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

ALL: Final = (1 << 256) - 1
NEWLINE: Final = 1 << 10


def of(codes: Iterable[int]) -> int:
    """The set of these codes."""
    found = 0
    for code in codes:
        found |= 1 << code
    return found


def between(low: int, high: int) -> int:
    """The set of all codes from low to high."""
    return (1 << (high + 1)) - (1 << low)


_UPPER: Final = between(ord("A"), ord("Z"))
_LOWER: Final = between(ord("a"), ord("z"))
_DIGIT: Final = between(ord("0"), ord("9"))
_SPACE: Final = of(b" \t\n\v\f\r")
_WORD: Final = _UPPER | _LOWER | _DIGIT | 1 << ord("_")
_HORIZONTAL: Final = of(b" \t\xa0")
_VERTICAL: Final = of(b"\n\v\f\r\x85")
_GRAPH: Final = between(33, 126)

TYPES: Final = {
    "d": _DIGIT,
    "D": ALL & ~_DIGIT,
    "s": _SPACE,
    "S": ALL & ~_SPACE,
    "w": _WORD,
    "W": ALL & ~_WORD,
    "h": _HORIZONTAL,
    "H": ALL & ~_HORIZONTAL,
    "v": _VERTICAL,
    "V": ALL & ~_VERTICAL,
    "N": ALL & ~NEWLINE,
}
CLASSES: Final = {
    "alnum": _UPPER | _LOWER | _DIGIT,
    "alpha": _UPPER | _LOWER,
    "ascii": between(0, 127),
    "blank": of(b" \t"),
    "cntrl": between(0, 31) | 1 << 127,
    "digit": _DIGIT,
    "graph": _GRAPH,
    "lower": _LOWER,
    "print": _GRAPH | 1 << 32,
    "punct": _GRAPH & ~(_UPPER | _LOWER | _DIGIT),
    "space": _SPACE,
    "upper": _UPPER,
    "word": _WORD,
    "xdigit": _DIGIT | of(b"abcdefABCDEF"),
}


def fold(chars: int) -> int:
    """The set with both cases of its letters."""
    distance = ord("a") - ord("A")
    return chars | (chars & _UPPER) << distance | (chars & _LOWER) >> distance


@lru_cache(1024)
def written(chars: int) -> str:
    """What the set is called in a pattern of Python's that is compiled with DOTALL."""
    if chars == ALL:
        return "."
    if chars == 0:
        return "[^\\x00-\\xff]"
    if chars & (chars - 1) == 0:
        return re.escape(chr(chars.bit_length() - 1))
    inverse = ALL & ~chars
    if chars >> 255:
        return f"[^{_ranges(inverse)}]"
    return f"[{_ranges(chars)}]"


def _ranges(chars: int) -> str:
    parts = []
    while chars:
        low = (chars & -chars).bit_length() - 1
        run = ~(chars >> low)
        count = (run & -run).bit_length() - 1
        chars &= ~between(low, low + count - 1)
        parts.append(
            _character(low) if count == 1 else f"{_character(low)}-{_character(low + count - 1)}"
        )
    return "".join(parts)


def _character(number: int) -> str:
    char = chr(number)
    return char if char.isascii() and char.isalnum() else f"\\x{number:02x}"
