"""Apache's own lines for its first error, letter by letter: what scripts look for.

In: a `Diagnostic`. Out: the lines. Hides the shapes: one line with the chain of Includes while
reading, two lines while walking, the message alone in the checks. Wordings: server/config.c and
main.c of httpd, as observed with 2.4.71.
"""

from httpdlite.diagnostics.finding import (
    COMMAND_LINE_FILE,
    LONGEST_LINE,
    Diagnostic,
    Phase,
    Span,
    escape,
)


def apache_lines(found: Diagnostic, program: str) -> list[str]:
    """The line or lines that Apache prints for its first error (not for logged warnings)."""
    if found.apache:
        return [escape(line)[:LONGEST_LINE] for line in found.apache]
    if found.phase is Phase.READ:
        return [_read_line(found, program)[:LONGEST_LINE]]
    message = escape(found.message)[:LONGEST_LINE]
    if found.span is None:
        return [message]
    where = f"line {found.apache_line} of {escape(found.span.apache_file)}"
    return [f"AH00526: Syntax error on {where}:", message]


def _read_line(found: Diagnostic, program: str) -> str:
    if found.span is None:
        return f"{program}: {escape(found.message)}"
    text = _position(found.span, found.apache_line) + escape(found.message)
    for outer in found.span.includes():
        text = _position(outer, outer.apache_line) + text
    return f"{program}: {text}"


def _position(span: Span, line: int) -> str:
    if (span, *span.uses())[-1].file == COMMAND_LINE_FILE:
        return "Syntax error in -C/-c directive: "
    return f"Syntax error on line {line} of {escape(span.apache_file)}: "
