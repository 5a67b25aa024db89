"""The migration report as text for a terminal or a file, and as JSON for programs.

In: a `Report`. Out: text. Colours only where asked for; everything is readable without them.
"""

import json
import posixpath
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from httpdlite.aid.lines import Outcome
from httpdlite.aid.report import (
    Branch,
    CertificateReport,
    Inventory,
    Kept,
    Readiness,
    Report,
    VhostReport,
    by_reason,
)
from httpdlite.aid.websocket import UpgradePath
from httpdlite.diagnostics import Diagnostic, Span, escape

WIDTH: Final = 78

_COLOURS: Final = {
    Readiness.READY: "1;32",
    Readiness.DIFFERENT: "1;33",
    Readiness.NOT_READY: "1;31",
    Outcome.REJECTED: "1;31",
    Outcome.REFUSED: "1;31",
    Outcome.WAIVED: "1;35",
    Outcome.DIFFERENT: "1;33",
    Outcome.MOOT: "2",
    Outcome.SAME: "32",
}

TITLES: Final = {
    Outcome.REJECTED: "Apache does not take these either",
    Outcome.REFUSED: "refused: the server does not start with these",
    Outcome.WAIVED: "waived: refused, and given up on request",
    Outcome.DIFFERENT: "different: accepted, with an effect of its own",
    Outcome.MOOT: "moot: accepted, without effect here",
    Outcome.SAME: "same: as in Apache",
}
"""What each class of directives means, as a heading."""


def render_text(report: Report, *, colour: bool = False) -> str:
    """The report as text."""
    return "".join(
        f"{line}\n" for line in _Text(colour=colour, folder=folder_of(report)).lines(report)
    )


def place(span: Span | None, folder: str = "") -> str:
    """FILE:LINE as Apache counts them; the file as seen from `folder` if it is below."""
    return f"{_file(span.file, folder)}:{span.end_line}" if span else ""


def places(spans: Sequence[Span], folder: str = "", most: int | None = None) -> str:
    """Places by file: `httpd.conf:3,7-9 sites/other.conf:1`."""
    by_file: dict[str, list[int]] = {}
    for span in spans:
        by_file.setdefault(span.file, []).append(span.end_line)
    shown = [
        f"{_file(file, folder)}:{_numbers(numbers, most)}" for file, numbers in by_file.items()
    ]
    return " ".join(shown)


def _numbers(numbers: Sequence[int], most: int | None) -> str:
    """Line numbers, neighbours as `7-9`; at most `most` of these, and how many lines are left."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown = ",".join(f"{r[0]}-{r[-1]}" if len(r) > 1 else f"{r[0]}" for r in runs[:most])
    left = sum(map(len, runs[most:])) if most else 0
    return f"{shown} and {left} more" if left else shown


def _file(path: str, folder: str) -> str:
    return escape(path.removeprefix(folder))


def folder_of(report: Report) -> str:
    """The folder of the configuration, with its slash: places are shown as seen from there."""
    return f"{posixpath.dirname(report.file).rstrip('/')}/"


def sentence_of(kept: Kept) -> str:
    """The sentence of a class of lines, to stand by itself: the predicate of a refusal does not."""
    text = kept.sentence.removeprefix("is ")
    return text if text.startswith("httpdlite") else text[:1].upper() + text[1:]


def heading_of(same: Sequence[Kept]) -> str:
    """What is said of directives with one reason: `ServerPath is not supported` if it is one."""
    one = same[0]
    if len(same) == 1 and one.sentence.startswith(("is ", "belongs to ")):
        return f"{one.name} {one.sentence}"
    return sentence_of(one)


def seconds(value: float | None) -> str:
    """A time limit in words."""
    return "any time" if value is None else f"{value:g} s"


def summary(vhost: VhostReport) -> str:
    """The verdict of a vhost in a few words: `ready with 2 differences`."""
    if vhost.readiness is not Readiness.DIFFERENT:
        return str(vhost.readiness.value)
    waived = sum(1 for kept in vhost.differences if kept.outcome is Outcome.WAIVED)
    others = len(vhost.differences) - waived
    parts = [numbered(others, "difference")] if others else []
    if waived:
        parts.append(f"{waived} waived")
    return f"ready with {' and '.join(parts)}"


def numbered(number: int, noun: str) -> str:
    """`1 line`, `2 lines`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def main_obstacles(vhost: VhostReport) -> str:
    """What keeps a vhost from moving that does not stand in it; "" if nothing does."""
    if not vhost.main_obstacles:
        return ""
    return f"{numbered(vhost.main_obstacles, 'obstacle')} of the main server, see there."


