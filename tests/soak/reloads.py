"""Reloads under load: httpdlite, apache2 and nginx, one after the other, by the same clients.

`python -m tests.soak.reloads [--of NAME …] [--reloads N] [--busy N] [--idle N] [--http N]
[--fresh N] [--vhosts N]` prints a table. Every reload alternates between two configurations; each
third is a broken one, which must change nothing. A reload is done when the server says so (nginx
does not: its new processes are waited for). With `--fresh` so many tunnels are opened before each
reload and stay. With `--vhosts` the configuration is that large, and what is measured is how long
the busy tunnels' messages take while it is being read and adopted, and while nothing happens.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from tests.peers.harness import (
    APACHE_MODULES,
    CHECKOUT,
    LOOPBACK,
    PATIENCE,
    Server,
    environment,
    httpdlite_command,
    kill,
    require_program,
    reserved_port,
    server_directory,
    start,
)
from tests.peers.live import ended_reloads
from tests.soak.reload_load import Found, Load

_NAP = 0.005
THREADS = 256  # of a child of Apache
HOST = "site-{}.bench.test"


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of everything."""

    reloads: int = 100
    busy: int = 50
    idle: int = 2000
    http: int = 50
    vhosts: int = 0
    pace: float = 0.05  # seconds between a client's answer and its next message
    pause: float = 0.2  # seconds between two reloads
    fresh: int = 0  # tunnels that are opened before each reload, beside those there are
    settle: float = 1.0  # seconds before memory is read


@dataclass(slots=True)
class State:
    """What a server's processes have."""

    processes: int = 0
    memory: int = 0  # bytes, each shared page counted in parts
    descriptors: int = 0
    parent_memory: int = 0
    parent_descriptors: int = 0


@dataclass(slots=True)
class Result:
    """One server's run."""

    name: str
    before: State
    after: State = field(default_factory=State)
    found: Found = field(default_factory=Found)
    seconds: list[float] = field(default_factory=list)  # of each good reload
    refused: int = 0


# --- servers -------------------------------------------------------------------------------------

COMMON = """\
ServerName bench.test
Listen {host}:{port}
PidFile "{root}/httpdlite.pid"
ErrorLog "{root}/error.log"
CustomLog "{root}/access.log" "%h %U %s"
Timeout {timeout}
KeepAliveTimeout 3600
MaxKeepAliveRequests 0
"""
RULES = """\
{more}
ProxyPass "/tunnel/" "ws://{worker}/"
ProxyPass "/http/" "http://{worker}/"
"""
APACHE = """\
Mutex fcntl:{root}
User #65534
StartServers {children}
ServerLimit {limit}
ThreadLimit {threads}
ThreadsPerChild {threads}
MaxRequestWorkers {workers}
MaxSpareThreads {workers}
MinSpareThreads 64
ListenBacklog 4096
"""
NGINX = """\
daemon off;
user root;
worker_processes 2;
pid {root}/nginx.pid;
error_log {root}/error.log;
worker_rlimit_nofile 20000;
events {{ worker_connections 9000; }}
http {{
    access_log {root}/access.log combined;
    server_names_hash_max_size 8192;
    client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi; uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
    keepalive_requests 100000000; keepalive_timeout 3600s;
    upstream worker {{ server {worker}; keepalive 128; keepalive_requests 100000000; }}
    proxy_http_version 1.1;
    proxy_read_timeout {timeout}s;
{servers}
}}
"""
NGINX_SERVER = """\
    server {{
        listen {host}:{port}{backlog};
        server_name {name};
        {more}
        location /http/ {{ proxy_set_header Connection ""; proxy_pass http://worker; }}
        location /tunnel/ {{
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_pass http://worker;
        }}
    }}"""

Write = Callable[[int], None]
"""Writes a configuration: 0 or 1, which are good, or -1, which is not."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A server program, and how it is reloaded."""

    name: str
    text: Callable[[Path, int, str, int, Amount], str]
    command: Callable[[Path], list[str]]
    signals: Callable[[Server], bool]  # False: it says no
    says_when: bool = True


def _names(amount: Amount) -> list[str]:
    return [HOST.format(number) for number in range(amount.vhosts)]


def _apache_words(root: Path, port: int, worker: str, turn: int, amount: Amount) -> str:
    more = "ProxyPass /other/ !" if turn == 1 else ""
    rules = RULES.format(more=more, worker=worker)
    head = COMMON.format(host=LOOPBACK, port=port, root=root, timeout=3600 + max(turn, 0))
    vhosts = [
        f"<VirtualHost *:{port}>\nServerName {name}\n{rules}</VirtualHost>"
        for name in _names(amount)
    ]
    broken = "ProxyPas / x\n" if turn < 0 else ""
    return f'ServerRoot "{root}"\n' + head + ("\n".join(vhosts) or rules) + "\n" + broken


