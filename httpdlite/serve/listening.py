"""The parent's listening sockets: one per child and address.

Comes in: the Listen lines of a configuration. Goes out: for each child the sockets it accepts on.
Hides SO_REUSEPORT (with one socket for all, each connection would wake every child), that an
address must be nobody else's although it is shared among ours, and what a reload changes. The
parent keeps all sockets open, so that a child's successor takes over its predecessor's, with the
connections that wait there. Source: mpm_common (ap_setup_listeners).
"""

import socket
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from httpdlite.serve.listener import BindError, ListenKey, Tuning, bind
from httpdlite.serve.systemd import Inherited, adopt, match

if TYPE_CHECKING:
    from httpdlite.conf.directives.mpm import Listen

Sockets = dict[ListenKey, socket.socket]


def key_of(listen: "Listen") -> ListenKey:
    """What names the sockets of a Listen line."""
    return listen.host, listen.port


class ListeningSockets:
    """The sockets of all children. ``of`` is a child's."""

    def __init__(self, children: int, inherited: Sequence[Inherited] = ()) -> None:
        """``inherited``: sockets that systemd has opened, which all children share; with any, none
        are opened here.
        """
        self.of: list[Sockets] = [{} for _ in range(children)]
        self._inherited = inherited

    @property
    def keys(self) -> tuple[ListenKey, ...]:
        """What is listened on."""
        return tuple(self.of[0])

    def open(self, listens: Sequence["Listen"], tuning: Tuning) -> list[ListenKey]:
        """Listen on what is new of these; the keys. All of them or none: raises BindError, or
        NotPassedError.
        """
        if self._inherited:
            return self._take(listens)
        fresh: list[ListenKey] = []
        by_ipv4 = {listen.port for listen in listens if listen.host == "0.0.0.0"}
        try:
            for listen in listens:
                key = key_of(listen)
                if key not in self.of[0]:
                    fresh.append(key)
                    self._open(listen, key, tuning, ipv4_too=listen.port not in by_ipv4)
        except BindError:
            self.close(fresh)
            raise
        for sockets in self.of:
            for sock in sockets.values():
                sock.listen(tuning.backlog)  # a changed backlog counts from now on
        return fresh

    def _open(self, listen: "Listen", key: ListenKey, tuning: Tuning, *, ipv4_too: bool) -> None:
        first = bind(listen, tuning, ipv4_too=ipv4_too)  # alone: it fails if anybody listens there
        if len(self.of) == 1:
            self.of[0][key] = first
            return
        first.close()
        for sockets in self.of:
            sockets[key] = bind(listen, tuning, ipv4_too=ipv4_too, shares=True)

    def _take(self, listens: Sequence["Listen"]) -> list[ListenKey]:
        fresh = adopt(listens, self._inherited, self.keys)
        for key, sock in fresh.items():
            for sockets in self.of:
                sockets[key] = sock
        return list(fresh)

    def warnings(self, listens: Sequence["Listen"]) -> list[str]:
        """What an operator should know of sockets that systemd has passed."""
        return match(listens, self._inherited).warnings() if self._inherited else []

    def forget_all_but(self, child: int) -> None:
        """In a new child: the others' sockets are none of its business."""
        kept = {id(sock) for sock in self.of[child].values()}
        for sockets in self.of:
            for sock in sockets.values():
                if id(sock) not in kept:
                    sock.close()

    def gone(self, listens: Iterable["Listen"]) -> list[ListenKey]:
        """What is listened on and is not among these."""
        wanted = {key_of(listen) for listen in listens}
        return [key for key in self.of[0] if key not in wanted]

    def close(self, keys: Iterable[ListenKey] | None = None) -> None:
        """Listen there no more; without keys nowhere."""
        for key in tuple(keys if keys is not None else self.keys):
            for sockets in self.of:
                sock = sockets.pop(key, None)
                if sock is not None:
                    sock.close()
