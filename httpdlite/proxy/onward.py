"""A request's head on its way to the worker, sans-IO: bytes out. Pure.

Comes in: the client's ``RequestHead``, the ``Route`` that was chosen. Goes out: the head for the
worker. Hides which fields are hop-by-hop, the X-Forwarded fields, Via, the Host that is sent, and
Max-Forwards. This is the hot path: one pass over the fields. Sources: mod_proxy and mod_proxy_http
(2.4); RFC 9110 §7.6.1; RFC 9112 §9.
"""

from functools import lru_cache
from operator import is_
from typing import Final

from httpdlite.conf.directives.mod_proxy import Via
from httpdlite.proxy.fault import ProxyFault
from httpdlite.proxy.fields import LONGEST_LINE, FieldLine, field_line, split_fields
from httpdlite.proxy.framing import RequestHead
from httpdlite.proxy.hopbyhop import NONE, named_fields
from httpdlite.proxy.own_name import ADDS_VIA, Client, via_value
from httpdlite.routes.route import Route
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

# How a request's head ends. What is said there is about our connection to the worker.
STAYS_WITH_WORKER: Final = b"Connection: Keep-Alive\r\n\r\n"
CLOSES_WORKER: Final = b"Connection: close\r\n\r\n"
AS_HTTP_1_0: Final = b"\r\n"  # nothing is said, and the request line has that version


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
    if settings.via not in ADDS_VIA:  # which looks at the connection, too
        request.block.for_worker = (key, rest)
    return rest


def _lines_for_worker(
    request: RequestHead, settings: Settings, vhost: Vhost, client: Client
) -> bytes:
    fields = request.fields
    host = fields.get(b"host")
    named = named_fields(fields[b"connection"][1]) if b"connection" in fields else NONE
    forwarded = b""
    if settings.add_headers:
        name = host[1] if host is not None else None
        forward = _forwarded if name is None or len(name) <= LONGEST_LINE else _forward
        forwarded = forward(client.ip, name, vhost.name_bytes)
    if named or settings.via is not _VIA_OFF or not _NEED_CARE.isdisjoint(fields):
        via = b""
        if settings.via in ADDS_VIA:
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
