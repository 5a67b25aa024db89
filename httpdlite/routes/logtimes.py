"""`%t` of an access log: how a moment is written.

In: the argument of `%{format}t` without its `begin:` or `end:`. Out: a function from seconds since
1970 to text. Hides that most forms change once per second only. Source: mod_log_config.
"""

from collections.abc import Callable
from time import localtime, strftime
from typing import Final

Moment = Callable[[float], str]
"""Writes a moment, in seconds since 1970."""

MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


def written_time(form: str) -> Moment:
    """How `form` writes a moment: strftime's, or `sec`, `msec_frac` …; empty: `[18/Sep/2011 …]`."""
    return _TIMES.get(form) or _cached_per_second(
        (lambda second: _strftime(form, second)) if form else _common_log_time
    )


def _cached_per_second(make: Callable[[int], str]) -> Callable[[float], str]:
    last = -1
    text = ""

    def formatted(moment: float) -> str:
        nonlocal last, text
        second = int(moment)
        if second != last:
            text = make(second)
            last = second
        return text

    return formatted


def _common_log_time(second: int) -> str:
    """`[18/Sep/2011:19:18:28 +0000]`."""
    whole = localtime(second)
    sign, offset = ("-", -whole.tm_gmtoff) if whole.tm_gmtoff < 0 else ("+", whole.tm_gmtoff)
    return (
        f"[{whole.tm_mday:02d}/{MONTHS[whole.tm_mon - 1]}/{whole.tm_year}"
        f":{whole.tm_hour:02d}:{whole.tm_min:02d}:{whole.tm_sec:02d}"
        f" {sign}{offset // 3600:02d}{offset % 3600 // 60:02d}]"
    )


def _strftime(text: str, second: int) -> str:
    try:
        return strftime(text, localtime(second))
    except ValueError:
        return text


def _microseconds(moment: float) -> int:
    return round(moment * 1_000_000)


_TIMES: Final[dict[str, Callable[[float], str]]] = {
    "sec": lambda moment: str(int(moment)),
    "msec": lambda moment: str(_microseconds(moment) // 1000),
    "usec": lambda moment: str(_microseconds(moment)),
    "msec_frac": lambda moment: f"{_microseconds(moment) // 1000 % 1000:03d}",
    "usec_frac": lambda moment: f"{_microseconds(moment) % 1_000_000:06d}",
}
