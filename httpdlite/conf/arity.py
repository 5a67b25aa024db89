"""How many arguments a directive takes, checked and worded as httpd does (server/config.c).

In: the arity, the registered name, the words. Out: nothing, or the message. An empty quoted word
counts as absent where httpd looks for one; which ones it looks at differs from kind to kind.
"""

from collections.abc import Callable, Sequence
from typing import Final

from httpdlite.conf.call import Word
from httpdlite.conf.rows import Arity
from httpdlite.conf.spelling import lower

Check = Callable[[Sequence[str]], bool]


def _given(words: Sequence[str], number: int) -> bool:
    """Whether the first `number` words are there and not empty."""
    return len(words) >= number and all(words[:number])


def _one_or_three(words: Sequence[str]) -> bool:
    lacks_third = len(words) == 2 and bool(words[1])
    return _given(words, 1) and len(words) <= 3 and not lacks_third


_RULES: Final[dict[Arity, tuple[str, Check]]] = {
    Arity.ONE: ("takes one argument", lambda w: _given(w, 1) and len(w) == 1),
    Arity.TWO: ("takes two arguments", lambda w: _given(w, 2) and len(w) == 2),
    Arity.THREE: ("takes three arguments", lambda w: _given(w, 3) and len(w) == 3),
    Arity.ONE_OR_TWO: ("takes 1-2 arguments", lambda w: _given(w, 1) and len(w) <= 2),
    Arity.TWO_OR_THREE: (
        "takes two or three arguments",
        lambda w: _given(w, 2) and len(w) <= 3,
    ),
    Arity.ONE_TO_THREE: (
        "takes one, two or three arguments",
        lambda w: _given(w, 1) and len(w) <= 3,
    ),
    Arity.ONE_OR_THREE: ("takes one or three arguments", _one_or_three),
    Arity.EACH: ("requires at least one argument", lambda w: _given(w, 1)),
    Arity.FIRST_AND_EACH: (
        "requires at least two arguments",
        lambda w: _given(w, 1) and len(w) > 1,
    ),
    Arity.FLAG: (
        "must be On or Off",
        lambda w: _given(w, 1) and lower(w[0]) in {"on", "off"},
    ),
}

LONGEST_ARGV: Final = 64  # httpd's AP_MAX_ARGC


def arity_error(arity: Arity, name: str, words: Sequence[Word], doc: str) -> str | None:
    """Apache's message when the words are too few or too many; None if they are right.

    `doc` takes the place of the one-line help that Apache adds (not for FLAG).
    """
    rule = _RULES.get(arity)
    if rule is None or rule[1]([word.text for word in words]):
        return None
    if arity is Arity.FLAG or not doc:
        return f"{name} {rule[0]}"
    return f"{name} {rule[0]}, {_help(doc)}"


def _help(doc: str) -> str:
    return doc.rstrip(".")


def used_words(arity: Arity, words: Sequence[Word]) -> Sequence[Word]:
    """The words that httpd hands on: an iteration ends at an empty one."""
    if arity in {Arity.EACH, Arity.FIRST_AND_EACH}:
        empty = (i for i, word in enumerate(words) if i > 0 and not word.text)
        return words[: next(empty, len(words))]
    if arity is Arity.WORDS:
        used = words[:LONGEST_ARGV]
        return used[:-1] if used and not used[-1].text else used
    return words
