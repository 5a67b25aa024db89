"""What mod_wsgi says of its directives' values: options of the form `name=value`.

In: a `Call`. Out: nothing, or Call.error with the module's message. Rules: mod_wsgi 4.9.4, as
observed with httpd 2.4.71.

1. An option's name goes up to its `=` and cannot be quoted; its value is one word of httpd's.
2. Numbers are C's atoi: what is no number is 0.
3. A process group is looked for among those of the same server; one that another server has already
   defined goes unnoticed.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from httpdlite.conf.call import Call, ConfigError, Word
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.directives.third_party.rows import REMEMBERED
from httpdlite.conf.numbers import atoi
from httpdlite.conf.rows import Check
from httpdlite.conf.values import pattern

Test = Callable[[str], bool]

_OPTION: Final = re.compile(r"([^\s=]+)=")


def _options(call: Call, start: int, invalid: str) -> Iterator[tuple[str, Word]]:
    """The options from a place in the rest of the line on (rule 1)."""
    text, at = call.raw.text, start
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        found = _OPTION.match(text, at)
        if found is None:
            raise call.error(invalid)
        words = words_of(call, text[found.end() :])
        if not words:
            yield found[1], Word("", call.line, call.raw.start + at, call.raw.start + at)
            return
        shift = found.end()
        yield found[1], words[0]
        at = words[0].end - call.raw.start + shift


def _at_least(least: int) -> Test:
    return lambda text: atoi(text) >= least


def _zero_or(least: int) -> Test:
    return lambda text: atoi(text) == 0 or atoi(text) >= least


def _is_flag(text: str) -> bool:
    return text.lower() in {"on", "off"}


def _is_absolute(text: str) -> bool:
    return text.startswith("/")


def _is_named(text: str) -> bool:
    return bool(text)


def _anything(_: str) -> bool:
    return True


_TIMES: Final = """
    connect-timeout deadlock-timeout eviction-timeout graceful-timeout inactivity-timeout
    queue-timeout request-timeout response-socket-timeout restart-interval shutdown-timeout
    startup-timeout socket-timeout memory-limit virtual-memory-limit
"""

_TEXTS: Final = """
    display-name locale lang python-home python-path python-eggs cpu-priority script-user
    script-group socket-user supplementary-groups newrelic-config-file newrelic-environment
