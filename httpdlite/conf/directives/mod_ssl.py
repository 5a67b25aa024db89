"""mod_ssl.c, the side of clients: judged as httpd does; TLS itself is not there yet.

Only what makes a server speak TLS, or what demands TLS or a certificate of the client, is refused;
the settings of a TLS that is not on have no effect. The side of workers is mod_ssl_proxy.py, the
checks are in ssl_checks.py.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from httpdlite.conf.directives import ssl_checks
from httpdlite.conf.directives.core import EVERYWHERE
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
from httpdlite.conf.standing import Standing, later, moot
from httpdlite.conf.values import Check, never, number

MODULE: Final = Module("ssl_module", "mod_ssl.c", implemented=False)

SERVERS: Final = SERVER | VHOST
SECTIONS: Final = DIRECTORY | HTACCESS

INSTEAD: Final = "TLS is not supported yet: let another server in front do it."

TUNES_TLS: Final = moot("it tunes TLS, and TLS (SSLEngine on) is refused")


def _refuse_on(values: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(values[0]) == "on":
        yield Refusal("SSLEngine On is not supported yet", hint=INSTEAD, subject="SSLEngine")


def _refuse_client_certificates(values: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(values[0]) not in {"none", "off"}:
        yield Refusal(
            f"SSLVerifyClient {values[0]} is not supported yet",
            hint="Let the server in front ask for certificates.",
            subject="SSLVerifyClient",
        )


def _row(
    name: str,
    arity: Arity,
    contexts: Context,
    doc: str,
    check: Check | None = None,
    *,
    standing: Standing = TUNES_TLS,
    **more: Any,
) -> Directive[Any]:
    return judged(name, arity, contexts, standing, doc, check=check, **more)


def _one(name: str, doc: str, check: Check | None = None, **more: Any) -> Directive[Any]:
    return _row(name, Arity.ONE, SERVERS, doc, check, **more)


def _flag(name: str, doc: str, usual: str) -> Directive[Any]:
    return _row(name, Arity.FLAG, SERVERS, doc, usual=usual)


def _main(name: str, doc: str, check: Check, usual: str = "") -> Directive[Any]:
    return _row(name, Arity.ONE, SERVER, doc, check, usual=usual)


def _protecting(reason: str) -> Standing:
    return replace(moot(reason), protects=True)


ENGINE: Final = _one(
    "SSLEngine",
    "whether this server speaks TLS",
    ssl_checks.check_engine,
    standing=_protecting("Off is what every server is here"),
    refuse=_refuse_on,
    usual="off",
)

CERTIFICATE: Final = _one(
    "SSLCertificateFile", "the certificate, in PEM", ssl_checks.check_certificate
)

_CERTIFICATES: Final = (
    CERTIFICATE,
    _one("SSLCertificateKeyFile", "the private key, in PEM", ssl_checks.check_certificate),
    _one("SSLCertificateChainFile", "intermediate certificates", ssl_checks.check_file),
    _one("SSLSessionTicketKeyFile", "the key of session tickets", ssl_checks.check_file),
    _row(
        "SSLCACertificateFile",
        Arity.ONE,
        EVERYWHERE,
        "the authorities that clients' certificates may be of",
        ssl_checks.outside_sections(ssl_checks.check_file),
    ),
    _row(
        "SSLCACertificatePath",
        Arity.ONE,
        EVERYWHERE,
        "a hashed directory of authorities for clients' certificates",
        ssl_checks.outside_sections(ssl_checks.check_directory),
    ),
    _one("SSLCADNRequestFile", "authorities named to the client", ssl_checks.check_file),
    _one("SSLCADNRequestPath", "a directory of these", ssl_checks.check_directory),
    _one("SSLCARevocationFile", "revocation lists", ssl_checks.check_file),
    _one("SSLCARevocationPath", "a hashed directory of these", ssl_checks.check_directory),
    _row(
        "SSLCARevocationCheck",
        Arity.RAW,
        SERVERS,
        "how far revocation lists are looked at: none, leaf, chain",
        ssl_checks.check_revocation,
        usual="none",
    ),
    _one("SSLSRPVerifierFile", "the verifiers of TLS-SRP", ssl_checks.check_file),
    _one("SSLSRPUnknownUserSeed", "a seed for unknown users of TLS-SRP"),
)


def _check_fips(call: Call) -> None:
    """The same whenever it is given."""
    given = lower(call.words[0].text)
    if any(lower(words[0]) != given for words in call.place.anywhere.like(FIPS, None)):
        raise call.error("Conflicting SSLFIPS options, cannot be both On and Off", 0)


FIPS: Final = _row(
    "SSLFIPS",
    Arity.FLAG,
    SERVER,
    "whether OpenSSL keeps to FIPS",
    _check_fips,
    index=lambda _: None,
    usual="off",
)

_PROTOCOL: Final = (
    _row(
        "SSLProtocol",
        Arity.RAW,
        SERVERS,
        "the versions of TLS, each with a + or - before it",
        ssl_checks.check_protocols,
        usual="all -SSLv3",
    ),
    _row(
        "SSLCipherSuite",
        Arity.ONE_OR_TWO,
        EVERYWHERE,
        "the ciphers, as OpenSSL names them, behind SSL or TLSv1.3",
        ssl_checks.check_ciphers,
        usual="OpenSSL's own",
    ),
    _flag("SSLHonorCipherOrder", "whether the server's order of ciphers counts", "off"),
    _row(
        "SSLCompression",
        Arity.FLAG,
        SERVERS,
        "whether TLS compresses",
        ssl_checks.check_compression,
        usual="off",
    ),
    _flag("SSLSessionTickets", "whether clients get session tickets", "on"),
    _flag("SSLInsecureRenegotiation", "whether old clients may renegotiate", "off"),
    _flag("SSLStrictSNIVHostCheck", "whether clients without SNI are turned away", "off"),
    FIPS,
    _row(
        "SSLOpenSSLConfCmd",
        Arity.TWO,
        SERVERS,
        "a command for OpenSSL, and its value",
        ssl_checks.check_openssl_command,
    ),
)

_SERVER: Final = (
    _main(
        "SSLPassPhraseDialog",
        "who is asked for the pass phrases of keys",
        ssl_checks.check_dialog,
        "builtin",
    ),
    _main("SSLSessionCache", "where sessions are kept", ssl_checks.check_session_cache, "none"),
    _main("SSLStaplingCache", "where OCSP answers are kept", ssl_checks.check_stapling_cache),
    _main("SSLCryptoDevice", "the engine of OpenSSL", ssl_checks.check_device, "builtin"),
    _main("SSLVHostSNIPolicy", "how SNI and Host must agree", ssl_checks.check_sni, "secure"),
    _row(
        "SSLRandomSeed",
        Arity.TWO_OR_THREE,
        SERVER,
        "startup or connect, a source of randomness, and how many bytes of it",
        ssl_checks.check_seed,
    ),
    _one(
        "SSLSessionCacheTimeout",
        "seconds that a session is kept",
        number(lambda value: value >= 0, "SSLSessionCacheTimeout: Invalid argument"),
        usual="300",
    ),
)

_OCSP: Final = (
    _row(
        "SSLOCSPEnable",
        Arity.RAW,
        SERVERS,
        "whether clients' certificates are checked by OCSP",
        ssl_checks.check_ocsp,
        usual="off",
    ),
    _one("SSLOCSPDefaultResponder", "the responder for certificates that name none"),
    _one("SSLOCSPProxyURL", "a proxy on the way to the responder"),
    _one("SSLOCSPResponderCertificateFile", "responders to trust", ssl_checks.check_file),
    _one("SSLOCSPResponseTimeSkew", "seconds of skew", ssl_checks.check_seconds, usual="300"),
    _one("SSLOCSPResponseMaxAge", "seconds of age", ssl_checks.check_seconds, usual="-1"),
    _one("SSLOCSPResponderTimeout", "seconds to wait", ssl_checks.check_seconds, usual="10"),
    _flag("SSLOCSPOverrideResponder", "whether the default responder is asked always", "off"),
    _flag("SSLOCSPUseRequestNonce", "whether requests carry a nonce", "on"),
    _flag("SSLOCSPNoVerify", "whether the responder is believed unseen", "off"),
)

_STAPLING: Final = (
    _flag("SSLUseStapling", "whether OCSP answers are stapled", "off"),
    _one("SSLStaplingResponseTimeSkew", "seconds of skew", ssl_checks.check_seconds, usual="300"),
    _one("SSLStaplingResponderTimeout", "seconds to wait", ssl_checks.check_seconds, usual="10"),
    _one("SSLStaplingResponseMaxAge", "seconds of age", ssl_checks.check_seconds, usual="-1"),
    _one(
        "SSLStaplingStandardCacheTimeout",
        "seconds that an answer is kept",
        ssl_checks.check_seconds,
        usual="3600",
    ),
    _one(
        "SSLStaplingErrorCacheTimeout",
        "seconds that a failure is kept",
        ssl_checks.check_seconds,
        usual="600",
    ),
    _flag("SSLStaplingReturnResponderErrors", "whether failures are stapled, too", "on"),
    _flag("SSLStaplingFakeTryLater", "whether a failure says to try later", "on"),
    _one("SSLStaplingForceURL", "the responder, whatever the certificate says"),
)

_REQUESTS: Final = (
    _row(
        "SSLVerifyClient",
        Arity.ONE,
        EVERYWHERE,
        "whether clients must have a certificate: none, optional, require, optional_no_ca",
        ssl_checks.check_verify,
        standing=_protecting("no client is asked for a certificate here"),
        refuse=_refuse_client_certificates,
        usual="none",
    ),
    _row(
        "SSLVerifyDepth",
        Arity.ONE,
        EVERYWHERE,
        "how many authorities may stand between",
        ssl_checks.check_depth,
        usual="1",
    ),
    _row("SSLUserName", Arity.ONE, EVERYWHERE, "the variable of TLS that is the user's name"),
    _row(
        "SSLOptions",
        Arity.RAW,
        EVERYWHERE,
        "options of TLS, each with a + or - before it",
        ssl_checks.check_options,
    ),
    _row(
        "SSLRequireSSL",
        Arity.NONE,
        SECTIONS,
        "requests without TLS are forbidden",
        standing=later(INSTEAD, protects=True),
    ),
    _row(
        "SSLRequire",
        Arity.RAW,
        SECTIONS,
        "a condition that requests must meet",
        ssl_checks.check_require,
        standing=later("Let the server in front, or the worker, check it.", protects=True),
    ),
    _row(
        "SSLRenegBufferSize",
        Arity.ONE,
        SECTIONS,
        "bytes of a body kept during a renegotiation",
        ssl_checks.check_buffer_size,
        usual="131072",
    ),
)


def _removed(name: str, instead: str) -> Directive[Any]:
    message = f"{name} directive is no longer supported - use {instead}."
    return _row(name, Arity.RAW, EVERYWHERE, f"removed: use {instead}", never(message))


_REMOVED: Final = (_removed("SSLLog", "ErrorLog"), _removed("SSLLogLevel", "LogLevel"))

MODULES: Final = (
    (
        MODULE,
        (
            ENGINE,
            *_CERTIFICATES,
            *_PROTOCOL,
            *_SERVER,
            *_OCSP,
            *_STAPLING,
            *_REQUESTS,
            *_REMOVED,
        ),
    ),
)
