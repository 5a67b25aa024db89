"""Bad input of every kind, at the level of the process: Apache's status or message, no traceback.

Three kinds: configurations that must not start (held against the real httpd's own words), clients
and workers that send rubbish. The rubbish arrives while a tunnel and a keep-alive connection are
open, and neither may notice.
"""

import os
import re
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.peers.harness import (
    APACHE_MODULES,
    LOOPBACK,
    Ended,
    Server,
    httpdlite_command,
    require_program,
    reserved_port,
    run_to_end,
    running_apache,
    running_httpdlite,
    server_directory,
    unprivileged,
)
from tests.peers.messages import Wire
from tests.peers.recorder import Recorder, say

# --- configurations that must not start ----------------------------------------------------------

BAD_CONFIGURATIONS = {
    "unknown directive": "ProxyPas / http://127.0.0.1:9/\n",
    "wrong arity": "ProxyPreserveHost\n",
    "too many words": "ServerName a b\n",
    "not a flag": "ProxyPreserveHost Maybe\n",
    "wrong context": '<Location "/">\nListen 8080\n</Location>\n',
    "unclosed section": '<Location "/">\nProxyPass "http://127.0.0.1:9/"\n',
    "wrong closing tag": '<Location "/">\n</VirtualHost>\n',
    "closing tag alone": "</Location>\n",
    "missing include": "Include nowhere.conf\n",
    "no match for a wildcard": "Include nowhere/*.conf\n",
    "bad worker URL": "ProxyPass / http://127.0.0.1:port/\n",
    "bad worker parameter": "ProxyPass / http://127.0.0.1:9/ timeout=0\n",
    "unknown worker parameter": "ProxyPass / http://127.0.0.1:9/ nonsense=1\n",
    "bad regex": "ProxyPassMatch ^/( http://127.0.0.1:9/\n",
    "vhost within a vhost": "<VirtualHost *>\n<VirtualHost *>\n</VirtualHost>\n</VirtualHost>\n",
    "bad port": "Listen 99999\n",
    "bad user": "User nobody-of-this-name\n",
}

BARE = """\
ServerRoot "{root}"
PidFile "{root}/pid"
ErrorLog "{root}/error.log"
ServerName front.test
"""


def both_refuse(root: Path, body: str, prefix: Sequence[str] = ()) -> None:
    """Neither server starts with this configuration, and both say the same."""
    theirs = start_apache(root, body, prefix)
    ours = start_httpdlite(root, body, prefix)
    assert theirs.status == 1, theirs.stderr
    assert "Traceback" not in ours.stdout + ours.stderr
    expected = said(theirs)
    assert said(ours)[: len(expected)] == expected
    assert ours.status == 1
    assert ours.stdout == ""


