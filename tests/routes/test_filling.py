"""What is made of texts again and again ends: every place that makes values has the same limit."""

from collections.abc import Iterator

import pytest

from httpdlite.conf.directives.mod_setenvif import SET_ENV_IF
from httpdlite.conf.patterns.budget import MOST_FILLED, MOST_OF_VALUE, NEW, OVER, WORK
from httpdlite.routes.decide import decide_within
from httpdlite.routes.environment import interpolate
from httpdlite.routes.filling import MOST_REPLACED, SHORT, TooLong, filled, joined, replaced
from httpdlite.routes.regex import given_up_line
from httpdlite.routes.request import Request
from httpdlite.routes.route import Refusal
from httpdlite.routes.variables import compile_variables
from tests.routes.header_stand import (
    edited_answer,
    edited_request,
    request_of,
    scope_of,
    shown,
)
from tests.routes.test_phases import request_of as phased
from tests.routes.test_phases import result_of
from tests.routes.test_rewriting import translate
from tests.serve.front import site_of

KIB = "a" * 1024


@pytest.fixture
def work() -> Iterator[None]:
    WORK.state = NEW
    yield
    WORK.state = OVER


# --- the limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 16])
def test_a_value_has_a_limit(count: int) -> None:
    piece = "a" * (MOST_OF_VALUE // count)
    assert len(joined([piece] * count)) == MOST_OF_VALUE
    with pytest.raises(TooLong):
        joined([*[piece] * count, "a"])


@pytest.mark.parametrize("count", [2, 16])
def test_what_groups_are_put_into_has_that_of_httpd(count: int) -> None:
    piece = "a" * (MOST_REPLACED // count)
    assert len(replaced([*[piece] * (count - 1), piece[1:]])) == MOST_REPLACED - 1
    with pytest.raises(TooLong):
        replaced([piece] * count)


def test_nothing_is_made_that_is_too_long() -> None:
    with pytest.raises(TooLong):
        joined(["a" * MOST_OF_VALUE] * 10**6)  # a terabyte
    with pytest.raises(TooLong):
        replaced(["a" * MOST_REPLACED] * 10**7)


@pytest.mark.usefixtures("work")
def test_all_values_of_a_request_have_one() -> None:
    value = "a" * (MOST_OF_VALUE // 2)
    for _ in range(2 * MOST_FILLED // MOST_OF_VALUE):
        filled(value)
    before = WORK.has_given_up
    with pytest.raises(TooLong):
        filled(value)
    assert (before, WORK.has_given_up) == (False, True)
    assert filled("a" * SHORT)
    WORK.state = NEW
    assert filled(value)


# --- the places -----------------------------------------------------------------------------------


ESCAPED = "RewriteMap e int:escape\nRewriteRule .* - [E=x:${e:%{ENV:x}}${e:%{ENV:x}},N]"
DOUBLED = "\n".join(["RewriteRule .* - [E=x:%{ENV:x}%{ENV:x}]"] * 40)


@pytest.mark.parametrize(
    "rules",
    [
        f"RewriteRule .* - [E=x:{KIB}]\n{DOUBLED}",
        f"RewriteRule .* - [E=x:{KIB}]\nRewriteRule .* - [E=x:%{{ENV:x}}%{{ENV:x}},N]",
        "RewriteRule ^ /x?a=%{QUERY_STRING}&%{QUERY_STRING} [QSA,N]",
        f"RewriteRule ^ /x?{KIB} [QSA,N]",
        "RewriteRule ^(.*)$ $1$1 [N]",
        f"RewriteRule ^ - [E=x:%{{ENV:x}}{KIB},N]",
        f"RewriteRule ^ - [E=x:{KIB}%{{ENV:x}},CO=n%{{ENV:x}}:v:d,N]",
        f"RewriteRule .* - [E=x:{KIB}%]\n{ESCAPED}",
    ],
)
@pytest.mark.usefixtures("work")
def test_rules_that_double(rules: str) -> None:
    verdict, request = translate(rules, "/x?a")
    assert isinstance(verdict, Refusal)
    assert verdict.status == 500
    assert "RewriteRule '" in request.lines[-1].text
    assert all(len(text) <= MOST_OF_VALUE for text in request.environment.values())
    assert len(request.query or "") <= MOST_OF_VALUE


def test_a_rule_s_line_names_it() -> None:
    rules = f"RewriteRule .* - [E=x:{KIB}]\n" + "\n".join(
        ["RewriteRule ^/(x) - [E=x:%{ENV:x}%{ENV:x}]"] * 11
    )
    _, request = translate(rules, "/x")
    text = "RewriteRule '^/(x)' and URI '/x': a value would be too long"
    assert request.lines[-1].text == text


@pytest.mark.parametrize(
    ("length", "value", "fits"),
    [
        (32767, "$1$1", True),
        (32767, "$1$1b", True),
        (32768, "$1$1", False),
        (32767, r"$1$1\bc", False),
    ],
)
@pytest.mark.parametrize(
    "line", ["SetEnvIf X-A (.*) v={}", "SetEnvIfExpr \"req('X-A')=~/(.*)/\" v={}"]
)
def test_variables(line: str, length: int, value: str, *, fits: bool) -> None:
    variables = compile_variables(scope_of(line.format(value))[SET_ENV_IF])
    assert variables is not None
    request = request_of()
    request.head.replace(b"x-a", b"a" * length)
    refusal = variables.run(request)
    if fits:
        assert refusal is None
        assert len(request.environment["v"]) >= 2 * length
    else:
        assert refusal is not None
        assert refusal.status == 500
        (said,) = request.lines
        assert (said.module, said.level, said.code) == ("setenvif", 2, "AH01505")
        assert "'v'" in said.text
        assert "v" not in request.environment


LONG = "$1" * 90


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"RedirectMatch ^/(.*) /{LONG}", "AH00672"),
        (f"<Location />\nRedirectMatch ^/(.*) /{LONG}\n</Location>", "AH00672"),
        (f"AliasMatch ^/(.*) /{LONG}", "AH00672"),
        (f"ProxyPassMatch ^/(.*) http://b.test/{LONG}", "AH01135"),
        (f"ProxyPassMatch ^/(.*) http://b.test/{LONG} nocanon", "AH01135"),
    ],
)
def test_a_request_that_is_answered(line: str, code: str) -> None:
    found, request = result_of(phased(f"SetEnv a b\n{line}", f"/{KIB}"))
    assert isinstance(found, Refusal)
    assert found.status == 500
    assert code in (found.code, *[each.code for each in request.lines])
    found, _ = result_of(phased(f"SetEnv a b\n{line}", "/x"))
    assert not isinstance(found, Refusal) or found.status != 500


def test_a_request_without_phases() -> None:
    site = site_of(f"ServerName a.test\nListen 80\nProxyPassMatch ^/(.*) http://b.test/{LONG}")
    target = f"/{KIB}".encode()
    found = decide_within(site.main, method=b"GET", target=target, upgrade=None).route
    assert isinstance(found, Refusal)
    assert (found.status, found.code, found.level) == (500, "AH01135", 2)


def test_a_redirect_by_an_expression() -> None:
    piece = "%{reqenv:v}" * 600
    line = (
        f'SetEnvIf Request_URI "(.*)" v=$1$1\n<Location />\nRedirect "expr=/{piece}"\n</Location>'
    )
    found, request = result_of(phased(line, f"/{KIB}"))
    assert isinstance(found, Refusal)
    assert found.status == 500
    assert "a value would be too long" in request.lines[-1].text


def test_texts_with_variables() -> None:
    variables = {"v": "a" * (MOST_OF_VALUE // 2)}
    assert len(interpolate("http://${v}${V}", {"v": "a"})) == 9
    assert interpolate("a${v}${V}", variables) == ""
    assert interpolate("${nothing}}$", variables) == "}$"


# --- fields ---------------------------------------------------------------------------------------


def noted() -> str:
    line = given_up_line()
    assert line is not None
    return line.text


@pytest.mark.usefixtures("work")
def test_edits_that_double() -> None:
    """The value stays as it was when it would have come to 64 KiB; what follows counts."""
    lines = ["RequestHeader edit X-A ^(.*)$ $1$1"] * 40
    value, after = edited_request(request_of("X-A: aa"), *lines, "RequestHeader set X-B b")
    assert value == "X-A: " + "a" * 32768
    assert after == "X-B: b"
    assert "edit of the field X-A (" in noted()


@pytest.mark.usefixtures("work")
def test_edits_of_all_that_double() -> None:
    lines = ["Header edit* X-A a aaaa"] * 40
    found = edited_answer(*lines, answer=("X-A: a",), request=request_of())
    (value,) = shown(found.success)
    assert len(value) < MOST_OF_VALUE
    assert noted()


@pytest.mark.usefixtures("work")
def test_edits_of_all_with_long_values() -> None:
    value = "a" * 8000
    line = f"RequestHeader edit* X-A a(?=(.*)) {'$1' * 7}"
    assert edited_request(request_of(f"X-A: {value}"), line) == [f"X-A: {value}"]
    assert "edit* of the field X-A (" in noted()


@pytest.mark.usefixtures("work")
def test_values_that_double() -> None:
    """As where an expression fails: the value is empty."""
    lines = ['RequestHeader set X-A "expr=%{req:X-A}%{req:X-A}"'] * 11
    request = request_of(f"X-A: {KIB}")
    assert edited_request(request, *lines) == ["X-A: "]
    assert "AH02557" in [line.code for line in request.lines]
    lines = ['RequestHeader set X-A "%{v}e%{v}e"']
    request = request_of(environment={"v": "a" * MOST_OF_VALUE})
    assert edited_request(request, *lines) == ["X-A: "]
    assert "set of the field X-A (" in noted()


@pytest.mark.parametrize("action", ["append", "merge"])
@pytest.mark.usefixtures("work")
def test_fields_that_get_longer(action: str) -> None:
    lines = [f'RequestHeader {action} X-A "expr=%{{req:X-A}}z"'] * 40
    (value,) = edited_request(request_of(f"X-A: {KIB}"), *lines)
    assert MOST_OF_VALUE // 4 < len(value) <= MOST_OF_VALUE + len("X-A: ")
    assert "X-A" in noted()


# --- subrequests ----------------------------------------------------------------------------------

ASKING = 'RewriteCond expr "! -U %{REQUEST_URI}"\nRewriteRule .* - [E=x:y]\n'


@pytest.mark.parametrize(
    "line",
    [
        "<If \"(-U '/x' || true) && (-U '/y' || true)\">\n</If>",
        "<Location />\n<If \"(-A '/x' || true) && (-A '/x' || true)\">\n</If>\n</Location>",
        f"RewriteEngine On\n{ASKING * 3}",
    ],
)
@pytest.mark.usefixtures("work")
def test_subrequests_of_subrequests(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that asks for itself, twice or more at every level: two to the power of ten."""
    made = 0
    for_another = Request.for_another

    def counted(self: Request, path: str, query: str | None) -> Request:
        nonlocal made
        made += 1
        return for_another(self, path, query)

    monkeypatch.setattr(Request, "for_another", counted)
    _, request = result_of(phased(f"LimitInternalRecursion 10 30\n{line}", "/x"))
    assert 50 < made <= 100
    assert {each.code for each in request.lines} == {"AH00125"}
    assert "what its subrequests may cost" in request.lines[-1].text
