"""<Proxy>, <ProxyMatch> and ProxySet: which URLs they cover, what workers get of them."""

import pytest

from httpdlite.conf.directives.worker_parameters import WorkerParameters
from httpdlite.routes.compiling import compile_site
from httpdlite.routes.proxysections import NO_PROXY_SECTIONS
from httpdlite.routes.site import Site
from httpdlite.routes.worker import Worker, blocked_by, status_letters
from tests.conf.reading import read

SECTIONS = """
<Proxy http://w/a*>
SetEnv P 0
</Proxy>
<Proxy "http://w/A">
SetEnv P 1
</Proxy>
<Proxy proxy:http://w/c>
SetEnv P 2
</Proxy>
<ProxyMatch "/d$">
SetEnv P 3
</ProxyMatch>
<Proxy HTTP://w/e>
SetEnv P 4
</Proxy>
<Proxy *>
SetEnv P 5
</Proxy>
<Proxy http://w/only timeout=3>
ProxySet retry=1
</Proxy>
"""


def site_of(text: str) -> Site:
    config = read(f"Listen 80\n{text}").config
    assert config is not None
    return compile_site(config)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://w/a/b", (0, 5)),
        ("http://w/Ax", (1, 5)),
        ("http://w/c", (2, 5)),
        ("http://w/d", (3, 5)),
        ("http://w/e", (5,)),
        ("HTTP://w/e", (4, 5)),
        ("http://w/only", (5,)),  # without settings it only makes a worker
    ],
)
def test_urls_are_compared_as_they_are_written(url: str, expected: tuple[int, ...]) -> None:
    assert site_of(SECTIONS).main.table.proxy_sections.matching(url) == expected


def test_later_sections_count_over_earlier_ones() -> None:
    sections = site_of(SECTIONS).main.table.proxy_sections
    assert sections.merged((0, 5)) == sections.sections[5][1]
    assert sections.merged((5, 0)) == sections.sections[0][1]
    assert site_of("ProxyPass / http://w/").main.table.proxy_sections is NO_PROXY_SECTIONS


def test_a_vhost_has_the_main_server_s_sections_first() -> None:
    text = "<VirtualHost *:80>\n<Proxy http://v/>\nSetEnv P v\n</Proxy>\n</VirtualHost>"
    site = site_of(SECTIONS + text)
    (vhost,) = [one for key, one in site.vhosts.items() if key != "main"]
    assert vhost.table.proxy_sections.matching("http://v/x") == (5, 6)


def parameters_of(text: str, url: str) -> WorkerParameters:
    found = [worker for worker in site_of(text).main.table.workers if worker.url == url]
    assert len(found) == 1, found
    return found[0].parameters


def test_a_proxy_section_makes_a_worker() -> None:
    parameters = parameters_of(SECTIONS, "http://w/only")
    assert (parameters.timeout, parameters.retry) == (3, 1)


def test_a_proxyset_changes_what_was_given_before() -> None:
    text = (
        "ProxyPass /p/ http://w/ timeout=5 retry=0\nProxySet http://w/ timeout=6 ping=1\n"
        "<Proxy http://w/>\nProxySet max=3\n</Proxy>"
    )
    parameters = parameters_of(text, "http://w/")
    assert (parameters.timeout, parameters.retry) == (6, 0)
    assert (parameters.ping, parameters.max) == (1.0, 3)


def test_a_rule_shares_the_worker_of_a_section_before_it() -> None:
    site = site_of("<Proxy http://w/ timeout=5>\n</Proxy>\nProxyPass /p/ http://w/a timeout=6")
    (worker,) = site.main.table.workers
    assert (worker.url, worker.parameters.timeout) == ("http://w/", 5)


@pytest.mark.parametrize(
    ("status", "letters", "is_disabled"),
    [
        ("", "", False),
        ("D", "D", True),
        ("+s", "S", True),
        ("D+I", "DI", True),
        ("+D-D", "", False),
        ("H", "H", False),
        ("E", "E", False),
        ("C", "C", True),
        ("u", "U", True),
        ("-DS+R", "R", False),
    ],
)
def test_status(status: str, letters: str, is_disabled: bool) -> None:
    assert status_letters(status) == frozenset(letters)
    assert Worker("http://w/", WorkerParameters(status=status)).is_disabled is is_disabled


def test_what_proxyblock_forbids() -> None:
    blocked = site_of("ProxyBlock ocal b.test").main.table.settings.blocked
    assert blocked_by(blocked, "localhost", ()) == (
        "AH00916",
        "connect to remote machine localhost blocked: name ocal matched",
    )
    assert blocked_by(blocked, "10.0.0.3", ["10.0.0.3"]) == (
        "AH00917",
        "connect to remote machine 10.0.0.3 blocked: IP 10.0.0.3 matched",
    )
    assert blocked_by(blocked, "LOCALHOST", ["127.0.0.1"]) is None
    everything = site_of("ProxyBlock *").main.table.settings.blocked
    assert blocked_by(everything, "x", ()) is not None
