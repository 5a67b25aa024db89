"""Lines of an access log as JSON objects: pairs of a key and a format in, a function from a record
to a line out.

Pure. Rules:

1. A format that is a single directive for a number (bytes, times, ports, statuses) gives a number,
   all others give a string.
2. A single directive that has nothing to say (`-`) gives null.
3. Bytes from outside are UTF-8 where they can be read as such, else each is the character of its
   number. Lines are ASCII: everything else is written as an escape of JSON.
"""

import json
from collections.abc import Callable, Sequence
from typing import Final

from httpdlite.conf.logformat import Field, parse_format
from httpdlite.diagnostics import ENCODING
from httpdlite.routes.accesslog import Record, Write, compile_text

_NUMBERS: Final = frozenset({*"BDIOSTPbkps", "^FB"})
_MOMENTS: Final = frozenset({"sec", "msec", "usec"})


def compile_json(members: Sequence[tuple[str, str]]) -> Write:
    """A function that gives the line, newline included."""
    written = [(f"{_string(key)}:", _member(text)) for key, text in members]

    def line(record: Record) -> str:
        return "{" + ",".join([key + write(record) for key, write in written]) + "}\n"

    return line


def _member(text: str) -> Callable[[Record], str]:
    items = parse_format(text)
    write = compile_text(items, _readable)
    if len(items) != 1 or not isinstance(items[0], Field):
        return lambda record: _string(write(record))
    is_number = _is_number(items[0])

    def member(record: Record) -> str:
        value = write(record)
        if value == "-":
            return "null"
        return value if is_number and value.isdecimal() else _string(value)

    return member


def _is_number(item: Field) -> bool:
    if item.name == "t":
        return item.argument.removeprefix("begin:").removeprefix("end:") in _MOMENTS
    return item.name in _NUMBERS


def _readable(text: str) -> str:
    """One character per byte, as UTF-8 if it is that."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _string(text: str) -> str:
    """In JSON. What a configuration file has that is no UTF-8 is shown as such."""
    return json.dumps(text.encode(*ENCODING).decode("utf-8", "replace"))
