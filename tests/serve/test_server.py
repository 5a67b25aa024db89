"""Starting and ending: PID file, the order of things, who is already there."""

import os
from pathlib import Path

import pytest

from httpdlite.serve.server import AlreadyRunningError, StartError, serve
from tests.serve.front import site_of


def test_a_pid_file_of_a_living_process_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(f"{os.getppid()}\n")
    site = site_of(f"Listen 127.0.0.1:1\nServerName x\nPidFile {tmp_path}/pid", str(tmp_path))
    with pytest.raises(AlreadyRunningError, match=rf"httpd \(pid {os.getppid()}\) already running"):
        serve(site)
    assert (tmp_path / "pid").exists()


@pytest.mark.parametrize("content", ["", "rubbish", "-1", "999999999"])
def test_a_stale_pid_file_does_not(tmp_path: Path, content: str) -> None:
    (tmp_path / "pid").write_text(content)
    site = site_of(f"ServerName x\nPidFile {tmp_path}/pid", str(tmp_path))
    with pytest.raises(StartError) as failed:
        serve(site)
    assert failed.value.lines[:2] == (
        "no listening sockets available, shutting down",
        "AH00015: Unable to open logs",
    )
