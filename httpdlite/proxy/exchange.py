"""One exchange, sans-IO: the heads that go out, made from the heads that came in. Pure.

Comes in: the client's ``RequestHead``, the ``Route`` that was chosen, the worker's
``ResponseHead``. Goes out: the bytes of the request head for the worker, the bytes of the response
head for the client, and how the response's body is framed there. Hides which fields are hop-by-hop,
the X-Forwarded fields, Via, the Host that is sent, ProxyPassReverse, keep-alive towards the client,
and what makes a 101 acceptable. Sources: mod_proxy and mod_proxy_http (2.4); RFC 9110 §7.6.1; RFC
9112 §9.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from httpdlite.conf.directives.mod_proxy import Via
from httpdlite.proxy.framing import Field, RequestHead, ResponseHead
from httpdlite.routes.reverse import reverse_location
from httpdlite.routes.site import Vhost
from httpdlite.routes.table import Route
from httpdlite.version import SERVER

_REQUEST_HOP: Final = frozenset(
    (
        b"host",
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"content-length",
    )
)
_RESPONSE_HOP: Final = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
_FORWARDED: Final = (b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-server")
_FORWARDED_NAMES: Final = (b"X-Forwarded-For", b"X-Forwarded-Host", b"X-Forwarded-Server")
_REVERSED: Final = frozenset((b"location", b"content-location", b"uri", b"destination"))
_ORDINARY_OPTIONS: Final = frozenset((b"close", b"keep-alive", b"upgrade", b""))


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


def connection_options(value: bytes | None) -> frozenset[bytes]:
    """The options of a Connection field, lower-case. RFC 9110 §7.6.1."""
    if value is None:
        return frozenset()
    return frozenset([option.strip(b" \t").lower() for option in value.split(b",")])


def wants_keep_alive(request: RequestHead) -> bool:
    """Does the client's own message allow another request on this connection? RFC 9112 §9.3."""
    connection = request.get(b"connection")
    if connection is None:
        return request.minor >= 1
    options = connection_options(connection)
    if b"close" in options:
        return False
    return request.minor >= 1 or b"keep-alive" in options


# --- towards the worker
# -----------------------------------------------------------------------------------------------


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
    sent_host = (
        host[1]
        if settings.preserve_host and host is not None
        else route.authority.host_field.encode("latin-1")
    )
    out = [b"%b %b HTTP/1.1\r\nHost: %b\r\n" % (request.method, route.target, sent_host)]
    named = (
        connection_options(request.get(b"connection")) - _ORDINARY_OPTIONS
        if b"connection" in fields
        else frozenset()
    )
    forwarded = _forwarded_values(client, host, vhost) if settings.add_headers else ()
    pending = dict(zip(_FORWARDED, forwarded, strict=False))
    for key, (name, value) in fields.items():
        if key in _REQUEST_HOP or key in named:
            continue
        if key in pending:
            extra = pending.pop(key)
            value = value + b", " + extra if extra is not None else value
        elif key == b"via" and settings.via is Via.BLOCK:
            continue
        out.append(b"%b: %b\r\n" % (name, value))
    out.extend(
        b"%b: %b\r\n" % (_FORWARDED_NAMES[_FORWARDED.index(k)], v)
        for k, v in pending.items()
        if v is not None
    )
    if settings.via in (Via.ON, Via.FULL):
        out.append(b"Via: %b\r\n" % via_value(request.minor, vhost, settings.via))
    if chunked:
        out.append(b"Transfer-Encoding: chunked\r\n")
    elif length is not None:
        out.append(b"Content-Length: %d\r\n" % length)
    if route.upgrade is not None:
        out.append(b"Connection: Upgrade\r\nUpgrade: %b\r\n\r\n" % route.upgrade)
    else:
        out.append(
            b"Connection: Keep-Alive\r\n\r\n" if keep_alive else b"Connection: close\r\n\r\n"
        )
    return b"".join(out)


def _forwarded_values(
    client: Client, host: Field | None, vhost: Vhost
) -> tuple[bytes, bytes | None, bytes]:
    return (
        client.ip.encode(),
        host[1] if host is not None else None,
        vhost.server_name.encode("latin-1"),
    )


def via_value(minor: int, vhost: Vhost, via: Via) -> bytes:
    """``1.1 name[:port]``, with the product in full. mod_proxy, ProxyVia."""
    name = vhost.server_name + (f":{vhost.port}" if vhost.port not in (None, 80, 443) else "")
    comment = f" ({SERVER})" if via is Via.FULL else ""
    return f"1.{minor} {name}{comment}".encode("latin-1")


