"""mod_rewrite by itself: words, maps, URLs, cookies, whole rules on a request, without apache2."""

import pickle
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf.directives.mod_rewrite import REWRITING
from httpdlite.conf.directives.rewriting import Flags
from httpdlite.conf.patterns.budget import NEW, OVER, WORK
from httpdlite.conf.tree import Config
from httpdlite.proxy.framing import parse_request_head
from httpdlite.proxy.own_name import Client
from httpdlite.routes.compiling import compile_site
from httpdlite.routes.expressions import FileStatus, Outside
from httpdlite.routes.paths import parse_target
from httpdlite.routes.request import Request, Unanswered, Verdict
from httpdlite.routes.rewriting import (
    HANDLER,
    NO_CANON,
    Maps,
    ProgramQuestion,
    compile_directory,
    compile_maps,
    compile_server,
    force_noted,
)
from httpdlite.routes.rewriting.maps import Pairs, by_chance, unescape
from httpdlite.routes.rewriting.urls import (
    below,
    escape_absolute,
    escapes_of,
    has_query,
    replace_prefix,
    scheme_length,
)
from httpdlite.routes.route import Refusal
from tests.calls import counting_calls
from tests.conf.reading import read


class FakeFiles:
    """A disk with a few names."""

    def status(self, path: str, *, follow: bool) -> FileStatus | None:
        kinds = {"/": "directory", "/there": "directory", "/there/file": "file"}
        kind = kinds.get(path)
        return FileStatus(kind, 7, 0o644) if kind is not None else None

    def read(self, path: str, most: int) -> bytes:
        raise FileNotFoundError(path)


@dataclass
class FakeMapFiles:
    """Files of maps that can be changed; counts how often they are read."""

    content: dict[str, bytes]
    stamps: dict[str, int] = field(default_factory=dict)
    reads: int = 0

    def stamp(self, path: str) -> int | None:
        return self.stamps.get(path, 1) if path in self.content else None

    def read(self, path: str) -> bytes:
        self.reads += 1
        return self.content[path]


OUTSIDE = Outside(FakeFiles(), {"PROCESS": "yes"})


def tree(text: str, files: Mapping[str, str | bytes] | None = None) -> Config:
    loads = "LoadModule rewrite_module modules/mod_rewrite.so\n"
    return read(loads + text, files).tree


def request_of(
    config: Config,
    target: str = "/x",
    *fields: str,
    look_up: Callable[[Request, str], Request | None] | None = None,
) -> Request:
    lines = (f"GET {target} HTTP/1.1", "Host: a.test", *fields, "", "")
    head = parse_request_head("\r\n".join(lines).encode("latin-1"))
    parsed = parse_target(head.target, b"GET", encoded_slashes="off", merge_slashes=True)
    assert not isinstance(parsed, int)
    return Request(
        head,
        Client("10.0.0.1", 4000, "10.0.0.2", 80),
        compile_site(config).main,
        parsed.path,
        None if parsed.query is None else parsed.query.decode("latin-1"),
        now=lambda: 0.0,
        look_up=look_up,
    )


def translate(text: str, target: str = "/x", *fields: str) -> tuple[Verdict | Refusal, Request]:
    config = tree(f"RewriteEngine On\n{text}\n")
    request = request_of(config, target, *fields)
    server = compile_server(config.main.scope, outside=OUTSIDE)
    assert server is not None
    return server.translate(request), request


def fixup(text: str, filename: str, target: str = "/x") -> tuple[Verdict | Refusal, Request]:
    config = tree(f"RewriteEngine On\n<Location /a>\n{text}\n</Location>\n")
    request = request_of(config, target)
    request.filename = filename
    directory = compile_directory(config.main.sections[0].scope, config.main.scope, OUTSIDE)
    assert directory is not None
    return directory.fixup(request), request


# --- rules of servers -----------------------------------------------------------------------------


def test_what_goes_to_a_worker() -> None:
    verdict, request = translate("RewriteRule ^/(.*)$ ws://b:1/$1 [P]", "/a%20b?q")
    assert verdict is Verdict.OK
    assert (request.filename, request.query) == ("proxy:ws://b:1/a b", "q")
    assert request.is_proxied
    assert request.handler == "proxy-server"
    assert NO_CANON not in request.notes


def test_what_goes_to_a_worker_as_it_is() -> None:
    _, request = translate("RewriteRule ^/(.*)$ http://b/$1 [P,NE]", "/a%20b?q")
    assert request.filename == "proxy:http://b/a b?q"
    assert request.notes[NO_CANON] == "1"


def test_a_redirect() -> None:
    verdict, request = translate("RewriteRule ^/(.*)$ /y/$1 [R=308]", "/a%20b?q")
    assert verdict == Refusal(308, "", fields=((b"Location", b"http://a.test/y/a%20b?q"),))
    assert request.status == 200


