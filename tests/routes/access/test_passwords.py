"""Passwords: each kind of hash, what is no hash, and what is remembered of them."""

import pytest

from httpdlite.routes.access.passwords import (
    Verified,
    check_password,
    is_known,
    is_quick,
    load,
)
from httpdlite.routes.access.questions import PasswordQuestion
from tests.peers.behaviour.access import USERS

HASHES = {
    name: rest
    for name, _, rest in (line.partition(":") for line in USERS.splitlines())
    if rest and name not in {"empty", "joe"}
}
SECRET = [
    *("ann", "apr", "md5", "des", "bsdi", "sha256", "sha512", "b2y", "b2a", "b2b"),
]
BROKEN = [
    *("", "secret", "{SHA}", "{SHA}zzz", "$apr1$", "$apr1$salt", "$apr1$salt$", "$1$", "$6$a"),
    *("$6$rounds=x$a$b", "$5$rounds=1000$", "$2y$", "$2y$04$short", "$2y$99$" + "a" * 53, "$2b$"),
    *("$y$j9T$x$y", "$7$x", "$", "$$", "_", "_zzzz", "!!aaaaaaaaaaa", "*0", "x" * 13, "\xe9" * 13),
]


@pytest.mark.parametrize("name", SECRET)
def test_every_kind_knows_its_password(name: str) -> None:
    stored = HASHES[name]
    assert is_known(stored)
    assert check_password(stored, "secret")
    for wrong in ("", "Secret", "secre", "secret ", "secret\xe9", stored):
        if name != "des" or not wrong.startswith("secret"):
            assert not check_password(stored, wrong)


@pytest.mark.parametrize("stored", BROKEN)
@pytest.mark.parametrize("password", ["", "secret", "x" * 13])
def test_what_is_no_hash_fits_no_password(stored: str, password: str) -> None:
    assert not check_password(stored, password)


def test_only_so_much_of_a_password_counts() -> None:
    assert check_password(HASHES["long"], "a" * 100)
    assert not check_password(HASHES["long"], "a" * 71)
    assert check_password(HASHES["deslong"], "longpass and more")
    assert not check_password(HASHES["deslong"], "longpas")


def test_bytes_are_as_they_came() -> None:
    assert check_password(HASHES["latin"], "p\xe4ssword")
    assert not check_password(HASHES["latin"], "password")


def test_a_very_long_password_is_wrong() -> None:
    for name in SECRET:
        assert not check_password(HASHES[name], "x" * 8000)


@pytest.mark.parametrize(
    ("name", "quick"),
    [
        *((name, True) for name in ("ann", "apr", "md5", "des", "plain")),
        *((name, False) for name in ("b2y", "b2a", "b2b", "sha256", "sha512", "bsdi")),
    ],
)
def test_what_is_quick(name: str, quick: bool) -> None:
    assert is_quick(HASHES[name]) is quick


@pytest.mark.parametrize("stored", ["$y$j9T$x$y", "$7$a", "$gy$a", "$sha1$a", "$2x$04$a", "$zz$"])
def test_kinds_that_are_not_known(stored: str) -> None:
    assert not is_known(stored)


def test_the_libraries_are_there() -> None:
    load()


# --- what is remembered ---------------------------------------------------------------------------


def test_a_password_is_remembered_with_its_hash() -> None:
    verified = Verified(10)
    verified.add("hash", "secret")
    assert verified.knows("hash", "secret")
    assert not verified.knows("hash", "Secret")
    assert not verified.knows("another", "secret")


def test_the_memory_is_bounded() -> None:
    verified = Verified(3)
    for number in range(10):
        verified.add("hash", str(number))
    assert len(verified) == 3
    assert [verified.knows("hash", str(number)) for number in (6, 7, 8, 9)] == [
        *(False, True, True, True)
    ]


def test_what_is_known_already_takes_no_place() -> None:
    verified = Verified(2)
    verified.add("hash", "one")
    verified.add("hash", "two")
    verified.add("hash", "two")
    assert verified.knows("hash", "one")


def test_a_memory_cannot_be_read_by_another() -> None:
    """Nobody can guess passwords with what one process remembers: the digests have a key."""
    first, second = Verified(1), Verified(1)
    assert first._digest("secret") != second._digest("secret")


def test_a_question_shows_no_password() -> None:
    shown = repr(PasswordQuestion("$2y$hash", "secret"))
    assert "secret" not in shown
    assert "$2y$" not in shown
