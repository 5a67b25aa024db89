"""Header field lines: the block between start line and empty line in, ``FieldLine``s out. Pure.

Hides what a field line may look like, and that each is judged once: lines repeat (nearly all of a
client's next request, most of a worker's next response), so a table remembers what was found for a
line as it came. A line that is not in the plain form (folded, or wrong) sends the whole block to
the careful splitter, which knows what Apache takes and why the rest is refused. The rules are those
of ``framing.py``.

The table holds at most ``MOST_LINES`` lines of at most ``LONGEST_LINE`` bytes, that of whole blocks
(``read_block``) at most ``MOST_BLOCKS``: 2 MiB each at worst (``routes/memory.py`` says which).
What only depends on the names of a head's fields and their order is worked out once per sequence,
too (the cached functions of ``framing.py`` and ``exchange.py``): an application sends few of them.
"""

import re
from dataclasses import dataclass
from string import ascii_letters, digits
from typing import Any, Final

from httpdlite.routes.fieldlines import Field as Field  # noqa: PLC0414 - wanted with the others
from httpdlite.routes.fieldlines import FieldLine as FieldLine  # noqa: PLC0414
from httpdlite.routes.fieldlines import field_line as field_line  # noqa: PLC0414
from httpdlite.routes.memory import Memory

MOST_LINES: Final = 2048
LONGEST_LINE: Final = 256
MOST_BLOCKS: Final = 512
LONGEST_BLOCK: Final = 1024

_TOKEN: Final = b"!#$%&'*+-.^_`|~" + (ascii_letters + digits).encode()
_CONTROLS: Final = bytes({*range(32), 127} - {9})  # a tab may stand in a value
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")