def _wrapped(text: str, first: str, more: str) -> list[str]:
    return textwrap.wrap(
        escape(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=more,
        break_long_words=False,
        break_on_hyphens=False,
    )


class _Text:
    def __init__(self, *, colour: bool, folder: str) -> None:
        self.colour = colour
        self.folder = folder

    def paint(self, text: str, key: Readiness | Outcome) -> str:
        return f"\x1b[{_COLOURS[key]}m{text}\x1b[0m" if self.colour else text

    def bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text

    def lines(self, report: Report) -> Iterator[str]:
        yield self.bold(f"Migration report: {escape(report.file)}")
        yield f"{report.made:%Y-%m-%d %H:%M} UTC"
        yield ""
        said = f"{report.syntax}{self.at(report.syntax_place)}"
        yield from _wrapped(said, "Apache's verdict: ", " " * 18)
        yield f"httpdlite:        {self.paint(report.readiness.value.upper(), report.readiness)}"
        yield from self.heading("Virtual hosts")
        for vhost in report.vhosts:
            yield from self.vhost(vhost)
        yield from self.heading("Inventory")
        yield from self.inventory(report.inventory)
        yield from self.heading("Directives")
        yield from self.directives(report.directives)
        yield from self.heading("WebSockets")
        yield from self.websockets(report.vhosts)
        if report.warnings:
            yield from self.heading("Warnings")
            yield from self.warnings(report.warnings)

    def heading(self, title: str) -> Iterator[str]:
        yield ""
        yield self.bold(f"{title} {'─' * (WIDTH - len(title) - 1)}")

    def at(self, span: Span | None) -> str:
        return f" ({place(span, self.folder)})" if span else ""

    # --- vhosts -----------------------------------------------------------------------------------

    def vhost(self, vhost: VhostReport) -> Iterator[str]:
        addresses = f" on {escape(' '.join(vhost.addresses))}" if vhost.addresses else ""
        yield ""
        yield f"{self.bold(escape(vhost.name))}{addresses}{self.at(vhost.span)}"
        if vhost.aliases:
            yield f"  also {escape(' '.join(vhost.aliases))}"
        yield f"  {self.paint(summary(vhost), vhost.readiness)}"
        for remark in (main_obstacles(vhost), *vhost.remarks):
            yield from _wrapped(remark, "  - ", "    ")
        yield from self.reasons(vhost.obstacles)
        if vhost.differences and vhost.readiness is Readiness.NOT_READY:
            yield "  Also different:"
        yield from self.reasons(vhost.differences)

    def reasons(self, kept: Sequence[Kept]) -> Iterator[str]:
        for same in by_reason(kept):
            yield from _wrapped(heading_of(same), "  - ", "    ")
            for one in same:
                mark = " (security)" if one.protects else ""
                mark += " (waived)" if one.outcome is Outcome.WAIVED else ""
                name = self.paint(f"{escape(one.name) + mark:<28}", one.outcome)
                yield f"      {name} {places(one.places, self.folder, 12)}"
            if same[0].instead:
                yield from _wrapped(same[0].instead, "    > ", "      ")

    # --- inventory --------------------------------------------------------------------------------

    def inventory(self, what: Inventory) -> Iterator[str]:
        yield "Files"
        for file in what.files:
            line = f" (line {file.line})" if file.line is not None else ""
            yield f"  {'  ' * file.depth}{escape(file.path)}{line}"
        if what.defines:
            yield "Defines"
        for name, value, span in what.defines:
            shown = f" = {escape(value)}" if value is not None else ""
            yield f"  {escape(name)}{shown}{self.at(span)}"
        yield from self.branches(what.branches)
        yield "Listeners"
        for address, protocol, span in what.listeners:
            yield f"  {address} {protocol}{self.at(span)}"
        if not what.listeners:
            yield "  none: a start would fail"
        yield from self.modules(what)
        yield from self.certificates(what.certificates)

    def branches(self, branches: Sequence[Branch]) -> Iterator[str]:
        if branches:
            yield "Conditional sections"
        for branch in branches:
            taken = "taken  " if branch.taken else "skipped"
            yield f"  {taken} {escape(branch.text)}{self.at(branch.span)}"

    @staticmethod
    def modules(what: Inventory) -> Iterator[str]:
        yield "Modules"
        if not what.modules:
            yield "  no LoadModule: every module that httpdlite knows counts as loaded"
        for name, outcome in what.modules:
            yield f"  {escape(name)}{' (refused)' if outcome == 'refused' else ''}"

    def certificates(self, certificates: Sequence[CertificateReport]) -> Iterator[str]:
        if certificates:
            yield "Certificates"
        for one in certificates:
            yield f"  {escape(one.path)}{self.at(one.span)}"
            yield f"    {certificate_words(one)}"

    # --- directives -------------------------------------------------------------------------------

    def directives(self, directives: Sequence[Kept]) -> Iterator[str]:
        for outcome in Outcome:
            group = [kept for kept in directives if kept.outcome is outcome]
            if not group:
                continue
            total = sum(len(kept.places) for kept in group)
            yield ""
            yield f"{self.paint(TITLES[outcome], outcome)} ({total})"
            for same in by_reason(group):
                if same[0].sentence and outcome is not Outcome.SAME:
                    yield from _wrapped(heading_of(same), "  ", "  ")
                for kept in same:
                    where = places(kept.places, self.folder)
                    yield f"  {len(kept.places):>4} x {escape(kept.name):<28} {where}"

    # --- WebSockets -------------------------------------------------------------------------------

    def websockets(self, vhosts: Iterable[VhostReport]) -> Iterator[str]:
        any_path = False
        for vhost in vhosts:
            if not vhost.upgrades and not vhost.plain:
                continue
            any_path = True
            yield self.bold(escape(vhost.name))
            for path in vhost.upgrades:
                yield from self.upgrade(path)
            for plain in vhost.plain:
                where = self.at(plain.span)
                yield f"  {escape(plain.path)} -> {escape(plain.worker)}: no upgrade{where}"
        if not any_path:
            yield "No path is proxied."

    def upgrade(self, path: UpgradePath) -> Iterator[str]:
        kind = "matching " if path.is_regex else ""
        yield f"  {kind}{escape(path.path)} -> {escape(path.worker)}"
        yield f"      by {path.how}{self.at(path.span)}"
        if path.ruled_by:
            yield f"      may be silent for {seconds(path.idle)}, by {path.ruled_by}"
        if path.host:
            yield f"      Host there is {escape(path.host)}, not the client's (ProxyPreserveHost)"
        if path.problem:
            problem = path.problem.removeprefix("is ")
            yield f"      {self.paint(escape(problem), Outcome.REFUSED)}"

    def warnings(self, warnings: Sequence[Diagnostic]) -> Iterator[str]:
        for one in warnings:
            yield f"  {escape(one.message)}{self.at(one.span)}"


def certificate_words(one: CertificateReport) -> str:
    """What is known of a certificate, in one line."""
    if one.certificate is None or one.days_left is None:
        return escape(one.problem)
    names = " ".join(one.certificate.names) or "no name"
    until = f"{one.certificate.until:%Y-%m-%d}"
    if one.days_left < 0:
        return f"{escape(names)}: EXPIRED on {until}"
    return f"{escape(names)}: until {until} ({one.days_left} days)"


def render_json(report: Report) -> str:
    """The report as one JSON object: the fields of `Report`, places as file and line."""
    return json.dumps(_plain(report), indent=2)


def _plain(value: object) -> object:
    match value:
        case Span():
            return {"file": escape(value.file), "line": value.end_line}
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case Diagnostic():
            return {
                "code": value.code,
                "message": escape(value.message),
                "span": _plain(value.span),
            }
        case str():
            return escape(value)
        case tuple() | list():
            return [_plain(one) for one in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value
