"""mod_setenvif.c: variables of a request by what it is, judged as httpd does; not set yet.

In: the words of one directive. Out: httpd's message for what it does not take. Rules: the
documentation of mod_setenvif; wordings as observed with 2.4.71. A header's name with
anything but letters, digits, `-` and `_` is an expression to httpd.
"""

import re
from typing import Final

from httpdlite.conf.call import EVERYWHERE, Call
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.rows import Arity, judged, judged_module
from httpdlite.conf.standing import later
from httpdlite.conf.values import expression, pattern

MODULE: Final = judged_module("setenvif")

_PLAIN_NAME: Final = re.compile(r"[-A-Za-z0-9_]*")
_PLAIN_END: Final = re.compile(r"[^\\^$*+?.()\[\]{}|]*\\")
"""A text that httpd takes as it is, without compiling it, although it ends in a backslash."""


def _check_header(call: Call) -> None:
    words = [word.text for word in words_of(call)]
    if not words or not words[0]:
        raise call.error(f"Missing header-field name for {call.name}")
    _check_match(call, words[0], words[1:])


def _check_browser(call: Call) -> None:
    _check_match(call, "User-Agent", [word.text for word in words_of(call)])


def _check_match(call: Call, header: str, words: list[str]) -> None:
    if not words or not words[0]:
        raise call.error(f"Missing regular expression for {call.name}")
    if not _PLAIN_END.fullmatch(words[0]):
        pattern(call, words[0], None, f"{call.name} regex could not be compiled.")
    if not _PLAIN_NAME.fullmatch(header):
        pattern(call, header, None, f"{call.name}Header name regex could not be compiled.")
    _check_variables(call, words[1:])


def _check_expression(call: Call) -> None:
    words = [word.text for word in words_of(call)]
    if not words or not words[0]:
        raise call.error(f"Missing expression for {call.name}")
    shown = words[0].replace("{", "{{").replace("}", "}}")
    expression(call, words[0], None, f'Could not parse expression "{shown}": {{}}')
    _check_variables(call, words[1:])


def _check_variables(call: Call, words: list[str]) -> None:
    """There must be one; httpd reads up to the first empty one."""
    if not words or not words[0]:
        raise call.error(f"Missing envariable expression for {call.name}")


_MATCH: Final = later(
    "Remove or waive what works around old browsers (nokeepalive); what refers to the variable, "
    "such as Require env, needs another condition.",
    protects=True,
)
_MATCH_DOC: Final = "Sets variables where {} matches an expression."

ROWS: Final = (
    judged(
        "SetEnvIf",
        Arity.RAW,
        EVERYWHERE,
        _MATCH,
        _MATCH_DOC.format("a header"),
        check=_check_header,
    ),
    judged(
        "SetEnvIfNoCase",
        Arity.RAW,
        EVERYWHERE,
        _MATCH,
        _MATCH_DOC.format("a header, in upper or lower case,"),
        check=_check_header,
    ),
    judged(
        "SetEnvIfExpr",
        Arity.RAW,
        EVERYWHERE,
        _MATCH,
        "Sets variables where a condition holds.",
        check=_check_expression,
    ),
    judged(
        "BrowserMatch",
        Arity.RAW,
        EVERYWHERE,
        _MATCH,
        _MATCH_DOC.format("the name of the client's program"),
        check=_check_browser,
    ),
    judged(
        "BrowserMatchNoCase",
        Arity.RAW,
        EVERYWHERE,
        _MATCH,
        _MATCH_DOC.format("the name of the client's program, in upper or lower case,"),
        check=_check_browser,
    ),
)

MODULES: Final = ((MODULE, ROWS),)
