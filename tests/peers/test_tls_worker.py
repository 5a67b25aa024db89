"""Workers of https:// and wss:// beside the real apache2: the same configuration and the same
workers, and what clients, workers and error logs see is the same.
"""

import os
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.certificates import Authority, Issued
from tests.peers.harness import (
    APACHE_MODULES,
    LOOPBACK,
    PATIENCE,
    Server,
    reserved_port,
    running_apache,
    running_httpdlite,
    server_directory,
    unprivileged,
)
from tests.peers.live import reload, serving

pytestmark = pytest.mark.peer

AUTHORITY: Final = Authority.create()
STRANGER: Final = Authority.create("another CA")
GOOD: Final = AUTHORITY.issue("localhost", "a.example", "preserved")
ISSUED: Final[dict[str, Issued]] = {
    "good": GOOD,
    "expired": AUTHORITY.expired("localhost"),
    "not-yet": AUTHORITY.not_yet("localhost"),
    "wrong": AUTHORITY.issue("somebody-else.example"),
    "wildcard": AUTHORITY.issue("*.example"),
    "address": AUTHORITY.issue(LOOPBACK, common_name="x"),
    "stranger": STRANGER.issue("localhost"),
}
OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SWITCH: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
)
UPGRADE: Final = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
)
VERIFY: Final = "SSLProxyVerify require\nSSLProxyCACertificateFile {root}/ca.pem\n"
SEEN_IN_LOG: Final = frozenset(
    (
        "AH02003 AH02004 AH02005 AH02411 AH01084 AH00898 AH01097 AH01102 AH01110 AH00957 AH01114"
    ).split()
)
SAME_HERE: Final = {"AH02005": "AH02411"}
"""A wrong CN is a wrong name: they are looked at together."""
_CODE: Final = re.compile(r"AH\d{5}")


@dataclass(frozen=True, slots=True)
class Case:
    """A request by way of one vhost, whose name it has, to one kind of worker."""

    name: str
    worker: str
    text: str = ""
    scheme: str = "https"
    host: str = "localhost"

    @property
    def request(self) -> bytes:
        more = UPGRADE if self.scheme == "wss" else ""
        return f"GET /x HTTP/1.1\r\nHost: {self.name}\r\n{more}\r\n".encode()


WITHOUT_HTTP: Final = "ProxyWebsocketFallbackToProxyHttp Off\n"
CASES: Final = (
    Case("not-verified", "good"),
    Case("verified", "good", VERIFY),
    Case("a-stranger", "stranger"),
    Case("a-stranger-verified", "stranger", VERIFY),
    Case("expired", "expired"),
    Case("expired-and-taken", "expired", "SSLProxyCheckPeerExpire off\n"),
    Case("expired-verified", "expired", VERIFY + "SSLProxyCheckPeerExpire off\n"),
    Case("not-yet", "not-yet"),
    Case("wrong-name", "wrong"),
    Case("wrong-name-and-taken", "wrong", "SSLProxyCheckPeerName off\n"),
    Case("by-cn", "wrong", "SSLProxyCheckPeerName off\nSSLProxyCheckPeerCN on\n"),
    Case("by-wildcard.example", "wildcard", "ProxyPreserveHost On\n"),
    Case("an-address", "address", host=LOOPBACK),
    Case("an-address-and-taken", "address", "SSLProxyCheckPeerName off\n", host=LOOPBACK),
    Case("preserved", "good", "ProxyPreserveHost On\n"),
    Case("not-preserved", "good", "ProxyPreserveHost On\n"),
    Case("tls-1-2", "good", "SSLProxyProtocol TLSv1.2\n"),
    Case("tls-1-3-alone", "old", "SSLProxyProtocol -all +TLSv1.3\n"),
    Case("no-cipher-in-common", "old", "SSLProxyCipherSuite AES256-SHA\n"),
    Case("certificate-not-shown", "asks"),
    Case("certificate-shown", "asks", "SSLProxyMachineCertificateFile {root}/machine.pem\n"),
    Case("no-tls", "plain"),
    Case("no-tls-wss", "plain", scheme="wss"),
    Case("no-tls-wss-without-http", "plain", WITHOUT_HTTP, scheme="wss"),
    Case("wrong-name-wss", "wrong", scheme="wss"),
    Case("wrong-name-wss-without-http", "wrong", WITHOUT_HTTP, scheme="wss"),
    Case("silent", "silent", "ProxyTimeout 1\n"),
    Case("closes", "closes"),
    Case("closes-afterwards", "mute"),
    Case("too-short", "length"),
    Case("nobody", "nobody"),
    Case("nobody-wss", "nobody", WITHOUT_HTTP, scheme="wss"),
    Case("a-tunnel", "tunnel", scheme="wss"),
)


