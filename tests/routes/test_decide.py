"""From a request line and its Host to a vhost and a route: methods, names, TRACE."""

from typing import Final

import pytest

from httpdlite.routes.decide import (
    LONGEST_REMEMBERED,
    MOST_DECISIONS,
    Decider,
    Decision,
    decide,
    decide_within,
    host_name,
    target_host,
)
from httpdlite.routes.route import Refusal, Route
from tests.serve.front import site_of

VHOSTS: Final = """
ServerName main.test
<VirtualHost *:80>
  ServerName one.test
  ServerAlias *.one.test
  ProxyPass / http://w/one/
</VirtualHost>
<VirtualHost *:80>
  ServerName two.test
  ProxyPass /p http://w/two
  TraceEnable Off
</VirtualHost>
"""


def decided(
    text: str,
    host: str | None = "one.test",
    *,
    method: str = "GET",
    target: str = "/x",
    minor: int = 1,
    port: int = 80,
) -> Decision:
    """The decision for a request that came to 127.0.0.1."""
    return decide(
        site_of(text),
        method=method.encode(),
        target=target.encode(),
        minor=minor,
        host=None if host is None else host.encode(),
        upgrade=None,
        local_ip="127.0.0.1",
        local_port=port,
    )


def refused(decision: Decision) -> Refusal:
    assert isinstance(decision.route, Refusal), decision.route
    return decision.route


def test_the_default_vhost_takes_unknown_names() -> None:
    assert decided(VHOSTS, "other.test").vhost.server_name == "one.test"
    assert decided(VHOSTS, "two.test").vhost.server_name == "two.test"


@pytest.mark.parametrize(
    ("host", "minor", "status"),
    [("other.test", 1, 400), ("x.one.test:81", 1, None), ("two.test.", 1, None), (None, 0, None)],
)
def test_strict_host_check(host: str | None, minor: int, status: int | None) -> None:
    found = decided("StrictHostCheck On\n" + VHOSTS, host, target="/p", minor=minor)
    if status is None:
        assert isinstance(found.route, Route)
    else:
        refusal = refused(found)
        assert (refusal.status, refusal.code, refusal.level) == (status, "AH10157", 4)
        assert "Requested hostname 'other.test'" in refusal.reason
        assert "httpd.conf:4)" in refusal.reason


def test_strict_host_check_of_the_main_server() -> None:
    text = "ServerName main.test\nStrictHostCheck On\nProxyPass / http://w/"
    assert isinstance(decided(text, "MAIN.test").route, Route)
    refusal = refused(decided(text, "other.test"))
    assert (refusal.status, refusal.code) == (400, "AH10156")


def test_strict_host_check_is_asked_of_the_first_vhost() -> None:
    of_second = VHOSTS.replace("  TraceEnable Off", "  StrictHostCheck On")
    assert isinstance(decided(of_second, "other.test").route, Route)


@pytest.mark.parametrize(
    ("method", "status"), [("GET", None), ("BREW", 501), ("get", 501), ("MINE", None)]
)
def test_registered_methods(method: str, status: int | None) -> None:
    text = "HttpProtocolOptions RegisteredMethods\nRegisterHttpMethod MINE\nProxyPass / http://w/"
    found = decided(text, None if status else "a", method=method).route
    assert (found.status if isinstance(found, Refusal) else None) == status


@pytest.mark.parametrize("target", ["/p", "/none"])
def test_trace_that_is_off(target: str) -> None:
    refusal = refused(decided(VHOSTS, "two.test", method="TRACE", target=target))
    assert (refusal.status, refusal.code, refusal.allow) == (405, "AH01139", b"")


def test_trace_that_is_on_goes_to_the_worker() -> None:
    assert isinstance(decided(VHOSTS, "one.test", method="TRACE").route, Route)


@pytest.mark.parametrize(
    ("method", "status", "allow"),
    [
        ("GET", 404, None),
        ("POST", 404, None),
        ("PUT", 405, b"GET,POST,OPTIONS,HEAD,TRACE"),
        ("BREW", 501, b"GET,POST,OPTIONS,HEAD,TRACE"),
        ("OPTIONS", 200, b"GET,POST,OPTIONS,HEAD,TRACE"),
    ],
)
def test_what_no_rule_takes(method: str, status: int, allow: bytes | None) -> None:
    refusal = refused(decided("ProxyPass /p http://w/", method=method, target="/none"))
    assert (refusal.status, refusal.allow) == (status, allow)


