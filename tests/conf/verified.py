"""The table of verified cases of httpd 2.4.71, read where it lies (never copied into the project).

In: `../shared/apache/config-syntax.md` beside the checkout. Out: cases with the input's bytes, and
what httpd printed: its log lines, the phase, the position, the message.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).resolve().parents[2].parent / "shared" / "apache" / "config-syntax.md"

CONF: Final = "/root/httpd.conf"
ROOT: Final = "/root"

_ROW: Final = re.compile(r"\| ([0-9]+) \| (.*?) \| (.*?) \| (.*) \|")
_MARKS: Final = {"␍": "\r", "␉": "\t", "␋": "\v", "␌": "\f", "␀": "\0", "<BOM>": "\ufeff"}
_RESULT: Final = re.compile(r"(?:([RW])([0-9]+)|W\[(.*?)\]): (.*)", re.DOTALL)
_STANDARD: Final = (
    "perhaps misspelled or defined by a module not included in the server configuration"
)


@dataclass(frozen=True, slots=True)
class Case:
    """A row. `phase` is R or W, "" for OK; `line` 0 if `where` says it otherwise."""

    number: int
    text: str
    note: str
    logged: tuple[str, ...]
    phase: str
    line: int
    where: str
    message: str

    def matches(self, message: str) -> bool:
        """Whether this is the message, with any help text where the table says HELP."""
        parts = map(re.escape, self.message.split("HELP"))
        return re.fullmatch(".+".join(parts), message, re.DOTALL) is not None


def read_cases() -> Iterator[Case]:
    """Every row of the table. An empty iterator if it is not there."""
    if not TABLE.exists():
        return
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        found = _ROW.fullmatch(line.replace("\\|", "\x01"))
        if found:
            yield _case(int(found[1]), *(cell.replace("\x01", "|") for cell in found.groups()[1:]))


def _case(number: int, cell: str, note: str, observed: str) -> Case:
    text = "" if cell == "(empty file)" else cell[2:-2].replace(" ⏎ ", "\n")
    for mark, char in _MARKS.items():
        text = text.replace(mark, char)
    *logged, last = observed.replace("CONF", CONF).replace("ROOT", ROOT).split(" ⏎ ")
    result = _RESULT.fullmatch(last)
    if result is None:
        shown = last if last == "OK" else observed
        return Case(number, text, note, tuple(logged), "" if shown == "OK" else "?", 0, "", last)
    message = result[4].replace("…", _STANDARD)
    phase = result[1] or "W"
    return Case(
        number, text, note, tuple(logged), phase, int(result[2] or 0), result[3] or "", message
    )
