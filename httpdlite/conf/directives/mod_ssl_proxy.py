"""mod_ssl.c, the side of workers: SSLProxyEngine and what goes with it, judged as httpd does.

Workers over TLS (https://, wss://) are refused where they are named, so these settings have nothing
to act on until then. The checks are in ssl_checks.py.
"""

from typing import Final

from httpdlite.conf.call import PROXY, SERVERS
from httpdlite.conf.directives import ssl_checks
from httpdlite.conf.directives.mod_ssl import MODULE
from httpdlite.conf.rows import Alike, Arity
from httpdlite.conf.standing import moot

ABOUT_WORKERS: Final = Alike(
    moot("it is about https:// workers, which are refused"), SERVERS | PROXY
)


_FILE: Final = ssl_checks.check_file
_DIRECTORY: Final = ssl_checks.check_directory

ROWS: Final = (
    ABOUT_WORKERS.flag("SSLProxyEngine", "whether workers may be spoken to over TLS", "off"),
    ABOUT_WORKERS.row(
        "SSLProxyProtocol",
        Arity.RAW,
        "the versions of TLS, each with a + or - before it",
        ssl_checks.check_protocols,
        "all -SSLv3",
    ),
    ABOUT_WORKERS.row(
        "SSLProxyCipherSuite",
        Arity.ONE_OR_TWO,
        "the ciphers, as OpenSSL names them, behind SSL or TLSv1.3",
        ssl_checks.check_ciphers,
        "OpenSSL's own",
    ),
    ABOUT_WORKERS.one(
        "SSLProxyVerify",
        "whether a worker must have a certificate that is known",
        ssl_checks.check_verify,
        "none",
    ),
    ABOUT_WORKERS.one(
        "SSLProxyVerifyDepth", "how many authorities may stand between", ssl_checks.check_depth, "1"
    ),
    ABOUT_WORKERS.one(
        "SSLProxyCACertificateFile", "authorities that workers' certificates may be of", _FILE
    ),
    ABOUT_WORKERS.one("SSLProxyCACertificatePath", "a hashed directory of these", _DIRECTORY),
    ABOUT_WORKERS.one(
        "SSLProxyCARevocationFile", "revocation lists for workers' certificates", _FILE
    ),
    ABOUT_WORKERS.one("SSLProxyCARevocationPath", "a hashed directory of these", _DIRECTORY),
    ABOUT_WORKERS.row(
        "SSLProxyCARevocationCheck",
        Arity.RAW,
        "how far revocation lists are looked at: none, leaf, chain",
        ssl_checks.check_revocation,
        "none",
    ),
    ABOUT_WORKERS.one(
        "SSLProxyMachineCertificateFile", "certificates shown to workers, with keys", _FILE
    ),
    ABOUT_WORKERS.one("SSLProxyMachineCertificatePath", "a directory of these", _DIRECTORY),
    ABOUT_WORKERS.one("SSLProxyMachineCertificateChainFile", "authorities above these", _FILE),
    ABOUT_WORKERS.flag(
        "SSLProxyCheckPeerExpire", "whether an expired certificate is refused", "on"
    ),
    ABOUT_WORKERS.flag(
        "SSLProxyCheckPeerCN", "whether the certificate's CN must be the host", "on"
    ),
    ABOUT_WORKERS.flag(
        "SSLProxyCheckPeerName", "whether the certificate must be for the host", "on"
    ),
)

MODULES: Final = ((MODULE, ROWS),)
