"""Texts of rules and conditions with `$1`, `%1`, `%{VARIABLE}` and `${map:key|default}`: compiled.

Comes in: a text as it was written. Goes out: a ``Words``: a constant, or a function that fills it
in for a ``Course``. Hides what each variable asks, and how the text is cut. Source: mod_rewrite's
documentation; as observed with 2.4.71:

1. A backslash makes the next character an ordinary one. Braces may be nested; what has no closing
   one is ordinary text, and so is a `${` without a colon.
2. A variable's name is never filled in; a map's key and default are.
3. A name of less than four characters is empty, as is whatever is not known.
4. Fields of the request that are asked for are noted for Vary if they are there, Host excepted.
5. What is filled in has a limit (`filling`): beyond it, ``TooLong``.
6. A lookahead (LA-U, LA-F) asks a subrequest, which cannot look ahead itself.
"""

import re
from collections.abc import Callable, Mapping
from time import localtime
from typing import Final

from httpdlite.routes.expressions.networks import parse_address
from httpdlite.routes.filling import SHORT, TooLong, filled, joined, workable
from httpdlite.routes.pattern import as_bytes_text
from httpdlite.routes.request import Request
from httpdlite.routes.rewriting.course import Course

Say = Callable[[Course], str]
Escapes = Mapping[int, str] | None

MAGIC: Final = "20120211:142"
"""API_VERSION: httpd's of 2.4.71."""


class Words:
    """A text, compiled. ``constant`` is None where something is to be filled in."""

    __slots__ = ("constant", "fill", "pieces")

    def __init__(self, pieces: list[str | Say]) -> None:
        self.pieces = tuple(pieces)
        self.constant: str | None = None
        self.fill: Say = _joined(self.pieces)
        if all(isinstance(piece, str) for piece in pieces):
            self.constant = "".join(str(piece) for piece in pieces)

    def splits_at_given(self, course: Course, *, last: bool) -> bool:
        """Does the first `?`, or the last one, of the filled-in text come from what was filled in?
        Or stand behind a backslash, if the request has a `%3F`?
        """
        given = [(_text_of(piece, course), piece) for piece in self.pieces]
        for text, piece in reversed(given) if last else given:
            if "?" not in text:
                continue
            if isinstance(piece, Escaped):
                return b"%3f" in course.request.head.target.lower()
            return is_given(piece)
        return False


class Escaped(str):
    """A character behind a backslash."""

    __slots__ = ()


def is_given(piece: str | Say) -> bool:
    """Is a piece of a text not simply written there?"""
    return not isinstance(piece, str) or isinstance(piece, Escaped)


def _text_of(piece: str | Say, course: Course) -> str:
    return piece if isinstance(piece, str) else piece(course)


def _joined(pieces: tuple[str | Say, ...]) -> Say:
    if len(pieces) == 1:
        only = pieces[0]
        if isinstance(only, str):
            return lambda _course: only

        def alone(course: Course) -> str:
            text = only(course)
            return filled(text) if len(text) > SHORT else text

        return alone
    if len(pieces) == 2:
        first, second = pieces
        if isinstance(first, str) and not isinstance(second, str):

            def both(course: Course) -> str:
                text = first + second(course)
                return filled(text) if len(text) > SHORT else text

            return both
    return lambda course: joined(
        [piece if isinstance(piece, str) else piece(course) for piece in pieces]
    )


def compile_words(text: str, escapes: Escapes = None) -> Words:
    """Compile a text. ``escapes``: what the rule's flags make of the characters of groups."""
    return Words(_cut(as_bytes_text(text), escapes))


_ORDINARY: Final = re.compile(r"[^\\$%]+")


def _cut(text: str, escapes: Escapes) -> list[str | Say]:
    pieces: list[str | Say] = []
    at = 0
    while at < len(text):
        found = _ORDINARY.match(text, at)
        if found is not None:
            pieces.append(found[0])
            at = found.end()
            continue
        at, piece = _special(text, at, escapes)
        pieces.append(piece)
    return pieces or [""]


