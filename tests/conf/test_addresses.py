"""Addresses: which words APR takes for a network."""

import pytest

from httpdlite.conf.addresses import is_network


@pytest.mark.parametrize("text", "10 10. 10.1 1.2.3.4/8 1.2.3.4/255.0.0.0 ::1/128 1:2::".split())
def test_networks(text: str) -> None:
    assert is_network(text)


@pytest.mark.parametrize("text", ["", "10/8", "256.", "1.2.3.4/0", "::/0", "::ffff:1.2.3.4", "a"])
def test_not_networks(text: str) -> None:
    assert not is_network(text)
