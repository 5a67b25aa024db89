"""What only httpdlite logs: notes of tunnels, a line when they begin, lines in JSON."""

import json
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.peers.harness import LOOPBACK, PATIENCE, reserved_port, running_httpdlite

CONFIGURATION = """
LogFormat "%{httpdlite-tunnel}n %{httpdlite-tunnel-reason}n %{httpdlite-tunnel-side}n \
%{httpdlite-tunnel-client-bytes}n %{httpdlite-tunnel-worker-bytes}n" tunnels
CustomLog tunnels.log tunnels
CustomLog lines.json json
<IfModule httpdlite_module>
    HttpdliteJsonLogFormat json method=%m status=%>s bytes=%b agent=%{User-Agent}i \
        event=%{httpdlite-tunnel}n "line=<%r>"
    <Location />
        HttpdliteLogTunnelStart On
    </Location>
</IfModule>
ProxyPass / http://WORKER/ upgrade=websocket
"""
SWITCH = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"


def work(listener: socket.socket) -> None:
    """Two connections: one switches and gives five bytes for three, the other answers."""
    for _ in range(2):
        sock, _ = listener.accept()
        with sock, suppress(OSError):
            head = sock.recv(65536)
            if b"websocket" in head:
                sock.sendall(SWITCH)
                assert sock.recv(100) == b"abc"
                sock.sendall(b"12345")
                sock.recv(100)
            else:
                sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def ask(port: int, *fields: str) -> socket.socket:
    """A connection with a request on it."""
    sock = socket.create_connection((LOOPBACK, port), timeout=PATIENCE)
    sock.sendall("\r\n".join(["GET /é HTTP/1.1", "Host: front.test", *fields, "", ""]).encode())
    return sock


def test_tunnels_have_notes_and_a_line_when_they_begin() -> None:
    with socket.create_server((LOOPBACK, 0)) as listener, reserved_port() as port:
        worker = threading.Thread(target=work, args=(listener,))
        worker.start()
        body = CONFIGURATION.replace("WORKER", f"{LOOPBACK}:{listener.getsockname()[1]}")
        with running_httpdlite(body, port) as server:
            with ask(port, "Connection: upgrade", "Upgrade: websocket") as sock:
                answer = b""
                while b"\r\n\r\n" not in answer:
                    answer += sock.recv(1000)
                began = (server.root / "tunnels.log").read_text()
                sock.sendall(b"abc")
                assert sock.recv(100) == b"12345"
                sock.shutdown(socket.SHUT_WR)
                assert sock.recv(100) == b""
            with ask(port, "Connection: close", 'User-Agent: a"b') as sock:
                while sock.recv(1000):
                    pass
            worker.join(PATIENCE)
            root = server.root
            process = server.process
            process.terminate()
            process.wait(PATIENCE)
            tunnels = (root / "tunnels.log").read_text().splitlines()
            lines = read_json(root / "lines.json")
    assert answer.startswith(b"HTTP/1.1 101")
    assert tunnels == ["start - - - -", "end end client 3 5", "- - - - -"]
    assert began in {"", "start - - - -\n"}
    plain = {
        "method": "GET",
        "status": 101,
        "bytes": None,
        "agent": None,
        "line": "<GET /é HTTP/1.1>",
    }
    assert lines == [
        {**plain, "event": "start"},
        {**plain, "event": "end"},
        {**plain, "status": 200, "bytes": 2, "agent": 'a"b', "event": None},
    ]


def read_json(path: Path) -> list[Any]:
    """The object of each line."""
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]
