"""Opens the logs: names in (conf/logtarget.py), descriptors out.

This is done once for all processes, with the rights of whoever started the server; children are
handed copies of the descriptors. Rules:

1. `open` does all or nothing: if one log cannot be opened, those that are open stay as they are.
2. Opening again (a graceful restart, after a rotation) opens files anew; a program whose name stays
   keeps running with its pipe, a new one is started, and one whose name has gone gets the end of
   its input.
3. Files are opened to append and made with mode 0644 less the umask, and their descriptors are
   closed in programs that are started.
"""

import errno
import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from httpdlite.conf.logtarget import Kind, Target, parse_log_name
from httpdlite.serve.log_programs import Program, Programs
from httpdlite.serve.log_writing import SYSLOG_SOCKET

PROGRAM: Final = "httpdlite"
"""What the server calls itself in messages about logs."""

_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY
_MODE: Final = 0o644
_STANDARD: Final = {"/dev/stdout": 1, "/dev/stderr": 2}

Report = Callable[[int, str, str, str], None]
"""Takes a line for the main error log: level, code, text, "(errno)text" or nothing."""


class LogError(Exception):
    """A log cannot be opened. `lines` are what Apache would print."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class LogNames:
    """The names of the logs of a Site; one may be among both."""

    error: tuple[str | None, ...]
    access: tuple[str, ...]


@dataclass(slots=True)
class Prepared:
    """Logs that were opened and are not in use yet: files by name, programs by name."""

    names: LogNames
    files: dict[str | None, int] = field(default_factory=dict)
    running: dict[str, Program] = field(default_factory=dict)

    @property
    def descriptors(self) -> dict[str | None, int]:
        """By name."""
        programs: dict[str | None, int] = {name: it.pipe for name, it in self.running.items()}
        return {**self.files, **programs}


class OpenLogs:
    """The logs that are open, by name, and the programs among them."""

    def __init__(self, report: Report, server_root: str = "/") -> None:
        self.names = LogNames((), ())
        self.server_root = server_root
        """Where programs run and what a relative one is below; may be set anew before `open`."""
        self._report = report
        self._programs = Programs(report)
        self._files: dict[str | None, int] = {}
        self._running: dict[str, Program] = {}

    @property
    def descriptors(self) -> dict[str | None, int]:
        """By name. They stay those of this object: give away copies."""
        programs: dict[str | None, int] = {}
        for name, program in self._running.items():
            programs[name] = program.pipe
        return {**self._files, **programs}

    def open(self, names: LogNames) -> None:
        """Open these logs, some of them perhaps again, and close what is not among them. Raises
        LogError with Apache's words, and then has changed nothing.
        """
        self.commit(self.prepare(names))

    def prepare(self, names: LogNames) -> "Prepared":
        """Open these logs beside those that are open, for `commit` or `abandon`. Raises
        LogError.
        """
        new = Prepared(names)
        try:
            for name in names.error:
                self._open(name, new, is_error_log=True)
            for access_name in names.access:
                if access_name not in new.files and access_name not in new.running:
                    self._open(access_name, new, is_error_log=False)
        except LogError:
            self.abandon(new)
            raise
        return new

    def commit(self, new: "Prepared") -> None:
        """These are the logs from now on."""
        old_files, old_running = self._files, self._running
        self._files, self._running, self.names = new.files, new.running, new.names
        _close_all(old_files.values())
        self._stop_but(old_running, new.running)

    def abandon(self, new: "Prepared") -> None:
        """All stays as it is."""
        _close_all(new.files.values())
        self._stop_but(new.running, self._running)

    def _open(self, name: str | None, new: "Prepared", *, is_error_log: bool) -> None:
        target = parse_log_name(name)
        try:
            if name is not None and target.kind is Kind.PROGRAM:
                new.running[name] = self._running.get(name) or self._start(target)
            else:
                new.files[name] = _open(target)
        except OSError as fault:
            text = _complaint(target, is_error_log=is_error_log)
            raise LogError(f"{describe_os_error(fault)}: {text}") from fault

    def _start(self, target: Target) -> Program:
        return self._programs.start(target, self.server_root)

    def _stop_but(self, these: dict[str, Program], but: dict[str, Program]) -> None:
        for name, program in these.items():
            if but.get(name) is not program:
                self._programs.stop(program)

    def forget(self) -> None:
        """In a process that was forked and has copies: close all of these, and know no program."""
        _close_all(self._files.values())
        for program in self._running.values():
            program.close()
        self._files, self._running = {}, {}
        self._programs = Programs(self._report)

    # --- programs ---

    def reaped(self, pid: int, status: int) -> bool:
        """A process has ended; was it one of a log? It is started again, at once or later."""
        return self._programs.reaped(pid, status)

    @property
    def next_wakeup(self) -> float | None:
        """When `wake` should be called (time.monotonic()); None: only after the next change."""
        return self._programs.next_wakeup

    def wake(self) -> None:
        """Start programs whose time has come, and end those that were told to and did not."""
        self._programs.wake()

    def close(self, patience: float = 3.0) -> None:
        """Close everything. Programs get the end of their input and `patience` seconds; then they
        are told to end (TERM). To be called when the children have ended: they have the pipes, too.
        """
        _close_all(self._files.values())
        self._files.clear()
        self._stop_but(self._running, {})
        self._running.clear()
        self.names = LogNames((), ())
        self._programs.finish(patience)


def describe_os_error(fault: OSError) -> str:
    """`(errno)text`, as Apache begins a message about a failed system call."""
    return f"({fault.errno}){fault.strerror}"


def _complaint(target: Target, *, is_error_log: bool) -> str:
    match target.kind, is_error_log:
        case Kind.PROGRAM, True:
            return f"AH00089: Couldn't start ErrorLog process '{target.text}'."
        case Kind.PROGRAM, False:
            return f"AH00104: unable to start piped log program '{target.text}'"
        case Kind.SYSLOG, _:
            return f"AH10036: {PROGRAM}: could not open syslog error log {target.text}."
        case _, True:
            return f"AH00091: {PROGRAM}: could not open error log file {target.text}."
        case _:
            return f"AH00649: could not open transfer log file {target.text}."


def _open(target: Target) -> int:
    if target.kind is Kind.STANDARD_ERROR:
        return os.dup(2)
    if target.kind is Kind.SYSLOG:
        return _open_syslog(target)
    if target.text in _STANDARD:  # a socket, as under systemd, cannot be opened by name
        return os.dup(_STANDARD[target.text])
    return os.open(target.text, _FLAGS, _MODE)


def _open_syslog(target: Target) -> int:
    if target.facility is None:
        raise OSError(20024, "The given path is misformatted or contained invalid characters")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        try:
            sock.connect(SYSLOG_SOCKET)
        except OSError as fault:  # perhaps it comes later: a writer tries again
            if fault.errno not in {errno.ENOENT, errno.ECONNREFUSED, errno.EACCES, errno.EAGAIN}:
                raise
        return sock.detach()


def _close_all(descriptors: Iterable[int]) -> None:
    for fd in descriptors:
        os.close(fd)
