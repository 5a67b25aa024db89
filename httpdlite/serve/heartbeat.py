"""The watchdog: children are asked whether they are there, and systemd hears that all is well.

Comes in: time. Goes out: pings to the service manager (WatchdogSec=), and the end of a child that
does not answer: it is killed and replaced, so that the others need not end for it. Without a
watchdog nobody is asked.
"""

import os
import signal
import time
from collections.abc import Callable
from typing import Final

from httpdlite.conf.directives.core import LEVELS
from httpdlite.routes.logline import LogLine
from httpdlite.serve.children import Children
from httpdlite.serve.control import Questions
from httpdlite.serve.systemd import Notifier

MOST_MISSED: Final = 2  # beats that a child need not answer
_ERROR: Final = LEVELS.index("error")


class Heartbeat:
    """``next_wakeup``: when ``beat`` is due (time.monotonic())."""

    def __init__(
        self,
        children: Children,
        questions: Questions,
        notifier: Notifier,
        log: Callable[[LogLine], None],
    ) -> None:
        self._children = children
        self._questions = questions
        self._notifier = notifier
        self._log = log
        self._due = 0.0

    @property
    def next_wakeup(self) -> float | None:
        """None: nobody waits for it."""
        return self._due if self._notifier.watchdog_seconds else None

    def beat(self) -> None:
        """If it is time."""
        seconds, now = self._notifier.watchdog_seconds, time.monotonic()
        if not seconds or now < self._due:
            return
        self._due = now + seconds
        for child in self._children.running:
            child.missed = child.missed + 1 if child.is_ready and not child.beats else 0
            child.beats = False
            if child.missed == MOST_MISSED:
                text = f"child pid {child.pid} does not answer, sending a SIGKILL"
                self._log(LogLine("mpm_event", _ERROR, "", text))
                os.kill(child.pid, signal.SIGKILL)
        self._notifier.watchdog()
        self._questions.ask("beat", lambda _: None)
