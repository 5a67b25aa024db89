"""The first message of TLS, read before TLS begins: which server name is asked for. Pure.

Comes in: the bytes that a client has sent so far. Goes out: a ``ClientHello``; ``NeedMore``; or
what it is instead: ``PlainHttp``, ``Malformed``. Hides records and handshake messages. It only
reads: the same bytes then go to the TLS library, which judges them and answers with the alert that
is due; so what is malformed here needs no answer of ours. Sources: RFC 8446 §4.1.2 and §5.1, RFC
6066 §3 (server_name), RFC 7301 (ALPN).

The rules:

1.  A message may come in MOST_RECORDS records and records in any number of pieces. More than LIMIT
    bytes are no hello. Who reads again when ``NeedMore`` has come reads no more than that often.
2.  What is not said in the way the RFCs have it is ``Malformed``: never a name that the TLS library
    would read otherwise. Who chooses by the name has the library's name compared with it later.
3.  A name is given in lower case, without a dot at its end. One that is not of ASCII letters,
    digits, and ``-._`` is malformed: RFC 6066 has host names only.
4.  Plain HTTP is what OpenSSL takes for it, and so Apache: a request that begins with one of four
    methods.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

MOST_RECORDS: Final = 16  # each would be read again with every piece that comes
LIMIT: Final = 65536  # bytes; hellos have some hundreds, with post-quantum keys up to 2,000
RECORD: Final = 5  # bytes of a record's header
_HANDSHAKE: Final = 22
_CLIENT_HELLO: Final = 1
_MOST_IN_RECORD: Final = 16384
_SERVER_NAME: Final = 0
_ALPN: Final = 16
_SIGNATURES: Final = 13
_SUPPORTED_VERSIONS: Final = 43
_BINDING: Final = 0xFF01  # renegotiation_info
_SIGNAL: Final = b"\x00\xff"
_READ: Final = frozenset((_SERVER_NAME, _ALPN, _SIGNATURES, _SUPPORTED_VERSIONS, _BINDING))
_HEADER: Final = struct.Struct(">HH")  # of an extension: its kind, and how long it is
_TOO_SHORT: Final = "a ClientHello that ends too early"
_METHODS: Final = (b"GET ", b"POST ", b"HEAD ", b"PUT ")
_NAME: Final = re.compile(rb"[A-Za-z0-9._-]{1,255}")


@dataclass(frozen=True, slots=True)
class ClientHello:
    """``server_name`` None: none was sent. ``versions`` and ``signatures`` (the schemes of RFC 8446
    §4.2.3) as on the wire: 0x0303 is TLS 1.2. ``has_signal``, ``has_binding``: both say that the
    client knows RFC 5746, as a cipher and as an extension.
    """

    server_name: str | None
    alpn: tuple[bytes, ...]
    versions: tuple[int, ...]
    signatures: tuple[int, ...] = field(default=(), compare=False)
    has_signal: bool = field(default=False, compare=False)
    has_binding: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class NeedMore:
    """At least so many bytes are missing."""

    count: int


@dataclass(frozen=True, slots=True)
class PlainHttp:
    """A client that does not know that TLS is spoken here."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """No hello of TLS, or not one that we read."""

    why: str


Seen = ClientHello | NeedMore | PlainHttp | Malformed


class _BadError(Exception):
    pass


def read_client_hello(data: bytes) -> Seen:
    """What a client has begun with."""
    if data and data[0] != _HANDSHAKE:
        return _without_tls(data)
    try:
        message = _first_message(data)
        return message if isinstance(message, NeedMore) else _read_hello(_Bytes(message))
    except _BadError as bad:
        return Malformed(str(bad))


def _without_tls(data: bytes) -> Seen:
    """Rule 4."""
    if data.startswith(_METHODS):
        return PlainHttp()
    missing = [len(method) - len(data) for method in _METHODS if method.startswith(data)]
    return NeedMore(min(missing)) if missing else Malformed("not a TLS handshake")


def _first_message(data: bytes) -> bytes | NeedMore:
    """The body of the ClientHello, out of its records (rule 1)."""
    message = b""
    at = 0
    for _ in range(MOST_RECORDS):
        if at > LIMIT:
            raise _BadError("a ClientHello of too many bytes")
        if len(data) < at + RECORD:
            return NeedMore(at + RECORD - len(data))
        kind, major = data[at], data[at + 1]
        length = int.from_bytes(data[at + 3 : at + RECORD])
        if kind != _HANDSHAKE or major != 3 or not 0 < length <= _MOST_IN_RECORD:
            raise _BadError("not a record of a TLS handshake")
        end = at + RECORD + length
        message += data[at + RECORD : end]
        at = end
        if message[0:1] and message[0] != _CLIENT_HELLO:
            raise _BadError("not a ClientHello")
        size = 4 + int.from_bytes(message[1:4]) if len(message) >= 4 else 4
        if size > LIMIT:
            raise _BadError("a ClientHello of too many bytes")
        if len(message) >= size > 4:
            return message[4:size]
        if len(data) < end:
            return NeedMore(end - len(data))
        if len(message) >= size:
            raise _BadError("an empty ClientHello")
    raise _BadError("a ClientHello in too many records")


class _Bytes:
    """Reads along a message."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_done(self) -> bool:
        return self._at == len(self._data)

    def take(self, count: int) -> bytes:
        piece = self._data[self._at : self._at + count]
        if len(piece) != count:
            raise _BadError(_TOO_SHORT)
        self._at += count
        return piece

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def piece(self, size: int) -> bytes:
        """What follows its own length of ``size`` bytes."""
        data, begin = self._data, self._at + size
        self._at = end = begin + int.from_bytes(data[begin - size : begin])
        if end > len(data):
            raise _BadError(_TOO_SHORT)
        return data[begin:end]

    def vector(self, size: int) -> "_Bytes":
        """The same, to be read along."""
        return _Bytes(self.piece(size))

    def end(self) -> None:
        if not self.is_done:
            raise _BadError("a ClientHello with something left over")


