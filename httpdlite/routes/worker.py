"""Workers: what a ProxyPass points at, as compiled from its URL and parameters. Pure.

Comes in: worker URLs and parameters in configuration order. Goes out: frozen ``Worker`` values and
the choice of the one that serves a final URL. Hides Apache's sharing rule (mod_proxy, "Workers"): a
worker is used for every URL that begins, as a plain string, with its own; the longest wins, the
first defined among equals; a later rule whose URL begins with an existing worker's shares it, and
its own parameters are ignored (AH01145, AH01146).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from httpdlite.conf.directives.balancers import WorkerSetting
from httpdlite.conf.directives.mod_proxy import WorkerParameters
from httpdlite.conf.directives.proxy_exchange import Blocked
from httpdlite.diagnostics import Span

DEFAULT_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_AUTHORITY = re.compile(
    r"([a-z][a-z0-9+.-]*)://(\[[0-9a-f:.%]+\]|[^/:?#]*)(?::([0-9]*))?(?=[/?#]|\Z)", re.IGNORECASE
)
REFERENCE: Final = re.compile(r"\$[0-9]")


@dataclass(frozen=True, slots=True)
class Authority:
    """scheme://host:port of a URL. ``host`` is lower-case, without brackets; ``port`` the scheme's
    default if none is written.
    """

    scheme: str
    host: str
    port: int
    length: int  # characters of the URL up to the path
    host_field: bytes  # its name in a Host field: no port where it is 80 or the scheme's default


def parse_authority(url: str) -> Authority | None:
    """The authority of a final URL; None if it is no URL of a worker (a port that is no number, as
    in ``http://b:80x``).
    """
    match = _AUTHORITY.match(url)
    if match is None:
        return None
    scheme = match[1].lower()
    port = int(match[3]) if match[3] else DEFAULT_PORTS.get(scheme, 0)
    if scheme not in DEFAULT_PORTS or not match[2] or not 0 < port < 65536:
        return None
    host = match[2].lower()
    shown = host if port in (80, DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    return Authority(scheme, host.strip("[]"), port, match.end(), shown.encode("latin-1"))


@dataclass(frozen=True, slots=True)
class Worker:
    """An endpoint with its pool. ``url`` is its name as Apache shows it; two workers are the same
    if their keys are.
    """

    url: str
    parameters: WorkerParameters
    unix_path: str | None = None
    span: Span | None = None
    is_generic: bool = False  # the "reverse" worker: no pool, default parameters
    is_of_match: bool = False  # of a ProxyPassMatch: such workers are shared among themselves only
    matches: "re.Pattern[str] | None" = field(default=None, compare=False)  # a URL with $n
    owner: str = ""  # key of the vhost whose lines define it

    @property
    def reuses_connections(self) -> bool:
        """disablereuse; on by default for a URL with $n in it (mod_proxy, enablereuse), and for the
        generic worker.
        """
        if self.is_generic:
            return False
        if self.parameters.disablereuse is not None:
            return not self.parameters.disablereuse
        return self.matches is None

    @property
    def is_disabled(self) -> bool:
        """``status`` has it disabled, stopped or failed: every request is a 503 (AH00940). Other
        letters count in balancers only.
        """
        return not _NOT_USABLE.isdisjoint(status_letters(self.parameters.status or ""))

    @property
    def key(self) -> str:
        """Names the worker's pool."""
        return f"unix:{self.unix_path}|{self.url}" if self.unix_path else self.url

    def serves(self, url: str) -> int:
        """How many characters of the final URL this worker's own covers; 0 if it does not serve
        it.
        """
        if self.matches is not None:
            is_long_enough = len(url) >= len(self.url)  # as in Apache
            return len(self.url) if is_long_enough and self.matches.match(url) else 0
        return len(self.url) if url.startswith(self.url) else 0


def same_worker(one: Worker, other: Worker) -> bool:
    """May they share a pool: is it the same endpoint with the same parameters, of one owner? Where
    they are defined does not matter.
    """
    return (
        one.key == other.key
        and one.owner == other.owner
        and one.parameters == other.parameters
        and one.is_of_match == other.is_of_match
    )


_NOT_USABLE: Final = frozenset("DSCU")


def status_letters(status: str) -> frozenset[str]:
    """The letters that a ``status`` leaves set, in upper case; ``+`` and ``-`` are for all that
    follow.
    """
    letters: set[str] = set()
    change = letters.add
    for letter in status.upper():
        if letter in "+-":
            change = letters.add if letter == "+" else letters.discard
        else:
            change(letter)
    return frozenset(letters)


def blocked_by(
    blocked: tuple[Blocked, ...], host: str, addresses: Iterable[str]
) -> tuple[str, str] | None:
    """ProxyBlock: what httpd logs of a worker's host (its code and text) if it is blocked.

    ``addresses`` are the host's, as far as they are known. Names are compared as written, and any
    part of one is enough; ``*`` blocks everything.
    """
    known = frozenset(addresses)
    for word in blocked:
        if word.name in host or word.name.startswith("*"):
            text = f"connect to remote machine {host} blocked: name {word.name} matched"
            return "AH00916", text
        for address in word.addresses:
            if address in known:
                text = f"connect to remote machine {host} blocked: IP {address} matched"
                return "AH00917", text
    return None


GENERIC: Final = Worker("reverse", WorkerParameters(), is_generic=True)


def normal_url(url: str) -> str:
    """Scheme and host in lower case, the scheme's default port and an empty path as written: how
    workers are compared.
    """
    match = _AUTHORITY.match(url)
    if match is None:
        scheme, separator, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme.lower()}{separator}{host.lower()}{slash}{path}"
    return url[: match.end()].lower() + url[match.end() :]


