"""The words of an expression, compiled: a node of the tree in, a function that gives its text out.

Comes in: a ``Word`` of `conf.expressions.tree` and how deep it stands. Goes out: a closure over a
``View`` and the ``Course`` of one evaluation. Hides what each variable and function asks. Source:
"Expressions in Apache HTTP Server" (variables, functions), as observed with httpd 2.4.71.

1. What asks a request's field by req(), http() or a variable is one of the names that Vary gets,
   Host excepted; in the order in which they are asked, and only if they are.
2. env() looks at the notes, then at the request's variables, then at those of the process.
3. An evaluation goes 20 levels deep, then httpd gives up: each function is one, and so are the
   pieces of a string together. What is never asked never fails.
4. What is put together of pieces, or gets longer by a function, has a limit (`filling`).
5. httpd puts more levels into chains such as 'a%{X}' . 'b%{Y}' . …, one for each; here they are
   flat, so that 20 of them have a value.
"""

from collections.abc import Callable
from operator import attrgetter
from time import localtime, struct_time
from typing import Final, NoReturn

from httpdlite.conf.expressions.tree import (
    BackReference,
    Call,
    Concat,
    Number,
    Text,
    Variable,
    Word,
)
from httpdlite.routes.expressions.functions import OF_FILE, OF_TEXT
from httpdlite.routes.expressions.networks import parse_address
from httpdlite.routes.expressions.view import EvaluationError, Outside, View
from httpdlite.routes.filling import SHORT, TooLong, fits, joined, workable
from httpdlite.routes.pattern import as_bytes_text

DEEPEST: Final = 20
API_VERSION: Final = "20120211"

Found = Callable[[int], str | None]
"""The groups of a match."""


class Course:
    """What one evaluation has come across so far."""

    __slots__ = ("groups", "vary")

    def __init__(self) -> None:
        self.groups: Found | None = None
        """Of the last match of a pattern with groups; None if that did not match, or there was
        none."""
        self.vary: list[str] = []


Say = Callable[[View, Course], str]


class CannotCompile(ValueError):  # noqa: N818 - it is what the caller must say
    """The expression asks what is not done here: its name."""


def compile_word(word: Word, outside: Outside, level: int = 1) -> Say:
    """A function that gives the text. Raises CannotCompile."""
    if level > DEEPEST:
        return too_deep
    match word:
        case Text() | Number():
            return _always(as_bytes_text(word.value))
        case Variable():
            return _variable(word.name)
        case BackReference():
            return _back_reference(word.group)
        case Call():
            return _call(word.name, compile_word(word.argument, outside, level + 1), outside)
        case Concat():
            return _joined([compile_word(part, outside, level + 1) for part in word.parts])


def _always(text: str) -> Say:
    return lambda _view, _course: text


def too_deep(_view: View, _course: Course) -> NoReturn:
    """Stands for whatever is deeper than DEEPEST."""
    raise EvaluationError("Recursion limit reached")


def _joined(parts: list[Say]) -> Say:
    if len(parts) == 2:
        first, second = parts

        def both(view: View, course: Course) -> str:
            text = first(view, course) + second(view, course)
            if len(text) > SHORT and not fits(len(text)):
                raise EvaluationError(_TOO_LONG)
            return text

        return both

    def say(view: View, course: Course) -> str:
        try:
            return joined([part(view, course) for part in parts])
        except TooLong:
            raise EvaluationError(_TOO_LONG) from None

    return say


_TOO_LONG: Final = "a value would be too long"


def _back_reference(group: int) -> Say:
    def say(_view: View, course: Course) -> str:
        groups = course.groups
        if groups is None:
            return ""
        try:
            return groups(group) or ""
        except IndexError:
            return ""

    return say


# --- functions ------------------------------------------------------------------------------------


