"""WebSockets that the server ends, seen by the `websockets` library on both sides: where
HttpdliteTunnelGoodbye asks for it, client and worker get a close frame, 1001, and answer it.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.peers.application import Application, running_application
from tests.peers.harness import (
    LOOPBACK,
    PATIENCE,
    Server,
    end_of,
    httpdlite_configuration,
    running_httpdlite,
)

RULES = """
GracefulShutdownTimeout 1
ProxyPass /told/ ws://{worker}/
ProxyPass /plain/ ws://{worker}/
<Location /told/>
    HttpdliteTunnelGoodbye On
</Location>
"""
MODES = {
    "asynchronous": "",
    "on tasks": "ProxyWebsocketAsync Off\n",
    "on tasks first": "ProxyWebsocketAsyncDelay 50ms\n",
}
GOING_AWAY = 1001


@pytest.fixture(name="application", scope="module")
def fixture_application() -> Iterator[Application]:
    with running_application() as application:
        yield application


def rules(application: Application, mode: str = "asynchronous") -> str:
    return MODES[mode] + RULES.format(worker=application.authority)


@contextmanager
def open_echo(server: Server, path: str) -> Iterator[ClientConnection]:
    """A client that has had an answer, so that frames have passed both ways."""
    url = f"ws://{LOOPBACK}:{server.port}{path}"
    with connect(url, ping_interval=None, proxy=None) as client:
        client.send("hello")
        assert client.recv(PATIENCE) == "hello"
        yield client


def end_for(client: ClientConnection) -> int | None:
    """The code of the close frame that the client got, None if it got none."""
    with pytest.raises(ConnectionClosed) as closed:
        client.recv(PATIENCE)
    return closed.value.rcvd.code if closed.value.rcvd else None


@pytest.mark.parametrize("mode", MODES)
def test_a_graceful_stop_is_told_to_both_sides(application: Application, mode: str) -> None:
    with (
        running_httpdlite(rules(application, mode), children=True) as server,
        open_echo(server, "/told/echo?a") as told,
        open_echo(server, "/plain/echo?b") as plain,
    ):
        server.process.send_signal(signal.SIGWINCH)
        assert end_for(told) == GOING_AWAY
        assert end_for(plain) is None
        assert application.wait_end("a") == (GOING_AWAY, "")
        assert application.wait_end("b") == (None, None)
        assert end_of(server) == 0


def test_a_route_that_goes_is_told_to_both_sides(application: Application) -> None:
    with (
        running_httpdlite(rules(application), children=True) as server,
        open_echo(server, "/told/echo?c") as told,
        open_echo(server, "/plain/echo?d") as plain,
    ):
        text = rules(application).replace("ProxyPass /told/", "ProxyPass /other/")
        httpdlite_configuration(server.root, server.port, text)
        server.process.send_signal(signal.SIGUSR1)
        assert end_for(told) == GOING_AWAY
        assert application.wait_end("c") == (GOING_AWAY, "")
        plain.send("still there")
        assert plain.recv(PATIENCE) == "still there"


def test_the_idle_limit_is_told_to_both_sides(application: Application) -> None:
    text = "ProxyWebsocketIdleTimeout 200ms\n" + rules(application)
    with (
        running_httpdlite(text) as server,
        open_echo(server, "/told/echo?e") as told,
        open_echo(server, "/plain/echo?f") as plain,
    ):
        assert end_for(told) == GOING_AWAY
        assert end_for(plain) is None
        assert application.wait_end("e") == (GOING_AWAY, "")
