"""What becomes of a request once its rules are through: a redirect, a query that may not go on.

Comes in: the request as the rules have left it. Goes out: a ``Refusal``. Common to rules of servers
and of sections. Source: mod_rewrite's documentation; as observed with 2.4.71.
"""

import re
from collections.abc import Callable
from typing import Final

from httpdlite.conf.directives.rewrite_flags import REDIRECTS
from httpdlite.routes.expressions.functions import escape
from httpdlite.routes.request import Field, Request
from httpdlite.routes.rewriting.course import ERROR, MODULE, Course
from httpdlite.routes.rewriting.rules import PROXY, Outcome
from httpdlite.routes.rewriting.urls import escape_absolute, scheme_length
from httpdlite.routes.route import Refusal

_OK: Final = 200
_FOUND: Final = 302
_FORBIDDEN: Final = 403
_VISIBLE: Final = re.compile(r"[!-~\x80-\xff]*")


def by_status(request: Request) -> Refusal:
    """A rule has said with which status."""
    status, request.status = request.status, _OK
    return Refusal(status, "", is_page=True)


def leave(
    course: Course,
    outcome: Outcome,
    code: str,
    query_before: str | None,
    rebased: Callable[[str, int], str] = lambda url, _scheme: url,
) -> Refusal | None:
    """The answer, if rules have made an absolute URL, or a query that may not be (``code``); None
    if it is a worker's or a path. ``rebased``: what becomes of the URL whose host begins there.
    """
    filename = course.request.filename or ""
    scheme = 0 if goes_to_worker(filename) else scheme_length(filename)
    unescaped = outcome is Outcome.UNESCAPED
    if not scheme or unescaped:
        refusal = refuse_query(course.request, code)
        if refusal is not None:
            return refusal
    if not scheme:
        return None
    url = rebased(filename, scheme)
    return redirect(course, url, scheme, unescaped=unescaped, query_before=query_before)


def goes_to_worker(filename: str) -> bool:
    """Is it the URL of a worker?"""
    return len(filename) > len(PROXY) and filename.startswith(PROXY)


def redirect(
    course: Course, url: str, scheme: int, *, unescaped: bool, query_before: str | None
) -> Refusal:
    """To an absolute URL. A query that the rules have left alone is not escaped."""
    request = course.request
    if not unescaped:
        course.say(1, f"escaping {url} for redirect")
        url = escape_absolute(url, scheme)
    query = request.query
    if query is not None:
        if unescaped or query == query_before:
            course.say(1, f"copying {query} to query string for redirect ")
            url = f"{url}?{query}"
        else:
            escaped = escape(query)
            course.say(1, f"escaping {query} to query string for redirect {escaped}")
            url = f"{url}?{escaped}"
    status, request.status = request.status, _OK
    if status not in REDIRECTS:
        status = _FOUND
    request.filename = url
    course.say(1, f"redirect to {url} [REDIRECT/{status}]")
    return Refusal(status, "", fields=(Field(b"Location", url.encode("latin-1")),))


def refuse_query(request: Request, code: str) -> Refusal | None:
    """A query must not have controls and blanks, wherever it goes."""
    query = request.query
    if query is None or _VISIBLE.fullmatch(query):
        return None
    text = "Rewritten query string contains control characters or spaces"
    request.log(MODULE, ERROR, code, text)
    return Refusal(_FORBIDDEN, "")
