"""For tests of TLS: endpoints on real sockets whose other ends are clients made of the TLS library
in memory, which can do what a polite library would not.
"""

import select
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from httpdlite.conf.directives.mod_reqtimeout import Stage
from httpdlite.conf.directives.ssl_values import Verify, Version
from httpdlite.proxy.clienthello import ClientHello
from httpdlite.routes.tls import KeyPair, ServerTls, Trust, WorkerTls
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import READ, Engine
from httpdlite.serve.tls_contexts import ServerContext, make_server_context, make_worker_context
from httpdlite.serve.tls_endpoint import TlsEndpoint
from httpdlite.serve.tls_handshake import Handshake, Turns
from tests.certificates import Authority, Issued

AUTHORITY: Final = Authority.create()
SERVER: Final = AUTHORITY.issue("a.example", "*.wild.example")
CONTENTS: Final = {"server.pem": SERVER.pem, "server.key": SERVER.key, "ca.pem": AUTHORITY.pem}

SERVER_TLS: Final = ServerTls(
    pairs=(KeyPair("server.pem", "server.key"),),
    minimum=Version.TLS1_2,
    maximum=Version.TLS1_3,
    ciphers="DEFAULT",
    own_order=False,
    verify=Verify.NONE,
    trust=Trust(),
    tickets=True,
    group=None,
    dh_parameters=None,
    strict_sni=False,
    settings=(),
)
WORKER_TLS: Final = WorkerTls(
    minimum=Version.TLS1_2,
    maximum=Version.TLS1_3,
    ciphers="DEFAULT",
    verify=False,
    trust=Trust(),
    checks_expiry=True,
    checks_name=True,
    machine=None,
)
TIMEOUT: Final = 60.0  # of handshakes
PATIENCE: Final = 10.0  # seconds until a test gives up
VERSIONS: Final = {"TLS 1.2": Version.TLS1_2, "TLS 1.3": Version.TLS1_3}


def server_context(
    issued: Issued = SERVER, contents: Mapping[str, bytes] | None = None, **changes: object
) -> ServerContext:
    """Of a vhost with this certificate."""
    own = {"server.pem": issued.chain, "server.key": issued.key}
    all_contents = CONTENTS | own | dict(contents or {})
    tls = replace(SERVER_TLS, **changes)  # type: ignore[arg-type]
    return make_server_context(tls, all_contents)


def worker_context(
    contents: Mapping[str, bytes] | None = None, **changes: object
) -> ssl.SSLContext:
    """Towards workers."""
    tls = replace(WORKER_TLS, **changes)  # type: ignore[arg-type]
    return make_worker_context(tls, CONTENTS | dict(contents or {}))


