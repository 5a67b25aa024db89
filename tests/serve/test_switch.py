"""A 101 that comes before the whole of the request's body; what the logs say of tunnels."""

from pathlib import Path

import pytest
import trio

from tests.serve.front import Connection, Front, Worker
from tests.serve.test_http import serve
from tests.serve.test_websocket import SWITCH, Switcher

UP = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
RULE = "ProxyPass /ws ws://WORKER/app"


class Early:
    """Switches as soon as it has the head, then notes what comes."""

    def __init__(self) -> None:
        self.got = b""

    async def __call__(self, connection: Connection) -> None:
        await connection.head()
        await connection.send(SWITCH + b"hello")
        self.got = await connection.until(b"tunneled")


@pytest.mark.parametrize("size", [20, 200000])
def test_the_worker_gets_the_whole_body_before_the_client_gets_the_101(
    tmp_path: Path, size: int
) -> None:
    early = Early()

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        sent = max(10, size - 90000)
        await connection.send(f"POST /ws HTTP/1.1\r\n{UP}Content-Length: {size}\r\n\r\n")
        await connection.send(b"b" * sent)
        if size > 16384:  # else the worker is not asked before all is there
            while not made.open:
                await trio.lowlevel.checkpoint()
        await connection.send(b"b" * (size - sent) + b"tunneled")
        assert (await connection.head()).startswith("HTTP/1.1 101 ")
        assert await connection.exactly(5) == b"hello"
        await connection.rest()
        assert early.got == b"b" * size + b"tunneled"

    serve(tmp_path, early, test, RULE)


def test_a_client_that_waits_for_a_100_gets_it_from_here(tmp_path: Path) -> None:
    early = Early()

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        fields = f"{UP}Expect: 100-continue\r\nContent-Length: 4\r\n"
        await connection.send(f"POST /ws HTTP/1.1\r\n{fields}\r\n")
        assert await connection.head() == "HTTP/1.1 100 Continue\r\n\r\n"
        await connection.send(b"bodytunneled")
        assert (await connection.head()).startswith("HTTP/1.1 101 ")
        await connection.rest()
        assert early.got == b"bodytunneled"

    serve(tmp_path, early, test, RULE)


def test_ping_and_a_101_at_once(tmp_path: Path) -> None:
    early = Early()

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(f"POST /ws HTTP/1.1\r\n{UP}Content-Length: 4\r\n\r\nbody")
        assert (await connection.head()).startswith("HTTP/1.1 101 ")
        await connection.send("tunneled")
        await connection.rest()
        assert early.got == b"bodytunneled"

    serve(tmp_path, early, test, f"{RULE} ping=5")


def test_a_client_that_goes_before_the_body_is_whole(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(SWITCH)
        await connection.rest()

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(
            f"POST /ws HTTP/1.1\r\n{UP}Content-Length: 90000\r\n\r\n" + "b" * 80000
        )
        while not made.open:
            await trio.lowlevel.checkpoint()
        await connection.close()
        while made.open:
            await trio.lowlevel.checkpoint()

    serve(tmp_path, script, test, RULE)


def test_a_worker_that_goes_before_the_body_is_whole(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(SWITCH)
        connection.reset()

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(
            f"POST /ws HTTP/1.1\r\n{UP}Content-Length: 90000\r\n\r\n" + "b" * 80000
        )
        while not made.connections or made.open:
            await trio.lowlevel.checkpoint()
        await connection.send("b" * 10000)
        try:
            await connection.rest()
        except trio.BrokenResourceError:
            pass

    serve(tmp_path, script, test, RULE)


def test_the_count_of_requests_before_a_tunnel(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        for _ in range(3):
            await connection.send("GET /ws HTTP/1.1\r\nHost: x\r\n\r\n")
            await connection.response()
        await connection.send(f"GET /ws HTTP/1.1\r\n{UP}\r\n")
        await connection.head()
        connection.finish()
        await connection.rest()
        served.child.logs.flush()
        lines = (tmp_path / "k.log").read_text().splitlines()
        assert lines == ["0 200", "1 200", "2 200", "2 101"]

    serve(tmp_path, Switcher(), test, f'CustomLog {tmp_path}/k.log "%k %s"\n{RULE}')


@pytest.mark.parametrize(
    ("fallback", "lines"),
    [
        (
            "On",
            [
                "] AH00957: ws: attempt to connect to 127.0.0.1:1 (127.0.0.1:1) failed",
                "AH01114: HTTP: failed",
            ],
        ),
        (
            "Off",
            [
                "] AH00957: WS: attempt to connect to 127.0.0.1:1 (",
                "wstunnel:error]",
                "AH02452: failed to make connection to backend: 127.0.0.1",
            ],
        ),
    ],
)
def test_a_ws_worker_that_is_not_there(tmp_path: Path, fallback: str, lines: list[str]) -> None:
    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(f"GET /ws HTTP/1.1\r\n{UP}\r\n")).status == 503
        said = served.log.replace("(111)Connection refused: ", "")
        assert all(line in said for line in lines)

    text = f"ProxyWebsocketFallbackToProxyHttp {fallback}\nProxyPass /ws ws://127.0.0.1:1/"
    serve(tmp_path, Switcher(), test, text)


def test_an_upgrade_that_the_worker_does_not_take(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(f"GET /ws HTTP/1.1\r\n{UP}\r\n".replace("websocket", "h2c"))
        assert (response.status, response.get("Upgrade")) == (426, "WebSocket")
        assert "[proxy_wstunnel:info]" in served.log
        assert "AH02900: require upgrade for URL ws://127.0.0.1:" in served.log
        assert "/app (Upgrade header is h2c, expecting WebSocket)" in served.log

    text = f"LogLevel info\nProxyWebsocketFallbackToProxyHttp Off\n{RULE}"
    serve(tmp_path, Switcher(), test, text)
