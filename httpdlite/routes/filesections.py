"""<Directory>, <DirectoryMatch>, <Files> and <FilesMatch>: which of them cover the file that a URL
means. Files are not served, but what these sections say of a request counts: access, rewriting,
redirects. Pure but for what it asks the file system.

Comes in: the sections of a server; then a file name. Goes out: those that cover it, in the order of
merging, and what of the name is path information. Source: ap_directory_walk, ap_file_walk; as
observed with 2.4.71:

1. <Directory> without an expression, from the shortest to the longest, for every directory on the
   way to the file that is there; then those with one, from the one with the fewest slashes to that
   with the most. These are asked about the file, not about its directory.
2. Then <Files>: those of the server, then those within the directories that counted. They are asked
   about the last name: of a directory that is named without a slash, too.
3. What follows the first name that does not exist, or that is no directory, is path information;
   what does not exist itself is not, if its directory does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from httpdlite.conf.scope import Scope
from httpdlite.conf.tree import OtherSections, SectionConfig, SectionKind
from httpdlite.routes.conditionals import ConditionalSection, compile_conditionals
from httpdlite.routes.environment import match_variables
from httpdlite.routes.expressions.view import Files
from httpdlite.routes.pattern import as_bytes_text, compile_location, has_wildcards
from httpdlite.routes.regex import Found as Match
from httpdlite.routes.regex import compile_regex, searcher

Covers = Callable[[str], object]


@dataclass(frozen=True, slots=True, eq=False)
class FileSection:
    """A section about files, compiled; ``files`` are those that stand in it; ``is_naming``: does
    its expression have named groups?
    """

    covers: Covers
    scope: Scope
    conditionals: tuple[ConditionalSection, ...]
    files: tuple["FileSection", ...]
    is_naming: bool = False


@dataclass(frozen=True, slots=True)
class FileSections:
    """Those of a server: ``directories`` by the number of names in them, and by expression."""

    directories: tuple[tuple[int, FileSection], ...] = ()
    matching: tuple[FileSection, ...] = ()
    files: tuple[FileSection, ...] = ()


NO_FILE_SECTIONS: Final = FileSections()


@dataclass(frozen=True, slots=True)
class Found:
    """What a file name comes to. ``kind``: `file`, `directory`, `other`; None: there is nothing.
    ``variables``: those that expressions have set.
    """

    filename: str
    path_info: str
    kind: str | None
    covering: tuple[FileSection, ...]
    variables: Mapping[str, str]


def compile_file_sections(sections: OtherSections) -> FileSections:
    """Compile the sections of a server."""
    if not (sections.directories or sections.files):
        return NO_FILE_SECTIONS
    plain, matching = [], []
    for config in sections.directories:
        section = _compile(config)
        if config.is_regex:
            matching.append((config.argument.count("/"), section))
        else:
            plain.append((len(_names(config.argument)), section))
    plain.sort(key=_depth)
    matching.sort(key=_depth)
    return FileSections(
        tuple(plain),
        tuple([section for _, section in matching]),
        tuple(map(_compile, sections.files)),
    )


def _depth(pair: tuple[int, FileSection]) -> int:
    return pair[0]


def _names(path: str) -> list[str]:
    """The names on a path, without those that say nothing."""
    names: list[str] = []
    for name in path.split("/"):
        if name == "..":
            del names[-1:]
        elif name not in ("", "."):
            names.append(name)
    return names


def _compile(config: SectionConfig) -> FileSection:
    return FileSection(
        _covers(config),
        config.scope,
        compile_conditionals(config.conditionals),
        tuple(map(_compile, config.files)),
        config.is_regex and bool(compile_regex(as_bytes_text(config.argument)).groupindex),
    )


def _covers(config: SectionConfig) -> Covers:
    text = as_bytes_text(config.argument)
    if config.is_regex:
        return searcher(compile_regex(text))
    if config.kind in (SectionKind.FILES, SectionKind.FILES_MATCH):
        if has_wildcards(text):
            return compile_location(text, is_regex=False).matches
        return text.__eq__
    names = _names(text)
    if has_wildcards(text):
        globs = [compile_location(name, is_regex=False).matches for name in names]
        return lambda path: _all_match(globs, _names(path))
    return lambda path: _names(path) == names


def _all_match(globs: Sequence[Covers], names: list[str]) -> bool:
    return len(globs) == len(names) and all(
        glob(name) for glob, name in zip(globs, names, strict=True)
    )


def walk(sections: FileSections, filename: str, files: Files) -> Found:
    """The sections that cover a file, by its absolute name."""
    names = _names(filename)
    path, kind, used = "", "directory", 0
    covering = list(_of_directory(sections, 0, "/"))
    present: str | None = kind
    for number, name in enumerate(names, 1):
        found = files.status(f"{path}/{name}", follow=True)
        present = found.kind if found is not None else None
        path, used = f"{path}/{name}", number
        if present != "directory":
            break
        covering += _of_directory(sections, number, path)
    rest = names[used:]
    closed = filename.endswith("/") and present != "directory"
    info = "/" + "/".join(rest) if rest or closed else ""
    if rest and filename.endswith("/"):
        info += "/"
    if present == "directory" and (filename.endswith("/") or not path):
        path += "/"
    variables: dict[str, str] = {}
    covering += _those_that_cover(sections.matching, path, variables)
    inner = [file for section in covering for file in section.files]
    base = path.rpartition("/")[2]
    covering += _those_that_cover((*sections.files, *inner), base, variables)
    return Found(path, info, present, tuple(covering), variables)


def _those_that_cover(
    sections: Iterable[FileSection], text: str, variables: dict[str, str]
) -> Iterator[FileSection]:
    for section in sections:
        found = section.covers(text)
        if found:
            if section.is_naming:
                variables.update(match_variables(cast("Match", found)))
            yield section


def _of_directory(sections: FileSections, count: int, path: str) -> Iterable[FileSection]:
    return [s for number, s in sections.directories if number == count and s.covers(path)]
