"""core.c: locks, buffers, the status file and the form of the error log.

In: the words of one directive. Out: nothing, or httpd's message. Hardly any of it has an effect on
httpdlite. Rules: httpd's core documentation; wordings and tolerances as observed with 2.4.71.
"""

import re
from collections.abc import Iterator
from typing import Final

from httpdlite.conf.call import DIRECTORY, SERVER, SERVERS, Call
from httpdlite.conf.directives.core import MODULE, words_of
from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.numbers import atol
from httpdlite.conf.rows import Arity, Check, Takes, judged, repeated
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import different, moot, refused

NO_PROCESSES: Final = moot("there are no processes and threads of this kind here")


# --- mutexes, regular expressions -----------------------------------------------------------------

_MECHANISMS: Final = (
    "(Mutex mechanisms are: 'none', 'default', 'flock:/path/to/file', 'fcntl:/path/to/file', "
    "'file:/path/to/file', 'pthread', 'sysvsem', 'posixsem', 'sem')"
)
_KNOWN_MECHANISMS: Final = frozenset(
    "none no default yes flock fcntl file pthread sysvsem posixsem sem".split()
)
_MUTEXES: Final = {
    "ssl-stapling": "ssl_module",
    "ssl-stapling-refresh": "ssl_module",
    "ssl-cache": "ssl_module",
    "rewrite-map": "rewrite_module",
    "proxy": "proxy_module",
    "proxy-balancer-shm": "proxy_balancer_module",
    "ldap-cache": "ldap_module",
    "authdigest-client": "auth_digest_module",
    "authn-socache": "authn_socache_module",
    "watchdog-callback": "watchdog_module",
    "default": "core_module",
}
"""Which module has which mutex; mpm-accept is that of the MPMs other than event."""


def _has_mutex(call: Call, name: str) -> bool:
    if name == "mpm-accept":
        return any(
            call.place.explicit_modules and call.place.find_module(f"mpm_{mpm}_module")
            for mpm in ("prefork", "worker")
        )
    return name in _MUTEXES and call.place.find_module(_MUTEXES[name]) is not None


def _check_mutex(call: Call) -> None:
    words = [word.text for word in words_of(call)]
    if not words or not words[0]:
        raise call.error(f"Mutex requires at least a mechanism argument {_MECHANISMS}")
    mechanism, _, folder = words[0].partition(":")
    if lower(mechanism) not in _KNOWN_MECHANISMS:
        raise call.error(f"Invalid Mutex argument {words[0]} {_MECHANISMS}")
    if folder:
        path = absolute(call.place.server_root, folder)
        if call.place.files.kind(path) is not Kind.DIRECTORY:
            raise call.error(f"Invalid Mutex directory in argument {words[0]}")
    names = [word for word in words[1:] if lower(word) != "omitpid"]
    for name in reversed(names or ["default"]):  # the last one that is wrong is named
        if not _has_mutex(call, name):
            raise call.error(f"Mutex type {name} is not valid")
        if lower(mechanism) in {"none", "no"}:
            raise call.error(f"None is not allowed for mutex type {name}")


_REGEX_OPTIONS: Final = frozenset({"icase", "dotall", "dollar_endonly"})


def _check_regex_options(call: Call) -> None:
    for word in words_of(call):
        signed = word.text[:1] in {"+", "-"}
        name = word.text[1:] if signed else word.text
        if lower(name) not in _REGEX_OPTIONS and (signed or lower(name) != "none"):
            raise call.error(f"RegexDefaultOptions: option '{name}' unknown")


# --- the error log --------------------------------------------------------------------------------

_FORMAT_ITEM: Final = re.compile(
    r"%(?:(?P<percent>%)|(?P<space> )|(?P<flags>[-+]*)(?:[0-9]*)(?:\{(?P<argument>[^}]*)\})?"
    r"(?P<letter>.)?)",
    re.DOTALL,
)
_FORMAT_LETTERS: Final = frozenset("aAcCeEFiklLmMnPtTvV")


