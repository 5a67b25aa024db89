"""A real browser, Chromium without a window, by http and ws, and by https and wss: a page comes
from a worker, opens sockets to another, and says what came of it by a POST to the first.

It talks to nobody but this machine: every name but that of the page is unknown to it. It takes the
page's certificate by its key alone, so it also shows that the vhost is chosen by the server name:
the first one has another certificate. What it writes goes to a folder of its own, and its processes
are gone at the end.
"""

import base64
import hashlib
import json
import os
import queue
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.certificates import Authority, Issued
from tests.peers.application import Application, running_application
from tests.peers.harness import (
    LOOPBACK,
    PATIENCE,
    Server,
    require_program,
    reserved_port,
    running_httpdlite,
    server_directory,
)
from tests.peers.live import wait_until

pytestmark = pytest.mark.peer

NAME: Final = "browser.test"
PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
OPTIONS: Final = (
    "--headless --no-sandbox --disable-dev-shm-usage --disable-gpu --no-first-run "
    "--no-default-browser-check --no-proxy-server --disable-background-networking "
    "--disable-component-update --disable-default-apps --disable-extensions --disable-sync "
    "--disable-breakpad --disable-crash-reporter --metrics-recording-only --password-store=basic "
    "--use-mock-keychain --enable-logging=stderr"
).split()
"""No sandbox, since root has none; the page is our own."""

CONFIGURATION: Final = """
Listen {host}:{secure}
<VirtualHost *:{secure}>
  ServerName first.test
  SSLEngine on
  SSLCertificateFile {root}/first.pem
  SSLCertificateKeyFile {root}/first.key
</VirtualHost>
<VirtualHost *:{secure}>
  ServerName {name}
  SSLEngine on
  SSLCertificateFile {root}/page.pem
  SSLCertificateKeyFile {root}/page.key
  {rules}
</VirtualHost>
<VirtualHost *:{plain}>
  ServerName {name}
  {rules}
</VirtualHost>
"""
RULES: Final = "ProxyPass /ws/ ws://{application}/\n  ProxyPass / http://{pages}/"
PAGE: Final = r"""<!DOCTYPE html><title>sockets</title><script>
const base = location.origin.replace("http", "ws") + "/ws/";
const open = (path, protocols = []) => new Promise((done, failed) => {
  const socket = new WebSocket(base + path, protocols);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => done(socket);
  socket.onerror = () => failed(new Error("no socket for " + path));
});
const next = (socket) => new Promise((done, failed) => {
  socket.onmessage = (event) => done(event.data);
  socket.onclose = (event) => failed(new Error("closed with " + event.code));
});
const end = (socket) => new Promise((done) => {
  socket.onclose = (event) => done([event.code, event.reason, event.wasClean]);
});
const echo = (socket, data) => { const answer = next(socket); socket.send(data); return answer; };
const bytes = (count) => Uint8Array.from({length: count}, (_, i) => (i * 7 + (i >> 8)) & 255);
const same = (left, right) => left.length === right.length && left.every((b, i) => b === right[i]);

async function everything(said) {
  said.posted = await (await fetch("/length", {method: "POST", body: bytes(300000)})).text();
  const socket = await open("echo?" + location.protocol, ["other", "chat.v2"]);
  said.protocol = socket.protocol;
  said.extension = socket.extensions.split(";")[0];
  said.text = await echo(socket, "text ‑ über ☃");
  said.empty = await echo(socket, "");
  said.binary = [];
  for (const count of [0, 1, 125, 126, 65536, 1 << 20])
    said.binary.push(same(bytes(count), new Uint8Array(await echo(socket, bytes(count)))));
  said.long = (await echo(socket, "ü".repeat(500000))) === "ü".repeat(500000);
  said.fragments = await next(await open("split"));
  said.pings = await next(await open("ping"));
  const many = await Promise.all([...Array(8).keys()].map(() => open("echo?many")));
  said.many = await Promise.all(many.map((one, i) => echo(one, "number " + i)));
  many.forEach((one) => one.close());
  const ended = end(socket);
  socket.close(4001, "from the page");
  said.ended_here = await ended;
  said.ended_there = await end(await open("close/4002/from%20the%20worker"));
}
const said = {};
everything(said).catch((error) => { said.error = String(error); }).finally(() =>
  fetch("/said", {method: "POST", body: JSON.stringify(said)}));
</script>"""
EXPECTED: Final = {
    "posted": "300000",
    "protocol": "chat.v2",
    "extension": "permessage-deflate",
    "text": "text ‑ über ☃",
    "empty": "",
    "binary": [True] * 6,
    "long": True,
    "fragments": "one two three",
    "pings": "pong came",
    "many": [f"number {number}" for number in range(8)],
    "ended_here": [4001, "from the page", True],
    "ended_there": [4002, "from the worker", True],
}


