"""Where a request goes whose URL a rule has made: RewriteRule with [P]. Pure.

Comes in: the URL behind `proxy:`, the request with its query. Goes out: a ``Route``. Hides which
worker serves it (the one whose URL it begins with, else the generic one, which keeps no
connection), and how it is sent: canonical, or as it is, if the rule says so. Source: mod_rewrite,
[P] and [NE]; proxy_http_canon; as observed with 2.4.71.
"""

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from httpdlite.routes.request import Request
from httpdlite.routes.rewriting import NO_CANON
from httpdlite.routes.route import (
    Refusal,
    Route,
    canonical_target,
    raw_target,
    refuse_name,
    refuse_url,
    upgrade_token,
)
from httpdlite.routes.table import Merged, Table
from httpdlite.routes.worker import GENERIC, Authority, find_worker, normal_url, parse_authority

_UNIX = "unix:"
_ENCODED = "proxy-noencode"
_USER = re.compile(r"^([a-z0-9+.-]+://)[^/?#]*@", re.IGNORECASE)
"""Whose name and password stand in a URL: nobody is told."""


_SLASHES: Final = "://"
_known: Final = lru_cache(1024)(parse_authority)


def _authority_of(url: str) -> Authority | None:
    """The authority of a URL: there are few of them, and many URLs."""
    end = url.find("/", url.find(_SLASHES) + len(_SLASHES))
    return parse_authority(url) if end < 0 else _known(url[: end + 1])


def route_of_url(
    table: Table, url: str, request: Request, merged: Merged, upgrade: bytes | None
) -> Route | Refusal:
    """The route of an absolute URL; ``upgrade`` is the client's Upgrade field."""
    settings = merged.settings
    unix_path = None
    if url.startswith(_UNIX):
        unix_path, _, url = url[len(_UNIX) :].partition("|")
    if "@" in url:
        url = _USER.sub(r"\1", url, count=1)
    authority = _authority_of(url)
    if authority is None:
        return refuse_url(url, settings)
    query = request.query.encode("latin-1") if request.query is not None else None
    sent = url[authority.length :]
    if sent.startswith("#"):  # to httpd it belongs to the name
        return refuse_name(url, settings)
    if NO_CANON in request.notes:
        target = raw_target(sent)
    elif _ENCODED in request.notes:
        target = raw_target(sent if query is None else f"{sent or '/'}?{request.query}")
    else:
        target = canonical_target(sent, query, settings.encoded_slashes)
    if isinstance(target, Refusal):
        return target
    name = normal_url(url[: authority.length] + target.decode("latin-1"))
    worker = find_worker(table.workers, name, unix_path)
    if worker is None:
        worker = GENERIC if unix_path is None else replace(GENERIC, unix_path=unix_path)
    return Route(
        worker,
        authority,
        target,
        url,
        settings,
        merged.reverse,
        request.rule or "",
        upgrade_token(worker, authority.scheme, upgrade),
    )
