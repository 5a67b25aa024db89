"""Published snippets of others with the verdict of the real httpd, as their README's table has it.

In: `../shared/corpus/published`. Out: a `Snippet` per file with what is known of the verdict, and a
reading of it. What had to be replaced to be accepted is said in the table only roughly, so here
every file that an SSL directive or an Include names is there.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from httpdlite.conf.files import DictFiles, Kind
from httpdlite.conf.reader import ConfigSource, Reading, read_config
from tests.conf.agreement import Verdict, our_verdict
from tests.conf.reading import FakeNames
from tests.conf.surroundings import (
    ACCOUNTS,
    DEVICES,
    DIRECTORIES,
    ENVIRONMENT,
    PUBLISHED,
    SERVER_ROOT,
    preamble,
)

CONF: Final = "/oracle/snippet.conf"
NOT_EMPTY: Final = b"# a certificate, or nothing to include\n"
_CELL: Final = r"((?:[^|\\]|\\.)*)"
_ROW: Final = re.compile(r"\| (\S+\.conf)( \(f\))? " + 5 * rf"\|{_CELL}" + r"\|")
_REFUSED: Final = re.compile(r"\*\*refused\*\*: (.*?)(?:; (?:accepted|still) .*| ⚠.*| \(und.*)?")


@dataclass(frozen=True, slots=True)
class Snippet:
    """`message` is what the table says of a refused one, without a position."""

    name: str
    is_fragment: bool
    expected: Verdict
    note: str


class Everything:
    """Files in which certificates and Include targets are there, whatever they are called."""

    def __init__(self, text: str) -> None:
        self._inner = DictFiles({CONF: text, **DEVICES}, [*DIRECTORIES, SERVER_ROOT])
        self._named = set(_named(text))

    def read(self, path: str) -> bytes:
        if path in self._named:
            return NOT_EMPTY
        return self._inner.read(path)

    def kind(self, path: str) -> Kind | None:
        if path in self._named:
            return Kind.FILE
        if self._inner.kind(path) is None and re.search(r"/log|^/var|^/srv|^/opt|^/etc", path):
            return Kind.DIRECTORY if "." not in path.rsplit("/", 1)[1] else None
        return self._inner.kind(path)

    def names(self, path: str) -> list[str]:
        return self._inner.names(path)


_NAMING: Final = re.compile(
    r"(?im)^[ \t]*(?:SSL\w+(?:File|Path|Database)|SSLOpenSSLConfCmd[ \t]+DHParameters|Include"
    r"|Auth(?:User|Group)File)\s+(?:\"([^\"]+)\"|'([^']+)'|(\S+))"
)


def _named(text: str) -> Iterator[str]:
    for found in _NAMING.finditer(text):
        path = found[1] or found[2] or found[3]
        for name, value in re.findall(r"(?im)^\s*Define\s+(\w+)\s+(\S+)", text):
            path = path.replace(f"${{{name}}}", value)
        yield path if path.startswith("/") else f"{SERVER_ROOT}/{path}"


_LOADED_ALREADY: Final = re.compile(
    r"(?m)^\s*LoadModule .*mod_(?:log_config|logio|version|unixd|mpm_\w+)\b.*$"
)


@cache
def judged_snippets() -> tuple[Snippet, ...]:
    """The rows of the table."""
    table = PUBLISHED / "README.md"
    if not table.exists():
        return ()
    found = []
    for line in table.read_text(encoding="utf-8").splitlines():
        if row := _ROW.fullmatch(line):
            note = row[6].strip().replace("\\|", "|")
            refused = _REFUSED.fullmatch(note)
            expected = Verdict()
            if refused:
                expected = Verdict("?", (), html.unescape(refused[1]), cut=True)
            found.append(Snippet(row[1], bool(row[2]), expected, note))
    return tuple(found)


def read_snippet(snippet: Snippet) -> Reading:
    text = (PUBLISHED / snippet.name).read_text(encoding="utf-8")
    text = _LOADED_ALREADY.sub("", text)
    if snippet.is_fragment:
        text = f"<VirtualHost *:80>\nServerName anyhost.test\n{text}\n</VirtualHost>\n"
    source = ConfigSource(CONF, SERVER_ROOT, (), preamble(), environment=ENVIRONMENT)
    names = FakeNames({"localhost": ("127.0.0.1",)}, {**ACCOUNTS, "apache": 48})
    return read_config(source, Everything(text), names)


def snippet_verdict(snippet: Snippet) -> Verdict:
    """Ours, without a position: the table has none."""
    found = our_verdict(read_snippet(snippet))
    return Verdict("?" if found.phase else "", (), found.message.replace(f"{SERVER_ROOT}/", ""))
