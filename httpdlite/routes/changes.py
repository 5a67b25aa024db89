"""What a reload changes: two Sites in, a list of changes out, and whose tunnels each touches. Pure.

Hides what names things over reloads, and what counts as the same:

1. A tunnel is named by where it came in (the Listen), its vhost, and its rule (kind, path, target).
   It is gone if one of these is not there any more; other changes do not touch a tunnel that lives,
   since its limits are those of its handshake.
2. Where a line stands does not matter, nor what depends on that alone.
3. A change that many vhosts have alike (they inherit it, mostly) is one change.
4. Directives without an effect here, and what stands in ``APART``, are no settings.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

from httpdlite.conf.directives import core, mod_proxy, mpm
from httpdlite.conf.directives.mod_rewrite import REWRITING
from httpdlite.conf.rows import Directive
from httpdlite.conf.scope import Scope
from httpdlite.conf.standing import Class
from httpdlite.diagnostics import Span
from httpdlite.routes.conditionals import ConditionalSection
from httpdlite.routes.pattern import as_bytes_text
from httpdlite.routes.rewriting.rules import rule_key
from httpdlite.routes.site import Site, Vhost
from httpdlite.routes.table import Rule
from httpdlite.routes.worker import Worker, same_worker


class TunnelKey(NamedTuple):
    """Where a tunnel goes: host and port of the Listen, keys of the vhost and of the rule."""

    listener: tuple[str | None, int]
    vhost: str
    route: str

    def as_text(self) -> str:
        """The key as one text."""
        return json.dumps([*self.listener, self.vhost, self.route])

    @classmethod
    def from_text(cls, text: str) -> "TunnelKey":
        """The key of a text; ValueError if it is none."""
        try:
            host, port, vhost, route = json.loads(text)
        except (TypeError, ValueError):
            raise ValueError(f"not the key of a tunnel: {text}") from None
        return cls((host, port), vhost, route)


def is_gone(key: TunnelKey, site: Site) -> bool:
    """Is there no way any more that this tunnel could have come?"""
    vhost = site.vhosts.get(key.vhost)
    if vhost is None or key.listener not in listen_keys(site):
        return True
    if any(rule.key == key.route for rule in rules_of(vhost)):
        return False
    return key.route not in rewrite_keys(vhost)


def rewrite_keys(vhost: Vhost) -> Iterator[str]:
    """What the RewriteRules of a vhost are called, those of its sections included."""
    table = vhost.table
    rewriting = table.programs.rewriting
    if rewriting is not None:
        yield from (rule.key for rule in rewriting.rules)
    files = table.file_sections
    directories = [section for _, section in files.directories]
    scopes = [scope for _, scope in table.proxy_sections.sections]
    scopes += _conditional(table.conditionals)
    for section in table.sections:
        scopes += [section.scope, *_conditional(section.conditionals)]
    for about_files in (*directories, *files.matching, *files.files):
        scopes += [about_files.scope, *_conditional(about_files.conditionals)]
    for scope in scopes:
        for rule in scope[REWRITING].section.rules:
            pattern, output = as_bytes_text(rule.pattern), as_bytes_text(rule.substitution)
            yield rule_key(pattern, output, negated=rule.negated)


def _conditional(sections: Iterable[ConditionalSection]) -> list[Scope]:
    """The scopes of conditional sections, and of those in them."""
    found = []
    for section in sections:
        found += [section.scope, *_conditional(section.inner)]
    return found


def route_keys(site: Site) -> Iterator[TunnelKey]:
    """Every way that a tunnel can come."""
    listeners = listen_keys(site)
    for vhost in site.vhosts.values():
        for rule in rules_of(vhost):
            if not rule.is_exclusion:
                yield from (TunnelKey(key, vhost.key, rule.key) for key in listeners)


def listen_keys(site: Site) -> tuple[tuple[str | None, int], ...]:
    """The Listens of a Site, by what names them over reloads."""
    return tuple([(listen.host, listen.port) for listen in site.listens])


def rules_of(vhost: Vhost) -> Iterator[Rule]:
    """The rules of a vhost, those of its sections included."""
    yield from vhost.table.rules
    for section in vhost.table.sections:
        if section.rule is not None:
            yield section.rule


def own_workers(vhost: Vhost) -> dict[str, Worker]:
    """The workers that a vhost's own lines define, by key."""
    return {worker.key: worker for worker in vhost.table.workers if worker.owner == vhost.key}


