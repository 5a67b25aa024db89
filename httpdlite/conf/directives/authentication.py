"""Who somebody is: mod_authn_core and its providers, mod_auth_basic, _digest, _form, LDAP, FastCGI.

In: the words of one directive. Out: nothing, or httpd's message; names that directives give to
providers are noted for later lines. httpdlite asks nobody for a password yet, so all of it is
refused: leaving it out would let everybody in. Rules: the modules' documentation; as observed with
2.4.71.

1. A password that AuthLDAPBindPassword gets from a program (exec:) is taken unseen: httpd runs the
   program even for a test.
"""

import re
from typing import Any, Final

from httpdlite.conf.directives.core import EVERYWHERE, words_of
from httpdlite.conf.numbers import atol
from httpdlite.conf.registry import (
    DIRECTORY,
    HTACCESS,
    SERVER,
    VHOST,
    Arity,
    Call,
    Directive,
    Module,
    Remark,
    Section,
    judged,
    later,
    lower,
    refused,
)
from httpdlite.conf.values import Check, expression, one_of, pattern, text_with_expressions

IN_SECTIONS: Final = DIRECTORY | HTACCESS
_ELSEWHERE: Final = "Protect the path at the worker, or by another server in front."

LATER: Final = later(_ELSEWHERE, protects=True)
NEVER: Final = refused("is not supported", _ELSEWHERE, protects=True)


def _module(short: str, file: str | None = None) -> Module:
    return Module(f"{short}_module", file or f"mod_{short}.c", implemented=False)


# --- providers ------------------------------------------------------------------------------------

_PROVIDERS: Final = {
    "file": "authn_file_module",
    "dbm": "authn_dbm_module",
    "dbd": "authn_dbd_module",
    "anon": "authn_anon_module",
    "socache": "authn_socache_module",
    "ldap": "authnz_ldap_module",
    "external": "authnz_external_module",
    "pam": "authnz_pam_module",
}
_WITHOUT_DIGEST: Final = frozenset({"anon", "ldap", "external", "pam"})


def _base_of(call: Call, name: str) -> str | None:
    """The provider that a name stands for: itself or an alias; None if nobody has it."""
    alias = call.place.anywhere.noted("authn alias", name)
    if alias is not None:
        return str(alias)
    known = name in _PROVIDERS and call.place.find_module(_PROVIDERS[name]) is not None
    return name if known else None


def _check_providers(call: Call) -> None:
    for index, word in enumerate(call.words):
        if _base_of(call, word.text) is None:
            raise call.error(f"Unknown Authn provider: {word.text}", index)


def _check_digest_providers(call: Call) -> None:
    for index, word in enumerate(call.words):
        base = _base_of(call, word.text)
        if base is None:
            raise call.error(f"Unknown Authn provider: {word.text}", index)
        if base in _WITHOUT_DIGEST:
            message = f"The '{word.text}' Authn provider doesn't support Digest Authentication"
            raise call.error(message, index)


def _check_alias(call: Call) -> None:
    if len(call.words) < 2 or not (call.words[0].text and call.words[1].text):
        message = f"{call.name}> directive requires additional arguments"
        raise call.error(message, code="wrong-arity")
    if lower(call.words[0].text) == lower(call.words[1].text):
        message = "The alias provider name must be different from the base provider name."
        raise call.error(message, 1)


def _define_alias(call: Call) -> None:
    base, alias = call.words[0].text, call.words[1].text
    if _base_of(call, alias) is not None:
        message = (
            f"The alias provider {alias} has already be registered previously as either a base "
            "provider or an alias provider."
        )
        raise call.error(message, 1)
    found = _base_of(call, base)
    if found is None:
        raise call.error(f"Unknown Authn provider: {base}", 0)
    call.place.anywhere.note("authn alias", alias, found)


# --- Digest ---------------------------------------------------------------------------------------

_WHOLE: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+")
_SIZE: Final = re.compile(r"[ \t\n\v\f\r]*(?P<number>[+-]?[0-9]+)?(?P<unit>[KkMm].*)?", re.DOTALL)
LEAST_SHMEM: Final = 88


