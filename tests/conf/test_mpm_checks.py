"""What httpd says of limits that do not fit each other: the words of 2.4.71, for each MPM."""

import pytest

from httpdlite.diagnostics import Severity
from tests.conf.reading import PREAMBLE, read


def warnings(text: str, mpm: str = "event") -> list[str]:
    """The numbers and the first words of what is said, in its order."""
    loaded = f"LoadModule mpm_{mpm}_module x.so\n"
    reading = read(text, preamble=PREAMBLE + loaded)
    assert reading.config is not None
    said = [d for d in reading.diagnostics if d.severity is Severity.WARNING and d.apache]
    return [line.replace("WARNING: ", "") for found in said for line in found.apache]


@pytest.mark.parametrize(
    ("mpm", "text", "numbers"),
    [
        ("event", "", ""),
        ("event", "ServerLimit 20\nMaxRequestWorkers 500\nThreadsPerChild 25", ""),
        ("event", "ThreadLimit 100\nThreadsPerChild 100\nMaxRequestWorkers 400", ""),
        ("event", "ServerLimit 30000\nThreadLimit 200000", "AH00497 AH00502"),
        ("event", "ServerLimit 0", "AH00499 AH00515"),
        ("event", "ThreadLimit 0", "AH00504 AH00507 AH00515"),
        ("event", "ThreadsPerChild 100", "AH00507 AH00513"),
        ("event", "ThreadsPerChild x", "AH00509 AH00515"),
        ("event", "MaxRequestWorkers 10", "AH00511"),
        ("event", "MaxClients 410", "AH00513"),
        ("event", "StartServers 0\nMinSpareThreads -1", "AH00517 AH00519"),
        ("worker", "ServerLimit 30000\nThreadLimit 30000", "AH00300 AH00305"),
        ("worker", "ThreadsPerChild 0", "AH00312 AH00318"),
        ("worker", "MaxRequestWorkers 30\nStartServers 0", "AH00316 AH00320"),
        ("prefork", "MaxRequestWorkers 300", "AH00180"),
        ("prefork", "ServerLimit 0", "AH00177 AH00180"),
        (
            "prefork",
            "MaxRequestWorkers 0\nStartServers 0\nMinSpareServers 0",
            "AH00182 AH00184 AH00186",
        ),
    ],
)
def test_which_limits_are_corrected(mpm: str, text: str, numbers: str) -> None:
    assert [line.partition(":")[0] for line in warnings(text, mpm)] == numbers.split()


def test_the_whole_words() -> None:
    assert warnings("ThreadsPerChild 0") == [
        "AH00509: ThreadsPerChild of 0 not allowed, increasing to 1.",
        (
            "AH00515: MaxRequestWorkers of 400 would require 400 servers and would exceed "
            "ServerLimit of 16, decreasing to 16. To increase, please see the ServerLimit "
            "directive."
        ),
    ]


@pytest.mark.parametrize(
    ("mpm", "name"), [("prefork", "ThreadsPerChild"), ("event", "MinSpareServers")]
)
def test_an_mpm_has_only_its_own_limits(mpm: str, name: str) -> None:
    reading = read(f"{name} 5", preamble=f"{PREAMBLE}LoadModule mpm_{mpm}_module x.so\n")
    assert [found.code for found in reading.diagnostics] == ["unknown-directive"]
