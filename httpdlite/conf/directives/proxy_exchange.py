"""mod_proxy.c: what is changed in requests and answers on their way, and how workers are spoken to.

In: the words of one directive. Out: its value, or httpd's message. Rules: mod_proxy documentation;
wordings, tolerances and merging as observed with 2.4.71.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from httpdlite.conf.addresses import is_ipv6
from httpdlite.conf.call import DIRECTORY, SERVERS, Call
from httpdlite.conf.directives import mod_proxy
from httpdlite.conf.numbers import atoi, atol
from httpdlite.conf.rows import FLAG, Arity, Directive, Takes, directive, repeated
from httpdlite.conf.spelling import lower

MODULE: Final = mod_proxy.MODULE


# --- answers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ErrorOverride:
    """Whether the server's own pages replace a worker's errors: all, or those of `codes`."""

    is_on: bool = False
    codes: frozenset[int] = frozenset()

    def covers(self, status: int) -> bool:
        """Is an answer with this status replaced?"""
        if not self.is_on:
            return False
        return status in self.codes if self.codes else 400 <= status < 600


def _combine_overrides(earlier: ErrorOverride, later: ErrorOverride) -> ErrorOverride:
    """The later On or Off; codes add up, even those of outer sections."""
    return ErrorOverride(later.is_on, earlier.codes | later.codes)


def _read_override(call: Call) -> ErrorOverride:
    earlier = [entry.is_on for entry in call.place.group if isinstance(entry, ErrorOverride)]
    is_on: bool | None = earlier[-1] if earlier else None  # of a line before in the same section
    codes = set()
    for index, word in enumerate(call.words):
        if lower(word.text) in {"on", "off"}:
            is_on = lower(word.text) == "on"
        elif is_on is None:
            message = "ProxyErrorOverride first parameter must be one of: off | on"
            raise call.error(message, index)
        else:
            codes.add(_intercepted(call, word.text, index, is_on=is_on))
    override = ErrorOverride(bool(is_on), frozenset(codes))
    call.place.group.append(override)
    return override


def _intercepted(call: Call, text: str, index: int, *, is_on: bool) -> int:
    what = "status codes to intercept must be"
    if not text[:1].isdigit():
        raise call.error(f"ProxyErrorOverride: {what} numeric", index)
    if not is_on:
        message = "ProxyErrorOverride: status codes must follow a value of 'on'"
        raise call.error(message, index)
    status = atoi(text)
    if not 400 <= status < 600:
        message = f"ProxyErrorOverride: {what} valid HTTP Status Codes >=400 && <600"
        raise call.error(message, index)
    return status


ERROR_OVERRIDE: Final[Directive[ErrorOverride]] = directive(
    "ProxyErrorOverride",
    Takes(Arity.EACH, _read_override),
    default=ErrorOverride(),
    contexts=SERVERS | DIRECTORY,
    combine=_combine_overrides,
    combine_in_section=_combine_overrides,
    merge=_combine_overrides,
    usual="Off",
    doc="Whether pages of the server replace what workers send with an error.",
)


@dataclass(frozen=True, slots=True)
class CookieRule:
    """A worker's path or domain in Set-Cookie, and the one that clients get instead."""

    internal: str
    public: str
    interpolate: bool


def _read_cookie_rule(call: Call) -> CookieRule:
    third = call.words[2].text if len(call.words) > 2 else ""
    return CookieRule(call.words[0].text, call.words[1].text, lower(third) == "interpolate")


def _cookie_rules(name: str, what: str) -> Directive[tuple[CookieRule, ...]]:
    takes = Takes(Arity.TWO_OR_THREE, _read_cookie_rule)
    doc = f"Which {what} of a cookie becomes which other."
    return repeated(name, takes, contexts=SERVERS | DIRECTORY, doc=doc)


COOKIE_PATHS: Final = _cookie_rules("ProxyPassReverseCookiePath", "path")
COOKIE_DOMAINS: Final = _cookie_rules("ProxyPassReverseCookieDomain", "domain")


class BadHeader(Enum):
    """What ProxyBadHeader makes of a header line of a worker that is none."""

    IS_ERROR = "iserror"
    IGNORE = "ignore"
    START_BODY = "startbody"


