"""Which connections begin with a PROXY header (RemoteIPProxyProtocol). Pure.

Comes in: servers, in the order of the configuration; then addresses. Goes out: whether a connection
must say first whose it is. Hides that the directive is not about servers: each sets it for the
addresses that it has. Source: mod_remoteip.c, as observed with 2.4.71:

1. What is said last of an address (and port) counts, whichever vhost of it says so. The main
   server's is any address and any port.
2. Off for one of the addresses that cover a connection counts before On for another, be that one as
   exact as it may.
3. The exceptions of all servers count for all.
"""

from collections.abc import Callable

from httpdlite.conf.directives import mod_remoteip
from httpdlite.conf.tree import ServerConfig
from httpdlite.routes.expressions.networks import compile_network

ANY: tuple[tuple[str, int], ...] = (("*", 0),)


class Prefaces:
    """``is_used``: does any connection begin so?"""

    __slots__ = ("_exceptions", "_settings", "is_used")

    def __init__(self) -> None:
        self._settings: dict[tuple[str, int], bool] = {}
        self._exceptions: list[Callable[[str], bool]] = []
        self.is_used = False

    def add(self, server: ServerConfig) -> None:
        """The next one; only while the Site is compiled."""
        own = server.own
        is_on = own.get(mod_remoteip.PROXY_PROTOCOL)
        if is_on is not None:
            for key in tuple((a.host, a.port) for a in server.addresses) or ANY:
                self._settings[key] = is_on
            self.is_used = any(self._settings.values())
        self._exceptions += map(compile_network, own[mod_remoteip.EXCEPTIONS])

    def expects(self, client_ip: str, local_ip: str, local_port: int) -> bool:
        """Must a connection from there to here begin with a PROXY header?"""
        found = [
            self._settings[key]
            for host in (local_ip, "*")
            for key in ((host, local_port), (host, 0))
            if key in self._settings
        ]
        return bool(found) and all(found) and not any(has(client_ip) for has in self._exceptions)
