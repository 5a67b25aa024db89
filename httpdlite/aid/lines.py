"""Every directive and section of a configuration with what becomes of it here.

In: a `Reading`. Out: one `Fate` per line, none left out: those that acted while the file was read
and those that were walked. Hides how findings, standings and sections about files come together:
what was found wrong at a line counts more than what its directive is in general.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from httpdlite.conf.directives import core, registry
from httpdlite.conf.reader import Acted, Reading
from httpdlite.conf.rows import Row, Section
from httpdlite.conf.standing import Class, Standing, in_files
from httpdlite.conf.tree import Node
from httpdlite.diagnostics import NOT_SUPPORTED, Diagnostic, Severity, Span


class Outcome(Enum):
    """What becomes of a line. REJECTED: Apache does not take it either."""

    REJECTED = "rejected"
    REFUSED = "refused"
    WAIVED = "waived"
    DIFFERENT = "different"
    MOOT = "moot"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Fate:
    """A line and what becomes of it.

    `vhost` is where the vhost begins that the line stands in, None at server level. `skipped`
    holds for a conditional section that did not count: what is in it was not read.
    """

    name: str
    module: str
    arguments: str
    span: Span
    vhost: Span | None
    outcome: Outcome
    sentence: str = ""
    instead: str | None = None
    protects: bool = False
    answers: bool = False  # Apache may answer a request by it, without a worker
    skipped: bool = False


def fates(reading: Reading) -> tuple[Fate, ...]:
    """What becomes of every line, in the order of the files as Apache reads them."""
    found = _by_line(reading.diagnostics)
    walked = _walked(reading.nodes, found)
    acted = (_acted(one, found) for one in reading.acted)
    return (*acted, *walked)


def _by_line(diagnostics: Iterable[Diagnostic]) -> Mapping[tuple[str, int], list[Diagnostic]]:
    by_line: dict[tuple[str, int], list[Diagnostic]] = {}
    for one in diagnostics:
        if one.span is not None:
            by_line.setdefault((one.span.file, one.apache_line), []).append(one)
    return by_line


Found = Mapping[tuple[str, int], list[Diagnostic]]


def _acted(one: Acted, found: Found) -> Fate:
    entry = registry().find(one.node.name)
    row = entry.row if entry else None
    module = entry.modules[0].identifier if entry else ""
    return _fate(one.node, row, module, None, found, about_files=False, skipped=one.taken is False)


def _walked(nodes: Iterable[Node], found: Found) -> Iterator[Fate]:
    stack: list[tuple[Iterator[Node], Span | None, bool, bool]]
    stack = [(iter(nodes), None, False, False)]
    while stack:
        inside, vhost, about_files, lost = stack[-1]
        node = next(inside, None)
        if node is None:
            stack.pop()
            continue
        entry = registry().find(node.name)
        row = entry.row if entry else None
        module = entry.modules[0].identifier if entry else ""
        here = node.line.whole if row is core.VIRTUAL_HOST else vhost
        fate = _fate(node, row, module, here, found, about_files=about_files)
        yield _without_effect(fate) if lost else fate
        if node.inside:
            files = about_files or (isinstance(row, Section) and row.about_files)
            lost = lost or fate.outcome is Outcome.WAIVED
            stack.append((iter(node.inside), here, files, lost))


def _without_effect(fate: Fate) -> Fate:
    """A line in a section that is waived: what would have had an effect has none."""
    if fate.outcome not in {Outcome.SAME, Outcome.DIFFERENT}:
        return fate
    sentence = "it stands in a section that is waived"
    return replace(fate, outcome=Outcome.WAIVED, sentence=sentence)


def _fate(
    node: Node,
    row: Row | None,
    module: str,
    vhost: Span | None,
    found: Found,
    *,
    about_files: bool,
    skipped: bool = False,
) -> Fate:
    span = node.line.whole
    standing = row.standing if row else Standing(Class.REFUSED, "is unknown")
    if about_files:
        standing = in_files(standing)
    here = found.get((span.file, node.line.number), ())
    outcome, sentence, instead = _judge(standing, node.args, here)
    name = f"{node.name}>" if node.is_section else node.name
    arguments = node.args.removesuffix(">").strip() if node.is_section else node.args
    return Fate(
        name,
        module,
        arguments,
        span,
        vhost,
        outcome,
        sentence,
        instead,
        standing.protects,
        standing.answers,
        skipped,
    )


def _predicate(refusal: Diagnostic, standing: Standing) -> str:
    """What is said of a directive that is refused as a whole, so that like ones come together."""
    whole = refusal.message == f"{refusal.subject} {standing.sentence}"
    return standing.sentence if whole else refusal.message


def _plain(arguments: str) -> str:
    return arguments.strip(" \t\"'").lower()


_WAIVED = frozenset({"waived", "waived-protection"})
_VALUE = "the value is not supported, so the line has no effect"


def _judge(
    standing: Standing, arguments: str, found: Iterable[Diagnostic]
) -> tuple[Outcome, str, str | None]:
    """The outcome with its sentence and what to do instead."""
    errors = [one for one in found if one.severity is Severity.ERROR]
    for one in errors:
        if one.code != NOT_SUPPORTED:
            return Outcome.REJECTED, one.message, one.hint
    for one in errors:
        return Outcome.REFUSED, _predicate(one, standing), one.hint
    if any(one.code in _WAIVED for one in found):
        refused = standing.kind is Class.REFUSED
        return Outcome.WAIVED, standing.sentence if refused else _VALUE, standing.instead
    if standing.but_for and _plain(arguments) == standing.but_for:
        return Outcome.SAME, "", None
    match standing.kind:
        case Class.MOOT:
            return Outcome.MOOT, standing.sentence, None
        case Class.DIFFERENT:
            return Outcome.DIFFERENT, standing.sentence, None
        case _:
            return Outcome.SAME, "", None
