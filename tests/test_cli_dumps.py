"""-S, -M and -D DUMP_…: beside httpd's own words for the configurations of others, and by hand.

`../shared/corpus/configs/DUMPS.txt` has what httpd 2.4.71 printed for -D DUMP_CONFIG of every
accepted sample; it is read where it lies.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import pytest

from httpdlite.cli import dumps
from httpdlite.diagnostics import ENCODING
from tests.conf.reading import CONF, read
from tests.conf.surroundings import CONFIGS, HERE, WRAPPER, Sample, judged_samples, read_sample

DUMPS: Final = CONFIGS / "DUMPS.txt"
THEIR_WRAPPER: Final = "wrap.conf"

ONLY_HERE: Final = ("RPAFproxy_ips 192.168.100.218 10.128.178.192",)
"""In an <IfModule mod_rpaf-2.0.c>, which is true here: older mod_rpaf has that name."""

_NUMBER: Final = re.compile(r" *# *([0-9]+):")


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of the tree with its indentation; `number` is None for the end of a section."""

    file: str
    number: int | None
    text: str


def shown(dump: str) -> Iterator[Shown]:
    """The lines of a dump, but for those of the file around a sample."""
    file, number = THEIR_WRAPPER, None
    for line in dump.split("\n"):
        if line.startswith("# In file: "):
            file = line.removeprefix("# In file: ").removeprefix(".")
        elif found := _NUMBER.fullmatch(line):
            number = int(found[1])
        else:
            if file != THEIR_WRAPPER and line and line not in ONLY_HERE:
                yield Shown(file, number, line)
            number = None


@cache
def their_dumps() -> dict[str, str]:
    """httpd's dump of every accepted sample, by its path."""
    if not DUMPS.exists():
        return {}
    blocks = DUMPS.read_text("utf-8").split("=== ")[1:]
    heads = (block.partition("\n") for block in blocks)
    return {path: dump for path, _, dump in heads}


ACCEPTED: Final = [sample for sample in judged_samples() if sample.path in their_dumps()]


@pytest.mark.skipif(not ACCEPTED, reason="the corpus of configurations is not beside the checkout")
@pytest.mark.parametrize("sample", ACCEPTED, ids=lambda sample: sample.path)
def test_the_tree_of_a_configuration_of_others(sample: Sample) -> None:
    ours = dumps.config_tree(read_sample(sample).nodes)
    ours = ours.replace(f"{HERE}/", "").replace(WRAPPER, THEIR_WRAPPER)
    ours = ours.encode(*ENCODING).decode("utf-8", "replace")  # as the file was made
    assert list(shown(ours)) == list(shown(their_dumps()[sample.path]))


@pytest.mark.skipif(not ACCEPTED, reason="the corpus of configurations is not beside the checkout")
def test_every_dump_is_compared() -> None:
    assert len(ACCEPTED) == len(their_dumps()) > 200


# --- vhosts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FewNames:
    """A system that knows two names."""

    def name_of(self, address: str) -> str | None:
        return {"127.0.0.1": "localhost"}.get(address)

    def own_name(self) -> str | None:
        return None


def vhosts(text: str, preamble: str = "") -> list[str]:
    """The lines of DUMP_VHOSTS without the head, as they are for vhosts of CONF."""
    reading = read(text, preamble=f"ErrorLog logs/e\n{preamble}")
    head, *lines = dumps.vhosts(reading.tree, FewNames()).replace(CONF, "CONF").splitlines()
    assert head == "VirtualHost configuration:"
    return lines


def vhost(addresses: str, *lines: str) -> str:
    return "\n".join([f"<VirtualHost {addresses}>", *lines, "</VirtualHost>", ""])


