"""From the config tree to a ``Site``, at once or in small steps. Pure.

Comes in: a checked ``Config``, or a ``Publication`` of one. Goes out: the ``Site``. Hides what
vhosts share, so that thousands of them cost little (what the main server hands down is compiled
once), and how the work is cut up: a server that goes on serving compiles between its turns.

1. A step is one rule (of ProxyPass, mod_rewrite, mod_setenvif or mod_alias), section or worker, or
   the rest of a vhost; none does more than that. Reading one server of a publication is one step,
   too.
2. A rule or section of the main server is compiled again for a vhost only if a worker of the vhost
   may have a part in it, or if it was not sure which of the main server's serves it.
3. Settings are shared by the vhosts that say the same, and functions of log formats by their text.
4. Workers that are the same as those of the Site before are the very same objects, so that their
   pools go on.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any, Final

from httpdlite.conf.directives import (
    balancers,
    core,
    core_system,
    httpdlite_logs,
    log_config,
    mod_proxy,
    mod_reqtimeout,
    mod_ssl,
)
from httpdlite.conf.logformat import find_format, parse_format
from httpdlite.conf.rows import Directive
from httpdlite.conf.scope import Scope
from httpdlite.conf.tree import Config, SectionConfig, ServerConfig
from httpdlite.diagnostics import Span
from httpdlite.routes.accesslog import Record, asks_bytes, asks_more, compile_format
from httpdlite.routes.conditionals import ConditionalSection, compile_conditionals
from httpdlite.routes.errorformat import compile_error_form
from httpdlite.routes.filesections import FileSections, compile_file_sections
from httpdlite.routes.jsonlog import compile_json
from httpdlite.routes.programs import (
    compile_in_advance,
    compile_server_programs,
    has_file_phases,
    has_phases,
)
from httpdlite.routes.proxysections import compile_proxy_sections, join_proxy_sections
from httpdlite.routes.publication import (
    Plan,
    Publication,
    access_log_name,
    error_log_name,
    plan_of,
)
from httpdlite.routes.reverse import ReverseRule
from httpdlite.routes.rulemaking import RuleMaker, stays
from httpdlite.routes.settings import Settings, read_settings
from httpdlite.routes.site import AccessLogTarget, Site, Vhost, VhostSet, is_pattern
from httpdlite.routes.table import Rule, Section, Table
from httpdlite.routes.tls import compile_server_tls
from httpdlite.routes.worker import (
    Worker,
    define_worker,
    same_worker,
    set_parameters,
)

Steps = Generator[None, None, Site]
Form = str | tuple[tuple[str, str], ...]
"""Of an access log: a LogFormat, or the members of a line in JSON."""


def compile_site(config: Config, host_name: str = "localhost") -> Site:
    """Compile a checked configuration. ``host_name`` stands in where no ServerName is given."""
    return take_steps(_compile(plan_of(config, host_name), config.main, config.vhosts, None))


def take_steps(steps: Steps) -> Site:
    """All of them at once."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            site: Site = end.value
            return site


def compile_in_steps(publication: Publication, before: Site | None = None) -> Steps:
    """The same in steps, which the caller takes when it has time. ``before``: the Site that is
    served now, whose workers are kept where they are the same.
    """
    main = publication.main()
    yield
    return (yield from _compile(publication.plan, main, publication.vhosts(main), before))


def release_in_steps(site: Site) -> Iterator[None]:
    """Take apart a Site that nobody asks any more: to free it at once would take as long as to make
    it. The vhosts themselves live on for whom they still serve.
    """
    for by_address in (site.exact, site.by_port):
        while by_address:
            by_address.popitem()[1].vhosts.clear()
            yield
    while site.vhosts:
        site.vhosts.popitem()
        yield


def _compile(
    plan: Plan, main: ServerConfig, vhosts: Iterable[ServerConfig], before: Site | None
) -> Steps:
    compiler = _Compiler(plan, main, before)
    compiled = yield from compiler.main()
    main_set = VhostSet()
    main_set.add(compiled)
    site = Site(
        listens=plan.listens,
        main=compiled,
        vhosts={compiled.key: compiled},
        exact={},
        by_port={},
        main_set=main_set,
        settings=compiled.table.settings,
        pid_file=plan.pid_file,
        backlog=plan.backlog,
        send_buffer=plan.send_buffer,
        receive_buffer=plan.receive_buffer,
        user=plan.user,
        group=plan.group,
        graceful_shutdown_timeout=plan.graceful_shutdown_timeout,
        sni_policy=main.scope[mod_ssl.SNI_POLICY],
    )
    keys = _Keys()
    site.prefaces.add(main)
    for server in vhosts:
        site.prefaces.add(server)
        vhost = yield from compiler.vhost(server, keys.key(server))
        site.vhosts[vhost.key] = vhost
        for host, port in dict.fromkeys((a.host, a.port) for a in server.addresses):
            if host == "*":
                site.by_port.setdefault(port, VhostSet()).add(vhost)
            else:
                site.exact.setdefault((host, port), VhostSet()).add(vhost)
        yield
    return site


