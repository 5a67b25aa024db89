"""What the lines of mod_rewrite say, put together: rules with their conditions, maps, options.

Comes in: the values of single lines. Goes out: a ``Rewriting``, merged as httpd merges the module's
two configurations: that of a server and that of a section. Hides who inherits what. Rules: the
documentation of mod_rewrite (RewriteOptions); order and leniencies as observed with 2.4.71.

1. A condition belongs to the next rule of the same server or section; what is left over is dropped.
2. RewriteEngine and RewriteOptions of a server count for its sections, too: they are the outermost
   section's. Rules, conditions and maps of a server are its own.
3. A section has no rules but its own, unless Inherit or InheritBefore counts for it, or
   InheritDown or InheritDownBefore for what is around it, and IgnoreInherit not for it. The same
   holds for a vhost and the main server. Options that are given replace all that were inherited.
4. Of maps of the same name the vhost's counts with Inherit, the main server's with InheritBefore.
"""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from httpdlite.conf.expressions.tree import Condition
    from httpdlite.diagnostics import Span

MOST_ROUNDS: Final = 32_000
"""How often [N] begins again where it does not say."""


class CondTest(Enum):
    """What a condition asks."""

    REGEX = "regex"
    EXPRESSION = "expr"
    FILE = "-f"
    SIZE = "-s"
    DIRECTORY = "-d"
    LINK = "-l"
    EXECUTABLE = "-x"
    URL = "-U"
    FILE_URL = "-F"
    TEXT_EQ = "="
    TEXT_LT = "<"
    TEXT_LE = "<="
    TEXT_GT = ">"
    TEXT_GE = ">="
    INT_EQ = "-eq"
    INT_NE = "-ne"
    INT_LT = "-lt"
    INT_LE = "-le"
    INT_GT = "-gt"
    INT_GE = "-ge"


@dataclass(frozen=True, slots=True)
class RewriteCond:
    """A condition. ``shown`` is the pattern as it was written, ``pattern`` what it is compared
    with.
    """

    subject: str
    shown: str
    test: CondTest
    pattern: str
    negated: bool = False
    ignore_case: bool = False
    or_next: bool = False
    no_vary: bool = False
    expression: "Condition | None" = None


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags of a rule, each named after what it does. ``status``: that of R, F or G, 302 if R
    does not say; ``only_status``: one that is no redirect, so that nothing is substituted.
    """

    escapes: bool = False  # B
    escaped: str | None = None  # B=…: these only
    not_escaped: str = ""  # BNE
    no_plus: bool = False  # BNP
    escapes_controls: bool = False  # BCTLS
    chain: bool = False
    cookies: tuple[str, ...] = ()
    discard_path_info: bool = False
    variables: tuple[str, ...] = ()
    end: bool = False
    handler: str | None = None
    last: bool = False
    rounds: int | None = None  # N: how many there may be; None: it is not there
    ignore_case: bool = False
    no_escape: bool = False
    no_subrequest: bool = False
    proxy: bool = False
    pass_through: bool = False
    query_append: bool = False
    query_discard: bool = False
    query_last: bool = False
    redirect: bool = False
    status: int = 302
    only_status: bool = False
    skip: int = 0
    type: str | None = None
    unsafe_allow_3f: bool = False
    unsafe_prefix_stat: bool = False


NO_FLAGS: Final = Flags()


@dataclass(frozen=True, slots=True)
class RewriteRule:
    """A rule with its conditions. ``pattern`` is without its exclamation mark. Two rules of
    different places may be the same.
    """

    pattern: str
    negated: bool
    substitution: str
    flags: Flags = NO_FLAGS
    conditions: tuple[RewriteCond, ...] = ()
    span: "Span | None" = field(default=None, compare=False)


class MapKind(Enum):
    """Where a map has its values from."""

    TEXT = "txt"
    RANDOM = "rnd"
    INTERNAL = "int"
    PROGRAM = "prg"
    DATABASE = "dbm"  # or dbd: refused


@dataclass(frozen=True, slots=True)
class RewriteMap:
    """A map. ``source``: its file, the name of its function; ``command``: a program and what it is
    started with, ``user`` as whom (``name:group``).
    """

    name: str
    kind: MapKind
    source: str
    command: tuple[str, ...] = ()
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The configuration of a server or of a section; None is what was not given. ``place`` is the
    argument of the section, None for a server.
    """

    place: str | None = None
    engine: bool | None = None
    options: frozenset[str] | None = None  # in lower case
    base: str | None = None
    rules: tuple[RewriteRule, ...] = ()
    maps: tuple[RewriteMap, ...] = ()
    pending: tuple[RewriteCond, ...] = ()

    def has(self, option: str) -> bool:
        """Is it set?"""
        return self.options is not None and option in self.options


