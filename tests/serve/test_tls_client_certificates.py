"""Certificates of clients (tls_contexts.py, tls_handshake.py): who gets in, and who does not."""

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from httpdlite.conf.directives.ssl_values import RevocationCheck, Verify, Version
from httpdlite.routes.tls import Trust
from tests.certificates import Authority, Issued
from tests.serve.tls_world import VERSIONS, House, client_context, server_context, session_of

each_version = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS.keys())


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.close()


CLIENTS = Authority.create("Clients' CA")


def asks_for(verify: Verify = Verify.REQUIRE, depth: int = 1, **more: object) -> ssl.SSLContext:
    """A vhost that wants certificates of that CA, and knows whom it has revoked."""
    contents = {"crl": CLIENTS.revocations(REVOKED)}
    check = RevocationCheck.CHAIN if "crl_file" in more else RevocationCheck.NONE
    trust = Trust(ca_file="ca.pem", depth=depth, crl_check=check, **more)  # type: ignore[arg-type]
    return server_context(verify=verify, trust=trust, contents={"ca.pem": CLIENTS.pem, **contents})


REVOKED = CLIENTS.client("revoked")


def with_certificate(folder: Path, issued: Issued | None, version: Version) -> ssl.SSLContext:
    context = client_context(version)
    if issued is not None:
        files = issued.write(folder, "client")
        context.load_cert_chain(files.certificate, files.key)
    return context


STRANGER = Authority.create("Somebody else's CA").client()
BETWEEN = CLIENTS.authority().client()
YEAR = timedelta(days=365)
OUTCOMES = [
    ("good", CLIENTS.client(), ""),
    ("none", None, "peer did not return a certificate"),
    ("expired", CLIENTS.client(since=-2 * YEAR, until=-YEAR), "certificate has expired"),
    ("unknown", STRANGER, "unable to get local issuer certificate"),
    ("revoked", REVOKED, "certificate revoked"),
    ("chain", BETWEEN, "chain is too long"),
]


@each_version
@pytest.mark.parametrize(
    "issued, why", [row[1:] for row in OUTCOMES], ids=[row[0] for row in OUTCOMES]
)
def test_certificates_of_clients(
    house: House, tmp_path: Path, version: Version, issued: Issued | None, why: str
) -> None:
    house.default = asks_for() if issued is BETWEEN else asks_for(crl_file="crl")
    owner, peer = house.connect(with_certificate(tmp_path, issued, version))
    house.end_somehow(owner, peer)
    assert (owner.endpoint is not None) is (not why)
    assert why in (owner.why or "")


def test_an_alert_arrives_although_the_client_has_sent_more(house: House) -> None:
    house.default = asks_for()
    owner, peer = house.connect(client_context(Version.TLS1_3))
    house.until(peer.step)  # it does not know yet
    peer.send(bytes(100_000))
    house.until(lambda: owner.calls)
    house.turn()
    with pytest.raises(ssl.SSLError) as told:
        peer.read(1)
    assert "CERTIFICATE_REQUIRED" in str(told.value.reason)
    house.clock.now += 2.0
    house.turn()
    assert not house.connections


@each_version
def test_an_optional_certificate_may_be_missing_but_not_bad(
    house: House, tmp_path: Path, version: Version
) -> None:
    house.default = asks_for(Verify.OPTIONAL)
    owner, peer = house.connect(with_certificate(tmp_path, None, version))
    assert house.meet(owner, peer).endpoint is not None
    owner, peer = house.connect(with_certificate(tmp_path, STRANGER, version))
    house.end_somehow(owner, peer)
    assert owner.endpoint is None


@each_version
def test_a_resumed_session_is_as_good_as_its_certificate_was(
    house: House, tmp_path: Path, version: Version
) -> None:
    house.default = asks_for(depth=2)
    context = with_certificate(tmp_path, BETWEEN, version)
    owner, peer = house.connect(context)
    house.meet(owner, peer)
    session = session_of(house, peer)
    owner, peer = house.connect(context, session=session)
    house.meet(owner, peer)
    assert owner.endpoint is not None
    assert peer.tls.session_reused
    house.default.counted.clear()  # type: ignore[attr-defined]
    owner, peer = house.connect(context, session=session_of(house, peer))
    house.meet(owner, peer)
    assert owner.endpoint is None
