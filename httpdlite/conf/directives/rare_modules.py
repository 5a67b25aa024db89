"""Modules that few configurations name, none of which httpdlite has: judged as httpd does.

mod_dav with its stores, heartbeats, mod_suexec, mod_allowmethods, mod_echo, mod_ident, mod_dialup.
In: the words of one directive. Out: httpd's message for what it does not take. Rules: httpd 2.4.71,
as observed.
"""

from collections.abc import Iterator
from typing import Final

from httpdlite.conf.addresses import AddressError, parse_host_port, resolve
from httpdlite.conf.call import DIRECTORY, SERVER, SERVERS, Call, Module
from httpdlite.conf.directives.authz_providers import METHODS
from httpdlite.conf.files import Kind
from httpdlite.conf.rows import Alike, Arity, Check, Refusal, Row, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import Class, Standing, different, moot, refused
from httpdlite.conf.values import number, one_of

_OFF_OR_REFUSED: Final = Standing(Class.MOOT, "it is off, or refused")


def _module(name: str, *rows: Row) -> tuple[Module, tuple[Row, ...]]:
    return judged_module(name), rows


# --- mod_dav --------------------------------------------------------------------------------------

_ABOUT_DAV: Final = Alike(
    moot("it is about DAV, which is refused where it is on"), SERVERS | DIRECTORY
)

_PROVIDERS: Final = {"on": "dav_fs_module", "filesystem": "dav_fs_module", "svn": "dav_svn_module"}


def _check_dav(call: Call) -> None:
    """On, Off, or what brings the resources; its module must be loaded."""
    word = call.words[0].text
    switch = lower(word) if lower(word) in {"on", "off"} else ""
    module = _PROVIDERS.get(switch or word)
    if switch != "off" and (module is None or call.place.find_module(module) is None):
        raise call.error(f"Unknown DAV provider: {'filesystem' if switch else word}", 0)


