"""The demo as a person meets it: page, WebSocket through httpdlite, Ctrl-C, a taken port."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.client import connect

from httpdlite.demo import DemoError, page_response, wanted_port
from tests.peers.harness import (
    LOOPBACK,
    PATIENCE,
    Server,
    environment,
    httpdlite_command,
    kill,
    reserved_port,
    run_to_end,
)
from tests.peers.messages import Wire
from tests.peers.recorder import Recorder


@contextmanager
def running_demo(root: Path) -> Iterator[Server]:
    with reserved_port() as port:
        process = subprocess.Popen(
            httpdlite_command("demo"),
            cwd=root,
            env={**environment(), "HTTPDLITE_DEMO_PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            yield Server("httpdlite demo", process, root, port)
        finally:
            if process.poll() is None:
                kill(process)


def announced(server: Server) -> str:
    assert server.process.stdout is not None
    line = server.process.stdout.readline().decode()
    if not line:
        pytest.fail(str(server.process.communicate()))
    return line


@pytest.mark.parametrize("to_all", [True, False], ids=["Ctrl-C", "TERM to the command"])
def test_page_and_websocket_and_a_clean_end(tmp_path: Path, to_all: bool) -> None:
    with running_demo(tmp_path) as demo:
        assert f"http://localhost:{demo.port}/" in announced(demo)
        with demo.connect() as sock:
            wire = Wire(sock)
            wire.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = wire.receive_response()
            assert answer.status == 200
            assert b"new WebSocket(address)" in answer.body
        with connect(f"ws://{LOOPBACK}:{demo.port}/ws2/", proxy=None) as websocket:
            for message in ("text", b"\x00\xff binary"):
                websocket.send(message)
                assert websocket.recv(timeout=PATIENCE) == message
        if to_all:
            os.killpg(demo.process.pid, signal.SIGINT)  # as a terminal does
        else:
            demo.process.terminate()
        stdout, stderr = demo.process.communicate(timeout=PATIENCE)
        assert demo.process.returncode == 0, stderr.decode()
        assert b"Traceback" not in stdout + stderr


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with Recorder() as other:
        command = ["env", f"HTTPDLITE_DEMO_PORT={other.port}", sys.executable, "-m", "httpdlite"]
        done = run_to_end([*command, "demo"], tmp_path)
    assert done.status == 1
    assert f"port {other.port} is taken" in done.stderr
    assert "HTTPDLITE_DEMO_PORT=" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("text,port", [("", 8080), ("80", 80), ("65535", 65535)])
def test_wanted_port(text: str, port: int) -> None:
    assert wanted_port({"HTTPDLITE_DEMO_PORT": text}) == port


@pytest.mark.parametrize("text", ["0", "65536", "http", "-1", "1.5", "²"])
def test_no_port_at_all(text: str) -> None:
    with pytest.raises(DemoError, match="is not a port number"):
        wanted_port({"HTTPDLITE_DEMO_PORT": text})


@pytest.mark.parametrize(
    "method,target,status",
    [
        (b"GET", b"/", 200),
        (b"HEAD", b"/?x", 200),
        (b"GET", b"/other", 404),
        (b"POST", b"/", 405),
        (b"", b"", 405),
    ],
)
def test_the_page_worker_answers_anything(method: bytes, target: bytes, status: int) -> None:
    head, _, body = page_response(method, target).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert bool(body) is (method != b"HEAD")
