"""ErrorDocument with a path: the request that is made within, and its route.

Comes in: the path, the client's request and its vhost. Goes out: a GET with the client's fields and
the route for it, or nothing if no worker has the document. Source: ap_internal_redirect; as
observed with 2.4.71: the vhost stays, the method becomes GET, the body is not sent on.
"""

from httpdlite.proxy.framing import RequestHead
from httpdlite.routes.decide import decide_within
from httpdlite.routes.site import Vhost
from httpdlite.routes.table import Route


def ask_for(path: bytes, original: RequestHead, vhost: Vhost) -> tuple[RequestHead, Route] | None:
    """The request for a document, and where it goes. None: nowhere, or there was no request."""
    if not original.raw.endswith(b"\r\n\r\n"):
        return None
    decision = decide_within(vhost, method=b"GET", target=path, upgrade=None)
    if not isinstance(decision.route, Route):
        return None
    request = RequestHead(b"GET", path, original.minor, original.block, original.raw)
    if original.chunked or original.content_length is not None:
        request.content_length = 0
    return request, decision.route
