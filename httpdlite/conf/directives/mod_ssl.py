"""mod_ssl.c, the side of clients: judged as httpd does; TLS itself is not there yet.

Only what makes a server speak TLS, or what demands TLS or a certificate of the client, is refused;
the settings of a TLS that is not on have no effect. The side of workers is mod_ssl_proxy.py, the
checks are in ssl_checks.py.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from httpdlite.conf.call import EVERYWHERE, SECTIONS, SERVER, SERVERS, Call
from httpdlite.conf.directives import ssl_checks
from httpdlite.conf.rows import Alike, Arity, Directive, Refusal, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import Standing, later, moot
from httpdlite.conf.values import never, number

MODULE: Final = judged_module("ssl")


INSTEAD: Final = "TLS is not supported yet: let another server in front do it."

ABOUT_TLS: Final = Alike(moot("it tunes TLS, and TLS (SSLEngine on) is refused"), SERVERS)


def _refuse_on(values: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(values[0]) == "on":
        yield Refusal("SSLEngine On is not supported yet", hint=INSTEAD)


def _refuse_client_certificates(values: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(values[0]) not in {"none", "off"}:
        yield Refusal(
            f"SSLVerifyClient {values[0]} is not supported yet",
            hint="Let the server in front ask for certificates.",
        )


def _protecting(reason: str) -> Standing:
    return replace(moot(reason), protects=True)


ENGINE: Final = ABOUT_TLS.one(
    "SSLEngine",
    "whether this server speaks TLS",
    ssl_checks.check_engine,
    "off",
    standing=_protecting("Off is what every server is here"),
    refuse=_refuse_on,
)

CERTIFICATE: Final = ABOUT_TLS.one(
    "SSLCertificateFile", "the certificate, in PEM", ssl_checks.check_certificate
)

_CERTIFICATES: Final = (
    CERTIFICATE,
    ABOUT_TLS.one("SSLCertificateKeyFile", "the private key, in PEM", ssl_checks.check_certificate),
    ABOUT_TLS.one("SSLCertificateChainFile", "intermediate certificates", ssl_checks.check_file),
    ABOUT_TLS.one("SSLSessionTicketKeyFile", "the key of session tickets", ssl_checks.check_file),
    ABOUT_TLS.one(
        "SSLCACertificateFile",
        "the authorities that clients' certificates may be of",
        ssl_checks.outside_sections(ssl_checks.check_file),
        contexts=EVERYWHERE,
    ),
    ABOUT_TLS.one(
        "SSLCACertificatePath",
        "a hashed directory of authorities for clients' certificates",
        ssl_checks.outside_sections(ssl_checks.check_directory),
        contexts=EVERYWHERE,
    ),
    ABOUT_TLS.one("SSLCADNRequestFile", "authorities named to the client", ssl_checks.check_file),
    ABOUT_TLS.one("SSLCADNRequestPath", "a directory of these", ssl_checks.check_directory),
    ABOUT_TLS.one("SSLCARevocationFile", "revocation lists", ssl_checks.check_file),
    ABOUT_TLS.one("SSLCARevocationPath", "a hashed directory of these", ssl_checks.check_directory),
    ABOUT_TLS.row(
        "SSLCARevocationCheck",
        Arity.RAW,
        "how far revocation lists are looked at: none, leaf, chain",
        ssl_checks.check_revocation,
        "none",
    ),
    ABOUT_TLS.one("SSLSRPVerifierFile", "the verifiers of TLS-SRP", ssl_checks.check_file),
    ABOUT_TLS.one("SSLSRPUnknownUserSeed", "a seed for unknown users of TLS-SRP"),
)


def _check_fips(call: Call) -> None:
    """The same whenever it is given."""
    given = lower(call.words[0].text)
    if any(lower(words[0]) != given for words in call.place.anywhere.like(FIPS, None)):
        raise call.error("Conflicting SSLFIPS options, cannot be both On and Off", 0)


FIPS: Final = ABOUT_TLS.row(
    "SSLFIPS",
    Arity.FLAG,
    "whether OpenSSL keeps to FIPS",
    _check_fips,
    "off",
    contexts=SERVER,
    index=lambda _: None,
)

_PROTOCOL: Final = (
    ABOUT_TLS.row(
        "SSLProtocol",
        Arity.RAW,
        "the versions of TLS, each with a + or - before it",
        ssl_checks.check_protocols,
        "all -SSLv3",
    ),
    ABOUT_TLS.row(
        "SSLCipherSuite",
        Arity.ONE_OR_TWO,
        "the ciphers, as OpenSSL names them, behind SSL or TLSv1.3",
        ssl_checks.check_ciphers,
        "OpenSSL's own",
        contexts=EVERYWHERE,
    ),
    ABOUT_TLS.flag("SSLHonorCipherOrder", "whether the server's order of ciphers counts", "off"),
    ABOUT_TLS.row(
        "SSLCompression", Arity.FLAG, "whether TLS compresses", ssl_checks.check_compression, "off"
    ),
    ABOUT_TLS.flag("SSLSessionTickets", "whether clients get session tickets", "on"),
    ABOUT_TLS.flag("SSLInsecureRenegotiation", "whether old clients may renegotiate", "off"),
    ABOUT_TLS.flag("SSLStrictSNIVHostCheck", "whether clients without SNI are turned away", "off"),
    FIPS,
    ABOUT_TLS.row(
        "SSLOpenSSLConfCmd",
        Arity.TWO,
        "a command for OpenSSL, and its value",
        ssl_checks.check_openssl_command,
    ),
)

_SERVER: Final = (
    ABOUT_TLS.one(
        "SSLPassPhraseDialog",
        "who is asked for the pass phrases of keys",
        ssl_checks.check_dialog,
        "builtin",
        contexts=SERVER,
    ),
    ABOUT_TLS.one(
        "SSLSessionCache",
        "where sessions are kept",
        ssl_checks.check_session_cache,
        "none",
        contexts=SERVER,
    ),
    ABOUT_TLS.one(
        "SSLStaplingCache",
        "where OCSP answers are kept",
        ssl_checks.check_stapling_cache,
        contexts=SERVER,
    ),
    ABOUT_TLS.one(
        "SSLCryptoDevice",
        "the engine of OpenSSL",
        ssl_checks.check_device,
        "builtin",
        contexts=SERVER,
    ),
    ABOUT_TLS.one(
        "SSLVHostSNIPolicy",
        "how SNI and Host must agree",
        ssl_checks.check_sni,
        "secure",
        contexts=SERVER,
    ),
    ABOUT_TLS.row(
        "SSLRandomSeed",
        Arity.TWO_OR_THREE,
        "startup or connect, a source of randomness, and how many bytes of it",
        ssl_checks.check_seed,
        contexts=SERVER,
    ),
    ABOUT_TLS.one(
        "SSLSessionCacheTimeout",
        "seconds that a session is kept",
        number(lambda value: value >= 0, "SSLSessionCacheTimeout: Invalid argument"),
        "300",
    ),
)

_OCSP: Final = (
    ABOUT_TLS.row(
        "SSLOCSPEnable",
        Arity.RAW,
        "whether clients' certificates are checked by OCSP",
        ssl_checks.check_ocsp,
        "off",
    ),
    ABOUT_TLS.one("SSLOCSPDefaultResponder", "the responder for certificates that name none"),
    ABOUT_TLS.one("SSLOCSPProxyURL", "a proxy on the way to the responder"),
    ABOUT_TLS.one("SSLOCSPResponderCertificateFile", "responders to trust", ssl_checks.check_file),
    ABOUT_TLS.one("SSLOCSPResponseTimeSkew", "seconds of skew", ssl_checks.check_seconds, "300"),
    ABOUT_TLS.one("SSLOCSPResponseMaxAge", "seconds of age", ssl_checks.check_seconds, "-1"),
    ABOUT_TLS.one("SSLOCSPResponderTimeout", "seconds to wait", ssl_checks.check_seconds, "10"),
    ABOUT_TLS.flag(
        "SSLOCSPOverrideResponder", "whether the default responder is asked always", "off"
    ),
    ABOUT_TLS.flag("SSLOCSPUseRequestNonce", "whether requests carry a nonce", "on"),
    ABOUT_TLS.flag("SSLOCSPNoVerify", "whether the responder is believed unseen", "off"),
)

_STAPLING: Final = (
    ABOUT_TLS.flag("SSLUseStapling", "whether OCSP answers are stapled", "off"),
    ABOUT_TLS.one(
        "SSLStaplingResponseTimeSkew", "seconds of skew", ssl_checks.check_seconds, "300"
    ),
    ABOUT_TLS.one("SSLStaplingResponderTimeout", "seconds to wait", ssl_checks.check_seconds, "10"),
    ABOUT_TLS.one("SSLStaplingResponseMaxAge", "seconds of age", ssl_checks.check_seconds, "-1"),
    ABOUT_TLS.one(
        "SSLStaplingStandardCacheTimeout",
        "seconds that an answer is kept",
        ssl_checks.check_seconds,
        "3600",
    ),
    ABOUT_TLS.one(
        "SSLStaplingErrorCacheTimeout",
        "seconds that a failure is kept",
        ssl_checks.check_seconds,
        "600",
    ),
    ABOUT_TLS.flag("SSLStaplingReturnResponderErrors", "whether failures are stapled, too", "on"),
    ABOUT_TLS.flag("SSLStaplingFakeTryLater", "whether a failure says to try later", "on"),
    ABOUT_TLS.one("SSLStaplingForceURL", "the responder, whatever the certificate says"),
)

_REQUESTS: Final = (
    ABOUT_TLS.one(
        "SSLVerifyClient",
        "whether clients must have a certificate: none, optional, require, optional_no_ca",
        ssl_checks.check_verify,
        "none",
        contexts=EVERYWHERE,
        standing=_protecting("no client is asked for a certificate here"),
        refuse=_refuse_client_certificates,
    ),
    ABOUT_TLS.one(
        "SSLVerifyDepth",
        "how many authorities may stand between",
        ssl_checks.check_depth,
        "1",
        contexts=EVERYWHERE,
    ),
    ABOUT_TLS.one(
        "SSLUserName", "the variable of TLS that is the user's name", contexts=EVERYWHERE
    ),
    ABOUT_TLS.row(
        "SSLOptions",
        Arity.RAW,
        "options of TLS, each with a + or - before it",
        ssl_checks.check_options,
        contexts=EVERYWHERE,
    ),
    ABOUT_TLS.row(
        "SSLRequireSSL",
        Arity.NONE,
        "requests without TLS are forbidden",
        contexts=SECTIONS,
        standing=later(INSTEAD, protects=True),
    ),
    ABOUT_TLS.row(
        "SSLRequire",
        Arity.RAW,
        "a condition that requests must meet",
        ssl_checks.check_require,
        contexts=SECTIONS,
        standing=later("Let the server in front, or the worker, check it.", protects=True),
    ),
    ABOUT_TLS.one(
        "SSLRenegBufferSize",
        "bytes of a body kept during a renegotiation",
        ssl_checks.check_buffer_size,
        "131072",
        contexts=SECTIONS,
    ),
)


def _removed(name: str, instead: str) -> Directive[Any]:
    message = f"{name} directive is no longer supported - use {instead}."
    return ABOUT_TLS.row(
        name, Arity.RAW, f"removed: use {instead}", never(message), contexts=EVERYWHERE
    )


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
