"""The variables of a request, and what some of them switch. Pure.

Comes in: what SetEnv & co. have made of the environment (names in lower case), the named groups of
<LocationMatch>. Goes out: ``Toggles``, read once per set of merged sections, and texts with
``${NAME}`` filled in. Source: Apache "Environment Variables" (special purpose ones), mod_proxy
(environment variables for protocol adjustments); as observed with 2.4.71. A toggle counts if it is
set, whatever its value, `0` included.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from httpdlite.routes.filling import TooLong, joined
from httpdlite.routes.regex import WORK, Found

_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")


class Interim(Enum):
    """What ``proxy-interim-response`` makes of a worker's 1xx answers; other values than these two
    suppress them, too, with a warning each time (AH01108).
    """

    PASS = "rfc"
    SUPPRESS = "suppress"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Toggles:
    """What variables switch; all off is the ordinary case (``NO_TOGGLES``)."""

    # towards the worker
    request_1_0: bool = False  # force-proxy-request-1.0: HTTP/1.0, no Connection field, no upgrade
    close_worker: bool = False  # proxy-nokeepalive: Connection: close, the pool never gets it back
    initial_not_pooled: bool = False  # a client's first request gets a fresh connection
    send_length: bool = False  # proxy-sendcl: a chunked body is collected and given a length
    send_chunked: bool = False  # proxy-sendchunked, proxy-sendchunks: no effect seen on its own
    extra_crlf: bool = False  # proxy-sendextracrlf: CRLF behind a body with a Content-Length
    interim: Interim | None = None  # None: as by default, 1xx are passed on
    no_half_close: bool = False  # proxy-nohalfclose: a tunnel ends with its first end
    # towards the client
    request_as_1_0: bool = False  # downgrade-1.0: the client's request counts as HTTP/1.0
    response_1_0: bool = False  # force-response-1.0: clients of HTTP/1.0 get HTTP/1.0 back
    close_client: bool = False  # nokeepalive
    no_vary: bool = False  # force-no-vary: Vary is dropped, and response_1_0 holds
    no_error_charset: bool = False  # suppress-error-charset: redirect pages name none

    def answers_as_1_0(self, minor: int) -> bool:
        """Is a request of HTTP/1.``minor`` answered in HTTP/1.0?"""
        return self.response_1_0 and (not minor or self.request_as_1_0)


NO_TOGGLES: Final = Toggles()


def read_toggles(environment: Mapping[str, str]) -> Toggles:
    """The toggles among the variables, whose names are in lower case."""
    if _TOGGLES.isdisjoint(environment):
        return NO_TOGGLES
    has = environment.__contains__
    interim = environment.get("proxy-interim-response")
    found = Toggles(
        request_1_0=has("force-proxy-request-1.0"),
        close_worker=has("proxy-nokeepalive"),
        initial_not_pooled=has("proxy-initial-not-pooled"),
        send_length=has("proxy-sendcl"),
        send_chunked=has("proxy-sendchunked") or has("proxy-sendchunks"),
        extra_crlf=has("proxy-sendextracrlf"),
        interim=None if interim is None else _INTERIM.get(interim.lower(), Interim.UNKNOWN),
        no_half_close=has("proxy-nohalfclose"),
        request_as_1_0=has("downgrade-1.0"),
        response_1_0=has("force-response-1.0") or has("force-no-vary"),
        close_client=has("nokeepalive"),
        no_vary=has("force-no-vary"),
        no_error_charset=has("suppress-error-charset"),
    )
    return NO_TOGGLES if found == NO_TOGGLES else found


_TOGGLES: Final = frozenset(
    """
    downgrade-1.0 force-no-vary force-proxy-request-1.0 force-response-1.0 nokeepalive
    proxy-initial-not-pooled proxy-interim-response proxy-nohalfclose proxy-nokeepalive
    proxy-sendchunked proxy-sendchunks proxy-sendcl proxy-sendextracrlf suppress-error-charset
    """.split()
)
_INTERIM: Final = {kind.value: kind for kind in Interim}


def interpolate(text: str, environment: Mapping[str, str]) -> str:
    """``${NAME}`` replaced by the variable's value, by nothing if it is not set; nothing at all, if
    that would be too long. mod_proxy, ProxyPassInterpolateEnv.
    """
    if "${" not in text:
        return text
    pieces = _VARIABLE.split(text)
    pieces[1::2] = [environment.get(name.lower(), "") for name in pieces[1::2]]
    try:
        return joined(pieces)
    except TooLong:
        WORK.note(f"what {text} stands for would be too long")
        return ""


_CONTROLS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]+")


def interpolate_field(text: str, environment: Mapping[str, str]) -> str:
    """The same for what becomes part of a field: a blank stands for control bytes, since no value
    may become a field. httpd answers with a 500.
    """
    return _CONTROLS.sub(" ", interpolate(text, environment))


def match_variables(found: Found) -> dict[str, str]:
    """What a <LocationMatch> with named groups sets: ``MATCH_`` and the name, in upper case for
    Apache, in lower case here. Groups that took no part are not set.
    """
    named = found.groupdict()
    return {f"match_{name.lower()}": text for name, text in named.items() if text is not None}
