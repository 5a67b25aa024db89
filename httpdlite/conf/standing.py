"""What becomes of a directive here, compared with Apache: its class and the sentence that says so.

Rows have a standing (rows.py); the walk refuses by it, the reports show it.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Class(Enum):
    """What becomes of a directive here, compared with Apache."""

    SAME = "same"
    MOOT = "moot"
    DIFFERENT = "different"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Standing:
    """The class of a directive, and the sentence that goes with it.

    `sentence`: for MOOT why it has no effect here, for DIFFERENT how it differs, for REFUSED the
    predicate of the name ("is not supported yet"). `instead`: what to do. `protects`: its loss
    would open something. `answers`: even in a <Directory> or <Files>, where most things are about
    files that httpdlite does not serve, it may make Apache answer with something else. `but_for`:
    the arguments, in lower case, with which a DIFFERENT one is as in Apache.
    """

    kind: Class
    sentence: str = ""
    instead: str | None = None
    protects: bool = False
    answers: bool = False
    but_for: str = ""


SAME: Final = Standing(Class.SAME)


def moot(reason: str) -> Standing:
    """Accepted without effect: what it is about does not exist here."""
    return Standing(Class.MOOT, reason)


def different(how: str, *, but_for: str = "") -> Standing:
    """Accepted, with an effect of its own."""
    return Standing(Class.DIFFERENT, how, but_for=but_for)


def refused(
    predicate: str, instead: str | None = None, *, protects: bool = False, answers: bool = False
) -> Standing:
    """Keeps the server from starting: `NAME predicate` is the message."""
    return Standing(Class.REFUSED, predicate, instead, protects, answers)


def later(instead: str | None = None, *, protects: bool = False, answers: bool = False) -> Standing:
    """Refused until it is done."""
    return refused("is not supported yet", instead, protects=protects, answers=answers)


def in_files(standing: Standing) -> Standing:
    """What a standing comes to in a section about files, of which httpdlite serves none.

    The section counts for requests that no worker takes, and a rule in it may give such a request
    to a worker: what protects keeps its standing, and so does all that is carried out.
    """
    is_moot_anyway = standing.kind is Class.MOOT
    if standing.kind is Class.SAME or is_moot_anyway or standing.answers or standing.protects:
        return standing
    return ABOUT_FILES


ABOUT_FILES: Final = moot(
    "it stands in a section about files, which counts for what no worker takes; no file is served"
)
