"""What to do about a finding, and where else to look: what the line itself gives away.

In: findings as the reading and the walk have left them, the source texts, the lines as nodes. Out:
the same findings, some with a hint or with notes more. Hides the habits behind wrong lines: a
comment at a line's end, quotes pasted from a web page, a blank after the backslash. Nothing here
changes a verdict, and of Apache's wordings only the words that a message proposes are looked at.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from httpdlite.conf.call import Context
from httpdlite.conf.directives import registry
from httpdlite.conf.rows import Arity, Directive, Row
from httpdlite.conf.spelling import did_you_mean, lower
from httpdlite.conf.tree import Node
from httpdlite.diagnostics import NOT_SUPPORTED, Diagnostic, Note, Severity, Span

MOST_ADVISED: Final = 2000  # findings that are looked at; nobody reads more
MOST_JOINED: Final = 100  # lines of a joined line


class Acted(Protocol):
    """A line that was done while reading."""

    @property
    def node(self) -> Node: ...


@dataclass(slots=True)
class Texts:
    """The lines of the files that were read."""

    sources: Mapping[str, str]
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def line(self, file: str, number: int) -> str | None:
        """A line without its end; None if there is none."""
        if file not in self._lines:
            text = self.sources.get(file)
            self._lines[file] = [] if text is None else text.split("\n")
        lines = self._lines[file]
        return lines[number - 1].rstrip("\r") if 1 <= number <= len(lines) else None


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding and its line (all lines of a joined one), the line before, those of its notes."""

    found: Diagnostic
    span: Span
    text: str
    before: str
    noted: tuple[str, ...] = ()

    @property
    def first_word(self) -> str:
        """The name of the directive, or the tag without its >."""
        words = self.text.split(None, 1)
        return words[0].removesuffix(">") if words else ""

    @property
    def row(self) -> Row | None:
        entry = registry().find(self.first_word)
        return entry.row if entry else None


def advise(
    diagnostics: Iterable[Diagnostic],
    texts: Texts,
    nodes: Sequence[Node] = (),
    acted: Sequence[Acted] = (),
) -> list[Diagnostic]:
    """The findings with what can be said besides; their order and number stay."""
    found = list(diagnostics)
    wanting = [i for i, one in enumerate(found) if _is_worth_it(one)][:MOST_ADVISED]
    if not wanting:
        return found
    places = {i: seen for i in wanting if (seen := _see(found[i], texts)) is not None}
    opened = _opening_tags(nodes, {_at(seen.span) for seen in places.values() if _misplaced(seen)})
    defined = {_first_argument(one.node): one.node for one in acted if _is(one.node, "define")}
    loaded = [one.node for one in acted if _is(one.node, "loadmodule")]
    for index, seen in places.items():
        one = _with_hint(seen)
        notes = (*one.notes, *_notes(seen, opened, defined, loaded))
        found[index] = replace(one, notes=notes) if notes != one.notes else one
    return found


def _is_worth_it(found: Diagnostic) -> bool:
    wrong = found.severity is Severity.ERROR and found.code not in {NOT_SUPPORTED, "error"}
    return found.span is not None and (wrong or found.code in _WARNINGS)


_WARNINGS: Final = frozenset({"undefined-variable", "request-variable", "already-loaded"})


def _see(found: Diagnostic, texts: Texts) -> Seen | None:
    span = found.span
    assert span is not None
    last = span.end_line if found.line is None or span.expansion else found.line
    lines = [texts.line(span.file, n) for n in range(span.line, max(last, span.end_line) + 1)]
    if lines[0] is None:
        return None
    text = "\n".join(line for line in lines[:MOST_JOINED] if line is not None)
    places = (note.span for note in found.notes if note.span is not None)
    noted = tuple(texts.line(place.file, place.line) or "" for place in places)
    return Seen(found, span, text, texts.line(span.file, span.line - 1) or "", noted)


def _with_hint(seen: Seen) -> Diagnostic:
    """What is odd about the characters comes before any guess; the rest only where none is."""
    checks = (*_CHARACTERS, *(() if seen.found.hint else _HABITS))
    for check in checks:
        if hint := check(seen):
            return replace(seen.found, hint=hint)
    return seen.found


# --- characters -----------------------------------------------------------------------------------

_QUOTES: Final = re.compile("[“”„‟‘’‚«»″]")
_BLANKS: Final = re.compile("[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000]")
_UTF_16: Final = ("\udcff\udcfe", "\udcfe\udcff")


def _byte_order_mark(seen: Seen) -> str | None:
    if seen.span.line == 1 and seen.text.startswith("\ufeff"):
        return (
            "the file begins with a byte-order mark, which counts as part of the first word: "
            "save it as UTF-8 without BOM"
        )
    if seen.span.line == 1 and seen.text.startswith(_UTF_16):
        return "the file is UTF-16: save it as UTF-8"
    return None


