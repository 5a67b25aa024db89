"""A Site compiled in steps, out of a publication, is the Site of the configuration."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from httpdlite.conf.rows import Directive
from httpdlite.conf.scope import Scope
from httpdlite.conf.tree import Config
from httpdlite.routes import aliases, variables
from httpdlite.routes.access import passwords
from httpdlite.routes.changes import has_worker
from httpdlite.routes.compiling import (
    APART,
    compile_in_steps,
    compile_site,
    release_in_steps,
)
from httpdlite.routes.decide import decide
from httpdlite.routes.publication import Publication, publish
from httpdlite.routes.regex import Regex, compile_regex
from httpdlite.routes.rewriting import conditions, rules
from httpdlite.routes.route import Route
from httpdlite.routes.settings import read_settings
from httpdlite.routes.site import Site
from tests.conf.corpus import FILES
from tests.conf.published import judged_snippets, read_snippet
from tests.conf.reading import read
from tests.conf.surroundings import read_sample, samples
from tests.peers.behaviour.language import Configuration
from tests.peers.behaviour.tables import ALONE, FAMILIES
from tests.routes.compared import decisions, site_parts

SHARED = """
ServerName main.test
Listen 80
Timeout 30
LogFormat "%h %r" short
CustomLog logs/main.log short
ProxyPass /main http://main.test/main
ProxyPass /deep/ http://v1.test/
ProxyPass /out !
<Location /section>
  ProxyPass http://main.test/section
</Location>
<Location /none>
  ProxyPreserveHost On
</Location>
"""

VHOSTS = """
<VirtualHost *:80>
  ServerName v1.test
  ServerAlias *.v1.test www.v1.test w?.test
  ProxyPass /deep/er http://v1.test/er timeout=3
  ProxyPass / http://v1.test/a/ max=5
  ProxyPassReverse / http://v1.test/a/
  <Location /section/own>
    ProxyPass http://own.test/
  </Location>
</VirtualHost>
<VirtualHost *:80>
  ServerName v2.test
  CustomLog logs/v2.log "%h %r"
  CustomLog logs/v2b.log short
</VirtualHost>
<VirtualHost 127.0.0.1:81 *:80>
  Timeout 5
  AllowEncodedSlashes On
  <Proxy http://main.test/main>
    ProxyPreserveHost On
  </Proxy>
</VirtualHost>
<VirtualHost 127.0.0.1:81 *:80>
  Timeout 5
  ProxyPassMatch ^/(.*)\\.x$ http://x.test/$1
</VirtualHost>
"""


def config_of(text: str) -> Config:
    reading = read(text)
    assert reading.config is not None, [found.message for found in reading.diagnostics]
    return reading.config


def published(config: Config) -> Publication:
    return Publication(b"".join(publish(config, "own.test")))


def in_steps(config: Config, before: Site | None = None) -> tuple[Site, int]:
    """The Site, and how many steps it took."""
    steps, count = compile_in_steps(published(config), before), 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value, count
        count += 1


def vhost_texts() -> Iterator[str]:
    """The tables of behaviour, each in the main server and in a vhost."""
    tables: tuple[Configuration, ...] = (*(t for f in FAMILIES.values() for t in f), *ALONE)
    for text in dict.fromkeys(table.text for table in tables):
        plain = re.sub(r"\b(WORKER|DEAD|MUTE)\b", "worker.test:8080", text)
        plain = re.sub(r"\bPORT\b", "80", re.sub(r"\b(UNIX|ROOT)\b", "/root/inc", plain))
        yield plain
        if "<VirtualHost" not in plain and "Listen" not in plain:
            yield f"{SHARED}<VirtualHost *:80>\n{plain}\n</VirtualHost>\n"


@cache
def ours() -> list[Config]:
    """Configurations of this project's tests that can be served."""
    own: list[str | bytes] = [file.read_bytes() for file in FILES]
    texts = [SHARED, SHARED + VHOSTS, VHOSTS, *vhost_texts(), *own]
    configs = (read(text).config for text in texts)
    return [config for config in configs if config is not None]


@cache
def others() -> list[Config]:
    """Configurations of others that can be served, read where they lie."""
    readings = (
        *(read_sample(sample) for sample in samples()),
        *(read_snippet(snippet) for snippet in judged_snippets()),
    )
    return [reading.config for reading in readings if reading.config is not None]


def check_equal(configs: list[Config]) -> None:
    for config in configs:
        expected = compile_site(config, "own.test")
        site, steps = in_steps(config)
        assert steps > len(config.vhosts)
        assert site_parts(site) == site_parts(expected), config.file
        assert list(decisions(site)) == list(decisions(expected)), config.file


def test_our_configurations() -> None:
    assert len(ours()) > 150
    check_equal(ours())