def test_passing_through() -> None:
    verdict, request = translate("RewriteRule ^/x /y [PT]")
    assert verdict is Verdict.DECLINED
    assert request.path == "/y"


@pytest.mark.parametrize(
    ("rule", "status"),
    [("- [F]", 403), ("- [G]", 410), ("/y [R=404]", 404), ("/y [R=503]", 503)],
)
def test_statuses(rule: str, status: int) -> None:
    verdict, _ = translate(f"RewriteRule ^ {rule}")
    assert isinstance(verdict, Refusal)
    assert verdict.status == status


def test_nothing_matches() -> None:
    verdict, request = translate("RewriteRule ^/y /z")
    assert verdict is Verdict.DECLINED
    assert request.filename == "/x"
    assert request.environment["script_uri"] == "http://a.test/x"


def test_a_file() -> None:
    verdict, request = translate("RewriteRule ^/x /there/file")
    assert verdict is Verdict.OK
    assert request.filename == "/there/file"
    _, request = translate("RewriteRule ^/x /elsewhere//file/.")
    assert request.filename == f"{request.document_root}/elsewhere/file/"


def test_end_is_kept_for_later() -> None:
    _, request = translate("RewriteRule ^/x /y [END,PT]\nRewriteRule ^/y - [F]")
    assert not request.rewriting_ended  # PT counts first
    verdict, request = translate("RewriteRule ^/x /y [END]\nRewriteRule ^/y - [F]")
    assert request.rewriting_ended
    assert verdict is Verdict.OK
    assert request.redirected("/z", None).rewriting_ended


def test_an_encoded_question_mark() -> None:
    verdict, request = translate("RewriteRule ^/(.*)$ /y/$1 [R]", "/a%3fb")
    assert isinstance(verdict, Refusal)
    assert verdict.status == 403
    assert [line.code for line in request.lines] == ["AH10508"]


def test_variables_and_cookies() -> None:
    rules = "RewriteRule ^/(.*)$ - [E=A:$1,E=!b,CO=n:v:a.test:10]\nRewriteRule ^ - [E=c,CO=n:w:a]"
    _, request = translate(rules, "/x")
    assert request.environment["a"] == "x"
    assert request.environment["c"] == ""
    [cookie] = request.error_fields
    expected = b"n=v; path=/; domain=a.test; expires=Thu, 01-Jan-1970 00:10:00 GMT"
    assert tuple(cookie) == (b"Set-Cookie", expected)


def test_conditions_say_what_the_answer_varies_by() -> None:
    rules = (
        "RewriteCond %{HTTP:X-A} a [OR]\nRewriteCond %{HTTP:X-B} b\nRewriteCond %{HTTP:X-C} .\n"
        "RewriteRule ^ /y [PT]\n"
    )
    _, request = translate(rules, "/x", "X-A: z", "X-B: b", "X-C: c")
    assert [tuple(each) for each in request.fields] == [(b"Vary", b"X-B, X-C")]


def test_the_environment_of_the_process() -> None:
    _, request = translate("RewriteRule ^ - [E=a:%{ENV:PROCESS}%{ENV:process}]")
    assert request.environment["a"] == "yes"


def test_a_section_switches_rules_off() -> None:
    config = tree(
        "RewriteEngine On\nRewriteRule ^ - [F]\n<Location />\nRewriteEngine Off\n</Location>\n"
    )
    server = compile_server(config.main.scope)
    directory = compile_directory(config.main.sections[0].scope, config.main.scope)
    assert server is not None
    assert directory is not None
    assert server.translate(request_of(config), directory.switches) is Verdict.DECLINED
    assert isinstance(server.translate(request_of(config)), Refusal)


def test_a_vhost_without_a_line_of_its_own() -> None:
    config = tree(
        "RewriteEngine On\nRewriteOptions InheritDown\nRewriteRule ^ - [F]\n"
        "<VirtualHost *:80>\n</VirtualHost>\n"
        "<VirtualHost *:80>\nRewriteOptions AllowAnyURI\n</VirtualHost>\n"
        "<VirtualHost *:80>\nRewriteEngine Off\n</VirtualHost>\n"
    )
    found = [compile_server(vhost.scope, [vhost.own]) for vhost in config.vhosts]
    assert found[0] is None
    assert [len(each.rules) for each in found[1:] if each is not None] == [1, 1]
    assert [each.own.engine for each in found[1:] if each is not None] == [True, False]


def test_a_lookahead() -> None:
    config = tree("RewriteEngine On\nRewriteRule ^ - [E=a:%{LA-U:REMOTE_USER}]\n")
    asked = list[str]()

    def look_up(request: Request, url: str) -> Request:
        asked.append(url)
        found = request.redirected(url, None)
        found.user = "me"
        return found

    request = request_of(config, look_up=look_up)
    server = compile_server(config.main.scope)
    assert server is not None
    server.translate(request)
    assert (asked, request.environment["a"]) == (["/x"], "me")


