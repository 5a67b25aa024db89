"""Workers of https:// and wss:// (tls_worker.py): a child, and workers that are trio's TLS."""

import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, cast

import pytest
import trio

from httpdlite.proxy.fault import ProxyFault
from httpdlite.serve.pool import Asker
from httpdlite.serve.tls_worker import TlsPool
from tests.certificates import Authority, Issued
from tests.serve.front import Connection, Front, Script, Worker, front, worker
from tests.serve.test_http import GET, OK, Notes

AUTHORITY: Final = Authority.create()
OTHER: Final = Authority.create("another CA")
GOOD: Final = AUTHORITY.issue("localhost", "a.example", "b.example")
EXPIRED: Final = AUTHORITY.expired("localhost")
WRONG: Final = AUTHORITY.issue("somebody-else.example")
MACHINE: Final = AUTHORITY.client("the proxy")
FILES: Final = {
    "ca.pem": AUTHORITY.pem,
    "other.pem": OTHER.pem,
    "machine.pem": MACHINE.pem + MACHINE.key,
}
PASS: Final = "ProxyPass / https://localhost:PORT/\n"
VERIFY: Final = "SSLProxyVerify require\nSSLProxyCACertificateFile ca.pem\n"
HANDSHAKE: Final = "Error during SSL Handshake with remote server"
ASK: Final = (
    "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SWITCH: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
)
Test = Callable[[Front, "TlsWorker"], Awaitable[None]]


class TlsWorker:
    """Speaks TLS before the script is called; notes the names that it was called by."""

    def __init__(self, folder: Path, script: Script, issued: Issued) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        files = issued.write(folder, "worker")
        self.context.load_cert_chain(files.certificate, files.key)
        self.context.sni_callback = self._note_name
        self.script = script
        self.names: list[str | None] = []
        self.errors: list[BaseException] = []
        self.streams: list[trio.SSLStream[trio.SocketStream]] = []
        self.made: Worker | None = None

    def _note_name(self, _: object, name: str | None, __: object) -> None:
        self.names.append(name)

    @property
    def connections(self) -> int:
        assert self.made is not None
        return self.made.connections

    async def __call__(self, connection: Connection) -> None:
        stream = trio.SSLStream(connection.stream, self.context, server_side=True)
        try:
            await stream.do_handshake()
        except trio.BrokenResourceError as failed:
            self.errors.append(failed.__cause__ or failed)
            return
        self.streams.append(stream)
        await self.script(Connection(cast("trio.SocketStream", stream)))


def serve(  # noqa: PLR0917 - all of it is about one worker
    folder: Path,
    script: Script,
    test: Test,
    text: str = PASS,
    issued: Issued = GOOD,
    change: Callable[[ssl.SSLContext], object] = lambda context: None,
) -> None:
    """Run `test` against a front whose `text` may name the worker's port as PORT."""

    async def main() -> None:
        secure = TlsWorker(folder, script, issued)
        change(secure.context)
        async with worker(secure) as made:
            secure.made = made
            all_of_it = "LogLevel info\nSSLProxyEngine On\n" + text.replace("PORT", str(made.port))
            async with front(folder, all_of_it, FILES) as served:
                await test(served, secure)

    trio.run(main)


def check_status(folder: Path, text: str, status: int, *said: str, issued: Issued = GOOD) -> None:
    """One GET has this status, and the error log has these texts."""

    async def test(served: Front, made: TlsWorker) -> None:
        response = await served.ask(GET)
        assert response.status == status
        assert (HANDSHAKE.encode() in response.body) == (status == 500)
        for part in said:
            assert part in served.log

    serve(folder, Notes(), test, text + PASS, issued)


# --- requests -------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_connection_serves_one_request_after_the_other(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    notes = Notes()

    async def test(served: Front, made: TlsWorker) -> None:
        client = await served.connect()
        for _ in range(5):
            await client.send(GET)
            assert (await client.response()).body == b"ok"
        assert made.connections == 1
        assert f"Host: localhost:{made.made.port}\r\n" in notes.heads[0]  # type: ignore[union-attr]
        assert "Connection: Keep-Alive" in notes.heads[0]

    serve(
        tmp_path, notes, test, change=lambda context: setattr(context, "maximum_version", version)
    )


