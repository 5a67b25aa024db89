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
from collections.abc import Hashable, Mapping
from typing import Final, Protocol

from httpdlite.conf.syntax import split_words

LONGEST_LINE: Final = 8192  # MAX_STRING_LEN
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
        with open(path.encode("latin-1"), "rb") as file:  # noqa: PTH123 - bytes
            return file.read()


Users = Mapping[str, tuple[str, ...]]
"""What stands behind the name and its colon, per line of a user."""
Groups = Mapping[str, frozenset[str]]
"""The groups of each user, in small letters."""


class UserFiles:
    """What files have, read when they have changed. All methods raise OSError."""

    __slots__ = ("_groups", "_sources", "_users")

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._users: dict[str, tuple[Hashable, Users]] = {}
        self._groups: dict[str, tuple[Hashable, Groups]] = {}

    def password(self, path: str, user: str) -> str | None:
        """The hash of a user's password; None if the file has no such user."""
        lines = self._users_of(path).get(user)
        return lines[0].partition(":")[0] if lines else None

    def realm_hash(self, path: str, user: str, realm: str) -> str | None:
        """The hash that Digest needs; None if the file has no such user in that realm."""
        for line in self._users_of(path).get(user, ()):
            of_realm, _, rest = line.partition(":")
            if of_realm == realm:
                return rest.partition(":")[0]
        return None

    def groups(self, path: str, user: str) -> frozenset[str]:
        """The groups that a user is in."""
        stamp = self._sources.stamp(path)
        found = self._groups.get(path)
        if found is None or found[0] != stamp:
            found = self._groups[path] = (stamp, parse_groups(self._sources.read(path)))
        return found[1].get(user, frozenset())

    def _users_of(self, path: str) -> Users:
        stamp = self._sources.stamp(path)
        found = self._users.get(path)
        if found is None or found[0] != stamp:
            found = self._users[path] = (stamp, parse_users(self._sources.read(path)))
        return found[1]


def _lines(data: bytes) -> list[str]:
    text = data.decode("latin-1").replace("\r\n", "\n").replace("\\\n", "")
    return [line.strip(_BLANKS) for line in text.split("\n")]


def parse_users(data: bytes) -> Users:
    """The users of a file (rules 1 and 2)."""
    users: dict[str, tuple[str, ...]] = {}
    for line in _lines(data):
        if len(line) >= LONGEST_LINE - 1:
            break
        if line and line[0] != "#":
            user, _, rest = line.partition(":")
            users[user] = (*users[user], rest) if user in users else (rest,)
    return users


def parse_groups(data: bytes) -> Groups:
    """The groups of each user of a file (rules 1 and 3)."""
    groups: dict[str, set[str]] = {}
    for line in _lines(data):
        if line and line[0] != "#":
            group, _, rest = line.partition(":")
            name = group.rstrip(_BLANKS).lower()
            for word in split_words(rest):
                groups.setdefault(word.value, set()).add(name)
    return {user: frozenset(names) for user, names in groups.items()}
