"""The config tree, and the tree of lines that it is made from.

`Node` is a directive or a section as the reader nested it; the walker fills a `ServerBuilder` for
the main server and each vhost; `assemble` makes of them what the routes stage reads: `Config`,
frozen, with everything inherited. Rules of inheritance: a row's `inherits` and `merge`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from httpdlite.conf.call import Earlier, Names, Word
from httpdlite.conf.files import Files
from httpdlite.conf.lines import Line
from httpdlite.conf.modules import LoadedModules
from httpdlite.conf.rows import Directive
from httpdlite.conf.scope import Scope
from httpdlite.conf.syntax import split_words
from httpdlite.diagnostics import Diagnostic, Span

if TYPE_CHECKING:
    from httpdlite.conf.expressions.tree import Condition


@dataclass(slots=True)
class Node:
    """A directive, or a section with what is in it, as it was written (`name` with its `<`)."""

    name: str
    line: Line
    args: str
    args_start: int
    name_start: int
    name_end: int
    inside: list["Node"] = field(default_factory=list)

    @property
    def is_section(self) -> bool:
        return self.name.startswith("<")

    @property
    def name_span(self) -> Span:
        """Where the name stands."""
        return self.line.span(self.name_start, self.name_end)

    @property
    def words(self) -> tuple[Word, ...]:
        """The arguments, unquoted."""
        return self.words_of(self.args)

    def words_of(self, text: str) -> tuple[Word, ...]:
        """The words of `text`, which is how the arguments begin."""
        at = self.args_start
        return tuple(
            Word(part.value, self.line, at + part.start, at + part.end)
            for part in split_words(text)
        )


@dataclass(frozen=True, slots=True)
class VhostAddress:
    """An address of a vhost: `host` is `*` or numeric (IPv6 without brackets), port 0 is any."""

    host: str
    port: int
    text: str


class SectionKind(Enum):
    """The sections that a request is matched against."""

    LOCATION = "Location"
    LOCATION_MATCH = "LocationMatch"
    PROXY = "Proxy"
    PROXY_MATCH = "ProxyMatch"
    DIRECTORY = "Directory"
    DIRECTORY_MATCH = "DirectoryMatch"
    FILES = "Files"
    FILES_MATCH = "FilesMatch"


@dataclass(frozen=True, slots=True)
class Conditional:
    """An <If>, <ElseIf> or <Else>, which has no condition. `is_else`: only if those before it, back
    to the <If>, did not hold. `inner` are those that stand in it.
    """

    condition: "Condition | None"
    is_else: bool
    scope: Scope
    span: Span
    inner: tuple["Conditional", ...] = ()


@dataclass(frozen=True, slots=True)
class SectionConfig:
    """A section for URLs or for files. `is_regex`: <LocationMatch>, <Location ~>, <ProxyMatch> and
    so on. `conditionals` and `files` are the sections that stand in it.
    """

    kind: SectionKind
    argument: str
    is_regex: bool
    scope: Scope
    span: Span
    conditionals: tuple[Conditional, ...] = ()
    files: tuple["SectionConfig", ...] = ()


@dataclass(frozen=True, slots=True)
class OtherSections:
    """The sections of a server that are not about URLs, in the order of the file."""

    directories: tuple[SectionConfig, ...] = ()
    files: tuple[SectionConfig, ...] = ()
    conditionals: tuple[Conditional, ...] = ()

    def __add__(self, more: "OtherSections") -> "OtherSections":
        """These, then those of a vhost."""
        if not (more.directories or more.files or more.conditionals):
            return self
        return OtherSections(
            self.directories + more.directories,
            self.files + more.files,
            self.conditionals + more.conditionals,
        )

    def beyond(self, shared: "OtherSections") -> "OtherSections":
        """Without those that come first, which are the main server's."""
        return OtherSections(
            self.directories[len(shared.directories) :],
            self.files[len(shared.files) :],
            self.conditionals[len(shared.conditionals) :],
        )


