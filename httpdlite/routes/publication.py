"""A configuration as bytes: what a reload hands from the process that read it to those that serve.

Comes in: a checked ``Config``. Goes out: a ``Publication`` over a buffer, which gives the ``Plan``
(what the parent needs, without the rest), the main server, and the vhosts one by one, each in a
fraction of a millisecond. Hides how that is laid out:

1. Blobs, each a pickle: the plan, the main server, the vhosts in their order, the vocabulary. After
   them where each ends, and a tail that says where to find that.
2. A vhost's blob has only what stands in the vhost itself (``OwnParts``); what it has from the main
   server is laid under it on reading, by the code that the reading of a configuration uses, too.
3. Rows, classes, enums, parameters of workers and the Includes that lines came by are words of the
   vocabulary: a blob says their number. A frozen dataclass is its class and its fields, and read by
   its constructor.

A pickle is code: what reads a publication must have it from a process it trusts as itself.
"""

import pickle
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from io import BytesIO
from typing import Any, Final

from httpdlite.conf.directives import (
    core,
    log_config,
    mod_httpdlite,
    mpm,
    mpm_limits,
    unixd,
)
from httpdlite.conf.directives.worker_parameters import WorkerParameters
from httpdlite.conf.files import absolute
from httpdlite.conf.logtarget import log_name
from httpdlite.conf.rows import Directive
from httpdlite.conf.scope import Scope
from httpdlite.conf.tree import Config, OwnParts, ServerConfig
from httpdlite.diagnostics import Span

Buffer = bytes | bytearray | memoryview

_PROTOCOL: Final = 5
_TAIL: Final = struct.Struct("=Q8s")  # where the list of ends begins, and the mark
_MARK: Final = b"httpdl-1"
_PLAN, _MAIN, _FIRST_VHOST = range(3)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the parent of the serving processes needs of a configuration. Names of logs are as the
    Site has them, each once: those of the main server first, then those of the vhosts.
    """

    host_name: str  # stands in where no ServerName is given
    server_root: str
    modules: frozenset[str]
    listens: tuple[mpm.Listen, ...]
    backlog: int
    send_buffer: int
    receive_buffer: int
    pid_file: str | None
    user: unixd.Account | None
    group: unixd.Account | None
    main_error_log: str | None
    error_logs: tuple[str | None, ...]
    access_logs: tuple[str, ...]
    log_levels: core.LogLevels
    graceful_shutdown_timeout: int | None  # seconds; None: not given
    servers: int  # the main server counts
    start_servers: int | None  # StartServers
    server_limit: int | None
    control: str | None  # the path of the control socket
    control_mode: int


def plan_of(config: Config, host_name: str = "localhost") -> Plan:
    """The plan of a configuration. ``host_name``: this machine's own name."""
    scope, root = config.main.scope, config.server_root
    pid_file = pid_file_of(config)
    control = scope.get(mod_httpdlite.CONTROL_SOCKET)
    servers = (config.main, *config.vhosts)
    error_logs = dict.fromkeys(error_log_name(server.scope, root) for server in servers)
    access_logs = dict.fromkeys(
        access_log_name(log, root)
        for server in servers
        for log in (*server.scope[log_config.CUSTOM_LOG], *server.own[log_config.GLOBAL_LOG])
    )
    return Plan(
        host_name=host_name,
        server_root=root,
        modules=config.modules,
        listens=scope[mpm.LISTEN],
        backlog=scope[mpm_limits.LISTEN_BACKLOG],
        send_buffer=scope[mpm_limits.SEND_BUFFER_SIZE],
        receive_buffer=scope[mpm_limits.RECEIVE_BUFFER_SIZE],
        pid_file=pid_file,
        user=scope.get(unixd.USER),
        group=scope.get(unixd.GROUP),
        main_error_log=error_log_name(scope, root),
        error_logs=tuple(error_logs),
        access_logs=tuple(access_logs),
        log_levels=scope[core.LOG_LEVEL],
        graceful_shutdown_timeout=scope.get(mpm_limits.GRACEFUL_SHUTDOWN_TIMEOUT),
        servers=len(servers),
        start_servers=scope.get(mpm_limits.START_SERVERS),
        server_limit=scope.get(mpm_limits.SERVER_LIMIT),
        control=_control(scope, root, pid_file),
        control_mode=control.mode if control is not None else 0o600,
    )


def _control(scope: Scope, root: str, pid_file: str | None) -> str | None:
    """Beside the PID file, if nothing else is said."""
    given = scope.get(mod_httpdlite.CONTROL_SOCKET)
    if given is not None:
        return absolute(root, given.path)
    return f"{pid_file.removesuffix('.pid')}.sock" if pid_file is not None else None


def pid_file_of(config: Config) -> str | None:
    """PidFile, in DefaultRuntimeDir if it is relative."""
    given = config.main.scope.get(core.PID_FILE)
    if given is None:
        return None
    return absolute(config.runtime_dir or config.server_root, given)


def error_log_name(scope: Scope, root: str) -> str | None:
    """The name of a server's error log; None: standard error."""
    target = scope.get(core.ERROR_LOG)
    return None if target is None else log_name(root, target, may_be_syslog=True)


