"""A child that runs out of descriptors: 503 for what is new, nothing happens to what is there."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio

from httpdlite.serve import listener
from httpdlite.serve.descriptors import QUIET_SECONDS, Descriptors, current_limit, open_now
from httpdlite.serve.endpoint import Endpoint
from tests.serve.front import Connection, Front, Script, Worker, front, worker

ASK = "GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
GET = "GET /{}/ HTTP/1.1\r\nHost: x\r\n\r\n"
SWITCH = "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
RULES = (
    "ProxyPass /ws/ ws://WORKER/\nProxyPass /a/ http://WORKER/a/\nProxyPass /b/ http://WORKER/b/\n"
)


@pytest.mark.parametrize("limit", [32, 64, 256, 1024, 20000, 1 << 20])
def test_clients_can_still_come_when_workers_cannot_be_asked(limit: int) -> None:
    made = Descriptors(limit, 10)
    assert 0 < made.workers < made.clients <= limit - 10 - 12


def test_the_limit_of_this_process() -> None:
    assert 0 < open_now() < current_limit()


def test_complaints_are_rare_and_counted() -> None:
    made = Descriptors(100, 10)
    first = made.complaint("full", 50.0)
    assert first == "full; the limit is 100 descriptors (ulimit -n, LimitNOFILE=)"
    assert made.complaint("full", 51.0) is None
    assert made.complaint("full", 50.0 + QUIET_SECONDS - 0.1) is None
    again = made.complaint("full", 50.0 + QUIET_SECONDS)
    assert again is not None
    assert again.startswith("full (2 times more since the last such line);")


async def switch_or_answer(connection: Connection) -> None:
    while head := await connection.head():
        if "Upgrade: websocket" not in head:
            await connection.send(OK)
            continue
        await connection.send(SWITCH)
        while data := await connection.stream.receive_some(65536):
            await connection.send(data)
        return


def serve(
    tmp_path: Path,
    test: Callable[[Front, Worker], Awaitable[None]],
    text: str = "",
    script: Script = switch_or_answer,
) -> None:
    async def main() -> None:
        async with worker(script) as made:
            where = f"127.0.0.1:{made.port}"
            async with front(tmp_path, text + RULES.replace("WORKER", where)) as served:
                await test(served, made)

    trio.run(main)


async def tunnel(served: Front) -> Connection | None:
    """A tunnel that works, or None after a 503."""
    connection = await served.connect()
    await connection.send(ASK)
    response = await connection.response()
    if response.status == 503:
        assert response.get("Connection") == "close"
        assert await connection.rest() == b""
        await connection.close()  # else the server lingers
        return None
    assert await echoes(connection)
    return connection


async def echoes(connection: Connection) -> bool:
    await connection.send("ping")
    return await connection.exactly(4) == b"ping"


@pytest.mark.parametrize("kind", ["On", "Off"])
def test_tunnels_end_at_a_503_and_begin_again_when_there_is_room(tmp_path: Path, kind: str) -> None:
    async def test(served: Front, made: Worker) -> None:
        served.child.descriptors.workers = 10
        tunnels: list[Connection] = []
        while (another := await tunnel(served)) is not None:
            tunnels.append(another)
        assert len(tunnels) == 4  # two sockets each, the listener, and the client that was refused
        assert await tunnel(served) is None
        assert served.log.count("no more connections to workers can be made") == 1
        assert all([await echoes(each) for each in tunnels])
        await tunnels.pop().close()
        while served.child.sockets_in_use > 7:
            await trio.lowlevel.checkpoint()
        assert await tunnel(served) is not None

    serve(tmp_path, test, f"ProxyWebsocketAsync {kind}\n")


def test_idle_connections_to_workers_make_room(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        served.child.descriptors.workers = 3  # listener, client, one worker
        for path in ("a", "b", "a"):
            await connection.send(GET.format(path))
            assert (await connection.response()).status == 200
        assert made.connections == 3
        assert served.child.sockets_in_use == 3

    serve(tmp_path, test)


def test_requests_that_wait_for_a_full_pool_are_not_forgotten(tmp_path: Path) -> None:
    async def closes_after_one(connection: Connection) -> None:
        await connection.head()
        await connection.send(OK.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))

    async def test(served: Front, made: Worker) -> None:
        connections = [await served.connect() for _ in range(4)]
        for connection in connections:
            await connection.send(GET.format("one"))
        served.child.descriptors.workers = 0
        statuses = [(await connection.response()).status for connection in connections]
        assert set(statuses) <= {200, 503}

    async def main() -> None:
        async with worker(closes_after_one) as made:
            rule = f"ProxyPass /one/ http://127.0.0.1:{made.port}/ max=1"
            async with front(tmp_path, rule) as served:
                await test(served, made)

    trio.run(main)


def test_accepting_pauses_at_its_limit_and_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    on_ready = listener.Listener.on_ready

    def counted(self: listener.Listener, endpoint: Endpoint, events: int) -> None:
        nonlocal calls
        calls += 1
        on_ready(self, endpoint, events)

    monkeypatch.setattr(listener.Listener, "on_ready", counted)
    monkeypatch.setattr(listener, "PAUSE_SECONDS", 3600.0)

    async def test(served: Front, made: Worker) -> None:
        served.child.descriptors.clients = 3
        first = await served.connect()
        await first.send(GET.format("a"))
        assert (await first.response()).status == 200
        waiting = await served.connect()
        await waiting.send(GET.format("a"))
        while "no connection can be accepted" not in served.log:
            await trio.lowlevel.checkpoint()
        before = calls
        for _ in range(50):
            await first.send(GET.format("a"))
            assert (await first.response()).status == 200
        assert calls == before  # fifty turns, and the listener was not called
        table = served.child.engine.table.values()
        (endpoint,) = [each for each in table if isinstance(each.flow, listener.Listener)]
        served.child.descriptors.clients = 100
        endpoint.expire_at(served.child.engine.now)
        assert (await waiting.response()).status == 200

    serve(tmp_path, test)
