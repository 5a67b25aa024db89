"""The PROXY header, by which a proxy in front says whose connection it hands on. Pure.

Comes in: the bytes with which a connection begins. Goes out: an ``Announced``, with how many of
them it took; None while it is incomplete; or ``PrefaceError``, after which nothing may be served.
Hides the two versions, one a line of text, the other binary. Sources: "The PROXY protocol, versions
1 & 2"; mod_remoteip.c with its limits and messages, as observed with 2.4.71:

1. A line has 108 bytes at most, with its CRLF (one more than is specified); what follows the head
   of the other kind, 216.
2. Who says LOCAL or UNKNOWN speaks for himself: the connection's own addresses count.
3. Of what a proxy may add (TLVs) nothing is read.
4. A line must be as the specification has it: both addresses, both ports, one blank between them.
   httpd reads what is left of such a line as far as it can.
"""

import ipaddress
import re
from typing import Final, NamedTuple

LONGEST_LINE: Final = 108
LONGEST: Final = 232
"""Bytes of any header."""

_LINE: Final = b"PROXY "
_SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
_HEAD: Final = 16
_MOST_AFTER: Final = 216
_LOCAL: Final = 0x20
_PROXY: Final = 0x21
_TCP4: Final = 0x11
_TCP6: Final = 0x21
_PORT: Final = re.compile(r"[0-9]{1,5}")
_MAPPED: Final = bytes(10) + b"\xff\xff"


class Announced(NamedTuple):
    """``ip`` None: the connection's own address and port count. ``length``: of the header."""

    length: int
    ip: str | None = None
    port: int = 0


class PrefaceError(Exception):
    """A connection that does not begin with a right PROXY header; str() is for the log."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def read_preface(data: bytes) -> Announced | None:
    """The header that the data begins with; None: more is needed. Raises PrefaceError."""
    if data.startswith(_LINE):
        return _read_line(data)
    if data.startswith(_SIGNATURE):
        return _read_binary(data)
    if _LINE.startswith(data) or _SIGNATURE.startswith(data):
        return None
    raise _missing()


def _missing() -> PrefaceError:
    text = "RemoteIPProxyProtocol data is missing, but required! Aborting request."
    return PrefaceError("AH03496", text)


# --- version 1 ------------------------------------------------------------------------------------


def _read_line(data: bytes) -> Announced | None:
    end = data.find(b"\r\n", 0, LONGEST_LINE)
    if end >= 0:
        return _read_words(data[:end].decode("latin-1"), end + 2)
    if len(data) < LONGEST_LINE:
        return None
    text = f"header too long, got {len(data)} expected {LONGEST_LINE}"
    raise PrefaceError("AH10185", f"RemoteIPProxyProtocol {text}")


def _read_words(line: str, length: int) -> Announced:
    def bad(code: str, why: str) -> PrefaceError:
        return PrefaceError(code, f"RemoteIPProxyProtocol: {why} header '{line}'")

    words = line.split(" ")
    family = words[1]
    if family == "UNKNOWN":
        return Announced(length)
    if not family:
        raise bad("AH03497", "no family found in")
    if family not in {"TCP4", "TCP6"}:
        raise bad("AH03499", f"unknown family '{family}' in")
    names = ("client-address", "destination-address", "client-port", "destination-port")
    values = words[2:]
    for name, value in zip(names, [*values, "", "", "", ""], strict=False):
        if not value:
            raise bad("AH03497", f"no {name} found in")
    if len(values) > len(names):
        raise bad("AH03501", f"more than ports and addresses ('{values[len(names)]}') in")
    addresses = [_address(family, text) for text in values[:2]]
    for name, text, address in zip(names, values, addresses, strict=False):
        if address is None:
            raise bad("AH03500", f"invalid {name} '{text}' found in")
    for text in values[2:]:
        if not _PORT.fullmatch(text) or int(text) > 65535:
            raise bad("AH03501", f"error parsing port '{text}' in")
    return Announced(length, addresses[0], int(values[2]))


def _address(family: str, text: str) -> str | None:
    """An address in its usual spelling; None of what is none of that family."""
    try:
        if family == "TCP4":
            return str(ipaddress.IPv4Address(text))
        return None if "%" in text else _ipv6(ipaddress.IPv6Address(text).packed)
    except ValueError:
        return None


def _ipv6(packed: bytes) -> str:
    """IPv4 within IPv6 is IPv4."""
    if packed.startswith(_MAPPED):
        return str(ipaddress.IPv4Address(packed[12:]))
    return str(ipaddress.IPv6Address(packed))


# --- version 2 ------------------------------------------------------------------------------------


def _read_binary(data: bytes) -> Announced | None:
    if len(data) > 12 and data[12] >> 4 != 2:
        raise _missing()
    if len(data) < _HEAD:
        return None
    count = int.from_bytes(data[14:_HEAD])
    if count > _MOST_AFTER:
        raise PrefaceError("AH10186", "RemoteIPProxyProtocol protocol header length too long")
    length = _HEAD + count
    if len(data) < length:
        return None
    command, family = data[12], data[13]
    if command == _LOCAL:
        return Announced(length)
    if command != _PROXY:
        text = f"RemoteIPProxyProtocol: unsupported command {command:02x}"
        raise PrefaceError("AH03507", text)
    after = data[_HEAD:length]
    if family == _TCP4:
        if count < 12:
            raise _too_short("AH10597", count, "TCPv4")
        ip = str(ipaddress.IPv4Address(after[:4]))
        return Announced(length, ip, int.from_bytes(after[8:10]))
    if family == _TCP6:
        if count < 36:
            raise _too_short("AH10598", count, "TCPv6")
        return Announced(length, _ipv6(after[:16]), int.from_bytes(after[32:34]))
    text = f"RemoteIPProxyProtocol: unsupported protocol {family:02x}"
    raise PrefaceError("AH10183", text)


def _too_short(code: str, count: int, what: str) -> PrefaceError:
    text = f"RemoteIPProxyProtocol: address length {count} too short for {what}"
    return PrefaceError(code, text)
