"""The real apache2 as an oracle: a configuration in, a running server on a loopback port out.

Hides how it is found, started in the foreground, known to be ready (its own "resuming normal
operations", read from a pipe) and stopped. The port is one the kernel has just given out; if
somebody else takes it first, the start is tried again.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import pytest

MODULES: Final = Path("/usr/lib/apache2/modules")
BASE_MODULES: Final = ("mpm_event", "authz_core", "proxy", "proxy_http")
ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Apache:
    """A running apache2; `root` is its ServerRoot, where relative log files are."""

    port: int
    root: Path

    def send(self, request: bytes) -> bytes:
        """All bytes the server answers to `request` before it closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))


def find_apache() -> str:
    """Path of the program; skips the test where there is none (fails if peers are required)."""
    program = shutil.which("apache2") or shutil.which("httpd")
    if program and (MODULES / "mod_proxy.so").exists():
        return program
    if os.environ.get("HTTPDLITE_REQUIRE_PEERS") == "1":
        pytest.fail("HTTPDLITE_REQUIRE_PEERS=1, and there is no apache2 here")
    pytest.skip("no apache2 on this machine")


def check_syntax(directives: str) -> str:
    """What `apache2 -t` prints for a configuration."""
    with tempfile.TemporaryDirectory() as root:
        file = Path(root, "test.conf")
        text = _preamble(root, ("mpm_event",)) + directives
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        result = subprocess.run(
            [find_apache(), "-t", "-f", str(file)], capture_output=True, check=False, timeout=60
        )
    return result.stderr.decode("latin-1")


@contextlib.contextmanager
def running_apache(
    directives: str, *, modules: tuple[str, ...] = (), root: Path | None = None
) -> Iterator[Apache]:
    """Start apache2 with `directives` on top of a minimal configuration, stop it at the end.

    `root` is its ServerRoot, a directory of the caller's; without it a temporary one that is
    removed at the end.
    `@PORT@` in the text becomes the port; without it, `Listen 127.0.0.1:@PORT@` is added. `modules`
    are loaded beside the event MPM, authz_core, proxy and proxy_http.
    """
    program = find_apache()
    if "@PORT@" not in directives:
        directives = "Listen 127.0.0.1:@PORT@\n" + directives
    with tempfile.TemporaryDirectory() as temporary:
        root = root or Path(temporary)
        root.chmod(0o755)
        preamble = _preamble(str(root), BASE_MODULES + modules)
        port, process = _start(program, root, preamble + directives)
        try:
            yield Apache(port, root)
        finally:
            process.terminate()
            process.wait(timeout=60)


def _preamble(root: str, modules: tuple[str, ...]) -> str:
    lines = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in modules]
    lines += [f"ServerRoot {root}", "PidFile httpd.pid", "ServerName oracle.test"]
    lines += ["ErrorLog /dev/stderr", "LogLevel notice", "ServerSignature Off"]
    if os.geteuid() == 0:
        lines += ["User nobody", "Group nogroup"]
    return "\n".join([*lines, ""])


def _start(program: str, root: Path, text: str) -> tuple[int, subprocess.Popen[bytes]]:
    said = ""
    for _ in range(ATTEMPTS):
        port = _unused_port()
        file = root / "httpd.conf"
        file.write_text(text.replace("@PORT@", str(port)))
        process = subprocess.Popen(
            [program, "-DFOREGROUND", "-f", str(file)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line.decode("latin-1")
            if b"AH00489" in line:
                threading.Thread(target=_drain, args=(process.stderr,), daemon=True).start()
                return port, process
        process.communicate(timeout=60)
        if "AH00072" not in said:
            break
    raise AssertionError(f"apache2 did not start:\n{said}")


def _drain(stream: IO[bytes]) -> None:
    """Read on, so that the pipe is never full."""
    with stream:
        while stream.read1(65536):  # type: ignore[attr-defined]
            pass


def _unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def target_echo() -> Iterator[int]:
    """A worker whose answers are the request targets it was asked for; yields its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        threading.Thread(target=_accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_echo, args=(connection,), daemon=True).start()


def _echo(connection: socket.socket) -> None:
    with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError):
        while line := stream.readline():
            target = line.split(b" ", 1)[1].rsplit(b" ", 1)[0]
            while stream.readline().strip():
                pass
            body = b"" if line.startswith(b"HEAD") else target
            length = b"Content-Length: %d\r\n" % len(target)
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Worker: 1\r\n" + length + b"\r\n" + body)
