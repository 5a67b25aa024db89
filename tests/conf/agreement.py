"""What makes two verdicts on a configuration the same.

In: what httpd printed for `-t`, or a reading of ours. Out: a `Verdict`, and what differs between
two. Ours goes through the same lines as httpd's, so the form of the message counts as well. The
help that httpd adds to a wrong number of arguments is its own text and is not compared.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from httpdlite.conf.reader import Reading
from httpdlite.diagnostics import apache_lines, first_error

_WALK: Final = re.compile(r"AH00526: Syntax error on line ([0-9]+) of ([^\n]*):\n", re.DOTALL)
_READ: Final = re.compile(r"(?:apache2|httpd|httpdlite): (?=Syntax error)")
_PLACE: Final = re.compile(r"Syntax error on line ([0-9]+) of (macro '.*?\"|[^:]*): ", re.DOTALL)
_LOGGED: Final = re.compile(
    r"\[\w{3} \w{3} |AH00(?:112|548|557|558)|AH00[0-9]+: WARNING|\[[a-z_0-9]+:[a-z]+\]"
)
_HELP: Final = re.compile(r"((?:takes|requires) [a-z0-9, -]*? ?arguments?), .*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first error: `phase` is R, W or C (neither), "" if there is none.

    `places` are line and file, from the outermost Include to the line at fault.
    """

    phase: str = ""
    places: tuple[tuple[int, str], ...] = ()
    message: str = ""
    cut: bool = False  # the record has only the beginning of the message

    @property
    def accepted(self) -> bool:
        return not self.phase

    @property
    def line(self) -> int:
        """The line at fault, 0 without one."""
        return self.places[-1][0] if self.places else 0

    def within(self, wrapper: str) -> "Verdict":
        """The verdict without the places in `wrapper`, the file around the one of interest."""
        return replace(self, places=tuple(p for p in self.places if p[1] != wrapper))

    def __str__(self) -> str:
        where = " > ".join(f"{file}:{line}" for line, file in self.places)
        return f"{self.phase} {where}: {self.message}" if self.phase else "OK"


def read_verdict(lines: Iterable[str], *, accepted: bool = False) -> Verdict:
    """What httpd's lines on stderr say."""
    text = "\n".join(line for line in lines if not _LOGGED.match(line))
    if accepted:
        return Verdict()
    if found := _WALK.search(text):
        place = (int(found[1]), found[2])
        return Verdict("W", (place,), text[found.end() :].strip("\n"))
    if found := _READ.search(text):
        places, message = split_places(text[found.end() :])
        return Verdict("R", places, message.strip("\n"))
    return Verdict("C", (), re.sub(r"\b(?:apache2|httpdlite): ", "", text).strip("\n"))


def split_places(text: str) -> tuple[tuple[tuple[int, str], ...], str]:
    """The places in front of a message of the read phase, and the message."""
    places = []
    while found := _PLACE.match(text):
        places.append((int(found[1]), found[2]))
        text = text[found.end() :]
    return tuple(places), text


def our_verdict(reading: Reading) -> Verdict:
    """The verdict of a reading of ours."""
    found = first_error(reading.diagnostics)
    if found is None:
        return Verdict()
    return read_verdict("\n".join(apache_lines(found, "apache2")).split("\n"))


_ANY_ORDER: Final = re.compile(r"(known names): [^)]*")  # httpd's order changes with every start


def plain(message: str) -> str:
    """A message without what is not compared."""
    message = _ANY_ORDER.sub(r"\1", message)
    return _HELP.sub(r"\1", message).strip()


def difference(ours: Verdict, theirs: Verdict) -> str | None:
    """The first thing in which two verdicts differ; None if they agree."""
    if ours.accepted != theirs.accepted:
        return "accepted here" if ours.accepted else "refused here"
    if ours.places != theirs.places:
        return "place"
    if ours.phase != theirs.phase:
        return "phase"
    said, wanted = plain(ours.message), plain(theirs.message)
    same = said.startswith(wanted) if theirs.cut else said == wanted
    return None if same else "message"
