"""How many descriptors a child may use, and what is given up first when they run out.

Comes in: the limit of the process, how many are open before it serves, how many are in use now.
Goes out: whether there is room for one more, and now and then a text for the error log. Source:
getrlimit(2), RLIMIT_NOFILE.

The rules:

1.  Some descriptors are never counted on: for logs that are reopened, name resolution, and sockets
    that are closed at the end of a batch only.
2.  New connections to workers stop first, while there still is room for clients, so that these can
    be told: 503. What is being served, tunnels too, goes on.
3.  Then accepting stops until there is room again, so that accept() seldom fails.
4.  The error log gets one line per `QUIET_SECONDS`, with the number of those left out.
"""

import resource
from pathlib import Path
from typing import Final

UNLIMITED: Final = 1 << 20  # what is assumed where there is no limit
QUIET_SECONDS: Final = 10.0


def raise_limit() -> None:
    """Use what the hard limit allows: a tunnel is two descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            pass  # the system's own limit (fs.nr_open) is lower: what there is must do


def current_limit() -> int:
    """The soft limit of this process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return UNLIMITED if soft == resource.RLIM_INFINITY else soft


def open_now() -> int:
    """How many descriptors this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


class Descriptors:
    """What a child may use. ``clients``: accepting stops there; ``workers``: new connections to
    workers stop there. Both count the sockets of clients and workers together.
    """

    __slots__ = ("_quiet_until", "_unsaid", "clients", "limit", "workers")

    def __init__(self, limit: int, already_open: int, logs: int = 0) -> None:
        """``logs``: how many there are; a reload opens them all anew, beside the old ones."""
        self.limit = limit
        kept_back = max(16, min(64, limit // 16)) + min(logs, limit // 4)  # rule 1
        self.clients = max(4, limit - already_open - kept_back)
        self.workers = self.clients - max(2, min(256, self.clients // 8))  # rule 2
        self._quiet_until = 0.0
        self._unsaid = 0

    def complaint(self, text: str, now: float) -> str | None:
        """``text`` with the advice, if it is time for a line (rule 4); None: not yet."""
        if now < self._quiet_until:
            self._unsaid += 1
            return None
        self._quiet_until = now + QUIET_SECONDS
        more, self._unsaid = self._unsaid, 0
        again = f" ({more} times more since the last such line)" if more else ""
        return f"{text}{again}; the limit is {self.limit} descriptors (ulimit -n, LimitNOFILE=)"
