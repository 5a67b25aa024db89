"""Opening logs, and the programs among them: small shell commands that write what they read."""

import os
import select
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from httpdlite.serve.log_opening import LogError, LogNames, OpenLogs
from httpdlite.serve.log_writing import FileWriter, PipeWriter
from tests.peers.harness import require_program

PATIENCE = 20.0


@dataclass
class Opened:
    """Logs, and what they have reported."""

    root: Path
    said: list[tuple[int, str, str, str]] = field(default_factory=list)
    logs: OpenLogs = field(init=False)

    def __post_init__(self) -> None:
        self.logs = OpenLogs(lambda *line: self.said.append(line), str(self.root))

    def open(self, *access: str) -> dict[str | None, int]:
        """Open an error log and these access logs."""
        self.logs.open(LogNames((str(self.root / "error"),), access))
        return self.logs.descriptors

    def write(self, name: str, text: str) -> None:
        """As a child would."""
        os.write(self.logs.descriptors[name], text.encode())

    def reap(self) -> int:
        """Wait for the end of a process, and say so; its id."""
        pid, status = os.waitpid(-1, 0)
        assert self.logs.reaped(pid, status)
        return pid


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    made = Opened(tmp_path)
    yield made
    made.logs.close()


def open_descriptors() -> int:
    """How many this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


def fifo(root: Path, name: str) -> int:
    """A named pipe in `root` that a program may write to, open for reading."""
    os.mkfifo(root / name)
    return os.open(root / name, os.O_RDONLY | os.O_NONBLOCK)


def read_line(fd: int) -> str:
    """The next line that a program writes there."""
    text = b""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    until = time.monotonic() + PATIENCE
    while not text.endswith(b"\n"):
        ready = poll.poll(max(until - time.monotonic(), 0) * 1000)
        assert ready, f"only {text!r} came"
        text += os.read(fd, 1) if ready[0][1] & select.POLLIN else b""
    return text.decode().rstrip("\n")


def test_program_gets_lines_and_their_end(opened: Opened) -> None:
    """It runs in ServerRoot, and has ended when everything is closed."""
    name = "|$cat >got"
    opened.open(name)
    opened.write(name, "one\ntwo\n")
    opened.logs.close(PATIENCE)
    assert (opened.root / "got").read_text() == "one\ntwo\n"
    assert opened.said == []
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_program_without_a_shell(opened: Opened) -> None:
    script = opened.root / "log it"
    script.write_text('#!/bin/sh\necho "$@" >args; exec cat >got\n')
    script.chmod(0o755)
    name = '|"log it" a "b c" $HOME'
    opened.open(name)
    opened.write(name, "line\n")
    opened.logs.close(PATIENCE)
    assert (opened.root / "args").read_text() == "a b c $HOME\n"
    assert (opened.root / "got").read_text() == "line\n"


def test_surroundings_of_a_program(opened: Opened) -> None:
    """A session of its own, usual signals, and no descriptors but the standard ones."""
    said = fifo(opened.root, "said")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR1])
    try:
        opened.open(
            "|$(cut -d' ' -f1,6 /proc/$$/stat; grep ^Sig[BIC] /proc/$$/status; ls /proc/$$/fd |"
            " tr '\\n' ' '; echo) >said; exec cat"
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    pid, session = read_line(said).split()
    assert pid == session
    blocked, ignored, _ = (int(read_line(said).split()[1], 16) & 0x7FFFFFFF for _ in range(3))
    assert (blocked, ignored) == (0, 0)
    assert {"0", "1", "2"} <= set(read_line(said).split()) <= {"0", "1", "2", "3", "10", "11"}
    os.close(said)


def test_program_that_dies_is_started_again_and_loses_no_line(opened: Opened) -> None:
    said = fifo(opened.root, "said")
    name = "|$while read line; do echo $$ $line >said; done"
    opened.open(name)
    opened.write(name, "1\n")
    first = read_line(said).split()
    os.killpg(int(first[0]), signal.SIGKILL)
    ended = os.waitpid(-1, 0)
    opened.write(name, "2\n")
    assert opened.logs.reaped(*ended)
    second = read_line(said).split()
    assert (first[1], second[1]) == ("1", "2")
    assert first[0] != second[0]
    text = "piped log program 'while read line; do echo $$ $line >said; done' failed unexpectedly"
    assert opened.said == [(3, "AH00106", text, "")]
    os.close(said)


def test_program_that_keeps_dying_is_started_less_and_less_often(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.open("|$exit 3")
    clock = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    opened.reap()  # and started again at once
    waits = []
    for _ in range(7):
        opened.reap()
        due = opened.logs.next_wakeup
        assert due is not None
        waits.append(due - clock[0])
        opened.logs.wake()  # too early: nothing happens
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
        clock[0] = due
        opened.logs.wake()
    assert waits == pytest.approx([1, 2, 4, 8, 16, 30, 30])
    opened.reap()


def test_program_that_cannot_be_started_again(opened: Opened) -> None:
    script = opened.root / "program"
    script.write_text("#!/bin/sh\nread line\n")
    script.chmod(0o755)
    opened.open("|program")
    script.unlink()
    opened.write("|program", "\n")
    opened.reap()
    assert [line[1] for line in opened.said] == ["AH00106", "AH00107"]
    assert opened.said[1][3] == "(2)No such file or directory"
    assert opened.logs.next_wakeup is not None


def test_opening_again(opened: Opened) -> None:
    """Files anew, a program that stays goes on, one that goes gets the end of its input."""
    stays, goes, comes = "|$cat >stays", "|$cat >goes", "|$cat >comes"
    file = str(opened.root / "file")
    before = opened.open(stays, goes, file)
    pipe = before[stays]
    opened.write(goes, "1\n")
    opened.write(file, "1\n")
    (opened.root / "file").rename(opened.root / "file.1")
    opened.open(stays, comes, file)
    assert opened.logs.descriptors[stays] == pipe
    assert goes not in opened.logs.descriptors
    opened.reap()
    assert opened.said == []
    for name in (stays, comes, file):
        opened.write(name, "2\n")
    opened.logs.close(PATIENCE)
    read = {name: (opened.root / name).read_text() for name in ("stays", "goes", "comes")}
    assert read == {"stays": "2\n", "goes": "1\n", "comes": "2\n"}
    assert (opened.root / "file.1").read_text() == "1\n"
    assert (opened.root / "file").read_text() == "2\n"


def test_opening_again_that_fails_changes_nothing(opened: Opened) -> None:
    file = str(opened.root / "file")
    before = opened.open("|$cat >got", file)
    with pytest.raises(LogError, match="AH00649"):
        opened.open("|$cat >other", str(opened.root / "none" / "file"))
    assert opened.logs.descriptors == before
    opened.write("|$cat >got", "x\n")
    opened.write(file, "x\n")
    opened.reap()
    assert opened.said == [], "the one that was started for nothing has ended as it should"


def test_program_that_does_not_end_is_told_to(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = fifo(opened.root, "said")
    name = "|$trap '' HUP; echo up >said; exec tail -f /dev/null"
    opened.open(name)
    assert read_line(said) == "up"
    opened.open()
    due = opened.logs.next_wakeup
    assert due is not None
    monkeypatch.setattr(time, "monotonic", lambda: due)
    opened.logs.wake()
    opened.reap()
    assert opened.logs.next_wakeup is None
    os.close(said)


def test_closing_waits_no_longer_than_it_may(opened: Opened) -> None:
    opened.open("|$exec tail -f /dev/null")
    opened.logs.close(patience=0.0)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_unknown_facility(tmp_path: Path) -> None:
    """Words of apache2."""
    with pytest.raises(LogError) as caught:
        Opened(tmp_path).logs.open(LogNames(("syslog:nosuch",), ()))
    (line,) = caught.value.lines
    assert line == (
        "(20024)The given path is misformatted or contained invalid characters: AH10036: "
        "httpdlite: could not open syslog error log nosuch."
    )


def test_descriptors_are_given_back(opened: Opened) -> None:
    before = open_descriptors()
    for number in range(3):
        opened.open(f"|$cat >x{number}", str(opened.root / f"file{number}"))
    opened.logs.close(PATIENCE)
    assert open_descriptors() == before


def test_what_was_prepared_may_be_given_up(opened: Opened) -> None:
    before = opened.open()
    names = LogNames((str(opened.root / "error"),), ("|$cat >got",))
    opened.logs.abandon(opened.logs.prepare(names))
    assert opened.logs.descriptors == before
    pid = opened.reap()
    assert not opened.logs.reaped(pid, 0)
    assert opened.said == []


def test_forked_process_forgets(opened: Opened) -> None:
    """It keeps its copies alone; a program gets the end of its input when both have closed."""
    name = "|$cat >got"
    opened.open(name)
    pid = os.fork()
    if not pid:
        status = 1
        try:
            copy = os.dup(opened.logs.descriptors[name])
            before = open_descriptors()
            opened.logs.forget()
            os.write(copy, b"of the child\n")
            status = 0 if before - open_descriptors() == 3 else 2
        finally:
            os._exit(status)
    ended = os.waitpid(pid, 0)
    assert ended == (pid, 0)
    assert not opened.logs.reaped(*ended)
    opened.logs.close(PATIENCE)
    assert (opened.root / "got").read_text() == "of the child\n"


def test_standard_error_in_a_programs_pipe(opened: Opened) -> None:
    """As of a server in the background: the program does not keep its own input open, nor is it
    kept open by the server.
    """
    name = "|$cat >got; readlink /proc/$$/fd/2 >>got"
    opened.open(name)
    before = os.dup(2)
    try:
        os.dup2(opened.logs.descriptors[name], 2)
        os.killpg(program_of(opened), signal.SIGKILL)
        opened.reap()
        os.write(2, b"to the log\n")
        opened.logs.close(PATIENCE)
    finally:
        os.dup2(before, 2)
        os.close(before)
    assert (opened.root / "got").read_text() == "to the log\n/dev/null\n"


def program_of(opened: Opened) -> int:
    """The process of its only program."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return int(children[-1])


