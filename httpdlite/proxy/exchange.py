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
from typing import Final, NamedTuple

from httpdlite.conf.directives.mod_proxy import Via
from httpdlite.proxy.framing import Field, RequestHead, ResponseHead
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
_SERVER_LINE: Final = f"Server: {SERVER}\r\n".encode()


class _Kind(Enum):
    """What happens to a field of a response."""

    HOP = auto()  # dropped
    CONNECTION = auto()
    FIRST = auto()  # Date and Server
    COOKIE = auto()  # last
    VARY = auto()  # merged
    REVERSED = auto()  # ProxyPassReverse
    LENGTH = auto()


_KINDS: Final = {
    **dict.fromkeys(
        (b"keep-alive", b"proxy-authenticate", b"proxy-connection", b"te", b"trailer"), _Kind.HOP
    ),
    **dict.fromkeys((b"transfer-encoding", b"upgrade"), _Kind.HOP),
    **dict.fromkeys((b"location", b"content-location", b"uri", b"destination"), _Kind.REVERSED),
    b"connection": _Kind.CONNECTION,
    b"date": _Kind.FIRST,
    b"server": _Kind.FIRST,
    b"set-cookie": _Kind.COOKIE,
    b"vary": _Kind.VARY,
    b"content-length": _Kind.LENGTH,
}


class Delimiter(Enum):
    """How the end of a response is marked for the client."""

    NONE = auto()  # no body
    LENGTH = auto()  # the worker's Content-Length
    CHUNKED = auto()
    CLOSE = auto()


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
        request.fields[b"max-forwards"] = (name, b"%d" % (int(value) - 1))
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
    named = named_fields(request.get(b"connection"))
    forwarded = _forwarded(client, host, vhost) if settings.add_headers else []
    if named or settings.via is not Via.OFF or not _NEED_CARE.isdisjoint(fields):
        kept, forwarded = _merge_forwarded(fields, named, forwarded, settings.via)
        if settings.via in (Via.ON, Via.FULL):
            _merge_via(kept, via_value(request.minor, vhost, settings.via))
        out += [b"%b: %b\r\n" % field for field in kept]
    else:
        out += [b"%b: %b\r\n" % f for key, f in fields.items() if key not in _REQUEST_HOP]
    out += [b"%b: %b\r\n" % field for field in forwarded]
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


def _forwarded(client: Client, host: Field | None, vhost: Vhost) -> list[Field]:
    fields = [(b"X-Forwarded-For", client.ip.encode())]
    if host is not None:
        fields.append((b"X-Forwarded-Host", host[1]))
    fields.append((b"X-Forwarded-Server", vhost.name_bytes))
    return fields


def _merge_forwarded(
    fields: dict[bytes, Field], named: frozenset[bytes], forwarded: list[Field], via: Via
) -> tuple[list[Field], list[Field]]:
    """The client's fields with ours appended to those it has already; and what is left of ours."""
    pending = {name.lower(): (name, value) for name, value in forwarded}
    kept: list[Field] = []
    for key, (name, value) in fields.items():
        if key in _REQUEST_HOP or key in named or (key == b"via" and via is Via.BLOCK):
            continue
        ours = pending.pop(key, None)
        kept.append((name, value if ours is None else value + b", " + ours[1]))
    return kept, list(pending.values())


def _merge_via(fields: list[Field], value: bytes) -> None:
    for at, (name, present) in enumerate(fields):
        if name.lower() == b"via":
            fields[at] = name, present + b", " + value
            return
    fields.append((b"Via", value))


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
    if not has_body:
        return Delimiter.NONE
    if response.length is not None and response.coding is None:
        named = named_fields(response.connection)
        if b"content-length" not in named:
            return Delimiter.LENGTH
    return Delimiter.CHUNKED if request.minor else Delimiter.CLOSE