def test_large_bodies_both_ways(tmp_path: Path) -> None:
    size = 1 << 20

    async def script(connection: Connection) -> None:
        await connection.head()
        body = await connection.exactly(size)
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + body[::-1])

    async def test(served: Front, made: TlsWorker) -> None:
        body = bytes(range(256)) * (size // 256)
        client = await served.connect()
        head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
        await client.send(head.encode() + body)
        assert (await client.response()).body == body[::-1]

    serve(tmp_path, script, test)


def test_a_connection_that_was_closed_meanwhile_is_replaced(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(OK)
        await connection.close()

    async def test(served: Front, made: TlsWorker) -> None:
        client = await served.connect()
        for _ in range(3):
            await client.send(GET)
            assert (await client.response()).body == b"ok"
        assert made.connections == 3

    serve(tmp_path, script, test)


def test_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "w")

    async def main() -> None:
        secure = TlsWorker(tmp_path, Notes(), GOOD)
        async with worker(secure, path=path):
            text = f"LogLevel info\nSSLProxyEngine On\nProxyPass / unix:{path}|https://localhost/"
            async with front(tmp_path, text, FILES) as served:
                assert (await served.ask(GET)).body == b"ok"
                assert secure.names == ["localhost"]

    trio.run(main)


# --- who it is ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, status, issued",
    [
        ("", 200, GOOD),
        (VERIFY, 200, GOOD),
        ("SSLProxyCheckPeerExpire off\n", 200, EXPIRED),
        ("SSLProxyCheckPeerName off\n", 200, WRONG),
        ("SSLProxyCheckPeerName off\nSSLProxyVerify none\n", 200, OTHER.issue("x")),
        ("", 200, OTHER.issue("localhost")),
        ("<Proxy *>\nSSLProxyCheckPeerName off\n</Proxy>\n", 200, WRONG),
    ],
)
def test_workers_that_are_taken(tmp_path: Path, text: str, status: int, issued: Issued) -> None:
    check_status(tmp_path, text, status, issued=issued)


@pytest.mark.parametrize(
    "text, issued, said",
    [
        (VERIFY, OTHER.issue("localhost"), "AH02003: SSL Proxy connect failed: cert"),
        (VERIFY, OTHER.issue("localhost"), "certificate verification failed: unable"),
        (VERIFY.replace("ca.pem", "other.pem"), GOOD, "certificate verification failed"),
        (f"<Proxy *>\n{VERIFY}</Proxy>\n", OTHER.issue("localhost"), "verification failed"),
        (VERIFY, EXPIRED, "certificate has expired"),
        ("", EXPIRED, "AH02004"),
        ("", WRONG, "AH02411"),
        ("", WRONG, "the worker's certificate is not for localhost"),
    ],
)
def test_workers_that_are_not(tmp_path: Path, text: str, issued: Issued, said: str) -> None:
    returned = f"AH00898: {HANDSHAKE} returned by /a"
    check_status(tmp_path, text, 500, said, returned, "AH01097", issued=issued)


