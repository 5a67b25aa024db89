"""Children as the parent sees them: how they end, what is said of it, when the next try is due."""

import os
import signal
import time
from typing import NoReturn

import pytest

from httpdlite.serve.children import (
    FATAL,
    FIRST_WAIT,
    LONGEST_GAP,
    LONGEST_WAIT,
    PARENT_SIGNALS,
    Children,
    Slot,
)

ROUNDING = 0.001


def ending(number: int) -> Children:
    """One slot, for a child that ends at once."""

    def become(_slot: Slot, _end: int) -> NoReturn:
        os._exit(number)

    return Children(1, become)


def run(children: Children) -> tuple[int, int]:
    """Start the child, and wait for it."""
    child = children.start(children.slots[0], 1)
    return os.waitpid(child.pid, 0)


def test_a_child_that_dies_at_once_is_tried_again_ever_later() -> None:
    children = ending(3)
    (slot,) = children.slots
    waits = []
    for _ in range(9):
        children.ended(*run(children), wanted=False)
        waits.append(slot.again_at - time.monotonic())
        assert children.next_due() == slot.again_at
    assert waits[0] <= 0
    assert waits[1:7] == [pytest.approx(FIRST_WAIT * 2**n, abs=0.1) for n in range(6)]
    assert waits[7:] == [pytest.approx(LONGEST_WAIT, abs=0.1)] * 2
    assert list(children.is_due(slot.again_at - ROUNDING)) == []
    assert list(children.is_due(slot.again_at)) == [slot]


def test_one_that_had_served_is_not_waited_for_that_long() -> None:
    """Connections wait at the sockets of its slot."""
    children = ending(3)
    (slot,) = children.slots
    slot.failures = 50
    pid, status = run(children)
    assert slot.child is not None
    slot.child.is_ready = True
    children.ended(pid, status, wanted=False)
    assert slot.again_at - time.monotonic() == pytest.approx(LONGEST_GAP, abs=0.1)


def test_days_of_failing_do_no_harm() -> None:
    children = ending(3)
    children.slots[0].failures = 100_000
    children.ended(*run(children), wanted=False)
    assert children.slots[0].again_at - time.monotonic() == pytest.approx(LONGEST_WAIT, abs=0.1)


def test_one_that_has_served_for_a_while_is_replaced_at_once() -> None:
    children = ending(3)
    (slot,) = children.slots
    slot.failures = 5
    pid, status = run(children)
    assert slot.child is not None
    slot.child.is_ready = True
    slot.child.since -= 60
    children.ended(pid, status, wanted=False)
    assert list(children.is_due(time.monotonic())) == [slot]
    assert slot.failures == 0


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [
        (0, "", "child pid {} ended by itself, status 0"),
        (3, "", "child pid {} ended by itself, status 3"),
        (FATAL, "AH00050", "Child {} returned a Fatal error... httpdlite is exiting!"),
    ],
)
def test_what_is_said_of_an_end(number: int, code: str, text: str) -> None:
    children = ending(number)
    pid, status = run(children)
    line = children.ended(pid, status, wanted=False)
    assert line is not None
    assert (line.code, line.text) == (code, text.format(pid))


def test_a_wanted_end_is_not_worth_a_line() -> None:
    children = ending(0)
    assert children.ended(*run(children), wanted=True) is None
    assert children.are_gone


def test_a_signal_is_named() -> None:
    def become(_slot: Slot, _end: int) -> NoReturn:
        os.kill(os.getpid(), signal.SIGKILL)
        os._exit(0)

    children = Children(1, become)
    pid, status = run(children)
    line = children.ended(pid, status, wanted=True)
    assert line is not None
    assert (line.code, line.text) == ("AH00052", f"child pid {pid} exit signal Killed (9)")


def test_what_escapes_a_child_ends_it() -> None:
    """It must never come back into the code of the parent."""

    def become(_slot: Slot, _end: int) -> NoReturn:
        raise SystemExit(5)

    children = Children(1, become)
    pid, status = run(children)
    children.ended(pid, status, wanted=False)
    assert os.waitstatus_to_exitcode(status) == 5


def test_a_child_hears_no_signals_and_the_parent_hears_them_again() -> None:
    def become(_slot: Slot, _end: int) -> NoReturn:
        deaf = PARENT_SIGNALS[:5]
        is_deaf = all(signal.getsignal(number) is signal.SIG_IGN for number in deaf)
        os._exit(0 if is_deaf and not signal.pthread_sigmask(signal.SIG_BLOCK, ()) else 1)

    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    children = Children(1, become)
    pid, status = run(children)
    children.ended(pid, status, wanted=False)
    assert os.waitstatus_to_exitcode(status) == 0
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
