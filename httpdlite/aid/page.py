"""The migration report as one HTML file that needs nothing else: no script, no font, no link.

In: a `Report`. Out: the page. It shows what the text shows, folded where it is long.
"""

from collections.abc import Iterator, Sequence
from html import escape as html_escape
from typing import Final

from httpdlite.aid.lines import Outcome
from httpdlite.aid.report import Inventory, Kept, Readiness, Report, VhostReport, by_reason
from httpdlite.aid.text import (
    TITLES,
    certificate_words,
    folder_of,
    heading_of,
    main_obstacles,
    numbered,
    place,
    places,
    seconds,
    sentence_of,
    summary,
)
from httpdlite.aid.websocket import UpgradePath
from httpdlite.diagnostics import escape

_STYLE: Final = """
:root { --ink: #1c2733; --faint: #64727f; --line: #dde3e8; --paper: #fff; --ground: #f4f6f8;
  --good: #1d7a46; --mild: #9a6200; --bad: #b3261e; --waived: #7a3d9c; }
@media (prefers-color-scheme: dark) { :root { --ink: #dfe6ec; --faint: #8d9ba8; --line: #2f3a44;
  --paper: #1a222a; --ground: #12181e; --good: #5dc28a; --mild: #e0a94a; --bad: #f2857d;
  --waived: #c792e6; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .4rem; }
p { margin: .35rem 0; }
code { font: .88em ui-monospace, monospace; overflow-wrap: anywhere; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: .5rem;
  padding: 1rem 1.25rem; margin: .75rem 0; }
.chip { display: inline-block; padding: .1rem .6rem; border-radius: 1rem; font-size: .85rem;
  font-weight: 600; border: 1px solid currentColor; white-space: nowrap; }
.ready, .same { color: var(--good); } .different { color: var(--mild); }
.not-ready, .refused, .rejected { color: var(--bad); } .waived { color: var(--waived); }
.moot, .faint { color: var(--faint); }
.head { display: flex; gap: .75rem; align-items: baseline; flex-wrap: wrap; }
.head strong { font-size: 1.05rem; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 1rem 0 0; }
.facts dt { color: var(--faint); } .facts dd { margin: 0; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; background: var(--paper); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .75rem;
  border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
th { color: var(--faint); font-weight: 600; font-size: .85rem; }
td:nth-child(2) { white-space: nowrap; } td:last-child { min-width: 14rem; }
.paths td { white-space: normal; min-width: 6rem; } .paths td:nth-child(3) { min-width: 13rem; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
details { margin: .5rem 0; } summary { cursor: pointer; }
ul { margin: .5rem 0; padding-left: 1.2rem; } li { margin: .35rem 0; }
ul.plain { list-style: none; padding-left: 0; }
@media (max-width: 40rem) { th { display: none; } tr, td { display: block; }
  td { border: 0; padding: .15rem .75rem; } td.number { text-align: left; }
  tr { border-bottom: 1px solid var(--line); padding: .4rem 0; } tr:first-child { display: none; }
  td:nth-child(2) { white-space: normal; } }
.tree { font: .85rem/1.6 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
"""

_FILES_SHOWN: Final = 12  # more are folded away

_CLASSES: Final = {
    Readiness.READY: "ready",
    Readiness.DIFFERENT: "different",
    Readiness.NOT_READY: "not-ready",
}


def render_page(report: Report) -> str:
    """The report as an HTML document."""
    return "\n".join(_page(report)) + "\n"


def _text(text: str) -> str:
    return html_escape(escape(text))


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _chip(text: str, name: str) -> str:
    return f'<span class="chip {name}">{_text(text)}</span>'


def _page(report: Report) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>Migration report: {_text(report.file)}</title>"
    yield f"<style>{_STYLE}</style></head><body><main>"
    yield from _summary(report)
    folder = folder_of(report)
    yield "<h2>Virtual hosts</h2>"
    for vhost in report.vhosts:
        yield from _vhost(vhost, folder)
    yield "<h2>Inventory</h2>"
    yield from _inventory(report.inventory, folder)
    yield "<h2>Directives</h2>"
    yield from _directives(report.directives, folder)
    yield "<h2>WebSockets</h2>"
    yield from _websockets(report.vhosts, folder)
    if report.warnings:
        yield "<h2>Warnings</h2><ul class='card'>"
        for one in report.warnings:
            where = f" {_code(place(one.span, folder))}" if one.span else ""
            yield f"<li>{_text(one.message)}{where}</li>"
        yield "</ul>"
    yield "</main></body></html>"


