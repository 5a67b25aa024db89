"""The table of codes: it has what the package uses, its examples are true, its page is current.

The codes in use are read from the source: each string that is given to a parameter, or that is the
default of one, called `code`, wherever findings are made: what serves has codes of log lines.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from httpdlite.conf.call import PATTERN
from httpdlite.diagnostics.code import Code
from httpdlite.diagnostics.codes import CODES, document
from tests.conf.reading import PREAMBLE, FakeNames, codes, read

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = CHECKOUT / "httpdlite"
SERVES = {"routes", "proxy", "serve"}
TREES = [
    ast.parse(path.read_text("utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.relative_to(PACKAGE).parts[0] not in SERVES
]

WITHOUT_EXAMPLE = {
    "line-too-long": "needs 16 MiB",
    "macro-too-large": "needs very many lines",
    "worker-name-too-long": "needs a long URL",
    "warning": "the default of a remark without a code of its own",
    "would-fail": "needs a server with TLS",
    "certificate-name": "needs certificates",
    "certificate-dates": "needs certificates",
    "certificate-chain": "needs certificates",
    "readable-key": "needs certificates",
    "unused-revocations": "needs a server with TLS",
    "no-authorities": "needs certificates",
    "tls-and-plain": "needs certificates",
}


# --- codes in use ---------------------------------------------------------------------------------


def _functions(node: ast.AST) -> Iterator[tuple[str, list[str], list[ast.expr | None]]]:
    """Name, parameters and defaults of everything that can be called."""
    for one in ast.walk(node):
        if isinstance(one, ast.FunctionDef):
            arguments = one.args
            names = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args)]
            defaults: list[ast.expr | None] = [None] * (len(names) - len(arguments.defaults))
            defaults += arguments.defaults
            names += [arg.arg for arg in arguments.kwonlyargs]
            yield one.name, names, [*defaults, *arguments.kw_defaults]
        elif isinstance(one, ast.ClassDef):
            fields = [
                stmt
                for stmt in one.body
                if isinstance(stmt, ast.AnnAssign) and isinstance(stmt.target, ast.Name)
            ]
            targets = [stmt.target.id for stmt in fields if isinstance(stmt.target, ast.Name)]
            yield one.name, targets, [stmt.value for stmt in fields]


def _constants() -> dict[str, str]:
    """Module constants that are strings: NOT_SUPPORTED and its like."""
    found = {}
    for tree in TREES:
        for one in tree.body:
            match one:
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text))):
                    found[name] = text
    return found


def used_codes() -> set[str]:
    constants = _constants()
    takes_code: dict[str, int] = {}
    given: list[ast.expr | None] = []
    for tree in TREES:
        for name, parameters, defaults in _functions(tree):
            if "code" in parameters:
                index = parameters.index("code")
                takes_code[name] = index - (parameters[0] == "self")
                given.append(defaults[index])
    for tree in TREES:
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            given.extend(word.value for word in call.keywords if word.arg == "code")
            called = call.func.attr if isinstance(call.func, ast.Attribute) else None
            called = call.func.id if isinstance(call.func, ast.Name) else called
            index = takes_code.get(called or "", len(call.args))
            given.extend(call.args[index : index + 1])
    return {code for one in given for code in _values(one, constants)}


def _values(given: ast.expr | None, constants: dict[str, str]) -> Iterator[str]:
    match given:
        case ast.Constant(value=str(code)) if re.fullmatch(r"[a-z]+(-[a-z]+)*", code):
            yield code
        case ast.Name(id=name) if name in constants:
            yield constants[name]
        case ast.IfExp(body=body, orelse=orelse):
            yield from _values(body, constants)
            yield from _values(orelse, constants)
        case ast.JoinedStr():
            raise AssertionError(f"line {given.lineno}: a code must be written out")


def test_the_table_has_what_the_package_uses() -> None:
    used = used_codes() - {PATTERN}  # a note for -D DUMP_PATTERNS, never shown as a finding
    assert {"bad-value", "not-supported", "wrong-context", "shared-worker"} <= used
    assert used - set(CODES) == set(), "these need a row in httpdlite/diagnostics/codes_*.py"
    assert set(CODES) - used == set(), "nothing has these codes"


def test_codes_are_words_in_kebab_case() -> None:
    assert [code for code in CODES if not re.fullmatch(r"[a-z]+(-[a-z]+)*", code)] == []


# --- examples -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(CODES) - set(WITHOUT_EXAMPLE)))
def test_the_example_has_the_code(name: str) -> None:
    example = CODES[name].example
    preamble = PREAMBLE if name != "no-server-name" else "ErrorLog /root/logs/error_log\n"
    found = codes(read(example, preamble=preamble, names=FakeNames(fqdn=None)))
    assert name in found


@pytest.mark.parametrize("code", CODES.values(), ids=list(CODES))
def test_a_page_says_all_there_is_to_say(code: Code) -> None:
    page = code.page()
    assert all(len(line) <= 100 or line.startswith("    ") for line in page.splitlines())
    assert code.title[0].islower() or code.title[0] in "<$"
    assert not code.title.endswith(".")
    assert code.means.endswith(".")
    assert code.mend.endswith(".")


def test_the_document_is_current() -> None:
    page = (CHECKOUT / "docs" / "codes.md").read_text("utf-8")
    assert page == document(), "run: python -m httpdlite.diagnostics.codes > docs/codes.md"
