"""What mod_ssl says of a certificate: DER in, the values of variables out. Pure.

Comes in: a certificate that the TLS library has accepted. Goes out: a ``Certificate``, which knows
what follows SSL_CLIENT_ and SSL_SERVER_ in the names of variables. Hides where in a certificate
each of them stands. The reading is our own: the cryptography package refuses names with strings
that OpenSSL and Apache read, gives no bytes, and its import alone would hold up a child for as long
as hundreds of requests take. Nothing is judged here.

Sources: RFC 5280 §4.1, "Environment Variables" of mod_ssl; as observed with 2.4.71.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from httpdlite.routes.der import (
    GENERALIZED_TIME,
    IA5_STRING,
    IDENTIFIER,
    OCTET_STRING,
    UTF8_STRING,
    DerError,
    Element,
    elements,
    only_element,
    read_identifier,
)
from httpdlite.routes.distinguishednames import Name, NameOf, written

_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DAY: Final = 86400
_VERSION_TAG: Final = 0xA0
_EXTENSIONS_TAG: Final = 0xA3
_OTHER_NAME: Final = 0xA0
_ALTERNATIVE_NAMES: Final = "2.5.29.17"
_EMAIL: Final = 0x81
_DNS: Final = 0x82
_OTHER_KINDS: Final = {
    "msUPN": ("1.3.6.1.4.1.311.20.2.3", UTF8_STRING),
    "dnsSRV": ("1.3.6.1.5.5.7.8.7", IA5_STRING),
}


class Certificate:
    """A certificate. Texts are in latin-1, a character per byte."""

    __slots__ = (
        "_ends",
        "_exported",
        "_key_algorithm",
        "_names",
        "_serial",
        "_signature_algorithm",
        "_starts",
        "_version",
        "curve",
        "issuer",
        "pem",
        "subject",
    )

    def __init__(self, der: bytes, name_of: NameOf) -> None:
        """Raises ValueError."""
        signed, signature, *_ = only_element(der).children
        version, fields = _version(signed.children)
        serial, _, issuer, validity, subject, key = fields[:6]
        self._version = version
        self._serial = serial.content
        self.issuer = Name(issuer, name_of)
        self.subject = Name(subject, name_of)
        self._starts, self._ends = validity.children
        self._signature_algorithm = _long_name(signature, name_of)
        self._key_algorithm = _long_name(key.children[0], name_of)
        self.curve = _curve(key.children[0])
        """Of an elliptic key, by its object identifier."""
        self._names = _alternative_names(fields[6:])
        self.pem = _pem(der)
        self._exported: dict[tuple[str, bool], Mapping[str, str]] = {}

    # --- the names of variables -------------------------------------------------------------------

    def value(self, name: str, now: float, *, is_legacy: bool = False) -> str | None:
        """Of a variable, without SSL_CLIENT_ and SSL_SERVER_. ``now``: for what remains."""
        upper = name.upper()
        plain = _PLAIN.get(upper)
        if plain is not None:
            return plain(self)
        if upper == "V_REMAIN":
            return self.days_left(now)
        if upper.startswith("SAN_"):
            return self._alternative(name[4:])
        if name[:1] in {"S", "I"} and upper[1:4] == "_DN":
            whole = self.subject if name[0] == "S" else self.issuer
            if len(name) == 4:
                return whole.one_line() if is_legacy else whole.rfc2253()
            return whole.component(name[5:]) if name[4] == "_" else None
        return None

    def alternatives(self, *kinds: str) -> dict[str, str]:
        """SAN_…: those of these kinds, by name; what is not to be read has no number here."""
        found: dict[str, str] = {}
        for kind in kinds:
            texts = [text for text in self._names.get(kind.lower(), ()) if text is not None]
            found.update({f"SAN_{kind}_{n}": text for n, text in enumerate(texts)})
        return found

    def exported(self, whose: str, others: str, *, is_legacy: bool) -> Mapping[str, str]:
        """What SSLOptions StdEnvVars says of it, by names in lower case; made once. ``whose``:
        client or server; ``others``: the kind of other names that this one has.
        """
        key = (whose, is_legacy)
        found = self._exported.get(key)
        if found is None:
            texts = {
                **{f"s_dn_{name}": text for name, text in self.subject.components().items()},
                **{f"i_dn_{name}": text for name, text in self.issuer.components().items()},
                **self.alternatives("Email", "DNS", others),
                **{name: self.value(name, 0.0, is_legacy=is_legacy) for name in _EXPORTED},
            }
            found = self._exported[key] = {
                f"ssl_{whose}_{name.lower()}": text for name, text in texts.items() if text
            }
        return found

    def _alternative(self, name: str) -> str | None:
        kind, _, number = name.rpartition("_")
        group, _, other = kind.partition("_")
        if other:  # msUPN and dnsSRV, in these letters
            known = group.upper() == "OTHER" and other in _OTHER_KINDS
        else:
            known = group.upper() in {"EMAIL", "DNS"}
        if not (known and number.isascii() and number.isdecimal() and len(number) <= 4):
            return None
        texts = self._names.get(kind.lower(), ())
        return texts[int(number)] if int(number) < len(texts) else None

    # --- what each is -----------------------------------------------------------------------------

    @property
    def version(self) -> str:
        """Such as 3."""
        return str(self._version)

    @property
    def serial(self) -> str:
        """In hexadecimal digits, two per byte."""
        number = int.from_bytes(self._serial, signed=True)
        digits = f"{abs(number):X}"
        return ("-" if number < 0 else "") + digits.zfill(len(digits) + len(digits) % 2)

    @property
    def starts(self) -> str:
        """Such as ``Nov  2 05:03:02 2026 GMT``."""
        return _moment(self._starts)

    @property
    def ends(self) -> str:
        """The same."""
        return _moment(self._ends)

    def days_left(self, now: float) -> str:
        """Whole days; 0: none, or it has expired."""
        end = _datetime(self._ends)
        return str(max(0, (int(end.timestamp()) - int(now)) // _DAY)) if end is not None else "0"

    @property
    def signature_algorithm(self) -> str:
        """OpenSSL's long name of it."""
        return self._signature_algorithm

    @property
    def key_algorithm(self) -> str:
        """The same."""
        return self._key_algorithm

    @property
    def exact_assertion(self) -> str:
        """CertificateExactAssertion (RFC 4523)."""
        number = int.from_bytes(self._serial, signed=True)
        issuer = self.issuer.rfc2253(is_ascii=True)
        return f'{{ serialNumber {number}, issuer rdnSequence:"{issuer}" }}'


