"""A request on its way through the phases: what they read, and what they change (request_rec).

Comes in: a request's head and connection, the vhost and the merged settings. Goes out, when the
phases are through: where it goes (`filename`, `path`, `handler`), its variables, its fields, the
lines for the error log. Pure; one is made per request of a vhost that has something for it to do.

1. A phase that needs what may take time (a password's hash, a name's address, a program's answer)
   calls ``ask``. What is not known yet raises ``Unanswered``: whoever runs the phases finds the
   answer, away from the engine, and runs all of them again on a fresh request that knows it. So a
   phase has no effects but on its request, and lines for logs are kept until the end.
2. All texts are latin-1, one character per byte (`View`); names of variables and notes are in
   lower case.
3. Fields of the answer that a phase sets go to ``fields`` (onsuccess: of a 2xx or 3xx only, as
   httpd's headers_out) or ``error_fields`` (always: err_headers_out), whatever is answered.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from httpdlite.conf.directives import core_content
from httpdlite.routes.changing import CHANGING
from httpdlite.routes.expressions.view import View
from httpdlite.routes.fieldlines import FieldLine
from httpdlite.routes.logline import LogLine
from httpdlite.routes.selfname import SelfName, self_name
from httpdlite.routes.tlsvariables import LEGACY

if TYPE_CHECKING:
    from httpdlite.routes.headers import Answer
    from httpdlite.routes.settings import Settings
    from httpdlite.routes.site import Vhost

__all__ = ["Connection", "Head", "Question", "Request", "Unanswered", "Verdict"]


class Verdict(Enum):
    """What a phase's function says of a request that it does not answer itself."""

    DECLINED = "declined"
    """The next module's turn."""
    OK = "ok"
    """This phase is done."""


class Field(NamedTuple):
    """A field of an answer: its name as it goes out, and its value."""

    name: bytes
    value: bytes


class Edits(Protocol):
    """Changes a request's fields, see ``headers``."""

    def apply(self, request: "Request", head: "Head", /) -> list[LogLine]: ...


class Head(Protocol):
    """What the phases need of a request's head (``proxy.framing.RequestHead``)."""

    method: bytes
    target: bytes
    minor: int

    @property
    def line(self) -> bytes:
        """The request line, as received."""
        ...

    @property
    def host(self) -> bytes | None:
        """The Host field as the client sent it, whatever has been done to it."""
        ...

    def get(self, name: bytes) -> bytes | None:
        """The value of the field with that lower-case name, repeated ones joined."""
        ...

    def replace(self, name: bytes, value: bytes | None) -> None:
        """Give a field another value, where it stands or last; None takes it out."""
        ...

    def named_fields(self) -> Iterable[tuple[bytes, bytes]]:
        """Names as they were sent, and values, in order; repeated ones joined."""
        ...

    @property
    def lines(self) -> Sequence[FieldLine]:
        """Its fields in order; repeated ones joined, but for what mod_headers has added."""
        ...

    def replace_all(self, lines: list[FieldLine]) -> None:
        """Give it other fields; repeated ones stay apart."""
        ...

    def edit(self, edits: Edits, request: "Request") -> None:
        """Carry out RequestHeader lines, which may read and change all of it."""
        ...

    def save(self) -> object:
        """Its fields as they are, to be restored."""
        ...

    def restore(self, saved: Any) -> None:
        """The fields as they were when they were saved."""
        ...


