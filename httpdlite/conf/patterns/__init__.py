"""Regular expressions as httpd takes them: judged as PCRE does, and compiled to mean the same.

`check_regex` raises `BadRegex` for what PCRE refuses; `compile_regex` besides raises `ForeignRegex`
for the little that cannot be done. Hides what PCRE knows (`pcre` and its parts), which engine
searches (`engine`, `portable`, `library`) and what a search may cost (`costs`): imported when the
first pattern is judged. Requests are searched by way of `routes.regex`. The scripts of mod_sed,
made of patterns, are judged in `sed`: import that where one is read.
"""

from httpdlite.conf.patterns.regex import (
    BadRegex,
    ForeignRegex,
    as_bytes,
    check_regex,
    compile_regex,
    find_doubt,
    searches,
)

__all__ = [
    "BadRegex",
    "ForeignRegex",
    "as_bytes",
    "check_regex",
    "compile_regex",
    "find_doubt",
    "searches",
]
