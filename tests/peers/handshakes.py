"""Handshakes to try on a proxy: what a client asks, what a worker answers.

In: nothing. Out: `PROBES`, bytes by name; `RULES`, the configuration they are meant for; `answer`,
the worker for all of them: the last segment of the path says what it does.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from tests.peers.messages import Message, Wire
from tests.peers.recorder import echo_bytes, response

TYPES: Final = {
    "ws": "",
    "http": "",
    "up": "upgrade=websocket",
    "upper": "upgrade=WebSocket",
    "list": "upgrade=h2c,websocket",
    "spaced": '"upgrade=h2c, websocket"',
    "any": "upgrade=ANY",
    "anylower": "upgrade=any",
    "anylist": "upgrade=ANY,foo",
    "none": "upgrade=NONE",
    "wsfoo": "upgrade=foo",
    "wsany": "upgrade=ANY",
    "wsnone": "upgrade=NONE",
    "wslist": "upgrade=foo,websocket",
}
"""A rule's path, and the parameter of its worker; ws:// where the path begins so."""

RULES: Final = "Timeout 1\n" + "".join(
    f"ProxyPass /{path}/ {'ws' if path.startswith('ws') else 'http'}://WORKER/{path}/ {parameter}\n"
    for path, parameter in TYPES.items()
)

# --- the worker ---------------------------------------------------------------------------------

_FINE: Final = ("Upgrade: websocket", "Connection: Upgrade")


def _switch(
    _request: Message,
    wire: Wire,
    *fields: str,
    line: str = "HTTP/1.1 101 Switching Protocols",
    before: bytes = b"",
    early: bytes = b"",
) -> bool:
    head = "\r\n".join([line, *(fields or _FINE), "", ""])
    wire.send(before + head.encode() + early)
    echo_bytes(wire)
    return False


def _say(_request: Message, wire: Wire, data: bytes, *, stay: bool = True) -> bool:
    wire.send(data)
    if not stay:  # closing with something unread would be a reset, or none, as it happens
        wire.sock.shutdown(socket.SHUT_WR)
        while wire.receive():
            pass
    return stay


def _auto(request: Message, wire: Wire) -> bool:
    """What a worker does that speaks every protocol."""
    asked = request.value("upgrade")
    if asked:
        return _switch(request, wire, f"Upgrade: {asked}", "Connection: Upgrade")
    return _say(request, wire, response("200 OK", body=b"plain"))


def _silent(_request: Message, wire: Wire) -> bool:
    with suppress(OSError):
        wire.receive()
    return False


