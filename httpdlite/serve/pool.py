"""Pools of worker connections: one per worker and child, with Apache's parameters.

Comes in: a client connection that needs a worker. Goes out: one call on it, ``worker_ready`` or
``worker_failed``. Hides idle connections, the limit ``max`` with its waiting line (``acquire``),
and where the worker's addresses come from: a numeric address or a unix path needs nothing, a name
is resolved by a task once and kept (``addressttl``). Source: mod_proxy, worker parameters.
"""

import encodings.idna
import encodings.punycode  # noqa: F401 - getaddrinfo wants both; children may not be able to read them
import ipaddress
import socket
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

import trio

from httpdlite.conf.directives.proxy_exchange import Blocked
from httpdlite.proxy.fault import ProxyFault
from httpdlite.proxy.framing import LIMIT_RESPONSE_FIELD
from httpdlite.proxy.onward import CLOSES_WORKER, STAYS_WITH_WORKER
from httpdlite.routes.settings import Settings
from httpdlite.routes.worker import Authority, Worker, blocked_by
from httpdlite.serve.connecting import Address
from httpdlite.serve.endpoint import BUFFER_SIZE, RECEIVE_SIZE
from httpdlite.serve.worker import WorkerConnection

if TYPE_CHECKING:
    from httpdlite.serve.child import Child


class Asker(Protocol):
    """What asks a pool for a connection: a request."""

    def abandon(self) -> None:
        """Drop it: a fault was met on its behalf."""

    def worker_ready(self, connection: WorkerConnection) -> None:
        """A connection, perhaps still connecting: give it the request with ``begin``."""

    def worker_failed(self, fault: ProxyFault) -> None:
        """There is none."""

    @property
    def settings(self) -> Settings:
        """Those of the request."""

    @property
    def worker_name(self) -> str:
        """What the worker is called in TLS."""

    @property
    def is_waiting(self) -> bool:
        """False once the client has gone and needs no answer any more."""


