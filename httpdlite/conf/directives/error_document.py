"""core.c: ErrorDocument, what is answered in place of a standard page.

In: a status and a text, a path or a URL. Out: an `ErrorDocument`. Rules: httpd's core
documentation; wordings and tolerances as observed with 2.4.71. The second word is an expression,
even without `%{`: `\\n` becomes the end of a line, `$1` nothing. What it is, a text, a path or a
URL, is seen by how it begins, before anything is filled in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from httpdlite.conf.call import EVERYWHERE, Call, Remark
from httpdlite.conf.directives import core
from httpdlite.conf.numbers import atoi
from httpdlite.conf.rows import Arity, Refusal, Takes, repeated
from httpdlite.conf.spelling import lower
from httpdlite.conf.values import text_tree

if TYPE_CHECKING:
    from httpdlite.conf.expressions.tree import Word

MODULE: Final = core.MODULE

STATUSES: Final = frozenset(
    {*range(100, 104), *range(200, 209), 226, *range(300, 306), 307, 308, *range(400, 418)}
    | {*range(421, 425), 426, 428, 429, 431, 451, *range(500, 509), 510, 511}
)
"""The statuses that httpd has a text for."""


class Answer(Enum):
    """What an ErrorDocument is."""

    TEXT = auto()  # a page of its own
    PATH = auto()  # a path of this server, which is asked for within
    URL = auto()  # the client is sent there
    DEFAULT = auto()  # the standard page again
    IGNORED = auto()  # as if it were not there


@dataclass(frozen=True, slots=True)
class ErrorDocument:
    """What is answered for one status. ``word``: what fills the text in for each request."""

    status: int
    answer: Answer
    text: str
    word: "Word | None" = None


def _read(call: Call) -> ErrorDocument:
    number, target = call.words[0].text, call.words[1].text
    status = atoi(number)
    if status not in STATUSES:
        raise call.error(f"Unsupported HTTP response code {number}", 0)
    answer = _kind(target)
    if status == 401 and answer is Answer.URL:
        where = f"{call.line.file}:{call.line.number}"
        text = "cannot use a full URL in a 401 ErrorDocument directive --- ignoring!"
        call.place.warn(Remark(f"AH00113: {where} {text}", call.span, "core:notice"))
        return ErrorDocument(status, Answer.IGNORED, "")
    if "%{" in target:
        tree = text_tree(call, target, 1, "Cannot parse expression in ErrorDocument: {}")
        assert not isinstance(tree, str)
        return ErrorDocument(status, answer, target, tree)
    if lower(target) == "default":
        return ErrorDocument(status, Answer.DEFAULT, "")
    return ErrorDocument(status, answer, _plain(target))


def _kind(target: str) -> Answer:
    """What httpd takes the second word for; anything with a blank is a text."""
    if " " in target or target.startswith('"'):
        return Answer.TEXT
    if target.startswith("/"):
        return Answer.PATH
    return Answer.URL if _URL.match(target) else Answer.TEXT


_URL: Final = re.compile(r"[A-Za-z0-9+.-]+:")  # httpd asks for no more than that


_SPECIAL: Final = re.compile(r"\$[0-9]|\\(.?)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def _plain(text: str) -> str:
    """What an expression without variables comes to: escapes resolved, no back-references."""

    def replaced(found: re.Match[str]) -> str:
        letter = found[1]
        return "" if letter is None else _ESCAPES.get(letter, letter)

    return _SPECIAL.sub(replaced, text) if "\\" in text or "$" in text else text


def _refuse(documents: tuple[ErrorDocument, ...]) -> Iterator[Refusal]:
    for document in documents:
        if document.answer is Answer.URL and not document.text.isprintable():
            yield Refusal("ErrorDocument with a URL of several lines is not supported")


ERROR_DOCUMENT: Final = repeated(
    "ErrorDocument",
    Takes(Arity.TWO, _read),
    contexts=EVERYWHERE,
    collect=lambda document: () if document.answer is Answer.IGNORED else (document,),
    refuse=_refuse,
    doc="What is answered in place of a standard error page: a text, a path or a URL.",
)