class FramingError(Exception):
    """A message that cannot be taken. ``status`` answers a client; for a worker's message it is
    what the client gets instead. ``notes`` is a sentence for the page.
    """

    def __init__(self, status: int, reason: str, code: str = "", notes: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.code = code
        self.notes = notes


class FieldBlock:
    """The fields of a head: ``lines`` in order, ``keys`` their lower-case names; ``joined`` are the
    lines with repeated ones joined by ", " where the first stands (RFC 9110 §5.3), and ``fields``
    maps the names of these to (name as sent, value).

    Blocks come again as well as lines do, and then are not read again. So what others work out from
    a block alone is kept here: its ``framing`` and the bytes made of it last, of a request
    ``for_worker`` (and what they depend on besides), of a response ``for_client``; what is passed
    on of a response (``passed``: a block of its own, maybe this one; ``was_passed``: once at
    least); and what mod_headers made of it last (``edited``, and of what: see ``proxy.edits``).
    Nobody changes a block: an edited one is a new one. With ``join`` off repeated ones stay apart,
    and the first counts, as in a request that was edited.
    """

    __slots__ = (
        "edited",
        "fields",
        "for_client",
        "for_worker",
        "framing",
        "joined",
        "keys",
        "lines",
        "passed",
        "was_passed",
    )

    def __init__(self, lines: list[FieldLine], *, join: bool = True) -> None:
        self.lines = self.joined = lines
        self.keys = tuple([line[0] for line in lines])
        self.fields: dict[bytes, Field] = {key: field for key, field, _ in lines}
        self.edited: tuple[Any, ...] | None = None
        if len(self.fields) != len(lines) and not join:
            self.fields = {key: field for key, field, _ in reversed(lines)}
        elif len(self.fields) != len(lines):
            self.joined = _join_repeated(lines)
            self.fields = {key: field for key, field, _ in self.joined}
        self.framing: tuple[int | None, bytes | None, bytes | None] | None = None
        self.for_worker: tuple[tuple[object, ...], bytes] | None = None
        self.for_client: bytes | None = None
        self.passed: FieldBlock | None = None
        self.was_passed = False


NO_FIELDS: Final = FieldBlock([])


def _join_repeated(lines: list[FieldLine]) -> list[FieldLine]:
    joined: dict[bytes, FieldLine] = {}
    for new in lines:
        first = joined.get(new.key)
        if first is None:
            joined[new.key] = new
        else:
            name, value = first.field
            joined[new.key] = field_line(name, value + b", " + new.field[1])
    return list(joined.values())


@dataclass(frozen=True, slots=True)
class Blame:
    """How a bad field line is answered and which of Apache's messages names it."""

    no_colon: tuple[int, str]
    name: tuple[int, str]
    value: tuple[int, str]
    takes_blank_lines: bool  # folded ones


OF_REQUESTS: Final = Blame(
    (400, "AH00561"), (400, "AH02426"), (400, "AH02427"), takes_blank_lines=False
)
OF_RESPONSES: Final = Blame(
    (502, "AH01106"), (500, "AH02429"), (500, "AH02430"), takes_blank_lines=True
)


class _NotPlainError(Exception):
    """A line that the careful splitter has to look at."""


def _is_token(name: bytes) -> bool:
    """RFC 9110 §5.6.2. (``translate`` is five times as quick as a pattern.)"""
    return bool(name) and not name.translate(None, _TOKEN)


def _is_clean(value: bytes) -> bool:
    """No control byte but the tab (RFC 9110 §5.5)."""
    return len(value.translate(None, _CONTROLS)) == len(value)


class _LineTable(Memory[bytes, FieldLine]):
    """Lines as they came, without their end, to what they say."""

    __slots__ = ()

    def __missing__(self, line: bytes) -> FieldLine:
        name, colon, value = line.partition(b":")
        if not colon or not _is_token(name) or not _is_clean(value):
            raise _NotPlainError
        found = field_line(name, value.strip(b" \t"))
        if len(line) <= LONGEST_LINE:
            self.offer(line, found)
        return found


_TABLE: Final = _LineTable(MOST_LINES)  # one per child: a line means the same in both directions


_Blocks = Memory[bytes, FieldBlock]
_OF_CLIENTS: Final[_Blocks] = Memory(MOST_BLOCKS)
_OF_WORKERS: Final[_Blocks] = Memory(MOST_BLOCKS)  # apart: what one may send, the other may not


def read_block(block: bytes, blame: Blame = OF_REQUESTS) -> FieldBlock:
    """The fields of a head from its field lines, each ended by CRLF. Raises FramingError."""
    known = _OF_CLIENTS if blame is OF_REQUESTS else _OF_WORKERS
    found = known.get(block)
    if found is None:
        found = FieldBlock(split_fields(block, blame))
        if len(block) <= LONGEST_BLOCK:
            known.offer(block, found)
    return found


def forget_blocks() -> None:
    """What was made of them holds on to the Site that it was made for: another one has come."""
    _OF_CLIENTS.clear()
    _OF_WORKERS.clear()


def split_fields(block: bytes, blame: Blame = OF_REQUESTS) -> list[FieldLine]:
    """Field lines, each ended by CRLF, in order.

    Raises FramingError with the status of ``blame``. RFC 9112 §5; Apache HttpProtocolOptions
    Strict.
    """
    if not block.endswith(b"\r\n"):
        return split_fields_carefully(block, blame)
    try:
        return list(map(_TABLE.__getitem__, block[:-2].split(b"\r\n")))
    except _NotPlainError:
        return split_fields_carefully(block, blame)


def split_fields_carefully(block: bytes, blame: Blame = OF_REQUESTS) -> list[FieldLine]:
    """As split_fields, line by line: folded lines are joined, each refusal has its reason. Lines
    of a worker may end in a bare LF.
    """
    if not block:
        return []
    if blame is OF_RESPONSES:
        lines = [line.removesuffix(b"\r") for line in block.removesuffix(b"\n").split(b"\n")]
    elif _BARE.search(block):
        raise FramingError(400, "a line of the head ends in a bare CR or LF", "AH02418")
    else:
        lines = block.removesuffix(b"\r\n").split(b"\r\n")
    return [field_line(name, value) for name, value in _unfold(lines, blame)]


def _unfold(lines: list[bytes], blame: Blame) -> list[Field]:
    fields: list[Field] = []
    for line in lines:
        if not line:
            raise _refuse(blame.no_colon, "an empty line within the head")
        if line[0] in b" \t":
            if not fields:
                raise _refuse(blame.no_colon, "the first field line begins with a blank")
            if not blame.takes_blank_lines and not line.strip(b" \t"):
                raise _refuse(blame.no_colon, "a field line of blanks only")
            if not _is_clean(line):
                raise _refuse(blame.value, "a field value contains invalid characters")
            name, value = fields[-1]
            fields[-1] = (name, (value + b" " + line.strip(b" \t")).strip(b" \t"))
            continue
        name, colon, value = line.partition(b":")
        if not colon:
            raise _refuse(blame.no_colon, "a field line without a colon")
        if not _is_token(name):
            raise _refuse(blame.name, "a field name contains invalid characters")
        if not _is_clean(value):
            raise _refuse(blame.value, "a field value contains invalid characters")
        fields.append((name, value.strip(b" \t")))
    return fields


def _refuse(blame: tuple[int, str], reason: str) -> FramingError:
    return FramingError(blame[0], reason, blame[1])
