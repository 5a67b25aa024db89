"""The `websockets` library as client and as worker, with a proxy between: nothing may be harmed.

Every case runs through httpdlite in each of its tunnel modes, and through the real httpd, which
shows that the case asks for nothing that httpd does not do.
"""

import json
import socket
import struct
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.peers.application import LARGEST, Application, running_application
from tests.peers.harness import (
    LOOPBACK,
    PATIENCE,
    Server,
    require_program,
    running_apache,
    running_httpdlite,
)
from tests.peers.messages import Message, Wire
from tests.peers.recorder import Recorder, switching

RULES = """
ProxyPass "/ws2/" "ws://{application}/"
ProxyPass "/plain/" "ws://{uncompressed}/"
ProxyPass "/raw/" "ws://{raw}/"
ProxyPass "/" "http://{application}/" upgrade=websocket
"""
MODES = {
    "apache2": "",
    "httpdlite": "",
    "httpdlite, Async On": "ProxyWebsocketAsync On\n",
    "httpdlite, Async Off": "ProxyWebsocketAsync Off\n",
    "httpdlite, AsyncDelay": "ProxyWebsocketAsyncDelay 50ms\n",
}
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Stage:
    """A proxy between clients and two applications (with and without compression)."""

    def __init__(self, server: Server, application: Application, uncompressed: Application) -> None:
        self.server = server
        self.application = application
        self.uncompressed = uncompressed

    def open(self, path: str, **options: Any) -> ClientConnection:
        """A client of the library, connected through the proxy."""
        url = f"ws://{LOOPBACK}:{self.server.port}{path}"
        options = {"max_size": LARGEST, "ping_interval": None, "proxy": None} | options
        return connect(url, **options)

    def open_raw(self, path: str) -> Wire:
        """A bare connection after the handshake."""
        wire = Wire(self.server.connect())
        wire.send(HANDSHAKE.format(path=path).encode())
        assert wire.receive_response().status == 101
        return wire


