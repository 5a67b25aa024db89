"""The compiled configuration: listeners, vhosts, and the choice of the vhost and route for a
request. Pure, frozen.

Comes in: the config tree. Goes out: a ``Site``. Hides Apache's vhost selection: by the local
address first (exact address and port, the address with any port, ``*`` with the port, ``*``; else
the main server), and within that set by name, in configuration order, ServerName before
ServerAlias; else the first of the set. Source: Apache "Virtual Host matching"; proxy-semantics,
"Virtual host selection".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from httpdlite.conf.directives import (
    balancers,
    core,
    log_config,
    mod_proxy,
    mod_reqtimeout,
    mpm,
    mpm_limits,
    unixd,
)
from httpdlite.conf.logformat import find_format, parse_format
from httpdlite.conf.scope import Scope
from httpdlite.conf.tree import Config, SectionConfig, ServerConfig
from httpdlite.diagnostics import Span
from httpdlite.routes.accesslog import Record, compile_format
from httpdlite.routes.paths import canonical_path
from httpdlite.routes.pattern import (
    as_bytes_text,
    compile_location,
    compile_rule,
    compile_servlet_rule,
)
from httpdlite.routes.proxysections import compile_proxy_sections
from httpdlite.routes.reverse import ReverseRule
from httpdlite.routes.settings import Settings, read_settings
from httpdlite.routes.table import Rule, Section, Table
from httpdlite.routes.worker import (
    REFERENCE,
    Worker,
    define_worker,
    find_worker,
    normal_url,
    parse_authority,
    set_parameters,
)

MOST_NAMES: Final = 4096  # names remembered per vhost set


@dataclass(frozen=True, slots=True)
class AccessLogTarget:
    """One CustomLog: the file, absolute, and the compiled format."""

    file: str
    format: Callable[[Record], str]


@dataclass(frozen=True, slots=True)
class Vhost:
    """A virtual host, or the main server."""

    key: str  # names it over reloads
    place: str  # file and line of its section
    server_name: str
    name_bytes: bytes  # server_name as it stands in fields
    port: int | None  # of ServerName
    scheme: str | None  # of ServerName, where it has one: what the server calls its URLs
    names: tuple[str, ...]  # ServerName and the aliases without wildcards, lower-case
    patterns: tuple["re.Pattern[str]", ...]  # aliases with * or ?
    address_texts: tuple[str, ...]
    table: Table
    error_log: str | None
    access_logs: tuple[AccessLogTarget, ...]

    def has_name(self, name: str) -> bool:
        """Is it called so? ``name`` is lower-case."""
        return name in self.names or any(pattern.match(name) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class VhostSet:
    """The vhosts of one address, in configuration order. ``_by_name`` remembers answers."""

    vhosts: tuple[Vhost, ...]
    _by_name: dict[str, Vhost] = field(default_factory=dict, compare=False)

    def select(self, name: str) -> Vhost:
        """The vhost for a Host name (lower-case, no port, no trailing dot)."""
        if len(self.vhosts) == 1:
            return self.vhosts[0]
        found = self._by_name.get(name)
        if found is None:
            found = self._search(name)
            if len(self._by_name) < MOST_NAMES:
                self._by_name[name] = found
        return found

    def has_name(self, name: str) -> bool:
        """Is any of them called so? For StrictHostCheck."""
        return any(vhost.has_name(name) for vhost in self.vhosts)

    def _search(self, name: str) -> Vhost:
        for vhost in self.vhosts:
            if vhost.has_name(name):
                return vhost
        for vhost in self.vhosts:
            if name in vhost.address_texts:
                return vhost
        return self.vhosts[0]


@dataclass(frozen=True, slots=True)
class Site:
    """Everything the server needs of its configuration."""

    listens: tuple[mpm.Listen, ...]
    main: Vhost
    vhosts: dict[str, Vhost]  # by key
    exact: dict[tuple[str, int], VhostSet]
    by_port: dict[int, VhostSet]  # *:port; 0: *:*
    main_set: VhostSet
    settings: Settings
    pid_file: str | None
    backlog: int  # ListenBacklog
    send_buffer: int  # SO_SNDBUF of client sockets, 0: the system's
    receive_buffer: int  # SO_RCVBUF, likewise
    user: unixd.Account | None
    group: unixd.Account | None

    def vhost_set(self, ip: str, port: int) -> VhostSet:
        """The vhosts of a local address."""
        exact = self.exact
        if exact:
            found = exact.get((ip, port)) or exact.get((ip, 0))
            if found is not None:
                return found
        return self.by_port.get(port) or self.by_port.get(0) or self.main_set

    def default_vhost(self, ip: str, port: int) -> Vhost:
        """The vhost before a name is known."""
        return self.vhost_set(ip, port).vhosts[0]


# --- compiling ------------------------------------------------------------------------------------
# --------------------


def compile_site(config: Config, host_name: str = "localhost") -> Site:
    """Compile a checked configuration. ``host_name`` stands in where no ServerName is given."""
    main_name = config.main.scope.get(core.SERVER_NAME)
    fallback = main_name.name if main_name is not None else host_name
    compiler = _Compiler(config, fallback)
    main = compiler.vhost(config.main, "main")
    vhosts: dict[str, Vhost] = {}
    sets: dict[tuple[str, int], list[Vhost]] = {}
    for server in config.vhosts:
        vhost = compiler.vhost(server, _unique_key(server, vhosts))
        vhosts[vhost.key] = vhost
        for address in dict.fromkeys((a.host, a.port) for a in server.addresses):
            sets.setdefault(address, []).append(vhost)
    return Site(
        listens=config.main.scope[mpm.LISTEN],
        main=main,
        vhosts={"main": main, **vhosts},
        exact={
            address: VhostSet(tuple(found)) for address, found in sets.items() if address[0] != "*"
        },
        by_port={
            port: VhostSet(tuple(found)) for (host, port), found in sets.items() if host == "*"
        },
        main_set=VhostSet((main,)),
        settings=main.table.settings,
        pid_file=_absolute(config.server_root, config.main.scope.get(core.PID_FILE)),
        backlog=config.main.scope[mpm_limits.LISTEN_BACKLOG],
        send_buffer=config.main.scope[mpm_limits.SEND_BUFFER_SIZE],
        receive_buffer=config.main.scope[mpm_limits.RECEIVE_BUFFER_SIZE],
        user=config.main.scope.get(unixd.USER),
        group=config.main.scope.get(unixd.GROUP),
    )


def _unique_key(server: ServerConfig, taken: dict[str, Vhost]) -> str:
    """Addresses and name; a number after it for a twin."""
    name = server.own.get(core.SERVER_NAME)
    addresses = " ".join(address.text for address in server.addresses)
    key = f"{addresses} {name.name if name is not None else ''}".strip()
    number = 2
    unique = key
    while unique in taken:
        unique = f"{key} #{number}"
        number += 1
    return unique


def _absolute(root: str, path: str | None) -> str | None:
    if path is None or path.startswith("/"):
        return path
    return f"{root.rstrip('/')}/{path}"


class _Compiler:
    """Compiles servers; what they share are the main server's workers."""

    def __init__(self, config: Config, fallback_name: str) -> None:
        self.config = config
        self.fallback_name = fallback_name
        main = config.main
        sections = (*main.sections, *main.proxy_sections)
        self.main_workers = _define_workers([], main.own, sections)

    def vhost(self, server: ServerConfig, key: str) -> Vhost:
        """Compile one server. ServerName and ServerAlias are its own; all else is merged
        already.
        """
        own_name = server.own.get(core.SERVER_NAME)
        name = own_name.name if own_name is not None else self.fallback_name
        aliases = [alias.lower() for alias in server.own[core.SERVER_ALIAS]]
        plain = [alias for alias in aliases if not _is_pattern(alias)]
        return Vhost(
            key=key,
            place=f"{server.span.file}:{server.span.line}" if server.span is not None else "",
            server_name=name,
            name_bytes=name.encode("latin-1", "replace"),
            port=own_name.port if own_name is not None else None,
            scheme=own_name.scheme if own_name is not None else None,
            names=tuple(dict.fromkeys(([name.lower()] if own_name is not None else []) + plain)),
            patterns=tuple(_alias_pattern(alias) for alias in aliases if _is_pattern(alias)),
            address_texts=tuple(
                address.text.rpartition(":")[0].lower() or address.text.lower()
                for address in server.addresses
            ),
            table=self._table(server, is_main=server is self.config.main),
            error_log=_absolute(self.config.server_root, server.scope.get(core.ERROR_LOG)),
            access_logs=self._access_logs(server.scope),
        )

    def _table(self, server: ServerConfig, *, is_main: bool) -> Table:
        workers = list(self.main_workers)
        if not is_main:
            main = self.config.main
            shared = {section.span for section in (*main.sections, *main.proxy_sections)}
            both = (*server.sections, *server.proxy_sections)
            sections = tuple(s for s in both if s.span not in shared)
            workers += _define_workers([], server.own, sections)
        scope = self._with_usual_limits(server.scope)
        if not is_main:
            own = server.own[core.ALLOW_ENCODED_SLASHES]  # the one that is not inherited
            scope = scope.overlaid(Scope({core.ALLOW_ENCODED_SLASHES: own}))
        settings = read_settings(scope)
        return Table(
            scope=scope,
            settings=settings,
            sections=tuple(_section(section, workers) for section in server.sections),
            rules=tuple(
                _rule(source, None, workers) for source in server.scope[mod_proxy.PROXY_PASS]
            ),
            reverse=tuple(
                ReverseRule(r.path or "", r.url, r.interpolate)
                for r in server.scope[mod_proxy.PROXY_PASS_REVERSE]
            ),
            workers=tuple(workers),
            proxy_sections=compile_proxy_sections(server.proxy_sections),
        )

    def _with_usual_limits(self, scope: Scope) -> Scope:
        """Where mod_reqtimeout is there, its own limits count for what is not given."""
        if mod_reqtimeout.MODULE.identifier not in self.config.modules:
            return scope
        return Scope({mod_reqtimeout.REQUEST_READ_TIMEOUT: mod_reqtimeout.USUAL}).overlaid(scope)

    def _access_logs(self, scope: Scope) -> tuple[AccessLogTarget, ...]:
        formats = [(entry.format, entry.nickname) for entry in scope[log_config.LOG_FORMAT]]
        targets = []
        for log in scope[log_config.CUSTOM_LOG]:
            file = _absolute(self.config.server_root, log.file)
            assert file is not None
            text = find_format(log.format, formats)
            targets.append(AccessLogTarget(file, compile_format(parse_format(text))))
        return tuple(targets)


