"""Tables of values: what the real httpd says to single directives, as text a person can read.

In: a table. A line is a directive (` ⏎ ` where a line ends, for sections); a line below it that
begins with `! ` is httpd's message, without one the directive is taken. Out: cases, and what
httpdlite says to one. `ROOT` in a message is the ServerRoot, in which `FILES` are. What follows the
number of arguments is each program's own help, and not compared. Tests of tests/peers ask the real
httpd the same.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from tests.conf.agreement import our_verdict, plain
from tests.conf.reading import ROOT, read
from tests.conf.surroundings import preamble

FILES: Final = {
    "map.txt": "a b\n",
    "prog": "#!/bin/sh\n",
    "inc/part": "",
    "proxies.txt": "# ours\n10.0.0.0/8\n  192.168.1.1 ::1 # x\n\n",
    "bad-proxies.txt": "10.0.0.0/8\nbogus/\n",
    "account.json": '{"kid": "a", "hmac": "b"}',
    "half.json": '{"kid": "a"}',
}


@dataclass(frozen=True, slots=True)
class Case:
    """Some lines, and the message they get; "" if they are taken."""

    text: str
    message: str = ""


def parse_table(table: str) -> tuple[Case, ...]:
    """The cases of a table."""
    cases: list[Case] = []
    for line in table.strip("\n").split("\n"):
        if line.startswith("! "):
            cases[-1] = Case(cases[-1].text, line[2:])
        elif line and not line.startswith("## "):
            cases.append(Case(line.replace(" ⏎ ", "\n")))
    return tuple(cases)


@cache
def before() -> str:
    """All modules of stock httpd, and what a configuration needs to be taken at all."""
    return "\n".join([*preamble(), "ServerName pre.example", f"ErrorLog {ROOT}/logs/error_log", ""])


def our_message(text: str) -> str:
    """What httpdlite says to some lines, "" if it takes them; without the place."""
    verdict = our_verdict(read(text, FILES, preamble=before()))
    return plain(verdict.message).replace(ROOT, "ROOT")


def expected(case: Case) -> str:
    """The case's message in the form that messages are compared in."""
    return plain(case.message)


def taken(cases: tuple[Case, ...]) -> str:
    """One configuration of all that httpd takes."""
    return "\n".join([*(case.text for case in cases if not case.message), ""])


def refused(cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Those that httpd refuses, each of which needs a configuration of its own."""
    return tuple(case for case in cases if case.message)