# --- towards the client
# -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Whether the connection stays, and what its Keep-Alive field says; ``left`` None:
    MaxKeepAliveRequests 0.
    """

    stays: bool
    announced: bool = False  # the client named keep-alive in Connection, so Apache answers it
    timeout: int = 0
    left: int | None = None

    @property
    def fields(self) -> bytes:
        """The Connection and Keep-Alive lines."""
        if not self.stays:
            return b"Connection: close\r\n"
        if not self.announced:
            return b""
        most = b"" if self.left is None else b", max=%d" % self.left
        return b"Keep-Alive: timeout=%d%b\r\nConnection: Keep-Alive\r\n" % (self.timeout, most)


CLOSES: Final = KeepAlive(False)


def delimiter_of(response: ResponseHead, request: RequestHead, has_body: bool) -> Delimiter:
    """How the client will know the end of this response."""
    if not has_body:
        return Delimiter.NONE
    coded = length = False
    for name, _ in response.fields:
        key = name.lower()
        coded = coded or key == b"transfer-encoding"
        length = length or key == b"content-length"
    if length and not coded:
        return Delimiter.LENGTH
    return Delimiter.CHUNKED if request.minor else Delimiter.CLOSE


def response_fields(
    response: ResponseHead, request: RequestHead, route: Route, vhost: Vhost, client: Client
) -> list[Field]:
    """The worker's end-to-end fields for the client: Date and Server first, Set-Cookie last, Vary
    merged, Location reversed.
    """
    first: list[Field] = []
    middle: list[Field] = []
    cookies: list[Field] = []
    named: frozenset[bytes] = frozenset()
    coded = False
    vary: list[bytes] = []
    for name, value in response.fields:
        key = name.lower()
        if key in _RESPONSE_HOP:
            if key == b"connection":
                named |= connection_options(value) - _ORDINARY_OPTIONS
            coded = coded or key == b"transfer-encoding"
        elif key in (b"date", b"server"):
            first.append((name, value))
        elif key == b"set-cookie":
            cookies.append((name, value))
        elif key == b"vary":
            vary.append(value)
            if len(vary) == 1:
                middle.append((name, value))
        elif key in _REVERSED:
            middle.append(
                (name, reverse_location(value, route.reverse, self_url(request, vhost, client)))
            )
        else:
            middle.append((name, value))
    if coded:
        middle = [f for f in middle if f[0].lower() != b"content-length"]
    else:
        middle = _one_length(middle)
    if len(vary) > 1:
        middle = [(n, b",".join(vary) if n.lower() == b"vary" else v) for n, v in middle]
    fields = first + middle + cookies
    return [f for f in fields if f[0].lower() not in named] if named else fields


def _one_length(fields: list[Field]) -> list[Field]:
    seen = False
    kept = []
    for field in fields:
        if len(field[0]) == 14 and field[0].lower() == b"content-length":
            if seen:
                continue
            seen = True
        kept.append(field)
    return kept


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
    response: ResponseHead,
    fields: list[Field],
    request: RequestHead,
    vhost: Vhost,
    *,
    date: bytes,
    keep_alive: KeepAlive,
    delimiter: Delimiter,
    via: Via,
) -> bytes:
    """The head sent to the client, always HTTP/1.1 as Apache does."""
    out = [b"HTTP/1.1 %d %b\r\n" % (response.status, response.reason)]
    names = {name.lower() for name, _ in fields[:2]}
    if b"date" not in names:
        out.append(b"Date: %b\r\n" % date)
    if b"server" not in names:
        out.append(_SERVER_LINE)
    out.extend([b"%b: %b\r\n" % field for field in fields])
    if via in (Via.ON, Via.FULL):
        out.append(b"Via: %b\r\n" % via_value(response.minor, vhost, via))
    out.append(keep_alive.fields)
    if delimiter is Delimiter.CHUNKED:
        out.append(b"Transfer-Encoding: chunked\r\n")
    out.append(b"\r\n")
    return b"".join(out)


_SERVER_LINE: Final = f"Server: {SERVER}\r\n".encode()


def interim_head(response: ResponseHead) -> bytes:
    """A 1xx response passed on: without hop-by-hop fields. RFC 9110 §15.2."""
    out = [b"HTTP/1.1 %d %b\r\n" % (response.status, response.reason)]
    out.extend(b"%b: %b\r\n" % f for f in response.fields if f[0].lower() not in _RESPONSE_HOP)
    out.append(b"\r\n")
    return b"".join(out)


def upgrade_offer(response: ResponseHead, asked: bytes, fields: list[Field]) -> list[Field]:
    """A refusal that names the protocol (426) keeps saying so: Connection and Upgrade are put back
    for the client (mod_proxy_http).
    """
    for name, value in response.fields:
        if name.lower() == b"upgrade" and value.lower() == asked.lower():
            return [*fields, (b"Connection", b"Upgrade"), (b"Upgrade", value)]
    return fields
