"""The parent: signals, children, reloads. It never touches traffic.

Comes in: a first configuration that is already being listened for, what reads the next one, signals
and questions. Goes out: running children, and at the end an exit status. A plain ``selectors`` loop
without trio and threads: what is forked here must be able to start trio. The rules:

1.  TERM and INT stop: children end at once. WINCH drains (not on a terminal, where it means that
    the window has another size). USR1 reloads in place. HUP replaces all children; the listening
    sockets stay open meanwhile.
2.  USR1 and HUP have the configuration read in a process of its own (``rereading.py``). Is it bad,
    cannot a log be opened or an address not be listened on, then the error log says so and nothing
    has changed (Apache ends). Only one is read at a time; one more is remembered, HUP before USR1.
3.  Logs and sockets are opened here, as whoever the parent is; children get descriptors.
4.  Sockets that nobody is to listen on any more are closed here before the children hear of it:
    they accept who has connected, and close them last, so that nobody is left in between.
5.  A child that dies is replaced, with the listening sockets of its slot, so that no connection
    that waits there is lost. One that cannot become User ends the server, as in Apache.
6.  Stopping, a child that does not end is told again, and killed after 9 seconds (AH00045/46).

Sources: mpm_unix.c, event.c of httpd; what was observed with 2.4.71 for words and order.
"""

import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, NoReturn

from httpdlite.conf.directives.core import LEVELS
from httpdlite.routes.logline import LogLine
from httpdlite.serve import pidfile
from httpdlite.serve.channel import Drain, Stop
from httpdlite.serve.children import FATAL, PARENT_SIGNALS, Children, Running, Slot
from httpdlite.serve.control import Answers, Control, Questions, sum_up
from httpdlite.serve.heartbeat import Heartbeat
from httpdlite.serve.listening import ListeningSockets
from httpdlite.serve.log_keeping import ParentLogs
from httpdlite.serve.log_opening import describe_os_error
from httpdlite.serve.privileges import PrivilegeError, drop_privileges
from httpdlite.serve.reloading import Generation, Reloads
from httpdlite.serve.rereading import Reread
from httpdlite.serve.systemd import Notifier
from httpdlite.version import SERVER

_ALERT, _CRIT, _ERROR, _WARN, _INFO = (
    LEVELS.index(word) for word in ("alert", "crit", "error", "warn", "info")
)
AFTERWARDS: Final = 0.5  # seconds for a child that has closed its last tunnel in time
MOST_REPORTS: Final = 64  # of one child, before somebody else has a turn
TOLD_AGAIN: Final = (3.0, 5.0, 7.0, 9.0)  # seconds; the last time by SIGKILL


