"""The key=value parameters of workers and balancers (ProxyPass; later BalancerMember, ProxySet).

In: keys and values as written. Out: `WorkerParameters` or `BalancerParameters`, or httpd's message
without the directive's name. Rules and limits: set_worker_param and set_balancer_param of
mod_proxy.c, as observed with 2.4.71. Keys are case-insensitive; the last of the same key counts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from httpdlite.conf.numbers import atof, atoi, atol, duration
from httpdlite.conf.spelling import did_you_mean, lower

Pairs = tuple[tuple[str, str], ...]


class ParameterError(ValueError):
    """A value is wrong; the text is httpd's. `key` as written."""

    def __init__(self, message: str, key: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.key = key
        self.hint = hint


@dataclass(frozen=True, slots=True)
class WorkerParameters:
    """What a worker was given; None is unset. Times are in seconds, sizes in bytes."""

    min: int | None = None
    max: int | None = None
    smax: int | None = None
    ttl: int | None = None
    acquire: float | None = None
    connectiontimeout: float | None = None
    timeout: int | None = None
    retry: int | None = None
    keepalive: bool | None = None
    disablereuse: bool | None = None
    addressttl: int | None = None
    ping: float | None = None
    flushpackets: str | None = None  # on, off, auto
    flushwait: float | None = None
    iobuffersize: int | None = None
    receivebuffersize: int | None = None
    responsefieldsize: int | None = None
    loadfactor: float | None = None
    lbset: int | None = None
    route: str | None = None
    redirect: str | None = None
    status: str | None = None
    upgrade: str | None = None
    secret: str | None = None
    flusher: str | None = None
    pairs: Pairs = ()

    def changed_by(self, later: "WorkerParameters") -> "WorkerParameters":
        """These with what was given later, parameter by parameter."""
        names = [field.name for field in fields(later) if field.name != "pairs"]
        given = {name: getattr(later, name) for name in names}
        changes = {name: value for name, value in given.items() if value is not None}
        return replace(self, **changes, pairs=(*self.pairs, *later.pairs))


@dataclass(frozen=True, slots=True)
class BalancerParameters:
    """What a balancer was given; None is unset. Times are in seconds."""

    lbmethod: str | None = None
    stickysession: str | None = None
    stickysessionsep: str | None = None  # one character, or "" for Off
    scolonpathdelim: bool | None = None
    nofailover: bool | None = None
    timeout: int | None = None
    maxattempts: int | None = None
    failonstatus: tuple[int, ...] | None = None
    failontimeout: bool | None = None
    forcerecovery: bool | None = None
    growth: int | None = None
    nonce: str | None = None
    pairs: Pairs = ()


class _WrongError(ValueError):
    """httpd's message for a value."""


Reader = Callable[[str], object]


def _at_least(least: int, message: str, most: int = 2**31) -> Reader:
    def read(text: str) -> int:
        number = atoi(text)
        if not least <= number <= most:
            raise _WrongError(message)
        return number

    return read


def _on_off(name: str) -> Reader:
    def read(text: str) -> bool:
        if lower(text) not in {"on", "off"}:
            raise _WrongError(f"{name} must be On|Off")
        return lower(text) == "on"

    return read


def _time(unit: str, wrong: str, short: str) -> Reader:
    def read(text: str) -> float:
        seconds = duration(text or "0", unit)
        if seconds is None:
            raise _WrongError(wrong)
        if seconds < 0.001:
            raise _WrongError(short)
        return seconds

    return read


def _shorter_than(limit: int, message: str) -> Reader:
    def read(text: str) -> str:
        if len(text.encode("utf-8", "surrogateescape")) >= limit:
            raise _WrongError(message)
        return text

    return read


def _size(name: str) -> Reader:
    def read(text: str) -> int:
        number = atol(text)
        if number < 512 and number != 0:
            raise _WrongError(f"{name} must be >= 512 bytes, or 0 for system default.")
        return number

    return read


def _response_field_size(text: str) -> int:
    number = atol(text)
    if number < 0:
        raise _WrongError(
            "ResponseFieldSize must be greater than 0 bytes, or 0 for system default."
        )
    return number


def _load_factor(text: str) -> float:
    number = atof(text)
    if not 100 <= int(min(number, 1000.0) * 100.0) <= 10000:
        raise _WrongError("LoadFactor must be a number between 1..100")
    return number


def _address_ttl(text: str) -> int:
    number = atol(text)
    if text.strip("+-0123456789") or not -1 <= number <= 2**31 - 1:
        raise _WrongError("AddressTTL must be -1 or a number of seconds not exceeding (2147483647)")
    return number


def _flush_packets(text: str) -> str:
    if lower(text) not in {"on", "off", "auto"}:
        raise _WrongError("flushpackets must be on|off|auto")
    return lower(text)


_STATUS_LETTERS: Final = frozenset("cdefghinorsuCDEFGHINORSU")


def _status(text: str) -> str:
    signed = text.replace("+", " ").replace("-", " ")
    if (
        any(part == "" for part in signed.split(" ")[1:])
        or not set(signed.replace(" ", "")) <= _STATUS_LETTERS
    ):
        raise _WrongError("Unknown status parameter option")
    return text


def _flush_wait(text: str) -> float:
    number = _at_least(
        0, "flushwait must be <= 1000, or 0 for system default of 10 millseconds.", 1000
    )(text)
    assert isinstance(number, int)
    return number / 1000


def _negated(read: Reader) -> Reader:
    return lambda text: not read(text)


_WORKER: Final[Mapping[str, tuple[str, Reader]]] = {
    "min": ("min", _at_least(0, "Min must be a positive number")),
    "max": ("max", _at_least(0, "Max must be a positive number")),
    "smax": ("smax", _at_least(0, "Smax must be a positive number")),
    "ttl": ("ttl", _at_least(1, "TTL must be at least one second")),
    "timeout": ("timeout", _at_least(1, "Timeout must be at least one second")),
    "retry": ("retry", _at_least(0, "Retry must be a positive value")),
    "acquire": (
        "acquire",
        _time("ms", "Acquire timeout has wrong format", "Acquire must be at least one millisecond"),
    ),
    "connectiontimeout": (
        "connectiontimeout",
        _time(
            "s",
            "Connectiontimeout has wrong format",
            "Connectiontimeout must be at least one millisecond.",
        ),
    ),
    "ping": (
        "ping",
        _time(
            "s",
            "Ping/Pong timeout has wrong format",
            "Ping/Pong timeout must be at least one millisecond",
        ),
    ),
    "keepalive": ("keepalive", _on_off("KeepAlive")),
    "disablereuse": ("disablereuse", _on_off("DisableReuse")),
    "enablereuse": ("disablereuse", _negated(_on_off("EnableReuse"))),
    "addressttl": ("addressttl", _address_ttl),
    "flushpackets": ("flushpackets", _flush_packets),
    "flushwait": ("flushwait", _flush_wait),
    "iobuffersize": ("iobuffersize", _size("IOBufferSize")),
    "receivebuffersize": ("receivebuffersize", _size("ReceiveBufferSize")),
    "responsefieldsize": ("responsefieldsize", _response_field_size),
    "loadfactor": ("loadfactor", _load_factor),
    "lbset": ("lbset", _at_least(0, "lbset must be between 0 and 99", 99)),
    "route": ("route", _shorter_than(64, "Route length must be < 64 characters")),
    "redirect": ("redirect", _shorter_than(64, "Redirect length must be < 64 characters")),
    "status": ("status", _status),
    "upgrade": ("upgrade", _shorter_than(16, "upgrade protocol length must be < 16 characters")),
    "secret": ("secret", _shorter_than(64, "Secret length must be < 64 characters")),
    "flusher": ("flusher", _shorter_than(16, "flusher name length must be < 16 characters")),
}


def _separator(text: str) -> str:
    if lower(text) == "off":
        return ""
    if len(text) != 1:
        raise _WrongError("stickysessionsep must be a single character or Off")
    return text


def _fail_on_status(text: str) -> tuple[int, ...]:
    codes = tuple(atoi(part) for part in text.replace(",", " ").split())
    if not all(100 <= code < 600 for code in codes):
        raise _WrongError("failonstatus must be one or more HTTP response codes")
    return codes


_BALANCER: Final[Mapping[str, tuple[str, Reader]]] = {
    "lbmethod": ("lbmethod", str),
    "stickysession": ("stickysession", str),
    "stickysessionsep": ("stickysessionsep", _separator),
    "scolonpathdelim": ("scolonpathdelim", _on_off("scolonpathdelim")),
    "nofailover": ("nofailover", _on_off("failover")),
    "timeout": ("timeout", _at_least(1, "timeout must be at least one second")),
    "maxattempts": (
        "maxattempts",
        _at_least(0, "maximum number of attempts must be a positive number"),
    ),
    "failonstatus": ("failonstatus", _fail_on_status),
    "failontimeout": ("failontimeout", _on_off("failontimeout")),
    "forcerecovery": ("forcerecovery", _on_off("forcerecovery")),
    "growth": ("growth", _at_least(1, "growth must be between 1 and 100", 100)),
    "nonce": ("nonce", _shorter_than(37, "Provided nonce is too large")),
}

HEALTH_CHECK_KEYS: Final = frozenset(
    {"hcmethod", "hcinterval", "hcpasses", "hcfails", "hcuri", "hcexpr", "hctemplate"}
)
"""The keys of mod_proxy_hcheck, known where that module is loaded."""


def last_of_each(pairs: Iterable[tuple[str, str]]) -> Pairs:
    """The pairs as APR's table keeps them: at the place of the first, with the last value."""
    table: dict[str, tuple[str, str]] = {}
    for key, value in pairs:
        table[lower(key)] = (table.get(lower(key), (key,))[0], value)
    return tuple(table.values())


def read_worker_parameters(
    pairs: Pairs, *, health_checks: Callable[[str, str], object] | None
) -> WorkerParameters:
    """Reads a worker's parameters. Raises ParameterError.

    `health_checks` looks at those of mod_proxy_hcheck, where that module is loaded.
    """
    unknown = "unknown Worker hcheck parameter" if health_checks else "unknown Worker parameter"
    return WorkerParameters(**_values(_WORKER, pairs, unknown, health_checks), pairs=pairs)


def read_balancer_parameters(
    pairs: Pairs, *, has_lbmethod: Callable[[str], bool]
) -> BalancerParameters:
    """Reads a balancer's parameters. Raises ParameterError."""
    for key, value in pairs:
        if lower(key) == "lbmethod" and not has_lbmethod(value):
            raise ParameterError("unknown lbmethod", key)
    values = _values(_BALANCER, pairs, "unknown Balancer parameter", None)
    return BalancerParameters(**values, pairs=pairs)


def _values(
    table: Mapping[str, tuple[str, Reader]],
    pairs: Pairs,
    unknown: str,
    health_checks: Callable[[str, str], object] | None,
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in pairs:
        if health_checks is not None and lower(key) in HEALTH_CHECK_KEYS:
            health_checks(key, value)
            continue
        if lower(key) not in table:
            known = [*table, *(HEALTH_CHECK_KEYS if health_checks else ())]
            raise ParameterError(unknown, key, did_you_mean(key, known))
        field, read = table[lower(key)]
        try:
            values[field] = read(value)
        except _WrongError as why:
            raise ParameterError(str(why), key) from None
    return values
