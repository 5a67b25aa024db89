"""Generated messages through a running httpdlite, and beside apache2: nothing ambiguous goes out.

`framing_bench.py` says what must never be; `framing_apache.py` judges what Apache does otherwise.
More of it: `python -m tests.peers.framing_fuzz`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest

from tests.peers.framing_apache import REQUESTS_APACHE, RESPONSES_APACHE
from tests.peers.framing_bench import (
    CONFIGURATION,
    Bench,
    StrictWorker,
    requests_beside,
    responses_beside,
)
from tests.peers.framing_fuzz import fuzz
from tests.peers.framing_judged import Judged, judge, verdict
from tests.peers.framing_messages import request, response
from tests.peers.harness import running_apache, running_httpdlite

ALONE = 1200
BESIDE = 250


@contextmanager
def httpdlite_bench() -> Iterator[Bench]:
    with (
        StrictWorker().running() as worker,
        running_httpdlite(CONFIGURATION.format(authority=worker.authority)) as server,
    ):
        yield Bench(server, worker, is_ours=True)


@contextmanager
def apache_bench() -> Iterator[Bench]:
    with (
        StrictWorker().running() as worker,
        running_apache(CONFIGURATION.format(authority=worker.authority)) as server,
    ):
        yield Bench(server, worker, is_ours=False)


@pytest.fixture(scope="module")
def ours() -> Iterator[Bench]:
    with httpdlite_bench() as bench:
        yield bench


@pytest.fixture(scope="module")
def apache() -> Iterator[Bench]:
    with apache_bench() as bench:
        yield bench


def test_what_goes_to_a_worker_is_one_plain_request_each(ours: Bench) -> None:
    forwarded = 0
    for seed in range(ALONE):
        stream = request(Random(seed))
        outcome = ours.ask(stream)
        assert not outcome.faults, f"seed {seed}: {stream!r}\n" + "\n".join(outcome.faults)
        forwarded += len(outcome.asked)
    assert forwarded > ALONE / 3


def test_what_goes_to_a_client_is_one_plain_response_each(ours: Bench) -> None:
    passed = 0
    for seed in range(ALONE):
        rng = Random(seed)
        answer, method = response(rng), rng.choice((b"GET", b"GET", b"HEAD"))
        outcome = ours.answer(answer, method)
        assert not outcome.faults, f"seed {seed}: {answer!r}\n" + "\n".join(outcome.faults)
        passed += outcome.statuses[-1] == 200
    assert passed > ALONE / 3


def test_what_is_forwarded_apache_reads_alike(ours: Bench, apache: Bench) -> None:
    """Apache is the next proxy: what reaches it from us it forwards as the same requests."""
    sent: dict[bytes, tuple[bytes, bytes]] = {}
    for seed in range(BESIDE):
        outcome = ours.ask(request(Random(seed)))
        sent |= {asked.raw: (asked.method, asked.payload) for asked in outcome.asked}
    for raw, meant in sent.items():
        if b"\r\nMax-Forwards: 0\r\n" not in raw:
            assert apache.ask(raw).forwarded == (meant,), raw
    assert len(sent) > BESIDE / 30


def test_requests_are_forwarded_as_apache_does_or_the_difference_is_judged(
    ours: Bench, apache: Bench
) -> None:
    for seed in range(BESIDE):
        stream = request(Random(seed))
        found = requests_beside(ours, apache, stream)
        if found is not None:
            assert judge(REQUESTS_APACHE, *found, stream), f"seed {seed}: {found}\n{stream!r}"


def test_answers_are_read_as_apache_does_or_the_difference_is_judged(apache: Bench) -> None:
    for seed in range(BESIDE):
        rng = Random(seed)
        answer, method = response(rng), rng.choice((b"GET", b"GET", b"HEAD"))
        found = verdict(*responses_beside(apache, answer, method), "Apache")
        if found is not None:
            assert judge(RESPONSES_APACHE, *found, answer), f"seed {seed}: {found}\n{answer!r}"


def test_the_fuzz_finds_nothing_in_a_second() -> None:
    tally = fuzz(1.0, 900_000, holds=False, with_apache=False)
    assert not tally.faults
    assert tally.messages


def named(row: Judged) -> str:
    return f"{getattr(row, 'stricter', '')}: {getattr(row, 'what', '')}"


@pytest.mark.parametrize("row", REQUESTS_APACHE, ids=named)
def test_each_row_about_requests_has_its_example(ours: Bench, apache: Bench, row: Judged) -> None:
    example = row.example
    found = requests_beside(ours, apache, example)
    assert found is not None
    assert judge(REQUESTS_APACHE, *found, example) is row


@pytest.mark.parametrize("row", RESPONSES_APACHE, ids=named)
def test_each_row_about_answers_has_its_example(apache: Bench, row: Judged) -> None:
    example, method = row.example, row.method
    found = verdict(*responses_beside(apache, example, method), "Apache")
    assert found is not None
    assert judge(RESPONSES_APACHE, *found, example) is row
