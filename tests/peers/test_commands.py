"""`-k` with its words: what is printed, the status, the signal, beside the real apache2; and the
server in the background.

Where a PID file says nothing useful the two must print the same and end alike. Different on
purpose: a number below 2 (Apache would signal the caller's own process group).
"""

import io
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import pytest

from httpdlite.cli import main
from tests.peers.harness import (
    APACHE_MODULES,
    LOOPBACK,
    Ended,
    httpdlite_command,
    httpdlite_configuration,
    require_program,
    reserved_port,
    run_to_end,
    server_directory,
)
from tests.peers.live import is_alive, wait_until

STOPPING = ("stop", "graceful-stop")
STARTING = ("start", "restart", "graceful")
SIGNALS = {"stop": 15, "graceful-stop": 28, "restart": 1, "graceful": 10}
NOBODY = 4194999  # above the largest process id
FILES: dict[str, str | None] = {
    "none": None,
    "stale": f"{NOBODY}\n",
    "empty": "",
    "word": "abc\n",
    "blank": f"  {NOBODY}\n",
    "tail": f"{NOBODY}abc",
}


@contextmanager
def configured(text: str = "ProxyPass / http://a.test/\n") -> Iterator[tuple[Path, Path]]:
    """A folder with httpd.conf, and the PID file's path."""
    with server_directory() as root, reserved_port() as port:
        conf = httpdlite_configuration(root, port, text)
        yield conf, root / "httpdlite.pid"


def command(conf: Path, word: str, *more: str) -> Ended:
    return run_to_end(httpdlite_command("-f", str(conf), "-k", word, *more), cwd=conf.parent)


def said(conf: Path, word: str) -> Ended:
    """The same within this process, which is quicker: for words that start nothing."""
    printed, err = io.BytesIO(), io.StringIO()
    with redirect_stdout(io.TextIOWrapper(printed, "utf-8")) as out, redirect_stderr(err):
        status = main(["-f", str(conf), "-k", word])
        out.flush()
        return Ended(status, printed.getvalue().decode(), err.getvalue())


def apache(root: Path, word: str) -> Ended:
    conf = root / "apache.conf"
    conf.write_text(
        f'ServerRoot "{root}"\nServerName front.test\nPidFile "{root}/httpdlite.pid"\n'
        f"LoadModule mpm_event_module {APACHE_MODULES}/mod_mpm_event.so\n"
        f"LoadModule authz_core_module {APACHE_MODULES}/mod_authz_core.so\n"
        f"ErrorLog {root}/error.log\nListen {LOOPBACK}:1\n"
    )
    return run_to_end([require_program("apache2"), "-f", str(conf), "-k", word], cwd=root)


@pytest.mark.peer
@pytest.mark.parametrize("content", FILES)
@pytest.mark.parametrize("word", STOPPING)
def test_without_a_server_it_is_as_with_apache(word: str, content: str) -> None:
    text = FILES[content]
    with configured() as (conf, pid_file):
        if text is not None:
            pid_file.write_text(text)
        assert said(conf, word) == apache(conf.parent, word)
        assert (pid_file.read_text() if text is not None else None) == text


@pytest.mark.peer
@pytest.mark.parametrize("word", STARTING)
def test_a_pid_file_without_a_number_is_as_with_apache(word: str) -> None:
    with configured() as (conf, pid_file):
        pid_file.write_text("abc")
        ended = command(conf, word)
        assert ended == apache(conf.parent, word)
        assert ended.status == 1
        assert "AH00058: Error retrieving pid file" in ended.stderr


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("word", SIGNALS)
def test_no_number_below_2_is_signalled(word: str, number: int) -> None:
    with configured() as (conf, pid_file):
        pid_file.write_text(f"{number}\n")
        ended = said(conf, word)
        assert ended.status == 1
        assert "AH00058: Error retrieving pid file" in ended.stderr


@contextmanager
def sleeping() -> Iterator["subprocess.Popen[bytes]"]:
    """A program that is no server, and ends by any signal, also where nohup has one ignored."""
    sleeper = subprocess.Popen(["env", "--default-signal", "sleep", "60"])
    try:
        yield sleeper
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.parametrize("word", SIGNALS)
def test_whoever_is_named_is_signalled(word: str) -> None:
    """As with Apache: nobody asks whether it is a server."""
    with configured() as (conf, pid_file), sleeping() as sleeper:
        pid_file.write_text(f"{sleeper.pid}\n")
        assert said(conf, word) == Ended(0, "", "")
        if word == "graceful-stop":  # WINCH is ignored by default
            assert sleeper.poll() is None
            sleeper.kill()
        else:
            assert sleeper.wait(20) == -SIGNALS[word]


