"""Rules and sections, compiled: which worker serves what goes through them, as far as that is sure
before a request is there. Pure.

Comes in: a ProxyPass or a section of the config tree, and the workers of its server. Goes out: a
``Rule`` or a ``Section``. Hides when the worker is sure: what is sent begins with its URL, whatever
the path, and with no other worker's that is longer (worker.py has Apache's rule).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from httpdlite.conf.directives import mod_proxy
from httpdlite.conf.tree import SectionConfig, SectionKind
from httpdlite.routes.conditionals import compile_conditionals
from httpdlite.routes.paths import canonical_path
from httpdlite.routes.pattern import (
    LocationMatcher,
    PathMatcher,
    as_bytes_text,
    compile_location,
    compile_rule,
    compile_servlet_rule,
)
from httpdlite.routes.reverse import ReverseRule
from httpdlite.routes.table import Rule, Section
from httpdlite.routes.worker import (
    REFERENCE,
    Worker,
    find_worker,
    normal_url,
    parse_authority,
)


class RuleMaker:
    """Compiles the rules and sections of one Site; paths that come again are compiled once."""

    def __init__(self) -> None:
        self._paths: dict[tuple[object, ...], PathMatcher] = {}
        self._locations: dict[tuple[str, bool], LocationMatcher] = {}

    def section(self, config: SectionConfig, workers: tuple[Worker, ...]) -> Section:
        """Compile a section."""
        own = config.scope[mod_proxy.PROXY_PASS]
        key = (config.argument, config.is_regex)
        matcher = self._locations.get(key)
        if matcher is None:
            matcher = self._locations[key] = compile_location(key[0], is_regex=key[1])
        return Section(
            name=_section_name(config),
            matcher=matcher,
            scope=config.scope,
            rule=self.rule(own[-1], config, workers) if own else None,
            reverse=tuple(
                ReverseRule(config.argument, r.url, r.interpolate)
                for r in config.scope[mod_proxy.PROXY_PASS_REVERSE]
            ),
            conditionals=compile_conditionals(config.conditionals),
        )

    def rule(
        self,
        source: mod_proxy.ProxyPass,
        section: SectionConfig | None,
        workers: tuple[Worker, ...],
    ) -> Rule:
        """Compile a rule, which stands in a section or at the top of a server."""
        path = source.path
        if path is None:
            path = section.argument if section is not None else "/"
        target = normal_url(source.target)
        best = find_worker(workers, target, source.unix_path)
        longer = any(_may_serve(w, target) for w in workers if w.unix_path == source.unix_path)
        is_sure = best is not None and best.matches is None and not longer
        authority = parse_authority(source.target)
        closed = (
            authority is not None
            and len(source.target) > authority.length
            and "$" not in source.target[: authority.length]
        )
        return Rule(
            source=source,
            matcher=self._matcher(source, path, in_section=section is not None),
            worker=best if is_sure and not _varies(source) and _is_canonical(target) else None,
            candidates=workers,
            authority=authority if closed else None,
            key=_rule_key(source, section, path, target),
        )

    def _matcher(self, source: mod_proxy.ProxyPass, path: str, *, in_section: bool) -> PathMatcher:
        is_servlet = source.mapping == "servlet" and not source.is_regex
        key = (path, source.is_regex, in_section, is_servlet)
        found = self._paths.get(key)
        if found is None:
            found = self._paths[key] = (
                compile_servlet_rule(path)
                if is_servlet
                else compile_rule(path, is_regex=source.is_regex, in_section=in_section)
            )
        return found


def _rule_key(
    source: mod_proxy.ProxyPass, section: SectionConfig | None, path: str, target: str
) -> str:
    """What a rule is called over reloads. The target is its own, and not that of the worker that
    serves it, since that depends on other rules.
    """
    if section is not None:
        where = _section_name(section)
    else:
        tilde = "~ " if source.is_regex and source.directive == "ProxyPass" else ""
        where = f"{source.directive} {tilde}{path}"
    unix = f"unix:{source.unix_path}|" if source.unix_path else ""
    return f"{where} {unix}{target}"


def _section_name(section: SectionConfig) -> str:
    tilde = "~ " if section.is_regex and section.kind is SectionKind.LOCATION else ""
    return f"{section.kind.value} {tilde}{section.argument}"


def stays(rule: Rule, new: Sequence[Worker]) -> bool:
    """Is it the same rule, too, where these workers come behind those that it knows?"""
    source = rule.source
    if rule.worker is None:
        return source.target == "!"
    target = _normal_target(source.target)
    return not any(
        worker.unix_path == source.unix_path
        and (_may_serve(worker, target) or worker.serves(target))
        for worker in new
    )


_normal_target: Final = lru_cache(1024)(normal_url)


def _varies(source: mod_proxy.ProxyPass) -> bool:
    """Are there parts in the target that requests fill in?"""
    return source.interpolate or REFERENCE.search(source.target) is not None


def _is_canonical(url: str) -> bool:
    """Is it sent as it is written? Workers are compared with what is sent."""
    path = url.partition("://")[2].partition("/")[2]
    return canonical_path(as_bytes_text(path)) == path.encode()


def _may_serve(worker: Worker, target: str) -> bool:
    """Could it serve a URL that goes on behind ``target``, being longer than the target itself?"""
    return worker.matches is not None or (
        len(worker.url) > len(target) and worker.url.startswith(target)
    )
