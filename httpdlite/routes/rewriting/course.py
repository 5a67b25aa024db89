"""One list of rules on its way through a request: what its words and conditions may ask.

Comes in: the request, what the list belongs to. Goes out: nothing; ``Course`` is the common ground
of ``words``, ``conditions`` and ``rules``. Hides how httpd words its trace.
"""

from typing import TYPE_CHECKING, Protocol

from httpdlite.routes.expressions.view import Outside
from httpdlite.routes.request import Field, Request

if TYPE_CHECKING:
    from httpdlite.routes.rewriting.maps import Maps, Say

MODULE = "rewrite"
TRACE = 7
"""trace1 is one more."""
ERROR = 3


class Found(Protocol):
    """A match."""

    def group(self, number: int, /) -> str | None: ...


class Course:
    """See above. ``place``: the section's directory, with its slash; None for a server's rules.
    ``base``: its RewriteBase. ``traces``: are all steps to be told?
    """

    __slots__ = (
        "asked",
        "base",
        "condition",
        "files",
        "maps",
        "place",
        "process",
        "request",
        "rule",
        "traces",
        "uri",
        "vary",
    )

    def __init__(
        self,
        request: Request,
        place: str | None,
        base: str | None,
        maps: "Maps",
        outside: Outside,
    ) -> None:
        self.request = request
        self.place = place
        self.base = base
        self.maps = maps
        self.files = outside.files
        self.process = outside.environment
        self.traces = request.wants(MODULE, TRACE + 1)
        self.uri = ""
        """What the pattern of the rule was tried on."""
        self.rule: Found | None = None
        """The rule's match: `$1`."""
        self.condition: Found | None = None
        """That of the last condition that has matched: `%1`."""
        self.asked: list[str] = []
        """Fields that a condition has asked for."""
        self.vary: list[str] = []
        """Those of conditions that have let a rule pass."""

    def say(self, level: int, text: str) -> None:
        """A line of the trace, of the section if it is one's."""
        if self.traces:
            place = "" if self.place is None else f"[perdir {self.place}] "
            say(self.request, level, f"{place}{text}")

    def say_bare(self, level: int, text: str) -> None:
        """One that does not name the section."""
        if self.traces:
            say(self.request, level, text)

    @property
    def bare_say(self) -> "Say | None":
        """To say such lines with, if they are wanted."""
        return self.say_bare if self.traces else None


def say(request: Request, level: int, text: str) -> None:
    """Who, user and server; subrequests and redirects; then what is said."""
    if not request.wants(MODULE, TRACE + level):
        return
    user = request.user
    kind = "subreq" if request.is_subrequest else "initial"
    redirects = f"/redir#{request.redirects}" if request.redirects else ""
    who = f"{request.client_ip} - {'-' if user is None else user or chr(34) * 2}"
    line = f"{who} [{request.self_name}] [{kind}{redirects}] {text}"
    request.log(MODULE, TRACE + level, "", line)


def merge_vary(request: Request, names: str) -> None:
    """Adds names to the answer's Vary."""
    fields = request.fields
    for at, field in enumerate(fields):
        if field.name.lower() == b"vary":
            fields[at] = Field(field.name, b"%s, %s" % (field.value, names.encode("latin-1")))
            return
    fields.append(Field(b"Vary", names.encode("latin-1")))
