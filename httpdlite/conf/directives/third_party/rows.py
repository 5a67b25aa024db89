"""Third-party modules: rows that say whose a directive is, and refuse it with the reason.

In: the tables of `programs` and `guards`. Out: modules and rows, so that such a
directive is checked for its place and its arguments as httpd does with the module loaded, is never
"misspelled", and keeps the server from starting. Values are checked where `values` has
a rule; what is not known is accepted. Which page rules: each module's own documentation.

1. Without LoadModule these modules do not count as loaded: <IfModule mod_security2.c> is skipped,
   as httpd does without the module, but with a warning (conf/modules.py). A directive outside of
   such a section is meant, and refused by name.
2. With LoadModule it is httpd's rule: loaded, the directive is known; else it is an "Invalid
   command".
3. The lines of a <Perl> section are a program, of which httpd would run what it likes while it
   reads: they are skipped as they are.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from httpdlite.conf.call import DIRECTORY, HTACCESS, SERVER, SERVERS, VHOST, Call, Context, Module
from httpdlite.conf.directives.core import SECTIONS_BUT_LOCATION
from httpdlite.conf.directives.third_party.guards import GUARDS
from httpdlite.conf.directives.third_party.programs import PROGRAMS
from httpdlite.conf.rows import Argument, Arity, Directive, Row, Section, Takes
from httpdlite.conf.standing import Standing, refused

_LETTERS: Final = {"S": SERVER, "V": VHOST, "D": DIRECTORY, "H": HTACCESS}
_FORBIDDEN: Final = {
    "L": SECTIONS_BUT_LOCATION,
    "F": SECTIONS_BUT_LOCATION - {"<directory", "<directorymatch"},
}

_NOWHERE: Final[frozenset[str]] = frozenset()

_INDEXES: Final[dict[str, Callable[[Any], object]]] = {
    "WSGIDaemonProcess": lambda name: name,
    "SecRule": lambda rule: rule.sections,
}
"""The rows whose later uses are judged by the earlier ones, and what these are found by."""

REMEMBERED: Final[dict[str, Directive[Any]]] = {}
"""These rows, by name: with them the checks of values ask for what was given before."""

_LOGINS: Final = (
    "Let the application or a gateway behind httpdlite do it, or keep Apache for these paths."
)
"""What to do instead of a module that says who may come in."""

_DECIDES: Final = re.compile(r"(?i)auth(?!orization$)|access(?!log)")
"""Directives that say who may come in, in modules that do not by themselves."""

_SECTIONS: Final[dict[str, tuple[tuple[str, Context, dict[str, Any]], ...]]] = {
    "perl_module": (
        (
            "<Perl",
            SERVERS,
            {"at_read": True, "body_is_raw": True, "argument": Argument.OPTIONAL},
        ),
    ),
    "cband_module": (
        ("<CBandUser", SERVERS, {"inside": None, "keeps_path": False}),
        ("<CBandClass", SERVERS, {"inside": None, "keeps_path": False}),
    ),
}


@cache
def third_party_tables() -> tuple[tuple[Module, list[Row]], ...]:
    """Every third-party module with its rows; one for each of its identifiers and source files.

    Made once: the checks know some of the rows.
    """
    return tuple(
        found
        for table, guards in ((PROGRAMS, False), (GUARDS, True))
        for block in table.strip().split("\n\n")
        for found in _module_rows(block.splitlines(), guards=guards)
    )


def _module_rows(lines: list[str], *, guards: bool) -> Iterator[tuple[Module, list[Row]]]:
    head, does, *rest = lines
    names = head.removesuffix(" ~").split()
    identifiers, files = names[::2], names[1::2]
    instead = _LOGINS
    if rest and rest[0].startswith("  + "):
        instead = rest.pop(0)[4:]
    short = files[0].partition(".")[0]
    predicate = f"belongs to {short}, which {does[4:]}; httpdlite does not have that module"
    rows = list(_rows(rest, predicate, instead, short, guards=guards))
    for name, contexts, more in _SECTIONS.get(identifiers[0], ()):
        rows.append(Section(name, contexts, "", standing=refused(predicate, instead), **more))
    for identifier, file in zip(identifiers, files, strict=True):
        yield Module(identifier, file, implemented=False, third_party=True), rows


def _rows(
    lines: list[str], predicate: str, instead: str, short: str, *, guards: bool
) -> Iterator[Row]:
    standings = {
        protects: refused(predicate, instead, protects=protects) for protects in (False, True)
    }
    doc = f"as the documentation of {short} has it"
    arity, letters = Arity.RAW, ""
    for line in lines:
        head, colon, names = line.rpartition(":")
        if colon:
            kind, letters = head.split()
            arity = Arity[kind]
        for name in names.split():
            protects = guards or _DECIDES.search(name) is not None
            yield _directive(name, arity, letters, standings[protects], doc)


def _read(call: Call) -> object:
    from httpdlite.conf.directives.third_party.values import read_value  # noqa: PLC0415 - rare

    return read_value(call)


def _directive(
    name: str, arity: Arity, letters: str, standing: Standing, doc: str
) -> Directive[Any]:
    row: Directive[Any] = Directive(
        name,
        Takes(arity, _read),
        _contexts(letters),
        doc,
        standing=standing,
        forbidden=_FORBIDDEN.get(letters[-1], _NOWHERE),
        at_read=letters[-1] == "R",
        index=_INDEXES.get(name),
    )
    if name in _INDEXES:
        REMEMBERED[name] = row
    return row


@cache
def _contexts(letters: str) -> Context:
    contexts = Context(0)
    for letter in letters:
        contexts |= _LETTERS.get(letter, Context(0))
    return contexts
