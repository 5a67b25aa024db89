"""Binding and accepting: addresses, families, shortage of descriptors."""

import errno
import socket
from pathlib import Path

import pytest
import trio

from httpdlite.conf.directives.mpm import Listen
from httpdlite.diagnostics import Span
from httpdlite.serve import listener
from httpdlite.serve.listener import BindError, Tuning, bind, unmapped
from tests.serve.front import Connection, front, worker

HERE = Span("httpd.conf", 1, 1, 1, 1, None)
GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def test_an_address_that_is_taken_is_named_in_apache_s_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(BindError) as failed:
            bind(Listen("127.0.0.1", port, "http", HERE))
    assert str(failed.value) == (
        "(98)Address already in use: AH00072: make_sock: could not bind to address "
        f"127.0.0.1:{port}"
    )


def test_buffers_and_backlog() -> None:
    tuning = Tuning(backlog=1, send_buffer=20_000, receive_buffer=30_000)
    with bind(Listen("127.0.0.1", free_port(), "http", HERE), tuning) as sock:
        with socket.create_connection(sock.getsockname()):
            sock.settimeout(5)
            accepted, _ = sock.accept()
        with accepted:
            options = socket.SO_SNDBUF, socket.SO_RCVBUF
            sizes = [accepted.getsockopt(socket.SOL_SOCKET, option) for option in options]
    assert sizes == [40_000, 60_000]  # the kernel doubles them


def test_no_address_takes_both_families() -> None:
    if not socket.has_ipv6:
        pytest.skip("this Python has no IPv6")
    sock = bind(Listen(None, free_port(), "http", HERE))
    with sock:
        port = sock.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            pass


def test_no_address_is_ipv4_where_there_is_no_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket

    def without_ipv6(family: int, kind: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "no such family")
        return real(family, kind)

    monkeypatch.setattr("httpdlite.serve.listener.socket.socket", without_ipv6)
    with bind(Listen(None, free_port(), "http", HERE)) as sock:
        assert sock.getsockname()[0] == "0.0.0.0"


@pytest.mark.parametrize(
    ("seen", "ip"),
    [("::ffff:10.1.2.3", "10.1.2.3"), ("fe80::1%eth0", "fe80::1"), ("::1", "::1")],
)
def test_addresses_as_the_logs_name_them(seen: str, ip: str) -> None:
    assert unmapped(seen) == ip


def test_a_failing_accept_pauses_accepting_and_is_logged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(connection: Connection) -> None:
        while await connection.head():
            await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async def main() -> None:
        async with (
            worker(answer) as made,
            front(tmp_path, f"ProxyPass / http://127.0.0.1:{made.port}/") as served,
        ):
            assert (await served.ask(GET)).status == 200
            shortage = 3
            welcome = listener.Listener._welcome

            def accept_fails(self: listener.Listener, sock: socket.socket, *rest: object) -> None:
                nonlocal shortage
                if shortage:
                    shortage -= 1
                    sock.close()
                    self._pause(self._endpoint, "(24)Too many open files")  # type: ignore[arg-type]
                    return
                welcome(self, sock, *rest)  # type: ignore[arg-type]

            monkeypatch.setattr(listener.Listener, "_welcome", accept_fails)
            answered = 0
            while not answered:
                try:
                    answered = (await served.ask(GET)).status
                except (trio.BrokenResourceError, IndexError):
                    continue
            assert answered == 200
            assert served.log.count("no connection can be accepted") == 1
            assert "(24)Too many open files: no connection can be accepted" in served.log

    trio.run(main)
