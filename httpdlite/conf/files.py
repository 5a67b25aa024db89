"""Files as the reading sees them: an argument, so that a test passes a dict.

In: absolute paths. Out: bytes, names, kinds. Hides the difference between the disk and a mapping.
`expand` is Apache's Include: wildcards, directories, order (server/config.c, core.c).
"""

import errno
import fnmatch
import os
import posixpath
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, Protocol


def is_glob(text: str) -> bool:
    """Whether APR would take a text for a wildcard pattern (apr_fnmatch_test)."""
    position = 0
    while position < len(text):
        char = text[position]
        if char in "*?" or (char == "[" and "]" in text[position + 1 :]):
            return True
        if char == "\\" and position + 1 == len(text):
            return False
        position += 2 if char == "\\" else 1
    return False


class Kind(Enum):
    """What is at a path."""

    FILE = "file"
    DIRECTORY = "directory"
    OTHER = "other"


class Files(Protocol):
    """What the reading needs of a file system. Paths are absolute."""

    def read(self, path: str) -> bytes:
        """The content of a file. Raises OSError."""
        ...

    def kind(self, path: str) -> Kind | None:
        """What is there; None if nothing is."""
        ...

    def names(self, path: str) -> list[str]:
        """The names in a directory, in any order. Raises OSError."""
        ...


class DiskFiles:
    """The real file system."""

    def read(self, path: str) -> bytes:
        if self.kind(path) is Kind.OTHER and path != os.devnull:  # a pipe would keep us waiting
            raise OSError(errno.EBADF, os.strerror(errno.EBADF), path)
        with open(path, "rb") as file:  # noqa: PTH123 - a slash at the end must count
            return file.read()

    def kind(self, path: str) -> Kind | None:
        try:
            mode = os.stat(path).st_mode  # noqa: PTH116 - as above
        except (OSError, ValueError):
            return None
        if stat.S_ISDIR(mode):
            return Kind.DIRECTORY
        return Kind.FILE if stat.S_ISREG(mode) else Kind.OTHER

    def mode(self, path: str) -> int | None:
        """The permission bits; None if they cannot be found out."""
        try:
            return stat.S_IMODE(os.stat(path).st_mode)  # noqa: PTH116 - as above
        except (OSError, ValueError):
            return None

    def names(self, path: str) -> list[str]:
        return os.listdir(path)  # noqa: PTH208 - names, undecodable ones included


class DictFiles:
    """Files of a mapping from absolute paths to text or bytes; directories follow from them."""

    def __init__(self, content: Mapping[str, str | bytes], directories: Iterable[str] = ()) -> None:
        self._content = {posixpath.normpath(path): text for path, text in content.items()}
        self._directories = {"/"}
        for path in (*map(posixpath.dirname, self._content), *directories):
            self._directories |= {path, *map(str, Path(path).parents)}

    def read(self, path: str) -> bytes:
        path = posixpath.normpath(path)
        if path in self._directories:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if path not in self._content:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        text = self._content[path]
        return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text

    def kind(self, path: str) -> Kind | None:
        path = posixpath.normpath(path)
        if path in self._directories:
            return Kind.DIRECTORY
        return Kind.FILE if path in self._content else None

    def names(self, path: str) -> list[str]:
        path = posixpath.normpath(path)
        if path not in self._directories:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        inside = {*self._content, *self._directories} - {"/"}
        return [posixpath.basename(p) for p in inside if posixpath.dirname(p) == path]


def absolute(root: str, path: str) -> str:
    """`path` as seen from `root`, without `.`, `..` and doubled slashes, as APR merges paths."""
    merged = posixpath.normpath(posixpath.join(root, path))
    if merged.startswith("//"):
        merged = merged[1:]
    keeps_slash = path.endswith("/") and merged != "/"
    return merged + "/" if keeps_slash else merged


DEEPEST_DIRECTORY: Final = 128  # httpd's AP_MAX_INCLUDE_DIR_DEPTH


@dataclass(frozen=True, slots=True)
class Missing:
    """A part of an Include that cannot be read; the text is httpd's message."""

    message: str


def expand(path: str, files: Files, *, optional: bool) -> Iterator[str | Missing]:
    """The files that an absolute path or pattern stands for, in httpd's order.

    Whether a file without wildcard exists is for the caller to find out; a directory is read as a
    whole. Directories are listed only when their turn comes.
    """
    if not is_glob(path):
        yield from _whole(path, files, 0)
        return
    parts = path.lstrip("/").split("/")
    yield from _match("/", parts, files, optional=optional)


def _join(folder: str, name: str) -> str:
    return folder + name if folder.endswith("/") else f"{folder}/{name}"


def _by_bytes(names: Iterable[str]) -> list[str]:
    return sorted(names, key=os.fsencode)


def _whole(path: str, files: Files, depth: int) -> Iterator[str | Missing]:
    """A file, or a directory with everything that is in it."""
    if files.kind(path) is not Kind.DIRECTORY:
        yield path
        return
    if depth >= DEEPEST_DIRECTORY:
        yield Missing(
            f"Include/IncludeOptional: Directory '{path}' exceeds the maximum include directory "
            f"nesting level of {DEEPEST_DIRECTORY}. You have probably a recursion somewhere."
        )
        return
    try:
        names = files.names(path)
    except OSError as why:
        yield Missing(f"Could not open config directory {path}: {why.strerror}")
        return
    for name in _by_bytes(names):
        yield from _whole(_join(path, name), files, depth + 1)


def _match(
    folder: str, parts: list[str], files: Files, *, optional: bool
) -> Iterator[str | Missing]:
    """What `parts`, of which some are patterns, match below `folder`."""
    first, *rest = parts
    if not is_glob(first):
        inner = _join(folder, first)
        yield from (
            _match(inner, rest, files, optional=optional) if rest else _whole(inner, files, 0)
        )
        return
    try:
        names = files.names(folder)
    except OSError as why:
        if not optional or why.errno != errno.ENOENT:
            yield Missing(
                f"Include/IncludeOptional: Could not open directory {folder}: {why.strerror}"
            )
        return
    found = [name for name in _by_bytes(names) if _fits(name, first)]
    if rest:
        found = [name for name in found if files.kind(_join(folder, name)) is Kind.DIRECTORY]
    if not found and not optional:
        yield Missing(
            f"Include/IncludeOptional: No matches for the wildcard '{first}' in '{folder}', failing"
        )
    for name in found:
        inner = _join(folder, name)
        yield from (
            _match(inner, rest, files, optional=optional) if rest else _whole(inner, files, 0)
        )


def _fits(name: str, pattern: str) -> bool:
    """apr_fnmatch with APR_FNM_PERIOD: a first dot is matched by nothing but a dot."""
    if name.startswith(".") and not pattern.startswith("."):
        return False
    translated = re.sub(r"\\(.)", r"[\1]", pattern).replace("[^", "[!")
    return fnmatch.fnmatchcase(name, translated)
