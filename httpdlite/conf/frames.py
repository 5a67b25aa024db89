"""A list of lines that is being walked, and what becomes of a section when its lines are done.

In: a section's node and the frame of its lines. Out: a `SectionConfig` or `Conditional`, where the
tree has it. Hides which row is which kind of section.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from httpdlite.conf.call import Context, Enclosing, Place
from httpdlite.conf.directives import balancers, core, core_sections
from httpdlite.conf.placing import Around
from httpdlite.conf.rows import Directive, Section
from httpdlite.conf.scope import Scope
from httpdlite.conf.syntax import section_argument
from httpdlite.conf.tree import Conditional, Node, SectionConfig, SectionKind, ServerBuilder


@dataclass(slots=True)
class Frame:
    """A list of nodes that is being walked, and what is around it."""

    nodes: Iterator[Node]
    server: ServerBuilder
    context: Context
    sections: tuple[Enclosing, ...]
    values: dict[Directive[Any], Any]
    place: Place
    around: Around
    is_section: bool
    at_end: Callable[[], object] | None = None
    has_if: bool = False
    in_files: bool = False  # within a <Directory> or <Files>
    conditionals: list[Conditional] = field(default_factory=list)  # that stand in it
    files: list[SectionConfig] = field(default_factory=list)  # likewise
    condition: Any = None  # of an <If>


LOCATION_KINDS: Final = {
    core.LOCATION: SectionKind.LOCATION,
    core.LOCATION_MATCH: SectionKind.LOCATION_MATCH,
}
PROXY_KINDS: Final = {
    balancers.PROXY: SectionKind.PROXY,
    balancers.PROXY_MATCH: SectionKind.PROXY_MATCH,
}
FILE_KINDS: Final = {
    core_sections.DIRECTORY: SectionKind.DIRECTORY,
    core_sections.DIRECTORY_MATCH: SectionKind.DIRECTORY_MATCH,
    core_sections.FILES: SectionKind.FILES,
    core_sections.FILES_MATCH: SectionKind.FILES_MATCH,
}
_MATCHES: Final = frozenset((SectionKind.DIRECTORY_MATCH, SectionKind.FILES_MATCH))


def kept_path(row: Section, path: str) -> str | None:
    """What httpd keeps as the path of a section, and shows in messages."""
    if not row.keeps_path:
        return None
    if row.starts_if or row.follows_if:
        return "*If"
    is_folder = row.name == "<Directory" and path.startswith("/") and not path.endswith("/")
    return f"{path}/" if is_folder else path


def section_of(
    kind: SectionKind, path: str, inner: Frame, node: Node, *, is_regex: bool
) -> SectionConfig:
    return SectionConfig(
        kind,
        path,
        is_regex,
        Scope(inner.values),
        node.line.whole,
        tuple(inner.conditionals),
        tuple(inner.files),
    )


def end_files(
    frame: Frame, node: Node, row: Section, check: Callable[[], object], inner: Frame
) -> None:
    """A <Directory> or <Files>."""
    check()
    kind = FILE_KINDS[row]
    words = [word.text for word in node.words_of(section_argument(node.args) or "")]
    is_regex = kind in _MATCHES
    if words[:1] == ["~"]:
        words, is_regex = words[1:], True
    is_directory = kind in (SectionKind.DIRECTORY, SectionKind.DIRECTORY_MATCH)
    found = section_of(kind, words[0] if words else "", inner, node, is_regex=is_regex)
    (frame.server.directories if is_directory else frame.files).append(found)


def end_if(
    frame: Frame, node: Node, row: Section, check: Callable[[], object], inner: Frame
) -> None:
    """An <If>, <ElseIf> or <Else>."""
    check()
    frame.conditionals.append(
        Conditional(
            inner.condition,
            row.follows_if,
            Scope(inner.values),
            node.line.whole,
            tuple(inner.conditionals),
        )
    )
