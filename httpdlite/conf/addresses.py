"""`host:port` as APR reads it, and the addresses of Listen and <VirtualHost>.

In: a word, and a look-up of host names. Out: host and port, or the message; whether a word is a
network. Rules: apr_parse_addr_port and apr_ipsubnet_create (APR 1.7), get_addresses in httpd's
server/vhost.c, ap_set_listener in server/listen.c.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.numbers import atoi, atol

_ZEROS: Final = re.compile(r"(?<![0-9A-Fa-f])0+(?=[0-9A-Fa-f])")  # [00000::2] is fine for C
_PORT: Final = re.compile(r"(?:(.*):)?([0-9]+)", re.DOTALL)

WILDCARDS: Final = frozenset({"*", "_default_"})
UNSPECIFIED: Final = frozenset({"0.0.0.0", "::"})  # for a vhost the same as *


class AddressError(ValueError):
    """The text is not an address with an optional port."""


@dataclass(frozen=True, slots=True)
class HostPort:
    """What APR makes of `[host:]port`: 0 is no port, None is no host; IPv6 without brackets."""

    host: str | None
    port: int
    scope: str | None = None


def parse_host_port(text: str) -> HostPort:
    """Reads `80`, `host`, `host:80`, `[::1]:80`, `[fe80::1%eth0]:80`."""
    found = _PORT.fullmatch(text)
    host: str | None
    host, port = (found[1], atoi(found[2])) if found else (text, 0)
    if text == "" or host == "" or (found and not 1 <= port <= 65535):
        raise AddressError(text)
    if host is None or not host.startswith("["):
        return HostPort(host, port)
    if not host.endswith("]"):
        raise AddressError(text)
    address, percent, scope = host[1:-1].partition("%")
    if not is_ipv6(address) or (percent and not scope):
        raise AddressError(text)
    return HostPort(address, port, scope or None)


def is_ipv6(text: str) -> bool:
    """Whether this is an IPv6 address, without brackets and scope."""
    try:
        ipaddress.IPv6Address(_ZEROS.sub("", text))
    except ValueError:
        return False
    return "%" not in text


def numeric(host: str) -> str | None:
    """The address in its usual spelling if it is numeric, else None."""
    try:
        return str(ipaddress.ip_address(_ZEROS.sub("", host) if ":" in host else host))
    except ValueError:
        return None


def resolve(host: str, addresses: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
    """The numeric addresses of a host; a numeric one is its own."""
    own = numeric(host)
    return (own,) if own else tuple(dict.fromkeys(addresses(host)))


# --- networks -------------------------------------------------------------------------------------

_OCTETS: Final = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_PARTIAL: Final = re.compile(r"[0-9]+(?:\.[0-9]+){0,3}\.?")
_BITS: Final = re.compile(r"[ \t\n\v\f\r]*\+?[0-9]+")


def is_network(text: str) -> bool:
    """Whether apr_ipsubnet_create() takes it: an address, `address/bits`, `10.1.`, `10.1`."""
    address, slash, mask = text.partition("/")
    if ":" in address:
        return _is_ipv6_network(address) and (not slash or _is_bits(mask, 128))
    if not slash:
        return _is_partial(address)
    return _is_ipv4(address) and (_is_bits(mask, 32) or _is_ipv4(mask))


def _is_bits(mask: str, most: int) -> bool:
    return _BITS.fullmatch(mask) is not None and 0 < atol(mask) <= most


def _is_ipv4(text: str) -> bool:
    if _OCTETS.fullmatch(text) is None:
        return False
    octets = [octet.lstrip("0") or "0" for octet in _split(text)]
    return all(len(octet) <= 3 and int(octet) <= 255 for octet in octets)


def _is_partial(text: str) -> bool:
    """Octets from the left; longer than an address can be is refused, too large is cut by C."""
    if _is_ipv4(text):
        return True
    if _PARTIAL.fullmatch(text) is None or len(text) > len("255.255.255.255"):
        return False
    return all(0 <= atoi(n) <= 255 for n in _split(text))


def _split(text: str) -> list[str]:
    return [octet for octet in text.split(".") if octet]


def _is_ipv6_network(text: str) -> bool:
    """APR lets `::` stand for no group at all, too; addresses of IPv4 within IPv6 are refused."""
    without = text.replace("::", ":").strip(":") if text.count("::") == 1 else text
    for address in (text, without):
        if is_ipv6(address):
            return ipaddress.IPv6Address(numeric(address)).ipv4_mapped is None
    return False
