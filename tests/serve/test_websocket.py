"""The switch of protocols through a child: what is asked of the worker, which 101 is accepted, and
the bytes around it. Frames are not looked at, so any bytes will do behind the heads.
"""

from pathlib import Path

import pytest
import trio
import trio.testing

from tests.serve.front import Connection, Front, Worker
from tests.serve.test_http import serve

ASK = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n"
SWITCH = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX: y\r\n\r\n"
)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Switcher:
    """A worker that switches (or answers as told), then sends back what it gets, with a mark."""

    def __init__(self, answer: bytes = SWITCH) -> None:
        self.answer = answer
        self.heads: list[str] = []

    async def __call__(self, connection: Connection) -> None:
        while head := await connection.head():
            self.heads.append(head)
            if "Upgrade: " not in head:
                await connection.send(OK)
                continue
            await connection.send(self.answer)
            if self.answer.startswith(b"HTTP/1.1 101"):
                while data := (connection.held or await connection.stream.receive_some(65536)):
                    connection.held = b""
                    await connection.send(b"<" + data + b">")
                return


RULES = {
    "ws": "ProxyPass /ws ws://WORKER/app",
    "upgrade=websocket": "ProxyPass /ws http://WORKER/app upgrade=websocket",
    "upgrade=ANY": "ProxyPass /ws http://WORKER/app upgrade=ANY",
    "a list": "ProxyPass /ws http://WORKER/app upgrade=h2c,WebSocket",
    "Location": "<Location /ws>\nProxyPass ws://WORKER/app\n</Location>",
    "no fallback": "ProxyWebsocketFallbackToProxyHttp Off\nProxyPass /ws ws://WORKER/app",
    "on tasks": "ProxyWebsocketAsync Off\nProxyPass /ws ws://WORKER/app",
    "on tasks first": "ProxyWebsocketAsyncDelay 1ms\nProxyPass /ws ws://WORKER/app",
}


@pytest.mark.parametrize("how", ["On", "Off"])
@pytest.mark.parametrize("first", ["client", "worker"])
def test_a_tunnel_without_half_closes(tmp_path: Path, how: str, first: str) -> None:
    ended: list[bytes] = []

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(SWITCH)
        if first == "worker":
            await connection.send("last")
            connection.finish()
        ended.append(await connection.rest())

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(ASK)
        assert (await connection.head()).startswith("HTTP/1.1 101 ")
        if first == "client":
            await connection.send("last")
            connection.finish()
        assert await connection.rest() == (b"last" if first == "worker" else b"")
        await trio.testing.wait_all_tasks_blocked()
        assert ended == [b"last" if first == "client" else b""]
        assert f"tunnel ended: end of stream by the {first} after" in served.log

    text = f"LogLevel debug\nSetEnv proxy-nohalfclose 1\nProxyWebsocketAsync {how}\n{RULES['ws']}"
    serve(tmp_path, script, test, text)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_a_tunnel(tmp_path: Path, rule: str) -> None:
    switcher = Switcher()

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(ASK + "early")
        head = await connection.head()
        assert head == (
            "HTTP/1.1 101 Switching Protocols\r\nX: y\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        assert await connection.exactly(7) == b"<early>"
        await connection.send(b"late")
        assert await connection.exactly(6) == b"<late>"
        connection.finish()
        assert await connection.rest() == b""
        while not served.access:
            await trio.lowlevel.checkpoint()
        assert served.access == ["101 - GET /ws HTTP/1.1"]

    serve(tmp_path, switcher, test, rule)
    assert switcher.heads[0].startswith("GET /app HTTP/1.1\r\n")
    assert "Sec-WebSocket-Key: k\r\n" in switcher.heads[0]
    assert switcher.heads[0].endswith("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")


@pytest.mark.parametrize(
    ("rule", "upgrade"),
    [
        ("ProxyPass /ws http://WORKER/app", "websocket"),
        ("ProxyPass /ws ws://WORKER/app", "h2c"),
        ("ProxyPass /ws ws://WORKER/app", "h2c, websocket"),
        ("ProxyPass /ws http://WORKER/app upgrade=websocket", "derp"),
    ],
)
def test_what_is_no_upgrade_goes_on_as_an_ordinary_request(
    tmp_path: Path, rule: str, upgrade: str
) -> None:
    switcher = Switcher()

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(ASK.replace("websocket", upgrade))
        assert (response.status, response.body) == (200, b"ok")

    serve(tmp_path, switcher, test, rule)


def test_a_ws_worker_answers_plain_requests_too(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask("GET /ws HTTP/1.1\r\nHost: x\r\n\r\n")
        assert response.body == b"ok"

    serve(tmp_path, Switcher(), test, "ProxyPass /ws ws://WORKER/app")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            b"HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n",
            "Unexpected Upgrade: h2c (expecting websocket)",
        ),
        (b"HTTP/1.1 101 X\r\n\r\n", "Unexpected Upgrade: n/a (expecting websocket)"),
        (b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nUpgrade: a\r\n\r\n", "Unexpected Upgrade"),
        (b"rubbish\r\n", "Error reading from remote server"),
    ],
)
def test_a_wrong_101_is_a_502(tmp_path: Path, answer: bytes, reason: str) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(ASK)
        assert response.status == 502
        assert reason in served.log

    serve(tmp_path, Switcher(answer), test, "ProxyPass /ws ws://WORKER/app")


