"""What went wrong between proxy and worker: whose fault, which status the client gets, what the
error log says. Pure.

Source: mod_proxy's statuses and messages (proxy-semantics, "Failures"): read timeouts are 502 and
not 504, as in Apache.
"""

from dataclasses import dataclass, field
from typing import Self

TIMED_OUT = "(70007)The timeout specified has expired"
CLOSED = "(20014)Internal error (specific information not available)"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line for the error log. ``level`` as in LogLevel: error=3, warn=4, info=6, debug=7."""

    module: str
    level: int
    code: str
    text: str
    os_text: str = ""


@dataclass(frozen=True, slots=True)
class ProxyFault:
    """``status`` for the client, ``reason`` on its page (None: the standard page), ``lines`` for
    the error log.
    """

    status: int
    reason: str | None
    lines: tuple[LogLine, ...] = field(default=())

    @classmethod
    def connect_failed(cls, shown: str, host: str, os_text: str) -> Self:
        """No address of the worker took the connection: 503, AH00957 and AH01114."""
        return cls(
            503,
            None,
            (
                LogLine(
                    "proxy", 3, "AH00957", f"HTTP: attempt to connect to {shown} failed", os_text
                ),
                LogLine(
                    "proxy_http",
                    3,
                    "AH01114",
                    f"HTTP: failed to make connection to backend: {host}",
                ),
            ),
        )

    @classmethod
    def unix_failed(cls, path: str, os_text: str) -> Self:
        """The unix socket took no connection: 503, AH02454."""
        return cls(
            503,
            None,
            (
                LogLine(
                    "proxy",
                    3,
                    "AH02454",
                    f"HTTP: attempt to connect to Unix domain socket {path} failed",
                    os_text,
                ),
                LogLine(
                    "proxy_http",
                    3,
                    "AH01114",
                    "HTTP: failed to make connection to backend: httpd-UDS",
                ),
            ),
        )

    @classmethod
    def name_not_resolved(cls, host: str) -> Self:
        """500 and AH00898, as in Apache."""
        reason = f"DNS lookup failure for: {host}"
        return cls(500, reason, (LogLine("proxy", 3, "AH00898", f"{reason} returned by {{uri}}"),))

    @classmethod
    def pool_exhausted(cls, shown: str) -> Self:
        """``acquire`` has passed: 503, AH00941."""
        return cls(
            503,
            None,
            (LogLine("proxy", 3, "AH00941", f"HTTP: failed to acquire connection for ({shown})"),),
        )

    @classmethod
    def no_room(cls) -> Self:
        """No descriptor is left for another connection: 503; what is said of it is not per
        request.
        """
        return cls(503, None)

    @classmethod
    def no_response(cls, shown: str, os_text: str) -> Self:
        """The worker closed, reset or stayed silent before a response: 502, AH01102 and AH00898."""
        reason = "Error reading from remote server"
        return cls(
            502,
            reason,
            (
                LogLine(
                    "proxy_http",
                    3,
                    "AH01102",
                    f"error reading status line from remote server {shown}",
                    os_text,
                ),
                LogLine("proxy", 3, "AH00898", f"{reason} returned by {{uri}}"),
            ),
        )

    @classmethod
    def no_continue(cls, shown: str) -> Self:
        """The 100 that the client asked for did not come: 503, AH01102 and AH00898."""
        reason = "Timeout on 100-Continue"
        text = f"error reading status line from remote server {shown}"
        return cls(
            503,
            reason,
            (
                LogLine("proxy_http", 3, "AH01102", text, TIMED_OUT),
                LogLine("proxy", 3, "AH00898", f"{reason} returned by {{uri}}"),
            ),
        )

    @classmethod
    def bad_response(cls, status: int, reason: str, code: str, shown: str) -> Self:
        """The worker's head cannot be passed on: 502 or 500."""
        if status != 502 or code in ("AH01106", "AH10124"):
            return cls(
                status,
                None,
                (
                    LogLine(
                        "proxy_http",
                        3,
                        code,
                        f"bad HTTP response from remote server {shown}: {reason}",
                    ),
                ),
            )
        return cls(
            status,
            reason,
            (LogLine("proxy", 3, code, f"{reason} returned by {{uri}} (worker {shown})"),),
        )

    @classmethod
    def body_not_sent(cls, shown: str, os_text: str) -> Self:
        """The worker took no more of the request and gave no answer: 502, AH01084."""
        return cls(
            502,
            "Error reading from remote server",
            (LogLine("proxy_http", 3, "AH01084", f"pass request body failed to {shown}", os_text),),
        )
