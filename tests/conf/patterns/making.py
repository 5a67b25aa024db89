"""Patterns and texts made at random, out of a source of chance.

`make_portable`: patterns of what `re` and PCRE have in common, nearly all of them right.
`make_any`: pieces of PCRE's language in a row, few of them right. `make_text`: short texts in which
such patterns are found.
"""

from random import Random
from typing import Final

_ATOMS: Final = (
    r"a b c d a a b / . . \. \w \d \s \W \h \v \N [ab] [^a] [^/] [a-c] [[:alpha:]] [^[:upper:]] "
    r"[[:^digit:]] [\w.-] [^\s] \x41 \x{62} \n \t A B \Qa.b\E \e \0 \xe9 [à-þ] é"
).split()
_EDGES: Final = r"^ $ \b \B \A \z \Z".split()
_QUANTIFIERS: Final = "* + ? *? +? ?? {2} {1,2} {0,2}? {2,} {0} {1,3} {0,1}".split()
_OPENINGS: Final = "( ( (?: (?i: (?-i: (?s-i: (?m: (?-s: (?<n>".split()
_OPTIONS: Final = "(?i) (?m) (?-s) (?x) (?#c)".split()
_LOOKS: Final = "(?= (?! (?<= (?<!".split()

_PIECES: Final = (
    r"( ) [ ] { } | * + ? ^ $ . a b c x - , 1 2 0 8 = ! < > ' # : \ & R (?: (?= (?! (?<= (?<! (?> "
    r"(?| (?<n> (?P<m> (?'n' (?i) (?x) (?xx) (?n) (?-x) (?i: (?^) (?J) (?# (?R) (?1) (?-1) (?+1) "
    r"(?&n) (?P>m) (?P=n) (?(1) (?(n) (?(<n>) (?(R) (?(R1) (?(DEFINE) (?(?= (?( (?C) (?C1) (?C'a') "
    r"(*COMMIT) (*MARK:a) (*:x) (*pla: (*plb: (*atomic: (*sr: (*UTF) (?* \d \w \s \b \B \A \z \Z "
    r"\G \K \R \X \C \N \h \v \Q \E \Qa\E \1 \2 \10 \12 \0 \377 \400 \x41 \x{41} \x{100} \x{ "
    r"\o{101} \cA \c \g1 \g{1} \g{-1} \g<1> \g{n} \k<n> \k{n} \p{L} \pL \pQ \p{^Lu} \i \q \L \u \- "
    r"\/ [a [^ [a-z] [:alpha:] [[:alpha:]] [[:^digit:]] [\d [a-\d] [\d-a] [.a.] [[=a=]] ]] [] [^] "
    r"{1} {2,3} {,3} {2,} {3,2} {65536} a+ a* a?? a++ (a) (b|c) (a|bc) (?<n>a)"
).split()
_MEANT: Final = (
    r"a?+ b{1,2}+ (a+)* (?:a|b?)+ (?>a*) (*PRUNE) (*SKIP) (*THEN) (*ACCEPT) (*F) [\x4] [^\Qa\E-c] "
    r"\xg \x4g { } é (?m) (?s) ^ $ .* (.)\1 (a|b)(?1)"
).split()


def make_portable(chance: Random, depth: int = 4) -> str:
    """A pattern of what both engines should know."""
    kind = chance.random()
    if depth <= 0 or kind < 0.4:
        return _item(chance)
    if kind < 0.65:
        return "".join(make_portable(chance, depth - 1) for _ in range(chance.randint(1, 4)))
    if kind < 0.8:
        branches = [make_portable(chance, depth - 1) for _ in range(chance.randint(2, 3))]
        branches[-1] = branches[-1] if chance.random() < 0.9 else ""
        return f"({'?:' if chance.random() < 0.5 else ''}{'|'.join(branches)})"
    if kind < 0.93:
        group = f"{chance.choice(_OPENINGS)}{make_portable(chance, depth - 1)})"
        return group + (chance.choice(_QUANTIFIERS) if chance.random() < 0.6 else "")
    if kind < 0.97:
        return f"{chance.choice(_LOOKS)}{make_portable(chance, depth - 2)})"
    return chance.choice(_OPTIONS)


def _item(chance: Random) -> str:
    if chance.random() < 0.15:
        return chance.choice(_EDGES)
    item = chance.choice(_ATOMS)
    if chance.random() < 0.6:
        return item
    is_one = len(item) == 1 or (item[0] in "[\\" and not item.startswith("\\Q"))
    return (item if is_one else f"(?:{item})") + chance.choice(_QUANTIFIERS)


def make_any(chance: Random, *, meant: bool = False) -> str:
    """Pieces in a row; with `meant` also such as are more often right."""
    pieces = [*_PIECES, " ", "\n", *(_MEANT if meant else ())]
    longest = chance.choice([3, 6, 12])
    pattern = "".join(chance.choices(pieces, k=chance.randint(1, longest)))
    return pattern + ")" * chance.choice([0, max(0, pattern.count("(") - pattern.count(")"))])


_LETTERS: Final = ("abcdAB/. 1_-\n\t\xe9\xc0\x00\x85\xa0", "abcA/.\n", "ab", "abcxA12-\n,")


def make_text(chance: Random) -> str:
    """A short text in latin-1."""
    length = chance.choice([0, 1, 2, 3, 5, 8, 12])
    return "".join(chance.choices(chance.choice(_LETTERS), k=length))
