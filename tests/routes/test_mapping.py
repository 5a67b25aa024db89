"""ProxyPass with mapping=: encoded paths and servlet paths, as httpd 2.4.71 was seen to match."""

import pytest

from httpdlite.routes.paths import RequestPath, parse_encoded
from httpdlite.routes.pattern import (
    ServletMatch,
    compile_proxy_section,
    compile_rule,
    compile_servlet_rule,
)

PATHS = """
/s/app /s/app//x => /x
/s/app /s/app/;/x => /;/x
/s/app /s/app/;a/;b//c => /;a/;b//c
/s/app /s//app/x => /x
/s/app /s/;/app =>
/s/app /s;x/app;y/z => ;y/z
/s/app /;q/s/app/1 => /1
/s/app //s/app/1 => /1
/s/app /s/app/ => /
/s/app /s/app// => /
/s/app /s/app; =>
/s/app /s/app;/ => /
/s/app /s/app;a;b=c/x => ;a;b=c/x
/s/app /s/app/x;y=1/z => /x;y=1/z
/s/app /s/app;jsession=1 =>
/s/app /s/app;x%2fy/z => ;x%2fy/z
/s/app /s;a/;b/app =>
/s/app /s/x;1/../app/z => /z
/t/app/ /t/app/ =>
/t/app/ /t/app;x/ =>
/t/app/ /t/app;x/y => y
/t/app/ /t/app/;x/y => ;x/y
/t/app/ /t/app//y => y
/t/app/ /t/app/;x =>
/ /;q/a => ;q/a
/ / =>
"""


@pytest.mark.parametrize("line", PATHS.strip().splitlines())
def test_the_remainder_keeps_its_parameters(line: str) -> None:
    rule, path, rest = (line.removesuffix("=>") + "=>").split(" ", 2)
    matched = compile_servlet_rule(rule).match(path)
    assert matched is not None
    assert matched.url("") == rest.removeprefix("=> ").removesuffix("=>").strip()


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("/s/app", "/s/app%2fx"),
        ("/s/app", "/s/app%3bx"),
        ("/s/app", "/s/apps"),
        ("/s/app", "/s/app/..;/x"),
        ("/s/app", "/..;/s/app"),
        ("/s/a;b", "/s/a;b/1"),
        ("/t/app/", "/t/app"),
        ("/t/app/", "/t/app;x"),
        ("/;x/u", "/u/x"),
        ("/s/app", "*"),
    ],
)
def test_what_is_not_covered(rule: str, path: str) -> None:
    assert compile_servlet_rule(rule).match(path) is None


def test_sections_see_the_path_without_parameters() -> None:
    matched = compile_servlet_rule("/s/app").match("/s;a/app;v=1//x;y/")
    assert isinstance(matched, ServletMatch)
    assert matched.plain == "/s/app/x/"


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/e/x%2F1?q=%2f", "/e/x%2F1"),
        (b"/e/%78/1", "/e/x/1"),
        (b"/e/x/%41%3b%20%e9", "/e/x/A%3b%20%e9"),
        (b"/e//x/../y%2f", "/e/y%2f"),
        (b"http://h/a%2fb", "/a%2fb"),
        (b"/plain", "/plain"),
    ],
)
def test_encoded_paths(target: bytes, path: str) -> None:
    found = parse_encoded(target, b"GET", merge_slashes=True)
    assert isinstance(found, RequestPath)
    assert (found.path, found.raw) == (path, target)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/%zz", 400),
        (b"/%00", 404),
        (b"/a#%41", 400),
        (b"/%2e%2e/a", 400),
        (b"x%41", 400),
        (b"", 400),
    ],
)
def test_encoded_paths_that_are_refused(target: bytes, status: int) -> None:
    assert parse_encoded(target, b"GET", merge_slashes=True) == status


def test_slashes_are_kept_if_they_are_to_be() -> None:
    found = parse_encoded(b"/f//a%2f;b", b"GET", merge_slashes=False)
    assert isinstance(found, RequestPath)
    matched = compile_rule("/f", is_regex=False).match(found.path)
    assert matched is not None
    assert matched.url("http://w/f") == "http://w/f//a%2f;b"


@pytest.mark.parametrize(
    ("argument", "url", "covers"),
    [
        ("*", "http://w/", True),
        ("*reex*", "http://w/a/reex?", True),
        ("http://w:*/g*", "http://w:80/a/g", True),
        ("http://w/?", "http://w//", True),
        ("http://w/[ab]", "http://w/b", True),
        ("http://w/[!ab]", "http://w/b", False),
        ("http://w/a", "http://w/ab", True),
        ("http://w/a", "http://w/A", False),
        ("http://w/a+", "http://w/aa", False),
    ],
)
def test_proxy_sections(argument: str, url: str, covers: bool) -> None:
    found = compile_proxy_section(argument, is_regex=False).matches(url)
    assert (found is not None) is covers