def _read_error_format(call: Call) -> tuple[str | None, str]:
    kind, text = None, call.words[0].text
    if len(call.words) > 1 and call.words[1].text:
        kind, text = lower(call.words[0].text), call.words[1].text
        if kind not in {"request", "connection"}:
            raise call.error("ErrorLogFormat type must be one of request, connection", 0)
    letters = set(_format_letters(call, text, is_main=kind is None))
    if kind is None and "M" not in letters:
        raise call.error("main ErrorLogFormat must contain message format string '%M'", 0)
    return kind, text


def _format_letters(call: Call, text: str, *, is_main: bool) -> Iterator[str]:
    for item in _FORMAT_ITEM.finditer(text):
        if item["percent"] or item["space"]:
            continue
        letter = item["letter"]
        if is_main and "+" in (item["flags"] or ""):
            raise call.error("The '+' flag cannot be used in the main error log format")
        if letter is None or (letter == "{" and item["argument"] is None):
            raise call.error("Ran off end of error log format parsing args to some directive")
        if letter not in _FORMAT_LETTERS - {"C"}:
            raise call.error(f"Unrecognized error log format directive %{letter}")
        yield letter


ErrorFormats = tuple[tuple[str | None, str], ...]
"""Pairs of a kind (`request`, `connection`; None: of messages) and a format."""


def _merge_error_formats(base: ErrorFormats, over: ErrorFormats) -> ErrorFormats:
    """A virtual host's formats of a kind take the place of the main server's."""
    kinds = {kind for kind, _ in over}
    return (*(pair for pair in base if pair[0] not in kinds), *over)


ERROR_LOG_FORMAT: Final = repeated(
    "ErrorLogFormat",
    Takes(Arity.ONE_OR_TWO, _read_error_format),
    contexts=SERVERS,
    merge=_merge_error_formats,
    standing=different("%F, a place in the source, is always empty; %T is the process's id"),
    doc="What a line of the error log looks like, and what is said once per request or connection.",
)


# --- buffers --------------------------------------------------------------------------------------

_INTEGER: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+")


def _exactly(least: int, most: int, message: str) -> Check:
    """A number and nothing else, between two bounds."""

    def check(call: Call) -> None:
        text = call.words[0].text
        if not (_INTEGER.fullmatch(text) and least <= atol(text) <= most and len(text) < 40):
            raise call.error(message.format(text), 0)

    return check


_UINT32: Final = "parameter must be a number between 0 and (4294967295U)): {}"
_BUFFERS: Final = moot("buffers have a size of their own")

MODULES: Final = (
    (
        MODULE,
        (
            judged(
                "Mutex",
                Arity.RAW,
                SERVER,
                NO_PROCESSES,
                "How processes lock each other out.",
                check=_check_mutex,
                usual="default",
            ),
            judged(
                "RegexDefaultOptions",
                Arity.RAW,
                SERVER,
                refused("is not supported", "Write (?i) at the beginning of an expression."),
                "How regular expressions are compiled.",
                check=_check_regex_options,
                usual="DOTALL DOLLAR_ENDONLY",
            ),
            ERROR_LOG_FORMAT,
            judged(
                "ReadBufferSize",
                Arity.ONE,
                SERVERS | DIRECTORY,
                _BUFFERS,
                "How much is read at once.",
                check=_exactly(0, 2**32 - 1, _UINT32),
                usual="8192",
            ),
            judged(
                "FlushMaxThreshold",
                Arity.ONE,
                SERVERS,
                _BUFFERS,
                "How much may wait before it must be sent.",
                check=_exactly(0, 2**32 - 1, _UINT32),
                usual="65535",
            ),
            judged(
                "FlushMaxPipelined",
                Arity.ONE,
                SERVERS,
                _BUFFERS,
                "How many answers may wait before they must be sent.",
                check=_exactly(
                    -1, 2**31 - 1, "parameter must be a number between -1 and (2147483647): {}"
                ),
                usual="5",
            ),
            judged(
                "ScoreBoardFile",
                Arity.ONE,
                SERVER,
                NO_PROCESSES,
                "The file that processes tell each other their state by.",
            ),
            judged(
                "ExtendedStatus",
                Arity.FLAG,
                SERVER,
                moot("there is no status page"),
                "Whether the status page shows requests.",
            ),
            judged(
                "SeeRequestTail",
                Arity.FLAG,
                SERVER,
                moot("there is no status page"),
                "Whether the status page shows how requests end.",
            ),
        ),
    ),
)
