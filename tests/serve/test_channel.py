"""The channel: orders with descriptors arrive whole and in order, and nobody waits for anybody."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from httpdlite.serve.channel import (
    MOST_HANDLES,
    Adopt,
    Ask,
    Handles,
    ParentEnd,
    Stop,
    channel,
    receive_order,
    report,
)
from httpdlite.serve.descriptors import open_now


@pytest.fixture
def ends() -> Iterator[tuple[ParentEnd, socket.socket]]:
    ours, theirs = channel()
    end = ParentEnd(ours)
    yield end, theirs
    end.close()
    theirs.close()


def close_all(descriptors: list[int]) -> None:
    for number in descriptors:
        os.close(number)


def test_an_order_brings_its_descriptors(ends: tuple[ParentEnd, socket.socket]) -> None:
    end, theirs = ends
    reading, writing = os.pipe()
    end.send(Adopt(7), [reading])
    received = receive_order(theirs)
    assert received is not None
    order, descriptors = received
    assert order == Adopt(7)
    os.write(writing, b"x")
    assert os.read(descriptors[0], 1) == b"x"
    close_all([reading, writing, *descriptors])


def test_more_handles_than_fit_into_a_message_come_in_parts(
    ends: tuple[ParentEnd, socket.socket],
) -> None:
    end, theirs = ends
    names = [f"/var/log/{number}" for number in range(2 * MOST_HANDLES + 1)]
    with Path(os.devnull).open() as file:
        end.send_handles("log", [(name, file.fileno()) for name in names])
    got: list[str] = []
    while len(got) < len(names):
        received = receive_order(theirs)
        assert received is not None
        order, descriptors = received
        assert isinstance(order, Handles)
        assert len(order.names) == len(descriptors)
        got += order.names
        close_all(descriptors)
    assert got == names


def test_what_has_no_room_waits_with_descriptors_of_its_own(
    ends: tuple[ParentEnd, socket.socket],
) -> None:
    """The parent may close what it has sent, whether it has gone out or not."""
    end, theirs = ends
    before = open_now()
    sent = 0
    while end.is_idle:
        end.send(Ask(sent, "x" * 10000))
        sent += 1
    reading, writing = os.pipe()
    end.send(Adopt(1), [reading])
    end.send(Stop())
    os.close(reading)
    other = os.open(os.devnull, os.O_RDONLY)  # takes its number, very likely
    for number in range(sent):
        end.flush()
        received = receive_order(theirs)
        assert received is not None
        assert isinstance(received[0], Ask)
        assert received[0].number == number
    end.flush()
    received = receive_order(theirs)
    assert received is not None
    order, descriptors = received
    assert order == Adopt(1)
    os.write(writing, b"x")
    assert os.read(descriptors[0], 1) == b"x"
    assert receive_order(theirs) == (Stop(), [])
    close_all([writing, other, *descriptors])
    assert open_now() == before


def test_a_closed_end_keeps_no_descriptor() -> None:
    before = open_now()
    ours, theirs = channel()
    end = ParentEnd(ours)
    while end.is_idle:
        end.send(Ask(0, "x" * 10000), [0])
    end.close()
    theirs.close()
    assert open_now() == before


def test_a_child_that_has_gone_is_noticed_on_reading(
    ends: tuple[ParentEnd, socket.socket],
) -> None:
    end, theirs = ends
    theirs.close()
    end.send(Stop())
    assert end.is_idle
    assert end.receive() is None


def test_the_end_of_the_parent_is_the_end_of_the_orders(
    ends: tuple[ParentEnd, socket.socket],
) -> None:
    end, theirs = ends
    with pytest.raises(BlockingIOError):
        receive_order(theirs)
    end.close()
    assert receive_order(theirs) is None


@pytest.mark.parametrize("rubbish", [b"\xff\xfe", b"[1, 2]", b"12", b'"ready"', b"{", b"null"])
def test_reports_that_are_none_are_ignored(
    ends: tuple[ParentEnd, socket.socket], rubbish: bytes
) -> None:
    end, theirs = ends
    theirs.send(rubbish)
    assert end.receive() == {}
    theirs.send(report({"ready": 1}))
    assert end.receive() == {"ready": 1}
