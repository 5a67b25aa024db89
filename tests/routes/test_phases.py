"""The phases of a request as a whole: what is refused, what is asked again, what goes out."""

from collections.abc import Mapping

import pytest

from httpdlite.proxy.framing import parse_request_head
from httpdlite.proxy.own_name import Client
from httpdlite.routes import phases
from httpdlite.routes.request import Question, Request, Unanswered
from httpdlite.routes.rewriting import ProgramQuestion
from httpdlite.routes.route import Refusal, Route
from tests.serve.front import site_of

CLIENT = Client("192.0.2.7", 40000, "192.0.2.1", 80)
BEGIN = "ServerName front.test\nListen 80\n"
REWRITING = "RewriteEngine On\n"


def request_of(
    text: str, target: str, *fields: str, method: str = "GET", **answers: object
) -> Request:
    """A request at the beginning of its phases; ``answers``: what a program says of a key."""
    lines = [f"{method} {target} HTTP/1.1", "Host: a.test", *fields, "", ""]
    head = parse_request_head("\r\n".join(lines).encode("latin-1"))
    known: Mapping[Question, object] = {
        ProgramQuestion("m", ("/bin/cat",), None, key): text for key, text in answers.items()
    }
    path, mark, query = target.partition("?")
    return Request(
        head,
        CLIENT,
        site_of(BEGIN + text, files={"bin/cat": b""}).main,
        path,
        query if mark else None,
        now=lambda: 0.0,
        answers=known,
        look_up=phases.look_up,
    )


def result_of(request: Request) -> phases.Result:
    return phases.run(request, request.head.target, None)


def status_of(text: str, target: str, *fields: str, method: str = "GET") -> int:
    """Of the refusal; 0 of a route."""
    found = result_of(request_of(text, target, *fields, method=method)).found
    return found.status if isinstance(found, Refusal) else 0


# --- fields of the answer -------------------------------------------------------------------------


@pytest.mark.parametrize("byte", ["%0d%0aX:%20y", "%0a", "%01", "%7f"])
@pytest.mark.parametrize(
    "rule",
    [
        "RewriteRule ^/a(.*)$ http://b.test/$1 [R,NE]",
        "RewriteRule ^/a(.*)$ - [CO=n:v$1:b.test]",
        "RedirectMatch ^/a(.*)$ http://b.test/#$1",
    ],
)
def test_no_byte_of_a_request_ends_a_field_of_the_answer(rule: str, byte: str) -> None:
    text = f"{REWRITING}{rule}\n"
    request = request_of(text, f"/a{byte}")
    found, request = result_of(request)
    assert isinstance(found, Refusal)
    assert (found.status, found.fields, request.error_fields) == (500, (), [])
    assert [line.code for line in request.lines] == ["AH02430"]
    assert status_of(text, "/ab") in (302, 404)


def test_a_tab_and_other_bytes_may_go_out() -> None:
    text = f"{REWRITING}RewriteRule ^/a(.*)$ - [CO=n:v$1:b.test]\nProxyPass / http://w.test/\n"
    assert status_of(text, "/a%09%e4") == 0


# --- access ---------------------------------------------------------------------------------------

SERVLET = """\
RewriteEngine Off
<Location /srv/admin>
  Require all denied
</Location>
ProxyPass /srv http://w.test/srv mapping=servlet
"""


@pytest.mark.parametrize(
    "target", ["/srv/admin", "/srv;x/admin", "/srv/;/admin", "/srv/x/..;/admin", "/srv/admin;x"]
)
def test_parameters_do_not_hide_a_path_from_its_sections(target: str) -> None:
    assert status_of(SERVLET, target) == 403


def test_the_path_of_a_servlet_is_that_without_parameters() -> None:
    found, request = result_of(request_of(SERVLET, "/srv;x/a;y"))
    assert isinstance(found, Route)
    assert (found.target, request.path) == (b"/srv;x/a;y", "/srv/a")


def test_what_has_been_refused_may_have_its_document_in_the_same_sections() -> None:
    text = "<Location /a>\nRequire all denied\n</Location>\nProxyPass / http://w.test/\n"
    found, request = result_of(request_of(text, "/a/b"))
    assert isinstance(found, Refusal)
    document = request.redirected("/a/sorry", None)
    assert isinstance(phases.run(document, b"/a/sorry", None).found, Route)


