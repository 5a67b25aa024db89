"""mod_authz_core.c: Require, and the sections that combine what is required.

In: the words of Require, or what stands in a section. Out: the tree of what is required
(authorization.py), or httpd's message. Which providers there are is authz_providers.py's. Rules:
mod_authz_core documentation; as observed with 2.4.71.

1. Without a section, requirements stand in an implied <RequireAny>.
2. A negative one decides nothing where one positive is enough: it is refused in <RequireAny> and
   <RequireNone>. So is <RequireNone> itself.
3. A section that has but negative members is refused when all is read, but not within one of its
   kind.
4. A section's members are in its group (Place.group) until it ends; what stands in no section of
   this kind is the value of Require.
"""

from collections.abc import Iterator
from typing import Final

from httpdlite.conf.call import SECTIONS, SERVER, Call, ConfigError, Module, Remark
from httpdlite.conf.directives.authorization import (
    NOTHING,
    Alias,
    Authorization,
    Group,
    Member,
    Merging,
    Needs,
    Requirement,
    combine,
    members_added,
    merge,
    required,
)
from httpdlite.conf.directives.authz_providers import (
    GroupFile,
    check_requirement,
    find_alias,
    find_provider,
    why_not_done,
)
from httpdlite.conf.directives.core_sections import limited_methods
from httpdlite.conf.rows import (
    FLAG,
    Argument,
    Arity,
    Refusal,
    Section,
    Takes,
    directive,
)
from httpdlite.conf.spelling import lower
from httpdlite.conf.syntax import split_words
from httpdlite.conf.values import one_of
from httpdlite.diagnostics import Span

MODULE: Final = Module("authz_core_module", "mod_authz_core.c")

_ANY, _ALL, _NONE = "<requireany", "<requireall", "<requirenone"
_SECTIONS: Final = {_ANY: "<RequireAny", _ALL: "<RequireAll", _NONE: "<RequireNone"}
_OF_ITS_OWN: Final = frozenset({"<if", "<elseif", "<else", "<files", "<filesmatch"})
"""Sections that have requirements of their own, wherever they stand."""


def _section_around(call: Call) -> str | None:
    """The section whose member this is; None: it stands in none of this kind."""
    for section in reversed(call.place.sections):
        if section.key in _SECTIONS:
            return section.key
        if section.key in _OF_ITS_OWN:
            return None
    return None


def _add(call: Call, member: Member) -> Authorization:
    """Puts a member where it belongs (rule 4); what it gives to Require."""
    around = _section_around(call)
    members = members_added(member, Needs.ALL if around == _ALL else Needs.ANY)
    call.place.group.extend(members)
    return required(*members) if around is None else NOTHING


_WRONG: Final = Requirement("all", "granted")
"""Stands for one that has been complained of: its section is not empty for that."""


def _read_require(call: Call) -> Authorization:
    try:
        return _add(call, _requirement(call))
    except ConfigError:
        call.place.group.append(_WRONG)
        raise


def _requirement(call: Call) -> Requirement:
    text = call.raw.text
    words = split_words(text)
    negative = bool(words) and lower(words[0].value) == "not"
    first = words[1:] if negative else words
    name = first[0].value if first else ""
    if find_provider(call, name) is None:
        raise call.error(f"Unknown Authz provider: {name}")
    argument = text[first[0].end :].strip()
    tree = check_requirement(call, name, argument)
    around = _section_around(call) or _ANY
    if negative and around != _ALL:
        kind = _SECTIONS[around]
        raise call.error(f"negative Require directive has no effect in {kind}> directive")
    methods, alias = limited_methods(call.place), find_alias(call, name)
    return Requirement(name, argument, tree, negative, methods, alias, _name_span(call))


def _name_span(call: Call) -> Span:
    text = call.line.text
    start = len(text) - len(text.lstrip())
    return call.line.span(start, start + len(call.name))


