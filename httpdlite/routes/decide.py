"""From a request line and its Host to a vhost and a route. Pure; the server and every explanation
of it run this same function.

Comes in: what a request says of its destination, and the local address it came to. Goes out: a
``Decision``. Hides the rules for the Host field (Apache's strict ones:
ap_update_vhost_from_headers, HttpProtocolOptions Strict; RFC 9112 §3.2).
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from httpdlite.routes.paths import ASTERISK, parse_target
from httpdlite.routes.site import Site, Vhost
from httpdlite.routes.table import Refusal, Route

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?\Z")
_DOTTED_DECIMAL: Final = re.compile(r"[0-9.]+\Z")
_FOUR_NUMBERS: Final = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){3}\Z")


MOST_DECISIONS: Final = 1024
LONGEST_REMEMBERED: Final = 256  # bytes of a request target


class Decision(NamedTuple):
    """The vhost that answers, and where the request goes."""

    vhost: Vhost
    route: Route | Refusal
    path: str | None = None  # decoded, as rules saw it; None if the target is not acceptable


@lru_cache(maxsize=4096)
def host_name(field: bytes) -> str | None:
    """The name in a Host field, lower-case, without port and trailing dot; None if the field is not
    acceptable (400).
    """
    match = _HOST.match(field.decode("latin-1"))
    if match is None or ".." in match[1]:
        return None
    if match[2] is not None and not 0 < int(match[2]) < 65536:
        return None
    name = match[1].lower()
    if name.startswith("["):
        return name
    if _DOTTED_DECIMAL.match(name):
        return name if _FOUR_NUMBERS.match(name) else None
    last = name.rpartition(".")[2]
    if "." in name and last and not last[0].isalpha():
        return None
    return name.removesuffix(".")


def target_host(target: bytes) -> bytes | None:
    """host[:port] of a request target in absolute form, which replaces the Host field (RFC 9112
    §3.2.2); None for other targets.
    """
    if target.startswith(b"/") or b"://" not in target:
        return None
    authority = re.split(rb"[/?#]", target.split(b"://", 1)[1], maxsplit=1)[0]
    return authority.rpartition(b"@")[2] or None


class Decider:
    """The decisions of one Site. The same request line and names get the same answer for as long
    as the Site lives, so the last ``MOST_DECISIONS`` are remembered.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._known: dict[tuple[object, ...], Decision] = {}

    def decide(  # noqa: PLR0917 - the key
        self,
        method: bytes,
        target: bytes,
        minor: int,
        host: bytes | None,
        upgrade: bytes | None,
        local_ip: str,
        local_port: int,
    ) -> Decision:
        """As the function ``decide``."""
        key = (target, host, upgrade, method, minor, local_ip, local_port)
        found = self._known.get(key)
        if found is None:
            found = decide(
                self.site,
                method=method,
                target=target,
                minor=minor,
                host=host,
                upgrade=upgrade,
                local_ip=local_ip,
                local_port=local_port,
            )
            if len(target) <= LONGEST_REMEMBERED:
                if len(self._known) >= MOST_DECISIONS:
                    self._known.clear()
                self._known[key] = found
        return found


def decide(
    site: Site,
    *,
    method: bytes,
    target: bytes,
    minor: int,
    host: bytes | None,
    upgrade: bytes | None,
    local_ip: str,
    local_port: int,
) -> Decision:
    """Choose vhost and route. ``host`` is the Host field, ``upgrade`` the Upgrade field, None where
    absent.
    """
    found = site.vhost_set(local_ip, local_port)
    if host is None:
        if minor:
            return Decision(
                found.vhosts[0], Refusal(400, "an HTTP/1.1 request without Host", "AH00569")
            )
        vhost = found.vhosts[0]
    else:
        name = host_name(host)
        if name is None:
            return Decision(
                found.vhosts[0],
                Refusal(400, f"Host {host.decode('latin-1')} is not acceptable", "AH00550"),
            )
        vhost = found.select(name)
    table = vhost.table
    settings = table.settings
    path = parse_target(
        target,
        method,
        encoded_slashes=settings.encoded_slashes,
        merge_slashes=settings.merge_slashes,
    )
    if not isinstance(path, int) and path.path == ASTERISK:
        return Decision(vhost, Refusal(200, ""), path.path)  # OPTIONS * asks the server itself
    if isinstance(path, int):
        return Decision(
            vhost,
            Refusal(
                path,
                f"the request target {target.decode('latin-1')} is not acceptable",
                _CODES.get(path, ""),
            ),
        )
    if not minor:
        upgrade = None  # of HTTP/1.0 it is to be ignored (RFC 9110 §7.8)
    return Decision(vhost, table.decide(path, upgrade), path.path)


_CODES: Final = {400: "AH10244", 404: "AH00026", 405: "AH00135"}
