"""A child served within a test: configuration text in, a port out; and a worker that does what a
script says, noting what it was sent.
"""

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

import trio

from httpdlite.conf.files import DictFiles
from httpdlite.conf.reader import ConfigSource, read_config
from httpdlite.conf.tree import Config
from httpdlite.routes.compiling import compile_site
from httpdlite.routes.site import Site
from httpdlite.serve.child import Child
from httpdlite.serve.log import Logs
from httpdlite.serve.tls_sites import TlsFiles, site_tls

NONE: Final[Mapping[str, bytes]] = MappingProxyType({})
Script = Callable[["Connection"], Awaitable[None]]


class NoNames:
    """Nothing resolves, nobody is known."""

    def addresses(self, host: str) -> tuple[str, ...]:
        return ()

    def user(self, name: str) -> int | None:
        return None

    def group(self, name: str) -> int | None:
        return None

    def own_name(self) -> str | None:
        return "own.test"


def site_of(text: str, root: str = "/", files: Mapping[str, bytes] = NONE) -> Site:
    """The Site of a configuration; fails with the diagnostics."""
    return compile_site(config_of(text, root, files), "own.test")


def config_of(text: str, root: str = "/", others: Mapping[str, bytes] = NONE) -> Config:
    """A configuration, and other files by their path under ``root``; fails with the diagnostics."""
    base = root.rstrip("/")
    beside = {f"{base}/{name}": content for name, content in others.items()}
    files = DictFiles({f"{base}/httpd.conf": text.encode(), f"{base}/.here": b"", **beside})
    source = ConfigSource(f"{root.rstrip('/')}/httpd.conf", root, (), (), (), {})
    reading = read_config(source, files, NoNames())
    assert reading.config is not None, [d.message for d in reading.diagnostics]
    return reading.config


class Connection:
    """One end of a TCP (or unix) connection: a client of the front, or what a worker accepted."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.held = b""

    async def send(self, data: bytes | str) -> None:
        await self.stream.send_all(data.encode("latin-1") if isinstance(data, str) else data)

    async def until(self, mark: bytes) -> bytes:
        """What comes up to and with `mark`; all there is if the stream ends first."""
        while mark not in self.held:
            data = await self.stream.receive_some(65536)
            if not data:
                all_there_is, self.held = self.held, b""
                return all_there_is
            self.held += data
        end = self.held.index(mark) + len(mark)
        found, self.held = self.held[:end], self.held[end:]
        return found

    async def exactly(self, count: int) -> bytes:
        while len(self.held) < count:
            data = await self.stream.receive_some(65536)
            if not data:
                break
            self.held += data
        found, self.held = self.held[:count], self.held[count:]
        return found

    async def head(self) -> str:
        return (await self.until(b"\r\n\r\n")).decode("latin-1")

    async def rest(self) -> bytes:
        """Everything up to the end of the stream."""
        found, self.held = self.held, b""
        async for data in self.stream:
            found += data
        return found

    async def response(self) -> "Response":
        """A response with a Content-Length or none."""
        head = await self.head()
        response = Response(head)
        response.body = await self.exactly(int(response.get("Content-Length") or 0))
        return response

    def finish(self) -> None:
        self.stream.socket.shutdown(socket.SHUT_WR)

    async def close(self) -> None:
        await self.stream.aclose()

    def reset(self) -> None:
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.stream.socket.close()


@dataclass
class Response:
    head: str
    body: bytes = b""

    @property
    def status(self) -> int:
        return int(self.head.split(" ", 2)[1])

    def get(self, name: str) -> str | None:
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(": ")
            if key.lower() == name.lower():
                return value
        return None


@dataclass
class Worker:
    """Accepts connections; each is handled by the script."""

    script: Script
    port: int = 0
    connections: int = 0
    open: int = 0
    listeners: list[trio.SocketListener] = field(default_factory=list)

    async def serve(self, *, path: str | None = None, task_status: trio.TaskStatus[None]) -> None:
        if path is None:
            self.listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
            self.port = self.listeners[0].socket.getsockname()[1]
        else:
            sock = trio.socket.socket(socket.AF_UNIX)
            await sock.bind(path)
            sock.listen(16)
            self.listeners = [trio.SocketListener(sock)]
        await trio.serve_listeners(self._handle, self.listeners, task_status=_Started(task_status))

    async def _handle(self, stream: trio.SocketStream) -> None:
        self.connections += 1
        self.open += 1
        try:
            await self.script(Connection(stream))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            self.open -= 1
            await stream.aclose()


class _Started:
    def __init__(self, status: trio.TaskStatus[None]) -> None:
        self._status = status

    def started(self, value: object = None) -> None:
        self._status.started()


@dataclass
class Front:
    """A running child. `log` is its error log, `access` what it wrote of requests."""

    child: Child
    port: int
    folder: str
    nursery: trio.Nursery
    connections: list[Connection] = field(default_factory=list)

    async def connect(self) -> Connection:
        connection = Connection(await trio.open_tcp_stream("127.0.0.1", self.port))
        self.connections.append(connection)
        return connection

    async def ask(self, request: str, *, body: bytes = b"") -> Response:
        """One request on a connection of its own."""
        connection = await self.connect()
        await connection.send(request.encode("latin-1") + body)
        response = await connection.response()
        await connection.close()
        return response

    @property
    def log(self) -> str:
        self.child.flush_logs()
        return Path(self.folder, "error.log").read_text(encoding="utf-8")

    @property
    def access(self) -> list[str]:
        self.child.flush_logs()
        return Path(self.folder, "access.log").read_text(encoding="utf-8").splitlines()


@asynccontextmanager
async def front(
    folder: object, text: str, files: Mapping[str, bytes] = NONE
) -> AsyncIterator[Front]:
    """Serve `text` on a free port of loopback; at the end nothing may be left and no fault
    logged. `files`: certificates and keys, by their name in the folder.
    """
    folder = os.fspath(folder)  # type: ignore[call-overload]
    heading = (
        f"ServerName front.test\nListen 127.0.0.1:1\nErrorLog {folder}/error.log\n"
        f'CustomLog {folder}/access.log "%>s %b %r"\n'
    )
    site = site_of(heading + text, str(folder), files)
    contents = {f"{folder}/{name}": content for name, content in files.items()}
    tls = site_tls(site, TlsFiles(contents, dict(contents)))
    sock = socket.create_server(("127.0.0.1", 0))
    sock.setblocking(False)
    child = Child(site, Logs(site, "test"), tls)
    child.engine.tasks += 1  # the test's own, in the same thread: it must not linger
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(child.run, {sock.getsockname(): sock})
            made = Front(child, sock.getsockname()[1], str(folder), nursery)
            try:
                yield made
            finally:
                for connection in made.connections:
                    connection.stream.socket.close()
                child.engine.close()
                nursery.cancel_scope.cancel()
                sock.close()
    log = made.log
    assert "internal fault" not in log, log
    assert not child.engine.table
    child.logs.close()


@asynccontextmanager
async def worker(script: Script, *, path: str | None = None) -> AsyncIterator[Worker]:
    """A worker that handles each connection by `script`."""
    made = Worker(script)
    async with trio.open_nursery() as nursery:
        await nursery.start(lambda task_status: made.serve(path=path, task_status=task_status))
        try:
            yield made
        finally:
            nursery.cancel_scope.cancel()
            for listener in made.listeners:
                listener.socket.close()
