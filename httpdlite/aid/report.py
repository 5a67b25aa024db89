"""The migration report: what will happen to a configuration here, vhost by vhost and line by line.

In: a `Reading`, the files (for certificates), the time. Out: a `Report`, plain data that text, JSON
and HTML show alike. The order is that of a person who decides: can I move, what keeps me from it,
what is there, what becomes of each directive, what of the WebSockets.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from httpdlite.aid.lines import Fate, Outcome, fates
from httpdlite.aid.websocket import (
    PlainPath,
    UpgradePath,
    answers,
    plain_paths,
    upgrade_paths,
)
from httpdlite.conf.certificates import Certificate, NoCertificateError, read_certificate
from httpdlite.conf.directives import core, mpm
from httpdlite.conf.files import Files, absolute
from httpdlite.conf.reader import Reading
from httpdlite.conf.tree import Config, IncludedFile, ServerConfig
from httpdlite.diagnostics import Diagnostic, Severity, Span, first_error


class Readiness(Enum):
    """Whether a vhost can move."""

    READY = "ready"
    DIFFERENT = "ready with differences"
    NOT_READY = "not ready"


@dataclass(frozen=True, slots=True)
class Kept:
    """A directive, or a kind of line, with its outcome and all its places."""

    name: str
    module: str
    outcome: Outcome
    sentence: str
    instead: str | None
    protects: bool
    places: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class VhostReport:
    """A vhost, or the main server (`span` None): its verdict, and why."""

    name: str
    aliases: tuple[str, ...]
    addresses: tuple[str, ...]
    span: Span | None
    readiness: Readiness
    obstacles: tuple[Kept, ...]
    main_obstacles: (
        int  # what keeps every vhost from starting: lines of the main server, and remarks
    )
    remarks: tuple[str, ...]
    differences: tuple[Kept, ...]
    upgrades: tuple[UpgradePath, ...]
    plain: tuple[PlainPath, ...]


@dataclass(frozen=True, slots=True)
class CertificateReport:
    """A certificate file; `problem` says why it could not be read."""

    path: str
    span: Span
    certificate: Certificate | None
    days_left: int | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A conditional section, and whether its lines count."""

    text: str
    span: Span
    taken: bool


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is there."""

    files: tuple[IncludedFile, ...]
    defines: tuple[tuple[str, str | None, Span | None], ...]
    branches: tuple[Branch, ...]
    listeners: tuple[tuple[str, str, Span], ...]  # address, protocol, place
    modules: tuple[tuple[str, str], ...]  # identifier, what httpdlite does of it
    certificates: tuple[CertificateReport, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything. `syntax` is "Syntax OK", or the message of the error that Apache prints."""

    file: str
    made: datetime
    syntax: str
    syntax_place: Span | None
    readiness: Readiness
    vhosts: tuple[VhostReport, ...]
    inventory: Inventory
    directives: tuple[Kept, ...]
    warnings: tuple[Diagnostic, ...]


_ORDER: Final = {outcome: number for number, outcome in enumerate(Outcome)}
_OBSTACLES: Final = frozenset({Outcome.REJECTED, Outcome.REFUSED})
_DIFFERENCES: Final = frozenset({Outcome.DIFFERENT, Outcome.WAIVED})


def make_report(reading: Reading, files: Files, now: datetime) -> Report:
    """The report of a configuration. `now` must have a time zone."""
    lines = fates(reading)
    config = reading.tree
    error = first_error(reading.diagnostics)
    servers = tuple(_servers(config, lines, tuple(_whole(reading, lines))))
    blocked = any(one.severity is Severity.ERROR for one in reading.diagnostics)
    if blocked or any(server.readiness is Readiness.NOT_READY for server in servers):
        readiness = Readiness.NOT_READY
    elif any(server.readiness is Readiness.DIFFERENT for server in servers):
        readiness = Readiness.DIFFERENT
    else:
        readiness = Readiness.READY
    return Report(
        file=config.file,
        made=now,
        syntax=error.message if error else "Syntax OK",
        syntax_place=error.span if error else None,
        readiness=readiness,
        vhosts=servers,
        inventory=_inventory(reading, lines, files, now),
        directives=group(lines),
        warnings=tuple(o for o in reading.diagnostics if o.severity is Severity.WARNING),
    )


def group(lines: Iterable[Fate]) -> tuple[Kept, ...]:
    """The lines by outcome and name, the gravest first, each with all its places."""
    groups: dict[tuple[Outcome, str, str], list[Fate]] = {}
    for fate in lines:
        groups.setdefault((fate.outcome, fate.name, fate.sentence), []).append(fate)
    kept = [_kept(same) for same in groups.values()]
    return tuple(sorted(kept, key=lambda k: (_ORDER[k.outcome], -len(k.places), k.name.lower())))


def by_reason(kept: Iterable[Kept]) -> tuple[tuple[Kept, ...], ...]:
    """Directives that are told apart by their names only: same sentence, same advice."""
    reasons: dict[tuple[str, str | None], list[Kept]] = {}
    for one in kept:
        reasons.setdefault((one.sentence, one.instead), []).append(one)
    return tuple(tuple(same) for same in reasons.values())


def _kept(same: Sequence[Fate]) -> Kept:
    one = same[0]
    places = tuple(fate.span for fate in same)
    return Kept(one.name, one.module, one.outcome, one.sentence, one.instead, one.protects, places)


# --- servers --------------------------------------------------------------------------------------


