"""Logs: their lines, and that no fault of a file ever reaches a request."""

import errno
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from httpdlite.serve.log import LogError, Logs, error_line_start, escape, names_of


@dataclass
class Target:
    """Stands for a CustomLog."""

    file: str


@dataclass
class Server:
    """Stands for a vhost."""

    error_log: str | None
    access_logs: tuple[Target, ...] = ()


@dataclass
class FakeSite:
    """Stands for a Site."""

    main: Server
    vhosts: dict[str, Server] = field(default_factory=dict)


def open_logs(root: Path) -> Logs:
    """A main server and a vhost that share an error log and have an access log each."""
    error_log, main_log, vhost_log = (str(root / name) for name in ("error", "main", "vhost"))
    main = Server(error_log, (Target(main_log),))
    vhost = Server(error_log, (Target(vhost_log), Target(main_log)))
    return Logs(FakeSite(main, {"main": main, "v": vhost}), "httpdlite -f x")


LINE = re.compile(
    r"\[(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{6} \d{4}\] "
    r"\[(?P<module>\w+):(?P<level>\w+)\] \[pid (?P<pid>\d+):tid \d+\] (?P<rest>.*)\n"
)


def test_error_line(tmp_path: Path) -> None:
    logs = open_logs(tmp_path)
    where = str(tmp_path / "error")
    text = "attempt to connect\nfailed \\ \x1b[0m é\u20ac"
    os_text = "(111)Connection refused"
    logs.error(where, "proxy", 3, "AH00957", text, os_text=os_text, client="127.0.0.1:80")
    logs.error(where, "core", 15, "", "bare")
    logs.close()
    first, second = (tmp_path / "error").read_text("ascii").splitlines(keepends=True)
    match = LINE.fullmatch(first)
    assert match is not None
    assert match.group("module", "level", "pid") == ("proxy", "error", str(os.getpid()))
    assert match["rest"] == (
        "(111)Connection refused: [client 127.0.0.1:80] AH00957: "
        r"attempt to connect\nfailed \\ \x1b[0m \xe9\xe2\x82\xac"
    )
    match = LINE.fullmatch(second)
    assert match is not None
    assert match.group("level", "rest") == ("trace8", "bare")


def test_time_of_an_error_line(monkeypatch: pytest.MonkeyPatch) -> None:
    start = error_line_start("core", 5, 1700000000.25)
    assert re.match(r"\[\w{3} Nov 1[45] \d\d:\d\d:20\.250000 2023\] \[core:notice\] ", start)


def test_lines_wait_for_the_flush(tmp_path: Path) -> None:
    logs = open_logs(tmp_path)
    logs.access(str(tmp_path / "main"), "one\n")
    logs.access(str(tmp_path / "vhost"), "other\n")
    logs.access(str(tmp_path / "main"), "two \udcff\n")
    logs.access("/no/log/of/this/site", "lost\n")
    assert (tmp_path / "main").read_bytes() == b""
    logs.flush()
    assert (tmp_path / "main").read_bytes() == b"one\ntwo \xff\n"
    assert (tmp_path / "vhost").read_bytes() == b"other\n"
    logs.close()


def test_empty_text_is_no_line() -> None:
    read_end, pipe = os.pipe()
    name = "|/bin/program"
    logs = Logs(FakeSite(Server(None, (Target(name),))), "", {None: os.dup(2), name: pipe})
    logs.access(name, "")
    logs.access(name, "line\n")
    logs.access(name, "")
    logs.close()
    assert os.read(read_end, 100) == b"line\n"
    os.close(read_end)


def test_severe_errors_do_not_wait(tmp_path: Path) -> None:
    logs = open_logs(tmp_path)
    logs.error(str(tmp_path / "error"), "core", 2, "", "severe")
    assert "core:crit" in (tmp_path / "error").read_text()
    logs.close()


