"""Into the background: the server goes on without the terminal that started it.

Hides fork, session, working directory and standard streams, and that whoever started it learns
whether it came up. Source: apr_proc_detach, as observed with httpd 2.4.71; there the command
returns before the PID file is there, and says nothing if it cannot be written.
"""

import os
import sys
from collections.abc import Callable
from typing import Final

_UP: Final = b"\0"


def detach(error_log: int | None) -> Callable[[str | None], None]:
    """Return in a new process, with what tells the old one that all is well (None) or what is not.
    The old one waits for that, prints it, and ends. ``error_log`` is where standard error goes; a
    server that logs to standard error keeps it.
    """
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    if os.fork():
        os.close(writing)
        os._exit(_wait(reading))
    os.close(reading)
    os.setsid()
    os.chdir("/")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(2):
        os.dup2(nowhere, number)
    os.close(nowhere)
    if error_log is not None:
        os.dup2(error_log, 2)

    def tell(fault: str | None) -> None:
        os.write(writing, _UP if fault is None else fault.encode())
        os.close(writing)

    return tell


def _wait(reading: int) -> int:
    """The exit status: 0 once it is up."""
    said = b""
    while piece := os.read(reading, 4096):
        said += piece
        if said == _UP:  # children may have the other end, too: no need to wait for theirs
            return 0
    os.write(2, said or b"httpdlite: the server ended while it started; see its error log\n")
    return 1
