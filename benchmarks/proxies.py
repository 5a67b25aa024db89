"""The proxies of the benchmark: each starts in front of one worker, with the same two rules.

In: a free port, the worker's port, how many tunnels must fit. Out: a running `Proxy` whose whole
CPU time and memory can be read from /proc, over all of its processes. `/http/` is an ordinary
location with keep-alive on both sides, `/tunnel/` one that may switch to a WebSocket. What a
configuration says is what such a site needs: long time limits, no access log, room for the
connections, a listen backlog of 4,096. Everything else, buffer sizes too, is the program's default.
nginx and HAProxy run one worker process or thread, as httpdlite does; Apache's event MPM runs as
many children as the tunnels need threads, since each tunnel holds one.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.peers.harness import (
    APACHE_MODULES,
    LOOPBACK,
    Server,
    kill,
    reserved_port,
    server_directory,
    start,
    unprivileged,
)

TICKS = os.sysconf("SC_CLK_TCK")
APACHE_THREADS = 256  # per child; its default, 25, would mean hundreds of children
SPARE = 256  # connections beyond the tunnels

NGINX = """\
daemon off;
{user}
worker_processes 1;
pid {root}/nginx.pid;
error_log {root}/error.log;
worker_rlimit_nofile {descriptors};
events {{ worker_connections {descriptors}; }}
http {{
    access_log off;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    keepalive_requests 100000000;
    upstream worker {{ server {host}:{worker}; keepalive 128; keepalive_requests 100000000; }}
    server {{
        listen {host}:{port} backlog=4096;
        proxy_http_version 1.1;
        location /http/ {{
            proxy_set_header Connection "";
            proxy_pass http://worker;
        }}
        location /tunnel/ {{
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_read_timeout 1h;
            proxy_pass http://worker;
        }}
    }}
}}
"""

HAPROXY = """\
global
    nbthread 1
    maxconn {connections}
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
    option forwardfor
    http-reuse always
frontend front
    bind {host}:{port} backlog 4096
    default_backend worker
backend worker
    server worker {host}:{worker}
"""

RULES = """\
ServerName bench.test
Listen {host}:{port}
PidFile "{root}/pid"
ErrorLog "{root}/error.log"
Timeout 3600
KeepAliveTimeout 3600
MaxKeepAliveRequests 0
ProxyPass "/http/" "http://{host}:{worker}/"
ProxyPass "/tunnel/" "ws://{host}:{worker}/"
"""

APACHE = """\
ServerRoot "{root}"
Mutex fcntl:{root}
{modules}
{user}
StartServers {children}
ServerLimit {children}
ThreadLimit {threads}
ThreadsPerChild {threads}
MaxRequestWorkers {workers}
MinSpareThreads 1
MaxSpareThreads {workers}
ListenBacklog 4096
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """One proxy program: its name, how to ask its version, and how to set one up."""

    name: str
    version: tuple[str, ...]
    prepare: Callable[[Path, int, int, int], list[str]]

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
        return [pid for pid in all_processes() if session_of(pid) == self.server.process.pid]

    def cpu_seconds(self) -> float:
        """User and system time of all its processes, ended children included."""
        return sum(sum(stat_fields(pid)[11:15]) for pid in self.processes) / TICKS

    def memory(self) -> int:
        """Bytes of memory that are its own, over all its processes."""
        return sum(private_memory(pid) for pid in self.processes)


def find(program: str) -> str | None:
    """The path of a program, looked for where servers are installed too."""
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def all_processes() -> list[int]:
    """The process ids of this machine."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def stat_fields(pid: int) -> list[int]:
    """The numbers of /proc/PID/stat after the state; none for a process that has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return [0] * 40
    return [0, *(int(word) for word in text.rpartition(")")[2].split()[1:])]


def session_of(pid: int) -> int:
    """The session of a process; 0 if it has ended."""
    return stat_fields(pid)[3]


def private_memory(pid: int) -> int:
    """Bytes that would be free again without this process."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    lines = [line for line in text.splitlines() if line.startswith("Private_")]
    return sum(int(line.split()[1]) for line in lines) * 1024


def descriptors_for(tunnels: int) -> int:
    """How many descriptors a process needs that holds both ends of so many tunnels."""
    return 2 * (tunnels + SPARE)


# --- one preparation for each --------------------------------------------------------------------


def prepare_apache(root: Path, port: int, worker: int, tunnels: int) -> list[str]:
    """The real httpd with the event MPM and threads for `tunnels` tunnels and some more."""
    children = (tunnels + SPARE) // APACHE_THREADS + 1
    names = ("mpm_event", "authz_core", "proxy", "proxy_http", "proxy_wstunnel")
    modules = (f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so" for name in names)
    head = APACHE.format(
        root=root,
        modules="\n".join(modules),
        user=f"User #{unprivileged().pw_uid}" if os.getuid() == 0 else "",
        children=children,
        threads=APACHE_THREADS,
        workers=children * APACHE_THREADS,
    )
    conf = root / "httpd.conf"
    conf.write_text(head + RULES.format(root=root, host=LOOPBACK, port=port, worker=worker))
    return [find("apache2") or "", "-f", str(conf), "-DFOREGROUND"]


def prepare_httpdlite(root: Path, port: int, worker: int, _tunnels: int) -> list[str]:
    """This checkout's httpdlite."""
    conf = root / "httpd.conf"
    rules = RULES.format(root=root, host=LOOPBACK, port=port, worker=worker)
    conf.write_text(f'ServerRoot "{root}"\n{rules}')
    return [sys.executable, "-m", "httpdlite", "-f", str(conf)]


def prepare_nginx(root: Path, port: int, worker: int, tunnels: int) -> list[str]:
    """nginx with one worker process."""
    conf = root / "nginx.conf"
    user = "user root;" if os.getuid() == 0 else ""
    text = NGINX.format(
        root=root,
        host=LOOPBACK,
        port=port,
        worker=worker,
        user=user,
        descriptors=descriptors_for(tunnels),
    )
    conf.write_text(text)
    return [find("nginx") or "", "-p", str(root), "-c", str(conf), "-e", str(root / "error.log")]


def prepare_haproxy(root: Path, port: int, worker: int, tunnels: int) -> list[str]:
    """HAProxy with one thread."""
    conf = root / "haproxy.conf"
    text = HAPROXY.format(host=LOOPBACK, port=port, worker=worker, connections=tunnels + SPARE)
    conf.write_text(text)
    return [find("haproxy") or "", "-f", str(conf), "-db"]


KINDS = (
    Kind("httpdlite", (sys.executable, "-m", "httpdlite", "-v"), prepare_httpdlite),
    Kind("apache2", ("apache2", "-v"), prepare_apache),
    Kind("nginx", ("nginx", "-v"), prepare_nginx),
    Kind("haproxy", ("haproxy", "-v"), prepare_haproxy),
)


@contextmanager
def running(kind: Kind, worker: int, tunnels: int) -> Iterator[Proxy]:
    """Starts a proxy in front of the worker's port; ends it afterwards."""
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        port = stack.enter_context(reserved_port())
        command = kind.prepare(root, port, worker, tunnels)
        server = start(kind.name, command, root, port)
        stack.callback(kill, server.process)
        yield Proxy(kind, server)
