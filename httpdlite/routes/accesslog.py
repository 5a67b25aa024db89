"""Access log lines: a format compiled once, then a record of a finished request in, a line out.

Pure. Hides what each `%` directive means (mod_log_config and mod_logio of httpd 2.4) and how to be
quick about it: a format becomes a list of texts in which only the changing places are filled in.
Rules:

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
from time import localtime, strftime
from typing import Final, Protocol

from httpdlite.conf.logformat import Field, Item, Literal

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
    texts: list[str] = [""]  # the constant ones, between the writers'
    writers: list[Write] = []
    outside: list[bool] = []  # does a writer's text come from outside?
    for item in (*items, Literal("\n")):
        constant = _constant(item)
        if constant is None:
            assert isinstance(item, Field)
            writers.append(_conditional(item, _writer(item)))
            outside.append(item.name in _FROM_OUTSIDE)
            texts.append("")
        else:
            texts[-1] += constant
    template = "%s".join([text.replace("%", "%%") for text in texts])
    if not writers:
        return _always("".join(texts))

    def line(record: Record) -> str:
        values = [write(record) for write in writers]
        if not _is_plain("".join(values)):
            values = [escape_item(v) if o else v for v, o in zip(values, outside, strict=True)]
        return template % tuple(values)

    return line


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


def _writer(item: Field) -> Write:
    if item.name == "s":
        return _original_status if item.original else _final_status
    make = _WITH_ARGUMENT.get(item.name)
    return make(item.argument) if make is not None else _PLAIN_WRITERS[item.name]


def _conditional(item: Field, write: Write) -> Write:
    statuses = frozenset(item.statuses)
    if not statuses:
        return write
    negated = item.negated

    def conditional(record: Record) -> str:
        return write(record) if (record.status in statuses) is not negated else "-"

    return conditional


# --- directives without an argument ---------------------------------------------------------------


def _maybe(text: str | None) -> str:
    return "-" if text is None else text


def _status(status: int) -> str:
    return _STATUS_TEXTS.get(status) or (str(status) if status > 0 else "-")


def _final_status(record: Record) -> str:
    return _status(record.status)


def _original_status(record: Record) -> str:
    return _status(record.status_original)


def _user(record: Record) -> str:
    user = record.user
    if user is None:
        return "-"
    return escape_item(user) if user else '""'


def _canonical_name(record: Record) -> str:
    return record.server_name


def _asked_name(record: Record) -> str:
    return record.host_name or record.server_name


def _query(record: Record) -> str:
    return "" if record.query is None else "?" + record.query


def _body_bytes_or_dash(record: Record) -> str:
    return str(record.body_bytes or "-")


_PLAIN_WRITERS: Final[dict[str, Write]] = {
    "A": lambda record: record.local_ip,
    "B": lambda record: str(record.body_bytes),
    "D": lambda record: str(record.duration_ns // 1000),
    "H": lambda record: record.protocol,
    "I": lambda record: str(record.bytes_in),
    "L": lambda record: record.log_id or "-",
    "O": lambda record: str(record.bytes_out),
    "R": lambda record: _maybe(record.handler),
    "S": lambda record: str(record.bytes_in + record.bytes_out),
    "U": lambda record: record.path,
    "V": _asked_name,
    "X": lambda record: record.connection_status,
    "a": lambda record: record.client_ip,  # %{c}a differs only behind mod_remoteip
    "b": _body_bytes_or_dash,
    "f": lambda record: _maybe(record.filename),
    "h": lambda record: record.client_ip,
    "k": lambda record: str(record.keepalive_count),
    "m": lambda record: record.method,
    "q": _query,
    "r": lambda record: _maybe(record.request_line),
    "u": _user,
    "v": _canonical_name,
}

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


def _request_field(argument: str) -> Write:
    key = argument.lower().encode("latin-1", "replace")

    def write(record: Record) -> str:
        value = record.request_field(key)
        return "-" if value is None else value.decode("latin-1")

    return write


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


# --- times ----------------------------------------------------------------------------------------


def _time(argument: str) -> Write:
    moment = _started
    if argument == "begin" or argument.startswith("begin:"):
        argument = argument[6:]
    elif argument == "end" or argument.startswith("end:"):
        argument = argument[4:]
        moment = _ended
    formatted = _TIMES.get(argument)
    if formatted is None:
        formatted = _cached_per_second(
            (lambda second: _strftime(argument, second)) if argument else _common_log_time
        )
    return lambda record: formatted(moment(record))


def _started(record: Record) -> float:
    return record.started_wall


def _ended(record: Record) -> float:
    return record.started_wall + record.duration_ns / 1e9


def _cached_per_second(make: Callable[[int], str]) -> Callable[[float], str]:
    last = -1
    text = ""

    def formatted(moment: float) -> str:
        nonlocal last, text
        second = int(moment)
        if second != last:
            text = make(second)
            last = second
        return text

    return formatted


def _common_log_time(second: int) -> str:
    """`[18/Sep/2011:19:18:28 +0000]`."""
    whole = localtime(second)
    sign, offset = ("-", -whole.tm_gmtoff) if whole.tm_gmtoff < 0 else ("+", whole.tm_gmtoff)
    return (
        f"[{whole.tm_mday:02d}/{MONTHS[whole.tm_mon - 1]}/{whole.tm_year}"
        f":{whole.tm_hour:02d}:{whole.tm_min:02d}:{whole.tm_sec:02d}"
        f" {sign}{offset // 3600:02d}{offset % 3600 // 60:02d}]"
    )


def _strftime(text: str, second: int) -> str:
    try:
        return strftime(text, localtime(second))
    except ValueError:
        return text


def _microseconds(moment: float) -> int:
    return round(moment * 1_000_000)


MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)

_TIMES: Final[dict[str, Callable[[float], str]]] = {
    "sec": lambda moment: str(int(moment)),
    "msec": lambda moment: str(_microseconds(moment) // 1000),
    "usec": lambda moment: str(_microseconds(moment)),
    "msec_frac": lambda moment: f"{_microseconds(moment) // 1000 % 1000:03d}",
    "usec_frac": lambda moment: f"{_microseconds(moment) % 1_000_000:06d}",
}

_WITH_ARGUMENT: Final[dict[str, Callable[[str], Write]]] = {
    "C": _cookie,
    "P": _process,
    "T": _duration,
    "e": _environment,
    "i": _request_field,
    "n": _note,
    "o": _response_field,
    "p": _port,
    "t": _time,
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
