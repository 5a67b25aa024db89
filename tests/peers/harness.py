"""Other people's servers, and httpdlite as a process, for tests: started, watched, stopped.

In: the text of a configuration. Out: a running server on a loopback port, and at its end the
promise that it stopped as it should. What this hides: ports are reserved by a bound socket that
never listens (SO_REUSEADDR lets the server bind beside it, the kernel gives the number to nobody
else), so no test guesses one; server roots are directories that an unprivileged child can read,
which pytest's own are not; readiness is a connection that succeeds, or the process's end.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

LOOPBACK = "127.0.0.1"
CHECKOUT = Path(__file__).resolve().parents[2]
SHARED = CHECKOUT.parent / "shared"
"""Reference material beside some checkouts; tests that read it skip where it is absent."""

APACHE_MODULES = Path("/usr/lib/apache2/modules")
PATIENCE = 20.0
"""Seconds after which a server that neither answers nor ends is a failure, not a slow machine."""

_NAP = 0.01  # between two looks at a starting process; nothing depends on its length


def require_program(name: str) -> str:
    """The path of a peer's program; without it skips, or fails where peers are demanded."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        if os.environ.get("HTTPDLITE_REQUIRE_PEERS") == "1":
            pytest.fail(f"{name} is not installed, and HTTPDLITE_REQUIRE_PEERS=1 demands it")
        pytest.skip(f"{name} is not installed")
    return path


def require_shared(part: str) -> Path:
    """A path below the reference material beside the checkout; skips where it is absent."""
    path = SHARED / part
    if not path.exists():
        pytest.skip(f"no {part} beside this checkout")
    return path


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port of 127.0.0.1 that nobody else is given meanwhile, free for one server to take."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((LOOPBACK, 0))
        yield holder.getsockname()[1]


@contextmanager
def server_directory() -> Iterator[Path]:
    """A short directory that every user may enter and write, gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="hl-"))
    try:
        path.chmod(0o777)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: where it listens, and what it has written."""

    name: str
    process: subprocess.Popen[bytes]
    root: Path
    port: int

    @property
    def error_log(self) -> str:
        """What its error log says so far."""
        path = self.root / "error.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def access_log(self) -> str:
        """What its access log says so far."""
        path = self.root / "access.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def output(self) -> str:
        """What it has printed on standard output and standard error so far."""
        return (self.root / "output").read_text(errors="replace")

    def connect(self) -> socket.socket:
        """A connection to it, with a time limit on every operation."""
        return socket.create_connection((LOOPBACK, self.port), timeout=PATIENCE)


def start(name: str, command: Sequence[str], root: Path, port: int) -> Server:
    """Starts `command` and waits until `port` answers; fails with what it printed if it ends."""
    with (root / "output").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(name, process, root, port)
    try:
        wait_answering(server)
    except BaseException:
        kill(process)
        raise
    return server


def environment() -> dict[str, str]:
    """The environment of a started program: this one's, with this checkout importable."""
    return {
        **os.environ,
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONWARNINGS": "default",
        "PYTHONFAULTHANDLER": "1",
    }


def wait_answering(server: Server) -> None:
    """Returns when its port answers; fails with what it printed if it ends or never does."""
    for _ in range(int(PATIENCE / _NAP)):
        with (
            suppress(ConnectionError),
            socket.create_connection((LOOPBACK, server.port), timeout=PATIENCE),
        ):
            return
        with suppress(subprocess.TimeoutExpired):
            status = server.process.wait(_NAP)
            text = f"{server.output}\n{server.error_log}"
            pytest.fail(f"{server.name} ended with status {status} instead of serving:\n{text}")
    pytest.fail(f"{server.name} does not answer on its port:\n{server.output}\n{server.error_log}")


def kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and its children at once, whatever state they are in."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)


# --- Apache ------------------------------------------------------------------------------------


APACHE_PRELUDE = """\
ServerRoot "{root}"
PidFile "{root}/apache.pid"
Mutex fcntl:{root}
{modules}
{user}
ServerName front.test
Listen {host}:{port}
ErrorLog "{root}/error.log"
LogFormat "%h \\"%r\\" %>s %b" plain
CustomLog "{root}/access.log" plain
DocumentRoot "{root}/htdocs"
ServerLimit 10
StartServers 1
ThreadsPerChild 64
MaxRequestWorkers 640
"""
APACHE_LOADED = (
    "mpm_event authz_core dir alias headers rewrite setenvif env "
    "proxy proxy_http proxy_wstunnel proxy_balancer slotmem_shm lbmethod_byrequests"
)


