"""order, allow, deny and Satisfy, compiled (mod_access_compat). Pure.

Comes in: the lines of a section, in their order. Goes out: for a request, whether it may come in by
its address, and whether that is enough (Satisfy Any). Hides that every line is about some methods
only. As observed with 2.4.71:

1. The last order line of a method counts, and its last Satisfy line. Without: deny,allow and All.
2. A host name must be looked up and fit as a whole or by its end, at a dot.
3. The line AH01797 is written whatever Satisfy says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.directives.mod_access_compat import (
    CompatLine,
    Listed,
    Order,
    Precedence,
    Satisfy,
    Source,
    SourceKind,
)
from httpdlite.routes.access.hosts import client_name, compile_networks, is_in_domain
from httpdlite.routes.access.requirements import is_limited_to
from httpdlite.routes.pattern import as_bytes_text
from httpdlite.routes.request import Request

Test = Callable[[Request], bool]
_ERROR: Final = 3


@dataclass(frozen=True, slots=True)
class _OfMethod:
    """What counts for one method."""

    precedence: Precedence
    allows: tuple[Test, ...]
    denies: tuple[Test, ...]
    satisfies_any: bool
    is_open: bool

    def lets_in(self, request: Request) -> bool:
        """By address, name and variables."""
        match self.precedence:
            case Precedence.DENY_ALLOW:
                return not self._finds(self.denies, request) or self._finds(self.allows, request)
            case Precedence.ALLOW_DENY | Precedence.MUTUAL_FAILURE:
                return self._finds(self.allows, request) and not self._finds(self.denies, request)

    @staticmethod
    def _finds(tests: tuple[Test, ...], request: Request) -> bool:
        return any(test(request) for test in tests)


class Compat:
    """All of it, by method. Methods that no line names are alike."""

    __slots__ = ("_by_method", "_others")

    def __init__(self, lines: tuple[CompatLine, ...]) -> None:
        names = frozenset[str]().union(*(line.methods[0] for line in lines))
        self._by_method = {name: _of_method(lines, name) for name in names}
        self._others = _of_method(lines, None)

    def satisfies_any(self, method: str) -> bool:
        """Is the address enough?"""
        return (self._by_method.get(method) or self._others).satisfies_any

    def lets_in(self, request: Request, method: str) -> bool:
        """May it come in? If not, the log says so."""
        if (self._by_method.get(method) or self._others).lets_in(request):
            return True
        request.log("access_compat", _ERROR, "AH01797", denied(request))
        return False

    @property
    def is_open(self) -> bool:
        """Does it let everybody in, by any method?"""
        return all(each.is_open for each in (self._others, *self._by_method.values()))

    @property
    def ever_suffices(self) -> bool:
        """Is there a method of which the address is enough?"""
        return any(each.satisfies_any for each in (self._others, *self._by_method.values()))


def denied(request: Request) -> str:
    """What the log says of who is not let in."""
    where = f"uri {request.path}" if request.filename is None else request.filename
    return f"client denied by server configuration: {where}"


_NO_METHOD: Final = ""


def _of_method(lines: tuple[CompatLine, ...], method: str | None) -> _OfMethod:
    name = _NO_METHOD if method is None else method
    precedence, satisfies_any = Precedence.DENY_ALLOW, False
    allowed: list[Source] = []
    refused: list[Source] = []
    for line in lines:
        if not is_limited_to(line.methods, name):
            continue
        match line:
            case Order():
                precedence = line.precedence
            case Satisfy():
                satisfies_any = line.any
            case Listed():
                (allowed if line.allows else refused).extend(line.sources)
    allows_all = any(source.kind is SourceKind.ALL for source in allowed)
    if precedence is Precedence.DENY_ALLOW:
        is_open = allows_all or not refused
    else:
        is_open = allows_all and not refused
    allows, denies = tuple(map(_compile, allowed)), tuple(map(_compile, refused))
    return _OfMethod(precedence, allows, denies, satisfies_any, is_open)


def _compile(source: Source) -> Test:
    text = as_bytes_text(source.text)
    name = text.lower()
    match source.kind:
        case SourceKind.ALL:
            return lambda _request: True
        case SourceKind.VARIABLE:
            return lambda request: name in request.environment
        case SourceKind.NO_VARIABLE:
            return lambda request: name not in request.environment
        case SourceKind.ADDRESS:
            return compile_networks([text])
        case SourceKind.HOST:
            return lambda request: _is_host(request, text)


def _is_host(request: Request, domain: str) -> bool:
    name = client_name(request)
    return name is not None and is_in_domain(domain, name)
