"""Numbers as C reads them, addresses and URLs as APR does."""

import pytest

from httpdlite.conf.addresses import AddressError, HostPort, parse_host_port
from httpdlite.conf.numbers import atof, atoi, atol, duration
from httpdlite.conf.uri import UriError, parse_uri


@pytest.mark.parametrize(
    "text,value",
    [
        ("", 0),
        ("x", 0),
        (" \t12x", 12),
        ("+5", 5),
        ("-7s", -7),
        ("99999999999", 99999999999 - 2**32 * 23),
        ("9" * 5000, -1),
        ("٣", 0),
    ],
)
def test_atoi(text: str, value: int) -> None:
    assert atoi(text) == value


def test_atol_ends_at_64_bits() -> None:
    assert atol("9" * 30) == 2**63 - 1
    assert atol("-" + "9" * 30) == -(2**63)


@pytest.mark.parametrize("text,value", [("1.5x", 1.5), (".5", 0.5), ("1e1", 10.0), ("x", 0.0)])
def test_atof(text: str, value: float) -> None:
    assert atof(text) == value


@pytest.mark.parametrize(
    "text,seconds",
    [
        ("5", 5.0),
        ("5s", 5.0),
        ("+5sec", 5.0),
        ("5ms", 0.005),
        ("2mi", 120.0),
        ("1min", 60.0),
        ("1hour", 3600.0),
        ("1m", None),
        ("1M", None),
        ("1MS", None),
        ("5 s", None),
        ("-1", None),
        ("", 0.0),
        ("seconds", 0.0),
        (" s", None),
        ("x", None),
        ("1.5", None),
        ("9" * 20, None),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert duration(text, "s") == seconds


def test_durations_of_trunk() -> None:
    assert duration("5MS", "s", any_case=True) == 0.005
    assert duration("-5", "s", signed=True) == -5.0
    assert duration("5", "ms") == 0.005


@pytest.mark.parametrize(
    "text,expected",
    [
        ("80", HostPort(None, 80)),
        ("a", HostPort("a", 0)),
        ("a:80", HostPort("a", 80)),
        ("a:b:80", HostPort("a:b", 80)),
        ("a:", HostPort("a:", 0)),
        ("[::1]:80", HostPort("::1", 80)),
        ("[fe80::1%lo]", HostPort("fe80::1", 0, "lo")),
        ("*:abc", HostPort("*:abc", 0)),
    ],
)
def test_addresses(text: str, expected: HostPort) -> None:
    assert parse_host_port(text) == expected


@pytest.mark.parametrize(
    "text", ["", "0", "70000", "a:0", "a:70000", ":80", "[::1", "[::1]x:80", "[a]", "[::1%]:80"]
)
def test_wrong_addresses(text: str) -> None:
    with pytest.raises(AddressError):
        parse_host_port(text)


def test_urls() -> None:
    uri = parse_uri("HTTP://u:p@[::1]:80/a?b#c")
    assert (uri.scheme, uri.user, uri.host, uri.port) == ("HTTP", "u:p", "::1", 80)
    assert (uri.path, uri.query, uri.fragment) == ("/a", "b", "c")
    assert parse_uri("//b/x").host == "b"
    assert parse_uri("///b/x").host is None
    assert parse_uri("unix:/x").path == "/x"
    assert parse_uri("http:b").host is None


@pytest.mark.parametrize("text", ["http://b:x", "http://[::1", ":x", "1a:b", "a b:c"])
def test_wrong_urls(text: str) -> None:
    with pytest.raises(UriError):
        parse_uri(text)
