"""The PROXY header (proxyprotocol.py): right ones, wrong ones, and both in pieces."""

import ipaddress
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.proxy.proxyprotocol import (
    LONGEST,
    LONGEST_LINE,
    Announced,
    PrefaceError,
    read_preface,
)

SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
GET: Final = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def binary(command: int, family: int, after: bytes) -> bytes:
    return SIGNATURE + bytes([command, family]) + len(after).to_bytes(2) + after


def packed(*addresses: str, ports: tuple[int, int] = (1234, 80)) -> bytes:
    both = b"".join(ipaddress.ip_address(text).packed for text in addresses)
    return both + b"".join(port.to_bytes(2) for port in ports)


FOUR: Final = packed("8.8.8.8", "9.9.9.9")
RIGHT: Final = {
    b"PROXY TCP4 8.8.8.8 9.9.9.9 1234 80\r\n": ("8.8.8.8", 1234),
    b"PROXY TCP6 2001:DB8::1 ::2 65535 0\r\n": ("2001:db8::1", 65535),
    b"PROXY TCP6 ::ffff:8.8.8.8 ::1 0 80\r\n": ("8.8.8.8", 0),
    b"PROXY UNKNOWN\r\n": (None, 0),
    b"PROXY UNKNOWN what ever\r\n": (None, 0),
    b"PROXY UNKNOWN " + b"x" * (LONGEST_LINE - 16) + b"\r\n": (None, 0),
    binary(0x21, 0x11, FOUR): ("8.8.8.8", 1234),
    binary(0x21, 0x21, packed("2001:db8::1", "::2")): ("2001:db8::1", 1234),
    binary(0x21, 0x21, packed("::ffff:8.8.8.8", "::2")): ("8.8.8.8", 1234),
    binary(0x21, 0x11, FOUR + bytes(204)): ("8.8.8.8", 1234),
    binary(0x20, 0x00, b""): (None, 0),
    binary(0x20, 0x11, FOUR): (None, 0),
}
WRONG: Final = {
    GET: "AH03496",
    b"\r\n\r\nGET": "AH03496",
    b"\x16\x03\x01": "AH03496",
    b"proxy TCP4": "AH03496",
    b"PROXY\r\n": "AH03496",
    binary(0x11, 0x11, FOUR): "AH03496",
    b"PROXY \r\n": "AH03497",
    b"PROXY  TCP4 8.8.8.8 9.9.9.9 1 2\r\n": "AH03497",
    b"PROXY TCP4\r\n": "AH03497",
    b"PROXY TCP4 8.8.8.8\r\n": "AH03497",
    b"PROXY TCP4 8.8.8.8 9.9.9.9\r\n": "AH03497",
    b"PROXY TCP4 8.8.8.8 9.9.9.9 1\r\n": "AH03497",
    b"PROXY TCP4 8.8.8.8  9.9.9.9 1 2\r\n": "AH03497",
    b"PROXY TCP5 8.8.8.8 9.9.9.9 1 2\r\n": "AH03499",
    b"PROXY UNKNOWNX\r\n": "AH03499",
    b"PROXY TCP4 8.8.8 9.9.9.9 1 2\r\n": "AH03500",
    b"PROXY TCP4 010.8.8.8 9.9.9.9 1 2\r\n": "AH03500",
    b"PROXY TCP4 2001:db8::1 9.9.9.9 1 2\r\n": "AH03500",
    b"PROXY TCP6 8.8.8.8 ::1 1 2\r\n": "AH03500",
    b"PROXY TCP6 fe80::1%lo ::1 1 2\r\n": "AH03500",
    b"PROXY TCP4 8.8.8.8 a.test 1 2\r\n": "AH03500",
    b"PROXY TCP4 8.8.8.8 9.9.9.9 65536 2\r\n": "AH03501",
    b"PROXY TCP4 8.8.8.8 9.9.9.9 -1 2\r\n": "AH03501",
    b"PROXY TCP4 8.8.8.8 9.9.9.9 1 \xb2\r\n": "AH03501",
    b"PROXY TCP4 8.8.8.8 9.9.9.9 1 2 3\r\n": "AH03501",
    b"PROXY UNKNOWN " + b"x" * (LONGEST_LINE - 15) + b"\r\n": "AH10185",
    b"PROXY TCP4 8.8.8.8 9.9.9.9 1 2\n" + GET: "AH03501",
    binary(0x22, 0x11, FOUR): "AH03507",
    binary(0x21, 0x00, b""): "AH10183",
    binary(0x21, 0x12, FOUR): "AH10183",
    binary(0x21, 0x11, FOUR[:11]): "AH10597",
    binary(0x21, 0x21, FOUR): "AH10598",
    binary(0x21, 0x11, FOUR + bytes(205)): "AH10186",
    binary(0x20, 0x11, FOUR + bytes(205)): "AH10186",
}


def read_bytewise(data: bytes) -> Announced | None:
    """As if one byte came after the other; how many were needed is in its length."""
    for end in range(1, len(data) + 1):
        found = read_preface(data[:end])
        if found is not None:
            assert found.length == end
            return found
    return None


@pytest.mark.parametrize("data", RIGHT)
def test_a_right_header(data: bytes) -> None:
    expected = Announced(len(data), *RIGHT[data])
    assert read_preface(data) == expected
    assert read_preface(data + GET) == expected
    assert read_bytewise(data + GET) == expected


@pytest.mark.parametrize("data", WRONG)
def test_a_wrong_header(data: bytes) -> None:
    for read in (read_preface, read_bytewise):
        with pytest.raises(PrefaceError) as bad:
            read(data)
        assert bad.value.code == WRONG[data]


@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=120).map(lambda rest: b"PROXY " + rest),
        st.binary(max_size=300).map(lambda rest: SIGNATURE + rest),
        st.tuples(st.sampled_from([*RIGHT, *WRONG]), st.binary(max_size=9), st.integers(0, 60)).map(
            lambda parts: parts[0][: parts[2]] + parts[1] + parts[0][parts[2] + len(parts[1]) :]
        ),
    )
)
def test_pieces_change_nothing_and_the_end_comes(data: bytes) -> None:
    """Once something is said it stays said; and after the longest header something is."""

    def said(data: bytes) -> Announced | str | None:
        try:
            return read_preface(data)
        except PrefaceError as bad:
            return bad.code

    whole = said(data)
    first = next((found for end in range(len(data)) if (found := said(data[: end + 1]))), None)
    assert first == whole
    if len(data) >= LONGEST:
        assert whole is not None
    if isinstance(whole, Announced):
        assert whole.length <= min(len(data), LONGEST)
        assert whole.ip is None or str(ipaddress.ip_address(whole.ip)) == whole.ip
