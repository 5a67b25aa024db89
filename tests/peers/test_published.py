"""Published Apache snippets, replayed: what the real httpd did with them, and what httpdlite does.

Each snippet runs with its workers redirected to recorders; every recorded probe, plain and
upgrading, must give the recorded status, worker, target and fields. The same replay is held
against the real apache2, which shows that the replay itself is right.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.peers.harness import (
    LOOPBACK,
    SHARED,
    Server,
    apache_configuration,
    httpdlite_command,
    httpdlite_configuration,
    require_program,
    require_shared,
    reserved_port,
    run_to_end,
    running_apache,
    running_httpdlite,
    server_directory,
)
from tests.peers.messages import Message, Wire
from tests.peers.published import Replay, read_record, read_snippets
from tests.peers.recorder import Recorder, echo_bytes, response, switching

FOLDER = SHARED / "corpus" / "published"
SNIPPETS, OUT_OF_SCOPE = read_snippets(FOLDER) if FOLDER.exists() else ([], [])
RECORD = read_record(FOLDER) if FOLDER.exists() else {}

REPLAYED = [replay for replay in SNIPPETS if replay.name in RECORD]  # the others httpd refuses
replays = pytest.mark.parametrize("replay", REPLAYED, ids=lambda replay: replay.name)
verdicts = pytest.mark.parametrize("replay", SNIPPETS, ids=lambda replay: replay.name)

NOT_RECORDED = {
    "date", "server", "content-length", "content-type", "keep-alive", "connection", "upgrade",
    "transfer-encoding", "last-modified", "etag", "accept-ranges", "sec-websocket-accept",
}  # fmt: skip
NOT_COMPARED = {
    "x-forwarded-for", "x-forwarded-server", "sec-websocket-key", "sec-websocket-version",
}  # fmt: skip

Result = dict[str, Any]


def test_enough_snippets_are_in_scope(record_property: Callable[[str, object], None]) -> None:
    require_shared("corpus/published")
    record_property("replayed", len(REPLAYED))
    record_property("out of scope", " ".join(OUT_OF_SCOPE))
    assert len(REPLAYED) >= 10, f"out of scope: {OUT_OF_SCOPE}"
    assert len(SNIPPETS) + len(OUT_OF_SCOPE) == len(list(FOLDER.glob("*.conf")))


@replays
@pytest.mark.peer
def test_apache_gives_the_recorded_answers(replay: Replay) -> None:
    assert_as_recorded(replay, running_apache, has_files=True)


@replays
def test_httpdlite_gives_the_recorded_answers(replay: Replay) -> None:
    assert_as_recorded(replay, running_httpdlite, has_files=False)


@verdicts
@pytest.mark.peer
def test_same_verdict_on_the_published_text(replay: Replay) -> None:
    apache2 = require_program("apache2")
    with server_directory() as root:
        conf = apache_configuration(root, 8, replay.published_text())
        theirs = run_to_end([apache2, "-t", "-f", str(conf)], root)
        their_lines = verdict(theirs.stderr, conf, replay)
        conf = httpdlite_configuration(root, 8, replay.published_text())
        ours = run_to_end(httpdlite_command("-t", "-f", str(conf)), root)
        our_lines = verdict(ours.stderr, conf, replay)
    assert ours.status == theirs.status, ours.stderr
    if theirs.status == 0:  # ours may warn of modules that it does not have
        our_lines = our_lines[-len(their_lines) :]
    assert our_lines[: len(their_lines)] == their_lines


def verdict(stderr: str, conf: Path, replay: Replay) -> list[str]:
    """The lines without a timestamp, with positions as those of the snippet."""
    lines = [line for line in stderr.splitlines() if not line.startswith(("[", "AH00558"))]
    prelude = conf.read_text().removesuffix(replay.published_text()).count("\n")
    return [_in_snippet(line, conf, prelude) for line in lines]


def _in_snippet(line: str, conf: Path, prelude: int) -> str:
    start = "AH00526: Syntax error on line "
    if not line.startswith(start):
        return line
    number, _, rest = line.removeprefix(start).partition(" ")
    return f"{start}{int(number) - prelude} {rest}".replace(str(conf), "CONF")


# --- the replay --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stage:
    """A server with a snippet, its workers, and the words to map its answers back."""

    server: Server
    recorders: Mapping[str, Recorder]
    ports: Mapping[str, int]
    written: Mapping[str, str]  # our authority: the snippet's

    def as_written(self, text: str) -> str:
        for ours, theirs in self.written.items():
            text = text.replace(ours, theirs)
        return text


Running = Callable[[str, int], AbstractContextManager[Server]]


def assert_as_recorded(replay: Replay, running: Running, *, has_files: bool) -> None:
    probes = RECORD[replay.name]
    published_ports = {probe["request"]["port"] for probe in probes} | {"80"}
    with staged(replay, running, published_ports) as stage:
        for probe in probes:
            expected = dict(probe["result"])
            if "backend" not in expected and expected["status"] == 200 and not has_files:
                expected["status"] = 404  # a local file; httpdlite serves none so far
            assert ask(stage, probe["request"]) == expected, probe["request"]


@contextmanager
def staged(replay: Replay, running: Running, published_ports: set[str]) -> Iterator[Stage]:
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        recorders, workers = {}, {}
        for authority in replay.authorities:
            recorders[authority] = stack.enter_context(Recorder(recording_worker))
            workers[authority] = recorders[authority].authority
        for number, path in enumerate(replay.unix_paths):
            socket_path = root / f"{number}.sock"
            recorders[f"unix:{path}"] = stack.enter_context(Recorder(recording_worker, socket_path))
            workers[path] = str(socket_path)
        ports = {name: stack.enter_context(reserved_port()) for name in published_ports}
        first = ports[min(published_ports, key=int)]
        others = "".join(f"Listen {LOOPBACK}:{port}\n" for port in ports.values() if port != first)
        server = stack.enter_context(running(others + replay.text(workers, ports), first))
        written = {ours: theirs for theirs, ours in workers.items()}
        yield Stage(server, recorders, ports, written)


def recording_worker(request: Message, wire: Wire) -> bool:
    """The record's worker: 101 for an upgrade; else 200, a Location at itself and a cookie."""
    if (request.value("upgrade") or "").lower() == "websocket":
        wire.send(switching(request))
        echo_bytes(wire)
        return False
    name = wire.sock.getsockname()
    here = f"{name[0]}:{name[1]}" if isinstance(name, tuple) else "localhost"
    location, cookie = f"http://{here}/redir/x", "sid=1; Path=/; Domain=127.0.0.1"
    wire.send(response("200 OK", f"Location: {location}", f"Set-Cookie: {cookie}", body=b"ok\n"))
    return True


