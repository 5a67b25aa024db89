"""One exchange, sans-IO: the heads that go out, made from the heads that came in. Pure.

Comes in: the client's ``RequestHead``, the ``Route`` that was chosen, the worker's
``ResponseHead``. Goes out: the bytes of the request head for the worker, the bytes of the response
head for the client, and how the response's body is framed there. Hides which fields are hop-by-hop,
the X-Forwarded fields, Via, the Host that is sent, ProxyPassReverse and keep-alive towards the
client. This is the hot path: one pass over the fields each way. Sources: mod_proxy and
mod_proxy_http (2.4); RFC 9110 §7.6.1; RFC 9112 §9.
"""

from enum import Enum, auto
from functools import lru_cache
from operator import is_
from typing import Final, NamedTuple

from httpdlite.conf.directives.mod_proxy import Via
from httpdlite.proxy.fault import ProxyFault
from httpdlite.proxy.fields import LONGEST_LINE, FieldBlock, FieldLine, field_line, split_fields
from httpdlite.proxy.framing import RequestHead, ResponseHead
from httpdlite.proxy.own_name import Client, self_url, via_value
from httpdlite.routes.cookies import reverse_cookie
from httpdlite.routes.reverse import reverse_location
from httpdlite.routes.route import Route, upgrade_token
from httpdlite.routes.settings import Settings
from httpdlite.routes.site import Vhost

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

# How a request's head ends. What is said there is about our connection to the worker.
STAYS_WITH_WORKER: Final = b"Connection: Keep-Alive\r\n\r\n"
CLOSES_WORKER: Final = b"Connection: close\r\n\r\n"
AS_HTTP_1_0: Final = b"\r\n"  # nothing is said, and the request line has that version


class _Kind(Enum):
    """What happens to a field of a response."""

    HOP = auto()  # dropped
    CONNECTION = auto()
    FIRST = auto()  # Date and Server, in this order; the first of each
    SINGLE = auto()  # the first counts
    COOKIE = auto()  # last
    VARY = auto()  # merged
    REVERSED = auto()  # ProxyPassReverse
    LENGTH = auto()


# Enum members are looked up through the class each time, which costs as much as a call.
_HOP: Final = _Kind.HOP
_CONNECTION: Final = _Kind.CONNECTION
_FIRST: Final = _Kind.FIRST
_SINGLE: Final = _Kind.SINGLE
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
    b"content-type": _SINGLE,
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


def connection_options(value: bytes) -> frozenset[bytes]:
    """The options of a Connection field, lower-case. RFC 9110 §7.6.1."""
    return _known_options(value) if len(value) <= LONGEST_LINE else _options(value)


def _options(value: bytes) -> frozenset[bytes]:
    return frozenset([option.strip(b" \t").lower() for option in value.split(b",")])


_known_options: Final = lru_cache(256)(_options)


def named_fields(connection: bytes | None) -> frozenset[bytes]:
    """The fields that a Connection field makes hop-by-hop."""
    if connection is None or connection.lower() in _ORDINARY:
        return _NONE
    return connection_options(connection) - _ORDINARY


_NONE: Final[frozenset[bytes]] = frozenset()
_ORDINARY: Final = frozenset((b"close", b"keep-alive", b"upgrade", b""))


# --- towards the worker


def count_forwards(request: RequestHead) -> ProxyFault | None:
    """Take one from Max-Forwards (RFC 9110 §7.6.2), or refuse, as mod_proxy does. At 0 OPTIONS and
    TRACE are answered here, before this is asked.
    """
    name, value = request.fields[b"max-forwards"]
    if value and (not value.isdigit() or len(value) > 9):
        return ProxyFault(400, "Max-Forwards request header could not be parsed")
    if not value or not int(value):
        return ProxyFault(400, "Max-Forwards has reached zero - proxy loop?")
    request.replace(name, b"%d" % (int(value) - 1))
    return None


