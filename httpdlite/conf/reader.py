"""The read phase: files in, a tree of directives and sections out, read-time directives done.

In: where the configuration is, the files, the names of the system. Out: `Reading`, the config tree
(None if anything keeps httpdlite from starting) and everything that was found wrong. Hides httpd's
order: ${NAME}, Define, Include, LoadModule and the conditional sections act line by line; what
stands in the tree then is walked by tree.py. Rules: ap_build_config and its like in
server/config.c, as of 2.4.71.

1. A true conditional is read in place, and its closing tag is only looked for where no section
   opened within it is open; that it is missing at the end of the file goes unnoticed.
2. A false one is skipped raw (skip.py).
3. After an error the reading goes on, so that all are found; the first is the one httpd prints.
4. What a macro brings is read as part of the file that uses it, section tags included. httpd then
   loses the file's last line if it comes next and no line end follows it.
"""

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from httpdlite.conf.call import Names
from httpdlite.conf.call import Names as Resolver
from httpdlite.conf.checks import check
from httpdlite.conf.directives import mod_httpdlite, registry
from httpdlite.conf.files import DictFiles, DiskFiles, Files, Kind, Missing, absolute, expand
from httpdlite.conf.hints import Texts, advise, is_request_variable
from httpdlite.conf.lines import ArgumentLines, FileLines, Line
from httpdlite.conf.macro import reread
from httpdlite.conf.modules import LoadedModules
from httpdlite.conf.readtime import ReadTime
from httpdlite.conf.skip import FARTHEST_TAG, skip_section
from httpdlite.conf.spelling import lower
from httpdlite.conf.syntax import references, split_line
from httpdlite.conf.tree import Config, IncludedFile, Node, Surroundings, assemble
from httpdlite.conf.waive import waive
from httpdlite.conf.walk import Walker
from httpdlite.diagnostics import (
    COMMAND_LINE_FILE,
    ENCODING,
    Diagnostic,
    Note,
    Phase,
    Severity,
    Span,
    first_error,
)

DEEPEST_INCLUDE: Final = 128  # httpd's AP_MAX_INCLUDE_DEPTH


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """What is to be read: as the command line says it.

    `path` is absolute (or seen from `server_root`); with `drop_ins` it is a wildcard that may match
    nothing. `folder` is the working directory, where a relative ServerRoot begins (`server_root`
    if empty). `before` and `after` are the directives of -C and -c, `defines` the names of -D,
    `waived` those of --waive; -T does without the check of document roots. `now`: seconds since
    1970, if dates of certificates are to be looked at.
    """

    path: str
    server_root: str
    defines: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    drop_ins: bool = False
    folder: str = ""
    waived: tuple[str, ...] = ()
    checks_document_roots: bool = True
    now: float | None = None


@dataclass(frozen=True, slots=True)
class Acted:
    """A line that was done while reading. `taken`: whether a conditional section counted."""

    node: Node
    taken: bool | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """`config` is None if any diagnostic is an error; `tree` is what could be read all the same.

    `nodes` are the lines of the main server with all that is in them, `acted` those that were done
    while reading, in order. `patterns` are all regular expressions: place, directive, text.
    """

    config: Config | None
    diagnostics: tuple[Diagnostic, ...]
    tree: Config
    sources: Mapping[str, str] = field(default_factory=dict)
    nodes: tuple[Node, ...] = ()
    acted: tuple[Acted, ...] = ()
    patterns: tuple[tuple[Span | None, str, str], ...] = ()

    def source_line(self, file: str, number: int) -> str | None:
        """A line of a file that was read, for excerpts."""
        lines = self.sources.get(file, "").split("\n")
        return lines[number - 1].rstrip("\r") if 1 <= number <= len(lines) else None


