"""From a request line and its Host to a vhost and a route. Pure; the server and every explanation
of it run this same function.

Comes in: what a request says of its destination, and the local address it came to. Goes out: a
``Decision``. Hides which methods are known (RegisteredMethods), the rules for the Host field
(Apache's strict ones: ap_update_vhost_from_headers, HttpProtocolOptions Strict; RFC 9112 §3.2) and
StrictHostCheck; these are asked of the first vhost of the address. Then, of the chosen one:
TraceEnable, and what becomes of a request that no rule takes.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from httpdlite.conf.directives.core_requests import Trace
from httpdlite.routes.memory import Memory
from httpdlite.routes.nobody import bad_target, not_of_files, trace_is_off
from httpdlite.routes.outcomes import Outcomes, Room
from httpdlite.routes.paths import ASTERISK, parse_encoded, parse_target
from httpdlite.routes.route import Refusal, Route
from httpdlite.routes.site import Site, Vhost, VhostSet

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?\Z")
_DOTTED_DECIMAL: Final = re.compile(r"[0-9.]+\Z")
_FOUR_NUMBERS: Final = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){3}\Z")


MOST_DECISIONS: Final = 1024
LONGEST_REMEMBERED: Final = 256  # bytes of a request target, and of a name


class Decision(NamedTuple):
    """The vhost that answers, and where the request goes."""

    vhost: Vhost
    route: Route | Refusal | Outcomes | None  # Outcomes or None: its phases will say
    path: str | None = None  # decoded, as rules saw it; None if the target is not acceptable


def host_name(field: bytes) -> str | None:
    """The name in a Host field, lower-case, without port and trailing dot; None if the field is not
    acceptable (400).
    """
    return _known_name(field) if len(field) <= LONGEST_REMEMBERED else _read_name(field)


def _read_name(field: bytes) -> str | None:
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


_known_name: Final = lru_cache(4096)(_read_name)


def target_host(target: bytes) -> bytes | None:
    """host[:port] of a request target in absolute form, in lower case, which replaces the Host
    field (RFC 9112 §3.2.2); None for other targets. Without a name it is b"", which is refused.
    """
    if target.startswith(b"/") or b"://" not in target:
        return None
    authority = re.split(rb"[/?#]", target.split(b"://", 1)[1], maxsplit=1)[0]
    return authority.rpartition(b"@")[2].lower()


_Rest = tuple[bytes | None, bytes | None, bytes, int, str, int]
_QUERY: Final = re.compile(rb"[^#\x00-\x20\x7f]*+")


class Decider:
    """The decisions of one Site. The same request line and names get the same answer for as long
    as the Site lives, so the last ``MOST_DECISIONS`` are remembered; and as many of those without
    their query, which most rules only append. One that is remembered where phases will say has
    ``Outcomes`` for what they say.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._known: Memory[tuple[bytes, _Rest], Decision] = Memory(MOST_DECISIONS)
        self._of_paths: Memory[tuple[bytes, _Rest], Decision] = Memory(MOST_DECISIONS)
        self._room = Room()

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
        rest = (host, upgrade, method, minor, local_ip, local_port)
        key = target, rest
        found = self._known.get(key)
        if found is None:
            found = self._with_query(target, rest) or self._decide(target, rest)
            is_kept = _is_short(target, rest) and self._known.offer(key, found)
            if is_kept and found.route is None:
                self._known[key] = Decision(found.vhost, self._outcomes(), found.path)
        return found

    def _outcomes(self) -> Outcomes:
        """For a decision that is kept. If there is no room for what they remember, others go."""
        if self._room.is_full:
            self._known.clear()
        if len(self._known) <= 1:  # it has been emptied
            self._room = Room()
        return Outcomes(self._room)

    def _with_query(self, target: bytes, rest: _Rest) -> Decision | None:
        """The decision for the path alone, with the query behind it; None if that is not all that
        the query does.
        """
        path, mark, query = target.partition(b"?")
        if not (mark and path.startswith(b"/") and _QUERY.fullmatch(query)):
            return None
        found = self._of_path(path, rest)
        route = found.route
        if route is None:
            return found
        if not isinstance(route, Route) or not route.appends_query:
            return None
        route = route._replace(target=b"%b?%b" % (route.target, query))
        return Decision(found.vhost, route, found.path)

    def _of_path(self, path: bytes, rest: _Rest) -> Decision:
        found = self._of_paths.get((path, rest))
        if found is None:
            found = self._decide(path, rest)
            if _is_short(path, rest):
                self._of_paths.offer((path, rest), found)
        return found

    def _decide(self, target: bytes, rest: _Rest) -> Decision:
        host, upgrade, method, minor, local_ip, local_port = rest
        return decide(
            self.site,
            method=method,
            target=target,
            minor=minor,
            host=host,
            upgrade=upgrade,
            local_ip=local_ip,
            local_port=local_port,
        )


