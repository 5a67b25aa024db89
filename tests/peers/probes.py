"""Every directive and section that both have, in every kind of place, with every number of words.

In: the letters that names begin with (`<` for sections), or a dash for all. Out: texts of a few
lines. They find what random mutations seldom come to: a row with a wrong context, arity or rule.
"""

from collections.abc import Iterator
from typing import Final

from tests.peers.damage import known_lines, names, sections
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


ARGUMENTS: Final = (
    "", " ", " x", ' "x"', " 'x y'", " x y", " ~", " ~ x", " ~ (", " (", ' ""', " *", " http://h.test",
    " balancer://b", " GET", " TRACE", " *:80", " *:x", " true", " ! x", " !x", " x > y", " file f",
)  # fmt: skip

INSIDE: Final = ("", "Require all granted\n", "AllowOverride None\n", "Nonsense\n")


def probes(letters: str) -> Iterator[str]:
    """The texts for all names that begin with one of the letters."""
    if letters == "-" or "<" in letters:
        yield from _sections()
    for name in names():
        if letters != "-" and name[0].lower() not in letters.lower():
            continue
        for words in WORDS:
            yield within((), f"{name} {words}")
        line = known_lines().get(name.lower(), (f"{name} x",))[0]
        for place in PLACES:
            yield within(place, line)


def _sections() -> Iterator[str]:
    for name in sections():
        closing = f"</{name[1:]}>\n"
        for argument in ARGUMENTS:
            yield f"{name}{argument}>\n{closing}"
        for end in ("", " x", " x>y", "x>", ">>", " >"):
            yield f"{name}{end}\n{closing}"
        yield f"{name} x>\n</{name[1:]}\n"
        yield f"{name} x>\n</{name[1:]} >\n"
        yield f"{name} x>\n"
        for argument in (" x", " true", " GET", "", " file f", " env f x"):
            for inside in INSIDE:
                for place in PLACES:
                    yield within(place, f"{name}{argument}>\n{inside}{closing}".rstrip())


def within(place: tuple[str, ...], line: str) -> str:
    """A line inside of sections."""
    closing = [closing_tag(tag) for tag in reversed(place)]
    return "\n".join([*place, line, *closing, ""])
