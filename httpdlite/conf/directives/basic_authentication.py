"""Who somebody is, by name and password: mod_authn_core, mod_auth_basic, mod_authn_file; groups of
users: mod_authz_groupfile.

In: the words of one directive. Out: its value, or httpd's message. Names that directives give to
providers are noted for later lines. Rules: the modules' documentation; as observed with 2.4.71.

1. A provider is a name for a file of users: `file` itself for AuthUserFile, an alias for what
   <AuthnProviderAlias> has. What AuthUserFile and AuthGroupFile are given is put into the group of
   the section as well (Place.group), where an alias finds it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from httpdlite.conf.call import SECTIONS, SERVER, Call, Module
from httpdlite.conf.directives.authz_providers import GroupFile
from httpdlite.conf.files import absolute
from httpdlite.conf.rows import (
    Arity,
    Directive,
    Refusal,
    Section,
    Takes,
    append,
    directive,
    read_flag,
)
from httpdlite.conf.spelling import lower
from httpdlite.conf.values import one_of, text_tree
from httpdlite.diagnostics import Span

if TYPE_CHECKING:
    from httpdlite.conf.expressions.tree import Word

    Text = Word | str

# --- providers ------------------------------------------------------------------------------------

_PROVIDERS: Final = {
    "file": "authn_file_module",
    "dbm": "authn_dbm_module",
    "dbd": "authn_dbd_module",
    "anon": "authn_anon_module",
    "socache": "authn_socache_module",
    "ldap": "authnz_ldap_module",
    "external": "authnz_external_module",
    "PAM": "authnz_pam_module",
    "plain": "auth_plain_module",
    "sasl": "authn_sasl_module",
    "wsgi": "wsgi_module",
    "yubikey": "authn_yubikey_module",
}


@dataclass(frozen=True, slots=True)
class UserFile:
    """AuthUserFile, as <AuthnProviderAlias> finds it in its group."""

    path: str


@dataclass(frozen=True, slots=True)
class Provider:
    """Who knows users: ``base`` is what an alias stands for, ``user_file`` what it sets."""

    name: str
    base: str
    user_file: str | None = None


def find_provider(call: Call, name: str) -> Provider | None:
    """The provider of a name; None if nobody has it."""
    alias = call.place.anywhere.noted("authn alias", name)
    if isinstance(alias, Provider):
        return alias
    known = name in _PROVIDERS and call.place.find_module(_PROVIDERS[name]) is not None
    return Provider(name, name) if known else None


def read_providers(call: Call) -> tuple[Provider, ...]:
    """The providers that the words name."""
    found = []
    for index, word in enumerate(call.words):
        provider = find_provider(call, word.text)
        if provider is None:
            raise call.error(f"Unknown Authn provider: {word.text}", index)
        found.append(provider)
    return tuple(found)


def _refuse_providers(lines: tuple[Provider, ...]) -> Iterator[Refusal]:
    for provider in lines:
        if provider.base != "file":
            reason = f"AuthBasicProvider {provider.base} is not supported: users come from a file"
            yield Refusal(reason, hint=ANOTHER_WAY)


def _check_alias(call: Call) -> None:
    if len(call.words) < 2 or not (call.words[0].text and call.words[1].text):
        message = f"{call.name}> directive requires additional arguments"
        raise call.error(message, code="wrong-arity")
    if lower(call.words[0].text) == lower(call.words[1].text):
        message = "The alias provider name must be different from the base provider name."
        raise call.error(message, 1)
    alias = call.words[1].text
    if find_provider(call, alias) is not None:
        message = (
            f"The alias provider {alias} has already be registered previously as either a base "
            "provider or an alias provider."
        )
        raise call.error(message, 1)


def _define_alias(call: Call) -> None:
    base, alias = call.words[0].text, call.words[1].text
    found = find_provider(call, base)
    if found is None:
        raise call.error(f"Unknown Authn provider: {base}", 0)
    files = [member.path for member in call.group if isinstance(member, UserFile)]
    path = files[-1] if files else None
    call.place.anywhere.note("authn alias", alias, Provider(alias, found.base, path))


# --- texts and files ------------------------------------------------------------------------------

ANOTHER_WAY: Final = "Use AuthType Basic with AuthUserFile, or protect the path at the worker."


def literal(text: str) -> str:
    """A text within a message with a place for another."""
    return text.replace("{", "{{").replace("}", "}}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text that may have expressions in it, as a tree if it has, and where it stands."""

    tree: "Text"
    span: Span | None = field(default=None, compare=False)


