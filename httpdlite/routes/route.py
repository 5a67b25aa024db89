"""Where a request goes: a ``Route`` to a worker, or a ``Refusal``; and the target that is sent to
the worker. Pure.

Comes in: a worker's URL as a rule made it, the request's query. Goes out: what stands in the
request line sent to the worker, or the status that says why not. Source: proxy_http_canon,
mod_proxy_wstunnel's; as observed with 2.4.71.
"""

import re
from typing import Final, NamedTuple

from httpdlite.routes.paths import canonical_path, check_query
from httpdlite.routes.reverse import ReverseRule
from httpdlite.routes.settings import Settings
from httpdlite.routes.worker import Authority, Worker


class Refusal(NamedTuple):
    """The request is answered here with ``status``; ``reason`` and ``code`` go to the error log.
    ``upgrade``: the protocols that a 426 demands. ``allow``: what Allow says.
    ``level`` in the error log, where it is not the usual one; ``fields`` of the answer, such as
    Location; ``is_page``: a 200 is a page, too, and not the answer to OPTIONS.
    """

    status: int
    reason: str
    code: str = ""
    settings: Settings | None = None
    upgrade: str = ""
    allow: bytes | None = None
    level: int | None = None
    fields: tuple[tuple[bytes, bytes], ...] = ()
    is_page: bool = False

    @property
    def is_answered(self) -> bool:
        """Is its status answered with a page? 200 is that of OPTIONS otherwise."""
        return self.status != 200 or self.is_page


class Route(NamedTuple):
    """Where a request goes. ``target`` is what stands in the request line sent to the worker. A
    NamedTuple, since one is made per request.
    """

    worker: Worker
    authority: Authority
    target: bytes
    url: str
    settings: Settings
    reverse: tuple[ReverseRule, ...]
    key: str  # names the rule over reloads: kind, path and target
    upgrade: bytes | None = None  # the token to upgrade to; None: an ordinary request
    nocanon_ignored: bool = False  # AH01136: the raw path does not fit the rule
    appends_query: bool = False  # nothing of it depends on the query but the end of ``target``

    @property
    def filename(self) -> str:
        """What Apache calls the file of a proxied request: the URL that the worker is asked for."""
        return f"proxy:{self.url[: self.authority.length]}{self.target.decode('latin-1')}"


_BAD_PORT: Final = re.compile(r"[^/?#]*//[^/?#]*:[0-9]+(?:[/?#]|\Z)")


def refuse_url(url: str, settings: Settings) -> Refusal:
    """A URL that names no host and port: of a request that a rule without a slash has continued,
    mostly.
    """
    host = re.split(r"[/?#]", url.partition("//")[2], maxsplit=1)[0]
    if _BAD_PORT.match(url):
        return Refusal(400, f"the worker's URL {url} has no valid port", "", settings)
    if "//" in url and host.partition(":")[0] == "":
        return Refusal(400, f"the worker's URL {url} has no host", "AH01083", settings)
    return Refusal(500, f"DNS lookup failure for: {host}", "AH00898", settings)


def refuse_name(url: str, settings: Settings) -> Refusal:
    """A URL whose name, up to the path, has a `#` in it."""
    scheme, _, rest = url.partition("//")
    name = rest.partition("/")[0]
    return Refusal(400, f"URI cannot be parsed: {scheme}//[{name}]/", "AH00898", settings)


def upgrade_token(worker: Worker, scheme: str, upgrade: bytes | None) -> bytes | None:
    """The client's Upgrade value if this worker may switch to it. mod_proxy_http: the whole value,
    in any case of letters.
    """
    if upgrade is None:
        return None
    allowed = worker.parameters.upgrade
    if allowed is None:
        if scheme not in ("ws", "wss"):
            return None
        return upgrade if upgrade.lower() == b"websocket" else None
    if allowed.upper() == "ANY":
        return upgrade
    tokens = [token.strip().lower() for token in allowed.split(",")]
    return upgrade if upgrade.decode("latin-1").lower() in tokens else None


def raw_target(sent: str) -> bytes | Refusal:
    """With nocanon: as the client wrote it, its query included."""
    target = sent.encode("latin-1") or b"/"
    if not check_query(target):
        return Refusal(403, "To be forwarded path contains control characters or spaces", "AH10415")
    return target


def mapped_target(sent: str, query: bytes | None) -> bytes | Refusal:
    """With mapping=: the path as it was matched, not decoded."""
    return raw_target(sent if query is None else f"{sent or '/'}?{query.decode('latin-1')}")


def canonical_target(decoded: str, query: bytes | None, encoded_slashes: str) -> bytes | Refusal:
    """The path in its canonical form, and the query as the client wrote it."""
    sent = canonical_path(decoded, nodecode=encoded_slashes == "nodecode")
    if sent is None:
        return Refusal(
            400, "the path holds a % that is no escape (AllowEncodedSlashes NoDecode)", "AH10420"
        )
    sent = sent or b"/"
    if query is None:
        return sent
    if not check_query(query):
        return Refusal(
            403, "To be forwarded query string contains control characters or spaces", "AH10408"
        )
    return b"%b?%b" % (sent, query)