MAIN: Final = "main"
MOST_LOOKS: Final = 16  # at rules that are mostly kept, between two steps


class _Keys:
    """What vhosts are called over reloads: addresses and name; a number after it for a twin."""

    def __init__(self) -> None:
        self._taken = {MAIN}
        self._last: dict[str, int] = {}

    def key(self, server: ServerConfig) -> str:
        """The key of the next vhost."""
        name = server.own.get(core.SERVER_NAME)
        addresses = " ".join(address.text for address in server.addresses)
        key = unique = f"{addresses} {name.name if name is not None else ''}".strip()
        while unique in self._taken:
            self._last[key] = number = self._last.get(key, 1) + 1
            unique = f"{key} #{number}"
        self._taken.add(unique)
        return unique


OF_LOGS: Final = (
    log_config.CUSTOM_LOG,
    log_config.LOG_FORMAT,
    httpdlite_logs.JSON_LOG_FORMAT,
)
APART: Final[frozenset[Directive[Any]]] = frozenset(
    (
        core.SERVER_NAME,
        core.SERVER_ALIAS,
        core.ERROR_LOG,
        log_config.CUSTOM_LOG,
        log_config.LOG_FORMAT,
        httpdlite_logs.JSON_LOG_FORMAT,
        mod_proxy.PROXY_PASS,
        mod_proxy.PROXY_PASS_REVERSE,
        balancers.PROXY_SET,
        *(row for row in mod_ssl.ROWS if row not in {mod_ssl.REQUIRE_SSL, mod_ssl.OPTIONS}),
    )
)
"""Rows that ``read_settings`` does not ask for: vhosts that differ in these share settings."""


