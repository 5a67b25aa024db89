"""mod_ssl.c, the rest: what has no effect here, or is refused as a whole; judged as httpd does.

In: the words of one directive. Out: nothing, or httpd's message, which ssl_checks.py has. Caches,
OCSP, stapling, TLS-SRP, and what OpenSSL does by itself.
"""

from typing import Any, Final

from httpdlite.conf.call import EVERYWHERE, SECTIONS, SERVER, SERVERS, Call
from httpdlite.conf.directives import ssl_checks
from httpdlite.conf.directives.mod_ssl import MODULE, protecting
from httpdlite.conf.directives.ssl_refusals import refuse_ocsp, unless_off
from httpdlite.conf.directives.ssl_values import read_ocsp
from httpdlite.conf.rows import Alike, Arity, Directive, Takes, directive
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import later, moot, refused
from httpdlite.conf.values import never, number

ABOUT_TLS: Final = Alike(moot("nothing depends on it here"), SERVERS)

_NAMES_FOR_CLIENTS: Final = moot(
    "clients are told no names of authorities; which certificates count does not change"
)

_CERTIFICATES: Final = (
    ABOUT_TLS.one(
        "SSLSessionTicketKeyFile",
        "the key of session tickets",
        ssl_checks.check_file,
        standing=moot("each start makes a key; tickets of others are full handshakes"),
    ),
    ABOUT_TLS.one(
        "SSLCADNRequestFile",
        "authorities named to the client",
        ssl_checks.check_file,
        standing=_NAMES_FOR_CLIENTS,
    ),
    ABOUT_TLS.one(
        "SSLCADNRequestPath",
        "a directory of these",
        ssl_checks.check_directory,
        standing=_NAMES_FOR_CLIENTS,
    ),
    ABOUT_TLS.one(
        "SSLSRPVerifierFile",
        "the verifiers of TLS-SRP",
        ssl_checks.check_file,
        standing=refused("is not supported", "Use client certificates.", protects=True),
    ),
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
    standing=moot("Off is what it is here"),
    refuse=unless_off(
        "SSLFIPS On is not supported", "Switch FIPS on for OpenSSL as a whole (openssl.cnf)."
    ),
)

_TUNING: Final = (
    ABOUT_TLS.row(
        "SSLCompression",
        Arity.FLAG,
        "whether TLS compresses",
        ssl_checks.check_compression,
        "off",
        standing=moot("nothing is compressed, as Off says; On is an error"),
    ),
    ABOUT_TLS.flag(
        "SSLInsecureRenegotiation",
        "whether old clients may renegotiate",
        "off",
        standing=protecting(moot("nobody may negotiate again")),
        refuse=unless_off(
            "SSLInsecureRenegotiation On is not supported", "Remove the line: it is an old hole."
        ),
    ),
    FIPS,
)

_SERVER: Final = (
    ABOUT_TLS.one(
        "SSLPassPhraseDialog",
        "who is asked for the pass phrases of keys",
        ssl_checks.check_dialog,
        "builtin",
        contexts=SERVER,
        standing=moot("nobody is asked: a key that is encrypted is an error"),
    ),
    ABOUT_TLS.one(
        "SSLSessionCache",
        "where sessions are kept",
        ssl_checks.check_session_cache,
        "none",
        contexts=SERVER,
        standing=moot("sessions live in the tickets of clients, or in one process"),
    ),
    ABOUT_TLS.one(
        "SSLStaplingCache",
        "where OCSP answers are kept",
        ssl_checks.check_stapling_cache,
        contexts=SERVER,
        standing=moot("nothing is stapled"),
    ),
    ABOUT_TLS.one(
        "SSLCryptoDevice",
        "the engine of OpenSSL",
        ssl_checks.check_device,
        "builtin",
        contexts=SERVER,
        standing=moot("engines are OpenSSL's own matter (openssl.cnf)"),
    ),
    ABOUT_TLS.row(
        "SSLRandomSeed",
        Arity.TWO_OR_THREE,
        "startup or connect, a source of randomness, and how many bytes of it",
        ssl_checks.check_seed,
        contexts=SERVER,
        standing=moot("OpenSSL finds randomness by itself"),
    ),
    ABOUT_TLS.one(
        "SSLSessionCacheTimeout",
        "seconds that a session is kept",
        number(lambda value: value >= 0, "SSLSessionCacheTimeout: Invalid argument"),
        "300",
        standing=moot("sessions and tickets live as long as OpenSSL has it"),
    ),
)

