"""mod_lua: hooks, handlers and filters written in Lua, which httpdlite does not run.

In: the words of one directive. Out: httpd's message for what it does not take. What stands in a
<LuaHook…> section is not looked at: httpd compiles it, and refuses what is no Lua. Rules: httpd
2.4.71, as observed.
"""

from typing import Final

from httpdlite.conf.call import EVERYWHERE, SERVERS, Call
from httpdlite.conf.directives.core import SECTIONS_BUT_LOCATION
from httpdlite.conf.rows import (
    Argument,
    Arity,
    Check,
    Directive,
    Row,
    Section,
    judged,
    judged_module,
)
from httpdlite.conf.standing import moot, refused
from httpdlite.conf.values import never, one_of, pattern

MODULE: Final = judged_module("lua")

_INSTEAD: Final = "Let the worker do it, or keep Apache for this path."
_RUNS_NONE: Final = "is not supported: httpdlite runs no Lua"
_HANDLES: Final = refused(_RUNS_NONE, _INSTEAD, answers=True)
_GUARDS: Final = refused(
    _RUNS_NONE,
    "Such a hook may turn requests away: let the worker do that, or keep Apache for this path.",
    protects=True,
    answers=True,
)
_SETTING: Final = moot("it is about Lua, and httpdlite runs none")


def _check_stage(call: Call) -> None:
    if len(call.words) > 2:
        one_of("early late", "Third argument must be 'early' or 'late'", index=2)(call)


def _check_pattern(call: Call) -> None:
    pattern(call, call.words[0].text, 0, "Invalid regex pattern!")


_HOOKS: Final = (
    ("PreTranslateName", "before a URL is mapped"),
    ("TranslateName", "when a URL is mapped"),
    ("MapToStorage", "when a file is looked for"),
    ("Fixups", "before a request is handled"),
    ("CheckUserID", "when a user is to be known"),
    ("TypeChecker", "when a type is to be known"),
    ("AccessChecker", "when an address is let in or not"),
    ("AuthChecker", "when a user is let in or not"),
)

_WITH_STAGE: Final[dict[str, Check | None]] = {
    "TranslateName": _check_stage,
    "CheckUserID": None,  # any third word
    "AccessChecker": _check_stage,
    "AuthChecker": _check_stage,
}


def _hook(name: str, when: str) -> Directive[object]:
    return judged(
        f"LuaHook{name}",
        Arity.TWO_OR_THREE if name in _WITH_STAGE else Arity.TWO,
        EVERYWHERE,
        _GUARDS,
        f"A file and the function that runs {when}.",
        check=_WITH_STAGE.get(name),
        forbidden=SECTIONS_BUT_LOCATION if name == "TranslateName" else frozenset(),
    )


def _section(name: str, when: str) -> Section:
    return Section(
        f"<Lua{name}",
        EVERYWHERE,
        f"Lua code that runs {when}.",
        argument=Argument.OPTIONAL,
        at_read=True,
        body_is_raw=True,
        standing=_GUARDS,
    )


def _filter(kind: str, what: str) -> Directive[object]:
    return judged(
        f"Lua{kind}Filter",
        Arity.THREE,
        EVERYWHERE,
        refused(_RUNS_NONE, "Let the worker change its bodies, or keep Apache for this path."),
        f"A filter for {what}: its name, a file, a function.",
        forbidden=SECTIONS_BUT_LOCATION,
    )


def _set(
    name: str,
    doc: str,
    check: Check | None = None,
    usual: str = "",
    arity: Arity = Arity.ONE,
) -> Directive[object]:
    return judged(name, arity, EVERYWHERE, _SETTING, doc, check=check, usual=usual)


AUTHZ_PROVIDER: Final = judged(
    "LuaAuthzProvider",
    Arity.THREE,
    SERVERS,
    _GUARDS,
    "A word for Require: its name, a file, a function.",
    at_read=True,
)

_ROWS: Final[tuple[Row, ...]] = (
    *(_hook(name, when) for name, when in _HOOKS),
    *(_section(f"Hook{name}", when) for name, when in _HOOKS),
    _section("QuickHandler", "before everything else"),
    judged(
        "LuaQuickHandler",
        Arity.TWO,
        EVERYWHERE,
        _GUARDS,
        "A file and the function that runs before everything else.",
        forbidden=SECTIONS_BUT_LOCATION,
    ),
    judged(
        "LuaHookLog",
        Arity.TWO,
        EVERYWHERE,
        refused(_RUNS_NONE, "Have it logged with CustomLog."),
        "A file and the function that runs when a request is logged.",
    ),
    judged(
        "LuaHookInsertFilter",
        Arity.TWO,
        EVERYWHERE,
        _HANDLES,
        "httpd refuses it itself.",
        check=never("LuaHookInsertFilter not yet implemented"),
    ),
    AUTHZ_PROVIDER,
    judged(
        "LuaMapHandler",
        Arity.TWO_OR_THREE,
        EVERYWHERE,
        _HANDLES,
        "The file and the function that answer for paths of a pattern.",
        check=_check_pattern,
        forbidden=SECTIONS_BUT_LOCATION,
    ),
    _filter("Output", "responses"),
    _filter("Input", "requests"),
    _set("LuaRoot", "The directory that files are looked for in."),
    _set("LuaPackagePath", "Where modules of Lua are looked for."),
    _set("LuaPackageCPath", "Where modules of C are looked for."),
    _set(
        "LuaInherit",
        "How hooks of outer sections combine with inner ones.",
        one_of(
            "none parent-first parent-last",
            "LuaInherit type of '{}' not recognized, valid options are 'none', 'parent-first', and "
            "'parent-last'",
        ),
        "parent-first",
    ),
    _set(
        "LuaCodeCache",
        "When a file is read again.",
        one_of(
            "stat forever never",
            "LuaCodeCache type of '{}' not recognized, valid options are 'never', 'stat', and "
            "'forever'",
        ),
        "stat",
    ),
    _set(
        "LuaScope",
        "How long an interpreter lives.",
        one_of(
            "once request conn thread server",
            "Invalid value for LuaScope, '{}', acceptable values are: 'once', 'request', 'conn', "
            "'thread', 'server'",
            any_case=False,
        ),
        "once",
        Arity.ONE_TO_THREE,
    ),
)

MODULES: Final = ((MODULE, _ROWS),)
