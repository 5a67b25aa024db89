"""What a rule has made, seen from the request: its query, the server's own name before it.

Comes in: what was filled in. Goes out: the URL or path that counts; the request's query is changed.
Source: QSA, QSD, QSL, R and P; as observed with 2.4.71:

1. What begins like this server's own URLs is a path of it (not with R or P).
2. A URL whose scheme has no query takes the request's away.
3. Of a query a last `&` is dropped. One that gets too long raises ``TooLong``.
"""

from functools import lru_cache
from typing import Final

from httpdlite.conf.directives.rewriting import Flags
from httpdlite.conf.numbers import atoi
from httpdlite.routes.expressions.globs import compile_glob
from httpdlite.routes.filling import filled
from httpdlite.routes.request import Request
from httpdlite.routes.rewriting.course import Course
from httpdlite.routes.rewriting.urls import has_query, scheme_length
from httpdlite.routes.selfname import SelfName, self_authority

REDUCED: Final = "mod_rewrite_uri_reduced"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@lru_cache(1024)
def _authority(name: SelfName, scheme: str) -> str:
    return self_authority(name, scheme)


def own_url(request: Request) -> str:
    """scheme://host[:port] of this server."""
    return _authority(request.own_name, request.scheme)


def qualify(request: Request, made: str) -> str:
    """An absolute URL of it, with this server's name if it had none."""
    if scheme_length(made) or request.method == "CONNECT":
        return made
    slash = "" if made.startswith("/") else "/"
    return f"{own_url(request)}{slash}{made}"


def reduce(course: Course, made: str) -> str:
    """Without the server's own name (rule 1)."""
    request = course.request
    scheme = request.scheme
    length = len(scheme) + 3
    if len(made) <= length or made[:length].lower() != f"{scheme}://":
        return made
    slash = made.find("/", length)
    authority = made[length:] if slash < 0 else made[length:slash]
    path = "/" if slash < 0 else made[slash:]
    host, colon, digits = authority.partition(":")
    port = atoi(digits) % 65536 if colon else _DEFAULT_PORTS[scheme]
    if not _is_own(request, host.lower(), port):
        return made
    if course.traces:
        course.say_bare(3, f"reduce {made} -> {path}")
    request.notes[REDUCED] = "true"
    return path


def _is_own(request: Request, host: str, port: int) -> bool:
    """Is it the vhost that the request is for? By an address of its own and the port, or by a name
    and the port that ServerName has.
    """
    vhost = request.vhost
    if host in vhost.address_texts and port == request.connection.local_port:
        return True
    if port != vhost.port:
        return False
    if host in vhost.names or host == vhost.server_name.lower():
        return True
    return any(compile_glob(pattern, any_case=True)(host) for pattern in vhost.patterns)


def split_query(flags: Flags, course: Course, made: str, *, drops: bool, last: bool) -> str:
    """The query becomes the request's; what is before it is given back."""
    request = course.request
    if drops:
        request.query = None
        if course.traces:
            course.say_bare(2, "discarding query string, no parse from substitution")
        return made
    if not has_query(made):
        request.query = None
        return made
    if flags.query_discard:
        request.query = None
        if course.traces:
            course.say_bare(2, "discarding query string")
    if "?" not in made:
        return made
    path, _, query = made.rpartition("?") if last else made.partition("?")
    given = request.query
    if flags.query_append:
        if query:
            given = filled(f"{query}&{given or ''}")
    else:
        given = query
    request.query = given.removesuffix("&") if given else None
    if course.traces:
        shown = "<none>" if request.query is None else request.query
        course.say_bare(3, f"split uri={made} -> uri={path}, args={shown}")
    return path
