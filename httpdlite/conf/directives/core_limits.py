"""core.c: limits, protocols, names and logs of the server as a whole.

In: the words of one directive. Out: nothing, or httpd's message. Where httpdlite has a fixed value,
another one is refused by name. Rules: httpd's core documentation; wordings and tolerances (atoi,
32 bits) as observed with 2.4.71.
"""

import re
from collections.abc import Iterator
from typing import Final

from httpdlite.conf.call import DIRECTORY, EVERYWHERE, SERVER, SERVERS, Call, Remark
from httpdlite.conf.directives.core import MODULE
from httpdlite.conf.numbers import atoi, atol
from httpdlite.conf.rows import Arity, Directive, Refusal, Takes, directive, judged
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import different, moot, refused
from httpdlite.conf.values import never, one_of

NO_PROCESSES: Final = moot("there are no processes and threads of this kind here")


def _warn(call: Call, message: str) -> None:
    call.place.warn(Remark(message, call.span, "core:warn"))


# --- limits of requests ---------------------------------------------------------------------------

_INTEGER: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+")
_INT64: Final = 2**63


def _check_body(call: Call) -> None:
    text = call.words[0].text
    if not _INTEGER.fullmatch(text) or text.strip().startswith("-"):
        raise call.error("LimitRequestBody requires a non-negative integer.", 0)
    if int(text.strip()[:40]) >= _INT64:
        raise call.error("LimitRequestBody argument is not parsable.", 0)


_LARGEST_XML: Final = 3074457345618258601


def _check_xml_body(call: Call) -> None:
    size = atol(call.words[0].text)
    if size < 0:
        raise call.error("LimitXMLRequestBody requires a non-negative integer.", 0)
    if size > _LARGEST_XML:
        raise call.error(f"LimitXMLRequestBody must not exceed {_LARGEST_XML}", 0)


def _read_recursion(call: Call) -> tuple[int, int]:
    """How many internal redirects, and how many subrequests within each other, there may be."""
    names = ("AH00119: Limiting internal redirects to very low numbers", "may cause normal")
    second = "AH00120: Limiting the subrequest depth to a very low level"
    for word, text in zip(call.words, (names[0], second), strict=False):
        limit = atoi(word.text)
        if limit <= 0:
            raise call.error("The recursion limit must be greater than zero.")
        if limit < 4:
            _warn(call, f"{text} may cause normal requests to fail.")
    limits = [atoi(word.text) for word in call.words]
    return limits[0], limits[-1]


INTERNAL_RECURSION: Final = directive(
    "LimitInternalRecursion",
    Takes(Arity.ONE_OR_TWO, _read_recursion),
    contexts=SERVERS,
    default=(10, 10),
    doc="How often a request may be redirected internally.",
)


# --- what the server says of itself ---------------------------------------------------------------


def _refuse_on(words: tuple[str, ...], name: str) -> Iterator[Refusal]:
    if lower(words[0]) != "off":
        yield Refusal(f"{name} {words[0]} is not supported yet")


# --- protocols ------------------------------------------------------------------------------------


def _refuse_protocol(words: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(words[0]) != "http":
        yield Refusal(f"the protocol {words[0]} is not supported yet")


# --- what is gone ---------------------------------------------------------------------------------


def _read_name_virtual_host(call: Call) -> tuple[str, ...]:
    if not call.place.anywhere.like(NAME_VIRTUAL_HOST, None):
        message = (
            "AH00548: NameVirtualHost has no effect and will be removed in the next release "
            f"{call.line.file}:{call.line.number}"
        )
        call.place.warn(Remark(message, call.span, apache=(message,)))
    return tuple(word.text for word in call.words)


NAME_VIRTUAL_HOST: Final[Directive[tuple[str, ...]]] = directive(
    "NameVirtualHost",
    Takes(Arity.ONE, _read_name_virtual_host),
    contexts=SERVERS,
    index=lambda _: None,
    standing=moot("Apache 2.4 ignores it as well"),
    doc="Was an address whose virtual hosts have names.",
)


MODULES: Final = (
    (
        MODULE,
        (
            NAME_VIRTUAL_HOST,
            judged(
                "LimitRequestBody",
                Arity.ONE,
                EVERYWHERE,
                moot("Apache does not apply it to requests that it passes to workers, either"),
                "How many bytes the body of a request may have.",
                check=_check_body,
                usual="1073741824",
            ),
            judged(
                "LimitXMLRequestBody",
                Arity.ONE,
                EVERYWHERE,
                moot("nothing reads XML here"),
                "How many bytes a body of XML may have.",
                check=_check_xml_body,
                usual="1000000",
            ),
            INTERNAL_RECURSION,
            judged(
                "Protocols",
                Arity.EACH,
                SERVERS,
                different(
                    "clients are answered in HTTP/1.1, whatever else is listed", but_for="http/1.1"
                ),
                "Which protocols clients may ask for.",
                usual="http/1.1",
            ),
            judged(
                "ProtocolsHonorOrder",
                Arity.ONE,
                SERVERS,
                moot("there is one protocol only"),
                "Whether the order of Protocols counts.",
                check=one_of("on off", "ProtocolsHonorOrder must be 'on' or 'off'"),
                usual="On",
            ),
            judged(
                "Protocol",
                Arity.ONE,
                SERVERS,
                moot("it says what is the case anyway"),
                "The protocol of a listening socket.",
                refuse=_refuse_protocol,
            ),
            judged(
                "AcceptFilter",
                Arity.TWO,
                SERVER,
                moot("connections are accepted at once"),
                "Whether the system waits for data before it hands a connection over.",
            ),
            judged(
                "Port",
                Arity.ONE,
                SERVERS,
                moot("Apache refuses it as well"),
                "Was the port to listen on.",
                check=never("Port was replaced with Listen in Apache 2.0"),
            ),
            judged(
                "ServerPath",
                Arity.ONE,
                SERVERS,
                refused(
                    "is not supported", "Clients without a Host field get the first virtual host."
                ),
                "A path that chooses a virtual host for clients that send no Host.",
            ),
            judged(
                "HostnameLookups",
                Arity.ONE,
                SERVERS | DIRECTORY,
                different(
                    "only what asks for names looks them up: logs have addresses", but_for="off"
                ),
                "Whether the names of clients are looked up.",
                check=one_of("on off double", "parameter must be 'on', 'off', or 'double'"),
                usual="Off",
            ),
            judged(
                "MergeTrailers",
                Arity.FLAG,
                SERVERS,
                moot("trailers are dropped, as with Off"),
                "Whether trailers of a request count as header fields.",
                refuse=lambda words: _refuse_on(words, "MergeTrailers"),
                usual="Off",
            ),
        ),
    ),
)
