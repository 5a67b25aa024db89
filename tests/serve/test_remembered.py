"""What is remembered of heads must not be seen by anybody else: the same field lines from a client
and from a worker, from two clients, in either order (proxy/fields.py, exchange.py).
"""

from pathlib import Path

import pytest

from httpdlite.proxy import hopbyhop
from httpdlite.proxy.fields import OF_REQUESTS, OF_RESPONSES, Blame, FramingError, read_block
from httpdlite.proxy.framing import parse_response_head, response_body
from tests.serve.front import Connection, Front, Worker
from tests.serve.test_http import serve

BLOCK = "Date: Mon, 23 Nov 2026 00:00:00 GMT\r\nServer: w\r\nContent-Type: text/plain\r\nX-A: 1\r\n"
REQUEST = f"GET /same HTTP/1.0\r\n{BLOCK}\r\n"
ANSWER = f"HTTP/1.1 200 OK\r\n{BLOCK}\r\nBODY"


class Echoing:
    """Answers with the very lines that clients send, and ends; notes what it was sent."""

    def __init__(self) -> None:
        self.heads: list[str] = []

    async def __call__(self, connection: Connection) -> None:
        self.heads.append(await connection.head())
        await connection.send(ANSWER)
        await connection.close()


@pytest.mark.parametrize("first", ["requests", "responses"])
def test_a_client_and_a_worker_may_send_the_same_lines(tmp_path: Path, first: str) -> None:
    script = Echoing()
    other = "GET /other HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    asked = [REQUEST] * 3 + [other] * 3
    if first == "responses":
        asked.reverse()

    async def test(served: Front, made: Worker) -> None:
        for request in asked:
            connection = await served.connect()
            await connection.send(request)
            answer = (await connection.rest()).decode()
            head, _, body = answer.partition("\r\n\r\n")
            assert "X-Forwarded" not in answer
            assert BLOCK in f"{head}\r\n"
            assert body == ("BODY" if request is REQUEST else "4\r\nBODY\r\n0\r\n\r\n")
        for head in script.heads:
            assert head.endswith("\r\n\r\n")
            assert head.count("X-Forwarded-For: 127.0.0.1\r\n") == 1
            assert head.count("\r\n\r\n") == 1

    serve(tmp_path, script, test, "ProxyPass / http://WORKER/ disablereuse=On")


def test_what_a_worker_may_send_a_client_may_still_not() -> None:
    block = b"A: b\nC: d\r\n"  # a bare LF
    for _ in range(4):
        assert [line.key for line in read_block(block, OF_RESPONSES).lines] == [b"a", b"c"]
        with pytest.raises(FramingError):
            read_block(block, OF_REQUESTS)


@pytest.mark.parametrize("blame", [OF_REQUESTS, OF_RESPONSES], ids=["requests", "responses"])
def test_a_reload_forgets_what_holds_on_to_the_site_before(tmp_path: Path, blame: Blame) -> None:
    async def test(served: Front, made: Worker) -> None:
        await served.ask(REQUEST)
        block = b"X-Block: of the site before\r\n"
        known = [read_block(block, blame) for _ in range(3)][-1]
        assert read_block(block, blame) is known
        served.child.serve_by(served.child.site, served.child.tls)
        assert read_block(block, blame) is not known

    serve(tmp_path, Echoing(), test)


def test_long_fields_are_not_remembered() -> None:
    """A client may send another one each time, and what is made of it is many times as long."""
    names = [b"x%d" % number for number in range(1000)]
    known = hopbyhop._known_options.cache_info().currsize
    assert hopbyhop.connection_options(b", ".join(names).upper()) == {*names}
    assert hopbyhop._known_options.cache_info().currsize == known


def test_a_remembered_block_is_not_changed() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 002\r\n\r\n"
    for _ in range(4):
        answer = parse_response_head(head)
        before = read_block(b"Content-Length: 002\r\n", OF_RESPONSES)
        response_body(answer, b"GET")
        assert [line.line for line in answer.lines] == [b"Content-Length: 2\r\n"]
        assert before.lines[0].field[1] == b"002"


