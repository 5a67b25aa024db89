r"""Macros: `<Macro>` and its lines in, the lines that a `Use` stands for out.

In: the opening tag or the Use as a node, and the lines that follow. Out: lines with the values put
in; they keep the place where they were written, and an `Expansion` that says how Apache calls it.
Hides mod_macro's rules (2.4.71, as observed):

1. A body is kept as it was read: joined and trimmed, comments left out, empty lines not. Apache
   counts its lines within that.
2. Parameters are replaced wherever their name occurs: the first in the line, the longest of those.
   What was put in is not searched again, but for the end of what an `@` one has put in quotes.
3. The result is read like a file: a value may bring a `\` that joins, or a `#` (`reread`). What the
   last line joins is the reader's business.
4. A macro within its own Use is an error; it is looked for in the name of what is being read, which
   an Include hides (then the depth of Includes ends it).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from httpdlite.conf.call import ConfigError, Word
from httpdlite.conf.directives.mod_macro import MODULE
from httpdlite.conf.lines import BLANKS, Line, size_of
from httpdlite.conf.spelling import lower
from httpdlite.conf.syntax import split_line, split_words
from httpdlite.conf.tree import Node
from httpdlite.diagnostics import Diagnostic, Expansion, Note, Phase, Severity, Span

PREFIXES: Final = "$%@"
LONGEST: Final = 8190  # bytes of a line in a body, and of one that values were put into
MOST_LINES: Final = 1_000_000  # that all Uses may bring: macros of macros can double without end

_IGNORE_EMPTY: Final = "/ignoreemptyargs"
_IGNORE_NESTING: Final = "/ignorebadnesting"


@dataclass(slots=True)
class Macro:
    """A definition. `place` is Apache's: `defined on line N of "FILE"`."""

    name: str  # in lower case
    place: str
    tag: Span
    parameters: tuple[str, ...] = ()
    body: tuple[Line, ...] = ()
    ignores_empty: bool = False
    ignores_nesting: bool = False

    @property
    def where(self) -> str:
        return f"macro '{self.name}' ({self.place})"

    def pattern(self) -> re.Pattern[str] | None:
        """Finds the parameters; None if there are none."""
        longest_first = sorted(filter(None, self.parameters), key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


class Macros:
    """The macros as far as the configuration has been read."""

    def __init__(self) -> None:
        self._warnings: list[Diagnostic] = []
        self.by_name: dict[str, Macro] = {}
        self.any_seen = False  # httpd says it otherwise if there has been none at all
        self.ignores_empty = False
        self.ignores_nesting = False
        self.lines_left = MOST_LINES

    # --- definitions ------------------------------------------------------------------------------

    def define(self, node: Node, lines: Iterator[Line]) -> None:
        """Takes a definition, its lines from `lines`. Raises ConfigError when that is done."""
        self.any_seen = True
        try:
            macro = self._begin(node)
        except ConfigError:
            for _ in _body(lines):  # nothing of it counts
                pass
            raise
        error = self._check_parameters(node, macro)
        ends = self._read_body(node, macro, lines)
        self.by_name[macro.name] = macro  # with its errors, or each Use would be one more
        if error:
            raise error
        if not ends:
            message = f"{macro.where}\n\tcontents error: expected token not found: </Macro>"
            raise ConfigError(message, node.name_span, code="unclosed-section")
        self._check_body(node, macro)

    def _begin(self, node: Node) -> Macro:
        """The name and the flags; what follows them is the parameters."""
        tag, bracket, after = node.args.rpartition(">")
        if not bracket:
            message = "<Macro> directive missing closing '>'"
            raise ConfigError(message, node.name_span, code="bad-tag")
        if not tag:
            raise _wrong(node, "<Macro macro definition: empty name")
        self._warn_trailing(
            node.line, after, "AH02801: non blank chars found after <Macro closing '>'"
        )
        words = split_words(tag)
        if not words or not words[0].value:
            raise _wrong(node, "<Macro macro definition: name not found")
        name = lower(words[0].value)
        place = f'defined on line {node.line.number} of "{node.line.apache_file}"'
        macro = self._earlier(node, name, place) or Macro(name, place, node.name_span)
        if name[0] in PREFIXES:
            message = f"AH02803: {macro.where} better prefix a macro name with any of '{PREFIXES}'"
            self._warn(node, message, "macro-parameter")
        rest = self._flags(node, macro, tag[words[0].end :].lstrip(BLANKS))
        macro.parameters = tuple(part.value for part in split_words(rest))
        return macro

    def _earlier(self, node: Node, name: str, place: str) -> Macro | None:
        """The macro that is redefined; it keeps its flags."""
        earlier = self.by_name.get(name)
        if earlier is None:
            return None
        message = f"AH02802: macro '{name}' multiply defined: {earlier.place}, re{place}"
        self._warn(node, message, "macro-redefined", Note("defined here", earlier.tag))
        return replace(earlier, place=place, tag=node.name_span)

    def _flags(self, node: Node, macro: Macro, text: str) -> str:
        """Takes the words that begin with a slash, as httpd does; gives what follows them."""
        while text.startswith("/"):
            if lower(text).startswith(_IGNORE_EMPTY):
                macro.ignores_empty = True
                text = text[len(_IGNORE_EMPTY) :]
            if text and lower(text).startswith(_IGNORE_NESTING):
                macro.ignores_nesting = True
                text = text[len(_IGNORE_NESTING) :]
            if not text:
                break
            if text[0] != " ":
                flag, blank, rest = text.partition(" ")
                self._warn(node, f"AH02804: {macro.where}: unknown flag '{flag}'", "macro-flag")
                text = f" {rest}" if blank else text
            text = text[1:]
        return text

    def _check_parameters(self, node: Node, macro: Macro) -> ConfigError | None:
        """Warns of bad names; gives the error at which httpd stops."""
        names = macro.parameters
        for index, name in enumerate(names):
            if not name:
                return _wrong(node, f"{macro.where}: empty argument #{index + 1} name")
            self._warn_of_name(node, macro, name, index)
            for other_index in range(index + 1, len(names)):
                other = names[other_index]
                numbers = f"#{index + 1} and {{}}#{other_index + 1}"
                if name == other:
                    message = (
                        f"argument name conflict in {macro.where}: argument '{name}': "
                        f"{numbers.format('')}, change argument names!"
                    )
                    return _wrong(node, message)
                if other and (name.startswith(other) or other.startswith(name)):
                    message = (
                        f"AH02797: {macro.where}: argument name prefix conflict "
                        f"({name} {numbers.format(f'{other} ')}), "
                        "be careful about your macro definition!"
                    )
                    self._warn(node, message, "macro-parameter")
        return None

    def _warn_of_name(self, node: Node, macro: Macro, name: str, index: int) -> None:
        what = f"{macro.where} argument name '{name}' (#{index + 1})"
        if name[0] not in PREFIXES:
            message = (
                f"AH02796: {what} without expected prefix, better prefix argument names "
                f"with one of '{PREFIXES}'."
            )
            self._warn(node, message, "macro-parameter")
        if name.startswith("${"):
            message = (
                f"AH02805: {what} clashes with 'Define' syntax '${{...}}', better use '$(...)'."
            )
            self._warn(node, message, "macro-parameter")

    def _read_body(self, node: Node, macro: Macro, lines: Iterator[Line]) -> bool:
        """Keeps the lines up to the closing tag; false if there is none."""
        body: list[Line] = []
        warns = not (self.ignores_nesting or macro.ignores_nesting)
        nesting, ended = 1, False
        for line, tag, ended in _body(lines):
            if tag.startswith("</"):
                nesting -= 1
                if nesting < 0 and warns:
                    number = line.number - node.line.number
                    message = f"AH02793: bad (negative) nesting on line {number} of {macro.where}"
                    self._warn_at(line, message, "macro-nesting")
            elif tag.startswith("<"):
                nesting += 1
            if lower(tag) == "</macro>":
                after = line.text.rpartition(">")[2]
                self._warn_trailing(
                    line, after, "AH02794: non blank chars found after directive closing"
                )
            if not ended:
                body.append(line)
        if ended and nesting and warns:
            message = f"AH02795: bad cumulated nesting ({nesting:+d}) in {macro.where}"
            self._warn(node, message, "macro-nesting")
        macro.body = tuple(body)
        return ended

    def _check_body(self, node: Node, macro: Macro) -> None:
        if not macro.body:
            self._warn(node, f"AH02799: {macro.where}: empty contents!", "macro-empty")
            return
        pattern = macro.pattern()
        used = {
            name for line in macro.body for name in (pattern.findall(line.text) if pattern else ())
        }
        for index, name in enumerate(macro.parameters):
            if name not in used:
                message = f"AH02800: {macro.where}: argument '{name}' (#{index + 1}) never used"
                self._warn(node, message, "macro-parameter")

    # --- uses -------------------------------------------------------------------------------------

    def use(self, node: Node) -> list[Line]:
        """The lines that a Use brings, values put in but not yet read (`reread`)."""
        if not self.any_seen:
            raise ConfigError("no macro defined before Use", node.name_span, code="unknown-macro")
        name, *values = node.words or (None,)
        if name is None or not name.text:
            raise ConfigError(
                "no macro name specified with Use", node.name_span, code="wrong-arity"
            )
        macro = self.by_name.get(lower(name.text))
        if macro is None:
            message = f"macro '{lower(name.text)}' undefined"
            raise ConfigError(message, name.span, code="unknown-macro", hint=self._guess(name))
        self._check_use(node, macro, name, values)
        where = f'{macro.where} used on line {node.line.number} of "{node.line.apache_file}"'
        for index, value in enumerate(values):
            if not value.text and not (self.ignores_empty or macro.ignores_empty):
                message = f"AH02798: {where}: empty argument #{index + 1}"
                self._warnings.append(_warning(message, value.span, "macro-empty"))
        return self._expanded(node, macro, where, [value.text for value in values])

    def _check_use(self, node: Node, macro: Macro, name: Word, values: Sequence[Word]) -> None:
        notes = (Note("the macro is defined here", macro.tag),)
        if f"macro '{macro.name}'" in node.line.apache_file:
            message = f"recursive use of macro '{macro.name}' is invalid"
            raise ConfigError(message, name.span, code="macro-recursion", notes=notes)
        if len(values) != len(macro.parameters):
            message = (
                f"{macro.where} used with {len(values)} arguments "
                f"instead of {len(macro.parameters)}"
            )
            raise ConfigError(message, node.line.whole, code="macro-arguments", notes=notes)
        self.lines_left -= len(macro.body)
        if self.lines_left < 0:
            message = f"macros bring more than {MOST_LINES} lines: httpdlite reads no further"
            raise ConfigError(message, node.line.whole, code="macro-too-large", notes=notes)

    def _guess(self, name: Word) -> str | None:
        known = ", ".join(macro.name for macro in list(self.by_name.values())[:10])
        return f"the macros defined so far: {known}" if known else None

    def _expanded(self, node: Node, macro: Macro, where: str, values: Sequence[str]) -> list[Line]:
        pattern = macro.pattern()
        given = dict(zip(macro.parameters, values, strict=True))
        used = node.line.whole
        result: list[Line] = []
        for number, line in enumerate(macro.body, 1):
            here = replace(
                line,
                number=number,
                included_from=node.line.included_from,
                expansion=Expansion(where, number, used),
            )
            if pattern is not None and pattern.search(line.text):
                try:
                    here = _substitute(here, pattern, given)
                except OverflowError:
                    message = (
                        f"{where} error while substituting: while processing line {number} of "
                        f"{macro.where} cannot substitute, buffer size too small"
                    )
                    raise ConfigError(message, used, code="macro-arguments") from None
            result.append(here)
        return result

    def forget(self, name: Word, span: Span) -> None:
        """UndefMacro."""
        if not self.any_seen:
            message = "no macro defined before UndefMacro"
            raise ConfigError(message, span, code="unknown-macro")
        if self.by_name.pop(lower(name.text), None) is None:
            message = f"cannot remove undefined macro '{lower(name.text)}'"
            raise ConfigError(message, name.span, code="unknown-macro")

    def warnings(self) -> list[Diagnostic]:
        """What was worth a word since this was asked for."""
        found, self._warnings = self._warnings, []
        return found

    # --- warnings ---------------------------------------------------------------------------------

    def _warn(self, node: Node, message: str, code: str, *notes: Note) -> None:
        self._warnings.append(_warning(message, node.line.whole, code, notes))

    def _warn_at(self, line: Line, message: str, code: str) -> None:
        self._warnings.append(_warning(message, line.whole, code))

    def _warn_trailing(self, line: Line, after: str, what: str) -> None:
        """Text behind a tag's `>`, unless it is a comment."""
        if after.partition("#")[0].strip(" \t"):
            message = f"AH02989: {what} on line {line.number} of {line.apache_file}: {after}"
            self._warn_at(line, message, "trailing-text")


def reread(lines: Sequence[Line]) -> list[Line]:
    """Lines with values in them as a file's are read: joined, trimmed, comments left out (rule 3).

    If the last one still ends in a backslash, it is there as it is.
    """
    result: list[Line] = []
    open_line: Line | None = None
    for index, line in enumerate(lines):
        joined = line if open_line is None else _joined(open_line, line)
        open_line = None
        if joined.text.endswith("\\") and index + 1 < len(lines):
            open_line = joined
            continue
        text = joined.text.strip(BLANKS)
        if text and text[0] != "#":
            result.append(_trimmed(joined, text))
    return result


def _joined(line: Line, following: Line) -> Line:
    """Both as one, without the backslash; Apache names the last."""
    kept = len(line.text) - 1
    shifted = (replace(piece, offset=piece.offset + kept) for piece in following.pieces)
    pieces = (*(piece for piece in line.pieces if piece.offset < kept), *shifted)
    return replace(following, text=line.text[:kept] + following.text, pieces=pieces)


def _trimmed(line: Line, text: str) -> Line:
    if len(text) == len(line.text):
        return line
    start = len(line.text) - len(line.text.lstrip(BLANKS))
    return line.substituted([(start, start + len(text), None)])


def _body(lines: Iterator[Line]) -> Iterator[tuple[Line, str, bool]]:
    """The lines of a body, each with its first word; the last is the closing tag if one came."""
    nesting = 1
    for line in lines:
        if size_of(line.text) > LONGEST:
            return  # httpd's buffer is full: it takes that for the end
        tag = _tag(line)
        if tag == "</macro>":
            nesting -= 1
        elif tag == "<macro":
            nesting += 1
        yield line, tag, not nesting
        if not nesting:
            return


def _tag(line: Line) -> str:
    """The first word of a line if it may be a tag, in lower case."""
    if line.text[:1] not in {"<", '"', "'"}:
        return ""
    head = split_line(line.text)
    return lower(head.name.value) if head else ""


def _substitute(line: Line, pattern: re.Pattern[str], given: dict[str, str]) -> Line:
    """The line with the values in it. Raises OverflowError where httpd's buffer is too small."""
    at = 0
    while found := pattern.search(line.text, at):
        name = found[0]
        value = given[name]
        if value != name:
            new = _quoted(value) if name.startswith("@") else value
            start, end = found.span()
            line = line.substituted(
                [
                    part
                    for part in ((0, start, None), (start, end, new), (end, len(line.text), None))
                    if part[0] < part[1]
                ]
            )
            if size_of(line.text) > LONGEST:
                raise OverflowError
        at = found.start() + len(value)
    return line


def _quoted(value: str) -> str:
    escaped = re.sub(r'([\\"])', r"\\\1", value)
    return f'"{escaped}"'


def _wrong(node: Node, message: str) -> ConfigError:
    return ConfigError(message, node.line.whole, code="wrong-macro")


def _warning(message: str, span: Span, code: str, notes: Iterable[Note] = ()) -> Diagnostic:
    return Diagnostic(
        Severity.WARNING,
        code,
        message,
        span,
        notes=tuple(notes),
        phase=Phase.READ,
        logged=f"{MODULE.short}:warn",
    )