NO_PART: Final = Part()


@dataclass(frozen=True, slots=True)
class Rewriting:
    """All of it: the server's, and what counts for a request as the section's."""

    server: Part | None = None
    section: Part = NO_PART


def combine(earlier: Rewriting, later: Rewriting) -> Rewriting:
    """Two lines of one server or section."""
    return Rewriting(
        earlier.server
        if later.server is None
        else _combine(earlier.server or NO_PART, later.server),
        _combine(earlier.section, later.section),
    )


def _combine(earlier: Part, later: Part) -> Part:
    rules, pending = later.rules, earlier.pending
    if pending and rules:  # rule 1
        first = rules[0]
        first = replace(first, conditions=pending + first.conditions)
        rules, pending = (first, *rules[1:]), ()
    options = earlier.options
    if later.options is not None:
        options = (options or frozenset()) | later.options
    return Part(
        later.place if later.place is not None else earlier.place,
        earlier.engine if later.engine is None else later.engine,
        options,
        earlier.base if later.base is None else later.base,
        earlier.rules + rules if rules else earlier.rules,
        earlier.maps + later.maps,
        pending + later.pending,
    )


def merge(outer: Rewriting, inner: Rewriting) -> Rewriting:
    """A section within another one or within its server; a vhost over the main server."""
    server = outer.server
    if inner.server is not None:
        server = merge_server(outer.server or NO_PART, inner.server)
    return Rewriting(server, _merge_section(outer.section, inner.section))


def merge_server(main: Part, vhost: Part) -> Part:
    """The vhost's configuration; it must have lines of its own to have any."""
    engine, options = _merge_state(main, vhost)
    rules, maps = vhost.rules, vhost.maps
    match _inheritance(main, options):
        case Inheritance.AFTER:
            rules, maps = vhost.rules + main.rules, main.maps + vhost.maps
        case Inheritance.BEFORE:
            rules, maps = main.rules + vhost.rules, vhost.maps + main.maps
    return Part(None, engine, options, None, rules, maps)


def _merge_section(outer: Part, inner: Part) -> Part:
    engine, options = _merge_state(outer, inner)
    base = inner.base
    if base is None and options is not None and "mergebase" in options:
        base = outer.base
    rules = inner.rules
    match _inheritance(outer, options):
        case Inheritance.AFTER:
            rules = inner.rules + outer.rules
        case Inheritance.BEFORE:
            rules = outer.rules + inner.rules
    return Part(inner.place, engine, options, base, rules)


class Inheritance(Enum):
    """Where the rules of the outer one go."""

    NONE = "nowhere"
    AFTER = "after"
    BEFORE = "before"


def _inheritance(outer: Part, options: frozenset[str] | None) -> Inheritance:
    given = options or frozenset()
    is_handed_down = "ignoreinherit" not in given
    if "inherit" in given or (outer.has("inheritdown") and is_handed_down):
        return Inheritance.AFTER
    if "inheritbefore" in given or (outer.has("inheritdownbefore") and is_handed_down):
        return Inheritance.BEFORE
    return Inheritance.NONE


def _merge_state(outer: Part, inner: Part) -> tuple[bool | None, frozenset[str] | None]:
    return (
        outer.engine if inner.engine is None else inner.engine,
        outer.options if inner.options is None else inner.options,
    )
