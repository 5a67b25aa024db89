"""Waivers: a person's word that the server may start without a directive.

In: what was found, and the names that are waived (`--waive`, HttpdliteWaive). Out: the findings, a
waived refusal being a note, or a warning where the directive protects something: that one is said
at every start. What is refused as a whole can be waived, and a refused value of a directive that is
moot otherwise. Any other value that cannot be done stays an error: its line would have an effect.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from httpdlite.conf.registry import Registry
from httpdlite.conf.spelling import lower
from httpdlite.diagnostics import Diagnostic, Severity


def waive(
    found: Iterable[Diagnostic], names: Iterable[str], registry: Registry
) -> Iterator[Diagnostic]:
    """The findings with what `names` waive; a name that waives nothing is a finding, too."""
    idle = {_key(name): name for name in names}
    waived = frozenset(idle)
    for one in found:
        key = _key(one.subject)
        if not one.subject or key not in waived:
            yield one
            continue
        idle.pop(key, None)
        yield _waived(one, registry)
    for name in idle.values():
        yield Diagnostic(
            Severity.WARNING,
            "unused-waiver",
            f"nothing is waived by {name}: no line is refused as a whole under that name",
        )


def _key(name: str) -> str:
    return lower(name).strip("<>")


def _waived(found: Diagnostic, registry: Registry) -> Diagnostic:
    entry = registry.find(found.subject)
    protects = entry is not None and entry.row.standing.protects
    if protects:
        message = f"{found.subject} is waived: what it protected is not protected here"
        return replace(
            found, severity=Severity.WARNING, code="waived-protection", message=message, hint=None
        )
    message = f"{found.subject} is waived: it has no effect"
    return replace(found, severity=Severity.NOTE, code="waived", message=message, hint=None)