ABOUT_OCSP: Final = Alike(moot("nobody is asked by OCSP (SSLOCSPEnable)"), SERVERS)


_OCSP: Final = (
    directive(
        "SSLOCSPEnable",
        Takes(Arity.RAW, read_ocsp),
        contexts=SERVERS,
        doc="whether clients' certificates are checked by OCSP",
        standing=protecting(moot("Off is what it is here")),
        refuse=refuse_ocsp,
        usual="off",
    ),
    ABOUT_OCSP.one("SSLOCSPDefaultResponder", "the responder for certificates that name none"),
    ABOUT_OCSP.one("SSLOCSPProxyURL", "a proxy on the way to the responder"),
    ABOUT_OCSP.one("SSLOCSPResponderCertificateFile", "responders to trust", ssl_checks.check_file),
    ABOUT_OCSP.one("SSLOCSPResponseTimeSkew", "seconds of skew", ssl_checks.check_seconds, "300"),
    ABOUT_OCSP.one("SSLOCSPResponseMaxAge", "seconds of age", ssl_checks.check_seconds, "-1"),
    ABOUT_OCSP.one("SSLOCSPResponderTimeout", "seconds to wait", ssl_checks.check_seconds, "10"),
    ABOUT_OCSP.flag(
        "SSLOCSPOverrideResponder", "whether the default responder is asked always", "off"
    ),
    ABOUT_OCSP.flag("SSLOCSPUseRequestNonce", "whether requests carry a nonce", "on"),
    ABOUT_OCSP.flag("SSLOCSPNoVerify", "whether the responder is believed unseen", "off"),
)

ABOUT_STAPLING: Final = Alike(moot("nothing is stapled"), SERVERS)

_STAPLING: Final = (
    ABOUT_STAPLING.flag(
        "SSLUseStapling",
        "whether OCSP answers are stapled",
        "off",
        refuse=unless_off(
            "SSLUseStapling On is not supported: Python's ssl cannot give OCSP answers",
            "Remove the line, unless the certificate says must-staple.",
        ),
    ),
    ABOUT_STAPLING.one(
        "SSLStaplingResponseTimeSkew", "seconds of skew", ssl_checks.check_seconds, "300"
    ),
    ABOUT_STAPLING.one(
        "SSLStaplingResponderTimeout", "seconds to wait", ssl_checks.check_seconds, "10"
    ),
    ABOUT_STAPLING.one(
        "SSLStaplingResponseMaxAge", "seconds of age", ssl_checks.check_seconds, "-1"
    ),
    ABOUT_STAPLING.one(
        "SSLStaplingStandardCacheTimeout",
        "seconds that an answer is kept",
        ssl_checks.check_seconds,
        "3600",
    ),
    ABOUT_STAPLING.one(
        "SSLStaplingErrorCacheTimeout",
        "seconds that a failure is kept",
        ssl_checks.check_seconds,
        "600",
    ),
    ABOUT_STAPLING.flag(
        "SSLStaplingReturnResponderErrors", "whether failures are stapled, too", "on"
    ),
    ABOUT_STAPLING.flag("SSLStaplingFakeTryLater", "whether a failure says to try later", "on"),
    ABOUT_STAPLING.one("SSLStaplingForceURL", "the responder, whatever the certificate says"),
)

_REQUESTS: Final = (
    ABOUT_TLS.one(
        "SSLUserName",
        "the variable of TLS that is the user's name",
        contexts=EVERYWHERE,
        standing=later(
            "Log the variable itself, such as %{SSL_CLIENT_S_DN_CN}x; for the worker, "
            'RequestHeader set X-User "%{SSL_CLIENT_S_DN_CN}s".'
        ),
    ),
    ABOUT_TLS.row(
        "SSLRequire",
        Arity.RAW,
        "a condition that requests must meet",
        ssl_checks.check_require,
        contexts=SECTIONS,
        standing=refused(
            "is not supported", "Write the condition in a Require expr.", protects=True
        ),
    ),
    ABOUT_TLS.one(
        "SSLRenegBufferSize",
        "bytes of a body kept during a renegotiation",
        ssl_checks.check_buffer_size,
        "131072",
        contexts=SECTIONS,
        standing=moot("nobody may negotiate again"),
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
            *_CERTIFICATES,
            *_TUNING,
            *_SERVER,
            *_OCSP,
            *_STAPLING,
            *_REQUESTS,
            *_REMOVED,
        ),
    ),
)