class _Compiler:
    """Compiles servers; keeps what they share."""

    def __init__(self, plan: Plan, main: ServerConfig, before: Site | None) -> None:
        self._plan = plan
        self._main = main
        self._before = before
        name = main.scope.get(core.SERVER_NAME)
        self._fallback_name = name.name if name is not None else plan.host_name
        self._usual = Scope()
        if mod_reqtimeout.MODULE.identifier in plan.modules:  # its own limits count then
            self._usual = Scope({mod_reqtimeout.REQUEST_READ_TIMEOUT: mod_reqtimeout.USUAL})
        self._table = Table(Scope(), read_settings(Scope()), (), (), (), ())  # the main server's
        self._access_logs: tuple[AccessLogTarget, ...] = ()
        self._global_logs: tuple[AccessLogTarget, ...] = ()
        self._formats: dict[Form, tuple[Callable[[Record], str], bool, bool]] = {}
        self._settings: dict[tuple[object, ...], Settings] = {}
        self._maker = RuleMaker()

    def main(self) -> Generator[None, None, Vhost]:
        """Compile the main server, which comes first."""
        main = self._main
        sections = (*main.sections, *main.proxy_sections)
        workers = yield from self._workers(MAIN, main.own, sections)
        scope = self._usual.overlaid(main.scope)
        rules = []
        for source in main.own[mod_proxy.PROXY_PASS]:
            rules.append(self._maker.rule(source, None, workers))
            yield
        compiled = []
        for section in main.sections:
            compiled.append(self._maker.section(section, workers))
            yield
        yield from compile_in_advance(main, main)
        self._table = Table(
            scope=scope,
            settings=read_settings(scope),
            sections=tuple(compiled),
            rules=tuple(rules),
            reverse=_reverse(main.own),
            workers=workers,
            proxy_sections=compile_proxy_sections(main.proxy_sections),
            file_sections=compile_file_sections(main.others),
            conditionals=compile_conditionals(main.others.conditionals),
            programs=compile_server_programs(main, scope, main),
            has_phases=has_phases(main, scope),
            has_file_phases=has_file_phases(main),
        )
        self._global_logs = self._logs_of(main.scope, main.own[log_config.GLOBAL_LOG])
        self._access_logs = self._logs(main.scope)
        return self._vhost(main, MAIN, self._table, self._access_logs)

    def vhost(self, server: ServerConfig, key: str) -> Generator[None, None, Vhost]:
        """Compile a vhost. ServerName and ServerAlias are its own; all else is merged already."""
        main, shared, own = self._main, self._table, server.own
        sections = server.sections[len(main.sections) :]
        proxy_sections = server.proxy_sections[len(main.proxy_sections) :]
        new = yield from self._workers(key, own, (*sections, *proxy_sections))
        workers = (*shared.workers, *new) if new else shared.workers
        rules, compiled = list(shared.rules), list(shared.sections)
        if new:
            yield from self._again(rules, compiled, new, workers)
        for source in own[mod_proxy.PROXY_PASS]:
            rules.append(self._maker.rule(source, None, workers))
            yield
        for section in sections:
            compiled.append(self._maker.section(section, workers))
            yield
        yield from compile_in_advance(server, main)
        slashes = own[core.ALLOW_ENCODED_SLASHES]  # the one that is not inherited
        scope = self._usual.overlaid(server.scope)
        scope = scope.overlaid(Scope({core.ALLOW_ENCODED_SLASHES: slashes}))
        table = Table(
            scope=scope,
            settings=self._settings_of(scope, own),
            sections=tuple(compiled),
            rules=tuple(rules),
            reverse=shared.reverse + _reverse(own),
            workers=workers,
            proxy_sections=join_proxy_sections(shared.proxy_sections, proxy_sections),
            file_sections=self._file_sections(server),
            conditionals=self._conditionals(server),
            programs=compile_server_programs(server, scope, main),
            has_phases=has_phases(server, scope),
            has_file_phases=has_file_phases(server),
        )
        has_logs = any(row in own for row in OF_LOGS)
        logs = self._logs(server.scope) if has_logs else self._access_logs
        return self._vhost(server, key, table, logs)

    def _file_sections(self, server: ServerConfig) -> FileSections:
        """Those of the main server serve a vhost that has none of its own."""
        main, others = self._main.others, server.others
        if others.directories == main.directories and others.files == main.files:
            return self._table.file_sections
        return compile_file_sections(others)

    def _conditionals(self, server: ServerConfig) -> tuple[ConditionalSection, ...]:
        shared = self._table.conditionals
        return shared + compile_conditionals(server.others.conditionals[len(shared) :])

    def _vhost(
        self, server: ServerConfig, key: str, table: Table, logs: tuple[AccessLogTarget, ...]
    ) -> Vhost:
        own_name = server.own.get(core.SERVER_NAME)
        name = own_name.name if own_name is not None else self._fallback_name
        aliases = [alias.lower() for alias in server.own[core.SERVER_ALIAS]]
        plain = [alias for alias in aliases if not is_pattern(alias)]
        return Vhost(
            key=key,
            place=f"{server.span.file}:{server.span.line}" if server.span is not None else "",
            server_name=name,
            name_bytes=name.encode("latin-1", "replace"),
            port=own_name.port if own_name is not None else self._unnamed_port(server),
            scheme=own_name.scheme if own_name is not None else None,
            names=tuple(dict.fromkeys(([name.lower()] if own_name is not None else []) + plain)),
            patterns=tuple(alias for alias in aliases if is_pattern(alias)),
            address_texts=tuple(
                address.text.rpartition(":")[0].lower() or address.text.lower()
                for address in server.addresses
            ),
            table=table,
            error_log=error_log_name(server.scope, self._plan.server_root),
            access_logs=logs,
            error_form=compile_error_form(server.scope[core_system.ERROR_LOG_FORMAT]),
            logs_more=any(log.asks_more for log in logs),
            logs_bytes=any(log.asks_bytes for log in logs),
            tls=compile_server_tls(server, self._plan.listens),
        )

    def _unnamed_port(self, server: ServerConfig) -> int | None:
        """Of a vhost without ServerName: that of its first address, else the main server's."""
        if server.addresses and server.addresses[0].port:
            return server.addresses[0].port
        name = self._main.scope.get(core.SERVER_NAME)
        return name.port if name is not None else None

    def _settings_of(self, scope: Scope, own: Scope) -> Settings:
        """The settings of a vhost's scope; `own` is what it has besides the main server's."""
        said = tuple([pair for pair in own.items() if pair[0] not in APART])
        try:
            found = self._settings.get(said)
        except TypeError:  # a value that cannot be compared in this way
            return read_settings(scope)
        if found is None:
            found = self._settings[said] = read_settings(scope)
        return found

    def _logs(self, scope: Scope) -> tuple[AccessLogTarget, ...]:
        return (*self._logs_of(scope, scope[log_config.CUSTOM_LOG]), *self._global_logs)

    def _logs_of(
        self, scope: Scope, logs: Iterable[log_config.CustomLog]
    ) -> tuple[AccessLogTarget, ...]:
        formats = [(entry.format, entry.nickname) for entry in scope[log_config.LOG_FORMAT]]
        of_json = {e.nickname.lower(): e.members for e in scope[httpdlite_logs.JSON_LOG_FORMAT]}
        targets = []
        for log in logs:
            members = of_json.get((log.format or "").lower())
            form = members if members is not None else find_format(log.format, formats)
            write, more, counts = self._format(form)
            if log.condition is not None:
                write = _conditional(write, log, self._table.settings)
                more = more or log.expression is not None
            name = access_log_name(log, self._plan.server_root)
            targets.append(AccessLogTarget(name, write, more, counts))
        return tuple(targets)

    def _format(self, form: Form) -> tuple[Callable[[Record], str], bool, bool]:
        found = self._formats.get(form)
        if found is None:
            if isinstance(form, str):
                items = parse_format(form)
                write = compile_format(items)
            else:
                items = tuple(item for _, text in form for item in parse_format(text))
                write = compile_json(form)
            found = self._formats[form] = write, asks_more(items), asks_bytes(items)
        return found

    # --- workers ---

    def _workers(
        self, key: str, scope: Scope, sections: Sequence[SectionConfig]
    ) -> Generator[None, None, tuple[Worker, ...]]:
        """The workers that a server's own lines define, in the order they stand in the file."""
        workers: list[Worker] = []
        for source in _sources(scope, sections):
            if isinstance(source, balancers.WorkerSetting):
                if not source.is_balancer:
                    set_parameters(workers, source, key)
            elif source.target != "!" and source.balancer is None:
                define_worker(
                    workers,
                    source.target,
                    source.parameters,
                    source.unix_path,
                    source.span,
                    is_of_match=source.is_regex,
                    owner=key,
                )
            yield
        return self._kept(key, workers)

    def _kept(self, key: str, workers: list[Worker]) -> tuple[Worker, ...]:
        """x"""
        before = self._before.vhosts.get(key) if self._before is not None and workers else None
        if before is None:
            return tuple(workers)
        old = {worker.key: worker for worker in before.table.workers if worker.owner == key}
        return tuple(
            [
                found if (found := old.get(w.key)) is not None and same_worker(found, w) else w
                for w in workers
            ]
        )

    # --- rules and sections ---

    def _again(
        self,
        rules: list[Rule],
        sections: list[Section],
        new: Sequence[Worker],
        workers: tuple[Worker, ...],
    ) -> Iterator[None]:
        """The main server's rules and sections as they are where there are new workers besides its
        own, which may have a part in them.
        """
        for index, rule in enumerate(rules):
            if not stays(rule, new):
                rules[index] = self._maker.rule(rule.source, None, workers)
            if index % MOST_LOOKS == 0:
                yield
        for index, section in enumerate(sections):
            if section.rule is not None and not stays(section.rule, new):
                sections[index] = self._maker.section(self._main.sections[index], workers)
            if index % MOST_LOOKS == 0:
                yield