NO_OTHER_SECTIONS: Final = OtherSections()


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """The main server or a vhost.

    `scope` is what counts (a vhost's over the main server's), `own` what stands in it; sections are
    the main server's first, those that match a worker's URL by themselves. Addresses are () for the
    main server.
    """

    scope: Scope
    own: Scope
    sections: tuple[SectionConfig, ...]
    addresses: tuple[VhostAddress, ...]
    span: Span | None
    proxy_sections: tuple[SectionConfig, ...] = ()
    others: OtherSections = NO_OTHER_SECTIONS


@dataclass(frozen=True, slots=True)
class IncludedFile:
    """A file that was read: `depth` counts Includes, `line` is that of the Include.

    `shown` is what httpd says in its place: the line of the last Include done, in whatever file.
    """

    path: str
    depth: int
    line: int | None
    shown: int | None


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration as a whole; vhosts in the order of the files."""

    main: ServerConfig
    vhosts: tuple[ServerConfig, ...]
    server_root: str
    defines: Mapping[str, str | None]
    modules: frozenset[str]
    file: str
    files: tuple[IncludedFile, ...]
    runtime_dir: str | None = None  # DefaultRuntimeDir, absolute


@dataclass(slots=True)
class ServerBuilder:
    """A server as it is being walked."""

    span: Span | None
    line: int | None = None
    values: dict[Directive[Any], Any] = field(default_factory=dict)
    earlier: Earlier = field(default_factory=Earlier)
    sections: list[SectionConfig] = field(default_factory=list)
    proxy_sections: list[SectionConfig] = field(default_factory=list)
    directories: list[SectionConfig] = field(default_factory=list)
    files: list[SectionConfig] = field(default_factory=list)
    conditionals: list[Conditional] = field(default_factory=list)
    addresses: list[VhostAddress] = field(default_factory=list)

    @property
    def others(self) -> OtherSections:
        """The sections that are not about URLs."""
        return OtherSections(tuple(self.directories), tuple(self.files), tuple(self.conditionals))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a walk needs besides the tree."""

    server_root: str
    modules: LoadedModules
    names: Names
    files: Files
    report: Callable[[Diagnostic], None]
    checks_document_roots: bool = True
    authz_providers: Sequence[str] = ()  # words for Require that were defined while reading
    environment: Mapping[str, str] = field(default_factory=dict)


def assemble(
    main: ServerBuilder, vhosts: Sequence[ServerBuilder]
) -> tuple[ServerConfig, tuple[ServerConfig, ...]]:
    """The servers with everything inherited."""
    base = Scope(main.values)
    proxies = tuple(main.proxy_sections)
    server = ServerConfig(base, base, tuple(main.sections), (), None, proxies, main.others)
    return server, tuple(_vhosts(server, vhosts))


def _vhosts(main: ServerConfig, vhosts: Sequence[ServerBuilder]) -> Iterator[ServerConfig]:
    inherited = main.scope.inheritable()
    for vhost in vhosts:
        own = Scope(vhost.values)
        parts = OwnParts(
            own,
            tuple(vhost.sections),
            tuple(vhost.addresses),
            vhost.span,
            tuple(vhost.proxy_sections),
            vhost.others,
        )
        yield parts.within(main, inherited)


@dataclass(frozen=True, slots=True)
class OwnParts:
    """What stands in a vhost itself, without what it has from the main server."""

    own: Scope
    sections: tuple[SectionConfig, ...]
    addresses: tuple[VhostAddress, ...]
    span: Span | None
    proxy_sections: tuple[SectionConfig, ...]
    others: OtherSections

    @classmethod
    def of(cls, vhost: ServerConfig, main: ServerConfig) -> "OwnParts":
        """Those of an assembled vhost."""
        return cls(
            vhost.own,
            vhost.sections[len(main.sections) :],
            vhost.addresses,
            vhost.span,
            vhost.proxy_sections[len(main.proxy_sections) :],
            vhost.others.beyond(main.others),
        )

    def within(self, main: ServerConfig, inherited: Scope) -> ServerConfig:
        """The vhost; `inherited` is what the main server's scope hands down."""
        return ServerConfig(
            inherited.overlaid(self.own),
            self.own,
            (*main.sections, *self.sections),
            self.addresses,
            self.span,
            (*main.proxy_sections, *self.proxy_sections),
            main.others + self.others,
        )
