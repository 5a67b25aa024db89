"""Settings of one request: scalars of server, vhost and matching sections, merged once. Pure.

Comes in: a merged ``Scope``. Goes out: a frozen ``Settings``, read on the data path by attribute.
Hides which directive gives which value, and Apache's rules for the timeouts of workers and tunnels
(proxy-semantics: Timeout, ProxyTimeout, worker ``timeout``; for tunnels docs/websocket.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.directives import (
    core,
    core_content,
    core_limits,
    core_requests,
    error_document,
    http_core,
    httpdlite_logs,
    mod_env,
    mod_headers,
    mod_httpdlite,
    mod_logio,
    mod_proxy,
    mod_proxy_wstunnel,
    mod_reqtimeout,
    mod_ssl,
    proxy_exchange,
)
from httpdlite.conf.directives.core_requests import CanonicalName, Signature, Tokens, Trace
from httpdlite.conf.directives.error_document import Answer, ErrorDocument
from httpdlite.conf.directives.mod_proxy_wstunnel import (
    PROXY_WEBSOCKET_ASYNC,
    PROXY_WEBSOCKET_ASYNC_DELAY,
    PROXY_WEBSOCKET_IDLE_TIMEOUT,
)
from httpdlite.conf.directives.mod_reqtimeout import ReadTimeouts
from httpdlite.conf.directives.proxy_exchange import (
    BadHeader,
    Blocked,
    CookieRule,
    ErrorOverride,
)
from httpdlite.conf.scope import Scope
from httpdlite.routes.cookies import interpolated
from httpdlite.routes.environment import NO_TOGGLES, Toggles, read_toggles
from httpdlite.routes.headers import (
    RequestEdits,
    ResponseEdits,
    compile_request_edits,
    compile_response_edits,
)
from httpdlite.routes.tls import WorkerTls, compile_worker_tls
from httpdlite.routes.worker import Worker
from httpdlite.version import VERSION


@dataclass(frozen=True, slots=True)
class Settings:
    """Times are seconds. What is marked (address) is asked of the first vhost of the address, not
    of the one that is chosen by name.
    """

    timeout: float
    keep_alive: bool
    keep_alive_timeout: float
    max_keep_alive_requests: int
    proxy_timeout: float | None
    preserve_host: bool
    add_headers: bool
    via: mod_proxy.Via
    websocket_fallback: bool
    websocket_async: bool
    websocket_async_delay: float
    websocket_idle_timeout: float | None  # None: unset; zero or less: no limit
    async_idle_timeout: float | None  # the same, where that is unset
    encoded_slashes: str
    merge_slashes: bool
    log_levels: core.LogLevels
    server_admin: str
    limit_line: int  # LimitRequestLine; one byte more still passes (address)
    limit_field: int  # LimitRequestFieldsize (address)
    limit_fields: int  # LimitRequestFields, 0: any number (address)
    methods: frozenset[bytes] | None  # with RegisteredMethods: those that are known (address)
    strict_host: bool  # StrictHostCheck (address)
    read_timeouts: ReadTimeouts  # RequestReadTimeout (address)
    trace: Trace
    canonical_name: CanonicalName
    physical_port: bool  # UseCanonicalPhysicalPort
    signature: Signature
    banner: str  # of the Server field and of footers, as ServerTokens has it
    error_documents: Mapping[int, ErrorDocument]
    error_override: ErrorOverride
    cookie_paths: tuple[CookieRule, ...]
    cookie_domains: tuple[CookieRule, ...]
    interpolates: bool  # ProxyPassInterpolateEnv
    bad_header: BadHeader
    continue_by_worker: bool  # Proxy100Continue
    max_forwards: int | None
    blocked: tuple[Blocked, ...]
    io_buffer: int
    receive_buffer: int  # 0: the system's
    source_address: str  # "": any
    worker_tls: WorkerTls | None  # None: SSLProxyEngine is not On
    requires_tls: bool  # SSLRequireSSL
    tls_options: frozenset[str]  # SSLOptions, in lower case
    environment: Mapping[str, str]  # names in lower case
    toggles: Toggles
    tracks_first_byte: bool  # LogIOTrackTTFB
    logs_tunnel_start: bool  # HttpdliteLogTunnelStart
    tunnel_goodbye: bool  # HttpdliteTunnelGoodbye
    follows_links: bool  # Options: symbolic ones, in any way
    most_redirects: int  # LimitInternalRecursion: internal ones
    most_subrequests: int  # within each other
    request_edits: RequestEdits | None  # RequestHeader
    response_edits: ResponseEdits | None  # Header
    is_special: bool  # is any of those set that few configurations have, see _is_special

    def worker_timeout(self, worker: Worker) -> float:
        """Inactivity limit on the worker's side: its ``timeout``, else ProxyTimeout, else
        Timeout.
        """
        if worker.parameters.timeout is not None:
            return float(worker.parameters.timeout)
        return self.proxy_timeout if self.proxy_timeout is not None else self.timeout

    def io_buffer_of(self, worker: Worker) -> int:
        """Bytes read from the worker at once: its ``iobuffersize``, else ProxyIOBufferSize."""
        return worker.parameters.iobuffersize or self.io_buffer

    def receive_buffer_of(self, worker: Worker) -> int:
        """SO_RCVBUF of a worker's socket: ``receivebuffersize``, else ProxyReceiveBufferSize; 0:
        the system's.
        """
        own = worker.parameters.receivebuffersize
        return self.receive_buffer if own is None else own

    def connect_timeout(self, worker: Worker) -> float:
        """``connectiontimeout``, else the worker's timeout."""
        limit = worker.parameters.connectiontimeout
        return limit if limit is not None else self.worker_timeout(worker)

    def tunnel_idle_timeout(self, worker: Worker) -> float | None:
        """How long a tunnel may be silent in both directions; None: no limit. Unset: Apache
        2.4.53's maximum of both sides.
        """
        limit = self.websocket_idle_timeout
        if limit is None:
            limit = self.async_idle_timeout
        if limit is None:
            return max(self.timeout, self.worker_timeout(worker))
        return limit if limit > 0 else None


