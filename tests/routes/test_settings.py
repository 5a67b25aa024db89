"""Which of several directives rules a tunnel: its kind, its delay, its idle limit."""

import pytest

from httpdlite.conf.directives.worker_parameters import WorkerParameters
from httpdlite.conf.tree import Config
from httpdlite.diagnostics import Span
from httpdlite.routes.settings import Settings, read_settings
from httpdlite.routes.worker import Worker
from tests.conf.reading import read


def config_of(text: str) -> Config:
    """Of a text without errors."""
    reading = read(text)
    assert reading.config is not None, reading.diagnostics
    return reading.config


def settings_of(lines: str) -> Settings:
    """Of the main server."""
    return read_settings(config_of(lines).main.scope)


@pytest.mark.parametrize(
    ("lines", "is_async", "delay"),
    [
        ("", True, 0.0),
        ("ProxyWebsocketAsync Off", False, 0.0),
        ("ProxyWebsocketAsyncDelay 1500ms", True, 1.5),
        ("ProxyAsyncDelay 2", True, 2.0),
        ("ProxyAsyncDelay -1", False, 0.0),
        ("ProxyAsyncDelay 0", True, 0.0),
        ("ProxyAsyncDelay -1\nProxyWebsocketAsync On", True, 0.0),
        ("ProxyAsyncDelay 2\nProxyWebsocketAsync Off", False, 2.0),
        ("ProxyAsyncDelay 2\nProxyWebsocketAsyncDelay 3", True, 3.0),
        ("ProxyAsyncDelay -1\nProxyWebsocketAsyncDelay 3", True, 3.0),
    ],
)
def test_the_kind_of_a_tunnel(lines: str, is_async: bool, delay: float) -> None:
    settings = settings_of(lines)
    assert (settings.websocket_async, settings.websocket_async_delay) == (is_async, delay)


@pytest.mark.parametrize(
    ("lines", "timeout", "idle"),
    [
        ("Timeout 7", None, 7.0),
        ("Timeout 7", 5, 7.0),
        ("Timeout 7", 9, 9.0),
        ("Timeout 7\nProxyTimeout 8", None, 8.0),
        ("Timeout 7\nProxyTimeout 8", 3, 7.0),
        ("ProxyWebsocketIdleTimeout 3", 9, 3.0),
        ("ProxyWebsocketIdleTimeout 0", 9, None),
        ("ProxyWebsocketIdleTimeout -1", 9, None),
        ("ProxyAsyncIdleTimeout 3mi", 9, 180.0),
        ("ProxyAsyncIdleTimeout 0", 9, None),
        ("Timeout 7\nProxyAsyncIdleTimeout -1", 9, 9.0),
        ("ProxyAsyncIdleTimeout 3\nProxyWebsocketIdleTimeout 4", 9, 4.0),
        ("ProxyAsyncIdleTimeout 3\nProxyWebsocketIdleTimeout 0", 9, None),
    ],
)
def test_the_idle_limit_of_a_tunnel(lines: str, timeout: int | None, idle: float | None) -> None:
    parameters = WorkerParameters(timeout=timeout)
    worker = Worker("ws://w/", parameters, None, Span("httpd.conf", 1, 1, 1, 1, None))
    assert settings_of(lines).tunnel_idle_timeout(worker) == idle


def test_the_time_limits_are_merged_by_section() -> None:
    config = config_of(
        "ProxyAsyncIdleTimeout 3\nProxyAsyncDelay -1\n"
        "<VirtualHost *:80>\n<Location /a>\nProxyAsyncIdleTimeout 4\n</Location>\n</VirtualHost>\n"
        "<VirtualHost *:80>\nServerName b\nProxyAsyncDelay 1\n</VirtualHost>\n"
    )
    one, two = config.vhosts
    (section,) = one.sections
    inside = read_settings(one.scope.overlaid(section.scope))
    assert (inside.async_idle_timeout, inside.websocket_async) == (4.0, False)
    assert read_settings(one.scope).async_idle_timeout == 3.0
    assert read_settings(two.scope).websocket_async_delay == 1.0


def test_goodbyes_are_off_and_can_be_asked_for_in_a_section() -> None:
    assert not settings_of("").tunnel_goodbye
    lines = "<Location /x>\nHttpdliteTunnelGoodbye Off\n</Location>"
    config = config_of(f"HttpdliteTunnelGoodbye On\n{lines}\n")
    server, (section,) = config.main.scope, config.main.sections
    assert read_settings(server).tunnel_goodbye
    assert not read_settings(server.overlaid(section.scope)).tunnel_goodbye


def test_a_virtual_host_inherits_what_it_does_not_set() -> None:
    """Each directive by itself: in httpd's trunk one of them resets the others of its section."""
    config = config_of(
        "ProxyWebsocketAsync Off\nProxyWebsocketAsyncDelay 2\nProxyWebsocketIdleTimeout 3\n"
        "<VirtualHost *:80>\nProxyWebsocketAsync On\n</VirtualHost>\n"
        "<VirtualHost *:80>\nServerName b\nProxyWebsocketAsyncDelay 0\n</VirtualHost>\n"
        "<VirtualHost *:80>\nServerName c\nProxyWebsocketIdleTimeout 0\n</VirtualHost>\n"
    )
    found = [
        (it.websocket_async, it.websocket_async_delay, it.websocket_idle_timeout)
        for it in (read_settings(vhost.scope) for vhost in config.vhosts)
    ]
    assert found == [(True, 2.0, 3.0), (False, 0.0, 3.0), (False, 2.0, 0.0)]
