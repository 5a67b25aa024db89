"""What mod_headers does to the fields of a message: a list of lines in, changed in place. Pure.

Hides how httpd's tables keep fields (apr_table): names in any case of letters, each as it was first
spelt, repeated ones apart and in order.

1. `set` keeps the place and the spelling of the first of that name and drops the others. `append`
   and `merge` change the first. `edit` takes all of them out and puts them at the end.
2. `edit*` goes on behind each match as if a value began there, so `^` matches again. A match of
   nothing ends it (httpd's child would die of it).
3. `append` and `merge` leave a field alone that would get too long by it (`filling`).
"""

from collections.abc import Callable

from httpdlite.routes.fieldlines import FieldLine, field_line
from httpdlite.routes.filling import fits, may_work
from httpdlite.routes.regex import WORK

Substitute = Callable[[str], str]


def set_field(lines: list[FieldLine], new: FieldLine) -> None:
    """One field of that name, with that value."""
    key, field, _ = new
    places = [at for at, line in enumerate(lines) if line[0] == key]
    if not places:
        lines.append(new)
        return
    name = lines[places[0]][1][0]
    lines[places[0]] = new if name == field[0] else field_line(name, field[1])
    for at in reversed(places[1:]):
        del lines[at]


def add_field(lines: list[FieldLine], new: FieldLine) -> None:
    """One more field."""
    lines.append(new)


def set_if_empty(lines: list[FieldLine], new: FieldLine) -> None:
    """A field where none of that name is."""
    if not has_field(lines, new[0]):
        lines.append(new)


def append_field(lines: list[FieldLine], new: FieldLine) -> None:
    """The value behind that of the first field, or a field."""
    key = new[0]
    for at, line in enumerate(lines):
        if line[0] == key:
            name, value = line[1]
            if fits(len(value) + len(new[1][1]) + 2):
                lines[at] = field_line(name, b"%b, %b" % (value, new[1][1]))
            else:
                WORK.note(f"append to the field {name.decode('latin-1')}: it would be too long")
            return
    lines.append(new)


def merge_field(lines: list[FieldLine], new: FieldLine) -> None:
    """The same, unless the first field has that value among its own already."""
    key, wanted = new[0], new[1][1]
    for line in lines:
        if line[0] == key:
            value = line[1][1]
            if wanted in value and not may_work(_PER_BYTE * len(value)):
                WORK.note(f"merge of the field {line[1][0].decode('latin-1')}: it is too long")
            elif wanted not in value or not _has_member(value, wanted):
                append_field(lines, new)
            return
    lines.append(new)


def unset_field(lines: list[FieldLine], new: FieldLine) -> None:
    """None of that name."""
    key = new[0]
    for line in lines:
        if line[0] == key:
            lines[:] = [line for line in lines if line[0] != key]
            return


def edit_fields(lines: list[FieldLine], key: bytes, substitute: Substitute) -> None:
    """Each value of that name through a substitution."""
    found = [line for line in lines if line[0] == key]
    if found:
        lines[:] = [line for line in lines if line[0] != key]
        for line in found:
            name, value = line[1]
            text = substitute(value.decode("latin-1")).encode("latin-1")
            lines.append(line if text == value else field_line(name, text))


def has_field(lines: list[FieldLine], key: bytes) -> bool:
    """Is there one of that name?"""
    return first_value(lines, key) is not None


def first_value(lines: list[FieldLine], key: bytes) -> bytes | None:
    """The value of the first of that name."""
    for line in lines:
        if line[0] == key:
            return line[1][1]
    return None


def _has_member(value: bytes, wanted: bytes) -> bool:
    """Is it one of the members of a list? What is quoted has no commas that count."""
    at, end = 0, len(value)
    while at < end:
        while at < end and value[at : at + 1].isspace():
            at += 1
        start = at
        while at < end and value[at] != _COMMA:
            if value[at] == _QUOTE:
                closing = value.find(b'"', at + 1)
                at = closing if closing >= 0 else end - 1
            at += 1
        if value[start:at] == wanted:
            return True
        at += 1
    return False


_PER_BYTE = 8  # steps of 10 ns
_COMMA = ord(",")
_QUOTE = ord('"')
