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
import ssl
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from functools import partial
from typing import Any, Final

import trio

from httpdlite.conf.directives.core import LogLevels
from httpdlite.proxy.fields import forget_blocks
from httpdlite.proxy.own_name import Client
from httpdlite.proxy.tunnel import Ending, TunnelLimits
from httpdlite.routes.changes import TunnelKey
from httpdlite.routes.decide import Decider
from httpdlite.routes.logline import LogLine
from httpdlite.routes.logrecord import ConditionFailed
from httpdlite.routes.route import Route
from httpdlite.routes.site import Site, Vhost
from httpdlite.routes.tls import WorkerTls
from httpdlite.serve.client import ClientConnection
from httpdlite.serve.descriptors import Descriptors, current_limit, open_now
from httpdlite.serve.draining import AnyTunnel, drain
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import Abandonable, Engine
from httpdlite.serve.goodbye import relay_tunnel
from httpdlite.serve.listener import Listener, ListenKey, unmapped
from httpdlite.serve.log import ERROR, RETRY, WARN, About, Logs, about_server
from httpdlite.serve.map_programs import MapPrograms
from httpdlite.serve.orders import Orders
from httpdlite.serve.pool import DisabledPool, Pool
from httpdlite.serve.preface import Preface
from httpdlite.serve.reception import Reception, reception_of
from httpdlite.serve.record import RequestRecord
from httpdlite.serve.relay import Tunnel
from httpdlite.serve.synchronous import SynchronousTunnel
from httpdlite.serve.tls_handshake import Handshake, Turns, hide_strange_names
from httpdlite.serve.tls_sites import SiteTls
from httpdlite.serve.tls_worker import TLS_SCHEMES, TlsPool
from httpdlite.version import SERVER

ENDING_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
REOPENING_SIGNALS: Final = (signal.SIGHUP, signal.SIGUSR1)
SIGNALS: Final = (*ENDING_SIGNALS, *REOPENING_SIGNALS)


