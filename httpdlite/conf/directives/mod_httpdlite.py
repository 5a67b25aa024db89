"""mod_httpdlite: the directives that only httpdlite has, for lines within <IfModule>.

    <IfModule httpdlite_module>
        HttpdliteWaive ServerPath
    </IfModule>

Apache has no such module and passes the section over, so that both read the same file.
"""

from typing import Final

from httpdlite.conf.call import SERVER, Module
from httpdlite.conf.rows import Arity, Takes, append, directive, words_taken

MODULE: Final = Module("httpdlite_module", "mod_httpdlite.c", static=True)

HTTPDLITE_WAIVE: Final = directive(
    "HttpdliteWaive",
    Takes(Arity.EACH, words_taken),
    default=(),
    contexts=SERVER,
    combine=append,
    doc="Directives that httpdlite does not do, and that the server may start without.",
)