def test_a_worker_without_tls_is_named(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.until(b"\n")
        await connection.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    async def main() -> None:
        async with worker(script) as made:
            text = f"LogLevel info\nSSLProxyEngine On\nProxyPass / wss://localhost:{made.port}/"
            async with front(tmp_path, text) as served:
                assert (await served.ask(ASK)).status == 500
                assert "the other side does not speak TLS here" in served.log

    trio.run(main)


def test_a_worker_that_says_nothing(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.rest()

    async def main() -> None:
        async with worker(script) as made:
            text = f"SSLProxyEngine On\nProxyPass / https://localhost:{made.port}/ timeout=1"
            async with front(tmp_path, text) as served:
                assert (await served.ask(GET)).status == 500
                assert "The timeout specified has expired" in served.log
                assert not served.child.pools[0].open

    trio.run(main)


def test_a_worker_that_closes_within_the_handshake(tmp_path: Path) -> None:
    async def script(connection: Connection) -> None:
        await connection.exactly(10)

    async def main() -> None:
        async with worker(script) as made:
            text = f"LogLevel info\nSSLProxyEngine On\nProxyPass / https://localhost:{made.port}/"
            async with front(tmp_path, text) as served:
                assert (await served.ask(GET)).status == 500
                assert "AH02003" in served.log

    trio.run(main)


def test_a_client_that_goes_within_the_handshake(tmp_path: Path) -> None:
    came = trio.Event()

    async def script(connection: Connection) -> None:
        await connection.exactly(10)
        came.set()
        await connection.rest()

    async def main() -> None:
        async with worker(script) as made:
            text = f"LogLevel info\nSSLProxyEngine On\nProxyPass / https://localhost:{made.port}/"
            async with front(tmp_path, text) as served:
                client = await served.connect()
                await client.send(GET)
                await came.wait()
                client.reset()
                while made.open:
                    await trio.lowlevel.checkpoint()
                assert not served.child.pools[0].open

    trio.run(main)


def test_many_handshakes_at_once_of_which_some_are_given_up(tmp_path: Path) -> None:
    count = 60

    async def test(served: Front, made: TlsWorker) -> None:
        clients = [await served.connect() for _ in range(count)]
        for client in clients:
            await client.send(GET)
        for client in clients[::2]:
            client.reset()
        for client in clients[1::2]:
            assert (await client.response()).status == 200
        (pool,) = served.child.pools
        while pool.open != len(pool.idle):
            await trio.lowlevel.checkpoint()
        assert (await served.ask(GET)).status == 200

    serve(tmp_path, Notes(), test)


def test_the_certificate_of_the_proxy(tmp_path: Path) -> None:
    def demand(context: ssl.SSLContext) -> None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=AUTHORITY.pem.decode())

    async def shown(served: Front, made: TlsWorker) -> None:
        assert (await served.ask(GET)).status == 200
        subject = cast("dict[str, Any]", made.streams[0].getpeercert())["subject"]
        assert ((("commonName", "the proxy"),)) in subject

    async def missing(served: Front, made: TlsWorker) -> None:
        assert (await served.ask(GET)).status in {500, 502}
        assert isinstance(made.errors[0], ssl.SSLError)

    text = "SSLProxyMachineCertificateFile machine.pem\n"
    serve(tmp_path, Notes(), shown, text + PASS, change=demand)
    serve(tmp_path, Notes(), missing, change=demand)


# --- what it is called ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, name",
    [
        (PASS, "localhost"),
        ("ProxyPreserveHost On\n" + PASS, "a.example"),
        ("SSLProxyCheckPeerName off\n" + PASS.replace("localhost", "127.0.0.1"), None),
    ],
)
def test_the_name_that_is_sent(tmp_path: Path, text: str, name: str | None) -> None:
    async def test(served: Front, made: TlsWorker) -> None:
        response = await served.ask("GET / HTTP/1.1\r\nHost: A.Example:80\r\n\r\n")
        assert response.status == 200
        assert made.names == [name]

    serve(tmp_path, Notes(), test, text)


def test_without_a_host_the_worker_s_own_name_is_looked_for(tmp_path: Path) -> None:
    async def test(served: Front, made: TlsWorker) -> None:
        response = await served.ask("GET / HTTP/1.0\r\n\r\n")
        assert response.status == 500
        assert made.names == ["localhost"]

    serve(tmp_path, Notes(), test, "ProxyPreserveHost On\n" + PASS, WRONG)