def has_worker(site: Site, worker: Worker) -> bool:
    """Is this very worker one of the Site's? One that was kept from the Site before is."""
    owner = site.vhosts.get(worker.owner)
    return owner is not None and any(each is worker for each in owner.table.workers)


def same_workers(old: Site, new: Site) -> Iterator[tuple[Worker, Worker]]:
    """Pairs of workers that may share a pool. If the new Site was compiled knowing of the old one
    (``compile_in_steps``), the two of a pair are one object.
    """
    for key, vhost in new.vhosts.items():
        before = old.vhosts.get(key)
        if before is None:
            continue
        known = own_workers(before)
        for name, worker in own_workers(vhost).items():
            if name in known and same_worker(known[name], worker):
                yield known[name], worker


# --- changes --------------------------------------------------------------------------------------


class Action(Enum):
    """What happens to something; the value is its sign in a list."""

    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"


class Kind(Enum):
    """What it is."""

    LISTENER = "listener"
    VHOST = "vhost"
    ROUTE = "route"
    WORKER = "worker"
    NAMES = "names"
    TIMEOUTS = "timeouts"
    LOGS = "logs"
    SETTINGS = "settings"


_CLOSES: Final = frozenset((Kind.LISTENER, Kind.VHOST, Kind.ROUTE))


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``subject`` is what changes, as people call it; ``details`` how.

    It touches the tunnels of a listener, or of the vhosts; with ``routes`` only of these.
    """

    action: Action
    kind: Kind
    subject: str
    details: tuple[str, ...] = ()
    vhosts: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    listener: tuple[str | None, int] | None = None

    @property
    def closes(self) -> bool:
        """Are the tunnels that it touches closed?"""
        return self.action is Action.REMOVED and self.kind in _CLOSES

    def touches(self, key: TunnelKey) -> bool:
        """Is it about this tunnel?"""
        if self.listener is None and key.vhost not in self.vhosts:
            return False
        return self.touches_within(key)

    def touches_within(self, key: TunnelKey) -> bool:
        """Is it, if it is about the tunnel's vhost?"""
        if self.listener is not None:
            return key.listener == self.listener
        return not self.routes or key.route in self.routes


def changes_between(old: Site, new: Site) -> tuple[Change, ...]:
    """What a reload from ``old`` to ``new`` changes: what closes tunnels comes first."""
    changes = [*_listeners(old, new)]
    changes += [
        Change(Action.REMOVED, Kind.VHOST, f"vhost {key}", vhosts=(key,))
        for key in old.vhosts
        if key not in new.vhosts
    ]
    for key, after in new.vhosts.items():
        before = old.vhosts.get(key)
        if before is None:
            changes.append(Change(Action.ADDED, Kind.VHOST, f"vhost {key}", vhosts=(key,)))
        else:
            changes += _of_vhost(before, after)
    kinds = list(Kind)
    order = {Action.REMOVED: 0, Action.ADDED: 1, Action.CHANGED: 2}
    joined = _joined(changes)
    return tuple(sorted(joined, key=lambda c: (not c.closes, kinds.index(c.kind), order[c.action])))


def _joined(changes: Iterable[Change]) -> Iterator[Change]:
    """Rule 3."""
    alike: dict[object, list[Change]] = {}
    for change in changes:
        key = (change.action, change.kind, change.subject, change.details)
        alike.setdefault(key, []).append(change)
    for same in alike.values():
        first = same[0]
        yield Change(
            first.action,
            first.kind,
            first.subject,
            first.details,
            tuple([vhost for change in same for vhost in change.vhosts]),
            tuple(dict.fromkeys([route for change in same for route in change.routes])),
            first.listener,
        )


def _listeners(old: Site, new: Site) -> Iterator[Change]:
    before = {(listen.host, listen.port): listen for listen in old.listens}
    after = {(listen.host, listen.port): listen for listen in new.listens}
    for key, listen in before.items():
        if key not in after:
            yield Change(Action.REMOVED, Kind.LISTENER, _listen_text(listen), listener=key)
        elif after[key].protocol != listen.protocol:
            detail = f"protocol {listen.protocol} → {after[key].protocol}"
            name = _listen_text(listen)
            yield Change(Action.CHANGED, Kind.LISTENER, name, (detail,), listener=key)
    for key, listen in after.items():
        if key not in before:
            yield Change(Action.ADDED, Kind.LISTENER, _listen_text(listen), listener=key)


