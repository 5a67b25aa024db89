"""mod_remoteip: whose address a request has, shown by fields that the worker gets."""

import ipaddress
from typing import Final

from tests.peers.behaviour.language import SPLIT, Case, Configuration, Step, case, get

SHOW: Final = """\
RequestHeader set X-E "expr=%{REMOTE_ADDR} %{REMOTE_HOST} %{CONN_REMOTE_ADDR}"
RequestHeader set X-N "expr=%{note:remoteip-proxy-ip-list}"
SetEnvIf Remote_Addr (.*) SEEN=$1
RequestHeader set X-S %{SEEN}e
RewriteEngine On
RewriteCond %{REMOTE_ADDR} (.*)
RewriteRule . - [E=BY_RULE:%1_%{REMOTE_HOST}_%{CONN_REMOTE_ADDR}]
RewriteCond %{REMOTE_PORT} =0
RewriteRule . - [E=NO_PORT:yes]
RequestHeader set X-R "%{BY_RULE}e %{NO_PORT}e"
<Location /local>
  Require local
</Location>
<Location /one>
  Require ip 8.8.8.8
</Location>
<If "-R '9.0.0.0/8'">
  RequestHeader set X-I nine
</If>
ProxyPass / http://WORKER/
"""
VALUES: Final = (
    *("8.8.8.8", "8.8.8.8, 9.9.9.9", "8.8.8.8, 10.1.2.3", "8.8.8.8, 203.0.113.7"),
    *("8.8.8.8, 203.0.113.7, 10.1.1.1", "10.1.1.1, 203.0.113.7", "foo, 10.1.1.1", "foo", "", ","),
    *("1.1.1.1, 8.8.8.8, 203.0.113.7, 203.0.113.8", "8.8.8.8,", "8.8.8.8, ,10.1.1.1", ",8.8.8.8"),
    *("8.8.8.8:80", "[2001:db8::1]", "2001:db8::1", "::1", "2a00::1, 2001:db8::1", " 8.8.8.8 "),
    *("::ffff:8.8.8.8", "8.8.8.8 9.9.9.9", "\t8.8.8.8", "8.8.8.8\t", "8.8.8.8,\t10.0.0.1", "1.2"),
    *("010.1.1.1", "0x8.8.8.8", "8", "255.255.255.255", "0.0.0.0", "300.1.1.1", "unknown, 8.8.8.8"),
    *("2A00:0:0::1", "192.168.1.1", "127.0.0.1", "8.8.8.8, 127.0.0.1", '"8.8.8.8"', "8.8.8.8;"),
    *("fe80::1, 203.0.113.1", "3fff::1, 203.0.113.1", "4000::1, 203.0.113.1"),
    *("172.16.1.1, 203.0.113.1", "172.32.1.1, 203.0.113.1", "100.64.0.1, 203.0.113.1"),
    *("224.0.0.1,203.0.113.1", "169.254.1.1, 203.0.113.1", "8.8.8.8, foo , 10.1.1.1", "8.8.8.8 ,"),
    *("foo , 203.0.113.9", "\xe4\xf6, 10.1.1.1", "for=8.8.8.8", "::, 203.0.113.1", "1::2::3"),
)


def _sent(field: str = "X-Forwarded-For") -> tuple[Case, ...]:
    return tuple(case(f"{value!r}", get("/x", f"{field}: {value}")) for value in VALUES)


SOME: Final = (
    case("nothing", get("/x")),
    case("two fields", get("/x", "X-Forwarded-For: 8.8.8.8", "x-forwarded-for: 9.9.9.9")),
    case(
        "two fields, by a proxy", get("/x", "X-Forwarded-For: 8.8.8.8", "X-Forwarded-For: 10.9.9.9")
    ),
    case("let in", get("/one", "X-Forwarded-For: 8.8.8.8")),
    case("not let in", get("/one", "X-Forwarded-For: 8.8.4.4")),
    case("not local any more", get("/local", "X-Forwarded-For: 8.8.4.4")),
    case("local", get("/local")),
    case("says it is local", get("/local", "X-Forwarded-For: 127.0.0.1")),
    case("a list is sent", get("/x", "X-By: mine", "X-Forwarded-For: 8.8.8.8")),
    case("a list is replaced", get("/x", "X-By: mine", "X-Forwarded-For: 8.8.8.8, 203.0.113.1")),
    case("a bad path", get("/%2", "X-Forwarded-For: 8.8.8.8")),
    case(
        "named by Connection", get("/x", "X-Forwarded-For: 1.1.1.1", "Connection: x-forwarded-for")
    ),
    case(
        "several requests",
        get("/1", "X-Forwarded-For: 1.1.1.1") + get("/2", "X-Forwarded-For: 2.2.2.2") + get("/3"),
        answers=3,
    ),
)