class Phase(Enum):
    """What the parent is at."""

    SERVING = auto()
    RESTARTING = auto()  # the children are ending, others will follow
    DRAINING = auto()
    STOPPING = auto()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the parent is given by whoever starts it. ``read`` reads the configuration again, in a
    process of its own; ``publish`` makes a publication of the first one, if somebody asks for it.
    """

    read: Callable[[], Reread]
    publish: Callable[[], int]
    run_child: Callable[[Generation, ParentLogs, dict[Any, socket.socket], int], None]
    notifier: Notifier
    is_terminal: bool = False


class Parent:
    """See the module's rules. ``run`` returns the exit status."""

    def __init__(
        self,
        first: Generation,
        sockets: ListeningSockets,
        logs: ParentLogs,
        surroundings: Surroundings,
    ) -> None:
        self.generation = first
        self.sockets = sockets
        self.logs = logs
        self.selector = selectors.DefaultSelector()
        self.notifier = surroundings.notifier
        self._surroundings = surroundings
        self._phase = Phase.SERVING
        self.children = Children(len(sockets.of), self._become)
        self._questions = Questions(self.children)
        self._heartbeat = Heartbeat(self.children, self._questions, self.notifier, self.log)
        self._reloads = Reloads(self, surroundings.read, self._restart_with)
        self._control: Control | None = None
        self._signals, self._signalled = socket.socketpair()
        self._account = first.plan.user, first.plan.group  # of the children, until a restart
        self._pid_file: str | None = None  # the one that was written
        self._fresh: Generation | None = None  # what the children after a restart serve by
        self._status = 0
        self._since = 0.0  # when the phase began
        self._urged = 0
        self._drained_by: float | None = None
        self._is_announced = False

    # --- the loop ---

    def run(self, tell: Callable[[str | None], None]) -> int:
        """Serve until told otherwise. ``tell``: whoever started this hears whether it is up."""
        self._take_signals()
        try:
            fault = self._write_pid()
            if fault is not None:
                self.log(LogLine("core", _ERROR, "AH00099", fault))
                tell(fault + "\n")
                return 1
            self._open_control()
            self._fill_slots()
            tell(None)
            while self._phase in (Phase.SERVING, Phase.RESTARTING) or not self.children.are_gone:
                self._turn()
        finally:
            self.children.kill(signal.SIGKILL)
            if self._control is not None:
                self._control.close()
            self.selector.close()
            signal.set_wakeup_fd(-1)
            for end in (self._signals, self._signalled):
                end.close()
        self._say_end()
        return self._status

    def _take_signals(self) -> None:
        for end in (self._signals, self._signalled):
            end.setblocking(False)
        signal.set_wakeup_fd(self._signalled.fileno(), warn_on_full_buffer=False)
        for number in PARENT_SIGNALS:
            signal.signal(number, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PARENT_SIGNALS)
        self.selector.register(self._signals, selectors.EVENT_READ, self._take_numbers)

    def _turn(self) -> None:
        for key, events in self.selector.select(self._patience()):
            if self.selector.get_map().get(key.fd) is key:  # not closed by one before
                self._guarded(key.data, events)
        for work in (
            self._look_after_children,
            self._questions.finish,
            self._heartbeat.beat,
            self.logs.work,
        ):
            self._guarded(work)

    def _guarded(self, call: Callable[..., None], *args: int) -> None:
        """A fault of ours must not end everybody's connections."""
        try:
            call(*args)
        except Exception as bug:
            text = "".join(traceback.format_exception(bug))
            self.log(LogLine("core", _CRIT, "", f"internal fault in the parent: {text}"))
            time.sleep(0.1)  # it may come again at once

    def _patience(self) -> float | None:
        """Seconds until there is something to do."""
        times = [self.logs.next_wakeup, self._questions.next_wakeup(), self._drained_by]
        times += [self._reloads.next_wakeup, self._heartbeat.next_wakeup]
        if self._phase is Phase.SERVING:
            times.append(self.children.next_due())
        elif self._phase is not Phase.DRAINING and self._urged < len(TOLD_AGAIN):
            times.append(self._since + TOLD_AGAIN[self._urged])
        due = min((moment for moment in times if moment is not None), default=None)
        return None if due is None else max(0.0, due - time.monotonic())

    def log(self, line: LogLine) -> None:
        """A line of the server's own."""
        self.logs.log(line)

    def say_serving(self) -> None:
        """The line that says that all is up, after a start and after each reload."""
        self.logs.notice(
            "mpm_event", "AH00489", f"{SERVER} configured -- resuming normal operations"
        )
        command = self.logs.lines.command_line
        self.logs.notice("core", "AH00094", f"Command line: '{command}'")
        self.tell_manager()

    def tell_manager(self) -> None:
        """The service manager hears that all is up, also after a reload that was refused."""
        count = len(self.children.slots)
        self.notifier.ready(f"serving, {count} children, configuration {self.generation.number}")

    # --- signals ---

    def _take_numbers(self, _: int) -> None:
        try:
            numbers = set(self._signals.recv(4096))
        except BlockingIOError:
            return
        if signal.SIGCHLD in numbers:
            self._reap()
        if numbers & {signal.SIGTERM, signal.SIGINT}:
            self._stop()
        if signal.SIGWINCH in numbers and not self._surroundings.is_terminal:
            self._drain()
        for number in (signal.SIGHUP, signal.SIGUSR1):
            if number in numbers and self._phase in (Phase.SERVING, Phase.RESTARTING):
                self._reloads.request(number)
                return

    def _begin(self, phase: Phase) -> None:
        self._phase = phase
        self._since = time.monotonic()
        self._urged = 0
        self._drained_by = None

    def _stop(self) -> None:
        if self._phase is not Phase.STOPPING:
            self._is_announced = self._phase is Phase.DRAINING
            self._end_children(Phase.STOPPING)

    def _end_children(self, phase: Phase) -> None:
        self._begin(phase)
        if phase is Phase.STOPPING:
            self._reloads.forget()
            self.notifier.stopping("shutting down", within_seconds=TOLD_AGAIN[-1] + 5)
        self.children.tell(Stop())

    def _drain(self) -> None:
        """Graceful stop: what is there may finish."""
        if self._phase in (Phase.STOPPING, Phase.DRAINING):
            return
        self._remove_pid(self._pid_file)
        self.logs.notice("mpm_event", "AH00492", "caught SIGWINCH, shutting down gracefully")
        self._reloads.forget()
        self._begin(Phase.DRAINING)
        seconds = self.generation.plan.graceful_shutdown_timeout or None
        if seconds is not None:
            self._drained_by = self._since + seconds + AFTERWARDS
        self.notifier.stopping("shutting down gracefully", within_seconds=seconds)
        self.sockets.close()  # before the children do: they take who has connected
        self.children.tell(Drain(seconds))

    def _say_end(self) -> None:
        self._remove_pid(self._pid_file)
        if not self._is_announced and self._phase is Phase.STOPPING:
            self.logs.notice("mpm_event", "AH00491", "caught SIGTERM, shutting down")

    # --- children ---

    def _fill_slots(self) -> None:
        for slot in tuple(self.children.is_due(time.monotonic())):
            self.logs.lines.flush()  # or the child would have the lines, too
            try:
                child = self.children.start(slot, self.generation.number)
            except OSError as failed:
                slot.again_at = time.monotonic() + 1.0
                why = describe_os_error(failed)
                text = "fork: Unable to fork new process"
                self.log(LogLine("mpm_event", _ERROR, "AH00481", text, why))
                continue
            self._listen_to(child)

    def _listen_to(self, child: Running) -> None:
        def hear(events: int) -> None:
            if events & selectors.EVENT_WRITE:
                child.end.flush()
            self._hear(child)

        self.selector.register(child.end.sock, selectors.EVENT_READ, hear)

    def _become(self, slot: Slot, end: int) -> NoReturn:
        """What a new child does."""
        generation, around = self.generation, self._surroundings
        try:
            self._forget_own()
            self._reloads.forget_reader()
            sockets = self.sockets.of[slot.number]
            self.sockets.forget_all_but(slot.number)
            drop_privileges(*self._account)
            around.run_child(generation, self.logs, sockets, end)
        except PrivilegeError as failed:
            self._end_fatally(str(failed), FATAL)
        except BaseException as bug:
            text = "".join(traceback.format_exception(bug))
            self._end_fatally(f"internal fault, the child ends: {text}", 1)
        sys.exit(0)

    def _forget_own(self) -> None:
        """In a new process: what is the parent's alone."""
        self.selector.close()
        for other in (self._signals, self._signalled):
            other.close()
        if self._control is not None:
            self._control.forget()
        self.notifier.close()

    def forget_traffic(self) -> None:
        """In a process that only reads: nobody is to wait for its end to listen on an address, or
        to know that the parent has ended.
        """
        self._forget_own()
        self.sockets.close()
        for child in self.children.running:
            child.end.close()

    def _end_fatally(self, text: str, status: int) -> NoReturn:
        self.log(LogLine("core", _ALERT, "", text))
        self.logs.lines.flush()
        sys.exit(status)

    def _reap(self) -> None:
        """Wait for whatever has ended: children, programs of logs, the reader."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if not self.logs.reaped(pid, status):
                self._bury(pid, status)

    def _bury(self, pid: int, status: int) -> None:
        child = next((child for child in self.children.running if child.pid == pid), None)
        if child is None:
            return
        self._hear(child)
        self._hear_no_more(child)
        self._questions.gone(pid)
        line = self.children.ended(pid, status, wanted=self._phase is not Phase.SERVING)
        if line is not None:
            self.log(line)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == FATAL:
            self._status = 1
            self._is_announced = True
            self._end_children(Phase.STOPPING)

    def _hear(self, child: Running) -> None:
        for _ in range(MOST_REPORTS):
            report = child.end.receive()
            if report is None:  # it has ended, or soon will
                self._hear_no_more(child)
            if not report:
                return
            if "ready" in report:
                child.is_ready = True
            if report.get("ready") == self.generation.number:
                child.adopted = self.generation.number
            if "answer" in report:
                child.beats = True
                self._questions.answered(child.pid, report)

    def _hear_no_more(self, child: Running) -> None:
        if child.end.sock in self.selector.get_map():
            self.selector.unregister(child.end.sock)

    def _look_after_children(self) -> None:
        if self._phase is Phase.SERVING:
            self._fill_slots()
            self._announce()
            self._reloads.check()
        elif self._phase is Phase.RESTARTING and self.children.are_gone:
            self._restart()
        elif self._phase in (Phase.STOPPING, Phase.RESTARTING):
            self._urge(time.monotonic() - self._since)
        elif self._drained_by is not None and time.monotonic() >= self._drained_by:
            self._is_announced = True
            self._end_children(Phase.STOPPING)
        for child in self.children.running:  # what did not go out at once
            events = selectors.EVENT_READ | (0 if child.end.is_idle else selectors.EVENT_WRITE)
            key = self.selector.get_map().get(child.end.sock)
            if key is not None and key.events != events:
                self.selector.modify(child.end.sock, events, key.data)

    def _announce(self) -> None:
        """After a start or a restart, once all children are up."""
        if not self._is_announced and all(child.is_ready for child in self.children.running):
            self._is_announced = True
            if not self._reloads.is_busy:
                self.say_serving()

    def _urge(self, seconds: float) -> None:
        """Rule 6."""
        if self._urged >= len(TOLD_AGAIN) or seconds < TOLD_AGAIN[self._urged]:
            return
        self._urged += 1
        is_last = self._urged == len(TOLD_AGAIN)
        code, level, how = (
            ("AH00046", _ERROR, "SIGKILL") if is_last else ("AH00045", _WARN, "SIGTERM")
        )
        for child in self.children.running:
            text = f"child process {child.pid} still did not exit, sending a {how}"
            self.log(LogLine("core", level, code, text))
        if is_last:
            self.children.kill(signal.SIGKILL)
        else:
            self.children.tell(Stop())

    # --- other configurations ---

    def replace_generation(self, fresh: Generation) -> Generation:
        """Children that are started from now on serve by ``fresh``; the one before."""
        old, self.generation = self.generation, fresh
        old.close()
        before = self._pid_file
        fault = self._write_pid()
        if fault is not None:
            self.log(LogLine("core", _ERROR, "AH00099", fault))
        elif before != self._pid_file:
            self._remove_pid(before)
        if old.plan.control != fresh.plan.control:
            self._open_control()
        return old

    def _restart_with(self, fresh: Generation) -> None:
        self._fresh = fresh
        self._end_children(Phase.RESTARTING)

    def _restart(self) -> None:
        """All are gone: others, by the new configuration."""
        assert self._fresh is not None
        self.replace_generation(self._fresh)
        self._account = self._fresh.plan.user, self._fresh.plan.group
        self._fresh = None
        self._is_announced = False
        for slot in self.children.slots:
            slot.again_at = 0.0
        self._begin(Phase.SERVING)
        self._reloads.restarted()

    # --- files ---

    def _write_pid(self) -> str | None:
        """Why not, or None."""
        path = self.generation.plan.pid_file
        if path is None:
            self._pid_file = None
            return None
        try:
            pidfile.write_pid(path)
        except OSError as failed:
            return f"{describe_os_error(failed)}: could not create {path}"
        self._pid_file = path
        return None

    def _remove_pid(self, path: str | None) -> None:
        if pidfile.remove_pid(path):
            text = f"removed PID file {path} (pid={os.getpid()})"
            self.log(LogLine("core", _INFO, "AH00096", text))

    # --- questions ---

    def _open_control(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        plan = self.generation.plan
        if plan.control is None:
            return
        try:
            self._control = Control(plan.control, plan.control_mode, self.selector, self._answer)
        except OSError as failed:
            why = describe_os_error(failed)
            text = f"the control socket {plan.control} could not be opened"
            self.log(LogLine("core", _WARN, "", text, why))

    def _answer(self, what: str, answer: Callable[[dict[str, Any], int | None], None]) -> None:
        if what == "publication":
            if self.generation.publication is None:
                self.generation.publication = self._surroundings.publish()
            answer({"number": self.generation.number}, self.generation.publication)
        elif what == "tunnels":
            self._questions.ask(what, lambda found: answer({"tunnels": sum_up(found)}, None))
        elif what == "status":
            self._questions.ask(what, lambda found: answer(self._status_of(found), None))
        else:
            answer({"error": f"nothing is known of {what}"}, None)

    def _status_of(self, found: Answers) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "phase": self._phase.name.lower(),
            "configuration": self.generation.number,
            "children": {str(pid): parts[-1].get("status") for pid, parts in found.items()},
        }