def response_fields(  # noqa: C901, PLR0912 - a branch for each kind of field
    response: ResponseHead, request: RequestHead, route: Route, vhost: Vhost, client: Client
) -> list[Field]:
    """The worker's end-to-end fields for the client: Date and Server first (at most two),
    Set-Cookie last, Vary merged, Location reversed, one Content-Length unless the body is coded,
    Via added.
    """
    first: list[Field] = []
    middle: list[Field] = []
    cookies: list[Field] = []
    vary: list[bytes] = []
    has_length = response.coding is not None or response.status in (
        204,
        304,
    )  # then none is passed on
    kind_of = _KINDS.get
    for field in response.fields:
        kind = kind_of(field[0].lower())
        if kind is None:
            middle.append(field)
        elif kind is _Kind.LENGTH:
            if not has_length:
                has_length = True
                middle.append(field)
        elif kind is _Kind.FIRST:
            first.append(field)
        elif kind is _Kind.COOKIE:
            cookies.append(field)
        elif kind is _Kind.VARY:
            vary.append(field[1])
            if len(vary) == 1:
                middle.append(field)
        elif kind is _Kind.REVERSED:
            front = self_url(request, vhost, client)
            middle.append((field[0], reverse_location(field[1], route.reverse, front)))
    if len(first) > 2:
        first = list({field[0].lower(): field for field in reversed(first)}.values())
    if len(vary) > 1:
        middle = _merge_vary(middle, b",".join(vary))
    via = route.settings.via
    if via in (Via.ON, Via.FULL):
        _merge_via(middle, via_value(response.minor, vhost, via))
    fields = first + middle + cookies
    if response.connection is None:
        return fields
    named = named_fields(response.connection)
    return [field for field in fields if field[0].lower() not in named]


def _merge_vary(fields: list[Field], merged: bytes) -> list[Field]:
    """One Vary with all values."""
    return [(name, merged if name.lower() == b"vary" else value) for name, value in fields]


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
    fields: list[Field],
    *,
    date: bytes,
    keep_alive: KeepAlive,
    delimiter: Delimiter,
) -> bytes:
    """The head sent to the client, always HTTP/1.1 as Apache does; ``fields`` as response_fields
    gives them; Date and Server are added where they are missing.
    """
    out = [b"HTTP/1.1 %d %b\r\n" % (status, reason)]
    names = [name.lower() for name, _ in fields[:2]]
    if b"date" not in names:
        out.append(b"Date: %b\r\n" % date)
    if b"server" not in names:
        at = 1 if b"date" in names[:1] else 0  # Server follows Date
        out += [b"%b: %b\r\n" % field for field in fields[:at]]
        out.append(_SERVER_LINE)
        fields = fields[at:]
    out += [b"%b: %b\r\n" % field for field in fields]
    out.append(keep_alive.fields)
    if delimiter is Delimiter.CHUNKED:
        out.append(b"Transfer-Encoding: chunked\r\n")
    out.append(b"\r\n")
    return b"".join(out)


def interim_head(response: ResponseHead) -> bytes:
    """A 1xx response passed on: without hop-by-hop fields. RFC 9110 §15.2."""
    dropped = (_Kind.HOP, _Kind.CONNECTION)
    kept = [f for f in response.fields if _KINDS.get(f[0].lower()) not in dropped]
    lines = [b"%b: %b\r\n" % field for field in kept]
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (response.status, response.reason, b"".join(lines))


def upgrade_offer(response: ResponseHead, route: Route, fields: list[Field]) -> list[Field]:
    """A response that names a protocol the rule allows (a 426, mostly) keeps saying so: Connection
    and Upgrade are put back for the client (mod_proxy_http).
    """
    for name, value in response.fields:
        if name.lower() == b"upgrade":
            if upgrade_token(route.worker, route.authority.scheme, value) is None:
                return fields
            return [*fields, (b"Connection", b"Upgrade"), (b"Upgrade", value)]
    return fields
