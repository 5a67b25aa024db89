"""200 tunnels and 200 keep-alive HTTP clients at once: nothing lost, nothing reordered, no leak.

The clients are the `websockets` and `httpx` libraries, the worker is `websockets` and a small echo
over HTTP, all in one event loop of the test. HTTPDLITE_SOAK_SECONDS says how long it lasts (the
suite's 3 seconds are a sample; 30 and more are the real thing).
"""

import asyncio
import contextlib
import os
import random
import resource
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from tests.peers.harness import LOOPBACK, PATIENCE, Server, running_apache, running_httpdlite

SECONDS = float(os.environ.get("HTTPDLITE_SOAK_SECONDS", "3"))
TUNNELS = 200
CLIENTS = 200
BURST = 5  # messages on the way at once in one tunnel
SIZES = (0, 1, 125, 126, 4096, 70000)
ALLOWED_GROWTH = 12 * 1024 * 1024  # bytes of resident memory between warm-up and end

RULES = """
KeepAliveTimeout 60
MaxKeepAliveRequests 0
ProxyPass "/ws2/" "ws://{websocket}/"
ProxyPass "/" "http://{http}/"
"""


@dataclass(slots=True)
class Tally:
    """What the clients have seen, and what the proxy's process looked like."""

    messages: int = 0
    responses: int = 0
    wrong: list[str] = field(default_factory=list)
    connections: int = 0  # that HTTP clients opened
    resident_warm: int = 0
    resident_end: int = 0
    descriptors_before: int = 0
    descriptors_after: int = 0


def resident(server: Server) -> int:
    """The resident memory of a server's process, in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def descriptors(server: Server) -> int:
    """How many descriptors a server's process has open."""
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


@pytest.fixture(autouse=True)
def many_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4096 if hard == resource.RLIM_INFINITY else min(hard, 4096)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("mode", ["", "ProxyWebsocketAsync Off\n"], ids=["relay", "synchronous"])
def test_httpdlite_loses_nothing_and_keeps_nothing(mode: str) -> None:
    tally = asyncio.run(soak(running_httpdlite, mode))
    assert_unharmed(tally)
    assert tally.resident_end - tally.resident_warm <= ALLOWED_GROWTH
    assert tally.descriptors_after <= tally.descriptors_before


@pytest.mark.peer
def test_the_real_httpd_passes_too() -> None:
    assert_unharmed(asyncio.run(soak(running_apache, "StartServers 10\nMaxSpareThreads 640\n")))


def assert_unharmed(tally: Tally) -> None:
    assert tally.wrong == []
    assert tally.messages >= TUNNELS * BURST
    assert tally.responses >= CLIENTS
    assert tally.connections == CLIENTS  # each kept its one connection


# --- one run -----------------------------------------------------------------------------------


async def soak(running: Callable[[str], AbstractContextManager[Server]], mode: str) -> Tally:
    """Workers, the proxy, all the clients for SECONDS; then everything closed."""
    tally = Tally()
    async with websocket_worker() as websocket, http_worker() as http:
        with running(mode + RULES.format(websocket=websocket, http=http.authority)) as server:
            await is_serving(server)
            tally.descriptors_before = descriptors(server)
            await run_clients(server, tally)
            http.close_connections()
            tally.descriptors_after = await settled(server, tally.descriptors_before)
    return tally


async def run_clients(server: Server, tally: Tally) -> None:
    over = asyncio.Event()
    context = ssl.create_default_context()  # one for all: making one is dear
    async with asyncio.TaskGroup() as group:
        for number in range(TUNNELS):
            group.create_task(use_tunnel(server, number, over, tally))
        for number in range(CLIENTS):
            group.create_task(use_http(server, number, over, tally, context))
        await asyncio.sleep(SECONDS / 2)
        tally.resident_warm = resident(server)
        await asyncio.sleep(SECONDS / 2)
        tally.resident_end = resident(server)
        over.set()


