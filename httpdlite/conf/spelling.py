"""How names compare: without case, as C does; and what was meant by one that nobody knows.

In: a word and the words that would have been right. Out: the closest of them, or None: no guess is
better than a far-fetched one. Hides the measure: edits (a swap of two neighbours is one), counted
without case, `_` and `-`; and a word that was cut off short. Fast enough for a few thousand names.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

SHORTEST_BEGINNING: Final = 6  # a word of fewer letters begins too many names

_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def lower(text: str) -> str:
    """ASCII lower case: `text.lower()` would take the Kelvin sign for a k."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


@dataclass(frozen=True, slots=True)
class Name:
    """A name that is known, and what it is compared by."""

    name: str
    plain: str
    letters: int  # a bit for each letter that occurs


def known_name(name: str) -> Name:
    """`name`, ready for comparisons."""
    plain = _plain(name)
    return Name(name, plain, _letters(plain))


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").strip("<>")


def _letters(plain: str) -> int:
    bits = 0
    for char in plain:
        bits |= 1 << (ord(char) & 63)
    return bits


def most_edits(length: int) -> int:
    """How many edits a word of that length may be away."""
    return 0 if length < 2 else 1 if length < 6 else 2 if length < 12 else 3


def closest(
    word: str, names: Iterable[Name], rank: Callable[[str], object] = lambda _: 0
) -> str | None:
    """The name that `word` comes closest to; among equals the one with the lowest `rank`."""
    plain = _plain(word)
    letters, most = _letters(plain), most_edits(len(plain))
    found: list[tuple[int, Name]] = []
    for name in names:
        if (
            abs(len(name.plain) - len(plain)) <= most
            and (name.letters ^ letters).bit_count() <= 2 * most
        ):
            edits = distance(plain, name.plain, most)
            if edits is not None:
                found.append((edits, name))
    if not found:
        return _begun(plain, names)

    def key(one: tuple[int, Name]) -> tuple[object, ...]:
        edits, name = one
        same_kind = name.name.startswith("<") == word.startswith("<")
        return (edits, not same_kind, rank(name.name), _differs_at(plain, name.plain), name.name)

    return min(found, key=key)[1].name


def _differs_at(one: str, other: str) -> int:
    """How early two words differ, as a rank: the beginning of a word is seldom wrong."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return -same


def _begun(plain: str, names: Iterable[Name]) -> str | None:
    """The shortest name that begins like this, for a word that was cut off."""
    if len(plain) < SHORTEST_BEGINNING:
        return None
    longer = [name for name in names if name.plain.startswith(plain)]
    return min(longer, key=lambda name: (len(name.plain), name.name)).name if longer else None


def distance(one: str, other: str, most: int) -> int | None:
    """How many edits make one word the other; None if more than `most`.

    An edit puts in, takes out or changes a letter, or swaps two neighbours.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, char in enumerate(one, 1):
        before, above, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != wanted))
            if i > 1 < j and char == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None


def did_you_mean(word: str, choices: Sequence[str]) -> str | None:
    """A hint for a value that is none of `choices`; None if nothing is close."""
    guess = closest(word, [known_name(choice) for choice in choices])
    return f"did you mean {guess}?" if guess is not None and guess != word else None
