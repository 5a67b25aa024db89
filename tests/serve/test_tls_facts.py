"""What the library says of a connection (tls_facts.py), also once that has failed."""

import ssl
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pytest

from httpdlite.conf.directives.ssl_values import Verify
from httpdlite.proxy.clienthello import ClientHello, read_client_hello
from httpdlite.routes.tls import KeyPair, Trust
from httpdlite.serve.tls_contexts import make_server_context
from httpdlite.serve.tls_endpoint import Session
from httpdlite.serve.tls_facts import SessionFacts, openssl_name
from tests.serve.tls_world import AUTHORITY, SERVER, SERVER_TLS, VERSIONS, client_context

RSA: Final = AUTHORITY.issue("a.example", is_rsa=True)
CLIENT: Final = AUTHORITY.authority().client()
CONTENTS: Final = {
    "server.pem": SERVER.chain,
    "server.key": SERVER.key,
    "rsa.pem": RSA.chain,
    "rsa.key": RSA.key,
    "ca.pem": AUTHORITY.pem,
}
SERVER_DER: Final = ssl.PEM_cert_to_DER_cert(SERVER.pem.decode())
RSA_DER: Final = ssl.PEM_cert_to_DER_cert(RSA.pem.decode())


def met(
    client: ssl.SSLContext, name: str = "a.example", **changes: object
) -> tuple[Session, ClientHello, ssl.MemoryBIO]:
    """A handshake in memory: the server's session, the hello, the way to the server."""
    tls = replace(SERVER_TLS, **changes)  # type: ignore[arg-type]
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = client.wrap_bio(to_client, to_server, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        theirs.do_handshake()
    first = to_server.read()
    hello = read_client_hello(first)
    assert isinstance(hello, ClientHello)
    to_server.write(first)
    context = make_server_context(tls, CONTENTS)
    ours = context.wrap_bio(to_server, to_client, server_side=True)
    assert isinstance(ours, Session)
    ours.expected = name.lower()
    for _ in range(4):
        for side in (ours, theirs):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ours, hello, to_server


@pytest.mark.parametrize("version", VERSIONS)
def test_a_connection(version: str) -> None:
    session, hello, _ = met(client_context(VERSIONS[version]), "A.example")
    facts = SessionFacts(session, hello)
    assert facts.protocol == version.replace(" ", "v")
    assert facts.cipher is not None
    assert (facts.cipher.used_bits, facts.cipher.bits) in {(256, 256), (128, 128)}
    assert facts.server_name == "A.example"
    assert facts.library == "OpenSSL/" + ssl.OPENSSL_VERSION.split()[1]
    assert facts.server_certificate == SERVER_DER
    assert (facts.client_certificate, facts.client_chain) == (None, [])
    assert facts.renegotiates_safely
    assert not facts.is_resumed


def asking() -> tuple[ssl.SSLContext, dict[str, Any]]:
    context = client_context()
    return context, {"verify": Verify.OPTIONAL, "trust": Trust(ca_file="ca.pem", depth=3)}


def test_a_client_certificate_is_known_also_when_the_connection_has_failed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("client") / "client.pem"
    path.write_bytes(CLIENT.chain + CLIENT.key)
    context, changes = asking()
    context.load_cert_chain(path)
    session, hello, to_server = met(context, **changes)
    facts = SessionFacts(session, hello)
    before = (facts.protocol, facts.client_certificate, facts.client_chain, facts.cipher is None)
    to_server.write_eof()
    with pytest.raises(ssl.SSLError):
        session.read(1)
    with pytest.raises(ValueError, match="handshake not done"):
        session.getpeercert(True)
    after = (facts.protocol, facts.client_certificate, facts.client_chain, facts.cipher is None)
    assert after == before
    assert before[1] == ssl.PEM_cert_to_DER_cert(CLIENT.pem.decode())
    assert len(before[2]) == 1
    assert facts.session_id is not None


def chosen(schemes: Sequence[int], version: str = "TLS 1.3", **changes: Any) -> bytes | None:
    pairs = (KeyPair("server.pem", "server.key"), KeyPair("rsa.pem", "rsa.key"))
    session, hello, _ = met(client_context(VERSIONS[version]), pairs=pairs, **changes)
    return SessionFacts(session, replace(hello, signatures=tuple(schemes))).server_certificate


@pytest.mark.parametrize(
    ("schemes", "shown"),
    [
        ((0x0403, 0x0804), SERVER_DER),
        ((0x0804, 0x0403), RSA_DER),
        ((0x0503, 0x0401, 0x0806), RSA_DER),  # another curve; not for TLS 1.3
        ((), RSA_DER),
    ],
)
def test_which_of_two_certificates_was_shown(schemes: Sequence[int], shown: bytes) -> None:
    assert chosen(schemes) == shown


def test_the_servers_order_counts_where_it_says_so() -> None:
    assert chosen((0x0804, 0x0403), own_order=True) == SERVER_DER


@pytest.mark.parametrize(("ciphers", "shown"), [("aRSA", RSA_DER), ("aECDSA", SERVER_DER)])
def test_before_tls_1_3_it_is_the_ciphers(ciphers: str, shown: bytes) -> None:
    assert chosen((), "TLS 1.2", ciphers=ciphers) == shown


def test_renegotiation() -> None:
    session, hello, _ = met(client_context(VERSIONS["TLS 1.2"]))
    for signal, binding in ((False, False), (True, False), (False, True)):
        seen = replace(hello, has_signal=signal, has_binding=binding)
        assert SessionFacts(session, seen).renegotiates_safely is (signal or binding)
    session, hello, _ = met(client_context(VERSIONS["TLS 1.3"]))
    seen = replace(hello, has_signal=False, has_binding=True)
    assert not SessionFacts(session, seen).renegotiates_safely


def test_names_of_object_identifiers() -> None:
    assert openssl_name("2.5.4.42") == ("GN", "givenName")
    assert openssl_name("1.2.3.4.5") is None
