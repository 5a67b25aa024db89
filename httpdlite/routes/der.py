"""DER, as far as certificates need it: bytes in, elements out (X.690 §8 and §10). Pure.

Only read, never judged: what comes here has been accepted by the TLS library.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
IDENTIFIER: Final = 0x06
UTF8_STRING: Final = 0x0C
IA5_STRING: Final = 0x16
GENERALIZED_TIME: Final = 0x18
UNIVERSAL_STRING: Final = 0x1C
BMP_STRING: Final = 0x1E


class DerError(ValueError):
    """It is none, or ends too early."""


class Element(NamedTuple):
    """One element: its tag with class and form, its content, and all of it."""

    tag: int
    content: bytes
    whole: bytes

    @property
    def children(self) -> list["Element"]:
        """Of one that is made of others."""
        return list(elements(self.content))


def elements(data: bytes) -> Iterator[Element]:
    """One after the other. Raises DerError."""
    at = 0
    while at < len(data):
        element = _element(data, at)
        at += len(element.whole)
        yield element


def only_element(data: bytes) -> Element:
    """The first. Raises DerError."""
    return _element(data, 0)


def _element(data: bytes, at: int) -> Element:
    head = data[at : at + 2]
    if len(head) < 2 or head[0] & 0x1F == 0x1F:
        raise DerError("no element of DER")
    begin, length = at + 2, head[1]
    if length & 0x80:
        begin += length & 0x7F
        length = int.from_bytes(data[at + 2 : begin])
    if begin + length > len(data):
        raise DerError("an element of DER ends too early")
    return Element(head[0], data[begin : begin + length], data[at : begin + length])


def read_identifier(content: bytes) -> str:
    """An object identifier, with its dots (X.690 §8.19)."""
    arcs: list[int] = []
    arc = 0
    for byte in content:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    if not arcs:
        raise DerError("an empty object identifier")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
