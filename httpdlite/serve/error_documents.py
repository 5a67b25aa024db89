"""ErrorDocument with a path: the request that is made within, and its route.

Comes in: the path, the client's request and its vhost. Goes out: a GET with the client's fields and
the route for it, or nothing if no worker has the document. Source: ap_internal_redirect; as
observed with 2.4.71: the vhost stays, the method becomes GET, the body is not sent on.
"""

from typing import NamedTuple

from httpdlite.proxy.framing import RequestHead
from httpdlite.routes import phases
from httpdlite.routes.decide import decide_within
from httpdlite.routes.request import Request, Unanswered
from httpdlite.routes.route import Route
from httpdlite.routes.site import Vhost


class Document(NamedTuple):
    """The request for a document, where it goes, and how its phases have left it."""

    head: RequestHead
    route: Route
    phased: Request | None


def ask_for(
    path: bytes, original: RequestHead, vhost: Vhost, phased: Request | None, status: int
) -> Document | None:
    """The request for a document. None: it goes nowhere, or there was no request. ``phased``: the
    client's, if it has been through its phases; ``status``: its own.
    """
    if not original.raw.endswith(b"\r\n\r\n"):
        return None
    decision = decide_within(vhost, method=b"GET", target=path, upgrade=None)
    head = RequestHead(b"GET", path, original.minor, original.block, original.raw)
    head.received = original.received
    if original.chunked or original.content_length is not None:
        head.content_length = 0
    if isinstance(decision.route, Route):
        return Document(head, decision.route, None)
    if decision.route is None and phased is not None:
        phased.status = status
        return _through_phases(head, phased)
    return None


def _through_phases(head: RequestHead, client_s: Request) -> Document | None:
    """An internal redirect. What would have to be waited for counts as the document's failure."""
    path, mark, query = head.target.decode("latin-1").partition("?")
    request = client_s.redirected(path, query if mark else None)
    request.head, request.method = head, "GET"
    try:
        result = phases.run(request, head.target, None)
    except Unanswered:
        return None
    if not isinstance(result.found, Route):
        return None
    return Document(head, result.found, result.request)
