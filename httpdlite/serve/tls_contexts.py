"""Contexts of TLS: what ``ssl`` makes of a vhost's or a worker's settings.

Comes in: a ``ServerTls`` or ``WorkerTls`` (``routes/tls.py``) and the contents of the files that it
names. Goes out: an ``ssl.SSLContext``, or a ``ContextError`` that names the directive. Hides that
``ssl`` loads keys from files only, its own defaults, and which contexts exist already.

The rules:

1.  Whoever reads the files does it once, with the rights for it (``needed_files``); the contents
    travel as bytes. Here each goes to a file in memory (memfd), which is closed after loading.
2.  A context is made anew only if its settings or a file's content have changed (``Contexts``):
    session tickets hold as long as the context, and in all children that were forked after it was
    made.
3.  Nothing is Python's default: protocols, ciphers, their order, what is verified. No compression,
    no renegotiation. A key that asks for a password is an error and no question on the terminal.
4.  The server name by which a context was chosen must be the one that the library reads
    (``Session.expected``), else the handshake fails: another context would not enforce what the
    chosen vhost asks for.
5.  ``ssl`` cannot limit a chain's length (SSLVerifyDepth); ``is_chain_too_long`` counts afterwards.
    A session that is resumed has no chain to be counted, so a server that verifies has its sessions
    in this process only (no tickets) and remembers which certificates it has counted.

Sources: mod_ssl's ssl_engine_init, as its documentation has it; SSL_CTX_use_certificate_chain_file.
"""

import base64
import hashlib
import os
import re
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from httpdlite.conf.directives.ssl_values import RevocationCheck, Verify
from httpdlite.routes.tls import KeyPair, ServerTls, Trust, WorkerTls
from httpdlite.serve.tls_dh import dh_parameters
from httpdlite.serve.tls_endpoint import Session

Contents = Mapping[str, bytes]
"""The contents of files, by path."""

ALPN: Final = ("http/1.1",)
_BEGIN: Final = re.compile(rb"-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----")
_FIRST: Final = re.compile(
    rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END"
)
_HASHED: Final = re.compile(r"[0-9a-f]{8}\.\d+")
_HASHED_LIST: Final = re.compile(r"[0-9a-f]{8}\.r\d+")
_MODES: Final = {
    Verify.NONE: ssl.CERT_NONE,
    Verify.OPTIONAL: ssl.CERT_OPTIONAL,
    Verify.REQUIRE: ssl.CERT_REQUIRED,
}
_CRL_FLAGS: Final = {
    RevocationCheck.LEAF: ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF,
    RevocationCheck.CHAIN: ssl.VerifyFlags.VERIFY_CRL_CHECK_CHAIN,
}
_UNREADABLE: Final = "the certificate or its key cannot be read; both must be PEM"
_COUNTED: Final = 32768  # certificates whose chain was short enough; sessions are 20,480 at most


class ContextError(Exception):
    """A context that cannot be made. ``directive``: whose value it is; ``path``: of the file."""

    def __init__(self, directive: str, why: str, path: str = "") -> None:
        self.directive = directive
        self.path = path
        super().__init__(f"{directive} {path}: {why}" if path else f"{directive}: {why}")

    def at(self, place: str) -> "ContextError":
        """The same, with file and line of the server that it is about."""
        said = ContextError(self.directive, "", self.path)
        said.args = (f"{place}: {self}",)
        return said


class ServerContext(ssl.SSLContext):
    """Of a vhost. ``counted``: see rule 5; ``shown``: its certificates, in DER."""

    shown: tuple[bytes, ...]
    counted: dict[bytes, None]
    depth: int


# --- files: rule 1 --------------------------------------------------------------------------------