@pytest.mark.skipif(not samples(), reason="the corpus of configurations is not beside the checkout")
def test_configurations_of_others() -> None:
    assert len(others()) > 100
    check_equal(others())


# --- what is shared, and what must not be ---------------------------------------------------------


class Refusing(Scope):
    """A scope that must not be asked for some rows."""

    def _check(self, row: Directive[object]) -> None:
        assert row not in APART, row.name

    def __getitem__(self, row: Directive[object]) -> object:  # type: ignore[override]
        self._check(row)
        return super().__getitem__(row)

    def get(self, row: Directive[object], default: object = None) -> object:  # type: ignore[override]
        self._check(row)
        return super().get(row, default)

    def __contains__(self, row: object) -> bool:
        assert row not in APART
        return super().__contains__(row)


def test_settings_do_not_depend_on_what_vhosts_may_differ_in() -> None:
    for config in ours():
        for server in (config.main, *config.vhosts):
            assert read_settings(Refusing(dict(server.scope.items()))) == read_settings(
                server.scope
            )


def test_vhosts_that_say_the_same_share_their_settings() -> None:
    site = compile_site(config_of(SHARED + VHOSTS))
    main, one, two, three, four = (vhost.table.settings for vhost in site.vhosts.values())
    assert one is two
    assert three is not four
    assert (one.timeout, three.timeout, four.timeout) == (30.0, 5.0, 5.0)
    assert (main.encoded_slashes, three.encoded_slashes, four.encoded_slashes) == (
        "off",
        "on",
        "off",
    )


def test_formats_of_the_same_text_share_their_function() -> None:
    site = compile_site(config_of(SHARED + VHOSTS))
    main, one, two, *_ = (vhost.access_logs for vhost in site.vhosts.values())
    assert one is main
    assert [log.file for log in two] == ["/root/logs/v2.log", "/root/logs/v2b.log"]
    assert {log.format for log in two} == {main[0].format}


def test_a_worker_of_a_vhost_takes_its_part_in_rules_of_the_main_server() -> None:
    site = compile_site(config_of(SHARED + VHOSTS))
    shared, one, two, *_ = (vhost.table for vhost in site.vhosts.values())
    assert [rule.worker is not None for rule in shared.rules] == [True, True, False]
    assert two.rules[:3] == shared.rules
    assert [a is b for a, b in zip(one.rules, shared.rules, strict=False)] == [True, False, True]
    assert one.rules[1].worker is None  # http://v1.test/er and http://v1.test/a/ may serve it, too

    def worker(host: str, target: str) -> tuple[str, str]:
        found = decide(
            site,
            method=b"GET",
            target=target.encode(),
            minor=1,
            host=host.encode(),
            upgrade=None,
            local_ip="127.0.0.1",
            local_port=80,
        ).route
        assert isinstance(found, Route)
        return found.worker.url, found.worker.owner

    assert worker("v1.test", "/deep/er/x") == ("http://v1.test/er", "*:80 v1.test")
    assert worker("v1.test", "/deep/other") == ("http://v1.test/", "main")
    assert worker("v2.test", "/deep/er/x") == ("http://v1.test/", "main")


def test_workers_are_defined_in_the_order_of_the_lines() -> None:
    """An earlier worker serves a later one's URL, also where a macro or an Include brings them."""
    text = (
        "<Macro late>\nProxyPass /m http://w.test/m/longer\n</Macro>\n"
        "ProxyPass /a http://w.test/m\n"
        "<Location /b>\nProxyPass http://b.test/b\n</Location>\n"
        "Use late\n"
        "Include inc/*.conf\n"
    )
    files = {
        "inc/a.conf": "\n\n\nProxyPass /1 http://i.test/1\n",
        "inc/b.conf": "ProxyPass /2 http://i.test/1/2\n",
    }
    config = read(text, files).config
    assert config is not None
    urls = [worker.url for worker in compile_site(config).main.table.workers]
    assert urls == ["http://w.test/m", "http://b.test/b", "http://i.test/1"]


# --- keys -----------------------------------------------------------------------------------------


def keys_of(text: str) -> list[str]:
    return list(compile_site(config_of(text)).vhosts)


def test_keys_of_vhosts() -> None:
    named = "<VirtualHost *:80>\nServerName {}\n</VirtualHost>\n"
    nameless = "<VirtualHost 127.0.0.1 [::1]:81>\n</VirtualHost>\n"
    assert keys_of(named.format("a.test") + nameless + nameless + nameless) == [
        "main",
        "*:80 a.test",
        "127.0.0.1 [::1]:81",
        "127.0.0.1 [::1]:81 #2",
        "127.0.0.1 [::1]:81 #3",
    ]
    before = keys_of(named.format("b.test") + nameless)
    assert (
        before
        == keys_of(named.format("new.test") + named.format("b.test") + nameless)[:1] + before[1:]
    )


