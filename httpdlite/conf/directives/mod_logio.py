"""mod_logio.c: the time to the first byte. Its items of formats (`%I`, `%O`, `%S`, `%^FB`) are in
logformat.py.
"""

from typing import Final

from httpdlite.conf.call import EVERYWHERE, Module
from httpdlite.conf.rows import FLAG, directive

MODULE: Final = Module("logio_module", "mod_logio.c", static=True)

TRACK_FIRST_BYTE: Final = directive(
    "LogIOTrackTTFB",
    FLAG,
    default=False,
    contexts=EVERYWHERE,
    doc="Whether the time to the first byte is taken, for %^FB in a LogFormat.",
)