def _refuse_dav(words: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(words[0]) != "off":
        yield Refusal(
            "DAV is not supported: httpdlite serves no files, so that there is nothing to edit",
            hint="Proxy this path to a server that does, or keep Apache for it.",
        )


_DAV: Final = _module(
    "dav",
    judged(
        "DAV",
        Arity.ONE,
        DIRECTORY,
        _OFF_OR_REFUSED,
        "Whether resources can be edited, and what brings them.",
        check=_check_dav,
        refuse=_refuse_dav,
        usual="Off",
    ),
    _ABOUT_DAV.one("DAVBasePath", "The URL at which the resources begin.", contexts=DIRECTORY),
    _ABOUT_DAV.one(
        "DAVMinTimeout",
        "How long a lock holds at least, in seconds.",
        number(lambda value: value >= 0, "DAVMinTimeout requires a non-negative integer."),
        "0",
    ),
    _ABOUT_DAV.flag("DAVDepthInfinity", "Whether PROPFIND may ask for everything.", "Off"),
    _ABOUT_DAV.flag("DAVLockDiscovery", "Whether locks are shown.", "On"),
)


# --- heartbeats -----------------------------------------------------------------------------------


def _address(kind: str, unresolved: str) -> Check:
    """One host and port, given once; the host must have an IPv4 address."""

    def check(call: Call) -> None:
        earlier, word = call.place.earlier, call.words[0].text
        if earlier.noted("heartbeats", call.name):
            raise call.error(f"{call.name}: May only be specified once.")
        try:
            address = parse_host_port(word)
        except AddressError:
            raise call.error(f"{call.name}: Unable to parse {kind}.", 0) from None
        for part, found in (("host", address.host), ("port", address.port)):
            if not found:
                raise call.error(f"{call.name}: No {part} provided in {kind}", 0)
        addresses = resolve(address.host or "", call.place.names.addresses)
        if not any(":" not in one for one in addresses):
            raise call.error(f"{call.name}: {unresolved}", 0)
        earlier.note("heartbeats", call.name)

    return check


_STORAGE: Final = judged(
    "HeartbeatStorage",
    Arity.ONE,
    SERVER,
    moot("only lbmethod=heartbeat looks at it, which httpdlite has not"),
    "The file that heartbeats are kept in.",
    usual="logs/hb.dat",
)

_HEARTBEATS: Final = (
    _module(
        "heartmonitor",
        judged(
            "HeartbeatListen",
            Arity.ONE,
            SERVER,
            moot("only lbmethod=heartbeat needs heartbeats, which httpdlite has not"),
            "Where heartbeats of other servers arrive.",
            check=_address(
                "multicast address", "apr_sockaddr_info_get failed on multicast address"
            ),
        ),
        _STORAGE,
        judged(
            "HeartbeatMaxServers",
            Arity.ONE,
            SERVER,
            moot("no heartbeats are listened to"),
            "The most servers that send them.",
            check=number(
                lambda value: value == 0 or value >= 10,
                "HeartbeatMaxServers: Should be 0 for file storage, or greater or equal than 10 "
                "for slotmem",
            ),
            usual="10",
        ),
    ),
    _module(
        "heartbeat",
        judged(
            "HeartbeatAddress",
            Arity.ONE,
            SERVER,
            refused(
                "is not supported: httpdlite sends no heartbeats",
                "Let the balancer in front choose by another lbmethod.",
            ),
            "Where this server says how busy it is.",
            check=_address("address", "apr_sockaddr_info_get failed."),
        ),
    ),
    _module("lbmethod_heartbeat", _STORAGE),
)


# --- the rest -------------------------------------------------------------------------------------

_SUEXEC: Final = "/usr/lib/apache2/suexec"  # as Debian builds it


def _check_suexec(call: Call) -> None:
    if call.place.files.kind(_SUEXEC) is not Kind.FILE:
        message = f"{call.name} configured, but suEXEC is disabled: Missing suexec binary {_SUEXEC}"
        raise call.error(message)


def _check_methods(call: Call) -> None:
    words = call.words
    if not words:
        message = "AllowMethods: No method or 'reset' keyword given"
        raise call.error(message, code="wrong-arity")
    if len(words) == 1 and lower(words[0].text) == "reset":
        return
    for index, word in enumerate(words):
        if word.text not in METHODS and not call.place.anywhere.noted("method", word.text):
            raise call.error(f"AllowMethods: Invalid Method '{word.text}'", index)


def _refuse_echo(words: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(words[0]) == "on":
        yield Refusal("ProtocolEcho is not supported")


MODULES: Final = (
    _DAV,
    _module("dav_fs", _ABOUT_DAV.one("DAVLockDB", "The file of locks.", contexts=SERVERS)),
    _module(
        "dav_lock", _ABOUT_DAV.one("DAVGenericLockDB", "The file of locks.", contexts=DIRECTORY)
    ),
    *_HEARTBEATS,
    _module(
        "suexec",
        judged(
            "SuexecUserGroup",
            Arity.TWO,
            SERVERS,
            moot("it is about scripts, and httpdlite runs none"),
            "The user and the group that scripts run as.",
            check=_check_suexec,
        ),
    ),
    _module(
        "allowmethods",
        judged(
            "AllowMethods",
            Arity.WORDS,
            DIRECTORY,
            refused(
                "is not supported: methods are not limited here",
                "Write <LimitExcept GET POST> with the methods, and in it Require all denied.",
                protects=True,
            ),
            "The only methods that are allowed.",
            check=_check_methods,
        ),
    ),
    _module(
        "echo",
        judged(
            "ProtocolEcho",
            Arity.FLAG,
            SERVERS,
            _OFF_OR_REFUSED,
            "Whether all that comes is sent back.",
            refuse=_refuse_echo,
            usual="Off",
        ),
    ),
    _module(
        "ident",
        judged(
            "IdentityCheck",
            Arity.FLAG,
            SERVERS | DIRECTORY,
            different("no client is asked who its user is: %l in a log is always -"),
            "Whether clients are asked for their users (RFC 1413).",
            usual="Off",
        ),
        judged(
            "IdentityCheckTimeout",
            Arity.ONE,
            SERVERS | DIRECTORY,
            moot("no client is asked who its user is"),
            "How long the answer may take, in seconds.",
            usual="30",
        ),
    ),
    _module(
        "dialup",
        judged(
            "ModemStandard",
            Arity.ONE,
            DIRECTORY,
            different("responses are sent as fast as the client takes them"),
            "Sends as slowly as a modem.",
            check=one_of(
                "v.21 v.26bis v.32 v.34 v.92", "mod_dialup: Unknown Modem Standard specified."
            ),
        ),
    ),
)
