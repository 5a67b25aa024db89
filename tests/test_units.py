"""The files in packaging/: systemd takes them, and what they call is there."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from httpdlite.cli.options import parse_options
from httpdlite.conf.reader import Reading
from httpdlite.diagnostics import NOT_SUPPORTED
from tests.conf.reading import codes, read

PACKAGING: Final = Path(__file__).resolve().parents[1] / "packaging"
UNITS: Final = ("httpdlite.service", "httpdlite.socket")


class Setting(NamedTuple):
    """A line of a unit; `reason`: whether the line above is a comment or a setting that has one."""

    section: str
    name: str
    value: str
    reason: bool


def settings(unit: str) -> list[Setting]:
    """The lines of a unit file."""
    found: list[Setting] = []
    section, before = "", ""
    for line in (PACKAGING / unit).read_text().splitlines():
        name, sign, value = line.partition("=")
        if line.startswith("["):
            section = line.strip("[]")
        elif sign and not line.startswith("#"):
            found.append(Setting(section, name, value, before.startswith("#") or "=" in before))
        before = line
    return found


def value_of(name: str, unit: str = "httpdlite.service") -> str:
    (value,) = (found.value for found in settings(unit) if found.name == name)
    return value


def words_of(command: str) -> list[str]:
    """A command's words as systemd makes them, without the program."""
    name, _, arguments = value_of("Environment").strip('"').partition("=")
    program, *words = shlex.split(command.replace(f"${name}", arguments))
    assert program == "/usr/local/bin/httpdlite"
    return words


@pytest.mark.parametrize("unit", UNITS)
def test_every_line_has_its_reason(unit: str) -> None:
    lines = settings(unit)
    assert len(lines) > 5
    assert [line.name for line in lines if not line.reason and line.name != "Description"] == []


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_it(unit: str, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    for name in UNITS:
        text = (PACKAGING / name).read_text()
        (tmp_path / name).write_text(text.replace("/usr/local/bin/httpdlite", "/bin/true"))
    command = [analyze, "verify", "--man=no", str(tmp_path / unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_server_starts_in_the_foreground_and_from_the_file_that_is_named() -> None:
    options = parse_options(words_of(value_of("ExecStart")))
    assert (options.server_root, options.file) == ("/etc/httpdlite", "httpd.conf")
    assert "FOREGROUND" in options.defines
    assert not options.test


def test_a_reload_reads_what_the_start_has_read() -> None:
    start = parse_options(words_of(value_of("ExecStart")))
    reload = parse_options(words_of(value_of("ExecReload")))
    assert (reload.server_root, reload.file) == (start.server_root, start.file)
    assert reload.before[0] == start.before[0]  # where to find the process


def test_what_the_unit_adds_to_the_configuration_is_accepted() -> None:
    lines = parse_options(words_of(value_of("ExecStart"))).before
    assert refused(read("\n".join(lines))) == []
    folder = value_of("RuntimeDirectory")
    assert any(line == f"PidFile /run/{folder}/httpd.pid" for line in lines)


def refused(reading: Reading) -> list[str]:
    return [code for code in codes(reading) if code == NOT_SUPPORTED]


def test_a_stop_takes_less_than_systemd_waits() -> None:
    lines = parse_options(words_of(value_of("ExecStart"))).before
    (seconds,) = re.findall(r"GracefulShutdownTimeout (\d+)", "\n".join(lines))
    assert value_of("KillSignal") == "SIGWINCH"
    assert int(seconds) < int(value_of("TimeoutStopSec"))


def test_what_a_proxy_needs_is_left_to_it() -> None:
    kept = value_of("CapabilityBoundingSet").split()
    assert {"CAP_NET_BIND_SERVICE", "CAP_SETUID", "CAP_SETGID", "CAP_KILL"} <= set(kept)
    assert {"AF_INET", "AF_INET6", "AF_UNIX"} <= set(value_of("RestrictAddressFamilies").split())
    assert value_of("ProtectHome") == "read-only"


def test_logs_are_opened_anew_by_the_signal_that_does_it() -> None:
    text = (PACKAGING / "httpdlite.logrotate").read_text()
    assert "--signal=SIGUSR1 httpdlite.service" in text
    assert text.splitlines()[1] == f"/var/log/{value_of('LogsDirectory')}/*.log {{"


def test_logrotate_takes_its_file(tmp_path: Path) -> None:
    logrotate = shutil.which("logrotate")
    if logrotate is None:
        pytest.skip("logrotate is not installed")
    copy = tmp_path / "httpdlite"
    copy.write_text((PACKAGING / "httpdlite.logrotate").read_text())
    copy.chmod(0o644)
    command = [logrotate, "--debug", "--state", str(tmp_path / "state"), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "error:" not in done.stderr
