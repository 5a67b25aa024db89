"""Which sections count in which phase, and what a request's file is called in it."""

from httpdlite.routes import phases
from httpdlite.routes.route import Refusal, Route
from tests.routes.test_phases import request_of

PROXY = "ProxyPass / http://w/\n"


def played(text: str, target: str) -> tuple[Route | Refusal, dict[str, str]]:
    """Where a request goes, and its variables."""
    request = request_of(text, target)
    result = phases.run(request, target.encode(), None)
    return result.found, result.request.environment


def test_conditions_within_proxy_sections_count() -> None:
    text = (
        '<ProxyMatch "/(?<last>[a-z]+)$">\n<If "%{env:MATCH_LAST} == \'x\'">\nSetEnv A if\n</If>\n'
        '<Else>\nSetEnv A else\n</Else>\n</ProxyMatch>\n<If "true">\nSetEnv A outer\n</If>\n'
    )
    assert played(PROXY + text, "/x")[1] == {"match_last": "x", "a": "if"}
    assert played(PROXY + text, "/y")[1] == {"match_last": "y", "a": "else"}
    assert played(PROXY + text, "/1")[1] == {"a": "outer"}


def test_the_file_is_what_the_worker_is_asked_for_once_that_is_known() -> None:
    text = (
        'SetEnvIfExpr "true" never\n<Location />\n'
        'SetEnvIfExpr "%{REQUEST_FILENAME} =~ /(.*)/" A=$1\n</Location>\n'
        'RequestHeader set X-A "expr=%{REQUEST_FILENAME}"\n'
    )
    request = request_of(PROXY + text, "/a%20b?q")
    found = phases.run(request, b"/a%20b?q", None).found
    assert isinstance(found, Route)
    assert request.environment["a"] == "proxy:http://w/a b"
    assert request.head.get(b"x-a") == b"proxy:http://w/a%20b?q"
    assert request.filename == found.filename == "proxy:http://w/a%20b?q"


def test_conditions_count_for_an_answer_before_the_worker_is_known() -> None:
    text = (
        "ProxyPreserveHost Off\nRedirect /r http://there/\n"
        "<If \"%{REQUEST_URI} == '/r/x'\">\nProxyPreserveHost On\n</If>\n"
    )
    found, _ = played(text, "/r/x")
    assert isinstance(found, Refusal)
    assert found.settings is not None
    assert (found.status, found.settings.preserve_host) == (302, True)
    found, _ = played(text, "/r/y")
    assert isinstance(found, Refusal)
    assert found.settings is not None
    assert (found.status, found.settings.preserve_host) == (302, False)
