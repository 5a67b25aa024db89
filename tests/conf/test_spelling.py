"""What was meant by a misspelled name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf.call import DIRECTORY, SERVER
from httpdlite.conf.directives import registry
from httpdlite.conf.spelling import closest, did_you_mean, distance, known_name


@pytest.mark.parametrize(
    "written,meant",
    [
        ("ProxyPassReverze", "ProxyPassReverse"),
        ("ProxyPas", "ProxyPass"),
        ("proxypas", "ProxyPass"),
        ("ServerAlais", "ServerAlias"),
        ("SSLCertificate", "SSLCertificateFile"),
        ("Lisen", "Listen"),
        ("RewriteRules", "RewriteRule"),
        ("proxy_pass", "ProxyPass"),
        ("server_name", "ServerName"),
        ("<VirtualHos", "<VirtualHost"),
        ("VirtualHost", "<VirtualHost"),
        ("<Diretory", "<Directory"),
        ("Location", "<Location"),
    ],
)
def test_names_are_guessed(written: str, meant: str) -> None:
    assert registry().guess(written) == meant


@pytest.mark.parametrize("written", ["Foo", "xyzzyplugh", "a", "", "/", "Ж", "SSL", "\udcff"])
def test_a_far_fetched_guess_is_none(written: str) -> None:
    assert registry().guess(written) is None


def test_among_equals_the_one_that_may_stand_here_is_meant() -> None:
    names = [known_name(name) for name in ("AuthName", "AuthNamf")]
    assert closest("AuthNam", names, rank=lambda name: name != "AuthNamf") == "AuthNamf"
    assert closest("AuthNam", names) == "AuthName"
    # Satisfy is for sections; nothing else comes as close, wherever it stands.
    assert registry().guess("Requir", SERVER) == registry().guess("Requir", DIRECTORY) == "Require"


def test_values_are_guessed() -> None:
    assert did_you_mean("ful", ["off", "on", "full", "block"]) == "did you mean full?"
    assert did_you_mean("full", ["full"]) is None
    assert did_you_mean("nothing", ["off", "on"]) is None


@pytest.mark.parametrize(
    "one,other,edits",
    [("", "", 0), ("ab", "ba", 1), ("abc", "ab", 1), ("ab", "abc", 1), ("abcd", "badc", 2)],
)
def test_edits(one: str, other: str, edits: int) -> None:
    assert distance(one, other, 3) == edits


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_the_distance_is_the_same_both_ways_and_bounded(one: str, other: str) -> None:
    edits = distance(one, other, 8)
    assert edits == distance(other, one, 8)
    assert edits is not None
    assert (edits == 0) == (one == other)
    assert abs(len(one) - len(other)) <= edits <= max(len(one), len(other))
    assert distance(one, other, edits) == edits
    assert edits == 0 or distance(one, other, edits - 1) is None
