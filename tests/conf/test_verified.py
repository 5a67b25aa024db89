"""The verified cases of httpd 2.4.71 that are in scope: same phase, same line, same message."""

from dataclasses import dataclass, field
from typing import Final

import pytest

from httpdlite.conf.reader import Reading
from httpdlite.diagnostics import Severity, apache_lines, escape, first_error
from tests.conf.reading import read
from tests.conf.verified import TABLE, Case, read_cases

USUAL_MODULES: Final = (
    "authz_core authn_core alias dir mime env setenvif headers rewrite proxy proxy_http "
    "proxy_wstunnel proxy_hcheck proxy_balancer slotmem_shm lbmethod_byrequests "
    "lbmethod_bytraffic lbmethod_bybusyness macro ssl socache_shmcb http2 reqtimeout remoteip "
    "access_compat auth_basic"
).split()
PREAMBLE: Final = "ServerName pre.example\nErrorLog /root/logs/error_log\n" + "".join(
    f"LoadModule {name}_module modules/mod_{name}.so\n" for name in USUAL_MODULES
)


def _numbers(text: str) -> frozenset[int]:
    """`1 3-5` as numbers."""
    numbers: set[int] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        numbers |= set(range(int(first), int(last or first) + 1))
    return frozenset(numbers)


NOT_RUN: Final = {
    "httpdlite has these directives, httpd 2.4 has not": _numbers("161 393-396"),
    "the path of a .so is not looked at; an unknown module is refused by name": _numbers("242 243"),
}
"""Why which cases are left out; every other one must agree."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the note of a case asks for."""

    files: dict[str, str] = field(default_factory=dict)
    defines: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


SET_UPS: Final = {
    38: SetUp(environment={"MYENV": "from env"}),
    39: SetUp(environment={"MYENV": "from env"}),
    43: SetUp(defines=("X",)),
    44: SetUp(defines=("X=1",)),
    114: SetUp({"inc/a.conf": "Error A"}),
    121: SetUp({"inc/a.conf": "", "inc/b.conf": "Error B", "inc/sub/c.conf": "Error C"}),
    122: SetUp({"inc/.h.conf": "Error H"}),
    123: SetUp({"inc/.h.conf": "Error H", "inc/b.conf": "Error B"}),
    124: SetUp(
        {
            "inc/10.conf": "",
            "inc/9.conf": "Error nine",
            "inc/B.conf": "Error B",
            "inc/a.conf": "Error a",
        }
    ),
    125: SetUp({"inc/s1/x.conf": "", "inc/s2/y.conf": ""}),
    127: SetUp({"inc/r.conf": "Include inc/r.conf"}),
    128: SetUp({"inc/a.conf": "Include inc/b.conf", "inc/b.conf": "</Foo>"}),
    129: SetUp({"inc/a.conf": "ServerName a\nFoo"}),
    130: SetUp({"inc/a.conf": "<VirtualHost *:80>"}),
    133: SetUp({"inc/a b.conf": "Error AB"}),
}

CASES: Final = {case.number: case for case in read_cases()}
SKIPPED: Final = frozenset().union(*NOT_RUN.values())
PLACELESS: Final = {190, 230, 231, 241}  # shown as a whole in the table, so compared as a whole
UNENDED: Final = {12, 13}  # about files without a line end at their end


def run(case: Case) -> Reading:
    up = SET_UPS.get(case.number, SetUp())
    return read(
        case.text if case.number in UNENDED else f"{case.text}\n",
        up.files,
        preamble=PREAMBLE,
        defines=up.defines,
        environment=up.environment,
    )


@pytest.mark.skipif(not CASES, reason=f"{TABLE.name} is not beside the checkout")
def test_the_table_is_read_as_a_whole() -> None:
    assert sorted(CASES) == list(range(1, 405))
    assert sum(map(len, NOT_RUN.values())) == len(SKIPPED)


@pytest.mark.parametrize("number", sorted(set(CASES) - SKIPPED - PLACELESS - {127}))
def test_verified_case(number: int) -> None:
    case = CASES[number]
    reading = run(case)
    found = first_error(reading.diagnostics)
    if not case.phase:
        assert found is None
        return
    assert found is not None
    lines = apache_lines(found, "apache2")
    if case.phase == "R":
        line = case.line or "[0-9]+"
        prefix = f"apache2: Syntax error on line {line} of /root/httpd.conf: "
        assert len(lines) == 1
        assert lines[0].startswith(prefix)
        assert case.matches(lines[0].removeprefix(prefix))
    else:
        where = case.where or f"line {case.line} of /root/httpd.conf"
        assert lines[0] == f"AH00526: Syntax error on {where}:"
        assert case.matches(lines[1])


@pytest.mark.parametrize("number", sorted(set(CASES) - SKIPPED))
def test_logged_warnings_of_a_verified_case(number: int) -> None:
    case = CASES[number]
    compared = ("AH00111", "AH00114", "AH01146", "[macro:")
    wanted = [text for text in case.logged if any(word in text for word in compared)]
    logged = [
        f"[{found.logged}] {escape(found.message)}"
        for found in run(case).diagnostics
        if found.severity is Severity.WARNING and found.logged not in {None, "so:warn"}
    ]
    assert [text for text in logged if "AH00547" not in text] == wanted


@pytest.mark.skipif(not CASES, reason=f"{TABLE.name} is not beside the checkout")
def test_a_recursive_include_ends_at_httpds_depth() -> None:
    found = first_error(run(CASES[127]).diagnostics)
    assert found is not None
    (line,) = apache_lines(found, "apache2")
    assert line.count("Syntax error on line 1 of /root/inc/r.conf: ") == 128
    assert line.endswith("Exceeded maximum include depth of 128, There appears to be a recursion.")


@pytest.mark.skipif(not CASES, reason=f"{TABLE.name} is not beside the checkout")
@pytest.mark.parametrize(
    "number,lines",
    [
        (
            230,
            [
                (
                    "(2)No such file or directory: AH02297: Cannot access directory "
                    "'/nonexist/dir/' for log file '/nonexist/dir/a' "
                    "defined at /root/httpd.conf:1"
                ),
                "AH00014: Configuration check failed",
            ],
        ),
        (
            231,
            [
                (
                    "(2)No such file or directory: AH02291: Cannot access directory "
                    "'/nonexist/x/' for main error log"
                ),
                "AH00014: Configuration check failed",
            ],
        ),
        (241, ["AH00543: httpdlite: bad user name nosuchuser"]),
        (
            190,
            [
                (
                    "httpdlite: Syntax error on line 1 of macro 'a' (defined on line 1 of "
                    '"/root/httpd.conf") used on line 4 of "/root/httpd.conf": '
                    "recursive use of macro 'a' is invalid"
                ),
            ],
        ),
    ],
)
def test_messages_that_are_compared_as_a_whole(number: int, lines: list[str]) -> None:
    found = first_error(run(CASES[number]).diagnostics)
    assert found is not None
    assert apache_lines(found, "httpdlite") == lines


def test_every_case_left_out_has_one_reason_and_every_set_up_a_case() -> None:
    if CASES:
        assert set(CASES) >= SKIPPED
        assert not set(SET_UPS) & SKIPPED
