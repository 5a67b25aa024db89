"""Requests that are answered here, and those whose answer is replaced.

Comes in: a ``Refusal``, a worker's fault, OPTIONS and TRACE that go no further. Goes out: the
answer that ``proxy/answers.py`` makes of it, or, for an ErrorDocument with a path, another request
to a worker. Hides when an answer ends the connection, and that an ErrorDocument is tried once.
Source: ap_die and ap_internal_redirect; as observed with 2.4.71.
"""

from dataclasses import replace
from typing import Final

from httpdlite.conf.directives.core_requests import Trace
from httpdlite.conf.directives.error_document import ErrorDocument
from httpdlite.proxy import answers, exchange, onward, pages
from httpdlite.proxy.answers import OwnAnswer, Problem
from httpdlite.proxy.edits import edit_answer
from httpdlite.proxy.exchange import (
    CLOSES,
    DELIMITED_BY_CHUNKED,
    DELIMITED_BY_CLOSE,
    DELIMITED_BY_LENGTH,
    Delimiter,
)
from httpdlite.proxy.fault import ProxyFault, returned
from httpdlite.proxy.fields import field_line
from httpdlite.proxy.own_name import own_name
from httpdlite.routes.documents import fill_document
from httpdlite.routes.logline import LogLine
from httpdlite.routes.route import Refusal
from httpdlite.routes.settings import Settings
from httpdlite.serve.client_exchange import ClientExchange
from httpdlite.serve.error_documents import Document, ask_for

ENDS_CONNECTION: Final = frozenset(  # ap_status_drops_connection
    (400, 408, 411, 413, 414, 500, 501, 503)
)
MOST_TRACED: Final = 65536  # bytes of a body that an extended TRACE sends back
_CLIENT_S_FAULT: Final = frozenset((400, 404, 408, 414))  # said at level info
_OF_TARGETS: Final = ("AH10244", "AH00026")
_OF_WORKER: Final = "AH00898"  # the page has the reason
_SAID_BY: Final = {  # which module says it, and at which level; else core
    "AH01139": ("proxy", 3),
    "AH01382": ("reqtimeout", 6),
    "AH01996": ("ssl", 6),
    "AH02031": ("ssl", 3),
    "AH02032": ("ssl", 3),
    "AH02033": ("ssl", 6),
    "AH02219": ("ssl", 3),
    "AH02900": ("proxy_wstunnel", 6),
}
_NOTES: Final = {"AH01996": pages.SPOKEN_PLAINLY, "AH02033": pages.WITHOUT_SNI}


