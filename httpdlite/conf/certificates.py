"""Certificates and keys that a configuration names, as far as they can be judged by themselves.

In: a PEM file's bytes. Out: `Certificate` for reports, `Link`s for a file as a whole, the public
half of a key. The parsing is the cryptography package's, imported when the first file is looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True, slots=True)
class Certificate:
    """`names` are the DNS names it is for, its common name if it has none; `until` is UTC."""

    names: tuple[str, ...]
    until: datetime

    def days_left(self, now: datetime) -> int:
        """Whole days until it expires; negative once it has."""
        return (self.until - now).days


@dataclass(frozen=True, slots=True)
class Link:
    """A certificate of a file. `names` has addresses, too; `key` is its public key."""

    certificate: Certificate
    names: tuple[str, ...]
    since: datetime
    subject: bytes
    issuer: bytes
    key: bytes

    def is_for(self, name: str) -> bool:
        """Whether a client that asked for this name takes it; `*` is one label, the first."""
        wanted = name.lower()
        _, dot, rest = wanted.partition(".")
        known = {one.lower() for one in self.names}
        return wanted in known or bool(dot and f"*.{rest}" in known)


class NoCertificateError(ValueError):
    """There is no certificate in the file, or none that can be read."""


class NoKeyError(ValueError):
    """There is no key in the file, or none that can be read."""


class EncryptedKeyError(NoKeyError):
    """The key needs a pass phrase."""


def read_certificate(data: bytes) -> Certificate:
    """The first certificate of a PEM file. Raises NoCertificateError."""
    return next(_links(data)).certificate


def read_links(data: bytes) -> tuple[Link, ...]:
    """All certificates of a PEM file, in order. Raises NoCertificateError."""
    return tuple(_links(data))


_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----[^\n]*\n?", re.DOTALL)
_KINDS: Final = frozenset((b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"))


def _links(data: bytes) -> Iterator[Link]:
    from cryptography import x509  # noqa: PLC0415 - not for every configuration

    blocks = [found[0] for found in _BLOCK.finditer(data) if found[1] in _KINDS]
    if not blocks:
        raise NoCertificateError("there is no certificate in it")
    for block in blocks:
        try:
            yield _link(x509.load_pem_x509_certificate(block))
        except ValueError as why:
            raise NoCertificateError(str(why)) from None


def _link(certificate: "x509.Certificate") -> Link:
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
    )
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(found.get_values_for_type(x509.DNSName))
        addresses = tuple(map(str, found.get_values_for_type(x509.IPAddress)))
    except x509.ExtensionNotFound:
        pass
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    names = names or tuple(str(attribute.value) for attribute in common)
    public = certificate.public_key()
    return Link(
        Certificate(names, certificate.not_valid_after_utc.astimezone(UTC)),
        names + addresses,
        certificate.not_valid_before_utc.astimezone(UTC),
        certificate.subject.public_bytes(),
        certificate.issuer.public_bytes(),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )


def read_key(data: bytes) -> bytes:
    """The public half of the first private key of a PEM file. Raises NoKeyError."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    blocks = [found for found in _BLOCK.finditer(data) if found[1].endswith(b"PRIVATE KEY")]
    if not blocks:
        raise NoKeyError("there is no private key in it")
    block = blocks[0]
    if block[1] == b"ENCRYPTED PRIVATE KEY" or b"Proc-Type: 4,ENCRYPTED" in block[0]:
        raise EncryptedKeyError("the key is encrypted")
    try:
        key = load_pem_private_key(block[0], None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as why:
        raise NoKeyError(str(why)) from None
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
