r"""Patterns that mean the same to PCRE and to Python's `re`: read, and written for `re`.

In: a pattern that `pcre` has found right. Out: a tree of what it is made of, or `ForeignRegex` for
anything that is not known here to mean the same: what is not on the list below is not guessed at.
`to_python` writes a tree in `re`'s language, for DOTALL and ASCII. Hides PCRE's syntax and options.
Rules: pcre2pattern(3), with what httpd sets: bytes, DOTALL, DOLLAR_ENDONLY.

1. Every character, class and type is a set of bytes (`sets`), case ignored or not; so no meaning of
   `re`'s own classes is relied upon.
2. `\B` is also true in an empty text, which Python learned late: it is written as not `\b`.
3. With `(?m)`, `^` is not true after a newline that ends the text, and `$` is before each newline.
4. Foreign: references, possessive and atomic groups, groups that capture within lookarounds, calls,
   conditions, verbs, `\G \K \R \X \C`, and what may match nothing and is repeated: there the two
   differ in where they stop and what a group then has.
5. A lookbehind whose alternatives differ in length becomes several.
"""

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NoReturn, TypeAlias

from httpdlite.conf.patterns import sets
from httpdlite.conf.patterns.pcre_escapes import Escape, Reader, read_escape
from httpdlite.conf.patterns.regex import ForeignRegex

DEEPEST: Final = 40  # groups within groups, for Python's stack


