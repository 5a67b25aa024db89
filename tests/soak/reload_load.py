"""The load of the reload soak, processes of their own: `python -m tests.soak.reload_load WHAT …`.

`worker`: prints its port; echoes in tunnels, answers each GET with 12 bytes; ends with its input.

`clients JSON`: opens everything, prints `ready`, and then does as its input says: `mark NAME` (what
is measured from now on counts there), `open N` (so many more idle tunnels), `end` (asks every idle
tunnel for an echo, closes, prints one line of JSON: a `Found`). A request that was sent and not
answered in full is failed; a keep-alive connection that was closed between two requests is only
counted, and another is made.
"""

import asyncio
import gc
import json
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict, dataclass, field

UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\nhello world\n"
AT_ONCE = 100  # connections that are being opened
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients do. `pace`: seconds between an answer and the next message."""

    port: int
    busy: int
    idle: int
    http: int
    pace: float
    host: str = "bench.test"
    tunnel_path: str = "/tunnel/"
    http_path: str = "/http/page"


@dataclass(slots=True)
class Found:
    """What happened. Latencies are milliseconds, by the name of the mark."""

    messages: int = 0
    requests: int = 0
    busy_lost: int = 0
    idle_lost: int = 0
    failed: list[str] = field(default_factory=list)
    closed_between: int = 0  # keep-alive connections, with no request on its way
    tunnels: dict[str, list[float]] = field(default_factory=dict)
    http: dict[str, list[float]] = field(default_factory=dict)


# --- the worker ----------------------------------------------------------------------------------


class Served(asyncio.Protocol):
    """A connection to the worker."""

    def __init__(self) -> None:
        self._is_tunnel = False
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        if self._is_tunnel:
            self._transport.write(data)
            return
        self._held += data
        while b"\r\n\r\n" in self._held and not self._is_tunnel:
            head, _, self._held = self._held.partition(b"\r\n\r\n")
            self._is_tunnel = b"upgrade: websocket" in head.lower()
            self._transport.write(SWITCHING if self._is_tunnel else OK)


async def work() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Served, "127.0.0.1", 0, backlog=4096)
    _print(str(server.sockets[0].getsockname()[1]))
    await loop.run_in_executor(None, sys.stdin.read)


# --- the clients ---------------------------------------------------------------------------------


class Clients:
    """All of them, and what they have found."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.found = Found()
        self.is_over = False
        self.all: list[Connection] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self.mark("calm")

    def mark(self, name: str) -> None:
        """From now on latencies count there."""
        self.tunnel_times = self.found.tunnels.setdefault(name, [])
        self.http_times = self.found.http.setdefault(name, [])

    async def open(self) -> None:
        """Connect all, spread over the time between two messages."""
        load = self.load
        doors = asyncio.Semaphore(AT_ONCE)
        made: list[Callable[[], asyncio.Protocol]] = [lambda: Idle(self)] * load.idle
        made += [lambda: Busy(self)] * load.busy + [lambda: Asking(self)] * load.http
        self.all = await asyncio.gather(*(self._open(each, doors) for each in made))

    def open_more(self, count: int) -> None:
        """More idle tunnels, while all else goes on."""
        for _ in range(count):
            self._start(self._open_idle())

    async def _open_idle(self) -> None:
        try:
            self.all.append(await self._open(lambda: Idle(self), asyncio.Semaphore(1)))
        except (OSError, TimeoutError) as failed:
            self.found.failed.append(f"connecting: {failed!r}")

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(
        self, make: Callable[[], asyncio.Protocol], doors: asyncio.Semaphore
    ) -> "Connection":
        async with doors, asyncio.timeout(PATIENCE):
            _, made = await self._loop.create_connection(make, "127.0.0.1", self.load.port)
            assert isinstance(made, Connection)
            await made.ready
        return made

    def begin(self) -> None:
        """Start to talk."""
        talking = [each for each in self.all if not isinstance(each, Idle)]
        for number, each in enumerate(talking):
            self._loop.call_later(self.load.pace * number / len(talking), each.talk)

    async def end(self) -> Found:
        """Is every idle tunnel still there? What was found."""
        self.is_over = True
        idle = [each for each in self.all if isinstance(each, Idle)]
        for quiet in idle:
            quiet.talk()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for quiet in idle:
                    await quiet.done
        self.found.idle_lost = sum(not quiet.is_good for quiet in idle)
        for each in self.all:
            each.close()
        await asyncio.sleep(0)  # asyncio closes them in its next turn
        return self.found

    def again(self) -> None:
        """Another keep-alive client in the place of one."""
        self._start(self._again())

    async def _again(self) -> None:
        try:
            made = await self._open(lambda: Asking(self), asyncio.Semaphore(1))
        except (OSError, TimeoutError) as failed:
            self.found.failed.append(f"connecting: {failed!r}")
            return
        self.all.append(made)
        made.talk()


