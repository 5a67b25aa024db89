r"""Lines of an error log in a form of its own: an ErrorLogFormat compiled once, then what is known
of a message in, lines out. Pure. Rules, as observed with httpd 2.4.71:

1. A format is a row of fields, which begin at blanks. If an item of a field has nothing to say, the
   field is left out, but for a message. `\ ` is a blank that begins no field, `% ` begins a field
   without a blank.
2. `%-item` is `-` if there is nothing to say; `%+item`, in formats for requests and connections,
   leaves out the whole line then. `%7item`: only for messages of level 7 or less severe.
3. Lines for a connection and for a request come before the first message about it.
4. Texts from outside are escaped as messages are.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from time import localtime
from typing import Final, Protocol

from httpdlite.conf.directives.core import LEVELS
from httpdlite.diagnostics import ENCODING
from httpdlite.routes.accesslog import CONTROL_ESCAPES
from httpdlite.routes.logrecord import Record
from httpdlite.routes.logtimes import MONTHS

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def escape(text: str) -> str:
    r"""`text` in printable ASCII. Characters up to U+00FF count as bytes, others as their UTF-8."""
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    return "".join(
        CONTROL_ESCAPES.get(byte) or chr(byte)
        for char in text
        for byte in ((ord(char),) if ord(char) < 256 else char.encode(*ENCODING))
    )


class Peer(Protocol):
    """A client's connection."""

    @property
    def ip(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def peer_ip(self) -> str: ...
    @property
    def peer_port(self) -> int: ...
    @property
    def local_ip(self) -> str: ...
    @property
    def local_port(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a message. `message` and `os_text` are escaped already."""

    moment: float
    module: str
    level: int
    message: str
    os_text: str
    pid: int
    tid: int
    server_name: str
    peer: Peer | None = None
    record: Record | None = None
    connection_log_id: str | None = None
    is_first_of_connection: bool = False
    is_first_of_request: bool = False


Say = Callable[[Entry], str]
"""What an item says of an entry; nothing: an empty text."""


@dataclass(frozen=True, slots=True)
class _Item:
    """`say`: None for the message."""

    say: Say | None
    begins_field: bool = False
    hyphen: bool = False
    required: bool = False
    least_level: int = 0


@dataclass(frozen=True, slots=True)
class ErrorForm:
    """The formats of a server: of messages (None: the usual one), of connections, of requests."""

    main: tuple[_Item, ...] | None
    connection: tuple[tuple[_Item, ...], ...] = ()
    request: tuple[tuple[_Item, ...], ...] = ()

    def lines(self, entry: Entry, usual: Callable[[], str]) -> list[str]:
        """The lines of a message, without their ends. `usual` makes that of the usual format."""
        found = []
        if entry.is_first_of_connection:
            bare = replace(entry, record=None)  # no request, as far as these are concerned
            found += [_line(items, bare, level=None) for items in self.connection]
        if entry.is_first_of_request:
            found += [_line(items, entry, level=None) for items in self.request]
        found.append(usual() if self.main is None else _line(self.main, entry, level=entry.level))
        return [line for line in found if line]


def compile_error_form(
    formats: Iterable[tuple[str | None, str]],
) -> ErrorForm | None:
    """From the ErrorLogFormats of a server: pairs of the kind (`request`, `connection` or None) and
    the format. None if there are none.
    """
    main = None
    others: dict[str, list[tuple[_Item, ...]]] = {"connection": [], "request": []}
    for kind, text in formats:
        items = tuple(_items(text))
        if kind is None:
            main = items
        else:
            others[kind].append(items)
    if main is None and not any(others.values()):
        return None
    return ErrorForm(main, tuple(others["connection"]), tuple(others["request"]))


def _line(items: Sequence[_Item], entry: Entry, level: int | None) -> str:
    out = ""
    field = 0  # where the field begins
    is_skipped = False
    for item in items:
        if item.begins_field:
            if is_skipped:
                is_skipped = False
            else:
                field = len(out)
        if item.say is None:
            out += entry.message
            continue
        if is_skipped:
            continue
        is_unwanted = level is not None and item.least_level > level
        text = "" if is_unwanted else item.say(entry)
        if not text and not is_unwanted:
            if item.required:
                return ""
            text = "-" if item.hyphen else ""
        if text:
            out += text
        else:
            out = out[:field]
            is_skipped = True
    return out


# --- reading --------------------------------------------------------------------------------------

_TOKEN: Final = re.compile(
    r"%(?P<percent>%)|%(?P<field> )"
    r"|%(?P<modifiers>(?:[0-9]+|\{[^}]*\}|[-+])*)(?P<letter>[A-Za-z])"
    r"|(?P<text> *(?:\\.|[^%\\ ])+| +|\\)",
    re.DOTALL,
)
_MODIFIER: Final = re.compile(r"([0-9]+)|\{([^}]*)\}|([-+])")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}


def _items(text: str) -> Iterable[_Item]:
    begins = False  # after `% `
    for token in _TOKEN.finditer(text):
        if token["field"]:
            begins = True
            continue
        if token["percent"]:
            yield _Item(_constant("%"), begins)
        elif token["letter"]:
            yield _directive(token["letter"], token["modifiers"], begins=begins)
        else:
            words = re.sub(
                r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), token["text"], flags=re.DOTALL
            )
            yield _Item(_constant(words), begins or token["text"].startswith(" "))
        begins = False


def _directive(letter: str, modifiers: str, *, begins: bool) -> _Item:
    argument, flags, level = "", "", 0
    for number, given, flag in _MODIFIER.findall(modifiers):
        if number:
            level = int(number[:4])
        elif flag:
            flags += flag
        else:
            argument = given
    if letter == "M":
        return _Item(None, begins)
    say = _SAYERS[letter](argument)
    return _Item(say, begins, "-" in flags, "+" in flags, level)


def _constant(text: str) -> Say:
    return lambda _: text


# --- items ----------------------------------------------------------------------------------------


def _address(argument: str) -> Say:
    if argument == "c":
        return lambda entry: f"{entry.peer.peer_ip}:{entry.peer.peer_port}" if entry.peer else ""
    return lambda entry: f"{entry.peer.ip}:{entry.peer.port}" if entry.peer else ""


def _local_address(_: str) -> Say:
    return lambda entry: f"{entry.peer.local_ip}:{entry.peer.local_port}" if entry.peer else ""


def _of_record(find: Callable[[Record, str], str | None]) -> Callable[[str], Say]:
    def make(argument: str) -> Say:
        def say(entry: Entry) -> str:
            found = find(entry.record, argument) if entry.record is not None else None
            return escape(found) if found else ""

        return say

    return make


def _field(record: Record, name: str) -> str | None:
    value = record.request_field(name.lower().encode("latin-1", "replace"))
    return None if value is None else value.decode("latin-1")


def _log_id(which: str) -> Say:
    if which == "c":
        return lambda entry: entry.connection_log_id or ""
    if which == "C":  # where nothing is said of a request
        return lambda entry: "" if entry.record is not None else entry.connection_log_id or ""
    return lambda entry: (entry.record.log_id or "") if entry.record is not None else ""


def _time(argument: str) -> Say:
    def say(entry: Entry) -> str:
        whole = localtime(entry.moment)
        clock = f"{whole.tm_hour:02d}:{whole.tm_min:02d}:{whole.tm_sec:02d}"
        if "u" in argument:
            clock += f".{int(entry.moment * 1_000_000) % 1_000_000:06d}"
        if "c" in argument:
            return f"{whole.tm_year}-{whole.tm_mon:02d}-{whole.tm_mday:02d} {clock}"
        month = MONTHS[whole.tm_mon - 1]
        return f"{DAYS[whole.tm_wday]} {month} {whole.tm_mday:02d} {clock} {whole.tm_year}"

    return say


def _plain(say: Say) -> Callable[[str], Say]:
    return lambda _: say


_SAYERS: Final[dict[str, Callable[[str], Say]]] = {
    "a": _address,
    "A": _local_address,
    "e": _of_record(lambda record, name: (record.environment or {}).get(name.lower())),
    "E": _plain(lambda entry: entry.os_text),
    "F": _plain(lambda _: ""),  # a place in Apache's source
    "i": _of_record(_field),
    "k": _of_record(lambda record, _: str(record.keepalive_count)),
    "l": _plain(lambda entry: LEVELS[entry.level]),
    "L": _log_id,
    "m": _plain(lambda entry: entry.module),
    "n": _of_record(lambda record, name: (record.notes or {}).get(name)),
    "P": _plain(lambda entry: str(entry.pid)),
    "t": _time,
    "T": _plain(lambda entry: str(entry.tid)),
    "v": _plain(lambda entry: entry.server_name),
    "V": _of_record(lambda record, _: record.host_name or record.server_name),
}
