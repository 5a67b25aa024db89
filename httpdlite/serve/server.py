"""Starting and ending the server: sockets, logs, background, then the parent and its children, or
one process alone.

Comes in: a checked configuration, and how it is read again. Goes out: the exit status, or
``StartError`` with the lines Apache would print. Hides the order in which a start must do things:
look at the PID file, bind (low ports need root), open the logs, go into the background, serve.
"""

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from httpdlite.conf.tree import Config
from httpdlite.routes.compiling import compile_site
from httpdlite.routes.logline import LogLine
from httpdlite.routes.publication import Plan, plan_of, publish
from httpdlite.routes.site import Site
from httpdlite.serve import pidfile
from httpdlite.serve.child import SIGNALS, run_child
from httpdlite.serve.children import PARENT_SIGNALS
from httpdlite.serve.descriptors import raise_limit
from httpdlite.serve.detaching import detach
from httpdlite.serve.listener import BindError, ListenKey
from httpdlite.serve.listening import ListeningSockets
from httpdlite.serve.log import WARN, LogError, Logs
from httpdlite.serve.log_keeping import ParentLogs
from httpdlite.serve.log_opening import describe_os_error
from httpdlite.serve.parent import Parent, Surroundings
from httpdlite.serve.privileges import PrivilegeError, drop_privileges
from httpdlite.serve.reloading import Generation, tuning_of
from httpdlite.serve.rereading import Reread, load_site, store
from httpdlite.serve.systemd import Inherited, Notifier, NotPassedError, inherited_sockets
from httpdlite.serve.tls_contexts import ContextError
from httpdlite.serve.tls_sites import SiteTls, check_tls, load_files, read_tls_files, site_tls

_THRESHOLD = 700  # Python's own
_NO_LOGS = "AH00015: Unable to open logs"
_NO_SOCKETS = "no listening sockets available, shutting down"


class AlreadyRunningError(Exception):
    """A server with this PidFile is running; str() is what Apache says on stdout."""


class StartError(Exception):
    """The server cannot start. ``lines`` go to stderr."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Start:
    """What is to be started. ``read_again``: the configuration as it is then, None if it is
    refused, and the lines to say.
    """

    config: Config
    host_name: str = "localhost"
    command_line: str = ""
    is_alone: bool = False  # -X: one process
    detaches: bool = False
    read_again: Callable[[], tuple[Config | None, tuple[str, ...]]] = lambda: (None, ())


def serve(start: Start) -> int:
    """Run until it is told to end; the exit status. Raises StartError, AlreadyRunningError. Signals
    that come while it starts are held back until somebody can take them.
    """
    numbers = SIGNALS if start.is_alone else PARENT_SIGNALS
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    for number in numbers:
        if signal.getsignal(number) is signal.SIG_IGN:  # a job in the background, or nohup
            signal.signal(number, signal.SIG_DFL)  # ignored, it could be lost while it is held back
    try:
        return _serve(start)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


def _serve(start: Start) -> int:
    plan = plan_of(start.config, start.host_name)
    had_pid = _check_pid(plan.pid_file)
    notifier, inherited = Notifier(), inherited_sockets()  # before anything else is started
    count = 1 if start.is_alone else children_of(plan, len(os.sched_getaffinity(0)))
    sockets = _listen(plan, count, inherited)
    raise_limit()
    site = compile_site(start.config, start.host_name)
    try:
        tls = _secure(start.config, site)
        gc.collect()
        gc.freeze()  # what is here stays: no collection need look at it again, and write to it
        gc.set_threshold(_THRESHOLD)  # see `__main__`
        if start.is_alone:
            return _serve_alone(plan, site, tls, sockets.of[0], start.command_line)
        logs = ParentLogs(plan, start.command_line)
        if had_pid:
            text = f"pid file {plan.pid_file} overwritten -- Unclean shutdown of previous run?"
            logs.log(LogLine("core", WARN, "AH00098", text))
        if _serves_as_root(plan):
            logs.log(LogLine("unixd", WARN, "", _AS_ROOT))
        try:
            first = Generation(1, plan, site, None, tls)
            return _serve_with_children(start, first, logs, sockets, notifier)
        finally:
            logs.close()
    except LogError as failed:
        raise StartError(*failed.lines, _NO_LOGS) from failed
    finally:
        sockets.close()


def _secure(config: Config, site: Site) -> SiteTls:
    """Made before anything is forked: all children take each other's tickets."""
    try:
        return site_tls(site, read_tls_files(config))
    except ContextError as failed:
        raise StartError(str(failed), "AH00016: Configuration Failed") from failed