def ask(stage: Stage, request: Mapping[str, Any]) -> Result:
    """Sends one probe on a connection of its own; the result in the record's words."""
    before = {name: len(recorder.seen) for name, recorder in stage.recorders.items()}
    with replace(stage.server, port=stage.ports[request["port"]]).connect() as sock:
        wire = Wire(sock)
        wire.send(probe_bytes(request))
        answer = wire.receive_response()
    result: Result = {"status": answer.status}
    for name, recorder in stage.recorders.items():
        for seen in recorder.seen[before[name] :]:
            result |= worker_side(stage, name, seen)
    fields = response_fields(stage, answer)
    return result | ({"response_headers": fields} if fields else {})


def probe_bytes(request: Mapping[str, Any]) -> bytes:
    lines = [f"GET {request['path']} HTTP/1.1", f"Host: {request['host']}"]
    if "upgrade" in request:
        lines += [
            f"Upgrade: {request['upgrade']}",
            f"Connection: {request['connection']}",
            f"Origin: http://{request['host']}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
    return "\r\n".join([*lines, "", ""]).encode()


def worker_side(stage: Stage, name: str, seen: Message) -> Result:
    names = {known for known, _ in seen.fields}
    fields = {known: stage.as_written(str(seen.value(known))) for known in names - NOT_COMPARED}
    return {
        "backend": name,
        "backend_tls": False,
        "backend_target": seen.target,
        "backend_headers": fields,
        "x_forwarded_for": "x-forwarded-for" in names,
    }


def response_fields(stage: Stage, answer: Message) -> dict[str, list[str]]:
    names = {name for name, _ in answer.fields} - NOT_RECORDED
    return {name: [stage.as_written(value) for value in answer.values(name)] for name in names}
