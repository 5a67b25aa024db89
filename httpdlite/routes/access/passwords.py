"""Passwords: the hash that a file of users has and what a client sent in, yes or no out. Pure.

Hides the kinds of hashes (apr_password_validate: bcrypt, apr1, SHA, else crypt(3)), the libraries
that know them, and the memory of what was right before. All texts are latin-1.

1. A hash that cannot be read fits no password. Plain text is none either, as on any Unix.
2. Of crypt(3) these are done: DES, BSDi, $1$, $5$, $6$; `is_known` says whether a hash is of these.
3. bcrypt takes the first 72 bytes of a password, DES the first 8.
4. What was right is remembered as a keyed digest, never as itself, and only as long as this process
   lives. A changed file has another hash, so nothing is forgotten too late.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable
from typing import Final

_OF_BCRYPT: Final = ("$2y$", "$2a$", "$2b$")
_LONGEST_BCRYPT: Final = 72
_QUICK: Final = ("{SHA}", "$apr1$", "$1$")
_CRYPT: Final = {
    "$apr1$": "apr_md5_crypt",
    "$1$": "md5_crypt",
    "$5$": "sha256_crypt",
    "$6$": "sha512_crypt",
    "_": "bsdi_crypt",
}
"""What the library calls a kind, by how its hashes begin."""

_LENGTH_OF_DES: Final = 13


def _kind(stored: str) -> str | None:
    """The library's name of a hash's kind."""
    for prefix, kind in _CRYPT.items():
        if stored.startswith(prefix):
            return kind
    return "des_crypt" if len(stored) == _LENGTH_OF_DES and not stored.startswith("$") else None


def is_known(stored: str) -> bool:
    """Is it a hash of a kind that is done, or none at all? (rule 2)"""
    return not stored.startswith("$") or stored.startswith(_OF_BCRYPT) or _kind(stored) is not None


def is_quick(stored: str) -> bool:
    """Does a check cost less than half a millisecond?"""
    return stored.startswith(_QUICK) or (not stored.startswith(_OF_BCRYPT) and _is_des(stored))


def _is_des(stored: str) -> bool:
    return _kind(stored) in (None, "des_crypt")


def check_password(stored: str, password: str) -> bool:
    """Is it that password? Takes as long as the hash wants; bcrypt lets other threads run."""
    given = password.encode("latin-1")
    if stored.startswith("{SHA}"):
        digest = base64.b64encode(hashlib.sha1(given, usedforsecurity=False).digest())
        return hmac.compare_digest(b"{SHA}" + digest, stored.encode("latin-1"))
    if stored.startswith(_OF_BCRYPT):
        return _check_bcrypt(stored.encode("latin-1"), given)
    kind = _kind(stored)
    return kind is not None and _check_crypt(kind, stored, given)


def _check_bcrypt(stored: bytes, given: bytes) -> bool:
    import bcrypt  # noqa: PLC0415 - few configurations have users

    try:
        return bcrypt.checkpw(given[:_LONGEST_BCRYPT], stored)
    except ValueError:
        return False


def _check_crypt(kind: str, stored: str, given: bytes) -> bool:
    try:
        return bool(_verifier(kind)(given, stored))
    except ValueError:
        return False


def _verifier(kind: str) -> Callable[[bytes, str], object]:
    from passlib import hash as hashes  # type: ignore[import-untyped] # noqa: PLC0415

    verify: Callable[[bytes, str], object] = getattr(hashes, kind).verify
    return verify


def load() -> None:
    """Loads the libraries, which takes 30 ms: once there is a file of users, before it is asked."""
    import bcrypt  # noqa: F401, PLC0415

    for kind in {*_CRYPT.values(), "des_crypt"}:
        _verifier(kind)


class Verified:
    """The passwords that were right, at most ``most`` (rule 4); the oldest go first."""

    __slots__ = ("_key", "_known", "_most")

    def __init__(self, most: int) -> None:
        self._most = most
        self._key = os.urandom(32)
        self._known: dict[tuple[str, bytes], None] = {}

    def __len__(self) -> int:
        return len(self._known)

    def _digest(self, password: str) -> bytes:
        return hashlib.blake2b(password.encode("latin-1"), key=self._key, digest_size=32).digest()

    def knows(self, stored: str, password: str) -> bool:
        """Was it right before?"""
        return (stored, self._digest(password)) in self._known

    def add(self, stored: str, password: str) -> None:
        """It was right."""
        known, key = self._known, (stored, self._digest(password))
        if key not in known and len(known) >= self._most:
            try:
                del known[next(iter(known))]
            except (KeyError, RuntimeError):
                pass  # another thread was faster
        known[key] = None


VERIFIED: Final = Verified(4096)
"""Those of this process."""
