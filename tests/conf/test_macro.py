"""Macros: what comes out of them, what httpd says of them, and where that points.

What httpd does with many more of them is compared with httpd itself in peers/test_read_phase.py.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf import macro
from httpdlite.conf.directives import core
from httpdlite.diagnostics import Diagnostic, render_text
from tests.conf.reading import codes, errors, read, verdict

BY_NAME = "<Macro Named $name>\n\nServerName $name\n</Macro>\n"


def only(found: list[Diagnostic]) -> Diagnostic:
    (one,) = found
    return one


def test_a_use_brings_the_lines_with_the_values_in_them() -> None:
    reading = read(f"{BY_NAME}Use named a.example\n", preamble="")
    assert errors(reading) == []
    assert reading.tree.main.scope[core.SERVER_NAME].name == "a.example"


def test_vhosts_out_of_a_macro() -> None:
    text = "<Macro V $n>\n<VirtualHost *:80>\nServerName $n\n</VirtualHost>\n</Macro>\n"
    reading = read(f"{text}Use V a\nUse V b\n")
    assert [vhost.own[core.SERVER_NAME].name for vhost in reading.tree.vhosts] == ["a", "b"]


def test_an_error_points_at_the_body_and_says_where_it_is_used() -> None:
    reading = read(f"{BY_NAME}# c\nUse Named *.a\n")
    place = """line 2 of macro 'named' (defined on line 1 of "/root/httpd.conf") """
    assert verdict(reading) == [
        f'AH00526: Syntax error on {place}used on line 6 of "/root/httpd.conf":',
        'Invalid ServerName "*.a" use ServerAlias to set multiple server names.',
    ]
    span = only(errors(reading)).span
    assert span is not None
    assert (span.file, span.line, span.column, span.end_column) == ("/root/httpd.conf", 3, 12, 17)
    assert [(use.line, use.column) for use in span.uses()] == [(6, 1)]
    text = render_text(reading.diagnostics, reading.source_line)
    assert "Use Named *.a" in text
    assert "ServerName $name" in text


def test_an_error_in_a_macro_of_a_macro_knows_both_uses() -> None:
    text = "<Macro In>\nFoo\n</Macro>\n<Macro Out>\nUse In\n</Macro>\nUse Out\n"
    span = only(errors(read(text))).span
    assert span is not None
    assert [use.line for use in (span, *span.uses())] == [2, 5, 7]


def test_a_read_error_in_a_macro_of_an_included_file_names_the_include() -> None:
    files = {"x.inc": "<Macro A>\n</Foo>\n</Macro>\nUse A\n"}
    (line,) = verdict(read("\nInclude x.inc\n", files))
    assert line.startswith(
        "httpdlite: Syntax error on line 2 of /root/httpd.conf: "
        "Syntax error on line 1 of macro 'a' (defined on line 1 of \"/root/x.inc\") "
    )


@pytest.mark.parametrize(
    "parameters,body,values,message",
    [
        ("$x", "$x%x", "1", "1%x"),
        ("$a $ab", "$ab$a", "1 2", "21"),
        ("$x", "$x$x", "'a b'", "a ba b"),
        ("@x", "@x", r"""'a"b\c'""", r'"a\"b\\c"'),
        ("$x $y", "$x", "$y 1", "$y"),
        ("$x", "a$x c", r"b\c", r"ab\c c"),
        ("plain", "plainly", "X", "Xly"),
    ],
)
def test_substitution(parameters: str, body: str, values: str, message: str) -> None:
    reading = read(f"<Macro A {parameters}>\nError [{body}]\n</Macro>\nUse A {values}\n")
    assert only(errors(reading)).message == f"[{message}]"


def test_the_end_of_what_an_at_parameter_quotes_is_searched_again() -> None:
    reading = read('<Macro A @x $y>\nError @x\n</Macro>\nUse A p"$y q\n')
    assert only(errors(reading)).message == 'p\\"q'


def test_a_value_may_bring_a_comment_or_join_lines() -> None:
    text = "<Macro A $x>\n$x Foo\nError y\n</Macro>\nUse A "
    assert only(errors(read(f"{text}#\n"))).message == "y"
    reading = read(f"{text}'Error z\\\\'\n".replace("$x Foo", "$x"))
    assert only(errors(reading)).message == "zError y"


def test_what_the_last_line_joins_is_the_line_after_the_use() -> None:
    reading = read("<Macro A $x>\nError $x\n</Macro>\nUse A b\\\\ \nfoo\n")
    found = only(errors(reading))
    assert found.message == "bfoo"
    assert found.apache_line == 5


@pytest.mark.parametrize("text", ["<IfDefine X>\n", "<Location /a>\n", "Error \\\n"])
def test_httpd_loses_a_last_line_without_an_end_right_after_a_use(text: str) -> None:
    start = "<Macro A>\nServerAdmin x\n</Macro>\n"
    reading = read(f"{start}Use A\nFoo")
    assert codes(reading) == ["lost-line"]
    assert codes(read(f"{start}Use A\nFoo\n")) == ["unknown-directive"]
    assert codes(read(f"{start}Use A\n\nFoo")) == ["unknown-directive"]
    assert codes(read(f"{start}Use A\n{text}Foo")).count("lost-line") == (text[-2] == "\\")


@pytest.mark.parametrize(
    "text,code,line",
    [
        ("Use a\n", "unknown-macro", 1),
        (f"{BY_NAME}Use other\n", "unknown-macro", 5),
        (f"{BY_NAME}Use named\n", "macro-arguments", 5),
        (f"{BY_NAME}Use\n", "wrong-arity", 5),
        (f"{BY_NAME}UndefMacro NAMED\nUse named a\n", "unknown-macro", 6),
        (f"{BY_NAME}UndefMacro other\n", "unknown-macro", 5),
        ("UndefMacro a\n", "unknown-macro", 1),
        ("<Macro a $x $x>\nServerName $x\n</Macro>\nUse a 1 1\n", "wrong-macro", 1),
        ('<Macro a "">\nFoo\n</Macro>\n', "wrong-macro", 1),
        ("<Macro>\nFoo\n</Macro>\n", "wrong-macro", 1),
        ("<Macro a\nFoo\n</Macro>\n", "bad-tag", 1),
        ("<Macro a>\nFoo\n", "unclosed-section", 1),
    ],
)
def test_one_mistake_is_one_error(text: str, code: str, line: int) -> None:
    found = only(errors(read(text)))
    assert (found.code, found.apache_line) == (code, line)


def test_recursion_ends() -> None:
    text = "<Macro a>\nUse b\n</Macro>\n<Macro b>\nUse a\n</Macro>\nUse a\n"
    assert [found.code for found in errors(read(text))] == ["macro-recursion"]


def test_macros_that_double_end_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(macro, "MOST_LINES", 100)
    names = [f"<Macro m{n}>\nUse m{n + 1}\nUse m{n + 1}\n</Macro>\n" for n in range(30)]
    reading = read("".join(names) + "<Macro m30>\nServerAdmin x\n</Macro>\nUse m0\n")
    assert "macro-too-large" in {found.code for found in errors(reading)}
    assert len(reading.diagnostics) < 100


@pytest.mark.parametrize(
    "text,number",
    [
        ("<Macro a>\n</Macro>\n", "AH02799"),
        ("<Macro a $x>\nServerAdmin y\n</Macro>\n", "AH02800"),
        ("<Macro a>\n<If true>\n</Macro>\n", "AH02795"),
        ("<Macro $a>\nServerAdmin y\n</Macro>\n", "AH02803"),
        ("<Macro a x>\nServerAdmin x\n</Macro>\n", "AH02796"),
        ("<Macro a $x $xy>\nServerAdmin $x$xy\n</Macro>\n", "AH02797"),
        ("<Macro a $x>\nServerAdmin y$x\n</Macro>\nUse a ''\n", "AH02798"),
        ("<Macro a /odd $x>\nServerAdmin y$x\n</Macro>\n", "AH02804"),
        ("<Macro a> b\nServerAdmin y\n</Macro>\n", "AH02989: AH02801"),
        ("<Macro a>\nServerAdmin y\n</Macro> b\n", "AH02989: AH02794"),
        (f"{BY_NAME}{BY_NAME}", "AH02802"),
    ],
)
def test_warnings_have_httpds_number(text: str, number: str) -> None:
    found = only(list(read(text).diagnostics))
    assert found.logged == "macro:warn"
    assert found.message.startswith(f"{number}: ")


@pytest.mark.parametrize(
    "text",
    [
        "MacroIgnoreBadNesting\n<Macro a>\n<If true>\n</Macro>\n",
        "<Macro a /IgnoreBadNesting>\n<If true>\n</Macro>\n",
        "MacroIgnoreEmptyArgs\n<Macro a $x>\nServerAdmin y$x\n</Macro>\nUse a ''\n",
        "<Macro a /ignoreemptyargs $x>\nServerAdmin y$x\n</Macro>\nUse a ''\n",
    ],
)
def test_warnings_that_are_not_wanted(text: str) -> None:
    assert codes(read(text)) == []


def test_a_body_is_not_looked_at_before_it_is_used() -> None:
    assert codes(read("<Macro a>\nFoo ${NOPE}\n<IfDefine\n</IfDefine>\n</Macro>\n")) == []


PARTS = st.sampled_from(
    ["<Macro a", "</Macro>", "Use a", " $x", ">", "\n", "\\", "@x", '"', "<If", "#", "Foo ", " ''"]
)


@given(st.lists(PARTS, max_size=40))
def test_any_words_give_findings_and_never_an_exception(parts: list[str]) -> None:
    reading = read("".join(parts))
    render_text(reading.diagnostics, reading.source_line)
