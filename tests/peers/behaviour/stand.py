"""A server with its worker, and the transcript of every case played on it.

In: a configuration. Out: `Transcript`s, lines for what the client got, what the worker was sent and
what the access log says, without what differs from run to run.
"""

import hashlib
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.peers.behaviour.answers import readable
from tests.peers.behaviour.client import Client
from tests.peers.behaviour.language import (
    Case,
    Configuration,
)
from tests.peers.behaviour.worker import END_MARK, Run, Seen, Worker, running_worker
from tests.peers.harness import (
    APACHE_MODULES,
    LOOPBACK,
    PATIENCE,
    Server,
    reserved_port,
    running_apache,
    running_httpdlite,
    server_directory,
)

AT_ONCE: Final = 32
"""Slow cases of a configuration that play at the same time."""
SIDE_BY_SIDE: Final = 5
"""Configurations of a family that play at the same time."""

LONG: Final = 1200
"""Characters of a line that is still shown as it is."""

ACCESS_MODULES: Final = (
    *("access_compat", "authn_core", "authn_file", "auth_basic", "authz_user", "authz_host"),
    "authz_groupfile",
)
_LOADED: Final = "\n".join(
    f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so"
    for name in ("reqtimeout", "remoteip", *ACCESS_MODULES)
)
APACHE_ONLY: Final = f"""\
{_LOADED}
ServerLimit 1
ThreadLimit 200
ThreadsPerChild 200
MinSpareThreads 1
MaxSpareThreads 200
MaxRequestWorkers 200
"""
LOG: Final = """\
LogFormat "%{remote}p %r|%>s %B %u" behaviour
CustomLog "ROOT/access.log" behaviour
"""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What can be seen of a case."""

    client: tuple[str, ...]
    worker: tuple[str, ...]
    log: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """All of it."""
        return [
            *self.client,
            *(f"    worker: {line}" for line in self.worker),
            *(f"    log: {line}" for line in self.log),
        ]


@dataclass(slots=True)
class Played:
    """A case that has been played: before it is tidied."""

    client: list[str]
    ports: list[int]
    run: Run
    settled: bool = True


# --- the stand ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Stand:
    """A port of a running server, and its worker."""

    port: int
    worker: Worker

    def play(self, cases: tuple[Case, ...]) -> dict[str, Played]:
        """Plays the cases: one after the other, then the slow ones together."""
        played = {case.name: self._alone(case) for case in cases if not case.slow}
        slow = [case for case in cases if case.slow]
        runs = {case.name: Run(case) for case in slow}
        marks = {case.name: b"%d" % at for at, case in enumerate(slow)}
        self.worker.runs = {marks[name]: run for name, run in runs.items()}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            tries = {
                name: pool.submit(self._one, run, b"X-Case: " + marks[name] + b"\r\n")
                for name, run in runs.items()
            }
        played |= {name: each.result() for name, each in tries.items()}
        self.worker.settle()
        return played

    def _alone(self, case: Case) -> Played:
        run = self.worker.alone = Run(case)
        played = self._one(run, b"")
        played.settled = self.worker.settle()
        return played

    def _one(self, run: Run, mark: bytes) -> Played:
        client = Client(self.port, run, mark)
        client.play()
        run.end()
        return Played(client.lines, client.ports, run)


@dataclass(frozen=True, slots=True)
class Tidy:
    """Makes transcripts without what differs from run to run; `names` of ports and directories."""

    names: dict[str, str]

    def transcript(self, played: Played, log: dict[str, list[str]]) -> Transcript:
        """Of one case; `log` has the access log's lines by the client's port."""
        is_alone = not played.run.case.slow  # connections of slow cases serve each other, too
        # which of two connections is looked at first is chance
        requests = sorted(played.run.seen, key=lambda seen: seen.connection)
        worker = [line for seen in requests for line in _seen_lines(seen, is_alone)]
        worker += [] if played.settled else ["(a connection stays busy)"]
        logged = [line for port in played.ports for line in log.get(str(port), ())]
        return Transcript(
            tuple(self._line(line) for line in played.client),
            tuple(self._line(line) for line in worker),
            tuple(self._line(line) for line in logged if not line.startswith("GET /.end ")),
        )

    def _line(self, line: str) -> str:
        for value, name in self.names.items():
            line = line.replace(value, name)
        if len(line) > LONG:
            digest = hashlib.sha1(line.encode()).hexdigest()[:6]
            line = f"{line[:60]} ... {line[-60:]} ({len(line)} characters, {digest})"
        year = datetime.now(UTC).year
        line = re.sub(rf"^(Date|Expires): \w+, .* {year} .* GMT$", r"\1: now", line)
        line = re.sub(r"^Server: (Apache|httpdlite)\S*( \(\w+\))?$", "Server: this", line)
        line = re.sub(r"\((Apache|httpdlite)/[\d.]+\w*( \(\w+\))?\)", "(product)", line)
        line = re.sub(r"/hl-\w+/htdocs", "/{SERVER}/htdocs", line)
        return re.sub(r"^X-Case: .*$", "X-Case: n", line)


def _seen_lines(seen: Seen, is_alone: bool) -> list[str]:
    mark = f"{seen.connection}>" if is_alone else ">"
    lines = seen.head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    lines[0] = f"{mark} {lines[0]}"
    if END_MARK in seen.head:
        return lines[:1]
    if seen.empty_line:
        lines.append("(an empty line)")
    if not seen.whole:  # how much of it came is chance
        return [*lines, "(cut)"]
    return [*lines, f"| {readable(seen.body)}"] if seen.body else lines


# --- configurations -------------------------------------------------------------------------------

Running = Callable[[str, int], AbstractContextManager[Server]]


def _apache(body: str, port: int) -> AbstractContextManager[Server]:
    return running_apache(APACHE_ONLY + body, port)


SERVERS: Final[dict[str, Running]] = {"apache2": _apache, "httpdlite": running_httpdlite}


@dataclass(frozen=True, slots=True)
class Place:
    """What a configuration has for itself: its worker, its port, its directory."""

    configuration: Configuration
    worker: Worker
    port: int
    root: Path
    names: dict[str, str]

    @property
    def text(self) -> str:
        """The configuration with the names of its places filled in."""
        return re.sub(
            r"\b(WORKER|DEAD|MUTE|UNIX|ROOT|PORT)\b",
            lambda found: self.names[found[0]],
            f"{LOG}{self.configuration.text}\n",
        )

    @property
    def vhost(self) -> str:
        """The same as a virtual host with an address of its own."""
        return (
            f"Listen {LOOPBACK}:{self.port}\n<VirtualHost {LOOPBACK}:{self.port}>\n"
            f"ServerName front.test\n{self.text}</VirtualHost>\n"
        )

    def play(self, cases: tuple[Case, ...]) -> dict[str, Played]:
        """All its cases."""
        return Stand(self.port, self.worker).play(cases)

    def transcripts(self, played: dict[str, Played]) -> dict[str, Transcript]:
        """What was played, tidied, with its lines of the access log (of a stopped server)."""
        tidy = Tidy({value.rpartition(":")[2]: f"{{{name}}}" for name, value in self.names.items()})
        by_port: dict[str, list[str]] = {}
        for line in (self.root / "access.log").read_text("latin-1").splitlines():
            port, _, text = line.partition(" ")
            by_port.setdefault(port, []).append(text)
        return {name: tidy.transcript(each, by_port) for name, each in played.items()}


@contextmanager
def _place(configuration: Configuration) -> Iterator[Place]:
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        worker = stack.enter_context(running_worker(root / "worker.sock"))
        port = stack.enter_context(reserved_port())
        names = {
            "UNIX": str(root / "worker.sock"),
            "ROOT": str(root),
            "PORT": str(port),
            "WORKER": f"{LOOPBACK}:{worker.port}",
            "DEAD": f"{LOOPBACK}:{stack.enter_context(reserved_port())}",
            "MUTE": f"{LOOPBACK}:{stack.enter_context(_mute())}",
        }
        for name, content in configuration.files:
            (root / name).write_bytes(content)
        yield Place(configuration, worker, port, root, names)


Chosen = Callable[[Case], bool]
THE_SERVER: Final = "the server"
"""Stands for a case: how the server ended."""
CLEAN_END: Final = Transcript(("a clean end",), (), ())


def transcribe(
    name: str, family: tuple[Configuration, ...], chosen: Chosen = lambda _case: True
) -> dict[str, dict[str, Transcript]]:
    """Starts the server `name` with a family of configurations, plays the cases, stops it.

    A configuration alone is the main server's; several are virtual hosts, each with a port.
    """
    with ExitStack() as stack:
        places = [stack.enter_context(_place(each)) for each in family]
        main = stack.enter_context(reserved_port()) if len(places) > 1 else places[0].port
        text = places[0].text if len(places) == 1 else "".join(place.vhost for place in places)
        played: list[dict[str, Played]] = []
        end = CLEAN_END
        try:
            with SERVERS[name](text, main):
                played += _play_all(places, chosen)
        except AssertionError as error:
            if not played:
                raise
            end = _bad_end(str(error))
        found = {
            place.configuration.name: place.transcripts(each)
            for place, each in zip(places, played, strict=True)
        }
        found[family[0].name][THE_SERVER] = end
        return found


def _bad_end(text: str) -> Transcript:
    """What matters of a server's output: its first traceback, and how many there are."""
    lines = text.splitlines()
    traces = [line for line in lines if "Traceback" in line]
    shown = (f"{len(traces)} tracebacks", *traces[0].split("\\n")) if traces else tuple(lines[:20])
    return Transcript(shown, (), ())


def _play_all(places: list[Place], chosen: Chosen) -> list[dict[str, Played]]:
    for place in places:
        _wait_answering(place.port)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        tries = [
            pool.submit(place.play, tuple(filter(chosen, place.configuration.cases)))
            for place in places
        ]
        return [each.result() for each in tries]


def _wait_answering(port: int) -> None:
    """The harness waits for one port only."""
    until = time.monotonic() + PATIENCE
    while True:
        with suppress(ConnectionRefusedError), socket.create_connection((LOOPBACK, port)):
            return
        assert time.monotonic() < until, f"nobody listens on {port}"
        time.sleep(0.01)


@contextmanager
def _mute() -> Iterator[int]:
    """A port where connections are never established: its backlog is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((LOOPBACK, 0), backlog=0))
        address = listener.getsockname()
        for _ in range(3):
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(address)
        yield address[1]
