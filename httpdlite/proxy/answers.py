"""The server's own answers: what is wrong with a request in, status line, fields and page out.
Pure.

Comes in: a ``Problem``, the request, the settings that count for it and the server's name for
itself. Goes out: an ``OwnAnswer``. Hides ErrorDocument (a text, a URL; a path is the caller's
business, who asks ``document_of`` first, and fills it in), the footer of ServerSignature, which
status has which field, and the answers that are no errors: OPTIONS and TRACE. Sources:
ap_send_error_response, ap_send_http_trace; as observed with 2.4.71.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from httpdlite.conf.directives.core_requests import Signature
from httpdlite.conf.directives.error_document import STATUSES, Answer, ErrorDocument
from httpdlite.proxy import pages
from httpdlite.proxy.fields import FieldLine, field_line
from httpdlite.proxy.framing import RequestHead
from httpdlite.routes.selfname import SelfName
from httpdlite.routes.settings import Settings


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request is answered here. ``page_reason`` as in ProxyFault; ``own_reason`` and
    ``fields`` are those of a worker's answer that is replaced; ``notes`` a sentence for the page;
    ``upgrade`` the protocols that a 426 demands; ``failed_document``: its ErrorDocument failed.
    """

    status: int
    page_reason: str | None = None
    own_reason: bytes | None = None
    upgrade: str = ""
    notes: str = ""
    failed_document: bool = False
    fields: tuple[FieldLine, ...] = ()
    allow: bytes | None = None  # what Allow says, if not what it says for every path


class OwnAnswer(NamedTuple):
    """``lines``: the fields without Date, Server, Connection; Content-Type goes out last."""

    status: int
    reason: bytes
    lines: list[FieldLine]
    body: bytes


_UNKNOWN: Final = b"Unknown Reason"
_HTML: Final = field_line(b"Content-Type", pages.CONTENT_TYPE)
_PLAIN_HTML: Final = field_line(b"Content-Type", b"text/html")
_HTTP: Final = field_line(b"Content-Type", pages.TRACE_TYPE)


def document_of(settings: Settings, problem: Problem) -> ErrorDocument | None:
    """What there is instead of a page; None if there is nothing, or it failed. A status without a
    text of its own has the document of 500, as it has its page.
    """
    if not settings.error_documents or problem.failed_document:
        return None
    return settings.error_documents.get(problem.status if problem.status in STATUSES else 500)


def document_path(document: ErrorDocument | None) -> bytes | None:
    """The path that is to be asked for instead of a page, if it is one."""
    if document is None or document.answer is not Answer.PATH:
        return None
    return pages.text_page(document.text)


def error_answer(
    problem: Problem,
    document: ErrorDocument | None,
    request: RequestHead,
    settings: Settings,
    name: SelfName,
    *,
    has_length: bool,
) -> OwnAnswer:
    """The answer to a request that failed. ``has_length``: else its end is that of the
    connection.
    """
    status = problem.status
    if problem.own_reason is None:
        status = pages.sent_status(status)
    footer = ""
    if settings.signature is not Signature.OFF:
        footer = pages.signature(settings.signature, settings.banner, name, settings.server_admin)
    if document is not None and document.answer is Answer.URL:
        return _moved(document.text, request, footer, settings)
    reason, page = pages.error_page(
        status,
        reason=problem.page_reason,
        method=request.method,
        uri=request.target,
        notes=problem.notes,
        expect=request.get(b"expect"),
        admin=settings.server_admin,
        own_reason=b"" if problem.own_reason is None else problem.own_reason or _UNKNOWN,
        failed_document=problem.failed_document,
        footer=footer,
        location=next((line.field[1] for line in problem.fields if line.key == b"location"), b""),
    )
    if status in pages.WITHOUT_PAGE:
        return OwnAnswer(status, reason, list(problem.fields), b"")
    if document is not None and document.answer is Answer.TEXT:
        page = pages.text_page(document.text)
        reason = reason if problem.own_reason is None else problem.own_reason
    allow = pages.allowed(settings.trace) if problem.allow is None else problem.allow
    extra = pages.extra_fields(status, problem.upgrade, allow=allow)
    lines = [*problem.fields, *(field_line(*field) for field in extra)]
    return _answer(status, reason, lines, page, request, has_length=has_length)


def _moved(url: str, request: RequestHead, footer: str, settings: Settings) -> OwnAnswer:
    reason, page = pages.moved_page(url, footer=footer)
    lines = [field_line(b"Location", pages.bytes_text(url).encode("latin-1"))]
    answer = _answer(302, reason, lines, page, request, has_length=True)
    if settings.toggles.no_error_charset:
        answer.lines[-1] = _PLAIN_HTML
    return answer


def _answer(
    status: int,
    reason: bytes,
    lines: list[FieldLine],
    page: bytes,
    request: RequestHead,
    *,
    has_length: bool,
) -> OwnAnswer:
    if request.method == b"HEAD":
        return OwnAnswer(status, reason, [*lines, _HTML], b"")
    if has_length:
        lines.append(field_line(b"Content-Length", b"%d" % len(page)))
    return OwnAnswer(status, reason, [*lines, _HTML], page)


def options_answer(allow: bytes | None) -> OwnAnswer:
    """OPTIONS that goes no further: ``*`` (no Allow), a path without a rule, or Max-Forwards has
    come to zero.
    """
    lines = [] if allow is None else [field_line(b"Allow", allow)]
    return OwnAnswer(200, b"OK", [*lines, field_line(b"Content-Length", b"0")], b"")


def trace_answer(request: RequestHead, body: bytes) -> OwnAnswer:
    """TRACE that goes no further: the request itself, as it came."""
    fields = [line.field for line in request.lines]
    lines = [field_line(b"Transfer-Encoding", b"chunked")] if request.minor else []
    return OwnAnswer(200, b"OK", [*lines, _HTTP], pages.trace_page(request.line, fields, body))
