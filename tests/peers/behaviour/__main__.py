"""Prints where httpdlite answers otherwise than Apache: `python -m tests.peers.behaviour`.

Arguments: names of groups, or parts of the names of configurations. `--only TEXT`: cases with this
in their name; `--show`: what is equal, too; `--apache`: what Apache does; `--list`: the names.
"""

import argparse
import functools
import sys
import time

import pytest

from tests.peers.behaviour.comparison import compare, unexplained, unfounded
from tests.peers.behaviour.language import Case
from tests.peers.behaviour.stand import Chosen, transcribe
from tests.peers.behaviour.tables import GROUPS, Family


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.peers.behaviour")
    parser.add_argument("configuration", nargs="*")
    parser.add_argument("--only", default="", metavar="TEXT")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--apache", action="store_true")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _apache(family: Family, chosen: Chosen) -> int:
    for name, cases in transcribe("apache2", family, chosen).items():
        for case, transcript in cases.items():
            _say(f"== {name}: {case}", *transcript.lines, "")
    return 0


def _both(family: Family, chosen: Chosen, *, show: bool) -> int:
    count = 0
    for name, findings in compare(family, chosen).items():
        unlike, alike = unexplained(findings), unfounded(findings)
        _say(*(each.text(name) for each in (findings if show else unlike)))
        _say(*(f"== {name}: {each.case.name}: no difference, but a reason" for each in alike))
        count += len(unlike) + len(alike)
    return count


def _chosen_groups(arguments: argparse.Namespace) -> dict[str, Family]:
    """Groups, and within them configurations, that are named; all without a name."""
    names = arguments.configuration
    chosen = {}
    for group, family in GROUPS.items():
        is_named = not names or group in names
        members = [
            each
            for each in family
            if (is_named or any(name in each.name for name in names))
            and any(arguments.only in case.name for case in each.cases)
        ]
        if members:
            chosen[group] = tuple(members)
    return chosen


def _list(family: Family) -> None:
    for each in family:
        _say(each.name, *(f"    {case.name}" for case in each.cases))


def _play(family: Family, arguments: argparse.Namespace) -> int:
    """How many differ; -1 if the family is not served."""
    chosen = functools.partial(_is_chosen, arguments.only)
    try:
        if arguments.apache:
            return _apache(family, chosen)
        return _both(family, chosen, show=arguments.show)
    except (pytest.fail.Exception, AssertionError) as error:
        _say(f"== not served: {', '.join(each.name for each in family)}", str(error), "")
        return -1


def main() -> int:
    """The status is 1 if something differs without a reason."""
    arguments = _arguments()
    total = 0
    results: list[int] = []
    for group, family in _chosen_groups(arguments).items():
        if arguments.list:
            _list(family)
            continue
        begun = time.monotonic()
        results.append(_play(family, arguments))
        count = sum(arguments.only in case.name for each in family for case in each.cases)
        total += count
        sys.stderr.write(f"-- {group}: {count} cases, {time.monotonic() - begun:.1f} s\n")
    differing = sum(each for each in results if each > 0)
    _say(f"{total} cases, {differing} differ, {results.count(-1)} groups not served")
    return 1 if any(results) else 0


def _is_chosen(text: str, case: Case) -> bool:
    return text in case.name


if __name__ == "__main__":
    sys.exit(main())
