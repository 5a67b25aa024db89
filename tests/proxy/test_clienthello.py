"""The first message of TLS (clienthello.py): hellos of a real client, and some built by hand."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.proxy.clienthello import (
    LIMIT,
    ClientHello,
    Malformed,
    NeedMore,
    PlainHttp,
    read_client_hello,
)

TLS12, TLS13 = 0x0303, 0x0304


def real_hello(name: str | None = "www.example.com", alpn: tuple[str, ...] = ()) -> bytes:
    """What this Python's TLS library sends first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if alpn:
        context.set_alpn_protocols(alpn)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def vector(size: int, content: bytes) -> bytes:
    return len(content).to_bytes(size) + content


def extension(kind: int, content: bytes) -> bytes:
    return kind.to_bytes(2) + vector(2, content)


def server_name(text: bytes, kind: int = 0) -> bytes:
    return extension(0, vector(2, bytes([kind]) + vector(2, text)))


def hello(*extensions: bytes, tail: bytes = b"", without_extensions: bool = False) -> bytes:
    """The message alone."""
    body = (
        TLS12.to_bytes(2) + bytes(32) + vector(1, b"") + vector(2, b"\x13\x01") + vector(1, b"\0")
    )
    if not without_extensions:
        body += vector(2, b"".join(extensions))
    return b"\x01" + vector(3, body + tail)


def records(message: bytes, size: int = 16384) -> bytes:
    """The message in records of so many bytes."""
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x01" + vector(2, piece) for piece in pieces)


# --- what real clients send -----------------------------------------------------------------------


def test_a_real_hello_is_read() -> None:
    seen = read_client_hello(real_hello("www.Example.com", ("h2", "http/1.1")))
    assert isinstance(seen, ClientHello)
    assert seen.server_name == "www.example.com"
    assert seen.alpn == (b"h2", b"http/1.1")
    assert TLS12 in seen.versions
    assert TLS13 in seen.versions


def test_a_real_hello_without_a_name() -> None:
    seen = read_client_hello(real_hello(None))
    assert isinstance(seen, ClientHello)
    assert seen.server_name is None
    assert seen.alpn == ()


def test_byte_by_byte_more_is_asked_for_and_never_too_much() -> None:
    data = real_hello()
    for count in range(len(data)):
        seen = read_client_hello(data[:count])
        if count:
            assert isinstance(seen, NeedMore)
            assert 0 < seen.count <= len(data) - count
    assert isinstance(read_client_hello(data), ClientHello)


def test_what_comes_behind_the_hello_is_no_matter() -> None:
    data = real_hello()
    assert read_client_hello(data + b"\x14\x03\x03\0\x01\x01garbage") == read_client_hello(data)


@given(size=st.integers(30, 600))
def test_records_may_be_of_any_size(size: int) -> None:
    message = hello(server_name(b"a.example"), extension(65000, bytes(300)))
    data = records(message, size)
    assert read_client_hello(data) == ClientHello("a.example", (), (TLS12,))
    assert isinstance(read_client_hello(data[:-1]), NeedMore)


def test_a_hello_in_very_many_records_is_not_read() -> None:
    """Else each piece that comes would cost as much as all before it."""
    assert isinstance(read_client_hello(records(hello(server_name(b"a.example")), 1)), Malformed)


@given(st.binary(max_size=200))
def test_anything_is_answered(data: bytes) -> None:
    read_client_hello(data)


@given(st.binary(max_size=200))
def test_anything_within_a_handshake_is_answered(data: bytes) -> None:
    read_client_hello(records(b"\x01" + vector(3, data)))
    read_client_hello(b"\x16\x03\x01" + data)


