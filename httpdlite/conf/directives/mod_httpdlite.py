"""mod_httpdlite: the directives that only httpdlite has, for lines within <IfModule>.

    <IfModule httpdlite_module>
        HttpdliteWaive ServerPath
    </IfModule>

Apache has no such module and passes the section over, so that both read the same file.
"""

import re
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.call import DIRECTORY, SERVER, SERVERS, Call, Module
from httpdlite.conf.rows import FLAG, Arity, Takes, append, directive, words_taken


@dataclass(frozen=True, slots=True)
class ControlSocket:
    """Where the running server can be asked, and the mode of that file."""

    path: str
    mode: int


def _read_control_socket(call: Call) -> ControlSocket:
    mode = call.text(1) or "600"
    if not re.fullmatch(r"0?[0-7]{3}", mode):
        raise call.error("the mode must be three octal digits, such as 660", 1)
    return ControlSocket(call.words[0].text, int(mode, 8))


MODULE: Final = Module("httpdlite_module", "mod_httpdlite.c", static=True)

HTTPDLITE_WAIVE: Final = directive(
    "HttpdliteWaive",
    Takes(Arity.EACH, words_taken),
    default=(),
    contexts=SERVER,
    combine=append,
    doc="Directives that httpdlite does not do, and that the server may start without.",
)
CONTROL_SOCKET: Final = directive(
    "HttpdliteControlSocket",
    Takes(Arity.ONE_OR_TWO, _read_control_socket),
    contexts=SERVER,
    doc="The unix socket where the running server can be asked, and its mode (600).",
)
TUNNEL_GOODBYE: Final = directive(
    "HttpdliteTunnelGoodbye",
    FLAG,
    default=False,
    contexts=SERVERS | DIRECTORY,
    doc="Whether a WebSocket that the server ends gets a close frame (1001) first.",
)
