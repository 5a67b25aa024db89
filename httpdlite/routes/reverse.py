"""ProxyPassReverse: a worker's own URLs in Location and its like, turned into the front's. Pure.

Source: mod_proxy, ProxyPassReverse (2.4): a value that starts with the rule's URL (letters in any
case) gets the rule's path in its place, made absolute with the front's own URL; relative values
stay; the first matching rule wins. As observed with 2.4.71: a rule whose URL is a path is about the
value's path, whatever its host; a rule whose path is a URL puts it in place of what it has matched.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from httpdlite.routes.environment import interpolate_field


@dataclass(frozen=True, slots=True)
class ReverseRule:
    """``url`` of a worker becomes ``path`` of this server."""

    path: str
    url: str
    interpolates: bool = False  # ${NAME} counts in it, with ProxyPassInterpolateEnv


def interpolated(
    rules: tuple[ReverseRule, ...], environment: Mapping[str, str]
) -> tuple[ReverseRule, ...]:
    """The rules as they are for a request with these variables (names in lower case)."""
    if not any(rule.interpolates for rule in rules):
        return rules
    return tuple(
        replace(
            rule,
            path=interpolate_field(rule.path, environment),
            url=interpolate_field(rule.url, environment),
        )
        if rule.interpolates
        else rule
        for rule in rules
    )


def reverse_location(value: bytes, rules: tuple[ReverseRule, ...], front: str) -> bytes:
    """The value for the client. ``front``: scheme://host[:port] of this server."""
    text = value.decode("latin-1")
    lowered = text.lower()
    for rule in rules:
        begin = _path_begin(text) if rule.url.startswith("/") else 0
        if lowered.startswith(rule.url.lower(), begin):
            made = rule.path + text[begin + len(rule.url) :]
            return (made if _URL.match(made) else _join(front, made)).encode("latin-1")
    return value


_URL: Final = re.compile(r"[A-Za-z][-+.A-Za-z0-9]*:/")


def _path_begin(url: str) -> int:
    """Where the path of an absolute URL begins; 0 if there is none."""
    mark = url.find("://")
    return max(url.find("/", mark + 3), 0) if mark >= 0 else 0


def _join(front: str, path: str) -> str:
    return f"{front}{path}" if path.startswith("/") else f"{front}/{path}"