def _httpdlite_text(root: Path, port: int, worker: str, turn: int, amount: Amount) -> str:
    return "StartServers 2\n" + _apache_words(root, port, worker, turn, amount)


def _apache_text(root: Path, port: int, worker: str, turn: int, amount: Amount) -> str:
    children = (amount.busy + amount.idle + amount.http) // THREADS + 2
    names = ("mpm_event", "authz_core", "log_config", "proxy", "proxy_http", "proxy_wstunnel")
    modules = [
        f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so"
        for name in names
        if (APACHE_MODULES / f"mod_{name}.so").exists()
    ]
    own = APACHE.format(
        root=root,
        children=children,
        limit=4 * children,
        threads=THREADS,
        workers=4 * children * THREADS,
    )
    return "\n".join([*modules, own, _apache_words(root, port, worker, turn, amount)])


def _nginx_text(root: Path, port: int, worker: str, turn: int, amount: Amount) -> str:
    servers = [
        NGINX_SERVER.format(
            host=LOOPBACK,
            port=port,
            backlog="" if number else " backlog=4096",
            name=name,
            more="location /other/ { return 404; }" if turn == 1 else "",
        )
        for number, name in enumerate(_names(amount) or ["bench.test"])
    ]
    if turn < 0:
        servers.append("    serverr {}")
    return NGINX.format(
        root=root, worker=worker, timeout=3600 + max(turn, 0), servers="\n".join(servers)
    )


def _run(*command: str) -> bool:
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    return done.returncode == 0


def _signal(server: Server) -> bool:
    os.kill(server.process.pid, signal.SIGUSR1)
    return True


KINDS = {
    "httpdlite": Kind(
        "httpdlite",
        _httpdlite_text,
        lambda root: httpdlite_command("-f", f"{root}/server.conf", "-DFOREGROUND"),
        _signal,
    ),
    "apache2": Kind(
        "apache2",
        _apache_text,
        lambda root: [require_program("apache2"), "-f", f"{root}/server.conf", "-DFOREGROUND"],
        lambda server: _run(
            require_program("apache2"), "-f", f"{server.root}/server.conf", "-k", "graceful"
        ),
    ),
    "nginx": Kind(
        "nginx",
        _nginx_text,
        lambda root: [
            *(require_program("nginx"), "-p", str(root)),
            *("-c", f"{root}/server.conf", "-e", f"{root}/error.log"),
        ],
        lambda server: _run(
            *(require_program("nginx"), "-p", str(server.root)),
            *("-c", f"{server.root}/server.conf", "-e", f"{server.root}/error.log"),
            *("-s", "reload"),
        ),
        says_when=False,
    ),
}


def family(pid: int) -> list[int]:
    """A process and all that come from it."""
    found = [pid]
    for each in found:
        try:
            listed = Path(f"/proc/{each}/task/{each}/children").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found += [int(word) for word in listed.split()]
    return found


