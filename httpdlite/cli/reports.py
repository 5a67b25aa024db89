"""`httpdlite report`, and `-t --report`: the migration report in the form asked for.

In: a reading and the options. Out: text for standard output, or a file (`--output`).
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from httpdlite.aid.report import Report, make_report
from httpdlite.cli.findings import wants_colour
from httpdlite.cli.options import Options
from httpdlite.conf.files import DiskFiles
from httpdlite.conf.reader import Reading


def give_report(reading: Reading, options: Options, out: TextIO) -> None:
    """Writes the report. Raises OSError if the file cannot be written."""
    made = make_report(reading, DiskFiles(), datetime.now(UTC))
    colour = options.output is None and wants_colour(out)
    text = _rendered(made, options.format, colour=colour)
    if options.output is None:
        out.write(text)
        out.flush()
    else:
        Path(options.output).write_text(text, encoding="utf-8")


def _rendered(made: Report, form: str, *, colour: bool) -> str:
    if form == "html":
        from httpdlite.aid.page import render_page  # noqa: PLC0415 - one form of three

        return render_page(made)
    from httpdlite.aid.text import render_json, render_text  # noqa: PLC0415

    return render_json(made) + "\n" if form == "json" else render_text(made, colour=colour)