def _odd_blank(seen: Seen) -> str | None:
    odd = _BLANKS.search(seen.text)
    if odd is None:
        return None
    kind = "non-breaking space" if odd[0] in "\u00a0\u202f" else "blank"
    number = f"U+{ord(odd[0]):04X}"
    return f"there is a {kind} ({number}) in this line: only ordinary blanks and tabs divide words"


def _odd_quotes(seen: Seen) -> str | None:
    odd = _QUOTES.search(seen.text)
    if odd is None:
        return None
    return f"{odd[0]} is an ordinary character here, no quote: write plain \" or '"


def _blank_after_backslash(seen: Seen) -> str | None:
    if not any(_BROKEN.search(line) for line in (seen.before, *seen.text.split("\n"))):
        return None
    return "a backslash joins lines only as the very last character: a blank follows it here"


_BROKEN: Final = re.compile(r"\\[ \t]+$")

# --- habits ---------------------------------------------------------------------------------------


def _other_comment(seen: Seen) -> str | None:
    if seen.found.code == "unknown-directive" and re.match(r"\s*(//|;|--|/\*|<!--)", seen.text):
        return "a comment begins with #"
    return None


def _assignment(seen: Seen) -> str | None:
    if seen.found.code != "unknown-directive":
        return None
    name, sign, _ = _partition(seen.first_word)
    if sign and registry().find(name):
        return f"no {sign} stands between {name} and its arguments, only a blank"
    return None


def _partition(word: str) -> tuple[str, str, str]:
    for sign in "=:":
        if sign in word:
            return word.partition(sign)
    return word, "", ""


def _comment(seen: Seen) -> str | None:
    if seen.found.code in _COUNTED and re.search(r"\s#", seen.text):
        return "a comment must be on a line of its own"
    return None


_COUNTED: Final = frozenset({"wrong-arity", "bad-value", "bad-regex"})


def _closing_meant(seen: Seen) -> str | None:
    if seen.found.code in {"wrong-arity", "wrong-context", "unclosed-section"}:
        for line in (seen.text, *seen.noted):
            tag = line.strip()
            if re.fullmatch(r"<\w+\s*>", tag) and tag.lower() not in _WITHOUT_ARGUMENT:
                return f"to close a section, write </{tag[1:]}"
    return None


_WITHOUT_ARGUMENT: Final = frozenset(
    "<else> <proxy> <proxymatch> <requireall> <requireany> <requirenone>".split()
)


def _after_tag(seen: Seen) -> str | None:
    if seen.found.code not in {"unclosed-section", "wrong-arity"}:
        return None
    if re.match(r"\s*<\w+(\s+\"[^\"]*\"|\s[^\">]*)?>\s*[^\s#]", seen.text):
        return "what follows the > is no line of the section: put each directive on its own line"
    return None


def _missing_bracket(seen: Seen) -> str | None:
    if seen.found.code == "bad-tag" and ">" not in seen.text:
        return f"end the tag with >: {seen.text.strip()}>"
    return None


def _blank_in_tag(seen: Seen) -> str | None:
    broken = any(re.match(r"\s*</?\s", line) for line in (seen.text, *seen.noted))
    if broken and seen.found.code in {"wrong-nesting", "bad-tag"}:
        return "no blank may follow the < of a tag"
    return None


def _unquoted(seen: Seen) -> str | None:
    row = seen.row
    one = isinstance(row, Directive) and row.takes.arity is Arity.ONE
    if seen.found.code == "wrong-arity" and one and len(seen.text.split()) > 2:
        return "an argument with blanks in it needs quotes"
    return None


def _request_variable(seen: Seen) -> str | None:
    if seen.found.code not in {"undefined-variable", "request-variable"}:
        return None
    name = seen.text[seen.span.column + 1 : seen.span.end_column - 2]
    if is_request_variable(name):
        return f"what belongs to the request is written with a percent sign: %{{{name}}}"
    if name.startswith("APACHE_"):
        return "Debian sets such names in /etc/apache2/envvars: read that file into the shell first"
    return None


def is_request_variable(name: str) -> bool:
    """Whether NAME of a ${NAME} is rather one of mod_rewrite's %{NAME}."""
    return name.partition(":")[0] in _PREFIXES if ":" in name else name in _VARIABLES


_PREFIXES: Final = frozenset({"HTTP", "ENV", "SSL", "LA-U", "LA-F"})
_VARIABLES: Final = frozenset(
    "HTTP_ACCEPT HTTP_COOKIE HTTP_FORWARDED HTTP_HOST HTTP_PROXY_CONNECTION HTTP_REFERER "
    "HTTP_USER_AGENT HTTPS AUTH_TYPE CONN_REMOTE_ADDR CONTEXT_PREFIX CONTEXT_DOCUMENT_ROOT IPV6 "
    "PATH_INFO QUERY_STRING REMOTE_ADDR REMOTE_HOST REMOTE_IDENT REMOTE_PORT REMOTE_USER "
    "REQUEST_METHOD SCRIPT_FILENAME DOCUMENT_ROOT SCRIPT_GROUP SCRIPT_USER SERVER_ADDR "
    "SERVER_ADMIN SERVER_NAME SERVER_PORT SERVER_PROTOCOL SERVER_SOFTWARE TIME_YEAR TIME_MON "
    "TIME_DAY TIME_HOUR TIME_MIN TIME_SEC TIME_WDAY TIME API_VERSION CONN_REMOTE_ADDR IS_SUBREQ "
    "REQUEST_FILENAME REQUEST_SCHEME REQUEST_STATUS REQUEST_URI THE_REQUEST".split()
)


