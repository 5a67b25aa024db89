"""The migration report: golden texts of three trees, and the same data behind text, JSON and HTML.

A golden file is made anew with HTTPDLITE_WRITE_GOLDEN=1; read it before it is kept.
"""

import json
import os
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

from httpdlite.aid.lines import Outcome
from httpdlite.aid.page import render_page
from httpdlite.aid.report import Readiness, Report, make_report
from httpdlite.aid.text import render_json, render_text, summary
from httpdlite.conf.reader import ConfigSource, DictFiles, Reading, read_config
from tests.conf.reading import FakeNames

TREES: Final = Path(__file__).parent / "trees"
NOW: Final = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
ROOT: Final = "/etc/company"
NAMES: Final = ("notebook", "company", "broken")


def files_of(name: str) -> DictFiles:
    folder = TREES / name
    content = {
        f"{ROOT}/{path.relative_to(folder)}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "report.txt"
    }
    content[f"{ROOT}/certificates/www.key"] = b"no key needed here"
    return DictFiles(content, [f"{ROOT}/logs", "/srv/www", "/srv/files"])


def reading_of(files: DictFiles) -> Reading:
    return read_config(ConfigSource(f"{ROOT}/httpd.conf", ROOT), files, FakeNames())


def report_of(name: str) -> Report:
    files = files_of(name)
    return make_report(reading_of(files), files, NOW)


def report_on(text: str) -> Report:
    files = DictFiles({f"{ROOT}/httpd.conf": text}, [f"{ROOT}/logs"])
    return make_report(reading_of(files), files, NOW)


