"""The config tree: values, defaults, what a vhost inherits, sections, addresses."""

import pytest

from httpdlite.conf.call import Context
from httpdlite.conf.directives import core, http_core, log_config, mod_proxy, mpm, unixd
from httpdlite.conf.directives import mod_proxy_wstunnel as wstunnel
from httpdlite.conf.rows import STRING, append, directive, repeated
from httpdlite.conf.scope import Scope
from httpdlite.conf.tree import Config, SectionKind, VhostAddress
from httpdlite.diagnostics import NOT_SUPPORTED
from tests.conf.reading import FakeNames, codes, errors, read


def config_of(text: str) -> Config:
    reading = read(text)
    assert reading.config is not None, [found.message for found in errors(reading)]
    return reading.config


def test_a_scope_gives_the_value_or_the_default_and_knows_the_difference() -> None:
    scope = config_of("Timeout 7").main.scope
    assert scope[core.TIMEOUT] == 7
    assert core.TIMEOUT in scope
    assert scope[http_core.KEEP_ALIVE_TIMEOUT] == 5.0
    assert http_core.KEEP_ALIVE_TIMEOUT not in scope
    assert scope.get(http_core.KEEP_ALIVE_TIMEOUT) is None
    assert scope.get(http_core.KEEP_ALIVE_TIMEOUT, 1.5) == 1.5
    with pytest.raises(KeyError, match="ProxyTimeout"):
        scope[mod_proxy.PROXY_TIMEOUT]


def test_scopes_are_overlaid_row_by_row() -> None:
    one = directive("One", STRING, contexts=Context.SERVER, doc="")
    many = repeated("Many", STRING, contexts=Context.SERVER, doc="", merge=append)
    base, over = Scope({one: "a", many: ("x",)}), Scope({one: "b", many: ("y",)})
    assert base.overlaid(over) == Scope({one: "b", many: ("x", "y")})
    assert base.overlaid(Scope()) == base
    assert over[many] == ("y",)


VALUES = """
Timeout 10s
KeepAlive off
KeepAliveTimeout 1500ms
MaxKeepAliveRequests x
ProxyTimeout 7
ProxyVia Full
ProxyAddHeaders Off
ProxyPreserveHost on
ProxyWebsocketAsync Off
ProxyWebsocketAsyncDelay 20MS
ProxyWebsocketIdleTimeout -1
AllowEncodedSlashes NoDecode
MergeSlashes Off
PidFile run/pid
User www-data
Group #7
ErrorLog logs/e
ServerAdmin a@b
"""


def test_values() -> None:
    scope = config_of(VALUES).main.scope
    assert scope[core.TIMEOUT] == 10
    assert scope[http_core.KEEP_ALIVE] is False
    assert scope[http_core.KEEP_ALIVE_TIMEOUT] == 1.5
    assert scope[http_core.MAX_KEEP_ALIVE_REQUESTS] == 0
    assert scope[mod_proxy.PROXY_TIMEOUT] == 7
    assert scope[mod_proxy.PROXY_VIA] is mod_proxy.Via.FULL
    assert scope[mod_proxy.PROXY_ADD_HEADERS] is False
    assert scope[mod_proxy.PROXY_PRESERVE_HOST] is True
    assert scope[wstunnel.PROXY_WEBSOCKET_ASYNC] is False
    assert scope[wstunnel.PROXY_WEBSOCKET_ASYNC_DELAY] == 0.02
    assert scope[wstunnel.PROXY_WEBSOCKET_IDLE_TIMEOUT] == -1.0
    assert scope[core.ALLOW_ENCODED_SLASHES] is core.EncodedSlashes.NODECODE
    assert scope[core.MERGE_SLASHES] is False
    assert scope[core.PID_FILE] == "run/pid"
    assert scope[unixd.USER] == unixd.Account("www-data", 33)
    assert scope[unixd.GROUP] == unixd.Account("#7", 7)
    assert scope[core.ERROR_LOG] == "logs/e"
    assert scope[core.SERVER_ADMIN] == "a@b"


def test_defaults() -> None:
    scope = Scope()
    assert scope[core.TIMEOUT] == 60
    assert scope[core.ERROR_LOG] is None
    assert scope[core.LOG_LEVEL].default == core.LEVELS.index("warn")
    assert scope[mod_proxy.PROXY_PASS] == ()
    assert scope[wstunnel.PROXY_WEBSOCKET_ASYNC] is True
    assert scope[wstunnel.PROXY_WEBSOCKET_FALLBACK] is True
    assert scope[wstunnel.PROXY_WEBSOCKET_ASYNC_DELAY] == 0.0


