"""Who somebody is: mod_authn_core and its providers, mod_auth_basic, _digest, _form.

In: the words of one directive. Out: nothing, or httpd's message; names that directives give to
providers are noted for later lines. httpdlite asks nobody for a password yet, so all of it is
refused: leaving it out would let everybody in. Rules: the modules' documentation; as observed with
2.4.71.
"""

import re
from typing import Final

from httpdlite.conf.call import DIRECTORY, SECTIONS, SERVER, SERVERS, Call
from httpdlite.conf.directives.authz_providers import PROTECTS_LATER
from httpdlite.conf.numbers import atol
from httpdlite.conf.rows import Alike, Arity, Check, Section, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import refused
from httpdlite.conf.values import expression, one_of, text_with_expressions

_ABOUT_BASIC: Final = Alike(PROTECTS_LATER, SECTIONS)
ABOUT_LOGINS: Final = Alike(
    refused("is not supported", PROTECTS_LATER.instead, protects=True), SECTIONS
)


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
_WITHOUT_DIGEST: Final = frozenset({"anon", "ldap", "external", "PAM", "plain", "sasl", "yubikey"})


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
    alias = call.words[1].text
    if _base_of(call, alias) is not None:
        message = (
            f"The alias provider {alias} has already be registered previously as either a base "
            "provider or an alias provider."
        )
        raise call.error(message, 1)


def _define_alias(call: Call) -> None:
    base, alias = call.words[0].text, call.words[1].text
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
        whose = f"associated to user '{literal(user)}'"
        message = f"Could not parse fake password expression {whose}: {{}}"
        expression(call, call.words[1].text, 1, message, string=True)


def literal(text: str) -> str:
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


# --- caches ---------------------------------------------------------------------------------------

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


# --- rows -----------------------------------------------------------------------------------------


_CORE: Final = (
    _ABOUT_BASIC.one(
        "AuthType",
        "How users are asked who they are.",
        text_with_expressions("Cannot parse expression '[WORD]' in AuthType: {}"),
    ),
    _ABOUT_BASIC.one(
        "AuthName",
        "What users are told that they log in to.",
        text_with_expressions("Cannot parse expression '[WORD]' in AuthName: {}"),
    ),
    Section(
        "<AuthnProviderAlias",
        SERVER,
        "A name for a provider of users with settings of its own.",
        keeps_path=False,
        standing=PROTECTS_LATER,
        check=_check_alias,
        check_after=_define_alias,
    ),
)

_BASIC: Final = (
    _ABOUT_BASIC.row(
        "AuthBasicProvider", Arity.EACH, "Who knows the users.", _check_providers, "file"
    ),
    _ABOUT_BASIC.flag("AuthBasicAuthoritative", "Whether a wrong user ends it.", "On"),
    _ABOUT_BASIC.row(
        "AuthBasicFake", Arity.ONE_OR_TWO, "What user the worker is told.", _check_fake
    ),
    _ABOUT_BASIC.one(
        "AuthBasicUseDigestAlgorithm",
        "Whether passwords are checked as Digest does.",
        one_of("off md5", "Invalid algorithm in AuthBasicUseDigestAlgorithm: {}"),
        "Off",
    ),
)

_DIGEST: Final = (
    ABOUT_LOGINS.row(
        "AuthDigestProvider", Arity.EACH, "Who knows the users.", _check_digest_providers
    ),
    ABOUT_LOGINS.row("AuthDigestQop", Arity.EACH, "What the digest protects.", _check_qop, "auth"),
    ABOUT_LOGINS.row("AuthDigestDomain", Arity.EACH, "Which URLs the login is good for."),
    ABOUT_LOGINS.one(
        "AuthDigestNonceLifetime", "How long a login is good for.", _check_lifetime, "300"
    ),
    ABOUT_LOGINS.one(
        "AuthDigestAlgorithm",
        "The digest that is used.",
        one_of("md5", "Unsupported algorithm in AuthDigestAlgorithm: {}"),
        "MD5",
    ),
    ABOUT_LOGINS.flag("AuthDigestNcCheck", "Whether requests are counted.", "Off"),
    ABOUT_LOGINS.one(
        "AuthDigestShmemSize",
        "How much memory there is for clients.",
        _check_shmem,
        contexts=SERVERS,
    ),
)