_Answer = Callable[[Message, Wire], bool]
_ANSWERS: Final[dict[str, _Answer]] = {
    "auto": _auto,
    "silent": _silent,
    "closes": partial(_say, data=b"", stay=False),
    "no-upgrade": lambda request, wire: _switch(request, wire, "Connection: Upgrade"),
    "no-connection": lambda request, wire: _switch(request, wire, "Upgrade: websocket"),
    "other": lambda request, wire: _switch(request, wire, "Upgrade: h2c", "Connection: Upgrade"),
    "case": lambda request, wire: _switch(request, wire, "Upgrade: WebSOCKET"),
    "two": lambda request, wire: _switch(request, wire, *_FINE, "Upgrade: foo"),
    "twice": lambda request, wire: _switch(request, wire, *_FINE, "Upgrade: websocket"),
    "listed": lambda request, wire: _switch(request, wire, "Upgrade: websocket, foo"),
    "early": partial(_switch, early=b"hello"),
    "fields": lambda request, wire: _switch(
        request,
        wire,
        *("Upgrade: websocket", "Connection: Upgrade, X-Hop", "X-Hop: 1", "Set-Cookie: a=b"),
        *("Server: w", "Date: then", "Sec-WebSocket-Protocol: chat", "Keep-Alive: 5", "X-Z: z"),
    ),
    "length": lambda request, wire: _switch(request, wire, *_FINE, "Content-Length: 0"),
    "coded": lambda request, wire: _switch(request, wire, *_FINE, "Transfer-Encoding: chunked"),
    "http10": partial(_switch, line="HTTP/1.0 101 Switching Protocols"),
    "no-reason": partial(_switch, line="HTTP/1.1 101"),
    "reason": partial(_switch, line="HTTP/1.1 101 Fine"),
    "interim": partial(_switch, before=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "hints": partial(_switch, before=b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
    "says-bye": partial(
        _say,
        data="\r\n".join(["HTTP/1.1 101 Switching Protocols", *_FINE, "", "bye"]).encode(),
        stay=False,
    ),
    "200": partial(_say, data=response("200 OK", body=b"ok")),
    "200-offers": partial(_say, data=response("200 OK", *_FINE, body=b"ok")),
    "204": partial(_say, data=b"HTTP/1.1 204 No Content\r\n\r\n"),
    "302": partial(_say, data=response("302 Found", "Location: http://x/", body=b"go")),
    "400": partial(_say, data=response("400 Bad Request", body=b"bad")),
    "401": partial(_say, data=response("401 Unauthorized", "WWW-Authenticate: Basic realm=x")),
    "426": partial(_say, data=response("426 Upgrade Required", *_FINE, body=b"up")),
    "426-other": partial(_say, data=response("426 Upgrade Required", "Upgrade: foo", body=b"up")),
    "426-two": partial(_say, data=response("426 Upgrade Required", "Upgrade: foo, websocket")),
    "500": partial(_say, data=response("500 Oops", body=b"bad")),
    "rubbish": partial(_say, data=b"rubbish\r\n\r\n", stay=False),
    "half": partial(_say, data=b"HTTP/1.1 101 Sw", stay=False),
}


def answer(request: Message, wire: Wire) -> bool:
    """The worker."""
    return _ANSWERS[request.target.rpartition("/")[2].partition("?")[0]](request, wire)


# --- the client ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Probe:
    """What a client sends; `ends`: it sends nothing after it, and says so at once."""

    data: bytes
    ends: bool = False


def ask(
    path: str,
    upgrade: str | None = "websocket",
    *fields: str,
    connection: str | None = "Upgrade",
    line: str = "GET {} HTTP/1.1",
    tail: bytes = b"",
) -> Probe:
    """A request for an upgrade, and what is sent with it."""
    lines = [line.format(path), "Host: a.test"]
    lines += [f"Connection: {connection}"] if connection is not None else []
    lines += [f"Upgrade: {upgrade}"] if upgrade is not None else []
    lines += ["Sec-WebSocket-Key: k", *fields, "", ""]
    return Probe("\r\n".join(lines).encode() + tail)


def plain(path: str) -> Probe:
    """A request for no upgrade."""
    return ask(path, None, connection=None)


VALUES: Final = ("websocket", "WebSocket", "h2c", "foo", "NONE", "ANY", "h2c, websocket", "web")
_BODY: Final = "Content-Length: 4"

PROBES: Final[dict[str, Probe]] = {
    **{f"{path}: {value}": ask(f"/{path}/auto", value) for path in TYPES for value in VALUES},
    **{f"{path}: nothing": plain(f"/{path}/auto") for path in TYPES},
    **{f"worker: {name}": ask(f"/ws/{name}") for name in _ANSWERS},
    **{f"not asked: {name}": plain(f"/up/{name}") for name in _ANSWERS},
    "any, worker: other": ask("/any/other", "foo"),
    "version: up": ask("/up/auto", "websocket/13"),
    "version: ws": ask("/ws/auto", "websocket/13"),
    **{
        f"{method}, worker: {name}": ask(f"/ws/{name}", line=method + " {} HTTP/1.1")
        for method in ("HEAD", "POST", "PUT", "OPTIONS", "TRACE")
        for name in ("auto", "200")
    },
    "GET with a body": ask("/ws/auto", "websocket", _BODY, tail=b"body"),
    "POST with a body": ask(
        "/ws/auto", "websocket", _BODY, line="POST {} HTTP/1.1", tail=b"bodyearly"
    ),
    "empty body": ask("/ws/auto", "websocket", "Content-Length: 0", tail=b"early"),
    "chunked body": ask(
        "/ws/auto",
        "websocket",
        "Transfer-Encoding: chunked",
        tail=b"4\r\nbody\r\n0\r\n\r\nearly",
    ),
    "long body": ask("/ws/auto", "websocket", "Content-Length: 40000", tail=b"b" * 40000),
    "expect": ask("/ws/auto", "websocket", "Expect: 100-continue", _BODY, tail=b"body"),
    "HTTP/1.0": ask("/ws/auto", line="GET {} HTTP/1.0"),
    "no Connection": ask("/ws/auto", connection=None),
    "Connection: close": ask("/ws/auto", connection="close"),
    "Connection: keep-alive, Upgrade": ask("/ws/auto", connection="keep-alive, Upgrade"),
    "Connection: keep-alive, 200": ask("/ws/200", connection="keep-alive, Upgrade"),
    "Connection: close, Upgrade": ask("/ws/auto", connection="close, Upgrade"),
    "two Connections": ask("/ws/auto", "websocket", "Connection: X-Mine", "X-Mine: 1"),
    "Connection names the key": ask("/ws/auto", connection="Upgrade, Sec-WebSocket-Key"),
    "two Upgrades": ask("/ws/auto", "websocket", "Upgrade: h2c"),
    "the same Upgrade twice": ask("/ws/auto", "websocket", "Upgrade: websocket"),
    "two Upgrades, any": ask("/any/auto", "websocket", "Upgrade: h2c"),
    "Upgrade is empty": ask("/ws/auto", ""),
    "blanks around Upgrade": ask("/ws/auto", "  websocket \t"),
    "early": ask("/ws/auto", tail=b"early"),
    "early on both sides": ask("/ws/early", tail=b"early"),
    "a second request, refused first": ask(
        "/ws/200", tail=ask("/ws/200", None, connection="close").data
    ),
    "after a plain request": Probe(plain("/ws/200").data + ask("/ws/auto", tail=b"early").data),
    "query": ask("/ws/auto?x=1%20y"),
    "half-closed": Probe(ask("/ws/auto").data, ends=True),
    "half-closed, early": Probe(ask("/ws/early", tail=b"early").data, ends=True),
    "half-closed, silent": Probe(ask("/ws/silent").data, ends=True),
}


def outcome(sock: socket.socket, probe: Probe) -> bytes:
    """All that a client gets: after a 101 it sends one more word, then ends its side."""
    wire = Wire(sock)
    wire.send(probe.data)
    if probe.ends:
        sock.shutdown(socket.SHUT_WR)
    head = wire.receive_until(b"\r\n\r\n") or b""
    if not probe.ends:
        if b" 101 " in head.partition(b"\r\n")[0]:
            wire.send(b"late")
        with suppress(OSError):
            sock.shutdown(socket.SHUT_WR)
    return head + wire.receive_to_end()
