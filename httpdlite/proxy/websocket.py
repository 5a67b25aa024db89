"""The switch of protocols: is the worker's 101 the one that was asked for, and what the client gets
of it. Pure.

Sources: mod_proxy_http (2.4.47 and later; CVE-2019-17567 is why a 101 is demanded); RFC 9110 §7.8;
RFC 6455 §4.
"""

from httpdlite.proxy.framing import Field, FramingError, ResponseHead


def check_switch(response: ResponseHead, asked: bytes | None) -> bytes:
    """The Upgrade value of an acceptable 101. Raises FramingError(502) with Apache's reason.
    ``asked``: the token sent, if any.
    """
    got = [value for name, value in response.fields if name.lower() == b"upgrade"]
    if asked is not None and len(got) == 1 and got[0].lower() == asked.lower():
        return got[0]
    shown = b", ".join(got).decode("latin-1") or "n/a"
    wanted = asked.decode("latin-1") if asked is not None else "n/a"
    raise FramingError(502, f"Unexpected Upgrade: {shown} (expecting {wanted})", "AH00898")


def switch_head(reason: bytes, fields: list[Field], protocol: bytes) -> bytes:
    """The 101 head for the client: the worker's end-to-end ``fields`` but what tells of a body
    (RFC 9110 §8.6), no Date or Server of ours, then Connection and Upgrade.
    """
    lines = [b"HTTP/1.1 101 %b\r\n" % (reason or b"Switching Protocols")]
    lines += [b"%b: %b\r\n" % field for field in fields if field[0].lower() != b"content-length"]
    lines.append(b"Connection: Upgrade\r\nUpgrade: %b\r\n\r\n" % protocol)
    return b"".join(lines)
