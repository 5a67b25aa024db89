"""The command line, read as httpd reads it: getopt's way, `-Dname` and `-D name`, `-tf file`.

In: the arguments. Out: `Options`, or `UsageError` with the line that stands before the usage.
Rules: server/main.c of httpd 2.4.71.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from httpdlite.conf.directives.core import parse_level

USAGE: Final = """\
Usage: httpdlite [-D name] [-d directory] [-f file]
                 [-C "directive"] [-c "directive"]
                 [-v] [-V] [-h] [-l] [-L] [-t] [-T] [-S] [-M] [-X]
                 [-e level] [-E file]
       httpdlite demo
Options:
  -D name            : define a name for <IfDefine name>
  -d directory       : the first ServerRoot; without it the current directory
  -f file            : the configuration; without it httpd.conf, else conf.d/*.conf
  -C "directive"     : a directive to be read before the configuration
  -c "directive"     : a directive to be read after it
  -e level           : how much to say while starting (see LogLevel)
  -E file            : where to say it
  -v                 : the version
  -V                 : the version and how this server is made
  -h                 : this page
  -l                 : the modules that are built in
  -L                 : the directives that are implemented
  -t -D DUMP_VHOSTS  : the virtual hosts as they were read
  -t -D DUMP_RUN_CFG : the settings of the run
  -S                 : both of them
  -t -D DUMP_MODULES : the modules that are loaded
  -M                 : the same
  -t -D DUMP_INCLUDES: the files that were read
  -t                 : check the configuration, and nothing else
  -T                 : accepted; document roots are not checked
  -X                 : one process, defines DEBUG
"""

_WITH_ARGUMENT: Final = frozenset("CcDdeEfk")
_FLAGS: Final = frozenset("vVhlLtTSMX")
_SHORTHANDS: Final = {"S": ("DUMP_VHOSTS", "DUMP_RUN_CFG"), "M": ("DUMP_MODULES",), "X": ("DEBUG",)}


class UsageError(Exception):
    """The command line is wrong; `line` is what httpd says first, if anything."""

    def __init__(self, line: str | None = None) -> None:
        super().__init__(line or "wrong usage")
        self.line = line


@dataclass(slots=True)
class Options:
    """What the command line says. `ask` is the one of v, V, h, l, L that came first."""

    defines: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    server_root: str | None = None
    file: str | None = None
    startup_level: int | None = None
    startup_log: str | None = None
    ask: str | None = None
    test: bool = False
    single_process: bool = False


def parse_options(arguments: Sequence[str]) -> Options:
    """Reads the arguments without the command's name. Raises UsageError."""
    options = Options()
    for letter, argument in _getopt(arguments):
        if letter in "vVhlL":
            options.ask = letter
            return options  # httpd answers at once, whatever comes after
        _take(options, letter, argument)
    return options


def _getopt(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--" and not rest:
            return
        if len(word) < 2 or word[0] != "-" or word == "--":
            raise UsageError
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in _FLAGS:
                yield letter, ""
            elif letter not in _WITH_ARGUMENT:
                raise UsageError(f"illegal option -- {letter}")
            elif letters or rest:
                yield letter, letters or rest.pop(0)
                break
            else:
                raise UsageError(f"option requires an argument -- {letter}")


_LISTS: Final = {"D": "defines", "C": "before", "c": "after"}
_VALUES: Final = {"d": "server_root", "f": "file", "E": "startup_log"}


def _take(options: Options, letter: str, argument: str) -> None:
    if letter in _LISTS:
        getattr(options, _LISTS[letter]).append(argument)
    elif letter in _VALUES:
        setattr(options, _VALUES[letter], argument)
    elif letter == "e":
        options.startup_level = parse_level(argument)
        if options.startup_level is None:
            raise UsageError
    elif letter == "k" and argument != "start":
        raise UsageError("illegal option -- k")
    options.defines.extend(_SHORTHANDS.get(letter, ()))
    options.test = options.test or letter in "tSM"
    options.single_process = options.single_process or letter == "X"
