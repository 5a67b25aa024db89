"""Error logs and access logs: lines in, bytes at the end of files out.

Hides how lines are collected and written (one system call per file and turn), Apache's shape of an
error line, and that logs can fail: a full disk or a closed file never raises, the lost lines are
counted and the error log says so once. Rules:

1. `[Day Mon DD HH:MM:SS.uuuuuu YYYY] [module:level] [pid P:tid T] (errno)text: [client ip:port]
   AHnnnnn: message`; what does not apply is left out (core's default ErrorLogFormat).
2. Control characters, bytes above 0x7e and backslashes of a message are escaped
   (ap_escape_errorlog_item), so that one message is one line.
3. Files are opened to append, so that several processes and log rotation may share them.
4. An access log line comes with its newline (routes/accesslog.py).
"""

import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

from httpdlite.conf.directives.core import LEVELS
from httpdlite.diagnostics import ENCODING
from httpdlite.routes.accesslog import CONTROL_ESCAPES
from httpdlite.routes.logtimes import MONTHS

ERROR: Final = LEVELS.index("error")
WARN: Final = LEVELS.index("warn")
NOTICE: Final = LEVELS.index("notice")

_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY
_MODE: Final = 0o644
_STANDARD: Final = {"/dev/stdout": 1, "/dev/stderr": 2}
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class LogError(Exception):
    """A log cannot be opened. `lines` are what Apache would print."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class LogFile:
    """One file that lines are appended to; None as `path` is standard error. Never raises but in
    opening. `lost` counts the lines that could not be written."""

    __slots__ = ("_fd", "_path", "fault", "lines", "lost")

    def __init__(self, path: str | None) -> None:
        """Open the file; raises OSError."""
        self._path = path
        self.lines: list[str] = []
        self._fd = _open(path)
        self.lost = 0
        self.fault: OSError | None = None
        """Why the last flush failed, None once one has succeeded again."""

    def write(self, line: str) -> None:
        """Append a line, its newline included, at the next flush."""
        self.lines.append(line)

    def flush(self) -> None:
        """Write what has been collected."""
        if not self.lines:
            return
        lines, self.lines = self.lines, []
        data = "".join(lines).encode(*ENCODING)
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError as fault:
            self.lost += data.count(b"\n")
            self.fault = fault
        else:
            self.fault = None

    def reopen(self) -> None:
        """Open the file by its name again (it was rotated); the old one stays if that fails."""
        self.flush()
        try:
            fresh = _open(self._path)
        except OSError as fault:
            self.fault = fault
            return
        os.close(self._fd)
        self._fd = fresh

    def close(self) -> None:
        """Flush and close; what is written afterwards is lost."""
        self.flush()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class _AccessLogTarget(Protocol):
    @property
    def file(self) -> str: ...


class _Vhost(Protocol):
    @property
    def error_log(self) -> str | None: ...
    @property
    def access_logs(self) -> Sequence[_AccessLogTarget]: ...


class _Site(Protocol):
    @property
    def main(self) -> _Vhost: ...
    @property
    def vhosts(self) -> Mapping[str, _Vhost]: ...


class Logs:
    """All logs of a site, by file name; several directives may name the same file."""

    def __init__(self, site: _Site, command_line: str = "") -> None:
        """Open everything. Raises LogError with Apache's words."""
        self.command_line = command_line
        self._main = site.main.error_log
        self._error_logs: dict[str | None, LogFile] = {}
        self._access_logs: dict[str, LogFile] = {}
        self._noted: list[LogFile] = []  # error logs that have
        self._written: set[str] = set()  # access logs that have something to flush
        try:
            self._open_all([site.main, *site.vhosts.values()])
        except LogError:
            self.close()
            raise

    def _open_all(self, vhosts: Iterable[_Vhost]) -> None:
        for vhost in vhosts:
            path = vhost.error_log
            if path not in self._error_logs:
                code = "AH00091: httpdlite: could not open error log file"
                self._error_logs[path] = _open_or_say(path, code)
            for target in vhost.access_logs:
                if target.file not in self._access_logs:
                    code = "AH00649: could not open transfer log file"
                    self._access_logs[target.file] = _open_or_say(target.file, code)

    def error(
        self,
        file: str | None,
        module: str,
        level: int,
        code: str,
        text: str,
        *,
        os_text: str = "",
        client: str | None = None,
    ) -> None:
        """A line for an error log. Whether LogLevel wants it is the caller's question.

        `code` is AHnnnnn or empty, `os_text` "(errno)text", `client` "ip:port".
        """
        log = self._error_logs.get(file) or self._error_logs[self._main]
        parts = (
            error_line_start(module, level),
            f"{os_text}: " if os_text else "",
            f"[client {client}] " if client else "",
            f"{code}: " if code else "",
            escape(text),
            "\n",
        )
        log.write("".join(parts))
        if level <= ERROR:
            log.flush()  # it stands there before the client sees what it is about
        else:
            self._noted.append(log)

    def notice(self, module: str, code: str, text: str) -> None:
        """A notice in the main error log, written whatever LogLevel says, as in Apache."""
        self.error(self._main, module, NOTICE, code, text)

    def access(self, file: str, line: str) -> None:
        """A line, with its newline, for an access log of this site; else it is dropped."""
        log = self._access_logs.get(file)
        if log is not None:
            log.lines.append(line)
            self._written.add(file)

    def flush(self) -> None:
        """Write everything collected; after each batch of the engine, so it only looks at the files
        that have something.
        """
        for path in self._written:
            log = self._access_logs[path]
            had_fault = log.fault is not None
            log.flush()
            if log.fault is not None and not had_fault:
                self._report(path, log.fault)
        self._written.clear()
        for log in self._noted:
            log.flush()
        self._noted.clear()

    @property
    def lost(self) -> int:
        """Lines that could not be written since the start."""
        logs = [*self._error_logs.values(), *self._access_logs.values()]
        return sum(log.lost for log in logs)

    def reopen(self) -> None:
        """Open all files by their names again."""
        for log in (*self._access_logs.values(), *self._error_logs.values()):
            log.reopen()

    def close(self) -> None:
        """Write what is left and close all files."""
        self.flush()
        for log in (*self._access_logs.values(), *self._error_logs.values()):
            log.close()

    def _report(self, path: str, fault: OSError) -> None:
        text = f"Error writing to {path}"
        self.error(
            self._main, "log_config", WARN, "AH00646", text, os_text=describe_os_error(fault)
        )