def reset(sock: socket.socket) -> None:
    """Closes with a reset instead of an ordinary end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def reset_after_first_bytes(request: Message, wire: Wire) -> bool:
    """A worker that switches, reads something, and resets the connection."""
    wire.send(switching(request))
    wire.receive()
    reset(wire.sock)
    return False


@pytest.fixture(scope="module", params=MODES)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    name = str(request.param)
    running = running_httpdlite if name.startswith("httpdlite") else running_apache
    if running is running_apache:
        require_program("apache2")
    with (
        running_application() as application,
        running_application(compression=None) as uncompressed,
        Recorder(reset_after_first_bytes) as raw,
    ):
        rules = MODES[name] + RULES.format(
            application=application.authority,
            uncompressed=uncompressed.authority,
            raw=raw.authority,
        )
        server: AbstractContextManager[Server] = running(rules)
        with server as started:
            yield Stage(started, application, uncompressed)


@pytest.mark.parametrize("prefix", ["/ws2", "/plain", ""], ids=["ws:", "plain", "upgrade="])
def test_text_and_binary_come_back_as_they_were(stage: Stage, prefix: str) -> None:
    messages: list[str | bytes] = [
        "text ‑ über",
        b"\x00\xff\r\n\r\n",
        "",
        b"",
        "x" * 125,
        b"y" * 126,
    ]
    with stage.open(f"{prefix}/echo") as websocket:
        for message in [*messages, "z" * 65535, b"z" * 65536]:
            websocket.send(message)
            assert websocket.recv(timeout=PATIENCE) == message


def test_messages_of_a_mebibyte(stage: Stage) -> None:
    message = bytes(range(256)) * 4096
    with stage.open("/plain/echo", compression=None) as websocket:
        for _ in range(3):
            websocket.send(message)
            assert websocket.recv(timeout=PATIENCE) == message
        websocket.send("é" * 524288)
        assert websocket.recv(timeout=PATIENCE) == "é" * 524288


def test_fragments_arrive_as_fragments(stage: Stage) -> None:
    parts = [b"a", b"", b"b" * 70000, b"c" * 3]
    with stage.open("/plain/fragments", compression=None) as websocket:
        websocket.send(parts)
        sizes = json.loads(websocket.recv(timeout=PATIENCE))
    assert [size for size in sizes if size] == [1, 70000, 3]


def test_fragments_of_the_worker_arrive_as_fragments(stage: Stage) -> None:
    with stage.open("/plain/split", compression=None) as websocket:
        assert [part for part in websocket.recv_streaming() if part] == ["one ", "two ", "three"]


def test_pings_of_both_sides_are_answered_by_the_other(stage: Stage) -> None:
    with stage.open("/ws2/ping") as websocket:
        assert websocket.recv(timeout=PATIENCE) == "pong came"
        assert websocket.ping(b"from the client").wait(PATIENCE)


def test_permessage_deflate_is_agreed_between_the_ends(stage: Stage) -> None:
    with stage.open("/ws2/echo") as websocket:
        assert websocket.response is not None
        assert "permessage-deflate" in websocket.response.headers["Sec-WebSocket-Extensions"]
        websocket.send("again and again " * 10000)
        assert websocket.recv(timeout=PATIENCE) == "again and again " * 10000


def test_subprotocol_is_agreed_between_the_ends(stage: Stage) -> None:
    offered = [Subprotocol("chat.v3"), Subprotocol("chat.v2")]
    with stage.open("/ws2/echo", subprotocols=offered) as websocket:
        assert websocket.subprotocol == "chat.v2"


@pytest.mark.parametrize(
    "code,reason", [(1000, ""), (1001, "away"), (1011, "trouble"), (4000, "ours: ü")]
)
def test_close_code_of_the_client_reaches_the_worker(stage: Stage, code: int, reason: str) -> None:
    with stage.open(f"/ws2/echo?close-{code}") as websocket:
        websocket.send("first")
        assert websocket.recv(timeout=PATIENCE) == "first"
        websocket.close(code, reason)
        assert stage.application.wait_end(f"close-{code}") == (code, reason)
        assert websocket.close_code == code


@pytest.mark.parametrize(
    "code,reason", [(1000, ""), (1001, "away"), (1011, "trouble"), (4000, "ours")]
)
def test_close_code_of_the_worker_reaches_the_client(stage: Stage, code: int, reason: str) -> None:
    with stage.open(f"/ws2/close/{code}/{reason}") as websocket:
        with pytest.raises(ConnectionClosed) as ended:
            websocket.recv(timeout=PATIENCE)
        assert ended.value.rcvd is not None
        assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (code, reason)


def test_nothing_is_lost_or_reordered_before_a_close(stage: Stage) -> None:
    with stage.open("/ws2/count/2000") as websocket:
        received = [websocket.recv(timeout=PATIENCE) for _ in range(2000)]
    assert received == [str(number) for number in range(2000)]


def test_reset_of_the_client_ends_the_worker_s_side(stage: Stage) -> None:
    wire = stage.open_raw("/plain/echo?reset")
    reset(wire.sock)
    assert stage.uncompressed.wait_end("reset") == (None, None)


def test_reset_of_the_worker_ends_the_client_s_side(stage: Stage) -> None:
    with stage.open("/raw/") as websocket:
        websocket.send("hit me")
        with pytest.raises(ConnectionClosedError):
            websocket.recv(timeout=PATIENCE)


def test_client_that_vanishes_without_a_close_frame(stage: Stage) -> None:
    wire = stage.open_raw("/plain/echo?vanished")
    wire.sock.close()
    assert stage.uncompressed.wait_end("vanished") == (None, None)


def test_bytes_sent_with_the_handshake_reach_the_worker(stage: Stage) -> None:
    masked_hi = b"\x81\x82\x00\x00\x00\x00hi"
    with stage.server.connect() as sock:
        wire = Wire(sock)
        wire.send(HANDSHAKE.format(path="/plain/echo").encode() + masked_hi)
        assert wire.receive_response().status == 101
        assert wire.receive_exactly(4) == b"\x81\x02hi"


def test_a_refusal_of_the_worker_reaches_the_client(stage: Stage) -> None:
    with stage.server.connect() as sock:
        wire = Wire(sock)
        bad = HANDSHAKE.replace("Version: 13", "Version: 12").format(path="/ws2/echo")
        wire.send(bad.encode())
        assert wire.receive_response().status == 400
