"""Frames of every kind, good and bad, against an echo worker of the `websockets` library: what the
client gets through httpdlite is, byte for byte, what it gets without.

The ground of the Autobahn suite, without it: fragments, control frames between them, close codes,
invalid UTF-8, reserved bits and opcodes, large messages, compression, writes cut anywhere. The
worker answers every frame by itself and closes; so a frame that the proxy changed, delayed for ever
or invented shows.
"""

import socket
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.peers.autobahn import running_echo
from tests.peers.harness import LOOPBACK, PATIENCE, Server, running_httpdlite
from tests.peers.messages import Wire

TEXT, BINARY, CLOSE, PING, PONG, MORE = 1, 2, 8, 9, 10, 0
MASK = b"\x37\xfa\x21\x3d"
FRONTS = {
    "On": "",
    "Off": "ProxyWebsocketAsync Off\n",
    "AsyncDelay": "ProxyWebsocketAsyncDelay 5ms\n",
}


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, bits: int = 0) -> bytes:
    """A masked frame (RFC 6455 section 5.2); `bits` are the reserved ones, RSV1 is 4."""
    size = len(payload)
    head = bytes([fin << 7 | bits << 4 | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += b"\xfe" + size.to_bytes(2, "big")
    else:
        head += b"\xff" + size.to_bytes(8, "big")
    whole = int.from_bytes((MASK * (size // 4 + 1))[:size], "big")
    return head + MASK + (int.from_bytes(payload, "big") ^ whole).to_bytes(size, "big")


def close(code: int, reason: bytes = b"") -> bytes:
    """A close frame."""
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


def compressed(data: bytes) -> bytes:
    """A payload as permessage-deflate has it (RFC 7692 section 7.2.1)."""
    deflate = zlib.compressobj(wbits=-12)
    return (deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]


Step = tuple[bytes, int]
"""Bytes to send, and how many frames to wait for before the next step; the worker drops the echo
of a message that it has not sent yet when a close frame comes.
"""

END: Step = (close(1000), 1)
DIALOGUES: dict[str, list[Step]] = {
    "text and binary": [
        (frame(TEXT, "grüß".encode()) + frame(BINARY, b"\r\n\r\n\0\xff") + frame(TEXT), 3),
        END,
    ],
    "lengths": [
        (b"".join(frame(BINARY, b"x" * n) for n in (125, 126, 127, 65535, 65536)), 5),
        END,
    ],
    "fragments": [
        (frame(TEXT, b"a", fin=False) + frame(MORE, fin=False) + frame(MORE, b"b"), 1),
        END,
    ],
    "pings between fragments": [
        (frame(TEXT, b"a", fin=False) + frame(PING, b"1"), 1),
        (frame(MORE, b"b", fin=False) + frame(PING, b"2") + frame(PONG, b"not asked for"), 1),
        (frame(MORE, b"c"), 1),
        END,
    ],
    "many pings": [(b"".join(frame(PING, b"%d" % n) for n in range(200)), 200), END],
    "ping of 126 bytes": [(frame(PING, b"p" * 126), 1)],
    "continuation of nothing": [(frame(MORE, b"x"), 1)],
    "text within fragments": [(frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1)],
    "fragmented ping": [(frame(PING, b"a", fin=False), 1)],
    "reserved bit": [(frame(TEXT, b"first"), 1), (frame(TEXT, b"a", bits=2), 1)],
    "reserved opcode": [(frame(3, b"a"), 1)],
    "reserved control opcode": [(frame(TEXT, b"first"), 1), (frame(11, b"a"), 1)],
    "unmasked": [(b"\x81\x01a", 1)],
    "invalid UTF-8": [(frame(TEXT, b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80edited"), 1)],
    "UTF-8 cut by a fragment": [
        (frame(TEXT, b"\xc3", fin=False) + frame(MORE, b"\xbc"), 1),
        END,
    ],
    "no close frame": [(frame(TEXT, b"first"), 1)],
    "nothing at all": [(b"", 0)],
    "half a frame": [(frame(TEXT, b"half of it is lost")[:-4], 0)],
    "close without code": [(frame(CLOSE), 1)],
    "close with one byte": [(frame(CLOSE, b"\x03"), 1)],
    "close with a reason": [(close(3001, "tschüß".encode()), 1)],
    "close with invalid reason": [(close(1000, b"\xce\xba\xe1\xbd"), 1)],
    "frames after close": [(close(1001) + frame(TEXT, b"late") + frame(PING), 1)],
    **{f"close code {n}": [(close(n), 1)] for n in (999, 1004, 1005, 1006, 1011, 1016, 2999, 4999)},
    "compressed": [
        (frame(TEXT, compressed(b"again and again " * 4000), bits=4) + frame(TEXT, b"plain"), 2),
        END,
    ],
    "compressed fragments": [
        (frame(BINARY, compressed(b"ab" * 999)[:3], fin=False, bits=4) + frame(PING), 1),
        (frame(MORE, compressed(b"ab" * 999)[3:]), 1),
        END,
    ],
    "not really compressed": [(frame(TEXT, b"\xff\xff\xff\xff", bits=4), 1)],
}
CHOPPED = ("text and binary", "pings between fragments", "close with a reason", "compressed")


def handshake(*fields: str) -> bytes:
    """A request for the echo."""
    lines = [
        "GET /echo HTTP/1.1",
        "Host: a.test",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        *fields,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def receive_frame(wire: Wire) -> bytes:
    """The next frame as it came."""
    head = wire.receive_exactly(2)
    size = head[1] & 0x7F
    if size >= 126:
        longer = wire.receive_exactly(2 if size == 126 else 8)
        head, size = head + longer, int.from_bytes(longer, "big")
    return head + wire.receive_exactly(size)


def converse(address: tuple[str, int], steps: list[Step], most: int = 1 << 30) -> list[bytes]:
    """Sends the steps, at most `most` bytes in a write, ends our side; the frames that came after
    the 101, and what came after them.
    """
    with socket.create_connection(address, timeout=PATIENCE) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire = Wire(sock)
        wire.send(handshake())
        assert wire.receive_response().status == 101
        received = []
        for data, answers in steps:
            for at in range(0, len(data), most):
                wire.send(data[at : at + most])
            received += [receive_frame(wire) for _ in range(answers)]
        with suppress(OSError):
            sock.shutdown(socket.SHUT_WR)  # the worker may be done before us
        return [*received, wire.receive_to_end()]


@pytest.fixture(scope="module")
def worker() -> Iterator[tuple[str, int]]:
    with running_echo() as authority:
        host, _, port = authority.partition(":")
        yield host, int(port)


@pytest.fixture(scope="module", params=FRONTS)
def front(request: pytest.FixtureRequest, worker: tuple[str, int]) -> Iterator[Server]:
    rule = f'ProxyPass "/" "ws://{worker[0]}:{worker[1]}/"\n'
    with running_httpdlite(FRONTS[str(request.param)] + rule) as server:
        yield server


@pytest.mark.parametrize("name", DIALOGUES)
def test_the_client_gets_the_same_bytes(front: Server, worker: tuple[str, int], name: str) -> None:
    direct = converse(worker, DIALOGUES[name])
    assert converse((LOOPBACK, front.port), DIALOGUES[name]) == direct


@pytest.mark.parametrize("name", CHOPPED)
def test_writes_of_one_byte_change_nothing(
    front: Server, worker: tuple[str, int], name: str
) -> None:
    expected = converse(worker, DIALOGUES[name])
    assert converse((LOOPBACK, front.port), DIALOGUES[name], most=1) == expected


@pytest.mark.parametrize("size", [65536, 1 << 20, 16 << 20])
def test_a_large_message_comes_back_unharmed(
    front: Server, worker: tuple[str, int], size: int
) -> None:
    message = bytes(range(251)) * (size // 251) + b"z" * (size % 251)
    steps = [(frame(BINARY, message), 1), END]
    direct = converse(worker, steps)
    assert converse((LOOPBACK, front.port), steps) == direct
    assert direct[0][0] == 0xC2  # compressed, and not the close frame
