"""The logs as the parent keeps them: open for all children, and its own lines in the error log.

Comes in: the plan of a configuration, lines. Goes out: descriptors for children. Hides that the
parent writes through copies of its own, which a child that is forked takes over.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from httpdlite.routes.logline import LogLine
from httpdlite.routes.publication import Plan
from httpdlite.serve.log import RETRY, Logs, duplicates
from httpdlite.serve.log_opening import LogError, LogNames, OpenLogs, describe_os_error


@dataclass(frozen=True, slots=True)
class _Main:
    error_log: str | None
    access_logs: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class _Named:
    """What ``Logs`` wants to know of a Site."""

    main: _Main
    vhosts: dict[str, _Main] = field(default_factory=dict)


class ParentLogs:
    """All logs of the configuration that is served. ``lines``: where the parent's own go."""

    def __init__(self, plan: Plan, command_line: str) -> None:
        """Open them. Raises LogError."""
        self._plan = plan
        self.has_standard_error = False  # is standard error the main error log's, too?
        self._opened = OpenLogs(self._say_of_log, plan.server_root)
        self._opened.open(LogNames(plan.error_logs, plan.access_logs))
        self.lines = Logs(_named(plan), command_line, duplicates(self._opened.descriptors))

    @property
    def descriptors(self) -> dict[str | None, int]:
        """By name, to be sent to children."""
        return self._opened.descriptors

    @property
    def standard_error(self) -> int | None:
        """Where standard error of a server in the background goes: the main error log, if it is not
        standard error itself.
        """
        name = self._plan.main_error_log
        return self.descriptors[name] if name is not None else None

    def reopen(self, plan: Plan) -> None:
        """The logs of another plan; files are opened anew. Raises LogError: nothing changed."""
        before, self._opened.server_root = self._opened.server_root, plan.server_root
        try:
            new = self._opened.prepare(LogNames(plan.error_logs, plan.access_logs))
        except LogError:
            self._opened.server_root = before
            raise
        try:
            copies = duplicates(new.descriptors)
        except OSError as failed:
            self._opened.abandon(new)
            self._opened.server_root = before
            raise LogError(f"{describe_os_error(failed)}: the logs cannot be opened") from failed
        self._opened.commit(new)
        self.lines.swap(_named(plan), copies)
        self.lines.drop_retired()
        self._plan = plan
        if self.has_standard_error and self.standard_error is not None:
            os.dup2(self.standard_error, 2)

    def forget(self) -> Logs:
        """In a new child: what it writes with, and nothing else is kept open."""
        self._opened.forget()
        return self.lines

    def log(self, line: LogLine) -> None:
        """A line for the main error log, if LogLevel wants it."""
        if self._plan.log_levels.wants(line.module, line.level):
            name = self.lines.main
            self.lines.error(
                name, line.module, line.level, line.code, line.text, os_text=line.os_text
            )

    def notice(self, module: str, code: str, text: str) -> None:
        """A notice, whatever LogLevel says."""
        self.lines.notice(module, code, text)

    def _say_of_log(self, level: int, code: str, text: str, os_text: str = "") -> None:
        self.log(LogLine("core", level, code, text, os_text))

    # --- the parent's loop ---

    @property
    def reaped(self) -> Callable[[int, int], bool]:
        """A process has ended: was it a program of a log?"""
        return self._opened.reaped

    @property
    def next_wakeup(self) -> float | None:
        """When ``work`` should be called at the latest (time.monotonic())."""
        due = self._opened.next_wakeup
        if not self.lines.is_waiting:
            return due
        again = time.monotonic() + RETRY
        return again if due is None else min(due, again)

    def work(self) -> None:
        """Look after programs, write what is to be written."""
        self._opened.wake()
        self.lines.flush()

    def close(self) -> None:
        """To be called when the children have ended."""
        self.lines.close()
        self._opened.close()


def _named(plan: Plan) -> _Named:
    return _Named(_Main(plan.main_error_log))
