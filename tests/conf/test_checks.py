"""What is checked after the walk: directories of logs, all that are missing at once."""

from tests.conf.reading import errors, read, verdict

FAILED = "AH00014: Configuration check failed"


def test_all_log_directories_are_named_before_httpd_gives_up() -> None:
    reading = read(
        "CustomLog /n1/a common\n"
        "<VirtualHost *:80>\nCustomLog /n2/a common\n</VirtualHost>\n"
        "<VirtualHost *:80>\nCustomLog /n3/a common\n</VirtualHost>\n"
    )
    said = verdict(reading)
    assert [line.rpartition(" ")[2] for line in said[:-1]] == [
        f"/root/httpd.conf:{number}" for number in (1, 6, 3)
    ]
    assert said[-1] == FAILED
    assert len(errors(reading)) == 3


def test_error_logs_come_first_and_alone() -> None:
    said = verdict(
        read("CustomLog /n1/a common\n<VirtualHost *:80>\nErrorLog /n2/a\n</VirtualHost>\n")
    )
    assert len(said) == 2
    assert "AH02291: Cannot access directory '/n2/'" in said[0]
    assert said[1] == FAILED