@given(at=st.integers(0, 400), value=st.integers(0, 255))
def test_a_damaged_name_is_never_read_as_another_than_the_library_reads(
    at: int, value: int
) -> None:
    """The library's own reading, by way of its callback, is what counts."""
    data = bytearray(HELLO)
    data[at % len(data)] = value
    seen = read_client_hello(bytes(data))
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def note(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> int:
        names.append(name)
        return ssl.ALERT_DESCRIPTION_ACCESS_DENIED

    context.sni_callback = note
    incoming = ssl.MemoryBIO()
    incoming.write(data)
    server = context.wrap_bio(incoming, ssl.MemoryBIO(), server_side=True)
    if all(byte < 128 for byte in data[NAME_AT : NAME_AT + 20]):  # else the callback complains
        with pytest.raises(ssl.SSLError):
            server.do_handshake()
    if names and isinstance(seen, ClientHello):
        read = names[0].lower().removesuffix(".") if names[0] is not None else None
        assert read == seen.server_name


HELLO = real_hello("name.example")
NAME_AT = HELLO.index(b"name.example")


# --- what is malformed ----------------------------------------------------------------------------


def test_a_hello_without_extensions() -> None:
    data = records(hello(without_extensions=True))
    assert read_client_hello(data) == ClientHello(None, (), (TLS12,))


@pytest.mark.parametrize(
    "text, name",
    [
        (b"A.Example", "a.example"),
        (b"a.example.", "a.example"),
        (b"under_score.example", "under_score.example"),
        (b"192.0.2.1", "192.0.2.1"),
    ],
)
def test_names(text: bytes, name: str) -> None:
    seen = read_client_hello(records(hello(server_name(text))))
    assert isinstance(seen, ClientHello)
    assert seen.server_name == name


@pytest.mark.parametrize(
    "text", [b"", b"a\0b.example", b"a b", "ü.example".encode(), b"a" * 256, b"a/../b", b"[::1]"]
)
def test_what_is_no_host_name(text: bytes) -> None:
    assert isinstance(read_client_hello(records(hello(server_name(text)))), Malformed)


@pytest.mark.parametrize(
    "message",
    [
        hello(server_name(b"a.example"), server_name(b"b.example")),
        hello(server_name(b"a.example", kind=1)),
        hello(extension(0, vector(2, b"\0" + vector(2, b"a") + b"\0" + vector(2, b"b")))),
        hello(extension(0, vector(2, b"\0" + vector(2, b"a.example")) + b"more")),
        hello(extension(0, b"\0\x09\0\0\x09a")),
        hello(extension(0, b"")),
        hello(extension(16, b"\0\x05\x09http")),
        hello(extension(43, b"\x03\x03\x04\x03")),
        hello(tail=b"\0"),
        b"\x01" + vector(3, b"\x03\x03" + bytes(10)),
        b"\x01\0\0\0",
        b"\x02" + vector(3, bytes(40)),
        hello()[:1] + (LIMIT + 1).to_bytes(3) + bytes(100),
    ],
)
def test_what_is_malformed(message: bytes) -> None:
    assert isinstance(read_client_hello(records(message)), Malformed)


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x2e\x01\x03\x01",  # a hello in the way of SSL 2
        b"\x15\x03\x01\0\x02\x02\x28",
        b"\x16\x02\x00\0\x05hello",
        b"\x16\x03\x01\0\0",
        b"\x16\x03\x01\xff\xff",
        b"\0",
        b"OPTIONS / HTTP/1.1\r\n",
        b"get / HTTP/1.1\r\n",
    ],
)
def test_what_is_no_hello(data: bytes) -> None:
    assert isinstance(read_client_hello(data), Malformed)


def test_a_hello_in_records_without_end() -> None:
    message = b"\x01" + (LIMIT - 4).to_bytes(3)
    data = records(message + bytes(LIMIT), 1)
    assert isinstance(read_client_hello(data), Malformed)


# --- plain HTTP -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"POST", b"PUT"])
def test_plain_http_is_known_by_its_method(method: bytes) -> None:
    line = method + b" / HTTP/1.1\r\n"
    for count in range(1, len(method) + 1):
        seen = read_client_hello(line[:count])
        assert isinstance(seen, NeedMore)
        assert seen.count <= len(method) + 1 - count
    assert isinstance(read_client_hello(line[: len(method) + 1]), PlainHttp)
    assert isinstance(read_client_hello(line), PlainHttp)


def test_nothing_is_not_enough() -> None:
    assert isinstance(read_client_hello(b""), NeedMore)


def test_what_a_real_client_says_of_signatures_and_renegotiation() -> None:
    seen = read_client_hello(real_hello())
    assert isinstance(seen, ClientHello)
    assert 0x0403 in seen.signatures
    assert seen.has_signal or seen.has_binding


def test_signatures_and_renegotiation() -> None:
    signatures = extension(13, vector(2, b"\x04\x03\x08\x04"))
    seen = read_client_hello(records(hello(signatures, extension(0xFF01, b"\0"))))
    assert isinstance(seen, ClientHello)
    assert (seen.signatures, seen.has_binding) == ((0x0403, 0x0804), True)
    assert not seen.has_signal
    message = hello(signatures).replace(vector(2, b"\x13\x01"), vector(2, b"\0\xff"))
    seen = read_client_hello(records(message))
    assert isinstance(seen, ClientHello)
    assert (seen.has_signal, seen.has_binding) == (True, False)


def test_a_cipher_whose_halves_look_like_the_signal_is_none() -> None:
    ciphers = vector(2, b"\x13\x00\xff\x01")
    message = hello().replace(vector(2, b"\x13\x01"), ciphers)
    message = message[:1] + vector(3, message[4:])
    seen = read_client_hello(records(message))
    assert isinstance(seen, ClientHello)
    assert not seen.has_signal
