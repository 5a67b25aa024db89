"""Certificates for tests: an authority, and what it issues. Made anew in every run.

In: names, dates, kinds of keys. Out: PEM, as bytes, or as files in a folder. Keys are of P-256
unless RSA is asked for, since these are made in no time.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

YEAR: Final = timedelta(days=365)
SERVER: Final = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT: Final = ExtendedKeyUsageOID.CLIENT_AUTH


def make_key(*, is_rsa: bool = False) -> Key:
    """A new private key."""
    if is_rsa:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: Key, password: bytes | None = None) -> bytes:
    """A private key in PEM, encrypted if there is a password."""
    how = BestAvailableEncryption(password) if password is not None else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


@dataclass(frozen=True)
class Files:
    """Where a certificate and its key were written."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Issued:
    """A certificate, the key to it, and who has issued it (None: it has itself)."""

    certificate: x509.Certificate
    private_key: Key
    issuer: "Authority | None" = None

    @cached_property
    def pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM)

    @cached_property
    def key(self) -> bytes:
        """The key, in PEM."""
        return key_pem(self.private_key)

    @property
    def chain(self) -> bytes:
        """The certificate, then every authority between it and the root, which is left out."""
        issuer = self.issuer
        between = issuer.chain if issuer is not None and issuer.issuer is not None else b""
        return self.pem + between

    def encrypted_key(self, password: bytes) -> bytes:
        """The key, for those who know the password."""
        return key_pem(self.private_key, password)

    def write(self, folder: Path, name: str = "server") -> Files:
        """NAME.pem with the chain and NAME.key, which only the owner may read."""
        files = Files(folder / f"{name}.pem", folder / f"{name}.key")
        files.certificate.write_bytes(self.chain)
        files.key.write_bytes(self.key)
        files.key.chmod(0o600)
        return files


class Authority(Issued):
    """Issues certificates, and lists of those that do not count any more."""

    @classmethod
    def create(cls, name: str = "Test CA", *, is_rsa: bool = False) -> Self:
        """A root."""
        key = make_key(is_rsa=is_rsa)
        subject = _name(name)
        builder = _builder(subject, subject, key, _now() - YEAR, _now() + 10 * YEAR)
        return cls(_sign(_as_authority(builder, key, key), key), key)

    def authority(self, name: str = "Test intermediate CA") -> "Authority":
        """An authority below this one."""
        key = make_key()
        subject, issuer = _name(name), self.certificate.subject
        builder = _builder(subject, issuer, key, _now() - YEAR, _now() + 5 * YEAR)
        signed = _sign(_as_authority(builder, key, self.private_key), self.private_key)
        return Authority(signed, key, self)

    def issue(
        self,
        *names: str,
        common_name: str | None = None,
        usage: Sequence[x509.ObjectIdentifier] = (SERVER,),
        is_rsa: bool = False,
        since: timedelta = -timedelta(days=1),
        until: timedelta = timedelta(days=90),
        organization: str | None = None,
        email: str | None = None,
        key: Key | None = None,
    ) -> Issued:
        """A certificate for these DNS names and addresses; the dates are counted from now.

        `common_name` is the first name unless it is given; "" for a subject without one.
        """
        private_key = key or make_key(is_rsa=is_rsa)
        common = (names[0] if names else "someone") if common_name is None else common_name
        subject = _name(common, organization, email)
        issuer = self.certificate.subject
        builder = _builder(subject, issuer, private_key, _now() + since, _now() + until)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        ).add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.private_key.public_key()),
            critical=False,
        )
        if names:
            general = [_general_name(text) for text in names]
            builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
        return Issued(_sign(builder, self.private_key), private_key, self)

    def client(self, common_name: str = "client", **more: object) -> Issued:
        """A certificate for a client."""
        return self.issue(common_name=common_name, usage=(CLIENT,), **more)  # type: ignore[arg-type]

    def expired(self, *names: str) -> Issued:
        """A certificate that has been good until yesterday."""
        return self.issue(*names, since=-YEAR, until=-timedelta(days=1))

    def not_yet(self, *names: str) -> Issued:
        """A certificate that will be good tomorrow."""
        return self.issue(*names, since=timedelta(days=1), until=YEAR)

    def revocations(self, *revoked: Issued, until: timedelta = timedelta(days=30)) -> bytes:
        """A list of revoked certificates, in PEM; `until`: when the next one is due."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(_now() - YEAR)
            .next_update(_now() + until)
        )
        for issued in revoked:
            entry = (
                x509.RevokedCertificateBuilder()
                .serial_number(issued.certificate.serial_number)
                .revocation_date(_now() - timedelta(days=1))
                .build()
            )
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.private_key, hashes.SHA256()).public_bytes(Encoding.PEM)


def self_signed(*names: str, is_rsa: bool = False) -> Issued:
    """A certificate that vouches for itself."""
    key = make_key(is_rsa=is_rsa)
    subject = _name(names[0] if names else "self")
    builder = _builder(subject, subject, key, _now() - YEAR, _now() + YEAR)
    general = [_general_name(text) for text in names]
    if general:
        builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
    return Issued(_sign(builder, key), key)


# --- the parts ------------------------------------------------------------------------------------


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _name(common: str, organization: str | None = None, email: str | None = None) -> x509.Name:
    parts = ((NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common or None))
    attributes = [x509.NameAttribute(oid, text) for oid, text in parts if text is not None]
    if email is not None:
        attributes.append(x509.NameAttribute(NameOID.EMAIL_ADDRESS, email))
    return x509.Name(attributes)


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _as_authority(
    builder: x509.CertificateBuilder, key: Key, issuer_key: Key
) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = builder.add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    ).add_extension(usage, critical=True)
    if key is issuer_key:
        return builder
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return builder.add_extension(issuer, critical=False)


def _sign(builder: x509.CertificateBuilder, key: Key) -> x509.Certificate:
    return builder.sign(key, hashes.SHA256())
