"""The worker of the tables: it records what reaches it, and does what the case says.

In: scripts, by case. Out: per case the requests in order of arrival, each with the number of its
connection within the case, its bytes, and whether it was whole. Threads of the test's own process;
a request belongs to the case that its X-Case field names, else to the one that plays alone.
"""

import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.peers.behaviour.language import Acts, Case, Cue, Do, Pause, Step
from tests.peers.harness import LOOPBACK

END_MARK: Final = b"X-End: 1\r\n"
END_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nend"
SETTLING: Final = 2.0
"""Seconds that a proxy has, after its client has gone, to leave the worker alone."""


@dataclass(slots=True)
class Seen:
    """One request as it reached the worker."""

    connection: int
    head: bytes
    body: bytes = b""
    whole: bool = False
    empty_line: bool = False


@dataclass(slots=True)
class Run:
    """A case while it plays: what reached the worker, what it may go on with."""

    case: Case
    seen: list[Seen] = field(default_factory=list)
    requests: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    cues: set[str] = field(default_factory=set)
    connections: list["Connection"] = field(default_factory=list)
    acting: int = 0
    over: bool = False

    def number(self, connection: "Connection") -> int:
        """The number of a connection within this case."""
        if connection not in self.connections:
            self.connections.append(connection)
        return self.connections.index(connection) + 1

    def next_script(self) -> Acts:
        """What to do with the request that has come."""
        scripts = self.case.worker
        with self.changed:
            self.requests += 1
            self.changed.notify_all()
            return scripts[min(self.requests, len(scripts)) - 1]

    def wait(self, holds: "Holds", seconds: float) -> bool:
        """Waits until something holds, or the case is over."""
        with self.changed:
            return self.changed.wait_for(lambda: self.over or holds(self), seconds)

    def act(self, change: int) -> None:
        """The worker begins (1) or stops (-1) doing something without being asked."""
        with self.changed:
            self.acting += change
            self.changed.notify_all()

    def cue(self, word: str) -> None:
        """Lets the worker go on."""
        with self.changed:
            self.cues.add(word)
            self.changed.notify_all()

    def end(self) -> None:
        """Nothing waits any more."""
        with self.changed:
            self.over = True
            self.changed.notify_all()


class Holds:
    """Conditions on a run."""

    def __init__(self, cue: str = "", requests: int = 0, *, quiet: bool = False) -> None:
        self.word = cue
        self.requests = requests
        self.quiet = quiet

    def __call__(self, run: Run) -> bool:
        is_cued = not self.word or self.word in run.cues
        return run.requests >= self.requests and is_cued and not (self.quiet and run.acting)


class EndedError(Exception):
    """The connection has ended, here or there."""


