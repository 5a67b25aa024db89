"""Writers of logs: lines in, bytes in a descriptor out; and no fault of a log ever stops traffic.

What this hides: how lines are collected, how much goes into one system call, what waits while a
pipe is full, what is lost, and when a log has failed and works again. Rules:

1. A writer never waits and never raises. What cannot be written is dropped, whole lines at a time,
   and counted.
2. A file gets everything collected in one write: it was opened to append, so that several
   processes may share it.
3. A pipe gets whole lines in writes of at most PIPE_SIZE bytes, which the kernel does not mix with
   those of others; only a longer line is in several. What a full pipe does not take waits, up to
   MOST_WAITING bytes; beyond that, new lines are dropped.
4. The system's log gets a datagram per line.
5. After a line of which only a part could be written, the next one begins on a line of its own.
"""

import errno
import os
import socket
import time
from collections import deque
from typing import Final, Protocol

from httpdlite.conf.logtarget import DEFAULT_FACILITY, Kind, parse_log_name
from httpdlite.diagnostics import ENCODING

PIPE_SIZE: Final = 4096
"""PIPE_BUF of Linux (pipe(7)): up to so many bytes are written whole or not at all."""

MOST_WAITING: Final = 64 * 1024
SYSLOG_SOCKET: Final = "/dev/log"
_LONGEST_DATAGRAM: Final = 8192

_FULL: Final = frozenset({errno.EAGAIN, errno.ENOBUFS})


class Writer(Protocol):
    """A log of whatever kind. `lost` counts its lines that could not be written; `fault` is why
    lines are being lost now, None while none are.
    """

    lost: int
    fault: OSError | None

    def write(self, line: str, level: int = 5) -> None:
        """Take a line, its newline included, for the next flush."""
        ...

    def flush(self) -> None:
        """Write what was taken."""
        ...

    @property
    def is_waiting(self) -> bool:
        """Is something left that a later flush may be able to write?"""
        ...

    def is_at(self, fd: int) -> bool:
        """Does a descriptor lead to the same place?"""
        ...

    def close(self) -> None:
        """Flush and close; what is written afterwards is lost."""
        ...


class FileWriter:
    """A file, or standard error. Takes the descriptor over."""

    __slots__ = ("_fd", "_is_torn", "_lines", "fault", "lost")

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lines: list[str] = []
        self._is_torn = False  # the last write ended within a line
        self.lost = 0
        self.fault: OSError | None = None

    is_waiting = False

    def write(self, line: str, level: int = 5) -> None:
        """Take a line for the next flush."""
        self._lines.append(line)

    def flush(self) -> None:
        """Write what was taken; what the disk does not take is lost."""
        if not self._lines:
            return
        data = "".join(self._lines).encode(*ENCODING)
        self._lines.clear()
        if self._is_torn:
            data = b"\n" + data
        try:
            while data:
                count = os.write(self._fd, data)
                self._is_torn = data[count - 1 : count] != b"\n"
                data = data[count:]
        except OSError as fault:
            self.lost += data.removeprefix(b"\n").count(b"\n")
            self.fault = fault
        else:
            self.fault = None

    def is_at(self, fd: int) -> bool:
        """Does a descriptor lead to the same file?"""
        return _is_same(self._fd, fd)

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        self._fd = _close(self._fd)


