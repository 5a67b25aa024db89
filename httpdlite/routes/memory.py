"""What was worked out before: a bounded dict that keeps what comes again. Pure.

Comes in: an answer and what it was asked for. Goes out: the same answer for the same question.
Hides which answers are worth their place: one that is asked for once only would push out others and
cost more memory than time, so an answer is kept from its second time on.
"""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memory(dict[K, V], Generic[K, V]):
    """At most ``most`` answers; when it is full it is emptied, and fills again with what is asked
    for now.
    """

    __slots__ = ("_met", "most")

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self._met: set[int] = set()  # hashes of questions met once

    def offer(self, question: K, answer: V) -> bool:
        """Keep the answer if the question has been met before; is it kept?"""
        met, number = self._met, hash(question)
        if number in met:
            if len(self) >= self.most:
                self.clear()
            self[question] = answer
            return True
        if len(met) >= 4 * self.most:
            met.clear()
        met.add(number)
        return False
