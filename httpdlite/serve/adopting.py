"""A reload within a child: from the parent's order to serving by another Site.

Comes in: a publication, files of TLS, logs, listening sockets. Goes out: a child that serves by
them, with its connections and tunnels. Hides that all of it is done in slices of SLICE between
turns of the engine, so that no message waits longer, and what has to change hands. The rules:

1. What a request is served by, it is served by to its end; the next one of the connection is
   served by the new Site. Tunnels hold no Site.
2. The swap itself is one step; what depends on the Site follows it, in slices.
3. A tunnel whose route or listener is not there any more is closed, spread over
   GracefulShutdownTimeout (30 seconds if it is not set; 0: not at all, as in Apache).
4. Garbage is not collected meanwhile: a collection would look at the whole new Site. What is there
   afterwards is kept from later collections.
"""

import errno
import gc
import os
import socket
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import trio

from httpdlite.proxy.tunnel import Reason
from httpdlite.routes.changes import TunnelKey, has_worker, is_gone, listen_keys
from httpdlite.routes.compiling import compile_in_steps, release_in_steps
from httpdlite.routes.logline import LogLine
from httpdlite.routes.site import Site
from httpdlite.serve.channel import Adopt
from httpdlite.serve.client import ClientConnection
from httpdlite.serve.draining import close_spread
from httpdlite.serve.listener import ListenKey
from httpdlite.serve.rereading import open_publication
from httpdlite.serve.tls_sites import SiteTls, load_files

if TYPE_CHECKING:
    from httpdlite.serve.child import Child

_LACKS: Final = "there are not enough descriptors for the logs and listeners of a reload"
_COMES_WITH: Final = ("publication", "files")
SLICE: Final = 0.001  # seconds
UNSET_SPREAD: Final = 30.0  # seconds
_LOOKS: Final = (1.0, 2.0, 5.0, 15.0, 60.0)  # seconds until the next look at requests in flight


