"""Files of users and groups: how they are read, and when they are read again."""

from collections.abc import Hashable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from httpdlite.conf.syntax import split_words
from httpdlite.routes.access.userfiles import LONGEST_LINE, Groups, UserFiles, Users
from tests.calls import counting_calls

BLANKS = " \t\n\v\f\r"


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


def lines(data: bytes) -> list[str]:
    text = data.decode("latin-1").replace("\r\n", "\n").replace("\\\n", "")
    return [line.strip(BLANKS) for line in text.split("\n")]


def model_of_users(data: bytes) -> dict[str, list[str]]:
    """All users of a file, line by line."""
    users: dict[str, list[str]] = {}
    for line in lines(data):
        if len(line) >= LONGEST_LINE - 1:
            break
        if line and line[0] != "#":
            user, _, rest = line.partition(":")
            users.setdefault(user, []).append(rest)
    return users


def model_of_groups(data: bytes) -> dict[str, set[str]]:
    """The groups of all users of a file, word by word."""
    groups: dict[str, set[str]] = {}
    for line in lines(data):
        if line and line[0] != "#":
            group, _, rest = line.partition(":")
            for word in split_words(rest):
                groups.setdefault(word.value, set()).add(group.rstrip(BLANKS).lower())
    return groups


NAMES = ("", "a", "b", "de", "#a", " a", "a ", "a\n", "a:", "x'", "a b", "\xe9", "\xa0", "g", "\\a")
PIECES = (
    "a",
    "b",
    "de",
    "g",
    "#",
    ":",
    "\n",
    "\r",
    "\r\n",
    "\\",
    "\\\n",
    " ",
    "\t",
    "\v",
    "\f",
    "x'",
)
MORE = (*PIECES, '"', "'", "\0", "\xe9", "\xa0", "\x85", "a:1\n", "g: a b\n", "a b")
FILES = st.lists(st.sampled_from(MORE), max_size=24).map(
    lambda found: "".join(found).encode("latin-1")
)


@example(b"a:")
@given(FILES)
def test_users_are_those_of_the_lines(data: bytes) -> None:
    known, users = model_of_users(data), Users(data)
    for name in {*NAMES, *known}:
        assert list(users.lines(name)) == known.get(name, []), name


@given(FILES)
def test_groups_are_those_of_the_lines(data: bytes) -> None:
    known, groups = model_of_groups(data), Groups(data)
    for name in {*NAMES, *known}:
        assert groups.of(name) == known.get(name, set()), name
        assert groups.of(name) == known.get(name, set()), name


def test_lines_of_users() -> None:
    users = Users(b"\n# c\n a:1 \nb:2:more\r\nc\na:3\nd\\\ne:4\n :5\n\xe9:6")
    expected = {"a": ["1", "3"], "b": ["2:more"], "c": [""], "de": ["4"], "": ["5"], "\xe9": ["6"]}
    assert {name: list(users.lines(name)) for name in expected} == expected
    assert not list(users.lines("# c"))


def test_not_all_users_are_looked_at() -> None:
    data = b"".join(b"user%d:hash%d\n" % (number, number) for number in range(1000))
    found, steps = counting_calls(lambda: list(Users(data).lines("user999")))
    assert found == ["hash999"]
    assert steps < 100


@pytest.mark.parametrize(("length", "known"), [(8000, True), (8190, False), (100000, False)])
def test_a_line_that_is_too_long_is_the_end(length: int, known: bool) -> None:
    data = b"a:1\nb:" + b"x" * length + b"\nc:2\n"
    assert list(Users(data).lines("c")) == (["2"] if known else [])
    assert list(Users(data).lines("a")) == ["1"]


def test_lines_of_groups() -> None:
    groups = Groups(b"# c\nOne : a 'b c' \"d\"\ntwo:a\none: e\nsix\n: f\n")
    expected = {"a": {"one", "two"}, "b c": {"one"}, "d": {"one"}, "e": {"one"}, "f": {""}}
    assert {name: groups.of(name) for name in expected} == expected
    assert not groups.of("one")


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
