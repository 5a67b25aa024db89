"""Numbers and times as C and httpd read them: leniently, and not as Python does.

In: a word. Out: a number, or None where httpd refuses it. Rules: strtol(3), and
ap_timeout_parameter_parse in httpd's server/util.c as of 2.4.71.
"""

import re
from typing import Final

_INTEGER: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")
_REAL: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_LEADING: Final = re.compile(r"(?:[ \t\n\v\f\r]*([+-]?[0-9]+))?(.*)", re.DOTALL)

_INT_MAX: Final = 2**31 - 1
_LONG_MAX: Final = 2**63 - 1

UNITS: Final = {"ms": 0.001, "mi": 60.0, "s": 1.0, "h": 3600.0}
"""Seconds per unit; two letters are looked for first, what follows a unit is ignored."""


def atol(text: str) -> int:
    """The integer that `text` begins with, 0 if none: C's atol()."""
    found = _INTEGER.match(text)
    if found is None:
        return 0
    return max(-_LONG_MAX - 1, min(_LONG_MAX, _int(found[1])))


def atoi(text: str) -> int:
    """The same cut to 32 bits, as glibc's atoi() does."""
    return (atol(text) + 2**31) % 2**32 - 2**31


def _int(digits: str) -> int:
    """int() without its limit of 4300 digits."""
    return int(digits[:40]) if len(digits) > 40 else int(digits)


def strtol(text: str) -> tuple[int, str]:
    """C's strtol(): the integer that `text` begins with, and what follows; (0, text) if none."""
    found = _LEADING.fullmatch(text)
    assert found is not None
    return (atol(found[1]) if found[1] else 0), found[2]


def atof(text: str) -> float:
    """The decimal number that `text` begins with, 0.0 if none: C's atof() without hex, inf, nan."""
    found = _REAL.match(text)
    return float(found[1]) if found else 0.0


def duration(text: str, unit: str, *, signed: bool = False, any_case: bool = False) -> float | None:
    """A time in seconds; `unit` ("s", "ms", "mi", "h") is meant where none is written.

    None has a wrong format: another unit, or a negative number unless `signed`; a unit alone is 0.
    Units are lower case, with `any_case` as in httpd's trunk.
    """
    found = _LEADING.fullmatch(text)
    assert found is not None
    number, rest = _int(found[1] or "0"), found[2] or unit
    rest = rest.lower() if any_case else rest
    scale = UNITS.get(rest[:2], UNITS.get(rest[:1]))
    if scale is None or (rest[0] == "m" and rest[:2] not in UNITS):
        return None
    if (number < 0 and not signed) or number * scale > _LONG_MAX / 1_000_000:
        return None
    return number / 1000 if rest.startswith("ms") else number * scale
