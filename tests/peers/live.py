"""A worker and clients for servers that are reloaded, signalled and killed: raw sockets, threads.

In: a running server. Out: open tunnels and connections that a test asks again and again, and what
the server says of itself. What this hides: the worker's threads, WebSocket handshakes (what follows
is not framed: a tunnel carries bytes), and looking again until something is so.
"""

import os
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from httpdlite.serve.control import NobodyThereError, ask
from tests.peers.harness import LOOPBACK, PATIENCE, Server, httpdlite_configuration

_NAP = 0.01  # between two looks; nothing depends on its length
_RESUMING = "resuming normal operations"
_REFUSED = "the configuration was not taken over"


def wait_until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Looks until the condition holds; its value. Fails with `what` if it does not."""
    for _ in range(int(seconds / _NAP)):
        found = condition()
        if found:
            return found
        signal.sigtimedwait([], _NAP)
    raise AssertionError(f"in {seconds} seconds not so: {what}")


# --- the worker ----------------------------------------------------------------------------------


class LiveWorker:
    """Echoes in tunnels, answers `/slow…` once `release` is set, all else with the target at once.

    `connections` counts those that were made, `arrived` those requests that wait.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server((LOOPBACK, 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self.release = threading.Event()
        self.connections = 0
        self.arrived: list[str] = []
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                self._open.add(sock)
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with suppress(OSError, ValueError), sock, sock.makefile("rb") as file:
            while head := _read_head(file):
                target = head.split(" ", 2)[1]
                if "upgrade: websocket" in head.lower():
                    sock.sendall(
                        b"HTTP/1.1 101 Switching Protocols\r\n"
                        b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
                    )
                    while data := file.read1(65536):
                        sock.sendall(data)
                    return
                if target.startswith("/slow"):
                    self.arrived.append(target)
                    self.release.wait(PATIENCE)
                body = target.encode()
                sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def close(self) -> None:
        """Ends everything."""
        self.release.set()
        self._listener.close()
        for sock in tuple(self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _read_head(file: Any) -> str:
    lines = []
    while (line := file.readline()) not in (b"\r\n", b""):
        lines.append(line.decode("latin-1"))
    return "".join(lines)


@contextmanager
def live_worker() -> Iterator[LiveWorker]:
    """A worker on a port of its own."""
    worker = LiveWorker()
    try:
        yield worker
    finally:
        worker.close()
        while _CLIENTS:
            _CLIENTS.pop().close()


# --- clients -------------------------------------------------------------------------------------


_CLIENTS: list[socket.socket] = []
"""Closed with the worker, so that a test need not."""


class Client:
    """A connection to the server: requests one after the other, or a tunnel."""

    def __init__(self, port: int, host: str = LOOPBACK) -> None:
        self.sock = socket.create_connection((host, port), timeout=PATIENCE)
        _CLIENTS.append(self.sock)
        self._held = b""

    def secure(
        self, context: ssl.SSLContext, name: str, session: ssl.SSLSession | None = None
    ) -> ssl.SSLSocket:
        """Speaks TLS from now on."""
        _CLIENTS.remove(self.sock)
        self.sock = secure = context.wrap_socket(self.sock, server_hostname=name, session=session)
        _CLIENTS.append(secure)
        return secure

    def send(self, target: str, host: str = "front.test", *lines: str) -> None:
        """Asks, and does not wait for the answer."""
        head = "\r\n".join((f"GET {target} HTTP/1.1", f"Host: {host}", *lines, "", ""))
        self.sock.sendall(head.encode())

    def answer(self) -> tuple[int, str]:
        """Status and body of the next response."""
        head = self._until(b"\r\n\r\n").decode("latin-1")
        length = 0
        for line in head.split("\r\n"):
            name, _, value = line.partition(": ")
            if name.lower() == "content-length":
                length = int(value)
        return int(head.split(" ", 2)[1]), self._exactly(length).decode("latin-1")

    def get(self, target: str, host: str = "front.test") -> tuple[int, str]:
        """Asks and waits."""
        self.send(target, host)
        return self.answer()

    def upgrade(self, target: str, host: str = "front.test") -> "Client":
        """Makes a tunnel of this connection, and sends something through it."""
        self.send(
            target,
            host,
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
        )
        status, _ = self.answer()
        assert status == 101, status
        assert self.echoes()
        return self

    def echoes(self) -> bool:
        """Does a message come back?"""
        try:
            self.sock.sendall(b"hello")
            return self._exactly(5) == b"hello"
        except ConnectionError:
            return False

    def is_ended(self) -> bool:
        """Has the server ended the connection? Waits for it."""
        try:
            return self._held == b"" and self.sock.recv(65536) == b""
        except ConnectionError:
            return True

    def has_ended(self) -> bool:
        """Has it by now?"""
        self.sock.setblocking(False)
        try:
            return self.sock.recv(65536, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except ConnectionError:
            return True
        finally:
            self.sock.settimeout(PATIENCE)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._held:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionResetError("the server has ended the connection")
            self._held += data
        found, _, self._held = self._held.partition(mark)
        return found

    def _exactly(self, count: int) -> bytes:
        while len(self._held) < count:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionResetError("the server has ended the connection")
            self._held += data
        found, self._held = self._held[:count], self._held[count:]
        return found

    def close(self) -> None:
        """Ends the connection."""
        self.sock.close()


def tunnel(server: Server, target: str = "/ws", host: str = "front.test") -> Client:
    """A tunnel that has carried a message."""
    return Client(server.port).upgrade(target, host)


def get(server: Server, target: str = "/", host: str = "front.test") -> tuple[int, str]:
    """Status and body of one request on a connection of its own."""
    client = Client(server.port)
    try:
        return client.get(target, host)
    finally:
        client.close()


# --- the server ----------------------------------------------------------------------------------


def status(server: Server) -> dict[str, Any]:
    """What the server says of itself."""
    found, _ = ask(str(server.root / "httpdlite.sock"), "status")
    return found


def serving(server: Server) -> dict[str, Any]:
    """The same, once all children are up."""

    def look() -> dict[str, Any] | None:
        with suppress(NobodyThereError):
            return status(server)
        return None

    wait_until(lambda: _RESUMING in server.error_log, "the server is up")
    found: dict[str, Any] = wait_until(look, "the control socket answers")
    return found


def children(server: Server) -> list[int]:
    """The process ids of its children."""
    pid = server.process.pid
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in listed.split()]


def tunnels_on_all(server: Server, target: str = "/ws") -> dict[int, list[Client]]:
    """Tunnels, by the child that has them: each has one at least."""
    found: dict[int, list[Client]] = {int(pid): [] for pid in serving(server)["children"]}
    while not all(found.values()):
        before = _tunnel_counts(server)
        made = tunnel(server, target)
        after = _tunnel_counts(server)
        pid = next(pid for pid in after if after[pid] > before[pid])
        found[pid].append(made)
    return found


def _tunnel_counts(server: Server) -> dict[int, int]:
    listed = status(server)["children"].items()
    return {int(pid): values["tunnels"] for pid, values in listed}


def reconfigure(server: Server, body: str) -> None:
    """Writes another configuration, and nothing else."""
    httpdlite_configuration(server.root, server.port, body)


def reload(server: Server, number: signal.Signals = signal.SIGUSR1) -> str:
    """Has the configuration read again, and waits until that is done; what was logged."""
    before = server.error_log
    os.kill(server.process.pid, number)
    wait_until(lambda: ended_reloads(server.error_log) > ended_reloads(before), "it is reloaded")
    return server.error_log[len(before) :]


def ended_reloads(log: str) -> int:
    """How often an error log says that it is up, or that it stays as it was."""
    return log.count(_RESUMING) + log.count(_REFUSED)


def is_alive(pid: int) -> bool:
    """Is there such a process, which is not only waited for?"""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
