"""What a Connection field says of a message's other fields. Pure. Source: RFC 9110 §7.6.1."""

from functools import lru_cache
from typing import Final

from httpdlite.proxy.fields import LONGEST_LINE


def connection_options(value: bytes) -> frozenset[bytes]:
    """The options of a Connection field, lower-case. RFC 9110 §7.6.1."""
    return _known_options(value) if len(value) <= LONGEST_LINE else _options(value)


def _options(value: bytes) -> frozenset[bytes]:
    return frozenset([option.strip(b" \t").lower() for option in value.split(b",")])


_known_options: Final = lru_cache(256)(_options)


def named_fields(connection: bytes | None) -> frozenset[bytes]:
    """The fields that a Connection field makes hop-by-hop."""
    if connection is None or connection.lower() in _ORDINARY:
        return NONE
    return connection_options(connection) - _ORDINARY


NONE: Final[frozenset[bytes]] = frozenset()
_ORDINARY: Final = frozenset((b"close", b"keep-alive", b"upgrade", b""))