def _check_lifetime(call: Call) -> None:
    text = call.words[0].text
    if not _WHOLE.fullmatch(text):
        raise call.error(f"Invalid time in AuthDigestNonceLifetime: {text}", 0)


def _check_shmem(call: Call) -> None:
    text = call.words[0].text
    found = _SIZE.fullmatch(text)
    if found is None:
        raise call.error(f"Invalid size in AuthDigestShmemSize: {text}", 0)
    unit = {"": 1, "k": 1024, "m": 1024 * 1024}[lower((found["unit"] or "")[:1])]
    size = atol(found["number"] or "") * unit
    if size < LEAST_SHMEM:
        message = f"size in AuthDigestShmemSize too small: {size} < {LEAST_SHMEM}"
        raise call.error(message, 0)


def _check_qop(call: Call) -> None:
    for index, word in enumerate(call.words):
        if lower(word.text) != "auth":
            message = "AuthDigestQop is deprecated: only 'auth' is supported"
            raise call.error(message, index)


# --- Basic ----------------------------------------------------------------------------------------


def _check_fake(call: Call) -> None:
    user = call.words[0].text
    if lower(user) == "off":
        return
    text_with_expressions("Could not parse fake username expression '[WORD]': {}")(call)
    if len(call.words) > 1:
        whose = f"associated to user '{_literal(user)}'"
        message = f"Could not parse fake password expression {whose}: {{}}"
        expression(call, call.words[1].text, 1, message, string=True)


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


# --- forms ----------------------------------------------------------------------------------------


def _check_field(call: Call) -> None:
    if set(call.words[0].text) & set("=&"):
        raise call.error(f"{call.name} cannot be empty, or contain '=' or '&'.", 0)


def _check_form_size(call: Call) -> None:
    text = call.words[0].text
    if not 0 <= atol(text) < 2**63 - 1:
        raise call.error("AuthCookieFormSize must be a size in bytes, or zero.", 0)


def _form_location(what: str) -> Check:
    return text_with_expressions(f"Could not parse {what} expression '[WORD]': {{}}")


# --- caches, LDAP ---------------------------------------------------------------------------------

_CACHES: Final = ("shmcb", "dbm", "memcache", "redis")
_SEGMENT: Final = re.compile(r".*\((?P<size>[0-9]+)\)")


def _check_cache(call: Call) -> None:
    text = call.words[0].text
    name, _, argument = text.partition(":")
    if name == "default":
        name = "shmcb"
    if name not in _CACHES or call.place.find_module(f"socache_{name}_module") is None:
        message = (
            f"AuthnCacheSOCache: Unknown socache provider '{text}'. Maybe you need to load the "
            f"appropriate socache module (mod_socache_{text}?)"
        )
        raise call.error(message, 0)
    if name in {"memcache", "redis"} and not argument:
        message = f"AuthnCacheSOCache: List of server names required to create {name} socache."
        raise call.error(message, 0)
    found = _SEGMENT.fullmatch(argument) if name == "shmcb" else None
    if found and int(found["size"][:12]) < 8192:
        message = "AuthnCacheSOCache: Invalid argument: size has to be >= 8192 bytes"
        raise call.error(message, 0)


_SCOPES: Final = frozenset({"", "base", "one", "onetree", "sub", "subtree"})


def _check_ldap_url(call: Call) -> None:
    scheme, separator, rest = call.words[0].text.partition("://")
    if not separator or lower(scheme) not in {"ldap", "ldaps", "ldapi"}:
        message = "The scheme was not recognised as a valid LDAP URL scheme."
        raise call.error(message, 0)
    parts = rest.partition("/")[2].split("?")
    if len(parts) > 2 and lower(parts[2]) not in _SCOPES:
        raise call.error("Bad scope encountered while parsing LDAP URL.", 0)
    mode = call.text(1)
    if mode is not None and lower(mode) not in {"none", "ssl", "tls", "starttls"}:
        message = "Invalid LDAP connection mode setting: must be one of NONE, SSL, or TLS/STARTTLS"
        raise call.error(message, 1)


