"""mod_remoteip.c, judged as httpd does: whose word about a client's address is taken.

Until it is done, the address of a request is always that of the connection. Addresses of proxies
are looked up while the file is read, as httpd does. Rules: httpd 2.4.71, as observed.
"""

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from httpdlite.conf.addresses import is_network
from httpdlite.conf.call import SERVERS, Call, Remark
from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.rows import Alike, Arity, Refusal, judged_module
from httpdlite.conf.standing import later, moot
from httpdlite.diagnostics import ENCODING

MODULE: Final = judged_module("remoteip")


BAD_ADDRESS: Final = "The specified IP address is invalid."
BAD_MASK: Final = "The specified network mask is invalid."

ABOUT_CLIENTS: Final = Alike(moot("it acts only with RemoteIPHeader, which is refused"), SERVERS)


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


def _check_proxies(call: Call) -> None:
    for index, word in enumerate(call.words):
        if problem := _proxy_problem(call, word.text):
            raise call.error(f"{problem} for {call.name}", index)


def _check_list(call: Call) -> None:
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
    for number, line in enumerate(text.split("\n"), 1):
        words = takewhile(lambda word: not word.startswith("#"), line.split())
        for problem in filter(None, (_proxy_problem(call, word) for word in words)):
            raise call.error(f"{problem} for {call.name} at line {number} of {path}", 0)


def _unreadable(call: Call, path: str, reason: str) -> Exception:
    return call.error(f"{call.name}: Could not open file {path}: {reason}", 0)


def _check_exceptions(call: Call) -> None:
    if not call.words:
        raise call.error(f"{call.name} requires an argument", code="wrong-arity")
    for index, word in enumerate(call.words):
        address, slash, mask = word.text.partition("/")
        wrong = f"ip address '{address}' appears to be invalid"
        if not _is_numeric(address):
            raise call.error(wrong, index)
        if problem := _problem(address, mask if slash else None):
            raise call.error(f"{wrong}: {problem}", index)


def _refuse_on(values: tuple[str, ...]) -> Iterator[Refusal]:
    if values[0].lower() == "on":
        yield Refusal(
            "RemoteIPProxyProtocol is not supported yet",
            hint="Let the server in front speak plain HTTP.",
        )


ROWS: Final = (
    ABOUT_CLIENTS.one(
        "RemoteIPHeader",
        "the header that gives the client's address",
        standing=later(
            "Without it, logs and rules see the address of the proxy in front.", protects=True
        ),
    ),
    ABOUT_CLIENTS.one(
        "RemoteIPProxiesHeader", "the header that lists the proxies which were believed"
    ),
    ABOUT_CLIENTS.row(
        "RemoteIPTrustedProxy",
        Arity.EACH,
        "proxies that are believed about public addresses",
        _check_proxies,
    ),
    ABOUT_CLIENTS.row(
        "RemoteIPInternalProxy", Arity.EACH, "proxies that are believed", _check_proxies
    ),
    ABOUT_CLIENTS.one(
        "RemoteIPTrustedProxyList",
        "a file of proxies that are believed about public addresses",
        _check_list,
    ),
    ABOUT_CLIENTS.one("RemoteIPInternalProxyList", "a file of proxies", _check_list),
    ABOUT_CLIENTS.flag(
        "RemoteIPProxyProtocol",
        "whether connections begin with a PROXY header",
        "off",
        standing=moot("Off is what every listener is here"),
        refuse=_refuse_on,
    ),
    ABOUT_CLIENTS.row(
        "RemoteIPProxyProtocolExceptions",
        Arity.WORDS,
        "clients that send no PROXY header",
        _check_exceptions,
        standing=moot("it acts only with RemoteIPProxyProtocol On, which is refused"),
    ),
)

MODULES: Final = ((MODULE, ROWS),)
