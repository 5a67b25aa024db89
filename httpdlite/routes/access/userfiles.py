"""Files of users and of groups: a path in, what is in the file now out.

Hides the form of the files (htpasswd, htdigest, groups: ap_cfg_getline, as observed with 2.4.71)
and that they are read again only when they have changed: httpd reads them at each request. The file
system comes through ``Sources``. All texts are latin-1.

1. Blanks around a line do not count, nor does one that begins with `#`; a backslash at the end
   continues a line.
2. The first line of a user counts. It is `user:hash`, further fields are ignored; with Digest's
   hashes `user:realm:hash`. At a line of 8 KiB reading ends, whoever may come behind it.
3. A line of groups is `group: user user …`, with words as in the configuration. A user is in a
   group if any line of it says so; whether a group's letters are small does not count.
"""

import os
from collections.abc import Hashable, Iterator
from functools import lru_cache
from typing import Final, Protocol

from httpdlite.conf.syntax import split_words
from httpdlite.routes.changing import CHANGING

LONGEST_LINE: Final = 8192  # MAX_STRING_LEN
MOST_KNOWN: Final = 1024  # users whose groups are remembered
_BLANKS: Final = " \t\n\v\f\r"


class Sources(Protocol):
    """The file system, as far as it is asked. Both raise OSError."""

    def stamp(self, path: str) -> Hashable:
        """What is another when the file has been changed or replaced."""
        ...

    def read(self, path: str) -> bytes: ...


class DiskSources:
    """The real one."""

    def stamp(self, path: str) -> Hashable:
        CHANGING.was_asked = True
        found = os.stat(path.encode("latin-1"))  # noqa: PTH116 - bytes
        return (
            found.st_dev,
            found.st_ino,
            found.st_size,
            found.st_mtime_ns,
            found.st_ctime_ns,
            found.st_mode,
        )

    def read(self, path: str) -> bytes:
        CHANGING.was_asked = True
        with open(path.encode("latin-1"), "rb") as file:  # noqa: PTH123 - bytes
            return file.read()


class UserFiles:
    """What files have, read when they have changed. All methods raise OSError."""

    __slots__ = ("_groups", "_sources", "_users")

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._users: dict[str, tuple[Hashable, Users]] = {}
        self._groups: dict[str, tuple[Hashable, Groups]] = {}

    def password(self, path: str, user: str) -> str | None:
        """The hash of a user's password; None if the file has no such user."""
        line = next(self._users_of(path).lines(user), None)
        return line.partition(":")[0] if line is not None else None

    def realm_hash(self, path: str, user: str, realm: str) -> str | None:
        """The hash that Digest needs; None if the file has no such user in that realm."""
        for line in self._users_of(path).lines(user):
            of_realm, _, rest = line.partition(":")
            if of_realm == realm:
                return rest.partition(":")[0]
        return None

    def groups(self, path: str, user: str) -> frozenset[str]:
        """The groups that a user is in."""
        stamp = self._sources.stamp(path)
        found = self._groups.get(path)
        if found is None or found[0] != stamp:
            found = self._groups[path] = (stamp, Groups(self._sources.read(path)))
        return found[1].of(user)

    def _users_of(self, path: str) -> "Users":
        stamp = self._sources.stamp(path)
        found = self._users.get(path)
        if found is None or found[0] != stamp:
            found = self._users[path] = (stamp, Users(self._sources.read(path)))
        return found[1]


def _plain(data: bytes) -> bytes:
    """The lines of a file, each with a line feed before and behind it, without what does not count
    (rule 1). Looking for single bytes costs next to nothing.
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    if b"\\" in data:
        data = data.replace(b"\\\n", b"")
    data = b"\n%b\n" % data
    blanks = [blank for blank in _AROUND if blank in data]
    if any(b"%c\n" % blank in data or b"\n%c" % blank in data for blank in blanks):
        data = b"\n%b\n" % b"\n".join(line.strip(_BYTES) for line in data.split(b"\n"))
    return data


_BYTES: Final = _BLANKS.encode()
_AROUND: Final = b" \t\v\f\r"


class Users:
    """The users of a file (rules 1 and 2). They are looked for in its bytes, since a file can have
    100,000 of them, and a request must not wait until all are known.
    """

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = _plain(data)
        lines = self._data.split(b"\n")
        if max(map(len, lines)) >= LONGEST_LINE - 1:
            first = next(at for at, line in enumerate(lines) if len(line) >= LONGEST_LINE - 1)
            self._data = b"\n".join((*lines[:first], b""))

    def lines(self, user: str) -> Iterator[str]:
        """What stands behind the name and its colon, per line of a user."""
        if "\n" in user or ":" in user or user.startswith("#"):
            return  # no line has such a name
        data, name = self._data, user.encode("latin-1")
        with_colon, bare = b"\n%b:" % name, b"\n%b\n" % name
        colon, alone = data.find(with_colon), data.find(bare) if name else -1
        while colon >= 0 or alone >= 0:
            if colon >= 0 and (alone < 0 or colon < alone):
                begin = colon + len(with_colon)
                yield data[begin : data.index(b"\n", begin)].decode("latin-1")
                colon = data.find(with_colon, begin)
            else:
                yield ""
                alone = data.find(bare, alone + 1)


class Groups:
    """The groups of a file (rules 1 and 3); as with users, only what is asked for is looked at."""

    __slots__ = ("_data", "_known", "_lines")

    def __init__(self, data: bytes) -> None:
        self._data = _plain(data)
        has_quotes = any(quote in data for quote in b"\"'\\")
        self._lines = self._data.decode("latin-1").split("\n") if has_quotes else None
        self._known: dict[str, frozenset[str]] = {}

    def of(self, user: str) -> frozenset[str]:
        """The groups of a user, in small letters."""
        found = self._known.get(user)
        if found is None:
            if self._lines is None:
                names = _groups_of(self._data, user.encode("latin-1"))
            else:
                names = (_group(line) for line in self._lines if user in _words(line))
            found = frozenset(names)
            if len(self._known) < MOST_KNOWN:
                self._known[user] = found
        return found


def _groups_of(data: bytes, user: bytes) -> Iterator[str]:
    """The groups of a user where words are what stands between blanks."""
    if not user or any(blank in user for blank in _BYTES):
        return
    at = data.find(user)
    while at >= 0:
        if data[at + len(user)] in _BYTES and data[at - 1] in _ENDS:
            begin = data.rindex(b"\n", 0, at) + 1
            colon = data.find(b":", begin, at)
            if colon >= 0 and data[begin] != _HASH and (colon == at - 1 or data[at - 1] != _COLON):
                yield _group(data[begin : colon + 1].decode("latin-1"))
        at = data.find(user, at + 1)


_COLON: Final = ord(":")
_HASH: Final = ord("#")
_ENDS: Final = _BYTES + b":"


def _group(line: str) -> str:
    return line.partition(":")[0].rstrip(_BLANKS).lower()


@lru_cache(256)
def _words(line: str) -> frozenset[str]:
    if line.startswith("#"):
        return frozenset()
    return frozenset(word.value for word in split_words(line.partition(":")[2]))
