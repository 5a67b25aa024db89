"""What the access log needs of a request or a tunnel, made when it has ended.

Comes in: the request, its vhost, the response's fields, byte counts and times. Goes out: a record
that a compiled log format reads. A request's record looks things up only when a format asks; a
tunnel keeps no more than its request's head as bytes, which is parsed again when the line is
written, so that an idle tunnel costs little.
"""

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from httpdlite.proxy.fields import FieldLine, split_fields
from httpdlite.proxy.framing import RequestHead, parse_request_head
from httpdlite.proxy.own_name import Client
from httpdlite.proxy.tunnel import Ending, Reason
from httpdlite.routes.logline import LogLine
from httpdlite.routes.request import Request
from httpdlite.routes.route import Route
from httpdlite.routes.selfname import split_host
from httpdlite.routes.settings import Settings
from httpdlite.routes.site import Vhost
from httpdlite.routes.tlsvariables import LEGACY

if TYPE_CHECKING:
    from httpdlite.serve.child import Child

_EARLY: Final = frozenset((400, 401, 403, 408, 414, 421, 431, 505))
"""Statuses of requests that are refused before they get the variables of TLS."""


class RequestRecord:
    """Implements ``routes.accesslog.Record``, see there for the meaning of each field."""

    __slots__ = (
        "_child",
        "_client",
        "_found",
        "_request",
        "_vhost",
        "body_bytes",
        "bytes_in",
        "bytes_out",
        "connection_status",
        "ended",
        "keepalive_count",
        "lines",
        "path",
        "phased",
        "started",
        "status",
        "status_original",
    )

    notes: Mapping[str, str] | None = None
    log_id: str | None = None
    connection_log_id: str | None = None
    first_byte_ns: int | None = None

    def __init__(  # noqa: PLR0917 - all that is known of it
        self,
        child: "Child",
        request: RequestHead,
        client: Client,
        vhost: Vhost,
        path: str,
        found: "Route | Settings | str | None",
        status: int,
        lines: Sequence[FieldLine],
        started: float,
        keepalive_count: int,
    ) -> None:
        self._child = child
        self._request = request
        self._client = client
        self._vhost = vhost
        self.path = path
        self._found = found  # where it went; the settings of a section that refused it; %f
        self.status = self.status_original = status
        self.lines = lines
        self.started = started
        self.keepalive_count = keepalive_count
        self.ended = child.engine.clock()
        self.body_bytes = self.bytes_in = self.bytes_out = 0
        self.connection_status = "-"
        self.phased: Request | None = None  # as the phases have left it

    @property
    def vhost(self) -> Vhost:
        """Whose logs it is for."""
        return self._vhost

    @property
    def duration_ns(self) -> int:
        return int((self.ended - self.started) * 1e9)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def started_wall(self) -> float:
        return self._child.wall_clock(self.started)

    @property
    def client_ip(self) -> str:
        return self._client.ip

    @property
    def client_port(self) -> int:
        return self._client.port

    @property
    def connection_ip(self) -> str:
        return self._client.peer_ip

    @property
    def connection_port(self) -> int:
        return self._client.peer_port

    @property
    def is_secure(self) -> bool:
        return self._client.scheme == "https"

    def ssl(self, name: str) -> str | None:
        return self._client.ssl(name, is_legacy=LEGACY in self._tls_options)

    @property
    def local_ip(self) -> str:
        return self._client.local_ip

    @property
    def local_port(self) -> int:
        return self._client.local_port

    @property
    def server_name(self) -> str:
        return self._vhost.server_name

    @property
    def server_port(self) -> int:
        return self._vhost.port or self._client.default_port

    @property
    def host_name(self) -> str | None:
        host = self._request.host
        return split_host(host.decode("latin-1"))[0] if host is not None else None

    @property
    def method(self) -> str:
        return self._request.method.decode("latin-1")

    @property
    def query(self) -> str | None:
        return _query_of(self._request)

    @property
    def final_path(self) -> str:
        return self.path

    @property
    def original_method(self) -> str:
        return self.method

    @property
    def original_query(self) -> str | None:
        return self.query

    @property
    def original_filename(self) -> str | None:
        return self.filename

    @property
    def request_line(self) -> str:
        return self._request.line.decode("latin-1")

    @property
    def protocol(self) -> str:
        return f"HTTP/1.{self._request.minor}"

    def request_field(self, key: bytes) -> bytes | None:
        field = self._request.fields.get(key)
        return field[1] if field is not None else None

    def response_values(self, key: bytes) -> list[bytes]:
        return [field[1] for found, field, _ in self.lines if found == key]

    @property
    def filename(self) -> str | None:
        found = self._found
        if self.phased is not None and not isinstance(found, Route):
            return self.phased.filename
        if isinstance(found, Route):
            return found.filename
        return found if isinstance(found, str) else None

    @property
    def handler(self) -> str | None:
        return "proxy-server" if isinstance(self._found, Route | str) else None

    @property
    def environment(self) -> Mapping[str, str]:
        phased = self.phased
        variables = self._settings.environment if phased is None else phased.environment
        if not self.is_secure or (self.status in _EARLY and not isinstance(self._found, Route)):
            return variables
        return {**variables, **self._client.tls_variables(self._tls_options)}

    @property
    def user(self) -> str | None:
        return self.phased.user if self.phased is not None else None

    @property
    def _settings(self) -> Settings:
        found = self._found
        if isinstance(found, Route):
            return found.settings
        return found if isinstance(found, Settings) else self._vhost.table.settings

    @property
    def _tls_options(self) -> frozenset[str]:
        return self._settings.tls_options

    @property
    def tid(self) -> int:
        return self.pid  # a child serves in its first thread

    def trailer_in(self, key: bytes) -> bytes | None:
        """None: this record does not know them."""
        return None

    trailer_out = trailer_in