def _call(name: str, argument: Say, outside: Outside) -> Say:
    if name in OF_TEXT:
        return _of_text(OF_TEXT[name], argument)
    if name in OF_FILE:
        of_file, files = OF_FILE[name], outside.files
        return lambda view, course: of_file(files, argument(view, course))
    if name in _OF_REQUEST:
        return _OF_REQUEST[name](argument)
    if name in _OF_PROCESS:
        return _OF_PROCESS[name](argument, outside)
    raise CannotCompile(f"{name}()")


def _of_text(make: Callable[[str], str], argument: Say) -> Say:
    def say(view: View, course: Course) -> str:
        given = argument(view, course)
        if workable(given):
            text = make(given)
            if fits(len(text)):
                return text
        raise EvaluationError(_TOO_LONG)

    return say


def _request_field(argument: Say) -> Say:
    def say(view: View, course: Course) -> str:
        name = argument(view, course)
        key = name.encode("latin-1").lower()
        if key != b"host":
            course.vary.append(name)
        value = view.request_field(key)
        return value.decode("latin-1") if value is not None else ""

    return say


def _request_field_without_vary(argument: Say) -> Say:
    def say(view: View, course: Course) -> str:
        value = view.request_field(argument(view, course).encode("latin-1").lower())
        return value.decode("latin-1") if value is not None else ""

    return say


def _response_field(argument: Say) -> Say:
    def say(view: View, course: Course) -> str:
        values = view.response_values(argument(view, course).encode("latin-1").lower())
        return values[0].decode("latin-1") if values else ""

    return say


def _request_variable(argument: Say) -> Say:
    def say(view: View, course: Course) -> str:
        variables = view.environment
        return (variables.get(argument(view, course).lower()) or "") if variables else ""

    return say


def _note(argument: Say) -> Say:
    def say(view: View, course: Course) -> str:
        notes = view.notes
        return (notes.get(argument(view, course).lower()) or "") if notes else ""

    return say


def _process_variable(argument: Say, outside: Outside) -> Say:
    find = outside.environment.get
    return lambda view, course: find(argument(view, course)) or ""


def _any_variable(argument: Say, outside: Outside) -> Say:
    def say(view: View, course: Course) -> str:
        name = argument(view, course)
        key = name.lower()
        for variables in (view.notes, view.environment):
            if variables and (value := variables.get(key)) is not None:
                return value
        return outside.environment.get(name) or ""

    return say


def _ssl(argument: Say) -> Say:
    return lambda view, course: view.ssl(argument(view, course)) or ""


_OF_REQUEST: Final[dict[str, Callable[[Say], Say]]] = {
    "SSL": _ssl,
    "http": _request_field,
    "note": _note,
    "req": _request_field,
    "req_novary": _request_field_without_vary,
    "reqenv": _request_variable,
    "resp": _response_field,
}
_OF_PROCESS: Final = {"env": _any_variable, "osenv": _process_variable}


# --- variables ------------------------------------------------------------------------------------


def _variable(name: str) -> Say:
    if name in _MEMBERS:
        return _member(_MEMBERS[name])
    if name in _FIELDS:
        return _field_variable(_FIELDS[name])
    if name in _READ:
        read = _READ[name]
        return lambda view, _course: read(view)
    if name in _CONSTANTS:
        return _always(_CONSTANTS[name])
    if name.startswith("SSL_"):
        return lambda view, _course: view.ssl(name) or ""
    raise CannotCompile(f"%{{{name}}}")


def _member(name: str) -> Say:
    read: Callable[[View], str | None] = attrgetter(name)
    return lambda view, _course: read(view) or ""


def _field_variable(name: str) -> Say:
    key = name.lower().encode()
    varies = key != b"host"

    def say(view: View, course: Course) -> str:
        if varies:
            course.vary.append(name)
        value = view.request_field(key)
        return value.decode("latin-1") if value is not None else ""

    return say


def _time(text: Callable[[struct_time], str]) -> Callable[[View], str]:
    return lambda view: text(localtime(view.now))