class Answering(ClientExchange):
    """What ``Serving`` does without a worker, or in its place."""

    def _may_forward(self, early: bytes) -> bool:
        """Max-Forwards: answered here when it has come to zero."""
        request = self._request
        is_last = request.get(b"max-forwards") == b"0"
        if is_last and request.method == b"OPTIONS":
            if self._body is not None:
                self._connection.body_read(early)
            self._send_answer(answers.options_answer(pages.allowed(self.settings.trace)))
        elif is_last and request.method == b"TRACE":
            self._trace(early)
        elif (fault := onward.count_forwards(request)) is not None:
            self._connection.body_read(early)
            self.worker_failed(fault)
        else:
            return True
        return False

    def _start_refused(self, refusal: Refusal, early: bytes, *, announced: bool) -> None:
        """Nothing is asked of a worker. A body that is not read yet is skipped if it surely
        comes.
        """
        self._settings = settings = refusal.settings
        self._has_phases = refusal.code not in _OF_TARGETS
        if settings is not None and settings.is_special:
            refusal = self._without_tls(settings) or refusal
        if self._request.method == b"TRACE" and refusal.status == 404:
            self._trace(early)
            return
        if self._body is not None:
            self._connection.body_read(early)
            if announced:
                self.keep_alive = CLOSES
        if refusal.code == _OF_WORKER:
            self.worker_failed(returned(refusal.status, refusal.reason))
            return
        self.refuse(refusal)

    def _without_tls(self, settings: Settings) -> Refusal | None:
        """SSLRequireSSL."""
        if not settings.requires_tls or self._connection.client.scheme == "https":
            return None
        what = f"proxy:{self._route.url}" if self._route is not None else self._path
        text = f"access to {what} failed, reason: SSL connection required"
        return Refusal(403, text, "AH02219", settings)

    def _trace(self, early: bytes) -> None:
        """TRACE that is answered here. With TraceEnable extended its body belongs to the answer."""
        trace = self.settings.trace
        if trace is Trace.OFF:
            refusal = Refusal(405, "TRACE forbidden by server configuration", "AH01139")
        elif self._body is None:
            self._send_trace(b"")
            return
        elif trace is Trace.EXTENDED and (self._request.content_length or 0) > MOST_TRACED:
            refusal = Refusal(413, "")
        elif trace is Trace.EXTENDED:
            self._is_traced = True
            self._connection.await_body(self.settings.timeout)
            self.read_body(early)
            return
        else:
            refusal = Refusal(413, "TRACE with a body; TraceEnable is not extended", "AH01586")
        self._connection.body_read(early)
        self.refuse(refusal)

    def refuse(
        self,
        refusal: Refusal,
        *,
        page_reason: str | None = None,
        notes: str = "",
        has_length: bool = True,
    ) -> None:
        """Answer with one of our own pages; if a response has begun, it can only be cut."""
        if refusal.reason:
            level = 6 if refusal.status in _CLIENT_S_FAULT else 3
            module, level = _SAID_BY.get(refusal.code, ("core", refusal.level or level))
            self._log_error(LogLine(module, level, refusal.code, refusal.reason))
        if self._has_answered:
            self._connection.close()
            return
        if refusal.status < 400 and not refusal.is_answered:
            self._send_answer(answers.options_answer(refusal.allow))
            return
        problem = Problem(
            refusal.status,
            page_reason,
            upgrade=refusal.upgrade,
            notes=notes or _NOTES.get(refusal.code, ""),
            fields=tuple([field_line(*field) for field in refusal.fields]),
            allow=refusal.allow,
        )
        self._answer(problem, has_length=has_length)

    def _answer(self, problem: Problem, *, has_length: bool = True) -> None:
        """A page, or what an ErrorDocument has for it."""
        self._drop_spool()
        if problem.status in ENDS_CONNECTION or self.awaits_continue:
            self.keep_alive = CLOSES
        settings = self.settings
        document = self._document(settings, problem)
        path = answers.document_path(document)
        if self._problem is not None and (problem.own_reason is None or path is not None):
            # The document itself failed: no second one is asked for.
            if path is not None:
                self.keep_alive = CLOSES
            problem, path, document = replace(self._problem, failed_document=True), None, None
            self._request = self._original or self._request
            has_length = True
        if path is not None:
            self._problem = problem
            status = problem.status
            found = ask_for(path, self._request, self._vhost, self._phased, status)
            if found is not None and self._without_tls(found.route.settings) is None:
                self._start_document(found)
                return
            problem, document = replace(problem, failed_document=True), None
        name = own_name(self._request, self._vhost, self._connection.client, settings)
        if not has_length:
            self.keep_alive = CLOSES
        answer = answers.error_answer(
            problem, document, self._request, settings, name, has_length=has_length
        )
        is_unknown = pages.sent_status(problem.status) == answer.status != problem.status
        self._send_answer(answer, status=problem.status if is_unknown else None)

    def _document(self, settings: Settings, problem: Problem) -> ErrorDocument | None:
        """What there is instead of a page, filled in."""
        document = answers.document_of(settings, problem)
        if document is None or document.word is None:
            return document
        request = self._as_request()
        filled = fill_document(document, request, problem.status)
        self._log_phases(request)
        return filled

    def _start_document(self, document: Document) -> None:
        """Ask a worker for an ErrorDocument; the client's own body is skipped afterwards."""
        request, route, phased = document
        self._phased = phased
        self._drops_body = self._request.method == b"HEAD"
        if self.reads_body:
            self._skipped = self._body
        self._body, self._collected, self._held, self._switch = None, None, None, None
        self._chunked_out = False
        self._redirected = self._route
        self._original, self._request, self._route = self._request, request, route
        edits, before = route.settings.request_edits, self._redirected
        is_edited = before is not None and before.settings.request_edits is edits
        if phased is None and edits is not None and not is_edited:
            edits.apply(self._as_request(), request)
        self._ask_worker()

    def _send_answer(
        self,
        answer: OwnAnswer,
        delimiter: Delimiter = DELIMITED_BY_LENGTH,
        *,
        status: int | None = None,
    ) -> None:
        """``status``: the one for the log, if it is not the one that is sent."""
        child = self._connection.child
        self._delimiter = delimiter
        if delimiter is DELIMITED_BY_CLOSE:
            self.keep_alive = CLOSES
        self._status, self._lines = status or answer.status, answer.lines
        self._has_answered = True
        self._drops_body = False
        edits = self.settings.response_edits
        if edits is not None or self._has_fields:
            out, answer, self.keep_alive = edit_answer(
                edits,
                self._as_request(),
                answer,
                keep_alive=self.keep_alive,
                is_proxied=self._route is not None,
                date=child.http_date(),
                server=child.server_line,
            )
            self._lines = answer.lines
            self._log_phases(self._as_request())
        else:
            out = exchange.page_head(
                answer.status,
                answer.reason,
                answer.lines,
                date=child.http_date(),
                server=child.server_line,
                keep_alive=self.keep_alive,
            )
        if self.settings.toggles.answers_as_1_0(self._request.minor):
            out = out.replace(b"HTTP/1.1", b"HTTP/1.0", 1)
        self._send_body(out, answer.body, done=True)

    def _send_trace(self, body: bytes) -> None:
        chunked = DELIMITED_BY_CHUNKED if self._request.minor else DELIMITED_BY_CLOSE
        self._send_answer(answers.trace_answer(self._request, body), chunked)

    # --- what the worker's side does, see serving.py ---

    def _ask_worker(self) -> None:
        raise NotImplementedError

    def read_body(self, data: bytes) -> None:
        """More of the request's body, from the client."""
        raise NotImplementedError

    def worker_failed(self, fault: ProxyFault, *, unanswered: bool = False) -> None:
        """There is no response."""
        raise NotImplementedError
