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

from httpdlite.conf.directives.core import EVERYWHERE
from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.numbers import duration, strtol
from httpdlite.conf.registry import (
    DIRECTORY,
    HTACCESS,
    SERVER,
    VHOST,
    Arity,
    Call,
    Context,
    Directive,
    Module,
    Refusal,
    judged,
    lower,
)
from httpdlite.conf.standing import Class, Standing, moot
from httpdlite.conf.values import Check, log, number, one_of

_SERVERS: Final = SERVER | VHOST
_SECTIONS: Final = DIRECTORY | HTACCESS


def _module(name: str) -> Module:
    return Module(f"{name}_module", f"mod_{name}.c", implemented=False)


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

_SESSION: Final = moot("it is about sessions, and Session On is refused")


def _refuse_session(words: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(words[0]) == "on":
        yield Refusal(
            "Session is not supported: httpdlite keeps no sessions",
            hint="Let the worker keep them, or keep Apache for this path.",
            subject="Session",
        )


def _session(
    name: str,
    arity: Arity,
    doc: str,
    check: Check | None = None,
    usual: str = "",
    *,
    contexts: Context = EVERYWHERE,
) -> Directive[object]:
    return judged(name, arity, contexts, _SESSION, doc, check=check, usual=usual)


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
    _session("SessionEnv", Arity.FLAG, "Whether scripts see the session.", usual="Off"),
    _session("SessionMaxAge", Arity.ONE, "How long a session lasts, in seconds.", usual="0"),
    _session("SessionHeader", Arity.ONE, "The field by which a worker replaces the session."),
    _session("SessionInclude", Arity.ONE, "A prefix of URLs with sessions.", usual="all"),
    _session("SessionExclude", Arity.ONE, "A prefix of URLs without sessions.", usual="none"),
    _session(
        "SessionExpiryUpdateInterval",
        Arity.ONE,
        "How old an end of a session may be before it is written again.",
        number(
            lambda value: value >= 0,
            "SessionExpiryUpdateInterval must be zero (disable) or a positive value",
        ),
        usual="0",
    ),
)

_COOKIE_DOC: Final = "The cookie of the session, and its attributes"

_SESSION_MODULES: Final = (
    (_module("session"), _SESSIONS),
    (
        _module("session_cookie"),
        (
            _session("SessionCookieName", Arity.RAW, f"{_COOKIE_DOC}.", _check_cookie),
            _session("SessionCookieName2", Arity.RAW, f"{_COOKIE_DOC} (RFC 2965).", _check_cookie),
            _session("SessionCookieRemove", Arity.FLAG, "Whether workers do not see it."),
        ),
    ),
    (
        _module("session_crypto"),
        (
            _session("SessionCryptoPassphrase", Arity.EACH, "What sessions are encrypted with."),
            _session(
                "SessionCryptoPassphraseFile",
                Arity.ONE,
                "A file with passphrases, one per line.",
                _check_passphrases,
                contexts=_SERVERS | DIRECTORY,
            ),
            _session("SessionCryptoCipher", Arity.ONE, "The cipher.", usual="aes256"),
            _session("SessionCryptoDriver", Arity.RAW, "The library.", contexts=SERVER),
        ),
    ),
    (
        _module("session_dbd"),
        (
            *(
                _session(
                    f"SessionDBD{verb}Label", Arity.ONE, f"The query to {verb.lower()} a session."
                )
                for verb in ("Select", "Insert", "Update", "Delete")
            ),
            _session("SessionDBDPerUser", Arity.FLAG, "Whether a user is enough.", usual="Off"),
            _session("SessionDBDCookieRemove", Arity.FLAG, "Whether workers do not see it."),
            _session("SessionDBDCookieName", Arity.RAW, f"{_COOKIE_DOC}.", _check_database_cookie),
            _session(
                "SessionDBDCookieName2",
                Arity.RAW,
                f"{_COOKIE_DOC} (RFC 2965).",
                _check_database_cookie,
            ),
        ),
    ),
)


# --- LDAP -----------------------------------------------------------------------------------------

_NO_LDAP: Final = moot("nothing asks an LDAP server here; what would is refused by itself")

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