def read_settings(
    scope: Scope, environment: Mapping[str, str] | None = None, *, is_final: bool = True
) -> Settings:
    """The settings a merged scope gives; ``environment`` has what a request has set before SetEnv
    (named groups of <LocationMatch>), names in lower case. If that is not all of its variables
    (``is_final`` off), rules for cookies are not filled in yet.
    """
    proxy_timeout = scope.get(mod_proxy.PROXY_TIMEOUT)
    max_forwards = scope[proxy_exchange.MAX_FORWARDS]
    variables = {**dict(scope[mod_env.ENVIRONMENT].variables), **(environment or {})}
    interpolates = scope[proxy_exchange.INTERPOLATE]
    cookie_paths = scope[proxy_exchange.COOKIE_PATHS]
    cookie_domains = scope[proxy_exchange.COOKIE_DOMAINS]
    if interpolates and is_final:
        cookie_paths = interpolated(cookie_paths, variables)
        cookie_domains = interpolated(cookie_domains, variables)
    toggles = read_toggles(variables) if variables else NO_TOGGLES
    is_async, async_delay = _asynchrony(scope)
    async_idle = scope.get(mod_proxy.PROXY_ASYNC_IDLE_TIMEOUT)
    return Settings(
        timeout=float(scope[core.TIMEOUT]),
        keep_alive=scope[http_core.KEEP_ALIVE],
        keep_alive_timeout=scope[http_core.KEEP_ALIVE_TIMEOUT],
        max_keep_alive_requests=scope[http_core.MAX_KEEP_ALIVE_REQUESTS],
        proxy_timeout=float(proxy_timeout) if proxy_timeout is not None else None,
        preserve_host=scope[mod_proxy.PROXY_PRESERVE_HOST],
        add_headers=scope[mod_proxy.PROXY_ADD_HEADERS],
        via=scope[mod_proxy.PROXY_VIA],
        websocket_fallback=scope[mod_proxy_wstunnel.PROXY_WEBSOCKET_FALLBACK],
        websocket_async=is_async,
        websocket_async_delay=async_delay,
        websocket_idle_timeout=scope.get(PROXY_WEBSOCKET_IDLE_TIMEOUT),
        async_idle_timeout=async_idle if async_idle is None or async_idle >= 0 else None,
        encoded_slashes=scope[core.ALLOW_ENCODED_SLASHES].value,
        merge_slashes=scope[core.MERGE_SLASHES],
        log_levels=scope[core.LOG_LEVEL],
        server_admin=scope.get(core.SERVER_ADMIN) or "[no address given]",
        limit_line=scope[core_requests.LIMIT_REQUEST_LINE],
        limit_field=scope[core_requests.LIMIT_REQUEST_FIELD_SIZE],
        limit_fields=scope[core_requests.LIMIT_REQUEST_FIELDS],
        methods=_methods(scope),
        strict_host=scope[core_requests.STRICT_HOST_CHECK],
        read_timeouts=scope[mod_reqtimeout.REQUEST_READ_TIMEOUT],
        trace=scope[core_requests.TRACE_ENABLE],
        canonical_name=scope[core_requests.USE_CANONICAL_NAME],
        physical_port=scope[core_requests.USE_CANONICAL_PHYSICAL_PORT],
        signature=scope[core_requests.SERVER_SIGNATURE],
        banner=banner(scope[core_requests.SERVER_TOKENS]),
        error_documents=_error_documents(scope),
        error_override=scope[proxy_exchange.ERROR_OVERRIDE],
        cookie_paths=cookie_paths,
        cookie_domains=cookie_domains,
        interpolates=interpolates,
        bad_header=scope[proxy_exchange.BAD_HEADER],
        continue_by_worker=scope[proxy_exchange.PROXY_100_CONTINUE],
        max_forwards=max_forwards if max_forwards >= 0 else None,
        blocked=scope[proxy_exchange.PROXY_BLOCK],
        io_buffer=scope[proxy_exchange.IO_BUFFER_SIZE] or _USUAL_BUFFER,
        receive_buffer=scope[proxy_exchange.RECEIVE_BUFFER_SIZE],
        source_address=scope[proxy_exchange.SOURCE_ADDRESS],
        worker_tls=compile_worker_tls(scope),
        requires_tls=scope[mod_ssl.REQUIRE_SSL],
        tls_options=scope[mod_ssl.OPTIONS].names,
        environment=variables,
        toggles=toggles,
        tracks_first_byte=scope[mod_logio.TRACK_FIRST_BYTE],
        logs_tunnel_start=scope[httpdlite_logs.LOG_TUNNEL_START],
        tunnel_goodbye=scope[mod_httpdlite.TUNNEL_GOODBYE],
        follows_links=scope[core_content.OPTIONS].are_followed,
        most_redirects=scope[core_limits.INTERNAL_RECURSION][0],
        most_subrequests=scope[core_limits.INTERNAL_RECURSION][1],
        request_edits=compile_request_edits(scope),
        response_edits=compile_response_edits(scope),
        is_special=_is_special(scope, toggles),
    )


