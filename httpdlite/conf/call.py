"""One directive as it stands in a file, which is what the reader of its value gets.

In: from the walk, the words and where they stand. Out: to the readers of `directives/`: texts with
their spans, errors in httpd's words, and what may be asked about the place: sections around, values
and names given before, files, users, modules. Contexts are those of httpd's http_config.h.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any, Final, Protocol

from httpdlite.conf.files import Files
from httpdlite.conf.lines import Line
from httpdlite.diagnostics import Note, Span


class Context(Flag):
    """Where a directive may stand. DIRECTORY is every per-URL or per-path section."""

    SERVER = auto()
    VHOST = auto()
    DIRECTORY = auto()
    PROXY = auto()
    HTACCESS = auto()


SERVER: Final = Context.SERVER
VHOST: Final = Context.VHOST
DIRECTORY: Final = Context.DIRECTORY
PROXY: Final = Context.PROXY
HTACCESS: Final = Context.HTACCESS
SERVERS: Final = SERVER | VHOST
SECTIONS: Final = DIRECTORY | HTACCESS
EVERYWHERE: Final = SERVERS | SECTIONS


@dataclass(frozen=True, slots=True)
class Word:
    """One argument, unquoted, with its place in the file."""

    text: str
    line: Line
    start: int
    end: int

    @property
    def span(self) -> Span:
        """Where the word stands, its quotes included."""
        return self.line.span(self.start, self.end)


class ConfigError(Exception):
    """A directive cannot be read; the message is Apache's. Never leaves the conf stage."""

    def __init__(
        self,
        message: str,
        span: Span | None = None,
        *,
        code: str = "bad-value",
        hint: str | None = None,
        notes: tuple[Note, ...] = (),
        apache: tuple[str, ...] = (),
        late: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.code = code
        self.hint = hint
        self.notes = notes
        self.apache = apache
        self.late = late  # httpd finds it only after the walk, when it checks the whole


class Names(Protocol):
    """What the system knows of names: the reading looks nothing up by itself."""

    def addresses(self, host: str) -> tuple[str, ...]:
        """Numeric addresses of a host name; () if it cannot be resolved."""
        ...

    def user(self, name: str) -> int | None:
        """The id of a user; None if there is none of that name."""
        ...

    def group(self, name: str) -> int | None:
        """The id of a group; None if there is none of that name."""
        ...

    def own_name(self) -> str | None:
        """This machine's fully qualified name; None if it cannot be determined."""
        ...


@dataclass(frozen=True, slots=True)
class Module:
    """An httpd module: `proxy_module`, and the source file that <IfModule> may name instead."""

    identifier: str
    file: str
    implemented: bool = True
    static: bool = False  # built in: counts as loaded whatever LoadModule says
    third_party: bool = False  # not of httpd: counts as loaded only if a LoadModule names it

    @property
    def short(self) -> str:
        """The name in LogLevel and in log lines: `proxy`."""
        return self.identifier.removesuffix("_module")


@dataclass(frozen=True, slots=True)
class Enclosing:
    """A section around a directive, as it was written: `name` includes the `<`."""

    name: str
    path: str | None = None  # what Apache keeps as cmd->path: the argument of per-URL sections
    argument: str = ""  # what stands in the opening tag, as written

    @property
    def key(self) -> str:
        return self.name.lower()


class Indexed(Protocol):
    """A row, as far as its earlier values are concerned."""

    @property
    def index(self) -> Callable[[Any], object] | None:
        """What a value of it is found by; None if nobody asks."""
        ...


class Earlier:
    """The values that rows of one server were given, sections included, in their order.

    Names that directives define for others (balancers, providers …) are noted by kind and name.
    """

    __slots__ = ("_by_key", "_names")

    def __init__(self) -> None:
        self._by_key: dict[tuple[Indexed, object], list[Any]] = {}
        self._names: dict[str, dict[str, Any]] = {}

    def note(self, kind: str, name: str, value: Any = True) -> None:
        """Notes a name; the last value of the same one counts."""
        self._names.setdefault(kind, {})[name] = value

    def noted(self, kind: str, name: str) -> Any:
        """What was noted for a name; None if nothing was."""
        return self._names.get(kind, {}).get(name)

    def names(self, kind: str) -> Iterator[str]:
        """The names of a kind, in the order they were first noted."""
        return iter(self._names.get(kind, ()))

    def add(self, row: Indexed, value: Any) -> None:
        """Notes a value; only rows with an index are asked for later."""
        if row.index is not None:
            self._by_key.setdefault((row, row.index(value)), []).append(value)

    def like(self, row: Indexed, key: object) -> Sequence[Any]:
        """The values of a row that its index puts under `key`."""
        return self._by_key.get((row, key), ())


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a reader wants said although the value stands."""

    message: str
    span: Span | None
    logged: str | None = None  # "module:level"
    code: str = "warning"
    apache: tuple[str, ...] = ()


PATTERN: Final = "pattern"
"""The code of a remark that is no warning: its message is a regular expression that was read."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a directive stands, for readers whose rules depend on it."""

    context: Context
    sections: tuple[Enclosing, ...]  # outermost first
    server_root: str
    names: Names
    files: Files  # to ask what is there, as Apache does while it reads (SSLCertificateFile …)
    find_module: Callable[[str], Module | None]  # a loaded one, by identifier or source file
    explicit_modules: bool  # has there been a LoadModule?
    earlier: Earlier  # what was given to the same server so far
    group: list[Any]  # what is kept for the end of the section around (<RequireAll> …)
    checks_document_roots: bool
    anywhere: Earlier  # what was given to any server so far
    warn: Callable[[Remark], None]
    environment: Mapping[str, str]  # of the server itself (PassEnv)

    @property
    def path(self) -> str | None:
        """The argument of the innermost per-URL or per-path section; None at server level."""
        paths = [section.path for section in self.sections if section.path is not None]
        return paths[-1] if paths else None


@dataclass(frozen=True, slots=True)
class Call:
    """One directive as it stands in a file. `words` is empty for Arity.RAW until asked for."""

    name: str  # as registered, which is what messages say
    line: Line
    words: tuple[Word, ...]
    raw: Word  # the rest of the line
    place: Place
    group: Sequence[Any] = ()  # at a section's end: what is in the group of its directives

    @property
    def span(self) -> Span:
        """The whole directive."""
        return self.line.span(0, len(self.line.text))

    def text(self, index: int) -> str | None:
        """The word at `index`, None if it is absent or empty."""
        return self.words[index].text or None if index < len(self.words) else None

    def error(self, message: str, index: int | None = None, **more: Any) -> ConfigError:
        """An error at the word `index`, or at the directive as a whole."""
        at = self.words[index].span if index is not None and index < len(self.words) else self.span
        return ConfigError(message, at, **more)