async def is_serving(server: Server) -> None:
    """Wait for the line that says so: the sockets take connections before all is set up."""
    for _ in range(int(PATIENCE / 0.02)):
        if "resuming normal operations" in server.error_log:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(server.error_log)


async def settled(server: Server, expected: int) -> int:
    """The number of descriptors, once it is no more than expected or after long waiting."""
    for _ in range(int(PATIENCE / 0.02)):
        if descriptors(server) <= expected:
            break
        await asyncio.sleep(0.02)
    return descriptors(server)


async def use_tunnel(server: Server, number: int, over: asyncio.Event, tally: Tally) -> None:
    """Bursts of numbered messages through one tunnel; each must come back, in order."""
    chance = random.Random(number)
    url = f"ws://{LOOPBACK}:{server.port}/ws2/{number}"
    options = {"ping_interval": None, "open_timeout": PATIENCE, "compression": None, "proxy": None}
    async with connect(url, **options) as websocket:  # type: ignore[arg-type]
        sequence = 0
        while not over.is_set() or sequence == 0:
            burst = [numbered(number, sequence + step, chance) for step in range(BURST)]
            sequence += BURST
            for message in burst:
                await websocket.send(message)
            for message in burst:
                async with asyncio.timeout(PATIENCE):
                    answer = await websocket.recv()
                if answer == message:
                    tally.messages += 1
                else:
                    tally.wrong.append(f"tunnel {number}: {answer[:40]!r} for {message[:40]!r}")


def numbered(number: int, sequence: int, chance: random.Random) -> str | bytes:
    """A message that nobody else sends: text or binary, of one of the sizes."""
    text = f"{number}/{sequence}/" + "x" * chance.choice(SIZES)
    return text if chance.random() < 0.5 else text.encode()


async def use_http(
    server: Server, number: int, over: asyncio.Event, tally: Tally, context: ssl.SSLContext
) -> None:
    """Numbered requests on one connection; each must get its own body back."""
    chance = random.Random(-1 - number)
    sequence = 0

    async def trace(event: str, _info: dict[str, object]) -> None:
        tally.connections += event == "connection.connect_tcp.complete"

    async with httpx.AsyncClient(verify=context, timeout=PATIENCE, trust_env=False) as client:
        while not over.is_set() or sequence == 0:
            message = numbered(number, sequence, chance)
            sequence += 1
            answer = await client.post(
                f"http://{LOOPBACK}:{server.port}/{number}/{sequence}",
                content=message,
                extensions={"trace": trace},
            )
            sent = message.encode() if isinstance(message, str) else message
            if answer.status_code == 200 and answer.content == sent:
                tally.responses += 1
            else:
                tally.wrong.append(f"client {number}: {answer.status_code} {answer.content[:40]!r}")


# --- the workers -------------------------------------------------------------------------------


@asynccontextmanager
async def websocket_worker() -> AsyncIterator[str]:
    """Echoes messages; yields its authority."""

    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async with serve(echo, LOOPBACK, 0, compression=None, ping_interval=None) as server:
        (listening,) = server.sockets
        yield f"{LOOPBACK}:{listening.getsockname()[1]}"


class HttpWorker:
    """Returns every request's body, on connections that stay open."""

    def __init__(self) -> None:
        self.authority = ""
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection to its end."""
        self._writers.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(content_length(head))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        self._writers.discard(writer)
        writer.close()

    def close_connections(self) -> None:
        """Ends all connections that are open now."""
        for writer in self._writers:
            writer.close()


def content_length(head: bytes) -> int:
    """The length that a head announces."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


@asynccontextmanager
async def http_worker() -> AsyncIterator[HttpWorker]:
    """A worker over HTTP, on a port of its own."""
    worker = HttpWorker()
    server = await asyncio.start_server(worker.serve, LOOPBACK, 0, backlog=512)
    async with server:
        worker.authority = f"{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
        yield worker
        worker.close_connections()
