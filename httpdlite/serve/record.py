"""What the access log needs of a request or a tunnel, made when it has ended.

Comes in: the request, its vhost, the response's fields, byte counts and times. Goes out: a record
that a compiled log format reads. A request's record looks things up only when a format asks; a
tunnel keeps no more than its request's head as bytes, which is parsed again when the line is
written, so that an idle tunnel costs little.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from httpdlite.proxy.fault import LogLine
from httpdlite.proxy.fields import FieldLine, split_fields
from httpdlite.proxy.framing import RequestHead, parse_request_head
from httpdlite.proxy.own_name import Client
from httpdlite.proxy.tunnel import Ending
from httpdlite.routes.selfname import split_host
from httpdlite.routes.settings import Settings
from httpdlite.routes.site import Vhost
from httpdlite.routes.table import Route

if TYPE_CHECKING:
    from httpdlite.serve.child import Child


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
        "duration_ns",
        "keepalive_count",
        "lines",
        "path",
        "started",
        "status",
        "status_original",
    )

    notes = None
    log_id = None
    user = None

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
        self.duration_ns = int((child.engine.clock() - started) * 1e9)
        self.body_bytes = self.bytes_in = self.bytes_out = 0
        self.connection_status = "-"

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
        host = self._request.get(b"host")
        return split_host(host.decode("latin-1"))[0] if host is not None else None

    @property
    def method(self) -> str:
        return self._request.method.decode("latin-1")

    @property
    def query(self) -> str | None:
        _, mark, query = self._request.target.partition(b"?")
        return query.decode("latin-1") if mark else None

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
        if isinstance(found, Route):
            return name_of(found)
        return found if isinstance(found, str) else None

    @property
    def handler(self) -> str | None:
        return "proxy-server" if isinstance(self._found, Route | str) else None

    @property
    def environment(self) -> Mapping[str, str]:
        found = self._found
        if isinstance(found, Route):
            return found.settings.environment
        settings = found if isinstance(found, Settings) else self._vhost.table.settings
        return settings.environment

    @property
    def tid(self) -> int:
        return self.pid  # a child serves in its first thread


class _TunnelLine(RequestRecord):
    """The record of a tunnel, which has kept its variables."""

    __slots__ = ("environment",)

    environment: Mapping[str, str]


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
        "_started",
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
    ) -> None:
        self._child = child
        self._head = request.raw
        self._client = client
        self._vhost_key = vhost_key
        self._lines = b"".join([line.line for line in lines])  # one object, split again at the end
        self._environment = route.settings.environment
        self._filename = name_of(route)  # and not the route, which holds on to its Site
        self._path = path
        self._started = started
        self._requests = requests
        self._head_out = head_out

    def end(self, ending: Ending) -> None:
        """The line that Apache writes when a tunnel ends: 101, no body bytes, all the bytes of the
        connection, the whole time. And why it ended, for the error log at level debug.
        """
        child = self._child
        vhost = child.site.vhosts.get(self._vhost_key, child.site.main)
        by = f" by the {ending.side.value}" if ending.side is not None else ""
        text = f"tunnel ended: {ending.reason.value}{by} after {ending.seconds:.3f} s"
        child.log_error(LogLine("proxy_http", 7, "AH10223", text), client=self._client, vhost=vhost)
        if not vhost.access_logs:
            return
        request = parse_request_head(self._head)
        record = _TunnelLine(
            child,
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
        record.environment = self._environment
        record.bytes_in = len(self._head) + ending.client_bytes
        record.bytes_out = self._head_out + ending.worker_bytes
        child.log_access(record, vhost)


def name_of(route: Route) -> str:
    """What Apache calls the file of a proxied request (`%f`): the URL that is asked of the
    worker.
    """
    return f"proxy:{route.url[: route.authority.length]}{route.target.decode('latin-1')}"