def _listen_text(listen: mpm.Listen) -> str:
    host = listen.host or "*"
    return f"Listen {f'[{host}]' if ':' in host else host}:{listen.port}"


def _of_vhost(old: Vhost, new: Vhost) -> Iterator[Change]:
    vhosts = (new.key,)
    yield from _routes(old, new)
    yield from _workers(old, new)
    names = (old.names, old.patterns), (new.names, new.patterns)
    if names[0] != names[1]:
        detail = _lost_and_won({*old.names, *old.patterns}, {*new.names, *new.patterns})
        yield Change(Action.CHANGED, Kind.NAMES, "names", detail, vhosts)
    for kind, details in _settings(old.table.scope, new.table.scope).items():
        yield Change(Action.CHANGED, kind, _SUBJECTS[kind], tuple(details), vhosts)
    before, after = _sections(old), _sections(new)
    for name in dict.fromkeys((*before, *after)):
        kinds = _settings(before.get(name, Scope()), after.get(name, Scope()))
        every = tuple([detail for details in kinds.values() for detail in details])
        if every:
            yield Change(Action.CHANGED, Kind.SETTINGS, f"<{name}>", every, vhosts)
    proxies = [[scope for _, scope in v.table.proxy_sections.sections] for v in (old, new)]
    if unplaced(proxies[0]) != unplaced(proxies[1]):
        yield Change(Action.CHANGED, Kind.SETTINGS, "<Proxy> sections", (), vhosts)


def _sections(vhost: Vhost) -> dict[str, Scope]:
    found: dict[str, Scope] = {}
    for section in vhost.table.sections:
        found[section.name] = found.get(section.name, Scope()).overlaid(section.scope)
    return found


def _routes(old: Vhost, new: Vhost) -> Iterator[Change]:
    before, after = ({rule.key: rule for rule in rules_of(vhost)} for vhost in (old, new))
    vhosts = (new.key,)
    for key in before:
        if key not in after:
            yield Change(Action.REMOVED, Kind.ROUTE, key, (), vhosts, (key,))
    for key, rule in after.items():
        if key not in before:
            yield Change(Action.ADDED, Kind.ROUTE, key, (), vhosts, (key,))
        elif _way(before[key]) != _way(rule):
            yield Change(Action.CHANGED, Kind.ROUTE, key, ("its options",), vhosts, (key,))
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield Change(Action.CHANGED, Kind.ROUTE, "the order of the rules", (), vhosts)


def _way(rule: Rule) -> tuple[object, ...]:
    source = rule.source
    return source.nocanon, source.noquery, source.interpolate, source.mapping


def _workers(old: Vhost, new: Vhost) -> Iterator[Change]:
    """The workers with other parameters that rules of the vhost may use."""
    known = {(worker.owner, worker.key): worker for worker in old.table.workers}
    for worker in new.table.workers:
        before = known.get((worker.owner, worker.key))
        if before is None or before.parameters == worker.parameters:
            continue
        rules = [r for r in rules_of(new) if r.worker in (worker, None) and not r.is_exclusion]
        if rules:
            details, routes = _parameters(before, worker), tuple([rule.key for rule in rules])
            subject = f"worker {worker.key}"
            yield Change(Action.CHANGED, Kind.WORKER, subject, details, (new.key,), routes)


def _parameters(old: Worker, new: Worker) -> tuple[str, ...]:
    names = [field.name for field in fields(new.parameters) if field.name != "pairs"]
    pairs = ((name, getattr(old.parameters, name), getattr(new.parameters, name)) for name in names)
    return tuple([f"{name} {_text(a)} → {_text(b)}" for name, a, b in pairs if a != b])


# --- settings -------------------------------------------------------------------------------------

_NO_SETTINGS: Final[frozenset[Directive[Any]]] = frozenset(
    (core.SERVER_NAME, core.SERVER_ALIAS, mod_proxy.PROXY_PASS, mpm.LISTEN)
)
"""What is compared in other ways."""

_SUBJECTS: Final = {
    Kind.TIMEOUTS: "timeouts",
    Kind.LOGS: "logs",
    Kind.SETTINGS: "settings",
}


def _settings(old: Scope, new: Scope) -> dict[Kind, list[str]]:
    """The directives whose values differ, with the values where they are short."""
    found: dict[Kind, list[str]] = {}
    for row in dict.fromkeys((*old, *new)):
        before, after = old.get(row), new.get(row)
        if before is after or row in _NO_SETTINGS or _is_idle(row):
            continue
        if unplaced(before) != unplaced(after):
            found.setdefault(_kind(row), []).append(_difference(row.name, before, after))
    return found