class Connection(Protocol):
    """What they need of the client's connection (``proxy.own_name.Client``)."""

    @property
    def ip(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def peer_ip(self) -> str: ...
    @property
    def peer_port(self) -> int: ...
    @property
    def is_announced(self) -> bool: ...
    @property
    def local_ip(self) -> str: ...
    @property
    def local_port(self) -> int: ...
    @property
    def scheme(self) -> str: ...
    @property
    def default_port(self) -> int: ...
    def ssl(self, name: str, *, is_legacy: bool = False) -> str | None: ...
    def tls_variables(self, options: frozenset[str]) -> Mapping[str, str]: ...


Question = Hashable
"""What a phase asks for; what kind of thing it is says who answers, see ``Request.ask``."""


class Unanswered(Exception):  # noqa: N818 - not a fault
    """The phases cannot go on without the answer to ``question``."""

    def __init__(self, question: Question) -> None:
        super().__init__(repr(question))
        self.question = question


class Request(View):
    """See above. ``path`` is httpd's uri, ``query`` its args; both may be changed."""

    __slots__ = (
        "_client_ip",
        "_look_up",
        "_now",
        "_received",
        "answer",
        "answers",
        "auth_type",
        "came_from",
        "connection",
        "context_prefix",
        "context_root",
        "depth",
        "environment",
        "error_fields",
        "fields",
        "filename",
        "handler",
        "head",
        "is_proxied",
        "is_subrequest",
        "judged_by",
        "lines",
        "may_wait",
        "method",
        "notes",
        "path",
        "path_info",
        "query",
        "redirects",
        "rewriting_ended",
        "rule",
        "settings",
        "status",
        "user",
        "vhost",
    )

    environment: dict[str, str]
    notes: dict[str, str]
    filename: str | None
    path_info: str | None
    handler: str | None
    user: str | None
    auth_type: str | None
    context_prefix: str | None
    context_root: str | None
    is_subrequest: bool
    status: int
    method: str
    path: str
    query: str | None

    def __init__(
        self,
        head: Head,
        connection: Connection,
        vhost: "Vhost",
        path: str,
        query: str | None,
        *,
        now: Callable[[], float],
        answers: Mapping[Question, object] | None = None,
        look_up: "Callable[[Request, str], Request | None] | None" = None,
    ) -> None:
        """``look_up``: a request for another URL, run through all phases but its handler (a
        subrequest), None if it may not be made.
        """
        self.head = head
        self.connection = connection
        self.vhost = vhost
        self.settings: Settings = vhost.table.settings
        self.method = head.method.decode("latin-1")
        self.path = path
        self.query = query
        self.environment = {}
        self.notes = {}
        self.fields: list[Field] = []
        self.error_fields: list[Field] = []
        self.lines: list[LogLine] = []
        self.filename = self.path_info = self.handler = self.user = self.auth_type = None
        self.context_prefix = self.context_root = None
        self.is_proxied = False
        """Is `filename` a `proxy:` URL that is asked as a reverse proxy does?"""
        self.is_subrequest = False
        self.status = 200
        self.judged_by: object = None
        """The merged sections that have said whether it may come in. What they make of it, a
        document for its error, say, is not asked again.
        """
        self.came_from: Request | None = None
        """The one that was redirected, or that it is a subrequest of."""
        self.depth = 0
        """Subrequests that it is within."""
        self.redirects = 0
        """Internal redirects that led to it."""
        self.rewriting_ended = False
        self.rule: str | None = None
        """What the RewriteRule is called that has made `filename`."""
        """Has a rule with [END] matched, of this request or of one that led to it?"""
        self.answers = answers if answers is not None else {}
        self.may_wait = True
        """Is it still on its way, so that a subrequest may raise Unanswered? Later, when fields of
        the answer are worked out, one that would have to wait cannot be made.
        """
        self.answer: Answer | None = None
        """What the client will get, once that is on its way through mod_headers."""
        self._client_ip: str | None = None
        self._now = now
        self._received = now()
        self._look_up = look_up

    def again(self, head: Head, connection: Connection) -> "Request":
        """Another request that has come to the same. Only of one that was not redirected."""
        request = Request.__new__(Request)
        request.head, request.connection = head, connection
        request.vhost, request.settings = self.vhost, self.settings
        request.method, request.path, request.query = self.method, self.path, self.query
        request.environment, request.notes = self.environment.copy(), self.notes.copy()
        request.fields, request.error_fields = self.fields.copy(), self.error_fields.copy()
        request.lines, request.answers = [], {}
        request.filename, request.path_info = self.filename, self.path_info
        request.handler, request.is_proxied = self.handler, self.is_proxied
        request.user, request.auth_type = self.user, self.auth_type
        request.context_prefix, request.context_root = self.context_prefix, self.context_root
        request.is_subrequest, request.status = self.is_subrequest, self.status
        request.judged_by, request.came_from = self.judged_by, None
        request.depth, request.redirects = self.depth, self.redirects
        request.rewriting_ended, request.rule = self.rewriting_ended, self.rule
        request.may_wait, request.answer = False, None
        request._client_ip = self._client_ip
        request._look_up, request._now = self._look_up, self._now
        request._received = self._now()
        return request

    # --- questions and lines ----------------------------------------------------------------------

    def ask(self, question: Question) -> object:
        """The answer to something that may take time; raises Unanswered (rule 1)."""
        CHANGING.was_asked = True
        try:
            return self.answers[question]
        except KeyError:
            raise Unanswered(question) from None

    def redirected(self, path: str, query: str | None) -> "Request":
        """The request that an internal redirect makes of it (ap_internal_redirect): variables are
        called REDIRECT_ and their name, what was set for the answer whatever it is stays.
        """
        request = self._alike(path, query)
        request.method = self.method
        request.environment = {
            **{f"redirect_{name}": text for name, text in self.environment.items()},
            "redirect_status": str(self.status),
        }
        request.error_fields = self.error_fields
        request.lines = self.lines
        request.came_from = self
        request.depth = self.depth
        request.redirects = self.redirects + 1
        request.rewriting_ended = self.rewriting_ended
        if "redirect-keeps-vary" in self.notes:
            request.fields = [field for field in self.fields if field.name.lower() == b"vary"]
        request.is_subrequest = self.is_subrequest
        return request

    def for_another(self, path: str, query: str | None) -> "Request":
        """The request of a subrequest."""
        request = self._alike(path, query)
        request.method = "GET"
        request.environment = dict(self.environment)
        request.lines = self.lines
        request.came_from = self
        request.depth = self.depth + 1
        request.redirects = self.redirects
        request.is_subrequest = True
        return request

    def _alike(self, path: str, query: str | None) -> "Request":
        request = Request(
            self.head,
            self.connection,
            self.vhost,
            path,
            query,
            now=self._now,
            answers=self.answers,
            look_up=self._look_up,
        )
        request._client_ip = self._client_ip
        return request

    def look_up(self, url: str) -> "Request | None":
        """A subrequest for a URL (a path with its query), through all phases but the handler; its
        `status` is below 400 if it would be served. None where none can be made.
        """
        if self._look_up is None:
            return None
        try:
            return self._look_up(self, url)
        except Unanswered:
            if self.may_wait:
                raise
            return None

    def wants(self, module: str, level: int) -> bool:
        """Does LogLevel want a module's lines of that level (debug is 7, trace1 to trace8 are 8 to
        15)?
        """
        return self.settings.log_levels.wants(module, level)

    def log(self, module: str, level: int, number: str, text: str) -> None:
        """A line for the error log; braces in the text are taken as they are. `number`: AHnnnnn."""
        if self.wants(module, level):
            self.lines.append(LogLine(module, level, number, text, is_literal=True))

    # --- what expressions ask ---------------------------------------------------------------------

    @property
    def request_line(self) -> str | None:
        return self.head.line.decode("latin-1")

    @property
    def protocol(self) -> str:
        return f"HTTP/1.{self.head.minor}"

    def request_field(self, key: bytes) -> bytes | None:
        return self.head.get(key)

    def response_values(self, key: bytes) -> Sequence[bytes]:
        if self.answer is not None:
            return self.answer.values(key)
        both = (*self.fields, *self.error_fields)
        return [value for name, value in both if name.lower() == key]

    @property
    def content_type(self) -> str | None:
        kind = self.answer.content_type if self.answer is not None else None
        return kind.decode("latin-1") if kind is not None else None

    @property
    def scheme(self) -> str:
        return self.vhost.scheme or self.connection.scheme

    @property
    def is_secure(self) -> bool:
        return self.connection.scheme == "https"

    def ssl(self, name: str) -> str | None:
        return self.connection.ssl(name, is_legacy=LEGACY in self.settings.tls_options)

    @property
    def client_ip(self) -> str:
        return self._client_ip or self.connection.ip

    @client_ip.setter
    def client_ip(self, ip: str) -> None:
        self._client_ip = ip

    @property
    def connection_ip(self) -> str:
        return self.connection.peer_ip

    @property
    def client_port(self) -> int:
        return self.connection.peer_port

    @property
    def useragent_port(self) -> int:
        """Of the client itself; 0 if only its address is known."""
        return self.connection.port if self._client_ip is None else 0

    @property
    def is_of_another(self) -> bool:
        """Have proxies in front handed it on for another client than the connection's?"""
        return self._client_ip is not None

    @property
    def own_name(self) -> SelfName:
        """By which name and port the server calls itself."""
        host = self.head.host
        settings, connection = self.settings, self.connection
        return self_name(
            host,
            self.vhost.server_name,
            self.vhost.port,
            canonical=settings.canonical_name,
            physical_port=connection.local_port if settings.physical_port else None,
            scheme=self.scheme,
        )

    @property
    def self_name(self) -> str:
        return self.own_name.name

    @property
    def self_port(self) -> int:
        return self.own_name.port

    @property
    def admin(self) -> str | None:
        return self.settings.server_admin

    @property
    def banner(self) -> str:
        return self.settings.banner

    @property
    def document_root(self) -> str:
        root = self.vhost.table.scope.get(core_content.DOCUMENT_ROOT)
        return root if root is not None else core_content.USUAL_DOCUMENT_ROOT

    @property
    def now(self) -> float:
        CHANGING.was_asked = True
        return self._now()

    @property
    def received(self) -> float:
        """When it came, as ``now``."""
        CHANGING.was_asked = True
        return self._received

    def may_ask(self, url: str) -> bool:
        found = self.look_up(url)
        return found is not None and found.status < 400