@pytest.mark.peer
def test_rotatelogs(opened: Opened) -> None:
    """Apache's own: lines of two writers, over two opens, all in the files it makes."""
    program = require_program("rotatelogs")
    name = f"|{program} -n 5 rotated 1M"
    opened.open(name)
    writers = [PipeWriter(os.dup(opened.logs.descriptors[name])) for _ in range(2)]
    for number in range(2000):
        for mark, writer in enumerate(writers):
            writer.write(f"{mark} {number:04} {'x' * (number % 90)}\n")
            if number % 10 == mark:
                writer.flush()
        if number == 1000:
            opened.open(name)
    for writer in writers:
        writer.flush()
        assert not writer.is_waiting
        writer.close()
        assert writer.lost == 0
    opened.logs.close(PATIENCE)
    lines = [
        line for path in opened.root.glob("rotated*") for line in path.read_text().splitlines()
    ]
    assert {len(line.split()) for line in lines} == {2, 3}, "no line is torn"
    for begin in "01":
        numbers = [int(line.split()[1]) for line in lines if line.startswith(begin)]
        assert numbers == list(range(2000))


def test_renamed_and_opened_again_under_writing_loses_no_line(opened: Opened) -> None:
    """Two processes' writers, which get the new file one after the other."""
    file = str(opened.root / "file")
    opened.open(file)
    writers = [FileWriter(os.dup(opened.logs.descriptors[file])) for _ in range(2)]
    for number in range(300):
        if number == 100:
            (opened.root / "file").rename(opened.root / "file.1")
            opened.open(file)
        for mark in (0, 1):
            if number == 100 + 50 * mark:
                writers[mark].close()
                writers[mark] = FileWriter(os.dup(opened.logs.descriptors[file]))
            writers[mark].write(f"{mark} {number}\n")
            writers[mark].flush()
    for writer in writers:
        writer.close()
    old = (opened.root / "file.1").read_text().splitlines()
    new = (opened.root / "file").read_text().splitlines()
    assert sorted(old + new) == sorted(f"{mark} {n}" for n in range(300) for mark in (0, 1))
    assert len(old) == 250
