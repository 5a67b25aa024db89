"""Error logs and access logs of a process: lines in, by name; log_writing.py writes them.

Hides which writer a name has, Apache's shape of an error line, and that logs can fail: a full disk
or a dead program never raises, the lost lines are counted, and the error log says so once, and once
more when it works again. `Logs` are given descriptors, or open everything themselves. Rules:

1. `[Day Mon DD HH:MM:SS.uuuuuu YYYY] [module:level] [pid P:tid T] (errno)text: [client ip:port]
   AHnnnnn: message`; what does not apply is left out (core's default ErrorLogFormat). The system's
   log has a time of its own.
2. Control characters, bytes above 0x7e and backslashes of a message are escaped
   (ap_escape_errorlog_item), so that one message is one line.
3. An access log line comes with its newline (routes/accesslog.py).
4. A log that a reload has opened again is the same log: what waits to be written goes on waiting.
"""

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from httpdlite.conf.directives.core import LEVELS
from httpdlite.conf.logtarget import is_syslog
from httpdlite.routes.errorformat import DAYS, Entry, ErrorForm, Peer, escape
from httpdlite.routes.logrecord import Record
from httpdlite.routes.logtimes import MONTHS
from httpdlite.routes.site import Vhost
from httpdlite.serve.log_opening import (
    PROGRAM,
    LogError,
    LogNames,
    OpenLogs,
    describe_os_error,
)
from httpdlite.serve.log_writing import Writer, writer_of

__all__ = [
    "ERROR",
    "NOTICE",
    "RETRY",
    "WARN",
    "About",
    "LogError",
    "LogNames",
    "Logs",
    "about_server",
    "error_line_start",
    "escape",
    "names_of",
]

ERROR: Final = LEVELS.index("error")
WARN: Final = LEVELS.index("warn")
NOTICE: Final = LEVELS.index("notice")

RETRY: Final = 0.1
"""Seconds after which a pipe that was full should be tried again."""


@dataclass(frozen=True, slots=True)
class About:
    """What an ErrorLogFormat may show besides the message. `record`: of the request, if it is about
    one.
    """

    form: ErrorForm
    server_name: str
    peer: Peer | None = None
    record: Record | None = None
    is_first_of_connection: bool = False
    is_first_of_request: bool = False


def about_server(vhost: Vhost, peer: Peer | None = None) -> About | None:
    """Of a message that is about no request; None: the usual form does."""
    if vhost.error_form is None:
        return None
    return About(vhost.error_form, vhost.server_name, peer)


def _about_main(site: "_Site") -> About | None:
    """A Site has its compiled form; the parent's plan has none, and its lines the usual form."""
    main = site.main
    return about_server(main) if isinstance(main, Vhost) else None


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


def names_of(site: _Site) -> LogNames:
    """The names of all logs of a site, each once, in the order of the configuration."""
    vhosts = [site.main, *site.vhosts.values()]
    return LogNames(
        tuple(dict.fromkeys(vhost.error_log for vhost in vhosts)),
        tuple(dict.fromkeys(target.file for vhost in vhosts for target in vhost.access_logs)),
    )


