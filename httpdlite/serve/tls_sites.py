"""TLS of a whole configuration: the files that it names, and all contexts made of them.

Comes in: a ``Config`` (whoever may read keys reads their files: ``read_tls_files``), then a Site
and what was in those files. Goes out: a ``SiteTls``, which has the context of each vhost and makes
those towards workers as they are asked for. Hides that settings towards workers may stand in
sections, of which a Site knows when a request comes; and how contents go from the reader of a
configuration to the children.

What is wrong with a file is found by whoever reads it: ``check_tls`` makes every context once. The
keys are in the memory of the parent and of its children, which need them, and in a sealed file in
memory that is passed to the children on a reload, and to nobody else.
"""

import fcntl
import mmap
import os
import pickle
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from httpdlite.conf.directives import mpm
from httpdlite.conf.directives.mod_ssl_proxy import WORKER_TLS
from httpdlite.conf.tree import Config, ServerConfig
from httpdlite.routes.site import Site, Vhost
from httpdlite.routes.tls import ServerTls, WorkerTls, compile_server_tls, compile_worker_tls
from httpdlite.serve.tls_contexts import (
    ContextError,
    Contexts,
    ServerContext,
    needed_files,
    read_file,
)

SEALS: Final = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
"""What makes a file in memory one that nobody can change."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The contents of files, by path: of vhosts, and of what workers are shown and held to."""

    servers: dict[str, bytes] = field(default_factory=dict)
    workers: dict[str, bytes] = field(default_factory=dict)


NO_FILES: Final = TlsFiles()


# --- reading: with the rights for it --------------------------------------------------------------


def read_tls_files(config: Config) -> TlsFiles:
    """The files of a configuration. Raises ContextError: one that a vhost, or a server's settings
    towards workers, cannot do without is not to be read.
    """
    found = TlsFiles()
    for server, tls in _servers(config):
        with _Named(server):
            _read(tls, found.servers)
    for server, worker in _workers(config):
        with _Named(server):
            _read(worker, found.workers)
    return found


def check_tls(config: Config, files: TlsFiles) -> None:
    """Make every context once. Raises ContextError."""
    contexts = Contexts()
    for server, tls in _servers(config):
        with _Named(server):
            contexts.server(tls, files.servers)
    for server, worker in _workers(config):
        with _Named(server):
            contexts.worker(worker, files.workers)


class _Named:
    """Says in an error which server it is about."""

    def __init__(self, server: ServerConfig) -> None:
        self._span = server.span

    def __enter__(self) -> None:
        return

    def __exit__(self, _: object, failed: object, trace: object) -> None:
        if isinstance(failed, ContextError) and self._span is not None:
            place = f"{self._span.file}:{self._span.line}"
            raise failed.at(place) from failed


def _read(tls: ServerTls | WorkerTls, found: dict[str, bytes]) -> None:
    for path in needed_files(tls):
        if path not in found:
            found[path] = read_file(path)


def _servers(config: Config) -> Iterator[tuple[ServerConfig, ServerTls]]:
    """Each TLS of vhosts, once."""
    listens = config.main.scope[mpm.LISTEN]
    seen: set[ServerTls] = set()
    for server in (config.main, *config.vhosts):
        tls = compile_server_tls(server, listens)
        if tls is not None and tls not in seen:
            seen.add(tls)
            yield server, tls


def _workers(config: Config) -> Iterator[tuple[ServerConfig, WorkerTls]]:
    """Each TLS towards workers that a server has, alone or with one of its sections: of several
    only the last counts.
    """
    seen: set[WorkerTls] = set()
    for server in (config.main, *config.vhosts):
        sections = (section.scope for section in server.proxy_sections)
        within = [server.scope.overlaid(scope) for scope in sections if WORKER_TLS in scope]
        for scope in (server.scope, *within):
            tls = compile_worker_tls(scope) if WORKER_TLS in scope else None
            if tls is not None and tls not in seen:
                seen.add(tls)
                yield server, tls


def write_sealed(number: int, pieces: Iterable[bytes]) -> None:
    """Fill a file in memory; nobody can change it any more."""
    with os.fdopen(number, "wb", closefd=False) as file:
        for piece in pieces:
            file.write(piece)
    fcntl.fcntl(number, fcntl.F_ADD_SEALS, SEALS)


def dump_files(files: TlsFiles) -> bytes:
    """As bytes, for ``load_files``."""
    return pickle.dumps((files.servers, files.workers))


def load_files(number: int | None) -> TlsFiles:
    """Read a file in memory and close it. It is a pickle, and comes from a process that is trusted
    as this one.
    """
    if number is None:
        return NO_FILES
    try:
        with mmap.mmap(number, 0, access=mmap.ACCESS_READ) as content:
            servers, workers = pickle.loads(content)
    finally:
        os.close(number)
    return TlsFiles(servers, workers)


# --- contexts -------------------------------------------------------------------------------------


class SiteTls:
    """The contexts of a Site. ``is_used``: does a vhost speak TLS at all?"""

    def __init__(
        self,
        files: TlsFiles = NO_FILES,
        contexts: Contexts | None = None,
        before: "dict[WorkerTls, ssl.SSLContext] | None" = None,
    ) -> None:
        self._contexts = contexts if contexts is not None else Contexts()
        self._before = before if before is not None else {}
        self._files = files
        self._of_vhosts: dict[str, ServerContext] = {}  # by key
        self._of_workers: dict[WorkerTls, ssl.SSLContext] = {}
        self.is_used = False

    def following(self, files: TlsFiles) -> "SiteTls":
        """For the Site of a reload; contexts that would be the same are."""
        return SiteTls(files, self._contexts, self._of_workers)

    def make(self, site: Site) -> Iterator[None]:
        """Make all contexts that are known, a vhost per step. Raises ContextError."""
        made: dict[ServerTls, ServerContext] = {}
        for vhost in (site.main, *site.vhosts.values()):
            if vhost.tls is not None:
                context = made.get(vhost.tls)
                if context is None:
                    context = self._contexts.server(vhost.tls, self._files.servers)
                    made[vhost.tls] = context
                self._of_vhosts[vhost.key] = context
                self.is_used = True
            towards = vhost.table.settings.worker_tls
            if towards is not None:
                self.worker_context(towards)
            yield
        self._files.servers.clear()  # no key is kept as text

    def drop_unused(self) -> None:
        """Forget the contexts of Sites before."""
        self._contexts.drop_unused()

    def context_of(self, vhost: Vhost) -> ServerContext | None:
        """None: it speaks no TLS."""
        return self._of_vhosts.get(vhost.key)

    def worker_context(self, tls: WorkerTls) -> ssl.SSLContext:
        """The context towards workers that are to be spoken to like this. Raises ContextError.

        The Site before may have routed the request, with files that are not read any more.
        """
        found = self._of_workers.get(tls)
        if found is not None:
            return found
        try:
            found = self._of_workers[tls] = self._contexts.worker(tls, self._files.workers)
        except ContextError:
            found = self._before.get(tls)
            if found is None:
                raise
        return found


def site_tls(site: Site, files: TlsFiles) -> SiteTls:
    """All at once. Raises ContextError."""
    made = SiteTls(files)
    for _ in made.make(site):
        pass
    return made