def _check_dereference(call: Call) -> None:
    text = call.words[0].text
    if text not in {"never", "searching", "finding", "always"} and lower(text) not in {"on", "off"}:
        raise call.error("Unrecognized value for AuthLDAPDereferenceAliases directive", 0)


def _check_bind_pattern(call: Call) -> None:
    text = call.words[0].text
    message = f"AuthLDAPInitialBindPattern: cannot compile regular expression '{text}'"
    pattern(call, text, 0, message)


# --- FastCGI --------------------------------------------------------------------------------------

_FCGI_URL: Final = re.compile(r"fcgi://(\[[^]/]+\]|[^:/]+):([0-9]+)/?")


def _check_fcgi_provider(call: Call) -> None:
    who = "AuthnzFcgiDefineProvider"
    words = [word.text for word in words_of(call)]
    for index, what in enumerate(("type", "provider name", "backend-address")):
        if len(words) <= index or not words[index]:
            raise call.error(f"{who}: No {what} given")
        if index == 0 and lower(words[0]) not in {"authn", "authz", "authnz"}:
            raise call.error(f"{who}: Invalid provider type {words[0]}")
    kind, name, url, *more = words
    found = _FCGI_URL.fullmatch(url)
    if found is None:
        raise call.error(f"{who}: backend-address '{url}' has invalid form")
    if not 1 <= int(found[2][:10]) <= 65535:
        raise call.error(f"{who}: backend-address '{url}' has invalid port")
    host = found[1].strip("[]")
    if ":" not in host and host.strip("0123456789.") and not call.place.names.addresses(host):
        message = f"(EAI 2)Name or service not known: AH02530: Address {url} could not be resolved"
        call.place.warn(Remark(message, call.span, apache=(message,)))
        raise call.error(f"{who}: Error resolving backend address")
    if more:
        raise call.error(f"{who}: Unexpected parameter {more[0]}")
    if lower(kind) != "authz":
        call.place.anywhere.note("authn alias", name, "file")
    if lower(kind) != "authn":
        call.place.anywhere.note("authz alias", name)


def _check_fcgi_use(call: Call) -> None:
    who = "AuthnzFcgiCheckAuthnProvider"
    words = [word.text for word in words_of(call)]
    if not words or not words[0]:
        raise call.error(f"{who}: No provider given")
    if lower(words[0]) == "none":
        if len(words) > 1:
            raise call.error('Options aren\'t supported with "None"')
        return
    options = words[1:]
    while options:
        name, value, *options = (*options, "") if len(options) == 1 else options
        _check_fcgi_option(call, who, name, value)


def _check_fcgi_option(call: Call, who: str, name: str, value: str) -> None:
    if not value:
        raise call.error(f"{who}: {name}needs an argument")
    match lower(name):
        case "authoritative" | "requirebasicauth":
            if lower(value) not in {"on", "off"}:
                raise call.error(f"{who}: Bad argument '{value}' to option '{name}'")
        case "userexpr":
            message = f"{who}: Error parsing '{_literal(value)}': '{{}}'"
            expression(call, value, None, message, string=True)
        case "defaultuser":
            return
        case _:
            raise call.error(f"{who}: Unexpected option '{name}'")


# --- rows -----------------------------------------------------------------------------------------


def _row(
    name: str,
    arity: Arity,
    doc: str,
    check: Check | None = None,
    *,
    contexts: Any = IN_SECTIONS,
    usual: str = "",
) -> Directive[Any]:
    return judged(name, arity, contexts, NEVER, doc, check=check, usual=usual)


def _plain(names: str, arity: Arity, doc: str) -> tuple[Directive[Any], ...]:
    return tuple(_row(name, arity, doc) for name in names.split())


def _basic(
    name: str, arity: Arity, doc: str, check: Check | None = None, usual: str = ""
) -> Directive[Any]:
    return judged(name, arity, IN_SECTIONS, LATER, doc, check=check, usual=usual)