_FORM: Final = (
    ABOUT_LOGINS.row(
        "AuthFormProvider", Arity.EACH, "Who knows the users.", _check_providers, "file"
    ),
    *(
        ABOUT_LOGINS.one(f"AuthForm{what}", f"The form's field: {what.lower()}.", _check_field)
        for what in ("Username", "Password", "Location", "Method", "Mimetype", "Body")
    ),
    ABOUT_LOGINS.one(
        "AuthFormLoginRequiredLocation",
        "The page for who must log in.",
        _form_location("login required"),
    ),
    ABOUT_LOGINS.one(
        "AuthFormLoginSuccessLocation",
        "The page for who has logged in.",
        _form_location("login success"),
    ),
    ABOUT_LOGINS.one(
        "AuthFormLogoutLocation",
        "The page for who has logged out.",
        _form_location("logout required"),
    ),
    ABOUT_LOGINS.one("AuthFormSitePassphrase", "A word that saves looking users up."),
    ABOUT_LOGINS.one(
        "AuthFormSize", "How large a form may be.", _check_form_size, "8192", contexts=DIRECTORY
    ),
    *ABOUT_LOGINS.each(
        "AuthFormAuthoritative AuthFormFakeBasicAuth AuthFormDisableNoStore",
        Arity.FLAG,
        "A switch of the login by form.",
    ),
)

MODULES: Final = (
    (judged_module("authn_core"), _CORE),
    (judged_module("auth_basic"), _BASIC),
    (judged_module("authn_file"), (_ABOUT_BASIC.one("AuthUserFile", "The file of users."),)),
    (judged_module("authz_groupfile"), (_ABOUT_BASIC.one("AuthGroupFile", "The file of groups."),)),
    (judged_module("auth_digest"), _DIGEST),
    (judged_module("auth_form"), _FORM),
    (
        judged_module("authn_anon"),
        (
            ABOUT_LOGINS.row("Anonymous", Arity.EACH, "Names that need no password."),
            *ABOUT_LOGINS.each(
                "Anonymous_MustGiveEmail Anonymous_NoUserId Anonymous_VerifyEmail "
                "Anonymous_LogEmail",
                Arity.FLAG,
                "A switch of the login without password.",
            ),
        ),
    ),
    (
        judged_module("authn_dbd"),
        tuple(
            ABOUT_LOGINS.one(name, "The SQL that finds a user.", contexts=DIRECTORY)
            for name in ("AuthDBDUserPWQuery", "AuthDBDUserRealmQuery")
        ),
    ),
    (
        judged_module("authn_dbm"),
        ABOUT_LOGINS.each("AuthDBMUserFile AuthDBMType", Arity.ONE, "The file of users."),
    ),
    (
        judged_module("authn_socache"),
        (
            ABOUT_LOGINS.one(
                "AuthnCacheSOCache", "Where users are remembered.", _check_cache, contexts=SERVER
            ),
            ABOUT_LOGINS.row(
                "AuthnCacheEnable", Arity.RAW, "Whether users are remembered.", contexts=SERVER
            ),
            ABOUT_LOGINS.row("AuthnCacheProvideFor", Arity.EACH, "Whose users are remembered."),
            ABOUT_LOGINS.one("AuthnCacheTimeout", "How long users are remembered.", usual="300"),
            ABOUT_LOGINS.one(
                "AuthnCacheContext", "What users are remembered for.", contexts=DIRECTORY
            ),
        ),
    ),
    (
        judged_module("authz_dbd"),
        (
            ABOUT_LOGINS.flag("AuthzDBDLoginToReferer", "Where a login goes.", contexts=DIRECTORY),
            ABOUT_LOGINS.one("AuthzDBDQuery", "The SQL of groups.", contexts=DIRECTORY),
            ABOUT_LOGINS.one("AuthzDBDRedirectQuery", "The SQL of pages.", contexts=DIRECTORY),
        ),
    ),
    (
        judged_module("authz_dbm"),
        ABOUT_LOGINS.each("AuthDBMGroupFile AuthzDBMType", Arity.ONE, "The file of groups."),
    ),
)
