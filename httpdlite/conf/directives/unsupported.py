"""What stock httpd knows and httpdlite does not do yet: rows with the reason instead of a reader.

In: the table of stock.py. Out: modules and rows, so that such a directive is checked for its place
and its arguments as in httpd, and then refused by name, and only a wrong name is an "Invalid
command". Sections are spelled out here, since what stands in them must be checked, too.
"""

from collections.abc import Iterator
from typing import Any, Final

from httpdlite.conf.directives import stock
from httpdlite.conf.directives.core import EVERYWHERE
from httpdlite.conf.registry import (
    DIRECTORY,
    HTACCESS,
    PROXY,
    SERVER,
    VHOST,
    Argument,
    Arity,
    Context,
    Directive,
    Module,
    Row,
    Section,
    judged,
    later,
    moot,
)

_LETTERS: Final = {"S": SERVER, "V": VHOST, "P": PROXY, "D": DIRECTORY, "H": HTACCESS}

_INSTEAD: Final = {
    "proxy_balancer_module": "Name one worker by its URL.",
}
"""What to do instead of a module's directives, where there is something."""


def _directive(name: str, arity: Arity, letters: str, module: Module) -> Directive[Any]:
    contexts = Context(0)
    for letter in letters.rstrip("R"):
        contexts |= _LETTERS[letter]
    return judged(
        name,
        arity,
        contexts,
        later(_INSTEAD.get(module.identifier)),
        doc="as the documentation of Apache httpd has it",
        at_read=letters.endswith("R"),
    )


def _section(name: str, contexts: Context, module: Module, **more: Any) -> Section:
    more.setdefault("standing", later(_INSTEAD.get(module.identifier)))
    return Section(name, contexts, doc="", **more)


_LIMITED: Final = frozenset({"<limit", "<limitexcept"})
_NOT_IN_LOCATION: Final = frozenset({"<location", "<locationmatch"}) | _LIMITED

_FILES: Final[dict[str, Any]] = {
    "about_files": True,
    "standing": moot("it is about files, and httpdlite serves none"),
}

_RAW: Final = {"at_read": True, "body_is_raw": True}

_SECTIONS: Final[dict[str, tuple[tuple[str, Context, dict[str, Any]], ...]]] = {
    "core_module": (
        ("<Directory", SERVER | VHOST, _FILES),
        ("<DirectoryMatch", SERVER | VHOST, _FILES),
        ("<Files", EVERYWHERE, {"forbidden": _NOT_IN_LOCATION, **_FILES}),
        ("<FilesMatch", EVERYWHERE, {"forbidden": _NOT_IN_LOCATION, **_FILES}),
        ("<If", EVERYWHERE, {"forbidden": _LIMITED}),
        ("<ElseIf", EVERYWHERE, {"forbidden": _LIMITED, "follows_if": True}),
        (
            "<Else",
            EVERYWHERE,
            {"forbidden": _LIMITED, "follows_if": True, "argument": Argument.NONE},
        ),
        ("<Limit", DIRECTORY | HTACCESS, {"inside": None, "keeps_path": False}),
        ("<LimitExcept", DIRECTORY | HTACCESS, {"inside": None, "keeps_path": False}),
    ),
    "proxy_module": (
        ("<Proxy", SERVER | VHOST, {"inside": DIRECTORY | PROXY, "argument": Argument.OPTIONAL}),
        (
            "<ProxyMatch",
            SERVER | VHOST,
            {"inside": DIRECTORY | PROXY, "argument": Argument.OPTIONAL},
        ),
    ),
    "authz_core_module": (
        *(
            (name, DIRECTORY | HTACCESS, {"inside": None, "argument": Argument.OPTIONAL})
            for name in ("<RequireAll", "<RequireAny", "<RequireNone")
        ),
        ("<AuthzProviderAlias", SERVER, {"keeps_path": False}),
    ),
    "authn_core_module": (("<AuthnProviderAlias", SERVER, {"keeps_path": False}),),
    "lua_module": tuple(
        (f"<Lua{name}", EVERYWHERE, {**_RAW, "argument": Argument.OPTIONAL})
        for name in (
            "HookPreTranslateName",
            "HookTranslateName",
            "HookFixups",
            "HookMapToStorage",
            "HookCheckUserID",
            "HookTypeChecker",
            "HookAccessChecker",
            "HookAuthChecker",
            "QuickHandler",
        )
    ),
}

_MPMS: Final = ("prefork", "worker")


def unsupported_tables() -> Iterator[tuple[Module, list[Row]]]:
    """Every module of stock httpd with the rows that httpdlite does not implement."""
    for block in stock.DIRECTIVES.strip().split("\n\n"):
        head, *lines = block.splitlines()
        identifier, file = head.split()
        module = Module(identifier, file, implemented=False)
        rows: list[Row] = list(_rows(lines, module))
        for name, contexts, more in _SECTIONS.get(identifier, ()):
            rows.append(_section(name, contexts, module, **more))
        yield module, rows
    for short in stock.WITHOUT_DIRECTIVES.split():
        yield Module(f"{short}_module", f"mod_{short}.c", implemented=False), []
    for mpm in _MPMS:
        yield Module(f"mpm_{mpm}_module", f"{mpm}.c", implemented=False), []


def _rows(lines: list[str], module: Module) -> Iterator[Directive[Any]]:
    arity, letters = Arity.RAW, ""
    for line in lines:
        head, colon, names = line.rpartition(":")
        if colon:
            kind, letters = head.split()
            arity = Arity[kind]
        for name in names.split():
            yield _directive(name, arity, letters, module)
