"""Expressions as httpd 2.4.71 evaluates them: the table of values, groups, Vary, errors, depth."""

import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest

from httpdlite.conf.expressions.parser import parse_condition, parse_string
from httpdlite.conf.patterns import ForeignRegex
from httpdlite.routes.expressions import (
    CannotCompile,
    EvaluationError,
    Outcome,
    View,
    compile_condition,
    compile_outcome,
    compile_text,
)
from tests.routes.expression_stand import (
    STANDARD,
    Request,
    evaluate,
    make_files,
    read_cases,
    real_files,
)

SSL = frozenset({"ssl_module"})
HEALTH_CHECKS = frozenset({"proxy_hcheck_module"})


def test_the_table_of_values(tmp_path: Path) -> None:
    make_files(tmp_path)
    outside = real_files()
    request = Request(STANDARD)
    cases = read_cases(tmp_path)
    given = {case.text: evaluate(case, request, outside) for case in cases}
    assert given == {case.text: case.expected for case in cases}
    assert len(cases) > 150


def outcome(text: str, view: View | None = None) -> Outcome:
    return compile_outcome(parse_condition(text))(view or Request(STANDARD))


def test_a_tree_holds_texts_and_nothing_of_the_parser(tmp_path: Path) -> None:
    """Its tokens look like texts, but two of different kinds are never equal."""
    for case in read_cases(tmp_path):
        tree = (parse_string if case.is_value else parse_condition)(case.text)
        assert b"lark" not in pickle.dumps(tree)


# --- groups ---------------------------------------------------------------------------------------


def test_the_groups_of_the_last_pattern_with_groups_go_on() -> None:
    found = outcome("%{REQUEST_URI} =~ m#^/(d)ir/(.)# && 'x' =~ /x/")
    assert found.holds
    assert found.groups is not None
    assert [found.groups(number) for number in range(3)] == ["/dir/a", "d", "a"]


@pytest.mark.parametrize(
    "text",
    ["'abc' =~ /b/", "'a' =~ /(a)/ && !('a' =~ /(b)/)", "'a' !~ /(b)/", "true || 'a' =~ /(a)/"],
)
def test_there_are_no_groups(text: str) -> None:
    assert outcome(text) == Outcome(True, None, ())


def test_an_evaluation_knows_no_groups_of_the_one_before() -> None:
    holds = compile_condition(parse_condition("$1 == 'b' || ('%{HTTP:x-name}' =~ /(b)/ && false)"))
    request = Request(STANDARD)
    request.fields[b"x-name"] = b"b"
    assert not holds(request)
    assert not holds(request)


# --- Vary -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("%{HTTP_REFERER} == 'x' || %{HTTP:X-a} == '' || req('B') == ''", ("Referer", "X-a")),
        ("%{HTTP_HOST} == 'x' || %{HTTP:host} == 'x'", ()),
        ("req_novary('X-a') == ''", ()),
        ("%{HTTP:X-a} == %{HTTP:X-a}", ("X-a", "X-a")),
        ("%{HTTP:%{HTTP:X-Name}} != ''", ("X-Name", "x-two")),
        ("true", ()),
    ],
)
def test_what_vary_must_name(text: str, fields: tuple[str, ...]) -> None:
    assert outcome(text).vary == fields


# --- what has no value ----------------------------------------------------------------------------


def test_why_an_expression_has_no_value(tmp_path: Path) -> None:
    make_files(tmp_path)
    reasons = {
        f"file('{tmp_path}/nothing') == ''": f"Cannot open file {tmp_path}/nothing",
        f"file('{tmp_path}') == ''": f"Cannot read from file {tmp_path}",
        f"file('{tmp_path}/large') == ''": f"File {tmp_path}/large too large",
        "tolower(" * 19 + "'a'" + ")" * 19 + " == 'a'": "Recursion limit reached",
    }
    for text, reason in reasons.items():
        holds = compile_condition(parse_condition(text), real_files())
        with pytest.raises(EvaluationError) as why:
            holds(Request(STANDARD))
        assert str(why.value) == reason


def test_without_files_there_are_none(tmp_path: Path) -> None:
    make_files(tmp_path)
    assert not compile_condition(parse_condition(f"-e '{tmp_path}/one'"))(Request(STANDARD))
    with pytest.raises(EvaluationError):
        compile_text(parse_string(f"%{{file:{tmp_path}/one}}"))(Request(STANDARD))


@pytest.mark.parametrize(
    ("text", "modules", "name"),
    [
        ("'a' in PeerExtList('1.2.3')", SSL, "PeerExtList()"),
        ("%{HC_BODY} == 'a'", HEALTH_CHECKS, "%{HC_BODY}"),
        ("hc('body') =~ /a/", HEALTH_CHECKS, "hc()"),
    ],
)
def test_what_is_not_done_is_said_before_any_request(
    text: str, modules: frozenset[str], name: str
) -> None:
    with pytest.raises(CannotCompile, match="^" + name.replace("(", r"\(").replace(")", r"\)")):
        compile_condition(parse_condition(text, modules))


def test_a_pattern_that_python_has_not() -> None:
    assert compile_condition(parse_condition(r"'a1' =~ /^(\p{L})\d$/ && $1 == 'a'"))(
        Request(STANDARD)
    )
    assert not compile_condition(parse_condition(r"'11' =~ /^(\p{L})\d$/"))(Request(STANDARD))
    with pytest.raises(ForeignRegex):
        compile_condition(parse_condition(r"'a' =~ /[\p{Lu}]/i"))


