"""Published Apache snippets, replayed: what the real httpd did with them, and what httpdlite does.

Each snippet runs with its workers redirected to recorders; every recorded probe, plain and
upgrading, must give the recorded status, worker, target and fields. The same replay is held
against the real apache2, which shows that the replay itself is right.

Every snippet has its own ports, workers and files. Those that are nothing but virtual hosts have a
server of httpdlite together, some at a time: a start costs more than the requests.
"""

import base64
import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import pytest

from tests.certificates import Issued, self_signed
from tests.peers.harness import (
    APACHE_MODULES,
    LOOPBACK,
    PATIENCE,
    SHARED,
    Server,
    require_shared,
    reserved_port,
    running_apache,
    running_httpdlite,
    server_directory,
    wait_answering,
)
from tests.peers.messages import Message, Wire
from tests.peers.published import Replay, read_record, read_snippets
from tests.peers.recorder import Recorder, TlsRecorder, echo_bytes, response, switching

FOLDER = SHARED / "corpus" / "published"
RECORD = read_record(FOLDER) if FOLDER.exists() else {}
SNIPPETS = {each.name: each for each in read_snippets(FOLDER) if each.name in RECORD}

REFUSED: Final = {
    "bokeh-balancer": "balancers",
    "diaspora-balancer-gist": "balancers",
    "laravel-s": "balancers",
    "rocketchat-multi": "balancers",
    "mastodon": "SSLUseStapling",
    "pleroma": "SSLUseStapling",
    "seafile-shibboleth": "shibboleth",
    "zulip": "SSLOpenSSLConfCmd curves",
}
"""What httpdlite does not start with, and the word that says why."""

DIFFERENT: Final[tuple[tuple[str, str, Mapping[str, Any], str], ...]] = ()
"""Snippet, path, what httpdlite answers instead, why."""

USERS: Final = "anthony:$apr1$abcdefgh$FBwExRW4dCc8aL.OvjpIE1\n"  # password

MORE_MODULES: Final = """
access_compat auth_basic authn_core authn_file authz_groupfile authz_host authz_user deflate
expires filter lbmethod_bybusyness lbmethod_bytraffic remoteip reqtimeout socache_shmcb ssl status
substitute
"""

NOT_RECORDED = {
    "date", "server", "content-length", "content-type", "keep-alive", "connection", "upgrade",
    "transfer-encoding", "last-modified", "etag", "accept-ranges", "sec-websocket-accept",
}  # fmt: skip
NOT_COMPARED = {
    "x-forwarded-for", "x-forwarded-server", "sec-websocket-key", "sec-websocket-version",
}  # fmt: skip

Result = dict[str, Any]


def test_all_snippets_are_replayed() -> None:
    require_shared("corpus/published")
    assert set(SNIPPETS) == set(RECORD)
    assert len(SNIPPETS) >= 101
    assert set(REFUSED) < set(SNIPPETS)


REPLAYED: Final = sorted(SNIPPETS.keys() - REFUSED.keys())
BY_APACHE: Final = REPLAYED if os.environ.get("HTTPDLITE_ALL_SNIPPETS") else REPLAYED[::12]
"""A sample: Apache's own answers are what is recorded, so this only tries the replay."""


@pytest.mark.peer
@pytest.mark.parametrize("name", BY_APACHE)
def test_apache_gives_the_recorded_answers(name: str) -> None:
    """The replay is right."""
    modules = "".join(
        f"LoadModule {module}_module {APACHE_MODULES}/mod_{module}.so\n"
        for module in MORE_MODULES.split()
    )

    def running(body: str, port: int) -> AbstractContextManager[Server]:
        return running_apache(modules + body, port)

    assert_as_recorded([SNIPPETS[name]], running, is_ours=False)


AT_ONCE: Final = 9
TOGETHER: Final = [name for name in REPLAYED if SNIPPETS[name].is_vhosts]
BATCHES: Final = [
    *([name] for name in REPLAYED if name not in TOGETHER),
    *(TOGETHER[at : at + AT_ONCE] for at in range(0, len(TOGETHER), AT_ONCE)),
]


