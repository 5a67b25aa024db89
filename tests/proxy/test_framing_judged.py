"""Our framing beside h11's over generated messages: each disagreement has been judged.

`tests/peers/framing_judged.py` is the table; here the messages of fixed seeds are read by both, and
whatever no row explains fails. HTTPDLITE_FUZZ_SECONDS reads fresh ones for that long.
"""

import os
import time
from collections.abc import Iterator
from random import Random

import pytest

from tests.fuzz.budget import SECONDS
from tests.peers.framing_judged import (
    REQUESTS_H11,
    RESPONSES_H11,
    Judged,
    Table,
    judge,
    verdict,
)
from tests.peers.framing_messages import request, response
from tests.peers.framing_readers import (
    Read,
    Reading,
    Unread,
    h11_request,
    h11_response,
    ours_request,
    ours_response,
)

COUNT = 6000
STEP = 7  # bytes at a time; the seeds vary it


def seeds() -> Iterator[int]:
    """COUNT fixed ones; with a time to spend, fresh ones until it is over."""
    yield from range(COUNT)
    end = time.monotonic() + SECONDS / 4
    while time.monotonic() < end:
        yield int.from_bytes(os.urandom(6))


def check(table: Table, ours: Reading, theirs: Reading, seed: int, stream: bytes) -> None:
    found = verdict(ours, theirs, "h11")
    if found is not None:
        assert judge(table, *found, stream), f"seed {seed}, not judged: {found}\n{stream!r}"


def same(ours: Reading, pieces: Reading) -> bool:
    """One read in pieces must be the same; if refused, the reason may be another."""
    return ours == pieces or (isinstance(ours, Unread) and isinstance(pieces, Unread))


def test_requests_are_read_as_h11_reads_them_or_the_difference_is_judged() -> None:
    read = 0
    for seed in seeds():
        stream = request(Random(seed))
        while stream:
            ours, theirs = ours_request(stream), h11_request(stream)
            assert same(ours, ours_request(stream, 1 + seed % STEP)), (seed, stream)
            check(REQUESTS_H11, ours, theirs, seed, stream)
            if not isinstance(ours, Read) or not isinstance(theirs, Read):
                break
            read += 1
            stream = ours.rest
    assert read > COUNT / 3  # the generator makes messages, not noise


def test_responses_are_read_as_h11_reads_them_or_the_difference_is_judged() -> None:
    read = 0
    for seed in seeds():
        rng = Random(seed)
        stream, method = response(rng), rng.choice((b"GET", b"GET", b"HEAD"))
        ours, theirs = ours_response(stream, method), h11_response(stream, method)
        assert same(ours, ours_response(stream, method, 1 + seed % STEP)), (seed, stream)
        check(RESPONSES_H11, ours, theirs, seed, stream)
        read += isinstance(ours, Read) and isinstance(theirs, Read)
    assert read > COUNT / 3


def of_table(table: Table) -> list[pytest.param]:  # type: ignore[valid-type]
    return [pytest.param(row, id=f"{row.stricter}: {row.what}") for row in table]


@pytest.mark.parametrize("row", of_table(REQUESTS_H11))
def test_each_row_about_requests_has_its_example(row: Judged) -> None:
    found = verdict(ours_request(row.example), h11_request(row.example), "h11")
    assert found is not None
    assert judge(REQUESTS_H11, *found, row.example) is row


@pytest.mark.parametrize("row", of_table(RESPONSES_H11))
def test_each_row_about_responses_has_its_example(row: Judged) -> None:
    found = verdict(ours_response(row.example, b"GET"), h11_response(row.example, b"GET"), "h11")
    assert found is not None
    assert judge(RESPONSES_H11, *found, row.example) is row