def memory_of(pid: int) -> int:
    """Bytes, shared pages in parts."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    line = next((line for line in text.splitlines() if line.startswith("Pss:")), "Pss: 0")
    return int(line.split()[1]) * 1024


def descriptors_of(pid: int) -> int:
    """How many are open."""
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return 0


def state_of(server: Server) -> State:
    """As it is now."""
    pid = server.process.pid
    pids = family(pid)
    return State(
        len(pids),
        sum(map(memory_of, pids)),
        sum(map(descriptors_of, pids)),
        memory_of(pid),
        descriptors_of(pid),
    )


# --- a run ---------------------------------------------------------------------------------------


@contextmanager
def _program(*words: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.soak.reload_load", *words]
    process = subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _heard(process: "subprocess.Popen[str]") -> str:
    output: IO[str] | None = process.stdout
    assert output is not None
    line = output.readline()
    assert line, "the load has ended"
    return line


def _say(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def soak(kind: Kind, amount: Amount, watch: Callable[[str], None] = lambda _: None) -> Result:
    """Start everything, reload as often as was asked for, end everything."""
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        port = stack.enter_context(reserved_port())
        worker = f"{LOOPBACK}:{int(_heard(stack.enter_context(_program('worker'))))}"

        def write(turn: int) -> None:
            text = kind.text(root, port, worker, turn, amount)
            (root / "server.conf").write_text(text)

        write(0)
        server = start(kind.name, kind.command(root), root, port)
        stack.callback(kill, server.process)
        host = HOST.format(amount.vhosts // 2) if amount.vhosts else "bench.test"
        load = Load(port, amount.busy, amount.idle, amount.http, amount.pace, host)
        clients = stack.enter_context(_program("clients", json.dumps(asdict(load))))
        assert _heard(clients) == "ready\n"
        _reload(kind, server, write, 1, [])  # what only the first one brings is there before
        _reload(kind, server, write, 0, [])
        time.sleep(amount.settle)
        result = Result(kind.name, state_of(server))
        _say(clients, "mark calm")
        time.sleep(amount.pause * 5)
        for number in range(amount.reloads):
            turn = -1 if number % 3 == 2 else number % 2
            _say(clients, f"open {amount.fresh}")
            _say(clients, "mark reload")
            if _reload(kind, server, write, turn, result.seconds):
                result.refused += 1
            _say(clients, "mark calm")
            time.sleep(amount.pause)
            if number % 10 == 9:
                watch(f"{kind.name}: {number + 1} reloads, {state_of(server)}")
        time.sleep(amount.settle)
        result.after = state_of(server)
        _say(clients, "end")
        result.found = Found(**json.loads(_heard(clients)))
        if "internal fault" in server.error_log or "Traceback" in server.output:
            result.found.failed.append("the server's log has a fault")
        return result


def _reload(kind: Kind, server: Server, write: Write, turn: int, seconds: list[float]) -> bool:
    """True if it was refused."""
    write(turn)
    before = ended_reloads(server.error_log) if kind.says_when else 0
    pids = set(family(server.process.pid))
    begun = time.monotonic()
    if not kind.signals(server):
        assert turn < 0, server.error_log[-2000:]
        return True
    for _ in range(int(PATIENCE / _NAP)):
        if kind.says_when:
            is_done = ended_reloads(server.error_log) > before
        else:
            is_done = len(set(family(server.process.pid)) - pids) >= 2
        if is_done:
            break
        time.sleep(_NAP)
    else:
        raise AssertionError(f"{kind.name} does not reload:\n{server.error_log[-2000:]}")
    if turn >= 0:
        seconds.append(time.monotonic() - begun)
    return turn < 0


# --- figures -------------------------------------------------------------------------------------


def percentile(values: list[float], share: float) -> float:
    """Of the sorted values, that at the share; 0 without any."""
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def row(result: Result) -> list[str]:
    """The figures of a run, as text."""
    found, before, after = result.found, result.before, result.after
    mib = 1024 * 1024
    cells = [
        result.name,
        f"{len(result.seconds)} + {result.refused}",
        f"{found.busy_lost} / {found.idle_lost}",
        f"{len(found.failed)} of {found.requests:,}",
        str(found.closed_between),
        f"{before.processes} → {after.processes}",
        f"{before.memory / mib:.1f} → {after.memory / mib:.1f}",
        f"{before.descriptors:,} → {after.descriptors:,}",
        f"{1000 * percentile(result.seconds, 0.5):.0f} ({1000 * max(result.seconds):.0f})",
    ]
    for name in ("calm", "reload"):
        times = found.tunnels.get(name, [])
        shares = (percentile(times, 0.5), percentile(times, 0.99), max(times, default=0.0))
        cells.append(" / ".join(f"{each:.1f}" for each in shares) + f" ({len(times):,})")
    return cells


HEADS = (
    "server",
    "reloads, refused",
    "tunnels lost, busy / idle",
    "requests failed",
    "keep-alive closed",
    "processes",
    "memory, MiB",
    "descriptors",
    "a reload, ms: median (longest)",
    "tunnels' messages when calm, ms: p50 / p99 / longest (number)",
    "during reloads",
)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--of", nargs="*", default=list(KINDS), choices=list(KINDS))
    for name in ("reloads", "busy", "idle", "http", "fresh", "vhosts"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Amount(), name))
    for name in ("pace", "pause"):
        parser.add_argument(f"--{name}", type=float, default=getattr(Amount(), name))
    given = vars(parser.parse_args())
    names = given.pop("of")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    _print(" | ".join(("", *HEADS, "")).strip())
    _print("|" + " --- |" * len(HEADS))
    for name in names:
        result = soak(KINDS[name], Amount(**given), _print)
        for failed in result.found.failed[:5]:
            _print(failed)
        _print(" | ".join(("", *row(result), "")).strip())


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
