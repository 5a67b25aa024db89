"""mod_setenvif.c: variables of a request by what it is.

In: the words of one directive. Out: a `VariableRule`; or httpd's message for what it does not take.
Rules: the documentation of mod_setenvif; wordings as observed with 2.4.71. A header's name with
anything but letters, digits, `-` and `_` is an expression to httpd.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from httpdlite.conf.call import EVERYWHERE, Call, Module
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.rows import Arity, Directive, Refusal, Takes, repeated
from httpdlite.conf.spelling import lower
from httpdlite.conf.values import condition, pattern
from httpdlite.diagnostics import Span

if TYPE_CHECKING:
    from httpdlite.conf.expressions.tree import Condition

MODULE: Final = Module("setenvif_module", "mod_setenvif.c")

_PLAIN_NAME: Final = re.compile(r"[-A-Za-z0-9_]*")
_PLAIN_END: Final = re.compile(r"[^\\^$*+?.()\[\]{}|]*\\")
"""A text that httpd takes as it is, without compiling it, although it ends in a backslash."""
_OF_CERTIFICATE: Final = re.compile(r"oid\(.*", re.IGNORECASE | re.DOTALL)

Feature = tuple[str, str | None]
"""A variable's name in lower case, and its value; None takes it away."""


@dataclass(frozen=True, slots=True)
class VariableRule:
    """One line. `name` is that of a field, a variable or one of httpd's own, such as Remote_Addr;
    `name_is_pattern`: an expression for names of fields. Either `pattern` or `condition` says when
    the `features` count.
    """

    name: str
    pattern: str
    features: tuple[Feature, ...]
    span: Span
    ignores_case: bool = False
    name_is_pattern: bool = False
    condition: "Condition | None" = None


def _read_header(call: Call) -> VariableRule:
    words = [word.text for word in words_of(call)]
    if not words or not words[0]:
        raise call.error(f"Missing header-field name for {call.name}")
    return _read_match(call, words[0], words[1:])


def _read_browser(call: Call) -> VariableRule:
    return _read_match(call, "User-Agent", [word.text for word in words_of(call)])


def _read_match(call: Call, header: str, words: list[str]) -> VariableRule:
    if not words or not words[0]:
        raise call.error(f"Missing regular expression for {call.name}")
    if not _PLAIN_END.fullmatch(words[0]):
        pattern(call, words[0], None, f"{call.name} regex could not be compiled.")
    is_plain = bool(_PLAIN_NAME.fullmatch(header)) or bool(_OF_CERTIFICATE.fullmatch(header))
    if not _PLAIN_NAME.fullmatch(header):
        pattern(call, header, None, f"{call.name}Header name regex could not be compiled.")
    return VariableRule(
        header,
        words[0],
        _read_features(call, words[1:]),
        call.span,
        call.name.endswith("NoCase"),
        not is_plain,
    )


def _read_expression(call: Call) -> VariableRule:
    words = [word.text for word in words_of(call)]
    if not words or not words[0]:
        raise call.error(f"Missing expression for {call.name}")
    shown = words[0].replace("{", "{{").replace("}", "}}")
    tree = condition(call, words[0], None, f'Could not parse expression "{shown}": {{}}')
    return VariableRule("", "", _read_features(call, words[1:]), call.span, condition=tree)


def _read_features(call: Call, words: list[str]) -> tuple[Feature, ...]:
    """There must be one; httpd reads up to the first empty one."""
    if not words or not words[0]:
        raise call.error(f"Missing envariable expression for {call.name}")
    features: list[Feature] = []
    for word in words:
        if not word:
            break
        name, _, value = word.partition("=")
        value = value.lstrip("=")
        if value:
            features.append((lower(name), value))
        elif name.startswith("!"):
            features.append((lower(name[1:]), None))
        else:
            features.append((lower(name), "1"))
    return tuple(features)


def _refuse_rules(rules: tuple[VariableRule, ...]) -> Iterator[Refusal]:
    for rule in rules:
        if _OF_CERTIFICATE.fullmatch(rule.name):
            yield Refusal(
                f"SetEnvIf {rule.name} is not supported",
                rule.span,
                "Use SetEnvIfExpr with a variable such as %{SSL_CLIENT_S_DN_CN}.",
            )


_MATCH_DOC: Final = "Sets variables where {} matches an expression."

SET_ENV_IF: Final = repeated(
    "SetEnvIf",
    Takes(Arity.RAW, _read_header),
    contexts=EVERYWHERE,
    refuse=_refuse_rules,
    doc=_MATCH_DOC.format("a header"),
)


def _like(name: str, takes: Takes[VariableRule], doc: str) -> Directive[tuple[VariableRule, ...]]:
    return repeated(
        name,
        takes,
        contexts=EVERYWHERE,
        into=SET_ENV_IF,
        refuse=_refuse_rules,
        doc=doc,
    )


_HEADER: Final = Takes(Arity.RAW, _read_header)
_BROWSER: Final = Takes(Arity.RAW, _read_browser)

ROWS: Final = (
    SET_ENV_IF,
    _like("SetEnvIfNoCase", _HEADER, _MATCH_DOC.format("a header, in upper or lower case,")),
    _like(
        "SetEnvIfExpr",
        Takes(Arity.RAW, _read_expression),
        "Sets variables where a condition holds.",
    ),
    _like("BrowserMatch", _BROWSER, _MATCH_DOC.format("the name of the client's program")),
    _like(
        "BrowserMatchNoCase",
        _BROWSER,
        _MATCH_DOC.format("the name of the client's program, in upper or lower case,"),
    ),
)

MODULES: Final = ((MODULE, ROWS),)
