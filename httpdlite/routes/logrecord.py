"""What an access log may ask of a request that has ended.

`Record` is what a compiled format (accesslog.py) reads; `LogRecord` is one that knows everything
from the start, and says what each is. A server makes its own, which looks things up when asked.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

HeaderField = tuple[bytes, bytes]


class ConditionFailed(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """The expression of a log at ``place`` has no value; str() is httpd's reason."""

    def __init__(self, why: str, place: str) -> None:
        super().__init__(why)
        self.place = place


class Record(Protocol):
    """What a compiled format reads of a request that has ended; `LogRecord` says what each is.

    A server may look things up only when they are asked for.
    """

    @property
    def client_ip(self) -> str: ...
    @property
    def client_port(self) -> int: ...
    @property
    def connection_ip(self) -> str: ...
    @property
    def connection_port(self) -> int: ...
    @property
    def is_secure(self) -> bool: ...
    def ssl(self, name: str) -> str | None: ...
    @property
    def local_ip(self) -> str: ...
    @property
    def local_port(self) -> int: ...
    @property
    def server_name(self) -> str: ...
    @property
    def server_port(self) -> int: ...
    @property
    def host_name(self) -> str | None: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> str | None: ...
    @property
    def final_path(self) -> str: ...
    @property
    def original_method(self) -> str: ...
    @property
    def original_query(self) -> str | None: ...
    @property
    def original_filename(self) -> str | None: ...
    @property
    def request_line(self) -> str | None: ...
    @property
    def protocol(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def status_original(self) -> int: ...
    @property
    def body_bytes(self) -> int: ...
    @property
    def bytes_in(self) -> int: ...
    @property
    def bytes_out(self) -> int: ...
    @property
    def started_wall(self) -> float: ...
    @property
    def duration_ns(self) -> int: ...
    def request_field(self, key: bytes) -> bytes | None: ...
    def response_values(self, key: bytes) -> list[bytes]: ...
    @property
    def keepalive_count(self) -> int: ...
    @property
    def connection_status(self) -> str: ...
    @property
    def handler(self) -> str | None: ...
    @property
    def filename(self) -> str | None: ...
    @property
    def user(self) -> str | None: ...
    @property
    def log_id(self) -> str | None: ...
    @property
    def connection_log_id(self) -> str | None: ...
    @property
    def first_byte_ns(self) -> int | None: ...
    def trailer_in(self, key: bytes) -> bytes | None: ...
    def trailer_out(self, key: bytes) -> bytes | None: ...
    @property
    def environment(self) -> Mapping[str, str] | None: ...
    @property
    def notes(self) -> Mapping[str, str] | None: ...
    @property
    def pid(self) -> int: ...
    @property
    def tid(self) -> int: ...


class LogRecord:
    """What is known of a request that has ended. Mutable and slotted: one is made per request.

    Texts are latin-1, one character per byte. Times: `started_wall` in seconds since 1970,
    `duration_ns` in nanoseconds. Byte counts: `body_bytes` is the response's content without head
    and chunk framing, `bytes_in` and `bytes_out` are everything on the connection for the request.
    """

    __slots__ = (
        "body_bytes",
        "bytes_in",
        "bytes_out",
        "client_ip",
        "client_port",
        "connection_log_id",
        "connection_status",
        "duration_ns",
        "environment",
        "filename",
        "first_byte_ns",
        "handler",
        "host_name",
        "keepalive_count",
        "local_ip",
        "local_port",
        "log_id",
        "method",
        "notes",
        "path",
        "pid",
        "protocol",
        "query",
        "request_fields",
        "request_line",
        "response_fields",
        "server_name",
        "server_port",
        "started_wall",
        "status",
        "status_original",
        "tid",
        "trailers_in",
        "trailers_out",
        "user",
    )

    is_secure = False
    """Did it come over TLS?"""

    def __init__(
        self,
        *,
        client_ip: str = "-",
        client_port: int = 0,
        local_ip: str = "-",
        local_port: int = 0,
        server_name: str = "-",
        server_port: int = 80,
        host_name: str | None = None,
        method: str = "-",
        path: str = "-",
        query: str | None = None,
        request_line: str | None = None,
        protocol: str = "-",
        status: int = 0,
        status_original: int | None = None,
        body_bytes: int = 0,
        bytes_in: int = 0,
        bytes_out: int = 0,
        started_wall: float = 0.0,
        duration_ns: int = 0,
        request_fields: Sequence[HeaderField] = (),
        response_fields: Sequence[HeaderField] = (),
        keepalive_count: int = 0,
        connection_status: str = "-",
        handler: str | None = None,
        filename: str | None = None,
        user: str | None = None,
        log_id: str | None = None,
        connection_log_id: str | None = None,
        first_byte_ns: int | None = None,
        trailers_in: Sequence[HeaderField] = (),
        trailers_out: Sequence[HeaderField] = (),
        environment: Mapping[str, str] | None = None,
        notes: Mapping[str, str] | None = None,
        pid: int = 0,
        tid: int = 0,
    ) -> None:
        self.client_ip = client_ip
        self.client_port = client_port
        self.local_ip = local_ip
        self.local_port = local_port
        self.server_name = server_name
        """The vhost's ServerName (`%v`)."""
        self.server_port = server_port
        """The port of ServerName, or of the vhost's address, or the scheme's (`%p`)."""
        self.host_name = host_name
        """The name the client asked for, lower-case, without port; None if none (`%V`)."""
        self.method = method
        self.path = path
        """Decoded, without the query (`%U`)."""
        self.query = query
        """Without its question mark, None if there is none (`%q`)."""
        self.request_line = request_line
        """As received (`%r`); None if none came."""
        self.protocol = protocol
        """Such as `HTTP/1.1` (`%H`)."""
        self.status = status
        self.status_original = status if status_original is None else status_original
        self.body_bytes = body_bytes
        self.bytes_in = bytes_in
        self.bytes_out = bytes_out
        self.started_wall = started_wall
        self.duration_ns = duration_ns
        self.request_fields = request_fields
        self.response_fields = response_fields
        self.keepalive_count = keepalive_count
        """Requests served on this connection before this one (`%k`)."""
        self.connection_status = connection_status
        """`X` aborted, `+` kept alive, `-` closed after the response (`%X`)."""
        self.handler = handler
        """`proxy-server` for what a worker answered (`%R`)."""
        self.filename = filename
        """`proxy:URL` for what a worker answered (`%f`)."""
        self.user = user
        self.log_id = log_id
        """What lines of the error log about this request say, too (`%L`); None if there are
        none.
        """
        self.connection_log_id = connection_log_id
        self.first_byte_ns = first_byte_ns
        """From the request to the first byte of its response; None if that is not taken."""
        self.trailers_in = trailers_in
        self.trailers_out = trailers_out
        self.environment = environment
        self.notes = notes
        self.pid = pid
        self.tid = tid

    @property
    def connection_ip(self) -> str:
        """Of the connection: what `client_ip` is, unless proxies hand their clients on."""
        return self.client_ip

    @property
    def connection_port(self) -> int:
        """The same of `client_port`."""
        return self.client_port

    def ssl(self, name: str) -> str | None:
        """What mod_ssl says under a name such as SSL_PROTOCOL (`%{…}x`)."""
        return None

    @property
    def final_path(self) -> str:
        """What `path` is after internal redirects (`%>U`); the same, as there was none."""
        return self.path

    @property
    def original_method(self) -> str:
        """What `method` was before them (`%<m`)."""
        return self.method

    @property
    def original_query(self) -> str | None:
        """What `query` was before them (`%<q`)."""
        return self.query

    @property
    def original_filename(self) -> str | None:
        """What `filename` was before them (`%<f`)."""
        return self.filename

    def request_field(self, key: bytes) -> bytes | None:
        """The value of a request field by its lower-case name, repeated ones joined."""
        return _joined(self.request_fields, key)

    def response_values(self, key: bytes) -> list[bytes]:
        """The values of a response field by its lower-case name."""
        return [value for name, value in self.response_fields if name.lower() == key]

    def trailer_in(self, key: bytes) -> bytes | None:
        """The value of a trailer field of the request."""
        return _joined(self.trailers_in, key)

    def trailer_out(self, key: bytes) -> bytes | None:
        """The value of a trailer field of the response."""
        return _joined(self.trailers_out, key)


def _joined(fields: Sequence[HeaderField], key: bytes) -> bytes | None:
    found = [value for name, value in fields if name.lower() == key]
    return b", ".join(found) if found else None
