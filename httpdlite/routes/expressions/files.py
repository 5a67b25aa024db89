"""The file system for expressions: what -f, file() and their like ask.

Comes in: paths, latin-1 texts of their bytes. Goes out: what stat() and read() say. It waits for
the disk; nothing else here does.
"""

import os
import stat
from typing import NamedTuple

from httpdlite.routes.changing import CHANGING
from httpdlite.routes.expressions.view import FileStatus


class DiskFiles:
    """The real file system; relative paths begin where the process stands."""

    def status(self, path: str, *, follow: bool) -> FileStatus | None:
        return CHANGING.look(_Status(path, follow))

    def read(self, path: str, most: int) -> bytes:
        CHANGING.was_asked = True
        with open(path.encode("latin-1"), "rb") as file:  # noqa: PTH123 - a slash at the end counts
            return file.read(most)


class _Status(NamedTuple):
    """A look at the status of a file."""

    path: str
    follow: bool

    def __call__(self, *_: object) -> FileStatus | None:
        path = self.path.encode("latin-1")
        try:
            found = os.stat(path, follow_symlinks=self.follow)  # noqa: PTH116 - bytes
        except OSError:
            return None
        return FileStatus(_kind(found.st_mode), found.st_size, stat.S_IMODE(found.st_mode))


def _kind(mode: int) -> str:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "directory"
    return "link" if stat.S_ISLNK(mode) else "other"