class Edge(Enum):
    """A place between characters; the value is what Python calls it."""

    START = r"\A"
    END = r"\Z"
    LAST = r"(?=\n?\Z)"
    LINE_START = r"(?:\A|(?<=\n)(?!\Z))"
    LINE_END = r"(?=\n|\Z)"
    WORD = r"\b"
    NOT_WORD = r"(?!\b)"
    NEVER = "(?!)"
    INNER_LINE_START = r"(?<=\n)(?!\Z)"


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set."""

    chars: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """Items, one after the other."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """The first of several that fits."""

    branches: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """An item with a quantifier; `most` None is without limit."""

    item: "Node"
    least: int
    most: int | None
    is_lazy: bool = False


@dataclass(frozen=True, slots=True)
class Capture:
    """A group that has a number, and perhaps a name."""

    item: "Node"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """A lookahead or lookbehind."""

    item: "Node"
    is_behind: bool
    is_negative: bool


Node: TypeAlias = Edge | Chars | Sequence | Choice | Repeat | Capture | Look

NOTHING: Final = Sequence(())

_OPENING: Final = re.compile(
    r"\((?:\?(?:(?P<look><?[=!])|(?:P?<(?P<name>\w+)>|'(?P<quoted>\w+)')"
    r"|(?P<on>[imsx]*)(?:-(?P<off>[imsx]*))?(?P<kind>[:)])))?"
)
_COUNT: Final = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_POSIX: Final = re.compile(r"\[:(\^?)([a-z]+):\]")
_SIMPLE: Final = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_EDGES: Final = {
    "A": Edge.START,
    "z": Edge.END,
    "Z": Edge.LAST,
    "b": Edge.WORD,
    "B": Edge.NOT_WORD,
}


def read_portable(pattern: str, *, ignore_case: bool = False, not_bol: bool = False) -> Node:
    """The tree of a pattern that PCRE takes, in latin-1. Raises ForeignRegex.

    `not_bol`: the text's beginning is no beginning of a line (PCRE2_NOTBOL).
    """
    options = frozenset("si" if ignore_case else "s")
    parser = _Parser(Reader(pattern), options, not_bol)
    found = parser.alternatives(0)
    if not parser.reader.is_done:
        _foreign(")")
    return found


def to_python(node: Node) -> str:
    """The tree as a pattern for `re`."""
    match node:
        case Edge():
            return node.value
        case Chars():
            return sets.written(node.chars)
        case Sequence():
            return "".join(map(_as_item, node.items))
        case Choice():
            return "|".join(map(to_python, node.branches))
        case Repeat():
            return _as_item(node.item, repeated=True) + _quantifier(node)
        case Capture():
            name = f"?P<{node.name}>" if node.name else ""
            return f"({name}{to_python(node.item)})"
        case Look():
            return _look(node)


def can_be_empty(node: Node) -> bool:
    """Whether the node may match without taking a character."""
    match node:
        case Chars():
            return False
        case Sequence():
            return all(map(can_be_empty, node.items))
        case Choice():
            return any(map(can_be_empty, node.branches))
        case Repeat():
            return node.least == 0 or can_be_empty(node.item)
        case Capture():
            return can_be_empty(node.item)
    return True


def _as_item(node: Node, *, repeated: bool = False) -> str:
    text = to_python(node)
    is_one = isinstance(node, Chars | Capture) or (
        not repeated and not isinstance(node, Choice | Sequence)
    )
    return text if is_one else f"(?:{text})"


def _quantifier(node: Repeat) -> str:
    if node.most is None:
        text = {0: "*", 1: "+"}.get(node.least, f"{{{node.least},}}")
    elif (node.least, node.most) == (0, 1):
        text = "?"
    else:
        text = f"{{{node.least},{node.most}}}"
    return text + ("?" if node.is_lazy else "")


def _look(node: Look) -> str:
    sign = "!" if node.is_negative else "="
    if not node.is_behind:
        return f"(?{sign}{to_python(node.item)})"
    branches = node.item.branches if isinstance(node.item, Choice) else (node.item,)
    parts = [f"(?<{sign}{to_python(branch)})" for branch in branches]
    return "".join(parts) if node.is_negative else f"(?:{'|'.join(parts)})"


def _foreign(text: str) -> NoReturn:
    raise ForeignRegex(f"{text} in a regular expression")


@dataclass(slots=True)
class _Parser:
    """One pass over a pattern that is known to be right."""

    reader: Reader
    options: frozenset[str]
    not_bol: bool
    groups: int = 0
    looking: int = 0
    names: set[str] = field(default_factory=set)

    def alternatives(self, depth: int) -> Node:
        """Reads until the end or a closing parenthesis, which stays."""
        if depth > DEEPEST:
            _foreign("groups within groups")
        branches = [self._sequence(depth)]
        while self._here() == "|":
            self.reader.at += 1
            branches.append(self._sequence(depth))
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _here(self, length: int = 1) -> str:
        return self.reader.text[self.reader.at : self.reader.at + length]

    def _sequence(self, depth: int) -> Node:
        items: list[Node] = []
        while (char := self._here()) and char not in "|)":
            if self._skip(char):
                continue
            repeat = self._quantifier(char)
            if repeat is not None:
                items[-1] = self._repeated(items[-1], *repeat)
            elif char == "(":
                items.extend(self._group(depth))
            elif char == "\\":
                items.extend(self._escape())
            else:
                items.append(self._single(char))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _skip(self, char: str) -> bool:
        """Skips what is no item: blanks and comments."""
        reader = self.reader
        if self._here(3) == "(?#":
            reader.at = reader.text.index(")", reader.at) + 1
        elif "x" in self.options and char in " \t\n\v\f\r":
            reader.at += 1
        elif "x" in self.options and char == "#":
            reader.at = reader.text.find("\n", reader.at) + 1 or len(reader.text)
        elif self._here(2) == "\\E":
            reader.at += 2
        else:
            return False
        return True

    # --- quantifiers ------------------------------------------------------------------------------

    def _quantifier(self, char: str) -> tuple[int, int | None, bool] | None:
        reader = self.reader
        if char in _SIMPLE:
            reader.at += 1
            least, most = _SIMPLE[char]
        elif char == "{" and (found := _COUNT.match(reader.text, reader.at)):
            reader.at = found.end()
            least = int(found[1])
            most = (int(found[3]) if found[3] else None) if found[2] else least
        else:
            return None
        suffix = self._here()
        if suffix == "+":
            _foreign("a possessive quantifier")
        if suffix == "?":
            reader.at += 1
        return least, most, suffix == "?"

    def _repeated(self, item: Node, least: int, most: int | None, is_lazy: bool) -> Node:
        if isinstance(item, Look | Edge):
            _foreign("a repeated assertion")
        if (most is None or most > 1) and can_be_empty(item):
            _foreign("a repeated group that may be empty")
        return Repeat(item, least, most, is_lazy)

    # --- groups -----------------------------------------------------------------------------------

    def _group(self, depth: int) -> list[Node]:
        reader = self.reader
        found = _OPENING.match(reader.text, reader.at)
        assert found is not None
        start, reader.at = found[0], found.end()
        if self._here() in {"?", "*"} and start == "(":
            _foreign(f"({self._here(3)}")
        before = self.options
        if found["kind"]:
            self.options = (before | set(found["on"])) - set(found["off"] or "")
            if "xx" in found["on"]:
                _foreign("(?xx)")
            if found["kind"] == ")":
                return []
            node = self.alternatives(depth + 1)
        elif found["look"]:
            self.looking += 1
            item = self.alternatives(depth + 1)
            self.looking -= 1
            node = Look(item, found["look"][0] == "<", found["look"][-1] == "!")
        else:
            node = self._capture(found["name"] or found["quoted"], depth)
        self.options = before
        reader.at += 1
        return [node]

    def _capture(self, name: str | None, depth: int) -> Node:
        if self.looking:
            _foreign("a group within a lookaround")
        if name in self.names:
            _foreign("two groups of one name")
        if name is not None:
            self.names.add(name)
        self.groups += 1
        return Capture(self.alternatives(depth + 1), name)

    # --- single items -----------------------------------------------------------------------------

    def _single(self, char: str) -> Node:
        reader = self.reader
        if self._here(7) in {"[[:<:]]", "[[:>:]]"}:
            _foreign(self._here(7))
        if char == "[":
            return Chars(self._set())
        reader.at += 1
        if char == "^":
            return self._line_start()
        if char == "$":
            return Edge.LINE_END if "m" in self.options else Edge.END
        if char == ".":
            return Chars(sets.ALL if "s" in self.options else sets.TYPES["N"])
        return self._character(ord(char))

    def _line_start(self) -> Edge:
        if "m" in self.options:
            return Edge.INNER_LINE_START if self.not_bol else Edge.LINE_START
        return Edge.NEVER if self.not_bol else Edge.START

    def _character(self, code: int) -> Chars:
        chars = 1 << code
        return Chars(sets.fold(chars) if "i" in self.options else chars)

    def _escape(self) -> list[Node]:
        reader = self.reader
        if self._here(2) == "\\Q":
            end = reader.text.find("\\E", reader.at)
            stop = end if end >= 0 else len(reader.text)
            literal = reader.text[reader.at + 2 : stop]
            reader.at = stop + 2 if end >= 0 else stop
            return [self._character(ord(char)) for char in literal]
        char = self._here(2)[1:]
        if char in sets.TYPES or char in _EDGES:
            reader.at += 2
            return [_EDGES[char] if char in _EDGES else Chars(sets.TYPES[char])]
        return [self._character(self._code(char))]

    def _code(self, char: str) -> int:
        escaped = read_escape(self.reader, self.groups)
        if escaped.kind is not Escape.CHARACTER or escaped.code > 255:
            _foreign(f"\\{char}")
        return escaped.code

    # --- sets -------------------------------------------------------------------------------------

    def _set(self) -> int:
        reader = self.reader
        reader.at += 1
        is_negative = self._here() == "^"
        reader.at += is_negative
        found, low, is_range, is_first = 0, -1, False, True
        while is_first or self._here() != "]":
            if self._here(2) in {"\\Q", "\\E"}:
                _foreign("\\Q in a set")
            part = self._part()
            is_first = False
            if isinstance(part, _Many):
                found, low = found | part.chars, -1
            elif is_range:
                high = ord("-") if part == _HYPHEN else part
                found |= self._cased(sets.between(low, high))
                low, is_range = -1, False
            elif low >= 0 and part == _HYPHEN and self._here() != "]":
                is_range = True
            else:
                part = ord("-") if part == _HYPHEN else part
                found, low = found | self._cased(1 << part), part
        reader.at += 1
        return sets.ALL & ~found if is_negative else found

    def _cased(self, chars: int) -> int:
        return sets.fold(chars) if "i" in self.options else chars

    def _part(self) -> "int | _Many":
        """A character's code, or several characters; `_HYPHEN` is one that may make a range."""
        reader = self.reader
        char = self._here()
        if char == "[" and (posix := _POSIX.match(reader.text, reader.at)):
            reader.at = posix.end()
            name = posix[2]
            if "i" in self.options and name in {"upper", "lower"}:
                name = "alpha"
            chars = sets.CLASSES[name]
            return _Many(sets.ALL & ~chars if posix[1] else chars)
        if char != "\\":
            reader.at += 1
            return _HYPHEN if char == "-" else ord(char)
        char = self._here(2)[1:]
        if char in sets.TYPES and char != "N":
            reader.at += 2
            return _Many(sets.TYPES[char])
        if char == "b":
            reader.at += 2
            return 8
        if char in "12345678gG9kKRX":
            _foreign(f"\\{char} in a set")
        return self._code(char)


_HYPHEN: Final = -2


@dataclass(frozen=True, slots=True)
class _Many:
    chars: int