class Connection:
    """One connection of a proxy: its requests, one after the other."""

    def __init__(self, worker: "Worker", sock: socket.socket) -> None:
        self.worker = worker
        self.sock = sock
        self.rest = b""
        self.idle = True
        self.run: Run | None = None
        self.seen: Seen | None = None

    def serve(self) -> None:
        """Until either side ends it."""
        with suppress(OSError, EndedError), self.sock:
            while True:
                self._serve_one()

    def _serve_one(self) -> None:
        head = self._head()
        if END_MARK in head:
            self._note(head).whole = True
            self.sock.sendall(END_ANSWER)
            self.idle = True
            return
        seen = self._note(head)
        run = self.run
        assert run is not None
        acts = run.next_script()
        if Do.EARLY not in acts:
            self._read_body(seen)
        run.act(1)
        try:
            for act in acts:
                self._act(act, run, seen)
        finally:
            run.act(-1)
        self.idle = True

    def _act(self, act: Step, run: Run, seen: Seen) -> None:
        match act:
            case bytes():
                self.sock.sendall(act)
            case Pause():
                time.sleep(act.seconds)
            case Do.EARLY:
                pass
            case Do.RESET:
                linger = struct.pack("ii", 1, 0)
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.sock.close()
                raise EndedError
            case Cue() | Do.BODY | Do.CLOSE | Do.SILENT:
                if act is Do.CLOSE:
                    self.sock.shutdown(socket.SHUT_WR)
                run.act(-1)
                try:
                    self._wait(act, run, seen)
                finally:
                    run.act(1)
            case _:
                raise AssertionError(f"a worker cannot {act}")

    def _wait(self, act: Cue | Do, run: Run, seen: Seen) -> None:
        if isinstance(act, Cue):
            run.wait(Holds(cue=act.word), 10)
        elif act is Do.BODY:
            self._read_body(seen)
        else:
            self._drain(seen)

    def _note(self, head: bytes) -> Seen:
        self.run = self.worker.run_of(head)
        seen = self.seen = Seen(self.run.number(self), head)
        self.run.seen.append(seen)
        return seen

    def _drain(self, seen: Seen) -> None:
        """Reads until the other side ends; what comes belongs to the request."""
        self.idle = seen.whole
        while data := self.sock.recv(65536):
            seen.body += data
        raise EndedError

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise EndedError
        self.idle = False
        self.rest += data

    def _head(self) -> bytes:
        while b"\r\n\r\n" not in self._skip_empty_line():
            try:
                self._more()
            except (EndedError, OSError):
                if self.rest:
                    self._note(self.rest)
                raise
        self.idle = False
        head, mark, self.rest = self.rest.partition(b"\r\n\r\n")
        return head + mark

    def _skip_empty_line(self) -> bytes:
        """Between two requests; what is there then."""
        if self.rest.startswith(b"\r\n"):
            self.rest = self.rest[2:]
            self.idle = not self.rest
            if self.seen:
                self.seen.empty_line = True
        return self.rest

    def _read_body(self, seen: Seen) -> None:
        if seen.whole:
            return
        if re.search(rb"\r\nTransfer-Encoding:[^\r]*chunked\r", seen.head, re.IGNORECASE):
            self._read_chunks(seen)
        elif length := re.search(rb"\r\nContent-Length: *([0-9]+)\r", seen.head, re.IGNORECASE):
            self._read_exactly(seen, int(length[1]))
        seen.whole = True

    def _read_exactly(self, seen: Seen, length: int) -> None:
        while length:
            if not self.rest:
                self._more()
            piece, self.rest = self.rest[:length], self.rest[length:]
            seen.body += piece
            length -= len(piece)

    def _line(self) -> bytes:
        while b"\r\n" not in self.rest:
            self._more()
        line, _, self.rest = self.rest.partition(b"\r\n")
        return line

    def _read_chunks(self, seen: Seen) -> None:
        while size := int(self._line().split(b";")[0], 16):
            self._read_exactly(seen, size)
            self._line()
        while trailer := self._line():
            seen.body += b"(trailer) " + trailer


class Worker:
    """Listens on TCP and on a unix socket, for all cases of one configuration."""

    def __init__(self, unix: Path) -> None:
        self.listeners = [socket.create_server((LOOPBACK, 0), backlog=512)]
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(unix))
        unix.chmod(0o777)
        listener.listen(512)
        self.listeners.append(listener)
        self.port = int(self.listeners[0].getsockname()[1])
        self.runs: dict[bytes, Run] = {}
        self.alone: Run | None = None
        self._lock = threading.Lock()
        self._connections: list[Connection] = []

    def run_of(self, head: bytes) -> Run:
        """The case that a request belongs to."""
        named = re.search(rb"\r\nX-Case: ([^\r]*)\r", head)
        run = self.runs.get(named[1]) if named else None
        run = run or self.alone
        if run is None:
            raise EndedError
        return run

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            if sock.family == socket.AF_INET:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(self, sock)
            with self._lock:
                self._connections.append(connection)
            threading.Thread(target=connection.serve, daemon=True).start()

    def settle(self) -> bool:
        """Waits until no connection is busy, then closes all; False if one stays busy."""
        limit = time.monotonic() + SETTLING
        while (busy := self._busy()) and time.monotonic() < limit:
            time.sleep(0.002)
        with self._lock:
            ending, self._connections = self._connections, []
        for connection in ending:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        return not busy

    def _busy(self) -> bool:
        with self._lock:
            self._connections = [one for one in self._connections if one.sock.fileno() >= 0]
            return any(not one.idle for one in self._connections)

    def start(self) -> None:
        """Accepts from now on."""
        for listener in self.listeners:
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def stop(self) -> None:
        """Ends everything."""
        for listener in self.listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            ending = list(self._connections)
        for connection in ending:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)


@contextmanager
def running_worker(unix: Path) -> Iterator[Worker]:
    """A worker that listens."""
    worker = Worker(unix)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()
