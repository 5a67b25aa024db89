"""What the proxies serve: a site for every kind of case, the same for each proxy.

In: nothing but the constants below. Out: `Site` rows, from which `configurations.py` writes a
proxy's configuration and a case what to ask for.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Site:
    """How much of a configuration stands around what a case asks for."""

    name: str
    vhosts: int = 0  # chosen by name; 0: what there is stands outside of vhosts
    rules: int = 0  # ProxyPass lines, each for a path of its own; 0: `/http/` and `/tunnel/`
    is_logged: bool = True
    is_secure: bool = False  # whether clients speak TLS; workers never do
    is_ruled: bool = False  # RewriteRule, Header and <If>: only for those who read httpd.conf

    @property
    def hosts(self) -> list[str]:
        """The names of its vhosts."""
        return [f"site-{number}.bench.test" for number in range(self.vhosts)]

    @property
    def paths(self) -> list[str]:
        """What its ProxyPass lines are about, beside tunnels."""
        return [f"/service-{number}/" for number in range(self.rules)] or ["/http/"]

    @property
    def host(self) -> str:
        """Whom a request names: the vhost in the middle."""
        return self.hosts[self.vhosts // 2] if self.vhosts else "bench.test"

    @property
    def path(self) -> str:
        """Where a request goes: what the last line is about."""
        return self.paths[-1]


TUNNELS: Final = Site("tunnels", is_logged=False)
PLAIN: Final = Site("plain")
VHOSTS_1: Final = Site("1 vhost", vhosts=1)
VHOSTS_1000: Final = Site("1,000 vhosts", vhosts=1000)
RULES_1: Final = Site("1 ProxyPass", rules=1)
RULES_200: Final = Site("200 ProxyPass", rules=200)
SECURE_TUNNELS: Final = Site("tunnels, TLS", is_logged=False, is_secure=True)
SECURE: Final = Site("plain, TLS", is_secure=True)
RULED: Final = Site("rules", is_ruled=True)
