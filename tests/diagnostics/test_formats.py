"""Findings for programs: JSON, SARIF, workflow commands."""

import json
import re
from typing import Any

from httpdlite.diagnostics import COMMAND_LINE_FILE, Diagnostic, Note, Severity, Span
from httpdlite.diagnostics.formats import (
    Verdict,
    render_github,
    render_json,
    render_sarif,
)

TOP = Span("/etc/x y/httpd.conf", 9, 1, 9, 20)
SPAN = Span("/etc/x y/a%é.conf", 3, 5, 3, 8, included_from=TOP)
LONG = Span("/var/b.conf", 3, 5, 4, 2)


def error(message: str, span: Span | None = SPAN, **more: object) -> Diagnostic:
    return Diagnostic(Severity.ERROR, "bad-value", message, span, **more)  # type: ignore[arg-type]


FOUND = [
    error("m", hint="h", notes=(Note("n", LONG), Note("alone"))),
    Diagnostic(Severity.WARNING, "no-server-name", "w"),
    error("joined", LONG),
    error("command line", Span(COMMAND_LINE_FILE, 1, 1, 1, 4)),
]

# --- JSON -----------------------------------------------------------------------------------------


def test_json_has_everything() -> None:
    (shown,) = json.loads(render_json([error("é", hint="h", notes=(Note("n"),))]))["findings"]
    assert shown["message"] == r"\xc3\xa9"
    assert shown["span"]["column"] == 5
    assert shown["span"]["included_from"]["line"] == 9
    assert shown["notes"] == [{"message": "n", "span": None}]
    assert (shown["phase"], shown["hint"], shown["severity"]) == ("walk", "h", "error")


def test_json_has_the_verdict_and_apaches_error_first() -> None:
    first = FOUND[2]
    verdict = Verdict(("a", "b"), accepted=False, starts=False, first=first)
    shown = json.loads(render_json(FOUND, verdict))
    assert shown["apache"] == {"accepted": False, "lines": ["a", "b"]}
    assert shown["starts"] is False
    assert shown["findings"][0]["message"] == "joined"
    assert len(shown["findings"]) == len(FOUND)


def test_the_deepest_includes_can_be_shown() -> None:
    span = None
    for number in range(130):
        span = Span(f"/{number}", 1, 1, 1, 2, span)
    assert '"/129"' in render_json([error("m", span)])
    assert '"129"' in render_sarif([error("m", span)], version="1", base="/")


# --- SARIF ----------------------------------------------------------------------------------------


def sarif(found: list[Diagnostic]) -> dict[str, Any]:
    log = json.loads(render_sarif(found, version="1.2.3", base="/etc/x y"))
    assert isinstance(log, dict)
    return log


def check_location(location: dict[str, Any], bases: set[str]) -> None:
    """What SARIF 2.1.0 asks of a location (§3.28 to §3.30)."""
    assert set(location) <= {"id", "physicalLocation", "logicalLocations", "message"}
    if "message" in location:
        assert location["message"]["text"]
    for logical in location.get("logicalLocations", ()):
        assert logical["name"]
    if "physicalLocation" not in location:
        return
    physical = location["physicalLocation"]
    uri = physical["artifactLocation"]["uri"]
    assert re.fullmatch(r"(file:///)?[A-Za-z0-9._~/%-]+", uri)
    assert uri.startswith("file:///") or physical["artifactLocation"]["uriBaseId"] in bases
    region = physical["region"]
    assert min(region.values()) >= 1
    assert region["endLine"] >= region["startLine"]
    assert region["endLine"] > region["startLine"] or region["endColumn"] >= region["startColumn"]


def test_sarif_has_the_structure_that_the_standard_requires() -> None:
    log = sarif(FOUND)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("httpdlite", "1.2.3")
    assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
    bases = set(run["originalUriBaseIds"])
    assert all(base["uri"].endswith("/") for base in run["originalUriBaseIds"].values())
    rules = [rule["id"] for rule in driver["rules"]]
    assert len(set(rules)) == len(rules)
    for rule in driver["rules"]:
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
    assert len(run["results"]) == len(FOUND)
    for result in run["results"]:
        assert result["level"] in {"error", "warning", "note", "none"}
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["message"]["text"]
        related = result.get("relatedLocations", [])
        for location in (*result.get("locations", []), *related):
            check_location(location, bases)
        assert len({location["id"] for location in related}) == len(related)


def test_sarif_names_files_as_uris() -> None:
    results = {r["message"]["text"]: r for r in sarif(FOUND)["runs"][0]["results"]}
    (location,) = results["m\nhelp: h"]["locations"]
    artifact = location["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "a%25%C3%A9.conf", "uriBaseId": "SRCROOT"}
    (location,) = results["joined"]["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": "file:///var/b.conf"}
    (location,) = results["command line"]["locations"]
    assert location == {"logicalLocations": [{"name": "-c/-C directives, line 1"}]}
    related = results["m\nhelp: h"]["relatedLocations"]
    assert [one["message"]["text"] for one in related] == ["n", "alone", "included from here"]
    assert "locations" not in results["w"]


# --- GitHub ---------------------------------------------------------------------------------------


def test_workflow_commands_name_the_place() -> None:
    assert render_github(FOUND, base="/etc/x y") == (
        "::error file=-c/-C directives,line=1,col=1,endColumn=4,title=bad-value::command line\n"
        r"::error file=a%25\xc3\xa9.conf,line=3,col=5,endColumn=8,title=bad-value::m%0Ahelp: h"
        "\n"
        "::error file=/var/b.conf,line=3,endLine=4,title=bad-value::joined\n"
        "::warning title=no-server-name::w\n"
    )


def test_nothing_in_a_message_becomes_a_command_or_a_property() -> None:
    found = error("100%\r\n::stop-commands::x", Span("/a,b:c%", 1, 1, 1, 2))
    assert render_github([found], base="/x") == (
        "::error file=/a%2Cb%3Ac%25,line=1,col=1,endColumn=2,title=bad-value::"
        r"100%25\r\n::stop-commands::x"
        "\n"
    )
