"""What is wrong with a regular expression, said without loading what judges and compiles them.

`BadRegex` is a pattern that PCRE refuses (`pcre` knows); `ForeignRegex` one that PCRE takes and
that cannot be done here (`engine`). Many configurations have none, and configtests are quick.
"""

import re
from typing import TYPE_CHECKING, Final

from httpdlite.diagnostics import ENCODING

if TYPE_CHECKING:
    from httpdlite.conf.patterns.engine import Regex


class BadRegex(ValueError):  # noqa: N818 - named as httpd's messages speak of it
    """The pattern is wrong."""


class ForeignRegex(ValueError):  # noqa: N818
    """The pattern has something that cannot be done; the text says what."""


def check_regex(pattern: str) -> None:
    """Raises BadRegex if PCRE refuses a pattern; compiles nothing."""
    from httpdlite.conf.patterns import pcre  # noqa: PLC0415 - 14 ms, often not needed

    pcre.check_regex(pattern)


def compile_regex(pattern: str, *, ignore_case: bool = False) -> "Regex":
    """Compiles a pattern of latin-1 text (`engine`). Raises BadRegex or ForeignRegex."""
    from httpdlite.conf.patterns import engine  # noqa: PLC0415 - as above

    return engine.compile_regex(pattern, ignore_case=ignore_case)


def find_doubt(pattern: str) -> str | None:
    """What a reader should know of a pattern that PCRE takes: that searches may be given up.

    Raises ForeignRegex for a pattern that cannot be done.
    """
    if sum(map(pattern.count, "*+{")) <= 1 and not _RARE.search(pattern):
        return None  # nothing that can go wrong, and the engine takes 15 ms to load
    from httpdlite.conf.patterns import engine  # noqa: PLC0415 - as above

    return engine.find_doubt(as_bytes(pattern))


_RARE: Final = re.compile(r"\(\?|\(\*|\\[pPCgkKGRXNo1-9]")
"""What may be foreign."""


def as_bytes(text: str) -> str:
    """A configuration's text with one character per byte, as patterns are compiled."""
    return text if text.isascii() else text.encode(*ENCODING).decode("latin-1")


def searches(regex: "Regex", subject: str) -> bool:
    """Whether a pattern is found; a search that is given up finds nothing."""
    from httpdlite.conf.patterns.engine import searcher  # noqa: PLC0415 - as above

    return searcher(regex)(subject) is not None
