"""mod_headers on fields: actions, values, conditions, both tables, requests, early lines.

Beside apache2 the same is tried in `tests/peers/behaviour/headers*.py`.
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf.patterns.budget import NEW, OVER, WORK
from httpdlite.routes.headers import compile_request_edits, compile_response_edits
from httpdlite.routes.regex import given_up_line
from tests.routes.header_stand import (
    RICH,
    early,
    edited_answer,
    edited_request,
    request_of,
    scope_of,
    shown,
)

REST = ["Set-Cookie: a=1", "Content-Type: text/html"]


def success(*lines: str, answer: tuple[str, ...] = RICH, **more: object) -> list[str]:
    return shown(edited_answer(*lines, answer=answer, **more).success)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("set X-N v", [*RICH, "X-N: v"]),
        ("set X-A v", ["X-A: v", "X-B: two, three", *REST]),
        ("set x-b v", ["X-A: one", "X-B: v", "x-a: four", *REST]),
        ("setifempty X-N v", [*RICH, "X-N: v"]),
        ("setifempty x-B v", [*RICH]),
        ("append X-N v", [*RICH, "X-N: v"]),
        ("append x-a v", ["X-A: one, v", *RICH[1:]]),
        ("add x-b v", [*RICH, "x-b: v"]),
        ("merge X-B three", [*RICH]),
        ("merge X-B Three", ["X-A: one", "X-B: two, three, Three", *RICH[2:]]),
        ('merge X-B "two, three"', ["X-A: one", "X-B: two, three, two, three", *RICH[2:]]),
        ("merge X-N v", [*RICH, "X-N: v"]),
        ("unset X-A", ["X-B: two, three", *REST]),
        ("unset X-N", [*RICH]),
        ("echo ^X-", [*RICH, "X-Q: a"]),
        ("echo ^x-", [*RICH]),
        ("edit X-A o 0", ["X-B: two, three", *REST, "X-A: 0ne", "x-a: f0ur"]),
        ("edit X-N o 0", [*RICH]),
        ("edit X-B t T", ["X-A: one", "x-a: four", *REST, "X-B: Two, three"]),
        ("edit* X-B t T", ["X-A: one", "x-a: four", *REST, "X-B: Two, Three"]),
        ("edit* X-B ^t T", ["X-A: one", "x-a: four", *REST, "X-B: Two, three"]),
        ("edit* X-B ^[two]+,? T", ["X-A: one", "x-a: four", *REST, "X-B: T three"]),
        (
            r"edit X-B (t)(.) $2$1-$0-$7\$1",
            ["X-A: one", "x-a: four", *REST, "X-B: wt-tw-$1o, three"],
        ),
    ],
)
def test_actions(line: str, fields: list[str]) -> None:
    assert success(f"Header {line}") == fields


def test_values_in_quotes_are_one_member() -> None:
    answer = ('X-B: "a, b" , c',)
    assert success("Header merge X-B b", answer=answer) == ['X-B: "a, b" , c, b']
    assert success("Header merge X-B c", answer=answer) == list(answer)
    assert success("Header merge X-B '\"a'", answer=('X-B: "a',)) == ['X-B: "a']


def test_lines_are_carried_out_in_order() -> None:
    lines = ["Header add X-N a", "Header append X-N b", "Header add x-n c", "Header edit X-N . Q"]
    assert success(*lines) == [*RICH, "X-N: Q, b", "x-n: Q"]


def test_a_match_of_nothing_ends_an_edit() -> None:
    """The child of httpd dies of these."""
    assert success('Header edit* X-B "" Q')[-1] == "X-B: Qtwo, three"
    assert success("Header edit* X-B $ Q")[-1] == "X-B: two, threeQ"
    assert success("Header edit* X-B .* Q")[-1] == "X-B: QQ"
    assert success("Header edit X-B z* Q")[-1] == "X-B: Qtwo, three"


def test_both_tables() -> None:
    made = edited_answer(
        "Header always append X-A v", "Header append X-A w", "Header always echo ^X-Q"
    )
    assert shown(made.always) == ["X-A: v"]
    assert shown(made.success) == ["X-A: one, w", *RICH[1:], "X-Q: a"]


def test_a_page_for_an_error_has_only_what_is_always_there() -> None:
    made = edited_answer(
        *("Header always set Location /y", "Header always edit Location / //", "Header set X w"),
        answer=["Location: /x"],
        status=302,
        is_error=True,
    )
    assert (shown(made.always), shown(made.success)) == (["Location: //y"], ["Location: /x"])


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("set content-type a/b", b"a/b"),
        ("always set Content-Type a/b", b"a/b"),
        ("setifempty Content-Type a/b", b"text/html"),
        ("always setifempty Content-Type a/b", b"a/b"),
        ("append Content-Type a/b", b"text/html"),
        ("add Content-Type a/b", b"text/html"),
        ("merge Content-Type a/b", b"text/html"),
        ("edit* Content-Type t T", b"TexT/hTml"),
        ("always edit Content-Type html plain", b"text/plain"),
        ("unset Content-Type", None),
        ("always unset Content-Type", None),
    ],
)
def test_the_type(line: str, kind: bytes | None) -> None:
    assert edited_answer(f"Header {line}").content_type == kind


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("%{A}e|%{a}e|%{b}e", "x|x|(null)"),
        ("%{SSL_PROTOCOL}s", "(null)"),
        ("%{remote_addr}s|%{REQUEST_METHOD}s", "192.0.2.7|GET"),
        ("%{HTTP:X-Q}s|%{HTTP:none}s|%{ENV:A}s|%{SERVER_ADDR}s", "a|(null)|x|(null)"),
        ("%D", "D=250000"),
        ("%t", "t=1000000000"),
        ("%i %b", "i=100 b=0"),
        ("100%%", "100%"),
        ("expr=%{REQUEST_METHOD} %{HTTP:X-Q}", "GET a"),
        ("expr=%{resp:X-B}|%{resp:X-N}", "two, three|"),
        ("expr=%{CONTENT_TYPE} %{REQUEST_STATUS}", "text/html 200"),
        ("expr=%{unbase64:YQ0KYg==}", "a b"),
        ("expr=%{unbase64:DQpYOiB5DQo=}", "X: y"),
        ("é", "\xc3\xa9"),
    ],
)
def test_values(value: str, text: str) -> None:
    request = request_of("X-Q: a", environment={"a": "x"})
    assert success(f'Header set X-N "{value}"', request=request)[-1] == f"X-N: {text}"


def test_the_load() -> None:
    (line,) = success("Header set X-N %l", answer=())
    assert re.fullmatch(r"X-N: l=\d+\.\d\d/\d+\.\d\d/\d+\.\d\d", line)


@pytest.mark.parametrize(
    ("clause", "holds"),
    [
        ("env=a", True),
        ("env=A", True),
        ("env=!a", False),
        ("env=b", False),
        ("env=!b", True),
        ("expr=%{REQUEST_METHOD} == 'GET'", True),
        ("expr=%{resp:X-A} == 'two'", False),
        ("expr=file('/nowhere') == 'x'", True),
    ],
)
def test_conditions(clause: str, *, holds: bool) -> None:
    request = request_of(environment={"a": ""})
    lines = success(f'Header set X-N v "{clause}"', request=request)
    assert ("X-N: v" in lines) is holds


def test_what_a_condition_looks_at_goes_to_vary() -> None:
    lines = success("Header set X-N v \"expr=%{HTTP:X-Q} == 'z'\"", answer=("Vary: A",))
    assert lines == ["Vary: A, X-Q"]
    assert success('Header set X-N "expr=%{HTTP:X-Q}"', answer=()) == ["X-N: a"]


def test_a_failure_is_logged_in_two_lines() -> None:
    request = request_of()
    assert success('Header set X-N "expr=%{file:/nowhere}"', answer=(), request=request) == [
        "X-N: "
    ]
    success("Header set X-N v \"expr=file('/nowhere') == 'x'\"", request=request)
    said = [(line.module, line.level, line.code, line.text) for line in request.lines]
    place = "Evaluation of expression from /httpd.conf:2 failed: Cannot open file /nowhere"
    assert said == [
        ("headers", 3, "", place),
        ("headers", 3, "AH02557", "Can't evaluate value expression: Cannot open file /nowhere"),
        ("headers", 3, "", place),
        (
            "headers",
            3,
            "AH01501",
            "Failed to evaluate expression (Cannot open file /nowhere) - ignoring",
        ),
    ]


def test_a_note() -> None:
    request = request_of()
    lines = ["Header note X-B Seen", 'Header set X-N "expr=%{note:seen}"']
    assert success(*lines, request=request)[-1] == "X-N: two, three"
    assert request.notes == {"seen": "two, three"}
    success("Header note X-Z seen", request=request)
    assert request.notes == {}


# --- requests -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ("set X-N v", ["X-Q: a, b", "Accept: c", "X-N: v"]),
        ("set x-q v", ["X-Q: v", "Accept: c"]),
        ("add x-q v", ["X-Q: a, b", "Accept: c", "x-q: v"]),
        ("append X-Q v", ["X-Q: a, b, v", "Accept: c"]),
        ("merge X-Q b", ["X-Q: a, b", "Accept: c"]),
        ("unset X-Q", ["Accept: c"]),
        ("edit* X-Q . <$0>", ["Accept: c", "X-Q: <a><,>< ><b>"]),
        ('set X-N "expr=%{HTTP:X-Q}"', ["X-Q: a, b", "Accept: c", "X-N: a, b"]),
        ("set Expect x", ["X-Q: a, b", "Accept: c"]),
        ("set X-N v early", ["X-Q: a, b", "Accept: c"]),
    ],
)
def test_requests(line: str, fields: list[str]) -> None:
    request = request_of("X-Q: a", "Accept: c", "X-Q: b")
    assert edited_request(request, f"RequestHeader {line}", "RequestHeader unset Nothing") == fields


def test_the_first_of_fields_that_were_added_counts() -> None:
    request = request_of("X-Q: a")
    edited_request(request, "RequestHeader add x-q b", 'RequestHeader set X-N "expr=%{HTTP:X-Q}"')
    assert request.head.get(b"x-q") == b"a"
    assert request.head.get(b"x-n") == b"a"


def test_an_edit_sees_those_before_it() -> None:
    lines = ["RequestHeader set X-N a", 'RequestHeader set X-M "expr=[%{req:X-N}]"']
    assert edited_request(request_of(), *lines) == ["X-N: a", "X-M: [a]"]


def test_what_may_change() -> None:
    edits = compile_request_edits(scope_of("RequestHeader unset Upgrade", "RequestHeader set A b"))
    assert edits is not None
    assert edits.touches == {b"upgrade", b"a"}
    assert compile_request_edits(scope_of("RequestHeader set Expect x")) is None
    assert compile_response_edits(scope_of("Header set A b early")) is None


def test_the_same_again_is_not_worked_out_again() -> None:
    edits = compile_request_edits(
        scope_of("RequestHeader set X-N %{v}e", "RequestHeader unset X-Q")
    )
    assert edits is not None
    request = request_of("X-Q: a")
    before = request.head.save()
    made = []
    for value in ("1", "1", "2", "1"):
        request.head.restore(before)
        request.environment["v"] = value
        edits.apply(request, request.head)
        assert shown(request.head.lines) == ["Host: a.test", f"X-N: {value}"]
        made.append(request.head.save())
    assert made[0] is made[1]


# --- early ----------------------------------------------------------------------------------------


def test_early_lines_change_the_request_and_wait_for_the_answer() -> None:
    request = request_of("X-Q: a")
    lines = ["Header set A 1 early", "Header always set B 2 early", "Header set C 3"]
    early(request, *lines, "RequestHeader set X-Q b early", "RequestHeader set X-Q c")
    assert [*request.fields, *request.error_fields] == [(b"A", b"1"), (b"B", b"2")]
    assert request.head.get(b"x-q") == b"b"
    assert request.answer is None


# --- hostile --------------------------------------------------------------------------------------

LINES = (
    "Header set X-N %{v}e",
    "Header append X-A expr=%{HTTP:X-Q}",
    'Header edit X-B "(.*)" "$1%{v}e$1"',
    "Header edit* X-A [a-z] %{v}e",
    "Header merge Set-Cookie %{v}e",
    "Header echo .",
    "Header set Y expr=%{unbase64:%{HTTP:X-Q}}%{env:v}",
    "Header always add %s %%",
)
VALUES = st.text(st.characters(max_codepoint=255), max_size=30)


@given(VALUES, VALUES, st.permutations(LINES[:-1]))
def test_no_line_of_an_answer_can_be_made_two(value: str, sent: str, lines: list[str]) -> None:
    clean = re.sub(r"[\x00-\x08\x0a-\x1f\x7f]", "", sent).strip(" \t")
    request = request_of(f"X-Q: {clean}", environment={"v": value})
    made = edited_answer(*lines, request=request)
    for line in (*made.always, *made.success):
        name, text = line[1]
        assert re.fullmatch(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", name)
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", text)
        assert line[2] == b"%b: %b\r\n" % (name, text)


def test_a_pattern_that_would_take_forever_changes_nothing() -> None:
    value = "X-N: " + "a" * 7000 + "b"
    assert success('Header edit X-N "^(a+)+$" x', answer=(value,)) == [value]


def test_edits_have_a_part_in_what_a_request_may_cost() -> None:
    WORK.state = NEW
    try:
        first = edited_request(request_of(f"X-A: {'a' * 4000}"), "RequestHeader edit* X-A a b")
        assert first == [f"X-A: {'b' * 4000}"]
        assert given_up_line() is None
        value = "a" * 8000
        lines = [f"RequestHeader edit* X-{number} a b" for number in range(9)]
        fields = [f"X-{number}: {value}" for number in range(9)]
        found = edited_request(request_of(*fields), *lines)
        assert given_up_line() is not None
        assert "a" not in found[0]
        assert found[8].count("a") > 7000
        assert [len(line) for line in found] == [len(line) for line in fields]
    finally:
        WORK.state = OVER
    assert edited_request(request_of(*fields), *lines)[8].count("a") == 0


def test_what_was_not_carried_out_is_not_remembered() -> None:
    request, line = request_of("X-A: aa"), r"RequestHeader edit X-A (a)\1 b"
    edits = compile_request_edits(scope_of(line))
    assert edits is not None
    before = request.head.save()
    WORK.state = NEW
    try:
        while WORK.count(100):
            pass
        edits.apply(request, request.head)
        assert given_up_line() is not None
        assert shown(request.head.lines)[1:] == ["X-A: aa"]
    finally:
        WORK.state = OVER
    request.head.restore(before)
    edits.apply(request, request.head)
    assert shown(request.head.lines)[1:] == ["X-A: b"]
