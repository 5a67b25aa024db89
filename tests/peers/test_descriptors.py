"""httpdlite as a process with few descriptors: it says so, refuses, and goes on."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.peers.harness import (
    PATIENCE,
    Server,
    httpdlite_command,
    httpdlite_configuration,
    kill,
    reserved_port,
    server_directory,
    start,
    stop_cleanly,
)
from tests.peers.messages import Wire
from tests.peers.recorder import Recorder

ASK = (
    b"GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
ROOM = 80


@contextmanager
def running(body: str, shell: str) -> Iterator[Server]:
    """httpdlite started by a shell that changes its limits first."""
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        port = stack.enter_context(reserved_port())
        conf = httpdlite_configuration(root, port, body)
        command = httpdlite_command("-f", str(conf), "-X")
        prefix = ["/bin/sh", "-c", f'{shell}; exec "$@"', "sh"]
        server = start("httpdlite", [*prefix, *command], root, port)
        stack.callback(kill, server.process)
        yield server
        stop_cleanly(server)


def tunnel(server: Server, stack: ExitStack) -> Wire | None:
    """A tunnel that works; None after a 503."""
    wire = Wire(stack.enter_context(server.connect()))
    wire.send(ASK)
    if wire.receive_response().status == 503:
        return None
    assert echoes(wire)
    return wire


def echoes(wire: Wire) -> bool:
    wire.send(b"ping")
    return wire.receive_exactly(4) == b"ping"


def descriptors(server: Server) -> int:
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))  # noqa: PTH208 - names, not paths


def wait_for_tunnel(server: Server, stack: ExitStack) -> Wire:
    for _ in range(int(PATIENCE / 0.02)):
        wire = tunnel(server, stack)
        if wire is not None:
            return wire
        signal.sigtimedwait([], 0.02)
    pytest.fail(f"no tunnel although there is room:\n{server.error_log}")


def test_the_limit_is_raised_at_start() -> None:
    with Recorder() as worker:
        rule = f"ProxyPass / ws://{worker.authority}/\n"
        with running(rule, f"ulimit -S -n {ROOM}") as server, ExitStack() as stack:
            for _ in range(ROOM):
                assert tunnel(server, stack) is not None
            soft, hard = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
            assert soft == hard


@pytest.mark.parametrize("kind", ["On", "Off"])
def test_tunnels_up_to_the_limit(kind: str) -> None:
    with Recorder() as worker, ExitStack() as stack:
        rule = f"ProxyWebsocketAsync {kind}\nProxyPass / ws://{worker.authority}/\n"
        server = stack.enter_context(running(rule, f"ulimit -n {ROOM}"))
        tunnels: list[Wire] = []
        while (another := tunnel(server, stack)) is not None:
            tunnels.append(another)
            assert descriptors(server) < ROOM
        assert len(tunnels) >= ROOM // 2 - 30
        for _ in range(10):
            assert tunnel(server, stack) is None
        assert all(map(echoes, tunnels))
        assert server.error_log.count("no more connections to workers can be made") == 1
        assert f"the limit is {ROOM} descriptors" in server.error_log
        assert "Too many open files" not in server.error_log
        for wire in tunnels[:5]:
            wire.sock.close()
        wait_for_tunnel(server, stack)


def test_accept_that_fails_is_tried_again() -> None:
    """The limit is lowered behind its back, so that accept() itself fails."""
    with Recorder() as worker, ExitStack() as stack:
        rule = f"ProxyPass / ws://{worker.authority}/\n"
        server = stack.enter_context(running(rule, f"ulimit -S -n {ROOM}"))
        pid = server.process.pid
        first = tunnel(server, stack)
        assert first is not None
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, hard))  # all below is in use
        late = Wire(stack.enter_context(server.connect()))
        late.send(ASK)
        for _ in range(int(PATIENCE / 0.02)):
            if "(24)Too many open files" in server.error_log:
                break
            signal.sigtimedwait([], 0.02)
        assert echoes(first)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
        assert late.receive_response().status == 101
        assert server.error_log.count("no connection can be accepted") == 1
        assert Path(f"/proc/{pid}").exists()