def _phrase(call: Call, index: int, message: str) -> Phrase:
    word = call.words[index]
    return Phrase(text_tree(call, word.text, index, message), word.span)


def _read_text(call: Call) -> Phrase:
    word = literal(call.words[0].text)
    return _phrase(call, 0, f"Cannot parse expression '{word}' in {call.name}: {{}}")


def _refuse_type(name: Phrase) -> Iterator[Refusal]:
    kind = name.tree
    if isinstance(kind, str) and lower(kind) not in {"basic", "none"}:
        yield Refusal(f"AuthType {kind} is not supported", hint=ANOTHER_WAY)


def _read_user_file(call: Call) -> str:
    path = absolute(call.place.server_root, call.words[0].text)
    call.place.group.append(UserFile(path))
    return path


def _read_group_file(call: Call) -> str:
    path = absolute(call.place.server_root, call.words[0].text)
    call.place.group.append(GroupFile(path))
    return path


# --- AuthBasicFake --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fake:
    """AuthBasicFake: what the worker is told instead of who somebody is."""

    user: Phrase
    password: Phrase


def _read_fake(call: Call) -> Fake | None:
    user = call.words[0].text
    if lower(user) == "off":
        return None
    message = f"Could not parse fake username expression '{literal(user)}': {{}}"
    told = _phrase(call, 0, message)
    if len(call.words) == 1:
        return Fake(told, Phrase("password"))
    whose = f"associated to user '{literal(user)}'"
    message = f"Could not parse fake password expression {whose}: {{}}"
    return Fake(told, _phrase(call, 1, message))


def _read_digest(call: Call) -> bool:
    one_of("off md5", "Invalid algorithm in AuthBasicUseDigestAlgorithm: {}")(call)
    return lower(call.words[0].text) == "md5"


# --- rows -----------------------------------------------------------------------------------------


def _row(name: str, takes: Takes[Any], doc: str, **more: Any) -> Directive[Any]:
    return directive(name, takes, contexts=SECTIONS, doc=doc, **more)


AUTH_TYPE: Final[Directive[Phrase]] = _row(
    "AuthType",
    Takes(Arity.ONE, _read_text),
    "How users are asked who they are.",
    refuse=_refuse_type,
)
AUTH_NAME: Final[Directive[Phrase]] = _row(
    "AuthName", Takes(Arity.ONE, _read_text), "What users are told that they log in to."
)
AUTH_USER_FILE: Final[Directive[str]] = _row(
    "AuthUserFile", Takes(Arity.ONE, _read_user_file), "The file of users."
)
AUTH_GROUP_FILE: Final[Directive[str]] = _row(
    "AuthGroupFile", Takes(Arity.ONE, _read_group_file), "The file of groups."
)
AUTH_BASIC_PROVIDER: Final = directive(
    "AuthBasicProvider",
    Takes(Arity.EACH, read_providers),
    contexts=SECTIONS,
    default=(),
    combine=append,
    combine_in_section=append,
    refuse=_refuse_providers,
    usual="file",
    doc="Who knows the users.",
)
AUTH_BASIC_AUTHORITATIVE: Final[Directive[bool]] = _row(
    "AuthBasicAuthoritative",
    Takes(Arity.FLAG, read_flag),
    "Whether a wrong user ends it.",
    default=True,
)
AUTH_BASIC_FAKE: Final[Directive[Fake | None]] = _row(
    "AuthBasicFake",
    Takes(Arity.ONE_OR_TWO, _read_fake),
    "What user the worker is told.",
)
AUTH_BASIC_USE_DIGEST: Final[Directive[bool]] = _row(
    "AuthBasicUseDigestAlgorithm",
    Takes(Arity.ONE, _read_digest),
    "Whether passwords are kept as for Digest.",
    default=False,
    usual="Off",
)


def _module(short: str) -> Module:
    return Module(f"{short}_module", f"mod_{short}.c")


MODULES: Final = (
    (
        _module("authn_core"),
        (
            AUTH_TYPE,
            AUTH_NAME,
            Section(
                "<AuthnProviderAlias",
                SERVER,
                "A name for a provider of users with settings of its own.",
                keeps_path=False,
                check=_check_alias,
                check_after=_define_alias,
            ),
        ),
    ),
    (
        _module("auth_basic"),
        (
            AUTH_BASIC_PROVIDER,
            AUTH_BASIC_AUTHORITATIVE,
            AUTH_BASIC_FAKE,
            AUTH_BASIC_USE_DIGEST,
        ),
    ),
    (_module("authn_file"), (AUTH_USER_FILE,)),
    (_module("authz_groupfile"), (AUTH_GROUP_FILE,)),
)
