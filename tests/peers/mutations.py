"""Damaged configurations, judged by apache2 and by httpdlite, as many as one likes.

`python -m tests.peers.mutations --count 5000 [--seed 1] [--jobs 2]` prints the texts on which the
two disagree, one of each kind and minimised, and how many were judged; its exit status is 1 if
there are any. With `--probe -` it tries every directive and section in every kind of place instead.
The differences on purpose are listed here and nowhere else.
"""

import argparse
import random
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from httpdlite.conf.directives import registry
from tests.peers.damage import mutated
from tests.peers.probes import probes
from tests.peers.slices import Bases, balanced
from tests.peers.verdicts import Bench, Disagreement, bench

# --- differences on purpose -----------------------------------------------------------------------

OWN: Final = re.compile(
    r"(?i)ProxyWebsocketAsync|ProxyWebsocketIdleTimeout|ProxyAsync|HttpdliteWaive|httpdlite_module"
)
"""What httpdlite has and httpd 2.4 has not."""

OF_THE_SO: Final = re.compile(
    r"Cannot load .*|Can't locate API module structure.*|module \S+ is built-in and can't be loaded"
    r"|API module structure .*"
)
"""httpdlite does not look at the file of a LoadModule, and loads built-in ones without a word."""


LUA: Final = re.compile(r"Lua Error:.*", re.DOTALL)
"""httpdlite does not compile what stands in a Lua section."""


def on_purpose(found: Disagreement) -> str | None:
    """Why the two are meant to differ; None if they are not."""
    if OWN.search(found.text):
        return "a directive of httpdlite's own"
    if OF_THE_SO.match(found.theirs.message):
        return "the file of a LoadModule is not looked at"
    if LUA.match(found.theirs.message):
        return "Lua is not compiled"
    return None


# --- by hand --------------------------------------------------------------------------------------


def culprit(found: Disagreement) -> str:
    """The directive that the two disagree about, as far as one can tell."""
    verdict = found.ours if found.theirs.accepted else found.theirs
    number = next((line for line, file in verdict.places if file == "CONF"), 0)
    if not number:
        return "-"
    physical = found.text.split("\n")
    while number > 1 and physical[number - 2].endswith("\\"):
        number -= 1
    line = physical[number - 1]
    entry = registry().find(re.split(r"[\s>]", line.strip(), maxsplit=1)[0])
    return entry.row.name if entry else "(unknown)"


def group(found: Disagreement) -> tuple[str, str, str]:
    """Disagreements of one cause, more or less."""
    if found.kind == "traceback":
        return "-", found.kind, found.ours.message.rsplit(maxsplit=1)[0]
    verdict = found.ours if found.theirs.accepted else found.theirs
    blurred = re.sub(r"'[^']*'|\"[^\"]*\"|[0-9]+", "·", verdict.message)
    return culprit(found).lower(), found.kind, " ".join(blurred.split()[:3])


def minimised(found: Disagreement, at: Bench, budget: int = 80) -> Disagreement:
    """The same disagreement with as few lines as `budget` tries can find."""
    wanted = group(found)
    lines = found.text.split("\n")
    size = max(len(lines) // 2, 1)
    while size:
        index = 0
        while index < len(lines) and budget > 0:
            shorter = lines[:index] + lines[index + size :]
            for tried in (balanced(shorter), shorter):
                budget -= 1
                again = at.disagreement("\n".join(tried))
                if again and group(again) == wanted and len(tried) < len(lines):
                    found, lines = again, tried
                    break
            else:
                index += size
        size //= 2
    return found


Maker = Callable[[Bench], str]


def mutations(count: int, seed: int) -> Iterator[Maker]:
    """Texts number 0 to `count` of a seed."""
    bases = Bases()
    for number in range(count):
        yield partial(_mutation, f"{seed}/{number}", bases)


def _mutation(seed: str, bases: Bases, at: Bench) -> str:
    return mutated(random.Random(seed), bases, at)


def _as_it_is(text: str, _: Bench) -> str:
    return text


def run(makers: Iterable[Maker], jobs: int) -> tuple[list[Disagreement], int]:
    """Judges texts; the disagreements, one per group and minimised, and how many texts it were."""
    waiting = list(makers)
    first: dict[tuple[str, str, str], Disagreement] = {}
    lock = threading.Lock()

    def some(job: int) -> int:
        mine = waiting[job::jobs]
        with bench() as at:
            for maker in mine:
                found = at.disagreement(maker(at))
                if found is None or on_purpose(found):
                    continue
                with lock:
                    is_new = first.setdefault(group(found), found) is found
                if is_new:
                    smaller = minimised(found, at)
                    with lock:
                        first[group(found)] = smaller
        return len(mine)

    with ThreadPoolExecutor(jobs) as pool:
        judged = sum(pool.map(some, range(jobs)))
    return [first[key] for key in sorted(first)], judged


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.peers.mutations")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--probe", metavar="LETTERS", help="every directive from A to Z instead")
    options = parser.parse_args()
    if shutil.which("apache2") is None:
        sys.stdout.write("no apache2 on this machine: nothing to compare with\n")
        return
    makers = mutations(options.count, options.seed)
    if options.probe:
        makers = (partial(_as_it_is, text) for text in probes(options.probe))
    found, judged = run(makers, options.jobs)
    for one in found:
        sys.stdout.write(f"{culprit(one)} {one}\n\n")
    sys.stdout.write(
        f"{judged} texts judged (seed {options.seed}), {len(found)} groups of disagreements\n"
    )
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
