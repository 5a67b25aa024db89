"""Imports go one way: diagnostics, conf, routes, proxy, serve, cli; and the first four are pure.

Read from the source of every module, so that an import inside a function counts too. `aid` reads
conf and routes; the demo stands outside the data path and may use anything; nothing uses the demo
but the command that starts it.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGE = CHECKOUT / "httpdlite"

STAGES = ("diagnostics", "conf", "routes", "proxy", "serve", "cli")
LEAVES = frozenset({"version", "httpdlite"})  # what everything may import
TOP = frozenset({"__main__", "demo"})  # what may import everything
PURE = frozenset({"diagnostics", "conf", "routes", "proxy", "aid", "version", "httpdlite"})
MAY_READ = {
    **{stage: frozenset(STAGES[:number]) for number, stage in enumerate(STAGES)},
    "aid": frozenset({"diagnostics", "conf", "routes"}),
    "cli": frozenset({*STAGES, "aid", "demo"}),
}

IMPURE = frozenset(
    {
        "asyncio",
        "concurrent",
        "fcntl",
        "logging",
        "multiprocessing",
        "random",
        "select",
        "selectors",
        "signal",
        "socket",
        "socketserver",
        "ssl",
        "subprocess",
        "threading",
        "time",
        "trio",
        "trio_websocket",
    }
)
"""Sockets, clocks, threads, logs: what conf, routes and proxy must receive as arguments."""

CONVERSIONS = frozenset({"time.gmtime", "time.localtime", "time.strftime", "time.struct_time"})
"""A given time as text is no clock; these may be imported by name, `import time` may not."""

PARSERS = {"lark": "conf"}  # each has one stage that hides it


def imported_modules(source: str) -> Iterator[tuple[int, str]]:
    """Every import of a module's source: line, and the full dotted name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def stage_of(module: str) -> str:
    """The stage of a dotted name within httpdlite: `httpdlite.conf.tree` is of `conf`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "httpdlite"


def judge(stage: str, imported: str) -> str | None:
    """What is wrong with `imported` in a module of `stage`; None if nothing is."""
    root = imported.partition(".")[0]
    if root == "":
        return "relative import"
    if root != "httpdlite":
        return None if imported in CONVERSIONS else _judge_foreign(stage, root)
    other = stage_of(imported)
    if stage in TOP or other == stage or other in LEAVES:
        return None
    return None if other in MAY_READ.get(stage, frozenset()) else f"{stage} must not read {other}"


def _judge_foreign(stage: str, root: str) -> str | None:
    if stage in PURE and root in IMPURE:
        return f"{stage} is pure and must not import {root}"
    if root in PARSERS and stage != PARSERS[root]:
        return f"only {PARSERS[root]} uses {root}"
    return None


def test_every_module_imports_only_what_its_stage_may() -> None:
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(CHECKOUT).with_suffix("").parts
        stage = stage_of(".".join(part for part in parts if part != "__init__"))
        for line, imported in imported_modules(path.read_text()):
            if verdict := judge(stage, imported):
                wrong.append(f"{path.relative_to(CHECKOUT)}:{line}: {imported}: {verdict}")
    assert not wrong, "\n".join(wrong)


def test_every_module_belongs_to_a_known_stage() -> None:
    known = {*STAGES, *LEAVES, *TOP, "aid"}
    parts = {
        path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")
    }
    assert parts - {"__init__"} <= known


@pytest.mark.parametrize(
    "stage,source",
    [
        ("conf", "import trio"),
        ("conf", "from httpdlite.routes import site"),
        ("conf", "def late():\n    from httpdlite.serve.engine import Engine"),
        ("routes", "import time"),
        ("routes", "from time import localtime, monotonic"),
        ("routes", "import lark"),
        ("proxy", "from socket import socket"),
        ("proxy", "import httpdlite.serve.engine"),
        ("serve", "from httpdlite import cli"),
        ("serve", "from httpdlite.demo import main"),
        ("diagnostics", "from httpdlite.conf.tree import Config"),
        ("aid", "from httpdlite.serve import server"),
        ("conf", "from . import tree"),
    ],
)
def test_the_judge_sees_a_wrong_import(stage: str, source: str) -> None:
    assert any(judge(stage, imported) for _, imported in imported_modules(source))


@pytest.mark.parametrize(
    "stage,source",
    [
        ("serve", "import trio, socket, time\nfrom httpdlite.proxy.framing import Head"),
        ("routes", "from time import localtime, strftime"),
        ("proxy", "import re\nfrom httpdlite.routes.site import Site"),
        ("cli", "from httpdlite.serve.server import serve\nfrom httpdlite import version"),
        ("conf", "import lark\nfrom httpdlite.diagnostics import Span"),
        ("demo", "import trio_websocket\nfrom httpdlite import cli"),
    ],
)
def test_the_judge_lets_right_imports_pass(stage: str, source: str) -> None:
    assert not any(judge(stage, imported) for _, imported in imported_modules(source))


def test_configtest_imports_nothing_that_only_serving_needs(tmp_path: Path) -> None:
    conf = tmp_path / "httpd.conf"
    conf.write_text(
        f'ServerRoot "{tmp_path}"\nErrorLog error.log\nServerName a.test\nListen 8080\n'
    )
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "httpdlite", "-t", "-f", str(conf)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines() if "|" in line}
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Syntax OK" in done.stderr
    assert not imported & {"trio", "trio_websocket", "ssl", "asyncio"}
