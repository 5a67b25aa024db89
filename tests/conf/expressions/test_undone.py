"""What expressions may say that nothing here can answer."""

import pytest

from httpdlite.conf.expressions.parser import parse_condition
from httpdlite.conf.expressions.undone import find_undone

MODULES = {"ssl_module", "proxy_hcheck_module"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("true", None),
        ("%{SSL_PROTOCOL} == 'x' && -n env('y') || %{TIME} -gt 5", None),
        ("'x' in {'y', 'z'}", None),
        ("true && ! 'x' in PeerExtList('1.2')", "PeerExtList()"),
        ("hc('body') =~ /x/", "hc()"),
        ("'a%{HC_BODY}b' == 'c'", "%{HC_BODY}"),
        ("!" * 2000 + "('x' in PeerExtList('1'))", "PeerExtList()"),
    ],
)
def test_names(text: str, name: str | None) -> None:
    assert find_undone(parse_condition(text, MODULES)) == name
