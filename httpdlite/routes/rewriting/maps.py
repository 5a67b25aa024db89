"""RewriteMap: what a key stands for.

Comes in: the maps of a server; then a name and a key. Goes out: a value, or None. Hides text files
and when they are read again (as soon as their time of change is another one, which is asked at each
look-up, as httpd does), choices at random, the inner functions. A program is asked by
``Request.ask`` with a ``ProgramQuestion``. Source: RewriteMap; as observed with 2.4.71.

1. A line of a file is a key, blanks, a value up to the next blank. Lines that begin with `#` or a
   blank do not count, nor do lines without a value; the first line of a key does.
2. An unknown map has no value for any key.
3. A program reads keys and writes values, one a line; `NULL`, in any case of letters, is none. A
   key with a line feed is not asked for.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol
from urllib.parse import unquote_to_bytes

from httpdlite.conf.directives.rewriting import MapKind, RewriteMap
from httpdlite.routes.changing import CHANGING
from httpdlite.routes.expressions.functions import escape, to_lower, to_upper
from httpdlite.routes.pattern import as_bytes_text
from httpdlite.routes.request import Request


@dataclass(frozen=True, slots=True)
class ProgramQuestion:
    """What the program of a map says to a key.

    There is one program for each map of a configuration, started with ``command`` (as ``user``,
    ``name`` or ``name:group``, if it is given) before the first question. It is written ``key`` and
    a line feed, and what it writes up to the next line feed is the answer: a latin-1 text without
    it. One question after the other; if there is no program, or no more, the answer is None.
    """

    name: str
    command: tuple[str, ...]
    user: str | None
    key: str


class MapFiles(Protocol):
    """The files that maps are in."""

    def stamp(self, path: str) -> int | None:
        """Changes when the file does; None if there is none."""
        ...

    def read(self, path: str) -> bytes:
        """All of it. Raises OSError."""
        ...


class DiskMapFiles:
    """The real ones."""

    def stamp(self, path: str) -> int | None:
        try:
            return os.stat(path).st_mtime_ns // 1000  # noqa: PTH116 - asked at each look-up
        except OSError:
            return None

    def read(self, path: str) -> bytes:
        with open(path, "rb") as file:  # noqa: PTH123 - a slash at the end counts
            return file.read()


class _Stamp(NamedTuple):
    """A look at the stamp of a map."""

    files: MapFiles
    path: str

    def __call__(self, *_: object) -> int | None:
        return self.files.stamp(self.path)


Say = Callable[[int, str], None]
"""Takes a line for the log, and the level of its trace."""


class Maps:
    """The maps of a server, by name. Without ``has_programs`` no program is asked."""

    def __init__(
        self,
        maps: Iterable[RewriteMap],
        files: MapFiles,
        *,
        has_programs: bool = True,
    ) -> None:
        self._files = files
        self._has_programs = has_programs
        self._find = {as_bytes_text(each.name): self._finder(each) for each in maps}
        self._read: dict[str, tuple[int, Pairs, set[tuple[str, str]]]] = {}

    def look_up(self, request: Request, name: str, key: str, say: Say | None) -> str | None:
        """What `key` stands for."""
        find = self._find.get(name)
        return find(request, key, say) if find is not None else None

    def _finder(self, found: RewriteMap) -> Callable[[Request, str, Say | None], str | None]:
        match found.kind:
            case MapKind.INTERNAL:
                return _inner(found)
            case MapKind.PROGRAM:
                return _program(found, is_there=self._has_programs)
            case MapKind.TEXT | MapKind.RANDOM:
                return self._text(found)
        return _nothing

    def _text(self, found: RewriteMap) -> Callable[[Request, str, Say | None], str | None]:
        name, path, at_random = found.name, found.source, found.kind is MapKind.RANDOM

        def find(request: Request, key: str, say: Say | None) -> str | None:
            stamp = CHANGING.look(_Stamp(self._files, path))
            if stamp is None:
                text = f"mod_rewrite: can't access text RewriteMap file {path}"
                request.log("rewrite", _ERROR, "AH00661", text)
                return None
            known = self._read.get(path)
            if known is None or known[0] != stamp:
                try:
                    content = self._files.read(path)
                except OSError:
                    text = f"mod_rewrite: can't open text RewriteMap file {path}"
                    request.log("rewrite", _ERROR, "AH00655", text)
                    return None
                known = self._read[path] = (stamp, Pairs(content), set())
            value = known[1].get(key)
            if say is not None:
                _say_found(say, name, key, value, known[2])
            if value is not None and at_random and "|" in value:
                parts = value.split("|")
                value = parts[by_chance(request.now, len(parts))]
            if at_random and value is not None and say is not None:
                say(5, f"randomly chosen the subvalue `{value}'")
            return value or None

        return find


def by_chance(now: float, count: int) -> int:
    """A number below `count` that nobody can foresee: of the millionths of a second."""
    return (int(now * 1_000_000) * _SPREAD >> 16) % count


_SPREAD: Final = 2_654_435_761
_ERROR: Final = 3
_CACHED: Final = 10_000


def _say_found(
    say: Say, name: str, key: str, value: str | None, asked: set[tuple[str, str]]
) -> None:
    """As httpd says it, which remembers single keys."""
    if (name, key) in asked:
        say(5, f"cache lookup OK: map={name}[txt] key={key} -> val={value or ''}")
        return
    if len(asked) < _CACHED:
        asked.add((name, key))
    say(6, "cache lookup FAILED, forcing new map lookup")
    if value is None:
        say(5, f"map lookup FAILED: map={name}[txt] key={key}")
    else:
        say(5, f"map lookup OK: map={name}[txt] key={key} -> val={value}")


_LONGEST: Final = 1023
_VALUE: Final = re.compile(rb"[ \t\v\f\r]+([^ \t\n\v\f\r\0]+)")
_BLANKS: Final = b"\t\v\f\r"


class Pairs:
    """The keys and values of a text file (rule 1). A longer line is several, as for httpd.

    They are looked for in its bytes, since a file can have 100,000 of them, and a request must not
    wait until all are known.
    """

    __slots__ = ("_data", "_known")

    def __init__(self, content: bytes) -> None:
        self._known: dict[str, str | None] = {}
        lines = content.split(b"\n")
        if max(map(len, lines)) > _LONGEST:
            lines = [
                line[at : at + _LONGEST]
                for line in lines
                for at in range(0, max(len(line), 1), _LONGEST)
            ]
            content = b"\n".join(lines)
        self._data = b"\n%b\n" % content

    def get(self, key: str) -> str | None:
        """The value of a key."""
        known = self._known
        if key in known:
            return known[key]
        if len(known) >= _CACHED:
            known.clear()
        value = known[key] = self._look_up(key)
        return value

    def _look_up(self, key: str) -> str | None:
        if not key or key.startswith("#") or not _BLANK.isdisjoint(key):
            return None
        data, name = self._data, b"\n%b" % key.encode("latin-1")
        places = [
            at
            for blank in (b" ", *(bytes((code,)) for code in _BLANKS if code in data))
            if (at := self._find(name, blank)) is not None
        ]
        if not places:
            return None
        return min(places)[1].decode("latin-1")

    def _find(self, name: bytes, blank: bytes) -> tuple[int, bytes] | None:
        """The first line of a key that has a value, and that blank behind it; and: the value."""
        at = self._data.find(name + blank)
        while at >= 0:
            found = _VALUE.match(self._data, at + len(name))
            if found is not None:
                return at, found[1]
            at = self._data.find(name + blank, at + 1)
        return None


_BLANK: Final = frozenset(" \t\n\v\f\r\0")


def _inner(found: RewriteMap) -> Callable[[Request, str, Say | None], str | None]:
    name, function = found.name, _INNER[found.source]

    def find(_: Request, key: str, say: Say | None) -> str | None:
        value = function(key)
        if say is not None:
            shown = key if found.source == "escape" else value  # httpd changes the key itself
            say(5, f"map lookup OK: map={name} key={shown} -> val={value}")
        return value

    return find


_ESCAPED: Final = re.compile(rb"%[0-9A-Fa-f]{2}")


def unescape(text: str) -> str:
    """All that is escaped, slashes, too; what is no escape stays."""
    if "%" not in text:
        return text
    content = _ESCAPED.sub(lambda found: unquote_to_bytes(found[0]), text.encode("latin-1"))
    return content.partition(b"\0")[0].decode("latin-1")


_INNER: Final[Mapping[str, Callable[[str], str]]] = {
    "tolower": to_lower,
    "toupper": to_upper,
    "escape": escape,
    "unescape": unescape,
}


def _program(
    found: RewriteMap, *, is_there: bool
) -> Callable[[Request, str, Say | None], str | None]:
    name, command, user = found.name, found.command, found.user

    def find(request: Request, key: str, say: Say | None) -> str | None:
        value = None
        if is_there and "\n" not in key:
            answer = request.ask(ProgramQuestion(name, command, user, key))
            value = answer if isinstance(answer, str) and answer.lower() != "null" else None
        if say is not None and value is None:
            say(5, f"map lookup FAILED: map={name} key={key}")
        elif say is not None:
            say(5, f"map lookup OK: map={name} key={key} -> val={value}")
        return value

    return find


def _nothing(_: Request, _key: str, _say: Say | None) -> str | None:
    return None
