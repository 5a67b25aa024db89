"""Bodies that are kept until they are whole: the spool by itself, and what comes of it through a
child.
"""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile

import pytest
import trio
import trio.testing

from httpdlite.serve import spool
from httpdlite.serve.spool import AT_ONCE, IN_MEMORY, PIECE, Spool
from tests.serve.front import Connection, Front, Worker
from tests.serve.test_http import OK, Notes, serve

CHUNKED = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
EXPECTS = CHUNKED.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PLAIN = "SetEnv proxy-sendcl 1\nProxyPass / http://WORKER/"
BODY = b"".join(b"%015d\n" % number for number in range(200_000))  # 3.2 MB
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Files:
    """Every file that spools have made."""

    def __init__(self) -> None:
        self.made: list[SpooledTemporaryFile[bytes]] = []
        self.full_after = 1 << 40  # bytes; then the disk is full
        self.written = 0

    def __call__(self, max_size: int) -> SpooledTemporaryFile[bytes]:
        made = _Counted(max_size)
        made.files = self
        self.made.append(made)
        return made

    @property
    def are_closed(self) -> bool:
        return bool(self.made) and all(each.closed for each in self.made)


class _Counted(SpooledTemporaryFile[bytes]):
    files: Files

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.files.written += len(data)
        if self.files.written > self.files.full_after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    """The test ends with all of them closed."""
    found = Files()
    monkeypatch.setattr(spool, "SpooledTemporaryFile", found)
    yield found
    assert found.are_closed


# --- by itself ---


class Taker:
    """Takes all that comes, or nothing from some byte on."""

    def __init__(self, room: int = 1 << 40) -> None:
        self.room = room
        self.data = b""
        self.was_later: list[bool] = []

    def send_body(self, data: bytes, *, later: bool = False) -> bool:
        self.data += data
        self.was_later.append(later)
        return len(self.data) < self.room and not later


def spooled(body: bytes, tail: bytes = b"") -> Spool:
    made = Spool()
    for at in range(0, len(body), 10_000):
        made.keep(body[at : at + 10_000])
    made.finish(tail)
    return made


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, AT_ONCE, 5 * AT_ONCE + 3])
@pytest.mark.parametrize("tail", [b"", b"\r\n"])
def test_what_was_kept_comes_out_in_calls_of_bounded_work(size: int, tail: bytes) -> None:
    made, taker = spooled(BODY[:size], tail), Taker()
    assert made.length == size
    assert len(made.first) <= PIECE
    is_done = False
    while not is_done:
        before, calls = len(taker.data), len(taker.was_later)
        is_done = made.send_on(taker)
        sent = len(taker.data) - before
        assert sent <= AT_ONCE
        assert is_done or sent == AT_ONCE
        assert taker.was_later[calls:].count(True) == (sent > AT_ONCE - PIECE)
    assert made.first + taker.data == BODY[:size] + tail
    made.close()


def test_one_piece_at_a_time_to_who_takes_no_more() -> None:
    made, taker = spooled(BODY[: 4 * PIECE]), Taker(room=0)
    for count in (1, 2):
        assert not made.send_on(taker)
        assert len(taker.data) == count * PIECE
    assert made.send_on(taker)
    assert made.first + taker.data == BODY[: 4 * PIECE]
    made.close()


@pytest.mark.parametrize("how_often", [1, 2])
def test_a_closed_spool_has_no_file(files: Files, how_often: int) -> None:
    made = spooled(BODY)
    for _ in range(how_often):
        made.close()
    assert files.are_closed
    assert not made.first


def test_no_file_in_the_folder_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = spooled(BODY)
    assert list(tmp_path.iterdir()) == []
    made.close()


def test_without_a_folder_large_bodies_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    made = spooled(BODY[:IN_MEMORY])
    made.close()
    made = Spool()
    with pytest.raises(FileNotFoundError):
        made.keep(BODY[: IN_MEMORY + 1])
    made.close()


# --- through a child ---


def taking(got: list[bytes], *, first: bytes = b"") -> Callable[[Connection], object]:
    """A worker that takes whole bodies."""

    async def script(connection: Connection) -> None:
        while head := await connection.head():
            length = int(head.partition("\r\nContent-Length: ")[2].partition("\r\n")[0])
            assert "Transfer-Encoding" not in head
            if first:
                await connection.send(first)
            got.append(await connection.exactly(length))
            await connection.send(OK)

    return script


SIZES = [0, 1, PIECE, PIECE + 1, len(BODY)]


