"""ProxyPassReverse: a worker's own URLs in Location and its like, turned into the front's. Pure.

Source: mod_proxy, ProxyPassReverse (2.4): a value that starts with the rule's URL (letters in any
case) gets the rule's path in its place, made absolute with the front's own URL; relative values
stay; the first matching rule wins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

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
        if lowered.startswith(rule.url.lower()):
            return f"{front}{_join(rule.path, text[len(rule.url) :])}".encode("latin-1")
    return value


def _join(path: str, rest: str) -> str:
    return f"{path}{rest}" if path.startswith("/") else f"/{path}{rest}"