def test_every_snippet_is_in_a_batch() -> None:
    require_shared("corpus/published")
    assert sorted(name for batch in BATCHES for name in batch) == REPLAYED


@pytest.mark.parametrize("names", BATCHES, ids=" ".join)
def test_httpdlite_gives_the_recorded_answers(names: list[str]) -> None:
    assert_as_recorded([SNIPPETS[name] for name in names], running_httpdlite, is_ours=True)


@pytest.mark.parametrize("name", sorted(REFUSED.keys() & SNIPPETS.keys()))
def test_httpdlite_refuses(name: str) -> None:
    with (
        pytest.raises(pytest.fail.Exception, match=f"{REFUSED[name]}.* not supported"),
        staged([SNIPPETS[name]], running_httpdlite),
    ):
        pass


# --- the replay --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stage:
    """A snippet with its workers, and the words to map its answers back."""

    conf: Path
    recorders: Mapping[str, Recorder]
    ports: Mapping[str, int]
    written: Mapping[str, str]  # our authority: the snippet's

    def as_written(self, text: str) -> str:
        for ours, theirs in self.written.items():
            text = text.replace(ours, theirs)
        for theirs, port in self.ports.items():
            text = text.replace(f":{port}", "" if theirs in ("80", "443") else f":{theirs}")
        return text


Running = Callable[[str, int], AbstractContextManager[Server]]


def assert_as_recorded(replays: Sequence[Replay], running: Running, *, is_ours: bool) -> None:
    unlike = []
    with staged(replays, running) as stages:
        for replay, stage in zip(replays, stages, strict=True):
            for probe in RECORD[replay.name]:
                expected = expectation(replay.name, probe, is_ours=is_ours)
                found = ask(stage, probe["request"])
                if found != expected:
                    said = unlikeness(probe["request"], expected, found)
                    unlike.append(f"{replay.name}: {said}")
    assert not unlike, f"{len(unlike)} differ\n" + "\n".join(unlike)


def unlikeness(request: object, expected: Result, found: Result) -> str:
    keys = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
    lines = [f"    {key}: {expected.get(key)!r} -> {found.get(key)!r}" for key in keys]
    return "\n".join([str(request), *lines])


def expectation(name: str, probe: Mapping[str, Any], *, is_ours: bool) -> Result:
    expected = dict(probe["result"])
    if not is_ours:
        return expected
    if "backend" not in expected and expected["status"] == 200:
        expected["status"] = 404  # a local file; httpdlite serves none
    for snippet, path, instead, _why in DIFFERENT:
        if snippet == name and fnmatchcase(probe["request"]["path"], path):
            expected |= instead
    return expected


def certificate_for(replay: Replay, probes: list[dict[str, Any]]) -> Issued:
    hosts = {probe["request"]["host"] for probe in probes if probe["request"]["tls"]}
    return self_signed(LOOPBACK, "localhost", *sorted(hosts))


def make_files(root: Path, certificate: Issued) -> None:
    """What snippets name: a certificate with its key, users, groups."""
    (root / "pair.pem").write_bytes(certificate.pem + certificate.key)
    (root / "htdocs").mkdir()
    (root / "htdocs" / "index.html").write_text("a local file\n")
    (root / "users").write_text(USERS)
    (root / "groups").write_text("pusher: anthony\n")


@contextmanager
def staged(replays: Sequence[Replay], running: Running) -> Iterator[list[Stage]]:
    """One server with some snippets."""
    with ExitStack() as stack:
        stages = [stack.enter_context(prepared(replay)) for replay in replays]
        first, *others = (port for stage in stages for port in stage.ports.values())
        lines = [f"Listen {LOOPBACK}:{port}" for port in others]
        lines += [f"Include {stage.conf}" for stage in stages]
        server = stack.enter_context(running("\n".join([*lines, ""]), first))
        for port in others:
            wait_answering(replace(server, port=port))
        yield stages


