"""Findings for programs: JSON, SARIF 2.1.0, and the workflow commands of GitHub Actions.

In: findings, and for JSON the verdict. Out: a text for standard output. Hides the three layouts.
Rules: SARIF 2.1.0 (OASIS, 2020), GitHub's "Workflow commands". Paths below `base` become relative,
since that is what the readers of SARIF and of workflow commands look for in a checkout. The order
is that of the text: Apache's first error, then as the files were read.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from httpdlite.diagnostics.codes import CODES
from httpdlite.diagnostics.finding import (
    COMMAND_LINE_FILE,
    ENCODING,
    Diagnostic,
    Note,
    Severity,
    Span,
    escape,
)
from httpdlite.diagnostics.text import in_order

SARIF_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comes of the findings: what Apache would say, and whether httpdlite would start."""

    apache: tuple[str, ...]  # its line or lines; `Syntax OK` if it accepts
    accepted: bool
    starts: bool
    first: Diagnostic | None = None  # the error that Apache prints

    def as_object(self) -> dict[str, object]:
        """For JSON."""
        return {
            "apache": {"accepted": self.accepted, "lines": list(self.apache)},
            "starts": self.starts,
        }


# --- JSON -----------------------------------------------------------------------------------------


def render_json(diagnostics: Iterable[Diagnostic], verdict: Verdict | None = None) -> str:
    """One object: the verdict if it is known, and all findings."""
    first = verdict.first if verdict else None
    content: dict[str, object] = verdict.as_object() if verdict else {}
    content["findings"] = [_as_object(found) for found in in_order(diagnostics, first)]
    return json.dumps(content, indent=2)


def _as_object(found: Diagnostic) -> dict[str, object]:
    return {
        "severity": found.severity.value,
        "code": found.code,
        "phase": found.phase.value,
        "message": escape(found.message),
        "span": _span_object(found.span),
        "apache_line": found.apache_line or None,
        "notes": [
            {"message": escape(note.message), "span": _span_object(note.span)}
            for note in found.notes
        ],
        "hint": escape(found.hint) if found.hint else None,
    }


def _span_object(span: Span | None) -> dict[str, object] | None:
    if span is None:
        return None
    outer = None
    for one in (*reversed(list(span.includes())), span):
        outer = {
            "file": escape(one.file),
            "line": one.line,
            "column": one.column,
            "end_line": one.end_line,
            "end_column": one.end_column,
            "included_from": outer,
        }
    if outer is not None and span.expansion is not None:
        outer["used_at"] = _span_object(span.expansion.used)
    return outer


# --- SARIF ----------------------------------------------------------------------------------------

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render_sarif(
    diagnostics: Iterable[Diagnostic],
    *,
    version: str,
    base: str,
    first: Diagnostic | None = None,
) -> str:
    """A log with one run. Columns count characters; `base` is the folder of relative paths."""
    found = in_order(diagnostics, first)
    used = list(dict.fromkeys(one.code for one in found))
    index = {code: number for number, code in enumerate(used)}
    run: dict[str, object] = {
        "tool": {
            "driver": {
                "name": "httpdlite",
                "semanticVersion": version,
                "rules": [_rule(code) for code in used],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: {"uri": _file_uri(base.rstrip("/") + "/")}},
        "results": [_result(one, index, base) for one in found],
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


_BASE: Final = "SRCROOT"


def _rule(name: str) -> dict[str, object]:
    code = CODES.get(name)
    rule: dict[str, object] = {"id": name}
    if code is not None:
        rule["shortDescription"] = {"text": code.title}
        rule["fullDescription"] = {"text": code.means}
        rule["help"] = {"text": code.mend}
    return rule


def _result(found: Diagnostic, index: Mapping[str, int], base: str) -> dict[str, object]:
    hint = f"\nhelp: {escape(found.hint)}" if found.hint else ""
    result: dict[str, object] = {
        "ruleId": found.code,
        "ruleIndex": index[found.code],
        "level": _LEVELS[found.severity],
        "message": {"text": escape(found.message) + hint},
    }
    if found.span is not None:
        result["locations"] = [_location(found.span, base)]
    related = [*_related(found.notes, base), *_includes(found.span, base)]
    if related:
        numbered = [{"id": number, **place} for number, place in enumerate(related, 1)]
        result["relatedLocations"] = numbered
    return result


def _related(notes: Iterable[Note], base: str) -> Iterable[dict[str, object]]:
    for note in notes:
        place = _location(note.span, base) if note.span else {}
        yield {**place, "message": {"text": escape(note.message)}}


def _includes(span: Span | None, base: str) -> Iterable[dict[str, object]]:
    for use in span.uses() if span else ():
        yield {**_location(use, base), "message": {"text": "the macro is used here"}}
    for outer in span.includes() if span else ():
        yield {**_location(outer, base), "message": {"text": "included from here"}}


def _location(span: Span, base: str) -> dict[str, object]:
    if span.file == COMMAND_LINE_FILE:
        return {"logicalLocations": [{"name": f"{span.file}, line {span.line}"}]}
    path = _relative(span.file, base)
    artifact: dict[str, Any] = {"uri": _file_uri(path)}
    if not path.startswith("/"):
        artifact["uriBaseId"] = _BASE
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}


def _relative(path: str, base: str) -> str:
    return path.removeprefix(base.rstrip("/") + "/")


def _file_uri(path: str) -> str:
    """An absolute path as a file: URI, another as a relative reference."""
    quoted = quote(path.encode(*ENCODING), safe="/")
    return f"file://{quoted}" if path.startswith("/") else quoted


# --- GitHub ---------------------------------------------------------------------------------------

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render_github(
    diagnostics: Iterable[Diagnostic], *, base: str, first: Diagnostic | None = None
) -> str:
    """A workflow command per finding, so that each is shown at its line of a pull request."""
    return "".join(_command(found, base) for found in in_order(diagnostics, first))


def _command(found: Diagnostic, base: str) -> str:
    values = {**_position(found.span, base), "title": found.code}
    pairs = ",".join(f"{name}={_property(value)}" for name, value in values.items())
    hint = f"\nhelp: {escape(found.hint)}" if found.hint else ""
    return f"::{_COMMANDS[found.severity]} {pairs}::{_data(escape(found.message) + hint)}\n"


def _position(span: Span | None, base: str) -> dict[str, str]:
    if span is None:
        return {}
    place = {"file": escape(_relative(span.file, base)), "line": str(span.line)}
    if span.end_line != span.line:
        return {**place, "endLine": str(span.end_line)}
    return {**place, "col": str(span.column), "endColumn": str(span.end_column)}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
