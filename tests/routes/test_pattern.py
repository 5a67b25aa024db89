"""Sections and rules against paths, beside the real apache2."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.routes.paths import RequestPath, canonical_path, parse_target
from httpdlite.routes.pattern import (
    LocationMatcher,
    compile_location,
    compile_proxy_section,
    compile_rule,
    has_wildcards,
)
from tests.peers.apache import Apache, running_apache, target_echo

_LOCATIONS: Final = r"""
/ /a /a/ /a/b /ab a "" * /* /*/ /a* /a/* /*/b /?  /a?  /c?/x /g*/x /a/*/c /a/** /[ab] /[a-c]x /[!a]
/[^a]b /[]a] /[a-]x /a[b /a] /a\* /a\b /[a/b]c /a[/]b /[z-a] /[[]x /a/[*]  /é /[é]x /a//b //a /*.php
/a/b.* /a\[b] /[\]a]x /A /a%20b /a\\ /[a]
"""
LOCATIONS: Final = _LOCATIONS.split()

_LOCATION_MATCHES: Final = r"""
^/a /a$ ^/a$ b ^/(?<name>a|b)/ /a(?:b|c)+$ ^/[[:alpha:]]+$ ^/[^[:digit:]/]+$ \.php$ ^/a\h ^/\d
^/a.b ^/é$ ^/.$ ^/..$ ^/a\Z ^/\x61$ ^/\Qa.b\E ^/(a)\1$ ^/a++b ^/(?>a*)b ^/[\w-]+/$ ^(?!/a) (?<=/)b$
^/a{2} ^/[]a]+$ ^/a|^/b$ ^/[a-c&&b]$ ^/\ba\b \R$ ^/a\s ^/\Aa \z$
^/a$|x (?m)^b ^/[^a]$ ^/a[\h]b ^/(?#comment)a$ ^/(?<x>a)\k<x> ^/(?P<x>a)(?P=x)
"""
LOCATION_MATCHES: Final = _LOCATION_MATCHES.split()

PATHS: Final = rb"""
/ /a /a/ /a/b /a/b/ /a/b/c /ab /ab/ /abc /b /b/x /c/x /cc/x /cc/x/y /gab/x /A /AB /aB /a.php
/a/b.php /x.php/ /a* /a%5Cb /a%5C /[b /a[b /a] /] /]x /[x /-x /bx /cx /ax /dx /b/b /%C3%A9
/%C3%A9x /a%0Ab
/a%0A /a%20b /a%09 /aa /aab /aaa /aaab /1 /12 /a-b/ /a/c /a/x/c /a/x/y/c /a//b //a /.a /a/.b /z /a.b
/a[/]b /[ab] /a/* /a*b /b%0A /%0A /&b /& /ac /abcbc /caaa
""".split()

RULES: Final = [
    ("ProxyPass", "/p", "/T"),
    ("ProxyPass", "/p/", "/T"),
    ("ProxyPass", "/p/", "/T/"),
    ("ProxyPass", "//p///q", "/T"),
    ("ProxyPass", "/", "/T"),
    ("ProxyPass", "p", "/T"),
    ("ProxyPass", "/p*", "/T"),
    ("ProxyPass", "/é", "/é"),
    ("ProxyPassMatch", "^/p(/.*)?$", "/T$1"),
    ("ProxyPassMatch", "^/p/(.*)$", "/T/$1/$0"),
    ("ProxyPassMatch", "^/(p)(q)?", "/T/$2$1$3$9"),
    ("ProxyPassMatch", "q", "/T"),
    ("ProxyPassMatch", "^/p", "/T/"),
    ("ProxyPassMatch", "^/(p)", r"/T/\$1$1\\$1"),
    ("ProxyPassMatch", "^/(p)", r"/T/\a\1$1"),
    ("ProxyPassMatch", "^/(p)", r"/T/\\$1"),
    ("ProxyPassMatch", "^/(p)", "/T/&$$1$"),
    ("ProxyPassMatch", "^/(p)", "/T/$x"),
    ("ProxyPassMatch", "^/(p)", r"/T/\$x"),
    ("ProxyPassMatch", "^/(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)", "/T/$1$9$10"),
    ("ProxyPassMatch", "^/é(.*)", "/é$1"),
    ("ProxyPass ~", "^/p(.*)", "/T$1"),
    ("Location", "/p", "/T"),
    ("Location", "/p/", "/T/"),
    ("Location", "/p*", "/T"),
    ("Location", "/p*/x", "/T"),
    ("Location", "/[p]", "/T"),
    ("Location ~", "^/(p)(.*)", "/T$2"),
    ("LocationMatch", "^/(p.*)", "/T/$1"),
    ("LocationMatch", "^/p", "/T"),
    ("LocationMatch", "/p", "/T"),
    ("Location ~", "^/(p)", "/T$1"),
    ("LocationMatch/Match", "^/(p)", "/T/$1"),
    ("Location/Match", "/p", "/T$0"),
    ("Location/Match", "/p", "/T"),
    ("Location", "p", "/T"),
]