def _define_workers(
    workers: list[Worker], scope: Scope, sections: tuple[SectionConfig, ...]
) -> list[Worker]:
    """The workers that a server's own lines define, in the order they stand in the file."""
    sources: list[mod_proxy.ProxyPass | balancers.WorkerSetting] = []
    for each in (scope, *(section.scope for section in sections)):
        sources += [*each[mod_proxy.PROXY_PASS], *each[balancers.PROXY_SET]]
    for source in sorted(sources, key=lambda s: _place(s.span)):
        if isinstance(source, balancers.WorkerSetting):
            if not source.is_balancer:
                set_parameters(workers, source)
        elif source.target != "!" and source.balancer is None:
            define_worker(
                workers,
                source.target,
                source.parameters,
                source.unix_path,
                source.span,
                is_of_match=source.is_regex,
            )
    return workers


def _place(span: Span) -> tuple[int, ...]:
    """Where a directive stands, includes before their own lines."""
    lines = [span.line]
    outer = span.included_from
    while outer is not None:
        lines.append(outer.line)
        outer = outer.included_from
    return tuple(reversed(lines))


def _section(config: SectionConfig, workers: list[Worker]) -> Section:
    own = config.scope[mod_proxy.PROXY_PASS]
    matcher = compile_location(config.argument, is_regex=config.is_regex)
    return Section(
        matcher=matcher,
        scope=config.scope,
        rule=_rule(own[-1], config, workers) if own else None,
        reverse=tuple(
            ReverseRule(config.argument, r.url, r.interpolate)
            for r in config.scope[mod_proxy.PROXY_PASS_REVERSE]
        ),
    )


