"""The functions of expressions that turn a text into another. Pure.

Comes in: a latin-1 text. Goes out: another, without a NUL. `file` and `filesize` ask the ``Files``
of the world outside; what asks the request is in ``words``. Source: "Expressions in Apache HTTP
Server" (functions), as observed with httpd 2.4.71.

1. Letters are those of ASCII. What is made ends at its first NUL, as in C.
2. `unescape` leaves escaped slashes alone; a broken escape or `%00` makes the whole text empty.
3. `unbase64` ends at the first character that base64 has not; a lone character makes nothing.
4. `file` fails, and with it the expression, if there is none or it has more than 10 MB.
"""

import binascii
import hashlib
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote_to_bytes

from httpdlite.routes.expressions.view import EvaluationError, Files

LARGEST: Final = 10 * 1024 * 1024

_ESCAPES: Final = {
    code: f"%{code:02x}"
    for code in range(256)
    if not (chr(code).isascii() and chr(code).isalnum()) and chr(code) not in "!$&'()*+,-./:;=@_~"
}
_LDAP_ESCAPES: Final = {
    code: f"\\{code:02x}"
    for code in range(256)
    if not 32 <= code < 127 or chr(code) in "()*+,;<>\\"
}
_UNUSABLE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})|%00")
_SLASH: Final = re.compile(rb"(%2[Ff])")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]*")


def to_lower(text: str) -> str:
    return text.lower() if text.isascii() else _text(_bytes(text).lower())


def to_upper(text: str) -> str:
    return text.upper() if text.isascii() else _text(_bytes(text).upper())


def escape(text: str) -> str:
    return text.translate(_ESCAPES)


def escape_for_ldap(text: str) -> str:
    return text.translate(_LDAP_ESCAPES)


def unescape(text: str) -> str:
    if "%" not in text:
        return text
    escaped = _bytes(text)
    if _UNUSABLE.search(escaped):
        return ""
    pieces = _SLASH.split(escaped)
    pieces[::2] = map(unquote_to_bytes, pieces[::2])
    return _text(b"".join(pieces))


def to_base64(text: str) -> str:
    return binascii.b2a_base64(_bytes(text), newline=False).decode()


def from_base64(text: str) -> str:
    found = _BASE64.match(text)
    assert found is not None
    digits = found[0]
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    decoded = binascii.a2b_base64(digits + "=" * (-len(digits) % 4))
    return _text(decoded).partition("\0")[0]


def md5(text: str) -> str:
    return hashlib.md5(_bytes(text), usedforsecurity=False).hexdigest()


def sha1(text: str) -> str:
    return hashlib.sha1(_bytes(text), usedforsecurity=False).hexdigest()


def read_file(files: Files, path: str) -> str:
    """Raises EvaluationError."""
    status = files.status(path, follow=True)
    if status is None:
        raise EvaluationError(f"Cannot open file {path}")
    if status.size > LARGEST:
        raise EvaluationError(f"File {path} too large")
    if not status.size:
        return ""
    try:
        content = files.read(path, status.size)
    except PermissionError:
        raise EvaluationError(f"Cannot open file {path}") from None
    except OSError:
        raise EvaluationError(f"Cannot read from file {path}") from None
    return _text(content).partition("\0")[0]


def file_size(files: Files, path: str) -> str:
    status = files.status(path, follow=True)
    return str(status.size) if status is not None and status.kind == "file" else "0"


OF_TEXT: Final[dict[str, Callable[[str], str]]] = {
    "base64": to_base64,
    "escape": escape,
    "ldap": escape_for_ldap,
    "md5": md5,
    "sha1": sha1,
    "tolower": to_lower,
    "toupper": to_upper,
    "unbase64": from_base64,
    "unescape": unescape,
}
"""By the name of the function."""

OF_FILE: Final[dict[str, Callable[[Files, str], str]]] = {"file": read_file, "filesize": file_size}


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")


def _text(content: bytes) -> str:
    return content.decode("latin-1")
