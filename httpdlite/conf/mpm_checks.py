"""What httpd says of the MPM's limits when they do not fit each other, and what it makes of them.

In: the config tree. Out: warnings of the CHECK phase, as httpd prints them while it starts: each
limit is looked at in turn, with what the ones before have become. Rules: check_config of event.c,
worker.c and prefork.c, as observed with 2.4.71.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.directives import mpm_limits as rows
from httpdlite.conf.tree import Config
from httpdlite.diagnostics import Diagnostic, Phase, Severity


@dataclass(frozen=True, slots=True)
class _Threaded:
    """An MPM with threads: its own limits, and the numbers of its messages in their order."""

    most_servers: int
    most_threads: int
    numbers: tuple[str, ...]


_EVENT: Final = _Threaded(
    20000,
    100000,
    tuple(f"AH00{n}" for n in (497, 499, 502, 504, 507, 509, 511, 513, 515, 517, 519)),
)
_WORKER: Final = _Threaded(
    20000,
    20000,
    tuple(f"AH00{n}" for n in (300, 302, 305, 307, 310, 312, 314, 316, 318, 320, 322)),
)
_MOST_PREFORK: Final = 200000


def check_limits(config: Config) -> Iterator[Diagnostic]:
    """The warnings of the MPM that is loaded; event without one."""
    if rows.PREFORK.identifier in config.modules:
        texts = _prefork(config)
    elif rows.WORKER.identifier in config.modules:
        texts = _threaded(config, _WORKER)
    else:
        texts = _threaded(config, _EVENT)
    for text in texts:
        yield Diagnostic(Severity.WARNING, "warning", text, phase=Phase.CHECK, apache=(text,))


def _threaded(config: Config, own: _Threaded) -> Iterator[str]:
    scope, at = config.main.scope, own.numbers
    servers = scope.get(rows.SERVER_LIMIT, 16)
    if servers > own.most_servers:
        yield _compiled(at[0], "ServerLimit", servers, "servers", own.most_servers)
        servers = own.most_servers
    elif servers < 1:
        yield _increased(at[1], "ServerLimit", servers)
        servers = 1
    limit = scope.get(rows.THREAD_LIMIT, 64)
    if limit > own.most_threads:
        yield _compiled(at[2], "ThreadLimit", limit, "threads", own.most_threads)
        limit = own.most_threads
    elif limit < 1:
        yield _increased(at[3], "ThreadLimit", limit)
        limit = 1
    threads = scope.get(rows.THREADS_PER_CHILD, 25)
    if threads > limit:
        yield (
            f"{at[4]}: WARNING: ThreadsPerChild of {threads} exceeds ThreadLimit of {limit} "
            f"threads, decreasing to {limit}. To increase, please see the ThreadLimit directive."
        )
        threads = limit
    elif threads < 1:
        yield _increased(at[5], "ThreadsPerChild", threads)
        threads = 1
    yield from _workers(scope.get(rows.MAX_REQUEST_WORKERS, 400), threads, servers, at)
    yield from _started(at[9], scope.get(rows.START_SERVERS, 3))
    spare = scope.get(rows.MIN_SPARE_THREADS, 75)
    if spare < 1:
        yield _spare(at[10], "MinSpareThreads", spare)


def _workers(workers: int, threads: int, servers: int, at: tuple[str, ...]) -> Iterator[str]:
    name = "MaxRequestWorkers"
    if workers < threads:
        yield (
            f"{at[6]}: WARNING: {name} of {workers} is less than ThreadsPerChild of {threads}, "
            f"increasing to {threads}. {name} must be at least as large as the number of threads "
            "in a single server."
        )
        workers = threads
    needed = workers // threads
    if workers % threads:
        yield (
            f"{at[7]}: WARNING: {name} of {workers} is not an integer multiple of ThreadsPerChild "
            f"of {threads}, decreasing to nearest multiple {needed * threads}, for a maximum of "
            f"{needed} servers."
        )
        workers = needed * threads
    if needed > servers:
        yield (
            f"{at[8]}: WARNING: {name} of {workers} would require {needed} servers and would "
            f"exceed ServerLimit of {servers}, decreasing to {servers * threads}. To increase, "
            "please see the ServerLimit directive."
        )


def _prefork(config: Config) -> Iterator[str]:
    scope = config.main.scope
    servers = scope.get(rows.SERVER_LIMIT, 256)
    if servers > _MOST_PREFORK:
        yield _compiled("AH00175", "ServerLimit", servers, "servers", _MOST_PREFORK)
        servers = _MOST_PREFORK
    elif servers < 1:
        yield _increased("AH00177", "ServerLimit", servers)
        servers = 1
    workers = scope.get(rows.MAX_REQUEST_WORKERS, 256)
    if workers > servers:
        yield (
            f"AH00180: WARNING: MaxRequestWorkers of {workers} exceeds ServerLimit value of "
            f"{servers} servers, decreasing MaxRequestWorkers to {servers}. To increase, please "
            "see the ServerLimit directive."
        )
    elif workers < 1:
        yield _increased("AH00182", "MaxRequestWorkers", workers)
    yield from _started("AH00184", scope.get(rows.START_SERVERS, 5))
    spare = scope.get(rows.MIN_SPARE_SERVERS, 5)
    if spare < 1:
        yield _spare("AH00186", "MinSpareServers", spare)


def _started(number: str, servers: int) -> Iterator[str]:
    if servers < 1:
        yield _increased(number, "StartServers", servers)


def _compiled(number: str, name: str, value: int, what: str, most: int) -> str:
    return (
        f"{number}: WARNING: {name} of {value} exceeds compile-time limit of {most} {what}, "
        f"decreasing to {most}."
    )


def _increased(number: str, name: str, value: int) -> str:
    return f"{number}: WARNING: {name} of {value} not allowed, increasing to 1."


def _spare(number: str, name: str, value: int) -> str:
    return (
        f"{number}: WARNING: {name} of {value} not allowed, increasing to 1 to avoid almost "
        "certain server failure. Please read the documentation."
    )
