"""<Proxy> and <ProxyMatch>: settings for what goes to certain worker URLs. Pure.

Comes in: the sections of a server in their order, and the final URL of a request as its rule made
it. Goes out: which of them count, and their values between those of the server and those of
<Location>. Source: mod_proxy, <Proxy>; order and comparison (plain text, letters as written) as
observed with 2.4.71.
"""

from dataclasses import dataclass
from typing import Final

from httpdlite.conf.directives.balancers import PROXY_SET
from httpdlite.conf.scope import Scope
from httpdlite.conf.tree import SectionConfig
from httpdlite.routes.conditionals import ConditionalSection, compile_conditionals
from httpdlite.routes.environment import match_variables
from httpdlite.routes.pattern import LocationMatcher, compile_proxy_section


@dataclass(frozen=True, slots=True)
class ProxySections:
    """The sections of one server."""

    sections: tuple[tuple[LocationMatcher, Scope], ...]
    conditionals: tuple[tuple[ConditionalSection, ...], ...] = ()  # those in each of them

    def matching(self, url: str) -> tuple[int, ...]:
        """The sections that cover a URL, by number."""
        return tuple([i for i, (matcher, _) in enumerate(self.sections) if matcher.matches(url)])

    def variables(self, matching: tuple[int, ...], url: str) -> dict[str, str]:
        """Those that these sections' expressions set for a URL they cover."""
        found: dict[str, str] = {}
        for index in matching:
            matched = self.sections[index][0].matches(url)
            if matched and matched.re.groupindex:
                found |= match_variables(matched)
        return found

    def merged(self, matching: tuple[int, ...]) -> Scope:
        """The values of these sections, to be laid over the server's, below <Location>'s."""
        scope = Scope()
        for index in matching:
            scope = scope.overlaid(self.sections[index][1])
        return scope


NO_PROXY_SECTIONS: Final = ProxySections(())


def compile_proxy_sections(configs: tuple[SectionConfig, ...]) -> ProxySections:
    """The sections with values; those that only make a worker are left out."""
    kept = [
        config
        for config in configs
        if config.conditionals or any(row is not PROXY_SET for row in config.scope)
    ]
    if not kept:
        return NO_PROXY_SECTIONS
    sections = [
        (compile_proxy_section(config.argument, is_regex=config.is_regex), config.scope)
        for config in kept
    ]
    conditionals = [compile_conditionals(config.conditionals) for config in kept]
    return ProxySections(tuple(sections), tuple(conditionals))


def join_proxy_sections(shared: ProxySections, own: tuple[SectionConfig, ...]) -> ProxySections:
    """Those of the main server, and a vhost's own."""
    more = compile_proxy_sections(own)
    if not more.sections:
        return shared
    return ProxySections(shared.sections + more.sections, shared.conditionals + more.conditionals)
