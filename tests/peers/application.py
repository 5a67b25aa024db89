"""A WebSocket application built on the `websockets` library, as the worker of a tunnel test.

In: connections whose path names what the application does with them. Out: how each of them ended
for the worker, found again by the query of its path. Paths: `/echo` returns messages, `/fragments`
the sizes of a message's fragments, `/split` sends one message in fragments, `/ping` pings and says
when the pong came, `/close/CODE/REASON` closes first, `/count/N` sends N numbered messages.
"""

import json
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import unquote

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from tests.peers.harness import LOOPBACK, PATIENCE

LARGEST = 4 * 1024 * 1024
SUBPROTOCOL = Subprotocol("chat.v2")
End = tuple[int | None, str | None]
"""Code and reason of the close frame that the worker received; None without one."""


@dataclass(frozen=True, slots=True)
class Application:
    """The running application: its port, and how connections ended."""

    port: int
    ended: "queue.Queue[tuple[str, End]]"

    @property
    def authority(self) -> str:
        """`127.0.0.1:port`."""
        return f"{LOOPBACK}:{self.port}"

    def wait_end(self, query: str) -> End:
        """Waits until the connection with this query has ended."""
        others = []
        try:
            while True:
                known, end = self.ended.get(timeout=PATIENCE)
                if known == query:
                    return end
                others.append((known, end))
        finally:
            for other in others:  # somebody may wait for these, too
                self.ended.put(other)


@contextmanager
def running_application(compression: str | None = "deflate") -> Iterator[Application]:
    """The application on a port of its own, in threads of this process."""
    ended: queue.Queue[tuple[str, End]] = queue.Queue()

    def handle(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            behave(connection)
        with suppress(ConnectionClosed):
            while True:
                connection.recv()
        received = connection.protocol.close_rcvd
        assert connection.request is not None
        query = connection.request.path.partition("?")[2]
        ended.put((query, (received.code, received.reason) if received else (None, None)))

    server: Server
    with serve(
        handle,
        LOOPBACK,
        0,
        compression=compression,
        select_subprotocol=choose_subprotocol,
        max_size=LARGEST,
        ping_interval=None,
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Application(server.socket.getsockname()[1], ended)
        finally:
            server.shutdown()
            thread.join()


def choose_subprotocol(
    _connection: ServerConnection, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    """Ours if the client offers it; none is fine too."""
    return SUBPROTOCOL if SUBPROTOCOL in offered else None


def behave(connection: ServerConnection) -> None:
    """Does what the request's path says, until it is done or the connection is closed."""
    assert connection.request is not None
    action, *words = connection.request.path.partition("?")[0].lstrip("/").split("/")
    match action:
        case "echo":
            for message in connection:
                connection.send(message)
        case "fragments":
            sizes = [len(part) for part in connection.recv_streaming()]
            connection.send(json.dumps(sizes))
        case "split":
            connection.send(["one ", "two ", "three"])
        case "ping":
            answered = connection.ping(b"from the worker").wait(PATIENCE)
            connection.send("pong came" if answered else "no pong")
        case "close":
            connection.close(int(words[0]), unquote(words[1]))
        case "count":
            for number in range(int(words[0])):
                connection.send(str(number))
