"""Answers to what the phases of a request ask.

Comes in: a question. Goes out: its answer, at once if that takes no time, else by a task of trio.
Hides who knows: the resolver, a thread for passwords (bcrypt lets other threads run), the programs
of maps.
"""

import socket
from typing import TYPE_CHECKING

import trio

from httpdlite.routes.access.passwords import VERIFIED, check_password, is_quick
from httpdlite.routes.access.questions import (
    AddressesQuestion,
    HostNameQuestion,
    PasswordQuestion,
)
from httpdlite.routes.request import Question
from httpdlite.routes.rewriting import ProgramQuestion

if TYPE_CHECKING:
    from httpdlite.serve.child import Child

MOST_CHECKS = 2  # of passwords at the same time
_LIMITER = trio.CapacityLimiter(MOST_CHECKS)


class Answers(dict[Question, object]):
    """What is known; what takes no time is found when it is asked for."""

    def __missing__(self, question: Question) -> object:
        if isinstance(question, PasswordQuestion):
            if VERIFIED.knows(question.stored, question.password):
                return True
            if is_quick(question.stored):
                return _checked(question)
        raise KeyError(question)


def _checked(question: PasswordQuestion) -> bool:
    is_right = check_password(question.stored, question.password)
    if is_right:
        VERIFIED.add(question.stored, question.password)
    return is_right


async def find_answer(child: "Child", question: Question) -> object:
    """The answer to a question. Raises TypeError for one of an unknown kind."""
    match question:
        case PasswordQuestion():
            return await trio.to_thread.run_sync(_checked, question, limiter=_LIMITER)
        case AddressesQuestion(name):
            return await _addresses(name)
        case HostNameQuestion(ip):
            return await _host_name(ip)
        case ProgramQuestion():
            return await child.map_programs.ask(question)
    raise TypeError(f"nobody answers {question!r}")


async def _addresses(name: str) -> tuple[str, ...]:
    try:
        found = await trio.socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, LookupError):
        return ()
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


async def _host_name(ip: str) -> str | None:
    """A name counts only if it has this address."""
    try:
        name, _ = await trio.socket.getnameinfo((ip, 0), socket.NI_NAMEREQD)
    except (OSError, UnicodeError):
        return None
    return name if ip in await _addresses(name) else None