def error_line_start(module: str, level: int, moment: float | None = None) -> str:
    """`[time] [module:level] [pid P:tid T] ` of an error line, now or at `moment` (epoch s)."""
    moment = time.time() if moment is None else moment
    whole = time.localtime(moment)
    stamp = (
        f"{_DAYS[whole.tm_wday]} {MONTHS[whole.tm_mon - 1]} {whole.tm_mday:02d} "
        f"{whole.tm_hour:02d}:{whole.tm_min:02d}:{whole.tm_sec:02d}"
        f".{int(moment * 1_000_000) % 1_000_000:06d} {whole.tm_year}"
    )
    where = f"[pid {os.getpid()}:tid {threading.get_native_id()}]"
    return f"[{stamp}] [{module}:{LEVELS[level]}] {where} "


def describe_os_error(fault: OSError) -> str:
    """`(errno)text`, as Apache begins a message about a failed system call."""
    return f"({fault.errno}){fault.strerror}"


def escape(text: str) -> str:
    r"""`text` in printable ASCII. Characters up to U+00FF count as bytes, others as their UTF-8."""
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    return "".join(
        CONTROL_ESCAPES.get(byte) or chr(byte)
        for char in text
        for byte in ((ord(char),) if ord(char) < 256 else char.encode(*ENCODING))
    )


def _open(path: str | None) -> int:
    if path is None:
        return os.dup(2)
    if path in _STANDARD:  # a socket, as under systemd, cannot be opened by name
        return os.dup(_STANDARD[path])
    return os.open(path, _FLAGS, _MODE)


def _open_or_say(path: str | None, message: str) -> LogFile:
    try:
        return LogFile(path)
    except OSError as fault:
        raise LogError(f"{describe_os_error(fault)}: {message} {path}.") from fault