def client_context(version: Version | None = None) -> ssl.SSLContext:
    """Of somebody else's client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=AUTHORITY.pem.decode())
    if version is not None:
        context.minimum_version = context.maximum_version = ssl.TLSVersion(version)
    return context


class Nobody:
    """A flow for which nothing is done."""

    def on_ready(self, endpoint: Endpoint, events: int) -> None: ...
    def on_deadline(self, endpoint: Endpoint) -> None: ...
    def abandon(self) -> None: ...


class Reader(Nobody):
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.data = b""
        self.is_at_end = False
        self.lost: OSError | None = None

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        if endpoint.queue:
            endpoint.flush()
        if not events & READ:
            return
        try:
            got = endpoint.receive()
        except OSError as lost:
            self.lost = lost
            endpoint.pause()
            return
        if got == b"":
            self.is_at_end = True
            endpoint.pause()
        self.data += got or b""


class Peer:
    """The other end of a socket: the library in memory. What it says goes out by ``send_wire``."""

    def __init__(
        self,
        sock: socket.socket,
        context: ssl.SSLContext,
        name: str | None = "a.example",
        *,
        is_server: bool = False,
        session: ssl.SSLSession | None = None,
    ) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(
            self.incoming,
            self.outgoing,
            server_side=is_server,
            server_hostname=None if is_server else name,
            session=session,
        )
        self.at_eof = False

    def take_wire(self) -> bytes:
        """What the library has to say."""
        return self.outgoing.read()

    def send_wire(self) -> None:
        wire = self.take_wire()
        while wire:
            try:
                wire = wire[self.sock.send(wire) :]
            except BlockingIOError:
                raise AssertionError("the test's socket is too small") from None

    def wait(self) -> None:
        """Until something has come."""
        wait_readable(self.sock)

    def hear(self) -> None:
        """Read what is there for the library."""
        while not self.at_eof:
            try:
                data = self.sock.recv(1 << 20)
            except BlockingIOError:
                return
            if data:
                self.incoming.write(data)
            else:
                self.at_eof = True
                self.incoming.write_eof()

    def step(self) -> bool:
        """Go on with the handshake; True when it is done."""
        self.hear()
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            self.send_wire()
            return False
        self.send_wire()
        return True

    def send(self, data: bytes) -> None:
        """As much as the library and the socket take."""
        view = memoryview(data)
        while view:
            view = view[self.tls.write(view) :]
        self.send_wire()

    def read(self, count: int = 0) -> bytes:
        """What has come, until there is so much of it."""
        got = b""
        while True:
            self.hear()
            try:
                while piece := self.tls.read(1 << 20):
                    got += piece
                return got
            except ssl.SSLZeroReturnError:  # the end, too, once we have said goodbye
                return got
            except ssl.SSLWantReadError:
                if len(got) >= count:
                    return got
                self.wait()

    def is_at_end(self) -> bool:
        """Wait for the other side's close_notify."""
        while True:
            self.hear()
            try:
                return not self.tls.read(1)
            except ssl.SSLZeroReturnError:
                return True
            except ssl.SSLWantReadError:
                self.wait()

    def say_goodbye(self) -> None:
        """close_notify, without waiting for the other one."""
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.send_wire()


@dataclass
class Clock:
    """Each look at it takes a moment, so that a turn of the engine ends."""

    now: float = 100.0
    tick: float = 0.0001

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


@dataclass
class World:
    """An engine, and what happens at it."""

    clock: Clock = field(default_factory=Clock)
    bugs: list[BaseException] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = Engine(self.clock, lambda bug, flow: self.bugs.append(bug))

    def pair(self) -> tuple[socket.socket, socket.socket]:
        """Two ends of a TCP connection."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            one = socket.create_connection(listener.getsockname())
            two = listener.accept()[0]
        for sock in (one, two):
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets.append(sock)
        return one, two

    def turn(self) -> None:
        """Until nothing is ready and nobody wants to be called again."""
        for _ in range(3):
            self.engine.turn()

    def until(self, is_so: Callable[[], object]) -> None:
        """Turn until it is so."""
        end = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < end, "it does not happen"
            self.engine.turn()

    def secured(
        self,
        context: ssl.SSLContext | None = None,
        client: ssl.SSLContext | None = None,
        flow: Nobody | None = None,
    ) -> tuple[TlsEndpoint, Peer]:
        """A server's endpoint with a finished handshake, and its client."""
        near, far = self.pair()
        endpoint = TlsEndpoint(self.engine, near, flow or Nobody(), READ, self.notes.append)
        peer = Peer(far, client or client_context())
        endpoint.begin(context or server_context(), is_server=True, server_name="a.example")
        shake(endpoint, peer)
        return endpoint, peer

    def secured_client(
        self, server: ssl.SSLContext | None = None, flow: Nobody | None = None
    ) -> tuple[TlsEndpoint, Peer]:
        """A client's endpoint with a finished handshake, and its server."""
        near, far = self.pair()
        endpoint = TlsEndpoint(self.engine, near, flow or Nobody(), READ, self.notes.append)
        peer = Peer(far, server or server_context(), None, is_server=True)
        peer.tls.expected = "a.example"  # type: ignore[attr-defined] # it is one of ours, too
        endpoint.begin(worker_context(), is_server=False, server_name="a.example")
        shake(endpoint, peer)
        return endpoint, peer

    def close(self) -> None:
        """The end of a test."""
        self.engine.close()
        self.engine.release()
        for sock in self.sockets:
            sock.close()
        assert self.bugs == []


