"""core.c: sections, names, logs, and the directives that act while the file is read.

In: the words of one directive. Out: its value, or httpd's message. The reader and the walker act on
the rows named here (Include, Define, <IfModule> …); what they do is not repeated. Rules: httpd's
core documentation; wordings as observed with 2.4.71.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from httpdlite.conf.call import DIRECTORY, EVERYWHERE, SERVER, SERVERS, VHOST, Call, Module, Word
from httpdlite.conf.files import is_glob
from httpdlite.conf.numbers import atoi
from httpdlite.conf.rows import (
    FLAG,
    STRING,
    Arity,
    Directive,
    Section,
    Takes,
    append,
    directive,
)
from httpdlite.conf.spelling import lower
from httpdlite.conf.syntax import split_words

MODULE: Final = Module("core_module", "core.c", static=True)

SECTIONS_BUT_LOCATION: Final = frozenset(
    {"<directory", "<directorymatch", "<files", "<filesmatch", "<if", "<elseif", "<else", "<limit"}
)
"""Where ProxyPass and Alias are refused (httpd's NOT_IN_DIRECTORY and NOT_IN_FILES)."""


# --- sections -------------------------------------------------------------------------------------

VIRTUAL_HOST: Final = Section(
    "<VirtualHost",
    SERVER,
    inside=VHOST,
    keeps_path=False,
    doc="A virtual host: settings for the addresses and the names it is reached by.",
)
LOCATION: Final = Section(
    "<Location", SERVERS, doc="Settings for a URL path and all that is below it."
)
LOCATION_MATCH: Final = Section(
    "<LocationMatch", SERVERS, doc="Settings for the URL paths that an expression matches."
)


def _conditional(name: str, doc: str) -> Section:
    return Section(name, EVERYWHERE, doc, inside=None, keeps_path=False, at_read=True)


IF_DEFINE: Final = _conditional("<IfDefine", "Lines that count if a name is defined.")
IF_MODULE: Final = _conditional("<IfModule", "Lines that count if a module is loaded.")
IF_FILE: Final = _conditional("<IfFile", "Lines that count if a file or directory exists.")
IF_DIRECTIVE: Final = _conditional("<IfDirective", "Lines that count if a directive is known.")
IF_SECTION: Final = _conditional("<IfSection", "Lines that count if a section is known.")


# --- while the file is read -----------------------------------------------------------------------


def _at_read(name: str, arity: Arity, doc: str) -> Directive[tuple[Word, ...]]:
    takes = Takes(arity, lambda call: call.words)
    return directive(name, takes, contexts=EVERYWHERE, doc=doc, at_read=True)


DEFINE: Final = _at_read("Define", Arity.ONE_OR_TWO, "A name for <IfDefine>, and its ${value}.")
UN_DEFINE: Final = _at_read("UnDefine", Arity.ONE, "The name to forget.")
INCLUDE: Final = _at_read("Include", Arity.ONE, "A file, directory or wildcard; it must be there.")
INCLUDE_OPTIONAL: Final = _at_read(
    "IncludeOptional", Arity.ONE, "A file, directory or wildcard that need not be there."
)
SERVER_ROOT: Final = _at_read(
    "ServerRoot", Arity.ONE, "The directory that relative paths begin at."
)
DEFAULT_RUNTIME_DIR: Final = directive(
    "DefaultRuntimeDir",
    STRING,
    contexts=SERVER,
    at_read=True,
    doc="The directory for files that live as long as the server, such as a relative PidFile.",
)


def _read_error(call: Call) -> None:
    text = call.raw.text or "The Error directive was used with no message."
    if text[0] in {'"', "'"} and text[-1] == text[0]:
        text = text[1:-1]
    raise call.error(text, code="error")


ERROR: Final = directive(
    "Error", Takes(Arity.RAW, _read_error), contexts=EVERYWHERE, doc="Ends the reading with a text."
)


# --- names ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ServerName:
    """[scheme://]name[:port]; None is not given."""

    scheme: str | None
    name: str
    port: int | None


def _read_server_name(call: Call) -> ServerName:
    text = call.words[0].text
    if is_glob(text):
        message = f'Invalid ServerName "{text}" use ServerAlias to set multiple server names.'
        raise call.error(message, 0)
    scheme, separator, rest = text.partition("://")
    name, colon, port = (rest if separator else text).partition(":")
    number = atoi(port) if colon else None
    if number is not None and not 1 <= number <= 65535:
        message = f'The port number "{text}" is outside the appropriate range (i.e., 1..65535).'
        raise call.error(message, 0)
    return ServerName(lower(scheme) if separator else None, name, number)


SERVER_NAME: Final = directive(
    "ServerName",
    Takes(Arity.ONE, _read_server_name),
    contexts=SERVERS,
    inherits=False,
    doc="The name, and the port, that the server calls itself by.",
)


def words_of(call: Call, text: str | None = None) -> tuple[Word, ...]:
    """The words of a directive that counts them itself (Arity.RAW)."""
    raw, start = call.raw.text if text is None else text, call.raw.start
    return tuple(Word(p.value, call.line, start + p.start, start + p.end) for p in split_words(raw))


def _read_server_alias(call: Call) -> tuple[str, ...]:
    if VHOST not in call.place.context:
        raise call.error("ServerAlias only used in <VirtualHost>", code="wrong-context")
    return tuple(word.text for word in words_of(call))


SERVER_ALIAS: Final = directive(
    "ServerAlias",
    Takes(Arity.RAW, _read_server_alias),
    contexts=SERVERS,
    default=(),
    combine=append,
    merge=append,
    inherits=False,
    doc="More names for a virtual host; * and ? are wildcards.",
)
SERVER_ADMIN: Final = directive(
    "ServerAdmin", STRING, contexts=SERVERS, doc="Whom to write to about this server."
)


# --- time and URLs --------------------------------------------------------------------------------

TIMEOUT: Final = directive(
    "Timeout",
    Takes(Arity.ONE, lambda call: atoi(call.words[0].text)),
    default=60,
    contexts=SERVERS,
    doc="Whole seconds without progress after which a connection is given up.",
)


class EncodedSlashes(Enum):
    """What AllowEncodedSlashes makes of %2F in a path."""

    OFF = "off"
    ON = "on"
    NODECODE = "nodecode"


def _read_encoded_slashes(call: Call) -> EncodedSlashes:
    try:
        return EncodedSlashes(lower(call.words[0].text))
    except ValueError:
        raise call.error("AllowEncodedSlashes must be On, Off, or NoDecode", 0) from None


ALLOW_ENCODED_SLASHES: Final = directive(
    "AllowEncodedSlashes",
    Takes(Arity.ONE, _read_encoded_slashes),
    default=EncodedSlashes.OFF,
    contexts=SERVERS,
    doc="What an encoded slash in a path is: refused, decoded, or left as it is.",
)
MERGE_SLASHES: Final = directive(
    "MergeSlashes",
    FLAG,
    default=True,
    contexts=SERVERS,
    doc="Whether // in a path counts as one slash.",
)


# --- logs and files -------------------------------------------------------------------------------


def _read_error_log(call: Call) -> str | None:
    return call.words[0].text


ERROR_LOG: Final = directive(
    "ErrorLog",
    Takes(Arity.ONE, _read_error_log),
    default=None,  # standard error; httpd's logs/error_log would need a directory made first
    contexts=SERVERS,
    doc="Where problems are written to: a file, a program or the system's log.",
)

LEVELS: Final = tuple(
    "emerg alert crit error warn notice info debug".split()
    + [f"trace{number}" for number in range(1, 9)]
)
"""Log levels in order: the index is the number httpd gives them."""


@dataclass(frozen=True, slots=True)
class LogLevels:
    """What LogLevel says: the level for all modules, and those of single ones, by short name.

    `resets`: a bare level was given, so what an outer scope says of single modules is void.
    """

    default: int
    modules: tuple[tuple[str, int], ...] = ()
    resets: bool = False

    def wants(self, module: str, level: int) -> bool:
        """Is a line of this module and level to be written?"""
        return dict(self.modules).get(module, self.default) >= level


DEFAULT_LOG_LEVELS: Final = LogLevels(LEVELS.index("warn"))


def parse_level(text: str) -> int | None:
    """The number of a log level; None if there is none of that name."""
    word = lower(text)
    return LEVELS.index(word) if word in LEVELS else None


BAD_LEVEL: Final = (
    "Log level keyword must be one of emerg/alert/crit/error/warn/notice/info/debug/"
    "trace1/.../trace8"
)


def _read_log_level(call: Call) -> LogLevels:
    default, resets = DEFAULT_LOG_LEVELS.default, False
    modules: dict[str, int] = {}
    for index, word in enumerate(call.words):
        module, colon, keyword = word.text.rpartition(":")
        if colon and not keyword:
            message = f"Module specifier '{module}' must be followed by a log level keyword"
            raise call.error(message, index)
        level = parse_level(keyword)
        if level is None:
            raise call.error(f"{word.text}: {BAD_LEVEL}" if colon else BAD_LEVEL, index)
        if colon:
            modules[_known_module(call, module, index)] = level
        else:
            default, modules, resets = level, {}, True
    return LogLevels(default, tuple(modules.items()), resets)


def _known_module(call: Call, name: str, index: int) -> str:
    found = call.place.find_module(name) or call.place.find_module(f"{name}_module")
    if found is None:
        raise call.error(f"Cannot find module {name}", index)
    return found.short


def merge_levels(base: LogLevels, over: LogLevels) -> LogLevels:
    """Levels given later or further inside, over those of `base`."""
    if over.resets:
        return over
    modules = {**dict(base.modules), **dict(over.modules)}
    return LogLevels(base.default, tuple(modules.items()), base.resets)


LOG_LEVEL: Final = directive(
    "LogLevel",
    Takes(Arity.EACH, _read_log_level),
    default=DEFAULT_LOG_LEVELS,
    contexts=SERVERS | DIRECTORY,
    combine=merge_levels,
    combine_in_section=merge_levels,
    merge=merge_levels,
    doc="How much is written to the error log, in general and for single modules.",
)
PID_FILE: Final = directive(
    "PidFile", STRING, contexts=SERVER, doc="The file that the server's process id is written to."
)
