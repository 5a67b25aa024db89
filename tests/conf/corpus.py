r"""The project's own corpus: a configuration, and in its first comments what becomes of it.

`# expect: OK`, or `R3: message` and `W3: message` for httpd's first error in the read or the walk
phase and its line; CONF and ROOT stand for the file and its directory. `# finding: 3:5 code` is one
of httpdlite's own findings, in any order. `# only here: why` says that httpd would differ.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[1] / "corpus"
FILES: Final = sorted(FOLDER.glob("*.conf"))
NAMES: Final = [path.stem for path in FILES]

MODULES: Final = (
    "mpm_event authz_core proxy proxy_http proxy_wstunnel proxy_balancer slotmem_shm "
    "lbmethod_byrequests rewrite mime"
).split()

_RESULT: Final = re.compile(r"([RW])([0-9]+): (.*)")


@dataclass(frozen=True, slots=True)
class Sample:
    """A file of the corpus. `expected` is what httpd prints, "OK" or its lines."""

    path: Path
    expected: list[str]
    findings: list[str]
    only_here: bool


def read_sample(path: Path) -> Sample:
    """The file's head, taken apart."""
    expected, findings, only_here = "", [], False
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, _, rest = line.removeprefix("# ").partition(": ")
        if not line.startswith("#"):
            break
        if kind == "expect":
            expected = rest
        elif kind == "finding":
            findings.append(rest)
        only_here = only_here or kind == "only here"
    return Sample(path, _lines(expected), sorted(findings), only_here)


def _lines(expected: str) -> list[str]:
    found = _RESULT.fullmatch(expected)
    if found is None:
        return [expected]
    if found[1] == "R":
        return [f"Syntax error on line {found[2]} of CONF: {found[3]}"]
    return [f"AH00526: Syntax error on line {found[2]} of CONF:", found[3]]
