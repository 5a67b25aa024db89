"""What a reload changes: keys that last, changes in words, and the tunnels that they touch."""

import json

import pytest

from httpdlite.routes.changes import (
    Action,
    Change,
    Kind,
    TunnelKey,
    Tunnels,
    as_data,
    as_lines,
    changes_between,
    is_gone,
    route_keys,
    same_workers,
)
from httpdlite.routes.compiling import compile_site
from httpdlite.routes.site import Site
from tests.conf.reading import read

BEFORE = """
ServerName main.test
Listen 80
Listen 127.0.0.1:81
Timeout 30
CustomLog logs/access.log "%h"
ProxyPass /shared http://main.test/ timeout=3
<VirtualHost *:80>
  ServerName one.test
  ProxyPass /ws ws://w1.test/ws
  ProxyPass /out !
  ProxyPassMatch ^/(.*)\\.x$ http://x.test/$1
  <Location /x>
    ProxyPreserveHost On
    ProxyPass http://x.test/x
  </Location>
</VirtualHost>
<VirtualHost *:80>
  ServerName two.test
  ProxyPass /ws ws://w2.test/ws max=5
  ProxyPass / http://w2.test/
</VirtualHost>
"""

ANY = (None, 80)
ONE, TWO = "*:80 one.test", "*:80 two.test"
WS_ONE, WS_TWO = "ProxyPass /ws ws://w1.test/ws", "ProxyPass /ws ws://w2.test/ws"
SHARED = "ProxyPass /shared http://main.test/"


def site_of(text: str) -> Site:
    reading = read(text)
    assert reading.config is not None, [found.message for found in reading.diagnostics]
    return compile_site(reading.config)


def changed(*replaced: tuple[str, str]) -> str:
    """The configuration with some texts replaced, each of which must be there."""
    text = BEFORE
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    return text


def changes(*replaced: tuple[str, str]) -> list[Change]:
    return list(changes_between(site_of(BEFORE), site_of(changed(*replaced))))


def lines(*replaced: tuple[str, str]) -> list[str]:
    return list(as_lines(changes(*replaced)))


# --- keys -----------------------------------------------------------------------------------------


def test_the_ways_of_tunnels() -> None:
    keys = list(route_keys(site_of(BEFORE)))
    assert len(keys) == len(set(keys)) == 2 * (1 + 4 + 3)
    assert {key.listener for key in keys} == {ANY, ("127.0.0.1", 81)}
    assert [key.route for key in keys if key.vhost == ONE and key.listener == ANY] == [
        SHARED,
        WS_ONE,
        "ProxyPassMatch ^/(.*)\\.x$ http://x.test/$1",
        "Location /x http://x.test/x",
    ]


def test_the_names_of_rules() -> None:
    text = (
        "<Location ~ ^/a.*>\nProxyPass http://a.test/\n</Location>\n"
        "<LocationMatch ^/b.*>\nProxyPass http://b.test/\n</LocationMatch>\n"
        "ProxyPass ~ ^/c http://c.test\nProxyPass /d unix:/run/d.sock|HTTP://D.test/d\n"
    )
    names = {key.route for key in route_keys(site_of("Listen 80\n" + text))}
    assert names == {
        "Location ~ ^/a.* http://a.test/",
        "LocationMatch ^/b.* http://b.test/",
        "ProxyPass ~ ^/c http://c.test",
        "ProxyPass /d unix:/run/d.sock|http://d.test/d",
    }


def test_the_name_of_a_rule_does_not_depend_on_other_rules() -> None:
    """With the first line the second one's requests go to another worker, but to the same place."""
    one = "Listen 80\nProxyPass /b http://w.test/b\n"
    (key,) = route_keys(site_of(one))
    assert not is_gone(key, site_of("ProxyPass /a http://w.test/\n" + one))


def test_a_key_as_text() -> None:
    for key in route_keys(site_of(BEFORE)):
        assert TunnelKey.from_text(key.as_text()) == key


@pytest.mark.parametrize("text", ["", "{}", "[1]", "7", "x"])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match="not the key of a tunnel"):
        TunnelKey.from_text(text)