def test_existing_logs_are_continued_and_new_ones_have_their_mode(tmp_path: Path) -> None:
    (tmp_path / "main").write_text("before\n")
    mask = os.umask(0o022)
    try:
        logs = open_logs(tmp_path)
    finally:
        os.umask(mask)
    logs.access(str(tmp_path / "main"), "after\n")
    logs.close()
    assert (tmp_path / "main").read_text() == "before\nafter\n"
    assert (tmp_path / "vhost").stat().st_mode & 0o777 == 0o644


def test_error_log_of_a_foreign_site_goes_to_the_main_one(tmp_path: Path) -> None:
    opened = open_logs(tmp_path)
    opened.error("/no/log/of/this/site", "core", 3, "", "kept")
    opened.close()
    assert "kept" in (tmp_path / "error").read_text()


def test_notices(tmp_path: Path) -> None:
    logs = open_logs(tmp_path)
    logs.notice("mpm_event", "AH00489", "resuming normal operations")
    logs.close()
    assert "[mpm_event:notice]" in (tmp_path / "error").read_text()


@pytest.mark.parametrize("name", [None, "/dev/stderr"])
def test_standard_error(name: str | None, capfd: pytest.CaptureFixture[str]) -> None:
    logs = Logs(FakeSite(Server(name)))
    logs.notice("core", "", "text")
    logs.close()
    assert capfd.readouterr().err.endswith("text\n")


@pytest.mark.parametrize(
    "server, said",
    [
        (Server("@/none/error"), "AH00091: httpdlite: could not open error log file @/none/error."),
        (
            Server("@/error", (Target("@/none/a"),)),
            "AH00649: could not open transfer log file @/none/a.",
        ),
        (Server("|/none/x a"), "AH00089: Couldn't start ErrorLog process '/none/x a'."),
        (
            Server("@/error", (Target("|none/x a"),)),
            "AH00104: unable to start piped log program 'none/x a'",
        ),
        (
            Server("@/error", (Target("|$/none/x a"),)),
            "AH00104: unable to start piped log program '/none/x a'",
        ),
    ],
)
def test_log_that_cannot_be_opened(tmp_path: Path, server: Server, said: str) -> None:
    root = str(tmp_path)
    error_log = server.error_log.replace("@", root) if server.error_log else None
    targets = tuple(Target(target.file.replace("@", root)) for target in server.access_logs)
    with pytest.raises(LogError) as caught:
        Logs(FakeSite(Server(error_log, targets)))
    said = said.replace("@", root)
    assert caught.value.lines == (f"(2)No such file or directory: {said}",)


