"""What all searches of one piece of work may cost together, so that many small ones are no stall;
and how much text may be made of texts, so that what doubles and doubles ends.

In: steps that searches have taken, or might; lengths. Out: whether there are any left, and what was
given up for the lack of them. There is one `WORK` for a process, which does one thing at a time.
Whoever begins something (a call of a flow, a request) says so by `WORK.state = NEW`; when it is
`OVER`, only the limit of each single search counts, as in a configtest.

1. What is *guessed* is the most that a search with `re` may cost; it is seldom taken. Without any
   left PCRE searches, with the same outcome. What is *counted* has really been taken, but for a
   factor of about four, since PCRE only says that a limit was not enough.
2. A step is about 10 ns. So all that one piece of work searches takes 40 ms, and 100 if groups are
   nested deeply.
3. A value that is filled in may have MOST_OF_VALUE characters, and all of one piece of work
   MOST_FILLED: that is what they may take in memory, and about 10 ms.
"""

from typing import Final

MOST_GUESSED: Final = 2_500_000
MOST_COUNTED: Final = 1_400_000  # one search that is given up, and many small ones
MOST_OF_VALUE: Final = 1 << 20
MOST_FILLED: Final = 1 << 25


class MatchLimit(Exception):  # noqa: N818 - PCRE's word
    """A search has been given up: as if httpd's had failed with an error, there is no match."""


OVER: Final = 0
NEW: Final = 1
BEGUN: Final = 2


class Work:
    """What is left for one piece of work."""

    __slots__ = ("_counted", "_filled", "_gave_up", "_given_up", "_guessed", "_has_noted", "state")

    def __init__(self) -> None:
        self.state = OVER
        self._guessed = self._counted = 0
        self._filled = 0
        self._gave_up = self._has_noted = False
        self._given_up: str | None = None

    def _has_begun(self) -> bool:
        if self.state == NEW:
            self.state = BEGUN
            self._guessed = MOST_GUESSED
            self._counted = MOST_COUNTED
            self._filled = MOST_FILLED
            self._gave_up = self._has_noted = False
            self._given_up = None
        return self.state == BEGUN

    def guess(self, steps: int) -> bool:
        """May something be done that takes so many steps at most? Then they are gone."""
        if self._has_begun():
            if steps > self._guessed:
                return False
            self._guessed -= steps
        return True

    def count(self, steps: int) -> bool:
        """As `guess`, for steps that will be taken for sure."""
        if self._has_begun():
            if steps > self._counted:
                return False
            self._counted -= steps
        return True

    def fill(self, length: int) -> bool:
        """May a value of so many characters be made?"""
        is_short = length <= MOST_OF_VALUE
        if not self._has_begun():
            return is_short
        if not is_short or length > self._filled:
            self._gave_up = True
            self._filled -= min(self._filled, MOST_OF_VALUE)
            return False
        self._filled -= length
        return True

    def give_up(self, pattern: str) -> None:
        """A pattern was taken not to match."""
        self.note(f"the expression '{pattern}' took too long, and is taken not to match")

    def note(self, what: str) -> None:
        """Something was not done as it is written: a line for the error log. The first counts."""
        if self._has_begun():
            self._gave_up = True
            if not self._has_noted:
                self._has_noted = True
                self._given_up = what

    @property
    def has_given_up(self) -> bool:
        """Has there been anything? Then what comes out now is not to be remembered for others."""
        return self.state == BEGUN and self._gave_up

    def take_given_up(self) -> str | None:
        """What was noted first, once."""
        if self.state != BEGUN or self._given_up is None:
            return None
        found, self._given_up = self._given_up, None
        return found


WORK: Final = Work()
"""That of this process."""
