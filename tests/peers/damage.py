"""Mutations: a configuration that is right, damaged a little.

In: a random source (Hypothesis's or a seeded one) and a slice that apache2 accepts. Out: a text
with one or two mutations: a line lost, doubled, moved, wrapped or put in, a word more or less, a
quote broken, a value changed, the end cut off.
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Final

from httpdlite.conf.directives import registry
from tests.peers.slices import Bases, Lines, closing_tag, is_of_use, logical, slices
from tests.peers.verdicts import Bench

VALUES: Final = (
    "0 1 -1 2 15 100 65536 99999999999999999999 1.5 0x10 010 1s 5ms 5min 10k On Off on off ON None "
    "none All all Any any auto foo x * . / /x ../x a/b -foo +foo +All -Indexes ! !foo = a=b a= =b "
    "a:b : http://h.test/ http://h.test http:// //x unix:/s|http://l/ ws://h.test/ balancer://b "
    "balancer:// ^/x$ ( ) [ [x] [R] [R=301,L] [ZZ] (.*) $1 %1 %{HTTP_HOST} %{ %{x} ${X} ${nope} ~ "
    "# \\ \" ' '' \"\" \"a b\" 'a b' text/html image/* .html html 200 404 600 301 gone temp "
    "expr=true expr=( env=x env=!x 10.0.0.0/8 10.0.0.1 ::1 [::1]:80 *:80 80 localhost valid-user "
    "granted denied user ip host GET POST,PUT -"
).split(" ")

TAGS: Final = (
    "<IfModule mod_proxy.c>",
    "<IfModule !mod_proxy.c>",
    "<IfModule no_such_module>",
    "<IfDefine X>",
    "<IfVersion >= 2.4>",
    "<If true>",
    "<If \"%{HTTP_HOST} == 'a'\">",
    "<If (>",
    "<ElseIf true>",
    "<Else>",
    "<Location /x>",
    "<Location>",
    "<LocationMatch ^/x>",
    "<LocationMatch (>",
    "<Directory /x>",
    "<Directory ~ ^/x>",
    "<DirectoryMatch ^/x>",
    "<Files x>",
    "<FilesMatch \\.x$>",
    "<Limit GET>",
    "<Limit GET POST>",
    "<Limit BOGUS x>",
    "<LimitExcept GET>",
    "<VirtualHost *:80>",
    "<VirtualHost>",
    "<Proxy *>",
    "<Proxy balancer://b>",
    "<Proxy http://h.test/>",
    "<ProxyMatch ^http>",
    "<RequireAll>",
    "<RequireAny>",
    "<RequireNone>",
    "<Macro M $a>",
    "<AuthnProviderAlias file f>",
    "<Nope x>",
)


def _pick(rng: random.Random, lines: Lines) -> int:
    return rng.randrange(len(lines))


def _drop(rng: random.Random, lines: Lines) -> None:
    del lines[_pick(rng, lines)]


def _duplicate(rng: random.Random, lines: Lines) -> None:
    at = _pick(rng, lines)
    lines.insert(at, lines[at])


def _swap(rng: random.Random, lines: Lines) -> None:
    at = _pick(rng, lines)
    other = min(at + 1, len(lines) - 1)
    lines[at], lines[other] = lines[other], lines[at]


def _move(rng: random.Random, lines: Lines) -> None:
    line = lines.pop(_pick(rng, lines))
    lines.insert(rng.randrange(len(lines) + 1), line)


def _recase(rng: random.Random, lines: Lines) -> None:
    at = _pick(rng, lines)
    words = re.split(r"(\s+)", lines[at])
    number = rng.randrange(len(words))
    words[number] = rng.choice([str.upper, str.lower, str.swapcase, str.title])(words[number])
    lines[at] = "".join(words)


def _change_word(change: Callable[[random.Random, str], str]) -> "Mutation":
    """A mutation of one argument of a line (of its name, if there is none)."""

    def mutate(rng: random.Random, lines: Lines) -> None:
        at = _pick(rng, lines)
        parts = re.split(r"(\s+)", lines[at].strip())
        places = list(range(2, len(parts), 2)) or [0]
        place = rng.choice(places)
        end = ">" if parts[0].startswith("<") and parts[place].endswith(">") else ""
        inner = parts[place][: len(parts[place]) - len(end)]
        parts[place] = change(rng, inner) + end
        lines[at] = "".join(parts)

    return mutate


def _requote(rng: random.Random, word: str) -> str:
    bare = word.strip("\"'")
    quote = rng.choice(["'", '"', "", "\\'", '\\"'])
    return quote + bare + quote


def _break_quotes(rng: random.Random, word: str) -> str:
    at = rng.randrange(len(word) + 1)
    return word[:at] + rng.choice(["'", '"', "\\", "\\\\"]) + word[at:]


def _add_word(rng: random.Random, word: str) -> str:
    return rng.choice([f"{word} {rng.choice(VALUES)}", f"{rng.choice(VALUES)} {word}"])


def _drop_word(rng: random.Random, _: str) -> str:
    return ""


def _other_value(rng: random.Random, _: str) -> str:
    return rng.choice(VALUES)


def _mangle(rng: random.Random, word: str) -> str:
    """A word changed a little: a number, a character, a part of it."""
    number = re.search(r"[0-9]+", word)
    if number and rng.random() < 0.5:
        value = rng.choice(["", "0", "-1", "x", "99999999999", str(int(number[0][:9]) + 1)])
        return word[: number.start()] + value + word[number.end() :]
    at = rng.randrange(len(word) + 1)
    signs = "x0/:=.,+-!%$*()[]{}<>|&;?~^#@ "
    match rng.randrange(3):
        case 0:
            return word[:at] + rng.choice(signs) + word[at:]
        case 1:
            return word[:at] + word[at + 1 :]
        case _:
            return word[:at]


def _truncate(rng: random.Random, lines: Lines) -> None:
    at = _pick(rng, lines)
    lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    if rng.random() < 0.3:
        del lines[at + 1 :]


def _join(rng: random.Random, lines: Lines) -> None:
    at = _pick(rng, lines)
    cut = rng.randrange(len(lines[at]) + 1)
    lines[at] = rng.choice([lines[at] + "\\", lines[at][:cut] + "\\\n" + lines[at][cut:]])


ODD: Final = (
    "\r", "\t", "\v", "\f", "\0", "\x01", "\x7f", "\ufeff", "\u00a0", "é", "\udcff",
    "\\", "\\\n", " \\\n", "\\\r\n", "\n", "<", ">", "</", "${", "${APACHE_LOG_DIR}", "%{",
    "#", '"', "'", " ",
)  # fmt: skip


def _odd_bytes(rng: random.Random, lines: Lines) -> None:
    """Bytes that mean something else to one of the two, perhaps."""
    at = _pick(rng, lines)
    cut = rng.choice([0, len(lines[at]), rng.randrange(len(lines[at]) + 1)])
    lines[at] = lines[at][:cut] + rng.choice(ODD) + lines[at][cut:]


def _line_ends(rng: random.Random, lines: Lines) -> None:
    end = rng.choice(["\r", " ", "\t", " \r"])
    lines[:] = [line.replace("\n", end + "\n") + end for line in lines]


def _wrap(rng: random.Random, lines: Lines) -> None:
    at = _pick(rng, lines)
    tag = rng.choice(TAGS)
    end = at + 1
    if rng.random() < 0.2:
        end = rng.randrange(at, len(lines)) + 1
    lines[at:end] = [tag, *lines[at:end], closing_tag(tag)]


def _insert_tag(rng: random.Random, lines: Lines) -> None:
    tag = rng.choice(TAGS)
    lines.insert(rng.randrange(len(lines) + 1), rng.choice([tag, closing_tag(tag)]))


def _insert_known(rng: random.Random, lines: Lines) -> None:
    """A directive of the corpora, as it is somewhere else."""
    known = known_lines()
    name = rng.choice(sorted(known))
    lines.insert(rng.randrange(len(lines) + 1), rng.choice(known[name]))


def _insert_made_up(rng: random.Random, lines: Lines) -> None:
    """Any directive that both have, with any words."""
    name = rng.choice(names())
    words = [rng.choice(VALUES) for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3, 4]))]
    lines.insert(rng.randrange(len(lines) + 1), " ".join([name, *words]))


Mutation = Callable[[random.Random, Lines], None]

MUTATIONS: Final[tuple[Mutation, ...]] = (
    _drop,
    _duplicate,
    _swap,
    _move,
    _move,
    _recase,
    _change_word(_requote),
    _change_word(_break_quotes),
    _change_word(_add_word),
    _change_word(_drop_word),
    _change_word(_other_value),
    _change_word(_other_value),
    _change_word(_mangle),
    _change_word(_mangle),
    _truncate,
    _join,
    _odd_bytes,
    _odd_bytes,
    _line_ends,
    _wrap,
    _insert_tag,
    _insert_known,
    _insert_made_up,
)


@cache
def known_lines() -> dict[str, tuple[str, ...]]:
    """The lines of the corpora by their directive, sections left out."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for text in slices():
        for line in logical(text):
            name = line.split(maxsplit=1)[0].lower()
            if not name.startswith("<"):
                found[name][line.strip()] = None
    return {name: tuple(lines) for name, lines in found.items()}


@cache
def names() -> tuple[str, ...]:
    """Every directive that both programs have."""
    rows = (entry.row.name for entry in registry().rows.values())
    return tuple(sorted(n for n in rows if not n.startswith("<") and is_of_use(f"{n} x")))


@cache
def sections() -> tuple[str, ...]:
    """Every section that both programs have, with its `<`."""
    rows = (entry.row.name for entry in registry().rows.values())
    return tuple(sorted(n for n in rows if n.startswith("<") and is_of_use(f"{n} x>")))


def mutated(rng: random.Random, bases: Bases, at: Bench) -> str:
    """A text to be judged by both."""
    lines: Lines = []
    for _ in range(8):
        lines = bases.get(rng.randrange(len(slices())), at)
        if lines:
            break
    for _ in range(rng.choice([1, 1, 1, 2])):
        if lines:
            rng.choice(MUTATIONS)(rng, lines)
    return "\n".join(lines) + rng.choice(["\n", "\n", "\n", ""])