# --- the worker of pages --------------------------------------------------------------------------


class Pages(ThreadingHTTPServer):
    """Gives the page to who asks; ``said``: what pages have posted to /said."""

    daemon_threads = True

    def __init__(self) -> None:
        self.said: queue.Queue[Any] = queue.Queue()
        super().__init__((LOOPBACK, 0), _Handler)

    @property
    def authority(self) -> str:
        """``127.0.0.1:port``."""
        return f"{LOOPBACK}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE

    def do_GET(self) -> None:
        self._answer(PAGE.encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/said":
            assert isinstance(self.server, Pages)
            self.server.said.put(json.loads(body))
        self._answer(b"%d" % len(body), "text/plain")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Nothing: the servers' logs are enough."""


@contextmanager
def running_pages() -> Iterator[Pages]:
    with Pages() as pages:
        thread = threading.Thread(target=pages.serve_forever)
        thread.start()
        yield pages
        pages.shutdown()
        thread.join(PATIENCE)


# --- the stage ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """httpdlite with both workers, by which port, and how its certificate is known."""

    server: Server
    application: Application
    pages: Pages
    ports: dict[str, int]
    key: str


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with ExitStack() as stack:
        folder = stack.enter_context(server_directory())
        authority = Authority.create()
        authority.issue("first.test").write(folder, "first")
        page = authority.issue(NAME)
        page.write(folder, "page")
        pages = stack.enter_context(running_pages())
        application = stack.enter_context(running_application())
        plain, secure = (stack.enter_context(reserved_port()) for _ in range(2))
        rules = RULES.format(application=application.authority, pages=pages.authority)
        text = CONFIGURATION.format(
            host=LOOPBACK, plain=plain, secure=secure, name=NAME, rules=rules, root=folder
        )
        server = stack.enter_context(running_httpdlite(text, plain, children=True))
        ports = {"http": plain, "https": secure}
        yield Stage(server, application, pages, ports, key_of(page))


def key_of(issued: Issued) -> str:
    """A certificate's key as Chromium names it: the SHA-256 of its SubjectPublicKeyInfo."""
    public = issued.certificate.public_key()
    written = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(written).digest()).decode()


def browser_program() -> str:
    """The first of the programs that is there."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    return found or require_program(PROGRAMS[0])


@contextmanager
def running_browser(url: str, key: str) -> Iterator[Path]:
    """Chromium with this page; the file of what it prints."""
    program = browser_program()
    with server_directory() as home:
        command = [
            program,
            *OPTIONS,
            f"--user-data-dir={home}/profile",
            f"--ignore-certificate-errors-spki-list={key}",
            f"--host-resolver-rules=MAP {NAME} {LOOPBACK}, MAP * ~NOTFOUND",
            url,
        ]
        own = {"HOME": str(home), "TMPDIR": str(home), "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
        output = home / "output"
        with output.open("wb") as printed:
            process = subprocess.Popen(
                command,
                cwd=home,
                env={**os.environ, **own},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield output
        finally:
            _end_all(process)


def _end_all(process: subprocess.Popen[bytes]) -> None:
    """The browser, as it ends by itself if it does, then whatever of it is left."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)

    def is_gone() -> bool:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
            process.poll()
            return False
        return True

    wait_until(is_gone, "the browser's processes have ended")


# --- the tests ------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_page_and_its_sockets(stage: Stage, scheme: str) -> None:
    url = f"{scheme}://{NAME}:{stage.ports[scheme]}/page"
    with running_browser(url, stage.key) as output:
        try:
            said = stage.pages.said.get(timeout=3 * PATIENCE)  # a cold browser takes its time
        except queue.Empty:
            logged = stage.server.error_log
            pytest.fail(f"the page says nothing:\n{output.read_text('utf-8', 'replace')}\n{logged}")
        ended = stage.application.wait_end(f"{scheme}:")
    assert said == EXPECTED
    assert ended == (4001, "from the page")