class DetailedRecord(RequestRecord):
    """One that knows what costs something to know; made where a log asks for it."""

    __slots__ = (
        "connection_log_id",
        "first_byte_ns",
        "log_id",
        "notes",
        "trailers_in",
        "trailers_out",
    )

    notes: dict[str, str]
    log_id: str | None
    connection_log_id: str | None
    first_byte_ns: int | None
    trailers_in: bytes
    trailers_out: bytes

    def trailer_in(self, key: bytes) -> bytes | None:
        """A trailer field of the request, repeated ones joined."""
        return _find(self.trailers_in, key)

    def trailer_out(self, key: bytes) -> bytes | None:
        """A trailer field of the worker's response."""
        return _find(self.trailers_out, key)


class RedirectedRecord(DetailedRecord):
    """Of a request whose answer is an error document that a worker has: Apache counts that as
    another request, which is the final one.
    """

    __slots__ = ("final", "first")

    final: RequestHead
    first: Route | None

    @property
    def method(self) -> str:
        """Of the final request."""
        return self.final.method.decode("latin-1")

    @property
    def original_method(self) -> str:
        """Of the client's request."""
        return self._request.method.decode("latin-1")

    @property
    def final_path(self) -> str:
        """Of the error document."""
        return unquote_to_bytes(self.final.target.partition(b"?")[0]).decode("latin-1")

    @property
    def query(self) -> str | None:
        """Of the final request."""
        return _query_of(self.final)

    @property
    def original_query(self) -> str | None:
        """Of the client's request."""
        return _query_of(self._request)

    @property
    def original_filename(self) -> str | None:
        """Where the client's request went."""
        return self.first.filename if self.first is not None else None


def _query_of(request: RequestHead) -> str | None:
    _, mark, query = request.target.partition(b"?")
    return query.decode("latin-1") if mark else None


def _find(block: bytes, key: bytes) -> bytes | None:
    found = [value for found, (_, value), _ in split_fields(block) if found == key]
    return b", ".join(found) if found else None


class _TunnelLine(RequestRecord):
    """The record of a tunnel, which has kept its variables."""

    __slots__ = ("_tls_options", "environment", "notes", "user")

    _tls_options: frozenset[str]
    environment: Mapping[str, str]
    notes: dict[str, str]
    user: str | None


