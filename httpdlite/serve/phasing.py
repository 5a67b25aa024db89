"""A request whose phases decide where it goes (`routes/phases.py`), and what they have to wait for.

Comes in: a request's head and connection. Goes out: its route, or a refusal, and the request as the
phases left it. Hides that a question which takes time is answered by a task, after which the phases
run again from the beginning, on the fields as the client sent them. Nothing is read from the client
meanwhile. A request with too many questions, or one that nobody can answer, is refused (500).
``run`` leaves what came of it in the ``Outcomes`` it was given.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from httpdlite.proxy.framing import RequestHead
from httpdlite.proxy.own_name import Client
from httpdlite.routes import phases
from httpdlite.routes.outcomes import Outcomes, Witness
from httpdlite.routes.phases import Result
from httpdlite.routes.request import Connection, Head, Question, Request, Unanswered
from httpdlite.routes.route import Refusal
from httpdlite.routes.site import Vhost
from httpdlite.serve.engine import Flow
from httpdlite.serve.questions import Answers, find_answer

if TYPE_CHECKING:
    from httpdlite.serve.child import Child

MOST_QUESTIONS = 50  # of one request
_UNANSWERED = Refusal(500, "the rules of the request ask too much, or get no answer")


class Phasing:
    """The phases of one request of ``flow``. ``resume`` is called when they can go on."""

    __slots__ = (
        "_answers",
        "_child",
        "_client",
        "_flow",
        "_has_failed",
        "_head",
        "_outcomes",
        "_resume",
        "_saved",
        "_vhost",
    )

    def __init__(
        self,
        child: "Child",
        head: RequestHead,
        vhost: Vhost,
        client: Client,
        *,
        flow: Flow,
        resume: Callable[[], None],
        outcomes: Outcomes | None,
    ) -> None:
        self._child = child
        self._head = head
        self._vhost = vhost
        self._client = client
        self._flow = flow
        self._resume = resume
        self._outcomes = outcomes
        self._saved = head.save()
        self._answers = Answers()
        self._has_failed = False

    def run(self) -> Result | None:
        """What the phases say; None if they wait for an answer."""
        if self._has_failed:
            return Result(_UNANSWERED, self._request())
        outcomes, self._outcomes = self._outcomes, None
        try:
            if outcomes is not None and outcomes.wants():
                return self._run_watched(outcomes)
            return phases.run(self._request(), self._head.target, self._upgrade)
        except Unanswered as unanswered:
            self._head.restore(self._saved)
            self._child.start_task(self._ask, unanswered.question)
            return None

    def _run_watched(self, outcomes: Outcomes) -> Result:
        """What comes of it is remembered."""
        head = self._head
        witness = Witness(head, self._client)
        request = make_request(witness, self._vhost, witness.connection, self._answers)
        try:
            result = phases.run(request, head.target, self._upgrade)
        except Unanswered:
            outcomes.fail()
            raise
        finally:
            witness.end()
        outcomes.keep(witness, result)
        witness.end(result.request)
        return result

    @property
    def _upgrade(self) -> bytes | None:
        """Of HTTP/1.0 it is to be ignored (RFC 9110 §7.8)."""
        return self._head.get(b"upgrade") if self._head.minor else None

    def _request(self) -> Request:
        return make_request(self._head, self._vhost, self._client, self._answers)

    async def _ask(self, question: Question) -> None:
        if len(self._answers) >= MOST_QUESTIONS:
            self._fail()
            return
        try:
            self._answers[question] = await find_answer(self._child, question)
        except Exception:
            self._fail()
            raise
        self._child.engine.call(self._flow, self._resume)

    def _fail(self) -> None:
        """The request must not wait for what never comes."""
        self._has_failed = True
        self._child.engine.call(self._flow, self._resume)


def client_of(connected: Client, phased: Request | None) -> Client:
    """Whose request it is, as its phases have left it: the connection's client, or another one that
    proxies in front speak for.
    """
    if phased is None or not phased.is_of_another:
        return connected
    return connected.seen_as(phased.client_ip)


def make_request(
    head: Head,
    vhost: Vhost,
    client: Connection,
    answers: dict[Question, object] | None = None,
    *,
    now: Callable[[], float] = time.time,
) -> Request:
    """A request at the beginning of its phases."""
    path, mark, query = head.target.decode("latin-1").partition("?")
    return Request(
        head,
        client,
        vhost,
        path,
        query if mark else None,
        now=now,
        answers=answers,
        look_up=phases.look_up,
    )
