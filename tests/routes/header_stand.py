"""What mod_headers is tried with: its lines compiled, a request, a message's fields as text."""

from collections.abc import Iterable, Mapping

from httpdlite.conf.scope import Scope
from httpdlite.proxy.framing import RequestHead, parse_request_head
from httpdlite.proxy.own_name import Client
from httpdlite.routes.fieldlines import FieldLine, field_line
from httpdlite.routes.headers import (
    Answer,
    compile_early_edits,
    compile_request_edits,
    compile_response_edits,
)
from httpdlite.routes.request import Request
from tests.serve.front import config_of, site_of

CLIENT = Client("192.0.2.7", 40000, "192.0.2.1", 80)
SITE = site_of("ServerName front.test\nListen 80\nProxyPass / http://worker.test/")
RICH = ("X-A: one", "X-B: two, three", "x-a: four", "Set-Cookie: a=1", "Content-Type: text/html")


def scope_of(*lines: str) -> Scope:
    """The main server's values with these lines."""
    return config_of("\n".join(["ServerName front.test", *lines])).main.scope


def head_of(*lines: str) -> RequestHead:
    """The head of a GET."""
    text = "\r\n".join(["GET /x HTTP/1.1", "Host: a.test", *lines, "", ""])
    return parse_request_head(text.encode("latin-1"))


def request_of(*lines: str, environment: Mapping[str, str] | None = None) -> Request:
    """A request with these fields, whose phases are through."""
    (vhost,) = SITE.vhosts.values()
    moments = iter((1000.0, *[1000.25] * 99))
    request = Request(head_of(*lines), CLIENT, vhost, "/x", None, now=moments.__next__)
    request.environment.update(environment or {})
    return request


def fields_of(lines: Iterable[str]) -> list[FieldLine]:
    """Lines as fields."""
    pairs = [line.encode("latin-1").partition(b": ") for line in lines]
    return [field_line(name, value) for name, _, value in pairs]


def shown(lines: Iterable[FieldLine]) -> list[str]:
    """Fields as lines; what goes out for each says the same as its parts."""
    lines = list(lines)
    for key, (name, value), line in lines:
        assert key == name.lower()
        assert line == b"%b: %b\r\n" % (name, value)
    return [line[2].decode("latin-1").removesuffix("\r\n") for line in lines]


def edited_request(request: Request, *lines: str) -> list[str]:
    """The request's fields, without Host, after some RequestHeader."""
    edits = compile_request_edits(scope_of(*lines))
    assert edits is not None
    edits.apply(request, request.head)
    return [line for line in shown(request.head.lines) if line != "Host: a.test"]


def edited_answer(
    *lines: str,
    answer: Iterable[str] = RICH,
    request: Request | None = None,
    status: int = 200,
    is_error: bool = False,
) -> Answer:
    """An answer after some Header."""
    edits = compile_response_edits(scope_of(*lines))
    assert edits is not None
    success = fields_of(answer)
    kind = next((line.field[1] for line in success if line.key == b"content-type"), None)
    made = Answer(status, success, [], kind)
    request = request or request_of("X-Q: a")
    request.status = status
    edits.apply(made, request, is_error=is_error)
    return made


def early(request: Request, *lines: str) -> None:
    """Some early lines."""
    edits = compile_early_edits(scope_of(*lines))
    assert edits is not None
    edits.apply(request, request.head)
