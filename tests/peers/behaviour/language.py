"""The words in which behaviour is tried: cases, what a client does, what its worker does.

In: nothing. Out: `Case` and `Configuration`, the rows of the tables beside this file, and short
ways to write them. A client's steps and a worker's acts are bytes to send, or one of the marks
below. A worker is told what to do with its first, second ... request of a case; the last one stands
for all that follow.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

HOST: Final = "a.test"


class Do(Enum):
    """What a client or a worker does besides sending bytes and waiting."""

    END = "ends its side of the connection"
    RESET = "resets the connection"
    # a client's
    NEXT = "reads what it is owed, closes, and goes on with another connection"
    BESIDE = "leaves this connection as it is, and goes on with another one"
    # a worker's
    CLOSE = "ends its side, and reads on until the other does"
    EARLY = "what follows comes before the body has been read"
    BODY = "reads the body now"
    SILENT = "does nothing more until the other side ends the connection"


END: Final = Do.END
RESET: Final = Do.RESET
NEXT: Final = Do.NEXT
BESIDE: Final = Do.BESIDE
CLOSE: Final = Do.CLOSE
EARLY: Final = Do.EARLY
BODY: Final = Do.BODY
SILENT: Final = Do.SILENT


@dataclass(frozen=True, slots=True)
class Pause:
    """Does nothing for a time: for cases that are about time or about separate packets."""

    seconds: float


SPLIT: Final = Pause(0.03)
"""Long enough for what was sent before to be read alone."""


@dataclass(frozen=True, slots=True)
class Until:
    """A client waits until it has received this on its connection."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Reached:
    """A client waits until this many requests of the case have reached the worker."""

    count: int


@dataclass(frozen=True, slots=True)
class Cue:
    """A client lets the worker go on; the worker waits for it with the same word."""

    word: str = "go"


CUE: Final = Cue()

Step = bytes | Do | Pause | Until | Reached | Cue
Acts = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One try. `answers`: final responses a client waits for on each connection; `bodiless`: which
    of them have no body whatever their head says; `slow`: runs beside the others of its kind.
    """

    name: str
    client: Acts
    worker: tuple[Acts, ...]
    answers: int = 1
    bodiless: frozenset[int] = frozenset()
    slow: bool = False
    patience: float = 4.0


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration, and what is tried with it.

    In the text WORKER is the address of the worker, DEAD one where nobody listens, MUTE one that
    never accepts, UNIX the path of a socket of the same worker, PORT the port of the server, ROOT
    a directory of its own, in which `files` are.
    """

    name: str
    text: str
    cases: tuple[Case, ...] = field(repr=False)
    files: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)


def request(
    line: str, *fields: str, body: bytes = b"", host: str | None = HOST, version: str = "HTTP/1.1"
) -> bytes:
    """A request; `line` is method and target, and the version if it is another."""
    first = line if line.count(" ") != 1 else f"{line} {version}"
    hosts = [f"Host: {host}"] if host is not None else []
    return "\r\n".join([first, *hosts, *fields, "", ""]).encode("latin-1") + body


def get(target: str, *fields: str, host: str | None = HOST, version: str = "HTTP/1.1") -> bytes:
    """A GET."""
    return request(f"GET {target} {version}", *fields, host=host)


def post(target: str, *fields: str, body: bytes = b"body") -> bytes:
    """A POST with a length."""
    return request(f"POST {target}", *fields, f"Content-Length: {len(body)}", body=body)


def chunked(target: str, body: bytes, *fields: str) -> bytes:
    """A POST in chunks; `body` is what goes over the wire, with its framing."""
    return request(f"POST {target}", *fields, "Transfer-Encoding: chunked", body=body)


def response(status: str, *fields: str, body: bytes = b"", version: str = "HTTP/1.1") -> bytes:
    """A worker's answer with a length."""
    lines = [f"{version} {status}", *fields, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def raw(*lines: str, body: bytes = b"") -> bytes:
    """A head of exactly these lines, and what follows it."""
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


FINE: Final = response("200 OK", "Content-Type: text/plain", body=b"fine")
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


def case(
    name: str,
    client: bytes | Acts,
    *worker: bytes | Step | Acts,
    answers: int = 1,
    bodiless: tuple[int, ...] | None = None,
    slow: bool = False,
    patience: float = 4.0,
) -> Case:
    """A row: what the client does, then what the worker does with each request; FINE if nothing."""
    steps = client if isinstance(client, tuple) else (client,)
    scripts = tuple(each if isinstance(each, tuple) else (each,) for each in worker)
    first = steps[0] if steps else b""
    if bodiless is None:
        is_head = isinstance(first, bytes) and first.startswith(b"HEAD ")
        bodiless = tuple(range(answers)) if is_head else ()
    return Case(name, steps, scripts or ((FINE,),), answers, frozenset(bodiless), slow, patience)


def slow(
    name: str,
    client: bytes | Acts,
    *worker: bytes | Step | Acts,
    answers: int = 1,
    patience: float = 4.0,
) -> Case:
    """A row about time: it runs beside the other slow ones of its configuration."""
    return case(name, client, *worker, answers=answers, slow=True, patience=patience)
