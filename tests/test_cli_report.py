"""`httpdlite report` and `-t --report`: forms, files, exit statuses."""

import json
from pathlib import Path

import pytest

from httpdlite.cli import main

GOOD = "Listen 8080\nServerName a.example\nErrorLog error.log\nProxyPass /ws ws://127.0.0.1:1/ws\n"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    file = tmp_path / "httpd.conf"
    file.write_text(GOOD, encoding="utf-8")
    return file


def run(conf: Path, *arguments: str) -> int:
    return main([*arguments, "-d", str(conf.parent), "-f", str(conf)])


def test_a_report_is_plain_text_in_a_pipe(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(conf, "report") == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"Migration report: {conf}\n")
    assert "httpdlite:        READY" in out
    assert "\x1b" not in out
    assert err == ""


def test_a_report_with_the_test_comes_after_it(
    conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(conf, "-t", "--report") == 0
    out, err = capsys.readouterr()
    assert out.startswith("Migration report: ")
    assert err.endswith("Syntax OK\n")


def test_the_status_is_that_of_the_test(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conf.write_text(GOOD + "<Location />\nSSLRequire true\n</Location>\n", encoding="utf-8")
    assert run(conf, "report") == run(conf, "-t") == 1
    assert "NOT READY" in capsys.readouterr().out


def test_json_and_html(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(conf, "report", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["readiness"] == "ready"
    assert run(conf, "report", "--format=html") == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")


def test_a_file_that_cannot_be_written_is_named(
    conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = conf.parent / "nowhere" / "report.html"
    assert run(conf, "report", "--output", str(page)) == 1
    assert capsys.readouterr().err == f"httpdlite: {page}: No such file or directory\n"


def test_a_report_goes_to_a_file(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = conf.parent / "report.html"
    assert run(conf, "report", "--format", "html", "--output", str(page)) == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written_is_said(
    conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(conf, "report", "--output", str(conf.parent / "missing" / "r")) == 1
    assert "No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "--format", "sarif"],
        ["-t", "--format", "html"],
        ["-t", "--output", "x"],
        ["--report", "report"],
    ],
)
def test_what_does_not_go_together(
    conf: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(conf, *arguments) == 1
    assert "Usage: httpdlite" in capsys.readouterr().err


def test_a_fault_of_our_own_is_no_traceback(
    conf: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("x\ny")

    monkeypatch.setattr("httpdlite.cli.read_config", fail)
    monkeypatch.delenv("HTTPDLITE_DEBUG", raising=False)
    assert run(conf, "-t") == 1
    err = capsys.readouterr().err
    assert "this is a fault of httpdlite itself: LookupError: x\\ny" in err
    assert "Traceback" not in err
    monkeypatch.setenv("HTTPDLITE_DEBUG", "1")
    with pytest.raises(LookupError):
        run(conf, "-t")
