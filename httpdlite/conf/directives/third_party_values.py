"""stub"""
from collections.abc import Callable
from httpdlite.conf.registry import Call
def check_of(name: str) -> Callable[[Call], object] | None:
    return None
