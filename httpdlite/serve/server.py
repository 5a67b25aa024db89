"""Starting and ending the server: sockets, logs, PID file, user, then the child. One process for
now.

Comes in: a Site. Goes out: the exit status, or ``StartError`` with the lines Apache would print.
Hides the order in which a start must do things: bind (low ports need root), open the logs, write
the PID file, drop to User and Group, serve.
"""

import contextlib
import os
import resource
import socket
import sys
from pathlib import Path

from httpdlite.routes.site import Site
from httpdlite.serve.child import run_child
from httpdlite.serve.listener import BindError, bind
from httpdlite.serve.log import LogError, Logs

_NO_LOGS = "AH00015: Unable to open logs"


class StartError(Exception):
    """The server cannot start. ``lines`` go to stderr."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def serve(site: Site) -> int:
    """Run until TERM or INT; 0. Raises StartError."""
    sockets = _listen(site)
    try:
        logs = Logs(site, command_line=" ".join(sys.argv))
    except LogError as failed:
        raise StartError(*failed.lines, _NO_LOGS) from failed
    try:
        _raise_descriptor_limit()
        _write_pid(site.pid_file)
        _drop_privileges(site)
        run_child(site, logs, sockets)
    finally:
        _remove_pid(site.pid_file)
        for sock in sockets:
            sock.close()
        logs.close()
    return 0


def _listen(site: Site) -> list[socket.socket]:
    if not site.listens:
        raise StartError("no listening sockets available, shutting down", _NO_LOGS)
    sockets: list[socket.socket] = []
    try:
        for listen in site.listens:
            sockets.append(bind(listen))  # noqa: PERF401 - those bound before a failure are closed
    except BindError as failed:
        for sock in sockets:
            sock.close()
        raise StartError(
            str(failed), "no listening sockets available, shutting down", _NO_LOGS
        ) from failed
    return sockets


def _raise_descriptor_limit() -> None:
    """A tunnel is two descriptors: use what the hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _write_pid(path: str | None) -> None:
    if path is None:
        return
    try:
        Path(path).write_text(f"{os.getpid()}\n", encoding="ascii")
    except OSError as failed:
        raise StartError(
            f"({failed.errno}){failed.strerror}: AH00099: could not create {path}"
        ) from failed


def _remove_pid(path: str | None) -> None:
    if path is not None:
        with contextlib.suppress(OSError):  # gone already, or not ours after the change of user
            Path(path).unlink()


def _drop_privileges(site: Site) -> None:
    """Only root can: become Group, then User with its other groups. Apache mod_unixd."""
    if os.geteuid() != 0:
        return
    try:
        if site.group is not None:
            os.setgid(site.group.id)
        if site.user is not None:
            os.initgroups(site.user.name, os.getgid()) if not site.user.name.startswith(
                "#"
            ) else os.setgroups([])
            os.setuid(site.user.id)
    except (OSError, ValueError) as failed:
        raise StartError(
            f"AH02162: cannot become {site.user.name if site.user else '-'}: {failed}"
        ) from failed
