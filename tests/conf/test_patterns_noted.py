"""Regular expressions that the walk has seen: warnings of slow ones, wherever they stand."""

import pytest

from httpdlite.diagnostics import NOT_SUPPORTED, Severity
from tests.conf.reading import read

NAMES = ("rewrite", "headers", "setenvif", "authz_core")
LOADS = "".join(f"LoadModule {name}_module x\n" for name in NAMES)
SLOW = "(a+)+$"


@pytest.mark.parametrize(
    "text",
    [
        f'<If "%{{REQUEST_URI}} =~ /{SLOW}/">\n</If>',
        f'<If "true && !(%{{REQUEST_URI}} !~ m#{SLOW}#i)">\n</If>',
        f'<Location />\nRequire expr "%{{REQUEST_URI}} =~ /{SLOW}/"\n</Location>',
        f'RewriteCond expr "%{{REQUEST_URI}} =~ /{SLOW}/"\nRewriteRule . -',
        f'Header set X y "expr=%{{REQUEST_URI}} =~ /{SLOW}/"',
        f'SetEnvIfExpr "%{{REQUEST_URI}} =~ /{SLOW}/" x',
        f'CustomLog x.log "%h" "expr=%{{REQUEST_URI}} =~ /{SLOW}/"',
        f"<LocationMatch {SLOW}>\n</LocationMatch>",
        f"RewriteRule {SLOW} -",
    ],
)
def test_slow_ones_are_warned_of(text: str) -> None:
    reading = read(f"{text}\n", preamble=f"{LOADS}ServerName a\n")
    found = [one for one in reading.diagnostics if one.code == "slow-regex"]
    assert [one.severity for one in found] == [Severity.WARNING]
    assert found[0].span is not None
    assert found[0].span.line == text[: text.index(SLOW)].count("\n") + 1
    assert [pattern for _, _, pattern in reading.patterns].count(SLOW) == 1


def test_quick_ones_are_no_warnings() -> None:
    text = '<If "%{REQUEST_URI} =~ m#^/a#">\n</If>\n'
    reading = read(text, preamble="ServerName a\n")
    assert not reading.diagnostics
    assert [(name, pattern) for _, name, pattern in reading.patterns] == [("<If", "^/a")]


def test_one_that_cannot_be_done_is_refused_in_an_expression_too() -> None:
    text = r'<If "%{REQUEST_URI} =~ m#(*UTF)\x{10000}#">' + "\n</If>\n"
    errors = [one for one in read(text, preamble="").diagnostics if one.severity is Severity.ERROR]
    assert [one.code for one in errors] == [NOT_SUPPORTED]