RULE_PATHS: Final = rb"""
/ /p /p/ /p/x /p//x //p/x /px /p/q /p/q/ /p//q/x /pq /pq/x /pab/x /q /x/q %C3%A9 /%C3%A9 /%C3%A9x/y
/p%20x /p/%2541 /p/x? /p/x?q /p*/x /p/a%24b /p/a%5Cb /abcdefghijklm /pp/x/ /[p] /p%3Fx
""".split()


@dataclass(frozen=True, slots=True)
class Server:
    """A running apache2."""

    apache: Apache

    def ask(self, host: str, target: bytes) -> tuple[int, bytes | None]:
        """Status, and what reached the worker."""
        line = b"GET " + target + b" HTTP/1.1\r\n"
        fields = b"Host: %b\r\nConnection: close\r\n\r\n" % host.encode()
        head, _, body = self.apache.send(line + fields).partition(b"\r\n\r\n")
        return int(head[9:12]), body if b"X-Worker" in head else None


def quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def rule_vhost(number: int, worker: int) -> str:
    kind, path, target = RULES[number]
    url = quote(f"http://127.0.0.1:{worker}{target}")
    start = f"<VirtualHost *>\nServerName rule{number}.test\nMergeSlashes Off\n"
    if kind.startswith("Location"):
        name, _, match = kind.partition("/")
        word = name.split()[0]
        section = f"<{name} {quote(path)}>\nProxyPass{match} {url}\n</{word}>\n"
    else:
        section = f"{kind} {quote(path)} {url}\n"
    return start + section + "</VirtualHost>\n"


def section_vhost(name: str, number: int, argument: str) -> str:
    section = f"<{name} {quote(argument)}>\nRequire all denied\n</{name}>\n"
    hosts = ""
    for merge in ("On", "Off"):
        start = f"<VirtualHost *>\nServerName {name.lower()}{number}-{merge.lower()}.test\n"
        hosts += f"{start}MergeSlashes {merge}\n{section}</VirtualHost>\n"
    return hosts


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with target_echo() as worker:
        vhosts = [rule_vhost(number, worker) for number in range(len(RULES))]
        for number, argument in enumerate(LOCATIONS):
            vhosts.append(section_vhost("Location", number, argument))
        for number, argument in enumerate(LOCATION_MATCHES):
            vhosts.append(section_vhost("LocationMatch", number, argument))
        with running_apache("".join(vhosts)) as apache:
            yield Server(apache)


def read(target: bytes, *, merge: bool = True) -> RequestPath:
    found = parse_target(target, b"GET", encoded_slashes="off", merge_slashes=merge)
    assert isinstance(found, RequestPath)
    return found


@pytest.mark.peer
@pytest.mark.parametrize("merge", ["on", "off"])
@pytest.mark.parametrize("number", range(len(LOCATIONS)), ids=LOCATIONS)
def test_location_as_apache(server: Server, number: int, merge: str) -> None:
    matcher = compile_location(LOCATIONS[number], is_regex=False)
    ours = {
        path: matcher.matches(read(path, merge=merge == "on").path) is not None for path in PATHS
    }
    host = f"location{number}-{merge}.test"
    assert ours == {path: server.ask(host, path)[0] == 403 for path in PATHS}


