"""http_core.c: keep-alive connections of clients.

In: the words of one directive. Out: its value, or httpd's message. Rules: httpd's core
documentation; times as in numbers.py.
"""

from typing import Final

from httpdlite.conf.call import SERVERS, Call, Module
from httpdlite.conf.numbers import atoi, duration
from httpdlite.conf.rows import FLAG, Arity, Takes, directive

MODULE: Final = Module("http_module", "http_core.c", static=True)

KEEP_ALIVE: Final = directive(
    "KeepAlive",
    FLAG,
    default=True,
    contexts=SERVERS,
    doc="Whether a connection may carry more than one request.",
)


def _read_keep_alive_timeout(call: Call) -> float:
    seconds = duration(call.words[0].text, "s")
    if seconds is None:
        raise call.error("KeepAliveTimeout has wrong format", 0)
    return seconds


KEEP_ALIVE_TIMEOUT: Final = directive(
    "KeepAliveTimeout",
    Takes(Arity.ONE, _read_keep_alive_timeout),
    default=5.0,
    contexts=SERVERS,
    doc="How long a connection may wait for its next request, in seconds.",
)
MAX_KEEP_ALIVE_REQUESTS: Final = directive(
    "MaxKeepAliveRequests",
    Takes(Arity.ONE, lambda call: atoi(call.words[0].text)),
    default=100,
    contexts=SERVERS,
    doc="How many requests a connection may carry, 0 for any number.",
)
