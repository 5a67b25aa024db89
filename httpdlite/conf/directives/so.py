"""mod_so.c: LoadModule, on which it depends what is a known directive, and LoadFile.

The reader acts on them: the path of the .so is not looked at (architecture: every module httpdlite
has is compiled in; from the first LoadModule on only those count that are loaded or static).
"""

from typing import Final

from httpdlite.conf.call import SERVERS, Module
from httpdlite.conf.rows import Arity, Takes, directive, words_taken
from httpdlite.conf.standing import moot

MODULE: Final = Module("so_module", "mod_so.c", static=True)

LOAD_MODULE: Final = directive(
    "LoadModule",
    Takes(Arity.TWO, lambda call: call.words),
    contexts=SERVERS,
    at_read=True,
    doc="The identifier of a module, and the file that httpd would load it from.",
)
LOAD_FILE: Final = directive(
    "LoadFile",
    Takes(Arity.EACH, words_taken),
    contexts=SERVERS,
    at_read=True,
    standing=moot("it is about libraries that modules of httpd need"),
    doc="Libraries that httpd would load.",
)
