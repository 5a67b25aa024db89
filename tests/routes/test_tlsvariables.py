"""The variables of mod_ssl by name (tlsvariables.py), of facts that are made up."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from httpdlite.proxy.own_name import Client
from httpdlite.routes.tlsvariables import Cipher, TlsVariables
from tests.certificates import Authority

AUTHORITY = Authority.create()
CLIENT = AUTHORITY.client(organization="Org").certificate.public_bytes(Encoding.DER)
SERVER = AUTHORITY.issue("a.test").certificate.public_bytes(Encoding.DER)
ABOVE = AUTHORITY.certificate.public_bytes(Encoding.DER)


def name_of(oid: str) -> tuple[str, str] | None:
    return {"2.5.4.3": ("CN", "commonName"), "2.5.4.10": ("O", "organizationName")}.get(oid)


@dataclass
class Known:
    """``asked`` keeps what was asked for."""

    protocol: str | None = "TLSv1.3"
    session_id: bytes = b"\x01\xab"
    is_resumed: bool = False
    renegotiates_safely: bool = True
    server_name: str | None = "A.test"
    library: str = "OpenSSL/3.0.0"
    client_certificate: bytes | None = CLIENT
    client_chain: Sequence[bytes] = (ABOVE,)
    server_certificate: bytes | None = SERVER
    moment: float = 0.0
    asked: list[str] = field(default_factory=list)

    @property
    def cipher(self) -> Cipher:
        self.asked.append("cipher")
        return Cipher("TLS_AES", 112, 168)

    def now(self) -> float:
        return self.moment

    name_of = staticmethod(name_of)


def variables(**known: object) -> TlsVariables:
    return TlsVariables(Known(**known))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS", "on"),
        ("https", "on"),
        ("SSL_PROTOCOL", "TLSv1.3"),
        ("ssl_protocol", "TLSv1.3"),
        ("SSL_CIPHER", "TLS_AES"),
        ("SSL_CIPHER_USEKEYSIZE", "112"),
        ("SSL_CIPHER_ALGKEYSIZE", "168"),
        ("SSL_CIPHER_EXPORT", "false"),
        ("SSL_SESSION_ID", "01ab"),
        ("SSL_SESSION_RESUMED", "Initial"),
        ("SSL_SECURE_RENEG", "true"),
        ("SSL_COMPRESS_METHOD", "NULL"),
        ("SSL_TLS_SNI", "A.test"),
        ("SSL_VERSION_LIBRARY", "OpenSSL/3.0.0"),
        ("SSL_VERSION_INTERFACE", "mod_ssl/2.4.71"),
        ("SSL_VERSION_library", None),
        ("SSL_CLIENT_VERIFY", "SUCCESS"),
        ("SSL_CLIENT_S_DN", "CN=client,O=Org"),
        ("SSL_CLIENT_I_DN_CN", "Test CA"),
        ("SSL_SERVER_S_DN", "CN=a.test"),
        ("SSL_SERVER_VERIFY", None),
        ("SSL_CLIENT_CERT_CHAIN_1", None),
        ("SSL_CLIENT_CERT_CHAIN_x", None),
        ("SSL_NOPE", None),
        ("REQUEST_URI", None),
        ("", None),
    ],
)
def test_a_name(name: str, value: str | None) -> None:
    assert variables().value(name) == value


def test_no_client_certificate() -> None:
    without = variables(client_certificate=None, client_chain=())
    assert without.value("SSL_CLIENT_VERIFY") == "NONE"
    assert without.value("SSL_CLIENT_S_DN") is without.value("SSL_CLIENT_CERT_CHAIN_0") is None


def test_what_is_empty_is_not_there() -> None:
    assert variables(session_id=b"").value("SSL_SESSION_ID") is None


def test_the_chain() -> None:
    pem = variables().value("SSL_CLIENT_CERT_CHAIN_0")
    assert pem == AUTHORITY.pem.decode()


def test_the_older_form_of_names_is_kept_apart() -> None:
    both = variables()
    assert both.value("SSL_CLIENT_S_DN") == "CN=client,O=Org"
    assert both.value("SSL_CLIENT_S_DN", is_legacy=True) == "/O=Org/CN=client"
    assert both.value("SSL_CLIENT_S_DN") == "CN=client,O=Org"


def test_nothing_is_asked_twice_but_what_changes() -> None:
    known = Known(moment=1e9)
    kept = TlsVariables(known)
    assert (kept.value("SSL_CIPHER"), kept.value("SSL_CIPHER")) == ("TLS_AES", "TLS_AES")
    assert known.asked == ["cipher"]
    before = int(kept.value("SSL_CLIENT_V_REMAIN") or 0)
    known.moment += 86400 * 3
    assert int(kept.value("SSL_CLIENT_V_REMAIN") or 0) == before - 3
    known.moment += 86400
    standard = kept.environment(frozenset(("stdenvvars",)))
    assert int(standard["ssl_client_v_remain"]) == before - 4
    known.moment += 86400
    standard = kept.environment(frozenset(("stdenvvars",)))
    assert int(standard["ssl_client_v_remain"]) == before - 5


def test_any_number_of_names_is_not_kept() -> None:
    many = variables()
    for number in range(1000):
        many.value(f"SSL_CLIENT_S_DN_CN_{number}")
    assert len(many._kept or ()) < 100


ALWAYS = {"https": "on", "ssl_tls_sni": "A.test"}


@pytest.mark.parametrize(
    ("options", "there", "missing"),
    [
        ("", "", "ssl_protocol ssl_server_cert ssl_client_verify"),
        ("stdenvvars", "ssl_protocol ssl_client_s_dn_o ssl_server_san_dns_0", "ssl_client_cert"),
        ("exportcertdata", "ssl_client_cert ssl_client_cert_chain_0 ssl_server_cert", "ssl_cipher"),
        ("stdenvvars exportcertdata", "ssl_client_cert ssl_cipher", "ssl_server_v_remain"),
    ],
)
def test_the_environment(options: str, there: str, missing: str) -> None:
    found = variables().environment(frozenset(options.split()))
    assert ALWAYS.items() <= found.items()
    assert set(there.split()) <= found.keys()
    assert not set(missing.split()) & found.keys()


def test_the_environment_without_a_client_certificate() -> None:
    without = variables(client_certificate=None, client_chain=())
    found = without.environment(frozenset(("stdenvvars", "exportcertdata")))
    clients = {name: value for name, value in found.items() if name.startswith("ssl_client")}
    assert clients == {"ssl_client_verify": "NONE", "ssl_client_cert": ""}


def test_the_environment_has_the_older_form_of_names() -> None:
    found = variables().environment(frozenset(("stdenvvars", "legacydnstringformat")))
    assert found["ssl_client_s_dn"] == "/O=Org/CN=client"


def test_a_client_without_tls() -> None:
    plain = Client("192.0.2.1", 1, "192.0.2.2", 2)
    assert plain.ssl("HTTPS") == "off"
    assert plain.ssl("SSL_PROTOCOL") is None
    assert plain.tls_variables(frozenset(("stdenvvars",))) == {}
