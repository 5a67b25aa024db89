"""Programs that logs are piped to: started, watched, started again, ended. Runs in the process that
opens the logs; there is no thread, and nothing here waits but `finish`.

Rules (as httpd's piped logs, but for the numbers):

1. A program's standard input is a pipe; its other descriptors are those of the server's standard
   output and standard error, all else is closed. It runs in ServerRoot, in a session of its own,
   so that a signal to the server's group does not reach it; its signals are as a new process has
   them.
2. Both ends of the pipe stay open here. When a program ends by itself, the log says so (AH00106)
   and the next one reads on where it has stopped: no line in the pipe is lost.
3. The first time it is started again at once; if it does not live for STEADY seconds, the next
   time only after a second, then two, and so on up to LONGEST.
4. A program is told to end by the end of its input, and after PATIENCE seconds by TERM.
"""

import contextlib
import errno
import fcntl
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from httpdlite.conf.logtarget import Target

STEADY: Final = 10.0
LONGEST: Final = 30.0
PATIENCE: Final = 3.0
PIPE_CAPACITY: Final = 1024 * 1024
"""What is asked of the kernel for a pipe; it may grant less."""

_ERROR: Final = 3
_DEFAULTED: Final = tuple(
    number
    for number in signal.valid_signals()
    if number not in {signal.SIGKILL, signal.SIGSTOP} and number < 32
)


class Program:
    """One program and its pipe."""

    def __init__(self, target: Target, folder: str) -> None:
        """Raises OSError if there is no such program."""
        self.target = target
        self._folder = folder
        self.pid = 0  # 0: it is not running
        self.since = 0.0
        self.retry_at: float | None = None  # when it is started again
        self.pause = 0.0
        self.read_end, self.pipe = os.pipe2(os.O_CLOEXEC)
        try:
            os.set_blocking(self.pipe, False)
            with contextlib.suppress(OSError):
                fcntl.fcntl(self.pipe, fcntl.F_SETPIPE_SZ, PIPE_CAPACITY)
            self.spawn()
        except OSError:
            self.close()
            raise

    def spawn(self) -> None:
        """Start it. Raises OSError."""
        target = self.target
        if not target.words:
            raise OSError(errno.EFAULT, os.strerror(errno.EFAULT))
        with _working_in(self._folder):
            if target.program and not os.access(target.program, os.R_OK | os.X_OK):
                os.close(os.open(target.program, os.O_RDONLY | os.O_CLOEXEC))
                raise OSError(errno.EACCES, os.strerror(errno.EACCES))
            self.pid = os.posix_spawn(
                target.words[0],
                target.words,
                os.environ,
                file_actions=_descriptors(self.read_end),
                setsid=True,
                setsigmask=(),
                setsigdef=_DEFAULTED,
            )
        self.since = time.monotonic()
        self.retry_at = None

    def close(self) -> None:
        """Close the pipe: the program gets the end of its input once nobody else has it."""
        for fd in (self.read_end, self.pipe):
            if fd >= 0:
                os.close(fd)
        self.read_end = self.pipe = -1

    def terminate(self) -> None:
        """Tell it, and what it has started, to end."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGTERM)


class Programs:
    """All programs that run, and those that are on their way out."""

    def __init__(self, report: Callable[[int, str, str, str], None]) -> None:
        self._report = report
        self._kept: list[Program] = []
        self._ending: list[tuple[float, Program]] = []  # with the time of the TERM, inf after it

    def start(self, target: Target, folder: str) -> Program:
        """Start a program in a folder. Raises OSError."""
        program = Program(target, folder)
        self._kept.append(program)
        return program

    def stop(self, program: Program) -> None:
        """Give a program the end of its input."""
        self._kept.remove(program)
        if _is_standard_error(program.pipe):  # else the program's input would never end
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 2)
            os.close(null)
        program.close()
        if program.pid:
            self._ending.append((time.monotonic() + PATIENCE, program))

    def reaped(self, pid: int, status: int) -> bool:
        """A process has ended; True if it was one of these."""
        for entry in self._ending:
            if entry[1].pid == pid:
                self._ending.remove(entry)
                return True
        for program in self._kept:
            if program.pid == pid:
                program.pid = 0
                self._report(_ERROR, "AH00106", _failed(program), "")
                self._revive(program)
                return True
        return False

    def _revive(self, program: Program) -> None:
        now = time.monotonic()
        if now - program.since >= STEADY:
            program.pause = 0.0
        program.retry_at = now + program.pause
        if not program.pause:
            self._start_again(program)

    def _start_again(self, program: Program) -> None:
        program.pause = min(program.pause * 2 or 1.0, LONGEST)
        try:
            program.spawn()
        except OSError as fault:
            text = f"piped_log_maintenance: unable to respawn '{program.target.text}'"
            self._report(_ERROR, "AH00107", text, f"({fault.errno}){fault.strerror}")
            program.retry_at = time.monotonic() + program.pause

    @property
    def next_wakeup(self) -> float | None:
        """When `wake` has something to do."""
        times = [program.retry_at for program in self._kept if program.retry_at is not None]
        times += [when for when, _ in self._ending if when != _NEVER]
        return min(times, default=None)

    def wake(self) -> None:
        """Do what is due."""
        now = time.monotonic()
        for program in self._kept:
            if program.retry_at is not None and program.retry_at <= now:
                self._start_again(program)
        for index, (when, program) in enumerate(self._ending):
            if when <= now:
                program.terminate()
                self._ending[index] = (_NEVER, program)

    def finish(self, patience: float) -> None:
        """Wait until those that were stopped have ended, at most so many seconds; TERM the rest."""
        until = time.monotonic() + patience
        for _, program in self._ending:
            if not _wait(program.pid, until - time.monotonic()):
                program.terminate()
                _wait(program.pid, 1.0)
        self._ending.clear()


_NEVER: Final = float("inf")


def _failed(program: Program) -> str:
    return f"piped log program '{program.target.text}' failed unexpectedly"


def _wait(pid: int, seconds: float) -> bool:
    """Wait for the end of a child, and take its status; False if it lives on."""
    try:
        fd = os.pidfd_open(pid)
    except OSError:  # it is no child any more, or the system has no such thing
        seconds = 0.0
    else:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        poll.poll(max(seconds, 0.0) * 1000)
        os.close(fd)
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _is_standard_error(pipe: int) -> bool:
    """Does standard error lead into this pipe?"""
    try:
        return os.path.sameopenfile(2, pipe)
    except OSError:  # there is none
        return False


def _descriptors(read_end: int) -> list[Any]:
    """What the new process does with its descriptors. Ours are closed there anyway; not so what the
    server itself was started with.
    """
    actions: list[Any] = [(os.POSIX_SPAWN_DUP2, read_end, 0)]
    if _is_standard_error(read_end):  # a server in the background writes there to its error log
        actions.append((os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0))
    for entry in list(os.scandir("/proc/self/fd")):
        fd = int(entry.name)
        with contextlib.suppress(OSError):  # that of the listing itself
            if fd > 2 and os.get_inheritable(fd):
                actions.append((os.POSIX_SPAWN_CLOSE, fd))
    return actions


@contextlib.contextmanager
def _working_in(folder: str) -> Iterator[None]:
    """The process's working directory for a moment: posix_spawn cannot set that of the new one."""
    before = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.chdir(folder)
        yield
    finally:
        os.fchdir(before)
        os.close(before)
