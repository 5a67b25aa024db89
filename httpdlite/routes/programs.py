"""What a server and its sections do to requests, besides finding their route: compiled. Pure.

Comes in: a server's scope; the scope of the sections that cover a request. Goes out: one object
with a part for every phase, None where there is nothing to do. httpd has two kinds of module
configuration, per server and per directory, and so have we: what stands outside of sections is a
server's for mod_rewrite, mod_setenvif and mod_alias, and the outermost directory's for all others.
"""

from dataclasses import dataclass
from typing import Any, Final

from httpdlite.conf.rows import Directive
from httpdlite.conf.scope import Scope
from httpdlite.conf.tree import SectionConfig, ServerConfig


@dataclass(frozen=True, slots=True)
class ServerPrograms:
    """What a server does to every request that comes to it."""


@dataclass(frozen=True, slots=True)
class DirectoryPrograms:
    """What the sections that cover a request do to it."""


NO_SERVER_PROGRAMS: Final = ServerPrograms()
NO_DIRECTORY_PROGRAMS: Final = DirectoryPrograms()


def compile_server_programs(scope: Scope) -> ServerPrograms:
    """The programs of a server. ``scope``: what counts in it."""
    return NO_SERVER_PROGRAMS


def compile_directory_programs(inner: Scope) -> DirectoryPrograms:
    """The programs of a set of sections. ``inner``: their values, merged."""
    return NO_DIRECTORY_PROGRAMS


OF_PHASES: Final[frozenset[Directive[Any]]] = frozenset()
"""Rows of which a single line, wherever it stands, makes that a server's requests go through the
phases.
"""


def has_phases(server: ServerConfig, scope: Scope) -> bool:
    """Is there more to do with a server's requests than to find their route?"""
    others = server.others
    if others.conditionals or _any_of_phases(scope):
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
