"""Starting and ending the server: sockets, logs, PID file, user, then the child. One process for
now.

Comes in: a Site. Goes out: the exit status, or ``StartError`` with the lines Apache would print.
Hides the order in which a start must do things: bind (low ports need root), open the logs, write
the PID file, drop to User and Group, serve.
"""

import contextlib
import os
import pwd
import signal
import socket
import sys
from pathlib import Path

from httpdlite.routes.site import Site
from httpdlite.serve.child import SIGNALS, run_child
from httpdlite.serve.descriptors import raise_limit
from httpdlite.serve.listener import BindError, Tuning, bind
from httpdlite.serve.log import WARN, LogError, Logs

_NO_LOGS = "AH00015: Unable to open logs"


class AlreadyRunningError(Exception):
    """A server with this PidFile is running; str() is what Apache says on stdout."""


class StartError(Exception):
    """The server cannot start. ``lines`` go to stderr."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def serve(site: Site) -> int:
    """Run until TERM or INT; 0. Raises StartError, AlreadyRunningError. Signals that come while it
    starts are held back until the child can take them.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_IGN:  # a job in the background, or nohup
            signal.signal(number, signal.SIG_DFL)  # ignored, it could be lost while it is held back
    try:
        return _serve(site)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def _serve(site: Site) -> int:
    _check_pid(site.pid_file)
    sockets = _listen(site)
    try:
        logs = Logs(site, command_line=" ".join(sys.argv))
    except LogError as failed:
        raise StartError(*failed.lines, _NO_LOGS) from failed
    try:
        raise_limit()
        _write_pid(site.pid_file)
        _drop_privileges(site, logs)
        run_child(site, logs, sockets)
    finally:
        _remove_pid(site.pid_file)
        for sock in sockets:
            sock.close()
        logs.close()
    return 0


def _listen(site: Site) -> list[socket.socket]:
    if not site.listens:
        hint = "httpdlite: the configuration has no Listen directive, such as `Listen 8080`"
        raise StartError("no listening sockets available, shutting down", _NO_LOGS, hint)
    sockets: list[socket.socket] = []
    tuning = Tuning(site.backlog, site.send_buffer, site.receive_buffer)
    by_ipv4 = {(listen.host, listen.port) for listen in site.listens}
    try:
        for listen in site.listens:
            own = ("0.0.0.0", listen.port) in by_ipv4
            sockets.append(bind(listen, tuning, ipv4_too=not own))
    except BindError as failed:
        for sock in sockets:
            sock.close()
        raise StartError(
            str(failed), "no listening sockets available, shutting down", _NO_LOGS
        ) from failed
    return sockets


def _read_pid(path: str) -> int | None:
    try:
        return int(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _check_pid(path: str | None) -> None:
    pid = _read_pid(path) if path is not None else None
    if pid is None or pid <= 0 or pid == os.getpid():
        return
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass  # it lives, as another user
    except OSError:
        return  # left over from an unclean end
    raise AlreadyRunningError(f"httpd (pid {pid}) already running")


def _write_pid(path: str | None) -> None:
    if path is None:
        return
    try:
        Path(path).write_text(f"{os.getpid()}\n", encoding="ascii")
    except OSError as failed:
        why = f"({failed.errno}){failed.strerror}"
        raise StartError(f"{why}: AH00099: could not create {path}") from failed


def _remove_pid(path: str | None) -> None:
    if path is not None and _read_pid(path) == os.getpid():
        with contextlib.suppress(OSError):  # in a folder that is not User's, it stays
            Path(path).unlink()


def _drop_privileges(site: Site, logs: Logs) -> None:
    """Only root can: become Group (else the user's own), then User with its other groups. Apache
    mod_unixd. Without User root stays root, which the error log says.
    """
    if os.geteuid() != 0:
        return
    if site.user is None:
        text = "no User directive: requests are served as root"
        logs.error(site.main.error_log, "unixd", WARN, "", text)
    try:
        if site.user is not None:
            entry = pwd.getpwuid(site.user.id)
            group = site.group.id if site.group is not None else entry.pw_gid
            os.setgid(group)
            os.initgroups(entry.pw_name, group)
            os.setuid(site.user.id)
        elif site.group is not None:
            os.setgroups([])
            os.setgid(site.group.id)
    except KeyError as failed:
        name = site.user.name if site.user is not None else "-"
        raise StartError(f"AH02155: no user {name} in the user database") from failed
    except (OSError, ValueError, OverflowError) as failed:
        name = site.user.name if site.user is not None else "-"
        raise StartError(f"AH02162: cannot become user {name}: {failed}") from failed
