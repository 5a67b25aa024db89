"""mod_ssl.c, the side of clients: what has an effect. The rest of it is in mod_ssl_rest.py.

In: the words of one directive. Out: typed values, or httpd's message. Values are read by
ssl_values.py, checked by ssl_checks.py and refused by ssl_refusals.py; the side of workers is
mod_ssl_proxy.py. What they come to together is in routes/tls.py.
"""

from dataclasses import replace
from typing import Any, Final

from httpdlite.conf.call import EVERYWHERE, SECTIONS, SERVER, SERVERS, Call
from httpdlite.conf.directives import ssl_checks, ssl_values
from httpdlite.conf.directives.ssl_refusals import (
    refuse_asking,
    refuse_ciphers,
    refuse_commands,
    refuse_depth,
    refuse_engine_keys,
    refuse_options,
    refuse_revocations,
)
from httpdlite.conf.directives.ssl_values import (
    Asked,
    Ciphers,
    Depth,
    FileName,
    Options,
    RevocationCheck,
    Revocations,
    SniPolicy,
    Verify,
)
from httpdlite.conf.rows import (
    FLAG,
    Arity,
    Check,
    Directive,
    Takes,
    directive,
    judged_module,
    repeated,
)
from httpdlite.conf.rows import replace as latest
from httpdlite.conf.standing import SAME, Standing, different

MODULE: Final = replace(judged_module("ssl"), implemented=True)


def protecting(standing: Standing) -> Standing:
    """The same of a directive whose loss would open something."""
    return replace(standing, protects=True)


def _path(name: str, doc: str, check: Check, **more: Any) -> Directive[FileName]:
    def read(call: Call) -> FileName:
        check(call)
        return ssl_values.read_path(call)

    contexts = more.pop("contexts", SERVERS)
    takes = Takes(Arity.ONE, read)
    return directive(name, takes, contexts=contexts, doc=doc, **more)


def _paths(name: str, doc: str) -> Directive[tuple[FileName, ...]]:
    """Several of one server; those of a vhost replace the main server's."""

    def read(call: Call) -> FileName:
        ssl_checks.check_certificate(call)
        return ssl_values.read_path(call)

    return repeated(
        name,
        Takes(Arity.ONE, read),
        contexts=SERVERS,
        doc=doc,
        merge=latest,
        refuse=refuse_engine_keys,
    )


def _flag(name: str, doc: str, *, default: bool) -> Directive[bool]:
    return directive(name, FLAG, default=default, contexts=SERVERS, doc=doc)


ENGINE: Final = directive(
    "SSLEngine",
    Takes(Arity.ONE, ssl_values.read_engine),
    default=False,
    contexts=SERVERS,
    doc="whether this server speaks TLS",
    standing=protecting(SAME),
    usual="off",
)


CERTIFICATE: Final = _paths("SSLCertificateFile", "the certificate, in PEM")
KEY: Final = _paths("SSLCertificateKeyFile", "the private key, in PEM")
CHAIN: Final = _path("SSLCertificateChainFile", "intermediate certificates", ssl_checks.check_file)
CA_FILE: Final = _path(
    "SSLCACertificateFile",
    "the authorities that clients' certificates may be of",
    ssl_checks.outside_sections(ssl_checks.check_file),
    contexts=EVERYWHERE,
)
CA_PATH: Final = _path(
    "SSLCACertificatePath",
    "a hashed directory of authorities for clients' certificates",
    ssl_checks.outside_sections(ssl_checks.check_directory),
    contexts=EVERYWHERE,
)
CRL_FILE: Final = _path("SSLCARevocationFile", "revocation lists", ssl_checks.check_file)
CRL_PATH: Final = _path(
    "SSLCARevocationPath", "a hashed directory of these", ssl_checks.check_directory
)
CRL_CHECK: Final = directive(
    "SSLCARevocationCheck",
    Takes(Arity.RAW, ssl_values.read_revocations),
    default=Revocations(RevocationCheck.NONE),
    contexts=SERVERS,
    doc="how far revocation lists are looked at: none, leaf, chain",
    refuse=refuse_revocations,
    usual="none",
)