@contextmanager
def prepared(replay: Replay) -> Iterator[Stage]:
    """All that a snippet needs but the server."""
    probes = RECORD[replay.name]
    secure = {p["result"].get("backend") for p in probes if p["result"].get("backend_tls")}
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        recorders: dict[str, Recorder] = {}
        workers = {}
        certificate = certificate_for(replay, probes)
        make_files(root, certificate)
        for authority in (*replay.authorities, "MAPPED-TARGET"):
            recorder = (
                TlsRecorder(recording_worker, root / "pair.pem")
                if authority in secure
                else PlainRecorder(recording_worker)
            )
            recorders[authority] = stack.enter_context(recorder)
            workers[authority] = recorder.authority
        (root / "proxy.txt").write_text(f"a {workers['MAPPED-TARGET']}\n")
        for number, path in enumerate(replay.unix_paths):
            socket_path = root / f"{number}.sock"
            recorders[f"unix:{path}"] = stack.enter_context(Recorder(recording_worker, socket_path))
            workers[path] = str(socket_path)
        published_ports = {probe["request"]["port"] for probe in probes} | {"80"}
        ports = {
            name: stack.enter_context(reserved_port()) for name in sorted(published_ports, key=int)
        }
        conf = root / f"{replay.name}.conf"
        conf.write_text(replay.text(workers, ports, root))
        written = {ours: theirs for theirs, ours in workers.items()}
        yield Stage(conf, recorders, ports, written)


class PlainRecorder(Recorder):
    """Ends connections of those who begin with TLS."""

    def _serve(self, sock: socket.socket) -> None:
        with suppress(OSError):
            if sock.recv(1, socket.MSG_PEEK) == b"\x16":
                sock.shutdown(socket.SHUT_RDWR)
        super()._serve(sock)


def recording_worker(request: Message, wire: Wire) -> bool:
    """The record's worker: 101 for an upgrade; else 200, a Location at itself and a cookie."""
    if (request.value("upgrade") or "").lower() == "websocket":
        wire.send(switching(request))
        echo_bytes(wire)
        return False
    name = wire.sock.getsockname()
    here = f"{name[0]}:{name[1]}" if isinstance(name, tuple) else "localhost"
    scheme = "https" if isinstance(wire.sock, ssl.SSLSocket) else "http"
    location, cookie = f"{scheme}://{here}/redir/x", "sid=1; Path=/; Domain=127.0.0.1"
    wire.send(response("200 OK", f"Location: {location}", f"Set-Cookie: {cookie}", body=b"ok\n"))
    return True


def connection(stage: Stage, request: Mapping[str, Any]) -> socket.socket:
    port = stage.ports[request["port"]]
    sock = socket.create_connection((LOOPBACK, port), timeout=PATIENCE)
    if not request["tls"]:
        return sock
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # authorities would take long to read
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(sock, server_hostname=request["host"])


def ask(stage: Stage, request: Mapping[str, Any]) -> Result:
    """Sends one probe on a connection of its own; the result in the record's words."""
    before = {name: len(recorder.seen) for name, recorder in stage.recorders.items()}
    with connection(stage, request) as sock:
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
    if "basic_auth" in request:
        known = base64.b64encode(request["basic_auth"].encode()).decode()
        lines.append(f"Authorization: Basic {known}")
    return "\r\n".join([*lines, "", ""]).encode()


def worker_side(stage: Stage, name: str, seen: Message) -> Result:
    names = {known for known, _ in seen.fields}
    fields = {known: stage.as_written(seen.values(known)[-1]) for known in names - NOT_COMPARED}
    return {
        "backend": name,
        "backend_tls": isinstance(stage.recorders[name], TlsRecorder),
        "backend_target": seen.target,
        "backend_headers": fields,
        "x_forwarded_for": "x-forwarded-for" in names,
    }


def response_fields(stage: Stage, answer: Message) -> dict[str, list[str]]:
    names = {name for name, _ in answer.fields} - NOT_RECORDED
    return {name: [stage.as_written(value) for value in answer.values(name)] for name in names}