INTERNAL: Final = Configuration(
    "RemoteIPInternalProxy",
    f"""\
RemoteIPHeader X-Forwarded-For
RemoteIPProxiesHeader X-By
RemoteIPInternalProxy 127.0.0.1 10.0.0.0/8
RemoteIPTrustedProxy 203.0.113.0/24 2001:db8::/32
{SHOW}""",
    (*_sent(), *SOME),
)
EVERYONE: Final = Configuration(
    "RemoteIPHeader alone",
    f"RemoteIPHeader X-Client\nRemoteIPProxiesHeader X-By\n{SHOW}",
    _sent("x-client"),
)
TRUSTED: Final = Configuration(
    "RemoteIPTrustedProxyList",
    f"""\
RemoteIPHeader X-Forwarded-For
RemoteIPTrustedProxyList ROOT/proxies
RemoteIPInternalProxyList ROOT/proxies
{SHOW}""",
    (*_sent(), *SOME),
    files=(("proxies", b"# of ours\n127.0.0.1 # this\n\n 9.0.0.0/8\t203.0.113.0/255.255.255.0\n"),),
)
STRANGERS: Final = Configuration(
    "proxies that are not these",
    f"RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 10.0.0.0/8\n{SHOW}",
    (*_sent()[:6], *SOME),
)
ITS_OWN_LIST: Final = Configuration(
    "RemoteIPProxiesHeader as RemoteIPHeader",
    f"""\
RemoteIPHeader X-Never
RemoteIPHeader X-F
RemoteIPProxiesHeader x-f
RemoteIPInternalProxy 10.0.0.0/8
RemoteIPTrustedProxy 127.0.0.1 10.0.0.0/8
{SHOW}""",
    tuple(
        case(value, get("/x", f"X-F: {value}"))
        for value in (
            "10.1.1.1",
            "9.9.9.9",
            "10.0.0.5, 9.9.9.9",
            "9.9.9.9, 10.0.0.5",
            "9.9.9.9, 127.1",
        )
    ),
)
REDIRECTED: Final = Configuration(
    "RemoteIPHeader and internal redirects",
    f"""\
RemoteIPHeader X-Forwarded-For
RemoteIPProxiesHeader X-By
RemoteIPInternalProxy 127.0.0.1
<Location /red>
  RewriteEngine On
  RewriteRule ^ /y
</Location>
ErrorDocument 404 /err
ProxyPass /red !
ProxyPass /nix !
{SHOW}""",
    tuple(
        case(f"{path}, {value}", get(path, f"X-Forwarded-For: {value}"))
        for path in ("/red", "/nix")
        for value in ("8.8.8.8", "1.1.1.1, 8.8.8.8", "1.1.1.1, 8.8.8.8, 127.0.0.1", "foo")
    ),
)

# --- PROXY headers --------------------------------------------------------------------------------

SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"


def binary(command: int, family: int, after: bytes, count: int | None = None) -> bytes:
    """A header of the second version."""
    length = len(after) if count is None else count
    return SIGNATURE + bytes([command, family]) + length.to_bytes(2) + after


def _packed(*addresses: str, ports: tuple[int, int] = (1234, 80)) -> bytes:
    packed = b"".join(ipaddress.ip_address(text).packed for text in addresses)
    return packed + b"".join(port.to_bytes(2) for port in ports)


FOUR: Final = _packed("8.8.8.8", "9.9.9.9")
SIX: Final = _packed("2001:db8::1", "2001:db8::2")
LINE: Final = b"PROXY TCP4 8.8.8.8 9.9.9.9 1234 80\r\n"
LINES: Final = (
    *("TCP4 8.8.8.8 9.9.9.9 1234 80", "TCP6 2001:db8::1 2001:db8::2 1234 80", "UNKNOWN 1 2 3 4"),
    *("UNKNOWNX", "", "TCP4", "TCP4 ", "TCP4 8.8.8.8", "TCP4 8.8.8.8 ", "TCP4 8.8.8.8 9.9.9.9"),
    *("TCP4 8.8.8.8 9.9.9.9 ", "TCP4 8.8.8.8 9.9.9.9 0 80", "TCP4 8.8.8.8 9.9.9.9 x 80"),
    *("TCP4 300.8.8.8 9.9.9.9 1234 80", "TCP4 a.test 9.9.9.9 1234 80", "tcp4 8.8.8.8 9.9.9.9 1 2"),
    *("TCP4 2001:db8::1 9.9.9.9 1 2", "TCP6 8.8.8.8 9.9.9.9 1 2", "TCP6 fe80::1%lo ::1 1 2"),
    *("TCP5 8.8.8.8 9.9.9.9 1 2", "UDP4 8.8.8.8 9.9.9.9 1 2", "TCP4\t8.8.8.8 9.9.9.9 1 2"),
    *("UNKNOWN " + "x" * 91, "UNKNOWN " + "x" * 92, "UNKNOWN " + "x" * 300),
)
LOOSE: Final = (
    *("TCP4 8.8.8.8 9.9.9.9 1234", "TCP4 8.8.8.8 9.9.9.9 1234 ", "TCP4 8.8.8.8 9.9.9.9 1 2 3"),
    *("TCP4 8.8.8.8 9.9.9.9 1234 80 ", "TCP4 8.8.8.8 9.9.9.9 65536 80", "TCP4 8.8.8.8 x 1 2"),
    *("TCP4 8.8.8.8 9.9.9.9 -1 80", "TCP4 8.8.8.8 9.9.9.9 12x 80", "TCP4 8.8.8.8 9.9.9.9  1 2"),
    *("TCP4 8.8.8.8 9.9.9.9 1 99999", "TCP4 8.8 9.9.9.9 1 2", "TCP4 010.8.8.8 9.9.9.9 1 2"),
    *(" TCP4 8.8.8.8 9.9.9.9 1 2", "TCP6 ::ffff:8.8.8.8 ::1 1 2", "TCP6 2001:DB8:0::1 ::1 1 2"),
)
"""Lines that are not as the specification has them, and that httpd takes, or writes otherwise."""

