"""Who the client is, behind other people's proxies: curl's and HAProxy's PROXY headers before plain
HTTP, TLS and tunnels; and the lines that apache2 and httpdlite write of the same requests.

A client is 127.0.0.5, HAProxy connects from 127.0.0.1: so it shows whose address is taken.
"""

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import pytest

from tests.certificates import Authority
from tests.peers.harness import (
    APACHE_MODULES,
    LOOPBACK,
    PATIENCE,
    Server,
    kill,
    require_program,
    reserved_port,
    running_apache,
    running_httpdlite,
    server_directory,
    start,
)
from tests.peers.live import Client, get, live_worker, reload, wait_until
from tests.peers.live import serving as serving_up

pytestmark = pytest.mark.peer

AUTHORITY: Final = Authority.create()
ISSUED: Final = AUTHORITY.issue("front.test")
CLIENT: Final = "127.0.0.5"
FORMAT: Final = '"%a %{c}a %h %{c}h %{remote}p %{remoteip-proxy-ip-list}n|%{X-F}i|%{X-By}i|%r|%>s"'
LOGGED: Final = f"""
LogLevel info
LogFormat {FORMAT} who
CustomLog who.log who
"""
ON: Final = f"""{LOGGED}
RemoteIPProxyProtocol On
ProxyPass / http://WORKER/ upgrade=websocket
"""
TLS: Final = """
SSLEngine on
SSLCertificateFile tls.pem
SSLCertificateKeyFile tls.key
"""
HAPROXY: Final = """\
global
    maxconn 100
defaults
    mode {mode}
    timeout connect 10s
    timeout client 10s
    timeout server 10s
frontend front
    bind 127.0.0.1:{port}
    default_backend back
backend back
{more}
    server only 127.0.0.1:{behind} {options}
"""


def who(server: Server) -> list[str]:
    """What the server has logged of clients."""
    path = server.root / "who.log"
    return path.read_text().splitlines() if path.exists() else []


@contextmanager
def haproxy(behind: int, options: str, *, mode: str = "tcp", more: str = "") -> Iterator[int]:
    """HAProxy in front of a port; its own."""
    program = require_program("haproxy")
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        port = stack.enter_context(reserved_port())
        text = HAPROXY.format(mode=mode, port=port, behind=behind, options=options, more=more)
        (root / "haproxy.cfg").write_text(text)
        server = start("haproxy", [program, "-db", "-f", str(root / "haproxy.cfg")], root, port)
        stack.callback(kill, server.process)
        yield port


@contextmanager
def serving(text: str, *, has_tls: bool = False) -> Iterator[Server]:
    """httpdlite, with a worker that answers with the target, and echoes in tunnels."""
    with live_worker() as worker, server_directory() as root:
        if has_tls:
            (root / "tls.pem").write_bytes(ISSUED.pem)
            (root / "tls.key").write_bytes(ISSUED.key)
            text += TLS.replace("tls.", f"{root}/tls.")
        with running_httpdlite(text.replace("WORKER", f"{LOOPBACK}:{worker.port}")) as server:
            yield server


def ask(port: int, *lines: str) -> socket.socket:
    """A request of the client's."""
    sock = socket.create_connection((LOOPBACK, port), PATIENCE, (CLIENT, 0))
    sock.sendall("\r\n".join([*lines, "Host: front.test", "", ""]).encode())
    return sock


def read_all(sock: socket.socket) -> bytes:
    found = b""
    with sock:
        while data := sock.recv(65536):
            found += data
    return found


@pytest.mark.parametrize("options", ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl-cn"])
def test_haproxy_in_front(options: str) -> None:
    with serving(ON) as server, haproxy(server.port, options) as port:
        answer = read_all(ask(port, "GET /x HTTP/1.1", "Connection: close"))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"/x")
        sock = ask(port, "GET /ws HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket")
        head = sock.recv(65536)
        assert head.startswith(b"HTTP/1.1 101 ")
        client_port = sock.getsockname()[1]
        sock.sendall(b"hello")
        assert sock.recv(65536) == b"hello"
        sock.close()
        lines = wait_until(lambda: len(who(server)) == 2 and who(server), "both are logged")
    for line in lines:
        assert line.startswith(f"{CLIENT} {LOOPBACK} {CLIENT} {LOOPBACK} ")
    assert f" {client_port} -|-|-|GET /ws HTTP/1.1|101" in lines[1]


@pytest.mark.parametrize("options", ["send-proxy", "send-proxy-v2"])
def test_haproxy_in_front_of_tls(options: str) -> None:
    both = f"{options} ssl verify none"
    with serving(ON, has_tls=True) as server, haproxy(server.port, both) as port:
        assert read_all(ask(port, "GET /x HTTP/1.1", "Connection: close")).endswith(b"/x")
        lines = wait_until(lambda: who(server), "it is logged")
    assert lines[0].startswith(f"{CLIENT} {LOOPBACK} ")


