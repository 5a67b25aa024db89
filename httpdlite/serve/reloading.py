"""Reloads as the parent runs them: from a signal to children that serve by another configuration.

Comes in: USR1 (in place) or HUP (other children), and what the reader of the configuration found.
Goes out: the next ``Generation``, with its logs and sockets open, or a line that says why all stays
as it is. Hides the order of things: nothing is closed before all that is new is open, nothing is
kept of a configuration that is refused.
"""

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from httpdlite.conf.directives.core import LEVELS
from httpdlite.routes.logline import LogLine
from httpdlite.routes.publication import Plan
from httpdlite.routes.site import Site
from httpdlite.serve.channel import Adopt, Reopen
from httpdlite.serve.children import PARENT_SIGNALS, Running
from httpdlite.serve.listener import BindError, ListenKey, Tuning
from httpdlite.serve.log_opening import LogError, describe_os_error
from httpdlite.serve.rereading import Reader, Reread, open_publication
from httpdlite.serve.systemd import NotPassedError
from httpdlite.serve.tls_sites import SiteTls

if TYPE_CHECKING:
    from httpdlite.serve.parent import Parent

PATIENCE: Final = 10.0  # seconds for a child to take over a configuration, then others have theirs
_ERROR: Final = LEVELS.index("error")
_WARN: Final = LEVELS.index("warn")


@dataclass(slots=True)
class Generation:
    """A configuration that is served: ``site`` and ``tls`` if it was compiled here, or its
    publication and the files of TLS (descriptors).
    """

    number: int
    plan: Plan
    site: Site | None
    publication: int | None
    tls: SiteTls | None = None
    files: int | None = None

    def close(self) -> None:
        """Nobody is started by it any more."""
        for number in (self.publication, self.files):
            if number is not None:
                os.close(number)
        self.publication = self.files = None