def _is_special(scope: Scope, toggles: Toggles) -> bool:
    """Does a request or its response need a look at more than the ordinary settings?"""
    return (
        toggles is not NO_TOGGLES
        or scope[proxy_exchange.ERROR_OVERRIDE].is_on
        or scope[proxy_exchange.MAX_FORWARDS] >= 0
        or not scope[proxy_exchange.PROXY_100_CONTINUE]
        or bool(scope[proxy_exchange.PROXY_BLOCK])
        or scope[mod_ssl.REQUIRE_SSL]
        or bool(scope[mod_headers.REQUEST_HEADER])
    )


_USUAL_BUFFER: Final = 8192


def _methods(scope: Scope) -> frozenset[bytes] | None:
    if not scope[core_requests.HTTP_PROTOCOL_OPTIONS].registered_methods:
        return None
    registered = [name for line in scope[core_requests.REGISTER_HTTP_METHOD] for name in line]
    return frozenset(name.encode() for name in (*core_requests.METHODS, *registered))


def _error_documents(scope: Scope) -> Mapping[int, ErrorDocument]:
    """The last one given for a status counts; ``default`` is none."""
    last = {document.status: document for document in scope[error_document.ERROR_DOCUMENT]}
    return {status: d for status, d in last.items() if d.answer is not Answer.DEFAULT}


def banner(tokens: Tokens) -> str:
    """How the server names itself."""
    major, minor, _ = VERSION.split(".")
    versions = {Tokens.PRODUCT: "", Tokens.MAJOR: f"/{major}", Tokens.MINOR: f"/{major}.{minor}"}
    return "httpdlite" + versions.get(tokens, f"/{VERSION}")


def _asynchrony(scope: Scope) -> tuple[bool, float]:
    """Whether tunnels are asynchronous, and after how much silence. ProxyWebsocketAsync and its
    delay count before ProxyAsyncDelay, which says both at once: -1 is Off.
    """
    delay = scope.get(PROXY_WEBSOCKET_ASYNC_DELAY)
    if delay is None:
        delay = scope.get(mod_proxy.PROXY_ASYNC_DELAY)
    if delay is None:
        delay = 0.0
    is_async = scope.get(PROXY_WEBSOCKET_ASYNC)
    if is_async is None:
        is_async = delay >= 0
    return is_async, max(delay, 0.0)
