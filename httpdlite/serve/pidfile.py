"""The PID file: who serves, as other processes find it.

Hides that it is replaced in one step, what of its content counts, and when it is believed. Source:
log.c and main.c of httpd 2.4.71 (ap_log_pid, ap_read_pid), as observed.
"""

import contextlib
import os
import re
from pathlib import Path

_NUMBER = re.compile(rb"[0-9]+")


class PidFileError(Exception):
    """The file holds no process id; ``lines`` are what Apache prints."""

    def __init__(self, why: str, path: str) -> None:
        super().__init__(why)
        self.lines = (
            f"{why}: AH00058: Error retrieving pid file {path}",
            "AH00059: Remove it before continuing if it is corrupted.",
        )


def read_pid(path: str | None) -> int | None:
    """The process id in the file, None if there is no file. Raises PidFileError. Below 2 is nobody
    one could signal (Apache takes 0, and a signal to it ends the caller's own process group).
    """
    if path is None:
        return None
    try:
        found = _NUMBER.match(Path(path).read_bytes())
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None
    except OSError as failed:
        raise PidFileError(f"({failed.errno}){failed.strerror}", path) from failed
    number = int(found[0][:12]) if found is not None else 0
    if number < 2:
        raise PidFileError("(20014)Internal error (specific information not available)", path)
    return number


def is_running(pid: int) -> bool:
    """Is there such a process, other than this one? As another user's it counts, unlike in Apache:
    two servers would write one file.
    """
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def write_pid(path: str) -> None:
    """Name this process. Raises OSError."""
    fresh = f"{path}.{os.getpid()}"
    try:
        with contextlib.suppress(FileNotFoundError):
            Path(fresh).unlink()
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            os.write(file, b"%d\n" % os.getpid())
            os.fchmod(file, 0o644)
        finally:
            os.close(file)
        Path(fresh).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(fresh).unlink()
        raise


def remove_pid(path: str | None) -> bool:
    """Remove the file if it names this process; True if it was removed."""
    try:
        if path is None or read_pid(path) != os.getpid():
            return False
        Path(path).unlink()
    except (OSError, PidFileError):
        return False  # in a folder that is not User's, it stays
    return True