def test_options_of_the_server_itself() -> None:
    refusal = refused(decided("ProxyPass / http://w/", method="OPTIONS", target="*"))
    assert (refusal.status, refusal.allow) == (200, None)


@pytest.mark.parametrize(("minor", "taken"), [(0, True), (1, False)])
def test_an_empty_host(minor: int, taken: bool) -> None:
    found = decided("ProxyPass / http://w/", "", minor=minor)
    assert isinstance(found.route, Route) == taken


def test_a_second_decision_stays_in_its_vhost() -> None:
    two = site_of(VHOSTS).vhosts["*:80 two.test"]
    found = decide_within(two, method=b"GET", target=b"/p/x?y", upgrade=None)
    assert found.vhost is two
    assert isinstance(found.route, Route)
    assert found.route.target == b"/two/x?y"


@pytest.mark.parametrize(
    ("target", "named"),
    [
        (b"/x", None),
        (b"*", None),
        (b"http:/x", None),
        (b"http://A.Test/x", b"a.test"),
        (b"http://u:p@a.test:81?x", b"a.test:81"),
        (b"http://a.test:/x", b"a.test:"),
        (b"http:///x", b""),
        (b"HTTP://[::1]:80", b"[::1]:80"),
    ],
)
def test_the_host_of_a_target(target: bytes, named: bytes | None) -> None:
    assert target_host(target) == named


@pytest.mark.parametrize(
    ("field", "name"),
    [
        (b"A.test:80", "a.test"),
        (b"a.test.", "a.test"),
        (b"", None),
        (b"a.test:", None),
        (b"a.test:0", None),
        (b"a.test:65536", None),
        (b"a..test", None),
        (b"a.1x", None),
        (b"1.2.3.4", "1.2.3.4"),
        (b"1.2.3", None),
        (b"a, b", None),
        (b"[::1]:80", "[::1]"),
    ],
)
def test_names_in_the_host_field(field: bytes, name: str | None) -> None:
    assert host_name(field) == name


RULES: Final = """
ServerName main.test
ProxyPass /plain http://w/p
ProxyPass /raw http://w/r nocanon
ProxyPass /mapped http://w/m mapping=encoded
ProxyPass /no !
ProxyPassMatch ^/match/(.*)$ http://w/$1
<Location /here>
  ProxyPass ws://w/h
</Location>
"""
PATHS: Final = ("/plain/a", "/raw/a", "/mapped/%2f", "/no", "/match/b", "/here", "/else", "*", "")
QUERIES: Final = ("", "?", "?a=b", "?a?b", "?a#b", "?\x80", "?a%zz", "?" + "x" * 300)


@pytest.mark.parametrize("path", PATHS)
def test_what_is_remembered_is_what_would_be_decided_again(path: str) -> None:
    site = site_of(RULES)
    decider = Decider(site)
    for _ in range(4):
        for query in QUERIES:
            target = (path + query).encode("latin-1")
            for upgrade in (None, b"websocket"):
                again = decide(
                    site,
                    method=b"GET",
                    target=target,
                    minor=1,
                    host=b"main.test",
                    upgrade=upgrade,
                    local_ip="127.0.0.1",
                    local_port=80,
                )
                found = decider.decide(b"GET", target, 1, b"main.test", upgrade, "127.0.0.1", 80)
                assert found == again


def test_what_is_remembered_stays_bounded() -> None:
    decider = Decider(site_of(RULES))
    for number in (n for n in range(3 * MOST_DECISIONS) for _ in range(3)):
        decider.decide(b"GET", b"/plain/%d?%d" % (number, number), 1, b"a", None, "127.0.0.1", 80)
    assert 0 < len(decider._known) <= MOST_DECISIONS
    assert 0 < len(decider._of_paths) <= MOST_DECISIONS


def test_what_is_long_is_not_remembered() -> None:
    """A client chooses it, and may send another one each time."""
    decider = Decider(site_of(RULES))
    long = b"a" * (LONGEST_REMEMBERED + 1)
    for method, host, upgrade in (
        (b"GET", long, None),
        (b"GET", b"a", long),
        (long, b"a", None),
    ):
        for _ in range(3):
            decider.decide(method, b"/plain/1?a", 1, host, upgrade, "127.0.0.1", 80)
    assert not decider._known
    assert not decider._of_paths
    assert host_name(long.upper()) == long.decode()