def _read_hello(hello: _Bytes) -> ClientHello:
    versions: tuple[int, ...] = (hello.number(2),)
    hello.take(32)  # random
    hello.piece(1)  # session id
    ciphers = hello.piece(2)
    hello.piece(1)  # compression methods
    name: str | None = None
    alpn: tuple[bytes, ...] = ()
    signatures: tuple[int, ...] = ()
    has_binding = False
    if not hello.is_done:
        for kind, content in _extensions(hello):
            if kind == _SERVER_NAME:
                name = _read_name(content)
            elif kind == _ALPN:
                alpn = _read_alpn(content)
            elif kind == _SUPPORTED_VERSIONS:
                versions = _read_numbers(content.piece(1), content)
            elif kind == _SIGNATURES:
                signatures = _read_numbers(content.piece(2), content)
            elif kind == _BINDING:
                has_binding = True
    return ClientHello(name, alpn, versions, signatures, _has_signal(ciphers), has_binding)


def _has_signal(ciphers: bytes) -> bool:
    at = ciphers.find(_SIGNAL)
    while at >= 0 and at % 2:
        at = ciphers.find(_SIGNAL, at + 1)
    return at >= 0


def _extensions(hello: _Bytes) -> Iterator[tuple[int, _Bytes]]:
    """Those that are read. This and numbers are done without ``_Bytes``: hellos have some twenty of
    each, and would take a tenth of what the whole handshake costs.
    """
    extensions = hello.piece(2)
    hello.end()
    seen: set[int] = set()
    at, size = 0, len(extensions)
    while at < size:
        begin = at + _HEADER.size
        if begin > size:
            raise _BadError(_TOO_SHORT)
        kind, length = _HEADER.unpack_from(extensions, at)
        at = begin + length
        if at > size:
            raise _BadError(_TOO_SHORT)
        if kind in seen:
            raise _BadError("a ClientHello with the same extension twice")
        seen.add(kind)
        if kind in _READ:
            yield kind, _Bytes(extensions[begin:at])


def _read_name(content: _Bytes) -> str:
    """One name of the one kind that there is; more would be read by each in his own way."""
    names = content.vector(2)
    content.end()
    if names.number(1) != 0:
        raise _BadError("a server name of another kind than a host's")
    text = names.piece(2)
    names.end()
    if not _NAME.fullmatch(text):
        raise _BadError("a server name that is no host name")
    return text.decode("ascii").lower().removesuffix(".")


def _read_alpn(content: _Bytes) -> tuple[bytes, ...]:
    protocols = content.vector(2)
    content.end()
    found: list[bytes] = []
    while not protocols.is_done:
        found.append(protocols.piece(1))
    return tuple(found)


def _read_numbers(data: bytes, content: _Bytes) -> tuple[int, ...]:
    """All that an extension holds."""
    content.end()
    if len(data) % 2:
        raise _BadError(_TOO_SHORT)
    return struct.unpack(f">{len(data) // 2}H", data)
