"""Files of users and groups: how they are read, and when they are read again."""

from collections.abc import Hashable

import pytest

from httpdlite.routes.access.userfiles import UserFiles, parse_groups, parse_users


class Disk:
    """Files in memory; notes what is read."""

    def __init__(self, **files: bytes) -> None:
        self.files = files
        self.times = dict.fromkeys(files, 0)
        self.reads: list[str] = []

    def change(self, path: str, content: bytes) -> None:
        self.files[path] = content
        self.times[path] = self.times.get(path, 0) + 1

    def stamp(self, path: str) -> Hashable:
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.times[path]

    def read(self, path: str) -> bytes:
        self.reads.append(path)
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]


def test_lines_of_users() -> None:
    users = parse_users(b"\n# c\n a:1 \nb:2:more\r\nc\na:3\nd\\\ne:4\n :5\n\xe9:6")
    assert users == {
        "a": ("1", "3"),
        "b": ("2:more",),
        "c": ("",),
        "de": ("4",),
        "": ("5",),
        "\xe9": ("6",),
    }


@pytest.mark.parametrize(("length", "known"), [(8000, True), (8190, False), (100000, False)])
def test_a_line_that_is_too_long_is_the_end(length: int, known: bool) -> None:
    data = b"a:1\nb:" + b"x" * length + b"\nc:2\n"
    assert ("c" in parse_users(data)) is known
    assert "a" in parse_users(data)


def test_lines_of_groups() -> None:
    groups = parse_groups(b"# c\nOne : a 'b c' \"d\"\ntwo:a\none: e\nsix\n: f\n")
    assert groups == {
        "a": {"one", "two"},
        "b c": {"one"},
        "d": {"one"},
        "e": {"one"},
        "f": {""},
    }


def test_the_first_line_of_a_user_counts() -> None:
    files = UserFiles(Disk(users=b"a:1\na:2\n"))
    assert files.password("users", "a") == "1"
    assert files.password("users", "b") is None


def test_a_realm_is_looked_for() -> None:
    files = UserFiles(Disk(users=b"a:x:1\na:y:2:3\n"))
    assert files.realm_hash("users", "a", "y") == "2"
    assert files.realm_hash("users", "a", "z") is None
    assert files.realm_hash("users", "b", "x") is None


def test_a_file_is_read_when_it_has_changed() -> None:
    disk = Disk(users=b"a:1\n", groups=b"g: a\n")
    files = UserFiles(disk)
    for _ in range(3):
        assert files.password("users", "a") == "1"
        assert files.groups("groups", "a") == {"g"}
    assert disk.reads == ["users", "groups"]
    disk.change("users", b"a:2\n")
    disk.change("groups", b"h: a\n")
    for _ in range(3):
        assert files.password("users", "a") == "2"
        assert files.groups("groups", "a") == {"h"}
    assert disk.reads == ["users", "groups", "users", "groups"]


def test_a_file_that_has_gone_lets_nobody_in() -> None:
    disk = Disk(users=b"a:1\n", groups=b"g: a\n")
    files = UserFiles(disk)
    files.password("users", "a")
    files.groups("groups", "a")
    disk.files.clear()
    with pytest.raises(OSError, match="users"):
        files.password("users", "a")
    with pytest.raises(OSError, match="users"):
        files.realm_hash("users", "a", "r")
    with pytest.raises(OSError, match="groups"):
        files.groups("groups", "a")
