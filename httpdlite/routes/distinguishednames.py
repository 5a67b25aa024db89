r"""Names of X.509 as text: who a certificate is for, and who has issued it. Pure.

Comes in: a Name, in DER. Goes out: its parts and the whole, each as OpenSSL and so mod_ssl write
them, in latin-1 (a character per byte). Hides the kinds of strings and what is escaped:

1. Text is UTF-8, or with `raw` one byte per character (`\U263A`, `\W0001F600` for those above).
2. Control characters are `\` and two digits, a backslash is two. In a whole name of RFC 2253 a
   backslash stands before `,+"\<>;`, before a space at either end, and before a `#` in front.
3. What has no name, or is no text, is `#` and its DER in digits.
4. The older form is `/` and the parts in their order; whatever is not plain ASCII is `\x` and two
   digits per byte, as it came.

Sources: mod_ssl's documentation (SSLOptions LegacyDNStringFormat), RFC 2253, OpenSSL's
X509_NAME_print_ex and X509_NAME_oneline; as observed with 2.4.71.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from httpdlite.routes.der import (
    BMP_STRING,
    UNIVERSAL_STRING,
    UTF8_STRING,
    DerError,
    Element,
    elements,
    read_identifier,
)

NameOf = Callable[[str], tuple[str, str] | None]
"""The short and the long name of an object identifier, as OpenSSL has them."""

COMPONENTS: Final = {
    "C": "2.5.4.6",
    "ST": "2.5.4.8",
    "SP": "2.5.4.8",
    "L": "2.5.4.7",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "CN": "2.5.4.3",
    "T": "2.5.4.12",
    "I": "2.5.4.43",
    "G": "2.5.4.42",
    "S": "2.5.4.4",
    "D": "2.5.4.13",
    "UID": "0.9.2342.19200300.100.1.1",
    "SerialNumber": "2.5.4.5",
    "Email": "1.2.840.113549.1.9.1",
}
"""mod_ssl's names of parts."""

_NAMES: Final = {oid: name for name, oid in COMPONENTS.items() if name != "SP"}
_OF_BYTES: Final = frozenset((0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1A))
_WIDTHS: Final = {BMP_STRING: 2, UNIVERSAL_STRING: 4}
_PLAIN: Final = re.compile(rb"[A-Za-z0-9.@:/_=*-]+(?: [A-Za-z0-9.@:/_=*-]+)*")
_QUOTED: Final = frozenset(b',+"\\<>;')


class Part(NamedTuple):
    """One part of a name. ``group``: parts with the same number belong together."""

    group: int
    oid: str
    value: Element


class Name:
    """A name, of parts. Texts are made anew each time."""

    __slots__ = ("_name_of", "parts")

    def __init__(self, name: Element, name_of: NameOf) -> None:
        """Raises DerError."""
        self._name_of = name_of
        self.parts: list[Part] = []
        for group, one in enumerate(elements(name.content)):
            for pair in elements(one.content):
                identifier, value = pair.children
                self.parts.append(Part(group, read_identifier(identifier.content), value))

    def component(self, asked: str) -> str | None:
        """By mod_ssl's name of it, such as ``CN``, ``OU_1`` or ``O_RAW``."""
        raw = asked.endswith("_RAW") and asked != "_RAW"
        name, _, number = asked.removesuffix("_RAW" if raw else "").partition("_")
        oid = COMPONENTS.get(name)
        if oid is None or not _is_number(number):
            return None
        found = [part for part in self.parts if part.oid == oid]
        index = int(number or 0)
        return written(found[index].value, raw=raw) if index < len(found) else None

    def components(self) -> dict[str, str]:
        """All that have a name; of several the second is ``_1``."""
        found: dict[str, str] = {}
        counts: dict[str, int] = {}
        for part in self.parts:
            name = _NAMES.get(part.oid)
            if name is None:
                continue
            count = counts[name] = counts.get(name, -1) + 1
            text = written(part.value)
            if text is not None:
                found[f"{name}_{count}" if count else name] = text
        return found

    def rfc2253(self, *, is_ascii: bool = False) -> str:
        """The whole, its last part first. ``is_ascii``: bytes above 0x7f are escaped, too."""
        pieces: list[str] = []
        group = -1
        for part in reversed(self.parts):
            if pieces:
                pieces.append("+" if part.group == group else ",")
            group = part.group
            names = self._name_of(part.oid)
            text = _quoted(part.value, is_ascii=is_ascii) if names is not None else None
            if text is None:
                text = "#" + part.value.whole.hex().upper()
            pieces.append(f"{names[0] if names is not None else part.oid}={text}")
        return "".join(pieces)

    def one_line(self) -> str:
        """The older form (rule 4)."""
        pieces: list[str] = []
        group = -1
        for part in self.parts:
            names = self._name_of(part.oid)
            separator = "+" if part.group == group else "/"
            group = part.group
            text = "".join([_LINE[byte] for byte in part.value.content])
            pieces.append(f"{separator}{names[0] if names is not None else part.oid}={text}")
        return "".join(pieces)