def _is_idle(row: Directive[Any]) -> bool:
    return row.standing.kind in (Class.MOOT, Class.REFUSED)


def _kind(row: Directive[Any]) -> Kind:
    if "log" in row.key:
        return Kind.LOGS
    is_time = "timeout" in row.key or row.key.endswith("delay")
    return Kind.TIMEOUTS if is_time else Kind.SETTINGS


def unplaced(value: object) -> object:
    """A value without what says where it stands."""
    if isinstance(value, Span):
        return None
    if isinstance(value, Scope):
        return {row: unplaced(each) for row, each in value.items() if not _is_idle(row)}
    if isinstance(value, Enum):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value), *(unplaced(getattr(value, each.name)) for each in fields(value)))
    if isinstance(value, tuple | list):
        return tuple([unplaced(each) for each in value])
    return value


_SHORT: Final = 40  # characters of a value that is shown


def _difference(name: str, old: object, new: object) -> str:
    before, after = _text(old), _text(new)
    is_short = 0 < len(before) <= _SHORT and 0 < len(after) <= _SHORT
    return f"{name} {before} → {after}" if is_short else name


def _text(value: object) -> str:
    """A simple value as it would be written; "" for others."""
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "On" if value else "Off"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) if isinstance(value, str | int) else ""


def _lost_and_won(old: set[str], new: set[str]) -> tuple[str, ...]:
    lost, won = sorted(old - new), sorted(new - old)
    return (*(f"-{name}" for name in lost), *(f"+{name}" for name in won))


# --- to be read -----------------------------------------------------------------------------------


class Tunnels:
    """Live tunnels, and which of them a reload to a Site closes."""

    def __init__(self, counts: Mapping[TunnelKey, int], new: Site) -> None:
        self._counts = counts
        self._closed = {key for key in counts if is_gone(key, new)}
        self._by_vhost: dict[str, list[TunnelKey]] = {}
        for key in counts:
            self._by_vhost.setdefault(key.vhost, []).append(key)

    @property
    def closed(self) -> int:
        """How many are closed."""
        return sum(self._counts[key] for key in self._closed)

    def touched_by(self, change: Change) -> int:
        """How many a change touches; one that closes none counts only those that live on."""
        keys: Iterable[TunnelKey] = self._counts
        if change.listener is None:
            keys = (key for vhost in change.vhosts for key in self._by_vhost.get(vhost, ()))
        return sum(
            self._counts[key]
            for key in keys
            if change.touches_within(key) and (change.closes or key not in self._closed)
        )


def as_lines(changes: Iterable[Change], tunnels: Tunnels | None = None) -> Iterator[str]:
    """The changes for a person, a line each; without tunnels if nobody knows of any."""
    has_any = False
    for change in changes:
        has_any = True
        how = f": {', '.join(change.details)}" if change.details else ""
        what = f"{change.action.value} {change.subject}{_where(change)}{how}"
        yield what + ("" if tunnels is None else _touch(change, tunnels.touched_by(change)))
    if not has_any:
        yield "nothing changes"


def as_data(changes: Iterable[Change], tunnels: Tunnels | None = None) -> list[dict[str, object]]:
    """The changes for a program: what `json.dumps` takes."""
    return [
        {
            "action": change.action.name.lower(),
            "kind": change.kind.value,
            "subject": change.subject,
            "details": list(change.details),
            "vhosts": list(change.vhosts),
            "routes": list(change.routes),
            "listener": list(change.listener) if change.listener is not None else None,
            "closes": change.closes,
            "tunnels": None if tunnels is None else tunnels.touched_by(change),
        }
        for change in changes
    ]


def _where(change: Change) -> str:
    if not change.vhosts or change.kind is Kind.VHOST:
        return ""
    first, *others = change.vhosts
    name = "the main server" if first == "main" else first
    if not others:
        return f" in {name}"
    return f" in {name} and {len(others):,} other{'s' if len(others) > 1 else ''}"


def _touch(change: Change, count: int) -> str:
    if change.action is Action.ADDED:
        return ""
    if change.closes:
        return f" ({count:,} {'tunnel is' if count == 1 else 'tunnels are'} closed)"
    return f" ({count:,} {'tunnel goes' if count == 1 else 'tunnels go'} on)" if count else ""