REWRITTEN = """
ServerName main.test
Listen 80
RewriteEngine On
RewriteCond %{HTTP:Upgrade} websocket [NC]
RewriteRule ^/(.*)$ ws://w.test/$1 [P]
<Location /in>
  RewriteRule x ws://w.test/x [P]
</Location>
<If "true">
  <If "false">
    RewriteRule y ws://w.test/y [P]
  </If>
</If>
"""


@pytest.mark.parametrize(
    "rule",
    [
        "RewriteRule ^/(.*)$ ws://w.test/$1",
        "RewriteRule x ws://w.test/x",
        "RewriteRule y ws://w.test/y",
    ],
)
def test_a_tunnel_by_a_rewrite_rule_lives_as_long_as_the_rule(rule: str) -> None:
    key = TunnelKey(ANY, "main", rule)
    assert not is_gone(key, site_of(REWRITTEN))
    assert not is_gone(key, site_of(REWRITTEN + "Timeout 7\n"))
    assert is_gone(key, site_of(REWRITTEN.replace(rule, rule + "more")))


@pytest.mark.parametrize(
    ("replaced", "gone"),
    [
        (("Timeout 30", "Timeout 60"), False),
        (("CustomLog logs/access.log", "CustomLog logs/other.log"), False),
        (("Listen 127.0.0.1:81", "Listen 82"), False),
        (("Listen 80", "Listen 8080"), True),
        (("Listen 80", "Listen 0.0.0.0:80"), True),
        (("ServerName one.test", "ServerName one.test\nServerAlias uno.test"), False),
        (("ServerName one.test", "ServerName uno.test"), True),
        (("ProxyPass /ws ws://w1.test/ws", "ProxyPass /ws ws://w1.test/ws timeout=3"), False),
        (("ProxyPass /ws ws://w1.test/ws", "ProxyPass /ws WS://W1.test/ws"), False),
        (("ws://w1.test/ws", "ws://w1.test:81/ws"), True),
        (("ProxyPass /ws ws://w1", "ProxyPass /sw ws://w1"), True),
        (("ProxyPass /ws ws://w1", "ProxyPassMatch /ws ws://w1"), True),
        (("ProxyPass /ws ws://w1.test/ws", "ProxyPass /ws !"), True),
        (("ServerName main.test", "<VirtualHost *:80>\n</VirtualHost>"), False),
    ],
)
def test_when_the_way_of_a_tunnel_is_gone(replaced: tuple[str, str], gone: bool) -> None:
    key = TunnelKey(ANY, ONE, WS_ONE)
    assert not is_gone(key, site_of(BEFORE))
    assert is_gone(key, site_of(changed(replaced))) == gone


# --- changes --------------------------------------------------------------------------------------


def test_nothing_changes_where_lines_only_move() -> None:
    assert lines(("ServerName main.test", "# a comment\n\nServerName main.test")) == [
        "nothing changes"
    ]


def test_listeners() -> None:
    assert lines(("Listen 127.0.0.1:81", "Listen [::1]:82"), ("Listen 80", "Listen 80 https")) == [
        "- Listen 127.0.0.1:81",
        "+ Listen [::1]:82",
        "~ Listen *:80: protocol http → https",
    ]


def test_vhosts() -> None:
    assert lines(("two.test", "three.test")) == [
        "- vhost *:80 two.test",
        "+ vhost *:80 three.test",
    ]
    assert lines(("ServerName one.test", "ServerName one.test\nServerAlias *.one.test uno")) == [
        "~ names in *:80 one.test: +*.one.test, +uno"
    ]


def test_routes() -> None:
    assert lines(("ws://w1.test", "ws://new.test"), ("/out !", "/out http://out.test/")) == [
        f"- {WS_ONE} in {ONE}",
        f"- ProxyPass /out ! in {ONE}",
        f"+ ProxyPass /ws ws://new.test/ws in {ONE}",
        f"+ ProxyPass /out http://out.test/ in {ONE}",
    ]
    assert lines(("ws://w1.test/ws", "ws://w1.test/ws nocanon")) == [
        f"~ {WS_ONE} in {ONE}: its options"
    ]


def test_the_order_of_rules() -> None:
    rules = "ProxyPass /ws ws://w1.test/ws\n", "  ProxyPass /out !\n"
    assert lines(("".join(rules), "".join(reversed(rules)))) == [
        f"~ the order of the rules in {ONE}"
    ]


