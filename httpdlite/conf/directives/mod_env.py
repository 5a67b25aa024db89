"""mod_env.c: SetEnv, UnsetEnv and PassEnv, the variables that a request gets before it is served.

In: the words of one directive. Out: an `Environment`, merged as httpd does. Some names switch what
the server itself does (routes/environment.py); all of them can be logged. Rules: the documentation
of mod_env; merging and tolerances as observed with 2.4.71:

1. Names are compared in any case of letters, but kept as the first one wrote them.
2. Within one section UnsetEnv takes away what stands before it; over an outer section it takes
   away what that one set, and what the inner one sets counts whatever the order.
"""

from dataclasses import dataclass
from typing import Final

from httpdlite.conf.call import EVERYWHERE, Call, Module, Remark
from httpdlite.conf.rows import Arity, Takes, directive
from httpdlite.conf.spelling import lower
from httpdlite.conf.values import log

MODULE: Final = Module("env_module", "mod_env.c")


@dataclass(frozen=True, slots=True)
class Environment:
    """What a section sets, by name in lower case, and what it takes away of outer ones."""

    variables: tuple[tuple[str, str], ...] = ()
    unset: frozenset[str] = frozenset()


def combine(earlier: Environment, later: Environment) -> Environment:
    """Two lines of one section."""
    variables = {name: text for name, text in earlier.variables if name not in later.unset}
    return Environment(
        tuple({**variables, **dict(later.variables)}.items()), earlier.unset | later.unset
    )


def merge(outer: Environment, inner: Environment) -> Environment:
    """A section within another one, or a vhost over the main server."""
    kept = {name: text for name, text in outer.variables if name not in inner.unset}
    return Environment(tuple({**kept, **dict(inner.variables)}.items()))


def _read_set(call: Call) -> Environment:
    name, value = call.words[0].text, call.text(1) or ""
    if "=" in name:
        parts = name.split("=", 1) if not name.startswith("=") else [name.lstrip("="), ""]
        message = (
            "AH10032: Spurious usage of '=' in an environment variable name. "
            f"'SetEnv {parts[0]} {parts[1]}' expected instead?"
        )
        log(call, "env", message, code="variable-name-with-equals")
    return Environment(((lower(name), value),))


def _read_unset(call: Call) -> Environment:
    return Environment(unset=frozenset(lower(word.text) for word in call.words))


def _read_pass(call: Call) -> Environment:
    found: dict[str, str] = {}
    for word in call.words:
        value = call.place.environment.get(word.text)
        if value is None:
            message = f"AH01506: PassEnv variable {word.text} was undefined"
            in_vhost = any(section.key == "<virtualhost" for section in call.place.sections)
            logged = None if in_vhost else "env:warn"
            call.place.warn(Remark(message, word.span, logged, "no-such-variable"))
        else:
            found[lower(word.text)] = value
    return Environment(tuple(found.items()))


ENVIRONMENT: Final = directive(
    "SetEnv",
    Takes(Arity.ONE_OR_TWO, _read_set),
    default=Environment(),
    contexts=EVERYWHERE,
    combine=combine,
    combine_in_section=combine,
    merge=merge,
    doc="Sets a variable of the request.",
)
UNSET_ENV: Final = directive(
    "UnsetEnv",
    Takes(Arity.EACH, _read_unset),
    contexts=EVERYWHERE,
    into=ENVIRONMENT,
    combine=combine,
    combine_in_section=combine,
    doc="Takes variables of the request away.",
)
PASS_ENV: Final = directive(
    "PassEnv",
    Takes(Arity.EACH, _read_pass),
    contexts=EVERYWHERE,
    into=ENVIRONMENT,
    combine=combine,
    combine_in_section=combine,
    doc="Copies variables of the server's own environment into each request.",
)
