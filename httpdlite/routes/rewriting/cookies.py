"""[CO=NAME:VALUE:DOMAIN:…] of a rule: a cookie for the answer.

Comes in: the flag's text, filled in. Goes out: a Set-Cookie field, whatever is answered. Source:
the flag CO; as observed with 2.4.71: empty parts are skipped, a text that begins with `;` is cut
there instead of at colons; a cookie that was set is not set again.
"""

from time import gmtime
from typing import Final

from httpdlite.conf.numbers import atol
from httpdlite.routes.request import Field
from httpdlite.routes.rewriting.course import Course

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_NEEDED: Final = 3
_NAME: Final = b"Set-Cookie"


def set_cookie(course: Course, text: str) -> None:
    """Sets it, if the text has a name, a value and a domain."""
    separator = ";" if text.startswith(";") else ":"
    parts = [part for part in text.split(separator) if part]
    if len(parts) < _NEEDED:
        return
    request = course.request
    name, value, domain, *more = parts
    minutes, path, secure, http_only, same_site = [*more, "", "", "", "", ""][:5]
    begin = f"{name}=".encode("latin-1")
    if any(field.name == _NAME and field.value.startswith(begin) for field in request.error_fields):
        if course.traces:
            course.say_bare(5, f"skipping already set cookie '{name}'")
        return
    cookie = f"{name}={value}; path={path or '/'}; domain={domain}"
    if count := atol(minutes):
        cookie += f"; expires={_date(request.now + 60 * count)}"
    if secure.lower() in {"true", "1", "secure"}:
        cookie += "; secure"
    if http_only.lower() in {"true", "1", "httponly"}:
        cookie += "; HttpOnly"
    if same_site and same_site.lower() not in {"0", "false"}:
        cookie += f"; SameSite={same_site}"
    request.error_fields.append(Field(_NAME, cookie.encode("latin-1")))
    if course.traces:
        course.say_bare(5, f"setting cookie '{cookie}'")


def _date(moment: float) -> str:
    try:
        found = gmtime(moment)
    except (OverflowError, ValueError, OSError):
        return ""
    day, month = _DAYS[found.tm_wday], _MONTHS[found.tm_mon - 1]
    time = f"{found.tm_hour:02d}:{found.tm_min:02d}:{found.tm_sec:02d}"
    return f"{day}, {found.tm_mday:02d}-{month}-{found.tm_year:04d} {time} GMT"
