"""Names of logs, and what they mean. The facilities and words were observed with apache2 2.4.71."""

import pytest

from httpdlite.conf.logtarget import Kind, log_name, parse_log_name, split_words


@pytest.mark.parametrize(
    "text, name",
    [
        ("logs/a", "/srv/logs/a"),
        ("/var/a", "/var/a"),
        ("|logs/a", "|logs/a"),
        ("||/bin/a b", "||/bin/a b"),
        ("syslog", "syslog"),
        ("syslog:user", "syslog:user"),
        ("SYSLOG:user", "/srv/SYSLOG:user"),
        ("syslogx", "/srv/syslogx"),
    ],
)
def test_names_of_error_logs(text: str, name: str) -> None:
    assert log_name("/srv/", text, may_be_syslog=True) == name


def test_access_logs_know_no_syslog() -> None:
    assert log_name("/srv", "syslog") == "/srv/syslog"


@pytest.mark.parametrize(
    "name, facility, tag",
    [
        ("syslog", 23, ""),
        ("syslog:", 23, ""),
        ("syslog:user", 1, ""),
        ("syslog:USER", 1, ""),
        ("syslog:user:", 1, ""),
        ("syslog:loc", 16, ""),
        ("syslog:a", 4, ""),
        ("syslog:kern", 0, ""),
        ("syslog:local3:mytag", 19, "mytag"),
        ("syslog::tagged", 23, "tagged"),
        ("syslog:user:a:b", 1, "a:b"),
        ("syslog:nosuch", None, ""),
        ("syslog:local9:t:u", None, "t:u"),
        ("syslog:security", None, ""),
    ],
)
def test_system_log(name: str, facility: int | None, tag: str) -> None:
    target = parse_log_name(name)
    assert (target.kind, target.facility, target.tag) == (Kind.SYSLOG, facility, tag)


@pytest.mark.parametrize(
    "name, words, program",
    [
        ("|/bin/a  b 'c d'", ("/bin/a", "b", "c d"), "/bin/a"),
        ("||bin/a", ("bin/a",), "bin/a"),
        ("| /bin/a", ("/bin/a",), "/bin/a"),
        ("|||/bin/a", ("|/bin/a",), "|/bin/a"),
        ("|", (), ""),
        ("|$a | b", ("/bin/sh", "-c", "a | b"), ""),
        ("|$/bin/a | b", ("/bin/sh", "-c", "/bin/a | b"), "/bin/a"),
    ],
)
def test_programs(name: str, words: tuple[str, ...], program: str) -> None:
    target = parse_log_name(name)
    assert (target.kind, target.words, target.program) == (Kind.PROGRAM, words, program)


def test_files_and_standard_error() -> None:
    assert parse_log_name("/a/b").kind is Kind.FILE
    assert parse_log_name(None).kind is Kind.STANDARD_ERROR


def test_words_of_a_line() -> None:
    assert split_words(r"""  a\ b "c \" d" 'e "f"' g""") == ["a b", 'c " d', 'e "f"', "g"]
