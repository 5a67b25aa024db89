"""The lines of a section that does not count: passed over raw, as httpd does it.

In: the lines that follow the opening tag. Out: what was wrong with them, if anything; the lines up
to the closing tag are used up. Hides which tags count: nothing is expanded, a line is looked at if
it begins with a tag, quoted or not. Rules: ap_soak_end_container in server/config.c, as of 2.4.71.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.lines import Line
from httpdlite.conf.spelling import lower
from httpdlite.conf.syntax import split_line
from httpdlite.diagnostics import ENCODING, Note

FARTHEST_TAG: Final = 32  # sections looked through for the one that a wrong closing tag meant


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with the lines; httpd says it at the opening tag."""

    message: str
    code: str
    notes: tuple[Note, ...] = ()


def skip_section(lines: Iterable[Line], name: str, *, raw: bool) -> Mistake | None:
    """Takes the lines of the section `name`; the first mistake.

    `raw`: they are of another language. The first that begins like the closing tag ends them, the
    end of the file does as well, and no other tag counts.
    """
    if raw:
        _take_raw(lines, f"</{lower(name)}")
        return None
    open_names = [name]
    first: Mistake | None = None
    for line in lines:
        tag = _tag(line)
        if tag.startswith("</"):
            mistake = _close(open_names, tag, line)
            first = first or mistake
            if not open_names:
                return first
        elif tag.startswith("<"):
            open_names.append(tag.removesuffix(">")[1:])
    if first is not None:
        return first
    message = f"Expected </{open_names[-1]}> before end of configuration"
    return Mistake(message, "unclosed-section")


def _take_raw(lines: Iterable[Line], closing: str) -> None:
    for line in lines:
        if lower(line.text[: len(closing)]) == closing:
            return


def _tag(line: Line) -> str:
    """The first word if the line may begin with a tag."""
    if line.text[0] not in "<\"'":
        return ""
    head = split_line(line.text)
    return head.name.value if head else ""


def _close(open_names: list[str], tag: str, line: Line) -> Mistake | None:
    """Takes a closing tag: of the innermost section, or of the one that was meant."""
    cut = tag.encode(*ENCODING)[:-1].decode(*ENCODING)  # the last byte goes, whatever it is
    if lower(cut[2:]) == lower(open_names[-1]):
        open_names.pop()
        return None
    message = f"Expected </{open_names[-1]}> but saw {cut}>"
    notes = (Note("this is what was seen", line.span(0, len(tag))),)
    meant = lower(tag[2:].removesuffix(">"))
    innermost = range(len(open_names) - 1, max(-1, len(open_names) - 1 - FARTHEST_TAG), -1)
    for index in innermost:
        if lower(open_names[index]) == meant:
            del open_names[index:]
            break
    return Mistake(message, "wrong-nesting", notes)
