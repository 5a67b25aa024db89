"""Regular expressions as httpd takes them: judged as PCRE does, and compiled for Python.

`check_regex` raises `BadRegex` for what PCRE refuses; `compile_regex` besides raises `ForeignRegex`
for what `re` cannot express. Hides the translation (`regex`) and what PCRE knows (`pcre` and its
parts), which is imported when the first pattern is judged. The scripts of mod_sed, made of
patterns, are judged in `sed`: import that where one is read.
"""

from httpdlite.conf.patterns.regex import BadRegex, ForeignRegex, check_regex, compile_regex

__all__ = ["BadRegex", "ForeignRegex", "check_regex", "compile_regex"]
