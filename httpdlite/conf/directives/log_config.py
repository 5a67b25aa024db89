"""mod_log_config.c: access logs and their formats.

In: the words of one directive. Out: its value, or httpd's message. What a format string may hold is
logformat.py's business. A vhost's own logs replace the main server's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from httpdlite.conf.call import SERVER, SERVERS, Call, Module
from httpdlite.conf.logformat import Field, check_format, parse_format
from httpdlite.conf.rows import Arity, Refusal, Takes, judged, repeated, replace
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import moot
from httpdlite.conf.values import condition
from httpdlite.diagnostics import Span

if TYPE_CHECKING:
    from httpdlite.conf.expressions.tree import Condition

MODULE: Final = Module("log_config_module", "mod_log_config.c", static=True)


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A format; without a nickname it is the one of later TransferLogs."""

    format: str
    nickname: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class CustomLog:
    """An access log. `format` is a format's text or nickname, None for TransferLog's default."""

    file: str
    format: str | None
    condition: str | None  # "env=NAME", "env=!NAME" or "expr=EXPRESSION"
    span: Span
    expression: "Condition | None" = None  # of expr=


def _check(call: Call, index: int) -> str:
    text = call.words[index].text
    has_ssl = call.place.find_module("ssl_module") is not None
    if message := check_format(text, has_ssl=has_ssl):
        raise call.error(message, index)
    return text


def _refuse_ssl_items(text: str) -> Iterator[Refusal]:
    """mod_ssl has other names than its own, too, most of which have an item of their own."""
    for item in parse_format(text):
        if isinstance(item, Field) and item.name == "x" and not _OF_TLS.match(item.argument or "-"):
            yield Refusal(
                f"%{{{item.argument}}}x in a log format is not supported",
                hint="It knows HTTPS and SSL_...; other items say the rest, such as %U, %{...}i.",
            )


_OF_TLS: Final = re.compile(r"SSL_|HTTPS\Z|-\Z", re.IGNORECASE)


def _refuse_formats(formats: tuple[LogFormat, ...]) -> Iterator[Refusal]:
    for entry in formats:
        yield from _refuse_ssl_items(entry.format)


def _read_log_format(call: Call) -> LogFormat:
    return LogFormat(_check(call, 0), call.text(1), call.span)


LOG_FORMAT: Final = repeated(
    "LogFormat",
    Takes(Arity.ONE_OR_TWO, _read_log_format),
    contexts=SERVERS,
    refuse=_refuse_formats,
    doc="A format for access logs, and the name it is called by.",
)


def _read_custom_log(call: Call) -> CustomLog:
    clause = call.words[2].text if len(call.words) > 2 else None
    tree = _read_condition(call, clause) if clause is not None else None
    return CustomLog(call.words[0].text, _check(call, 1), clause, call.span, tree)


def _read_condition(call: Call, clause: str) -> "Condition | None":
    """The expression, if it is one."""
    kind, _, rest = clause.partition("=")
    match lower(kind):
        case "env" if "=" in clause:
            if rest in {"", "!"}:
                raise call.error("missing environment variable name", 2)
        case "expr" if "=" in clause:
            if not rest:
                raise call.error("missing condition", 2)
            return condition(call, rest, 2)
        case _:
            raise call.error("error in condition clause", 2)
    return None


def _read_transfer_log(call: Call) -> CustomLog:
    return CustomLog(call.words[0].text, None, None, call.span)


def _refuse_logs(logs: tuple[CustomLog, ...]) -> Iterator[Refusal]:
    for log in logs:
        yield from _refuse_ssl_items(log.format or "")


CUSTOM_LOG: Final = repeated(
    "CustomLog",
    Takes(Arity.TWO_OR_THREE, _read_custom_log),
    contexts=SERVERS,
    merge=replace,
    refuse=_refuse_logs,
    doc="An access log: its file, its format, and which requests it is for.",
)
TRANSFER_LOG: Final = repeated(
    "TransferLog",
    Takes(Arity.ONE, _read_transfer_log),
    contexts=SERVERS,
    into=CUSTOM_LOG,
    refuse=_refuse_logs,
    doc="An access log in the format of the last LogFormat without a nickname.",
)
GLOBAL_LOG: Final = repeated(
    "GlobalLog",
    Takes(Arity.TWO_OR_THREE, _read_custom_log),
    contexts=SERVER,
    inherits=False,
    refuse=_refuse_logs,
    doc="An access log for virtual hosts, too, that have one of their own.",
)
BUFFERED_LOGS: Final = judged(
    "BufferedLogs",
    Arity.FLAG,
    SERVERS,
    moot("lines are collected for a moment and written together anyway"),
    "Whether lines of access logs are collected before they are written.",
    usual="Off",
)
