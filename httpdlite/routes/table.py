"""The routing table of one vhost: which worker and which URL a request gets. Pure.

Comes in: the compiled rules of a vhost and a request's path. Goes out: a ``Route`` or a ``Refusal``
with its status. Hides the order of deciders (as observed with 2.4.71):

1. Rules with ``mapping=``, which see the path before it is decoded; then all others.
2. In each pass the ProxyPass of the last matching ``<Location>`` that has one, ``!`` included,
   which ends the search; then the server-level list in textual order, main server's first, first
   match wins.
3. Settings: the server's, then those of the matching ``<Proxy>`` sections, then those of the
   matching ``<Location>`` sections, which are merged among themselves first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from httpdlite.conf.directives.mod_proxy import ProxyPass
from httpdlite.conf.scope import Scope
from httpdlite.routes.conditionals import ConditionalSection
from httpdlite.routes.environment import interpolate, match_variables
from httpdlite.routes.filesections import NO_FILE_SECTIONS, FileSection, FileSections
from httpdlite.routes.filling import TooLong
from httpdlite.routes.paths import RequestPath, raw_remainder
from httpdlite.routes.pattern import LocationMatcher, PathMatcher, ServletMatch
from httpdlite.routes.programs import (
    NO_DIRECTORY_PROGRAMS,
    NO_SERVER_PROGRAMS,
    DirectoryPrograms,
    ServerPrograms,
    compile_directory_programs,
)
from httpdlite.routes.proxysections import NO_PROXY_SECTIONS, ProxySections
from httpdlite.routes.regex import Found
from httpdlite.routes.reverse import ReverseRule, interpolated
from httpdlite.routes.route import (
    Refusal,
    Route,
    canonical_target,
    mapped_target,
    raw_target,
    refuse_url,
    upgrade_token,
)
from httpdlite.routes.settings import Settings, read_settings
from httpdlite.routes.worker import (
    GENERIC,
    Authority,
    Worker,
    find_worker,
    normal_url,
    parse_authority,
)

NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class Rule:
    """One ProxyPass, compiled. ``authority`` is set if the target's own text fixes it, whatever the
    path.
    """

    source: ProxyPass
    matcher: PathMatcher
    worker: Worker | None  # the one that serves all of its URLs, if that is sure
    candidates: tuple[Worker, ...]  # else those that may
    authority: Authority | None
    key: str

    @property
    def appends_query(self) -> bool:
        """Is the request's query only put behind what the path alone decides?"""
        source = self.source
        return self.worker is not None and not (source.nocanon or source.mapping)

    @property
    def is_exclusion(self) -> bool:
        """ProxyPass … !"""
        return self.source.target == "!"


@dataclass(frozen=True, slots=True)
class Section:
    """A Location or LocationMatch, compiled. ``name``: as its tag has it."""

    name: str
    matcher: LocationMatcher
    scope: Scope
    rule: Rule | None
    reverse: tuple[ReverseRule, ...]
    conditionals: tuple[ConditionalSection, ...] = ()


_NO_VARIABLES: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Merged:
    """What a set of matching sections makes of a vhost. ``early``: the variables that patterns of
    <LocationMatch> have set; ``_proxied`` caches the settings of each set of <Proxy> sections;
    ``programs``: what they do to requests.
    """

    settings: Settings
    rule: Rule | None
    reverse: tuple[ReverseRule, ...]
    inner: Scope
    early: Mapping[str, str]
    programs: DirectoryPrograms
    conditionals: tuple[ConditionalSection, ...]
    proxied: dict[tuple[int, ...], Settings] = field(default_factory=dict, compare=False)


class Mapped(NamedTuple):
    """The route by a rule with ``mapping=``, and the path as it is from then on."""

    found: Route | Refusal
    path: str


class Covering(NamedTuple):
    """The sections that cover a request, by number, in the order of merging: those for the worker's
    URL or for the file, those for the URL, the conditional ones.
    """

    proxies: tuple[int, ...] = ()
    files: tuple[FileSection, ...] = ()
    locations: tuple[int, ...] = ()
    conditionals: tuple[ConditionalSection, ...] = ()


MOST_MERGED: Final = 1024  # sets of sections that are remembered


