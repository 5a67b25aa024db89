"""Parts of expressions on their own: addresses as the C library reads them, networks, globs."""

import ipaddress
import socket
from random import Random

import pytest

from httpdlite.conf.addresses import is_network
from httpdlite.conf.patterns.budget import MOST_COUNTED, NEW, OVER, WORK
from httpdlite.routes.expressions.globs import compile_given, compile_glob
from httpdlite.routes.expressions.networks import Address, compile_network, parse_address
from httpdlite.routes.regex import given_up_line

PIECES = """0 1 7 8 9 10 127 255 256 0377 0400 0x 0xff 0XA0 . . . . : :: ffff a G % - + 01 00001
    1.2.3.4 ::1 ::ffff: fe80:: %1 %4294967296""".split()


def c_library(text: str) -> Address | None:
    """What getaddrinfo() takes a numeric address for."""
    try:
        found = socket.getaddrinfo(text, None, flags=socket.AI_NUMERICHOST)[0]
    except (socket.gaierror, UnicodeError):
        return None
    packed = socket.inet_pton(found[0], str(found[4][0]).partition("%")[0])
    if len(packed) == 16 and (mapped := ipaddress.IPv6Address(packed).ipv4_mapped):
        packed = mapped.packed
    return Address(len(packed) * 8, int.from_bytes(packed, "big"))


def names_an_interface(text: str) -> bool:
    """The C library knows which there are."""
    address, _, scope = text.partition("%")
    return address.startswith("fe80:") and not scope.isdigit()


def test_addresses_are_those_of_the_c_library() -> None:
    random = Random(1)
    texts = {"".join(random.choices(PIECES, k=random.randint(1, 7))) for _ in range(20_000)}
    found = {text: parse_address(text) for text in texts if not names_an_interface(text)}
    assert {text: given for text, given in found.items() if given != c_library(text)} == {}
    assert sum(given is not None for given in found.values()) > 200


@pytest.mark.parametrize(
    ("text", "is_address"),
    [("fe80::1%lo", True), ("ff02::1%lo", True), ("::1%lo", False), ("fe80::1%", False)],
)
def test_interfaces_have_addresses_of_their_own(text: str, is_address: bool) -> None:
    assert (parse_address(text) is not None) is is_address


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
        ("10", "10.255.0.1", "11.0.0.1"),
        ("10.1.", "10.1.9.9", "10.2.0.0"),
        ("10.1.2", "10.1.2.9", "10.1.3.9"),
        ("10.0.0.0/8", "10.9.9.9", "0.0.0.10"),
        ("10.128.0.0/9", "10.255.0.0", "10.127.0.0"),
        ("10.0.2.0/255.0.255.0", "10.9.2.9", "10.9.3.9"),
        ("1.2.3.4/32", "1.2.3.4", "::102:304"),
        ("::/1", "1::", "8000::"),
        ("2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"),
        ("::1", "::1", "::2"),
        ("1:2:3:4:5:6:7::8", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:9"),
    ],
)
def test_networks(network: str, inside: str, outside: str) -> None:
    assert is_network(network)
    has = compile_network(network)
    assert has(inside)
    assert not has(outside)
    assert not has("a name")


@pytest.mark.parametrize(
    ("glob", "fits", "fits_not"),
    [
        ("[]a]", "] a", "b [] ]a"),
        ("[]-a]", "] ^ _ ` a", "[ - b"),
        ("[a-c-e]", "a b c - e", "d"),
        ("[a-]", "a -", "b"),
        ("[!]a]", "b [", "] a"),
        ("[z-a]", "[z-a]x", "z a m"),
        (r"[\]]", "]", r"\ \]"),
        (r"[a\-c]", "a - c", "b"),
        ("[a-", "[a-", "a -"),
        ("[", "[", "a"),
        ("a\\", "a\\", "a"),
        ("\x80-[\x80-a]", "\x80-\xff \x80-0 \x80-a", "\x80-b"),
        ("**?*", "a ab", ""),
        ("*ab*ba", "abba xabxba", "aba ab"),
    ],
)
def test_globs(glob: str, fits: str, fits_not: str) -> None:
    compiled = compile_glob(glob)
    texts = fits.split(" ") if glob != "[z-a]" else []
    assert [text for text in texts if not compiled(text)] == []
    assert [text for text in fits_not.split(" ") if compiled(text)] == []


@pytest.mark.parametrize(
    ("glob", "fits", "fits_not"),
    [
        ("a/*/c", "a/b/c a//c", "a/b/b/c a/c"),
        ("*", "a [", "a/b /"),
        ("[a/b]", "[a/b]", "a / b"),
        ("[+-/]", "+ .", "/"),
        (r"a\/b", "a/b", r"a\/b"),
        ("[!a]", "b", "/ a"),
        ("*a/b*", "xa/bx", "xa/x/bx"),
    ],
)
def test_globs_by_segment(glob: str, fits: str, fits_not: str) -> None:
    compiled = compile_glob(glob, by_segment=True)
    assert [text for text in fits.split(" ") if not compiled(text)] == []
    assert [text for text in fits_not.split(" ") if compiled(text)] == []


@pytest.mark.parametrize(
    ("glob", "fits", "fits_not"),
    [
        ("aB*", "ab AB abC", "b"),
        ("[A-C]\xe9", "a\xe9 B\xe9", "a\xc9 d\xe9"),
        ("[Z-a]", "Z [ a", "z A b"),
    ],
)
def test_globs_in_any_case(glob: str, fits: str, fits_not: str) -> None:
    compiled = compile_glob(glob, any_case=True)
    assert [text for text in fits.split(" ") if not compiled(text)] == []
    assert [text for text in fits_not.split(" ") if compiled(text)] == []


def test_a_glob_has_a_part_in_what_a_request_may_cost() -> None:
    WORK.state = NEW
    try:
        glob, text = f"*{'a' * 4000}b", "a" * 8000
        given = compile_given(glob)
        assert not given(text)
        assert given_up_line() is not None
        assert compile_given("*ab")("x" * 8000 + "ab")
        assert not compile_given("?" * 8000)("x" * 8000)
    finally:
        WORK.state = OVER
    assert compile_glob(glob)(f"{text}b")


def test_a_short_glob_costs_nothing() -> None:
    WORK.state = NEW
    try:
        for _ in range(10_000):
            assert compile_given("*.example.com")("www.example.com")
        assert WORK.count(MOST_COUNTED)
    finally:
        WORK.state = OVER