def _read_bad_header(call: Call) -> BadHeader:
    try:
        return BadHeader(lower(call.words[0].text))
    except ValueError:
        message = "ProxyBadHeader must be one of: IsError | Ignore | StartBody"
        raise call.error(message, 0) from None


BAD_HEADER: Final = directive(
    "ProxyBadHeader",
    Takes(Arity.ONE, _read_bad_header),
    default=BadHeader.IS_ERROR,
    contexts=SERVERS,
    usual="IsError",
    doc="What is done about a header line of a worker that is none.",
)


# --- requests -------------------------------------------------------------------------------------

INTERPOLATE: Final = directive(
    "ProxyPassInterpolateEnv",
    FLAG,
    default=False,
    contexts=SERVERS | DIRECTORY,
    doc="Whether ${NAME} counts in rules that have the word interpolate.",
)
PROXY_100_CONTINUE: Final = directive(
    "Proxy100Continue",
    FLAG,
    default=True,
    contexts=SERVERS | DIRECTORY,
    doc="Whether the worker decides on Expect: 100-continue.",
)
MAX_FORWARDS: Final = directive(
    "ProxyMaxForwards",
    Takes(Arity.ONE, lambda call: atoi(call.words[0].text)),
    default=-1,
    contexts=SERVERS,
    doc="The Max-Forwards field of requests that have none; below 0: none is added.",
)


@dataclass(frozen=True, slots=True)
class Blocked:
    """A word of ProxyBlock: a part of a host's name, and the addresses it had at the start."""

    name: str
    addresses: tuple[str, ...]


def _read_block(call: Call) -> tuple[Blocked, ...]:
    names = call.place.names
    words = dict.fromkeys(word.text for word in call.words)
    return tuple(Blocked(text, () if "*" in text else names.addresses(text)) for text in words)


PROXY_BLOCK: Final[Directive[tuple[Blocked, ...]]] = directive(
    "ProxyBlock",
    Takes(Arity.EACH, _read_block),
    default=(),
    contexts=SERVERS,
    combine=lambda earlier, later: earlier + later,
    merge=lambda main, vhost: main + vhost,
    doc="Words and hosts in a worker's URL that are refused.",
)


# --- connections ----------------------------------------------------------------------------------


def _size(name: str, default: int, doc: str, *, wide: bool = False) -> Directive[int]:
    def read(call: Call) -> int:
        text = call.words[0].text
        value = atol(text) if wide else atoi(text)
        if value != 0 and value < 512:
            message = f"{name} must be >= 512 bytes, or 0 for system default."
            raise call.error(message, 0)
        return value

    return directive(name, Takes(Arity.ONE, read), default=default, contexts=SERVERS, doc=doc)


RECEIVE_BUFFER_SIZE: Final = _size(
    "ProxyReceiveBufferSize", 0, "How many bytes the receive buffer of a worker's socket has."
)
IO_BUFFER_SIZE: Final = _size(
    "ProxyIOBufferSize", 8192, "How many bytes are read from a worker at once.", wide=True
)

_C_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")


def _legacy_ipv4(text: str) -> str | None:
    """The address as inet_aton(3) reads it: one to four numbers, the last fills what is left."""
    parts = text.split(".")
    if len(parts) > 4 or not all(_C_NUMBER.fullmatch(part) for part in parts):
        return None
    values = [int(part, 8 if re.fullmatch("0[0-7]+", part) else 0) for part in parts]
    if any(value > 255 for value in values[:-1]) or values[-1] >= 256 ** (5 - len(parts)):
        return None
    last = values[-1].to_bytes(5 - len(parts), "big")
    return ".".join(map(str, [*values[:-1], *last]))


def _read_source_address(call: Call) -> str:
    text = call.words[0].text
    if text.startswith("/"):
        return ""  # httpd takes a path, and binds to nothing by it
    address = text if is_ipv6(text) else _legacy_ipv4(text)
    if address is None:
        found = call.place.names.addresses(text)
        if not found:
            raise call.error("ProxySourceAddress invalid value", 0)
        address = found[0]
    return address


SOURCE_ADDRESS: Final = directive(
    "ProxySourceAddress",
    Takes(Arity.ONE, _read_source_address),
    default="",
    contexts=SERVERS,
    doc="The address that connections to workers come from.",
)
