"""The control socket: what the running server says of itself to those who may ask.

Comes in: JSON lines over a unix socket that only its owner may connect to. Goes out: JSON lines;
with a publication, its descriptor. Hides that children are asked and may not answer. ``ask`` is the
other end, for the command line.

==================  ==============================================================
``{"ask": …}``      answer
==================  ==============================================================
``status``          processes, connections, tunnels, lines lost by logs
``tunnels``         how many live tunnels each route has: ``[[key, count], …]``
``publication``     the configuration that is served, as a descriptor
==================  ==============================================================
"""

import contextlib
import errno
import json
import os
import selectors
import socket
import stat
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from httpdlite.serve.channel import Ask
from httpdlite.serve.children import Children

PATIENCE: Final = 5.0  # seconds for all children to answer
LONGEST_LINE: Final = 4096
_UCRED: Final = struct.Struct("3i")

Answers = dict[int, list[dict[str, Any]]]
"""By process id: the parts of each child's answer."""


@dataclass(slots=True)
class _Question:
    waits_for: set[int]
    until: float
    done: Callable[[Answers], None]
    answers: Answers = field(default_factory=dict)


class Questions:
    """What children are asked, and who waits for the answers."""

    def __init__(self, children: Children) -> None:
        self._children = children
        self._open: dict[int, _Question] = {}
        self._count = 0

    def ask(self, what: str, done: Callable[[Answers], None]) -> None:
        """Ask all children that are up; ``done`` gets what came until all had answered, or in
        time.
        """
        asked = [child for child in self._children.running if child.is_ready]
        self._count += 1
        until = time.monotonic() + PATIENCE
        question = _Question({child.pid for child in asked}, until, done)
        self._open[self._count] = question
        for child in asked:
            child.end.send(Ask(self._count, what))

    def answered(self, pid: int, report: dict[str, Any]) -> None:
        """A part of an answer, which says whether it is the last."""
        number = report.get("answer")
        question = self._open.get(number) if isinstance(number, int) else None
        if question is None:
            return
        question.answers.setdefault(pid, []).append(report)
        if not report.get("more"):
            question.waits_for.discard(pid)

    def gone(self, pid: int) -> None:
        """Nobody need wait for this one."""
        for question in self._open.values():
            question.waits_for.discard(pid)

    def finish(self) -> None:
        """Call whoever has waited long enough."""
        now = time.monotonic()
        for number, question in tuple(self._open.items()):
            if not question.waits_for or now >= question.until:
                del self._open[number]
                question.done(question.answers)

    def next_wakeup(self) -> float | None:
        """When there is something to finish."""
        return min((question.until for question in self._open.values()), default=None)


def sum_up(found: Answers) -> list[list[Any]]:
    """How many tunnels each key has, over all children."""
    counts: dict[str, int] = {}
    for parts in found.values():
        for part in parts:
            listed = part.get("tunnels")
            for pair in listed if isinstance(listed, list) else ():
                match pair:
                    case [str(key), int(count)]:
                        counts[key] = counts.get(key, 0) + count
    return [[key, count] for key, count in counts.items()]


Handler = Callable[[str, Callable[[dict[str, Any], int | None], None]], None]
"""Gets what is asked and how to answer: an object, and a descriptor that goes with it."""


class Control:
    """The socket and its connections, within the parent's selector."""

    def __init__(
        self, path: str, mode: int, selector: selectors.BaseSelector, handler: Handler
    ) -> None:
        """Raises OSError."""
        self.path = path
        self._selector = selector
        self._handler = handler
        self._open: dict[socket.socket, bytes] = {}
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISSOCK(os.lstat(path).st_mode):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
            Path(path).unlink()
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(~mode & 0o777)
        try:
            self._sock.bind(path)
        except OSError:
            self._sock.close()
            raise
        finally:
            os.umask(before)
        self._identity = _identity_of(path)
        self._sock.listen(16)
        self._sock.setblocking(False)
        selector.register(self._sock, selectors.EVENT_READ, self._accept)

    def _accept(self, _: int) -> None:
        try:
            sock, _peer = self._sock.accept()
        except OSError:
            return
        sock.setblocking(False)
        self._open[sock] = b""
        self._selector.register(sock, selectors.EVENT_READ, lambda _: self._read(sock))

    def _read(self, sock: socket.socket) -> None:
        try:
            data = sock.recv(LONGEST_LINE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        line, end, _rest = (self._open[sock] + data).partition(b"\n")
        if end:
            self._open[sock] = b""
            self._handle(sock, line)
        elif not data or len(line) > LONGEST_LINE:
            self._drop(sock)
        else:
            self._open[sock] = line

    def _handle(self, sock: socket.socket, line: bytes) -> None:
        def answer(content: dict[str, Any], descriptor: int | None = None) -> None:
            self._answer(sock, content, descriptor)

        try:
            what = json.loads(line)["ask"]
        except (ValueError, TypeError, KeyError):
            answer({"error": 'ask with {"ask": "status"}, for example'})
            return
        self._handler(str(what), answer)

    def _answer(self, sock: socket.socket, content: dict[str, Any], descriptor: int | None) -> None:
        """Answers are sent in one go; who does not take them gets none."""
        if sock not in self._open:
            return
        data = json.dumps(content).encode() + b"\n"
        sock.setblocking(True)
        sock.settimeout(1.0)
        try:
            sent = socket.send_fds(sock, [data], [] if descriptor is None else [descriptor])
            sock.sendall(data[sent:])
        except OSError:
            self._drop(sock)
            return
        sock.setblocking(False)

    def _drop(self, sock: socket.socket) -> None:
        self._selector.unregister(sock)
        del self._open[sock]
        sock.close()

    def forget(self) -> None:
        """In a new child: it is none of its business."""
        for sock in (self._sock, *self._open):
            sock.close()

    def close(self) -> None:
        """No more questions."""
        self._selector.unregister(self._sock)
        for sock in tuple(self._open):
            self._drop(sock)
        self._sock.close()
        with contextlib.suppress(OSError):
            if _identity_of(self.path) == self._identity:  # else it is the next server's
                Path(self.path).unlink()


def _identity_of(path: str) -> tuple[int, int]:
    found = Path(path).stat()
    return found.st_dev, found.st_ino


class NobodyThereError(Exception):
    """The server cannot be asked; str() says why."""


def ask(path: str, what: str) -> tuple[dict[str, Any], int | None]:
    """Ask a running server; its answer, and the descriptor that came with it. Raises
    NobodyThereError. Whoever listens there must be root or this user: what it says is believed.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(2 * PATIENCE)
        try:
            sock.connect(path)
            raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
            if _UCRED.unpack(raw)[1] not in (0, os.geteuid()):
                raise NobodyThereError(f"{path} belongs to another user")
            sock.sendall(json.dumps({"ask": what}).encode() + b"\n")
            data, descriptors, _, _ = socket.recv_fds(sock, 65536, 1)
            while not data.endswith(b"\n"):
                piece = sock.recv(65536)
                if not piece:
                    raise NobodyThereError(f"{path}: the server has ended")
                data += piece
        except OSError as failed:
            raise NobodyThereError(f"{path}: {failed.strerror or failed}") from failed
    return json.loads(data), descriptors[0] if descriptors else None