class Pool:
    """The connections to one worker (and, for the generic worker, to one authority)."""

    makes: type[WorkerConnection] = WorkerConnection

    def __init__(self, child: "Child", worker: Worker, authority: Authority) -> None:
        self.child = child
        self.worker = worker
        self.authority = authority
        self.idle: list[WorkerConnection] = []
        self.open = 0
        self.waiting: deque[Asker] = deque()
        self._wants_fresh: set[Asker] = set()  # of those that wait
        self.addresses: tuple[Address, ...] = _known_addresses(worker, authority)
        self.resolved_at = 0.0
        self._resolving: list[Asker] = []
        parameters = worker.parameters
        self.reuses = worker.reuses_connections
        self.ending = STAYS_WITH_WORKER if self.reuses else CLOSES_WORKER
        self.ping = parameters.ping
        self.line_limit = parameters.responsefieldsize or LIMIT_RESPONSE_FIELD
        self._is_retired = False
        self.renew()

    def renew(self) -> None:
        """Take over what the settings of the server say whose worker it is."""
        site = self.child.site
        owner = site.vhosts.get(self.worker.owner, site.main)
        size = owner.table.settings.io_buffer_of(self.worker)
        self.read_size = size if size != _USUAL_BUFFER else RECEIVE_SIZE
        self.relay_size = size if size != _USUAL_BUFFER else BUFFER_SIZE

    # --- asking ---

    def blocked_by(self, blocked: tuple[Blocked, ...]) -> ProxyFault | None:
        """ProxyBlock, by name and by the addresses known so far."""
        ips = [] if self.worker.unix_path else [address[0] for _, address in self.addresses]
        found = blocked_by(blocked, self.authority.host, ips)
        return ProxyFault.blocked(*found) if found is not None else None

    def acquire(self, asker: Asker) -> None:
        """Answer with an idle connection, a new one, or later (pool full, name not resolved
        yet).
        """
        while self.idle:
            connection = self.idle.pop()
            if connection.is_alive():
                asker.worker_ready(connection)
                return
            connection.discard()
        self._acquire_new(asker)

    def _acquire_new(self, asker: Asker) -> None:
        most = self.worker.parameters.max
        if most and self.open >= most:
            self.waiting.append(asker)
            return
        self._connect(asker)

    def acquire_fresh(self, asker: Asker) -> None:
        """As ``acquire``, but no connection that was used before."""
        most = self.worker.parameters.max
        if most and self.open >= most and self.idle:
            self.idle[0].discard()
        if most and self.open >= most:
            self.waiting.append(asker)
            self._wants_fresh.add(asker)
            return
        self._connect(asker)

    def withdraw(self, asker: Asker) -> bool:
        """Take a waiting asker out of the line (its ``acquire`` time is over, or the client has
        gone); False if it does not wait. One that waits for its worker's name is passed over when
        that comes, since it ``is_waiting`` no more.
        """
        if asker in self.waiting:
            self.waiting.remove(asker)
            self._wants_fresh.discard(asker)
            return True
        return asker in self._resolving

    def _connect(self, asker: Asker) -> None:
        if not self.child.has_room_for_worker():
            self.child.say_shortage("503 for a request: no more connections to workers can be made")
            asker.worker_failed(ProxyFault.no_room())
            return
        self.open += 1  # the slot is taken while the name is being resolved, too
        if self.addresses and not self._is_stale():
            asker.worker_ready(self.makes(self, self.addresses))
            return
        self._resolving.append(asker)
        if len(self._resolving) == 1:
            self.child.start_task(self._resolve)

    def _free_slot(self) -> None:
        self.open -= 1
        most = self.worker.parameters.max or 0
        while self.waiting and self.open < most:
            asker = self.waiting.popleft()
            self._wants_fresh.discard(asker)
            self._connect(asker)

    def _is_stale(self) -> bool:
        seconds = self.worker.parameters.addressttl
        if not self.resolved_at:
            return False
        if not self.reuses:
            return True
        return (
            seconds is not None
            and seconds >= 0
            and self.child.engine.now >= self.resolved_at + seconds
        )

    async def _resolve(self) -> None:
        host, port = self.authority.host, self.authority.port
        fault: ProxyFault | None = ProxyFault.name_not_resolved(host, "internal fault")
        found: list[Address] = []
        try:
            for family, _, _, _, address in await trio.socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            ):
                if (family, address) not in found:
                    found.append((family, address))
            fault = None
        except (OSError, UnicodeError, LookupError) as failed:
            fault = ProxyFault.name_not_resolved(host, _why_unresolved(failed))
        finally:  # whatever happens, nobody waits for ever
            self._resolved(found, fault)

    def _resolved(self, found: list[Address], fault: ProxyFault | None) -> None:
        askers, self._resolving = self._resolving, []
        if found:
            self.addresses = tuple(found)
            self.resolved_at = self.child.engine.clock()
        for asker in askers:
            self.child.engine.call(asker, partial(self._answer, asker, fault))

    def _answer(self, asker: Asker, fault: ProxyFault | None) -> None:
        if fault is None and asker.is_waiting:
            asker.worker_ready(self.makes(self, self.addresses))
            return
        self._free_slot()
        if fault is not None and asker.is_waiting:
            asker.worker_failed(fault)

    # --- giving back ---

    def retire(self) -> None:
        """No Site has this worker any more: connections end with the request they serve."""
        self._is_retired = True
        self.drop_idle()

    def release(self, connection: WorkerConnection) -> None:
        """A connection that can serve another request."""
        if self._is_retired and not self.waiting:
            connection.discard()
        elif not self.waiting:
            self.idle.append(connection)
        elif self.waiting[0] in self._wants_fresh or not connection.is_alive():
            connection.discard()  # which makes room for a new one
        else:
            self.waiting.popleft().worker_ready(connection)

    def forget(self, connection: WorkerConnection) -> None:
        """A connection that has been closed."""
        if connection in self.idle:
            self.idle.remove(connection)
        self._free_slot()

    def drop_idle(self) -> None:
        """Close the idle connections: their descriptors are needed."""
        for connection in tuple(self.idle):
            connection.discard()

    def leave(self) -> None:
        """A tunnel has ended: its place is free, and who waits for it gets it, in a turn of the
        engine.
        """
        if self.waiting:
            self.child.start_task(self._let_in)
        else:
            self.open -= 1

    async def _let_in(self) -> None:
        if self.waiting:
            self.child.engine.call(self.waiting[0], self._free_slot)
        else:
            self.open -= 1

    def reached(self, address: Address) -> None:
        """This address answered: try it first from now on."""
        if self.addresses[0] != address:
            self.addresses = (address, *[a for a in self.addresses if a != address])

    @property
    def idle_lifetime(self) -> float | None:
        """``ttl`` applies to idle connections above ``smax``; None: no limit."""
        parameters = self.worker.parameters
        if parameters.ttl is None:
            return None
        kept = parameters.smax if parameters.smax is not None else parameters.max
        return float(parameters.ttl) if kept is not None and self.open > kept else None


class DisabledPool(Pool):
    """Of a worker whose ``status`` has it disabled, stopped or failed."""

    def acquire(self, asker: Asker) -> None:
        """There is none."""
        shown, scheme = f"{self.authority.host}:{self.authority.port}", self.authority.scheme
        asker.worker_failed(ProxyFault.disabled(shown, scheme=scheme))

    acquire_fresh = acquire


_USUAL_BUFFER: Final = 8192  # ProxyIOBufferSize; not set, it is not ours to read so little


def _why_unresolved(failed: OSError | UnicodeError | LookupError) -> str:
    if isinstance(failed, socket.gaierror) and failed.errno is not None:
        return f"(EAI {-failed.errno}){failed.strerror}"
    return str(failed)


def _known_addresses(worker: Worker, authority: Authority) -> tuple[Address, ...]:
    if worker.unix_path is not None:
        return ((socket.AF_UNIX, worker.unix_path),)
    try:
        ip = ipaddress.ip_address(authority.host)
    except ValueError:
        return ()
    if ip.version == 6:
        return ((socket.AF_INET6, (authority.host, authority.port, 0, 0)),)
    return ((socket.AF_INET, (authority.host, authority.port)),)
