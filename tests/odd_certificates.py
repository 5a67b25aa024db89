"""Certificates as few have them: names with all kinds of strings, unusual serial numbers, keys of
any kind. What `tests.certificates` issues is ordinary.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.name import _ASN1Type as Kind
from cryptography.x509.oid import NameOID

from tests.certificates import Authority, Issued, key_pem

STRANGE_NAME: Final = [
    (NameOID.COUNTRY_NAME, "DE"),
    (NameOID.STATE_OR_PROVINCE_NAME, "Baden"),
    (NameOID.LOCALITY_NAME, "Zürich"),
    (NameOID.ORGANIZATION_NAME, 'One, Inc + "q" <x>;'),
    (NameOID.ORGANIZATION_NAME, "Two/Slash=eq"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, " lead"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "trail "),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "#hash"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, " "),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "#"),
    (NameOID.COMMON_NAME, "Jörg ☃ 日本 😀"),
    (NameOID.TITLE, "Dr;x"),
    (NameOID.GIVEN_NAME, "Given\\b"),
    (NameOID.SURNAME, "Sur\nname\x7f\t"),
    (NameOID.INITIALS, "JX"),
    (NameOID.USER_ID, "uid1"),
    (NameOID.SERIAL_NUMBER, "SN77"),
    (NameOID.DOMAIN_COMPONENT, "example"),
    (NameOID.EMAIL_ADDRESS, "j@x.test"),
    (NameOID.PSEUDONYM, "pseudo"),
    (NameOID.DN_QUALIFIER, "dq"),
    (NameOID.STREET_ADDRESS, "street"),
    (x509.ObjectIdentifier("2.5.4.13"), "described"),
    (x509.ObjectIdentifier("1.2.3.4.5"), "odd"),
]
STRANGE_TEXTS: Final = [
    ("second", Kind.BMPString),
    ("bmp é☃", Kind.BMPString),
    ("latin é", Kind.T61String),
    ("all 😀é", Kind.UniversalString),
]
SAN_UPN: Final = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
SAN_SRV: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.7")


def other(kind: x509.ObjectIdentifier, tag: int, text: str) -> x509.OtherName:
    """A name of a kind of its own."""
    content = text.encode()
    return x509.OtherName(kind, bytes((tag, len(content))) + content)


STRANGE_NAMES: Final = [
    x509.RFC822Name("j@x.test"),
    x509.DNSName("j.test"),
    x509.DNSName("*.j2.test"),
    x509.RFC822Name("k@x.test"),
    other(SAN_UPN, 0x0C, "jörg@corp"),
    other(SAN_UPN, 0x16, "of another kind"),
    other(SAN_SRV, 0x16, "_https.j.test"),
    other(SAN_UPN, 0x0C, "second@corp"),
    other(x509.ObjectIdentifier("1.2.3.9"), 0x0C, "other"),
    x509.UniformResourceIdentifier("http://x.test/"),
]


@dataclass(frozen=True)
class Odd(Issued):
    """A certificate whose key may be of any kind."""

    @cached_property
    def key(self) -> bytes:
        """In PEM."""
        return key_pem(self.private_key)


def issue(
    issuer: Authority,
    name: x509.Name,
    key: object,
    *,
    names: list[x509.GeneralName] | None = None,
    serial: int = 0xFFEE,
    digest: hashes.SHA384 | None = None,
    lasts: timedelta = timedelta(days=42, hours=3),
) -> Odd:
    """A certificate for a name and a key."""
    now = datetime.now(UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())  # type: ignore[attr-defined]
        .serial_number(serial)
        .not_valid_before(now - timedelta(days=20))
        .not_valid_after(now + lasts)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    signed = builder.sign(issuer.private_key, digest or hashes.SHA256())
    return Odd(signed, key, issuer)  # type: ignore[arg-type]


def common(name: str) -> x509.Name:
    """A name of one part."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def strange() -> x509.Name:
    """A name of all kinds of parts, the last two together."""
    attributes = [x509.NameAttribute(oid, text) for oid, text in STRANGE_NAME]
    attributes += [
        x509.NameAttribute(NameOID.COMMON_NAME, text, kind) for text, kind in STRANGE_TEXTS
    ]
    groups = [x509.RelativeDistinguishedName([one]) for one in attributes]
    together = [(NameOID.COMMON_NAME, "together"), (NameOID.ORGANIZATION_NAME, "with/this+that")]
    groups.append(
        x509.RelativeDistinguishedName([x509.NameAttribute(oid, text) for oid, text in together])
    )
    return x509.Name(groups)
