"""mod_reqtimeout.c: how long a request may take to arrive, as a whole and by its rate.

In: the words of RequestReadTimeout. Out: `ReadTimeouts`, a limit for each stage of a request.
Rules: the documentation of mod_reqtimeout; merging and tolerances as observed with 2.4.71. How the
limits are counted is routes/readtimeout.py's. Each word replaces its stage as a whole; a stage that
a virtual host does not name is the main server's. Without the directive the module's own limits
count (`USUAL`), without the module none.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from httpdlite.conf.call import SERVERS, Call, ConfigError, Module
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.numbers import atoi, strtol
from httpdlite.conf.rows import Arity, Takes, directive
from httpdlite.conf.spelling import lower

MODULE: Final = Module("reqtimeout_module", "mod_reqtimeout.c")

_RATE: Final = re.compile(r"(.*?),minrate=(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Stage:
    """Seconds that a stage has at first (0: any time), at most (0: no end), and the bytes for
    which it gets another second (0: it gets none).
    """

    seconds: int = 0
    most: int = 0
    rate: int = 0


@dataclass(frozen=True, slots=True)
class ReadTimeouts:
    """The stages of a request; None is not given."""

    handshake: Stage | None = None
    header: Stage | None = None
    body: Stage | None = None


USUAL: Final = ReadTimeouts(Stage(), Stage(20, 40, 500), Stage(20, 0, 500))
"""httpd's own limits, which count without a RequestReadTimeout where the module is loaded."""

NONE: Final = ReadTimeouts(Stage(), Stage(), Stage())


def merge(outer: ReadTimeouts, inner: ReadTimeouts) -> ReadTimeouts:
    """Stage by stage: what is given later, or further inside, counts."""
    return ReadTimeouts(
        outer.handshake if inner.handshake is None else inner.handshake,
        outer.header if inner.header is None else inner.header,
        outer.body if inner.body is None else inner.body,
    )


class _TimeoutError(ValueError):
    """The part of httpd's message that says what is wrong."""


def _read(call: Call) -> ReadTimeouts:
    """name=seconds[-seconds][,MinRate=bytes] …"""
    found = ReadTimeouts()
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
            found = replace(found, **{lower(name): _read_stage(value)})
        except _TimeoutError as why:
            raise ConfigError(f"RequestReadTimeout: {word.text}: {why}", word.span) from None
    return found


def _read_stage(value: str) -> Stage:
    rate = 0
    found = _RATE.fullmatch(value)
    if found:
        value, rate = found[1], _number(found[2])
        if rate == 0:
            raise _TimeoutError("Minimum data rate must be larger than 0")
    first, dash, last = value.partition("-")
    if not dash:
        return Stage(_number(value), 0, rate)
    if not found:
        raise _TimeoutError("Must set MinRate option if using timeout range")
    least, most = _number(first), _number(last)
    if most <= least:
        raise _TimeoutError("Maximum timeout must be larger than initial timeout")
    return Stage(least, most, rate)


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


REQUEST_READ_TIMEOUT: Final = directive(
    "RequestReadTimeout",
    Takes(Arity.RAW, _read),
    default=NONE,
    contexts=SERVERS,
    combine=merge,
    merge=merge,
    usual="handshake=0 header=20-40,MinRate=500 body=20,MinRate=500",
    doc="Seconds for the handshake, the header and the body, and the least bytes per second.",
)