def request_head(
    request: RequestHead,
    route: Route,
    vhost: Vhost,
    client: Client,
    *,
    ending: bytes,
    length: int | None,
    chunked: bool,
) -> bytes:
    """The head sent to the worker, in Apache's order: request line, Host, the client's fields,
    X-Forwarded-*, framing, Connection (``ending``: one of the three above).
    """
    settings = route.settings
    fields = request.fields
    host = fields.get(b"host")
    sent_host = route.authority.host_field
    if settings.preserve_host:
        sent_host = host[1] if host is not None else vhost.name_bytes
    first = b"%b %b HTTP/1.1\r\nHost: %b\r\n" % (request.method, route.target, sent_host)
    if length is None and not chunked and route.upgrade is None and ending is not AS_HTTP_1_0:
        return first + _rest_of_head(request, route.settings, vhost, client, ending)
    out = [first, _lines_for_worker(request, settings, vhost, client)]
    if chunked:
        out.append(b"Transfer-Encoding: chunked\r\n")
    elif length is not None:
        out.append(b"Content-Length: %d\r\n" % length)
    if ending is AS_HTTP_1_0:
        out[0] = first.replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1)
    elif route.upgrade is not None:
        ending = b"Connection: Upgrade\r\nUpgrade: %b\r\n\r\n" % route.upgrade
    out.append(ending)
    return b"".join(out)


def _rest_of_head(
    request: RequestHead, settings: Settings, vhost: Vhost, client: Client, ending: bytes
) -> bytes:
    """All behind Host where there is no body: the same as last time if the client sends the same
    fields again.
    """
    key = (settings, vhost, client.ip, request.minor, ending)
    sent = request.block.for_worker
    if sent is not None and all(map(is_, sent[0], key)):
        return sent[1]
    rest = _lines_for_worker(request, settings, vhost, client) + ending
    if settings.via not in _ADDS_VIA:  # which looks at the connection, too
        request.block.for_worker = (key, rest)
    return rest


def _lines_for_worker(
    request: RequestHead, settings: Settings, vhost: Vhost, client: Client
) -> bytes:
    fields = request.fields
    host = fields.get(b"host")
    named = named_fields(fields[b"connection"][1]) if b"connection" in fields else _NONE
    forwarded = b""
    if settings.add_headers:
        name = host[1] if host is not None else None
        forward = _forwarded if name is None or len(name) <= LONGEST_LINE else _forward
        forwarded = forward(client.ip, name, vhost.name_bytes)
    if named or settings.via is not _VIA_OFF or not _NEED_CARE.isdisjoint(fields):
        via = b""
        if settings.via in _ADDS_VIA:
            via = via_value(request, vhost, client, settings)
        return b"".join(_merge_forwarded(request, named, forwarded, settings.via, via))
    kept = [line for key, _, line in request.lines if key not in _REQUEST_HOP]
    kept.append(forwarded)
    return b"".join(kept)


def _forward(ip: str, host: bytes | None, server: bytes) -> bytes:
    """The X-Forwarded lines."""
    lines = [b"X-Forwarded-For: %b\r\n" % ip.encode()]
    if host is not None:
        lines.append(b"X-Forwarded-Host: %b\r\n" % host)
    lines.append(b"X-Forwarded-Server: %b\r\n" % server)
    return b"".join(lines)


_forwarded: Final = lru_cache(1024)(_forward)


