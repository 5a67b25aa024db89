"""The expressions of rules and conditions, compiled: given a text, a match or None.

Comes in: a pattern, latin-1 of its bytes. Goes out: a function. A search that takes too long raises
``MatchLimit``: httpd takes that for no match, and so do we, with a line in the error log.
"""

from httpdlite.routes.regex import MatchLimit, Search, compile_regex
from httpdlite.routes.rewriting.course import ERROR, MODULE, Course

__all__ = ["MatchLimit", "Search", "compile_pattern", "say_limit"]


def compile_pattern(pattern: str, *, ignore_case: bool) -> Search:
    """A function that searches. It may raise MatchLimit."""
    return compile_regex(pattern, ignore_case=ignore_case).search


def say_limit(course: Course, pattern: str) -> None:
    """That a search took too long, once for each expression."""
    text = f"the expression '{pattern}' took too long, and is taken not to match"
    if all(line.text != text for line in course.request.lines):
        course.request.log(MODULE, ERROR, "", text)
