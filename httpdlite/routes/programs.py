"""What a server and its sections do to requests, besides finding their route: compiled. Pure.

Comes in: a server's scope; the scope of the sections that cover a request. Goes out: one object
with a part for every phase, None where there is nothing to do. httpd has two kinds of module
configuration, per server and per directory, and so have we: what stands outside of sections is a
server's for mod_rewrite, mod_setenvif and mod_alias, and the outermost directory's for all others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol

from httpdlite.conf.directives import (
    basic_authentication,
    mod_alias,
    mod_remoteip,
    mod_rewrite,
    mod_setenvif,
)
from httpdlite.conf.directives.error_document import ERROR_DOCUMENT
from httpdlite.conf.rows import Directive
from httpdlite.conf.scope import Scope
from httpdlite.conf.tree import SectionConfig, ServerConfig
from httpdlite.routes.access import (
    Access,
    DiskSources,
    FakeUser,
    UserFiles,
    compile_access,
    compile_fake,
    may_refuse,
    passwords,
)
from httpdlite.routes.aliases import (
    compile_directory_aliases,
    compile_redirects_in_advance,
    compile_server_aliases,
)
from httpdlite.routes.conditionals import outside
from httpdlite.routes.headers import compile_early_edits
from httpdlite.routes.remoteip import RemoteIp, compile_remote_ip
from httpdlite.routes.request import Edits, Request, Verdict
from httpdlite.routes.rewriting import (
    DirectoryRewriting,
    Maps,
    ServerRewriting,
    compile_directory,
    compile_maps,
    compile_rules_in_advance,
    compile_server,
)
from httpdlite.routes.route import Refusal
from httpdlite.routes.variables import compile_variables, compile_variables_in_advance


class Setter(Protocol):
    """Sets variables of a request; says what is answered if one cannot be set."""

    def run(self, request: Request, /) -> Refusal | None: ...


class Translator(Protocol):
    """Makes of a URL where it goes."""

    def translate(self, request: Request, /) -> Verdict | Refusal: ...


class Fixer(Protocol):
    """Has a last say, when the sections are known and access is granted."""

    def fixup(self, request: Request, /) -> Verdict | Refusal: ...


@dataclass(frozen=True, slots=True)
class ServerPrograms:
    """What a server does to every request that comes to it."""

    remote_ip: RemoteIp | None = None
    early_edits: Edits | None = None
    variables: Setter | None = None
    rewriting: ServerRewriting | None = None
    aliases: Translator | None = None
    maps: Maps | None = None  # of the rules of sections, too


@dataclass(frozen=True, slots=True)
class DirectoryPrograms:
    """What the sections that cover a request do to it."""

    variables: Setter | None = None
    access: Access | None = None
    rewriting: DirectoryRewriting | None = None
    aliases: Fixer | None = None
    fake_user: FakeUser | None = None


NO_SERVER_PROGRAMS: Final = ServerPrograms()
NO_DIRECTORY_PROGRAMS: Final = DirectoryPrograms()


@cache
def _user_files() -> UserFiles:
    """Of all requests of this process."""
    return UserFiles(DiskSources())


def compile_server_programs(
    server: ServerConfig, scope: Scope, main: ServerConfig
) -> ServerPrograms:
    """The programs of a server. ``scope``: what counts in it."""
    maps = compile_maps(scope) if mod_rewrite.REWRITING in scope else None
    own = None if server is main else own_scopes(server, main)
    return ServerPrograms(
        remote_ip=compile_remote_ip(scope),
        rewriting=compile_server(scope, own, outside(), maps=maps),
        maps=maps,
        early_edits=compile_early_edits(scope),
        variables=compile_variables(scope[mod_setenvif.SET_ENV_IF]),
        aliases=compile_server_aliases(scope),
    )


def compile_in_advance(server: ServerConfig, main: ServerConfig) -> Iterator[None]:
    """Compiles what there may be thousands of, one line a step; what compiles all of a server, or
    of a set of sections, then finds it done.
    """
    for scope in own_scopes(server, main):
        yield from compile_rules_in_advance(scope, outside())
        yield from compile_variables_in_advance(scope[mod_setenvif.SET_ENV_IF])
        yield from compile_redirects_in_advance(scope[mod_alias.REDIRECT])
        if basic_authentication.AUTH_USER_FILE in scope:
            passwords.load()  # who serves may not be able to read libraries any more


def own_scopes(server: ServerConfig, main: ServerConfig) -> Iterator[Scope]:
    """What stands in a server itself, its sections included."""
    yield server.own
    others, sections = server.others, (*server.sections, *server.proxy_sections)
    if server is not main:
        others = others.beyond(main.others)
        sections = (
            *server.sections[len(main.sections) :],
            *server.proxy_sections[len(main.proxy_sections) :],
        )
    sections = (*sections, *others.directories, *others.files)
    for section in sections:
        yield section.scope


def compile_directory_programs(
    scope: Scope, inner: Scope, programs: ServerPrograms
) -> DirectoryPrograms:
    """The programs of a set of sections: by their values, merged, and the server's."""
    return DirectoryPrograms(
        access=compile_access(scope.overlaid(inner), _user_files(), outside()),
        fake_user=compile_fake(inner, outside()),
        rewriting=compile_directory(inner, scope, outside(), maps=programs.maps),
        variables=compile_variables(inner[mod_setenvif.SET_ENV_IF]),
        aliases=compile_directory_aliases(
            inner, is_relative=scope.overlaid(inner)[mod_alias.REDIRECT_RELATIVE]
        ),
    )


OF_PHASES: Final[frozenset[Directive[Any]]] = frozenset(
    (
        mod_setenvif.SET_ENV_IF,
        mod_alias.REDIRECT,
        mod_rewrite.REWRITING,
        mod_remoteip.HEADER,
        basic_authentication.AUTH_BASIC_FAKE,
    )
)
"""Rows of which a single line, wherever it stands, makes that a server's requests go through the
phases.
"""


def has_phases(server: ServerConfig, scope: Scope) -> bool:
    """Is there more to do with a server's requests than to find their route?"""
    others = server.others
    if others.conditionals or _any_of_phases(scope) or compile_early_edits(scope) is not None:
        return True
    return any(map(_is_of_phases, (*server.sections, *server.proxy_sections)))


def has_file_phases(server: ServerConfig) -> bool:
    """Is there anything to do with what no worker takes?"""
    return bool(server.others.directories or server.others.files)


def _is_of_phases(section: SectionConfig) -> bool:
    return bool(section.conditionals) or _any_of_phases(section.scope) or may_refuse(section.scope)


def _any_of_phases(scope: Scope) -> bool:
    if any(document.word is not None for document in scope.get(ERROR_DOCUMENT) or ()):
        return True  # it may ask for all that the phases find out
    return any(row in OF_PHASES for row in scope)
