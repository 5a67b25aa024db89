"""What acts while the file is read: Define, Include, LoadModule, ServerRoot, conditional sections.

In: a line of the file as a node, and its row. Out: an `Outcome`, what the reader must do. Names,
modules and ServerRoot are kept here. Rules: core.c and mod_so.c of httpd 2.4.71; wordings as
observed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from httpdlite.conf.arity import arity_error
from httpdlite.conf.call import ConfigError, Word
from httpdlite.conf.directives import core, mod_lua, mod_macro, mod_version, mpm, registry, so
from httpdlite.conf.files import Files, Kind, absolute
from httpdlite.conf.findings import error_at, not_supported
from httpdlite.conf.lines import Line
from httpdlite.conf.macro import Macros
from httpdlite.conf.modules import LoadedModules
from httpdlite.conf.rows import Argument, Directive, Refusal, Section
from httpdlite.conf.spelling import lower
from httpdlite.conf.syntax import section_argument, split_condition
from httpdlite.conf.tree import Node
from httpdlite.diagnostics import Diagnostic, Note, Phase, Severity, Span

MPMS: Final = frozenset(f"mpm_{name}_module" for name in ("event", "worker", "prefork"))


@dataclass(slots=True)
class Outcome:
    """What the reader must do: read files, skip the lines of a section, or go into it."""

    include: str | None = None  # an absolute path or pattern
    optional: bool = False
    skip: str | None = None  # the section's name without `<`
    enter: str | None = None
    defines_macro: bool = False  # the lines of its body come next
    lines: list[Line] | None = None  # what a Use brings
    diagnostics: list[Diagnostic] = field(default_factory=list)


class ReadTime:
    """Names, modules and ServerRoot, as far as the configuration has been read."""

    def __init__(
        self,
        defines: tuple[str, ...],
        environment: Mapping[str, str],
        root: str,
        files: Files,
        folder: str = "",
    ) -> None:
        self.names: dict[str, None] = dict.fromkeys(defines)  # in order; for <IfDefine>
        self.values: dict[str, str] = {}  # by name in lower case; for ${NAME}
        self.spelling: dict[str, str] = {}
        self.environment = environment
        self.server_root = root
        self.runtime_dir: str | None = None  # DefaultRuntimeDir, as written
        self.folder = folder or root  # where a relative ServerRoot begins
        self.files = files
        self.modules = LoadedModules(registry())
        self.macros = Macros()
        self.mpms: dict[str, Span] = {}  # that LoadModule named
        self.authz_providers: list[str] = []  # words for Require, of LuaAuthzProvider

    def value(self, name: str) -> str | None:
        """What ${name} stands for: a Define in any case, else the environment."""
        found = self.values.get(lower(name))
        return found if found is not None else self.environment.get(name)

    def all_defines(self) -> dict[str, str | None]:
        """Every defined name with its value, None without one."""
        return {name: self.values.get(lower(name)) for name in self.names}

    def act(self, node: Node, row: Directive[Any] | Section) -> Outcome:
        """Does what the line says, as far as it can be done here."""
        outcome = Outcome()
        if row is mod_macro.MACRO:
            outcome.defines_macro = True
            return outcome
        try:
            if isinstance(row, Section) and row is not mod_version.IF_VERSION:
                self._section(node, row, outcome)
            else:
                self._words(node, row, outcome)
        except ConfigError as why:
            outcome.diagnostics.append(error_at(node, why, Phase.READ))
            if isinstance(row, Section):
                outcome.skip = row.name[1:]
        return outcome

    # --- directives -------------------------------------------------------------------------------

    def _words(self, node: Node, row: Directive[Any] | Section, outcome: Outcome) -> None:
        if isinstance(row, Section):
            self._if_version(node, outcome)
            return
        message = arity_error(row.takes.arity, row.name, node.words, row.doc)
        if message:
            raise ConfigError(message, node.name_span, code="wrong-arity")
        if row is mod_lua.AUTHZ_PROVIDER:
            self.authz_providers.append(node.words[0].text)
        if row.unsupported:
            outcome.diagnostics.append(not_supported(node, row.unsupported, Phase.READ))
            return
        _ACTIONS[row](self, node, outcome)

    def _define(self, node: Node, _: Outcome) -> None:
        name = _plain_name(node.words[0])
        value = node.words[1].text if len(node.words) > 1 else ""
        self.names.setdefault(name)
        if value:
            self.values[lower(name)] = value

    def _undefine(self, node: Node, _: Outcome) -> None:
        name = _plain_name(node.words[0])
        self.names.pop(name, None)
        self.values.pop(lower(name), None)

    def _include(self, node: Node, outcome: Outcome) -> None:
        outcome.include = absolute(self.server_root, node.words[0].text)

    def _include_optional(self, node: Node, outcome: Outcome) -> None:
        self._include(node, outcome)
        outcome.optional = True

    def _set_server_root(self, node: Node, _: Outcome) -> None:
        path = absolute(self.folder, node.words[0].text)
        if self.files.kind(path) is not Kind.DIRECTORY:
            raise ConfigError("ServerRoot must be a valid directory", node.words[0].span)
        self.server_root = path if path == "/" else path.rstrip("/")

    def _check_runtime_dir(self, node: Node, _: Outcome) -> None:
        word = node.words[0]
        if self.files.kind(absolute(self.server_root, word.text)) is not Kind.DIRECTORY:
            message = (
                "DefaultRuntimeDir must be a valid directory, absolute or relative to ServerRoot"
            )
            raise ConfigError(message, word.span)
        self.runtime_dir = word.text

    def _pass_over(self, _: Node, __: Outcome) -> None:
        """Nothing comes of it here."""

    def _load_module(self, node: Node, outcome: Outcome) -> None:
        word = node.words[0]
        module = registry().modules.get(word.text)
        if module is None:
            self.modules.explicit = True
            unknown = Refusal(
                f"{word.text} is a module that httpdlite does not know",
                word.span,
                "What it would do is unknown here; remove the line if nothing needs it.",
                subject=word.text,
            )
            outcome.diagnostics.append(not_supported(node, unknown, Phase.READ))
            return
        if word.text in MPMS:
            self.mpms.setdefault(word.text, word.span)
        if not self.modules.load(word.text):
            message = f"AH01574: module {word.text} is already loaded, skipping"
            outcome.diagnostics.append(_warning(node, message, word, "already-loaded", "so:warn"))
        elif module.third_party and not module.implemented:
            message = f"httpdlite does not have {word.text}: what it does by itself is missing"
            outcome.diagnostics.append(
                _warning(node, message, word, "module-not-implemented", None)
            )

    def check_mpm(self) -> Iterator[Diagnostic]:
        """httpd looks at the MPMs between reading and walking."""
        if len(self.mpms) < 2:
            return
        message = "AH00534: httpdlite: Configuration error: More than one MPM loaded."
        first, second, *_ = self.mpms.values()
        notes = (Note("this is the first one", first),)
        yield Diagnostic(
            Severity.ERROR,
            "two-mpms",
            message,
            second,
            notes=notes,
            phase=Phase.READ,
            apache=(message,),
        )

    # --- macros -----------------------------------------------------------------------------------

    def define_macro(self, node: Node, lines: Iterator[Line]) -> Iterator[Diagnostic]:
        """Takes the lines of a <Macro>; what is wrong with it."""
        try:
            self.macros.define(node, lines)
        except ConfigError as why:
            yield from self.macros.warnings()
            yield error_at(node, why, Phase.READ)
        yield from self.macros.warnings()

    def _use_macro(self, node: Node, outcome: Outcome) -> None:
        try:
            outcome.lines = self.macros.use(node)
        finally:
            outcome.diagnostics.extend(self.macros.warnings())

    def _undefine_macro(self, node: Node, _: Outcome) -> None:
        self.macros.forget(node.words[0], node.name_span)

    def _ignore_empty_values(self, _: Node, __: Outcome) -> None:
        self.macros.ignores_empty = True

    def _ignore_nesting(self, _: Node, __: Outcome) -> None:
        self.macros.ignores_nesting = True

    # --- conditional sections ---------------------------------------------------------------------

    def _section(self, node: Node, row: Section, outcome: Outcome) -> None:
        name = row.name[1:]
        argument = section_argument(node.args)
        if argument is None:
            raise ConfigError(
                f"{row.name}> directive missing closing '>'", node.name_span, code="bad-tag"
            )
        if row.unsupported:
            self._refuse_section(node, row, argument, outcome)
            return
        condition = split_condition(argument)
        if condition.word is None or not condition.word.value:
            message = f"{row.name}> directive requires additional arguments"
            raise ConfigError(message, node.name_span, code="wrong-arity")
        holds = _TESTS[row](self, condition.word.value) is not condition.negated
        if row is core.IF_MODULE and not holds and not condition.negated:
            self._warn_unknown_module(node, condition.word.value, outcome)
        outcome.enter, outcome.skip = (name, None) if holds else (None, name)

    def _warn_unknown_module(self, node: Node, name: str, outcome: Outcome) -> None:
        """Where no LoadModule says what is there, a skipped section is worth a word."""
        module = registry().module(name)
        if self.modules.explicit or (module is not None and not module.third_party):
            return
        unknown = f"no module {name} is known here"
        what = unknown if module is None else f"{name} is of a third-party module, not loaded"
        message = f"{what}: the lines of this section are skipped"
        outcome.diagnostics.append(
            Diagnostic(
                Severity.WARNING, "unknown-module", message, node.name_span, phase=Phase.READ
            )
        )

    def _refuse_section(self, node: Node, row: Section, argument: str, outcome: Outcome) -> None:
        assert row.unsupported is not None
        outcome.skip = row.name[1:]
        if not argument.strip() and row.argument is Argument.REQUIRED:
            message = f"{row.name} requires additional arguments"
            raise ConfigError(message, node.name_span, code="wrong-arity")
        words = node.words_of(argument)
        stage = lower(words[1].text) if len(words) > 1 else ""
        if row.key.startswith("<lua") and stage not in _STAGES:
            message = f"{row.name}> 2nd argument must be 'early' or 'late'"
            raise ConfigError(message, words[1].span)
        outcome.diagnostics.append(not_supported(node, row.unsupported, Phase.READ))

    def _if_version(self, node: Node, outcome: Outcome) -> None:
        """`<IfVersion [!]OP VERSION>`: httpd takes these words one by one, the `>` with them."""
        row = mod_version.IF_VERSION
        words = node.words
        if not words or not words[0].text or len(words) > 3:
            message = f"{row.name} takes one, two or three arguments, {row.doc}"
            raise ConfigError(message, node.name_span, code="wrong-arity")
        operator, version = _operator_and_version([word.text for word in words])
        if version is None:
            raise ConfigError(
                f"{row.name}> directive missing closing '>'", node.name_span, code="bad-tag"
            )
        try:
            holds = mod_version.matches(operator, version)
        except mod_version.VersionTestError as why:
            raise ConfigError(str(why), words[0].span) from None
        outcome.enter, outcome.skip = ("IfVersion", None) if holds else (None, "IfVersion")

    def _is_defined(self, name: str) -> bool:
        return name in self.names

    def _is_loaded(self, name: str) -> bool:
        module = self.modules.find(name)
        if module is mpm.MODULE and self.mpms:
            return module.identifier in self.mpms  # we are that one, but the file has chosen
        return module is not None

    def _exists(self, path: str) -> bool:
        return self.files.kind(absolute(self.server_root, path)) is not None

    def _has_directive(self, name: str) -> bool:
        entry = registry().find(name)
        return entry is not None and self.modules.registers(entry)

    def _has_section(self, name: str) -> bool:
        return self._has_directive(f"<{name}")


Action = Callable[[ReadTime, Node, Outcome], None]

_ACTIONS: Final[dict[Directive[Any], Action]] = {
    core.DEFINE: ReadTime._define,
    core.UN_DEFINE: ReadTime._undefine,
    core.INCLUDE: ReadTime._include,
    core.INCLUDE_OPTIONAL: ReadTime._include_optional,
    core.SERVER_ROOT: ReadTime._set_server_root,
    core.DEFAULT_RUNTIME_DIR: ReadTime._check_runtime_dir,
    so.LOAD_MODULE: ReadTime._load_module,
    so.LOAD_FILE: ReadTime._pass_over,
    mod_macro.USE: ReadTime._use_macro,
    mod_macro.UNDEF_MACRO: ReadTime._undefine_macro,
    mod_macro.MACRO_IGNORE_EMPTY_ARGS: ReadTime._ignore_empty_values,
    mod_macro.MACRO_IGNORE_BAD_NESTING: ReadTime._ignore_nesting,
}

_TESTS: Final[dict[Section, Callable[[ReadTime, str], bool]]] = {
    core.IF_DEFINE: ReadTime._is_defined,
    core.IF_MODULE: ReadTime._is_loaded,
    core.IF_FILE: ReadTime._exists,
    core.IF_DIRECTIVE: ReadTime._has_directive,
    core.IF_SECTION: ReadTime._has_section,
}


_STAGES: Final = frozenset({"", "early", "late"})  # when a Lua hook runs


def _plain_name(word: Word) -> str:
    if ":" in word.text:
        raise ConfigError("Variable name must not contain ':'", word.span)
    return word.text


def _operator_and_version(words: list[str]) -> tuple[str, str | None]:
    """The operator, and the version without the closing `>`; None where that is missing."""
    if len(words) == 1:
        words = ["=", words[0]]
    if len(words) == 2 and words[1] == ">":
        words = ["=", words[0], ">"]
    operator, version = words[:2]
    if not version:
        return operator, None
    if words[2:] == [">"]:
        return operator, version
    return operator, version[:-1] if version.endswith(">") else None


def _warning(node: Node, message: str, word: Word, code: str, logged: str | None) -> Diagnostic:
    return Diagnostic(
        Severity.WARNING,
        code,
        message,
        word.span,
        phase=Phase.READ,
        line=node.line.number,
        logged=logged,
    )
