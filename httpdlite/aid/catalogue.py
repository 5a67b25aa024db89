"""Every directive that is known, by module, with what becomes of it: the page docs/classes.md.

In: the registry. Out: Markdown. `python -m httpdlite.aid.catalogue` prints it.
"""

import sys
from collections.abc import Iterator
from itertools import chain
from typing import Final

from httpdlite.conf.call import DIRECTORY, HTACCESS, PROXY, SERVER, VHOST, Module
from httpdlite.conf.directives import registry
from httpdlite.conf.registry import Entry
from httpdlite.conf.rows import UNSET, Arity, Directive, Section
from httpdlite.conf.standing import Class

_HEAD: Final = """\
# What becomes of every directive

Made from the rows of the program by `make docs`; do not edit. Each directive that Apache httpd
{version} or a common third-party module knows is one row. **Class**: `same` as in Apache; `moot`,
accepted without an effect since what it is about does not exist here; `different`, accepted with an
effect of its own; `refused`, the server does not start with it unless it is waived
(`--waive NAME`); (!) marks what protects something. **Where**: S server config, V virtual host, D
`<Location>` and its like, P `<Proxy>` only, H .htaccess. Single values of a directive that is
`same` may still be refused; `httpdlite -t` names them.

"""

_LETTERS: Final = ((SERVER, "S"), (VHOST, "V"), (DIRECTORY, "D"), (PROXY, "P"), (HTACCESS, "H"))

_ARGUMENTS: Final = {
    Arity.NONE: "none",
    Arity.ONE: "1",
    Arity.TWO: "2",
    Arity.THREE: "3",
    Arity.ONE_OR_TWO: "1-2",
    Arity.TWO_OR_THREE: "2-3",
    Arity.ONE_TO_THREE: "1-3",
    Arity.ONE_OR_THREE: "1 or 3",
    Arity.EACH: "1 or more",
    Arity.FIRST_AND_EACH: "2 or more",
    Arity.WORDS: "any",
    Arity.RAW: "its own",
    Arity.FLAG: "On or Off",
}


def catalogue(version: str) -> str:
    """The page as a whole; `version` is Apache's."""
    return "".join(chain([_HEAD.format(version=version)], _modules()))


def _modules() -> Iterator[str]:
    by_module: dict[str, list[Entry]] = {}
    for entry in registry().rows.values():
        by_module.setdefault(entry.modules[0].identifier, []).append(entry)
    for identifier, entries in by_module.items():
        yield from _module(registry().modules[identifier], entries)


def _module(module: Module, entries: list[Entry]) -> Iterator[str]:
    yield f"## {module.identifier} ({module.file})\n\n"
    classes = {_class(entry.row) for entry in entries}
    if len(classes) == 1 and len(entries) > 3:  # a module that is refused as a whole
        names = ", ".join(f"`{entry.row.name}`" for entry in entries)
        yield f"All {classes.pop().rstrip('.')}.\n\n{names}\n\n"
        return
    yield "| directive | arguments | where | default | class | meaning |\n"
    yield "|---|---|---|---|---|---|\n"
    for entry in sorted(entries, key=lambda entry: entry.row.key):
        row = entry.row
        cells = (
            f"`{row.name}>`" if isinstance(row, Section) else f"`{row.name}`",
            "" if isinstance(row, Section) else _ARGUMENTS[row.takes.arity],
            "".join(letter for context, letter in _LETTERS if context & row.contexts),
            "" if isinstance(row, Section) else _default(row),
            _class(row),
            row.doc,
        )
        line = " | ".join(cell.replace("|", r"\|") for cell in cells)
        yield f"| {line} |\n"
    yield "\n"


def _default(row: Directive[object]) -> str:
    if row.usual:
        return row.usual
    value = row.default
    if value is UNSET or value is None or value == ():
        return ""
    if isinstance(value, bool):
        return "On" if value else "Off"
    return f"{value:g}" if isinstance(value, int | float) else ""


def _class(row: Directive[object] | Section) -> str:
    standing = row.standing
    mark = " (!)" if standing.protects else ""
    sentence = f": {standing.sentence}" if standing.sentence else ""
    instead = f" {standing.instead}" if standing.instead and standing.kind is Class.REFUSED else ""
    return f"{standing.kind.value}{mark}{sentence}{'.' if instead else ''}{instead}"


if __name__ == "__main__":
    from httpdlite.conf.directives.mod_version import APACHE_VERSION

    sys.stdout.write(catalogue(".".join(map(str, APACHE_VERSION))))
