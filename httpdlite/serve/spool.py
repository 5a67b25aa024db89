"""The body of a request that is kept until all of it is there: in memory while it is small, then in
a file without a name in the temporary folder.

Comes in: pieces of a body whose length nobody knows yet, later a worker's connection. Goes out: the
length, and the body in pieces, as fast as the worker takes them and some at a time. Hides the file;
it is written and read in place, since it is the system's cache that does so. Source:
mod_proxy_http, `proxy-sendcl` (spool_reqbody_cl).

The rules:

1.  ``keep`` as often as need be, then ``finish``, then ``send_on`` until it is done. ``close`` may
    come at any time, also twice, and is owed in every ending.
2.  Whatever is wrong with the file (a full disk, no temporary folder) is an ``OSError`` of
    ``keep``, ``finish`` or ``send_on``, and of nothing else.
3.  One call sends ``AT_ONCE`` bytes at most. The last piece of a call is not sent but queued, so
    that the worker is asked for more once its socket is found writable, after the others' turn.
"""

from contextlib import suppress
from tempfile import SpooledTemporaryFile
from typing import Final, Protocol

IN_MEMORY: Final = 65536  # bytes of a body for which no file is made
PIECE: Final = 65536
AT_ONCE: Final = 262144


class Sink(Protocol):
    """What takes a body: a worker's connection."""

    def send_body(self, data: bytes, *, later: bool = False) -> bool:
        """Send, or queue what cannot be sent (``later``: all of it); True if nothing is queued."""


class Spool:
    """One body. ``length`` is that of what was kept; ``first`` its first piece, once finished."""

    __slots__ = ("_file", "_left", "first", "length")

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - see rule 1
        self._left = 0  # bytes behind the first piece that are still to be sent
        self.length = 0
        self.first = b""

    def keep(self, data: bytes) -> None:
        """Some more of the body."""
        self._file.write(data)
        self.length += len(data)

    def finish(self, tail: bytes = b"") -> None:
        """That was all; ``tail`` goes out behind it and does not count."""
        self._file.write(tail)
        self._file.seek(0)  # also writes what Python has kept back
        self.first = self._file.read(PIECE)
        self._left = self.length + len(tail) - len(self.first)

    def send_on(self, sink: Sink) -> bool:
        """Some more of what follows the first piece. True once all of it has been sent or
        queued.
        """
        for at in range(PIECE, AT_ONCE + 1, PIECE):
            if not self._left:
                return True
            piece = self._file.read(PIECE)
            if not piece:
                raise OSError("the spooled body has become shorter")
            self._left -= len(piece)
            if not sink.send_body(piece, later=at == AT_ONCE):
                break
        return not self._left

    def close(self) -> None:
        """Give the room back. What could not be written is not missed any more."""
        self.first = b""
        with suppress(OSError):
            self._file.close()
