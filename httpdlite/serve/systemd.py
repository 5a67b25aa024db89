"""The service manager's side: what systemd is told, and the sockets it has opened before the start.

Comes in: the environment that systemd starts a service with. Goes out: notifications (``Notifier``)
and listening sockets (``inherited_sockets``), and which of them a Listen line means (``match``).
Hides the protocols of sd_notify(3), sd_watchdog_enabled(3) and sd_listen_fds(3), all of which are a
few variables and datagrams. Rules:

1. Nothing here raises or waits for long: a server must not fail for want of somebody to tell.
2. The variables are meant for this process. They are taken out of the environment, so that no
   program started later (a piped logger) believes that it is the service.
3. With sockets from systemd a Listen opens none itself: each must be one of them. They are found by
   port, as mod_systemd does; where several have the port, by the address first.
4. The sockets stay systemd's: they are never bound, and ListenBacklog is the unit's `Backlog=`.

Sources: mod_systemd of httpd trunk and 2.4.42 and later (Debian's httpd is built without it).
"""

import os
import socket
import time
from collections.abc import Collection, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from httpdlite.conf.addresses import numeric

if TYPE_CHECKING:
    from httpdlite.conf.directives.mpm import Listen

Environment = MutableMapping[str, str]

FIRST_DESCRIPTOR: Final = 3  # SD_LISTEN_FDS_START
_MOST_DESCRIPTORS: Final = 4096
_PATIENCE_SECONDS: Final = 1.0  # for a service manager that is busy

NOT_PASSED: Final = "Systemd socket activation is used, but this port is not configured in systemd"
"""The fault of a Listen line, as httpd says it at that line."""


# --- notifications --------------------------------------------------------------------------------


class Notifier:
    """Tells the service manager how the service is. Without one it does nothing.

    ``watchdog_seconds``: how often ``watchdog`` is to be called, None if nobody waits for it.
    """

    def __init__(self, environment: Environment | None = None) -> None:
        variables = os.environ if environment is None else environment
        self._address = _notify_address(variables.pop("NOTIFY_SOCKET", ""))
        self.watchdog_seconds = _watchdog_seconds(variables)
        self._sock: socket.socket | None = None

    @property
    def is_active(self) -> bool:
        """Is there anybody to tell?"""
        return self._address is not None

    def ready(self, status: str = "", *, main_pid: int | None = None) -> None:
        """It serves: after the start, and after each reload, whatever came of it. ``main_pid``: the
        process that serves, if that is not the one that was started.
        """
        self._tell("READY=1", _status(status), f"MAINPID={main_pid}" if main_pid else "")

    def reloading(self, status: str = "") -> None:
        """A reload begins; `ready` ends it. For Type=notify-reload it says when it was begun."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._tell("RELOADING=1", f"MONOTONIC_USEC={now}", _status(status))

    def stopping(self, status: str = "", *, within_seconds: float | None = None) -> None:
        """It ends. ``within_seconds``: it may take so long, even if the unit allows less."""
        extended = round(within_seconds * 1e6) if within_seconds is not None else 0
        more = f"EXTEND_TIMEOUT_USEC={extended}" if extended > 0 else ""
        self._tell("STOPPING=1", _status(status), more)

    def status(self, text: str) -> None:
        """A line for `systemctl status`."""
        self._tell(_status(text))

    def watchdog(self) -> None:
        """It is alive."""
        if self.watchdog_seconds is not None:
            self._tell("WATCHDOG=1")

    def close(self) -> None:
        """No more of this: in a child, which speaks for nobody."""
        self._address = None
        if self._sock is not None:
            self._sock.close()
            self._sock = None

    def _tell(self, *assignments: str) -> None:
        if self._address is None:
            return
        said = "\n".join(filter(None, assignments))
        try:
            if self._sock is None:
                self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
                self._sock.settimeout(_PATIENCE_SECONDS)
            self._sock.sendto(said.encode(errors="replace"), self._address)
        except OSError:
            pass  # rule 1


def _notify_address(name: str) -> str | None:
    """A path, or a name in the abstract namespace; what else there is (vsock) is not for us."""
    if name.startswith("@"):
        return "\0" + name[1:]
    return name if name.startswith("/") else None


def _status(text: str) -> str:
    return "STATUS=" + " ".join(text.split("\n")) if text else ""


def _watchdog_seconds(variables: Environment) -> float | None:
    """Half of what the service manager waits, as sd_watchdog_enabled(3) advises."""
    microseconds = variables.pop("WATCHDOG_USEC", "")
    pid = variables.pop("WATCHDOG_PID", "")
    if pid and pid != str(os.getpid()):
        return None
    number = _number(microseconds)
    return number / 2e6 if number else None


def _number(text: str) -> int:
    """0 for what is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