def test_exact_addresses_come_in_the_order_of_httpds_table_and_wildcards_last() -> None:
    shown = vhosts(
        vhost("127.0.0.1:80 10.0.0.1:* *:80", "ServerName a")
        + vhost("[::1]:80 [::1]:81 *", "ServerName b")
    )
    assert shown == [
        "[::1]:81               b (CONF:4)",
        "[::1]:80               b (CONF:4)",
        "10.0.0.1:*             a (CONF:1)",
        "127.0.0.1:80           a (CONF:1)",
        "*:80                   a (CONF:1)",
        "*:*                    b (CONF:4)",
    ]


def test_vhosts_of_one_address_come_in_the_order_of_the_file_with_their_aliases() -> None:
    shown = vhosts(
        vhost("*:80", "ServerName a", "ServerAlias *.c b") + vhost("_default_:80", "ServerName z")
    )
    assert shown == [
        "*:80                   is a NameVirtualHost",
        "         default server a (CONF:1)",
        "         port 80 namevhost a (CONF:1)",
        "                 alias b",
        "                 wild alias *.c",
        "         port 80 namevhost z (CONF:5)",
    ]


def test_vhosts_without_a_name() -> None:
    text = vhost("127.0.0.1:80") + vhost("10.0.0.1:80") + vhost("10.0.0.1:81 *:82")
    assert vhosts(text) == [
        "10.0.0.1:80            bogus_host_without_reverse_dns (CONF:3)",
        "10.0.0.1:81            127.0.0.1 (CONF:5)",
        "127.0.0.1:80           localhost (CONF:1)",
        "*:82                   127.0.0.1 (CONF:5)",
    ]
    assert vhosts(vhost("*:82"), "ServerName m") == ["*:82                   m (CONF:1)"]


def test_the_unspecified_addresses_are_wildcards() -> None:
    text = vhost("0.0.0.0:80", "ServerName a") + vhost("[::]:80", "ServerName b")
    assert vhosts(text)[:2] == [
        "*:80                   is a NameVirtualHost",
        "         default server a (CONF:1)",
    ]


def test_a_default_without_a_port_takes_the_main_servers() -> None:
    text = vhost("_default_", "ServerName a") + vhost("*", "ServerName b")
    assert vhosts(text, "ServerName m:88") == [
        "*:88                   a (CONF:1)",
        "*:*                    b (CONF:4)",
    ]


def test_an_address_given_twice_counts_twice_unless_it_is_a_wildcard() -> None:
    assert vhosts(vhost("*:80 *:80", "ServerName a")) == ["*:80                   a (CONF:1)"]
    assert len(vhosts(vhost("10.0.0.1:80 10.0.0.1:80", "ServerName a"))) == 4


def test_a_vhost_of_a_macro_is_shown_with_its_use() -> None:
    text = "<Macro V $n>\n<VirtualHost *:80>\nServerName $n\n</VirtualHost>\n</Macro>\nUse V a\n"
    place = """macro 'v' (defined on line 1 of "CONF") used on line 6 of "CONF\""""
    assert vhosts(text) == [f"*:80                   a ({place}:1)"]


# --- the tree, the run, the modules ---------------------------------------------------------------


def test_the_tree_names_a_file_where_it_changes_and_an_empty_section_has_no_end() -> None:
    text = (
        "<location /a>\nInclude x.inc\n</location>\n<VirtualHost *>\n</VirtualHost>\n"
        'servername "m" \\\n  # x\n'
    )
    reading = read(text, {"x.inc": "# c\n\nheader set A b\n"}, preamble="")
    assert dumps.config_tree(reading.nodes) == (
        "# In file: /root/httpd.conf\n#   1:\n<Location /a>\n"
        "# In file: /root/x.inc\n  #   3:\n  Header set A b\n"
        "# In file: /root/httpd.conf\n</Location>\n"
        "#   4:\n<VirtualHost *>\n"
        '#   7:\nServerName "m"   # x\n'
    )