def define_worker(
    workers: list[Worker],
    url: str,
    parameters: WorkerParameters,
    unix_path: str | None,
    span: Span,
    *,
    is_of_match: bool = False,
    owner: str = "",
) -> tuple[Worker, bool]:
    """The worker of a ProxyPass, appended to ``workers`` unless an earlier one serves its URL.
    (worker, was it shared).
    """
    name = normal_url(url)
    alike = [worker for worker in workers if worker.is_of_match == is_of_match]
    shared = find_worker(alike, name, unix_path)
    if shared is not None:
        return shared, True
    pattern = None
    if is_of_match and REFERENCE.search(name):
        pattern = re.compile(
            "".join(
                ".*" if REFERENCE.fullmatch(p) else re.escape(p)
                for p in re.split(r"(\$[0-9])", name)
            ),
            re.DOTALL,
        )
    worker = Worker(name, parameters, unix_path, span, False, is_of_match, pattern, owner)
    workers.append(worker)
    return worker, False


def set_parameters(workers: list[Worker], setting: WorkerSetting, owner: str = "") -> None:
    """What a ProxySet, or the tag of a <Proxy>, gives a worker: over what it was given before. A
    <Proxy> makes the worker if no earlier one serves its URL.
    """
    name = normal_url(setting.url)
    worker = find_worker(workers, name, setting.unix_path)
    if worker is None:
        if setting.makes:
            define_worker(
                workers,
                setting.url,
                setting.parameters,
                setting.unix_path,
                setting.span,
                owner=owner,
            )
        return
    changed = replace(worker, parameters=worker.parameters.changed_by(setting.parameters))
    workers[workers.index(worker)] = changed


def find_worker(
    workers: list[Worker] | tuple[Worker, ...], url: str, unix_path: str | None
) -> Worker | None:
    """The worker with the longest URL that ``url`` begins with; the first of equals."""
    best, longest = None, 0
    for worker in workers:
        if worker.unix_path == unix_path and (length := worker.serves(url)) > longest:
            best, longest = worker, length
    return best