def _ldap(
    name: str,
    doc: str,
    usual: str = "",
    check: Check | None = None,
    contexts: Context = SERVER,
    *,
    arity: Arity = Arity.ONE,
) -> Directive[object]:
    return judged(name, arity, contexts, _NO_LDAP, doc, check=check, usual=usual)


_LDAP: Final = (
    _ldap("LDAPSharedCacheSize", "The size of the cache, in bytes.", "500000"),
    _ldap("LDAPSharedCacheFile", "The file of the cache."),
    _ldap("LDAPCacheEntries", "How many searches are cached.", "1024"),
    _ldap("LDAPCacheTTL", "How long they are, in seconds.", "600"),
    _ldap("LDAPOpCacheEntries", "How many comparisons are cached.", "1024"),
    _ldap("LDAPOpCacheTTL", "How long they are, in seconds.", "600"),
    _ldap("LDAPConnectionTimeout", "How long a connection may take, in seconds.", "10"),
    _ldap("LDAPLibraryDebug", "What the library writes about itself.", "disabled"),
    _ldap("LDAPTimeout", "How long an answer may take, in seconds.", "60", _check_whole_number),
    _ldap(
        "LDAPRetries",
        "How often a failed question is asked again.",
        "3",
        number(lambda value: value >= 0, "LDAPRetries must be >= 0"),
    ),
    _ldap("LDAPRetryDelay", "The time between two tries.", "0", _time(signed=False)),
    _ldap(
        "LDAPTrustedGlobalCert",
        "Certificates for all connections.",
        check=_check_global_certificate,
        arity=Arity.TWO_OR_THREE,
    ),
    _ldap(
        "LDAPTrustedClientCert",
        "Certificates for the connections of a section.",
        check=_check_client_certificate,
        contexts=_SECTIONS,
        arity=Arity.TWO_OR_THREE,
    ),
    _ldap(
        "LDAPTrustedMode",
        "How connections are encrypted.",
        "NONE",
        one_of(
            "none ssl tls starttls",
            "Invalid LDAPTrustedMode setting: must be one of NONE, SSL, or TLS/STARTTLS",
        ),
        _SERVERS,
    ),
    _ldap(
        "LDAPConnectionPoolTTL",
        "How long an idle connection is kept.",
        "-1",
        _time(signed=True),
        _SERVERS,
    ),
    _ldap("LDAPVerifyServerCert", "Whether servers are verified.", "On", arity=Arity.FLAG),
    _ldap(
        "LDAPReferrals",
        "Whether referrals to other servers are followed.",
        "On",
        one_of("on off default", "LDAPReferrals must be 'on', 'off', or 'default'"),
        _SECTIONS,
    ),
    _ldap(
        "LDAPReferralHopLimit",
        "How many of them.",
        "the library's own",
        number(
            lambda value: value > 0,
            "LDAPReferralHopLimit must be greater than zero (Use 'LDAPReferrals Off' to disable "
            "referral chasing)",
        ),
        _SECTIONS,
    ),
)


# --- databases ------------------------------------------------------------------------------------

_NO_DATABASE: Final = moot("nothing asks a database here; what would is refused by itself")

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


def _database(
    name: str,
    doc: str,
    usual: str = "",
    check: Check | None = None,
    arity: Arity = Arity.ONE,
) -> Directive[object]:
    return judged(name, arity, _SERVERS, _NO_DATABASE, doc, check=check, usual=usual)


_DBD: Final = (
    _database("DBDriver", "The kind of database.", check=_check_driver),
    _database("DBDParams", "How to reach it."),
    _database("DBDPersist", "Whether connections are kept.", "On", arity=Arity.FLAG),
    _database("DBDPrepareSQL", "A query, and its label.", arity=Arity.ONE_OR_TWO),
    _database("DBDInitSQL", "A query at the beginning of a connection."),
    _database("DBDMin", "The fewest connections.", "1", _check_digits),
    _database("DBDKeep", "How many connections are kept.", "2", _check_digits),
    _database("DBDMax", "The most connections.", "10", _check_digits),
    _database("DBDExptime", "How long idle ones are kept.", "300", _check_digits),
)

MODULES: Final = (
    *_SESSION_MODULES,
    (Module("ldap_module", "util_ldap.c", implemented=False), _LDAP),
    (_module("dbd"), _DBD),
)
