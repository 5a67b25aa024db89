"""Connections that begin with a PROXY header, served by a child: nothing is served without one, and
afterwards everything knows the announced client.
"""

import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest
import trio
import trio.testing

from tests.certificates import Authority
from tests.serve.front import Connection, Front, front, worker

AUTHORITY: Final = Authority.create()
ONE: Final = AUTHORITY.issue("one.test")
FILES: Final = {"one.pem": ONE.pem, "one.key": ONE.key}
TLS: Final = (
    "SSLEngine on\nSSLCertificateFile one.pem\nSSLCertificateKeyFile one.key\n"
    "RequestHeader set X-Tls %{HTTPS}e\n"
)
ON: Final = """\
RemoteIPProxyProtocol On
LogLevel info
LogFormat "%a %{c}a %h %{c}h %{remote}p %>s" addresses
CustomLog FOLDER/addresses.log addresses
RequestHeader set X-E "expr=%{REMOTE_ADDR} %{CONN_REMOTE_ADDR}"
<Location /one>
  Require ip 8.8.8.8
</Location>
ProxyPass /nobody !
ProxyPass / http://WORKER/ upgrade=websocket
"""
LINE: Final = "PROXY TCP4 8.8.8.8 9.9.9.9 1234 80\r\n"
GET: Final = "GET {} HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n"
UPGRADE: Final = "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


async def answer(connection: Connection) -> None:
    """A worker: the head is its answer; a tunnel ends at once."""
    while head := await connection.head():
        if UPGRADE in head:
            await connection.send(f"HTTP/1.1 101 Switching Protocols\r\n{UPGRADE}")
            return
        await connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(head)}\r\n\r\n{head}")


def serve(tmp_path: Path, text: str, test: Callable[[Front], Awaitable[None]]) -> list[str]:
    """Serves while the test runs; the lines of addresses.log."""

    async def main() -> None:
        async with worker(answer) as made:
            where = f"127.0.0.1:{made.port}"
            filled = text.replace("WORKER", where).replace("FOLDER", str(tmp_path))
            async with front(tmp_path, filled, FILES) as served:
                await test(served)

    trio.run(main)
    log = tmp_path / "addresses.log"
    return log.read_text().splitlines() if log.exists() else []


def test_everything_knows_the_announced_client(tmp_path: Path) -> None:
    async def test(served: Front) -> None:
        body = (await served.ask(LINE + GET.format("/x"))).body.decode()
        assert "\r\nX-E: 8.8.8.8 127.0.0.1\r\n" in body
        assert "\r\nX-Forwarded-For: 8.8.8.8\r\n" in body
        assert (await served.ask(LINE + GET.format("/one"))).status == 200
        assert (
            await served.ask(LINE.replace("8.8.8.8", "8.8.4.4") + GET.format("/one"))
        ).status == 403
        assert (await served.ask(LINE + GET.format("/nobody"))).status == 404
        connection = await served.connect()
        await connection.send(f"{LINE}GET /ws HTTP/1.1\r\nHost: one.test\r\n{UPGRADE}")
        assert (await connection.head()).startswith("HTTP/1.1 101 ")
        await connection.rest()
        await connection.close()
        with trio.fail_after(5):
            while len(served.access) < 5:
                await trio.testing.wait_all_tasks_blocked()
        assert "[client 8.8.4.4:1234]" in served.log
        assert "[client 8.8.8.8:1234]" in served.log

    end = "127.0.0.1 {} 127.0.0.1 1234 {}"
    assert serve(tmp_path, ON, test) == [
        f"{ip} {end.format(ip, status)}"
        for ip, status in (
            *(("8.8.8.8", 200), ("8.8.8.8", 200), ("8.8.4.4", 403), ("8.8.8.8", 404)),
            ("8.8.8.8", 101),
        )
    ]


def test_the_first_request_may_come_later_and_others_follow(tmp_path: Path) -> None:
    async def test(served: Front) -> None:
        connection = await served.connect()
        for byte in LINE.encode():
            await connection.send(bytes([byte]))
            await trio.testing.wait_all_tasks_blocked()
        kept = GET.format("/1").replace("Connection: close\r\n", "")
        await connection.send(kept + GET.format("/2"))
        for _ in range(2):
            assert b"X-Forwarded-For: 8.8.8.8\r\n" in (await connection.response()).body

    assert len(serve(tmp_path, ON, test)) == 2


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (GET.format("/"), "AH03496"),
        ("PROXY TCP9 a b c d\r\n" + GET.format("/"), "AH03499"),
        ("PROXY " + "x" * 200, "AH10185"),
        ("PROXY TCP4 8.8.8.8", "AH10634"),
    ],
)
def test_without_a_header_nothing_is_served(tmp_path: Path, sent: str, code: str) -> None:
    async def test(served: Front) -> None:
        connection = await served.connect()
        await connection.send(sent)
        if code == "AH10634":
            connection.finish()
        assert await connection.rest() == b""
        line = next(line for line in served.log.splitlines() if code in line)
        assert "[client 127.0.0.1:" in line
        assert not served.access

    assert serve(tmp_path, ON, test) == []


def test_who_sends_nothing_is_closed(tmp_path: Path) -> None:
    async def test(served: Front) -> None:
        connection = await served.connect()
        await connection.send("PROXY ")
        assert await connection.rest() == b""
        assert "AH10184: failed reading input" in served.log

    serve(tmp_path, "Timeout 1\n" + ON, test)


def test_an_exception_sends_none(tmp_path: Path) -> None:
    async def test(served: Front) -> None:
        assert (await served.ask(GET.format("/x"))).status == 200
        assert (await served.ask(LINE + GET.format("/x"))).status == 400

    lines = serve(tmp_path, ON + "RemoteIPProxyProtocolExceptions 127.0.0.0/8\n", test)
    assert [line.rpartition(" ")[2] for line in lines] == ["200", "400"]


def test_before_tls(tmp_path: Path) -> None:
    context = ssl.create_default_context(cadata=AUTHORITY.pem.decode())

    async def test(served: Front) -> None:
        connection = await served.connect()
        await connection.send(LINE)
        stream = trio.SSLStream(
            connection.stream, context, server_hostname="one.test", https_compatible=True
        )
        await stream.send_all(GET.format("/x").encode())
        answer = b""
        async for data in stream:
            answer += data
        assert b"X-Forwarded-For: 8.8.8.8\r\n" in answer
        assert b"X-Tls: on\r\n" in answer
        again = await served.connect()
        bare = trio.SSLStream(again.stream, context, server_hostname="one.test")
        with pytest.raises(trio.BrokenResourceError):
            await bare.do_handshake()
        assert "AH03496" in served.log

    assert serve(tmp_path, ON + TLS, test) == ["8.8.8.8 127.0.0.1 8.8.8.8 127.0.0.1 1234 200"]


def test_a_drain_waits_for_who_has_just_come(tmp_path: Path) -> None:
    async def test(served: Front) -> None:
        connection = await served.connect()
        await connection.send("PROXY ")
        await trio.testing.wait_all_tasks_blocked()
        assert served.child.has_clients
        assert served.child.status()["clients"] == 1
        silent = await served.connect()
        await trio.testing.wait_all_tasks_blocked()
        served.child.drain(None)
        await connection.send(LINE.removeprefix("PROXY ") + GET.format("/x"))
        assert (await connection.response()).get("Connection") == "close"
        assert await silent.rest() == b""
        assert "AH10184" not in served.log

    assert len(serve(tmp_path, ON, test)) == 1
