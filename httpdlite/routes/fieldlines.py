"""A field as it goes over the wire, for all who read, change or send some. Pure."""

import re
from typing import Final, NamedTuple

Field = tuple[bytes, bytes]
"""A field's name as sent and its value, without blanks around it."""


class FieldLine(NamedTuple):
    """One field: its lower-case name, (name as sent, value), and the line that goes out for it."""

    key: bytes
    field: Field
    line: bytes


def field_line(name: bytes, value: bytes) -> FieldLine:
    """The line of a field that is known to be fit to go out."""
    return FieldLine(name.lower(), (name, value), b"%b: %b\r\n" % (name, value))


_UNFIT: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def is_fit(value: bytes) -> bool:
    """May it go out as a field's value? No control byte but the tab is in it."""
    return _UNFIT.search(value) is None
