"""What is measured: the cases, in the order of the tables.

In: nothing but the constants below. Out: `Case` rows; a row has the title of the tables, the site
that the proxies serve and the words for `load.c`. A load case is measured while messages flow, for
CPU, rate and latency; a memory case while its tunnels say nothing. A growth is a case beside the
same with a small configuration.
"""

from dataclasses import dataclass
from typing import Final

from benchmarks.sites import (
    PLAIN,
    RULED,
    RULES_1,
    RULES_200,
    SECURE,
    SECURE_TUNNELS,
    TUNNELS,
    VHOSTS_1,
    VHOSTS_1000,
    Site,
)

KIB: Final = 1024
HTTP_MODES: Final = ("get", "differ", "post", "fresh")


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of load."""

    title: str
    mode: str
    count: int
    size: int | None = None
    site: Site = TUNNELS

    @property
    def is_memory(self) -> bool:
        """Whether its tunnels stay silent while memory is looked at."""
        return self.mode == "idle"

    def words(self, port: int, seconds: float) -> list[str]:
        """The words after `load` that put this case on a port."""
        size = [] if self.size is None else [str(self.size)]
        time = [] if self.is_memory else [str(seconds)]
        where = [self.site.host, self.site.path] if self.mode in HTTP_MODES else []
        tls = ["tls"] if self.site.is_secure else []
        return [*tls, self.mode, str(port), str(self.count), *size, *time, *where]


def small_get(title: str, site: Site = PLAIN, mode: str = "get") -> Case:
    """A case whose pages are so small that only their requests count."""
    return Case(f"HTTP GET, 12 B, {title}", mode, 50, 12, site)


PING_1: Final = Case("64 B ping-pong, 1 tunnel", "tunnel", 1, 64)
PING_50: Final = Case("64 B ping-pong, 50 tunnels", "tunnel", 50, 64)
PING_500: Final = Case("64 B ping-pong, 500 tunnels", "tunnel", 500, 64)
PING_16K: Final = Case("16 KiB ping-pong, 8 tunnels", "tunnel", 8, 16 * KIB)
PING_256K: Final = Case("256 KiB ping-pong, 8 tunnels", "tunnel", 8, 256 * KIB)
BROADCAST: Final = Case("64 B broadcast to 1,000 tunnels", "room", 1000, 64)
UPGRADE: Final = Case("upgrade and end, 16 at a time", "upgrade", 16)
GET: Final = small_get("keep-alive, 50 connections")
GET_DIFFER: Final = small_get("no two requests the same", mode="differ")
GET_16K: Final = Case("HTTP GET, 16 KiB", "get", 50, 16 * KIB, PLAIN)
POST_16K: Final = Case("HTTP POST, 16 KiB", "post", 50, 16 * KIB, PLAIN)
GET_1M: Final = Case("HTTP GET, 1 MiB", "get", 50, 1024 * KIB, PLAIN)
GET_FRESH: Final = small_get("a connection each", mode="fresh")
GET_VHOSTS_1: Final = small_get("1 vhost", VHOSTS_1)
GET_VHOSTS_1000: Final = small_get("1,000 vhosts", VHOSTS_1000)
GET_RULES_1: Final = small_get("1 ProxyPass", RULES_1)
GET_RULES_200: Final = small_get("200 ProxyPass", RULES_200)
GET_RULED: Final = small_get("20 RewriteRules, 10 header edits, 3 <If>", RULED)
GET_RULED_DIFFER: Final = small_get("these rules, no two requests the same", RULED, mode="differ")
TLS_PING_50: Final = Case("TLS: 64 B ping-pong, 50 tunnels", "tunnel", 50, 64, SECURE_TUNNELS)
TLS_PING_16K: Final = Case(
    "TLS: 16 KiB ping-pong, 8 tunnels", "tunnel", 8, 16 * KIB, SECURE_TUNNELS
)
TLS_GET: Final = Case("TLS: HTTP GET, 12 B, 50 connections", "get", 50, 12, SECURE)
TLS_GET_1M: Final = Case("TLS: HTTP GET, 1 MiB", "get", 50, 1024 * KIB, SECURE)
TLS_FULL: Final = Case("TLS: full handshakes, 16 at a time", "full", 16, site=SECURE_TUNNELS)
TLS_RESUMED: Final = Case(
    "TLS: resumed handshakes, 16 at a time", "resume", 16, None, SECURE_TUNNELS
)
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
    GET,
    GET_DIFFER,
    GET_16K,
    POST_16K,
    GET_1M,
    GET_FRESH,
    GET_VHOSTS_1,
    GET_VHOSTS_1000,
    GET_RULES_1,
    GET_RULES_200,
    GET_RULED,
    GET_RULED_DIFFER,
    TLS_PING_50,
    TLS_PING_16K,
    TLS_GET,
    TLS_GET_1M,
    TLS_FULL,
    TLS_RESUMED,
    IDLE_1000,
    IDLE_8000,
)

GROWTHS: Final = ((GET_VHOSTS_1000, GET_VHOSTS_1), (GET_RULES_200, GET_RULES_1))


def choose(part: str) -> list[Case]:
    """The cases whose title has `part` in it."""
    return [case for case in CASES if part.lower() in case.title.lower()]
