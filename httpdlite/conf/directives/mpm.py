"""The MPM's directives, which every httpd process model shares: Listen.

In: the words of one directive. Out: its value, or httpd's message. Rules: ap_set_listener in
httpd's server/listen.c; mpm_common documentation.
"""

from dataclasses import dataclass
from typing import Final

from httpdlite.conf.addresses import AddressError, HostPort, numeric, parse_host_port, resolve
from httpdlite.conf.call import SERVER, Call, Module, Remark
from httpdlite.conf.rows import Arity, Takes, repeated
from httpdlite.conf.spelling import lower
from httpdlite.diagnostics import Note, Span

MODULE: Final = Module("mpm_event_module", "event.c", static=True)


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen: `host` is None for every address, else a name or a numeric address.

    An IPv6 address has no brackets, but may end in %scope. `protocol` is lower case.
    """

    host: str | None
    port: int
    protocol: str
    span: Span


def _read_listen(call: Call) -> Listen:
    if not 1 <= len(call.words) <= 2:
        raise call.error("Listen requires 1 or 2 arguments.", code="wrong-arity")
    try:
        address = parse_host_port(call.words[0].text)
    except AddressError:
        raise call.error("Invalid address or port", 0) from None
    if not address.port:
        raise call.error("Port must be specified", 0)
    host = _host(call, address)
    protocol = lower(call.words[1].text) if len(call.words) > 1 else None
    default = "https" if address.port == 443 else "http"
    return _once(call, Listen(host, address.port, protocol or default, call.span))


def _host(call: Call, address: HostPort) -> str | None:
    if address.host is None or address.host == "*":
        return None
    if address.scope:
        return f"{address.host}%{address.scope}"
    if not resolve(address.host, call.place.names.addresses):
        message = (
            "(EAI 2)Name or service not known: AH00077: "
            f"alloc_listener: failed to set up sockaddr for {address.host}"
        )
        call.place.warn(Remark(message, call.words[0].span, "core:crit", "unknown-host"))
        raise call.error("Listen setup failed", 0, code="unknown-host")
    return numeric(address.host) or address.host


def _once(call: Call, listen: Listen) -> Listen:
    for earlier in call.place.earlier.like(LISTEN, _same(listen)):
        raise call.error(
            "Cannot define multiple Listeners on the same IP:port",
            0,
            code="duplicate-listen",
            notes=(Note("the first one is here", earlier.span),),
        )
    return listen


def _same(listen: Listen) -> tuple[str | None, int]:
    return listen.host, listen.port


LISTEN: Final = repeated(
    "Listen",
    Takes(Arity.WORDS, _read_listen),
    contexts=SERVER,
    index=_same,
    doc="An address and port to listen on, and the protocol spoken there.",
)
