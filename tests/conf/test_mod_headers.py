"""The lines of mod_headers as they are read: names, values, clauses; what is taken and not done."""

import pickle

import pytest

from httpdlite.conf.directives.mod_headers import (
    HEADER,
    REQUEST_HEADER,
    Action,
    HeaderEdit,
    Item,
)
from httpdlite.conf.expressions.tree import Text
from tests.conf.reading import errors, read
from tests.serve.front import config_of


def edits(*lines: str) -> tuple[HeaderEdit, ...]:
    scope = config_of("\n".join(["ServerName x", *lines])).main.scope
    return (*scope[HEADER], *scope[REQUEST_HEADER])


def edit(line: str) -> HeaderEdit:
    (found,) = edits(line)
    return found


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("Header set X v", ("v",)),
        ('Header set X ""', ()),
        ('Header set X "100%"', ("100%",)),
        ('Header set X "100%% of %%"', ("100% of %",)),
        ('Header set X "%D a %{B}e%{C}s"', (Item("D", ""), " a ", Item("e", "B"), Item("s", "C"))),
        ('Header set X "%{a}}t"', (Item("t", "a"),)),
        (r"Header set X a\tb\xc", ("a\tb\\xc",)),
        (r"Header set X a\\\\tb", ("a\\tb",)),
        (r"Header edit X a \$1$2", (r"\$1$2",)),
    ],
)
def test_the_pieces_of_a_value(line: str, pieces: tuple[str | Item, ...]) -> None:
    assert edit(line).pieces == pieces


def test_a_name_ends_at_its_first_colon() -> None:
    assert edit("Header set X-A:b:c v").name == "X-A"
    assert edit("RequestHeader unset X-A:").name == "X-A"
    assert edit("Header echo ^a:b$").name == "^a:b$"


def test_a_clause() -> None:
    given = edit("Header always set X v env=!Some_Name")
    assert (given.always, given.variable, given.is_unset) == (True, "some_name", True)
    assert edit("Header unset X early").early
    assert edit("Header onsuccess unset X").always is False
    assert edit("Header set X v expr=true").condition is not None
    assert edit("Header edit* X a b env=c").action is Action.EDIT_ALL


def test_a_value_of_expressions() -> None:
    assert edit("Header set X expr=a").expression == "a"
    assert not isinstance(edit("Header set X expr=%{HTTP_HOST}").expression, str | Text | None)


SERVERS = """\
ServerName x
Listen 80
Header set A 1
<VirtualHost *:80>
ServerName y
Header set B 2
<Location />
Header set C 3
</Location>
</VirtualHost>
"""


def test_a_vhost_and_sections_add_theirs() -> None:
    config = config_of(SERVERS)
    vhost = next(server for server in config.vhosts if server.sections)
    scope = vhost.scope.overlaid(vhost.sections[0].scope)
    assert [edit.name for edit in scope[HEADER]] == ["A", "B", "C"]


def test_edits_travel() -> None:
    found = edits(
        'Header always set X "%{A}e" "expr=%{HTTP:X} == \'y\'"',
        "RequestHeader edit* X (a) $1 env=b",
        "Header set X expr=%{HTTP_HOST}",
    )
    copies = pickle.loads(pickle.dumps(found))
    assert copies == found
    assert [copy.condition for copy in copies] == [one.condition for one in found]
    assert [copy.expression for copy in copies] == [one.expression for one in found]


def test_deep_conditions_can_be_told_apart() -> None:
    deep = edit(f'Header set X v "expr={"(" * 2000}true{")" * 2000}"')
    assert hash(deep) != hash(edit("Header set X v expr=true"))


FRAMING = "says where the message ends, and cannot be edited"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('Header set "X Y" v', "'X Y' is no name of a field"),
        ('Header add "" v', "'' is no name of a field"),
        ("Header set :X v", "'' is no name of a field"),
        ("Header merge X/Y v", "'X/Y' is no name of a field"),
        (r"Header set X a\nb", "the value for X has a control character in it"),
        (r'RequestHeader set X "a\r"', "the value for X has a control character in it"),
        ("Header set Content-Length 4", f"Content-Length {FRAMING}"),
        ("Header edit content-length 4 5", f"Content-Length {FRAMING}"),
        ("Header always setifempty Transfer-Encoding gzip", f"Transfer-Encoding {FRAMING}"),
        ("RequestHeader unset Content-Length", f"Content-Length {FRAMING}"),
        ("RequestHeader unset Transfer-Encoding", f"Transfer-Encoding {FRAMING}"),
    ],
)
def test_what_would_break_a_message_is_not_done(line: str, message: str) -> None:
    assert message in {found.message for found in errors(read(line))}


@pytest.mark.parametrize(
    "line",
    [
        "Header unset Content-Length",
        "Header unset Transfer-Encoding",
        "Header note Content-Length length",
        'Header unset "X Y"',
        'Header echo "^X Y|[/]$"',
        'Header edit X "a\tb" "a\tb"',
        "RequestHeader set X é",
    ],
)
def test_what_would_not_is(line: str) -> None:
    assert edits(line)
