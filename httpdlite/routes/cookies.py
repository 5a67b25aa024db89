"""ProxyPassReverseCookiePath and -Domain: a worker's cookies made to fit the front. Pure.

Source: mod_proxy; as observed with 2.4.71: the last attribute named ``path``
or ``domain`` (any case of letters, no blank before its ``=``) whose value begins with the rule's
internal text gets the public one in place of its whole value. The first rule that fits counts;
paths are compared as written, domains in any case of letters.
"""

from collections.abc import Mapping
from typing import Final

from httpdlite.conf.directives.proxy_exchange import CookieRule
from httpdlite.routes.environment import interpolate_field

Rules = tuple[CookieRule, ...]


def interpolated(rules: Rules, environment: Mapping[str, str]) -> Rules:
    """The rules as they are for a request with these variables (names in lower case)."""

    def filled(rule: CookieRule) -> CookieRule:
        if not rule.interpolate:
            return rule
        both = (rule.internal, rule.public)
        internal, public = (interpolate_field(text, environment) for text in both)
        return CookieRule(internal, public, interpolate=False)

    return tuple(map(filled, rules)) if any(rule.interpolate for rule in rules) else rules


def reverse_cookie(value: bytes, paths: Rules, domains: Rules) -> bytes:
    """A Set-Cookie value for the client."""
    attributes = value.decode("latin-1").split(";")
    changed = False
    last = {
        attribute.partition("=")[0].lstrip(_BLANKS).lower(): index
        for index, attribute in enumerate(attributes)
        if "=" in attribute
    }
    for key, fitting, rules in (("path", _path, paths), ("domain", _domain, domains)):
        if key not in last:
            continue
        name, _, text = attributes[last[key]].partition("=")
        public = fitting(text, rules)
        if public is not None:
            attributes[last[key]] = f"{name}={public}"
            changed = True
    return ";".join(attributes).encode("latin-1", "replace") if changed else value


_BLANKS: Final = " \t"


def _path(text: str, rules: Rules) -> str | None:
    for rule in rules:
        if text.startswith(rule.internal):
            return rule.public
    return None


def _domain(text: str, rules: Rules) -> str | None:
    lowered = text.lower()
    for rule in rules:
        if lowered.startswith(rule.internal.lower()):
            return rule.public
    return None
