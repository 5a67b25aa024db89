"""Access log lines: a format compiled once, then a record of a finished request in, a line out.

Pure. Hides what each `%` directive means (mod_log_config and mod_logio of httpd 2.4) and how to be
quick about it: a format becomes the source of one Python function (`_source`), since a call per
directive and line would cost as much as the rest of the line. No text of a format stands in that
source, only names of constants. How times are written: `logtimes.py`. Rules:

1. What a client or a worker sent is escaped: control characters and bytes above 0x7e as `\\xhh`,
   with short forms, `"` and backslash with a backslash before them (ap_escape_logitem).
2. What is not there is `-`; what is there and empty is empty (but an empty user is `""`).
3. Status conditions look at the final status. Until something redirects internally, original and
   final request differ in their status only.
4. `%l`, trailers (`%{..}^ti`, `^to`), notes that nobody set and `%^FB` (LogIOTrackTTFB is off) are
   `-`: there is nothing to log.
5. `%{format}t` knows the C library's strftime as Python has it; local time; no locale is ever set.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, cast

from httpdlite.conf.logformat import Field, Item, Literal
from httpdlite.routes.logtimes import written_time

HeaderField = tuple[bytes, bytes]


class Record(Protocol):
    """What a compiled format reads of a request that has ended; `LogRecord` says what each is.

    A server may look things up only when they are asked for.
    """

    @property
    def client_ip(self) -> str: ...
    @property
    def client_port(self) -> int: ...
    @property
    def local_ip(self) -> str: ...
    @property
    def local_port(self) -> int: ...
    @property
    def server_name(self) -> str: ...
    @property
    def server_port(self) -> int: ...
    @property
    def host_name(self) -> str | None: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> str | None: ...
    @property
    def request_line(self) -> str | None: ...
    @property
    def protocol(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def status_original(self) -> int: ...
    @property
    def body_bytes(self) -> int: ...
    @property
    def bytes_in(self) -> int: ...
    @property
    def bytes_out(self) -> int: ...
    @property
    def started_wall(self) -> float: ...
    @property
    def duration_ns(self) -> int: ...
    def request_field(self, key: bytes) -> bytes | None: ...
    def response_values(self, key: bytes) -> list[bytes]: ...
    @property
    def keepalive_count(self) -> int: ...
    @property
    def connection_status(self) -> str: ...
    @property
    def handler(self) -> str | None: ...
    @property
    def filename(self) -> str | None: ...
    @property
    def user(self) -> str | None: ...
    @property
    def log_id(self) -> str | None: ...
    @property
    def environment(self) -> Mapping[str, str] | None: ...
    @property
    def notes(self) -> Mapping[str, str] | None: ...
    @property
    def pid(self) -> int: ...
    @property
    def tid(self) -> int: ...


class LogRecord:
    """What is known of a request that has ended. Mutable and slotted: one is made per request.

    Texts are latin-1, one character per byte. Times: `started_wall` in seconds since 1970,
    `duration_ns` in nanoseconds. Byte counts: `body_bytes` is the response's content without head
    and chunk framing, `bytes_in` and `bytes_out` are everything on the connection for the request.
    """

    __slots__ = (
        "body_bytes",
        "bytes_in",
        "bytes_out",
        "client_ip",
        "client_port",
        "connection_status",
        "duration_ns",
        "environment",
        "filename",
        "handler",
        "host_name",
        "keepalive_count",
        "local_ip",
        "local_port",
        "log_id",
        "method",
        "notes",
        "path",
        "pid",
        "protocol",
        "query",
        "request_fields",
        "request_line",
        "response_fields",
        "server_name",
        "server_port",
        "started_wall",
        "status",
        "status_original",
        "tid",
        "user",
    )

    def __init__(
        self,
        *,
        client_ip: str = "-",
        client_port: int = 0,
        local_ip: str = "-",
        local_port: int = 0,
        server_name: str = "-",
        server_port: int = 80,
        host_name: str | None = None,
        method: str = "-",
        path: str = "-",
        query: str | None = None,
        request_line: str | None = None,
        protocol: str = "-",
        status: int = 0,
        status_original: int | None = None,
        body_bytes: int = 0,
        bytes_in: int = 0,
        bytes_out: int = 0,
        started_wall: float = 0.0,
        duration_ns: int = 0,
        request_fields: Sequence[HeaderField] = (),
        response_fields: Sequence[HeaderField] = (),
        keepalive_count: int = 0,
        connection_status: str = "-",
        handler: str | None = None,
        filename: str | None = None,
        user: str | None = None,
        log_id: str | None = None,
        environment: Mapping[str, str] | None = None,
        notes: Mapping[str, str] | None = None,
        pid: int = 0,
        tid: int = 0,
    ) -> None:
        self.client_ip = client_ip
        self.client_port = client_port
        self.local_ip = local_ip
        self.local_port = local_port
        self.server_name = server_name
        """The vhost's ServerName (`%v`)."""
        self.server_port = server_port
        """The port of ServerName, or of the vhost's address, or the scheme's (`%p`)."""
        self.host_name = host_name
        """The name the client asked for, lower-case, without port; None if none (`%V`)."""
        self.method = method
        self.path = path
        """Decoded, without the query (`%U`)."""
        self.query = query
        """Without its question mark, None if there is none (`%q`)."""
        self.request_line = request_line
        """As received (`%r`); None if none came."""
        self.protocol = protocol
        """Such as `HTTP/1.1` (`%H`)."""
        self.status = status
        self.status_original = status if status_original is None else status_original
        self.body_bytes = body_bytes
        self.bytes_in = bytes_in
        self.bytes_out = bytes_out
        self.started_wall = started_wall
        self.duration_ns = duration_ns
        self.request_fields = request_fields
        self.response_fields = response_fields
        self.keepalive_count = keepalive_count
        """Requests served on this connection before this one (`%k`)."""
        self.connection_status = connection_status
        """`X` aborted, `+` kept alive, `-` closed after the response (`%X`)."""
        self.handler = handler
        """`proxy-server` for what a worker answered (`%R`)."""
        self.filename = filename
        """`proxy:URL` for what a worker answered (`%f`)."""
        self.user = user
        self.log_id = log_id
        self.environment = environment
        self.notes = notes
        self.pid = pid
        self.tid = tid

    def request_field(self, key: bytes) -> bytes | None:
        """The value of a request field by its lower-case name, repeated ones joined."""
        found = [value for name, value in self.request_fields if name.lower() == key]
        return b", ".join(found) if found else None

    def response_values(self, key: bytes) -> list[bytes]:
        """The values of a response field by its lower-case name."""
        return [value for name, value in self.response_fields if name.lower() == key]