class Adoption:
    """What has come for the next order to adopt."""

    def __init__(self, child: "Child") -> None:
        self._child = child
        self._logs: dict[str | None, int] = {}
        self._sockets: dict[ListenKey, socket.socket] = {}
        self._lacks = False  # has this process no room for all of them?

    def take(self, kind: str, names: tuple[object, ...], descriptors: list[int]) -> None:
        """Descriptors of logs or of listening sockets."""
        self._lacks |= len(descriptors) < len(names)
        for name, number in zip(names, descriptors, strict=False):
            if kind == "log":
                self._logs[name] = number  # type: ignore[index]
            else:
                self._sockets[name] = socket.socket(fileno=number)  # type: ignore[index]

    def reopen_logs(self) -> None:
        """Write to the logs that have come: files were renamed."""
        child = self._child
        if self._lacks:
            self._forget()
            child.log_error(LogLine("core", 2, "", f"{_LACKS}; the logs are those of before"))
            return
        logs, self._logs = self._logs, {}
        child.flush_logs()
        child.logs.swap(child.site, logs)

    def _forget(self) -> None:
        for number in self._logs.values():
            os.close(number)
        for sock in self._sockets.values():
            sock.close()
        self._logs, self._sockets, self._lacks = {}, {}, False

    async def run(self, order: Adopt, descriptors: list[int]) -> None:
        """Serve by it; then the parent hears of it. ``descriptors``: publication, files of TLS."""
        child = self._child
        try:
            with _without_collections():
                if self._lacks or len(descriptors) < len(_COMES_WITH):
                    for number in descriptors:
                        os.close(number)
                    raise OSError(errno.EMFILE, _LACKS)
                publication, files = descriptors
                tls = child.tls.following(load_files(files))
                site = await self._compile(publication)
                await _in_slices(tls.make(site))
                old = await self._swap(site, tls)
                tls.drop_unused()
                await self._listen(site)
                await self._renew_connections()
                await self._retire_pools(site)
                self._close_unrouted(site)
        except Exception as bug:
            fault = "".join(traceback.format_exception(bug))
            text = f"internal fault, the configuration of before is kept: {fault}"
            child.log_error(LogLine("core", 2, "", text))
            child.flush_logs()
            self._forget()
            child.report({"ready": order.number})
            return
        child.report({"ready": order.number})
        child.start_task(_let_go, child, old, is_patient=True)

    async def _compile(self, publication: int) -> Site:
        source = open_publication(publication)
        os.close(publication)
        steps = compile_in_steps(source, self._child.site)
        slices = _Slices()
        while True:
            try:
                next(steps)
            except StopIteration as end:
                site: Site = end.value
                return site
            if slices.is_over:
                await slices.pause()

    async def _swap(self, site: Site, tls: SiteTls) -> Site:
        child = self._child
        logs, self._logs = self._logs, {}
        await _in_slices(child.logs.prepare(logs))
        old = child.site
        child.flush_logs()
        rest = child.logs.commit(site)
        next(rest)
        child.serve_by(site, tls)
        await _in_slices(rest)
        return old

    async def _listen(self, site: Site) -> None:
        child = self._child
        wanted = listen_keys(site)
        for listener in tuple(child.listeners):
            if listener.key not in wanted:
                child.engine.call(listener, listener.stop)
        if child.is_draining:  # it has been told so meanwhile
            self._forget()
        for key, sock in self._sockets.items():
            await child.listen(key, sock)
        self._sockets = {}

    async def _renew_connections(self) -> None:
        child = self._child
        slices = _Slices()
        for endpoint in tuple(child.engine.table.values()):
            flow = endpoint.flow
            if isinstance(flow, ClientConnection):
                flow.renew()
            if slices.is_over:
                await slices.pause()

    async def _retire_pools(self, site: Site) -> None:
        child = self._child
        slices = _Slices()
        for pool in child.pools:
            if pool.worker.is_generic or has_worker(site, pool.worker):
                pool.renew()
            else:
                child.forget_pool(pool)
                child.engine.finish_batch()  # its sockets are closed now, not those of all at once
            if slices.is_over:
                await slices.pause()

    def _close_unrouted(self, site: Site) -> None:
        """Rule 3."""
        child = self._child
        seconds = site.graceful_shutdown_timeout
        if seconds == 0:
            return
        gone: dict[object, bool] = {}
        tunnels = []
        for tunnel in child.tunnels:
            key = tunnel.key
            if key not in gone:
                gone[key] = isinstance(key, TunnelKey) and is_gone(key, site)
            if gone[key]:
                tunnels.append(tunnel)
        if tunnels:
            spread = UNSET_SPREAD if seconds is None else float(seconds)
            text = f"{len(tunnels)} tunnels have no route any more and end within {spread:.0f} s"
            child.log_error(LogLine("proxy", 5, "", text))
            child.start_task(close_spread, child, tunnels, spread, Reason.UNROUTED, is_patient=True)


async def _in_slices(steps: Iterator[None]) -> None:
    slices = _Slices()
    for _ in steps:
        if slices.is_over:
            await slices.pause()


class _Slices:
    """Says when it is somebody else's turn."""

    def __init__(self) -> None:
        self._end = time.monotonic() + SLICE

    @property
    def is_over(self) -> bool:
        """Has it taken long enough?"""
        return time.monotonic() >= self._end

    async def pause(self) -> None:
        """Let the engine have its turn."""
        await trio.lowlevel.checkpoint()
        self._end = time.monotonic() + SLICE


@contextmanager
def _without_collections() -> Iterator[None]:
    """Rule 4."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


async def _let_go(child: "Child", old: Site) -> None:
    """Take the old Site apart; close its logs when no request is served by it any more."""
    slices = _Slices()
    current = child.site
    vhosts = {id(vhost) for vhost in current.vhosts.values()}
    for number, _ in enumerate(release_in_steps(old)):
        if number % 8 == 0 and slices.is_over:
            await slices.pause()
    looks = 0
    while child.site is current and _has_older_requests(child, vhosts):
        await trio.sleep(_LOOKS[min(looks, len(_LOOKS) - 1)])
        looks += 1
    if child.site is current:
        child.logs.drop_retired()


def _has_older_requests(child: "Child", vhosts: set[int]) -> bool:
    """Is a request served by a vhost that is none of these?"""
    return any(
        isinstance(endpoint.flow, ClientConnection)
        and endpoint.flow.vhost is not None
        and id(endpoint.flow.vhost) not in vhosts
        for endpoint in child.engine.table.values()
    )
