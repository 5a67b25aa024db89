"""Who waits for a connection to a worker, and what becomes of him (pool.py)."""

from pathlib import Path
from typing import cast

import trio

from httpdlite.routes.worker import Authority
from httpdlite.serve.pool import Asker, Pool
from httpdlite.serve.worker import WorkerConnection
from tests.serve.front import Connection, Front, Worker
from tests.serve.test_http import GET, OK, serve


class Waiting:
    """A request that only notes what it is told."""

    def __init__(self) -> None:
        self.got: list[object] = []

    @property
    def is_waiting(self) -> bool:
        return not self.got

    def worker_ready(self, connection: WorkerConnection) -> None:
        self.got.append(connection)

    def worker_failed(self, fault: object) -> None:
        self.got.append(fault)

    def abandon(self) -> None:
        self.got.append("abandoned")


def test_who_waits_for_a_name_can_be_withdrawn(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        pool = await _used_pool(served)
        authority = Authority("http", "no-such-name.invalid", 80, 0, b"")
        named = Pool(served.child, pool.worker, authority)
        first, second = Waiting(), Waiting()
        named.acquire(cast("Asker", first))
        named.acquire(cast("Asker", second))
        assert named.withdraw(cast("Asker", first))
        first.got.append("answered")
        while not second.got:
            await trio.lowlevel.checkpoint()
        assert first.got == ["answered"]
        assert named.open == 0
        assert not named.withdraw(cast("Asker", second))

    serve(tmp_path, _answer_all, test)


def test_who_wants_a_fresh_connection_gets_no_used_one(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        pool = await _used_pool(served)
        used = pool.idle.pop()
        fresh, other = Waiting(), Waiting()
        pool.acquire_fresh(cast("Asker", fresh))
        pool.acquire(cast("Asker", other))
        assert not fresh.got
        pool.release(used)
        assert fresh.got
        assert fresh.got != [used]
        assert not other.got

    serve(tmp_path, _answer_all, test, "ProxyPass / http://WORKER/ max=1")


async def _answer_all(connection: Connection) -> None:
    while await connection.head():
        await connection.send(OK)


async def _used_pool(served: Front) -> Pool:
    assert (await served.ask(GET)).status == 200
    (pool,) = served.child.pools
    return pool
