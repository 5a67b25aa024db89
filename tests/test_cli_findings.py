"""A configuration test's findings: in which form, on which stream, with which status."""

import io
import json
import os
from pathlib import Path

import pytest

from httpdlite.cli import main
from httpdlite.cli.findings import wants_colour
from httpdlite.diagnostics.codes import CODES

ACCEPTED = "ServerName a.example\nListen 127.0.0.1:8080\n"
REFUSED = ACCEPTED + "WSGIScriptAlias /a /b\n"
WRONG = REFUSED + "Foo\n"
FILE = "httpd.conf"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str) -> None:
    Path(FILE).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "text,plain,syntax_only",
    [
        (ACCEPTED, 0, 0),
        (ACCEPTED + "ServerAdmin ${NOPE}\n", 0, 0),
        (REFUSED, 1, 0),
        (WRONG, 1, 1),
    ],
)
def test_the_exit_status(
    text: str, plain: int, syntax_only: int, capsys: pytest.CaptureFixture[str]
) -> None:
    write(text)
    assert main(["-t"]) == plain
    assert main(["-t", "--syntax-only"]) == syntax_only
    assert main(["-t", "--format", "json"]) == plain


def test_syntax_only_says_what_apache_says_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(REFUSED)
    main(["-t", "--syntax-only"])
    assert capsys.readouterr().err == "Syntax OK\n"
    write(WRONG)
    main(["-t", "--syntax-only"])
    assert capsys.readouterr().err == (
        f"AH00526: Syntax error on line 4 of {tmp_path}/{FILE}:\n"
        "Invalid command 'Foo', perhaps misspelled or defined by a module not included in the "
        "server configuration\n"
    )


def test_without_a_listen_apache_has_nothing_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    write("ServerName a.example\n")
    assert main(["-t"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "httpdlite: there is no Listen directive: a start would fail",
        "Syntax OK",
    ]
    assert main(["-t", "--syntax-only"]) == 0
    assert capsys.readouterr().err == "Syntax OK\n"
    assert main(["-t", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["starts"] is False
    assert main(["report"]) == 1


def test_json_is_alone_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    write(REFUSED)
    main(["-t", "--format", "json"])
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert report["apache"] == {"accepted": True, "lines": ["Syntax OK"]}
    assert report["starts"] is False
    assert [one["code"] for one in report["findings"]] == ["not-supported"]
    assert shown.err == ("Syntax OK\nhttpdlite: 1 line not supported: a start would be refused\n")


def test_what_only_a_start_would_find_is_ours_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write("ServerName a.test\nErrorLog e\nListen 80\nProxyPass / https://b/\nAddHandler x y\n")
    assert main(["-t"]) == 1
    last = capsys.readouterr().err.splitlines()[-2:]
    assert last[0] == "Syntax OK"
    assert last[1].endswith("1 mistake that Apache's -t does not find: a start would be refused")
    assert main(["-t", "--syntax-only"]) == 0
    assert capsys.readouterr().err == "Syntax OK\n"


def test_json_of_apaches_verdict_leaves_out_what_is_only_ours(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(WRONG)
    main(["-t", "--syntax-only", "--format", "json"])
    report = json.loads(capsys.readouterr().out)
    assert report["apache"]["accepted"] is False
    assert report["apache"]["lines"][0].startswith("AH00526: Syntax error on line 4 of ")
    assert [one["code"] for one in report["findings"]] == ["unknown-directive"]


def test_sarif_has_paths_seen_from_the_current_directory(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(WRONG)
    main(["-t", "--format", "sarif"])
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert [result["ruleId"] for result in run["results"]] == [
        "unknown-directive",
        "not-supported",
    ]
    location = run["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == FILE


def test_workflow_commands(capsys: pytest.CaptureFixture[str]) -> None:
    write(WRONG)
    main(["-t", "--format", "github"])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(
        f"::error file={FILE},line=4,col=1,endColumn=4,title=unknown-directive::"
    )
    assert second.startswith(f"::error file={FILE},line=3,")


def test_a_dump_has_standard_output_to_itself(capsys: pytest.CaptureFixture[str]) -> None:
    write(REFUSED)
    assert main(["-M", "--format", "json"]) == 0
    assert capsys.readouterr().out.startswith("Loaded Modules:\n")


def test_a_finding_without_a_place_is_not_lost(capsys: pytest.CaptureFixture[str]) -> None:
    write(ACCEPTED)
    main(["-t", "--waive", "ServerPath"])
    assert "warning[unused-waiver]: nothing is waived by ServerPath" in capsys.readouterr().err


def test_a_waived_directive_lets_the_server_start(capsys: pytest.CaptureFixture[str]) -> None:
    write(REFUSED)
    assert main(["-t", "--waive", "wsgiscriptalias"]) == 0
    assert "a start would be refused" not in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    "environment,wanted",
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "0"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_colour(environment: dict[str, str], wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(Terminal()) is wanted
    assert not wants_colour(io.StringIO())


# --- codes ----------------------------------------------------------------------------------------


def test_a_code_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain-code", "wrong-context"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("wrong-context: ")
    assert "    Listen 8081\n" in page
    assert main(["explain-code", "error[wrong-context]:"]) == 0
    assert capsys.readouterr().out == page


def test_an_unknown_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain-code", "wrong-contxet"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        "httpdlite: there is no code 'wrong-contxet'; did you mean wrong-context?\n"
    )
    assert main(["explain-code", "\x1b[1m"]) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_all_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain-code"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == list(CODES)


def test_the_findings_of_a_broken_file_without_lines_are_not_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-t"]) == 1
    expected = f"httpdlite: Could not open configuration file {tmp_path}/{FILE}: "
    assert capsys.readouterr().err == f"{expected}{os.strerror(2)}\n"
