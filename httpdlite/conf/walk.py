"""The walk phase: the tree of directives and sections in, servers with their values out.

In: nodes as the reader has nested them. Out: `ServerBuilder`s; what is wrong goes to `report`, and
the walk goes on. Hides httpd's order of checks: is the name known, may it stand here (its class),
are the words right in number, may it stand here (its own rule), is the value right; a section calls
back into its lines. Rules: ap_walk_config, invoke_cmd and ap_check_cmd_context in server/config.c
and core.c, urlsection and virtualhost_section in core.c, as of 2.4.71.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

from httpdlite.conf.addresses import UNSPECIFIED, WILDCARDS, AddressError, parse_host_port, resolve
from httpdlite.conf.arity import arity_error, used_words
from httpdlite.conf.call import (
    PATTERN,
    SERVER,
    VHOST,
    Call,
    ConfigError,
    Context,
    Earlier,
    Enclosing,
    Place,
    Remark,
    Word,
)
from httpdlite.conf.directives import balancers, core, registry
from httpdlite.conf.findings import error_at, not_supported, waivable
from httpdlite.conf.frames import (
    FILE_KINDS,
    LOCATION_KINDS,
    PROXY_KINDS,
    Frame,
    end_files,
    end_if,
    kept_path,
    section_of,
)
from httpdlite.conf.placing import Around
from httpdlite.conf.registry import Entry
from httpdlite.conf.rows import Argument, Arity, Directive, Refusal, Section
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import Class, in_files
from httpdlite.conf.syntax import section_argument
from httpdlite.conf.tree import (
    Node,
    SectionKind,
    ServerBuilder,
    Surroundings,
    VhostAddress,
)
from httpdlite.conf.values import judge_pattern
from httpdlite.diagnostics import Diagnostic, Note, Phase, Severity, Span

MOST_GUESSES: Final = 50  # a look at all names is slow; nobody reads more hints than that


class Walker:
    """One walk over a tree."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.main = ServerBuilder(None)
        self.vhosts: list[ServerBuilder] = []
        self.anywhere = Earlier()
        for name in around.authz_providers:
            self.anywhere.note("authz alias", name)
        self.stack: list[Frame] = []
        self.guesses = 0
        self.node: Node | None = None  # the one that is being read
        self.patterns: list[tuple[Span | None, str, str]] = []

    def walk(self, nodes: list[Node]) -> None:
        """Walks the nodes of the main server and all that is in them."""
        main = self.main
        place = self._place(main, SERVER, ())
        around = Around(SERVER)
        self.stack.append(
            Frame(
                iter(nodes),
                main,
                SERVER,
                (),
                main.values,
                place,
                around,
                is_section=False,
                conditionals=main.conditionals,
                files=main.files,
            )
        )
        while self.stack:
            frame = self.stack[-1]
            node = next(frame.nodes, None)
            if node is not None:
                self._visit(frame, node)
                continue
            self.stack.pop()
            if frame.at_end:
                frame.at_end()

    def _visit(self, frame: Frame, node: Node) -> None:
        self.node = node
        entry = registry().find(node.name)
        if entry is None or not self.around.modules.offers(entry):
            self._unknown(frame, node, entry)
            return
        row = entry.row
        wrong_class, wrong_place = frame.around.judge(row)
        if wrong_class is not None:
            self._error(node, ConfigError(wrong_class, node.name_span, code="wrong-context"))
            if isinstance(row, Section):
                self._enter(frame, node, row)
        elif isinstance(row, Section):
            self._section(frame, node, row, wrong_place)
        else:
            self._directive(frame, node, row, wrong_place)

    # --- names and places -------------------------------------------------------------------------

    def _unknown(self, frame: Frame, node: Node, entry: Entry | None) -> None:
        notes: tuple[Note, ...] = ()
        if node.inside:
            notes = (Note("what stands in this section was not looked at"),)
        self._error(
            node,
            ConfigError(
                f"Invalid command '{node.name}', perhaps misspelled or defined by a module not "
                "included in the server configuration",
                node.name_span,
                code="unknown-directive",
                hint=self._hint(frame, node, entry),
                notes=notes,
            ),
        )

    def _hint(self, frame: Frame, node: Node, entry: Entry | None) -> str | None:
        if entry is not None:
            module = entry.modules[0]
            source = module.file.removesuffix(".c")
            return (
                f"this directive is {source}'{'' if source.endswith('s') else 's'}: "
                f"LoadModule {module.identifier} modules/{source}.so"
            )
        self.guesses += 1
        if self.guesses > MOST_GUESSES:
            return None
        guess = registry().guess(node.name, frame.context)
        return f"did you mean {guess}{'>' if guess.startswith('<') else ''}?" if guess else None

    # --- directives -------------------------------------------------------------------------------

    def _directive(
        self, frame: Frame, node: Node, row: Directive[Any], wrong_place: str | None
    ) -> None:
        arity = row.takes.arity
        words = () if arity is Arity.RAW else node.words
        try:
            if message := arity_error(arity, row.name, words, row.doc):
                raise ConfigError(message, node.name_span, code="wrong-arity")
            if wrong_place is not None:
                raise ConfigError(wrong_place, node.name_span, code="wrong-context")
            call = self._call(frame, node, row, tuple(used_words(arity, words)))
            value = row.takes.read(call)
        except ConfigError as why:
            self._error(node, why)
            return
        frame.server.earlier.add(row, value)
        self.anywhere.add(row, value)
        collected = row.collect(value)
        self._store(frame, row, collected)
        self._refuse_row(frame, node, row)
        self._refuse_values(frame, node, row, collected)

    def _refuse_values(self, frame: Frame, node: Node, row: Directive[Any], values: object) -> None:
        """Says what of a row's values keeps the server from starting."""
        standing = row.standing
        if not frame.in_files or standing.kind is Class.SAME or standing.answers:
            for refusal in row.refuse(values):
                self._refuse(node, waivable(row, refusal))

    def _refuse_row(self, frame: Frame, node: Node, row: Directive[Any] | Section) -> None:
        """Says that the line keeps the server from starting, if it does."""
        standing = in_files(row.standing) if frame.in_files else row.standing
        if standing.kind is Class.REFUSED and row.unsupported is not None:
            self._refuse(node, row.unsupported)

    @staticmethod
    def _call(
        frame: Frame, node: Node, row: Directive[Any] | Section, words: tuple[Word, ...]
    ) -> Call:
        start = node.args_start
        raw = Word(node.args, node.line, start, start + len(node.args))
        return Call(row.name, node.line, words, raw, frame.place)

    def _place(
        self,
        server: ServerBuilder,
        context: Context,
        sections: tuple[Enclosing, ...],
        group: list[Any] | None = None,
    ) -> Place:
        around = self.around
        return Place(
            context=context,
            sections=sections,
            server_root=around.server_root,
            names=around.names,
            files=around.files,
            find_module=self._find_module,
            explicit_modules=around.modules.explicit,
            earlier=server.earlier,
            anywhere=self.anywhere,
            group=[] if group is None else group,
            checks_document_roots=around.checks_document_roots,
            warn=self._remark,
            environment=around.environment,
        )

    def _find_module(self, name: str) -> Any:
        """A module that LogLevel may name: any known one as long as nothing is loaded by name."""
        modules = self.around.modules
        return modules.find(name) if modules.explicit else modules.registry.module(name)

    @staticmethod
    def _store(frame: Frame, row: Directive[Any], value: Any) -> None:
        key = row.into or row
        combine = row.combine_in_section if frame.is_section else row.combine
        frame.values[key] = combine(frame.values[key], value) if key in frame.values else value

    # --- sections ---------------------------------------------------------------------------------

    def _section(self, frame: Frame, node: Node, row: Section, wrong_place: str | None) -> None:
        argument = section_argument(node.args)
        is_right = False
        checked: object = None
        try:
            if wrong_place is not None:
                raise ConfigError(wrong_place, node.name_span, code="wrong-context")
            if argument is None:
                message = f"{row.name}> directive missing closing '>'"
                raise ConfigError(message, node.name_span, code="bad-tag")
            self._check_argument(node, row, argument)
            checked = row.check(self._section_call(frame, node, row, argument))
            is_right = True
        except ConfigError as why:
            self._error(node, why)
        self._refuse_row(frame, node, row)
        self._enter(frame, node, row, argument or "", is_right=is_right, checked=checked)

    @staticmethod
    def _section_call(
        frame: Frame, node: Node, row: Section, argument: str, group: Sequence[Any] = ()
    ) -> Call:
        start = node.args_start
        raw = Word(argument, node.line, start, start + len(argument))
        return Call(row.name, node.line, node.words_of(argument), raw, frame.place, group)

    @staticmethod
    def _check_argument(node: Node, row: Section, argument: str) -> None:
        if not argument and row.argument is Argument.REQUIRED:
            message = f"{row.name}> directive requires additional arguments"
            raise ConfigError(message, node.name_span, code="wrong-arity")
        if argument and row.argument is Argument.NONE:
            message = f"{row.name}> does not take an argument"
            raise ConfigError(message, node.name_span, code="wrong-arity")

    @staticmethod
    def _check_follows_if(frame: Frame, node: Node, row: Section) -> None:
        if row.follows_if and not frame.has_if:
            raise ConfigError(
                "<Else> or <ElseIf> section without previous <If> or <ElseIf> section "
                "in same scope",
                node.name_span,
                code="wrong-nesting",
            )
        if row.starts_if or row.follows_if:
            frame.has_if = row.starts_if

    def _enter(
        self,
        frame: Frame,
        node: Node,
        row: Section,
        argument: str = "",
        *,
        is_right: bool = False,
        checked: object = None,
    ) -> None:
        """Goes into a section, whatever is wrong with its tag (then `is_right` is false);
        `checked` is what its check gave.
        """
        if row is core.VIRTUAL_HOST:
            self._enter_vhost(frame, node, argument)
            return
        words = node.words_of(argument)
        path = words[0].text if words else ""
        is_regex = row is core.LOCATION_MATCH
        if path == "~" and row is core.LOCATION:
            words = words[1:]
            path, is_regex = words[0].text if words else "", True
        values: dict[Directive[Any], Any] = {}
        context = row.inside or frame.context
        around = Enclosing(node.name, kept_path(row, path), argument)
        sections = (*frame.sections, around)
        shared = None if row.groups or row.inside is not None else frame.place.group
        inner = Frame(
            iter(node.inside),
            frame.server,
            context,
            sections,
            frame.values if row.inside is None else values,
            self._place(frame.server, context, sections, shared),
            frame.around.within(context, sections[-1]),
            is_section=frame.is_section or row.inside is not None,
            in_files=frame.in_files or row.about_files,
        )
        if row.inside is None:
            inner.conditionals, inner.files = frame.conditionals, frame.files
        group = inner.place.group if is_right else None
        check = partial(self._check_after, frame, node, row, argument, group)
        inner.at_end = check
        if row in PROXY_KINDS:
            inner.at_end = partial(self._end_proxy, frame, node, row, check, inner)
        elif row in LOCATION_KINDS:
            self._check_regex(node, words, path, is_regex=is_regex)
            inner.at_end = partial(
                self._end_location, frame, node, row, words, inner, is_regex=is_regex
            )
        elif row in FILE_KINDS:
            inner.at_end = partial(end_files, frame, node, row, check, inner)
        elif row.starts_if or row.follows_if:
            inner.condition = checked
            inner.at_end = partial(end_if, frame, node, row, check, inner)
        self.stack.append(inner)

    def _check_after(
        self, frame: Frame, node: Node, row: Section, argument: str, group: list[Any] | None
    ) -> object:
        self.node = node
        try:
            self._check_follows_if(frame, node, row)
            if group is None:
                return None
            given = row.check_after(self._section_call(frame, node, row, argument, group))
        except ConfigError as why:
            self._error(node, why)
            return None
        if row.gives is not None and given is not None:
            self._store(frame, row.gives, given)
            self._refuse_values(frame, node, row.gives, given)
        return given

    def _end_proxy(
        self,
        frame: Frame,
        node: Node,
        row: Section,
        check: Callable[[], object],
        inner: Frame,
    ) -> None:
        """What stands in the opening tag counts like a ProxySet at the end of the section."""
        setting, values = check(), inner.values
        if isinstance(setting, balancers.WorkerSetting):
            values[balancers.PROXY_SET] = (*values.get(balancers.PROXY_SET, ()), setting)
            for refusal in balancers.PROXY_SET.refuse((setting,)):
                self._refuse(node, waivable(balancers.PROXY_SET, refusal))
        words = node.words_of(section_argument(node.args) or "")
        path = words[0].text.removeprefix("proxy:") if words else ""
        kind = PROXY_KINDS[row]
        frame.server.proxy_sections.append(
            section_of(kind, path, inner, node, is_regex=kind is SectionKind.PROXY_MATCH)
        )

    def _check_regex(
        self, node: Node, words: tuple[Word, ...], path: str, *, is_regex: bool
    ) -> None:
        if not is_regex:
            return
        try:
            span = words[0].span if words else node.name_span
            judge_pattern(path, span, "Regex could not be compiled", self._remark)
        except ConfigError as why:
            self._error(node, why)

    def _end_location(
        self,
        frame: Frame,
        node: Node,
        row: Section,
        words: tuple[Word, ...],
        inner: Frame,
        *,
        is_regex: bool,
    ) -> None:
        """httpd counts the words of a Location only after its lines."""
        if len(words) > 1:
            message = f"Multiple {row.name}> arguments not (yet) supported."
            self._error(node, ConfigError(message, words[1].span, code="wrong-arity"))
        path = words[0].text if words else ""
        frame.server.sections.append(
            section_of(LOCATION_KINDS[row], path, inner, node, is_regex=is_regex)
        )

    def _enter_vhost(self, frame: Frame, node: Node, argument: str) -> None:
        server = ServerBuilder(node.line.whole, node.line.number)
        self.vhosts.append(server)
        for word in node.words_of(argument):
            try:
                server.addresses.extend(self._addresses(word))
            except ConfigError as why:
                self._error(node, why)
                break
        sections = (*frame.sections, Enclosing(node.name))
        place = self._place(server, VHOST, sections)
        inner = Frame(
            iter(node.inside),
            server,
            VHOST,
            sections,
            server.values,
            place,
            frame.around.within(VHOST, sections[-1]),
            is_section=False,
            conditionals=server.conditionals,
            files=server.files,
        )
        self.stack.append(inner)

    def _addresses(self, word: Word) -> Iterator[VhostAddress]:
        text = word.text
        if not text:
            return
        wild_port = text.endswith(":*") and len(text) > 2
        try:
            address = parse_host_port(text[:-2] if wild_port else text)
        except AddressError:
            raise ConfigError("The address or port is invalid", word.span) from None
        if address.host is None:
            raise ConfigError("Missing address for VirtualHost", word.span)
        any_port = wild_port or address.host == "*"
        port = address.port or (0 if any_port else self._main_port())
        if lower(address.host) in WILDCARDS:
            yield VhostAddress("*", port, text)
            return
        scope = f"%{address.scope}" if address.scope else ""
        found = resolve(address.host, self.around.names.addresses)
        if not found:
            message = (
                "(EAI 2)Name or service not known: AH00547: "
                f"Could not resolve host name {address.host} -- ignoring!"
            )
            self._remark(Remark(message, word.span, "core:error", "unknown-host"))
        for host in found:
            yield VhostAddress("*" if host in UNSPECIFIED else host + scope, port, text)

    def _main_port(self) -> int:
        """The port of the main ServerName as far as it is known here; httpd does the same."""
        name = self.main.values.get(core.SERVER_NAME)
        return name.port or 0 if name else 0

    # --- findings ---------------------------------------------------------------------------------

    def _error(self, node: Node, why: ConfigError) -> None:
        self.around.report(error_at(node, why, Phase.CHECK if why.late else Phase.WALK))

    def _refuse(self, node: Node, refusal: Refusal) -> None:
        self.around.report(not_supported(node, refusal, Phase.WALK))

    def _remark(self, remark: Remark) -> None:
        if remark.code == PATTERN:
            name = self.node.name if self.node else ""
            self.patterns.append((remark.span, name, remark.message))
            return
        self.around.report(
            Diagnostic(
                Severity.WARNING,
                remark.code,
                remark.message,
                remark.span,
                phase=Phase.WALK,
                line=self.node.line.number if self.node else None,
                logged=remark.logged,
                apache=remark.apache,
            )
        )
