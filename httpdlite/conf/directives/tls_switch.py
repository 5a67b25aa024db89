"""What of TLS is served: until both ends are wired, what asks for it is refused.

`SERVES_TLS` is about clients (SSLEngine On), `TLS_TO_WORKERS` about https:// and wss:// workers.
"""

from typing import Final

from httpdlite.conf.standing import SAME, Standing, moot

SERVES_TLS: Final[bool] = True
TLS_TO_WORKERS: Final[bool] = True

_NO_TLS: Final = moot("it tunes TLS, and TLS (SSLEngine on) is refused")
_NO_WORKERS: Final = moot("it is about https:// workers, which are refused")


def served(standing: Standing = SAME) -> Standing:
    """The standing of a row about clients, once TLS is served."""
    return standing if SERVES_TLS else _NO_TLS


def to_workers(standing: Standing = SAME) -> Standing:
    """The same for a row about workers."""
    return standing if TLS_TO_WORKERS else _NO_WORKERS
