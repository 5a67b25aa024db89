"""Pooled connections to workers of https:// while the configuration changes, and when they end."""

import socket
from pathlib import Path

import pytest
import trio

from httpdlite.serve.tls_sites import TlsFiles
from tests.serve.front import Connection, Front
from tests.serve.test_http import GET, OK, Notes
from tests.serve.test_tls_worker import PASS, VERIFY, TlsWorker, serve


def test_nothing_of_before_a_reload_is_used_again(tmp_path: Path) -> None:
    async def test(served: Front, made: TlsWorker) -> None:
        assert (await served.ask(GET)).status == 200
        (pool,) = served.child.pools
        pool.renew()
        assert not pool.idle
        assert not pool.open
        assert (await served.ask(GET)).status == 200
        assert made.connections == 2

    serve(tmp_path, Notes(), test)


def test_nor_between_the_reload_s_swap_and_the_pools_renewal(tmp_path: Path) -> None:
    async def test(served: Front, made: TlsWorker) -> None:
        child = served.child
        assert (await served.ask(GET)).status == 200
        (pool,) = child.pools
        child.serve_by(child.site, child.tls.following(TlsFiles()))
        assert len(pool.idle) == 1
        assert (await served.ask(GET)).status == 200
        assert made.connections == 2
        assert (await served.ask(GET)).status == 200
        assert made.connections == 2
        (idle,) = pool.idle
        pool.idle.clear()
        child.serve_by(child.site, child.tls.following(TlsFiles()))
        pool.release(idle)  # it was serving meanwhile
        assert not pool.idle

    serve(tmp_path, Notes(), test)


def test_a_request_of_before_a_reload_has_the_files_of_before(tmp_path: Path) -> None:
    """It has been routed, its connection not been made, when the configuration changes."""
    go_on = trio.Event()

    async def script(connection: Connection) -> None:
        while await connection.head():
            await go_on.wait()
            await connection.send(OK)

    async def test(served: Front, made: TlsWorker) -> None:
        first, second = await served.connect(), await served.connect()
        await first.send(GET)
        while not made.streams:
            await trio.lowlevel.checkpoint()
        await second.send(GET)
        (pool,) = served.child.pools
        while not pool.waiting:
            await trio.lowlevel.checkpoint()
        served.child.serve_by(served.child.site, served.child.tls.following(TlsFiles()))
        go_on.set()
        assert (await first.response()).status == 200
        assert (await second.response()).status == 200
        assert made.connections == 2

    serve(tmp_path, script, test, VERIFY + PASS.replace("PORT/", "PORT/ max=1"))


@pytest.mark.parametrize("is_asked", [True, False])
def test_how_an_idle_connection_ends_is_not_logged(tmp_path: Path, is_asked: bool) -> None:
    """Found by the engine, or by the next request."""
    secure: list[TlsWorker] = []

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(OK)
        secure[0].streams[-1].transport_stream.socket.shutdown(socket.SHUT_WR)

    async def test(served: Front, made: TlsWorker) -> None:
        secure.append(made)
        client = await served.connect()
        await client.send(GET)
        assert (await client.response()).status == 200
        (pool,) = served.child.pools
        while not is_asked and pool.open:
            await trio.lowlevel.checkpoint()
        await client.send(GET)
        assert (await client.response()).status == 200
        assert "truncated" not in served.log

    serve(tmp_path, script, test)
