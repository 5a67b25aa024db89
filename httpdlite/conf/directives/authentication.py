"""Who somebody is, in ways that httpdlite does not know: mod_auth_digest, _form, and providers of
users but for a file.

In: the words of one directive. Out: nothing, or httpd's message. All of it is refused: leaving it
out would let everybody in. Rules: the modules' documentation; as observed with 2.4.71.
"""

import re
from typing import Final

from httpdlite.conf.call import DIRECTORY, SECTIONS, SERVER, SERVERS, Call
from httpdlite.conf.directives.basic_authentication import (
    ANOTHER_WAY,
    find_provider,
    read_providers,
)
from httpdlite.conf.numbers import atol
from httpdlite.conf.rows import Alike, Arity, Check, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import refused
from httpdlite.conf.values import one_of, text_with_expressions

ABOUT_LOGINS: Final = Alike(refused("is not supported", ANOTHER_WAY, protects=True), SECTIONS)


# --- Digest ---------------------------------------------------------------------------------------

_WITHOUT_DIGEST: Final = frozenset({"anon", "ldap", "external", "PAM", "plain", "sasl", "yubikey"})


def _check_digest_providers(call: Call) -> None:
    for index, word in enumerate(call.words):
        provider = find_provider(call, word.text)
        if provider is None:
            raise call.error(f"Unknown Authn provider: {word.text}", index)
        if provider.base in _WITHOUT_DIGEST:
            message = f"The '{word.text}' Authn provider doesn't support Digest Authentication"
            raise call.error(message, index)


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
        "AuthFormProvider", Arity.EACH, "Who knows the users.", read_providers, "file"
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