def _requirements(group: Group) -> Iterator[Requirement]:
    for member in group.members:
        if isinstance(member, Group):
            yield from _requirements(member)
        else:
            yield member


def _refuse_require(value: Authorization) -> Iterator[Refusal]:
    for requirement in _requirements(value.group) if value.group is not None else ():
        provider = requirement.alias.provider if requirement.alias else requirement.provider
        reason = why_not_done(provider)
        if reason is not None:
            yield Refusal(f"Require {provider} {reason}", requirement.span)


REQUIRE: Final = directive(
    "Require",
    Takes(Arity.RAW, _read_require),
    contexts=SECTIONS,
    default=NOTHING,
    combine=combine,
    combine_in_section=combine,
    merge=merge,
    refuse=_refuse_require,
    doc="Who may come in.",
)


def _read_merging(call: Call) -> Authorization:
    one_of("off and or", "AuthMerging must be one of: Off | And | Or")(call)
    return Authorization(None, Merging(lower(call.words[0].text)))


AUTH_MERGING: Final = directive(
    "AuthMerging",
    Takes(Arity.ONE, _read_merging),
    contexts=SECTIONS,
    into=REQUIRE,
    combine=combine,
    combine_in_section=combine,
    usual="Off",
    doc="How requirements of an outer section count with those of an inner one.",
)
SEND_FORBIDDEN: Final = directive(
    "AuthzSendForbiddenOnFailure",
    FLAG,
    contexts=SECTIONS,
    default=False,
    doc="Whether who is not let in is answered with 403 instead of 401.",
)


# --- sections -------------------------------------------------------------------------------------


def _check_no_argument(call: Call) -> None:
    if call.words:
        raise call.error(f"{call.name}> directive doesn't take additional arguments", 0)


def _close(call: Call) -> Authorization | None:
    members = tuple(member for member in call.group if isinstance(member, Requirement | Group))
    key, around = lower(call.name), _section_around(call) or _ANY
    if not members:
        message = f"{call.name}> directive contains no authorization directives"
        raise call.error(message, code="wrong-nesting")
    if key == _NONE and around != _ALL:
        message = f"{call.name}> directive has no effect in {_SECTIONS[around]}> directive"
        raise call.error(message, code="wrong-nesting")
    needs = Needs.ALL if key == _ALL else Needs.ANY
    given = _add(call, Group(needs, members, is_negative=key == _NONE))
    if key != around and all(member.is_negative for member in members):
        message = f"{call.name}> directive contains only negative authorization directives"
        lines = (f"AH01624: {message}", "AH00014: Configuration check failed")
        raise call.error(message, code="wrong-nesting", apache=lines, late=True)
    return given


def _section(name: str, doc: str) -> Section:
    return Section(
        name,
        SECTIONS,
        doc,
        inside=None,
        keeps_path=False,
        groups=True,
        argument=Argument.OPTIONAL,
        check=_check_no_argument,
        check_after=_close,
        gives=REQUIRE,
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
        tree = check_requirement(call, provider, argument)
    except ConfigError as why:
        message = f"Can't parse 'Require {provider} {argument}': {why.message}"
        raise call.error(message) from None
    files = [member.path for member in call.group if isinstance(member, GroupFile)]
    meant = Alias(provider, argument, tree, files[-1] if files else None)
    base = find_alias(call, provider)  # an alias of an alias
    call.place.anywhere.note("authz alias", alias, base or meant)


MODULES: Final = (
    (
        MODULE,
        (
            REQUIRE,
            AUTH_MERGING,
            SEND_FORBIDDEN,
            _section("<RequireAll", "Requirements of which all must hold."),
            _section("<RequireAny", "Requirements of which one must hold."),
            _section("<RequireNone", "Requirements of which none may hold."),
            Section(
                "<AuthzProviderAlias",
                SERVER,
                "A name for a requirement with settings of its own.",
                keeps_path=False,
                check=_check_alias_words,
                check_after=_define_alias,
            ),
        ),
    ),
)
