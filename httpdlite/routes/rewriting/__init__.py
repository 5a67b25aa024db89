"""mod_rewrite, compiled: rules of servers, which see paths first, and rules of sections.

Comes in: the merged values of `conf.directives.rewriting`. Goes out: functions on a ``Request``.
Hides words, conditions, flags, maps (one file each). What is asked outside comes as arguments:
files and the process's environment (``Outside``), the files of maps. Source: Apache's
documentation of mod_rewrite; as observed with 2.4.71, down to the words of its trace.

`tests/peers/behaviour/rewriting*.py` are tables of what apache2 does.
"""

from collections.abc import Callable, Iterable, Iterator

from httpdlite.conf.directives.mod_rewrite import REWRITING
from httpdlite.conf.directives.rewriting import (
    NO_PART,
    Part,
    Rewriting,
    merge,
    merge_server,
)
from httpdlite.conf.scope import Scope
from httpdlite.routes.expressions.view import NOTHING_OUTSIDE, Outside
from httpdlite.routes.rewriting.directory import (
    HANDLER,
    REDIRECT,
    DirectoryRewriting,
    force_noted,
)
from httpdlite.routes.rewriting.maps import DiskMapFiles, MapFiles, Maps, ProgramQuestion
from httpdlite.routes.rewriting.rules import (
    FORCED_HANDLER,
    FORCED_TYPE,
    compile_in_advance,
    compile_rules,
)
from httpdlite.routes.rewriting.server import NO_CANON, ServerRewriting, Switches

__all__ = [
    "FORCED_HANDLER",
    "FORCED_TYPE",
    "HANDLER",
    "NO_CANON",
    "REDIRECT",
    "DirectoryRewriting",
    "DiskMapFiles",
    "MapFiles",
    "Maps",
    "ProgramQuestion",
    "ServerRewriting",
    "Switches",
    "compile_directory",
    "compile_maps",
    "compile_rules_in_advance",
    "compile_server",
    "force_noted",
]


def _no_home(_: str) -> str | None:
    return None


def compile_maps(scope: Scope, files: MapFiles | None = None) -> Maps:
    """The maps of a server, for its own rules and those of its sections. A program is only there if
    the server's RewriteEngine is on.
    """
    part = scope[REWRITING].server or NO_PART
    return Maps(part.maps, files or DiskMapFiles(), has_programs=bool(part.engine))


def compile_rules_in_advance(scope: Scope, outside: Outside) -> Iterator[None]:
    """Compiles what stands in a scope itself, one rule a step: whoever compiles a server or a
    section with these rules then finds them.
    """
    if REWRITING in scope:
        value = scope[REWRITING]
        for part in (value.server or NO_PART, value.section):
            yield from compile_in_advance(part.rules, outside)


def compile_server(
    scope: Scope,
    own: Iterable[Scope] | None = None,
    outside: Outside = NOTHING_OUTSIDE,
    *,
    maps: Maps | None = None,
    home_of: Callable[[str], str | None] = _no_home,
) -> ServerRewriting | None:
    """The rules of a server. ``scope``: what counts in it. ``own``: what stands in a vhost itself,
    its sections included; None, of the main server. The result is None for a vhost without a single
    line of mod_rewrite: it does not have the main server's rules, whatever is inherited.
    ``home_of``: the home directory of a user.
    """
    value = scope[REWRITING]
    part = value.server
    if own is not None:
        given = [each[REWRITING] for each in own if REWRITING in each]
        if not given:
            return None
        if all(each.server is None for each in given):
            part = merge_server(part or NO_PART, NO_PART)
    if part is None:
        part = NO_PART
    return ServerRewriting(
        compile_rules(part.rules, outside),
        maps if maps is not None else compile_maps(scope),
        outside,
        _switches(value.section),
        part.has("legacyprefixdocroot"),
        part.has("unsafeprefixstat"),
        home_of,
    )


def _switches(part: Part) -> Switches:
    return Switches(bool(part.engine), part.has("allowanyuri"))


def compile_directory(
    sections: Scope,
    server: Scope,
    outside: Outside = NOTHING_OUTSIDE,
    *,
    maps: Maps | None = None,
) -> DirectoryRewriting | None:
    """The rules of the sections that cover a request, which are merged; None if they say nothing
    of mod_rewrite. ``server``: what counts in the server they are in.
    """
    inner = sections.get(REWRITING)
    if inner is None:
        return None
    part = merge(Rewriting(section=server[REWRITING].section), inner).section
    place = part.place
    if place is not None and not place.endswith("/"):
        place = f"{place}/"
    return DirectoryRewriting(
        _switches(part),
        compile_rules(part.rules, outside),
        maps if maps is not None else compile_maps(server),
        outside,
        place,
        part.base,
        part.has("allownoslash"),
        part.has("ignorecontextinfo"),
    )
