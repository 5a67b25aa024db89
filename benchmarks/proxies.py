"""The proxies of the benchmark: each starts in front of one worker and serves the same site.

In: a `Setup`, whose configuration `configurations.py` writes. Out: a running `Proxy` whose whole
CPU time and memory can be read from /proc, over all of its processes.
"""

import os
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from benchmarks import programs
from benchmarks.configurations import (
    Setup,
    prepare_apache,
    prepare_haproxy,
    prepare_httpdlite,
    prepare_httpdlite2,
    prepare_nginx,
)
from benchmarks.programs import find
from benchmarks.sites import Site
from tests.peers.harness import Server, kill, reserved_port, server_directory, start


@dataclass(frozen=True, slots=True)
class Kind:
    """One proxy program: its name, how to ask its version, and how to set one up."""

    name: str
    version: tuple[str, ...]
    prepare: Callable[[Setup], list[str]]

    @property
    def reads_httpd(self) -> bool:
        """Whether its configuration is Apache's."""
        return self.name not in {"nginx", "haproxy"}

    @property
    def is_installed(self) -> bool:
        """Whether its program can be found."""
        return find(self.version[0]) is not None

    def read_version(self) -> str:
        """One line about its version, as it says itself."""
        command = [find(self.version[0]) or "", *self.version[1:]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return (done.stdout + done.stderr).splitlines()[0].strip()


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that runs."""

    kind: Kind
    server: Server

    @property
    def processes(self) -> list[int]:
        """All of its processes: the session that it was started in."""
        session = self.server.process.pid
        return [pid for pid in programs.all_processes() if programs.session_of(pid) == session]

    def cpu_seconds(self) -> float:
        """User and system time of all its processes, ended children included."""
        return sum(programs.cpu_seconds(pid) for pid in self.processes)

    def memory(self) -> int:
        """Bytes of memory that are its own, over all its processes."""
        return sum(programs.own_memory(pid) for pid in self.processes)

    def empty_log(self) -> None:
        """Makes its access log empty: millions of lines would fill the disk."""
        with suppress(FileNotFoundError):
            os.truncate(self.server.root / "access.log", 0)


KINDS = (
    Kind("httpdlite", (sys.executable, "-m", "httpdlite", "-v"), prepare_httpdlite),
    Kind("httpdlite2", (sys.executable, "-m", "httpdlite", "-v"), prepare_httpdlite2),
    Kind("apache2", ("apache2", "-v"), prepare_apache),
    Kind("nginx", ("nginx", "-v"), prepare_nginx),
    Kind("haproxy", ("haproxy", "-v"), prepare_haproxy),
)


@contextmanager
def running(kind: Kind, site: Site, worker: int, connections: int) -> Iterator[Proxy]:
    """Starts a proxy in front of the worker's port; ends it afterwards."""
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        port = stack.enter_context(reserved_port())
        command = kind.prepare(Setup(root, port, worker, connections, site))
        server = start(kind.name, command, root, port)
        stack.callback(kill, server.process)
        _wait_served(server, site)
        yield Proxy(kind, server)


def _wait_served(server: Server, site: Site) -> None:
    """Until a request is answered: somebody may listen before anybody serves."""
    with ExitStack() as stack:
        sock = stack.enter_context(server.connect())
        if site.is_secure:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            sock = stack.enter_context(context.wrap_socket(sock))
        sock.sendall(b"GET /nothing HTTP/1.0\r\n\r\n")
        while sock.recv(4096):
            pass