@pytest.mark.parametrize(
    "name", ["ProxyWebsocketAsync", "ProxyWebsocketAsyncDelay", "ProxyWebsocketIdleTimeout"]
)
def test_the_websocket_directives_are_for_servers_only(name: str) -> None:
    reading = read(f"<Location /a>\n{name} 1\n</Location>")
    (found,) = errors(reading)
    assert found.message == f"{name} not allowed in <Location> context"


@pytest.mark.parametrize("name", ["ProxyAsyncDelay", "ProxyAsyncIdleTimeout"])
@pytest.mark.parametrize("value", ["-2", "-1s", "5x", "often"])
def test_times_of_trunk_have_a_format(name: str, value: str) -> None:
    (found,) = errors(read(f"{name} {value}"))
    assert found.message == f"{name} has wrong format"


def test_a_vhost_inherits_scalars_and_lists_but_not_names() -> None:
    config = config_of(
        "ServerName main\nTimeout 5\nProxyTimeout 6\nProxyPass /a http://a/\n"
        "CustomLog logs/a common\n"
        "<VirtualHost *:80>\nProxyTimeout 7\nProxyPass /b http://b/\n</VirtualHost>\n"
        "<VirtualHost *:80>\nServerName two\nServerAlias x *.y\nServerAlias z\n"
        "CustomLog logs/b common\nTransferLog logs/c\n</VirtualHost>\n"
        "KeepAlive Off\nProxyPass /c http://c/\n"
    )
    one, two = config.vhosts
    assert (one.scope[core.TIMEOUT], one.scope[mod_proxy.PROXY_TIMEOUT]) == (5, 7)
    assert one.scope[http_core.KEEP_ALIVE] is False
    assert core.SERVER_NAME not in one.scope
    assert [rule.path for rule in one.scope[mod_proxy.PROXY_PASS]] == ["/a", "/c", "/b"]
    assert [rule.path for rule in one.own[mod_proxy.PROXY_PASS]] == ["/b"]
    assert [log.file for log in one.scope[log_config.CUSTOM_LOG]] == ["logs/a"]
    assert two.scope[core.SERVER_NAME].name == "two"
    assert two.scope[core.SERVER_ALIAS] == ("x", "*.y", "z")
    assert [log.file for log in two.scope[log_config.CUSTOM_LOG]] == ["logs/b", "logs/c"]
    assert [log.format for log in two.scope[log_config.CUSTOM_LOG]] == ["common", None]


@pytest.mark.parametrize(
    "main,vhost,default,modules",
    [
        ("info", "", "info", {}),
        ("proxy:debug", "", "warn", {"proxy": "debug"}),
        ("info proxy:debug", "http:trace1", "info", {"proxy": "debug", "http": "trace1"}),
        ("proxy:debug", "error", "error", {}),
        ("proxy:debug warn", "", "warn", {}),
        ("error mod_proxy.c:debug", "proxy_module:info", "error", {"proxy": "info"}),
    ],
)
def test_log_levels_are_merged(
    main: str, vhost: str, default: str, modules: dict[str, str]
) -> None:
    inner = f"LogLevel {vhost}" if vhost else ""
    config = config_of(f"LogLevel {main}\n<VirtualHost *:80>\n{inner}\n</VirtualHost>")
    levels = config.vhosts[0].scope[core.LOG_LEVEL]
    assert core.LEVELS[levels.default] == default
    assert {name: core.LEVELS[level] for name, level in levels.modules} == modules


def test_sections_of_the_main_server_come_first() -> None:
    config = config_of(
        "<VirtualHost *:80>\n<Location /v>\nProxyPass http://v/\n</Location>\n</VirtualHost>\n"
        '<LocationMatch "^/m">\nProxyPreserveHost On\n</LocationMatch>\n'
        "<Location ~ ^/r>\nProxyPass !\nProxyPass http://r/\n</Location>\n"
    )
    sections = config.vhosts[0].sections
    assert [(s.kind, s.argument, s.is_regex) for s in sections] == [
        (SectionKind.LOCATION_MATCH, "^/m", True),
        (SectionKind.LOCATION, "^/r", True),
        (SectionKind.LOCATION, "/v", False),
    ]
    assert sections[0].scope[mod_proxy.PROXY_PRESERVE_HOST] is True
    assert [rule.target for rule in sections[1].scope[mod_proxy.PROXY_PASS]] == ["http://r/"]
    assert mod_proxy.PROXY_PASS not in config.main.scope


