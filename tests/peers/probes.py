"""Every directive that both programs have, in every kind of place, with every number of words.

In: the letters that names begin with, or a dash for all. Out: texts of a few lines. They find what
random mutations seldom come to: a row with a wrong context, arity or section rule.
"""

from collections.abc import Iterator
from typing import Final

from tests.peers.damage import known_lines, names
from tests.peers.slices import closing_tag

PLACES: Final[tuple[tuple[str, ...], ...]] = (
    (),
    ("<VirtualHost *:80>",),
    ("<Directory /x>",),
    ("<DirectoryMatch ^/x>",),
    ("<Location /x>",),
    ("<LocationMatch ^/x>",),
    ("<Files x>",),
    ("<Proxy http://h.test/>",),
    ("<If true>",),
    ("<Location /x>", "<Limit GET>"),
    ("<Location /x>", "<RequireAll>"),
    ("<Location /x>", "<If true>"),
    ("<VirtualHost *:80>", "<Directory /x>", "<Files x>"),
    ("<AuthnProviderAlias file f>",),
    ("<AuthzProviderAlias ip f 10.0.0.1>",),
)

WORDS: Final = ("", "x", "x y", "x y z", "x y z w", '""', "On", "1")


def probes(letters: str) -> Iterator[str]:
    """The texts for all directives that begin with one of the letters."""
    for name in names():
        if letters != "-" and name[0].lower() not in letters.lower():
            continue
        for words in WORDS:
            yield within((), f"{name} {words}")
        line = known_lines().get(name.lower(), (f"{name} x",))[0]
        for place in PLACES:
            yield within(place, line)


def within(place: tuple[str, ...], line: str) -> str:
    """A line inside of sections."""
    closing = [closing_tag(tag) for tag in reversed(place)]
    return "\n".join([*place, line, *closing, ""])
