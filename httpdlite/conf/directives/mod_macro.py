"""mod_macro.c: <Macro>, Use and what goes with them. The reader acts on them, as macro.py says."""

from typing import Final

from httpdlite.conf.call import EVERYWHERE, Module
from httpdlite.conf.rows import STRING, Arity, Section, Takes, directive

MODULE: Final = Module("macro_module", "mod_macro.c")

MACRO: Final = Section(
    "<Macro",
    EVERYWHERE,
    "Lines that are kept under a name, with parameters, until a Use brings them.",
    inside=None,
    keeps_path=False,
    at_read=True,
    body_is_raw=True,
)
USE: Final = directive(
    "Use",
    Takes(Arity.RAW, lambda call: call.raw.text),
    contexts=EVERYWHERE,
    at_read=True,
    doc="The lines of a macro, with values for its parameters.",
)
UNDEF_MACRO: Final = directive(
    "UndefMacro", STRING, contexts=EVERYWHERE, at_read=True, doc="The macro to forget."
)
MACRO_IGNORE_EMPTY_ARGS: Final = directive(
    "MacroIgnoreEmptyArgs",
    Takes(Arity.NONE, lambda _: True),
    contexts=EVERYWHERE,
    at_read=True,
    doc="No warnings about empty values for parameters any more.",
)
MACRO_IGNORE_BAD_NESTING: Final = directive(
    "MacroIgnoreBadNesting",
    Takes(Arity.NONE, lambda _: True),
    contexts=EVERYWHERE,
    at_read=True,
    doc="No warnings about unbalanced sections in macros any more.",
)