class PipeWriter:
    """The pipe to a program. Takes the descriptor over, which must not block."""

    __slots__ = ("_fd", "_is_torn", "_lines", "_size", "_waiting", "fault", "lost")

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._is_torn = False  # the last write ended within a line
        self._lines: list[str] = []
        self._waiting: deque[bytes] = deque()  # pieces, in their order
        self._size = 0  # of all of them
        self.lost = 0
        self.fault: OSError | None = None

    @property
    def is_waiting(self) -> bool:
        """Are there pieces for a later flush?"""
        return bool(self._waiting)

    def write(self, line: str, level: int = 5) -> None:
        """Take a line for the next flush."""
        self._lines.append(line)

    def flush(self) -> None:
        """Write what the pipe takes; the rest waits, or is dropped if too much does."""
        if self._waiting:
            self._drain()
        if not self._lines:
            return
        data = "".join(self._lines).encode(*ENCODING)
        self._lines.clear()
        if self._waiting:
            self._keep(data)
        elif len(data) <= PIPE_SIZE:
            if self._put(data):
                self.fault = None
            else:
                self._keep(data)
        else:
            self._keep_all(data)
            self._drain()
            self._shrink()

    def _put(self, piece: bytes) -> bool:
        """Write a piece; False: there is no room, or nobody who reads."""
        try:
            count = os.write(self._fd, piece)
        except OSError as fault:
            if fault.errno not in _FULL:
                self.fault = fault
            return False
        self._is_torn = not piece.endswith(b"\n")
        if count < len(piece):  # not of a pipe: a terminal or a socket that was handed in
            self._waiting.appendleft(piece[count:])
            self._size += len(piece) - count
        return True

    def _drain(self) -> None:
        waiting = self._waiting
        while waiting:
            piece = waiting.popleft()
            self._size -= len(piece)
            if not self._put(piece):
                waiting.appendleft(piece)
                self._size += len(piece)
                return
        self.fault = None

    def _keep(self, data: bytes) -> None:
        self._keep_all(data)
        self._shrink()

    def _keep_all(self, data: bytes) -> None:
        pieces = pieces_of(data)
        self._waiting.extend(pieces)
        self._size += len(data)

    def _shrink(self) -> None:
        """Drop the newest lines of what is too much; a line that was begun goes on."""
        waiting = self._waiting
        while self._size > MOST_WAITING and waiting:
            piece = waiting.pop()
            self._size -= len(piece)
            self.lost += piece.count(b"\n")
            while waiting and not waiting[-1].endswith(b"\n"):  # the beginning of a long line
                self._size -= len(waiting.pop())
            if self.fault is None:
                self.fault = OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        if self._is_torn and not waiting:
            waiting.append(b"\n")
            self._size += 1

    def is_at(self, fd: int) -> bool:
        """Does a descriptor lead to the same pipe?"""
        return _is_same(self._fd, fd)

    def close(self) -> None:
        """Write what can be written without waiting, and close."""
        self.flush()
        self.lost += sum(piece.count(b"\n") for piece in self._waiting)
        self._waiting.clear()
        self._size = 0
        self._fd = _close(self._fd)


def pieces_of(data: bytes) -> list[bytes]:
    """`data` in pieces of at most PIPE_SIZE bytes, cut between lines wherever that is possible."""
    pieces: list[bytes] = []
    start, size = 0, len(data)
    while size - start > PIPE_SIZE:
        end = data.rfind(b"\n", start, start + PIPE_SIZE) + 1
        if not end:  # a long line: by itself, up to its end
            end = start + PIPE_SIZE
        pieces.append(data[start:end])
        start = end
    pieces.append(data[start:])
    return pieces


class SyslogWriter:
    """The system's log; takes the descriptor of a datagram socket over, connected or not."""

    __slots__ = ("_facility", "_lines", "_socket", "_tag", "fault", "lost")

    def __init__(self, fd: int, facility: int, tag: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM, fileno=fd)
        self._socket.setblocking(False)
        self._facility = facility
        self._tag = tag
        self._lines: list[tuple[int, str]] = []
        self.lost = 0
        self.fault: OSError | None = None

    is_waiting = False

    def write(self, line: str, level: int = 5) -> None:
        """Take a line for the next flush. Finer levels than debug are debug there."""
        self._lines.append((min(level, 7), line))

    def flush(self) -> None:
        """Send what was taken; what the system's log does not take is lost."""
        for level, line in self._lines:
            data = f"{self._start(level)}{line.rstrip()}".encode(*ENCODING)[:_LONGEST_DATAGRAM]
            try:
                self._send(data)
            except OSError as fault:
                self.lost += 1
                self.fault = fault
            else:
                self.fault = None
        self._lines.clear()

    def _start(self, level: int) -> str:
        """`<number>Mmm dd hh:mm:ss tag[pid]: ` (RFC 3164 §4.1), as the C library's syslog()."""
        now = time.strftime("%b %e %T")
        return f"<{self._facility * 8 + level}>{now} {self._tag}[{os.getpid()}]: "

    def _send(self, data: bytes) -> None:
        try:
            self._socket.send(data)
        except (ConnectionError, FileNotFoundError):
            pass
        except OSError as fault:
            if fault.errno != errno.ENOTCONN:
                raise
        else:
            return
        self._socket.connect(SYSLOG_SOCKET)  # it was not there before, or was started again
        self._socket.send(data)

    def is_at(self, fd: int) -> bool:
        """Never: what is sent is not kept here."""
        return False

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        self._socket.close()


def writer_of(name: str | None, fd: int, program: str) -> Writer:
    """The writer of a log by its name, over a descriptor that it takes over. `program` is the tag
    of lines in the system's log that have none.
    """
    target = parse_log_name(name)
    if target.kind is Kind.PROGRAM:
        return PipeWriter(fd)
    if target.kind is Kind.SYSLOG:
        facility = DEFAULT_FACILITY if target.facility is None else target.facility
        return SyslogWriter(fd, facility, target.tag or program)
    return FileWriter(fd)


def _is_same(one: int, other: int) -> bool:
    return one >= 0 and os.path.sameopenfile(one, other)


def _close(fd: int) -> int:
    if fd >= 0:
        os.close(fd)
    return -1