_EXPORTED: Final = "M_VERSION M_SERIAL V_START V_END S_DN I_DN A_KEY A_SIG".split()
_PLAIN: Final[Mapping[str, Callable[[Certificate], str]]] = {
    "A_KEY": lambda certificate: certificate.key_algorithm,
    "A_SIG": lambda certificate: certificate.signature_algorithm,
    "CERT": lambda certificate: certificate.pem,
    "M_SERIAL": lambda certificate: certificate.serial,
    "M_VERSION": lambda certificate: certificate.version,
    "V_END": lambda certificate: certificate.ends,
    "V_START": lambda certificate: certificate.starts,
}


@lru_cache(256)
def read_certificate(der: bytes, name_of: NameOf) -> Certificate | None:
    """A certificate in DER; None: not to be read."""
    try:
        return Certificate(der, name_of)
    except (ValueError, IndexError):
        return None


# --- where it stands ------------------------------------------------------------------------------


def _version(fields: list[Element]) -> tuple[int, list[Element]]:
    if fields[0].tag != _VERSION_TAG:
        return 1, fields
    return int.from_bytes(only_element(fields[0].content).content) + 1, fields[1:]


def _long_name(algorithm: Element, name_of: NameOf) -> str:
    names = name_of(read_identifier(only_element(algorithm.content).content))
    return names[1] if names is not None else "undefined"


def _curve(algorithm: Element) -> str | None:
    rest = algorithm.children[1:]
    is_named = bool(rest) and rest[0].tag == IDENTIFIER
    return read_identifier(rest[0].content) if is_named else None


def _pem(der: bytes) -> str:
    text = base64.b64encode(der).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


def _alternative_names(rest: Sequence[Element]) -> Mapping[str, list[str | None]]:
    """Of each kind; None: one that is not to be read."""
    found: dict[str, list[str | None]] = {}
    for extension in _extensions(rest):
        if read_identifier(extension[0].content) != _ALTERNATIVE_NAMES:
            continue
        if extension[-1].tag != OCTET_STRING:
            raise DerError("an extension without its value")
        for name in elements(only_element(extension[-1].content).content):
            if name.tag in {_EMAIL, _DNS}:
                kind = "email" if name.tag == _EMAIL else "dns"
                text = written(name._replace(tag=IA5_STRING))
                found.setdefault(kind, []).append(text)
            elif name.tag == _OTHER_NAME:
                _add_other(found, name)
    return found


def _extensions(rest: Sequence[Element]) -> list[list[Element]]:
    for element in rest:
        if element.tag == _EXTENSIONS_TAG:
            return [one.children for one in only_element(element.content).children]
    return []


def _add_other(found: dict[str, list[str | None]], name: Element) -> None:
    kind, value = name.children
    oid = read_identifier(kind.content)
    for called, (known, tag) in _OTHER_KINDS.items():
        if oid == known:
            inner = only_element(value.content)
            text = written(inner) if inner.tag == tag else None
            found.setdefault(f"other_{called.lower()}", []).append(text)


def _datetime(time: Element) -> datetime | None:
    text = time.content.decode("latin-1").removesuffix("Z").partition(".")[0]
    if time.tag != GENERALIZED_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    text = text.ljust(14, "0")
    if len(text) != 14 or not (text.isascii() and text.isdigit()):
        return None
    pairs = [int(text[at : at + 2]) for at in range(0, 14, 2)]
    century, year, month, day, hour, minute, second = pairs
    try:  # strptime would be imported now, when a child has no rights any more to read it
        return datetime(100 * century + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _moment(time: Element) -> str:
    found = _datetime(time)
    if found is None:
        return "Bad time value"
    clock = f"{found.hour:02d}:{found.minute:02d}:{found.second:02d}"
    return f"{_MONTHS[found.month - 1]} {found.day:2d} {clock} {found.year} GMT"