def needed_files(tls: ServerTls | WorkerTls) -> Iterator[str]:
    """The files that are to be read for a context: certificates, keys, what is in directories."""
    pairs = tls.pairs if isinstance(tls, ServerTls) else (tls.machine,)
    for pair in pairs:
        if pair is not None:
            yield from filter(None, (pair.certificate, pair.key, pair.chain))
    if isinstance(tls, ServerTls) and tls.dh_parameters is not None:
        yield tls.dh_parameters
    trust = tls.trust
    yield from filter(None, (trust.ca_file, trust.crl_file))
    yield from _hashed_files(trust.ca_path, _HASHED)
    yield from _hashed_files(trust.crl_path, _HASHED_LIST)


def _hashed_files(folder: str | None, pattern: re.Pattern[str]) -> Iterator[str]:
    if folder is None:
        return
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 - names, not paths
    except OSError:
        return
    for name in names:
        if pattern.fullmatch(name):
            yield str(Path(folder, name))


def read_files(tls: ServerTls | WorkerTls) -> dict[str, bytes]:
    """Their contents. Raises ContextError."""
    return {path: read_file(path) for path in needed_files(tls)}


def read_file(path: str) -> bytes:
    """One of them. Raises ContextError."""
    try:
        return Path(path).read_bytes()
    except OSError as failed:
        raise ContextError("TLS", failed.strerror or str(failed), path) from failed


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """A path under which a file in memory can be opened as long as this lasts."""
    number = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(number, rest) :]
        yield f"/proc/self/fd/{number}"
    finally:
        os.close(number)


# --- contexts -------------------------------------------------------------------------------------


def make_server_context(tls: ServerTls, contents: Contents) -> ServerContext:
    """The context of a vhost. Raises ContextError."""
    context = ServerContext(ssl.PROTOCOL_TLS_SERVER)
    _set_common(context, tls, "SSL")
    if tls.own_order:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    else:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    for pair in tls.pairs:
        _load_pair(context, pair, contents, "SSLCertificateFile", "SSLCertificateKeyFile")
    _load_dh_parameters(context, tls, contents)
    if tls.group is not None:
        group = tls.group
        _try("SSLOpenSSLConfCmd Groups", lambda: context.set_ecdh_curve(group))
    context.verify_mode = _MODES[tls.verify]
    if tls.verify is not Verify.NONE:
        _trust(context, tls.trust, contents, "SSL")
    if not tls.tickets or tls.verify is not Verify.NONE:
        context.options |= ssl.OP_NO_TICKET
    context.set_alpn_protocols(ALPN)
    context.sni_callback = _compare_names
    context.shown = tuple(filter(None, [_first_of(contents, pair) for pair in tls.pairs]))
    context.counted = {}
    context.depth = tls.trust.depth
    return context


