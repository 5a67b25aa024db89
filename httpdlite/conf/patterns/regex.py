r"""Regular expressions: PCRE's syntax in, a compiled `re` pattern out that means the same.

Hides the differences between PCRE (as httpd compiles: bytes, DOTALL, DOLLAR_ENDONLY) and Python's
`re`. `BadRegex` is a pattern that PCRE refuses (`pcre` knows); `ForeignRegex` one that PCRE takes
and `re` cannot express. Meaning: pcre2pattern(3), and RegexDefaultOptions in httpd's core.

1. `$` is the very end, `\Z` the end or before a last newline, `\z` the very end.
2. Options such as `(?i)` may stand at the very beginning; elsewhere, and others than i, s and m,
   they are foreign.
3. `\d \w \s \b` and case are ASCII: httpd compiles without PCRE2_UTF.
"""

import re
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Final


class BadRegex(ValueError):  # noqa: N818 - named as httpd's messages speak of it
    """The pattern is wrong."""


class ForeignRegex(ValueError):  # noqa: N818
    """The pattern uses something that PCRE has and `re` has not; the text says what."""


_TOKEN: Final = re.compile(
    r"""
    (?P<quoted>\\Q(?P<literal>.*?)(?:\\E|\Z))
  | (?P<escape>\\(?:x\{[0-9A-Fa-f]+\}|[gk](?:\{[^}]*\}|<[^>]*>|'[^']*'|-?[0-9]+)|.))
  | (?P<options>\(\?\^?[A-Za-z]*(?:-[A-Za-z]+)?\))
  | (?P<group>\((?:\?(?:P?<(?![=!])[A-Za-z_]\w*>|'[A-Za-z_]\w*'|[^)]?)|\*[A-Z]+))
  | (?P<set>\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\])
  | (?P<dollar>\$)
  | (?P<braces>\{,[0-9]*\})
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_POSIX: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}

_ESCAPES: Final = {
    "\\z": r"\Z",
    "\\Z": r"(?=\n?\Z)",
    "\\h": r"[ \t]",
    "\\H": r"[^ \t]",
    "\\v": r"[\n\v\f\r]",
    "\\V": r"[^\n\v\f\r]",
    "\\R": r"(?>\r\n|[\n\v\f\r])",
    "\\N": r"[^\n]",
    "\\e": r"\x1b",
    "\\E": "",
}
_FOREIGN: Final = frozenset({"\\K", "\\G", "\\X", "\\C", "\\p", "\\P", "\\c", "\\g", "\\k"})


def check_regex(pattern: str) -> None:
    """Raises BadRegex if PCRE refuses a pattern; compiles nothing."""
    from httpdlite.conf.patterns import pcre  # noqa: PLC0415 - 14 ms, often not needed

    pcre.check_regex(pattern)


@lru_cache(4096)
def compile_regex(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """Compiles PCRE syntax. Raises BadRegex or ForeignRegex."""
    check_regex(pattern)
    flags = re.DOTALL | re.ASCII | (re.IGNORECASE if ignore_case else 0)
    translated = "".join(map(_translate, _TOKEN.finditer(pattern)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # sets of sets, which `re` has not yet
            return re.compile(translated, flags)
    except (re.error, OverflowError, RecursionError) as why:
        raise ForeignRegex(f"{why} (of Python's expressions)") from why


def _translate(token: re.Match[str]) -> str:
    kind = token.lastgroup if token.lastgroup != "literal" else "quoted"
    assert kind is not None
    return _TRANSLATE[kind](token)


def _quoted(token: re.Match[str]) -> str:
    return re.escape(token["literal"])


def _escape(token: re.Match[str]) -> str:
    text = token["escape"]
    if text.startswith("\\x{"):
        return re.escape(chr(int(text[3:-1], 16)))
    if found := re.fullmatch(r"\\g\{?([0-9]+)\}?", text):
        return f"(?:\\{found[1]})"
    if found := re.fullmatch(
        r"\\[gk](?:\{([A-Za-z_]\w*)\}|<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')", text
    ):
        return f"(?P={found[1] or found[2] or found[3]})"
    if text[:2] in _FOREIGN:
        raise ForeignRegex(f"{text[:2]} in a regular expression")
    if text in _ESCAPES:
        return _ESCAPES[text]
    return (
        text
        if text[1:].isalnum() and text[1] in "AbBdDsSwWnrtfa0123456789x"
        else re.escape(text[1:])
    )


def _options(token: re.Match[str]) -> str:
    """Only at the very beginning do options mean the same to both; there i, s and m may be set, m
    where no `$` is, which would not be the very end then.
    """
    text = token["options"]
    if token.start() or set(text[2:-1]) - set("ism") or ("m" in text and "$" in token.string):
        raise ForeignRegex(f"{text} in a regular expression")
    return text if text != "(?)" else ""


def _braces(token: re.Match[str]) -> str:
    return re.escape(token["braces"])  # no quantifier in PCRE, which wants the lower number


def _group(token: re.Match[str]) -> str:
    text = token["group"]
    if text.startswith("(*"):
        raise ForeignRegex(f"{text}) in a regular expression")
    if found := re.fullmatch(r"\(\?(?:P?<|')([A-Za-z_]\w*)[>']", text):
        return f"(?P<{found[1]}>"
    if text[2:3] in {"R", "|", "&", "C", "+"} or text[2:3].isdigit():
        raise ForeignRegex(f"{text} in a regular expression")
    return text


def _set(token: re.Match[str]) -> str:
    text = token["set"]
    head = re.match(r"\[\^?\]?", text)
    assert head is not None
    body = re.sub(r"\[:(\^?)([a-z]+):\]|\\.|.", _set_item, text[head.end() : -1], flags=re.DOTALL)
    return head[0].replace("]", "\\]") + body + "]"


def _set_item(item: re.Match[str]) -> str:
    if item[2] is not None:
        if item[1] or item[2] not in _POSIX:
            raise ForeignRegex(f"{item[0]} in a regular expression")
        return _POSIX[item[2]]
    text = item[0]
    if text in {"\\h", "\\e"}:
        return {"\\h": r" \t", "\\e": r"\x1b"}[text]
    if text[0] == "\\" and text[1].isalpha() and text[1] not in "bdDsSwWnrtfavx":
        return re.escape(text[1])
    return "\\[" if text == "[" else text


def _dollar(_: re.Match[str]) -> str:
    return r"\Z"


def _other(token: re.Match[str]) -> str:
    return token["other"]


_TRANSLATE: Final[dict[str, Callable[[re.Match[str]], str]]] = {
    "quoted": _quoted,
    "escape": _escape,
    "options": _options,
    "braces": _braces,
    "group": _group,
    "set": _set,
    "dollar": _dollar,
    "other": _other,
}
