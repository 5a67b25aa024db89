"""What httpdlite and the real httpd still disagree about, for whoever mends it.

`python -m tests.conf.disagreements [--short] [word …]` reads the corpus of configurations and the
published snippets beside the checkout and prints each sample whose verdict, line or message differs
from the record; the words choose samples by a part of their path.
"""

import argparse
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from tests.conf.agreement import Verdict, difference
from tests.conf.published import judged_snippets, snippet_verdict
from tests.conf.surroundings import judged_samples, verdict_of


def cases() -> Iterator[tuple[str, Verdict, Callable[[], Verdict]]]:
    """Name, recorded verdict, and how to get ours."""
    for sample in judged_samples():
        yield sample.path, sample.expected(), partial(verdict_of, sample)
    for snippet in judged_snippets():
        yield snippet.name, snippet.expected, partial(snippet_verdict, snippet)


def judge(name: str, theirs: Verdict, run: Callable[[], Verdict]) -> tuple[str, str, str] | None:
    """Kind, name and the two verdicts of a disagreement."""
    try:
        ours = run()
    except Exception:
        return "traceback", name, traceback.format_exc(limit=-4)
    kind = difference(ours, theirs)
    return (kind, name, f"    ours:   {ours}\n    theirs: {theirs}") if kind else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.conf.disagreements")
    parser.add_argument("--short", action="store_true", help="names only")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    chosen = [c for c in cases() if not options.words or any(w in c[0] for w in options.words)]
    found = sorted(one for case in chosen if (one := judge(*case)))
    for kind, name, verdicts in found:
        sys.stdout.write(f"[{kind}] {name}\n{'' if options.short else verdicts + chr(10)}")
    counts = Counter(kind for kind, _, _ in found)
    sys.stdout.write(f"{len(chosen)} compared, {len(found)} disagreements: {dict(counts)}\n")


if __name__ == "__main__":
    main()
