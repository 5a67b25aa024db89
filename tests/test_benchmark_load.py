"""The benchmark's load on its own worker, without a proxy: each mode counts what comes back. With
TLS a proxy is between them, in the benchmark's configuration.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.building import compile_load, find_compiler, has_openssl
from benchmarks.cases import Case
from benchmarks.proxies import KINDS, Kind, running
from benchmarks.run import hear, loading, say, started
from benchmarks.sites import SECURE, SECURE_TUNNELS

SECONDS = 0.05
OPTIONS = ["-Wall", "-Wextra", "-Werror"]


def lacking(what: str) -> None:
    if os.environ.get("HTTPDLITE_REQUIRE_PEERS") == "1":
        pytest.fail(f"no {what}, and HTTPDLITE_REQUIRE_PEERS=1 demands it")
    pytest.skip(f"no {what}")


@pytest.fixture(scope="module")
def compiler() -> str:
    found = find_compiler()
    if found is None:
        lacking("C compiler")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def load(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("load") / "load"
    compile_load(compiler, program, OPTIONS, with_tls=False)
    return program


@pytest.fixture(scope="module")
def tls_load(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not has_openssl(compiler):
        lacking("OpenSSL headers")
    program = tmp_path_factory.mktemp("load") / "tls-load"
    compile_load(compiler, program, OPTIONS, with_tls=True)
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
    assert_counts(load, worker, case)


def assert_counts(load: Path, port: int, case: Case) -> None:
    with loading(load, case.words(port, SECONDS)) as process:
        say(process, "go\n")
        result = json.loads(hear(process))
    assert result["count"] > 0
    assert result["p50"] <= result["p99"]


TLS_CASES = [
    Case("a tunnel", "tunnel", 1, 64, SECURE_TUNNELS),
    Case("tunnels, many records at once", "tunnel", 3, 1 << 20, SECURE_TUNNELS),
    Case("requests", "get", 3, 12, SECURE),
    Case("pages, many records at once", "get", 3, 1 << 20, SECURE),
    Case("handshakes", "full", 4, None, SECURE_TUNNELS),
    Case("handshakes with a ticket", "resume", 4, None, SECURE_TUNNELS),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_load_over_tls_counts_what_comes_back_through_every_proxy(
    tls_load: Path, worker: int, kind: Kind
) -> None:
    if not kind.is_installed:
        lacking(kind.name)
    for site in (SECURE_TUNNELS, SECURE):
        with running(kind, site, worker, 8) as proxy:
            for case in TLS_CASES:
                if case.site is site:
                    assert_counts(tls_load, proxy.server.port, case)


def test_a_compiler_that_finds_no_headers_has_no_openssl() -> None:
    assert not has_openssl("/bin/false")


def test_a_load_that_was_compiled_without_tls_says_so(load: Path) -> None:
    words = [str(load), *Case("", "full", 1, None, SECURE).words(1, SECONDS)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "load: compiled without TLS\n")


def test_idle_tunnels_stay_until_the_input_ends(load: Path, worker: int) -> None:
    with loading(load, Case("idle", "idle", 40).words(worker, 0)) as process:
        assert process.poll() is None
    assert process.returncode == 0


@pytest.mark.parametrize("words", ["tunnel 1", "full 1 1 1", "tunnel 1 1 1 1 1 1"])
def test_wrong_words_are_a_usage_error(load: Path, words: str) -> None:
    done = subprocess.run([load, *words.split()], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.partition(":")[0]) == (2, "usage")
