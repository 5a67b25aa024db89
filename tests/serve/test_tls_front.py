"""Clients by TLS through a child: which vhost, which requests a connection carries, what else is
said at its port, and what happens to handshakes when the child drains or ends.
"""

import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest
import trio
import trio.testing

from httpdlite.serve.tls_handshake import Handshake
from httpdlite.serve.tls_sites import TlsFiles, site_tls
from tests.certificates import Authority
from tests.serve.front import Connection, Front, Worker, front, site_of, worker

AUTHORITY: Final = Authority.create()
ONE: Final = AUTHORITY.issue("one.test", "two.test")
OTHER: Final = AUTHORITY.issue("other.test")
CLIENT: Final = AUTHORITY.client()
FILES: Final = {
    "one.pem": ONE.pem,
    "one.key": ONE.key,
    "other.pem": OTHER.pem,
    "other.key": OTHER.key,
    "ca.pem": AUTHORITY.pem,
}
VHOST: Final = (
    "<VirtualHost *:*>\nServerName {name}.test\nSSLEngine on\n"
    "SSLCertificateFile {file}.pem\nSSLCertificateKeyFile {file}.key\n{more}"
    "ProxyPass / http://WORKER/ upgrade=websocket\n</VirtualHost>\n"
)


def vhost(name: str, file: str = "one", more: str = "") -> str:
    return VHOST.format(name=name, file=file, more=more)


async def answer(connection: Connection) -> None:
    """A worker: the target is its answer, and what comes after a switch goes back."""
    while head := await connection.head():
        target = head.split(" ", 2)[1]
        if "Upgrade: websocket" in head:
            await connection.send(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\n\r\n"
            )
            async for data in connection.stream:
                await connection.send(bytes(data))
            return
        length = len(target)
        await connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{target}")


def serve(tmp_path: Path, text: str, test: Callable[[Front, Worker], Awaitable[None]]) -> None:
    async def main() -> None:
        async with worker(answer) as made:
            where = f"127.0.0.1:{made.port}"
            async with front(tmp_path, text.replace("WORKER", where), FILES) as served:
                await test(served, made)

    trio.run(main)


class Secure(Connection):
    """A client by TLS. Its own connection is closed by the front."""

    def __init__(self, stream: trio.SSLStream[trio.SocketStream]) -> None:
        super().__init__(stream)  # type: ignore[arg-type]
        self.tls = stream

    @property
    def certificate(self) -> str:
        """The name in the server's certificate."""
        seen = self.tls.getpeercert()
        return str(seen["subject"][0][0][1])


async def secure(served: Front, name: str | None = "one.test") -> Secure:
    """A connection whose handshake is over."""
    context = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
    context.check_hostname = False
    plain = await served.connect()
    stream = trio.SSLStream(plain.stream, context, server_hostname=name, https_compatible=True)
    await stream.do_handshake()
    return Secure(stream)


async def get(
    connection: Connection, host: str | None = "one.test", target: str = "/x", minor: int = 1
) -> tuple[int, bytes]:
    field = f"Host: {host}\r\n" if host is not None else ""
    await connection.send(f"GET {target} HTTP/1.{minor}\r\n{field}\r\n")
    response = await connection.response()
    return response.status, response.body