def test_a_refusal_by_the_worker_is_passed_on_and_keeps_its_offer(tmp_path: Path) -> None:
    answer = b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: WebSocket\r\nContent-Length: 2\r\n\r\nno"

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(ASK)
        assert (response.status, response.body) == (426, b"no")
        assert (response.get("Connection"), response.get("Upgrade")) == ("Upgrade", "WebSocket")

    serve(tmp_path, Switcher(answer), test, "ProxyPass /ws ws://WORKER/app")


def test_without_the_fallback_plain_requests_pass_a_ws_rule_by(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        plain = "GET /ws/a HTTP/1.1\r\nHost: x\r\n\r\n"
        assert (await served.ask(plain)).body == b"ok"
        assert (await served.ask(ASK.replace("websocket", "h2c"))).status == 426
        assert (await served.ask(plain.replace("/ws", "/only"))).status == 404

    text = (
        "ProxyWebsocketFallbackToProxyHttp Off\nProxyPass /ws ws://WORKER/app\n"
        "ProxyPass /ws http://WORKER/app\nProxyPass /only ws://WORKER/app"
    )
    serve(tmp_path, Switcher(), test, text)


def test_a_tunnel_s_connection_is_never_pooled(tmp_path: Path) -> None:
    switcher = Switcher()

    async def test(served: Front, made: Worker) -> None:
        for _ in range(3):
            connection = await served.connect()
            await connection.send(ASK)
            await connection.head()
            await connection.close()
        assert made.connections == 3

    serve(tmp_path, switcher, test, "ProxyPass /ws ws://WORKER/app")


def test_tunnels_count_for_max_of_their_worker(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        first = await served.connect()
        await first.send(ASK)
        assert (await first.response()).status == 101
        assert (await served.ask(ASK)).status == 503  # after acquire
        assert made.connections == 1

    serve(tmp_path, Switcher(), test, "ProxyPass /ws ws://WORKER/app max=1 acquire=20")


@pytest.mark.parametrize("kind", ["On", "Off"])
def test_the_end_of_a_tunnel_lets_the_next_one_in(tmp_path: Path, kind: str) -> None:
    async def test(served: Front, made: Worker) -> None:
        first, second, third = [await served.connect() for _ in range(3)]
        await first.send(ASK)
        assert (await first.response()).status == 101
        await second.send(ASK)
        (pool,) = served.child.pools
        while not pool.waiting:
            await trio.lowlevel.checkpoint()
        await first.close()
        assert (await second.response()).status == 101
        await second.close()
        while pool.open:
            await trio.lowlevel.checkpoint()
        await third.send(ASK)
        assert (await third.response()).status == 101

    text = f"ProxyWebsocketAsync {kind}\nProxyPass /ws ws://WORKER/app max=1"
    serve(tmp_path, Switcher(), test, text)


@pytest.mark.parametrize("limit", ["ProxyWebsocketIdleTimeout", "ProxyAsyncIdleTimeout"])
@pytest.mark.parametrize("kind", ["On", "Off"])
def test_the_idle_limit_closes_both_ends(tmp_path: Path, kind: str, limit: str) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(ASK)
        await connection.head()
        assert await connection.rest() == b""
        while made.open:
            await trio.lowlevel.checkpoint()
        assert "tunnel ended: idle timeout after" in served.log

    text = f"LogLevel debug\nProxyWebsocketAsync {kind}\n{limit} 50ms\n"
    serve(tmp_path, Switcher(), test, text + "ProxyPass /ws ws://WORKER/app")


def test_a_client_that_goes_during_the_handshake_takes_its_worker_along(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.rest()

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(ASK)
        while not made.open:
            await trio.lowlevel.checkpoint()
        connection.reset()
        while made.open:
            await trio.lowlevel.checkpoint()

    serve(tmp_path, script, test, "ProxyPass /ws ws://WORKER/app")


@pytest.mark.parametrize("kind", ["On", "Off"])
def test_tunnels_leave_no_task_and_no_endpoint(tmp_path: Path, kind: str) -> None:
    async def test(served: Front, made: Worker) -> None:
        def tasks() -> int:
            return trio.lowlevel.current_statistics().tasks_living

        assert (await served.ask("rubbish\r\n\r\n")).status == 400  # the child is up
        while len(served.child.engine.table) > 1:
            await trio.lowlevel.checkpoint()
        before = tasks(), len(served.child.engine.table)
        connections = [await served.connect() for _ in range(20)]
        for connection in connections:
            await connection.send(ASK)
            await connection.head()
        for connection in connections:
            await connection.close()
        while made.open or (tasks(), len(served.child.engine.table)) != before:
            await trio.lowlevel.checkpoint()
        assert len(served.access) == 21

    text = f"ProxyWebsocketAsync {kind}\nProxyPass /ws ws://WORKER/app"
    serve(tmp_path, Switcher(), test, text)


@pytest.mark.parametrize("how", ["On", "Off"])
@pytest.mark.parametrize(("protocol", "is_told"), [("WebSocket", True), ("other", False)])
def test_a_goodbye_is_for_websockets_only(
    tmp_path: Path, how: str, protocol: str, is_told: bool
) -> None:
    async def test(served: Front, _made: Worker) -> None:
        connection = await served.connect()
        await connection.send(ASK.replace("websocket", protocol))
        await connection.head()
        rest = await connection.rest()
        assert rest == (b"\x88\x02\x03\xe9" if is_told else b"")

    answer = SWITCH.replace(b"websocket", protocol.encode())
    text = (
        f"HttpdliteTunnelGoodbye On\nProxyWebsocketAsync {how}\nProxyWebsocketIdleTimeout 20ms\n"
        "ProxyPass /ws http://WORKER/app upgrade=ANY\n"
    )
    serve(tmp_path, Switcher(answer), test, text)