def _merge_forwarded(
    request: RequestHead, named: frozenset[bytes], forwarded: bytes, via: Via, our_via: bytes
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
    if our_via:
        _merge_via(kept, our_via)
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
    if (
        response.length is not None
        and response.coding is None
        and b"content-length" not in named_fields(response.connection)
    ):
        return DELIMITED_BY_LENGTH
    return DELIMITED_BY_CHUNKED if request.minor else DELIMITED_BY_CLOSE


def response_lines(
    response: ResponseHead, request: RequestHead, route: Route, vhost: Vhost, client: Client
) -> list[FieldLine]:
    """The worker's end-to-end fields for the client: Date and Server first, Set-Cookie last, Vary
    merged, Location and cookies reversed, one Content-Length unless the body is coded, Via added.
    What depends on the worker's block alone is its ``passed`` from the second time on.
    """
    block = response.block
    if (
        route.settings.via in _ADDS_VIA
        or response.status in _WITHOUT_LENGTH
        or not _are_alike(block.keys)
    ):
        return _response_lines(response, request, route, vhost, client)
    if block.passed is not None:
        return block.passed.lines
    if _are_plain(block.keys):
        vary = block.fields.get(b"vary")
        if vary is None or b"," not in vary[1]:
            block.passed = block
            return block.lines
    lines = _response_lines(response, request, route, vhost, client)
    if block.was_passed:
        block.passed = FieldBlock(lines, join=False)
    block.was_passed = True
    return lines


@lru_cache(maxsize=256)
def _are_alike(keys: tuple[bytes, ...]) -> bool:
    """Are fields of these names passed on in the same way to all, whoever has asked?"""
    return not any(_KINDS.get(key) in _OF_REQUEST for key in keys)


_OF_REQUEST: Final = (_REVERSED, _COOKIE)


def _response_lines(  # noqa: C901, PLR0912 - a branch for each kind of field
    response: ResponseHead, request: RequestHead, route: Route, vhost: Vhost, client: Client
) -> list[FieldLine]:
    settings = route.settings
    via = settings.via
    first: dict[bytes, FieldLine] = {}
    middle: list[FieldLine] = []
    cookies: list[FieldLine] = []
    varies = 0
    seen: set[bytes] = set()
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
            first.setdefault(line[0], line)
        elif kind is _SINGLE:
            if line[0] not in seen:
                seen.add(line[0])
                middle.append(line)
        elif kind is _COOKIE:
            cookies.append(line)
        elif kind is _VARY:
            varies += 1
            if varies == 1:
                middle.append(line)
        elif kind is _REVERSED:
            front = self_url(request, vhost, client, settings)
            name, value = line.field
            middle.append(field_line(name, reverse_location(value, route.reverse, front)))
    if varies:
        middle = merge_vary(middle, response.values(b"vary"))
    if cookies and (settings.cookie_paths or settings.cookie_domains):
        cookies = [_own_cookie(line, settings) for line in cookies]
    lines = [first[key] for key in (b"date", b"server") if key in first] + middle
    if via in _ADDS_VIA:  # a field of its own, as in Apache
        lines.append(field_line(b"Via", via_value(request, vhost, client, settings)))
    if cookies:
        lines += cookies
    if response.connection is None:
        return lines
    named = named_fields(response.connection)
    return [line for line in lines if line.key not in named] if named else lines


def _own_cookie(line: FieldLine, settings: Settings) -> FieldLine:
    """ProxyPassReverseCookiePath and -Domain."""
    name, value = line.field
    return field_line(name, reverse_cookie(value, settings.cookie_paths, settings.cookie_domains))


@lru_cache(maxsize=256)
def _are_plain(keys: tuple[bytes, ...]) -> bool:
    """Can fields of these names go to the client as they are? Date and Server come first if they
    are there, nothing is dropped, merged or reversed.
    """
    own = tuple([key for key in keys if _KINDS.get(key) is _FIRST])
    once = [key for key in keys[len(own) :] if _KINDS.get(key) is not None]
    return (
        own in _DATE_THEN_SERVER
        and keys[: len(own)] == own
        and {_KINDS[key] for key in once} <= {_VARY, _LENGTH, _SINGLE}
        and len(once) == len(set(once))
    )


_LAST_CHUNKED: Final = b"Transfer-Encoding: chunked\r\n\r\n"
_DATE_AND_SERVER: Final = (b"date", b"server")
_DATE_THEN_SERVER: Final = ((), (b"date",), (b"server",), (b"date", b"server"))


def merge_vary(lines: list[FieldLine], values: list[bytes]) -> list[FieldLine]:
    """One Vary, where each is, with all names, each once, as first spelt, without blanks."""
    names: dict[bytes, bytes] = {}
    for value in values:
        for name in value.split(b","):
            if name.strip(b" \t"):
                names.setdefault(name.strip(b" \t").lower(), name.strip(b" \t"))
    merged = b",".join(names.values())
    return [field_line(line.field[0], merged) if line.key == b"vary" else line for line in lines]


def response_head(
    status: int,
    reason: bytes,
    lines: list[FieldLine],
    block: FieldBlock | None = None,
    *,
    date: bytes,
    server: bytes,
    keep_alive: KeepAlive,
    delimiter: Delimiter,
) -> bytes:
    """The head sent to the client, always HTTP/1.1 as Apache does; ``lines`` as response_lines
    gives them, of the worker's ``block`` if they are its; Date and Server (``date``, ``server``:
    the lines) are added where they are missing.
    """
    if block is not None and block.lines is lines and block.keys[:2] == _DATE_AND_SERVER:
        sent = block.for_client
        if sent is None:
            block.for_client = sent = b"".join([line for _, _, line in lines])
        last = (
            b"Transfer-Encoding: chunked\r\n\r\n" if delimiter is DELIMITED_BY_CHUNKED else b"\r\n"
        )
        return b"HTTP/1.1 %d %b\r\n%b%b%b" % (status, reason, sent, keep_alive.fields, last)
    out = [b"HTTP/1.1 %d %b\r\n" % (status, reason)]
    out += [line for _, _, line in lines]
    first = lines[0].key if lines else b""
    if first != b"date":
        out.insert(1, date)
    second = lines[1].key if first == b"date" and len(lines) > 1 else first
    if second != b"server":
        out.insert(2, server)
    out.append(keep_alive.fields)
    if delimiter is DELIMITED_BY_CHUNKED:
        out.append(b"Transfer-Encoding: chunked\r\n")
    out.append(b"\r\n")
    return b"".join(out)


def page_head(
    status: int,
    reason: bytes,
    lines: list[FieldLine],
    *,
    date: bytes,
    server: bytes,
    keep_alive: KeepAlive,
) -> bytes:
    """The head of one of our own answers: ``lines``, Content-Type last and behind Connection."""
    kept = b"".join([line.line for line in lines if line.key != b"content-type"])
    kinds = b"".join([line.line for line in lines if line.key == b"content-type"])
    start = b"HTTP/1.1 %d %b\r\n" % (status, reason)
    return b"".join((start, date, server, kept, keep_alive.fields, kinds, b"\r\n"))


CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


def interim_head(
    response: ResponseHead, request: RequestHead, route: Route, vhost: Vhost, client: Client
) -> bytes:
    """A 1xx response passed on: without hop-by-hop fields and lengths (RFC 9110 §15.2, §8.6),
    Location reversed, Via added; a 100 without any.
    """
    if response.status == 100:
        return b"HTTP/1.1 100 %b\r\n\r\n" % response.reason
    options = response.values(b"connection")
    named = named_fields(b",".join(options)) if options else _NONE
    kept = []
    for line in response.lines:
        kind = _KINDS.get(line.key)
        if kind in _DROPPED_FROM_INTERIM or line.key in named:
            continue
        if kind is _REVERSED:
            front = self_url(request, vhost, client, route.settings)
            name, value = line.field
            line = field_line(name, reverse_location(value, route.reverse, front))  # noqa: PLW2901
        kept.append(line.line)
    if route.settings.via in _ADDS_VIA:
        value = via_value(request, vhost, client, route.settings)
        kept.append(field_line(b"Via", value).line)
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (response.status, response.reason, b"".join(kept))


_DROPPED_FROM_INTERIM: Final = (_HOP, _CONNECTION, _LENGTH)


def upgrade_offer(response: ResponseHead, route: Route, lines: list[FieldLine]) -> list[FieldLine]:
    """A response that names a protocol the rule allows (a 426, mostly) keeps saying so: Connection
    and Upgrade are put back for the client (mod_proxy_http).
    """
    for value in response.values(b"upgrade"):
        if upgrade_token(route.worker, route.authority.scheme, value) is None:
            return lines
        return [*lines, field_line(b"Connection", b"Upgrade"), field_line(b"Upgrade", value)]
    return lines
