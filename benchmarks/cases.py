"""What is measured: the cases, in the order of the tables.

In: nothing but the constants below. Out: `Case` rows; a row has the title of the tables and the
words for `load.c`. A load case is measured while messages flow, for CPU, rate and latency; a memory
case while its tunnels say nothing.
"""

from dataclasses import dataclass
from typing import Final

KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of load."""

    title: str
    mode: str
    count: int
    size: int | None = None

    @property
    def is_memory(self) -> bool:
        """Whether its tunnels stay silent while memory is looked at."""
        return self.mode == "idle"

    def words(self, port: int, seconds: float) -> list[str]:
        """The words after `load` that put this case on a port."""
        size = [] if self.size is None else [str(self.size)]
        time = [] if self.is_memory else [str(seconds)]
        return [self.mode, str(port), str(self.count), *size, *time]


PING_1: Final = Case("64 B ping-pong, 1 tunnel", "tunnel", 1, 64)
PING_50: Final = Case("64 B ping-pong, 50 tunnels", "tunnel", 50, 64)
PING_500: Final = Case("64 B ping-pong, 500 tunnels", "tunnel", 500, 64)
PING_16K: Final = Case("16 KiB ping-pong, 8 tunnels", "tunnel", 8, 16 * KIB)
PING_256K: Final = Case("256 KiB ping-pong, 8 tunnels", "tunnel", 8, 256 * KIB)
BROADCAST: Final = Case("64 B broadcast to 1,000 tunnels", "room", 1000, 64)
UPGRADE: Final = Case("upgrade and end, 16 at a time", "upgrade", 16)
HTTP_GET: Final = Case("HTTP GET, 12 B, keep-alive, 50 connections", "http", 50)
IDLE_1000: Final = Case("idle tunnel, 1,000 of them", "idle", 1000)
IDLE_8000: Final = Case("idle tunnel, 8,000 of them", "idle", 8000)

CASES: Final = (
    PING_1,
    PING_50,
    PING_500,
    PING_16K,
    PING_256K,
    BROADCAST,
    UPGRADE,
    HTTP_GET,
    IDLE_1000,
    IDLE_8000,
)


def choose(part: str) -> list[Case]:
    """The cases whose title has `part` in it."""
    return [case for case in CASES if part.lower() in case.title.lower()]
