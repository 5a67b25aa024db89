"""One Listen address: a trio task that registers its socket with the engine, which accepts.

Comes in: a bound socket. Goes out: ``ClientConnection`` flows, after a PROXY header where the
address wants one (``preface.py``) and a handshake where it speaks TLS (``tls_front.py``). Hides how
many are accepted per call (at most 16) and what happens when descriptors run out
(``descriptors.py``): accepting pauses for a moment instead of spinning, and the error log says so.
Sources: Apache mpm_common (Listen, ListenBacklog 511); AH00072 when an address cannot be bound.
"""

import errno
import os
import socket
from sys import intern
from typing import TYPE_CHECKING, Final, NamedTuple

import trio

from httpdlite.proxy.own_name import Client
from httpdlite.serve.client import ClientConnection
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import NEVER
from httpdlite.serve.preface import Preface
from httpdlite.serve.tls_front import Greeting

if TYPE_CHECKING:
    from httpdlite.conf.directives.mpm import Listen
    from httpdlite.serve.child import Child
    from httpdlite.serve.engine import Flow

ACCEPTS_PER_CALL: Final = 16
PAUSE_SECONDS: Final = 0.1
_SHORTAGE: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
_WITHOUT_IPV6: Final = frozenset((errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL))
_ANY: Final = frozenset(("0.0.0.0", "::"))


ListenKey = tuple[str | None, int]
"""A Listen's host and port, which name its sockets over reloads."""


class Tuning(NamedTuple):
    """ListenBacklog; SendBufferSize and ReceiveBufferSize, 0 for the system's. What is accepted
    inherits the buffers.
    """

    backlog: int = 511
    send_buffer: int = 0
    receive_buffer: int = 0


USUAL: Final = Tuning()


class BindError(Exception):
    """An address that cannot be listened on; str() is Apache's line, ``number`` the errno."""

    def __init__(self, failed: OSError, host: str, port: int) -> None:
        self.number = failed.errno or 0
        shown = f"[{host}]" if ":" in host else host
        why = f"({self.number}){os.strerror(self.number)}"
        super().__init__(f"{why}: AH00072: make_sock: could not bind to address {shown}:{port}")


def bind(
    listen: "Listen", tuning: Tuning = USUAL, *, ipv4_too: bool = True, shares: bool = False
) -> socket.socket:
    """A listening, non-blocking socket. No address: all, IPv6 with IPv4 mapped, as Apache; only
    IPv4 where the machine has no IPv6. ``ipv4_too``: not if IPv4 has a Listen of its own for the
    port. ``shares``: others of ours may listen there, too. Raises BindError.
    """
    if listen.host is not None:
        return _bind(listen.host, listen.port, tuning, ipv4_too=ipv4_too, shares=shares)
    try:
        return _bind("::", listen.port, tuning, ipv4_too=ipv4_too, shares=shares)
    except BindError as failed:
        if failed.number not in _WITHOUT_IPV6:
            raise
        return _bind("0.0.0.0", listen.port, tuning, ipv4_too=True, shares=shares)


def _bind(host: str, port: int, tuning: Tuning, *, ipv4_too: bool, shares: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as failed:
        raise BindError(failed, host, port) from failed
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shares:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what it accepts inherits it
        if family == socket.AF_INET6:
            sock.setsockopt(
                socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not (host == "::" and ipv4_too)
            )
        if tuning.send_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, tuning.send_buffer)
        if tuning.receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, tuning.receive_buffer)
        sock.bind((host, port))
        sock.listen(tuning.backlog)
        sock.setblocking(False)
    except OSError as failed:
        sock.close()
        raise BindError(failed, host, port) from failed
    return sock


class Listener:
    """Accepts on one socket. A flow of the engine. ``key`` is the Listen's, for reloads."""

    def __init__(self, child: "Child", sock: socket.socket, key: ListenKey | None = None) -> None:
        self.child = child
        self.key = key
        self._sock = sock
        self._endpoint: Endpoint | None = None
        self._scope = trio.CancelScope()
        name = sock.getsockname()
        self.address: tuple[str, int] = name[0], name[1]
        self.is_any = self.address[0] in _ANY

    async def run(
        self, *, task_status: trio.TaskStatus[tuple[str, int]] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Accept until cancelled; the address bound comes back when accepting has begun."""
        self._endpoint = Endpoint(self.child.engine, self._sock, self)
        task_status.started(self.address)
        try:
            with self._scope:
                await trio.sleep_forever()
        finally:
            self.abandon()

    def stop(self) -> None:
        """Take what has connected already, and no more."""
        endpoint = self._endpoint
        if endpoint is None or endpoint.is_closed:
            return
        while self._accept(endpoint):
            pass
        self.abandon()
        self._scope.cancel()
        if self in self.child.listeners:
            self.child.listeners.remove(self)

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        """Accept what is there."""
        for _ in range(ACCEPTS_PER_CALL):
            if not self._accept(endpoint):
                return

    def _accept(self, endpoint: Endpoint) -> bool:
        """One connection; False if there is none, or no room."""
        if not self.child.has_room_for_client():
            self._pause(endpoint)
            return False
        try:
            sock, peer = self._sock.accept()
        except BlockingIOError:
            return False
        except OSError as failed:
            if failed.errno in _SHORTAGE:
                self._pause(endpoint, f"({failed.errno}){os.strerror(failed.errno or 0)}")
                return False
            return True  # that client has gone again (ECONNABORTED and its like)
        self._welcome(sock, peer[0], peer[1])
        return True

    def _welcome(self, sock: socket.socket, ip: str, port: int) -> None:
        sock.setblocking(False)
        local = self.address
        if self.is_any:
            try:
                name = sock.getsockname()
            except OSError:
                sock.close()
                return
            local = name[0], name[1]
        client = Client(intern(unmapped(ip)), port, unmapped(local[0]), local[1])
        prefaces = self.child.site.prefaces
        if prefaces.is_used and prefaces.expects(client.ip, client.local_ip, client.local_port):
            Preface(self.child, sock, client, self._serve)
            return
        self._serve(sock, client, self)

    def _serve(self, sock: socket.socket, client: Client, flow: "Flow") -> None:
        child = self.child
        if child.tls.is_used:
            first = child.reception(client.local_ip, client.local_port).vhost
            if first.tls is not None:
                Greeting(child, client, first).begin(sock, flow)
                return
        connection = ClientConnection(child, Endpoint(child.engine, sock, flow), client)
        if child.is_draining:
            connection.drain()

    def _pause(self, endpoint: Endpoint, os_text: str = "") -> None:
        endpoint.pause()
        endpoint.expire_at(self.child.engine.now + PAUSE_SECONDS)
        text = f"no connection can be accepted on {self.address[0]}:{self.address[1]}, trying again"
        self.child.say_shortage(text, os_text)

    def on_deadline(self, endpoint: Endpoint) -> None:
        """Try again after a shortage."""
        endpoint.deadline = NEVER
        endpoint.resume()

    def abandon(self) -> None:
        """Stop listening."""
        if self._endpoint is not None:
            self._endpoint.close()


def unmapped(ip: str) -> str:
    """An IPv4 address that came in on an IPv6 socket, as IPv4; without a zone."""
    if ip.startswith("::ffff:") and "." in ip:
        return ip[7:]
    return ip.partition("%")[0]
