"""Settings of one request: scalars of server, vhost and matching sections, merged once. Pure.

Comes in: a merged ``Scope``. Goes out: a frozen ``Settings``, read on the data path by attribute.
Hides which directive gives which value, and Apache's rules for the timeouts of workers and tunnels
(proxy-semantics: Timeout, ProxyTimeout, worker ``timeout``; for tunnels docs/websocket.md).
"""

from dataclasses import dataclass

from httpdlite.conf.directives import core, http_core, mod_proxy, mod_proxy_wstunnel
from httpdlite.conf.directives.mod_proxy_wstunnel import (
    PROXY_WEBSOCKET_ASYNC,
    PROXY_WEBSOCKET_ASYNC_DELAY,
    PROXY_WEBSOCKET_IDLE_TIMEOUT,
)
from httpdlite.conf.scope import Scope
from httpdlite.routes.worker import Worker


@dataclass(frozen=True, slots=True)
class Settings:
    """Times are seconds."""

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

    def worker_timeout(self, worker: Worker) -> float:
        """Inactivity limit on the worker's side: its ``timeout``, else ProxyTimeout, else
        Timeout.
        """
        if worker.parameters.timeout is not None:
            return float(worker.parameters.timeout)
        return self.proxy_timeout if self.proxy_timeout is not None else self.timeout

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


def read_settings(scope: Scope) -> Settings:
    """The settings a merged scope gives."""
    proxy_timeout = scope.get(mod_proxy.PROXY_TIMEOUT)
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
    )


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
