"""mod_reqtimeout.c, judged as httpd does: how long a request may take to arrive.

Until it is done, Timeout rules alone: it is for each silence, not for a request as a whole.
"""

import re
from typing import Final

from httpdlite.conf.directives.core import words_of
from httpdlite.conf.numbers import atoi, strtol
from httpdlite.conf.registry import SERVER, VHOST, Arity, Call, ConfigError, Module, judged, lower
from httpdlite.conf.standing import later

MODULE: Final = Module("reqtimeout_module", "mod_reqtimeout.c", implemented=False)

_RATE: Final = re.compile(r"(.*?),minrate=(.*)", re.IGNORECASE | re.DOTALL)


class _TimeoutError(ValueError):
    """The part of httpd's message that says what is wrong."""


def _check(call: Call) -> None:
    """name=seconds[-seconds][,MinRate=bytes] …"""
    for word in words_of(call):
        name, equals, value = word.text.partition("=")
        if not equals:
            message = (
                "Invalid RequestReadTimeout parameter. Parameter must be in the form 'key=value'"
            )
            raise ConfigError(message, word.span)
        try:
            if lower(name) not in {"handshake", "header", "body"}:
                raise _TimeoutError("Unknown RequestReadTimeout parameter")
            _check_value(value)
        except _TimeoutError as why:
            raise ConfigError(f"RequestReadTimeout: {word.text}: {why}", word.span) from None


def _check_value(value: str) -> None:
    found = _RATE.fullmatch(value)
    if found:
        value = found[1]
        if _number(found[2]) == 0:
            raise _TimeoutError("Minimum data rate must be larger than 0")
    first, dash, last = value.partition("-")
    if not dash:
        _number(value)
        return
    if not found:
        raise _TimeoutError("Must set MinRate option if using timeout range")
    least = _number(first)
    if _number(last) <= least:
        raise _TimeoutError("Maximum timeout must be larger than initial timeout")


def _number(text: str) -> int:
    _, rest = strtol(text)
    if not text or rest == text:
        raise _TimeoutError(f"Value '{text}' not numerical")
    if rest:
        raise _TimeoutError(f"Cannot parse '{rest}'")
    value = atoi(text)
    if value < 0:
        raise _TimeoutError("Value must be non-negative")
    return value


REQUEST_READ_TIMEOUT: Final = judged(
    "RequestReadTimeout",
    Arity.RAW,
    SERVER | VHOST,
    later("Until it is, Timeout limits how long a client may be silent.", protects=True),
    "seconds for the handshake, the header and the body, and the least bytes per second",
    check=_check,
    usual="handshake=0 header=20-40,MinRate=500 body=20,MinRate=500",
)

MODULES: Final = ((MODULE, (REQUEST_READ_TIMEOUT,)),)
