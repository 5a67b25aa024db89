"""mod_remoteip: the client's address, as the proxies in front say it. Pure.

Comes in: what counts in a server; then requests that have just been read. Goes out: a request whose
`client_ip` is the client's own, without what was used of the field. Hides who is believed about
what. Source: mod_remoteip.c, as observed with 2.4.71:

1. The field is read from its end. Each address in it is taken on the word of the one before, first
   of all that of the connection, as long as that one is a proxy that is believed; without any in
   the configuration, all are. Of the proxies' list the first that fits counts.
2. Who is only trusted is not believed about private addresses, and is put on a list: into a note,
   and into RemoteIPProxiesHeader.
3. What is no address ends the reading, and stays in the field. A name is none (httpd would look it
   up, and the client would choose whom we ask). An interface behind an address (`%eth0`) is cut.
4. What a PROXY header has said counts for all requests of its connection; the field does not then.
"""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from httpdlite.conf.directives import mod_remoteip
from httpdlite.conf.directives.mod_remoteip import Proxies
from httpdlite.conf.scope import Scope
from httpdlite.routes.expressions.networks import Address, compile_network, parse_address
from httpdlite.routes.request import Head, Request

MODULE: Final = "remoteip"
NOTE: Final = "remoteip-proxy-ip-list"
_DEBUG: Final = 7
_TRACE1: Final = 8
_PRIVATE: Final = tuple(
    map(
        compile_network,
        ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    )
)
_GLOBAL_IPV6: Final = compile_network("2000::/3")


@dataclass(frozen=True, slots=True)
class RemoteIp:
    """What a server does to a request's address."""

    header: str
    name: bytes  # the same, as a field's
    key: bytes
    proxies: Proxies
    listed_in: bytes | None  # RemoteIPProxiesHeader

    def run(self, request: Request) -> None:
        """Give the request its client's address."""
        if request.connection.is_announced:
            text = f"Using {request.client_ip} as client's IP from PROXY protocol"
            request.log(MODULE, _TRACE1, "", text)
            return
        value = request.head.get(self.key)
        if value is None or request.is_subrequest:
            return
        ip, rest, passed = self._follow(request, value.decode("latin-1"))
        if ip is None:
            return
        _replace(request.head, self.name, rest.encode("latin-1") if rest is not None else None)
        by = "internal proxies"
        if passed:
            listed = ", ".join(passed)
            request.notes[NOTE] = listed
            by = f"proxies {listed}"
            if self.listed_in is not None:
                _replace(request.head, self.listed_in, listed.encode())
        request.client_ip = ip
        request.log(MODULE, _TRACE1, "", f"Using {ip} as client's IP by {by}")

    def _follow(self, request: Request, value: str) -> "tuple[str | None, str | None, list[str]]":
        """The client's address, None: that of the connection; what is left of the field; the
        proxies that were only trusted.
        """
        found: str | None = None
        current, rest, passed = request.client_ip, value, list[str]()
        is_internal = False
        while True:
            if self.proxies:
                trust = _trust(self.proxies, current)
                if trust is None:
                    return found, rest, passed
                is_internal = trust
            before, comma, last = rest.rpartition(",")
            text = last.strip(" ")
            if not text:
                return found, rest, passed
            address = parse_address(text)
            problem = self._problem(address, text, is_internal=is_internal)
            if problem is not None:
                request.log(MODULE, _DEBUG, *problem)
                return found, before + comma + last.rstrip(" ") if comma else text, passed
            assert address is not None
            if not is_internal:
                passed.append(current)
            found = current = _written(address)
            if not comma:
                return found, None, passed
            rest = before

    def _problem(
        self, address: Address | None, text: str, *, is_internal: bool
    ) -> tuple[str, str] | None:
        """Why it is not taken: number and text for the log."""
        said = f"RemoteIP: Header {self.header} value of {text}"
        if address is None:
            return "AH01568", f"{said} cannot be parsed as a client IP"
        if is_internal or _is_public(address):
            return None
        return "AH01569", f"{said} appears to be a private IP or nonsensical.  Ignored"


def _replace(head: Head, name: bytes, value: bytes | None) -> None:
    """As spelt by the client, if it has sent the field."""
    if value is not None:
        key = name.lower()
        name = next((line.field[0] for line in head.lines if line.key == key), name)
    head.replace(name, value)


def compile_remote_ip(scope: Scope) -> RemoteIp | None:
    """Of what counts in a server; None: addresses are those of connections."""
    header = scope.get(mod_remoteip.HEADER)
    if header is None:
        return None
    return _compiled(header, scope[mod_remoteip.PROXIES], scope.get(mod_remoteip.PROXIES_HEADER))


@lru_cache(256)
def _compiled(header: str, proxies: Proxies, listed_in: str | None) -> RemoteIp:
    name = header.encode("latin-1", "replace")
    listed = listed_in.encode("latin-1", "replace") if listed_in is not None else None
    return RemoteIp(header, name, name.lower(), proxies, listed)


@lru_cache(1024)
def _trust(proxies: Proxies, ip: str) -> bool | None:
    """Is it an internal proxy? None: it is not believed at all."""
    return next((proxy.is_internal for proxy in proxies if _has(proxy.network)(ip)), None)


_has = lru_cache(1024)(compile_network)


def _is_public(address: Address) -> bool:
    text = _written(address)
    if address.bits == 128:
        return _GLOBAL_IPV6(text)
    return not any(has(text) for has in _PRIVATE)


@lru_cache(1024)
def _written(address: Address) -> str:
    if address.bits == 32:
        return str(ipaddress.IPv4Address(address.value))
    return str(ipaddress.IPv6Address(address.value))