def _special(text: str, at: int, escapes: Escapes) -> tuple[int, str | Say]:
    """What begins with a backslash, a dollar or a percent sign: its end, and what it is."""
    sign, following = text[at], text[at + 1 : at + 2]
    if sign == "\\":
        return at + 2, Escaped(following or sign)
    if following == "{":
        end = _closing(text, at + 2)
        if end is None:
            return at + 2, sign + following
        inside = text[at + 2 : end]
        if sign == "%":
            return end + 1, compile_variable(inside)
        look_up = _map_lookup(inside, escapes)
        return (at + 2, sign + following) if look_up is None else (end + 1, look_up)
    if following.isascii() and following.isdigit():
        return at + 2, _group(sign, int(following), escapes)
    return at + 1, sign


def _closing(text: str, at: int) -> int | None:
    return _outermost(text, at, "}")


def _outermost(text: str, at: int, wanted: str) -> int | None:
    """Where a character stands that is in no inner braces, before the outer ones close."""
    depth = 1
    for index in range(at, len(text)):
        char = text[index]
        if char == "}" and depth == 1:
            return index if wanted == "}" else None
        if char == wanted and depth == 1:
            return index
        depth += (char == "{") - (char == "}")
    return None


def _group(sign: str, number: int, escapes: Escapes) -> Say:
    def of_rule(course: Course) -> str:
        found = course.rule
        if found is None:
            return ""
        try:
            return found.group(number) or ""
        except IndexError:
            return ""

    def of_condition(course: Course) -> str:
        found = course.condition
        if found is None:
            return ""
        try:
            return found.group(number) or ""
        except IndexError:
            return ""

    plain = of_rule if sign == "$" else of_condition
    if escapes is None:
        return plain
    table = escapes

    def escaped(course: Course) -> str:
        text = plain(course)
        if not text:
            return text
        if not workable(text):
            raise TooLong
        result = text.translate(table)
        if course.traces:
            course.say(5, f"escaping backreference '{text}' to '{result}'")
        return result

    return escaped


def _map_lookup(inside: str, escapes: Escapes) -> Say | None:
    colon = _outermost(inside, 0, ":")
    if colon is None:
        return None
    name, key_text, default_text = inside[:colon], inside[colon + 1 :], ""
    bar = _outermost(key_text, 0, "|")
    if bar is not None:
        key_text, default_text = key_text[:bar], key_text[bar + 1 :]
    key = Words(_cut(key_text, escapes)).fill
    default = Words(_cut(default_text, escapes)).fill if default_text else None

    def look_up(course: Course) -> str:
        wanted = key(course)
        if not workable(wanted):
            raise TooLong
        value = course.maps.look_up(course.request, name, wanted, course.bare_say)
        if value is not None:
            return value
        return default(course) if default is not None else ""

    return look_up


# --- variables ------------------------------------------------------------------------------------

_SHORTEST: Final = 4


def compile_variable(name: str) -> Say:
    """A function that gives a variable's text (rule 3)."""
    if len(name) < _SHORTEST:
        return _nothing
    head, colon, rest = name.partition(":")
    if colon and len(head) in {3, 4} and rest:
        make = _PREFIXED.get(head.upper())
        return make(rest) if make is not None else _nothing
    if name[3:4] == ":" or name[4:5] == ":":
        return _nothing
    return _plain_variable(name.upper())


def _nothing(_course: Course) -> str:
    return ""


def _environment(name: str) -> Say:
    key = name.lower()

    def say(course: Course) -> str:
        request = course.request
        value = request.notes.get(key)
        if value is None:
            value = request.environment.get(key)
        return course.process.get(name, "") if value is None else value

    return say


def _ssl(name: str) -> Say:
    return lambda course: course.request.ssl(name) or ""


def _field(name: str) -> Say:
    key = name.encode("latin-1").lower()
    varies = key != b"host"

    def say(course: Course) -> str:
        value = course.request.head.get(key)
        if value is None:
            return ""
        if varies:
            course.asked.append(name)
        return value.decode("latin-1")

    return say


def _look_ahead(name: str) -> Say:
    inner = compile_variable(name)

    def say(course: Course) -> str:
        request, uri = course.request, course.uri
        if request.is_subrequest:
            return ""
        if course.place is not None and not uri.startswith("/"):
            uri = f"{course.base if course.base is not None else course.place}{uri}"
        ahead = request.look_up(uri)
        if ahead is None:
            return ""
        course.request = ahead
        value = inner(course)
        course.request = request
        if course.traces:
            course.say(5, f"lookahead: path={uri} var={name} -> val={value}")
        return value

    return say


_PREFIXED: Final[Mapping[str, Callable[[str], Say]]] = {
    "ENV": _environment,
    "SSL": _ssl,
    "HTTP": _field,
    "LA-U": _look_ahead,
    "LA-F": _look_ahead,
}