@dataclass
class Owner:
    """Notes what it is told."""

    flow: Reader = field(default_factory=Reader)
    endpoint: TlsEndpoint | None = None
    hello: ClientHello | None = None
    plain: bytes | None = None
    plain_endpoint: Endpoint | None = None
    why: str | None = None
    calls: int = 0

    def secured(self, endpoint: TlsEndpoint, hello: ClientHello | None) -> None:
        self.calls += 1
        endpoint.flow = self.flow
        self.endpoint, self.hello = endpoint, hello

    def is_plain(self, endpoint: Endpoint, data: bytes) -> None:
        self.calls += 1
        endpoint.flow = self.flow
        self.plain_endpoint, self.plain = endpoint, data

    def failed(self, why: str) -> None:
        self.calls += 1
        self.why = why


class House(World):
    """A server: contexts by name, and what becomes of its connections."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.turns = Turns(self.engine)
        self.contexts: dict[str | None, ssl.SSLContext] = {}
        self.asked: list[str | None] = []
        self.default: ssl.SSLContext = server_context()

    @property
    def connections(self) -> list[Endpoint]:
        """All but the gate of the turns."""
        return [e for e in self.engine.table.values() if e.flow is not self.turns]

    def choose(self, name: str | None) -> ssl.SSLContext:
        self.asked.append(name)
        return self.contexts.get(name, self.default)

    def accept(self, stage: Stage | None = None) -> tuple[Owner, socket.socket]:
        near, far = self.pair()
        owner = Owner()
        endpoint = TlsEndpoint(self.engine, near, Nobody(), note=self.notes.append)
        Handshake(self.turns, endpoint, self.choose, owner, TIMEOUT, stage)
        return owner, far

    def connect(
        self,
        context: ssl.SSLContext | None = None,
        name: str | None = "a.example",
        session: ssl.SSLSession | None = None,
    ) -> tuple[Owner, Peer]:
        owner, far = self.accept()
        return owner, Peer(far, context or client_context(), name, session=session)

    def meet(self, owner: Owner, peer: Peer) -> Owner:
        """Until the owner is told something, or the client has failed."""
        is_done = False

        def is_over() -> bool:
            nonlocal is_done
            is_done = is_done or peer.step()
            return bool(owner.calls)

        self.until(is_over)
        return owner

    def end_somehow(self, owner: Owner, peer: Peer) -> None:
        """As ``meet``, and a client may fail first."""
        try:
            self.meet(owner, peer)
        except ssl.SSLError:
            self.until(lambda: owner.calls)

    def refuse(self, owner: Owner, peer: Peer) -> ssl.SSLError:
        """Until both know that it has failed; what the client was told."""
        told: list[ssl.SSLError] = []

        def is_over() -> bool:
            try:
                if not told and peer.step():
                    peer.read()
            except ssl.SSLError as failed:
                told.append(failed)
            return bool(owner.calls and told)

        self.until(is_over)
        assert owner.endpoint is None
        return told[0]


def shake(endpoint: TlsEndpoint, peer: Peer) -> None:
    """A whole handshake, past the engine."""
    while True:
        is_done = peer.step()
        if (endpoint.is_secured or endpoint.handshake()) and is_done:
            peer.read()  # tickets
            return
        wait_for(endpoint.sock, peer.sock)


def wait_readable(sock: socket.socket, count: int = 1) -> None:
    """Until so much has come, or the end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
    wait_for(sock)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)


def wait_for(*socks: socket.socket) -> None:
    """Until something has come by one of them."""
    poll = select.poll()
    for sock in socks:
        poll.register(sock, select.POLLIN)
    assert poll.poll(PATIENCE * 1000), "nothing comes"


def session_of(house: House, peer: Peer) -> ssl.SSLSession:
    """What the client may resume with."""
    if peer.tls.version() == "TLSv1.3":
        house.turn()
        peer.wait()
    peer.read()
    session = peer.tls.session
    assert session is not None
    return session