_CORE: Final = (
    _basic(
        "AuthType",
        Arity.ONE,
        "How users are asked who they are.",
        text_with_expressions("Cannot parse expression '[WORD]' in AuthType: {}"),
    ),
    _basic(
        "AuthName",
        Arity.ONE,
        "What users are told that they log in to.",
        text_with_expressions("Cannot parse expression '[WORD]' in AuthName: {}"),
    ),
    Section(
        "<AuthnProviderAlias",
        SERVER,
        "A name for a provider of users with settings of its own.",
        keeps_path=False,
        standing=LATER,
        check=_check_alias,
        check_after=_define_alias,
    ),
)

_BASIC: Final = (
    _basic("AuthBasicProvider", Arity.EACH, "Who knows the users.", _check_providers, usual="file"),
    _basic("AuthBasicAuthoritative", Arity.FLAG, "Whether a wrong user ends it.", usual="On"),
    _basic("AuthBasicFake", Arity.ONE_OR_TWO, "What user the worker is told.", _check_fake),
    _basic(
        "AuthBasicUseDigestAlgorithm",
        Arity.ONE,
        "Whether passwords are checked as Digest does.",
        one_of("off md5", "Invalid algorithm in AuthBasicUseDigestAlgorithm: {}"),
        usual="Off",
    ),
)

_DIGEST: Final = (
    _row("AuthDigestProvider", Arity.EACH, "Who knows the users.", _check_digest_providers),
    _row("AuthDigestQop", Arity.EACH, "What the digest protects.", _check_qop, usual="auth"),
    _row("AuthDigestDomain", Arity.EACH, "Which URLs the login is good for."),
    _row(
        "AuthDigestNonceLifetime",
        Arity.ONE,
        "How long a login is good for.",
        _check_lifetime,
        usual="300",
    ),
    _row(
        "AuthDigestAlgorithm",
        Arity.ONE,
        "The digest that is used.",
        one_of("md5", "Unsupported algorithm in AuthDigestAlgorithm: {}"),
        usual="MD5",
    ),
    _row("AuthDigestNcCheck", Arity.FLAG, "Whether requests are counted.", usual="Off"),
    _row(
        "AuthDigestShmemSize",
        Arity.ONE,
        "How much memory there is for clients.",
        _check_shmem,
        contexts=SERVER | VHOST,
    ),
)

_FORM: Final = (
    _row("AuthFormProvider", Arity.EACH, "Who knows the users.", _check_providers, usual="file"),
    *(
        _row(f"AuthForm{what}", Arity.ONE, f"The form's field: {what.lower()}.", _check_field)
        for what in ("Username", "Password", "Location", "Method", "Mimetype", "Body")
    ),
    _row(
        "AuthFormLoginRequiredLocation",
        Arity.ONE,
        "The page for who must log in.",
        _form_location("login required"),
    ),
    _row(
        "AuthFormLoginSuccessLocation",
        Arity.ONE,
        "The page for who has logged in.",
        _form_location("login success"),
    ),
    _row(
        "AuthFormLogoutLocation",
        Arity.ONE,
        "The page for who has logged out.",
        _form_location("logout required"),
    ),
    _row("AuthFormSitePassphrase", Arity.ONE, "A word that saves looking users up."),
    _row(
        "AuthFormSize",
        Arity.ONE,
        "How large a form may be.",
        _check_form_size,
        contexts=DIRECTORY,
        usual="8192",
    ),
    *_plain(
        "AuthFormAuthoritative AuthFormFakeBasicAuth AuthFormDisableNoStore",
        Arity.FLAG,
        "A switch of the login by form.",
    ),
)

