"""Error pages: a status in, the page that httpd would send out. Pure.

Hides the standard texts of httpd 2.4 (ap_send_error_response with ServerSignature Off) and where a
reason appears on them. The bytes are httpd's, since monitors and scripts compare them:

1. A proxy's own reason turns the status line into `NNN Proxy Error` and stands on the pages that
   have room for notes (400, 403, 411, 414, 451, 500, 501, 502), escaped.
2. A status without a text of its own (402, 409, 505) has that of 500; one that httpd does not know
   is a 500.
3. A worker's answer that is replaced keeps its own reason phrase, as status line and as title; it
   is escaped here, which httpd does not do.
4. An ErrorDocument that fails itself gives the page of the first error, which says so. httpd names
   the first status there, whatever the second one was.
5. The client's request counts as a GET, or HEAD, without a body, when an ErrorDocument is a path.
"""

from collections.abc import Iterable
from typing import Final

from httpdlite.conf.directives.core_requests import Signature, Trace
from httpdlite.diagnostics import ENCODING
from httpdlite.routes.selfname import SelfName

CONTENT_TYPE: Final = b"text/html; charset=iso-8859-1"

PROXY_ERROR: Final = "Proxy Error"

REASONS: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    415: "Unsupported Media Type",
    416: "Requested Range Not Satisfiable",
    417: "Expectation Failed",
    421: "Misdirected Request",
    422: "Unprocessable Entity",
    423: "Locked",
    424: "Failed Dependency",
    426: "Upgrade Required",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    506: "Variant Also Negotiates",
    507: "Insufficient Storage",
    508: "Loop Detected",
    510: "Not Extended",
    511: "Network Authentication Required",
}
"""Reason phrases of the statuses from 400 on, as httpd writes them."""

_OTHER_REASONS: Final = {
    100: "Continue",
    101: "Switching Protocols",
    102: "Processing",
    103: "Early Hints",
    200: "OK",
    201: "Created",
    202: "Accepted",
    203: "Non-Authoritative Information",
    204: "No Content",
    205: "Reset Content",
    206: "Partial Content",
    207: "Multi-Status",
    208: "Already Reported",
    226: "IM Used",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    305: "Use Proxy",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
}
"""Those of the others, which rules may answer with."""

SPOKEN_PLAINLY: Final = """Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />
 Instead use the HTTPS scheme to access this URL, please.<br />
"""
WITHOUT_SNI: Final = (
    "Reason: The client software did not provide a hostname using Server Name Indication (SNI), "
    "which is required to access this server.<br />\n"
)
_MARKED_UP: Final = frozenset((SPOKEN_PLAINLY, WITHOUT_SNI))
"""Notes of mod_ssl, for a 400 and a 403."""

_NOT_AUTHORIZED: Final = """<p>This server could not verify that you
are authorized to access the document
requested.  Either you supplied the wrong
credentials (e.g., bad password), or your
browser doesn't understand how to supply
the credentials required.</p>
"""

