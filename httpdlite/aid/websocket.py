"""Which paths can upgrade to a WebSocket, by which line, to which worker, and how long it may idle.

In: a config tree and the fates of its lines. Out: `UpgradePath`s per server. Rules: mod_proxy's
ProxyPass (first match of the list wins; the last matching Location comes before the list), its
`upgrade=` parameter, mod_proxy_wstunnel's ws:// and wss:// workers, mod_rewrite's [P].
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from httpdlite.aid.lines import Fate, Outcome
from httpdlite.conf.directives import mod_proxy
from httpdlite.conf.directives.mod_proxy import ProxyPass
from httpdlite.conf.directives.worker_parameters import WorkerParameters
from httpdlite.conf.tree import SectionConfig, ServerConfig
from httpdlite.diagnostics import Span
from httpdlite.routes.pattern import has_wildcards
from httpdlite.routes.settings import Settings, read_settings
from httpdlite.routes.worker import Worker, parse_authority


@dataclass(frozen=True, slots=True)
class UpgradePath:
    """A path on which a client may upgrade.

    `idle` is the seconds a tunnel may be silent, None for any time; `ruled_by` says which setting
    that is. `host` is the Host field that the worker gets, "" where it is the client's own
    (ProxyPreserveHost): applications that compare it with Origin refuse another one. `problem` says
    why it does not work, "" if it does.
    """

    path: str
    is_regex: bool
    worker: str
    how: str
    span: Span
    idle: float | None
    ruled_by: str
    problem: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class PlainPath:
    """A path that goes to an http:// worker without upgrade=: upgrades are stripped there."""

    path: str
    worker: str
    span: Span


def upgrade_paths(server: ServerConfig, fates: Sequence[Fate]) -> tuple[UpgradePath, ...]:
    """The paths of a server that can upgrade. `fates`: the lines that count for it."""
    return (*_of_rules(server, fates), *_of_rewrites(server, fates))


def plain_paths(server: ServerConfig) -> tuple[PlainPath, ...]:
    """The paths of a server that are proxied and cannot upgrade."""
    return tuple(
        PlainPath(path, rule.target, rule.span)
        for path, rule, _ in _rules(server)
        if rule.target != "!" and not _upgrades(rule)
    )


def _rules(
    server: ServerConfig,
) -> Iterator[tuple[str, ProxyPass, SectionConfig | None]]:
    for rule in server.scope.get(mod_proxy.PROXY_PASS, ()):
        yield rule.path or "", rule, None
    for section in server.sections:
        for rule in section.scope.get(mod_proxy.PROXY_PASS, ()):
            yield section.argument, rule, section


def _upgrades(rule: ProxyPass) -> str:
    """By what a rule can upgrade; "" if it cannot."""
    scheme = rule.target.split("://")[0].lower()
    if scheme in {"ws", "wss"}:
        return f"{scheme}:// worker"
    upgrade = rule.parameters.upgrade
    if upgrade and upgrade.lower() != "none":
        return f"upgrade={upgrade}"
    return ""


def _of_rules(server: ServerConfig, fates: Sequence[Fate]) -> Iterator[UpgradePath]:
    refused = {
        (fate.span.file, fate.span.end_line): fate.sentence
        for fate in fates
        if fate.outcome in {Outcome.REFUSED, Outcome.REJECTED}
    }
    for path, rule, section in _rules(server):
        how = _upgrades(rule)
        if not how:
            continue
        scope = server.scope.overlaid(section.scope) if section else server.scope
        settings = read_settings(scope)
        worker = Worker(rule.target, rule.parameters, rule.unix_path, rule.span)
        problem = refused.get((rule.span.file, rule.span.end_line), "")
        yield UpgradePath(
            path,
            rule.is_regex or (section is not None and section.is_regex),
            f"unix:{rule.unix_path}|{rule.target}" if rule.unix_path else rule.target,
            f"{rule.directive} with {how}" if how.startswith("upgrade") else how,
            rule.span,
            settings.tunnel_idle_timeout(worker),
            _ruled_by(settings, worker),
            problem or _shadow(server, path, rule, section),
            "" if settings.preserve_host else _host_sent(rule.target),
        )


def _host_sent(url: str) -> str:
    authority = parse_authority(url)
    return authority.host_field.decode("latin-1") if authority is not None else ""


