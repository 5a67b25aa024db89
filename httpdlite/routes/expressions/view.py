"""What an expression may ask: of a request, a response or a record, and of the world around it.

Comes in: nothing. Goes out: ``View``, which whoever evaluates an expression implements; ``Outside``
with the files and the environment of the process; ``EvaluationError``. Source: "Expressions in
Apache HTTP Server" (mod/expr.html), each as httpd 2.4.71 answers it.

1. All texts are latin-1, one character per byte; none has a NUL. None is the same as empty.
2. What is not known at a phase, or not at all, is empty, as with httpd: so says every default here.
   A class that derives from ``View`` overrides what it knows; nothing is asked before it is needed.
3. Names of variables and of notes are in lower case (as in ``routes.environment``), and so are the
   keys of fields. Only the environment of the process is case-sensitive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol


class EvaluationError(Exception):
    """An expression has no value: httpd's reason. What follows is the directive's business."""


class View(Protocol):
    """What an expression may ask. The members that `routes.accesslog.Record` has, too, mean the
    same there.
    """

    __slots__ = ()

    # --- the request ------------------------------------------------------------------------------

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str:
        """REQUEST_URI: decoded and normalized, without the query."""
        ...

    @property
    def query(self) -> str | None: ...
    @property
    def request_line(self) -> str | None:
        """THE_REQUEST: as received."""
        ...

    @property
    def protocol(self) -> str: ...
    def request_field(self, key: bytes) -> bytes | None:
        """The value of a request field by its lower-case name, repeated ones joined."""
        ...

    @property
    def scheme(self) -> str:
        """REQUEST_SCHEME: https also where ServerName says so."""
        return "http"

    @property
    def is_subrequest(self) -> bool:
        return False

    @property
    def filename(self) -> str | None:
        """REQUEST_FILENAME: once mapped; `proxy:URL` for what a worker is asked."""
        return None

    @property
    def path_info(self) -> str | None:
        return None

    @property
    def handler(self) -> str | None:
        return None

    @property
    def user(self) -> str | None:
        return None

    @property
    def auth_type(self) -> str | None:
        return None

    @property
    def log_id(self) -> str | None:
        """REQUEST_LOG_ID: only once an ErrorLogFormat has made one."""
        return None

    @property
    def environment(self) -> Mapping[str, str] | None:
        """The request's variables."""
        return None

    @property
    def notes(self) -> Mapping[str, str] | None:
        return None

    # --- the file, where there is one -------------------------------------------------------------

    @property
    def modified(self) -> float:
        """LAST_MODIFIED, in seconds since 1970."""
        return 0.0

    @property
    def file_user(self) -> str | None:
        return None

    @property
    def file_group(self) -> str | None:
        return None

    @property
    def context_prefix(self) -> str | None:
        """What an Alias has matched."""
        return None

    @property
    def context_root(self) -> str | None:
        """CONTEXT_DOCUMENT_ROOT where an Alias has changed it; None: as ``document_root``."""
        return None

    # --- the response -----------------------------------------------------------------------------

    @property
    def status(self) -> int:
        """REQUEST_STATUS: 200 until something else is known; 0 is empty."""
        return 200

    @property
    def content_type(self) -> str | None:
        """CONTENT_TYPE of the response, known before it is a field of it."""
        return None

    def response_values(self, key: bytes) -> Sequence[bytes]:
        """The values of a response field by its lower-case name, onsuccess before always."""
        return ()

    # --- the connection and the server ------------------------------------------------------------

    @property
    def client_ip(self) -> str:
        """REMOTE_ADDR: behind mod_remoteip the client's own."""
        ...

    @property
    def client_port(self) -> int:
        """REMOTE_PORT: of the connection, always."""
        ...

    @property
    def connection_ip(self) -> str:
        """CONN_REMOTE_ADDR: of the connection, always."""
        return self.client_ip

    @property
    def client_name(self) -> str:
        """REMOTE_HOST: the address without HostnameLookups."""
        return self.client_ip

    @property
    def connection_log_id(self) -> str | None:
        return None

    @property
    def is_secure(self) -> bool:
        """HTTPS: is the client's connection encrypted?"""
        return False

    def ssl(self, name: str) -> str | None:
        """What mod_ssl knows under a name such as SSL_PROTOCOL."""
        return None

    @property
    def self_name(self) -> str:
        """SERVER_NAME: by UseCanonicalName, IPv6 in brackets (`routes.selfname`)."""
        ...

    @property
    def self_port(self) -> int: ...
    @property
    def admin(self) -> str | None:
        return None

    @property
    def banner(self) -> str:
        """SERVER_SOFTWARE: as in the Server field."""
        ...

    @property
    def document_root(self) -> str | None:
        return None

    @property
    def now(self) -> float:
        """TIME and its parts, in seconds since 1970."""
        ...

    # --- what another request would get -----------------------------------------------------------

    def may_ask(self, url: str) -> bool:
        """-U and -A: would a request for it be let in (a status below 400 before its handler)?"""
        return False

    def may_open(self, filename: str) -> bool:
        """-F: is it there, and would a request that maps to it be let in?"""
        return False


class FileStatus(NamedTuple):
    """What stat() says of a path."""

    kind: str
    """`file`, `directory`, `link`, or `other`."""
    size: int
    mode: int


class Files(Protocol):
    """What an expression asks of the file system. Paths are as the expression has them."""

    def status(self, path: str, *, follow: bool) -> FileStatus | None:
        """None if there is nothing, or a link without an end where links are followed."""
        ...

    def read(self, path: str, most: int) -> bytes:
        """Up to `most` bytes of a file's beginning. Raises OSError."""
        ...


class NoFiles:
    """A file system without a file."""

    def status(self, path: str, *, follow: bool) -> FileStatus | None:
        return None

    def read(self, path: str, most: int) -> bytes:
        raise FileNotFoundError(path)


@dataclass(frozen=True, slots=True)
class Outside:
    """What does not depend on the request."""

    files: Files = field(default_factory=NoFiles)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Of the process, as it was when it started."""


NOTHING_OUTSIDE: Final = Outside()
