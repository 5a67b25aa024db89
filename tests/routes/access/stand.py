"""Requests that are let in or not, without a server: a section's lines and a request's fields in,
what the check says out.
"""

from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from httpdlite.conf.scope import Scope
from httpdlite.proxy.framing import parse_request_head
from httpdlite.routes.access import Access, UserFiles, compile_access
from httpdlite.routes.expressions import Outside
from httpdlite.routes.request import Request
from httpdlite.routes.route import Refusal
from httpdlite.routes.settings import Settings, read_settings
from tests.conf.reading import read
from tests.routes.access.test_userfiles import Disk

USERS = b"""\
joe:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=
slow:$2y$04$o.TNyLJaBvFNBX.zpisiEuzhWBye/uekP9V1oN0LcaZtS4G2vY36y
"""
BASIC = "AuthType Basic\nAuthName realm\nAuthUserFile users\n"


def scope_of(lines: str) -> Scope:
    """What a section says, over the server's values."""
    tree = read(f"<Location />\n{lines}\n</Location>\n").tree
    return tree.main.scope.overlaid(tree.main.sections[0].scope)


def access_of(lines: str, disk: Disk | None = None) -> Access | None:
    """What is asked of requests; the file of users is there."""
    return compile_access(scope_of(lines), files_of(disk), Outside())


def files_of(disk: Disk | None = None) -> UserFiles:
    return UserFiles(disk or Disk(**{"/root/users": USERS}))


@cache
def _settings() -> Settings:
    return read_settings(read("").tree.main.scope)


def request_of(
    *fields: str,
    method: str = "GET",
    ip: str = "192.0.2.1",
    answers: Mapping[Any, Any] | None = None,
) -> Request:
    """A request that a worker is to be asked for."""
    lines = [f"{method} /path HTTP/1.1", "Host: a.test", *fields, "", ""]
    head = parse_request_head("\r\n".join(lines).encode("latin-1"))
    vhost = SimpleNamespace(table=SimpleNamespace(settings=_settings()), scheme=None)
    connection = SimpleNamespace(ip=ip, port=1, local_ip="192.0.2.9", scheme="http")
    request = Request(
        head,
        cast(Any, connection),
        cast(Any, vhost),
        "/path",
        None,
        now=lambda: 0.0,
        answers=answers,
    )
    request.filename = "proxy:http://worker/path"
    return request


def check(lines: str, request: Request, disk: Disk | None = None) -> Refusal | None:
    """None if it may come in."""
    access = access_of(lines, disk)
    return access.check(request) if access is not None else None


def status(lines: str, request: Request, disk: Disk | None = None) -> int:
    """200 if it may."""
    refusal = check(lines, request, disk)
    return refusal.status if refusal is not None else 200