def test_a_worker_of_the_main_server_is_used_by_its_vhosts() -> None:
    (found,) = changes(("timeout=3", "timeout=4 max=7"))
    assert (found.action, found.kind) == (Action.CHANGED, Kind.WORKER)
    assert found.details == ("max unset → 7", "timeout 3 → 4")
    assert found.vhosts == ("main", ONE, TWO)
    assert found.touches(TunnelKey(ANY, TWO, SHARED))
    assert not found.touches(TunnelKey(ANY, TWO, WS_TWO))


def test_settings_that_many_inherit_are_one_change() -> None:
    assert lines(("Timeout 30", "Timeout 60\nProxyTimeout 9\nProxyVia On")) == [
        "~ timeouts in the main server and 2 others: Timeout 30 → 60, ProxyTimeout unset → 9",
        "~ settings in the main server and 2 others: ProxyVia unset → on",
    ]


def test_logs() -> None:
    assert lines(('logs/access.log "%h"', 'logs/other.log "%h"\nLogLevel debug')) == [
        "~ logs in the main server and 2 others: CustomLog, LogLevel"
    ]
    vhost = "ServerName one.test"
    assert lines((vhost, f"{vhost}\nErrorLog logs/one.log")) == [
        f"~ logs in {ONE}: ErrorLog /root/logs/error_log → logs/one.log"
    ]


def test_sections() -> None:
    assert lines(("ProxyPreserveHost On", "ProxyPreserveHost Off")) == [
        f"~ <Location /x> in {ONE}: ProxyPreserveHost On → Off"
    ]
    proxy = "<Proxy http://main.test/>\nProxyAddHeaders Off\n</Proxy>\n"
    assert lines(("Timeout 30", f"Timeout 30\n{proxy}")) == [
        "~ <Proxy> sections in the main server and 2 others"
    ]


def test_what_has_no_effect_is_no_change() -> None:
    assert lines(("Timeout 30", "Timeout 30\nThreadsPerChild 7")) == ["nothing changes"]


# --- tunnels --------------------------------------------------------------------------------------


def test_the_tunnels_of_each_change() -> None:
    old = site_of(BEFORE)
    new = site_of(
        changed(("Timeout 30", "Timeout 60"), ("Listen 127.0.0.1:81", ""), ("ws://w1", "ws://new"))
    )
    counts = {
        TunnelKey(ANY, ONE, WS_ONE): 3,
        TunnelKey(ANY, TWO, WS_TWO): 1,
        TunnelKey(("127.0.0.1", 81), "main", SHARED): 5,
        TunnelKey(("127.0.0.1", 81), ONE, WS_ONE): 1000,
    }
    tunnels = Tunnels(counts, new)
    found = changes_between(old, new)
    assert list(as_lines(found, tunnels)) == [
        "- Listen 127.0.0.1:81 (1,005 tunnels are closed)",
        f"- {WS_ONE} in {ONE} (1,003 tunnels are closed)",
        f"+ ProxyPass /ws ws://new.test/ws in {ONE}",
        "~ timeouts in the main server and 2 others: Timeout 30 → 60 (1 tunnel goes on)",
    ]
    assert tunnels.closed == 1008
    assert [change.closes for change in found] == [True, True, False, False]
    data = as_data(found, tunnels)
    assert [entry["tunnels"] for entry in data] == [1005, 1003, 0, 1]
    assert json.loads(json.dumps(data)) == data
    assert data[0]["listener"] == ["127.0.0.1", 81]
    assert (data[1]["vhosts"], data[1]["routes"]) == ([ONE], [WS_ONE])
    assert {entry["tunnels"] for entry in as_data(found)} == {None}


def test_workers_that_may_share_a_pool() -> None:
    old = site_of(BEFORE)
    new = site_of(changed(("max=5", "max=6"), ("ServerName main.test", "\n\nServerName main.test")))
    pairs = list(same_workers(old, new))
    assert all(one.key == other.key and one.owner == other.owner for one, other in pairs)
    assert sorted(new.url for _, new in pairs) == [
        "http://main.test/",
        "http://w2.test/",
        "http://x.test/$1",
        "http://x.test/x",
        "ws://w1.test/ws",
    ]