def _choice(seen: Seen) -> str | None:
    """The word that the message proposes, if one of the line comes close to it."""
    if seen.found.code not in {"bad-value", "wrong-arity"} or seen.span.line != seen.span.end_line:
        return None
    proposed = _PROPOSED.search(seen.found.message)
    if proposed is None:
        return None
    choices = re.findall(r"[A-Za-z][\w*+]*", proposed[1])
    for word in _words(seen):
        if lower(word) not in map(lower, choices) and (hint := did_you_mean(word, choices)):
            return hint
    return None


_PROPOSED: Final = re.compile(r"(?:must be|one of|are|either)\b(.{2,200})", re.DOTALL)


def _words(seen: Seen) -> Iterator[str]:
    """The words that may be wrong: those of the span, the directive's name left out."""
    at = seen.text[seen.span.column - 1 : seen.span.end_column - 1]
    words = at.split()
    if words and words[0].removesuffix(">") == seen.first_word:
        words = seen.text.split()[1:]
    for word in words:
        yield re.split(r"[=:]", word.strip("\"'"))[-1]


def _places(seen: Seen) -> str | None:
    row = seen.row
    if seen.found.code != "wrong-context" or row is None or "only used in" in seen.found.message:
        return None
    where = [text for context, text in _PLACES if context & row.contexts]
    if Context.DIRECTORY in row.contexts:
        where += ["<Location>"] if "<directory" in row.forbidden else ["<Location>", "<Directory>"]
    if Context.HTACCESS in row.contexts:
        where.append(".htaccess files")
    where = [text for text in where if f"within {text} " not in seen.found.message]
    if not where:
        return None
    name = f"{row.name}>" if row.name.startswith("<") else row.name
    return f"{name} may stand in: {', '.join(where)}"


_PLACES: Final = (
    (Context.SERVER, "the main server"),
    (Context.VHOST, "<VirtualHost>"),
    (Context.PROXY, "<Proxy>"),
)

Check = Callable[[Seen], str | None]

_CHARACTERS: Final[tuple[Check, ...]] = (
    _byte_order_mark,
    _odd_blank,
    _odd_quotes,
    _blank_after_backslash,
    _other_comment,
    _assignment,
)
_HABITS: Final[tuple[Check, ...]] = (
    _comment,
    _closing_meant,
    _after_tag,
    _missing_bracket,
    _blank_in_tag,
    _request_variable,
    _choice,
    _places,
    _unquoted,
)

# --- other places ---------------------------------------------------------------------------------

_Position = tuple[str, int, int, str, int]


def _at(span: Span) -> _Position:
    origin = span.included_from
    place = (origin.file, origin.line) if origin else ("", 0)
    return span.file, span.line, span.column, *place


def _misplaced(seen: Seen) -> bool:
    return seen.found.code == "wrong-context" and not seen.found.notes


def _opening_tags(nodes: Sequence[Node], wanted: set[_Position]) -> dict[_Position, Node]:
    """The section around each of the lines that are wanted."""
    found: dict[_Position, Node] = {}
    if not wanted:
        return found
    lines = {place[:2] for place in wanted}
    stack = [(node, list(node.inside)) for node in reversed(nodes) if node.inside]
    while stack:
        section, inside = stack.pop()
        for node in inside:
            if (node.line.file, node.name_span.line) in lines:
                found.setdefault(_at(node.name_span), section)
            if node.inside:
                stack.append((node, node.inside))
    return found


def _is(node: Node, name: str) -> bool:
    return lower(node.name) == name


def _first_argument(node: Node) -> str:
    return lower(node.words[0].text) if node.words else ""


def _notes(
    seen: Seen,
    opened: Mapping[_Position, Node],
    defined: Mapping[str, Node],
    loaded: Sequence[Node],
) -> Iterator[Note]:
    section = opened.get(_at(seen.span))
    if section is not None and _misplaced(seen):
        yield Note("the section begins here", section.name_span)
    for name in dict.fromkeys(re.findall(r"\$\{([^}:]+)\}", seen.text)):
        node = defined.get(lower(name))
        if node is not None and seen.found.code not in _WARNINGS:
            yield Note(f"${{{name}}} is defined here", node.line.whole)
    if seen.found.code == "already-loaded":
        for node in loaded:
            if _same_module(node, seen) and _at(node.line.whole)[:2] != _at(seen.span)[:2]:
                yield Note("it was loaded here", node.line.whole)
                return


def _same_module(node: Node, seen: Seen) -> bool:
    words = seen.text.split()
    return bool(node.words) and len(words) > 1 and node.words[0].text == words[1].strip("\"'")
