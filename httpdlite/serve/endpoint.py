"""One non-blocking socket of the engine: receive, send or queue, end, reset, interest,
back-pressure.

Comes in: a connected (or connecting) stdlib socket and its flow. Goes out: bytes, and the three
things a flow must know: all sent or queued, end of stream, ``OSError`` when the connection is lost.
It alone knows EAGAIN (the relay's two calls apart). TLS is a second kind of endpoint with the same
methods (``tls_endpoint.py``).

The rules:

1.  An endpoint is open while the engine's table has it under its fd. Closed, every call is harmless
    but ``receive``, ``send`` and ``flush``, which a flow that has closed it does not make.
2.  Bytes go out in the order of the ``send`` calls: while something is queued, everything is. The
    queue is unbounded: who sends pauses his source until ``flush`` says that it is empty.
3.  WRITE is watched exactly while something is queued; READ is the flow's (``pause``, ``resume``).
4.  EAGAIN after readiness is no event: ``receive`` is None, ``send`` queues, ``flush`` is False.
5.  ``close`` ends with FIN after what the kernel holds already; what is queued here is lost.
    ``reset`` ends with RST. Either way the fd lives until the batch is over (engine, rule 3).
"""

import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, Final

from httpdlite.serve.engine import NEVER, READ, WRITE

if TYPE_CHECKING:
    from httpdlite.serve.engine import Engine, Flow

RECEIVE_SIZE: Final = 65536
BUFFER_SIZE: Final = 262144
BUFFER: Final = bytearray(BUFFER_SIZE)  # one per child; nothing in it survives a flow's call
VIEW: Final = memoryview(BUFFER)
SHORT_SIZE: Final = 1024  # of shorter messages the slices exist already (they cost 0.1 µs each)
SHORT_VIEWS: Final = tuple(VIEW[:size] for size in range(SHORT_SIZE))
_RESET: Final = struct.pack("ii", 1, 0)


class Endpoint:
    """A socket within an engine.

    ``interest`` is what epoll watches (READ, WRITE); ``deadline`` is an engine time in seconds;
    ``queue`` holds what could not be sent yet; ``sent`` and ``received`` count bytes.
    """

    is_tls = False

    __slots__ = (
        "deadline",
        "engine",
        "fd",
        "flow",
        "hint",
        "interest",
        "peer",
        "queue",
        "received",
        "registered",
        "sent",
        "serial",
        "sock",
    )

    def __init__(
        self, engine: "Engine", sock: socket.socket, flow: "Flow", interest: int = READ
    ) -> None:
        self.engine = engine
        self.sock = sock
        self.fd = sock.fileno()
        self.flow = flow
        self.peer: Endpoint | None = None  # the other side of a tunnel
        self.interest = interest
        self.registered = False
        self.queue: deque[bytes] | None = None
        self.deadline = NEVER
        self.hint = NEVER
        self.serial = engine.next_serial()
        self.sent = 0
        self.received = 0
        engine.table[self.fd] = self
        engine.register(self)

    @property
    def is_closed(self) -> bool:
        """True once close() or reset() was called."""
        return self.engine.table.get(self.fd) is not self

    # --- interest ---

    def watch(self, interest: int) -> None:
        """Set what epoll watches; a system call only if that changes. Closed: nothing."""
        if self.engine.table.get(self.fd) is not self:
            return
        if interest != self.interest:
            self.interest = interest
            if self.registered:
                self.engine.modify(self)
            elif interest:
                self.engine.register(self)
        elif interest and not self.registered:
            self.engine.register(self)

    def pause(self) -> None:
        """Stop reading (back-pressure, or after the end of the stream)."""
        self.watch(self.interest & ~READ)

    def resume(self) -> None:
        """Read again."""
        self.watch(self.interest | READ)

    def expire_at(self, when: float) -> None:
        """Set the deadline (engine time, seconds); NEVER for none."""
        self.deadline = when
        if when < self.hint:
            self.engine.push_hint(self, when)

    # --- bytes ---

    def receive(self, size: int = RECEIVE_SIZE) -> bytes | None:
        """What has arrived; b"" at the end of the stream, None if nothing is there. Raises OSError:
        connection lost.
        """
        try:
            data = self.sock.recv(size)
        except BlockingIOError:
            return None
        self.received += len(data)
        return data

    def receive_view(self, size: int = BUFFER_SIZE) -> memoryview | None:
        """As ``receive``, within the child's buffer: what is not sent on at once must be copied."""
        try:
            count = self.sock.recv_into(BUFFER, size)
        except BlockingIOError:
            return None
        self.received += count
        return SHORT_VIEWS[count] if count < SHORT_SIZE else VIEW[:count]

    def send(self, data: bytes | memoryview) -> bool:
        """Send, or queue what the socket does not take. True if nothing is queued. Raises OSError:
        connection lost.
        """
        if self.queue:
            self.queue.append(bytes(data))
            return False
        try:
            count = self.sock.send(data)
        except BlockingIOError:
            count = 0
        self.sent += count
        if count == len(data):
            return True
        self.queue_rest(bytes(data[count:]))
        return False

    def queue_rest(self, data: bytes) -> None:
        """Keep what a send left over; it goes out when the socket is writable."""
        if self.queue:
            self.queue.append(data)
        else:
            self.queue = deque((data,))
        self.watch(self.interest | WRITE)

    def flush(self) -> bool:
        """Send from the queue, one piece per call at least. True once it is empty. Raises OSError:
        connection lost.
        """
        queue = self.queue
        while queue:
            piece = queue[0]
            try:
                count = self.sock.send(piece)
            except BlockingIOError:
                return False
            self.sent += count
            if count < len(piece):
                queue[0] = piece[count:]
                return False
            queue.popleft()
        self.queue = None
        self.watch(self.interest & ~WRITE)
        return True

    @property
    def queued(self) -> int:
        """Bytes that wait to be sent."""
        return sum(map(len, self.queue)) if self.queue else 0

    # --- endings ---

    def finish_sending(self) -> None:
        """Half-close: FIN after what was sent (the queue must be empty). Errors are ignored: the
        other side has gone.
        """
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def close(self) -> None:
        """Close when the batch is over; nothing more is called for this endpoint."""
        if self.engine.table.get(self.fd) is self:
            del self.engine.table[self.fd]
            self.queue = None
            self.engine.discard(self.sock)

    def reset(self) -> None:
        """Close with RST: the other side learns that this was no ordinary end."""
        if self.engine.table.get(self.fd) is self:
            try:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            except OSError:
                pass
            self.close()

    def detach(self) -> socket.socket:
        """Take the socket out of the engine, open; the caller owns it from now on."""
        if self.registered:
            self.engine.unregister(self)
        del self.engine.table[self.fd]
        return self.sock
