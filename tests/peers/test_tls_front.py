"""TLS of vhosts, of real processes: what apache2 answers is what httpdlite answers; and what only a
server of several processes can show: renewed certificates, tickets, stalled handshakes.
"""

import os
import re
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from websockets.sync.client import connect

from tests.certificates import YEAR, Authority, Issued, self_signed
from tests.peers.application import running_application
from tests.peers.harness import (
    LOOPBACK,
    PATIENCE,
    Server,
    httpdlite_configuration,
    require_program,
    running_httpdlite,
    server_directory,
    unprivileged,
)
from tests.peers.live import Client, live_worker, reload, serving, wait_until
from tests.peers.secure import Both, both_running, client_context

pytestmark = pytest.mark.peer

DAY: Final = timedelta(days=1)
AUTHORITY: Final = Authority.create()
STRANGER: Final = Authority.create("Somebody else")
REVOKED: Final = AUTHORITY.client("revoked")
BELOW: Final = AUTHORITY.authority()
CLIENTS: Final = {
    "none": None,
    "good": AUTHORITY.client(),
    "expired": AUTHORITY.client("expired", since=-YEAR, until=-DAY),
    "not good yet": AUTHORITY.client("early", since=DAY, until=YEAR),
    "a server's": AUTHORITY.issue("client.test"),
    "revoked": REVOKED,
    "a stranger's": STRANGER.client(),
    "a stranger's of the same name": Authority.create().client(),
    "its own": self_signed("client.test"),
    "of an authority below": BELOW.client("below"),
}
VHOST: Final = """
<VirtualHost *:*>
ServerName {name}.test
SSLEngine on
SSLCertificateFile {root}/{certificate}.pem
SSLCertificateKeyFile {root}/{certificate}.key
{lines}
ProxyPass / http://{worker}/ upgrade=websocket
</VirtualHost>
"""
ASKING: Final = (
    "SSLVerifyClient {}\nSSLCACertificateFile {{root}}/ca.pem\n"
    "SSLCARevocationFile {{root}}/crl.pem\nSSLCARevocationCheck leaf\n"
)
VHOSTS: Final = {  # by name: certificate, more lines
    "a": ("a", ""),
    "same": ("a", ""),
    "b": ("b", ""),
    "strict": ("a", "SSLStrictSNIVHostCheck on\n"),
    "asking": ("a", ASKING.format("require")),
    "optional": ("a", ASKING.format("optional")),
    "new": ("a", "SSLProtocol TLSv1.3\n"),
    "old": ("a", "SSLProtocol TLSv1.2\nSSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256\n"),
}
PLAIN: Final = (
    "<VirtualHost *:*>\nServerName plain.test\nProxyPass / http://{worker}/\n</VirtualHost>\n"
)
HEAD: Final = "GET /x HTTP/1.{minor}\r\n{host}Connection: close\r\n\r\n"
VARIES: Final = re.compile(rb"(?:Date|Server|Via): [^\r]*\r\n")


def configuration(root: Path, port: int) -> str:
    """All vhosts, and the files that they name."""
    for name in "ab":
        AUTHORITY.issue(f"{name}.test").write(root, name)
    (root / "ca.pem").write_bytes(AUTHORITY.pem)
    (root / "crl.pem").write_bytes(AUTHORITY.revocations(REVOKED))
    where = f"{LOOPBACK}:{port}"
    text = "LogLevel ssl:info\n"
    for name, (certificate, more) in VHOSTS.items():
        lines = more.format(root=root)
        text += VHOST.format(
            name=name, certificate=certificate, lines=lines, root=root, worker=where
        )
    return text + PLAIN.format(worker=where)


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with both_running(configuration) as servers:
        yield servers


def context_of(
    folder: Path, certificate: Issued | None = None, version: ssl.TLSVersion | None = None
) -> ssl.SSLContext:
    shown = certificate.pem + certificate.key if certificate is not None else None
    return client_context(folder, shown, version, authority=AUTHORITY)


def exchange(
    server: Server, context: ssl.SSLContext, name: str | None, request: str
) -> tuple[str, bytes]:
    """Whose certificate it was, and the answer; else the alert."""
    try:
        with context.wrap_socket(server.connect(), server_hostname=name) as secure:
            seen: Any = secure.getpeercert()
            common = seen["subject"][0][0][1]
            secure.sendall(request.encode())
            answer = b""
            while data := secure.recv(65536):
                answer += data
    except ssl.SSLError as failed:
        return str(failed.reason), b""
    except ConnectionError:
        return "reset", b""
    return common, VARIES.sub(b"", answer)


def request_for(host: str, minor: int = 1) -> str:
    return HEAD.format(minor=minor, host=f"Host: {host}\r\n" if host else "")


NAMES: Final = [
    (sni, host)
    for sni in (None, "a", "same", "b", "strict", "plain", "new", "unknown")
    for host in ("a", "same", "b", "strict", "asking", "plain", "new", "unknown", "")
]


