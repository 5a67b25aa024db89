"""The channel as a child has it: the parent's orders, and what is reported.

Comes in: orders with descriptors. Goes out: calls of the child's; reports. A flow of the engine, so
that an order waits for no task. Without a parent nobody could stop or reload a child: it ends with
its channel.
"""

import os
import socket
from typing import TYPE_CHECKING, Any

from httpdlite.serve.adopting import Adoption
from httpdlite.serve.channel import (
    MOST_BYTES,
    Adopt,
    Ask,
    Drain,
    Handles,
    Order,
    Reopen,
    Stop,
    receive_order,
    report,
)
from httpdlite.serve.endpoint import Endpoint
from httpdlite.serve.engine import WRITE

if TYPE_CHECKING:
    from httpdlite.serve.child import Child


class Orders:
    """The child's end of the channel."""

    def __init__(self, child: "Child", sock: socket.socket) -> None:
        self._child = child
        self._endpoint = Endpoint(child.engine, sock, self)
        self._adoption = Adoption(child)

    def report(self, content: dict[str, Any]) -> None:
        """Tell the parent."""
        try:
            self._endpoint.send(report(content))
        except OSError:
            self.abandon()

    def on_ready(self, endpoint: Endpoint, events: int) -> None:
        """See engine.Flow."""
        try:
            if events & WRITE:
                endpoint.flush()
            if events & ~WRITE:
                received = receive_order(endpoint.sock)
                if received is None:
                    self.abandon()
                else:
                    self._obey(*received)
        except BlockingIOError:
            return
        except OSError:
            self.abandon()

    def on_deadline(self, endpoint: Endpoint) -> None:
        """There is none."""

    def abandon(self) -> None:
        """The parent has gone."""
        self._endpoint.close()
        self._child.stop()

    def _obey(self, order: Order, descriptors: list[int]) -> None:
        child = self._child
        match order:
            case Handles(kind, names):
                self._adoption.take(kind, names, descriptors)
            case Adopt():
                adoption, self._adoption = self._adoption, Adoption(child)
                child.start_task(adoption.run, order, descriptors)
            case Reopen():
                self._adoption.reopen_logs()
            case Drain(seconds):
                child.drain(seconds)
            case Stop():
                child.stop()
            case Ask(number, what):
                self._answer(number, what)

    def _answer(self, number: int, what: str) -> None:
        child = self._child
        if what == "tunnels":
            part: list[list[object]] = []
            size = 0
            for key, count in child.count_tunnels().items():
                part.append([key, count])
                size += 2 * len(key) + 32  # JSON within JSON
                if size > MOST_BYTES // 4:
                    self.report({"answer": number, "tunnels": part, "more": True})
                    part, size = [], 0
            self.report({"answer": number, "tunnels": part})
        elif what == "status":
            self.report({"answer": number, "status": child.status()})
        else:
            self.report({"answer": number, "pid": os.getpid()})
