"""Requests whose rules ask what takes time (phasing.py): they get an answer, whatever comes."""

from pathlib import Path

import pytest
import trio

from httpdlite.routes.outcomes import MOST_FAILED, Witness
from httpdlite.routes.request import Connection, Head
from httpdlite.serve import phasing
from tests.serve.front import front, worker
from tests.serve.test_http import Notes


def ask(tmp_path: Path, rules: str, *targets: str, found: list[int] | None = None) -> list[int]:
    """The statuses of answers to requests that come at once, put into ``found``, too. The map m
    says what it is asked.
    """
    program = tmp_path / "m"
    program.symlink_to("/bin/cat")
    found = [] if found is None else found

    async def main() -> None:
        async with worker(Notes()) as made:
            text = (
                f"RewriteEngine On\nRewriteMap m prg:{program}\n{rules}\n"
                f"ProxyPass / http://127.0.0.1:{made.port}/\n"
            )
            async with front(tmp_path, text, {"m": b""}) as served:
                connection = await served.connect()
                requests = [f"GET {each} HTTP/1.1\r\nHost: a\r\n\r\n" for each in targets]
                await connection.send("".join(requests))
                for _ in targets:
                    response = await connection.response()
                    found.append(response.status)
                served.child.map_programs.close()

    trio.run(main)
    return found


def test_requests_behind_one_that_waits_follow_it(tmp_path: Path) -> None:
    rule = "RewriteRule ^/a(.*)$ /${m:b$1} [PT]\nRewriteRule ^/gone - [G]"
    assert ask(tmp_path, rule, "/a", "/a/c", "/gone", "/a") == [200, 200, 410, 200]


def test_a_request_that_asks_without_end_is_refused(tmp_path: Path) -> None:
    assert ask(tmp_path, "RewriteRule ^/a(.*)$ /a${m:$1}x [N=200]", "/a") == [500]


def test_requests_that_wait_are_watched_a_few_times_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched: list[object] = []

    class Counted(Witness):
        def __init__(self, head: Head, connection: Connection) -> None:
            watched.append(head)
            super().__init__(head, connection)

    monkeypatch.setattr(phasing, "Witness", Counted)
    rule = "RewriteRule ^/a(.*)$ /${m:b$1} [PT]"
    assert ask(tmp_path, rule, *["/a"] * 20) == [200] * 20
    assert len(watched) == MOST_FAILED


def test_a_request_whose_question_nobody_can_answer_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find_answer(*_: object) -> object:
        raise LookupError

    monkeypatch.setattr(phasing, "find_answer", find_answer)
    found: list[int] = []
    with pytest.raises(ExceptionGroup) as caught:  # it is reported, too
        ask(tmp_path, "RewriteRule ^/a(.*)$ /${m:$1} [PT]", "/a", found=found)
    assert found == [500]
    assert "LookupError" in str(caught.value.exceptions)
