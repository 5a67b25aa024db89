"""ErrorDocument with expressions in it: filled in for a request. Pure.

Comes in: an ``ErrorDocument`` with a ``word``, the request it is for. Goes out: one without.
Source: ErrorDocument; as observed with 2.4.71: a text is filled in when the request has the error's
status, others before. What is put into a path is taken as it is, a blank, too, but nothing from a
`#` on. A URL that cannot stand in a field is none; with httpd the answer is a 500 then.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from httpdlite.conf.directives.error_document import Answer, ErrorDocument
from httpdlite.conf.expressions.tree import Word
from httpdlite.diagnostics import ENCODING
from httpdlite.routes.conditionals import outside
from httpdlite.routes.expressions import EvaluationError, View, compile_text
from httpdlite.routes.fieldlines import is_fit
from httpdlite.routes.paths import target_within
from httpdlite.routes.request import Request


def fill_document(document: ErrorDocument, request: Request, status: int) -> ErrorDocument | None:
    """What it comes to; None, with a line for the log, if that cannot be said."""
    if document.word is None:
        return document
    if document.answer is Answer.TEXT:
        request.status = status
    try:
        text = _compile(document.word)(request)
    except EvaluationError as why:
        said = f"core: ErrorDocument: can't evaluate require expression: {why}"
        request.log("core", 3, "AH02841", said)
        return None
    if document.answer is Answer.PATH:
        text = target_within(text).decode("latin-1")
    content = text.encode("latin-1")
    if document.answer is Answer.URL and not is_fit(content):
        what = f"Response header 'Location' value of '{text}'"
        request.log("http", 3, "AH02430", f"{what} contains invalid characters")
        return None
    return replace(document, text=content.decode(*ENCODING), word=None)


@lru_cache(1024)
def _compile(word: Word) -> Callable[[View], str]:
    return compile_text(word, outside())
