"""What every test shares: an order, hypothesis without a wall clock, and tests that are no garbage.

Machines that run tests are busy; a slow example is not a wrong one. What takes longest comes first,
so that no worker has that left when the others have nothing to do. Ten thousand tests are half a
million objects, which the garbage collector would look at again and again: it rests until all are
there, and leaves them alone from then on. Everything else that tests need stands in the package
that needs it (`tests/peers/harness.py` starts other people's programs).
"""

import gc
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("httpdlite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("httpdlite")

LONGEST: Final = (
    "tests/peers/test_verdicts.py",
    "tests/peers/test_values.py",
    "tests/peers/test_behaviour.py",
    "tests/soak/",
    "tests/peers/",
)

gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """Where in the order a test comes, as a number."""
    begins = [item.nodeid.startswith(name) for name in LONGEST]
    return (*begins, True).index(True)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()