# --- sockets --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inherited:
    """A listening stream socket that was open before the start. ``name`` is FileDescriptorName=.
    ``address``: host and port, or the path of a unix socket.
    """

    sock: socket.socket
    address: tuple[str, int] | str
    name: str = ""

    @property
    def port(self) -> int:
        """0 of a unix socket."""
        return 0 if isinstance(self.address, str) else self.address[1]

    def __str__(self) -> str:
        if isinstance(self.address, str):
            return self.address or "unnamed unix socket"
        host, port = self.address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def inherited_sockets(environment: Environment | None = None) -> list[Inherited]:
    """The sockets that systemd passes to this very process. To be called before anything else
    opens or closes descriptors, and before going into the background: LISTEN_PID names one process.
    """
    variables = os.environ if environment is None else environment
    pid = variables.pop("LISTEN_PID", "")
    count = _number(variables.pop("LISTEN_FDS", ""))
    names = variables.pop("LISTEN_FDNAMES", "").split(":")
    variables.pop("LISTEN_PIDFDID", None)
    if pid != str(os.getpid()):
        return []
    found = []
    for number in range(min(count, _MOST_DESCRIPTORS)):
        inherited = _inherit(
            FIRST_DESCRIPTOR + number, names[number] if number < len(names) else ""
        )
        if inherited is not None:
            found.append(inherited)
    return found


def _inherit(descriptor: int, name: str) -> Inherited | None:
    """The socket behind a descriptor; None for what is no listening stream socket, which is left
    alone.
    """
    try:
        os.set_inheritable(descriptor, False)
        sock = socket.socket(fileno=descriptor)
    except OSError:
        return None
    try:
        listens = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        if not listens or sock.type != socket.SOCK_STREAM:
            sock.detach()
            return None
        address = _address(sock)
        if address is None:
            sock.detach()
            return None
        if not isinstance(address, str):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what it accepts inherits
        sock.setblocking(False)
    except OSError:
        sock.detach()
        return None
    return Inherited(sock, address, name)


def _address(sock: socket.socket) -> tuple[str, int] | str | None:
    if sock.family == socket.AF_UNIX:
        name = sock.getsockname()
        return name if isinstance(name, str) else "@" + name[1:].decode(errors="replace")
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        host, port = sock.getsockname()[:2]
        return host, port
    return None


@dataclass(frozen=True, slots=True)
class Matching:
    """Which sockets a configuration's Listen lines mean.

    ``served``: per Listen its socket, each socket once. ``covered``: Listens that need none of
    their own, since another of the port has it. ``missing``: those of which systemd has passed no
    socket (the configuration cannot be used: NOT_PASSED). ``unused``: sockets that nobody accepts
    from, whose clients wait in vain.
    """

    served: "tuple[tuple[Listen, Inherited], ...]"
    covered: "tuple[Listen, ...]"
    missing: "tuple[Listen, ...]"
    unused: tuple[Inherited, ...]

    def warnings(self) -> list[str]:
        """What an operator should know."""
        return [
            f"systemd listens on {sock}, but no Listen has it: whoever connects there waits in vain"
            for sock in self.unused
        ]


def match(listens: "Sequence[Listen]", sockets: Iterable[Inherited]) -> Matching:
    """Find each Listen's socket (rule 3): exact addresses first, so that none is given away to
    a Listen that could do with any other of its port.
    """
    free = [sock for sock in sockets if sock.port]
    unused = [sock for sock in sockets if not sock.port]
    ports = {sock.port for sock in free}
    found: dict[int, Inherited] = {}
    for is_same in (_is_exact, _is_like, _has_port):
        for number, listen in enumerate(listens):
            if number not in found:
                taken = next((sock for sock in free if is_same(listen, sock)), None)
                if taken is not None:
                    free.remove(taken)
                    found[number] = taken
    left = [listen for number, listen in enumerate(listens) if number not in found]
    return Matching(
        served=tuple((listens[number], found[number]) for number in sorted(found)),
        covered=tuple(listen for listen in left if listen.port in ports),
        missing=tuple(listen for listen in left if listen.port not in ports),
        unused=(*free, *unused),
    )


class NotPassedError(Exception):
    """A Listen whose port systemd has not opened; str() are Apache's lines."""

    def __init__(self, listen: "Listen") -> None:
        place = f"line {listen.span.apache_line} of {listen.span.apache_file}"
        super().__init__(f"AH00526: Syntax error on {place}:\n{NOT_PASSED}")


def adopt(
    listens: "Sequence[Listen]",
    sockets: Sequence[Inherited],
    known: Collection[tuple[str | None, int]] = (),
) -> dict[tuple[str | None, int], socket.socket]:
    """By host and port of each Listen but the known ones, a descriptor of its own for its socket,
    to be closed at will: what one configuration gives up, a later one may want again. A Listen that
    is covered by another has none. Raises NotPassedError, or OSError without descriptors.
    """
    matching = match(listens, sockets)
    for listen in matching.missing:
        raise NotPassedError(listen)
    return {
        (listen.host, listen.port): inherited.sock.dup()
        for listen, inherited in matching.served
        if (listen.host, listen.port) not in known
    }


_ANY: Final = ("0.0.0.0", "::")


def _is_exact(listen: "Listen", sock: Inherited) -> bool:
    """The same address; a Listen without one and a socket of all addresses."""
    host = sock.address[0]
    if not _has_port(listen, sock):
        return False
    return host == "::" if listen.host is None else numeric(host) == listen.host


def _is_like(listen: "Listen", sock: Inherited) -> bool:
    """All addresses of one family, for a Listen of all."""
    return _has_port(listen, sock) and listen.host is None and sock.address[0] in _ANY


def _has_port(listen: "Listen", sock: Inherited) -> bool:
    return sock.port == listen.port