@pytest.mark.parametrize(("sni", "host"), NAMES)
def test_names_choose_the_certificate_and_the_vhost_as_in_apache(
    both: Both, sni: str | None, host: str
) -> None:
    context = context_of(both.folder)
    asked = request_for(f"{host}.test" if host else "")
    name = None if sni is None else f"{sni}.test"
    theirs, ours = (exchange(s, context, name, asked) for s in (both.apache, both.ours))
    assert ours == theirs
    assert ours[1]


def test_a_name_without_a_host_of_http_1_0(both: Both) -> None:
    context = context_of(both.folder)
    for sni in (None, "a.test"):
        asked = request_for("", 0)
        theirs, ours = (exchange(s, context, sni, asked) for s in (both.apache, both.ours))
        assert ours == theirs


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("vhost", ["asking", "optional"])
@pytest.mark.parametrize("shown", CLIENTS)
def test_client_certificates_count_as_in_apache(
    both: Both, vhost: str, shown: str, version: ssl.TLSVersion
) -> None:
    context = context_of(both.folder, CLIENTS[shown], version)
    name = f"{vhost}.test"
    asked = request_for(name)
    theirs, ours = (exchange(s, context, name, asked) for s in (both.apache, both.ours))
    assert ours == theirs
    assert bool(ours[1]) is (shown == "good" or (shown == "none" and vhost == "optional"))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("vhost", ["new", "old", "a"])
def test_versions_are_refused_as_in_apache(both: Both, vhost: str, version: ssl.TLSVersion) -> None:
    context = context_of(both.folder, version=version)
    name = f"{vhost}.test"
    asked = request_for(name)
    theirs, ours = (exchange(s, context, name, asked) for s in (both.apache, both.ours))
    assert ours == theirs


PLAINLY: Final = {
    "a request": b"GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "a piece of one": b"POST /x",
    "another method": b"DELETE /x HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "garbage": b"\x00\x01\x02\x03\r\n\r\n",
    "half a hello": b"\x16\x03\x01\x02\x00\x01\x00",
}


@pytest.mark.parametrize("sent", PLAINLY)
def test_what_is_no_tls_is_answered_as_by_apache(both: Both, sent: str) -> None:
    def answer(server: Server) -> bytes:
        with server.connect() as sock:
            sock.sendall(PLAINLY[sent])
            if sent == "half a hello":
                sock.shutdown(socket.SHUT_WR)
            found = b""
            try:
                while data := sock.recv(65536):
                    found += data
            except ConnectionResetError:
                found += b"reset"
        return VARIES.sub(b"", found)

    assert answer(both.ours) == answer(both.apache)


def test_the_logs_say_the_same(both: Both) -> None:
    context = context_of(both.folder)
    for server in (both.apache, both.ours):
        exchange(server, context, "a.test", request_for("b.test"))
        exchange(server, context, None, request_for("b.test"))
        exchange(server, context, None, request_for("strict.test"))
        exchange(server, context, "a.test", request_for(""))
        exchange(server, context, "a.test", request_for("", 0))
        with server.connect() as sock:
            sock.sendall(PLAINLY["a request"])
            while sock.recv(65536):
                pass

    def said(server: Server) -> set[str]:
        found = re.findall(r"(\[ssl:\w+\]).*?(AH0203[123].*|AH01996.*)", server.error_log)
        return {" ".join(words) for words in found}

    assert len(said(both.apache)) >= 5
    assert said(both.ours) >= {line for line in said(both.apache) if "AH02031" not in line}
    assert '"GET / HTTP/1.0" 400 402' in both.ours.access_log


