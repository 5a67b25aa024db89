"""What acts while the file is read, beside the real apache2: macros, Include, Define, tags, bytes.

`read_phase.txt` holds many small configurations. Both programs read each in the same ServerRoot;
first error (all of it: phase, places, message) and logged warnings of the read phase must be the
same.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from httpdlite.cli.system import SystemNames
from httpdlite.conf.reader import ConfigSource, DiskFiles, read_config
from httpdlite.diagnostics import Phase, Severity, escape, first_error
from tests.conf.agreement import Verdict, difference, our_verdict, read_verdict
from tests.peers.harness import APACHE_MODULES, require_program, server_directory

CASES: Final = tuple(
    line.encode("ascii").decode("unicode_escape").encode("latin-1")
    for line in Path(__file__).with_name("read_phase.txt").read_text("ascii").splitlines()
    if not line.startswith("## ")
)
MODULES: Final = ("mpm_event", "macro", "authz_core", "proxy", "proxy_http", "headers")
FILES: Final[Mapping[str, str]] = {
    "inc/a.conf": "Error A\n",
    "inc/b.conf": "Error B\n",
    "inc/sub/c.conf": "Error C\n",
    "sub/x.conf": "Error X\n",
    "sub/rel.conf": "Error subrel\n",
    "rel.conf": "Error rel\n",
    "bad.inc": "ServerAdmin x\n</Foo>\n",
    "use.inc": "Use a\n",
    "deep/" + "d/" * 127 + "x.conf": "Error deep enough\n",
    "deeper/" + "d/" * 128 + "x.conf": "Error too deep\n",
    **{f"chain/{n}": f"Include chain/{n + 1}\n" for n in range(126)},
    "chain/126": "Error end\n",
    "self/a.conf": "Include self\n",
}
LONGEST: Final = 16 * 1024 * 1024
LOGGED: Final = re.compile(r"\[\w{3} \w{3} .*?\] \[(\w+:\w+)\] \[pid [^]]*\] (.*)")


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict, and the warnings of the read phase before it."""

    verdict: Verdict
    logged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Both programs in one ServerRoot."""

    root: Path
    program: str

    def theirs(self, text: bytes, options: Sequence[str] = ()) -> Told:
        conf = self.root / "httpd.conf"
        conf.write_bytes(text)
        before = ["-d", str(self.root), "-C", f"Include {self.root}/before.inc"]
        done = subprocess.run(
            [self.program, "-t", *before, *options, "-f", str(conf)],
            capture_output=True,
            check=False,
            timeout=60,
            env={"PATH": os.environ.get("PATH", "")},
            cwd=self.root,
        )
        lines = done.stderr.decode("latin-1").split("\n")
        logged = [f"[{m[1]}] {m[2]}" for line in lines if (m := LOGGED.match(line))]
        of_reading = ("[macro:", "[so:", "[core:warn] AH00111")
        return Told(
            read_verdict(lines, accepted=done.returncode == 0),
            tuple(text for text in logged if text.startswith(of_reading)),
        )

    def ours(self, text: bytes, options: Sequence[str] = ()) -> Told:
        conf = self.root / "httpd.conf"
        conf.write_bytes(text)
        given: dict[str, list[str]] = {"-C": [f"Include {self.root}/before.inc"], "-c": []}
        for letter, argument in zip(options[::2], options[1::2], strict=True):
            given[letter].append(argument)
        source = ConfigSource(
            str(conf),
            str(self.root),
            before=tuple(given["-C"]),
            after=tuple(given["-c"]),
            environment={"PATH": os.environ.get("PATH", "")},
            folder=str(self.root),
        )
        reading = read_config(source, DiskFiles(), SystemNames())
        first = first_error(reading.diagnostics)
        logged = []
        for found in reading.diagnostics:
            if found is first:
                break
            if found.severity is Severity.WARNING and found.logged and found.phase is Phase.READ:
                logged.append(f"[{found.logged}] {escape(found.message)}")
        return Told(our_verdict(reading), tuple(logged))

    def agree(self, text: bytes, options: Sequence[str] = ()) -> None:
        theirs, ours = self.theirs(text, options), self.ours(text, options)
        assert difference(ours.verdict, theirs.verdict) is None, (ours.verdict, theirs.verdict)
        if theirs.verdict.phase != "R":  # else the order of warnings and error is what counts
            assert sorted(ours.logged) == sorted(theirs.logged)
        else:
            assert ours.logged == theirs.logged


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    program = require_program("apache2")
    with server_directory() as root:
        lines = [f"LoadModule {m}_module {APACHE_MODULES}/mod_{m}.so" for m in MODULES]
        lines += ["ServerName oracle.test", "ErrorLog /dev/null", ""]
        for path, text in {"before.inc": "\n".join(lines), **FILES}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        (root / "empty").mkdir()
        yield Pair(root, program)


@pytest.mark.parametrize("text", CASES, ids=lambda text: ascii(text)[2:60])
def test_both_read_the_same(pair: Pair, text: bytes) -> None:
    pair.agree(text)


@pytest.mark.parametrize(
    "text",
    [
        b"Include chain/0\n",
        b"Include httpd.conf\n",
        b"Include self\n",
        b"Include deep\n",
        b"Include deeper\n",
        b"Include deep*/d\n",
    ],
)
def test_both_end_at_the_same_depth(pair: Pair, text: bytes) -> None:
    pair.agree(text)


@pytest.mark.parametrize("ending", [b"\n", b""])
@pytest.mark.parametrize("size", [LONGEST - 1, LONGEST, LONGEST + 1])
def test_both_read_as_long_a_line(pair: Pair, size: int, ending: bytes) -> None:
    pair.agree(b"ServerAdmin " + b"x" * (size - 12) + ending + b"Error y\n" * bool(ending))


@pytest.mark.parametrize(
    "before,after",
    [
        (b"# ", b"\nError x\n"),
        (b"<IfDefine x>\n", b"\n</IfDefine>\nError x\n"),
        (b"<IfDefine !x>\n<Location />\n", b"\n</Location>\n"),
        (b"<Location />\n<IfDefine !x>\n<IfDefine !y>\n", b"\n"),
        (b"Error a\\\n", b"\\\n\\\n\nError x\n"),
        (b"Define a\nServerName a\n", b"\n"),
        (b"<IfDefine !x>\nDefine a\n</IfDefine>\n<Location />\n", b"\n"),
        (b"<IfDefine !x>\nDefine a\n", b"\n</IfDefine>\n"),
    ],
)
def test_both_stop_at_a_line_that_is_too_long(pair: Pair, before: bytes, after: bytes) -> None:
    pair.agree(before + b"x" * LONGEST + after)


@pytest.mark.parametrize("size", [8189, 8190, 8191])
def test_both_keep_and_fill_as_long_a_line_of_a_macro(pair: Pair, size: int) -> None:
    pair.agree(b"<Macro a>\nError " + b"x" * (size - 6) + b"\n</Macro>\nUse a\n")
    pair.agree(b"<Macro a $x>\nError $x\n</Macro>\nUse a " + b"x" * (size - 6) + b"\n")


@pytest.mark.parametrize(
    "options",
    [
        ["-C", "Error x"],
        ["-c", "Error x"],
        ["-c", "</Foo>"],
        ["-c", "<Location />"],
        ["-C", "<Location />"],
        ["-c", "<Location />", "-c", "Listen 1", "-c", "</Location>"],
        ["-C", "Define x y", "-c", "Error ${x}"],
        ["-c", "Error \\", "-c", "x"],
        ["-c", "# x\\", "-c", "Error b"],
        ["-c", "# x", "-c", "Foo"],
        ["-c", "", "-c", "Foo"],
        ["-c", "ServerAdmin a\nError b"],
        ["-c", "ServerAdmin a\n", "-c", "Error b\n"],
        ["-c", "Include nope"],
        ["-c", "<IfDefine x>", "-c", "Foo"],
        ["-c", "<IfDefine !x>", "-c", "Foo"],
        ["-C", "ServerRoot nope"],
        ["-c", "<Macro a>", "-c", "Error y", "-c", "</Macro>", "-c", "Use a"],
        ["-c", "<Macro a>", "-c", "</Bla>", "-c", "</Macro>", "-c", "Use a"],
        ["-c", "<Macro a>", "-c", "Include bad.inc", "-c", "</Macro>", "-c", "Use a"],
        ["-c", "<Macro a>", "-c", "ServerAdmin x", "-c", "</Macro>", "-c", "Use a", "-c", "Foo"],
    ],
    ids=" ".join,
)
def test_both_take_directives_of_the_command_line(pair: Pair, options: list[str]) -> None:
    pair.agree(b"\n", options)


def test_a_macro_of_the_file_used_on_the_command_line(pair: Pair) -> None:
    pair.agree(b"<Macro a>\n</Foo>\n</Macro>\n", ["-c", "Use a"])
    pair.agree(b"Use a\n", ["-C", "<Macro a>", "-C", "</Foo>", "-C", "</Macro>"])
