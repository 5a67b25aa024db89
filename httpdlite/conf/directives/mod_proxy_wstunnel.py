"""mod_proxy_wstunnel.c: tunnels of WebSockets.

In: the words of one directive. Out: its value, or httpd's message. ProxyWebsocketAsync and its
times exist in httpd's trunk only; their meaning here is httpdlite's own (ARCHITECTURE.md). Times
take `ms`, and trunk's other units, in any case.
"""

from typing import Final

from httpdlite.conf.call import DIRECTORY, SERVERS, Call, Module
from httpdlite.conf.numbers import duration
from httpdlite.conf.rows import FLAG, Arity, Takes, directive

MODULE: Final = Module("proxy_wstunnel_module", "mod_proxy_wstunnel.c")

PROXY_WEBSOCKET_FALLBACK: Final = directive(
    "ProxyWebsocketFallbackToProxyHttp",
    FLAG,
    default=True,
    contexts=SERVERS | DIRECTORY,
    doc="Whether a request without an upgrade goes to a ws:// worker as ordinary HTTP.",
)
PROXY_WEBSOCKET_ASYNC: Final = directive(
    "ProxyWebsocketAsync",
    FLAG,
    default=True,
    contexts=SERVERS,
    doc="Whether tunnels share one loop instead of having tasks of their own.",
)


def _time(call: Call, *, signed: bool) -> float:
    seconds = duration(call.words[0].text, "s", signed=signed, any_case=True)
    if seconds is None:
        raise call.error(f"{call.name} timeout has wrong format", 0)
    return seconds


PROXY_WEBSOCKET_ASYNC_DELAY: Final = directive(
    "ProxyWebsocketAsyncDelay",
    Takes(Arity.ONE, lambda call: _time(call, signed=False)),
    default=0.0,
    contexts=SERVERS,
    doc="How long a tunnel must have been silent before it moves to the shared loop.",
)
PROXY_WEBSOCKET_IDLE_TIMEOUT: Final = directive(
    "ProxyWebsocketIdleTimeout",
    Takes(Arity.ONE, lambda call: _time(call, signed=True)),
    contexts=SERVERS,
    doc="How long a tunnel may be silent in both directions; 0 or less for any time.",
)