def make_worker_context(tls: WorkerTls, contents: Contents) -> ssl.SSLContext:
    """The context towards workers. Names and dates are looked at by ``tls_peer``, since they count
    also where nothing is verified. Raises ContextError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED if tls.verify else ssl.CERT_NONE
    _set_common(context, tls, "SSLProxy")
    if tls.machine is not None:
        name = "SSLProxyMachineCertificateFile"
        _load_pair(context, tls.machine, contents, name, name)
    if tls.verify:
        _trust(context, tls.trust, contents, "SSLProxy")
    return context


def _set_common(context: ssl.SSLContext, tls: ServerTls | WorkerTls, prefix: str) -> None:
    context.sslobject_class = Session
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.options |= ssl.OP_SINGLE_DH_USE | ssl.OP_SINGLE_ECDH_USE
    context.verify_flags = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST
    with warnings.catch_warnings():  # TLS 1.0 and 1.1 are old, which a configtest has said
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion(tls.minimum)
        context.maximum_version = ssl.TLSVersion(tls.maximum)
    _try(f"{prefix}CipherSuite", lambda: context.set_ciphers(tls.ciphers))


def _try(directive: str, action: Callable[[], object], path: str = "") -> None:
    try:
        action()
    except (OSError, ValueError, UnicodeError) as failed:
        raise ContextError(directive, reason_of(failed), path) from failed


def reason_of(failed: Exception) -> str:
    """What the library says, without its numbers."""
    reason = getattr(failed, "reason", None)
    if isinstance(failed, ssl.SSLError) and isinstance(reason, str):
        return reason.replace("_", " ").lower()
    text = str(failed.args[-1]) if failed.args else type(failed).__name__
    text = text.partition(" (_ssl.c")[0].removeprefix("[SSL] ")
    return _UNREADABLE if text == "PEM lib" else text


def _content(contents: Contents, path: str) -> bytes:
    try:
        return contents[path]
    except KeyError:
        raise ContextError("TLS", "the file was not read", path) from None


def _load_pair(
    context: ssl.SSLContext, pair: KeyPair, contents: Contents, directive: str, key_directive: str
) -> None:
    certificate = _content(contents, pair.certificate)
    if pair.chain is not None and len(_BEGIN.findall(certificate)) <= 1:
        certificate += b"\n" + _content(contents, pair.chain)
    asked: list[str] = []

    def password() -> str:
        asked.append(pair.key)
        return ""

    with (
        _as_file(certificate) as certificate_path,
        _as_file(_content(contents, pair.key)) as key_path,
    ):
        try:
            context.load_cert_chain(certificate_path, key_path, password)
        except (OSError, ValueError) as failed:
            if asked:
                why = "the key is encrypted, and there is nobody to ask for its password"
                raise ContextError(key_directive, why, pair.key) from failed
            why = reason_of(failed)
            if why == "key values mismatch":
                why = f"the key does not belong to the certificate {pair.certificate}"
                raise ContextError(key_directive, why, pair.key) from failed
            raise ContextError(directive, why, pair.certificate) from failed


def _first_of(contents: Contents, pair: KeyPair) -> bytes | None:
    """The certificate itself, in DER."""
    found = _FIRST.search(_content(contents, pair.certificate))
    return base64.b64decode(found[1]) if found is not None else None


def _load_dh_parameters(context: ssl.SSLContext, tls: ServerTls, contents: Contents) -> None:
    directive = "SSLCertificateFile"
    if tls.dh_parameters is not None:
        directive = "SSLOpenSSLConfCmd DHParameters"
        parameters: bytes | None = _content(contents, tls.dh_parameters)
    else:
        parameters = dh_parameters([_content(contents, pair.certificate) for pair in tls.pairs])
    if parameters is not None:
        with _as_file(parameters) as path:
            _try(directive, lambda: context.load_dh_params(path))


def _trust(context: ssl.SSLContext, trust: Trust, contents: Contents, prefix: str) -> None:
    for directive, paths in (
        (f"{prefix}CACertificateFile", [trust.ca_file] if trust.ca_file else []),
        (f"{prefix}CACertificatePath", _within(trust.ca_path, contents, _HASHED)),
        (f"{prefix}CARevocationFile", [trust.crl_file] if trust.crl_file else []),
        (f"{prefix}CARevocationPath", _within(trust.crl_path, contents, _HASHED_LIST)),
    ):
        for path in paths:
            with _as_file(_content(contents, path)) as readable:
                _load_locations(context, directive, readable, path)
    context.verify_flags |= _CRL_FLAGS.get(trust.crl_check, ssl.VerifyFlags.VERIFY_DEFAULT)


def _load_locations(context: ssl.SSLContext, directive: str, readable: str, path: str) -> None:
    _try(directive, lambda: context.load_verify_locations(cafile=readable), path)


def _within(folder: str | None, contents: Contents, pattern: re.Pattern[str]) -> list[str]:
    if folder is None:
        return []
    paths = map(Path, contents)
    return [str(p) for p in paths if p.parent == Path(folder) and pattern.fullmatch(p.name)]


def _compare_names(session: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
    """Rule 4."""
    assert isinstance(session, Session)
    seen = None if name is None else name.lower().removesuffix(".")
    if name != seen:
        session.sent_name = name
    return None if seen == session.expected else ssl.ALERT_DESCRIPTION_INTERNAL_ERROR


# --- those that there are: rule 2 -----------------------------------------------------------------


class Contexts:
    """The contexts of a process, by what they are made of."""

    def __init__(self) -> None:
        self._servers: dict[bytes, ServerContext] = {}
        self._workers: dict[bytes, ssl.SSLContext] = {}
        self._used: set[bytes] = set()

    def server(self, tls: ServerTls, contents: Contents) -> ServerContext:
        """Of a vhost; raises ContextError."""
        digest = self._digest(tls, contents)
        context = self._servers.get(digest)
        if context is None:
            context = self._servers[digest] = make_server_context(tls, contents)
        return context

    def worker(self, tls: WorkerTls, contents: Contents) -> ssl.SSLContext:
        """Towards workers; raises ContextError."""
        digest = self._digest(tls, contents)
        context = self._workers.get(digest)
        if context is None:
            context = self._workers[digest] = make_worker_context(tls, contents)
        return context

    def _digest(self, tls: ServerTls | WorkerTls, contents: Contents) -> bytes:
        made_of = hashlib.sha256(repr(_asked_of(tls)).encode("utf-8", "surrogateescape"))
        for path in sorted(_named_by(tls, contents)):
            made_of.update(b"\0%b\0%d\0" % (os.fsencode(path), len(contents[path])))
            made_of.update(contents[path])
        digest = made_of.digest()
        self._used.add(digest)
        return digest

    def drop_unused(self) -> None:
        """Forget those that nobody has asked for since the last time."""
        for contexts in (self._servers, self._workers):
            for digest in contexts.keys() - self._used:
                del contexts[digest]
        self._used = set()


def _asked_of(tls: ServerTls | WorkerTls) -> tuple[object, ...]:
    """All that a context is made of, but for the files."""
    common = (tls.minimum, tls.maximum, tls.ciphers, tls.verify, tls.trust)
    if isinstance(tls, WorkerTls):
        return (*common, tls.machine)
    own = (tls.pairs, tls.own_order, tls.tickets, tls.group, tls.dh_parameters)
    return (*common, *own)


def _named_by(tls: ServerTls | WorkerTls, contents: Contents) -> Iterator[str]:
    pairs = tls.pairs if isinstance(tls, ServerTls) else (tls.machine,)
    named = {path for pair in pairs if pair for path in (pair.certificate, pair.key, pair.chain)}
    named |= {tls.trust.ca_file, tls.trust.crl_file}
    if isinstance(tls, ServerTls):
        named.add(tls.dh_parameters)
    yield from (path for path in named if path is not None and path in contents)
    folders = {Path(path) for path in (tls.trust.ca_path, tls.trust.crl_path) if path}
    if folders:
        yield from (p for p in contents if p not in named and Path(p).parent in folders)


# --- a chain's length: rule 5 ---------------------------------------------------------------------


def is_chain_too_long(session: ssl.SSLObject, depth: int) -> bool:
    """Are there more than ``depth`` certificates above the peer's own? For full handshakes with a
    verified certificate.
    """
    chain = getattr(session, "get_verified_chain", None)  # since Python 3.13
    if chain is None:
        chain = session._sslobj.get_verified_chain  # type: ignore[attr-defined]
    return len(chain() or ()) > depth + 1


def is_client_acceptable(session: Session) -> bool:
    """Rule 5, for a server: False if the client's chain is too long."""
    context = session.context
    assert isinstance(context, ServerContext)
    if context.verify_mode is ssl.CERT_NONE:
        return True
    certificate = session.getpeercert(True)
    if certificate is None:
        return True  # CERT_OPTIONAL; else the handshake would have failed
    digest = hashlib.sha256(certificate).digest()
    if session.session_reused:
        return digest in context.counted
    if is_chain_too_long(session, context.depth):
        return False
    if len(context.counted) >= _COUNTED:
        del context.counted[next(iter(context.counted))]
    context.counted[digest] = None
    return True
