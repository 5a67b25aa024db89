"""Both servers with one configuration, and where they differ.

In: a configuration. Out: for each case the two transcripts; `Findings` judges them by the table of
deliberate differences.
"""

import difflib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.peers.behaviour.differences import reason
from tests.peers.behaviour.language import Case, Configuration
from tests.peers.behaviour.stand import SERVERS, THE_SERVER, Chosen, Transcript, transcribe


@dataclass(frozen=True, slots=True)
class Finding:
    """A case that came out differently, or one of the table that did not."""

    case: Case
    theirs: Transcript
    ours: Transcript
    why: str = ""

    @property
    def is_order_only(self) -> bool:
        """Only the order of lines differs."""
        return sorted(self.theirs.lines) == sorted(self.ours.lines)

    def text(self, configuration: str) -> str:
        """The two transcripts as one, as diff shows them: - Apache's lines, + ours."""
        kind = " (order only)" if self.is_order_only else ""
        why = f"   {self.why}\n" if self.why else ""
        lines = difflib.ndiff(self.theirs.lines, self.ours.lines)
        shown = "\n".join(_shortened(line) for line in lines if not line.startswith("?"))
        return f"== {configuration}: {self.case.name}{kind}\n{why}{shown}\n"


def _shortened(line: str) -> str:
    """A line of a diff, the less of it the less it matters."""
    most = 90 if line.startswith(" ") else 400
    return line if len(line) <= most else f"{line[:most]} ..."


def compare(
    family: tuple[Configuration, ...], chosen: Chosen = lambda _case: True
) -> dict[str, list[Finding]]:
    """Every chosen case, played on both; the findings by configuration."""
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(transcribe, name, family, chosen) for name in SERVERS]
        theirs, ours = (future.result() for future in futures)
    findings = {
        each.name: [
            Finding(
                case,
                theirs[each.name][case.name],
                ours[each.name][case.name],
                reason(each.name, case.name),
            )
            for case in filter(chosen, each.cases)
        ]
        for each in family
    }
    first = family[0].name
    ends = theirs[first][THE_SERVER], ours[first][THE_SERVER]
    findings[first].append(Finding(Case(THE_SERVER, (), ()), *ends))
    return findings


def compare_surely(family: tuple[Configuration, ...]) -> dict[str, list[Finding]]:
    """The same for all cases. What differs without a reason is played once more and counts as it is
    then: many cases are about time, and a machine that is busy with other things changes them.
    """
    findings = compare(family)
    doubtful = {id(one.case) for found in findings.values() for one in unexplained(found)}
    if not doubtful:
        return findings
    again = compare(family, lambda case: id(case) in doubtful)
    return {
        name: [
            *(one for one in found if id(one.case) not in doubtful),
            *(one for one in again[name] if id(one.case) in doubtful),
        ]
        for name, found in findings.items()
    }


def unexplained(findings: list[Finding]) -> list[Finding]:
    """Those that differ, and no reason is given."""
    return [each for each in findings if each.theirs != each.ours and not each.why]


def unfounded(findings: list[Finding]) -> list[Finding]:
    """Those that have a reason to differ, and do not."""
    return [each for each in findings if each.theirs == each.ours and each.why]
