"""mod_ssl.c, the side of workers: SSLProxyEngine and what goes with it.

In: the words of one directive. Out: httpd's message, or a part of a `WorkerValues`: all these rows
add to one value, that of SSLProxyEngine, since httpd merges them as a whole (rule 4 of
ssl_values.py). The checks are in ssl_checks.py.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from httpdlite.conf.call import PROXY, SERVERS, Call
from httpdlite.conf.directives import ssl_checks, ssl_values
from httpdlite.conf.directives.mod_ssl import MODULE
from httpdlite.conf.directives.ssl_refusals import refuse_ciphers, refuse_revocations
from httpdlite.conf.directives.ssl_values import Ciphers, Verify, WorkerValues
from httpdlite.conf.rows import Arity, Check, Directive, Refusal, Takes, directive, read_flag
from httpdlite.conf.standing import SAME, Standing, refused

_Read = Callable[[Call], Any]
_Refuse = Callable[[WorkerValues], Iterator[Refusal]]


def _accept(_: WorkerValues) -> Iterator[Refusal]:
    yield from ()


def _refuse_verify(values: WorkerValues) -> Iterator[Refusal]:
    if values.verify is Verify.OPTIONAL_NO_CA:
        yield Refusal(
            "SSLProxyVerify optional_no_ca is not supported",
            hint="Write none to take any certificate, or require.",
        )


def _refuse_ciphers(values: WorkerValues) -> Iterator[Refusal]:
    if values.ciphers is not None:
        yield from refuse_ciphers(values.ciphers)


def _refuse_revocations(values: WorkerValues) -> Iterator[Refusal]:
    if values.crl_check is not None:
        yield from refuse_revocations(values.crl_check)


def _row(
    name: str,
    part: str,
    arity: Arity,
    read: _Read,
    doc: str,
    *,
    usual: str = "",
    refuse: _Refuse = _accept,
    standing: Standing = SAME,
    **more: Any,
) -> Directive[WorkerValues]:
    """A row whose value is the part of that name."""

    def values(call: Call) -> WorkerValues:
        said: dict[str, Any] = {part: read(call)}
        return WorkerValues(in_section=ssl_values.in_section(call), **said)

    return directive(
        name,
        Takes(arity, values),
        contexts=SERVERS | PROXY,
        doc=doc,
        usual=usual,
        default=WorkerValues(),
        combine=WorkerValues.joined,
        combine_in_section=WorkerValues.joined,
        merge=WorkerValues.within,
        refuse=refuse,
        standing=standing,
        **more,
    )


WORKER_TLS: Final = _row(
    "SSLProxyEngine",
    "engine",
    Arity.FLAG,
    read_flag,
    "whether workers may be spoken to over TLS",
    usual="off",
)


def _add(
    name: str, part: str, arity: Arity, read: _Read, doc: str, **more: Any
) -> Directive[WorkerValues]:
    return _row(name, part, arity, read, doc, into=WORKER_TLS, **more)


def _path(name: str, part: str, doc: str, check: Check, **more: Any) -> Directive[WorkerValues]:
    def read(call: Call) -> str:
        check(call)
        return ssl_values.read_path(call).path

    return _add(name, part, Arity.ONE, read, doc, **more)


def _flag(name: str, part: str, doc: str) -> Directive[WorkerValues]:
    return _add(name, part, Arity.FLAG, read_flag, doc, usual="on")


def _read_ciphers(call: Call) -> Ciphers:
    """A <Proxy> is no reason to negotiate again."""
    found = ssl_values.read_ciphers(call)
    return Ciphers(found.older, found.tls13)


_FILE: Final = ssl_checks.check_file
_DIRECTORY: Final = ssl_checks.check_directory

ROWS: Final = (
    WORKER_TLS,
    _add(
        "SSLProxyProtocol",
        "versions",
        Arity.RAW,
        ssl_values.read_versions,
        "the versions of TLS, each with a + or - before it",
        usual="all -SSLv3",
    ),
    _add(
        "SSLProxyCipherSuite",
        "ciphers",
        Arity.ONE_OR_TWO,
        _read_ciphers,
        "the ciphers, as OpenSSL names them, behind SSL or TLSv1.3",
        usual="OpenSSL's own",
        refuse=_refuse_ciphers,
    ),
    _add(
        "SSLProxyVerify",
        "verify",
        Arity.ONE,
        lambda call: ssl_values.read_verify(call).verify,
        "whether a worker must have a certificate that is known",
        usual="none",
        refuse=_refuse_verify,
    ),
    _add(
        "SSLProxyVerifyDepth",
        "depth",
        Arity.ONE,
        lambda call: ssl_values.read_depth(call).number,
        "how many authorities may stand between",
        usual="1",
    ),
    _path(
        "SSLProxyCACertificateFile",
        "ca_file",
        "authorities that workers' certificates may be of",
        _FILE,
    ),
    _path("SSLProxyCACertificatePath", "ca_path", "a hashed directory of these", _DIRECTORY),
    _path(
        "SSLProxyCARevocationFile", "crl_file", "revocation lists for workers' certificates", _FILE
    ),
    _path("SSLProxyCARevocationPath", "crl_path", "a hashed directory of these", _DIRECTORY),
    _add(
        "SSLProxyCARevocationCheck",
        "crl_check",
        Arity.RAW,
        ssl_values.read_revocations,
        "how far revocation lists are looked at: none, leaf, chain",
        usual="none",
        refuse=_refuse_revocations,
    ),
    _path(
        "SSLProxyMachineCertificateFile",
        "machine_file",
        "certificates shown to workers, with keys",
        _FILE,
    ),
    _path(
        "SSLProxyMachineCertificatePath",
        "machine_path",
        "a directory of these",
        _DIRECTORY,
        standing=refused(
            "is not supported: there is one certificate for all workers of a section",
            "Name the file with SSLProxyMachineCertificateFile, in a <Proxy> for each worker.",
        ),
    ),
    _path("SSLProxyMachineCertificateChainFile", "machine_chain", "authorities above these", _FILE),
    _flag("SSLProxyCheckPeerExpire", "checks_expiry", "whether an expired certificate is refused"),
    _flag("SSLProxyCheckPeerCN", "checks_cn", "whether the certificate's CN must be the host"),
    _flag("SSLProxyCheckPeerName", "checks_name", "whether the certificate must be for the host"),
)

MODULES: Final = ((MODULE, ROWS),)