@pytest.mark.parametrize("name", NAMES)
def test_the_text_of_a_tree_is_its_golden_file(name: str) -> None:
    golden = TREES / name / "report.txt"
    text = render_text(report_of(name))
    if os.environ.get("HTTPDLITE_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_colours_add_nothing_but_colours() -> None:
    report = report_of("company")
    painted = render_text(report, colour=True)
    assert "\x1b[" in painted
    plain = "".join(part.partition("m")[2] for part in f"\x1b[m{painted}".split("\x1b[")[1:])
    assert plain == render_text(report)


@pytest.mark.parametrize("name", NAMES)
def test_no_line_of_a_configuration_is_left_out(name: str) -> None:
    """Every directive and section of the files stands in the report, with its line."""
    report = report_of(name)
    places = {(span.file, span.end_line) for kept in report.directives for span in kept.places}
    skipped = {(b.span.file, b.span.line) for b in report.inventory.branches if not b.taken}
    for path in sorted((TREES / name).rglob("*.conf")):
        file, inside = f"{ROOT}/{path.relative_to(TREES / name)}", False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            word = line.split()[0] if line.split() else "#"
            if word.startswith(("#", "</")):
                inside = inside and not word.startswith(("</If", "</Macro"))
                continue
            assert inside or (file, number) in places, line
            inside = inside or (file, number) in skipped or word == "<Macro"


@pytest.mark.parametrize("name", NAMES)
def test_json_and_page_show_what_the_text_shows(name: str) -> None:
    report = report_of(name)
    data = json.loads(render_json(report))
    assert data["readiness"] == report.readiness.value
    assert len(data["directives"]) == len(report.directives)
    assert data["made"] == "2026-12-01T12:00:00+00:00"
    page = _Page(render_page(report))
    for kept in report.directives:
        assert kept.name in page.text
    for vhost in report.vhosts:
        assert vhost.name in page.text
        for path in vhost.upgrades:
            assert path.worker in page.text


class _Page(HTMLParser):
    """The text of a page; fails on tags that do not close, and on anything from elsewhere."""

    VOID: Final = frozenset({"meta", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "link", "img", "iframe", "a"}
        assert not {"src", "href"} & {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_does_not_trust_the_configuration() -> None:
    page = render_page(report_on('ServerAdmin "<script>alert(1)</script>"\n<Foo "<b>">\n</Foo>'))
    assert "<script>" not in page
    assert "<b>" not in page


# --- verdicts -------------------------------------------------------------------------------------


def test_a_vhost_that_is_proxied_is_ready() -> None:
    report = report_on("Listen 80\n<VirtualHost *:80>\nProxyPass / http://b/\n</VirtualHost>")
    assert [vhost.readiness for vhost in report.vhosts] == [Readiness.READY, Readiness.READY]
    assert report.readiness is Readiness.READY


def test_a_vhost_that_only_has_files_is_not_ready_and_says_why() -> None:
    report = report_of("company")
    (files,) = (vhost for vhost in report.vhosts if vhost.name == "files.company.example")
    assert files.readiness is Readiness.NOT_READY
    assert "Apache serves files from /srv/files" in files.remarks[0]


@pytest.mark.parametrize(
    ("line", "readiness"),
    [
        ("Redirect / https://a.test/", Readiness.READY),
        ("RewriteRule ^/(.*) https://a.test/$1 [R=301,L]", Readiness.READY),
        ("RewriteRule ^/(.*) https://a.test/$1", Readiness.READY),
        ('RewriteRule ^/(.*) "http://b/$1" "[NC, P]"', Readiness.READY),
        ("RewriteRule . /index.php [L]", Readiness.NOT_READY),
        ("RewriteBase /", Readiness.NOT_READY),
        ("SetHandler none", Readiness.NOT_READY),
    ],
)
def test_a_vhost_without_a_worker_is_ready_if_its_rules_answer(
    line: str, readiness: Readiness
) -> None:
    inside = f"<Location />\n{line}\n</Location>" if "Base" in line else line
    report = report_on(f"Listen 80\n<VirtualHost *:80>\nRewriteEngine On\n{inside}\n</VirtualHost>")
    assert report.vhosts[1].readiness is readiness


def test_an_obstacle_of_the_main_server_keeps_every_vhost_from_starting() -> None:
    text = (
        "Listen 80\nWatchdogIntervall 1\n<VirtualHost *:80>\nProxyPass / http://b/\n</VirtualHost>"
    )
    main, vhost = report_on(text).vhosts
    assert (main.readiness, vhost.readiness) == (Readiness.NOT_READY, Readiness.NOT_READY)
    assert vhost.main_obstacles == 1


def test_what_becomes_of_lines_in_a_section_about_files() -> None:
    lines = "Require all granted\nOptions None\nSetOutputFilter INCLUDES\nSSLRequire true"
    report = report_on(f"<Directory /srv>\n{lines}\n</Directory>")
    assert {kept.name: kept.outcome for kept in report.directives} == {
        "<Directory>": Outcome.SAME,
        "Require": Outcome.SAME,
        "Options": Outcome.MOOT,
        "SetOutputFilter": Outcome.MOOT,
        "SSLRequire": Outcome.REFUSED,
    }


@pytest.mark.parametrize(
    "line,outcome",
    [
        ("HostnameLookups Off", Outcome.SAME),
        ('HostnameLookups "off"', Outcome.SAME),
        ("HostnameLookups On", Outcome.DIFFERENT),
        ("Protocols http/1.1", Outcome.SAME),
        ("Protocols h2 http/1.1", Outcome.DIFFERENT),
    ],
)
def test_a_value_with_which_nothing_differs_is_the_same(line: str, outcome: Outcome) -> None:
    assert [kept.outcome for kept in report_on(line).directives] == [outcome]


def test_without_a_listen_line_nothing_is_ready() -> None:
    report = report_on("<VirtualHost *:80>\nProxyPass / http://b/\n</VirtualHost>")
    assert report.readiness is Readiness.NOT_READY
    assert report.vhosts[0].remarks == ("No Listen line counts: a start would fail.",)
    assert report.vhosts[1].main_obstacles == 1


def test_an_error_that_is_of_no_directive_stands_at_the_main_server() -> None:
    report = report_on("Listen 80\n<VirtualHost *:80>\nProxyPass / http://b/\n</VirtualHost")
    message = "</VirtualHost> directive missing closing '>'"
    assert report.vhosts[0].remarks == (f"{message} ({ROOT}/httpd.conf:4)",)
    assert report.vhosts[0].readiness is Readiness.NOT_READY


def test_lines_that_follow_one_another_are_shown_as_a_range() -> None:
    report = report_on("Listen 1\nListen 2\nListen 3\n\nListen 5\n")
    text = render_text(report)
    assert "4 x Listen                       httpd.conf:1-3,5\n" in text


def test_a_line_in_a_waived_section_has_no_effect() -> None:
    text = "Listen 80\n<CBandUser joe>\nProxyPreserveHost On\n</CBandUser>\nProxyPreserveHost Off"
    files = DictFiles({f"{ROOT}/httpd.conf": text}, [])
    source = ConfigSource(f"{ROOT}/httpd.conf", ROOT, waived=("CBandUser",))
    report = make_report(read_config(source, files, FakeNames()), files, NOW)
    kept = {k.places[0].line: k.outcome for k in report.directives}
    assert (kept[2], kept[3], kept[5]) == (Outcome.WAIVED, Outcome.WAIVED, Outcome.SAME)


def test_a_vhost_that_is_ready_says_how_much_is_waived() -> None:
    files = DictFiles({f"{ROOT}/httpd.conf": "Listen 80\nServerPath /a\nServerTokens Prod"}, [])
    source = ConfigSource(f"{ROOT}/httpd.conf", ROOT, waived=("ServerPath",))
    report = make_report(read_config(source, files, FakeNames()), files, NOW)
    assert summary(report.vhosts[0]) == "ready with 1 difference and 1 waived"


def test_a_waived_line_is_a_difference_of_its_own() -> None:
    (kept,) = (k for k in report_of("company").directives if k.name == "ServerPath")
    assert kept.outcome is Outcome.WAIVED


# --- WebSockets -----------------------------------------------------------------------------------


def paths_on(text: str) -> list[tuple[str, float | None, str, str]]:
    (server,) = report_on(text).vhosts
    return [(path.path, path.idle, path.ruled_by, path.problem) for path in server.upgrades]


@pytest.mark.parametrize(
    "lines,idle,ruled_by",
    [
        ("", 60, "Timeout"),
        ("Timeout 300", 300, "Timeout"),
        ("ProxyTimeout 900", 900, "ProxyTimeout"),
        ("ProxyTimeout 10", 60, "Timeout"),
        ("ProxyWebsocketIdleTimeout 500ms", 0.5, "ProxyWebsocketIdleTimeout"),
        ("ProxyWebsocketIdleTimeout 0", None, "ProxyWebsocketIdleTimeout"),
        ("ProxyAsyncIdleTimeout 90", 90, "ProxyAsyncIdleTimeout"),
        ("ProxyAsyncIdleTimeout -1", 60, "Timeout"),
    ],
)
def test_the_time_limit_that_rules_a_tunnel(lines: str, idle: float, ruled_by: str) -> None:
    assert paths_on(f"{lines}\nProxyPass /s ws://b/s") == [("/s", idle, ruled_by, "")]


@pytest.mark.parametrize(
    "lines,idle,ruled_by",
    [("ProxyTimeout 900", 900, "ProxyTimeout"), ("", 60, "Timeout")],
)
def test_the_time_limit_that_rules_a_tunnel_of_a_rule(
    lines: str, idle: float, ruled_by: str
) -> None:
    rule = "RewriteEngine On\nRewriteRule ^/s(.*) ws://b/s$1 [L,P]"
    assert paths_on(f"{lines}\n{rule}") == [("^/s(.*)", idle, ruled_by, "")]


def test_a_rule_that_redirects_to_a_websocket_is_no_path() -> None:
    assert paths_on("RewriteEngine On\nRewriteRule ^/s(.*) ws://b/s$1 [R]") == []


def test_the_worker_has_a_time_limit_of_its_own() -> None:
    (path,) = paths_on("ProxyPass /s ws://b/s timeout=3600")
    assert path == ("/s", 3600, "timeout= of the worker", "")


@pytest.mark.parametrize(
    "rule", ["ProxyPass / http://b/", "ProxyPass /s !", "ProxyPass /s http://b"]
)
def test_a_rule_that_an_earlier_one_hides_is_never_reached(rule: str) -> None:
    ((_, _, _, problem),) = paths_on(f"{rule}\nProxyPass /s/live ws://b/live")
    assert problem.startswith("never reached: ")
    assert problem.endswith(f"at {ROOT}/httpd.conf:1 matches first")


def test_an_earlier_rule_for_another_segment_hides_nothing() -> None:
    ((_, _, _, problem),) = paths_on("ProxyPass /so http://b/\nProxyPass /socket ws://b/")
    assert problem == ""


def test_a_location_is_not_hidden_by_the_list() -> None:
    paths = paths_on("ProxyPass / http://b/\n<Location /s>\nProxyPass ws://b/s\n</Location>")
    assert paths == [("/s", 60, "Timeout", "")]


def test_a_location_with_a_rule_of_its_own_hides_the_list() -> None:
    section = "<Location /s>\nProxyPass http://b/s\n</Location>"
    (found,) = paths_on(f"ProxyPass /s/live ws://b/live\n{section}")
    assert found[3] == f"never reached: <Location /s> at {ROOT}/httpd.conf:2 decides"
    assert paths_on(f"ProxyPass /st ws://b/\n{section}")[0][3] == ""
    assert paths_on("ProxyPass /s ws://b/\n<Location /s>\nProxyVia On\n</Location>")[0][3] == ""


def test_of_two_locations_the_last_one_counts() -> None:
    first = "<Location /s/live>\nProxyPass ws://b/live\n</Location>"
    last = "<Location /s>\nProxyPass http://b/s\n</Location>"
    assert paths_on(f"{first}\n{last}")[0][3].startswith("never reached: <Location /s> ")
    assert paths_on(f"{last}\n{first}")[0][3] == ""


def test_the_host_that_the_worker_gets_is_said_where_it_is_not_the_client_s() -> None:
    (server,) = report_on("ProxyPass /s ws://b:9001/s").vhosts
    assert [path.host for path in server.upgrades] == ["b:9001"]
    (server,) = report_on("ProxyPreserveHost On\nProxyPass /s ws://b:9001/s").vhosts
    assert [path.host for path in server.upgrades] == [""]


def test_a_proxied_path_without_upgrade_is_said_to_have_none() -> None:
    (server,) = report_on("ProxyPass /a http://b/a\nProxyPass /b http://b/b upgrade=NONE").vhosts
    assert [plain.path for plain in server.plain] == ["/a", "/b"]
    assert server.upgrades == ()