def _is_number(text: str) -> bool:
    return not text or (text.isascii() and text.isdecimal() and len(text) < 10)


def _line_character(byte: int) -> str:
    if byte in b"/+":
        return "\\" + chr(byte)
    return chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02X}"


_LINE: Final = tuple([_line_character(byte) for byte in range(256)])


# --- strings --------------------------------------------------------------------------------------


def written(value: Element, *, raw: bool = False) -> str | None:
    """A string alone (rules 1 and 2); None: it is not one, after all."""
    if value.tag not in _WIDTHS and _PLAIN.fullmatch(value.content):
        return value.content.decode("ascii")
    try:
        characters, is_utf8 = _characters(value, raw=raw)
        if not (raw or is_utf8):
            characters = [byte for character in characters for byte in _utf8(character)]
    except (DerError, UnicodeError):
        return None
    return "".join([_escape(character) for character in characters])


def _quoted(value: Element, *, is_ascii: bool) -> str | None:
    """In a whole name; None: rule 3."""
    if value.tag != UTF8_STRING and value.tag not in _OF_BYTES and value.tag not in _WIDTHS:
        return None
    if value.tag not in _WIDTHS and _PLAIN.fullmatch(value.content):
        return value.content.decode("ascii")
    try:
        characters, is_utf8 = _characters(value, raw=False)
        encoded = [(one,) if is_utf8 else tuple(_utf8(one)) for one in characters]
    except (DerError, UnicodeError):
        return None
    pieces: list[str] = []
    last = len(characters) - 1
    for index, character in enumerate(characters):
        is_edge = (character == 0x20 and index in {0, last}) or (
            character == 0x23 and index == 0 != last
        )
        if character in _QUOTED or is_edge:
            pieces.append("\\" + chr(character))
            continue
        pieces += [
            f"\\{byte:02X}" if is_ascii and byte > 0x7F else _escape(byte)
            for byte in encoded[index]
        ]
    return "".join(pieces)


def _characters(value: Element, *, raw: bool) -> tuple[list[int], bool]:
    """Its characters, and whether they are bytes of UTF-8 instead."""
    content = value.content
    width = _WIDTHS.get(value.tag)
    if width is not None:
        if len(content) % width:
            raise DerError("the part of a character")
        parts = [content[at : at + width] for at in range(0, len(content), width)]
        return [int.from_bytes(part) for part in parts], False
    if value.tag == UTF8_STRING:
        return ([ord(one) for one in content.decode()], False) if raw else (list(content), True)
    return list(content), False


def _utf8(character: int) -> bytes:
    if character < 0x80:
        return bytes((character,))
    try:
        return chr(character).encode()
    except (ValueError, OverflowError) as bad:
        raise DerError("no character") from bad


def _escape(character: int) -> str:
    if character > 0xFFFF:
        return f"\\W{character:08X}"
    if character > 0xFF:
        return f"\\U{character:04X}"
    if character < 0x20 or character == 0x7F:
        return f"\\{character:02X}"
    return "\\\\" if character == 0x5C else chr(character)
