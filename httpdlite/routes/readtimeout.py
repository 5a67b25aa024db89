"""The clock of RequestReadTimeout: until when a stage of a request must have arrived. Pure.

Comes in: a ``Stage`` of the configuration, times, and how many bytes came. Goes out: a deadline.
Source: mod_reqtimeout; as observed with 2.4.71. Each MinRate bytes give another second, up to the
stage's most; a byte gives its part of one. The first read of a kept connection's next request does
not count: it is KeepAliveTimeout's.
"""

from dataclasses import dataclass
from typing import Self

from httpdlite.conf.directives.mod_reqtimeout import Stage


@dataclass(slots=True)
class ReadClock:
    """One stage of one request under way. ``deadline`` None: no limit."""

    deadline: float | None
    _latest: float | None
    _seconds_per_byte: float

    @classmethod
    def begin(cls, stage: Stage, now: float) -> Self:
        """The clock of a stage that begins now."""
        if stage.seconds == 0:
            return cls(None, None, 0.0)
        latest = now + stage.most if stage.most else None
        return cls(now + stage.seconds, latest, 1 / stage.rate if stage.rate else 0.0)

    def received(self, count: int) -> None:
        """``count`` bytes of the stage have come."""
        if self.deadline is None or not self._seconds_per_byte:
            return
        later = self.deadline + count * self._seconds_per_byte
        self.deadline = later if self._latest is None else min(later, self._latest)