# --- workers --------------------------------------------------------------------------------------


@dataclass
class TlsWorker:
    """Listens; TLS with this certificate, if there is one. ``seen``: server names and requests."""

    serve: Callable[["TlsWorker", socket.socket], None]
    context: ssl.SSLContext | None = None
    seen: list[object] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        if self.context is not None:
            self.context.sni_callback = lambda _, name, __: self.seen.append(name)
        with socket.create_server((LOOPBACK, 0)) as listener:
            self.port = listener.getsockname()[1]
            thread = threading.Thread(target=self._accept, args=(listener,), daemon=True)
            thread.start()
            yield
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        with suppress(OSError), connection:
            if self.context is None:
                self.serve(self, connection)
                return
            with self.context.wrap_socket(connection, server_side=True) as secure:
                self.serve(self, secure)


def head_of(sock: socket.socket) -> bytes:
    found = b""
    while b"\r\n\r\n" not in found:
        data = sock.recv(4096)
        if not data:
            break
        found += data
    return found


def answer(worker: TlsWorker, sock: socket.socket) -> None:
    while head := head_of(sock):
        worker.seen.append(re.sub(rb":\d+", b":port", head.split(b"\r\nX-")[0]))
        if isinstance(sock, ssl.SSLSocket) and sock.getpeercert():
            worker.seen.append("a certificate")
        sock.sendall(OK)


def answer_in_the_clear(worker: TlsWorker, sock: socket.socket) -> None:
    sock.recv(10)
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    all_of(sock)


def say_nothing(worker: TlsWorker, sock: socket.socket) -> None:
    all_of(sock)


def close(worker: TlsWorker, sock: socket.socket) -> None:
    sock.recv(10)


def close_afterwards(worker: TlsWorker, sock: socket.socket) -> None:
    head_of(sock)


def fall_short(worker: TlsWorker, sock: socket.socket) -> None:
    head_of(sock)
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")


def echo(worker: TlsWorker, sock: socket.socket) -> None:
    head_of(sock)
    sock.sendall(SWITCH + b"first")
    while data := sock.recv(65536):
        sock.sendall(data)


def all_of(sock: socket.socket) -> bytes:
    found = bytearray()
    with suppress(ConnectionError):
        while data := sock.recv(65536):
            found += data
    return bytes(found)