class Logs:
    """All logs of a site, by name; several directives may name the same one."""

    def __init__(
        self,
        site: _Site,
        command_line: str = "",
        descriptors: Mapping[str | None, int] | None = None,
        server_root: str = "/",
    ) -> None:
        """Over descriptors by name, which it takes over; without any it opens everything itself,
        and raises LogError with Apache's words.
        """
        self.command_line = command_line
        self.main = site.main.error_log
        """The name of the main server's error log."""
        self._about_main = _about_main(site)
        self._writers: dict[str | None, Writer] = {}
        self._retired: dict[str | None, Writer] = {}  # of a Site before this one
        self._written: set[str | None] = set()  # those that have something to flush
        self._failed: set[str | None] = set()  # those that lose lines
        self._told: dict[str | None, int] = {}  # how many lines of each are known to be lost
        self._lost = 0  # by logs that are gone
        self._prepared: dict[str | None, Writer] = {}
        self._own: OpenLogs | None = None
        if descriptors is None:
            self._own = OpenLogs(self._report_own, server_root)
            self._own.open(names_of(site))
            descriptors = duplicates(self._own.descriptors)
        self._replace(descriptors)

    @property
    def opened(self) -> "OpenLogs | None":
        """What has opened the logs, if that was done here: it wants to hear of programs' ends."""
        return self._own

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
        about: About | None = None,
    ) -> None:
        """A line for an error log. Whether LogLevel wants it is the caller's question.

        `code` is AHnnnnn or empty, `os_text` "(errno)text", `client` "ip:port"; `about`: what an
        ErrorLogFormat needs, where there is one.
        """
        name = file if file in self._writers or file in self._retired else self.main
        log = self._writers.get(name) or self._retired.get(name)
        if log is None:
            self._lost += 1
            return
        if about is None and file == self.main and client is None:
            about = self._about_main
        for line in self._error_lines(
            name, module, level, code, text, os_text=os_text, client=client, about=about
        ):
            log.write(line + "\n", level)
        if level <= ERROR and name not in self._failed:
            log.flush()  # it stands there before the client sees what it is about
        self._written.add(name)

    def _error_lines(
        self,
        name: str | None,
        module: str,
        level: int,
        code: str,
        text: str,
        *,
        os_text: str,
        client: str | None,
        about: About | None,
    ) -> list[str]:
        moment = time.time()
        message = f"{code}: {escape(text)}" if code else escape(text)

        def usual() -> str:
            parts = (
                "" if is_syslog(name or "") else _stamp(moment),  # that log has its own
                _origin(module, level),
                f"{os_text}: " if os_text else "",
                f"[client {client}] " if client else "",
                message,
            )
            return "".join(parts)

        if about is None:
            return [usual()]
        entry = Entry(
            moment=moment,
            module=module,
            level=level,
            message=message,
            os_text=os_text,
            pid=os.getpid(),
            tid=threading.get_native_id(),
            server_name=about.server_name,
            peer=about.peer,
            record=about.record,
            connection_log_id=about.record.connection_log_id if about.record else None,
            is_first_of_connection=about.is_first_of_connection,
            is_first_of_request=about.is_first_of_request,
        )
        return about.form.lines(entry, usual)

    def notice(self, module: str, code: str, text: str) -> None:
        """A notice in the main error log, written whatever LogLevel says, as in Apache."""
        self.error(self.main, module, NOTICE, code, text)

    def access(self, file: str, line: str) -> None:
        """A line, with its newline, for an access log of this site or the last; else it is
        dropped. An empty text is no line.
        """
        log = self._writers.get(file) or self._retired.get(file)
        if log is not None and line:
            log.write(line)
            self._written.add(file)

    def flush(self) -> None:
        """Write everything collected; after each batch of the engine, so it only looks at the logs
        that have something.
        """
        if not self._written:
            return
        names, self._written = self._written, set()
        for name in names:
            log = self._writers.get(name) or self._retired.get(name)
            if log is None:
                continue
            log.flush()
            if log.is_waiting:
                self._written.add(name)
            if log.fault is not None or name in self._failed:
                self._look_at(name, log)

    @property
    def is_waiting(self) -> bool:
        """Is something left that a pipe had no room for? Then `flush` should be called again in a
        moment (RETRY), also if there is nothing new.
        """
        return bool(self._written)

    def _look_at(self, name: str | None, log: Writer) -> None:
        """Say once that a log loses lines, and once that it works again."""
        if log.fault is None:
            self._failed.discard(name)
            count = log.lost - self._told.get(name, 0)
            self._told[name] = log.lost
            text = f"Writing to {_shown(name)} works again; {count} lines were lost"
            self.error(self.main, "log_config", WARN, "", text)
        elif name not in self._failed:
            self._failed.add(name)
            if name != self.main:
                text = f"Error writing to {_shown(name)}"
                where = describe_os_error(log.fault)
                self.error(self.main, "log_config", WARN, "AH00646", text, os_text=where)

    @property
    def count(self) -> int:
        """How many logs are open."""
        return len(self._writers)

    @property
    def lost(self) -> int:
        """Lines that could not be written since the start."""
        logs = (*self._writers.values(), *self._retired.values())
        return self._lost + sum(log.lost for log in logs)

    # --- changes ---

    def swap(self, site: _Site, descriptors: Mapping[str | None, int]) -> None:
        """The logs of another Site, by descriptors that it takes over: all of its names, those that
        were opened again and those that were not. Logs that are gone stay, for lines of requests
        that are still in flight, until `drop_retired`.
        """
        for _ in self.prepare(descriptors):
            pass
        for _ in self.commit(site):
            pass

    def prepare(self, descriptors: Mapping[str | None, int]) -> Iterator[None]:
        """The first half of ``swap``, in steps: nothing is written by them yet."""
        fresh = self._prepared = {}
        for name, fd in descriptors.items():
            old = self._writers.get(name)
            if old is not None and old.is_at(fd):
                os.close(fd)  # the same pipe or file: what waits for room there goes on waiting
                fresh[name] = old
            else:
                if name == self.main and old is not None and old.is_at(2):
                    os.dup2(fd, 2)  # standard error follows, or a renamed file would stay open
                fresh[name] = writer_of(name, fd, PROGRAM)
            yield

    def commit(self, site: _Site) -> Iterator[None]:
        """The second half: with the first step lines go there; the others close what is old."""
        self.flush()
        before, self._writers, self._prepared = self._writers, self._prepared, {}
        self.main = site.main.error_log
        for name, log in self._writers.items():
            twin = before.get(name)
            if twin is not None and twin is not log:
                log.lost += twin.lost
        yield
        for name, old in before.items():
            after = self._writers.get(name)
            if after is None:
                self._retire(name, old)
            elif after is not old:
                old.close()
            yield
        self._about_main = _about_main(site)

    def _replace(self, descriptors: Mapping[str | None, int]) -> None:
        before, self._writers = self._writers, {}
        for name, fd in descriptors.items():
            old = before.pop(name, None)
            if old is not None and old.is_at(fd):
                os.close(fd)  # the same pipe or file: what waits for room there goes on waiting
                self._writers[name] = old
                continue
            new = self._writers[name] = writer_of(name, fd, PROGRAM)
            if old is not None:
                old.close()
                new.lost = old.lost
        for name, log in before.items():
            self._retire(name, log)

    def _retire(self, name: str | None, log: Writer) -> None:
        twin = self._retired.pop(name, None)
        if twin is not None:
            self._end(name, twin)
        self._retired[name] = log

    def drop_retired(self) -> None:
        """Close the logs that `swap` has left: no request of their Site is in flight any more."""
        retired, self._retired = self._retired, {}
        for name, log in retired.items():
            self._end(name, log)

    def _end(self, name: str | None, log: Writer) -> None:
        log.close()
        self._lost += log.lost
        if name not in self._writers:
            self._failed.discard(name)
            self._told.pop(name, None)

    def reopen(self) -> None:
        """Open all files by their names again; the old ones stay if that fails."""
        if self._own is None:
            return
        self.flush()
        names = self._own.names
        try:
            self._own.open(names)
        except LogError as failed:
            for line in failed.lines:
                self.error(self.main, "core", ERROR, "", line)
            return
        self._replace(duplicates(self._own.descriptors))

    def close(self) -> None:
        """Write what is left and close all files."""
        self.flush()
        for log in (*self._writers.values(), *self._retired.values()):
            log.close()
            self._lost += log.lost
        self._writers.clear()
        self._retired.clear()
        self._written.clear()
        self._failed.clear()
        if self._own is not None:
            self._own.close()

    def _report_own(self, level: int, code: str, text: str, os_text: str = "") -> None:
        self.error(self.main, "core", level, code, text, os_text=os_text)


