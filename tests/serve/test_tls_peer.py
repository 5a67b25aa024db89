"""TLS towards workers (tls_peer.py): whether the worker is the one that was meant, and why not."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from httpdlite.conf.directives.ssl_values import Version
from httpdlite.routes.tls import Trust
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import WRITE
from httpdlite.serve.tls_endpoint import TlsEndpoint
from httpdlite.serve.tls_handshake import Turns
from httpdlite.serve.tls_peer import Checks, PeerError, PeerHandshake, read_certificate
from tests.certificates import Authority, Issued, self_signed
from tests.serve.tls_world import (
    AUTHORITY,
    SERVER,
    VERSIONS,
    WORKER_TLS,
    Nobody,
    Peer,
    World,
    server_context,
    worker_context,
)

each_version = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS.keys())
VERIFIES = Trust(ca_file="ca.pem")


class Asker(Nobody):
    """What a connection to a worker does, as far as TLS goes."""

    def __init__(self) -> None:
        self.handshake: PeerHandshake | None = None
        self.is_done = False
        self.why: PeerError | None = None

    @property
    def is_over(self) -> bool:
        return self.is_done or self.why is not None

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        assert self.handshake is not None
        if events & WRITE:
            endpoint.flush()
        if self.is_over:
            return
        try:
            self.is_done = self.handshake.step()
        except PeerError as why:
            self.why = why
            endpoint.close()


class House(World):
    """Workers, and connections to them."""

    def ask(
        self,
        context: ssl.SSLContext,
        name: str = "a.example",
        checks: Checks = Checks.of(WORKER_TLS),  # noqa: B008 - it is frozen
    ) -> tuple[Asker, socket.socket]:
        near, far = self.pair()
        asker = Asker()
        endpoint = TlsEndpoint(self.engine, near, asker)
        asker.handshake = PeerHandshake(Turns(self.engine), endpoint, context, name, checks)
        asker.on_ready(endpoint, 0)
        return asker, far

    def meet(self, asker: Asker, far: socket.socket, issued: Issued, **changes: object) -> Peer:
        """A worker with this certificate; until it is over."""
        context = server_context(issued, **changes)  # type: ignore[arg-type]
        context.sni_callback = None  # somebody else's
        worker = Peer(far, context, is_server=True)
        failed = False

        def is_over() -> bool:
            nonlocal failed
            try:
                failed = failed or (worker.step() and False)
            except ssl.SSLError:
                failed = True
            return asker.is_over

        self.until(is_over)
        return worker


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.close()


@each_version
def test_a_worker_as_it_should_be(house: House, version: Version) -> None:
    context = worker_context(verify=True, trust=VERIFIES)
    checks = Checks.of(replace(WORKER_TLS, verify=True, trust=VERIFIES))
    asker, far = house.ask(context, checks=checks)
    house.meet(asker, far, SERVER, maximum=version)
    assert asker.is_done


@pytest.mark.parametrize(
    "asked, name",
    [
        ("a.example", "a.example"),
        ("127.0.0.1", None),
        ("::1", None),
        ("a_b.example", "a_b.example"),
    ],
)
def test_the_server_name_that_is_sent(house: House, asked: str, name: str | None) -> None:
    names: list[str | None] = []

    def note(_: ssl.SSLObject, sent: str | None, __: ssl.SSLContext) -> None:
        names.append(sent)

    asker, far = house.ask(worker_context(), asked, Checks(name=False))
    context = server_context()
    context.sni_callback = note
    worker = Peer(far, context, is_server=True)
    house.until(lambda: worker.step() or names)
    assert names == [name]
    assert not asker.why


def test_a_name_that_cannot_be_sent(house: House) -> None:
    with pytest.raises(PeerError, match="cannot be sent"):
        house.ask(worker_context(), "a..example")


# --- why not --------------------------------------------------------------------------------------


@each_version
@pytest.mark.parametrize(
    "issued, verifies, code, why",
    [
        (AUTHORITY.issue("b.example"), False, "AH02411", "is not for a.example"),
        (AUTHORITY.expired("a.example"), False, "AH02004", "has expired or is not valid yet"),
        (AUTHORITY.not_yet("a.example"), False, "AH02004", "has expired or is not valid yet"),
        (AUTHORITY.expired("a.example"), True, "", "certificate has expired"),
        (self_signed("a.example"), True, "", "self-signed certificate"),
        (Authority.create("X").issue("a.example"), True, "", "unable to get local issuer"),
        (AUTHORITY.authority().issue("a.example"), True, "", "chain is too long"),
    ],
)
def test_why_a_worker_is_not_accepted(  # noqa: PLR0917 - a table
    house: House, version: Version, issued: Issued, verifies: bool, code: str, why: str
) -> None:
    tls = replace(WORKER_TLS, verify=verifies, trust=VERIFIES if verifies else Trust())
    context = worker_context(verify=tls.verify, trust=tls.trust)
    asker, far = house.ask(context, checks=Checks.of(tls))
    house.meet(asker, far, issued, maximum=version)
    assert asker.why is not None
    assert why in str(asker.why)
    assert asker.why.code == code


def test_what_is_not_to_be_checked_is_not(house: House) -> None:
    asker, far = house.ask(worker_context(), checks=Checks(name=False, expiry=False))
    house.meet(asker, far, AUTHORITY.expired("b.example"))
    assert asker.is_done


@pytest.mark.parametrize(
    "said, why",
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak TLS here"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak TLS here"),
        (b"\x15\x03\x01\0\x02\x02\x28", "handshake failure"),
        (b"", "closed the connection within the handshake"),
    ],
)
def test_what_a_worker_says_that_speaks_no_tls(house: House, said: bytes, why: str) -> None:
    asker, far = house.ask(worker_context())
    far.send(said)
    far.shutdown(socket.SHUT_WR)
    house.until(lambda: asker.is_over)
    assert why in str(asker.why)


def test_a_worker_that_resets(house: House) -> None:
    asker, far = house.ask(worker_context())
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    far.close()
    house.until(lambda: asker.is_over)
    assert "reset" in str(asker.why)


# --- names in certificates ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names, common, name, is_good",
    [
        (["a.example"], "b.example", "A.example", True),
        (["a.example"], "b.example", "b.example", True),
        (["*.a.example"], "", "x.a.example", True),
        (["*.a.example"], "", "x.y.a.example", False),
        (["*.a.example"], "", "a.example", False),
        (["*"], "", "localhost", False),
        (["127.0.0.1"], "", "127.0.0.1", False),
        ([], "127.0.0.1", "127.0.0.1", True),
        ([], "", "a.example", False),
    ],
)
def test_whom_a_certificate_is_for(names: list[str], common: str, name: str, is_good: bool) -> None:
    issued = AUTHORITY.issue(*names, common_name=common)
    seen = read_certificate(ssl.PEM_cert_to_DER_cert(issued.pem.decode()))
    assert seen.is_for(name) is is_good
    assert seen.until - seen.since > timedelta(days=80)


def test_what_is_no_certificate() -> None:
    with pytest.raises(PeerError, match="cannot be read"):
        read_certificate(b"nothing")