@dataclass(frozen=True, slots=True)
class Table:
    """The rules, sections and workers of one vhost. ``_merged`` caches the merge of each set of
    matching sections.
    """

    scope: Scope
    settings: Settings
    sections: tuple[Section, ...]
    rules: tuple[Rule, ...]
    reverse: tuple[ReverseRule, ...]
    workers: tuple[Worker, ...]
    proxy_sections: ProxySections = NO_PROXY_SECTIONS
    file_sections: FileSections = NO_FILE_SECTIONS
    conditionals: tuple[ConditionalSection, ...] = ()
    programs: ServerPrograms = NO_SERVER_PROGRAMS
    has_phases: bool = False  # is there more to do with requests than to find their route?
    has_file_phases: bool = False  # with those that no worker takes?
    mapped: tuple[Rule, ...] = field(init=False)  # the server's with mapping=
    ordinary: tuple[Rule, ...] = field(init=False)  # and without
    has_mapped: bool = field(init=False)  # sections included
    _merged: dict[tuple[int, ...], Merged] = field(default_factory=dict, compare=False)
    _covered: dict[Covering, Merged] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "mapped", tuple(rule for rule in self.rules if rule.source.mapping))
        put(self, "ordinary", tuple(rule for rule in self.rules if not rule.source.mapping))
        in_sections = any(s.rule is not None and s.rule.source.mapping for s in self.sections)
        put(self, "has_mapped", bool(self.mapped) or in_sections)

    def decide(self, path: RequestPath, upgrade: bytes | None) -> Route | Refusal:
        """Route one request. ``upgrade`` is the client's Upgrade field. Apache: proxy_trans, then
        the scheme's handler.
        """
        merged = self._sections_of(path.path)
        found = self.find(path, upgrade, merged)
        if found is not None:
            return found
        if merged.rule is not None and merged.rule.is_exclusion and not merged.rule.source.mapping:
            text = "ProxyPass ! excludes this path and there is nothing else here"
        else:
            text = f"no ProxyPass matches {path.path}"
        return Refusal(NOT_FOUND, text, "AH00128", merged.settings)

    def find(
        self,
        path: RequestPath,
        upgrade: bytes | None,
        merged: Merged,
        variables: Mapping[str, str] | None = None,
    ) -> Route | Refusal | None:
        """The route by the ordinary rules; None if none of them takes it. ``variables`` of the
        request, if not only those that sections have set.
        """
        if variables is None:
            variables = merged.early
        if merged.rule is not None and not merged.rule.source.mapping:
            found = self._try_rule(merged.rule, path, upgrade, merged, variables)
            if found is not None or merged.rule.is_exclusion:
                return found
        for rule in self.ordinary:
            if rule.is_exclusion:
                if rule.matcher.match(path.path) is not None:
                    break
                continue
            found = self._try_rule(rule, path, upgrade, merged, variables)
            if found is not None:
                return found
        return None

    def decide_mapped(self, path: RequestPath, upgrade: bytes | None) -> "Mapped | None":
        """The pass of the rules with ``mapping=``, with a path that is not decoded; None if the
        ordinary pass is to follow.
        """
        plain = path.path
        merged = self._sections_of(path.path)
        own = merged.rule
        rules = (own, *self.mapped) if own is not None and own.source.mapping else self.mapped
        for rule in rules:
            matched = rule.matcher.match(path.path)
            if matched is None:
                continue
            if rule.is_exclusion:
                return None
            if isinstance(matched, ServletMatch):
                plain = matched.plain
                merged = self._sections_of(plain)
            found = self._try_rule(rule, path, upgrade, merged, merged.early)
            return Mapped(found, plain) if found is not None else None
        return None

    def covering(self, path: str) -> tuple[tuple[int, ...], Mapping[str, str]]:
        """The sections that cover a path, by number, and the variables that they set."""
        if not self.sections:
            return (), _NO_VARIABLES
        found = [
            (index, match)
            for index, section in enumerate(self.sections)
            if (match := section.matcher.matches(path))
        ]
        key = tuple([index for index, _ in found])
        for _, match in found:
            if match.re.groupindex:
                return key, _variables(found)
        return key, _NO_VARIABLES

    def merged(self, covering: Covering) -> Merged:
        """The merge of sections of all kinds. What a request's variables fill in is not filled in
        yet.
        """
        merged = self._covered.get(covering)
        if merged is None:
            if len(self._covered) >= MOST_MERGED:
                self._covered.clear()
            merged = self._covered[covering] = self._merge_all(covering)
        return merged

    def _merge_all(self, covering: Covering) -> Merged:
        before = self.proxy_sections.merged(covering.proxies)
        conditionals = self.conditionals
        for index in covering.proxies:
            conditionals += self.proxy_sections.conditionals[index]
        for file_section in covering.files:
            before = before.overlaid(file_section.scope)
            conditionals += file_section.conditionals
        for index in covering.locations:
            conditionals += self.sections[index].conditionals
        merged = self._merge(covering.locations, _NO_VARIABLES)
        inner = before.overlaid(merged.inner)
        for section in covering.conditionals:
            inner = inner.overlaid(section.scope)
        settings = read_settings(self.scope.overlaid(inner), is_final=False)
        reverse = [rule for index in covering.locations for rule in self.sections[index].reverse]
        return Merged(
            settings,
            merged.rule,
            (*self.reverse, *reverse),
            inner,
            _NO_VARIABLES,
            compile_directory_programs(self.scope, inner, self.programs),
            conditionals,
        )

    def _sections_of(self, path: str) -> Merged:
        """The merge of the sections that cover a path."""
        if not self.sections:
            return self._merged.get(()) or self._merge((), _NO_VARIABLES)
        key, variables = self.covering(path)
        if variables:
            return self._merge(key, variables)
        return self._merged.get(key) or self._merge(key, _NO_VARIABLES)

    def _merge(self, matching: tuple[int, ...], early: Mapping[str, str]) -> Merged:
        inner, rule, reverse = Scope(), None, list(self.reverse)
        for index in matching:
            section = self.sections[index]
            inner = inner.overlaid(section.scope)
            rule = section.rule or rule
            reverse.extend(section.reverse)
        if matching or early:
            settings = read_settings(self.scope.overlaid(inner), early)
        else:
            settings = self.settings
        rules = tuple(reverse)
        if settings.interpolates:
            rules = interpolated(rules, settings.environment)
        merged = Merged(settings, rule, rules, inner, early, NO_DIRECTORY_PROGRAMS, ())
        if not early:
            self._merged[matching] = merged
        return merged

    def _settings_for(self, url: str, merged: Merged) -> Settings:
        """With what <Proxy> sections say of this URL."""
        matching = self.proxy_sections.matching(url)
        if not matching:
            return merged.settings
        settings = merged.proxied.get(matching)
        if settings is None:
            scope = self.scope.overlaid(self.proxy_sections.merged(matching))
            settings = read_settings(scope.overlaid(merged.inner), merged.early)
            merged.proxied[matching] = settings
        return settings

    def _try_rule(
        self,
        rule: Rule,
        path: RequestPath,
        upgrade: bytes | None,
        merged: Merged,
        variables: Mapping[str, str],
    ) -> Route | Refusal | None:
        if rule.is_exclusion:
            return None
        matched = rule.matcher.match(path.path)
        if matched is None:
            return None
        settings, source = merged.settings, rule.source
        text, authority = source.target, rule.authority
        if source.interpolate and settings.interpolates:
            text, authority = interpolate(text, variables), None
        raw = raw_remainder(path, rule.matcher, matched) if source.nocanon else None
        try:
            url = matched.url(text)
            raw_url = raw.url(text) if raw is not None else None
        except TooLong:
            why = "Substitution in regular expression failed. Replacement too long?"
            return Refusal(500, why, "AH01135", settings, level=_CRITICAL)
        authority = authority or parse_authority(url)
        if authority is None:
            return refuse_url(url, settings)
        if authority.scheme in _WEBSOCKET and not settings.websocket_fallback and upgrade is None:
            return None  # mod_proxy_wstunnel declines, the search goes on
        if source.mapping:
            target = mapped_target(url[authority.length :], path.query)
        elif raw_url is not None:
            target = raw_target(raw_url[authority.length :])
        else:
            target = canonical_target(url[authority.length :], path.query, settings.encoded_slashes)
        if isinstance(target, Refusal):
            return target
        worker = rule.worker or choose_worker(rule, url[: authority.length], target)
        token = upgrade_token(worker, authority.scheme, upgrade)
        if authority.scheme in _WEBSOCKET and token is None and not settings.websocket_fallback:
            assert upgrade is not None
            wanted = worker.parameters.upgrade or "WebSocket"
            given = f"Upgrade header is {upgrade.decode('latin-1')}, expecting {wanted}"
            text = f"require upgrade for URL {url} ({given})"
            return Refusal(426, text, "AH02900", settings, wanted)
        ignored = source.nocanon and raw is None and not source.mapping
        if self.proxy_sections is not NO_PROXY_SECTIONS:
            settings = self._settings_for(url, merged)
        return Route(
            worker,
            authority,
            target,
            url,
            settings,
            merged.reverse,
            rule.key,
            token,
            ignored,
            rule.appends_query,
        )


def _variables(found: list[tuple[int, Found]]) -> Mapping[str, str]:
    """Those of the named groups; the last section's count."""
    early: dict[str, str] = {}
    for _, match in found:
        early |= match_variables(match)
    return early


_WEBSOCKET: Final = frozenset(("ws", "wss"))
_CRITICAL: Final = 2


def choose_worker(rule: Rule, authority: str, target: bytes) -> Worker:
    """The worker that serves a final URL of this rule, as it is sent, its query included; the
    generic one if none does.
    """
    url = normal_url(authority + target.decode("latin-1"))
    return find_worker(rule.candidates, url, rule.source.unix_path) or GENERIC
