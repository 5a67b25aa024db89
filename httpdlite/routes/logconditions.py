"""Which requests an access log is for: `env=` and `expr=` of CustomLog and its like. Pure.

In: the condition, as it was read. Out: a function from a record to yes or no. Hides what an
expression sees of a request that has ended: the request as it came, so its status is the first one.
A failed evaluation is ``ConditionFailed``; nothing is logged then. Source: mod_log_config; as
observed with 2.4.71.
"""

import os
from collections.abc import Callable, Mapping, Sequence

from httpdlite.conf.directives.log_config import CustomLog
from httpdlite.conf.spelling import lower
from httpdlite.routes.expressions import (
    DiskFiles,
    EvaluationError,
    Outside,
    View,
    compile_condition,
)
from httpdlite.routes.logrecord import ConditionFailed, Record
from httpdlite.routes.settings import Settings

Condition = Callable[[Record], bool]


def condition_of(log: CustomLog, settings: Settings) -> Condition:
    """The condition of a log that has one. ``settings``: the server's."""
    kind, _, rest = (log.condition or "").partition("=")
    if lower(kind) == "env":
        return _of_environment(rest)
    assert log.expression is not None
    outside = Outside(files=DiskFiles(), environment=dict(os.environ))
    holds = compile_condition(log.expression, outside)
    place = f"{log.span.file}:{log.span.line}"

    def condition(record: Record) -> bool:
        try:
            return holds(_Ended(record, settings))
        except EvaluationError as why:
            raise ConditionFailed(str(why), place) from None

    return condition


def _of_environment(name: str) -> Condition:
    is_wanted = not name.startswith("!")
    key = name.removeprefix("!").lower()
    return lambda record: (key in (record.environment or ())) is is_wanted


_OWN = frozenset((b"date", b"server", b"transfer-encoding"))  # the server's, and not seen any more


class _Ended(View):
    """A request that has ended, as an expression asks it."""

    __slots__ = ("_record", "_settings")

    def __init__(self, record: Record, settings: Settings) -> None:
        self._record = record
        self._settings = settings

    @property
    def method(self) -> str:
        return self._record.original_method

    @property
    def path(self) -> str:
        return self._record.path

    @property
    def query(self) -> str | None:
        return self._record.original_query

    @property
    def request_line(self) -> str | None:
        return self._record.request_line

    @property
    def protocol(self) -> str:
        return self._record.protocol

    def request_field(self, key: bytes) -> bytes | None:
        return self._record.request_field(key)

    def response_values(self, key: bytes) -> Sequence[bytes]:
        return () if key in _OWN else self._record.response_values(key)

    @property
    def status(self) -> int:
        return self._record.status_original

    @property
    def content_type(self) -> str | None:
        values = self._record.response_values(b"content-type")
        return values[0].decode("latin-1") if values else None

    @property
    def filename(self) -> str | None:
        return self._record.original_filename

    @property
    def handler(self) -> str | None:
        return self._record.handler

    @property
    def environment(self) -> Mapping[str, str] | None:
        return self._record.environment

    @property
    def notes(self) -> Mapping[str, str] | None:
        return self._record.notes

    @property
    def log_id(self) -> str | None:
        return self._record.log_id

    @property
    def client_ip(self) -> str:
        return self._record.client_ip

    @property
    def client_port(self) -> int:
        return self._record.connection_port

    @property
    def connection_ip(self) -> str:
        return self._record.connection_ip

    @property
    def is_secure(self) -> bool:
        return self._record.is_secure

    def ssl(self, name: str) -> str | None:
        return self._record.ssl(name)

    @property
    def scheme(self) -> str:
        return "https" if self.is_secure else "http"

    @property
    def self_name(self) -> str:
        return self._record.host_name or self._record.server_name

    @property
    def self_port(self) -> int:
        return self._record.server_port

    @property
    def admin(self) -> str | None:
        return self._settings.server_admin

    @property
    def banner(self) -> str:
        return self._settings.banner

    @property
    def now(self) -> float:
        return self._record.started_wall + self._record.duration_ns / 1e9