def duplicates(descriptors: Mapping[str | None, int]) -> dict[str | None, int]:
    """Copies, for `Logs` to take over."""
    copies: dict[str | None, int] = {}
    try:
        for name, fd in descriptors.items():
            copies[name] = os.dup(fd)
    except OSError:
        for fd in copies.values():
            os.close(fd)
        raise
    return copies


def _shown(name: str | None) -> str:
    return "standard error" if name is None else name


def error_line_start(module: str, level: int, moment: float | None = None) -> str:
    """`[time] [module:level] [pid P:tid T] ` of an error line, now or at `moment` (epoch s)."""
    moment = time.time() if moment is None else moment
    return _stamp(moment) + _origin(module, level)


def _stamp(moment: float) -> str:
    whole = time.localtime(moment)
    stamp = (
        f"{DAYS[whole.tm_wday]} {MONTHS[whole.tm_mon - 1]} {whole.tm_mday:02d} "
        f"{whole.tm_hour:02d}:{whole.tm_min:02d}:{whole.tm_sec:02d}"
        f".{int(moment * 1_000_000) % 1_000_000:06d} {whole.tm_year}"
    )
    return f"[{stamp}] "


def _origin(module: str, level: int) -> str:
    return f"[{module}:{LEVELS[level]}] [pid {os.getpid()}:tid {threading.get_native_id()}] "
