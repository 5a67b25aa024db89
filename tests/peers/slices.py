"""Slices of real configurations that apache2 accepts: what mutations begin with.

In: the corpora (the project's own and `conf.d`; those beside the checkout where they are, read in
place). Out: pieces of at most LONGEST_SLICE lines, balanced, without comments and without
directives that only one of the two programs has; apache2 itself says which lines must go.
"""

import re
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from httpdlite.conf.directives import registry
from tests.conf.corpus import FILES
from tests.conf.surroundings import CONFIGS, PUBLISHED, SECTIONS, judged_samples
from tests.peers.verdicts import Bench, modules

CHECKOUT: Final = Path(__file__).resolve().parents[2]
LONGEST_SLICE: Final = 40  # lines; small ones make differences precise
MOST_REPAIRS: Final = 25  # lines taken out of a slice until apache2 accepts it

Lines = list[str]


@cache
def slices() -> tuple[str, ...]:
    """Every corpus file, cut into balanced pieces without comments."""
    found: list[str] = []
    for text, tags in _texts():
        lines = [line for line in logical(text) if is_of_use(line)]
        for at in range(0, len(lines), LONGEST_SLICE):
            piece = balanced(lines[at : at + LONGEST_SLICE])
            if piece:
                closing = [closing_tag(tag) for tag in reversed(tags)]
                found.append("\n".join([*tags, *piece, *closing]) + "\n")
    return tuple(dict.fromkeys(found))


def closing_tag(tag: str) -> str:
    """The closing tag of an opening one."""
    return f"</{tag[1:].split(maxsplit=1)[0].rstrip('>')}>"


def _texts() -> Iterator[tuple[str, tuple[str, ...]]]:
    """The corpora's texts, and the section that each is the inside of."""
    for path in (*FILES, *sorted((CHECKOUT / "conf.d").glob("*.conf"))):
        yield _read(path), ()
    for sample in judged_samples():
        tags = next((tags for word, tags in SECTIONS.items() if word in sample.how), ())
        yield _read(CONFIGS / sample.path), tags
    for path in sorted(PUBLISHED.glob("*.conf")):
        text = _read(path)
        yield text, ("<VirtualHost *:80>",) if "# fragment: true" in text else ()


def _read(path: Path) -> str:
    return path.read_text("utf-8", "surrogateescape")


def logical(text: str) -> Lines:
    """Lines with their continuations, each as one string that may hold line ends."""
    return re.findall(r"(?:[^\n\\]|\\[^\n]|\\\n)+", text.replace("\r\n", "\n"))


def is_of_use(line: str) -> bool:
    """Whether a line is something that both programs know: no comment, nothing of others."""
    stripped = line.strip()
    if not stripped or stripped.startswith("#") or len(line) > 2000:
        return False
    if stripped.startswith("</"):
        return True
    entry = registry().find(re.split(r"[\s>]", stripped, maxsplit=1)[0])
    if entry is None:
        return False
    known = {*modules(), *(m.short for m in registry().modules.values() if m.static), "mpm_event"}
    return any(module.short in known for module in entry.modules)


_TAG: Final = re.compile(r"\s*<(/?)([A-Za-z]\w*)")


def balanced(lines: Iterable[str]) -> Lines:
    """The lines without closing tags that close nothing, and with those that lack."""
    kept: Lines = []
    open_names: list[str] = []
    for line in lines:
        tag = _TAG.match(line)
        if tag and tag[1]:
            if not open_names or open_names[-1].lower() != tag[2].lower():
                continue
            open_names.pop()
        elif tag:
            open_names.append(tag[2])
        kept.append(line)
    return kept + [f"</{name}>" for name in reversed(open_names)]


class Bases:
    """Slices as apache2 accepts them, made when they are asked for."""

    def __init__(self) -> None:
        self._made: dict[int, Lines] = {}
        self._lock = threading.Lock()

    def get(self, number: int, at: Bench) -> Lines:
        """A slice without the lines that apache2 refuses; empty if too many are."""
        with self._lock:
            known = self._made.get(number)
        if known is None:
            known = accepted(slices()[number], at)
            with self._lock:
                self._made[number] = known
        return list(known)


def accepted(text: str, at: Bench) -> Lines:
    """The text without what apache2 refuses, line by line."""
    lines = logical(text)
    for _ in range(MOST_REPAIRS):
        said = at.theirs("\n".join(lines) + "\n").verdict
        if said.accepted:
            return lines
        number = next((line for line, file in said.places if file == "CONF"), 0)
        if not number:
            return []
        index = _index_of(lines, number)
        lines = balanced(lines[:index] + lines[index + 1 :])
    return []


def _index_of(lines: Lines, number: int) -> int:
    """The logical line that ends at or after a physical one."""
    physical = 0
    for index, line in enumerate(lines):
        physical += 1 + line.count("\n")
        if physical >= number:
            return index
    return len(lines) - 1
