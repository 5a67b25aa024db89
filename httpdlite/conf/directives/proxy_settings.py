"""mod_proxy.c and the modules of single schemes: settings that httpdlite does not have (yet).

In: the words of one directive. Out: nothing, or httpd's message. Rules: mod_proxy documentation and
those of mod_proxy_fcgi, _ftp, _scgi, _express and _connect; wordings and tolerances as observed
with 2.4.71.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.addresses import is_ipv6
from httpdlite.conf.directives.core import EVERYWHERE
from httpdlite.conf.directives.mod_proxy import MODULE
from httpdlite.conf.numbers import atoi, atol
from httpdlite.conf.registry import (
    DIRECTORY,
    SERVER,
    VHOST,
    Arity,
    Call,
    Directive,
    Module,
    Refusal,
    Remark,
    Takes,
    directive,
    judged,
    lower,
)
from httpdlite.conf.standing import later, moot
from httpdlite.conf.values import Check, expression, number, one_of, pattern

SERVERS: Final = SERVER | VHOST
IN_SECTIONS: Final = SERVER | VHOST | DIRECTORY

FORWARD_ONLY: Final = moot("it is about forward proxying, which httpdlite does not do")

FCGI: Final = Module("proxy_fcgi_module", "mod_proxy_fcgi.c", implemented=False)
FTP: Final = Module("proxy_ftp_module", "mod_proxy_ftp.c", implemented=False)
SCGI: Final = Module("proxy_scgi_module", "mod_proxy_scgi.c", implemented=False)
EXPRESS: Final = Module("proxy_express_module", "mod_proxy_express.c", implemented=False)
CONNECT: Final = Module("proxy_connect_module", "mod_proxy_connect.c", implemented=False)


# --- other proxies --------------------------------------------------------------------------------

_PORT: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?)([0-9]+)")


def _check_remote(call: Call) -> None:
    _, colon, rest = call.words[1].text.partition(":")
    if not colon or not rest.startswith("//") or len(rest) < 3:
        raise call.error(f"{call.name}: Bad syntax for a remote proxy server", 1)
    _, colon, port = rest[2:].partition(":")
    if colon:
        found = _PORT.match(port)
        # sscanf("%u") wraps, and a negative number is cut to 16 bits afterwards
        if found is None or (found[1] != "-" and int(found[2][:40]) % 2**32 > 65535):
            message = f"{call.name}: Bad syntax for a remote proxy server (bad port number)"
            raise call.error(message, 1)
    if call.name == "ProxyRemoteMatch":
        message = "Regular expression for ProxyRemoteMatch could not be compiled."
        pattern(call, call.words[0].text, 0, message)


_QUADS: Final = re.compile(
    r"([0-9]{1,3})(?:\.([0-9]{1,3}))?(?:\.([0-9]{1,3}))?(?:\.([0-9]{1,3}))?\.?"
)


def _check_no_proxy(call: Call) -> None:
    """httpd guesses a mask for an address whose last parts are 0 or not there, and says so."""
    for word in call.words:
        found = _QUADS.fullmatch(word.text)
        quads = [int(part) for part in found.groups() if part is not None] if found else []
        if not quads or max(quads) > 255 or not any(quads):
            continue
        if len(quads) == 4 and word.text.endswith("."):
            continue
        significant = max(index for index, quad in enumerate(quads) if quad) + 1
        if len(quads) < 4:
            significant = len(quads)
        if significant == 4:
            continue
        shown = ".".join(map(str, (*quads, 0, 0, 0)[:4]))
        message = (
            "AH00900: Warning: NetMask not supplied with IP-Addr; guessing: "
            f"{shown}/{significant * 8}"
        )
        call.place.warn(Remark(message, word.span, apache=(message,)))


def _check_domain(call: Call) -> None:
    if not call.words[0].text.startswith("."):
        raise call.error("ProxyDomain: domain name must start with a dot.", 0)


_C_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")


def _is_legacy_ipv4(text: str) -> bool:
    """Whether inet_aton(3) takes it: one to four numbers, the last one filling what is left."""
    parts = text.split(".")
    if len(parts) > 4 or not all(_C_NUMBER.fullmatch(part) for part in parts):
        return False
    values = [int(part, 8 if re.fullmatch("0[0-7]+", part) else 0) for part in parts]
    return all(value < 256 for value in values[:-1]) and values[-1] < 256 ** (5 - len(parts))


def _check_source_address(call: Call) -> None:
    text = call.words[0].text
    known = text.startswith("/") or is_ipv6(text) or _is_legacy_ipv4(text)
    if not known and not call.place.names.addresses(text):
        raise call.error("ProxySourceAddress invalid value", 0)


def _size(name: str, *, wide: bool = False) -> Check:
    message = f"{name} must be >= 512 bytes, or 0 for system default."
    read = atol if wide else atoi
    return number(lambda value: value == 0 or value >= 512, message, read=read)


# --- ProxyErrorOverride ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Override:
    """What the last word on or off said."""

    is_on: bool


def _read_override(call: Call) -> tuple[str, ...]:
    earlier = [entry.is_on for entry in call.place.group if isinstance(entry, _Override)]
    is_on: bool | None = earlier[-1] if earlier else None  # of a line before in the same section
    for index, word in enumerate(call.words):
        if lower(word.text) in {"on", "off"}:
            is_on = lower(word.text) == "on"
        elif is_on is None:
            message = "ProxyErrorOverride first parameter must be one of: off | on"
            raise call.error(message, index)
        else:
            _check_intercepted(call, word.text, index, is_on=is_on)
    call.place.group.append(_Override(is_on=bool(is_on)))
    return (call.words[0].text,)


def _check_intercepted(call: Call, text: str, index: int, *, is_on: bool) -> None:
    what = "status codes to intercept must be"
    if not text[:1].isdigit():
        raise call.error(f"ProxyErrorOverride: {what} numeric", index)
    if not is_on:
        message = "ProxyErrorOverride: status codes must follow a value of 'on'"
        raise call.error(message, index)
    if not 400 <= atoi(text) < 600:
        message = f"ProxyErrorOverride: {what} valid HTTP Status Codes >=400 && <600"
        raise call.error(message, index)


def _refuse_on(words: tuple[str, ...], name: str) -> Iterator[Refusal]:
    if lower(words[0]) != "off":
        yield Refusal(f"{name} {words[0]} is not supported yet")


def _refuse_no_continue(words: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(words[0]) == "off":
        yield Refusal("Proxy100Continue Off is not supported yet")


def _refuse_max_forwards(words: tuple[str, ...]) -> Iterator[Refusal]:
    if atoi(words[0]) >= 0:
        yield Refusal(f"ProxyMaxForwards {words[0]} is not supported yet")


def _refuse_bad_header(words: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(words[0]) != "iserror":
        yield Refusal(f"ProxyBadHeader {words[0]} is not supported yet")


def _refuse_express(words: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(words[0]) == "on":
        yield Refusal(
            "ProxyExpressEnable is not supported", hint="Write a ProxyPass for each host."
        )


ERROR_OVERRIDE: Final[Directive[tuple[str, ...]]] = directive(
    "ProxyErrorOverride",
    Takes(Arity.EACH, _read_override),
    contexts=IN_SECTIONS,
    standing=moot("errors of workers are passed on, as with Off"),
    refuse=lambda words: _refuse_on(words, "ProxyErrorOverride"),
    usual="Off",
    doc="Whether pages of the server replace what workers send with an error.",
)


# --- schemes --------------------------------------------------------------------------------------


def _check_ports(call: Call) -> None:
    for index, word in enumerate(call.words):
        first, dash, last = word.text.partition("-")
        if not word.text[:1].isdigit():
            raise call.error("AllowCONNECT: port numbers must be numeric", index)
        if not first.isdigit():
            raise call.error(f"Cannot parse '{word.text}' as port number", index)
        if dash and not last.isdigit():
            raise call.error(f"Cannot parse '{last}' as port number", index)


def _check_fcgi_variable(call: Call) -> None:
    def check(index: int, *, string: bool) -> None:
        text = call.words[index].text
        shown = text.replace("{", "{{").replace("}", "}}")
        message = f'Could not parse expression "{shown}": {{}}'
        expression(call, text, index, message, string=string)

    check(0, string=False)
    value = call.text(2)
    if value is None:
        return
    name = call.words[1].text
    if name.startswith("!"):
        unset = f"ProxyFCGISetEnvIf's unset mode ({name})"
        raise call.error(f'Third argument ("{value}") is not allowed when using {unset}', 2)
    check(2, string=True)


_ONLY_WITH_FCGI: Final = moot("workers that speak FastCGI are refused where they are named")
_ONLY_WITH_FTP: Final = moot("workers that speak FTP are refused where they are named")
_ONLY_WITH_SCGI: Final = moot("workers that speak SCGI are refused where they are named")

MODULES: Final = (
    (
        MODULE,
        (
            ERROR_OVERRIDE,
            judged(
                "ProxyRemote",
                Arity.TWO_OR_THREE,
                SERVERS,
                later(),
                "Another proxy through which URLs are asked for.",
                check=_check_remote,
            ),
            judged(
                "ProxyRemoteMatch",
                Arity.TWO_OR_THREE,
                SERVERS,
                later(),
                "Another proxy through which the URLs that an expression matches are asked for.",
                check=_check_remote,
            ),
            judged(
                "ProxyPassInterpolateEnv",
                Arity.FLAG,
                IN_SECTIONS,
                moot("rules with interpolate are refused where they stand"),
                "Whether ${NAME} counts in rules that have the word interpolate.",
                usual="Off",
            ),
            judged(
                "Proxy100Continue",
                Arity.FLAG,
                IN_SECTIONS,
                moot("Expect: 100-continue is passed on, as with On"),
                "Whether the worker decides on Expect: 100-continue.",
                refuse=_refuse_no_continue,
                usual="On",
            ),
            *(
                judged(
                    name,
                    Arity.TWO_OR_THREE,
                    IN_SECTIONS,
                    later("Let the application set its cookies for the public address."),
                    f"Which {what} of a cookie becomes which other.",
                )
                for name, what in (
                    ("ProxyPassReverseCookiePath", "path"),
                    ("ProxyPassReverseCookieDomain", "domain"),
                )
            ),
            judged(
                "ProxyBlock",
                Arity.EACH,
                SERVERS,
                later("Leave out the rules for such workers.", protects=True),
                "Words and hosts in a worker's URL that are refused.",
            ),
            judged(
                "NoProxy",
                Arity.EACH,
                SERVERS,
                moot("without ProxyRemote every worker is asked directly"),
                "What is asked for directly although there is a ProxyRemote.",
                check=_check_no_proxy,
            ),
            judged(
                "ProxyReceiveBufferSize",
                Arity.ONE,
                SERVERS,
                moot("sockets to workers have the buffers that the system gives them"),
                "How many bytes the receive buffer of a worker's socket has.",
                check=_size("ProxyReceiveBufferSize"),
                usual="0",
            ),
            judged(
                "ProxyIOBufferSize",
                Arity.ONE,
                SERVERS,
                moot("buffers have a size of their own"),
                "How many bytes are read from a worker at once.",
                check=_size("ProxyIOBufferSize", wide=True),
                usual="8192",
            ),
            judged(
                "ProxyMaxForwards",
                Arity.ONE,
                SERVERS,
                moot("no Max-Forwards field is added, as by default"),
                "The Max-Forwards field of requests that have none.",
                refuse=_refuse_max_forwards,
                usual="-1",
            ),
            judged(
                "ProxyDomain",
                Arity.ONE,
                SERVERS,
                FORWARD_ONLY,
                "The domain of hosts that are named without one.",
                check=_check_domain,
            ),
            judged(
                "ProxyBadHeader",
                Arity.ONE,
                SERVERS,
                moot("a worker's bad header field is an error, as by default"),
                "What is done about a header line of a worker that is none.",
                check=one_of(
                    "iserror ignore startbody",
                    "ProxyBadHeader must be one of: IsError | Ignore | StartBody",
                ),
                refuse=_refuse_bad_header,
                usual="IsError",
            ),
            judged(
                "ProxySourceAddress",
                Arity.ONE,
                SERVERS,
                later(),
                "The address that connections to workers come from.",
                check=_check_source_address,
            ),
        ),
    ),
    (
        FCGI,
        (
            judged(
                "ProxyFCGIBackendType",
                Arity.ONE,
                EVERYWHERE,
                _ONLY_WITH_FCGI,
                "What kind of program a FastCGI worker is.",
                check=one_of(
                    "generic fpm",
                    "ProxyFCGIBackendType requires one of the following arguments: "
                    "'GENERIC', 'FPM'",
                ),
                usual="FPM",
            ),
            judged(
                "ProxyFCGISetEnvIf",
                Arity.TWO_OR_THREE,
                EVERYWHERE,
                _ONLY_WITH_FCGI,
                "A variable for FastCGI workers, if a condition holds.",
                check=_check_fcgi_variable,
            ),
        ),
    ),
    (
        FTP,
        (
            judged(
                "ProxyFtpListOnWildcard",
                Arity.FLAG,
                IN_SECTIONS,
                _ONLY_WITH_FTP,
                "Whether * and ? in a URL list files.",
                usual="On",
            ),
            judged(
                "ProxyFtpEscapeWildcards",
                Arity.FLAG,
                IN_SECTIONS,
                _ONLY_WITH_FTP,
                "Whether * and ? are escaped for the server.",
                usual="On",
            ),
            judged(
                "ProxyFtpDirCharset",
                Arity.ONE,
                IN_SECTIONS,
                _ONLY_WITH_FTP,
                "The charset of lists of files.",
                usual="ISO-8859-1",
            ),
        ),
    ),
    (
        SCGI,
        (
            judged(
                "ProxySCGISendfile",
                Arity.ONE,
                IN_SECTIONS,
                _ONLY_WITH_SCGI,
                "The field by which a worker names a file to send.",
                usual="Off",
            ),
            judged(
                "ProxySCGIInternalRedirect",
                Arity.ONE,
                IN_SECTIONS,
                _ONLY_WITH_SCGI,
                "The field by which a worker redirects internally.",
                usual="On",
            ),
        ),
    ),
    (
        EXPRESS,
        (
            judged(
                "ProxyExpressEnable",
                Arity.FLAG,
                EVERYWHERE,
                moot("it is off"),
                "Whether a DBM file says which host goes to which worker.",
                refuse=_refuse_express,
                usual="Off",
            ),
            *(
                judged(
                    name,
                    Arity.ONE,
                    EVERYWHERE,
                    moot("it counts only with ProxyExpressEnable, which is refused"),
                    doc,
                )
                for name, doc in (
                    ("ProxyExpressDBMFile", "The DBM file of hosts and workers."),
                    ("ProxyExpressDBMType", "The kind of that DBM file."),
                )
            ),
        ),
    ),
    (
        CONNECT,
        (
            judged(
                "AllowCONNECT",
                Arity.EACH,
                SERVERS,
                FORWARD_ONLY,
                "The ports that CONNECT may ask for.",
                check=_check_ports,
                usual="443 563",
            ),
        ),
    ),
)
