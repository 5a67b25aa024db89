"""The benchmark's load on its own worker, without a proxy: each mode counts what comes back."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.cases import Case
from benchmarks.run import SOURCES, hear, loading, say, started

SECONDS = 0.05


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        if os.environ.get("HTTPDLITE_REQUIRE_PEERS") == "1":
            pytest.fail("no C compiler, and HTTPDLITE_REQUIRE_PEERS=1 demands one")
        pytest.skip("no C compiler")
    program = tmp_path_factory.mktemp("load") / "load"
    warnings = ["-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler, *warnings, "-o", program, *SOURCES], check=True)
    return program


@pytest.fixture
def worker(load: Path) -> Iterator[int]:
    with started([str(load), "worker"]) as process:
        yield int(hear(process))


@pytest.mark.parametrize(
    "case",
    [
        Case("a tunnel", "tunnel", 1, 64),
        Case("tunnels, more than a socket takes at once", "tunnel", 3, 1 << 20),
        Case("a room", "room", 20, 64),
        Case("a room, more than a socket takes at once", "room", 3, 1 << 20),
        Case("upgrades", "upgrade", 4),
        Case("requests", "get", 3, 12),
        Case("pages, more than a socket takes at once", "get", 3, 1 << 20),
        Case("requests that differ", "differ", 3, 12),
        Case("requests with a body", "post", 3, 1 << 20),
        Case("a connection for every request", "fresh", 3, 70000),
    ],
    ids=lambda case: case.title,
)
def test_a_load_counts_what_comes_back(load: Path, worker: int, case: Case) -> None:
    with loading(case.words(worker, SECONDS), load) as process:
        say(process, "go\n")
        result = json.loads(hear(process))
    assert result["count"] > 0
    assert result["p50"] <= result["p99"]


def test_idle_tunnels_stay_until_the_input_ends(load: Path, worker: int) -> None:
    with loading(Case("idle", "idle", 40).words(worker, 0), load) as process:
        assert process.poll() is None
    assert process.returncode == 0


def test_wrong_words_are_a_usage_error(load: Path) -> None:
    done = subprocess.run([load, "tunnel", "1"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.partition(":")[0]) == (2, "usage")
