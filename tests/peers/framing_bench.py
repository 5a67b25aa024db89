"""A front (httpdlite or apache2) between raw bytes and a worker that reads strictly.

In: the bytes of a client's stream, or of a worker's answer. Out: an `Outcome`: what the client got,
what the worker was sent, and everything that must never be (`faults`): bytes to the worker that are
not one plain message for h11, bytes to the client likewise, answers that went to another request
than the one they were given for, a hang. The checks need no opinion on the message that came in.
"""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from tests.peers.framing_messages import NEXT
from tests.peers.framing_readers import (
    INCOMPLETE,
    Read,
    Reading,
    Unread,
    check_canonical,
    h11_request,
    h11_response,
    ours_request,
    ours_response,
)
from tests.peers.harness import LOOPBACK, Server

PATIENCE: Final = 20.0
CONFIGURATION: Final = """\
LogLevel info
Timeout 10
ProxyTimeout 2
ProxyPass / http://{authority}/
"""
_STATUS: Final = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")
_SEEN: Final = re.compile(rb"\r\nX-Seen: ([0-9]+)\r\n")
_EMPTY_LINES: Final = re.compile(rb"\A(?:\r\n)+")
_HIGH: Final = re.compile(rb"[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that a worker was sent, as h11 reads it, and its bytes."""

    method: bytes
    target: bytes
    payload: bytes
    raw: bytes


@dataclass(slots=True)
class Outcome:
    """What became of one stream at one front."""

    client: bytes
    asked: list[Asked]
    faults: list[str] = field(default_factory=list)

    @property
    def statuses(self) -> tuple[int, ...]:
        """Of every response the client got, in order, 1xx included."""
        return tuple(int(status) for status in _STATUS.findall(self.client))

    @property
    def forwarded(self) -> tuple[tuple[bytes, bytes], ...]:
        """Method and payload of every request that reached the worker."""
        return tuple((asked.method, asked.payload) for asked in self.asked)


class StrictWorker:
    """Reads requests with h11 and notes what is wrong with them. A request for /first is answered
    with `answer`, if there is one; any other with 200 and its number. One whose target is in `held`
    is not noted; it gets that answer, and the worker then waits for the connection's end.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: list[str] = []
        self.answer: bytes | None = None
        self.stays = True
        self.held: dict[bytes, bytes] = {}
        self._listener = socket.create_server((LOOPBACK, 0), backlog=128)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def authority(self) -> str:
        return f"{LOOPBACK}:{self._listener.getsockname()[1]}"

    @contextmanager
    def running(self) -> Iterator["StrictWorker"]:
        accepting = threading.Thread(target=self._accept, daemon=True)
        accepting.start()
        try:
            yield self
        finally:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            self._listener.close()
            with self._lock:
                for sock in self._open:
                    with suppress(OSError):
                        sock.shutdown(socket.SHUT_RDWR)

    def take(self) -> tuple[list[Asked], list[str]]:
        """What was noted since the last call."""
        asked, self.asked = self.asked, []
        faults, self.faults = self.faults, []
        return asked, faults

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        held = b""
        with suppress(OSError), sock:
            while data := sock.recv(65536):
                held += data
                read = _read_forwarded(held)
                if read == INCOMPLETE:
                    continue
                if isinstance(read, Read) and read.target in self.held:
                    sock.sendall(self.held.pop(read.target))
                    while sock.recv(65536):
                        pass
                    break
                if not self._note(read, held):
                    break
                held = b""
                if not self._respond(sock):
                    break
        with self._lock:
            self._open.discard(sock)

    def _note(self, read: Reading, raw: bytes) -> bool:
        wrong = check_canonical(raw, is_request=True)
        if wrong:
            self.faults.append(f"to the worker: {wrong}: {raw!r}")
        if isinstance(read, Unread):
            self.faults.append(f"to the worker: h11: {read.why}: {raw!r}")
            return False
        if read.rest:
            self.faults.append(f"to the worker: more than one request: {raw!r}")
        method = read.start[0]
        assert isinstance(method, bytes)
        self.asked.append(Asked(method, read.target, read.payload, raw))
        return True

    def _respond(self, sock: socket.socket) -> bool:
        asked = self.asked[-1]
        if self.answer is not None and asked.target.endswith(b"/first"):
            self._send_answer(sock, asked.method, self.answer)
            if not self.stays:
                sock.shutdown(socket.SHUT_WR)
            return self.stays
        body = b"" if asked.method == b"HEAD" else b"seen"
        head = b"HTTP/1.1 200 OK\r\nX-Seen: %d\r\nContent-Length: 4\r\n\r\n" % len(self.asked)
        sock.sendall(head + body)
        return True

    def _send_answer(self, sock: socket.socket, method: bytes, answer: bytes) -> None:
        """In two pieces, unless something stands behind the answer: what comes when the connection
        already carries the next request is taken for its answer, and no client of a worker can tell
        (RFC 9112 §9.3 is about idle connections; they are tested to be closed).
        """
        read = ours_response(answer, method)
        if isinstance(read, Read) and not read.rest:
            send_in_pieces(sock, answer)
        else:
            sock.sendall(answer)


def _read_forwarded(raw: bytes) -> Reading:
    """h11's reading; it takes no bytes above ASCII in a target, which end nothing."""
    line, end, rest = raw.partition(b"\r\n")
    return h11_request(_HIGH.sub(b"x", line) + end + rest)


@dataclass(frozen=True, slots=True)
class Bench:
    """A front with its worker; `is_ours` when what it sends is to be checked."""

    server: Server
    worker: StrictWorker
    is_ours: bool

    def ask(self, stream: bytes) -> Outcome:
        """Send a client's stream; the worker answers plainly."""
        self.worker.answer = None
        client = self._talk(stream)
        asked, faults = self.worker.take()
        outcome = Outcome(client, asked)
        if self.is_ours:
            outcome.faults += faults
            _check_answers(stream, outcome)
        return outcome

    def answer(self, answer: bytes, method: bytes) -> Outcome:
        """Ask for /first, which the worker answers with these bytes, and for /next behind it."""
        self.worker.stays = is_complete(answer, method)
        self.worker.answer = answer
        client = self._talk(b"%b /first HTTP/1.1\r\nHost: a\r\n\r\n" % method + NEXT)
        asked, faults = self.worker.take()
        outcome = Outcome(client, asked)
        if self.is_ours:
            outcome.faults += faults
            if any(one.target == b"/first" for one in asked):
                _check_passed_on(answer, method, outcome)
            # else the worker had just closed the pooled connection: 502, as behind Apache
        return outcome

    def _talk(self, stream: bytes) -> bytes:
        parts: list[bytes] = []
        with socket.create_connection((LOOPBACK, self.server.port), timeout=PATIENCE) as sock:
            try:
                send_in_pieces(sock, stream)
                sock.shutdown(socket.SHUT_WR)
                while data := sock.recv(65536):
                    parts.append(data)
            except TimeoutError:
                self.worker.faults.append(f"no end after {PATIENCE} s: {stream!r}")
            except OSError:
                pass  # a reset: what has come counts
        return b"".join(parts)


def send_in_pieces(sock: socket.socket, data: bytes) -> None:
    """A long piece and a short one, cut where the bytes happen to say, so that it is repeatable."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    cut = sum(data) % (2 * len(data) + 1)
    sock.sendall(data[:cut])
    sock.sendall(data[cut:])


def is_complete(answer: bytes, method: bytes) -> bool:
    """Can everybody read the answer while its connection stays open?"""
    ours = ours_response(answer, method, ended=False)
    theirs = h11_response(answer, method, ended=False)
    return isinstance(ours, Read) and isinstance(theirs, Read)


def requests_in(stream: bytes) -> list[Read]:
    """The requests of a client's stream as httpdlite reads them, up to what it refuses."""
    found: list[Read] = []
    stream = _EMPTY_LINES.sub(b"", stream)  # how many are skipped depends on how they arrive
    while stream and isinstance(read := ours_request(stream), Read):
        found.append(read)
        stream = read.rest
    return found


def _check_answers(stream: bytes, outcome: Outcome) -> None:
    """Each answer belongs to its request, and each request to the stream."""
    methods = [request.start[0] for request in requests_in(stream)]
    rest, seen, at = outcome.client, [], 0
    while rest:
        method = methods[at] if at < len(methods) else b"GET"
        assert isinstance(method, bytes)
        if wrong := check_canonical(rest, is_request=False):
            outcome.faults.append(f"to the client: {wrong}: {rest!r}")
            return
        read = h11_response(rest, method)
        if isinstance(read, Unread):
            outcome.faults.append(f"to the client: h11: {read.why}: {rest!r}")
            return
        seen += [int(n) for n in _SEEN.findall(rest[: len(rest) - len(read.rest)])]
        rest, at = read.rest, at + 1
    if seen != list(range(1, len(outcome.asked) + 1)):
        outcome.faults.append(f"answers {seen} for {len(outcome.asked)} requests")
    expected = [(request.start[0], request.payload) for request in requests_in(stream)]
    if not is_subsequence(list(outcome.forwarded), expected):
        outcome.faults.append(f"sent {outcome.forwarded}, read {expected}")


def is_subsequence(some: list[tuple[bytes, bytes]], of: list[tuple[object, bytes]]) -> bool:
    """Do all of `some` stand in `of`, in that order?"""
    rest = iter(of)
    return all(any(one == other for other in rest) for one in some)


CUT: Final = "peer closed connection without sending complete message body"


def _check_passed_on(answer: bytes, method: bytes, outcome: Outcome) -> None:
    """The client reads what httpdlite has read, and then the next answer or the end."""
    ours, rest = ours_response(answer, method), outcome.client
    if not rest:
        outcome.faults.append("the client got nothing")
        return
    at = 0
    while True:  # each head of the first response: interim ones, then the final one
        if wrong := check_canonical(rest[at:], is_request=False):
            outcome.faults.append(f"to the client: {wrong}: {rest[at:]!r}")
            return
        if rest[at:].startswith(b"HTTP/1.1 1"):
            at = rest.index(b"\r\n\r\n", at) + 4
            continue
        break
    theirs = h11_response(rest, method)
    if isinstance(theirs, Unread):
        if not theirs.why.startswith(CUT) or isinstance(ours, Read):
            outcome.faults.append(f"to the client: h11: {theirs.why}: {rest!r}")
        return
    if isinstance(ours, Unread):
        if theirs.start[-1] not in (500, 502):
            outcome.faults.append(f"not refused ({ours.why}): {rest!r}")
    elif (theirs.start[-1], theirs.payload) != (ours.start[-1], ours.payload):
        outcome.faults.append(f"read {ours}, the client reads {theirs}")
    if theirs.rest:
        behind = h11_response(theirs.rest, b"GET")
        if not isinstance(behind, Read) or behind.payload != b"seen" or behind.rest:
            outcome.faults.append(f"to the client: another response: {theirs.rest!r}")


# --- beside Apache --------------------------------------------------------------------------------


def requests_beside(ours: Bench, apache: Bench, stream: bytes) -> tuple[str, str] | None:
    """Who forwards less of a client's stream, and why; None if both forward the same."""
    mine, theirs = ours.ask(stream), apache.ask(stream)
    if mine.forwarded == theirs.forwarded:
        return None
    if is_subsequence(list(mine.forwarded), list(theirs.forwarded)):
        return "httpdlite", _why_not(stream, mine)
    if is_subsequence(list(theirs.forwarded), list(mine.forwarded)):
        return "Apache", f"status {theirs.statuses[-1:]}"
    return "nobody", f"{mine.forwarded} and {theirs.forwarded}"


def _why_not(stream: bytes, outcome: Outcome) -> str:
    found = requests_in(stream)
    refused = [f"status {status}" for status in outcome.statuses if status >= 400]
    last = ours_request(found[-1].rest if found else stream)
    said = [last.why] if isinstance(last, Unread) and last != INCOMPLETE else []
    return "; ".join([*said, *refused])


def responses_beside(apache: Bench, answer: bytes, method: bytes) -> tuple[Reading, Reading]:
    """What a client reads of a worker's answer behind httpdlite and behind Apache: the final status
    and the payload, or why there is no message.
    """
    mine = ours_response(answer, method)
    if isinstance(mine, Read):
        mine = Read(mine.start[-1:], (), mine.payload, b"")
    theirs = h11_response(apache.answer(answer, method).client, method)
    if isinstance(theirs, Unread):
        return mine, theirs
    is_page = theirs.start[-1] in PAGES and not (
        isinstance(mine, Read) and mine.start == theirs.start[-1:]
    )
    if theirs.payload.startswith(b"<!DOCTYPE") or (method == b"HEAD" and is_page):
        return mine, Unread(f"status {theirs.start[-1]}")
    return mine, Read(theirs.start[-1:], (), theirs.payload, b"")


PAGES: Final = (500, 502)