def _summary(report: Report) -> Iterator[str]:
    chip = _chip(report.readiness.value, _CLASSES[report.readiness])
    where = f" {_code(place(report.syntax_place))}" if report.syntax_place else ""
    counts = {
        outcome: sum(len(k.places) for k in report.directives if k.outcome is outcome)
        for outcome in Outcome
    }
    shown = ", ".join(f"{number} {outcome.value}" for outcome, number in counts.items() if number)
    yield f'<div class="head"><h1>Migration report</h1>{chip}</div>'
    yield "<dl class='facts'>"
    yield f"<dt>Configuration</dt><dd>{_code(report.file)}</dd>"
    yield f"<dt>Apache's verdict</dt><dd>{_text(report.syntax)}{where}</dd>"
    yield f"<dt>Lines</dt><dd>{shown or 'none'}</dd>"
    yield f"<dt>Made</dt><dd>{report.made:%Y-%m-%d %H:%M} UTC</dd></dl>"


# --- vhosts ---------------------------------------------------------------------------------------


def _vhost(vhost: VhostReport, folder: str) -> Iterator[str]:
    chip = _chip(summary(vhost), _CLASSES[vhost.readiness])
    addresses = f'<span class="faint">{_text(" ".join(vhost.addresses))}</span>'
    where = f'<span class="faint">{_code(place(vhost.span, folder))}</span>' if vhost.span else ""
    yield "<section class='card'>"
    yield (f'<div class="head"><strong>{_text(vhost.name)}</strong>{chip}{addresses}{where}</div>')
    if vhost.aliases:
        yield f'<p class="faint">also {_text(" ".join(vhost.aliases))}</p>'
    if vhost.main_obstacles:
        yield f"<p>{_text(main_obstacles(vhost))}</p>"
    if vhost.remarks:
        yield "<ul>" + "".join(f"<li>{_text(remark)}</li>" for remark in vhost.remarks) + "</ul>"
    yield from _reasons(vhost.obstacles, folder)
    if vhost.differences:
        number = numbered(len(vhost.differences), "difference")
        yield f"<details><summary>{number}</summary>"
        yield from _reasons(vhost.differences, folder)
        yield "</details>"
    yield "</section>"


def _reasons(group: Sequence[Kept], folder: str) -> Iterator[str]:
    if not group:
        return
    yield "<ul>"
    for same in by_reason(group):
        yield f"<li>{_text(heading_of(same))}"
        yield "<ul class='plain'>"
        for kept in same:
            security = f" {_chip('security', 'refused')}" if kept.protects else ""
            if kept.outcome is Outcome.WAIVED:
                security += f" {_chip('waived', 'waived')}"
            name = f'<code class="{kept.outcome.value}">{_text(kept.name)}</code>'
            where = _code(places(kept.places, folder, 12))
            yield f'<li>{name}{security} <span class="faint">{where}</span></li>'
        yield "</ul>"
        if same[0].instead:
            yield f"<p><em>{_text(same[0].instead)}</em></p>"
        yield "</li>"
    yield "</ul>"


# --- WebSockets -----------------------------------------------------------------------------------


def _websockets(vhosts: Sequence[VhostReport], folder: str) -> Iterator[str]:
    rows = [row for vhost in vhosts for row in _paths(vhost, folder)]
    if not rows:
        yield "<p>No path is proxied.</p>"
        return
    titles = ("Virtual host", "Path", "Worker", "Upgrade", "May be silent", "Line")
    yield "<div class='scroll'><table class='paths'><tr>"
    yield "".join(f"<th>{title}</th>" for title in titles) + "</tr>"
    yield from rows
    yield "</table></div>"


def _paths(vhost: VhostReport, folder: str) -> Iterator[str]:
    for path in vhost.upgrades:
        yield _upgrade_row(vhost, path, folder)
    for plain in vhost.plain:
        yield (
            f"<tr><td>{_text(vhost.name)}</td><td>{_code(plain.path)}</td>"
            f"<td>{_code(plain.worker)}</td><td class='faint'>none</td><td></td>"
            f"<td>{_code(place(plain.span, folder))}</td></tr>"
        )


