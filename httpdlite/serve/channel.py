"""The channel between the parent and one child: orders down, reports up.

Comes in: orders with the descriptors that go with them; reports as JSON objects. Goes out: the same
at the other end, one message per datagram (AF_UNIX, SOCK_SEQPACKET). Hides how descriptors travel
(SCM_RIGHTS, at most 253 per message) and that neither side ever waits for the other.

The parent pickles what it says; the child, which may be another user's process, answers in JSON
that the parent does not trust with anything. The end of the stream is the end of the other side.
"""

import array
import json
import os
import pickle
import socket
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_HANDLES: Final = 200  # descriptors per message; the kernel takes 253 (SCM_MAX_FD)
MOST_BYTES: Final = 131072  # of a message; a socket's buffer holds 212,992 usually


@dataclass(frozen=True, slots=True)
class Handles:
    """Descriptors for what follows: of logs or of listening sockets, and what each is called."""

    kind: str  # "log" or "listener"
    names: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Adopt:
    """Serve by another configuration: its publication and the files of TLS come with it.
    ``number`` counts them.
    """

    number: int


@dataclass(frozen=True, slots=True)
class Reopen:
    """Write to the logs that have come, and change nothing else."""


@dataclass(frozen=True, slots=True)
class Drain:
    """Accept no more, finish what is there; tunnels have so many seconds (None: any time)."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Stop:
    """End at once."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Report something; ``number`` names the answer."""

    number: int
    what: str


Order = Handles | Adopt | Reopen | Drain | Stop | Ask


def channel() -> tuple[socket.socket, socket.socket]:
    """Both ends, non-blocking: the parent's and the child's."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, theirs):
        end.setblocking(False)
    return ours, theirs


class ParentEnd:
    """Orders to one child. What waits for room has descriptors of its own."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._queue: deque[tuple[bytes, tuple[int, ...]]] = deque()

    @property
    def is_idle(self) -> bool:
        """Has everything gone out?"""
        return not self._queue

    def send(self, order: Order, descriptors: Sequence[int] = ()) -> None:
        """Say something, as soon as there is room for it."""
        data = pickle.dumps(order)
        if self._queue or not self._send(data, descriptors):
            self._queue.append((data, tuple([os.dup(number) for number in descriptors])))

    def send_handles(self, kind: str, handles: Sequence[tuple[Any, int]]) -> None:
        """Any number of descriptors with their names."""
        part: list[tuple[Any, int]] = []
        size = 0
        for name, number in handles:
            part.append((name, number))
            size += len(str(name))
            if len(part) == MOST_HANDLES or size > MOST_BYTES // 4:
                self._send_part(kind, part)
                part, size = [], 0
        if part:
            self._send_part(kind, part)

    def _send_part(self, kind: str, part: Sequence[tuple[Any, int]]) -> None:
        names = tuple([name for name, _ in part])
        self.send(Handles(kind, names), [number for _, number in part])

    def flush(self) -> None:
        """Send what is queued. A child that has gone is noticed on reading."""
        while self._queue:
            data, copies = self._queue[0]
            if not self._send(data, copies):
                return
            self._queue.popleft()
            _close_all(copies)

    def _send(self, data: bytes, descriptors: Sequence[int]) -> bool:
        """False if there is no room now."""
        try:
            socket.send_fds(self.sock, [data], descriptors)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        """Nothing more is said."""
        self.sock.close()
        while self._queue:
            _close_all(self._queue.popleft()[1])

    def receive(self) -> dict[str, Any] | None:
        """One report; {} when there is none now (or it is none), None at the end."""
        try:
            data = self.sock.recv(MOST_BYTES * 2)
        except BlockingIOError:
            return {}
        except OSError:
            return None
        if not data:
            return None
        try:
            report = json.loads(data)
        except (ValueError, RecursionError):
            return {}
        return report if isinstance(report, dict) else {}


def _close_all(descriptors: Sequence[int]) -> None:
    for number in descriptors:
        os.close(number)


def receive_order(sock: socket.socket) -> tuple[Order, list[int]] | None:
    """An order and its descriptors; None at the end of the stream. Raises BlockingIOError."""
    data, ancillary, _, _ = sock.recvmsg(MOST_BYTES * 2, socket.CMSG_SPACE(MOST_HANDLES * 4))
    descriptors = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    if not data:
        return None
    return pickle.loads(data), list(descriptors)


def report(content: dict[str, Any]) -> bytes:
    """A report as it is sent."""
    return json.dumps(content).encode()
