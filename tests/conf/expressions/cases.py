"""The expressions of cases.txt, and more of them made at random.

A line is an expression; an indented line below it is httpd's message. `[condition]` and `[value]`
say how they are read, `with …` which modules are loaded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from httpdlite.conf.expressions.parser import BadExpression, parse_condition, parse_string

FILE: Final = Path(__file__).with_name("cases.txt")


@dataclass(frozen=True, slots=True)
class Case:
    """An expression and what httpd says of it; None if it takes it."""

    text: str
    message: str | None
    kind: str = "condition"
    modules: frozenset[str] = frozenset()


def read_cases() -> list[Case]:
    return list(_cases(FILE.read_text().splitlines()))


def _cases(lines: list[str]) -> Iterator[Case]:
    kind, modules = "", frozenset[str]()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("[") and line.endswith("]"):
            kind, _, names = line[1:-1].partition(" with ")
            modules = frozenset(names.split())
        elif kind and line and not line.startswith("    "):
            message = below.strip() if below.startswith("    ") else None
            yield Case(line, message, kind, modules)


def said(case: Case) -> str | None:
    """What httpdlite says of an expression."""
    try:
        (parse_string if case.kind == "value" else parse_condition)(case.text, case.modules)
    except BadExpression as why:
        return why.message
    return None


WORDS: Final = """'a' "b" '' 'x%{HTTP_HOST}y' "%{HTTP:a}" 12 -3 %{REQUEST_URI} %{http_host} %{X}
    %{HTTP:Upgrade} %{foo:x} $1 $0 tolower('a') Foo("b") req_novary('x') file("/a") '%{ENV:a}'
    %{tolower:%{HTTP:a}$1} 'a$1' '1.2.3.4' '10.' '1.2.3.4/33' "\\\\" '\\1' '\\9' '\\400' '\\'' true
    %{SSL:a} %{SSL_PROTOCOL} hc('b') x %{CONTENT_TYPE}""".split()
OPERATORS: Final = """= == != < <= > >= -eq -ne -lt -le -gt -ge eq ne lt le gt ge -strmatch
    -strcmatch -fnmatch -ipmatch -foo""".split()
PATTERNS: Final = "m#a# /a/ /a/i m|(b)|i /(/ m.x. m,a,x m_. m!^/(a|b)$! /\\d/ 'a' m;a{2};".split()
LISTS: Final = "{'a','b'} {'a'} {} {1,%{HTTP:a}} PeerExtList('1.2') tolower('a') {'a',}".split()
UNARY: Final = "-n -z -e -f -d -T -R -U -F -A -x -h -L -s -q -nn".split()
NOISE: Final = "'\"%{}()$\\ab1 ,:./#m|!=~<>-&i\té"


def make_condition(random: Random, depth: int = 0) -> str:
    """A condition that is right as often as not."""
    choice = random.random()
    if choice < 0.36 and depth < 4:
        inner = make_condition(random, depth + 1)
        if choice < 0.2:
            operator = random.choice([" && ", " and ", "&&", " || ", " or ", "||"])
            return inner + operator + make_condition(random, depth + 1)
        return f"({inner})" if choice < 0.28 else random.choice(["!", "! ", "not "]) + inner
    if choice < 0.45:
        return random.choice(["true", "false"])
    if choice < 0.55:
        return f"{random.choice(UNARY)} {make_word(random)}"
    left = make_word(random)
    if choice < 0.65:
        return f"{left} {random.choice(['=~', '!~'])} {random.choice(PATTERNS)}"
    if choice < 0.72:
        return f"{left} {random.choice(['in', '-in'])} {random.choice(LISTS)}"
    blank = random.choice(["", " "])
    return left + blank + random.choice(OPERATORS) + blank + make_word(random)


def make_word(random: Random, depth: int = 0) -> str:
    choice = random.random()
    if choice < 0.12 and depth < 3:
        return f"{make_word(random, depth + 1)} . {make_word(random, depth + 1)}"
    if choice < 0.2 and depth < 3:
        return f"{random.choice(['tolower', 'md5', 'none'])}({make_word(random, depth + 1)})"
    return random.choice(WORDS)


def mutate(random: Random, text: str) -> str:
    """A character more or less, or a few of them moved."""
    at, other = random.randrange(len(text) + 1), random.randrange(len(text) + 1)
    match random.randrange(3):
        case 0:
            return text[:at] + random.choice(NOISE) + text[at:]
        case 1:
            return text[:at] + text[at + 1 :]
        case _:
            return text[:at] + text[other : other + 6] + text[at:]
