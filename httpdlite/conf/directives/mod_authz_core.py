"""mod_authz_core.c: Require, and the sections that combine what is required.

In: the words of Require, or what stands in a section. Out: nothing, or httpd's message. Which
providers there are is authz_providers.py's. Rules: mod_authz_core documentation; as observed with
2.4.71.

1. Without a section, requirements stand in an implied <RequireAny>.
2. A negative one decides nothing where one positive is enough: it is refused in <RequireAny> and
   <RequireNone>. So is <RequireNone> itself.
3. A section within one of its kind adds its members to that one. One that has but negative members
   is refused when all is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.call import SECTIONS, SERVER, Call, ConfigError, Remark
from httpdlite.conf.directives.authz_providers import (
    PROTECTS_LATER,
    check_requirement,
    find_provider,
    opens,
)
from httpdlite.conf.rows import (
    Argument,
    Arity,
    Refusal,
    Section,
    Takes,
    directive,
    judged,
    judged_module,
)
from httpdlite.conf.spelling import lower
from httpdlite.conf.syntax import split_words
from httpdlite.conf.values import one_of

MODULE: Final = judged_module("authz_core")

OPEN: Final = opens("everybody")
"""Of what only opens: without restrictions, which are refused, all is open."""


_ANY, _ALL, _NONE = "<requireany", "<requireall", "<requirenone"
_SECTIONS: Final = {_ANY: "<RequireAny", _ALL: "<RequireAll", _NONE: "<RequireNone"}


@dataclass(frozen=True, slots=True)
class Requirement:
    """A member of a section: what counts here is only whether it is negative."""

    is_negative: bool


def _around(call: Call) -> str:
    """The section whose member this is (rule 1)."""
    keys = [section.key for section in call.place.sections if section.key in _SECTIONS]
    return keys[-1] if keys else _ANY


def _check_require(call: Call) -> None:
    text = call.raw.text
    words = split_words(text)
    negative = bool(words) and lower(words[0].value) == "not"
    around = _around(call)
    call.place.group.append(Requirement(negative))
    first = words[1:] if negative else words
    name = first[0].value if first else ""
    if find_provider(call, name) is None:
        raise call.error(f"Unknown Authz provider: {name}")
    check_requirement(call, name, text[first[0].end :].strip())
    if negative and around != _ALL:
        kind = _SECTIONS[around]
        raise call.error(f"negative Require directive has no effect in {kind}> directive")


# --- sections -------------------------------------------------------------------------------------


def _check_no_argument(call: Call) -> None:
    if call.words:
        raise call.error(f"{call.name}> directive doesn't take additional arguments", 0)


def _close(call: Call) -> None:
    members = [member for member in call.group if isinstance(member, Requirement)]
    key, around = lower(call.name), _around(call)
    if not members:
        message = f"{call.name}> directive contains no authorization directives"
        raise call.error(message, code="wrong-nesting")
    if key == _NONE and around != _ALL:
        message = f"{call.name}> directive has no effect in {_SECTIONS[around]}> directive"
        raise call.error(message, code="wrong-nesting")
    if key == around:
        call.place.group.extend(members)
        return
    call.place.group.append(Requirement(key == _NONE))
    if all(member.is_negative for member in members):
        message = f"{call.name}> directive contains only negative authorization directives"
        lines = (f"AH01624: {message}", "AH00014: Configuration check failed")
        raise call.error(message, code="wrong-nesting", apache=lines, late=True)


def _section(name: str, doc: str) -> Section:
    return Section(
        name,
        SECTIONS,
        doc,
        inside=None,
        keeps_path=False,
        groups=True,
        argument=Argument.OPTIONAL,
        standing=PROTECTS_LATER,
        check=_check_no_argument,
        check_after=_close,
    )


# --- aliases --------------------------------------------------------------------------------------


def _check_alias_words(call: Call) -> None:
    if len(call.words) < 2 or not (call.words[0].text and call.words[1].text):
        message = f"{call.name}> directive requires additional arguments"
        raise call.error(message, code="wrong-arity")


def _define_alias(call: Call) -> None:
    provider, alias, *rest = (word.text for word in call.words)
    if len(rest) > 1:
        message = (
            f"AH10142: When several arguments ({rest[0]} {rest[1]}...) are passed to a {call.name} "
            "directive, they must be enclosed in quotation marks.  Otherwise, only the first one "
            "is taken into account"
        )
        call.place.warn(Remark(message, call.words[3].span, "authz_core:warn"))
    if find_provider(call, provider) is None:
        raise call.error(f"Unknown Authz provider: {provider}", 0)
    argument = rest[0] if rest else ""
    try:
        check_requirement(call, provider, argument)
    except ConfigError as why:
        message = f"Can't parse 'Require {provider} {argument}': {why.message}"
        raise call.error(message) from None
    call.place.anywhere.note("authz alias", alias)


def _read_require(call: Call) -> str:
    _check_require(call)
    return " ".join(part.value for part in split_words(call.raw.text))


def _refuse_require(requirement: str) -> Iterator[Refusal]:
    if lower(requirement) != "all granted":
        yield Refusal("Require is not supported yet", hint=PROTECTS_LATER.instead)


MODULES: Final = (
    (
        MODULE,
        (
            directive(
                "Require",
                Takes(Arity.RAW, _read_require),
                contexts=SECTIONS,
                standing=OPEN,
                refuse=_refuse_require,
                doc="Who may come in.",
            ),
            judged(
                "AuthMerging",
                Arity.ONE,
                SECTIONS,
                PROTECTS_LATER,
                "How requirements of an outer section count with those of an inner one.",
                check=one_of("off and or", "AuthMerging must be one of: Off | And | Or"),
                usual="Off",
            ),
            judged(
                "AuthzSendForbiddenOnFailure",
                Arity.FLAG,
                SECTIONS,
                PROTECTS_LATER,
                "Whether who is not let in is answered with 403 instead of 401.",
                usual="Off",
            ),
            _section("<RequireAll", "Requirements of which all must hold."),
            _section("<RequireAny", "Requirements of which one must hold."),
            _section("<RequireNone", "Requirements of which none may hold."),
            Section(
                "<AuthzProviderAlias",
                SERVER,
                "A name for a requirement with settings of its own.",
                keeps_path=False,
                standing=PROTECTS_LATER,
                check=_check_alias_words,
                check_after=_define_alias,
            ),
        ),
    ),
)
