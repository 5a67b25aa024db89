"""Request targets: parse_target and the way back to the worker, beside the real apache2."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.routes.paths import (
    ASTERISK,
    RequestPath,
    canonical_path,
    check_query,
    parse_target,
    raw_remainder,
)
from httpdlite.routes.pattern import compile_rule
from tests.peers.apache import Apache, running_apache, target_echo

Answer = tuple[int, bytes | None]
"""Status, and the target that the worker received, None if it was not asked."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One vhost of the oracle."""

    encoded_slashes: str
    merge_slashes: bool
    nocanon: bool
    prefix: str

    @property
    def host(self) -> str:
        """Its ServerName."""
        merge = "m" if self.merge_slashes else "k"
        form = "raw" if self.nocanon else "canon"
        return f"{self.encoded_slashes}-{merge}-{form}-{len(self.prefix)}.test"

    def vhost(self, worker: int) -> str:
        """Its section."""
        merge = "On" if self.merge_slashes else "Off"
        nocanon = "nocanon" if self.nocanon else ""
        url = f"http://127.0.0.1:{worker}{self.prefix}"
        return (
            f"<VirtualHost *>\nServerName {self.host}\nAllowEncodedSlashes {self.encoded_slashes}\n"
            f"MergeSlashes {merge}\nProxyPass {self.prefix} {url} {nocanon}\n</VirtualHost>\n"
        )


SETTINGS = [
    Setting(slashes, merge, nocanon, prefix)
    for slashes, merge, nocanon, prefix in itertools.product(
        ("off", "on", "nodecode"), (True, False), (True, False), ("/", "/p/", "/p")
    )
]

TARGETS = rb"""
/ // ///a //p/a /a//b /a/./b /a/../b /a/.. /a/. /.. /../ /a/../.. /a/../../b /. /./ /%2e/a
/%2e%2e/a /a/%2E%2e/b /a%2fb /a%2Fb /a%2f..%2fb /.%2Fa /a/%2f/b /a%2f%2fb /a%00b /a%zz /a% /a%4
/a#b /a?b#c /a%23b /%41%7e%2b%3b /a"b /a|b^{}`<>\ /%c3%a9 /a;b=c/d /..;/a /a/..;x/b /a?
/a?x=%zz&y=%2f%00 /a?"<> * a a/b ?x ? ?? /%25 /%2541 /a%20b /a%09b /a%0ab /a%7fb /%3f /%3Fx?y
/~a /p /p/ /p/x /%70/x //p/x /p//x /x/../p/y /./p/y /p/./y /p/a%2fb /p/%2e%2e/z /p%2fx /... /.../a
/a/... /a./b /.a /a/.b/..c /%5c /%5c..%5c /a/%2e /a/%2e%2e /p/%2e /a%2 /a%g0 /%u1234
/a:b@c&d=e+f,g /$-_.+!*'(),:@&=/~; /[x] /%252fb /%252Fb /%254 /%254g /%25zz /a%2f%25b /%2f
/a%2f%zz /a%00%zz /%zz/../../ /../%zz /../%00 /../%2f /%00%2f /%2f%00 /%2f.. /%2f../.. /a/%2f..%2f..
/..%2fa /a/..%2fb /a//../b //../b //a/..//b /a/..// /a/// /a/.//b /a//. /a//.. /a//./.. /%2F/..
/x%2f/y /a/b/../../.. /a/b/../../ /.%2e/x /a%2f.%2e/x /a//../../x /a///../..//../x /%01 /%80
/p?x /p/?x /px /p;x /p/../p /p/..//p/x /p/x?a/../b /.well-known/x /p/.well-known /%252e%252e%2fx
/http://x //http://x /p/%70 /p%2f%2fx /%2fp/x /p/a?%20 /p/%2fx /P/x /%50/x /p/x/ /p/x//
http: http:/ http:x http:?x http:/?x https: foo:/x foo:x http//x :x h:80 1http://x/ ftp://x/y
""".split()
TARGETS += [b"/\xc3\xa9", b"/a?\xe9", b"/a b", b"/a\tb", b"/\x01", b"/a?x\x7f", b"/p/\xff?\xff"]

PIECES = b"""/ / / . .. a p %2e %2f %2F %25 %70 ; ? %00 %c3 % \xc3 // /p/ /../ * %3f : \" """

ABSOLUTE = rb"""
/ // /x //x /p/x ?x /p?x /../x /a%zz /a%2fb //p/x //.. /p//x /.. /%70/x
""".split()
ABSOLUTE.append(b"")


def expected(setting: Setting, target: bytes, method: bytes = b"GET") -> Answer:
    """What our functions make of a target, as the proxy puts them together."""
    request = parse_target(
        target,
        method,
        encoded_slashes=setting.encoded_slashes,
        merge_slashes=setting.merge_slashes,
    )
    if isinstance(request, int):
        return request, None
    if request.path == ASTERISK:
        return 200, None
    matcher = compile_rule(setting.prefix, is_regex=False)
    matched = matcher.match(request.path)
    if matched is None:
        return 404, None
    if setting.nocanon and (raw := raw_remainder(request, matcher, matched)):
        return 200, raw.url(setting.prefix).encode("latin-1")
    nodecode = setting.encoded_slashes == "nodecode"
    sent = canonical_path(matched.url(setting.prefix), nodecode=nodecode)
    if sent is None:
        return 400, None
    return 200, sent if request.query is None else sent + b"?" + request.query