def apache_configuration(root: Path, port: int, body: str) -> Path:
    """Writes a complete configuration for the real httpd around `body`; returns its path."""
    (root / "htdocs").mkdir(exist_ok=True)
    (root / "htdocs" / "index.html").write_text("a local file\n")
    modules = "\n".join(
        f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so" for name in APACHE_LOADED.split()
    )
    user = (
        f"User #{unprivileged().pw_uid}\nGroup #{unprivileged().pw_gid}" if os.getuid() == 0 else ""
    )
    prelude = APACHE_PRELUDE.format(root=root, modules=modules, user=user, host=LOOPBACK, port=port)
    path = root / "apache.conf"
    path.write_text(prelude + body)
    return path


def unprivileged() -> pwd.struct_passwd:
    """A user without privileges that every machine has."""
    return pwd.getpwnam("nobody")


@contextmanager
def running_apache(body: str, port: int | None = None) -> Iterator[Server]:
    """The real httpd (event MPM) with `body` after our prelude, listening on one loopback port."""
    program = require_program("apache2")
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        port = stack.enter_context(reserved_port()) if port is None else port
        conf = apache_configuration(root, port, body)
        server = start("apache2", [program, "-f", str(conf), "-DFOREGROUND"], root, port)
        stack.callback(kill, server.process)
        yield server
        server.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(1)


# --- httpdlite ---------------------------------------------------------------------------------


HTTPDLITE_PRELUDE = """\
ServerRoot "{root}"
PidFile "{root}/httpdlite.pid"
ServerName front.test
Listen {host}:{port}
ErrorLog "{root}/error.log"
LogFormat "%h \\"%r\\" %>s %b" plain
CustomLog "{root}/access.log" plain
DocumentRoot "{root}/htdocs"
"""


def httpdlite_configuration(root: Path, port: int, body: str) -> Path:
    """Writes a complete configuration for httpdlite around `body`; returns its path."""
    path = root / "httpd.conf"
    (root / "htdocs").mkdir(exist_ok=True)
    (root / "htdocs" / "index.html").write_text("a local file\n")
    path.write_text(HTTPDLITE_PRELUDE.format(root=root, host=LOOPBACK, port=port) + body)
    return path


def httpdlite_command(*arguments: str) -> list[str]:
    """The command line that runs this checkout's httpdlite."""
    return [sys.executable, "-m", "httpdlite", *arguments]


@contextmanager
def running_httpdlite(
    body: str, port: int | None = None, *, children: bool = False
) -> Iterator[Server]:
    """httpdlite as its own process, one that serves by itself or a parent with children; leaving
    stops it with TERM and holds it to a clean end.
    """
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        port = stack.enter_context(reserved_port()) if port is None else port
        conf = httpdlite_configuration(root, port, body)
        command = httpdlite_command("-f", str(conf), "-DFOREGROUND" if children else "-X")
        server = start("httpdlite", command, root, port)
        stack.callback(kill, server.process)
        yield server
        stop_cleanly(server)


def stop_cleanly(server: Server) -> None:
    """TERM, and the end: status 0, and no traceback in anything that was written."""
    server.process.terminate()
    status = end_of(server)
    written = f"{server.output}\n{server.error_log}"
    assert "Traceback" not in written, written
    assert status == 0, f"status {status}\n{written}"


def end_of(server: Server) -> int:
    """The status of a program that has been told to end; if it does not, fails with where it is."""
    try:
        return server.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.process.send_signal(signal.SIGABRT)  # Python then writes where each thread is
        server.process.wait(PATIENCE)
        pytest.fail(f"{server.name} does not end:\n{server.output}\n{server.error_log}")


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that ran to its end."""

    status: int
    stdout: str
    stderr: str


def run_to_end(command: Sequence[str], cwd: Path, user: int | None = None) -> Ended:
    """Runs a command that must end by itself, as another user if asked."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        user=user,
        group=user if user is None else unprivileged().pw_gid,
        extra_groups=None if user is None else [],
    )
    return Ended(
        done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    )