# --- rules of sections ----------------------------------------------------------------------------


def test_an_internal_redirect() -> None:
    verdict, request = fixup("RewriteRule one$ /b?c", "/nowhere/a/one")
    assert verdict is Verdict.OK
    assert (request.filename, request.query, request.handler) == ("redirect:/b", "c", HANDLER)


def test_no_internal_redirect_to_the_same() -> None:
    verdict, request = fixup("RewriteRule (.*) $1", "/nowhere/a/one")
    assert verdict is Verdict.OK
    assert (request.filename, request.handler) == ("/nowhere/a/one", None)


def test_a_base() -> None:
    _, request = fixup("RewriteBase /c\nRewriteRule one$ two", "/nowhere/a/one")
    assert request.filename == "redirect:/c/two"


def test_a_proxied_request_sees_its_url() -> None:
    config = tree("<Location /a>\nRewriteEngine On\nRewriteRule ^proxy:(.*)y$ $1z\n</Location>\n")
    request = request_of(config)
    request.filename, request.is_proxied = "proxy:http://b/y", True
    directory = compile_directory(config.main.sections[0].scope, config.main.scope)
    assert directory is not None
    verdict = directory.fixup(request)
    assert isinstance(verdict, Refusal)
    assert verdict.fields == ((b"Location", b"http://b/z"),)


def test_a_noted_handler() -> None:
    _, request = fixup("RewriteRule ^ - [H=Some-Handler,T=a/B]", "/nowhere/a/one")
    assert request.handler is None
    force_noted(request)
    assert request.handler == "some-handler"


# --- maps -----------------------------------------------------------------------------------------

MAPS = (
    "RewriteMap m txt:m.txt\nRewriteMap r rnd:m.txt\nRewriteMap p prg:p\nRewriteMap e int:escape\n"
)
FILES = {"m.txt": "one 1|2\n", "p": "#!"}


def maps_of(text: str, files: FakeMapFiles | None = None) -> tuple[Maps, Request]:
    config = tree(text + MAPS, FILES)
    return compile_maps(config.main.scope, files), request_of(config)


def test_a_file_is_read_again_when_it_has_changed() -> None:
    files = FakeMapFiles({"/root/m.txt": b"one 1\n"})
    maps, request = maps_of("", files)
    assert [maps.look_up(request, "m", key, None) for key in ("one", "one", "two")] == [
        "1",
        "1",
        None,
    ]
    assert files.reads == 1
    files.content["/root/m.txt"] = b"one 2\n"
    files.stamps["/root/m.txt"] = 2
    assert maps.look_up(request, "m", "one", None) == "2"


def test_a_file_that_is_gone() -> None:
    files = FakeMapFiles({})
    maps, request = maps_of("", files)
    assert maps.look_up(request, "m", "one", None) is None
    assert [line.code for line in request.lines] == ["AH00661"]


def test_a_choice() -> None:
    files = FakeMapFiles({"/root/m.txt": b"one 1|2|3\n"})
    maps, request = maps_of("", files)
    assert maps.look_up(request, "r", "one", None) in {"1", "2", "3"}
    assert maps.look_up(request, "m", "one", None) == "1|2|3"


def test_chance_is_even() -> None:
    chosen = Counter(by_chance(1_700_000_000 + turn * 0.000_013, 3) for turn in range(30_000))
    assert set(chosen) == {0, 1, 2}
    assert all(9_000 < count < 11_000 for count in chosen.values())


def test_a_program_is_asked() -> None:
    maps, request = maps_of("RewriteEngine On\n")
    with pytest.raises(Unanswered) as unanswered:
        maps.look_up(request, "p", "key", None)
    question = ProgramQuestion("p", ("/root/p",), None, "key")
    assert unanswered.value.question == question
    for answer, expected in (("value", "value"), ("", ""), ("Null", None), (None, None)):
        request.answers = {question: answer}
        assert maps.look_up(request, "p", "key", None) == expected
    assert maps.look_up(request, "p", "two\nlines", None) is None


def test_a_program_that_was_not_started() -> None:
    maps, request = maps_of("RewriteEngine Off\n")
    assert maps.look_up(request, "p", "key", None) is None


def test_rounds_have_a_part_in_what_a_request_may_cost() -> None:
    rule, target = "RewriteRule ^(.*)_(.*)$ $1-$2 [N]", "/a" + "_" * 8000
    WORK.state = NEW
    try:
        few, _ = translate(rule, "/a" + "_" * 100)
        verdict, request = translate(rule, target)
    finally:
        WORK.state = OVER
    assert few is Verdict.OK
    assert isinstance(verdict, Refusal)
    assert verdict.status == 500
    rounds = int(request.lines[-1].text.rpartition("rounds (")[2].partition(")")[0])
    assert 1000 < rounds < 5000
    verdict, request = translate(rule, target)
    assert verdict is Verdict.OK


