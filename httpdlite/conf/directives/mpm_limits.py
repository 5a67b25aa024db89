"""The MPMs event, worker and prefork: how many processes, threads and connections, and buffers.

In: the words of one directive. Out: a number as C's atoi reads it, or httpd's message. httpdlite
has its own ways with processes, so these numbers hardly do anything here; what httpd says of limits
that do not fit each other is conf/mpm_checks.py's. Rules: mpm_common documentation; as observed
with 2.4.71.
"""

import re
from typing import Final

from httpdlite.conf.call import SERVER, Call, Module
from httpdlite.conf.directives import core, mpm
from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.numbers import atoi
from httpdlite.conf.rows import Arity, Check, Directive, Takes, directive, judged
from httpdlite.conf.standing import Standing, different, moot
from httpdlite.conf.values import number

WORKER: Final = Module("mpm_worker_module", "worker.c", implemented=False)
PREFORK: Final = Module("mpm_prefork_module", "prefork.c", implemented=False)

NO_PROCESSES: Final = moot("there are no processes and threads of this kind here")
NO_LIMIT: Final = different("how many connections are served at once is not limited")


def _limit(name: str, doc: str, usual: str, standing: Standing = NO_PROCESSES) -> Directive[int]:
    takes = Takes(Arity.ONE, lambda call: atoi(call.words[0].text))
    return directive(name, takes, contexts=SERVER, doc=doc, standing=standing, usual=usual)


PER_CPU: Final = different(
    "there is one process per CPU, each with any number of connections; a smaller number counts,"
    " a larger one only up to that (and up to two)"
)
SERVER_LIMIT: Final = _limit("ServerLimit", "How many processes there may ever be.", "16", PER_CPU)
THREAD_LIMIT: Final = _limit("ThreadLimit", "How many threads a process may ever have.", "64")
THREADS_PER_CHILD: Final = _limit("ThreadsPerChild", "How many threads a process has.", "25")
START_SERVERS: Final = _limit(
    "StartServers", "How many processes there are at first.", "3", PER_CPU
)
MIN_SPARE_THREADS: Final = _limit("MinSpareThreads", "How many threads idle at least.", "75")
MAX_SPARE_THREADS: Final = _limit("MaxSpareThreads", "How many threads idle at most.", "250")
MIN_SPARE_SERVERS: Final = _limit("MinSpareServers", "How many processes idle at least.", "5")
MAX_SPARE_SERVERS: Final = _limit("MaxSpareServers", "How many processes idle at most.", "10")
MAX_REQUEST_WORKERS: Final = _limit(
    "MaxRequestWorkers", "How many requests are served at once.", "400", NO_LIMIT
)
MAX_CLIENTS: Final = directive(
    "MaxClients",
    MAX_REQUEST_WORKERS.takes,
    contexts=SERVER,
    doc="The old name of MaxRequestWorkers.",
    standing=NO_LIMIT,
    into=MAX_REQUEST_WORKERS,
)


def _above_zero(name: str) -> Check:
    return number(lambda value: value > 0, f"{name} must be > 0")


def _read_backlog(call: Call) -> int:
    _above_zero("ListenBacklog")(call)
    return atoi(call.words[0].text)


LISTEN_BACKLOG: Final = directive(
    "ListenBacklog",
    Takes(Arity.ONE, _read_backlog),
    default=511,
    contexts=SERVER,
    doc="How many connections may wait to be accepted.",
)


def _buffer(name: str, doc: str) -> Directive[int]:
    def read(call: Call) -> int:
        size = atoi(call.words[0].text)
        if size < 512 and size != 0:
            message = f"{name} must be >= 512 bytes, or 0 for system default."
            raise call.error(message, 0)
        return size

    return directive(name, Takes(Arity.ONE, read), default=0, contexts=SERVER, doc=doc)


SEND_BUFFER_SIZE: Final = _buffer(
    "SendBufferSize", "How many bytes the send buffer of a client's socket has."
)
RECEIVE_BUFFER_SIZE: Final = _buffer(
    "ReceiveBufferSize", "How many bytes the receive buffer of a client's socket has."
)

