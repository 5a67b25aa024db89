"""Certificates that a configuration names: whose they are and until when they hold.

In: a PEM file's bytes. Out: a `Certificate` for the first certificate in it. The parsing is the
cryptography package's, imported when the first certificate is looked at.
"""

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Certificate:
    """`names` are the DNS names it is for, its common name if it has none; `until` is UTC."""

    names: tuple[str, ...]
    until: datetime

    def days_left(self, now: datetime) -> int:
        """Whole days until it expires; negative once it has."""
        return (self.until - now).days


class NoCertificateError(ValueError):
    """There is no certificate in the file, or none that can be read."""


def read_certificate(data: bytes) -> Certificate:
    """The first certificate of a PEM file. Raises NoCertificateError."""
    from cryptography import x509  # noqa: PLC0415 - only reports need it
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    try:
        certificate = x509.load_pem_x509_certificate(data)
        extension = x509.SubjectAlternativeName
        try:
            found = certificate.extensions.get_extension_for_class(extension).value
            names = tuple(found.get_values_for_type(x509.DNSName))
        except x509.ExtensionNotFound:
            names = ()
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        fallback = tuple(str(attribute.value) for attribute in common)
        until = certificate.not_valid_after_utc.astimezone(UTC)
        return Certificate(names or fallback, until)
    except ValueError as why:
        raise NoCertificateError(str(why)) from None