# --- from one Site to the next --------------------------------------------------------------------


def test_workers_that_are_the_same_stay_the_same_objects() -> None:
    before = compile_site(config_of(SHARED + VHOSTS))
    text = "\n\n" + SHARED + VHOSTS.replace("timeout=3", "timeout=4")
    site, _ = in_steps(config_of(text), before)
    for key, vhost in site.vhosts.items():
        for worker, old in zip(vhost.table.workers, before.vhosts[key].table.workers, strict=True):
            assert (worker is old) == (worker.url != "http://v1.test/er"), worker.url
            assert has_worker(site, worker)
            assert has_worker(site, old) == (worker is old)
    rules = [rule.worker for rule in site.main.table.rules if rule.worker is not None]
    assert all(worker in before.main.table.workers for worker in rules)


def test_a_worker_of_another_vhost_is_another() -> None:
    vhost = "<VirtualHost *:80>\nServerName {}\nProxyPass / http://w.test/\n</VirtualHost>\n"
    before = compile_site(config_of(vhost.format("a.test")))
    site, _ = in_steps(config_of(vhost.format("b.test")), before)
    (old,) = before.vhosts["*:80 a.test"].table.workers
    (new,) = site.vhosts["*:80 b.test"].table.workers
    assert new is not old
    assert (old.owner, new.owner) == ("*:80 a.test", "*:80 b.test")


def test_a_released_site_leaves_its_vhosts_whole() -> None:
    site = compile_site(config_of(SHARED + VHOSTS))
    vhost = site.vhosts["*:80 v1.test"]
    assert len(list(release_in_steps(site))) >= 5
    assert not site.vhosts
    assert vhost.table.rules


def test_no_step_grows_with_the_number_of_rules() -> None:
    """Steps are counted, since their time depends on the machine."""
    rules = "".join(f"ProxyPass /{n} http://w{n}.test/\n" for n in range(50))
    sections = "".join(
        f"<Location /s{n}>\nProxyPass http://s{n}.test/\n</Location>\n" for n in range(50)
    )
    vhost = f"<VirtualHost *:80>\n{rules}</VirtualHost>\n"
    _, few = in_steps(config_of(SHARED))
    assert in_steps(config_of(SHARED + rules))[1] >= few + 100  # a worker, a rule
    assert in_steps(config_of(SHARED + sections))[1] >= few + 100
    assert in_steps(config_of(SHARED + vhost))[1] >= few + 100


LINES_OF_MODULES = {
    "RewriteRule": "RewriteRule ^/{key}{n}$ http://b.test/ [P]\n",
    "RewriteCond": "RewriteCond %{{HTTP:X}} ^{key}{n}\nRewriteRule ^/{key} /b [PT]\n",
    "SetEnvIf": "SetEnvIf X ^{key}{n} a=b\n",
    "RedirectMatch": "RedirectMatch ^/{key}{n} http://b.test/\n",
}


@pytest.mark.parametrize("name", LINES_OF_MODULES)
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "<VirtualHost *:80>\n{}</VirtualHost>\n",
        "<VirtualHost *:80>\n<Location />\n{}</Location>\n</VirtualHost>\n",
    ],
)
def test_no_step_compiles_more_than_a_line(
    name: str, around: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Regular expressions are what takes long; a RewriteRule has one more for its condition."""
    made = 0

    def counted(pattern: str, **more: Any) -> Regex:
        nonlocal made
        made += 1
        return compile_regex(pattern, **more)

    for module in (conditions, rules, variables, aliases):
        monkeypatch.setattr(module, "compile_regex", counted)
    key = f"{name}{around.count('<')}".lower()  # none that was compiled before
    lines = "".join(LINES_OF_MODULES[name].format(key=key, n=n) for n in range(50))
    text = SHARED + around.format(f"RewriteEngine On\n{lines}")
    steps, most, before = compile_in_steps(published(config_of(text))), 0, 0
    for _ in steps:
        most, before = max(most, made - before), made
    assert made - before == 0
    assert made >= 50
    assert 1 <= most <= 2


@pytest.mark.parametrize(
    ("text", "loads"),
    [
        ("<Location /in>\nAuthUserFile users\n</Location>\n", True),
        (
            "<VirtualHost *>\n<Directory /d>\nAuthUserFile users\n</Directory>\n</VirtualHost>\n",
            True,
        ),
        ("<Location /in>\nRequire ip 192.0.2.1\n</Location>\n", False),
    ],
)
def test_libraries_for_passwords_are_loaded_before_requests_come(
    text: str, *, loads: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []
    monkeypatch.setattr(passwords, "load", lambda: loaded.append(1))
    in_steps(config_of(text))
    assert bool(loaded) is loads
