"""A child: the process that serves. Its engine, its pools, its logs, its listeners and every task,
in one nursery.

Comes in: a Site and bound sockets. Goes out: served connections, until cancelled. Flows reach
everything they share through the child; tasks (name resolution, synchronous tunnels) are started
here and answer by calling a flow.
"""

import gc
import os
import signal
import socket
import time
import traceback
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import partial
from typing import Any, Final

import trio

from httpdlite.conf.directives.core import LogLevels
from httpdlite.proxy.fault import LogLine
from httpdlite.proxy.own_name import Client
from httpdlite.proxy.tunnel import Ending, TunnelLimits
from httpdlite.routes.accesslog import Record
from httpdlite.routes.decide import Decider
from httpdlite.routes.site import Site, Vhost
from httpdlite.routes.table import Route
from httpdlite.serve.descriptors import Descriptors, current_limit, open_now
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import Abandonable, Engine
from httpdlite.serve.listener import Listener
from httpdlite.serve.log import ERROR, Logs
from httpdlite.serve.pool import DisabledPool, Pool
from httpdlite.serve.reception import Reception, reception_of
from httpdlite.serve.relay import Tunnel
from httpdlite.serve.synchronous import SynchronousTunnel
from httpdlite.version import SERVER

ENDING_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
REOPENING_SIGNALS: Final = (signal.SIGHUP, signal.SIGUSR1)
SIGNALS: Final = (*ENDING_SIGNALS, *REOPENING_SIGNALS)


