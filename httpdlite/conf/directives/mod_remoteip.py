"""mod_remoteip.c: whose word about a client's address is taken.

In: the words of its lines, and lists of proxies, which are read here. Out: for a server the field
to read, proxies as networks (`Proxy`), and whether connections begin with a PROXY header; what
becomes of it is in `routes/remoteip.py` and `routes/preface.py`. Names of proxies are looked up
while the file is read. Rules: httpd 2.4.71, as observed:

1. A vhost's proxies come before the main server's, and both count.
2. RemoteIPProxyProtocol and its exceptions are about addresses, not about servers: each server's
   are kept apart.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from httpdlite.conf.addresses import is_network
from httpdlite.conf.call import SERVERS, Call, Module, Remark
from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.rows import (
    FLAG,
    STRING,
    Arity,
    Directive,
    Takes,
    append,
    directive,
    words_taken,
)
from httpdlite.conf.standing import different
from httpdlite.diagnostics import ENCODING

MODULE: Final = Module("remoteip_module", "mod_remoteip.c")


@dataclass(frozen=True, slots=True)
class Proxy:
    """Proxies that are believed. `network` is what `conf.addresses` takes; `is_internal`: also
    about private addresses, and without being listed.
    """

    network: str
    is_internal: bool


Proxies = tuple[Proxy, ...]

BAD_ADDRESS: Final = "The specified IP address is invalid."
BAD_MASK: Final = "The specified network mask is invalid."


def _problem(address: str, mask: str | None) -> str | None:
    """APR's reason why this is no network: with a mask, the address must be a whole one."""
    if mask is None:
        return None if is_network(address) else BAD_ADDRESS
    is_ipv6 = ":" in address
    if not is_network(f"{address}/{128 if is_ipv6 else 32}"):
        return BAD_ADDRESS
    return None if is_network(f"{address}/{mask}") else BAD_MASK


def _is_numeric(text: str) -> bool:
    """Whether APR takes a text for an address rather than a name."""
    return ":" in text or re.fullmatch(r"[0-9.]+", text) is not None


def _proxy_problem(call: Call, text: str) -> str | None:
    """What is wrong with one proxy: an address, a network, or the name of a host."""
    address, slash, rest = text.partition("/")
    wrong = f"RemoteIP: Error parsing IP {text}"
    if not address:
        return f"{wrong} (Invalid argument error)"
    if _is_numeric(address):
        problem = _problem(address, rest if slash else None)
        return f"{wrong} ({problem} error)" if problem else None
    if slash:
        return f"{wrong} the subnet /{rest} is invalid"
    if not call.place.names.addresses(address):
        return f"{wrong} (Name or service not known error)"
    return None


def _networks(call: Call, text: str) -> tuple[str, ...]:
    """Of one proxy without a problem."""
    if "/" in text or _is_numeric(text):
        return (text,)
    return call.place.names.addresses(text)


def _read_proxies(call: Call, *, is_internal: bool) -> Proxies:
    for index, word in enumerate(call.words):
        if problem := _proxy_problem(call, word.text):
            raise call.error(f"{problem} for {call.name}", index)
    return tuple(
        Proxy(network, is_internal) for word in call.words for network in _networks(call, word.text)
    )


def _read_list(call: Call, *, is_internal: bool) -> Proxies:
    """A file of proxies, by lines and blanks; a word that begins with # begins a comment."""
    path = absolute(call.place.server_root, call.words[0].text)
    if call.place.files.kind(path) not in {Kind.FILE, None}:
        message = f"AH00554: Access to file {path} denied by server: not a regular file"
        call.place.warn(Remark(message, call.words[0].span, "core:error"))
    try:
        text = call.place.files.read(path).decode(*ENCODING)
    except IsADirectoryError:
        raise _unreadable(call, path, "Bad file descriptor") from None
    except OSError as why:
        raise _unreadable(call, path, why.strerror or str(why)) from None
    found: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        for word in takewhile(lambda word: not word.startswith("#"), line.split()):
            if problem := _proxy_problem(call, word):
                raise call.error(f"{problem} for {call.name} at line {number} of {path}", 0)
            found += _networks(call, word)
    return tuple(Proxy(network, is_internal) for network in found)


def _unreadable(call: Call, path: str, reason: str) -> Exception:
    return call.error(f"{call.name}: Could not open file {path}: {reason}", 0)


def _read_exceptions(call: Call) -> tuple[str, ...]:
    if not call.words:
        raise call.error(f"{call.name} requires an argument", code="wrong-arity")
    for index, word in enumerate(call.words):
        address, slash, mask = word.text.partition("/")
        wrong = f"ip address '{address}' appears to be invalid"
        if not _is_numeric(address):
            raise call.error(wrong, index)
        if problem := _problem(address, mask if slash else None):
            raise call.error(f"{wrong}: {problem}", index)
    return words_taken(call)


def _vhost_first(main: Proxies, vhost: Proxies) -> Proxies:
    return vhost + main


def _proxies(
    name: str,
    read: "Callable[..., Proxies]",
    doc: str,
    *,
    is_internal: bool,
    into: "Directive[Proxies] | None" = None,
) -> Directive[Proxies]:
    return directive(
        name,
        Takes(
            Arity.ONE if read is _read_list else Arity.EACH,
            lambda call: read(call, is_internal=is_internal),
        ),
        contexts=SERVERS,
        default=(),
        combine=append,
        merge=_vhost_first,
        into=into,
        doc=doc,
    )


HEADER: Final = directive(
    "RemoteIPHeader",
    STRING,
    contexts=SERVERS,
    standing=different("a host name in it is not looked up: it counts as no address"),
    doc="the header that gives the client's address",
)
PROXIES_HEADER: Final = directive(
    "RemoteIPProxiesHeader",
    STRING,
    contexts=SERVERS,
    doc="the header that lists the proxies which were believed",
)
PROXIES: Final = _proxies(
    "RemoteIPTrustedProxy",
    _read_proxies,
    "proxies that are believed about public addresses",
    is_internal=False,
)
PROXY_PROTOCOL: Final = directive(
    "RemoteIPProxyProtocol",
    FLAG,
    contexts=SERVERS,
    inherits=False,
    usual="off",
    standing=different(
        "a PROXY header that breaks its specification ends the connection, and a short one of the "
        "kind UNKNOWN does not",
        but_for="off",
    ),
    doc="whether connections begin with a PROXY header",
)
EXCEPTIONS: Final = directive(
    "RemoteIPProxyProtocolExceptions",
    Takes(Arity.WORDS, _read_exceptions),
    contexts=SERVERS,
    default=(),
    combine=append,
    inherits=False,
    doc="clients that send no PROXY header",
)

ROWS: Final = (
    HEADER,
    PROXIES_HEADER,
    PROXIES,
    _proxies(
        "RemoteIPInternalProxy",
        _read_proxies,
        "proxies that are believed",
        is_internal=True,
        into=PROXIES,
    ),
    _proxies(
        "RemoteIPTrustedProxyList",
        _read_list,
        "a file of proxies that are believed about public addresses",
        is_internal=False,
        into=PROXIES,
    ),
    _proxies(
        "RemoteIPInternalProxyList",
        _read_list,
        "a file of proxies",
        is_internal=True,
        into=PROXIES,
    ),
    PROXY_PROTOCOL,
    EXCEPTIONS,
)

MODULES: Final = ((MODULE, ROWS),)
