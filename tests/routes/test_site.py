"""Which vhost of an address is meant by a name: the first that is called so, in whatever way."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.routes.compiling import compile_site
from httpdlite.routes.site import Site, Vhost
from tests.conf.reading import read


def site_of(*vhosts: str, address: str = "*:80") -> Site:
    text = "".join(f"<VirtualHost {address}>\n{lines}\n</VirtualHost>\n" for lines in vhosts)
    reading = read(text)
    assert reading.config is not None, [found.message for found in reading.diagnostics]
    return compile_site(reading.config)


def chosen(site: Site, name: str) -> int:
    """The number of the vhost that is chosen."""
    vhosts = list(site.by_port[80].vhosts)
    return vhosts.index(site.by_port[80].select(name))


FOUR = (
    "ServerName a.test\nServerAlias *.w.test",
    "ServerName b.test\nServerAlias c?.test x*y.test *.deep.w.test",
    "ServerName a.test\nServerAlias plain.w.test c1.test *",
    "ServerName b.w.test",
)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("a.test", 0),
        ("b.test", 1),
        ("plain.w.test", 0),  # *.w.test of an earlier one counts before the name of a later one
        ("x.deep.w.test", 0),
        (".w.test", 0),
        ("w.test", 2),
        ("c1.test", 1),
        ("c12.test", 2),
        ("x.any.y.test", 1),
        ("b.w.test", 0),
        ("", 2),
    ],
)
def test_the_first_that_is_called_so(name: str, number: int) -> None:
    site = site_of(*FOUR)
    assert chosen(site, name) == number
    assert site.by_port[80].has_name(name)


def test_a_name_that_nobody_has() -> None:
    site = site_of(*FOUR[:2])
    assert chosen(site, "other.test") == 0
    assert not site.by_port[80].has_name("other.test")


@pytest.mark.parametrize(
    ("main", "address", "lines", "port"),
    [
        ("ServerName m.test", "*:8443", "", 8443),
        ("ServerName m.test:82", "*:8443", "ServerAlias n.test", 8443),
        ("ServerName m.test", "127.0.0.9:99 127.0.0.1:8443", "", 99),
        ("ServerName m.test:82", "*:*", "", 82),
        ("ServerName m.test:82", "* 127.0.0.1:8443", "", 82),
        ("ServerName m.test", "*", "", None),
        ("ServerName m.test:82", "*:8443", "ServerName x.test", None),
        ("ServerName m.test:82", "*:8443", "ServerName x.test:81", 81),
    ],
)
def test_the_port_of_a_vhost_s_own_name(
    main: str, address: str, lines: str, port: int | None
) -> None:
    reading = read(f"{main}\n<VirtualHost {address}>\n{lines}\n</VirtualHost>\n")
    assert reading.config is not None
    site = compile_site(reading.config)
    assert [vhost.port for key, vhost in site.vhosts.items() if key != "main"] == [port]


def test_the_address_as_a_name() -> None:
    text = "".join(
        f"<VirtualHost {address}:80 *:80>\nServerName n{address}\n</VirtualHost>\n"
        for address in ("127.0.0.1", "127.0.0.2")
    )
    config = read(text).config
    assert config is not None
    site = compile_site(config)
    assert chosen(site, "127.0.0.2") == 1
    assert not site.by_port[80].has_name("127.0.0.2")
    assert site.vhost_set("127.0.0.2", 80).select("x").server_name == "n127.0.0.2"
    assert site.vhost_set("127.0.0.2", 81) is site.main_set


LABELS = st.sampled_from(["a", "b", "ab", "www"])
NAMES = st.lists(LABELS, min_size=1, max_size=3).map(".".join)
ALIASES = st.lists(st.sampled_from(["a", "b", ".", "*", "?"]), min_size=1, max_size=5).map("".join)


def is_called(vhost: Vhost, name: str) -> bool:
    """One name after the other, as it is meant."""
    patterns = (re.escape(p).replace(r"\*", ".*").replace(r"\?", ".") for p in vhost.patterns)
    return name in vhost.names or any(re.fullmatch(p, name) for p in patterns)


@given(st.lists(st.tuples(NAMES, st.lists(ALIASES, max_size=3)), min_size=2, max_size=5), NAMES)
def test_the_index_against_a_search(names: list[tuple[str, list[str]]], wanted: str) -> None:
    site = site_of(*(f"ServerName {name}\nServerAlias {' '.join(['z', *a])}" for name, a in names))
    vhosts = site.by_port[80].vhosts
    searched = [number for number, vhost in enumerate(vhosts) if is_called(vhost, wanted)]
    assert chosen(site, wanted) == (searched or [0])[0]
    assert site.by_port[80].has_name(wanted) == bool(searched)


def test_many_stars_in_an_alias_cost_no_more_than_one() -> None:
    site = site_of("ServerName a.test", "ServerName b.test\nServerAlias *a*a*a*a*a*a*b")
    assert chosen(site, "a" * 8000) == 0
    assert chosen(site, "a" * 8000 + "b") == 1
