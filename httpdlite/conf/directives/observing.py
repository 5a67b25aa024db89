"""Modules for those who watch a server: judged as httpd does.

mod_info, mod_log_debug, mod_log_forensic, mod_dumpio, mod_watchdog. Rules: httpd 2.4.71,
as observed.
"""

from typing import Final

from httpdlite.conf.call import DIRECTORY, SERVER, SERVERS, Call, Module
from httpdlite.conf.numbers import duration
from httpdlite.conf.rows import Arity, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import different, later, moot
from httpdlite.conf.values import expression, text_with_expressions

# --- mod_watchdog, mod_info, mod_dumpio ------------------------------------------------


def _check_interval(call: Call) -> None:
    seconds = duration(call.words[0].text, "s")
    if seconds is None:
        raise call.error("Unparse-able WatchdogInterval setting", 0)
    if seconds < 0.1:
        raise call.error("Invalid WatchdogInterval: minimal value 100ms", 0)


_WATCHDOG_INTERVAL: Final = judged(
    "WatchdogInterval",
    Arity.ONE,
    SERVER,
    moot("there is no watchdog: what httpd does in its steps has timers of its own here"),
    "how long a step of the watchdog is",
    check=_check_interval,
    usual="1",
)
_ADD_MODULE_INFO: Final = judged(
    "AddModuleInfo",
    Arity.TWO,
    SERVERS,
    moot("it is text for the page of SetHandler server-info, which there is none of"),
    "a module's source file, and a text about it",
)

_NOT_DUMPED: Final = different("nothing is dumped to the error log: capture packets instead")
_DUMPS: Final = (
    judged(
        "DumpIOInput",
        Arity.FLAG,
        SERVERS,
        _NOT_DUMPED,
        "whether what clients send is written to the error log",
        usual="off",
    ),
    judged(
        "DumpIOOutput",
        Arity.FLAG,
        SERVERS,
        _NOT_DUMPED,
        "whether what clients get is written to the error log",
        usual="off",
    ),
)


# --- logs -----------------------------------------------------------------------------------------

_HOOKS: Final = frozenset(
    "all translate_name type_checker quick_handler map_to_storage check_access check_access_ex "
    "insert_filter check_authn check_authz fixups handler log_transaction "
    "pre_translate_name".split()
)


def _check_message(call: Call) -> None:
    """text [hook=name] [expr=condition]."""
    for index, word in enumerate(call.words[1:], 1):
        key, equals, value = word.text.partition("=")
        match lower(key) + equals:
            case "hook=":
                if lower(value) not in _HOOKS:
                    raise call.error(f"Invalid hook name: {value}", index)
            case "expr=":
                shown = value.replace("{", "{{").replace("}", "}}")
                expression(call, value, index, f"Could not parse expression '{shown}': {{}}")
            case _:
                raise call.error(f"Invalid argument {word.text}", index)
    text_with_expressions("Could not parse message expression '[WORD]': {}")(call)


_LOG_MESSAGE: Final = judged(
    "LogMessage",
    Arity.ONE_TO_THREE,
    SERVERS | DIRECTORY,
    later("It only writes to the error log."),
    "a text for the error log, hook=…, expr=…",
    check=_check_message,
)
_FORENSIC_LOG: Final = judged(
    "ForensicLog",
    Arity.ONE,
    SERVERS,
    later("A CustomLog has a line for each request, after it."),
    "a log with the whole header of each request, before it is served",
)

MODULES: Final = (
    (Module("watchdog_module", "mod_watchdog.c", static=True), (_WATCHDOG_INTERVAL,)),
    (judged_module("info"), (_ADD_MODULE_INFO,)),
    (judged_module("dumpio"), _DUMPS),
    (judged_module("log_debug"), (_LOG_MESSAGE,)),
    (judged_module("log_forensic"), (_FORENSIC_LOG,)),
)
