"""How long the property tests run: a few examples in the suite, HTTPDLITE_FUZZ_SECONDS on demand.

A test decorated with `fuzz` runs once in the ordinary suite; with the variable set, the seconds are
shared among all such tests and each is repeated, with fresh examples, until its share is used up.
"""

import os
import time
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

SECONDS = float(os.environ.get("HTTPDLITE_FUZZ_SECONDS") or 0)

_tests: list[str] = []


def fuzz(
    *strategies: SearchStrategy[object], examples: int = 60
) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Decorate a test whose arguments come from `strategies`."""

    def decorate(test: Callable[..., None]) -> Callable[[], None]:
        often = settings(
            max_examples=500 if SECONDS else examples,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        once = often(given(*strategies)(test))
        _tests.append(test.__name__)

        def run() -> None:
            end = time.monotonic() + SECONDS / len(_tests)
            once()
            while time.monotonic() < end:
                once()

        run.__name__ = test.__name__
        run.__doc__ = test.__doc__
        return run

    return decorate
