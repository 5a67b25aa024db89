"""Whether it is checked who comes in: until requests are, what asks for it is refused."""

from typing import Final

from httpdlite.conf.standing import SAME, Class, Standing, later

CHECKS_ACCESS: Final[bool] = True

PROTECTS_LATER: Final = later(
    "Protect the path at the worker, or by another server in front.", protects=True
)
"""Of what keeps anybody out."""


def guarded(standing: Standing = SAME) -> Standing:
    """The standing of a row that says who may come in, once it is checked."""
    return standing if CHECKS_ACCESS else PROTECTS_LATER


def opens(whom: str, standing: Standing = SAME) -> Standing:
    """Of what lets somebody in: who is in anyway, as long as what keeps anybody out is refused."""
    if CHECKS_ACCESS:
        return standing
    reason = f"it lets {whom} in, and what would keep anybody out is refused"
    return Standing(Class.MOOT, reason, protects=True)