_LDAP: Final = (
    _row("AuthLDAPURL", Arity.ONE_OR_TWO, "Where the directory is.", _check_ldap_url),
    *_plain(
        "AuthLDAPBindDN AuthLDAPBindPassword AuthLDAPRemoteUserAttribute AuthLDAPMaxSubGroupDepth "
        "AuthLDAPAuthorizePrefix",
        Arity.ONE,
        "How the directory is asked.",
    ),
    *_plain(
        "AuthLDAPBindAuthoritative AuthLDAPRemoteUserIsDN AuthLDAPCompareDNOnServer "
        "AuthLDAPGroupAttributeIsDN AuthLDAPInitialBindAsUser AuthLDAPSearchAsUser "
        "AuthLDAPCompareAsUser",
        Arity.FLAG,
        "How the directory is asked.",
    ),
    *_plain(
        "AuthLDAPSubGroupAttribute AuthLDAPSubGroupClass AuthLDAPGroupAttribute",
        Arity.EACH,
        "How groups look in the directory.",
    ),
    _row(
        "AuthLDAPDereferenceAliases",
        Arity.ONE,
        "When aliases in the directory are followed.",
        _check_dereference,
        usual="always",
    ),
    _row(
        "AuthLDAPCharsetConfig",
        Arity.ONE,
        "The file of languages and their charsets.",
        contexts=SERVER | VHOST,
    ),
    _row(
        "AuthLDAPInitialBindPattern",
        Arity.TWO,
        "How a user's name becomes a name in the directory.",
        _check_bind_pattern,
    ),
)

MODULES: Final = (
    (_module("authn_core"), _CORE),
    (_module("auth_basic"), _BASIC),
    (_module("authn_file"), (_basic("AuthUserFile", Arity.ONE, "The file of users."),)),
    (_module("authz_groupfile"), (_basic("AuthGroupFile", Arity.ONE, "The file of groups."),)),
    (_module("auth_digest"), _DIGEST),
    (_module("auth_form"), _FORM),
    (
        _module("authn_anon"),
        (
            _row("Anonymous", Arity.EACH, "Names that need no password."),
            *_plain(
                "Anonymous_MustGiveEmail Anonymous_NoUserId Anonymous_VerifyEmail "
                "Anonymous_LogEmail",
                Arity.FLAG,
                "A switch of the login without password.",
            ),
        ),
    ),
    (
        _module("authn_dbd"),
        tuple(
            _row(name, Arity.ONE, "The SQL that finds a user.", contexts=DIRECTORY)
            for name in ("AuthDBDUserPWQuery", "AuthDBDUserRealmQuery")
        ),
    ),
    (_module("authn_dbm"), _plain("AuthDBMUserFile AuthDBMType", Arity.ONE, "The file of users.")),
    (
        _module("authn_socache"),
        (
            _row(
                "AuthnCacheSOCache",
                Arity.ONE,
                "Where users are remembered.",
                _check_cache,
                contexts=SERVER,
            ),
            _row("AuthnCacheEnable", Arity.RAW, "Whether users are remembered.", contexts=SERVER),
            _row("AuthnCacheProvideFor", Arity.EACH, "Whose users are remembered."),
            _row("AuthnCacheTimeout", Arity.ONE, "How long users are remembered.", usual="300"),
            _row(
                "AuthnCacheContext",
                Arity.ONE,
                "What users are remembered for.",
                contexts=DIRECTORY,
            ),
        ),
    ),
    (_module("authnz_ldap"), _LDAP),
    (
        _module("authnz_fcgi"),
        (
            _row(
                "AuthnzFcgiDefineProvider",
                Arity.RAW,
                "A program that knows users.",
                _check_fcgi_provider,
                contexts=SERVER,
            ),
            _row(
                "AuthnzFcgiCheckAuthnProvider",
                Arity.RAW,
                "Which program is asked for a user.",
                _check_fcgi_use,
                contexts=EVERYWHERE,
            ),
        ),
    ),
    (
        _module("authz_dbd"),
        (
            _row("AuthzDBDLoginToReferer", Arity.FLAG, "Where a login goes.", contexts=DIRECTORY),
            _row("AuthzDBDQuery", Arity.ONE, "The SQL of groups.", contexts=DIRECTORY),
            _row("AuthzDBDRedirectQuery", Arity.ONE, "The SQL of pages.", contexts=DIRECTORY),
        ),
    ),
    (
        _module("authz_dbm"),
        _plain("AuthDBMGroupFile AuthzDBMType", Arity.ONE, "The file of groups."),
    ),
)
