"""mod_proxy.c: <Proxy> sections, and what is said of workers and balancers apart from ProxyPass.

In: the words of one directive or of an opening tag. Out: nothing, or httpd's message; workers and
balancers that are named are noted for later lines. Rules: mod_proxy
documentation; wordings and tolerances as observed with 2.4.71.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.call import DIRECTORY, SERVERS, Call, ConfigError, Remark, Word
from httpdlite.conf.call import PROXY as IN_PROXY
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.directives.core_sections import one_word, pattern_first
from httpdlite.conf.directives.health_checks import has_lbmethod, health_checks
from httpdlite.conf.directives.mod_proxy import MODULE
from httpdlite.conf.directives.worker_parameters import (
    HEALTH_CHECK_KEYS,
    ParameterError,
    WorkerParameters,
    last_of_each,
    read_balancer_parameters,
    read_worker_parameters,
)
from httpdlite.conf.directives.worker_table import (
    check_balancer,
    define_worker,
    find_worker,
    has_balancer,
    is_balancer,
    note_balancer,
    split_unix,
)
from httpdlite.conf.files import is_glob
from httpdlite.conf.rows import Argument, Arity, Refusal, Section, Takes, judged, repeated
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import later, moot
from httpdlite.conf.values import number, one_of
from httpdlite.diagnostics import Span

BALANCERS_LATER: Final = later("Name one worker by its URL.")


# --- parameters, one by one -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorkerSetting:
    """Parameters for a worker that is named by its URL, or by the <Proxy> around.

    They count over what the worker was given before; a <Proxy> makes the worker if there is none.
    """

    url: str
    unix_path: str | None
    is_balancer: bool
    makes: bool
    parameters: WorkerParameters
    span: Span


def _setting(
    call: Call, named: Word, words: Iterable[Word], who: str, tail: str, *, makes: bool
) -> WorkerSetting:
    """Takes key=value words in their order; messages name the word and what it is for."""
    name = named.text
    pairs: list[tuple[str, str]] = []
    for word in words:
        key, equals, value = word.text.partition("=")
        if not equals:
            kind = who.strip("<: ")
            message = f"Invalid {kind} parameter. Parameter must be in the form 'key=value'"
            hint = "a comment needs a line of its own" if word.text.startswith("#") else None
            raise ConfigError(message, word.span, hint=hint)
        try:
            if is_balancer(name):
                read_balancer_parameters(((key, value),), has_lbmethod=has_lbmethod(call))
            else:
                read_worker_parameters(((key, value),), health_checks=health_checks(call))
        except ParameterError as why:
            raise ConfigError(f"{who} {why.message} {word.text}; {tail}", word.span) from None
        pairs.append((key, value))
    if is_balancer(name):
        return WorkerSetting(name, None, True, makes, WorkerParameters(), call.span)
    unix_path, url = split_unix(Word(name, call.line, 0, 0), who)
    given = read_worker_parameters(last_of_each(pairs), health_checks=health_checks(call))
    return WorkerSetting(url, unix_path, False, makes, given, call.span)


def _define(call: Call, word: Word, who: str, invalid_socket: str) -> None:
    """Makes a worker or balancer of a name unless there is one."""
    if is_balancer(word.text):
        if not has_balancer(call.place.earlier, word.text):
            check_balancer(word.text, word, call, who)
            note_balancer(call.place.earlier, word.text)
        return
    if word.text[:5].lower() == "unix:" and word.text.partition("|")[1:] == ("|", ""):
        raise ConfigError(f'{invalid_socket} uses an invalid "unix:" URL', word.span)
    define_worker(call, word, who)


# --- BalancerMember -------------------------------------------------------------------------------


def _check_member(call: Call) -> None:
    section = call.place.path
    balancer, target, pairs = None, None, []
    for word in words_of(call):
        key, equals, value = word.text.partition("=")
        if equals:
            pairs.append((key, value))
        elif section is None and balancer is None:
            balancer = word
        elif target is None:
            target = word
        else:
            raise ConfigError(_surplus(section), word.span, hint=_hint(word))
    if balancer is None and section is None:
        raise call.error("BalancerMember must define balancer name when outside <Proxy > section")
    if target is None:
        raise call.error("BalancerMember must define remote proxy server")
    name = balancer.text if balancer else section or ""
    _add_member(call, name, balancer, target, pairs)


def _surplus(section: str | None) -> str:
    if section is None:
        return "Invalid BalancerMember parameter. Parameter must be in the form 'key=value'"
    return "BalancerMember can not have a balancer name when defined in a location"


def _hint(word: Word) -> str | None:
    return "a comment needs a line of its own" if word.text.startswith("#") else None


def _add_member(
    call: Call, name: str, balancer: Word | None, target: Word, pairs: list[tuple[str, str]]
) -> None:
    who = "BalancerMember"
    earlier = call.place.earlier
    key = name.lower()
    if not has_balancer(earlier, name):
        check_balancer(name, balancer, call, who)
        note_balancer(earlier, name)
    shared = define_worker(call, target, who, balancer=key.rstrip("/"))
    if shared is not None:
        for one, value in last_of_each(pairs):
            message = (
                f"AH01150: Ignoring parameter '{one}={value}' for worker '{shared}' because of "
                "worker sharing"
            )
            call.place.warn(Remark(message, target.span, "proxy:warn", "shared-worker"))
        return
    try:
        read_worker_parameters(last_of_each(pairs), health_checks=health_checks(call))
    except ParameterError as why:
        raise call.error(f"{who} {why.message}") from None


# --- ProxySet -------------------------------------------------------------------------------------


def _read_set(call: Call) -> WorkerSetting:
    words = words_of(call)
    section = call.place.sections[-1] if call.place.sections else None
    who = "ProxySet"
    if section is not None and section.key.startswith("<proxy"):
        name = section.path or ""
        named = Word(name, call.line, 0, len(call.line.text))
        _define(call, named, who, who)
        return _setting(call, named, words, f"{who}:", name, makes=True)
    name = words[0].text if words else ""
    found: object
    if is_balancer(name):
        found, kind = has_balancer(call.place.earlier, name), "Balancer"
    else:
        _, bar, url = name.partition("|")
        found, kind = find_worker(call.place.earlier, url if bar else name), "Worker"
    if not found:
        raise call.error(f"ProxySet can not find '{name}' {kind}.")
    return _setting(call, words[0], words[1:], f"{who}:", name, makes=False)


def _refuse_settings(settings: tuple[WorkerSetting, ...]) -> Iterator[Refusal]:
    for setting in settings:
        if setting.is_balancer:
            yield Refusal("ProxySet for a balancer is not supported yet")
        for key, _ in setting.parameters.pairs:
            if lower(key) in HEALTH_CHECK_KEYS:
                yield Refusal(f"health checks ({key}) are not supported yet")


PROXY_SET: Final = repeated(
    "ProxySet",
    Takes(Arity.RAW, _read_set),
    contexts=SERVERS | DIRECTORY,
    refuse=_refuse_settings,
    doc="Parameters of a worker or a balancer.",
)


# --- sections -------------------------------------------------------------------------------------


def _read_section_words(call: Call) -> WorkerSetting | None:
    """Behind the URL of a <Proxy> there may be parameters."""
    if len(call.words) < 2:
        return None
    first = call.words[0]
    if is_glob(first.text):
        raise call.error("<Proxy> arguments are not supported for wildchar url.", 1)
    if ":" not in first.text:
        raise call.error("<Proxy> arguments are not supported for non url.", 1)
    _define(call, first, call.name, "<Proxy/ProxyMatch >")
    return _setting(call, first, call.words[1:], call.name, first.text, makes=True)


PROXY: Final = Section(
    "<Proxy",
    SERVERS,
    "Settings for what is passed to a worker's URL and all that is below it.",
    inside=DIRECTORY | IN_PROXY,
    argument=Argument.OPTIONAL,
    check_after=_read_section_words,
)
PROXY_MATCH: Final = Section(
    "<ProxyMatch",
    SERVERS,
    "Settings for what is passed to the URLs that an expression matches.",
    inside=DIRECTORY | IN_PROXY,
    argument=Argument.OPTIONAL,
    check=pattern_first,
    check_after=one_word,
)


_GROWTH: Final = "BalancerGrowth must be between 0 and 1000"

MODULES: Final = (
    (
        MODULE,
        (
            judged(
                "BalancerMember",
                Arity.RAW,
                SERVERS | DIRECTORY,
                BALANCERS_LATER,
                "A worker of a balancer.",
                check=_check_member,
            ),
            judged(
                "BalancerGrowth",
                Arity.ONE,
                SERVERS,
                moot("members are not added while the server runs"),
                "How many members may be added to a balancer while the server runs.",
                check=number(lambda value: 0 <= value <= 1000, _GROWTH),
                usual="5",
            ),
            judged(
                "BalancerPersist",
                Arity.FLAG,
                SERVERS,
                moot("members are not changed while the server runs"),
                "Whether changes by the balancer manager outlast a restart.",
                usual="Off",
            ),
            judged(
                "BalancerInherit",
                Arity.FLAG,
                SERVERS,
                moot("there are no balancers yet"),
                "Whether virtual hosts have the main server's balancers.",
                usual="On",
            ),
            judged(
                "ProxyPassInherit",
                Arity.FLAG,
                SERVERS,
                moot("Apache's virtual hosts have the main server's rules either way"),
                "Whether virtual hosts have the main server's workers.",
                usual="On",
            ),
            judged(
                "ProxyStatus",
                Arity.ONE,
                SERVERS,
                moot("there is no status page"),
                "Whether the status page shows balancers.",
                check=one_of("off on full", "ProxyStatus must be one of: off | on | full"),
                usual="Off",
            ),
        ),
    ),
)
