"""What the system knows of names, for the reading: hosts, users, groups, this machine.

In: a name. Out: addresses or ids. The conf stage gets it as an argument and stays without sockets.
"""

import grp
import pwd
import socket
from functools import cache


class SystemNames:
    """The resolver and the account database of this machine."""

    def addresses(self, host: str) -> tuple[str, ...]:
        return _addresses(host)

    def user(self, name: str) -> int | None:
        try:
            return pwd.getpwnam(name).pw_uid
        except (KeyError, ValueError, UnicodeError):
            return None

    def group(self, name: str) -> int | None:
        try:
            return grp.getgrnam(name).gr_gid
        except (KeyError, ValueError, UnicodeError):
            return None

    def name_of(self, address: str) -> str | None:
        """The name of an address, as the resolver gives it; for -S alone."""
        try:
            return socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0]
        except (OSError, UnicodeError):
            return None

    def own_name(self) -> str | None:
        name = socket.getfqdn()
        return name if "." in name else None


@cache
def _addresses(host: str) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):
        return ()
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
