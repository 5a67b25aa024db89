"""The variables of mod_ssl: what is known of a client's connection by TLS, by name. Pure.

Comes in: the ``Facts`` of a connection. Goes out: the value of a name such as SSL_PROTOCOL, None
for what there is none of (httpd makes no difference between that and an empty one); what a request
has among its variables. Hides mod_ssl's names, and that nothing is looked up before it is asked
for. Rules, as observed with 2.4.71:

1. Letter case does not count, but within the names of what follows SSL_VERSION_, S_DN_, I_DN_ and
   SAN_OTHER_.
2. Every request by TLS has the variables HTTPS and SSL_TLS_SNI. SSLOptions StdEnvVars and
   ExportCertData add others, which count more than those of SetEnv.
3. LegacyDNStringFormat is about SSL_…_S_DN and SSL_…_I_DN, also in logs and expressions.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

from httpdlite.conf.directives.mod_version import APACHE_VERSION
from httpdlite.routes.certificates import Certificate, read_certificate
from httpdlite.routes.distinguishednames import NameOf

INTERFACE: Final = "mod_ssl/" + ".".join(map(str, APACHE_VERSION))
LEGACY: Final = "legacydnstringformat"
STANDARD: Final = "stdenvvars"
EXPORTS: Final = "exportcertdata"


class Cipher:
    """What is known of a cipher: its name, how many bits count, how many the algorithm has."""

    __slots__ = ("bits", "name", "used_bits")

    def __init__(self, name: str, used_bits: int, bits: int) -> None:
        self.name = name
        self.used_bits = used_bits
        self.bits = bits


class Facts(Protocol):
    """What TLS itself knows of a connection. Certificates are DER."""

    @property
    def protocol(self) -> str | None:
        """Such as TLSv1.3."""
        ...

    @property
    def cipher(self) -> Cipher | None: ...
    @property
    def session_id(self) -> bytes: ...
    @property
    def is_resumed(self) -> bool: ...
    @property
    def renegotiates_safely(self) -> bool:
        """Does the client know RFC 5746?"""
        ...

    @property
    def server_name(self) -> str | None:
        """As the client sent it."""
        ...

    @property
    def library(self) -> str:
        """Such as OpenSSL/3.0.22."""
        ...

    @property
    def client_certificate(self) -> bytes | None: ...
    @property
    def client_chain(self) -> Sequence[bytes]:
        """What the client has sent with its certificate."""
        ...

    @property
    def server_certificate(self) -> bytes | None: ...
    def now(self) -> float:
        """In seconds since 1970."""
        ...

    @property
    def name_of(self) -> NameOf:
        """The same function each time."""
        ...


class TlsVariables:
    """Of one connection; values are kept once they have been asked for."""

    __slots__ = ("_exported", "_facts", "_kept")

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._kept: dict[str, str | None] | None = None
        self._exported: dict[frozenset[str], Mapping[str, str]] | None = None

    def value(self, name: str, *, is_legacy: bool = False) -> str | None:
        """Of HTTPS, or of a name that begins with SSL_; ``is_legacy``: rule 3."""
        kept = self._kept
        if kept is None:
            kept = self._kept = {}
        key = f"{name}/" if is_legacy else name
        try:
            return kept[key]
        except KeyError:
            value = self._look_up(name, is_legacy=is_legacy) or None
        if not name.upper().endswith("V_REMAIN") and len(kept) < _MOST_KEPT:
            kept[key] = value
        return value

    def environment(self, options: frozenset[str]) -> Mapping[str, str]:
        """Rule 2; names are in lower case. ``options``: of SSLOptions."""
        options &= _OF_ENVIRONMENT
        exported = self._exported
        if exported is None:
            exported = self._exported = {}
        found = exported.get(options)
        if found is None:
            found = exported[options] = self._export(options)
        remaining = "ssl_client_v_remain"
        if remaining in found:
            return {**found, remaining: self.value("SSL_CLIENT_V_REMAIN") or ""}
        return found

    # --- names ------------------------------------------------------------------------------------

    def _look_up(self, name: str, *, is_legacy: bool) -> str | None:
        upper = name.upper()
        if upper == "HTTPS":
            return "on"
        if not upper.startswith("SSL_"):
            return None
        upper = upper[4:]
        if upper.startswith("CLIENT_"):
            return self._of_client(name[11:], is_legacy=is_legacy)
        if upper.startswith("SERVER_"):
            own = self._server
            return own.value(name[11:], self._facts.now(), is_legacy=is_legacy) if own else None
        if upper.startswith("VERSION_"):
            return self._version(name[12:])
        return self._plain(upper)

    def _version(self, name: str) -> str | None:
        if name == "INTERFACE":
            return INTERFACE
        return self._facts.library if name in {"LIBRARY", "LIBRARY_INTERFACE"} else None

    def _plain(self, name: str) -> str | None:
        facts = self._facts
        match name:
            case "PROTOCOL":
                return facts.protocol
            case "CIPHER" | "CIPHER_USEKEYSIZE" | "CIPHER_ALGKEYSIZE" | "CIPHER_EXPORT":
                return self._cipher(name)
            case "SESSION_ID":
                return facts.session_id.hex()
            case "SESSION_RESUMED":
                return "Resumed" if facts.is_resumed else "Initial"
            case "SECURE_RENEG":
                return "true" if facts.renegotiates_safely else "false"
            case "COMPRESS_METHOD":
                return "NULL"  # it is never compressed
            case "TLS_SNI":
                return facts.server_name
            case _:
                return None

    def _cipher(self, name: str) -> str | None:
        cipher = self._facts.cipher
        if cipher is None:
            return None
        match name:
            case "CIPHER":
                return cipher.name
            case "CIPHER_USEKEYSIZE":
                return str(cipher.used_bits)
            case "CIPHER_ALGKEYSIZE":
                return str(cipher.bits)
            case _:
                return "true" if cipher.used_bits < _EXPORT_BITS else "false"

    def _of_client(self, name: str, *, is_legacy: bool) -> str | None:
        upper, client = name.upper(), self._client
        if upper == "VERIFY":
            return "NONE" if client is None else "SUCCESS"  # all others have been turned away
        if client is None:
            return None
        if upper == "CERT_RFC4523_CEA":
            return client.exact_assertion
        if upper.startswith("CERT_CHAIN_"):
            return self._chain(name[11:])
        return client.value(name, self._facts.now(), is_legacy=is_legacy)

    def _chain(self, number: str) -> str | None:
        if not (number.isascii() and number.isdecimal()):
            return None
        chain = self._facts.client_chain
        found = chain[int(number[:9])] if int(number[:9]) < len(chain) else None
        return _pem_of(read_certificate(found, self._facts.name_of)) if found else None

    @property
    def _client(self) -> Certificate | None:
        found = self._facts.client_certificate
        return read_certificate(found, self._facts.name_of) if found is not None else None

    @property
    def _server(self) -> Certificate | None:
        found = self._facts.server_certificate
        return read_certificate(found, self._facts.name_of) if found is not None else None

    # --- the variables of a request ---------------------------------------------------------------

    def _export(self, options: frozenset[str]) -> Mapping[str, str]:
        found = {"https": "on"}
        is_legacy = LEGACY in options
        self._add(found, ("SSL_TLS_SNI",))
        if STANDARD in options:
            server, client = self._server, self._client
            if server is not None:
                found |= server.exported("server", "OTHER_dnsSRV", is_legacy=is_legacy)
            if client is not None:
                found |= client.exported("client", "OTHER_msUPN", is_legacy=is_legacy)
            self._add(found, _STANDARD)
        if EXPORTS in options:
            self._add(found, ("SSL_SERVER_CERT",))
            found["ssl_client_cert"] = self.value("SSL_CLIENT_CERT") or ""
            for number, _ in enumerate(self._facts.client_chain):
                self._add(found, (f"SSL_CLIENT_CERT_CHAIN_{number}",))
        return found

    def _add(self, found: dict[str, str], names: Iterable[str], *, is_legacy: bool = False) -> None:
        for name in names:
            value = self._look_up(name, is_legacy=is_legacy)
            if value:
                found[name.lower()] = value


def _pem_of(certificate: Certificate | None) -> str | None:
    return certificate.pem if certificate is not None else None


_MOST_KEPT: Final = 64  # names; an expression may make up any number
_EXPORT_BITS: Final = 56
_OF_ENVIRONMENT: Final = frozenset((LEGACY, STANDARD, EXPORTS))
_STANDARD: Final = (
    "SSL_VERSION_INTERFACE",
    "SSL_VERSION_LIBRARY",
    "SSL_PROTOCOL",
    "SSL_SECURE_RENEG",
    "SSL_COMPRESS_METHOD",
    "SSL_CIPHER",
    "SSL_CIPHER_EXPORT",
    "SSL_CIPHER_USEKEYSIZE",
    "SSL_CIPHER_ALGKEYSIZE",
    "SSL_CLIENT_VERIFY",
    "SSL_CLIENT_V_REMAIN",
    "SSL_CLIENT_CERT_RFC4523_CEA",
    "SSL_SESSION_ID",
    "SSL_SESSION_RESUMED",
)

OF_LOG: Final = {
    "version": "SSL_PROTOCOL",
    "cipher": "SSL_CIPHER",
    "subjectdn": "SSL_CLIENT_S_DN",
    "clientcert": "SSL_CLIENT_S_DN",
    "issuerdn": "SSL_CLIENT_I_DN",
    "cacert": "SSL_CLIENT_I_DN",
}
"""What `%{…}c` of a log format means, mod_ssl's older form."""