@pytest.mark.parametrize("size", SIZES)
def test_a_body_of_any_size(tmp_path: Path, files: Files, size: int) -> None:
    got: list[bytes] = []

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        for _ in range(2):  # the second on a connection that is there already
            await connection.send(CHUNKED)
            for at in range(0, size, 100_000):
                await connection.send(chunk(BODY[at : min(at + 100_000, size)]))
            await connection.send(END)
            assert (await connection.response()).body == b"ok"
        assert got == [BODY[:size]] * 2
        assert made.connections == 1
        assert files.are_closed
        await connection.close()

    serve(tmp_path, taking(got), test, PLAIN)  # type: ignore[arg-type]


def test_extra_crlf_follows_the_body(tmp_path: Path, files: Files) -> None:
    async def script(connection: Connection) -> None:
        assert f"\r\nContent-Length: {len(BODY)}\r\n" in await connection.head()
        assert await connection.exactly(len(BODY) + 2) == BODY + b"\r\n"
        await connection.send(OK)

    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(CHUNKED, body=chunk(BODY) + END)).body == b"ok"

    serve(tmp_path, script, test, f"SetEnv proxy-sendextracrlf 1\n{PLAIN}")


def test_a_slow_worker_is_waited_for(tmp_path: Path, files: Files) -> None:
    """What it does not take stays in the file."""

    async def script(connection: Connection) -> None:
        await connection.head()
        await trio.testing.wait_all_tasks_blocked(0.01)
        queued = [each.queued for each in fronts[0].child.engine.table.values()]
        assert 0 < max(queued) <= PIECE
        assert await connection.exactly(8 * len(BODY)) == BODY * 8
        await connection.send(OK)

    fronts: list[Front] = []

    async def test(served: Front, made: Worker) -> None:
        fronts.append(served)
        body = chunk(BODY) * 8 + END
        assert (await served.ask(CHUNKED, body=body)).body == b"ok"

    serve(tmp_path, script, test, PLAIN)


def test_other_requests_are_served_meanwhile(tmp_path: Path, files: Files) -> None:
    got: list[bytes] = []

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(CHUNKED + "3\r\nabc")
        assert (await served.ask("GET /b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")).body
        assert got == [b""]
        await connection.send(b"\r\n" + END)
        assert (await connection.response()).body == b"ok"
        assert got == [b"", b"abc"]
        await connection.close()

    serve(tmp_path, taking(got), test, PLAIN)  # type: ignore[arg-type]


@pytest.mark.parametrize("early", [False, True])
def test_a_client_that_expects_100(tmp_path: Path, files: Files, early: bool) -> None:
    """It is told to go on at once; the body then waits for the worker's own 100."""
    got: list[bytes] = []
    heads: list[str] = []

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        body = chunk(BODY) + END
        await connection.send(EXPECTS.encode() + (body if early else b""))
        if not early:
            assert await connection.head() == CONTINUE.decode()
            await connection.send(body)
        head = await connection.head()
        if early:
            assert head == CONTINUE.decode()  # the worker's
            head = await connection.head()
        assert head.startswith("HTTP/1.1 200 ")
        assert got == [BODY]
        await connection.close()

    async def script(connection: Connection) -> None:
        heads.append(await connection.head())
        assert "\r\nExpect: 100-continue\r\n" in heads[0]
        with trio.move_on_after(0.05) as waited:
            await connection.exactly(1)
        assert waited.cancelled_caught
        await connection.send(CONTINUE)
        got.append(await connection.exactly(len(BODY)))
        await connection.send(OK)

    serve(tmp_path, script, test, PLAIN)


def test_ping_holds_it_back(tmp_path: Path, files: Files) -> None:
    got: list[bytes] = []

    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(CHUNKED, body=chunk(BODY) + END)).body == b"ok"
        assert got == [BODY]

    serve(tmp_path, taking(got, first=CONTINUE), test, f"{PLAIN} ping=5")  # type: ignore[arg-type]


