"""Where httpd keeps and finds what it knows of users: sessions, LDAP, databases; judged as httpd.

mod_session, mod_session_cookie, mod_session_crypto, mod_session_dbd, mod_ldap (util_ldap.c),
mod_dbd. In: the words of one directive. Out: httpd's message for what it does not take. Sessions
are refused where they are switched on; the rest has users that are refused by themselves. Rules:
httpd 2.4.71, as observed.
"""

import errno
import os
from collections.abc import Iterator
from typing import Final

from httpdlite.conf.call import DIRECTORY, EVERYWHERE, SECTIONS, SERVER, SERVERS, Call
from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.numbers import duration, strtol
from httpdlite.conf.rows import Alike, Arity, Check, Refusal, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import Class, Standing, moot
from httpdlite.conf.values import log, number, one_of


def _is_there(call: Call, path: str) -> OSError | None:
    """Why a file cannot be opened; a directory can."""
    if call.place.files.kind(path) is not None:
        return None
    try:
        call.place.files.read(path)
    except OSError as why:
        return why
    return None


# --- sessions -------------------------------------------------------------------------------------

_ABOUT_SESSIONS: Final = Alike(moot("it is about sessions, and Session On is refused"), EVERYWHERE)


def _refuse_session(words: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(words[0]) == "on":
        yield Refusal(
            "Session is not supported: httpdlite keeps no sessions",
            hint="Let the worker keep them, or keep Apache for this path.",
        )


def _first_of_line(call: Call) -> str:
    """httpd looks at the line as it stands, quotes included, up to the first blank."""
    return call.raw.text.split(maxsplit=1)[0] if call.raw.text.strip() else ""


def _check_cookie(call: Call) -> None:
    name = _first_of_line(call)
    if not name or "=" in name or "&" in name:
        raise call.error(f"{call.name} cannot be empty, or contain '=' or '&'.")


def _check_database_cookie(call: Call) -> None:
    name = _first_of_line(call)
    if not name:
        raise call.error(f"{call.name} requires at least one argument!", code="wrong-arity")
    if any(char in name for char in "=;&"):
        raise call.error(f"{call.name} cannot contain '=', ';' or '&'.")


def _check_passphrases(call: Call) -> None:
    """httpd reads the file at once."""
    path = absolute(call.place.server_root, call.words[0].text)
    if call.place.files.kind(path) is Kind.DIRECTORY:
        message = f"AH00554: Access to file {path} denied by server: not a regular file"
        log(call, "core", message, level="error", code="missing-file")
        why: str | None = os.strerror(errno.EBADF)
    else:
        missing = _is_there(call, path)
        why = missing.strerror if missing else None
    if why:
        message = f"SessionCryptoPassphraseFile: Could not open file {path}: {why}"
        raise call.error(message, 0, code="missing-file")


_SESSIONS: Final = (
    judged(
        "Session",
        Arity.FLAG,
        EVERYWHERE,
        Standing(Class.MOOT, "it is off, or refused", protects=True),
        "Whether there are sessions.",
        refuse=_refuse_session,
        usual="Off",
    ),
    _ABOUT_SESSIONS.flag("SessionEnv", "Whether scripts see the session.", "Off"),
    _ABOUT_SESSIONS.one("SessionMaxAge", "How long a session lasts, in seconds.", usual="0"),
    _ABOUT_SESSIONS.one("SessionHeader", "The field by which a worker replaces the session."),
    _ABOUT_SESSIONS.one("SessionInclude", "A prefix of URLs with sessions.", usual="all"),
    _ABOUT_SESSIONS.one("SessionExclude", "A prefix of URLs without sessions.", usual="none"),
    _ABOUT_SESSIONS.one(
        "SessionExpiryUpdateInterval",
        "How old an end of a session may be before it is written again.",
        number(
            lambda value: value >= 0,
            "SessionExpiryUpdateInterval must be zero (disable) or a positive value",
        ),
        "0",
    ),
)

_COOKIE_DOC: Final = "The cookie of the session, and its attributes"

_SESSION_MODULES: Final = (
    (judged_module("session"), _SESSIONS),
    (
        judged_module("session_cookie"),
        (
            _ABOUT_SESSIONS.row("SessionCookieName", Arity.RAW, f"{_COOKIE_DOC}.", _check_cookie),
            _ABOUT_SESSIONS.row(
                "SessionCookieName2", Arity.RAW, f"{_COOKIE_DOC} (RFC 2965).", _check_cookie
            ),
            _ABOUT_SESSIONS.flag("SessionCookieRemove", "Whether workers do not see it."),
        ),
    ),
    (
        judged_module("session_crypto"),
        (
            _ABOUT_SESSIONS.row(
                "SessionCryptoPassphrase", Arity.EACH, "What sessions are encrypted with."
            ),
            _ABOUT_SESSIONS.one(
                "SessionCryptoPassphraseFile",
                "A file with passphrases, one per line.",
                _check_passphrases,
                contexts=SERVERS | DIRECTORY,
            ),
            _ABOUT_SESSIONS.one("SessionCryptoCipher", "The cipher.", usual="aes256"),
            _ABOUT_SESSIONS.row("SessionCryptoDriver", Arity.RAW, "The library.", contexts=SERVER),
        ),
    ),
    (
        judged_module("session_dbd"),
        (
            *(
                _ABOUT_SESSIONS.one(
                    f"SessionDBD{verb}Label", f"The query to {verb.lower()} a session."
                )
                for verb in ("Select", "Insert", "Update", "Delete")
            ),
            _ABOUT_SESSIONS.flag("SessionDBDPerUser", "Whether a user is enough.", "Off"),
            _ABOUT_SESSIONS.flag("SessionDBDCookieRemove", "Whether workers do not see it."),
            _ABOUT_SESSIONS.row(
                "SessionDBDCookieName", Arity.RAW, f"{_COOKIE_DOC}.", _check_database_cookie
            ),
            _ABOUT_SESSIONS.row(
                "SessionDBDCookieName2",
                Arity.RAW,
                f"{_COOKIE_DOC} (RFC 2965).",
                _check_database_cookie,
            ),
        ),
    ),
)


# --- LDAP -----------------------------------------------------------------------------------------

_ABOUT_LDAP: Final = Alike(
    moot("nothing asks an LDAP server here; what would is refused by itself"), SERVER
)

_NICKNAME: Final = "cert_nickname"  # the only type that names no file
_GLOBAL_TYPES: Final = frozenset(
    "ca_der ca_base64 ca_cert7_db ca_secmod cert_der cert_base64 cert_key3_db cert_nickname "
    "cert_pfx key_der key_base64 key_pfx".split()
)
_CLIENT_TYPES: Final = frozenset(
    "ca_der ca_base64 cert_der cert_base64 cert_nickname key_der key_base64 key_pfx".split()
)


def _check_certificate_file(call: Call, kind: str, logged: str) -> None:
    path = absolute(call.place.server_root, call.words[1].text)
    missing = None if lower(call.words[0].text) == _NICKNAME else _is_there(call, path)
    if missing:
        problem = f"({missing.errno}){missing.strerror}: {logged} - {path}"
        log(call, "ldap", problem, level="error", code="missing-file")
        raise call.error(f"Invalid {kind} certificate file path", 1, code="missing-file")


def _check_global_certificate(call: Call) -> None:
    kind = call.words[0].text
    if lower(kind) not in _GLOBAL_TYPES:
        message = (
            f"The certificate type {kind} is not recognised. It should be one of CA_DER, "
            "CA_BASE64, CA_CERT7_DB, CA_SECMOD, CERT_DER, CERT_BASE64, CERT_KEY3_DB, "
            "CERT_NICKNAME, KEY_DER, KEY_BASE64"
        )
        raise call.error(message, 0)
    logged = "AH01304: LDAP: Could not open SSL trusted certificate authority file"
    _check_certificate_file(call, "global", logged)


def _check_client_certificate(call: Call) -> None:
    kind = call.words[0].text
    if lower(kind) not in _GLOBAL_TYPES:
        message = (
            f'The certificate type "{kind}" is not recognised. It should be one of CA_DER, '
            "CA_BASE64, CERT_DER, CERT_BASE64, CERT_NICKNAME, CERT_PFX, KEY_DER, KEY_BASE64, "
            "KEY_PFX"
        )
        raise call.error(message, 0)
    if lower(kind) not in _CLIENT_TYPES:
        message = (
            f'The certificate type "{kind}" is only valid within a LDAPTrustedGlobalCert '
            "directive. Only CA_DER, CA_BASE64, CERT_DER, CERT_BASE64, CERT_NICKNAME, KEY_DER, "
            "and KEY_BASE64 may be used."
        )
        raise call.error(message, 0)
    logged = "AH01306: LDAP: Could not open SSL client certificate file"
    _check_certificate_file(call, "client", logged)


def _check_whole_number(call: Call) -> None:
    value, rest = strtol(call.words[0].text)
    if rest:
        raise call.error("Timeout not numerical", 0)
    if value < 0:
        raise call.error("Timeout must be non-negative", 0)


def _time(*, signed: bool) -> Check:
    """A time; if it may be negative, httpd reads no further than its minus sign."""

    def check(call: Call) -> None:
        text = call.words[0].text
        if not (signed and text.startswith("-")) and duration(text, "s") is None:
            raise call.error(f"{call.name} has wrong format", 0)

    return check


_LDAP: Final = (
    _ABOUT_LDAP.one("LDAPSharedCacheSize", "The size of the cache, in bytes.", usual="500000"),
    _ABOUT_LDAP.one("LDAPSharedCacheFile", "The file of the cache."),
    _ABOUT_LDAP.one("LDAPCacheEntries", "How many searches are cached.", usual="1024"),
    _ABOUT_LDAP.one("LDAPCacheTTL", "How long they are, in seconds.", usual="600"),
    _ABOUT_LDAP.one("LDAPOpCacheEntries", "How many comparisons are cached.", usual="1024"),
    _ABOUT_LDAP.one("LDAPOpCacheTTL", "How long they are, in seconds.", usual="600"),
    _ABOUT_LDAP.one(
        "LDAPConnectionTimeout", "How long a connection may take, in seconds.", usual="10"
    ),
    _ABOUT_LDAP.one("LDAPLibraryDebug", "What the library writes about itself.", usual="disabled"),
    _ABOUT_LDAP.one(
        "LDAPTimeout", "How long an answer may take, in seconds.", _check_whole_number, "60"
    ),
    _ABOUT_LDAP.one(
        "LDAPRetries",
        "How often a failed question is asked again.",
        number(lambda value: value >= 0, "LDAPRetries must be >= 0"),
        "3",
    ),
    _ABOUT_LDAP.one("LDAPRetryDelay", "The time between two tries.", _time(signed=False), "0"),
    _ABOUT_LDAP.row(
        "LDAPTrustedGlobalCert",
        Arity.TWO_OR_THREE,
        "Certificates for all connections.",
        _check_global_certificate,
    ),
    _ABOUT_LDAP.row(
        "LDAPTrustedClientCert",
        Arity.TWO_OR_THREE,
        "Certificates for the connections of a section.",
        _check_client_certificate,
        contexts=SECTIONS,
    ),
    _ABOUT_LDAP.one(
        "LDAPTrustedMode",
        "How connections are encrypted.",
        one_of(
            "none ssl tls starttls",
            "Invalid LDAPTrustedMode setting: must be one of NONE, SSL, or TLS/STARTTLS",
        ),
        "NONE",
        contexts=SERVERS,
    ),
    _ABOUT_LDAP.one(
        "LDAPConnectionPoolTTL",
        "How long an idle connection is kept.",
        _time(signed=True),
        "-1",
        contexts=SERVERS,
    ),
    _ABOUT_LDAP.flag("LDAPVerifyServerCert", "Whether servers are verified.", "On"),
    _ABOUT_LDAP.one(
        "LDAPReferrals",
        "Whether referrals to other servers are followed.",
        one_of("on off default", "LDAPReferrals must be 'on', 'off', or 'default'"),
        "On",
        contexts=SECTIONS,
    ),
    _ABOUT_LDAP.one(
        "LDAPReferralHopLimit",
        "How many of them.",
        number(
            lambda value: value > 0,
            "LDAPReferralHopLimit must be greater than zero (Use 'LDAPReferrals Off' to disable "
            "referral chasing)",
        ),
        "the library's own",
        contexts=SECTIONS,
    ),
)


# --- databases ------------------------------------------------------------------------------------

_ABOUT_DATABASES: Final = Alike(
    moot("nothing asks a database here; what would is refused by itself"), SERVERS
)

_DRIVERS: Final = frozenset({"freetds", "mysql", "odbc", "oracle", "pgsql", "sqlite2", "sqlite3"})
_DRIVER_FOLDERS: Final = (
    *(
        f"/usr/lib/{machine}-linux-gnu/apr-util-1"
        for machine in ("x86_64", "aarch64", "riscv64", "powerpc64le", "s390x")
    ),
    "/usr/lib64/apr-util-1",
    "/usr/lib/apr-util-1",
    "/usr/local/lib/apr-util-1",
)
"""Where APR looks for drivers, as distributions build it."""


def _check_driver(call: Call) -> None:
    """A driver that is installed, or on a machine without APR one that there is."""
    name = call.words[0].text
    file = f"apr_dbd_{name}.so"
    files = call.place.files
    folders = [folder for folder in _DRIVER_FOLDERS if files.kind(folder) is Kind.DIRECTORY]
    found = [folder for folder in folders if files.kind(f"{folder}/{file}") is Kind.FILE]
    if not found and (folders or name not in _DRIVERS):
        raise call.error(f"Can't load driver file {file}", 0)


def _check_digits(call: Call) -> None:
    word = call.words[0].text
    if not (word.isascii() and word.isdigit()):
        raise call.error("Argument must be numeric!", 0)


_DBD: Final = (
    _ABOUT_DATABASES.one("DBDriver", "The kind of database.", _check_driver),
    _ABOUT_DATABASES.one("DBDParams", "How to reach it."),
    _ABOUT_DATABASES.flag("DBDPersist", "Whether connections are kept.", "On"),
    _ABOUT_DATABASES.row("DBDPrepareSQL", Arity.ONE_OR_TWO, "A query, and its label."),
    _ABOUT_DATABASES.one("DBDInitSQL", "A query at the beginning of a connection."),
    _ABOUT_DATABASES.one("DBDMin", "The fewest connections.", _check_digits, "1"),
    _ABOUT_DATABASES.one("DBDKeep", "How many connections are kept.", _check_digits, "2"),
    _ABOUT_DATABASES.one("DBDMax", "The most connections.", _check_digits, "10"),
    _ABOUT_DATABASES.one("DBDExptime", "How long idle ones are kept.", _check_digits, "300"),
)

MODULES: Final = (
    *_SESSION_MODULES,
    (judged_module("ldap", "util_ldap.c"), _LDAP),
    (judged_module("dbd"), _DBD),
)
