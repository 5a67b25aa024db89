"""Certificates and keys of servers that speak TLS: can they be read, do they match, until when.

In: the files to look at, the time. Out: diagnostics. Each file is looked at once; one that may not
be read is passed over, since a test need not run as root. httpd's `-t` opens none of them: its
start fails, or clients do. Imported only when there is something to look at.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, Protocol, runtime_checkable

from httpdlite.conf.certificates import (
    EncryptedKeyError,
    Link,
    NoCertificateError,
    NoKeyError,
    read_key,
    read_links,
)
from httpdlite.conf.directives.ssl_checks import ENGINE_PREFIX
from httpdlite.conf.directives.ssl_values import FileName
from httpdlite.conf.files import Files
from httpdlite.diagnostics import WOULD_FAIL, Diagnostic, Phase, Severity

SOON: Final = timedelta(days=21)
READABLE_BY_ALL: Final = 0o004


@runtime_checkable
class Modes(Protocol):
    """Files that know who may read them."""

    def mode(self, path: str) -> int | None:
        """The permission bits; None if they cannot be found out."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate that is shown to the other side, its key, and the names it should be for."""

    certificate: FileName
    key: FileName
    names: tuple[str, ...] = ()


def check_certificates(
    shown: Iterable[Shown], files: Files, now: float | None
) -> Iterator[Diagnostic]:
    """What is wrong with them. `now`: seconds since 1970; None: dates are not looked at."""
    look = _Look(files, datetime.fromtimestamp(now, UTC) if now is not None else None)
    for one in shown:
        found = list(look.pair(one.certificate, one.key))
        yield from found
        if all(each.severity is not Severity.ERROR for each in found):
            yield from look.names(one.certificate, one.names)


