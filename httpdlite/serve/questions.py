"""Answers to what the phases of a request ask, found by a task of trio.

Comes in: a question. Goes out: its answer. Hides who knows: the resolver, a thread, a program.
"""

from typing import TYPE_CHECKING

from httpdlite.routes.request import Question

if TYPE_CHECKING:
    from httpdlite.serve.child import Child


async def find_answer(_child: "Child", question: Question) -> object:
    """The answer to a question. Raises TypeError for one of an unknown kind."""
    raise TypeError(f"nobody answers {question!r}")
