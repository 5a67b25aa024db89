"""Access log lines: a format compiled once, then a record of a finished request in, a line out.

Pure. Hides what each `%` directive means (mod_log_config, mod_logio and mod_ssl of httpd 2.4) and
how to be quick about it: a format becomes the source of one Python function (`_source`), since a
call per directive and line would cost as much as the rest of the line. No text of a format stands
in that source, only names of constants. How times are written: `logtimes.py`. Rules:

1. What a client or a worker sent is escaped: control characters and bytes above 0x7e as `\\xhh`,
   with short forms, `"` and backslash with a backslash before them (ap_escape_logitem).
2. What is not there is `-`; what is there and empty is empty (but an empty user is `""`).
3. Status conditions look at the final status. The original and the final request differ if the
   answer was an error document that a worker has.
4. `%l` and notes that nobody set are `-`: there is nothing to log. Trailers, notes, `%^FB` and `%L`
   cost something to know, so that only the records of servers that log them have them
   (`asks_more`).
5. `%{format}t` knows the C library's strftime as Python has it; local time; no locale is ever set.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, cast

from httpdlite.conf.logformat import Field, Item, Literal
from httpdlite.routes.logrecord import LogRecord, Record
from httpdlite.routes.logtimes import written_time
from httpdlite.routes.tlsvariables import OF_LOG

__all__ = [
    "CONTROL_ESCAPES",
    "LogRecord",
    "Record",
    "asks_bytes",
    "asks_more",
    "compile_format",
    "compile_text",
    "escape_item",
]

Write = Callable[[Record], str]


_BYTES: Final = frozenset("IOS")
_MORE: Final = frozenset({"L", "n", "^ti", "^to", "^FB"})


def asks_more(items: Iterable[Item]) -> bool:
    """Does a format need a record that has trailers, notes, ids and the time of the first byte?"""
    return any(isinstance(item, Field) and item.name in _MORE for item in items)


def asks_bytes(items: Iterable[Item]) -> bool:
    """Does a format need to know what went over the connection?"""
    return any(isinstance(item, Field) and item.name in _BYTES for item in items)


def compile_format(items: Sequence[Item]) -> Write:
    """A function that gives the line, newline included, for a record."""
    return _compile((*items, Literal("\n")), {})


def compile_text(items: Sequence[Item], readable: Callable[[str], str]) -> Write:
    """The same without the newline; what comes from outside is not escaped: if it is not plain,
    `readable` makes of it what it should be.
    """
    return _compile(items, {"escape": readable, "user": _maybe})


def _compile(items: Sequence[Item], functions: dict[str, Any]) -> Write:
    texts: list[str] = [""]  # the constant ones, between the values
    fields: list[Field] = []
    for item in items:
        constant = _constant(item)
        if constant is None:
            assert isinstance(item, Field)
            fields.append(item)
            texts.append("")
        else:
            texts[-1] += constant
    names: dict[str, Any] = {
        **_FUNCTIONS,
        **functions,
        "template": "%s".join([text.replace("%", "%%") for text in texts]),
    }
    exec(_source(fields, names), names)
    return cast(Write, names.pop("line"))  # no cycle: a Site must be free at once


def _source(fields: Sequence[Field], names: dict[str, Any]) -> str:
    """The function `line(r)`: the values, those from outside escaped if need be, put into the
    template. What it refers to is added to `names`.
    """
    lines = ["def line(r):"]
    for number, item in enumerate(fields):
        lines.append(f"    v{number} = {_expression(item, number, names)}")
    outside = [f"v{n}" for n, item in enumerate(fields) if item.name in _FROM_OUTSIDE]
    if outside:
        lines += [
            f"    t = {' + '.join(outside)}",
            "    if not (t.isascii() and t.isprintable() and '\"' not in t and '\\\\' not in t):",
            *[f"        {name} = escape({name})" for name in outside],
        ]
    values = "".join([f"v{n}, " for n in range(len(fields))])
    return "\n".join([*lines, f"    return template % ({values})"])


def _expression(item: Field, number: int, names: dict[str, Any]) -> str:
    """The source of one value; a text if it comes from outside."""
    make = _WITH_ARGUMENT.get(item.name)
    if item.name in _ADDRESSES and item.argument != "c":
        make = None
    if item.name == "i":
        names[f"k{number}"] = item.argument.lower().encode("latin-1", "replace")
        text = f"'-' if (f := r.request_field(k{number})) is None else str(f, 'latin-1')"
    elif make is not None:
        names[f"w{number}"] = make(item.argument)
        text = f"w{number}(r)"
    else:
        text = _PLAIN.get(("<" if item.original else ">") + item.name) or _PLAIN[item.name]
    if not item.statuses:
        return text
    names[f"s{number}"] = frozenset(item.statuses)
    return f"({text}) if (r.status in s{number}) is not {item.negated} else '-'"


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text


def escape_item(text: str) -> str:
    r"""Text from outside for a log: `\"`, `\\`, `\n`, `\xhh`; printable ASCII stays."""
    return text if _is_plain(text) else text.translate(_ESCAPES)


def _constant(item: Item) -> str | None:
    """The text of an item that never changes."""
    if isinstance(item, Literal):
        return item.text
    if item.name in _NOTHING:
        return "-"
    return None


# --- directives without an argument ---------------------------------------------------------------


def _maybe(text: str | None) -> str:
    return "-" if text is None else text


def _status(status: int) -> str:
    return _STATUS_TEXTS.get(status) or (str(status) if status > 0 else "-")


def _user(user: str | None) -> str:
    if user is None:
        return "-"
    return escape_item(user) if user else '""'


def _query(query: str | None) -> str:
    return "" if query is None else "?" + query


_PLAIN: Final[dict[str, str]] = {
    "A": "r.local_ip",
    "B": "r.body_bytes",
    "D": "r.duration_ns // 1000",
    "H": "r.protocol",
    "I": "r.bytes_in",
    "O": "r.bytes_out",
    "R": "maybe(r.handler)",
    "S": "r.bytes_in + r.bytes_out",
    "U": "r.path",
    "V": "r.host_name or r.server_name",
    "X": "r.connection_status",
    "a": "r.client_ip",
    "b": "r.body_bytes or '-'",
    "f": "maybe(r.filename)",
    "h": "r.client_ip",
    "k": "r.keepalive_count",
    "m": "r.method",
    "q": "query(r.query)",
    "r": "maybe(r.request_line)",
    ">s": "status(r.status)",
    "<s": "status(r.status_original)",
    ">U": "r.final_path",
    "<m": "r.original_method",
    "<q": "query(r.original_query)",
    "<f": "maybe(r.original_filename)",
    "u": "user(r.user)",
    "v": "r.server_name",
}
"""What a directive without an argument is of a record `r`; with `<` or `>` of the original and the
final request alone.
"""

_FROM_OUTSIDE: Final = frozenset({*"CHRUVcefhimnoqrvx", "^ti", "^to"})
_NOTHING: Final = frozenset({"l"})
_ADDRESSES: Final = frozenset("ah")
"""With the argument `c` of the connection: another one's if a proxy in front hands clients on."""


