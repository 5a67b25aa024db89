"""The command line, read as httpd reads it: getopt's way, `-Dname` and `-D name`, `-tf file`.

In: the arguments. Out: `Options`, or `UsageError` with the line that stands before the usage.
Rules: server/main.c of httpd 2.4.71. What only httpdlite has is an option with two dashes or a word
that comes first, neither of which Apache takes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from httpdlite.conf.directives.core import parse_level

USAGE: Final = """\
Usage: httpdlite [-D name] [-d directory] [-f file]
                 [-C "directive"] [-c "directive"]
                 [-k start|restart|graceful|graceful-stop|stop] [--preview]
                 [-v] [-V] [-h] [-l] [-L] [-t] [-T] [-S] [-M] [-X]
                 [-e level] [-E file] [--waive name]
       httpdlite -t [--syntax-only] [--format text|json|sarif|github]
       httpdlite report [options of -t] [--format text|json|html] [--output file]
       httpdlite explain-code [code]
       httpdlite demo
Options:
  -D name            : define a name for <IfDefine name>
  -d directory       : the first ServerRoot; without it the current directory
  -f file            : the configuration; without it httpd.conf, else conf.d/*.conf
  -C "directive"     : a directive to be read before the configuration
  -c "directive"     : a directive to be read after it
  -k start           : start in the background (-D FOREGROUND: not so);
                       without -k it starts in the foreground
  -k graceful        : read the configuration again; nobody is disconnected
  -k restart         : the same with new processes: everybody is disconnected
  -k graceful-stop   : end when all requests and tunnels have ended
  -k stop            : end at once
  --preview          : with -k graceful: only say what would change
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
  -t -D DUMP_PATTERNS: what searches with each regular expression
  -t                 : check the configuration, and nothing else
  -T                 : without a look at the document roots
  -X                 : one process, defines DEBUG
  --waive name       : start without this directive or section, if it is not supported
  --syntax-only      : with -t: what Apache would say, and its exit status
  --format form      : with -t: findings as text, json, sarif or github
                       with --preview: text or json
                       with a report: text, json or html
  --report           : with -t: the migration report as well, on standard output
  --output file      : where to write the report
Words:
  report             : what becomes of every vhost, directive and WebSocket path
  explain-code [code]: what a code such as unknown-directive means; all codes
  demo               : a WebSocket application with httpdlite in front of it
"""

FORMATS: Final = ("text", "json", "sarif", "github")
PREVIEW_FORMATS: Final = ("text", "json")
COMMANDS: Final = ("start", "restart", "graceful", "graceful-stop", "stop")
REPORT_FORMATS: Final = ("text", "json", "html")

_WITH_ARGUMENT: Final = frozenset("CcDdeEfk")
_FLAGS: Final = frozenset("vVhlLtTSMX")
_SHORTHANDS: Final = {"S": ("DUMP_VHOSTS", "DUMP_RUN_CFG"), "M": ("DUMP_MODULES",), "X": ("DEBUG",)}


_LONG_FLAGS: Final = {
    "--syntax-only": "syntax_only",
    "--report": "report",
    "--preview": "preview",
}
_LONG_WITH_ARGUMENT: Final = frozenset({"--waive", "--format", "--output"})


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
    checks_document_roots: bool = True
    syntax_only: bool = False
    format: str = "text"
    report: bool = False
    output: str | None = None
    waived: list[str] = field(default_factory=list)
    command: str | None = None  # of -k
    preview: bool = False


def parse_options(arguments: Sequence[str]) -> Options:
    """Reads the arguments without the command's name. Raises UsageError."""
    options = Options()
    if arguments and arguments[0] == "report":
        options.report, arguments = True, arguments[1:]
    for letter, argument in _getopt(arguments):
        if letter in _LONG_WITH_ARGUMENT or letter in _LONG_FLAGS:
            _take_long(options, letter, argument)
            continue
        if letter in "vVhlL":
            options.ask = letter
            return options  # httpd answers at once, whatever comes after
        _take(options, letter, argument)
    _check_together(options)
    return options


def _check_together(options: Options) -> None:
    if options.preview and options.command != "graceful":
        raise UsageError("--preview goes with -k graceful")
    if (
        not options.test
        and not options.report
        and not options.preview
        and (options.syntax_only or options.format != "text")
    ):
        raise UsageError("--syntax-only and --format go with -t")
    if options.output is not None and not options.report:
        raise UsageError("--output goes with report")
    forms: tuple[str, ...] = REPORT_FORMATS if options.report else FORMATS
    if options.preview:
        forms = PREVIEW_FORMATS
    if options.format not in forms:
        raise UsageError(f"--format must be one of {', '.join(forms)}")


def _getopt(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--" and not rest:
            return
        if len(word) < 2 or word[0] != "-" or word == "--":
            raise UsageError
        name, sign, value = word.partition("=")
        if name in _LONG_FLAGS and not sign:
            yield name, ""
            continue
        if name in _LONG_WITH_ARGUMENT:
            if not sign and not rest:
                raise UsageError(f"option requires an argument -- {name[2:]}")
            yield name, value if sign else rest.pop(0)
            continue
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


def _take_long(options: Options, name: str, argument: str) -> None:
    if name == "--waive":
        options.waived.append(argument)
    elif name == "--output":
        options.output = argument
    elif name in _LONG_FLAGS:
        setattr(options, _LONG_FLAGS[name], True)
    else:
        options.format = argument


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
    elif letter == "k":
        if options.command is not None or argument not in COMMANDS:
            raise UsageError("illegal option -- k")
        options.command = argument
    options.defines.extend(_SHORTHANDS.get(letter, ()))
    options.test = options.test or letter in "tSM"
    options.single_process = options.single_process or letter == "X"
    options.checks_document_roots = options.checks_document_roots and letter != "T"
