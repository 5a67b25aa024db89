"""What mod_proxy_hcheck and the lbmethod modules add to the parameters of workers and balancers.

In: a key and a value, or the name of an lbmethod. Out: nothing, or httpd's message without the
directive's name. Templates and expressions are those that the same server was given before. Rules:
set_worker_hc_param in mod_proxy_hcheck.c, as observed with 2.4.71.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from httpdlite.conf.call import Call
from httpdlite.conf.directives.worker_parameters import ParameterError
from httpdlite.conf.numbers import atoi, duration
from httpdlite.conf.spelling import lower

METHODS: Final = frozenset("none tcp options head get cping options11 head11 get11".split())
LONGEST_URI: Final = 63  # bytes

LBMETHODS: Final = frozenset({"byrequests", "bytraffic", "bybusyness", "heartbeat"})


def has_lbmethod(call: Call) -> Callable[[str], bool]:
    """Whether the module of an lbmethod is loaded where a directive stands."""

    def has(name: str) -> bool:
        # Without any LoadModule nothing is missing: the balancer itself is what is refused.
        found = call.place.find_module(f"lbmethod_{name}_module")
        return name in LBMETHODS and (found is not None or not call.place.explicit_modules)

    return has


def health_checks(call: Call) -> Callable[[str, str], object] | None:
    """What looks at the parameters of health checks; None where their module is not loaded."""
    if not call.place.explicit_modules or call.place.find_module("proxy_hcheck_module") is None:
        return None
    return partial(check_health, call)


def check_health(call: Call, key: str, value: str) -> None:
    """Raises ParameterError for a wrong value; other keys are not known here."""
    message = _CHECKS[lower(key)](call, value)
    if message is not None:
        raise ParameterError(message, key)


def _template(call: Call, value: str) -> str | None:
    if call.place.earlier.noted("health template", lower(value)):
        return None
    return f"Unknown ProxyHCTemplate name: {value}"


def _expression(call: Call, value: str) -> str | None:
    if call.place.earlier.noted("health expression", lower(value)):
        return None
    return f"Unknown health check condition expr: {value}"


def _interval(_: Call, value: str) -> str | None:
    seconds = duration(value, "s")
    if seconds is None:
        return "Unparse-able hcinterval setting"
    if seconds < 0.1:
        return "Interval must be a positive value greater than 100ms"
    return None


def _passes(_: Call, value: str) -> str | None:
    return "Passes must be a positive value" if atoi(value) < 0 else None


def _fails(_: Call, value: str) -> str | None:
    return "Fails must be a positive value" if atoi(value) < 0 else None


def _method(_: Call, value: str) -> str | None:
    if lower(value) == "provider":
        return "Health check method PROVIDER not (yet) implemented"
    return None if lower(value) in METHODS else "Unknown method"


def _uri(_: Call, value: str) -> str | None:
    if len(value.encode("utf-8", "surrogateescape")) <= LONGEST_URI:
        return None
    return f"Health check uri length must be < {LONGEST_URI + 1} characters"


_CHECKS: Final[dict[str, Callable[[Call, str], str | None]]] = {
    "hctemplate": _template,
    "hcexpr": _expression,
    "hcinterval": _interval,
    "hcpasses": _passes,
    "hcfails": _fails,
    "hcmethod": _method,
    "hcuri": _uri,
}
