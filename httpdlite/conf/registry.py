"""Rows: what a directive or a section is called, where it may stand, what it takes, what it means.

In: the tables of `directives/`. Out: typed keys (`scope[TIMEOUT]` is an int for mypy), and look-up
by name with a guess at what was meant. Hides how values are kept and merged. The argument kinds and
contexts are those of httpd's http_config.h (command_rec); their wording is in `arity.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, Flag, auto
from functools import lru_cache
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from httpdlite.conf.files import Files
from httpdlite.conf.lines import Line
from httpdlite.conf.spelling import Name, closest, known_name
from httpdlite.conf.standing import SAME, Class, Standing
from httpdlite.diagnostics import Note, Span

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
V = TypeVar("V")


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


class Arity(Enum):
    """How many words a directive takes, and who counts them (directives.md's T1, IT, RAW …)."""

    NONE = "none"
    ONE = "one"
    TWO = "two"
    THREE = "three"
    ONE_OR_TWO = "one or two"
    TWO_OR_THREE = "two or three"
    ONE_TO_THREE = "one to three"
    ONE_OR_THREE = "one or three"
    EACH = "one or more, each by itself"
    FIRST_AND_EACH = "one followed by one or more"
    WORDS = "any number, counted by the directive"
    RAW = "the rest of the line, parsed by the directive"
    FLAG = "On or Off"


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
class Enclosing:
    """A section around a directive, as it was written: `name` includes the `<`."""

    name: str
    path: str | None = None  # what Apache keeps as cmd->path: the argument of per-URL sections
    argument: str = ""  # what stands in the opening tag, as written

    @property
    def key(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a directive stands, for readers whose rules depend on it."""

    context: Context
    sections: tuple[Enclosing, ...]  # outermost first
    server_root: str
    names: Names
    files: Files  # to ask what is there, as Apache does while it reads (SSLCertificateFile …)
    find_module: Callable[[str], "Module | None"]  # a loaded one, by identifier or source file
    explicit_modules: bool  # has there been a LoadModule?
    earlier: "Earlier"  # what was given to the same server so far
    group: list[Any]  # what is kept for the end of the section around (<RequireAll> …)
    checks_document_roots: bool
    anywhere: "Earlier"  # what was given to any server so far
    warn: Callable[["Remark"], None]
    environment: Mapping[str, str]  # of the server itself (PassEnv)

    @property
    def path(self) -> str | None:
        """The argument of the innermost per-URL or per-path section; None at server level."""
        paths = [section.path for section in self.sections if section.path is not None]
        return paths[-1] if paths else None


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a reader wants said although the value stands."""

    message: str
    span: Span | None
    logged: str | None = None  # "module:level"
    code: str = "warning"
    apache: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Takes(Generic[T]):
    """What a directive takes: its arity and the reader, which cannot disagree."""

    arity: Arity
    read: Callable[[Call], T]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value that Apache accepts keeps httpdlite from starting, and what to do instead."""

    reason: str
    span: Span | None = None
    hint: str | None = None
    subject: str = ""  # the row that a waiver can name; "" if it is a value of one with an effect


class _Unset(Enum):
    UNSET = "unset"


UNSET: Final = _Unset.UNSET


def replace(_: T, new: T) -> T:
    """The later value counts."""
    return new


def append(old: tuple[V, ...], new: tuple[V, ...]) -> tuple[V, ...]:
    """All values count, in their order."""
    return old + new


@dataclass(frozen=True, slots=True, eq=False)
class Directive(Generic[T_co]):
    """A row: everything httpdlite knows of one directive, and the key to its value."""

    name: str
    takes: Takes[Any]
    contexts: Context
    doc: str
    default: "T_co | _Unset" = UNSET
    collect: Callable[[Any], T_co] = field(default=lambda value: cast(Any, value))
    combine: Callable[[Any, Any], Any] = replace  # given twice in one server or section
    combine_in_section: Callable[[Any, Any], Any] = replace
    merge: Callable[[Any, Any], Any] = (
        replace  # main server's and vhost's; outer and inner section's
    )
    inherits: bool = True  # does a vhost have the main server's value?
    into: "Directive[Any] | None" = None  # the row whose list this one adds to
    forbidden: frozenset[str] = frozenset()  # sections, lower case, that it may not stand in
    at_read: bool = False  # acts while the file is read
    index: Callable[[Any], object] | None = None  # what Earlier.like finds a value by
    refuse: Callable[[Any], Iterable[Refusal]] = field(default=lambda _: ())
    standing: Standing = SAME
    usual: str = ""  # httpd's default in its own words, where `default` does not say it

    @property
    def key(self) -> str:
        """The name as it is looked up."""
        return self.name.lower()

    @property
    def unsupported(self) -> Refusal | None:
        """Why it keeps httpdlite from starting; None if it does not."""
        return _refusal(self.name, self.standing)


class Earlier:
    """The values that rows of one server were given, sections included, in their order.

    Names that directives define for others (balancers, providers …) are noted by kind and name.
    """

    __slots__ = ("_by_key", "_names")

    def __init__(self) -> None:
        self._by_key: dict[tuple[Directive[Any], object], list[Any]] = {}
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

    def add(self, row: Directive[Any], value: Any) -> None:
        """Notes a value; only rows with an index are asked for later."""
        if row.index is not None:
            self._by_key.setdefault((row, row.index(value)), []).append(value)

    def like(self, row: Directive[Any], key: object) -> Sequence[Any]:
        """The values of a row that its index puts under `key`."""
        return self._by_key.get((row, key), ())


class Argument(Enum):
    """What a section's opening tag takes."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A row of a section. Its name begins with `<`, as httpd registers it."""

    name: str
    contexts: Context
    doc: str
    inside: Context | None = DIRECTORY  # what its directives see; None: what is around it
    argument: Argument = Argument.REQUIRED
    keeps_path: bool = True  # its argument is what ProxyPass & co. find as their path
    forbidden: frozenset[str] = frozenset()
    at_read: bool = False
    body_is_raw: bool = False  # the lines within are not directives (yet)
    about_files: bool = False  # <Directory>, <Files>: what stands in it is about files
    follows_if: bool = False  # needs an <If> or <ElseIf> before it in the same scope
    starts_if: bool = False  # after it an <ElseIf> or <Else> may follow
    groups: bool = False  # has a group of its own (Place.group)
    standing: Standing = SAME
    check: Callable[[Call], object] = field(default=lambda _: None)  # before what stands in it
    check_after: Callable[[Call], object] = field(default=lambda _: None)

    @property
    def key(self) -> str:
        """The name as it is looked up."""
        return self.name.lower()

    @property
    def unsupported(self) -> Refusal | None:
        """Why it keeps httpdlite from starting; None if it does not."""
        return _refusal(f"{self.name}>", self.standing)


Row = Directive[Any] | Section


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


def directive(
    name: str,
    takes: Takes[T],
    *,
    contexts: Context,
    doc: str,
    default: "T | _Unset" = UNSET,
    **more: Any,
) -> Directive[T]:
    """A directive with one value: the last one given counts."""
    return Directive(name, takes, contexts, doc, default, **more)


def repeated(
    name: str,
    takes: Takes[V],
    *,
    contexts: Context,
    doc: str,
    merge: Callable[[tuple[V, ...], tuple[V, ...]], tuple[V, ...]] = append,
    **more: Any,
) -> Directive[tuple[V, ...]]:
    """A directive that may be given again: its value is the tuple of all, in order."""
    settings: dict[str, Any] = {
        "collect": _one,
        "combine": append,
        "combine_in_section": append,
        "merge": merge,
        **more,
    }
    return Directive(name, takes, contexts, doc, (), **settings)


def judged(
    name: str,
    arity: Arity,
    contexts: Context,
    standing: Standing,
    doc: str,
    *,
    check: Callable[[Call], object] | None = None,
    **more: Any,
) -> Directive[Any]:
    """A directive without an effect of its own here: judged as httpd does, then by its standing.

    `check` raises Call.error with httpd's message for a value that httpd does not take.
    """

    def read(call: Call) -> tuple[str, ...]:
        if check is not None:
            check(call)
        return words_taken(call)

    return Directive(name, Takes(arity, read), contexts, doc, standing=standing, **more)


def _refusal(name: str, standing: Standing) -> Refusal | None:
    if standing.kind is not Class.REFUSED:
        return None
    return Refusal(f"{name} {standing.sentence}", hint=standing.instead, subject=name)


def _one(value: V) -> tuple[V, ...]:
    return (value,)


def read_flag(call: Call) -> bool:
    """The value of a FLAG, already checked to be On or Off."""
    return call.words[0].text.lower() == "on"


FLAG: Final = Takes(Arity.FLAG, read_flag)


def read_string(call: Call) -> str:
    """The first word, as it is."""
    return call.words[0].text


STRING: Final = Takes(Arity.ONE, read_string)


def words_taken(call: Call) -> tuple[str, ...]:
    """All words, as they are."""
    return tuple(word.text for word in call.words)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row, and the modules that bring it (rarely more than one)."""

    row: Row
    modules: tuple[Module, ...]


class Registry:
    """All rows by name, and the modules they belong to."""

    def __init__(self, tables: Iterable[tuple[Module, Iterable[Row]]]) -> None:
        self.rows: dict[str, Entry] = {}
        self.modules: dict[str, Module] = {}
        self._by_file: dict[str, Module] = {}
        self._found: dict[str, Entry | None] = {}  # as names were spelled so far
        self._names: list[Name] | None = None  # for guesses; made when one is wanted
        for given, rows in tables:
            module = self.modules.setdefault(given.identifier, given)
            self._by_file.setdefault(given.file, module)
            for row in rows:
                self._add(row, module)

    def _add(self, row: Row, module: Module) -> None:
        known = self.rows.get(row.key)
        if known is None:
            self.rows[row.key] = Entry(row, (module,))
        elif module not in known.modules:
            self.rows[row.key] = Entry(known.row, (*known.modules, module))

    def find(self, name: str) -> "Entry | None":
        """The row of a name; sections are asked for with their `<`. Case-insensitive."""
        try:
            return self._found[name]
        except KeyError:
            found = self.rows.get(lower(name))
            if found is not None:  # what nobody knows would be kept for nothing
                self._found[name] = found
            return found

    def module(self, name: str) -> Module | None:
        """A module by identifier or source file, as <IfModule> names it; case-sensitive."""
        return self.modules.get(name) or self._by_file.get(name)

    @lru_cache(256)  # noqa: B019 - one registry per process
    def guess(self, name: str, context: Context | None = None) -> str | None:
        """The registered name that a misspelled one comes closest to.

        Among equals, one that may stand in `context` is preferred.
        """
        if self._names is None:
            self._names = [known_name(entry.row.name) for entry in self.rows.values()]

        def is_misplaced(guess: str) -> bool:
            return context is not None and not self.rows[lower(guess)].row.contexts & context

        return closest(name, self._names, is_misplaced)


def lower(text: str) -> str:
    """ASCII lower case: `text.lower()` would take the Kelvin sign for a k."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