@pytest.mark.parametrize(
    "argument,addresses",
    [
        ("*", [("*", 0)]),
        ("*:80 _default_:81", [("*", 80), ("*", 81)]),
        ("*:*", [("*", 0)]),
        ("127.0.0.1", [("127.0.0.1", 0)]),
        ("[::1]:80", [("::1", 80)]),
        ("[0000:0::00001]:80", [("::1", 80)]),
        ("b.test:8080", [("10.0.0.2", 8080), ("10.0.0.3", 8080)]),
        ("localhost:*", [("127.0.0.1", 0)]),
        ("unknown.test:80 *:81", [("*", 81)]),
        ('""', []),
    ],
)
def test_vhost_addresses(argument: str, addresses: list[tuple[str, int]]) -> None:
    (vhost,) = config_of(f"<VirtualHost {argument}>\n</VirtualHost>").vhosts
    assert [(address.host, address.port) for address in vhost.addresses] == addresses


def test_an_address_without_port_takes_the_one_of_the_main_name() -> None:
    config = config_of("ServerName a:8080\n<VirtualHost 10.0.0.1 *>\n</VirtualHost>")
    assert config.vhosts[0].addresses == (
        VhostAddress("10.0.0.1", 8080, "10.0.0.1"),
        VhostAddress("*", 0, "*"),
    )


@pytest.mark.parametrize(
    "argument,host,port,protocol",
    [
        ("80", None, 80, "http"),
        ("443", None, 443, "https"),
        ("*:80 HTTPS", None, 80, "https"),
        ("[::1]:8080", "::1", 8080, "http"),
        ("127.0.0.1:8080", "127.0.0.1", 8080, "http"),
        ("localhost:8080", "localhost", 8080, "http"),
        ("[fe80::1%lo]:80", "fe80::1%lo", 80, "http"),
    ],
)
def test_listen(argument: str, host: str | None, port: int, protocol: str) -> None:
    (listen,) = config_of(f"Listen {argument}").main.scope[mpm.LISTEN]
    assert (listen.host, listen.port, listen.protocol) == (host, port, protocol)


def test_a_second_listen_points_at_the_first() -> None:
    (found,) = errors(read("Listen 80\nListen 0.0.0.0:80\nListen *:80"))
    assert found.code == "duplicate-listen"
    assert found.notes[0].span is not None
    assert found.notes[0].span.line == 1


@pytest.mark.parametrize(
    "text,scheme,name,port",
    [
        ("a", None, "a", None),
        ("a:81", None, "a", 81),
        ("HTTPS://a.b:443", "https", "a.b", 443),
        ("http://a:80x", "http", "a", 80),
        ("a\\\\b", None, "a\\b", None),
    ],
)
def test_server_name(text: str, scheme: str | None, name: str, port: int | None) -> None:
    found = config_of(f"ServerName {text}").main.scope[core.SERVER_NAME]
    assert (found.scheme, found.name, found.port) == (scheme, name, port)


@pytest.mark.parametrize(
    "text",
    [
        "ProxyRequests On",
        "ProxyPass /a ajp://b/",
        "ProxyPass /a fcgi://b/",
        "ProxyPass /a balancer://b/",
        "UseCanonicalName DNS",
        "HttpProtocolOptions Unsafe",
        'LogFormat "%{REQUEST_URI}x"',
        "<Proxy balancer://b>\nProxySet lbmethod=byrequests\n</Proxy>",
        "<Location />\nRequire ldap-user joe\n</Location>",
        "ProxyRemote * http://p:8080",
    ],
)
def test_what_httpd_accepts_and_we_cannot_do_is_refused_by_name(text: str) -> None:
    reading = read(text)
    assert set(codes(reading)) == {NOT_SUPPORTED}
    assert reading.config is None
    assert all(found.span is not None for found in reading.diagnostics)
    assert reading.tree.main is not None


def test_an_unresolvable_listen_is_an_error() -> None:
    reading = read("Listen nowhere.test:80")
    assert codes(reading) == ["unknown-host", "unknown-host"]
    assert reading.diagnostics[0].logged == "core:crit"


def test_without_any_name_httpd_complains() -> None:
    reading = read("Listen 80", preamble="", names=FakeNames(fqdn=None))
    (found,) = reading.diagnostics
    assert found.apache[0].startswith("AH00558: httpdlite: Could not reliably determine")
    assert reading.config is not None


def test_a_default_log_directory_need_not_be_there() -> None:
    assert read("ServerName a", preamble="").diagnostics == ()


def test_log_directories_of_vhosts_are_checked_from_the_last_one_on() -> None:
    text = "".join(
        f"<VirtualHost *:80>\nErrorLog /no/{name}\n</VirtualHost>\n" for name in ("a", "b")
    )
    messages = [found.message for found in errors(read(text))]
    assert [message.rpartition(":")[2] for message in messages] == ["4", "1"]
    assert "error log of vhost defined at /root/httpd.conf" in messages[0]
