"""Access-log lines of the same requests through apache2 and httpdlite: the same but for times.

Both are started on the same configuration: every format of the table has a file. They get the same
bytes, one connection after the other, and their workers answer alike.
"""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO, Final

import pytest

from tests.peers.harness import (
    LOOPBACK,
    PATIENCE,
    Server,
    reserved_port,
    running_apache,
    running_httpdlite,
)

pytestmark = pytest.mark.peer

FORMATS: Final = {
    "combined": r"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"",
    "vhost": r"%v:%p %h %l %u %t \"%r\" %>s %O",
    "addresses": "%a %{c}a %A %h %{c}h",
    "ports": "%p %{canonical}p %{local}p %{nonsense}p",
    "names": "%v %V %{Host}i %{host}i",
    "request": "%m|%U|%q|%H|%r|%f|%R",
    "original": "%<m|%>m|%<U|%>U|%<r|%>r|%<s|%>s|%<f|%<R|%>R",
    "statuses": "%s|%>s|%<s|%200m|%!200m|%404,502{Host}i|%!404,!502{Host}i|%!!200m|%200,!404m",
    "sizes": "%b|%B|%I|%O|%S",
    "times": "%t|%{%Y}t|%{begin:%Y-%m}t|%{end:%d}t|%{}t|%{sec}t|%{msec}t|%{usec}t|%{begin:sec}t|"
    "%{end:msec_frac}t|%{usec_frac}t|%{nonsense}t|%{begin:}t|%{end}t",
    "durations": "%T|%D|%{s}T|%{ms}T|%{us}T|%{S}T|%{nonsense}T",
    "process": "%P|%{pid}P|%{tid}P|%{hextid}P|%{nonsense}P|%{PID}P",
    "connection": "%k|%X",
    "fields": "%{X-Multi}i|%{Set-Cookie}o|%{Content-Type}o|%{X-None}o|%{Content-Length}o|"
    "%{Location}o|%{x-a}o|%{X-Two}o|%{}i|%{}o|%i|%o",
    "cookies": "%{a}C|%{B}C|%{c}C|%{none}C|%C",
    "variables": "%{NAMED}e|%{EMPTY}e|%{none}e|%{name}e|%e",
    "notes": "%{proxy-status}n|%{proxy-source-port}n|%{none}n|%n",
    "trailers": "%{X-Trailer}^ti|%{X-Trailer}^to|%{none}^ti|%^ti|%^to",
    "first byte": "%^FB|%200^FB",
    "ids": "%L|%{c}L",
    "escapes": r"%{X-Odd}i|%U|\t|%%|a\"b|\\\\|%{X-Odd}o|é",
}
"""What follows the name in LogFormat, quotes protected for the configuration."""

EXPRESSIONS: Final = {
    "method": "%{REQUEST_METHOD} == 'POST'",
    "path": "%{REQUEST_URI} =~ m#^/(one|three)#",
    "status": "%{REQUEST_STATUS} -ge 400",
    "address": "-R '127.0.0.0/8' && %{HTTP_HOST} == 'front.test'",
    "fields": "%{HTTP:X-Multi} == '1, 2' || resp('X-A') == 'v'",
    "variables": "%{reqenv:NAMED} == 'it-is'",
    "handler": "%{HANDLER} != 'proxy-server'",
    "query": "-n %{QUERY_STRING}",
    "server": "%{SERVER_NAME} == 'alias.test' || %{SERVER_PORT} -eq 81",
    "type": "%{CONTENT_TYPE} -strmatch 'text/*'",
    "fails": "unescape('%zz') == 'x' || %{REQUEST_METHOD} in { 'HEAD', 'OPTIONS' }",
    "line": "%{THE_REQUEST} =~ /HTTP.1.0$/",
}
"""Logs that are for some requests only."""