_BINARY: Final = (
    ("four", binary(0x21, 0x11, FOUR)),
    ("six", binary(0x21, 0x21, SIX)),
    ("four in six", binary(0x21, 0x21, _packed("::ffff:8.8.8.8", "::1"))),
    ("LOCAL", binary(0x20, 0x00, b"")),
    ("LOCAL with addresses", binary(0x20, 0x11, FOUR)),
    ("LOCAL, cut", binary(0x20, 0x11, FOUR[:3])),
    ("more behind", binary(0x21, 0x11, FOUR + b"\4\0\3abc")),
    ("216 bytes", binary(0x21, 0x11, FOUR + bytes(204))),
    ("217 bytes", binary(0x21, 0x11, FOUR + bytes(205))),
    ("LOCAL of 217 bytes", binary(0x20, 0x11, bytes(217))),
    ("too short", binary(0x21, 0x11, FOUR[:11])),
    ("six, too short", binary(0x21, 0x21, FOUR)),
    ("UDP", binary(0x21, 0x12, FOUR)),
    ("a unix socket", binary(0x21, 0x31, b"x" * 216)),
    ("of no family", binary(0x21, 0x00, b"")),
    ("another command", binary(0x22, 0x11, FOUR)),
    ("version 1", binary(0x11, 0x11, FOUR)),
    ("version 3", binary(0x31, 0x11, FOUR)),
    ("another signature", b"\r\n\r\n\0\r\nQUITX!\x11\0\x0c" + FOUR),
    ("port 0", binary(0x21, 0x11, _packed("8.8.8.8", "9.9.9.9", ports=(0, 0)))),
)


def _bytewise(data: bytes) -> tuple[Step, ...]:
    """The header in single bytes."""
    steps: list[Step] = []
    for at in range(len(data)):
        steps += [data[at : at + 1], SPLIT]
    return tuple(steps)


def _prefaced(lines: tuple[str, ...]) -> tuple[Case, ...]:
    return tuple(
        case(_short(f"PROXY {line}"), f"PROXY {line}\r\n".encode() + get("/x")) for line in lines
    )


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:50]}, {len(name)} characters"


PREFACED: Final = Configuration(
    "RemoteIPProxyProtocol On",
    f"RemoteIPProxyProtocol On\nRemoteIPHeader X-Forwarded-For\n{SHOW}",
    (
        *_prefaced(LINES),
        *_prefaced(LOOSE),
        *(case(name, data + get("/x")) for name, data in _BINARY),
        case("a field is not read then", LINE + get("/x", "X-Forwarded-For: 7.7.7.7")),
        case("nor with UNKNOWN", b"PROXY UNKNOWN 1 2\r\n" + get("/x", "X-Forwarded-For: 7.7.7.7")),
        case("UNKNOWN alone", b"PROXY UNKNOWN\r\n" + get("/x")),
        case("two requests", LINE + get("/1") + get("/2"), answers=2),
        case("let in", LINE + get("/one")),
        case("not local", LINE + get("/local")),
        case("LOCAL is local", binary(0x20, 0, b"") + get("/local")),
        case("in single bytes", (*_bytewise(LINE), get("/x"))),
        case("binary, in single bytes", (*_bytewise(binary(0x21, 0x11, FOUR)), get("/x"))),
        case("none", get("/x")),
        case("none, in TLS", b"\x16\x03\x01\x00\x05hello"),
        case("small letters", b"proxy TCP4 8.8.8.8 9.9.9.9 1 2\r\n" + get("/x")),
        case("PROXY alone", b"PROXY\r\n" + get("/x")),
        case("two headers", LINE + LINE + get("/x")),
        case("a bad path", LINE + get("/%2")),
        case("an empty line before", b"\r\n" + LINE + get("/x")),
    ),
)

TABLES: Final = (INTERNAL, EVERYONE, TRUSTED, STRANGERS, ITS_OWN_LIST, REDIRECTED, PREFACED)
