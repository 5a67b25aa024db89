"""mod_access_compat.c: order, allow, deny and Satisfy of httpd 2.2. Messages have small letters.

In: the words of one directive. Out: what the line says, or httpd's message. All lines of a section
are one list, under the key of order: any of them in an inner section makes it forget all of the
outer one's. Rules: mod_access_compat documentation; as observed with 2.4.71.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from httpdlite.conf.call import SECTIONS, Call, Module
from httpdlite.conf.directives.authz_providers import BadSubnet, bad_subnet
from httpdlite.conf.directives.core_sections import Methods, limited_methods
from httpdlite.conf.rows import Arity, Takes, repeated, replace
from httpdlite.conf.spelling import lower
from httpdlite.conf.values import one_of

MODULE: Final = Module("access_compat_module", "mod_access_compat.c")


class Precedence(Enum):
    """order: which list has the last word."""

    ALLOW_DENY = "allow,deny"
    DENY_ALLOW = "deny,allow"
    MUTUAL_FAILURE = "mutual-failure"


class SourceKind(Enum):
    """What a word of allow and deny speaks of."""

    ALL = "all"
    VARIABLE = "env="
    NO_VARIABLE = "env=!"
    ADDRESS = "address"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class Source:
    """A word of allow or deny; of a variable its name."""

    kind: SourceKind
    text: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order line."""

    precedence: Precedence
    methods: Methods


@dataclass(frozen=True, slots=True)
class Listed:
    """An allow or a deny line."""

    allows: bool
    sources: tuple[Source, ...]
    methods: Methods


@dataclass(frozen=True, slots=True)
class Satisfy:
    """A Satisfy line."""

    any: bool
    methods: Methods


CompatLine = Order | Listed | Satisfy


def _read_order(call: Call) -> CompatLine:
    one_of("allow,deny deny,allow mutual-failure", "unknown order")(call)
    return Order(Precedence(lower(call.words[0].text)), limited_methods(call.place))


def _read_source(call: Call, index: int) -> Source:
    text = call.words[index].text
    if text.startswith("#"):
        hint = "a comment needs a line of its own"
        raise call.error("No comments are allowed here", index, hint=hint)
    if lower(text[:5]) == "env=!":
        return Source(SourceKind.NO_VARIABLE, text[5:])
    if lower(text[:4]) == "env=":
        return Source(SourceKind.VARIABLE, text[4:])
    if lower(text) == "all":
        return Source(SourceKind.ALL, "")
    problem = bad_subnet(text)
    if problem is BadSubnet.NO_ADDRESS and "/" in text:
        raise call.error("An IP address was expected", index)
    if problem is not None and problem is not BadSubnet.NO_ADDRESS:
        raise call.error(problem.value, index)
    return Source(SourceKind.HOST if problem is not None else SourceKind.ADDRESS, text)


def _read_list(call: Call) -> CompatLine:
    if lower(call.words[0].text) != "from":
        raise call.error("allow and deny must be followed by 'from'", 0)
    sources = tuple(_read_source(call, index) for index in range(1, len(call.words)))
    return Listed(call.name == "allow", sources, limited_methods(call.place))


def _read_satisfy(call: Call) -> CompatLine:
    one_of("any all", "Satisfy either 'any' or 'all'.")(call)
    return Satisfy(lower(call.words[0].text) == "any", limited_methods(call.place))


ORDER: Final = repeated(
    "order",
    Takes(Arity.ONE, _read_order),
    contexts=SECTIONS,
    merge=replace,
    usual="deny,allow",
    doc="Whether allow or deny has the last word.",
)

MODULES: Final = (
    (
        MODULE,
        (
            ORDER,
            repeated(
                "allow",
                Takes(Arity.FIRST_AND_EACH, _read_list),
                contexts=SECTIONS,
                into=ORDER,
                doc="Which clients may come in.",
            ),
            repeated(
                "deny",
                Takes(Arity.FIRST_AND_EACH, _read_list),
                contexts=SECTIONS,
                into=ORDER,
                doc="Which clients may not come in.",
            ),
            repeated(
                "Satisfy",
                Takes(Arity.ONE, _read_satisfy),
                contexts=SECTIONS,
                into=ORDER,
                usual="All",
                doc="Whether address and password must both be right, or one of them.",
            ),
        ),
    ),
)
