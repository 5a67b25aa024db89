"""Regular expressions at work: what every part that searches requests compiles them with.

`compile_regex` takes a pattern as bytes in latin-1 (`pattern.as_bytes_text`) and gives a `Regex`.
`Regex.search(subject, position=0)` gives a `Found` or None and may raise `MatchLimit`; `searcher`
gives a search that takes that for no match, as most parts of httpd do. A `Found` has `group`,
`start`, `end`, `span`, `groupdict`, `string`. `Regex.groups` is how many groups there are.

A `Regex` cannot be pickled: what travels is the pattern's text. Which engine searches, and what a
search may cost, is decided in `conf.patterns.engine`.
"""

from httpdlite.conf.patterns.engine import Found, Regex, Search, compile_regex, searcher
from httpdlite.conf.patterns.library import MatchLimit
from httpdlite.conf.patterns.regex import BadRegex, ForeignRegex

__all__ = [
    "BadRegex",
    "ForeignRegex",
    "Found",
    "MatchLimit",
    "Regex",
    "Search",
    "compile_regex",
    "searcher",
]
