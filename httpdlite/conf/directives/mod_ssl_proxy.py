"""mod_ssl.c, the side of workers: SSLProxyEngine and what goes with it, judged as httpd does.

Workers over TLS (https://, wss://) are refused where they are named, so these settings have nothing
to act on until then. The checks are in ssl_checks.py.
"""

from typing import Any, Final

from httpdlite.conf.directives import ssl_checks
from httpdlite.conf.directives.mod_ssl import MODULE
from httpdlite.conf.registry import PROXY, SERVER, VHOST, Arity, Directive, judged
from httpdlite.conf.standing import moot
from httpdlite.conf.values import Check

NEEDS_TLS_WORKER: Final = moot("it is about https:// workers, which are refused")

CONTEXTS: Final = SERVER | VHOST | PROXY


def _row(
    name: str, arity: Arity, doc: str, check: Check | None = None, usual: str = ""
) -> Directive[Any]:
    return judged(name, arity, CONTEXTS, NEEDS_TLS_WORKER, doc, check=check, usual=usual)


def _one(name: str, doc: str, check: Check, usual: str = "") -> Directive[Any]:
    return _row(name, Arity.ONE, doc, check, usual)


def _flag(name: str, doc: str, usual: str) -> Directive[Any]:
    return _row(name, Arity.FLAG, doc, usual=usual)


_FILE: Final = ssl_checks.check_file
_DIRECTORY: Final = ssl_checks.check_directory

ROWS: Final = (
    _flag("SSLProxyEngine", "whether workers may be spoken to over TLS", "off"),
    _row(
        "SSLProxyProtocol",
        Arity.RAW,
        "the versions of TLS, each with a + or - before it",
        ssl_checks.check_protocols,
        "all -SSLv3",
    ),
    _row(
        "SSLProxyCipherSuite",
        Arity.ONE_OR_TWO,
        "the ciphers, as OpenSSL names them, behind SSL or TLSv1.3",
        ssl_checks.check_ciphers,
        "OpenSSL's own",
    ),
    _one(
        "SSLProxyVerify",
        "whether a worker must have a certificate that is known",
        ssl_checks.check_verify,
        "none",
    ),
    _one(
        "SSLProxyVerifyDepth", "how many authorities may stand between", ssl_checks.check_depth, "1"
    ),
    _one("SSLProxyCACertificateFile", "authorities that workers' certificates may be of", _FILE),
    _one("SSLProxyCACertificatePath", "a hashed directory of these", _DIRECTORY),
    _one("SSLProxyCARevocationFile", "revocation lists for workers' certificates", _FILE),
    _one("SSLProxyCARevocationPath", "a hashed directory of these", _DIRECTORY),
    _row(
        "SSLProxyCARevocationCheck",
        Arity.RAW,
        "how far revocation lists are looked at: none, leaf, chain",
        ssl_checks.check_revocation,
        "none",
    ),
    _one("SSLProxyMachineCertificateFile", "certificates shown to workers, with keys", _FILE),
    _one("SSLProxyMachineCertificatePath", "a directory of these", _DIRECTORY),
    _one("SSLProxyMachineCertificateChainFile", "authorities above these", _FILE),
    _flag("SSLProxyCheckPeerExpire", "whether an expired certificate is refused", "on"),
    _flag("SSLProxyCheckPeerCN", "whether the certificate's CN must be the host", "on"),
    _flag("SSLProxyCheckPeerName", "whether the certificate must be for the host", "on"),
)

MODULES: Final = ((MODULE, ROWS),)