class Reloads:
    """One reload at a time; ``restart`` is called when other children are to be started."""

    def __init__(
        self, parent: "Parent", read: Callable[[], Reread], restart: Callable[[Generation], None]
    ) -> None:
        self._parent = parent
        self._read = read
        self._restart = restart
        self._reader: Reader | None = None
        self._reason = signal.SIGUSR1
        self._wanted: signal.Signals | None = None  # as soon as this one is done
        self._is_adopted = True  # by all children
        self._is_restarting = False  # children are being replaced
        self._opened: list[ListenKey] = []  # what is listened on newly
        self._turn_of: Running | None = None  # who is taking over the configuration
        self._sent_at = 0.0

    @property
    def is_busy(self) -> bool:
        """Is one under way?"""
        return self._reader is not None or not self._is_adopted or self._is_restarting

    def request(self, number: signal.Signals) -> None:
        """Reload in place (USR1) or with other children (HUP), now or as soon as possible."""
        if number is signal.SIGHUP and self._reader is None:
            self._is_adopted = True  # whoever has not adopted is replaced
        if self.is_busy:
            if self._reason is signal.SIGHUP:
                number = signal.SIGUSR1  # the children will be new anyway
            if self._wanted is not signal.SIGHUP:
                self._wanted = number
            return
        parent = self._parent
        code, text = (
            ("AH00494", "SIGHUP received.  Attempting to restart")
            if number is signal.SIGHUP
            else ("AH00493", "SIGUSR1 received.  Doing graceful restart")
        )
        parent.logs.notice("mpm_event", code, text)
        parent.notifier.reloading()
        self._reason = number
        parent.logs.lines.flush()  # or the reader would have the lines, too
        try:
            self._reader = Reader(self._read, PARENT_SIGNALS, parent.forget_traffic)
        except OSError as failed:
            self._refuse([f"{describe_os_error(failed)}: AH00159: fork"])
            return
        parent.selector.register(self._reader.report, selectors.EVENT_READ, self._hear_reader)

    def _hear_reader(self, _: int) -> None:
        reader = self._reader
        assert reader is not None
        found = reader.receive()
        if found is None:
            return
        is_good, lines = found
        self._parent.selector.unregister(reader.report)
        reader.close(keeps_files=is_good)
        self._reader = None
        if not is_good:
            self._refuse(list(lines))
            return
        for line in lines:
            self._parent.log(LogLine("core", _WARN, "", line))
        plan = open_publication(reader.publication).plan
        number = self._parent.generation.number + 1
        fresh = Generation(number, plan, None, reader.publication, files=reader.files)
        if not self._open(fresh):
            fresh.close()

    def _refuse(self, lines: list[str]) -> None:
        """All stays as it is, and the error log says why."""
        parent = self._parent
        for line in lines:
            parent.log(LogLine("core", _ERROR, "", line))
        text = "the configuration was not taken over: the server goes on with the one before"
        parent.log(LogLine("mpm_event", _ERROR, "", text))
        self._reopen_logs()
        parent.tell_manager()
        self._go_on()

    def _reopen_logs(self) -> None:
        """The signal may have come from logrotate: no line is to go on into a renamed file."""
        parent = self._parent
        try:
            parent.logs.reopen(parent.generation.plan)
        except LogError as failed:
            for line in failed.lines:
                parent.log(LogLine("core", _ERROR, "", line))
            return
        for child in parent.children.running:
            child.end.send_handles("log", list(parent.logs.descriptors.items()))
            child.end.send(Reopen())

    def _open(self, fresh: Generation) -> bool:
        """The new logs and sockets; False if that is not possible."""
        parent, plan = self._parent, fresh.plan
        opened: list[ListenKey] = []
        if not plan.listens:
            self._refuse(["no listening sockets available: there is no Listen directive"])
            return False
        try:
            opened = parent.sockets.open(plan.listens, tuning_of(plan))
            parent.logs.reopen(plan)
        except (BindError, NotPassedError) as failed:
            self._refuse(str(failed).splitlines())
            return False
        except LogError as failed:
            parent.sockets.close(opened)
            self._refuse(list(failed.lines))
            return False
        parent.sockets.close(parent.sockets.gone(plan.listens))  # children take who is there
        if self._reason is signal.SIGHUP:
            self._is_restarting = True
            self._restart(fresh)
            return True
        old = parent.replace_generation(fresh)
        _say_what_waits(parent, old.plan, plan)
        self._is_adopted = False
        self._opened = opened
        self._turn_of = None
        self.check()
        return True

    def _send(self, child: Running, slot: int) -> None:
        parent, end = self._parent, child.end
        generation = parent.generation
        assert generation.publication is not None
        assert generation.files is not None
        sockets = parent.sockets.of[slot]
        end.send_handles("listener", [(key, sockets[key].fileno()) for key in self._opened])
        end.send_handles("log", list(parent.logs.descriptors.items()))
        end.send(Adopt(generation.number), [generation.publication, generation.files])
        child.sent = generation.number
        self._turn_of, self._sent_at = child, time.monotonic()

    def check(self) -> None:
        """One child after the other: compiling takes a CPU, and tunnels of others want theirs. Is
        everybody there?
        """
        if self._is_adopted:
            return
        parent = self._parent
        number = parent.generation.number
        late = [
            slot for slot in parent.children.slots if slot.child and slot.child.adopted != number
        ]
        if not late:
            self._is_adopted = True
            parent.say_serving()
            self._warn_of_sockets()
            self._go_on()
            return
        current = self._turn_of
        if current is not None and any(slot.child is current for slot in late):
            if time.monotonic() < self._sent_at + PATIENCE:
                return
            text = f"child {current.pid} has not taken over the configuration in {PATIENCE:.0f} s"
            parent.log(LogLine("mpm_event", _WARN, "", text))
        self._turn_of = None
        for slot in late:
            if slot.child is not None and slot.child.sent != number:
                self._send(slot.child, slot.number)
                return

    @property
    def next_wakeup(self) -> float | None:
        """When ``check`` should be called at the latest (time.monotonic())."""
        is_waiting = not self._is_adopted and self._turn_of is not None
        return self._sent_at + PATIENCE if is_waiting else None

    def _warn_of_sockets(self) -> None:
        parent = self._parent
        for text in parent.sockets.warnings(parent.generation.plan.listens):
            parent.log(LogLine("core", _WARN, "", text))

    def restarted(self) -> None:
        """Other children are being started."""
        self._is_restarting = False
        self._go_on()

    def _go_on(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None and not self.is_busy:
            self.request(wanted)

    def forget_reader(self) -> None:
        """In a new child: what the reader writes is nothing an unprivileged process may touch."""
        if self._reader is not None:
            self._reader.close(keeps_files=False)

    def forget(self) -> None:
        """Something else has to be done: the server stops."""
        self._wanted = None
        reader, self._reader = self._reader, None
        if reader is not None:
            self._parent.selector.unregister(reader.report)
            reader.close(keeps_files=False)
            with contextlib.suppress(ProcessLookupError):  # it may have been waited for
                os.kill(reader.pid, signal.SIGKILL)


def tuning_of(plan: Plan) -> Tuning:
    """How sockets are to be opened."""
    return Tuning(plan.backlog, plan.send_buffer, plan.receive_buffer)


def _say_what_waits(parent: "Parent", old: Plan, new: Plan) -> None:
    """What only new processes can take over."""
    if (old.user, old.group) != (new.user, new.group):
        text = "User and Group are those of before until a restart (-k restart)"
        parent.log(LogLine("core", _WARN, "", text))
    if (old.start_servers, old.server_limit) != (new.start_servers, new.server_limit):
        text = "StartServers and ServerLimit need a stop and a start to take effect"
        parent.log(LogLine("core", _WARN, "", text))
