"""Whether something was asked that may be answered otherwise the next time. Pure.

Comes in: a word of whoever looks at a clock, a file, or anything else that is no part of a request.
Goes out: whether that has happened since it was last forgotten; then what came out is not to be
remembered (``outcomes.py``). There is one ``CHANGING`` for a process, which does one thing at a
time.
"""

from typing import Final


class Changing:
    """See above."""

    __slots__ = ("was_asked",)

    def __init__(self) -> None:
        self.was_asked = False


CHANGING: Final = Changing()