_TEXTS: Final = {
    400: """<p>Your browser sent a request that this server could not understand.<br />
{notes}</p>
""",
    401: _NOT_AUTHORIZED,
    403: "<p>You don't have permission to access this resource.{notes}</p>\n",
    404: "<p>The requested URL was not found on this server.</p>\n",
    405: "<p>The requested method {method} is not allowed for this URL.</p>\n",
    406: """<p>An appropriate representation of the requested resource could not be found\
 on this server.</p>
""",
    407: _NOT_AUTHORIZED,
    408: "<p>Server timeout waiting for the HTTP request from the client.</p>\n",
    410: """<p>The requested resource is no longer available on this server and there is no\
 forwarding address.
Please remove all references to this resource.</p>
""",
    411: """<p>A request of the requested method {method} requires a valid Content-length.<br />
{notes}</p>
""",
    412: "<p>The precondition on the request for this URL evaluated to false.</p>\n",
    413: """The requested resource does not allow request data with {method} requests,\
 or the amount of data provided in
the request exceeds the capacity limit.
""",
    414: """<p>The requested URL's length exceeds the capacity
limit for this server.<br />
{notes}</p>
""",
    415: """<p>The supplied request data is not in a format
acceptable for processing by this resource.</p>
""",
    416: """<p>None of the range-specifier values in the Range
request-header field overlap the current extent
of the selected resource.</p>
""",
    417: "{expectation}</p><p>Only the 100-continue expectation is supported.</p>\n",
    421: """<p>The client needs a new connection for this
request as the requested host name does not match
the Server Name Indication (SNI) in use for this
connection.</p>
""",
    422: """<p>The server understands the media type of the
request entity, but was unable to process the
contained instructions.</p>
""",
    423: """<p>The requested resource is currently locked.
The lock must be released or proper identification
given before the method can be applied.</p>
""",
    424: """<p>The method could not be performed on the resource
because the requested action depended on another
action and that other action failed.</p>
""",
    426: """<p>The requested resource can only be retrieved
using SSL.  The server is willing to upgrade the current
connection to SSL, but your client doesn't support it.
Either upgrade your client, or try requesting the page
using https://
""",
    428: "<p>The request is required to be conditional.</p>\n",
    429: "<p>The user has sent too many requests\nin a given amount of time.</p>\n",
    431: """<p>The server refused this request because
the request header fields are too large.</p>
""",
    451: """<p>Access to this URL has been denied for legal reasons.<br />
{notes}</p>
""",
    500: """<p>The server encountered an internal error or
misconfiguration and was unable to complete
your request.</p>
<p>Please contact the server administrator at 
 {admin} to inform them of the time this error occurred,
 and the actions you performed just before this error.</p>
<p>More information about this error may be available
in the server error log.</p>
""",  # noqa: W291 - the blank at the end of a line is httpd's
    501: "<p>{method} not supported for current URL.<br />\n{notes}</p>\n",
    502: (
        "<p>The proxy server received an invalid\r\nresponse from an upstream server.<br />\r\n"
        "{notes}</p>\n"
    ),
    503: """<p>The server is temporarily unable to service your
request due to maintenance downtime or capacity
problems. Please try again later.</p>
""",
    504: """<p>The gateway did not receive a timely response
from the upstream server or application.</p>
""",
    506: """<p>A variant for the requested resource
<pre>
{uri}
</pre>
is itself a negotiable resource. This indicates a configuration error.</p>
""",
    507: """<p>The method could not be performed on the resource
because the server is unable to store the
representation needed to successfully complete the
request.  There is insufficient free space left in
your storage allocation.</p>
""",
    508: """<p>The server terminated an operation because
it encountered an infinite loop.</p>
""",
    510: """<p>A mandatory extension policy in the request is not
accepted by the server for this resource.</p>
""",
    511: """<p>The client needs to authenticate to gain
network access.</p>
""",
}

_NO_EXPECTATION: Final = """<p>No expectation was seen, the Expect request-header 
field was not presented by the client.
"""  # noqa: W291
_EXPECTATION: Final = """<p>The expectation given in the Expect request-header
field could not be met by this server.
The client sent<pre>
    Expect: {}
</pre>
"""

