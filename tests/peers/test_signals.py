"""Signals to a running httpdlite: HUP and USR1 reopen the logs, TERM and INT stop it cleanly."""

import signal
from pathlib import Path

import pytest

from tests.peers.harness import PATIENCE, Server, end_of, running_httpdlite, stop_cleanly

GET = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"


def ask(server: Server) -> bytes:
    with server.connect() as client:
        client.sendall(GET)
        return client.recv(65536)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1])
def test_renamed_logs_are_left_behind(tmp_path: Path, number: signal.Signals) -> None:
    log = tmp_path / "access.log"
    body = f'CustomLog {log} "%s %U"\nProxyPass / http://127.0.0.1:1/\n'
    with running_httpdlite(body) as server:
        assert ask(server).startswith(b"HTTP/1.1 503 ")
        log.rename(tmp_path / "access.log.1")
        server.process.send_signal(number)
        for _ in range(int(PATIENCE / 0.02)):
            if "logs reopened" in server.error_log:
                break
            signal.sigtimedwait([], 0.02)
        assert ask(server).startswith(b"HTTP/1.1 503 ")
    assert log.read_text() == "503 /\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_end_with_a_request_on_its_way_is_clean(number: signal.Signals) -> None:
    with running_httpdlite("ProxyPass / http://127.0.0.1:1/\n") as server:
        with server.connect() as client:
            client.sendall(GET[:20])
            server.process.send_signal(number)
            assert end_of(server) == 0
        assert f"caught {number.name}, shutting down" in server.error_log
        stop_cleanly(server)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_job_in_the_background_can_be_ended_while_it_starts(number: signal.Signals) -> None:
    """A shell starts such a job with INT ignored, and so does nohup with HUP."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with running_httpdlite("ProxyPass / http://127.0.0.1:1/\n") as server:
            server.process.send_signal(number)
            assert end_of(server) == 0
            stop_cleanly(server)
    finally:
        signal.signal(number, before)