def test_another_client_gets_its_own_address_to_the_worker(tmp_path: Path) -> None:
    script = Echoing()

    async def test(served: Front, made: Worker) -> None:
        for host in ("one", "two", "one", "two", "two", "one"):
            connection = await served.connect()
            await connection.send(f"GET / HTTP/1.0\r\nHost: {host}\r\n{BLOCK}\r\n")
            await connection.rest()
            assert f"X-Forwarded-Host: {host}\r\n" in script.heads[-1]

    serve(tmp_path, script, test)


FIELDS = "Connection: keep-alive\r\nVary: B, A\r\nX-Kind: k\r\nServer: w\r\nVary: a\r\n"


SAID = {"plain": "", "via": "ProxyVia On", "edited": "Header set X-Kind e"}


@pytest.mark.parametrize("first", SAID)
def test_the_same_answer_is_passed_on_as_each_rule_says(tmp_path: Path, first: str) -> None:
    text = "".join(
        f"<VirtualHost *>\nServerName {name}\n{line}\nProxyPass / http://WORKER/\n</VirtualHost>\n"
        for name, line in SAID.items()
    )

    async def script(connection: Connection) -> None:
        while await connection.head():
            await connection.send(f"HTTP/1.1 200 OK\r\n{FIELDS}Content-Length: 1\r\n\r\nx")

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        for name in (*[first] * 4, *SAID, "plain", "plain"):
            await connection.send(f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n")
            answer = await connection.response()
            assert answer.head.count("\r\nServer: w") == 1
            assert "keep-alive" not in answer.head
            assert answer.get("Vary") == "B,A"
            assert answer.get("X-Kind") == ("e" if name == "edited" else "k")
            assert (answer.get("Via") is None) is (name != "via")
            assert answer.body == b"x"
        await connection.close()

    serve(tmp_path, script, test, text)


RULES = """
LogFormat "%{seen}e %{x-kind}n %u %a %U%q %{X-Edited}i %{Set-Cookie}o" shown
CustomLog LOG shown
RemoteIPHeader X-Client
SetEnvIf X-A b seen=yes
RewriteEngine On
RewriteCond %{HTTP:X-A} (c)
RewriteRule ^/x - [E=seen:%1,CO=n:%1:.x.test]
RewriteCond %{HTTP:X-A} d
RewriteRule ^/x - [F]
RequestHeader set X-Edited "expr=%{HTTP:X-B}, %{env:seen}"
Header note X-Kind x-kind
Header always set X-Answered "%{seen}e"
<If "%{HTTP:X-A} == 'e'">
  Header set X-If "expr=%{HTTP:X-B}"
</If>
ProxyPass / http://WORKER/
"""


def test_all_is_as_the_first_time_in_answers_to_workers_and_in_logs(tmp_path: Path) -> None:
    """Requests that differ in what rules read, and in what they do not, again and again."""
    heads: list[str] = []

    async def script(connection: Connection) -> None:
        while head := await connection.head():
            heads.append(head)
            await connection.send("HTTP/1.1 200 OK\r\nX-Kind: k\r\nContent-Length: 1\r\n\r\nx")

    asked = [
        f"GET /x?{kind} HTTP/1.1\r\nHost: x\r\nX-A: {kind}\r\nX-B: {number}\r\n"
        f"X-Client: {ip}\r\n\r\n"
        for kind in "abcde"
        for number in range(2)
        for ip in ("192.0.2.1", "192.0.2.2")
    ]

    async def test(served: Front, made: Worker) -> None:
        log = tmp_path / "shown.log"
        rounds = []
        for _ in range(5):
            heads.clear()
            answers = []
            connection = await served.connect()
            for request in asked:
                await connection.send(request)
                answer = await connection.response()
                lines = answer.head.split("\r\n")
                answers.append(
                    ([each for each in lines if each[:5] != "Date:"], len(answer.body)),
                )
            await connection.close()
            served.child.flush_logs()
            written = log.read_text().splitlines()
            rounds.append((answers, list(heads), written[-len(asked) :]))
        first, *others = rounds
        assert len(set(map(str, first[0]))) == 6
        assert len(set(first[2])) == len(asked) - 2  # of what is refused no fields are edited
        for other in others:
            assert other == first

    serve(tmp_path, script, test, RULES.replace("LOG", f"{tmp_path}/shown.log"))
