"""`wstest`, the program of the Autobahn test suite: found or installed, and its verdicts read.

In: the cases and the server that its fuzzing client asks. Out: what it says of each case. Hides its
specification and report files, and that it runs on Python 2.7 only: `installed` makes an
environment for it, by `virtualenv<20.22`, the last that knows 2.7.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

SUITE: Final = "autobahntestsuite==25.10.1"
IS_PYTHON_2_7: Final = "import sys; sys.exit(sys.version_info[:2] != (2, 7))"
DEADLINE: Final = 3600.0

Verdict = tuple[str, str]
"""What wstest says of a case's behavior, and of the way its connection was closed."""

Verdicts = Mapping[str, Verdict]


class NoWstestError(Exception):
    """There is no wstest here, and none can be installed; the text says what is missing."""


def find_wstest() -> str | None:
    """The program: $HTTPDLITE_WSTEST, else what PATH has."""
    return os.environ.get("HTTPDLITE_WSTEST") or shutil.which("wstest")


def installed(folder: Path) -> str:
    """The program of the environment in `folder`, made there at the first call."""
    folder = folder.resolve()
    program = folder / "bin" / "wstest"
    if program.exists():
        return str(program)
    python = _find_python()
    tools = Path(f"{folder}-tools")
    _run(sys.executable, "-m", "venv", "--clear", str(tools))
    _run(str(tools / "bin" / "pip"), "install", "--quiet", "virtualenv<20.22")
    _run(str(tools / "bin" / "virtualenv"), "--quiet", "-p", python, str(folder))
    _run(str(folder / "bin" / "pip"), "install", "--quiet", SUITE)
    return str(program)


def _find_python() -> str:
    for candidate in _pythons():
        # pyenv's `python2.7` may stand for no Python at all, and then complains
        command = [candidate, "-c", IS_PYTHON_2_7]
        asked = subprocess.run(command, stderr=subprocess.DEVNULL, check=False)
        if asked.returncode == 0:
            return candidate
    raise NoWstestError(
        "no Python 2.7, which wstest needs: set PYTHON27 to one (`pyenv install 2.7.18` builds"
        " it), or HTTPDLITE_WSTEST to a wstest that is installed elsewhere"
    )


def _pythons() -> Iterator[str]:
    if named := os.environ.get("PYTHON27"):
        yield named
    if found := shutil.which("python2.7"):
        yield found
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    yield from map(str, versions.glob("2.7*/bin/python2.7"))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace")[-2000:]
        raise NoWstestError(f"`{' '.join(command)}` ended with status {done.returncode}:\n{said}")


def run_wstest(program: str, authority: str, cases: Sequence[str], agent: str) -> Verdicts:
    """The verdicts of the fuzzing client on the echo application behind `authority`."""
    with tempfile.TemporaryDirectory() as folder:
        specification = {
            "outdir": f"{folder}/reports",
            "servers": [{"agent": agent, "url": f"ws://{authority}/echo"}],
            "cases": list(cases),
            "exclude-cases": [],
            "exclude-agent-cases": {},
        }
        file = Path(folder, "spec.json")
        file.write_text(json.dumps(specification))
        command = [program, "--mode", "fuzzingclient", "--spec", str(file)]
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=DEADLINE,
            check=False,
        )
        index = Path(folder, "reports", "index.json")
        if done.returncode or not index.exists():
            said = done.stdout.decode(errors="replace")[-4000:]
            raise RuntimeError(f"wstest ended with status {done.returncode}:\n{said}")
        return read_verdicts(index.read_text(), agent)


def run_parts(
    program: str, authority: str, parts: Sequence[str], agent: str, jobs: int
) -> Verdicts:
    """As `run_wstest`, each part by a wstest of its own, `jobs` of them at a time."""

    def run(part: str) -> Verdicts:
        return run_wstest(program, authority, [part], agent)

    verdicts: dict[str, Verdict] = {}
    with ThreadPoolExecutor(jobs) as pool:
        for found in pool.map(run, parts):
            verdicts.update(found)
    return verdicts


def read_verdicts(index: str, agent: str) -> dict[str, Verdict]:
    """The verdicts of one agent in wstest's `index.json`; NON-STRICT reads as OK."""
    cases = json.loads(index)[agent]
    return {
        case: (_plain(verdict["behavior"]), _plain(verdict["behaviorClose"]))
        for case, verdict in cases.items()
    }


def _plain(word: str) -> str:
    return "OK" if word == "NON-STRICT" else word