class Child:
    """What the flows of one process share. Made inside ``trio.run``."""

    def __init__(self, site: Site, logs: Logs) -> None:
        self.site = site
        self.decider = Decider(site)
        self.logs = logs
        self.pid = os.getpid()
        self.engine = Engine(report=self._report_bug)
        self.engine.after_batch.append(self.flush_logs)
        self._ended: list[tuple[Record, Vhost]] = []  # whose access-log lines are to be written
        self.descriptors = Descriptors(current_limit(), open_now())
        self._receptions: dict[tuple[str, int], Reception] = {}
        self._pools: dict[tuple[int, str, int], Pool] = {}
        self._on_tasks = 0  # tunnels whose sockets are not in the engine
        self._nursery: trio.Nursery | None = None
        self.server_line = b"Server: %b\r\n" % site.settings.banner.encode()
        self._date = b""
        self._date_until = 0.0
        self._wall_offset = 0.0

    async def run(self, sockets: list[socket.socket]) -> None:
        """Serve until TERM or INT."""
        try:
            with trio.open_signal_receiver(*SIGNALS) as signals:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # the start has blocked them
                async with trio.open_nursery() as nursery:
                    self._nursery = nursery
                    nursery.start_soon(self.engine.run)
                    for sock in sockets:
                        await nursery.start(Listener(self, sock).run)
                    self._say_ready()
                    async for number in signals:
                        if number in ENDING_SIGNALS:
                            self._say_stopping(number)
                            break
                        self._reopen_logs(number)
                    self.engine.close()
                    nursery.cancel_scope.cancel()
        finally:
            self.engine.release()
            self.flush_logs()

    def _say_ready(self) -> None:
        self.logs.notice(
            "mpm_event", "AH00489", f"{SERVER} configured -- resuming normal operations"
        )
        self.logs.notice("core", "AH00094", f"Command line: '{self.logs.command_line}'")
        self.logs.flush()

    def _reopen_logs(self, number: int) -> None:
        """HUP and USR1 make Apache read its configuration again; here they are for logrotate."""
        self.logs.reopen()
        name = signal.Signals(number).name
        text = f"{name} received: logs reopened; reading the configuration again needs a restart"
        self.logs.notice("mpm_event", "", text)
        self.logs.flush()

    def _say_stopping(self, number: int) -> None:
        self.logs.notice(
            "mpm_event", "AH00491", f"caught {signal.Signals(number).name}, shutting down"
        )

    # --- clocks ---

    def http_date(self) -> bytes:
        """The Date line; made once per second."""
        if self.engine.now >= self._date_until:
            self._read_wall_clock()
        return self._date

    def wall_clock(self, moment: float) -> float:
        """An engine time as seconds since 1970."""
        if self.engine.now >= self._date_until:
            self._read_wall_clock()
        return moment + self._wall_offset

    def _read_wall_clock(self) -> None:
        wall = time.time()
        self._wall_offset = wall - self.engine.clock()
        self._date = f"Date: {formatdate(wall, usegmt=True)}\r\n".encode()
        self._date_until = self.engine.now + 1.0 - wall % 1.0

    # --- tasks ---

    def start_task(self, function: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Start a task of this child; what escapes it is reported and ends only it."""
        assert self._nursery is not None
        self.engine.tasks += 1
        self._nursery.start_soon(self._guard, function, *args)

    async def _guard(self, function: Callable[..., Awaitable[Any]], *args: Any) -> None:
        try:
            await function(*args)
        except Exception as bug:
            self._report(bug)
        finally:
            self.engine.tasks -= 1

    # --- clients ---

    def reception(self, ip: str, port: int) -> Reception:
        """What clients of a local address are held to."""
        found = self._receptions.get((ip, port))
        if found is None:
            found = self._receptions[ip, port] = reception_of(self.site.default_vhost(ip, port))
        return found

    # --- workers and tunnels ---

    def pool_of(self, route: Route) -> Pool:
        """The pool that serves a route. Workers are told apart as the Site has them: each server's
        own, the main server's shared. Without reuse and limit there is nothing to keep.
        """
        worker, authority = route.worker, route.authority
        key = (id(worker), authority.host, authority.port)
        pool = self._pools.get(key)
        if pool is None:
            kind = DisabledPool if worker.is_disabled else Pool
            pool = kind(self, worker, authority)
            if pool.reuses or worker.parameters.max:
                self._pools[key] = pool
        return pool

    @property
    def pools(self) -> tuple[Pool, ...]:
        """Those that are kept."""
        return tuple(self._pools.values())

    def start_tunnel(
        self,
        client: Endpoint,
        worker: Endpoint,
        *,
        to_client: bytes,
        to_worker: bytes,
        limits: TunnelLimits,
        on_end: Callable[[Ending], None],
    ) -> None:
        """Two endpoints with a finished handshake become a tunnel: in the relay, or on two tasks
        (ProxyWebsocketAsync Off, or a delay).
        """
        if limits.is_async and not limits.async_delay:
            Tunnel(client, worker, limits, on_end).start(to_client, to_worker)
            return
        tunnel = SynchronousTunnel(self.engine, client, worker, limits, on_end)
        self._on_tasks += 1
        self.start_task(self._run_tunnel, tunnel, to_client, to_worker)

    async def _run_tunnel(
        self, tunnel: SynchronousTunnel, to_client: bytes, to_worker: bytes
    ) -> None:
        try:
            await tunnel.run(to_client, to_worker)
        finally:
            self._on_tasks -= 1
            self.flush_logs()

    # --- descriptors ---

    @property
    def sockets_in_use(self) -> int:
        """Sockets of clients, workers and listeners."""
        return len(self.engine.table) + 2 * self._on_tasks

    def has_room_for_client(self) -> bool:
        """May another connection be accepted?"""
        return self.sockets_in_use < self.descriptors.clients

    def has_room_for_worker(self) -> bool:
        """May another connection to a worker be made? Idle ones have to go first."""
        if self.sockets_in_use < self.descriptors.workers:
            return True
        for pool in self.pools:
            pool.drop_idle()
        return self.sockets_in_use < self.descriptors.workers

    def say_shortage(self, text: str, os_text: str = "") -> None:
        """A line for the error log, but not one per request."""
        said = self.descriptors.complaint(text, self.engine.now)
        if said is not None:
            self.log_error(LogLine("mpm_event", ERROR, "", said, os_text))

    # --- logs ---

    def log_error(
        self,
        line: LogLine,
        client: Client | None = None,
        vhost: Vhost | None = None,
        levels: LogLevels | None = None,
    ) -> None:
        """A line for the error log of the vhost (the main server's without one), if ``levels``, or
        the vhost's, want it.
        """
        vhost = vhost or self.site.main
        levels = levels or vhost.table.settings.log_levels
        if dict(levels.modules).get(line.module, levels.default) < line.level:
            return
        peer = f"{client.ip}:{client.port}" if client is not None else None
        self.logs.error(
            vhost.error_log,
            line.module,
            line.level,
            line.code,
            line.text,
            os_text=line.os_text,
            client=peer,
        )

    def log_access(self, record: Record, vhost: Vhost) -> None:
        """A line in each access log of the vhost, made when the batch is over: all of them one
        after the other, which the CPU's caches like better than one between two requests.
        """
        self._ended.append((record, vhost))

    def flush_logs(self) -> None:
        """Write what is to be logged; after each batch, and by tasks when they are done."""
        if self._ended:
            for record, vhost in self._ended:
                for target in vhost.access_logs:
                    self.logs.access(target.file, target.format(record))
            self._ended.clear()
        self.logs.flush()

    def _report_bug(self, bug: BaseException, flow: Abandonable) -> None:
        self._report(bug, f" in {type(flow).__name__}")

    def _report(self, bug: BaseException, where: str = "") -> None:
        text = "".join(traceback.format_exception(bug))
        self.logs.error(
            self.site.main.error_log,
            "core",
            2,
            "",
            f"internal fault{where}, its connection is closed: {text}",
        )


def run_child(site: Site, logs: Logs, sockets: list[socket.socket]) -> None:
    """Serve in this process until TERM or INT."""

    gc.collect()
    gc.freeze()  # what is here now stays: no collection need look at it again

    async def main() -> None:
        await Child(site, logs).run(sockets)

    trio.run(partial(main), restrict_keyboard_interrupt_to_checkpoints=True)
