"""What clients of an address are held to before the vhost they want is known.

Comes in: the first vhost of a local address. Goes out: its limits and times, in the form in which
connections ask for them; made once per address. Hides that LimitRequest*, Timeout and
RequestReadTimeout (but for the body) are that vhost's, whatever the Host of the request or the name
in a handshake says (as observed with 2.4.71).
"""

from dataclasses import dataclass
from typing import Final

from httpdlite.conf.directives.mod_reqtimeout import Stage
from httpdlite.proxy.bodies import LIMITS, Limits
from httpdlite.routes.site import Vhost

_ANY_TIME: Final = Stage()


@dataclass(frozen=True, slots=True)
class Reception:
    """``header`` is a stage of RequestReadTimeout; ``first_head``: seconds until the first bytes of
    a connection must be there.
    """

    vhost: Vhost
    limits: Limits
    timeout: float
    header: Stage
    first_head: float


def reception_of(vhost: Vhost) -> Reception:
    """What holds for the address whose first vhost this is."""
    settings = vhost.table.settings
    limits = Limits(settings.limit_line, settings.limit_fields, settings.limit_field)
    header = settings.read_timeouts.header or _ANY_TIME
    return Reception(
        vhost,
        LIMITS if limits == LIMITS else limits,
        settings.timeout,
        header,
        min(settings.timeout, header.seconds or settings.timeout),
    )