GRACEFUL_SHUTDOWN_TIMEOUT: Final = _limit(
    "GracefulShutdownTimeout",
    "How many seconds tunnels and requests have at a graceful stop; 0: without limit.",
    "0",
    different(
        "tunnels are closed one after the other within the time, not all at its end; so are, at a"
        " graceful restart, those whose route or listener is gone (30 seconds if it is not set)"
    ),
)

_REAL: Final = re.compile(
    r"[ \t\n\v\f\r]*([+-]?)(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
    r"|inf|infinity|nan)",
    re.IGNORECASE,
)


def _check_factor(call: Call) -> None:
    text = call.words[0].text
    found = _REAL.fullmatch(text)
    if found is None:
        raise call.error("error parsing value", 0)
    if found[1] == "-" or not re.search(r"[1-9a-wyzA-WYZ]", re.split(r"[eE]", text)[0]):
        raise call.error("AsyncRequestWorkerFactor argument must be a positive number", 0)


def _check_core_dumps(call: Call) -> None:
    path = absolute(call.place.server_root, call.words[0].text)
    kind = call.place.files.kind(path)
    if kind is None:
        raise call.error(f"CoreDumpDirectory {path} does not exist", 0)
    if kind is not Kind.DIRECTORY:
        raise call.error(f"CoreDumpDirectory {path} is not a directory", 0)


def _not_negative(name: str) -> Check:
    return number(lambda value: value >= 0, f"Invalid {name} value: {{}}")


_IN_CORE: Final = (
    judged(
        "MaxConnectionsPerChild",
        Arity.ONE,
        SERVER,
        moot("there are no children that would be replaced"),
        "After how many connections a process is replaced.",
        usual="0",
    ),
    judged(
        "MaxRequestsPerChild",
        Arity.ONE,
        SERVER,
        moot("there are no children that would be replaced"),
        "The old name of MaxConnectionsPerChild.",
    ),
    judged(
        "CoreDumpDirectory",
        Arity.ONE,
        SERVER,
        moot("no core dumps are written"),
        "The directory for core dumps.",
        check=_check_core_dumps,
    ),
    judged(
        "MaxMemFree",
        Arity.ONE,
        SERVER,
        NO_PROCESSES,
        "How many KiB a thread may keep for later.",
        check=_not_negative("MaxMemFree"),
        usual="2048",
    ),
    judged(
        "ThreadStackSize",
        Arity.ONE,
        SERVER,
        NO_PROCESSES,
        "How many bytes the stack of a thread has.",
        check=_not_negative("ThreadStackSize"),
    ),
)

_OF_ALL: Final = (
    mpm.LISTEN,
    SERVER_LIMIT,
    START_SERVERS,
    MAX_REQUEST_WORKERS,
    MAX_CLIENTS,
    LISTEN_BACKLOG,
    SEND_BUFFER_SIZE,
    RECEIVE_BUFFER_SIZE,
    judged(
        "ListenCoresBucketsRatio",
        Arity.ONE,
        SERVER,
        NO_PROCESSES,
        "How many processor cores share a listening socket.",
        check=_above_zero("ListenCoresBucketsRatio"),
    ),
    judged(
        "ListenTCPDeferAccept",
        Arity.ONE,
        SERVER,
        moot("connections are accepted at once"),
        "How long the system waits for data before it hands a connection over.",
        check=_above_zero("ListenTCPDeferAccept"),
    ),
    GRACEFUL_SHUTDOWN_TIMEOUT,
)
_THREADED: Final = (
    THREAD_LIMIT,
    THREADS_PER_CHILD,
    MIN_SPARE_THREADS,
    MAX_SPARE_THREADS,
)
_OF_EVENT: Final = (
    judged(
        "AsyncRequestWorkerFactor",
        Arity.ONE,
        SERVER,
        NO_LIMIT,
        "How many idle connections a process takes per idle thread.",
        check=_check_factor,
        usual="2",
    ),
)

MODULES: Final = (
    (core.MODULE, _IN_CORE),
    (mpm.MODULE, (*_OF_ALL, *_THREADED, *_OF_EVENT)),
    (WORKER, (*_OF_ALL, *_THREADED)),
    (PREFORK, (*_OF_ALL, MIN_SPARE_SERVERS, MAX_SPARE_SERVERS)),
)
