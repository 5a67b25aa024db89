"""The parent's listening sockets: one per child and address, all of them or none."""

import socket
from collections.abc import Iterator

import pytest

from httpdlite.conf.directives.mpm import Listen
from httpdlite.serve.listener import USUAL, BindError
from httpdlite.serve.listening import ListeningSockets, key_of
from tests.serve.front import config_of

HOST = "127.0.0.1"


@pytest.fixture
def ports() -> Iterator[list[int]]:
    """Three ports that nobody else is given meanwhile."""
    holders = [socket.socket() for _ in range(3)]
    for holder in holders:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((HOST, 0))
    yield [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()


@pytest.fixture
def sockets() -> Iterator[ListeningSockets]:
    made = ListeningSockets(2)
    yield made
    made.close()


def listens(*ports: int) -> tuple[Listen, ...]:
    from httpdlite.conf.directives.mpm import LISTEN  # noqa: PLC0415

    text = "ServerName x\n" + "".join(f"Listen {HOST}:{port}\n" for port in ports)
    return tuple(config_of(text).main.scope[LISTEN])


def is_listening(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_each_child_has_a_socket_of_its_own(sockets: ListeningSockets, ports: list[int]) -> None:
    assert sockets.open(listens(ports[0]), USUAL) == [(HOST, ports[0])]
    numbers = {child[HOST, ports[0]].fileno() for child in sockets.of}
    assert len(numbers) == 2
    assert is_listening(ports[0])


def test_only_what_is_new_is_opened(sockets: ListeningSockets, ports: list[int]) -> None:
    sockets.open(listens(ports[0]), USUAL)
    before = sockets.of[0][HOST, ports[0]]
    assert sockets.open(listens(*ports[:2]), USUAL) == [(HOST, ports[1])]
    assert sockets.of[0][HOST, ports[0]] is before
    assert sockets.gone(listens(ports[1])) == [(HOST, ports[0])]
    sockets.close(sockets.gone(listens(ports[1])))
    assert not is_listening(ports[0])
    assert is_listening(ports[1])
    assert sockets.keys == ((HOST, ports[1]),)


def test_all_or_nothing(sockets: ListeningSockets, ports: list[int]) -> None:
    sockets.open(listens(ports[0]), USUAL)
    with socket.create_server((HOST, 0)) as taken:
        busy = taken.getsockname()[1]
        with pytest.raises(BindError, match=rf"AH00072: .*:{busy}"):
            sockets.open(listens(ports[0], ports[1], busy), USUAL)
    assert sockets.keys == ((HOST, ports[0]),)
    assert is_listening(ports[0])
    assert not is_listening(ports[1])


def test_an_address_that_another_server_shares_is_taken(ports: list[int]) -> None:
    """Two servers must not get each other's connections, although children share."""
    first, second = ListeningSockets(2), ListeningSockets(2)
    try:
        first.open(listens(ports[0]), USUAL)
        with pytest.raises(BindError, match="Address already in use"):
            second.open(listens(ports[0]), USUAL)
    finally:
        first.close()
        second.close()


def test_a_child_keeps_only_its_own(sockets: ListeningSockets, ports: list[int]) -> None:
    sockets.open(listens(ports[0]), USUAL)
    sockets.forget_all_but(1)
    key = key_of(listens(ports[0])[0])
    assert sockets.of[0][key].fileno() == -1
    assert sockets.of[1][key].fileno() >= 0