def start_apache(root: Path, body: str, prefix: Sequence[str] = ()) -> Ended:
    loaded = [
        word
        for name in ("mpm_event", "authz_core", "proxy", "proxy_http", "proxy_wstunnel")
        for word in ("-C", f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so")
    ]
    user = f"User #{unprivileged().pw_uid}" if os.getuid() == 0 else ""
    command = [*prefix, require_program("apache2"), "-DFOREGROUND", *loaded, "-c", user]
    return run_to_end([*command, "-f", str(written(root, body))], root)


def start_httpdlite(root: Path, body: str, prefix: Sequence[str] = ()) -> Ended:
    return run_to_end([*prefix, *httpdlite_command("-f", str(written(root, body)))], root)


def written(root: Path, body: str) -> Path:
    conf = root / "httpd.conf"
    conf.write_text(BARE.format(root=root) + body)
    return conf


HELP = re.compile(r"((?:takes|requires) .*arguments?),.*")  # after the comma each has its own words


def said(ended: Ended) -> list[str]:
    """What was printed, without timestamps' lines, and by whatever program."""
    lines = [line for line in ended.stderr.splitlines() if not line.startswith("[")]
    lines = [HELP.sub(r"\1", line) for line in lines]
    return [re.sub(r"\b(apache2|httpdlite)(?=: )", "httpd", line) for line in lines]


@pytest.mark.peer
@pytest.mark.parametrize("body", BAD_CONFIGURATIONS.values(), ids=BAD_CONFIGURATIONS.keys())
def test_bad_configuration(body: str) -> None:
    with server_directory() as root, reserved_port() as port:
        both_refuse(root, f"{body}Listen {LOOPBACK}:{port}\n")


@pytest.mark.peer
def test_no_listen() -> None:
    with server_directory() as root:
        both_refuse(root, "")


@pytest.mark.peer
def test_port_in_use() -> None:
    with server_directory() as root, socket.create_server((LOOPBACK, 0)) as other:
        both_refuse(root, f"Listen {LOOPBACK}:{other.getsockname()[1]}\n")


@pytest.mark.peer
def test_low_port_without_permission() -> None:
    first_free = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()
    if int(first_free) <= 80:
        pytest.skip("everyone may listen on port 80 here")
    with server_directory() as root:
        both_refuse(root, f"Listen {LOOPBACK}:80\n", without("net_bind_service"))


@pytest.mark.peer
@pytest.mark.parametrize("included", [False, True], ids=["the file", "an included file"])
def test_unreadable_file(included: bool) -> None:
    with server_directory() as root:
        secret = root / "secret.conf"
        secret.write_text("Listen 8080\n")
        secret.chmod(0)
        if os.getuid() == 0:
            os.chown(secret, unprivileged().pw_uid, -1)
        prefix = without("dac_override", "dac_read_search")
        if included:
            both_refuse(root, 'Include "secret.conf"\n', prefix)
            return
        theirs = run_to_end([*prefix, require_program("apache2"), "-f", str(secret)], root)
        ours = run_to_end([*prefix, *httpdlite_command("-f", str(secret))], root)
        assert (said(ours), ours.status) == (said(theirs), theirs.status)
        assert ours.status == 1


def without(*capabilities: str) -> list[str]:
    """A command's prefix that takes privileges from root; nothing for anyone else."""
    if os.getuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root, and no setpriv to give privileges up")
    minus = ",".join(f"-{name}" for name in capabilities)
    return ["setpriv", f"--bounding-set={minus}", f"--inh-caps={minus}"]


# --- clients and workers that send rubbish ----------------------------------------------------

HOST = b"Host: a.test\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST
POST = b"POST / HTTP/1.1\r\n" + HOST

CLIENT_RUBBISH: dict[str, tuple[bytes, int]] = {
    "bare LF": (b"GET / HTTP/1.1\nHost: a.test\n\n", 400),
    "only LF": (b"\n\n\n\n", 400),
    "blank before the colon": (b"GET / HTTP/1.1\r\nHost : a.test\r\n\r\n", 400),
    "field without a colon": (GET + b"rubbish\r\n\r\n", 400),
    "control character": (GET + b"X: a\x01b\r\n\r\n", 400),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (GET + b"Host: b.test\r\n\r\n", 400),
    "bad Host": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "two blanks": (b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "protocol in lower case": (b"GET / http/1.1\r\n" + HOST + b"\r\n", 400),
    "negative length": (POST + b"Content-Length: -1\r\n\r\n", 400),
    "length in words": (POST + b"Content-Length: x\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
    "unknown coding": (POST + b"Transfer-Encoding: gzip\r\n\r\n", 400),
    "coded twice": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 500),
    "bad chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    "unknown expectation": (POST + b"Expect: wonders\r\nContent-Length: 0\r\n\r\n", 417),
    "NUL in the path": (b"GET /%00 HTTP/1.1\r\n" + HOST + b"\r\n", 404),
    "slash in a segment": (b"GET /a%2Fb HTTP/1.1\r\n" + HOST + b"\r\n", 404),
    "bad escape": (b"GET /%zz HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "above the root": (b"GET /../x HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "fragment": (b"GET /a#b HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "no path": (b"GET x HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "asterisk": (b"GET * HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "long request line": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "long field": (GET + b"X: " + b"a" * 9000 + b"\r\n\r\n", 400),
    "many fields": (GET + b"X: a\r\n" * 101 + b"\r\n", 400),
    "CONNECT to a path": (b"CONNECT / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "TLS": (bytes.fromhex("16030100a5010000a10303") + bytes(range(150)) + b"\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "one word": (b"hello\r\n\r\n", 400),
    "too many empty lines": (b"\r\n" * 11 + GET + b"\r\n", 400),
    "bytes of every kind": (bytes(range(256)) * 40, 400),
}

CLIENT_SILENCE = {
    "nothing": b"",
    "empty lines": b"\r\n\r\n\r\n",
    "half a request line": b"GET / HT",
    "some TLS": bytes.fromhex("16030100a5"),
}
"""What a client may send and then end its side; the answer is the end."""

OK = b"HTTP/1.1 200 OK\r\n"
WORKER_RUBBISH: dict[str, tuple[bytes, int]] = {
    "closes": (b"", 502),
    "bytes of every kind": (bytes(range(256)), 502),
    "half a status": (b"HTTP/1.1 2", 502),
    "half a head": (OK + b"Content-Le", 502),
    "field without a colon": (OK + b"rubbish\r\n\r\n", 502),
    "blank in a name": (OK + b"X Y: z\r\n\r\n", 500),
    "bad name": (OK + b"X@Y: z\r\n\r\n", 500),
    "control character": (OK + b"X: a\x01b\r\n\r\n", 500),
    "unasked 101": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", 502),
    "long field": (OK + b"X: " + b"a" * 9000 + b"\r\n\r\n", 502),
    "HTTP/3": (b"HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n", 502),
    "length in words": (OK + b"Content-Length: x\r\n\r\nabc", 502),
    "negative length": (OK + b"Content-Length: -5\r\n\r\nabc", 502),
    "bad chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 502),
}

OLD_WAYS = {
    "one word": b"rubbish\r\n\r\n",
    "status of two digits": b"HTTP/1.1 99 X\r\n\r\n",
    "status in words": b"HTTP/1.1 abc X\r\n\r\n",
}
"""httpd takes these for an HTTP/0.9 response and passes them on with 200; httpdlite says 502."""

HANDSHAKE = (
    b"GET /tunnel HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def path_of(name: str) -> str:
    return "/rubbish/" + name.replace(" ", "-")


class Stage:
    """A server with good and bad workers, and two connections that must not notice anything."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.tunnel = Wire(server.connect())
        self.tunnel.send(HANDSHAKE)
        assert self.tunnel.receive_response().status == 101
        self.kept = Wire(server.connect())

    def ask(self, data: bytes, *, end: bool = False) -> bytes:
        """Everything the server answers to a client that sends `data`, up to the end."""
        with self.server.connect() as sock:
            with suppress(ConnectionError):  # it may have answered and closed before the last byte
                sock.sendall(data)
                if end:
                    sock.shutdown(socket.SHUT_WR)
            return head_of_answer(Wire(sock))

    def get(self, path: str) -> int:
        """The status of a request on a connection of its own."""
        return status_of(self.ask(f"GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode()))

    def assert_nobody_else_noticed(self) -> None:
        """The tunnel still echoes, and the keep-alive connection is still answered."""
        self.tunnel.send(b"still here")
        assert self.tunnel.receive_exactly(10) == b"still here"
        self.kept.send(GET + b"\r\n")
        assert self.kept.receive_response().status == 200

    def close(self) -> None:
        self.tunnel.sock.close()
        self.kept.sock.close()


def head_of_answer(wire: Wire) -> bytes:
    with suppress(ConnectionResetError):
        return wire.receive_until(b"\r\n") or b""
    return wire.rest


def status_of(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1.1 "), answer
    return int(answer.split(b" ")[1])


@contextmanager
def staged(name: str) -> Iterator[Stage]:
    running = running_httpdlite if name == "httpdlite" else running_apache
    with ExitStack() as stack:
        rules = "KeepAliveTimeout 60\nMaxKeepAliveRequests 0\n"
        answers = {name: data for name, (data, _) in WORKER_RUBBISH.items()}
        for rubbish, data in {**answers, **OLD_WAYS}.items():
            worker = stack.enter_context(Recorder(say(data)))
            rules += f'ProxyPass "{path_of(rubbish)}" "http://{worker.authority}/"\n'
        down = stack.enter_context(reserved_port())
        good = stack.enter_context(Recorder())
        rules += f'ProxyPass "/down" "http://{LOOPBACK}:{down}/"\n'
        rules += 'ProxyPass "/socket" "unix:/nowhere.sock|http://a.test/"\n'
        rules += f'ProxyPass "/tunnel-down" "ws://{LOOPBACK}:{down}/"\n'
        rules += f'ProxyPass "/tunnel" "ws://{good.authority}/"\n'
        rules += f'ProxyPass "/" "http://{good.authority}/"\n'
        server = stack.enter_context(running(rules))
        stage = Stage(server)
        stack.callback(stage.close)
        yield stage
        assert "Traceback" not in server.error_log + server.output


@pytest.fixture(scope="module", params=["apache2", "httpdlite"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with staged(str(request.param)) as found:
        yield found


@pytest.mark.parametrize("name", CLIENT_RUBBISH)
def test_client_sends_rubbish(stage: Stage, name: str) -> None:
    data, status = CLIENT_RUBBISH[name]
    assert status_of(stage.ask(data)) == status
    stage.assert_nobody_else_noticed()


def test_some_empty_lines_before_a_request_pass(stage: Stage) -> None:
    assert status_of(stage.ask(b"\r\n" * 10 + GET + b"\r\n")) == 200


@pytest.mark.parametrize("name", CLIENT_SILENCE)
def test_client_ends_without_a_request(stage: Stage, name: str) -> None:
    assert stage.ask(CLIENT_SILENCE[name], end=True) == b""
    stage.assert_nobody_else_noticed()


@pytest.mark.parametrize("name", WORKER_RUBBISH)
def test_worker_answers_rubbish(stage: Stage, name: str) -> None:
    assert stage.get(path_of(name)) == WORKER_RUBBISH[name][1]
    stage.assert_nobody_else_noticed()


@pytest.mark.parametrize("name", OLD_WAYS)
def test_worker_answers_in_no_known_protocol(stage: Stage, name: str) -> None:
    assert stage.get(path_of(name)) == (200 if stage.server.name == "apache2" else 502)
    stage.assert_nobody_else_noticed()


@pytest.mark.parametrize("path", ["/down", "/socket"])
def test_worker_is_down(stage: Stage, path: str) -> None:
    assert stage.get(path) == 503
    assert "attempt to connect to" in stage.server.error_log
    stage.assert_nobody_else_noticed()


def test_worker_of_a_tunnel_is_down(stage: Stage) -> None:
    request = HANDSHAKE.replace(b"/tunnel", b"/tunnel-down")
    assert status_of(stage.ask(request)) == 503
    stage.assert_nobody_else_noticed()


def test_worker_of_a_tunnel_answers_rubbish(stage: Stage) -> None:
    request = HANDSHAKE.replace(b"/tunnel", path_of("bytes of every kind").encode())
    assert status_of(stage.ask(request)) == 502
    stage.assert_nobody_else_noticed()