PROTOCOL: Final = directive(
    "SSLProtocol",
    Takes(Arity.RAW, ssl_values.read_versions),
    default=frozenset(ssl_values.Version),
    contexts=SERVERS,
    doc="the versions of TLS, each with a + or - before it",
    usual="all -SSLv3",
)
CIPHERS: Final = directive(
    "SSLCipherSuite",
    Takes(Arity.ONE_OR_TWO, ssl_values.read_ciphers),
    default=Ciphers(),
    contexts=EVERYWHERE,
    doc="the ciphers, as OpenSSL names them, behind SSL or TLSv1.3",
    combine=Ciphers.joined,
    merge=Ciphers.joined,
    refuse=refuse_ciphers,
    usual="OpenSSL's own",
)
OWN_ORDER: Final = _flag(
    "SSLHonorCipherOrder", "whether the server's order of ciphers counts", default=False
)
TICKETS: Final = _flag("SSLSessionTickets", "whether clients get session tickets", default=True)
STRICT_SNI: Final = _flag(
    "SSLStrictSNIVHostCheck", "whether clients without SNI are turned away", default=False
)
COMMANDS: Final = repeated(
    "SSLOpenSSLConfCmd",
    Takes(Arity.TWO, ssl_values.read_command),
    contexts=SERVERS,
    doc="a command for OpenSSL, and its value",
    refuse=refuse_commands,
)

SNI_POLICY: Final = directive(
    "SSLVHostSNIPolicy",
    Takes(Arity.ONE, ssl_values.read_policy),
    default=SniPolicy.SECURE,
    contexts=SERVER,
    doc="how SNI and Host must agree",
    usual="secure",
)

VERIFY: Final = directive(
    "SSLVerifyClient",
    Takes(Arity.ONE, ssl_values.read_verify),
    default=Asked(Verify.NONE),
    contexts=EVERYWHERE,
    doc="whether clients must have a certificate: none, optional, require, optional_no_ca",
    standing=protecting(SAME),
    refuse=refuse_asking,
    usual="none",
)
DEPTH: Final = directive(
    "SSLVerifyDepth",
    Takes(Arity.ONE, ssl_values.read_depth),
    default=Depth(1),
    contexts=EVERYWHERE,
    doc="how many authorities may stand between",
    standing=replace(
        different("a chain that is too long is cut after the handshake, without an alert"),
        protects=True,
    ),
    refuse=refuse_depth,
    usual="1",
)
OPTIONS: Final = directive(
    "SSLOptions",
    Takes(Arity.RAW, ssl_values.read_options),
    default=Options(),
    contexts=EVERYWHERE,
    doc="options of TLS, each with a + or - before it",
    combine=Options.joined,
    combine_in_section=Options.joined,
    merge=Options.within,
    standing=different(
        "OptRenegotiate and StrictRequire have nothing to act on; FakeBasicAuth is refused",
        but_for="+stdenvvars",
    ),
    refuse=refuse_options,
)
REQUIRE_SSL: Final = directive(
    "SSLRequireSSL",
    Takes(Arity.NONE, lambda _: True),
    default=False,
    contexts=SECTIONS,
    doc="requests without TLS are forbidden",
    standing=protecting(SAME),
)

ROWS: Final = (
    ENGINE,
    CERTIFICATE,
    KEY,
    CHAIN,
    CA_FILE,
    CA_PATH,
    CRL_FILE,
    CRL_PATH,
    CRL_CHECK,
    PROTOCOL,
    CIPHERS,
    OWN_ORDER,
    TICKETS,
    STRICT_SNI,
    COMMANDS,
    SNI_POLICY,
    VERIFY,
    DEPTH,
    OPTIONS,
    REQUIRE_SSL,
)

MODULES: Final = ((MODULE, ROWS),)