_PAGE: Final = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">
<html><head>
<title>{status} {title}</title>
</head><body>
<h1>{title}</h1>
{text}{footer}</body></html>
"""

_NESTED: Final = """<p>Additionally, a {}
error was encountered while trying to use an ErrorDocument to handle the request.</p>
"""

_MOVED: Final = '<p>The document has moved <a href="{}">here</a>.</p>\n'
_LOCATED: Final = '<p>The answer to your request is located <a href="{}">here</a>.</p>\n'
_BY_PROXY: Final = """<p>This resource is only accessible through the proxy
{}<br />
You will need to configure your client to use that proxy.</p>
"""
_ELSEWHERE: Final = {
    300: "",
    301: _MOVED,
    302: _MOVED,
    303: _LOCATED,
    305: _BY_PROXY,
    307: _MOVED,
    308: _MOVED,
}
WITHOUT_PAGE: Final = frozenset((204, 304))


def sent_status(status: int) -> int:
    """The status that the client sees: what httpd does not know is a 500."""
    return status if status in REASONS or status in _OTHER_REASONS else 500


_ALLOW: Final = (b"Allow", b"GET,POST,OPTIONS,HEAD,TRACE")
_EXTRA_FIELDS: Final[dict[int, tuple[tuple[bytes, bytes], ...]]] = {
    405: (_ALLOW,),
    501: (_ALLOW,),
}


def error_page(
    status: int,
    *,
    reason: str | None = None,
    method: bytes = b"GET",
    uri: bytes = b"",
    notes: str = "",
    expect: bytes | None = None,
    admin: str = "[no address given]",
    own_reason: bytes = b"",
    failed_document: bool = False,
    footer: str = "",
    location: bytes = b"",
) -> tuple[bytes, bytes]:
    """The reason phrase of the status line and the page, for a status that is answered here.

    `reason` is why a worker could not answer ("Error reading from remote server"), None if the
    fault is not a worker's; `notes` is a sentence without markup for a 400 or 414, or one of those
    of mod_ssl; `expect` the Expect field of a 417; `admin` ServerAdmin; `own_reason` the reason
    phrase of a worker whose answer is replaced; `failed_document`: the ErrorDocument for this
    status could not be used; `footer` what `signature` gives; `location` the Location of a 3xx.
    What comes from outside is escaped here.
    """
    title = REASONS.get(status) or _OTHER_REASONS.get(status, REASONS[500])
    if status in _ELSEWHERE:
        shown = "" if status == 305 else escape_html(location.decode("latin-1"))
        phrase = own_reason or title.encode("ascii")
        return phrase, _page(status, title, _ELSEWHERE[status].format(shown), footer)
    html_notes = notes if notes in _MARKED_UP else escape_html(notes)
    text = _TEXTS.get(status, _TEXTS[500])
    if reason is not None:
        title = PROXY_ERROR
        cause = f"<p>Reason: <strong>{escape_html(reason)}</strong></p>"
        html_notes = f"The proxy server could not handle the request{cause}"
        if status == 500:
            text = "{notes}<p />\n"
    sent = _NO_EXPECTATION
    if expect is not None:
        sent = _EXPECTATION.format(escape_html(expect.decode("latin-1")))
    text = text.format(
        notes=html_notes,
        method=escape_html(method.decode("latin-1")),
        uri=escape_html(uri.decode("latin-1")),
        admin=escape_html(admin),
        expectation=sent,
    )
    if failed_document:
        text += _NESTED.format(f"{status} {REASONS.get(status, REASONS[500])}")
    phrase = own_reason or title.encode("ascii")
    title = escape_html(phrase.decode("latin-1"))
    return phrase, _page(status, title, text, footer)


def _page(status: int, title: str, text: str, footer: str) -> bytes:
    page = _PAGE.format(status=status, title=title, text=text, footer=footer)
    return page.encode("latin-1", "xmlcharrefreplace")


def moved_page(url: str, *, footer: str = "") -> tuple[bytes, bytes]:
    """The reason phrase and the page of a 302, for an ErrorDocument that is a URL."""
    text = _MOVED.format(escape_html(bytes_text(url)))
    return b"Found", _page(302, "Found", text, footer)


def text_page(text: str) -> bytes:
    """The page of an ErrorDocument that is a text, which is sent as it is written."""
    return text.encode(*ENCODING)


def bytes_text(text: str) -> str:
    """A configuration's text with one character per byte."""
    return text.encode(*ENCODING).decode("latin-1")


def signature(kind: Signature, banner: str, name: SelfName, admin: str) -> str:
    """The footer of a page; "" with ServerSignature Off."""
    if kind is Signature.OFF:
        return ""
    shown = escape_html(name.name)
    if kind is Signature.EMAIL:
        shown = f'<a href="mailto:{escape_html(admin)}">{shown}</a>'
    return f"<hr>\n<address>{banner} Server at {shown} Port {name.port}</address>\n"


TRACE_TYPE: Final = b"message/http"


def trace_page(line: bytes, fields: Iterable[tuple[bytes, bytes]], body: bytes = b"") -> bytes:
    """What a TRACE that is answered here sends back: the request line, the fields as they came,
    an empty line; the body too with TraceEnable extended.
    """
    lines = b"".join([b"%b: %b\r\n" % field for field in fields])
    return b"%b\r\n%b\r\n%b" % (line, lines, body)


def allowed(trace: Trace) -> bytes:
    """The Allow field of a request that no rule took, and of a worker's answer that is replaced."""
    return b"" if trace is Trace.OFF else b"TRACE"


def extra_fields(
    status: int, upgrade: str = "", *, allow: bytes | None = None
) -> list[tuple[bytes, bytes]]:
    """Response fields that httpd adds to this status: Allow, and Upgrade with what is demanded.

    `allow` is what Allow says in place of the methods for files.
    """
    if allow is not None and status in _EXTRA_FIELDS:
        return [(b"Allow", allow)]
    if upgrade:
        return [(b"Upgrade", upgrade.encode("latin-1")), (b"Connection", b"Upgrade")]
    return list(_EXTRA_FIELDS.get(status, ()))


def escape_html(text: str) -> str:
    """`<`, `>`, `&` and `"` as entities (ap_escape_html)."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;")
