"""mod_expires.c and mod_usertrack.c, judged as httpd does: fields that they add to responses.

Both add to what workers answer, too. Expires and Cache-Control are left to the worker; a cookie
that something may count on is refused. Rules: httpd 2.4.71, as observed.
"""

from collections.abc import Iterator
from typing import Final

from httpdlite.conf.call import EVERYWHERE, Call
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.rows import Alike, Arity, Refusal, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import different, moot
from httpdlite.conf.values import one_of

EXPIRES: Final = judged_module("expires")
USERTRACK: Final = judged_module("usertrack")

_UNITS: Final = ("y", "mo", "w", "d", "h", "mi", "s")
"""How the names of units begin: years, months, weeks, days, hours, minutes, seconds."""

_DIGITS: Final = frozenset("0123456789")


def _period_problem(words: list[str]) -> tuple[str, str] | None:
    """What is wrong with `[plus] number unit …`, and with which word; an empty one ends it."""
    rest = words[1:] if words and lower(words[0][:1]) == "p" else words
    while rest and rest[0]:
        if rest[0][0] not in _DIGITS:
            return "number", rest[0]
        if len(rest) < 2 or not rest[1]:
            return "missing", ""
        if not lower(rest[1]).startswith(_UNITS):
            return "unit", rest[1]
        rest = rest[2:]
    return None


# --- mod_expires ----------------------------------------------------------------------------------


_EXPIRES_WORDING: Final = {
    "number": "numeric value expected <num> '{}'",
    "missing": "missing <type>",
    "unit": "unrecognised <type>'{}'",
}


def _code_problem(call: Call, code: str) -> str | None:
    """What is wrong with `A300` or `access plus 1 month`; a base begins with its letter."""
    if code.startswith(("A", "M")):
        return None
    words = [word.text for word in words_of(call, code)]
    base = words[0] if words else ""
    if lower(base[:1]) not in {"a", "n", "m"}:
        return f"bad expires code, unrecognised <base> '{base}'"
    problem = _period_problem(words[1:])
    return (
        f"bad expires code, {_EXPIRES_WORDING[problem[0]].format(problem[1])}" if problem else None
    )


def _check_default(call: Call) -> None:
    code = call.words[0].text
    if problem := _code_problem(call, code):
        raise call.error(f"'ExpiresDefault {code}': {problem}", 0)


def _check_by_type(call: Call) -> None:
    kind, code = call.words[0].text, call.words[1].text
    if "/" not in kind:
        raise call.error("Invalid mimetype: should contain a slash", 0)
    if problem := _code_problem(call, code):
        raise call.error(f"'ExpiresByType {kind} {code}': {problem}", 1)


NOT_ADDED: Final = different(
    "no Expires and no Cache-Control is added: a worker's own are passed on as they are"
)

_EXPIRES: Final = (
    judged(
        "ExpiresActive",
        Arity.FLAG,
        EVERYWHERE,
        NOT_ADDED,
        "whether responses get Expires and Cache-Control",
        usual="off",
    ),
    judged(
        "ExpiresByType",
        Arity.TWO,
        EVERYWHERE,
        NOT_ADDED,
        "a media type, and when its responses expire",
        check=_check_by_type,
    ),
    judged(
        "ExpiresDefault",
        Arity.ONE,
        EVERYWHERE,
        NOT_ADDED,
        "when responses of other media types expire",
        check=_check_default,
    ),
)


# --- mod_usertrack --------------------------------------------------------------------------------


_COOKIE_WORDING: Final = {
    "number": "numeric value expected.",
    "missing": "missing <type>",
    "unit": "unrecognized type",
}


def _check_cookie_expires(call: Call) -> None:
    """Seconds, or [plus] number unit …; what begins and ends with a digit is taken for seconds."""
    text = call.words[0].text
    if text[0] in _DIGITS and text[-1] in _DIGITS:
        return
    if problem := _period_problem([word.text for word in words_of(call, text)]):
        raise call.error(f"bad expires code, {_COOKIE_WORDING[problem[0]]}", 0)


def _check_domain(call: Call) -> None:
    domain = call.words[0].text
    if not domain.startswith("."):
        raise call.error("CookieDomain values must begin with a dot", 0)
    if "." not in domain[1:]:
        raise call.error("CookieDomain values must contain at least one embedded dot", 0)


def _refuse_tracking(values: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(values[0]) == "on":
        yield Refusal(
            "CookieTracking On is not supported: no cookies are set here",
            hint="Let the application set the cookie.",
        )


ABOUT_COOKIES: Final = Alike(
    moot("it acts only with CookieTracking On, which is refused"), EVERYWHERE
)


_USERTRACK: Final = (
    judged(
        "CookieTracking",
        Arity.FLAG,
        EVERYWHERE,
        moot("Off is what it is here"),
        "whether clients get a cookie to know them by",
        refuse=_refuse_tracking,
        usual="off",
    ),
    ABOUT_COOKIES.one("CookieExpires", "how long the cookie is kept", _check_cookie_expires),
    ABOUT_COOKIES.one("CookieDomain", "the domain of the cookie, from its dot", _check_domain),
    ABOUT_COOKIES.one(
        "CookieStyle",
        "Netscape, Cookie or RFC2109, Cookie2 or RFC2965",
        one_of("netscape cookie cookie2 rfc2109 rfc2965", "Invalid CookieStyle keyword: '{}'"),
    ),
    ABOUT_COOKIES.one("CookieName", "the name of the cookie"),
    ABOUT_COOKIES.one(
        "CookieSameSite",
        "Strict, Lax or None",
        one_of("strict lax none", "CookieSameSite accepts 'Strict', 'Lax', or 'None'"),
    ),
    ABOUT_COOKIES.flag("CookieSecure", "whether the cookie is for TLS alone"),
    ABOUT_COOKIES.flag("CookieHttpOnly", "whether the cookie is kept from scripts"),
)

MODULES: Final = ((EXPIRES, _EXPIRES), (USERTRACK, _USERTRACK))
