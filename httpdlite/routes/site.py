"""The compiled configuration: listeners, vhosts, and the choice of the vhost for a request. Pure;
frozen once it is compiled (compiling.py).

Comes in: a local address and a name. Goes out: a ``Vhost``. Hides Apache's vhost selection: by the
local address first (exact address and port, the address with any port, ``*`` with the port, ``*``;
else the main server), and within that set by name, in configuration order, ServerName before
ServerAlias; else the first of the set. Source: Apache "Virtual Host matching"; proxy-semantics,
"Virtual host selection".
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from httpdlite.conf.directives import mpm, unixd
from httpdlite.conf.directives.ssl_values import SniPolicy
from httpdlite.routes.accesslog import Record
from httpdlite.routes.errorformat import ErrorForm
from httpdlite.routes.preface import Prefaces
from httpdlite.routes.settings import Settings
from httpdlite.routes.table import Table
from httpdlite.routes.tls import ServerTls


@dataclass(frozen=True, slots=True)
class AccessLogTarget:
    """One CustomLog: the log's name, and the compiled format, which gives nothing for a request
    that is not to be logged.
    """

    file: str
    format: Callable[[Record], str]
    asks_more: bool = False  # than an ordinary record has, see accesslog.asks_more
    asks_bytes: bool = True  # that went over the connection


@dataclass(frozen=True, slots=True)
class Vhost:
    """A virtual host, or the main server."""

    key: str  # names it over reloads
    place: str  # file and line of its section
    server_name: str
    name_bytes: bytes  # server_name as it stands in fields
    port: int | None  # of ServerName
    scheme: str | None  # of ServerName, where it has one: what the server calls its URLs
    names: tuple[str, ...]  # ServerName and the aliases without wildcards, lower-case
    patterns: tuple[str, ...]  # aliases with * or ?, lower-case
    address_texts: tuple[str, ...]
    table: Table
    error_log: str | None
    access_logs: tuple[AccessLogTarget, ...]
    error_form: ErrorForm | None = None  # of ErrorLogFormat
    logs_more: bool = False  # does one of them ask more than an ordinary record has?
    logs_bytes: bool = True  # does one of them ask what went over the connection?
    tls: ServerTls | None = None  # None: it speaks none


class VhostSet:
    """The vhosts of one address, in configuration order, and an index of what they are called."""

    __slots__ = ("_by_address", "_by_name", "_by_suffix", "_longest", "_patterns", "vhosts")

    def __init__(self) -> None:
        self.vhosts: list[Vhost] = []
        self._by_name: dict[str, int] = {}  # the first of that name; number in ``vhosts``
        self._by_suffix: dict[str, int] = {}  # for aliases such as *.example.com, without the *
        self._longest = 0  # of these, in characters
        self._patterns: list[tuple[int, str]] = []  # other aliases with wildcards
        self._by_address: dict[str, int] = {}

    def add(self, vhost: Vhost) -> None:
        """The next one; only while the Site is compiled."""
        number = len(self.vhosts)
        self.vhosts.append(vhost)
        for name in vhost.names:
            self._by_name.setdefault(name, number)
        for alias in vhost.patterns:
            if alias.startswith("*.") and not is_pattern(alias[1:]):
                self._by_suffix.setdefault(alias[1:], number)
                self._longest = max(self._longest, len(alias) - 1)
            else:
                self._patterns.append((number, alias))
        for text in vhost.address_texts:
            self._by_address.setdefault(text, number)

    def select(self, name: str) -> Vhost:
        """The vhost for a Host name (lower-case, no port, no trailing dot)."""
        if len(self.vhosts) == 1:
            return self.vhosts[0]
        found = min(self._called(name), default=None)
        if found is None:
            found = self._by_address.get(name, 0)
        return self.vhosts[found]

    def has_name(self, name: str) -> bool:
        """Is any of them called so? For StrictHostCheck."""
        return any(True for _ in self._called(name))

    def _called(self, name: str) -> Iterator[int]:
        """Those that are called so, at least the first of each kind."""
        if name in self._by_name:
            yield self._by_name[name]
        if self._by_suffix:
            dot = name.find(".", max(len(name) - self._longest, 0))
            while dot >= 0:
                if name[dot:] in self._by_suffix:
                    yield self._by_suffix[name[dot:]]
                dot = name.find(".", dot + 1)
        for number, alias in self._patterns:
            if _alias_pattern(alias).match(name):
                yield number
                return


def is_pattern(alias: str) -> bool:
    """Is it an alias with wildcards?"""
    return "*" in alias or "?" in alias


@lru_cache(4096)
def _alias_pattern(alias: str) -> "re.Pattern[str]":
    first, *others = [
        "".join("." if char == "?" else re.escape(char) for char in part)
        for part in re.split(r"\*+", alias)
    ]
    if others:  # a star but the last never reconsiders: see routes.pattern
        *between, last = others
        first += "".join([f"(?>.*?{part})" for part in between]) + f".*{last}"
    return re.compile(first + r"\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Site:
    """Everything the server needs of its configuration."""

    listens: tuple[mpm.Listen, ...]
    main: Vhost
    vhosts: dict[str, Vhost]  # by key
    exact: dict[tuple[str, int], VhostSet]
    by_port: dict[int, VhostSet]  # *:port; 0: *:*
    main_set: VhostSet
    settings: Settings
    pid_file: str | None
    backlog: int  # ListenBacklog
    send_buffer: int  # SO_SNDBUF of client sockets, 0: the system's
    receive_buffer: int  # SO_RCVBUF, likewise
    user: unixd.Account | None
    group: unixd.Account | None
    graceful_shutdown_timeout: int | None  # seconds; None: not given
    sni_policy: SniPolicy = SniPolicy.SECURE
    prefaces: Prefaces = field(default_factory=Prefaces)

    def vhost_set(self, ip: str, port: int) -> VhostSet:
        """The vhosts of a local address."""
        exact = self.exact
        if exact:
            found = exact.get((ip, port)) or exact.get((ip, 0))
            if found is not None:
                return found
        return self.by_port.get(port) or self.by_port.get(0) or self.main_set

    def default_vhost(self, ip: str, port: int) -> Vhost:
        """The vhost before a name is known."""
        return self.vhost_set(ip, port).vhosts[0]