class Connection(asyncio.Protocol):
    """One of a client's."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.held = b""
        self.sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connected()

    def connected(self) -> None:
        """Ask for a tunnel."""
        load = self.clients.load
        self.transport.write(UPGRADE.format(path=load.tunnel_path, host=load.host).encode())

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        self.held += data
        if not self.ready.done():
            head, end, self.held = self.held.partition(b"\r\n\r\n")
            if not end:
                self.held = head
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                self.ready.set_exception(ConnectionError(head.decode("latin-1")))
                return
            self.ready.set_result(None)
        elif len(self.held) >= 64:
            self.held = self.held[64:]
            self.answered()

    def talk(self) -> None:
        """Say something."""
        self.sent_at = time.monotonic()
        self.transport.write(b"x" * 64)

    def answered(self) -> None:
        """It came back."""

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionError("closed while it was opened"))
        elif not self.clients.is_over:
            self.lost(exc)

    def lost(self, exc: Exception | None) -> None:
        """The other side has ended the connection."""

    def close(self) -> None:
        """End it."""
        self.transport.abort()

    def wait(self) -> None:
        """Talk again after the pace."""
        if not self.clients.is_over:
            loop = asyncio.get_running_loop()
            loop.call_later(self.clients.load.pace, self._talk_again)

    def _talk_again(self) -> None:
        if not self.clients.is_over and not self.transport.is_closing():
            self.talk()


class Idle(Connection):
    """A tunnel that says nothing but once, at the end."""

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_good = False

    def talk(self) -> None:
        """At the end."""
        if not self.transport.is_closing():
            super().talk()

    def answered(self) -> None:
        """It was still there."""
        self.is_good = True
        self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        if not self.done.done():
            self.done.set_result(None)
        super().connection_lost(exc)


class Busy(Connection):
    """A tunnel with a message every now and then."""

    def answered(self) -> None:
        """On to the next."""
        self.clients.tunnel_times.append(1000 * (time.monotonic() - self.sent_at))
        self.clients.found.messages += 1
        self.wait()

    def lost(self, exc: Exception | None) -> None:
        """It should not."""
        self.clients.found.busy_lost += 1


class Asking(Connection):
    """A keep-alive connection with a request every now and then."""

    is_waiting = False
    is_ended = False

    def connected(self) -> None:
        """There is nothing to ask for first."""
        self.ready.set_result(None)

    def talk(self) -> None:
        """Ask."""
        load = self.clients.load
        self.is_waiting = True
        self.sent_at = time.monotonic()
        self.transport.write(
            f"GET {load.http_path} HTTP/1.1\r\nHost: {load.host}\r\nAccept: */*\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        self.held += data
        head, end, body = self.held.partition(b"\r\n\r\n")
        if not end or len(body) < 12:
            return
        self.is_waiting = False
        self.held = b""
        found = self.clients.found
        if head.startswith(b"HTTP/1.1 200 ") and body == b"hello world\n":
            found.requests += 1
            self.clients.http_times.append(1000 * (time.monotonic() - self.sent_at))
        else:
            found.failed.append((head[:100] + body[:20]).decode("latin-1"))
        self.wait()

    def lost(self, exc: Exception | None) -> None:
        """Between two requests, that is the server's right."""
        if self.is_waiting:
            self.clients.found.failed.append(f"on its way: {exc!r}")
        else:
            self.clients.found.closed_between += 1
        self.clients.again()


async def be_clients(load: Load) -> None:
    """As standard input says."""
    clients = Clients(load)
    await clients.open()
    gc.collect()
    gc.freeze()
    _print("ready")
    clients.begin()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    orders, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := (await reader.readline()).decode().split():
        if line[0] == "end":
            break
        if line[0] == "open":
            clients.open_more(int(line[1]))
        else:
            clients.mark(line[1])
    orders.close()
    _print(json.dumps(asdict(await clients.end())))


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        asyncio.run(work())
    else:
        asyncio.run(be_clients(Load(**json.loads(sys.argv[2]))))