def _second(moment: struct_time) -> str:
    return (
        f"{moment.tm_year:04d}{moment.tm_mon:02d}{moment.tm_mday:02d}"
        f"{moment.tm_hour:02d}{moment.tm_min:02d}{moment.tm_sec:02d}"
    )


def _is_ipv6(view: View) -> str:
    address = parse_address(view.connection_ip)
    return "on" if address is not None and address.bits == 128 else "off"


def _document_uri(view: View) -> str:
    variables = view.environment
    uri = variables.get("document_uri") if variables else None
    return view.path if uri is None else uri


_CONSTANTS: Final = {"API_VERSION": API_VERSION, "HTTP2": "off", "REMOTE_IDENT": ""}
"""Neither HTTP/2 nor mod_ident is here."""

_FIELDS: Final = {
    "HTTP_ACCEPT": "Accept",
    "HTTP_COOKIE": "Cookie",
    "HTTP_FORWARDED": "Forwarded",
    "HTTP_HOST": "Host",
    "HTTP_PROXY_CONNECTION": "Proxy-Connection",
    "HTTP_REFERER": "Referer",
    "HTTP_USER_AGENT": "User-Agent",
}

_MEMBERS: Final = {
    "AUTH_TYPE": "auth_type",
    "CONN_LOG_ID": "connection_log_id",
    "CONN_REMOTE_ADDR": "connection_ip",
    "CONTENT_TYPE": "content_type",
    "CONTEXT_PREFIX": "context_prefix",
    "DOCUMENT_ROOT": "document_root",
    "HANDLER": "handler",
    "PATH_INFO": "path_info",
    "QUERY_STRING": "query",
    "REMOTE_ADDR": "client_ip",
    "REMOTE_HOST": "client_name",
    "REMOTE_USER": "user",
    "REQUEST_FILENAME": "filename",
    "REQUEST_LOG_ID": "log_id",
    "REQUEST_METHOD": "method",
    "REQUEST_SCHEME": "scheme",
    "REQUEST_URI": "path",
    "SCRIPT_FILENAME": "filename",
    "SCRIPT_GROUP": "file_group",
    "SCRIPT_USER": "file_user",
    "SERVER_ADMIN": "admin",
    "SERVER_NAME": "self_name",
    "SERVER_PROTOCOL": "protocol",
    "SERVER_SOFTWARE": "banner",
    "THE_REQUEST": "request_line",
}
"""The variables that are members of a ``View``."""

_READ: Final[dict[str, Callable[[View], str]]] = {
    "CONTEXT_DOCUMENT_ROOT": lambda view: view.context_root or view.document_root or "",
    "DOCUMENT_URI": _document_uri,
    "HTTPS": lambda view: "on" if view.is_secure else "off",
    "IPV6": _is_ipv6,
    "IS_SUBREQ": lambda view: "true" if view.is_subrequest else "false",
    "LAST_MODIFIED": lambda view: _second(localtime(view.modified)),
    "REMOTE_PORT": lambda view: str(view.client_port),
    "REQUEST_STATUS": lambda view: str(view.status or ""),
    "SERVER_PORT": lambda view: str(view.self_port),
    "TIME": _time(_second),
    "TIME_DAY": _time(lambda moment: f"{moment.tm_mday:02d}"),
    "TIME_HOUR": _time(lambda moment: f"{moment.tm_hour:02d}"),
    "TIME_MIN": _time(lambda moment: f"{moment.tm_min:02d}"),
    "TIME_MON": _time(lambda moment: f"{moment.tm_mon:02d}"),
    "TIME_SEC": _time(lambda moment: f"{moment.tm_sec:02d}"),
    "TIME_WDAY": _time(lambda moment: str((moment.tm_wday + 1) % 7)),
    "TIME_YEAR": _time(lambda moment: f"{moment.tm_year:04d}"),
}