def test_pairs() -> None:
    text = b"# a b\n x y\nc d e\nc f\ng\nh\t i\r\n" + b"j" * 1023 + b"k l\n"
    pairs = Pairs(text)
    expected = {"c": "d", "h": "i", "k": "l", "#": None, "": None, "x": None, "g": None, "d": None}
    assert {key: pairs.get(key) for key in expected} == expected
    assert {key: pairs.get(key) for key in expected} == expected


PAIR = re.compile(rb"([^# \t\n\v\f\r][^ \t\n\v\f\r]*)[ \t\n\v\f\r]+([^ \t\n\v\f\r]+)")
PIECES = ("a", "b", "ab", " ", "\t", "\v", "\r", "\n", "\0", "#", "a b\n", "ab\tc\n", "x" * 1021)


def model_of_pairs(content: bytes) -> dict[str, str]:
    """All keys and values, line by line."""
    pairs: dict[str, str] = {}
    for line in content.split(b"\n"):
        for at in range(0, max(len(line), 1), 1023):
            found = PAIR.match(line[at : at + 1023].partition(b"\0")[0])
            if found is not None:
                pairs.setdefault(found[1].decode("latin-1"), found[2].decode("latin-1"))
    return pairs


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_pairs_are_those_of_the_lines(text: str) -> None:
    content = text.encode("latin-1")
    known, pairs = model_of_pairs(content), Pairs(content)
    for key in {"", "a", "b", "ab", "#", " a", "a ", "a\0", "a\nb", "c", "#a", *known}:
        assert pairs.get(key) == known.get(key), key


def test_not_all_pairs_are_looked_at() -> None:
    content = b"".join(b"key%d value%d\n" % (number, number) for number in range(1000))
    value, steps = counting_calls(lambda: Pairs(content).get("key999"))
    assert value == "value999"
    assert steps < 100


def test_unescaping() -> None:
    assert unescape("a%2Fb%zz%4") == "a/b%zz%4"
    assert unescape("a%00b") == "a"


# --- URLs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "length", "queried"),
    [
        ("http://a", 7, True), ("HTTPS://a", 8, True), ("ws://ab", 5, True), ("wss://a", 6, True),
        ("unix:/a|http://b", 5, True), ("balancer://a", 11, True), ("h2c://a", 6, True),
        ("ftp://a", 6, False), ("news:ab", 5, False), ("mailto:a", 7, True), ("ldap://a", 7, False),
        ("/http://", 0, True), ("http:/a", 0, True), ("news:", 0, True), ("x://abc", 0, True),
    ],
)  # fmt: skip
def test_schemes(url: str, length: int, *, queried: bool) -> None:
    assert scheme_length(url) == length
    assert has_query(url) is queried


def test_escaping() -> None:
    assert escape_absolute("http://a b/c d", 7) == "http://a b/c%20d"
    assert escape_absolute("http://a b/", 7) == "http://a b/"
    assert escape_absolute("mailto:a b", 7) == "mailto:a%20b"
    assert escape_absolute("ldap://a/b?c?d?e?f?g", 7) == "ldap://a/b?c?d?e?f%3fg"


def test_paths() -> None:
    assert below("/root/", "//a/./b/../c/") == "/root/a/c/"
    assert below("/root", "/") == "/root/"
    assert below("/root", "/a/../../b") is None
    assert replace_prefix("/a/b/c", "/a/b/", "/x") == "/x/c"
    assert replace_prefix("/a/bc", "/a/b/", "/x") is None
    assert replace_prefix("/a/b", "/a/", "") == "b"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (Flags(), None),
        (Flags(not_escaped="/"), None),
        (Flags(escapes=True), "a_%2f+%01%e4"),
        (Flags(escapes=True, no_plus=True), "a_%2f%20%01%e4"),
        (Flags(escapes=True, escaped="/"), "a_%2f \x01\xe4"),
        (Flags(escapes=True, not_escaped="/ "), "a_/ %01%e4"),
        (Flags(escapes=True, escapes_controls=True), "a_/+%01\xe4"),
    ],
)
def test_escapes_of_groups(flags: Flags, expected: str | None) -> None:
    table = escapes_of(flags)
    assert (None if table is None else "a_/ \x01\xe4".translate(table)) == expected


# --- what is read ---------------------------------------------------------------------------------


def test_values_travel() -> None:
    config = tree(
        'RewriteEngine On\nRewriteCond expr "%{HTTP:X} =~ /a/"\nRewriteRule ^ /y [R,E=a:b]\n'
        + MAPS,
        FILES,
    )
    value = config.main.scope[REWRITING]
    assert pickle.loads(pickle.dumps(value)) == value
