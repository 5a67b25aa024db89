"""What is wrong with a configuration, and where: findings, and their forms.

In: `Diagnostic` values, as the conf stage collects them. Out: Apache's own lines (`apache.py`, the
fixed strings that scripts look for), excerpts with carets for people (`text.py`), JSON, SARIF and
workflow commands for programs (`formats.py`). `codes.py` explains every code. What a quick
configuration test does not need is not imported here.
"""

from typing import TYPE_CHECKING, Any

from httpdlite.diagnostics.apache import apache_lines
from httpdlite.diagnostics.finding import (
    COMMAND_LINE_FILE,
    ENCODING,
    LONGEST_LINE,
    NOT_SUPPORTED,
    OURS,
    WOULD_FAIL,
    Diagnostic,
    Expansion,
    Note,
    Phase,
    Severity,
    Span,
    escape,
    first_error,
)
from httpdlite.diagnostics.text import SourceLine, render_text

if TYPE_CHECKING:
    from httpdlite.diagnostics.formats import render_json


def __getattr__(name: str) -> Any:
    if name == "render_json":
        from httpdlite.diagnostics.formats import render_json  # noqa: PLC0415 - json is slow

        return render_json
    raise AttributeError(name)


__all__ = [
    "COMMAND_LINE_FILE",
    "ENCODING",
    "LONGEST_LINE",
    "NOT_SUPPORTED",
    "OURS",
    "WOULD_FAIL",
    "Diagnostic",
    "Expansion",
    "Note",
    "Phase",
    "Severity",
    "SourceLine",
    "Span",
    "apache_lines",
    "escape",
    "first_error",
    "render_json",
    "render_text",
]
