"""Which rule takes a path, which worker serves it, and with which settings: as observed with httpd
2.4.71.
"""

from httpdlite.routes.paths import parse_target
from httpdlite.routes.route import Refusal, Route
from httpdlite.routes.table import Table
from tests.serve.front import site_of


def table_of(text: str) -> Table:
    return site_of(text).main.table


def decided(table: Table, target: str) -> Route | Refusal:
    """As decide_within does it, without vhosts."""
    path = parse_target(target.encode(), b"GET", encoded_slashes="off", merge_slashes=True)
    assert not isinstance(path, int)
    mapped = table.decide_mapped(path, None) if table.has_mapped else None
    return mapped.found if mapped is not None else table.decide(path, None)


def route(table: Table, target: str) -> Route:
    found = decided(table, target)
    assert isinstance(found, Route), found
    return found


# --- sections -------------------------------------------------------------------------------------


def test_an_unset_variable_of_one_section_is_lost_when_another_has_some() -> None:
    table = table_of(
        "SetEnv A 1\nSetEnv B 1\nProxyPass / http://w/\n"
        "<Location />\nUnsetEnv A\n</Location>\n<Location /two>\nSetEnv C 1\n</Location>"
    )
    assert sorted(route(table, "/one").settings.environment) == ["b"]
    assert sorted(route(table, "/two").settings.environment) == ["a", "b", "c"]


def test_named_groups_are_variables_of_their_request_only() -> None:
    table = table_of(
        "ProxyPass / http://w/\n<LocationMatch ^/(?<who>[a-z]+)>\nSetEnv X 1\n</LocationMatch>"
    )
    assert route(table, "/ann").settings.environment == {"x": "1", "match_who": "ann"}
    assert route(table, "/bob").settings.environment == {"x": "1", "match_who": "bob"}
    assert route(table, "/1").settings.environment == {}


def test_proxy_sections_lie_between_the_server_and_locations() -> None:
    table = table_of(
        "Timeout 9\nProxyPass /a http://w/a\nProxyPass /b http://w/b\n"
        "<Proxy http://w/a>\nProxyPreserveHost On\nProxyAddHeaders Off\n</Proxy>\n"
        "<Location /a/x>\nProxyPreserveHost Off\n</Location>"
    )
    found = route(table, "/a").settings
    assert (found.preserve_host, found.add_headers) == (True, False)
    assert route(table, "/a/y").settings is found
    assert route(table, "/b").settings.add_headers
    inner = route(table, "/a/x").settings
    assert (inner.preserve_host, inner.add_headers) == (False, False)


# --- targets --------------------------------------------------------------------------------------


def test_a_variable_of_the_pattern_in_the_target() -> None:
    table = table_of(
        "ProxyPassInterpolateEnv On\nSetEnv LATE x\n"
        "ProxyPass /a http://w/${MATCH_WHO}/${LATE} interpolate\nProxyPass /b http://w/${MATCH_WHO}\n"
        "<LocationMatch ^/./(?<who>[a-z]+)>\nSetEnv X 1\n</LocationMatch>"
    )
    assert route(table, "/a/ann").target == b"/ann//ann"
    assert route(table, "/b/ann").target == b"/$%7BMATCH_WHO%7D/ann"


def test_a_mapped_rule_comes_first_and_sends_the_path_as_it_came() -> None:
    table = table_of(
        "ProxyPass /a/no !\nProxyPass / http://w/plain/\nProxyPass /a http://w/enc mapping=encoded"
    )
    assert table.has_mapped
    assert [rule.source.path for rule in table.ordinary] == ["/a/no", "/"]
    assert route(table, "/a/no?q").target == b"/enc/no?q"
    assert route(table, "/b").target == b"/plain/b"


def test_a_mapped_exclusion_leaves_the_ordinary_rules() -> None:
    table = table_of("ProxyPass /a ! mapping=encoded\nProxyPass / http://w/plain/")
    assert route(table, "/a/x").target == b"/plain/a/x"


def test_targets_that_become_no_url() -> None:
    table = table_of("ProxyPass / http://w:900")
    overflow, no_port = decided(table, "/90"), decided(table, "/x/y")
    assert isinstance(overflow, Refusal)
    assert isinstance(no_port, Refusal)
    assert (overflow.status, no_port.status) == (400, 500)
    assert no_port.reason == "DNS lookup failure for: w:900x"


# --- workers --------------------------------------------------------------------------------------


def test_a_worker_with_references_serves_only_urls_that_are_as_long_as_its_own() -> None:
    table = table_of("ProxyPass /d/ http://w/D/\nProxyPassMatch ^/m/(.*)/(.*)$ http://w/$1/and/$2")
    assert route(table, "/d/x").worker.url == "http://w/D/"
    assert route(table, "/m/a/b").worker.is_generic
    assert route(table, "/m/aa/bb").worker.url == "http://w/$1/and/$2"


def test_rules_that_are_patterns_share_workers_among_themselves_only() -> None:
    table = table_of(
        "ProxyPass /a http://w\nProxyPassMatch ^/m/(.*)$ http://w/$1\nProxyPassMatch ^/n http://w"
    )
    assert [worker.url for worker in table.workers] == ["http://w", "http://w/$1", "http://w"]
    assert route(table, "/a/xyz").worker.url == "http://w/$1"
    assert not route(table, "/a/xyz").worker.reuses_connections


def test_workers_are_compared_with_what_is_sent() -> None:
    table = table_of('ProxyPass /b "http://w/a b"\nProxyPass / http://w/')
    assert route(table, "/b/x").target == b"/a%20b/x"
    assert route(table, "/b/x").worker.url == "http://w/"
