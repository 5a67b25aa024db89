r"""Where a log goes: the first word of ErrorLog and CustomLog in, a name and what it means out.

A *name* is what the word means in one text, so that logs of several servers can be compared and
handed about: an absolute path, `|program`, `|$command`, `syslog:facility:tag`, or None for standard
error. Pure. Rules, as observed with httpd 2.4.71:

1. `|words` and `||words` start a program, without a shell: words are separated by blanks, quotes
   and backslashes protect. A program that is not absolute is below ServerRoot; PATH is not asked.
2. `|$text` is a command of `/bin/sh -c`.
3. `syslog` and `syslog:facility:tag` (ErrorLog alone) write to the system's log. Facility and tag
   may be empty (local7, the server's name); a facility may be cut short, and case does not matter
   in it, but in `syslog` it does.
4. All else is a file, below ServerRoot if it is not absolute.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

FACILITIES: Final = {
    "auth": 4,
    "authpriv": 10,
    "cron": 9,
    "daemon": 3,
    "ftp": 11,
    "kern": 0,
    "lpr": 6,
    "mail": 2,
    "news": 7,
    "syslog": 5,
    "user": 1,
    "uucp": 8,
    **{f"local{number}": 16 + number for number in range(8)},
}
"""Names of facilities with their numbers (RFC 5424 §6.2.1), in the order they are looked at."""

DEFAULT_FACILITY: Final = FACILITIES["local7"]


class Kind(Enum):
    """What a log is."""

    STANDARD_ERROR = auto()
    FILE = auto()
    PROGRAM = auto()
    SYSLOG = auto()


@dataclass(frozen=True, slots=True)
class Target:
    """What a name means. `text`: a file's path; a program's line or a command as it was written."""

    kind: Kind
    text: str = ""
    words: tuple[str, ...] = ()
    """Of a program: itself and its arguments, the shell included if there is one."""
    program: str = ""
    """Of a program: what must be there and be executable for it to start; empty for nothing."""
    facility: int | None = None
    """Of syslog; None if there is none of that name."""
    tag: str = ""


def log_name(server_root: str, text: str, *, may_be_syslog: bool = False) -> str:
    """The name of a log, from the word of its directive."""
    if text.startswith("|") or (may_be_syslog and is_syslog(text)):
        return text
    if text.startswith("/"):
        return text
    return f"{server_root.rstrip('/')}/{text}"


def is_syslog(text: str) -> bool:
    """Does an ErrorLog mean the system's log?"""
    return text == "syslog" or text.startswith("syslog:")


def parse_log_name(name: str | None) -> Target:
    """What a name means."""
    if name is None:
        return Target(Kind.STANDARD_ERROR)
    if name.startswith("|"):
        return _program(name)
    if is_syslog(name):
        return _syslog(name)
    return Target(Kind.FILE, name)


def _program(name: str) -> Target:
    if name.startswith("|$"):
        command = name[2:]
        first = split_words(command)[:1]
        program = first[0] if first and first[0].startswith("/") else ""
        return Target(Kind.PROGRAM, command, ("/bin/sh", "-c", command), program)
    text = name[2:] if name.startswith("||") else name[1:]
    words = tuple(split_words(text))
    return Target(Kind.PROGRAM, text, words, words[0] if words else "")


def _syslog(name: str) -> Target:
    _, _, rest = name.partition(":")
    facility, _, tag = rest.partition(":")
    number = _facility(facility.lower())
    return Target(Kind.SYSLOG, rest, facility=number, tag=tag)


def _facility(name: str) -> int | None:
    if not name:
        return DEFAULT_FACILITY
    for known, number in FACILITIES.items():
        if known.startswith(name):
            return number
    return None


_WORD: Final = re.compile(
    r"""[ \t]*(?:"(?P<double>(?:\\.|[^"\\])*)"?|'(?P<single>(?:\\.|[^'\\])*)'?"""
    r"""|(?P<bare>(?:\\.|[^ \t\\])+))""",
    re.DOTALL,
)
_PROTECTED: Final = re.compile(r"\\(.)", re.DOTALL)


def split_words(text: str) -> list[str]:
    """The words of a program's line, their quotes and backslashes taken off."""
    found = _WORD.finditer(text.strip(" \t"))
    return [_PROTECTED.sub(r"\1", match[match.lastgroup or 0]) for match in found]
