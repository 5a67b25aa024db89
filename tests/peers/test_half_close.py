"""The end of a tunnel's one side, with and without `proxy-nohalfclose`, beside the real httpd."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, closing

import pytest

from tests.peers.harness import (
    LOOPBACK,
    PATIENCE,
    Server,
    reserved_port,
    running_apache,
    running_httpdlite,
)

pytestmark = pytest.mark.peer

ASK = b"GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n"
Running = Callable[[str, int], AbstractContextManager[Server]]
servers = pytest.mark.parametrize(
    ("running", "text"),
    [
        pytest.param(running_apache, "", id="apache2"),
        pytest.param(running_httpdlite, "", id="relay"),
        pytest.param(running_httpdlite, "ProxyWebsocketAsync Off\n", id="tasks"),
    ],
)


def head(sock: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += sock.recv(1)


def all_of(sock: socket.socket) -> bytes:
    found = bytearray()
    while data := sock.recv(1 << 20):
        found += data
    return bytes(found)


@servers
@pytest.mark.parametrize("at_once", [False, True], ids=["half-close", "proxy-nohalfclose"])
@pytest.mark.parametrize("first", ["client", "worker"])
def test_an_end(running: Running, text: str, at_once: bool, first: str) -> None:
    with socket.create_server((LOOPBACK, 0)) as listener, reserved_port() as port:
        listener.settimeout(PATIENCE)
        address = f"{LOOPBACK}:{listener.getsockname()[1]}"
        text += f"ProxyPass / ws://{address}/\n" + "SetEnv proxy-nohalfclose 1\n" * at_once
        with running(text, port) as server, closing(server.connect()) as client:
            client.sendall(ASK)
            worker, _ = listener.accept()
            with closing(worker):
                worker.settimeout(PATIENCE)
                head(worker)
                worker.sendall(SWITCH)
                head(client)
                near, far = (client, worker) if first == "client" else (worker, client)
                near.sendall(b"last")
                near.shutdown(socket.SHUT_WR)
                assert all_of(far) == b"last"
                if at_once:
                    assert all_of(near) == b""
                    return
                far.sendall(b"later")
                far.shutdown(socket.SHUT_WR)
                assert all_of(near) == b"later"