def _shadow(server: ServerConfig, path: str, rule: ProxyPass, section: SectionConfig | None) -> str:
    """Why a rule is never reached: a section with a rule of its own, or an earlier one of the
    list, takes all of its path. The last matching section wins, and sections come first.
    """
    if rule.is_regex or (section is not None and section.is_regex):
        return ""
    later = server.sections[server.sections.index(section) + 1 :] if section else server.sections
    for other in later:
        if (
            not (other.is_regex or has_wildcards(other.argument))
            and other.scope.get(mod_proxy.PROXY_PASS, ())
            and _covers(other.argument, path)
        ):
            where = f"{other.span.file}:{other.span.end_line}"
            return f"never reached: <Location {other.argument}> at {where} decides"
    if section is not None:
        return ""
    for earlier in server.scope.get(mod_proxy.PROXY_PASS, ()):
        if earlier is rule:
            return ""
        if not earlier.is_regex and earlier.path is not None and _covers(earlier.path, path):
            where = f"{earlier.span.file}:{earlier.span.end_line}"
            return f"never reached: {earlier.path} at {where} matches first"
    return ""


def _covers(outer: str, inner: str) -> bool:
    """Whether every path that begins with `inner` begins with `outer`, by whole segments."""
    if outer == inner:
        return True
    return inner.startswith(outer if outer.endswith("/") else f"{outer}/")


def _ruled_by(settings: Settings, worker: Worker) -> str:
    if settings.websocket_idle_timeout is not None:
        return "ProxyWebsocketIdleTimeout"
    if settings.async_idle_timeout is not None:
        return "ProxyAsyncIdleTimeout"
    by = "Timeout"
    if worker.parameters.timeout is not None:
        by = "timeout= of the worker"
    elif settings.proxy_timeout is not None:
        by = "ProxyTimeout"
    return by if settings.worker_timeout(worker) >= settings.timeout else "Timeout"


def _of_rewrites(server: ServerConfig, fates: Sequence[Fate]) -> Iterator[UpgradePath]:
    """RewriteRules that send on to a ws:// or wss:// URL, and members of balancers that do."""
    for fate in fates:
        words = fate.arguments.split()
        target = next((word.strip('"') for word in words[:2] if _is_socket_url(word)), "")
        if not target or fate.name not in {"RewriteRule", "BalancerMember"}:
            continue
        how = f"{fate.name} to {target.split(':')[0]}://"
        if fate.name == "BalancerMember":
            yield UpgradePath("", False, target, how, fate.span, None, "", fate.sentence)
        elif flags_of(fate) & _TO_WORKER:
            yield _of_rewrite(server, fate, words[0].strip('"'), target, how)


def _of_rewrite(server: ServerConfig, fate: Fate, path: str, target: str, how: str) -> UpgradePath:
    """A rule that is carried out has the time limits of its server."""
    if fate.outcome is not Outcome.SAME:
        return UpgradePath(path, True, target, how, fate.span, None, "", fate.sentence)
    settings = read_settings(server.scope)
    worker = Worker(target, WorkerParameters(), None, fate.span)
    idle, ruled_by = settings.tunnel_idle_timeout(worker), _ruled_by(settings, worker)
    host = "" if settings.preserve_host else _host_sent(target)
    return UpgradePath(path, True, target, how, fate.span, idle, ruled_by, "", host)


_TO_WORKER: Final = frozenset({"p", "proxy"})
_ANSWERING: Final = _TO_WORKER | {"r", "redirect", "f", "forbidden", "g", "gone"}


def flags_of(rule: Fate) -> frozenset[str]:
    """The names of a RewriteRule's flags, in lower case."""
    _, bracket, flags = rule.arguments.rpartition("[")
    if not bracket or not flags.endswith("]"):
        return frozenset()
    names = flags[:-1].replace('"', "").split(",")
    return frozenset(name.partition("=")[0].strip().lower() for name in names)


def answers(fate: Fate) -> bool:
    """Whether a line makes answers other than with files: by a worker, a redirect, a status."""
    if fate.name == "RewriteRule":
        target = "".join(fate.arguments.split()[1:2])
        return bool(flags_of(fate) & _ANSWERING) or "://" in target
    is_of_rules = fate.name.startswith("Rewrite") or fate.name == "RedirectRelative"
    return fate.answers and not is_of_rules and fate.outcome is not Outcome.MOOT


def _is_socket_url(word: str) -> bool:
    url = word.strip("\"'").rpartition("|")[2].lower()  # unix:PATH|ws://HOST
    return url.startswith(("ws://", "wss://"))
