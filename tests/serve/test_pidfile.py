"""The PID file: what is written, what is read, when it is removed."""

import os
import subprocess
from pathlib import Path

import pytest

from httpdlite.serve.pidfile import PidFileError, is_running, read_pid, remove_pid, write_pid


@pytest.mark.parametrize(
    ("content", "pid"), [("12\n", 12), ("12", 12), ("12abc", 12), ("99999999999999", 999999999999)]
)
def test_what_counts_of_the_content(tmp_path: Path, content: str, pid: int) -> None:
    path = tmp_path / "pid"
    path.write_text(content)
    assert read_pid(str(path)) == pid


@pytest.mark.parametrize("content", ["", "abc", " 12", "-12", "0", "1", "\n12", "\0"])
def test_what_is_no_process(tmp_path: Path, content: str) -> None:
    path = tmp_path / "pid"
    path.write_text(content)
    with pytest.raises(PidFileError) as failed:
        read_pid(str(path))
    assert failed.value.lines[0].endswith(f"AH00058: Error retrieving pid file {path}")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(PidFileError, match=r"\(21\)Is a directory"):
        read_pid(str(tmp_path))


def test_none_is_none(tmp_path: Path) -> None:
    assert read_pid(None) is None
    assert read_pid(str(tmp_path / "none")) is None
    assert read_pid(str(tmp_path / "none" / "none")) is None


def test_it_names_this_process_until_it_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    path.write_text("rubbish")
    write_pid(str(path))
    assert path.read_text() == f"{os.getpid()}\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["pid"]
    assert remove_pid(str(path))
    assert not path.exists()
    assert not remove_pid(str(path))


@pytest.mark.parametrize("content", ["77777\n", "rubbish", ""])
def test_what_names_another_is_left(tmp_path: Path, content: str) -> None:
    path = tmp_path / "pid"
    path.write_text(content)
    assert not remove_pid(str(path))
    assert path.read_text() == content


def test_a_folder_that_is_not_there_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_pid(str(tmp_path / "none" / "pid"))
    (tmp_path / "pid").mkdir()
    with pytest.raises(IsADirectoryError):
        write_pid(str(tmp_path / "pid"))
    assert [each.name for each in tmp_path.iterdir()] == ["pid"]


def test_who_is_running() -> None:
    assert is_running(os.getppid())
    assert not is_running(os.getpid())  # a file of before the last boot may name it
    assert not is_running(999999999999999)
    with subprocess.Popen(["sleep", "60"]) as process:
        assert is_running(process.pid)
        process.kill()
    assert not is_running(process.pid)
