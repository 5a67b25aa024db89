"""What a server and its sections do to requests, besides finding their route: compiled. Pure.

Comes in: a server's scope; the scope of the sections that cover a request. Goes out: one object
with a part for every phase, None where there is nothing to do. httpd has two kinds of module
configuration, per server and per directory, and so have we: what stands outside of sections is a
server's for mod_rewrite, mod_setenvif and mod_alias, and the outermost directory's for all others.
"""

from dataclasses import dataclass
from typing import Any, Final, Protocol

from httpdlite.conf.directives import mod_alias, mod_setenvif
from httpdlite.conf.rows import Directive
from httpdlite.conf.scope import Scope
from httpdlite.conf.tree import SectionConfig, ServerConfig
from httpdlite.routes.aliases import compile_directory_aliases, compile_server_aliases
from httpdlite.routes.headers import compile_early_edits
from httpdlite.routes.logline import LogLine
from httpdlite.routes.request import Head, Request, Verdict
from httpdlite.routes.route import Refusal
from httpdlite.routes.variables import compile_variables


class Reader(Protocol):
    """Changes a request as soon as it has been read; may refuse it."""

    def run(self, request: Request, /) -> Refusal | None: ...


class Setter(Protocol):
    """Sets variables of a request."""

    def run(self, request: Request, /) -> None: ...


class Edits(Protocol):
    """Changes a request's fields; gives what is to be logged."""

    def apply(self, request: Request, head: Head, /) -> list[LogLine]: ...


class Translator(Protocol):
    """Makes of a URL where it goes."""

    def translate(self, request: Request, /) -> Verdict | Refusal: ...


class Fixer(Protocol):
    """Has a last say, when the sections are known and access is granted."""

    def fixup(self, request: Request, /) -> Verdict | Refusal: ...


class Guard(Protocol):
    """Says whether a request may come in."""

    def check(self, request: Request, /) -> Refusal | None: ...


@dataclass(frozen=True, slots=True)
class ServerPrograms:
    """What a server does to every request that comes to it."""

    remote_ip: Reader | None = None
    early_edits: Edits | None = None
    variables: Setter | None = None
    rewriting: Translator | None = None
    aliases: Translator | None = None


@dataclass(frozen=True, slots=True)
class DirectoryPrograms:
    """What the sections that cover a request do to it."""

    variables: Setter | None = None
    access: Guard | None = None
    rewriting: Fixer | None = None
    aliases: Fixer | None = None


NO_SERVER_PROGRAMS: Final = ServerPrograms()
NO_DIRECTORY_PROGRAMS: Final = DirectoryPrograms()


def compile_server_programs(scope: Scope) -> ServerPrograms:
    """The programs of a server, by what counts in it."""
    return ServerPrograms(
        early_edits=compile_early_edits(scope),
        variables=compile_variables(scope[mod_setenvif.SET_ENV_IF]),
        aliases=compile_server_aliases(scope),
    )


def compile_directory_programs(scope: Scope, inner: Scope) -> DirectoryPrograms:
    """The programs of a set of sections: by their values, merged, and the server's."""
    return DirectoryPrograms(
        variables=compile_variables(inner[mod_setenvif.SET_ENV_IF]),
        aliases=compile_directory_aliases(
            inner, is_relative=scope.overlaid(inner)[mod_alias.REDIRECT_RELATIVE]
        ),
    )


OF_PHASES: Final[frozenset[Directive[Any]]] = frozenset(
    (mod_setenvif.SET_ENV_IF, mod_alias.REDIRECT)
)
"""Rows of which a single line, wherever it stands, makes that a server's requests go through the
phases.
"""


def has_phases(server: ServerConfig, scope: Scope) -> bool:
    """Is there more to do with a server's requests than to find their route?"""
    others = server.others
    if others.conditionals or _any_of_phases(scope) or compile_early_edits(scope) is not None:
        return True
    sections = (*server.sections, *server.proxy_sections, *others.directories, *others.files)
    return any(map(_is_of_phases, sections))


def _is_of_phases(section: SectionConfig) -> bool:
    return (
        bool(section.conditionals)
        or _any_of_phases(section.scope)
        or any(map(_is_of_phases, section.files))
    )


def _any_of_phases(scope: Scope) -> bool:
    return any(row in OF_PHASES for row in scope)