_AS_ROOT = "no User directive: requests are served as root"


def _serves_as_root(plan: Plan) -> bool:
    return os.geteuid() == 0 and plan.user is None


def children_of(plan: Plan, cpus: int) -> int:
    """How many children: one per CPU. StartServers sets the number, but more than one per CPU (and
    more than two) only cost; ServerLimit is the most, as in Apache.
    """
    count = cpus if plan.start_servers is None else min(plan.start_servers, max(cpus, 2))
    if plan.server_limit is not None:
        count = min(count, plan.server_limit)
    return max(1, count)


def _serve_with_children(
    start: Start,
    first: Generation,
    logs: ParentLogs,
    sockets: ListeningSockets,
    notifier: Notifier,
) -> int:
    def read() -> Reread:
        config, lines = start.read_again()
        if config is None:
            return Reread(None, lines)
        try:
            files = read_tls_files(config)
            check_tls(config, files)
        except ContextError as failed:
            return Reread(None, (*lines, str(failed)))
        return Reread(publish(config, start.host_name), lines, files)

    def tell(_: str | None) -> None:
        return

    is_terminal = sys.stdin is not None and sys.stdin.isatty()
    surroundings = Surroundings(
        read,
        lambda: store(publish(start.config, start.host_name)),
        _be_child,
        notifier,
        is_terminal and not start.detaches,
    )
    logs.lines.flush()
    logs.has_standard_error = start.detaches
    told = detach(logs.standard_error) if start.detaches else tell
    return Parent(first, sockets, logs, surroundings).run(told)


def _be_child(
    generation: Generation,
    logs: ParentLogs,
    sockets: Mapping[ListenKey, socket.socket],
    channel: int,
) -> None:
    """What a child does with what it was forked with."""
    site, tls = generation.site, generation.tls
    if site is None or tls is None:
        assert generation.publication is not None
        site = load_site(generation.publication)
        tls = site_tls(site, load_files(generation.files))
    end = socket.socket(fileno=channel)
    run_child(site, logs.forget(), sockets, end, generation.number, tls=tls)


def _serve_alone(
    plan: Plan,
    site: Site,
    tls: SiteTls,
    sockets: Mapping[ListenKey, socket.socket],
    command_line: str,
) -> int:
    """-X: no parent, no reloads. Raises LogError."""
    logs = Logs(site, command_line)
    try:
        if plan.pid_file is not None:
            pidfile.write_pid(plan.pid_file)
        if _serves_as_root(plan):
            logs.error(site.main.error_log, "unixd", WARN, "", _AS_ROOT)
        drop_privileges(plan.user, plan.group)
        run_child(site, logs, sockets, tls=tls)
    except OSError as failed:
        why = describe_os_error(failed)
        raise StartError(f"{why}: AH00099: could not create {plan.pid_file}") from failed
    except PrivilegeError as failed:
        raise StartError(str(failed)) from failed
    finally:
        pidfile.remove_pid(plan.pid_file)
        logs.close()
    return 0


def _check_pid(path: str | None) -> bool:
    """Is there a file of an unclean end? Raises AlreadyRunningError, StartError."""
    try:
        pid = pidfile.read_pid(path)
    except pidfile.PidFileError as failed:
        raise StartError(*failed.lines) from failed
    if pid is not None and pidfile.is_running(pid):
        raise AlreadyRunningError(f"httpd (pid {pid}) already running")
    return pid is not None


def _listen(plan: Plan, children: int, inherited: list[Inherited]) -> ListeningSockets:
    if not plan.listens:
        hint = "httpdlite: the configuration has no Listen directive, such as `Listen 8080`"
        raise StartError(_NO_SOCKETS, _NO_LOGS, hint)
    sockets = ListeningSockets(children, inherited)
    try:
        sockets.open(plan.listens, tuning_of(plan))
    except BindError as failed:
        raise StartError(str(failed), _NO_SOCKETS, _NO_LOGS) from failed
    except NotPassedError as failed:
        raise StartError(str(failed)) from failed
    return sockets
