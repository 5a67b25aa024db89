"""A URL taken apart as apr_uri_parse does (APR-util 1.6): what ProxyPass accepts depends on it.

In: a URL. Out: its parts, or `UriError` where APR gives up. No percent-decoding, no checks of
characters: APR makes none.
"""

import re
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.numbers import atol

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_COLON: Final = re.compile(r"[^:/?#]*:")
_AUTHORITY: Final = re.compile(r"//([^/?#]*)")
_PATH: Final = re.compile(r"([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)

DEFAULT_PORTS: Final = {
    "http": 80,
    "https": 443,
    "ws": 80,
    "wss": 443,
    "ftp": 21,
    "ajp": 8009,
    "fcgi": 8000,
    "scgi": 4000,
}


class UriError(ValueError):
    """The text cannot be taken apart."""


@dataclass(frozen=True, slots=True)
class Uri:
    """The parts of a URL; None is absent. `port` is None where none is written."""

    scheme: str | None
    user: str | None
    host: str | None
    port: int | None
    path: str
    query: str | None
    fragment: str | None


def parse_uri(text: str) -> Uri:
    """Takes a URL apart; UriError for a wrong scheme, a port that is no number, an open `[`."""
    scheme = _SCHEME.match(text)
    if scheme is None and _COLON.match(text):
        raise UriError(text)
    rest = text[scheme.end() :] if scheme else text
    authority = _AUTHORITY.match(rest) if scheme or not text.startswith("///") else None
    user, host, port = None, None, None
    if authority:
        rest = rest[authority.end() :]
        user, at, where = authority[1].rpartition("@")
        host, port = _host_port(where)
        user = user if at else None
    path = _PATH.match(rest)
    assert path is not None
    return Uri(scheme[1] if scheme else None, user, host, port, path[1], path[2], path[3])


def _host_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, closed, port = text[1:].partition("]")
        if not closed:
            raise UriError(text)
        return host, _port(port[1:]) if port.startswith(":") else None
    host, _, port = text.partition(":")
    return host, _port(port)


def _port(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[ \t\n\v\f\r]*[+-]?[0-9]+", text):
        raise UriError(text)
    return atol(text)
