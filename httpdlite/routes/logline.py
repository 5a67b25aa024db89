"""A line for the error log, as whoever finds something says it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line for the error log. ``level`` as in LogLevel: error=3, warn=4, info=6, debug=7.

    In ``text`` {uri} and {method} stand for those of the request, {client} for the address of who
    made it, but not if the text ``is_literal``; ``of_server``: no client is named.
    """

    module: str
    level: int
    code: str
    text: str
    os_text: str = ""
    of_server: bool = False
    is_literal: bool = False
