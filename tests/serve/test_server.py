"""Starting and ending: PID file, the order of things, who is already there."""

import gc
import os
from pathlib import Path

import pytest

from httpdlite.serve import server
from httpdlite.serve.server import AlreadyRunningError, Start, StartError, serve
from tests.peers.harness import LOOPBACK, reserved_port
from tests.serve.front import config_of


def test_a_pid_file_of_a_living_process_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(f"{os.getppid()}\n")
    text = f"Listen 127.0.0.1:1\nServerName x\nPidFile {tmp_path}/pid"
    with pytest.raises(AlreadyRunningError, match=rf"httpd \(pid {os.getppid()}\) already running"):
        serve(Start(config_of(text, str(tmp_path))))
    assert (tmp_path / "pid").exists()


def test_a_stale_pid_file_does_not(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text("999999999")
    with pytest.raises(StartError) as failed:
        serve(Start(config_of(f"ServerName x\nPidFile {tmp_path}/pid", str(tmp_path))))
    assert failed.value.lines[:2] == (
        "no listening sockets available, shutting down",
        "AH00015: Unable to open logs",
    )


_NO_NUMBER = "(20014)Internal error (specific information not available)"


@pytest.mark.parametrize("content", ["", "rubbish", "-1", "0", "1", " 77"])
def test_a_pid_file_without_a_process_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "pid").write_text(content)
    with pytest.raises(StartError) as failed:
        serve(Start(config_of(f"ServerName x\nPidFile {tmp_path}/pid", str(tmp_path))))
    assert failed.value.lines == (
        f"{_NO_NUMBER}: AH00058: Error retrieving pid file {tmp_path}/pid",
        "AH00059: Remove it before continuing if it is corrupted.",
    )


def test_who_serves_collects_garbage_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int, int]] = []
    monkeypatch.setattr(server, "run_child", lambda *_, **__: seen.append(gc.get_threshold()))
    with reserved_port() as port:
        text = f"Listen {LOOPBACK}:{port}\nServerName x\nErrorLog {tmp_path}/error.log"
        config = config_of(text, str(tmp_path))
        usual = gc.get_threshold()
        gc.set_threshold(20_000)  # as the command does while it starts
        try:
            assert serve(Start(config, is_alone=True)) == 0
        finally:
            gc.set_threshold(*usual)
    assert [threshold for threshold, *_ in seen] == [700]
