"""The routing table of one vhost: which worker and which URL a request gets. Pure.

Comes in: the compiled rules of a vhost and a request's path. Goes out: a ``Route`` or a ``Refusal``
with its status. Hides the order of deciders (proxy-semantics; Apache mod_proxy): ProxyPass of the
last matching ``<Location>`` that has one, ``!`` included, which ends the search; then the
server-level list in textual order, main server's first, first match wins.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from httpdlite.conf.directives.mod_proxy import ProxyPass
from httpdlite.conf.scope import Scope
from httpdlite.routes.paths import RequestPath, canonical_path, check_query, raw_remainder
from httpdlite.routes.pattern import LocationMatcher, PathMatcher
from httpdlite.routes.reverse import ReverseRule
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


class Refusal(NamedTuple):
    """The request is answered here with ``status``; ``reason`` and ``code`` go to the error log.
    ``upgrade``: the protocols that a 426 demands.
    """

    status: int
    reason: str
    code: str = ""
    settings: Settings | None = None
    upgrade: str = ""


class Route(NamedTuple):
    """Where a request goes. ``target`` is what stands in the request line sent to the worker. A
    NamedTuple, since one is made per request.
    """

    worker: Worker
    authority: Authority
    target: bytes
    url: str
    settings: Settings
    reverse: tuple[ReverseRule, ...]
    key: str  # names the rule over reloads: kind and path of the rule, worker URL
    upgrade: bytes | None = None  # the token to upgrade to; None: an ordinary request
    nocanon_ignored: bool = False  # AH01136: the raw path does not fit the rule


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
    def is_exclusion(self) -> bool:
        """ProxyPass … !"""
        return self.source.target == "!"


@dataclass(frozen=True, slots=True)
class Section:
    """A Location or LocationMatch, compiled."""

    matcher: LocationMatcher
    scope: Scope
    rule: Rule | None
    reverse: tuple[ReverseRule, ...]


@dataclass(frozen=True, slots=True)
class _Merged:
    """What a set of matching sections makes of a vhost."""

    settings: Settings
    rule: Rule | None
    reverse: tuple[ReverseRule, ...]


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
    _merged: dict[tuple[int, ...], _Merged] = field(default_factory=dict, compare=False)

    def decide(self, path: RequestPath, upgrade: bytes | None) -> Route | Refusal:
        """Route one request. ``upgrade`` is the client's Upgrade field. Apache: proxy_trans, then
        the scheme's handler.
        """
        matching = (
            tuple([i for i, s in enumerate(self.sections) if s.matcher.matches(path.path)])
            if self.sections
            else ()
        )
        merged = self._merged.get(matching) or self._merge(matching)
        if merged.rule is not None:
            found = self._try_rule(merged.rule, path, upgrade, merged)
            if found is not None:
                return found
            if merged.rule.is_exclusion:
                return Refusal(
                    NOT_FOUND,
                    "ProxyPass ! excludes this path and there is nothing else here",
                    "AH00128",
                    merged.settings,
                )
        for rule in self.rules:
            if rule.is_exclusion:
                if rule.matcher.match(path.path) is not None:
                    break
                continue
            found = self._try_rule(rule, path, upgrade, merged)
            if found is not None:
                return found
        return Refusal(NOT_FOUND, f"no ProxyPass matches {path.path}", "AH00128", merged.settings)

    def _merge(self, matching: tuple[int, ...]) -> _Merged:
        scope, rule, reverse = self.scope, None, list(self.reverse)
        for index in matching:
            section = self.sections[index]
            scope = scope.overlaid(section.scope)
            rule = section.rule or rule
            reverse.extend(section.reverse)
        merged = _Merged(read_settings(scope), rule, tuple(reverse))
        self._merged[matching] = merged
        return merged

    def _try_rule(
        self, rule: Rule, path: RequestPath, upgrade: bytes | None, merged: _Merged
    ) -> Route | Refusal | None:
        if rule.is_exclusion:
            return None
        matched = rule.matcher.match(path.path)
        if matched is None:
            return None
        settings = merged.settings
        url = matched.url(rule.source.target)
        authority = rule.authority or parse_authority(url)
        if authority is None:
            return Refusal(
                500, f"the backend URL {url} has no valid host and port", "AH00898", settings
            )
        worker = choose_worker(rule, url)
        token = upgrade_token(worker, authority.scheme, upgrade)
        if authority.scheme in ("ws", "wss") and not settings.websocket_fallback:
            if upgrade is None:
                return None  # mod_proxy_wstunnel declines, the search goes on
            if token is None:
                return Refusal(
                    426,
                    f"require upgrade for URL {url}, got {upgrade.decode('latin-1')}",
                    "AH02900",
                    settings,
                    worker.parameters.upgrade or "WebSocket",
                )
        raw = raw_remainder(path, rule.matcher, matched) if rule.source.nocanon else None
        if raw is not None:
            target = _raw_target(raw.url(rule.source.target)[authority.length :])
        else:
            target = _canonical_target(url[authority.length :], path, settings.encoded_slashes)
        if isinstance(target, Refusal):
            return target
        ignored = rule.source.nocanon and raw is None
        return Route(
            worker, authority, target, url, settings, merged.reverse, rule.key, token, ignored
        )


def choose_worker(rule: Rule, url: str) -> Worker:
    """The worker that serves a final URL of this rule; the generic one if none does."""
    if rule.worker is not None:
        return rule.worker
    return find_worker(rule.candidates, normal_url(url), rule.source.unix_path) or GENERIC


def upgrade_token(worker: Worker, scheme: str, upgrade: bytes | None) -> bytes | None:
    """The client's Upgrade value if this worker may switch to it. mod_proxy_http: the whole value,
    in any case of letters.
    """
    if upgrade is None:
        return None
    allowed = worker.parameters.upgrade
    if allowed is None:
        if scheme not in ("ws", "wss"):
            return None
        return upgrade if upgrade.lower() == b"websocket" else None
    if allowed.upper() == "ANY":
        return upgrade
    tokens = [token.strip().lower() for token in allowed.split(",")]
    return upgrade if upgrade.decode("latin-1").lower() in tokens else None


def _raw_target(sent: str) -> bytes | Refusal:
    """With nocanon: as the client wrote it, its query included."""
    target = sent.encode("latin-1") or b"/"
    if not check_query(target):
        return Refusal(403, "To be forwarded path contains control characters or spaces", "AH10415")
    return target


def _canonical_target(decoded: str, path: RequestPath, encoded_slashes: str) -> bytes | Refusal:
    sent = canonical_path(decoded, nodecode=encoded_slashes == "nodecode")
    if sent is None:
        return Refusal(
            400, "the path holds a % that is no escape (AllowEncodedSlashes NoDecode)", "AH10420"
        )
    sent = sent or b"/"
    query = path.query
    if query is None:
        return sent
    if not check_query(query):
        return Refusal(
            403, "To be forwarded query string contains control characters or spaces", "AH10408"
        )
    return b"%b?%b" % (sent, query)
