"""Writers of logs: what goes into a descriptor, what waits, what is lost."""

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.serve import log_writing
from httpdlite.serve.log_writing import (
    MOST_WAITING,
    PIPE_SIZE,
    FileWriter,
    PipeWriter,
    SyslogWriter,
    Writer,
    pieces_of,
    writer_of,
)


def number_of(writer: Writer) -> int | None:
    """Of the fault, if there is one."""
    return writer.fault.errno if writer.fault is not None else None


class Pipe:
    """A small pipe with a writer on it; the test is the program."""

    def __init__(self) -> None:
        self.read_end, fd = os.pipe()
        os.set_blocking(fd, False)
        os.set_blocking(self.read_end, False)
        self.writer = PipeWriter(fd)

    def read(self) -> bytes:
        """One read, as a program makes it; nothing if nothing is there."""
        try:
            return os.read(self.read_end, 1 << 20)
        except BlockingIOError:
            return b""

    def read_all(self) -> bytes:
        """All that can be got out of it."""
        out = b""
        while piece := self.read():
            out += piece
            self.writer.flush()
        return out


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.writer.close()
    os.close(made.read_end)


def test_pieces_end_with_lines() -> None:
    data = b"".join(b"%d %s\n" % (n, b"x" * (n % 700)) for n in range(100))
    pieces = pieces_of(data)
    assert b"".join(pieces) == data
    assert len(pieces) > 1
    assert all(len(piece) <= PIPE_SIZE and piece.endswith(b"\n") for piece in pieces)


@given(st.lists(st.integers(0, 3 * PIPE_SIZE), max_size=12))
def test_pieces_are_small_and_cut_only_long_lines(lengths: list[int]) -> None:
    lines = [b"%d" % (n % 10) * length + b"\n" for n, length in enumerate(lengths)]
    pieces = pieces_of(b"".join(lines))
    assert b"".join(pieces) == b"".join(lines)
    assert all(len(piece) <= PIPE_SIZE for piece in pieces)
    short = [line for line in lines if len(line) <= PIPE_SIZE // 2]
    joined = b"\0".join(pieces)
    assert all(line in joined for line in short), "no short line is cut"


def test_lines_go_out_together(pipe: Pipe) -> None:
    pipe.writer.write("one\n")
    pipe.writer.write("two \udcff\n")
    pipe.writer.flush()
    assert pipe.read() == b"one\ntwo \xff\n"
    assert not pipe.writer.is_waiting


def test_what_a_full_pipe_does_not_take_waits(pipe: Pipe) -> None:
    lines = [f"{n:07}\n" for n in range(15000)]  # 120,000 bytes: a pipe has 65,536
    for start in range(0, len(lines), 1000):
        for line in lines[start : start + 1000]:
            pipe.writer.write(line)
        pipe.writer.flush()
    assert pipe.writer.is_waiting
    assert (pipe.writer.lost, pipe.writer.fault) == (0, None)
    assert pipe.read_all() == "".join(lines).encode()
    assert not pipe.writer.is_waiting


def test_too_much_is_lost_in_whole_lines_and_counted(pipe: Pipe) -> None:
    lines = [f"{n:07}\n" for n in range(40000)]
    for start in range(0, len(lines), 1000):
        for line in lines[start : start + 1000]:
            pipe.writer.write(line)
        pipe.writer.flush()
    assert pipe.writer.lost > 0
    assert number_of(pipe.writer) == errno.EAGAIN
    got = pipe.read_all().decode().splitlines(keepends=True)
    assert len(got) == len(lines) - pipe.writer.lost
    assert got == lines[: len(got)], "the newest are dropped"
    pipe.writer.write("again\n")
    pipe.writer.flush()
    assert pipe.read() == b"again\n"
    assert number_of(pipe.writer) is None


def test_a_line_that_was_begun_gets_an_end(pipe: Pipe) -> None:
    long = "x" * (65536 + MOST_WAITING + PIPE_SIZE) + "\n"
    pipe.writer.write(long)
    pipe.writer.flush()
    first = pipe.read_all()
    assert first.strip(b"x") == b"\n"
    assert len(first) < len(long)
    assert pipe.writer.lost == 1
    pipe.writer.write("next\n")
    pipe.writer.flush()
    assert pipe.read() == b"next\n"


def test_pipe_without_a_reader_never_raises() -> None:
    read_end, fd = os.pipe()
    os.close(read_end)
    writer = PipeWriter(fd)
    writer.write("line\n")
    writer.flush()
    assert number_of(writer) == errno.EPIPE
    writer.close()
    assert writer.lost == 1


def test_torn_line_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk takes half a line, then nothing, then works again."""
    path = tmp_path / "log"
    takes = [9, 0]
    real_write = os.write

    def write(fd: int, data: bytes) -> int:
        if not takes:
            return real_write(fd, data)
        count = takes.pop(0)
        if not count:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(fd, data[:count])

    writer = FileWriter(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    monkeypatch.setattr(os, "write", write)
    for line in ("first\n", "second\n", "third\n"):
        writer.write(line)
    writer.flush()
    assert writer.lost == 2
    assert number_of(writer) == errno.ENOSPC
    writer.write("fourth\n")
    writer.flush()
    writer.close()
    assert path.read_text() == "first\nsec\nfourth\n"
    assert number_of(writer) is None


@pytest.fixture
def system_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the system's log would be."""
    path = tmp_path / "log-socket"
    monkeypatch.setattr(log_writing, "SYSLOG_SOCKET", str(path))
    return path


def test_system_log(system_log: Path) -> None:
    """As apache2 sends it: `<191>Nov 23 01:59:25 tag[29307]: [core:debug] …`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        writer = writer_of(
            "syslog:local3:mytag",
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).detach(),
            "httpdlite",
        )
        assert isinstance(writer, SyslogWriter)
        writer.write("nobody there\n", 3)
        writer.flush()
        assert writer.lost == 1
        assert number_of(writer) == errno.ENOENT
        server.bind(str(system_log))
        server.settimeout(20)
        writer.write("[core:trace1] text\n", 8)
        writer.write("[core:error] text\n", 3)
        writer.flush()
        assert number_of(writer) is None
        first, second = server.recv(9000).decode(), server.recv(9000).decode()
        assert first.startswith("<159>")
        assert first.endswith(f" mytag[{os.getpid()}]: [core:trace1] text")
        assert second.startswith("<155>")
        writer.close()


def test_system_log_that_is_started_again(system_log: Path) -> None:
    writer = writer_of(
        "syslog", socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).detach(), "httpdlite"
    )
    for number in range(2):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
            server.bind(str(system_log))
            server.settimeout(20)
            writer.write(f"{number}\n", 5)
            writer.flush()
            assert server.recv(9000).decode().endswith(f"httpdlite[{os.getpid()}]: {number}")
        system_log.unlink()
    assert writer.lost == 0
    writer.close()
