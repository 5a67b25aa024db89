"""Networks of -R and -ipmatch, and the addresses that they are asked for. Pure.

Comes in: the text of a network that `conf.addresses` has judged, once; then texts that may be
addresses. Goes out: whether one belongs to the other. Source: apr_ipsubnet_create and
apr_ipsubnet_test (APR 1.7), getaddrinfo(3), as observed with httpd 2.4.71.

1. `10.1` is the network 10.1.0.0/16 but the address 10.0.0.1: octets of a network are cut off on
   the right; an address is what inet_aton(3) takes it for, octal and hexadecimal parts included.
2. An address of IPv4 within IPv6 (`::ffff:10.1.2.3`) is one of IPv4 and of no other network.
3. httpd asks its resolver about what is no address, and a request waits; here it is no member.
"""

import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from httpdlite.conf.addresses import is_ipv6, numeric
from httpdlite.conf.numbers import atoi


class Address(NamedTuple):
    bits: int
    """32 or 128."""
    value: int


class Network(NamedTuple):
    bits: int
    mask: int
    value: int


def compile_network(text: str) -> Callable[[str], bool]:
    """A function that says whether a text is an address of the network, which is a right one."""
    bits, mask, value = _parse_network(text)

    def has(text: str) -> bool:
        address = parse_address(text)
        return address is not None and address.bits == bits and address.value & mask == value

    return has


def _parse_network(text: str) -> Network:
    address, slash, mask = text.partition("/")
    if ":" in address:
        value = _ipv6_of_network(address)
        return _network(128, value, _prefix(128, atoi(mask)) if slash else _prefix(128, 128))
    octets = [atoi(octet) & 255 for octet in address.split(".") if octet]
    value = int.from_bytes(bytes([*octets, 0, 0, 0, 0][:4]), "big")
    if not slash:
        return _network(32, value, _prefix(32, 8 * len(octets)))
    if "." in mask:
        parts = bytes([int(octet) for octet in mask.split(".")])
        return _network(32, value, int.from_bytes(parts, "big"))
    return _network(32, value, _prefix(32, atoi(mask)))


def _network(bits: int, value: int, mask: int) -> Network:
    return Network(bits, mask, value & mask)


def _prefix(bits: int, length: int) -> int:
    return (1 << bits) - (1 << (bits - length))


def _ipv6_of_network(text: str) -> int:
    """`::` may stand for no group at all there."""
    full = text if is_ipv6(text) else text.replace("::", ":").strip(":")
    return int(ipaddress.IPv6Address(numeric(full)))


_PART: Final = re.compile(r"0[xX]([0-9A-Fa-f]+)|(0[0-7]*)|([1-9][0-9]*)")
_LONGEST: Final = 128  # characters of an address, scope included


@lru_cache(1024)
def parse_address(text: str) -> Address | None:
    """What getaddrinfo() makes of a numeric address; None of all other texts."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    if ":" in text:
        return _ipv6(text)
    parts = [_part(part) for part in text.split(".")]
    if len(parts) > 4:
        return None
    value = 0
    for place, part in enumerate(parts):
        is_last = place == len(parts) - 1
        if part is None or part >= (1 << (8 * (4 - place)) if is_last else 256):
            return None
        value |= part if is_last else part << (24 - 8 * place)
    return Address(32, value)


def _part(text: str) -> int | None:
    found = _PART.fullmatch(text)
    if found is None:
        return None
    return int(found[1], 16) if found[1] else int(found[2], 8) if found[2] else int(found[3])


def _ipv6(text: str) -> Address | None:
    address, percent, scope = text.partition("%")
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return None
    if percent and not _is_scope(scope, parsed):
        return None
    mapped = parsed.ipv4_mapped
    return Address(32, int(mapped)) if mapped is not None else Address(128, int(parsed))


def _is_scope(scope: str, address: ipaddress.IPv6Address) -> bool:
    """A number, or the name of an interface where those have addresses of their own."""
    if scope.isdigit():
        return int(scope) < 1 << 32
    return bool(scope) and (address.is_link_local or address in _MULTICAST_ON_LINK)


_MULTICAST_ON_LINK: Final = ipaddress.IPv6Network("ff02::/16")