def test_a_search_that_is_given_up_finds_nothing() -> None:
    text = "a" * 50
    assert not compile_condition(parse_condition(f"'{text}!' =~ /^(a+)+$/"))(Request(STANDARD))
    assert compile_condition(parse_condition(f"'{text}!' !~ /^(a+)+$/"))(Request(STANDARD))


# --- what a view answers --------------------------------------------------------------------------


class Bare(View):
    """A view that knows what every view must know."""

    method = "GET"
    path = "/"
    query = None
    request_line = None
    protocol = "HTTP/1.1"
    client_ip = "::1"
    client_port = 1
    self_name = "[::1]"
    self_port = 80
    banner = "Apache"
    now = 0.0

    def request_field(self, key: bytes) -> bytes | None:
        return None


def test_what_is_not_known_is_empty() -> None:
    names = """
        AUTH_TYPE CONN_LOG_ID CONTENT_TYPE CONTEXT_DOCUMENT_ROOT CONTEXT_PREFIX DOCUMENT_ROOT
        HANDLER HTTP_HOST PATH_INFO QUERY_STRING REMOTE_IDENT REMOTE_USER REQUEST_FILENAME
        REQUEST_LOG_ID SCRIPT_FILENAME SCRIPT_GROUP SCRIPT_USER SERVER_ADMIN THE_REQUEST"""
    calls = "HTTP:a resp:a reqenv:a env:a note:a osenv:a SSL:a".split()
    empty = "".join(f"%{{{name}}}" for name in [*names.split(), *calls])
    assert compile_text(parse_string(f"[{empty}%{{SSL_PROTOCOL}}]", SSL))(Bare()) == "[]"


@pytest.mark.parametrize(
    ("ip", "expected"), [("::1", "on"), ("10.0.0.1", "off"), ("::ffff:10.0.0.1", "off")]
)
def test_ipv6_is_asked_of_the_connection(ip: str, expected: str) -> None:
    request = Request(STANDARD)
    request.client_ip = ip
    assert compile_text(parse_string("%{IPV6}"))(request) == expected


class Behind(Request):
    """A request behind a proxy, over TLS, within a subrequest."""

    scheme = "https"
    is_secure = True
    connection_ip = "10.9.9.9"
    client_name = "client.test"
    notes: Mapping[str, str] | None = {"noted": "a note", "set": "of the notes"}
    environment: Mapping[str, str] | None = {"set": "of the request", "document_uri": "/main"}
    context_prefix = "/alias"
    context_root = "/srv/alias"
    is_subrequest = True

    def __init__(self) -> None:
        super().__init__(STANDARD)
        self.asked: list[str] = []

    def ssl(self, name: str) -> str | None:
        return f"<{name}>"

    def may_ask(self, url: str) -> bool:
        self.asked.append(url)
        return url == "/yes"

    def may_open(self, filename: str) -> bool:
        self.asked.append(filename)
        return filename == "/srv/yes"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%{REQUEST_SCHEME} %{HTTPS} %{IS_SUBREQ}", "https on true"),
        ("%{CONN_REMOTE_ADDR} %{REMOTE_ADDR} %{REMOTE_HOST}", "10.9.9.9 127.0.0.1 client.test"),
        ("%{note:Noted} %{env:Noted} %{env:SET}", "a note a note of the notes"),
        ("%{reqenv:SET} %{reqenv:noted}", "of the request "),
        ("%{DOCUMENT_URI} %{CONTEXT_PREFIX} %{CONTEXT_DOCUMENT_ROOT}", "/main /alias /srv/alias"),
        ("%{SSL_PROTOCOL} %{SSL:SSL_CIPHER}", "<SSL_PROTOCOL> <SSL_CIPHER>"),
    ],
)
def test_what_a_view_knows(text: str, expected: str) -> None:
    assert compile_text(parse_string(text, SSL))(Behind()) == expected


def test_other_requests_are_asked_of_the_view() -> None:
    view = Behind()
    text = "-U '/yes' && ! -A '/no' && -F '/srv/yes' && ! -F '%{REQUEST_METHOD}'"
    assert compile_condition(parse_condition(text))(view)
    assert view.asked == ["/yes", "/no", "/srv/yes", "GET"]


# --- depth ----------------------------------------------------------------------------------------


def test_a_condition_may_go_on_for_long_at_its_end() -> None:
    text = "(true && (false || " * 1200 + "true" + "))" * 1200
    assert compile_condition(parse_condition(text))(Request(STANDARD))


def test_what_is_too_deep_is_not_even_compiled() -> None:
    text = "tolower(" * 2000 + "'a'" + ")" * 2000 + " == 'a'"
    with pytest.raises(EvaluationError, match="Recursion limit reached"):
        compile_condition(parse_condition(text))(Request(STANDARD))
    assert compile_condition(parse_condition("true || " + text))(Request(STANDARD))


def test_long_chains_of_texts_have_a_value() -> None:
    """Where httpd gives up at 19 of them (words, rule 4)."""
    text = " . ".join(["'a%{REQUEST_METHOD}'"] * 30)
    assert compile_condition(parse_condition(f"{text} == '{'aGET' * 30}'"))(Request(STANDARD))