@pytest.mark.parametrize("word", ["stop", "graceful"])
def test_a_broken_configuration_signals_nobody(word: str) -> None:
    with (
        configured("ProxyPas / x\n") as (conf, pid_file),
        sleeping() as sleeper,
    ):
        pid_file.write_text(f"{sleeper.pid}\n")
        ended = said(conf, word)
        assert (ended.status, ended.stdout) == (1, "")
        assert re.search(rf"Syntax error on line \d+ of {conf}:", ended.stderr)
        assert sleeper.poll() is None
        sleeper.kill()


def is_open(path: Path) -> bool:
    """Has any process a file open?"""
    status = path.stat() if path.exists() else None
    for each in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if status is not None and each.stat().st_ino == status.st_ino:
                return True
    return False


def test_a_life_in_the_background() -> None:
    with configured("StartServers 2\nProxyPass / http://a.test/\n") as (conf, pid_file):
        errors = conf.parent / "error.log"
        started = command(conf, "graceful")
        pid = int(pid_file.read_text())
        try:
            assert started == Ended(0, "httpd not running, trying to start\n", "")
            assert Path(f"/proc/{pid}/cwd").resolve() == Path("/")
            assert os.getsid(pid) == pid
            for number, target in enumerate(("/dev/null", "/dev/null", str(errors))):
                assert str(Path(f"/proc/{pid}/fd/{number}").readlink()) == target
            assert oct(pid_file.stat().st_mode) == "0o100644"
            already = Ended(0, f"httpd (pid {pid}) already running\n", "")
            assert command(conf, "start", "-DFOREGROUND") == already
            assert said(conf, "graceful") == Ended(0, "", "")
            wait_until(lambda: errors.read_text().count("AH00489") == 2, "it is reloaded")
            assert pid_file.read_text() == f"{pid}\n"
            renamed = errors.rename(conf.parent / "error.log.1")
            assert said(conf, "graceful") == Ended(0, "", "")
            wait_until(lambda: is_open(errors) and not is_open(renamed), "it writes to the new one")
            assert "AH00493" in renamed.read_text()
            errors.write_text(renamed.read_text() + errors.read_text())
            assert said(conf, "restart") == Ended(0, "", "")
            wait_until(lambda: errors.read_text().count("AH00489") == 4, "it is restarted")
            assert pid_file.read_text() == f"{pid}\n"
            conf.write_text(conf.read_text() + "ProxyPas / x\n")
            assert said(conf, "stop").status == 1
            conf.write_text(conf.read_text().removesuffix("ProxyPas / x\n"))
        finally:
            stopped = said(conf, "stop")
        assert stopped == Ended(0, "", "")
        wait_until(lambda: not is_alive(pid), "it has ended")
        assert not pid_file.exists()
        log = errors.read_text()
        assert " -k" not in log
        assert log.rstrip().endswith("AH00491: caught SIGTERM, shutting down")


def test_an_unclean_end_is_said_at_the_next_start() -> None:
    with configured() as (conf, pid_file):
        pid_file.write_text(f"{NOBODY}\n")
        started = command(conf, "start")
        try:
            assert started == Ended(0, "", "")
            assert (
                f"AH00098: pid file {pid_file} overwritten"
                in (conf.parent / "error.log").read_text()
            )
        finally:
            pid = int(pid_file.read_text())
            assert said(conf, "graceful-stop") == Ended(0, "", "")
        wait_until(lambda: not is_alive(pid), "it has ended")


@pytest.mark.parametrize("more", [(), ("-DFOREGROUND",), ("-X",)])
def test_a_start_that_fails_says_why(more: tuple[str, ...]) -> None:
    with server_directory() as root, reserved_port() as port:
        conf = httpdlite_configuration(root, port, f"Listen {LOOPBACK}:1\nListen 192.0.2.1:8080\n")
        failed = command(conf, "start", *more)
        assert failed.status == 1
        assert failed.stdout == ""
        assert failed.stderr.splitlines() == [
            f"(99){os.strerror(99)}: AH00072: make_sock: could not bind to address 192.0.2.1:8080",
            "no listening sockets available, shutting down",
            "AH00015: Unable to open logs",
        ]
        assert not (root / "httpdlite.pid").exists()


def test_a_pid_file_that_cannot_be_written_is_said_to_who_starts_it() -> None:
    """Apache's command says nothing and ends with 0."""
    with configured() as (conf, _):
        text = conf.read_text().replace("/httpdlite.pid", "/no/folder/httpdlite.pid")
        conf.write_text(text)
        failed = command(conf, "start")
        assert failed.status == 1
        assert "(2)No such file or directory: could not create" in failed.stderr
        assert "AH00099" in (conf.parent / "error.log").read_text()