def test_a_connection_serves_one_name_only(tmp_path: Path) -> None:
    async def test(served: Front, made: TlsWorker) -> None:
        for name in ("a.example", "a.example", "b.example", "b.example", "a.example"):
            request = f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n"
            assert (await served.ask(request)).status == 200
        assert made.names == ["a.example", "b.example", "a.example"]
        (pool,) = served.child.pools
        assert len(pool.idle) == 1
        refused = await served.ask("GET / HTTP/1.1\r\nHost: c.example\r\n\r\n")
        assert refused.status == 500

    serve(tmp_path, Notes(), test, "ProxyPreserveHost On\n" + PASS)


def test_who_waits_gets_no_connection_of_another_name(tmp_path: Path) -> None:
    go_on = trio.Event()

    async def script(connection: Connection) -> None:
        while await connection.head():
            await go_on.wait()
            await connection.send(OK)

    async def test(served: Front, made: TlsWorker) -> None:
        first, second = await served.connect(), await served.connect()
        await first.send("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        while not made.streams:
            await trio.lowlevel.checkpoint()
        await second.send("GET / HTTP/1.1\r\nHost: b.example\r\n\r\n")
        (pool,) = served.child.pools
        while not pool.waiting:
            await trio.lowlevel.checkpoint()
        go_on.set()
        assert (await first.response()).status == 200
        assert (await second.response()).status == 200
        assert made.names == ["a.example", "b.example"]

    text = "ProxyPreserveHost On\n" + PASS.replace("PORT/", "PORT/ max=1")
    serve(tmp_path, script, test, text)


class Waiting:
    """A request where SSLProxyEngine is not On, which a configtest refuses."""

    settings = type("Settings", (), {"worker_tls": None})
    worker_name = "localhost"
    fault: ProxyFault | None = None

    def worker_failed(self, fault: ProxyFault) -> None:
        self.fault = fault


def test_without_ssl_proxy_engine(tmp_path: Path) -> None:
    async def test(served: Front, made: TlsWorker) -> None:
        assert (await served.ask(GET)).status == 200
        (pool,) = served.child.pools
        assert isinstance(pool, TlsPool)
        for ask in (pool.acquire, pool.acquire_fresh):
            asker = Waiting()
            ask(cast("Asker", asker))
            assert asker.fault is not None
            assert asker.fault.status == 500
            assert [line.code for line in asker.fault.lines] == ["AH01961", "AH00961"]

    serve(tmp_path, Notes(), test)


# --- ends -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("says_goodbye", [True, False])
def test_a_body_until_the_end(tmp_path: Path, says_goodbye: bool) -> None:
    secure: list[TlsWorker] = []

    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        if says_goodbye:
            await secure[0].streams[0].unwrap()
        else:
            secure[0].streams[0].transport_stream.socket.close()

    async def test(served: Front, made: TlsWorker) -> None:
        secure.append(made)
        client = await served.connect()
        await client.send(GET)
        got = await client.until(b"0\r\n\r\n")
        assert b"all of it" in got
        assert got.endswith(b"0\r\n\r\n") == says_goodbye
        assert ("truncated" in served.log) == (not says_goodbye)

    serve(tmp_path, script, test)


@pytest.mark.parametrize(
    "before, status", [(b"", 502), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 200)]
)
def test_what_is_no_record_ends_the_answer(tmp_path: Path, before: bytes, status: int) -> None:
    secure: list[TlsWorker] = []
    go_on = trio.Event()

    async def script(connection: Connection) -> None:
        await connection.head()
        if before:
            await connection.send(before)
            await go_on.wait()
        await secure[0].streams[0].transport_stream.send_all(b"garbage" * 100)
        with suppress(trio.BrokenResourceError):
            await connection.rest()

    async def test(served: Front, made: TlsWorker) -> None:
        secure.append(made)
        client = await served.connect()
        await client.send(GET)
        head = await client.head()
        assert f" {status} " in head
        go_on.set()
        if before:
            assert await client.rest() == b"half"
        assert ("wrong version number" in served.log) or ("bad record" in served.log), served.log

    serve(tmp_path, script, test)
