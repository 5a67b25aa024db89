"""What the TLS library knows of a client's connection, for ``routes.tlsvariables``.

Comes in: a session whose handshake is done, and the client's hello. Goes out: ``Facts``. Hides
what ``ssl`` does not say: which of several certificates a client was shown follows from its hello
and from the cipher, by OpenSSL's rules (tls_choose_sigalg, RFC 8446 §4.4.2.2); a session that was
resumed has none, and Apache then names the last kind that it has. Names of object identifiers are
OpenSSL's own.
"""

import ssl
from collections.abc import Sequence
from functools import lru_cache
from sys import intern
from time import time
from typing import TYPE_CHECKING, Final

from httpdlite.routes.certificates import Certificate, read_certificate
from httpdlite.routes.tlsvariables import Cipher

if TYPE_CHECKING:
    from httpdlite.proxy.clienthello import ClientHello
    from httpdlite.routes.distinguishednames import NameOf
    from httpdlite.serve.tls_endpoint import Session

LIBRARY: Final = "/".join(ssl.OPENSSL_VERSION.split()[:2])
_CIPHERS: Final[dict[str, Cipher]] = {}
"""Those that have been asked for; OpenSSL has some dozens."""

_DER: Final = 2  # as _ssl calls it
_KINDS: Final = ("rsaEncryption", "rsassaPss", "id-ecPublicKey", "ED25519", "ED448")
_OF_RSA: Final = frozenset(_KINDS[:2])
_SCHEMES: Final[dict[int, tuple[str, str | None]]] = {
    0x0403: ("id-ecPublicKey", "1.2.840.10045.3.1.7"),
    0x0503: ("id-ecPublicKey", "1.3.132.0.34"),
    0x0603: ("id-ecPublicKey", "1.3.132.0.35"),
    0x0807: ("ED25519", None),
    0x0808: ("ED448", None),
    0x0809: ("rsassaPss", None),
    0x080A: ("rsassaPss", None),
    0x080B: ("rsassaPss", None),
    0x0804: ("rsaEncryption", None),
    0x0805: ("rsaEncryption", None),
    0x0806: ("rsaEncryption", None),
}
"""The kind of key, and the curve, of signatures in TLS 1.3; in OpenSSL's own order."""


class SessionFacts:
    """Of one connection. Once that has failed, ``ssl`` does not say the protocol any more, nor the
    certificate, which is asked for at once where clients may have one.
    """

    __slots__ = (
        "_session",
        "_signatures",
        "client_certificate",
        "protocol",
        "renegotiates_safely",
    )

    def __init__(self, session: "Session", hello: "ClientHello | None") -> None:
        self._session = session
        self._signatures: tuple[int, ...] = ()
        version = session.version()
        self.protocol = intern(version) if version is not None else None
        self.client_certificate: bytes | None = None
        if session.context.verify_mode is not ssl.CERT_NONE:
            self.client_certificate = session.getpeercert(True)
        self.renegotiates_safely = True
        if hello is not None:
            self.renegotiates_safely = hello.has_signal or (
                hello.has_binding and version != "TLSv1.3"
            )
            if len(_shown_by(session)) > 1:
                self._signatures = hello.signatures

    @property
    def cipher(self) -> Cipher | None:
        """See Facts."""
        found = self._session.cipher()
        if found is None:
            return None
        name, _, used = found
        known = _CIPHERS.get(name)
        if known is None:
            all_bits = {one["name"]: one["alg_bits"] for one in self._session.context.get_ciphers()}
            known = _CIPHERS[name] = Cipher(name, used, all_bits.get(name, used))
        return known

    @property
    def session_id(self) -> bytes:
        """See Facts."""
        session = self._session.session
        return session.id if session is not None else b""

    @property
    def is_resumed(self) -> bool:
        """See Facts."""
        return bool(self._session.session_reused)

    @property
    def server_name(self) -> str | None:
        """See Facts."""
        return self._session.sent_name or self._session.expected

    @property
    def library(self) -> str:
        """See Facts."""
        return LIBRARY

    @property
    def client_chain(self) -> Sequence[bytes]:
        """See Facts."""
        internal = self._session._sslobj  # type: ignore[attr-defined]
        chain = internal.get_unverified_chain() or ()
        return [one.public_bytes(_DER) for one in chain[1:]]

    @property
    def server_certificate(self) -> bytes | None:
        """See Facts."""
        shown = _shown_by(self._session)
        if len(shown) < 2:
            return shown[0] if shown else None
        found = {der: read_certificate(der, self.name_of) for der in shown}
        known = {der: one for der, one in found.items() if one is not None}
        return self._choose(known)

    def now(self) -> float:
        """See Facts."""
        return time()

    @property
    def name_of(self) -> "NameOf":
        """See Facts."""
        return openssl_name

    def _choose(self, certificates: dict[bytes, Certificate]) -> bytes | None:
        session = self._session
        by_kind = {one.key_algorithm: der for der, one in certificates.items()}
        ranked = [by_kind[kind] for kind in _KINDS if kind in by_kind]
        if not ranked:
            return None
        if session.session_reused:
            return ranked[-1]
        if self.protocol != "TLSv1.3":
            cipher = session.cipher()
            is_rsa = cipher is None or "ECDSA" not in cipher[0]
            fitting = [by_kind[k] for k in _KINDS if k in by_kind and (k in _OF_RSA) is is_rsa]
            return fitting[0] if fitting else ranked[0]
        for scheme in self._schemes:
            kind, curve = _SCHEMES.get(scheme, ("", None))
            der = by_kind.get(kind)
            if der is not None and curve in {None, certificates[der].curve}:
                return der
        return ranked[0]

    @property
    def _schemes(self) -> Sequence[int]:
        """The client's order counts, but with SSLHonorCipherOrder."""
        if self._session.context.options & ssl.OP_CIPHER_SERVER_PREFERENCE:
            return [scheme for scheme in _SCHEMES if scheme in self._signatures]
        return self._signatures


def _shown_by(session: "Session") -> Sequence[bytes]:
    return getattr(session.context, "shown", ())


@lru_cache(256)
def openssl_name(oid: str) -> tuple[str, str] | None:
    """The short and the long name of an object identifier; None: OpenSSL has none."""
    try:
        found = ssl._ASN1Object(oid)
    except ValueError:
        return None
    return found.shortname, found.longname