class Child:
    """What the flows of one process share. Made inside ``trio.run``."""

    def __init__(self, site: Site, logs: Logs, tls: SiteTls | None = None) -> None:
        self.site = site
        self.tls = tls if tls is not None else SiteTls()
        self.decider = Decider(site)
        self.logs = logs
        self.pid = os.getpid()
        self.engine = Engine(report=self._report_bug)
        self.engine.after_batch.append(self.flush_logs)
        self.turns = Turns(self.engine)  # of handshakes of TLS
        # Whose access-log lines are to be written: when the batch is over, all of them one after
        # the other, which the CPU's caches like better than one between two requests.
        self.ended: list[RequestRecord] = []
        self.descriptors = Descriptors(current_limit(), open_now(), logs.count)
        self._receptions: dict[tuple[str, int], Reception] = {}
        self._pools: dict[tuple[int, str, int], Pool] = {}
        self.is_draining = False
        self.listeners: list[Listener] = []
        self._on_tasks: set[SynchronousTunnel] = set()  # their sockets are not in the engine
        self._tunnel_keys: dict[TunnelKey, TunnelKey] = {}
        self.map_programs = MapPrograms()
        self._nursery: trio.Nursery | None = None
        self._orders: Orders | None = None
        self._retries_logs = False
        self._stopped = trio.Event()
        self.server_line = b"Server: %b\r\n" % site.settings.banner.encode()
        self._date = b""
        self._date_until = 0.0
        self._wall_offset = 0.0

    # --- its life ---

    async def run(
        self,
        sockets: Mapping[ListenKey, socket.socket],
        channel: socket.socket | None = None,
        number: int = 1,
    ) -> None:
        """Serve until the parent says otherwise, on its channel; without one until TERM or INT.
        ``number``: of the configuration.
        """
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                nursery.start_soon(self.engine.run)
                for key, sock in sockets.items():
                    await self.listen(key, sock)
                if channel is None:
                    await self._obey_signals()
                else:
                    self._orders = Orders(self, channel)
                    self.report({"ready": number})
                    await self._stopped.wait()
                self.engine.close()
                nursery.cancel_scope.cancel()
        finally:
            self._nursery = None
            self.map_programs.close()
            self.engine.release()
            self.flush_logs()

    async def _obey_signals(self) -> None:
        with trio.open_signal_receiver(*SIGNALS) as signals:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # the start has blocked them
            self._say_ready()
            async for number in signals:
                if number in ENDING_SIGNALS:
                    self._say_stopping(number)
                    return
                self._reopen_logs(number)

    async def listen(self, key: ListenKey, sock: socket.socket) -> None:
        """Accept on a socket, until its listener is told to stop."""
        assert self._nursery is not None
        listener = Listener(self, sock, key)
        self.listeners.append(listener)
        await self._nursery.start(listener.run)

    def stop(self) -> None:
        """End at once."""
        self._stopped.set()

    def drain(self, seconds: float | None) -> None:
        """End when all that is there has ended; tunnels have so many seconds (None: any time)."""
        if not self.is_draining:
            self.start_task(self._drain, seconds, is_patient=True)

    async def _drain(self, seconds: float | None) -> None:
        await drain(self, seconds)
        self.stop()

    def report(self, content: dict[str, Any]) -> None:
        """Tell the parent, if there is one."""
        if self._orders is not None:
            self._orders.report(content)

    def serve_by(self, site: Site, tls: SiteTls) -> None:
        """From now on by this Site. What serves already goes on by the one before."""
        self.site = site
        self.tls = tls
        self.decider = Decider(site)
        forget_blocks()
        self._receptions = {}
        self._tunnel_keys = {}
        self.server_line = b"Server: %b\r\n" % site.settings.banner.encode()
        others = open_now() - self.sockets_in_use
        self.descriptors = Descriptors(current_limit(), others, self.logs.count)

    def status(self) -> dict[str, int]:
        """Some numbers of this process."""
        kinds = ClientConnection | Handshake | Preface
        clients = sum(isinstance(e.flow, kinds) for e in self.engine.table.values())
        return {
            "clients": clients,
            "tunnels": len(self.tunnels),
            "worker connections": sum(pool.open for pool in self.pools),
            "log lines lost": self.logs.lost,
        }

    def _say_ready(self) -> None:
        self.logs.notice(
            "mpm_event", "AH00489", f"{SERVER} configured -- resuming normal operations"
        )
        self.logs.notice("core", "AH00094", f"Command line: '{self.logs.command_line}'")
        self.logs.flush()

    def _reopen_logs(self, number: int) -> None:
        """HUP and USR1 make Apache read its configuration again; a process alone (-X) only follows
        logrotate.
        """
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

    def start_task(
        self, function: Callable[..., Awaitable[Any]], *args: Any, is_patient: bool = False
    ) -> None:
        """Start a task of this child; what escapes it is reported and ends only it. A patient one
        mostly sleeps: the engine need not hurry for it.
        """
        assert self._nursery is not None
        count = 0 if is_patient else 1
        self.engine.tasks += count
        self._nursery.start_soon(self._guard, function, args, count)

    async def _guard(
        self, function: Callable[..., Awaitable[Any]], args: tuple[Any, ...], count: int
    ) -> None:
        try:
            await function(*args)
        except Exception as bug:
            self._report(bug)
        finally:
            self.engine.tasks -= count

    # --- clients ---

    def reception(self, ip: str, port: int) -> Reception:
        """What clients of a local address are held to."""
        found = self._receptions.get((ip, port))
        if found is None:
            found = self._receptions[ip, port] = reception_of(self.site.default_vhost(ip, port))
        return found

    # --- workers and tunnels ---

    def worker_context(self, tls: WorkerTls) -> ssl.SSLContext:
        """The context towards workers that are to be spoken to like this. Raises ContextError."""
        return self.tls.worker_context(tls)

    def pool_of(self, route: Route) -> Pool:
        """The pool that serves a route. Workers are told apart as the Site has them: each server's
        own, the main server's shared. Without reuse and limit there is nothing to keep.
        """
        worker, authority = route.worker, route.authority
        key = (id(worker), authority.host, authority.port)
        pool = self._pools.get(key)
        if pool is None:
            kind = TlsPool if authority.scheme in TLS_SCHEMES else Pool
            pool = (DisabledPool if worker.is_disabled else kind)(self, worker, authority)
            if pool.reuses or worker.parameters.max:
                self._pools[key] = pool
        return pool

    @property
    def pools(self) -> tuple[Pool, ...]:
        """Those that are kept."""
        return tuple(self._pools.values())

    def forget_pool(self, pool: Pool) -> None:
        """No Site has its worker any more."""
        authority = pool.authority
        self._pools.pop((id(pool.worker), authority.host, authority.port), None)
        pool.retire()

    def tunnel_key(self, client: Client, vhost: str, route: str) -> TunnelKey:
        """What says over reloads where a tunnel goes; one object for all that go there."""
        key = TunnelKey(self._listen_key(client), vhost, route)
        return self._tunnel_keys.setdefault(key, key)

    def _listen_key(self, client: Client) -> ListenKey:
        """Of the listener that a client came by: that of its address, else that of all."""
        found: ListenKey = (client.local_ip, client.local_port)
        of_all = "::" if ":" in client.local_ip else "0.0.0.0"
        for listener in self.listeners:
            if listener.key is not None and listener.key[1] == client.local_port:
                if unmapped(listener.address[0]) == client.local_ip:
                    return listener.key
                if listener.is_any and (found[0] != of_all or listener.key[0] == of_all):
                    found = listener.key
        return found

    @property
    def tunnels(self) -> list[AnyTunnel]:
        """All that are open."""
        relayed = {
            id(endpoint.flow): endpoint.flow
            for endpoint in self.engine.table.values()
            if isinstance(endpoint.flow, Tunnel)
        }
        return [*relayed.values(), *self._on_tasks]

    def count_tunnels(self) -> dict[str, int]:
        """How many each key has, by the key's text."""
        counts: dict[str, int] = {}
        for tunnel in self.tunnels:
            text = tunnel.key.as_text() if isinstance(tunnel.key, TunnelKey) else "?"
            counts[text] = counts.get(text, 0) + 1
        return counts

    @property
    def has_clients(self) -> bool:
        """Is anybody connected?"""
        flows = (endpoint.flow for endpoint in self.engine.table.values())
        kinds = Tunnel | ClientConnection | Handshake | Preface
        return bool(self._on_tasks) or any(isinstance(flow, kinds) for flow in flows)

    def start_tunnel(
        self,
        client: Endpoint,
        worker: Endpoint,
        *,
        to_client: bytes,
        to_worker: bytes,
        limits: TunnelLimits,
        on_end: Callable[[Ending], None],
        key: TunnelKey | None = None,
    ) -> None:
        """Two endpoints with a finished handshake become a tunnel: in the relay, or on two tasks
        (ProxyWebsocketAsync Off, or a delay); with TLS always in the relay.
        """
        is_relayed = limits.is_async and not limits.async_delay
        if is_relayed or client.is_tls or worker.is_tls:
            relay_tunnel(client, worker, limits, on_end, key).start(to_client, to_worker)
            return
        tunnel = SynchronousTunnel(self.engine, client, worker, limits, on_end, key)
        self._on_tasks.add(tunnel)
        self.start_task(self._run_tunnel, tunnel, to_client, to_worker)

    async def _run_tunnel(
        self, tunnel: SynchronousTunnel, to_client: bytes, to_worker: bytes
    ) -> None:
        try:
            await tunnel.run(to_client, to_worker)
        finally:
            self._on_tasks.discard(tunnel)
            self.flush_logs()

    # --- descriptors ---

    @property
    def sockets_in_use(self) -> int:
        """Sockets of clients, workers and listeners."""
        return len(self.engine.table) + 2 * len(self._on_tasks)

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
        about: About | None = None,
    ) -> None:
        """A line for the error log of the vhost (the main server's without one), if ``levels``, or
        the vhost's, want it.
        """
        vhost = vhost or self.site.main
        levels = levels or vhost.table.settings.log_levels
        if not levels.wants(line.module, line.level):
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
            about=about or about_server(vhost, client),
        )

    def flush_logs(self) -> None:
        """Write what is to be logged; after each batch, and by tasks when they are done."""
        if self.ended:
            access = self.logs.access
            for record in self.ended:
                for target in record.vhost.access_logs:
                    try:
                        access(target.file, target.format(record))
                    except ConditionFailed as why:
                        self._say_condition_failed(why, record.vhost)
            self.ended.clear()
        self.logs.flush()
        if self.logs.is_waiting and not self._retries_logs and self._nursery is not None:
            self._retries_logs = True
            self.start_task(self._retry_logs, is_patient=True)

    async def _retry_logs(self) -> None:
        """A pipe was full: its reader may have made room, without any traffic here."""
        try:
            while self.logs.is_waiting:
                await trio.sleep(RETRY)
                self.logs.flush()
        finally:
            self._retries_logs = False

    def _say_condition_failed(self, why: ConditionFailed, vhost: Vhost) -> None:
        text = f"Evaluation of expression from {why.place} failed: {why}"
        self.log_error(LogLine("log_config", ERROR, "", text), vhost=vhost)
        text = f"Error evaluating log condition: {why}"
        self.log_error(LogLine("log_config", WARN, "AH00644", text), vhost=vhost)

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


def run_child(
    site: Site,
    logs: Logs,
    sockets: Mapping[ListenKey, socket.socket],
    channel: socket.socket | None = None,
    number: int = 1,
    *,
    tls: SiteTls | None = None,
) -> None:
    """Serve in this process, see ``Child.run``."""
    gc.freeze()  # what is here now stays: no collection need look at it again
    sys.unraisablehook = hide_strange_names

    async def main() -> None:
        await Child(site, logs, tls).run(sockets, channel, number)

    trio.run(partial(main), restrict_keyboard_interrupt_to_checkpoints=True)
