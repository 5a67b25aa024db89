"""Texts that keep expressions busy: the answer comes all the same, with one line in the log."""

from pathlib import Path

import pytest

from tests.serve.front import Connection, Front, Worker
from tests.serve.test_http import OK, serve

SLOW = r"^/(?:(a+)+|(b)\2)$"
TARGET = f"/{'a' * 40}-"
TO_WORKER = "ProxyPass / http://WORKER/"
LINE = "took too long, and is taken not to match"


async def answer(connection: Connection) -> None:
    while True:
        await connection.head()
        await connection.send(OK)


@pytest.mark.parametrize(
    "lines",
    [
        f"<LocationMatch {SLOW}>\nProxyPreserveHost On\n</LocationMatch>\n{TO_WORKER}",
        f"ProxyPassMatch {SLOW} !\n{TO_WORKER}",
        f"SetEnvIf Request_URI {SLOW} x\nSetEnvIf Request_URI {SLOW}|x x\n{TO_WORKER}",
        f"<Location />\nRedirectMatch {SLOW} http://b.test/\n</Location>\n{TO_WORKER}",
        f"<Location />\nRequire expr ! %{{REQUEST_URI}} =~ m#{SLOW}#\n</Location>\n{TO_WORKER}",
        f"RewriteEngine On\nRewriteRule {SLOW} - [F]\nRewriteRule {SLOW}|y - [F]\n{TO_WORKER}",
        f"RewriteEngine On\nRewriteCond %{{REQUEST_URI}} {SLOW}\nRewriteRule . - [F]\n{TO_WORKER}",
        f"RequestHeader edit X-A {SLOW} b\n{TO_WORKER}",
        f"Header set X-A {TARGET}\nHeader edit X-A {SLOW} b\n{TO_WORKER}",
    ],
)
def test_what_takes_too_long_is_logged_once(tmp_path: Path, lines: str) -> None:
    async def test(served: Front, made: Worker) -> None:
        request = f"GET {TARGET} HTTP/1.1\r\nHost: x\r\nX-A: {TARGET}\r\n\r\n"
        for number in (1, 2):
            assert (await served.ask(request)).status == 200
            assert served.log.count(LINE) == number
        assert (await served.ask("GET /short HTTP/1.1\r\nHost: x\r\n\r\n")).status == 200

    serve(tmp_path, answer, test, lines)


DOUBLED = {
    "RewriteRule .* - [E=x:%{ENV:x}%{ENV:x}x]": 500,
    "RewriteRule .* - [N,E=x:%{ENV:x}%{ENV:x}x]": 500,
    "RewriteRule ^ /x?%{QUERY_STRING}x&%{QUERY_STRING} [QSA,N]": 500,
    'RequestHeader set X-A "expr=%{req:X-A}%{req:X-A}"': 200,
    "RequestHeader edit X-A (.*) $1$1": 200,
    "Header set X-B x\nHeader edit* X-B x xxxx": 200,
    'Header append X-B "expr=%{resp:X-B}%{resp:X-B}x"': 200,
}


@pytest.mark.parametrize("line", DOUBLED)
def test_values_that_get_too_long_are_logged(tmp_path: Path, line: str) -> None:
    first, _, doubled = line.rpartition("\n")
    lines = "\n".join([first, *[doubled] * 30])

    async def test(served: Front, made: Worker) -> None:
        request = f"GET /x HTTP/1.1\r\nHost: x\r\nX-A: {'a' * 4000}\r\n\r\n"
        for number in (1, 2):
            assert (await served.ask(request)).status == DOUBLED[line]
            said = [text for text in served.log.splitlines() if "too long" in text]
            assert len(said) >= number

    serve(tmp_path, answer, test, f"RewriteEngine On\n{lines}\n{TO_WORKER}")


def test_requests_on_one_connection_do_not_share_what_they_may_cost(tmp_path: Path) -> None:
    lines = rf"ProxyPassMatch {SLOW} !" + "\n" + r"ProxyPassMatch ^/(x)\1$ !" + f"\n{TO_WORKER}"

    async def test(served: Front, made: Worker) -> None:
        connection = await served.connect()
        hostile = f"GET {TARGET} HTTP/1.1\r\nHost: x\r\n\r\n"
        await connection.send(hostile * 5 + "GET /xx HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(5):
            assert (await connection.response()).status == 200
        assert (await connection.response()).status == 404
        await connection.close()

    serve(tmp_path, answer, test, lines)
