"""Regular expressions at work: what every part that searches requests compiles them with.

`compile_regex` takes a pattern as bytes in latin-1 (`pattern.as_bytes_text`) and gives a `Regex`.
`Regex.search(subject, position=0)` gives a `Found` or None and may raise `MatchLimit`; `searcher`
gives a search that takes that for no match, as most parts of httpd do. A `Found` has `group`,
`start`, `end`, `span`, `groupdict`, `string`. `Regex.groups` is how many groups there are.

A `Regex` cannot be pickled: what travels is the pattern's text. Which engine searches, and what a
search may cost, is decided in `conf.patterns.engine`. All that is searched for one request has one
budget (`WORK`), and who can write to the error log asks `given_up_line`.
"""

from typing import Final

from httpdlite.conf.patterns.budget import WORK, MatchLimit
from httpdlite.conf.patterns.engine import Found, Regex, Search, compile_regex, searcher
from httpdlite.conf.patterns.regex import BadRegex, ForeignRegex
from httpdlite.routes.logline import LogLine

_ERROR: Final = 3

__all__ = [
    "WORK",
    "BadRegex",
    "ForeignRegex",
    "Found",
    "MatchLimit",
    "Regex",
    "Search",
    "compile_regex",
    "given_up_line",
    "searcher",
]


def given_up_line() -> LogLine | None:
    """Says, once, what was not done as it is written since that would have cost too much."""
    text = WORK.take_given_up()
    return None if text is None else LogLine("core", _ERROR, "", text, is_literal=True)