class TunnelRecord:
    """Kept for as long as the tunnel lasts; ``end`` writes its lines."""

    __slots__ = (
        "_child",
        "_client",
        "_environment",
        "_filename",
        "_head",
        "_head_out",
        "_lines",
        "_path",
        "_requests",
        "_source_port",
        "_started",
        "_tls_options",
        "_user",
        "_vhost_key",
    )

    def __init__(
        self,
        child: "Child",
        request: RequestHead,
        client: Client,
        vhost_key: str,
        *,
        lines: list[FieldLine],
        route: Route,
        path: str,
        started: float,
        requests: int,
        head_out: int,
        source_port: int = 0,
        phased: Request | None = None,
    ) -> None:
        self._child = child
        self._head = request.raw
        self._client = client
        self._vhost_key = vhost_key
        self._lines = b"".join([line.line for line in lines])  # one object, split again at the end
        self._environment: Mapping[str, str] = route.settings.environment
        self._user: str | None = None
        if phased is not None:
            self._environment, self._user = phased.environment, phased.user
        self._tls_options = route.settings.tls_options
        self._filename = route.filename  # and not the route, which holds on to its Site
        self._path = path
        self._started = started
        self._requests = requests
        self._head_out = head_out
        self._source_port = source_port  # 0: nobody asks for it

    def end(self, ending: Ending) -> None:
        """The line that Apache writes when a tunnel ends: 101, no body bytes, all the bytes of the
        connection, the whole time. And why it ended, for the error log at level debug.
        """
        child = self._child
        vhost = child.site.vhosts.get(self._vhost_key, child.site.main)
        by = f" by the {ending.side.value}" if ending.side is not None else ""
        text = f"tunnel ended: {ending.reason.value}{by} after {ending.seconds:.3f} s"
        child.log_error(LogLine("proxy_http", 7, "AH10223", text), client=self._client, vhost=vhost)
        self._log(vhost, ending, "end")

    def begin(self, vhost: Vhost) -> None:
        """A line when the tunnel begins (HttpdliteLogTunnelStart)."""
        self._log(vhost, Ending(Reason.END, None, 0, 0, 0.0), "start")

    def _log(self, vhost: Vhost, ending: Ending, event: str) -> None:
        if not vhost.access_logs:
            return
        request = parse_request_head(self._head)
        record = _TunnelLine(
            self._child,
            request,
            self._client,
            vhost,
            self._path,
            self._filename,
            101,
            split_fields(self._lines),
            self._started,
            self._requests,
        )
        options = record._tls_options = self._tls_options
        record.environment = self._environment
        record.user = self._user
        if record.is_secure:
            record.environment = {**self._environment, **self._client.tls_variables(options)}
        record.notes = notes_of_worker(101, self._source_port)
        record.notes["httpdlite-tunnel"] = event
        if event == "end":
            record.notes |= _notes_of(ending)
        record.bytes_in = len(self._head) + ending.client_bytes
        record.bytes_out = self._head_out + ending.worker_bytes
        self._child.ended.append(record)


def _notes_of(ending: Ending) -> dict[str, str]:
    return {
        "httpdlite-tunnel-reason": ending.reason.name.lower(),
        "httpdlite-tunnel-side": ending.side.value if ending.side is not None else "-",
        "httpdlite-tunnel-client-bytes": str(ending.client_bytes),
        "httpdlite-tunnel-worker-bytes": str(ending.worker_bytes),
        "httpdlite-tunnel-seconds": f"{ending.seconds:.3f}",
    }


def notes_of_worker(status: int, source_port: int) -> dict[str, str]:
    """The notes that mod_proxy makes of a worker's response and of the connection it came by; 0:
    there was none.
    """
    notes = {}
    if status:
        notes["proxy-status"] = str(status)
    if source_port:
        notes["proxy-source-port"] = str(source_port)
    return notes


def new_log_id() -> str:
    """An id that nothing else has, as short as Apache's."""
    return base64.b64encode(os.urandom(8)).decode().rstrip("=")


def log_id_of(client: Client, since: float) -> str:
    """The id of a client's connection that has been there ``since`` (a clock's time)."""
    text = f"{os.getpid()} {client.ip} {client.port} {since}"
    return base64.b64encode(hashlib.blake2b(text.encode(), digest_size=8).digest()).decode()[:11]