def _rule(
    source: mod_proxy.ProxyPass, section: SectionConfig | None, workers: list[Worker]
) -> Rule:
    path = (
        source.path
        if source.path is not None
        else (section.argument if section is not None else "/")
    )
    target = normal_url(source.target)
    best = find_worker(workers, target, source.unix_path)
    longer = [w for w in workers if w.unix_path == source.unix_path and _may_serve(w, target)]
    is_sure = best is not None and best.matches is None and not longer
    authority = parse_authority(source.target)
    closed = (
        authority is not None
        and len(source.target) > authority.length
        and "$" not in source.target[: authority.length]
    )
    where = "Location" if section is not None else source.directive
    return Rule(
        source=source,
        matcher=(
            compile_servlet_rule(path)
            if source.mapping == "servlet" and not source.is_regex
            else compile_rule(path, is_regex=source.is_regex, in_section=section is not None)
        ),
        worker=best if is_sure and not _varies(source) and _is_canonical(target) else None,
        candidates=tuple(workers),
        authority=authority if closed else None,
        key=f"{where} {path} {best.key if best is not None else source.target}",
    )


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


def _is_pattern(alias: str) -> bool:
    return "*" in alias or "?" in alias


def _alias_pattern(alias: str) -> "re.Pattern[str]":
    text = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in alias)
    return re.compile(text + r"\Z", re.DOTALL)