@pytest.mark.peer
@pytest.mark.parametrize("merge", ["on", "off"])
@pytest.mark.parametrize("number", range(len(LOCATION_MATCHES)), ids=LOCATION_MATCHES)
def test_location_match_as_apache(server: Server, number: int, merge: str) -> None:
    matcher = compile_location(LOCATION_MATCHES[number], is_regex=True)
    ours = {
        path: matcher.matches(read(path, merge=merge == "on").path) is not None for path in PATHS
    }
    host = f"locationmatch{number}-{merge}.test"
    assert ours == {path: server.ask(host, path)[0] == 403 for path in PATHS}


@pytest.mark.peer
@pytest.mark.parametrize("number", range(len(RULES)))
def test_rule_as_apache(server: Server, number: int) -> None:
    kind, path, target = RULES[number]
    in_section = kind.startswith("Location")
    is_regex = kind in ("ProxyPassMatch", "ProxyPass ~") or kind.endswith("/Match")
    rule = compile_rule(path, is_regex=is_regex, in_section=in_section)
    regex_section = kind.startswith("LocationMatch") or "~" in kind
    section = compile_location(path, is_regex=regex_section) if in_section else None
    for raw in RULE_PATHS:
        if not raw.startswith(b"/"):
            continue
        request = read(raw, merge=False)
        covered = section is None or section.matches(request.path) is not None
        matched = rule.match(request.path) if covered else None
        expected: tuple[int, bytes | None] = (404, None)
        if matched is not None:
            sent = canonical_path(matched.url(target))
            query = b"" if request.query is None else b"?" + request.query
            expected = (200, (sent or b"") + query)
        assert (raw, server.ask(f"rule{number}.test", raw)) == (raw, expected)


@pytest.mark.parametrize(
    "argument, path, covered",
    [
        ("/a", "/a/b", True),
        ("/a", "/ab", False),
        ("/a/", "/a", False),
        ("/a*", "/ab", True),
        ("/a*", "/ab/c", False),
        ("/\u00e9", "/\xc3\xa9/x", True),
    ],
)
def test_location(argument: str, path: str, covered: bool) -> None:
    matcher = compile_location(argument, is_regex=False)
    assert (matcher.matches(path) is not None) is covered


def test_groups_of_a_section_are_at_hand() -> None:
    found = compile_location("^/(?<name>[^/]+)/", is_regex=True).matches("/x/y")
    assert found is not None
    assert found.group("name") == "x"


def test_urls() -> None:
    prefix = compile_rule("/p/", is_regex=False).match("/p//a b")
    assert prefix is not None
    assert (prefix.length, prefix.url("http://b/T")) == (4, "http://b/Ta b")
    regex = compile_rule("^/(.)(x)?", is_regex=True).match("/p/$1")
    assert regex is not None
    assert regex.url("http://b/$1$2$9\\$1") == "http://b/p$1"
    assert regex.url("http://b") == "http://b/p/$1"


def test_wildcards() -> None:
    assert all(has_wildcards(text) for text in ("*", "a?", "[a]", "]x[]", "\\\\*"))
    assert not any(has_wildcards(text) for text in ("", "/a", "[a", "a]", r"\*", r"\[a]", r"\?"))


@given(st.text(), st.text(st.characters(max_codepoint=255)))
def test_any_glob_compiles(argument: str, path: str) -> None:
    """A section's argument is never an error, and `/` covers everything."""
    matched = compile_location("/" + argument, is_regex=False).matches("/" + path)
    assert matched is None or matched.group()[0] == "/"
    assert compile_location("/", is_regex=False).matches("/" + path) is not None


@given(st.text(), st.text(st.characters(max_codepoint=255)))
def test_any_substitution_gives_a_url(target: str, path: str) -> None:
    matched = compile_rule("(.?)", is_regex=True).match("/" + path)
    assert matched is not None
    assert isinstance(matched.url(target), str)


@pytest.mark.parametrize("compiled", [compile_location, compile_proxy_section])
def test_many_stars_cost_no_more_than_one(
    compiled: Callable[..., LocationMatcher],
) -> None:
    matcher = compiled("/*a*a*a*a*a*a*b", is_regex=False)
    assert not matcher.matches("/" + "a" * 8000)
    assert matcher.matches("/" + "a" * 8000 + "b")
    assert not matcher.matches("/aaaaab")
    assert matcher.matches("/xaxaxaxaxaxaxb")
