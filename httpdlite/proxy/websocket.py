"""The switch of protocols: is the worker's 101 the one that was asked for, and what the client gets
of it. Pure.

Comes in: the worker's head and the token that was sent. Goes out: the 101 for the client, or
``FramingError``. The frames behind the heads are nobody's business here.

Sources: mod_proxy_http (2.4.47 and later; CVE-2019-17567 is why a 101 is demanded); RFC 9110 §7.8;
RFC 6455 §4.
"""

from typing import Final

from httpdlite.proxy.fields import FieldLine, FramingError
from httpdlite.proxy.framing import ResponseHead
from httpdlite.proxy.hopbyhop import named_fields

_OF_A_BODY: Final = frozenset((b"content-length",))  # Transfer-Encoding is hop-by-hop anyway


def check_switch(response: ResponseHead, asked: bytes | None) -> bytes:
    """The Upgrade value of an acceptable 101, as the worker spells it; repeated fields must agree.
    Raises FramingError(502) with Apache's reason. ``asked``: the token sent, if any.
    """
    got = response.values(b"upgrade")
    if asked is not None and {value.lower() for value in got} == {asked.lower()}:
        return got[0]
    shown = b", ".join(got).decode("latin-1") or "n/a"
    wanted = asked.decode("latin-1") if asked is not None else "n/a"
    raise FramingError(502, f"Unexpected Upgrade: {shown} (expecting {wanted})", "AH00898")


def switch_lines(response: ResponseHead, lines: list[FieldLine]) -> list[FieldLine]:
    """What stays of ``lines``, the worker's end-to-end ones: a 101 has no body (RFC 9110 §8.6),
    and what its Connection names was for us.
    """
    dropped = _OF_A_BODY | named_fields(b",".join(response.values(b"connection")))
    return [line for line in lines if line.key not in dropped]


def switch_head(reason: bytes, lines: list[FieldLine], protocol: bytes) -> bytes:
    """The 101 head for the client: ``lines``, no Date or Server of ours, Connection, Upgrade."""
    kept = b"".join([line.line for line in lines])
    return b"HTTP/1.1 101 %b\r\n%bConnection: Upgrade\r\nUpgrade: %b\r\n\r\n" % (
        reason,
        kept,
        protocol,
    )