@pytest.mark.parametrize("tool", ["openssl", "curl"])
def test_other_people_s_clients(both: Both, tool: str) -> None:
    program = require_program(tool)
    (both.folder / "authority.pem").write_bytes(AUTHORITY.pem)
    authority, port = str(both.folder / "authority.pem"), both.ours.port
    if tool == "curl":
        words = [program, "-sS", "--cacert", authority, "--resolve", f"b.test:{port}:{LOOPBACK}"]
        words.append(f"https://b.test:{port}/from-curl")
    else:
        words = [program, "s_client", "-connect", f"{LOOPBACK}:{port}", "-servername", "b.test"]
        words += ["-CAfile", authority, "-verify_hostname", "b.test", "-verify_return_error"]
        words += ["-quiet", "-alpn", "h2,http/1.1"]
    asked = "GET /from-curl HTTP/1.1\r\nHost: b.test\r\nConnection: close\r\n\r\n"
    done = subprocess.run(
        words, input=asked, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.stdout.endswith("/from-curl"), done


# --- several processes ----------------------------------------------------------------------------


class SecureClient(Client):
    """A client by TLS; ``serial`` is that of the certificate it was shown."""

    def __init__(
        self, server: Server, name: str = "a.test", session: ssl.SSLSession | None = None
    ) -> None:
        super().__init__(server.port)
        self.context = session_context() if session is None else session_context.last
        self.tls = self.secure(self.context, name, session)
        seen: Any = self.tls.getpeercert()
        self.serial = seen["serialNumber"]


class _Contexts:
    """A session can be resumed only with the context that it was made with."""

    last: ssl.SSLContext

    def __call__(self) -> ssl.SSLContext:
        self.last = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
        return self.last


session_context = _Contexts()


@contextmanager
def running(folder: Path, lines: str = "", vhost: str = "") -> Iterator[tuple[Server, str]]:
    """httpdlite with two children and one vhost; its configuration."""
    AUTHORITY.issue("a.test").write(folder, "a")
    with live_worker() as worker:
        where = f"{LOOPBACK}:{worker.port}"
        account = unprivileged()  # who may not read the key
        user = f"User #{account.pw_uid}\nGroup #{account.pw_gid}\n" if os.getuid() == 0 else ""
        text = f"{user}StartServers 2\nLogLevel info\n{lines}" + VHOST.format(
            name="a", certificate="a", lines=vhost, root=folder, worker=where
        )
        with running_httpdlite(text, children=True) as server:
            serving(server)
            yield server, text


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_directory() as made:
        yield made


def test_a_renewed_certificate_is_taken_over_under_a_live_tunnel(folder: Path) -> None:
    with running(folder) as (server, _):
        tunnel = SecureClient(server)
        tunnel.upgrade("/ws", "a.test")
        kept = SecureClient(server)
        assert kept.get("/1", "a.test") == (200, "/1")
        AUTHORITY.issue("a.test").write(folder, "a")
        reload(server)
        assert tunnel.echoes()
        assert kept.get("/2", "a.test") == (200, "/2")
        fresh = {SecureClient(server).serial for _ in range(8)}
        assert len(fresh) == 1
        assert tunnel.serial not in fresh


def test_a_plain_connection_ends_where_a_reload_brings_tls(folder: Path) -> None:
    with running(folder) as (server, text):
        httpdlite_configuration(server.root, server.port, text.replace("SSLEngine on", ""))
        reload(server)
        kept = Client(server.port)
        assert kept.get("/1", "a.test") == (200, "/1")
        httpdlite_configuration(server.root, server.port, text)
        reload(server)
        assert kept.is_ended()


def test_a_revoked_client_has_no_kept_connection(folder: Path) -> None:
    client = AUTHORITY.client("known")
    (folder / "ca.pem").write_bytes(AUTHORITY.pem)
    (folder / "crl.pem").write_bytes(AUTHORITY.revocations(REVOKED))
    asks = (
        f"SSLVerifyClient require\nSSLCACertificateFile {folder}/ca.pem\n"
        f"SSLCARevocationFile {folder}/crl.pem\nSSLCARevocationCheck leaf\n"
    )
    with running(folder, vhost=asks) as (server, _):
        kept = Client(server.port)
        kept.secure(context_of(folder, client), "a.test")
        assert kept.get("/1", "a.test") == (200, "/1")
        reload(server)
        assert kept.get("/2", "a.test") == (200, "/2")
        (folder / "crl.pem").write_bytes(AUTHORITY.revocations(REVOKED, client))
        reload(server)
        assert kept.get("/3", "a.test")[0] == 421


def test_a_certificate_that_cannot_be_used_keeps_the_one_of_before(folder: Path) -> None:
    with running(folder) as (server, _):
        before = SecureClient(server).serial
        (folder / "a.pem").write_bytes(AUTHORITY.issue("a.test").pem)  # to another key
        log = reload(server)
        assert "the configuration was not taken over" in log
        assert SecureClient(server).serial == before


def test_a_restart_and_children_that_are_replaced_have_the_new_certificate(folder: Path) -> None:
    with running(folder) as (server, _):
        before = SecureClient(server).serial
        AUTHORITY.issue("a.test").write(folder, "a")
        reload(server, signal.SIGHUP)
        found = {SecureClient(server).serial for _ in range(4)}
        assert len(found) == 1
        assert before not in found
        victims = [int(pid) for pid in serving(server)["children"]]
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        wait_until(
            lambda: not {int(pid) for pid in serving(server)["children"]} & set(victims),
            "others have taken their place",
        )
        assert {SecureClient(server).serial for _ in range(4)} == found


def test_the_websockets_library_through_tls(folder: Path) -> None:
    AUTHORITY.issue("a.test").write(folder, "a")
    with running_application() as application:
        text = VHOST.format(
            name="a", certificate="a", lines="", root=folder, worker=application.authority
        )
        with running_httpdlite(text, children=True) as server:
            context = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
            sock = server.connect()
            with connect("wss://a.test/echo", sock=sock, ssl=context, max_size=None) as client:
                for size in (0, 1, 125, 16384, 1 << 20):
                    client.send(b"m" * size)
                    assert client.recv() == b"m" * size
