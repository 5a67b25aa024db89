"""What httpd checks once all is read and walked: log directories and the server's own name.

In: the config tree, the files, the names of the system. Out: diagnostics of the CHECK phase. Rules:
core_check_config in server/core.c, check_log_dir in mod_log_config.c, as of 2.4.71.
"""

import errno
import os
import posixpath
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from httpdlite.conf.call import Names
from httpdlite.conf.directives import core, log_config
from httpdlite.conf.files import Files, Kind, absolute
from httpdlite.conf.mpm_checks import check_limits
from httpdlite.conf.tls_checks import check_tls
from httpdlite.conf.tree import Config, ServerConfig
from httpdlite.diagnostics import Diagnostic, Phase, Severity, Span

FAILED: Final = "AH00014: Configuration check failed"


def check(
    config: Config, files: Files, names: Names, now: float | None = None
) -> Iterator[Diagnostic]:
    """Everything that is wrong with a configuration as a whole. `now`: seconds since 1970, if dates
    of certificates are to be looked at.
    """
    servers = (config.main, *reversed(config.vhosts))  # httpd's list has the last vhost first
    for look in (_check_error_log, _check_access_logs):
        yield from _together(
            [one for server in servers for one in look(server, config.server_root, files)]
        )
    yield from check_limits(config)
    yield from check_tls(config, files, now)
    if core.SERVER_NAME not in config.main.scope and names.own_name() is None:
        yield _no_name()


def _check_error_log(server: ServerConfig, root: str, files: Files) -> Iterator[Diagnostic]:
    target = server.own.get(core.ERROR_LOG)
    if target is None or target.startswith("|") or target.split(":")[0] == "syslog":
        return
    folder, problem = _parent(absolute(root, target), files)
    if problem is None:
        return
    whose = "main error log"
    if server.span is not None:
        whose = f"error log of vhost defined at {server.span.apache_file}:{server.span.apache_line}"
    message = f"{problem}: AH02291: Cannot access directory '{folder}' for {whose}"
    yield _failure(message, server.span)


def _check_access_logs(server: ServerConfig, root: str, files: Files) -> Iterator[Diagnostic]:
    for log in (*server.own[log_config.CUSTOM_LOG], *server.own[log_config.GLOBAL_LOG]):
        if log.file.startswith("|"):
            continue
        path = absolute(root, log.file)
        folder, problem = _parent(path, files)
        if problem is not None:
            where = f"defined at {log.span.apache_file}:{log.span.apache_line}"
            yield _failure(
                f"{problem}: AH02297: Cannot access directory '{folder}' for log file '{log.file}' "
                f"{where}",
                log.span,
            )


def _parent(path: str, files: Files) -> tuple[str, str | None]:
    """The directory of a file, and what is wrong with it in the system's words."""
    folder = posixpath.dirname(path)
    kind = files.kind(folder)
    shown = folder if folder == "/" else f"{folder}/"
    if kind is Kind.DIRECTORY:
        return shown, None
    number = errno.ENOENT if kind is None else errno.ENOTDIR
    return shown, f"({number}){os.strerror(number)}"


def _failure(message: str, span: Span | None) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "no-log-directory",
        message,
        span,
        hint="Make the directory, or name another file.",
        phase=Phase.CHECK,
    )


def _together(found: list[Diagnostic]) -> Iterator[Diagnostic]:
    """httpd names all that are of one kind before it gives up: the first says so for all."""
    messages = [one.message for one in found]
    for index, one in enumerate(found):
        yield replace(one, apache=(*messages[index:], FAILED))


def _no_name() -> Diagnostic:
    message = (
        "AH00558: httpdlite: Could not reliably determine the server's fully qualified domain "
        "name, using 127.0.0.1. Set the 'ServerName' directive globally to suppress this message"
    )
    return Diagnostic(
        Severity.WARNING, "no-server-name", message, phase=Phase.CHECK, apache=(message,)
    )