def _is_short(target: bytes, rest: _Rest) -> bool:
    """May it be remembered? Clients choose how long it is."""
    host, upgrade, method, *_ = rest
    longest = max(len(target), len(host or b""), len(upgrade or b""), len(method))
    return longest <= LONGEST_REMEMBERED


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
    default = found.vhosts[0]
    settings = default.table.settings
    if settings.methods is not None and method not in settings.methods:
        text = f"unknown method {method.decode('latin-1')}"
        return Decision(default, Refusal(501, text, "AH00135", allow=b"TRACE"))
    if host is None or not (host or minor):
        if minor:
            text = "an HTTP/1.1 request without Host"
            return Decision(default, Refusal(400, text, "AH00569"))
        vhost = default
    else:
        name = host_name(host)
        if name is None:
            text = f"Host {host.decode('latin-1')} is not acceptable"
            return Decision(default, Refusal(400, text, "AH00550"))
        if settings.strict_host and not found.has_name(name):
            return Decision(default, _unknown_host(name, found, site))
        vhost = found.select(name)
    if not minor:
        upgrade = None  # of HTTP/1.0 it is to be ignored (RFC 9110 §7.8)
    return decide_within(vhost, method=method, target=target, upgrade=upgrade)


def _unknown_host(name: str, found: VhostSet, site: Site) -> Refusal:
    what = f"Requested hostname '{name}' did not match any ServerName/ServerAlias in the"
    if found is site.main_set:
        return Refusal(400, f"{what} global server configuration ", "AH10156", level=_WARN)
    place = found.vhosts[0].place
    text = f"{what} matching virtual host (default vhost for current connection is {place})"
    return Refusal(400, text, "AH10157", level=_WARN)


_WARN: Final = 4


def decide_within(vhost: Vhost, *, method: bytes, target: bytes, upgrade: bytes | None) -> Decision:
    """Choose the route within a vhost."""
    table = vhost.table
    if table.has_phases:
        return Decision(vhost, None)
    settings = table.settings
    merge = settings.merge_slashes
    if table.has_mapped:
        path = parse_encoded(target, method, merge_slashes=merge)
        if isinstance(path, int):
            return Decision(vhost, bad_target(path, target))
        mapped = table.decide_mapped(path, upgrade)
        if mapped is not None and not (method == b"TRACE" and settings.trace is Trace.OFF):
            return Decision(vhost, mapped.found, mapped.path)
    path = parse_target(
        target, method, encoded_slashes=settings.encoded_slashes, merge_slashes=merge
    )
    if isinstance(path, int):
        return Decision(vhost, bad_target(path, target))
    if path.path == ASTERISK:
        return Decision(vhost, Refusal(200, ""), path.path)  # OPTIONS * asks the server itself
    if method == b"TRACE" and settings.trace is Trace.OFF:
        return Decision(vhost, trace_is_off(settings), path.path)
    route = table.decide(path, upgrade)
    if isinstance(route, Refusal) and route.status == 404:
        if table.has_file_phases:
            return Decision(vhost, None)
        route = not_of_files(method, route, settings)
    return Decision(vhost, route, path.path)
