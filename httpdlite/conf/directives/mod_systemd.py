"""mod_systemd: what it does by itself, telling systemd how the server is, is built in.

It is of httpd, but few distributions have it, and a LoadModule says where: Fedora and its kin.
Without that line it does not count as loaded, as third-party modules do not. IdleShutdown is a
directive of Fedora's older version.
"""

from typing import Final

from httpdlite.conf.call import SERVER, Module
from httpdlite.conf.rows import Arity, judged
from httpdlite.conf.standing import different

MODULE: Final = Module("systemd_module", "mod_systemd.c", third_party=True)

IDLE_SHUTDOWN: Final = judged(
    "IdleShutdown",
    Arity.ONE,
    SERVER,
    different("the server stays up when nobody uses it"),
    "After how many seconds without work the server ends, to be started by systemd again.",
)
