"""core.c: which requests are taken, and by which name the server calls itself in answers.

In: the words of one directive. Out: its value, or httpd's message. Rules: httpd's core
documentation; wordings, tolerances (atoi, 32 bits) and merging as observed with 2.4.71. The limits,
HttpProtocolOptions and StrictHostCheck are asked of the first virtual host of the address, before
the name of the wanted one is known.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeVar

from httpdlite.conf.call import DIRECTORY, EVERYWHERE, SERVER, SERVERS, Call
from httpdlite.conf.directives import core
from httpdlite.conf.numbers import atoi
from httpdlite.conf.rows import FLAG, Arity, Directive, Refusal, Takes, directive, repeated
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import different

MODULE: Final = core.MODULE


_Choice = TypeVar("_Choice", bound=Enum)


def _one_of(choices: type[_Choice], message: str) -> Takes[_Choice]:
    """A word, in any case of letters, that is the value of one of `choices`."""

    def read(call: Call) -> _Choice:
        try:
            return choices(lower(call.words[0].text))
        except ValueError:
            raise call.error(message, 0) from None

    return Takes(Arity.ONE, read)


# --- limits ---------------------------------------------------------------------------------------


def _limit(name: str, usual: int, what: str, addition: str = "") -> Directive[int]:
    def read(call: Call) -> int:
        value = atoi(call.words[0].text)
        if value < 0:
            text = call.words[0].text
            raise call.error(f'{name} "{text}" must be a non-negative integer{addition}', 0)
        return value

    doc = f"How {what}."
    return directive(name, Takes(Arity.ONE, read), default=usual, contexts=SERVERS, doc=doc)


LIMIT_REQUEST_LINE: Final = _limit("LimitRequestLine", 8190, "many bytes a request line may have")
LIMIT_REQUEST_FIELD_SIZE: Final = _limit(
    "LimitRequestFieldsize", 8190, "many bytes a header field may have"
)
LIMIT_REQUEST_FIELDS: Final = _limit(
    "LimitRequestFields", 100, "many header fields a request may have", " (0 = no limit)"
)


# --- protocol and methods -------------------------------------------------------------------------

_PAIRS: Final = (
    ("Strict", "Unsafe"),
    ("RegisteredMethods", "LenientMethods"),
    ("Allow0.9", "Require1.0"),
)
_PROTOCOL_OPTIONS: Final = (
    "HttpProtocolOptions accepts 'Unsafe' or 'Strict' (default), 'RegisteredMethods' or "
    "'LenientMethods' (default), and 'Require1.0' or 'Allow0.9' (default)"
)


@dataclass(frozen=True, slots=True)
class ProtocolOptions:
    """What HttpProtocolOptions says; None is not said."""

    unsafe: bool | None = None
    registered_methods: bool | None = None
    require_1_0: bool | None = None


def merge_options(base: ProtocolOptions, over: ProtocolOptions) -> ProtocolOptions:
    """Each of the three by itself."""
    registered, required = over.registered_methods, over.require_1_0
    return ProtocolOptions(
        base.unsafe if over.unsafe is None else over.unsafe,
        base.registered_methods if registered is None else registered,
        base.require_1_0 if required is None else required,
    )


_OPTIONS: Final = {
    "strict": ProtocolOptions(unsafe=False),
    "unsafe": ProtocolOptions(unsafe=True),
    "registeredmethods": ProtocolOptions(registered_methods=True),
    "lenientmethods": ProtocolOptions(registered_methods=False),
    "allow0.9": ProtocolOptions(require_1_0=False),
    "require1.0": ProtocolOptions(require_1_0=True),
}


def _read_protocol_options(call: Call) -> ProtocolOptions:
    earlier = call.place.earlier
    read = ProtocolOptions()
    for index, word in enumerate(call.words):
        name = lower(word.text)
        if name not in _OPTIONS:
            raise call.error(_PROTOCOL_OPTIONS, index)
        earlier.note("protocol option", name)
        for one, other in _PAIRS:
            if all(earlier.noted("protocol option", lower(each)) for each in (one, other)):
                names = f"'{one}' and '{other}'"
                message = f"HttpProtocolOptions {names} are mutually exclusive"
                raise call.error(message, index)
        read = merge_options(read, _OPTIONS[name])
    return read


def _refuse_protocol_options(options: ProtocolOptions) -> Iterator[Refusal]:
    if options.unsafe:
        yield Refusal(
            "HttpProtocolOptions Unsafe is not supported: what it lets through can be read in two "
            "ways, which is how requests are smuggled past a proxy",
            hint="Leave it out: requests are judged strictly, as by default.",
        )


HTTP_PROTOCOL_OPTIONS: Final[Directive[ProtocolOptions]] = directive(
    "HttpProtocolOptions",
    Takes(Arity.EACH, _read_protocol_options),
    default=ProtocolOptions(),
    contexts=SERVERS,
    combine=merge_options,
    merge=merge_options,
    standing=different("requests of HTTP/0.9 are refused, even with Allow0.9"),
    refuse=_refuse_protocol_options,
    usual="Strict LenientMethods Allow0.9",
    doc="How strictly requests are judged, and whether methods must be known.",
)


def _read_methods(call: Call) -> tuple[str, ...]:
    for word in call.words:
        call.place.anywhere.note("method", word.text)
    return tuple(word.text for word in call.words)


REGISTER_HTTP_METHOD: Final = repeated(
    "RegisterHttpMethod",
    Takes(Arity.EACH, _read_methods),
    contexts=SERVER,
    doc="Names of further methods, for HttpProtocolOptions RegisteredMethods.",
)

METHODS: Final = frozenset(
    """
    GET HEAD PUT POST DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK
    UNLOCK VERSION-CONTROL CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY
    BASELINE-CONTROL MERGE
    """.split()
)
"""The methods that httpd knows by itself."""


class Trace(Enum):
    """What TraceEnable makes of TRACE."""

    ON = "on"
    OFF = "off"
    EXTENDED = "extended"  # with a body, too


TRACE_ENABLE: Final = directive(
    "TraceEnable",
    _one_of(Trace, "TraceEnable must be one of 'on', 'off', or 'extended'"),
    default=Trace.ON,
    contexts=SERVERS,
    usual="on",
    doc="Whether TRACE is answered, or passed on to workers.",
)


# --- names ----------------------------------------------------------------------------------------

STRICT_HOST_CHECK: Final = directive(
    "StrictHostCheck",
    FLAG,
    default=False,
    contexts=SERVERS,
    doc="Whether a Host that no virtual host of the address has is refused.",
)


class CanonicalName(Enum):
    """Which name UseCanonicalName takes for URLs of this server."""

    OFF = "off"  # the client's
    ON = "on"  # ServerName
    DNS = "dns"  # that of the address which the client came to


def _refuse_dns(value: CanonicalName) -> Iterator[Refusal]:
    if value is CanonicalName.DNS:
        yield Refusal(
            "UseCanonicalName DNS is not supported: no addresses are looked up while requests wait",
            hint="Write the name as ServerName, and UseCanonicalName On.",
        )


USE_CANONICAL_NAME: Final = directive(
    "UseCanonicalName",
    _one_of(CanonicalName, "parameter must be 'on', 'off', or 'dns'"),
    default=CanonicalName.OFF,
    contexts=SERVERS | DIRECTORY,
    refuse=_refuse_dns,
    usual="Off",
    doc="Which name the server calls itself by in URLs.",
)


def _read_on_off(call: Call) -> bool:
    word = lower(call.words[0].text)
    if word not in {"on", "off"}:
        raise call.error("parameter must be 'on' or 'off'", 0)
    return word == "on"


USE_CANONICAL_PHYSICAL_PORT: Final = directive(
    "UseCanonicalPhysicalPort",
    Takes(Arity.ONE, _read_on_off),
    default=False,
    contexts=SERVERS | DIRECTORY,
    doc="Whether URLs of the server itself name the socket's port.",
)


class Signature(Enum):
    """What ServerSignature puts below the pages that the server makes."""

    OFF = "off"
    ON = "on"  # a line with its name and port
    EMAIL = "email"  # and ServerAdmin


SERVER_SIGNATURE: Final = directive(
    "ServerSignature",
    _one_of(Signature, "ServerSignature: use one of: off | on | email"),
    default=Signature.OFF,
    contexts=EVERYWHERE,
    usual="Off",
    doc="Whether pages that the server makes have a footer.",
)


class Tokens(Enum):
    """How much ServerTokens has the Server field say."""

    PRODUCT = "prod"
    MAJOR = "major"
    MINOR = "minor"
    MINIMAL = "min"
    SYSTEM = "os"
    FULL = "full"


_TOKENS: Final = (
    "ServerTokens takes 1 argument: 'Prod(uctOnly)', 'Major', 'Minor', 'Min(imal)', 'OS', or 'Full'"
)
_LONG: Final = {"productonly": "prod", "minimal": "min"}


def _read_tokens(call: Call) -> Tokens:
    word = lower(call.words[0].text)
    try:
        return Tokens(_LONG.get(word, word))
    except ValueError:
        raise call.error(_TOKENS, 0) from None


SERVER_TOKENS: Final = directive(
    "ServerTokens",
    Takes(Arity.ONE, _read_tokens),
    default=Tokens.FULL,
    contexts=SERVER,
    standing=different("the name is httpdlite, and OS and Full add no system to what Min says"),
    usual="Full",
    doc="How much the Server field and footers say of the program.",
)