def context_of(folder: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    files = ISSUED[name].write(folder, name)
    context.load_cert_chain(files.certificate, files.key)
    return context


def workers_in(folder: Path) -> dict[str, TlsWorker]:
    found = {name: TlsWorker(answer, context_of(folder, name)) for name in ISSUED}
    old, asks = context_of(folder, "good"), context_of(folder, "good")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    asks.verify_mode = ssl.CERT_REQUIRED
    asks.load_verify_locations(cadata=AUTHORITY.pem.decode())
    return found | {
        "old": TlsWorker(answer, old),
        "asks": TlsWorker(answer, asks),
        "plain": TlsWorker(answer_in_the_clear),
        "silent": TlsWorker(say_nothing),
        "closes": TlsWorker(close),
        "mute": TlsWorker(close_afterwards, context_of(folder, "good")),
        "length": TlsWorker(fall_short, context_of(folder, "good")),
        "tunnel": TlsWorker(echo, context_of(folder, "good")),
    }


# --- servers --------------------------------------------------------------------------------------


@dataclass
class House:
    """Both servers with the same workers."""

    apache: Server
    ours: Server
    workers: dict[str, TlsWorker]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with ExitStack() as stack:
        folder = stack.enter_context(server_directory())
        machine = AUTHORITY.client("the proxy")
        (folder / "ca.pem").write_bytes(AUTHORITY.pem)
        (folder / "machine.pem").write_bytes(machine.pem + machine.key)
        (folder / "machine.pem").chmod(0o600)
        workers = workers_in(folder)
        for one in workers.values():
            stack.enter_context(one.running())
        nobody = stack.enter_context(reserved_port())
        servers = []
        module = f"LoadModule ssl_module {APACHE_MODULES}/mod_ssl.so\n"
        for running, loaded in ((running_apache, module), (running_httpdlite, "")):
            port = stack.enter_context(reserved_port())
            text = f"{loaded}LogLevel info\n"
            for case in CASES:
                to = nobody if case.worker == "nobody" else workers[case.worker].port
                text += (
                    f"<VirtualHost {LOOPBACK}:{port}>\nServerName {case.name}\nSSLProxyEngine On\n"
                    f"{case.text.format(root=folder)}"
                    f"ProxyPass / {case.scheme}://{case.host}:{to}/\n</VirtualHost>\n"
                )
            servers.append(stack.enter_context(running(text, port)))
        yield House(servers[0], servers[1], workers)


def seen_with(server: Server, case: Case, worker: TlsWorker | None) -> list[object]:
    """Of one request: what the client got, what the worker saw, what the log says."""
    logged = len(server.error_log)
    if worker is not None:
        worker.seen.clear()
    with server.connect() as client:
        client.sendall(case.request)
        head = head_of(client)
        if head.startswith(b"HTTP/1.1 101"):
            body = tunnel_through(client)
        else:
            head, _, body = head.partition(b"\r\n\r\n")
            body += rest_of(client, head, body)
    status = head.split(b"\r\n")[0]
    closes = b"\r\nConnection: close" in head
    shown = re.sub(rb"\d+", b"N", re.sub(rb"\s+", b" ", body))
    codes = [code for code in _CODE.findall(server.error_log[logged:]) if code in SEEN_IN_LOG]
    codes = [SAME_HERE.get(code, code) for code in codes]
    return [status, closes, shown, list(worker.seen) if worker is not None else [], codes]


def rest_of(client: socket.socket, head: bytes, body: bytes) -> bytes:
    length = re.search(rb"\r\nContent-Length: (\d+)", head)
    wanted = int(length[1]) if length else 1 << 30
    found = b""
    while len(body) + len(found) < wanted:
        data = client.recv(65536)
        if not data:
            break
        found += data
    return found


def tunnel_through(client: socket.socket) -> bytes:
    """What an echo makes of 100 KiB."""
    data = bytes(range(256)) * 400
    sender = threading.Thread(target=client.sendall, args=(data,))
    sender.start()
    found = b""
    while len(found) < len(data):
        found += client.recv(65536)
    sender.join(PATIENCE)
    client.shutdown(socket.SHUT_WR)
    return b"the same" if (found + all_of(client)).endswith(data) else b"something else"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_worker(house: House, case: Case) -> None:
    worker = house.workers.get(case.worker)
    left = TRIES if case.name in RACES else 1
    wanted, ours = seen_with(house.apache, case, worker), seen_with(house.ours, case, worker)
    while ours != wanted and (left := left - 1):
        wanted, ours = seen_with(house.apache, case, worker), seen_with(house.ours, case, worker)
    assert ours == wanted


RACES: Final = frozenset({"certificate-not-shown"})
"""With TLS 1.3 the worker's refusal comes after the handshake: before the request has been written,
or afterwards, which is chance with both servers, and another answer.
"""
TRIES: Final = 25


@pytest.mark.skipif(os.getuid() != 0, reason="children can change their user as root only")
def test_children_show_a_certificate_whose_key_they_cannot_read() -> None:
    user = unprivileged()
    with ExitStack() as stack:
        folder = stack.enter_context(server_directory())
        machine = AUTHORITY.client("the proxy")
        path = folder / "machine.pem"
        path.write_bytes(machine.pem + machine.key)
        path.chmod(0o600)
        worker = workers_in(folder)["asks"]
        stack.enter_context(worker.running())
        text = (
            f"User #{user.pw_uid}\nGroup #{user.pw_gid}\nSSLProxyEngine On\n"
            f"SSLProxyMachineCertificateFile {path}\n"
            f"ProxyPass / https://localhost:{worker.port}/\n"
        )
        server = stack.enter_context(running_httpdlite(text, children=True))
        seen = seen_with(server, Case("any", "asks"), worker)
        assert seen[0] == b"HTTP/1.1 200 OK"
        assert worker.seen[-1] == "a certificate"


def test_a_reload_takes_over_what_is_in_the_files() -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(server_directory())
        authorities = folder / "ca.pem"
        authorities.write_bytes(STRANGER.pem)
        worker = workers_in(folder)["good"]
        stack.enter_context(worker.running())
        text = (
            "StartServers 1\nLogLevel info\nSSLProxyEngine On\n"
            + VERIFY.format(root=folder)
            + f"ProxyPass / https://localhost:{worker.port}/\n"
        )
        server = stack.enter_context(running_httpdlite(text, children=True))
        serving(server)
        case = Case("any", "good")
        for trusted, status in ((STRANGER, 500), (AUTHORITY, 200), (STRANGER, 500)):
            authorities.write_bytes(trusted.pem)
            assert "not taken over" not in reload(server)
            seen = seen_with(server, case, worker)
            assert str(seen[0]).split()[1] == str(status)


def test_a_reason_is_in_the_log_at_its_usual_level(house: House) -> None:
    case = next(case for case in CASES if case.name == "no-tls-wss")
    seen_with(house.ours, case, None)
    told = [line for line in house.ours.error_log.splitlines() if "AH01084" in line]
    assert "[proxy:error]" in told[-1]
    assert "does not speak TLS here" in told[-1]