def read_config(source: ConfigSource, files: Files, resolve: Names) -> Reading:
    """Reads, walks and checks a configuration. Raises nothing."""
    reader = _Reader(source, files)
    reader.read()
    known, diagnostics = reader.known, reader.diagnostics
    around = Surroundings(
        known.server_root,
        known.modules,
        resolve,
        files,
        diagnostics.append,
        source.checks_document_roots,
        known.authz_providers,
        source.environment,
    )
    walker = Walker(around)
    walker.walk(reader.top)
    main, vhosts = assemble(walker.main, walker.vhosts)
    tree = Config(
        main,
        vhosts,
        known.server_root,
        known.all_defines(),
        known.modules.identifiers(),
        absolute(source.server_root, source.path),
        tuple(reader.included),
        absolute(known.server_root, known.runtime_dir) if known.runtime_dir else None,
    )
    late = [found for found in diagnostics if found.phase is Phase.CHECK]
    diagnostics = [found for found in diagnostics if found.phase is not Phase.CHECK]
    if first_error(diagnostics) is None:
        diagnostics.extend(check(tree, files, resolve, source.now))
    diagnostics.extend(late)
    diagnostics = advise(diagnostics, Texts(reader.sources), reader.top, reader.acted)
    waived = (*source.waived, *tree.main.scope[mod_httpdlite.HTTPDLITE_WAIVE])
    if waived:
        diagnostics = list(waive(diagnostics, waived, registry()))
    failed = any(found.severity is Severity.ERROR for found in diagnostics)
    return Reading(
        None if failed else tree,
        tuple(diagnostics),
        tree,
        reader.sources,
        tuple(reader.top),
        tuple(reader.acted),
        tuple(walker.patterns),
    )


@dataclass(slots=True)
class _File:
    """A file that is being read. Before its own lines come those of macros used in it (rule 4)."""

    source: FileLines
    depth: int  # of Includes
    acted: Node | None = None  # the last of its lines that was done while reading
    uses: list[Iterator[Line]] = field(default_factory=list)

    def next_line(self) -> Line | None:
        while self.uses:
            line = next(self.uses[-1], None)
            if line is not None:
                return line
            self.uses.pop()
        return next(self.source.lines, None)

    def lines(self) -> Iterator[Line]:
        """What comes next, until the end of the file."""
        while (line := self.next_line()) is not None:
            yield line


@dataclass(slots=True)
class _Body:
    """Lines that belong together: of a file, or of a true conditional section within it."""

    file: _File
    into: list[Node]
    close: str | None = None  # the closing tag, in lower case
    open: list[Node] = field(default_factory=list)

    @property
    def current(self) -> list[Node]:
        return self.open[-1].inside if self.open else self.into


@dataclass(slots=True)
class _Pending:
    """The files that an Include has still to bring."""

    files: Iterator[str | Missing]
    into: list[Node]
    include: Line | None  # None for the configuration itself
    depth: int
    optional: bool