PORT: Final = (r"\b[3-6]\d{4}\b", "PORT")
TIME: Final = (r"\[[^]]{26}\]", "[time]")
NORMAL: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "combined": (TIME,),
    "vhost": (TIME,),
    "ports": (PORT,),
    "request": (PORT,),
    "original": (PORT,),
    "times": (TIME, (r"\d+", "N")),
    "durations": ((r"\d+", "N"),),
    "process": ((r"[0-9a-f]{3,}", "N"),),
    "notes": (PORT,),
    "first byte": ((r"\d+", "N"),),
    "ids": ((r"[A-Za-z0-9+/@]{11}", "ID"),),
    "fields": ((r"\w{3}, .* GMT", "DATE"),),
}
"""What is different in every run, by format."""

CONFIGURATION: Final = """
<Location /named>
    SetEnv NAMED it-is
    SetEnv EMPTY ""
    SetEnv Wanted yes
</Location>
<Location /hidden>
    SetEnv unwanted
</Location>
LogIOTrackTTFB On
CustomLog "log.env" "%U" env=wanted
CustomLog "log.notenv" "%U" env=!unwanted
TransferLog "log.transfer"
LogFormat "%m %U in the last one without a nickname"
ErrorDocument 503 /named-document
ErrorDocument 502 "a text"
ErrorDocument 403 /refused
ProxyPass /dead http://127.0.0.1:DEAD/
ProxyPass /mine !
ProxyPass / http://WORKER/ upgrade=websocket
ProxyPassReverse / http://WORKER/
<Location /closed>
    ProxyPass http://WORKER/ disablereuse=on
</Location>
GlobalLog "log.global" "%v %U"
<VirtualHost 127.0.0.1:PORT>
    ServerName front.test
    ServerAlias alias.test
</VirtualHost>
<VirtualHost 127.0.0.1:PORT>
    ServerName other.test:81
    CustomLog "log.other" "%v %p %U"
    ProxyPass / http://WORKER/
</VirtualHost>
"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one client sends, piece by piece, each after something has come back."""

    name: str
    pieces: tuple[bytes, ...]

    @property
    def lines(self) -> int:
        """In a log of the first server."""
        if self.name == "other":
            return 0
        return sum(piece.endswith(b"\n") or b"\r\n" in piece for piece in self.pieces)