def _plain_variable(name: str) -> Say:
    if name in _FIELDS:
        return _field(_FIELDS[name])
    if name in _OF_REQUEST:
        of_request = _OF_REQUEST[name]
        return lambda course: of_request(course.request) or ""
    if name in _OF_TIME:
        return _time(_OF_TIME[name])
    if name == "TIME":
        return _moment
    return _ipv6 if name == "IPV6" else _nothing


def _time(form: Callable[[tuple[int, ...]], str]) -> Say:
    return lambda course: form(localtime(course.request.now))


def _moment(course: Course) -> str:
    year, month, day, hour, minute, second, *_ = localtime(course.request.now)
    text = f"{year:04d}{month:02d}{day:02d}{hour:02d}{minute:02d}{second:02d}"
    if course.traces:
        course.say(1, f"RESULT='{text}'")
    return text


def _ipv6(course: Course) -> str:
    address = parse_address(course.request.client_ip)
    text = "on" if address is not None and address.bits == _IPV6_BITS else "off"
    if course.traces:
        course.say(1, f"IPV6='{text}'")
    return text


_IPV6_BITS: Final = 128

_FIELDS: Final = {
    "HTTP_ACCEPT": "Accept",
    "HTTP_COOKIE": "Cookie",
    "HTTP_FORWARDED": "Forwarded",
    "HTTP_HOST": "Host",
    "HTTP_PROXY_CONNECTION": "Proxy-Connection",
    "HTTP_REFERER": "Referer",
    "HTTP_USER_AGENT": "User-Agent",
}

_OF_TIME: Final[Mapping[str, Callable[[tuple[int, ...]], str]]] = {
    "TIME_YEAR": lambda moment: f"{moment[0]:04d}",
    "TIME_MON": lambda moment: f"{moment[1]:02d}",
    "TIME_DAY": lambda moment: f"{moment[2]:02d}",
    "TIME_HOUR": lambda moment: f"{moment[3]:02d}",
    "TIME_MIN": lambda moment: f"{moment[4]:02d}",
    "TIME_SEC": lambda moment: f"{moment[5]:02d}",
    "TIME_WDAY": lambda moment: str((moment[6] + 1) % 7),
}


def _context_root(request: Request) -> str | None:
    return request.context_root or request.document_root


_OF_REQUEST: Final[Mapping[str, Callable[[Request], str | None]]] = {
    "API_VERSION": lambda _: MAGIC,
    "AUTH_TYPE": lambda request: request.auth_type,
    "CONN_REMOTE_ADDR": lambda request: request.connection_ip,
    "CONTEXT_DOCUMENT_ROOT": _context_root,
    "CONTEXT_PREFIX": lambda request: request.context_prefix,
    "DOCUMENT_ROOT": lambda request: request.document_root,
    "HTTPS": lambda request: "on" if request.is_secure else "off",
    "IS_SUBREQ": lambda request: "true" if request.is_subrequest else "false",
    "PATH_INFO": lambda request: request.path_info,
    "QUERY_STRING": lambda request: request.query,
    "REMOTE_ADDR": lambda request: request.client_ip,
    "REMOTE_HOST": lambda request: request.connection_ip,
    "REMOTE_PORT": lambda request: str(request.useragent_port),
    "REMOTE_USER": lambda request: request.user,
    "REQUEST_FILENAME": lambda request: request.filename,
    "REQUEST_METHOD": lambda request: request.method,
    "REQUEST_SCHEME": lambda request: request.scheme,
    "REQUEST_URI": lambda request: request.path,
    "SCRIPT_FILENAME": lambda request: request.filename,
    "SCRIPT_GROUP": lambda request: request.file_group or "<unknown>",
    "SCRIPT_USER": lambda request: request.file_user or "<unknown>",
    "SERVER_ADDR": lambda request: request.connection.local_ip,
    "SERVER_ADMIN": lambda request: request.admin,
    "SERVER_NAME": lambda request: request.self_name,
    "SERVER_PORT": lambda request: str(request.self_port),
    "SERVER_PROTOCOL": lambda request: request.protocol,
    "SERVER_SOFTWARE": lambda request: request.banner,
    "THE_REQUEST": lambda request: request.request_line,
}
"""REMOTE_IDENT is empty: nobody asks for it."""
