"""TLS towards a worker: the handshake of a connection that has been made, and whether the worker is
the one that was meant.

Comes in: an endpoint, a context, the worker's name and what is to be checked. Goes out: True when a
request may be sent, or a ``PeerError`` with the reason as text. Hides that names and dates are
checked also where the certificate is not verified (SSLProxyVerify none, which is Apache's default),
so that ``ssl`` cannot do it. Sources: mod_ssl (SSLProxyCheckPeerName, SSLProxyCheckPeerExpire),
as observed with 2.4.71.

The rules:

1.  The name must be one of the certificate's DNS names or its common names, letter case aside;
    ``*.`` at a name's beginning stands for one label. Addresses in a certificate do not count.
2.  No server name is sent for an address (RFC 6066 §3).
3.  A certificate that was looked at once is not read again.
"""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from httpdlite.serve.tls_contexts import is_chain_too_long
from httpdlite.serve.tls_handshake import Turns, explain

if TYPE_CHECKING:
    from httpdlite.routes.tls import WorkerTls
    from httpdlite.serve.tls_endpoint import TlsEndpoint


class PeerError(Exception):
    """There is no TLS with this worker. ``code``: AHnnnnn, if the certificate is the reason."""

    def __init__(self, why: str, number: str = "") -> None:
        self.code = number
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Checks:
    """What is asked of the worker's certificate besides its signatures. ``depth`` None: it is not
    verified.
    """

    name: bool = True
    expiry: bool = True
    depth: int | None = None

    @classmethod
    def of(cls, tls: "WorkerTls") -> "Checks":
        """As a worker's settings have it."""
        return cls(tls.checks_name, tls.checks_expiry, tls.trust.depth if tls.verify else None)


class PeerHandshake:
    """One connection's to a worker: ``step`` on every event until it is True."""

    __slots__ = ("_checks", "_endpoint", "_name", "_turns")

    def __init__(
        self,
        turns: Turns,
        endpoint: "TlsEndpoint",
        context: ssl.SSLContext,
        name: str,
        checks: Checks,
    ) -> None:
        self._turns = turns
        self._endpoint = endpoint
        self._name = name
        self._checks = checks
        try:
            endpoint.begin(context, is_server=False, server_name=_sent_name(name))
        except ValueError as bad:
            raise PeerError(f"{name} cannot be sent as a server name: {bad}") from bad

    def step(self) -> bool:
        """Go on as far as possible; True when the worker may have its request. Raises PeerError."""
        if not self._turns.take(self._endpoint):
            return False
        try:
            if not self._endpoint.handshake():
                return False
        except OSError as failed:
            raise PeerError(explain(failed)) from failed
        self._check()
        return True

    def give_up(self) -> None:
        """The connection ends before its handshake."""
        self._turns.leave(self._endpoint)

    def _check(self) -> None:
        session, checks = self._endpoint.tls, self._checks
        assert session is not None
        certificate = session.getpeercert(True)
        if certificate is None:
            raise PeerError("the worker has sent no certificate")
        if checks.depth is not None and is_chain_too_long(session, checks.depth):
            raise PeerError("the worker's certificate chain is too long (SSLProxyVerifyDepth)")
        seen = read_certificate(certificate)
        if checks.expiry and not seen.since <= datetime.now(UTC) <= seen.until:
            raise PeerError("the worker's certificate has expired or is not valid yet", "AH02004")
        if checks.name and not seen.is_for(self._name):
            raise PeerError(f"the worker's certificate is not for {self._name}", "AH02411")


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a certificate is looked at. Names are in lower case."""

    names: frozenset[str]
    since: datetime
    until: datetime

    def is_for(self, name: str) -> bool:
        """Rule 1."""
        name = name.lower()
        domain = name.partition(".")[2]
        return name in self.names or (bool(domain) and f"*.{domain}" in self.names)


@lru_cache(256)
def read_certificate(content: bytes) -> Seen:
    """A certificate in DER; one that cannot be read is for nobody."""
    from cryptography import x509  # noqa: PLC0415 - dear, and for those with such workers only
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    try:
        certificate = x509.load_der_x509_certificate(content)
        commons = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        names = {str(attribute.value) for attribute in commons}
        extensions = certificate.extensions
    except ValueError as bad:
        raise PeerError(f"the worker's certificate cannot be read: {bad}") from bad
    try:
        alternative = extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names.update(alternative.value.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        pass
    return Seen(
        frozenset(name.lower() for name in names),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


def _sent_name(name: str) -> str | None:
    """Rule 2."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name
    return None
