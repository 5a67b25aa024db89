"""Workers: what a ProxyPass points at, as compiled from its URL and parameters. Pure.

Comes in: worker URLs and parameters in configuration order. Goes out: frozen ``Worker`` values and
the choice of the one that serves a final URL. Hides Apache's sharing rule (mod_proxy, "Workers"): a
worker is used for every URL that begins, as a plain string, with its own; the longest wins, the
first defined among equals; a later rule whose URL begins with an existing worker's shares it, and
its own parameters are ignored (AH01145, AH01146).
"""

import re
from dataclasses import dataclass, field
from typing import Final

from httpdlite.conf.directives.mod_proxy import WorkerParameters
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
    matches: "re.Pattern[str] | None" = field(default=None, compare=False)  # a URL with $n

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
    def key(self) -> str:
        """Names the worker's pool."""
        return f"unix:{self.unix_path}|{self.url}" if self.unix_path else self.url

    def serves(self, url: str) -> int:
        """How many characters of the final URL this worker's own covers; 0 if it does not serve
        it.
        """
        if self.matches is not None:
            match = self.matches.match(url)
            return len(self.url) if match else 0
        return len(self.url) if url.startswith(self.url) else 0


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
    workers: list[Worker], url: str, parameters: WorkerParameters, unix_path: str | None, span: Span
) -> tuple[Worker, bool]:
    """The worker of a ProxyPass, appended to ``workers`` unless an earlier one serves its URL.
    (worker, was it shared).
    """
    name = normal_url(url)
    shared = find_worker(workers, name, unix_path)
    if shared is not None:
        return shared, True
    pattern = None
    if REFERENCE.search(name):
        pattern = re.compile(
            "".join(
                ".*" if REFERENCE.fullmatch(p) else re.escape(p)
                for p in re.split(r"(\$[0-9])", name)
            ),
            re.DOTALL,
        )
    worker = Worker(name, parameters, unix_path, span, matches=pattern)
    workers.append(worker)
    return worker, False


def find_worker(
    workers: list[Worker] | tuple[Worker, ...], url: str, unix_path: str | None
) -> Worker | None:
    """The worker with the longest URL that ``url`` begins with; the first of equals."""
    best, longest = None, 0
    for worker in workers:
        if worker.unix_path == unix_path and (length := worker.serves(url)) > longest:
            best, longest = worker, length
    return best