class _Reader:
    """One reading: the stack of what is open, and what is known so far."""

    def __init__(self, source: ConfigSource, files: Files) -> None:
        self.source = source
        self.files = files
        self.known = ReadTime(
            source.defines, source.environment, source.server_root, files, source.folder
        )
        self.top: list[Node] = []
        self.diagnostics: list[Diagnostic] = []
        self.included: list[IncludedFile] = []
        self.sources: dict[str, str] = {}
        self.stack: list[_Body | _Pending] = []
        self.recursion_found = False
        self.last_include = 0  # its line
        self.acted: list[Acted] = []

    def read(self) -> None:
        """-C, the file or files, -c."""
        self._read_arguments(self.source.before)
        path = absolute(self.known.server_root, self.source.path)
        found = expand(path, self.files, optional=True) if self.source.drop_ins else iter([path])
        self.stack.append(_Pending(found, self.top, None, 0, optional=False))
        self._run()
        self._read_arguments(self.source.after)
        self.diagnostics.extend(self.known.check_mpm())

    def _read_arguments(self, arguments: Sequence[str]) -> None:
        lines = [argument.replace("\n", " ") for argument in arguments]
        self.sources[COMMAND_LINE_FILE] = "\n".join(lines)
        self.stack.append(_Body(_File(ArgumentLines(lines), 0), self.top))
        self._run()

    def _run(self) -> None:
        while self.stack:
            doing = self.stack[-1]
            if isinstance(doing, _Pending):
                self._next_file(doing)
            elif (line := doing.file.next_line()) is not None:
                self._read_line(doing, line)
            else:
                self.stack.pop()
                self._end(doing)

    # --- files ------------------------------------------------------------------------------------

    def _next_file(self, pending: _Pending) -> None:
        found = next(pending.files, None)
        if found is None:
            self.stack.pop()
            return
        if isinstance(found, Missing):
            self._report_include(pending, found.message)
            return
        try:
            if pending.include is None and self.files.kind(found) is Kind.DIRECTORY:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))  # httpd's word for it
            data = self.files.read(found)
        except (OSError, ValueError) as why:
            if not pending.optional or self.files.kind(found) is not None:
                self._cannot_open(pending, found, why)
            return
        self._note_file(found, pending)
        text = data.decode(*ENCODING)
        self._read_text(text, found, pending.into, pending.include, pending.depth)

    def _cannot_open(self, pending: _Pending, path: str, why: OSError | ValueError) -> None:
        reason = why.strerror if isinstance(why, OSError) else "Invalid argument"
        message = f"Could not open configuration file {path}: {reason}"
        self._report_include(pending, message, code="cannot-open")

    def _report_include(self, pending: _Pending, message: str, code: str = "no-such-file") -> None:
        if pending.include is None:
            self._report(message, None, code=code)
        else:
            self._report(message, pending.include.whole, code=code, line=pending.include.number)

    def _note_file(self, path: str, pending: _Pending) -> None:
        line = pending.include.number if pending.include else None
        shown = self.last_include if pending.include else None
        self.included.append(IncludedFile(path, pending.depth, line, shown))

    def _read_text(
        self, text: str, file: str, into: list[Node], include: Line | None, depth: int
    ) -> None:
        self.sources[file] = text
        source = FileLines(text, file, include.whole if include else None)
        self.stack.append(_Body(_File(source, depth), into))

    def _end(self, body: _Body) -> None:
        """The file has ended: what is open in a conditional section goes unnoticed (rule 1)."""
        source = body.file.source
        if source.too_long is not None:
            self._report_too_long(body.file)
            return
        if not body.open or body.close is not None:
            return
        names = [
            f"{node.line.apache_file}:{node.line.number}: {node.name}> was not closed."
            for node in reversed(body.open)
        ]
        outermost = body.open[0]
        notes = tuple(Note("also open", node.name_span) for node in body.open[1:])
        self._report(
            "\n".join(names),
            outermost.name_span,
            code="unclosed-section",
            line=outermost.line.number,
            notes=notes,
        )

    def _report_too_long(self, file: _File) -> None:
        """httpd gives the place of what acted last in the file, else of its Include, or none."""
        source = file.source
        number, source.too_long = source.too_long or 0, None
        message = f"Error reading {source.file} at line {number}: Line too long"
        around = file.acted.line.whole if file.acted else source.included_from
        line = around.apache_line if around else None
        place = Span(source.file, number, 1, number, 2, source.included_from)
        notes = (Note("this line", place),)
        self._report(message, around, code="line-too-long", line=line, notes=notes)

    # --- lines ------------------------------------------------------------------------------------

    def _read_line(self, body: _Body, line: Line) -> None:
        if body.close and not body.open and lower(line.text) == body.close:
            self.stack.pop()
            return
        node = self._parse(self._expanded(line))
        if node is None:
            return
        entry = registry().find(node.name)
        if entry and entry.row.at_read and self.known.modules.offers(entry):
            self._act(body, node, entry.row)
        elif node.name.startswith("</"):
            self._close(body, node)
        else:
            if entry and self.known.modules.offers(entry):
                node.name = entry.row.name  # messages spell it as httpd does
            body.current.append(node)
            if node.is_section:
                body.open.append(node)

    def _expanded(self, line: Line) -> Line:
        """The line with its ${NAME} replaced; a warning for each that stands for nothing."""
        found = references(line.text)
        if not found:
            return line
        parts: list[tuple[int, int, str | None]] = []
        at = 0
        for reference in found:
            value = self.known.value(reference.name)
            if value is None:
                self._warn_undefined(line, reference.name, reference.start, reference.end)
                continue
            parts.append((at, reference.start, None))
            parts.append((reference.start, reference.end, value))
            at = reference.end
        parts.append((at, len(line.text), None))
        return line.substituted([part for part in parts if part[1] > part[0]])

    def _warn_undefined(self, line: Line, name: str, start: int, end: int) -> None:
        if ":" in name:
            self._warn_request_variable(line, name, start, end)
            return
        message = f"AH00111: Config variable ${{{name}}} is not defined"
        self._report(
            message,
            line.span(start, end),
            code="undefined-variable",
            severity=Severity.WARNING,
            logged="core:warn",
        )

    def _warn_request_variable(self, line: Line, name: str, start: int, end: int) -> None:
        """Apache says nothing about a name with a colon, since it may be a RewriteMap's."""
        if is_request_variable(name):
            message = f"${{{name}}} stays as it is: it is no variable of the request"
            severity = Severity.WARNING
            self._report(message, line.span(start, end), code="request-variable", severity=severity)

    def _parse(self, line: Line) -> Node | None:
        """The line as a node of the tree; None if it has come to nothing."""
        head = split_line(line.text)
        if head is None or head.name.value == "":
            return None
        name, start = head.name.value, head.rest
        args = line.text[start:]
        if name[1:2] != "/" and name.endswith(">"):
            name = name[:-1]
        if name.startswith("<") and name[1:2] != "/" and not args:
            args, start = ">", head.name.end - 1
        return Node(name, line, args, start, head.name.start, head.name.end)

    def _close(self, body: _Body, node: Node) -> None:
        if not body.open:
            message = f"{node.name} without matching <{node.name[2:]} section"
            self._report_at(node, message, code="unmatched-close")
            return
        opened = body.open[-1]
        closed = node.name[2:].removesuffix(">")
        if not node.name.endswith(">"):
            message = f"{node.name}> directive missing closing '>'"
            self._report_at(node, message, code="bad-tag", hint="no blank before the >")
        elif lower(closed) != lower(opened.name[1:]):
            self._report_at(
                node,
                f"Expected </{opened.name[1:]}> but saw {node.name}",
                code="wrong-nesting",
                notes=(Note("this section is open", opened.name_span),),
            )
        # Close what was meant: the innermost open section of that name, and all within it.
        meant = lower(closed)
        innermost = range(len(body.open) - 1, max(-1, len(body.open) - 1 - FARTHEST_TAG), -1)
        for index in innermost:
            if lower(body.open[index].name[1:]) == meant:
                del body.open[index:]
                return

    # --- what acts now ----------------------------------------------------------------------------

    def _act(self, body: _Body, node: Node, row: Any) -> None:
        body.file.acted = node
        outcome = self.known.act(node, row)
        taken = outcome.enter is not None if node.is_section else None
        self.acted.append(Acted(node, taken))
        for found in outcome.diagnostics:
            self.diagnostics.append(found)
        if outcome.include is not None:
            self._include(body, node, outcome.include, optional=outcome.optional)
        if outcome.defines_macro:
            self._define_macro(body.file, node)
        if outcome.lines is not None:
            self._use_macro(body.file, outcome.lines)
        if outcome.skip is not None:
            self._skip(body.file, node, outcome.skip, raw=row.body_is_raw)
        if outcome.enter is not None:
            close = f"</{lower(outcome.enter)}>"
            self.stack.append(_Body(body.file, body.current, close=close))

    def _include(self, body: _Body, node: Node, path: str, *, optional: bool) -> None:
        depth, self.last_include = body.file.depth + 1, node.line.number
        if depth > DEEPEST_INCLUDE and not self.recursion_found:
            self.recursion_found = True
            message = (
                f"Exceeded maximum include depth of {DEEPEST_INCLUDE}, "
                "There appears to be a recursion."
            )
            self._report_at(node, message, code="include-recursion")
        if self.recursion_found:
            return  # what includes itself twice would be read 2 ** 128 times
        found = expand(path, self.files, optional=optional)
        self.stack.append(_Pending(found, body.current, node.line, depth, optional))

    def _define_macro(self, file: _File, node: Node) -> None:
        file.source.keeps_empty = True
        self.diagnostics.extend(self.known.define_macro(node, file.lines()))
        file.source.keeps_empty = False

    def _use_macro(self, file: _File, brought: list[Line]) -> None:
        """Reads the lines that a macro brings before what follows in the file (rule 4)."""
        lines = reread(brought)
        if not file.uses and lines and lines[-1].text.endswith("\\"):
            lines[-1] = file.source.complete(lines[-1])
        lost = file.source.lose_unended()
        if lost is not None:
            message = (
                "httpd does not read this line: no line end follows it, and a Use stands above"
            )
            hint = "end the file with an empty line"
            severity = Severity.WARNING
            self._report(message, lost, code="lost-line", severity=severity, hint=hint)
        file.uses.append(iter(lines))

    def _skip(self, file: _File, node: Node, name: str, *, raw: bool) -> None:
        mistake = skip_section(file.lines(), name, raw=raw)
        if file.source.too_long is not None:
            self._report_too_long(file)
        elif mistake is not None:
            self._report_at(node, mistake.message, code=mistake.code, notes=mistake.notes)

    # --- findings ---------------------------------------------------------------------------------

    def _report_at(self, node: Node, message: str, **more: Any) -> None:
        self._report(message, node.name_span, line=node.line.number, **more)

    def _report(self, message: str, span: Span | None, *, code: str, **more: Any) -> None:
        settings: dict[str, Any] = {"severity": Severity.ERROR, "phase": Phase.READ, **more}
        self.diagnostics.append(Diagnostic(code=code, message=message, span=span, **settings))


__all__ = [
    "ConfigSource",
    "DictFiles",
    "DiskFiles",
    "Files",
    "LoadedModules",
    "Reading",
    "Resolver",
    "read_config",
]
