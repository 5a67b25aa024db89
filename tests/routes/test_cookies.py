"""Set-Cookie on its way to clients, as httpd 2.4.71 was seen to change it."""

import pytest

from httpdlite.routes.cookies import interpolated, reverse_cookie
from httpdlite.routes.settings import read_settings
from tests.conf.reading import read

RULES = """
ProxyPassReverseCookiePath /x /pub
ProxyPassReverseCookiePath /oth /oth2
ProxyPassReverseCookieDomain back.test front.test
ProxyPassReverseCookieDomain .back.test .front.test
"""


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (
            b"a=b; Path=/x/deep; Domain=back.test; HttpOnly",
            b"a=b; Path=/pub; Domain=front.test; HttpOnly",
        ),
        (
            b"c=d; domain=.BACK.test; path=/other; Secure",
            b"c=d; domain=.front.test; path=/oth2; Secure",
        ),
        (b"e=f;Path=/x;Domain=sub.back.test", b"e=f;Path=/pub;Domain=sub.back.test"),
        (b'g=h; Path="/x"; pATH=/x2', b'g=h; Path="/x"; pATH=/pub'),
        (
            b"xpath=/x; k=v; notpath=/x; domain =back.test; path = /x",
            b"xpath=/x; k=v; notpath=/x; domain =back.test; path = /x",
        ),
        (b"path=/x; domain=back.test", b"path=/pub; domain=front.test"),
        (b"a=b; path=/X", b"a=b; path=/X"),
        (b"a=b; path; domain", b"a=b; path; domain"),
        (b"\xff=b; path=/x", b"\xff=b; path=/pub"),
    ],
)
def test_attributes_are_replaced_as_a_whole(sent: bytes, expected: bytes) -> None:
    settings = read_settings(read(RULES).tree.main.scope)
    assert reverse_cookie(sent, settings.cookie_paths, settings.cookie_domains) == expected


def test_the_rules_of_a_section_follow_the_server_s() -> None:
    text = RULES + "<Location /a>\nProxyPassReverseCookiePath / /inner\n</Location>"
    main = read(text).tree.main
    settings = read_settings(main.scope.overlaid(main.sections[0].scope))
    assert reverse_cookie(b"a=b; path=/x", settings.cookie_paths, ()) == b"a=b; path=/pub"
    assert reverse_cookie(b"a=b; path=/y", settings.cookie_paths, ()) == b"a=b; path=/inner"


def test_variables_count_where_they_are_asked_for() -> None:
    text = (
        "ProxyPassInterpolateEnv On\nSetEnv I int\n"
        "ProxyPassReverseCookiePath /${I} /${NOPE}x interpolate\n"
        "ProxyPassReverseCookiePath /${I} /y\n"
    )
    rules = read_settings(read(text).tree.main.scope).cookie_paths
    assert [(rule.internal, rule.public) for rule in rules] == [("/int", "/x"), ("/${I}", "/y")]
    off = read_settings(read(text.replace("Env On", "Env Off")).tree.main.scope).cookie_paths
    assert [rule.internal for rule in off] == ["/${I}", "/${I}"]
    assert interpolated(off[1:], {}) == off[1:]
