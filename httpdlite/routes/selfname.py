"""By which name and port the server calls itself: in rewritten Location fields and on pages. Pure.

Comes in: the request's Host (or the host of an absolute target), ServerName, the address that the
client came to. Goes out: name and port. Source: UseCanonicalName and UseCanonicalPhysicalPort in
Apache's core documentation; as observed with 2.4.71.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from httpdlite.conf.directives.core_requests import CanonicalName

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class SelfName(NamedTuple):
    """Lower-case as the client wrote it, or ServerName as configured; IPv6 with its brackets."""

    name: str
    port: int


@lru_cache(256)
def self_name(
    host: bytes | None,
    server_name: str,
    server_port: int | None,
    *,
    canonical: CanonicalName,
    physical_port: int | None,
    scheme: str,
) -> SelfName:
    """``host`` is the Host field as it counts, None without one; ``physical_port`` is the local
    port with UseCanonicalPhysicalPort On, else None.
    """
    default = _DEFAULT_PORTS[scheme]
    if canonical is CanonicalName.ON:
        return SelfName(server_name, server_port or physical_port or default)
    name, port = split_host(host.decode("latin-1")) if host else ("", None)
    return SelfName(name or server_name, port or physical_port or server_port or default)


def self_authority(name: SelfName, scheme: str) -> str:
    """``scheme://name``, with the port where it is not the scheme's own."""
    port = "" if name.port == _DEFAULT_PORTS[scheme] else f":{name.port}"
    return f"{scheme}://{name.name}{port}"


def split_host(host: str) -> tuple[str, int | None]:
    """A Host field's name in lower case (brackets kept), and port."""
    name, colon, port = host.rpartition(":")
    if not colon or port.endswith("]"):
        return host.lower(), None
    return name.lower(), int(port) if port.isdigit() else None
