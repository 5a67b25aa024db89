"""What went wrong between proxy and worker: whose fault, which status the client gets, what the
error log says. Pure.

Source: mod_proxy's statuses and messages (proxy-semantics, "Failures"): read timeouts are 502 and
not 504, as in Apache.
"""

from dataclasses import dataclass, field

from httpdlite.routes.logline import LogLine

TIMED_OUT = "(70007)The timeout specified has expired"
CLOSED = "(20014)Internal error (specific information not available)"


ENDED = "(70014)End of file found"
INCOMPLETE = "(70008)Partial results are valid but processing is incomplete"


@dataclass(frozen=True, slots=True)
class ProxyFault:
    """``status`` for the client, ``reason`` on its page (None: the standard page; "": the page of a
    proxy without one), ``lines`` for the error log. ``closes``: the client's connection.
    """

    status: int
    reason: str | None
    lines: tuple[LogLine, ...] = field(default=())
    closes: bool = False

    @classmethod
    def connect_failed(
        cls, shown: str, host: str, os_text: str, *, scheme: str = "http", by_tunnel: bool = False
    ) -> "ProxyFault":
        """No address of the worker took the connection: 503, AH00957 and AH01114. ``by_tunnel``: a
        ws worker without mod_proxy_http's help (ProxyWebsocketFallbackToProxyHttp Off).
        """
        function = scheme.upper() if by_tunnel else scheme
        text = f"{function}: attempt to connect to {shown} failed"
        return cls(
            503,
            None,
            (
                LogLine("proxy", 3, "AH00957", text, os_text, of_server=True),
                _no_connection(host, by_tunnel=by_tunnel),
            ),
        )

    @classmethod
    def unix_failed(
        cls, path: str, host: str, port: int, os_text: str, *, scheme: str = "http"
    ) -> "ProxyFault":
        """The unix socket took no connection: 503, AH02454."""
        text = f"{scheme}: attempt to connect to Unix domain socket {path} ({host}:{port}) failed"
        line = LogLine("proxy", 3, "AH02454", text, os_text, of_server=True)
        return cls(503, None, (line, _no_connection(host, by_tunnel=False)))

    @classmethod
    def not_secured(
        cls, shown: str, why: str, code: str, *, by_tunnel: bool = False
    ) -> "ProxyFault":
        """There is no TLS with the worker: 500, AH01084, AH00898, AH01097, and at level info the
        code that says why. The reason itself stands where Apache has "specific information not
        available". ``by_tunnel``: see ``connect_failed``.
        """
        what = "SSL Proxy" if code in _OF_CERTIFICATES else "SSL Proxy connect failed"
        text = f"pass request body failed to {shown}"
        fault = returned(500, "Error during SSL Handshake with remote server")
        lines = (
            LogLine("ssl", 6, code, f"{what}: {why}"),
            LogLine("proxy", 3, "AH01084", text, why),
            *fault.lines,
        )
        if not by_tunnel:
            line = LogLine("proxy_http", 3, "AH01097", f"{text} from {{client}} ()")
            lines = (*lines, line)
        return cls(500, fault.reason, lines)

    @classmethod
    def tls_not_enabled(cls, shown: str, scheme: str) -> "ProxyFault":
        """A worker of https:// or wss:// without SSLProxyEngine On: 500, AH01961 and AH00961."""
        text = "failed to enable ssl support"
        hint = " [Hint: if using mod_ssl, see SSLProxyEngine]"
        return cls(
            500,
            None,
            (
                LogLine("core", 3, "AH01961", f" {text}{hint}", of_server=True),
                LogLine("proxy", 3, "AH00961", f"{scheme}: {text} for {shown}", of_server=True),
            ),
        )

    @classmethod
    def name_not_resolved(cls, host: str, os_text: str = "") -> "ProxyFault":
        """500 and AH00898, as in Apache."""
        return returned(500, f"DNS lookup failure for: {host}", os_text)

    @classmethod
    def blocked(cls, code: str, text: str) -> "ProxyFault":
        """ProxyBlock: 403."""
        fault = returned(403, "Connect to remote machine blocked")
        return cls(403, fault.reason, (LogLine("proxy", 4, code, text), *fault.lines))

    @classmethod
    def disabled(cls, shown: str, *, scheme: str = "http") -> "ProxyFault":
        """The worker's ``status``: 503, AH00940."""
        text = f"{scheme}: disabled connection for ({shown})"
        return cls(503, None, (LogLine("proxy", 3, "AH00940", text, of_server=True),))

    @classmethod
    def pool_exhausted(cls, shown: str, *, scheme: str = "http") -> "ProxyFault":
        """``acquire`` has passed: 503, AH00941."""
        text = f"{scheme}: failed to acquire connection for ({shown})"
        return cls(503, None, (LogLine("proxy", 3, "AH00941", text, of_server=True),))

    @classmethod
    def no_room(cls) -> "ProxyFault":
        """No descriptor is left for another connection: 503; what is said of it is not per
        request.
        """
        return cls(503, None)

    @classmethod
    def no_response(cls, shown: str, os_text: str) -> "ProxyFault":
        """The worker closed, reset or stayed silent before a response: 502, AH01102 and AH00898."""
        return _unread(502, "Error reading from remote server", shown, os_text)

    @classmethod
    def no_continue(cls, shown: str) -> "ProxyFault":
        """The 100 that was asked for did not come: 503, AH01102 and AH00898; the client has not
        sent its body.
        """
        return _unread(503, "Timeout on 100-Continue", shown, TIMED_OUT)

    @classmethod
    def head_not_read(cls, os_text: str) -> "ProxyFault":
        """The worker closed, reset or stayed silent within the head of its response: 502, AH10404
        and AH01106.
        """
        text = "Error reading headers from backend"
        return cls(502, None, (LogLine("proxy_http", 4, "AH10404", text, os_text), BAD_HEADER))

    @classmethod
    def line_too_long(cls, line: bytes, limit: int) -> "ProxyFault":
        """A line of the response's head is longer than responsefieldsize: 502, AH10124, AH01106."""
        shown = line[:_SHOWN].decode("latin-1")
        text = (
            "header size is over the limit allowed by ResponseFieldSize "
            f"({limit} bytes). Bad response header: '{shown}'"
        )
        os_text = "(28)No space left on device"
        return cls(502, None, (LogLine("proxy_http", 4, "AH10124", text, os_text), BAD_HEADER))

    @classmethod
    def corrupt_status(cls, line: bytes) -> "ProxyFault":
        """The response begins with no status line of HTTP/1: 502, AH00898."""
        shown = f": {line.decode('latin-1')}" if line else ""
        return returned(502, f"Corrupt status line returned by remote server{shown}")

    @classmethod
    def bad_response(cls, status: int, reason: str, code: str) -> "ProxyFault":
        """The worker's head cannot be passed on: 502 or 500."""
        if status != 502:
            text = f"{reason}, aborting request"
            return cls(status, None, (LogLine("http", 3, code, text),), closes=True)
        if code == "AH01106":
            return cls(502, None, (LogLine("proxy_http", 4, "", reason), BAD_HEADER))
        return returned(status, reason)

    @classmethod
    def body_broken(cls, status: int, reason: str, code: str) -> "ProxyFault":
        """A body whose first bytes cannot be taken: nothing of the response has gone out yet."""
        return cls(status, None, (LogLine("proxy_http", 3, code or "AH01110", reason),))


BAD_HEADER = LogLine("proxy_http", 4, "AH01106", "bad HTTP/1.1 header returned by {uri} ({method})")

_OF_CERTIFICATES = ("AH02004", "AH02411")
_SHOWN = 30


def _no_connection(host: str, *, by_tunnel: bool) -> LogLine:
    if by_tunnel:
        text = f"failed to make connection to backend: {host}"
        return LogLine("proxy_wstunnel", 3, "AH02452", text)
    text = f"HTTP: failed to make connection to backend: {host}"
    return LogLine("proxy_http", 3, "AH01114", text)


def returned(status: int, reason: str, os_text: str = "") -> "ProxyFault":
    line = LogLine("proxy", 3, "AH00898", f"{reason} returned by {{uri}}", os_text)
    return ProxyFault(status, reason, (line,))


def _unread(status: int, reason: str, shown: str, os_text: str) -> ProxyFault:
    text = f"error reading status line from remote server {shown}"
    line = LogLine("proxy_http", 3, "AH01102", text, os_text)
    return ProxyFault(status, reason, (line, *returned(status, reason).lines))