def test_what_has_been_admitted_is_asked_again_in_other_sections() -> None:
    text = "<Location /a>\nRequire all denied\n</Location>\nProxyPass / http://w.test/\n"
    _, request = result_of(request_of(f"{text}SetEnvIf Host . A\n", "/b"))
    document = request.redirected("/a/sorry", None)
    assert isinstance(phases.run(document, b"/a/sorry", None).found, Refusal)


def test_a_second_challenge_takes_the_place_of_the_first() -> None:
    basic = 'AuthType Basic\nAuthName "{0}"\nAuthUserFile /none\nRequire valid-user\n'
    sections = [f"<Location /{name}>\n{basic.format(name)}</Location>\n" for name in "ab"]
    found, request = result_of(request_of("".join(sections), "/a"))
    assert isinstance(found, Refusal)
    document = request.redirected("/b", None)
    _, document = phases.run(document, b"/b", None)
    assert document.error_fields == [(b"WWW-Authenticate", b'Basic realm="b"')]


def test_trace_is_answered_before_anybody_is_refused() -> None:
    text = "<Location />\nRequire all denied\n</Location>\n"
    assert status_of(text, "/a", method="TRACE") == 404  # which TRACE is answered with
    assert status_of(f"{text}ProxyPass / http://w.test/\n", "/a", method="TRACE") == 403


# --- URLs that rules make -------------------------------------------------------------------------


def test_a_name_ends_at_its_path_only() -> None:
    text = f"{REWRITING}RewriteRule ^/a(.*)$ http://w.test:81$1 [P]\n"
    assert status_of(text, "/a%23") == status_of(text, "/a%23x/y") == 400
    assert status_of(text, "/a/%23") == 0


@pytest.mark.parametrize(
    "made", ["/%{HTTP:X-In}", "/%{ENV:IN}", "/%{QUERY_STRING}", "http://b.test/%{HTTP:X-In}"]
)
def test_no_query_begins_in_what_the_request_says(made: str) -> None:
    text = f"{REWRITING}SetEnvIf X-In (.*) IN=$1\nRewriteRule ^/a {made} [R]\n"
    assert status_of(text, "/a?b?c", "X-In: b?c") == 403
    assert status_of(text.replace("[R]", "[R,UnsafeAllow3F]"), "/a?b?c", "X-In: b?c") == 302


def test_rules_for_answers_know_the_variables_of_the_request() -> None:
    text = (
        "ProxyPassInterpolateEnv On\nSetEnvIf X-In (.*) IN=$1\nProxyPass / http://w.test/\n"
        "ProxyPassReverse /${IN}/ http://w.test/ interpolate\n"
        "ProxyPassReverseCookiePath /w /${IN} interpolate\n"
    )
    found, _ = result_of(request_of(text, "/", "X-In: front"))
    assert isinstance(found, Route)
    assert [rule.path for rule in found.reverse if rule.interpolates] == ["/front/"]
    assert [rule.public for rule in found.settings.cookie_paths] == ["/front"]
    text = f"{REWRITING}RewriteRule ^/(.*)$ - [E=IN:$1]\n{text}"
    found, _ = result_of(request_of(text, "/a%0d%0aX:%20y"))
    assert isinstance(found, Route)
    assert [rule.path for rule in found.reverse if rule.interpolates] == ["/a X: y/"]
    assert [rule.public for rule in found.settings.cookie_paths] == ["/a X: y"]


# --- questions ------------------------------------------------------------------------------------

ASKS = f"{REWRITING}RewriteMap m prg:/bin/cat\nRewriteRule ^/sub/(.*)$ /${{m:$1}}\n"


def test_a_subrequest_may_wait_as_long_as_the_request_is_on_its_way() -> None:
    request = request_of(f"{ASKS}ProxyPass / http://w.test/\n", "/", x="y")
    assert request.may_ask("/sub/x")
    with pytest.raises(Unanswered):
        request.may_ask("/sub/z")
    _, request = result_of(request)
    assert request.may_ask("/sub/x")
    assert not request.may_ask("/sub/z")
