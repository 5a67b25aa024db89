"""`httpdlite demo`: a small WebSocket application, and httpdlite in front of it.

In: HTTPDLITE_DEMO_PORT, where httpdlite listens on 127.0.0.1 (default 8080). Out: two workers in
this process, an echo built on trio-websocket and a page over HTTP, and httpdlite itself as a
process of its own that reads the sample drop-ins of conf.d/. INT or TERM ends all of it. The demo
is no part of the proxy: it uses nothing of it but its command.
"""

import errno
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import trio
from trio_websocket import ConnectionClosed, WebSocketRequest, serve_websocket

LOOPBACK = "127.0.0.1"
PORT_VARIABLE = "HTTPDLITE_DEMO_PORT"
DEFAULT_PORT = 8080
LARGEST_HEAD = 65536  # bytes of a request's head that the page's worker is ready to read
LARGEST_MESSAGE = 16 * 1024 * 1024

CONFIGURATION = """\
# Written by `httpdlite demo`; the drop-ins are where the interesting things are.
Define HTTPDLITE_DEMO_PORT {port}
Define HTTPDLITE_DEMO_WEBSOCKET {host}:{websocket}
Define HTTPDLITE_DEMO_PAGE {host}:{page}
Include "{drop_ins}/*.conf"
"""


class DemoError(Exception):
    """The demo cannot start; the text says why and what to do."""


def main(argv: Sequence[str]) -> int:
    """Runs the demo until INT or TERM; returns the exit status. It takes no arguments."""
    if argv:
        print(f"httpdlite demo: takes no arguments; {PORT_VARIABLE} sets the port", file=sys.stderr)
        return 1
    try:
        port = wanted_port(os.environ)
        refuse_taken(port)
        with tempfile.TemporaryDirectory(prefix="httpdlite-demo-") as root:
            return trio.run(run, port, Path(root), restrict_keyboard_interrupt_to_checkpoints=True)
    except DemoError as error:
        print(f"httpdlite demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0  # before the signals were ours; nothing was running yet


def wanted_port(environment: Mapping[str, str]) -> int:
    """The port that the environment asks for; raises DemoError if it is none."""
    text = environment.get(PORT_VARIABLE) or str(DEFAULT_PORT)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise DemoError(f"{PORT_VARIABLE}={text} is not a port number")
    return int(text)


def refuse_taken(port: int) -> None:
    """Raises DemoError, with what to do, if the port cannot be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                why = f"port {port} is taken by another program"
            else:
                why = f"port {port} cannot be used: {error.strerror}"
            raise DemoError(f"{why}; choose another: {PORT_VARIABLE}=8090 httpdlite demo") from None


def find_drop_ins() -> Path:
    """The sample drop-ins: within an installed package, else beside it in a checkout."""
    package = Path(__file__).resolve().parent
    for folder in (package / "conf.d", package.parent / "conf.d"):
        if folder.is_dir():
            return folder
    raise DemoError("the sample drop-ins (conf.d) are not where they were installed")


async def run(port: int, root: Path) -> int:
    """Both workers and httpdlite, until a signal ends them or httpdlite ends by itself."""
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        async with trio.open_nursery() as nursery:
            websocket = await nursery.start(
                partial(serve_websocket, max_message_size=LARGEST_MESSAGE),
                echo,
                LOOPBACK,
                0,
                None,
            )
            page = await nursery.start(partial(trio.serve_tcp, serve_page, 0, host=LOOPBACK))
            text = CONFIGURATION.format(
                port=port,
                host=LOOPBACK,
                websocket=websocket.port,
                page=page[0].socket.getsockname()[1],
                drop_ins=find_drop_ins(),
            )
            proxy = await start_proxy(text, root)
            nursery.start_soon(announce, port)
            nursery.start_soon(stop_on_signal, signals, proxy)
            status = await proxy.wait()
            nursery.cancel_scope.cancel()
    return 0 if status in {0, -signal.SIGINT, -signal.SIGTERM} else 1


async def start_proxy(configuration: str, root: Path) -> trio.Process:
    """Starts httpdlite with this configuration and `root` as its ServerRoot."""
    (root / "logs").mkdir()
    (root / "httpd.conf").write_text(configuration)
    command = [sys.executable, "-m", "httpdlite", "-d", str(root), "-f", str(root / "httpd.conf")]
    return await trio.lowlevel.open_process(command, stdin=subprocess.DEVNULL)


async def announce(port: int) -> None:
    """Prints where to look, once httpdlite answers there."""
    while True:
        try:
            stream = await trio.open_tcp_stream(LOOPBACK, port)
        except OSError:
            await trio.sleep(0.05)
            continue
        await stream.aclose()
        print(f"httpdlite demo: open http://localhost:{port}/ (Ctrl-C ends it)", flush=True)
        return


async def stop_on_signal(signals: AsyncIterator[int], proxy: trio.Process) -> None:
    """Passes the first signal on to httpdlite, whose end ends everything else."""
    async for _ in signals:
        proxy.terminate()


async def echo(request: WebSocketRequest) -> None:
    """Sends every message back as it came, text as text and binary as binary."""
    with suppress(ConnectionClosed, trio.BrokenResourceError):
        connection = await request.accept()
        while True:
            await connection.send_message(await connection.get_message())


async def serve_page(stream: trio.SocketStream) -> None:
    """Answers one request with the demo's page, and closes."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < LARGEST_HEAD:
        try:
            data = await stream.receive_some()
        except trio.BrokenResourceError:
            return
        if not data:
            return
        head += data
    method, _, rest = head.partition(b" ")
    target = rest.split(b" ", 1)[0]
    with suppress(trio.BrokenResourceError):
        await stream.send_all(page_response(method, target))


def page_response(method: bytes, target: bytes) -> bytes:
    """The response to one request: the page at `/`, and nothing elsewhere."""
    if method not in {b"GET", b"HEAD"}:
        status, kind, body = "405 Method Not Allowed", "text/plain", b"Only GET and HEAD.\n"
    elif target.split(b"?")[0] == b"/":
        status, kind, body = "200 OK", "text/html", Path(__file__).with_suffix(".html").read_bytes()
    else:
        status, kind, body = "404 Not Found", "text/plain", b"Only the page at / is here.\n"
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if method == b"HEAD" else body)
