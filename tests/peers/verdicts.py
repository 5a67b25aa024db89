"""The real `apache2 -t` and our own reading, each asked for its verdict on the same text.

In: the text of a configuration. Out: two `Judged`, to be compared with `tests.conf.agreement`. Both
read the same file from the same disk, after the same LoadModule lines (every module of Debian's
package that httpdlite has a name for, the event MPM, or prefork where asked), with ServerName and
ErrorLog set. Nothing is started: `-t` ends by itself. A `Bench` belongs to one thread.
"""

import os
import re
import subprocess
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

from httpdlite.cli.system import SystemNames
from httpdlite.conf.directives import registry
from httpdlite.conf.reader import ConfigSource, DiskFiles, Reading, read_config
from tests.conf.agreement import Verdict, difference, our_verdict, read_verdict
from tests.conf.surroundings import ENVIRONMENT
from tests.peers.harness import APACHE_MODULES, require_program, server_directory

PATIENCE: Final = 60.0  # seconds; a run takes about 0.05
_LOGGED: Final = re.compile(r"\[\w{3} \w{3} .*?\] \[(\w+:\w+)\] \[pid [^]]*\] (.*)")
_MPMS: Final = frozenset({"mpm_event", "mpm_worker", "mpm_prefork"})

THEIR_CRASH: Final = "crash"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and what was logged on the way: ("module:level", message)."""

    verdict: Verdict
    logged: tuple[tuple[str, str], ...] = ()


@cache
def modules() -> tuple[str, ...]:
    """The modules that both programs have, without the MPMs: `proxy`, `ssl` …"""
    ours = {module.short for module in registry().modules.values() if not module.static}
    theirs = {path.stem.removeprefix("mod_") for path in APACHE_MODULES.glob("mod_*.so")}
    return tuple(sorted(ours & theirs - _MPMS))


def preamble(root: Path, mpm: str = "event") -> str:
    """What stands before every text."""
    lines = [
        f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so"
        for name in (f"mpm_{mpm}", *modules())
    ]
    lines += ["ServerName oracle.test", f"ErrorLog {root}/logs/error_log", "LogLevel warn"]
    return "\n".join([*lines, ""])


class Bench:
    """A ServerRoot on disk in which texts are judged, one after the other."""

    def __init__(self, root: Path, program: str) -> None:
        self.root = root
        self.program = program
        self.runs = 0
        self.conf = root / "httpd.conf"
        self.before = root / "before.conf"
        (root / "logs").mkdir()
        self.before.write_text(preamble(root))

    def theirs(self, text: str) -> Judged:
        """The verdict of apache2."""
        self._write(text)
        self.runs += 1
        command = [self.program, "-t", "-d", str(self.root)]
        command += ["-C", f"Include {self.before}", "-f", str(self.conf)]
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
            env={"PATH": os.environ.get("PATH", ""), **ENVIRONMENT},
            stdin=subprocess.DEVNULL,
        )
        lines = done.stderr.decode("latin-1").split("\n")
        logged = tuple((m[1], m[2]) for line in lines if (m := _LOGGED.match(line)))
        if done.returncode < 0:
            return Judged(Verdict(THEIR_CRASH), logged)
        return Judged(self._named(read_verdict(lines, accepted=done.returncode == 0)), logged)

    def reading(self, text: str) -> Reading:
        """Our reading of a text."""
        self._write(text)
        source = ConfigSource(
            str(self.conf),
            str(self.root),
            before=(f"Include {self.before}",),
            environment={"PATH": os.environ.get("PATH", ""), **ENVIRONMENT},
        )
        return read_config(source, DiskFiles(), SystemNames())

    def ours(self, text: str) -> Judged:
        """The verdict of httpdlite."""
        return Judged(self._named(our_verdict(self.reading(text))))

    def disagreement(self, text: str) -> "Disagreement | None":
        """What the two differ in on a text; None if they agree, or if apache2 crashed."""
        theirs = self.theirs(text).verdict
        if theirs.phase == THEIR_CRASH:
            return None
        try:
            ours = self.ours(text).verdict
        except Exception as why:  # the tests want to see the text, whatever it was
            last = traceback.extract_tb(why.__traceback__)[-1]
            message = f"{type(why).__name__} {Path(last.filename).name}:{last.lineno} {why}"
            return Disagreement("traceback", text, Verdict("!", (), message), theirs)
        kind = difference(ours, theirs)
        return Disagreement(kind, text, ours, theirs) if kind else None

    def _write(self, text: str) -> None:
        self.conf.write_bytes(text.encode("utf-8", "surrogateescape"))

    def _named(self, verdict: Verdict) -> Verdict:
        """With CONF and ROOT instead of this directory."""
        places = tuple((line, self._neutral(file)) for line, file in verdict.places)
        return replace(verdict, places=places, message=self._neutral(verdict.message))

    def _neutral(self, text: str) -> str:
        return text.replace(str(self.conf), "CONF").replace(str(self.root), "ROOT")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A text on which the two differ, and in what."""

    kind: str
    text: str
    ours: Verdict
    theirs: Verdict

    def __str__(self) -> str:
        indented = "\n".join(f"      {line}" for line in self.text.split("\n"))
        return f"[{self.kind}]\n{indented}\n    ours:   {self.ours}\n    theirs: {self.theirs}"


@contextmanager
def bench() -> Iterator[Bench]:
    """A Bench; skips the test where there is no apache2 (fails if peers are required)."""
    program = require_program("apache2")
    with server_directory() as root:
        yield Bench(root, program)