@pytest.mark.parametrize("options", ["send-proxy", "send-proxy-v2"])
def test_haproxy_checks_for_itself(options: str) -> None:
    checks = f"{options} check check-send-proxy inter 50ms"
    with serving(ON) as server:
        more = "    option httpchk GET /health\n    timeout check 10s"  # slow is not down
        with haproxy(server.port, checks, mode="http", more=more) as port:
            wait_until(lambda: who(server), "a check is logged")
            assert read_all(ask(port, "GET /x HTTP/1.1", "Connection: close")).endswith(b"/x")
            wait_until(lambda: any("/x" in line for line in who(server)), "it is logged")
        assert who(server)[0].startswith(f"{LOOPBACK} {LOOPBACK} ")
        assert next(line for line in who(server) if "/x" in line).startswith(f"{CLIENT} ")


@pytest.mark.parametrize("has_tls", [False, True])
def test_curl(has_tls: bool) -> None:
    program = require_program("curl")
    with serving(ON, has_tls=has_tls) as server:
        url = f"http{'s' if has_tls else ''}://{LOOPBACK}:{server.port}/x"
        command = [program, "--silent", "--insecure", "--max-time", "20", url]
        plain = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE)
        assert plain.returncode
        assert not plain.stdout
        done = subprocess.run(
            [*command, "--haproxy-protocol", "--interface", CLIENT],
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.stdout == b"/x"
        assert "AH03496" in server.error_log
        lines = wait_until(lambda: who(server), "it is logged")
    assert lines[0].startswith(f"{CLIENT} {CLIENT} ")


def test_a_reload_turns_it_on() -> None:
    off = ON.replace("Protocol On", "Protocol Off")
    with live_worker() as worker, reserved_port() as port:
        text = off.replace("WORKER", f"{LOOPBACK}:{worker.port}")
        with running_httpdlite(text, port, children=True) as server:
            serving_up(server)
            kept = Client(port)
            assert kept.get("/1") == (200, "/1")
            conf = server.root / "httpd.conf"
            conf.write_text(conf.read_text().replace("Protocol Off", "Protocol On"))
            reload(server)
            assert kept.get("/2") == (200, "/2")
            with pytest.raises(ConnectionError):
                get(server, "/3")
            new = Client(port)
            new.sock.sendall(b"PROXY TCP4 8.8.8.8 9.9.9.9 1234 80\r\n")
            assert new.get("/4") == (200, "/4")
            lines = wait_until(lambda: len(who(server)) == 3 and who(server), "all are logged")
    assert [line.split(" ", 1)[0] for line in lines] == [LOOPBACK, LOOPBACK, "8.8.8.8"]


# --- the lines of both servers --------------------------------------------------------------------

BY_FIELD: Final = f"""{LOGGED}
RemoteIPHeader X-F
RemoteIPProxiesHeader X-By
RemoteIPInternalProxy 127.0.0.1
RemoteIPTrustedProxy 127.0.0.5 203.0.113.0/24
LogLevel remoteip:trace1
ErrorLogFormat "%m:%l %a %{{c}}a %M"
<Location /nobody>
  Require ip 7.7.7.7
</Location>
ProxyPass / http://WORKER/
"""
SENT: Final = (
    *("", "X-F: 8.8.8.8", "X-F: 8.8.8.8, 203.0.113.1", "X-F: 10.0.0.1, 203.0.113.1", "X-F: a b"),
    *("X-F: 1.1.1.1, 8.8.8.8", "X-F: 2001:db8::1", "X-F: 10.0.0.1"),
)
MODULES: Final = "".join(
    f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so\n"
    for name in ("remoteip", "authz_host")
)


def lines_of(server: Server) -> list[str]:
    """The logs after the requests, ports of connections left out."""
    for source in (LOOPBACK, CLIENT):
        for target in ("/x", "/nobody"):
            for field in SENT:
                sock = socket.create_connection((LOOPBACK, server.port), PATIENCE, (source, 0))
                lines = (f"GET {target} HTTP/1.1", "Host: a.test", "Connection: close", field)
                sock.sendall("\r\n".join([*filter(None, lines), "", ""]).encode())
                read_all(sock)
    count = 4 * len(SENT)
    wait_until(lambda: len(who(server)) == count, "all are logged")
    errors = [line for line in server.error_log.splitlines() if "client denied" in line]
    found = [*who(server), *(line.partition(", referer")[0] for line in errors)]
    return [re.sub(r"\b[0-9]{5}\b", "PORT", line) for line in found]


def test_both_servers_log_the_same() -> None:
    with live_worker() as worker:
        text = BY_FIELD.replace("WORKER", f"{LOOPBACK}:{worker.port}")
        with running_apache(MODULES + text) as apache:
            theirs = [line.replace(str(apache.root), "") for line in lines_of(apache)]
        with running_httpdlite(text) as ours:
            assert [line.replace(str(ours.root), "") for line in lines_of(ours)] == theirs
    assert len(theirs) > 4 * len(SENT) + 10