def _whole(reading: Reading, lines: Sequence[Fate]) -> Iterator[str]:
    """What keeps the server from starting and is not of one directive: broken tags, no Listen."""
    known = {(fate.span.file, fate.span.end_line) for fate in lines}
    for one in reading.diagnostics:
        if one.severity is not Severity.ERROR:
            continue
        if one.span is None:
            yield one.message
        elif (one.span.file, one.apache_line) not in known:
            yield f"{one.message} ({one.span.file}:{one.apache_line})"
    if not reading.tree.main.scope[mpm.LISTEN]:
        yield "No Listen line counts: a start would fail."


def _servers(
    config: Config, lines: Sequence[Fate], whole: tuple[str, ...]
) -> Iterator[VhostReport]:
    of_vhost: dict[Span | None, list[Fate]] = {}
    for fate in lines:
        of_vhost.setdefault(fate.vhost, []).append(fate)
    top = of_vhost.get(None, [])
    obstacles = len(whole) + sum(1 for fate in top if fate.outcome in _OBSTACLES)
    yield _server(config.main, top, 0, main=True, whole=whole)
    for vhost in config.vhosts:
        yield _server(vhost, of_vhost.get(vhost.span, ()), obstacles)


def _server(
    server: ServerConfig,
    own: Sequence[Fate],
    main_obstacles: int,
    *,
    main: bool = False,
    whole: tuple[str, ...] = (),
) -> VhostReport:
    obstacles = group(fate for fate in own if fate.outcome in _OBSTACLES)
    differences = group(fate for fate in own if fate.outcome in _DIFFERENCES)
    upgrades = upgrade_paths(server, own)
    plain = plain_paths(server)
    serves_files = not main and not upgrades and not plain and not any(map(answers, own))
    remarks = (*whole, *_remarks(own, upgrades, serves_files=serves_files))
    if obstacles or main_obstacles or serves_files or whole:
        readiness = Readiness.NOT_READY
    else:
        readiness = Readiness.DIFFERENT if differences else Readiness.READY
    name = server.own.get(core.SERVER_NAME)
    return VhostReport(
        "main server" if main else _name(name, server),
        server.own[core.SERVER_ALIAS],
        tuple(address.text for address in server.addresses),
        server.span,
        readiness,
        obstacles,
        main_obstacles,
        remarks,
        differences,
        upgrades,
        plain,
    )


def _name(name: core.ServerName | None, server: ServerConfig) -> str:
    if name is not None:
        return name.name
    return server.addresses[0].text if server.addresses else "without a name"


def _remarks(
    lines: Sequence[Fate],
    upgrades: Sequence[UpgradePath],
    *,
    serves_files: bool,
) -> Iterator[str]:
    """What no single line says."""
    if serves_files:
        roots = [fate.arguments for fate in lines if fate.name == "DocumentRoot"]
        root = roots[-1] if roots else ""
        what = f"Apache serves files from {root}" if root else "Apache serves files"
        yield f"No line proxies anything: {what}, httpdlite would answer 404."
    for path in upgrades:
        if path.problem.startswith("never reached"):
            yield f"{path.path}: {path.problem}."


# --- inventory ------------------------------------------------------------------------------------


def _inventory(reading: Reading, lines: Sequence[Fate], files: Files, now: datetime) -> Inventory:
    config = reading.tree
    listeners = tuple(
        (f"{listen.host or '*'}:{listen.port}", listen.protocol, listen.span)
        for listen in config.main.scope[mpm.LISTEN]
    )
    return Inventory(
        config.files,
        tuple(_defines(reading, lines)),
        tuple(_branches(lines)),
        listeners,
        tuple(_modules(lines)),
        tuple(_certificates(config, lines, files, now)),
    )


def _defines(
    reading: Reading, lines: Sequence[Fate]
) -> Iterator[tuple[str, str | None, Span | None]]:
    places = {
        fate.arguments.split()[0]: fate.span
        for fate in lines
        if fate.name == "Define" and fate.arguments.strip()
    }
    for name, value in reading.tree.defines.items():
        yield name, value, places.get(name)


_CONDITIONAL: Final = frozenset(
    {"<IfDefine>", "<IfModule>", "<IfFile>", "<IfDirective>", "<IfSection>", "<IfVersion>"}
)


def _branches(lines: Iterable[Fate]) -> Iterator[Branch]:
    for fate in lines:
        if fate.name in _CONDITIONAL:
            text = f"{fate.name.removesuffix('>')} {fate.arguments}>"
            yield Branch(text, fate.span, not fate.skipped)


def _modules(lines: Iterable[Fate]) -> Iterator[tuple[str, str]]:
    for fate in lines:
        if fate.name == "LoadModule" and fate.arguments.strip():
            yield fate.arguments.split()[0], fate.outcome.value


_CERTIFICATES: Final = frozenset(
    {"SSLCertificateFile", "SSLProxyMachineCertificateFile", "SSLCACertificateFile"}
)


def _certificates(
    config: Config, lines: Iterable[Fate], files: Files, now: datetime
) -> Iterator[CertificateReport]:
    seen: set[str] = set()
    for fate in lines:
        if fate.name not in _CERTIFICATES:
            continue
        path = absolute(config.server_root, fate.arguments.strip().strip("\"'"))
        if path in seen:
            continue
        seen.add(path)
        try:
            certificate = read_certificate(files.read(path))
        except NoCertificateError:
            yield CertificateReport(path, fate.span, None, None, "no certificate in it")
        except (OSError, ValueError) as why:
            reason = (why.strerror or "cannot be read") if isinstance(why, OSError) else str(why)
            yield CertificateReport(path, fate.span, None, None, reason)
        else:
            yield CertificateReport(path, fate.span, certificate, certificate.days_left(now))
