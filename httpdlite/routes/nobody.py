"""Refusals of requests that nobody takes: the target is no URL, no rule is for it. Pure.

Source: ap_parse_uri, default_handler, TraceEnable; as observed with 2.4.71.
"""

from typing import Final

from httpdlite.conf.directives.core_requests import METHODS, Trace
from httpdlite.routes.route import Refusal
from httpdlite.routes.settings import Settings

_CODES: Final = {400: "AH10244", 404: "AH00026", 405: "AH00135"}
_OF_FILES: Final = frozenset((b"GET", b"HEAD", b"POST", b"TRACE"))
_KNOWN: Final = frozenset(name.encode() for name in METHODS)


def bad_target(status: int, target: bytes) -> Refusal:
    """Of what ``parse_target`` refuses with a status."""
    text = f"the request target {target.decode('latin-1')} is not acceptable"
    return Refusal(status, text, _CODES.get(status, ""))


def trace_is_off(settings: Settings) -> Refusal:
    """TraceEnable Off."""
    text = "TRACE forbidden by server configuration"
    return Refusal(405, text, "AH01139", settings, allow=b"")


def not_of_files(method: bytes, refusal: Refusal, settings: Settings) -> Refusal:
    """What httpd's handler for files says to other methods, whether there is a file or not;
    ``refusal``, which is the 404, to those that read files.
    """
    if method in _OF_FILES:
        return refusal
    allow = b"GET,POST,OPTIONS,HEAD" + (b"" if settings.trace is Trace.OFF else b",TRACE")
    if method == b"OPTIONS":
        return Refusal(200, "", "", refusal.settings, allow=allow)
    if method in _KNOWN:
        return Refusal(405, "", "", refusal.settings, allow=allow)
    text = f"Invalid method in request {method.decode('latin-1')}"
    return Refusal(501, text, "AH00135", refusal.settings, allow=allow)