_Source = mod_proxy.ProxyPass | balancers.WorkerSetting


def _sources(scope: Scope, sections: Sequence[SectionConfig]) -> list[_Source]:
    """What defines workers or says something of them, as it stands in the file."""
    rules: list[_Source] = list(scope[mod_proxy.PROXY_PASS])
    others: list[_Source] = list(scope[balancers.PROXY_SET])
    for section in sections:
        others += [*section.scope[mod_proxy.PROXY_PASS], *section.scope[balancers.PROXY_SET]]
    if not others:
        return rules
    return sorted([*rules, *others], key=lambda source: _place(source.span))


def _place(span: Span) -> tuple[tuple[str, int], ...]:
    """Where a directive stands, seen from the top: what an Include or a Use of a macro brings
    stands at its line; the files of one Include come in the order of their names.
    """
    outer = span.expansion.used if span.expansion is not None else span.included_from
    return (*(_place(outer) if outer is not None else ()), (span.file, span.line))


def _reverse(scope: Scope) -> tuple[ReverseRule, ...]:
    return tuple(
        [
            ReverseRule(r.path or "", r.url, r.interpolate)
            for r in scope[mod_proxy.PROXY_PASS_REVERSE]
        ]
    )


def _conditional(
    write: Callable[[Record], str], log: log_config.CustomLog, settings: Settings
) -> Callable[[Record], str]:
    """No text for a request that the log is not for."""
    from httpdlite.routes.logconditions import condition_of  # noqa: PLC0415 - few logs have one

    holds = condition_of(log, settings)
    return lambda record: write(record) if holds(record) else ""
