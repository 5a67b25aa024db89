"""What was found, as it is shown: Apache's lines, the findings in some form, the last word.

In: a reading and the options. Out: text on the given streams, the exit status of a configuration
test. What stands where: Apache's own lines, findings as text and the last word on standard error;
findings for programs (--format json, sarif, github) on standard output, alone, so that it can be
read as it is. Rules: server/main.c of httpd 2.4.71; https://no-color.org.

1. `-t` gives 0 if a start would be made, 1 if not; `Syntax OK` is said whenever Apache would, and a
   refusal that is httpdlite's own is the last line.
2. `--syntax-only` gives Apache's verdict: what httpdlite does not support does not count.
3. Warnings change no status, nor does a missing Listen: a part of a configuration may be tested.
"""

import os
from collections.abc import Callable, Sequence
from typing import Final, TextIO

from httpdlite.cli.options import Options
from httpdlite.conf.directives import mpm
from httpdlite.conf.directives.core import parse_level
from httpdlite.conf.hints import Texts
from httpdlite.conf.reader import Reading
from httpdlite.diagnostics import (
    NOT_SUPPORTED,
    OURS,
    WOULD_FAIL,
    Diagnostic,
    Severity,
    apache_lines,
    escape,
    first_error,
    render_text,
)

PROGRAM: Final = "httpdlite"
MOST_SHOWN: Final = 200  # kinds of findings that are shown with their source line


def report(
    reading: Reading, options: Options, out: TextIO, print_out: Callable[[str], None]
) -> None:
    """Apache's lines, as far as Apache would get; then every finding in the form asked for."""
    first = first_error(reading.diagnostics)
    shown = [found for found in reading.diagnostics if not _is_below(found, options.startup_level)]
    for found in shown:
        if found is first:
            break
        if found.severity is not Severity.ERROR:
            _log(found, out)
    if first is not None:
        print("\n".join(apache_lines(first, PROGRAM)), file=out)
    if options.syntax_only:
        shown = [found for found in shown if found.code not in OURS]
    if options.format != "text" and not options.report:
        print_out(_for_programs(shown, reading, options))
    elif not options.syntax_only:
        listed = [found for found in shown if not _is_said(found, first)]
        source = Texts(reading.sources).line
        colour = wants_colour(out)
        text = render_text(listed, source, colour=colour, first=first, most=MOST_SHOWN)
        print(text, file=out, end="")


def wants_colour(out: TextIO) -> bool:
    """Whether a stream shows colours, and its reader wants them."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _is_said(found: Diagnostic, first: Diagnostic | None) -> bool:
    """Whether Apache's lines have said it all: there is no line of a file to show."""
    return found.span is None and bool(found is first or found.logged or found.apache)


def _for_programs(found: Sequence[Diagnostic], reading: Reading, options: Options) -> str:
    from httpdlite.diagnostics import formats  # noqa: PLC0415 - json is slow to import
    from httpdlite.version import VERSION  # noqa: PLC0415

    first = first_error(reading.diagnostics)
    base = os.getcwd()  # noqa: PTH109 - a text
    match options.format:
        case "sarif":
            return formats.render_sarif(found, version=VERSION, base=base, first=first) + "\n"
        case "github":
            return formats.render_github(found, base=base, first=first)
        case _:
            verdict = formats.Verdict(
                apache=tuple(apache_lines(first, PROGRAM)) if first else ("Syntax OK",),
                accepted=first is None,
                starts=would_start(reading),
                first=first,
            )
            return formats.render_json(found, verdict) + "\n"


def _is_below(found: Diagnostic, level: int | None) -> bool:
    """Whether -e keeps a warning from being shown."""
    if level is None or found.logged is None:
        return False
    own = parse_level(found.logged.partition(":")[2])
    return own is not None and own > level


def _log(found: Diagnostic, out: TextIO) -> None:
    """A warning in the form of the error log, as httpd prints it while starting."""
    if found.apache:
        print("\n".join(map(escape, found.apache)), file=out)
    elif found.logged is not None:
        from datetime import datetime  # noqa: PLC0415 - most configurations give no warning

        now = datetime.now().astimezone()
        stamp = now.strftime("%a %b %d %H:%M:%S.%f %Y")
        pid = os.getpid()
        text = escape(found.message)
        print(f"[{stamp}] [{found.logged}] [pid {pid}:tid {pid}] {text}", file=out)


def finish_test(reading: Reading, options: Options, out: TextIO) -> int:
    """The last word of a configuration test, and its exit status."""
    accepted = first_error(reading.diagnostics) is None
    config = reading.config
    if not options.syntax_only and config is not None and not config.main.scope[mpm.LISTEN]:
        print(f"{PROGRAM}: there is no Listen directive: a start would fail", file=out)
    if accepted:
        print("Syntax OK", file=out)
    if options.syntax_only:
        return 0 if accepted else 1
    say_refused(reading, out, "a start would be refused")
    return 0 if config is not None else 1


def would_start(reading: Reading) -> bool:
    """Whether a start would be made. Apache, too, finds only then that no Listen is there."""
    return reading.config is not None and bool(reading.config.main.scope[mpm.LISTEN])


def say_refused(reading: Reading, out: TextIO, end: str) -> None:
    """What keeps httpdlite from starting although Apache would; nothing if nothing does."""
    errors = [one.code for one in reading.diagnostics if one.severity is Severity.ERROR]
    number = errors.count(NOT_SUPPORTED)
    failing = errors.count(WOULD_FAIL)
    if not number and not failing:
        return
    said = [f"{number} line{'s' if number > 1 else ''} not supported"] if number else []
    if failing:
        said.append(f"{failing} mistake{'s' if failing > 1 else ''} that Apache's -t does not find")
    what = ", ".join(said)
    also = " besides what is wrong above" if first_error(reading.diagnostics) else ""
    print(f"{PROGRAM}: {what}{also}: {end}", file=out)