def test_full_disk_is_counted_and_said_once(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    error_log = str(tmp_path / "error")
    (tmp_path / "log").symlink_to("/dev/full")
    log = str(tmp_path / "log")
    site = FakeSite(Server(error_log, (Target(log),)))
    logs = Logs(site)
    for _ in range(3):
        logs.access(log, "a\n")
        logs.access(log, "b\n")
        logs.flush()
    assert logs.lost == 6
    (tmp_path / "log").unlink()
    logs.reopen()
    logs.access(log, "c\n")
    logs.close()
    assert logs.lost == 6
    assert (tmp_path / "log").read_text() == "c\n"
    first, second = (tmp_path / "error").read_text().splitlines()
    assert first.endswith(
        f"({errno.ENOSPC})No space left on device: AH00646: Error writing to {log}"
    )
    assert second.endswith(f"Writing to {log} works again; 6 lines were lost")


def test_closed_log_never_raises(tmp_path: Path) -> None:
    logs = open_logs(tmp_path)
    logs.close()
    logs.access(str(tmp_path / "main"), "late\n")
    logs.notice("core", "", "late")
    logs.flush()
    assert logs.lost == 1, "a line for no log is nobody's; that of the main server counts"


def test_reopening_by_name(tmp_path: Path) -> None:
    logs = open_logs(tmp_path)
    logs.access(str(tmp_path / "main"), "old\n")
    (tmp_path / "main").rename(tmp_path / "main.1")
    logs.reopen()
    logs.access(str(tmp_path / "main"), "new\n")
    logs.close()
    assert (tmp_path / "main.1").read_text() == "old\n"
    assert (tmp_path / "main").read_text() == "new\n"


def test_reopening_where_the_directory_is_gone(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    name = str(tmp_path / "sub" / "log")
    logs = Logs(FakeSite(Server(str(tmp_path / "error"), (Target(name),))))
    (tmp_path / "sub").rename(tmp_path / "moved")
    logs.reopen()
    logs.access(name, "kept\n")
    logs.close()
    assert (tmp_path / "moved" / "log").read_text() == "kept\n"
    assert f"could not open transfer log file {name}." in (tmp_path / "error").read_text()


# --- what children are given ----------------------------------------------------------------------


def open_files(root: Path, *names: str) -> dict[str | None, int]:
    """Descriptors as a parent gives them."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    return {str(root / name): os.open(root / name, flags) for name in names}


def open_descriptors() -> int:
    """How many this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_swapped_for_those_of_another_site(tmp_path: Path) -> None:
    old, new, error = (str(tmp_path / name) for name in ("old", "new", "error"))
    both = str(tmp_path / "both")
    before = FakeSite(Server(error, (Target(old), Target(both))))
    after = FakeSite(Server(error, (Target(new), Target(both))))
    logs = Logs(before, "", open_files(tmp_path, "error", "old", "both"))
    logs.access(old, "1\n")
    logs.access(both, "1\n")
    (tmp_path / "both").rename(tmp_path / "both.1")
    logs.swap(after, open_files(tmp_path, "error", "new", "both"))
    assert (tmp_path / "both.1").read_text() == "1\n", "nothing of before is in the new file"
    for name in (old, new, both):
        logs.access(name, "2\n")
    logs.error(old, "core", 3, "", "an error log that is gone is kept, too")
    logs.flush()
    logs.drop_retired()
    logs.access(old, "3\n")
    logs.close()
    first, second, third = (tmp_path / "old").read_text().splitlines()
    assert (first, second) == ("1", "2"), "in flight until it is dropped"
    assert third.endswith("is kept, too")
    assert (tmp_path / "new").read_text() == "2\n"
    assert (tmp_path / "both").read_text() == "2\n"


def test_swapping_twice_keeps_no_descriptor(tmp_path: Path) -> None:
    site = FakeSite(Server(str(tmp_path / "error"), (Target(str(tmp_path / "a")),)))
    other = FakeSite(Server(str(tmp_path / "error"), (Target(str(tmp_path / "b")),)))
    logs = Logs(site, "", open_files(tmp_path, "error", "a"))
    before = open_descriptors()
    for _ in range(3):
        logs.swap(other, open_files(tmp_path, "error", "b"))
        logs.swap(site, open_files(tmp_path, "error", "a"))
        logs.drop_retired()
    assert open_descriptors() == before
    logs.close()
    assert open_descriptors() == before - 2


def test_pipe_that_stays_keeps_what_waits(tmp_path: Path) -> None:
    read_end, pipe = os.pipe()
    os.set_blocking(pipe, False)
    name = "|/bin/program"
    site = FakeSite(Server(str(tmp_path / "error"), (Target(name),)))
    logs = Logs(site, "", {**open_files(tmp_path, "error"), name: pipe})
    line = "x" * 99 + "\n"
    for _ in range(1000):
        logs.access(name, line)
    logs.flush()
    logs.swap(site, {**open_files(tmp_path, "error"), name: os.dup(pipe)})
    assert logs.is_waiting
    got = os.read(read_end, 1 << 16)
    logs.close()
    while piece := os.read(read_end, 1 << 16):
        got += piece
    os.close(read_end)
    assert got == line.encode() * 1000
    assert logs.lost == 0


def test_names_of_a_site() -> None:
    main = Server(None, (Target("a"), Target("b")))
    vhost = Server("e", (Target("b"), Target("c")))
    names = names_of(FakeSite(main, {"main": main, "v": vhost}))
    assert names.error == (None, "e")
    assert names.access == ("a", "b", "c")


def test_plain_text_is_not_touched() -> None:
    text = "plain \"text\" with 'quotes'"
    assert escape(text) is text
