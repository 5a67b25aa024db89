"""An answer on its way to the client, sans-IO: the head that goes out. Pure.

Comes in: the worker's ``ResponseHead``, the client's ``RequestHead``, the ``Route``. Goes out: the
bytes of the head for the client, and how the body is framed there. Hides which fields are
hop-by-hop, Via, ProxyPassReverse and keep-alive. This is the hot path: one pass over the fields.
The way to the worker is ``onward.py``. Sources: mod_proxy and mod_proxy_http (2.4); RFC 9110
§7.6.1; RFC 9112 §9.
"""

from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from httpdlite.proxy.fields import FieldBlock, FieldLine, field_line
from httpdlite.proxy.framing import RequestHead, ResponseHead
from httpdlite.proxy.hopbyhop import NONE, connection_options, named_fields
from httpdlite.proxy.own_name import ADDS_VIA, Client, self_url, via_value
from httpdlite.routes.cookies import reverse_cookie
from httpdlite.routes.reverse import reverse_location
from httpdlite.routes.route import Route, upgrade_token
from httpdlite.routes.settings import Settings
from httpdlite.routes.site import Vhost


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
    """The worker's end-to-end fields for the client: Date and Server first, Set-Cookie and Via
    last; Vary merged, Location and cookies reversed, one Content-Length unless the body is coded.
    What depends on the worker's block alone is its ``passed`` from the second time on.
    """
    block = response.block
    if (
        route.settings.via in ADDS_VIA
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
    if cookies:
        lines += cookies
    if via in ADDS_VIA:  # a field of its own, as in Apache
        lines.append(field_line(b"Via", via_value(request, vhost, client, settings)))
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
    named = named_fields(b",".join(options)) if options else NONE
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
    if route.settings.via in ADDS_VIA:
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