def test_a_switch_waits_for_the_body(tmp_path: Path, files: Files) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        await connection.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        )
        assert await connection.exactly(len(BODY)) == BODY
        await connection.send(b"hello")
        assert await connection.exactly(5) == b"after"

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        ask = CHUNKED.replace("\r\n\r\n", "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        await connection.send(ask.encode() + chunk(BODY) + END)
        assert (await connection.head()).startswith("HTTP/1.1 101 ")
        assert await connection.exactly(5) == b"hello"
        assert files.are_closed
        await connection.send(b"after")
        assert await connection.rest() == b""
        await connection.close()

    serve(tmp_path, script, test, f"{PLAIN} upgrade=websocket")


# --- endings ---


@pytest.mark.parametrize("how", ["closes", "half-closes", "resets"])
def test_a_client_that_goes_within_its_body(tmp_path: Path, files: Files, how: str) -> None:
    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        await connection.send(CHUNKED.encode() + chunk(BODY))
        while not files.made or files.written < len(BODY):
            await trio.testing.wait_all_tasks_blocked(0.001)
        if how == "resets":
            connection.reset()
        elif how == "half-closes":
            connection.finish()
            assert (await connection.response()).status == 400
        else:
            await connection.close()
        while not files.are_closed:
            await trio.testing.wait_all_tasks_blocked(0.001)
        assert made.connections == 0

    serve(tmp_path, Notes(), test, PLAIN)


def test_a_client_that_goes_while_the_worker_takes_it(tmp_path: Path, files: Files) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        clients[0].reset()
        rest = await connection.rest()
        assert len(rest) < 4 * len(BODY)

    clients: list[Connection] = []

    async def test(served: Front, made: Worker) -> None:
        clients.append(await served.connect())
        await clients[0].send(CHUNKED.encode() + chunk(BODY) * 4 + END)
        while not files.are_closed:
            await trio.testing.wait_all_tasks_blocked(0.001)

    serve(tmp_path, script, test, PLAIN)


@pytest.mark.parametrize("answers", [False, True])
def test_a_worker_that_goes_within_the_body(tmp_path: Path, files: Files, answers: bool) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        if answers:
            await connection.send(b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno")
            return
        connection.reset()

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(CHUNKED, body=chunk(BODY) * 4 + END)
        assert response.status in ((403, 502) if answers else (502,))
        assert files.are_closed

    serve(tmp_path, script, test, PLAIN)


def test_a_worker_that_takes_no_more(tmp_path: Path, files: Files) -> None:
    async def script(connection: Connection) -> None:
        await connection.head()
        await trio.sleep_forever()

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(CHUNKED, body=chunk(BODY) * 8 + END)
        assert response.status == 502
        assert files.are_closed

    serve(tmp_path, script, test, f"Timeout 60\n{PLAIN} timeout=1")


def test_a_worker_that_is_not_there(tmp_path: Path, files: Files) -> None:
    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(CHUNKED, body=chunk(BODY) + END)).status == 503
        assert files.are_closed

    text = "SetEnv force-proxy-request-1.0 1\nProxyPass / http://127.0.0.1:1/"
    serve(tmp_path, Notes(), test, text)


def test_a_client_that_is_too_slow(tmp_path: Path, files: Files) -> None:
    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(CHUNKED, body=chunk(b"abc"))).status == 408
        assert files.are_closed
        assert made.connections == 0

    serve(tmp_path, Notes(), test, f"Timeout 1\n{PLAIN}")


def test_bad_chunks(tmp_path: Path, files: Files) -> None:
    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(CHUNKED, body=chunk(BODY) + b"x\r\n")).status == 400
        assert made.connections == 0

    serve(tmp_path, Notes(), test, PLAIN)


def test_an_error_document_gets_no_body(tmp_path: Path, files: Files) -> None:
    heads: list[str] = []

    async def script(connection: Connection) -> None:
        heads.append(await connection.head())
        if len(heads) == 1:
            await connection.send(b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno")
            await connection.rest()
        else:
            await connection.send(OK)
            assert not await connection.rest()

    async def test(served: Front, made: Worker) -> None:
        response = await served.ask(CHUNKED, body=chunk(BODY) + END)
        assert response.body == b"ok"
        assert heads[1].startswith("GET /sorry ")
        assert files.are_closed

    serve(tmp_path, script, test, f"ProxyErrorOverride On\nErrorDocument 500 /sorry\n{PLAIN}")


@pytest.mark.parametrize("room", [0, 1_000_000])
def test_a_full_disk(tmp_path: Path, files: Files, room: int) -> None:
    async def test(served: Front, made: Worker) -> None:
        files.full_after = room
        connection = await served.connect()
        await connection.send(CHUNKED.encode() + chunk(BODY[:2_000_000]) + END)
        response = await connection.response()
        assert (response.status, response.get("Connection")) == (500, "close")
        text = f"({errno.ENOSPC}){os.strerror(errno.ENOSPC)}: "
        assert text in served.log
        assert "AH01091: write to temporary file failed" in served.log
        assert made.connections == 0

    serve(tmp_path, Notes(), test, PLAIN)


def test_a_file_that_cannot_be_read_again(
    tmp_path: Path, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker has had some of the body: it sees its connection end."""
    monkeypatch.setattr(_Counted, "read", _read_once)
    got: list[bytes] = []

    async def script(connection: Connection) -> None:
        await connection.head()
        got.append(await connection.rest())

    async def test(served: Front, made: Worker) -> None:
        assert (await served.ask(CHUNKED, body=chunk(BODY) + END)).status == 500
        assert "AH01091" in served.log

    serve(tmp_path, script, test, PLAIN)
    assert got == [BODY[:PIECE]]


def _read_once(file: _Counted, size: int) -> bytes:
    if file.tell():
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return SpooledTemporaryFile.read(file, size)
