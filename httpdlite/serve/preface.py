"""A connection that has to begin with a PROXY header: it is read, and before it nothing else.

Comes in: an accepted socket and the addresses it came from. Goes out: the same socket, of which no
byte more has been read, with the client that was announced; or the connection is closed, and the
error log says why. A flow of the engine. Source: mod_remoteip.c, as observed with 2.4.71.

The header must be there within the time that the first request of a connection has.
"""

import errno
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from httpdlite.proxy.own_name import Client
from httpdlite.proxy.proxyprotocol import LONGEST, Announced, PrefaceError, read_preface
from httpdlite.routes.logline import LogLine
from httpdlite.serve.client import FIRST_MOMENT
from httpdlite.serve.endpoint import RECEIVE_SIZE, Endpoint

if TYPE_CHECKING:
    from httpdlite.serve.child import Child
    from httpdlite.serve.engine import Flow

_ERROR: Final = 3
_INFO: Final = 6
_DEBUG: Final = 7

Welcome = Callable[[socket.socket, Client, "Flow"], None]
"""What is done with the socket then; the flow is whose it is for a moment."""


class Preface:
    """One connection's."""

    __slots__ = ("_child", "_client", "_endpoint", "_seen", "_welcome")

    def __init__(
        self, child: "Child", sock: socket.socket, client: Client, welcome: Welcome
    ) -> None:
        self._child = child
        self._client = client
        self._seen = b""
        self._welcome = welcome
        self._endpoint = endpoint = Endpoint(child.engine, sock, self)
        reception = child.reception(client.local_ip, client.local_port)
        endpoint.expire_at(child.engine.now + reception.first_head)

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        """See engine.Flow."""
        try:
            data = endpoint.sock.recv(LONGEST, socket.MSG_PEEK)
        except BlockingIOError:
            return
        except OSError:
            endpoint.close()
            return
        if not data:
            text = "RemoteIPProxyProtocol: connection closed before a complete header was received"
            self._end(endpoint, _INFO, "AH10634", text)
            return
        try:
            found = read_preface(self._seen + data)
        except PrefaceError as bad:
            self._end(endpoint, _ERROR, bad.code, str(bad))
            return
        taken = len(data) if found is None else found.length - len(self._seen)
        endpoint.sock.recv(taken)
        self._seen += data[:taken]
        if found is not None:
            self._go_on(endpoint, found)

    def _go_on(self, endpoint: Endpoint, found: Announced) -> None:
        client = self._client
        ip, port = client.ip, client.port
        if found.ip is not None:
            ip, port = found.ip, found.port
        text = f"RemoteIPProxyProtocol: received valid PROXY header: {ip}:{port}"
        self._say(_DEBUG, "AH03511", text)
        announced = replace(client, ip=ip, port=port, peer=client, is_announced=True)
        self._welcome(endpoint.detach(), announced, self)

    def drain(self) -> None:
        """The child accepts no more: the header, and a request, may be on the way."""
        endpoint = self._endpoint
        endpoint.expire_at(min(endpoint.deadline, self._child.engine.now + FIRST_MOMENT))

    def on_deadline(self, endpoint: Endpoint) -> None:
        """See engine.Flow."""
        if self._child.is_draining and not self._seen:
            endpoint.close()
            return
        timed_out = f"({errno.ETIMEDOUT}){os.strerror(errno.ETIMEDOUT)}"
        self._end(endpoint, _ERROR, "AH10184", "failed reading input", timed_out)

    def abandon(self) -> None:
        """See engine.Flow."""
        self._endpoint.close()

    def _end(self, endpoint: Endpoint, level: int, code: str, text: str, os_text: str = "") -> None:
        _forget_rest(endpoint.sock)
        endpoint.close()
        self._say(level, code, text, os_text)

    def _say(self, level: int, code: str, text: str, os_text: str = "") -> None:
        client = self._client
        vhost = self._child.reception(client.local_ip, client.local_port).vhost
        line = LogLine("remoteip", level, code, text, os_text)
        self._child.log_error(line, client, vhost)


def _forget_rest(sock: socket.socket) -> None:
    """A close with something unread would be a reset."""
    try:
        sock.recv(RECEIVE_SIZE)
    except OSError:
        return