"""

_DAEMON: Final[dict[str, tuple[Test, str]]] = {
    "processes": (_at_least(1), "Invalid process count for WSGI daemon process."),
    "threads": (
        lambda text: 0 <= atoi(text) < 65534,
        "Invalid thread count for WSGI daemon process.",
    ),
    "umask": (
        lambda text: re.fullmatch("[0-7]+", text) is not None,
        "Invalid umask for WSGI daemon process.",
    ),
    "home": (_is_absolute, "Invalid home directory for WSGI daemon process."),
    "chroot": (_is_absolute, "Invalid chroot directory for WSGI daemon process."),
    "maximum-requests": (_at_least(0), "Invalid request count for WSGI daemon process."),
    "listen-backlog": (_at_least(0), "Invalid listen backlog for WSGI daemon process."),
    "stack-size": (_at_least(1), "Invalid stack size for WSGI daemon process."),
    "cpu-time-limit": (_at_least(0), "Invalid CPU time limit for WSGI daemon process."),
    "server-metrics": (_is_flag, "Invalid server metrics flag for WSGI daemon process."),
    "send-buffer-size": (
        _zero_or(512),
        "Send buffer size must be >= 512 bytes, or 0 for system default.",
    ),
    "receive-buffer-size": (
        _zero_or(512),
        "Receive buffer size must be >= 512 bytes, or 0 for system default.",
    ),
    "header-buffer-size": (
        _zero_or(8192),
        "Header buffer size must be >= 8192 bytes, or 0 for default.",
    ),
    "response-buffer-size": (
        _zero_or(65536),
        "Response buffer size must be >= 65536 bytes, or 0 for default.",
    ),
    "user": (_is_named, "Invalid user for WSGI daemon process."),
    "group": (_is_named, "Invalid group for WSGI daemon process."),
    **{
        name: (_at_least(0), f"Invalid {name.replace('-', ' ')} for WSGI daemon process.")
        for name in _TIMES.split()
    },
    **dict.fromkeys(_TEXTS.split(), (_anything, "")),
}

_ACCOUNTS: Final = {
    "user": "user",
    "script-user": "user",
    "socket-user": "user",
    "group": "group",
    "script-group": "group",
    "supplementary-groups": "group",
}

_SCRIPT: Final[dict[str, tuple[Test, str]]] = {
    "process-group": (_is_named, "Invalid name for WSGI process group."),
    "application-group": (_is_named, "Invalid name for WSGI application group."),
    "callable-object": (_is_named, "Invalid name for WSGI callable object."),
    "pass-authorization": (_is_flag, "Invalid value for authorization flag."),
}


def _check_options(
    call: Call, start: int, rules: dict[str, tuple[Test, str]], invalid: str
) -> dict[str, Word]:
    given: dict[str, Word] = {}
    for name, value in _options(call, start, invalid):
        if name not in rules:
            raise call.error(invalid)
        is_right, message = rules[name]
        if not is_right(value.text):
            raise ConfigError(message, value.span)
        if name in _ACCOUNTS:
            _check_accounts(call, value, _ACCOUNTS[name])
        given[name] = value
    return given


def _check_accounts(call: Call, value: Word, kind: str) -> None:
    names = call.place.names
    for name in value.text.split(",") if kind == "group" else [value.text]:
        known = names.user(name) if kind == "user" else names.group(name)
        if known is None and not name.startswith("#"):
            number = "AH00543" if kind == "user" else "AH00544"
            message = f"bad {kind} name {name}"
            code = f"unknown-{kind}"
            raise ConfigError(
                message, value.span, code=code, apache=(f"{number}: httpdlite: {message}",)
            )


# --- directives -----------------------------------------------------------------------------------


def daemon_process(call: Call) -> str:
    """WSGIDaemonProcess: its options, and a name that the server has not had before."""
    words = words_of(call)
    if not words or not words[0].text:
        raise call.error("Name of WSGI daemon process not supplied.")
    start = words[0].end - call.raw.start
    _check_options(call, start, _DAEMON, "Invalid option to WSGI daemon process definition.")
    name = words[0].text
    if _daemons(call, name):
        raise ConfigError("Name duplicates previous WSGI daemon definition.", words[0].span)
    return name


def _daemons(call: Call, name: str) -> bool:
    row = REMEMBERED.get("WSGIDaemonProcess")
    return row is not None and bool(call.place.earlier.like(row, name))


def script_alias(call: Call, *, what: str, is_regex: bool) -> None:
    """WSGIScriptAlias, WSGIScriptAliasMatch: location, script, options."""
    words = words_of(call)
    if len(words) < 2 or not words[0].text or not words[1].text:
        raise call.error(f"{call.name} requires at least two arguments, {what}", code="wrong-arity")
    if is_regex:
        pattern(call, words[0].text, None, "Regular expression could not be compiled.")
    start = words[1].end - call.raw.start
    given = _check_options(call, start, _SCRIPT, "Invalid option to WSGI script alias definition.")
    # With both groups the script is loaded at the start, so that the process group must be there.
    if {"process-group", "application-group"} <= given.keys() and "$" not in words[1].text:
        groups = [given[name].text for name in ("process-group", "application-group")]
        if not any(group.startswith("%{") and group != "%{GLOBAL}" for group in groups):
            _check_group(call, given["process-group"])


def script(call: Call, *, what: str) -> None:
    """WSGIDispatchScript and its like: a script and an application group."""
    words = words_of(call)
    if not words or not words[0].text:
        raise call.error(f"Location of {what} not supplied.", code="wrong-arity")
    rules = {"application-group": _SCRIPT["application-group"]}
    start = words[0].end - call.raw.start
    _check_options(call, start, rules, f"Invalid option to WSGI {what} definition.")


def handler_script(call: Call) -> None:
    """WSGIHandlerScript: a name, a script, options."""
    words = words_of(call)
    for index, what in enumerate(("Name for", "Location of")):
        if len(words) <= index or not words[index].text:
            raise call.error(f"{what} handler script not supplied.", code="wrong-arity")
    start = words[1].end - call.raw.start
    _check_options(call, start, _SCRIPT, "Invalid option to WSGI handler script definition.")


def import_script(call: Call) -> None:
    """WSGIImportScript: a script and where it is to run."""
    words = words_of(call)
    if not words or not words[0].text:
        raise call.error("Location of import script not supplied.", code="wrong-arity")
    rules = {name: _SCRIPT[name] for name in ("process-group", "application-group")}
    start = words[0].end - call.raw.start
    given = _check_options(call, start, rules, "Invalid option to WSGI import script definition.")
    for name in ("application-group", "process-group"):
        if name not in given:
            raise call.error(f"Name of WSGI {name.replace('-', ' ')} required.")
    _check_group(call, given["process-group"])


def _check_group(call: Call, group: Word) -> None:
    is_main = not call.place.sections  # another server's may do for a vhost (rule 3)
    if is_main and group.text != "%{GLOBAL}" and not _daemons(call, group.text):
        raise ConfigError("WSGI process group not yet configured.", group.span)


CHECKS: Final[dict[str, Check]] = {
    "wsgidaemonprocess": daemon_process,
    "wsgiscriptalias": partial(
        script_alias, what="a location and the script for it", is_regex=False
    ),
    "wsgiscriptaliasmatch": partial(
        script_alias, what="a pattern and the script for it", is_regex=True
    ),
    "wsgihandlerscript": handler_script,
    "wsgiimportscript": import_script,
    "wsgidispatchscript": partial(script, what="dispatch script"),
    "wsgiaccessscript": partial(script, what="access script"),
    "wsgiauthuserscript": partial(script, what="auth user script"),
    "wsgiauthgroupscript": partial(script, what="auth group script"),
}