@pytest.mark.parametrize(
    "line,shown",
    [
        ("ErrorLog x.log", "/root/x.log"),
        ("ErrorLog /dev/null", "/dev/null"),
        ("ErrorLog |cat", "|cat"),
        ("ErrorLog syslog:local1", "syslog:local1"),
        ("ErrorLog Syslog", "/root/Syslog"),
        ("# ErrorLog", "/dev/stderr"),
    ],
)
def test_the_main_error_log(line: str, shown: str) -> None:
    text = dumps.run_settings(read(line, preamble="ServerName m\n").tree)
    assert f'Main ErrorLog: "{shown}"\n' in text


def test_the_settings_of_the_run() -> None:
    text = "User www-data\nPidFile x.pid\nDefine A 1\nDefine B\nUnDefine C\nDocumentRoot htdocs\n"
    assert dumps.run_settings(read(text, preamble="ErrorLog logs/e\nServerName m\n").tree) == (
        'ServerRoot: "/root"\n'
        'Main DocumentRoot: "/root/htdocs"\n'
        'Main ErrorLog: "/root/logs/e"\n'
        'PidFile: "/root/x.pid"\n'
        "Define: A=1\nDefine: B\n"
        'User: name="www-data" id=33\n'
        'Group: name="#-1" id=4294967295\n'
    )


def test_modules_come_in_the_order_of_their_loading() -> None:
    text = "".join(f"LoadModule {n}_module x\n" for n in ("proxy_http", "headers", "proxy"))
    lines = dumps.loaded_modules(read(text, preamble="")).splitlines()
    assert lines[:2] == ["Loaded Modules:", " core_module (static)"]
    assert lines[-3:] == [
        " proxy_http_module (shared)",
        " headers_module (shared)",
        " proxy_module (shared)",
    ]


def test_patterns_and_what_searches_with_them() -> None:
    text = (
        "RewriteRule ^/(.*)$ -\nRewriteRule (a)\\1 -\n<LocationMatch ^/(a+)+$>\n</LocationMatch>\n"
        "<If \"%{HTTP_HOST} =~ m#^w#i && true || 'a' !~ /x\\Ky/\">\n"
        'Header edit X "b" "c" "expr=%{QUERY_STRING} =~ /q/"\n</If>\n'
        'RewriteCond expr "%{HTTP_HOST} =~ /z/"\nRewriteRule ^- -\n'
    )
    loads = "".join(f"LoadModule {n}_module x\n" for n in ("rewrite", "headers"))
    reading = read(text, preamble=loads)
    found = dumps.wanted(reading, ["DUMP_PATTERNS"], FewNames()).splitlines()
    assert found[0] == "Regular expressions:"
    places = [line.partition(": ") for line in found[1::2]]
    assert [place for place, _, _ in places] == [
        f"/root/httpd.conf:{number}" for number in (1, 2, 3, 5, 5, 6, 6, 8, 9)
    ]
    assert [shown for _, _, shown in places] == [
        "RewriteRule ^/(.*)$",
        "RewriteRule (a)\\1",
        "<LocationMatch> ^/(a+)+$",
        "<If> ^w",
        "<If> x\\Ky",
        "Header b",
        "Header q",
        "RewriteCond z",
        "RewriteRule ^-",
    ]
    assert found[2] == "    re"
    assert found[4].startswith("    pcre2 (")
    assert found[6] == "    re for up to 11 characters, then pcre2 (exponential)"


def test_patterns_that_are_refused_are_not_shown() -> None:
    reading = read("<LocationMatch ^/(>\n</LocationMatch>\n", preamble="")
    assert dumps.wanted(reading, ["DUMP_PATTERNS"], FewNames()) == "Regular expressions:\n"


def test_what_is_wanted_comes_in_httpds_order() -> None:
    reading = read("ServerName a\n", preamble="")
    names = ["X", "DUMP_MODULES", "DUMP_INCLUDES"]
    text = dumps.wanted(reading, names, FewNames())
    assert text.index("Included configuration files:") < text.index("Loaded Modules:")
    assert dumps.wanted(reading, ["X"], FewNames()) == ""
