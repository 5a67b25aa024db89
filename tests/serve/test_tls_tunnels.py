"""Tunnels and bodies through a child where a side, or both, speak TLS."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final, cast

import pytest
import trio

from tests.certificates import Authority
from tests.serve.front import Connection, Front, Script, front, worker
from tests.serve.test_tls_worker import ASK, PASS, SWITCH, TlsWorker
from tests.serve.test_tls_worker import serve as serve_worker

AUTHORITY: Final = Authority.create()
SERVER: Final = AUTHORITY.issue("front.test", "localhost")
FILES: Final = {"front.pem": SERVER.pem, "front.key": SERVER.key}
FRONT_TLS: Final = "SSLEngine On\nSSLCertificateFile front.pem\nSSLCertificateKeyFile front.key\n"
each_pair = pytest.mark.parametrize(
    "near, far",
    [(True, True), (True, False), (False, True)],
    ids=["TLS to TLS", "TLS to plain", "plain to TLS"],
)
each_mode = pytest.mark.parametrize(
    "mode", ["", "ProxyWebsocketAsync Off\n", "HttpdliteTunnelGoodbye On\n"]
)
SIZE: Final = 400_000
DATA: Final = bytes(range(250)) * (SIZE // 250)


@asynccontextmanager
async def served(
    folder: Path, script: Script, near: bool, far: bool, text: str
) -> AsyncIterator[tuple[Front, Connection, TlsWorker]]:
    """A front, a client of it, and a worker, of whom those that shall speak TLS."""
    secure = TlsWorker(folder, script, SERVER)
    async with worker(secure if far else script) as made:
        scheme = "wss" if far else "ws"
        rule = f"SSLProxyEngine On\nProxyPass / {scheme}://localhost:{made.port}/\n"
        text = (FRONT_TLS if near else "") + text + rule
        async with front(folder, text, FILES) as running:
            plain = await running.connect()
            if not near:
                yield running, plain, secure
                return
            context = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
            stream = trio.SSLStream(plain.stream, context, server_hostname="front.test")
            yield running, Connection(cast("trio.SocketStream", stream)), secure


@each_pair
@each_mode
def test_a_tunnel(tmp_path: Path, near: bool, far: bool, mode: str) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(SWITCH + b"first")
        await connection.send(await connection.exactly(SIZE))
        await connection.close()

    async def main() -> None:
        async with served(tmp_path, script, near, far, mode) as (running, client, _):
            await client.send(ASK + "early")
            assert "101" in await client.head()
            assert await client.exactly(5) == b"first"
            async with trio.open_nursery() as nursery:
                nursery.start_soon(partial(client.send, DATA[5:]))
                assert await client.exactly(SIZE) == b"early" + DATA[5:]
            assert await client.stream.receive_some(1) == b""
            await client.close()
            while running.child.tunnels:
                await trio.lowlevel.checkpoint()

    trio.run(main)


@each_pair
def test_both_send_much_at_once(tmp_path: Path, near: bool, far: bool) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(SWITCH)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(connection.send, DATA[::-1]))
            assert await connection.exactly(SIZE) == DATA
        await connection.send(b"done")
        await connection.rest()

    async def main() -> None:
        async with served(tmp_path, script, near, far, "") as (_, client, __):
            await client.send(ASK)
            assert "101" in await client.head()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(partial(client.send, DATA))
                assert await client.exactly(SIZE + 4) == DATA[::-1] + b"done"
            await client.close()

    trio.run(main)


@each_pair
def test_a_client_that_ends_ends_the_worker_s_side(tmp_path: Path, near: bool, far: bool) -> None:
    ended = trio.Event()

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(SWITCH)
        assert await connection.rest() == b"last words"
        ended.set()

    async def main() -> None:
        async with served(tmp_path, script, near, far, "") as (running, client, _):
            await client.send(ASK)
            assert "101" in await client.head()
            await client.send("last words")
            await client.close()
            await ended.wait()
            while running.child.tunnels:
                await trio.lowlevel.checkpoint()

    trio.run(main)


@each_pair
def test_bodies(tmp_path: Path, near: bool, far: bool) -> None:
    async def script(connection: Connection) -> None:
        while await connection.head():
            body = await connection.exactly(SIZE)
            length = f"HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n"
            await connection.send(length.encode() + body[::-1])

    async def main() -> None:
        async with served(tmp_path, script, near, far, "") as (_, client, __):
            for _unused in range(3):
                head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {SIZE}\r\n\r\n"
                await client.send(head.encode() + DATA)
                assert (await client.response()).body == DATA[::-1]

    trio.run(main)


@pytest.mark.parametrize(
    "more", ["", "ProxyWebsocketAsync Off\n", "ProxyWebsocketFallbackToProxyHttp Off\n"]
)
def test_a_half_closed_tunnel(tmp_path: Path, more: str) -> None:
    size = 300_000

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(SWITCH + b"first")
        await connection.send(await connection.exactly(size))
        assert await connection.rest() == b"last"
        await connection.close()

    async def test(served: Front, made: TlsWorker) -> None:
        client = await served.connect()
        await client.send(ASK + "early")
        assert "101" in await client.head()
        assert await client.exactly(5) == b"first"
        data = bytes(range(250)) * (size // 250)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(client.send, data[5:]))
            assert await client.exactly(size) == b"early" + data[5:]
        await client.send("last")
        client.finish()
        assert await client.rest() == b""

    serve_worker(tmp_path, script, test, more + PASS.replace("https", "wss"))