def get(path: str, *fields: str, method: str = "GET", host: str = "front.test") -> bytes:
    """A request that keeps its connection."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


CLOSE: Final = "Connection: close"

EXCHANGES: Final = (
    Exchange("plain", (get("/plain?a=b&c", CLOSE, "User-Agent: x/1", "Referer: http://r/"),)),
    Exchange("kept", (get("/one"), get("/two"), get("/three", CLOSE))),
    Exchange("head", (get("/plain", CLOSE, method="HEAD"),)),
    Exchange("old", (b"GET /old HTTP/1.0\r\n\r\n",)),
    Exchange("body", (get("/echo", CLOSE, "Content-Length: 5", method="POST") + b"hello",)),
    Exchange(
        "trailers",
        (
            get("/trailers", CLOSE, "Transfer-Encoding: chunked", method="POST")
            + b"3\r\nabc\r\n0\r\nX-Trailer: from the client\r\n\r\n",
        ),
    ),
    Exchange("not found", (get("/status-404", CLOSE),)),
    Exchange("moved", (get("/status-302", CLOSE),)),
    Exchange("not modified", (get("/status-304", CLOSE),)),
    Exchange("no content", (get("/status-204", CLOSE),)),
    Exchange("dead", (get("/dead/x?y", CLOSE),)),
    Exchange("silent", (get("/silent", CLOSE),)),
    Exchange("no host", (b"GET /x HTTP/1.1\r\n\r\n",)),
    Exchange("bad line", (b"GET\r\n\r\n",)),
    Exchange("bad path", (get("/%zz", CLOSE),)),
    Exchange("no rule", (get("/mine/x", CLOSE),)),
    Exchange("encoded", (get("/a%20b%22c%0a", CLOSE),)),
    Exchange("odd", (get("/odd", CLOSE, 'X-Odd: a"b\\c\té\x01'.replace("\x01", "")),)),
    Exchange("fields", (get("/fields", CLOSE, "X-Multi: 1", "X-Multi: 2"),)),
    Exchange("cookies", (get("/c", CLOSE, "Cookie: a=1; b=2;c=x=y; d", "Cookie: e=5"),)),
    Exchange("named", (get("/named", CLOSE),)),
    Exchange("hidden", (get("/hidden", CLOSE),)),
    Exchange("alias", (get("/alias", CLOSE, host="ALIAS.test:99"),)),
    Exchange("other", (get("/other", CLOSE, host="other.test"),)),
    Exchange("absolute", (get("http://front.test/absolute?q", CLOSE),)),
    Exchange("chunks", (get("/chunked", CLOSE),)),
    Exchange("options", (get("*", CLOSE, method="OPTIONS"),)),
    Exchange("user", (get("/user", CLOSE, "Authorization: Basic dXNlcjpwYXNz"),)),
    Exchange(
        "tunnel",
        (
            get("/tunnel", "Connection: upgrade", "Upgrade: websocket"),
            b"to the worker",
        ),
    ),
    Exchange("last", (get("/the-very-last", CLOSE),)),
)


# --- the worker -----------------------------------------------------------------------------------


@contextmanager
def running_worker() -> Iterator[int]:
    """Answers by path, every connection in a thread; its port."""
    with socket.create_server((LOOPBACK, 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    sock, _ = listener.accept()
                    threading.Thread(target=_serve, args=(sock,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(sock: socket.socket) -> None:
    with sock, sock.makefile("rb") as file, suppress(OSError):
        while line := file.readline():
            path = line.split()[1].decode("latin-1")
            fields = {}
            while field := file.readline().strip():
                name, _, value = field.partition(b":")
                fields[name.lower()] = value.strip()
            body = b""
            if b"content-length" in fields:
                body = file.read(int(fields[b"content-length"]))
            elif b"transfer-encoding" in fields:
                body = _chunks(file)
            answer = _answer(path, body)
            if answer is None:
                return
            answer = answer.replace(b"\r\n", b"\r\nServer: w\r\n", 1)
            if line.startswith(b"HEAD"):
                answer = answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            sock.sendall(answer)
            if path.startswith("/tunnel"):
                sock.sendall(sock.recv(100).upper())
                return


def _chunks(file: BinaryIO) -> bytes:
    body = b""
    while size := int(file.readline(), 16):
        body += file.read(size)
        file.readline()
    while file.readline().strip():
        pass
    return body


def _answer(path: str, body: bytes) -> bytes | None:
    if path.startswith("/silent"):
        return None
    if path.startswith("/tunnel"):
        return b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"
    if path.startswith("/status-"):
        status = path.removeprefix("/status-")[:3].encode()
        head = b"HTTP/1.1 %b Words\r\nLocation: http://elsewhere/\r\n" % status
        return head + (b"\r\n" if status in {b"204", b"304"} else b"Content-Length: 2\r\n\r\nno")
    if path.startswith(("/trailers", "/chunked")):
        return (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n\r\n"
            b"b\r\nhello world\r\n0\r\nX-Trailer: from the worker\r\n\r\n"
        )
    more = b""
    if path.startswith("/fields"):
        more = (
            b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Two: 1\r\nX-Two: 2\r\nX-A: v\r\n"
            b"Content-Type: text/plain; charset=utf-8\r\n"
        )
    if path.startswith("/odd"):
        more = b'X-Odd: "\\\t\xe9\r\n'
    body = body or b"some text"
    return b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (more, len(body), body)


OWN_PAGES: Final = {"silent", "no host", "bad line", "bad path", "no rule", "options"}
"""Exchanges that the server answers itself: in fields and pages, with its own name."""

DIFFERENT: Final = {
    # without a path in the request line we have none; Apache has / and HTTP/1.0, and counts on
    "request": {"bad line", "no rule", "options"},  # the others: %f, we have no files
    "original": {"bad line", "no rule", "options"},
    "sizes": {"bad line"},
    "escapes": {"bad line"},
    "ids": {"bad path"},  # Apache's line in the error log is an error, ours is not
}
"""The exchanges whose lines differ, by format."""

# --- the comparison -------------------------------------------------------------------------------


def configuration(names: dict[str, str]) -> str:
    """What both are started on; names of files are below ServerRoot."""
    lines = [f'LogFormat "%{{remote}}p {text}" {_file(name)}' for name, text in FORMATS.items()]
    lines += [f"CustomLog log.{_file(name)} {_file(name)}" for name in FORMATS]
    lines += [
        f'CustomLog "log.expr.{name}" "%U" "expr={text}"' for name, text in EXPRESSIONS.items()
    ]
    text = "\n".join(lines) + CONFIGURATION
    for name, value in names.items():
        text = re.sub(rf"\b{name}\b", value, text)
    return text


def _file(name: str) -> str:
    return name.replace(" ", "-")


def play(port: int) -> dict[str, str]:
    """All exchanges, each on a connection of its own, one after the other; their names by the
    client's port.
    """
    names = {}
    for exchange in EXCHANGES:
        with socket.create_connection((LOOPBACK, port), timeout=PATIENCE) as sock:
            names[str(sock.getsockname()[1])] = exchange.name
            for piece in exchange.pieces:
                sock.sendall(piece)
                with suppress(ConnectionResetError):
                    sock.recv(65536)
            with suppress(ConnectionResetError):
                while sock.recv(65536):
                    pass
    return names


def written(server: Server, name: str, count: int) -> list[str]:
    """The lines of a log, once so many are there."""
    until = time.monotonic() + PATIENCE
    path = server.root / f"log.{name}"
    while True:
        lines = path.read_text("latin-1").splitlines() if path.exists() else []
        if len(lines) >= count or time.monotonic() > until:
            return lines
        time.sleep(0.01)


ALL_LINES: Final = sum(exchange.lines for exchange in EXCHANGES)
COUNTS: Final = {
    **{f"expr.{name}": 1 for name in EXPRESSIONS},
    "env": 1,
    "notenv": ALL_LINES - 1,
    "transfer": ALL_LINES,
    "global": ALL_LINES + 1,
    "other": 1,
}


@dataclass(frozen=True, slots=True)
class Written:
    """What a server has logged: by format and exchange, and in the logs without our port."""

    formats: dict[str, dict[str, list[str]]]
    others: dict[str, list[str]]


@cache
def logs_of(name: str) -> Written:
    """Start a server, play, and read all its logs."""
    with ExitStack() as stack:
        worker = stack.enter_context(running_worker())
        port = stack.enter_context(reserved_port())
        dead = stack.enter_context(reserved_port())
        body = configuration(
            {"WORKER": f"{LOOPBACK}:{worker}", "DEAD": str(dead), "PORT": str(port)}
        )
        running = running_apache if name == "apache2" else running_httpdlite
        server = stack.enter_context(running(body, port))
        names = play(port)
        formats: dict[str, dict[str, list[str]]] = {}
        for each in FORMATS:
            found = formats[each] = {exchange.name: [] for exchange in EXCHANGES}
            for line in written(server, _file(each), ALL_LINES):
                client, _, text = line.partition(" ")
                if client in names:
                    found[names[client]].append(text)
        return Written(
            formats,
            {each: sorted(written(server, each, count)) for each, count in COUNTS.items()},
        )


def normal(name: str, exchange: str, line: str) -> str:
    """Without what is different in every run, and the sizes of pages that name the server."""
    for pattern, word in NORMAL.get(name, ()):
        line = re.sub(pattern, word, line)
    if exchange in OWN_PAGES and name in {"vhost", "sizes"}:
        line = re.sub(r"\b[1-9]\d\d\b", "SIZE", line)
    return line


@pytest.mark.parametrize("name", FORMATS)
def test_format(name: str) -> None:
    apache, ours = (
        {
            exchange: [normal(name, exchange, line) for line in lines]
            for exchange, lines in logs_of(server).formats[name].items()
        }
        for server in ("apache2", "httpdlite")
    )
    for exchange in EXCHANGES:
        assert len(apache[exchange.name]) == exchange.lines, exchange
    different = {each for each in apache if apache[each] != ours[each]}
    assert different == DIFFERENT.get(name, set()), [(apache[x], ours[x]) for x in different]


@pytest.mark.parametrize("name", COUNTS)
def test_log(name: str) -> None:
    apache, ours = (logs_of(server).others[name] for server in ("apache2", "httpdlite"))
    assert apache
    assert [re.sub(r"(^| )-( |$)", r"\1/\2", line) for line in ours] == apache
