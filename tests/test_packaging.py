"""What is built from a checkout holds everything that runs: grammars, the demo's page, drop-ins.

Both distributions are built as `pip` builds them, without the network; the wheel is then run from
where nothing of the checkout can be seen.
"""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.peers.harness import run_to_end

CHECKOUT = Path(__file__).resolve().parents[1]
GRAMMARS = sorted(path.name for path in (CHECKOUT / "grammar").glob("*.lark"))


def build(target: str, source: Path, folder: Path) -> Path:
    """Builds a `wheel` or an `sdist` of `source` into `folder`; returns the file."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        cwd=source,
        check=True,
        capture_output=True,
        text=True,
    )
    (made,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(build("sdist", CHECKOUT, folder)) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = (path for path in folder.iterdir() if path.is_dir())
    return unpacked


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the source distribution, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(build("wheel", sdist, folder)) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_there_are_grammars() -> None:
    assert GRAMMARS


@pytest.mark.parametrize("part", ["grammar", "conf.d", "tests", "httpdlite", "benchmarks"])
def test_sdist_holds_every_source(sdist: Path, part: str) -> None:
    patterns = ("*.py", "*.lark", "*.conf", "*.html", "*.c")
    ours = {
        path.relative_to(CHECKOUT)
        for pattern in patterns
        for path in (CHECKOUT / part).rglob(pattern)
        if not any(name.startswith(".") for name in path.relative_to(CHECKOUT).parts)
    }
    assert ours
    assert {path for path in ours if not (sdist / path).exists()} == set()


def test_sdist_holds_the_files_for_systemd(sdist: Path) -> None:
    ours = sorted(path.name for path in (CHECKOUT / "packaging").iterdir())
    assert ours
    assert sorted(path.name for path in (sdist / "packaging").iterdir()) == ours


def test_wheel_holds_what_runs(wheel: Path) -> None:
    package = wheel / "httpdlite"
    for name in GRAMMARS:
        assert (package / "grammar" / name).read_bytes() == (
            CHECKOUT / "grammar" / name
        ).read_bytes()
    for path in (CHECKOUT / "conf.d").glob("*.conf"):
        assert (package / "conf.d" / path.name).read_bytes() == path.read_bytes()
    assert (package / "demo.html").exists()
    assert (package / "py.typed").exists()
    assert not (wheel / "tests").exists()


def test_wheel_runs_by_itself(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "httpd.conf").write_text("Listen 8080\nServerName a.test\n")
    command = [sys.executable, "-c", RUN_FROM, str(wheel), "-t", "-d", str(tmp_path)]
    done = run_to_end([*command, "-f", "httpd.conf"], tmp_path)
    assert (done.status, done.stderr) == (0, "Syntax OK\n")


RUN_FROM = """
import runpy, sys
wheel = sys.argv.pop(1)
sys.path[:] = [wheel] + [path for path in sys.path if path.endswith("-packages") or ".zip" in path
                         or "lib/python" in path]
import httpdlite
assert httpdlite.__file__.startswith(wheel), httpdlite.__file__
runpy.run_module("httpdlite", run_name="__main__", alter_sys=True)
"""


def test_version_is_the_one_of_the_package() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    version = project["tool"]["hatch"]["version"]
    text = (CHECKOUT / version["path"]).read_text()
    found = re.search(version["pattern"], text)
    assert found
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["version"])


def test_the_licence_is_whole() -> None:
    text = (CHECKOUT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_ci_script_is_executable() -> None:
    assert os.access(CHECKOUT / ".ci" / "run", os.X_OK)