def test_requests_follow_each_other(tmp_path: Path) -> None:
    async def test(served: Front, _: Worker) -> None:
        connection = await secure(served)
        assert await get(connection, target="/1") == (200, b"/1")
        assert await get(connection, target="/2") == (200, b"/2")
        await connection.send(
            "GET /3 HTTP/1.1\r\nHost: a\r\n\r\nGET /4 HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        assert [(await connection.response()).body for _ in range(2)] == [b"/3", b"/4"]

    serve(tmp_path, vhost("one"), test)


def test_the_server_calls_itself_by_https(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await secure(served)
        await connection.send("GET /moved HTTP/1.1\r\nHost: one.test\r\n\r\n")
        head = await connection.head()
        assert "Location: https://one.test/gone" in head

    async def moving(connection: Connection) -> None:
        await connection.head()
        where = connection.stream.socket.getsockname()[1]
        await connection.send(
            f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{where}/gone\r\n"
            "Content-Length: 0\r\n\r\n"
        )

    async def main() -> None:
        async with worker(moving) as made:
            text = vhost("one", more="ProxyPassReverse / http://WORKER/\n")
            text = text.replace("WORKER", f"127.0.0.1:{made.port}")
            async with front(tmp_path, text, FILES) as served:
                await test(served, made)

    trio.run(main)


@pytest.mark.parametrize(
    "name,certificate",
    [("one.test", "one.test"), ("other.test", "other.test"), (None, "one.test"), ("x", "one.test")],
)
def test_the_name_chooses_the_certificate(
    tmp_path: Path, name: str | None, certificate: str
) -> None:
    async def test(served: Front, _: Worker) -> None:
        connection = await secure(served, name)
        assert connection.certificate == certificate
        assert await get(connection, name or "one.test") == (200, b"/x")

    serve(tmp_path, vhost("one") + vhost("other", "other"), test)


TWO: Final = vhost("one") + vhost("two")
APART: Final = vhost("one") + vhost("other", "other")
STRICT: Final = vhost("one") + vhost("two", more="SSLStrictSNIVHostCheck on\n")
ASKING: Final = vhost("one") + vhost(
    "two", more="SSLVerifyClient require\nSSLCACertificateFile ca.pem\n"
)
HALF: Final = vhost("one") + vhost("two").replace("SSLEngine on", "SSLEngine off")


@pytest.mark.parametrize(
    "text,name,host,status,code",
    [
        (TWO, "one.test", "two.test", 200, ""),
        (APART, "one.test", "other.test", 421, "AH02032"),
        (APART, None, "other.test", 421, "AH02032"),
        (ASKING, "one.test", "two.test", 421, "AH02032"),
        (ASKING, None, "two.test", 421, "AH02032"),
        (STRICT, None, "two.test", 403, "AH02033"),
        (STRICT, "one.test", "two.test", 200, ""),
        (STRICT, "two.test", "two.test", 200, ""),
        (HALF, "two.test", "two.test", 200, ""),
        (HALF, "two.test", "one.test", 421, "AH02032"),
        (HALF, "one.test", "two.test", 421, "AH02032"),
        ("SSLVHostSNIPolicy insecure\n" + APART, "one.test", "other.test", 200, ""),
        ("SSLVHostSNIPolicy insecure\n" + ASKING, "one.test", "two.test", 421, "AH02032"),
        ("SSLVHostSNIPolicy strict\n" + TWO, "one.test", "two.test", 421, "AH02032"),
        ("SSLVHostSNIPolicy authonly\n" + APART, "one.test", "other.test", 200, ""),
        ("SSLVHostSNIPolicy authonly\n" + ASKING, "one.test", "two.test", 421, "AH02032"),
    ],
)
def test_which_requests_a_connection_carries(  # noqa: PLR0917
    tmp_path: Path, text: str, name: str | None, host: str, status: int, code: str
) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await secure(served, name)
        assert (await get(connection, host))[0] == status
        assert code in served.log
        assert made.connections == (status == 200)

    serve(tmp_path, "LogLevel info\n" + text, test)


def test_a_name_in_the_handshake_and_none_in_the_request(tmp_path: Path) -> None:
    async def test(served: Front, _: Worker) -> None:
        assert (await get(await secure(served), None, minor=0))[0] == 400
        assert "AH02031: Hostname one.test provided via SNI" in served.log
        assert (await get(await secure(served, None), None, minor=0))[0] == 200

    serve(tmp_path, vhost("one"), test)


def test_a_body_of_what_is_refused_does_not_become_a_request(tmp_path: Path) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await secure(served)
        body = "GET /smuggled HTTP/1.1\r\nHost: one.test\r\n\r\n"
        await connection.send(
            f"POST /x HTTP/1.1\r\nHost: other.test\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        )
        assert (await connection.response()).status == 421
        assert await get(connection, target="/next") == (200, b"/next")
        assert made.connections == 1

    serve(tmp_path, APART, test)


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nHost: one.test\r\n\r\n", b"POST /x"])
def test_plain_http_is_told_so(tmp_path: Path, sent: bytes) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(sent)
        response = await connection.response()
        assert response.status == 400
        assert b"You're speaking plain HTTP to an SSL-enabled server port.<br />\n" in response.body
        assert await connection.rest() == b""
        assert "AH01996" in served.log
        assert served.access == ["400 402 GET / HTTP/1.0"]
        assert not made.connections

    serve(tmp_path, "LogLevel info\n" + vhost("one"), test)


async def later(served: Front, seconds: float) -> None:
    """Move the child's clock, and make it look."""
    engine = served.child.engine
    clock = engine.clock
    engine.clock = lambda: clock() + seconds
    assert (await get(await secure(served)))[0] == 200


OF_BOTH: Final = vhost(
    "one", more="ErrorDocument 400 first\nErrorDocument 414 first\nLimitRequestLine 100\n"
) + vhost("two", more="ErrorDocument 400 second\nLimitRequestLine 50\nErrorLog second.log\n")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("GET /x HTTP/1.1\r\nHost: two.test\r\nno field\r\n\r\n", 400),
        ("\0garbage\r\n\r\n", 400),
        (f"GET /{'x' * 100} HTTP/1.1\r\nHost: two.test\r\n\r\n", 414),
        (f"GET /{'x' * 60} HTTP/1.1\r\nHost: two.test\r\n\r\n", 200),
    ],
)
def test_what_is_no_request_is_of_the_first_vhost_whatever_the_name(
    tmp_path: Path, sent: str, status: int
) -> None:
    """As in Apache: until there is a Host, only the certificate is that of the name."""

    async def test(served: Front, _: Worker) -> None:
        connection = await secure(served, "two.test")
        await connection.send(sent)
        response = await connection.response()
        assert response.status == status
        if status != 200:
            assert response.body == b"first"
            assert "[core:info]" in served.log

    serve(tmp_path, "LogLevel info\n" + OF_BOTH, test)


def test_who_asks_for_nothing_after_a_handshake_is_a_408_in_the_logs(tmp_path: Path) -> None:
    async def test(served: Front, _: Worker) -> None:
        silent, kept = await secure(served, "two.test"), await secure(served, "two.test")
        assert (await get(kept, "two.test"))[0] == 200
        plain = await served.connect()
        while not await handshakes(served):
            pass
        await later(served, 5)
        assert "408 - -" not in served.access
        await later(served, 10)
        assert await silent.rest() == b""
        assert await kept.rest() == b""
        assert served.access.count("408 - -") == 1
        assert served.log.count("AH01382: Request header read timeout") == 1
        assert await handshakes(served)  # who has not begun one has other limits
        await plain.close()

    text = "LogLevel info\nKeepAliveTimeout 12\nRequestReadTimeout header=10\n"
    serve(tmp_path, text + TWO, test)


def test_a_silent_client_of_a_child_that_drains_is_none(tmp_path: Path) -> None:
    async def test(served: Front, _: Worker) -> None:
        silent = await secure(served)
        served.child.drain(None)
        assert await silent.rest() == b""
        assert served.access == []

    serve(tmp_path, vhost("one"), test)


REQUIRED: Final = "<Location /secret>\nSSLRequireSSL\n</Location>\n"


@pytest.mark.parametrize("target", ["/secret", "/secret/none"])
def test_ssl_require_ssl(tmp_path: Path, target: str) -> None:
    async def plain(served: Front, _: Worker) -> None:
        connection = await served.connect()
        assert (await get(connection, target=target))[0] == 403
        assert (await get(connection, target="/other"))[0] == 200
        assert "AH02219: access to " in served.log

    async def by_tls(served: Front, _: Worker) -> None:
        connection = await secure(served)
        assert (await get(connection, target=target))[0] == (404 if "none" in target else 200)

    rules = "ProxyPass /secret/none !\n"
    serve(tmp_path, f"{REQUIRED}{rules}ProxyPass / http://WORKER/\n", plain)
    serve(tmp_path, REQUIRED + vhost("one", more=rules), by_tls)


@pytest.mark.parametrize("more", ["", "ProxyWebsocketAsync Off\n", "ProxyWebsocketAsyncDelay 1\n"])
def test_a_tunnel_is_in_the_relay(tmp_path: Path, more: str) -> None:
    async def test(served: Front, _: Worker) -> None:
        connection = await secure(served)
        await connection.send(
            "GET /ws HTTP/1.1\r\nHost: one.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Key: k\r\n\r\nearly"
        )
        assert "101" in await connection.head()
        assert await connection.exactly(5) == b"early"
        for size in (1, 64, 16384, 300_000):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(connection.send, b"m" * size)
                assert await connection.exactly(size) == b"m" * size
        assert [type(tunnel).__name__ for tunnel in served.child.tunnels] == ["TlsTunnel"]

    serve(tmp_path, vhost("one", more=more), test)


async def handshakes(served: Front) -> list[Handshake]:
    """Those that are under way."""
    await trio.testing.wait_all_tasks_blocked(0.01)
    return [e.flow for e in served.child.engine.table.values() if isinstance(e.flow, Handshake)]


def test_a_handshake_is_a_client_while_the_child_drains(tmp_path: Path) -> None:
    async def test(served: Front, _: Worker) -> None:
        plain = await served.connect()
        while not await handshakes(served):
            pass
        served.child.drain(None)
        assert served.child.has_clients
        context = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
        stream = trio.SSLStream(
            plain.stream, context, server_hostname="one.test", https_compatible=True
        )
        await stream.do_handshake()
        connection = Secure(stream)
        await connection.send("GET /x HTTP/1.1\r\nHost: one.test\r\n\r\n")
        response = await connection.response()
        assert response.status == 200
        assert response.get("Connection") == "close"

    serve(tmp_path, vhost("one"), test)


def test_a_child_may_end_within_a_handshake(tmp_path: Path) -> None:
    async def test(served: Front, _: Worker) -> None:
        connection = await served.connect()
        await connection.send(b"\x16\x03\x01\x02\x00")
        while not await handshakes(served):
            pass

    serve(tmp_path, vhost("one"), test)  # the front looks whether anything is left


def test_failed_handshakes_are_in_the_log(tmp_path: Path) -> None:
    async def test(served: Front, _: Worker) -> None:
        with pytest.raises(trio.BrokenResourceError):
            await get(await secure(served, "two.test"))
        connection = await served.connect()
        await connection.send(b"\0garbage")
        await connection.rest()
        assert "AH02008: SSL library error 1 in handshake (server two.test:443)" in served.log
        assert "AH02008: SSL library error 1 in handshake (server one.test:443)" in served.log

    serve(tmp_path, "LogLevel info\n" + ASKING, test)


def replace_site(served: Front, text: str) -> None:
    """What a reload does at last."""
    site = site_of(text, served.folder, FILES)
    contents = {f"{served.folder}/{name}": content for name, content in FILES.items()}
    served.child.serve_by(site, site_tls(site, TlsFiles(contents)))


def test_a_handshake_that_has_begun_before_tls_was_taken_away(tmp_path: Path) -> None:
    async def test(served: Front, _: Worker) -> None:
        plain = await served.connect()
        while not await handshakes(served):
            pass
        replace_site(served, "ServerName front.test\nListen 127.0.0.1:1\n")
        context = ssl.create_default_context(cadata=AUTHORITY.pem.decode())
        stream = trio.SSLStream(plain.stream, context, server_hostname="one.test")
        with pytest.raises(trio.BrokenResourceError):
            await stream.do_handshake()

    serve(tmp_path, vhost("one"), test)


@pytest.mark.parametrize(
    "more,status",
    [
        ("", 404),
        ("SSLHonorCipherOrder on\n", 404),
        ("SSLVerifyClient require\nSSLCACertificateFile ca.pem\n", 421),
    ],
)
def test_a_connection_from_before_a_reload_carries_no_more_than_a_new_one_would(
    tmp_path: Path, more: str, status: int
) -> None:
    async def test(served: Front, _: Worker) -> None:
        connection = await secure(served)
        assert (await get(connection))[0] == 200
        after = vhost("one", more=f"{more}ProxyPass /x !\n").replace("WORKER", "127.0.0.1:1")
        replace_site(served, f"ServerName front.test\nListen 127.0.0.1:1\n{after}")
        assert (await get(connection))[0] == status

    serve(tmp_path, vhost("one"), test)


def test_large_bodies_both_ways(tmp_path: Path) -> None:
    size = 3_000_000
    body = bytes(range(256)) * (size // 256)

    async def echo(connection: Connection) -> None:
        await connection.head()
        got = await connection.exactly(len(body))
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(got))
        await connection.send(got)

    async def main() -> None:
        async with worker(echo) as made:
            text = vhost("one").replace("WORKER", f"127.0.0.1:{made.port}")
            async with front(tmp_path, text, FILES) as served:
                connection = await secure(served)
                await connection.send(
                    f"POST /x HTTP/1.1\r\nHost: one.test\r\nContent-Length: {len(body)}\r\n\r\n"
                )
                await connection.send(body)
                response = await connection.response()
                assert response.status == 200
                assert response.body == body

    trio.run(main)


def test_the_condition_of_a_log_knows_of_it(tmp_path: Path) -> None:
    async def test(served: Front, _: Worker) -> None:
        await get(await secure(served), target="/1")
        served.child.flush_logs()
        assert (tmp_path / "secure.log").read_text() == "/1 443\n"
        assert not (tmp_path / "plain.log").read_text()

    logs = (
        f"CustomLog {tmp_path}/secure.log '%U %p' \"expr=%{{HTTPS}} == 'on'\"\n"
        f"CustomLog {tmp_path}/plain.log '%U' \"expr=%{{REQUEST_SCHEME}} == 'http'\"\n"
    )
    serve(tmp_path, vhost("one", more=logs), test)


def test_vhosts_without_tls_are_as_before(tmp_path: Path) -> None:
    async def test(served: Front, _: Worker) -> None:
        assert not served.child.tls.is_used
        assert await get(await served.connect()) == (200, b"/x")

    serve(tmp_path, "ProxyPass / http://WORKER/\n", test)