class _Look:
    """Looks at files, each once; what is wrong with one is said where it is named first."""

    def __init__(self, files: Files, now: datetime | None) -> None:
        self._files = files
        self._now = now
        self._links: dict[str, tuple[Link, ...] | NoCertificateError | None] = {}
        self._keys: dict[str, bytes | NoKeyError | None] = {}
        self._said: set[tuple[str, str]] = set()

    def pair(self, certificate: FileName, key: FileName) -> Iterator[Diagnostic]:
        """A certificate's file and its key."""
        if (certificate.path, key.path) in self._said:
            return
        self._said.add((certificate.path, key.path))
        links = self._read_links(certificate)
        if isinstance(links, NoCertificateError):
            message = f"no certificate can be read from {certificate.path}: {links}"
            yield _failure(message, certificate, self._advice(certificate))
            links = None
        own = self._read_key(key)
        if isinstance(own, NoKeyError):
            yield self._no_key(key, own)
        if not isinstance(own, NoKeyError) or isinstance(own, EncryptedKeyError):
            yield from self._permissions(key)
        if links is None:
            return
        if isinstance(own, bytes) and own != links[0].key:
            yield _mismatch(links, own, certificate, key)
        else:
            yield from _order(links, certificate)
        yield from self._dates(links, certificate)

    def names(self, certificate: FileName, names: tuple[str, ...]) -> Iterator[Diagnostic]:
        """Whether the certificate is for these names."""
        links = self._read_links(certificate)
        if links is None or isinstance(links, NoCertificateError):
            return
        missing = [name for name in names if not links[0].is_for(name)]
        if missing:
            has = ", ".join(links[0].names[:8]) or "no name"
            yield Diagnostic(
                Severity.WARNING,
                "certificate-name",
                f"the certificate is for {has}: not for {', '.join(missing[:8])}",
                certificate.span,
                hint="Clients that ask for such a name will not go on.",
                phase=Phase.CHECK,
            )

    def _dates(self, links: tuple[Link, ...], file: FileName) -> Iterator[Diagnostic]:
        if self._now is None:
            return
        for link in links:
            until = link.certificate.until
            whose = "the certificate" if link is links[0] else "a certificate of the chain"
            if link.since > self._now:
                text = f"{whose} is good from {_date(link.since)} on only"
            elif until <= self._now:
                text = f"{whose} has expired ({_date(until)})"
            elif until - self._now < SOON:
                days = link.certificate.days_left(self._now)
                text = f"{whose} expires in {days} day{'' if days == 1 else 's'} ({_date(until)})"
            else:
                continue
            yield Diagnostic(
                Severity.WARNING,
                "certificate-dates",
                f"{text}: {file.path}",
                file.span,
                hint="Renew it, and reload.",
                phase=Phase.CHECK,
            )

    def _permissions(self, key: FileName) -> Iterator[Diagnostic]:
        mode = self._files.mode(key.path) if isinstance(self._files, Modes) else None
        if mode is not None and mode & READABLE_BY_ALL:
            yield Diagnostic(
                Severity.WARNING,
                "readable-key",
                f"everybody on this machine may read the key {key.path}",
                key.span,
                hint=f"chmod o= {key.path}",
                phase=Phase.CHECK,
            )

    def _no_key(self, key: FileName, why: NoKeyError) -> Diagnostic:
        if isinstance(why, EncryptedKeyError):
            return _failure(
                f"the key {key.path} is encrypted, and nobody is asked for its pass phrase",
                key,
                f"Decrypt it: openssl pkey -in {key.path} -out NEW, readable for root only.",
            )
        hint = "SSLCertificateKeyFile names the key's file, in PEM."
        if _is_der(self._read(key) or b""):
            hint = f"Make PEM of it: openssl pkey -inform DER -in {key.path} -out NEW"
        return _failure(f"no key can be read from {key.path}: {why}", key, hint)

    def _advice(self, certificate: FileName) -> str:
        """What to do about a file in which there is no certificate."""
        data = self._read(certificate) or b""
        if _is_der(data):
            return f"Make PEM of it: openssl x509 -inform DER -in {certificate.path} -out NEW"
        if b"PRIVATE KEY-----" in data:
            return "This is a key; SSLCertificateFile names the certificate, in PEM."
        return "The file has to be PEM."

    def _read_links(self, file: FileName) -> "tuple[Link, ...] | NoCertificateError | None":
        if file.path not in self._links:
            data = self._read(file)
            try:
                self._links[file.path] = read_links(data) if data is not None else None
            except NoCertificateError as why:
                self._links[file.path] = why
        return self._links[file.path]

    def _read_key(self, file: FileName) -> "bytes | NoKeyError | None":
        if file.path not in self._keys:
            data = self._read(file)
            try:
                self._keys[file.path] = read_key(data) if data is not None else None
            except NoKeyError as why:
                self._keys[file.path] = why
        return self._keys[file.path]

    def _read(self, file: FileName) -> bytes | None:
        if file.path.startswith(ENGINE_PREFIX):
            return None
        try:
            return self._files.read(file.path)
        except OSError:
            return None


def _mismatch(
    links: tuple[Link, ...], own: bytes, certificate: FileName, key: FileName
) -> Diagnostic:
    if any(link.key == own for link in links):
        hint = "Put the server's own certificate first in its file, then the one that issued it."
    else:
        hint = "Compare `openssl x509 -noout -pubkey -in CERTIFICATE`, `openssl pkey -pubout`."
    message = f"the key {key.path} does not belong to the certificate {certificate.path}"
    return _failure(message, key, hint)


def _order(links: tuple[Link, ...], file: FileName) -> Iterator[Diagnostic]:
    """Each certificate has to be followed by the one that issued it."""
    for link, above in pairwise(links):
        if link.issuer != above.subject:
            yield Diagnostic(
                Severity.WARNING,
                "certificate-chain",
                f"a certificate is not followed by the one that issued it in {file.path}",
                file.span,
                hint="Order: the server's own, then each that issued the one before it.",
                phase=Phase.CHECK,
            )
            return


def _is_der(data: bytes) -> bool:
    """Is this a sequence of ASN.1, as certificates and keys are that are not PEM?"""
    return data.startswith(b"\x30") and b"-----BEGIN" not in data


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")


def _failure(message: str, file: FileName, hint: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, WOULD_FAIL, message, file.span, hint=hint, phase=Phase.CHECK)