Write = Callable[[Record], str]


def compile_format(items: Sequence[Item]) -> Write:
    """A function that gives the line, newline included, for a record."""
    texts: list[str] = [""]  # the constant ones, between the values
    fields: list[Field] = []
    for item in (*items, Literal("\n")):
        constant = _constant(item)
        if constant is None:
            assert isinstance(item, Field)
            fields.append(item)
            texts.append("")
        else:
            texts[-1] += constant
    names: dict[str, Any] = {
        **_FUNCTIONS,
        "template": "%s".join([text.replace("%", "%%") for text in texts]),
    }
    exec(_source(fields, names), names)
    return cast(Write, names["line"])


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
    if item.name == "i":
        names[f"k{number}"] = item.argument.lower().encode("latin-1", "replace")
        text = f"'-' if (f := r.request_field(k{number})) is None else str(f, 'latin-1')"
    elif make is not None:
        names[f"w{number}"] = make(item.argument)
        text = f"w{number}(r)"
    else:
        text = _PLAIN["<s" if item.name == "s" and item.original else item.name]
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
    "L": "r.log_id or '-'",
    "O": "r.bytes_out",
    "R": "maybe(r.handler)",
    "S": "r.bytes_in + r.bytes_out",
    "U": "r.path",
    "V": "r.host_name or r.server_name",
    "X": "r.connection_status",
    "a": "r.client_ip",  # %{c}a differs only behind mod_remoteip
    "b": "r.body_bytes or '-'",
    "f": "maybe(r.filename)",
    "h": "r.client_ip",
    "k": "r.keepalive_count",
    "m": "r.method",
    "q": "query(r.query)",
    "r": "maybe(r.request_line)",
    "s": "status(r.status)",
    "<s": "status(r.status_original)",
    "u": "user(r.user)",
    "v": "r.server_name",
}
"""What a directive without an argument is of a record `r`."""

_FROM_OUTSIDE: Final = frozenset("CHRUVefhimnoqrv")
_NOTHING: Final = frozenset({"l", "^ti", "^to", "^FB"})


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
        return _maybe(record.environment.get(name)) if record.environment else "-"

    return write


def _note(argument: str) -> Write:
    def write(record: Record) -> str:
        return _maybe(record.notes.get(argument)) if record.notes else "-"

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
    "P": _process,
    "T": _duration,
    "e": _environment,
    "n": _note,
    "o": _response_field,
    "p": _port,
    "t": _time,
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