# --- directives with an argument ------------------------------------------------------------------


def _always(text: str) -> Write:
    return lambda _: text


def _duration(argument: str) -> Write:
    divisor = {"": 1_000_000_000, "s": 1_000_000_000, "ms": 1_000_000, "us": 1000}
    by = divisor.get(argument.lower())
    return _always(argument) if by is None else lambda record: str(record.duration_ns // by)


def _port(argument: str) -> Write:
    match argument.lower():
        case "" | "canonical":
            return lambda record: str(record.server_port)
        case "local":
            return lambda record: str(record.local_port)
        case "remote":
            return lambda record: str(record.client_port)
        case _:
            return _always(argument)


def _process(argument: str) -> Write:
    match argument.lower():
        case "" | "pid":
            return lambda record: str(record.pid)
        case "tid":
            return lambda record: str(record.tid)
        case "hextid":
            return lambda record: f"{record.tid:x}"
        case _:
            return _always(argument)


def _response_field(argument: str) -> Write:
    key = argument.lower().encode("latin-1", "replace")

    def write(record: Record) -> str:
        found = record.response_values(key)
        if not found:
            return "-"
        value = b", ".join(found) if key == b"set-cookie" else found[0]
        if key == b"content-type":
            value = value.split(b";", 1)[0].rstrip(b" \t")
        return value.decode("latin-1")

    return write


def _cookie(argument: str) -> Write:
    name = argument.lower()

    def write(record: Record) -> str:
        for pair in (record.request_field(b"cookie") or b"").decode("latin-1").split(";"):
            key, equals, value = pair.lstrip("=").partition("=")
            if equals and value and key.strip(" \t").lower() == name:
                return value.strip(" \t")
        return "-"

    return write


def _environment(argument: str) -> Write:
    name = argument.lower()

    def write(record: Record) -> str:
        variables = record.environment
        return _maybe(variables.get(name)) if variables else "-"

    return write


def _of_tls(name: str) -> Write:
    if not name:
        return _always("-")
    return lambda record: record.ssl(name) or "-"


def _note(argument: str) -> Write:
    def write(record: Record) -> str:
        return _maybe(record.notes.get(argument)) if record.notes else "-"

    return write


def _log_id(argument: str) -> Write:
    if argument.lower() == "c":
        return lambda record: record.connection_log_id or "-"
    return lambda record: record.log_id or "-"


def _first_byte(_: str) -> Write:
    def write(record: Record) -> str:
        nanoseconds = record.first_byte_ns
        return "-" if nanoseconds is None else str(nanoseconds // 1000)

    return write


def _trailer(argument: str, find: Callable[[Record, bytes], bytes | None]) -> Write:
    key = argument.lower().encode("latin-1", "replace")

    def write(record: Record) -> str:
        value = find(record, key)
        return "-" if value is None else value.decode("latin-1")

    return write


def _time(argument: str) -> Write:
    if argument == "end" or argument.startswith("end:"):
        written = written_time(argument[4:])
        return lambda record: written(record.started_wall + record.duration_ns / 1e9)
    if argument == "begin" or argument.startswith("begin:"):
        argument = argument[6:]
    written = written_time(argument)
    return lambda record: written(record.started_wall)


_WITH_ARGUMENT: Final[dict[str, Callable[[str], Write]]] = {
    "C": _cookie,
    "a": lambda _: lambda record: record.connection_ip,
    "h": lambda _: lambda record: record.connection_ip,
    "L": _log_id,
    "P": _process,
    "T": _duration,
    "c": lambda argument: _of_tls(OF_LOG.get(argument, "")),
    "e": _environment,
    "n": _note,
    "o": _response_field,
    "p": _port,
    "t": _time,
    "x": _of_tls,
    "^FB": _first_byte,
    "^ti": lambda name: _trailer(name, lambda record, key: record.trailer_in(key)),
    "^to": lambda name: _trailer(name, lambda record, key: record.trailer_out(key)),
}

_FUNCTIONS: Final[dict[str, Any]] = {
    "escape": escape_item,
    "maybe": _maybe,
    "query": _query,
    "status": _status,
    "user": _user,
}
_STATUS_TEXTS: Final = {status: str(status) for status in range(100, 600)}
CONTROL_ESCAPES: Final = {
    **{code: f"\\x{code:02x}" for code in (*range(32), *range(127, 256))},
    8: "\\b",
    9: "\\t",
    10: "\\n",
    11: "\\v",
    13: "\\r",
    92: "\\\\",
}
"""Bytes that no log holds as they are, and what stands for them."""

_ESCAPES: Final = {**CONTROL_ESCAPES, 34: '\\"'}
