"""What an expression says, as httpd's parser understands it: conditions and words.

Out of `parser`, for whoever evaluates them. Names are in the spelling of the table
(`names`), whatever the configuration's was. Meaning: "Expressions in Apache HTTP
Server" (mod/expr.html).

1. Chains are flat: `a || b || c` is one Or, `'x' . 'y' . 'z'` and the pieces of a string are one
   Concat, `!!a` is `a`.
2. Alternate nesting is not: parentheses can be 3,000 deep, functions 5,000. Whoever walks a tree
   must not count on Python's recursion.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Text:
    """A string without any variable: escapes are resolved."""

    value: str


@dataclass(frozen=True, slots=True)
class Number:
    """Digits outside of quotes; the same as a string to all but -ipmatch and -R."""

    value: str


@dataclass(frozen=True, slots=True)
class Variable:
    """`%{NAME}`."""

    name: str


@dataclass(frozen=True, slots=True)
class BackReference:
    """`$0` to `$9`: what the last regular expression that matched has found."""

    group: int


@dataclass(frozen=True, slots=True)
class Call:
    """`name(word)`, or `%{NAME:text}`, which is the same."""

    name: str
    argument: "Word"


@dataclass(frozen=True, slots=True)
class Concat:
    """Words one behind the other; none is the empty string."""

    parts: tuple["Word", ...]


@dataclass(frozen=True, slots=True)
class ListCall:
    """A function whose result is a list."""

    name: str
    argument: "Word"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression, not compiled: `conf/patterns` does that."""

    text: str
    any_case: bool = False


@dataclass(frozen=True, slots=True)
class Constant:
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Not:
    operand: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    operands: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    operands: tuple["Condition", ...]


Comparison: TypeAlias = Literal["eq", "ne", "lt", "le", "gt", "ge"]


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of strings (`==`, `<=` …) or, with `numbers`, of integers (`-eq`, `le` …)."""

    operator: Comparison
    left: "Word"
    right: "Word"
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """`=~`, or `!~` if negated."""

    word: "Word"
    pattern: Pattern
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Contained:
    """`-in`: whether a word is one of a list."""

    word: "Word"
    among: "tuple[Word, ...] | ListCall"


@dataclass(frozen=True, slots=True)
class UnaryTest:
    """`-n word` and its like; the name is without the hyphen."""

    name: str
    word: "Word"


@dataclass(frozen=True, slots=True)
class BinaryTest:
    """`word -strmatch word` and its like; the name is without the hyphen."""

    name: str
    left: "Word"
    right: "Word"


Word: TypeAlias = Text | Number | Variable | BackReference | Call | Concat
Condition: TypeAlias = (
    Constant | Not | And | Or | Compare | Match | Contained | UnaryTest | BinaryTest
)
Expression: TypeAlias = Condition | Word
