"""mod_proxy.c: which paths go to which workers, and how a worker is spoken to.

In: the words of one directive. Out: its value, or httpd's message. What the parameters of a worker
may be is worker_parameters.py's business. Rules: mod_proxy documentation; add_pass and
ap_proxy_define_worker in its source; wordings and tolerances as observed with 2.4.71.

1. A ProxyPass whose URL begins with the URL of an earlier one of the same server uses that worker.
   httpd then warns about its parameters (AH01146) and does not even look at their values.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from httpdlite.conf.call import DIRECTORY, SERVERS, Call, ConfigError, Module, Remark, Word
from httpdlite.conf.directives import worker_table, workers
from httpdlite.conf.directives.core import SECTIONS_BUT_LOCATION, words_of
from httpdlite.conf.directives.health_checks import has_lbmethod, health_checks
from httpdlite.conf.directives.worker_parameters import (
    HEALTH_CHECK_KEYS,
    BalancerParameters,
    Pairs,
    ParameterError,
    WorkerParameters,
    last_of_each,
    read_balancer_parameters,
    read_worker_parameters,
)
from httpdlite.conf.files import is_glob
from httpdlite.conf.numbers import atoi, duration
from httpdlite.conf.rows import FLAG, Arity, Refusal, Takes, directive, repeated, replace
from httpdlite.conf.spelling import lower
from httpdlite.conf.values import judge_pattern
from httpdlite.diagnostics import Span

__all__ = ["BalancerParameters", "ProxyPass", "ProxyPassReverse", "Via", "WorkerParameters"]

MODULE: Final = Module("proxy_module", "mod_proxy.c")
HTTP_MODULE: Final = Module("proxy_http_module", "mod_proxy_http.c")

SUPPORTED_SCHEMES: Final = frozenset({"http", "https", "ws", "wss"})


@dataclass(frozen=True, slots=True)
class ProxyPass:
    """One rule. `path` is None within a Location; `target` is "!" where the path is excluded.

    `target` is the URL as written, for `unix:` only the part behind the `|`, with `unix_path` what
    stands before it (relative to DefaultRuntimeDir). `mapping` is "encoded", "servlet" or None.
    """

    path: str | None
    target: str
    is_regex: bool
    unix_path: str | None
    parameters: WorkerParameters
    balancer: BalancerParameters | None
    nocanon: bool
    noquery: bool
    interpolate: bool
    mapping: str | None
    directive: str
    span: Span


@dataclass(slots=True)
class _Words:
    """What the words of a ProxyPass say, before any of it is judged."""

    path: Word | None = None
    target: Word | None = None
    is_regex: bool = False
    mapping: str | None = None
    options: frozenset[str] = frozenset()
    pairs: Pairs = ()
    at: dict[str, Word] | None = None


_OPTIONS: Final = frozenset({"nocanon", "interpolate", "noquery"})
_KEY_VALUE: Final = (
    "Invalid ProxyPass|ProxyPassMatch parameter. Parameter must be in the form 'key=value'."
)
_NEEDS_PATH: Final = "ProxyPass|ProxyPassMatch needs a path when not defined in a location"


def _read_words(call: Call, *, match: bool) -> _Words:
    said = _Words(is_regex=match, at={})
    pairs: list[tuple[str, str]] = []
    in_section = call.place.path is not None
    for word in words_of(call):
        if said.path is None and not in_section:
            if word.text == "~":
                if match:
                    raise ConfigError("ProxyPassMatch invalid syntax ('~' usage).", word.span)
                said.is_regex = True
            else:
                said.path = word
        elif said.target is None:
            said.target = word
        elif lower(word.text) in _OPTIONS:
            said.options |= {lower(word.text)}
        else:
            _read_pair(said, word, pairs, in_section=in_section)
    said.pairs = last_of_each(pairs)
    return said


def _read_pair(said: _Words, word: Word, pairs: list[tuple[str, str]], *, in_section: bool) -> None:
    key, equals, value = word.text.partition("=")
    assert said.target is not None
    assert said.at is not None
    if not equals:
        if in_section and said.target.text.startswith("/"):
            message = "ProxyPass|ProxyPassMatch can not have a path when defined in a location."
            raise ConfigError(message, said.target.span)
        hint = "a comment needs a line of its own" if word.text.startswith("#") else None
        raise ConfigError(_KEY_VALUE, word.span, hint=hint)
    if lower(key) == "mapping":
        if lower(value) not in {"encoded", "servlet"}:
            raise ConfigError("unknown mapping", word.span)
        said.mapping = lower(value)
        return
    said.at[lower(key)] = word
    pairs.append((key, value))


def _read_proxy_pass(call: Call) -> ProxyPass:
    return _proxy_pass(call, match=False)


def _read_proxy_pass_match(call: Call) -> ProxyPass:
    return _proxy_pass(call, match=True)


def _proxy_pass(call: Call, *, match: bool) -> ProxyPass:
    said = _read_words(call, match=match)
    if said.target is None:
        raise call.error(_NEEDS_PATH, code="wrong-arity")
    unix_path, target = worker_table.split_unix(said.target, "ProxyPass|ProxyPassMatch")
    _check_regex(call, said)
    rule = ProxyPass(
        path=said.path.text if said.path else None,
        target=target,
        is_regex=said.is_regex,
        unix_path=unix_path,
        parameters=WorkerParameters(),
        balancer=None,
        nocanon="nocanon" in said.options,
        noquery="noquery" in said.options,
        interpolate="interpolate" in said.options,
        mapping=said.mapping,
        directive=call.name,
        span=call.span,
    )
    return rule if target == "!" else _with_parameters(call, said, rule)


def _check_regex(call: Call, said: _Words) -> None:
    """Compiles what httpd would: in a Location, its argument takes the place of the path."""
    section = call.place.path
    pattern = said.path.text if said.path else section or ""
    if not said.is_regex and not (section is not None and is_glob(section)):
        return
    span = said.path.span if said.path else call.span
    judge_pattern(pattern, span, _BAD_REGEX, call.place.warn)


_BAD_REGEX: Final = "Regular expression could not be compiled."


# --- workers --------------------------------------------------------------------------------------


def _with_parameters(call: Call, said: _Words, rule: ProxyPass) -> ProxyPass:
    assert said.target is not None
    if lower(said.target.text[:9]) == "balancer:":
        return dataclasses.replace(rule, balancer=_balancer(call, said))
    url, is_regex = rule.target, rule.is_regex
    shared = worker_table.find_worker(call.place.earlier, url, is_regex=is_regex)
    if shared is not None:
        for key, value in said.pairs:
            _warn_shared(call, said, shared, f"{key}={value}")
        return dataclasses.replace(rule, parameters=WorkerParameters(pairs=said.pairs))
    for message in workers.check_worker(url, rule.unix_path, said.target, is_regex):
        remark = Remark(message, said.target.span, "proxy:error", "worker-name-too-long")
        call.place.warn(remark)
    worker_table.note_worker(call.place.earlier, url, rule.unix_path, is_regex=is_regex)
    try:
        parameters = read_worker_parameters(said.pairs, health_checks=health_checks(call))
    except ParameterError as why:
        raise _parameter_error(said, why) from None
    return dataclasses.replace(rule, parameters=parameters)


def _parameter_error(said: _Words, why: ParameterError) -> ConfigError:
    assert said.at is not None
    return ConfigError(f"ProxyPass {why.message}", said.at[lower(why.key)].span, hint=why.hint)


def _balancer(call: Call, said: _Words) -> BalancerParameters:
    assert said.target is not None
    name = said.target.text
    worker_table.check_balancer(name, said.target, call, "ProxyPass")
    worker_table.note_balancer(call.place.earlier, name)
    try:
        return read_balancer_parameters(said.pairs, has_lbmethod=has_lbmethod(call))
    except ParameterError as why:
        raise _parameter_error(said, why) from None


def _warn_shared(call: Call, said: _Words, name: str, pair: str) -> None:
    message = f"AH01146: Ignoring parameter '{pair}' for worker '{name}' because of worker sharing"
    assert said.at is not None
    word = said.at[lower(pair.partition("=")[0])]
    call.place.warn(Remark(message, word.span, "proxy:warn", "shared-worker"))


def _refuse_rules(rules: tuple[ProxyPass, ...]) -> Iterator[Refusal]:
    for rule in rules:
        if rule.balancer is not None:
            yield Refusal("balancers are not supported yet", hint="Name one worker by its URL.")
        elif rule.target != "!":
            yield from _refuse_scheme(rule)
        if rule.interpolate and "${" in (rule.path or ""):
            yield Refusal(
                "interpolate in the path of a rule is not supported",
                hint="Write the path as it is; in the URL ${NAME} counts.",
            )


def _refuse_scheme(rule: ProxyPass) -> Iterator[Refusal]:
    scheme = lower(rule.target.partition(":")[0])
    if scheme not in SUPPORTED_SCHEMES:
        hint = "Workers are http://, https://, ws:// or wss://."
        yield Refusal(f"workers of scheme {scheme}:// are not supported yet", hint=hint)
    for key, _ in rule.parameters.pairs:
        if lower(key) in HEALTH_CHECK_KEYS:
            yield Refusal(f"health checks ({key}) are not supported yet")


PROXY_PASS: Final = repeated(
    "ProxyPass",
    Takes(Arity.RAW, _read_proxy_pass),
    contexts=SERVERS | DIRECTORY,
    forbidden=SECTIONS_BUT_LOCATION,
    combine_in_section=replace,
    refuse=_refuse_rules,
    doc="Maps a path onto a worker or a balancer, or excludes it with !.",
)
PROXY_PASS_MATCH: Final = repeated(
    "ProxyPassMatch",
    Takes(Arity.RAW, _read_proxy_pass_match),
    contexts=SERVERS | DIRECTORY,
    forbidden=SECTIONS_BUT_LOCATION,
    combine_in_section=replace,
    refuse=_refuse_rules,
    into=PROXY_PASS,
    doc="Maps the paths that an expression matches onto a worker, or excludes them with !.",
)


# --- what comes back ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProxyPassReverse:
    """A worker's URL in Location and its like, and the path it becomes (None: the Location's)."""

    path: str | None
    url: str
    interpolate: bool
    span: Span


def _read_reverse(call: Call) -> ProxyPassReverse:
    first, second = call.words[0].text, call.words[1].text if len(call.words) > 1 else None
    third = call.words[2].text if len(call.words) > 2 else ""
    is_option = second is not None and lower(second) == "interpolate"
    if call.place.path is not None:
        if second is not None and not is_option:
            message = "ProxyPassReverse can not have a path when defined in a location"
            raise call.error(message, 0, code="wrong-arity")
        return ProxyPassReverse(None, first, is_option, call.span)
    if second is None or is_option:
        message = "ProxyPassReverse needs a path when not defined in a location"
        raise call.error(message, code="wrong-arity")
    return ProxyPassReverse(first, second, lower(third) == "interpolate", call.span)


PROXY_PASS_REVERSE: Final = repeated(
    "ProxyPassReverse",
    Takes(Arity.ONE_TO_THREE, _read_reverse),
    contexts=SERVERS | DIRECTORY,
    forbidden=SECTIONS_BUT_LOCATION,
    doc="A path, and the worker's URL that it stands for in what the worker sends back.",
)


# --- switches -------------------------------------------------------------------------------------

PROXY_PRESERVE_HOST: Final = directive(
    "ProxyPreserveHost",
    FLAG,
    default=False,
    contexts=SERVERS | DIRECTORY,
    doc="Whether the worker is sent the client's Host instead of its own.",
)


def _refuse_forward_proxy(on: bool) -> Iterator[Refusal]:
    if on:
        yield Refusal(
            "forward proxying (ProxyRequests On) is not supported",
            hint="A reverse proxy needs no ProxyRequests; On would let anyone go anywhere.",
        )


PROXY_REQUESTS: Final = directive(
    "ProxyRequests",
    FLAG,
    default=False,
    contexts=SERVERS,
    refuse=_refuse_forward_proxy,
    doc="Whether clients may ask for any URL of the world.",
)


def _read_proxy_timeout(call: Call) -> int:
    seconds = atoi(call.words[0].text)
    if seconds < 1:
        raise call.error("Proxy Timeout must be at least 1 second.", 0)
    return seconds


PROXY_TIMEOUT: Final = directive(
    "ProxyTimeout",
    Takes(Arity.ONE, _read_proxy_timeout),
    contexts=SERVERS,
    doc="Whole seconds without progress after which a worker is given up.",
)
PROXY_ADD_HEADERS: Final = directive(
    "ProxyAddHeaders",
    FLAG,
    default=True,
    contexts=SERVERS | DIRECTORY,
    doc="Whether workers are told the client's address and Host in X-Forwarded fields.",
)


class Via(Enum):
    """What ProxyVia makes of the Via field."""

    OFF = "off"
    ON = "on"
    FULL = "full"
    BLOCK = "block"


def _read_via(call: Call) -> Via:
    try:
        return Via(lower(call.words[0].text))
    except ValueError:
        raise call.error("ProxyVia must be one of: off | on | full | block", 0) from None


PROXY_VIA: Final = directive(
    "ProxyVia",
    Takes(Arity.ONE, _read_via),
    default=Via.OFF,
    contexts=SERVERS,
    doc="Whether the proxy names itself in Via: off, on, full or block.",
)


# Of httpd's trunk only; what they mean here is in docs/websocket.md.


def _read_async_time(call: Call) -> float:
    """A time; of all negative ones only -1 is taken, which is the same as none."""
    text = call.words[0].text
    if text == "-1":
        return -1.0
    seconds = duration(text, "s", any_case=True)
    if seconds is None:
        raise call.error(f"{call.name} has wrong format", 0)
    return seconds


PROXY_ASYNC_DELAY: Final = directive(
    "ProxyAsyncDelay",
    Takes(Arity.ONE, _read_async_time),
    contexts=SERVERS | DIRECTORY,
    doc="How long a tunnel must have been silent before it moves to the shared loop; -1: never.",
)
PROXY_ASYNC_IDLE_TIMEOUT: Final = directive(
    "ProxyAsyncIdleTimeout",
    Takes(Arity.ONE, _read_async_time),
    contexts=SERVERS | DIRECTORY,
    doc="How long a tunnel may be silent in both directions; 0 for any time, -1 as if unset.",
)
