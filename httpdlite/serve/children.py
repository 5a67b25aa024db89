"""The children as the parent sees them: one per slot, forked, watched, replaced.

Comes in: slots to fill, what a new child is to run, exit statuses. Goes out: running processes with
a channel each; what to say of those that died. Hides fork with what a child must not have from its
parent, and the back-off: a child that dies at once is not replaced at once. Sources: mpm_common
(ap_process_child_status), as observed with httpd 2.4.71.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

from httpdlite.conf.directives.core import LEVELS
from httpdlite.routes.logline import LogLine
from httpdlite.serve.channel import Order, ParentEnd, channel

FATAL: Final = 15  # APEXIT_CHILDFATAL: another try would end the same way
SHORT_LIFE: Final = 2.0  # seconds; who lived longer is replaced at once
FIRST_WAIT: Final = 0.25  # seconds until the second try, then twice as long each time, up to
LONGEST_WAIT: Final = 16.0
LONGEST_GAP: Final = 1.0  # … if it had served: connections wait at the sockets of its slot
PARENT_SIGNALS: Final = (
    *(signal.SIGTERM, signal.SIGINT, signal.SIGHUP),
    *(signal.SIGUSR1, signal.SIGWINCH, signal.SIGCHLD),
)
_NOTICE, _ERROR, _ALERT = (LEVELS.index(level) for level in ("notice", "error", "alert"))


@dataclass(slots=True)
class Running:
    """A child that runs. ``adopted``: the number of the configuration it serves by."""

    pid: int
    end: ParentEnd
    since: float
    adopted: int
    sent: int = 0  # the number of the one it was told of last
    is_ready: bool = False
    missed: int = 0  # beats that it did not answer
    beats: bool = True  # has it answered since it was last asked whether it is there?


@dataclass(slots=True)
class Slot:
    """A place for a child. ``again_at``: when the next try is due, if it is empty."""

    number: int
    child: Running | None = None
    failures: int = 0
    again_at: float = 0.0


class Children:
    """All slots. ``become`` is what a new process does in its slot; it must not return."""

    def __init__(self, count: int, become: Callable[[Slot, int], NoReturn]) -> None:
        self.slots = [Slot(number) for number in range(count)]
        self._become = become

    @property
    def running(self) -> Iterator[Running]:
        """Those that run."""
        for slot in self.slots:
            if slot.child is not None:
                yield slot.child

    @property
    def are_gone(self) -> bool:
        """Is none left?"""
        return not any(True for _ in self.running)

    def is_due(self, now: float) -> Iterator[Slot]:
        """Empty slots whose time has come."""
        for slot in self.slots:
            if slot.child is None and slot.again_at <= now:
                yield slot

    def next_due(self) -> float | None:
        """When the next empty slot is to be filled."""
        return min((slot.again_at for slot in self.slots if slot.child is None), default=None)

    def start(self, slot: Slot, number: int) -> Running:
        """Fork; ``number``: of the configuration. Raises OSError."""
        ours, theirs = channel()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, PARENT_SIGNALS)
        try:
            pid = os.fork()
        except OSError:
            ours.close()
            raise
        else:
            if not pid:
                ours.close()
                self._begin(slot, theirs.detach())
        finally:
            theirs.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        slot.child = Running(pid, ParentEnd(ours), time.monotonic(), number)
        return slot.child

    def _begin(self, slot: Slot, end: int) -> NoReturn:
        """In the new process: nothing of the parent's traffic, and no signals but KILL: a child
        does what the channel says, and ends when that does.
        """
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in PARENT_SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, PARENT_SIGNALS)
            for other in self.running:
                other.end.close()
            self._become(slot, end)
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        finally:
            os._exit(status)

    def ended(self, pid: int, status: int, *, wanted: bool) -> LogLine | None:
        """A child has been waited for: its slot is empty now; what to say of it. ``wanted``: it was
        told to end.
        """
        slot = next(s for s in self.slots if s.child is not None and s.child.pid == pid)
        assert slot.child is not None
        lived = time.monotonic() - slot.child.since
        was_ready = slot.child.is_ready
        slot.child.end.close()
        slot.child = None
        is_short = lived < SHORT_LIFE or not was_ready
        slot.failures = slot.failures + 1 if is_short else 0
        longest = LONGEST_GAP if was_ready else LONGEST_WAIT
        wait = min(FIRST_WAIT * 2 ** min(slot.failures - 2, 10), longest)
        slot.again_at = time.monotonic() + (wait if slot.failures > 1 else 0.0)
        return None if wanted and status == 0 else _said_of(pid, status)

    def tell(self, order: Order) -> None:
        """The same to all of them."""
        for child in self.running:
            child.end.send(order)

    def kill(self, number: signal.Signals) -> Iterable[int]:
        """A signal to all of them; their process ids."""
        pids = [child.pid for child in self.running]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return pids


def _said_of(pid: int, status: int) -> LogLine:
    """What the error log says of a child's end."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            name = signal.strsignal(number) or "unknown"
        except ValueError:
            name = "unknown"
        if os.WCOREDUMP(status):
            text = f"child pid {pid} exit signal {name} ({number}), core dumped"
            return LogLine("core", _NOTICE, "AH00051", text)
        return LogLine("core", _NOTICE, "AH00052", f"child pid {pid} exit signal {name} ({number})")
    code = os.waitstatus_to_exitcode(status)
    if code == FATAL:
        text = f"Child {pid} returned a Fatal error... httpdlite is exiting!"
        return LogLine("core", _ALERT, "AH00050", text)
    return LogLine("core", _ERROR, "", f"child pid {pid} ended by itself, status {code}")
