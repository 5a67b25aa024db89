"""Expressions: what they say, what is refused with which words, and what they cost."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf.expressions.parser import (
    BadExpression,
    parse_condition,
    parse_ssl_require,
    parse_string,
)
from httpdlite.conf.expressions.tree import (
    And,
    BackReference,
    BinaryTest,
    Call,
    Compare,
    Concat,
    Condition,
    Constant,
    Contained,
    ListCall,
    Match,
    Not,
    Number,
    Or,
    Pattern,
    Text,
    UnaryTest,
    Variable,
    Word,
)
from tests.conf.expressions.cases import Case, make_condition, read_cases, said

A, B, C = Text("a"), Text("b"), Text("c")
YES, NO = Constant(value=True), Constant(value=False)
HOST = Variable("HTTP_HOST")
PIECES = [
    *["'", '"', "%{", "}", ":", "$1", "\\", "(", ")", "{", ",", "/", "m#", "#", "a", "1", " ", "é"],
    *["-R", "-in", "=~", "==", "&&", "!", ".", "HTTP", "tolower", "true", "\\400", "\udce9", "i"],
]


def verdict(text: str, *, value: bool = False) -> BadExpression | None:
    try:
        (parse_string if value else parse_condition)(text)
    except BadExpression as why:
        return why
    return None


def refusal(text: str, *, value: bool = False) -> BadExpression:
    why = verdict(text, value=value)
    assert why is not None
    return why


@pytest.mark.parametrize("case", read_cases(), ids=lambda case: str(case.text))
def test_corpus(case: Case) -> None:
    assert said(case) == case.message


@pytest.mark.parametrize(
    "text,condition",
    [
        ("true", YES),
        ("!true", Not(YES)),
        ("!!true", YES),
        ("true || false || true", Or((YES, NO, YES))),
        ("true && false and true", And((YES, NO, YES))),
        ("true || false && true", Or((YES, And((NO, YES))))),
        ("!true && false", And((Not(YES), NO))),
        ("(true || false) and true", And((Or((YES, NO)), YES))),
        ("'a' = 'b'", Compare("eq", A, B)),
        ("'a' <= \"b\"", Compare("le", A, B)),
        ("'a' -lt -12", Compare("lt", A, Number("-12"), numbers=True)),
        ("'a' ge 'b'", Compare("ge", A, B, numbers=True)),
        ("'a' . 'b' == 'c'", Compare("eq", Concat((A, B)), C)),
        ("'a' . 'b' . $2 == ''", Compare("eq", Concat((A, B, BackReference(2))), Text(""))),
        ("'a' =~ m#b/c#i", Match(A, Pattern("b/c", any_case=True))),
        ("'a' !~ /b\\.c/", Match(A, Pattern("b\\.c"), negated=True)),
        ("'a' in {'b', 'c'}", Contained(A, (B, C))),
        ("-n %{http_host}", UnaryTest("n", HOST)),
        ("'a' -StrMatch 'b'", BinaryTest("strmatch", A, B)),
        ("'a%{HTTP_HOST}$1b' == 'a'", Compare("eq", Concat((A, HOST, BackReference(1), B)), A)),
        ("ToLower('a') == 'b'", Compare("eq", Call("tolower", A), B)),
        ("%{HTTP:a%{HTTP_HOST}} == 'b'", Compare("eq", Call("http", Concat((A, HOST))), B)),
        (r"'\101\n\q\'\0x' == '\303'", Compare("eq", Text("A\nq'"), Text("\udcc3"))),
        ("-R '10.'", UnaryTest("R", Text("10."))),
    ],
)
def test_conditions(text: str, condition: Condition) -> None:
    assert parse_condition(text) == condition


@pytest.mark.parametrize(
    "text,word",
    [
        ("", Text("")),
        ("a", A),
        ("%{HTTP_HOST}", HOST),
        ("a%{HTTP_HOST}b", Concat((A, HOST, B))),
        ('it\'s 5 % "x"', Text('it\'s 5 % "x"')),
        ("$1$2", Concat((BackReference(1), BackReference(2)))),
        ("%{env:b}", Call("env", B)),
    ],
)
def test_values(text: str, word: Word) -> None:
    assert parse_string(text) == word


def test_names_come_with_modules() -> None:
    listed = Contained(A, ListCall("PeerExtList", B))
    assert parse_condition("'a' in peerextlist('b')", {"ssl_module"}) == listed
    assert parse_ssl_require("%{ssl_protocol} == 'a'") == Compare("eq", Variable("SSL_PROTOCOL"), A)
    assert refusal("%{SSL_PROTOCOL} == ''").message == "Variable 'SSL_PROTOCOL' does not exist"


@pytest.mark.parametrize(
    "text,place",
    [
        ("true || ( 'a' == 'b' #", (21, 22)),
        ("true &&", (7, 7)),
        ("'a' == %{HTTP:b", (15, 15)),
        ("%{X} == 'a'", (2, 3)),
        ("'a' == none('b')", (7, 11)),
        ("true && -X 'b'", (8, 10)),
        ("true && -R 'b'", (8, 10)),
        ("'a' =~ /(/ || true", (7, 10)),
    ],
)
def test_a_refusal_knows_its_place(text: str, place: tuple[int, int]) -> None:
    why = refusal(text)
    assert (why.start, why.end) == place


def test_where_the_scanner_of_httpd_gives_up() -> None:
    assert refusal("%{HTTP:a\"b} == ''").jammed
    assert refusal("a\\", value=True).jammed
    assert not refusal("'a").jammed


def test_bytes_are_what_is_counted_and_shown() -> None:
    assert refusal("é").message == "Parse error near '\udcc3'"
    assert parse_string("é" * 4095 + "x") == Text("é" * 4095 + "x")
    assert refusal("é" * 4096, value=True).message == "String too long"


@pytest.mark.parametrize(
    "taken,refused",
    [
        ("!" * 9996 + "true", "!" * 9997 + "true"),
        ("(" * 9995 + "true" + ")" * 9995, "(" * 9997 + "true" + ")" * 9997),
        ("true && " * 4998 + "true", "true && " * 4999 + "true"),
        ("true || " * 4998 + "true", "true || " * 4999 + "true"),
        ("'a' . " * 4997 + "'a' == 'a'", "'a' . " * 4998 + "'a' == 'a'"),
        ("tolower(" * 4997 + "'a'" + ")" * 4997 + "==1", "tolower(" * 4998 + "1" + ")" * 4998),
    ],
    ids=["not", "parentheses", "and", "or", "concatenation", "functions"],
)
def test_what_is_open_is_bounded_as_in_httpd(taken: str, refused: str) -> None:
    parse_condition(taken)
    assert refusal(refused).message == "memory exhausted"


def test_lists_and_strings_are_not_bounded() -> None:
    listed = parse_condition("'a' in {" + "'b'," * 20000 + "'c'}")
    assert isinstance(listed, Contained)
    assert isinstance(listed.among, tuple)
    assert len(listed.among) == 20001
    value = parse_string("%{HTTP_HOST}" * 20000)
    assert isinstance(value, Concat)
    assert len(value.parts) == 20000


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
@pytest.mark.parametrize("value", [False, True])
def test_any_text_is_taken_or_refused_at_a_place_of_it(value: bool, text: str) -> None:
    why = verdict(text, value=value)
    if why is not None:
        assert why.message
        assert 0 <= why.start <= why.end <= len(text)


@given(st.randoms(use_true_random=False))
def test_conditions_stay_right_within_others(random: Random) -> None:
    text = make_condition(random)
    if said(Case(text, None)) is None:
        assert parse_condition(f"({text})") == parse_condition(text)
        assert verdict(f"true || !({text})") is None