def access_log_name(log: log_config.CustomLog, root: str) -> str:
    """The name of an access log."""
    return log_name(root, log.file)


# --- writing --------------------------------------------------------------------------------------


def publish(config: Config, host_name: str = "localhost") -> Iterator[bytes]:
    """The pieces of a publication, to be written one after the other."""
    ends = array("Q")
    at = 0
    for blob in _blobs(config, host_name):
        yield blob
        at += len(blob)
        ends.append(at)
    yield ends.tobytes()
    yield _TAIL.pack(at, _MARK)


def _blobs(config: Config, host_name: str) -> Iterator[bytes]:
    words = _Words()
    yield pickle.dumps(plan_of(config, host_name), _PROTOCOL)
    yield words.write(config.main)
    for vhost in config.vhosts:
        yield words.write(OwnParts.of(vhost, config.main))
    yield pickle.dumps(words.words, _PROTOCOL)


class _Words:
    """The vocabulary as it grows, and the blobs that use it."""

    def __init__(self) -> None:
        self.words: list[object] = []
        self._numbers: dict[tuple[type, object], int] = {}
        self.includes: set[Span] = set()

    def number(self, word: object) -> int:
        """The number of a word, which is a new one if it was not used before."""
        number = self._numbers.setdefault((type(word), word), len(self.words))
        if number == len(self.words):
            self.words.append(word)
        return number

    def write(self, value: object) -> bytes:
        """A blob."""
        file = BytesIO()
        _Pickler(file, self).dump(value)
        return file.getvalue()


_PLAIN: Final = frozenset((str, int, float, bool, bytes, tuple, dict, list, type(None)))


class _Pickler(pickle.Pickler):
    def __init__(self, file: BytesIO, words: _Words) -> None:
        super().__init__(file, _PROTOCOL)
        self._words = words

    def persistent_id(self, obj: object) -> int | None:
        """The number of a word of the vocabulary."""
        kind = type(obj)
        if kind in _PLAIN:
            return None
        if kind is type or kind is Directive or isinstance(obj, Enum):
            return self._words.number(obj)
        if kind is WorkerParameters or (kind is Span and obj in self._words.includes):
            return self._words.number(obj)
        return None

    def reducer_override(self, obj: object) -> Any:
        """A frozen dataclass by its fields, which is what its constructor takes."""
        kind = type(obj)
        names = _FIELDS.get(kind) or _field_names(kind)
        if not names:
            return NotImplemented
        values = tuple([getattr(obj, name) for name in names])
        if kind is Span and values[_INCLUDED_FROM] is not None:
            self._words.includes.add(values[_INCLUDED_FROM])
        return kind, values


_FIELDS: Final[dict[type, tuple[str, ...]]] = {}
_INCLUDED_FROM: Final = [field.name for field in fields(Span)].index("included_from")


def _field_names(kind: type) -> tuple[str, ...]:
    """What the constructor takes, in order; () if this is no plain dataclass."""
    found: tuple[str, ...] = ()
    if is_dataclass(kind) and kind is not Directive:
        every = fields(kind)
        if all(field.init and not field.kw_only for field in every):
            found = tuple(field.name for field in every)
    _FIELDS[kind] = found
    return found


# --- reading --------------------------------------------------------------------------------------


class Publication:
    """What was published, over a buffer that must outlive it (a map of a file, usually)."""

    def __init__(self, buffer: Buffer) -> None:
        """Raises ValueError if this is no publication, or not all of it."""
        self._view = view = memoryview(buffer)
        tail = len(view) - _TAIL.size
        if tail < 0:
            raise ValueError("too short for a publication")
        end, mark = _TAIL.unpack(view[tail:])
        if mark != _MARK or not 0 <= end <= tail:
            raise ValueError("not a publication")
        self._ends = array("Q", view[end:tail].tobytes())
        self._words: list[Any] = []
        self.plan: Plan = self._read(_PLAN)

    def main(self) -> ServerConfig:
        """The main server."""
        if not self._words:
            self._words = self._read(len(self._ends) - 1)
        main: ServerConfig = self._read(_MAIN)
        return main

    def vhosts(self, main: ServerConfig) -> Iterator[ServerConfig]:
        """The vhosts in their order, each read when it is asked for; ``main``: what they share."""
        inherited = main.scope.inheritable()
        for number in range(_FIRST_VHOST, len(self._ends) - 1):
            parts: OwnParts = self._read(number)
            yield parts.within(main, inherited)

    def close(self) -> None:
        """Let go of the buffer."""
        self._view.release()

    def _read(self, number: int) -> Any:
        start = self._ends[number - 1] if number else 0
        return _Unpickler(self._view[start : self._ends[number]], self._words).load()


class _Unpickler(pickle.Unpickler):
    def __init__(self, blob: memoryview, words: list[Any]) -> None:
        super().__init__(BytesIO(blob))
        self._words = words

    def persistent_load(self, pid: int) -> Any:
        """The word of a number."""
        return self._words[pid]