def observed(apache: Apache, host: str, target: bytes, method: bytes = b"GET") -> Answer:
    """What apache2 does with it."""
    line = method + b" " + target + b" HTTP/1.1\r\n"
    answer = apache.send(line + b"Host: %b\r\nConnection: close\r\n\r\n" % host.encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head[9:12]), body if b"X-Worker" in head else None


@pytest.fixture(scope="module")
def apache() -> Iterator[Apache]:
    """An apache2 with a vhost for each setting, all in front of one worker."""
    with target_echo() as worker:
        vhosts = "".join(setting.vhost(worker) for setting in SETTINGS)
        with running_apache(vhosts) as server:
            yield server


@pytest.mark.peer
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.host)
def test_as_apache(apache: Apache, setting: Setting) -> None:
    targets = TARGETS + [b"http://%b" % setting.host.encode() + rest for rest in ABSOLUTE]
    ours = {target: expected(setting, target) for target in targets}
    theirs = {target: observed(apache, setting.host, target) for target in targets}
    assert ours == theirs


@pytest.mark.peer
@pytest.mark.parametrize("method", [b"OPTIONS", b"options", b"HEAD", b"DELETE"])
def test_methods_as_apache(apache: Apache, method: bytes) -> None:
    setting = Setting("off", True, False, "/")
    own = b"http://" + setting.host.encode()
    targets = [
        b"*",
        b"*?x",
        b"*x",
        b"/*",
        b"?x",
        b"http:",
        b"http:?x",
        own,
        own + b"?x",
        own + b"/",
    ]
    for target in targets:
        status, received = observed(apache, setting.host, target, method)
        ours, sent = expected(setting, target, method)
        assert (status, received) == (ours, b"" if sent is not None and method == b"HEAD" else sent)


@pytest.mark.peer
def test_random_targets_as_apache(apache: Apache) -> None:
    chance = random.Random(20240611)
    pieces = PIECES.split()
    for _ in range(1500):
        target = b"/" + b"".join(chance.choices(pieces, k=chance.randint(1, 9)))
        setting = chance.choice(SETTINGS)
        ours = expected(setting, target)
        assert (target, setting, ours) == (target, setting, observed(apache, setting.host, target))


def parse(target: bytes, method: bytes = b"GET") -> RequestPath | int:
    return parse_target(target, method, encoded_slashes="off", merge_slashes=True)


def test_parts_of_a_target() -> None:
    assert parse(b"/a/b?c?d") == RequestPath("/a/b", b"/a/b?c?d", b"c?d", None)
    assert parse(b"//a/../%62?") == RequestPath("/b", b"//a/../%62?", b"", None)
    absolute = b"HTTP://a.test:80/x%20y"
    assert parse(absolute) == RequestPath("/x y", absolute, None, b"a.test:80")
    assert parse(b"http:///x") == RequestPath("/x", b"http:///x", None, None)
    assert parse(b"*", b"OPTIONS") == RequestPath(ASTERISK, b"*", None, None)


@pytest.mark.parametrize("authority", [b"u:p@h", b"@h", b"h:x", b"[::1", b"a:1:2"])
def test_authority_that_is_refused(authority: bytes) -> None:
    assert parse(b"http://" + authority + b"/x") == 400


def test_connect_is_refused() -> None:
    assert parse(b"h:80", b"CONNECT") == 405
    assert parse(b"[::1]:443", b"CONNECT") == 405
    assert parse(b"/x", b"CONNECT") == 400
    assert parse(b"h", b"CONNECT") == 400


def test_query_must_be_visible() -> None:
    assert check_query(b'a=b&%20\xff"<>')
    assert not check_query(b"a b")
    assert not check_query(b"a\x7f")


@given(st.binary(max_size=60), st.sampled_from(SETTINGS))
def test_any_bytes(rest: bytes, setting: Setting) -> None:
    """A target gives a status or a path without dot segments, which survives the way back."""
    request = parse_target(
        b"/" + rest,
        b"GET",
        encoded_slashes=setting.encoded_slashes,
        merge_slashes=setting.merge_slashes,
    )
    if isinstance(request, int):
        assert request in (400, 404)
        return
    assert request.path.startswith("/")
    assert not {".", ".."} & set(request.path.split("/"))
    if setting.merge_slashes:
        assert "//" not in request.path
    if setting.encoded_slashes == "off":
        sent = canonical_path(request.path)
        assert sent is not None
        again = parse_target(sent, b"GET", encoded_slashes="off", merge_slashes=False)
        assert isinstance(again, RequestPath)
        assert again.path == request.path
