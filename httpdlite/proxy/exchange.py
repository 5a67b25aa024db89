"""One exchange, sans-IO: the heads that go out, made from the heads that came in. Pure.

Comes in: the client's ``RequestHead``, the ``Route`` that was chosen, the worker's
``ResponseHead``. Goes out: the bytes of the request head for the worker, the bytes of the response
head for the client, and how the response's body is framed there. Hides which fields are hop-by-hop,
the X-Forwarded fields, Via, the Host that is sent, ProxyPassReverse and keep-alive towards the
client. This is the hot path: one pass over the fields each way. Sources: mod_proxy and
mod_proxy_http (2.4); RFC 9110 §7.6.1; RFC 9112 §9.
"""

from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from httpdlite.conf.directives.mod_proxy import Via
from httpdlite.proxy.fields import FieldLine, field_line, split_fields
from httpdlite.proxy.framing import RequestHead, ResponseHead
from httpdlite.routes.reverse import reverse_location
from httpdlite.routes.site import Vhost
from httpdlite.routes.table import Refusal, Route, upgrade_token
from httpdlite.version import SERVER

_REQUEST_HOP: Final = frozenset(
    (
        *(b"host", b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer"),
        *(b"transfer-encoding", b"upgrade", b"content-length"),
    )
)
_FORWARDED: Final = (b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-server")
_NEED_CARE: Final = frozenset((*_FORWARDED, b"via"))  # fields that are not just passed on
_VIA_OFF: Final = Via.OFF
_ADDS_VIA: Final = (Via.ON, Via.FULL)
_SERVER_LINE: Final = field_line(b"Server", SERVER.encode())


class _Kind(Enum):
    """What happens to a field of a response."""

    HOP = auto()  # dropped
    CONNECTION = auto()
    FIRST = auto()  # Date and Server
    COOKIE = auto()  # last
    VARY = auto()  # merged
    REVERSED = auto()  # ProxyPassReverse
    LENGTH = auto()


# Enum members are looked up through the class each time, which costs as much as a call.
_HOP: Final = _Kind.HOP
_CONNECTION: Final = _Kind.CONNECTION
_FIRST: Final = _Kind.FIRST
_COOKIE: Final = _Kind.COOKIE
_VARY: Final = _Kind.VARY
_REVERSED: Final = _Kind.REVERSED
_LENGTH: Final = _Kind.LENGTH


_KINDS: Final = {
    **dict.fromkeys(
        (b"keep-alive", b"proxy-authenticate", b"proxy-connection", b"te", b"trailer"), _HOP
    ),
    **dict.fromkeys((b"transfer-encoding", b"upgrade"), _HOP),
    **dict.fromkeys((b"location", b"content-location", b"uri", b"destination"), _REVERSED),
    b"connection": _CONNECTION,
    b"date": _FIRST,
    b"server": _FIRST,
    b"set-cookie": _COOKIE,
    b"vary": _VARY,
    b"content-length": _LENGTH,
}


_WITHOUT_LENGTH: Final = frozenset((204, 304))


class Delimiter(Enum):
    """How the end of a response is marked for the client."""

    NONE = auto()  # no body
    LENGTH = auto()  # the worker's Content-Length
    CHUNKED = auto()
    CLOSE = auto()


UNDELIMITED: Final = Delimiter.NONE
DELIMITED_BY_LENGTH: Final = Delimiter.LENGTH
DELIMITED_BY_CHUNKED: Final = Delimiter.CHUNKED
DELIMITED_BY_CLOSE: Final = Delimiter.CLOSE


@dataclass(frozen=True, slots=True)
class Client:
    """What is known of a client connection for as long as it lasts."""

    ip: str
    port: int
    local_ip: str
    local_port: int
    scheme: str = "http"

    @property
    def default_port(self) -> int:
        """The port that a URL need not name."""
        return 443 if self.scheme == "https" else 80


def connection_options(value: bytes) -> frozenset[bytes]:
    """The options of a Connection field, lower-case. RFC 9110 §7.6.1."""
    return frozenset([option.strip(b" \t").lower() for option in value.split(b",")])


def named_fields(connection: bytes | None) -> frozenset[bytes]:
    """The fields that a Connection field makes hop-by-hop."""
    if connection is None or connection.lower() in _ORDINARY:
        return _NONE
    return connection_options(connection) - _ORDINARY


_NONE: Final[frozenset[bytes]] = frozenset()
_ORDINARY: Final = frozenset((b"close", b"keep-alive", b"upgrade", b""))


# --- towards the worker


def count_forwards(request: RequestHead) -> Refusal | None:
    """Take one from Max-Forwards (RFC 9110 §7.6.2). At 0 OPTIONS is answered here; everything
    else is refused, as in mod_proxy (TRACE is, too, where Apache answers it).
    """
    name, value = request.fields[b"max-forwards"]
    if not value.isdigit() or len(value) > 9:
        return Refusal(400, f"Max-Forwards {value.decode('latin-1')} is no number", "AH10188")
    if int(value):
        request.replace(name, b"%d" % (int(value) - 1))
        return None
    if request.method == b"OPTIONS":
        return Refusal(200, "")
    return Refusal(400, "Max-Forwards has reached zero - proxy loop?")


def request_head(
    request: RequestHead,
    route: Route,
    vhost: Vhost,
    client: Client,
    *,
    keep_alive: bool,
    length: int | None,
    chunked: bool,
) -> bytes:
    """The head sent to the worker, in Apache's order: request line, Host, the client's fields,
    X-Forwarded-*, framing, Connection.
    """
    settings = route.settings
    fields = request.fields
    host = fields.get(b"host")
    sent_host = route.authority.host_field
    if settings.preserve_host:
        sent_host = host[1] if host is not None else vhost.name_bytes
    out = [b"%b %b HTTP/1.1\r\nHost: %b\r\n" % (request.method, route.target, sent_host)]
    named = named_fields(fields[b"connection"][1]) if b"connection" in fields else _NONE
    forwarded = b""
    if settings.add_headers:
        forwarded = _forwarded(client.ip, host[1] if host is not None else None, vhost.name_bytes)
    if named or settings.via is not _VIA_OFF or not _NEED_CARE.isdisjoint(fields):
        out += _merge_forwarded(request, named, forwarded, vhost, settings.via)
    else:
        out += [line for key, _, line in request.lines if key not in _REQUEST_HOP]
        out.append(forwarded)
    if chunked:
        out.append(b"Transfer-Encoding: chunked\r\n")
    elif length is not None:
        out.append(b"Content-Length: %d\r\n" % length)
    if route.upgrade is not None:
        out.append(b"Connection: Upgrade\r\nUpgrade: %b\r\n\r\n" % route.upgrade)
    elif keep_alive:
        out.append(b"Connection: Keep-Alive\r\n\r\n")
    else:
        out.append(b"Connection: close\r\n\r\n")
    return b"".join(out)


@lru_cache(maxsize=1024)
def _forwarded(ip: str, host: bytes | None, server: bytes) -> bytes:
    """The X-Forwarded lines."""
    lines = [b"X-Forwarded-For: %b\r\n" % ip.encode()]
    if host is not None:
        lines.append(b"X-Forwarded-Host: %b\r\n" % host)
    lines.append(b"X-Forwarded-Server: %b\r\n" % server)
    return b"".join(lines)


def _merge_forwarded(
    request: RequestHead, named: frozenset[bytes], forwarded: bytes, vhost: Vhost, via: Via
) -> list[bytes]:
    """The client's fields with ours appended to those it has already, and what is left of ours."""
    pending = {line.key: line for line in split_fields(forwarded)}
    kept: list[FieldLine] = []
    for line in request.lines:
        key = line.key
        if key in _REQUEST_HOP or key in named or (key == b"via" and via is Via.BLOCK):
            continue
        ours = pending.pop(key, None)
        kept.append(line if ours is None else _appended(line, ours.field[1]))
    if via in _ADDS_VIA:
        _merge_via(kept, via_value(request.minor, vhost, via))
    return [line for _, _, line in (*kept, *pending.values())]


def _appended(line: FieldLine, value: bytes) -> FieldLine:
    name, present = line.field
    return field_line(name, present + b", " + value)


def _merge_via(lines: list[FieldLine], value: bytes) -> None:
    for at, line in enumerate(lines):
        if line.key == b"via":
            lines[at] = _appended(line, value)
            return
    lines.append(field_line(b"Via", value))


def via_value(minor: int, vhost: Vhost, via: Via) -> bytes:
    """``1.1 name[:port]``, with the product in full. mod_proxy, ProxyVia."""
    name = vhost.server_name + (f":{vhost.port}" if vhost.port not in (None, 80, 443) else "")
    comment = f" ({SERVER})" if via is Via.FULL else ""
    return f"1.{minor} {name}{comment}".encode("latin-1")


# --- towards the client


class KeepAlive(NamedTuple):
    """Whether the client's connection stays, and the Connection and Keep-Alive lines that say
    so.
    """

    stays: bool
    fields: bytes


CLOSES: Final = KeepAlive(False, b"Connection: close\r\n")
STAYS: Final = KeepAlive(True, b"")


def keep_alive_of(request: RequestHead, left: int | None, seconds: float) -> KeepAlive:
    """What the client's own message allows (RFC 9112 §9.3); Apache announces it to who asked.

    ``left``: requests that may follow on this connection, None without a limit.
    """
    connection = request.get(b"connection")
    if connection is None:
        return STAYS if request.minor else CLOSES
    options = connection_options(connection)
    if b"close" in options:
        return CLOSES
    if b"keep-alive" not in options:
        return STAYS if request.minor else CLOSES
    most = b"" if left is None else b", max=%d" % left
    return KeepAlive(
        True, b"Keep-Alive: timeout=%d%b\r\nConnection: Keep-Alive\r\n" % (seconds, most)
    )


def delimiter_of(response: ResponseHead, request: RequestHead, has_body: bool) -> Delimiter:
    """How the client will know the end of this response."""
    if not has_body and (
        request.method == b"HEAD" or response.length != 0 or response.status in (204, 304)
    ):
        return UNDELIMITED  # an empty body has an end, too: its Content-Length may be dropped
    if response.length is not None and response.coding is None:
        named = named_fields(response.connection)
        if b"content-length" not in named:
            return DELIMITED_BY_LENGTH
    return DELIMITED_BY_CHUNKED if request.minor else DELIMITED_BY_CLOSE


def response_lines(  # noqa: C901, PLR0912 - a branch for each kind of field
    response: ResponseHead, request: RequestHead, route: Route, vhost: Vhost, client: Client
) -> list[FieldLine]:
    """The worker's end-to-end fields for the client: Date and Server first, Set-Cookie last, Vary
    merged, Location reversed, one Content-Length unless the body is coded, Via added.
    """
    via = route.settings.via
    if (
        via not in _ADDS_VIA
        and response.status not in _WITHOUT_LENGTH
        and _are_plain(response.keys)
    ):
        return response.lines
    first: list[FieldLine] = []
    middle: list[FieldLine] = []
    cookies: list[FieldLine] = []
    varies = 0
    # of a coded body, and where there is none, no length is passed on
    has_length = response.coding is not None or response.status in _WITHOUT_LENGTH
    kind_of = _KINDS.get
    for line in response.lines:
        kind = kind_of(line[0])
        if kind is None:
            middle.append(line)
        elif kind is _LENGTH:
            if not has_length:
                has_length = True
                middle.append(line)
        elif kind is _FIRST:
            first.append(line)
        elif kind is _COOKIE:
            cookies.append(line)
        elif kind is _VARY:
            varies += 1
            if varies == 1:
                middle.append(line)
        elif kind is _REVERSED:
            front = self_url(request, vhost, client)
            name, value = line.field
            middle.append(field_line(name, reverse_location(value, route.reverse, front)))
    if len(first) > 2:
        first = list({line.key: line for line in reversed(first)}.values())
    if varies > 1:
        middle = _merge_vary(middle, b",".join(response.values(b"vary")))
    if via in _ADDS_VIA:
        _merge_via(middle, via_value(response.minor, vhost, via))
    lines = first + middle
    if cookies:
        lines += cookies
    if response.connection is None:
        return lines
    named = named_fields(response.connection)
    return [line for line in lines if line.key not in named] if named else lines


@lru_cache(maxsize=256)
def _are_plain(keys: tuple[bytes, ...]) -> bool:
    """Can fields of these names go to the client as they are? Date and Server come first if they
    are there, nothing is dropped, merged or reversed.
    """
    kinds = [_KINDS.get(key) for key in keys]
    rest = kinds[sum(kind is _FIRST for kind in kinds) :]
    once = [kind for kind in rest if kind is not None]
    return (
        set(once) <= {_VARY, _LENGTH}
        and len(set(keys[:2])) == len(keys[:2])
        and len(once) == len(set(once))
    )


def _merge_vary(lines: list[FieldLine], merged: bytes) -> list[FieldLine]:
    """One Vary with all values."""
    return [field_line(line.field[0], merged) if line.key == b"vary" else line for line in lines]


def self_url(request: RequestHead, vhost: Vhost, client: Client) -> str:
    """scheme://host[:port] of this server as the client sees it (UseCanonicalName Off): the Host
    field, else ServerName.
    """
    host = request.get(b"host")
    name, port = split_host(host.decode("latin-1")) if host else ("", None)
    name = name or vhost.server_name
    number = port or vhost.port or client.default_port
    return f"{client.scheme}://{name}" + ("" if number == client.default_port else f":{number}")


def split_host(host: str) -> tuple[str, int | None]:
    """A Host field's name (brackets kept) and port."""
    name, colon, port = host.rpartition(":")
    if not colon or port.endswith("]"):
        return host.lower(), None
    return name.lower(), int(port) if port.isdigit() else None


def response_head(
    status: int,
    reason: bytes,
    lines: list[FieldLine],
    *,
    date: bytes,
    keep_alive: KeepAlive,
    delimiter: Delimiter,
) -> bytes:
    """The head sent to the client, always HTTP/1.1 as Apache does; ``lines`` as response_lines
    gives them; Date (``date``: the line) and Server are added where they are missing.
    """
    out = [b"HTTP/1.1 %d %b\r\n" % (status, reason)]
    out += [line for _, _, line in lines]
    first = lines[0].key if lines else b""
    second = lines[1].key if len(lines) > 1 else b""
    if first != b"date" or second != b"server":
        _insert_date_and_server(out, first, second, date)
    out.append(keep_alive.fields)
    if delimiter is DELIMITED_BY_CHUNKED:
        out.append(b"Transfer-Encoding: chunked\r\n")
    out.append(b"\r\n")
    return b"".join(out)


def _insert_date_and_server(out: list[bytes], first: bytes, second: bytes, date: bytes) -> None:
    """Those that are missing; Server follows Date, the worker's two stay in its order."""
    if b"date" not in (first, second):
        out.insert(1, date)
        if first != b"server":
            out.insert(2, _SERVER_LINE.line)
    elif b"server" not in (first, second):
        out.insert(2 if first == b"date" else 1, _SERVER_LINE.line)


def interim_head(response: ResponseHead) -> bytes:
    """A 1xx response passed on: without hop-by-hop fields and lengths. RFC 9110 §15.2, §8.6."""
    dropped = (_HOP, _CONNECTION, _LENGTH)
    options = response.values(b"connection")
    named = named_fields(b",".join(options)) if options else _NONE
    kept = [
        line.line
        for line in response.lines
        if _KINDS.get(line.key) not in dropped and line.key not in named
    ]
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (response.status, response.reason, b"".join(kept))


def upgrade_offer(response: ResponseHead, route: Route, lines: list[FieldLine]) -> list[FieldLine]:
    """A response that names a protocol the rule allows (a 426, mostly) keeps saying so: Connection
    and Upgrade are put back for the client (mod_proxy_http).
    """
    for value in response.values(b"upgrade"):
        if upgrade_token(route.worker, route.authority.scheme, value) is None:
            return lines
        return [*lines, field_line(b"Connection", b"Upgrade"), field_line(b"Upgrade", value)]
    return lines