def _upgrade_row(vhost: VhostReport, path: UpgradePath, folder: str) -> str:
    kind = " <span class='faint'>(pattern)</span>" if path.is_regex else ""
    idle = f"{seconds(path.idle)}, by {path.ruled_by}" if path.ruled_by else ""
    problem = f"<br><span class='refused'>{_text(path.problem)}</span>" if path.problem else ""
    host = ""
    if path.host:
        host = f"<br><span class='faint'>Host there is {_text(path.host)}</span>"
    return (
        f"<tr><td>{_text(vhost.name)}</td><td>{_code(path.path)}{kind}</td>"
        f"<td>{_code(path.worker)}{host}</td><td>{_text(path.how)}{problem}</td>"
        f"<td>{_text(idle)}</td><td>{_code(place(path.span, folder))}</td></tr>"
    )


# --- directives -----------------------------------------------------------------------------------


def _directives(directives: Sequence[Kept], folder: str) -> Iterator[str]:
    for outcome in Outcome:
        group = [kept for kept in directives if kept.outcome is outcome]
        if not group:
            continue
        total = sum(len(kept.places) for kept in group)
        grave = outcome in {Outcome.REJECTED, Outcome.REFUSED}
        yield "<details open>" if grave else "<details>"
        yield (
            f'<summary><span class="{outcome.value}">{_text(TITLES[outcome])}</span> '
            f"({total})</summary>"
        )
        yield "<div class='scroll'><table><tr><th>Lines</th><th>Directive</th><th>What</th>"
        yield "<th>Where</th></tr>"
        for kept in group:
            sentence = "" if outcome is Outcome.SAME else sentence_of(kept)
            instead = (
                f"<br><span class='faint'>{_text(kept.instead)}</span>" if kept.instead else ""
            )
            yield (
                f'<tr><td class="number">{len(kept.places)}</td><td>{_code(kept.name)}</td>'
                f"<td>{_text(sentence)}{instead}</td>"
                f"<td>{_code(places(kept.places, folder))}</td></tr>"
            )
        yield "</table></div></details>"


# --- inventory ------------------------------------------------------------------------------------


def _inventory(what: Inventory, folder: str) -> Iterator[str]:
    opened = " open" if len(what.files) <= _FILES_SHOWN else ""
    yield "<div class='card'>"
    yield f"<details{opened}><summary>{numbered(len(what.files), 'file')}</summary>"
    yield "<div class='tree'>"
    for file in what.files:
        line = f"  (line {file.line})" if file.line is not None else ""
        yield f"{'    ' * file.depth}{_text(file.path)}{line}"
    yield "</div></details><h3>Listeners</h3><ul class='plain'>"
    for address, protocol, span in what.listeners:
        where = _text(place(span, folder))
        yield f"<li>{_code(address)} {_text(protocol)} <span class='faint'>{where}</span></li>"
    if not what.listeners:
        yield "<li class='refused'>none: a start would fail</li>"
    yield "</ul>"
    yield from _names(what, folder)
    yield "</div>"


def _names(what: Inventory, folder: str) -> Iterator[str]:
    if what.certificates:
        yield "<h3>Certificates</h3><ul class='plain'>"
        for one in what.certificates:
            yield f"<li>{_code(one.path)}: {_text(certificate_words(one))}</li>"
        yield "</ul>"
    if what.defines:
        yield "<h3>Defines</h3><ul class='plain'>"
        for name, value, _ in what.defines:
            yield f"<li>{_code(name if value is None else f'{name} = {value}')}</li>"
        yield "</ul>"
    if what.branches:
        yield f"<details><summary>{len(what.branches)} conditional sections</summary><ul>"
        for branch in what.branches:
            taken = "taken" if branch.taken else "skipped"
            yield (
                f"<li>{_code(branch.text)} {taken} "
                f"<span class='faint'>{_text(place(branch.span, folder))}</span></li>"
            )
        yield "</ul></details>"
    if what.modules:
        yield f"<details><summary>{len(what.modules)} modules</summary><ul class='plain'>"
        for name, outcome in what.modules:
            refused = " (refused)" if outcome == "refused" else ""
            yield f"<li>{_code(name)}{refused}</li>"
        yield "</ul></details>"
    else:
        yield "<h3>Modules</h3><p>No LoadModule: every module known counts as loaded.</p>"
